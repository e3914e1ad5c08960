/* Inside calendar/ only. All times here are whole UTC seconds, not hy_time. */
#ifndef HY_CALENDAR_INTERNAL_H
#define HY_CALENDAR_INTERNAL_H

#include "calendar/calendar.h"

/* The built-in days: made from cn.csv at build. */
struct hy_cal_row {
	int date;
	bool work;
	const char *name, *source;
};
extern const struct hy_cal_row hy_cal_cn[];
extern const size_t hy_cal_cn_n;
extern const char hy_cal_cn_version[];
extern const int hy_cal_cn_first, hy_cal_cn_last;

/* A zone as pieces of constant offset: piece i runs from at[i] (at[0] = the beginning of time) to
 * at[i + 1]. */
struct hy_cal_zone {
	size_t n;
	int64_t *at;
	int32_t *off; /* seconds east */
};
/* Reads the zone file (TZDIR, else /usr/share/zoneinfo) up to the end of the supported years;
 * Asia/Shanghai and UTC are known without one. */
enum hy_status hy_cal_zone_read(struct hy_cal_zone *z, const void *ctx, const char *name,
				struct hy_err *err);
/* Parses a TZif file of n bytes (RFC 8536); exported for the fuzzer and the tests. */
enum hy_status hy_cal_zone_parse(struct hy_cal_zone *z, const void *ctx, const uint8_t *bytes,
				 size_t n, struct hy_err *err);
int32_t hy_cal_zone_offset(const struct hy_cal_zone *z, int64_t t);

struct hy_cal_day {
	int64_t start;	   /* first instant with this date or a later one */
	uint32_t closings; /* closings of days up to and with this one */
	uint16_t hours;	   /* index into hours[] */
	uint8_t kind;	   /* enum hy_day_kind */
	bool known;
	const char *name, *source;
};
struct hy_cal_work {
	int64_t since, until, before; /* before: work seconds before since */
};
struct hy_cal_closing {
	int64_t at;
	int32_t day; /* index into day[] */
};
struct hy_calendar {
	char *version, *zone_name;
	struct hy_cal_zone zone;
	int first_year, last_year; /* of the notices; 0 = none */
	int64_t day0;		   /* days since 1970 of day[0] */
	size_t n_days;
	struct hy_cal_day *day; /* n_days + 1: the last is a fence */
	struct hy_hours *hours;
	size_t n_hours;
	struct hy_cal_work *work;
	size_t n_work;
	struct hy_cal_closing *closing;
	size_t n_closings;
	int64_t t0, t1; /* the table covers [t0, t1) */
};

/* Whole seconds, towards minus infinity. */
int64_t hy_cal_secs(hy_time t);
/* Index of the civil day of second t; t must lie within the table. */
size_t hy_cal_day_at(const struct hy_calendar *cal, int64_t t);
int hy_cal_date_of(const struct hy_calendar *cal, size_t day);
/* Index of the last work interval that begins at or before t, or -1. */
ptrdiff_t hy_cal_work_at(const struct hy_calendar *cal, int64_t t);
/* Work seconds in [t0, t). */
int64_t hy_cal_worked(const struct hy_calendar *cal, int64_t t);
bool hy_cal_leap(int year);
int hy_cal_month_days(int year, int month);
/* Cut, sorted, joined: pauses of a run in seconds, within [arrival, t1). child of ctx. */
struct hy_cal_span {
	int64_t since, until;
};
size_t hy_cal_pauses(const struct hy_calendar *cal, const struct hy_run *run, const void *ctx,
		     struct hy_cal_span **out);
/* When one meter is full, INT64_MAX when it never is within the table. */
int64_t hy_cal_meter_due(const struct hy_calendar *cal, const struct hy_meter *m, int64_t arrival,
			 const struct hy_cal_span *pause, size_t n_pauses);
enum hy_status hy_cal_run_check(const struct hy_calendar *cal, const struct hy_run *run,
				struct hy_err *err);

#endif
