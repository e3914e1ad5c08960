/*
 * Answers to citizens, as delivery.c keeps deliveries: every move is conditional on the state seen
 * and on the fence of the mover's lease. An answer never overtakes an earlier one of its case.
 */
#include "store/db.h"

#define ANSWER_COLS                                                                                \
	"id, cs, event, account, state, attempt, fence, made, tried, changed, wait_until, "        \
	"not_after, key, receipt, error, lookups, reported, reported_at, who"
/* None of the same case is on its way before it. */
#define ITS_TURN                                                                                   \
	" AND NOT EXISTS (SELECT 1 FROM case_answer b WHERE b.cs = a.cs AND b.id < a.id"           \
	" AND b.state IN (0, 1, 3) AND a.state IN (0, 3))"
#define DUE " WHERE a.state IN (0, 3, 5)" ITS_TURN

static enum hy_status row_answer(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_answer *a = rec;

	(void)err;
	a->id.v = hy_q_int(q);
	a->cs.v = hy_q_int(q);
	a->event = hy_q_int(q);
	a->account.v = hy_q_int(q);
	a->state = (enum hy_delivery_state)hy_q_int(q);
	a->attempt = (int)hy_q_int(q);
	a->fence = hy_q_int(q);
	a->made = hy_q_int(q);
	a->tried = hy_q_int(q);
	a->changed = hy_q_int(q);
	a->wait_until = hy_q_int(q);
	a->not_after = hy_q_int(q);
	a->key = hy_q_text(q, ctx);
	a->receipt = hy_q_text(q, ctx);
	a->error = hy_q_text(q, ctx);
	a->lookups = (int)hy_q_int(q);
	a->reported = (enum hy_answer_report)hy_q_int(q);
	a->reported_at = hy_q_int(q);
	a->who.v = hy_q_int(q);
	return HY_OK;
}
static const struct hy_kind kind_answer = {sizeof(struct hy_answer), row_answer, N_("answer")};

enum hy_status hy_answer_add(struct hy_store *st, const struct hy_answer *a,
			     struct hy_answer_id *out, struct hy_err *err)
{
	struct hy_verb v;
	int64_t id = 0;
	uint8_t random[8];
	hy_time now = hy_now(st->clock);
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	void *work = talloc_new(NULL);
	hy_random_bytes(random, sizeof(random));
	char *key = hy_strf(work, "hy%s", hy_hex(work, random, sizeof(random)));
	status = hy_db_int(st, &id, err,
			   "SELECT max(id) FROM case_event WHERE cs = ? AND kind = 'replied'"
			   " HAVING max(id) IS NOT NULL",
			   A_INT(a->cs.v));
	if (status == HY_ENOTFOUND)
		status = hy_err_set(err, HY_ENOTFOUND, _("nothing was replied in this case"));
	if (status == HY_OK)
		status = hy_db_run(
			st, NULL, err,
			"INSERT INTO case_answer (cs, event, account, state, attempt, fence, made,"
			" tried, changed, wait_until, not_after, key, lookups, reported,"
			" reported_at, who) VALUES (?1, ?2, ?3, 0, 0, 0, ?4, 0, ?4, 0, ?5, ?6, 0,"
			" 0, 0, ?7)",
			A_INT(a->cs.v), A_INT(id), A_INT(a->account.v), A_INT(now),
			A_INT(a->not_after), A_TEXT(key), A_REF(a->who.v));
	if (status == HY_OK)
		out->v = sqlite3_last_insert_rowid(st->db);
	talloc_free(work);
	return hy_verb_leave(&v, st, status, err);
}

enum hy_status hy_answer_get(struct hy_store *st, const void *ctx, struct hy_answer_id id,
			     struct hy_answer **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_answer, out, err,
			 "SELECT " ANSWER_COLS " FROM case_answer WHERE id = ?", A_INT(id.v));
}

enum hy_status hy_answer_list(struct hy_store *st, const void *ctx, struct hy_case_id cs,
			      struct hy_answer **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_answer, out, n, err,
			  "SELECT " ANSWER_COLS " FROM case_answer WHERE cs = ? ORDER BY id",
			  A_INT(cs.v));
}

enum hy_status hy_answer_open(struct hy_store *st, const void *ctx, struct hy_answer **out,
			      size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_answer, out, n, err,
			  "SELECT " ANSWER_COLS
			  " FROM case_answer WHERE state IN (0, 1, 3, 5) ORDER BY id");
}

enum hy_status hy_answer_due(struct hy_store *st, const void *ctx, hy_time now, int limit,
			     struct hy_answer **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_answer, out, n, err,
			  "SELECT " ANSWER_COLS " FROM case_answer a" DUE
			  " AND a.wait_until <= ? ORDER BY a.id LIMIT ?",
			  A_INT(now), A_INT(limit));
}

enum hy_status hy_answer_next(struct hy_store *st, hy_time *out, struct hy_err *err)
{
	return hy_db_int(st, out, err,
			 "SELECT coalesce((SELECT min(a.wait_until) FROM case_answer a" DUE "), ?)",
			 A_INT(HY_TIME_NEVER));
}

enum hy_status hy_answer_move(struct hy_store *st, const struct hy_answer *a,
			      enum hy_delivery_state from, int64_t fence, struct hy_err *err)
{
	struct hy_verb v;
	struct hy_answer *now = NULL;
	int64_t changed = 0;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_db_run(st, &changed, err,
			   /* told to have arrived while it was under way: it is not sent again */
			   "UPDATE case_answer SET state = CASE WHEN state = 1 AND ?1 IN (3, 5)"
			   " AND reported = 1 AND reported_at >= tried THEN 2 ELSE ?1 END,"
			   " attempt = ?, tried = ?,"
			   " wait_until = ?, not_after = ?, receipt = ?, error = ?, lookups = ?,"
			   " changed = ?, fence = ?10 WHERE id = ? AND state = ? AND fence <= ?10",
			   A_INT(a->state), A_INT(a->attempt), A_INT(a->tried),
			   A_INT(a->wait_until), A_INT(a->not_after), A_TEXT(a->receipt),
			   A_TEXT(a->error), A_INT(a->lookups), A_INT(hy_now(st->clock)),
			   A_INT(fence), A_INT(a->id.v), A_INT(from));
	if (status == HY_OK && changed == 0) {
		status = hy_answer_get(st, NULL, a->id, &now, err);
		if (status == HY_OK)
			status = hy_err_set(err, HY_ECONFLICT,
					    _("answer %" PRId64 " is %s by now, fence %" PRId64),
					    a->id.v, _(hy_delivery_state_name(now->state)),
					    now->fence);
		talloc_free(now);
	}
	return hy_verb_leave(&v, st, status, err);
}

enum hy_status hy_answer_recover(struct hy_store *st, int64_t fence, int64_t *n, struct hy_err *err)
{
	struct hy_verb v;
	int64_t changed = 0;
	hy_time now = hy_now(st->clock);
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_db_run(st, &changed, err,
			   "UPDATE case_answer SET state = 5, lookups = 0, changed = ?1,"
			   " wait_until = ?1, fence = ?2 WHERE state = 1 AND fence <= ?2",
			   A_INT(now), A_INT(fence));
	status = hy_verb_leave(&v, st, status, err);
	if (status == HY_OK)
		*n = changed;
	return status;
}

enum hy_status hy_answer_wake(struct hy_store *st, struct hy_account_id account, hy_time now,
			      struct hy_err *err)
{
	return hy_verb_run(st, NULL, err,
			   "UPDATE case_answer SET wait_until = ? WHERE account = ?"
			   " AND (state = 3 OR state = 5 AND wait_until < ?)",
			   A_INT(now), A_INT(account.v), A_INT(HY_TIME_NEVER));
}

/* ---- what the carrier tells ---- */

/* A gateway is asked for a day: the newest ones are enough to look at. */
#define NEWEST " (SELECT * FROM case_answer ORDER BY id DESC LIMIT 1000)"
#define TO_ASK " WHERE state = 2 AND reported = 0 AND wait_until > 0"

enum hy_status hy_answer_unreported(struct hy_store *st, const void *ctx, hy_time now, int limit,
				    struct hy_answer **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_answer, out, n, err,
			  "SELECT " ANSWER_COLS " FROM" NEWEST TO_ASK
			  " AND wait_until <= ? ORDER BY id LIMIT ?",
			  A_INT(now), A_INT(limit));
}

enum hy_status hy_answer_ask_next(struct hy_store *st, hy_time *out, struct hy_err *err)
{
	return hy_db_int(st, out, err,
			 "SELECT coalesce((SELECT min(wait_until) FROM" NEWEST TO_ASK "), ?)",
			 A_INT(HY_TIME_NEVER));
}

enum hy_status hy_answer_asked(struct hy_store *st, const struct hy_answer *a, struct hy_err *err)
{
	return hy_verb_run(st, NULL, err,
			   "UPDATE case_answer SET lookups = ?, wait_until = ?"
			   " WHERE id = ? AND state = 2 AND reported = 0",
			   A_INT(a->lookups), A_INT(a->wait_until), A_INT(a->id.v));
}

enum hy_status hy_answer_find(struct hy_store *st, const void *ctx, struct hy_account_id account,
			      const char *receipt, const char *key, struct hy_answer **out,
			      struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_answer, out, err,
			 "SELECT " ANSWER_COLS " FROM case_answer WHERE account = ?1"
			 " AND (receipt = ?2 OR key = ?3) ORDER BY id DESC LIMIT 1",
			 A_INT(account.v), A_TEXT(receipt), A_TEXT(key));
}

enum hy_status hy_answer_with(struct hy_store *st, const void *ctx, struct hy_account_id account,
			      const char *part, hy_time since, int limit, struct hy_answer **out,
			      size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_answer, out, n, err,
			  "SELECT " ANSWER_COLS " FROM case_answer WHERE account = ?1"
			  " AND receipt IS NOT NULL AND instr(lower(receipt), lower(?2)) > 0"
			  " AND changed >= ?3 ORDER BY id DESC LIMIT ?4",
			  A_INT(account.v), A_TEXT(part), A_INT(since), A_INT(limit));
}

enum hy_status hy_answer_reported(struct hy_store *st, struct hy_answer_id id,
				  enum hy_answer_report what, const char *why, struct hy_err *err)
{
	hy_time now = hy_now(st->clock);
	int sent = HY_DELIVERY_SENT, failed = HY_DELIVERY_FAILED;

	/* a report settles the doubt: it had gone out; one that arrived is not sent again */
	return hy_verb_run(st, kind_answer.what, err,
			   "UPDATE case_answer SET"
			   " reported = CASE reported WHEN 2 THEN 2 ELSE ?1 END, reported_at = ?2,"
			   " error = coalesce(?3, error),"
			   " wait_until = CASE state WHEN 5 THEN 0 ELSE wait_until END,"
			   " state = CASE WHEN state = 5 THEN ?4"
			   " WHEN ?1 = 1 AND state IN (0, 3) AND attempt > 0 THEN ?4 ELSE state END"
			   " WHERE id = ?5",
			   A_INT(what), A_INT(now), A_TEXT(why),
			   A_INT(what == HY_ANSWER_DELIVERED ? sent : failed), A_INT(id.v));
}
