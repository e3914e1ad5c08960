/*
 * The report of units, as numbers: a pure function of cases, events, calendar and three instants.
 * Its one idea of fairness: a round is charged to whoever held it longest before the answer, and an
 * open one that ran out counts as missed.
 */
#include "cases/internal.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

#define MIN_CASES_USUAL 5

/* One round of one case: what the report counts. */
struct round {
	struct hy_case_id id;
	hy_time start, reply, due, closed; /* 0 = not yet, none */
	struct hy_unit_id unit;
	int64_t work, any; /* to the first reply, seconds; -1 = none */
	bool unsent;
};

/* Square root without libm: Newton, to the last bit that matters in a report. */
static double root(double x)
{
	double r = x > 1 ? x : 1;

	if (x <= 0)
		return 0;
	for (int i = 0; i < 60; i++)
		r = (r + x / r) / 2;
	return r;
}

void hy_wilson(int64_t k, int64_t n, double *low, double *high)
{
	const double z = 1.959963984540054;
	double p, d, mid, half;

	if (n <= 0) {
		*low = *high = __builtin_nan("");
		return;
	}
	p = (double)k / (double)n;
	d = 1 + z * z / (double)n;
	mid = (p + z * z / (2 * (double)n)) / d;
	half = z * root(p * (1 - p) / (double)n + z * z / (4 * (double)n * (double)n)) / d;
	*low = k == 0 ? 0 : mid - half;
	*high = k == n ? 1 : mid + half;
}

/* ---- rounds ---- */

/* The unit that held [start, until) longest, by office seconds first; the desk when none did. */
static struct hy_unit_id longest(const struct hy_custody *s, size_t n, hy_time start, hy_time until)
{
	struct hy_unit_id best = {0};
	int64_t most = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t sum = 0;

		if (s[i].holder != HY_HOLDER_UNIT)
			continue;
		for (size_t k = 0; k < n; k++) {
			hy_time a = s[k].since > start ? s[k].since : start;
			hy_time b = s[k].until < until ? s[k].until : until;

			if (s[k].holder == HY_HOLDER_UNIT && s[k].unit.v == s[i].unit.v && a < b)
				sum += b - a;
		}
		if (sum > most) {
			most = sum;
			best = s[i].unit;
		}
	}
	return best;
}

/* Who holds it at the end, when nobody held it for a second. */
static struct hy_unit_id last_unit(const struct hy_case_event *ev, size_t n, hy_time until)
{
	struct hy_unit_id u = {0};

	for (size_t i = 0; i < n && ev[i].at <= until; i++)
		if (ev[i].holder)
			u = strcmp(ev[i].holder, "unit") ? (struct hy_unit_id){0} : ev[i].unit;
	return u;
}

static void round_measure(const struct hy_calendar *cal, const struct hy_sla_case *sc,
			  const struct hy_custody *held, size_t n_held, hy_time now,
			  struct round *r)
{
	hy_time end = r->reply ? hy_case_floor(r->reply) : hy_case_floor(now);

	if (r->closed && r->closed < end)
		end = hy_case_floor(r->closed);
	r->unit = longest(held, n_held, r->start, end);
	if (!r->unit.v)
		r->unit = last_unit(sc->ev, sc->n_ev, end);
	r->work = r->any = -1;
	if (!r->reply)
		return;
	r->any = (end - hy_case_floor(r->start)) / HY_SECOND;
	r->work = hy_calendar_between(cal, HY_REGIME_WORK, r->start, end);
	for (size_t i = 0; i < n_held; i++) { /* waiting for the citizen is charged to nobody */
		hy_time a = held[i].since > r->start ? held[i].since : r->start;
		hy_time b = held[i].until < end ? held[i].until : end;

		if (held[i].holder == HY_HOLDER_CITIZEN && a < b)
			r->work -= hy_calendar_between(cal, HY_REGIME_WORK, a, b);
	}
}

static hy_time known(hy_time t, hy_time now)
{
	return t > now ? 0 : t;
}

/* Results of earlier rounds, as state.c wrote them down; the current one from the case. Of a round
 * that ended after now, only what was known by then is taken. */
static size_t rounds_of(const struct hy_sla_input *in, const struct hy_sla_case *sc,
			struct round *r, void *work)
{
	hy_time start = sc->c.opened;
	size_t n = 0;

	for (size_t i = 0; i < sc->n_ev && start <= in->now; i++) {
		const struct hy_case_event *e = &sc->ev[i];
		struct hy_json *doc;

		if (!strcmp(e->kind, "reopened"))
			start = e->at;
		if (strcmp(e->kind, "due-changed") != 0 || !e->text ||
		    hy_json_parse(work, e->text, strlen(e->text), 0, &doc, NULL) ||
		    !hy_json_get(doc, "round"))
			continue;
		r[n++] = (struct round){.id = sc->c.id,
					.start = start,
					.due = hy_json_int(doc, "due_reply", 0),
					.reply = known(hy_json_int(doc, "first_reply", 0), in->now),
					.closed = known(hy_json_int(doc, "closed", 0), in->now)};
		if (e->at > in->now)
			return n;
	}
	if (start <= in->now)
		r[n++] = (struct round){.id = sc->c.id,
					.start = start,
					.due = sc->c.due_reply,
					.reply = known(sc->c.first_reply, in->now),
					.closed = known(sc->c.closed, in->now)};
	return n;
}

/* ---- rows ---- */

static void ids_add(const void *ctx, struct hy_sla_ids *ids, struct hy_case_id id)
{
	if ((ids->n & (ids->n - 1)) == 0) /* room doubles at each power of two */
		ids->id = hy_grow(ctx, ids->id, struct hy_case_id, ids->n ? ids->n * 2 : 1);
	ids->id[ids->n++] = id;
}

struct tally {
	struct hy_sla_row row;
	int64_t *work, *any;
	size_t n_times;
	bool listed;
};

static void tally_time(const void *ctx, struct tally *t, const struct round *r)
{
	if (r->any < 0)
		return;
	if ((t->n_times & (t->n_times - 1)) == 0) {
		size_t room = t->n_times ? t->n_times * 2 : 1;

		t->work = hy_grow(ctx, t->work, int64_t, room);
		t->any = hy_grow(ctx, t->any, int64_t, room);
	}
	t->work[t->n_times] = r->work;
	t->any[t->n_times++] = r->any;
}

static void tally_round(const void *ctx, struct tally *t, const struct round *r, hy_time now)
{
	t->listed = true;
	ids_add(ctx, &t->row.cases, r->id);
	if (!r->due || (!r->reply && !r->closed && hy_case_floor(now) <= r->due))
		ids_add(ctx, &t->row.pending, r->id);
	else if (r->reply && hy_case_floor(r->reply) <= r->due)
		ids_add(ctx, &t->row.in_time, r->id);
	else
		ids_add(ctx, &t->row.late, r->id);
	if (r->unsent)
		ids_add(ctx, &t->row.unsent, r->id);
	tally_time(ctx, t, r);
}

static int by_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Nearest rank: the smallest value that at least p per cent do not exceed. */
static int64_t percentile(int64_t *v, size_t n, size_t p)
{
	if (!n)
		return -1;
	qsort(v, n, sizeof *v, by_number);
	return v[(n * p + 99) / 100 - 1];
}

static void tally_done(struct tally *t)
{
	struct hy_sla_row *r = &t->row;
	int64_t k = (int64_t)r->in_time.n, n = k + (int64_t)r->late.n;

	r->rate = n ? (double)k / (double)n : __builtin_nan("");
	hy_wilson(k, n, &r->low, &r->high);
	r->median_work = percentile(t->work, t->n_times, 50);
	r->p90_work = percentile(t->work, t->n_times, 90);
	r->median_any = percentile(t->any, t->n_times, 50);
	r->p90_any = percentile(t->any, t->n_times, 90);
}

static struct tally *tally_of(struct tally *t, size_t n, struct hy_unit_id unit)
{
	for (size_t i = 0; i < n; i++)
		if (t[i].row.unit.v == unit.v)
			return &t[i];
	return &t[0]; /* a unit that is gone: the desk answers */
}

static void tally_held(const struct hy_sla_input *in, const struct hy_custody *s, size_t n_s,
		       struct tally *t, size_t n)
{
	hy_time until = in->until < in->now ? in->until : in->now;

	for (size_t i = 0; i < n_s; i++) {
		hy_time a = s[i].since > in->since ? s[i].since : in->since;
		hy_time b = s[i].until < until ? s[i].until : until;
		struct tally *of;

		if (a >= b || (s[i].holder != HY_HOLDER_UNIT && s[i].holder != HY_HOLDER_DESK))
			continue;
		of = tally_of(t, n, s[i].unit);
		of->listed = true;
		of->row.held_work += hy_calendar_between(in->cal, HY_REGIME_WORK, a, b);
		of->row.held_any += hy_calendar_between(in->cal, HY_REGIME_ANY, a, b);
	}
}

/* 0 ranked, 1 too few, 2 no cases. */
static int band(const struct hy_sla_row *r, int min)
{
	size_t n = r->in_time.n + r->late.n;

	return n == 0 ? 2 : n < (size_t)min;
}

static bool before(const struct hy_sla_row *x, const struct hy_sla_row *y, int min)
{
	int p = band(x, min), q = band(y, min);

	if (p != q)
		return p < q;
	if (p == 0 && (x->low > y->low || x->low < y->low))
		return x->low > y->low;
	return x->unit.v < y->unit.v;
}

/* Units are some dozens: insertion, in a stable order. */
static void rank(struct hy_sla_report *r)
{
	int place = 0;

	for (size_t i = 1; i < r->n; i++) {
		struct hy_sla_row row = r->rows[i];
		size_t k = i;

		for (; k > 0 && before(&row, &r->rows[k - 1], r->min_cases); k--)
			r->rows[k] = r->rows[k - 1];
		r->rows[k] = row;
	}
	for (size_t i = 0; i < r->n; i++)
		if (band(&r->rows[i], r->min_cases) == 0)
			r->rows[i].rank = ++place;
}

/* Settled elsewhere before it came to us: no promise was given, and nothing of it is our measure. */
static bool settled_before(const struct hy_case *c)
{
	return c->state == HY_CASE_CLOSED && c->round <= 1 && !c->due_reply && !c->due_resolve;
}

static void count_case(const struct hy_sla_input *in, const struct hy_sla_case *sc, struct tally *t,
		       size_t n, struct hy_sla_report *rep)
{
	void *work = talloc_new(NULL);
	struct round *r = hy_new_array(work, struct round, sc->n_ev + 1);
	struct hy_custody *held;
	size_t n_held = hy_custody_ledger(in->cal, sc->ev, sc->n_ev, in->now, work, &held);
	size_t n_rounds = rounds_of(in, sc, r, work);

	tally_held(in, held, n_held, t, n);
	for (size_t i = 0; i < n_rounds; i++) {
		if (r[i].start < in->since || r[i].start >= in->until)
			continue;
		round_measure(in->cal, sc, held, n_held, in->now, &r[i]);
		r[i].unsent = hy_case_reply_unsent(sc->ev, sc->n_ev, sc->answers, sc->n_answers,
						   r[i].start,
						   i + 1 < n_rounds ? r[i + 1].start : in->now + 1);
		tally_round(rep, tally_of(t, n, r[i].unit), &r[i], in->now);
		tally_round(rep, &t[n], &r[i], in->now);
	}
	talloc_free(work);
}

void hy_sla_make(const struct hy_sla_input *in, const void *ctx, struct hy_sla_report **out)
{
	struct hy_sla_report *rep = hy_new(ctx, struct hy_sla_report);
	size_t n = in->n_units + 1; /* the desk first; the total after the last */
	struct tally *t = hy_new_array(rep, struct tally, n + 1);

	*rep = (struct hy_sla_report){
		.calendar = hy_strdup(rep, hy_calendar_version(in->cal)),
		.since = in->since,
		.until = in->until,
		.now = in->now,
		.min_cases = in->min_cases > 0 ? in->min_cases : MIN_CASES_USUAL,
	};
	for (size_t i = 0; i < in->n_units; i++) {
		t[i + 1].row.unit = in->units[i].id;
		t[i + 1].row.name = hy_strdup(rep, in->units[i].name);
		t[i + 1].listed = in->units[i].active;
	}
	for (size_t i = 0; i < in->n_cases; i++)
		if (!settled_before(&in->cases[i].c))
			count_case(in, &in->cases[i], t, n, rep);
	rep->rows = hy_new_array(rep, struct hy_sla_row, n);
	for (size_t i = 0; i < n; i++) {
		tally_done(&t[i]);
		if (t[i].listed)
			rep->rows[rep->n++] = t[i].row;
	}
	tally_done(&t[n]);
	rep->total = t[n].row;
	for (size_t i = 0; i < rep->n; i++) {
		rep->total.held_work += rep->rows[i].held_work;
		rep->total.held_any += rep->rows[i].held_any;
	}
	rank(rep);
	*out = rep;
}

enum hy_status hy_sla_load(struct hy_store *st, const void *ctx, const struct hy_case_rules *rules,
			   hy_time since, hy_time until, hy_time now, int min_cases,
			   struct hy_sla_report **out, struct hy_err *err)
{
	void *work = talloc_new(NULL);
	struct hy_sla_input in = {.cal = rules->cal,
				  .since = since,
				  .until = until,
				  .now = now,
				  .min_cases = min_cases};
	struct hy_case *c;
	struct hy_unit *units;
	struct hy_sla_case *sc;
	size_t n;
	enum hy_status status = hy_cases_all(st, work, (struct hy_case_filter){.closed_too = true},
					     &c, &n, err);

	if (!status)
		status = hy_unit_list(st, work, &units, &in.n_units, err);
	if (status)
		goto out;
	in.units = units;
	sc = hy_new_array(work, struct hy_sla_case, n + 1);
	for (size_t i = 0; !status && i < n; i++) {
		struct hy_case_event *ev = NULL;
		struct hy_answer *answers = NULL;

		if (c[i].opened >= until || (c[i].closed && c[i].closed < since))
			continue; /* nothing of it lies in the period */
		sc[in.n_cases].c = c[i];
		status = hy_case_events(st, work, c[i].id, &ev, &sc[in.n_cases].n_ev, err);
		if (!status)
			status = hy_answer_list(st, work, c[i].id, &answers,
						&sc[in.n_cases].n_answers, err);
		sc[in.n_cases].answers = answers;
		sc[in.n_cases++].ev = ev;
	}
	in.cases = sc;
	if (!status)
		hy_sla_make(&in, ctx, out);
out:
	talloc_free(work);
	return status;
}
