/* Whose turn it is: see fair.h. A lane stands while something of its session waits or is served;
 * one that has had its turn goes to the end of the row. */
#include "web/fair.h"

#include "base/base.h"

#include <string.h>

void web_fair_init(struct web_fair *f, int workers)
{
	*f = (struct web_fair){.dear_most = workers > 1 ? workers - 1 : 1};
}

static void append(struct web_turn **first, struct web_turn **last, struct web_turn *t)
{
	t->next = NULL;
	if (*first)
		(*last)->next = t;
	else
		*first = t;
	*last = t;
}

static struct web_turn *pop(struct web_turn **first)
{
	struct web_turn *t = *first;

	*first = t->next;
	return t;
}

static struct web_lane *lane_of(struct web_fair *f, uint64_t whose)
{
	for (int i = 0; i < f->n_lanes; i++)
		if (f->lanes[i].whose == whose)
			return &f->lanes[i];
	return NULL;
}

static void drop_lane(struct web_fair *f, struct web_lane *lane)
{
	int at = (int)(lane - f->lanes);

	memmove(lane, lane + 1, (size_t)(--f->n_lanes - at) * sizeof(*lane));
}

enum web_put web_fair_put(struct web_fair *f, struct web_turn *t)
{
	struct web_lane *lane = t->dear ? lane_of(f, t->whose) : NULL;

	if (lane && lane->waiting >= WEB_DEAR_MAX)
		return WEB_PUT_TOO_MANY;
	if (f->waiting >= WEB_WAITING_MAX)
		return WEB_PUT_FULL;
	if (t->dear && !lane) {
		lane = &f->lanes[f->n_lanes++];
		*lane = (struct web_lane){.whose = t->whose};
	}
	if (lane) {
		append(&lane->first, &lane->last, t);
		lane->waiting++;
	} else {
		append(&f->first, &f->last, t);
	}
	f->waiting++;
	return WEB_PUT;
}

static struct web_turn *take_dear(struct web_fair *f)
{
	for (int i = 0; i < f->n_lanes && f->dear_running < f->dear_most; i++) {
		struct web_lane *lane = &f->lanes[i];

		if (lane->running || !lane->waiting)
			continue;
		lane->waiting--;
		lane->running = true;
		f->dear_running++;
		return pop(&lane->first);
	}
	return NULL;
}

struct web_turn *web_fair_take(struct web_fair *f)
{
	struct web_turn *t = f->first ? pop(&f->first) : take_dear(f);

	f->waiting -= t != NULL;
	return t;
}

void web_fair_done(struct web_fair *f, const struct web_turn *t)
{
	struct web_lane *lane = t->dear ? lane_of(f, t->whose) : NULL, was;

	if (!t->dear)
		return;
	if (!lane || !lane->running)
		HY_BUG("a request was served that nobody took");
	was = *lane;
	was.running = false;
	f->dear_running--;
	drop_lane(f, lane);
	if (was.waiting)
		f->lanes[f->n_lanes++] = was;
}

struct web_turn *web_fair_drain(struct web_fair *f)
{
	struct web_turn *all = NULL, *last = NULL;

	while (f->first)
		append(&all, &last, pop(&f->first));
	for (int i = 0; i < f->n_lanes; i++) {
		while (f->lanes[i].first)
			append(&all, &last, pop(&f->lanes[i].first));
		f->lanes[i].waiting = 0;
	}
	f->waiting = 0;
	return all;
}
