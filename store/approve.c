/*
 * Deciding over statements: submit, approve, reject, cancel. Each is a conditional update, so that
 * of two at once one gets HY_ECONFLICT; who may approve is said here for a good message and in a
 * trigger of the record for everybody.
 */
#include "store/db.h"

#include <string.h>

static enum hy_status wrong_state(const struct hy_statement *s, int revision, struct hy_err *err)
{
	if (s->revision != revision)
		return hy_err_set(
			err, HY_ECONFLICT,
			_("statement %" PRId64 " is at revision %d by now, not %d: read it again"),
			s->id.v, s->revision, revision);
	return hy_err_set(err, HY_ECONFLICT, _("statement %" PRId64 " is %s"), s->id.v,
			  _(hy_statement_state_name(s->state)));
}

enum hy_status hy_statement_submit(struct hy_store *st, struct hy_statement_id id, int revision,
				   struct hy_person_id who, struct hy_err *err)
{
	struct hy_verb v;
	struct hy_statement *s = NULL;
	enum hy_status status = hy_verb_enter(&v, st, err);

	(void)who; /* the audit row of the caller names who */
	if (status != HY_OK)
		return status;
	status = hy_statement_get(st, NULL, id, &s, err);
	if (status == HY_OK && (s->revision != revision || s->state != HY_STATEMENT_DRAFT))
		status = wrong_state(s, revision, err);
	if (status == HY_OK)
		status = hy_db_run(st, NULL, err,
				   "UPDATE statement SET state = 1, submitted = ? WHERE id = ?",
				   A_INT(hy_now(st->clock)), A_INT(id.v));
	talloc_free(s);
	return hy_verb_leave(&v, st, status, err);
}

/* The rules of an approval that need a good message; the triggers stand behind them. */
static enum hy_status may_approve(struct hy_store *st, const struct hy_statement *s,
				  struct hy_person_id who, struct hy_err *err)
{
	int64_t own = 0;
	enum hy_status status = hy_db_int(
		st, &own, err,
		"SELECT count(*) FROM statement_revision WHERE statement = ? AND author = ?",
		A_INT(s->id.v), A_INT(who.v));

	if (status != HY_OK)
		return status;
	if (own > 0)
		return hy_err_set(err, HY_EREFUSED,
				  _("you wrote a revision of statement %" PRId64
				    ": another person must approve it"),
				  s->id.v);
	if (s->n_targets == 0)
		return hy_err_set(err, HY_EREFUSED, _("statement %" PRId64 " names no account"),
				  s->id.v);
	return HY_OK;
}

/* One delivery a target, with the key it is known by from before its first attempt. */
static enum hy_status plan_deliveries(struct hy_store *st, const struct hy_statement *s,
				      struct hy_err *err)
{
	hy_time now = hy_now(st->clock);
	enum hy_status status = HY_OK;

	for (size_t i = 0; status == HY_OK && i < s->n_targets; i++) {
		uint8_t random[16];

		hy_random_bytes(random, sizeof random);
		char *key = hy_hex(NULL, random, sizeof random);
		status = hy_db_run(st, NULL, err,
				   "INSERT INTO delivery (statement, revision, account, state,"
				   " attempt, fence, not_before, not_after, wait_until, changed,"
				   " key, lookups) VALUES (?, ?, ?, 0, 0, 0, ?, ?, 0, ?, ?, 0)",
				   A_INT(s->id.v), A_INT(s->revision), A_INT(s->targets[i].v),
				   A_INT(s->not_before), A_INT(s->not_after), A_INT(now),
				   A_TEXT(key));
		talloc_free(key);
	}
	return status;
}

enum hy_status hy_statement_approve(struct hy_store *st, struct hy_statement_id id, int revision,
				    const uint8_t digest[HY_SHA256_LEN], struct hy_person_id who,
				    const uint8_t signature[HY_ED25519_SIG_LEN], struct hy_err *err)
{
	struct hy_verb v;
	struct hy_statement *s = NULL;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_statement_get(st, NULL, id, &s, err);
	if (status == HY_OK && (s->revision != revision || s->state != HY_STATEMENT_SUBMITTED))
		status = wrong_state(s, revision, err);
	if (status == HY_OK && !hy_equal_ct(s->digest, digest, HY_SHA256_LEN))
		status = hy_err_set(
			err, HY_ECONFLICT,
			_("statement %" PRId64 " is not the text that was shown: read it again"),
			id.v);
	if (status == HY_OK)
		status = may_approve(st, s, who, err);
	if (status == HY_OK)
		status = hy_db_run(st, NULL, err,
				   "UPDATE statement SET state = 2, approver = ?1, decided_by = ?1,"
				   " digest = ?2, signature = ?3, decided = ?4 WHERE id = ?5",
				   A_INT(who.v), A_BLOB(digest, HY_SHA256_LEN),
				   A_BLOB(signature, HY_ED25519_SIG_LEN), A_INT(hy_now(st->clock)),
				   A_INT(id.v));
	if (status == HY_OK)
		status = plan_deliveries(st, s, err);
	talloc_free(s);
	return hy_verb_leave(&v, st, status, err);
}

enum hy_status hy_statement_reject(struct hy_store *st, struct hy_statement_id id, int revision,
				   struct hy_person_id who, const char *why, struct hy_err *err)
{
	struct hy_verb v;
	struct hy_statement *s = NULL;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_statement_get(st, NULL, id, &s, err);
	if (status == HY_OK && (s->revision != revision || s->state != HY_STATEMENT_SUBMITTED))
		status = wrong_state(s, revision, err);
	if (status == HY_OK)
		status = hy_db_run(st, NULL, err,
				   "UPDATE statement SET state = 3, decided = ?, decided_by = ?,"
				   " reject_why = ? WHERE id = ?",
				   A_INT(hy_now(st->clock)), A_REF(who.v), A_STR(why), A_INT(id.v));
	talloc_free(s);
	return hy_verb_leave(&v, st, status, err);
}

static enum hy_status cancel(struct hy_store *st, const struct hy_statement *s,
			     struct hy_person_id who, struct hy_err *err)
{
	int64_t begun = 0;
	hy_time now = hy_now(st->clock);
	enum hy_status status = hy_db_int(
		st, &begun, err,
		"SELECT count(*) FROM delivery WHERE statement = ? AND state IN (1, 2, 5)",
		A_INT(s->id.v));

	if (status != HY_OK)
		return status;
	if (s->state == HY_STATEMENT_CANCELLED || begun > 0)
		return hy_err_set(
			err, HY_ECONFLICT,
			begun > 0 ? _("statement %" PRId64 " was sent already: write an erratum")
				  : _("statement %" PRId64 " is cancelled already"),
			s->id.v);
	status = hy_db_run(st, NULL, err,
			   "UPDATE delivery SET state = 7, changed = ?"
			   " WHERE statement = ? AND state IN (0, 3, 4, 6)",
			   A_INT(now), A_INT(s->id.v));
	if (status == HY_OK)
		status = hy_db_run(
			st, NULL, err,
			"UPDATE statement SET state = 4, decided = ?, decided_by = ? WHERE id = ?",
			A_INT(now), A_REF(who.v), A_INT(s->id.v));
	return status;
}

enum hy_status hy_statement_cancel(struct hy_store *st, struct hy_statement_id id,
				   struct hy_person_id who, struct hy_err *err)
{
	struct hy_verb v;
	struct hy_statement *s = NULL;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_statement_get(st, NULL, id, &s, err);
	if (status == HY_OK)
		status = cancel(st, s, who, err);
	talloc_free(s);
	return hy_verb_leave(&v, st, status, err);
}
