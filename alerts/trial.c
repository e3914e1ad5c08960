/*
 * A rule tried on the past before it rings: how often, on which days, on what, and how much of that
 * people have called noise before. The same predicate over the same items as detection.
 */
#include "alerts/alerts.h"

#include "alerts/internal.h"

#include "base/base.h"

#define BATCH 1000
#define DAY (24 * HY_HOUR)

struct trying {
	struct hy_store *st;
	const void *ctx;
	const struct hy_trial *t;
	struct hy_tried *out;
	size_t ring; /* where the next example goes: the oldest leaves */
};

static hy_time day_of(const struct hy_trial *t, hy_time at)
{
	hy_dur shift = t->zone_minutes * HY_MINUTE;
	hy_time local = at + shift;

	return local - ((local % DAY) + DAY) % DAY - shift;
}

static void count(struct trying *ty, const struct hy_item *it)
{
	struct hy_tried *o = ty->out;
	hy_time day = day_of(ty->t, it->taken);
	size_t i = o->n_days;

	/* days run forward with the log, but for a clock that was set back */
	while (i > 0 && o->days[i - 1].start > day)
		i--;
	if (i == 0 || o->days[i - 1].start != day) {
		o->days = hy_grow(ty->ctx, o->days, struct hy_trial_day, o->n_days + 1);
		for (size_t k = o->n_days++; k > i; k--)
			o->days[k] = o->days[k - 1];
		o->days[i++] = (struct hy_trial_day){.start = day};
	}
	o->days[i - 1].count++;
	o->total++;
	if (ty->t->examples > 0) {
		o->seqs[ty->ring % ty->t->examples] = it->seq;
		ty->ring++;
	}
}

static enum hy_status look(struct trying *ty, const struct hy_item *it, const void *work,
			   struct hy_err *err)
{
	struct hy_facts f;
	bool noise = false, useful = false;
	enum hy_status status = HY_OK;

	if (hy_alerts_passed_over(it) || it->taken < ty->t->since)
		return HY_OK;
	ty->out->seen++;
	status = hy_facts_of_item(&f, work, it, err);
	if (status != HY_OK || !hy_query_matches(ty->t->query, &f))
		return status;
	count(ty, it);
	status = hy_alert_judged(ty->st, it->seq, &noise, &useful, err);
	ty->out->useful += useful;
	ty->out->noise += noise && !useful;
	return status;
}

/* From a ring to the newest first. */
static void order(struct trying *ty)
{
	struct hy_tried *o = ty->out;
	size_t most = ty->t->examples;
	int64_t *seqs = hy_new_array(ty->ctx, int64_t, most > 0 ? most : 1);

	o->n_seqs = ty->ring < most ? ty->ring : most;
	for (size_t i = 0; i < o->n_seqs; i++)
		seqs[i] = o->seqs[(ty->ring - 1 - i) % most];
	talloc_free(o->seqs);
	o->seqs = seqs;
}

enum hy_status hy_alerts_try(struct hy_store *st, const void *ctx, const struct hy_trial *t,
			     struct hy_tried *out, struct hy_err *err)
{
	struct hy_tried o = {.since = t->since, .whole = true};
	struct trying ty = {.st = st, .ctx = ctx, .t = t, .out = &o};
	int64_t after = 0, last = 0;
	size_t n = 1;
	enum hy_status status = hy_item_last_seq(st, &last, NULL, err);

	o.seqs = hy_new_array(ctx, int64_t, t->examples > 0 ? t->examples : 1);
	if (status == HY_OK)
		status = hy_item_taken_seq(st, t->since, &after, err);
	if (status == HY_OK && last - after > t->most) {
		after = last - t->most;
		o.whole = false;
	}
	bool begins = after == 0; /* nothing was there before: rates are of the time since then */
	while (status == HY_OK && n > 0) {
		void *work = talloc_new(NULL);
		struct hy_item *items = NULL;
		status = hy_item_log(st, work, after, BATCH, &items, &n, err);
		for (size_t i = 0; status == HY_OK && i < n; i++) {
			if (o.seen == 0 && (begins || !o.whole))
				o.since = items[i].taken;
			status = look(&ty, &items[i], work, err);
			after = items[i].seq;
		}
		talloc_free(work);
	}
	if (status != HY_OK)
		return status;
	order(&ty);
	*out = o;
	return HY_OK;
}
