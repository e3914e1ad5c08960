/* When to ask again. Pure functions of the answer, the hints and a seeded jitter (feeds 6). */
#include "collectors/collect.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define POLL_DEFAULT (15 * HY_MINUTE)
#define POLL_MIN HY_MINUTE
#define POLL_MAX HY_DAY

static hy_dur longer(hy_dur a, hy_dur b)
{
	return a > b ? a : b;
}

/* d within 10 % either way. */
static hy_dur jittered(hy_dur d, struct hy_rand *rand)
{
	hy_dur tenth = d / 10;

	if (!rand || tenth < 1)
		return d;
	return d - tenth + (hy_dur)hy_rand_below(rand, (uint64_t)(2 * tenth + 1));
}

/* Steps out of hours and days the feed asks not to be read in, unless that is always. */
static hy_time leave_skipped(const struct hy_poll_hints *h, hy_time t)
{
	if ((h->skip_hours & 0xFFFFFF) == 0xFFFFFF || (h->skip_days & 0x7F) == 0x7F)
		return t;
	for (int i = 0; i < 24 * 8; i++) {
		int64_t hours = t / HY_HOUR;
		unsigned day = (unsigned)((hours / 24 + 4) % 7);

		if (!(h->skip_hours >> (hours % 24) & 1) && !(h->skip_days >> day & 1))
			return t;
		t = (hours + 1) * HY_HOUR;
	}
	return t;
}

hy_time hy_poll_next(const struct hy_poll_hints *h, hy_time now, struct hy_rand *rand)
{
	hy_dur d = h->own > 0 ? h->own : POLL_DEFAULT;
	hy_time next;

	if (h->ttl_minutes > 0)
		d = longer(d, h->ttl_minutes * HY_MINUTE);
	d = longer(d, h->max_age);
	d = longer(d, h->update_every);
	if (d < POLL_MIN)
		d = POLL_MIN;
	if (d > POLL_MAX)
		d = POLL_MAX;
	next = leave_skipped(h, now + jittered(d, rand));
	/* Everybody else leaves the skipped hours on the stroke, too: spread a little. */
	if (next > now + d + d / 10 && rand)
		next += (hy_time)hy_rand_below(rand, 5 * HY_MINUTE);
	return next;
}

hy_time hy_poll_backoff(hy_dur own, int failures, hy_time now, struct hy_rand *rand)
{
	hy_dur d = longer(own > 0 ? own : POLL_DEFAULT, POLL_MIN);

	for (int i = 1; i < failures && d < POLL_MAX; i++)
		d *= 2;
	if (d > POLL_MAX)
		d = POLL_MAX;
	d = jittered(d, rand);
	return now + (d > POLL_MAX ? POLL_MAX : d);
}

hy_time hy_retry_after(const char *value, hy_time now)
{
	hy_time t = 0;
	size_t n;

	if (!value)
		return 0;
	value += strspn(value, " \t");
	n = strspn(value, "0123456789");
	if (n) {
		int64_t secs = 0;

		if (value[n + strspn(value + n, " \t")] || n > 9)
			return n > 9 ? now + POLL_MAX : 0;
		for (size_t i = 0; i < n; i++)
			secs = secs * 10 + (value[i] - '0');
		t = now + secs * HY_SECOND;
		if (secs == 0)
			return now + HY_SECOND;
	} else if (hy_feed_date_parse(value, 0, &t) < HY_DATE_NO_ZONE) {
		return 0;
	}
	if (t <= now)
		return 0;
	return t > now + POLL_MAX ? now + POLL_MAX : t;
}

hy_dur hy_cache_max_age(const char *value)
{
	const char *p;
	int64_t secs = 0;

	if (!value || strcasestr(value, "no-cache") || strcasestr(value, "no-store"))
		return 0;
	for (p = value; (p = strcasestr(p, "max-age=")); p++)
		if (p == value || strchr(" \t,", p[-1]))
			break;
	if (!p)
		return 0;
	for (p += 8, p += *p == '"'; isdigit((unsigned char)*p) && secs < 100000000; p++)
		secs = secs * 10 + (*p - '0');
	return secs * HY_SECOND;
}
