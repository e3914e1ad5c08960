/* The values of time:, since: and until: as half-open ranges of posted time. Days are the office's
 * own: [midnight, midnight) at its offset. */
#include "index/tree.h"

#include "base/base.h"

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
	int64_t monday = day - ((day + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
	bool last = strcmp(s, "上周") == 0 || strcmp(s, "last-week") == 0;
	if (!last && strcmp(s, "本周") != 0 && strcmp(s, "this-week") != 0)
		return false;
	*from = day_start(last ? monday - 7 : monday, env);
	*until = day_start(last ? monday : monday + 7, env);
	return true;
}

/* 2小时, 近7天: a number and a Chinese unit. */
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
		if (strcmp(s + n, units[i].word) == 0) {
			*out = v * units[i].ms;
			return *out <= 36500 * HY_DAY;
		}
	}
	return false;
}

/* A time counted from now. */
static bool relative(const char *s, const struct hy_query_env *env, hy_time *from, hy_time *until)
{
	char word[64];
	hy_dur d;
	size_t n = strlen(s), got = n <= 32 ? hy_fold_into(s, n, word, sizeof(word) - 1) : SIZE_MAX;
	if (got >= sizeof(word)) /* SIZE_MAX: it grew past the room */
		return false;
	word[got] = '\0';
	if (named_days(word, env, from, until))
		return true;
	if (hy_dur_parse(word, &d, NULL) != HY_OK && !chinese_duration(word, &d))
		return false;
	*from = env->now - env->now % HY_SECOND - d;
	*until = HY_TIME_NEVER;
	return true;
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

/* 2026, 2026-11, 2026-11-01: the whole of it; longer ISO forms: that instant, from == until. */
static bool civil(const char *s, size_t n, const struct hy_query_env *env, hy_time *from,
		  hy_time *until)
{
	int y = 0, m = 1, d = 1;
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
	if (!relative(s, env, from, until))
		return false;
	if (env->standing) {
		*why = N_("a rule runs on each new item: a time counted from now has no meaning in "
			  "it");
		return false;
	}
	return true;
}
