/*
 * Making a calendar: the notices, the office's own days and hours, and the zone are worked into
 * three flat tables (days, work intervals with their running sum, closings), so that every later
 * question is a binary search.
 */
#include "calendar/internal.h"

#include "base/base.h"

#include <string.h>

#define DEFAULT_ZONE "Asia/Shanghai"
#define DEFAULT_HOURS "08:30-12:00,14:00-18:00"
#define SEASONS_MAX 12
#define OVERRIDES_MAX 4000
#define HOURS_CLOSED 0 /* the first entry of hours[] is empty */

/* What is needed only while making one. */
struct making {
	struct hy_calendar *cal;
	const struct hy_calendar_conf *conf;
	bool cn;
	uint16_t plain, weekday[7], makeup, season[SEASONS_MAX];
	bool own_weekday[7];
	struct hy_err *err;
};

static enum hy_status hours_add(struct making *mk, const char *what, const char *s, uint16_t *out)
{
	struct hy_calendar *cal = mk->cal;
	struct hy_hours h;

	if (hy_hours_parse(s, &h, mk->err))
		return hy_err_wrap(mk->err, "%s", what);
	cal->hours = hy_grow(cal, cal->hours, struct hy_hours, cal->n_hours + 1);
	cal->hours[cal->n_hours] = h;
	*out = (uint16_t)cal->n_hours++;
	return HY_OK;
}

static bool month_day_ok(int md)
{
	return md / 100 >= 1 && md / 100 <= 12 && md % 100 >= 1 &&
	       md % 100 <= hy_cal_month_days(2000, md / 100);
}

static enum hy_status hours_all(struct making *mk)
{
	static const char *const name[] = {"sunday",   "monday", "tuesday", "wednesday",
					   "thursday", "friday", "saturday"};
	const struct hy_calendar_conf *c = mk->conf;
	enum hy_status st;

	st = hours_add(mk, "closed", "", &(uint16_t){0}); /* HOURS_CLOSED */
	if (!st)
		st = hours_add(mk, "hours", c->hours ? c->hours : DEFAULT_HOURS, &mk->plain);
	for (int i = 0; !st && i < 7; i++) {
		mk->own_weekday[i] = c->weekday[i] != NULL;
		if (c->weekday[i])
			st = hours_add(mk, name[i], c->weekday[i], &mk->weekday[i]);
		else
			mk->weekday[i] = i == 0 || i == 6 ? HOURS_CLOSED : mk->plain;
	}
	mk->makeup = mk->plain;
	if (!st && c->makeup)
		st = hours_add(mk, "makeup", c->makeup, &mk->makeup);
	if (!st && c->n_seasons > SEASONS_MAX)
		st = hy_err_set(mk->err, HY_EINPUT, _("seasons: at most %d"), SEASONS_MAX);
	for (size_t i = 0; !st && i < c->n_seasons; i++) {
		if (!month_day_ok(c->seasons[i].first) || !month_day_ok(c->seasons[i].last))
			return hy_err_set(mk->err, HY_EINPUT,
					  _("season %zu: no such day of the year: %d-%d"), i + 1,
					  c->seasons[i].first, c->seasons[i].last);
		st = hours_add(mk, "season", c->seasons[i].hours, &mk->season[i]);
	}
	return st;
}

/* The office's plain hours on a day of the year. */
static uint16_t plain_hours(const struct making *mk, int date)
{
	int md = date % 10000;

	for (size_t i = 0; i < mk->conf->n_seasons; i++) {
		const struct hy_calendar_season *s = &mk->conf->seasons[i];

		if (s->first <= s->last ? md >= s->first && md <= s->last
					: md >= s->first || md <= s->last)
			return mk->season[i];
	}
	return mk->plain;
}

/* Hours of a working day. A weekend's empty hours do not hold for a day that was made to work. */
static uint16_t work_hours(const struct making *mk, int date, int weekday, bool made)
{
	const struct hy_calendar *cal = mk->cal;

	if (!made) {
		if (mk->own_weekday[weekday] || weekday == 0 || weekday == 6)
			return mk->weekday[weekday];
		return plain_hours(mk, date);
	}
	if (mk->conf->makeup)
		return mk->makeup;
	if (mk->own_weekday[weekday] && cal->hours[mk->weekday[weekday]].n)
		return mk->weekday[weekday];
	return plain_hours(mk, date);
}

/* Monday to Friday, or a weekday to which the office gave hours of its own. */
static void day_plain(const struct making *mk, struct hy_cal_day *day, int date, int weekday)
{
	bool work = weekday >= 1 && weekday <= 5;

	if (mk->own_weekday[weekday])
		work = mk->cal->hours[mk->weekday[weekday]].n > 0;
	day->kind = work ? HY_DAY_WORK : HY_DAY_WEEKEND;
	day->hours = work ? work_hours(mk, date, weekday, false) : HOURS_CLOSED;
	day->name = day->source = "";
	day->known = !mk->cn || (date / 10000 >= hy_cal_cn_first && date / 10000 <= hy_cal_cn_last);
}

static void days_notices(const struct making *mk)
{
	struct hy_calendar *cal = mk->cal;

	for (size_t i = 0; mk->cn && i < hy_cal_cn_n; i++) {
		const struct hy_cal_row *r = &hy_cal_cn[i];
		size_t k = (size_t)hy_date_diff(HY_CALENDAR_FIRST, r->date);
		struct hy_cal_day *day = &cal->day[k];
		int weekday = (int)((cal->day0 + (int64_t)k + 4) % 7);

		day->kind = r->work ? HY_DAY_MAKEUP : HY_DAY_HOLIDAY;
		day->hours = r->work ? work_hours(mk, r->date, weekday, true) : HOURS_CLOSED;
		day->name = r->name;
		day->source = r->source;
	}
}

static enum hy_status days_overrides(struct making *mk)
{
	struct hy_calendar *cal = mk->cal;
	const struct hy_calendar_conf *c = mk->conf;
	char text[11];

	if (c->n_overrides > OVERRIDES_MAX)
		return hy_err_set(mk->err, HY_EINPUT, _("calendar: at most %d own days"),
				  OVERRIDES_MAX);
	for (size_t i = 0; i < c->n_overrides; i++) {
		const struct hy_calendar_override *o = &c->overrides[i];
		struct hy_cal_day *day;
		uint16_t own = HOURS_CLOSED;
		size_t k;

		if (hy_date_parse(hy_date_text(o->date, text), &(int){0}, NULL) ||
		    o->date < HY_CALENDAR_FIRST || o->date > HY_CALENDAR_LAST)
			return hy_err_set(mk->err, HY_EINPUT,
					  _("own day %s: no such day between 2000 and 2059"), text);
		if (o->work && o->hours && hours_add(mk, text, o->hours, &own))
			return mk->err->status;
		k = (size_t)hy_date_diff(HY_CALENDAR_FIRST, o->date);
		day = &cal->day[k];
		day->kind = o->work ? HY_DAY_OFFICE_WORK : HY_DAY_OFFICE_CLOSED;
		day->known = true;
		day->name = hy_strdup(cal, o->name ? o->name : "");
		day->source = "office";
		if (o->work && !o->hours)
			own = work_hours(mk, o->date, (int)((cal->day0 + (int64_t)k + 4) % 7),
					 true);
		day->hours = own;
	}
	return HY_OK;
}

static enum hy_status days_all(struct making *mk)
{
	struct hy_calendar *cal = mk->cal;

	cal->day0 = hy_days_from_civil(HY_CALENDAR_FIRST / 10000, 1, 1);
	cal->n_days = (size_t)hy_date_diff(HY_CALENDAR_FIRST, HY_CALENDAR_LAST) + 1;
	cal->day = hy_new_array(cal, struct hy_cal_day, cal->n_days + 1);
	for (size_t k = 0; k < cal->n_days; k++) {
		int y, m, d;

		hy_civil_from_days(cal->day0 + (int64_t)k, &y, &m, &d);
		day_plain(mk, &cal->day[k], y * 10000 + m * 100 + d,
			  (int)((cal->day0 + (int64_t)k + 4) % 7));
	}
	days_notices(mk);
	return days_overrides(mk);
}

/* ---- the tables over time ---- */

static void work_add(struct hy_calendar *cal, int64_t since, int64_t until, size_t *room)
{
	int64_t before = 0;

	if (cal->n_work) {
		struct hy_cal_work *last = &cal->work[cal->n_work - 1];

		if (last->until == since) {
			last->until = until;
			return;
		}
		before = last->before + last->until - last->since;
	}
	if (cal->n_work == *room) {
		*room = *room * 2 + 1024;
		cal->work = hy_grow(cal, cal->work, struct hy_cal_work, *room);
	}
	cal->work[cal->n_work++] = (struct hy_cal_work){since, until, before};
}

/*
 * One stretch [since, until) of constant offset. A second is work when the clock on the wall then
 * shows a time within the day's hours: an hour that is shown twice is counted twice, one that is
 * skipped never. last[k] becomes the last work second's end of each day.
 */
static void table_stretch(struct hy_calendar *cal, const int64_t span[2], int32_t off,
			  int64_t *last, size_t *room)
{
	int64_t d = (span[0] + off) / 86400, d_last = (span[1] - 1 + off) / 86400;

	if (d < cal->day0)
		d = cal->day0;
	for (; d <= d_last && d < cal->day0 + (int64_t)cal->n_days; d++) {
		size_t k = (size_t)(d - cal->day0);
		const struct hy_hours *h = &cal->hours[cal->day[k].hours];

		for (size_t i = 0; i < h->n; i++) {
			int64_t a = d * 86400 + h->range[i].since - off;
			int64_t b = d * 86400 + h->range[i].until - off;

			if (a < span[0])
				a = span[0];
			if (b > span[1])
				b = span[1];
			if (a >= b)
				continue;
			work_add(cal, a, b, room);
			if (b > last[k])
				last[k] = b;
		}
	}
}

/* The first instant of each date or of a later one. */
static void table_days(struct hy_calendar *cal)
{
	size_t k = 0;

	for (size_t i = 0; i < cal->zone.n; i++) {
		int64_t begin = cal->zone.at[i];
		int64_t end = i + 1 < cal->zone.n ? cal->zone.at[i + 1] : INT64_MAX;

		for (; k <= cal->n_days; k++) {
			int64_t t = (cal->day0 + (int64_t)k) * 86400 - cal->zone.off[i];

			if (t >= end)
				break;
			cal->day[k].start = t < begin ? begin : t;
		}
	}
	cal->t0 = cal->day[0].start;
	cal->t1 = cal->day[cal->n_days].start;
}

static void table_closings(struct hy_calendar *cal, const int64_t *last)
{
	size_t n = 0;

	cal->closing = hy_new_array(cal, struct hy_cal_closing, cal->n_days);
	for (size_t k = 0; k < cal->n_days; k++) {
		if (last[k]) {
			int64_t at = last[k];

			/* Never back, even where clocks were set back over midnight. */
			if (n && cal->closing[n - 1].at > at)
				at = cal->closing[n - 1].at;
			cal->closing[n++] = (struct hy_cal_closing){at, (int32_t)k};
		}
		cal->day[k].closings = (uint32_t)n;
	}
	cal->n_closings = n;
}

static void tables(struct hy_calendar *cal)
{
	int64_t *last = hy_new_array(cal, int64_t, cal->n_days);
	size_t room = 0;

	table_days(cal);
	for (size_t i = 0; i < cal->zone.n; i++) {
		int64_t span[2] = {cal->zone.at[i],
				   i + 1 < cal->zone.n ? cal->zone.at[i + 1] : cal->t1};

		if (span[0] < cal->t0)
			span[0] = cal->t0;
		if (span[1] > cal->t1)
			span[1] = cal->t1;
		if (span[0] < span[1])
			table_stretch(cal, span, cal->zone.off[i], last, &room);
	}
	table_closings(cal, last);
	talloc_free(last);
}

/* ---- the version ---- */

static void version_conf(struct hy_buf *b, const struct hy_calendar_conf *c)
{
	hy_buf_fmt(b, "zone %s\nhours %s\nmakeup %s\n", c->zone ? c->zone : DEFAULT_ZONE,
		   c->hours ? c->hours : DEFAULT_HOURS, c->makeup ? c->makeup : "=");
	for (int i = 0; i < 7; i++)
		hy_buf_fmt(b, "day %d %s\n", i, c->weekday[i] ? c->weekday[i] : "=");
	for (size_t i = 0; i < c->n_seasons; i++)
		hy_buf_fmt(b, "season %d %d %s\n", c->seasons[i].first, c->seasons[i].last,
			   c->seasons[i].hours);
	for (size_t i = 0; i < c->n_overrides; i++)
		hy_buf_fmt(b, "own %d %d %s\n", c->overrides[i].date, c->overrides[i].work,
			   c->overrides[i].hours ? c->overrides[i].hours : "=");
}

/* What can move a due time is in the hash; names of days are not. */
static char *version_make(const struct making *mk)
{
	struct hy_calendar *cal = mk->cal;
	struct hy_calendar_conf plain = {0};
	struct hy_buf mine, def;
	uint8_t hash[HY_SHA256_LEN];
	char *base = mk->cn ? hy_strf(cal, "cn@%s", hy_cal_cn_version) : hy_strdup(cal, "none");
	char *hex, *out = base;

	hy_buf_init(&mine, cal, 1u << 20);
	hy_buf_init(&def, cal, 1u << 16);
	version_conf(&mine, mk->conf);
	for (size_t i = 0; i < cal->zone.n; i++) /* new zone rules are a new calendar */
		if (cal->zone.at[i] > cal->t0)
			hy_buf_fmt(&mine, "zone %" PRId64 " %d\n", cal->zone.at[i],
				   (int)cal->zone.off[i]);
	version_conf(&def, &plain);
	if (mine.len != def.len || memcmp(mine.data, def.data, mine.len) != 0) {
		hy_sha256(mine.data, mine.len, hash);
		hex = hy_hex(cal, hash, 4);
		out = hy_strf(cal, "%s+%s", base, hex);
		talloc_free(hex);
		talloc_free(base);
	}
	talloc_free(mine.data);
	talloc_free(def.data);
	return out;
}

enum hy_status hy_calendar_new(struct hy_calendar **out, const void *ctx,
			       const struct hy_calendar_conf *conf, struct hy_err *err)
{
	static const struct hy_calendar_conf none;
	struct hy_err mine = {0};
	struct making mk = {.conf = conf ? conf : &none, .err = err ? err : &mine};
	const char *days = mk.conf->days ? mk.conf->days : "cn";
	enum hy_status st;

	mk.cn = !strcmp(days, "cn");
	if (!mk.cn && strcmp(days, "none") != 0)
		return hy_err_set(err, HY_EINPUT, _("calendar \"%.40s\": want cn or none"), days);
	mk.cal = hy_new(ctx, struct hy_calendar);
	mk.cal->zone_name = hy_strdup(mk.cal, mk.conf->zone ? mk.conf->zone : DEFAULT_ZONE);
	st = hy_cal_zone_read(&mk.cal->zone, mk.cal, mk.cal->zone_name, mk.err);
	if (!st)
		st = hours_all(&mk);
	if (!st)
		st = days_all(&mk);
	if (st) {
		talloc_free(mk.cal);
		return st;
	}
	if (mk.cn) {
		mk.cal->first_year = hy_cal_cn_first;
		mk.cal->last_year = hy_cal_cn_last;
	}
	tables(mk.cal);
	mk.cal->version = version_make(&mk);
	*out = mk.cal;
	return HY_OK;
}

const char *hy_calendar_version(const struct hy_calendar *cal)
{
	return cal->version;
}

const char *hy_calendar_zone(const struct hy_calendar *cal)
{
	return cal->zone_name;
}

void hy_calendar_years(const struct hy_calendar *cal, int *first, int *last)
{
	*first = cal->first_year;
	*last = cal->last_year;
}

static bool year_known(const struct hy_calendar *cal, int year)
{
	return !cal->last_year || (year >= cal->first_year && year <= cal->last_year);
}

size_t hy_calendar_check(const struct hy_calendar *cal, const void *ctx, hy_time now,
			 enum hy_lang lang, char ***out)
{
	int date = hy_calendar_date(cal, now), year = date / 10000;
	char **line = hy_new_array(ctx, char *, 3);
	size_t n = 0;

	if (!cal->n_closings)
		line[n++] = hy_strdup(line, hy_tr(lang, "the office has no working hours at all: "
							"no promise in work time can be kept"));
	if (!year_known(cal, year))
		line[n++] =
			hy_strf(line,
				hy_tr(lang, "no notice for %d is built in: Monday to Friday "
					    "are counted as working days; add the days with "
					    "'huying calendar set', or install a newer version"),
				year);
	else if (date % 10000 >= 1101 && !year_known(cal, year + 1))
		line[n++] = hy_strf(line,
				    hy_tr(lang, "the notice for %d is not built in yet: due times "
						"in that year count Monday to Friday as working "
						"days until it is"),
				    year + 1);
	*out = line;
	return n;
}
