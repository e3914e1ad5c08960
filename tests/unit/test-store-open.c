/* Opening the record: versions, damage, rights, a full disk, two handles, copies. */
#ifndef _GNU_SOURCE
#endif
#include "tests/unit/test-store.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void creates_and_reopens(void **state)
{
	struct fix *f = *state;
	char *v = NULL;

	OK(hy_meta_set(f->st, "office.name", "青山镇", &f->err));
	talloc_free(f->st);
	open_store(f, 0);
	OK(hy_meta_get(f->st, f, "office.name", &v, &f->err));
	assert_string_equal(v, "青山镇");
	assert_int_equal(raw_int(f, "PRAGMA user_version"), hy_store_schema_version());
	assert_int_equal(raw_int(f, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
}

static void mode_is_private(void **state)
{
	struct fix *f = *state;
	struct stat sb;
	char *path = hy_strf(f, "%s/huying.db", f->dir);

	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 077, 0);
}

static void missing_is_not_found(void **state)
{
	struct fix *f = *state;
	struct hy_store *st = NULL;
	char *dir = hy_strf(f, "%s/nowhere", f->dir);

	FAILS(hy_store_open(&st, f, dir, 0, NULL, f->clock, &f->err), HY_ENOTFOUND);
	assert_non_null(strstr(f->err.text, "huying setup"));
	assert_null(st);
}

static void newer_is_refused(void **state)
{
	struct fix *f = *state;
	struct hy_store *st = NULL;

	talloc_free(f->st);
	f->st = NULL;
	assert_int_equal(raw_sql(f, "PRAGMA user_version = 9999"), SQLITE_OK);
	FAILS(hy_store_open(&st, f, f->dir, HY_STORE_CREATE | HY_STORE_MIGRATE, NULL, f->clock,
			    &f->err),
	      HY_ECORRUPT);
	assert_non_null(strstr(f->err.text, "newer huying"));
	assert_int_equal(raw_int(f, "PRAGMA user_version"), 9999);
}

static void empty_file_is_migrated_when_asked(void **state)
{
	struct fix *f = *state;
	struct hy_store *st = NULL;
	char *path = hy_strf(f, "%s/huying.db", f->dir);

	talloc_free(f->st);
	f->st = NULL;
	assert_int_equal(truncate(path, 0), 0);
	FAILS(hy_store_open(&st, f, f->dir, HY_STORE_MIGRATE, NULL, f->clock, &f->err),
	      HY_ECORRUPT);
	open_store(f, HY_STORE_CREATE);
	assert_int_equal(raw_int(f, "PRAGMA user_version"), hy_store_schema_version());
	assert_int_equal(raw_int(f, "SELECT count(*) FROM item"), 0);
}

static void damage_is_told(void **state)
{
	struct fix *f = *state;
	struct hy_store *st = NULL;
	char *path = hy_strf(f, "%s/huying.db", f->dir);

	talloc_free(f->st);
	f->st = NULL;
	OK(hy_file_write(path, "this is not a record at all, whatever its name may say", 54, 0600,
			 &f->err));
	FAILS(hy_store_open(&st, f, f->dir, 0, NULL, f->clock, &f->err), HY_ECORRUPT);
}

static void reading_handle_does_not_write(void **state)
{
	struct fix *f = *state;
	struct hy_store *ro = NULL;
	char *v = NULL;

	OK(hy_meta_set(f->st, "a", "1", &f->err));
	OK(hy_store_open(&ro, f, f->dir, HY_STORE_READ_ONLY, NULL, f->clock, &f->err));
	OK(hy_meta_get(ro, f, "a", &v, &f->err));
	assert_string_equal(v, "1");
	FAILS(hy_meta_set(ro, "a", "2", &f->err), HY_ENOSPACE);
	talloc_free(ro);
}

/* In a child, as somebody who may read but not write. */
static int try_as_nobody(struct fix *f)
{
	struct hy_store *st = NULL;

	if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
		return 90;
	enum hy_status s = hy_store_open(&st, NULL, f->dir, 0, NULL, f->clock, &f->err);
	if (s == HY_OK)
		s = hy_meta_set(st, "a", "2", &f->err);
	return s == HY_ENOSPACE ? 0 : 1 + (int)s;
}

static void read_only_folder(void **state)
{
	struct fix *f = *state;
	char *path = hy_strf(f, "%s/huying.db", f->dir);
	int status = 0;

	talloc_free(f->st);
	f->st = NULL;
	assert_int_equal(chmod(path, 0444), 0);
	assert_int_equal(chmod(f->dir, 0555), 0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(try_as_nobody(f));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 90)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void put_big(struct fix *f, enum hy_status want)
{
	char *big = hy_new_array(f, char, 200000);

	memset(big, 'x', 199999);
	enum hy_status s = HY_OK;
	for (int i = 0; s == HY_OK && i < 20; i++) {
		char key[16];

		(void)snprintf(key, sizeof key, "k%d", i);
		s = hy_meta_set(f->st, key, big, &f->err);
	}
	assert_int_equal(s, want);
}

/* A full disk as the kernel tells it: in a child, as the limit is the process's. */
static int try_when_full(struct fix *f)
{
	struct rlimit limit = {1 << 20, 1 << 20};
	char *v = NULL;

	(void)signal(SIGXFSZ, SIG_IGN);
	open_store(f, 0);
	if (hy_meta_set(f->st, "before", "1", &f->err) != HY_OK)
		return 2;
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 3;
	put_big(f, HY_ENOSPACE);
	if (hy_meta_get(f->st, f, "before", &v, &f->err) != HY_OK || strcmp(v, "1") != 0)
		return 4;
	return 0;
}

static void full_disk(void **state)
{
	struct fix *f = *state;
	int status = 0;
	char *v = NULL;

	talloc_free(f->st);
	f->st = NULL;
	pid_t pid = fork();
	if (pid == 0)
		_exit(try_when_full(f));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	open_store(f, 0);
	OK(hy_store_check(f->st, f, &v, &f->err));
	assert_string_equal(v, "");
}

static void full_disk_inside_a_transaction(void **state)
{
	struct fix *f = *state;
	char *sql = NULL, *v = NULL, *big = hy_new_array(f, char, 900001);

	/* A page limit of the record itself, set through its own handle. */
	sql = hy_strf(f, "PRAGMA max_page_count = %" PRId64, raw_int(f, "PRAGMA page_count") + 20);
	OK(hy_meta_set(f->st, "before", "1", &f->err));
	sqlite3 *db = *(sqlite3 **)f->st; /* the first member, for this test alone */
	assert_int_equal(sqlite3_exec(db, sql, 0, 0, 0), SQLITE_OK);
	memset(big, 'x', 900000);
	OK(hy_store_begin(f->st, &f->err));
	OK(hy_meta_set(f->st, "before", "2", &f->err));
	FAILS(hy_meta_set(f->st, "big", big, &f->err), HY_ENOSPACE);
	assert_int_not_equal(hy_store_commit(f->st, &f->err), HY_OK);
	hy_store_rollback(f->st);
	OK(hy_meta_get(f->st, f, "before", &v, &f->err));
	assert_string_equal(v, "1");
	OK(hy_meta_set(f->st, "after", "3", &f->err));
}

static void count_commit(void *user)
{
	++*(int *)user;
}

static void two_handles_see_each_other(void **state)
{
	struct fix *f = *state;
	struct hy_store *b = NULL;
	int commits = 0;
	int64_t v0 = 0, v1 = 0, v2 = 0;
	char *v = NULL;

	OK(hy_store_open(&b, f, f->dir, 0, test_master, f->clock, &f->err));
	hy_store_on_commit(f->st, count_commit, &commits);
	OK(hy_store_version(b, &v0, &f->err));
	OK(hy_meta_set(f->st, "a", "1", &f->err));
	assert_int_equal(commits, 1);
	OK(hy_store_version(b, &v1, &f->err));
	assert_int_not_equal(v0, v1);
	OK(hy_store_version(b, &v2, &f->err));
	assert_int_equal(v1, v2);
	OK(hy_meta_set(b, "a", "2", &f->err));
	OK(hy_store_version(b, &v2, &f->err));
	assert_int_not_equal(v1, v2);
	assert_int_equal(commits, 1);

	/* A snapshot stands still while the other writes. */
	OK(hy_store_begin_read(b, &f->err));
	OK(hy_meta_get(b, f, "a", &v, &f->err));
	OK(hy_meta_set(f->st, "a", "3", &f->err));
	OK(hy_meta_get(b, f, "a", &v, &f->err));
	assert_string_equal(v, "2");
	OK(hy_store_commit(b, &f->err));
	OK(hy_meta_get(b, f, "a", &v, &f->err));
	assert_string_equal(v, "3");
	talloc_free(b);
}

static void rollback_leaves_nothing(void **state)
{
	struct fix *f = *state;
	char *v = NULL;
	int commits = 0;

	hy_store_on_commit(f->st, count_commit, &commits);
	OK(hy_store_begin(f->st, &f->err));
	OK(hy_meta_set(f->st, "a", "1", &f->err));
	hy_store_rollback(f->st);
	hy_store_rollback(f->st);
	OK(hy_meta_get(f->st, f, "a", &v, &f->err));
	assert_null(v);
	OK(hy_store_begin(f->st, &f->err));
	OK(hy_store_commit(f->st, &f->err));
	assert_int_equal(commits, 0);
}

static void backup_is_whole(void **state)
{
	struct fix *f = *state;
	char *path = hy_strf(f, "%s/copy", f->dir), *v = NULL, *report = NULL;
	struct hy_store *st = NULL;

	OK(hy_meta_set(f->st, "a", "1", &f->err));
	assert_int_equal(mkdir(path, 0700), 0);
	char *file = hy_strf(f, "%s/huying.db", path);
	OK(hy_store_backup(f->st, file, &f->err));
	FAILS(hy_store_backup(f->st, file, &f->err), HY_EEXISTS);
	OK(hy_store_open(&st, f, path, 0, NULL, f->clock, &f->err));
	OK(hy_meta_get(st, f, "a", &v, &f->err));
	assert_string_equal(v, "1");
	OK(hy_store_check(st, f, &report, &f->err));
	assert_string_equal(report, "");
	talloc_free(st);
}

static void own_handle_cannot_touch_the_audit(void **state)
{
	struct fix *f = *state;
	sqlite3 *db = *(sqlite3 **)f->st; /* the first member, for this test alone */

	assert_int_equal(sqlite3_exec(db, "DELETE FROM audit", 0, 0, 0), SQLITE_AUTH);
	assert_int_equal(sqlite3_exec(db, "DROP TRIGGER audit_no_delete", 0, 0, 0), SQLITE_AUTH);
	assert_int_not_equal(sqlite3_exec(db, "ATTACH ':memory:' AS x", 0, 0, 0), SQLITE_OK);
}

/* The wait of five seconds is set to none for this test. */
static void locked_is_busy(void **state)
{
	struct fix *f = *state;
	struct hy_store *b = NULL;

	OK(hy_store_open(&b, f, f->dir, 0, NULL, f->clock, &f->err));
	assert_int_equal(sqlite3_busy_timeout(*(sqlite3 **)b, 0), SQLITE_OK);
	OK(hy_store_begin(f->st, &f->err));
	FAILS(hy_store_begin(b, &f->err), HY_EBUSY);
	FAILS(hy_meta_set(b, "a", "1", &f->err), HY_EBUSY);
	OK(hy_store_commit(f->st, &f->err));
	OK(hy_meta_set(b, "a", "1", &f->err));
	talloc_free(b);
}

/* Bytes turned over in the middle of the file are told, by open or by the check. */
static void damaged_pages_are_told(void **state)
{
	struct fix *f = *state;
	struct hy_store *st = NULL;
	char *path = hy_strf(f, "%s/huying.db", f->dir), *bytes = NULL, *report = NULL;
	size_t n = 0;

	(void)add_source(f, "a");
	(void)add_person(f, "li");
	talloc_free(f->st);
	f->st = NULL;
	OK(hy_file_read(f, path, 8 << 20, &bytes, &n, &f->err));
	for (size_t i = 4096; i + 100 < n; i += 4096)
		memset(bytes + i, 0xa5, 64);
	OK(hy_file_write(path, bytes, n, 0600, &f->err));
	enum hy_status s = hy_store_open(&st, f, f->dir, 0, NULL, f->clock, &f->err);
	if (s == HY_OK) {
		s = hy_store_check(st, f, &report, &f->err);
		talloc_free(st);
	}
	assert_int_equal(s, HY_ECORRUPT);
}

/* A verb refused before it wrote anything leaves the transaction whole. */
static void harmless_failure_in_a_transaction(void **state)
{
	struct fix *f = *state;
	char *v = NULL;

	(void)add_person(f, "li");
	OK(hy_store_begin(f->st, &f->err));
	OK(hy_meta_set(f->st, "a", "1", &f->err));
	FAILS(hy_person_add(f->st, &(struct hy_person){.login = "li"}, NULL, &f->err), HY_EEXISTS);
	OK(hy_store_commit(f->st, &f->err));
	OK(hy_meta_get(f->st, f, "a", &v, &f->err));
	assert_string_equal(v, "1");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, fix_setup, fix_teardown)
	const struct CMUnitTest tests[] = {
		T(creates_and_reopens),
		T(mode_is_private),
		T(missing_is_not_found),
		T(newer_is_refused),
		T(empty_file_is_migrated_when_asked),
		T(damage_is_told),
		T(reading_handle_does_not_write),
		T(read_only_folder),
		T(full_disk),
		T(full_disk_inside_a_transaction),
		T(two_handles_see_each_other),
		T(rollback_leaves_nothing),
		T(backup_is_whole),
		T(own_handle_cannot_touch_the_audit),
		T(locked_is_busy),
		T(damaged_pages_are_told),
		T(harmless_failure_in_a_transaction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
