/*
 * Grants: how an account speaks to its platform now, and how far the owner of tokens trusts it. The
 * token is sealed for its own row. A late owner, whose fence is older, changes nothing.
 */
#include "store/db.h"

#include <stdio.h>

#define GRANT_COLS                                                                                 \
	"account, token IS NOT NULL, client, got, until, next_at, tested, good, failures, error, " \
	"warned, fence"

static enum hy_status row_grant(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_grant *g = rec;

	(void)err;
	g->account.v = hy_q_int(q);
	g->has_token = hy_q_int(q) != 0;
	g->client = hy_q_text(q, ctx);
	g->got = hy_q_int(q);
	g->until = hy_q_int(q);
	g->next_at = hy_q_int(q);
	g->tested = hy_q_int(q);
	g->good = hy_q_int(q);
	g->failures = (int)hy_q_int(q);
	g->error = hy_q_text(q, ctx);
	g->warned = (int)hy_q_int(q);
	g->fence = hy_q_int(q);
	return HY_OK;
}
static const struct hy_kind kind_grant = {sizeof(struct hy_grant), row_grant, N_("grant")};

enum hy_status hy_grant_get(struct hy_store *st, const void *ctx, struct hy_account_id id,
			    struct hy_grant **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_grant, out, err,
			 "SELECT " GRANT_COLS " FROM account_grant WHERE account = ?", A_INT(id.v));
}

static enum hy_status open_column(struct hy_store *st, const void *ctx, struct hy_account_id id,
				  const char *column, const char *sql, struct hy_secret **out,
				  struct hy_err *err)
{
	struct hy_q q;
	bool more = false;
	uint8_t *plain = NULL;
	size_t n = 0;
	char row[24];
	enum hy_status status = hy_q_open(&q, st, sql, A_LIST(A_INT(id.v)), 1, err);

	(void)snprintf(row, sizeof row, "%" PRId64, id.v); /* 20 digits at most */
	if (status == HY_OK)
		status = hy_q_step(&q, &more, err);
	if (status == HY_OK && !st->has_master)
		status = hy_err_set(err, HY_EAUTH, _("the master key is not loaded"));
	if (status == HY_OK && more)
		status = hy_q_sealed(&q, NULL, "account_grant", row, column, &plain, &n, err);
	if (status == HY_OK)
		*out = plain ? hy_secret_new(ctx, plain, n) : NULL;
	talloc_free(plain); /* wipes itself */
	hy_q_close(&q);
	return status;
}

enum hy_status hy_grant_token(struct hy_store *st, const void *ctx, struct hy_account_id id,
			      struct hy_secret **out, struct hy_err *err)
{
	return open_column(st, ctx, id, "token",
			   "SELECT token FROM account_grant WHERE account = ?", out, err);
}

enum hy_status hy_grant_client_secret(struct hy_store *st, const void *ctx, struct hy_account_id id,
				      struct hy_secret **out, struct hy_err *err)
{
	return open_column(st, ctx, id, "client_secret",
			   "SELECT client_secret FROM account_grant WHERE account = ?", out, err);
}

/* In a transaction, into a row that is there. */
static enum hy_status seal_into(struct hy_store *st, struct hy_account_id id, const char *column,
				const char *sql, const struct hy_secret *secret, struct hy_err *err)
{
	uint8_t *sealed = NULL;
	size_t n = 0, sealed_n = 0;
	char row[24];
	const char *text = hy_secret_text(secret, &n);

	if (n == 0)
		return hy_err_set(err, HY_EINPUT, _("the secret of an account cannot be empty"));
	(void)snprintf(row, sizeof row, "%" PRId64, id.v); /* 20 digits at most */
	enum hy_status status = hy_db_seal(st, NULL, "account_grant", row, column, text, n, &sealed,
					   &sealed_n, err);
	if (status == HY_OK)
		status = hy_db_run(st, NULL, err, sql, A_BLOB(sealed, sealed_n), A_INT(id.v));
	talloc_free(sealed);
	return status;
}

static enum hy_status make_row(struct hy_store *st, struct hy_account_id id, struct hy_err *err)
{
	return hy_db_run(st, NULL, err,
			 "INSERT INTO account_grant (account, got, until, next_at, tested, good,"
			 " failures, warned, fence) VALUES (?, 0, 0, 0, 0, 0, 0, 0, 0)"
			 " ON CONFLICT (account) DO NOTHING",
			 A_INT(id.v));
}

enum hy_status hy_grant_put(struct hy_store *st, const struct hy_grant *g,
			    const struct hy_secret *token, struct hy_err *err)
{
	struct hy_verb v;
	int64_t changed = 0;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = make_row(st, g->account, err);
	if (status == HY_OK)
		status = hy_db_run(st, &changed, err,
				   "UPDATE account_grant SET got = ?, until = ?, next_at = ?,"
				   " tested = ?, good = ?, failures = ?, error = ?, warned = ?,"
				   " fence = ?9 WHERE account = ?10 AND fence <= ?9",
				   A_INT(g->got), A_INT(g->until), A_INT(g->next_at),
				   A_INT(g->tested), A_INT(g->good), A_INT(g->failures),
				   A_TEXT(g->error), A_INT(g->warned), A_INT(g->fence),
				   A_INT(g->account.v));
	if (status == HY_OK && changed == 0)
		status = hy_err_set(err, HY_ECONFLICT,
				    _("another process owns the tokens of accounts now"));
	if (status == HY_OK && token)
		status = seal_into(st, g->account, "token",
				   "UPDATE account_grant SET token = ? WHERE account = ?", token,
				   err);
	return hy_verb_leave(&v, st, status, err);
}

enum hy_status hy_grant_due(struct hy_store *st, struct hy_account_id id, hy_time at, bool anew,
			    struct hy_err *err)
{
	struct hy_verb v;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = make_row(st, id, err);
	if (status == HY_OK)
		status = hy_db_run(st, NULL, err,
				   "UPDATE account_grant SET next_at = ?1,"
				   " until = CASE WHEN ?2 THEN 0 ELSE until END,"
				   " warned = CASE WHEN ?2 THEN 0 ELSE warned END,"
				   " error = CASE WHEN ?2 THEN NULL ELSE error END,"
				   " failures = 0 WHERE account = ?3",
				   A_INT(at), A_INT(anew), A_INT(id.v));
	return hy_verb_leave(&v, st, status, err);
}

enum hy_status hy_grant_set_client(struct hy_store *st, struct hy_account_id id, const char *client,
				   const struct hy_secret *secret, struct hy_err *err)
{
	struct hy_verb v;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = make_row(st, id, err);
	if (status == HY_OK && client)
		status = hy_db_run(st, NULL, err,
				   "UPDATE account_grant SET client = ? WHERE account = ?",
				   A_TEXT(client), A_INT(id.v));
	if (status == HY_OK && secret)
		status = seal_into(st, id, "client_secret",
				   "UPDATE account_grant SET client_secret = ? WHERE account = ?",
				   secret, err);
	return hy_verb_leave(&v, st, status, err);
}

enum hy_status hy_grant_end(struct hy_store *st, struct hy_account_id id, struct hy_err *err)
{
	struct hy_verb v;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_db_run(st, NULL, err, "DELETE FROM account_grant WHERE account = ?",
			   A_INT(id.v));
	if (status == HY_OK)
		status = hy_db_run(st, NULL, err, "UPDATE account SET secret = NULL WHERE id = ?",
				   A_INT(id.v));
	return hy_verb_leave(&v, st, status, err);
}
