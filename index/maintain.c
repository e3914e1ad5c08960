/*
 * Care of the index: rebuilt beside itself, past months merged, old days dropped. Each ends in one
 * new manifest; what it no longer names is swept away afterwards, by the next writer if not by us.
 */
#include "config.h"

#include "index/layout.h"
#include "index/writer.h"

#include "base/base.h"

#include <string.h>

/* ---- rebuild ---- */

static enum hy_status feed_all(struct hy_index_writer *w, hy_index_feed_fn *feed, void *user,
			       int64_t *done, struct hy_err *err)
{
	int64_t after = 0;
	for (;;) {
		void *work = talloc_new(NULL);
		struct hy_item *items = NULL;
		size_t n = 0;
		enum hy_status st = feed(user, work, after, &items, &n, err);
		if (st == HY_OK && n > 0) {
			st = hy_index_writer_add(w, items, n, err);
			after = items[n - 1].seq;
			if (done != NULL)
				*done += (int64_t)n;
		}
		talloc_free(work);
		if (st != HY_OK || n == 0)
			return st;
	}
}

enum hy_status hy_index_rebuild(const char *dir, const struct hy_index_options *o,
				hy_index_feed_fn *feed, void *user, int64_t *done,
				struct hy_err *err)
{
	struct hy_index_writer *w = NULL;
	struct hy_index_options opts = *o;
	struct hy_index_lock *lock = NULL;
	if (done != NULL)
		*done = 0;
	opts.flags |= HY_INDEX_REBUILD;
	enum hy_status st = hy_index_writer_open(&w, NULL, dir, &opts, err);
	/* nobody must write the old one and believe it stays; given back for the swap */
	if (st == HY_OK)
		st = hy_index_lock_take(&lock, w, dir, "write", err);
	if (st == HY_OK)
		st = feed_all(w, feed, user, done, err);
	talloc_free(lock);
	if (st != HY_OK) {
		talloc_free(w);
		return st;
	}
	return hy_index_writer_swap(w, err);
}

/* ---- the common ground of merging and dropping ---- */

struct care {
	struct hy_index_lock *lock;
	struct hy_dbset *set;
	struct hy_manifest *next; /* what the manifest becomes */
	const char *dir;
};

static enum hy_status begin(struct care **out, const char *dir, struct hy_err *err)
{
	struct care *c = hy_new(NULL, struct care);
	c->dir = dir;
	enum hy_status st = hy_index_lock_take(&c->lock, c, dir, "write", err);
	if (st == HY_OK)
		st = hy_dbset_open(&c->set, c, dir, err);
	if (st != HY_OK) {
		talloc_free(c);
		return st;
	}
	c->next = hy_new(c, struct hy_manifest);
	c->next->generation = c->set->m->generation;
	c->next->base = c->set->m->base;
	*out = c;
	return HY_OK;
}

static struct hy_mdb *keep(struct care *c, size_t i)
{
	c->next->dbs = hy_grow(c->next, c->next->dbs, struct hy_mdb, c->next->n + 1);
	c->next->dbs[c->next->n] = c->set->m->dbs[i];
	return &c->next->dbs[c->next->n++];
}

static enum hy_status finish(struct care *c, enum hy_status st, struct hy_err *err)
{
	if (st == HY_OK)
		st = hy_manifest_write(c->next, c->dir, err);
	if (st == HY_OK)
		st = hy_manifest_sweep(c->next, c->dir, true, err);
	talloc_free(c);
	return st;
}

/* ---- merging ---- */

static int month_of(int64_t day)
{
	int y, m, d;
	hy_civil_from_days(day, &y, &m, &d);
	return y * 100 + m;
}

/* A name that nothing has yet: 202611, 202611a ... */
static void name_month(struct care *c, struct hy_mdb *db)
{
	size_t n = strlen(db->name);
	for (char k = 'a'; k <= 'z'; k++) {
		bool taken = false;
		for (size_t i = 0; i < c->set->m->n; i++)
			taken |= strcmp(c->set->m->dbs[i].name, db->name) == 0;
		if (!taken || n + 2 > sizeof(db->name))
			return;
		db->name[n] = k;
		db->name[n + 1] = '\0';
	}
}

static enum hy_status copy_tombs(struct hy_xdb *to, const struct hy_db *from, struct hy_err *err)
{
	enum hy_status st = HY_OK;
	for (size_t i = 0; i < from->n_tombs && st == HY_OK; i++) {
		char key[32], value[32];
		(void)snprintf(key, sizeof(key), "d%020" PRId64, from->tombs[i].id);
		(void)snprintf(value, sizeof(value), "%" PRId64, from->tombs[i].live);
		st = hy_xdb_set(to, key, value, err);
	}
	return st;
}

static void add_stamp(struct hy_stamp *to, const struct hy_stamp *s)
{
	if (s->cursor > to->cursor)
		to->cursor = s->cursor;
	if (s->docs == 0)
		return;
	if (to->docs == 0 || s->posted_min < to->posted_min)
		to->posted_min = s->posted_min;
	if (to->docs == 0 || s->posted_max > to->posted_max)
		to->posted_max = s->posted_max;
	if (to->docs == 0)
		to->seq_min = s->seq_min;
	to->seq_max = s->seq_max; /* oldest first */
	to->docs += s->docs;
	to->sum_docs += s->sum_docs;
	to->sum_postings += s->sum_postings;
}

static enum hy_status put_values(struct care *c, size_t a, size_t b, struct hy_xdb *to,
				 const struct hy_stamp *stamp, struct hy_err *err)
{
	enum hy_status st = HY_OK;
	char *text = hy_stamp_text(NULL, stamp);
	for (size_t i = a; i < b && st == HY_OK; i++)
		st = copy_tombs(to, c->set->dbs[i], err);
	if (st == HY_OK)
		st = hy_xdb_set(to, "stamp", text, err);
	talloc_free(text);
	return st == HY_OK ? hy_xdb_commit(to, err) : st;
}

/* Nothing hidden: the tables are joined as they are, and the sums add up. */
static enum hy_status join(struct care *c, size_t a, size_t b, const char *path,
			   struct hy_stamp *stamp, struct hy_err *err)
{
	void *work = talloc_new(NULL);
	const char **paths = hy_new_array(work, const char *, b - a);
	struct hy_xdb *to = NULL;
	for (size_t i = a; i < b; i++) {
		paths[i - a] = hy_index_path(work, c->dir, c->set->dbs[i]->name);
		add_stamp(stamp, &c->set->dbs[i]->stamp);
	}
	enum hy_status st = hy_xdb_compact(paths, b - a, path, err);
	if (st == HY_OK)
		st = hy_xdb_open_write(&to, work, path, false, err);
	if (st == HY_OK)
		st = put_values(c, a, b, to, stamp, err);
	talloc_free(work);
	return st;
}

/* The documents that are not hidden, written anew, then packed: what was hidden leaves the disk. */
static enum hy_status rewrite(struct care *c, size_t a, size_t b, const char *path,
			      struct hy_stamp *stamp, struct hy_err *err)
{
	void *work = talloc_new(NULL);
	char *loose = hy_strf(work, "%s.loose", path);
	const char *paths[1] = {loose};
	struct hy_xdb *to = NULL;
	enum hy_status st = hy_xdb_open_write(&to, work, loose, true, err);
	for (size_t i = a; i < b && st == HY_OK; i++) {
		if (c->set->dbs[i]->stamp.cursor > stamp->cursor)
			stamp->cursor = c->set->dbs[i]->stamp.cursor;
		st = hy_index_writer_copy(to, stamp, c->set, c->set->dbs[i]->x, err);
	}
	if (st == HY_OK)
		st = put_values(c, a, b, to, stamp, err);
	talloc_free(to);
	if (st == HY_OK)
		st = hy_xdb_compact(paths, 1, path, err);
	talloc_free(work);
	return st;
}

/* Is a first revision of this database hidden, or may a later one be? */
static bool has_hidden(const struct care *c, const struct hy_db *db)
{
	for (size_t i = 0; i < c->set->n_tombs; i++) {
		const struct hy_tomb *t = &c->set->tombs[i];
		const void *data;
		size_t n = 0;
		if (t->id < db->stamp.seq_min || t->id > db->stamp.seq_max)
			continue;
		if (hy_xdb_data(db->x, hy_docid_of(t->id, db->stamp.base), &data, &n, NULL) ==
			    HY_OK &&
		    n > 0)
			return true;
	}
	int64_t later = 0;
	return hy_dbset_count_later(c->set, db, &later, NULL) != HY_OK || later > 0;
}

static bool any_hidden(const struct care *c, size_t a, size_t b)
{
	for (size_t i = a; i < b; i++)
		if (has_hidden(c, c->set->dbs[i]))
			return true;
	return false;
}

static enum hy_status merge(struct care *c, size_t a, size_t b, bool hidden, struct hy_err *err)
{
	const struct hy_mdb *from = c->set->m->dbs;
	struct hy_mdb *mdb = hy_manifest_add(c->next, from[a].first, from[b - 1].last, true);
	struct hy_stamp stamp = {
		.version = HY_INDEX_VERSION, .fold = HY_FOLD_VERSION, .base = c->set->m->base};
	name_month(c, mdb);
	char *path = hy_index_path(c, c->dir, mdb->name);
	enum hy_status st =
		hidden ? rewrite(c, a, b, path, &stamp, err) : join(c, a, b, path, &stamp, err);
	if (st != HY_OK)
		return st;
	mdb->docs = stamp.docs;
	return hy_manifest_seal(c->next, mdb, c->dir, err);
}

enum hy_status hy_index_compact(const char *dir, int64_t today, int64_t *merged, struct hy_err *err)
{
	struct care *c = NULL;
	int64_t n = 0;
	enum hy_status st = begin(&c, dir, err);
	if (st != HY_OK)
		return st;
	const struct hy_manifest *m = c->set->m;
	for (size_t a = 0, b; a < m->n && st == HY_OK; a = b) {
		int month = month_of(m->dbs[a].first);
		for (b = a + 1; b < m->n && month_of(m->dbs[b].last) == month; b++)
			continue;
		bool past = month < month_of(today), hidden = past && any_hidden(c, a, b);
		if (past && (b - a > 1 || hidden)) {
			st = merge(c, a, b, hidden, err);
			n += (int64_t)(b - a);
		} else {
			for (size_t i = a; i < b; i++)
				keep(c, i);
		}
	}
	if (st == HY_OK && merged != NULL)
		*merged = n;
	return finish(c, st, err);
}

enum hy_status hy_index_drop(const char *dir, int64_t day, int64_t *dropped, struct hy_err *err)
{
	struct care *c = NULL;
	int64_t n = 0;
	enum hy_status st = begin(&c, dir, err);
	if (st != HY_OK)
		return st;
	for (size_t i = 0; i < c->set->m->n; i++) {
		/* the newest one holds the cursor */
		if (c->set->m->dbs[i].last < day && i + 1 < c->set->m->n)
			n++;
		else
			keep(c, i);
	}
	if (dropped != NULL)
		*dropped = n;
	return finish(c, HY_OK, err);
}
