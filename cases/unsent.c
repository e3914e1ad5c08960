/* Replies that did not reach the citizen, though they were given in time. */
#include "cases/cases.h"

#include <string.h>

static const struct hy_answer *answer_of(const struct hy_answer *a, size_t n, int64_t event)
{
	for (size_t i = 0; i < n; i++)
		if (a[i].event == event)
			return &a[i];
	return NULL; /* given by hand */
}

static bool lost(const struct hy_answer *a, hy_time until)
{
	if (a->state == HY_DELIVERY_SENT)
		return a->reported == HY_ANSWER_UNDELIVERED && a->reported_at < until;
	return (a->state == HY_DELIVERY_FAILED || a->state == HY_DELIVERY_MISSED ||
		a->state == HY_DELIVERY_CANCELLED) &&
	       a->changed < until;
}

bool hy_case_reply_unsent(const struct hy_case_event *ev, size_t n_ev, const struct hy_answer *answers,
			  size_t n_answers, hy_time since, hy_time until)
{
	bool unsent = false;

	for (size_t i = 0; i < n_ev; i++) {
		const struct hy_answer *a;

		if (strcmp(ev[i].kind, "replied") != 0 || ev[i].at < since || ev[i].at >= until)
			continue;
		a = answer_of(answers, n_answers, ev[i].id);
		if (!a || (a->state == HY_DELIVERY_SENT && !lost(a, until)))
			unsent = false;
		else if (lost(a, until))
			unsent = true;
	}
	return unsent;
}
