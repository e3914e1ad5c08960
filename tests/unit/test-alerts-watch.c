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

static void test_same_predicate(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct hy_rand r;
	struct hy_item *items = hy_new_array(ctx, struct hy_item, ITEMS);
	const struct hy_query **queries = hy_new_array(ctx, const struct hy_query *, RULES);
	struct hy_query_env env = {.now = DAY0, .zone_minutes = ZONE};
	size_t fired = 0;
	hy_rand_init(&r, 71);
	for (size_t i = 0; i < ITEMS; i++)
		items[i] = some_item(ctx, &r, (int64_t)i + 1);
	for (size_t i = 0; i < RULES; i++) {
		struct hy_query *q = NULL;
		const char *text = some_query(ctx, &r, items, ITEMS, 3);
		assert_int_equal(hy_query_parse(&q, ctx, text, &env, NULL), HY_OK);
		queries[i] = q;
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
			k++;
		}
		assert_int_equal(k, na);
		fired += na;
	}
	assert_true(fired > ITEMS);
	talloc_free(ctx);
}

static struct hy_watch watch(int64_t id, const char *name, const char *query)
{
	return (struct hy_watch){.id = {id},
				 .name = name,
				 .query = query,
				 .level = "high",
				 .version = 2,
				 .enabled = true};
}

static void test_reasons(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct hy_watch list[] = {
		watch(1, "停水", "(停水 或 自来水) -广告"),
		watch(2, "坏", "标题:坏 time:2h"),
		watch(3, "空", ""),
		watch(4, "关", "停水"),
		watch(5, "官方", "official:yes"),
		watch(6, "信源", "source:无此"),
	};
	struct hy_rules *r = NULL;
	struct hy_match *m = NULL;
	char *problems = NULL;
	size_t n = 0;
	list[3].enabled = false;
	assert_int_equal(hy_rules_new(&r, ctx, list, HY_LEN(list), NULL, 0, &problems, NULL),
			 HY_OK);
	assert_int_equal(hy_rules_count(r), 2);
	assert_non_null(strstr(problems, "rule 坏:"));
	assert_non_null(strstr(problems, "rule 空:"));
	assert_non_null(strstr(problems, "rule 信源:"));
	struct hy_item it = {.seq = 9,
			     .title = "城东停水通知",
			     .text = "明早 自來水 停 水，请储水",
			     .place = "",
			     .flags = HY_ITEM_OFFICIAL};
	assert_int_equal(hy_rules_match(r, ctx, &it, &m, &n, NULL), HY_OK);
	assert_int_equal(n, 2);
	assert_int_equal(m[0].watch->id.v, 1);
	assert_string_equal(m[0].why, "停水 in the title; 停水, 自来水 in the text");
	assert_string_equal(m[0].snippet, "明早 自來水 停 水，请储水");
	assert_int_equal(m[0].n_ranges, 2);
	assert_string_equal(m[1].why, "fulfils: official:yes");
	struct hy_alert *a = hy_match_alert(ctx, &m[0], DAY0);
	assert_string_equal(a->key, "watch:1:v2");
	assert_string_equal(a->level, "high");
	uint64_t stamp = hy_watches_stamp(list, HY_LEN(list));
	assert_true(stamp == hy_watches_stamp(list, HY_LEN(list)));
	list[1].version++;
	assert_true(stamp != hy_watches_stamp(list, HY_LEN(list)));
	it.title = "停水";
	it.text = "";
	it.flags = 0;
	assert_int_equal(hy_rules_match(r, ctx, &it, &m, &n, NULL), HY_OK);
	assert_int_equal(n, 1);
	assert_string_equal(m[0].snippet, "停水");
	it.title = "停水广告";
	assert_int_equal(hy_rules_match(r, ctx, &it, &m, &n, NULL), HY_OK);
	assert_int_equal(n, 0);
	talloc_free(ctx);
}

static void test_none(void **state)
{
	(void)state;
	struct hy_rules *r = NULL;
	struct hy_match *m = NULL;
	size_t n = 1;
	struct hy_item it = {.title = "a", .text = "b", .place = ""};
	assert_int_equal(hy_rules_new(&r, NULL, NULL, 0, NULL, 0, NULL, NULL), HY_OK);
	assert_int_equal(hy_rules_match(r, r, &it, &m, &n, NULL), HY_OK);
	assert_int_equal(n, 0);
	talloc_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_same_predicate),
	};
	return cmocka_run_group_tests_name("alerts-watch", tests, NULL, NULL);
}
