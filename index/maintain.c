/*
 * Care of the index with no writer running: the same tasks, one after the other, and the rebuild
 * from the log beside the live index.
 */
#include "config.h"

#include "index/writer.h"

#include "base/base.h"

/* ---- rebuild ---- */

enum hy_status hy_index_refill(struct hy_index_writer *w, hy_index_feed_fn *feed, void *user,
			       int64_t *done, struct hy_err *err)
{
	for (;;) {
		void *work = talloc_new(NULL);
		struct hy_item *items = NULL;
		size_t n = 0;
		enum hy_status st = feed(user, work, w->cursor, &items, &n, err);
		if (st != HY_OK || n == 0) {
			talloc_free(work);
			return st;
		}
		st = hy_index_writer_post(w, work, items, NULL, n, err);
		if (st != HY_OK)
			return st;
		if (done != NULL)
			*done += (int64_t)n;
	}
}

enum hy_status hy_index_rebuild(const char *dir, const struct hy_index_options *o,
				hy_index_feed_fn *feed, void *user, int64_t *done,
				struct hy_err *err)
{
	struct hy_index_writer *w = NULL;
	struct hy_index_options opts = *o;
	struct hy_index_lock *lock = NULL;
	if (done != NULL)
		*done = 0;
	opts.flags |= HY_INDEX_REBUILD;
	enum hy_status st = hy_index_writer_open(&w, NULL, dir, &opts, err);
	/* nobody must write the old one and believe it stays; given back for the swap */
	if (st == HY_OK)
		st = hy_index_lock_take(&lock, w, dir, "write", err);
	if (st == HY_OK)
		st = hy_index_refill(w, feed, user, done, err);
	talloc_free(lock);
	if (st != HY_OK) {
		talloc_free(w);
		return st;
	}
	return hy_index_writer_swap(w, err);
}

/* ---- tasks by hand ---- */

enum hy_status hy_index_upkeep(const char *dir, const struct hy_index_upkeep *u, int64_t *tasks,
			       struct hy_err *err)
{
	struct hy_index_writer *w = NULL;
	const struct hy_index_options o = {.writers = 1};
	int64_t n = 0;
	bool busy = true;
	enum hy_status st = hy_index_writer_open(&w, NULL, dir, &o, err);
	while (st == HY_OK && busy) {
		st = hy_index_care_start(w, u, &busy, err);
		if (st != HY_OK || !busy)
			break;
		n++;
		st = hy_index_care_poll(w, true, &busy, err);
		busy = true;
	}
	talloc_free(w);
	if (tasks != NULL)
		*tasks = n;
	return st;
}

enum hy_status hy_index_compact(const char *dir, int64_t today, int64_t *tasks, struct hy_err *err)
{
	const struct hy_index_upkeep u = {
		.today = today, .keep_from = INT64_MIN, .erase = true, .months = true, .all = true};
	return hy_index_upkeep(dir, &u, tasks, err);
}
