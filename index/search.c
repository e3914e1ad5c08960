/*
 * Search: the databases newest first, in each a walk over candidates in falling seq, each decided
 * by the evaluator over its folded text. It stops when the page is full (and one more match shows
 * that there is a next), or, counting, when its budget of work is spent: then it says "at least".
 */
#include "config.h"

#include "index/layout.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_BUDGET 200000
#define WORK_BYTES 8192 /* of text times terms that cost as much as a candidate by itself */

struct hy_index {
	struct hy_dbset *set;
};

/* Counts by a number: open addressing, a power of two. */
struct tally {
	struct hy_facet *v;
	bool *used;
	size_t n, cap;
};

struct search {
	const struct hy_search *s;
	const struct hy_query *q;
	struct hy_dbset *set;
	struct hy_found *f;
	int64_t work; /* left */
	int64_t last; /* seq last looked at */
	bool whole;   /* go on past the page */
	bool more;    /* a match past the page */
	bool spent;
	struct tally sources, kinds, places, bars;
};

enum hy_status hy_index_open(struct hy_index **out, const void *ctx, const char *dir,
			     struct hy_err *err)
{
	struct hy_index *ix = hy_new(ctx, struct hy_index);
	enum hy_status st = hy_dbset_open(&ix->set, ix, dir, err);
	if (st != HY_OK) {
		talloc_free(ix);
		return st;
	}
	*out = ix;
	return HY_OK;
}

/* ---- facets ---- */

static size_t slot_of(const struct tally *t, int64_t key)
{
	size_t i = (size_t)(((uint64_t)key * 0x9e3779b97f4a7c15u) >> 20) & (t->cap - 1);
	while (t->used[i] && t->v[i].key != key)
		i = (i + 1) & (t->cap - 1);
	return i;
}

static void widen(struct tally *t, const void *ctx)
{
	struct tally old = *t;
	t->cap = old.cap ? 2 * old.cap : 64;
	t->v = hy_new_array(ctx, struct hy_facet, t->cap);
	t->used = hy_new_array(t->v, bool, t->cap);
	for (size_t i = 0; i < old.cap; i++) {
		if (old.used[i]) {
			size_t at = slot_of(t, old.v[i].key);
			t->v[at] = old.v[i];
			t->used[at] = true;
		}
	}
	talloc_free(old.v);
}

static struct hy_facet *count(struct tally *t, const void *ctx, int64_t key)
{
	if (2 * (t->n + 1) > t->cap)
		widen(t, ctx);
	size_t i = slot_of(t, key);
	if (!t->used[i]) {
		t->used[i] = true;
		t->v[i] = (struct hy_facet){.key = key};
		t->n++;
	}
	t->v[i].count++;
	return &t->v[i];
}

static int by_count(const void *a, const void *b)
{
	const struct hy_facet *x = a, *y = b;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

static int by_key(const void *a, const void *b)
{
	const struct hy_facet *x = a, *y = b;
	return x->key < y->key ? -1 : x->key > y->key;
}

static struct hy_facet *settle(struct tally *t, size_t *n, int (*order)(const void *, const void *))
{
	size_t k = 0;
	for (size_t i = 0; i < t->cap; i++)
		if (t->used[i])
			t->v[k++] = t->v[i];
	if (k > 1)
		qsort(t->v, k, sizeof(*t->v), order);
	*n = k;
	return t->v;
}

static void facet(struct search *se, const struct hy_rec *r)
{
	const void *ctx = se->f;
	if (se->s->flags & HY_SEARCH_FACETS) {
		count(&se->sources, ctx, r->facts.source.v);
		count(&se->kinds, ctx, (int64_t)r->facts.kind);
		if (r->facts.place_n > 0) {
			struct hy_facet *p =
				count(&se->places, ctx,
				      (int64_t)hy_xxh64(r->facts.place, r->facts.place_n));
			if (p->name == NULL)
				p->name = hy_strndup(ctx, r->facts.place, r->facts.place_n);
		}
	}
	if (se->s->slot > 0) {
		hy_time local = r->facts.posted + se->s->zone_minutes * HY_MINUTE;
		int64_t k = local / se->s->slot - (local % se->s->slot < 0);
		count(&se->bars, ctx, k);
	}
}

static void settle_all(struct search *se)
{
	struct hy_found *f = se->f;
	size_t n = 0;
	f->sources = settle(&se->sources, &f->n_sources, by_count);
	f->kinds = settle(&se->kinds, &f->n_kinds, by_count);
	f->places = settle(&se->places, &f->n_places, by_count);
	for (size_t i = 0; i < f->n_places; i++)
		f->places[i].key = 0;
	struct hy_facet *bars = settle(&se->bars, &n, by_key);
	size_t skip = n > HY_SEARCH_MAX_BARS ? n - HY_SEARCH_MAX_BARS : 0;
	f->n_bars = n - skip;
	f->bars = hy_new_array(f, struct hy_bar, f->n_bars > 0 ? f->n_bars : 1);
	for (size_t i = 0; i < f->n_bars; i++)
		f->bars[i] = (struct hy_bar){bars[skip + i].key * se->s->slot -
						     se->s->zone_minutes * HY_MINUTE,
					     bars[skip + i].count};
}

/* ---- the walk ---- */

static void keep(struct search *se, const struct hy_rec *r)
{
	struct hy_hit *h = &se->f->hits[se->f->n_hits++];
	*h = (struct hy_hit){.seq = r->seq,
			     .id = r->id,
			     .revision = r->revision,
			     .source = r->facts.source,
			     .kind = r->facts.kind,
			     .flags = r->facts.flags,
			     .posted = r->facts.posted,
			     .taken = r->taken};
	h->place = hy_strndup(se->f->hits, r->facts.place, r->facts.place_n);
	if (se->s->flags & HY_SEARCH_TEXT) {
		h->title = hy_strndup(se->f->hits, r->facts.title, r->facts.title_n);
		h->text = hy_strndup(se->f->hits, r->facts.text, r->facts.text_n);
	}
}

static void matched(struct search *se, const struct hy_rec *r)
{
	se->f->total++;
	if (se->f->n_hits < (size_t)se->s->limit)
		keep(se, r);
	else
		se->more = true;
	if (se->whole)
		facet(se, r);
}

static bool finished(const struct search *se)
{
	return se->spent || (se->more && !se->whole);
}

static enum hy_status look(struct search *se, struct hy_db *db, uint32_t docid, struct hy_err *err)
{
	struct hy_rec r;
	const void *data;
	size_t n;
	enum hy_status st = hy_xdb_data(db->x, docid, &data, &n, err);
	if (st == HY_OK)
		st = hy_rec_decode(&r, data, n, err);
	if (st != HY_OK)
		return st;
	se->f->candidates++;
	se->last = r.seq;
	size_t bytes = (r.facts.title_n + r.facts.text_n) * (size_t)(1 + se->q->n_terms);
	se->work -= 1 + se->q->n_leaves / 4 + (int64_t)(bytes / WORK_BYTES);
	if (!hy_dbset_hidden(se->set, r.id.v, r.seq) && hy_query_matches(se->q, &r.facts))
		matched(se, &r);
	se->spent = se->work <= 0;
	return HY_OK;
}

/* One database of a group, and its next candidate. */
struct head {
	struct hy_db *db;
	struct hy_xcand *c; /* NULL: nothing there */
	uint32_t at;	    /* 0 = at its end */
};

static enum hy_status advance(struct head *h, uint32_t least, struct hy_err *err)
{
	return hy_xcand_next(h->c, least, &h->at, err);
}

static enum hy_status begin(struct search *se, struct head *h, const void *work, struct hy_err *err)
{
	const struct hy_stamp *s = &h->db->stamp;
	uint32_t least = 1;
	if (s->docs == 0)
		return HY_OK;
	if (se->s->before != 0) {
		if (se->s->before <= s->seq_min)
			return HY_OK;
		if (se->s->before <= s->seq_max)
			least = hy_docid_of(se->s->before, s->base) + 1;
	}
	const struct hy_plan *plan = hy_plan_of(work, se->q, s->posted_min, s->posted_max);
	if (plan->op == HY_PLAN_NONE)
		return HY_OK;
	enum hy_status st = hy_xcand_new(&h->c, h->db->x, plan, se->whole, err);
	return st == HY_OK ? advance(h, least, err) : st;
}

/* The halves of a day are walked as one: the lesser docid is the newer item. */
static enum hy_status walk_group(struct search *se, struct hy_db **dbs, size_t n,
				 struct hy_err *err)
{
	struct head heads[2] = {{dbs[0], NULL, 0}, {dbs[n - 1], NULL, 0}};
	void *work = talloc_new(NULL);
	enum hy_status st = HY_OK;
	for (size_t i = 0; i < n && st == HY_OK; i++)
		st = begin(se, &heads[i], work, err);
	while (st == HY_OK && !finished(se)) {
		struct head *h = &heads[0];
		if (n == 2 && heads[1].at != 0 && (h->at == 0 || heads[1].at < h->at))
			h = &heads[1];
		if (h->at == 0)
			break;
		st = look(se, h->db, h->at, err);
		if (st == HY_OK && !finished(se))
			st = advance(h, h->at + 1, err);
	}
	talloc_free(heads[0].c);
	talloc_free(n == 2 ? heads[1].c : NULL);
	talloc_free(work);
	return st;
}

static void conclude(struct search *se)
{
	struct hy_found *f = se->f;
	if (se->more && f->n_hits > 0)
		f->next = f->hits[f->n_hits - 1].seq;
	else if (se->spent && se->s->limit > 0)
		f->next = se->last;
	f->total_exact = !se->spent && (se->whole || !se->more);
	f->cursor = se->set->cursor;
	settle_all(se);
}

static enum hy_status search_once(struct hy_index *ix, const void *ctx, const struct hy_search *s,
				  const struct hy_query *q, struct hy_found **out,
				  struct hy_err *err)
{
	enum hy_status st = hy_dbset_refresh(ix->set, err);
	if (st != HY_OK)
		return st;
	struct search se = {.s = s, .q = q, .set = ix->set, .f = hy_new(ctx, struct hy_found)};
	se.f->hits = hy_new_array(se.f, struct hy_hit, s->limit > 0 ? (size_t)s->limit : 1);
	se.work = s->budget > 0 ? s->budget : DEFAULT_BUDGET;
	se.whole = (s->flags & (HY_SEARCH_TOTAL | HY_SEARCH_FACETS)) != 0 || s->slot > 0;
	for (size_t i = ix->set->n; i > 0 && st == HY_OK && !finished(&se);) {
		size_t n = i > 1 ? hy_dbset_group(ix->set, i - 2) : 1;
		i -= n;
		st = walk_group(&se, ix->set->dbs + i, n, err);
	}
	if (st != HY_OK) {
		talloc_free(se.f);
		return st;
	}
	conclude(&se);
	*out = se.f;
	return HY_OK;
}

enum hy_status hy_index_search(struct hy_index *ix, const void *ctx, const struct hy_search *s,
			       struct hy_found **out, struct hy_err *err)
{
	struct hy_query *all = NULL;
	if (s->limit < 0 || s->limit > HY_SEARCH_MAX_LIMIT || s->before < 0 || s->slot < 0 ||
	    (s->slot > 0 && s->slot < HY_MINUTE))
		return hy_err_set(err, HY_EINPUT, _("search: a page has 0 to %d items"),
				  HY_SEARCH_MAX_LIMIT);
	if (s->query == NULL) {
		enum hy_status st = hy_query_parse(&all, ctx, "", NULL, err);
		if (st != HY_OK)
			return st;
	}
	const struct hy_query *q = s->query != NULL ? s->query : all;
	enum hy_status st = search_once(ix, ctx, s, q, out, err);
	if (st == HY_ETEMP) /* the writer committed twice meanwhile: the snapshot is gone */
		st = search_once(ix, ctx, s, q, out, err);
	if (st == HY_ECORRUPT && err != NULL && strstr(err->text, "rebuild") == NULL)
		hy_err_set(err, st, _("the index is damaged; %s"), HY_INDEX_CURE);
	talloc_free(all);
	return st;
}

enum hy_status hy_index_stats(struct hy_index *ix, struct hy_index_stats *out, struct hy_err *err)
{
	int64_t hidden = 0;
	struct hy_index_stats x = {.fold_version = HY_FOLD_VERSION, .version = HY_INDEX_VERSION};
	enum hy_status st = hy_dbset_refresh(ix->set, err);
	if (st == HY_OK)
		st = hy_dbset_count_hidden(ix->set, &hidden, err);
	if (st != HY_OK)
		return st;
	for (size_t i = 0; i < ix->set->n; i++) {
		const struct hy_stamp *s = &ix->set->dbs[i]->stamp;
		x.documents += s->docs;
		x.bytes += hy_index_bytes(ix->set->dir, ix->set->dbs[i]->name);
		if (s->docs == 0)
			continue;
		if (x.posted_min == 0 || s->posted_min < x.posted_min)
			x.posted_min = s->posted_min;
		if (s->posted_max > x.posted_max)
			x.posted_max = s->posted_max;
	}
	x.live = x.documents - hidden;
	x.cursor = ix->set->cursor;
	x.databases = (int64_t)ix->set->n;
	x.generation = ix->set->m->generation;
	*out = x;
	return HY_OK;
}
