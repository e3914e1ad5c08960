/*
 * Search: the databases newest first, in each a walk over candidates in falling seq, each decided
 * by the evaluator over its folded text. It stops when the page is full (and one more match shows
 * that there is a next), or, counting, when its budget of work is spent: then it says "at least".
 */
#include "config.h"

#include "index/walk.h"

#include "base/base.h"

#include <string.h>

#define TRIES 5 /* one is the rule: two commits a second, and a search is shorter */
#define WORK_BYTES 8192 /* of text times terms that cost as much as a candidate by itself */

struct hy_index {
	struct hy_dbset *set;
};

/* A search newest first, without memory of the page before but its last seq. */
struct search {
	const struct hy_search *s;
	struct hy_found *f;
	struct hy_tallies tallies;
	bool whole; /* go on past the page */
	bool more;  /* a match past the page */
};

struct hy_dbset *hy_index_set(struct hy_index *ix)
{
	return ix->set;
}

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

/* ---- the walk ---- */

static enum hy_status look(struct hy_dbset *set, struct hy_walk *w, struct hy_db *db,
			   uint32_t docid, struct hy_err *err)
{
	struct hy_rec r;
	const void *data;
	size_t n;
	enum hy_status st = hy_xdb_data(db->x, docid, &data, &n, err);
	if (st == HY_OK)
		st = hy_rec_decode(&r, data, n, err);
	if (st != HY_OK)
		return st;
	if (r.seq < w->floor) {
		w->ended = true;
		return HY_OK;
	}
	w->candidates++;
	w->last = r.seq;
	size_t bytes = (r.facts.title_n + r.facts.text_n) * (size_t)(1 + w->query->n_terms);
	w->left -= 1 + w->query->n_leaves / 4 + (int64_t)(bytes / WORK_BYTES);
	if (!hy_dbset_hidden(set, r.id.v, r.seq) && hy_query_matches(w->query, &r.facts))
		w->ended = !w->each(w->user, &r);
	w->spent = w->left <= 0;
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

static enum hy_status begin(const struct hy_walk *w, struct head *h, const void *work,
			    struct hy_err *err)
{
	const struct hy_stamp *s = &h->db->stamp;
	uint32_t least = 1;
	if (s->docs == 0 || s->seq_max < w->floor)
		return HY_OK;
	if (w->before != 0) {
		if (w->before <= s->seq_min)
			return HY_OK;
		if (w->before <= s->seq_max)
			least = hy_docid_of(w->before, s->base) + 1;
	}
	const struct hy_plan *plan = hy_plan_of(work, w->query, s->posted_min, s->posted_max);
	if (plan->op == HY_PLAN_NONE)
		return HY_OK;
	enum hy_status st = hy_xcand_new(&h->c, h->db->x, plan, w->whole, err);
	return st == HY_OK ? advance(h, least, err) : st;
}

/* The halves of a day are walked as one: the lesser docid is the newer item. */
static enum hy_status walk_group(struct hy_dbset *set, struct hy_walk *w, struct hy_db **dbs,
				 size_t n, struct hy_err *err)
{
	struct head heads[2] = {{dbs[0], NULL, 0}, {dbs[n - 1], NULL, 0}};
	void *work = talloc_new(NULL);
	enum hy_status st = HY_OK;
	for (size_t i = 0; i < n && st == HY_OK; i++)
		st = begin(w, &heads[i], work, err);
	while (st == HY_OK && !w->spent && !w->ended) {
		struct head *h = &heads[0];
		if (n == 2 && heads[1].at != 0 && (h->at == 0 || heads[1].at < h->at))
			h = &heads[1];
		if (h->at == 0)
			break;
		st = look(set, w, h->db, h->at, err);
		if (st == HY_OK && !w->spent && !w->ended)
			st = advance(h, h->at + 1, err);
	}
	talloc_free(heads[0].c);
	talloc_free(n == 2 ? heads[1].c : NULL);
	talloc_free(work);
	return st;
}

enum hy_status hy_walk_run(struct hy_dbset *set, struct hy_walk *w, struct hy_err *err)
{
	enum hy_status st = HY_OK;
	w->left = w->budget > 0 ? w->budget : HY_WALK_BUDGET;
	for (size_t i = set->n; i > 0 && st == HY_OK && !w->spent && !w->ended;) {
		size_t n = i > 1 ? hy_dbset_group(set, i - 2) : 1;
		i -= n;
		st = walk_group(set, w, set->dbs + i, n, err);
	}
	return st;
}

/* ---- newest first ---- */

void hy_hit_fill(struct hy_hit *h, const void *ctx, const struct hy_rec *r, unsigned flags)
{
	*h = (struct hy_hit){.seq = r->seq,
			     .id = r->id,
			     .revision = r->revision,
			     .source = r->facts.source,
			     .kind = r->facts.kind,
			     .flags = r->facts.flags,
			     .posted = r->facts.posted,
			     .taken = r->taken};
	h->place = hy_strndup(ctx, r->facts.place, r->facts.place_n);
	if (flags & HY_SEARCH_TEXT) {
		h->title = hy_strndup(ctx, r->facts.title, r->facts.title_n);
		h->text = hy_strndup(ctx, r->facts.text, r->facts.text_n);
	}
}

static bool matched(void *user, const struct hy_rec *r)
{
	struct search *se = user;
	struct hy_found *f = se->f;

	f->total++;
	if (f->n_hits < (size_t)se->s->limit)
		hy_hit_fill(&f->hits[f->n_hits++], f->hits, r, se->s->flags);
	else
		se->more = true;
	if (se->whole)
		hy_tallies_add(&se->tallies, r);
	return se->whole || !se->more;
}

static void conclude(struct search *se, const struct hy_walk *w, const struct hy_dbset *set)
{
	struct hy_found *f = se->f;

	if (se->more && f->n_hits > 0)
		f->next = f->hits[f->n_hits - 1].seq;
	else if (w->spent && se->s->limit > 0)
		f->next = w->last;
	f->total_exact = !w->spent && (se->whole || !se->more);
	f->candidates = w->candidates;
	f->cursor = set->cursor;
	hy_tallies_settle(&se->tallies, f);
}

static enum hy_status search_newest(struct hy_dbset *set, const void *ctx,
				    const struct hy_search *s, const struct hy_query *q,
				    struct hy_found **out, struct hy_err *err)
{
	struct search se = {.s = s, .f = hy_new(ctx, struct hy_found)};
	se.f->hits = hy_new_array(se.f, struct hy_hit, s->limit > 0 ? (size_t)s->limit : 1);
	se.whole = (s->flags & (HY_SEARCH_TOTAL | HY_SEARCH_FACETS)) != 0 || s->slot > 0;
	se.tallies = (struct hy_tallies){.ctx = se.f,
					 .facets = (s->flags & HY_SEARCH_FACETS) != 0,
					 .slot = s->slot,
					 .zone_minutes = s->zone_minutes};
	struct hy_walk w = {.query = q,
			    .before = s->before,
			    .whole = se.whole,
			    .budget = s->budget,
			    .each = matched,
			    .user = &se};
	enum hy_status st = hy_walk_run(set, &w, err);
	if (st != HY_OK) {
		talloc_free(se.f);
		return st;
	}
	conclude(&se, &w, set);
	*out = se.f;
	return HY_OK;
}

static enum hy_status search_once(struct hy_index *ix, const void *ctx, const struct hy_search *s,
				  const struct hy_query *q, struct hy_found **out,
				  struct hy_err *err)
{
	enum hy_status st = hy_dbset_refresh(ix->set, err);
	if (st != HY_OK)
		return st;
	if (s->flags & HY_SEARCH_PAGES)
		return hy_view_search(ix->set, ctx, s, q, out, err);
	return search_newest(ix->set, ctx, s, q, out, err);
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
	enum hy_status st = HY_ETEMP;
	/* a writer that committed twice meanwhile took the snapshot: on to the next one */
	for (int tries = 0; tries < TRIES && st == HY_ETEMP; tries++) {
		st = search_once(ix, ctx, s, q, out, err);
		/* A reader that was overtaken while it stood still may meet blocks that are being
		 * written: what is damaged indeed is so when looked at again, too. */
		if (st == HY_ECORRUPT && (tries == 0 || hy_dbset_moved(ix->set)))
			st = HY_ETEMP;
	}
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
