/* Mastodon as a source: mentions of an account of ours, a tag, our own timeline. */
#include "collectors/collect.h"

#include <string.h>

static enum hy_mastodon_list list_of(const struct hy_json *options, const char **name)
{
	const char *what = hy_json_str(options, "what");

	*name = hy_json_str(options, "tag");
	if (what != NULL && strcmp(what, "mentions") == 0)
		return HY_MASTODON_MENTIONS;
	if (what != NULL && strcmp(what, "own") == 0) {
		*name = hy_json_str(options, "number");
		return HY_MASTODON_ACCOUNT;
	}
	return HY_MASTODON_TAG;
}

static enum hy_status check(const struct hy_source *source, const struct hy_json *options,
			    struct hy_err *err)
{
	const char *what = hy_json_str(options, "what"), *tag = hy_json_str(options, "tag");

	(void)source;
	if (what == NULL ||
	    (strcmp(what, "mentions") && strcmp(what, "tag") && strcmp(what, "own")))
		return hy_err_set(err, HY_EINPUT, _("what: mentions, tag or own"));
	if (strcmp(what, "tag") == 0 &&
	    (tag == NULL || *tag == '\0' || strlen(tag) > 200 || strpbrk(tag, "#/ \t\r\n") != NULL))
		return hy_err_set(err, HY_EINPUT, _("tag: one tag, without #"));
	if (strcmp(what, "tag") != 0 && hy_json_str(options, "account") == NULL)
		return hy_err_set(err, HY_EINPUT, _("account: whose %s? Name an account"), what);
	if (strcmp(what, "own") == 0 && hy_json_str(options, "number") == NULL)
		return hy_err_set(
			err, HY_EINPUT,
			_("number: the account's number on the platform is needed for its "
			  "own timeline"));
	return HY_OK;
}

static enum hy_status ask(const void *ctx, const struct hy_source *source,
			  struct hy_collector_ask *out, struct hy_err *err)
{
	static const char *const headers[] = {"Accept: application/json", NULL};
	const struct hy_json *options = NULL;
	struct hy_walk_state w;
	const char *name = NULL;
	enum hy_mastodon_list list;

	(void)err;
	hy_walk_of(ctx, source, &w, &options);
	list = list_of(options, &name);
	*out = (struct hy_collector_ask){
		.url = hy_mastodon_list_url(ctx, source->url, list, name,
					    w.back != NULL ? w.back : w.at, w.down),
		.headers = headers,
		.secret_name = "Authorization",
		.secret_prefix = "Bearer ",
	};
	return HY_OK;
}

static enum hy_status read_page(const void *ctx, const struct hy_feed_in *in, struct hy_feed **out,
				struct hy_err *err)
{
	struct hy_platform_page page;
	enum hy_status status = hy_mastodon_page_read(ctx, in->bytes, in->n, &page, err);
	struct hy_feed *f;

	if (status != HY_OK)
		return status;
	f = hy_page_feed_new(ctx, "mastodon");
	hy_page_entries(f, &page);
	f->at = page.newest;
	f->next = page.next;
	*out = f;
	return HY_OK;
}

const struct hy_collector hy_collector_mastodon = {
	.name = "mastodon",
	.summary = N_("Mastodon: mentions of an account, a tag, the own timeline"),
	.options = "what tag account number backfill",
	.walk = HY_WALK_DOWN,
	.item = HY_ITEM_POST,
	.platform = "mastodon",
	.account = "mastodon",
	.account_may_lack = true,
	.every = 5 * HY_MINUTE,
	.check = check,
	.ask = ask,
	.read = read_page,
};
