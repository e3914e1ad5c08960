/* Sources: what a person sets, and beside it the cursor and health that collect writes. */
#include "store/db.h"

#define SOURCE_COLS                                                                                \
	"id, name, kind, url, reach, place, options, own, official, state, cursor, last_try, "     \
	"last_ok, last_new, next_at, failures, last_error, last_status, got_new, got_repeat, "     \
	"got_edit, got_refused, unit"

/* Without cursor and options, which may be long: for lists of which few rows are taken up. */
#define SOURCE_LEAN                                                                                \
	"id, name, kind, url, reach, place, '{}', own, official, state, NULL, last_try, last_ok, " \
	"last_new, next_at, failures, last_error, last_status, got_new, got_repeat, got_edit, "    \
	"got_refused, unit"

static enum hy_status row_source(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_source *s = rec;

	(void)err;
	s->id.v = hy_q_int(q);
	s->name = hy_q_text(q, ctx);
	s->kind = hy_q_text(q, ctx);
	s->url = hy_q_text(q, ctx);
	s->reach = hy_q_text(q, ctx);
	s->place = hy_q_text(q, ctx);
	s->options = hy_q_text(q, ctx);
	s->own = hy_q_int(q) != 0;
	s->official = hy_q_int(q) != 0;
	s->state = (enum hy_source_state)hy_q_int(q);
	s->cursor = hy_q_text(q, ctx);
	s->last_try = hy_q_int(q);
	s->last_ok = hy_q_int(q);
	s->last_new = hy_q_int(q);
	s->next_at = hy_q_int(q);
	s->failures = (int)hy_q_int(q);
	s->last_error = hy_q_text(q, ctx);
	s->last_status = (int)hy_q_int(q);
	s->got_new = hy_q_int(q);
	s->got_repeat = hy_q_int(q);
	s->got_edit = hy_q_int(q);
	s->got_refused = hy_q_int(q);
	s->unit.v = hy_q_int(q);
	return HY_OK;
}
static const struct hy_kind kind_source = {sizeof(struct hy_source), row_source, N_("source")};

enum hy_status hy_source_add(struct hy_store *st, const struct hy_source *s,
			     struct hy_source_id *out, struct hy_err *err)
{
	int64_t id = 0;
	enum hy_status status = hy_verb_insert(
		st, &id, err,
		"INSERT INTO source (name, kind, url, reach, place, options, own, official, state,"
		" cursor, last_try, last_ok, last_new, next_at, failures, last_status, got_new,"
		" got_repeat, got_edit, got_refused, unit)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, ?, 0, 0, 0, 0, 0, 0, ?)",
		A_STR(s->name), A_STR(s->kind), A_STR(s->url), A_TEXT(s->reach), A_STR(s->place),
		A_TEXT(s->options ? s->options : "{}"), A_INT(s->own), A_INT(s->official),
		A_INT(s->state), A_TEXT(s->cursor), A_INT(s->next_at), A_REF(s->unit.v));

	if (status == HY_EEXISTS)
		return hy_err_set(err, status, _("there is a source named %s already"), s->name);
	if (status == HY_OK && out)
		out->v = id;
	return status;
}

enum hy_status hy_source_get(struct hy_store *st, const void *ctx, struct hy_source_id id,
			     struct hy_source **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_source, out, err,
			 "SELECT " SOURCE_COLS " FROM source WHERE id = ?", A_INT(id.v));
}

enum hy_status hy_source_find(struct hy_store *st, const void *ctx, const char *name_or_id,
			      struct hy_source **out, struct hy_err *err)
{
	int64_t id = 0;
	enum hy_status status =
		hy_db_one(st, ctx, &kind_source, out, err,
			  "SELECT " SOURCE_COLS " FROM source WHERE name = ? AND state <> 3",
			  A_TEXT(name_or_id));

	if (status == HY_ENOTFOUND && hy_db_is_id(name_or_id, &id))
		status = hy_source_get(st, ctx, (struct hy_source_id){id}, out, err);
	return status;
}

enum hy_status hy_source_list(struct hy_store *st, const void *ctx, bool removed_too,
			      struct hy_source **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_source, out, n, err,
			  "SELECT " SOURCE_COLS " FROM source WHERE state <> 3 OR ? ORDER BY id",
			  A_INT(removed_too));
}

enum hy_status hy_source_due(struct hy_store *st, const void *ctx, hy_time now, int limit,
			     struct hy_source **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_source, out, n, err,
			  "SELECT " SOURCE_LEAN " FROM source WHERE state = 0 AND next_at <= ?"
			  " ORDER BY next_at, id LIMIT ?",
			  A_INT(now), A_INT(limit));
}

enum hy_status hy_source_next(struct hy_store *st, hy_time after, hy_time *out, struct hy_err *err)
{
	return hy_db_int(st, out, err,
			 "SELECT coalesce((SELECT min(next_at) FROM source WHERE state = 0"
			 " AND next_at > ?), ?)",
			 A_INT(after ? after : INT64_MIN), A_INT(HY_TIME_NEVER));
}

enum hy_status hy_source_set_state(struct hy_store *st, struct hy_source_id id,
				   enum hy_source_state state, struct hy_err *err)
{
	enum hy_status status =
		hy_verb_run(st, kind_source.what, err, "UPDATE source SET state = ? WHERE id = ?",
			    A_INT(state), A_INT(id.v));

	if (status == HY_EEXISTS)
		return hy_err_set(err, status, _("another source has taken its name"));
	return status;
}

enum hy_status hy_source_pause(struct hy_store *st, struct hy_source_id id, const char *why,
			       struct hy_err *err)
{
	return hy_verb_run(st, kind_source.what, err,
			   "UPDATE source SET state = 1, last_error = ? WHERE id = ?", A_TEXT(why),
			   A_INT(id.v));
}

enum hy_status hy_source_set_url(struct hy_store *st, struct hy_source_id id, const char *url,
				 struct hy_err *err)
{
	return hy_verb_run(st, kind_source.what, err, "UPDATE source SET url = ? WHERE id = ?",
			   A_STR(url), A_INT(id.v));
}

enum hy_status hy_source_set_unit(struct hy_store *st, struct hy_source_id id,
				  struct hy_unit_id unit, struct hy_err *err)
{
	return hy_verb_run(st, kind_source.what, err, "UPDATE source SET unit = ? WHERE id = ?",
			   A_REF(unit.v), A_INT(id.v));
}

enum hy_status hy_source_edit(struct hy_store *st, const struct hy_source *s, struct hy_err *err)
{
	return hy_verb_run(st, kind_source.what, err,
			   "UPDATE source SET url = ?, reach = ?, place = ?, unit = ?, options = ?,"
			   " cursor = ?, next_at = ? WHERE id = ?",
			   A_STR(s->url), A_TEXT(s->reach), A_STR(s->place), A_REF(s->unit.v),
			   A_TEXT(s->options), A_TEXT(s->cursor), A_INT(s->next_at), A_INT(s->id.v));
}

enum hy_status hy_source_set_options(struct hy_store *st, struct hy_source_id id,
				     const char *options, struct hy_err *err)
{
	return hy_verb_run(st, kind_source.what, err, "UPDATE source SET options = ? WHERE id = ?",
			   A_TEXT(options), A_INT(id.v));
}

enum hy_status hy_source_tried(struct hy_store *st, const struct hy_source *s, struct hy_err *err)
{
	return hy_verb_run(
		st, kind_source.what, err,
		"UPDATE source SET cursor = ?, last_try = ?, last_ok = ?, last_new = ?,"
		" next_at = ?, failures = ?,"
		/* a look that was under way when it was paused does not cover up why */
		" last_error = CASE WHEN state = 1 THEN last_error ELSE ? END,"
		" last_status = ? WHERE id = ?",
		A_TEXT(s->cursor), A_INT(s->last_try), A_INT(s->last_ok), A_INT(s->last_new),
		A_INT(s->next_at), A_INT(s->failures), A_TEXT(s->last_error), A_INT(s->last_status),
		A_INT(s->id.v));
}

enum hy_status hy_source_received(struct hy_store *st, struct hy_source_id id,
				  const struct hy_received *r, struct hy_err *err)
{
	return hy_verb_run(st, kind_source.what, err,
			   "UPDATE source SET got_new = got_new + ?, got_repeat = got_repeat + ?,"
			   " got_edit = got_edit + ?, got_refused = got_refused + ? WHERE id = ?",
			   A_INT(r->fresh), A_INT(r->repeat), A_INT(r->edit), A_INT(r->refused),
			   A_INT(id.v));
}

enum hy_status hy_source_heard(struct hy_store *st, struct hy_source_id id, hy_time at, bool good,
			       const struct hy_received *r, struct hy_err *err)
{
	return hy_verb_run(
		st, kind_source.what, err,
		"UPDATE source SET got_new = got_new + ?1, got_repeat = got_repeat + ?2,"
		" got_edit = got_edit + ?3, got_refused = got_refused + ?4,"
		" last_try = CASE WHEN ?5 = 1 THEN ?6 ELSE last_try END,"
		" last_ok = CASE WHEN ?5 = 1 THEN ?6 ELSE last_ok END,"
		" last_new = CASE WHEN ?5 = 1 AND ?1 > 0 THEN ?6 ELSE last_new END WHERE id = ?7",
		A_INT(r->fresh), A_INT(r->repeat), A_INT(r->edit), A_INT(r->refused), A_INT(good),
		A_INT(at), A_INT(id.v));
}

enum hy_status hy_source_make_due(struct hy_store *st, struct hy_source_id id, hy_time at,
				  struct hy_err *err)
{
	return hy_verb_run(st, id.v ? kind_source.what : NULL, err,
			   "UPDATE source SET next_at = ?1 WHERE state = 0"
			   " AND (id = ?2 OR (?2 = 0 AND next_at < ?3))",
			   A_INT(at), A_INT(id.v), A_INT(HY_TIME_NEVER));
}
