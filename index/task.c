/*
 * What upkeep does with databases that are no longer written. One rule book says what is next, from
 * the most pressing: what is past its time, what is hidden but still on disk, two halves of a day
 * to one, many to fewer. The work itself makes a new database beside the old ones and changes
 * nothing.
 */
#include "config.h"

#include "index/care.h"
#include "index/half.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

#define HALVES_MAX 16 /* of a day not over, before they are packed at its cost */
#define CROWD 48      /* databases; 64 is the promise */
#define FOUR 4
#define LOOK_EVERY 256

/* ---- what stays ---- */

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

static bool stays(const struct hy_task *t, int64_t seq)
{
	return t->left == NULL || bsearch(&seq, t->left, t->n_left, sizeof(seq), by_value) != NULL;
}

bool hy_task_hidden(const struct hy_dbset *set, const struct hy_db *db)
{
	for (size_t i = 0; i < set->n_tombs; i++) {
		const struct hy_tomb *t = &set->tombs[i];
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
	return hy_dbset_count_later(set, db, &later, NULL) != HY_OK || later > 0;
}

static bool any_hidden(const struct hy_dbset *set, size_t a, size_t b)
{
	for (size_t i = a; i < b; i++)
		if (hy_task_hidden(set, set->dbs[i]))
			return true;
	return false;
}

/* ---- the rule book ---- */

struct ground {
	struct hy_dbset *set;
	size_t n; /* closed ones */
	const struct hy_index_upkeep *u;
};

static int month_of(int64_t day)
{
	int y, m, d;
	hy_civil_from_days(day, &y, &m, &d);
	return y * 100 + m;
}

/* How many documents of [a, b) stay. */
static enum hy_status count_left(const struct ground *g, const struct hy_task *t, int64_t *docs,
				 int64_t *left, struct hy_err *err)
{
	struct hy_plan all = {.op = HY_PLAN_ALL};
	enum hy_status st = HY_OK;
	for (size_t i = t->a; i < t->b && st == HY_OK; i++) {
		struct hy_db *db = g->set->dbs[i];
		struct hy_xcand *c = NULL;
		uint32_t at = 0;
		st = hy_xcand_new(&c, db->x, &all, true, err);
		while (st == HY_OK && (st = hy_xcand_next(c, at + 1, &at, err)) == HY_OK &&
		       at != 0) {
			++*docs;
			*left += stays(t, db->stamp.base + (int64_t)(HY_DOCID_TOP - at));
		}
		talloc_free(c);
	}
	return st;
}

/* A group with days past their time: is something in it that the record has no longer? */
static enum hy_status expired(const struct ground *g, const void *ctx, struct hy_task *t,
			      bool *found, struct hy_err *err)
{
	const struct hy_mdb *m = &g->set->m->dbs[t->a];
	int64_t min = 0, max = 0, docs = 0, left = 0;
	enum hy_status st = HY_OK;
	if (m->first >= g->u->keep_from || (g->u->left == NULL && m->last >= g->u->keep_from))
		return HY_OK;
	for (size_t i = t->a; i < t->b; i++) {
		const struct hy_stamp *s = &g->set->dbs[i]->stamp;
		if (s->docs == 0)
			continue;
		min = min == 0 || s->seq_min < min ? s->seq_min : min;
		max = s->seq_max > max ? s->seq_max : max;
	}
	t->left = hy_new_array(ctx, int64_t, 1);
	if (min != 0 && g->u->left != NULL)
		st = g->u->left(g->u->user, ctx, min, max, &t->left, &t->n_left, err);
	if (st == HY_OK && min != 0)
		st = count_left(g, t, &docs, &left, err);
	/* the newest of all holds the cursor: it stays, empty */
	t->drop = left == 0 && t->b < g->set->n;
	t->rewrite = !t->drop;
	*found = st == HY_OK && (left < docs || (docs == 0 && t->drop));
	return st;
}

static bool pressing(const struct ground *g, const void *ctx, struct hy_task *t, enum hy_status *st,
		     struct hy_err *err)
{
	bool found = false;
	for (size_t i = 0; i < g->n && *st == HY_OK && !found; i = t->b) {
		*t = (struct hy_task){.a = i, .b = i + hy_dbset_group(g->set, i)};
		*st = expired(g, ctx, t, &found, err);
	}
	for (size_t i = 0; g->u->erase && i < g->n && *st == HY_OK && !found; i = t->b) {
		*t = (struct hy_task){.a = i, .b = i + hy_dbset_group(g->set, i), .rewrite = true};
		found = any_hidden(g->set, t->a, t->b);
	}
	return found;
}

static bool to_pack(const struct ground *g, struct hy_task *t)
{
	size_t halves = 0;
	for (size_t i = 0; i < g->n; i++)
		halves += g->set->dbs[i]->part != HY_PART_WHOLE;
	for (size_t i = 0; i < g->n; i = t->b) {
		*t = (struct hy_task){.a = i, .b = i + hy_dbset_group(g->set, i), .rewrite = true};
		bool over = g->set->m->dbs[i].last < g->u->today || g->u->all;
		if (g->set->dbs[i]->part != HY_PART_WHOLE && (over || halves > HALVES_MAX))
			return true;
	}
	return false;
}

/* May the whole databases a and a + 1 become one? */
static bool belong(const struct ground *g, size_t a)
{
	const struct hy_mdb *x = &g->set->m->dbs[a], *y = x + 1;
	bool month = month_of(x->first) == month_of(y->last);
	if (x->part != HY_PART_WHOLE || y->part != HY_PART_WHOLE)
		return false;
	if (x->first == y->last && (y->last < g->u->today || g->u->all))
		return true;
	if (month && y->last < g->u->keep_from)
		return true;
	return month && g->u->months && month_of(y->last) < month_of(g->u->today);
}

/* Days of arrival from the first to the last of a database. */
static int64_t reach_of(const struct ground *g, size_t i)
{
	return g->set->m->dbs[i].last - g->set->m->dbs[i].first + 1;
}

/* Four neighbours of one month that each reach over at least `least` days and fewer than four times
 * as many: a search that must ask all databases opens its lists in so many fewer. Nothing is copied
 * more often than it climbs. */
static bool to_four(const struct ground *g, struct hy_task *t, int64_t least)
{
	size_t run = 0;
	for (size_t i = 0; i < g->n && run < FOUR; i++) {
		const struct hy_mdb *m = &g->set->m->dbs[i];
		bool fit = m->part == HY_PART_WHOLE && m->first >= g->u->keep_from &&
			   m->last < g->u->today && reach_of(g, i) >= least &&
			   reach_of(g, i) < least * FOUR;
		if (run > 0 && month_of(m[-1].first) != month_of(m->last))
			run = 0;
		run = fit ? run + 1 : 0;
		*t = (struct hy_task){.a = i + 1 - run, .b = i + 1};
	}
	return run == FOUR;
}

static bool to_join(const struct ground *g, struct hy_task *t)
{
	size_t best = g->n;
	for (size_t i = 0; i + 1 < g->n; i++) {
		if (!belong(g, i))
			continue;
		*t = (struct hy_task){.a = i, .b = i + 2};
		while (t->b < g->n && belong(g, t->b - 1))
			t->b++;
		return true;
	}
	/* Where days go one by one after a while, what they stand with is copied at each. */
	if (to_four(g, t, 1) || (g->u->months && to_four(g, t, FOUR)))
		return true;
	if (g->set->n <= CROWD)
		return false;
	for (size_t i = 0; i + 1 < g->n; i++) { /* the cheapest neighbours */
		struct hy_db **d = g->set->dbs + i;
		if (d[0]->part != HY_PART_WHOLE || d[1]->part != HY_PART_WHOLE)
			continue;
		if (best == g->n ||
		    d[0]->stamp.docs + d[1]->stamp.docs <
			    g->set->dbs[best]->stamp.docs + g->set->dbs[best + 1]->stamp.docs)
			best = i;
	}
	*t = (struct hy_task){.a = best, .b = best + 2};
	return best < g->n;
}

bool hy_task_next(struct hy_task *t, const void *ctx, struct hy_dbset *set, size_t n,
		  const struct hy_index_upkeep *u, enum hy_status *st, struct hy_err *err)
{
	struct ground g = {.set = set, .n = n, .u = u};
	*st = HY_OK;
	if (pressing(&g, ctx, t, st, err))
		return true;
	if (*st != HY_OK)
		return false;
	if (to_pack(&g, t))
		return true;
	if (!to_join(&g, t))
		return false;
	t->rewrite = any_hidden(set, t->a, t->b);
	return true;
}

/* ---- the work ---- */

struct work {
	const struct hy_task *t;
	struct hy_dbset *set;
	struct hy_half *out;
	atomic_bool *stop;
	atomic_llong *done;
};

static enum hy_status copy_tombs(struct hy_half *to, const struct hy_db *from, struct hy_err *err)
{
	enum hy_status st = HY_OK;
	for (size_t i = 0; i < from->n_tombs && st == HY_OK; i++)
		st = hy_half_hide(to, from->tombs[i].id, from->tombs[i].live, err);
	return st;
}

static enum hy_status copy_one(struct work *w, struct hy_db *db, uint32_t docid, struct hy_err *err)
{
	struct hy_rec r;
	const void *data;
	size_t len;
	enum hy_status st = hy_xdb_data(db->x, docid, &data, &len, err);
	if (st == HY_OK)
		st = hy_rec_decode(&r, data, len, err);
	if (st != HY_OK)
		return st;
	if (atomic_fetch_add(w->done, 1) % LOOK_EVERY == 0 && atomic_load(w->stop))
		return hy_err_set(err, HY_EBUSY, _("stopped"));
	if (hy_dbset_hidden(w->set, r.id.v, r.seq) || !stays(w->t, r.seq))
		return HY_OK;
	return hy_half_add(w->out, &r, err);
}

/* The halves as one, rising docids: the order in which tables fill without gaps. */
static enum hy_status copy_group(struct work *w, struct hy_db **dbs, size_t n, struct hy_err *err)
{
	struct hy_plan all = {.op = HY_PLAN_ALL};
	struct hy_xcand *c[2] = {NULL, NULL};
	uint32_t at[2] = {0, 0};
	enum hy_status st = HY_OK;
	for (size_t i = 0; i < n && st == HY_OK; i++) {
		st = hy_xcand_new(&c[i], dbs[i]->x, &all, true, err);
		if (st == HY_OK)
			st = hy_xcand_next(c[i], 1, &at[i], err);
	}
	while (st == HY_OK && (at[0] != 0 || at[1] != 0)) {
		size_t i = at[0] == 0 || (at[1] != 0 && at[1] < at[0]);
		st = copy_one(w, dbs[i], at[i], err);
		if (st == HY_OK)
			st = hy_xcand_next(c[i], at[i] + 1, &at[i], err);
	}
	talloc_free(c[0]);
	talloc_free(c[1]);
	return st;
}

static int64_t cursor_of(const struct work *w)
{
	int64_t cursor = 0;
	for (size_t i = w->t->a; i < w->t->b; i++)
		if (w->set->dbs[i]->stamp.cursor > cursor)
			cursor = w->set->dbs[i]->stamp.cursor;
	return cursor;
}

/* The documents that stay, written anew, then packed: the rest leaves the disk with the old files.
 */
static enum hy_status rewrite(struct work *w, const char *name, struct hy_err *err)
{
	const struct hy_task *t = w->t;
	void *ctx = talloc_new(NULL);
	char *loose = hy_strf(ctx, "%s.loose", name);
	const char *from[1] = {hy_index_path(ctx, w->set->dir, loose)};
	hy_manifest_remove(w->set->dir, loose);
	hy_manifest_remove(w->set->dir, name);
	enum hy_status st =
		hy_half_make(w->out, w->set->dir, loose, w->set->dbs[t->a]->stamp.base, 0, err);
	for (size_t i = t->b; i > t->a && st == HY_OK;) {
		size_t n = i - t->a > 1 ? hy_dbset_group(w->set, i - 2) : 1;
		i -= n;
		st = copy_group(w, w->set->dbs + i, n, err);
	}
	for (size_t i = t->a; i < t->b && st == HY_OK; i++)
		st = copy_tombs(w->out, w->set->dbs[i], err);
	if (st == HY_OK)
		st = hy_half_commit(w->out, cursor_of(w), err);
	hy_half_close(w->out);
	if (st == HY_OK)
		st = hy_xdb_compact(from, 1, hy_index_path(ctx, w->set->dir, name), err);
	hy_manifest_remove(w->set->dir, loose);
	talloc_free(ctx);
	return st;
}

static void add_stamp(struct hy_stamp *to, const struct hy_stamp *s)
{
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

/* Nothing hidden, no seqs in common: the tables are joined as they are, and the sums add up. */
static enum hy_status join(struct work *w, const char *name, struct hy_err *err)
{
	const struct hy_task *t = w->t;
	void *ctx = talloc_new(NULL);
	const char **from = hy_new_array(ctx, const char *, t->b - t->a);
	struct hy_stamp sum = w->set->dbs[t->a]->stamp;
	for (size_t i = t->a; i < t->b; i++) {
		from[i - t->a] = hy_index_path(ctx, w->set->dir, w->set->dbs[i]->name);
		if (i > t->a)
			add_stamp(&sum, &w->set->dbs[i]->stamp);
	}
	hy_manifest_remove(w->set->dir, name);
	enum hy_status st =
		hy_xdb_compact(from, t->b - t->a, hy_index_path(ctx, w->set->dir, name), err);
	if (st == HY_OK) /* it bears the stamp of the first */
		st = hy_half_open(w->out, w->set->dir, name, err);
	w->out->stamp = sum;
	for (size_t i = t->a; i < t->b && st == HY_OK; i++)
		st = copy_tombs(w->out, w->set->dbs[i], err);
	if (st == HY_OK)
		st = hy_half_commit(w->out, cursor_of(w), err);
	hy_half_close(w->out);
	atomic_fetch_add(w->done, sum.docs);
	talloc_free(ctx);
	return st;
}

enum hy_status hy_task_do(const struct hy_task *t, struct hy_dbset *set, struct hy_mdb *to,
			  struct hy_manifest *owner, atomic_bool *stop, atomic_llong *done,
			  struct hy_err *err)
{
	struct work w = {.t = t, .set = set, .stop = stop, .done = done, .out = hy_half_new(NULL)};
	enum hy_status st = t->rewrite ? rewrite(&w, to->name, err) : join(&w, to->name, err);
	to->docs = w.out->stamp.docs;
	talloc_free(w.out);
	return st == HY_OK ? hy_manifest_seal(owner, to, set->dir, err) : st;
}
