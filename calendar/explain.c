/*
 * The reasons of a due time: the same search as due.c gives the answer, this file only lists what
 * lies between arrival and answer; a test adds the list up again.
 */
#include "calendar/internal.h"

#include "base/base.h"

#include <string.h>

#define COUNTED_MAX 400

/* One meter being listed. */
struct listing {
	const struct hy_calendar *cal;
	struct hy_meter_result *out;
	const void *ctx;
	size_t room;
};

static void counted_add(struct listing *ls, struct hy_counted c)
{
	struct hy_meter_result *r = ls->out;

	if (r->n_counted == COUNTED_MAX) { /* the rest in one line: the sum stays right */
		struct hy_counted *last = &r->counted[r->n_counted - 1];

		last->until = c.until;
		last->amount += c.amount;
		last->reason = N_("and so on");
		return;
	}
	if (r->n_counted == ls->room) {
		ls->room = ls->room * 2 + 8;
		r->counted = hy_grow(ls->ctx, r->counted, struct hy_counted, ls->room);
	}
	r->counted[r->n_counted++] = c;
}

static const char *reason(const struct hy_calendar *cal, enum hy_regime r, size_t day)
{
	const struct hy_cal_day *d = &cal->day[day];

	switch ((enum hy_day_kind)d->kind) {
	case HY_DAY_WORK:
		return r == HY_REGIME_WORK ? N_("office hours") : N_("outside office hours");
	case HY_DAY_MAKEUP:
		return r == HY_REGIME_WORK ? N_("make-up working day") : N_("outside office hours");
	case HY_DAY_OFFICE_WORK:
		if (r == HY_REGIME_WORK)
			return *d->name ? d->name : N_("the office works");
		return N_("outside office hours");
	case HY_DAY_WEEKEND:
		return N_("weekend");
	case HY_DAY_HOLIDAY:
		return *d->name ? d->name : N_("public holiday");
	case HY_DAY_OFFICE_CLOSED:
		return *d->name ? d->name : N_("the office is closed");
	}
	return "";
}

/* The stretch [a, b) of one regime, cut where the civil day changes. */
static void list_stretch(struct listing *ls, int64_t a, int64_t b)
{
	enum hy_regime r = ls->out->meter.regime;

	while (a < b) {
		size_t day = hy_cal_day_at(ls->cal, a);
		int64_t end = b;

		if (r != HY_REGIME_ANY && ls->cal->day[day + 1].start < b)
			end = ls->cal->day[day + 1].start;
		counted_add(ls, (struct hy_counted){
					.since = a * HY_SECOND,
					.until = end * HY_SECOND,
					.amount = end - a,
					.date = hy_cal_date_of(ls->cal, day),
					.reason = r == HY_REGIME_ANY ? N_("all time")
								     : reason(ls->cal, r, day),
				});
		a = end;
	}
}

/* What of [a, b) is of the meter's regime. */
static void list_part(struct listing *ls, int64_t a, int64_t b)
{
	const struct hy_calendar *cal = ls->cal;
	enum hy_regime r = ls->out->meter.regime;
	ptrdiff_t i;

	if (r == HY_REGIME_ANY) {
		list_stretch(ls, a, b);
		return;
	}
	for (i = hy_cal_work_at(cal, a); a < b; i++) {
		bool in = i >= 0 && a < cal->work[i].until;
		int64_t next = i + 1 < (ptrdiff_t)cal->n_work ? cal->work[i + 1].since : cal->t1;
		int64_t edge = in ? cal->work[i].until : a;

		edge = edge < b ? edge : b;
		next = next < b ? next : b;
		if (r == HY_REGIME_WORK)
			list_stretch(ls, a, edge);
		else
			list_stretch(ls, edge, next);
		a = next;
	}
}

static void list_closings(struct listing *ls, int64_t arrival, const struct hy_cal_span *pause,
			  size_t n_pauses)
{
	const struct hy_calendar *cal = ls->cal;
	int64_t due = hy_cal_secs(ls->out->due);
	size_t i = cal->day[hy_cal_day_at(cal, arrival)].closings;

	for (; i < cal->n_closings && cal->closing[i].at <= due; i++) {
		const struct hy_cal_closing *c = &cal->closing[i];
		bool paused = false;

		for (size_t k = 0; k < n_pauses; k++)
			paused |= c->at > pause[k].since && c->at <= pause[k].until;
		if (paused)
			continue;
		counted_add(ls, (struct hy_counted){
					.since = cal->day[c->day].start * HY_SECOND,
					.until = c->at * HY_SECOND,
					.amount = 1,
					.date = hy_cal_date_of(cal, (size_t)c->day),
					.reason = cal->day[c->day].kind == HY_DAY_MAKEUP
							  ? N_("make-up working day")
							  : N_("working day"),
				});
	}
}

static void list_meter(struct listing *ls, int64_t arrival, const struct hy_cal_span *pause,
		       size_t n)
{
	int64_t a = arrival, due = hy_cal_secs(ls->out->due);

	if (ls->out->due == HY_TIME_NEVER)
		return;
	if (ls->out->meter.regime == HY_REGIME_WORKDAYS) {
		list_closings(ls, arrival, pause, n);
		return;
	}
	for (size_t i = 0; i < n && pause[i].since < due; i++) {
		list_part(ls, a, pause[i].since);
		a = pause[i].until;
	}
	list_part(ls, a, due);
}

/* The first year between arrival and due of which no notice is known. */
static int unknown_year(const struct hy_calendar *cal, const struct hy_explanation *e)
{
	int a, b;

	if (!cal->last_year)
		return 0;
	a = hy_calendar_date(cal, e->arrival) / 10000;
	b = hy_calendar_date(cal, e->due) / 10000;
	for (; a <= b; a++)
		if (a < cal->first_year || a > cal->last_year)
			return a;
	return 0;
}

enum hy_status hy_calendar_explain(const struct hy_calendar *cal, const struct hy_run *run,
				   const void *ctx, struct hy_explanation **out, struct hy_err *err)
{
	struct hy_explanation *e;
	struct hy_cal_span *pause;
	int64_t arrival = hy_cal_secs(run->arrival);
	hy_time due;
	size_t n;
	enum hy_status st = hy_calendar_due(cal, run, &due, err);

	if (st)
		return st;
	e = hy_new(ctx, struct hy_explanation);
	e->version = hy_strdup(e, cal->version);
	e->zone = hy_strdup(e, cal->zone_name);
	e->promise = hy_strdup(e, run->promise->name ? run->promise->name : "");
	e->rule = hy_promise_text(e, run->promise);
	e->arrival = arrival * HY_SECOND;
	e->due = due;
	e->n = run->promise->n;
	n = hy_cal_pauses(cal, run, e, &pause);
	for (size_t i = e->n; i-- > 0;) {
		struct hy_meter_result *r = &e->meter[i];
		struct listing ls = {.cal = cal, .out = r, .ctx = e};
		int64_t t;

		r->meter = run->promise->meter[i];
		t = hy_cal_meter_due(cal, &r->meter, arrival, pause, n);
		r->due = t == INT64_MAX ? HY_TIME_NEVER : t * HY_SECOND;
		list_meter(&ls, arrival, pause, n);
		if (r->due == due)
			e->decided = i;
	}
	e->pauses = hy_new_array(e, struct hy_span, n ? n : 1);
	for (size_t i = 0; i < n; i++)
		if (pause[i].since * HY_SECOND < due)
			e->pauses[e->n_pauses++] = (struct hy_span){pause[i].since * HY_SECOND,
								    pause[i].until * HY_SECOND};
	e->unknown_year = unknown_year(cal, e);
	*out = e;
	return HY_OK;
}

/* ---- words ---- */

static void amount_text(struct hy_buf *b, const struct hy_meter *m, int64_t amount)
{
	struct hy_meter part = {.regime = HY_REGIME_ANY, .budget = amount};
	char *s;

	if (m->regime == HY_REGIME_WORKDAYS)
		return;
	s = hy_meter_text(b->ctx, &part);
	s[strlen(s) - strlen(" any")] = 0;
	hy_buf_fmt(b, "  %s", s);
	talloc_free(s);
}

static void meter_text(const struct hy_calendar *cal, const struct hy_explanation *e, size_t i,
		       enum hy_lang lang, struct hy_buf *b)
{
	const struct hy_meter_result *r = &e->meter[i];
	char since[17], until[17], *rule = hy_meter_text(b->ctx, &r->meter);

	if (r->due == HY_TIME_NEVER)
		hy_buf_fmt(b, hy_tr(lang, "%s: never full\n"), rule);
	else
		hy_buf_fmt(b,
			   i == e->decided ? hy_tr(lang, "%s: full at %s, the first\n")
					   : hy_tr(lang, "%s: full at %s\n"),
			   rule, hy_calendar_short(cal, r->due, until));
	for (size_t k = 0; k < r->n_counted; k++) {
		const struct hy_counted *c = &r->counted[k];

		hy_buf_fmt(b, "    %s - %s", hy_calendar_short(cal, c->since, since),
			   hy_calendar_short(cal, c->until, until));
		amount_text(b, &r->meter, c->amount);
		hy_buf_fmt(b, "  %s\n", *c->reason ? hy_tr(lang, c->reason) : "");
	}
	talloc_free(rule);
}

char *hy_explanation_text(const struct hy_calendar *cal, const struct hy_explanation *e,
			  const void *ctx, enum hy_lang lang)
{
	struct hy_buf b;
	char one[17], two[17];

	hy_buf_init(&b, ctx, 1u << 20);
	hy_buf_fmt(&b, hy_tr(lang, "Due %s (%s)\n"), hy_calendar_short(cal, e->due, one), e->zone);
	hy_buf_fmt(&b, hy_tr(lang, "Arrived %s\n"), hy_calendar_short(cal, e->arrival, one));
	hy_buf_fmt(&b, hy_tr(lang, "Promise %s: %s; the first to be full decides\n"), e->promise,
		   e->rule);
	hy_buf_fmt(&b, hy_tr(lang, "Calendar %s\n"), e->version);
	for (size_t i = 0; i < e->n_pauses; i++)
		hy_buf_fmt(&b, hy_tr(lang, "Not counted: %s - %s, waiting for the citizen\n"),
			   hy_calendar_short(cal, e->pauses[i].since, one),
			   hy_calendar_short(cal, e->pauses[i].until, two));
	for (size_t i = 0; i < e->n; i++)
		meter_text(cal, e, i, lang, &b);
	if (e->unknown_year)
		hy_buf_fmt(&b,
			   hy_tr(lang, "No notice for %d is built in: Monday to Friday were "
				       "counted as working days\n"),
			   e->unknown_year);
	return hy_buf_take(&b, NULL);
}

static void time_json(const struct hy_calendar *cal, struct hy_json_writer *w, const char *name,
		      hy_time t)
{
	char iso[HY_TIME_ISO_OFFSET_MAX];

	hy_jw_kstr(w, name, t == HY_TIME_NEVER ? NULL : hy_calendar_iso(cal, t, iso));
}

static void meter_json(const struct hy_calendar *cal, const struct hy_meter_result *r,
		       struct hy_json_writer *w)
{
	char date[11];

	hy_jw_object(w);
	hy_jw_kstr(w, "regime", hy_regime_name(r->meter.regime));
	hy_jw_kint(w, "budget", r->meter.budget);
	time_json(cal, w, "due", r->due);
	hy_jw_key(w, "counted");
	hy_jw_array(w);
	for (size_t i = 0; i < r->n_counted; i++) {
		const struct hy_counted *c = &r->counted[i];

		hy_jw_object(w);
		hy_jw_kstr(w, "date", hy_date_text(c->date, date));
		time_json(cal, w, "since", c->since);
		time_json(cal, w, "until", c->until);
		hy_jw_kint(w, "amount", c->amount);
		hy_jw_kstr(w, "reason", c->reason);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	hy_jw_end_object(w);
}

void hy_explanation_json(const struct hy_calendar *cal, const struct hy_explanation *e,
			 struct hy_json_writer *w)
{
	hy_jw_object(w);
	hy_jw_kstr(w, "promise", e->promise);
	hy_jw_kstr(w, "rule", e->rule);
	hy_jw_kstr(w, "calendar", e->version);
	hy_jw_kstr(w, "zone", e->zone);
	time_json(cal, w, "arrival", e->arrival);
	time_json(cal, w, "due", e->due);
	hy_jw_kint(w, "arrival_ts", e->arrival / HY_SECOND);
	hy_jw_kint(w, "due_ts", e->due / HY_SECOND);
	hy_jw_kint(w, "decided", (int64_t)e->decided);
	hy_jw_key(w, "meters");
	hy_jw_array(w);
	for (size_t i = 0; i < e->n; i++)
		meter_json(cal, &e->meter[i], w);
	hy_jw_end_array(w);
	hy_jw_key(w, "pauses");
	hy_jw_array(w);
	for (size_t i = 0; i < e->n_pauses; i++) {
		hy_jw_object(w);
		time_json(cal, w, "since", e->pauses[i].since);
		time_json(cal, w, "until", e->pauses[i].until);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	if (e->unknown_year)
		hy_jw_kint(w, "unknown_year", e->unknown_year);
	hy_jw_end_object(w);
}
