/*
 * SQLite at arm's length: a cache of prepared statements, binding by typed arguments, and one map
 * from its result codes to ours. After SQLITE_FULL the transaction may be gone already, so what is
 * open is always asked of SQLite and never remembered.
 */
#include "store/db.h"

#include <string.h>

static enum hy_status constraint_error(struct hy_store *st, struct hy_err *err)
{
	const char *msg = sqlite3_errmsg(st->db);

	switch (sqlite3_extended_errcode(st->db)) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return hy_err_set(err, HY_EEXISTS, _("it is there already (%s)"), msg);
	case SQLITE_CONSTRAINT_TRIGGER:
		return hy_err_set(err, HY_EREFUSED, _("a rule of the record forbids it: %s"), msg);
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return hy_err_set(err, HY_ENOTFOUND,
				  _("it names something that is not in the record"));
	default:
		return hy_err_set(err, HY_EINPUT, _("the record does not take this value: %s"),
				  msg);
	}
}

static bool is_write_io(int extended)
{
	switch (extended) {
	case SQLITE_IOERR_WRITE:
	case SQLITE_IOERR_FSYNC:
	case SQLITE_IOERR_DIR_FSYNC:
	case SQLITE_IOERR_TRUNCATE:
	case SQLITE_IOERR_SHMSIZE:
	case SQLITE_IOERR_SHMOPEN:
		return true;
	default:
		return false;
	}
}

enum hy_status hy_db_error(struct hy_store *st, int rc, struct hy_err *err)
{
	const char *msg = sqlite3_errmsg(st->db);
	int extended = sqlite3_extended_errcode(st->db);

	switch (rc & 0xff) {
	case SQLITE_FULL:
		return hy_err_set(err, HY_ENOSPACE,
				  _("the record cannot grow: free space on its disk"));
	case SQLITE_READONLY:
		return hy_err_set(err, HY_ENOSPACE,
				  _("the record is read-only: check the disk and the rights"));
	case SQLITE_IOERR:
		if (is_write_io(extended))
			return hy_err_set(err, HY_ENOSPACE,
					  _("the record cannot be written: check the disk (%s)"),
					  msg);
		return hy_err_set(err, HY_ESYSTEM, _("the record cannot be read: %s (%d)"), msg,
				  extended);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return hy_err_set(err, HY_EBUSY,
				  _("the record is locked by another process; try again"));
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return hy_err_set(err, HY_ECORRUPT,
				  _("the record is damaged (%s): restore a backup"), msg);
	case SQLITE_CONSTRAINT:
		return constraint_error(st, err);
	case SQLITE_NOMEM:
		hy_mem_die();
	case SQLITE_TOOBIG:
		return hy_err_set(err, HY_EINPUT, _("the value is too long for the record"));
	default:
		return hy_err_set(err, HY_ESYSTEM, _("the record fails: %s (%d)"), msg, extended);
	}
}

enum hy_status hy_db_exec(struct hy_store *st, const char *sql, struct hy_err *err)
{
	int rc = sqlite3_exec(st->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? HY_OK : hy_db_error(st, rc, err);
}

enum hy_status hy_db_pragma(struct hy_store *st, const char *sql, int64_t *out, struct hy_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(st->db, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW && out)
		*out = sqlite3_column_int64(stmt, 0);
	/* The result of the finalize repeats that of the step. */
	(void)sqlite3_finalize(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? HY_OK : hy_db_error(st, rc, err);
}

void hy_db_cache_clear(struct hy_store *st)
{
	for (size_t i = 0; i < HY_CACHE_SLOTS; i++) {
		/* The result repeats an error already reported. */
		(void)sqlite3_finalize(st->cache[i].stmt);
		talloc_free(st->cache[i].sql);
		st->cache[i] = (struct hy_cached){0};
		st->by_address[i] = NULL;
	}
}

static uint32_t sql_hash(const char *sql)
{
	uint32_t h = 2166136261u;

	for (; *sql; sql++)
		h = (h ^ (unsigned char)*sql) * 16777619u;
	return h;
}

/* The slot of sql: in use by it, or free; NULL when all are taken. Most texts are literals, so the
 * address tells where to look; that it is the same text is still compared. */
static struct hy_cached *find_slot(struct hy_store *st, const char *sql)
{
	struct hy_cached **known = &st->by_address[(uintptr_t)sql / 8 % HY_CACHE_SLOTS];

	if (*known && strcmp((*known)->sql, sql) == 0)
		return *known;
	uint32_t at = sql_hash(sql) % HY_CACHE_SLOTS;
	for (size_t i = 0; i < HY_CACHE_SLOTS; i++) {
		struct hy_cached *c = &st->cache[(at + i) % HY_CACHE_SLOTS];

		if (!c->sql)
			return c;
		if (strcmp(c->sql, sql) == 0)
			return *known = c;
	}
	return NULL;
}

static enum hy_status prepare(struct hy_q *q, const char *sql, struct hy_err *err)
{
	struct hy_cached *c = find_slot(q->st, sql);

	if (c && c->sql && !c->busy) {
		q->slot = c;
		q->stmt = c->stmt;
		c->busy = true;
		return HY_OK;
	}
	int rc = sqlite3_prepare_v3(q->st->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &q->stmt, NULL);
	if (rc != SQLITE_OK)
		return hy_db_error(q->st, rc, err);
	if (c && !c->sql) {
		*c = (struct hy_cached){
			.sql = hy_strdup(q->st, sql), .stmt = q->stmt, .busy = true};
		q->slot = c;
	}
	return HY_OK;
}

/* Bound memory must live until hy_q_close(): arguments do. */
static int bind_one(sqlite3_stmt *stmt, int at, const struct hy_arg *a)
{
	switch (a->type) {
	case 'r':
		if (a->i == 0)
			return sqlite3_bind_null(stmt, at);
		return sqlite3_bind_int64(stmt, at, a->i);
	case 'i':
		return sqlite3_bind_int64(stmt, at, a->i);
	case 't':
		return sqlite3_bind_text(stmt, at, a->p, -1, SQLITE_STATIC);
	case 's':
		return sqlite3_bind_text(stmt, at, a->p ? a->p : "", -1, SQLITE_STATIC);
	case 'b':
		return sqlite3_bind_blob64(stmt, at, a->p, a->n, SQLITE_STATIC);
	default:
		HY_BUG("argument of unknown type %d", a->type);
	}
}

enum hy_status hy_q_open(struct hy_q *q, struct hy_store *st, const char *sql,
			 const struct hy_arg *args, size_t n, struct hy_err *err)
{
	*q = (struct hy_q){.st = st};
	enum hy_status status = prepare(q, sql, err);
	if (status != HY_OK)
		return status;
	if ((size_t)sqlite3_bind_parameter_count(q->stmt) != n)
		HY_BUG("%zu arguments for: %s", n, sql);
	for (size_t i = 0; i < n; i++) {
		/* args[0] is the dummy of A_LIST. */
		int rc = bind_one(q->stmt, (int)i + 1, &args[i + 1]);

		if (rc != SQLITE_OK) {
			status = hy_db_error(st, rc, err);
			hy_q_close(q);
			return status;
		}
	}
	return HY_OK;
}

enum hy_status hy_q_step(struct hy_q *q, bool *more, struct hy_err *err)
{
	int rc = sqlite3_step(q->stmt);

	q->col = 0;
	if (rc == SQLITE_ROW || rc == SQLITE_DONE) {
		*more = rc == SQLITE_ROW;
		return HY_OK;
	}
	return hy_db_error(q->st, rc, err);
}

void hy_q_close(struct hy_q *q)
{
	if (!q->stmt)
		return;
	if (q->slot) {
		/* The results repeat what the step said. */
		(void)sqlite3_reset(q->stmt);
		(void)sqlite3_clear_bindings(q->stmt);
		q->slot->busy = false;
	} else {
		(void)sqlite3_finalize(q->stmt);
	}
	q->stmt = NULL;
}

int64_t hy_q_int(struct hy_q *q)
{
	return sqlite3_column_int64(q->stmt, q->col++);
}

char *hy_q_text(struct hy_q *q, const void *ctx)
{
	int col = q->col++;
	const char *s = (const char *)sqlite3_column_text(q->stmt, col);

	return s ? hy_strndup(ctx, s, (size_t)sqlite3_column_bytes(q->stmt, col)) : NULL;
}

void hy_q_bytes(struct hy_q *q, void *out, size_t n)
{
	int col = q->col++;
	const void *p = sqlite3_column_blob(q->stmt, col);

	if (p && (size_t)sqlite3_column_bytes(q->stmt, col) == n)
		memcpy(out, p, n);
	else
		memset(out, 0, n);
}

void *hy_q_blob(struct hy_q *q, const void *ctx, size_t *n_out)
{
	int col = q->col++;
	const void *p = sqlite3_column_blob(q->stmt, col);

	*n_out = p ? (size_t)sqlite3_column_bytes(q->stmt, col) : 0;
	return p ? hy_memdup(ctx, p, *n_out) : NULL;
}

enum hy_status hy_q_sealed(struct hy_q *q, const void *ctx, const char *table, const char *row,
			   const char *column, uint8_t **out, size_t *n_out, struct hy_err *err)
{
	int col = q->col++;
	const void *p = sqlite3_column_blob(q->stmt, col);

	if (!p || !q->st->has_master) {
		*out = NULL;
		if (n_out)
			*n_out = 0;
		return HY_OK;
	}
	char *aad = hy_strf(NULL, "%s|%s|%s", table, row, column);
	size_t n = 0;
	enum hy_status status = hy_unseal(ctx, q->st->master, aad, p,
					  (size_t)sqlite3_column_bytes(q->stmt, col), out, &n, err);
	if (status == HY_OK && n_out)
		*n_out = n;
	if (status != HY_OK)
		status = hy_err_wrap(err, "%s %s %s", table, row, column);
	talloc_free(aad);
	return status;
}

enum hy_status hy_db_run_args(struct hy_store *st, int64_t *changed, struct hy_err *err,
			      const char *sql, const struct hy_arg *args, size_t n)
{
	struct hy_q q;
	bool more = true;
	enum hy_status status = hy_q_open(&q, st, sql, args, n, err);

	while (status == HY_OK && more)
		status = hy_q_step(&q, &more, err);
	if (status == HY_OK && changed)
		*changed = sqlite3_changes64(st->db);
	hy_q_close(&q);
	return status;
}

enum hy_status hy_db_int_args(struct hy_store *st, int64_t *out, struct hy_err *err,
			      const char *sql, const struct hy_arg *args, size_t n)
{
	struct hy_q q;
	bool more = false;
	enum hy_status status = hy_q_open(&q, st, sql, args, n, err);

	if (status == HY_OK)
		status = hy_q_step(&q, &more, err);
	if (status == HY_OK && more)
		*out = hy_q_int(&q);
	else if (status == HY_OK)
		status = hy_err_set(err, HY_ENOTFOUND, _("not in the record"));
	hy_q_close(&q);
	return status;
}

enum hy_status hy_db_no_such(const char *what, struct hy_err *err)
{
	return hy_err_set(err, HY_ENOTFOUND, _("no such %s"), _(what));
}

enum hy_status hy_db_one_args(struct hy_store *st, const void *ctx, const struct hy_kind *k,
			      void *out_ptr, struct hy_err *err, const char *sql,
			      const struct hy_arg *args, size_t n)
{
	struct hy_q q;
	bool more = false;
	enum hy_status status = hy_q_open(&q, st, sql, args, n, err);

	if (status == HY_OK)
		status = hy_q_step(&q, &more, err);
	if (status == HY_OK && !more)
		status = hy_db_no_such(k->what, err);
	if (status == HY_OK) {
		void *rec = hy_mem_zero(ctx, k->size, 1, k->what);

		status = k->row(&q, rec, rec, err);
		if (status == HY_OK)
			memcpy(out_ptr, &rec, sizeof rec);
		else
			talloc_free(rec);
	}
	hy_q_close(&q);
	return status;
}

enum hy_status hy_db_list_args(struct hy_store *st, const void *ctx, const struct hy_kind *k,
			       void *out_ptr, size_t *n_out, struct hy_err *err, const char *sql,
			       const struct hy_arg *args, size_t n)
{
	struct hy_q q;
	size_t len = 0, room = 8;
	bool more = true;
	char *list = hy_mem_zero(ctx, k->size, room, k->what);
	enum hy_status status = hy_q_open(&q, st, sql, args, n, err);

	while (status == HY_OK) {
		status = hy_q_step(&q, &more, err);
		if (status != HY_OK || !more)
			break;
		if (len == room) {
			room *= 2;
			list = hy_mem_resize(ctx, list, k->size, room, k->what);
		}
		memset(list + len * k->size, 0, k->size);
		status = k->row(&q, list, list + len * k->size, err);
		len++;
	}
	hy_q_close(&q);
	if (status != HY_OK) {
		talloc_free(list);
		return status;
	}
	memcpy(out_ptr, &list, sizeof list);
	*n_out = len;
	return HY_OK;
}

enum hy_status hy_verb_enter(struct hy_verb *v, struct hy_store *st, struct hy_err *err)
{
	v->own = false;
	v->mark = sqlite3_total_changes64(st->db);
	if (st->tx == HY_TX_READ)
		HY_BUG("a writing verb inside a read snapshot");
	if (st->tx == HY_TX_WRITE)
		return HY_OK;
	enum hy_status status = hy_store_begin(st, err);
	v->own = status == HY_OK;
	return status;
}

enum hy_status hy_verb_leave(struct hy_verb *v, struct hy_store *st, enum hy_status status,
			     struct hy_err *err)
{
	if (v->own) {
		if (status == HY_OK)
			return hy_store_commit(st, err);
		hy_store_rollback(st);
		return status;
	}
	if (status != HY_OK &&
	    (sqlite3_total_changes64(st->db) != v->mark || sqlite3_get_autocommit(st->db)))
		st->poisoned = true;
	return status;
}

enum hy_status hy_verb_run_args(struct hy_store *st, const char *what, struct hy_err *err,
				const char *sql, const struct hy_arg *args, size_t n)
{
	struct hy_verb v;
	int64_t changed = 0;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_db_run_args(st, &changed, err, sql, args, n);
	if (status == HY_OK && what && changed == 0)
		status = hy_db_no_such(what, err);
	return hy_verb_leave(&v, st, status, err);
}

enum hy_status hy_verb_insert_args(struct hy_store *st, int64_t *id, struct hy_err *err,
				   const char *sql, const struct hy_arg *args, size_t n)
{
	struct hy_verb v;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_db_run_args(st, NULL, err, sql, args, n);
	int64_t row = sqlite3_last_insert_rowid(st->db);
	status = hy_verb_leave(&v, st, status, err);
	if (status == HY_OK && id)
		*id = row;
	return status;
}

enum hy_status hy_db_seal(struct hy_store *st, const void *ctx, const char *table, const char *row,
			  const char *column, const void *plain, size_t plain_n, uint8_t **out,
			  size_t *n_out, struct hy_err *err)
{
	if (!plain) {
		*out = NULL;
		*n_out = 0;
		return HY_OK;
	}
	if (!st->has_master)
		return hy_err_set(err, HY_EAUTH,
				  _("the master key is not loaded: this cannot be sealed"));
	char *aad = hy_strf(NULL, "%s|%s|%s", table, row, column);
	enum hy_status status = hy_seal(ctx, st->master, aad, plain, plain_n, out, n_out, err);
	talloc_free(aad);
	return status;
}

enum hy_status hy_db_next_id(struct hy_store *st, const char *sql, int64_t *out, struct hy_err *err)
{
	return hy_db_int(st, out, err, sql);
}

bool hy_db_is_id(const char *s, int64_t *out)
{
	int64_t v = 0;
	size_t n = 0;

	for (; s[n]; n++) {
		if (s[n] < '0' || s[n] > '9' || n >= 18)
			return false;
		v = v * 10 + (s[n] - '0');
	}
	*out = v;
	return n > 0;
}
