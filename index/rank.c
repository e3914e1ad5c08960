/*
 * Relevance: BM25 over strings rather than words. The index keeps neither positions nor lengths nor
 * frequencies; they are counted in the folded texts that matched, which a search reads anyway. All
 * in whole numbers, so that a cursor's score compares exactly.
 */
#include "config.h"

#include "index/walk.h"

#include "base/base.h"

#include <math.h>
#include <string.h>

#define TITLE_TIMES 2

static void collect(struct hy_rank *rank, const struct hy_node *t, bool negated)
{
	switch (t->op) {
	case HY_OP_AND:
	case HY_OP_OR:
	case HY_OP_NEAR:
		collect(rank, t->l, negated);
		collect(rank, t->r, negated);
		break;
	case HY_OP_NOT:
		collect(rank, t->l, !negated);
		break;
	case HY_OP_TERM:
		for (size_t i = 0; i < rank->n && !negated; i++)
			if (rank->terms[i]->field == t->field && rank->terms[i]->n == t->n &&
			    !memcmp(rank->terms[i]->s, t->s, t->n))
				negated = true; /* is there */
		if (!negated && rank->n < HY_QUERY_MAX_TERMS)
			rank->terms[rank->n++] = t;
		break;
	default:
		break;
	}
}

void hy_rank_terms(struct hy_rank *rank, const struct hy_query *q)
{
	*rank = (struct hy_rank){0};
	collect(rank, q->root, false);
}

enum hy_status hy_rank_documents(struct hy_dbset *set, const struct hy_node *t, double *out,
				 struct hy_err *err)
{
	void *work = talloc_new(NULL);
	const struct hy_plan *plan = hy_plan_term(work, t->s, t->n);
	enum hy_status st = HY_OK;

	*out = 0;
	for (size_t i = 0; i < set->n && st == HY_OK; i++) {
		struct hy_xcand *c = NULL;

		if (set->dbs[i]->stamp.docs == 0)
			continue;
		st = hy_xcand_new(&c, set->dbs[i]->x, plan, true, err);
		if (st == HY_OK)
			*out += hy_xcand_cost(c);
		talloc_free(c);
	}
	talloc_free(work);
	return st;
}

enum hy_status hy_rank_init(struct hy_rank *rank, struct hy_dbset *set, const struct hy_query *q,
			    struct hy_err *err)
{
	double all = 0, with = 0;
	enum hy_status st = HY_OK;

	hy_rank_terms(rank, q);
	for (size_t i = 0; i < set->n; i++)
		all += (double)set->dbs[i]->stamp.docs;
	for (size_t i = 0; i < rank->n && st == HY_OK; i++) {
		st = hy_rank_documents(set, rank->terms[i], &with, err);
		if (with > all)
			with = all;
		rank->weight[i] = (int32_t)lround(1000 * log1p((all - with + 0.5) / (with + 0.5)));
	}
	return st;
}

static unsigned times(const char *hay, size_t n, const struct hy_node *t, unsigned most)
{
	const char *end = hay + n, *at;
	unsigned k = 0;

	while (k < most && (size_t)(end - hay) >= t->n &&
	       (at = memmem(hay, (size_t)(end - hay), t->s, t->n)) != NULL) {
		k++;
		hay = at + t->n;
	}
	return k;
}

void hy_rank_count(const struct hy_rank *rank, const struct hy_rec *r,
		   uint8_t counts[HY_QUERY_MAX_TERMS])
{
	const struct hy_facts *f = &r->facts;

	for (size_t i = 0; i < rank->n; i++) {
		const struct hy_node *t = rank->terms[i];
		unsigned k = 0;

		if (t->field != HY_FIELD_TEXT)
			k += TITLE_TIMES * times(f->title, f->title_n, t, UINT8_MAX);
		if (t->field != HY_FIELD_TITLE && k < UINT8_MAX)
			k += times(f->text, f->text_n, t, UINT8_MAX - k);
		counts[i] = (uint8_t)(k < UINT8_MAX ? k : UINT8_MAX);
	}
}

int64_t hy_rank_score(const struct hy_rank *rank, const uint8_t *counts, int64_t bytes)
{
	int64_t mean = rank->mean > 0 ? rank->mean : 1, score = 0;

	/* k1 (1 - b) + k1 b length / mean, in thousandths; a text of 2^20 bytes is no overflow */
	int64_t length = 300 + 900 * bytes / mean;
	for (size_t i = 0; i < rank->n; i++)
		score += (int64_t)rank->weight[i] * 2200 * 1000 * counts[i] /
			 (1000 * (int64_t)counts[i] + length);
	return score;
}
