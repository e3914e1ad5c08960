/*
 * When a promise falls due. Each meter asks for the first second by which its kind of time, pauses
 * left out, reaches its budget: a function that never falls as arrival rises, so the earliest of
 * several meters never does either.
 */
#include "calendar/internal.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

/* First t with worked(t) >= target, INT64_MAX past the table. */
static int64_t work_full(const struct hy_calendar *cal, int64_t target)
{
	ptrdiff_t lo = -1, hi = (ptrdiff_t)cal->n_work;

	/* The last interval before which less than target was worked. */
	while (hi - lo > 1) {
		ptrdiff_t mid = lo + (hi - lo) / 2;

		if (cal->work[mid].before < target)
			lo = mid;
		else
			hi = mid;
	}
	if (lo < 0)
		return INT64_MAX;
	const struct hy_cal_work *w = &cal->work[lo];

	if (w->before + (w->until - w->since) < target)
		return INT64_MAX;
	return w->since + (target - w->before);
}

/* First t >= from with as much rest in [from, t) as asked. */
static int64_t rest_full(const struct hy_calendar *cal, int64_t from, int64_t budget)
{
	int64_t target = from - cal->t0 - hy_cal_worked(cal, from) + budget;
	ptrdiff_t lo = -1, hi = (ptrdiff_t)cal->n_work;

	/* The last interval at whose start less than target had been rested. */
	while (hi - lo > 1) {
		ptrdiff_t mid = lo + (hi - lo) / 2;
		const struct hy_cal_work *w = &cal->work[mid];

		if (w->since - cal->t0 - w->before < target)
			lo = mid;
		else
			hi = mid;
	}
	if (lo < 0)
		return cal->t0 + target;
	const struct hy_cal_work *w = &cal->work[lo];
	int64_t done = w->since - cal->t0 - w->before;

	return w->until + (target - done);
}

static int64_t amount(const struct hy_calendar *cal, enum hy_regime r, int64_t a, int64_t b)
{
	int64_t work;

	if (r == HY_REGIME_ANY)
		return b - a;
	work = hy_cal_worked(cal, b) - hy_cal_worked(cal, a);
	return r == HY_REGIME_WORK ? work : b - a - work;
}

static int64_t full(const struct hy_calendar *cal, enum hy_regime r, int64_t from, int64_t budget)
{
	int64_t t;

	if (r == HY_REGIME_ANY)
		t = from + budget;
	else if (r == HY_REGIME_WORK)
		t = work_full(cal, hy_cal_worked(cal, from) + budget);
	else
		t = rest_full(cal, from, budget);
	return t < cal->t1 ? t : INT64_MAX;
}

static bool closing_paused(int64_t at, const struct hy_cal_span *pause, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (at > pause[i].since && at <= pause[i].until)
			return true;
	return false;
}

static int64_t workdays_full(const struct hy_calendar *cal, int64_t arrival, int64_t budget,
			     const struct hy_cal_span *pause, size_t n)
{
	size_t i = cal->day[hy_cal_day_at(cal, arrival)].closings;

	if (!n) {
		i += (size_t)budget - 1;
		return i < cal->n_closings ? cal->closing[i].at : INT64_MAX;
	}
	for (; i < cal->n_closings; i++)
		if (!closing_paused(cal->closing[i].at, pause, n) && --budget == 0)
			return cal->closing[i].at;
	return INT64_MAX;
}

int64_t hy_cal_meter_due(const struct hy_calendar *cal, const struct hy_meter *m, int64_t arrival,
			 const struct hy_cal_span *pause, size_t n)
{
	int64_t left = m->budget, from = arrival;

	if (m->regime == HY_REGIME_WORKDAYS)
		return workdays_full(cal, arrival, m->budget, pause, n);
	for (size_t i = 0; i < n; i++) {
		int64_t got = amount(cal, m->regime, from, pause[i].since);

		if (got >= left)
			break;
		left -= got;
		from = pause[i].until;
	}
	return full(cal, m->regime, from, left);
}

static int span_cmp(const void *a, const void *b)
{
	const struct hy_cal_span *x = a, *y = b;

	return x->since < y->since ? -1 : x->since > y->since;
}

size_t hy_cal_pauses(const struct hy_calendar *cal, const struct hy_run *run, const void *ctx,
		     struct hy_cal_span **out)
{
	struct hy_cal_span *s;
	int64_t arrival = hy_cal_secs(run->arrival);
	size_t n = 0, k = 0;

	if (!run->n_pauses) {
		*out = NULL;
		return 0;
	}
	s = hy_new_array(ctx, struct hy_cal_span, run->n_pauses);
	for (size_t i = 0; i < run->n_pauses; i++) {
		int64_t a = hy_cal_secs(run->pauses[i].since);
		int64_t b = hy_cal_secs(run->pauses[i].until);

		a = a < arrival ? arrival : a;
		b = b > cal->t1 ? cal->t1 : b;
		if (a < b)
			s[n++] = (struct hy_cal_span){a, b};
	}
	qsort(s, n, sizeof *s, span_cmp);
	for (size_t i = 0; i < n; i++) {
		if (k && s[i].since <= s[k - 1].until) {
			if (s[i].until > s[k - 1].until)
				s[k - 1].until = s[i].until;
		} else {
			s[k++] = s[i];
		}
	}
	*out = s;
	return k;
}

enum hy_status hy_cal_run_check(const struct hy_calendar *cal, const struct hy_run *run,
				struct hy_err *err)
{
	int64_t t = hy_cal_secs(run->arrival);

	if (!run->promise || run->promise->n < 1 || run->promise->n > HY_METERS_MAX)
		return hy_err_set(err, HY_EINPUT, _("promise without a meter"));
	for (size_t i = 0; i < run->promise->n; i++)
		if (run->promise->meter[i].budget < 1)
			return hy_err_set(err, HY_EINPUT,
					  _("promise %s: a budget must be positive"),
					  run->promise->name ? run->promise->name : "");
	if (t < cal->t0 || t >= cal->t1)
		return hy_err_set(err, HY_EINPUT,
				  _("arrival is outside the years 2000 to 2059 of the calendar"));
	return HY_OK;
}

enum hy_status hy_calendar_due(const struct hy_calendar *cal, const struct hy_run *run,
			       hy_time *out, struct hy_err *err)
{
	enum hy_status st = hy_cal_run_check(cal, run, err);
	struct hy_cal_span *pause;
	int64_t arrival = hy_cal_secs(run->arrival), due = INT64_MAX;
	size_t n;

	if (st)
		return st;
	n = hy_cal_pauses(cal, run, NULL, &pause); /* cal is shared: nothing hangs off it */
	for (size_t i = 0; i < run->promise->n; i++) {
		int64_t t = hy_cal_meter_due(cal, &run->promise->meter[i], arrival, pause, n);

		if (t < due)
			due = t;
	}
	talloc_free(pause);
	if (due == INT64_MAX)
		return hy_err_set(err, HY_EINPUT,
				  _("promise %s: never falls due before 2060; does the office have "
				    "working hours?"),
				  run->promise->name ? run->promise->name : "");
	*out = due * HY_SECOND;
	return HY_OK;
}
