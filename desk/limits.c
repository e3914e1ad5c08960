/*
 * What an account's server takes, learnt from itself once a day, so that a text that it would
 * refuse is refused before anybody approves it. Until it has told, the platform's own figures hold.
 */
#include "desk/internal.h"

#include "publisher/publisher.h"

#include <string.h>

#define ASK_AGAIN HY_DAY

struct desk_asked {
	struct desk_asked *next;
	struct hy_desk *desk;
	struct hy_account_id account;
	hy_time at;
};

static void on_limits(void *user, enum hy_status status, const struct hy_mastodon_limits *limits,
		      const struct hy_err *err)
{
	struct desk_asked *a = user;
	void *work = talloc_new(a->desk);
	char *key = hy_form_limit_key(work, a->account), *was = NULL, *now;

	if (status) {
		hy_log(HY_LOG_INFO, "publish", err->text, NULL);
	} else {
		now = hy_strf(work, "%" PRId64 " %" PRId64, limits->characters, limits->per_url);
		/* not kept: the next day asks again */
		if (!hy_meta_get(a->desk->st, work, key, &was, NULL) && (!was || strcmp(was, now)))
			(void)hy_meta_set(a->desk->st, key, now, NULL);
	}
	talloc_free(work);
}

static struct desk_asked *asked_of(struct hy_desk *desk, const void *ctx, struct desk_asked **list,
			      struct hy_account_id account)
{
	struct desk_asked *a = *list;

	while (a && a->account.v != account.v)
		a = a->next;
	if (!a) {
		a = hy_new(ctx, struct desk_asked);
		a->desk = desk;
		a->account = account;
		a->next = *list;
		*list = a;
	}
	return a;
}

enum hy_status desk_learn_limits(struct hy_desk *desk, const void *ctx, struct desk_asked **list,
				 struct hy_net *net, struct hy_err *err)
{
	void *work = talloc_new(desk);
	struct hy_account *accounts = NULL;
	hy_time now = hy_desk_now(desk);
	size_t n = 0;
	enum hy_status status = hy_account_list(desk->st, work, &accounts, &n, err);

	for (size_t i = 0; !status && i < n; i++) {
		const struct hy_account *account = &accounts[i];
		struct desk_asked *a;

		if (strcmp(account->platform, "mastodon") != 0 || !account->url ||
		    account->state != HY_ACCOUNT_ACTIVE)
			continue;
		a = asked_of(desk, ctx, list, account->id);
		if (a->at && now < a->at + ASK_AGAIN)
			continue;
		a->at = now;
		const struct hy_platform_peer peer = {.url = account->url,
						      .reach = account->reach};
		(void)hy_mastodon_limits(net, &peer, on_limits, a); /* belongs to the net */
	}
	talloc_free(work);
	return status;
}
