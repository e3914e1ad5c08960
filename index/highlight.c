/*
 * Where a query's words stand in the text as it is shown: found in the folded text, carried back by
 * the fold's offset map. One original character may fold to several and several to one, so a range
 * always covers whole original characters.
 */
#include "config.h"

#include "index/regex.h"
#include "index/tree.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

#define MAX_RANGES 1000

struct spot {
	struct hy_range *r;
	size_t n;
};

static bool among(const struct hy_node *t, const struct hy_node *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == t)
			return true;
	return false;
}

/* Terms that help an item to match: those under an even number of NOTs, each once (the middle of a
 * chain of NEARs stands in two of them): never more than the query has. */
static void positive(const struct hy_node *t, bool neg, enum hy_field field,
		     const struct hy_node **out, size_t *n)
{
	switch (t->op) {
	case HY_OP_AND:
	case HY_OP_OR:
	case HY_OP_NEAR:
		positive(t->l, neg, field, out, n);
		positive(t->r, neg, field, out, n);
		break;
	case HY_OP_NOT:
		positive(t->l, !neg, field, out, n);
		break;
	case HY_OP_TERM:
		if (!neg &&
		    (field == HY_FIELD_ANY || t->field == HY_FIELD_ANY || t->field == field) &&
		    !among(t, out, *n))
			out[(*n)++] = t;
		break;
	default:
		break;
	}
}

const char **hy_query_terms(const void *ctx, const struct hy_query *q, size_t *n)
{
	const struct hy_node *terms[HY_QUERY_MAX_TERMS];
	size_t k = 0, kept = 0;
	positive(q->root, false, HY_FIELD_ANY, terms, &k);
	const char **out = hy_new_array(ctx, const char *, k > 0 ? k : 1);
	for (size_t i = 0; i < k; i++) {
		bool seen = false;
		for (size_t j = 0; j < kept && !seen; j++)
			seen = strcmp(out[j], terms[i]->s) == 0;
		if (!seen)
			out[kept++] = hy_strndup(out, terms[i]->s, terms[i]->n);
	}
	*n = kept;
	return out;
}

/* The original bytes of folded [a, b). A match may end inside an expansion: it then takes the whole
 * character. Blanks that the fold dropped behind the match are left out. */
static struct hy_range back(const struct hy_folded *f, const char *original, size_t a, size_t b)
{
	size_t end = b;
	while (end < f->n && f->map[end] == f->map[b - 1])
		end++;
	struct hy_range r = {f->map[a], f->map[end]};
	for (;;) {
		size_t last = r.end;
		while (last > r.start && ((unsigned char)original[--last] & 0xc0) == 0x80)
			continue;
		size_t len;
		if (last <= r.start ||
		    !hy_is_blank(hy_utf8_decode(original + last, original + r.end, &len)))
			return r;
		r.end = last;
	}
}

static void find_term(const struct hy_node *t, const struct hy_folded *f, const char *original,
		      struct spot *sp)
{
	const char *p = f->s, *end = f->s + f->n;
	while (sp->n < MAX_RANGES) {
		const char *at = memmem(p, (size_t)(end - p), t->s, t->n);
		if (at == NULL)
			return;
		size_t a = (size_t)(at - f->s);
		struct hy_range r = back(f, original, a, a + t->n);
		if (r.end > r.start)
			sp->r[sp->n++] = r;
		p = at + t->n;
	}
}

static void find_regex(const struct hy_regex *re, const struct hy_folded *f, const char *original,
		       struct spot *sp)
{
	size_t from = 0, until = 0;
	for (size_t at = 0; sp->n < MAX_RANGES && at < f->n; at = until > at ? until : at + 1) {
		if (!hy_regex_find(re, f->s, f->n, at, &from, &until))
			return;
		if (until <= from)
			return; /* an empty one marks nothing */
		struct hy_range r = back(f, original, from, until);
		if (r.end > r.start)
			sp->r[sp->n++] = r;
	}
}

static int by_start(const void *a, const void *b)
{
	const struct hy_range *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end;
}

static size_t merge(struct hy_range *r, size_t n)
{
	size_t k = 0;
	qsort(r, n, sizeof(*r), by_start);
	for (size_t i = 0; i < n; i++) {
		if (k > 0 && r[i].start <= r[k - 1].end) {
			if (r[i].end > r[k - 1].end)
				r[k - 1].end = r[i].end;
		} else {
			r[k++] = r[i];
		}
	}
	return k;
}

enum hy_status hy_query_highlight(const void *ctx, const struct hy_query *q, const char *original,
				  enum hy_field field, struct hy_range **out, size_t *n,
				  struct hy_err *err)
{
	const struct hy_node *terms[HY_QUERY_MAX_TERMS];
	size_t k = 0, len = strlen(original);
	positive(q->root, false, field, terms, &k);
	const struct hy_regex *re = q->root->op == HY_OP_REGEX ? q->root->re : NULL;
	if ((k == 0 && re == NULL) || len == 0) {
		*out = NULL;
		*n = 0;
		return HY_OK;
	}
	if (!hy_utf8_valid(original, len))
		return hy_err_set(err, HY_EINPUT, _("the text is not UTF-8"));
	struct spot sp = {hy_new_array(ctx, struct hy_range, MAX_RANGES), 0};
	struct hy_folded f = {0};
	enum hy_status st = hy_fold(sp.r, original, len, HY_FOLD_MAP, &f, err);
	if (st != HY_OK) {
		talloc_free(sp.r);
		return st;
	}
	for (size_t i = 0; i < k; i++)
		find_term(terms[i], &f, original, &sp);
	if (re != NULL)
		find_regex(re, &f, original, &sp);
	talloc_free(f.map);
	talloc_free(f.s);
	sp.n = merge(sp.r, sp.n);
	if (sp.n == 0) {
		talloc_free(sp.r);
		sp.r = NULL;
	} else {
		sp.r = hy_grow(ctx, sp.r, struct hy_range, sp.n);
	}
	*out = sp.r;
	*n = sp.n;
	return HY_OK;
}

/* ---- snippets ---- */

static const char *step_back(const char *start, const char *p, size_t chars)
{
	while (chars > 0 && p > start) {
		do
			p--;
		while (p > start && ((unsigned char)*p & 0xc0) == 0x80);
		chars--;
	}
	return p;
}

static const char *step_on(const char *p, const char *end, size_t chars)
{
	while (chars > 0 && p < end) {
		p++;
		while (p < end && ((unsigned char)*p & 0xc0) == 0x80)
			p++;
		chars--;
	}
	return p;
}

static bool is_gap(const char *p, const char *end, size_t *len)
{
	uint32_t cp = hy_utf8_decode(p, end, len);
	return hy_is_blank(cp) || cp < 0x20 || cp == 0x7f;
}

/* Copies [p, stop) with each run of blanks as one, and notes where the ranges come to stand. */
static void copy_piece(struct hy_buf *b, const char *original, const char *p, const char *stop,
		       struct hy_range *r, size_t n)
{
	size_t i = 0;
	bool open = false, gap = true;
	while (p < stop) {
		size_t at = (size_t)(p - original), len;
		while (i < n && open && at >= r[i].end) {
			r[i++].end = b->len;
			open = false;
		}
		if (i < n && !open && at >= r[i].start) {
			r[i].start = b->len;
			open = true;
		}
		if (is_gap(p, stop, &len)) {
			if (!gap)
				hy_buf_chr(b, ' ');
			gap = true;
		} else {
			hy_buf_add(b, p, len);
			gap = false;
		}
		p += len;
	}
	if (open && i < n)
		r[i].end = b->len;
}

char *hy_query_snippet(const void *ctx, const struct hy_query *q, const char *original,
		       enum hy_field field, size_t chars, struct hy_range **out, size_t *n)
{
	struct hy_range *r = NULL;
	size_t k = 0, len = strlen(original);
	const char *end = original + len, *from = original;
	struct hy_buf b;
	if (hy_query_highlight(ctx, q, original, field, &r, &k, NULL) != HY_OK)
		k = 0;
	if (k > 0)
		from = step_back(original, original + r[0].start, chars / 4);
	const char *stop = step_on(from, end, chars);
	if (stop == end) /* there is room: take more before */
		from = step_back(original, end, chars);
	size_t kept = 0;
	for (size_t i = 0; i < k; i++) {
		if (r[i].start < (size_t)(from - original) ||
		    r[i].start >= (size_t)(stop - original))
			continue;
		r[kept++] = r[i];
	}
	hy_buf_init(&b, ctx, (size_t)(stop - from) + 16);
	if (from > original)
		hy_buf_str(&b, "…");
	copy_piece(&b, original, from, stop, r, kept);
	if (stop < end)
		hy_buf_str(&b, "…");
	if (out != NULL && n != NULL) {
		*out = kept > 0 ? r : NULL;
		*n = kept;
	}
	if (out == NULL || kept == 0)
		talloc_free(r);
	return hy_buf_take(&b, NULL);
}
