/* The query language: what is read as what, what is refused and where, and what matches. */
#include "index/index.h"

#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

/* 2026-11-21 14:05:00 +08:00, a Saturday */
#define NOW ((hy_time)1795241100000)

static bool find_source(void *user, const char *name, struct hy_source_id *out)
{
	(void)user;
	if (strcmp(name, "县长信箱") != 0 && strcmp(name, "town news") != 0)
		return false;
	out->v = name[0] == 't' ? 8 : 7;
	return true;
}

static const struct hy_query_env env = {.now = NOW, .zone_minutes = 480, .source = find_source};

static struct hy_query *parse(void *ctx, const char *text)
{
	struct hy_query *q = NULL;
	struct hy_err err = {0};
	if (hy_query_parse(&q, ctx, text, &env, &err) != HY_OK)
		fail_msg("%s: %s", text, err.text);
	return q;
}

static const struct {
	const char *text, *tree;
} trees[] = {
	{"", ""},
	{"  \t\n　", ""},
	{"路灯", "\"路灯\""},
	{"路灯 维修", "(\"路灯\" AND \"维修\")"},
	{"路灯 AND 维修", "(\"路灯\" AND \"维修\")"},
	{"路灯 并且 维修 且 坏", "(\"路灯\" AND \"维修\" AND \"坏\")"},
	{"路灯 与 维修", "(\"路灯\" AND \"维修\")"},
	{"路灯 OR 街灯 维修", "(\"路灯\" OR (\"街灯\" AND \"维修\"))"},
	{"路灯 或 街灯 或者 灯", "(\"路灯\" OR \"街灯\" OR \"灯\")"},
	{"a OR (b OR c)", "(\"a\" OR (\"b\" OR \"c\"))"},
	{"（路灯 或 街灯） 非 广告", "((\"路灯\" OR \"街灯\") AND NOT \"广告\")"},
	{"路灯 -广告 －卖", "(\"路灯\" AND NOT \"广告\" AND NOT \"卖\")"},
	{"-(a b)", "NOT (\"a\" AND \"b\")"},
	{"a-b - c", "(\"a-b\" AND \"-\" AND \"c\")"},
	{"and or not 非常 与其", "(\"and\" AND \"or\" AND \"not\" AND \"非常\" AND \"与其\")"},
	{"ＡＮＤ2 ＯＲ x", "(\"and2\" OR \"x\")"},
	{"\"AB  CD\"", "\"ab cd\""},
	{"“自来水 停水”", "\"自来水停水\""},
	{"\"say \\\"hi\\\" \\\\\"", "\"say \\\"hi\\\" \\\\\""},
	{"title:路灯", "title:\"路灯\""},
	{"标题：（路灯 或 灯）", "(title:\"路灯\" OR title:\"灯\")"},
	{"ＴＩＴＬＥ：ａ", "title:\"a\""},
	{"正文:\"x y\"", "text:\"x y\""},
	{"title:(a text:b)", "(title:\"a\" AND text:\"b\")"},
	{"source:县长信箱", "source:#7"},
	{"信源:“town news”", "source:#8"},
	{"source:#12", "source:#12"},
	{"地区:城关鎮", "place:\"城关镇\""},
	{"类型:评论", "kind:comment"},
	{"官方:是 own:no", "(official:yes AND own:no)"},
	{"http://a.cn/x:y", "\"http://a.cn/x:y\""},
	{"12:30", "\"12:30\""},
	{"time:2026-11-01", "time:2026-10-31T16:00:00Z..2026-11-01T16:00:00Z"},
	{"time:2026-11-01..2026-11-20", "time:2026-10-31T16:00:00Z..2026-11-20T16:00:00Z"},
	{"time:2026-11..", "time:2026-10-31T16:00:00Z.."},
	{"时间:2026-12", "time:2026-11-30T16:00:00Z..2026-12-31T16:00:00Z"},
	{"time:2h", "time:2026-11-21T04:05:00Z.."},
	{"time:昨天", "time:2026-11-19T16:00:00Z..2026-11-20T16:00:00Z"},
	{"time:today", "time:2026-11-20T16:00:00Z..2026-11-21T16:00:00Z"},
	{"time:本周", "time:2026-11-15T16:00:00Z..2026-11-22T16:00:00Z"},
	{"起:2026-11-01 止:2026-11-20",
	 "(time:2026-10-31T16:00:00Z.. AND time:..2026-11-20T16:00:00Z)"},
	{"until:2h", "time:..2026-11-21T04:05:00Z"},
	{"since:2026-11-01T10:00:00+08:00", "time:2026-11-01T02:00:00Z.."},
};

static void test_trees(void **state)
{
	(void)state;
	for (size_t i = 0; i < HY_LEN(trees); i++) {
		void *ctx = talloc_new(NULL);
		char *line = hy_query_explain(ctx, parse(ctx, trees[i].text));
		if (strcmp(line, trees[i].tree) != 0)
			fail_msg("%s\n got  %s\n want %s", trees[i].text, line, trees[i].tree);
		/* what explain writes, the parser reads as the same */
		assert_string_equal(hy_query_explain(ctx, parse(ctx, line)), line);
		talloc_free(ctx);
	}
}

static const struct {
	const char *text;
	int place;
} refused[] = {
	{"(路灯", 1},
	{"路灯)", 3},
	{"路灯 AND", 7},
	{"OR x", 1},
	{"a OR OR b", 6},
	{"\"路灯", 1},
	{"标题:", 1},
	{"title: )", 1},
	{"source:无此", 8},
	{"kind:blog", 6},
	{"official:maybe", 10},
	{"time:soon", 6},
	{"time:2026-02-30", 6},
	{"time:2026-11-20..2026-11-01", 6},
	{"()", 2},
	{"\"  \"", 1},
	{"与", 1},
	{"titel:x", 0},
	{"soruce:x", 0},
	{"titles:x", 1},
	{"source:(a)", 1},
	{"time:..", 6},
	{"NOT", 4},
	{"a 且 )", 5},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < HY_LEN(refused); i++) {
		struct hy_query *q = NULL;
		struct hy_err err = {0};
		enum hy_status st = hy_query_parse(&q, NULL, refused[i].text, &env, &err);
		if (refused[i].place == 0) { /* two letters exchanged: text, as far as we know */
			assert_int_equal(st, HY_OK);
			talloc_free(q);
			continue;
		}
		char want[64];
		(void)snprintf(want, sizeof(want), "character %d:", refused[i].place);
		if (st != HY_EINPUT || strstr(err.text, want) == NULL)
			fail_msg("%s: status %d, \"%s\", want %s", refused[i].text, (int)st,
				 err.text, want);
		assert_null(strchr(err.text, '\n'));
	}
}

static char *repeat(void *ctx, const char *s, int n)
{
	char *out = hy_strdup(ctx, "");
	while (n-- > 0)
		out = hy_strf(ctx, "%s%s", out, s);
	return out;
}

static enum hy_status try(void *ctx, const char *text)
{
	struct hy_query *q = NULL;
	return hy_query_parse(&q, ctx, text, &env, NULL);
}

static void test_limits(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	assert_int_equal(try(ctx, repeat(ctx, "a ", 32)), HY_OK);
	assert_int_equal(try(ctx, repeat(ctx, "a ", 33)), HY_EINPUT);
	assert_int_equal(
		try(ctx, hy_strf(ctx, "%sa%s", repeat(ctx, "(", 16), repeat(ctx, ")", 16))), HY_OK);
	assert_int_equal(
		try(ctx, hy_strf(ctx, "%sa%s", repeat(ctx, "(", 17), repeat(ctx, ")", 17))),
		HY_EINPUT);
	assert_int_equal(try(ctx, hy_strf(ctx, "%sa", repeat(ctx, "-", 17))), HY_EINPUT);
	assert_int_equal(try(ctx, repeat(ctx, "(", 5000)), HY_EINPUT);
	assert_int_equal(try(ctx, repeat(ctx, "x", 2048)), HY_OK);
	assert_int_equal(try(ctx, repeat(ctx, "x", 2049)), HY_EINPUT);
	assert_int_equal(try(ctx, "\xff"), HY_EINPUT);
	struct hy_query_env watch = env;
	struct hy_query *q = NULL;
	watch.standing = true;
	assert_int_equal(hy_query_parse(&q, ctx, "a time:2h", &watch, NULL), HY_EINPUT);
	assert_int_equal(hy_query_parse(&q, ctx, "a since:昨天", &watch, NULL), HY_EINPUT);
	assert_int_equal(hy_query_parse(&q, ctx, "a since:2026-11-01", &watch, NULL), HY_OK);
	talloc_free(ctx);
}

static const struct {
	const char *query;
	bool holds;
} answers[] = {
	{"路灯 维修", true}, /* the trap: a blank in the text or in the query */
	{"路灯维修", true},
	{"\"路灯 维修\"", true},
	{"路燈維修", true},  /* traditional */
	{"维修路灯", false}, /* order counts */
	{"灯", true},	     /* one character */
	{"灯维", true},
	{"\"AB CD\"", true},
	{"\"CD AB\"", false},
	{"\"abcd\"", false},  /* the blank between Latin words counts */
	{"ell", true},	      /* inside hello */
	{"ｈｅｌｌｏ", true}, /* full width */
	{"HELLO", true},
	{"title:hello", true},
	{"text:hello", false},
	{"title:路灯", false},
	{"正文:路灯", true},
	{"标题:(hello OR 路灯)", true},
	{"hello -路灯", false},
	{"hello -街灯", true},
	{"-街灯", true},
	{"-(路灯 或 街灯)", false},
	{"source:#3", true},
	{"source:#4", false},
	{"place:城关", true},
	{"place:城北", false},
	{"kind:post official:yes", true},
	{"own:yes", false},
	{"time:今天", true},
	{"time:昨天", false},
	{"time:1h", true},
	{"until:1h", false},
	{"😀", true},
	{"o路", false}, /* not across title and text */
};

static void test_answers(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct hy_item it = {.seq = 1,
			     .source = {3},
			     .kind = HY_ITEM_POST,
			     .title = "Hello",
			     .text = "路灯 维修，AB  CD 😀",
			     .place = "城關鎮",
			     .flags = HY_ITEM_OFFICIAL,
			     .posted = NOW - 10 * HY_MINUTE};
	struct hy_facts f;
	assert_int_equal(hy_facts_of_item(&f, ctx, &it, NULL), HY_OK);
	for (size_t i = 0; i < HY_LEN(answers); i++)
		if (hy_query_matches(parse(ctx, answers[i].query), &f) != answers[i].holds)
			fail_msg("%s", answers[i].query);
	talloc_free(ctx);
}

static char *marked(void *ctx, const char *s, const struct hy_range *r, size_t n)
{
	char *out = hy_strdup(ctx, "");
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		out = hy_strf(ctx, "%s%.*s[%.*s]", out, (int)(r[i].start - at), s + at,
			      (int)(r[i].end - r[i].start), s + r[i].start);
		at = r[i].end;
	}
	return hy_strf(ctx, "%s%s", out, s + at);
}

static const struct {
	const char *query, *text, *want;
} highlights[] = {
	{"路灯维修", "城东路灯 维修快", "城东[路灯 维修]快"},
	{"路灯", "路灯 路燈 ", "[路灯] [路燈] "},
	{"hello", "Ｈｅｌｌｏ hello", "[Ｈｅｌｌｏ] [hello]"},
	{"路灯 灯坏", "路灯坏了", "[路灯坏]了"},
	{"路灯 -坏", "路灯坏了", "[路灯]坏了"},
	{"title:路灯", "路灯", "路灯"},
	{"公", "㌖ 公司", "㌖ [公]司"},
	{"10日", "10日 ㏩", "[10日] [㏩]"},
	{"0日", "㏩", "[㏩]"},
	{"x", "", ""},
};

static void test_highlight(void **state)
{
	(void)state;
	for (size_t i = 0; i < HY_LEN(highlights); i++) {
		void *ctx = talloc_new(NULL);
		struct hy_range *r = NULL;
		size_t n = 0;
		assert_int_equal(hy_query_highlight(ctx, parse(ctx, highlights[i].query),
						    highlights[i].text, HY_FIELD_TEXT, &r, &n,
						    NULL),
				 HY_OK);
		assert_string_equal(marked(ctx, highlights[i].text, r, n), highlights[i].want);
		talloc_free(ctx);
	}
}

static void test_snippet(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct hy_range *r = NULL;
	size_t n = 0;
	char *s = hy_query_snippet(ctx, parse(ctx, "路灯"),
				   "一二三四五六七八九十\n\n甲乙丙路灯坏了丁戊己庚辛壬癸",
				   HY_FIELD_TEXT, 12, &r, &n);
	assert_string_equal(marked(ctx, s, r, n), "…甲乙丙[路灯]坏了丁戊己庚辛…");
	s = hy_query_snippet(ctx, parse(ctx, "无"), "一二三 四五六", HY_FIELD_TEXT, 5, &r, &n);
	assert_string_equal(s, "一二三 四…");
	assert_int_equal(n, 0);
	s = hy_query_snippet(ctx, parse(ctx, "末"), "一二三四五末", HY_FIELD_TEXT, 40, &r, &n);
	assert_string_equal(marked(ctx, s, r, n), "一二三四五[末]");
	const char **t = hy_query_terms(ctx, parse(ctx, "灯 燈 -坏 (修 或 灯)"), &n);
	assert_int_equal(n, 2);
	assert_string_equal(t[1], "修");
	talloc_free(ctx);
}

static void test_quote(void **state)
{
	(void)state;
	static const char *const texts[] = {"a",    "a\"b", "a\\",	  "\\\"",
					    "“引”", "a＂b", "(x) AND -y:"};
	void *ctx = talloc_new(NULL);
	for (size_t i = 0; i < HY_LEN(texts); i++) {
		struct hy_folded f = {0};
		size_t n = 0;
		assert_int_equal(hy_fold(ctx, texts[i], strlen(texts[i]), 0, &f, NULL), HY_OK);
		const char **t = hy_query_terms(ctx, parse(ctx, hy_query_quote(ctx, texts[i])), &n);
		assert_int_equal(n, 1);
		assert_string_equal(t[0], f.s);
	}
	talloc_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trees),	  cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),	  cmocka_unit_test(test_answers),
		cmocka_unit_test(test_highlight), cmocka_unit_test(test_snippet),
		cmocka_unit_test(test_quote),
	};
	return cmocka_run_group_tests_name("index-query", tests, NULL, NULL);
}
