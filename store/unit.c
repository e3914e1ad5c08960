/* Units of the office: departments, townships, village committees. */
#include "store/db.h"

#define UNIT_COLS "id, name, kind, place, parent, active"

static enum hy_status row_unit(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_unit *u = rec;

	(void)err;
	u->id.v = hy_q_int(q);
	u->name = hy_q_text(q, ctx);
	u->kind = hy_q_text(q, ctx);
	u->place = hy_q_text(q, ctx);
	u->parent.v = hy_q_int(q);
	u->active = hy_q_int(q) != 0;
	return HY_OK;
}
static const struct hy_kind kind_unit = {sizeof(struct hy_unit), row_unit, N_("unit")};

enum hy_status hy_unit_add(struct hy_store *st, const struct hy_unit *u, struct hy_unit_id *out,
			   struct hy_err *err)
{
	int64_t id = 0;
	enum hy_status status = hy_verb_insert(
		st, &id, err,
		"INSERT INTO unit (name, kind, place, parent, active) VALUES (?, ?, ?, ?, ?)",
		A_STR(u->name), A_TEXT(u->kind ? u->kind : "department"), A_STR(u->place),
		A_REF(u->parent.v), A_INT(u->active));

	if (status == HY_EEXISTS)
		return hy_err_set(err, status, _("there is a unit named %s already"), u->name);
	if (status == HY_OK && out)
		out->v = id;
	return status;
}

enum hy_status hy_unit_get(struct hy_store *st, const void *ctx, struct hy_unit_id id,
			   struct hy_unit **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_unit, out, err,
			 "SELECT " UNIT_COLS " FROM unit WHERE id = ?", A_INT(id.v));
}

enum hy_status hy_unit_find(struct hy_store *st, const void *ctx, const char *name_or_id,
			    struct hy_unit **out, struct hy_err *err)
{
	int64_t id = 0;
	enum hy_status status =
		hy_db_one(st, ctx, &kind_unit, out, err,
			  "SELECT " UNIT_COLS " FROM unit WHERE name = ?", A_TEXT(name_or_id));

	if (status == HY_ENOTFOUND && hy_db_is_id(name_or_id, &id))
		status = hy_unit_get(st, ctx, (struct hy_unit_id){id}, out, err);
	return status;
}

enum hy_status hy_unit_list(struct hy_store *st, const void *ctx, struct hy_unit **out, size_t *n,
			    struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_unit, out, n, err,
			  "SELECT " UNIT_COLS " FROM unit ORDER BY id");
}

static enum hy_status row_source_id(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_source_id *id = rec;

	(void)ctx, (void)err;
	id->v = hy_q_int(q);
	return HY_OK;
}
static const struct hy_kind kind_source_id = {sizeof(struct hy_source_id), row_source_id,
					      N_("source")};

enum hy_status hy_unit_sources(struct hy_store *st, const void *ctx, struct hy_unit_id id,
			       struct hy_source_id **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_source_id, out, n, err,
			  "WITH RECURSIVE below (id) AS (SELECT ? UNION SELECT u.id FROM unit u"
			  " JOIN below b ON u.parent = b.id)"
			  " SELECT s.id FROM source s JOIN below b ON s.unit = b.id ORDER BY s.id",
			  A_INT(id.v));
}

enum hy_status hy_unit_stamp(struct hy_store *st, int64_t *out, struct hy_err *err)
{
	/* Ids never come back, so a sum that weighs each pair by its ids moves with every change.
	 */
	return hy_db_int(
		st, out, err,
		"SELECT (SELECT coalesce(sum((id * 7919 + unit * 104729) % 2147483647), 0)"
		" FROM source WHERE unit IS NOT NULL) * 31 + (SELECT coalesce(sum((id * 7919"
		" + parent * 15485863) % 2147483647), 0) FROM unit WHERE parent IS NOT NULL)");
}
