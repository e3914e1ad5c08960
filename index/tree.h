/*
 * The tree of a parsed query, seen only inside index/: the parser makes it, eval, plan, highlight
 * and the watch set read it.
 */
#ifndef HY_INDEX_TREE_H
#define HY_INDEX_TREE_H

#include "index/index.h"

enum hy_op {
	HY_OP_ALL, /* matches everything: the empty query */
	HY_OP_AND,
	HY_OP_OR,
	HY_OP_NOT,
	HY_OP_TERM,
	HY_OP_SOURCE,
	HY_OP_PLACE,
	HY_OP_KIND,
	HY_OP_FLAG,
	HY_OP_TIME,
};

struct hy_node {
	enum hy_op op;
	const struct hy_node *l, *r; /* AND, OR: both; NOT: l */
	enum hy_field field;	     /* TERM */
	const char *s;		     /* TERM, PLACE: folded; SOURCE: as written */
	size_t n;
	int term;	     /* TERM: its place in hy_query.terms */
	int64_t v;	     /* SOURCE: id; KIND: enum; FLAG: bit */
	bool yes;	     /* FLAG: wanted value */
	hy_time from, until; /* TIME: posted in [from, until) */
};

struct hy_query {
	const struct hy_node *root;
	const struct hy_node *terms[HY_QUERY_MAX_TERMS];
	int n_terms;  /* entries of terms */
	int n_leaves; /* terms and conditions */
};

/* Which literals were hit in an item: one entry a literal, equal to `epoch` when hit. */
struct hy_hits {
	const uint32_t *title, *text;
	uint32_t epoch;
	const uint32_t *lit; /* literal of each term of the query under evaluation */
};
/* The one evaluator. hits NULL: each term is looked for by memmem. */
bool hy_tree_eval(const struct hy_node *t, const struct hy_facts *f, const struct hy_hits *hits);

/* A value of time:, since: or until: as [from, until); false when it is none. why (a msgid) may be
 * set. */
bool hy_query_time(const char *s, const struct hy_query_env *env, hy_time *from, hy_time *until,
		   const char **why);

#endif
