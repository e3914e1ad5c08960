/*
 * A page of a search: one walk over the stretch that the first page fixed, then order, folding and
 * the rows behind the last one shown. The whole stretch is walked for every page: the totals want
 * it, and only so is a row's place the same on each.
 */
#include "config.h"

#include "index/walk.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

/* A match, later the head of its row. */
struct entry {
	int64_t seq;
	int64_t score;
	int64_t copies; /* in its row, without the head; -1: stands in another's row */
	uint32_t bytes; /* of the text */
	uint32_t head;	/* folded: the entry that began its row */
};
struct view {
	const struct hy_search *s;
	struct hy_found *f;
	struct hy_cursor c;
	struct hy_rank rank;
	struct hy_tallies tallies;
	struct hy_copies *seen;
	struct entry *v; /* falling seq */
	size_t n, cap;
	uint8_t *counts; /* rank.n of each entry */
	int64_t bytes;	 /* of all texts */
};

static bool is_ranked(const struct view *v)
{
	return v->s->order == HY_ORDER_RELEVANCE;
}

/* ---- what matches ---- */

/* The row that the entry joins is that of the newest text it is like; else it begins one. */
static void fold(struct view *v, const struct hy_rec *r, uint32_t at)
{
	struct hy_sketch sketch;
	int64_t head = 0;

	if (r->sketched)
		sketch = r->sketch;
	else
		(void)hy_sketch_of(&sketch, &r->facts); /* short, or of an older index */
	if (hy_copies_find(v->seen, &sketch, HY_COPY_LIKENESS, &head, NULL)) {
		v->v[at].head = (uint32_t)head;
		return;
	}
	hy_copies_add(v->seen, &sketch, at);
}

static bool matched(void *user, const struct hy_rec *r)
{
	struct view *v = user;

	if (v->n == v->cap) {
		v->cap = v->cap ? 2 * v->cap : 256;
		v->v = hy_grow(v->f, v->v, struct entry, v->cap);
		if (v->rank.n > 0)
			v->counts = hy_grow(v->f, v->counts, uint8_t, v->cap * v->rank.n);
	}
	uint8_t counts[HY_QUERY_MAX_TERMS];
	uint32_t at = (uint32_t)v->n++;
	v->v[at] = (struct entry){
		.seq = r->seq, .bytes = (uint32_t)(r->facts.title_n + r->facts.text_n), .head = at};
	v->bytes += v->v[at].bytes;
	if (v->rank.n > 0) {
		hy_rank_count(&v->rank, r, counts);
		memcpy(v->counts + at * v->rank.n, counts, v->rank.n);
	}
	if (v->seen != NULL)
		fold(v, r, at);
	hy_tallies_add(&v->tallies, r);
	return true;
}

/* ---- rows ---- */

static bool comes_first(const struct entry *a, const struct entry *b)
{
	return a->score != b->score ? a->score > b->score : a->seq > b->seq;
}

static void score_all(struct view *v)
{
	if (!is_ranked(v) || v->rank.n == 0)
		return;
	if (v->c.mean == 0 && v->n > 0)
		v->c.mean = v->bytes / (int64_t)v->n + 1;
	v->rank.mean = v->c.mean;
	for (size_t i = 0; i < v->n; i++)
		v->v[i].score = hy_rank_score(&v->rank, v->counts + i * v->rank.n, v->v[i].bytes);
}

/* Each row's entry that comes first stands for it. A head has a smaller index than all of its row.
 */
static void fold_rows(struct view *v)
{
	uint32_t *best = hy_new_array(v->f, uint32_t, v->n > 0 ? v->n : 1);
	int64_t *members = hy_new_array(v->f, int64_t, v->n > 0 ? v->n : 1);

	for (uint32_t i = 0; i < v->n; i++) {
		uint32_t head = v->v[i].head;
		if (head == i || comes_first(&v->v[i], &v->v[best[head]]))
			best[head] = i;
		members[head]++;
	}
	for (uint32_t i = 0; i < v->n; i++) {
		bool stands = best[v->v[i].head] == i;
		v->v[i].copies = stands ? members[v->v[i].head] - 1 : -1;
		v->f->rows += stands;
	}
	talloc_free(best);
	talloc_free(members);
}

/* The first `most` rows behind the cursor, in order, to out; returns how many. */
static size_t choose(const struct view *v, const struct entry **out, size_t most)
{
	const struct entry last = {.seq = v->c.seq, .score = v->c.score};
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++) {
		const struct entry *e = &v->v[i];
		size_t at = n;

		if (e->copies < 0 || (v->c.seq != 0 && !comes_first(&last, e)))
			continue;
		if (n == most && !comes_first(e, out[n - 1]))
			continue;
		while (at > 0 && comes_first(e, out[at - 1]))
			at--;
		n += n < most;
		memmove(&out[at + 1], &out[at], (n - at - 1) * sizeof(*out));
		out[at] = e;
	}
	return n;
}

/* ---- the page ---- */

static enum hy_status record_of(struct hy_dbset *set, int64_t seq, struct hy_rec *out,
				struct hy_err *err)
{
	for (size_t i = set->n; i-- > 0;) {
		struct hy_db *db = set->dbs[i];
		const void *data;
		size_t n = 0;

		if (db->stamp.docs == 0 || seq < db->stamp.seq_min || seq > db->stamp.seq_max)
			continue;
		enum hy_status st =
			hy_xdb_data(db->x, hy_docid_of(seq, db->stamp.base), &data, &n, err);
		if (st == HY_OK && n > 0)
			return hy_rec_decode(out, data, n, err);
		if (st != HY_OK)
			return st;
	}
	return hy_err_set(err, HY_ETEMP, _("item %" PRId64 " left the index meanwhile"), seq);
}

static enum hy_status put_rows(struct view *v, struct hy_dbset *set, const struct entry **rows,
			       size_t n, struct hy_err *err)
{
	struct hy_found *f = v->f;
	enum hy_status st = HY_OK;

	for (size_t i = 0; i < n && st == HY_OK; i++) {
		struct hy_rec r;
		st = record_of(set, rows[i]->seq, &r, err);
		if (st != HY_OK)
			break;
		struct hy_hit *h = &f->hits[f->n_hits++];
		hy_hit_fill(h, f->hits, &r, v->s->flags);
		h->copies = rows[i]->copies;
		h->score = rows[i]->score;
	}
	return st;
}

/* What leads to the next page: behind the last row, or to the next older stretch. */
static void put_more(struct view *v, bool rows_left)
{
	struct hy_found *f = v->f;
	struct hy_cursor next = v->c;

	if (v->s->limit == 0)
		return;
	if (rows_left) {
		next.seq = f->hits[f->n_hits - 1].seq;
		next.score = f->hits[f->n_hits - 1].score;
	} else if (v->c.floor > 1) {
		next.top = v->c.floor - 1;
		next.floor = next.seq = next.score = 0;
		next.counted = v->c.counted + (int64_t)v->n;
	} else {
		return;
	}
	f->more = hy_cursor_text(f, &next);
}

static enum hy_status page(struct view *v, struct hy_dbset *set, const struct hy_walk *w,
			   struct hy_err *err)
{
	size_t limit = (size_t)v->s->limit;
	const struct entry **rows = hy_new_array(v->f, const struct entry *, limit + 2);

	score_all(v);
	v->f->rows = v->seen != NULL ? 0 : (int64_t)v->n;
	if (v->seen != NULL)
		fold_rows(v);
	size_t n = choose(v, rows, limit + 1);
	enum hy_status st = put_rows(v, set, rows, n < limit ? n : limit, err);
	if (st != HY_OK)
		return st;
	put_more(v, n > limit);
	v->f->total = v->c.counted + (int64_t)v->n;
	v->f->total_exact = v->c.floor == 0;
	v->f->candidates = w->candidates;
	v->f->cursor = set->cursor;
	hy_tallies_settle(&v->tallies, v->f);
	talloc_free(v->v);
	talloc_free(v->counts);
	talloc_free(v->seen);
	talloc_free(rows);
	return HY_OK;
}

/* The hash of what a cursor belongs to. */
static uint64_t search_hash(const void *ctx, const struct hy_search *s, const struct hy_query *q)
{
	char *tree = hy_query_explain(ctx, q);
	char *all = hy_strf(ctx, "%d %d %s", (int)s->order, s->fold, tree);
	uint64_t hash = hy_xxh64(all, strlen(all));

	talloc_free(all);
	talloc_free(tree);
	return hash;
}

static enum hy_status begin(struct view *v, struct hy_dbset *set, const struct hy_query *q,
			    struct hy_err *err)
{
	const struct hy_search *s = v->s;
	uint64_t of = search_hash(v->f, s, q);
	enum hy_status st = HY_OK;

	if (s->page == NULL || *s->page == '\0') {
		v->c = (struct hy_cursor){.of = of, .at = s->now, .top = set->cursor};
		if (!is_ranked(v))
			return HY_OK;
		st = hy_rank_init(&v->rank, set, q, err);
		v->c.n_weights = v->rank.n;
		memcpy(v->c.weight, v->rank.weight, sizeof(v->c.weight));
		return st;
	}
	st = hy_cursor_parse(&v->c, s->page, err);
	if (st != HY_OK)
		return st;
	if (is_ranked(v))
		hy_rank_terms(&v->rank, q);
	if (v->c.of != of || v->c.n_weights != v->rank.n)
		return hy_err_set(err, HY_EINPUT,
				  _("the cursor is of another search: begin at the first page"));
	memcpy(v->rank.weight, v->c.weight, sizeof(v->rank.weight));
	return HY_OK;
}

enum hy_status hy_view_search(struct hy_dbset *set, const void *ctx, const struct hy_search *s,
			      const struct hy_query *q, struct hy_found **out, struct hy_err *err)
{
	struct view v = {.s = s, .f = hy_new(ctx, struct hy_found)};
	struct hy_walk w = {.query = q, .whole = true, .each = matched, .user = &v};
	enum hy_status st = begin(&v, set, q, err);

	v.f->hits = hy_new_array(v.f, struct hy_hit, s->limit > 0 ? (size_t)s->limit : 1);
	v.tallies = (struct hy_tallies){.ctx = v.f,
					.facets = (s->flags & HY_SEARCH_FACETS) != 0,
					.slot = s->slot,
					.zone_minutes = s->zone_minutes};
	v.seen = s->fold ? hy_copies_new(v.f, HY_COPIES_MAX) : NULL;
	w.before = v.c.top + 1;
	w.floor = v.c.floor;
	w.budget = s->budget > 0 ? s->budget : HY_WALK_BUDGET;
	/* a stretch whose end is known is walked to it: merging may have added candidates */
	if (v.c.floor > 0)
		w.budget *= 2;
	if (st == HY_OK)
		st = hy_walk_run(set, &w, err);
	if (st == HY_OK && w.spent)
		v.c.floor = w.last;
	if (st == HY_OK)
		st = page(&v, set, &w, err);
	if (st != HY_OK) {
		talloc_free(v.f);
		return st;
	}
	*out = v.f;
	return HY_OK;
}
