/* Text to hours, dates and promises, and back. */
#include "calendar/internal.h"

#include "base/base.h"

#include <string.h>

#define METER_SECS_MAX ((int64_t)10 * 366 * 86400)
#define METER_DAYS_MAX 1000

bool hy_cal_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int hy_cal_month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && hy_cal_leap(year));
}

/* n decimal digits at s. */
static bool digits(const char *s, int n, int *out)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (s[i] - '0');
	}
	*out = v;
	return true;
}

/* ---- hours ---- */

/* "08:30" or "8:30"; 24:00 is legal. */
static bool clock_read(const char **s, int32_t *out)
{
	const char *p = *s;
	int h, m, n = p[0] && p[1] == ':' ? 1 : 2;

	if (!digits(p, n, &h) || p[n] != ':' || !digits(p + n + 1, 2, &m))
		return false;
	if (m > 59 || h > 24 || (h == 24 && m))
		return false;
	*s = p + n + 3;
	*out = h * 3600 + m * 60;
	return true;
}

static const char *blanks(const char *s)
{
	return s + strspn(s, " \t");
}

enum hy_status hy_hours_parse(const char *s, struct hy_hours *out, struct hy_err *err)
{
	struct hy_hours h = {0};
	const char *p = blanks(s), *why = _("want ranges such as 08:30-12:00,14:00-18:00");
	int32_t last = 0;

	while (*p) {
		int32_t since, until;

		if (!clock_read(&p, &since))
			goto bad;
		p = blanks(p);
		if (*p++ != '-')
			goto bad;
		p = blanks(p);
		if (!clock_read(&p, &until))
			goto bad;
		why = _("a range must rise, and begin after the one before it");
		if (since >= until || since < last)
			goto bad;
		why = _("at most 8 ranges a day");
		if (h.n == HY_HOURS_MAX)
			goto bad;
		why = _("want ranges such as 08:30-12:00,14:00-18:00");
		if (h.n && since == last) {
			h.range[h.n - 1].until = until;
		} else {
			h.range[h.n].since = since;
			h.range[h.n++].until = until;
		}
		last = until;
		p = blanks(p);
		if (!*p)
			break;
		if (*p++ != ',')
			goto bad;
		p = blanks(p);
		if (!*p)
			goto bad;
	}
	*out = h;
	return HY_OK;
bad:
	return hy_err_set(err, HY_EINPUT, _("office hours \"%.100s\": %s"), s, why);
}

/* ---- dates ---- */

static bool date_split(int date, int *y, int *m, int *d)
{
	*y = date / 10000;
	*m = date / 100 % 100;
	*d = date % 100;
	return date > 0 && *y >= 1 && *y <= 9999 && *m >= 1 && *m <= 12 && *d >= 1 &&
	       *d <= hy_cal_month_days(*y, *m);
}

enum hy_status hy_date_parse(const char *s, int *out, struct hy_err *err)
{
	int y, m, d;

	if (!digits(s, 4, &y) || s[4] != '-' || !digits(s + 5, 2, &m) || s[7] != '-' ||
	    !digits(s + 8, 2, &d) || s[10])
		return hy_err_set(err, HY_EINPUT, _("date \"%.40s\": want YYYY-MM-DD"), s);
	if (!date_split(y * 10000 + m * 100 + d, &y, &m, &d))
		return hy_err_set(err, HY_EINPUT, _("date \"%.40s\": there is no such day"), s);
	*out = y * 10000 + m * 100 + d;
	return HY_OK;
}

char *hy_date_text(int date, char out[11])
{
	int part[3] = {date / 10000 % 10000, date / 100 % 100, date % 100};
	const int width[3] = {4, 2, 2};
	size_t k = 0;

	for (int i = 0; i < 3; i++) {
		if (i)
			out[k++] = '-';
		for (int w = width[i]; w-- > 0; part[i] /= 10)
			out[k + (size_t)w] = (char)('0' + part[i] % 10);
		k += (size_t)width[i];
	}
	out[k] = 0;
	return out;
}

static int64_t date_days(int date)
{
	return hy_days_from_civil(date / 10000, date / 100 % 100, date % 100);
}

int hy_date_add(int date, int n)
{
	int y, m, d;

	hy_civil_from_days(date_days(date) + n, &y, &m, &d);
	return y * 10000 + m * 100 + d;
}

int hy_date_diff(int a, int b)
{
	return (int)(date_days(b) - date_days(a));
}

/* ---- meters and promises ---- */

static const char *const regime_name[] = {"work", "rest", "any", "workdays"};

const char *hy_regime_name(enum hy_regime r)
{
	return regime_name[r];
}

static bool digits_all(const char *s, int64_t max, int64_t *out)
{
	int64_t v = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return false;
		v = v * 10 + (*s - '0');
		if (v > max)
			return false;
	}
	*out = v;
	return true;
}

enum hy_status hy_meter_parse(const char *s, struct hy_meter *out, struct hy_err *err)
{
	char amount[32], word[16];
	size_t n;
	struct hy_meter m = {0};
	hy_dur dur;

	s = blanks(s);
	n = strcspn(s, " \t");
	if (!n || n >= sizeof amount)
		goto bad;
	memcpy(amount, s, n);
	amount[n] = 0;
	const char *p = blanks(s + n);
	n = strcspn(p, " \t");
	if (!n || n >= sizeof word || *blanks(p + n))
		goto bad;
	memcpy(word, p, n);
	word[n] = 0;
	if (!strcmp(word, "workdays") || !strcmp(word, "workday")) {
		m.regime = HY_REGIME_WORKDAYS;
		if (!digits_all(amount, METER_DAYS_MAX, &m.budget) || m.budget < 1)
			goto bad;
		*out = m;
		return HY_OK;
	}
	while (m.regime < HY_REGIME_WORKDAYS && strcmp(word, regime_name[m.regime]) != 0)
		m.regime++;
	if (m.regime == HY_REGIME_WORKDAYS || hy_dur_parse(amount, &dur, NULL))
		goto bad;
	m.budget = dur / HY_SECOND;
	if (m.budget < 1 || m.budget > METER_SECS_MAX)
		goto bad;
	*out = m;
	return HY_OK;
bad:
	return hy_err_set(err, HY_EINPUT,
			  _("promise \"%.60s\": want \"1h work\", \"8h rest\", \"5h any\" or "
			    "\"3 workdays\", at most 10 years or 1000 workdays"),
			  s);
}

enum hy_status hy_promise_parse(const char *name, const char *const *within, size_t n,
				struct hy_promise *out, struct hy_err *err)
{
	struct hy_promise p = {.name = name, .n = n};

	if (n < 1 || n > HY_METERS_MAX)
		return hy_err_set(err, HY_EINPUT,
				  _("promise %s: want 1 to %d meters in \"within\""),
				  name ? name : "", HY_METERS_MAX);
	for (size_t i = 0; i < n; i++)
		if (hy_meter_parse(within[i], &p.meter[i], err))
			return hy_err_wrap(err, _("promise %s"), name ? name : "");
	*out = p;
	return HY_OK;
}

char *hy_meter_text(const void *ctx, const struct hy_meter *m)
{
	int64_t h = m->budget / 3600, min = m->budget / 60 % 60, sec = m->budget % 60;
	char *s;

	if (m->regime == HY_REGIME_WORKDAYS)
		return hy_strf(ctx, "%" PRId64 " workdays", m->budget);
	s = hy_strdup(ctx, "");
	if (h)
		s = talloc_asprintf_append(s, "%" PRId64 "h", h);
	if (min)
		s = talloc_asprintf_append(s, "%" PRId64 "m", min);
	if (sec)
		s = talloc_asprintf_append(s, "%" PRId64 "s", sec);
	return talloc_asprintf_append(s, " %s", regime_name[m->regime]);
}

char *hy_promise_text(const void *ctx, const struct hy_promise *p)
{
	char *s = hy_strdup(ctx, "");

	for (size_t i = 0; i < p->n; i++) {
		char *m = hy_meter_text(ctx, &p->meter[i]);

		s = talloc_asprintf_append(s, "%s%s", i ? ", " : "", m);
		talloc_free(m);
	}
	return s;
}
