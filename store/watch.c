/*
 * Saved queries. A version of a rule runs over a stretch of the log of its own: the place where it
 * begins is written in the transaction of the edit, so that every item meets every version exactly
 * once, however late the detect role comes by.
 */
#include "store/db.h"

#include <string.h>

#define WATCH_COLS "id, name, kind, query, level, version, enabled, made_by, made"

static enum hy_status row_watch(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_watch *w = rec;

	(void)err;
	w->id.v = hy_q_int(q);
	w->name = hy_q_text(q, ctx);
	w->kind = hy_q_text(q, ctx);
	w->query = hy_q_text(q, ctx);
	w->level = hy_q_text(q, ctx);
	w->version = (int)hy_q_int(q);
	w->enabled = hy_q_int(q) != 0;
	w->made_by.v = hy_q_int(q);
	w->made = hy_q_int(q);
	return HY_OK;
}
static const struct hy_kind kind_watch = {sizeof(struct hy_watch), row_watch, N_("rule")};

#define SPAN_COLS                                                                                  \
	"id, watch, version, name, kind, query, level, begin_seq, until_seq IS NULL, until_seq, "  \
	"made"

static enum hy_status row_span(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_watch_span *s = rec;

	(void)err;
	s->id = hy_q_int(q);
	s->watch.v = hy_q_int(q);
	s->version = (int)hy_q_int(q);
	s->name = hy_q_text(q, ctx);
	s->kind = hy_q_text(q, ctx);
	s->query = hy_q_text(q, ctx);
	s->level = hy_q_text(q, ctx);
	s->begin = hy_q_int(q);
	bool open = hy_q_int(q) != 0;
	int64_t until = hy_q_int(q);
	s->until = open ? INT64_MAX : until;
	s->made = hy_q_int(q);
	return HY_OK;
}
static const struct hy_kind kind_span = {sizeof(struct hy_watch_span), row_span, N_("rule")};

/* ---- changes ---- */

/* The end of the log, past what the purge took. */
static enum hy_status log_end(struct hy_store *st, int64_t *place, struct hy_err *err)
{
	return hy_db_int(st, place, err,
			 "SELECT max(coalesce((SELECT max(seq) FROM item), 0),"
			 " coalesce((SELECT CAST(value AS INTEGER) FROM meta"
			 " WHERE key = 'item.floor'), 0))");
}

/* The number of this change and the place of the log where it holds. */
static enum hy_status next_change(struct hy_store *st, int64_t *change, int64_t *place,
				  struct hy_err *err)
{
	enum hy_status status = hy_db_run(st, NULL, err,
					  "INSERT INTO cursor (name, seq) VALUES (?, 1)"
					  " ON CONFLICT (name) DO UPDATE SET seq = seq + 1",
					  A_TEXT("rules"));

	if (status == HY_OK)
		status = hy_cursor_get(st, "rules", change, err);
	if (status == HY_OK)
		status = log_end(st, place, err);
	return status;
}

static enum hy_status open_span(struct hy_store *st, const struct hy_watch *w, int64_t change,
				int64_t place, struct hy_err *err)
{
	return hy_db_run(st, NULL, err,
			 "INSERT INTO watch_span (watch, version, name, kind, query, level,"
			 " begin_seq, begin_change, made) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			 A_INT(w->id.v), A_INT(w->version), A_STR(w->name), A_TEXT(w->kind),
			 A_STR(w->query), A_TEXT(w->level), A_INT(place), A_INT(change),
			 A_INT(hy_now(st->clock)));
}

static enum hy_status close_span(struct hy_store *st, struct hy_watch_id id, int64_t change,
				 int64_t place, struct hy_err *err)
{
	return hy_db_run(st, NULL, err,
			 "UPDATE watch_span SET until_seq = ?, until_change = ?"
			 " WHERE watch = ? AND until_seq IS NULL",
			 A_INT(place), A_INT(change), A_INT(id.v));
}

static enum hy_status by_id(struct hy_store *st, const void *ctx, struct hy_watch_id id,
			    struct hy_watch **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_watch, out, err,
			 "SELECT " WATCH_COLS " FROM watch WHERE id = ?", A_INT(id.v));
}

static enum hy_status add(struct hy_store *st, struct hy_watch *w, struct hy_err *err)
{
	int64_t change = 0, place = 0;
	enum hy_status status = next_change(st, &change, &place, err);

	if (status == HY_OK)
		status = hy_verb_insert(
			st, &w->id.v, err,
			"INSERT INTO watch (name, kind, query, level, version, enabled,"
			" made_by, made) VALUES (?, ?, ?, ?, 1, ?, ?, ?)",
			A_STR(w->name), A_TEXT(w->kind), A_STR(w->query), A_TEXT(w->level),
			A_INT(w->enabled), A_REF(w->made_by.v), A_INT(w->made));
	if (status == HY_EEXISTS)
		return hy_err_set(err, status, _("there is a rule named %s already"), w->name);
	if (status == HY_OK && w->enabled)
		status = open_span(st, w, change, place, err);
	return status;
}

enum hy_status hy_watch_add(struct hy_store *st, const struct hy_watch *w, struct hy_watch_id *out,
			    struct hy_err *err)
{
	struct hy_verb v;
	struct hy_watch made = *w;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	made.kind = w->kind ? w->kind : "query";
	made.level = w->level ? w->level : "medium";
	made.made = w->made ? w->made : hy_now(st->clock);
	made.version = 1;
	status = hy_verb_leave(&v, st, add(st, &made, err), err);
	if (status == HY_OK && out)
		*out = made.id;
	return status;
}

/* A version that begins, ends, or goes on under another name. */
static enum hy_status move_span(struct hy_store *st, const struct hy_watch *old,
				const struct hy_watch *w, struct hy_err *err)
{
	int64_t change = 0, place = 0;
	bool same = w->version == old->version && w->enabled == old->enabled;
	enum hy_status status = next_change(st, &change, &place, err);

	if (status == HY_OK && same)
		return hy_db_run(st, NULL, err,
				 "UPDATE watch_span SET name = ?, level = ?"
				 " WHERE watch = ? AND until_seq IS NULL",
				 A_STR(w->name), A_TEXT(w->level), A_INT(w->id.v));
	if (status == HY_OK)
		status = close_span(st, w->id, change, place, err);
	if (status == HY_OK && w->enabled)
		status = open_span(st, w, change, place, err);
	return status;
}

static enum hy_status set(struct hy_store *st, const void *work, struct hy_watch *w,
			  struct hy_err *err)
{
	struct hy_watch *old = NULL;
	enum hy_status status = by_id(st, work, w->id, &old, err);

	if (status != HY_OK)
		return status;
	w->name = w->name ? w->name : old->name;
	w->kind = w->kind ? w->kind : old->kind;
	w->level = w->level ? w->level : "medium";
	bool other = strcmp(w->query, old->query) != 0 || strcmp(w->kind, old->kind) != 0;
	w->version = old->version + other;
	if (!other && w->enabled == old->enabled && strcmp(w->name, old->name) == 0 &&
	    strcmp(w->level, old->level) == 0)
		return HY_OK;
	status = hy_db_run(st, NULL, err,
			   "UPDATE watch SET name = ?, kind = ?, query = ?, level = ?, version = ?,"
			   " enabled = ? WHERE id = ?",
			   A_STR(w->name), A_TEXT(w->kind), A_STR(w->query), A_TEXT(w->level),
			   A_INT(w->version), A_INT(w->enabled), A_INT(w->id.v));
	if (status == HY_EEXISTS)
		return hy_err_set(err, status, _("there is a rule named %s already"), w->name);
	return status == HY_OK ? move_span(st, old, w, err) : status;
}

enum hy_status hy_watch_set(struct hy_store *st, const struct hy_watch *w, struct hy_err *err)
{
	struct hy_verb v;
	struct hy_watch now = *w;
	void *work = NULL;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	work = talloc_new(NULL);
	status = hy_verb_leave(&v, st, set(st, work, &now, err), err);
	talloc_free(work);
	return status;
}

enum hy_status hy_watch_remove(struct hy_store *st, struct hy_watch_id id, struct hy_err *err)
{
	struct hy_verb v;
	int64_t change = 0, place = 0, gone = 0;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_db_run(st, &gone, err, "DELETE FROM watch WHERE id = ?", A_INT(id.v));
	if (status == HY_OK && gone == 0)
		status = hy_db_no_such(kind_watch.what, err);
	if (status == HY_OK)
		status = next_change(st, &change, &place, err);
	if (status == HY_OK)
		status = close_span(st, id, change, place, err);
	return hy_verb_leave(&v, st, status, err);
}

/* ---- reading ---- */

enum hy_status hy_watch_find(struct hy_store *st, const void *ctx, const char *name_or_id,
			     struct hy_watch **out, struct hy_err *err)
{
	struct hy_watch_id id = {0};
	enum hy_status status =
		hy_db_one(st, ctx, &kind_watch, out, err,
			  "SELECT " WATCH_COLS " FROM watch WHERE name = ?", A_TEXT(name_or_id));

	if (status == HY_ENOTFOUND && hy_db_is_id(name_or_id, &id.v))
		status = by_id(st, ctx, id, out, err);
	return status;
}

enum hy_status hy_watch_list(struct hy_store *st, const void *ctx, struct hy_watch **out, size_t *n,
			     struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_watch, out, n, err,
			  "SELECT " WATCH_COLS " FROM watch ORDER BY id");
}

enum hy_status hy_watch_page(struct hy_store *st, const void *ctx, const char *words,
			     int64_t before_id, int limit, struct hy_watch **out, size_t *n,
			     struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_watch, out, n, err,
			  "SELECT " WATCH_COLS " FROM watch WHERE (?1 = 0 OR id < ?1)"
			  " AND (?2 = '' OR instr(name, ?2) > 0 OR instr(query, ?2) > 0)"
			  " ORDER BY id DESC LIMIT ?3",
			  A_INT(before_id), A_STR(words), A_INT(limit));
}

enum hy_status hy_watch_count(struct hy_store *st, const char *kind, int64_t *out,
			      struct hy_err *err)
{
	return hy_db_int(st, out, err,
			 "SELECT count(*) FROM watch WHERE enabled = 1 AND (?1 = '' OR kind = ?1)",
			 A_STR(kind));
}

enum hy_status hy_watch_spans(struct hy_store *st, const void *ctx, int64_t after,
			      struct hy_watch_span **out, size_t *n, int64_t *change,
			      struct hy_err *err)
{
	enum hy_status status = hy_cursor_get(st, "rules", change, err);

	if (status != HY_OK)
		return status;
	return hy_db_list(st, ctx, &kind_span, out, n, err,
			  "SELECT " SPAN_COLS " FROM watch_span"
			  " WHERE (until_seq IS NULL OR until_seq > ?1) ORDER BY id",
			  A_INT(after));
}

enum hy_status hy_watch_versions(struct hy_store *st, const void *ctx, struct hy_watch_id id,
				 struct hy_watch_span **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_span, out, n, err,
			  "SELECT " SPAN_COLS " FROM watch_span WHERE watch = ? ORDER BY id",
			  A_INT(id.v));
}

static enum hy_status row_sums(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_watch_sums *s = rec;

	(void)ctx;
	(void)err;
	s->alerts = hy_q_int(q);
	s->open = hy_q_int(q);
	s->matches = hy_q_int(q);
	s->noise = hy_q_int(q);
	s->useful = hy_q_int(q);
	return HY_OK;
}
static const struct hy_kind kind_sums = {sizeof(struct hy_watch_sums), row_sums, N_("rule")};

enum hy_status hy_watch_sum(struct hy_store *st, struct hy_watch_id id, struct hy_watch_sums *out,
			    struct hy_err *err)
{
	struct hy_watch_sums *s = NULL;
	enum hy_status status = hy_db_one(
		st, NULL, &kind_sums, &s, err,
		"SELECT count(*), coalesce(sum(state <> 2), 0), coalesce(sum(items), 0),"
		" coalesce(sum(CASE WHEN disposition IN ('noise', 'known') THEN items END), 0),"
		" coalesce(sum(CASE WHEN disposition IN ('case', 'claim', 'done') THEN items"
		" END), 0) FROM alert WHERE watch = ?",
		A_INT(id.v));

	if (status == HY_OK)
		*out = *s;
	talloc_free(s);
	return status;
}

enum hy_status hy_watch_changed(struct hy_store *st, int64_t change, int64_t *place,
				struct hy_err *err)
{
	return hy_db_int(st, place, err,
			 "SELECT min(coalesce((SELECT min(begin_seq) FROM watch_span"
			 " WHERE begin_change > ?1), 9223372036854775807),"
			 " coalesce((SELECT min(until_seq) FROM watch_span"
			 " WHERE until_change > ?1), 9223372036854775807))",
			 A_INT(change));
}

/* ---- runs over the archive ---- */

#define RUN_COLS                                                                                   \
	"id, watch, change, from_seq, at_seq, upto_seq, seen, matches, opened, state, made_by, "   \
	"made, finished"

static enum hy_status row_run(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_watch_run *r = rec;

	(void)err;
	(void)ctx;
	r->id = hy_q_int(q);
	r->watch.v = hy_q_int(q);
	r->change = hy_q_int(q);
	r->from = hy_q_int(q);
	r->at = hy_q_int(q);
	r->upto = hy_q_int(q);
	r->seen = hy_q_int(q);
	r->matches = hy_q_int(q);
	r->opened = hy_q_int(q);
	r->state = (enum hy_run_state)hy_q_int(q);
	r->made_by.v = hy_q_int(q);
	r->made = hy_q_int(q);
	r->finished = hy_q_int(q);
	return HY_OK;
}
static const struct hy_kind kind_run = {sizeof(struct hy_watch_run), row_run, N_("run of rules")};

static enum hy_status run_add(struct hy_store *st, struct hy_watch_id watch,
			      struct hy_person_id who, int64_t *id, struct hy_err *err)
{
	int64_t change = 0, last = 0, first = 0;
	enum hy_status status = hy_cursor_get(st, "rules", &change, err);

	if (status == HY_OK)
		status = log_end(st, &last, err);
	if (status == HY_OK)
		status = hy_db_int(st, &first, err,
				   "SELECT coalesce(min(seq), 1) - 1 FROM item");
	if (status == HY_OK)
		status = hy_verb_insert(
			st, id, err,
			"INSERT INTO watch_run (watch, change, from_seq, at_seq, upto_seq, seen,"
			" matches, opened, state, made_by, made, finished)"
			" VALUES (?1, ?2, ?3, ?3, ?4, 0, 0, 0, 0, ?5, ?6, 0)",
			A_REF(watch.v), A_INT(change), A_INT(first < last ? first : last),
			A_INT(last), A_REF(who.v), A_INT(hy_now(st->clock)));
	return status;
}

enum hy_status hy_watch_run_add(struct hy_store *st, struct hy_watch_id watch,
				struct hy_person_id who, int64_t *out, struct hy_err *err)
{
	struct hy_verb v;
	int64_t id = 0;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_verb_leave(&v, st, run_add(st, watch, who, &id, err), err);
	if (status == HY_OK && out)
		*out = id;
	return status;
}

enum hy_status hy_watch_run_get(struct hy_store *st, const void *ctx, int64_t id,
				struct hy_watch_run **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_run, out, err,
			 "SELECT " RUN_COLS " FROM watch_run WHERE id = ?", A_INT(id));
}

enum hy_status hy_watch_run_next(struct hy_store *st, const void *ctx, struct hy_watch_run **out,
				 struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_run, out, err,
			 "SELECT " RUN_COLS " FROM watch_run WHERE state = 0 ORDER BY id LIMIT ?",
			 A_INT(1));
}

enum hy_status hy_watch_run_list(struct hy_store *st, const void *ctx, int64_t before_id, int limit,
				 struct hy_watch_run **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_run, out, n, err,
			  "SELECT " RUN_COLS " FROM watch_run WHERE (?1 = 0 OR id < ?1)"
			  " ORDER BY id DESC LIMIT ?2",
			  A_INT(before_id), A_INT(limit));
}

enum hy_status hy_watch_run_move(struct hy_store *st, const struct hy_watch_run *r,
				 int64_t from_at, struct hy_err *err)
{
	struct hy_verb v;
	int64_t changed = 0;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_db_run(st, &changed, err,
			   "UPDATE watch_run SET at_seq = ?, seen = ?, matches = ?, opened = ?,"
			   " state = ?, finished = ? WHERE id = ? AND state = 0 AND at_seq = ?",
			   A_INT(r->at), A_INT(r->seen), A_INT(r->matches), A_INT(r->opened),
			   A_INT(r->state), A_INT(r->finished), A_INT(r->id), A_INT(from_at));
	if (status == HY_OK && changed == 0)
		status = hy_err_set(err, HY_ECONFLICT,
				    _("run %" PRId64 " has ended, or another works on it"), r->id);
	return hy_verb_leave(&v, st, status, err);
}

enum hy_status hy_watch_run_rules(struct hy_store *st, const void *ctx,
				  const struct hy_watch_run *r, struct hy_watch_span **out,
				  size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_span, out, n, err,
			  "SELECT " SPAN_COLS " FROM watch_span WHERE begin_change <= ?1"
			  " AND (until_change IS NULL OR until_change > ?1)"
			  " AND (?2 = 0 OR watch = ?2) ORDER BY id",
			  A_INT(r->change), A_INT(r->watch.v));
}
