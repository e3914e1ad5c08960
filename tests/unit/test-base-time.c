/* Time: dates against the C library's own over centuries, spellings, clocks, seeded randomness. */
#include "config.h"
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void test_civil(void **state)
{
	int y, m, d;

	(void)state;
	assert_int_equal(hy_days_from_civil(1970, 1, 1), 0);
	assert_int_equal(hy_days_from_civil(2000, 2, 29), 11016);
	for (int64_t day = -719162; day < 2932896; day += 13) { /* years 1..9999 */
		time_t t = (time_t)(day * 86400);
		struct tm tm;

		hy_civil_from_days(day, &y, &m, &d);
		assert_non_null(gmtime_r(&t, &tm));
		assert_int_equal(y, tm.tm_year + 1900);
		assert_int_equal(m, tm.tm_mon + 1);
		assert_int_equal(d, tm.tm_mday);
		assert_int_equal(hy_days_from_civil(y, m, d), day);
	}
}

static void test_print(void **state)
{
	char out[32];

	(void)state;
	assert_string_equal(hy_time_iso(INT64_C(1795241100000), out), "2026-11-21T06:05:00Z");
	assert_string_equal(hy_time_iso(INT64_C(1795241100999), out), "2026-11-21T06:05:00Z");
	assert_string_equal(hy_time_iso(-1, out), "1969-12-31T23:59:59Z");
	assert_string_equal(hy_time_iso(HY_TIME_NEVER, out), "9999-12-31T23:59:59Z");
	assert_string_equal(hy_time_iso(INT64_MIN, out), "0001-01-01T00:00:00Z");
	assert_string_equal(hy_time_iso_offset(INT64_C(1795241100000), 480, out),
			    "2026-11-21T14:05:00+08:00");
	assert_string_equal(hy_time_iso_offset(INT64_C(1795241100000), -210, out),
			    "2026-11-21T02:35:00-03:30");
	assert_string_equal(hy_time_http(INT64_C(1795241100000), out),
			    "Sat, 21 Nov 2026 06:05:00 GMT");
	assert_string_equal(hy_time_http(INT64_C(784111777000), out),
			    "Sun, 06 Nov 1994 08:49:37 GMT");
}

static void test_parse(void **state)
{
	static const struct {
		const char *s;
		hy_time want;
	} good[] = {
		{"2026-11-21T14:05:00+08:00", INT64_C(1795241100000)},
		{"2026-11-21 14:05:00+0800", INT64_C(1795241100000)},
		{"2026-11-21t14:05+08", INT64_C(1795241100000)},
		{"2026-11-21T06:05:00Z", INT64_C(1795241100000)},
		{"2026-11-21T06:05:00.25z", INT64_C(1795241100250)},
		{"2026-11-21T06:05:00.1239Z", INT64_C(1795241100123)},
		{"2026-11-21 14:05", INT64_C(1795241100000)},
		{"2026-11-21", INT64_C(1795190400000)},
		{"2016-12-31T23:59:60Z", INT64_C(1483228800000)},
		{"2024-02-29T00:00:00Z", INT64_C(1709164800000)},
		{"2026-11-21T02:35:00-03:30", INT64_C(1795241100000)},
	};
	static const char *bad[] = {
		"",
		"2026",
		"2026-11",
		"2026-13-01",
		"2026-02-29",
		"1900-02-29",
		"2026-00-10",
		"2026-11-31",
		"2026-11-21T",
		"2026-11-21T24:00:00Z",
		"2026-11-21T06:60:00Z",
		"2026-11-21T06:05:61Z",
		"2026-11-21T06:05:00Zx",
		"2026-11-21T06:05:00.Z",
		"2026-11-21T06:05:00+24:00",
		"2026-11-21T06:05:00+08:60",
		" 2026-11-21",
		"2026-11-21 ",
		"0000-01-01",
		"0001-01-01T00:00:00+08:00",
		"12026-01-01",
		"9999-12-31T23:59:59-01:00",
		"2026-11-21T6:05:00Z",
		"2026-1-21",
	};
	hy_time t = 5;

	(void)state;
	for (size_t i = 0; i < HY_LEN(good); i++) {
		assert_int_equal(hy_time_parse_iso(good[i].s, 480, &t, NULL), HY_OK);
		if (t != good[i].want)
			fail_msg("%s: %" PRId64, good[i].s, t);
	}
	t = 5;
	for (size_t i = 0; i < HY_LEN(bad); i++)
		if (hy_time_parse_iso(bad[i], 480, &t, NULL) != HY_EINPUT || t != 5)
			fail_msg("accepted: %s", bad[i]);
}

static void test_dur(void **state)
{
	static const char *bad[] = {"",	    "s",    "5",       "-5s",
				    "1m1h", "1h1h", "1.5h",    " 5s",
				    "5s ",  "101y", "5218w", "99999999999999999999s",
				    "5ms"};
	hy_dur d = 1;

	(void)state;
	assert_int_equal(hy_dur_parse("90s", &d, NULL), HY_OK);
	assert_int_equal(d, 90000);
	assert_int_equal(hy_dur_parse("1h30m", &d, NULL), HY_OK);
	assert_int_equal(d, 5400000);
	assert_int_equal(hy_dur_parse("2w", &d, NULL), HY_OK);
	assert_int_equal(d, 14 * HY_DAY);
	assert_int_equal(hy_dur_parse("1w1d1h1m1s", &d, NULL), HY_OK);
	assert_int_equal(d, 8 * HY_DAY + HY_HOUR + HY_MINUTE + HY_SECOND);
	assert_int_equal(hy_dur_parse("36525d", &d, NULL), HY_OK);
	assert_int_equal(hy_dur_parse("36526d", &d, NULL), HY_EINPUT);
	assert_int_equal(hy_dur_parse("0s", &d, NULL), HY_OK);
	assert_int_equal(d, 0);
	for (size_t i = 0; i < HY_LEN(bad); i++)
		if (hy_dur_parse(bad[i], &d, NULL) != HY_EINPUT)
			fail_msg("accepted: %s", bad[i]);
}

static void put(const char *path, const char *text)
{
	assert_int_equal(hy_file_write(path, text, strlen(text), 0600, NULL), HY_OK);
}

static void test_clocks(void **state)
{
	char dir[] = "/tmp/hy-time-XXXXXX", path[64], text[64];
	void *ctx = talloc_new(NULL);
	struct hy_clock *c = hy_clock_fixed(ctx, 42);
	hy_time before, t;

	(void)state;
	assert_int_equal(hy_now(c), 42);
	hy_clock_set(c, 43);
	assert_int_equal(hy_now(c), 43);
	before = (hy_time)time(NULL) * 1000;
	t = hy_now(hy_clock_real());
	assert_in_range(t - before + 1000, 0, 60000);

	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/clock", dir);
	c = hy_clock_file(ctx, path);
	assert_in_range(hy_now(c) - before + 1000, 0, 60000); /* no file yet */
	put(path, "1000\n");
	assert_int_equal(hy_now(c), 1000);
	put(path, "nonsense");
	assert_int_equal(hy_now(c), 1000);
	put(path, "2000 x3");
	assert_int_equal(hy_now(c), 1000);
	t = hy_now(hy_clock_real());
	(void)snprintf(text, sizeof(text), "5000 x1000 @%" PRId64, t - 100);
	put(path, text);
	assert_in_range(hy_now(c), 105000, 105000 + 60 * 1000 * 1000);
	(void)snprintf(text, sizeof(text), "5000 x0.5 @%" PRId64, t - 100000);
	put(path, text);
	assert_in_range(hy_now(c), 55000, 55000 + 30000);
	assert_int_equal(unlink(path), 0);
	assert_in_range(hy_now(c), 55000, 55000 + 30000);
	assert_int_equal(setenv("HUYING_CLOCK", path, 1), 0);
	put(path, "7");
	assert_int_equal(hy_now(hy_clock_from_env(ctx)), 7);
	assert_int_equal(unsetenv("HUYING_CLOCK"), 0);
	assert_ptr_equal(hy_clock_from_env(ctx), hy_clock_real());
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	talloc_free(ctx);
}

static void test_rand(void **state)
{
	struct hy_rand a, b;
	int counts[7] = {0};

	(void)state;
	/* xoshiro256** from the state 1, 2, 3, 4: the first outputs of the published algorithm. */
	a = (struct hy_rand){{1, 2, 3, 4}};
	assert_int_equal(hy_rand_next(&a), 11520);
	assert_int_equal(hy_rand_next(&a), 0);
	assert_int_equal(hy_rand_next(&a), 1509978240);
	hy_rand_init(&a, 7);
	hy_rand_init(&b, 7);
	for (int i = 0; i < 70000; i++) {
		uint64_t x = hy_rand_below(&a, 7);
		double u;

		assert_int_equal(x, hy_rand_below(&b, 7));
		assert_in_range(x, 0, 6);
		counts[x]++;
		u = hy_rand_unit(&a);
		assert_true(u >= 0 && u < 1 && u == hy_rand_unit(&b));
	}
	for (int i = 0; i < 7; i++)
		assert_in_range(counts[i], 9500, 10500);
	assert_int_equal(hy_rand_below(&a, 1), 0);
	setenv("HUYING_SEED", "17", 1);
	hy_rand_init_default(&a);
	hy_rand_init(&b, 17);
	assert_int_equal(hy_rand_next(&a), hy_rand_next(&b));
	unsetenv("HUYING_SEED");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_civil),  cmocka_unit_test(test_print),
		cmocka_unit_test(test_parse),  cmocka_unit_test(test_dur),
		cmocka_unit_test(test_clocks), cmocka_unit_test(test_rand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
