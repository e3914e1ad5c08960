/* The table of error codes against what the platforms' own pages say, both ways, row by row. */
#include "platforms/platforms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROWS_MAX 1024

struct expected {
	char *platform, *code, *read, *write, *next, *wait;
};
static struct expected rows[ROWS_MAX];
static size_t n_rows;
static void *ctx;

static char *field(char **p)
{
	char *start = *p;

	*p += strcspn(*p, "\t");
	if (**p == '\t')
		*(*p)++ = '\0';
	return start;
}

static int setup(void **state)
{
	const char *top = getenv("top_srcdir");
	char *text, *line;
	size_t n;

	(void)state;
	ctx = talloc_new(NULL);
	assert_int_equal(hy_file_read(ctx,
				      hy_strf(ctx, "%s/testdata/platforms/error-codes.tsv",
					      top != NULL ? top : "."),
				      1 << 20, &text, &n, NULL),
			 HY_OK);
	for (line = text; *line != '\0' && n_rows < ROWS_MAX;) {
		char *next = line + strcspn(line, "\n");

		if (*next == '\n')
			*next++ = '\0';
		if (*line != '#') {
			struct expected *e = &rows[n_rows++];

			e->platform = field(&line);
			e->code = field(&line);
			e->read = field(&line);
			e->write = field(&line);
			e->next = field(&line);
			e->wait = field(&line);
		}
		line = next;
	}
	assert_true(n_rows > 100);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	talloc_free(ctx);
	return 0;
}

static const char *const nexts[] = {
	[HY_NEXT_STATUS] = "status", [HY_NEXT_LOOK] = "look",	[HY_NEXT_RETRY] = "retry",
	[HY_NEXT_AGAIN] = "again",   [HY_NEXT_WAIT] = "wait",	[HY_NEXT_RENEW] = "renew",
	[HY_NEXT_AUTHORISE] = "authorise", [HY_NEXT_STOP] = "stop", [HY_NEXT_FIX] = "fix",
	[HY_NEXT_CHANGE] = "change", [HY_NEXT_GONE] = "gone",
};

static hy_dur wait_of(const char *told)
{
	return strcmp(told, "day") == 0 ? HY_WAIT_DAY : (hy_dur)atoll(told) * HY_SECOND;
}

/* What happens next, and how long a limit lasts; and the row is known again by the text that is
 * kept of it. */
static void check_next(const struct expected *e)
{
	const struct hy_platform_error *row = hy_platform_error_find(e->platform, e->code);
	struct hy_err err = {0};

	if (strcmp(nexts[row->next], e->next) != 0)
		fail_msg("%s %s: next is %s, not %s", e->platform, e->code, nexts[row->next],
			 e->next);
	if (row->wait != wait_of(e->wait))
		fail_msg("%s %s: waits %" PRId64, e->platform, e->code, row->wait);
	(void)hy_platform_error_set(&err, e->platform, e->code, true, "said: words: more");
	hy_err_wrap(&err, "account: of ours");
	assert_ptr_equal(hy_platform_error_said(err.text), row);
}

static void test_pages(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_rows; i++) {
		const struct expected *e = &rows[i];
		struct hy_err err = {0};

		if (hy_platform_error_find(e->platform, e->code) == NULL)
			fail_msg("%s %s: no row", e->platform, e->code);
		enum hy_status r =
			hy_platform_error_set(&err, e->platform, e->code, false, "its own words");
		if (strcmp(hy_status_name(r), e->read) != 0)
			fail_msg("%s %s: a read is %s, not %s", e->platform, e->code,
				 hy_status_name(r), e->read);
		assert_non_null(strstr(err.text, e->code));
		assert_non_null(strstr(err.text, "its own words"));
		r = hy_platform_error_set(&err, e->platform, e->code, true, NULL);
		if (strcmp(hy_status_name(r), e->write) != 0)
			fail_msg("%s %s: a write is %s, not %s", e->platform, e->code,
				 hy_status_name(r), e->write);
		check_next(e);
	}
	assert_null(hy_platform_error_said(NULL));
	assert_null(hy_platform_error_said("weibo: 20101"));
	assert_null(hy_platform_error_said("HTTP 503: the server asks to wait"));
}

/* Every row of the table: it is found by its own code, says something, and is asked for by a page
 * (a row that no page knows would never be tested). */
static void test_rows(void **state)
{
	static const char *const ours[] = {"discuz mobile_is_closed",
					   "discuz viewperm_none_nopermission"};
	size_t n, n_ours = 0;
	const struct hy_platform_error *all = hy_platform_errors(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		const struct hy_platform_error *row = &all[i];
		size_t len = strlen(row->code);
		bool asked = false;

		assert_ptr_equal(hy_platform_error_find(row->platform, row->code), row);
		assert_true(row->cure[0] != '\0' && row->read != HY_OK && row->write != HY_OK);
		assert_true(row->read != HY_EUNSURE); /* a read is always repeated safely */
		for (size_t k = 0; k < n_rows; k++)
			asked = asked || (!strcmp(rows[k].platform, row->platform) &&
					  (row->code[len - 1] == '*'
						   ? !strncmp(rows[k].code, row->code, len - 1)
						   : hy_platform_error_find(rows[k].platform,
									    rows[k].code) == row));
		for (size_t k = 0; k < HY_LEN(ours); k++)
			if (!strcmp(ours[k], hy_strf(ctx, "%s %s", row->platform, row->code))) {
				n_ours++;
				asked = true;
			}
		if (!asked)
			fail_msg("%s %s is in no page", row->platform, row->code);
	}
	assert_int_equal(n_ours, HY_LEN(ours));
}

static void test_unknown(void **state)
{
	struct hy_err err;

	(void)state;
	assert_null(hy_platform_error_find("aliyun", "isv.NOT_INVENTED_YET"));
	assert_null(hy_platform_error_find("aliyun", NULL));
	assert_null(hy_platform_error_find("nobody", "0x8"));
	assert_int_equal(hy_platform_error_set(&err, "aliyun", "isv.NEW", false, NULL), HY_ETEMP);
	assert_int_equal(hy_platform_error_set(&err, "aliyun", "isv.NEW", true, NULL), HY_EUNSURE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
