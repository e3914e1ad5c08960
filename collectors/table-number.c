/* Numbers of a spreadsheet: which are dates, and which date a serial number is. */
#include "collectors/collect.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool hy_format_id_is_date(int id)
{
	return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) ||
	       (id >= 50 && id <= 58);
}

/* Letters of dates outside of quotes, escapes and brackets; [h] is time, [Red] is a colour. */
bool hy_format_is_date(const char *code)
{
	if (!strncasecmp(code, "General", 7))
		return false;
	for (const char *p = code; *p; p++) {
		if (*p == '"') {
			p += 1 + strcspn(p + 1, "\"");
			if (!*p)
				return false;
		} else if (*p == '\\' || *p == '_' || *p == '*') {
			if (!*++p)
				return false;
		} else if (*p == '[') {
			size_t n = strcspn(p, "]"), letters = strspn(p + 1, "hmsHMS");

			if (n > 1 && letters == n - 1)
				return true;
			p += n;
			if (!*p)
				return false;
		} else if (strchr("ymdhsYMDHS", *p)) {
			return true;
		}
	}
	return false;
}

char *hy_serial_date(const void *ctx, double serial, bool from_1904)
{
	int64_t days, secs;
	int y, mo, d;
	char clock[16];

	if (!(serial >= 0) || serial >= 2958466)
		return NULL;
	days = (int64_t)serial;
	secs = (int64_t)((serial - (double)days) * 86400 + 0.5);
	if (secs == 86400) {
		secs = 0;
		days++;
	}
	(void)snprintf(clock, sizeof clock, "%02d:%02d:%02d", (int)(secs / 3600),
		       (int)(secs / 60 % 60), (int)(secs % 60));
	if (days == 0 && !from_1904)
		return hy_strdup(ctx, clock);
	/* Excel believes that 1900 had a 29 February: before it all is a day later */
	days += from_1904 ? hy_days_from_civil(1904, 1, 1)
			  : hy_days_from_civil(1899, 12, days < 60 ? 31 : 30);
	hy_civil_from_days(days, &y, &mo, &d);
	return hy_strf(ctx, secs ? "%04d-%02d-%02d %s" : "%04d-%02d-%02d%.0s", y, mo, d, clock);
}

/* 1.39123E+10: a sign behind the E, or a point before it; "3E10" may be a name. */
bool hy_table_digits(const void *ctx, const char *s, const char **out)
{
	size_t whole = strspn(s, "0123456789"), dot = s[whole] == '.',
	       part = dot ? strspn(s + whole + 1, "0123456789") : 0;
	const char *e = s + whole + dot + part, *power;
	size_t n;

	*out = s;
	if (whole != 1 || (*e != 'E' && *e != 'e') || (dot && !part))
		return true;
	power = e + 1 + (e[1] == '+');
	n = strspn(power, "0123456789");
	if (n < 1 || n > 2 || power[n] || (!dot && e[1] != '+'))
		return true;
	if (part != strtoul(power, NULL, 10))
		return false; /* a zero at the end is not written, and may be any digit */
	*out = hy_strf(ctx, "%.1s%.*s", s, (int)part, s + 2);
	return true;
}

char *hy_number_text(const void *ctx, const char *s)
{
	char *end = NULL;
	double v;

	if (!s[strcspn(s, ".eE")]) /* plain digits, however many, are left alone */
		return hy_strdup(ctx, s);
	v = strtod(s, &end);
	if (!end || *end || end == s || !isfinite(v))
		return hy_strdup(ctx, s);
	if (v > -1e18 && v < 1e18 && v == (double)(int64_t)v)
		return hy_strf(ctx, "%.0f", v);
	return hy_strf(ctx, "%.15g", v);
}
