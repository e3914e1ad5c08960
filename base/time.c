/* Time as text: proleptic Gregorian dates and RFC 3339, RFC 9110 and duration spellings, all UTC.
 */
#include "base/time.h"
#include "base/base.h"

#include <stdio.h>
#include <string.h>

#define DUR_MAX (36525 * HY_DAY)		      /* 100 years */
#define TIME_MIN (INT64_C(-62135596800) * 1000)	      /* 0001-01-01 */
#define TIME_MAX (INT64_C(253402300799) * 1000 + 999) /* 9999-12-31T23:59:59.999 */

/* Years counted from 1 March, so that the leap day is the last of its year; eras of 400 years. */
int64_t hy_days_from_civil(int year, int month, int day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * 146097 + doe - 719468;
}

void hy_civil_from_days(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2));
}

struct civil {
	int year, month, day, hour, minute, second, weekday; /* weekday 0 = Sunday */
};

/* Outside years 1-9999 the nearest time inside is shown. */
static struct civil split(hy_time t)
{
	struct civil c;
	int64_t days, secs;

	t = t < TIME_MIN ? TIME_MIN : t > TIME_MAX ? TIME_MAX : t;
	secs = t / 1000 - (t % 1000 < 0);
	days = secs / 86400 - (secs % 86400 < 0);
	secs -= days * 86400;
	hy_civil_from_days(days, &c.year, &c.month, &c.day);
	c.hour = (int)(secs / 3600);
	c.minute = (int)(secs / 60 % 60);
	c.second = (int)(secs % 60);
	c.weekday = (int)(((days + 4) % 7 + 7) % 7);
	return c;
}

char *hy_time_iso(hy_time t, char out[HY_TIME_ISO_MAX])
{
	struct civil c = split(t);

	(void)snprintf(out, HY_TIME_ISO_MAX, "%04d-%02d-%02dT%02d:%02d:%02dZ", c.year % 10000,
		       c.month, c.day, c.hour, c.minute, c.second); /* fits: split() clamps */
	return out;
}

char *hy_time_iso_offset(hy_time t, int offset_minutes, char out[HY_TIME_ISO_OFFSET_MAX])
{
	int a = offset_minutes < 0 ? -offset_minutes : offset_minutes;
	struct civil c;

	t = t < TIME_MIN ? TIME_MIN : t > TIME_MAX ? TIME_MAX : t;
	c = split(t + offset_minutes * HY_MINUTE);
	(void)snprintf(out, HY_TIME_ISO_OFFSET_MAX, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d",
		       c.year % 10000, c.month, c.day, c.hour, c.minute, c.second,
		       offset_minutes < 0 ? '-' : '+', a / 60 % 100,
		       a % 60); /* fits: split() clamps */
	return out;
}

char *hy_time_http(hy_time t, char out[32])
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct civil c = split(t);

	(void)snprintf(out, 32, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * c.weekday,
		       c.day, months + 3 * (c.month - 1), c.year % 10000, c.hour, c.minute,
		       c.second); /* fits: split() clamps */
	return out;
}

/* Exactly n digits at *p; -1 when there are fewer. */
static int digits(const char **p, int n)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		if ((*p)[i] < '0' || (*p)[i] > '9')
			return -1;
		v = v * 10 + ((*p)[i] - '0');
	}
	*p += n;
	return v;
}

static bool literal(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static bool leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* "YYYY-MM-DD" -> days. */
static bool read_date(const char **p, int64_t *days)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year, month, day;

	if ((year = digits(p, 4)) < 1 || !literal(p, '-') || (month = digits(p, 2)) < 1 ||
	    month > 12 || !literal(p, '-') || (day = digits(p, 2)) < 1)
		return false;
	if (day > lengths[month - 1] + (month == 2 && leap(year)))
		return false;
	*days = hy_days_from_civil(year, month, day);
	return true;
}

/* "HH:MM[:SS[.fff]]" -> ms in the day. A leap second reads as the second after it. */
static bool read_clock(const char **p, int64_t *ms)
{
	int hour, minute, second = 0, milli = 0, scale = 100;

	if ((hour = digits(p, 2)) < 0 || hour > 23 || !literal(p, ':') ||
	    (minute = digits(p, 2)) < 0 || minute > 59)
		return false;
	if (literal(p, ':')) {
		if ((second = digits(p, 2)) < 0 || second > 60)
			return false;
		if (literal(p, '.') || literal(p, ',')) {
			if (**p < '0' || **p > '9')
				return false;
			for (; **p >= '0' && **p <= '9'; (*p)++, scale /= 10)
				milli += (**p - '0') * scale;
		}
	}
	*ms = ((hour * 60 + minute) * 60 + second) * INT64_C(1000) + milli;
	return true;
}

/* "Z", "+HH:MM", "+HHMM", "+HH" or nothing (offset untouched). */
static bool read_zone(const char **p, int *offset_minutes)
{
	int sign = **p == '-' ? -1 : 1;
	int hour, minute = 0;

	if (literal(p, 'Z') || literal(p, 'z')) {
		*offset_minutes = 0;
		return true;
	}
	if (!literal(p, '+') && !literal(p, '-'))
		return true;
	if ((hour = digits(p, 2)) < 0 || hour > 23)
		return false;
	if (literal(p, ':')) {
		if ((minute = digits(p, 2)) < 0)
			return false;
	} else if (**p) {
		if ((minute = digits(p, 2)) < 0)
			return false;
	}
	*offset_minutes = sign * (hour * 60 + minute);
	return minute <= 59;
}

enum hy_status hy_time_parse_iso(const char *s, int default_offset_minutes, hy_time *out,
				 struct hy_err *err)
{
	const char *p = s;
	int offset = default_offset_minutes;
	int64_t days, ms = 0;
	hy_time t;

	if (!read_date(&p, &days))
		goto bad;
	if (*p) {
		if (!literal(&p, 'T') && !literal(&p, 't') && !literal(&p, ' '))
			goto bad;
		if (!read_clock(&p, &ms) || !read_zone(&p, &offset) || *p)
			goto bad;
	}
	t = days * HY_DAY + ms - offset * HY_MINUTE;
	if (t < TIME_MIN || t > TIME_MAX)
		goto bad;
	*out = t;
	return HY_OK;
bad:
	return hy_err_set(err, HY_EINPUT,
			  _("'%.64s': not a time; write it like 2026-11-21T14:05:00+08:00"), s);
}

enum hy_status hy_dur_parse(const char *s, hy_dur *out, struct hy_err *err)
{
	static const struct {
		char unit;
		hy_dur ms;
	} units[] = {{'w', 7 * HY_DAY},
		     {'d', HY_DAY},
		     {'h', HY_HOUR},
		     {'m', HY_MINUTE},
		     {'s', HY_SECOND}};
	const char *p = s;
	size_t next = 0; /* units come in falling order, each once */
	hy_dur total = 0;

	while (*p) {
		int64_t v = 0;
		size_t u;

		if (*p < '0' || *p > '9')
			goto bad;
		for (; *p >= '0' && *p <= '9'; p++) {
			v = v * 10 + (*p - '0');
			if (v > DUR_MAX / HY_SECOND)
				goto bad;
		}
		for (u = next; u < HY_LEN(units) && units[u].unit != *p; u++)
			;
		if (u == HY_LEN(units) || v > (DUR_MAX - total) / units[u].ms)
			goto bad;
		total += v * units[u].ms;
		next = u + 1;
		p++;
	}
	if (p == s)
		goto bad;
	*out = total;
	return HY_OK;
bad:
	return hy_err_set(err, HY_EINPUT,
			  _("'%.64s': not a duration; write it like 90s, 15m, 1h30m, 7d or 2w "
			    "(100 years at most)"),
			  s);
}
