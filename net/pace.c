/* How long to wait: backoff with jitter, Retry-After, and the three date forms of HTTP. */
#include "net/net.h"

#include <stdio.h>
#include <string.h>

hy_dur hy_net_backoff(struct hy_rand *rand, int failures, hy_dur min, hy_dur cap)
{
	hy_dur d = min < 2 ? 2 : min;

	for (int i = 1; i < failures && d < cap; i++)
		d = d > cap / 2 ? cap : d * 2;
	if (d > cap)
		d = cap;
	return d - (hy_dur)hy_rand_below(rand, (uint64_t)(d / 2) + 1);
}

static int month_of(const char *s)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++)
		if (strncmp(s, names + i * 3, 3) == 0)
			return i + 1;
	return 0;
}

struct civil {
	int year, month, day, hour, minute, second;
};

static bool civil_time(const struct civil *c, hy_time *out)
{
	int year, month, day;

	if (c->month < 1 || c->day < 1 || c->day > 31 || c->hour < 0 || c->hour > 23 ||
	    c->minute < 0 || c->minute > 59 || c->second < 0 || c->second > 60 || c->year < 1 ||
	    c->year > 9999)
		return false;
	int64_t days = hy_days_from_civil(c->year, c->month, c->day);

	hy_civil_from_days(days, &year, &month, &day);
	if (month != c->month || day != c->day)
		return false; /* 31 November */
	*out = days * HY_DAY + c->hour * HY_HOUR + c->minute * HY_MINUTE + c->second * HY_SECOND;
	return true;
}

bool hy_net_date(const char *s, hy_time *out)
{
	struct civil c = {0};
	char mon[4] = "";
	int end = 0;

	while (*s == ' ')
		s++;
	/* Sun, 06 Nov 1994 08:49:37 GMT */
	if (sscanf(s, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &c.day, mon, &c.year,
		   &c.hour, &c.minute, &c.second, &end) == 6 &&
	    end > 0) {
		c.month = month_of(mon);
		return civil_time(&c, out);
	}
	/* Sunday, 06-Nov-94 08:49:37 GMT: the year in the century that is not 50 years ahead; we
	 * take 1970-2069. */
	end = 0;
	if (sscanf(s, "%*[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT%n", &c.day, mon, &c.year,
		   &c.hour, &c.minute, &c.second, &end) == 6 &&
	    end > 0) {
		c.month = month_of(mon);
		c.year += c.year < 70 ? 2000 : 1900;
		return civil_time(&c, out);
	}
	/* Sun Nov  6 08:49:37 1994 */
	end = 0;
	if (sscanf(s, "%*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d%n", mon, &c.day, &c.hour,
		   &c.minute, &c.second, &c.year, &end) == 6 &&
	    end > 0) {
		c.month = month_of(mon);
		return civil_time(&c, out);
	}
	return false;
}

/* Whole seconds, with a sign; saturates. */
static bool seconds_read(const char *s, int64_t *out)
{
	bool minus = *s == '-';
	int64_t v = 0;

	if (*s == '-' || *s == '+')
		s++;
	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++)
		if (v < INT64_MAX / 10000 / 10)
			v = v * 10 + (*s - '0');
	if (*s == '.') /* seen in the wild: "1.5" */
		for (s++; *s >= '0' && *s <= '9'; s++)
			;
	while (*s == ' ' || *s == '\t')
		s++;
	*out = minus ? -v : v;
	return *s == '\0';
}

hy_time hy_net_retry_after(const char *value, hy_time now, hy_dur cap)
{
	int64_t secs;
	hy_time at;

	if (value == NULL)
		return 0;
	while (*value == ' ' || *value == '\t')
		value++;
	if (seconds_read(value, &secs))
		at = secs > cap / HY_SECOND ? now + cap : now + secs * HY_SECOND;
	else if (!hy_net_date(value, &at))
		return 0;
	if (at > now + cap)
		at = now + cap;
	return at < now + HY_SECOND ? now + HY_SECOND : at;
}
