/*
 * Items that are like one: candidates share one of its rarer pairs of characters, the likeness is
 * then counted in full: pairs in common, divided by all pairs of both.
 */
#include "config.h"

#include "index/walk.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

#define PAIRS_ASKED 96	/* how many of the item's pairs are looked up */
#define PAIRS_RAREST 16 /* of those, these are walked: the rarest, which copies share, */
#define PAIRS_SPREAD                                                                               \
	14 /* and others from rare to common, as what is merely like it may have none of those */
#define BUDGET 10000
#define LEAST 15 /* in 100: below it two texts share no more than common words */

struct pairs {
	uint64_t *v; /* rising, without repeats */
	size_t n;
};
struct similar {
	struct hy_item_id self;
	struct pairs own;
	struct hy_sketch sketch;
	struct hy_likes *out;
	size_t limit;
};

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static uint32_t add_pairs(struct pairs *p, uint32_t last, const char *s, size_t n)
{
	const char *end = s + n;
	size_t len;

	for (; s < end; s += len) {
		uint32_t c = hy_utf8_decode(s, end, &len);
		if (hy_copies_skips(c))
			continue;
		if (last != 0)
			p->v[p->n++] = (uint64_t)last << 32 | c;
		last = c;
	}
	return last;
}

/* Child of ctx. Of a long text the beginning, as for sketches. */
static struct pairs pairs_of(const void *ctx, const struct hy_facts *f)
{
	size_t title_n = hy_utf8_cut(
		f->title, f->title_n < HY_SKETCH_MAX_CHARS ? f->title_n : HY_SKETCH_MAX_CHARS);
	size_t text_n = hy_utf8_cut(
		f->text, f->text_n < 3 * HY_SKETCH_MAX_CHARS ? f->text_n : 3 * HY_SKETCH_MAX_CHARS);
	struct pairs p = {hy_new_array(ctx, uint64_t, title_n + text_n + 1), 0};
	size_t kept = 0;

	(void)add_pairs(&p, add_pairs(&p, 0, f->title, title_n), f->text, text_n);
	if (p.n > 1)
		qsort(p.v, p.n, sizeof(*p.v), by_value);
	for (size_t i = 0; i < p.n; i++)
		if (kept == 0 || p.v[kept - 1] != p.v[i])
			p.v[kept++] = p.v[i];
	p.n = kept;
	return p;
}

static int likeness(const struct pairs *a, const struct pairs *b)
{
	size_t both = 0;

	for (size_t i = 0, k = 0; i < a->n && k < b->n;) {
		if (a->v[i] == b->v[k])
			both++;
		bool first = a->v[i] <= b->v[k], second = b->v[k] <= a->v[i];
		i += first;
		k += second;
	}
	return a->n + b->n > both ? (int)(100 * both / (a->n + b->n - both)) : 0;
}

/* ---- candidates ---- */

struct rare {
	uint64_t pair;
	double docs;
};

static int by_docs(const void *a, const void *b)
{
	const struct rare *x = a, *y = b;
	if (x->docs != y->docs)
		return x->docs < y->docs ? -1 : 1;
	return x->pair < y->pair ? -1 : x->pair > y->pair;
}

static size_t pair_text(uint64_t pair, char out[8])
{
	size_t n = hy_utf8_encode((uint32_t)(pair >> 32), out);
	return n + hy_utf8_encode((uint32_t)pair, out + n);
}

static enum hy_status documents_with(struct hy_dbset *set, uint64_t pair, double *out,
				     struct hy_err *err)
{
	char text[8];
	struct hy_node term = {.op = HY_OP_TERM, .s = text, .n = pair_text(pair, text)};

	return hy_rank_documents(set, &term, out, err);
}

static void add_term(struct hy_query *q, uint64_t pair)
{
	struct hy_node *t = hy_new(q, struct hy_node), *either = hy_new(q, struct hy_node);
	char text[8];

	t->op = HY_OP_TERM;
	t->n = pair_text(pair, text);
	t->s = hy_strndup(q, text, t->n);
	t->term = q->n_terms;
	q->terms[q->n_terms++] = t;
	q->n_leaves++;
	*either = (struct hy_node){.op = HY_OP_OR, .l = q->root, .r = t};
	q->root = q->root != NULL ? either : t;
}

/* Pairs that another item has, too, as an OR of terms; none when there is no such pair. */
static enum hy_status rare_query(struct hy_dbset *set, const void *ctx, const struct pairs *own,
				 struct hy_query **out, struct hy_err *err)
{
	size_t asked = own->n < PAIRS_ASKED ? own->n : PAIRS_ASKED, n = 0;
	struct rare *rare = hy_new_array(ctx, struct rare, asked > 0 ? asked : 1);
	struct hy_query *q = hy_new(ctx, struct hy_query);
	enum hy_status st = HY_OK;

	for (size_t i = 0; i < asked && st == HY_OK; i++) {
		rare[n].pair = own->v[i * own->n / asked];
		st = documents_with(set, rare[n].pair, &rare[n].docs, err);
		n += rare[n].docs >= 2;
	}
	if (n > 1)
		qsort(rare, n, sizeof(*rare), by_docs);
	for (size_t i = 0; i < n && i < PAIRS_RAREST; i++)
		add_term(q, rare[i].pair);
	size_t left = n > PAIRS_RAREST ? n - PAIRS_RAREST : 0;
	size_t spread = left < PAIRS_SPREAD ? left : PAIRS_SPREAD;
	for (size_t i = 0; i < spread; i++) {
		const struct rare *r = &rare[PAIRS_RAREST + i * left / spread];
		if (r->docs <= BUDGET)
			add_term(q, r->pair);
	}
	*out = q;
	return st;
}

/* ---- what is like it ---- */

static bool is_liker(const struct hy_like *a, const struct hy_like *b)
{
	return a->likeness != b->likeness ? a->likeness > b->likeness : a->seq > b->seq;
}

static void keep(struct similar *s, const struct hy_like *like)
{
	struct hy_likes *out = s->out;
	size_t at = out->n;

	if (out->n == s->limit && (at == 0 || !is_liker(like, &out->v[at - 1])))
		return;
	while (at > 0 && is_liker(like, &out->v[at - 1]))
		at--;
	out->n += out->n < s->limit;
	memmove(&out->v[at + 1], &out->v[at], (out->n - at - 1) * sizeof(*out->v));
	out->v[at] = *like;
}

static bool matched(void *user, const struct hy_rec *r)
{
	struct similar *s = user;
	struct hy_sketch sketch = r->sketch;
	void *work = talloc_new(NULL);
	struct pairs p = pairs_of(work, &r->facts);
	struct hy_like like = {.seq = r->seq, .id = r->id, .likeness = likeness(&s->own, &p)};

	if (!r->sketched)
		(void)hy_sketch_of(&sketch, &r->facts);
	like.copy = hy_sketch_likeness(&s->sketch, &sketch) >= HY_COPY_LIKENESS;
	talloc_free(work);
	if (r->id.v == s->self.v || (like.likeness < LEAST && !like.copy))
		return true;
	s->out->copies += like.copy;
	s->out->total++;
	keep(s, &like);
	return true;
}

static enum hy_status similar_once(struct hy_dbset *set, struct similar *s, const void *work,
				   struct hy_err *err)
{
	struct hy_query *q = NULL;
	struct hy_walk w = {.whole = true, .budget = BUDGET, .each = matched, .user = s};
	enum hy_status st = hy_dbset_refresh(set, err);

	s->out->n = 0;
	s->out->total = s->out->copies = 0;
	if (st == HY_OK)
		st = rare_query(set, work, &s->own, &q, err);
	w.query = q;
	if (st == HY_OK && q->root != NULL)
		st = hy_walk_run(set, &w, err);
	s->out->whole = !w.spent;
	return st;
}

enum hy_status hy_index_similar(struct hy_index *ix, const void *ctx, const struct hy_facts *f,
				struct hy_item_id self, int limit, struct hy_likes **out,
				struct hy_err *err)
{
	void *work = talloc_new(NULL);
	struct similar s = {.self = self, .own = pairs_of(work, f), .limit = (size_t)limit};

	if (limit < 1 || limit > HY_SEARCH_MAX_LIMIT) {
		talloc_free(work);
		return hy_err_set(err, HY_EINPUT, _("search: a page has 0 to %d items"),
				  HY_SEARCH_MAX_LIMIT);
	}
	(void)hy_sketch_of(&s.sketch, f);
	s.out = hy_new(ctx, struct hy_likes);
	s.out->v = hy_new_array(s.out, struct hy_like, (size_t)limit + 1);
	enum hy_status st = similar_once(hy_index_set(ix), &s, work, err);
	if (st == HY_ETEMP)
		st = similar_once(hy_index_set(ix), &s, work, err);
	talloc_free(work);
	if (st != HY_OK) {
		talloc_free(s.out);
		return st;
	}
	*out = s.out;
	return HY_OK;
}
