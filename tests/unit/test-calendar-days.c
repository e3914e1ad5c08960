/* Kinds of day, hours, civil dates, the version and what `calendar check` says. */
#include "calendar/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
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

static struct hy_calendar_day day(const struct hy_calendar *cal, int date)
{
	struct hy_calendar_day d;

	assert_int_equal(hy_calendar_day(cal, date, &d, NULL), HY_OK);
	return d;
}

static void test_notices(void **state)
{
	struct hy_calendar *cal = make(NULL);
	struct hy_calendar_day d = day(cal, 20260214);
	int works = 0, first, last;

	(void)state;
	assert_int_equal(d.kind, HY_DAY_MAKEUP);
	assert_int_equal(d.weekday, 6);
	assert_true(d.work && d.known);
	assert_string_equal(d.name, "春节");
	assert_string_equal(d.source, "国办发明电〔2025〕7号");
	assert_int_equal(d.hours.n, 2);
	assert_int_equal(day(cal, 20260216).kind, HY_DAY_HOLIDAY);
	assert_int_equal(day(cal, 20260216).hours.n, 0);
	assert_int_equal(day(cal, 20261121).kind, HY_DAY_WEEKEND);
	assert_int_equal(day(cal, 20261120).kind, HY_DAY_WORK);
	assert_int_equal(day(cal, 20051231).kind, HY_DAY_MAKEUP);
	assert_int_equal(day(cal, 20130407).kind, HY_DAY_MAKEUP);
	for (int date = 20260101; date <= 20261231; date = hy_date_add(date, 1))
		works += day(cal, date).work;
	assert_int_equal(works, 248); /* 365 - 104 weekend - 19 off on weekdays + 6 made up */
	hy_calendar_years(cal, &first, &last);
	assert_int_equal(first, 2004);
	assert_int_equal(last, 2026);
	assert_int_equal(hy_calendar_day(cal, 20260230, &d, NULL), HY_EINPUT);
	assert_int_equal(hy_calendar_day(cal, 20600101, &d, NULL), HY_EINPUT);
	talloc_free(cal);
}

static void test_missing_year(void **state)
{
	struct hy_calendar *cal = make(NULL);
	char **line;

	(void)state;
	assert_false(day(cal, 20270104).known);
	assert_int_equal(day(cal, 20270104).kind, HY_DAY_WORK);
	assert_int_equal(hy_calendar_check(cal, NULL, at("2026-10-31"), HY_LANG_EN, &line), 0);
	talloc_free(line);
	assert_int_equal(hy_calendar_check(cal, NULL, at("2026-11-01"), HY_LANG_EN, &line), 1);
	assert_non_null(strstr(line[0], "2027"));
	talloc_free(line);
	assert_int_equal(hy_calendar_check(cal, NULL, at("2027-02-01"), HY_LANG_EN, &line), 1);
	assert_non_null(strstr(line[0], "Monday to Friday"));
	talloc_free(line);
	talloc_free(cal);
}

static void test_overrides_and_version(void **state)
{
	struct hy_calendar_override own[] = {
		{20260718, true, "防汛值守", "00:00-24:00"},
		{20260720, true, NULL, "08:30-12:00"},
		{20260721, false, "停电", NULL},
		{20260725, true, NULL, NULL},
	};
	struct hy_calendar_conf conf = {.overrides = own, .n_overrides = 4};
	struct hy_calendar *plain = make(NULL), *cal = make(&conf), *again = make(&conf);

	(void)state;
	assert_string_equal(hy_calendar_version(plain), "cn@2026.1");
	assert_string_equal(hy_calendar_version(cal), hy_calendar_version(again));
	assert_memory_equal(hy_calendar_version(cal), "cn@2026.1+", 10);
	assert_int_equal(strlen(hy_calendar_version(cal)), 18);
	own[1].hours = "08:30-12:01";
	talloc_free(again);
	again = make(&conf);
	assert_string_not_equal(hy_calendar_version(cal), hy_calendar_version(again));
	assert_int_equal(day(cal, 20260718).kind, HY_DAY_OFFICE_WORK);
	assert_string_equal(day(cal, 20260718).name, "防汛值守");
	assert_int_equal(day(cal, 20260718).hours.range[0].until, 86400);
	assert_int_equal(day(cal, 20260721).kind, HY_DAY_OFFICE_CLOSED);
	assert_int_equal(day(cal, 20260725).hours.n, 2);
	assert_true(hy_calendar_is_work(cal, at("2026-07-18 23:59:59")));
	assert_false(hy_calendar_is_work(cal, at("2026-07-19 00:00:00")));
	assert_false(hy_calendar_is_work(cal, at("2026-07-20 14:00")));
	assert_int_equal(hy_calendar_next(cal, at("2026-07-18 12:00")), at("2026-07-19"));
	assert_int_equal(hy_calendar_prev(cal, at("2026-07-20 13:00")), at("2026-07-20 12:00"));
	assert_int_equal(hy_calendar_next(cal, at("2026-07-20 12:00")), at("2026-07-22 08:30"));
	talloc_free(plain);
	talloc_free(cal);
	talloc_free(again);
}

static void test_hours(void **state)
{
	static const char nine[] = "1:00-1:01,2:00-2:01,3:00-3:01,4:00-4:01,5:00-5:01,"
				   "6:00-6:01,7:00-7:01,8:00-8:01,9:00-9:01";
	static const char *const bad[] = {"8",
					  "08:30",
					  "08:30-",
					  "08:30-08:30",
					  "09:00-08:00",
					  "08:00-12:00,11:00-13:00",
					  "08:00-25:00",
					  "08:00-24:01",
					  "08:60-09:00",
					  "08:00-12:00,",
					  ",",
					  "a",
					  "08:00-12:00;",
					  nine};
	struct hy_hours h;
	struct hy_err err;

	(void)state;
	assert_int_equal(hy_hours_parse("8:30-12:00, 14:00 - 24:00", &h, NULL), HY_OK);
	assert_int_equal(h.n, 2);
	assert_int_equal(h.range[0].since, 30600);
	assert_int_equal(h.range[1].until, 86400);
	assert_int_equal(hy_hours_parse("", &h, NULL), HY_OK);
	assert_int_equal(h.n, 0);
	assert_int_equal(hy_hours_parse("08:00-12:00,12:00-13:00", &h, NULL), HY_OK);
	assert_int_equal(h.n, 1);
	for (size_t i = 0; i < HY_LEN(bad); i++) {
		err.text[0] = 0;
		assert_int_equal(hy_hours_parse(bad[i], &h, &err), HY_EINPUT);
		assert_non_null(strstr(err.text, "office hours"));
	}
}

static void test_seasons(void **state)
{
	struct hy_calendar_season s[] = {{501, 930, "08:00-12:00,15:00-18:00"},
					 {1201, 215, "09:00-12:00,13:00-17:00"}};
	struct hy_calendar_conf conf = {.seasons = s, .n_seasons = 2, .days = "none"};
	struct hy_calendar *cal = make(&conf);

	(void)state;
	assert_int_equal(day(cal, 20260501).hours.range[1].since, 15 * 3600);
	assert_int_equal(day(cal, 20261001).hours.range[1].since, 14 * 3600);
	assert_int_equal(day(cal, 20270104).hours.range[0].since, 9 * 3600);
	assert_int_equal(day(cal, 20270216).hours.range[0].since, 8 * 3600 + 1800);
	talloc_free(cal);
	s[0].first = 231;
	assert_int_equal(hy_calendar_new(&cal, NULL, &conf, NULL), HY_EINPUT);
}

static void test_faults(void **state)
{
	struct hy_calendar_conf bad[] = {
		{.days = "us"},		 {.zone = "Asia/Nowhere"}, {.zone = "../../passwd"},
		{.zone = "/etc/passwd"}, {.hours = "x"},	   {.weekday = {"9"}},
		{.makeup = "9-10"},
	};
	struct hy_calendar_override o = {20260231, true, NULL, NULL};
	struct hy_calendar_conf own = {.overrides = &o, .n_overrides = 1};
	struct hy_calendar *cal = NULL;
	struct hy_err err;

	(void)state;
	for (size_t i = 0; i < HY_LEN(bad); i++) {
		memset(&err, 0, sizeof err);
		assert_int_equal(hy_calendar_new(&cal, NULL, &bad[i], &err), HY_EINPUT);
		assert_true(err.text[0] != 0);
	}
	assert_int_equal(hy_calendar_new(&cal, NULL, &own, &err), HY_EINPUT);
	assert_null(cal);
}

static void test_dates(void **state)
{
	struct hy_calendar *cal = make(NULL);
	char text[40], week[9];
	hy_time end;
	int date;

	(void)state;
	assert_int_equal(hy_calendar_date(cal, at("2026-11-20 23:59:59")), 20261120);
	assert_int_equal(hy_calendar_date(cal, at("2026-11-21 00:00:00")), 20261121);
	assert_int_equal(hy_calendar_day_start(cal, 20261121), at("2026-11-21"));
	assert_int_equal(hy_date_add(20240228, 2), 20240301);
	assert_int_equal(hy_date_add(20250301, -1), 20250228);
	assert_int_equal(hy_date_diff(20251231, 20260101), 1);
	assert_int_equal(hy_date_parse("2024-02-29", &date, NULL), HY_OK);
	assert_int_equal(date, 20240229);
	assert_int_equal(hy_date_parse("2026-02-29", &date, NULL), HY_EINPUT);
	assert_int_equal(hy_date_parse("2026-2-9", &date, NULL), HY_EINPUT);
	assert_int_equal(hy_date_parse("2026-02-09x", &date, NULL), HY_EINPUT);
	assert_int_equal(hy_date_parse("20", &date, NULL), HY_EINPUT);
	assert_string_equal(hy_date_text(20260209, text), "2026-02-09");
	assert_string_equal(hy_calendar_iso(cal, at("2026-11-21 14:05:09"), text),
			    "2026-11-21T14:05:09+08:00");
	assert_string_equal(hy_calendar_short(cal, at("2026-11-21 14:05:09"), text),
			    "2026-11-21 14:05");
	assert_string_equal(hy_calendar_week(cal, at("2026-11-21 14:05"), week, &end), "2026-W47");
	assert_int_equal(end, at("2026-11-23"));
	assert_string_equal(hy_calendar_week(cal, at("2026-11-22 23:59:59"), week, &end),
			    "2026-W47");
	assert_string_equal(hy_calendar_week(cal, at("2027-01-03"), week, NULL), "2026-W53");
	assert_string_equal(hy_calendar_week(cal, at("2024-12-30"), week, NULL), "2025-W01");
	/* Whole seconds: milliseconds are floored, before 1970 as well. */
	assert_int_equal(hy_calendar_date(cal, at("2026-11-21") - 1), 20261120);
	assert_string_equal(hy_calendar_iso(cal, at("2026-11-21") - 1, text),
			    "2026-11-20T23:59:59+08:00");
	assert_int_equal(hy_calendar_date(cal, at("1999-12-31")), 0);
	assert_int_equal(hy_calendar_date(cal, HY_TIME_NEVER), 0);
	talloc_free(cal);
}

/* D9: a calendar of 24 hours a day loses not a second a night. */
static void test_always(void **state)
{
	struct hy_calendar_conf conf = {.days = "none",
					.weekday = {"00:00-24:00", "00:00-24:00", "00:00-24:00",
						    "00:00-24:00", "00:00-24:00", "00:00-24:00",
						    "00:00-24:00"}};
	struct hy_calendar *cal = make(&conf);
	hy_time a = at("2026-01-01"), b = at("2027-01-01");

	(void)state;
	assert_int_equal(hy_calendar_between(cal, HY_REGIME_WORK, a, b), 365 * 86400);
	assert_int_equal(hy_calendar_between(cal, HY_REGIME_REST, a, b), 0);
	assert_int_equal(hy_calendar_between(cal, HY_REGIME_WORKDAYS, a, b), 365);
	assert_true(hy_calendar_next(cal, a) == HY_TIME_NEVER ||
		    hy_calendar_next(cal, a) > at("2059-12-31"));
	talloc_free(cal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_notices),
		cmocka_unit_test(test_missing_year),
		cmocka_unit_test(test_overrides_and_version),
		cmocka_unit_test(test_hours),
		cmocka_unit_test(test_seasons),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_always),
	};

	return cmocka_run_group_tests_name("calendar-days", tests, NULL, NULL);
}
