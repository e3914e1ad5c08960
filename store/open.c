/*
 * Opening the record: limits and pragmas of trust.md, migrations one transaction each, and the
 * frame of transactions. An authorizer keeps even a mistake of ours from rewriting the audit.
 */
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The limits of trust 2.3, and what our own SQL needs. */
#define LENGTH_MAX (16 << 20) /* a body is at most 8 MiB */
#define SQL_LENGTH_MAX 100000
#define EXPR_DEPTH_MAX 40 /* 10 is too few for our CHECKs */
#define COLUMN_MAX 100
#define VDBE_OP_MAX 25000
#define NAMES_VERSION 2 /* the migration that SQL alone cannot do */

static const char busy_timeout[] = "PRAGMA busy_timeout = 5000";

static const char *const pragmas[] = {
	"PRAGMA foreign_keys = ON",
	/* REPLACE then fires the triggers of DELETE, which refuse: items have no trigger of their
	   own against it, as it cost more than the rest of the row. */
	"PRAGMA recursive_triggers = ON",
	"PRAGMA secure_delete = ON",
	"PRAGMA trusted_schema = OFF",
	"PRAGMA cell_size_check = ON",
	"PRAGMA mmap_size = 0",
	"PRAGMA synchronous = FULL",
	"PRAGMA temp_store = MEMORY",
	/* 64 MiB: the newest block of item_key is hit at random, its pages stay in hand. */
	"PRAGMA cache_size = -65536",
	/* Batches touch the same pages again and again: copy them back once. */
	"PRAGMA wal_autocheckpoint = 8000",
	"PRAGMA journal_size_limit = 67108864",
};

static int store_free(struct hy_store *st)
{
	hy_db_cache_clear(st);
	/* Nothing is left open that could make it fail. */
	(void)sqlite3_close_v2(st->db);
	explicit_bzero(st->master, sizeof st->master);
	return 0;
}

static void set_limits(sqlite3 *db)
{
	(void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, LENGTH_MAX);
	(void)sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, SQL_LENGTH_MAX);
	(void)sqlite3_limit(db, SQLITE_LIMIT_COLUMN, COLUMN_MAX);
	(void)sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, EXPR_DEPTH_MAX);
	(void)sqlite3_limit(db, SQLITE_LIMIT_COMPOUND_SELECT, 3);
	(void)sqlite3_limit(db, SQLITE_LIMIT_VDBE_OP, VDBE_OP_MAX);
	(void)sqlite3_limit(db, SQLITE_LIMIT_FUNCTION_ARG, 8);
	(void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	(void)sqlite3_limit(db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50);
	(void)sqlite3_limit(db, SQLITE_LIMIT_VARIABLE_NUMBER, 60);
	(void)sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 10);
}

static int set_config(sqlite3 *db)
{
	static const struct {
		int op, value;
	} config[] = {
		{SQLITE_DBCONFIG_DEFENSIVE, 1},
		{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
		{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
		{SQLITE_DBCONFIG_DQS_DML, 0},
		{SQLITE_DBCONFIG_DQS_DDL, 0},
		{SQLITE_DBCONFIG_ENABLE_FKEY, 1},
		{SQLITE_DBCONFIG_ENABLE_TRIGGER, 1},
		{SQLITE_DBCONFIG_ENABLE_VIEW, 0},
	};

	for (size_t i = 0; i < HY_LEN(config); i++) {
		int rc = sqlite3_db_config(db, config[i].op, config[i].value, NULL);

		if (rc != SQLITE_OK)
			return rc;
	}
	return SQLITE_OK;
}

/* What no verb of ours ever does. The triggers say the same to every other program. */
static int authorize(void *user, int action, const char *a, const char *b, const char *db,
		     const char *trigger)
{
	static const char *const kept[] = {"audit", "statement_revision", "statement_target"};

	(void)user, (void)b, (void)db, (void)trigger;
	switch (action) {
	case SQLITE_ATTACH:
	case SQLITE_DETACH:
	case SQLITE_DROP_TABLE:
	case SQLITE_DROP_TRIGGER:
	case SQLITE_DROP_INDEX:
	case SQLITE_ALTER_TABLE:
	case SQLITE_CREATE_TRIGGER:
	case SQLITE_CREATE_TABLE:
		return SQLITE_DENY;
	case SQLITE_UPDATE:
	case SQLITE_DELETE:
		for (size_t i = 0; i < HY_LEN(kept); i++)
			if (strcmp(a, kept[i]) == 0)
				return SQLITE_DENY;
		return SQLITE_OK;
	default:
		return SQLITE_OK;
	}
}

static enum hy_status read_version(struct hy_store *st, int64_t *version, struct hy_err *err)
{
	enum hy_status status = hy_db_pragma(st, "PRAGMA user_version", version, err);

	if (status == HY_OK && *version > hy_migrations_n)
		return hy_err_set(err, HY_ECORRUPT,
				  _("the record is version %" PRId64
				    ", made by a newer huying; this one knows %d: update it"),
				  *version, hy_migrations_n);
	return status;
}

/* One step up. Two programs at once: the second finds the version raised and does nothing. */
static enum hy_status migrate_one(struct hy_store *st, int64_t *version, struct hy_err *err)
{
	enum hy_status status = hy_db_exec(st, "BEGIN IMMEDIATE", err);

	if (status != HY_OK)
		return status;
	status = read_version(st, version, err);
	if (status == HY_OK && *version < hy_migrations_n) {
		status = hy_db_exec(st, hy_migrations[*version], err);
		if (status == HY_OK && *version + 1 == NAMES_VERSION)
			status = hy_names_migrate(st, err);
		if (status == HY_OK) {
			char *sql = hy_strf(st, "PRAGMA user_version = %" PRId64, *version + 1);

			status = hy_db_exec(st, sql, err);
			talloc_free(sql);
		}
		if (status == HY_OK)
			++*version;
	}
	if (status == HY_OK)
		status = hy_db_exec(st, "COMMIT", err);
	if (status != HY_OK && !sqlite3_get_autocommit(st->db))
		(void)hy_db_exec(st, "ROLLBACK", NULL); /* the first failure is the one told */
	return status;
}

static enum hy_status migrate(struct hy_store *st, unsigned flags, struct hy_err *err)
{
	int64_t version = 0;
	enum hy_status status = read_version(st, &version, err);

	if (status != HY_OK || version == hy_migrations_n)
		return status;
	if (version == 0 && !(flags & HY_STORE_CREATE))
		return hy_err_set(err, HY_ECORRUPT, _("huying.db is empty: run `huying setup`"));
	if (version > 0 && !(flags & (HY_STORE_MIGRATE | HY_STORE_CREATE)))
		return hy_err_set(err, HY_ECORRUPT,
				  _("the record is of an older huying (version %" PRId64
				    " of %d): start huying serve, which brings it up"),
				  version, hy_migrations_n);
	while (status == HY_OK && version < hy_migrations_n)
		status = migrate_one(st, &version, err);
	return status == HY_OK ? HY_OK : hy_err_wrap(err, _("bringing the record up"));
}

static enum hy_status configure(struct hy_store *st, unsigned flags, struct hy_err *err)
{
	enum hy_status status = HY_OK;
	int64_t version = 0;

	set_limits(st->db);
	if (set_config(st->db) != SQLITE_OK)
		return hy_err_set(err, HY_ESYSTEM, _("SQLite refuses its settings"));
	status = hy_db_exec(st, busy_timeout, err);
	for (size_t i = 0; status == HY_OK && i < HY_LEN(pragmas); i++)
		status = hy_db_exec(st, pragmas[i], err);
	/* A newer record is left as it is: look before the journal is touched. */
	if (status == HY_OK)
		status = read_version(st, &version, err);
	if (status == HY_OK && !st->read_only)
		status = hy_db_exec(st, "PRAGMA journal_mode = WAL", err);
	if (status == HY_OK)
		status = migrate(st, flags, err);
	if (status == HY_OK && st->read_only)
		status = hy_db_exec(st, "PRAGMA query_only = ON", err);
	if (status == HY_OK && sqlite3_set_authorizer(st->db, authorize, NULL) != SQLITE_OK)
		status = hy_err_set(err, HY_ESYSTEM, _("SQLite refuses its settings"));
	return status;
}

/* The file exists, or may be made. */
static enum hy_status check_file(const char *path, unsigned flags, struct hy_err *err)
{
	struct stat sb;

	if (stat(path, &sb) == 0) {
		if (!S_ISREG(sb.st_mode))
			return hy_err_set(err, HY_EINPUT, _("%s is not a file"), path);
		return HY_OK;
	}
	if (errno != ENOENT && errno != ENOTDIR)
		return hy_err_set(err, HY_ESYSTEM, "%s: %s", path, hy_strerror(errno));
	if (!(flags & HY_STORE_CREATE))
		return hy_err_set(err, HY_ENOTFOUND, _("no record at %s: run `huying setup`"),
				  path);
	/* Made here, so that it is never readable by others, whatever the umask. */
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return hy_err_set(err,
				  errno == ENOSPC || errno == EROFS || errno == EACCES ||
						  errno == EDQUOT
					  ? HY_ENOSPACE
					  : HY_ESYSTEM,
				  "%s: %s", path, hy_strerror(errno));
	if (close(fd) != 0)
		return hy_err_set(err, HY_ESYSTEM, "%s: %s", path, hy_strerror(errno));
	return HY_OK;
}

static enum hy_status open_file(struct hy_store *st, const char *dir, const char *path,
				unsigned flags, struct hy_err *err)
{
	int mode = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int rc = sqlite3_open_v2(path, &st->db, mode, NULL);

	if (!st->db)
		hy_mem_die();
	if (rc != SQLITE_OK)
		return hy_db_error(st, rc, err);
	enum hy_status status = configure(st, flags, err);
	if (status == HY_ESYSTEM && access(dir, W_OK) != 0)
		return hy_err_set(err, HY_ENOSPACE,
				  _("%s cannot be written: check the disk and the rights"), dir);
	return status;
}

enum hy_status hy_store_open(struct hy_store **out, const void *ctx, const char *dir,
			     unsigned flags, const uint8_t *master, struct hy_clock *clock,
			     struct hy_err *err)
{
	char *path = hy_strf(ctx, "%s/huying.db", dir);
	enum hy_status status = check_file(path, flags, err);

	if (status == HY_OK) {
		struct hy_store *st = hy_new(ctx, struct hy_store);

		talloc_set_destructor(st, store_free);
		st->clock = clock;
		st->read_only = (flags & HY_STORE_READ_ONLY) != 0;
		if (master) {
			memcpy(st->master, master, HY_KEY_LEN);
			st->has_master = true;
		}
		status = open_file(st, dir, path, flags, err);
		if (status == HY_OK)
			*out = st;
		else
			talloc_free(st);
	}
	talloc_free(path);
	return status;
}

int hy_store_schema_version(void)
{
	return hy_migrations_n;
}

static enum hy_status begin(struct hy_store *st, const char *sql, enum hy_tx tx, struct hy_err *err)
{
	if (st->tx != HY_TX_NONE)
		HY_BUG("a transaction inside a transaction");
	enum hy_status status = hy_db_run(st, NULL, err, sql);
	if (status != HY_OK)
		return status;
	st->tx = tx;
	st->poisoned = false;
	st->next_seq = 0;
	st->wrote_mark = sqlite3_total_changes64(st->db);
	return HY_OK;
}

enum hy_status hy_store_begin(struct hy_store *st, struct hy_err *err)
{
	if (st->read_only)
		return hy_err_set(err, HY_ENOSPACE, _("the record was opened for reading only"));
	return begin(st, "BEGIN IMMEDIATE", HY_TX_WRITE, err);
}

enum hy_status hy_store_begin_read(struct hy_store *st, struct hy_err *err)
{
	return begin(st, "BEGIN DEFERRED", HY_TX_READ, err);
}

enum hy_status hy_store_commit(struct hy_store *st, struct hy_err *err)
{
	if (st->tx == HY_TX_NONE)
		HY_BUG("commit without a transaction");
	if (st->poisoned || sqlite3_get_autocommit(st->db)) {
		hy_store_rollback(st);
		return hy_err_set(err, HY_ECONFLICT,
				  _("a part of this failed before: nothing was changed"));
	}
	enum hy_status status = hy_tally_write(st, err);
	if (status == HY_OK)
		status = hy_db_run(st, NULL, err, "COMMIT");
	if (status != HY_OK) {
		hy_store_rollback(st);
		return status;
	}
	bool wrote = sqlite3_total_changes64(st->db) != st->wrote_mark;
	st->tx = HY_TX_NONE;
	hy_names_settle(st, true);
	if (wrote) {
		st->commits++;
		if (st->on_commit)
			st->on_commit(st->on_commit_user);
	}
	return HY_OK;
}

void hy_store_rollback(struct hy_store *st)
{
	/* SQLite may have rolled back by itself (a full disk): a second one would be an error. */
	if (!sqlite3_get_autocommit(st->db))
		(void)hy_db_run(st, NULL, NULL, "ROLLBACK"); /* nothing can be done about it */
	st->tx = HY_TX_NONE;
	st->poisoned = false;
	st->next_seq = 0;
	hy_names_settle(st, false);
}

void hy_store_on_commit(struct hy_store *st, void (*fn)(void *user), void *user)
{
	st->on_commit = fn;
	st->on_commit_user = user;
}

enum hy_status hy_store_version(struct hy_store *st, int64_t *out, struct hy_err *err)
{
	int64_t v = 0;
	enum hy_status status = hy_db_int(st, &v, err, "PRAGMA data_version");

	if (status == HY_OK)
		*out = v + st->commits;
	return status;
}

static enum hy_status check_lines(struct hy_store *st, const char *sql, int col, const char *words,
				  struct hy_buf *report, struct hy_err *err)
{
	struct hy_q q;
	bool more = true;
	enum hy_status status = hy_q_open(&q, st, sql, NULL, 0, err);

	while (status == HY_OK) {
		status = hy_q_step(&q, &more, err);
		if (status != HY_OK || !more)
			break;
		const char *line = (const char *)sqlite3_column_text(q.stmt, col);
		if (!line || strcmp(line, "ok") == 0)
			continue;
		/* A report past its ceiling is cut: the first lines tell enough. */
		(void)hy_buf_fmt(report, "%s%s\n", words, line);
	}
	hy_q_close(&q);
	return status;
}

enum hy_status hy_store_check(struct hy_store *st, const void *ctx, char **report,
			      struct hy_err *err)
{
	struct hy_buf b;
	int64_t version = 0;

	hy_buf_init(&b, ctx, 1 << 20);
	enum hy_status status = read_version(st, &version, err);
	if (status == HY_OK)
		status = check_lines(st, "PRAGMA integrity_check(100)", 0, "", &b, err);
	if (status == HY_OK)
		status = check_lines(st, "PRAGMA foreign_key_check", 0, "foreign key: ", &b, err);
	if (status == HY_OK && b.len > 0)
		status = hy_err_set(err, HY_ECORRUPT, _("the record is damaged: restore a backup"));
	if (status == HY_OK || status == HY_ECORRUPT)
		*report = hy_buf_take(&b, NULL);
	return status;
}

static enum hy_status sync_file(const char *path, struct hy_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) != 0) {
		int saved = errno;

		if (fd >= 0)
			(void)close(fd); /* the fsync is the failure told */
		return hy_err_set(err, HY_ENOSPACE, "%s: %s", path, hy_strerror(saved));
	}
	return close(fd) == 0 ? HY_OK
			      : hy_err_set(err, HY_ESYSTEM, "%s: %s", path, hy_strerror(errno));
}

/* In steps, so that writers get in between; SQLite starts over what they changed. */
static enum hy_status copy_pages(struct hy_store *st, sqlite3 *to, struct hy_err *err)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", st->db, "main");
	int rc;

	if (!b)
		return hy_err_set(err, HY_ESYSTEM, _("the copy cannot start: %s"),
				  sqlite3_errmsg(to));
	do {
		rc = sqlite3_backup_step(b, -1);
		if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
			(void)sqlite3_sleep(20);
	} while (rc == SQLITE_OK || rc == SQLITE_BUSY || rc == SQLITE_LOCKED);
	int end = sqlite3_backup_finish(b);
	if (rc != SQLITE_DONE || end != SQLITE_OK)
		return hy_err_set(err,
				  (rc & 0xff) == SQLITE_FULL || (rc & 0xff) == SQLITE_IOERR
					  ? HY_ENOSPACE
					  : HY_ESYSTEM,
				  _("the copy of the record failed: %s"), sqlite3_errstr(rc));
	/* One file, nothing beside it. */
	rc = sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
	return rc == SQLITE_OK ? HY_OK
			       : hy_err_set(err, HY_ESYSTEM, _("the copy of the record failed: %s"),
					    sqlite3_errstr(rc));
}

enum hy_status hy_store_backup(struct hy_store *st, const char *path, struct hy_err *err)
{
	sqlite3 *to = NULL;
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return hy_err_set(err, errno == EEXIST ? HY_EEXISTS : HY_ENOSPACE, "%s: %s", path,
				  hy_strerror(errno));
	(void)close(fd); /* empty: nothing to lose */
	int rc = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	enum hy_status status =
		rc == SQLITE_OK ? copy_pages(st, to, err)
				: hy_err_set(err, HY_ESYSTEM, "%s: %s", path, sqlite3_errstr(rc));
	rc = sqlite3_close(to);
	if (status == HY_OK && rc != SQLITE_OK)
		status = hy_err_set(err, HY_ESYSTEM, "%s: %s", path, sqlite3_errstr(rc));
	if (status == HY_OK)
		status = sync_file(path, err);
	if (status != HY_OK)
		(void)unlink(path); /* a half copy helps nobody */
	return status;
}
