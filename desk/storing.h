/*
 * Group commit: what was taken from the sources goes into the record in common transactions, a few
 * items of each source in turn, and more slowly while the followers are behind. Private to desk/.
 */
#ifndef HY_DESK_STORING_H
#define HY_DESK_STORING_H

#include "collectors/collectors.h"
#include "store/store.h"

struct hy_desk;

/* What one look gave. The caller's, alive until `stored` is called. */
struct desk_take {
	struct hy_source_id source;
	struct hy_taken *items; /* in this order */
	size_t n;
	/* As the collector counted them (hy_take_out): told with the first items. */
	size_t n_received, n_refused, n_cut, n_skipped, n_known;
	bool follows; /* a look before this one was good: how late its items came says something */
	/* In the transaction of its last items; got tells what was new in all of it. */
	enum hy_status (*last)(struct desk_take *take, struct hy_err *err);
	/* All of it stands, or (not HY_OK) what was left of it does not. */
	void (*stored)(struct desk_take *take, enum hy_status status, const struct hy_err *err);
	void *user;
	/* filled in here */
	size_t at; /* items that stand */
	struct hy_received got;
	struct desk_take *next;
};

struct desk_storing;
/* lease: renewed in each transaction, so that a collector that lost it writes nothing. talloc. */
struct desk_storing *desk_storing_new(const void *ctx, struct hy_desk *desk, const char *lease);
void desk_storing_add(struct desk_storing *st, struct desk_take *take);
bool desk_storing_waits(const struct desk_storing *st);
/* ms until the next transaction should run: 0 when there is enough for one, 50 at the most after
 * the first take came, more while the followers are behind. -1: nothing waits. */
int64_t desk_storing_due(struct desk_storing *st);
/* One transaction of at most 1,000 items; calls `stored` of those that ended. Failures are told to
 * them. */
void desk_storing_run(struct desk_storing *st);

#endif
