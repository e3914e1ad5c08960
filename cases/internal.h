/* Inside cases/ only. */
#ifndef HY_CASES_INTERNAL_H
#define HY_CASES_INTERNAL_H

#include "cases/cases.h"

hy_time hy_case_floor(hy_time t); /* to whole seconds */
hy_time hy_case_pause_cap(const struct hy_case_rules *rules, hy_time since);
/* Sets due_*, promise_* and calendar of the current round from the events; those settled stay. */
enum hy_status hy_case_dues(const struct hy_case_rules *rules, const struct hy_case_event *ev,
			    size_t n, struct hy_case *c, struct hy_err *err);
/* Every case that the filter's flags let through (closed_too, waiting), by id; children of ctx. */
enum hy_status hy_cases_all(struct hy_store *st, const void *ctx, struct hy_case_filter f,
			    struct hy_case **out, size_t *n_out, struct hy_err *err);

#endif
