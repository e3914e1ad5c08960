/* The people of the desk. */
#include "store/db.h"

#define PERSON_COLS "id, login, name, unix_name, unit, duties, password_hash, active"

static enum hy_status row_person(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_person *p = rec;

	(void)err;
	p->id.v = hy_q_int(q);
	p->login = hy_q_text(q, ctx);
	p->name = hy_q_text(q, ctx);
	p->unix_name = hy_q_text(q, ctx);
	p->unit.v = hy_q_int(q);
	p->duties = (unsigned)hy_q_int(q);
	p->password_hash = hy_q_text(q, ctx);
	p->active = hy_q_int(q) != 0;
	return HY_OK;
}
static const struct hy_kind kind_person = {sizeof(struct hy_person), row_person, N_("person")};

static enum hy_status taken(enum hy_status status, const struct hy_person *p, struct hy_err *err)
{
	if (status == HY_EEXISTS)
		return hy_err_set(err, status,
				  _("the login %s or its system user is taken already"), p->login);
	return status;
}

enum hy_status hy_person_add(struct hy_store *st, const struct hy_person *p,
			     struct hy_person_id *out, struct hy_err *err)
{
	int64_t id = 0;
	enum hy_status status = hy_verb_insert(
		st, &id, err,
		"INSERT INTO person (login, name, unix_name, unit, duties,"
		" password_hash, active) VALUES (?, ?, ?, ?, ?, ?, ?)",
		A_STR(p->login), A_TEXT(p->name ? p->name : p->login), A_TEXT(p->unix_name),
		A_REF(p->unit.v), A_INT(p->duties), A_TEXT(p->password_hash), A_INT(p->active));

	if (status == HY_OK && out)
		out->v = id;
	return taken(status, p, err);
}

enum hy_status hy_person_update(struct hy_store *st, const struct hy_person *p, struct hy_err *err)
{
	enum hy_status status = hy_verb_run(
		st, N_("person"), err,
		"UPDATE person SET login = ?, name = ?, unix_name = ?, unit = ?, duties = ?,"
		" password_hash = coalesce(?, password_hash), active = ? WHERE id = ?",
		A_STR(p->login), A_TEXT(p->name ? p->name : p->login), A_TEXT(p->unix_name),
		A_REF(p->unit.v), A_INT(p->duties), A_TEXT(p->password_hash), A_INT(p->active),
		A_INT(p->id.v));

	return taken(status, p, err);
}

enum hy_status hy_person_get(struct hy_store *st, const void *ctx, struct hy_person_id id,
			     struct hy_person **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_person, out, err,
			 "SELECT " PERSON_COLS " FROM person WHERE id = ?", A_INT(id.v));
}

enum hy_status hy_person_find(struct hy_store *st, const void *ctx, const char *login,
			      struct hy_person **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_person, out, err,
			 "SELECT " PERSON_COLS " FROM person WHERE login = ?", A_TEXT(login));
}

enum hy_status hy_person_find_unix(struct hy_store *st, const void *ctx, const char *unix_name,
				   struct hy_person **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_person, out, err,
			 "SELECT " PERSON_COLS " FROM person WHERE unix_name = ?",
			 A_TEXT(unix_name));
}

enum hy_status hy_person_list(struct hy_store *st, const void *ctx, struct hy_person **out,
			      size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_person, out, n, err,
			  "SELECT " PERSON_COLS " FROM person ORDER BY id");
}
