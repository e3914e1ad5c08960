/* Errors: the tables of outside codes, one-line texts, cuts at character borders, wrapping. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static void test_codes(void **state)
{
	static const struct {
		enum hy_status status;
		const char *name;
		int exit_code, http;
	} want[] = {
		{HY_OK, "ok", 0, 200},
		{HY_EINPUT, "input", 2, 400},
		{HY_ENOTFOUND, "notfound", 3, 404},
		{HY_EEXISTS, "exists", 8, 409},
		{HY_ECONFLICT, "conflict", 8, 409},
		{HY_EREFUSED, "refused", 4, 403},
		{HY_EAUTH, "auth", 7, 401},
		{HY_ETEMP, "temp", 75, 503},
		{HY_EWAIT, "wait", 75, 429},
		{HY_EPERM, "perm", 6, 502},
		{HY_EUNSURE, "unsure", 6, 502},
		{HY_ENOSPACE, "nospace", 75, 503},
		{HY_ECORRUPT, "corrupt", 1, 500},
		{HY_EBUSY, "busy", 8, 503},
		{HY_EPARTIAL, "partial", 5, 207},
		{HY_ESYSTEM, "system", 1, 500},
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(want); i++) {
		assert_int_equal(want[i].status, i);
		assert_string_equal(hy_status_name(want[i].status), want[i].name);
		assert_int_equal(hy_status_exit_code(want[i].status), want[i].exit_code);
		assert_int_equal(hy_status_http(want[i].status), want[i].http);
	}
	assert_int_equal(hy_status_exit_code((enum hy_status)99), 1);
	assert_string_equal(hy_status_name((enum hy_status)99), "system");
}

static void test_one_line(void **state)
{
	struct hy_err err = {0};

	(void)state;
	assert_int_equal(hy_err_set(&err, HY_EINPUT, "a\nb\x1b[2J\x7f %s", "\xC2\x9B"), HY_EINPUT);
	assert_string_equal(err.text, "a?b?[2J? ??");
	hy_err_set(&err, HY_EPERM, "again: %s", "\xE5\x91\xBC");
	assert_string_equal(err.text, "again: \xE5\x91\xBC");
	hy_err_set(&err, HY_ETEMP, "[%s]", err.text); /* its own text as an argument */
	assert_string_equal(err.text, "[again: \xE5\x91\xBC]");
}

static void test_cut(void **state)
{
	char text[1200];
	struct hy_err err = {0};

	(void)state;
	for (size_t shift = 0; shift < 4; shift++) {
		memset(text, 'x', shift);
		for (size_t i = shift; i + 4 < sizeof(text); i += 3)
			memcpy(text + i, "\xE5\x91\xBC", 4);
		hy_err_set(&err, HY_EINPUT, "%s", text);
		assert_true(strlen(err.text) < HY_ERR_TEXT_MAX);
		assert_true(strlen(err.text) > HY_ERR_TEXT_MAX - 5);
		assert_true(hy_utf8_valid(err.text, strlen(err.text)));
		hy_err_wrap(&err, "%s", "layer");
		assert_memory_equal(err.text, "layer: ", 7);
		assert_true(hy_utf8_valid(err.text, strlen(err.text)));
	}
}

static void test_wrap(void **state)
{
	struct hy_err err = {0};

	(void)state;
	assert_int_equal(hy_err_wait(&err, 1763700000123, "slow %d", 7), HY_EWAIT);
	assert_int_equal(err.until, 1763700000123);
	assert_int_equal(hy_err_wrap(&err, "source %s", "wb"), HY_EWAIT);
	assert_string_equal(err.text, "source wb: slow 7");
	assert_int_equal(err.until, 1763700000123);
	hy_err_set(&err, HY_EINPUT, "x");
	assert_int_equal(err.until, 0);
}

static void test_null(void **state)
{
	(void)state;
	assert_int_equal(hy_err_set(NULL, HY_EBUSY, "x"), HY_EBUSY);
	assert_int_equal(hy_err_wrap(NULL, "layer"), HY_EBUSY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes), cmocka_unit_test(test_one_line),
		cmocka_unit_test(test_cut),   cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
