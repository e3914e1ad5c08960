/*
 * Reader of zone files (TZif, RFC 8536; the rule at their end as POSIX TZ). The whole supported
 * time is laid out as pieces of constant offset, so that nothing later thinks of rules or daylight.
 * Why not libical: its reader loses changes of Tehran, São Paulo and Lord Howe that stand in the
 * files (measured against the zone database's own compiler and python's zoneinfo).
 */
#include "calendar/internal.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

#define ZONE_FILE_MAX (256u * 1024)
#define ZONE_NAME_MAX 64
#define ZONE_PIECES_MAX 4096
#define ZONE_RULE_YEAR_LAST 2061
#define OFFSET_MAX (26 * 3600)

static int64_t be(const uint8_t *p, size_t n)
{
	uint64_t v = p[0] & 0x80 ? ~(uint64_t)0 : 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return (int64_t)v;
}

static void piece_add(struct hy_cal_zone *z, int64_t at, int32_t off)
{
	if (z->n && z->off[z->n - 1] == off)
		return;
	if (z->n && at <= z->at[z->n - 1]) {
		z->off[z->n - 1] = off;
		return;
	}
	z->at[z->n] = at;
	z->off[z->n++] = off;
}

/* ---- the rule: "CET-1CEST,M3.5.0,M10.5.0/3" ---- */

struct rule_date {
	char form; /* 'M', 'J' (1-365, no 29 February) or 'N' (0-365) */
	int month, week, day;
	int32_t time;
};

static bool rule_name(const char **s)
{
	const char *p = *s;
	size_t n;

	if (*p == '<') {
		n = strcspn(p, ">");
		if (!p[n])
			return false;
		*s = p + n + 1;
		return n > 1;
	}
	n = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
	*s = p + n;
	return n >= 3;
}

static bool rule_number(const char **s, int max, int *out)
{
	const char *p = *s;
	int v = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (*p - '0');
		if (v > max)
			return false;
	}
	*s = p;
	*out = v;
	return true;
}

/* [+-]hh[:mm[:ss]] */
static bool rule_time(const char **s, int32_t *out)
{
	int sign = 1, h, m = 0, sec = 0;

	if (**s == '+' || **s == '-')
		sign = *(*s)++ == '-' ? -1 : 1;
	if (!rule_number(s, 167, &h))
		return false;
	if (**s == ':') {
		(*s)++;
		if (!rule_number(s, 59, &m))
			return false;
		if (**s == ':') {
			(*s)++;
			if (!rule_number(s, 59, &sec))
				return false;
		}
	}
	*out = sign * (h * 3600 + m * 60 + sec);
	return true;
}

static bool rule_date(const char **s, struct rule_date *d)
{
	*d = (struct rule_date){.form = 'N', .time = 7200};
	if (**s == 'M') {
		d->form = *(*s)++;
		if (!rule_number(s, 12, &d->month) || *(*s)++ != '.' ||
		    !rule_number(s, 5, &d->week) || *(*s)++ != '.' || !rule_number(s, 6, &d->day))
			return false;
		if (d->month < 1 || d->week < 1)
			return false;
	} else {
		if (**s == 'J')
			d->form = *(*s)++;
		if (!rule_number(s, 365, &d->day) || (d->form == 'J' && d->day < 1))
			return false;
	}
	if (**s == '/') {
		(*s)++;
		return rule_time(s, &d->time);
	}
	return true;
}

/* The local second, as if UTC, at which a rule strikes in a year. */
static int64_t rule_strikes(const struct rule_date *d, int year)
{
	int64_t first, days;
	int weekday, k;

	if (d->form == 'N')
		days = hy_days_from_civil(year, 1, 1) + d->day;
	else if (d->form == 'J')
		days = hy_days_from_civil(year, 1, 1) + d->day - 1 +
		       (hy_cal_leap(year) && d->day >= 60);
	else {
		first = hy_days_from_civil(year, d->month, 1);
		weekday = (int)((first + 4) % 7 + 7) % 7;
		k = (d->day - weekday + 7) % 7 + 7 * (d->week - 1);
		while (k >= hy_cal_month_days(year, d->month))
			k -= 7;
		days = first + k;
	}
	return days * 86400 + d->time;
}

/* Adds what the rule says from the last piece of the table on. */
static bool rule_apply(struct hy_cal_zone *z, const char *s, int64_t last_at)
{
	int32_t std, dst;
	struct rule_date on, back;

	if (!rule_name(&s) || !rule_time(&s, &std))
		return false;
	std = -std;
	if (!*s) {
		piece_add(z, last_at, std);
		return true;
	}
	dst = std + 3600;
	if (!rule_name(&s))
		return false;
	if (*s && *s != ',') {
		if (!rule_time(&s, &dst))
			return false;
		dst = -dst;
	}
	if (*s++ != ',' || !rule_date(&s, &on) || *s++ != ',' || !rule_date(&s, &back) || *s)
		return false;
	if (abs(std) > OFFSET_MAX || abs(dst) > OFFSET_MAX)
		return false;
	for (int year = 1999; year <= ZONE_RULE_YEAR_LAST; year++) {
		int64_t a = rule_strikes(&on, year) - std, b = rule_strikes(&back, year) - dst;
		int64_t at[2] = {a < b ? a : b, a < b ? b : a};
		int32_t off[2] = {a < b ? dst : std, a < b ? std : dst};

		for (int i = 0; i < 2; i++)
			if (at[i] > last_at && z->n < ZONE_PIECES_MAX)
				piece_add(z, at[i], off[i]);
	}
	return true;
}

/* ---- the file ---- */

struct block {
	size_t isut, isstd, leap, time, type, chars;
	const uint8_t *data;
	size_t size;
};

static bool block_read(const uint8_t *p, size_t n, size_t width, struct block *b)
{
	if (n < 44 || memcmp(p, "TZif", 4) != 0)
		return false;
	b->isut = (size_t)(be(p + 20, 4) & 0xffffffff);
	b->isstd = (size_t)(be(p + 24, 4) & 0xffffffff);
	b->leap = (size_t)(be(p + 28, 4) & 0xffffffff);
	b->time = (size_t)(be(p + 32, 4) & 0xffffffff);
	b->type = (size_t)(be(p + 36, 4) & 0xffffffff);
	b->chars = (size_t)(be(p + 40, 4) & 0xffffffff);
	if (b->isut > 256 || b->isstd > 256 || b->leap > 4096 || b->time > ZONE_PIECES_MAX / 2 ||
	    b->type < 1 || b->type > 256 || b->chars > 4096)
		return false;
	b->data = p + 44;
	b->size = b->time * (width + 1) + b->type * 6 + b->chars + b->leap * (width + 4) +
		  b->isstd + b->isut;
	return b->size <= n - 44;
}

static bool block_pieces(struct hy_cal_zone *z, const struct block *b, int64_t *last_at)
{
	const uint8_t *types = b->data + b->time * 8, *type = types + b->time;

	for (size_t i = 0; i < b->type; i++)
		if (llabs(be(type + 6 * i, 4)) > OFFSET_MAX)
			return false;
	piece_add(z, INT64_MIN, (int32_t)be(type, 4));
	*last_at = INT64_MIN;
	for (size_t i = 0; i < b->time; i++) {
		int64_t at = be(b->data + 8 * i, 8);

		if (types[i] >= b->type || (i && at <= *last_at))
			return false;
		piece_add(z, at, (int32_t)be(type + 6 * types[i], 4));
		*last_at = at;
	}
	return true;
}

enum hy_status hy_cal_zone_parse(struct hy_cal_zone *z, const void *ctx, const uint8_t *bytes,
				 size_t n, struct hy_err *err)
{
	struct hy_cal_zone mine = {0};
	struct block b;
	size_t skip;
	const uint8_t *end;
	char *rule;
	int64_t last_at;

	if (!block_read(bytes, n, 4, &b))
		return hy_err_set(err, HY_EINPUT, _("not a zone file"));
	if (bytes[4] < '2')
		return hy_err_set(err, HY_EINPUT,
				  _("zone file of version 1: install a current tzdata"));
	skip = 44 + b.size;
	if (!block_read(bytes + skip, n - skip, 8, &b))
		return hy_err_set(err, HY_EINPUT, _("zone file is cut or damaged"));
	skip += 44 + b.size;
	end = n - skip >= 2 && bytes[skip] == '\n' ? memchr(bytes + skip + 1, '\n', n - skip - 1)
						   : NULL;
	if (!end || end - (bytes + skip) > 256)
		return hy_err_set(err, HY_EINPUT, _("zone file has no rule at its end"));
	mine.at = hy_new_array(ctx, int64_t, ZONE_PIECES_MAX + 1);
	mine.off = hy_new_array(ctx, int32_t, ZONE_PIECES_MAX + 1);
	rule = hy_strndup(mine.at, (const char *)bytes + skip + 1,
			  (size_t)(end - (bytes + skip) - 1));
	if (!block_pieces(&mine, &b, &last_at) || (*rule && !rule_apply(&mine, rule, last_at))) {
		talloc_free(mine.at);
		talloc_free(mine.off);
		return hy_err_set(err, HY_EINPUT, _("zone file is damaged"));
	}
	talloc_free(rule);
	mine.at = hy_grow(ctx, mine.at, int64_t, mine.n);
	mine.off = hy_grow(ctx, mine.off, int32_t, mine.n);
	*z = mine;
	return HY_OK;
}

int32_t hy_cal_zone_offset(const struct hy_cal_zone *z, int64_t t)
{
	size_t lo = 0, hi = z->n;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (z->at[mid] <= t)
			lo = mid;
		else
			hi = mid;
	}
	return z->off[lo];
}

static bool name_ok(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"0123456789_+-/");

	return n && n <= ZONE_NAME_MAX && !name[n] && name[0] != '/' && name[0] != '-';
}

/* Zones that have stood still for as long as we count: good without any file. */
static bool zone_fixed(struct hy_cal_zone *z, const void *ctx, const char *name)
{
	int32_t off;

	if (!strcmp(name, "Asia/Shanghai") || !strcmp(name, "PRC"))
		off = 8 * 3600;
	else if (!strcmp(name, "UTC") || !strcmp(name, "Etc/UTC"))
		off = 0;
	else
		return false;
	z->at = hy_new_array(ctx, int64_t, 1);
	z->off = hy_new_array(ctx, int32_t, 1);
	z->at[0] = INT64_MIN;
	z->off[0] = off;
	z->n = 1;
	return true;
}

enum hy_status hy_cal_zone_read(struct hy_cal_zone *z, const void *ctx, const char *name,
				struct hy_err *err)
{
	const char *dir = getenv("TZDIR");
	enum hy_status status;
	char *path, *bytes = NULL;
	size_t n;

	if (!name_ok(name))
		return hy_err_set(err, HY_EINPUT,
				  _("zone \"%.64s\": want a name such as Asia/Shanghai"), name);
	path = hy_strf(ctx, "%s/%s", dir && *dir ? dir : "/usr/share/zoneinfo", name);
	status = hy_file_read(ctx, path, ZONE_FILE_MAX, &bytes, &n, NULL);
	talloc_free(path);
	if (status) {
		if (zone_fixed(z, ctx, name))
			return HY_OK;
		return hy_err_set(err, HY_EINPUT,
				  _("zone \"%s\": not in the zone database; check the name, or "
				    "install tzdata"),
				  name);
	}
	status = hy_cal_zone_parse(z, ctx, (const uint8_t *)bytes, n, err);
	talloc_free(bytes);
	if (status)
		return hy_err_wrap(err, _("zone \"%s\""), name);
	return HY_OK;
}
