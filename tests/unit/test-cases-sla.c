/* The report of units: fair, repeatable, safe in a spreadsheet, each number opening its cases. */
#include "tests/unit/test-cases.h"

static void near(double got, double want)
{
	assert_true(got > want - 0.0005 && got < want + 0.0005);
}

static void test_wilson(void **state)
{
	double low, high;

	(void)state;
	hy_wilson(1, 1, &low, &high);
	near(low, 0.2065);
	near(high, 1);
	hy_wilson(45, 50, &low, &high);
	near(low, 0.7864);
	near(high, 0.9565);
	hy_wilson(0, 10, &low, &high);
	near(low, 0);
	near(high, 0.2775);
	hy_wilson(0, 0, &low, &high);
	assert_true(low != low && high != high);
}

/* One case: opened, given to a unit, answered after so many minutes (0 = not yet). */
static struct hy_case_id make_case(struct office *o, const char *day, struct hy_unit_id unit,
				   int minutes)
{
	char when[40];
	struct hy_case_id id;

	snprintf(when, sizeof when, "%s 09:00", day);
	id = open_case(o, when);
	snprintf(when, sizeof when, "%s 09:01", day);
	step(o, id, when, HY_CASE_DO_ASSIGN, unit);
	if (minutes) {
		snprintf(when, sizeof when, "%s %02d:%02d", day, 9 + minutes / 60, minutes % 60);
		step(o, id, when, HY_CASE_DO_REPLY, NO_UNIT);
	}
	return id;
}

static struct hy_sla_report *report(struct office *o, const char *now)
{
	struct hy_sla_report *r;

	OK(hy_sla_load(o->st, o, &o->rules, at("2026-11-01"), at("2026-12-01"), at(now), 3, &r,
		       &o->err));
	return r;
}

static void test_ranks(void **state)
{
	struct office *o = *state;
	struct hy_sla_report *r;
	struct hy_case_id overdue, last;

	/* Roads: one lucky case. Water: five in time, one late, one open and overdue. */
	make_case(o, "2026-11-16", o->roads, 4);
	for (int i = 0; i < 5; i++)
		make_case(o, "2026-11-17", o->water, 10 + i);
	make_case(o, "2026-11-17", o->water, 61);
	overdue = make_case(o, "2026-11-18", o->water, 0);
	last = open_case(o, "2026-11-18 17:30"); /* the desk's, not yet due */
	r = report(o, "2026-11-18 17:40");
	assert_int_equal(r->n, 3);
	assert_int_equal(r->rows[0].unit.v, o->water.v);
	assert_int_equal(r->rows[0].rank, 1);
	assert_int_equal(r->rows[0].cases.n, 7);
	assert_int_equal(r->rows[0].in_time.n, 5);
	assert_int_equal(r->rows[0].late.n, 2);
	assert_int_equal(r->rows[0].late.id[1].v, overdue.v);
	assert_int_equal(r->rows[0].median_work, 12 * 60); /* nearest rank of 10 11 12 13 14 61 */
	assert_int_equal(r->rows[0].p90_work, 61 * 60);
	assert_int_equal(r->rows[1].unit.v, o->roads.v);
	assert_int_equal(r->rows[1].rank, 0); /* 100 %, but one case never leads */
	near(r->rows[1].rate, 1);
	assert_int_equal(r->rows[2].unit.v, 0);
	assert_int_equal(r->rows[2].pending.id[0].v, last.v);
	assert_true(r->rows[2].rate != r->rows[2].rate);
	assert_int_equal(r->total.cases.n, 9);
	for (size_t i = 0; i < r->n; i++)
		assert_int_equal(r->rows[i].cases.n,
				 r->rows[i].in_time.n + r->rows[i].late.n + r->rows[i].pending.n);
}

/* Passing it on at the last minute hides nothing; a pause is charged to nobody. */
static void test_last_minute(void **state)
{
	struct office *o = *state;
	struct hy_case_id id = open_case(o, "2026-11-16 09:00"),
			  slow = open_case(o, "2026-11-17 09:00");
	struct hy_sla_report *r;
	const struct hy_sla_row *water, *roads;

	step(o, id, "2026-11-16 09:00", HY_CASE_DO_ASSIGN, o->water);
	step(o, id, "2026-11-16 09:59", HY_CASE_DO_ASSIGN, o->roads);
	step(o, id, "2026-11-16 10:05", HY_CASE_DO_REPLY, NO_UNIT);
	step(o, slow, "2026-11-17 09:00", HY_CASE_DO_ASSIGN, o->roads);
	step(o, slow, "2026-11-17 09:10", HY_CASE_DO_WAIT, NO_UNIT);
	step(o, slow, "2026-11-18 09:10", HY_CASE_DO_RESUME, NO_UNIT);
	step(o, slow, "2026-11-18 09:20", HY_CASE_DO_REPLY, NO_UNIT);
	r = report(o, "2026-11-19 09:00");
	water = r->rows[0].unit.v == o->water.v ? &r->rows[0] : &r->rows[1];
	roads = r->rows[0].unit.v == o->roads.v ? &r->rows[0] : &r->rows[1];
	assert_int_equal(water->late.n, 1);
	assert_int_equal(water->late.id[0].v, id.v);
	assert_int_equal(roads->in_time.n, 1);
	assert_int_equal(roads->late.n, 0);
	assert_int_equal(roads->median_work, 20 * 60);
	assert_int_equal(roads->median_any, 86400 + 20 * 60);
	assert_int_equal(water->held_work, 59 * 60);
}

static void test_rounds_count(void **state)
{
	struct office *o = *state;
	struct hy_case_id id = make_case(o, "2026-11-16", o->water, 90);
	struct hy_sla_report *r;
	char *before, *after;

	step(o, id, "2026-11-16 12:00", HY_CASE_DO_CLOSE, NO_UNIT);
	r = report(o, "2026-11-17 08:00");
	before = hy_sla_text(r, o->cal, o, HY_LANG_EN);
	step(o, id, "2026-11-18 09:00", HY_CASE_DO_REOPEN, NO_UNIT);
	step(o, id, "2026-11-18 09:30", HY_CASE_DO_REPLY, NO_UNIT);
	/* The old result stays: as of then, the same bytes. */
	after = hy_sla_text(report(o, "2026-11-17 08:00"), o->cal, o, HY_LANG_EN);
	assert_string_equal(before, after);
	r = report(o, "2026-11-18 10:00");
	assert_int_equal(r->total.cases.n, 2);
	assert_int_equal(r->total.in_time.n, 1);
	assert_int_equal(r->total.late.n, 1);
}

static void test_outputs(void **state)
{
	struct office *o = *state;
	struct hy_sla_report *r;
	struct hy_json_writer *w = hy_json_writer_new(o, false);
	struct hy_json *doc;
	char *text, *csv, *again;
	const char *json;
	size_t n;

	make_case(o, "2026-11-16", o->roads, 4);
	r = report(o, "2026-11-18 10:00");
	text = hy_sla_text(r, o->cal, o, HY_LANG_EN);
	assert_non_null(strstr(text, "no cases")); /* 0 of 0 */
	assert_null(strstr(text, "nan"));
	assert_non_null(strstr(text, "Wilson"));
	assert_non_null(strstr(text, r->calendar));
	assert_non_null(strstr(text, "100.0 %"));
	csv = hy_sla_csv(r, o->cal, o, HY_LANG_EN);
	assert_non_null(strstr(csv, "'=交通局")); /* a name is no formula */
	assert_null(strstr(csv, ",=交通局"));
	again = hy_sla_csv(report(o, "2026-11-18 10:00"), o->cal, o, HY_LANG_EN);
	assert_string_equal(csv, again);
	hy_sla_json(r, o->cal, w);
	json = hy_jw_text(w, &n);
	assert_int_equal(hy_json_parse(o, json, n, HY_JSON_UNIQUE, &doc, NULL), HY_OK);
	assert_int_equal(hy_json_get(doc, "units")->n, 3 - (r->n == 2));
	assert_int_equal(hy_json_get(hy_json_get(doc, "total"), "cases")->n, 1);
	assert_null(strstr(json, "clerk"));
}

/* What an answer came to, over a real account. */
static void comes_to(struct office *o, struct hy_case_id cs, enum hy_delivery_state state)
{
	struct hy_account_id to = {0};
	struct hy_answer_id id = {0};
	struct hy_answer *a = NULL;
	struct hy_account *there = NULL;

	if (hy_account_find(o->st, o, "微信", &there, NULL) == HY_OK)
		to = there->id;
	else
		OK(hy_account_add(o->st, &(struct hy_account){.name = "微信", .platform = "wechat"},
				  NULL, &to, &o->err));
	OK(hy_answer_add(o->st,
			 &(struct hy_answer){.cs = cs, .account = to, .not_after = HY_TIME_NEVER},
			 &id, &o->err));
	OK(hy_answer_get(o->st, o, id, &a, &o->err));
	if (state == HY_DELIVERY_CANCELLED || state == HY_DELIVERY_MISSED) {
		a->state = state;
		OK(hy_answer_move(o->st, a, HY_DELIVERY_PLANNED, 1, &o->err));
		return;
	}
	a->state = HY_DELIVERY_SENDING;
	OK(hy_answer_move(o->st, a, HY_DELIVERY_PLANNED, 1, &o->err));
	a->state = state;
	OK(hy_answer_move(o->st, a, HY_DELIVERY_SENDING, 1, &o->err));
}

/* A reply that did not go out is in time all the same, and a figure of its own. */
static void test_unsent(void **state)
{
	static const struct {
		enum hy_delivery_state first;
		int then; /* -1 no reply after it, -2 by hand, else what that came to */
		bool unsent;
	} of[] = {
		{HY_DELIVERY_SENT, -1, false},
		{HY_DELIVERY_FAILED, -1, true},
		{HY_DELIVERY_MISSED, -1, true},
		{HY_DELIVERY_CANCELLED, -1, true},
		{HY_DELIVERY_UNKNOWN, -1, false}, /* nobody knows */
		{HY_DELIVERY_FAILED, -2, false},
		{HY_DELIVERY_FAILED, HY_DELIVERY_SENT, false},
		{HY_DELIVERY_FAILED, HY_DELIVERY_FAILED, true},
		{HY_DELIVERY_FAILED, HY_DELIVERY_WAIT, true}, /* until it is out */
		{HY_DELIVERY_SENT, HY_DELIVERY_FAILED, true},
	};
	struct office *o = *state;
	struct hy_sla_report *r;
	size_t n = 0;

	for (size_t i = 0; i < HY_LEN(of); i++) {
		struct hy_case_id id = make_case(o, "2026-11-16", o->water, 10);

		comes_to(o, id, of[i].first);
		if (of[i].then != -1)
			step(o, id, "2026-11-16 09:20", HY_CASE_DO_REPLY, NO_UNIT);
		if (of[i].then >= 0)
			comes_to(o, id, (enum hy_delivery_state)of[i].then);
		r = report(o, "2026-11-18 10:00");
		n += of[i].unsent;
		if (r->total.unsent.n != n)
			fail_msg("case %zu: %zu unsent", i, r->total.unsent.n);
		assert_int_equal(r->total.in_time.n, i + 1); /* the promise is as ever */
	}
	assert_non_null(strstr(hy_sla_csv(report(o, "2026-11-18 10:00"), o->cal, o, HY_LANG_EN),
			       "reply not sent"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, office_setup, office_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wilson), T(test_ranks),	T(test_last_minute),
		T(test_rounds_count),	       T(test_outputs),	T(test_unsent),
	};

	return cmocka_run_group_tests_name("cases-sla", tests, NULL, NULL);
}
