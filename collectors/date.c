/*
 * Dates as feeds write them. One tokenizer feeds small readers, each of one family of forms; the
 * first that understands the whole wins. Nothing here asks the clock: a date that only makes sense
 * with today's year is no date.
 */
#include "collectors/collect.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define DATE_BYTES_MAX 160
#define TOKENS_MAX 12

/* A civil time being put together; zone in minutes, or ZONE_NONE. */
#define ZONE_NONE INT32_MIN
#define ZONE_UNKNOWN (INT32_MIN + 1) /* a name nobody knows: UTC, but not to be trusted */
struct civil {
	int year, month, day;
	int hour, minute, second, millis;
	int zone;
	bool day_only;
};
struct word {
	const char *name;
	int value;
};

static const struct word zones[] = {
	{"ut", 0},     {"utc", 0},    {"gmt", 0},    {"z", 0},	     {"wet", 0},     {"west", 60},
	{"bst", 60},   {"cet", 60},   {"met", 60},   {"cest", 120},  {"mest", 120},  {"eet", 120},
	{"eest", 180}, {"msk", 180},  {"ist", 330},  {"hkt", 480},   {"sgt", 480},   {"awst", 480},
	{"jst", 540},  {"kst", 540},  {"aest", 600}, {"aedt", 660},  {"nzst", 720},  {"nzdt", 780},
	{"adt", -180}, {"ast", -240}, {"at", -240},  {"edt", -240},  {"est", -300},  {"et", -300},
	{"cdt", -300}, {"cst", -360}, {"ct", -360},  {"mdt", -360},  {"mst", -420},  {"mt", -420},
	{"pdt", -420}, {"pst", -480}, {"pt", -480},  {"akdt", -480}, {"akst", -540}, {"hst", -600},
};
static const struct word months[] = {
	{"jan", 1},    {"feb", 2},     {"mar", 3},     {"apr", 4},     {"may", 5},
	{"jun", 6},    {"jul", 7},     {"aug", 8},     {"sep", 9},     {"oct", 10},
	{"nov", 11},   {"dec", 12},    {"Ιαν", 1},     {"Φεβ", 2},     {"Μάώ", 3},
	{"Μαώ", 3},    {"Μάρ", 3},     {"Μαρ", 3},     {"Απρ", 4},     {"Μάι", 5},
	{"Μαϊ", 5},    {"Μαι", 5},     {"Ιούν", 6},    {"Ιον", 6},     {"Ιουν", 6},
	{"Ιούλ", 7},   {"Ιολ", 7},     {"Ιουλ", 7},    {"Αύγ", 8},     {"Αυγ", 8},
	{"Σεπ", 9},    {"Οκτ", 10},    {"Νοέ", 11},    {"Νοε", 11},    {"Δεκ", 12},
	{"január", 1}, {"február", 2}, {"március", 3}, {"április", 4}, {"május", 5},
	{"június", 6}, {"július", 7},  {"auguszt", 8}, {"szeptem", 9}, {"október", 10},
	{"januar", 1}, {"februar", 2},
};
static const char *const weekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun",
				       "Κυρ", "Δευ", "Τρι", "Τετ", "Πεμ", "Παρ", "Σαβ"};

static bool digits(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isdigit((unsigned char)s[i]))
			return false;
	return n > 0;
}

/* Reads 1 to max digits at *p and moves past them; -1 when there is none. */
static int number(const char **p, int max)
{
	int v = 0, n = 0;

	while (n < max && isdigit((unsigned char)**p)) {
		v = v * 10 + (**p - '0');
		(*p)++;
		n++;
	}
	return n ? v : -1;
}

/* The value of n digits, n <= 9. */
static int atoi_n(const char *s, size_t n)
{
	int v = 0;

	for (size_t i = 0; i < n && i < 9 && isdigit((unsigned char)s[i]); i++)
		v = v * 10 + (s[i] - '0');
	return v;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

static enum hy_date_quality finish(const struct civil *c, int default_zone, hy_time *out)
{
	int zone = c->zone;
	hy_time t;

	if (c->year < 1 || c->year > 9999 || c->month < 1 || c->month > 12 || c->day < 1 ||
	    c->day > days_in_month(c->year, c->month))
		return HY_DATE_NONE;
	if (c->minute < 0 || c->minute > 59 || c->second < 0 || c->second > 61 || c->hour < 0 ||
	    c->hour > 24 || (c->hour == 24 && (c->minute || c->second)))
		return HY_DATE_NONE;
	if (zone == ZONE_NONE)
		zone = default_zone;
	else if (zone == ZONE_UNKNOWN)
		zone = 0;
	else if (zone < -24 * 60 || zone > 24 * 60)
		return HY_DATE_NONE;
	t = hy_days_from_civil(c->year, c->month, c->day) * HY_DAY;
	t += c->hour * HY_HOUR + (c->minute - zone) * HY_MINUTE + c->second * HY_SECOND + c->millis;
	*out = t ? t : 1;
	if (c->day_only)
		return HY_DATE_DAY;
	return c->zone == ZONE_NONE || c->zone == ZONE_UNKNOWN ? HY_DATE_NO_ZONE : HY_DATE_EXACT;
}

/* hh:mm[:ss[.fff]] at *p; "hh" alone only when hour_alone. Moves past it. */
static bool read_clock(const char **p, bool hour_alone, struct civil *c)
{
	const char *s = *p;
	int scale = 100;

	c->hour = number(&s, 2);
	if (c->hour < 0 || (*s != ':' && !hour_alone))
		return false;
	c->minute = c->second = c->millis = 0;
	if (*s == ':') {
		s++;
		c->minute = number(&s, 2);
		if (c->minute < 0)
			return false;
		if (*s == ':' && isdigit((unsigned char)s[1])) {
			s++;
			c->second = number(&s, 2);
		}
	}
	if ((*s == '.' || *s == ',') && isdigit((unsigned char)s[1]))
		for (s++; isdigit((unsigned char)*s); s++, scale /= 10)
			c->millis += (*s - '0') * scale;
	*p = s;
	return true;
}

/* +08:00, -0500, +8, +08 to the end of s. */
static bool read_offset(const char *s, int *out)
{
	int sign = *s == '-' ? -1 : 1, h, m = 0;
	size_t n;

	if (*s != '+' && *s != '-')
		return false;
	s++;
	n = strlen(s);
	if (digits(s, n) && (n == 3 || n == 4)) {
		int v = atoi_n(s, n);
		h = v / 100;
		m = v % 100;
	} else {
		h = number(&s, 2);
		if (h < 0)
			return false;
		if (*s == ':') {
			s++;
			m = number(&s, 2);
		}
		if (*s || m < 0)
			return false;
	}
	if (h > 24 || m > 59)
		return false;
	*out = sign * (h * 60 + m);
	return true;
}

/* A zone as a word: a name, an offset, GMT+8, UTC-05:00, etc/utc, (CST). "" = none. */
static void read_zone(const char *s, struct civil *c)
{
	char low[16];
	size_t n = 0;

	if (strncasecmp(s, "etc/", 4) == 0)
		s += 4;
	if (!*s || *s == '(')
		return;
	if (read_offset(s, &c->zone))
		return;
	if (strncasecmp(s, "gmt", 3) == 0 || strncasecmp(s, "utc", 3) == 0) {
		if (read_offset(s + 3, &c->zone))
			return;
	}
	for (; s[n] && n < sizeof(low) - 1; n++)
		low[n] = (char)tolower((unsigned char)s[n]);
	low[n] = '\0';
	for (size_t i = 0; i < HY_LEN(zones); i++)
		if (strcmp(zones[i].name, low) == 0) {
			c->zone = zones[i].value;
			return;
		}
	c->zone = ZONE_UNKNOWN;
	if (n == 1 && isalpha((unsigned char)low[0]) && low[0] != 'j') {
		int k = low[0] - 'a'; /* the military letters as RFC 822 has them */

		c->zone = k < 9 ? -(k + 1) * 60 : k < 13 ? -k * 60 : (k - 12) * 60;
	}
}

static const char *skip_blanks(const char *s)
{
	while (*s == ' ')
		s++;
	return s;
}

/* Unix seconds (9 or 10 digits, a fraction may follow) or milliseconds (12 or 13). */
static enum hy_date_quality read_epoch(const char *s, hy_time *out)
{
	size_t n = strspn(s, "0123456789");
	hy_time t = 0;

	if (n < 9 || n > 13 || n == 11 || (s[n] && s[n] != '.'))
		return HY_DATE_NONE;
	if (s[n] == '.' && !digits(s + n + 1, strlen(s + n + 1)))
		return HY_DATE_NONE;
	for (size_t i = 0; i < n; i++)
		t = t * 10 + (s[i] - '0');
	if (n <= 10)
		t *= 1000;
	*out = t ? t : 1;
	return HY_DATE_EXACT;
}

static bool set_ordinal(struct civil *c, int ordinal)
{
	int64_t first;

	if (ordinal < 1 || ordinal > 366 || c->year < 1)
		return false;
	first = hy_days_from_civil(c->year, 1, 1);
	hy_civil_from_days(first + ordinal - 1, &c->year, &c->month, &c->day);
	return true;
}

/* At Www[-d]: *p stands behind the two digits of the week. */
static bool set_week(struct civil *c, const char **p)
{
	int week = atoi_n(*p - 2, 2), day = 1;
	int64_t jan4 = hy_days_from_civil(c->year, 1, 4);
	int64_t monday = jan4 - (((jan4 + 3) % 7) + 7) % 7;

	if (**p == '-' && isdigit((unsigned char)(*p)[1])) {
		day = (*p)[1] - '0';
		*p += 2;
	}
	if (week < 1 || week > 53 || day < 1 || day > 7)
		return false;
	hy_civil_from_days(monday + (week - 1) * 7 + day - 1, &c->year, &c->month, &c->day);
	return true;
}

/* The month a word begins with, 0 = none. */
static int month_named(const char *word)
{
	for (size_t i = 0; i < HY_LEN(months); i++)
		if (strncasecmp(word, months[i].name, strlen(months[i].name)) == 0)
			return months[i].value;
	return 0;
}

/* The Hungarian 2004-július-13: s stands at the month's name. */
static bool read_named_month(const char **p, const char *s, struct civil *c)
{
	c->month = month_named(s);
	s += strcspn(s, "- ");
	if (!c->month || *s++ != '-')
		return false;
	c->day = number(&s, 2);
	*p = s;
	return c->day > 0;
}

/* A zone that is the first of several words: the others are a comment. */
static void read_zone_word(const char *s, struct civil *c)
{
	char word[16];
	size_t n = strcspn(s, " ");

	memcpy(word, s, n);
	word[n] = '\0';
	read_zone(word, c);
}

/* After the date of an ISO form: nothing, or T / blank and a clock, then a zone. */
static bool read_iso_tail(const char *s, struct civil *c)
{
	if (!*s) {
		c->day_only = true;
		return true;
	}
	if (*s == 'T' || *s == 't')
		s++;
	s = skip_blanks(s);
	if (!*s) {
		c->day_only = true;
		return true;
	}
	if (!read_clock(&s, true, c))
		return false;
	s = skip_blanks(s);
	if (!strchr(s, ' ')) {
		read_zone(s, c);
		return true;
	}
	if (strcspn(s, " ") > 9)
		return false;
	read_zone_word(s, c);
	return true;
}

/* The basic and short forms of ISO 8601 that have no separators: 20040105, 2004005, 040105 ... */
static bool read_iso_basic(const char **p, struct civil *c)
{
	size_t n = strspn(*p, "0123456789");
	int v = n <= 8 ? atoi_n(*p, n) : 0, ordinal = 0;

	switch (n) {
	case 8:
		c->year = v / 10000, c->month = v / 100 % 100, c->day = v % 100;
		break;
	case 7:
		c->year = v / 1000, ordinal = v % 1000;
		break;
	case 6:
		c->year = 2000 + v / 10000, c->month = v / 100 % 100, c->day = v % 100;
		break;
	case 5:
		c->year = 2000 + v / 1000, ordinal = v % 1000;
		break;
	case 2:
		c->year = (v - 1) * 100 + 1;
		break;
	default:
		return false;
	}
	*p += n;
	return n != 7 && n != 5 ? true : set_ordinal(c, ordinal);
}

/* 2004-01-05, 2004-1-5, 2004/1/5, 2004-01, 2004, 2004-005, 2004-W02-1, 04-01-05, -04-01, -04. */
static bool read_iso_date(const char **p, struct civil *c)
{
	const char *s = *p;
	size_t n;
	char sep;

	c->month = c->day = 1;
	if (*s == '-' && isdigit((unsigned char)s[1])) {
		n = strspn(s + 1, "0123456789");
		if (n != 2 && n != 4)
			return false;
		c->year = 2000 + atoi_n(s + 1, 2);
		if (n == 4)
			c->month = atoi_n(s + 3, 2);
		else if (s[3] == '-' && digits(s + 4, 2))
			c->month = atoi_n(s + 4, 2), n += 3;
		*p = s + 1 + n;
		return true;
	}
	n = strspn(s, "0123456789");
	sep = s[n];
	if (n != 4 && !(n == 2 && sep == '-'))
		return read_iso_basic(p, c);
	c->year = n == 4 ? atoi_n(s, 4) : 2000 + atoi_n(s, 2);
	s += n;
	if ((sep == '-' || sep == '/' || sep == '.') && isdigit((unsigned char)s[1])) {
		size_t m = strspn(s + 1, "0123456789");

		if (m == 3) {
			*p = s + 4;
			return set_ordinal(c, atoi_n(s + 1, 3));
		}
		s++;
		c->month = number(&s, 2);
		if (*s == sep && isdigit((unsigned char)s[1])) {
			s++;
			c->day = number(&s, 2);
		}
	} else if (sep == '-' && (s[1] == 'W' || s[1] == 'w') && digits(s + 2, 2)) {
		*p = s + 4;
		return set_week(c, p);
	} else if (sep == '-') {
		return read_named_month(p, s + 1, c);
	}
	*p = s;
	return true;
}

static enum hy_date_quality read_iso(const char *s, int zone, hy_time *out)
{
	struct civil c = {.zone = ZONE_NONE};

	if (!read_iso_date(&s, &c) || (*s && *s != ' ' && *s != 'T' && *s != 't' && *s != 'Z' &&
				       *s != 'z' && !isdigit((unsigned char)*s)))
		return HY_DATE_NONE;
	if ((*s == 'Z' || *s == 'z') && !s[1]) {
		c.zone = 0;
		s++;
	}
	if (!read_iso_tail(s, &c))
		return HY_DATE_NONE;
	return finish(&c, zone, out);
}

/* 08:00[:00], 8时5分[6秒], 8点. */
static bool read_cjk_clock(const char **p, struct civil *c)
{
	const char *s = *p;
	static const char *const hours[] = {"时", "時", "点", "點", "시"};

	if (read_clock(&s, false, c)) {
		*p = s;
		return true;
	}
	s = *p;
	c->hour = number(&s, 2);
	c->minute = c->second = 0;
	for (size_t i = 0; i < HY_LEN(hours); i++) {
		if (strncmp(s, hours[i], 3) != 0)
			continue;
		s = skip_blanks(s + 3);
		if (isdigit((unsigned char)*s)) {
			c->minute = number(&s, 2);
			if (strncmp(s, "分", 3) == 0 || strncmp(s, "분", 3) == 0)
				s = skip_blanks(s + 3);
		}
		if (isdigit((unsigned char)*s)) {
			c->second = number(&s, 2);
			if (strncmp(s, "秒", 3) == 0 || strncmp(s, "초", 3) == 0)
				s += 3;
		}
		*p = s;
		return c->hour >= 0;
	}
	return false;
}

/* 2004年1月5日 08:00, also 时/時 分 秒, with 上午 or 下午; the Korean form of it is in UTC+9. */
static enum hy_date_quality read_cjk(const char *s, int zone, hy_time *out)
{
	static const struct {
		const char *y, *m, *d, *am, *pm;
	} forms[] = {{"年", "月", "日", "上午", "下午"}, {"년", "월", "일", "오전", "오후"}};
	struct civil c = {.zone = ZONE_NONE, .day = 1, .month = 1, .day_only = true};
	bool korean = strstr(s, "년") || strstr(s, "오전") || strstr(s, "오후"), pm = false;
	const char *y = forms[korean].y, *m = forms[korean].m, *d = forms[korean].d;

	c.year = number(&s, 4);
	if (c.year < 1)
		return HY_DATE_NONE;
	if (strncmp(s, y, 3) == 0) {
		s = skip_blanks(s + 3);
		c.month = number(&s, 2);
		if (c.month < 0 || strncmp(s, m, 3) != 0)
			return HY_DATE_NONE;
		s = skip_blanks(s + 3);
		if (isdigit((unsigned char)*s)) {
			c.day = number(&s, 2);
			if (strncmp(s, d, 3) == 0 || strncmp(s, "号", 3) == 0)
				s += 3;
		}
	} else {
		if (*s != '-' || (s++, c.month = number(&s, 2)) < 0 || *s != '-')
			return HY_DATE_NONE;
		s++;
		c.day = number(&s, 2);
	}
	for (;;) {
		s = skip_blanks(s);
		if (strncmp(s, forms[korean].am, 6) == 0) {
			s += 6;
		} else if (strncmp(s, forms[korean].pm, 6) == 0) {
			pm = true;
			s += 6;
		} else if (strncmp(s, "星期", 6) == 0 || strncmp(s, "(", 1) == 0) {
			s += strcspn(s, " ");
		} else {
			break;
		}
	}
	if (*s) {
		c.day_only = false;
		if (!read_cjk_clock(&s, &c))
			return HY_DATE_NONE;
		if (pm && c.hour < 12)
			c.hour += 12;
		read_zone(skip_blanks(s), &c);
	}
	if (korean && c.zone == ZONE_NONE)
		c.zone = 9 * 60;
	return finish(&c, zone, out);
}

static bool is_weekday(const char *word)
{
	for (size_t i = 0; i < HY_LEN(weekdays); i++)
		if (strncasecmp(word, weekdays[i], strlen(weekdays[i])) == 0)
			return true;
	return false;
}

/* Cuts at blanks and commas, and at '-' between a letter and a digit (05-Jan-2004). */
static size_t split_words(const char *s, char tok[TOKENS_MAX][24])
{
	size_t n = 0, k = 0;

	for (;; s++) {
		bool dash = *s == '-' && k && s[1] &&
			    (isalpha((unsigned char)s[-1]) != isalpha((unsigned char)s[1])) &&
			    (isdigit((unsigned char)s[-1]) || month_named(tok[n]));

		if (*s && *s != ' ' && *s != ',' && !dash) {
			if (k < sizeof(tok[0]) - 1) {
				tok[n][k++] = *s;
				tok[n][k] = '\0';
			}
			continue;
		}
		if (k && n < TOKENS_MAX - 1) {
			n++;
			tok[n][0] = '\0';
		}
		k = 0;
		if (!*s)
			return n;
	}
}

/* A bare number is the day first, else the year (2 digits: RFC 5322). */
static bool take_number(const char *tok, struct civil *c)
{
	size_t n = strlen(tok);
	int v = atoi_n(tok, n);

	if (c->day < 0 && n <= 2) {
		c->day = v;
		return true;
	}
	if (c->year < 0 && n <= 4 && n >= 2) {
		c->year = n == 4 ? v : n == 3 ? v + 1900 : v < 50 ? 2000 + v : 1900 + v;
		return true;
	}
	return false;
}

static void read_meridian_or_zone(const char *s, struct civil *c)
{
	if (strcasecmp(s, "pm") == 0) {
		if (c->hour < 12)
			c->hour += 12;
	} else if (strcasecmp(s, "am") == 0) {
		if (c->hour == 12)
			c->hour = 0;
	} else {
		read_zone(s, c);
	}
}

/* RFC 822 and its many relatives, asctime, Perforce, Greek: by the look of each word. */
static enum hy_date_quality read_words(const char *s, int zone, hy_time *out)
{
	char tok[TOKENS_MAX][24];
	size_t n = split_words(s, tok);
	struct civil c = {.zone = ZONE_NONE, .year = -1, .day = -1, .day_only = true};
	const char *p;

	for (size_t i = 0; i < n; i++) {
		int v;

		if (is_weekday(tok[i]) || tok[i][0] == '(')
			continue;
		if (strchr(tok[i], ':') && isdigit((unsigned char)tok[i][0]) && c.day_only) {
			p = tok[i];
			if (!read_clock(&p, false, &c))
				return HY_DATE_NONE;
			c.day_only = false;
			if (*p)
				read_meridian_or_zone(p, &c);
		} else if (!c.month && (v = month_named(tok[i])) > 0) {
			c.month = v;
		} else if (digits(tok[i], strlen(tok[i])) && take_number(tok[i], &c)) {
			continue;
		} else if (strchr(tok[i], '/') && isdigit((unsigned char)tok[i][0])) {
			p = tok[i];
			if (!read_iso_date(&p, &c) || *p)
				return HY_DATE_NONE;
		} else if (c.month && !c.day_only && c.zone == ZONE_NONE) {
			read_meridian_or_zone(tok[i], &c);
		} else if (c.month && c.year > 0 && c.day_only && c.zone == ZONE_NONE) {
			read_zone(tok[i], &c);
		} else if (c.zone == ZONE_NONE) {
			return HY_DATE_NONE;
		}
	}
	if (!c.month || c.day < 0 || c.year < 0)
		return HY_DATE_NONE;
	return finish(&c, zone, out);
}

/* Every kind of blank becomes one U+0020, full-width digits and colons their plain forms. */
static bool tidy(const char *raw, char out[DATE_BYTES_MAX])
{
	size_t k = 0;

	for (const char *s = raw; *s && k < DATE_BYTES_MAX - 1; s++) {
		unsigned char ch = (unsigned char)*s;

		if (ch == 0xEF && (unsigned char)s[1] == 0xBC && (unsigned char)s[2] >= 0x8D &&
		    (unsigned char)s[2] <= 0x9A) {
			ch = (unsigned char)s[2] - 0x8D + '-';
			s += 2;
		} else if (strncmp(s, "\xE3\x80\x80", 3) == 0) {
			ch = ' ';
			s += 2;
		} else if (strncmp(s, "\xC2\xA0", 2) == 0) {
			ch = ' ';
			s++;
		}
		if (isspace(ch))
			ch = ' ';
		if (ch == ' ' && (k == 0 || out[k - 1] == ' '))
			continue;
		out[k++] = (char)ch;
	}
	while (k && out[k - 1] == ' ')
		k--;
	out[k] = '\0';
	return k > 0;
}

enum hy_date_quality hy_feed_date_parse(const char *raw, int default_offset_minutes, hy_time *out)
{
	char s[DATE_BYTES_MAX];
	enum hy_date_quality q;

	if (!raw || !tidy(raw, s))
		return HY_DATE_NONE;
	if ((q = read_epoch(s, out)) != HY_DATE_NONE)
		return q;
	if (isdigit((unsigned char)*s) &&
	    (strstr(s, "年") || strstr(s, "년") || strstr(s, "오전") || strstr(s, "오후")))
		return read_cjk(s, default_offset_minutes, out);
	if ((q = read_iso(s, default_offset_minutes, out)) != HY_DATE_NONE)
		return q;
	return read_words(s, default_offset_minutes, out);
}
