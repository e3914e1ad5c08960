/* Time: UTC milliseconds; a clock that can be replaced; randomness that can be seeded. */
#ifndef HY_BASE_TIME_H
#define HY_BASE_TIME_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

typedef int64_t
	hy_time; /* UTC milliseconds since 1970-01-01T00:00:00Z, no leap seconds; 0 = not set */
typedef int64_t hy_dur; /* milliseconds */

#define HY_SECOND ((hy_dur)1000)
#define HY_MINUTE (60 * HY_SECOND)
#define HY_HOUR (60 * HY_MINUTE)
#define HY_DAY (24 * HY_HOUR)
#define HY_TIME_NEVER INT64_MAX

/*
 * The clock. Real: CLOCK_REALTIME. Otherwise a file (HUYING_CLOCK=FILE, read at each call: a
 * decimal of UTC milliseconds, optionally "BASE xRATE @REAL": the time was BASE when the real clock
 * said REAL and runs RATE times as fast) for tests and drills. Thread-safe.
 */
struct hy_clock;
struct hy_clock *hy_clock_real(void); /* a constant; never freed */
struct hy_clock *hy_clock_fixed(const void *ctx,
				hy_time start); /* stands still until set; talloc */
struct hy_clock *
hy_clock_file(const void *ctx,
	      const char *path); /* follows the file; an unreadable file = the last value read */
struct hy_clock *hy_clock_from_env(const void *ctx); /* HUYING_CLOCK or the real one */
hy_time hy_now(struct hy_clock *clock);
void hy_clock_set(struct hy_clock *clock, hy_time t); /* fixed clocks only, else HY_BUG */
hy_time hy_monotonic(void); /* CLOCK_MONOTONIC ms, for deadlines and durations only */

/* "2026-11-21T06:05:00Z" (milliseconds are dropped) into out[25]; returns out. */
#define HY_TIME_ISO_MAX 25
char *hy_time_iso(hy_time t, char out[HY_TIME_ISO_MAX]);
/* As above with a fixed offset in minutes east of UTC: "2026-11-21T14:05:00+08:00" into out[32]. */
#define HY_TIME_ISO_OFFSET_MAX 32
char *hy_time_iso_offset(hy_time t, int offset_minutes, char out[HY_TIME_ISO_OFFSET_MAX]);
/* "Sat, 21 Nov 2026 06:05:00 GMT" (RFC 9110 IMF-fixdate) into out[32]. */
char *hy_time_http(hy_time t, char out[32]);

/* Days since 1970-01-01 of a proleptic Gregorian date, and back. month 1-12, day 1-31. */
int64_t hy_days_from_civil(int year, int month, int day);
void hy_civil_from_days(int64_t days, int *year, int *month, int *day);

/*
 * Reads RFC 3339 / ISO 8601 ("2026-11-21T14:05:00+08:00", blank for T, seconds and zone optional; a
 * date alone is midnight). Without a zone, default_offset_minutes holds. HY_EINPUT when it is none
 * of these or out of range (years 1..9999).
 */
enum hy_status hy_time_parse_iso(const char *s, int default_offset_minutes, hy_time *out,
				 struct hy_err *err);

/* Reads a duration: "90s", "15m", "2h", "1h30m", "7d", "2w". HY_EINPUT otherwise; at most 100
 * years. */
enum hy_status hy_dur_parse(const char *s, hy_dur *out, struct hy_err *err);

/*
 * Seeded pseudo-randomness for jitter and sampling (xoshiro-family by our own few lines; never for
 * secrets: those come from hy_random_bytes in crypt.h). HUYING_SEED in the environment seeds
 * hy_rand_init_default. Not thread-safe: one each.
 */
struct hy_rand {
	uint64_t s[4];
};
void hy_rand_init(struct hy_rand *r, uint64_t seed);
void hy_rand_init_default(struct hy_rand *r);
uint64_t hy_rand_next(struct hy_rand *r);
uint64_t hy_rand_below(struct hy_rand *r, uint64_t n); /* uniform in [0, n); n > 0 */
double hy_rand_unit(struct hy_rand *r);		       /* [0, 1) */

#endif
