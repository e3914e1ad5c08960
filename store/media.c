/*
 * What citizens sent beside their words. Fetching a thing twice does no harm, so nothing marks one
 * as under way: what is planned is fetched, and the first that comes whole is kept.
 */
#include "store/db.h"

#include <stdio.h>
#include <string.h>

#define MEDIA_COLS                                                                                 \
	"id, cs, account, type, n, state, attempt, wait_until, not_after, error, made, at, name"

const char *hy_media_state_name(enum hy_media_state state)
{
	static const char *const names[] = {N_("expected"), N_("collected"), N_("failed"),
					    N_("gone"), N_("erased")};

	return names[state];
}

static void row_name(char out[24], int64_t id)
{
	(void)snprintf(out, 24, "%" PRId64, id); /* 20 digits at most */
}

static enum hy_status row_media(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_media *m = rec;
	uint8_t *name = NULL;
	char row[24];

	m->id.v = hy_q_int(q);
	m->cs.v = hy_q_int(q);
	m->account.v = hy_q_int(q);
	m->type = hy_q_text(q, ctx);
	m->n = hy_q_int(q);
	m->state = (enum hy_media_state)hy_q_int(q);
	m->attempt = (int)hy_q_int(q);
	m->wait_until = hy_q_int(q);
	m->not_after = hy_q_int(q);
	m->error = hy_q_text(q, ctx);
	m->made = hy_q_int(q);
	m->at = hy_q_int(q);
	row_name(row, m->id.v);
	enum hy_status status = hy_q_sealed(q, ctx, "case_media", row, "name", &name, NULL, err);
	m->name = (const char *)name;
	return status;
}
static const struct hy_kind kind_media = {sizeof(struct hy_media), row_media, N_("attachment")};

/* With its name on the platform. */
static enum hy_status row_due(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_media *m = rec;
	uint8_t *remote = NULL;
	char name[24];
	enum hy_status status = row_media(q, ctx, rec, err);

	row_name(name, m->id.v);
	if (status == HY_OK)
		status = hy_q_sealed(q, ctx, "case_media", name, "remote", &remote, NULL, err);
	m->remote = (const char *)remote;
	return status;
}
static const struct hy_kind kind_due = {sizeof(struct hy_media), row_due, N_("attachment")};

/* With its bytes. */
static enum hy_status row_whole(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_media *m = rec;
	uint8_t *bytes = NULL;
	size_t n = 0;
	char name[24];
	enum hy_status status = row_media(q, ctx, rec, err);

	row_name(name, m->id.v);
	if (status == HY_OK)
		status = hy_q_sealed(q, ctx, "case_media", name, "bytes", &bytes, &n, err);
	m->bytes = bytes;
	return status;
}
static const struct hy_kind kind_whole = {sizeof(struct hy_media), row_whole, N_("attachment")};

/* Its sealed columns, each for this row; NULL stays NULL. */
struct sealed {
	uint8_t *remote, *name, *bytes;
	size_t n_remote, n_name, n_bytes;
};

static enum hy_status seal(struct hy_store *st, const void *ctx, int64_t id,
			   const struct hy_media *m, struct sealed *out, struct hy_err *err)
{
	const char *remote = m->state == HY_MEDIA_PLANNED ? m->remote : NULL;
	bool got = m->state == HY_MEDIA_GOT;
	char row[24];
	enum hy_status status;

	row_name(row, id);
	status = hy_db_seal(st, ctx, "case_media", row, "remote", remote,
			    remote ? strlen(remote) : 0, &out->remote, &out->n_remote, err);
	if (status == HY_OK)
		status = hy_db_seal(st, ctx, "case_media", row, "name", m->name,
				    m->name ? strlen(m->name) : 0, &out->name, &out->n_name, err);
	if (status == HY_OK)
		status = hy_db_seal(st, ctx, "case_media", row, "bytes", got ? m->bytes : NULL,
				    got ? (size_t)m->n : 0, &out->bytes, &out->n_bytes, err);
	return status;
}

enum hy_status hy_media_add(struct hy_store *st, const struct hy_media *m,
			    const uint8_t key[HY_HASH_LEN], struct hy_err *err)
{
	void *work = talloc_new(NULL);
	struct sealed s = {0};
	int64_t id = 0;
	struct hy_verb v;
	bool got = m->state == HY_MEDIA_GOT;
	hy_time now = hy_now(st->clock);
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK) {
		talloc_free(work);
		return status;
	}
	status = hy_db_next_id(st, "SELECT coalesce(max(id), 0) + 1 FROM case_media", &id, err);
	if (status == HY_OK)
		status = seal(st, work, id, m, &s, err);
	if (status == HY_OK)
		status = hy_db_run(st, NULL, err,
				   "INSERT INTO case_media (id, cs, account, key, remote, name, "
				   "type, bytes, n,"
				   " state, attempt, wait_until, not_after, error, made, at) "
				   "VALUES (?1, ?2, ?3,"
				   " ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, 0, ?11, ?12, ?13, ?13)"
				   " ON CONFLICT (account, key) DO NOTHING",
				   A_INT(id), A_INT(m->cs.v), A_INT(m->account.v),
				   A_BLOB(key, HY_HASH_LEN), A_BLOB(s.remote, s.n_remote),
				   A_BLOB(s.name, s.n_name), A_TEXT(got ? m->type : NULL),
				   A_BLOB(s.bytes, s.n_bytes), A_INT(got ? m->n : 0),
				   A_INT(m->state), A_INT(m->not_after), A_TEXT(m->error),
				   A_INT(now));
	talloc_free(work);
	return hy_verb_leave(&v, st, status, err);
}

enum hy_status hy_media_due(struct hy_store *st, const void *ctx, hy_time now, int limit,
			    struct hy_media **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_due, out, n, err,
			  "SELECT " MEDIA_COLS ", remote FROM case_media WHERE state = 0"
			  " AND wait_until <= ? ORDER BY wait_until, id LIMIT ?",
			  A_INT(now), A_INT(limit));
}

enum hy_status hy_media_next(struct hy_store *st, hy_time *out, struct hy_err *err)
{
	return hy_db_int(
		st, out, err,
		"SELECT coalesce((SELECT min(wait_until) FROM case_media WHERE state = 0), ?)",
		A_INT(HY_TIME_NEVER));
}

enum hy_status hy_media_list(struct hy_store *st, const void *ctx, struct hy_case_id cs,
			     struct hy_media **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_media, out, n, err,
			  "SELECT " MEDIA_COLS " FROM case_media WHERE cs = ? ORDER BY id",
			  A_INT(cs.v));
}

enum hy_status hy_media_count(struct hy_store *st, struct hy_case_id cs, int64_t *out,
			      struct hy_err *err)
{
	return hy_db_int(st, out, err, "SELECT count(*) FROM case_media WHERE cs = ?", A_INT(cs.v));
}

enum hy_status hy_media_bytes_since(struct hy_store *st, hy_time since, int64_t *out,
				    struct hy_err *err)
{
	return hy_db_int(st, out, err,
			 "SELECT coalesce(sum(n), 0) FROM case_media WHERE state = 1 AND at >= ?",
			 A_INT(since));
}

enum hy_status hy_media_open(struct hy_store *st, const void *ctx, struct hy_case_id cs,
			     struct hy_media_id id, struct hy_media **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_whole, out, err,
			 "SELECT " MEDIA_COLS ", bytes FROM case_media WHERE id = ? AND cs = ?",
			 A_INT(id.v), A_INT(cs.v));
}

enum hy_status hy_media_got(struct hy_store *st, struct hy_media_id id, const char *type,
			    const void *bytes, size_t n, struct hy_err *err)
{
	uint8_t *sealed = NULL;
	size_t sealed_n = 0;
	char name[24];
	struct hy_verb v;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	row_name(name, id.v);
	status = hy_db_seal(st, NULL, "case_media", name, "bytes", bytes, n, &sealed, &sealed_n,
			    err);
	if (status == HY_OK)
		status = hy_db_run(st, NULL, err,
				   "UPDATE case_media SET state = 1, type = ?, bytes = ?, n = ?,"
				   " remote = NULL, error = NULL, attempt = attempt + 1, at = ?"
				   " WHERE id = ? AND state = 0",
				   A_STR(type), A_BLOB(sealed, sealed_n), A_INT(n),
				   A_INT(hy_now(st->clock)), A_INT(id.v));
	talloc_free(sealed);
	return hy_verb_leave(&v, st, status, err);
}

enum hy_status hy_media_wait(struct hy_store *st, struct hy_media_id id, hy_time until, bool tried,
			     const char *error, struct hy_err *err)
{
	return hy_verb_run(st, NULL, err,
			   "UPDATE case_media SET wait_until = ?, attempt = attempt + ?, error = ?,"
			   " at = ? WHERE id = ? AND state = 0",
			   A_INT(until), A_INT(tried), A_TEXT(error), A_INT(hy_now(st->clock)),
			   A_INT(id.v));
}

enum hy_status hy_media_end(struct hy_store *st, struct hy_media_id id, enum hy_media_state state,
			    const char *error, struct hy_err *err)
{
	return hy_verb_run(st, kind_media.what, err,
			   "UPDATE case_media SET state = ?, remote = NULL, error = ?, at = ?"
			   " WHERE id = ? AND state = 0",
			   A_INT(state), A_TEXT(error), A_INT(hy_now(st->clock)), A_INT(id.v));
}
