/*
 * What stands between the sources and the followers: takes share transactions in turns, one that
 * fails takes nobody along, storing slows when a follower is behind; and batches of the log are
 * folded once for all that read them.
 */
#include "desk/internal.h"
#include "desk/storing.h"
#include "desk/stream.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct office {
	char dir[64];
	char *phrase, *link;
	struct hy_desk *desk;
	struct hy_source_id source[4];
};

static struct hy_err err;
#define OK(call)                                                                                   \
	do {                                                                                       \
		if ((call) != HY_OK)                                                               \
			fail_msg("%s: %s", #call, err.text);                                       \
	} while (0)

static int make_office(void **state)
{
	struct office *o = hy_new(NULL, struct office);
	const struct hy_setup s = {.office = "临江县", .dir = o->dir};

	snprintf(o->dir, sizeof(o->dir), "/tmp/hy-stream.XXXXXX");
	assert_non_null(mkdtemp(o->dir));
	OK(hy_crypt_init(&err));
	OK(hy_desk_setup(o, &s, &o->phrase, &o->link, &err));
	OK(hy_desk_open(&o->desk, o, o->dir, 0, &err));
	for (int i = 0; i < 4; i++) {
		char name[16];
		const struct hy_source src = {
			.name = name, .kind = "feed", .url = "http://a.example/", .place = ""};

		snprintf(name, sizeof(name), "s%d", i);
		OK(hy_source_add(o->desk->st, &src, &o->source[i], &err));
	}
	*state = o;
	return 0;
}

static int drop_office(void **state)
{
	struct office *o = *state;
	char *cmd = hy_strf(NULL, "rm -rf %s", o->dir);

	talloc_free(o);
	assert_int_equal(system(cmd), 0);
	talloc_free(cmd);
	return 0;
}

/* ---- takes ---- */

struct told {
	int ended; /* 1, 2 ...: in this order */
	enum hy_status status;
	int64_t fresh, refused;
};
static int order;

static enum hy_status last(struct desk_take *t, struct hy_err *e)
{
	struct told *told = t->user;

	(void)e;
	told->fresh = t->got.fresh;
	told->refused = t->got.refused;
	return HY_OK;
}

static void stored(struct desk_take *t, enum hy_status status, const struct hy_err *e)
{
	struct told *told = t->user;

	(void)e;
	told->ended = ++order;
	told->status = status;
}

static struct desk_take make_take(struct office *o, int source, size_t n, struct told *told)
{
	struct desk_take t = {.source = o->source[source],
			      .items = hy_new_array(o, struct hy_taken, n + 1),
			      .n = n,
			      .last = last,
			      .stored = stored,
			      .user = told};

	for (size_t i = 0; i < n; i++) {
		struct hy_item *it = &t.items[i].item;

		*it = (struct hy_item){.source = o->source[source],
				       .kind = HY_ITEM_POST,
				       .posted = 1793800000000,
				       .taken = 1793800000000,
				       .title = "路燈",
				       .text = hy_strf(o, "第%zu盏 Ａ", i),
				       .lang = "zh",
				       .place = ""};
		hy_xxh128(it->text, strlen(it->text), it->native);
		hy_xxh128(it->text, strlen(it->text), it->content);
	}
	return t;
}

static int64_t place_of_last(struct office *o, int source)
{
	struct hy_item *items = NULL;
	int64_t seq = 0;
	size_t n = 0;

	OK(hy_item_log(o->desk->st, o, 0, 100000, &items, &n, &err));
	for (size_t i = 0; i < n; i++)
		if (items[i].source.v == o->source[source].v)
			seq = items[i].seq;
	talloc_free(items);
	return seq;
}

static void in_turns(void **state)
{
	struct office *o = *state;
	struct desk_storing *st = desk_storing_new(o, o->desk, "collect");
	struct told great = {0}, small = {0}, none = {0};
	struct desk_take a = make_take(o, 0, 5000, &great), b = make_take(o, 1, 3, &small),
			 c = make_take(o, 2, 0, &none);
	struct hy_source *s = NULL;

	order = 0;
	a.n_received = 5009;
	a.n_refused = 2;
	a.n_known = 7;
	assert_int_equal(desk_storing_due(st), -1);
	desk_storing_add(st, &b);
	assert_in_range(desk_storing_due(st), 0, 50);
	desk_storing_add(st, &a);
	assert_int_equal(desk_storing_due(st), 0); /* enough for a transaction */
	desk_storing_add(st, &c);
	desk_storing_run(st);
	assert_int_equal(small.ended, 1);
	assert_int_equal(none.ended, 2);
	assert_int_equal(great.ended, 0);
	assert_true(place_of_last(o, 1) <= 1000);
	/* the great one's counts move with its rows */
	OK(hy_source_get(o->desk->st, o, o->source[0], &s, &err));
	assert_int_equal(s->got_new, 997);
	assert_int_equal(s->got_refused, 2);
	assert_int_equal(s->got_repeat, 7);
	for (int i = 0; i < 5; i++)
		desk_storing_run(st);
	assert_false(desk_storing_waits(st));
	assert_int_equal(great.fresh, 5000);
	assert_int_equal(great.refused, 2);
	OK(hy_source_get(o->desk->st, o, o->source[0], &s, &err));
	assert_int_equal(s->got_new, 5000);
	/* and so does the sheet of the day */
	struct hy_source_count *counts = NULL;
	int64_t received = 0, became = 0;
	size_t n_counts = 0;
	OK(hy_source_counts(o->desk->st, o, 0, 99999999, &counts, &n_counts, &err));
	for (size_t i = 0; i < n_counts; i++)
		if (counts[i].source.v == o->source[0].v) {
			bool door = !strcmp(counts[i].what, "received");
			received += door ? counts[i].n : 0;
			became += door ? 0 : counts[i].n;
		}
	assert_int_equal(received, 5009);
	assert_int_equal(became, 5009);
	desk_lease_release(o->desk, "collect");
}

static enum hy_status refuse(struct desk_take *t, struct hy_err *e)
{
	(void)t;
	return hy_err_set(e, HY_EINPUT, "not this one");
}

static void a_failure_is_its_own(void **state)
{
	struct office *o = *state;
	struct desk_storing *st = desk_storing_new(o, o->desk, "collect");
	struct told good = {0}, bad = {0}, other = {0};
	struct desk_take a = make_take(o, 0, 10, &good), b = make_take(o, 1, 10, &bad),
			 c = make_take(o, 2, 10, &other);
	struct hy_source *s = NULL;

	b.last = refuse;
	desk_storing_add(st, &a);
	desk_storing_add(st, &b);
	desk_storing_add(st, &c);
	desk_storing_run(st);
	assert_false(desk_storing_waits(st));
	assert_int_equal(good.status, HY_OK);
	assert_int_equal(other.status, HY_OK);
	assert_int_equal(bad.status, HY_EINPUT);
	assert_int_equal(place_of_last(o, 1), 0);
	OK(hy_source_get(o->desk->st, o, o->source[1], &s, &err));
	assert_int_equal(s->got_new, 0);
	assert_int_equal(place_of_last(o, 2), 20);
	/* whoever lost the lease writes nothing */
	struct hy_lease lease;
	OK(hy_lease_release(o->desk->st, "collect", o->desk->owner, &err));
	OK(hy_lease_take(o->desk->st, "collect", "somebody else", HY_MINUTE, &lease, &err));
	struct desk_take d = make_take(o, 3, 10, &good);
	desk_storing_add(st, &d);
	desk_storing_run(st);
	assert_int_equal(good.status, HY_EBUSY);
	assert_int_equal(place_of_last(o, 3), 0);
}

static void slows_behind(void **state)
{
	struct office *o = *state;
	struct desk_storing *st = desk_storing_new(o, o->desk, "collect");
	struct told told = {0};
	struct desk_take a = make_take(o, 0, 30000, &told);

	o->desk->stream = desk_stream_new(o);
	desk_stream_tell(o->desk, DESK_DETECTS, INT64_MAX - 1);
	desk_stream_tell(o->desk, DESK_INDEXES, 0);
	desk_storing_add(st, &a);
	for (int i = 0; i < 10; i++) {
		desk_storing_run(st);
		assert_int_equal(desk_storing_due(st), 0); /* 10,000 behind is allowed */
	}
	for (int i = 0; i < 15; i++)
		desk_storing_run(st);
	assert_in_range(desk_storing_due(st), 500, 1000); /* slower, never stopped */
	desk_stream_tell(o->desk, DESK_INDEXES, 25000);
	desk_storing_run(st);
	assert_int_equal(desk_storing_due(st), 0);
	desk_lease_release(o->desk, "collect");
}

/* ---- the log, folded once ---- */

static void fill(struct office *o, size_t n)
{
	struct desk_storing *st = desk_storing_new(o, o->desk, "collect");
	struct told told = {0};
	struct desk_take t = make_take(o, 0, n, &told);

	desk_storing_add(st, &t);
	while (desk_storing_waits(st))
		desk_storing_run(st);
	desk_lease_release(o->desk, "collect");
}

/* A follower of its own thread: reads to the end, sums what it sees. */
struct reader {
	struct office *o;
	struct desk_stream *stream;
	int64_t n, sum;
};

static void *read_all(void *user)
{
	struct reader *r = user;
	struct hy_desk *desk = NULL;
	void *held[3] = {NULL};
	int64_t after = 0;
	struct hy_err e = {0};

	if (hy_desk_open(&desk, NULL, r->o->dir, 0, &e))
		return NULL;
	desk->stream = r->stream;
	for (int turn = 0;; turn++) {
		struct desk_batch b;

		if (desk_stream_next(desk, after, &b, &e) || !b.n)
			break;
		for (size_t i = 0; i < b.n; i++) {
			if (b.items[i].seq != after + 1 || !strstr(b.facts[i].title, "路灯") ||
			    !strstr(b.facts[i].text, "a"))
				r->sum = INT64_MIN; /* order, or the fold, is wrong */
			after = b.items[i].seq;
			r->sum += after;
			r->n++;
		}
		/* handles are let go later, and by turns */
		talloc_free(held[turn % 3]);
		held[turn % 3] = b.handle;
	}
	for (int i = 0; i < 3; i++)
		talloc_free(held[i]);
	talloc_free(desk);
	return NULL;
}

static void folded_once(void **state)
{
	struct office *o = *state;
	const int64_t n = 6500;
	struct desk_stream_counts c;
	struct desk_batch b;

	fill(o, (size_t)n);
	o->desk->stream = desk_stream_new(o);
	OK(desk_stream_next(o->desk, 0, &b, &err));
	assert_int_equal(b.n, 1000);
	assert_true(b.more);
	assert_string_equal(b.facts[0].title, "路灯");
	talloc_free(b.handle);
	/* another one in the middle of it gets the rest of the same batch */
	OK(desk_stream_next(o->desk, 400, &b, &err));
	assert_int_equal(b.n, 600);
	assert_int_equal(b.items[0].seq, 401);
	talloc_free(b.handle);
	c = desk_stream_counts(o->desk);
	assert_int_equal(c.read, 1);
	assert_int_equal(c.shared, 1);
	OK(desk_stream_next(o->desk, n, &b, &err));
	assert_int_equal(b.n, 0);
	assert_null(b.handle);
}

static void many_followers(void **state)
{
	struct office *o = *state;
	const int64_t n = 12300;
	pthread_t thread[4];
	struct reader r[4];

	fill(o, (size_t)n);
	o->desk->stream = desk_stream_new(o);
	for (int i = 0; i < 4; i++) {
		r[i] = (struct reader){.o = o, .stream = i < 3 ? o->desk->stream : NULL};
		assert_int_equal(pthread_create(&thread[i], NULL, read_all, &r[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		assert_int_equal(r[i].n, n);
		assert_int_equal(r[i].sum, n * (n + 1) / 2);
	}
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, make_office, drop_office)
	const struct CMUnitTest tests[] = {
		T(in_turns),	T(a_failure_is_its_own), T(slows_behind),
		T(folded_once), T(many_followers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
