/* What the tests of store/ share: a record in a folder of its own, and a raw door beside it. */
#ifndef HY_TEST_STORE_H
#define HY_TEST_STORE_H

#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW ((hy_time)1795500000000)

struct fix {
	char dir[64];
	struct hy_clock *clock;
	struct hy_store *st;
	struct hy_err err;
};

static const uint8_t test_master[HY_KEY_LEN] = "an altogether secret master key";

/* A verb must succeed; its words are shown when it does not. */
#define OK(call)                                                                                   \
	do {                                                                                       \
		enum hy_status s_ = (call);                                                        \
		if (s_ != HY_OK)                                                                   \
			print_message("# %s: %s\n", #call, f->err.text);                           \
		assert_int_equal(s_, HY_OK);                                                       \
	} while (0)
#define FAILS(call, want) assert_int_equal((call), (want))

static inline int remove_one(const char *path, const struct stat *sb, int type, struct FTW *w)
{
	(void)sb, (void)type, (void)w;
	return remove(path);
}

static inline void open_store(struct fix *f, unsigned flags)
{
	enum hy_status s = hy_store_open(&f->st, f, f->dir, flags, test_master, f->clock, &f->err);

	if (s != HY_OK)
		print_message("# open: %s\n", f->err.text);
	assert_int_equal(s, HY_OK);
}

static inline int fix_setup(void **state)
{
	struct fix *f = talloc_zero(NULL, struct fix);
	const char *tmp = getenv("TMPDIR");

	if (hy_crypt_init(&f->err) != HY_OK)
		return -1;
	(void)snprintf(f->dir, sizeof f->dir, "%s/hy-store-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(f->dir))
		return -1;
	f->clock = hy_clock_fixed(f, NOW);
	open_store(f, HY_STORE_CREATE);
	*state = f;
	return 0;
}

static inline int fix_teardown(void **state)
{
	struct fix *f = *state;

	talloc_free(f->st);
	(void)chmod(f->dir, 0700);
	(void)nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	talloc_free(f);
	return 0;
}

/* SQL past all our code: SQLite's answer. */
static inline int raw_sql(struct fix *f, const char *sql)
{
	char path[128];
	sqlite3 *db = NULL;

	(void)snprintf(path, sizeof path, "%s/huying.db", f->dir);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	(void)sqlite3_busy_timeout(db, 5000);
	assert_int_equal(sqlite3_exec(db, "PRAGMA foreign_keys = ON", 0, 0, 0), SQLITE_OK);
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	(void)sqlite3_close(db);
	return rc;
}

static inline int64_t raw_int(struct fix *f, const char *sql)
{
	char path[128];
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;

	(void)snprintf(path, sizeof path, "%s/huying.db", f->dir);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	int64_t v = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
	return v;
}

/* True when the bytes stand anywhere in a file of the folder whose name begins with huying.db. */
static inline bool raw_grep(struct fix *f, const char *marker)
{
	static const char *const names[] = {"huying.db", "huying.db-wal", "huying.db-journal"};
	bool found = false;

	for (size_t i = 0; i < HY_LEN(names); i++) {
		char *path = talloc_asprintf(f, "%s/%s", f->dir, names[i]);
		FILE *in = fopen(path, "rb");

		talloc_free(path);
		if (!in)
			continue;
		char *bytes = NULL;
		size_t n = 0;
		if (fseek(in, 0, SEEK_END) == 0) {
			n = (size_t)ftell(in);
			rewind(in);
			bytes = talloc_size(f, n + 1);
			assert_int_equal(fread(bytes, 1, n, in), n);
		}
		(void)fclose(in);
		found = found || (bytes && memmem(bytes, n, marker, strlen(marker)));
		talloc_free(bytes);
	}
	return found;
}

static inline struct hy_person_id add_person(struct fix *f, const char *login)
{
	struct hy_person_id id = {0};
	struct hy_person p = {.login = login, .name = login, .duties = 127, .active = true};

	OK(hy_person_add(f->st, &p, &id, &f->err));
	return id;
}

static inline struct hy_source_id add_source(struct fix *f, const char *name)
{
	struct hy_source_id id = {0};
	struct hy_source s = {
		.name = name, .kind = "feed", .url = "http://a.example/feed", .next_at = NOW};

	OK(hy_source_add(f->st, &s, &id, &f->err));
	return id;
}

#endif
