/* When something is tried or looked for again: the same for statements and for answers to citizens.
 */
#include "publisher/internal.h"

#include <string.h>

#define RETRY_MIN (10 * HY_SECOND)
#define WAIT_MAX HY_DAY /* a platform's own limits run by the day */

bool hy_send_enough(int attempt, const char *error)
{
	const struct hy_platform_error *row = hy_platform_error_said(error);

	return row != NULL && row->next == HY_NEXT_AGAIN && attempt >= AGAIN_MAX;
}

hy_time hy_send_retry_at(struct hy_outbox *ob, int attempt, const struct hy_err *err)
{
	hy_time now = hy_now(hy_outbox_clock(ob));

	if (err == NULL || err->status != HY_EWAIT || err->until == 0)
		return now + hy_net_backoff(hy_outbox_rand(ob), attempt, RETRY_MIN,
					    HY_NET_RETRY_CAP_WRITE);
	if (err->until < now + HY_SECOND)
		return now + HY_SECOND;
	return err->until > now + WAIT_MAX ? now + WAIT_MAX : err->until;
}

hy_dur hy_send_lookup_delay(const struct hy_outbox *ob, int lookups)
{
	hy_dur d = hy_outbox_options_of(ob)->lookup_first;

	for (int i = 0; i < lookups && d < LOOKUP_LONGEST; i++)
		d *= 3;
	return d > LOOKUP_LONGEST ? LOOKUP_LONGEST : d;
}

enum hy_status hy_publish_frozen(struct hy_store *st, bool *out, struct hy_err *err)
{
	void *tmp = talloc_new(NULL);
	char *value = NULL;
	enum hy_status status = hy_meta_get(st, tmp, "publish.frozen", &value, err);

	if (status == HY_ENOTFOUND)
		status = HY_OK;
	*out = value != NULL && value[0] != '\0' && strcmp(value, "0") != 0;
	talloc_free(tmp);
	return status;
}
