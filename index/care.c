/*
 * Upkeep beside the writer: one task at a time in a thread of low priority. The thread only makes
 * new folders; the writer, who alone owns the manifest, puts them in place by one rename.
 */
#include "config.h"

#include "index/care.h"
#include "index/writer.h"

#include "base/base.h"

#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NICE 10

struct hy_index_care {
	struct hy_dbset *set;
	struct hy_task task;
	struct hy_mdb to;
	bool put;		   /* in its place: else its folder goes */
	struct hy_manifest *owner; /* of the sums */
	int64_t total;
	atomic_bool stop, ended;
	atomic_llong done;
	/* of the thread until it is joined */
	enum hy_status st;
	struct hy_err err;
	enum hy_lang lang;
	pthread_t id;
	bool started;
};

static void *live(void *user)
{
	struct hy_index_care *c = user;
	pthread_setname_np(pthread_self(), "index-upkeep");
	hy_lang_use(c->lang);
	/* what people wait for goes first; where it cannot be had, it is only slower */
	(void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
	c->st = hy_task_do(&c->task, c->set, &c->to, c->owner, &c->stop, &c->done, &c->err);
	atomic_store(&c->ended, true);
	return NULL;
}

static int end(struct hy_index_care *c)
{
	atomic_store(&c->stop, true);
	if (c->started)
		pthread_join(c->id, NULL);
	if (c->to.name[0] != '\0' && !c->put) {
		char *loose = hy_strf(c, "%s.loose", c->to.name);
		hy_manifest_remove(c->set->dir, loose);
		hy_manifest_remove(c->set->dir, c->to.name);
	}
	talloc_free(c->set);
	return 0;
}

/* ---- choosing ---- */

static enum hy_status choose(struct hy_index_writer *w, struct hy_index_care *c,
			     const struct hy_index_upkeep *u, bool *found, struct hy_err *err)
{
	enum hy_status st = hy_dbset_open(&c->set, NULL, w->dir, err);
	if (st != HY_OK)
		return st;
	*found = hy_task_next(&c->task, c, c->set, hy_index_writer_closed(w), u, &st, err);
	return st;
}

/* Hidden text, or a day past its time, in what is being written: it must be closed first. */
static bool must_roll(const struct hy_index_writer *w, const struct hy_index_care *c,
		      const struct hy_index_upkeep *u)
{
	if (w->parts == 0 || w->in_group == 0)
		return false;
	size_t first = hy_index_writer_closed(w);
	if (w->m->dbs[first].last < u->today && (u->all || w->m->dbs[first].first < u->keep_from))
		return true;
	for (size_t i = first; u->erase && i < c->set->n; i++)
		if (hy_task_hidden(c->set, c->set->dbs[i]))
			return true;
	return false;
}

static void describe(struct hy_index_writer *w, struct hy_index_care *c)
{
	const struct hy_mdb *from = c->set->m->dbs;
	hy_manifest_name(w->m, &c->to, from[c->task.a].first, from[c->task.b - 1].last,
			 HY_PART_WHOLE);
	for (size_t i = c->task.a; i < c->task.b; i++)
		c->total += c->set->dbs[i]->stamp.docs;
}

/* ---- putting in place ---- */

static enum hy_status put(struct hy_index_writer *w, struct hy_index_care *c, struct hy_err *err)
{
	const struct hy_task *t = &c->task;
	size_t k = t->b - t->a, at = 0;
	while (at < w->m->n && strcmp(w->m->dbs[at].name, c->set->m->dbs[t->a].name) != 0)
		at++;
	for (size_t i = 0; i < k; i++)
		if (at + i >= w->m->n ||
		    strcmp(w->m->dbs[at + i].name, c->set->m->dbs[t->a + i].name) != 0)
			HY_BUG("upkeep: %s is not where it was", c->set->m->dbs[t->a].name);
	bool gone = t->drop || (c->to.docs == 0 && at + k < w->m->n);
	c->put = true; /* the sweep knows better, from here on */
	if (!gone) {
		w->m->dbs[at] = c->to;
		(void)talloc_steal(w->m, c->to.files);
	}
	size_t kept = at + (gone ? 0 : 1);
	memmove(&w->m->dbs[kept], &w->m->dbs[at + k], (w->m->n - at - k) * sizeof(struct hy_mdb));
	w->m->n -= k - (gone ? 0 : 1);
	enum hy_status st = hy_manifest_write(w->m, w->dir, err);
	return st == HY_OK ? hy_manifest_sweep(w->m, w->dir, true, NULL, err) : st;
}

/* ---- the writer's side ---- */

enum hy_status hy_index_care_start(struct hy_index_writer *w, const struct hy_index_upkeep *u,
				   bool *busy, struct hy_err *err)
{
	bool found = false;
	*busy = w->care != NULL;
	if (w->care != NULL || w->failed || w->rebuild)
		return HY_OK;
	struct hy_index_care *c = hy_new(NULL, struct hy_index_care);
	talloc_set_destructor(c, end);
	enum hy_status st = choose(w, c, u, &found, err);
	if (st == HY_OK && !found && must_roll(w, c, u)) {
		st = hy_index_writer_roll(w, err);
		talloc_free(c->set);
		c->set = NULL;
		if (st == HY_OK)
			st = choose(w, c, u, &found, err);
		else
			w->failed = true;
	}
	if (st != HY_OK || !found) {
		talloc_free(c);
		return st;
	}
	describe(w, c);
	c->owner = hy_new(c, struct hy_manifest);
	c->lang = hy_lang_default();
	w->care = c;
	*busy = true;
	if (c->task.drop)
		atomic_store(&c->ended, true);
	else
		c->started = pthread_create(&c->id, NULL, live, c) == 0;
	if (!c->task.drop && !c->started) {
		talloc_free(c);
		w->care = NULL;
		return hy_err_set(err, HY_ESYSTEM, _("no thread for the index"));
	}
	return HY_OK;
}

enum hy_status hy_index_care_poll(struct hy_index_writer *w, bool wait, bool *busy,
				  struct hy_err *err)
{
	struct hy_index_care *c = w->care;
	*busy = c != NULL;
	if (c == NULL || (!wait && !atomic_load(&c->ended)))
		return HY_OK;
	if (c->started)
		pthread_join(c->id, NULL);
	c->started = false;
	enum hy_status st = c->st;
	*busy = false;
	if (st != HY_OK) {
		if (err != NULL)
			*err = c->err;
	} else {
		st = put(w, c, err);
		w->failed = st != HY_OK; /* the manifest in memory is not that on disk */
	}
	w->care = NULL;
	talloc_free(c);
	return st;
}

bool hy_index_care_ended(const struct hy_index_writer *w)
{
	return w == NULL || w->care == NULL || atomic_load(&w->care->ended);
}

void hy_index_care_progress(const struct hy_index_writer *w, int64_t *done, int64_t *total)
{
	*done = w->care ? (int64_t)atomic_load(&w->care->done) : 0;
	*total = w->care ? w->care->total : 0;
}
