/* Official accounts. The secret is sealed for its own row: moved to another it does not open. */
#include "store/db.h"

#include <stdio.h>

#define ACCOUNT_COLS                                                                               \
	"id, name, platform, url, login, reach, unit, state, state_why, secret IS NOT NULL, "      \
	"last_post, (SELECT value FROM meta WHERE key = 'account.' || account.id || '.signed-as')"

static enum hy_status row_account(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_account *a = rec;

	(void)err;
	a->id.v = hy_q_int(q);
	a->name = hy_q_text(q, ctx);
	a->platform = hy_q_text(q, ctx);
	a->url = hy_q_text(q, ctx);
	a->login = hy_q_text(q, ctx);
	a->reach = hy_q_text(q, ctx);
	a->unit.v = hy_q_int(q);
	a->state = (enum hy_account_state)hy_q_int(q);
	a->state_why = hy_q_text(q, ctx);
	a->has_secret = hy_q_int(q) != 0;
	a->last_post = hy_q_int(q);
	a->signed_as = hy_q_text(q, ctx);
	return HY_OK;
}
static const struct hy_kind kind_account = {sizeof(struct hy_account), row_account, N_("account")};

/* In a transaction. */
static enum hy_status write_secret(struct hy_store *st, int64_t id, const struct hy_secret *secret,
				   struct hy_err *err)
{
	uint8_t *sealed = NULL;
	size_t n = 0, sealed_n = 0;
	int64_t changed = 0;
	char row[24];
	const char *text = hy_secret_text(secret, &n);

	if (n == 0)
		return hy_err_set(err, HY_EINPUT, _("the secret of an account cannot be empty"));
	(void)snprintf(row, sizeof row, "%" PRId64, id); /* 20 digits at most */
	enum hy_status status =
		hy_db_seal(st, NULL, "account", row, "secret", text, n, &sealed, &sealed_n, err);
	if (status == HY_OK)
		status = hy_db_run(st, &changed, err, "UPDATE account SET secret = ? WHERE id = ?",
				   A_BLOB(sealed, sealed_n), A_INT(id));
	if (status == HY_OK && changed == 0)
		status = hy_db_no_such(kind_account.what, err);
	talloc_free(sealed);
	return status;
}

enum hy_status hy_account_add(struct hy_store *st, const struct hy_account *a,
			      const struct hy_secret *secret, struct hy_account_id *out,
			      struct hy_err *err)
{
	struct hy_verb v;
	int64_t id = 0;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_db_run(st, NULL, err,
			   "INSERT INTO account (name, platform, url, login, reach, unit, state,"
			   " state_why, last_post) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			   A_STR(a->name), A_STR(a->platform), A_TEXT(a->url), A_TEXT(a->login),
			   A_TEXT(a->reach), A_REF(a->unit.v), A_INT(a->state),
			   A_TEXT(a->state_why), A_INT(a->last_post));
	if (status == HY_EEXISTS)
		status =
			hy_err_set(err, status, _("there is an account named %s already"), a->name);
	if (status == HY_OK) {
		id = sqlite3_last_insert_rowid(st->db);
		if (secret)
			status = write_secret(st, id, secret, err);
	}
	status = hy_verb_leave(&v, st, status, err);
	if (status == HY_OK && out)
		out->v = id;
	return status;
}

enum hy_status hy_account_get(struct hy_store *st, const void *ctx, struct hy_account_id id,
			      struct hy_account **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_account, out, err,
			 "SELECT " ACCOUNT_COLS " FROM account WHERE id = ?", A_INT(id.v));
}

enum hy_status hy_account_find(struct hy_store *st, const void *ctx, const char *name_or_id,
			       struct hy_account **out, struct hy_err *err)
{
	int64_t id = 0;
	enum hy_status status = hy_db_one(st, ctx, &kind_account, out, err,
					  "SELECT " ACCOUNT_COLS " FROM account WHERE name = ?",
					  A_TEXT(name_or_id));

	if (status == HY_ENOTFOUND && hy_db_is_id(name_or_id, &id))
		status = hy_account_get(st, ctx, (struct hy_account_id){id}, out, err);
	return status;
}

enum hy_status hy_account_list(struct hy_store *st, const void *ctx, struct hy_account **out,
			       size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_account, out, n, err,
			  "SELECT " ACCOUNT_COLS " FROM account ORDER BY id");
}

enum hy_status hy_account_secret(struct hy_store *st, const void *ctx, struct hy_account_id id,
				 struct hy_secret **out, struct hy_err *err)
{
	struct hy_q q;
	bool more = false;
	uint8_t *plain = NULL;
	size_t n = 0;
	char row[24];

	(void)snprintf(row, sizeof row, "%" PRId64, id.v); /* 20 digits at most */
	enum hy_status status = hy_q_open(&q, st, "SELECT secret FROM account WHERE id = ?",
					  A_LIST(A_INT(id.v)), 1, err);
	if (status == HY_OK)
		status = hy_q_step(&q, &more, err);
	if (status == HY_OK && !more)
		status = hy_db_no_such(kind_account.what, err);
	if (status == HY_OK && !st->has_master)
		status = hy_err_set(err, HY_EAUTH, _("the master key is not loaded"));
	if (status == HY_OK)
		status = hy_q_sealed(&q, NULL, "account", row, "secret", &plain, &n, err);
	if (status == HY_OK)
		*out = plain ? hy_secret_new(ctx, plain, n) : NULL;
	talloc_free(plain); /* wipes itself */
	hy_q_close(&q);
	return status;
}

enum hy_status hy_account_set_secret(struct hy_store *st, struct hy_account_id id,
				     const struct hy_secret *secret, struct hy_err *err)
{
	struct hy_verb v;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	return hy_verb_leave(&v, st, write_secret(st, id.v, secret, err), err);
}

enum hy_status hy_account_set_state(struct hy_store *st, struct hy_account_id id,
				    enum hy_account_state state, const char *why,
				    struct hy_err *err)
{
	return hy_verb_run(st, kind_account.what, err,
			   "UPDATE account SET state = ?, state_why = ? WHERE id = ?", A_INT(state),
			   A_TEXT(why), A_INT(id.v));
}

enum hy_status hy_account_move(struct hy_store *st, struct hy_account_id id,
			       enum hy_account_state from, enum hy_account_state to,
			       const char *why, bool *moved, struct hy_err *err)
{
	struct hy_verb v;
	int64_t changed = 0;
	enum hy_status status = hy_verb_enter(&v, st, err);

	*moved = false;
	if (status != HY_OK)
		return status;
	status = hy_db_run(st, &changed, err,
			   "UPDATE account SET state = ?, state_why = ? WHERE id = ? AND state = ?",
			   A_INT(to), A_TEXT(why), A_INT(id.v), A_INT(from));
	status = hy_verb_leave(&v, st, status, err);
	*moved = status == HY_OK && changed > 0;
	return status;
}

enum hy_status hy_account_end(struct hy_store *st, const struct hy_account *a, const char *rename,
			      struct hy_err *err)
{
	struct hy_verb v;
	char key[64];
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	(void)snprintf(key, sizeof key, "account.%" PRId64 ".signed-as", a->id.v); /* fits */
	status = hy_db_run(st, NULL, err,
			   "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING",
			   A_TEXT(key), A_TEXT(a->name));
	if (status == HY_OK)
		status = hy_db_run(st, NULL, err,
				   "UPDATE account SET name = ?, state = ?, state_why = NULL"
				   " WHERE id = ?",
				   A_STR(rename), A_INT(HY_ACCOUNT_REVOKED), A_INT(a->id.v));
	return hy_verb_leave(&v, st, status, err);
}
