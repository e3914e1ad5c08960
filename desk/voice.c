/* The voice key of the week, as those who take items need it. */
#include "desk/internal.h"

#include "collectors/collectors.h"

#include <string.h>

enum hy_status desk_voice_key(struct hy_desk *desk, struct desk_voice *v, hy_time now,
			      struct hy_err *err)
{
	struct hy_calendar *cal = NULL;
	enum hy_voice_key_state state = HY_VOICE_KEY_FOUND;
	char week[9], name[9];
	hy_time ends = 0;
	char *dir = NULL;
	enum hy_status status = desk_calendar(desk, &cal, err);

	if (status)
		return status;
	hy_calendar_week(cal, now, week, &ends);
	snprintf(name, sizeof(name), "%.4s%.3s", week, week + 5);
	if (!strcmp(name, v->week))
		return HY_OK;
	dir = desk_file(desk, NULL, "keys");
	status = hy_voice_key(dir, name, ends, now, v->key, &state, err);
	if (!status && state == HY_VOICE_KEY_LOST)
		hy_log(HY_LOG_WARNING, "collect",
		       "the voice key of this week was lost: a new counting period begins", "WEEK",
		       name, NULL);
	if (!status)
		memcpy(v->week, name, sizeof(v->week));
	talloc_free(dir);
	return status;
}
