/*
 * The detect role's step: a batch of the log, its matches and the cursor in one transaction, so
 * that each pair of rule and item is written exactly once, whatever is killed.
 */
#include "alerts/alerts.h"

#include "base/base.h"

#define PREVIEW_BATCH 500

/* Superseded: its newer revision comes later in the log. */
static bool passed_over(const struct hy_item *it)
{
	return it->superseded_by != 0 || (it->flags & (HY_ITEM_OWN | HY_ITEM_WITHDRAWN)) != 0;
}

static enum hy_status write_matches(struct hy_store *st, struct hy_rules *r,
				    const struct hy_item *it, hy_time now, struct hy_detected *d,
				    struct hy_err *err)
{
	void *work = talloc_new(NULL);
	struct hy_match *m = NULL;
	size_t n = 0;
	enum hy_status status = hy_rules_match(r, work, it, &m, &n, err);
	for (size_t i = 0; i < n && status == HY_OK; i++) {
		struct hy_alert_id id;
		bool fresh = false;
		status = hy_alert_match(st, hy_match_alert(work, &m[i], now), it->seq, now, &id,
					&fresh, err);
		d->matches++;
		d->opened += fresh;
	}
	talloc_free(work);
	return status;
}

static enum hy_status run(struct hy_store *st, struct hy_rules *r, hy_time now, int limit,
			  struct hy_detected *d, struct hy_err *err)
{
	void *work = talloc_new(NULL);
	struct hy_item *items = NULL;
	size_t n = 0;
	int64_t from = 0;
	enum hy_status status = hy_cursor_get(st, HY_ALERTS_CURSOR, &from, err);
	if (status == HY_OK)
		status = hy_item_log(st, work, from, limit, &items, &n, err);
	d->cursor = from;
	for (size_t i = 0; i < n && status == HY_OK; i++) {
		if (!passed_over(&items[i]))
			status = write_matches(st, r, &items[i], now, d, err);
		d->cursor = items[i].seq;
		d->seen++;
	}
	if (status == HY_OK && d->cursor != from)
		status = hy_cursor_set(st, HY_ALERTS_CURSOR, d->cursor, err);
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
	status = run(st, r, now, limit, &d, err);
	if (status == HY_OK)
		status = hy_store_commit(st, err);
	if (status != HY_OK) {
		hy_store_rollback(st);
		return hy_err_wrap(err, _("detect"));
	}
	*out = d;
	return HY_OK;
}

enum hy_status hy_alerts_preview(struct hy_store *st, const void *ctx, const struct hy_query *q,
				 int limit, int64_t **seqs, size_t *n, struct hy_err *err)
{
	int64_t last = 0, *out = hy_new_array(ctx, int64_t, limit > 0 ? (size_t)limit : 1);
	size_t k = 0;
	enum hy_status status = hy_item_last_seq(st, &last, NULL, err);
	int64_t after = last > limit ? last - limit : 0;
	while (status == HY_OK && after < last) {
		void *work = talloc_new(NULL);
		struct hy_item *items = NULL;
		size_t got = 0;
		status = hy_item_log(st, work, after, PREVIEW_BATCH, &items, &got, err);
		for (size_t i = 0; i < got && status == HY_OK; i++) {
			struct hy_facts f;
			after = items[i].seq;
			if (after > last || passed_over(&items[i]))
				continue;
			status = hy_facts_of_item(&f, work, &items[i], err);
			if (status == HY_OK && hy_query_matches(q, &f) && k < (size_t)limit)
				out[k++] = items[i].seq;
		}
		talloc_free(work);
		if (got == 0)
			break;
	}
	if (status != HY_OK) {
		talloc_free(out);
		return status;
	}
	/* newest first */
	for (size_t i = 0; i < k / 2; i++) {
		int64_t x = out[i];
		out[i] = out[k - 1 - i];
		out[k - 1 - i] = x;
	}
	*seqs = out;
	*n = k;
	return HY_OK;
}
