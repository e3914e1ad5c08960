/* The verbs over the record: load, ask state.c, write. */
#include "cases/internal.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 500

enum hy_status hy_cases_open(struct hy_store *st, const void *ctx,
			     const struct hy_case_rules *rules, struct hy_case *c, hy_time at,
			     struct hy_person_id who, struct hy_case_id *out, struct hy_err *err)
{
	enum hy_status status;

	(void)ctx;
	if (!c->opened)
		c->opened = at;
	c->state = c->unit.v ? HY_CASE_ASSIGNED : HY_CASE_NEW;
	c->round = 1;
	c->first_reply = c->resolved = c->closed = 0;
	c->reply_met = c->resolve_met = false;
	status = hy_case_dues(rules, NULL, 0, c, err);
	if (status)
		return status;
	return hy_case_add(st, c, hy_calendar_date(rules->cal, c->opened), who, out, err);
}

static enum hy_status load_and_apply(struct hy_store *st, const void *ctx,
				     const struct hy_case_rules *rules, struct hy_case_id id,
				     const struct hy_case_step *step, struct hy_case **before,
				     struct hy_case_change *ch, struct hy_err *err)
{
	struct hy_case_event *ev;
	size_t n;
	enum hy_status status = hy_case_get(st, ctx, id, before, err);

	if (!status)
		status = hy_case_events(st, ctx, id, &ev, &n, err);
	if (!status)
		status = hy_case_apply(ctx, rules, *before, ev, n, step, ch, err);
	return status;
}

enum hy_status hy_cases_step(struct hy_store *st, const void *ctx,
			     const struct hy_case_rules *rules, struct hy_case_id id,
			     const struct hy_case_step *step, struct hy_case **out,
			     struct hy_err *err)
{
	struct hy_case_change ch;
	struct hy_case *before;
	void *work = talloc_new(NULL);
	enum hy_status status = load_and_apply(st, work, rules, id, step, &before, &ch, err);

	for (size_t i = 0; !status && i < ch.n; i++)
		status = hy_case_move(st, &ch.c, i ? ch.c.state : before->state, &ch.ev[i], err);
	if (!status && out)
		status = hy_case_get(st, ctx, id, out, err);
	talloc_free(work);
	return status;
}

enum hy_status hy_cases_preview(struct hy_store *st, const void *ctx,
				const struct hy_case_rules *rules, struct hy_case_id id,
				const struct hy_case_step *step, struct hy_case **out,
				struct hy_err *err)
{
	struct hy_case_change ch;
	struct hy_case *c;
	enum hy_status status = load_and_apply(st, ctx, rules, id, step, &c, &ch, err);

	if (status)
		return status;
	*c = ch.c;
	*out = c;
	return HY_OK;
}

static int by_id(const void *a, const void *b)
{
	const struct hy_case *x = a, *y = b;

	return (x->id.v > y->id.v) - (x->id.v < y->id.v);
}

enum hy_status hy_cases_all(struct hy_store *st, const void *ctx, struct hy_case_filter f,
			    struct hy_case **out, size_t *n_out, struct hy_err *err)
{
	struct hy_case *all = hy_new_array(ctx, struct hy_case, 1), *page;
	size_t n = 0, got;

	f.limit = PAGE;
	do {
		enum hy_status status = hy_case_list(st, ctx, &f, &page, &got, err);

		if (status)
			return status;
		all = hy_grow(ctx, all, struct hy_case, n + got + 1);
		if (got)
			memcpy(all + n, page, got * sizeof *page);
		n += got;
		for (size_t i = 0; i < got; i++)
			if (!f.before_id || page[i].id.v < f.before_id)
				f.before_id = page[i].id.v;
	} while (got == PAGE);
	qsort(all, n, sizeof *all, by_id);
	*out = all;
	*n_out = n;
	return HY_OK;
}

/* The instant at which the pause of a waiting case ends by its cap, not before its last event. */
static hy_time cap_of(const struct hy_case_rules *rules, const struct hy_case_event *ev, size_t n)
{
	hy_time cap = HY_TIME_NEVER;

	for (size_t i = n; i-- > 0;) {
		if (!strcmp(ev[i].kind, "waiting")) {
			cap = hy_case_pause_cap(rules, ev[i].at);
			break;
		}
	}
	return n && cap < ev[n - 1].at ? ev[n - 1].at : cap;
}

enum hy_status hy_cases_tick(struct hy_store *st, const struct hy_case_rules *rules, hy_time now,
			     size_t *n_out, struct hy_err *err)
{
	void *work = talloc_new(NULL);
	struct hy_case *c;
	size_t n, done = 0;
	enum hy_status status = hy_cases_all(st, work, (struct hy_case_filter){.waiting = true}, &c,
					     &n, err);

	for (size_t i = 0; !status && i < n; i++) {
		struct hy_case_step step = {.act = HY_CASE_DO_RESUME};
		struct hy_case_event *ev;
		size_t n_ev;

		status = hy_case_events(st, work, c[i].id, &ev, &n_ev, err);
		if (status)
			break;
		step.at = cap_of(rules, ev, n_ev);
		if (step.at > now)
			continue;
		status = hy_cases_step(st, work, rules, c[i].id, &step, NULL, err);
		done += !status;
	}
	talloc_free(work);
	if (!status)
		*n_out = done;
	return status;
}

enum hy_status hy_cases_why(struct hy_store *st, const void *ctx, const struct hy_case_rules *rules,
			    struct hy_case_id id, enum hy_case_promise which,
			    struct hy_explanation **out, struct hy_err *err)
{
	void *work = talloc_new(NULL);
	struct hy_run run = {.promise = which == HY_CASE_REPLY ? rules->reply : rules->resolve};
	struct hy_case *c;
	struct hy_case_event *ev;
	struct hy_span *pause;
	size_t n;
	enum hy_status status = hy_case_get(st, work, id, &c, err);

	if (!status)
		status = hy_case_events(st, work, id, &ev, &n, err);
	if (!status && !run.promise)
		status = hy_err_set(err, HY_ENOTFOUND,
				    _("case %s: the office promises no such time"), c->number);
	if (!status) {
		run.arrival = hy_case_round_start(c, ev, n);
		run.n_pauses = hy_case_pauses(rules, ev, n, work, &pause);
		run.pauses = pause;
		status = hy_calendar_explain(rules->cal, &run, ctx, out, err);
	}
	talloc_free(work);
	return status;
}

/* ---- recompute ---- */

static char *moved_text(const void *ctx, const struct hy_case *old, const struct hy_case *c)
{
	return hy_strf(ctx,
		       "{\"why\":\"calendar\",\"old_reply\":%" PRId64 ",\"new_reply\":%" PRId64
		       ",\"old_resolve\":%" PRId64 ",\"new_resolve\":%" PRId64 "}",
		       old->due_reply, c->due_reply, old->due_resolve, c->due_resolve);
}

enum hy_status hy_cases_recompute(struct hy_store *st, const void *ctx,
				  const struct hy_case_rules *rules, hy_time now,
				  struct hy_person_id who, bool dry, struct hy_case_moved **out,
				  size_t *n_out, struct hy_err *err)
{
	void *work = talloc_new(NULL);
	struct hy_case *c;
	struct hy_case_moved *moved = NULL;
	size_t n, k = 0;
	enum hy_status status = hy_cases_all(st, work, (struct hy_case_filter){0}, &c, &n, err);

	if (!status)
		moved = hy_new_array(ctx, struct hy_case_moved, n + 1);
	for (size_t i = 0; !status && i < n; i++) {
		struct hy_case next = c[i];
		struct hy_case_event *ev,
			e = {.cs = c[i].id, .at = now, .kind = "due-changed", .actor = who};
		size_t n_ev;

		status = hy_case_events(st, work, c[i].id, &ev, &n_ev, err);
		if (!status)
			status = hy_case_dues(rules, ev, n_ev, &next, err);
		if (status ||
		    (next.due_reply == c[i].due_reply && next.due_resolve == c[i].due_resolve))
			continue;
		moved[k++] = (struct hy_case_moved){
			.id = c[i].id,
			.number = hy_strdup(moved, c[i].number),
			.old_reply = c[i].due_reply,
			.new_reply = next.due_reply,
			.old_resolve = c[i].due_resolve,
			.new_resolve = next.due_resolve,
			.old_calendar = hy_strdup(moved, c[i].calendar),
		};
		e.text = moved_text(work, &c[i], &next);
		if (!dry)
			status = hy_case_move(st, &next, c[i].state, &e, err);
	}
	talloc_free(work);
	if (status) {
		talloc_free(moved);
		return status;
	}
	*out = moved;
	*n_out = k;
	return HY_OK;
}
