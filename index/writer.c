/*
 * The writer: items in rising seq into the database of their day of arrival. Cursor, tombstones,
 * counts and sums stand in the same Xapian commit as the documents, so after a kill the index is
 * exactly that of some earlier cursor.
 */
#include "config.h"

#include "index/layout.h"
#include "index/writer.h"

#include "base/base.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_RECORD (32u << 20)

struct hy_index_writer {
	char *dir;
	struct hy_index_lock *lock;
	struct hy_manifest *m;
	struct hy_xdb *db; /* of the last entry of m; NULL before the first item */
	struct hy_stamp stamp;
	int64_t cursor; /* of the last item added or committed */
	int64_t committed;
	int zone_minutes;
	bool rebuild;
	bool failed;
	struct hy_terms *terms;
	struct hy_buf rec;
	uint64_t none; /* hash of the empty term */
};

static struct hy_mdb *last_db(struct hy_index_writer *w)
{
	return w->m->n > 0 ? &w->m->dbs[w->m->n - 1] : NULL;
}

static enum hy_status put_stamp(struct hy_index_writer *w, struct hy_err *err)
{
	w->stamp.cursor = w->cursor;
	char *text = hy_stamp_text(w->terms, &w->stamp);
	enum hy_status st = hy_xdb_set(w->db, "stamp", text, err);
	if (st == HY_OK)
		st = hy_xdb_commit(w->db, err);
	if (st == HY_OK)
		w->committed = w->cursor;
	talloc_free(text);
	return st;
}

/* ---- days ---- */

static enum hy_status close_day(struct hy_index_writer *w, struct hy_err *err)
{
	enum hy_status st = put_stamp(w, err);
	if (st != HY_OK)
		return st;
	talloc_free(w->db);
	w->db = NULL;
	last_db(w)->docs = w->stamp.docs;
	return hy_manifest_seal(w->m, last_db(w), w->dir, err);
}

static enum hy_status begin_day(struct hy_index_writer *w, int64_t day, struct hy_err *err)
{
	struct hy_mdb *mdb = hy_manifest_add(w->m, day, day, false);
	char *path = hy_index_path(w->m, w->dir, mdb->name);
	enum hy_status st = hy_xdb_open_write(&w->db, w, path, true, err);
	talloc_free(path);
	if (st != HY_OK)
		return st;
	w->stamp = (struct hy_stamp){
		.version = HY_INDEX_VERSION, .fold = HY_FOLD_VERSION, .base = w->m->base};
	st = put_stamp(w, err);
	/* a rebuild's manifest is written once, at the swap */
	return st == HY_OK && !w->rebuild ? hy_manifest_write(w->m, w->dir, err) : st;
}

/* Days never run back: see layout.h. */
static enum hy_status ensure_day(struct hy_index_writer *w, int64_t day, int64_t seq,
				 struct hy_err *err)
{
	struct hy_mdb *mdb = last_db(w);
	if (w->db != NULL && day <= mdb->last)
		return HY_OK;
	if (w->m->n == 0)
		w->m->base = seq - 1;
	if (mdb != NULL && day <= mdb->last)
		day = mdb->last + 1;
	enum hy_status st = w->db != NULL ? close_day(w, err) : HY_OK;
	return st == HY_OK ? begin_day(w, day, err) : st;
}

/* ---- items ---- */

static void note(struct hy_stamp *s, const struct hy_rec *r)
{
	if (s->docs == 0) {
		s->seq_min = r->seq;
		s->posted_min = s->posted_max = r->facts.posted;
	}
	s->docs++;
	s->seq_max = r->seq;
	if (r->facts.posted < s->posted_min)
		s->posted_min = r->facts.posted;
	if (r->facts.posted > s->posted_max)
		s->posted_max = r->facts.posted;
}

static void sum_up(struct hy_index_writer *w, uint32_t docid)
{
	w->stamp.sum_docs += hy_rec_sum(w->rec.data, w->rec.len);
	w->stamp.sum_postings += hy_posting_sum(w->none, docid);
	for (size_t i = 0; i < w->terms->n; i++)
		w->stamp.sum_postings +=
			hy_posting_sum(hy_xxh64(w->terms->v[i].s, w->terms->v[i].n), docid);
}

static enum hy_status add_rec(struct hy_index_writer *w, const struct hy_rec *r, struct hy_err *err)
{
	uint32_t docid = hy_docid_of(r->seq, w->m->base);
	if (docid == 0)
		return hy_err_set(err, HY_ECORRUPT,
				  _("the index has no number for item %" PRId64 "; %s"), r->seq,
				  HY_INDEX_CURE);
	if (!hy_rec_encode(&w->rec, r))
		return hy_err_set(err, HY_EINPUT, _("item %" PRId64 " is too long for the index"),
				  r->seq);
	hy_terms_of(w->terms, r);
	enum hy_status st =
		hy_xdb_add(w->db, docid, w->terms->v, w->terms->n, w->rec.data, w->rec.len, err);
	if (st == HY_OK) {
		note(&w->stamp, r);
		sum_up(w, docid);
	}
	return st;
}

static enum hy_status put_tomb(struct hy_index_writer *w, int64_t id, int64_t live,
			       struct hy_err *err)
{
	char key[32], value[32];
	(void)snprintf(key, sizeof(key), "d%020" PRId64, id);
	(void)snprintf(value, sizeof(value), "%" PRId64, live);
	return hy_xdb_set(w->db, key, value, err);
}

static enum hy_status add_item(struct hy_index_writer *w, const struct hy_item *it,
			       struct hy_err *err)
{
	bool gone = (it->flags & HY_ITEM_WITHDRAWN) != 0, later = it->revision > 1;
	if ((it->superseded_by != 0 || gone) && !later) /* rev 1, gone before we came */
		return HY_OK;
	hy_time local = it->taken + w->zone_minutes * HY_MINUTE;
	int64_t day = local >= 0 ? local / HY_DAY : -((-local + HY_DAY - 1) / HY_DAY);
	enum hy_status st = ensure_day(w, day, it->seq, err);
	if (st == HY_OK && later)
		st = put_tomb(w, it->id.v, gone ? it->seq + 1 : it->seq, err);
	if (st != HY_OK || it->superseded_by != 0 || gone)
		return st;
	void *work = talloc_new(NULL);
	struct hy_rec r = {
		.seq = it->seq, .id = it->id, .revision = it->revision, .taken = it->taken};
	st = hy_facts_of_item(&r.facts, work, it, err);
	if (st == HY_OK)
		st = add_rec(w, &r, err);
	talloc_free(work);
	return st;
}

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

enum hy_status hy_index_writer_add(struct hy_index_writer *w, const struct hy_item *items, size_t n,
				   struct hy_err *err)
{
	enum hy_status st = usable(w, err);
	for (size_t i = 0; i < n && st == HY_OK; i++) {
		if (items[i].seq <= w->cursor)
			continue;
		st = done(w, add_item(w, &items[i], err), err);
		if (st == HY_OK)
			w->cursor = items[i].seq;
	}
	return st;
}

enum hy_status hy_index_writer_hide(struct hy_index_writer *w, struct hy_item_id id, int64_t upto,
				    struct hy_err *err)
{
	enum hy_status st = usable(w, err);
	if (st != HY_OK || w->m->n == 0)
		return st;
	if (w->db == NULL) /* the last one was merged: its successor takes the news */
		st = ensure_day(w, last_db(w)->last + 1, w->m->base + 1, err);
	if (st == HY_OK)
		st = put_tomb(w, id.v, upto + 1, err);
	return done(w, st, err);
}

enum hy_status hy_index_writer_commit(struct hy_index_writer *w, int64_t cursor, struct hy_err *err)
{
	enum hy_status st = usable(w, err);
	if (st != HY_OK)
		return st;
	if (cursor > w->cursor)
		w->cursor = cursor;
	return w->db != NULL ? done(w, put_stamp(w, err), err) : HY_OK;
}

int64_t hy_index_writer_cursor(const struct hy_index_writer *w)
{
	return w->committed;
}

/* ---- opening ---- */

static enum hy_status open_last(struct hy_index_writer *w, struct hy_err *err)
{
	struct hy_mdb *mdb = last_db(w);
	if (mdb == NULL)
		return HY_OK;
	char *path = hy_index_path(w, w->dir, mdb->name);
	struct hy_xdb *db = NULL;
	enum hy_status st = mdb->closed ? hy_xdb_open(&db, w, path, err)
					: hy_xdb_open_write(&db, w, path, false, err);
	if (st == HY_EBUSY)
		hy_err_set(err, HY_EBUSY,
			   _("%s: another process is writing it; stop it (huying serve) or let it "
			     "do the work"),
			   path);
	if (st == HY_OK)
		st = hy_stamp_read(&w->stamp, db, mdb->name, err);
	if (st == HY_OK)
		w->cursor = w->committed = w->stamp.cursor;
	if (st == HY_OK && !mdb->closed)
		w->db = db;
	else
		talloc_free(db);
	if (st == HY_ECORRUPT && err != NULL && strstr(err->text, "rebuild") == NULL)
		hy_err_set(err, st, _("%s is damaged; %s"), path, HY_INDEX_CURE);
	return st;
}

/* An index that is not there is an empty one, in the first generation. */
static enum hy_status read_or_make(struct hy_index_writer *w, unsigned flags, struct hy_err *err)
{
	struct hy_err e = {0};
	enum hy_status st = hy_manifest_read(&w->m, w, w->dir, &e);
	if (w->rebuild) {
		int generation = hy_manifest_top_generation(w->dir);
		talloc_free(st == HY_OK ? w->m : NULL);
		w->m = hy_new(w, struct hy_manifest);
		w->m->generation = generation + 1;
		return HY_OK;
	}
	if (st == HY_ENOTFOUND && (flags & HY_INDEX_CREATE)) {
		w->m = hy_new(w, struct hy_manifest);
		w->m->generation = 1;
		return hy_manifest_write(w->m, w->dir, err);
	}
	if (st != HY_OK)
		return hy_err_set(err, st, "%s", e.text);
	st = hy_manifest_sweep(w->m, w->dir, true, err);
	return st == HY_OK ? open_last(w, err) : st;
}

static enum hy_status make_folder(const char *dir, unsigned flags, struct hy_err *err)
{
	char *path = hy_index_path(NULL, dir, NULL);
	enum hy_status st = HY_OK;
	if ((flags & HY_INDEX_CREATE) && mkdir(path, 0700) != 0 && errno != EEXIST) {
		bool full = errno == ENOSPC || errno == EROFS || errno == EDQUOT;
		st = hy_err_set(err, full ? HY_ENOSPACE : HY_ESYSTEM, "%s: %s", path,
				strerror(errno));
	}
	struct stat sb;
	if (st == HY_OK && stat(path, &sb) != 0)
		st = hy_err_set(err, HY_ENOTFOUND, _("%s: there is no index yet; %s"), path,
				HY_INDEX_CURE);
	talloc_free(path);
	return st;
}

enum hy_status hy_index_writer_open(struct hy_index_writer **out, const void *ctx, const char *dir,
				    const struct hy_index_options *o, struct hy_err *err)
{
	enum hy_status st = make_folder(dir, o->flags | (o->flags & HY_INDEX_REBUILD ? 1 : 0), err);
	if (st != HY_OK)
		return st;
	struct hy_index_writer *w = hy_new(ctx, struct hy_index_writer);
	w->dir = hy_strdup(w, dir);
	w->zone_minutes = o->zone_minutes;
	w->rebuild = (o->flags & HY_INDEX_REBUILD) != 0;
	w->terms = hy_new(w, struct hy_terms);
	w->none = hy_xxh64("", 0);
	hy_buf_init(&w->rec, w, MAX_RECORD);
	st = hy_index_lock_take(&w->lock, w, dir, w->rebuild ? "rebuild" : "write", err);
	if (st == HY_OK)
		st = read_or_make(w, o->flags, err);
	if (st != HY_OK) {
		talloc_free(w);
		return st;
	}
	*out = w;
	return HY_OK;
}

/* ---- for rebuild and compact ---- */

enum hy_status hy_index_writer_swap(struct hy_index_writer *w, struct hy_err *err)
{
	struct hy_index_lock *lock = NULL;
	enum hy_status st = usable(w, err);
	if (st == HY_OK)
		st = hy_index_lock_take(&lock, w, w->dir, "write", err);
	if (st == HY_OK && w->db != NULL) {
		st = put_stamp(w, err);
		talloc_free(w->db);
		w->db = NULL;
	}
	if (st == HY_OK)
		st = hy_manifest_write(w->m, w->dir, err);
	if (st == HY_OK)
		st = hy_manifest_sweep(w->m, w->dir, false, err);
	talloc_free(w);
	return st;
}

enum hy_status hy_index_writer_copy(struct hy_xdb *to, struct hy_stamp *stamp,
				    const struct hy_dbset *set, struct hy_xdb *from,
				    struct hy_err *err)
{
	struct hy_index_writer *w = hy_new(NULL, struct hy_index_writer);
	struct hy_plan all = {.op = HY_PLAN_ALL};
	struct hy_manifest m = {.base = stamp->base};
	struct hy_xcand *c = NULL;
	uint32_t at = 0;
	w->terms = hy_new(w, struct hy_terms);
	w->none = hy_xxh64("", 0);
	w->m = &m;
	w->db = to;
	w->stamp = *stamp;
	hy_buf_init(&w->rec, w, MAX_RECORD);
	enum hy_status st = hy_xcand_new(&c, from, &all, true, err);
	while (st == HY_OK && (st = hy_xcand_next(c, at + 1, &at, err)) == HY_OK && at != 0) {
		struct hy_rec r;
		const void *data;
		size_t len;
		st = hy_xdb_data(from, at, &data, &len, err);
		if (st == HY_OK)
			st = hy_rec_decode(&r, data, len, err);
		if (st == HY_OK && !hy_dbset_hidden(set, r.id.v, r.seq)) {
			int64_t max = w->stamp.seq_max;
			st = add_rec(w, &r, err);
			/* walked newest first */
			if (w->stamp.docs == 1 || r.seq < w->stamp.seq_min)
				w->stamp.seq_min = r.seq;
			if (max > r.seq)
				w->stamp.seq_max = max;
		}
	}
	if (st == HY_OK)
		*stamp = w->stamp;
	talloc_free(c);
	w->m = NULL;
	w->db = NULL;
	talloc_free(w);
	return st;
}
