/*
 * The log as the followers read it: a batch is read and folded once, whichever of them comes first,
 * and kept for the others. Private to desk/.
 */
#ifndef HY_DESK_STREAM_H
#define HY_DESK_STREAM_H

#include "index/index.h"

struct hy_desk;

/* Of one process; its followers share it, each from its own thread. talloc child. */
struct desk_stream;
struct desk_stream *desk_stream_new(const void *ctx);

/* Items with their facts, immutable, shared. facts[i] of items[i]. */
struct desk_batch {
	const struct hy_item *items;
	const struct hy_facts *facts;
	size_t n;
	bool more;    /* further items may wait behind it */
	void *handle; /* talloc object without a parent: free it when done with the batch; may be
			 handed to another thread */
};
/*
 * The next batch after place `after`, at most 1,000 items or 8 MiB of text, read with desk's record
 * unless another follower has read it already. n = 0 at the end of the log (no handle then). As
 * hy_item_log(). Waits while another follower is reading.
 */
enum hy_status desk_stream_next(struct hy_desk *desk, int64_t after, struct desk_batch *out,
				struct hy_err *err);

/* How far the followers of this process are: told by them, asked by whoever stores. */
enum desk_follower { DESK_INDEXES, DESK_DETECTS, DESK_FOLLOWERS };
void desk_stream_tell(struct hy_desk *desk, enum desk_follower who, int64_t seq);
/* -1: no such follower has spoken in this process. */
int64_t desk_stream_told(struct hy_desk *desk, enum desk_follower who);

/* Batches read and folded here, and batches taken from what another follower had read. */
struct desk_stream_counts {
	int64_t read, shared;
};
struct desk_stream_counts desk_stream_counts(struct hy_desk *desk);

#endif
