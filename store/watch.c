/* Saved queries. */
#include "store/db.h"

#define WATCH_COLS "id, name, query, level, version, enabled, made_by, made"

static enum hy_status row_watch(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_watch *w = rec;

	(void)err;
	w->id.v = hy_q_int(q);
	w->name = hy_q_text(q, ctx);
	w->query = hy_q_text(q, ctx);
	w->level = hy_q_text(q, ctx);
	w->version = (int)hy_q_int(q);
	w->enabled = hy_q_int(q) != 0;
	w->made_by.v = hy_q_int(q);
	w->made = hy_q_int(q);
	return HY_OK;
}
static const struct hy_kind kind_watch = {sizeof(struct hy_watch), row_watch, N_("watch")};

enum hy_status hy_watch_add(struct hy_store *st, const struct hy_watch *w, struct hy_watch_id *out,
			    struct hy_err *err)
{
	int64_t id = 0;
	enum hy_status status =
		hy_verb_insert(st, &id, err,
			       "INSERT INTO watch (name, query, level, version, enabled, made_by,"
			       " made) VALUES (?, ?, ?, 1, ?, ?, ?)",
			       A_STR(w->name), A_STR(w->query),
			       A_TEXT(w->level ? w->level : "medium"), A_INT(w->enabled),
			       A_REF(w->made_by.v), A_INT(w->made ? w->made : hy_now(st->clock)));

	if (status == HY_EEXISTS)
		return hy_err_set(err, status, _("there is a watch named %s already"), w->name);
	if (status == HY_OK && out)
		out->v = id;
	return status;
}

enum hy_status hy_watch_set(struct hy_store *st, const struct hy_watch *w, struct hy_err *err)
{
	return hy_verb_run(st, kind_watch.what, err,
			   "UPDATE watch SET version = version + (CASE WHEN query = ?1 THEN 0 ELSE"
			   " 1 END), query = ?1, level = ?2, enabled = ?3 WHERE id = ?4",
			   A_STR(w->query), A_TEXT(w->level ? w->level : "medium"),
			   A_INT(w->enabled), A_INT(w->id.v));
}

enum hy_status hy_watch_remove(struct hy_store *st, struct hy_watch_id id, struct hy_err *err)
{
	return hy_verb_run(st, kind_watch.what, err, "DELETE FROM watch WHERE id = ?", A_INT(id.v));
}

enum hy_status hy_watch_find(struct hy_store *st, const void *ctx, const char *name_or_id,
			     struct hy_watch **out, struct hy_err *err)
{
	int64_t id = 0;
	enum hy_status status =
		hy_db_one(st, ctx, &kind_watch, out, err,
			  "SELECT " WATCH_COLS " FROM watch WHERE name = ?", A_TEXT(name_or_id));

	if (status == HY_ENOTFOUND && hy_db_is_id(name_or_id, &id))
		status = hy_db_one(st, ctx, &kind_watch, out, err,
				   "SELECT " WATCH_COLS " FROM watch WHERE id = ?", A_INT(id));
	return status;
}

enum hy_status hy_watch_list(struct hy_store *st, const void *ctx, struct hy_watch **out, size_t *n,
			     struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_watch, out, n, err,
			  "SELECT " WATCH_COLS " FROM watch ORDER BY id");
}
