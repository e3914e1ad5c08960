/* What goes wrong on a disk: each file deleted, cut, zeroed, one bit turned; kills; other
 * processes; other versions. Found each time, and cured by a rebuild. */
#include "index/index.h"

#include "base/base.h"

#include "index/layout.h"

#include "tests/unit/index-fixture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <cmocka.h>

#define OK(x) ok((x), &err, #x)
static void ok(enum hy_status st, const struct hy_err *err, const char *what)
{
	if (st != HY_OK)
		fail_msg("%s: %s: %s", what, hy_status_name(st), err->text);
}

#define N 150
static const struct hy_index_options create = {.flags = HY_INDEX_CREATE, .zone_minutes = ZONE};

struct log {
	struct hy_item items[N];
	int fail_at; /* the feed dies at this seq */
};

static struct log *make_log(const void *ctx)
{
	struct log *log = hy_new(ctx, struct log);
	struct hy_rand r;
	hy_rand_init(&r, 5);
	for (int i = 0; i < N; i++)
		log->items[i] = some_item(log, &r, i + 1);
	return log;
}

static enum hy_status feed(void *user, const void *ctx, int64_t after, struct hy_item **out,
			   size_t *n, struct hy_err *err)
{
	struct log *log = user;
	size_t left = (size_t)(N - after), k = left < 40 ? left : 40;
	(void)err;
	if (log->fail_at != 0 && after >= log->fail_at)
		(void)kill(getpid(), SIGKILL);
	*out = hy_memdup(ctx, log->items + after, k * sizeof(struct hy_item));
	*n = k;
	return HY_OK;
}

static char *make_index(const void *ctx, struct log *log)
{
	struct hy_err err = {0};
	struct hy_index_writer *w = NULL;
	char *dir = temp_dir(ctx);
	OK(hy_index_writer_open(&w, ctx, dir, &create, &err));
	OK(hy_index_writer_add(w, log->items, N, &err));
	OK(hy_index_writer_commit(w, N, &err));
	talloc_free(w);
	return dir;
}

static const struct hy_index_expect all = {.live = N, .cursor = N};

static enum hy_status check(const char *dir)
{
	void *ctx = talloc_new(NULL);
	char *text = NULL;
	struct hy_err err = {0};
	enum hy_status st = hy_index_check(dir, ctx, &all, 0, &text, &err);
	if (st == HY_OK)
		assert_string_equal(text, "");
	if (st == HY_ECORRUPT) {
		assert_true(text != NULL && text[0] != '\0');
		assert_non_null(strstr(err.text, "rebuild"));
	}
	talloc_free(ctx);
	return st;
}

static int64_t count(const char *dir)
{
	struct hy_err err = {0};
	struct hy_index *ix = NULL;
	struct hy_found *f = NULL;
	struct hy_search s = {.flags = HY_SEARCH_TOTAL};
	OK(hy_index_open(&ix, NULL, dir, &err));
	OK(hy_index_search(ix, ix, &s, &f, &err));
	int64_t n = f->total;
	talloc_free(ix);
	return n;
}

static int64_t databases(const char *dir)
{
	struct hy_err err = {0};
	struct hy_index *ix = NULL;
	struct hy_index_stats s;
	OK(hy_index_open(&ix, NULL, dir, &err));
	OK(hy_index_stats(ix, &s, &err));
	talloc_free(ix);
	return s.databases;
}

/* Past days packed, the last one still written: what an office has at noon. */
static char *make_usual(const void *ctx, struct log *log)
{
	struct hy_err err = {0};
	const struct hy_index_upkeep u = {.today = hy_days_from_civil(2026, 11, 23),
					  .keep_from = INT64_MIN};
	char *dir = make_index(ctx, log);
	OK(hy_index_upkeep(dir, &u, NULL, &err));
	assert_int_equal(databases(dir), 4);
	return dir;
}

static void rebuild(const char *dir, struct log *log)
{
	struct hy_err err = {0};
	int64_t done = 0;
	OK(hy_index_rebuild(dir, &create, feed, log, &done, &err));
	assert_int_equal(done, N);
	assert_int_equal(check(dir), HY_OK);
	assert_int_equal(count(dir), N);
}

enum harm { DELETE, CUT, ZERO, FLIP, HARMS };

static bool harm(const char *path, enum harm what, uint64_t at)
{
	struct stat sb;
	if (what == DELETE)
		return unlink(path) == 0;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		abort();
	(void)fstat(fd, &sb);
	bool done = sb.st_size > 0;
	if (done && what == CUT) {
		done = ftruncate(fd, sb.st_size / 2) == 0;
	} else if (done && what == ZERO) {
		char *zeroes = hy_new_array(NULL, char, (size_t)sb.st_size);
		done = pwrite(fd, zeroes, (size_t)sb.st_size, 0) == sb.st_size;
		talloc_free(zeroes);
	} else if (done) {
		unsigned char c;
		off_t where = (off_t)(at % (uint64_t)sb.st_size);
		done = pread(fd, &c, 1, where) == 1;
		c ^= 1u << (at % 7);
		done = done && pwrite(fd, &c, 1, where) == 1;
	}
	(void)close(fd);
	return done;
}

static char **list(const void *ctx, const char *path, size_t *n)
{
	char **out = hy_new_array(ctx, char *, 64);
	DIR *d = opendir(path);
	*n = 0;
	for (struct dirent *e = d ? readdir(d) : NULL; e != NULL && *n < 64; e = readdir(d))
		if (e->d_name[0] != '.' && strcmp(e->d_name, "flintlock") != 0)
			out[(*n)++] = hy_strdup(out, e->d_name);
	if (d != NULL)
		closedir(d);
	return out;
}

/* R22: every file of every database and the manifest, in every way. The database of today has no
 * hashes yet: turned bits are looked for in what is read, and what changes no answer may pass. */
static void test_damage(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct log *log = make_log(ctx);
	char *dir = make_usual(ctx, log), *top = hy_strf(ctx, "%s/index", dir);
	assert_int_equal(check(dir), HY_OK);
	size_t n_dbs = 0, cases = 0;
	char **dbs = list(ctx, top, &n_dbs);
	for (size_t i = 0; i < n_dbs; i++) {
		size_t n_files = 0;
		char *db = hy_strf(ctx, "%s/%s", top, dbs[i]);
		char **files = list(ctx, db, &n_files);
		for (size_t j = 0; j < n_files * HARMS; j++) {
			char *path = hy_strf(ctx, "%s/%s", db, files[j / HARMS]), *bytes = NULL;
			size_t n = 0;
			struct hy_err err = {0};
			OK(hy_file_read(ctx, path, 64u << 20, &bytes, &n, &err));
			if (!harm(path, (enum harm)(j % HARMS), 4001 * j + 77))
				continue;
			bool flip = j % HARMS == FLIP;
			if (!flip && check(dir) != HY_ECORRUPT)
				fail_msg("harm %d to %s was not found", (int)(j % HARMS), path);
			cases += flip ? 0 : 1;
			(void)unlink(path);
			OK(hy_file_write(path, bytes, n, 0600, &err));
			assert_int_equal(check(dir), HY_OK);
			talloc_free(bytes);
		}
	}
	assert_true(n_dbs >= 3 && cases >= 18);
	char *manifest = hy_strf(ctx, "%s/manifest", top);
	for (int k = 0; k < HARMS; k++) {
		assert_true(harm(manifest, (enum harm)k, 31));
		assert_int_equal(check(dir), HY_ECORRUPT);
		rebuild(dir, log);
	}
	remove_tree(dir);
	talloc_free(ctx);
}

/* One bit, anywhere in the files of a packed day: always found. In today's: found, or every search
 * still answers as before. */
static void test_bits(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct log *log = make_log(ctx);
	char *dir = make_usual(ctx, log), *top = hy_strf(ctx, "%s/index", dir);
	struct hy_rand r;
	hy_rand_init(&r, 9);
	size_t n_dbs = 0, found = 0, passed = 0;
	char **dbs = list(ctx, top, &n_dbs);
	for (int k = 0; k < 200; k++) {
		char *name = dbs[hy_rand_below(&r, n_dbs)];
		size_t n_files = 0;
		char *db = hy_strf(ctx, "%s/%s", top, name);
		char **files = list(ctx, db, &n_files);
		if (n_files == 0)
			continue;
		char *path = hy_strf(ctx, "%s/%s", db, files[hy_rand_below(&r, n_files)]);
		uint64_t at = hy_rand_next(&r);
		if (!harm(path, FLIP, at))
			continue;
		enum hy_status st = check(dir);
		char part = name[strlen(name) - 1];
		if (st == HY_OK && part != 'a' && part != 'b')
			fail_msg("a bit of %s was not found", path);
		if (st == HY_OK)
			assert_int_equal(count(dir), N);
		found += st != HY_OK;
		passed += st == HY_OK;
		assert_true(harm(path, FLIP, at)); /* turned back */
		assert_int_equal(check(dir), HY_OK);
	}
	/* most of the passed ones hit the unused parts of today's blocks */
	if (found < 60 || passed > 80)
		fail_msg("%zu bits found, %zu passed", found, passed);
	remove_tree(dir);
	talloc_free(ctx);
}

/* R23: killed in the middle of a rebuild the old index answers; the next rebuild is whole. */
static void test_killed_rebuild(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct log *log = make_log(ctx);
	char *dir = make_index(ctx, log);
	struct hy_err err = {0};
	struct hy_index *ix = NULL;
	struct hy_index_stats stats;
	OK(hy_index_open(&ix, ctx, dir, &err));
	for (int k = 0; k < 3; k++) {
		pid_t pid = fork();
		if (pid == 0) {
			log->fail_at = 40 * (k + 1);
			(void)hy_index_rebuild(dir, &create, feed, log, NULL, NULL);
			_exit(1);
		}
		int how = 0;
		assert_int_equal(waitpid(pid, &how, 0), pid);
		assert_true(WIFSIGNALED(how));
		OK(hy_index_stats(ix, &stats, &err));
		assert_int_equal(stats.live, N);
		assert_int_equal(stats.generation, 1);
	}
	rebuild(dir, log);
	/* the reader that was open all the while goes over to the new one */
	OK(hy_index_stats(ix, &stats, &err));
	assert_true(stats.generation > 1);
	assert_int_equal(stats.live, N);
	size_t n = 0;
	char **left = list(ctx, hy_strf(ctx, "%s/index", dir), &n);
	for (size_t i = 0; i < n; i++)
		if (left[i][0] == '2')
			assert_non_null(strstr(left[i], ".g"));
	remove_tree(dir);
	talloc_free(ctx);
}

/* Killed while writing: exactly the items up to the cursor of the last commit are there. */
static void test_killed_writer(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct log *log = make_log(ctx);
	char *dir = temp_dir(ctx);
	struct hy_err err = {0};
	int64_t cursor = 0;
	for (int k = 0; cursor < N; k++) {
		pid_t pid = fork();
		if (pid == 0) {
			struct hy_index_writer *w = NULL;
			if (hy_index_writer_open(&w, NULL, dir, &create, NULL) != HY_OK)
				_exit(1);
			int64_t at = hy_index_writer_cursor(w);
			for (int64_t i = at; i < N && i < at + 7; i++)
				(void)hy_index_writer_add(w, log->items + i, 1, NULL);
			(void)hy_index_writer_commit(w, at + 7 < N ? at + 7 : N, NULL);
			for (int64_t i = at + 7; i < N && i < at + 7 + k % 60; i++)
				(void)hy_index_writer_add(w, log->items + i, 1, NULL);
			(void)kill(getpid(), SIGKILL);
		}
		int how = 0;
		assert_int_equal(waitpid(pid, &how, 0), pid);
		assert_true(WIFSIGNALED(how));
		struct hy_index *ix = NULL;
		struct hy_index_stats stats;
		OK(hy_index_open(&ix, ctx, dir, &err));
		OK(hy_index_stats(ix, &stats, &err));
		assert_true(stats.cursor > cursor);
		assert_int_equal(stats.live, stats.cursor);
		cursor = stats.cursor;
		talloc_free(ix);
		struct hy_index_expect e = {.live = cursor, .cursor = N};
		char *report = NULL;
		OK(hy_index_check(dir, ctx, &e, HY_INDEX_CHECK_DEEP, &report, &err));
	}
	remove_tree(dir);
	talloc_free(ctx);
}

/* R24: one writer; a file left behind locks nothing; the message names the cure. */
static void test_lock(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct log *log = make_log(ctx);
	char *dir = make_index(ctx, log);
	struct hy_err err = {0};
	struct hy_index_writer *w = NULL, *other = NULL;
	OK(hy_index_writer_open(&w, ctx, dir, &create, &err));
	assert_int_equal(hy_index_writer_open(&other, ctx, dir, &create, &err), HY_EBUSY);
	assert_non_null(strstr(err.text, "stop it"));
	assert_non_null(strstr(err.text, hy_strf(ctx, "%d", (int)getpid())));
	assert_int_equal(hy_index_rebuild(dir, &create, feed, log, NULL, &err), HY_EBUSY);
	assert_int_equal(hy_index_compact(dir, 30000, NULL, &err), HY_EBUSY);
	talloc_free(w);
	OK(hy_index_writer_open(&w, ctx, dir, &create, &err));
	talloc_free(w);
	remove_tree(dir);
	talloc_free(ctx);
}

static void test_absent(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	char *dir = temp_dir(ctx);
	struct hy_err err = {0};
	struct hy_index *ix = NULL;
	struct hy_index_writer *w = NULL;
	struct hy_index_options no = {.zone_minutes = ZONE};
	assert_int_equal(hy_index_open(&ix, ctx, dir, &err), HY_ENOTFOUND);
	assert_int_equal(hy_index_writer_open(&w, ctx, dir, &no, &err), HY_ENOTFOUND);
	assert_non_null(strstr(err.text, "rebuild"));
	OK(hy_index_writer_open(&w, ctx, dir, &create, &err));
	OK(hy_index_open(&ix, ctx, dir, &err));
	struct hy_index_stats stats;
	OK(hy_index_stats(ix, &stats, &err));
	assert_int_equal(stats.documents, 0);
	remove_tree(dir);
	talloc_free(ctx);
}

/* Of another version of fold or analyser, told by the stamp: said at open, cured by a rebuild. */
static void test_version(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct log *log = make_log(ctx);
	char *dir = make_index(ctx, log), *top = hy_strf(ctx, "%s/index", dir);
	struct hy_err err = {0};
	struct hy_index *ix = NULL;
	struct hy_index_writer *w = NULL;
	size_t n = 0;
	char **dbs = list(ctx, top, &n), *today = hy_strdup(ctx, "");
	for (size_t i = 0; i < n; i++)
		if (dbs[i][0] == '2' && strcmp(dbs[i], today) > 0)
			today = dbs[i];
	char *path = hy_strf(ctx, "%s/%s", top, today), *stamp = NULL;
	struct hy_stamp s;
	struct hy_xdb *db = NULL;
	OK(hy_xdb_open_write(&db, ctx, path, false, &err));
	OK(hy_stamp_read(&s, db, "x", &err));
	s.fold++;
	stamp = hy_stamp_text(ctx, &s);
	OK(hy_xdb_set(db, "stamp", stamp, &err));
	OK(hy_xdb_commit(db, &err));
	talloc_free(db);
	assert_int_equal(hy_index_open(&ix, ctx, dir, &err), HY_ECORRUPT);
	assert_non_null(strstr(err.text, "another version"));
	assert_non_null(strstr(err.text, "huying index rebuild"));
	assert_int_equal(hy_index_writer_open(&w, ctx, dir, &create, &err), HY_ECORRUPT);
	assert_int_equal(check(dir), HY_ECORRUPT);
	rebuild(dir, log);
	remove_tree(dir);
	talloc_free(ctx);
}

/* Past days joined table by table keep counts, sums and answers; a wrong count is told. */
static void test_join(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct log *log = make_log(ctx);
	char *dir = make_index(ctx, log), *report = NULL;
	struct hy_err err = {0};
	int64_t merged = 0;
	assert_int_equal(databases(dir), 6); /* three days in two halves */
	OK(hy_index_compact(dir, hy_days_from_civil(2026, 11, 30), &merged, &err));
	assert_int_equal(merged, 3);
	assert_int_equal(databases(dir), 3); /* this month is not over */
	OK(hy_index_compact(dir, hy_days_from_civil(2026, 12, 1), &merged, &err));
	assert_int_equal(merged, 1);
	assert_int_equal(databases(dir), 1);
	assert_int_equal(count(dir), N);
	OK(hy_index_check(dir, ctx, &all, HY_INDEX_CHECK_DEEP, &report, &err));
	struct hy_index_expect more = {.live = N + 1, .cursor = N}, less = {.live = N, .cursor = 9};
	assert_int_equal(hy_index_check(dir, ctx, &more, 0, &report, NULL), HY_ECORRUPT);
	assert_int_equal(hy_index_check(dir, ctx, &less, 0, &report, NULL), HY_ECORRUPT);
	/* and writing goes on: in a database of its own */
	struct hy_index_writer *w = NULL;
	struct hy_item it = log->items[0];
	it.seq = it.id.v = N + 1;
	OK(hy_index_writer_open(&w, ctx, dir, &create, &err));
	assert_int_equal(hy_index_writer_cursor(w), N);
	OK(hy_index_writer_add(w, &it, 1, &err));
	OK(hy_index_writer_commit(w, N + 1, &err));
	assert_int_equal(count(dir), N + 1);
	talloc_free(w);
	remove_tree(dir);
	talloc_free(ctx);
}

/* Days are dropped whole, but never the newest database: it holds the cursor. */
static void test_drop(void **state)
{
	(void)state;
	void *ctx = talloc_new(NULL);
	struct log *log = make_log(ctx);
	char *dir = make_index(ctx, log);
	struct hy_err err = {0};
	int64_t dropped = 0;
	struct hy_index *ix = NULL;
	struct hy_index_stats stats;
	OK(hy_index_open(&ix, ctx, dir, &err));
	struct hy_index_upkeep u = {.today = hy_days_from_civil(2026, 11, 22)};
	u.keep_from = u.today;
	OK(hy_index_upkeep(dir, &u, &dropped, &err));
	assert_int_equal(dropped, 1);
	OK(hy_index_stats(ix, &stats, &err));
	assert_int_equal(stats.live, N - 71); /* 20 minutes apart, from seq 1 at 00:20 */
	u.today = u.keep_from = hy_days_from_civil(2030, 1, 1);
	OK(hy_index_upkeep(dir, &u, &dropped, &err));
	OK(hy_index_stats(ix, &stats, &err));
	assert_int_equal(stats.databases, 1);
	assert_int_equal(stats.cursor, N);
	remove_tree(dir);
	talloc_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_absent),	       cmocka_unit_test(test_lock),
		cmocka_unit_test(test_drop),	       cmocka_unit_test(test_join),
		cmocka_unit_test(test_version),	       cmocka_unit_test(test_killed_writer),
		cmocka_unit_test(test_killed_rebuild), cmocka_unit_test(test_damage),
		cmocka_unit_test(test_bits),
	};
	return cmocka_run_group_tests_name("index-damage", tests, NULL, NULL);
}
