/* How an item is found again: over many blocks of arrival, by more than one writer, after the
 * purge, and from a record of version 1 whose upgrade is killed at every step. */
#include "tests/unit/test-store.h"

#include "store/db.h"

#include <sys/resource.h>
#include <sys/wait.h>

#define BLOCK 16384 /* places of the log in a block of names */

static struct hy_item item_of(struct hy_source_id src, int n)
{
	struct hy_item it = {.source = src,
			     .kind = HY_ITEM_POST,
			     .posted = NOW,
			     .taken = NOW,
			     .title = "",
			     .text = "x",
			     .lang = "",
			     .place = ""};

	hy_xxh128(&n, sizeof(n), it.native);
	it.content[0] = 1;
	return it;
}

static enum hy_put put(struct fix *f, struct hy_store *st, struct hy_item *it)
{
	enum hy_put what = HY_PUT_REPEAT;

	OK(hy_item_put(st, it, &what, &f->err));
	return what;
}

/* Puts [from, to) in transactions of 1,000; returns how many were new. */
static int put_range(struct fix *f, struct hy_store *st, struct hy_source_id src, int from, int to)
{
	int fresh = 0;

	for (int i = from; i < to; i++) {
		struct hy_item it = item_of(src, i);

		if ((i - from) % 1000 == 0)
			OK(hy_store_begin(st, &f->err));
		fresh += put(f, st, &it) == HY_PUT_NEW;
		if ((i - from) % 1000 == 999 || i == to - 1)
			OK(hy_store_commit(st, &f->err));
	}
	return fresh;
}

static struct hy_store *another(struct fix *f)
{
	struct hy_store *st = NULL;

	OK(hy_store_open(&st, f, f->dir, 0, test_master, f->clock, &f->err));
	return st;
}

static void found_in_every_block(void **state)
{
	struct fix *f = *state;
	struct hy_source_id src = add_source(f, "a"), other = add_source(f, "b");
	struct hy_store *st = NULL;
	const int n = 2 * BLOCK + 3000;
	int64_t last = 0, live = 0;

	assert_int_equal(put_range(f, f->st, src, 0, n), n);
	assert_int_equal(put_range(f, f->st, src, 0, n), 0);
	/* a name is of its source */
	assert_int_equal(put_range(f, f->st, other, 0, 10), 10);
	/* a new handle asks block by block, before a set pays */
	st = another(f);
	for (int i = 0; i < n; i += n / 50) {
		struct hy_item it = item_of(src, i);

		assert_int_equal(put(f, st, &it), HY_PUT_REPEAT);
		assert_int_equal(it.seq, i + 1);
	}
	assert_int_equal(put_range(f, st, src, 0, 2000), 0);
	OK(hy_item_last_seq(st, &last, &live, &f->err));
	assert_int_equal(last, n + 10);
	assert_int_equal(live, n + 10);
	assert_int_equal(raw_int(f, "SELECT natives FROM item_tally"), n + 10);
	talloc_free(st);
}

/* Each writer's set follows what the other wrote, and what was rolled back is not there. */
static void two_writers(void **state)
{
	struct fix *f = *state;
	struct hy_source_id src = add_source(f, "a");
	struct hy_store *st = another(f);
	struct hy_item it = item_of(src, 9001), alias = item_of(src, 9002);

	assert_int_equal(put_range(f, f->st, src, 0, 1500), 1500);
	assert_int_equal(put_range(f, st, src, 0, 3000), 1500);
	assert_int_equal(put_range(f, f->st, src, 1500, 3000), 0);
	OK(hy_store_begin(st, &f->err));
	assert_int_equal(put(f, st, &it), HY_PUT_NEW);
	hy_store_rollback(st);
	assert_int_equal(put(f, f->st, &it), HY_PUT_NEW);
	assert_int_equal(put(f, st, &it), HY_PUT_REPEAT);
	/* an alias moves no seq, and is seen nevertheless */
	OK(hy_item_alias(st, it.id, src, alias.native, &f->err));
	assert_int_equal(put(f, f->st, &alias), HY_PUT_REPEAT);
	assert_int_equal(alias.id.v, it.id.v);
	assert_int_equal(raw_int(f, "SELECT items FROM item_tally"), 3001);
	talloc_free(st);
}

/* Many items of one link: the newest is meant, one that left the link is not. */
static void shared_links(void **state)
{
	struct fix *f = *state;
	struct hy_source_id src = add_source(f, "a");
	struct hy_item *got = NULL, last;
	uint8_t link[HY_HASH_LEN] = {1}, away[HY_HASH_LEN] = {2};

	for (int i = 0; i < 40; i++) {
		last = item_of(src, i);
		memcpy(last.link, link, sizeof(link));
		assert_int_equal(put(f, f->st, &last), HY_PUT_NEW);
	}
	OK(hy_item_find_link(f->st, f, src, link, &got, &f->err));
	assert_int_equal(got->seq, last.seq);
	struct hy_item moved = item_of(src, 39);
	memcpy(moved.link, away, sizeof(away));
	moved.content[0] = 2;
	assert_int_equal(put(f, f->st, &moved), HY_PUT_EDIT);
	OK(hy_item_find_link(f->st, f, src, away, &got, &f->err));
	assert_int_equal(got->seq, moved.seq);
	FAILS(hy_item_find_link(f->st, f, src, link, &got, &f->err), HY_ENOTFOUND);
}

/* The first revision is erased, the item stands: it is still found by its first name. */
static void a_name_outlives_its_revision(void **state)
{
	struct fix *f = *state;
	struct hy_source_id src = add_source(f, "a");
	struct hy_item first = item_of(src, 1), renamed = item_of(src, 2), again = item_of(src, 1);
	int64_t gone = 0;

	first.taken = NOW - 40 * HY_DAY;
	assert_int_equal(put(f, f->st, &first), HY_PUT_NEW);
	OK(hy_item_alias(f->st, first.id, src, renamed.native, &f->err));
	renamed.content[0] = 2;
	assert_int_equal(put(f, f->st, &renamed), HY_PUT_EDIT);
	OK(hy_item_purge(f->st, NOW - 30 * HY_DAY, &gone, &f->err));
	assert_int_equal(gone, 1);
	again.content[0] = 2;
	assert_int_equal(put(f, f->st, &again), HY_PUT_REPEAT);
	assert_int_equal(again.seq, renamed.seq);
	assert_int_equal(raw_int(f, "SELECT items FROM item_tally"), 1);
	OK(hy_item_purge(f->st, NOW + HY_DAY, &gone, &f->err));
	assert_int_equal(gone, 1);
	assert_int_equal(raw_int(f, "SELECT items FROM item_tally"), 0);
	assert_int_equal(raw_int(f, "SELECT count(*) FROM item_key"), 0);
	assert_int_equal(raw_int(f, "SELECT count(*) FROM item_alias"), 0);
	assert_int_equal(raw_int(f, "SELECT count(*) FROM item_latest"), 0);
}

/* No trigger of its own any more: our connections refuse it by the trigger of DELETE. */
static void never_replaced(void **state)
{
	struct fix *f = *state;
	struct hy_item it = item_of(add_source(f, "a"), 1);

	assert_int_equal(put(f, f->st, &it), HY_PUT_NEW);
	FAILS(hy_db_run(f->st, NULL, &f->err, "INSERT OR REPLACE INTO item SELECT * FROM item"),
	      HY_EREFUSED);
	assert_int_equal(raw_int(f, "SELECT count(*) FROM item"), 1);
}

/* ---- from version 1 ---- */

#define OLD 400 /* items of the old record; the last one has a second revision and a further name  \
		 */

static void old_item(struct fix *f, sqlite3 *db, int seq, int id, int revision)
{
	static const char sql[] = "INSERT INTO item VALUES (?1, ?2, ?3, 1, 1, ?4, ?5, ?6, ?7, ?7,"
				  " '', 'text', '', '', 0, NULL, NULL, NULL)";
	struct hy_item it = item_of((struct hy_source_id){1}, id);
	sqlite3_stmt *q = NULL;

	it.content[1] = (uint8_t)revision;
	it.link[0] = (uint8_t)id;
	it.link[1] = (uint8_t)(id >> 8);
	it.link[2] = 1;
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
	(void)sqlite3_bind_int(q, 1, seq);
	(void)sqlite3_bind_int(q, 2, id);
	(void)sqlite3_bind_int(q, 3, revision);
	(void)sqlite3_bind_blob(q, 4, it.native, HY_HASH_LEN, SQLITE_STATIC);
	(void)sqlite3_bind_blob(q, 5, it.content, HY_HASH_LEN, SQLITE_STATIC);
	if (id % 2) /* the others have no link */
		(void)sqlite3_bind_blob(q, 6, it.link, HY_HASH_LEN, SQLITE_STATIC);
	(void)sqlite3_bind_int64(q, 7, NOW);
	assert_int_equal(sqlite3_step(q), SQLITE_DONE);
	(void)sqlite3_finalize(q);
	(void)f;
}

static void old_record(struct fix *f)
{
	char path[128];
	sqlite3 *db = NULL;

	(void)snprintf(path, sizeof path, "%s/huying.db", f->dir);
	talloc_free(f->st);
	f->st = NULL;
	assert_int_equal(remove(path), 0);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, hy_migrations[0], 0, 0, 0), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				      "PRAGMA user_version = 1; BEGIN; INSERT INTO source VALUES"
				      " (1, 'a', 'feed', 'http://a.example/', NULL, '', '{}', 0, 0,"
				      " 0, NULL, 0, 0, 0, 0, 0, NULL, 0, 0, 0, 0, 0)",
				      0, 0, 0),
			 SQLITE_OK);
	for (int i = 1; i <= OLD; i++)
		old_item(f, db, i, i, 1);
	old_item(f, db, OLD + 1, OLD, 2);
	assert_int_equal(
		sqlite3_exec(db,
			     "INSERT INTO item_head SELECT id, max(seq), max(revision), source,"
			     " posted, content, link FROM item GROUP BY id;"
			     "INSERT INTO item_key SELECT source, native, id FROM item"
			     " WHERE revision = 1;"
			     "INSERT INTO item_key VALUES (1, x'0102030405060708090a0b0c0d0e0f10',"
			     " 400);"
			     "INSERT INTO item_alias VALUES (400, 1,"
			     " x'0102030405060708090a0b0c0d0e0f10'); COMMIT",
			     0, 0, 0),
		SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* In a child that the kernel kills when a file would pass `limit`: 0 = it came to its end. */
static int upgrade_until(struct fix *f, rlim_t limit)
{
	int how = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct rlimit none = {0, 0}, most = {limit, limit};
		struct hy_store *st = NULL;

		(void)setrlimit(RLIMIT_CORE, &none);
		(void)setrlimit(RLIMIT_FSIZE, &most);
		_exit(hy_store_open(&st, NULL, f->dir, HY_STORE_MIGRATE, test_master, f->clock,
				    NULL) == HY_OK
			      ? 0
			      : 9);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &how, 0), pid);
	return how;
}

static void from_version_1(void **state)
{
	struct fix *f = *state;
	struct hy_item *got = NULL;
	int kills = 0, how = 1;
	int64_t version = 1;
	size_t n = 0;

	old_record(f);
	for (rlim_t limit = 36864; how != 0; limit += 8192) {
		assert_true(limit < (rlim_t)64 << 20);
		how = upgrade_until(f, limit);
		kills += how != 0;
		version = raw_int(f, "PRAGMA user_version");
		if (version == 1)
			assert_int_equal(raw_int(f, "SELECT count(*) FROM item_key"), OLD + 1);
		assert_int_equal(raw_int(f, "SELECT count(*) FROM item"), OLD + 1);
	}
	assert_true(kills > 3);
	assert_int_equal(version, hy_store_schema_version());
	open_store(f, 0);
	for (int i = 1; i < OLD; i++) {
		struct hy_item it = item_of((struct hy_source_id){1}, i);

		it.content[1] = 1;
		assert_int_equal(put(f, f->st, &it), HY_PUT_REPEAT);
		assert_int_equal(it.id.v, i);
	}
	struct hy_item edited = item_of((struct hy_source_id){1}, OLD), alias = edited;
	edited.content[1] = 2;
	alias.content[1] = 2;
	for (int i = 0; i < HY_HASH_LEN; i++)
		alias.native[i] = (uint8_t)(i + 1);
	assert_int_equal(put(f, f->st, &edited), HY_PUT_REPEAT);
	assert_int_equal(edited.seq, OLD + 1);
	assert_int_equal(put(f, f->st, &alias), HY_PUT_REPEAT);
	uint8_t link[HY_HASH_LEN] = {7, 0, 1};
	OK(hy_item_find_link(f->st, f, (struct hy_source_id){1}, link, &got, &f->err));
	assert_int_equal(got->id.v, 7);
	OK(hy_item_recent(f->st, f, (struct hy_source_id){1}, NOW, NOW + 1, 500, &got, &n,
			  &f->err));
	assert_int_equal(n, OLD / 2); /* those without a link, once each */
	assert_int_equal(raw_int(f, "SELECT items FROM item_tally"), OLD);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, fix_setup, fix_teardown)
	const struct CMUnitTest tests[] = {
		T(found_in_every_block),	 T(two_writers),    T(shared_links),
		T(a_name_outlives_its_revision), T(never_replaced), T(from_version_1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
