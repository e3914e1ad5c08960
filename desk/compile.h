/* Rules compiled aside, in a thread of their own, while the old ones go on. */
#ifndef HY_DESK_COMPILE_H
#define HY_DESK_COMPILE_H

#include "alerts/alerts.h"

struct desk_compile; /* talloc child; freeing waits for the thread */
struct desk_compile *desk_compile_new(const void *ctx);
/* Takes rules that were parsed. One at a time (HY_BUG). HY_ESYSTEM: no thread. */
enum hy_status desk_compile_start(struct desk_compile *c, struct hy_rules *rules,
				  struct hy_err *err);
bool desk_compile_runs(const struct desk_compile *c);
/*
 * Waits at most wait for what was started: *out = the compiled rules, child of ctx, or NULL when
 * they are not ready yet or nothing was started. The status of hy_rules_compile().
 */
enum hy_status desk_compile_take(struct desk_compile *c, const void *ctx, hy_dur wait,
				 struct hy_rules **out, struct hy_err *err);

#endif
