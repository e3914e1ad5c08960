/* By which call each platform tells whether a secret is good, ends it, and names its application. */
#include "desk/granting.h"

#include <string.h>

#define LOG_IN_MOST (30 * HY_SECOND) /* somebody may wait at a terminal */

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
/* ---- mailboxes: log in, look at the mailbox without touching it, log out ---- */

static void on_mailbox(void *user, enum hy_status status, const struct hy_imap_result *r,
		       const struct hy_err *err)
{
	struct asking *a = user;

	(void)r;
	a->mail = NULL;
	/* without an INBOX it has let us in all the same */
	desk_asking_settle(a, status == HY_ENOTFOUND ? HY_OK : status, NULL, err);
}

static void on_no_mail(void *user, uint32_t uid, const char *bytes, size_t n, bool cut)
{
	(void)user; /* none is asked for */
	(void)uid;
	(void)bytes;
	(void)n;
	(void)cut;
}

static void mail_ask(struct asking *a, const struct hy_platform_peer *peer, bool force)
{
	struct hy_net_server server = {0};
	struct hy_err err = {0};
	enum hy_status status =
		hy_net_server_read(a, peer->url, "imap", 143, 993, &server, &err);

	(void)force;
	if (!status) {
		const struct hy_imap_ask ask = {
			.host = server.host,
			.port = server.port,
			.tls = server.tls,
			.reach = peer->reach,
			.login = a->account->login ? a->account->login : "",
			.password = peer->secret,
			.only_open = true,
			.timeout = LOG_IN_MOST,
		};
		status = hy_imap_look(a->g->net, a->g->loop, &ask, on_no_mail, on_mailbox, a, &a->mail,
				      &err);
	}
	if (status)
		desk_asking_settle(a, status, NULL, &err);
}

/* ---- lines to message centres: bound, they are good ---- */

static void after_line(void *user)
{
	struct asking *a = user;

	talloc_free(a->line);
	a->line = NULL;
	desk_asking_settle(a, a->answer, NULL, &a->said);
}

static void line_said(struct asking *a, enum hy_status status, const struct hy_err *err)
{
	if (a->answer != HY_EBUSY)
		return; /* what comes after the first word is of no interest */
	a->answer = status;
	if (err)
		a->said = *err;
	hy_timer_arm(a->after, 0); /* no event of a line may free it */
}

static void on_bound(void *user)
{
	line_said(user, HY_OK, NULL);
}

static void on_down(void *user, const struct hy_err *err)
{
	/* our own address guard says nothing of the password: a name may lead astray for a while */
	line_said(user, err->status == HY_EREFUSED ? HY_ETEMP : err->status, err);
}

static int forget_timer(struct asking *a)
{
	hy_timer_free(a->after);
	return 0;
}

static void line_ask(struct asking *a, const struct hy_platform_peer *peer, bool force)
{
	struct hy_net_server server = {0};
	const struct hy_smpp_events events = {.user = a, .bound = on_bound, .down = on_down};
	struct hy_err err = {0};
	enum hy_status status =
		hy_net_server_read(a, peer->url ? peer->url : "", "smpp", 2775, 3550, &server, &err);

	(void)force;
	a->answer = HY_EBUSY;
	a->after = hy_loop_timer(a->g->loop, after_line, a);
	talloc_set_destructor(a, forget_timer);
	if (!status) {
		const struct hy_smpp_options o = {
			.as = HY_SMPP_BIND_TRANSMITTER, /* no message may come over it */
			.host = server.host,
			.port = server.port,
			.reach = peer->reach,
			.tls = server.tls,
			.answer_timeout = LOG_IN_MOST,
			.login = {.system_id = a->account->login, .password = peer->secret},
		};
		status = hy_smpp_new(a->g->net, a->g->loop, &o, &events, &a->line, &err);
	}
	if (status)
		desk_asking_settle(a, status, NULL, &err);
}

void desk_way_cancel(struct asking *a)
{
	hy_platform_cancel(a->call);
	hy_imap_cancel(a->mail);
	talloc_free(a->line);
	a->call = NULL;
	a->mail = NULL;
	a->line = NULL;
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
	{"mail", false, mail_ask, NULL},
	{"smpp", false, line_ask, NULL},
};

const struct way *desk_way_of(const struct hy_account *a)
{
	for (size_t i = 0; i < HY_LEN(ways); i++)
		if (!strcmp(ways[i].platform, a->platform))
			return strcmp(a->platform, "mail") != 0 || a->url ? &ways[i] : NULL;
	return NULL; /* a mailbox that its source alone knows is tried by its looks */
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
