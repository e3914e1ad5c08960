/*
 * One pass over each item's text. Followers are at about the same place, so a few batches are kept;
 * one that has fallen behind reads for itself. A batch lives in a pool of its own and is counted,
 * as talloc belongs to one thread at a time.
 */
#include "desk/stream.h"

#include "desk/internal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define BATCH_ITEMS 1000
#define BATCH_BYTES (8u << 20)
#define KEPT 8
#define KEPT_BYTES (32u << 20)
#define POOL_BYTES (1u << 20)

/* A batch and those who hold it. */
struct shared {
	atomic_int holders;
	struct hy_item *items;
	struct hy_facts *facts;
	size_t n, bytes;
	bool more;
};

struct desk_stream {
	pthread_mutex_t lock;
	pthread_cond_t settled;	   /* a reader has finished */
	struct shared *kept[KEPT]; /* oldest first */
	size_t n_kept, bytes;
	bool reading;
	int64_t reading_after;
	_Atomic int64_t told[DESK_FOLLOWERS];
	struct desk_stream_counts counts;
};

static void let_go(struct shared *s)
{
	if (atomic_fetch_sub(&s->holders, 1) == 1)
		talloc_free(s);
}

static int stream_free(struct desk_stream *st)
{
	for (size_t i = 0; i < st->n_kept; i++)
		let_go(st->kept[i]);
	pthread_cond_destroy(&st->settled);
	pthread_mutex_destroy(&st->lock);
	return 0;
}

struct desk_stream *desk_stream_new(const void *ctx)
{
	struct desk_stream *st = hy_new(ctx, struct desk_stream);

	pthread_mutex_init(&st->lock, NULL);
	pthread_cond_init(&st->settled, NULL);
	for (int i = 0; i < DESK_FOLLOWERS; i++)
		atomic_store(&st->told[i], -1);
	talloc_set_destructor(st, stream_free);
	return st;
}

/* ---- handles ---- */

struct handle {
	struct shared *of;
};

static int handle_free(struct handle *h)
{
	let_go(h->of);
	return 0;
}

/* The items of s past `after`, held for the caller. */
static struct desk_batch hold(struct shared *s, int64_t after)
{
	struct handle *h = hy_new(NULL, struct handle);
	size_t skip = 0;

	while (skip < s->n && s->items[skip].seq <= after)
		skip++;
	atomic_fetch_add(&s->holders, 1);
	h->of = s;
	talloc_set_destructor(h, handle_free);
	return (struct desk_batch){.items = s->items + skip,
				   .facts = s->facts + skip,
				   .n = s->n - skip,
				   .more = s->more,
				   .handle = h};
}

/* ---- reading ---- */

static enum hy_status fold_all(struct shared *s, struct hy_err *err)
{
	enum hy_status status = HY_OK;

	s->facts = hy_new_array(s, struct hy_facts, s->n ? s->n : 1);
	for (size_t i = 0; i < s->n && !status; i++) {
		status = hy_facts_of_item(&s->facts[i], s, &s->items[i], err);
		s->bytes += s->facts[i].title_n + s->facts[i].text_n;
	}
	s->bytes *= 2; /* the text as stored stands beside the folded one */
	return status;
}

static enum hy_status read_one(struct hy_desk *desk, int64_t after, struct shared **out,
			       struct hy_err *err)
{
	const struct hy_part part = {
		.after = after, .limit = BATCH_ITEMS, .max_bytes = BATCH_BYTES};
	struct shared *s = talloc_pooled_object(NULL, struct shared, 8 * BATCH_ITEMS, POOL_BYTES);
	enum hy_status status = HY_OK;

	if (!s)
		hy_mem_die();
	memset(s, 0, sizeof(*s));
	atomic_store(&s->holders, 1);
	status = hy_item_log_part(desk->st, s, &part, &s->items, &s->n, &s->more, err);
	if (!status)
		status = fold_all(s, err);
	if (status)
		talloc_free(s);
	else
		*out = s;
	return status;
}

static struct shared *find(const struct desk_stream *st, int64_t after)
{
	for (size_t i = st->n_kept; i-- > 0;) {
		const struct shared *s = st->kept[i];

		if (s->items[0].seq <= after + 1 && s->items[s->n - 1].seq > after)
			return st->kept[i];
	}
	return NULL;
}

/* The oldest go; a holder keeps its own. */
static void keep(struct desk_stream *st, struct shared *s)
{
	while (st->n_kept && (st->n_kept == KEPT || st->bytes + s->bytes > KEPT_BYTES)) {
		st->bytes -= st->kept[0]->bytes;
		let_go(st->kept[0]);
		st->n_kept--;
		memmove(st->kept, st->kept + 1, st->n_kept * sizeof(st->kept[0]));
	}
	st->kept[st->n_kept++] = s;
	st->bytes += s->bytes;
}

/* With the lock held, which is let go while reading. */
static enum hy_status read_shared(struct hy_desk *desk, int64_t after, struct desk_batch *out,
				  struct hy_err *err)
{
	struct desk_stream *st = desk->stream;
	struct shared *s = NULL;
	enum hy_status status = HY_OK;

	st->reading = true;
	st->reading_after = after;
	pthread_mutex_unlock(&st->lock);
	status = read_one(desk, after, &s, err);
	pthread_mutex_lock(&st->lock);
	st->reading = false;
	pthread_cond_broadcast(&st->settled);
	if (status)
		return status;
	if (s->n == 0) {
		talloc_free(s);
		return HY_OK;
	}
	*out = hold(s, after);
	keep(st, s);
	st->counts.read++;
	return HY_OK;
}

enum hy_status desk_stream_next(struct hy_desk *desk, int64_t after, struct desk_batch *out,
				struct hy_err *err)
{
	struct desk_stream *st = desk->stream;
	struct shared *s = NULL;
	enum hy_status status = HY_OK;

	*out = (struct desk_batch){0};
	if (!st) { /* the only follower of its process */
		status = read_one(desk, after, &s, err);
		if (!status && s->n)
			*out = hold(s, after);
		if (!status)
			let_go(s);
		return status;
	}
	pthread_mutex_lock(&st->lock);
	/* what is being read from a place not past ours may hold what we want */
	while (!(s = find(st, after)) && st->reading && st->reading_after <= after &&
	       st->reading_after + BATCH_ITEMS > after)
		pthread_cond_wait(&st->settled, &st->lock);
	if (s) {
		*out = hold(s, after);
		st->counts.shared++;
	} else {
		status = read_shared(desk, after, out, err);
	}
	pthread_mutex_unlock(&st->lock);
	return status;
}

/* ---- how far ---- */

void desk_stream_tell(struct hy_desk *desk, enum desk_follower who, int64_t seq)
{
	if (desk->stream)
		atomic_store(&desk->stream->told[who], seq);
}

int64_t desk_stream_told(struct hy_desk *desk, enum desk_follower who)
{
	return desk->stream ? atomic_load(&desk->stream->told[who]) : -1;
}

struct desk_stream_counts desk_stream_counts(struct hy_desk *desk)
{
	struct desk_stream_counts c = {0};

	if (!desk->stream)
		return c;
	pthread_mutex_lock(&desk->stream->lock);
	c = desk->stream->counts;
	pthread_mutex_unlock(&desk->stream->lock);
	return c;
}
