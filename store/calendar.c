/* Days the office has set over the built-in calendar. */
#include "store/db.h"

#include <stdio.h>

static enum hy_status row_day(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_day_override *d = rec;
	char *date = hy_q_text(q, ctx);

	(void)err;
	(void)snprintf(d->date, sizeof d->date, "%s", date); /* the record holds ten characters */
	talloc_free(date);
	d->work = hy_q_int(q) != 0;
	d->name = hy_q_text(q, ctx);
	d->why = hy_q_text(q, ctx);
	d->who.v = hy_q_int(q);
	return HY_OK;
}
static const struct hy_kind kind_day = {sizeof(struct hy_day_override), row_day, N_("day")};

enum hy_status hy_calendar_set_day(struct hy_store *st, const char *calendar,
				   const struct hy_day_override *d, struct hy_err *err)
{
	hy_time t;

	if (d->date[4] != '-' || d->date[7] != '-' || d->date[10] != '\0' ||
	    hy_time_parse_iso(d->date, 0, &t, NULL) != HY_OK)
		return hy_err_set(err, HY_EINPUT, _("%s is not a date: write 2026-11-21"), d->date);
	return hy_verb_run(st, NULL, err,
			   "INSERT INTO calendar_day (calendar, date, work, name, why, who)"
			   " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (calendar, date) DO UPDATE SET"
			   " work = excluded.work, name = excluded.name, why = excluded.why,"
			   " who = excluded.who",
			   A_TEXT(calendar), A_TEXT(d->date), A_INT(d->work), A_TEXT(d->name),
			   A_TEXT(d->why), A_REF(d->who.v));
}

enum hy_status hy_calendar_days(struct hy_store *st, const void *ctx, const char *calendar,
				struct hy_day_override **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_day, out, n, err,
			  "SELECT date, work, name, why, who FROM calendar_day WHERE calendar = ?"
			  " ORDER BY date",
			  A_TEXT(calendar));
}
