/* Weibo as a source: what mentions the account, what is said below its posts, its own timeline. */
#include "collectors/collect.h"

#include <string.h>

#define HOST "https://api.weibo.com"
#define COUNT 200 /* of one page: a call costs the same, whatever it brings */

static const struct {
	const char *what;
	enum hy_weibo_list list;
} lists[] = {
	{"mentions", HY_WEIBO_MENTIONS},
	{"comments", HY_WEIBO_COMMENTS_TO_ME},
	{"comment-mentions", HY_WEIBO_COMMENT_MENTIONS},
	{"own", HY_WEIBO_OWN},
	{"own-comments", HY_WEIBO_COMMENTS_SENT},
};

static enum hy_status check(const struct hy_source *source, const struct hy_json *options,
			    struct hy_err *err)
{
	const char *what = hy_json_str(options, "what");

	(void)source;
	if (hy_json_str(options, "account") == NULL)
		return hy_err_set(err, HY_EINPUT,
				  _("account: Weibo answers an account's token only"));
	for (size_t i = 0; what != NULL && i < HY_LEN(lists); i++)
		if (strcmp(what, lists[i].what) == 0)
			return HY_OK;
	return hy_err_set(err, HY_EINPUT,
			  _("what: mentions, comments, comment-mentions, own or own-comments"));
}

static enum hy_status ask(const void *ctx, const struct hy_source *source,
			  struct hy_collector_ask *out, struct hy_err *err)
{
	static const char *const headers[] = {"Accept: application/json", NULL};
	const struct hy_json *options = NULL;
	struct hy_walk_state w;
	struct hy_weibo_page_request rq = {.count = COUNT};
	const char *what, *whole, *url = source->url != NULL && *source->url != '\0' ? source->url : HOST;

	hy_walk_of(ctx, source, &w, &options);
	what = hy_json_str(options, "what");
	for (size_t i = 0; what != NULL && i < HY_LEN(lists); i++)
		if (strcmp(what, lists[i].what) == 0)
			rq.list = lists[i].list;
	rq.since = w.back != NULL ? w.back : w.at;
	rq.up_to = w.down;
	whole = hy_walk_whole(ctx, HY_WALK_DOWN, &w);
	*out = (struct hy_collector_ask){
		.url = whole != NULL ? hy_weibo_show_url(ctx, url, whole)
				     : hy_weibo_page_url(ctx, url, &rq),
		.hint = whole != NULL ? "look=whole" : NULL,
		.headers = headers,
		.secret_name = "Authorization",
		.secret_prefix = "OAuth2 ",
	};
	if (out->url == NULL)
		return hy_err_set(err, HY_EINPUT,
				  _("the cursor of this source holds no Weibo ids"));
	return HY_OK;
}

static enum hy_status read_page(const void *ctx, const struct hy_feed_in *in, struct hy_feed **out,
				struct hy_err *err)
{
	struct hy_platform_page page;
	enum hy_status status = hy_hint_get(ctx, in->hint, "look") != NULL
					? hy_weibo_show_read(ctx, in->bytes, in->n, &page, err)
					: hy_weibo_page_read(ctx, in->bytes, in->n, &page, err);
	struct hy_feed *f;

	if (status != HY_OK)
		return status;
	f = hy_page_feed_new(ctx, "weibo");
	hy_page_entries(f, &page);
	f->at = page.newest;
	f->next = page.next;
	*out = f;
	return HY_OK;
}

const struct hy_collector hy_collector_weibo = {
	.name = "weibo",
	.summary = N_("Weibo: mentions, comments, the own timeline of an account"),
	.options = "what account budget backfill",
	.walk = HY_WALK_DOWN,
	.item = HY_ITEM_POST,
	.platform = "weibo",
	.account = "weibo",
	.every = 15 * HY_MINUTE,
	.budget = 100,
	.refusals = true,
	.whole = true,
	.check = check,
	.ask = ask,
	.read = read_page,
};
