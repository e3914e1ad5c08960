/*
 * Forums as sources, as a guest sees them: by their RSS (one document, the latest), or post by post
 * by their JSON. Discuz and NodeBB tell threads, then posts; Discourse tells posts at once.
 */
#include "collectors/collect.h"

#include <stdlib.h>
#include <string.h>

#define JSON_ONLY "application/json"
#define RSS_ONLY "application/rss+xml, application/xml;q=0.9, */*;q=0.1"

static bool by_rss(const struct hy_json *options)
{
	const char *what = hy_json_str(options, "what");

	return what == NULL || strcmp(what, "rss") == 0;
}

static enum hy_status check(const struct hy_source *source, const struct hy_json *options,
			    struct hy_err *err)
{
	const char *what = hy_json_str(options, "what"), *board = hy_json_str(options, "board");
	bool discuz = strcmp(source->kind, "discuz") == 0;

	if (what != NULL && strcmp(what, "rss") != 0 && strcmp(what, "posts") != 0)
		return hy_err_set(err, HY_EINPUT, _("what: rss or posts"));
	if (board != NULL &&
	    (*board == '\0' || strlen(board) > 18 || strspn(board, "0123456789") != strlen(board)))
		return hy_err_set(err, HY_EINPUT, _("board: the board's number"));
	if (discuz && !by_rss(options) && board == NULL)
		return hy_err_set(err, HY_EINPUT, _("board: Discuz tells posts of one board only"));
	return HY_OK;
}

/* What is asked for next, whichever forum it is; a hint for the reader beside it. */
static enum hy_status ask(const void *ctx, const struct hy_source *source,
			  struct hy_collector_ask *out, struct hy_err *err)
{
	const struct hy_json *options = NULL;
	struct hy_walk_state w;
	const char *board, *thread = NULL, *kind = source->kind;
	enum hy_forum_look look;
	int page = 1;

	hy_walk_of(ctx, source, &w, &options);
	board = hy_json_str(options, "board");
	look = by_rss(options)				      ? HY_FORUM_RSS
	       : hy_walk_thread_next(ctx, &w, &thread, &page) ? HY_FORUM_THREAD
							      : HY_FORUM_BOARD;
	*out = (struct hy_collector_ask){
		.headers = hy_conditional_headers(ctx, source,
						  look == HY_FORUM_RSS ? RSS_ONLY : JSON_ONLY),
		.hint = hy_strf(ctx, "look=%s\npage=%d\nboard=%s\nbase=%s",
				look == HY_FORUM_RSS ? "rss" : "posts", page,
				board != NULL ? board : "", source->url),
	};
	if (strcmp(kind, "discuz") == 0)
		out->url = hy_discuz_url(ctx, source->url, look,
					 look == HY_FORUM_THREAD ? thread : board, page);
	else if (strcmp(kind, "nodebb") == 0)
		out->url = hy_nodebb_url(ctx, source->url, look,
					 look == HY_FORUM_THREAD ? thread : board, page);
	else {
		out->url = hy_discourse_url(ctx, source->url, look, board, w.down);
		out->secret_name = "Api-Key";
		out->secret_prefix = "";
		out->login_name = "Api-Username";
	}
	if (out->url == NULL)
		return hy_err_set(err, HY_EINPUT, _("this forum cannot be asked for that"));
	return HY_OK;
}

static void forum_feed(struct hy_feed *f, const struct hy_forum_page *p)
{
	struct hy_feed_thread *list = hy_new_array(f, struct hy_feed_thread, p->n_threads + 1);

	hy_page_entries(f, &p->page);
	f->at = p->page.newest;
	f->next = p->page.next;
	for (size_t i = 0; i < p->n_threads; i++)
		list[i] = (struct hy_feed_thread){
			.id = p->threads[i].id,
			.last = p->threads[i].last,
			.posts = p->threads[i].posts,
		};
	f->threads = list;
	f->n_threads = p->n_threads;
}

/* ---- Discuz ---- */

/*
 * Its RSS: refusals in plain words, no guid (the thread's number is its name), text escaped once
 * more inside CDATA, quotes with a stray backslash, and none at all while its cache is rebuilt.
 */
static char *unslash(const void *ctx, const char *s)
{
	char *out = hy_strdup(ctx, s), *to = out;

	for (const char *p = s; *p != '\0'; p++)
		if (*p != '\\' || (p[1] != '"' && p[1] != '\'' && p[1] != '\\'))
			*to++ = *p;
	*to = '\0';
	return out;
}

static enum hy_status discuz_rss(const void *ctx, const struct hy_feed_in *in, struct hy_feed **out,
				 struct hy_err *err)
{
	enum hy_status status = hy_discuz_rss_check(in->bytes, in->n, err);
	struct hy_feed *f = NULL;

	if (status == HY_OK)
		status = hy_feed_parse(ctx, in, &f, err);
	if (status != HY_OK)
		return status;
	for (size_t i = 0; i < f->n_entries; i++) {
		struct hy_feed_entry *e = (struct hy_feed_entry *)(uintptr_t)&f->entries[i];

		if (e->link != NULL && (e->id == NULL || e->id_is_link))
			e->id = hy_discuz_thread_of(f, e->link);
		if (e->title != NULL && strchr(e->title, '\\') != NULL)
			e->title = unslash(f, e->title);
	}
	*out = f;
	return HY_OK;
}

static enum hy_status read_discuz(const void *ctx, const struct hy_feed_in *in,
				  struct hy_feed **out, struct hy_err *err)
{
	char *look = hy_hint_get(ctx, in->hint, "look"), *page = hy_hint_get(ctx, in->hint, "page");
	char *base = hy_hint_get(ctx, in->hint, "base");
	struct hy_forum_page p = {0};
	enum hy_status status;

	if (look == NULL || strcmp(look, "rss") == 0)
		return discuz_rss(ctx, in, out, err);
	status = hy_discuz_page_read(ctx, in->bytes, in->n, base != NULL ? base : "",
				     page != NULL ? (int)strtol(page, NULL, 10) : 1, &p, err);
	if (status != HY_OK)
		return status;
	*out = hy_page_feed_new(ctx, "discuz");
	forum_feed(*out, &p);
	return HY_OK;
}

static enum hy_status read_nodebb(const void *ctx, const struct hy_feed_in *in,
				  struct hy_feed **out, struct hy_err *err)
{
	char *look = hy_hint_get(ctx, in->hint, "look"), *base = hy_hint_get(ctx, in->hint, "base");
	struct hy_forum_page p = {0};
	enum hy_status status;

	if (look == NULL || strcmp(look, "rss") == 0)
		return hy_feed_parse(ctx, in, out, err);
	status = hy_nodebb_page_read(ctx, in->bytes, in->n, base != NULL ? base : "", &p, err);
	if (status != HY_OK)
		return status;
	*out = hy_page_feed_new(ctx, "nodebb");
	forum_feed(*out, &p);
	return HY_OK;
}

static enum hy_status read_discourse(const void *ctx, const struct hy_feed_in *in,
				     struct hy_feed **out, struct hy_err *err)
{
	char *look = hy_hint_get(ctx, in->hint, "look"), *base = hy_hint_get(ctx, in->hint, "base");
	char *board = hy_hint_get(ctx, in->hint, "board");
	struct hy_forum_page p = {0};
	enum hy_status status;

	if (look == NULL || strcmp(look, "rss") == 0)
		return hy_feed_parse(ctx, in, out, err);
	status = hy_discourse_page_read(ctx, in->bytes, in->n, base != NULL ? base : "",
					board != NULL && *board != '\0' ? board : NULL, &p, err);
	if (status != HY_OK)
		return status;
	*out = hy_page_feed_new(ctx, "discourse");
	forum_feed(*out, &p);
	return HY_OK;
}

const struct hy_collector hy_collector_discuz = {
	.name = "discuz",
	.summary = N_("a Discuz forum: its RSS, or a board post by post"),
	.options = "what board backfill",
	.walk = HY_WALK_THREADS,
	.rss = true,
	.item = HY_ITEM_POST,
	.every = 15 * HY_MINUTE,
	.gap = 10 * HY_SECOND, /* one request in ten seconds is what such forums bear */
	.refusals = true,
	.cached = true,
	.check = check,
	.ask = ask,
	.read = read_discuz,
};

const struct hy_collector hy_collector_nodebb = {
	.name = "nodebb",
	.summary = N_("a NodeBB forum: its RSS, or a board post by post"),
	.options = "what board backfill",
	.walk = HY_WALK_THREADS,
	.rss = true,
	.item = HY_ITEM_POST,
	.every = 10 * HY_MINUTE,
	.gap = 2 * HY_SECOND,
	.check = check,
	.ask = ask,
	.read = read_nodebb,
};

const struct hy_collector hy_collector_discourse = {
	.name = "discourse",
	.summary = N_("a Discourse forum: its RSS, or all posts"),
	.options = "what board account backfill",
	.walk = HY_WALK_DOWN,
	.rss = true,
	.item = HY_ITEM_POST,
	.account = "discourse",
	.account_may_lack = true,
	.every = 5 * HY_MINUTE,
	.gap = HY_SECOND,
	.refusals = true,
	.check = check,
	.ask = ask,
	.read = read_discourse,
};
