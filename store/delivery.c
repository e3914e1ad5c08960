/* Deliveries: every move is conditional on the state seen and on the fence of the mover's lease. */
#include "store/db.h"

#define DELIVERY_COLS                                                                              \
	"id, statement, revision, account, state, attempt, fence, not_before, not_after, "         \
	"wait_until, changed, key, receipt, receipt_url, error, lookups"

static enum hy_status row_delivery(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_delivery *d = rec;

	(void)err;
	d->id.v = hy_q_int(q);
	d->statement.v = hy_q_int(q);
	d->revision = (int)hy_q_int(q);
	d->account.v = hy_q_int(q);
	d->state = (enum hy_delivery_state)hy_q_int(q);
	d->attempt = (int)hy_q_int(q);
	d->fence = hy_q_int(q);
	d->not_before = hy_q_int(q);
	d->not_after = hy_q_int(q);
	d->wait_until = hy_q_int(q);
	d->changed = hy_q_int(q);
	d->key = hy_q_text(q, ctx);
	d->receipt = hy_q_text(q, ctx);
	d->receipt_url = hy_q_text(q, ctx);
	d->error = hy_q_text(q, ctx);
	d->lookups = (int)hy_q_int(q);
	return HY_OK;
}
static const struct hy_kind kind_delivery = {sizeof(struct hy_delivery), row_delivery,
					     N_("delivery")};

enum hy_status hy_delivery_get(struct hy_store *st, const void *ctx, struct hy_delivery_id id,
			       struct hy_delivery **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_delivery, out, err,
			 "SELECT " DELIVERY_COLS " FROM delivery WHERE id = ?", A_INT(id.v));
}

enum hy_status hy_delivery_list(struct hy_store *st, const void *ctx, struct hy_statement_id s,
				struct hy_delivery **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_delivery, out, n, err,
			  "SELECT " DELIVERY_COLS " FROM delivery WHERE statement = ?1"
			  " OR (?1 = 0 AND state IN (0, 1, 3, 5)) ORDER BY id",
			  A_INT(s.v));
}

enum hy_status hy_delivery_has_receipt(struct hy_store *st, struct hy_account_id account,
				       const char *receipt, struct hy_delivery_id but, bool *out,
				       struct hy_err *err)
{
	int64_t n = 0;
	enum hy_status status = hy_db_int(st, &n, err,
					  "SELECT count(*) FROM delivery WHERE account = ?"
					  " AND receipt = ? AND id <> ?",
					  A_INT(account.v), A_TEXT(receipt), A_INT(but.v));

	if (status == HY_OK)
		*out = n > 0;
	return status;
}

/* When a delivery in a state of the partial index is due. */
#define DUE_AT "(CASE state WHEN 0 THEN not_before ELSE wait_until END)"

enum hy_status hy_delivery_due(struct hy_store *st, const void *ctx, hy_time now, int limit,
			       struct hy_delivery **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_delivery, out, n, err,
			  "SELECT " DELIVERY_COLS " FROM delivery WHERE state IN (0, 3, 5)"
			  " AND " DUE_AT " <= ? ORDER BY " DUE_AT ", id LIMIT ?",
			  A_INT(now), A_INT(limit));
}

enum hy_status hy_delivery_next(struct hy_store *st, hy_time *out, struct hy_err *err)
{
	return hy_db_int(st, out, err,
			 "SELECT coalesce((SELECT min(" DUE_AT
			 ") FROM delivery WHERE state IN (0, 3, 5)), ?)",
			 A_INT(HY_TIME_NEVER));
}

/* A sent post is the account's last one. */
static enum hy_status note_sent(struct hy_store *st, struct hy_delivery_id id, hy_time now,
				struct hy_err *err)
{
	return hy_db_run(st, NULL, err,
			 "UPDATE account SET last_post = ?"
			 " WHERE id = (SELECT account FROM delivery WHERE id = ?)",
			 A_INT(now), A_INT(id.v));
}

enum hy_status hy_delivery_move(struct hy_store *st, const struct hy_delivery *d,
				enum hy_delivery_state from, int64_t fence, struct hy_err *err)
{
	struct hy_verb v;
	struct hy_delivery *now = NULL;
	int64_t changed = 0;
	hy_time at = hy_now(st->clock);
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status =
		hy_db_run(st, &changed, err,
			  "UPDATE delivery SET state = ?, attempt = ?, wait_until = ?, receipt = ?,"
			  " receipt_url = ?, error = ?, lookups = ?, changed = ?, fence = ?9"
			  " WHERE id = ? AND state = ? AND fence <= ?9",
			  A_INT(d->state), A_INT(d->attempt), A_INT(d->wait_until),
			  A_TEXT(d->receipt), A_TEXT(d->receipt_url), A_TEXT(d->error),
			  A_INT(d->lookups), A_INT(at), A_INT(fence), A_INT(d->id.v), A_INT(from));
	if (status == HY_OK && changed == 0) {
		status = hy_delivery_get(st, NULL, d->id, &now, err);
		if (status == HY_OK)
			status = hy_err_set(err, HY_ECONFLICT,
					    _("delivery %" PRId64 " is %s by now, fence %" PRId64),
					    d->id.v, _(hy_delivery_state_name(now->state)),
					    now->fence);
		talloc_free(now);
	} else if (status == HY_OK && d->state == HY_DELIVERY_SENT) {
		status = note_sent(st, d->id, at, err);
	}
	return hy_verb_leave(&v, st, status, err);
}

enum hy_status hy_delivery_recover(struct hy_store *st, int64_t fence, int64_t *n,
				   struct hy_err *err)
{
	struct hy_verb v;
	int64_t changed = 0;
	hy_time now = hy_now(st->clock);
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_db_run(st, &changed, err,
			   "UPDATE delivery SET state = 5, changed = ?1, wait_until = ?1,"
			   " fence = ?2 WHERE state = 1 AND fence <= ?2",
			   A_INT(now), A_INT(fence));
	status = hy_verb_leave(&v, st, status, err);
	if (status == HY_OK && n)
		*n = changed;
	return status;
}
