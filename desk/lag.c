/* How late the followers of the log are. */
#include "desk/internal.h"

static enum hy_status waited(struct hy_desk *desk, int64_t after, hy_dur *out, struct hy_err *err)
{
	hy_time taken = 0, now = hy_desk_now(desk);
	enum hy_status status = hy_item_waiting(desk->st, after, &taken, err);

	if (!status)
		*out = taken && taken < now ? now - taken : 0;
	return status;
}

enum hy_status desk_lag(struct hy_desk *desk, struct desk_lag *out, struct hy_err *err)
{
	struct hy_index *ix = NULL;
	struct hy_index_stats stats = {0};
	struct desk_lag lag = {0};
	enum hy_status status = hy_item_last_seq(desk->st, &lag.last, NULL, err);

	if (!status)
		status = hy_cursor_get(desk->st, "detect", &lag.detected, err);
	if (!status)
		status = waited(desk, lag.detected, &lag.detect, err);
	if (status)
		return status;
	if (!desk_index(desk, &ix, NULL))
		(void)hy_index_stats(ix, &stats, NULL); /* no index yet: nothing is indexed */
	lag.indexed = stats.cursor;
	status = waited(desk, lag.indexed, &lag.index, err);
	if (!status)
		*out = lag;
	return status;
}
