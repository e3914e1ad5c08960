/* Days, civil time and regimes: questions to the tables. */
#include "calendar/internal.h"

#include "base/base.h"

#include <stdio.h>
#include <string.h>

int64_t hy_cal_secs(hy_time t)
{
	return t >= 0 ? t / 1000 : -((-t + 999) / 1000);
}

static hy_time ms(int64_t secs)
{
	return secs * 1000;
}

size_t hy_cal_day_at(const struct hy_calendar *cal, int64_t t)
{
	int64_t k = (t - cal->t0) / 86400;

	/* The guess is off by a day at most, but where a zone moved over the date line. */
	if (k < 0)
		k = 0;
	if (k >= (int64_t)cal->n_days)
		k = (int64_t)cal->n_days - 1;
	while (k > 0 && cal->day[k].start > t)
		k--;
	while (k + 1 < (int64_t)cal->n_days && cal->day[k + 1].start <= t)
		k++;
	return (size_t)k;
}

int hy_cal_date_of(const struct hy_calendar *cal, size_t day)
{
	int y, m, d;

	hy_civil_from_days(cal->day0 + (int64_t)day, &y, &m, &d);
	return y * 10000 + m * 100 + d;
}

ptrdiff_t hy_cal_work_at(const struct hy_calendar *cal, int64_t t)
{
	ptrdiff_t lo = -1, hi = (ptrdiff_t)cal->n_work;

	while (hi - lo > 1) {
		ptrdiff_t mid = lo + (hi - lo) / 2;

		if (cal->work[mid].since <= t)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

int64_t hy_cal_worked(const struct hy_calendar *cal, int64_t t)
{
	ptrdiff_t i = hy_cal_work_at(cal, t);
	const struct hy_cal_work *w;

	if (i < 0)
		return 0;
	w = &cal->work[i];
	return w->before + (t < w->until ? t : w->until) - w->since;
}

static bool within(const struct hy_calendar *cal, int64_t t)
{
	return t >= cal->t0 && t < cal->t1;
}

/* ---- days ---- */

static const char *const kind_name[] = {"work",	  "weekend",	 "holiday",
					"makeup", "office-work", "office-closed"};

const char *hy_day_kind_name(enum hy_day_kind kind)
{
	return kind_name[kind];
}

static bool kind_works(enum hy_day_kind kind)
{
	return kind == HY_DAY_WORK || kind == HY_DAY_MAKEUP || kind == HY_DAY_OFFICE_WORK;
}

/* Index of a date in the table, or -1. */
static ptrdiff_t day_index(const struct hy_calendar *cal, int date)
{
	char text[11];
	int same;

	if (date < HY_CALENDAR_FIRST || date > HY_CALENDAR_LAST ||
	    hy_date_parse(hy_date_text(date, text), &same, NULL))
		return -1;
	(void)cal; /* every calendar covers the same dates */
	return hy_date_diff(HY_CALENDAR_FIRST, date);
}

enum hy_status hy_calendar_day(const struct hy_calendar *cal, int date, struct hy_calendar_day *out,
			       struct hy_err *err)
{
	ptrdiff_t k = day_index(cal, date);
	const struct hy_cal_day *d;

	if (k < 0)
		return hy_err_set(err, HY_EINPUT, _("date %d: no such day between 2000 and 2059"),
				  date);
	d = &cal->day[k];
	*out = (struct hy_calendar_day){
		.date = date,
		.weekday = (int)((cal->day0 + k + 4) % 7),
		.kind = (enum hy_day_kind)d->kind,
		.work = kind_works((enum hy_day_kind)d->kind),
		.known = d->known,
		.name = d->name,
		.source = d->source,
		.hours = cal->hours[d->hours],
		.start = ms(d->start),
		.end = ms(d[1].start),
	};
	return HY_OK;
}

int hy_calendar_date(const struct hy_calendar *cal, hy_time t)
{
	int64_t s = hy_cal_secs(t);

	return within(cal, s) ? hy_cal_date_of(cal, hy_cal_day_at(cal, s)) : 0;
}

hy_time hy_calendar_day_start(const struct hy_calendar *cal, int date)
{
	ptrdiff_t k = day_index(cal, date);

	return k < 0 ? 0 : ms(cal->day[k].start);
}

int hy_calendar_offset(const struct hy_calendar *cal, hy_time t)
{
	return hy_cal_zone_offset(&cal->zone, hy_cal_secs(t));
}

static void wall(const struct hy_calendar *cal, hy_time t, int part[6])
{
	int64_t s = hy_cal_secs(t), days, rest;

	s += hy_cal_zone_offset(&cal->zone, s);
	days = (s >= 0 ? s : s - 86399) / 86400;
	rest = s - days * 86400;
	hy_civil_from_days(days, &part[0], &part[1], &part[2]);
	part[3] = (int)(rest / 3600);
	part[4] = (int)(rest / 60 % 60);
	part[5] = (int)(rest % 60);
}

/* Every part is cut to its width, so that any hy_time fits. */
char *hy_calendar_iso(const struct hy_calendar *cal, hy_time t, char out[HY_TIME_ISO_OFFSET_MAX])
{
	int p[6], off = hy_calendar_offset(cal, t), a = off < 0 ? -off : off;

	wall(cal, t, p);
	snprintf(out, HY_TIME_ISO_OFFSET_MAX, "%04u-%02u-%02uT%02u:%02u:%02u%c%02u:%02u",
		 (unsigned)p[0] % 10000, (unsigned)p[1] % 100, (unsigned)p[2] % 100,
		 (unsigned)p[3] % 100, (unsigned)p[4] % 100, (unsigned)p[5] % 100,
		 off < 0 ? '-' : '+', (unsigned)a / 3600 % 100, (unsigned)a / 60 % 60);
	return out;
}

char *hy_calendar_short(const struct hy_calendar *cal, hy_time t, char out[17])
{
	int p[6];

	wall(cal, t, p);
	snprintf(out, 17, "%04u-%02u-%02u %02u:%02u", (unsigned)p[0] % 10000, (unsigned)p[1] % 100,
		 (unsigned)p[2] % 100, (unsigned)p[3] % 100, (unsigned)p[4] % 100);
	return out;
}

char *hy_calendar_week(const struct hy_calendar *cal, hy_time t, char out[9], hy_time *end)
{
	int date = hy_calendar_date(cal, t), thursday, year, week, weekday;

	if (!date) {
		memcpy(out, "0000-W00", 9);
		if (end)
			*end = HY_TIME_NEVER;
		return out;
	}
	weekday = (hy_date_diff(19700105, date) % 7 + 7) % 7; /* 0 = Monday */
	thursday = hy_date_add(date, 3 - weekday);
	year = thursday / 10000;
	week = hy_date_diff(year * 10000 + 101, thursday) / 7 + 1;
	snprintf(out, 9, "%04u-W%02u", (unsigned)year % 10000, (unsigned)week % 100);
	if (end) {
		hy_time next = hy_calendar_day_start(cal, hy_date_add(date, 7 - weekday));

		*end = next ? next : HY_TIME_NEVER;
	}
	return out;
}

/* ---- regimes ---- */

bool hy_calendar_is_work(const struct hy_calendar *cal, hy_time t)
{
	int64_t s = hy_cal_secs(t);
	ptrdiff_t i = hy_cal_work_at(cal, s);

	return i >= 0 && s < cal->work[i].until;
}

hy_time hy_calendar_next(const struct hy_calendar *cal, hy_time t)
{
	int64_t s = hy_cal_secs(t);
	ptrdiff_t i = hy_cal_work_at(cal, s);

	if (i >= 0 && s < cal->work[i].until)
		return ms(cal->work[i].until);
	if (i + 1 < (ptrdiff_t)cal->n_work)
		return ms(cal->work[i + 1].since);
	return HY_TIME_NEVER;
}

hy_time hy_calendar_prev(const struct hy_calendar *cal, hy_time t)
{
	int64_t s = hy_cal_secs(t);
	ptrdiff_t i = hy_cal_work_at(cal, s);

	if (i < 0)
		return 0;
	return ms(s < cal->work[i].until ? cal->work[i].since : cal->work[i].until);
}

/* Closings at or before t. */
static int64_t closings_until(const struct hy_calendar *cal, int64_t t)
{
	size_t lo = 0, hi = cal->n_closings;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (cal->closing[mid].at <= t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (int64_t)lo;
}

int64_t hy_calendar_between(const struct hy_calendar *cal, enum hy_regime r, hy_time since,
			    hy_time until)
{
	int64_t a = hy_cal_secs(since), b = hy_cal_secs(until), work;

	if (b <= a)
		return 0;
	if (r == HY_REGIME_ANY)
		return b - a;
	if (r == HY_REGIME_WORKDAYS)
		return closings_until(cal, b) - closings_until(cal, a);
	work = hy_cal_worked(cal, b) - hy_cal_worked(cal, a);
	return r == HY_REGIME_WORK ? work : b - a - work;
}
