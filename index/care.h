/*
 * Upkeep in the background: what to do next, done aside by a thread of its own in folders that
 * nothing names yet, put in place by the writer. Seen only inside index/.
 */
#ifndef HY_INDEX_CARE_H
#define HY_INDEX_CARE_H

#include "index/layout.h"

#include <stdatomic.h>

/* One piece of work: the databases [a, b) of a set become one, or none. */
struct hy_task {
	size_t a, b;
	bool drop;     /* nothing of them is left */
	bool rewrite;  /* document by document; else table by table */
	int64_t *left; /* seqs that stay, rising; NULL: all */
	size_t n_left;
};

/* The next task over the first n (closed) databases of set; false when there is none. Children of
 * ctx. */
bool hy_task_next(struct hy_task *t, const void *ctx, struct hy_dbset *set, size_t n,
		  const struct hy_index_upkeep *u, enum hy_status *st, struct hy_err *err);
/* Makes the databases [a, b) into `to` (named, its folder not there yet), and seals it. Stops with
 * HY_EBUSY soon after *stop is set. done counts documents. */
enum hy_status hy_task_do(const struct hy_task *t, struct hy_dbset *set, struct hy_mdb *to,
			  struct hy_manifest *owner, atomic_bool *stop, atomic_llong *done,
			  struct hy_err *err);
/* True when documents of this database are hidden from every search. */
bool hy_task_hidden(const struct hy_dbset *set, const struct hy_db *db);

#endif
