/*
 * The one table of what may be done to a case in which state, and what each act does to the case:
 * pure, so that it can be shown before it is done.
 */
#include "cases/internal.h"

#include "base/base.h"

#include <string.h>

/* ---- the table ---- */

#define NO (-1)
/* Rows: state; columns: act. After RESUME and REOPEN the case stands where it was: see settle(). */
static const int8_t table[5][HY_CASE_ACTS] = {
	/* assign, return, check, reply, note, wait, resume, close, reopen */
	[HY_CASE_NEW] = {HY_CASE_ASSIGNED, NO, HY_CASE_NEW, HY_CASE_ANSWERED, HY_CASE_NEW,
			 HY_CASE_WAITING, NO, HY_CASE_CLOSED, NO},
	[HY_CASE_ASSIGNED] = {HY_CASE_ASSIGNED, HY_CASE_NEW, HY_CASE_ASSIGNED, HY_CASE_ANSWERED,
			      HY_CASE_ASSIGNED, HY_CASE_WAITING, NO, HY_CASE_CLOSED, NO},
	[HY_CASE_ANSWERED] = {HY_CASE_ASSIGNED, HY_CASE_NEW, HY_CASE_ANSWERED, HY_CASE_ANSWERED,
			      HY_CASE_ANSWERED, HY_CASE_WAITING, NO, HY_CASE_CLOSED, NO},
	[HY_CASE_WAITING] = {NO, NO, NO, NO, HY_CASE_WAITING, NO, HY_CASE_ASSIGNED, HY_CASE_CLOSED,
			     NO},
	[HY_CASE_CLOSED] = {NO, NO, NO, NO, HY_CASE_CLOSED, NO, NO, NO, HY_CASE_ASSIGNED},
};

static const struct {
	const char *name, *event;
	bool needs_text;
} acts[HY_CASE_ACTS] = {
	[HY_CASE_DO_ASSIGN] = {"assign", "assigned", false},
	[HY_CASE_DO_RETURN] = {"return", "returned", true},
	[HY_CASE_DO_CHECK] = {"check", "assigned", false},
	[HY_CASE_DO_REPLY] = {"reply", "replied", true},
	[HY_CASE_DO_NOTE] = {"note", "note", true},
	[HY_CASE_DO_WAIT] = {"wait", "waiting", true},
	[HY_CASE_DO_RESUME] = {"resume", "resumed", false},
	[HY_CASE_DO_CLOSE] = {"close", "closed", true},
	[HY_CASE_DO_REOPEN] = {"reopen", "reopened", true},
};

const char *hy_case_act_name(enum hy_case_act act)
{
	return acts[act].name;
}

bool hy_case_may(enum hy_case_state from, enum hy_case_act act, enum hy_case_state *to)
{
	int8_t next = table[from][act];

	if (next == NO)
		return false;
	*to = (enum hy_case_state)next;
	return true;
}

static enum hy_status forbidden(const struct hy_case *c, enum hy_case_act act, struct hy_err *err)
{
	char *from = hy_strdup(NULL, "");
	enum hy_case_state to;

	for (int s = HY_CASE_NEW; s <= HY_CASE_CLOSED; s++)
		if (hy_case_may((enum hy_case_state)s, act, &to))
			from = talloc_asprintf_append(from, "%s%s", *from ? ", " : "",
						      _(hy_case_state_name((enum hy_case_state)s)));
	hy_err_set(err, HY_ECONFLICT, _("case %s is %s: %s is done to one that is %s"),
		   c->number ? c->number : "?", _(hy_case_state_name(c->state)), acts[act].name,
		   from);
	talloc_free(from);
	return HY_ECONFLICT;
}

/* ---- time ---- */

hy_time hy_case_floor(hy_time t)
{
	return t >= 0 ? t / HY_SECOND * HY_SECOND : -((-t + 999) / HY_SECOND) * HY_SECOND;
}

hy_time hy_case_round_start(const struct hy_case *c, const struct hy_case_event *ev, size_t n)
{
	for (size_t i = n; i-- > 0;)
		if (!strcmp(ev[i].kind, "reopened"))
			return ev[i].at;
	return c->opened;
}

/* The latest instant at which a pause begun at since may end. */
hy_time hy_case_pause_cap(const struct hy_case_rules *rules, hy_time since)
{
	static const struct hy_promise usual = {
		.name = "wait", .n = 1, .meter = {{HY_REGIME_WORKDAYS, 15}}};
	struct hy_run run = {.promise = rules->wait ? rules->wait : &usual, .arrival = since};
	hy_time cap;

	/* An office without hours: the pause is capped by days, never without end. */
	if (hy_calendar_due(rules->cal, &run, &cap, NULL))
		cap = hy_case_floor(since) + 21 * HY_DAY;
	return cap;
}

size_t hy_case_pauses(const struct hy_case_rules *rules, const struct hy_case_event *ev, size_t n,
		      const void *ctx, struct hy_span **out)
{
	struct hy_span *p = hy_new_array(ctx, struct hy_span, n + 1);
	size_t k = 0;
	bool open = false;

	for (size_t i = 0; i < n; i++) {
		const char *kind = ev[i].kind;

		if (!strcmp(kind, "reopened")) {
			k = 0;
			open = false;
		} else if (!strcmp(kind, "waiting")) {
			p[k].since = ev[i].at;
			p[k++].until = hy_case_pause_cap(rules, ev[i].at);
			open = true;
		} else if (open && (!strcmp(kind, "resumed") || !strcmp(kind, "closed"))) {
			if (ev[i].at < p[k - 1].until)
				p[k - 1].until = ev[i].at;
			open = false;
		}
	}
	*out = p;
	return k;
}

/* Due times of the round from its events. A promise that is settled keeps the one it had. */
enum hy_status hy_case_dues(const struct hy_case_rules *rules, const struct hy_case_event *ev,
			    size_t n, struct hy_case *c, struct hy_err *err)
{
	struct hy_span *pause;
	struct hy_run run = {.arrival = hy_case_round_start(c, ev, n)};
	hy_time reply = 0, resolve = 0;
	enum hy_status st = HY_OK;

	run.n_pauses = hy_case_pauses(rules, ev, n, NULL, &pause);
	run.pauses = pause;
	run.promise = rules->reply;
	if (rules->reply && !c->first_reply)
		st = hy_calendar_due(rules->cal, &run, &reply, err);
	run.promise = rules->resolve;
	if (!st && rules->resolve && !c->resolved)
		st = hy_calendar_due(rules->cal, &run, &resolve, err);
	talloc_free(pause);
	if (st)
		return st;
	if (!c->first_reply)
		c->due_reply = reply;
	if (!c->resolved)
		c->due_resolve = resolve;
	c->promise_reply = rules->reply ? rules->reply->name : NULL;
	c->promise_resolve = rules->resolve ? rules->resolve->name : NULL;
	c->calendar = hy_calendar_version(rules->cal);
	return HY_OK;
}

bool hy_case_overdue(const struct hy_case *c, hy_time now)
{
	hy_time t = hy_case_floor(now);

	if (c->state == HY_CASE_CLOSED)
		return false;
	return (c->due_reply && !c->first_reply && t > c->due_reply) ||
	       (c->due_resolve && !c->resolved && t > c->due_resolve);
}

/* ---- acts ---- */

/* Who held it before the pause (or before its close), as an event would say. */
static void holder_before(const struct hy_case_event *ev, size_t n, struct hy_case_event *out)
{
	for (size_t i = n; i-- > 0;) {
		if (!ev[i].holder || !strcmp(ev[i].holder, "citizen"))
			continue;
		out->holder = ev[i].holder;
		out->unit = ev[i].unit;
		return;
	}
	out->holder = "desk";
}

/* The state of a case that is worked on, from its fields. */
static enum hy_case_state settle(const struct hy_case *c)
{
	if (c->first_reply)
		return HY_CASE_ANSWERED;
	return c->unit.v ? HY_CASE_ASSIGNED : HY_CASE_NEW;
}

static void close_case(struct hy_case *c, hy_time at)
{
	c->resolved = c->closed = at;
	c->resolve_met = !c->due_resolve || hy_case_floor(at) <= c->due_resolve;
	if (!c->first_reply)
		c->reply_met = false;
}

/* The result of a round, kept in the history before the next one begins. */
static char *round_result(const void *ctx, const struct hy_case *c)
{
	struct hy_json_writer *w = hy_json_writer_new(NULL, false);
	char *s;

	hy_jw_object(w);
	hy_jw_kint(w, "round", c->round);
	hy_jw_kint(w, "due_reply", c->due_reply);
	hy_jw_kint(w, "first_reply", c->first_reply);
	hy_jw_kbool(w, "reply_met", c->reply_met);
	hy_jw_kint(w, "due_resolve", c->due_resolve);
	hy_jw_kint(w, "closed", c->closed);
	hy_jw_kbool(w, "resolve_met", c->resolve_met);
	hy_jw_kstr(w, "calendar", c->calendar);
	hy_jw_end_object(w);
	s = hy_strdup(ctx, hy_jw_text(w, NULL));
	talloc_free(w);
	return s;
}

static void reopen(const void *ctx, struct hy_case_change *ch, hy_time at,
		   const struct hy_case *before)
{
	struct hy_case *c = &ch->c;

	ch->ev[1] = ch->ev[0];
	ch->ev[0] = (struct hy_case_event){
		.cs = c->id, .at = at, .kind = "due-changed", .text = round_result(ctx, before)};
	ch->n = 2;
	ch->ev[1].holder = c->unit.v ? "unit" : "desk";
	ch->ev[1].unit = c->unit;
	c->round++;
	c->first_reply = c->resolved = c->closed = 0;
	c->reply_met = c->resolve_met = false;
}

static enum hy_status check(const struct hy_case *c, const struct hy_case_event *ev, size_t n,
			    const struct hy_case_step *s, struct hy_err *err)
{
	enum hy_case_state to;

	if (!hy_case_may(c->state, s->act, &to))
		return forbidden(c, s->act, err);
	if (acts[s->act].needs_text && (!s->text || !*s->text))
		return hy_err_set(err, HY_EINPUT, _("case %s: %s needs a text"),
				  c->number ? c->number : "?", acts[s->act].name);
	if (s->act == HY_CASE_DO_ASSIGN && !s->unit.v)
		return hy_err_set(err, HY_EINPUT, _("case %s: assign it to which unit?"),
				  c->number ? c->number : "?");
	if (n && s->at < ev[n - 1].at)
		return hy_err_set(err, HY_EINPUT,
				  _("case %s: the time given is before its last event; is the "
				    "clock right?"),
				  c->number ? c->number : "?");
	return HY_OK;
}

/* The fields and the event; due times come after. */
static void act(const void *ctx, const struct hy_case_event *ev, size_t n,
		const struct hy_case_step *s, struct hy_case_change *ch,
		const struct hy_case *before)
{
	struct hy_case *c = &ch->c;
	struct hy_case_event *e = &ch->ev[0];

	switch (s->act) {
	case HY_CASE_DO_ASSIGN:
		c->unit = s->unit;
		e->holder = "unit";
		e->unit = s->unit;
		break;
	case HY_CASE_DO_RETURN:
		c->unit.v = 0;
		e->holder = "desk";
		break;
	case HY_CASE_DO_CHECK:
		e->holder = "checker";
		break;
	case HY_CASE_DO_REPLY:
		if (!c->first_reply) {
			c->first_reply = s->at;
			c->reply_met = !c->due_reply || hy_case_floor(s->at) <= c->due_reply;
		}
		break;
	case HY_CASE_DO_NOTE:
		break;
	case HY_CASE_DO_WAIT:
		e->holder = "citizen";
		break;
	case HY_CASE_DO_RESUME:
		holder_before(ev, n, e);
		c->state = settle(c);
		break;
	case HY_CASE_DO_CLOSE:
		close_case(c, s->at);
		break;
	case HY_CASE_DO_REOPEN:
		reopen(ctx, ch, s->at, before);
		c->state = settle(c);
		break;
	}
}

enum hy_status hy_case_apply(const void *ctx, const struct hy_case_rules *rules,
			     const struct hy_case *c, const struct hy_case_event *ev, size_t n,
			     const struct hy_case_step *step, struct hy_case_change *out,
			     struct hy_err *err)
{
	struct hy_case_change ch = {.c = *c, .n = 1};
	struct hy_case_event *all;
	enum hy_status st = check(c, ev, n, step, err);

	if (st)
		return st;
	ch.c.state = (enum hy_case_state)table[c->state][step->act];
	ch.ev[0] = (struct hy_case_event){.cs = c->id,
					  .at = step->at,
					  .kind = acts[step->act].event,
					  .text = step->text,
					  .actor = step->who,
					  .statement = step->statement};
	act(ctx, ev, n, step, &ch, c);
	if (step->act == HY_CASE_DO_WAIT || step->act == HY_CASE_DO_RESUME ||
	    step->act == HY_CASE_DO_REOPEN) {
		all = hy_new_array(NULL, struct hy_case_event, n + 2);
		if (n)
			memcpy(all, ev, n * sizeof *ev);
		memcpy(all + n, ch.ev, ch.n * sizeof *ev);
		st = hy_case_dues(rules, all, n + ch.n, &ch.c, err);
		talloc_free(all);
		if (st)
			return st;
	}
	*out = ch;
	return HY_OK;
}
