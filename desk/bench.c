/*
 * The whole road under load, on the real code: bodies as a source would send them are parsed, taken
 * (identity, privacy), stored in common transactions, and followed by the roles index and detect of
 * the service that runs beside. What is measured is the time from durable to searchable.
 */
#include "desk/internal.h"
#include "desk/storing.h"
#include "desk/stream.h"

#include "collectors/collectors.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BODY_ITEMS 50
#define QUEUE_ITEMS 4000 /* taken, not yet stored */
#define RECOVER_MOST (120 * HY_SECOND)
#define POLL 2 /* ms */

/* A take that stands: the last of its places, and when the commit came back. */
struct mark {
	int64_t seq, at;
	int32_t n;
};

struct feeding {
	struct hy_desk *desk;
	const struct hy_pipeline *plan;
	struct hy_pipeline_figures *out;
	struct desk_storing *storing;
	struct desk_voice voice;
	struct hy_source *source; /* n of plan->sources */
	int64_t *given;		  /* items of each source so far */
	char **cursors;		  /* of each source */
	bool *under_way;	  /* a source is looked at once at a time */
	int turn;		  /* whose body is next */
	int64_t fed, taken, stored;
	size_t queued;
	/* CPU seconds of the feeding thread, by what they went into */
	double making, parsing, taking, storing_cpu;
	struct mark *marks;
	size_t n_marks, room_marks, seen_marks;
	int64_t last_lag, burst_lag;
	bool in_burst;
	struct hy_err err;
	enum hy_status status;
};

struct body {
	struct feeding *f;
	struct hy_source *source;
	struct hy_take_out out;
	struct desk_take take;
};

static double cpu(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- bodies ---- */

/* The name of the k-th item of a source, as its platform would give it. */
static char *name_of(const void *ctx, int source, int64_t k)
{
	return hy_strf(ctx, "%d-%" PRId64, source, k);
}

/* One status, about as large as platforms send them, with an author that must not come through. */
static void put_status(struct feeding *f, struct hy_json_writer *w, int source, hy_time now)
{
	int64_t k = f->given[source]++;
	char iso[HY_TIME_ISO_OFFSET_MAX];

	hy_jw_object(w);
	hy_jw_kstr(w, "id", name_of(w, source, k));
	hy_jw_kstr(w, "content_text", f->plan->text(f->plan->user, f->fed++));
	hy_jw_kstr(w, "date_published", hy_time_iso_offset(now, 480, iso));
	hy_jw_kstr(w, "language", "zh-CN");
	hy_jw_key(w, "authors");
	hy_jw_array(w);
	hy_jw_object(w);
	hy_jw_kstr(w, "name", hy_strf(w, "住户%" PRId64, k % 5000));
	hy_jw_kstr(w, "url", hy_strf(w, "https://posts.example/u/%" PRId64, k % 5000));
	hy_jw_kstr(w, "avatar", "https://img.posts.example/a/180/default.jpg");
	hy_jw_end_object(w);
	hy_jw_end_array(w);
	hy_jw_key(w, "_status");
	hy_jw_object(w);
	for (int i = 0; i < 12; i++) /* what a reply carries besides */
		hy_jw_kstr(w, hy_strf(w, "field_%d", i), "0123456789abcdef0123456789abcdef");
	hy_jw_kint(w, "reposts_count", k % 7);
	hy_jw_kint(w, "comments_count", k % 11);
	hy_jw_kbool(w, "truncated", false);
	hy_jw_end_object(w);
	hy_jw_end_object(w);
}

static const char *make_body(struct feeding *f, const void *ctx, int source, int n, size_t *len)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);
	hy_time now = hy_desk_now(f->desk);
	double before = cpu(CLOCK_THREAD_CPUTIME_ID);

	hy_jw_object(w);
	hy_jw_kstr(w, "version", "https://jsonfeed.org/version/1.1");
	hy_jw_kstr(w, "title", "posts");
	hy_jw_key(w, "items");
	hy_jw_array(w);
	for (int i = 0; i < n; i++)
		put_status(f, w, source, now);
	hy_jw_end_array(w);
	hy_jw_end_object(w);
	const char *text = hy_jw_text(w, len);
	f->making += cpu(CLOCK_THREAD_CPUTIME_ID) - before;
	return text;
}

/* ---- taking ---- */

static enum hy_status store_end(struct desk_take *t, struct hy_err *err)
{
	struct body *b = t->user;
	struct hy_source *s = b->source;

	s->last_try = s->last_ok = hy_desk_now(b->f->desk);
	s->last_new = t->got.fresh ? s->last_try : s->last_new;
	s->cursor = b->out.cursor;
	s->next_at = b->out.next_at;
	s->last_status = 200;
	return hy_source_tried(b->f->desk->st, s, err);
}

static void stored(struct desk_take *t, enum hy_status status, const struct hy_err *err)
{
	struct body *b = t->user;
	struct feeding *f = b->f;

	f->queued -= t->n;
	f->under_way[b->source - f->source] = false;
	if (status && !f->status) {
		f->status = status;
		f->err = *err;
	}
	if (!status) {
		if (f->n_marks == f->room_marks) {
			f->room_marks = f->room_marks ? 2 * f->room_marks : 4096;
			f->marks = hy_grow(f->desk, f->marks, struct mark, f->room_marks);
		}
		f->marks[f->n_marks++] = (struct mark){
			.seq = t->items[t->n - 1].item.seq, .at = hy_monotonic(), .n = (int)t->n};
		f->stored += (int64_t)t->n;
	}
	/* the cursor of the next look at this source */
	talloc_free(f->cursors[b->source - f->source]);
	b->source->cursor = f->cursors[b->source - f->source] =
		hy_strdup(f->cursors, b->out.cursor);
	talloc_free(b);
}

static enum hy_status take_body(struct feeding *f, int source, int n, struct hy_err *err)
{
	struct body *b = hy_new(f->desk, struct body);
	size_t len = 0;
	const char *bytes = make_body(f, b, source, n, &len);
	const struct hy_feed_in fin = {.bytes = bytes,
				       .n = len,
				       .content_type = "application/feed+json",
				       .base_url = "https://posts.example/feed.json"};
	const struct hy_fetch fetch = {.status = 200,
				       .url = fin.base_url,
				       .content_type = fin.content_type,
				       .body = bytes,
				       .n = len};
	struct hy_take_in in = {.source = &f->source[source],
				.fetch = &fetch,
				.now = hy_desk_now(f->desk),
				.voice_key = f->voice.key,
				.master_key = f->desk->master,
				.rand = &f->desk->rand};
	struct hy_feed *feed = NULL;
	double c0 = cpu(CLOCK_THREAD_CPUTIME_ID), c1 = 0;
	enum hy_status status = hy_feed_parse(b, &fin, &feed, err);

	c1 = cpu(CLOCK_THREAD_CPUTIME_ID);
	f->parsing += c1 - c0;
	if (!status)
		status = desk_voice_key(f->desk, &f->voice, in.now, err);
	in.feed = feed;
	if (!status)
		status = hy_source_take(b, &in, &b->out, err);
	f->taking += cpu(CLOCK_THREAD_CPUTIME_ID) - c1;
	if (status || !b->out.n_items) {
		talloc_free(b);
		return status;
	}
	b->f = f;
	b->source = &f->source[source];
	b->take = (struct desk_take){.source = b->source->id,
				     .items = b->out.items,
				     .n = b->out.n_items,
				     .n_received = b->out.n_received,
				     .n_refused = b->out.n_refused,
				     .n_cut = b->out.n_cut,
				     .n_skipped = b->out.n_skipped,
				     .n_known = b->out.n_known,
				     .last = store_end,
				     .stored = stored,
				     .user = b};
	f->under_way[source] = true;
	f->queued += b->take.n;
	f->taken += (int64_t)b->take.n;
	desk_storing_add(f->storing, &b->take);
	return HY_OK;
}

/* ---- looking at the followers ---- */

static void look(struct feeding *f)
{
	int64_t at = desk_stream_told(f->desk, DESK_INDEXES), now = hy_monotonic();

	while (f->seen_marks < f->n_marks && f->marks[f->seen_marks].seq <= at) {
		struct mark *m = &f->marks[f->seen_marks++];

		f->last_lag = now - m->at;
		m->at = f->last_lag; /* from now on it is the lag */
		if (f->in_burst && f->last_lag > f->burst_lag)
			f->burst_lag = f->last_lag;
	}
	/* what waits now is late already */
	if (f->seen_marks < f->n_marks && now - f->marks[f->seen_marks].at > f->last_lag)
		f->last_lag = now - f->marks[f->seen_marks].at;
}

static void pause_ms(int64_t ms)
{
	const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)nanosleep(&t, NULL);
}

/* Feeds up to `want` items in all, stores what is due, looks. */
static enum hy_status step(struct feeding *f, int64_t want, struct hy_err *err)
{
	enum hy_status status = HY_OK;
	bool idle = true;
	int64_t due = 0;

	while (!status && f->fed < want && f->queued < QUEUE_ITEMS && !f->under_way[f->turn]) {
		int64_t left = want - f->fed;

		status = take_body(f, f->turn, left < BODY_ITEMS ? (int)left : BODY_ITEMS, err);
		f->turn = (f->turn + 1) % f->plan->sources;
		idle = false;
	}
	due = desk_storing_due(f->storing);
	if (!status && due == 0) {
		double c0 = cpu(CLOCK_THREAD_CPUTIME_ID);

		desk_storing_run(f->storing);
		f->storing_cpu += cpu(CLOCK_THREAD_CPUTIME_ID) - c0;
		idle = false;
	}
	look(f);
	if (idle)
		pause_ms(due > 0 && due < POLL ? due : POLL);
	if (!status && f->status) {
		status = f->status;
		*err = f->err;
	}
	return status;
}

/* Until all that was fed is stored and searchable. */
static enum hy_status settle(struct feeding *f, struct hy_err *err)
{
	int64_t end = hy_monotonic() + RECOVER_MOST;
	enum hy_status status = HY_OK;

	while (!status && (f->stored < f->taken || f->seen_marks < f->n_marks)) {
		status = step(f, 0, err);
		if (!status && hy_monotonic() > end)
			status = hy_err_set(err, HY_ETEMP,
					    _("the followers did not catch up within %d s"),
					    (int)(RECOVER_MOST / HY_SECOND));
	}
	return status;
}

static enum hy_status steady(struct feeding *f, int64_t since, int64_t until, struct hy_err *err)
{
	enum hy_status status = HY_OK;
	int64_t now = 0, before = f->fed, most = f->plan->most ? f->plan->most : INT64_MAX;

	while (!status && (now = hy_monotonic()) < until && f->fed < most) {
		int64_t want = f->plan->rate ? before + (now - since) * f->plan->rate / 1000 : most;

		status = step(f, want < most ? want : most, err);
	}
	return status;
}

/* All of it at once, on top of the stream, until the lag is that of quiet times again. */
static enum hy_status burst(struct feeding *f, struct hy_err *err)
{
	int64_t began = hy_monotonic(), base = f->fed, now = began,
		all = f->stored + f->plan->burst;
	enum hy_status status = HY_OK;

	f->in_burst = true;
	do {
		int64_t stream = f->plan->rate * (now - began) / 1000;

		status = step(f, base + f->plan->burst + stream, err);
		now = hy_monotonic();
	} while (!status && now - began < RECOVER_MOST &&
		 (f->stored < all || f->queued > BODY_ITEMS * 20 || f->last_lag > HY_SECOND ||
		  f->fed < base + f->plan->burst));
	f->in_burst = false;
	f->out->burst_ms = now - began;
	f->out->burst_lag_ms = f->burst_lag;
	return status;
}

/* ---- was it all right? ---- */

/* Each source's items stand in the order given, each once, and all of them are in the index. */
static enum hy_status verify(struct feeding *f, struct hy_err *err)
{
	struct hy_pipeline_figures *out = f->out;
	int64_t *next = hy_new_array(f->desk, int64_t, (size_t)f->plan->sources), after = 0,
		all = 0;
	struct hy_index_stats stats = {0};
	struct hy_index *ix = NULL;
	bool more = true;
	enum hy_status status = HY_OK;

	out->in_order = true;
	while (more && !status) {
		void *work = talloc_new(f->desk);
		const struct hy_part part = {.after = after, .limit = 1000, .max_bytes = 8u << 20};
		struct hy_item *items = NULL;
		size_t n = 0;

		status = hy_item_log_part(f->desk->st, work, &part, &items, &n, &more, err);
		for (size_t i = 0; i < n && !status; i++) {
			uint8_t full[HY_SHA256_LEN];
			int s = (int)(items[i].source.v - f->source[0].id.v);
			char *name = name_of(work, s, next[s]);

			hy_sha256(name, strlen(name), full);
			out->in_order =
				out->in_order && !memcmp(full, items[i].native, HY_HASH_LEN);
			next[s]++;
			all++;
			after = items[i].seq;
		}
		talloc_free(work);
	}
	out->lost = f->taken > all ? f->taken - all : 0;
	out->doubled = all > f->taken ? all - f->taken : 0;
	if (!status)
		status = desk_index(f->desk, &ix, err);
	if (!status)
		status = hy_index_stats(ix, &stats, err);
	if (!status && stats.live < all)
		out->lost += all - stats.live;
	if (!status && stats.live > all)
		out->doubled += stats.live - all;
	talloc_free(next);
	return status;
}

static int by_lag(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* The lag that a part q (0..1) of the items did not pass; marks are sorted. */
static int64_t part_of(const struct mark *m, size_t n, int64_t items, double q)
{
	int64_t seen = 0;

	for (size_t i = 0; i < n; i++) {
		seen += m[i].n;
		if ((double)seen >= q * (double)items)
			return m[i].at;
	}
	return n ? m[n - 1].at : 0;
}

static void sum_up_lags(struct feeding *f, size_t n)
{
	int64_t items = 0;

	for (size_t i = 0; i < n; i++)
		items += f->marks[i].n;
	qsort(f->marks, n, sizeof(*f->marks), by_lag);
	f->out->lag_p50_ms = part_of(f->marks, n, items, 0.5);
	f->out->lag_p99_ms = part_of(f->marks, n, items, 0.99);
	f->out->lag_max_ms = part_of(f->marks, n, items, 1);
}

/* ---- the whole run ---- */

static enum hy_status add_sources(struct feeding *f, struct hy_err *err)
{
	enum hy_status status = HY_OK;

	f->source = hy_new_array(f->desk, struct hy_source, (size_t)f->plan->sources);
	f->given = hy_new_array(f->desk, int64_t, (size_t)f->plan->sources);
	f->cursors = hy_new_array(f->desk, char *, (size_t)f->plan->sources);
	f->under_way = hy_new_array(f->desk, bool, (size_t)f->plan->sources);
	for (int i = 0; i < f->plan->sources && !status; i++) {
		struct hy_source *s = &f->source[i];

		*s = (struct hy_source){.name = hy_strf(f->desk, "posts-%d", i),
					.kind = "feed",
					.url = "https://posts.example/feed.json",
					.place = "",
					.options = "{\"kind\":\"post\",\"platform\":\"posts\"}",
					.next_at = HY_TIME_NEVER};
		status = hy_source_add(f->desk->st, s, &s->id, err);
		s->cursor = "{}";
	}
	return status;
}

static enum hy_status run(struct feeding *f, struct hy_err *err)
{
	const struct hy_pipeline *p = f->plan;
	int64_t began = hy_monotonic(), ended = 0;
	double c0 = cpu(CLOCK_PROCESS_CPUTIME_ID);
	struct desk_stream_counts counts;
	size_t quiet = 0;
	enum hy_status status = steady(f, began, began + p->seconds * HY_SECOND, err);

	if (!status && !p->rate) /* as fast as it goes: all of it counts */
		status = settle(f, err);
	ended = hy_monotonic();
	f->out->items = f->stored;
	f->out->wall_ms = ended - began;
	f->out->cpu_ms = (int64_t)((cpu(CLOCK_PROCESS_CPUTIME_ID) - c0 - f->making) * 1e3);
	f->out->making_ms = (int64_t)(f->making * 1e3);
	f->out->parsing_ms = (int64_t)(f->parsing * 1e3);
	f->out->taking_ms = (int64_t)(f->taking * 1e3);
	f->out->storing_ms = (int64_t)(f->storing_cpu * 1e3);
	quiet = f->n_marks;
	if (!status && p->burst)
		status = burst(f, err);
	if (!status)
		status = settle(f, err);
	f->out->all = f->stored;
	counts = desk_stream_counts(f->desk);
	f->out->batches_read = counts.read;
	f->out->batches_shared = counts.shared;
	if (!status)
		status = verify(f, err);
	sum_up_lags(f, quiet);
	return status;
}

enum hy_status hy_desk_pipeline(struct hy_service *sv, const char *dir,
				const struct hy_pipeline *plan, struct hy_pipeline_figures *out,
				struct hy_err *err)
{
	struct feeding f = {.plan = plan, .out = out};
	enum hy_status status = hy_desk_open(&f.desk, NULL, dir, 0, err);

	*out = (struct hy_pipeline_figures){0};
	if (status)
		return status;
	desk_service_join(sv, f.desk);
	f.storing = desk_storing_new(f.desk, f.desk, "collect");
	status = add_sources(&f, err);
	if (!status)
		status = run(&f, err);
	desk_lease_release(f.desk, "collect");
	explicit_bzero(&f.voice, sizeof(f.voice));
	talloc_free(f.desk);
	return status;
}
