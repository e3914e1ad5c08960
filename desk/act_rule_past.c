/* Rules and the archive: what a rule would have done, and running rules over what is there. */
#include "desk/internal.h"

#include "alerts/alerts.h"

#include <math.h>
#include <string.h>

#define TEST_DAYS 30
#define TEST_MOST 1000000 /* items looked at: a few seconds */

/*
 * False alarms, as far as the past can tell: on a day with a match the rule rings once (its alert
 * stays open until somebody closes it); of the matches that people have judged, some were noise.
 */
static void put_estimate(struct hy_json_writer *w, const struct hy_tried *t, hy_time now)
{
	double days = (double)(now - t->since) / (24.0 * (double)HY_HOUR);
	double a_day = (double)t->n_days / (days < 1 ? 1 : days), week = 7 * (a_day < 1 ? a_day : 1);
	double low = 0, high = 1;
	int64_t judged = t->noise + t->useful;

	if (judged > 0)
		hy_wilson(t->noise, judged, &low, &high);
	hy_jw_kint(w, "alert_days", (int64_t)t->n_days);
	hy_jw_kreal(w, "alerts_a_week", round(week * 10) / 10);
	hy_jw_kint(w, "noise", t->noise);
	hy_jw_kint(w, "useful", t->useful);
	hy_jw_key(w, "false_a_week");
	if (judged > 0)
		hy_jw_real(w, round(week * (double)t->noise / (double)judged * 10) / 10);
	else
		hy_jw_null(w); /* nobody has judged a match yet */
	hy_jw_kreal(w, "false_low", round(week * low * 10) / 10);
	hy_jw_kreal(w, "false_high", round(week * high * 10) / 10);
}

static void put_days(struct hy_desk *desk, struct hy_json_writer *w, const struct hy_tried *t)
{
	hy_jw_key(w, "days");
	hy_jw_array(w);
	for (size_t i = 0; i < t->n_days; i++) {
		char *day = hy_desk_when(desk, w, t->days[i].start);
		hy_jw_object(w);
		put_ts(w, "from_ts", t->days[i].start);
		hy_jw_key(w, "day");
		hy_jw_strn(w, day, 10);
		hy_jw_kint(w, "count", t->days[i].count);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
}

static void put_examples(struct hy_desk *desk, struct hy_json_writer *w, const struct hy_query *q,
			 const struct hy_tried *t)
{
	hy_jw_key(w, "items");
	hy_jw_array(w);
	for (size_t i = 0; i < t->n_seqs; i++) {
		struct hy_item *it = NULL;
		if (hy_item_seq(desk->st, w, t->seqs[i], &it, NULL))
			continue; /* purged meanwhile */
		hy_jw_object(w);
		put_item(desk, w, it);
		put_marks(w, q, it);
		hy_jw_end_object(w);
		talloc_free(it);
	}
	hy_jw_end_array(w);
}

enum hy_status act_rule_test(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, struct hy_json_writer *w,
			     struct hy_err *err)
{
	hy_time now = hy_desk_now(desk), t0 = hy_monotonic();
	struct hy_trial t = {
		.most = TEST_MOST,
		.zone_minutes = desk_offset_minutes(desk, now),
	};
	struct hy_tried tried = {0};
	struct hy_watch rule;
	struct hy_query *q = NULL;
	int limit = 0;
	enum hy_status status = desk_rule_said(desk, params, w, &rule, err);

	(void)actor;
	if (!status)
		status = param_limit(params, 10, 100, &limit, err);
	if (!status)
		status = desk_parse_rule(desk, w, rule.kind, rule.query, &q, err);
	if (!status)
		status = param_time(desk, params, "on", &t.since, err);
	if (status)
		return status;
	t.examples = (size_t)limit;
	t.query = q;
	t.since = t.since ? t.since : now - TEST_DAYS * 24 * HY_HOUR;
	status = hy_alerts_try(desk->st, w, &t, &tried, err);
	if (status)
		return status;
	hy_jw_kint(w, "id", rule.id.v);
	hy_jw_kstr(w, "name", rule.name);
	hy_jw_kstr(w, "kind", rule.kind);
	hy_jw_kstr(w, "query", rule.query);
	put_ts(w, "since_ts", tried.since);
	put_when(desk, w, "since", tried.since);
	hy_jw_kint(w, "seen", tried.seen);
	hy_jw_kint(w, "total", tried.total);
	hy_jw_kbool(w, "whole", tried.whole);
	hy_jw_kint(w, "ms", hy_monotonic() - t0);
	put_estimate(w, &tried, now);
	put_days(desk, w, &tried);
	put_examples(desk, w, q, &tried);
	return HY_OK;
}

/* ---- runs ---- */

static void put_run(struct hy_desk *desk, struct hy_json_writer *w, const struct hy_watch_run *r)
{
	static const char *const states[] = {"running", "done", "stopped"};
	struct hy_watch *rule = NULL;
	char id[24];

	snprintf(id, sizeof(id), "%" PRId64, r->watch.v);
	hy_jw_kint(w, "id", r->id);
	hy_jw_kstr(w, "state", states[r->state]);
	if (r->watch.v && !hy_watch_find(desk->st, w, id, &rule, NULL))
		hy_jw_kstr(w, "rule", rule->name);
	hy_jw_kint(w, "percent",
		   r->upto > r->from ? (r->at - r->from) * 100 / (r->upto - r->from) : 100);
	hy_jw_kint(w, "from_seq", r->from);
	hy_jw_kint(w, "at_seq", r->at);
	hy_jw_kint(w, "upto_seq", r->upto);
	hy_jw_kint(w, "seen", r->seen);
	hy_jw_kint(w, "matches", r->matches);
	hy_jw_kint(w, "opened", r->opened);
	put_person_name(desk, w, "made_by", r->made_by);
	put_ts(w, "made_ts", r->made);
	put_when(desk, w, "when", r->made);
	put_ts(w, "finished_ts", r->finished);
	talloc_free(rule);
}

enum hy_status act_rule_rerun(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	struct hy_watch *rule = NULL;
	const char *said = param_str(params, "id");
	struct hy_watch_id watch = {0};
	int64_t id = 0;
	enum hy_status status = said ? hy_watch_find(desk->st, w, said, &rule, err) : HY_OK;

	if (!status && rule && !rule->enabled)
		status = hy_err_set(err, HY_ECONFLICT, _("rule %s does not run: enable it first"),
				    rule->name);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	if (rule)
		watch = rule->id;
	status = hy_watch_run_add(desk->st, watch, actor, &id, err);
	status = desk_done(desk, status, actor, "rule.rerun", err, "run %" PRId64 " rule %" PRId64,
			   id, watch.v);
	if (!status)
		hy_jw_kint(w, "run", id);
	return status;
}

enum hy_status act_rule_runs(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, struct hy_json_writer *w,
			     struct hy_err *err)
{
	struct hy_watch_run *list = NULL;
	size_t n = 0;
	int limit = 0;
	enum hy_status status = param_limit(params, 20, 200, &limit, err);

	(void)actor;
	if (!status)
		status = hy_watch_run_list(desk->st, w, hy_json_int(params, "before", 0), limit,
					   &list, &n, err);
	if (status)
		return status;
	hy_jw_key(w, "items");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		hy_jw_object(w);
		put_run(desk, w, &list[i]);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	hy_jw_kint(w, "next", n == (size_t)limit ? list[n - 1].id : 0);
	return HY_OK;
}

enum hy_status act_rule_stop(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, struct hy_json_writer *w,
			     struct hy_err *err)
{
	struct hy_watch_run *run = NULL;
	int64_t id = hy_json_int(params, "run", 0);
	enum hy_status status = hy_store_begin(desk->st, err);

	if (status)
		return status;
	status = hy_watch_run_get(desk->st, w, id, &run, err);
	if (!status) {
		run->state = HY_RUN_STOPPED;
		run->finished = hy_desk_now(desk);
		status = hy_watch_run_move(desk->st, run, run->at, err);
	}
	status = desk_done(desk, status, actor, "rule.stop", err, "run %" PRId64, id);
	if (!status) {
		hy_jw_kint(w, "run", id);
		hy_jw_kstr(w, "state", "stopped");
	}
	return status;
}
