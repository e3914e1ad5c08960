/* Cases on the record: the table, the promise clock with pauses and rounds (R09), custody,
 * recompute (R08). */
#include "tests/unit/test-cases.h"

static void test_table(void **state)
{
	static const int8_t allowed[5] = {6, 7, 7, 3, 2}; /* acts a state allows */
	enum hy_case_state to;

	(void)state;
	for (int s = 0; s < 5; s++) {
		int n = 0;

		for (int a = 0; a < HY_CASE_ACTS; a++)
			n += hy_case_may((enum hy_case_state)s, (enum hy_case_act)a, &to);
		assert_int_equal(n, allowed[s]);
		assert_true(hy_case_may((enum hy_case_state)s, HY_CASE_DO_NOTE, &to));
		assert_int_equal(to, s);
	}
	assert_false(hy_case_may(HY_CASE_WAITING, HY_CASE_DO_REPLY, &to));
	assert_false(hy_case_may(HY_CASE_CLOSED, HY_CASE_DO_CLOSE, &to));
}

static void test_design_dues(void **state)
{
	struct office *o = *state;
	struct hy_case_id a = open_case(o, "2026-11-16 17:40"),
			  b = open_case(o, "2026-11-17 07:50");
	struct hy_explanation *e;

	assert_int_equal(get(o, a)->due_reply, at("2026-11-17 02:00"));
	assert_int_equal(get(o, b)->due_reply, at("2026-11-17 09:00"));
	assert_int_equal(get(o, a)->due_resolve, at("2026-11-19 18:00"));
	assert_memory_equal(get(o, a)->calendar, "cn@2026.1+", 10);
	assert_memory_equal(get(o, a)->number, "20261116-", 9);
	assert_string_equal(get(o, a)->promise_reply, "reply");
	OK(hy_cases_why(o->st, o, &o->rules, a, HY_CASE_REPLY, &e, &o->err));
	assert_int_equal(e->due, at("2026-11-17 02:00"));
	assert_int_equal(e->decided, 1);
}

static void test_reply_and_acknowledgement(void **state)
{
	struct office *o = *state;
	struct hy_case_id id = open_case(o, "2026-11-16 09:00");

	step(o, id, "2026-11-16 09:00:01", HY_CASE_DO_NOTE, NO_UNIT); /* "we have your message" */
	assert_int_equal(get(o, id)->first_reply, 0);
	assert_false(hy_case_overdue(get(o, id), at("2026-11-16 10:00")));
	assert_true(hy_case_overdue(get(o, id), at("2026-11-16 10:00:01")));
	step(o, id, "2026-11-16 09:10", HY_CASE_DO_ASSIGN, o->water);
	step(o, id, "2026-11-16 10:00", HY_CASE_DO_REPLY, NO_UNIT);
	assert_true(get(o, id)->reply_met);
	/* The citizen answers, a second reply: the first stays the first. */
	step(o, id, "2026-11-17 11:00", HY_CASE_DO_NOTE, NO_UNIT);
	step(o, id, "2026-11-17 12:00", HY_CASE_DO_REPLY, NO_UNIT);
	assert_int_equal(get(o, id)->first_reply, at("2026-11-16 10:00"));
	assert_true(get(o, id)->reply_met);
	assert_int_equal(get(o, id)->state, HY_CASE_ANSWERED);
	step(o, id, "2026-11-19 18:00", HY_CASE_DO_CLOSE, NO_UNIT);
	assert_true(get(o, id)->resolve_met);
}

static void test_pause(void **state)
{
	struct office *o = *state;
	struct hy_case_id id = open_case(o, "2026-11-16 09:00");
	struct hy_case_step wait = {.act = HY_CASE_DO_WAIT,
				    .text = "地址？",
				    .who = o->clerk,
				    .at = at("2026-11-16 09:30")};
	struct hy_case *seen;

	step(o, id, "2026-11-16 09:10", HY_CASE_DO_ASSIGN, o->water);
	OK(hy_cases_preview(o->st, o, &o->rules, id, &wait, &seen, &o->err));
	assert_int_equal(get(o, id)->state, HY_CASE_ASSIGNED);
	step(o, id, "2026-11-16 09:30", HY_CASE_DO_WAIT, NO_UNIT);
	assert_int_equal(get(o, id)->due_reply, seen->due_reply); /* shown before, true after */
	/* Capped: 10 workdays after the 16th end on the 30th at 18:00; then eight hours of rest. */
	assert_int_equal(get(o, id)->due_reply, at("2026-12-01 02:00"));
	assert_false(hy_case_overdue(get(o, id), at("2026-11-20 12:00")));
	assert_int_equal(try_step(o, id, "2026-11-17 08:00", HY_CASE_DO_REPLY, NO_UNIT),
			 HY_ECONFLICT);
	step(o, id, "2026-11-18 15:00", HY_CASE_DO_RESUME, NO_UNIT);
	/* 30 minutes were used; no instant false breach. */
	assert_int_equal(get(o, id)->due_reply, at("2026-11-18 15:30"));
	assert_int_equal(get(o, id)->due_resolve,
			 at("2026-11-20 18:00")); /* the closing of the 17th was paused */
	assert_int_equal(get(o, id)->state, HY_CASE_ASSIGNED);
	assert_false(hy_case_overdue(get(o, id), at("2026-11-18 15:00")));
	assert_int_equal(get(o, id)->unit.v, o->water.v);
}

/* The cap resumes by itself, at the cap, however late the clock comes by. */
static void test_cap(void **state)
{
	struct office *o = *state;
	struct hy_case_id id = open_case(o, "2026-11-16 09:00");
	const struct hy_case_filter waiting = {.waiting = true, .limit = 9};
	struct hy_case *list = NULL;
	size_t n = 9;

	(void)open_case(o, "2026-11-16 09:10");
	OK(hy_case_list(o->st, o->cal, &waiting, &list, &n, &o->err));
	assert_int_equal(n, 0);
	step(o, id, "2026-11-16 09:30", HY_CASE_DO_WAIT, NO_UNIT);
	OK(hy_case_list(o->st, o->cal, &waiting, &list, &n, &o->err));
	assert_int_equal(n, 1);
	assert_int_equal(list[0].id.v, id.v);
	OK(hy_cases_tick(o->st, &o->rules, at("2026-11-30 17:59:59"), &n, &o->err));
	assert_int_equal(n, 0);
	OK(hy_cases_tick(o->st, &o->rules, at("2026-12-02 12:00"), &n, &o->err));
	assert_int_equal(n, 1);
	assert_int_equal(get(o, id)->state, HY_CASE_NEW);
	assert_int_equal(get(o, id)->due_reply, at("2026-12-01 02:00"));
	assert_true(hy_case_overdue(get(o, id), at("2026-12-01 02:00:01")));
}

static void test_rounds(void **state)
{
	struct office *o = *state;
	struct hy_case_id id = open_case(o, "2026-11-16 09:00");
	struct hy_case_event *ev;
	size_t n, kept = 0;

	step(o, id, "2026-11-16 09:10", HY_CASE_DO_ASSIGN, o->water);
	step(o, id, "2026-11-16 09:20", HY_CASE_DO_REPLY, NO_UNIT);
	step(o, id, "2026-11-17 09:00", HY_CASE_DO_CLOSE, NO_UNIT);
	assert_int_equal(try_step(o, id, "2026-11-17 10:00", HY_CASE_DO_REPLY, NO_UNIT),
			 HY_ECONFLICT);
	assert_non_null(strstr(o->err.text, "closed"));
	step(o, id, "2026-11-18 10:00", HY_CASE_DO_REOPEN, NO_UNIT);
	assert_int_equal(get(o, id)->round, 2);
	assert_int_equal(get(o, id)->first_reply, 0);
	assert_int_equal(get(o, id)->state, HY_CASE_ASSIGNED);
	assert_int_equal(get(o, id)->due_reply, at("2026-11-18 11:00"));
	assert_false(hy_case_overdue(get(o, id), at("2026-11-18 10:00")));
	OK(hy_case_events(o->st, o, id, &ev, &n, &o->err));
	for (size_t i = 0; i < n; i++)
		kept += !strcmp(ev[i].kind, "due-changed") &&
			strstr(ev[i].text, "\"reply_met\":true") != NULL;
	assert_int_equal(kept, 1);
}

static void test_faults(void **state)
{
	struct office *o = *state;
	struct hy_case_id id = open_case(o, "2026-11-16 09:00");
	struct hy_case_step s = {
		.act = HY_CASE_DO_CLOSE, .who = o->clerk, .at = at("2026-11-16 10:00")};

	assert_int_equal(try_step(o, id, "2026-11-16 10:00", HY_CASE_DO_ASSIGN, NO_UNIT),
			 HY_EINPUT);
	assert_int_equal(try_step(o, id, "2026-11-16 08:59", HY_CASE_DO_NOTE, NO_UNIT), HY_EINPUT);
	assert_int_equal(try_step(o, id, "2026-11-16 10:00", HY_CASE_DO_RESUME, NO_UNIT),
			 HY_ECONFLICT);
	assert_int_equal(
		try_step(o, (struct hy_case_id){99}, "2026-11-16 10:00", HY_CASE_DO_NOTE, NO_UNIT),
		HY_ENOTFOUND);
	assert_int_equal(hy_cases_step(o->st, o, &o->rules, id, &s, NULL, &o->err), HY_EINPUT);
	/* Closing without an answer is no answer. */
	step(o, id, "2026-11-16 09:05", HY_CASE_DO_CLOSE, NO_UNIT);
	assert_false(get(o, id)->reply_met);
}

/* R08: a holiday added after the case opened moves open cases, lists them, and says so in the
 * history. */
static void test_recompute(void **state)
{
	struct office *o = *state;
	struct hy_case_id moved = open_case(o, "2026-11-16 09:00"),
			  done = open_case(o, "2026-11-16 09:00"),
			  answered = open_case(o, "2026-11-17 17:50");
	struct hy_calendar_override own = {20261118, false, "暴雪", NULL};
	struct hy_calendar_conf conf = {
		.hours = "08:00-18:00", .overrides = &own, .n_overrides = 1};
	struct hy_case_moved *m;
	struct hy_case_event *ev;
	size_t n;

	step(o, done, "2026-11-16 09:30", HY_CASE_DO_REPLY, NO_UNIT);
	step(o, done, "2026-11-16 10:30", HY_CASE_DO_CLOSE, NO_UNIT);
	step(o, answered, "2026-11-17 17:55", HY_CASE_DO_REPLY, NO_UNIT);
	OK(hy_calendar_new(&o->cal, o, &conf, &o->err));
	o->rules.cal = o->cal;
	OK(hy_cases_recompute(o->st, o, &o->rules, at("2026-11-17 18:30"), o->clerk, true, &m, &n,
			      &o->err));
	assert_int_equal(n, 2);
	assert_int_equal(get(o, moved)->due_resolve, at("2026-11-19 18:00"));
	OK(hy_store_begin(o->st, &o->err));
	OK(hy_cases_recompute(o->st, o, &o->rules, at("2026-11-17 18:30"), o->clerk, false, &m, &n,
			      &o->err));
	OK(hy_store_commit(o->st, &o->err));
	assert_int_equal(n, 2);
	assert_int_equal(m[0].id.v, moved.v);
	assert_int_equal(m[0].old_resolve, at("2026-11-19 18:00"));
	assert_int_equal(m[0].new_resolve, at("2026-11-20 18:00"));
	assert_int_equal(get(o, moved)->due_resolve, at("2026-11-20 18:00"));
	assert_int_equal(get(o, answered)->due_reply,
			 at("2026-11-18 02:00")); /* settled: as it was */
	assert_true(get(o, answered)->reply_met);
	assert_int_equal(get(o, done)->due_resolve, at("2026-11-19 18:00"));
	assert_string_equal(get(o, moved)->calendar, hy_calendar_version(o->cal));
	OK(hy_case_events(o->st, o, moved, &ev, &n, &o->err));
	assert_string_equal(ev[n - 1].kind, "due-changed");
	assert_non_null(strstr(ev[n - 1].text, "calendar"));
	/* Again: nothing moves. */
	OK(hy_cases_recompute(o->st, o, &o->rules, at("2026-11-17 18:40"), o->clerk, false, &m, &n,
			      &o->err));
	assert_int_equal(n, 0);
}

/* More cases than a page of the record holds. */
static void test_many(void **state)
{
	struct office *o = *state;
	struct hy_calendar_override own = {20261118, false, "暴雪", NULL};
	struct hy_calendar_conf conf = {
		.hours = "08:00-18:00", .overrides = &own, .n_overrides = 1};
	struct hy_case_moved *m;
	size_t n;

	OK(hy_store_begin(o->st, &o->err));
	for (int i = 0; i < 1001; i++) {
		struct hy_case c = {.title = "t", .text = "x", .channel = "web"};
		struct hy_case_id id;

		OK(hy_cases_open(o->st, o, &o->rules, &c, at("2026-11-16 09:00"), o->clerk, &id,
				 &o->err));
	}
	OK(hy_store_commit(o->st, &o->err));
	OK(hy_calendar_new(&o->cal, o, &conf, &o->err));
	o->rules.cal = o->cal;
	OK(hy_cases_recompute(o->st, o, &o->rules, at("2026-11-17 18:30"), o->clerk, true, &m, &n,
			      &o->err));
	assert_int_equal(n, 1001);
	for (size_t i = 1; i < n; i++)
		assert_true(m[i].id.v > m[i - 1].id.v);
}

static void test_custody(void **state)
{
	struct office *o = *state;
	struct hy_case_id id = open_case(o, "2026-11-16 09:00");
	struct hy_custody *s;
	struct hy_case_event *ev;
	size_t n, k;

	step(o, id, "2026-11-16 09:10", HY_CASE_DO_ASSIGN, o->water);
	step(o, id, "2026-11-16 11:10", HY_CASE_DO_ASSIGN, o->roads);
	step(o, id, "2026-11-16 12:00", HY_CASE_DO_WAIT, NO_UNIT);
	step(o, id, "2026-11-17 12:00", HY_CASE_DO_RESUME, NO_UNIT);
	step(o, id, "2026-11-17 13:00", HY_CASE_DO_CHECK, NO_UNIT);
	step(o, id, "2026-11-17 14:00", HY_CASE_DO_RETURN, NO_UNIT);
	step(o, id, "2026-11-17 19:00", HY_CASE_DO_CLOSE, NO_UNIT);
	step(o, id, "2026-11-18 09:00", HY_CASE_DO_REOPEN, NO_UNIT);
	OK(hy_case_events(o->st, o, id, &ev, &n, &o->err));
	k = hy_custody_ledger(o->cal, ev, n, at("2026-11-18 10:00"), o, &s);
	assert_int_equal(k, 8);
	assert_int_equal(s[0].holder, HY_HOLDER_DESK);
	assert_int_equal(s[0].total, 600);
	assert_int_equal(s[1].unit.v, o->water.v);
	assert_int_equal(s[1].work, 7200);
	assert_int_equal(s[2].unit.v, o->roads.v);
	assert_int_equal(s[3].holder, HY_HOLDER_CITIZEN);
	assert_int_equal(s[3].total, 86400);
	assert_int_equal(s[3].work, 36000);
	assert_int_equal(s[4].unit.v, o->roads.v); /* back to whom it came from */
	assert_int_equal(s[5].holder, HY_HOLDER_CHECKER);
	assert_int_equal(s[6].holder, HY_HOLDER_DESK);
	assert_int_equal(s[6].rest, 3600);
	assert_int_equal(s[7].since, at("2026-11-18 09:00"));
}

/* Whoever passes it on, and when: the parts sum to the whole, in every kind of time. */
static void test_custody_sums(void **state)
{
	struct office *o = *state;
	struct hy_rand r;
	static const char *const holders[] = {"desk", "unit", "citizen", "checker"};

	hy_rand_init(&r, 3);
	for (int round = 0; round < 2000; round++) {
		struct hy_case_event ev[12] = {{0}};
		size_t n = 1 + (size_t)hy_rand_below(&r, 12), k;
		hy_time t = at("2026-01-01") + (hy_time)hy_rand_below(&r, 300 * HY_DAY), end;
		struct hy_custody *s;
		int64_t total = 0, work = 0;

		for (size_t i = 0; i < n; i++) {
			ev[i].at = i ? ev[i - 1].at + (hy_time)hy_rand_below(&r, 4 * HY_DAY) : t;
			ev[i].kind = "assigned";
			ev[i].holder = hy_rand_below(&r, 5) ? holders[hy_rand_below(&r, 4)] : NULL;
			ev[i].unit.v = 1 + (int64_t)hy_rand_below(&r, 3);
		}
		ev[0].holder = "desk";
		end = ev[n - 1].at + (hy_time)hy_rand_below(&r, HY_DAY);
		k = hy_custody_ledger(o->cal, ev, n, end, NULL, &s);
		for (size_t i = 0; i < k; i++) {
			if (i)
				assert_int_equal(s[i].since, s[i - 1].until);
			assert_int_equal(s[i].work + s[i].rest, s[i].total);
			total += s[i].total;
			work += s[i].work;
		}
		assert_int_equal(total, hy_calendar_between(o->cal, HY_REGIME_ANY, t, end));
		assert_int_equal(work, hy_calendar_between(o->cal, HY_REGIME_WORK, t, end));
		talloc_free(s);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, office_setup, office_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		T(test_design_dues),
		T(test_reply_and_acknowledgement),
		T(test_pause),
		T(test_cap),
		T(test_rounds),
		T(test_faults),
		T(test_recompute),
		T(test_many),
		T(test_custody),
		T(test_custody_sums),
	};

	return cmocka_run_group_tests_name("cases-state", tests, NULL, NULL);
}
