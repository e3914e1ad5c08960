/*
 * The writer: items in rising seq into the databases of their day of arrival, two of them by the
 * parity of the seq, each with a thread of its own. Both commit at the same cursor; a kill between
 * the two leaves one ahead, and the replay from the lesser cursor adds only what the other lacks.
 */
#include "config.h"

#include "index/writer.h"

#include "base/base.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define GROUP_ITEMS 250000 /* past it commits into a database become dear */

static struct hy_mdb *last_db(struct hy_index_writer *w)
{
	return w->m->n > 0 ? &w->m->dbs[w->m->n - 1] : NULL;
}

size_t hy_index_writer_closed(const struct hy_index_writer *w)
{
	return w->m->n - (size_t)w->parts;
}

static enum hy_status commit(struct hy_index_writer *w, struct hy_err *err)
{
	hy_crew_commit(w->crew, w->parts, w->cursor);
	enum hy_status st = hy_crew_wait(w->crew, err);
	if (st == HY_OK)
		w->committed = w->cursor;
	return st;
}

/* ---- groups: the databases of a day, or of a part of a busy one ---- */

enum hy_status hy_index_writer_roll(struct hy_index_writer *w, struct hy_err *err)
{
	enum hy_status st = HY_OK;
	if (w->parts == 0)
		return HY_OK;
	st = commit(w, err);
	if (st != HY_OK)
		return st;
	for (int i = 0; i < w->parts; i++) {
		struct hy_mdb *mdb = &w->m->dbs[w->m->n - (size_t)(w->parts - i)];
		struct hy_half *h = hy_crew_half(w->crew, i);
		mdb->docs = h->stamp.docs;
		mdb->closed = true; /* its files are summed up once it is packed */
		hy_half_close(h);
	}
	w->parts = 0;
	/* a rebuild's manifest is written once, at the swap */
	return w->rebuild ? HY_OK : hy_manifest_write(w->m, w->dir, err);
}

static enum hy_status begin_group(struct hy_index_writer *w, int64_t day, struct hy_err *err)
{
	int parts = w->o.writers == 1 ? 1 : hy_crew_size(w->crew);
	enum hy_status st = HY_OK;
	for (int i = 0; i < parts && st == HY_OK; i++) {
		struct hy_mdb *mdb =
			hy_manifest_add(w->m, day, day, parts == 1 ? HY_PART_WHOLE : i);
		st = hy_half_make(hy_crew_half(w->crew, i), w->dir, mdb->name, w->m->base,
				  w->committed, err);
	}
	w->parts = parts;
	w->in_group = 0;
	return st == HY_OK && !w->rebuild ? hy_manifest_write(w->m, w->dir, err) : st;
}

/* Days never run back: see layout.h. */
static enum hy_status ensure_group(struct hy_index_writer *w, int64_t day, int64_t seq,
				   struct hy_err *err)
{
	struct hy_mdb *mdb = last_db(w);
	int64_t most = w->o.group_items > 0 ? w->o.group_items : GROUP_ITEMS;
	if (w->parts > 0 && day <= mdb->last && w->in_group < most)
		return HY_OK;
	if (w->m->n == 0)
		w->m->base = seq - 1;
	if (mdb != NULL && day < mdb->last)
		day = mdb->last;
	enum hy_status st = hy_index_writer_roll(w, err);
	return st == HY_OK ? begin_group(w, day, err) : st;
}

static int64_t day_of(const struct hy_index_writer *w, const struct hy_item *it)
{
	hy_time local = it->taken + w->o.zone_minutes * HY_MINUTE;
	return local >= 0 ? local / HY_DAY : -((-local + HY_DAY - 1) / HY_DAY);
}

/* ---- items ---- */

static enum hy_status done(struct hy_index_writer *w, enum hy_status st, struct hy_err *err)
{
	if (st == HY_OK)
		return st;
	w->failed = true;
	return hy_err_wrap(err, _("index"));
}

static enum hy_status usable(const struct hy_index_writer *w, struct hy_err *err)
{
	if (w->failed)
		return hy_err_set(err, HY_ESYSTEM,
				  _("the index writer failed before: close it and open it anew"));
	return HY_OK;
}

/* Nothing of it belongs into the index, and nothing hides: it must not begin a day. */
static bool passed_over(const struct hy_item *it)
{
	return it->revision <= 1 &&
	       (it->superseded_by != 0 || (it->flags & HY_ITEM_WITHDRAWN) != 0);
}

/* Runs of items of one group go to the crew together; the batch goes with the last of them. */
static enum hy_status hand_over(struct hy_index_writer *w, void *batch, const struct hy_item *items,
				const struct hy_facts *facts, size_t n, struct hy_err *err)
{
	enum hy_status st = HY_OK;
	size_t a = 0;
	for (size_t i = 0; i < n && st == HY_OK; i++) {
		struct hy_mdb *mdb = last_db(w);
		int64_t most = w->o.group_items > 0 ? w->o.group_items : GROUP_ITEMS;
		bool stays =
			w->parts > 0 && day_of(w, &items[i]) <= mdb->last && w->in_group < most;
		if (items[i].seq <= w->cursor) { /* a replay: those at the front */
			a = i + 1;
			continue;
		}
		if (!stays && !passed_over(&items[i])) {
			if (i > a && w->parts > 0)
				hy_crew_add(w->crew, w->parts, NULL, items + a,
					    facts ? facts + a : NULL, i - a);
			a = i;
			st = ensure_group(w, day_of(w, &items[i]), items[i].seq, err);
		}
		w->cursor = items[i].seq;
		w->in_group++;
	}
	if (st == HY_OK && w->parts > 0)
		hy_crew_add(w->crew, w->parts, batch, items + a, facts ? facts + a : NULL, n - a);
	else
		talloc_free(batch);
	return st;
}

enum hy_status hy_index_writer_add(struct hy_index_writer *w, const struct hy_item *items, size_t n,
				   struct hy_err *err)
{
	enum hy_status st = usable(w, err);
	if (st == HY_OK)
		st = done(w, hand_over(w, NULL, items, NULL, n, err), err);
	enum hy_status waited = hy_crew_wait(w->crew, st == HY_OK ? err : NULL);
	return st != HY_OK ? st : done(w, waited, err);
}

enum hy_status hy_index_writer_post(struct hy_index_writer *w, void *batch,
				    const struct hy_item *items, const struct hy_facts *facts,
				    size_t n, struct hy_err *err)
{
	enum hy_status st = usable(w, err);
	(void)talloc_reparent(talloc_parent(batch), NULL, batch);
	if (st != HY_OK) {
		talloc_free(batch);
		return st;
	}
	return done(w, hand_over(w, batch, items, facts, n, err), err);
}

enum hy_status hy_index_writer_hide(struct hy_index_writer *w, struct hy_item_id id, int64_t upto,
				    struct hy_err *err)
{
	enum hy_status st = usable(w, err);
	if (st != HY_OK || w->m->n == 0)
		return st;
	st = hy_crew_wait(w->crew, err);
	if (st == HY_OK &&
	    w->parts == 0) /* the last one was packed: its successor takes the news */
		st = begin_group(w, last_db(w)->last, err);
	if (st == HY_OK)
		st = hy_half_hide(hy_crew_half(w->crew, (int)(upto % w->parts)), id.v, upto + 1,
				  err);
	return done(w, st, err);
}

enum hy_status hy_index_writer_commit(struct hy_index_writer *w, int64_t cursor, struct hy_err *err)
{
	enum hy_status st = usable(w, err);
	if (st != HY_OK)
		return st;
	if (cursor > w->cursor)
		w->cursor = cursor;
	return w->parts > 0 ? done(w, commit(w, err), err) : HY_OK;
}

int64_t hy_index_writer_cursor(const struct hy_index_writer *w)
{
	return w->committed;
}

/* ---- opening ---- */

/* The stamp of a closed database: what the log was indexed up to when it was the last. */
static enum hy_status closed_cursor(struct hy_index_writer *w, const struct hy_mdb *mdb,
				    struct hy_err *err)
{
	char *path = hy_index_path(w, w->dir, mdb->name);
	struct hy_xdb *db = NULL;
	struct hy_stamp s = {0};
	enum hy_status st = hy_xdb_open(&db, w, path, err);
	if (st == HY_OK)
		st = hy_stamp_read(&s, db, mdb->name, err);
	if (st == HY_ECORRUPT && err != NULL && strstr(err->text, "rebuild") == NULL)
		hy_err_set(err, st, _("%s is damaged; %s"), path, HY_INDEX_CURE);
	w->cursor = w->committed = s.cursor;
	talloc_free(db);
	talloc_free(path);
	return st;
}

static enum hy_status open_last(struct hy_index_writer *w, struct hy_err *err)
{
	struct hy_mdb *mdb = last_db(w);
	enum hy_status st = HY_OK;
	if (mdb == NULL)
		return HY_OK;
	if (mdb->closed)
		return closed_cursor(w, mdb, err);
	w->parts = mdb->part == HY_PART_WHOLE ? 1 : 2;
	for (int i = 0; i < w->parts && st == HY_OK; i++) {
		struct hy_half *h = hy_crew_half(w->crew, i);
		st = hy_half_open(h, w->dir, w->m->dbs[w->m->n - (size_t)(w->parts - i)].name, err);
		if (st == HY_OK && (i == 0 || h->stamp.cursor < w->cursor))
			w->cursor = w->committed = h->stamp.cursor;
		w->in_group += h->stamp.docs;
	}
	return st;
}

/* What a kill left: folders that nothing names. Those of a rebuild under way stay. */
static enum hy_status sweep(struct hy_index_writer *w, struct hy_err *err)
{
	struct hy_index_lock *rebuilds = NULL;
	bool idle = hy_index_lock_take(&rebuilds, w, w->dir, "rebuild", NULL) == HY_OK;
	enum hy_status st = hy_manifest_sweep(w->m, w->dir, !idle, NULL, err);
	talloc_free(rebuilds);
	return st;
}

static int crew_size(const struct hy_index_writer *w)
{
	const struct hy_mdb *last = w->m->n > 0 ? &w->m->dbs[w->m->n - 1] : NULL;
	bool halves = last != NULL && !last->closed && last->part != HY_PART_WHOLE;
	return w->o.writers == 1 && !halves ? 1 : HY_CREW_MAX;
}

/* An index that is not there is an empty one, in the first generation. */
static enum hy_status read_or_make(struct hy_index_writer *w, struct hy_err *err)
{
	struct hy_err e = {0};
	enum hy_status st = hy_manifest_read(&w->m, w, w->dir, &e);
	bool fresh = w->rebuild || (st == HY_ENOTFOUND && (w->o.flags & HY_INDEX_CREATE));
	if (st != HY_OK && !fresh)
		return hy_err_set(err, st, "%s", e.text);
	if (fresh) {
		talloc_free(st == HY_OK ? w->m : NULL);
		w->m = hy_new(w, struct hy_manifest);
		w->m->generation = w->rebuild ? hy_manifest_top_generation(w->dir) + 1 : 1;
	}
	st = hy_crew_new(&w->crew, w, crew_size(w), err);
	if (st == HY_OK && fresh && !w->rebuild)
		st = hy_manifest_write(w->m, w->dir, err);
	if (st == HY_OK && !fresh)
		st = sweep(w, err);
	return st == HY_OK && !fresh ? open_last(w, err) : st;
}

static enum hy_status make_folder(const char *dir, bool create, struct hy_err *err)
{
	char *path = hy_index_path(NULL, dir, NULL);
	enum hy_status st = HY_OK;
	if (create && mkdir(path, 0700) != 0 && errno != EEXIST) {
		bool full = errno == ENOSPC || errno == EROFS || errno == EDQUOT;
		st = hy_err_set(err, full ? HY_ENOSPACE : HY_ESYSTEM, "%s: %s", path,
				hy_strerror(errno));
	}
	struct stat sb;
	if (st == HY_OK && stat(path, &sb) != 0)
		st = hy_err_set(err, HY_ENOTFOUND, _("%s: there is no index yet; %s"), path,
				HY_INDEX_CURE);
	talloc_free(path);
	return st;
}

static int close_writer(struct hy_index_writer *w)
{
	talloc_free(w->care); /* its thread reads what we hold */
	talloc_free(w->crew);
	return 0;
}

enum hy_status hy_index_writer_open(struct hy_index_writer **out, const void *ctx, const char *dir,
				    const struct hy_index_options *o, struct hy_err *err)
{
	enum hy_status st = make_folder(dir, o->flags & (HY_INDEX_CREATE | HY_INDEX_REBUILD), err);
	if (st != HY_OK)
		return st;
	struct hy_index_writer *w = hy_new(ctx, struct hy_index_writer);
	w->dir = hy_strdup(w, dir);
	w->o = *o;
	w->rebuild = (o->flags & HY_INDEX_REBUILD) != 0;
	st = hy_index_lock_take(&w->lock, w, dir, w->rebuild ? "rebuild" : "write", err);
	talloc_set_destructor(w, close_writer);
	if (st == HY_OK)
		st = read_or_make(w, err);
	if (st != HY_OK) {
		talloc_free(w);
		return st;
	}
	*out = w;
	return HY_OK;
}

/* ---- the end of a rebuild ---- */

enum hy_status hy_index_writer_swap(struct hy_index_writer *w, struct hy_err *err)
{
	struct hy_index_lock *lock = NULL;
	enum hy_status st = usable(w, err);
	if (st == HY_OK)
		st = hy_index_lock_take(&lock, w, w->dir, "write", err);
	if (st == HY_OK && w->parts > 0)
		st = commit(w, err);
	if (st == HY_OK)
		st = hy_manifest_write(w->m, w->dir, err);
	if (st == HY_OK)
		st = hy_manifest_sweep(w->m, w->dir, false, NULL, err);
	talloc_free(w);
	return st;
}
