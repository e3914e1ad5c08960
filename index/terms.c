/*
 * Text to terms, and a query to the walk over them. The two halves of one promise stand side by
 * side: every string of two characters in a text is a term of it, every longer one is an AND of
 * such, and a single character is the beginning of one.
 */
#include "config.h"

#include "index/layout.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

#define MAX_GRAMS_ASKED 24 /* of one phrase: more hardly narrow the walk */
#define MAX_SHIFTS_ASKED 120
#define MAX_SOURCES_ASKED 100 /* of a unit: with more of them everything is walked */

/* ---- documents ---- */

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static void add_gram(struct hy_terms *t, uint32_t a, uint32_t b)
{
	if (t->n_grams == t->cap_grams) {
		t->cap_grams = t->cap_grams ? 2 * t->cap_grams : 512;
		t->grams = hy_grow(t, t->grams, uint64_t, t->cap_grams);
	}
	t->grams[t->n_grams++] = (uint64_t)a << 32 | b;
}

static void grams_of(struct hy_terms *t, const char *s, size_t n)
{
	const char *end = s + n;
	uint32_t last = 0;
	while (s < end) {
		size_t len;
		uint32_t cp = hy_utf8_decode(s, end, &len);
		s += len;
		if (cp == ' ')
			continue;
		if (last != 0)
			add_gram(t, last, cp);
		last = cp;
	}
	if (last != 0)
		add_gram(t, last, HY_END_MARK);
}

static void need_pool(struct hy_terms *t, size_t more)
{
	if (t->pool_n + more > t->pool_cap) {
		t->pool_cap = 2 * (t->pool_n + more) + 4096;
		t->pool = hy_grow(t, t->pool, char, t->pool_cap);
	}
}

/* Spans are offsets until the pool stands still. */
static void add_span(struct hy_terms *t, size_t start)
{
	if (t->n == t->cap_v) {
		t->cap_v = t->cap_v ? 2 * t->cap_v : 512;
		t->v = hy_grow(t, t->v, struct hy_span, t->cap_v);
	}
	t->v[t->n++] = (struct hy_span){(const char *)(uintptr_t)start, t->pool_n - start};
}

static size_t put_gram(uint64_t gram, char *out)
{
	size_t n = hy_utf8_encode((uint32_t)(gram >> 32), out);
	return n + hy_utf8_encode((uint32_t)gram, out + n);
}

static void add_number(struct hy_terms *t, const char *prefix, int64_t v)
{
	char term[40];
	int n = snprintf(term, sizeof(term), "%s%" PRId64, prefix, v);
	need_pool(t, (size_t)n);
	memcpy(t->pool + t->pool_n, term, (size_t)n);
	size_t start = t->pool_n;
	t->pool_n += (size_t)n;
	add_span(t, start);
}

static void add_text(struct hy_terms *t, const char *prefix, const char *s, size_t n)
{
	size_t k = strlen(prefix), start = t->pool_n;
	if (n + k > HY_XTERM_MAX)
		n = HY_XTERM_MAX - k; /* cut by bytes: compared by bytes */
	need_pool(t, n + k);
	memcpy(t->pool + start, prefix, k);
	memcpy(t->pool + start + k, s, n);
	t->pool_n += n + k;
	add_span(t, start);
}

/* Eight hours: three are a day of UTC and a day of +08:00, too. */
static int64_t shift_of(hy_time at)
{
	const hy_dur shift = 8 * HY_HOUR;
	return at >= 0 ? at / shift : -((-at + shift - 1) / shift);
}

static void add_conditions(struct hy_terms *t, const struct hy_rec *r)
{
	add_number(t, "S", r->facts.source.v);
	add_number(t, "K", (int64_t)r->facts.kind);
	add_number(t, "H", shift_of(r->facts.posted));
	if (r->facts.flags & HY_ITEM_OFFICIAL)
		add_text(t, "FO", "", 0);
	if (r->facts.flags & HY_ITEM_OWN)
		add_text(t, "FW", "", 0);
	if (r->facts.place_n > 0)
		add_text(t, "P", r->facts.place, r->facts.place_n);
	if (r->revision > 1)
		add_number(t, "I", r->id.v);
}

void hy_terms_of(struct hy_terms *t, const struct hy_rec *r)
{
	t->n = t->n_grams = t->pool_n = 0;
	grams_of(t, r->facts.title, r->facts.title_n);
	grams_of(t, r->facts.text, r->facts.text_n);
	if (t->n_grams > 1)
		qsort(t->grams, t->n_grams, sizeof(*t->grams), by_value);
	add_conditions(t, r);
	need_pool(t, 8 * t->n_grams);
	for (size_t i = 0; i < t->n_grams; i++) {
		if (i > 0 && t->grams[i] == t->grams[i - 1])
			continue;
		size_t start = t->pool_n;
		t->pool_n += put_gram(t->grams[i], t->pool + start);
		add_span(t, start);
	}
	for (size_t i = 0; i < t->n; i++)
		t->v[i].s = t->pool + (uintptr_t)t->v[i].s;
}

uint64_t hy_posting_sum(uint64_t term_hash, uint32_t docid)
{
	uint64_t h = (term_hash ^ docid) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
}

/* ---- queries ---- */

static struct hy_plan *new_plan(const void *ctx, enum hy_plan_op op)
{
	struct hy_plan *p = hy_new(ctx, struct hy_plan);
	p->op = op;
	return p;
}

static struct hy_plan *plan_term(const void *ctx, const char *s, size_t n)
{
	struct hy_plan *p = new_plan(ctx, HY_PLAN_TERM);
	p->s.s = hy_strndup(p, s, n);
	p->s.n = n;
	return p;
}

static struct hy_plan *plan_number(const void *ctx, const char *prefix, int64_t v)
{
	char *s = hy_strf(ctx, "%s%" PRId64, prefix, v);
	return plan_term(ctx, s, strlen(s));
}

static struct hy_plan *plan_many(const void *ctx, enum hy_plan_op op, size_t cap)
{
	struct hy_plan *p = new_plan(ctx, op);
	p->kids = hy_new_array(p, const struct hy_plan *, cap);
	return p;
}

/* Two characters and more: AND of the bigrams, of a long one evenly spread ones. */
static const struct hy_plan *plan_string(const void *ctx, const char *s, size_t n)
{
	struct hy_terms *t = hy_new(ctx, struct hy_terms);
	grams_of(t, s, n);
	size_t real = t->n_grams - 1; /* without the end mark */
	char term[8];
	if (real == 0) {
		struct hy_plan *p = plan_term(ctx, s, n);
		p->op = HY_PLAN_BEGINS;
		return p;
	}
	size_t asked = real < MAX_GRAMS_ASKED ? real : MAX_GRAMS_ASKED;
	struct hy_plan *p = plan_many(ctx, HY_PLAN_AND, asked);
	for (size_t i = 0; i < asked; i++) {
		uint64_t gram = t->grams[asked == real ? i : i * (real - 1) / (asked - 1)];
		p->kids[p->n_kids++] = plan_term(p, term, put_gram(gram, term));
	}
	return p;
}

static const struct hy_plan *plan_time(const void *ctx, const struct hy_node *t, hy_time min,
				       hy_time max)
{
	if (t->until <= t->from || t->from > max || t->until <= min)
		return new_plan(ctx, HY_PLAN_NONE);
	hy_time from = t->from > min ? t->from : min;
	hy_time last = t->until <= max ? t->until - 1 : max;
	int64_t a = shift_of(from), b = shift_of(last);
	if ((from == min && last == max) || b - a >= MAX_SHIFTS_ASKED)
		return new_plan(ctx, HY_PLAN_ALL);
	struct hy_plan *p = plan_many(ctx, HY_PLAN_OR, (size_t)(b - a + 1));
	for (int64_t at = a; at <= b; at++)
		p->kids[p->n_kids++] = plan_number(p, "H", at);
	return p;
}

static const struct hy_plan *plan_near(const void *ctx, const struct hy_node *t)
{
	struct hy_plan *p = plan_many(ctx, HY_PLAN_AND, 2);
	p->kids[p->n_kids++] = plan_string(p, t->l->s, t->l->n);
	p->kids[p->n_kids++] = plan_string(p, t->r->s, t->r->n);
	return p;
}

static const struct hy_plan *plan_unit(const void *ctx, const struct hy_node *t)
{
	if (t->n_sources == 0 || t->n_sources > MAX_SOURCES_ASKED)
		return new_plan(ctx, t->n_sources == 0 ? HY_PLAN_NONE : HY_PLAN_ALL);
	struct hy_plan *p = plan_many(ctx, HY_PLAN_OR, t->n_sources);
	for (size_t i = 0; i < t->n_sources; i++)
		p->kids[p->n_kids++] = plan_number(p, "S", t->sources[i].v);
	return p;
}

static const struct hy_plan *plan_leaf(const void *ctx, const struct hy_node *t, hy_time min,
				       hy_time max)
{
	switch (t->op) {
	case HY_OP_TERM:
		return plan_string(ctx, t->s, t->n);
	case HY_OP_NEAR:
		return plan_near(ctx, t);
	case HY_OP_SOURCE:
		return plan_number(ctx, "S", t->v);
	case HY_OP_UNIT:
		return plan_unit(ctx, t);
	case HY_OP_KIND:
		return plan_number(ctx, "K", t->v);
	case HY_OP_PLACE: {
		struct hy_plan *p = plan_term(ctx, "P", 1);
		p->op = HY_PLAN_HOLDS;
		p->s2 = (struct hy_span){t->s, t->n};
		return p;
	}
	case HY_OP_FLAG:
		if (t->yes)
			return plan_term(ctx, t->v == HY_ITEM_OWN ? "FW" : "FO", 2);
		return new_plan(ctx, HY_PLAN_ALL);
	case HY_OP_TIME:
		return plan_time(ctx, t, min, max);
	default: /* NOT narrows nothing: the evaluator decides */
		return new_plan(ctx, HY_PLAN_ALL);
	}
}

static const struct hy_plan *plan_node(const void *ctx, const struct hy_node *t, hy_time min,
				       hy_time max)
{
	if (t->op != HY_OP_AND && t->op != HY_OP_OR)
		return plan_leaf(ctx, t, min, max);
	const struct hy_plan *l = plan_node(ctx, t->l, min, max);
	const struct hy_plan *r = plan_node(ctx, t->r, min, max);
	/* what ends an AND at once, ends an OR never, and the other way round */
	bool and = t->op == HY_OP_AND;
	enum hy_plan_op strong = and? HY_PLAN_NONE : HY_PLAN_ALL;
	enum hy_plan_op weak = and? HY_PLAN_ALL : HY_PLAN_NONE;
	if (l->op == strong || r->op == weak)
		return l;
	if (r->op == strong || l->op == weak)
		return r;
	struct hy_plan *p = plan_many(ctx, and? HY_PLAN_AND : HY_PLAN_OR, 2);
	p->kids[0] = l;
	p->kids[1] = r;
	p->n_kids = 2;
	return p;
}

const struct hy_plan *hy_plan_term(const void *ctx, const char *s, size_t n)
{
	return plan_string(ctx, s, n);
}

const struct hy_plan *hy_plan_of(const void *ctx, const struct hy_query *q, hy_time min,
				 hy_time max)
{
	return plan_node(ctx, q->root, min, max);
}
