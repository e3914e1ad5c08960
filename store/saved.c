/* Saved searches and the keys of their feeds. The searches are the office's own, so no row says
 * whose: what a person did with one stands in the audit. A key is a person's and ends with them. */
#include "store/db.h"

#define SAVED_COLS                                                                                 \
	"id, name, query, filters, made,"                                                          \
	" (SELECT count(*) FROM feed_key k WHERE k.saved = saved.id)"

static enum hy_status row_saved(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_saved *s = rec;

	(void)err;
	s->id.v = hy_q_int(q);
	s->name = hy_q_text(q, ctx);
	s->query = hy_q_text(q, ctx);
	s->filters = hy_q_text(q, ctx);
	s->made = hy_q_int(q);
	s->keys = (int)hy_q_int(q);
	return HY_OK;
}
static const struct hy_kind kind_saved = {sizeof(struct hy_saved), row_saved, N_("saved search")};

enum hy_status hy_saved_add(struct hy_store *st, const struct hy_saved *s, struct hy_saved_id *out,
			    struct hy_err *err)
{
	int64_t id = 0;
	enum hy_status status = hy_verb_insert(
		st, &id, err, "INSERT INTO saved (name, query, filters, made) VALUES (?, ?, ?, ?)",
		A_STR(s->name), A_STR(s->query), A_STR(s->filters), A_INT(hy_now(st->clock)));

	if (status == HY_EEXISTS)
		return hy_err_set(err, status, _("there is a saved search named %s already"),
				  s->name);
	if (status == HY_OK && out)
		out->v = id;
	return status;
}

enum hy_status hy_saved_find(struct hy_store *st, const void *ctx, const char *name_or_id,
			     struct hy_saved **out, struct hy_err *err)
{
	int64_t id = 0;
	enum hy_status status =
		hy_db_one(st, ctx, &kind_saved, out, err,
			  "SELECT " SAVED_COLS " FROM saved WHERE name = ?", A_TEXT(name_or_id));

	if (status == HY_ENOTFOUND && hy_db_is_id(name_or_id, &id))
		status = hy_db_one(st, ctx, &kind_saved, out, err,
				   "SELECT " SAVED_COLS " FROM saved WHERE id = ?", A_INT(id));
	return status;
}

enum hy_status hy_saved_list(struct hy_store *st, const void *ctx, struct hy_saved **out, size_t *n,
			     struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_saved, out, n, err,
			  "SELECT " SAVED_COLS " FROM saved ORDER BY name, id");
}

enum hy_status hy_saved_remove(struct hy_store *st, struct hy_saved_id id, struct hy_err *err)
{
	struct hy_verb v;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_db_run(st, NULL, err, "DELETE FROM feed_key WHERE saved = ?", A_INT(id.v));
	if (status == HY_OK)
		status = hy_verb_run(st, kind_saved.what, err, "DELETE FROM saved WHERE id = ?",
				     A_INT(id.v));
	return hy_verb_leave(&v, st, status, err);
}

/* ---- keys of feeds ---- */

static enum hy_status row_key(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_feed_key *k = rec;

	(void)ctx;
	(void)err;
	k->saved.v = hy_q_int(q);
	k->person.v = hy_q_int(q);
	k->told = hy_q_int(q);
	return HY_OK;
}
static const struct hy_kind kind_key = {sizeof(struct hy_feed_key), row_key, N_("key of a feed")};

enum hy_status hy_feed_key_set(struct hy_store *st, struct hy_saved_id saved, struct hy_person_id p,
			       const uint8_t sha256[32], struct hy_err *err)
{
	struct hy_verb v;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_db_run(st, NULL, err, "DELETE FROM feed_key WHERE saved = ? AND person = ?",
			   A_INT(saved.v), A_INT(p.v));
	if (status == HY_OK)
		status = hy_db_run(st, NULL, err,
				   "INSERT INTO feed_key (sha256, saved, person, made, told)"
				   " VALUES (?, ?, ?, ?, 0)",
				   A_BLOB(sha256, 32), A_INT(saved.v), A_INT(p.v),
				   A_INT(hy_now(st->clock)));
	return hy_verb_leave(&v, st, status, err);
}

enum hy_status hy_feed_key_find(struct hy_store *st, const void *ctx, const uint8_t sha256[32],
				struct hy_feed_key **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_key, out, err,
			 "SELECT k.saved, k.person, k.told FROM feed_key k"
			 " JOIN person p ON p.id = k.person WHERE k.sha256 = ? AND p.active = 1",
			 A_BLOB(sha256, 32));
}

enum hy_status hy_feed_key_of(struct hy_store *st, const void *ctx, struct hy_saved_id saved,
			      struct hy_person_id p, struct hy_feed_key **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_key, out, err,
			 "SELECT saved, person, told FROM feed_key WHERE saved = ? AND person = ?",
			 A_INT(saved.v), A_INT(p.v));
}

enum hy_status hy_feed_key_told(struct hy_store *st, const struct hy_feed_key *k,
				struct hy_err *err)
{
	return hy_verb_run(st, kind_key.what, err,
			   "UPDATE feed_key SET told = ? WHERE saved = ? AND person = ?",
			   A_INT(k->told), A_INT(k->saved.v), A_INT(k->person.v));
}

enum hy_status hy_feed_key_remove(struct hy_store *st, struct hy_saved_id saved, struct hy_err *err)
{
	return hy_verb_run(st, NULL, err, "DELETE FROM feed_key WHERE saved = ?", A_INT(saved.v));
}

enum hy_status hy_feed_key_remove_person(struct hy_store *st, struct hy_person_id p,
					 struct hy_err *err)
{
	return hy_verb_run(st, NULL, err, "DELETE FROM feed_key WHERE person = ?", A_INT(p.v));
}
