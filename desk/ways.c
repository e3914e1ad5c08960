/* By which call each platform tells whether a secret is good, ends it, and names its application. */
#include "desk/granting.h"

#include <string.h>

static void on_token(void *user, enum hy_status status, const struct hy_platform_token *token,
		     const struct hy_err *err)
{
	desk_asking_settle(user, status, token, err);
}

static void on_me(void *user, enum hy_status status, const struct hy_platform_post *post,
		  const struct hy_err *err)
{
	(void)post; /* whose it is: our own account */
	desk_asking_settle(user, status, NULL, err);
}

static void wechat_ask(struct asking *a, const struct hy_platform_peer *peer, bool force)
{
	a->call = hy_wechat_token(a->g->net, peer, force, on_token, a);
}

static void weibo_ask(struct asking *a, const struct hy_platform_peer *peer, bool force)
{
	(void)force;
	a->call = hy_weibo_token_info(a->g->net, peer, on_token, a);
}

static void mastodon_ask(struct asking *a, const struct hy_platform_peer *peer, bool force)
{
	(void)force;
	a->call = hy_mastodon_me(a->g->net, peer, on_me, a);
}

static void wordpress_ask(struct asking *a, const struct hy_platform_peer *peer, bool force)
{
	(void)force;
	a->call = hy_wordpress_me(a->g->net, peer, on_me, a);
}
static void on_ended(void *user, enum hy_status status, const struct hy_platform_file *file,
		     const struct hy_err *err)
{
	struct asking *a = user;

	(void)file;
	a->call = NULL;
	desk_asking_ended(a, status, err);
}

static struct hy_platform_call *weibo_end(struct asking *a, const struct hy_platform_peer *peer)
{
	return hy_weibo_revoke(a->g->net, peer, on_ended, a);
}

static struct hy_platform_call *mastodon_end(struct asking *a, const struct hy_platform_peer *peer)
{
	struct hy_secret *secret = NULL;

	if (!peer->login ||
	    hy_grant_client_secret(a->g->desk->st, a, a->account->id, &secret, NULL) || !secret)
		return NULL; /* only the application may end it: its key was never given */
	return hy_mastodon_revoke(a->g->net, peer, secret, on_ended, a);
}

static const struct way ways[] = {
	{"wechat", true, wechat_ask, NULL},
	{"weibo", true, weibo_ask, weibo_end},
	{"mastodon", true, mastodon_ask, mastodon_end},
	{"wordpress", false, wordpress_ask, NULL},
};

const struct way *desk_way_of(const struct hy_account *a)
{
	for (size_t i = 0; i < HY_LEN(ways); i++)
		if (!strcmp(ways[i].platform, a->platform))
			return &ways[i];
	return NULL;
}

bool desk_account_watched(const struct hy_account *a)
{
	const struct way *way = desk_way_of(a);

	return way && way->always;
}

bool desk_account_testable(const struct hy_account *a)
{
	return desk_way_of(a) != NULL;
}

/* Whom the secret was given to: the application as told by rotate; Weibo's key and WeChat's AppID are
 * the account's login; the latter may stand with its callback. */
const char *desk_client_of(struct hy_desk *desk, const void *ctx, const struct hy_account *account,
			   const struct hy_grant *grant)
{
	struct desk_box box = {0};

	if (grant->client)
		return grant->client;
	if (!strcmp(account->platform, "mastodon"))
		return NULL; /* its login is somebody's name */
	if (account->login || !desk_account_renews(account))
		return account->login;
	return desk_box_of(desk, ctx, account, &box, NULL) ? NULL : box.keys.app;
}
