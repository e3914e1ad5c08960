/*
 * The balance sheet of what came, private to desk/: every door counts here, in the transaction of
 * what it counts. See hy_source_count().
 */
#ifndef HY_DESK_BALANCE_H
#define HY_DESK_BALANCE_H

#include "store/store.h"

struct hy_desk;

/* The civil day of the office, YYYYMMDD. */
enum hy_status desk_today(struct hy_desk *desk, int *out, struct hy_err *err);

struct desk_count {
	const char *what, *why;
	int64_t n; /* 0 writes nothing */
};
enum hy_status desk_counts_add(struct hy_desk *desk, struct hy_source_id source, int day,
			       const struct desk_count *counts, size_t n, struct hy_err *err);

/* How late new things came, in steps, so that days can be added up. Zero-initialise. */
#define DESK_LAG_STEPS 15
struct desk_lags {
	int64_t n[DESK_LAG_STEPS];
};
void desk_lags_add(struct desk_lags *lags, hy_dur lag);
enum hy_status desk_lags_count(struct hy_desk *desk, struct hy_source_id source, int day,
			       const struct desk_lags *lags, struct hy_err *err);

#endif
