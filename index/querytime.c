/* The values of time:, since: and until: as half-open ranges of posted time. Days are the office's
 * own: [midnight, midnight) at its offset. */
#include "index/tree.h"

#include "base/base.h"

#include <stdio.h>
#include <string.h>

static hy_time day_start(int64_t day, const struct hy_query_env *env)
{
	return day * HY_DAY - env->zone_minutes * HY_MINUTE;
}

static int64_t today(const struct hy_query_env *env)
{
	hy_time local = env->now + env->zone_minutes * HY_MINUTE;
	return local >= 0 ? local / HY_DAY : -((-local + HY_DAY - 1) / HY_DAY);
}

static hy_time month_start(int y, int m, const struct hy_query_env *env)
{
	return day_start(hy_days_from_civil(m > 12 ? y + 1 : m < 1 ? y - 1 : y,
					    m > 12  ? 1
					    : m < 1 ? 12
						    : m,
					    1),
			 env);
}

static bool named_month(const char *s, int64_t day, const struct hy_query_env *env, hy_time *from,
			hy_time *until)
{
	static const struct {
		const char *word;
		int back;
	} names[] = {{"本月", 0},	{"这个月", 0}, {"this-month", 0},
		     {"上月", 1}, {"上个月", 1}, {"last-month", 1}};
	int y, m, d;

	hy_civil_from_days(day, &y, &m, &d);
	for (size_t i = 0; i < HY_LEN(names); i++) {
		if (strcmp(s, names[i].word) == 0) {
			*from = month_start(y, m - names[i].back, env);
			*until = month_start(y, m - names[i].back + 1, env);
			return true;
		}
	}
	return false;
}

/* Words for days, as the fold has them: how many days back they begin and how many they last. */
static bool named_days(const char *s, const struct hy_query_env *env, hy_time *from, hy_time *until)
{
	static const struct {
		const char *word;
		int back, days;
	} names[] = {
		{"today", 0, 1}, {"今天", 0, 1}, {"今日", 0, 1}, {"yesterday", 1, 1},
		{"昨天", 1, 1},	 {"昨日", 1, 1}, {"前天", 2, 1},
	};
	int64_t day = today(env);
	for (size_t i = 0; i < HY_LEN(names); i++) {
		if (strcmp(s, names[i].word) == 0) {
			*from = day_start(day - names[i].back, env);
			*until = day_start(day - names[i].back + names[i].days, env);
			return true;
		}
	}
	if (named_month(s, day, env, from, until))
		return true;
	int64_t monday = day - ((day + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
	bool last = strcmp(s, "上周") == 0 || strcmp(s, "last-week") == 0;
	if (!last && strcmp(s, "本周") != 0 && strcmp(s, "this-week") != 0)
		return false;
	*from = day_start(last ? monday - 7 : monday, env);
	*until = day_start(last ? monday : monday + 7, env);
	return true;
}

/* 2小时, 近7天, 2小时前: a number and a Chinese unit. */
static bool chinese_duration(const char *s, hy_dur *out)
{
	static const char *const before[] = {"最近", "近", "过去"};
	static const struct {
		const char *word;
		hy_dur ms;
	} units[] = {
		{"分钟", HY_MINUTE},
		{"小时", HY_HOUR},
		{"天", HY_DAY},
		{"周", 7 * HY_DAY},
	};
	for (size_t i = 0; i < HY_LEN(before); i++) {
		if (strncmp(s, before[i], strlen(before[i])) == 0) {
			s += strlen(before[i]);
			break;
		}
	}
	size_t n = strspn(s, "0123456789");
	if (n == 0 || n > 5)
		return false;
	int64_t v = 0;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (s[i] - '0');
	for (size_t i = 0; i < HY_LEN(units); i++) {
		const char *behind = s + n + strlen(units[i].word);
		if (strncmp(s + n, units[i].word, strlen(units[i].word)) == 0 &&
		    (*behind == '\0' || strcmp(behind, "前") == 0 || strcmp(behind, "以前") == 0 ||
		     strcmp(behind, "内") == 0)) {
			*out = v * units[i].ms;
			return *out <= 36500 * HY_DAY;
		}
	}
	return false;
}

static bool digits(const char *s, size_t n, int *out)
{
	int v = 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (s[i] - '0');
	}
	*out = v;
	return true;
}

static bool real_date(int y, int m, int d)
{
	int ry, rm, rd;
	if (y < 1 || m < 1 || m > 12 || d < 1 || d > 31)
		return false;
	hy_civil_from_days(hy_days_from_civil(y, m, d), &ry, &rm, &rd);
	return ry == y && rm == m && rd == d;
}

/* A number of one or two digits (four: a year) and the mark behind it. */
static bool marked(const char **s, size_t most, const char *mark, int *out)
{
	size_t n = strspn(*s, "0123456789");

	if (n == 0 || n > most || strncmp(*s + n, mark, strlen(mark)) != 0)
		return false;
	(void)digits(*s, n, out);
	*s += n + strlen(mark);
	return true;
}

/* 11月20日, 11月20号: the last one that is not to come. */
static bool chinese_day(const char *s, const struct hy_query_env *env, hy_time *from, hy_time *until)
{
	int y, m, d, month = 0, day = 0;

	if (!marked(&s, 2, "月", &month) || (!marked(&s, 2, "日", &day) && !marked(&s, 2, "号", &day)) ||
	    *s != '\0')
		return false;
	hy_civil_from_days(today(env), &y, &m, &d);
	if (month > m || (month == m && day > d))
		y--;
	if (!real_date(y, month, day))
		return false;
	*from = day_start(hy_days_from_civil(y, month, day), env);
	*until = *from + HY_DAY;
	return true;
}

/* A time counted from now. */
static bool relative(const char *s, const struct hy_query_env *env, hy_time *from, hy_time *until,
		     const char **why)
{
	char word[64];
	hy_dur d;
	size_t n = strlen(s), got = n <= 32 ? hy_fold_into(s, n, word, sizeof(word) - 1) : SIZE_MAX;
	if (got >= sizeof(word)) /* SIZE_MAX: it grew past the room */
		return false;
	word[got] = '\0';
	if (named_days(word, env, from, until) || chinese_day(word, env, from, until))
		return true;
	if (hy_dur_parse(word, &d, NULL) != HY_OK && !chinese_duration(word, &d))
		return false;
	if (d <= 0) {
		*why = N_("nothing was posted within no time: write 1h, 7d");
		return false;
	}
	*from = env->now - env->now % HY_SECOND - d;
	*until = HY_TIME_NEVER;
	return true;
}

/* 2026年, 2026年11月, 2026年11月20日 (号) as 2026, 2026-11, 2026-11-20. */
static bool chinese_date(const char *text, size_t n, char *out, size_t room)
{
	char copy[40];
	const char *s = copy;
	int y = 0, m = 0, d = 0;

	if (n >= sizeof(copy))
		return false;
	memcpy(copy, text, n);
	copy[n] = '\0';
	if (strspn(s, "0123456789") != 4 || !marked(&s, 4, "年", &y))
		return false;
	if (*s != '\0' && !(marked(&s, 2, "月", &m) && m > 0))
		return false;
	if (*s != '\0' && !((marked(&s, 2, "日", &d) || marked(&s, 2, "号", &d)) && d > 0))
		return false;
	if (*s != '\0')
		return false;
	if (d > 0)
		snprintf(out, room, "%04d-%02d-%02d", y, m, d);
	else if (m > 0)
		snprintf(out, room, "%04d-%02d", y, m);
	else
		snprintf(out, room, "%04d", y);
	return true;
}

/* 2026, 2026-11, 2026-11-01: the whole of it; longer ISO forms: that instant, from == until. */
static bool civil(const char *s, size_t n, const struct hy_query_env *env, hy_time *from,
		  hy_time *until)
{
	int y = 0, m = 1, d = 1;
	char iso[40];
	if (chinese_date(s, n, iso, sizeof(iso)))
		return civil(iso, strlen(iso), env, from, until);
	bool month = n >= 7, day = n >= 10;
	if ((n != 4 && n != 7 && n < 10) || n > 32 || !digits(s, 4, &y))
		return false;
	if (month && ((s[4] != '-' && s[4] != '/') || !digits(s + 5, 2, &m)))
		return false;
	if (day && (s[7] != s[4] || !digits(s + 8, 2, &d)))
		return false;
	if (!real_date(y, m, d))
		return false;
	if (n > 10) {
		char copy[33];
		memcpy(copy, s, n);
		copy[n] = '\0';
		if (hy_time_parse_iso(copy, env->zone_minutes, from, NULL) != HY_OK)
			return false;
		*until = *from;
		return true;
	}
	*from = day_start(hy_days_from_civil(y, m, d), env);
	if (day)
		*until = *from + HY_DAY;
	else if (month)
		*until = day_start(hy_days_from_civil(m == 12 ? y + 1 : y, m == 12 ? 1 : m + 1, 1),
				   env);
	else
		*until = day_start(hy_days_from_civil(y + 1, 1, 1), env);
	return true;
}

static bool range(const char *s, const char *dots, const struct hy_query_env *env, hy_time *from,
		  hy_time *until, const char **why)
{
	hy_time unused;
	size_t left = (size_t)(dots - s), right = strlen(dots + 2);
	*from = INT64_MIN;
	*until = HY_TIME_NEVER;
	if (left == 0 && right == 0)
		return false;
	if (left > 0 && !civil(s, left, env, from, &unused))
		return false;
	if (right > 0 && !civil(dots + 2, right, env, &unused, until))
		return false;
	if (*from > *until) {
		*why = N_("this range ends before it begins");
		return false;
	}
	return true;
}

bool hy_query_time(const char *s, const struct hy_query_env *env, hy_time *from, hy_time *until,
		   const char **why)
{
	const char *dots = strstr(s, "..");
	if (dots != NULL)
		return range(s, dots, env, from, until, why);
	if (civil(s, strlen(s), env, from, until)) {
		if (*until == *from) /* an instant: from it on */
			*until = HY_TIME_NEVER;
		return true;
	}
	if (!relative(s, env, from, until, why))
		return false;
	if (env->standing) {
		*why = N_("a rule runs on each new item: a time counted from now has no meaning in "
			  "it");
		return false;
	}
	return true;
}
