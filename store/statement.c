/*
 * Statements as texts: revisions and targets are written once and never changed. What decides over
 * them is in approve.c.
 */
#include "store/db.h"

#include <stdlib.h>
#include <string.h>

#define STATEMENT_COLS                                                                             \
	"s.id, s.kind, s.state, s.claim, s.cs, s.corrects, r.revision, r.title, r.text, "          \
	"r.not_before, r.not_after, r.digest, r.author, r.made, s.submitted, s.decided, "          \
	"s.approver, s.reject_why, s.signature, s.marker"
#define STATEMENT_FROM                                                                             \
	" FROM statement s JOIN statement_revision r ON r.statement = s.id AND r.revision = "

static enum hy_status read_targets(struct hy_store *st, const void *ctx, struct hy_statement *s,
				   struct hy_err *err)
{
	struct hy_q q;
	bool more = true;
	size_t room = 4;
	enum hy_status status = hy_q_open(&q, st,
					  "SELECT account FROM statement_target WHERE statement = ?"
					  " AND revision = ? ORDER BY account",
					  A_LIST(A_INT(s->id.v), A_INT(s->revision)), 2, err);

	s->targets = hy_new_array(ctx, struct hy_account_id, room);
	while (status == HY_OK) {
		status = hy_q_step(&q, &more, err);
		if (status != HY_OK || !more)
			break;
		if (s->n_targets == room) {
			room *= 2;
			s->targets = hy_grow(ctx, s->targets, struct hy_account_id, room);
		}
		s->targets[s->n_targets++].v = hy_q_int(&q);
	}
	hy_q_close(&q);
	return status;
}

static enum hy_status row_statement(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_statement *s = rec;

	s->id.v = hy_q_int(q);
	s->kind = (enum hy_statement_kind)hy_q_int(q);
	s->state = (enum hy_statement_state)hy_q_int(q);
	s->claim.v = hy_q_int(q);
	s->cs.v = hy_q_int(q);
	s->corrects.v = hy_q_int(q);
	s->revision = (int)hy_q_int(q);
	s->title = hy_q_text(q, ctx);
	s->text = hy_q_text(q, ctx);
	s->not_before = hy_q_int(q);
	s->not_after = hy_q_int(q);
	hy_q_bytes(q, s->digest, sizeof s->digest);
	s->author.v = hy_q_int(q);
	s->made = hy_q_int(q);
	s->submitted = hy_q_int(q);
	s->decided = hy_q_int(q);
	s->approver.v = hy_q_int(q);
	s->reject_why = hy_q_text(q, ctx);
	hy_q_bytes(q, s->signature, sizeof s->signature);
	s->marker = hy_q_text(q, ctx);
	return read_targets(q->st, ctx, s, err);
}
static const struct hy_kind kind_statement = {sizeof(struct hy_statement), row_statement,
					      N_("statement")};

static enum hy_status write_targets(struct hy_store *st, const struct hy_statement *s, int64_t id,
				    int revision, struct hy_err *err)
{
	for (size_t i = 0; i < s->n_targets; i++) {
		enum hy_status status = hy_db_run(
			st, NULL, err,
			"INSERT INTO statement_target (statement, revision, account)"
			" VALUES (?, ?, ?) ON CONFLICT (statement, revision, account) DO NOTHING",
			A_INT(id), A_INT(revision), A_INT(s->targets[i].v));

		if (status != HY_OK)
			return status;
	}
	return HY_OK;
}

/* In a transaction, the statement being a draft. */
static enum hy_status write_revision(struct hy_store *st, const struct hy_statement *s, int64_t id,
				     int revision, struct hy_err *err)
{
	enum hy_status status = hy_db_run(
		st, NULL, err,
		"INSERT INTO statement_revision (statement, revision, title, text, not_before,"
		" not_after, digest, author, made) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		A_INT(id), A_INT(revision), A_STR(s->title), A_STR(s->text), A_INT(s->not_before),
		A_INT(s->not_after), A_BLOB(s->digest, HY_SHA256_LEN), A_INT(s->author.v),
		A_INT(s->made ? s->made : hy_now(st->clock)));

	if (status == HY_OK)
		status = write_targets(st, s, id, revision, err);
	return status;
}

enum hy_status hy_statement_add(struct hy_store *st, const struct hy_statement *s,
				struct hy_statement_id *out, struct hy_err *err)
{
	struct hy_verb v;
	uint8_t random[16];
	int64_t id = 0;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	hy_random_bytes(random, sizeof random);
	char *marker = s->marker ? hy_strdup(NULL, s->marker) : hy_hex(NULL, random, sizeof random);
	status = hy_db_run(st, NULL, err,
			   "INSERT INTO statement (kind, state, claim, cs, corrects, revision,"
			   " submitted, decided, marker) VALUES (?, 0, ?, ?, ?, 1, 0, 0, ?)",
			   A_INT(s->kind), A_REF(s->claim.v), A_REF(s->cs.v), A_REF(s->corrects.v),
			   A_TEXT(marker));
	talloc_free(marker);
	if (status == HY_OK) {
		id = sqlite3_last_insert_rowid(st->db);
		status = write_revision(st, s, id, 1, err);
	}
	status = hy_verb_leave(&v, st, status, err);
	if (status == HY_OK && out)
		out->v = id;
	return status;
}

enum hy_status hy_statement_revise(struct hy_store *st, const struct hy_statement *s,
				   struct hy_err *err)
{
	struct hy_verb v;
	int64_t changed = 0;
	struct hy_statement *now = NULL;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_statement_get(st, NULL, s->id, &now, err);
	if (status == HY_OK)
		status = hy_db_run(
			st, &changed, err,
			"UPDATE statement SET state = 0, revision = revision + 1,"
			" submitted = 0, decided = 0, decided_by = NULL, reject_why = NULL"
			" WHERE id = ? AND revision = ? AND state IN (0, 1, 3)",
			A_INT(s->id.v), A_INT(s->revision));
	if (status == HY_OK && changed == 0)
		status = hy_err_set(err, HY_ECONFLICT,
				    _("statement %" PRId64 " is %s, at revision %d: read it again"),
				    s->id.v, _(hy_statement_state_name(now->state)), now->revision);
	if (status == HY_OK)
		status = write_revision(st, s, s->id.v, s->revision + 1, err);
	talloc_free(now);
	return hy_verb_leave(&v, st, status, err);
}

enum hy_status hy_statement_get(struct hy_store *st, const void *ctx, struct hy_statement_id id,
				struct hy_statement **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_statement, out, err,
			 "SELECT " STATEMENT_COLS STATEMENT_FROM "s.revision WHERE s.id = ?",
			 A_INT(id.v));
}

enum hy_status hy_statement_revision(struct hy_store *st, const void *ctx,
				     struct hy_statement_id id, int revision,
				     struct hy_statement **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_statement, out, err,
			 "SELECT " STATEMENT_COLS STATEMENT_FROM "?2 WHERE s.id = ?1", A_INT(id.v),
			 A_INT(revision));
}

enum hy_status hy_statement_list(struct hy_store *st, const void *ctx, int state, int64_t before_id,
				 int limit, struct hy_statement **out, size_t *n,
				 struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_statement, out, n, err,
			  "SELECT " STATEMENT_COLS STATEMENT_FROM
			  "s.revision WHERE (?1 < 0 OR s.state = ?1) AND (?2 = 0 OR s.id < ?2)"
			  " ORDER BY s.id DESC LIMIT ?3",
			  A_INT(state), A_INT(before_id), A_INT(limit));
}

enum hy_status hy_statement_on_account(struct hy_store *st, const void *ctx,
				       struct hy_account_id account, int limit,
				       struct hy_statement **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_statement, out, n, err,
			  "SELECT " STATEMENT_COLS STATEMENT_FROM
			  "s.revision JOIN delivery d ON d.statement = s.id"
			  " AND d.revision = s.revision WHERE d.account = ? AND d.state IN (1, 2)"
			  " AND s.state = 2 ORDER BY s.decided DESC, s.id DESC LIMIT ?",
			  A_INT(account.v), A_INT(limit));
}
