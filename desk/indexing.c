/*
 * Role index: follows the log into the index, whose cursor stands in its own commits. A damaged
 * index is noticed and rebuilt from the record; once an office day closed days are merged and those
 * past their time are dropped.
 */
#include "desk/internal.h"
#include "desk/stream.h"

#include <string.h>

#define BATCH 1000
#define HEALTH_PERIOD HY_HOUR
#define COMMIT_EVERY 300 /* ms */

struct indexing {
	struct hy_desk *desk;
	struct hy_index_writer *writer;
	hy_time checked;
	int upkeep_date;      /* office date of the last upkeep */
	int64_t added;	      /* the last place given to the writer */
	int64_t committed_at; /* monotonic ms */
};

static struct hy_index_options options_of(struct hy_desk *desk)
{
	return (struct hy_index_options){.flags = HY_INDEX_CREATE,
					 .zone_minutes =
						 desk_offset_minutes(desk, hy_desk_now(desk))};
}

static enum hy_status feed_log(void *user, const void *ctx, int64_t after, struct hy_item **out,
			       size_t *n, struct hy_err *err)
{
	return hy_item_log(((struct hy_desk *)user)->st, ctx, after, BATCH, out, n, err);
}

static enum hy_status rebuild(struct hy_desk *desk, struct hy_err *err)
{
	const struct hy_index_options o = options_of(desk);
	int64_t done = 0;
	enum hy_status status = HY_OK;

	(void)hy_meta_set(desk->st, "index.rebuilding", "1", NULL); /* only a mark for the pages */
	status = hy_index_rebuild(desk->dir, &o, feed_log, desk, &done, err);
	(void)hy_meta_set(desk->st, "index.rebuilding", "0", NULL);
	return status;
}

static enum hy_status open_writer(struct indexing *in, struct hy_err *err)
{
	struct hy_index_options o = options_of(in->desk);
	int64_t last = 0;
	enum hy_status status = hy_index_writer_open(&in->writer, in, in->desk->dir, &o, err);

	if (status == HY_ECORRUPT) {
		hy_log_err(HY_LOG_WARNING, "index",
			   "damaged or of another version: rebuilding from the record", err);
		status = rebuild(in->desk, err);
		if (!status)
			status = hy_index_writer_open(&in->writer, in, in->desk->dir, &o, err);
	}
	if (!status)
		status = hy_item_last_seq(in->desk->st, &last, NULL, err);
	/* a restored, older record: an index ahead of it would show what is not there */
	if (!status && hy_index_writer_cursor(in->writer) > last) {
		hy_log(HY_LOG_WARNING, "index", "ahead of the record: rebuilding", NULL);
		talloc_free(in->writer);
		in->writer = NULL;
		status = rebuild(in->desk, err);
		if (!status)
			status = hy_index_writer_open(&in->writer, in, in->desk->dir, &o, err);
	}
	return status;
}

static void close_writer(struct indexing *in)
{
	talloc_free(in->writer);
	in->writer = NULL;
	in->added = 0;
}

static enum hy_status commit(struct indexing *in, struct hy_err *err)
{
	enum hy_status status = HY_OK;

	if (in->added > hy_index_writer_cursor(in->writer)) {
		status = hy_index_writer_commit(in->writer, in->added, err);
		in->committed_at = hy_monotonic();
	}
	if (!status)
		desk_stream_tell(in->desk, DESK_INDEXES, hy_index_writer_cursor(in->writer));
	return status;
}

/* Everything of the log that is not indexed yet. What comes after a pause is committed at once, a
 * stream of items a few times a second: a commit costs the more the more often. *wait: ms until the
 * rest is to be committed. */
static enum hy_status follow(struct indexing *in, int64_t *wait, struct hy_err *err)
{
	struct desk_batch b = {.more = true};
	enum hy_status status = HY_OK;

	*wait = 0;
	if (in->added < hy_index_writer_cursor(in->writer))
		in->added = hy_index_writer_cursor(in->writer);
	while (b.more && !status) {
		status = desk_stream_next(in->desk, in->added, &b, err);
		if (!status && b.n) {
			in->added = b.items[b.n - 1].seq;
			status = hy_index_writer_post(in->writer, b.handle, b.items, b.facts, b.n,
						      err);
		}
		*wait = in->committed_at + COMMIT_EVERY - hy_monotonic();
		if (!status && *wait <= 0)
			status = commit(in, err);
	}
	if (in->added == hy_index_writer_cursor(in->writer))
		*wait = 0;
	return status;
}

/* Looks for damage while nothing is being written; rebuilds when there is some (R22). */
static enum hy_status health(struct indexing *in, hy_time now, struct hy_err *err)
{
	struct hy_index_expect expect = {.live = -1, .cursor = -1};
	char *report = NULL;
	int64_t last = 0, live = 0;
	enum hy_status status = HY_OK;

	in->checked = now;
	status = hy_item_last_seq(in->desk->st, &last, &live, err);
	if (status)
		return status;
	expect.cursor = last;
	if (hy_index_writer_cursor(in->writer) == last)
		expect.live = live;
	status = hy_index_check(in->desk->dir, in, &expect, 0, &report, err);
	if (status == HY_ECORRUPT) {
		hy_log(HY_LOG_WARNING, "index", "damage found: rebuilding from the record",
		       "REPORT", report ? report : "", NULL);
		close_writer(in);
		status = rebuild(in->desk, err);
		if (!status)
			status = open_writer(in, err);
	}
	talloc_free(report);
	return status;
}

/* Once an office day: drop what is past its time, merge closed days. */
static enum hy_status upkeep(struct indexing *in, hy_time now, struct hy_err *err)
{
	struct hy_calendar *cal = NULL;
	int today = 0;
	int64_t day = 0, count = 0,
		keep = hy_conf_dur(in->desk->conf, "keep", NULL, "items") / HY_DAY;
	enum hy_status status = desk_calendar(in->desk, &cal, err);

	if (status)
		return status;
	today = hy_calendar_date(cal, now);
	if (today == in->upkeep_date)
		return HY_OK;
	if (in->upkeep_date) {
		day = hy_days_from_civil(today / 10000, today / 100 % 100, today % 100);
		close_writer(in);
		status = hy_index_drop(in->desk->dir, day - keep, &count, err);
		if (!status)
			status = hy_index_compact(in->desk->dir, day, &count, err);
		if (!status)
			status = open_writer(in, err);
	}
	in->upkeep_date = today;
	return status;
}

static enum hy_status start(struct hy_desk *desk, struct hy_loop *loop, int64_t fence, void **state,
			    struct hy_err *err)
{
	struct indexing *in = hy_new(desk, struct indexing);
	enum hy_status status = HY_OK;

	(void)loop;
	(void)fence;
	in->desk = desk;
	status = open_writer(in, err);
	if (!status)
		status = health(in, hy_desk_now(desk), err);
	if (status)
		talloc_free(in);
	else
		*state = in;
	return status;
}

static enum hy_status turn(void *state, hy_time now, hy_time *next, struct hy_err *err)
{
	struct indexing *in = state;
	int64_t wait = 0;
	enum hy_status status = in->writer ? HY_OK : open_writer(in, err);

	if (!status)
		status = follow(in, &wait, err);
	if (!status && now - in->checked >= HEALTH_PERIOD)
		status = health(in, now, err);
	if (!status)
		status = upkeep(in, now, err);
	if (status)
		close_writer(in); /* after a failure the writer is opened anew */
	*next = wait > 0 ? now + wait : in->checked + HEALTH_PERIOD;
	return status;
}

static void stop(void *state)
{
	struct indexing *in = state;

	if (in->writer)
		(void)commit(in, NULL); /* else they are read again from the log */
	desk_stream_tell(in->desk, DESK_INDEXES, -1);
	talloc_free(in);
}

const struct desk_role role_index = {.name = "index", .start = start, .turn = turn, .stop = stop};

/* ---- upkeep by hand ---- */

enum hy_status hy_desk_index_stats(struct hy_desk *desk, struct hy_json_writer *w,
				   struct hy_err *err)
{
	struct hy_index *ix = NULL;
	struct hy_index_stats s = {0};
	int64_t last = 0, live = 0;
	enum hy_status status = desk_index(desk, &ix, err);

	if (!status)
		status = hy_index_stats(ix, &s, err);
	if (!status)
		status = hy_item_last_seq(desk->st, &last, &live, err);
	if (status)
		return status;
	hy_jw_kint(w, "documents", s.documents);
	hy_jw_kint(w, "live", s.live);
	hy_jw_kint(w, "items", live);
	hy_jw_kint(w, "index_seq", s.cursor);
	hy_jw_kint(w, "last_seq", last);
	hy_jw_kint(w, "databases", s.databases);
	hy_jw_kint(w, "bytes", s.bytes);
	hy_jw_kint(w, "fold_version", s.fold_version);
	hy_jw_kint(w, "version", s.version);
	hy_jw_kint(w, "generation", s.generation);
	put_ts(w, "oldest_ts", s.posted_min);
	put_ts(w, "newest_ts", s.posted_max);
	return HY_OK;
}

enum hy_status hy_desk_index_check(struct hy_desk *desk, bool deep, struct hy_json_writer *w,
				   bool *sound, struct hy_err *err)
{
	struct hy_index_expect expect = {.live = -1, .cursor = -1};
	struct hy_index_stats s = {0};
	struct hy_index *ix = NULL;
	struct hy_err why = {0};
	char *report = NULL;
	int64_t last = 0, live = 0;
	enum hy_status status = hy_item_last_seq(desk->st, &last, &live, err);

	if (status)
		return status;
	expect.cursor = last;
	if (!desk_index(desk, &ix, NULL) && !hy_index_stats(ix, &s, NULL) && s.cursor == last)
		expect.live = live;
	status = hy_index_check(desk->dir, w, &expect, deep ? HY_INDEX_CHECK_DEEP : 0, &report,
				&why);
	if (status && status != HY_ECORRUPT) {
		if (err)
			*err = why;
		return status;
	}
	*sound = status == HY_OK;
	hy_jw_kbool(w, "sound", *sound);
	hy_jw_kstr(w, "report", report);
	return HY_OK;
}

struct progress {
	struct hy_desk *desk;
	void (*fn)(void *, int64_t, int64_t);
	void *user;
	int64_t total;
};

static enum hy_status feed_counted(void *user, const void *ctx, int64_t after, struct hy_item **out,
				   size_t *n, struct hy_err *err)
{
	struct progress *p = user;

	if (p->fn)
		p->fn(p->user, after, p->total);
	return hy_item_log(p->desk->st, ctx, after, BATCH, out, n, err);
}

enum hy_status hy_desk_index_rebuild(struct hy_desk *desk, void (*fn)(void *, int64_t, int64_t),
				     void *user, struct hy_err *err)
{
	struct hy_lease lease;
	const struct hy_index_options o = options_of(desk);
	struct progress p = {.desk = desk, .fn = fn, .user = user};
	enum hy_status status = desk_lease_take(desk, "index", 10 * HY_MINUTE, &lease, err);

	if (status)
		return hy_err_wrap(
			err, _("the daemon is indexing: stop it, or let it rebuild by itself"));
	status = hy_item_last_seq(desk->st, &p.total, NULL, err);
	if (!status)
		status = hy_index_rebuild(desk->dir, &o, feed_counted, &p, NULL, err);
	desk_lease_release(desk, "index");
	return status;
}
