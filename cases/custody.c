/* Who held a case, second by second: each event with a holder hands it on. */
#include "cases/internal.h"

#include "base/base.h"

#include <string.h>

static const char *const holder_name[] = {"desk", "unit", "citizen", "checker"};

const char *hy_holder_name(enum hy_holder h)
{
	return holder_name[h];
}

static bool holder_parse(const char *s, enum hy_holder *out)
{
	for (size_t i = 0; i < HY_LEN(holder_name); i++)
		if (!strcmp(s, holder_name[i])) {
			*out = (enum hy_holder)i;
			return true;
		}
	return false;
}

/* Ends the stretch at `at`; stretches of no length vanish, neighbours of one holder join. */
static size_t stretch_end(struct hy_custody *s, size_t n, struct hy_custody *now, hy_time at)
{
	struct hy_custody *last = n ? &s[n - 1] : NULL;

	now->until = at;
	if (now->until <= now->since)
		return n;
	if (last && last->until == now->since && last->holder == now->holder &&
	    last->unit.v == now->unit.v) {
		last->until = now->until;
		return n;
	}
	s[n] = *now;
	return n + 1;
}

size_t hy_custody_ledger(const struct hy_calendar *cal, const struct hy_case_event *ev, size_t n,
			 hy_time now, const void *ctx, struct hy_custody **out)
{
	struct hy_custody *s = hy_new_array(ctx, struct hy_custody, n + 1), held = {0};
	size_t k = 0;
	bool open = false;

	now = hy_case_floor(now);
	for (size_t i = 0; i < n && hy_case_floor(ev[i].at) <= now; i++) {
		hy_time at = hy_case_floor(ev[i].at);
		bool closes = !strcmp(ev[i].kind, "closed");
		enum hy_holder holder = HY_HOLDER_DESK;

		if (!closes && (!ev[i].holder || !holder_parse(ev[i].holder, &holder)))
			continue;
		if (open)
			k = stretch_end(s, k, &held, at);
		open = !closes;
		if (open)
			held = (struct hy_custody){.holder = holder, .since = at};
		if (open && holder == HY_HOLDER_UNIT)
			held.unit = ev[i].unit;
	}
	if (open)
		k = stretch_end(s, k, &held, now);
	for (size_t i = 0; i < k; i++) {
		s[i].total = (s[i].until - s[i].since) / HY_SECOND;
		s[i].work = hy_calendar_between(cal, HY_REGIME_WORK, s[i].since, s[i].until);
		s[i].rest = s[i].total - s[i].work;
	}
	*out = s;
	return k;
}
