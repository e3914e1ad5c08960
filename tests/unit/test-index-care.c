/* Upkeep beside a writer: two halves, packing, joining, erasing, dropping. */
#include "index/index.h"

#include "base/base.h"

#include "index/half.h"

#include "tests/unit/index-fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define OK(x) ok((x), &err, #x)
static void ok(enum hy_status st, const struct hy_err *err, const char *what)
{
	if (st != HY_OK)
		fail_msg("%s: %s: %s", what, hy_status_name(st), err->text);
}

static const struct hy_index_options create = {
	.flags = HY_INDEX_CREATE, .zone_minutes = ZONE, .group_items = 40};
static int64_t day1; /* the first day of arrival */

struct log {
	struct hy_item *items; /* by seq - 1 */
	size_t n;
};

/* Every third item says 通知; texts are short and many. */
static struct log make_log(const void *ctx, uint64_t seed, size_t n)
{
	struct log log = {hy_new_array(ctx, struct hy_item, n), n};
	struct hy_rand r;
	hy_rand_init(&r, seed);
	for (size_t i = 0; i < n; i++) {
		log.items[i] = some_item(log.items, &r, (int64_t)i + 1);
		log.items[i].flags = 0;
		log.items[i].title = i % 3 == 0 ? "停水 通知" : "没有";
		log.items[i].text = hy_strf(log.items, "号%zu %s", i + 1, log.items[i].text);
	}
	return log;
}

static struct hy_query *parse(const void *ctx, const char *text)
{
	struct hy_err err = {0};
	struct hy_query *q = NULL;
	OK(hy_query_parse(&q, ctx, text, NULL, &err));
	return q;
}

static int64_t count(const char *dir, const char *text)
{
	struct hy_err err = {0};
	struct hy_index *ix = NULL;
	struct hy_found *f = NULL;
	OK(hy_index_open(&ix, NULL, dir, &err));
	struct hy_search s = {.query = parse(ix, text), .flags = HY_SEARCH_TOTAL};
	OK(hy_index_search(ix, ix, &s, &f, &err));
	int64_t n = f->total;
	talloc_free(ix);
	return n;
}

static struct hy_index_stats stats(const char *dir)
{
	struct hy_err err = {0};
	struct hy_index *ix = NULL;
	struct hy_index_stats s;
	OK(hy_index_open(&ix, NULL, dir, &err));
	OK(hy_index_stats(ix, &s, &err));
	talloc_free(ix);
	return s;
}

/* Files of the index that hold these bytes. */
static int grep(const void *ctx, const char *dir, const char *marker)
{
	char *top = hy_strf(ctx, "%s/index", dir);
	int n = 0;
	DIR *d = opendir(top);
	for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
		char *sub = hy_strf(ctx, "%s/%s", top, e->d_name);
		DIR *files = e->d_name[0] != '.' ? opendir(sub) : NULL;
		for (struct dirent *f = files ? readdir(files) : NULL; f != NULL;
		     f = readdir(files)) {
			char *bytes = NULL, *path = hy_strf(ctx, "%s/%s", sub, f->d_name);
			size_t len = 0;
			if (hy_file_read(ctx, path, 64u << 20, &bytes, &len, NULL) == HY_OK)
				n += memmem(bytes, len, marker, strlen(marker)) != NULL;
		}
		if (files != NULL)
			closedir(files);
	}
	closedir(d);
	return n;
}

static void sound(const char *dir, int64_t live, int64_t cursor)
{
	struct hy_err err = {0};
	char *report = NULL;
	struct hy_index_expect e = {.live = live, .cursor = cursor};
	OK(hy_index_check(dir, NULL, &e, HY_INDEX_CHECK_DEEP, &report, &err));
	assert_string_equal(report, "");
	talloc_free(report);
}

/* ---- halves ---- */

/* A kill between the two commits leaves one half ahead: the lesser cursor counts, and the replay
 * adds only what the other lacks. */
static void test_one_ahead(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct hy_err err = {0};
	struct log log = make_log(ctx, 1, 60);
	char *dir = temp_dir(ctx), *name = NULL;
	struct hy_index_options o = create;
	struct hy_index_writer *w = NULL;
	o.group_items = 0;
	for (size_t i = 0; i < log.n; i++)
		log.items[i].taken = DAY0;
	OK(hy_index_writer_open(&w, ctx, dir, &o, &err));
	OK(hy_index_writer_add(w, log.items, 20, &err));
	OK(hy_index_writer_commit(w, 20, &err));
	talloc_free(w);
	struct hy_manifest *m = NULL;
	OK(hy_manifest_read(&m, ctx, dir, &err));
	for (size_t i = 0; i < m->n; i++)
		if (m->dbs[i].part == 1)
			name = m->dbs[i].name;
	struct hy_half *h = hy_half_new(ctx);
	OK(hy_half_open(h, dir, name, &err));
	for (size_t i = 20; i < 40; i++)
		if (log.items[i].seq % 2 == 1)
			OK(hy_half_take(h, &log.items[i], NULL, &err));
	OK(hy_half_commit(h, 40, &err));
	talloc_free(h);
	assert_int_equal(stats(dir).cursor, 20);
	assert_int_equal(stats(dir).documents, 30);
	OK(hy_index_writer_open(&w, ctx, dir, &o, &err));
	assert_int_equal(hy_index_writer_cursor(w), 20);
	OK(hy_index_writer_add(w, log.items + 20, 40, &err));
	OK(hy_index_writer_commit(w, 60, &err));
	talloc_free(w);
	assert_int_equal(stats(dir).cursor, 60);
	sound(dir, 60, 60);
	assert_int_equal(count(dir, "通知"), 20);
	remove_tree(dir);
	talloc_free(ctx);
}

/* Closing without a commit drops what was added, in both halves. */
static void test_no_commit(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct hy_err err = {0};
	struct log log = make_log(ctx, 2, 30);
	char *dir = temp_dir(ctx);
	struct hy_index_writer *w = NULL;
	OK(hy_index_writer_open(&w, ctx, dir, &create, &err));
	OK(hy_index_writer_add(w, log.items, 10, &err));
	OK(hy_index_writer_commit(w, 10, &err));
	OK(hy_index_writer_add(w, log.items + 10, 20, &err));
	talloc_free(w);
	assert_int_equal(stats(dir).documents, 10);
	sound(dir, 10, 30);
	remove_tree(dir);
	talloc_free(ctx);
}

/* ---- tasks ---- */

static char *make_index(const void *ctx, const struct log *log)
{
	struct hy_err err = {0};
	struct hy_index_writer *w = NULL;
	char *dir = temp_dir(ctx);
	OK(hy_index_writer_open(&w, ctx, dir, &create, &err));
	for (size_t i = 0; i < log->n; i += 25) {
		size_t k = log->n - i < 25 ? log->n - i : 25;
		OK(hy_index_writer_add(w, log->items + i, k, &err));
		OK(hy_index_writer_commit(w, (int64_t)(i + k), &err));
	}
	talloc_free(w);
	day1 = hy_days_from_civil(2026, 11, 21);
	return dir;
}

/* Each task leaves every answer as it was; halves become days, days months. */
static void test_each_task(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct hy_err err = {0};
	struct log log = make_log(ctx, 3, 800); /* eleven days, into December */
	char *dir = make_index(ctx, &log);
	struct hy_index_writer *w = NULL;
	struct hy_index_upkeep u = {.today = day1 + 11, .keep_from = INT64_MIN, .months = true};
	int64_t water = count(dir, "通知"), steps = 0, before = stats(dir).databases;
	bool busy = true;
	assert_true(before > 30);
	OK(hy_index_writer_open(&w, ctx, dir, &create, &err));
	while (busy) {
		OK(hy_index_care_start(w, &u, &busy, &err));
		if (!busy)
			break;
		assert_int_equal(count(dir, "通知"), water); /* while it works, or not yet */
		OK(hy_index_care_poll(w, true, &busy, &err));
		assert_int_equal(count(dir, "通知"), water);
		assert_int_equal(count(dir, "\"号799\""), 1);
		busy = true;
		steps++;
	}
	assert_true(steps > 10);
	struct hy_index_stats s = stats(dir);
	/* November is one; each day of December is one, the last is still written in halves */
	assert_true(s.databases < 8 && s.live == 800 && s.cursor == 800);
	sound(dir, 800, 800);
	talloc_free(w);
	remove_tree(dir);
	talloc_free(ctx);
}

struct kept {
	const struct log *log;
	hy_time from;
};

static enum hy_status kept_since(void *user, const void *ctx, int64_t min, int64_t max,
				 int64_t **out, size_t *n, struct hy_err *err)
{
	const struct kept *k = user;
	(void)err;
	*out = hy_new_array(ctx, int64_t, (size_t)(max - min + 1));
	*n = 0;
	for (int64_t seq = min; seq <= max; seq++)
		if (k->log->items[seq - 1].taken >= k->from)
			(*out)[(*n)++] = seq;
	return HY_OK;
}

/* Thirty days stand in few databases, and each day goes on its own day all the same. */
static void test_fours(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct hy_err err = {0};
	struct log log = make_log(ctx, 6, 600);
	int64_t first = hy_days_from_civil(2026, 12, 1), none = 0;
	for (size_t i = 0; i < log.n; i++) { /* twenty a day, from 00:00 of the office */
		log.items[i].taken = (first * 24 - 8) * HY_HOUR + (hy_time)(i / 20) * HY_DAY;
		log.items[i].text = hy_strf(log.items, "号%zu 第%zu日的字", i + 1, i / 20 + 1);
	}
	char *dir = make_index(ctx, &log);
	struct kept kept = {&log, 0};
	struct hy_index_upkeep u = {.today = first + 29, .keep_from = INT64_MIN};
	OK(hy_index_upkeep(dir, &u, NULL, &err));
	/* 7 x 4 days, the 29th, and the 30th in the parts that it was written in */
	assert_true(stats(dir).databases >= 9 && stats(dir).databases <= 12);
	assert_int_equal(count(dir, "通知"), 200);
	u.left = kept_since;
	u.user = &kept;
	for (int day = 1; day <= 9; day++) {
		char *gone = hy_strf(ctx, "第%d日的字", day),
		     *next = hy_strf(ctx, "第%d日的字", day + 1);
		u.keep_from = first + day;
		kept.from = (u.keep_from * 24 - 8) * HY_HOUR;
		assert_int_equal(count(dir, gone), 20);
		OK(hy_index_upkeep(dir, &u, NULL, &err));
		assert_int_equal(count(dir, gone), 0);
		assert_int_equal(grep(ctx, dir, gone), 0);
		assert_int_equal(count(dir, next), 20);
		sound(dir, 600 - 20 * day, 600);
	}
	OK(hy_index_upkeep(dir, &u, &none, &err));
	assert_int_equal(none, 0);
	/* and these by fours again, where they stay for long */
	u.months = true;
	OK(hy_index_upkeep(dir, &u, NULL, &err));
	assert_true(stats(dir).databases <= 8);
	sound(dir, 600 - 20 * 9, 600);
	remove_tree(dir);
	talloc_free(ctx);
}

/* However busy and however long: 64 databases at most. */
static void test_crowd(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct hy_err err = {0};
	struct log log = make_log(ctx, 4, 1400);
	for (size_t i = 0; i < log.n; i++)
		log.items[i].taken = DAY0 + (hy_time)(i / 14) * HY_DAY; /* a hundred days */
	char *dir = make_index(ctx, &log);
	struct hy_index_upkeep u = {.today = day1 + 101, .keep_from = INT64_MIN};
	OK(hy_index_upkeep(dir, &u, NULL, &err));
	struct hy_index_stats s = stats(dir);
	assert_true(s.databases <= 64 && s.live == 1400);
	sound(dir, 1400, 1400);
	remove_tree(dir);
	talloc_free(ctx);
}

/* What is withdrawn or superseded leaves the disk, from the databases being written, too. */
static void test_erase(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct hy_err err = {0};
	struct log log = make_log(ctx, 5, 200);
	log.items[30].text = "secretone 秘密一";
	log.items[190].text = "secrettwo 秘密二";
	char *dir = make_index(ctx, &log);
	struct hy_index_upkeep u = {.today = day1 + 2, .keep_from = INT64_MIN};
	OK(hy_index_upkeep(dir, &u, NULL, &err));
	assert_true(grep(ctx, dir, "secretone") > 0 && grep(ctx, dir, "secrettwo") > 0);
	struct hy_index_writer *w = NULL;
	struct hy_item gone = log.items[30], edit = log.items[190];
	gone.seq = 201;
	gone.revision = 2;
	gone.flags = HY_ITEM_WITHDRAWN;
	edit.seq = 202;
	edit.revision = 2;
	edit.text = "harmless 无害";
	OK(hy_index_writer_open(&w, ctx, dir, &create, &err));
	OK(hy_index_writer_add(w, &gone, 1, &err));
	OK(hy_index_writer_add(w, &edit, 1, &err));
	OK(hy_index_writer_commit(w, 202, &err));
	u.erase = true;
	for (bool busy = true; busy;) {
		OK(hy_index_care_start(w, &u, &busy, &err));
		bool more = busy;
		OK(hy_index_care_poll(w, true, &busy, &err));
		busy = more;
	}
	assert_int_equal(grep(ctx, dir, "secretone"), 0);
	assert_int_equal(grep(ctx, dir, "secrettwo"), 0);
	assert_true(grep(ctx, dir, "harmless") > 0);
	assert_int_equal(stats(dir).documents, 199);
	assert_int_equal(count(dir, "无害"), 1);
	sound(dir, 199, 202);
	talloc_free(w);
	remove_tree(dir);
	talloc_free(ctx);
}

/* Days past their time go, but for what the record keeps of them (a claim's evidence). */
static enum hy_status keep_two(void *user, const void *ctx, int64_t min, int64_t max, int64_t **out,
			       size_t *n, struct hy_err *err)
{
	static const int64_t kept[] = {10, 80};
	(void)user;
	(void)err;
	*out = hy_new_array(ctx, int64_t, (size_t)(max - min + 1));
	*n = 0;
	for (int64_t seq = min; seq <= max; seq++) /* 71 and 72 items of the first two days */
		if (seq == kept[0] || seq == kept[1] || seq > 143)
			(*out)[(*n)++] = seq;
	return HY_OK;
}

static void test_evidence(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct hy_err err = {0};
	struct log log = make_log(ctx, 6, 400);
	log.items[20].text = "goneforever";
	char *dir = make_index(ctx, &log);
	struct hy_index_upkeep u = {
		.today = day1 + 5, .keep_from = day1 + 2, .left = keep_two, .erase = true};
	OK(hy_index_upkeep(dir, &u, NULL, &err));
	assert_int_equal(stats(dir).documents, 400 - 143 + 2);
	assert_int_equal(count(dir, "\"号10 \""), 1);
	assert_int_equal(count(dir, "\"号80 \""), 1);
	assert_int_equal(count(dir, "\"号11 \""), 0);
	assert_int_equal(grep(ctx, dir, "goneforever"), 0);
	sound(dir, 400 - 143 + 2, 400);
	int64_t again = -1;
	OK(hy_index_upkeep(dir, &u, &again, &err));
	assert_int_equal(again, 0);
	remove_tree(dir);
	talloc_free(ctx);
}

/* Upkeep that is stopped in the middle leaves what was. */
static void test_stopped(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct hy_err err = {0};
	struct log log = make_log(ctx, 7, 400);
	char *dir = make_index(ctx, &log);
	struct hy_index_upkeep u = {.today = day1 + 9, .keep_from = INT64_MIN};
	int64_t databases = stats(dir).databases;
	for (int i = 0; i < 5; i++) {
		struct hy_index_writer *w = NULL;
		bool busy = false;
		OK(hy_index_writer_open(&w, ctx, dir, &create, &err));
		OK(hy_index_care_start(w, &u, &busy, &err));
		assert_true(busy);
		talloc_free(w);
	}
	assert_int_equal(stats(dir).databases, databases);
	sound(dir, 400, 400);
	remove_tree(dir);
	talloc_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_ahead), cmocka_unit_test(test_no_commit),
		cmocka_unit_test(test_each_task), cmocka_unit_test(test_fours),
		cmocka_unit_test(test_crowd),	  cmocka_unit_test(test_erase),
		cmocka_unit_test(test_evidence),  cmocka_unit_test(test_stopped),
	};
	return cmocka_run_group_tests_name("index-care", tests, NULL, NULL);
}
