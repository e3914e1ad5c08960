/*
 * Role detect: the office's rules against each new item of the log, each version and item once,
 * whatever is killed. Changed rules are compiled aside; the old ones go on up to the place of the
 * change. What time is left goes to runs over the archive.
 */
#include "desk/internal.h"

#include "alerts/alerts.h"
#include "desk/compile.h"
#include "desk/stream.h"

#define RUN_BATCH 500	       /* of a run over the archive */
#define RUN_SLICE 200	       /* ms a turn may spend on it */
#define COMPILE_WAIT 50	       /* ms a turn waits for rules that it cannot go on without */

struct detecting {
	struct hy_desk *desk;
	struct desk_compile *aside;
	struct hy_rules *rules;	    /* in force; NULL before the first were compiled */
	int64_t units, units_aside; /* stamps of the units' sources that the rules stand on */
	struct hy_rules *run_rules; /* of the run in hand */
	struct hy_watch_run *run;
};

/* Parses what stands in the record; what no longer parses is said in the log. */
static struct hy_rules *parse(struct detecting *d, const struct hy_watch_span *spans, size_t n,
			      int64_t change, int64_t since)
{
	hy_time now = hy_desk_now(d->desk);
	const struct hy_query_env env = desk_query_env(d->desk, now, true);
	struct hy_rules *rules = NULL;
	struct hy_buf problems;

	hy_buf_init(&problems, d, 1u << 20);
	rules = hy_rules_new(spans, n, change, since, &env, &problems);
	if (problems.len)
		hy_log(HY_LOG_WARNING, "detect", "rules left out", "PROBLEMS", problems.data, NULL);
	talloc_free(problems.data);
	return rules;
}

/* All that runs anywhere past the cursor, read in one snapshot, to the thread. */
static enum hy_status compile(struct detecting *d, struct hy_err *err)
{
	void *work = talloc_new(d);
	struct hy_watch_span *spans = NULL;
	int64_t cursor = 0, change = 0;
	size_t n = 0;
	enum hy_status status = hy_store_begin_read(d->desk->st, err);

	if (!status) {
		status = hy_cursor_get(d->desk->st, HY_ALERTS_CURSOR, &cursor, err);
		if (!status)
			status = hy_unit_stamp(d->desk->st, &d->units_aside, err);
		if (!status)
			status = hy_watch_spans(d->desk->st, work, cursor, &spans, &n, &change, err);
		hy_store_rollback(d->desk->st);
	}
	if (!status)
		status = desk_compile_start(d->aside, parse(d, spans, n, change, cursor), err);
	talloc_free(work);
	return status;
}

/* New rules take the place of the old ones between two batches. */
static enum hy_status swap(struct detecting *d, hy_dur wait, struct hy_err *err)
{
	struct hy_rules *fresh = NULL;
	enum hy_status status = desk_compile_take(d->aside, d, wait, &fresh, err);

	if (!status && fresh) {
		talloc_free(d->rules);
		d->rules = fresh;
		d->units = d->units_aside;
	}
	return status;
}

/* A rule that names a unit stands on the units' sources: when those moved, the rules do not speak
 * for the items of the new ones, and all wait. */
static enum hy_status check_units(struct detecting *d, struct hy_err *err)
{
	int64_t units = 0;
	enum hy_status status = hy_unit_stamp(d->desk->st, &units, err);

	if (!status && d->rules && d->units != units) {
		talloc_free(d->rules);
		d->rules = NULL;
	}
	return status;
}

/* ---- the archive ---- */

static void end_run(struct detecting *d)
{
	talloc_free(d->run);
	talloc_free(d->run_rules);
	d->run = NULL;
	d->run_rules = NULL;
}

/* The oldest run that is open, with its rules. Compiled here: most are of one rule, and new items
 * come first again after this turn. */
static enum hy_status begin_run(struct detecting *d, struct hy_err *err)
{
	void *work = talloc_new(d);
	struct hy_watch_span *spans = NULL;
	size_t n = 0;
	enum hy_status status = hy_watch_run_next(d->desk->st, d, &d->run, err);

	if (!status)
		status = hy_watch_run_rules(d->desk->st, work, d->run, &spans, &n, err);
	if (!status) {
		d->run_rules = talloc_steal(d, parse(d, spans, n, d->run->change, 0));
		status = hy_rules_compile(d->run_rules, 0, err);
	}
	talloc_free(work);
	return status;
}

/* A slice of a run, so that new items never wait long; *more: there is something left to do. */
static enum hy_status archive(struct detecting *d, hy_time now, bool *more, struct hy_err *err)
{
	hy_time end = hy_monotonic() + RUN_SLICE;
	enum hy_status status = d->run ? HY_OK : begin_run(d, err);

	if (status == HY_ENOTFOUND) {
		*more = false;
		return HY_OK;
	}
	while (!status && d->run->state == HY_RUN_OPEN && hy_monotonic() < end)
		status = hy_alerts_rerun(d->desk->st, d->run_rules, d->run, now, RUN_BATCH, err);
	if (status == HY_ECONFLICT) /* somebody stopped it */
		status = HY_OK;
	else if (!status && d->run->state == HY_RUN_OPEN)
		return HY_OK;
	end_run(d);
	return status;
}

/* ---- the role ---- */

static enum hy_status start(struct hy_desk *desk, struct hy_loop *loop, int64_t fence, void **state,
			    struct hy_err *err)
{
	struct detecting *d = hy_new(desk, struct detecting);

	(void)loop;
	(void)fence;
	(void)err;
	d->desk = desk;
	d->aside = desk_compile_new(d);
	*state = d;
	return HY_OK;
}

/* A batch that the index may have read and folded already; matches and cursor in one transaction.
 * Without items only the rules are looked at, for which no writer is kept waiting. */
static enum hy_status one_batch(struct detecting *d, hy_time now, struct hy_detected *found,
				struct hy_err *err)
{
	struct hy_store *st = d->desk->st;
	struct desk_batch b = {0};
	int64_t after = 0;
	enum hy_status status = hy_cursor_get(st, HY_ALERTS_CURSOR, &after, err);

	if (!status)
		status = desk_stream_next(d->desk, after, &b, err);
	if (!status)
		status = b.n ? hy_store_begin(st, err) : hy_store_begin_read(st, err);
	if (!status)
		status = desk_end(d->desk,
				  hy_alerts_batch(st, d->rules, b.items, b.facts, b.n, now, found,
						  err),
				  err);
	talloc_free(b.handle);
	if (!status)
		desk_stream_tell(d->desk, DESK_DETECTS, found->cursor);
	found->more = b.more;
	return status ? hy_err_wrap(err, _("detect")) : HY_OK;
}

/* Batches until the log is read, or its rest needs rules that are not ready. */
static enum hy_status follow(struct detecting *d, hy_time now, struct hy_detected *found,
			     struct hy_err *err)
{
	enum hy_status status = HY_OK;
	char count[24];

	do {
		*found = (struct hy_detected){0};
		status = one_batch(d, now, found, err);
		if (!status && found->opened) {
			snprintf(count, sizeof(count), "%" PRId64, found->opened);
			hy_log(HY_LOG_NOTICE, "detect", "alerts opened", "COUNT", count, NULL);
		}
		if (!status && found->stale && !desk_compile_runs(d->aside))
			status = compile(d, err);
	} while (!status && found->more && !found->blocked);
	return status;
}

static enum hy_status turn(void *state, hy_time now, hy_time *next, struct hy_err *err)
{
	struct detecting *d = state;
	struct hy_detected found = {0};
	bool more = true;
	enum hy_status status = swap(d, 0, err);

	if (!status)
		status = check_units(d, err);
	if (!status && !d->rules && !desk_compile_runs(d->aside))
		status = compile(d, err);
	if (!status && !d->rules)
		status = swap(d, COMPILE_WAIT, err);
	if (!status)
		status = check_units(d, err);
	if (!status && d->rules)
		status = follow(d, now, &found, err);
	if (!status && found.blocked)
		status = swap(d, COMPILE_WAIT, err);
	if (!status && d->rules && !found.blocked)
		status = archive(d, now, &more, err);
	if (!status && !more) /* nothing waits but new rules, and nothing for them */
		*next = desk_compile_runs(d->aside) ? now + COMPILE_WAIT : HY_TIME_NEVER;
	else
		*next = status ? HY_TIME_NEVER : now;
	return status;
}

static void stop(void *state)
{
	struct detecting *d = state;

	desk_stream_tell(d->desk, DESK_DETECTS, -1);
	talloc_free(d);
}

const struct desk_role role_detect = {.name = "detect", .start = start, .turn = turn, .stop = stop};
