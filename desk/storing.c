/*
 * The record's one queue of takes. A transaction costs a sync, so takes share one; a take that
 * fails in company is tried again alone, so that it takes nobody along.
 */
#include "desk/storing.h"

#include "desk/balance.h"
#include "desk/internal.h"
#include "desk/stream.h"
#include "desk/turns.h"

#include <string.h>

#define ROOM 1000      /* items of a transaction */
#define TAKES 256      /* takes of a transaction */
#define GATHER 50      /* ms that the first one waits for company */
#define BEHIND 10000   /* items by which a follower may be behind */
#define SLOW_MOST 1000 /* ms between two transactions when they are far behind */
#define ASK_OTHERS 250 /* ms between two looks at followers of other processes */
#define LEASE_TTL (15 * HY_SECOND)

struct desk_storing {
	struct hy_desk *desk;
	const char *lease;
	struct desk_take *first, **end;
	size_t items;	       /* that wait */
	size_t turn;	       /* who begins */
	int64_t since;	       /* monotonic ms: the first of them came */
	int64_t not_before;    /* monotonic ms */
	int64_t asked, others; /* when others were asked last, and the least place they told */
};

struct desk_storing *desk_storing_new(const void *ctx, struct hy_desk *desk, const char *lease)
{
	struct desk_storing *st = hy_new(ctx, struct desk_storing);

	st->desk = desk;
	st->lease = lease;
	st->end = &st->first;
	st->others = INT64_MAX;
	return st;
}

void desk_storing_add(struct desk_storing *st, struct desk_take *take)
{
	take->at = 0;
	take->got = (struct hy_received){0};
	take->next = NULL;
	if (!st->first)
		st->since = hy_monotonic();
	*st->end = take;
	st->end = &take->next;
	st->items += take->n;
}

bool desk_storing_waits(const struct desk_storing *st)
{
	return st->first != NULL;
}

int64_t desk_storing_due(struct desk_storing *st)
{
	int64_t now = hy_monotonic(), at = st->items >= ROOM ? now : st->since + GATHER;

	if (!st->first)
		return -1;
	if (at < st->not_before)
		at = st->not_before;
	return at > now ? at - now : 0;
}

/* ---- back-pressure ---- */

static bool follows_elsewhere(struct desk_storing *st, const struct hy_lease *leases, size_t n,
			      const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(leases[i].name, name) && leases[i].until > hy_desk_now(st->desk))
			return true;
	return false;
}

/* The least place of followers in other processes; those that nobody runs are not waited for. */
static int64_t told_elsewhere(struct desk_storing *st, bool index, bool detect)
{
	void *work = talloc_new(st);
	struct hy_lease *leases = NULL;
	struct hy_index_stats stats = {0};
	struct hy_index *ix = NULL;
	int64_t at = INT64_MAX, seq = 0;
	size_t n = 0;

	if (hy_lease_list(st->desk->st, work, &leases, &n, NULL))
		n = 0;
	if (index && follows_elsewhere(st, leases, n, "index") &&
	    !desk_index(st->desk, &ix, NULL) && !hy_index_stats(ix, &stats, NULL))
		at = stats.cursor;
	if (detect && follows_elsewhere(st, leases, n, "detect") &&
	    !hy_cursor_get(st->desk->st, "detect", &seq, NULL) && seq < at)
		at = seq;
	talloc_free(work);
	return at;
}

/* Slower, never stopped: what people wrote is not turned away because a search is late. */
static void slow_down(struct desk_storing *st)
{
	int64_t index = desk_stream_told(st->desk, DESK_INDEXES),
		detect = desk_stream_told(st->desk, DESK_DETECTS), least = INT64_MAX, last = 0,
		now = hy_monotonic();

	if ((index < 0 || detect < 0) && now - st->asked >= ASK_OTHERS) {
		st->asked = now;
		st->others = told_elsewhere(st, index < 0, detect < 0);
	}
	if (index >= 0)
		least = index;
	if (detect >= 0 && detect < least)
		least = detect;
	if ((index < 0 || detect < 0) && st->others < least)
		least = st->others;
	st->not_before = now;
	if (least == INT64_MAX || hy_item_last_seq(st->desk->st, &last, NULL, NULL) ||
	    last - least <= BEHIND)
		return;
	last = (last - least - BEHIND) / 10;
	st->not_before += last < SLOW_MOST ? last : SLOW_MOST;
}

/* ---- one transaction ---- */

static enum hy_status put_some(struct hy_desk *desk, struct desk_take *t, size_t n,
			       struct hy_received *got, struct desk_lags *lags, struct hy_err *err)
{
	enum hy_status status = HY_OK;

	for (size_t i = t->at; i < t->at + n && !status; i++) {
		struct hy_taken *x = &t->items[i];
		enum hy_put what = HY_PUT_REPEAT;

		if (x->alias_of.v)
			status = hy_item_alias(desk->st, x->alias_of, x->item.source,
					       x->item.native, err);
		if (!status)
			status = hy_item_put(desk->st, &x->item, &what, err);
		got->fresh += what == HY_PUT_NEW;
		if (what == HY_PUT_NEW && t->follows && !(x->item.flags & HY_ITEM_DATE_GUESSED))
			desk_lags_add(lags, x->item.taken - x->item.posted);
		got->edit += what == HY_PUT_EDIT;
		got->repeat += what == HY_PUT_REPEAT;
	}
	return status;
}

static void add_up(struct hy_received *to, const struct hy_received *more)
{
	to->fresh += more->fresh;
	to->edit += more->edit;
	to->repeat += more->repeat;
	to->refused += more->refused;
}

/* The sheet of the day. What the feed held is told less what of it is still to come. */
static enum hy_status count_some(struct hy_desk *desk, const struct desk_take *t, size_t n, int day,
				 const struct hy_received *got, const struct desk_lags *lags,
				 struct hy_err *err)
{
	bool first = t->at == 0;
	int64_t refused = first ? (int64_t)t->n_refused : 0, cut = first ? (int64_t)t->n_cut : 0,
		skipped = first ? (int64_t)t->n_skipped : 0;
	const struct desk_count counts[] = {
		{"received", "", first ? (int64_t)t->n_received - (int64_t)(t->n - n) : (int64_t)n},
		{"new", "", got->fresh},
		{"new", "edit", got->edit},
		{"repeat", "", got->repeat},
		{"refused", "cut", cut},
		{"refused", "skipped", skipped},
		{"refused", "empty", refused - cut - skipped},
	};
	enum hy_status status =
		desk_counts_add(desk, t->source, day, counts, HY_LEN(counts), err);

	return status ? status : desk_lags_count(desk, t->source, day, lags, err);
}

/* Some of one take, its counts, and its end when these are the last. */
static enum hy_status store_some(struct desk_storing *st, struct desk_take *t, size_t n, int day,
				 struct hy_received *got, struct hy_err *err)
{
	struct desk_lags lags = {0};
	enum hy_status status = put_some(st->desk, t, n, got, &lags, err);

	if (t->at == 0) {
		got->repeat += (int64_t)t->n_known;
		got->refused += (int64_t)t->n_refused;
	}
	if (!status)
		status = hy_source_received(st->desk->st, t->source, got, err);
	if (!status)
		status = count_some(st->desk, t, n, day, got, &lags, err);
	if (!status && t->at + n == t->n) {
		struct hy_received before = t->got;

		add_up(&t->got, got);
		status = t->last(t, err);
		t->got = before;
	}
	return status;
}

static enum hy_status transact(struct desk_storing *st, struct desk_take **takes,
			       const struct desk_turn *turns, size_t n, struct hy_received *got,
			       struct hy_err *err)
{
	struct hy_lease lease;
	int day = 0;
	enum hy_status status = desk_today(st->desk, &day, err);

	if (!status)
		status = hy_store_begin(st->desk->st, err);
	if (status)
		return status;
	status = hy_lease_take(st->desk->st, st->lease, st->desk->owner, LEASE_TTL, &lease, err);
	for (size_t i = 0; i < n && !status; i++) {
		got[i] = (struct hy_received){0};
		if (turns[i].take || takes[i]->at == takes[i]->n)
			status = store_some(st, takes[i], turns[i].take, day, &got[i], err);
	}
	return desk_end(st->desk, status, err);
}

/* Out of the queue before its end is told: the teller may add another. */
static void end_of(struct desk_storing *st, struct desk_take *t, enum hy_status status,
		   const struct hy_err *err)
{
	struct desk_take **at = &st->first;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	if (st->end == &t->next)
		st->end = at;
	st->items -= t->n - t->at;
	t->stored(t, status, err);
}

static void advance(struct desk_storing *st, struct desk_take *t, size_t n,
		    const struct hy_received *got)
{
	static const struct hy_err none = {0};

	t->at += n;
	st->items -= n;
	add_up(&t->got, got);
	if (t->at == t->n)
		end_of(st, t, HY_OK, &none);
}

static void each_alone(struct desk_storing *st, struct desk_take **takes,
		       const struct desk_turn *turns, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct hy_err err = {0};
		struct hy_received got;
		enum hy_status status = transact(st, &takes[i], &turns[i], 1, &got, &err);

		if (status)
			end_of(st, takes[i], status, &err);
		else
			advance(st, takes[i], turns[i].take, &got);
	}
}

void desk_storing_run(struct desk_storing *st)
{
	struct desk_take *takes[TAKES];
	struct desk_turn turns[TAKES];
	struct hy_received got[TAKES];
	struct hy_err err = {0};
	size_t n = 0;
	enum hy_status status = HY_OK;

	for (struct desk_take *t = st->first; t && n < TAKES; t = t->next) {
		takes[n] = t;
		turns[n++] = (struct desk_turn){.left = t->n - t->at};
	}
	if (!n)
		return;
	(void)desk_turns_share(turns, n, st->turn % n, ROOM, &st->turn);
	status = transact(st, takes, turns, n, got, &err);
	if (status && n == 1)
		end_of(st, takes[0], status, &err);
	else if (status)
		each_alone(st, takes, turns, n);
	else
		for (size_t i = 0; i < n; i++)
			advance(st, takes[i], turns[i].take, &got[i]);
	st->since = hy_monotonic();
	slow_down(st);
}
