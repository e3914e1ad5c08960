/* Role detect: the office's rules against each new item of the log, each pair once, whatever is
 * killed. */
#include "desk/internal.h"

#include "alerts/alerts.h"

struct detecting {
	struct hy_desk *desk;
	struct hy_rules *rules;
	uint64_t stamp;
};

/* Compiles the rules anew when one of them changed. */
static enum hy_status refresh(struct detecting *d, hy_time now, struct hy_err *err)
{
	void *work = talloc_new(d);
	struct hy_watch *watches = NULL;
	size_t n = 0;
	char *problems = NULL;
	const struct hy_query_env env = desk_query_env(d->desk, now, true);
	struct hy_rules *rules = NULL;
	enum hy_status status = hy_watch_list(d->desk->st, work, &watches, &n, err);
	int64_t units = 0; /* a rule that names a unit stands on the units' sources */
	if (!status)
		status = hy_unit_stamp(d->desk->st, &units, err);
	uint64_t stamp = status ? 0 : hy_watches_stamp(watches, n) ^ (uint64_t)units;

	if (!status && (!d->rules || stamp != d->stamp)) {
		status = hy_rules_new(&rules, d, watches, n, &env, 0, &problems, err);
		if (!status) {
			talloc_free(d->rules);
			d->rules = rules;
			d->stamp = stamp;
			if (problems && *problems)
				hy_log(HY_LOG_WARNING, "detect", "rules left out", "PROBLEMS",
				       problems, NULL);
			talloc_free(problems);
		}
	}
	talloc_free(work);
	return status;
}

static enum hy_status start(struct hy_desk *desk, struct hy_loop *loop, int64_t fence, void **state,
			    struct hy_err *err)
{
	struct detecting *d = hy_new(desk, struct detecting);

	(void)loop;
	(void)fence;
	(void)err;
	d->desk = desk;
	*state = d;
	return HY_OK;
}

static enum hy_status turn(void *state, hy_time now, hy_time *next, struct hy_err *err)
{
	struct detecting *d = state;
	struct hy_detected found = {.more = true};
	enum hy_status status = refresh(d, now, err);
	char count[24];

	while (!status && found.more) {
		found.more = false;
		status = hy_alerts_detect(d->desk->st, d->rules, now, 1000, &found, err);
		if (!status && found.opened) {
			snprintf(count, sizeof(count), "%" PRId64, found.opened);
			hy_log(HY_LOG_NOTICE, "detect", "alerts opened", "COUNT", count, NULL);
		}
	}
	*next = HY_TIME_NEVER;
	return status;
}

static void stop(void *state)
{
	talloc_free(state);
}

const struct desk_role role_detect = {.name = "detect", .start = start, .turn = turn, .stop = stop};
