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
		/* a blank goes where the fold drops one of the text, and nowhere else */
		{"自来水 发黄", "自来水 发黄", true},
		{"自来水 发黄", "自来水发黄", true},
		{"自来水　发黄", "自来水\n发黄", true},
		{"自来水\\s+發黃", "自来水 \t 发黄", true},
		{"自来水\\n发黄", "自来水\r\n发黄", true},
		{"自来水 *发黄", "自来水 发黄", true},
		{"自来水 {1,3}发黄", "自来水  发黄", true},
		{"自来水 (发黄|异味)", "自来水 异味", true},
		{"(?:自来水|供水) (?:发黄|异味)", "供水异味", true},
		{"(自来水|WiFi) [坏断]", "WiFi 断", true},
		{"水? 黄", "水 黄", true},
		{"水. 黄", "水质 黄", true},
		{"水$ ", "停水 ", true},
		{"^ 停水", " 停水", true},
		{"停水 \\d 小时", "停水 3 小时", true},
		{"停水 \\d", "停水3", false},
		{"停水 wifi", "停水WiFi", false},
		{"停水  WiFi", "停水\n\nWiFi", true},
		{"the pipe", "thepipe", false},
		{"\\p{Han} 水", "停 水", true},
		{"[停 ]水", "停水", true},
		{"a *b", "ab", true},
		{"a +b", "ab", false},
		{"水 ", "水", true},
	};
	void *ctx = talloc_new(NULL);
	for (size_t i = 0; i < HY_LEN(cases); i++)
		if (fits(ctx, cases[i].pattern, cases[i].text) != cases[i].fits)
			fail_msg("/%s/ and “%s”", cases[i].pattern, cases[i].text);
	talloc_free(ctx);
}

/* The span in code at or after s within its cell, `\\|` read as `|`; *next is behind it. */
static char *span_of(const void *ctx, const char *s, const char **next)
{
	const char *from = s + strcspn(s, "`|\n");
	if (*from != '`')
		return NULL;
	size_t n = strcspn(++from, "`\n"), k = 0;
	*next = from + n + 1;
	char *out = hy_strndup(ctx, from, n);
	for (size_t i = 0; i < n; i++)
		if (from[i] != '\\' || from[i + 1] != '|')
			out[k++] = from[i];
	out[k] = '\0';
	return out;
}

/* Each row of the page: an expression, texts it rings for, texts it does not. */
static void test_page(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	const char *top = getenv("top_srcdir");
	char *page = NULL, *text = NULL;
	size_t n = 0;
	int rows = 0;
	assert_int_equal(hy_file_read(ctx, hy_strf(ctx, "%s/docs/query.md", top ? top : "."),
				      1u << 20, &page, &n, NULL),
			 HY_OK);
	const char *at = strstr(page, "| expression | rings for |");
	assert_non_null(at);
	for (at = strchr(strchr(at, '\n') + 1, '\n') + 1; *at == '|'; at = strchr(at, '\n') + 1) {
		const char *p = at + 1;
		char *pattern = span_of(ctx, p, &p);
		assert_non_null(pattern);
		for (int cell = 1; cell <= 2; cell++) {
			p += strcspn(p, "|\n") + 1;
			for (; (text = span_of(ctx, p, &p)) != NULL; rows++)
				if (fits(ctx, pattern, text) != (cell == 1))
					fail_msg("/%s/ and “%s”", pattern, text);
		}
	}
	assert_true(rows > 15);
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
		cmocka_unit_test(test_fits),   cmocka_unit_test(test_page),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_needs),
		cmocka_unit_test(test_marks),
	};
	return cmocka_run_group_tests_name("index-expression", tests, NULL, NULL);
}
