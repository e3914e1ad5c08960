/* Statements to Mastodon: the practice platform, faults by script, one clock. Never two, never lost. */
#include "tests/unit/channel-live.h"

static const char *const tokens[] = {"practice-mastodon-1", "practice-mastodon-2",
				     "practice-mastodon-3", NULL};

static int setup(void **state)
{
	*state = world_begin_at(HY_PRACTICE_MASTODON, "mastodon", NULL, tokens);
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
	struct hy_statement_id id = notice(w, "城东停水", "城东**明日**停水。\n\n- 九点开始", 2);
	const char *text = form_of(w, id, 0).text;

	assert_non_null(strstr(text, "城东停水\n\n城东明日停水。\n"));
	assert_non_null(strstr(text, "\n\n" BASE "statements/1.html#hy-"));
	run(w);
	assert_int_equal(notes(w, NULL, 0), 2);
	same_bytes(w, id, 0, 0);
	same_bytes(w, id, 1, 1);
	run(w);
	assert_int_equal(notes(w, NULL, 0), 2);
	assert_int_equal(w->paged, 0);
}

/* 500 characters, an address counts 23: at the limit, one past it. */
static void test_limits(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_account_id only[] = {w->a[0]}, both[] = {w->site, w->a[0]};
	const char *why = NULL;
	struct hy_statement s = {.kind = HY_STATEMENT_NOTICE,
				 .title = "通告",
				 .text = repeated(w, "水", 496),
				 .targets = only,
				 .n_targets = 1};

	assert_null(blocked(w, draft(w, &s), NULL)); /* 2 + 2 + 496 */
	s.text = repeated(w, "水", 497);
	assert_string_equal(blocked(w, draft(w, &s), &why), "account-form");
	assert_non_null(strstr(why, "mastodon0"));
	assert_non_null(strstr(why, "500"));
	/* with a page to lead to: the first paragraph and a link, nothing cut in its middle */
	s.targets = both;
	s.n_targets = 2;
	s.text = hy_strf(w, "%s\n\n余下的话", repeated(w, "水", 471));
	struct hy_statement_id id = draft(w, &s);
	assert_null(blocked(w, id, NULL)); /* 2 + 2 + 471 + 2 + 23 */
	assert_null(strstr(form_of(w, id, 0).text, "余下"));
	s.text = hy_strf(w, "%s\n\n余下的话", repeated(w, "水", 472));
	assert_string_equal(blocked(w, draft(w, &s), NULL), "account-form");
	/* a server that takes more says so */
	OK(hy_meta_set(f->st, hy_form_limit_key(w, w->a[0]), "5000 23", &f->err));
	id = draft(w, &s);
	assert_null(blocked(w, id, NULL));
	assert_non_null(strstr(form_of(w, id, 0).text, "余下"));
	s.text = "看图 ![图](https://www.linjiang.example/a.png)";
	assert_string_equal(blocked(w, draft(w, &s), NULL), "account-form");
	/* what is refused as a draft cannot be submitted either */
	FAILS(hy_publish_submit(f->st, draft(w, &s), 1, w->li, NULL, 0, &f->err), HY_EREFUSED);
}

/* A text that begins with its own title says it once. */
static void test_title_once(void **state)
{
	struct world *w = *state;
	struct hy_statement_id id = notice(w, "城东停水", "# 城东停水\n\n明日九点", 1);

	assert_null(strstr(form_of(w, id, 0).text + 4, "城东停水"));
	assert_non_null(strstr(form_of(w, id, 0).text, "城东停水\n\n明日九点\n\nhttps://"));
}

/* R11 */
static void test_taken_but_no_answer(void **state)
{
	static const enum hy_practice_fault faults[] = {HY_FAULT_DROP, HY_FAULT_BROKEN,
							HY_FAULT_GARBAGE, HY_FAULT_BIG};
	struct world *w = *state;

	for (size_t i = 0; i < HY_LEN(faults); i++) {
		struct hy_statement_id id = notice(w, hy_strf(w, "通告 %zu", i), "停水", 1);

		fault(w, faults[i], "v1/statuses", 1);
		run(w);
		assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_UNKNOWN);
		until_state(w, id, 0, HY_DELIVERY_SENT, 6 * HY_SECOND, 1);
		assert_int_equal(notes(w, NULL, 0), i + 1);
		same_bytes(w, id, 0, i);
	}
	assert_int_equal(w->paged, 0);
}

/* A drip of bytes is an answer, too. */
static void test_slow_drip(void **state)
{
	struct world *w = *state;
	struct hy_statement_id id = notice(w, "通告", "停水", 1);

	fault_rule(w, (struct hy_practice_fault_rule){
			      .kind = HY_FAULT_DRIP, .op = "v1/statuses", .ms = 1});
	run(w);
	same_bytes(w, id, 0, 0);
}

/* Found by its text where there is no page and so no link; the same words of last year are not it. */
static void test_found_by_text(void **state)
{
	struct world *w = *state;
	struct hy_statement s = {.kind = HY_STATEMENT_NOTICE,
				 .title = "通告",
				 .text = "第一段\n\n第二段 a & b <c>",
				 .targets = w->a,
				 .n_targets = 1};
	struct hy_statement_id first = draft(w, &s), second = draft(w, &s), third;

	approve(w, first);
	run(w);
	same_bytes(w, first, 0, 0);
	approve(w, second);
	fault(w, HY_FAULT_DROP, "v1/statuses", 1);
	run(w);
	until_state(w, second, 0, HY_DELIVERY_SENT, 6 * HY_SECOND, 1);
	assert_int_equal(notes(w, NULL, 0), 2);
	assert_string_not_equal(delivery_of(w, first, 0)->receipt,
				delivery_of(w, second, 0)->receipt);
	/* never taken, and both earlier ones say the same: neither of them is it; the key settles */
	third = draft(w, &s);
	approve(w, third);
	fault(w, HY_FAULT_DOWN, "v1/statuses", 1);
	run(w);
	assert_int_equal(delivery_of(w, third, 0)->state, HY_DELIVERY_UNKNOWN);
	until_state(w, third, 0, HY_DELIVERY_SENT, 16 * HY_SECOND, 2);
	assert_int_equal(notes(w, NULL, 0), 3);
}

/* R12: the look-up shows nothing although it is there. Within the hour the key gives it back. */
static void test_settled_by_key(void **state)
{
	struct world *w = *state;
	struct hy_statement_id id = notice(w, "通告", "停水", 1);

	fault(w, HY_FAULT_DROP, "v1/statuses", 1);
	run(w);
	fault_rule(w, (struct hy_practice_fault_rule){
			      .kind = HY_FAULT_EMPTY, .reads = true, .op = "/statuses", .times = -1});
	later(w, 6 * HY_SECOND);
	run(w);
	assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_UNKNOWN);
	until_state(w, id, 0, HY_DELIVERY_SENT, 16 * HY_SECOND, 1);
	assert_int_equal(notes(w, NULL, 0), 1);
	same_bytes(w, id, 0, 0);
}

/* R12: past the hour the key means nothing: nobody posts by himself. */
static void test_key_forgotten(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_statement_id id = notice(w, "通告", "停水", 1);

	fault(w, HY_FAULT_DOWN, "v1/statuses", 1);
	run(w);
	later(w, HY_HOUR);
	for (int i = 0; i < 8; i++) {
		run(w);
		assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_UNKNOWN);
		later(w, 20 * HY_MINUTE);
	}
	assert_int_equal(w->paged, 1);
	assert_int_equal(notes(w, NULL, 0), 0);
	OK(hy_outbox_resolve(f->st, f->clock, delivery_of(w, id, 0)->id, "absent", NULL, NULL,
			     &f->err));
	run(w);
	same_bytes(w, id, 0, 0);
	assert_int_equal(notes(w, NULL, 0), 1);
}

/* R13 */
static void test_slow_down(void **state)
{
	static const struct {
		enum hy_practice_fault kind;
		const char *after;
		hy_dur least, most;
	} rows[] = {
		{HY_FAULT_BUSY, "7", 7 * HY_SECOND, 7 * HY_SECOND},
		{HY_FAULT_BUSY, "", HY_SECOND, 10 * HY_SECOND},
		{HY_FAULT_BUSY, "soon", HY_SECOND, 10 * HY_SECOND},
		{HY_FAULT_BUSY, "-5", HY_SECOND, 10 * HY_SECOND},
		{HY_FAULT_BUSY, "315360000", HY_HOUR, HY_HOUR},
		{HY_FAULT_AWAY, "30", 30 * HY_SECOND, 30 * HY_SECOND},
	};
	struct world *w = *state;
	struct fix *f = w->f;

	for (size_t i = 0; i < HY_LEN(rows); i++) {
		struct hy_statement_id id = notice(w, "通告", "停水", 2);

		fault_rule(w, (struct hy_practice_fault_rule){.kind = rows[i].kind,
							      .op = "v1/statuses",
							      .of = "linjiang",
							      .after = rows[i].after});
		run(w);
		const struct hy_delivery *d = delivery_of(w, id, 0);
		assert_int_equal(d->state, HY_DELIVERY_WAIT);
		hy_dur wait = d->wait_until - hy_now(f->clock);
		if (wait < rows[i].least || wait > rows[i].most)
			fail_msg("row %zu: waits %" PRId64 " ms", i, wait);
		assert_int_equal(delivery_of(w, id, 1)->state, HY_DELIVERY_SENT);
		if (rows[i].most == HY_HOUR)
			continue; /* later than it may be: a person's */
		later(w, wait);
		run(w);
		assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_SENT);
	}
}

/* Every code of the table, and what becomes of the delivery. */
static void test_every_code(void **state)
{
	assert_true(every_code(*state, "v1/statuses", "linjiang") >= 7);
}

/* R14 */
static void test_token_refused(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_statement_id id;
	struct hy_account *a = NULL;

	live_control("token?platform=mastodon&token=practice-mastodon-2&revoked=1");
	id = notice(w, "通告", "停水", 3);
	run(w);
	assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_SENT);
	assert_int_equal(delivery_of(w, id, 1)->state, HY_DELIVERY_WAIT);
	assert_int_equal(delivery_of(w, id, 2)->state, HY_DELIVERY_SENT);
	OK(hy_account_get(f->st, w, w->a[1], &a, &f->err));
	assert_int_equal(a->state, HY_ACCOUNT_NEEDS_REAUTH);
	assert_int_equal(w->paged, 1);
	live_control("token?platform=mastodon&token=practice-mastodon-2&revoked=0");
	OK(hy_account_set_state(f->st, w->a[1], HY_ACCOUNT_ACTIVE, NULL, &f->err));
	OK(hy_outbox_wake(f->st, f->clock, w->a[1], &f->err));
	run(w);
	assert_int_equal(delivery_of(w, id, 1)->state, HY_DELIVERY_SENT);
	assert_int_equal(notes(w, NULL, 0), 3);
}

/* It names what it puts right, replies to it, and that one says so, too. */
static void test_erratum(void **state)
{
	struct world *w = *state;
	const struct hy_json *note = NULL;
	struct hy_statement_id old = notice(w, "城东停水", "明日停水。", 1), id;

	run(w);
	id = erratum(w, old);
	assert_non_null(strstr(form_of(w, id, 0).text, "城东停水"));
	run(w);
	assert_int_equal(notes(w, &note, 1), 2);
	assert_string_equal(hy_json_str(note, "parent"), delivery_of(w, old, 0)->receipt);
	same_bytes(w, id, 0, 1);
	assert_int_equal(notes(w, &note, 0), 2);
	assert_non_null(strstr(hy_json_str(note, "text"), delivery_of(w, id, 0)->receipt_url));
	assert_non_null(strstr(hy_json_str(note, "text"), form_of(w, old, 0).text));
	assert_non_null(hy_json_str(note, "edited"));
}

/* The status that it puts right was deleted: it stands alone. */
static void test_erratum_alone(void **state)
{
	struct world *w = *state;
	struct hy_statement_id old = notice(w, "城东停水", "明日停水。", 1), id;

	run(w);
	live_control(hy_strf(w, "change?platform=mastodon&id=%s", delivery_of(w, old, 0)->receipt));
	id = erratum(w, old);
	run(w);
	assert_int_equal(notes(w, NULL, 0), 1);
	same_bytes(w, id, 0, 0);
}

/* Approved bytes are sent bytes: a public address that changes in between sends nothing. */
static void test_approved_bytes(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_statement_id id = notice(w, "通告", "停水", 1);

	OK(hy_meta_set(f->st, "site.base", "https://other.example/public/", &f->err));
	run(w);
	assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_FAILED);
	assert_int_equal(w->paged, 1);
	assert_int_equal(notes(w, NULL, 0), 0);
	OK(hy_meta_set(f->st, "site.base", BASE, &f->err));
	OK(hy_outbox_resolve(f->st, f->clock, delivery_of(w, id, 0)->id, "retry", NULL, NULL,
			     &f->err));
	run(w);
	same_bytes(w, id, 0, 0);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_sent),		T(test_limits),		T(test_title_once),
		T(test_taken_but_no_answer), T(test_slow_drip), T(test_found_by_text),
		T(test_settled_by_key), T(test_key_forgotten),	T(test_slow_down),
		T(test_every_code),	T(test_token_refused),	T(test_erratum),
		T(test_erratum_alone),	T(test_approved_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
