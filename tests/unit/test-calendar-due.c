/* The promise clock: the examples of the design, the golden table, and properties at random. */
#include "calendar/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static hy_time at(const char *iso)
{
	hy_time t = 0;

	assert_int_equal(hy_time_parse_iso(iso, 480, &t, NULL), HY_OK);
	return t;
}

static struct hy_calendar *make(const struct hy_calendar_conf *conf)
{
	struct hy_calendar *cal = NULL;
	struct hy_err err = {0};

	if (hy_calendar_new(&cal, NULL, conf, &err))
		fail_msg("%s", err.text);
	return cal;
}

/* "1h work + 8h rest" */
static struct hy_promise promise(const char *text)
{
	static char part[HY_METERS_MAX][64];
	const char *within[HY_METERS_MAX];
	struct hy_promise p;
	size_t n = 0;

	while (*text) {
		size_t len = strcspn(text, "+");

		assert_true(n < HY_METERS_MAX && len < sizeof part[0]);
		memcpy(part[n], text, len);
		part[n][len] = 0;
		within[n] = part[n];
		n++;
		text += len + (text[len] == '+');
	}
	assert_int_equal(hy_promise_parse("test", within, n, &p, NULL), HY_OK);
	return p;
}

static hy_time due(const struct hy_calendar *cal, const char *text, hy_time arrival)
{
	struct hy_promise p = promise(text);
	struct hy_run run = {.promise = &p, .arrival = arrival};
	hy_time t = 0;

	assert_int_equal(hy_calendar_due(cal, &run, &t, NULL), HY_OK);
	return t;
}

static void test_design(void **state)
{
	struct hy_calendar_conf conf = {.hours = "08:00-18:00"};
	struct hy_calendar *cal = make(&conf);
	const char *yinchuan = "1h work+8h rest";

	(void)state;
	assert_int_equal(due(cal, yinchuan, at("2026-11-19 17:40")), at("2026-11-20 02:00"));
	assert_int_equal(due(cal, yinchuan, at("2026-11-20 07:50")), at("2026-11-20 09:00"));
	assert_int_equal(due(cal, yinchuan, at("2026-11-20 10:00")), at("2026-11-20 11:00"));
	assert_int_equal(due(cal, "5h any", at("2026-11-20 23:00")), at("2026-11-21 04:00"));
	/* Full at the very closing: due then, not at the next opening. */
	assert_int_equal(due(cal, "1h work", at("2026-11-20 17:00")), at("2026-11-20 18:00"));
	assert_int_equal(due(cal, "1h work", at("2026-11-20 17:00:01")), at("2026-11-23 08:00:01"));
	/* Milliseconds are floored at the door. */
	assert_int_equal(due(cal, "1h work", at("2026-11-20 17:00") + 999), at("2026-11-20 18:00"));
	talloc_free(cal);
}

static void test_china(void **state)
{
	struct hy_calendar *cal = make(NULL);
	const char *yinchuan = "1h work+8h rest";

	(void)state;
	/* Lunch pauses the work meter and runs the rest meter. */
	assert_int_equal(due(cal, yinchuan, at("2026-11-20 12:30")), at("2026-11-20 15:00"));
	assert_int_equal(due(cal, "2h work", at("2026-11-20 11:00")), at("2026-11-20 15:00"));
	/* 23:59 before Golden Week. */
	assert_int_equal(due(cal, "1h work", at("2026-09-30 23:59")), at("2026-10-08 09:30"));
	assert_int_equal(due(cal, yinchuan, at("2026-09-30 23:59")), at("2026-10-01 07:59"));
	assert_int_equal(due(cal, "3 workdays", at("2026-09-30 23:59")), at("2026-10-10 18:00"));
	/* 调休: the Saturday works, the swapped Monday does not. */
	assert_int_equal(due(cal, "1h work", at("2026-02-14 09:00")), at("2026-02-14 10:00"));
	assert_int_equal(due(cal, "1h work", at("2026-02-16 09:00")), at("2026-02-24 09:30"));
	assert_int_equal(due(cal, "7 workdays", at("2026-02-13 10:00")), at("2026-03-02 18:00"));
	/* Workdays: the day of arrival never counts; from a day of rest the next is day 1. */
	assert_int_equal(due(cal, "3 workdays", at("2026-11-16 00:00")), at("2026-11-19 18:00"));
	assert_int_equal(due(cal, "3 workdays", at("2026-11-16 23:59:59")), at("2026-11-19 18:00"));
	assert_int_equal(due(cal, "3 workdays", at("2026-11-21 10:00")), at("2026-11-25 18:00"));
	assert_int_equal(due(cal, "3 workdays", at("2026-11-20 10:00")), at("2026-11-25 18:00"));
	talloc_free(cal);
}

static void test_parse(void **state)
{
	static const char *const good[] = {"1h work",	 "8h rest",  "5h any",	    "3 workdays",
					   "1h30m work", "90s rest", "1h30m15s any"};
	static const char *const bad[] = {
		"",	      "1h",	    "work",	    "0h work",	     "-1h work",
		"1h works",   "0 workdays", "3.5 workdays", "1001 workdays", "1h work rest",
		"99999d any", "1x work",    "500ms work"};
	struct hy_meter m, back;

	(void)state;
	for (size_t i = 0; i < HY_LEN(good); i++) {
		char *s;

		assert_int_equal(hy_meter_parse(good[i], &m, NULL), HY_OK);
		s = hy_meter_text(NULL, &m);
		assert_int_equal(hy_meter_parse(s, &back, NULL), HY_OK);
		assert_int_equal(m.budget, back.budget);
		assert_int_equal(m.regime, back.regime);
		talloc_free(s);
	}
	assert_int_equal(hy_meter_parse(" 90m   work ", &m, NULL), HY_OK);
	assert_int_equal(m.budget, 5400);
	for (size_t i = 0; i < HY_LEN(bad); i++)
		assert_int_equal(hy_meter_parse(bad[i], &m, NULL), HY_EINPUT);
	assert_int_equal(hy_promise_parse("x", NULL, 0, &(struct hy_promise){0}, NULL), HY_EINPUT);
}

/* ---- the golden table ---- */

struct offices {
	struct hy_calendar *usual, *lng, *always, *flood;
};

static const struct hy_calendar_override flood_days[] = {
	{20260718, true, "flood duty", "00:00-24:00"},
	{20260720, true, "half day", "08:30-12:00"},
	{20260721, false, "power cut", NULL},
};

static void offices_make(struct offices *o)
{
	struct hy_calendar_conf lng = {.hours = "08:00-18:00"};
	struct hy_calendar_conf always = {.days = "none"};
	struct hy_calendar_conf flood = {.overrides = flood_days, .n_overrides = 3};

	for (int i = 0; i < 7; i++)
		always.weekday[i] = "00:00-24:00";
	o->usual = make(NULL);
	o->lng = make(&lng);
	o->always = make(&always);
	o->flood = make(&flood);
}

static void offices_free(struct offices *o)
{
	talloc_free(o->usual);
	talloc_free(o->lng);
	talloc_free(o->always);
	talloc_free(o->flood);
}

static const struct hy_calendar *office(const struct offices *o, const char *name)
{
	if (!strcmp(name, "usual"))
		return o->usual;
	if (!strcmp(name, "long"))
		return o->lng;
	return !strcmp(name, "always") ? o->always : o->flood;
}

/* The listed stretches add up to each meter, lie between arrival and due, and do not overlap. */
static void explain_check(const struct hy_calendar *cal, const struct hy_run *run, hy_time want)
{
	struct hy_explanation *e;

	assert_int_equal(hy_calendar_explain(cal, run, NULL, &e, NULL), HY_OK);
	assert_int_equal(e->due, want);
	assert_int_equal(e->meter[e->decided].due, want);
	for (size_t i = 0; i < e->n; i++) {
		const struct hy_meter_result *r = &e->meter[i];
		int64_t sum = 0;
		hy_time last = 0;

		assert_true(r->due >= want);
		for (size_t k = 0; k < r->n_counted; k++) {
			const struct hy_counted *c = &r->counted[k];

			assert_true(c->since >= last && c->since < c->until);
			assert_true(c->until <= r->due);
			sum += c->amount;
			last = c->until;
			if (r->meter.regime != HY_REGIME_WORKDAYS && r->n_counted < 400)
				assert_int_equal(hy_calendar_between(cal, r->meter.regime, c->since,
								     c->until),
						 c->amount);
		}
		if (r->due != HY_TIME_NEVER)
			assert_int_equal(sum, r->meter.budget);
	}
	talloc_free(e);
}

static void test_golden(void **state)
{
	const char *top = getenv("top_srcdir");
	char *path = hy_strf(NULL, "%s/testdata/calendar/due-golden.csv", top ? top : "."), *text;
	struct offices o;
	size_t n, rows = 0;

	(void)state;
	offices_make(&o);
	assert_int_equal(hy_file_read(NULL, path, 1u << 20, &text, &n, NULL), HY_OK);
	for (char *line = text, *next; line && *line; line = next) {
		char name[16], rule[80];
		long long arrival, since, until, want;
		struct hy_promise p;
		struct hy_span pause;
		struct hy_run run = {.promise = &p};
		hy_time got = 0;

		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		if (sscanf(line, "%15[a-z],%79[^,],%lld,%lld,%lld,%lld,", name, rule, &arrival,
			   &since, &until, &want) != 6)
			continue;
		p = promise(rule);
		run.arrival = arrival * HY_SECOND;
		pause = (struct hy_span){since * HY_SECOND, until * HY_SECOND};
		run.pauses = since ? &pause : NULL;
		run.n_pauses = since != 0;
		assert_int_equal(hy_calendar_due(office(&o, name), &run, &got, NULL), HY_OK);
		if (got != want * HY_SECOND)
			fail_msg("golden: %s\n  got %lld", line, (long long)(got / HY_SECOND));
		explain_check(office(&o, name), &run, got);
		rows++;
	}
	assert_true(rows >= 1000);
	offices_free(&o);
	talloc_free(text);
	talloc_free(path);
}

/* ---- properties at random ---- */

static struct hy_promise random_promise(struct hy_rand *r)
{
	struct hy_promise p = {.name = "r", .n = 1 + (size_t)hy_rand_below(r, 3)};

	for (size_t i = 0; i < p.n; i++) {
		p.meter[i].regime = (enum hy_regime)hy_rand_below(r, 4);
		p.meter[i].budget = p.meter[i].regime == HY_REGIME_WORKDAYS
					    ? 1 + (int64_t)hy_rand_below(r, 20)
					    : 1 + (int64_t)hy_rand_below(r, 60 * 3600);
	}
	return p;
}

/* A later message never gets an earlier answer; and never one before it came. */
static void test_monotone(void **state)
{
	struct hy_rand r;
	struct offices o;
	hy_time base = at("2005-01-01");

	(void)state;
	hy_rand_init(&r, 7);
	offices_make(&o);
	for (int i = 0; i < 200000; i++) {
		struct hy_promise p = random_promise(&r);
		hy_time a = base + (hy_time)hy_rand_below(&r, 22ull * 365 * HY_DAY);
		hy_time b = a + (hy_time)hy_rand_below(&r, i % 2 ? (uint64_t)HY_HOUR : 10 * HY_DAY);
		struct hy_span pause = {a + (hy_time)hy_rand_below(&r, 5 * HY_DAY), 0};
		struct hy_run x = {&p, a, &pause, i % 3 == 0}, y = {&p, b, &pause, i % 3 == 0};
		const struct hy_calendar *cal = i % 2 ? o.usual : o.flood;
		hy_time da = 0, db = 0;

		pause.until = pause.since + (hy_time)hy_rand_below(&r, 9 * HY_DAY);
		assert_int_equal(hy_calendar_due(cal, &x, &da, NULL), HY_OK);
		assert_int_equal(hy_calendar_due(cal, &y, &db, NULL), HY_OK);
		assert_true(da <= db);
		assert_true(da > a - HY_SECOND);
		if (i % 100 == 0)
			explain_check(cal, &x, da);
	}
	offices_free(&o);
}

/* However a time is split, its parts sum to the whole, in each regime; and work + rest is all. */
static void test_split(void **state)
{
	struct hy_calendar *cal = make(NULL);
	struct hy_rand r;
	hy_time base = at("2004-06-01");

	(void)state;
	hy_rand_init(&r, 8);
	for (int i = 0; i < 100000; i++) {
		hy_time a = base + (hy_time)hy_rand_below(&r, 22ull * 365 * HY_DAY);
		hy_time c = a + (hy_time)hy_rand_below(&r, 90 * HY_DAY);
		hy_time b = a + (hy_time)hy_rand_below(&r, (uint64_t)(c - a) + 1);

		for (int k = HY_REGIME_WORK; k <= HY_REGIME_WORKDAYS; k++)
			assert_int_equal(hy_calendar_between(cal, (enum hy_regime)k, a, b) +
						 hy_calendar_between(cal, (enum hy_regime)k, b, c),
					 hy_calendar_between(cal, (enum hy_regime)k, a, c));
		assert_int_equal(hy_calendar_between(cal, HY_REGIME_WORK, a, c) +
					 hy_calendar_between(cal, HY_REGIME_REST, a, c),
				 hy_calendar_between(cal, HY_REGIME_ANY, a, c));
	}
	talloc_free(cal);
}

/* R08: one day more off moves a due time only when the day was counted, and never forward. */
static void test_override_moves(void **state)
{
	struct hy_calendar *plain = make(NULL);
	struct hy_calendar_override own = {20260722, false, "mourning", NULL};
	struct hy_calendar_conf conf = {.overrides = &own, .n_overrides = 1};
	struct hy_calendar *cal = make(&conf);
	struct hy_rand r;

	(void)state;
	hy_rand_init(&r, 9);
	for (int i = 0; i < 20000; i++) {
		hy_time a = at("2026-07-01") + (hy_time)hy_rand_below(&r, 40 * HY_DAY);
		struct hy_promise p = {.n = 1};
		struct hy_run run = {.promise = &p, .arrival = a};
		hy_time before = 0, after = 0;

		p.meter[0].regime = i % 2 ? HY_REGIME_WORK : HY_REGIME_WORKDAYS;
		p.meter[0].budget = i % 2 ? 1 + (int64_t)hy_rand_below(&r, 90000)
					  : 1 + (int64_t)hy_rand_below(&r, 9);
		assert_int_equal(hy_calendar_due(plain, &run, &before, NULL), HY_OK);
		assert_int_equal(hy_calendar_due(cal, &run, &after, NULL), HY_OK);
		assert_true(after >= before);
		if (a >= at("2026-07-23") || before <= at("2026-07-22"))
			assert_int_equal(after, before);
	}
	talloc_free(plain);
	talloc_free(cal);
}

static void test_never(void **state)
{
	struct hy_calendar_conf conf = {.days = "none", .hours = ""};
	struct hy_calendar *cal = make(&conf);
	struct hy_promise p = promise("1h work");
	struct hy_run run = {.promise = &p, .arrival = at("2026-11-20")};
	struct hy_span ever = {at("2026-11-20"), HY_TIME_NEVER};
	hy_time t = 42;
	char **line;

	(void)state;
	assert_int_equal(hy_calendar_due(cal, &run, &t, NULL), HY_EINPUT);
	assert_int_equal(t, 42);
	p = promise("1h any");
	assert_int_equal(hy_calendar_due(cal, &run, &t, NULL), HY_OK);
	run.pauses = &ever;
	run.n_pauses = 1;
	assert_int_equal(hy_calendar_due(cal, &run, &t, NULL), HY_EINPUT);
	run.arrival = at("1999-01-01");
	assert_int_equal(hy_calendar_due(cal, &run, &t, NULL), HY_EINPUT);
	assert_int_equal(hy_calendar_check(cal, NULL, at("2026-05-01"), HY_LANG_EN, &line), 1);
	talloc_free(line);
	talloc_free(cal);
}

static void test_words(void **state)
{
	struct hy_calendar *cal = make(NULL);
	struct hy_promise p = promise("1h work+8h rest");
	struct hy_run run = {.promise = &p, .arrival = at("2026-09-30 23:59")};
	struct hy_explanation *e;
	struct hy_json_writer *w = hy_json_writer_new(NULL, false);
	struct hy_json *doc;
	char *s;
	size_t n;

	(void)state;
	assert_int_equal(hy_calendar_explain(cal, &run, NULL, &e, NULL), HY_OK);
	s = hy_explanation_text(cal, e, e, HY_LANG_EN);
	assert_non_null(strstr(s, "Due 2026-10-01 07:59"));
	assert_non_null(strstr(s, "cn@2026.1"));
	assert_non_null(strstr(s, "国庆节"));
	assert_non_null(strstr(s, "1h work, 8h rest"));
	assert_int_equal(e->unknown_year, 0);
	hy_explanation_json(cal, e, w);
	s = hy_strdup(e, hy_jw_text(w, &n));
	assert_int_equal(hy_json_parse(e, s, n, HY_JSON_UNIQUE, &doc, NULL), HY_OK);
	assert_string_equal(hy_json_str(doc, "due"), "2026-10-01T07:59:00+08:00");
	assert_int_equal(hy_json_get(doc, "meters")->n, 2);
	talloc_free(e);
	talloc_free(w);
	p = promise("3 workdays");
	run.arrival = at("2026-12-31 10:00");
	assert_int_equal(hy_calendar_explain(cal, &run, NULL, &e, NULL), HY_OK);
	assert_int_equal(e->unknown_year, 2027);
	s = hy_explanation_text(cal, e, e, HY_LANG_EN);
	assert_non_null(strstr(s, "No notice for 2027"));
	talloc_free(e);
	talloc_free(cal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_design),	       cmocka_unit_test(test_china),
		cmocka_unit_test(test_parse),	       cmocka_unit_test(test_golden),
		cmocka_unit_test(test_monotone),       cmocka_unit_test(test_split),
		cmocka_unit_test(test_override_moves), cmocka_unit_test(test_never),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests_name("calendar-due", tests, NULL, NULL);
}
