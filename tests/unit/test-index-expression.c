/* Rules that are regular expressions: what they see, what is refused, and where they are marked. */
#include "index/index.h"

#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct hy_query *made(const void *ctx, const char *pattern)
{
	struct hy_query *q = NULL;
	struct hy_err err = {0};
	if (hy_query_regex(&q, ctx, pattern, &err) != HY_OK)
		fail_msg("%s: %s", pattern, err.text);
	return q;
}

static bool fits(const void *ctx, const char *pattern, const char *text)
{
	struct hy_facts f;
	const struct hy_item it = {.title = "", .text = text, .place = ""};
	assert_int_equal(hy_facts_of_item(&f, ctx, &it, NULL), HY_OK);
	return hy_query_matches(made(ctx, pattern), &f);
}

static void test_fits(void **state)
{
	(void)state;
	static const struct {
		const char *pattern, *text;
		bool fits;
	} cases[] = {
		{"停水.{0,5}小时", "明天停 水 至少 三 小 時", true},
		{"停水.{0,1}小时", "明天停水至少三小时", false},
		{"自來水(發黃|异味)", "自来水发黄", true},
		{"ＡＢＣ-\\d{3}", "车牌 abc-123", true},
		{"[Ａ-Ｃ]１", "b1", true},
		{"[一-龥]{4}局", "县水务管理局", true},
		{"[燈路]坏", "路灯坏了", true},
		{"（紧急）", "(紧急)", true},
		{"^停水", "停水", true},
		{"^停水", "又停水", false},
		{"水$", "停水", true},
		{"[[:digit:]]+元", "收费３００元", true},
		{"[]]x", "a]x", true},
		{"\\p{Han}\\d", "第3", true},
		{"a.c", "abc", true},
		{"STRASSE", "straße", true},
		{"ﬁx", "FIX", true},
		{"\\(急\\)", "（急）", true},
		{"供水|供电", "供電", true},
		{"(?i)WiFi", "ＷＩＦＩ", true},
	};
	void *ctx = talloc_new(NULL);
	for (size_t i = 0; i < HY_LEN(cases); i++)
		if (fits(ctx, cases[i].pattern, cases[i].text) != cases[i].fits)
			fail_msg("/%s/ and “%s”", cases[i].pattern, cases[i].text);
	talloc_free(ctx);
}

static void test_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",    "a*",	  "(停水",  "停水)", "[", "a{2000}", "\\Q停\\E", "\\C",
		"[㏩]", "(?<x>a)", "(a)\\1", "x**",   "^", "(?:)",   "\xff",	"停|",
	};
	void *ctx = talloc_new(NULL);
	struct hy_query *q = NULL;
	for (size_t i = 0; i < HY_LEN(bad); i++) {
		struct hy_err err = {0};
		if (hy_query_regex(&q, ctx, bad[i], &err) != HY_EINPUT || err.text[0] == '\0' ||
		    q != NULL)
			fail_msg("/%s/ was taken", bad[i]);
	}
	talloc_free(ctx);
}

/* What would take for ever elsewhere is refused by its size, or runs in a time linear in the text. */
static void test_limits(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct hy_query *q = NULL;
	char most[HY_REGEX_MAX_BYTES + 2] = "";
	assert_int_equal(hy_query_regex(&q, ctx, "((a{0,40}){0,40}){1,9}b", NULL), HY_EINPUT);
	assert_int_equal(hy_query_regex(&q, ctx, "(?:[一-龥]{1,200}){3}", NULL), HY_EINPUT);
	char *zeros = talloc_size(ctx, 500001);
	memset(zeros, '0', 500000);
	zeros[500000] = '\0';
	assert_false(fits(ctx, "(0+)+(0+)+(0+)+x", zeros));
	memset(most, 'a', HY_REGEX_MAX_BYTES);
	(void)made(ctx, most);
	most[HY_REGEX_MAX_BYTES] = 'a';
	assert_int_equal(hy_query_regex(&q, ctx, most, NULL), HY_EINPUT);
	talloc_free(ctx);
}

/* The strings without which it cannot match are named, so that it need not run on every item. */
static void test_needs(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	size_t n = 0;
	const char **needs = hy_query_needs(ctx, made(ctx, "自来水.*發黃"), &n);
	assert_true(n >= 1);
	bool seen = false;
	for (size_t i = 0; i < n; i++)
		seen = seen || strcmp(needs[i], "自来水") == 0 || strcmp(needs[i], "发黄") == 0;
	assert_true(seen);
	(void)hy_query_needs(ctx, made(ctx, "供水|供电"), &n);
	assert_int_equal(n, 2);
	(void)hy_query_needs(ctx, made(ctx, "\\d{11}"), &n);
	assert_int_equal(n, 0);
	talloc_free(ctx);
}

static void test_marks(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	const char *text = "明天 停 水 三小時，后天停电一小时";
	struct hy_range *r = NULL;
	size_t n = 0;
	struct hy_query *q = made(ctx, "停[水电].小时");
	assert_int_equal(hy_query_highlight(ctx, q, text, HY_FIELD_TEXT, &r, &n, NULL), HY_OK);
	assert_int_equal(n, 2);
	assert_memory_equal(text + r[0].start, "停 水 三小時", r[0].end - r[0].start);
	assert_memory_equal(text + r[1].start, "停电一小时", r[1].end - r[1].start);
	assert_string_equal(hy_query_explain(ctx, q), "/停[水电].小时/");
	talloc_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fits),   cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_needs),
		cmocka_unit_test(test_marks),
	};
	return cmocka_run_group_tests_name("index-expression", tests, NULL, NULL);
}
