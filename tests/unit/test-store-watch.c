/* Rules in the record: an older record's rules go on from where the detect role stood; stretches,
 * pages, sums. */
#include "tests/unit/test-store.h"

#include "store/db.h"

static void old_record(struct fix *f, int version, const char *sql)
{
	char path[128];
	sqlite3 *db = NULL;

	(void)snprintf(path, sizeof path, "%s/huying.db", f->dir);
	talloc_free(f->st);
	f->st = NULL;
	assert_int_equal(remove(path), 0);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	for (int i = 0; i < version; i++)
		assert_int_equal(sqlite3_exec(db, hy_migrations[i], 0, 0, 0), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, 0, 0, 0), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void from_version_2(void **state)
{
	struct fix *f = *state;
	struct hy_watch_span *list = NULL;
	struct hy_watch *w = NULL;
	int64_t change = 9;
	size_t n = 0;

	old_record(f, 2,
		   "PRAGMA user_version = 2; INSERT INTO cursor VALUES ('detect', 41);"
		   "INSERT INTO watch VALUES (3, '供水', '自来水', 'high', 4, 1, NULL, 9),"
		   " (5, '公交', '公交', 'low', 1, 0, NULL, 9)");
	open_store(f, HY_STORE_MIGRATE);
	OK(hy_watch_spans(f->st, f, 41, &list, &n, &change, &f->err));
	assert_int_equal(n, 1);
	assert_int_equal(change, 0);
	assert_true(list[0].watch.v == 3 && list[0].version == 4 && list[0].begin == 41 &&
		    list[0].until == INT64_MAX);
	assert_string_equal(list[0].kind, "query");
	assert_string_equal(list[0].level, "high");
	OK(hy_watch_find(f->st, f, "公交", &w, &f->err));
	assert_string_equal(w->kind, "query");
	assert_false(w->enabled);
	w->enabled = true;
	OK(hy_watch_set(f->st, w, &f->err));
	OK(hy_watch_spans(f->st, f, 41, &list, &n, &change, &f->err));
	assert_true(n == 2 && change == 1);
}

/* What was counted before the door counted balances, too. */
static void from_version_6(void **state)
{
	struct fix *f = *state;
	struct hy_source_count *list = NULL;
	size_t n = 0;

	old_record(f, 6,
		   "PRAGMA user_version = 6; INSERT INTO source_day VALUES"
		   " (1, 20261128, 'new', '', 5), (1, 20261128, 'repeat', '', 3),"
		   " (1, 20261128, 'refused', 'forged', 2), (1, 20261129, 'new', 'sweep', 4)");
	open_store(f, HY_STORE_MIGRATE);
	OK(hy_source_counts(f->st, f, 20261101, 20261201, &list, &n, &f->err));
	assert_int_equal(n, 6);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].what, "received"))
			assert_int_equal(list[i].n, list[i].day == 20261128 ? 10 : 4);
}

static void pages(void **state)
{
	struct fix *f = *state;
	struct hy_watch *list = NULL;
	int64_t before = 0, seen = 0, expected = 30, count = 0;
	size_t n = 0;

	for (int i = 1; i <= 30; i++) {
		struct hy_watch w = {.name = hy_strf(f, "关注%d", i),
				     .query = i % 3 ? "停水" : "公交",
				     .kind = i == 7 ? "regex" : NULL,
				     .enabled = i != 9};
		OK(hy_watch_add(f->st, &w, NULL, &f->err));
		FAILS(hy_watch_add(f->st, &w, NULL, &f->err), HY_EEXISTS);
	}
	do {
		OK(hy_watch_page(f->st, f, NULL, before, 7, &list, &n, &f->err));
		for (size_t i = 0; i < n; i++)
			assert_int_equal(list[i].id.v, expected--);
		seen += (int64_t)n;
		before = n > 0 ? list[n - 1].id.v : 0;
	} while (n == 7);
	assert_int_equal(seen, 30);
	OK(hy_watch_page(f->st, f, "公交", 0, 100, &list, &n, &f->err));
	assert_int_equal(n, 10);
	OK(hy_watch_page(f->st, f, "关注1", 0, 100, &list, &n, &f->err));
	assert_int_equal(n, 11);
	OK(hy_watch_count(f->st, NULL, &count, &f->err));
	assert_int_equal(count, 29);
	OK(hy_watch_count(f->st, "regex", &count, &f->err));
	assert_int_equal(count, 1);
	/* two open stretches of one rule cannot be */
	assert_int_not_equal(raw_sql(f, "INSERT INTO watch_span (watch, version, name, kind, query,"
					" level, begin_seq, begin_change, made) VALUES (1, 1, 'a',"
					" 'query', 'a', 'low', 0, 0, 0)"),
			     SQLITE_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(from_version_2, fix_setup, fix_teardown),
		cmocka_unit_test_setup_teardown(from_version_6, fix_setup, fix_teardown),
		cmocka_unit_test_setup_teardown(pages, fix_setup, fix_teardown),
	};

	return cmocka_run_group_tests_name("store-watch", tests, NULL, NULL);
}
