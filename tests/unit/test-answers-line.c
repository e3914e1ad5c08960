/* Answers over a line to a message centre, the practice one: the words whole, in parts where they are
 * long, once; a line that breaks after they left is a doubt of a person's, one that was never bound
 * is none. */
#include "tests/unit/channel-live.h"

#define PHONE "+8613987654321"

struct chat {
	struct world *w;
	struct hy_answers *an;
	struct hy_account_id account;
	int paged, refused;
};

static bool sms_of(void *user, const void *ctx, const struct hy_account *a,
		   struct hy_answer_sms *out)
{
	(void)user, (void)ctx, (void)a;
	*out = (struct hy_answer_sms){.extend = "10690000"};
	return true;
}

static void moved(void *user, const struct hy_answer *a, enum hy_delivery_state from, bool paged,
		  const char *why)
{
	struct chat *c = user;

	(void)a, (void)from, (void)why;
	c->paged += paged;
}

static int setup(void **state)
{
	static const char *const none[] = {NULL};
	struct chat *c = talloc_zero(NULL, struct chat);
	const struct hy_answers_options o = {.sms = sms_of, .moved = moved, .user = c};
	struct world *w = world_begin_at(HY_PRACTICE_SMS, "sms", "practice", none);
	struct fix *f = w->f;

	c->w = w;
	OK(hy_account_add(f->st,
			  &(struct hy_account){.name = "短信",
					       .platform = "smpp",
					       .url = "smpp://smsc.example",
					       .login = "practice",
					       .reach = hy_strf(w, "127.0.0.1:%d",
								hy_practice_wire_port(live.site,
										      "smpp"))},
			  hy_secret_new(w, "practice", 8), &c->account, &f->err));
	c->an = hy_answers_new(c, w->ob, &o);
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	struct chat *c = *state;

	talloc_free(c->an);
	world_end(c->w);
	talloc_free(c);
	return 0;
}

static struct hy_answer_id answered(struct chat *c, const char *text)
{
	struct world *w = c->w;

	return reply(w, a_case(w, c->account, PHONE, hy_now(w->f->clock)), c->account, text);
}

static struct hy_answer *run_to(struct chat *c, struct hy_answer_id id,
				enum hy_delivery_state want)
{
	struct fix *f = c->w->f;
	struct hy_answer *a = NULL;

	OK(hy_answers_run(c->an, &c->w->lease, &f->err));
	OK(hy_answer_get(f->st, c->w, id, &a, &f->err));
	if (a->state != want)
		fail_msg("%s: %s", hy_delivery_state_name(a->state), a->error);
	return a;
}

static void test_sent_once(void **state)
{
	struct chat *c = *state;
	struct hy_answer_id first = answered(c, "已派人抢修，两小时内恢复。"),
			    second = answered(c, "another citizen");
	const struct hy_json *note = NULL;

	assert_true(strlen(run_to(c, first, HY_DELIVERY_SENT)->receipt) > 0);
	(void)run_to(c, second, HY_DELIVERY_SENT);
	assert_int_equal(notes(c->w, &note, 0), 2);
	assert_string_equal(hy_json_str(note, "to"), &PHONE[1]);
	later(c->w, HY_DAY);
	(void)run_to(c, first, HY_DELIVERY_SENT);
	assert_int_equal(notes(c->w, NULL, 0), 2);
	assert_int_equal(c->paged, 0);
}

/* Each part has an id of its own: all are the receipt. */
static void test_parts(void **state)
{
	struct chat *c = *state;
	char *text = repeated(c->w, "水压已恢复。", 30); /* 180 characters, three parts */
	const char *receipt =
		run_to(c, answered(c, text), HY_DELIVERY_SENT)->receipt;
	size_t ids = 1;

	for (const char *s = receipt; *s != '\0'; s++)
		ids += *s == ' ';
	assert_int_equal(ids, 3);
	assert_int_equal(notes(c->w, NULL, 0), 3);
}

/* What ten parts do not hold is told of. */
static void test_too_long(void **state)
{
	struct chat *c = *state;
	const struct hy_json *note = NULL;

	(void)run_to(c, answered(c, repeated(c->w, "水", 671)), HY_DELIVERY_SENT);
	assert_true(notes(c->w, &note, 0) >= 1);
	assert_null(strstr(hy_json_str(note, "text"), "水水"));
}

static void test_taken_but_no_answer(void **state)
{
	struct chat *c = *state;
	struct hy_answer_id id = answered(c, "收到");

	fault(c->w, HY_FAULT_DROP, "submit", 1);
	(void)run_to(c, id, HY_DELIVERY_UNKNOWN);
	assert_int_equal(c->paged, 1);
	for (int i = 0; i < 6; i++) {
		later(c->w, 4 * HY_HOUR);
		(void)run_to(c, id, HY_DELIVERY_UNKNOWN);
	}
	assert_int_equal(notes(c->w, NULL, 0), 1); /* the one that was taken */
}

static void test_never_bound(void **state)
{
	struct chat *c = *state;
	struct hy_answer_id id = answered(c, "收到");

	fault(c->w, HY_FAULT_DOWN, "bind", 1);
	(void)run_to(c, id, HY_DELIVERY_WAIT);
	assert_int_equal(c->paged, 0);
	later(c->w, HY_HOUR);
	(void)run_to(c, id, HY_DELIVERY_SENT);
	assert_int_equal(notes(c->w, NULL, 0), 1);
}

static void test_refused(void **state)
{
	struct chat *c = *state;
	struct fix *f = c->w->f;
	struct hy_answer_id id;

	fault_rule(c->w, (struct hy_practice_fault_rule){.kind = HY_FAULT_ERROR,
							 .platform = HY_PRACTICE_SMS,
							 .op = "submit",
							 .code = 0x65,
							 .times = 1,
							 .writes = true});
	id = answered(c, "收到");
	(void)run_to(c, id, HY_DELIVERY_FAILED); /* "never takes it" */
	OK(hy_account_set_secret(f->st, c->account, hy_secret_new(c->w, "wrong", 5), &f->err));
	id = answered(c, "收到");
	(void)run_to(c, id, HY_DELIVERY_WAIT); /* until the account has another password */
	struct hy_account *a = NULL;
	OK(hy_account_get(f->st, c->w, c->account, &a, &f->err));
	assert_int_equal(a->state, HY_ACCOUNT_NEEDS_REAUTH);
	assert_int_equal(notes(c->w, NULL, 0), 0);
	OK(hy_account_set_secret(f->st, c->account, hy_secret_new(c->w, "practice", 8), &f->err));
	OK(hy_account_set_state(f->st, c->account, HY_ACCOUNT_ACTIVE, NULL, &f->err));
	OK(hy_outbox_wake(f->st, f->clock, c->account, &f->err));
	(void)run_to(c, id, HY_DELIVERY_SENT); /* over a line of its own: the old one is another */
}

/* Ended by a person while an answer is on its way: that the bind is refused changes nothing. */
static void test_refused_when_ended(void **state)
{
	struct chat *c = *state;
	struct fix *f = c->w->f;
	struct hy_account *a = NULL;
	struct hy_answer_id id = answered(c, "收到");
	int started = 0;

	OK(hy_account_set_secret(f->st, c->account, hy_secret_new(c->w, "wrong", 5), &f->err));
	OK(hy_answers_turn(c->an, &c->w->lease, &started, &f->err));
	assert_int_equal(started, 1);
	OK(hy_account_get(f->st, c->w, c->account, &a, &f->err));
	OK(hy_account_end(f->st, a, "ended", &f->err));
	OK(hy_answers_run(c->an, &c->w->lease, &f->err));
	OK(hy_account_get(f->st, c->w, c->account, &a, &f->err));
	assert_int_equal(a->state, HY_ACCOUNT_REVOKED);
	later(c->w, HY_HOUR);
	(void)run_to(c, id, HY_DELIVERY_FAILED);
	assert_int_equal(notes(c->w, NULL, 0), 0);
}

/* What waits in the session for bind or window is held by a freeze, too. */
static void test_frozen_in_the_session(void **state)
{
	struct chat *c = *state;
	struct fix *f = c->w->f;
	struct hy_answer_id id[12];
	int started = 0;

	for (int i = 0; i < 12; i++)
		id[i] = answered(c, hy_strf(c->w, "answer %d", i));
	OK(hy_answers_turn(c->an, &c->w->lease, &started, &f->err));
	assert_int_equal(started, 12);
	OK(hy_meta_set(f->st, "publish.frozen", "1", &f->err));
	(void)run_to(c, id[11], HY_DELIVERY_WAIT);
	OK(hy_meta_set(f->st, "publish.frozen", "0", &f->err));
	later(c->w, HY_HOUR);
	OK(hy_answers_turn(c->an, &c->w->lease, &started, &f->err));
	assert_int_equal(started, 12);
	OK(hy_account_set_state(f->st, c->account, HY_ACCOUNT_FROZEN, NULL, &f->err));
	(void)run_to(c, id[11], HY_DELIVERY_WAIT);
	assert_int_equal(notes(c->w, NULL, 0), 0);
	OK(hy_account_set_state(f->st, c->account, HY_ACCOUNT_ACTIVE, NULL, &f->err));
	later(c->w, HY_HOUR);
	(void)run_to(c, id[0], HY_DELIVERY_SENT);
	(void)run_to(c, id[11], HY_DELIVERY_SENT);
	assert_int_equal(notes(c->w, NULL, 0), 12);
}

/* A person says that it is not there, and then the carrier tells that it arrived: not again. */
static void test_arrived_after_all(void **state)
{
	struct chat *c = *state;
	struct fix *f = c->w->f;
	struct hy_answer_id id = answered(c, "收到");

	fault(c->w, HY_FAULT_DROP, "submit", 1);
	(void)run_to(c, id, HY_DELIVERY_UNKNOWN);
	OK(hy_answer_resolve(f->st, f->clock, id, "absent", NULL, &f->err));
	OK(hy_answer_reported(f->st, id, HY_ANSWER_DELIVERED, NULL, &f->err));
	(void)run_to(c, id, HY_DELIVERY_SENT);
	assert_int_equal(notes(c->w, NULL, 0), 1);
	/* under way it is noted; that this attempt came to nothing does not send a third one */
	struct hy_answer *a = NULL;
	id = answered(c, "收到了");
	OK(hy_answer_get(f->st, c->w, id, &a, &f->err));
	a->state = HY_DELIVERY_SENDING;
	a->attempt = 1;
	a->tried = hy_now(f->clock);
	OK(hy_answer_move(f->st, a, HY_DELIVERY_PLANNED, c->w->lease.fence, &f->err));
	OK(hy_answer_reported(f->st, id, HY_ANSWER_DELIVERED, NULL, &f->err));
	OK(hy_answer_get(f->st, c->w, id, &a, &f->err));
	assert_int_equal(a->state, HY_DELIVERY_SENDING);
	a->state = HY_DELIVERY_WAIT;
	OK(hy_answer_move(f->st, a, HY_DELIVERY_SENDING, c->w->lease.fence, &f->err));
	(void)run_to(c, id, HY_DELIVERY_SENT);
	assert_int_equal(notes(c->w, NULL, 0), 1);
}

/* The name leads astray for an hour: our own guard refuses, and the answer waits. */
static void test_guard(void **state)
{
	struct chat *c = *state;
	struct fix *f = c->w->f;
	struct hy_account_id other = {0};
	struct hy_account *a = NULL;
	struct hy_answer_id id;

	OK(hy_account_add(f->st,
			  &(struct hy_account){.name = "astray",
					       .platform = "smpp",
					       .url = "smpps://127.0.0.1",
					       .login = "practice"},
			  hy_secret_new(c->w, "practice", 8), &other, &f->err));
	id = reply(c->w, a_case(c->w, other, PHONE, hy_now(f->clock)), other, "收到");
	for (int i = 0; i < 4; i++) {
		(void)run_to(c, id, HY_DELIVERY_WAIT);
		later(c->w, HY_HOUR);
	}
	assert_int_equal(c->paged, 1);
	OK(hy_account_get(f->st, c->w, other, &a, &f->err));
	assert_int_equal(a->state, HY_ACCOUNT_ACTIVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sent_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_parts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_long, setup, teardown),
		cmocka_unit_test_setup_teardown(test_taken_but_no_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_never_bound, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_when_ended, setup, teardown),
		cmocka_unit_test_setup_teardown(test_frozen_in_the_session, setup, teardown),
		cmocka_unit_test_setup_teardown(test_arrived_after_all, setup, teardown),
		cmocka_unit_test_setup_teardown(test_guard, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
