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
	HY_OP_NEAR, /* two terms beside each other: see hy_node.v */
	HY_OP_SOURCE,
	HY_OP_UNIT,
	HY_OP_PLACE,
	HY_OP_KIND,
	HY_OP_FLAG,
	HY_OP_TIME,
	HY_OP_REGEX, /* alone, the root: see index/expression.c */
};

struct hy_node {
	enum hy_op op;
	const struct hy_node *l, *r; /* AND, OR, NEAR (two TERMs): both; NOT: l */
	enum hy_field field;	     /* TERM, NEAR */
	const char *s;		     /* TERM, PLACE: folded; SOURCE: as written */
	size_t n;
	int term;  /* TERM: its place in hy_query.terms */
	int64_t v; /* SOURCE, UNIT: id; KIND: enum; FLAG: bit; NEAR: characters between */
	const struct hy_source_id *sources; /* UNIT: its sources and those below it, rising */
	size_t n_sources;
	bool yes;	     /* FLAG: wanted value */
	hy_time from, until; /* TIME: posted in [from, until) */
	const struct hy_regex *re; /* REGEX; s as written */
	int n_atoms;		   /* REGEX: terms [0, n_atoms) of the query, 0 = no filter */
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

/* ---- the words of the language: index/fields.c ---- */
enum hy_fname {
	HY_F_TITLE,
	HY_F_TEXT,
	HY_F_SOURCE,
	HY_F_UNIT,
	HY_F_PLACE,
	HY_F_KIND,
	HY_F_OFFICIAL,
	HY_F_OWN,
	HY_F_TIME,
	HY_F_SINCE,
	HY_F_UNTIL,
};
enum hy_keyword { HY_KW_NONE, HY_KW_AND, HY_KW_OR, HY_KW_NOT, HY_KW_NEAR, HY_KW_BAD_NEAR };
/* The ASCII character that a full-width one stands for; others as they are. */
uint32_t hy_narrow(uint32_t cp);
/* The field called [s, s + n) in any width, case and script; false when there is none, *like is
 * then a name one slip away, or NULL. */
bool hy_fname_find(const char *s, size_t n, enum hy_fname *out, const char **like);
/* The operator written as [s, s + n). *near: of NEAR, the characters between. BAD_NEAR: NEAR with
 * something else than 0 to HY_QUERY_MAX_NEAR. */
enum hy_keyword hy_keyword_of(const char *s, size_t n, int *near);
/* Fills a condition from the field and its value. False: *why is a line (child of ctx). */
bool hy_condition_set(struct hy_node *t, const void *ctx, enum hy_fname field, const char *value,
		      const struct hy_query_env *env, const char **why);
/* The names of kinds, by enum hy_item_kind. */
extern const char *const hy_kind_words[4];

/* A value of time:, since: or until: (narrow letters) as [from, until); false when it is none. why
 * (a msgid) may be set. */
bool hy_query_time(const char *s, const struct hy_query_env *env, hy_time *from, hy_time *until,
		   const char **why);

#endif
