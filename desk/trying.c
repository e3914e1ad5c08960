/*
 * New secrets before they are used: each is tried by the call that its platform has for that, and
 * takes the place of the one in use when it was called good. A refused one is erased; while the
 * platform cannot be asked it waits, and the one in use stays. A code of Weibo's browser page is
 * exchanged for a token, once: what may have left is never sent again.
 */
#include "desk/granting.h"

#include <string.h>

#define RETRY_MOST (10 * HY_MINUTE)
#define CODE_LASTS (10 * HY_MINUTE) /* about what platforms give it */
#define NOBODY_WAITS HY_MINUTE	    /* for the answer at a terminal: then a person is called */

static char *page_key(struct asking *a)
{
	return hy_strf(a, "account:%" PRId64 ":fresh", a->account->id.v);
}

/* Somebody brought another one meanwhile, or ended the account: the answer is not about it. */
static bool outdated(struct asking *a, struct hy_account **now_is)
{
	struct hy_desk *desk = a->g->desk;
	struct desk_fresh *f = NULL;

	return hy_account_get(desk->st, a, a->account->id, now_is, NULL) ||
	       (*now_is)->state == HY_ACCOUNT_REVOKED ||
	       desk_fresh_get(desk, a, a->account->id, &f, NULL) || f->asked != a->fresh->asked ||
	       !desk_asking_same(a->secret, a->fresh->code ? f->code : f->secret);
}

/* It is good: from here on it is the account's secret. */
static enum hy_status take_over(struct asking *a, const struct hy_account *now_is,
				const struct hy_platform_token *token, struct hy_err *err)
{
	struct hy_desk *desk = a->g->desk;
	struct hy_grant n = a->grant;
	bool renews = desk_account_renews(a->account);
	struct hy_secret *had =
		token ? hy_secret_new(a, token->access, strlen(token->access)) : NULL;
	enum hy_status status = hy_account_set_secret(desk->st, a->account->id,
						      a->fresh->code ? had : a->secret, err);

	if (!status && a->fresh->app)
		status = hy_grant_set_client(desk->st, a->account->id, a->fresh->app, NULL, err);
	n.fence = a->g->fence;
	n.until = 0;
	n.warned = 0;
	if (!status) {
		desk_found_good(a, &n, token);
		status = hy_grant_put(desk->st, &n, renews ? had : NULL, err);
	}
	if (!status)
		status = desk_use_again(desk, now_is, err);
	if (!status)
		status = desk_fresh_drop(desk, a->account->id, err);
	if (!status) {
		desk_page_over(desk, page_key(a));
		hy_log(HY_LOG_NOTICE, "tokens", "a new secret is in use", "ACCOUNT", now_is->name,
		       NULL);
	}
	return status;
}

static void call_a_person(struct asking *a, const struct desk_fresh *f)
{
	if (f->tried < f->asked + NOBODY_WAITS)
		return;
	desk_page(a->g->desk, "account", page_key(a),
		  desk_fresh_waits(f)
			  ? hy_strf(a, _("Account %s: its new secret cannot be tried"),
				    a->account->name)
			  : hy_strf(a, _("Account %s: its new secret was not taken"),
				    a->account->name),
		  hy_strf(a, "%s\n%s\n%s", f->error, _("the one in use stays in use"),
			  desk_account_cure(a, a->account)));
}

/* Erased: refused by the platform, or a code that is used up. */
static enum hy_status refuse(struct asking *a, const char *why, struct hy_err *err)
{
	struct desk_fresh f = {.asked = a->fresh->asked,
			       .tried = hy_desk_now(a->g->desk),
			       .failures = a->fresh->failures + 1,
			       .error = why};
	enum hy_status status = desk_fresh_put(a->g->desk, a->account->id, &f, err);

	if (!status)
		call_a_person(a, &f);
	return status;
}

static enum hy_status wait_on(struct asking *a, enum hy_status said, const struct hy_err *why,
			      struct hy_err *err)
{
	struct desk_fresh f = *a->fresh;
	enum hy_status status;

	f.sent = false;
	f.tried = hy_desk_now(a->g->desk);
	f.failures++;
	f.error = why->text;
	f.next_at = f.tried + desk_backoff(a->g, f.failures, RETRY_MOST);
	if (said == HY_EWAIT && why->until > f.next_at)
		f.next_at = why->until;
	status = desk_fresh_put(a->g->desk, a->account->id, &f, err);
	if (!status && f.failures >= 3)
		call_a_person(a, &f);
	return status;
}

/* What no further try can cure. A code is spent whatever the platform said of it, unless it has not
 * left or a limit held it up, and that only while it lasts. */
static bool over(const struct asking *a, enum hy_status status, const struct hy_err *said)
{
	hy_time ends = a->fresh->asked + CODE_LASTS;

	if (status == HY_EAUTH || status == HY_EREFUSED)
		return true;
	if (!a->fresh->code)
		return false;
	return (status != HY_ETEMP && status != HY_EWAIT) || hy_desk_now(a->g->desk) > ends ||
	       (status == HY_EWAIT && said->until > ends);
}

/* What the person reads who brought it. */
static const char *why_over(struct asking *a, enum hy_status status, const struct hy_err *said)
{
	if (status == HY_EUNSURE)
		return hy_strf(a, _("%s: the code may be used up; authorise again"), said->text);
	if (status == HY_ETEMP || status == HY_EWAIT)
		return hy_strf(a, _("%s: the code does not last so long; authorise again"), said->text);
	return said->text;
}

void desk_fresh_settle(struct asking *a, enum hy_status status,
		       const struct hy_platform_token *token, const struct hy_err *said)
{
	struct hy_desk *desk = a->g->desk;
	struct hy_account *now_is = NULL;
	struct hy_err err = {0};
	enum hy_status st;

	if (outdated(a, &now_is)) {
		desk_asking_end(a);
		return;
	}
	st = hy_store_begin(desk->st, &err);
	if (!st) {
		if (status == HY_OK)
			st = take_over(a, now_is, token, &err);
		else if (over(a, status, said))
			st = refuse(a, why_over(a, status, said), &err);
		else
			st = wait_on(a, status, said, &err);
		st = desk_end(desk, st, &err);
	}
	if (st)
		hy_log_err(HY_LOG_ERR, "tokens", a->account->name, &err);
	else if (status)
		hy_log(HY_LOG_WARNING, "tokens", said->text, "ACCOUNT", a->account->name, NULL);
	desk_asking_end(a);
}

static void on_token(void *user, enum hy_status status, const struct hy_platform_token *token,
		     const struct hy_err *err)
{
	desk_asking_settle(user, status, token, err);
}

/* That it leaves is written down first. */
static void exchange(struct asking *a, const char *client)
{
	struct hy_desk *desk = a->g->desk;
	struct hy_secret *key = NULL;
	struct hy_err err = {0};
	bool left = a->fresh->sent;
	enum hy_status status = hy_grant_client_secret(desk->st, a, a->account->id, &key, &err);

	if (left)
		status = hy_err_set(&err, HY_EUNSURE, "%s",
				    _("the exchange of the code was cut off before its answer"));
	else if (!status && (!client || !key))
		status = hy_err_set(&err, HY_EREFUSED,
				    _("account %s: the application's key and secret are not known: "
				      "huying account rotate %s --app KEY --client-secret-file FILE"),
				    a->account->name, a->account->name);
	a->fresh->sent = true;
	if (!status)
		status = desk_fresh_put(desk, a->account->id, a->fresh, &err);
	if (status) {
		desk_fresh_settle(a, status, NULL, &err);
		return;
	}
	const struct hy_platform_peer peer = {.url = a->account->url,
					      .reach = a->account->reach,
					      .login = client,
					      .secret = key};
	a->call = hy_weibo_token(a->g->net, &peer, a->fresh->code, a->fresh->redirect, on_token, a);
}

bool desk_fresh_look(struct granting *g, const struct way *way, struct hy_account *account,
		     hy_time now)
{
	struct desk_fresh *f = NULL;
	struct hy_grant *grant = NULL;
	struct asking *a;
	const char *text, *client;

	if (account->state == HY_ACCOUNT_REVOKED || desk_fresh_get(g->desk, g, account->id, &f, NULL))
		return false;
	if (!desk_fresh_waits(f) || f->next_at > now) {
		if (desk_fresh_waits(f) && f->next_at < g->next)
			g->next = f->next_at;
		talloc_free(f);
		return false;
	}
	(void)hy_grant_get(g->desk->st, g, account->id, &grant, NULL); /* NULL: nothing known */
	a = desk_asking_new(g, account, grant);
	a->fresh = talloc_steal(a, f);
	text = f->code ? f->code : f->secret;
	a->secret = hy_secret_new(a, text, strlen(text));
	client = f->app ? f->app : desk_client_of(g->desk, a, account, &a->grant);
	if (f->code) {
		exchange(a, client);
		return true;
	}
	const struct hy_platform_peer peer = {.url = account->url,
					      .reach = account->reach,
					      .login = client,
					      .secret = a->secret};
	way->ask(a, &peer, false);
	return true;
}
