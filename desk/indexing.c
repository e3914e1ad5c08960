/*
 * Role index: follows the log into the index, whose cursor stands in its own commits. Upkeep goes
 * on beside it (upkeep.c).
 */
#include "desk/indexing.h"
#include "desk/stream.h"

#include <string.h>
#include <time.h>

#define BATCH 1000
#define COMMIT_EVERY 300 /* ms */
#define BUSY_EVERY 200 /* ms, while upkeep is under way */

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

static enum hy_status start(struct hy_desk *desk, struct hy_loop *loop, int64_t fence, void **state,
			    struct hy_err *err)
{
	struct indexing *in = hy_new(desk, struct indexing);
	enum hy_status status = HY_OK;

	(void)loop;
	(void)fence;
	in->desk = desk;
	status = indexing_open(in, err);
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
	enum hy_status status = indexing_open(in, err);

	if (!status && in->writer)
		status = follow(in, &wait, err);
	else if (!status) /* a new index takes all in: nobody need wait for us */
		desk_stream_tell(in->desk, DESK_INDEXES, -1);
	if (status == HY_ECORRUPT)
		status = indexing_damaged(in, err);
	else if (!status)
		status = indexing_upkeep(in, now, err);
	if (status)
		indexing_close(in); /* after a failure the writer is opened anew */
	in->owed = in->remake || in->check || in->caring;
	*next = now + (in->owed ? BUSY_EVERY : HY_MINUTE);
	if (wait > 0 && now + wait < *next)
		*next = now + wait;
	return status;
}

static bool busy(void *state)
{
	return indexing_busy(state);
}

static void stop(void *state)
{
	struct indexing *in = state;

	if (in->writer)
		(void)commit(in, NULL); /* else they are read again from the log */
	desk_stream_tell(in->desk, DESK_INDEXES, -1);
	indexing_end(in);
	talloc_free(in);
}

const struct desk_role role_index = {
	.name = "index", .start = start, .turn = turn, .busy = busy, .stop = stop};

/* ---- looking ---- */

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
	return desk_index_job(desk, w, err);
}

/* ---- by hand ---- */

struct telling {
	struct hy_desk *desk;
	hy_progress_fn *fn;
	void *user;
	int64_t total;
};

static bool tell(void *user, int64_t done, int64_t total)
{
	struct telling *t = user;

	if (t->fn)
		t->fn(t->user, done, total);
	return true;
}

enum hy_status hy_desk_index_check(struct hy_desk *desk, bool deep, struct hy_json_writer *w,
				   bool *sound, hy_progress_fn *fn, void *user, struct hy_err *err)
{
	struct telling t = {.fn = fn, .user = user};
	struct hy_index_expect expect = {.live = -1, .cursor = -1, .progress = tell, .user = &t};
	struct hy_index_stats s = {0};
	struct hy_index *ix = NULL;
	struct hy_err why = {0};
	char *report = NULL;
	int64_t last = 0, live = 0;
	bool alone = !hy_ctl_daemon_runs(desk->dir); /* else counts move while we read */
	enum hy_status status = hy_item_last_seq(desk->st, &last, &live, err);

	if (status)
		return status;
	if (alone)
		expect.cursor = last;
	if (alone && !desk_index(desk, &ix, NULL) && !hy_index_stats(ix, &s, NULL) &&
	    s.cursor == last)
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

static enum hy_status feed_counted(void *user, const void *ctx, int64_t after, struct hy_item **out,
				   size_t *n, struct hy_err *err)
{
	struct telling *t = user;

	(void)tell(t, after, t->total);
	return hy_item_log(t->desk->st, ctx, after, BATCH, out, n, err);
}

static enum hy_status compact_here(struct telling *t, struct hy_err *err)
{
	const struct timespec pause = {.tv_nsec = 50000000};
	struct hy_index_options o = indexing_options(t->desk);
	struct hy_index_upkeep u;
	struct hy_index_writer *w = NULL;
	int64_t done = 0, total = 0;
	bool busy = true;
	enum hy_status status = hy_index_writer_open(&w, t->desk, t->desk->dir, &o, err);

	if (!status)
		status = desk_index_plan(t->desk, hy_desk_now(t->desk), true, &u, err);
	while (!status && busy) {
		status = hy_index_care_start(w, &u, &busy, err);
		while (!status && busy && !hy_index_care_ended(w)) {
			hy_index_care_progress(w, &done, &total);
			(void)tell(t, done, total);
			(void)nanosleep(&pause, NULL);
		}
		bool more = busy;
		if (!status && busy)
			status = hy_index_care_poll(w, true, &busy, err);
		busy = more;
	}
	talloc_free(w);
	return status;
}

enum hy_status hy_desk_index_run(struct hy_desk *desk, const char *what, hy_progress_fn *fn,
				 void *user, struct hy_err *err)
{
	struct hy_lease lease;
	const struct hy_index_options o = indexing_options(desk);
	struct telling t = {.desk = desk, .fn = fn, .user = user};
	enum hy_status status = desk_lease_take(desk, "index", 10 * HY_MINUTE, &lease, err);

	if (status)
		return hy_err_wrap(err, _("another huying works on the index: wait for it"));
	status = hy_item_last_seq(desk->st, &t.total, NULL, err);
	if (!status && !strcmp(what, "rebuild"))
		status = hy_index_rebuild(desk->dir, &o, feed_counted, &t, NULL, err);
	else if (!status)
		status = compact_here(&t, err);
	desk_lease_release(desk, "index");
	return status;
}
