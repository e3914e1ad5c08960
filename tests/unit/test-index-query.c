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

static bool find_unit(void *user, const void *ctx, const char *name, struct hy_unit_id *id,
		      struct hy_source_id **sources, size_t *n)
{
	(void)user;
	if (name != NULL ? strcmp(name, "水务局") != 0 && strcmp(name, "12") != 0 : id->v != 5)
		return false;
	id->v = 5;
	*sources = hy_new_array(ctx, struct hy_source_id, 2);
	(*sources)[0].v = 3;
	(*sources)[1].v = 8;
	*n = 2;
	return true;
}

static const struct hy_query_env env = {
	.now = NOW, .zone_minutes = 480, .source = find_source, .unit = find_unit};

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
	{"單位：水务局 OR 单位:水务局 OR unit:#5", NULL},
	{"单位:水务局", "unit:#5"},
	{"unit:12", "unit:#5"}, /* digits alone are a name */
	{"標題:甲 來源:县长信箱", "(title:\"甲\" AND source:#7)"},
	{"時間:2026-11 類型:評論", NULL},
	{"甲 並且 乙 與 丙", "(\"甲\" AND \"乙\" AND \"丙\")"},
	{"a NEAR/5 b", "\"a\" NEAR/5 \"b\""},
	{"a NEAR b", "\"a\" NEAR/10 \"b\""},
	{"停水 近/3 抢修", "\"停水\" NEAR/3 \"抢修\""},
	{"停水　ＮＥＡＲ／３　“抢 修”", "\"停水\" NEAR/3 \"抢修\""},
	{"a NEAR/0 b NEAR/100 c d", "(\"a\" NEAR/0 \"b\" AND \"b\" NEAR/100 \"c\" AND \"d\")"},
	{"-a NEAR/1 b OR c", "(NOT \"a\" NEAR/1 \"b\" OR \"c\")"},
	{"title:a NEAR/2 b", "title:\"a\" NEAR/2 title:\"b\""},
	{"a NEAR/2 标题:b", "\"a\" NEAR/2 title:\"b\""},
	{"title:(a NEAR/2 b)", "title:\"a\" NEAR/2 title:\"b\""},
	{"近 近期 near near/5 附近/5", "(\"近\" AND \"近期\" AND \"near\" AND \"near/5\" AND "
				       "\"附近/5\")"},
	{"\uFDFA: \uFDFA\uFDFA x", NULL}, /* its fold is eleven times as long */
	{"time:2小时", "time:2026-11-21T04:05:00Z.."},
	{"时间:最近30分钟", "time:2026-11-21T05:35:00Z.."},
	{"time:this-week", "time:2026-11-15T16:00:00Z..2026-11-22T16:00:00Z"},
	{"时间:上週", "time:2026-11-08T16:00:00Z..2026-11-15T16:00:00Z"},
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
	{"时间:本月", "time:2026-10-31T16:00:00Z..2026-11-30T16:00:00Z"},
	{"time:last-month", "time:2026-09-30T16:00:00Z..2026-10-31T16:00:00Z"},
	{"时间:上个月", "time:2026-09-30T16:00:00Z..2026-10-31T16:00:00Z"},
	{"时间:2小时前", "time:2026-11-21T04:05:00Z.."},
	{"止:2小时前", "time:..2026-11-21T04:05:00Z"},
	{"时间:11月20日", "time:2026-11-19T16:00:00Z..2026-11-20T16:00:00Z"},
	{"时间:11月21號", "time:2026-11-20T16:00:00Z..2026-11-21T16:00:00Z"},
	{"时间:１２月３日", "time:2025-12-02T16:00:00Z..2025-12-03T16:00:00Z"},
	{"时间:2026年11月20日", "time:2026-11-19T16:00:00Z..2026-11-20T16:00:00Z"},
	{"时间:2026年2月", "time:2026-01-31T16:00:00Z..2026-02-28T16:00:00Z"},
	{"时间:2026年", "time:2025-12-31T16:00:00Z..2026-12-31T16:00:00Z"},
	{"时间:2026年11月1日..2026年11月20日", "time:2026-10-31T16:00:00Z..2026-11-20T16:00:00Z"},
	{"time:本周", "time:2026-11-15T16:00:00Z..2026-11-22T16:00:00Z"},
	{"起:2026-11-01 止:2026-11-20",
	 "(time:2026-10-31T16:00:00Z.. AND time:..2026-11-20T16:00:00Z)"},
	{"until:2h", "time:..2026-11-21T04:05:00Z"},
	{"since:2026-11-01T10:00:00+08:00", "time:2026-11-01T02:00:00Z.."},
};

/* What a query that found nothing may have meant. */
static void test_meant(void **state)
{
	(void)state;
	static const struct {
		const char *text, *meant, *said;
	} cases[] = {
		{"供水 or 电", "OR", "or"},	  {"(a || b)", "OR", "||"},
		{"a\tnear/7 b", "NEAR/5", "near/7"}, {"供水 && 电", "AND", "&&"},
		{"and", "AND", "and"},		  {"not a", "NOT", "not"},
		{"a near b", "NEAR/10", "near"},  {"供水 OR 电", NULL, NULL},
		{"order android |||", NULL, NULL}, {"", NULL, NULL},
	};
	for (size_t i = 0; i < HY_LEN(cases); i++) {
		void *ctx = talloc_new(NULL);
		char *said = NULL;
		const char *meant = hy_query_meant(ctx, cases[i].text, &said);
		if ((meant == NULL) != (cases[i].meant == NULL) ||
		    (meant != NULL && (strcmp(meant, cases[i].meant) != 0 ||
				       strcmp(said, cases[i].said) != 0)))
			fail_msg("%s: %s", cases[i].text, meant != NULL ? meant : "nothing");
		talloc_free(ctx);
	}
}

static void test_trees(void **state)
{
	(void)state;
	for (size_t i = 0; i < HY_LEN(trees); i++) {
		void *ctx = talloc_new(NULL);
		char *line = hy_query_explain(ctx, parse(ctx, trees[i].text));
		if (trees[i].tree != NULL && strcmp(line, trees[i].tree) != 0)
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
	{"time:0h", 6},
	{"时间:0小时前", 4},
	{"时间:13月1日", 4},
	{"时间:2月30日", 4},
	{"时间:2026年0月", 4},
	{"时间:2026年11月31日", 4},
	{"时间:上月前", 4},
	{"time:2026-02-30", 6},
	{"time:2026-11-20..2026-11-01", 6},
	{"()", 2},
	{"\"  \"", 1},
	{"与", 1},
	{"titel:x", 0},
	{"soruce:x", 0},
	{"titles:x", 1},
	{"source:(a)", 1},
	{"source:12", 8}, /* no source is called so; by number: #12 */
	{"单位:无此", 4},
	{"unit:#6", 6},
	{"a NEAR/101 b", 3},
	{"a NEAR/x b", 3},
	{"a 近/1000 b", 3},
	{"NEAR/3 b", 1},
	{"a NEAR/3", 9},
	{"a NEAR/3 (b OR c)", 10},
	{"(a b) NEAR/3 c", 7},
	{"a NEAR/3 -b", 10},
	{"a NEAR/3 kind:post", 10},
	{"kind:post NEAR/3 a", 11},
	{"title:a NEAR/3 text:b", 9},
	{"since:..2026-11-01", 7},
	{"until:2026-11-01..", 7},
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
	struct hy_buf b;
	hy_buf_init(&b, ctx, 1 << 20);
	while (n-- > 0)
		hy_buf_str(&b, s);
	return hy_buf_take(&b, NULL);
}

static const char *refusal(void *ctx, const char *text)
{
	struct hy_query *q = NULL;
	struct hy_err err = {0};
	if (hy_query_parse(&q, ctx, text, &env, &err) == HY_OK)
		return "accepted";
	assert_null(strchr(err.text, '\n'));
	return hy_strdup(ctx, err.text);
}

/* T-DOS-1: refused with the place, before anything is built from them. */
static void test_hostile(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	assert_string_equal(refusal(ctx, repeat(ctx, "* ", 270)),
			    "query, at character 65: more than 32 words and conditions");
	assert_string_equal(refusal(ctx, repeat(ctx, "(", 2000)),
			    "query, at character 17: nested more than 16 deep");
	assert_string_equal(refusal(ctx, repeat(ctx, "(", 5000)),
			    "query, at character 2049: longer than 2048 bytes");
	assert_string_equal(refusal(ctx, hy_strf(ctx, "\"%s\"", repeat(ctx, "路灯 ", 3000))),
			    "query, at character 879: longer than 2048 bytes");
	assert_string_equal(refusal(ctx, hy_strf(ctx, "a%s", repeat(ctx, " NEAR/100 a", 40))),
			    "query, at character 353: more than 32 words and conditions");
	assert_string_equal(refusal(ctx, repeat(ctx, "(a NEAR/100 (", 20)),
			    "query, at character 13: NEAR needs a word or a phrase on both sides "
			    "(to look for the word, put it in quotes)");
	assert_string_equal(refusal(ctx, hy_strf(ctx, "%sa", repeat(ctx, "NOT ", 400))),
			    "query, at character 65: nested more than 16 deep");
	assert_string_equal(refusal(ctx, "路\xe7\x81"), "query, at character 2: not UTF-8");
	talloc_free(ctx);
}

/* NEAR over the longest text, where both stand everywhere or never near: it ends, and is right. */
static void test_near_long(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	static const struct {
		const char *unit, *query;
		bool holds;
	} rows[] = {
		{"a", "a NEAR/0 a", true},
		{"a", "a NEAR/100 b", false},
		{"ab----------", "a NEAR/9 a", false},
		{"ab----------", "a NEAR/11 a", true},
		{"a--b------------", "a NEAR/1 b", false},
		{"a--b------------", "b NEAR/2 a", true},
		{"路，，灯，，，，，，，，", "路 NEAR/1 灯", false},
		{"aab", "aa NEAR/0 aa", false},
	};
	for (size_t i = 0; i < HY_LEN(rows); i++) {
		char *text = repeat(ctx, rows[i].unit, 20000 / (int)strlen(rows[i].unit));
		struct hy_facts f = {
			.title = "", .text = text, .text_n = strlen(text), .place = ""};
		if (hy_query_matches(parse(ctx, rows[i].query), &f) != rows[i].holds)
			fail_msg("%s in %s…", rows[i].query, rows[i].unit);
	}
	talloc_free(ctx);
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
	{"路灯 NEAR/3 ab", true}, /* 维修， between */
	{"路灯 NEAR/2 ab", false},
	{"ab NEAR/3 路灯", true}, /* either order */
	{"路灯 NEAR/0 维修", true},
	{"灯 NEAR/0 灯维", false},	/* they may not overlap */
	{"灯 NEAR/100 灯", false},	/* there is but one */
	{"hello NEAR/100 路灯", false}, /* not across title and text */
	{"title:he NEAR/2 o", true},
	{"unit:水务局", true},
	{"-unit:水务局", false},
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

/* A chain of NEARs names its middle words twice: up to the most words that a query may have. */
static void test_chain(void **state)
{
	(void)state;
	for (int words = 2; words <= HY_QUERY_MAX_TERMS; words++) {
		void *ctx = talloc_new(NULL);
		char *query = hy_strdup(ctx, "水"), *text = hy_strdup(ctx, "水");
		struct hy_range *r = NULL;
		size_t n = 0;
		for (int i = 1; i < words; i++) {
			query = hy_strf(ctx, "%s NEAR/9 水", query);
			text = hy_strf(ctx, "%s，水", text);
		}
		assert_int_equal(hy_query_highlight(ctx, parse(ctx, query), text, HY_FIELD_TEXT, &r,
						    &n, NULL),
				 HY_OK);
		assert_int_equal(n, words);
		const char **t = hy_query_terms(ctx, parse(ctx, query), &n);
		assert_int_equal(n, 1);
		assert_string_equal(t[0], "水");
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
		cmocka_unit_test(test_meant),	 cmocka_unit_test(test_trees),	  cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),	  cmocka_unit_test(test_answers),
		cmocka_unit_test(test_highlight), cmocka_unit_test(test_chain),
		cmocka_unit_test(test_snippet),	  cmocka_unit_test(test_quote),
		cmocka_unit_test(test_hostile),	  cmocka_unit_test(test_near_long),
	};
	return cmocka_run_group_tests_name("index-query", tests, NULL, NULL);
}
