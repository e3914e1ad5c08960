/*
 * The two who write: a thread for each half of the day, and the queue before it. Seen only inside
 * index/.
 */
#ifndef HY_INDEX_CREW_H
#define HY_INDEX_CREW_H

#include "index/half.h"

#define HY_CREW_MAX 2

struct hy_crew; /* one thread gives the orders; talloc child, freeing ends the threads */

/* n: 1 works in the caller's thread, HY_CREW_MAX in threads of their own. HY_ESYSTEM. */
enum hy_status hy_crew_new(struct hy_crew **out, const void *ctx, int n, struct hy_err *err);
int hy_crew_size(const struct hy_crew *c);
/* Of one of the crew; touch it only after hy_crew_wait(). */
struct hy_half *hy_crew_half(struct hy_crew *c, int i);
/*
 * Each member takes the items whose seq is its own (seq modulo `parts`). Items and facts (NULL:
 * made by the member) must stand until hy_crew_wait(), or until the batch is done: `batch`, a
 * talloc object or NULL, is freed by the ordering thread then. Blocks while too much waits.
 */
void hy_crew_add(struct hy_crew *c, int parts, void *batch, const struct hy_item *items,
		 const struct hy_facts *facts, size_t n);
/* Each of the first `parts` commits at cursor. Does not wait. */
void hy_crew_commit(struct hy_crew *c, int parts, int64_t cursor);
/* Until nothing is left to do. The first failure; after one a member does no more. */
enum hy_status hy_crew_wait(struct hy_crew *c, struct hy_err *err);

#endif
