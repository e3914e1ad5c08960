/*
 * A budget of calls shared by the sources of one account: who moves gets more of it. What was spent
 * today stands in each source's own cursor, so that a restart spends nothing twice.
 */
#include "collectors/collect.h"

#include <string.h>

#define KEPT_TENTHS 1 /* of the day's calls: for publishing, look-ups, tries again */

int hy_share_weight(hy_time last_new, hy_time now)
{
	if (last_new == 0)
		return 1;
	return now - last_new <= HY_HOUR ? 4 : now - last_new <= HY_DAY ? 2 : 1;
}

int hy_share_used(const char *cursor, int64_t day)
{
	void *ctx = talloc_new(NULL);
	struct hy_json *node = NULL;
	const struct hy_json *calls;
	int64_t n = 0;

	if (cursor != NULL && hy_json_parse(ctx, cursor, strlen(cursor), 0, &node, NULL) == HY_OK) {
		calls = hy_json_get(node, "calls");
		if (hy_json_int(calls, "day", -1) == day)
			n = hy_json_int(calls, "n", 0);
	}
	talloc_free(ctx);
	return n > 0 && n < 1000000 ? (int)n : 0;
}

int hy_share_left(const struct hy_share *s)
{
	return s->per_day - s->per_day * KEPT_TENTHS / 10 - s->used;
}

int hy_share_part(const struct hy_share *s)
{
	int n = (s->per_day - s->per_day * KEPT_TENTHS / 10) * s->weight / (s->all > 0 ? s->all : 1);

	return n > 1 ? n : 1;
}

hy_dur hy_share_interval(const struct hy_share *s, hy_time now)
{
	int left = hy_share_left(s);
	hy_dur until = s->day_ends > now ? s->day_ends - now : HY_MINUTE, d;

	if (left <= 0 || s->weight <= 0)
		return until;
	/* of `left` calls this source may make left * weight / all before the day ends */
	d = until * s->all / ((hy_dur)left * s->weight);
	return d < HY_MINUTE ? HY_MINUTE : d > until ? until : d;
}
