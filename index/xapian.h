/*
 * The shim over Xapian: C types only, every exception mapped to a status. Nothing above knows that
 * Xapian is C++; nothing here knows what a document means.
 */
#ifndef HY_INDEX_XAPIAN_H
#define HY_INDEX_XAPIAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

struct hy_xdb;	 /* one database, for reading or writing; talloc, freeing closes */
struct hy_xcand; /* a walk over candidates; talloc, child of its database */

struct hy_span {
	const char *s;
	size_t n;
};

/* Longest term that we make; Xapian's own limit is 245 bytes, less one for each NUL. */
#define HY_XTERM_MAX 240

/* Opens for reading. HY_ECORRUPT when it is not there or not sound. */
enum hy_status hy_xdb_open(struct hy_xdb **out, const void *ctx, const char *path,
			   struct hy_err *err);
/* Opens for writing, without term lists (documents are never deleted one by one); makes it where
 * create. HY_EBUSY when another process writes it. */
enum hy_status hy_xdb_open_write(struct hy_xdb **out, const void *ctx, const char *path,
				 bool create, struct hy_err *err);
/* Moves a reader to the newest commit. */
enum hy_status hy_xdb_reopen(struct hy_xdb *db, bool *changed, struct hy_err *err);
/* A value stored under a key; "" when absent. Child of ctx. */
enum hy_status hy_xdb_get(struct hy_xdb *db, const void *ctx, const char *key, char **out,
			  struct hy_err *err);
enum hy_status hy_xdb_set(struct hy_xdb *db, const char *key, const char *value,
			  struct hy_err *err);
/* The keys beginning with prefix: talloc array, child of ctx. */
enum hy_status hy_xdb_keys(struct hy_xdb *db, const void *ctx, const char *prefix, char ***out,
			   size_t *n, struct hy_err *err);
/* Adds a document under an unused docid, its record (data) among the values. Terms need not be
 * sorted. Seen after the commit; documents whose terms take much memory go to disk before it. */
enum hy_status hy_xdb_add(struct hy_xdb *db, uint32_t docid, const struct hy_span *terms, size_t n,
			  const void *data, size_t data_n, struct hy_err *err);
/* Everything since the last one, at one instant. Freeing instead drops it. */
enum hy_status hy_xdb_commit(struct hy_xdb *db, struct hy_err *err);
enum hy_status hy_xdb_count(struct hy_xdb *db, int64_t *out, struct hy_err *err);
/* The record of a document; valid until the next call on db. An absent one is 0 bytes. */
enum hy_status hy_xdb_data(struct hy_xdb *db, uint32_t docid, const void **out, size_t *n,
			   struct hy_err *err);

/* What to walk: a set of documents that holds all matches of a query. */
enum hy_plan_op {
	HY_PLAN_NONE,
	HY_PLAN_ALL,
	HY_PLAN_TERM,
	HY_PLAN_AND,
	HY_PLAN_OR,
	HY_PLAN_BEGINS, /* any term beginning with s, where they are few; else everything */
	HY_PLAN_HOLDS,	/* any term beginning with s, with s2 in the rest */
};
struct hy_plan {
	enum hy_plan_op op;
	struct hy_span s, s2;
	const struct hy_plan **kids;
	size_t n_kids;
};
/* Walks documents in rising docid. whole: all of it will be walked, not just the first page. */
enum hy_status hy_xcand_new(struct hy_xcand **out, struct hy_xdb *db, const struct hy_plan *plan,
			    bool whole, struct hy_err *err);
/* The first candidate with docid >= least; 0 at the end. least never falls. */
enum hy_status hy_xcand_next(struct hy_xcand *c, uint32_t least, uint32_t *out, struct hy_err *err);

/* About how many documents it will give: at most twice as many as there are, never too few. */
double hy_xcand_cost(const struct hy_xcand *c);

/* The sum over all postings of hy_posting_sum(): what the writer stamped, if nothing is damaged. */
enum hy_status hy_xdb_sum_postings(struct hy_xdb *db, uint64_t *out, struct hy_err *err);
/* Several databases with disjoint docids into one new one; stored values are those of the first. */
enum hy_status hy_xdb_compact(const char *const *paths, size_t n, const char *to,
			      struct hy_err *err);

/* Of one posting, from the hash of its term (hy_xxh64). */
uint64_t hy_posting_sum(uint64_t term_hash, uint32_t docid);

#endif
