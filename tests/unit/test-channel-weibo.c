/* Statements to Weibo: the practice platform, faults by script, one clock. Never two, never lost. */
#include "tests/unit/channel-live.h"

static const char *const tokens[] = {"practice-weibo-1", "practice-weibo-2", "practice-weibo-3",
				     NULL};

static int setup(void **state)
{
	*state = world_begin_at(HY_PRACTICE_WEIBO, "weibo", "practice-app", tokens);
	live_control("set?name=short-links&value=0"); /* so that bytes can be compared */
	live_control("quota?name=weibo/posts-hour&limit=1000");
	live_control("quota?name=weibo/user-day&limit=10000");
	return 0;
}

static int teardown(void **state)
{
	world_end(*state);
	return 0;
}

static void test_sent(void **state)
{
	struct world *w = *state;
	struct hy_statement_id id = notice(w, "城东停水", "城东**明日**停水。", 2);

	assert_string_equal(form_of(w, id, 0).text,
			    "【城东停水】城东明日停水。 " BASE "statements/1.html");
	run(w);
	assert_int_equal(notes(w, NULL, 0), 2);
	same_bytes(w, id, 0, 0);
	same_bytes(w, id, 1, 1);
	assert_int_equal(w->paged, 0);
}

/* 140 characters as the platform counts: at the limit, one past it; then the first paragraph. */
static void test_limits(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_account_id only[] = {w->a[0]}, both[] = {w->site, w->a[0]};
	const char *link = BASE "statements/1.html", *why = NULL;
	/* 【通告】 is 4, a blank a half, an address a half for each of its bytes */
	int room = 140 - 4 - ((int)strlen(link) + 1 + 1) / 2;
	struct hy_statement s = {.kind = HY_STATEMENT_NOTICE,
				 .title = "通告",
				 .text = repeated(w, "水", room),
				 .targets = both,
				 .n_targets = 2};
	struct hy_statement_id id = draft(w, &s);

	assert_null(blocked(w, id, NULL));
	s.text = repeated(w, "水", room + 1);
	assert_string_equal(blocked(w, draft(w, &s), &why), "account-form");
	assert_non_null(strstr(why, "weibo0"));
	assert_non_null(strstr(why, "141"));
	s.text = hy_strf(w, "%s\n\n余下的话", repeated(w, "水", room - 4));
	id = draft(w, &s);
	assert_null(blocked(w, id, NULL));
	assert_null(strstr(form_of(w, id, 0).text, "余下"));
	/* what the interface does not take: no address of ours, a topic, Han after an address */
	s.text = "停水 #停水# 通知";
	assert_string_equal(blocked(w, draft(w, &s), NULL), "account-form");
	s.text = "见https://www.linjiang.example/a请看";
	assert_string_equal(blocked(w, draft(w, &s), NULL), "account-form");
	s.text = "停水";
	s.targets = only;
	s.n_targets = 1;
	assert_string_equal(blocked(w, draft(w, &s), &why), "account-form");
	s.targets = both;
	s.n_targets = 2;
	OK(hy_meta_set(f->st, HY_META_ADDRESS, "", &f->err));
	assert_string_equal(blocked(w, draft(w, &s), &why), "account-form");
	assert_non_null(strstr(why, "publish.address"));
	OK(hy_meta_set(f->st, HY_META_ADDRESS, "203.0.113.7", &f->err));
	assert_null(blocked(w, draft(w, &s), NULL));
}

/* R11 */
static void test_taken_but_no_answer(void **state)
{
	static const enum hy_practice_fault faults[] = {HY_FAULT_DROP, HY_FAULT_BROKEN,
							HY_FAULT_GARBAGE, HY_FAULT_BIG};
	struct world *w = *state;

	live_control("set?name=short-links&value=1"); /* the address read back is another one */
	for (size_t i = 0; i < HY_LEN(faults); i++) {
		struct hy_statement_id id = notice(w, hy_strf(w, "通告 %zu", i), "停水", 1);

		fault(w, faults[i], "statuses/share", 1);
		run(w);
		assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_UNKNOWN);
		until_state(w, id, 0, HY_DELIVERY_SENT, 6 * HY_SECOND, 1);
		assert_int_equal(notes(w, NULL, 0), i + 1);
	}
	assert_int_equal(w->paged, 0);
}

static void test_slow_drip(void **state)
{
	struct world *w = *state;
	struct hy_statement_id id = notice(w, "通告", "停水", 1);

	fault_rule(w, (struct hy_practice_fault_rule){
			      .kind = HY_FAULT_DRIP, .op = "statuses/share", .ms = 1});
	run(w);
	same_bytes(w, id, 0, 0);
}

/* R12: "posted, visible in one or two minutes", and nothing is posted again meanwhile. */
static void test_seen_late(void **state)
{
	struct world *w = *state;
	struct hy_statement_id id = notice(w, "通告", "停水", 1);

	fault_rule(w, (struct hy_practice_fault_rule){
			      .kind = HY_FAULT_ERROR, .op = "statuses/share", .code = 20032});
	run(w);
	for (int i = 0; i < 8; i++) { /* 80 s */
		assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_UNKNOWN);
		later(w, 10 * HY_SECOND);
		run(w);
	}
	until_state(w, id, 0, HY_DELIVERY_SENT, HY_MINUTE, 4);
	same_bytes(w, id, 0, 0);
	assert_int_equal(notes(w, NULL, 0), 1);
	assert_int_equal(w->paged, 0);
}

/* R12: never taken, or lists are empty as for the black-listed: a person's, never posted again. */
static void test_not_found(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_statement_id never = notice(w, "通告", "停水", 1), hidden;

	fault(w, HY_FAULT_DOWN, "statuses/share", 1);
	run(w);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(delivery_of(w, never, 0)->state, HY_DELIVERY_UNKNOWN);
		later(w, 20 * HY_MINUTE);
		run(w);
	}
	assert_int_equal(w->paged, 1);
	assert_int_equal(notes(w, NULL, 0), 0);
	hidden = notice(w, "第二个通告", "停水", 1);
	fault(w, HY_FAULT_DROP, "statuses/share", 1);
	run(w);
	fault_rule(w, (struct hy_practice_fault_rule){
			      .kind = HY_FAULT_EMPTY, .reads = true, .times = -1});
	for (int i = 0; i < 8; i++) {
		later(w, 20 * HY_MINUTE);
		run(w);
		assert_int_equal(delivery_of(w, hidden, 0)->state, HY_DELIVERY_UNKNOWN);
	}
	assert_int_equal(w->paged, 2);
	assert_int_equal(notes(w, NULL, 0), 1);
	/* a person looked: the one is absent, the other is there */
	fault(w, HY_FAULT_NONE, NULL, 0);
	OK(hy_outbox_resolve(f->st, f->clock, delivery_of(w, never, 0)->id, "absent", NULL, NULL,
			     &f->err));
	run(w);
	assert_int_equal(delivery_of(w, never, 0)->state, HY_DELIVERY_SENT);
	assert_int_equal(notes(w, NULL, 0), 2);
}

/* The same words twice: what is found must not be what another delivery has as its receipt. */
static void test_same_words(void **state)
{
	struct world *w = *state;
	struct hy_statement_id first = notice(w, "通告", "停水", 1), second;

	run(w);
	same_bytes(w, first, 0, 0);
	second = notice(w, "通告", "停水", 1);
	fault(w, HY_FAULT_DOWN, "statuses/share", 1);
	run(w);
	later(w, 6 * HY_SECOND);
	run(w);
	assert_int_equal(delivery_of(w, second, 0)->state, HY_DELIVERY_UNKNOWN);
	assert_int_equal(notes(w, NULL, 0), 1);
}

/* R13: limits of the platform are a wait, and other accounts go on. */
static void test_slow_down(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_statement_id id = notice(w, "通告", "停水", 2);

	fault_rule(w, (struct hy_practice_fault_rule){.kind = HY_FAULT_ERROR,
						      .op = "statuses/share",
						      .of = "linjiang",
						      .code = 20016});
	run(w);
	const struct hy_delivery *d = delivery_of(w, id, 0);
	assert_int_equal(d->state, HY_DELIVERY_WAIT);
	assert_int_equal(d->wait_until - hy_now(f->clock), HY_HOUR);
	assert_int_equal(delivery_of(w, id, 1)->state, HY_DELIVERY_SENT);
	id = notice(w, "通告二", "停水", 1);
	live_control("quota?name=weibo/posts-hour&limit=0");
	run(w);
	assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_WAIT);
	live_control("quota?name=weibo/posts-hour&limit=1000");
	/* a busy system may have taken it: that is no promise of "not now" */
	id = notice(w, "通告三", "停水", 1);
	fault_rule(w, (struct hy_practice_fault_rule){.kind = HY_FAULT_AWAY,
						      .op = "statuses/share",
						      .after = "30"});
	run(w);
	assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_UNKNOWN);
}

static void test_every_code(void **state)
{
	assert_true(every_code(*state, "statuses/share", "linjiang") > 60);
}

/* R14: the token ends in mid fan-out. */
static void test_token_ends(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_statement_id id;
	struct hy_account *a = NULL;

	live_control("token?platform=weibo&token=practice-weibo-2&ends=0");
	id = notice(w, "通告", "停水", 3);
	run(w);
	assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_SENT);
	assert_int_equal(delivery_of(w, id, 1)->state, HY_DELIVERY_WAIT);
	assert_int_equal(delivery_of(w, id, 2)->state, HY_DELIVERY_SENT);
	OK(hy_account_get(f->st, w, w->a[1], &a, &f->err));
	assert_int_equal(a->state, HY_ACCOUNT_NEEDS_REAUTH);
	assert_int_equal(w->paged, 1);
	assert_null(strstr(w->why, "practice-weibo")); /* no secret in a line for people */
	live_control("token?platform=weibo&token=practice-weibo-2&ends=864000");
	OK(hy_account_set_state(f->st, w->a[1], HY_ACCOUNT_ACTIVE, NULL, &f->err));
	OK(hy_outbox_wake(f->st, f->clock, w->a[1], &f->err));
	run(w);
	assert_int_equal(delivery_of(w, id, 1)->state, HY_DELIVERY_SENT);
	assert_int_equal(notes(w, NULL, 0), 3);
}

/* A post cannot be edited: a new one names it. */
static void test_erratum(void **state)
{
	struct world *w = *state;
	struct hy_statement_id old = notice(w, "城东停水", "明日停水。", 1), id;

	run(w);
	id = erratum(w, old);
	assert_non_null(strstr(form_of(w, id, 0).text, "城东停水"));
	run(w);
	assert_int_equal(notes(w, NULL, 0), 2);
	same_bytes(w, old, 0, 0);
	same_bytes(w, id, 0, 1);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_sent),	   T(test_limits),     T(test_taken_but_no_answer),
		T(test_slow_drip), T(test_seen_late),  T(test_not_found),
		T(test_same_words), T(test_slow_down), T(test_every_code),
		T(test_token_ends), T(test_erratum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
