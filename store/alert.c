/* Alerts: at most one open one a key; each (alert, seq) once, so that a replay changes nothing. */
#include "store/db.h"

#define ALERT_COLS                                                                                 \
	"id, kind, watch, watch_version, level, title, why, key, state, disposition, items, "      \
	"first, last, acked_by, acked, closed, cs, claim"

static enum hy_status row_alert(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_alert *a = rec;

	(void)err;
	a->id.v = hy_q_int(q);
	a->kind = hy_q_text(q, ctx);
	a->watch.v = hy_q_int(q);
	a->watch_version = (int)hy_q_int(q);
	a->level = hy_q_text(q, ctx);
	a->title = hy_q_text(q, ctx);
	a->why = hy_q_text(q, ctx);
	a->key = hy_q_text(q, ctx);
	a->state = (enum hy_alert_state)hy_q_int(q);
	a->disposition = hy_q_text(q, ctx);
	a->items = hy_q_int(q);
	a->first = hy_q_int(q);
	a->last = hy_q_int(q);
	a->acked_by.v = hy_q_int(q);
	a->acked = hy_q_int(q);
	a->closed = hy_q_int(q);
	a->cs.v = hy_q_int(q);
	a->claim.v = hy_q_int(q);
	return HY_OK;
}
static const struct hy_kind kind_alert = {sizeof(struct hy_alert), row_alert, N_("alert")};

/*
 * The alert this match belongs to: one that has the pair already, though it be closed (a replay),
 * or the open one; 0 = none.
 */
static enum hy_status find_alert(struct hy_store *st, const char *key, int64_t seq, int64_t *id,
				 struct hy_err *err)
{
	*id = 0;
	if (seq != 0) {
		enum hy_status status =
			hy_db_int(st, id, err,
				  "SELECT a.id FROM alert_item x JOIN alert a ON a.id = x.alert"
				  " WHERE x.seq = ? AND a.key = ? ORDER BY a.id DESC LIMIT 1",
				  A_INT(seq), A_TEXT(key));
		if (status != HY_ENOTFOUND)
			return status;
	}
	enum hy_status status = hy_db_int(
		st, id, err, "SELECT id FROM alert WHERE key = ? AND state <> 2", A_TEXT(key));
	return status == HY_ENOTFOUND ? HY_OK : status;
}

static enum hy_status open_alert(struct hy_store *st, const struct hy_alert *a, hy_time at,
				 int64_t *id, struct hy_err *err)
{
	enum hy_status status = hy_db_run(
		st, NULL, err,
		"INSERT INTO alert (kind, watch, watch_version, level, title, why, key, state,"
		" items, first, last, acked, closed, cs, claim)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, 0, 0, ?, ?)",
		A_TEXT(a->kind ? a->kind : "watch"), A_REF(a->watch.v), A_INT(a->watch_version),
		A_TEXT(a->level ? a->level : "medium"), A_STR(a->title), A_STR(a->why),
		A_STR(a->key), A_INT(at), A_INT(at), A_REF(a->cs.v), A_REF(a->claim.v));

	if (status == HY_OK)
		*id = sqlite3_last_insert_rowid(st->db);
	return status;
}

static enum hy_status match(struct hy_store *st, const struct hy_alert *a, int64_t seq, hy_time at,
			    int64_t *id, bool *fresh, struct hy_err *err)
{
	int64_t added = 1;
	enum hy_status status = find_alert(st, a->key ? a->key : "", seq, id, err);

	*fresh = status == HY_OK && *id == 0;
	if (*fresh)
		status = open_alert(st, a, at, id, err);
	if (status == HY_OK && seq != 0)
		status = hy_db_run(st, &added, err,
				   "INSERT INTO alert_item (alert, seq) VALUES (?, ?)"
				   " ON CONFLICT (alert, seq) DO NOTHING",
				   A_INT(*id), A_INT(seq));
	if (status == HY_OK && added > 0)
		status = hy_db_run(st, NULL, err,
				   "UPDATE alert SET items = items + ?2, first = min(first, ?3),"
				   " last = max(last, ?3) WHERE id = ?1",
				   A_INT(*id), A_INT(seq != 0), A_INT(at));
	return status;
}

enum hy_status hy_alert_match(struct hy_store *st, const struct hy_alert *a, int64_t seq,
			      hy_time at, struct hy_alert_id *out, bool *fresh, struct hy_err *err)
{
	struct hy_verb v;
	int64_t id = 0;
	bool is_new = false;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_verb_leave(&v, st, match(st, a, seq, at, &id, &is_new, err), err);
	if (status != HY_OK)
		return status;
	if (out)
		out->v = id;
	if (fresh)
		*fresh = is_new;
	return HY_OK;
}

enum hy_status hy_alert_get(struct hy_store *st, const void *ctx, struct hy_alert_id id,
			    struct hy_alert **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_alert, out, err,
			 "SELECT " ALERT_COLS " FROM alert WHERE id = ?", A_INT(id.v));
}

enum hy_status hy_alert_judged(struct hy_store *st, int64_t seq, bool *noise, bool *useful,
			       struct hy_err *err)
{
	int64_t said = 0;
	enum hy_status status =
		hy_db_int(st, &said, err,
			  "SELECT coalesce(max(a.disposition IN ('noise', 'known')), 0)"
			  " + 2 * coalesce(max(a.disposition IN ('case', 'claim', 'done')), 0)"
			  " FROM alert_item x JOIN alert a ON a.id = x.alert"
			  " WHERE x.seq = ? AND a.kind = 'watch' AND a.state = 2",
			  A_INT(seq));

	if (status == HY_OK) {
		*noise = (said & 1) != 0;
		*useful = (said & 2) != 0;
	}
	return status;
}

enum hy_status hy_alert_list(struct hy_store *st, const void *ctx, bool closed_too,
			     int64_t before_id, int limit, struct hy_alert **out, size_t *n,
			     struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_alert, out, n, err,
			  "SELECT " ALERT_COLS " FROM alert WHERE (state <> 2 OR ?1)"
			  " AND (?2 = 0 OR id < ?2) ORDER BY id DESC LIMIT ?3",
			  A_INT(closed_too), A_INT(before_id), A_INT(limit));
}

enum hy_status hy_alert_items(struct hy_store *st, const void *ctx, struct hy_alert_id id,
			      int limit, struct hy_item **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &hy_kind_item, out, n, err,
			  "SELECT " HY_ITEM_COLS " FROM alert_item x JOIN item i ON i.seq = x.seq"
			  " LEFT JOIN item_latest h ON h.id = i.id WHERE x.alert = ?"
			  " ORDER BY x.seq DESC LIMIT ?",
			  A_INT(id.v), A_INT(limit));
}

/* No row was moved: there is none, or it is in another state. */
static enum hy_status no_move(struct hy_store *st, struct hy_alert_id id, struct hy_err *err)
{
	int64_t state = 0;
	enum hy_status status =
		hy_db_int(st, &state, err, "SELECT state FROM alert WHERE id = ?", A_INT(id.v));

	if (status == HY_ENOTFOUND)
		return hy_db_no_such(kind_alert.what, err);
	if (status != HY_OK)
		return status;
	return hy_err_set(err, HY_ECONFLICT, _("alert %" PRId64 " is %s already"), id.v,
			  _(hy_alert_state_name((enum hy_alert_state)state)));
}

enum hy_status hy_alert_ack(struct hy_store *st, struct hy_alert_id id, struct hy_person_id who,
			    struct hy_err *err)
{
	struct hy_verb v;
	int64_t changed = 0;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_db_run(
		st, &changed, err,
		"UPDATE alert SET state = 1, acked_by = ?, acked = ? WHERE id = ? AND state = 0",
		A_REF(who.v), A_INT(hy_now(st->clock)), A_INT(id.v));
	if (status == HY_OK && changed == 0)
		status = no_move(st, id, err);
	return hy_verb_leave(&v, st, status, err);
}

enum hy_status hy_alert_close(struct hy_store *st, struct hy_alert_id id, const char *disposition,
			      struct hy_err *err)
{
	struct hy_verb v;
	int64_t changed = 0;

	if (!disposition || !*disposition)
		return hy_err_set(err, HY_EINPUT,
				  _("name how it ended: case, claim, noise or known"));
	enum hy_status status = hy_verb_enter(&v, st, err);
	if (status != HY_OK)
		return status;
	status = hy_db_run(st, &changed, err,
			   "UPDATE alert SET state = 2, disposition = ?, closed = ?"
			   " WHERE id = ? AND state = 1",
			   A_TEXT(disposition), A_INT(hy_now(st->clock)), A_INT(id.v));
	if (status == HY_OK && changed == 0)
		status = no_move(st, id, err);
	return hy_verb_leave(&v, st, status, err);
}

enum hy_status hy_alert_link(struct hy_store *st, struct hy_alert_id id, struct hy_case_id cs,
			     struct hy_claim_id claim, struct hy_err *err)
{
	return hy_verb_run(
		st, kind_alert.what, err,
		"UPDATE alert SET cs = coalesce(?, cs), claim = coalesce(?, claim) WHERE id = ?",
		A_REF(cs.v), A_REF(claim.v), A_INT(id.v));
}
