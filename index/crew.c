/*
 * Orders go to both halves in one row; each keeps its own place in it. A failure is kept and told
 * at the next wait: whoever failed does nothing more, so that no commit can follow a lost item.
 */
#include "config.h"

#include "index/crew.h"

#include "base/base.h"

#include <pthread.h>
#include <string.h>

#define ROW 8 /* orders that may wait */

struct order {
	int parts;
	bool commit;
	int64_t cursor;
	void *batch;
	const struct hy_item *items;
	const struct hy_facts *facts;
	size_t n;
};

struct member {
	struct hy_crew *crew;
	int number;
	struct hy_half *half;
	uint64_t done; /* orders, under lock */
	enum hy_status st;
	struct hy_err err;
	pthread_t id;
	bool started;
};

struct hy_crew {
	int n;
	enum hy_lang lang;
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct order row[ROW];
	uint64_t given, freed;
	bool ending;
	struct member members[HY_CREW_MAX];
};

static enum hy_status obey(struct member *m, const struct order *o, struct hy_err *err)
{
	enum hy_status st = HY_OK;
	if (m->number >= o->parts)
		return HY_OK;
	if (o->commit)
		return hy_half_commit(m->half, o->cursor, err);
	for (size_t i = 0; i < o->n && st == HY_OK; i++)
		if ((int)(o->items[i].seq % o->parts) == m->number)
			st = hy_half_take(m->half, &o->items[i], o->facts ? &o->facts[i] : NULL,
					  err);
	return st;
}

static void *live(void *user)
{
	struct member *m = user;
	struct hy_crew *c = m->crew;
	hy_lang_use(c->lang);
	pthread_setname_np(pthread_self(), m->number ? "index-b" : "index-a");
	pthread_mutex_lock(&c->lock);
	for (;;) {
		while (m->done == c->given && !c->ending)
			pthread_cond_wait(&c->moved, &c->lock);
		if (c->ending)
			break;
		struct order o = c->row[m->done % ROW];
		bool well = m->st == HY_OK;
		pthread_mutex_unlock(&c->lock);
		struct hy_err err = {0};
		enum hy_status st = well ? obey(m, &o, &err) : HY_OK;
		pthread_mutex_lock(&c->lock);
		if (st != HY_OK) {
			m->st = st;
			m->err = err;
		}
		m->done++;
		pthread_cond_broadcast(&c->moved);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

static uint64_t all_done(const struct hy_crew *c)
{
	uint64_t least = c->given;
	for (int i = 0; i < c->n; i++)
		if (c->members[i].done < least)
			least = c->members[i].done;
	return least;
}

/* Batches that both are through with go back to the heap of their thread: talloc's trees are not
 * shared. Under lock. */
static void reap(struct hy_crew *c)
{
	for (uint64_t done = all_done(c); c->freed < done; c->freed++) {
		struct order *o = &c->row[c->freed % ROW];
		talloc_free(o->batch);
		o->batch = NULL;
	}
}

static void give(struct hy_crew *c, const struct order *o)
{
	struct member *only = &c->members[0];
	if (c->n == 1) {
		if (only->st == HY_OK)
			only->st = obey(only, o, &only->err);
		talloc_free(o->batch);
		return;
	}
	pthread_mutex_lock(&c->lock);
	while (c->given - all_done(c) == ROW)
		pthread_cond_wait(&c->moved, &c->lock);
	reap(c);
	c->row[c->given % ROW] = *o;
	c->given++;
	pthread_cond_broadcast(&c->moved);
	pthread_mutex_unlock(&c->lock);
}

void hy_crew_add(struct hy_crew *c, int parts, void *batch, const struct hy_item *items,
		 const struct hy_facts *facts, size_t n)
{
	struct order o = {.parts = parts, .batch = batch, .items = items, .facts = facts, .n = n};
	give(c, &o);
}

void hy_crew_commit(struct hy_crew *c, int parts, int64_t cursor)
{
	struct order o = {.parts = parts, .commit = true, .cursor = cursor};
	give(c, &o);
}

enum hy_status hy_crew_wait(struct hy_crew *c, struct hy_err *err)
{
	pthread_mutex_lock(&c->lock);
	while (c->n > 1 && all_done(c) < c->given)
		pthread_cond_wait(&c->moved, &c->lock);
	reap(c);
	pthread_mutex_unlock(&c->lock);
	for (int i = 0; i < c->n; i++) {
		if (c->members[i].st == HY_OK)
			continue;
		if (err != NULL)
			*err = c->members[i].err;
		return c->members[i].st;
	}
	return HY_OK;
}

int hy_crew_size(const struct hy_crew *c)
{
	return c->n;
}

struct hy_half *hy_crew_half(struct hy_crew *c, int i)
{
	return c->members[i].half;
}

/* Whatever waits is left undone: closing does not commit. */
static int end(struct hy_crew *c)
{
	pthread_mutex_lock(&c->lock);
	c->ending = true;
	pthread_cond_broadcast(&c->moved);
	pthread_mutex_unlock(&c->lock);
	for (int i = 0; i < c->n; i++)
		if (c->members[i].started)
			pthread_join(c->members[i].id, NULL);
	for (; c->freed < c->given; c->freed++)
		talloc_free(c->row[c->freed % ROW].batch);
	for (int i = 0; i < c->n; i++)
		talloc_free(c->members[i].half);
	pthread_cond_destroy(&c->moved);
	pthread_mutex_destroy(&c->lock);
	return 0;
}

enum hy_status hy_crew_new(struct hy_crew **out, const void *ctx, int n, struct hy_err *err)
{
	struct hy_crew *c = hy_new(ctx, struct hy_crew);
	c->n = n;
	c->lang = hy_lang_default();
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->moved, NULL);
	talloc_set_destructor(c, end);
	for (int i = 0; i < n; i++) {
		struct member *m = &c->members[i];
		m->crew = c;
		m->number = i;
		m->half = hy_half_new(NULL); /* a tree of its own: another thread's */
		if (n > 1)
			m->started = pthread_create(&m->id, NULL, live, m) == 0;
		if (n > 1 && !m->started) {
			talloc_free(c);
			return hy_err_set(err, HY_ESYSTEM, _("no thread for the index"));
		}
	}
	*out = c;
	return HY_OK;
}
