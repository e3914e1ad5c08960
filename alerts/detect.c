/*
 * The detect role's step: a batch of the log, its matches and the cursor in one transaction, so
 * that each pair of rule version and item is written exactly once, whatever is killed.
 */
#include "alerts/alerts.h"

#include "alerts/internal.h"

#include "base/base.h"

bool hy_alerts_passed_over(const struct hy_item *it)
{
	return it->superseded_by != 0 || (it->flags & (HY_ITEM_OWN | HY_ITEM_WITHDRAWN)) != 0;
}

static enum hy_status write_matches(struct hy_store *st, struct hy_rules *r,
				    const struct hy_item *it, const struct hy_facts *f,
				    unsigned flags, hy_time now, struct hy_detected *d,
				    struct hy_err *err)
{
	struct hy_match *m = NULL;
	size_t n = 0;
	enum hy_status status = hy_rules_match(r, NULL, it, f, flags, &m, &n, err);
	for (size_t i = 0; i < n && status == HY_OK; i++) {
		struct hy_alert_id id;
		bool fresh = false;
		status = hy_alert_match(st, hy_match_alert(m, &m[i], now), it->seq, now, &id,
					&fresh, err);
		d->matches++;
		d->opened += fresh;
	}
	talloc_free(m);
	return status;
}

/* The last place of the log for which these rules are right. */
static enum hy_status right_until(struct hy_store *st, const struct hy_rules *r, int64_t from,
				  int64_t *upto, bool *stale, struct hy_err *err)
{
	int64_t change = 0;
	enum hy_status status = hy_cursor_get(st, "rules", &change, err);

	*upto = INT64_MAX;
	*stale = status == HY_OK && (change != hy_rules_change(r) || from < hy_rules_since(r));
	if (*stale && from < hy_rules_since(r))
		*upto = from; /* begun again: versions of long ago are asked for */
	else if (*stale)
		status = hy_watch_changed(st, hy_rules_change(r), upto, err);
	return status;
}

enum hy_status hy_alerts_batch(struct hy_store *st, struct hy_rules *r, const struct hy_item *items,
			       const struct hy_facts *facts, size_t n, hy_time now,
			       struct hy_detected *out, struct hy_err *err)
{
	struct hy_detected d = {0};
	int64_t from = 0, upto = 0;
	enum hy_status status = hy_cursor_get(st, HY_ALERTS_CURSOR, &from, err);
	if (status == HY_OK)
		status = right_until(st, r, from, &upto, &d.stale, err);
	d.cursor = from;
	for (size_t i = 0; i < n && status == HY_OK; i++) {
		if (items[i].seq <= from)
			continue;
		if (items[i].seq > upto) {
			d.blocked = true;
			break;
		}
		if (!hy_alerts_passed_over(&items[i]))
			status = write_matches(st, r, &items[i], &facts[i], 0, now, &d, err);
		d.cursor = items[i].seq;
		d.seen++;
	}
	if (status == HY_OK && d.cursor != from)
		status = hy_cursor_set(st, HY_ALERTS_CURSOR, d.cursor, err);
	if (status == HY_OK)
		*out = d;
	return status;
}

/* The next items and their facts. */
static enum hy_status read_batch(struct hy_store *st, const void *work, int64_t after, int limit,
				 struct hy_item **items, struct hy_facts **facts, size_t *n,
				 struct hy_err *err)
{
	enum hy_status status = hy_item_log(st, work, after, limit, items, n, err);
	if (status != HY_OK)
		return status;
	*facts = hy_new_array(work, struct hy_facts, *n > 0 ? *n : 1);
	for (size_t i = 0; i < *n && status == HY_OK; i++)
		if (!hy_alerts_passed_over(&(*items)[i]))
			status = hy_facts_of_item(&(*facts)[i], work, &(*items)[i], err);
	return status;
}

static enum hy_status detect(struct hy_store *st, struct hy_rules *r, hy_time now, int limit,
			     struct hy_detected *d, struct hy_err *err)
{
	void *work = talloc_new(NULL);
	struct hy_item *items = NULL;
	struct hy_facts *facts = NULL;
	size_t n = 0;
	int64_t from = 0;
	enum hy_status status = hy_cursor_get(st, HY_ALERTS_CURSOR, &from, err);
	if (status == HY_OK)
		status = read_batch(st, work, from, limit, &items, &facts, &n, err);
	if (status == HY_OK)
		status = hy_alerts_batch(st, r, items, facts, n, now, d, err);
	d->more = n == (size_t)limit;
	talloc_free(work);
	return status;
}

enum hy_status hy_alerts_detect(struct hy_store *st, struct hy_rules *r, hy_time now, int limit,
				struct hy_detected *out, struct hy_err *err)
{
	struct hy_detected d = {0};
	if (limit < 1)
		return hy_err_set(err, HY_EINPUT, _("detect: a batch is at least 1 item"));
	enum hy_status status = hy_store_begin(st, err);
	if (status != HY_OK)
		return status;
	status = detect(st, r, now, limit, &d, err);
	if (status == HY_OK)
		status = hy_store_commit(st, err);
	if (status != HY_OK) {
		hy_store_rollback(st);
		return hy_err_wrap(err, _("detect"));
	}
	*out = d;
	return HY_OK;
}

/* ---- the archive ---- */

static enum hy_status rerun(struct hy_store *st, struct hy_rules *r, struct hy_watch_run *run,
			    hy_time now, int limit, struct hy_err *err)
{
	void *work = talloc_new(NULL);
	struct hy_item *items = NULL;
	struct hy_facts *facts = NULL;
	struct hy_detected d = {0};
	size_t n = 0, i = 0;
	int64_t from = run->at;
	enum hy_status status = read_batch(st, work, from, limit, &items, &facts, &n, err);
	for (; i < n && items[i].seq <= run->upto && status == HY_OK; i++) {
		run->at = items[i].seq;
		run->seen++;
		if (!hy_alerts_passed_over(&items[i]))
			status = write_matches(st, r, &items[i], &facts[i], HY_RULES_EVERYWHERE,
					       now, &d, err);
	}
	run->matches += d.matches;
	run->opened += d.opened;
	if (i < (size_t)limit) { /* the log ended, or what came later begins */
		run->at = run->upto;
		run->state = HY_RUN_DONE;
		run->finished = now;
	}
	if (status == HY_OK)
		status = hy_watch_run_move(st, run, from, err);
	talloc_free(work);
	return status;
}

enum hy_status hy_alerts_rerun(struct hy_store *st, struct hy_rules *r, struct hy_watch_run *run,
			       hy_time now, int limit, struct hy_err *err)
{
	struct hy_watch_run moved = *run;
	enum hy_status status = hy_store_begin(st, err);
	if (status != HY_OK)
		return status;
	status = rerun(st, r, &moved, now, limit, err);
	if (status == HY_OK)
		status = hy_store_commit(st, err);
	if (status != HY_OK) {
		hy_store_rollback(st);
		return hy_err_wrap(err, _("run %" PRId64), run->id);
	}
	*run = moved;
	return HY_OK;
}
