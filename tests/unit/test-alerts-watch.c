/* Rules and search give one answer: the compiled set against the evaluator, with and without
 * Vectorscan; and what a match tells a person. */
#include "alerts/alerts.h"

#include "base/base.h"

#include "tests/unit/index-fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define RULES 400
#define ITEMS 300

/* An expression out of pieces of the texts, so that it meets some of them. */
static char *some_regex(const void *ctx, struct hy_rand *r, const struct hy_item *items, size_t n)
{
	static const char *const joins[] = {".{0,3}", ".*", "[^a-z]?", "|", "(?:水|停|a)", "\\s*", "路+"};
	struct hy_buf b;
	hy_buf_init(&b, ctx, 1 << 16);
	if (hy_rand_below(r, 8) == 0)
		hy_buf_str(&b, hy_rand_below(r, 2) ? "^" : "(?:[路燈２b]|修).?(?:维|\\d)");
	for (size_t k = 1 + hy_rand_below(r, 3); k > 0; k--) {
		char *phrase = NULL;
		while (phrase == NULL) {
			const struct hy_item *it = &items[hy_rand_below(r, n)];
			phrase = some_phrase(ctx, r, hy_rand_below(r, 2) ? it->title : it->text);
		}
		for (const char *p = phrase + 1; p[1] != '\0'; p++) { /* without its quotes */
			if (strchr("\\(\"-", *p) != NULL || *p == '\n')
				hy_buf_chr(&b, '.');
			else
				hy_buf_chr(&b, *p);
		}
		if (k > 1)
			hy_buf_str(&b, joins[hy_rand_below(r, HY_LEN(joins))]);
	}
	return hy_buf_take(&b, NULL);
}

static void test_same_predicate(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct hy_rand r;
	struct hy_item *items = hy_new_array(ctx, struct hy_item, ITEMS);
	const struct hy_query **queries = hy_new_array(ctx, const struct hy_query *, RULES);
	struct hy_query_env env = {.now = DAY0, .zone_minutes = ZONE};
	size_t fired = 0, expressions = 0, filtered = 0, by_expression = 0;
	hy_rand_init(&r, 71);
	for (size_t i = 0; i < ITEMS; i++)
		items[i] = some_item(ctx, &r, (int64_t)i + 1);
	for (size_t i = 0; i < RULES; i++) {
		struct hy_query *q = NULL;
		const char *text = some_query(ctx, &r, items, ITEMS, 3);
		while (i % 3 == 0 && q == NULL) /* some match the empty text: refused */
			(void)hy_query_regex(&q, ctx, some_regex(ctx, &r, items, ITEMS), NULL);
		if (q == NULL)
			assert_int_equal(hy_query_parse(&q, ctx, text, &env, NULL), HY_OK);
		queries[i] = q;
		size_t needs = 0;
		(void)hy_query_needs(ctx, q, &needs);
		expressions += i % 3 == 0;
		filtered += i % 3 == 0 && needs > 0;
	}
	struct hy_watchset *fast = NULL, *plain = NULL;
	assert_int_equal(hy_watchset_new(&fast, ctx, queries, RULES, 0, NULL), HY_OK);
	assert_int_equal(hy_watchset_new(&plain, ctx, queries, RULES, HY_WATCHSET_PLAIN, NULL),
			 HY_OK);
	assert_false(hy_watchset_is_fast(plain));
	for (size_t i = 0; i < ITEMS; i++) {
		struct hy_facts f;
		const uint32_t *a = NULL, *b = NULL;
		size_t na = 0, nb = 0;
		assert_int_equal(hy_facts_of_item(&f, ctx, &items[i], NULL), HY_OK);
		assert_int_equal(hy_watchset_match(fast, &f, &a, &na, NULL), HY_OK);
		assert_int_equal(hy_watchset_match(plain, &f, &b, &nb, NULL), HY_OK);
		if (na != nb || (na > 0 && memcmp(a, b, na * sizeof(*a)) != 0))
			fail_msg("item %zu: %zu rules by the set, %zu by the trees", i, na, nb);
		size_t k = 0;
		for (uint32_t q = 0; q < RULES; q++) {
			if (!hy_query_matches(queries[q], &f))
				continue;
			assert_true(k < na && a[k] == q);
			by_expression += q % 3 == 0;
			k++;
		}
		assert_int_equal(k, na);
		fired += na;
	}
	assert_true(fired > ITEMS);
	assert_true(by_expression > ITEMS);
	assert_true(filtered > expressions / 2 && filtered < expressions);
	talloc_free(ctx);
}

static struct hy_watch_span span(int64_t id, const char *name, const char *query)
{
	return (struct hy_watch_span){.id = id,
				      .watch = {id},
				      .version = 2,
				      .name = name,
				      .kind = query[0] == '/' ? "regex" : "query",
				      .query = query + (query[0] == '/'),
				      .level = "high",
				      .until = INT64_MAX};
}

static struct hy_rules *made(const void *ctx, const struct hy_watch_span *list, size_t n,
			     char **problems)
{
	struct hy_buf b;
	hy_buf_init(&b, ctx, 1 << 16);
	struct hy_rules *r = hy_rules_new(list, n, 7, 3, NULL, &b);
	assert_int_equal(hy_rules_compile(r, 0, NULL), HY_OK);
	*problems = hy_buf_take(&b, NULL);
	return talloc_steal(ctx, r);
}

static size_t match(struct hy_rules *r, const void *ctx, const struct hy_item *it,
		    struct hy_match **m)
{
	struct hy_facts f;
	size_t n = 99;
	assert_int_equal(hy_facts_of_item(&f, ctx, it, NULL), HY_OK);
	assert_int_equal(hy_rules_match(r, ctx, it, &f, 0, m, &n, NULL), HY_OK);
	return n;
}

static void test_reasons(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	const struct hy_watch_span list[] = {
		span(1, "停水", "(停水 或 自来水) -广告"), span(2, "坏", "标题:坏 time:2h"),
		span(3, "空", ""),			   span(5, "官方", "official:yes"),
		span(6, "信源", "source:无此"),		   span(7, "式", "/停水.{0,4}通知"),
		span(8, "坏式", "/停水("),
	};
	struct hy_match *m = NULL;
	char *problems = NULL;
	struct hy_rules *r = made(ctx, list, HY_LEN(list), &problems);
	assert_int_equal(hy_rules_count(r), 3);
	assert_int_equal(hy_rules_change(r), 7);
	assert_int_equal(hy_rules_since(r), 3);
	assert_non_null(strstr(problems, "rule 坏:"));
	assert_non_null(strstr(problems, "rule 空:"));
	assert_non_null(strstr(problems, "rule 信源:"));
	assert_non_null(strstr(problems, "rule 坏式:"));
	struct hy_item it = {.seq = 9,
			     .title = "城东停水通知",
			     .text = "明早 自來水 停 水，请储水",
			     .place = "",
			     .flags = HY_ITEM_OFFICIAL};
	assert_int_equal(match(r, ctx, &it, &m), 3);
	assert_int_equal(m[0].rule->watch.v, 1);
	assert_string_equal(m[0].why, "停水 in the title; 停水, 自来水 in the text");
	assert_string_equal(m[0].snippet, "明早 自來水 停 水，请储水");
	assert_int_equal(m[0].n_ranges, 2);
	assert_string_equal(m[1].why, "fulfils: official:yes");
	assert_string_equal(m[2].why, "fulfils: /停水.{0,4}通知/");
	assert_string_equal(m[2].snippet, "城东停水通知");
	assert_int_equal(m[2].n_ranges, 1);
	assert_int_equal(m[2].ranges[0].start, strlen("城东"));
	struct hy_alert *a = hy_match_alert(ctx, &m[0], DAY0);
	assert_string_equal(a->key, "watch:1:v2");
	assert_string_equal(a->level, "high");
	it.title = "停水";
	it.text = "";
	it.flags = 0;
	assert_int_equal(match(r, ctx, &it, &m), 1);
	assert_string_equal(m[0].snippet, "停水");
	it.title = "停水广告";
	assert_int_equal(match(r, ctx, &it, &m), 0);
	talloc_free(ctx);
}

/* A version speaks for its own stretch of the log and for no item beside it. */
static void test_stretches(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct hy_watch_span list[] = {span(1, "甲", "停水"), span(2, "甲", "停"), span(3, "乙", "水")};
	struct hy_item it = {.title = "停水", .text = "", .place = ""};
	struct hy_match *m = NULL;
	struct hy_facts f;
	char *problems = NULL;
	size_t n = 0;
	list[0].until = 10;
	list[1].begin = 10;
	list[1].until = 12;
	list[2].begin = 11;
	struct hy_rules *r = made(ctx, list, 3, &problems);
	for (it.seq = 1; it.seq < 20; it.seq++) {
		n = match(r, ctx, &it, &m);
		bool first = it.seq <= 10, second = it.seq > 10 && it.seq <= 12, third = it.seq > 11;
		assert_int_equal(n, first + second + third);
		size_t k = 0;
		if (first)
			assert_int_equal(m[k++].rule->id, 1);
		if (second)
			assert_int_equal(m[k++].rule->id, 2);
		if (third)
			assert_int_equal(m[k++].rule->id, 3);
	}
	assert_int_equal(hy_facts_of_item(&f, ctx, &it, NULL), HY_OK);
	assert_int_equal(hy_rules_match(r, ctx, &it, &f, HY_RULES_EVERYWHERE, &m, &n, NULL), HY_OK);
	assert_int_equal(n, 3);
	talloc_free(ctx);
}

static void test_none(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct hy_match *m = NULL;
	char *problems = NULL;
	struct hy_item it = {.title = "a", .text = "b", .place = ""};
	struct hy_rules *r = made(ctx, NULL, 0, &problems);
	assert_int_equal(match(r, ctx, &it, &m), 0);
	talloc_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_stretches),
		cmocka_unit_test(test_same_predicate),
	};
	return cmocka_run_group_tests_name("alerts-watch", tests, NULL, NULL);
}
