/* Counts for overview and metrics. */
#include "store/db.h"

#define HISTOGRAM_SLOTS_MAX 100000

/* One count: where it goes and the question; ?1 is a time, told by which. */
struct count {
	size_t offset;
	enum { NO_TIME, DAY_START, NOW } time;
	const char *sql;
};
#define AT(field) offsetof(struct hy_counts, field)

static const struct count counts[] = {
	{AT(items), NO_TIME, "SELECT items FROM item_tally"},
	{AT(items_today), DAY_START, "SELECT count(*) FROM item WHERE taken >= ? AND revision = 1"},
	{AT(sources), NO_TIME, "SELECT count(*) FROM source WHERE state <> 3"},
	{AT(sources_failing), NO_TIME,
	 "SELECT count(*) FROM source WHERE state = 2 OR (state = 0 AND failures > 0)"},
	{AT(alerts_firing), NO_TIME, "SELECT count(*) FROM alert WHERE state = 0"},
	{AT(alerts_acked), NO_TIME, "SELECT count(*) FROM alert WHERE state = 1"},
	{AT(cases_open), NO_TIME, "SELECT count(*) FROM office_case WHERE state <> 4"},
	{AT(cases_overdue), NOW,
	 "SELECT count(*) FROM office_case WHERE state <> 4"
	 " AND ((due_reply > 0 AND first_reply = 0 AND due_reply < ?1)"
	 " OR (due_resolve > 0 AND resolved = 0 AND due_resolve < ?1))"},
	{AT(claims_open), NO_TIME, "SELECT count(*) FROM claim WHERE state <> 3"},
	{AT(statements_waiting), NO_TIME, "SELECT count(*) FROM statement WHERE state = 1"},
	{AT(deliveries_open), NO_TIME, "SELECT count(*) FROM delivery WHERE state IN (0, 1, 3, 5)"},
	{AT(deliveries_sending), NO_TIME, "SELECT count(*) FROM delivery WHERE state = 1"},
	{AT(deliveries_unknown), NO_TIME, "SELECT count(*) FROM delivery WHERE state = 5"},
	{AT(deliveries_sent), NO_TIME, "SELECT count(*) FROM delivery WHERE state = 2"},
	{AT(deliveries_failed), NO_TIME, "SELECT count(*) FROM delivery WHERE state IN (4, 6)"},
	{AT(answers_open), NO_TIME, "SELECT count(*) FROM case_answer WHERE state IN (0, 1, 3)"},
	{AT(answers_unsettled), NO_TIME,
	 "SELECT count(*) FROM case_answer WHERE state IN (4, 5, 6)"},
};

enum hy_status hy_counts(struct hy_store *st, hy_time day_start, struct hy_counts *out,
			 struct hy_err *err)
{
	struct hy_counts c = {0};
	hy_time now = hy_now(st->clock);
	enum hy_status status = HY_OK;

	for (size_t i = 0; status == HY_OK && i < HY_LEN(counts); i++) {
		const struct count *k = &counts[i];
		struct hy_arg *args = A_LIST(A_INT(k->time == NOW ? now : day_start));
		int64_t *to = (int64_t *)((char *)&c + k->offset);

		status = hy_db_int_args(st, to, err, k->sql, args, k->time == NO_TIME ? 0 : 1);
	}
	if (status == HY_OK)
		*out = c;
	return status;
}

enum hy_status hy_item_histogram(struct hy_store *st, const void *ctx, hy_time since, hy_time until,
				 hy_dur slot, int64_t **out, size_t *n, struct hy_err *err)
{
	struct hy_q q;
	bool more = true;

	if (slot <= 0 || until < since || (until - since) / slot > HISTOGRAM_SLOTS_MAX)
		return hy_err_set(err, HY_EINPUT, _("the histogram has no slots, or too many"));
	size_t slots = (size_t)((until - since) / slot);
	int64_t *counted = hy_new_array(ctx, int64_t, slots + 1);
	enum hy_status status = hy_q_open(&q, st,
					  /* what was posted since was taken since */
					  "SELECT (posted - ?1) / ?3, count(*) FROM item"
					  " WHERE taken >= ?1 AND posted >= ?1 AND posted < ?2"
					  " AND NOT EXISTS (SELECT 1 FROM item_latest h"
					  " WHERE h.id = item.id AND h.latest <> item.seq)"
					  " GROUP BY 1",
					  A_LIST(A_INT(since), A_INT(until), A_INT(slot)), 3, err);
	while (status == HY_OK) {
		status = hy_q_step(&q, &more, err);
		if (status != HY_OK || !more)
			break;
		int64_t at = hy_q_int(&q);
		if (at >= 0 && (uint64_t)at < slots)
			counted[at] = hy_q_int(&q);
	}
	hy_q_close(&q);
	if (status != HY_OK) {
		talloc_free(counted);
		return status;
	}
	*out = counted;
	*n = slots;
	return HY_OK;
}
