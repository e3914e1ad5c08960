/*
 * The second evaluator, and the one that decides: does this tree hold for this item? Search asks it
 * of each candidate, the watch set of each item with literals found beforehand.
 */
#include "config.h"

#include "index/regex.h"
#include "index/tree.h"

#include "base/base.h"

#include <string.h>

static bool holds(const char *hay, size_t hay_n, const struct hy_node *t)
{
	return hay_n >= t->n && memmem(hay, hay_n, t->s, t->n) != NULL;
}

static bool eval_term(const struct hy_node *t, const struct hy_facts *f, const struct hy_hits *h)
{
	bool in_title = t->field != HY_FIELD_TEXT, in_text = t->field != HY_FIELD_TITLE;
	if (h != NULL) {
		uint32_t lit = h->lit[t->term];
		return (in_title && h->title[lit] == h->epoch) ||
		       (in_text && h->text[lit] == h->epoch);
	}
	return (in_title && holds(f->title, f->title_n, t)) ||
	       (in_text && holds(f->text, f->text_n, t));
}

/* The position at most n code points before p. */
static const char *back(const char *hay, const char *p, int64_t n)
{
	for (; n > 0 && p > hay; n--) {
		do
			p--;
		while (p > hay && ((unsigned char)*p & 0xc0) == 0x80);
	}
	return p;
}

static const char *find(const char *from, const char *end, const struct hy_node *t)
{
	return end - from >= (ptrdiff_t)t->n ? memmem(from, (size_t)(end - from), t->s, t->n)
					     : NULL;
}

/*
 * Is there an a, then, at most n characters on, a b? Only those b are asked for which an a ended
 * after the b before: any other pair has this one in between, nearer.
 */
static bool follows(const char *hay, const char *end, const struct hy_node *a,
		    const struct hy_node *b, int64_t n)
{
	const char *from = hay;
	for (;;) {
		const char *x = find(from, end, a);
		const char *y = x != NULL ? find(x + a->n, end, b) : NULL;
		if (y == NULL)
			return false;
		const char *least = back(hay, y, n);
		least = (size_t)(least - hay) > a->n ? least - a->n : hay;
		if (find(least, y, a) != NULL)
			return true;
		/* the next a ends after this b began */
		from = y - a->n + 1;
	}
}

static bool near(const char *hay, size_t hay_n, const struct hy_node *t)
{
	const char *end = hay + hay_n;
	return follows(hay, end, t->l, t->r, t->v) || follows(hay, end, t->r, t->l, t->v);
}

static bool eval_near(const struct hy_node *t, const struct hy_facts *f, const struct hy_hits *h)
{
	bool in_title = t->field != HY_FIELD_TEXT, in_text = t->field != HY_FIELD_TITLE;
	if (h != NULL) { /* what was hit says in which field it is worth to look */
		uint32_t l = h->lit[t->l->term], r = h->lit[t->r->term];
		in_title = in_title && h->title[l] == h->epoch && h->title[r] == h->epoch;
		in_text = in_text && h->text[l] == h->epoch && h->text[r] == h->epoch;
	}
	return (in_title && near(f->title, f->title_n, t)) ||
	       (in_text && near(f->text, f->text_n, t));
}

static bool eval_unit(const struct hy_node *t, struct hy_source_id source)
{
	size_t lo = 0, hi = t->n_sources;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (t->sources[mid].v < source.v)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < t->n_sources && t->sources[lo].v == source.v;
}

/* The atoms that were hit say whether the expression is worth running. */
static bool eval_regex(const struct hy_node *t, const struct hy_facts *f, const struct hy_hits *h)
{
	if (h != NULL && t->n_atoms > 0) {
		bool hit[HY_QUERY_MAX_TERMS];
		for (int i = 0; i < t->n_atoms; i++)
			hit[i] = h->title[h->lit[i]] == h->epoch || h->text[h->lit[i]] == h->epoch;
		if (!hy_regex_may(t->re, hit))
			return false;
	}
	return hy_regex_holds(t->re, f->title, f->title_n) ||
	       hy_regex_holds(t->re, f->text, f->text_n);
}

bool hy_tree_eval(const struct hy_node *t, const struct hy_facts *f, const struct hy_hits *h)
{
	switch (t->op) {
	case HY_OP_ALL:
		return true;
	case HY_OP_AND:
		return hy_tree_eval(t->l, f, h) && hy_tree_eval(t->r, f, h);
	case HY_OP_OR:
		return hy_tree_eval(t->l, f, h) || hy_tree_eval(t->r, f, h);
	case HY_OP_NOT:
		return !hy_tree_eval(t->l, f, h);
	case HY_OP_TERM:
		return eval_term(t, f, h);
	case HY_OP_NEAR:
		return eval_near(t, f, h);
	case HY_OP_SOURCE:
		return f->source.v == t->v;
	case HY_OP_UNIT:
		return eval_unit(t, f->source);
	case HY_OP_PLACE:
		return holds(f->place, f->place_n, t);
	case HY_OP_KIND:
		return (int64_t)f->kind == t->v;
	case HY_OP_FLAG:
		return ((f->flags & (unsigned)t->v) != 0) == t->yes;
	case HY_OP_TIME:
		return f->posted >= t->from && f->posted < t->until;
	case HY_OP_REGEX:
		return eval_regex(t, f, h);
	}
	HY_BUG("query node %d", (int)t->op);
}

bool hy_query_matches(const struct hy_query *q, const struct hy_facts *f)
{
	return hy_tree_eval(q->root, f, NULL);
}

/* Never fails on what a text may hold: an item that cannot be read must not stop the role that
 * reads all of them. */
static enum hy_status fold_field(const void *ctx, const char *s, const char **out, size_t *n,
				 struct hy_err *err)
{
	struct hy_folded f = {0};
	if (s == NULL)
		s = "";
	size_t len = strnlen(s, HY_FACTS_MAX_BYTES + 1);
	if (len > HY_FACTS_MAX_BYTES)
		len = HY_FACTS_MAX_BYTES;
	if (!hy_utf8_valid(s, len)) { /* or cut within a character */
		s = hy_utf8_repair(ctx, s, len, NULL);
		len = strlen(s);
	}
	enum hy_status st = hy_fold(ctx, s, len, 0, &f, err);
	if (st != HY_OK)
		return st;
	*out = f.s;
	*n = f.n;
	return HY_OK;
}

enum hy_status hy_facts_of_item(struct hy_facts *out, const void *ctx, const struct hy_item *it,
				struct hy_err *err)
{
	struct hy_facts f = {
		.source = it->source, .kind = it->kind, .flags = it->flags, .posted = it->posted};
	enum hy_status st = fold_field(ctx, it->title, &f.title, &f.title_n, err);
	if (st == HY_OK)
		st = fold_field(ctx, it->text, &f.text, &f.text_n, err);
	if (st == HY_OK)
		st = fold_field(ctx, it->place, &f.place, &f.place_n, err);
	if (st != HY_OK)
		return hy_err_wrap(err, _("item %" PRId64), it->seq);
	*out = f;
	return HY_OK;
}
