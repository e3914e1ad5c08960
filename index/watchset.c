/*
 * Standing queries: thousands of trees against one item. All literals of all trees stand in one
 * Vectorscan database, so one pass over title and one over text says which are there; a tree is
 * evaluated, on those hits, only when a literal was hit without which it cannot hold.
 */
#include "config.h"

#include "index/layout.h"

#include "base/base.h"

#include <hs/hs.h>
#include <stdlib.h>
#include <string.h>

/* Literals get numbers by sorting; each tree's terms then know theirs. */
struct lit {
	const char *s;
	size_t n;
	uint32_t query, term; /* where it was found */
};

struct hy_watchset {
	const struct hy_query *const *q;
	size_t n;
	hs_database_t *db;
	hs_scratch_t *scratch;
	uint32_t **lit_of; /* for each query, the literal of each term */
	uint32_t n_lits;
	uint32_t *title, *text; /* epoch of the last hit, for each literal */
	uint32_t *asked;	/* epoch in which the query was last put on `todo` */
	uint32_t epoch;
	/* literal -> queries that need it: [first[l], first[l + 1]) of need */
	uint32_t *first, *need;
	uint32_t *always; /* queries that may hold without any literal */
	size_t n_always;
	uint32_t *todo, *hits;
	size_t n_todo;
};

static int drop(struct hy_watchset *set)
{
	hs_free_scratch(set->scratch);
	hs_free_database(set->db);
	return 0;
}

/* ---- compiling ---- */

static int by_text(const void *a, const void *b)
{
	const struct lit *x = a, *y = b;
	size_t n = x->n < y->n ? x->n : y->n;
	int c = memcmp(x->s, y->s, n);
	if (c != 0)
		return c;
	return x->n < y->n ? -1 : x->n > y->n;
}

static struct lit *number(struct hy_watchset *set, const void *work, uint32_t *n_out)
{
	size_t all = 0, k = 0;
	for (size_t i = 0; i < set->n; i++)
		all += (size_t)set->q[i]->n_terms;
	struct lit *lits = hy_new_array(work, struct lit, all > 0 ? all : 1);
	set->lit_of = hy_new_array(set, uint32_t *, set->n > 0 ? set->n : 1);
	for (size_t i = 0; i < set->n; i++) {
		const struct hy_query *q = set->q[i];
		set->lit_of[i] = hy_new_array(set->lit_of, uint32_t,
					      q->n_terms > 0 ? (size_t)q->n_terms : 1);
		for (int t = 0; t < q->n_terms; t++)
			lits[k++] = (struct lit){q->terms[t]->s, q->terms[t]->n, (uint32_t)i,
						 (uint32_t)t};
	}
	if (k > 1)
		qsort(lits, k, sizeof(*lits), by_text);
	uint32_t n = 0;
	for (size_t i = 0; i < k; i++) {
		struct lit l = lits[i];
		if (n == 0 || by_text(&lits[n - 1], &l) != 0)
			lits[n++] = l;
		set->lit_of[l.query][l.term] = n - 1;
	}
	*n_out = n;
	return lits;
}

/* The literals of which at least one must be there for the tree to hold: marks them in need[] and
 * gives their number, or -1 when it may hold without any. Of an AND the side that asks for less. */
static int needed(const struct hy_node *t, bool *need)
{
	bool other[HY_QUERY_MAX_TERMS] = {false};
	int l, r;
	switch (t->op) {
	case HY_OP_TERM:
		need[t->term] = true;
		return 1;
	case HY_OP_OR:
		l = needed(t->l, need);
		r = l < 0 ? -1 : needed(t->r, need);
		return r < 0 ? -1 : l + r;
	case HY_OP_NEAR: /* both of its terms */
	case HY_OP_AND: {
		bool first[HY_QUERY_MAX_TERMS] = {false};
		l = needed(t->l, first);
		r = needed(t->r, other);
		bool left = l >= 0 && (r < 0 || l <= r);
		if (l < 0 && r < 0)
			return -1;
		for (int i = 0; i < HY_QUERY_MAX_TERMS; i++)
			need[i] |= left ? first[i] : other[i];
		return left ? l : r;
	}
	case HY_OP_REGEX:
		for (int i = 0; i < t->n_atoms; i++)
			need[i] = true;
		return t->n_atoms > 0 ? t->n_atoms : -1;
	default:
		return -1;
	}
}

const char **hy_query_needs(const void *ctx, const struct hy_query *q, size_t *n)
{
	bool need[HY_QUERY_MAX_TERMS] = {false};
	const char **out = hy_new_array(ctx, const char *, HY_QUERY_MAX_TERMS);
	size_t k = 0;
	if (needed(q->root, need) > 0)
		for (int t = 0; t < q->n_terms; t++)
			if (need[t])
				out[k++] = hy_strndup(out, q->terms[t]->s, q->terms[t]->n);
	*n = k;
	return out;
}

struct pair {
	uint32_t lit, query;
};

static int by_pair(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	if (x->lit != y->lit)
		return x->lit < y->lit ? -1 : 1;
	return x->query < y->query ? -1 : x->query > y->query;
}

static void add_pairs(struct hy_watchset *set, uint32_t i, struct pair *pairs, size_t *n)
{
	bool need[HY_QUERY_MAX_TERMS] = {false};
	if (needed(set->q[i]->root, need) < 0) {
		set->always[set->n_always++] = i;
		return;
	}
	for (int t = 0; t < set->q[i]->n_terms; t++)
		if (need[t])
			pairs[(*n)++] = (struct pair){set->lit_of[i][t], i};
}

static void build_needs(struct hy_watchset *set, const void *work)
{
	size_t all = 0, n = 0;
	for (size_t i = 0; i < set->n; i++)
		all += (size_t)set->q[i]->n_terms;
	struct pair *pairs = hy_new_array(work, struct pair, all > 0 ? all : 1);
	set->always = hy_new_array(set, uint32_t, set->n > 0 ? set->n : 1);
	for (size_t i = 0; i < set->n; i++)
		add_pairs(set, (uint32_t)i, pairs, &n);
	if (n > 1)
		qsort(pairs, n, sizeof(*pairs), by_pair);
	set->first = hy_new_array(set, uint32_t, (size_t)set->n_lits + 2);
	set->need = hy_new_array(set, uint32_t, n > 0 ? n : 1);
	for (size_t i = 0; i < n; i++) {
		set->need[i] = pairs[i].query;
		set->first[pairs[i].lit + 1]++;
	}
	for (uint32_t l = 0; l < set->n_lits; l++)
		set->first[l + 1] += set->first[l];
}

/* False: Vectorscan cannot run here; every tree is evaluated then. */
static bool compile(struct hy_watchset *set, const struct lit *lits, const void *work)
{
	uint32_t n = set->n_lits;
	if (n == 0 || hs_valid_platform() != HS_SUCCESS)
		return false;
	const char **s = hy_new_array(work, const char *, n);
	unsigned *flags = hy_new_array(work, unsigned, n), *ids = hy_new_array(work, unsigned, n);
	size_t *lens = hy_new_array(work, size_t, n);
	for (uint32_t i = 0; i < n; i++) {
		s[i] = lits[i].s;
		lens[i] = lits[i].n;
		ids[i] = i;
		flags[i] = HS_FLAG_SINGLEMATCH;
	}
	hs_compile_error_t *why = NULL;
	hs_error_t e =
		hs_compile_lit_multi(s, flags, ids, lens, n, HS_MODE_BLOCK, NULL, &set->db, &why);
	hs_free_compile_error(why);
	return e == HS_SUCCESS && hs_alloc_scratch(set->db, &set->scratch) == HS_SUCCESS;
}

enum hy_status hy_watchset_new(struct hy_watchset **out, const void *ctx,
			       const struct hy_query *const *queries, size_t n, unsigned flags,
			       struct hy_err *err)
{
	if (n > HY_WATCHSET_MAX)
		return hy_err_set(err, HY_EINPUT, _("more than %d rules"), HY_WATCHSET_MAX);
	struct hy_watchset *set = hy_new(ctx, struct hy_watchset);
	talloc_set_destructor(set, drop);
	set->q = hy_memdup(set, queries, (n > 0 ? n : 1) * sizeof(*queries) * (n > 0));
	set->n = n;
	set->hits = hy_new_array(set, uint32_t, n > 0 ? n : 1);
	set->todo = hy_new_array(set, uint32_t, n > 0 ? n : 1);
	set->asked = hy_new_array(set, uint32_t, n > 0 ? n : 1);
	if (!(flags & HY_WATCHSET_PLAIN)) {
		void *work = talloc_new(NULL);
		struct lit *lits = number(set, work, &set->n_lits);
		build_needs(set, work);
		set->title = hy_new_array(set, uint32_t, (size_t)set->n_lits + 1);
		set->text = hy_new_array(set, uint32_t, (size_t)set->n_lits + 1);
		if (!compile(set, lits, work)) {
			hs_free_scratch(set->scratch);
			hs_free_database(set->db);
			set->scratch = NULL;
			set->db = NULL;
		}
		talloc_free(work);
	}
	*out = set;
	return HY_OK;
}

bool hy_watchset_is_fast(const struct hy_watchset *set)
{
	return set->db != NULL;
}

/* ---- matching ---- */

struct scan {
	struct hy_watchset *set;
	uint32_t *hit;
};

static int on_hit(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		  void *user)
{
	struct scan *sc = user;
	struct hy_watchset *set = sc->set;
	(void)from;
	(void)to;
	(void)flags;
	sc->hit[id] = set->epoch;
	for (uint32_t i = set->first[id]; i < set->first[id + 1]; i++) {
		uint32_t q = set->need[i];
		if (set->asked[q] != set->epoch) {
			set->asked[q] = set->epoch;
			set->todo[set->n_todo++] = q;
		}
	}
	return 0;
}

static enum hy_status scan(struct hy_watchset *set, const char *s, size_t n, uint32_t *hit,
			   struct hy_err *err)
{
	struct scan sc = {set, hit};
	if (n == 0)
		return HY_OK;
	hs_error_t e = hs_scan(set->db, s, (unsigned)n, 0, set->scratch, on_hit, &sc);
	if (e != HS_SUCCESS)
		return hy_err_set(err, HY_ESYSTEM, _("vectorscan failed: %d"), (int)e);
	return HY_OK;
}

static int rising(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static void next_epoch(struct hy_watchset *set)
{
	if (++set->epoch != 0)
		return;
	/* after 4 billion items */
	memset(set->title, 0, set->n_lits * sizeof(uint32_t));
	memset(set->text, 0, set->n_lits * sizeof(uint32_t));
	memset(set->asked, 0, set->n * sizeof(uint32_t));
	set->epoch = 1;
}

static enum hy_status match_fast(struct hy_watchset *set, const struct hy_facts *f, size_t *n,
				 struct hy_err *err)
{
	next_epoch(set);
	memcpy(set->todo, set->always, set->n_always * sizeof(uint32_t));
	set->n_todo = set->n_always;
	enum hy_status st = scan(set, f->title, f->title_n, set->title, err);
	if (st == HY_OK)
		st = scan(set, f->text, f->text_n, set->text, err);
	if (st != HY_OK)
		return st;
	if (set->n_todo > 1)
		qsort(set->todo, set->n_todo, sizeof(uint32_t), rising);
	for (size_t i = 0; i < set->n_todo; i++) {
		uint32_t q = set->todo[i];
		struct hy_hits h = {set->title, set->text, set->epoch, set->lit_of[q]};
		if (hy_tree_eval(set->q[q]->root, f, &h))
			set->hits[(*n)++] = q;
	}
	return HY_OK;
}

enum hy_status hy_watchset_match(struct hy_watchset *set, const struct hy_facts *f,
				 const uint32_t **out, size_t *n, struct hy_err *err)
{
	size_t k = 0;
	enum hy_status st = HY_OK;
	if (set->db != NULL) {
		st = match_fast(set, f, &k, err);
	} else {
		for (size_t i = 0; i < set->n; i++)
			if (hy_query_matches(set->q[i], f))
				set->hits[k++] = (uint32_t)i;
	}
	if (st != HY_OK)
		return st;
	*out = set->hits;
	*n = k;
	return HY_OK;
}
