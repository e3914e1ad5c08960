/* Tokens and web sessions: only SHA-256 of what the holder has is here. */
#include "store/db.h"

#include <stdio.h>

static enum hy_status refuse(struct hy_err *err)
{
	return hy_err_set(err, HY_EAUTH,
			  _("the token is unknown or has run out: ask for a new one"));
}

enum hy_status hy_token_add(struct hy_store *st, struct hy_person_id p, const char *purpose,
			    const uint8_t sha256[32], hy_time until, struct hy_err *err)
{
	return hy_verb_run(st, NULL, err,
			   "INSERT INTO token (sha256, person, purpose, until) VALUES (?, ?, ?, ?)",
			   A_BLOB(sha256, 32), A_INT(p.v), A_TEXT(purpose), A_INT(until));
}

enum hy_status hy_token_find(struct hy_store *st, const void *ctx, const char *purpose,
			     const uint8_t sha256[32], struct hy_person **out, struct hy_err *err)
{
	struct hy_person *p = NULL;
	int64_t id = 0;
	enum hy_status status =
		hy_db_int(st, &id, err,
			  "SELECT person FROM token WHERE sha256 = ? AND purpose = ?"
			  " AND (until = 0 OR until > ?)",
			  A_BLOB(sha256, 32), A_TEXT(purpose), A_INT(hy_now(st->clock)));

	if (status == HY_OK)
		status = hy_person_get(st, ctx, (struct hy_person_id){id}, &p, err);
	if (status == HY_ENOTFOUND)
		return refuse(err);
	if (status != HY_OK)
		return status;
	if (!p->active) {
		talloc_free(p);
		return refuse(err);
	}
	*out = p;
	return HY_OK;
}

enum hy_status hy_token_use(struct hy_store *st, const void *ctx, const char *purpose,
			    const uint8_t sha256[32], struct hy_person **out, struct hy_err *err)
{
	struct hy_verb v;
	struct hy_person *p = NULL;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_token_find(st, ctx, purpose, sha256, &p, err);
	if (status == HY_OK)
		status = hy_db_run(st, NULL, err, "DELETE FROM token WHERE sha256 = ?",
				   A_BLOB(sha256, 32));
	status = hy_verb_leave(&v, st, status, err);
	if (status == HY_OK)
		*out = p;
	else
		talloc_free(p);
	return status;
}

enum hy_status hy_token_remove_all(struct hy_store *st, struct hy_person_id p, const char *purpose,
				   struct hy_err *err)
{
	return hy_verb_run(st, NULL, err, "DELETE FROM token WHERE person = ? AND purpose = ?",
			   A_INT(p.v), A_TEXT(purpose));
}

enum hy_status hy_session_add(struct hy_store *st, const uint8_t sha256[32],
			      const struct hy_session *s, struct hy_err *err)
{
	return hy_verb_run(st, NULL, err,
			   "INSERT INTO session (sha256, person, made, seen, until, csrf)"
			   " VALUES (?, ?, ?, ?, ?, ?)",
			   A_BLOB(sha256, 32), A_INT(s->person.v), A_INT(s->made), A_INT(s->seen),
			   A_INT(s->until), A_TEXT(s->csrf));
}

static enum hy_status row_session(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_session *s = rec;

	(void)err;
	s->person.v = hy_q_int(q);
	s->made = hy_q_int(q);
	s->seen = hy_q_int(q);
	s->until = hy_q_int(q);
	char *csrf = hy_q_text(q, ctx);
	/* It came out of such a field: a cut never happens. */
	(void)snprintf(s->csrf, sizeof s->csrf, "%s", csrf);
	talloc_free(csrf);
	return HY_OK;
}
static const struct hy_kind kind_session = {sizeof(struct hy_session), row_session, N_("session")};

enum hy_status hy_session_get(struct hy_store *st, const uint8_t sha256[32], struct hy_session *out,
			      struct hy_err *err)
{
	struct hy_session *s = NULL;
	enum hy_status status =
		hy_db_one(st, NULL, &kind_session, &s, err,
			  "SELECT person, made, seen, until, csrf FROM session WHERE sha256 = ?",
			  A_BLOB(sha256, 32));

	if (status == HY_OK)
		*out = *s;
	talloc_free(s);
	return status;
}

enum hy_status hy_session_touch(struct hy_store *st, const uint8_t sha256[32], hy_time seen,
				struct hy_err *err)
{
	return hy_verb_run(st, N_("session"), err, "UPDATE session SET seen = ? WHERE sha256 = ?",
			   A_INT(seen), A_BLOB(sha256, 32));
}

enum hy_status hy_session_remove(struct hy_store *st, const uint8_t sha256[32], struct hy_err *err)
{
	return hy_verb_run(st, NULL, err, "DELETE FROM session WHERE sha256 = ?",
			   A_BLOB(sha256, 32));
}

enum hy_status hy_session_remove_person(struct hy_store *st, struct hy_person_id p,
					struct hy_err *err)
{
	return hy_verb_run(st, NULL, err, "DELETE FROM session WHERE person = ?", A_INT(p.v));
}
