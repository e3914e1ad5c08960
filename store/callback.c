/*
 * Callbacks: the journal of raw bytes (sealed, each for its own row), what was said once, the
 * contact of a case, and the counts of a day. All of it is written in the desk's group commit.
 */
#include "store/db.h"

#include <stdio.h>
#include <string.h>

/* ---- the journal ---- */

enum hy_status hy_callback_find(struct hy_store *st, struct hy_source_id source,
				const uint8_t stamp[HY_HASH_LEN], uint8_t body_out[HY_HASH_LEN],
				struct hy_err *err)
{
	struct hy_q q;
	bool more = false;
	enum hy_status status =
		hy_q_open(&q, st, "SELECT body FROM callback WHERE source = ? AND stamp = ?",
			  A_LIST(A_INT(source.v), A_BLOB(stamp, HY_HASH_LEN)), 2, err);

	if (status == HY_OK)
		status = hy_q_step(&q, &more, err);
	if (status == HY_OK && more)
		hy_q_bytes(&q, body_out, HY_HASH_LEN);
	else if (status == HY_OK)
		status = HY_ENOTFOUND;
	hy_q_close(&q);
	return status;
}

enum hy_status hy_callback_add(struct hy_store *st, const struct hy_callback_row *row,
			       const void *raw, size_t n, struct hy_err *err)
{
	uint8_t *sealed = NULL;
	size_t sealed_n = 0;
	struct hy_verb v;
	int64_t id = 0;
	char name[24];
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_db_next_id(st, "SELECT coalesce(max(id), 0) + 1 FROM callback", &id, err);
	(void)snprintf(name, sizeof name, "%" PRId64, id); /* 20 digits at most */
	if (status == HY_OK)
		status = hy_db_seal(st, NULL, "callback", name, "raw", raw, n, &sealed, &sealed_n,
				    err);
	if (status == HY_OK)
		status = hy_db_run(st, NULL, err,
				   "INSERT INTO callback (id, source, at, stamp, body, raw, unread)"
				   " VALUES (?, ?, ?, ?, ?, ?, ?)",
				   A_INT(id), A_INT(row->source.v), A_INT(row->at),
				   A_BLOB(row->stamped ? row->stamp : NULL, HY_HASH_LEN),
				   A_BLOB(row->body, HY_HASH_LEN), A_BLOB(sealed, sealed_n),
				   A_INT(row->unread));
	talloc_free(sealed);
	return hy_verb_leave(&v, st, status, err);
}

static enum hy_status row_callback(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_callback_row *row = rec;
	uint8_t *raw = NULL;
	char name[24];

	row->id = hy_q_int(q);
	row->source.v = hy_q_int(q);
	row->at = hy_q_int(q);
	row->unread = true;
	(void)snprintf(name, sizeof name, "%" PRId64, row->id); /* 20 digits at most */
	enum hy_status status =
		hy_q_sealed(q, ctx, "callback", name, "raw", &raw, &row->n_raw, err);
	row->raw = raw;
	if (status == HY_ECORRUPT) { /* this one cannot be read; the others can */
		row->raw = NULL;
		row->n_raw = 0;
		status = HY_OK;
	}
	return status;
}
static const struct hy_kind kind_callback = {sizeof(struct hy_callback_row), row_callback,
					     N_("callback")};

enum hy_status hy_callback_unread(struct hy_store *st, const void *ctx, struct hy_source_id source,
				  int64_t after, int limit, struct hy_callback_row **out, size_t *n,
				  struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_callback, out, n, err,
			  "SELECT id, source, at, raw FROM callback WHERE unread = 1 AND source = ?"
			  " AND id > ? ORDER BY id LIMIT ?",
			  A_INT(source.v), A_INT(after), A_INT(limit));
}

enum hy_status hy_callback_unread_count(struct hy_store *st, struct hy_source_id source,
					int64_t *out, struct hy_err *err)
{
	return hy_db_int(st, out, err,
			 "SELECT count(*) FROM callback WHERE unread = 1 AND source = ?",
			 A_INT(source.v));
}

enum hy_status hy_callback_read(struct hy_store *st, int64_t id, struct hy_err *err)
{
	return hy_verb_run(st, kind_callback.what, err,
			   "UPDATE callback SET unread = 0 WHERE id = ?", A_INT(id));
}

enum hy_status hy_callback_waiting(struct hy_store *st, const void *ctx, struct hy_source_id source,
				   const uint8_t from[HY_HASH_LEN], const uint8_t to[HY_HASH_LEN],
				   struct hy_callback_row **out, size_t *n, struct hy_err *err)
{
	int64_t count = 0;
	enum hy_status status;

	if (out != NULL)
		return hy_db_list(st, ctx, &kind_callback, out, n, err,
				  "SELECT id, source, at, raw FROM callback WHERE source = ?"
				  " AND stamp BETWEEN ? AND ? AND unread = 1 ORDER BY stamp",
				  A_INT(source.v), A_BLOB(from, HY_HASH_LEN),
				  A_BLOB(to, HY_HASH_LEN));
	status = hy_db_int(st, &count, err,
			   "SELECT count(*) FROM callback WHERE source = ?"
			   " AND stamp BETWEEN ? AND ? AND unread = 1",
			   A_INT(source.v), A_BLOB(from, HY_HASH_LEN), A_BLOB(to, HY_HASH_LEN));
	*n = (size_t)count;
	return status;
}

enum hy_status hy_callback_joined(struct hy_store *st, int64_t id, struct hy_err *err)
{
	return hy_verb_run(st, kind_callback.what, err,
			   "UPDATE callback SET unread = 0, stamp = NULL WHERE id = ?", A_INT(id));
}

enum hy_status hy_callback_erase(struct hy_store *st, hy_time raw_before, hy_time push_before,
				 int64_t *gone, struct hy_err *err)
{
	struct hy_verb v;
	int64_t rows = 0;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_db_run(st, &rows, err, "DELETE FROM callback WHERE at < ?", A_INT(raw_before));
	if (status == HY_OK)
		status = hy_db_run(
			st, NULL, err,
			/* what was imported or typed in is known for as long as its case stands */
			"DELETE FROM push WHERE at < ? AND NOT (cs IS NOT NULL AND (source = 0 OR source"
			" IN (SELECT id FROM source WHERE kind = 'import')) AND EXISTS"
			" (SELECT 1 FROM office_case c WHERE c.id = push.cs))",
			A_INT(push_before));
	status = hy_verb_leave(&v, st, status, err);
	if (status == HY_OK && gone)
		*gone = rows;
	return status;
}

/* ---- what was said ---- */

static enum hy_status row_push(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_push_row *p = rec;

	(void)ctx, (void)err;
	p->at = hy_q_int(q);
	p->changed = hy_q_int(q);
	p->gone = hy_q_int(q) != 0;
	p->item.v = hy_q_int(q);
	p->cs.v = hy_q_int(q);
	return HY_OK;
}
static const struct hy_kind kind_push = {sizeof(struct hy_push_row), row_push, N_("push")};

enum hy_status hy_push_find(struct hy_store *st, const void *ctx, struct hy_source_id source,
			    const uint8_t key[HY_HASH_LEN], struct hy_push_row **out,
			    struct hy_err *err)
{
	return hy_db_one(
		st, ctx, &kind_push, out, err,
		"SELECT at, changed, gone, item, cs FROM push WHERE source = ? AND key = ?",
		A_INT(source.v), A_BLOB(key, HY_HASH_LEN));
}

enum hy_status hy_push_put(struct hy_store *st, struct hy_source_id source,
			   const uint8_t key[HY_HASH_LEN], const struct hy_push_row *p,
			   struct hy_err *err)
{
	return hy_verb_run(st, NULL, err,
			   "INSERT INTO push (source, key, at, changed, gone, item, cs)"
			   " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, key) DO UPDATE SET"
			   " changed = excluded.changed, gone = excluded.gone,"
			   " item = excluded.item, cs = excluded.cs",
			   A_INT(source.v), A_BLOB(key, HY_HASH_LEN), A_INT(p->at),
			   A_INT(p->changed), A_INT(p->gone), A_REF(p->item.v), A_REF(p->cs.v));
}

/* ---- the contact of a case ---- */

enum hy_status hy_contact_add(struct hy_store *st, struct hy_case_id cs,
			      struct hy_account_id account, const uint8_t contact[HY_HASH_LEN],
			      const char *handle, hy_time at, struct hy_err *err)
{
	uint8_t *sealed = NULL;
	size_t n = 0;
	struct hy_verb v;
	char row[24];
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	(void)snprintf(row, sizeof row, "%" PRId64, cs.v); /* 20 digits at most */
	status = hy_db_seal(st, NULL, "case_contact", row, "handle", handle, strlen(handle),
			    &sealed, &n, err);
	if (status == HY_OK)
		status = hy_db_run(st, NULL, err,
				   "INSERT INTO case_contact (cs, account, contact, handle, last)"
				   " VALUES (?, ?, ?, ?, ?)",
				   A_INT(cs.v), A_INT(account.v), A_BLOB(contact, HY_HASH_LEN),
				   A_BLOB(sealed, n), A_INT(at));
	talloc_free(sealed);
	return hy_verb_leave(&v, st, status, err);
}

enum hy_status hy_contact_find(struct hy_store *st, struct hy_account_id account,
			       const uint8_t contact[HY_HASH_LEN], hy_time since,
			       struct hy_case_id *out, struct hy_err *err)
{
	return hy_db_int(st, &out->v, err,
			 "SELECT k.cs FROM case_contact k JOIN office_case c ON c.id = k.cs"
			 " WHERE k.account = ? AND k.contact = ? AND k.last >= ? AND c.state <> 4"
			 " ORDER BY k.cs DESC LIMIT 1",
			 A_INT(account.v), A_BLOB(contact, HY_HASH_LEN), A_INT(since));
}

enum hy_status hy_contact_wrote(struct hy_store *st, struct hy_case_id cs, hy_time at,
				struct hy_err *err)
{
	return hy_verb_run(st, NULL, err,
			   "UPDATE case_contact SET last = max(last, ?) WHERE cs = ?", A_INT(at),
			   A_INT(cs.v));
}

enum hy_status hy_contact_erase(struct hy_store *st, hy_time closed_before, int64_t *gone,
				struct hy_err *err)
{
	struct hy_verb v;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_db_run(st, gone, err,
			   "DELETE FROM case_contact WHERE cs IN (SELECT id FROM office_case"
			   " WHERE state = 4 AND closed > 0 AND closed < ?)",
			   A_INT(closed_before));
	if (status == HY_OK)
		status = hy_db_run(st, NULL, err,
				   "UPDATE case_media SET state = 4, remote = NULL, name = NULL, bytes = NULL,"
				   " error = NULL WHERE state <> 4 AND cs IN (SELECT id FROM office_case"
				   " WHERE state = 4 AND closed > 0 AND closed < ?)",
				   A_INT(closed_before));
	return hy_verb_leave(&v, st, status, err);
}

enum hy_status hy_contact_open(struct hy_store *st, const void *ctx, struct hy_case_id cs,
			       struct hy_account_id *account, char **handle, hy_time *last,
			       struct hy_err *err)
{
	struct hy_q q;
	bool more = false;
	uint8_t *plain = NULL;
	char row[24];

	(void)snprintf(row, sizeof row, "%" PRId64, cs.v); /* 20 digits at most */
	enum hy_status status =
		hy_q_open(&q, st, "SELECT account, last, handle FROM case_contact WHERE cs = ?",
			  A_LIST(A_INT(cs.v)), 1, err);
	if (status == HY_OK)
		status = hy_q_step(&q, &more, err);
	if (status == HY_OK && !more)
		status = hy_err_set(err, HY_ENOTFOUND, _("nobody wrote this case over an account"));
	if (status == HY_OK) {
		account->v = hy_q_int(&q);
		*last = hy_q_int(&q);
		status = hy_q_sealed(&q, ctx, "case_contact", row, "handle", &plain, NULL, err);
	}
	if (status == HY_OK)
		*handle = (char *)plain;
	hy_q_close(&q);
	return status;
}

/* ---- the counts of a day ---- */

enum hy_status hy_source_count(struct hy_store *st, struct hy_source_id source, int day,
			       const char *what, const char *why, int64_t n, struct hy_err *err)
{
	return hy_verb_run(st, NULL, err,
			   "INSERT INTO source_day (source, day, what, why, n)"
			   " VALUES (?, ?, ?, ?, ?) ON CONFLICT (source, day, what, why)"
			   " DO UPDATE SET n = n + excluded.n",
			   A_INT(source.v), A_INT(day), A_STR(what), A_STR(why), A_INT(n));
}

static enum hy_status row_count(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_source_count *c = rec;

	(void)err;
	c->source.v = hy_q_int(q);
	c->day = (int)hy_q_int(q);
	c->what = hy_q_text(q, ctx);
	c->why = hy_q_text(q, ctx);
	c->n = hy_q_int(q);
	return HY_OK;
}
static const struct hy_kind kind_count = {sizeof(struct hy_source_count), row_count, N_("count")};

enum hy_status hy_source_counts(struct hy_store *st, const void *ctx, int day_since, int day_until,
				struct hy_source_count **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_count, out, n, err,
			  "SELECT source, day, what, why, n FROM source_day"
			  " WHERE day >= ? AND day < ? ORDER BY source, day, what, why",
			  A_INT(day_since), A_INT(day_until));
}
