/*
 * Kinds of day, office hours, civil time and the promise clock (design.md 6). A calendar gives each
 * whole second one regime, work or rest; a promise is a set of meters, each a budget counted in one
 * kind of time, and falls due when the first of them is full.
 *
 * A calendar is made once and never changes: it may be read by any number of threads. Times are
 * hy_time; each function floors them to whole seconds first. Every interval is half-open. Dates are
 * ints, YYYYMMDD: a date is a date, never a midnight in UTC. Supported: 2000-01-01 to 2059-12-31
 * (office time); HY_EINPUT outside. Nothing here blocks but hy_calendar_new (zone files).
 */
#ifndef HY_CALENDAR_H
#define HY_CALENDAR_H

#include "base/base.h"

#define HY_CALENDAR_FIRST 20000101
#define HY_CALENDAR_LAST 20591231

/* ---- making one ---- */

/* A day on which the office departs from the published calendar. Later entries win. */
struct hy_calendar_override {
	int date;
	bool work;
	const char *name;  /* why: "flood duty"; NULL = "" */
	const char *hours; /* as hy_calendar_conf.hours for this day alone; NULL = the usual */
};
/* Hours of a part of the year, e.g. summer: both ends included, MMDD; first > last runs over New
 * Year. */
struct hy_calendar_season {
	int first, last;
	const char *hours; /* replace conf.hours (not weekday[]) */
};
/* Zero-initialise; a member left 0 or NULL has the default given. Everything is copied. */
struct hy_calendar_conf {
	const char *days;  /* "cn": the State Council's notices; "none": weekdays only ["cn"] */
	const char *zone;  /* name in the zone database ["Asia/Shanghai"] */
	const char *hours; /* "08:30-12:00,14:00-18:00": rising, 24:00 legal [that] */
	const char *weekday[7]; /* Sunday first; "" = closed [conf.hours Mon-Fri, "" Sat, Sun] */
	const char *makeup;	/* hours of make-up work days [conf.hours] */
	const struct hy_calendar_season *seasons;
	size_t n_seasons;
	const struct hy_calendar_override *overrides;
	size_t n_overrides;
};
struct hy_calendar;
/*
 * Makes a calendar (talloc child of ctx; conf NULL = all defaults). HY_EINPUT names the member, the
 * text and the cure: bad hours, unknown days or zone, a date that does not exist.
 */
enum hy_status hy_calendar_new(struct hy_calendar **out, const void *ctx,
			       const struct hy_calendar_conf *conf, struct hy_err *err);
/* "cn@2026.1": the edition of the built-in days. Anything that departs from the defaults (zone,
 * hours, overrides) adds '+' and 8 hex digits of its hash. Valid while cal lives. */
const char *hy_calendar_version(const struct hy_calendar *cal);
const char *hy_calendar_zone(const struct hy_calendar *cal);
/* First and last year for which the notices were read (0, 0 for "none"). */
void hy_calendar_years(const struct hy_calendar *cal, int *first, int *last);
/*
 * What a supervisor must know: lines (children of ctx), none when all is well. The year of now is
 * missing; from 1 November the next year is missing; the office has no working hours at all. zh for
 * Chinese.
 */
size_t hy_calendar_check(const struct hy_calendar *cal, const void *ctx, hy_time now,
			 enum hy_lang lang, char ***out);

/* ---- reading hours ---- */

#define HY_HOURS_MAX 8
struct hy_hours {
	size_t n;
	struct {
		int32_t since, until; /* seconds of the civil day, 0..86400, since < until */
	} range[HY_HOURS_MAX];
};
/* "08:30-12:00,14:00-18:00"; "" = closed. HY_EINPUT for anything else, an overlap, a range that
 * does not rise, more than 8. */
enum hy_status hy_hours_parse(const char *s, struct hy_hours *out, struct hy_err *err);

/* ---- days and civil time ---- */

enum hy_day_kind {
	HY_DAY_WORK,	     /* an ordinary working day */
	HY_DAY_WEEKEND,	     /* an ordinary day of rest */
	HY_DAY_HOLIDAY,	     /* off by a notice */
	HY_DAY_MAKEUP,	     /* 调休: work by a notice */
	HY_DAY_OFFICE_WORK,  /* the office's override */
	HY_DAY_OFFICE_CLOSED /* the office's override */
};
struct hy_calendar_day {
	int date;
	int weekday; /* 0 = Sunday */
	enum hy_day_kind kind;
	bool work;	    /* by kind; hours may still be empty */
	bool known;	    /* the year is in the table, or the day is an override */
	const char *name;   /* "春节", an override's name, "" */
	const char *source; /* the notice: "国办发明电〔2025〕7号", "office", "" */
	struct hy_hours hours;
	hy_time start, end; /* [start, end) of the civil day */
};
/* HY_EINPUT: no such date or out of range. Pointers valid while cal lives. */
enum hy_status hy_calendar_day(const struct hy_calendar *cal, int date, struct hy_calendar_day *out,
			       struct hy_err *err);
/* "work", "weekend", "holiday", "makeup", "office-work", "office-closed". */
const char *hy_day_kind_name(enum hy_day_kind kind);
/* The civil date of t in the office's zone: never goes back as t goes on. 0 out of range. */
int hy_calendar_date(const struct hy_calendar *cal, hy_time t);
/* The first instant of the civil date (00:00, or what follows it where the clocks jump); 0 out of
 * range. */
hy_time hy_calendar_day_start(const struct hy_calendar *cal, int date);
/* The date n days later (n < 0: earlier) and the number of days from a to b, by civil dates. */
int hy_date_add(int date, int n);
int hy_date_diff(int a, int b);
/* "2026-11-21" to 20261121, HY_EINPUT; and back into out[11]. */
enum hy_status hy_date_parse(const char *s, int *out, struct hy_err *err);
char *hy_date_text(int date, char out[11]);
/* Seconds east of UTC in force at t. */
int hy_calendar_offset(const struct hy_calendar *cal, hy_time t);
/* "2026-11-21T14:05:00+08:00", "2026-11-21 14:05": into out; return out. */
char *hy_calendar_iso(const struct hy_calendar *cal, hy_time t, char out[HY_TIME_ISO_OFFSET_MAX]);
char *hy_calendar_short(const struct hy_calendar *cal, hy_time t, char out[17]);
/* ISO 8601 week of t in office time, "2026-W47", into out[9], and the instant at which it ends (the
 * next Monday begins; end may be NULL). */
char *hy_calendar_week(const struct hy_calendar *cal, hy_time t, char out[9], hy_time *end);

/* ---- regimes ---- */

bool hy_calendar_is_work(const struct hy_calendar *cal, hy_time t);
/* The end of the stretch of equal regime in which t lies (> t), and its start (<= t).
 * HY_TIME_NEVER / 0 where the table ends. */
hy_time hy_calendar_next(const struct hy_calendar *cal, hy_time t);
hy_time hy_calendar_prev(const struct hy_calendar *cal, hy_time t);

enum hy_regime { HY_REGIME_WORK, HY_REGIME_REST, HY_REGIME_ANY, HY_REGIME_WORKDAYS };
const char *hy_regime_name(enum hy_regime r); /* "work", "rest", "any", "workdays" */
/*
 * Whole seconds of a regime in [since, until); WORKDAYS: the number of closings (below) in
 * (since, until]. 0 when until <= since. Additive: f(a, b) + f(b, c) == f(a, c).
 */
int64_t hy_calendar_between(const struct hy_calendar *cal, enum hy_regime r, hy_time since,
			    hy_time until);

/* ---- promises ---- */

/*
 * "1h work", "8h rest", "90m any", "1h30m work", "3 workdays". Budgets of work, rest and any are
 * seconds; of workdays, closings: a working day closes when its last office range ends, and
 * "N workdays" is full at the Nth closing after the civil date of arrival. So the day of arrival
 * never counts (as in law), whatever the hour; a message that comes on a day of rest is counted
 * from the next working day as day 1; a day with no office hours does not count. Each of these is
 * monotone: a later message is never promised an earlier answer.
 */
struct hy_meter {
	enum hy_regime regime;
	int64_t budget; /* > 0 */
};
#define HY_METERS_MAX 8
struct hy_promise {
	const char *name; /* "reply"; the caller's, not copied */
	size_t n;	  /* 1..HY_METERS_MAX */
	struct hy_meter meter[HY_METERS_MAX];
};
/* HY_EINPUT with the forms allowed. At most 10 years or 1000 workdays. */
enum hy_status hy_meter_parse(const char *s, struct hy_meter *out, struct hy_err *err);
enum hy_status hy_promise_parse(const char *name, const char *const *within, size_t n,
				struct hy_promise *out, struct hy_err *err);
/* "1h work, 8h rest": reads back as the same. child of ctx. */
char *hy_meter_text(const void *ctx, const struct hy_meter *m);
char *hy_promise_text(const void *ctx, const struct hy_promise *p);

struct hy_span {
	hy_time since, until; /* half-open */
};
/* One run of the clock. Pauses (waiting for the citizen) are not counted by any meter; of workdays,
 * a closing within a pause (since < closing <= until) is not. They need not be sorted and may
 * overlap; parts before arrival do nothing. */
struct hy_run {
	const struct hy_promise *promise;
	hy_time arrival;
	const struct hy_span *pauses;
	size_t n_pauses;
};
/* When the first meter is full: whole seconds. HY_EINPUT: out of the supported years, or a meter
 * that never fills (no office hours). Without pauses it takes no memory and a microsecond. */
enum hy_status hy_calendar_due(const struct hy_calendar *cal, const struct hy_run *run,
			       hy_time *out, struct hy_err *err);

/* A stretch that a meter counted. */
struct hy_counted {
	hy_time since, until;
	int64_t amount;	    /* seconds, or 1 for a closing of a working day */
	int date;	    /* civil date of since (of the closing) */
	const char *reason; /* "office hours", "lunch or night", "春节" ...: msgid or a name */
};
struct hy_meter_result {
	struct hy_meter meter;
	hy_time due; /* HY_TIME_NEVER: never fills */
	struct hy_counted *counted;
	size_t n_counted; /* at most 400; past that the last entry covers all the rest */
};
struct hy_explanation {
	const char *version, *zone, *promise, *rule; /* rule: "1h work, 8h rest" */
	hy_time arrival, due;
	size_t decided; /* index of the meter that filled first */
	size_t n;
	struct hy_meter_result meter[HY_METERS_MAX];
	struct hy_span *pauses; /* as used: sorted, joined, cut at arrival and due */
	size_t n_pauses;
	int unknown_year; /* first year counted that is not in the table (fell back to Mon-Fri), 0
			   */
};
/* The same answer with its reasons; a child of ctx. Statuses as hy_calendar_due. */
enum hy_status hy_calendar_explain(const struct hy_calendar *cal, const struct hy_run *run,
				   const void *ctx, struct hy_explanation **out,
				   struct hy_err *err);
/* The explanation as lines of text for a person (child of ctx), and into a JSON writer as one
 * object; times in office time. */
char *hy_explanation_text(const struct hy_calendar *cal, const struct hy_explanation *e,
			  const void *ctx, enum hy_lang lang);
void hy_explanation_json(const struct hy_calendar *cal, const struct hy_explanation *e,
			 struct hy_json_writer *w);

#endif
