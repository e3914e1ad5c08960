/*
 * Where a list has been read to. A walk goes down from the newest to what is known, a page a look;
 * until it is at its end the old mark stands, so that a walk broken off anywhere leaves no hole.
 */
#include "collectors/collect.h"

#include <stdlib.h>
#include <string.h>

#define THREADS_MAX 400 /* remembered */
#define QUEUE_MAX 200	/* thread pages waiting */
#define ID_MAX 64
#define WHOLE_MAX 5 /* posts that wait to be asked for whole: each is a call, and the list waits */

enum hy_walk hy_walk_how(const struct hy_collector *c, const struct hy_json *options)
{
	const char *what = hy_json_str(options, "what");

	return c->rss && (what == NULL || strcmp(what, "rss") == 0) ? HY_WALK_FEED : c->walk;
}

static const char *text_of(const void *ctx, const struct hy_json *node, const char *name)
{
	const char *s = hy_json_str(node, name);

	return s != NULL && *s != '\0' && strlen(s) <= ID_MAX ? hy_strdup(ctx, s) : NULL;
}

static void threads_read(const void *ctx, const struct hy_json *w, struct hy_walk_state *out)
{
	const struct hy_json *list = hy_json_get(w, "threads"), *queue = hy_json_get(w, "queue");
	size_t n = list != NULL && list->type == HY_JSON_ARRAY ? list->n : 0;
	size_t m = queue != NULL && queue->type == HY_JSON_ARRAY ? queue->n : 0;

	out->read = hy_new_array(ctx, struct hy_walk_thread, n + 1);
	for (size_t i = 0; i < n && i < THREADS_MAX; i++) {
		const struct hy_json *t = list->at[i];
		const char *id = text_of(ctx, t, "id");

		if (id != NULL)
			out->read[out->n_read++] = (struct hy_walk_thread){
				.id = id,
				.last = hy_json_int(t, "last", 0),
				.posts = hy_json_int(t, "posts", 0),
				.page = (int)hy_json_int(t, "page", 1),
			};
	}
	out->queue = hy_new_array(ctx, const char *, m + 1);
	for (size_t i = 0; i < m && i < QUEUE_MAX; i++)
		if (queue->at[i]->type == HY_JSON_STRING)
			out->queue[out->n_queue++] = hy_strdup(ctx, queue->at[i]->text);
}

void hy_walk_read(const void *ctx, const struct hy_json *cursor, struct hy_walk_state *out)
{
	const struct hy_json *w = hy_json_get(cursor, "walk");

	*out = (struct hy_walk_state){
		.at = text_of(ctx, w, "at"),
		.back = text_of(ctx, w, "back"),
		.top = text_of(ctx, w, "top"),
		.down = text_of(ctx, w, "down"),
		.begun = hy_json_bool(w, "begun", false),
	};
	threads_read(ctx, w, out);
}

void hy_walk_write(struct hy_json_writer *w, const struct hy_walk_state *s)
{
	const struct {
		const char *name, *value;
	} texts[] = {{"at", s->at}, {"back", s->back}, {"top", s->top}, {"down", s->down}};

	hy_jw_key(w, "walk");
	hy_jw_object(w);
	hy_jw_kbool(w, "begun", s->begun);
	for (size_t i = 0; i < HY_LEN(texts); i++)
		if (texts[i].value != NULL)
			hy_jw_kstr(w, texts[i].name, texts[i].value);
	if (s->n_read > 0) {
		hy_jw_key(w, "threads");
		hy_jw_array(w);
		for (size_t i = 0; i < s->n_read; i++) {
			hy_jw_object(w);
			hy_jw_kstr(w, "id", s->read[i].id);
			hy_jw_kint(w, "last", s->read[i].last);
			hy_jw_kint(w, "posts", s->read[i].posts);
			hy_jw_kint(w, "page", s->read[i].page);
			hy_jw_end_object(w);
		}
		hy_jw_end_array(w);
	}
	if (s->n_queue > 0) {
		hy_jw_key(w, "queue");
		hy_jw_array(w);
		for (size_t i = 0; i < s->n_queue; i++)
			hy_jw_str(w, s->queue[i]);
		hy_jw_end_array(w);
	}
	hy_jw_end_object(w);
}

void hy_walk_of(const void *ctx, const struct hy_source *source, struct hy_walk_state *state,
		const struct hy_json **options)
{
	struct hy_json *cursor = NULL, *o = NULL;

	if (source->cursor != NULL) /* a damaged one begins anew */
		(void)hy_json_parse(ctx, source->cursor, strlen(source->cursor), 0, &cursor, NULL);
	if (source->options != NULL)
		(void)hy_json_parse(ctx, source->options, strlen(source->options), 0, &o, NULL);
	hy_walk_read(ctx, cursor, state);
	*options = o;
}

/* ---- down ---- */

/* The oldest entry's time; 0 when none has one. */
static hy_time oldest(const struct hy_feed *feed)
{
	hy_time t = 0;

	for (size_t i = 0; i < feed->n_entries; i++)
		if (feed->entries[i].published != 0 && (t == 0 || feed->entries[i].published < t))
			t = feed->entries[i].published;
	return t;
}

/* All down to here counts as read. */
static void down_ends(struct hy_walk_state *s)
{
	s->back = s->at;
	if (hy_platform_id_order(s->top, s->at) > 0)
		s->at = s->top;
	s->top = s->down = NULL;
	s->begun = true;
}

static bool down(const void *ctx, struct hy_walk_state *s, const struct hy_feed *feed,
		 hy_time since)
{
	const char *known = s->back != NULL ? s->back : s->at;
	bool end = feed->next == NULL;

	if (hy_platform_id_order(feed->at, s->top) > 0)
		s->top = hy_strdup(ctx, feed->at);
	if (known != NULL)
		end = end || hy_platform_id_order(feed->next, known) <= 0;
	else if (!s->begun) /* a first walk: as far back as is wanted */
		end = end || since == 0 || (oldest(feed) != 0 && oldest(feed) < since);
	/* a server that does not move on would be asked for ever */
	if (!end && s->down != NULL && hy_platform_id_order(feed->next, s->down) >= 0)
		end = s->gap = true;
	if (!end) {
		s->down = hy_strdup(ctx, feed->next);
		return true;
	}
	down_ends(s);
	return false;
}

/* ---- threads ---- */

static struct hy_walk_thread *find(struct hy_walk_state *s, const char *id)
{
	for (size_t i = 0; i < s->n_read; i++)
		if (strcmp(s->read[i].id, id) == 0)
			return &s->read[i];
	return NULL;
}

/* Remembers the thread as the newest; the oldest is forgotten when there are too many. */
static struct hy_walk_thread *remember(const void *ctx, struct hy_walk_state *s, const char *id)
{
	struct hy_walk_thread t = {.id = hy_strdup(ctx, id), .page = 0}, *old = find(s, id);
	size_t keep = old != NULL		? (size_t)(old - s->read)
		      : s->n_read < THREADS_MAX ? s->n_read
						: THREADS_MAX - 1;

	if (old != NULL)
		t = *old;
	else if (s->n_read < THREADS_MAX)
		s->n_read++;
	s->read = hy_grow(ctx, s->read, struct hy_walk_thread, s->n_read + 1);
	memmove(s->read + 1, s->read, keep * sizeof(*s->read));
	s->read[0] = t;
	return &s->read[0];
}

static void enqueue(const void *ctx, struct hy_walk_state *s, const char *id, int page)
{
	if (s->n_queue >= QUEUE_MAX)
		return; /* it moves again, or is found by its next post */
	s->queue = hy_grow(ctx, s->queue, const char *, s->n_queue + 1);
	s->queue[s->n_queue++] = hy_strf(ctx, "%s %d", id, page);
}

bool hy_walk_thread_next(const void *ctx, const struct hy_walk_state *s, const char **id, int *page)
{
	const char *blank = s->n_queue > 0 ? strchr(s->queue[0], ' ') : NULL;

	if (blank == NULL)
		return false;
	*id = hy_strndup(ctx, s->queue[0], (size_t)(blank - s->queue[0]));
	*page = (int)strtol(blank + 1, NULL, 10);
	return true;
}

void hy_walk_drop(struct hy_walk_state *s)
{
	if (s->n_queue == 0)
		return;
	s->n_queue--;
	memmove(s->queue, s->queue + 1, s->n_queue * sizeof(*s->queue));
}

/* The list of a board: those that moved since they were read wait for their turn. From the end, so
 * that the newest is remembered as such. */
static bool board(const void *ctx, struct hy_walk_state *s, const struct hy_feed *feed,
		  hy_time since)
{
	size_t still = 0;

	for (size_t i = feed->n_threads; i-- > 0;) {
		const struct hy_feed_thread *t = &feed->threads[i];
		const struct hy_walk_thread *was = find(s, t->id);
		bool moved = was == NULL || t->posts > was->posts || t->last > was->last;
		bool wanted = was != NULL || s->begun || (since != 0 && t->last >= since);
		struct hy_walk_thread *now;

		still += !moved;
		if (!moved)
			continue;
		now = remember(ctx, s, t->id);
		now->last = t->last;
		now->posts = t->posts;
		if (wanted)
			enqueue(ctx, s, t->id, now->page > 0 ? now->page : 1);
	}
	s->gap = s->begun && feed->n_threads > 1 && still == 0; /* more may have moved below */
	s->begun = true;
	return s->n_queue > 0;
}

static int page_of(const char *s)
{
	long v = strtol(s, NULL, 10);

	return v > 0 && v < 100000 ? (int)v : 0;
}

static bool thread(const void *ctx, struct hy_walk_state *s, const struct hy_feed *feed)
{
	const char *id = NULL;
	int page = 1;
	struct hy_walk_thread *t;

	if (!hy_walk_thread_next(ctx, s, &id, &page))
		return false;
	t = find(s, id);
	if (t != NULL)
		t->page = page;
	if (feed->next != NULL && page_of(feed->next) > page)
		s->queue[0] = hy_strf(ctx, "%s %d", id, page_of(feed->next));
	else
		hy_walk_drop(s);
	return s->n_queue > 0;
}

/* ---- posts that a list cut ---- */

const char *hy_walk_whole(const void *ctx, enum hy_walk how, const struct hy_walk_state *s)
{
	const char *id = NULL;
	int page;

	if (how != HY_WALK_DOWN || s->down != NULL || !hy_walk_thread_next(ctx, s, &id, &page))
		return NULL;
	return id;
}

void hy_walk_want(const void *ctx, struct hy_walk_state *s, const char *id)
{
	if (s->n_queue < WHOLE_MAX)
		enqueue(ctx, s, id, 1);
}

bool hy_walk_page(const void *ctx, enum hy_walk how, struct hy_walk_state *s,
		  const struct hy_feed *feed, hy_time since)
{
	if (hy_walk_whole(ctx, how, s) != NULL)
		hy_walk_drop(s);
	else if (how == HY_WALK_DOWN && down(ctx, s, feed, since))
		return true;
	if (how == HY_WALK_DOWN)
		return s->n_queue > 0;
	if (how == HY_WALK_THREADS)
		return s->n_queue > 0 ? thread(ctx, s, feed) : board(ctx, s, feed, since);
	if (how == HY_WALK_MAILBOX) {
		if (feed->at != NULL)
			s->at = hy_strdup(ctx, feed->at);
		s->begun = true;
		return feed->next != NULL;
	}
	return false;
}

bool hy_walk_give_up(enum hy_walk how, struct hy_walk_state *s)
{
	bool down = how == HY_WALK_DOWN && s->down != NULL;
	bool thread = how == HY_WALK_THREADS && s->n_queue > 0;

	if (how == HY_WALK_DOWN && !down && s->n_queue > 0) {
		hy_walk_drop(s); /* a post stays cut: nothing is missing */
		return true;
	}
	if (down)
		down_ends(s);
	else if (thread)
		hy_walk_drop(s);
	s->gap = down || thread;
	return s->gap;
}
