/* R07: civil time against a second opinion (python's zoneinfo, minute by minute); zone files that
 * are new, cut or missing. */
#include "calendar/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static FILE *oracle(const char *args)
{
	const char *top = getenv("top_srcdir");
	char *cmd;
	FILE *f;

	if (access("/usr/bin/python3", X_OK) || access("/usr/share/zoneinfo/Europe/Berlin", R_OK))
		return NULL;
	cmd = hy_strf(NULL, "/usr/bin/python3 '%s/tests/unit/due_oracle.py' %s", top ? top : ".",
		      args);
	f = popen(cmd, "r");
	talloc_free(cmd);
	return f;
}

static struct hy_promise promise(char *text)
{
	const char *within[HY_METERS_MAX];
	struct hy_promise p;
	size_t n = 0;

	for (char *next; text; text = next) {
		next = strstr(text, " + ");
		if (next) {
			*next = 0;
			next += 3;
		}
		assert_true(n < HY_METERS_MAX);
		within[n++] = text;
	}
	assert_int_equal(hy_promise_parse("zone", within, n, &p, NULL), HY_OK);
	return p;
}

static void walk(const char *zone, const char *args)
{
	struct hy_calendar_conf conf = {.days = "none",
					.zone = zone,
					.hours = "01:00-03:30,09:00-17:00",
					.weekday = {[0] = "00:30-04:00"}};
	struct hy_calendar *cal;
	char line[200], rule[120];
	long long arrival, want;
	int n = 0;
	FILE *f = oracle(args);

	if (!f)
		skip();
	assert_int_equal(hy_calendar_new(&cal, NULL, &conf, NULL), HY_OK);
	while (fgets(line, sizeof line, f)) {
		struct hy_promise p;
		struct hy_run run = {.promise = &p};
		hy_time got = 0;

		line[strcspn(line, "\n")] = 0;
		assert_int_equal(sscanf(line, "%lld %lld %119[^\n]", &arrival, &want, rule), 3);
		p = promise(rule);
		run.arrival = arrival * HY_SECOND;
		assert_int_equal(hy_calendar_due(cal, &run, &got, NULL), HY_OK);
		if (got / HY_SECOND != want)
			fail_msg("%s: %s: got %lld", zone, line, (long long)(got / HY_SECOND));
		n++;
	}
	assert_int_equal(pclose(f), 0);
	assert_int_equal(n, 25000);
	talloc_free(cal);
}

static void test_berlin(void **state)
{
	(void)state;
	walk("Europe/Berlin", "zone Europe/Berlin 2026 25000 1");
}

static void test_new_york(void **state)
{
	(void)state;
	walk("America/New_York", "zone America/New_York 2043 25000 2");
}

static void test_lord_howe(void **state)
{
	(void)state;
	walk("Australia/Lord_Howe", "zone Australia/Lord_Howe 2038 25000 3");
}

static void test_casablanca(void **state)
{
	(void)state;
	walk("Africa/Casablanca", "zone Africa/Casablanca 2026 25000 4");
}

/* Offsets 2000-2059 of zones with odd histories. */
static void test_offsets(void **state)
{
	static const char *const zones[] = {
		"Asia/Shanghai", "Asia/Tehran", "America/Sao_Paulo", "Pacific/Apia",
		"Europe/Dublin", "Asia/Gaza",	"America/St_Johns",  "Antarctica/Troll"};

	(void)state;
	for (size_t i = 0; i < HY_LEN(zones); i++) {
		char *args = hy_strf(NULL, "offsets %s 5000 %zu", zones[i], i);
		struct hy_cal_zone z;
		char line[80];
		FILE *f = oracle(args);
		int n = 0;

		if (!f)
			skip();
		assert_int_equal(hy_cal_zone_read(&z, args, zones[i], NULL), HY_OK);
		while (fgets(line, sizeof line, f)) {
			long long t;
			int off;

			assert_int_equal(sscanf(line, "%lld %d", &t, &off), 2);
			if (hy_cal_zone_offset(&z, t) != off)
				fail_msg("%s at %lld: got %d, want %d", zones[i], t,
					 (int)hy_cal_zone_offset(&z, t), off);
			n++;
		}
		assert_int_equal(pclose(f), 0);
		assert_int_equal(n, 5000);
		talloc_free(args);
	}
}

/* A zone file with no changes but a rule at its end. */
static size_t tzif(uint8_t out[300], const char *rule, int32_t off)
{
	static const uint8_t zero[15];
	size_t k = 0;

	for (int v = 0; v < 2; v++) {
		memcpy(out + k, "TZif2", 5);
		memcpy(out + k + 5, zero, 15);
		memset(out + k + 20, 0, 24);
		out[k + 39] = 1; /* one type */
		out[k + 43] = 4; /* four characters */
		k += 44;
		for (int i = 3; i >= 0; i--)
			out[k++] = (uint8_t)((uint32_t)off >> (8 * i));
		memcpy(out + k, "\0\0LMT", 6);
		k += 6;
	}
	return k + (size_t)snprintf((char *)out + k, 100, "\n%s\n", rule);
}

/* New tzdata: the same name, another rule, other due times; and none at all for Shanghai. */
static void test_new_tzdata(void **state)
{
	char dir[] = "/tmp/hy-zone-XXXXXX", path[64];
	uint8_t bytes[300];
	struct hy_cal_zone z;
	struct hy_calendar_conf conf = {.zone = "Town"};
	struct hy_calendar *before, *after;
	void *ctx = talloc_new(NULL);
	size_t n = tzif(bytes, "AAA-3BBB,M3.5.0,M10.5.0/3", 10800);

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/Town", dir);
	assert_int_equal(hy_file_write(path, bytes, n, 0600, NULL), HY_OK);
	assert_int_equal(setenv("TZDIR", dir, 1), 0);
	assert_int_equal(hy_cal_zone_read(&z, ctx, "Town", NULL), HY_OK);
	assert_int_equal(hy_cal_zone_offset(&z, 1769904000), 10800); /* February 2026 */
	assert_int_equal(hy_cal_zone_offset(&z, 1782864000), 14400); /* July 2026 */
	assert_int_equal(hy_calendar_new(&before, ctx, &conf, NULL), HY_OK);
	n = tzif(bytes, "AAA-3BBB,M4.1.0,M10.5.0/3", 10800);
	assert_int_equal(hy_file_write(path, bytes, n, 0600, NULL), HY_OK);
	assert_int_equal(hy_calendar_new(&after, ctx, &conf, NULL), HY_OK);
	assert_string_not_equal(hy_calendar_version(before), hy_calendar_version(after));
	n = tzif(bytes, "<+05>-5", 18000);
	assert_int_equal(hy_file_write(path, bytes, n, 0600, NULL), HY_OK);
	assert_int_equal(hy_cal_zone_read(&z, ctx, "Town", NULL), HY_OK);
	assert_int_equal(hy_cal_zone_offset(&z, 1782864000), 18000);
	assert_int_equal(hy_cal_zone_read(&z, ctx, "Asia/Shanghai", NULL), HY_OK);
	assert_int_equal(hy_cal_zone_offset(&z, 1782864000), 28800);
	assert_int_equal(hy_cal_zone_read(&z, ctx, "Europe/Berlin", NULL), HY_EINPUT);
	assert_int_equal(unsetenv("TZDIR"), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	talloc_free(ctx);
}

/* Every cut and every damaged byte is refused or read, never trusted past its end. */
static void test_damage(void **state)
{
	uint8_t bytes[300];
	size_t n = tzif(bytes, "AAA-3BBB,M3.5.0,M10.5.0/3", 10800);
	struct hy_cal_zone z;
	void *ctx = talloc_new(NULL);

	(void)state;
	assert_int_equal(hy_cal_zone_parse(&z, ctx, bytes, n, NULL), HY_OK);
	for (size_t i = 0; i < n; i++) {
		uint8_t *copy = hy_memdup(ctx, bytes, i ? i : 1);

		assert_int_equal(hy_cal_zone_parse(&z, ctx, copy, i, NULL), HY_EINPUT);
		talloc_free(copy);
	}
	for (size_t i = 0; i < n; i++) {
		uint8_t was = bytes[i];

		for (int k = 1; k < 256; k += 50) {
			bytes[i] = (uint8_t)(was ^ k);
			if (!hy_cal_zone_parse(&z, ctx, bytes, n, NULL))
				(void)hy_cal_zone_offset(&z, 1782864000);
		}
		bytes[i] = was;
	}
	talloc_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_berlin),	  cmocka_unit_test(test_new_york),
		cmocka_unit_test(test_lord_howe), cmocka_unit_test(test_casablanca),
		cmocka_unit_test(test_offsets),	  cmocka_unit_test(test_new_tzdata),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests_name("calendar-zone", tests, NULL, NULL);
}
