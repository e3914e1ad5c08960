/*
 * What a drill's desk is connected to: every practice platform, both ways. It reads what strangers
 * say (feeds, mentions, a board, the mailbox) and takes what platforms push (WeChat, Weibo's fan
 * service, SMS); and it has the accounts that a story publishes to.
 */
#include "cmd/drill.h"

#include "net/net.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INTERVAL "5s"
#define PLENTY "1000000" /* of calls: every step of a story looks, and quotas are no part of the lesson */
#define LISTEN_MS 60000

/* ---- accounts ---- */

static enum hy_status keep_secret(struct drill *d, const char *text, const char **path,
				  struct hy_err *err)
{
	char *file = drill_path(d, hy_strf(d->ctx, "practice-%d.secret", ++d->n_secrets));

	*path = file;
	return hy_file_write(file, text, strlen(text), 0600, err);
}

struct account_row {
	const char *name, *platform, *login, *secret;
};

static enum hy_status add_account(struct drill *d, const struct account_row *a, const char *url,
				  const char *reach, struct hy_err *err)
{
	const char *secret = NULL;
	enum hy_status status = keep_secret(d, a->secret, &secret, err);

	return status ? status
		      : DRILL_ADMIN(d, err, "account", "add", "--name", a->name, "--platform",
				    a->platform, "--url", url, "--login", a->login, "--secret-file",
				    secret, "--reach", reach);
}

static enum hy_status add_accounts(struct drill *d, const char *base, struct hy_err *err)
{
	static const struct account_row all[] = {
		{"wordpress", "wordpress", "huying", "practice"},
		{"水务站", "wordpress", "shuiwu", "practice"},
		{"交通站", "wordpress", "jiaotong", "practice"},
		{"教育站", "wordpress", "jiaoyu", "practice"},
		{"城东站", "wordpress", "chengdong", "practice"},
		{"微博", "weibo", "practice-app", "practice-weibo-1"},
		{"微博交通", "weibo", "practice-app", "practice-weibo-3"},
		{"长毛象", "mastodon", "linjiang", "practice-mastodon-1"},
		{"公众号", "wechat", "wx0123456789abcdef", "practice-wechat-secret"},
	};
	static const struct account_row mail = {"信箱", "mail", "desk@linjiang.example", "practice"},
					sms = {"短信", "smpp", "practice", "practice"};
	enum hy_status status = HY_OK;

	for (size_t i = 0; i < HY_LEN(all) && !status; i++)
		status = add_account(d, &all[i], base, d->site, err);
	if (!status)
		status = add_account(d, &mail, "imap://mail.linjiang.example", d->imap, err);
	return status ? status : add_account(d, &sms, "smpp://smsc.linjiang.example", d->smpp, err);
}

/* ---- sources ---- */

#define ADD(name, kind) "source", "add", "--name", name, "--kind", kind, "--place", "临江", "--interval", INTERVAL

static enum hy_status add_sources(struct drill *d, const char *base, struct hy_err *err)
{
	enum hy_status status =
		DRILL_ADMIN(d, err, ADD("临江论坛", "feed"), "--reach", d->site,
			    hy_strf(d->ctx, "%sforum/feed.xml", base));

	if (!status)
		status = DRILL_ADMIN(d, err, ADD("县政府网", "feed"), "--official", "--reach",
				     d->site, hy_strf(d->ctx, "%sgov/feed.atom", base));
	if (!status)
		status = DRILL_ADMIN(d, err, ADD("微博提及", "weibo"), "--what", "mentions",
				     "--account", "微博", "--budget", PLENTY, "--reach", d->site,
				     base);
	if (!status)
		status = DRILL_ADMIN(d, err, ADD("长毛象提及", "mastodon"), "--what", "mentions",
				     "--account", "长毛象", "--reach", d->site, base);
	if (!status)
		status = DRILL_ADMIN(d, err, ADD("社区", "discuz"), "--what", "posts", "--board",
				     "2", "--reach", d->site, base);
	if (!status)
		status = DRILL_ADMIN(d, err, ADD("来信", "mail"), "--account", "信箱", "--reach",
				     d->imap, "imap://mail.linjiang.example");
	return status;
}

/* ---- what is pushed ---- */

/* POST /practice/WHAT. */
static enum hy_status site_set(struct drill *d, const char *what, const char *form,
			       struct hy_err *err)
{
	const struct hy_net_header heads[] = {
		{"Content-Type", "application/x-www-form-urlencoded"}, {"X-Practice", "1"}};
	const struct hy_net_request q = {
		.method = "POST",
		.url = hy_strf(d->ctx, "http://%s/practice/%s", d->site, what),
		.reach = d->site,
		.headers = heads,
		.n_headers = HY_LEN(heads),
		.body = form,
		.n_body = strlen(form),
	};
	struct hy_net_response *r = NULL;
	enum hy_status status = hy_net_fetch_wait(d->ctx, NULL, &q, &r, err);

	if (status || r->http == 200)
		return status;
	return hy_err_set(err, HY_ETEMP, "drill: practice/%s: HTTP %d", what, r->http);
}

/* The callback's path of the account, as the desk tells it. */
static enum hy_status open_box(struct drill *d, const char *const *words, const char **path,
			       struct hy_err *err)
{
	struct hy_json *node = NULL;
	enum hy_status status = drill_admin(d, words, err);
	char *text = status ? NULL : drill_contents(d, "command.out");
	const char *url;

	if (!status)
		status = hy_json_parse(d->ctx, text, strlen(text), 0, &node, err);
	url = status ? NULL : hy_json_str(node, "url");
	if (!status && !url)
		status = hy_err_set(err, HY_ETEMP, "drill: account callback: %s", text);
	if (!status)
		*path = url;
	return status;
}

static enum hy_status open_boxes(struct drill *d, struct hy_err *err)
{
	const char *token = NULL, *aes = NULL, *app = NULL;
	enum hy_status status = keep_secret(d, "practicetoken", &token, err);

	if (!status)
		status = keep_secret(d, "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", &aes, err);
	if (!status)
		status = keep_secret(d, "practice-secret", &app, err);
	if (!status)
		status = open_box(d,
				  (const char *const[]){"account", "callback", "公众号",
							"--secret-file", token, "--aes-file", aes,
							"--app", "wx0123456789abcdef", NULL},
				  &d->wechat_path, err);
	if (!status)
		status = open_box(d,
				  (const char *const[]){"account", "callback", "微博",
							"--secret-file", app, NULL},
				  &d->weibo_path, err);
	return status;
}

static bool listens(void *user)
{
	struct drill *d = user;
	char *port = drill_contents(d, "office/run/receive.port");

	d->receive_port = (int)strtol(port, NULL, 10);
	return d->receive_port > 0 && strchr(port, '\n') != NULL;
}

enum hy_status drill_hook(struct drill *d, struct hy_err *err)
{
	enum hy_status status = HY_OK;

	if (!d->wechat_path)
		return HY_OK; /* not connected yet */
	if (!cmd_wait(listens, d, LISTEN_MS))
		return hy_err_set(err, HY_ETEMP, "%s", _("drill: the desk does not listen for callbacks"));
	status = site_set(d, "hook",
			  hy_strf(d->ctx, "platform=wechat&mode=safe&url=http://127.0.0.1:%d%s",
				  d->receive_port, d->wechat_path),
			  err);
	if (!status)
		status = site_set(d, "hook",
				  hy_strf(d->ctx, "platform=weibo&url=http://127.0.0.1:%d%s",
					  d->receive_port, d->weibo_path),
				  err);
	return status;
}

enum hy_status drill_connect(struct drill *d, struct hy_err *err)
{
	static const char *const quotas[] = {"weibo/user-day", "weibo/ip-hour", "mastodon/five-minutes"};
	char *base = hy_strf(d->ctx, "http://%s/", d->site);
	enum hy_status status = HY_OK;

	for (size_t i = 0; i < HY_LEN(quotas) && !status; i++)
		status = site_set(d, "quota", hy_strf(d->ctx, "name=%s&limit=" PLENTY, quotas[i]), err);
	if (!status)
		status = add_accounts(d, base, err);
	if (!status)
		status = add_sources(d, base, err);
	if (!status)
		status = open_boxes(d, err);
	return status ? status : drill_hook(d, err);
}
