/*
 * The audit chain: h_n = SHA-256(0x01 || h_(n-1) || SHA-256(0x00 || canonical JSON of the row)),
 * h_0 = zeroes. Canonical: the names and order of row_json(), compact. The head stands beside the
 * chain too, so that a cut end is seen.
 */
#include "store/db.h"

#include <string.h>

#define AUDIT_COLS "id, at, actor, actor_login, action, object, detail, hash"

static enum hy_status row_audit(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_audit_row *r = rec;

	(void)err;
	r->id = hy_q_int(q);
	r->at = hy_q_int(q);
	r->actor.v = hy_q_int(q);
	r->actor_login = hy_q_text(q, ctx);
	r->action = hy_q_text(q, ctx);
	r->object = hy_q_text(q, ctx);
	r->detail = hy_q_text(q, ctx);
	hy_q_bytes(q, r->hash, sizeof r->hash);
	return HY_OK;
}
static const struct hy_kind kind_audit = {sizeof(struct hy_audit_row), row_audit, N_("audit row")};

static void row_hash(const struct hy_audit_row *r, const uint8_t before[HY_SHA256_LEN],
		     uint8_t out[HY_SHA256_LEN])
{
	struct hy_json_writer *w = hy_json_writer_new(NULL, false);
	uint8_t leaf[HY_SHA256_LEN];
	size_t n = 0;

	hy_jw_object(w);
	hy_jw_kint(w, "id", r->id);
	hy_jw_kint(w, "at", r->at);
	hy_jw_kint(w, "actor", r->actor.v);
	hy_jw_kstr(w, "login", r->actor_login);
	hy_jw_kstr(w, "action", r->action);
	hy_jw_kstr(w, "object", r->object);
	hy_jw_kstr(w, "detail", r->detail);
	hy_jw_end_object(w);
	const char *json = hy_jw_text(w, &n);

	struct hy_sha256 *h = hy_sha256_new(w);
	hy_sha256_add(h, "\0", 1);
	hy_sha256_add(h, json, n);
	hy_sha256_done(h, leaf);
	h = hy_sha256_new(w);
	hy_sha256_add(h, "\1", 1);
	hy_sha256_add(h, before, HY_SHA256_LEN);
	hy_sha256_add(h, leaf, sizeof leaf);
	hy_sha256_done(h, out);
	talloc_free(w);
}

/* The head beside the chain; id 0 when there is none. */
static enum hy_status read_head(struct hy_store *st, int64_t *id, uint8_t hash[HY_SHA256_LEN],
				struct hy_err *err)
{
	struct hy_q q;
	bool more = false;
	enum hy_status status =
		hy_q_open(&q, st, "SELECT id, hash FROM audit_head WHERE one = 1", NULL, 0, err);

	if (status == HY_OK)
		status = hy_q_step(&q, &more, err);
	*id = 0;
	memset(hash, 0, HY_SHA256_LEN);
	if (status == HY_OK && more) {
		*id = hy_q_int(&q);
		hy_q_bytes(&q, hash, HY_SHA256_LEN);
	}
	hy_q_close(&q);
	return status;
}

static enum hy_status actor_login(struct hy_store *st, const void *ctx, struct hy_person_id actor,
				  char **out, struct hy_err *err)
{
	struct hy_person *p = NULL;

	if (actor.v == 0) {
		*out = hy_strdup(ctx, "system");
		return HY_OK;
	}
	enum hy_status status = hy_person_get(st, ctx, actor, &p, err);
	if (status == HY_OK)
		*out = hy_strdup(ctx, p->login);
	return status;
}

static enum hy_status write_row(struct hy_store *st, const struct hy_audit_row *r,
				struct hy_err *err)
{
	enum hy_status status = hy_db_run(
		st, NULL, err, "INSERT INTO audit (" AUDIT_COLS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		A_INT(r->id), A_INT(r->at), A_INT(r->actor.v), A_STR(r->actor_login),
		A_STR(r->action), A_STR(r->object), A_STR(r->detail),
		A_BLOB(r->hash, sizeof r->hash));

	if (status != HY_OK)
		return status;
	return hy_db_run(st, NULL, err,
			 "INSERT INTO audit_head (one, id, hash) VALUES (1, ?, ?)"
			 " ON CONFLICT (one) DO UPDATE SET id = excluded.id, hash = excluded.hash",
			 A_INT(r->id), A_BLOB(r->hash, sizeof r->hash));
}

enum hy_status hy_audit_add(struct hy_store *st, struct hy_person_id actor, const char *action,
			    const char *object, const char *detail, struct hy_err *err)
{
	uint8_t before[HY_SHA256_LEN];
	char *login = NULL;
	struct hy_verb v;

	if (st->tx != HY_TX_WRITE)
		HY_BUG("an audit row outside a transaction: %s", action);
	void *work = talloc_new(NULL);
	struct hy_audit_row r = {.at = hy_now(st->clock),
				 .actor = actor,
				 .action = action,
				 .object = object ? object : "",
				 .detail = detail ? detail : "{}"};
	enum hy_status status = hy_verb_enter(&v, st, err);
	if (status == HY_OK)
		status = actor_login(st, work, actor, &login, err);
	if (status == HY_OK)
		status = read_head(st, &r.id, before, err);
	if (status == HY_OK) {
		r.id++;
		r.actor_login = login;
		row_hash(&r, before, r.hash);
		status = write_row(st, &r, err);
	}
	status = hy_verb_leave(&v, st, status, err);
	talloc_free(work);
	return status;
}

enum hy_status hy_audit_list(struct hy_store *st, const void *ctx, int64_t before_id, int limit,
			     struct hy_audit_row **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_audit, out, n, err,
			  "SELECT " AUDIT_COLS " FROM audit WHERE (?1 = 0 OR id < ?1)"
			  " ORDER BY id DESC LIMIT ?2",
			  A_INT(before_id), A_INT(limit));
}

/* State of a walk: the hash so far and the first wrong id. */
struct walk {
	uint8_t hash[HY_SHA256_LEN];
	int64_t count, last, bad;
};

static enum hy_status walk_chain(struct hy_store *st, struct walk *w, struct hy_err *err)
{
	struct hy_q q;
	bool more = true;
	enum hy_status status =
		hy_q_open(&q, st, "SELECT " AUDIT_COLS " FROM audit ORDER BY id", NULL, 0, err);

	while (status == HY_OK) {
		status = hy_q_step(&q, &more, err);
		if (status != HY_OK || !more)
			break;
		struct hy_audit_row *r = hy_new(NULL, struct hy_audit_row);
		uint8_t want[HY_SHA256_LEN];

		status = row_audit(&q, r, r, err);
		row_hash(r, w->hash, want);
		w->count++;
		/* A gap is the fault of the row that is missing. */
		if (w->bad == 0 && r->id != w->last + 1)
			w->bad = w->last + 1;
		else if (w->bad == 0 && memcmp(want, r->hash, sizeof want) != 0)
			w->bad = r->id;
		w->last = r->id;
		memcpy(w->hash, r->hash, sizeof w->hash);
		talloc_free(r);
	}
	hy_q_close(&q);
	return status;
}

enum hy_status hy_audit_verify(struct hy_store *st, int64_t *bad, int64_t *count,
			       uint8_t head[HY_SHA256_LEN], struct hy_err *err)
{
	struct walk w = {.bad = 0};
	uint8_t stored[HY_SHA256_LEN];
	int64_t stored_id = 0;
	bool snapshot = st->tx == HY_TX_NONE;
	enum hy_status status = snapshot ? hy_store_begin_read(st, err) : HY_OK;

	if (status != HY_OK)
		return status;
	status = walk_chain(st, &w, err);
	if (status == HY_OK)
		status = read_head(st, &stored_id, stored, err);
	if (snapshot)
		hy_store_rollback(st);
	if (status != HY_OK)
		return status;
	if (w.bad == 0 && stored_id != w.last)
		w.bad = (stored_id > w.last ? w.last : stored_id) + 1;
	if (w.bad == 0 && memcmp(stored, w.hash, sizeof stored) != 0)
		w.bad = w.last;
	*bad = w.bad;
	*count = w.count;
	memcpy(head, w.hash, HY_SHA256_LEN);
	return HY_OK;
}
