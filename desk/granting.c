/*
 * Role tokens: the one owner of the tokens of accounts. WeChat's are renewed early, with jitter, by
 * the account's AppSecret; those of Weibo and Mastodon are the secret itself, given by a person, and
 * tested by a real call. A token in use is replaced by a good one only, and stays until the platform
 * says that it is dead. What fails concerns one account and calls a person with the cure.
 */
#include "desk/granting.h"

#include "publisher/publisher.h"

#include <stdlib.h>
#include <string.h>

#define LEAD (5 * HY_MINUTE)	 /* before its end a token is renewed: WeChat gives another from then on */
#define LEAD_JITTER HY_MINUTE	 /* later than that, at most */
#define TEST_EVERY (6 * HY_HOUR) /* less up to a tenth */
#define RETRY_FIRST (10 * HY_SECOND)
#define RETRY_RENEWAL_MOST HY_MINUTE
#define RETRY_TEST_MOST HY_HOUR
#define FORCE_EVERY (2 * HY_HOUR) /* WeChat: 20 forced renewals a day */
#define REVOKE_TRIES 8
#define LOOK_EVERY HY_SECOND /* at the accounts, while the record moves */

static const int warn_days[] = {14, 7, 3, 1};

void desk_asking_end(struct asking *a)
{
	struct asking **at = &a->g->first;

	while (*at && *at != a)
		at = &(*at)->next;
	if (*at)
		*at = a->next;
	talloc_free(a);
}

/* ---- what an answer means ---- */

static hy_dur jitter(struct granting *g, hy_dur most)
{
	return (hy_dur)hy_rand_below(&g->desk->rand, (uint64_t)most);
}

hy_dur desk_backoff(struct granting *g, int failures, hy_dur most)
{
	hy_dur d = RETRY_FIRST;

	for (int i = 1; i < failures && d < most; i++)
		d *= 2;
	d = d < most ? d : most;
	return d - jitter(g, d / 5 + 1);
}

/* One alert for each of the marks that were passed. */
static void warn_of_end(struct asking *a, struct hy_grant *n, hy_time now)
{
	int64_t left = n->until > now ? (n->until - now) / HY_DAY : 0;
	int mark = 0;

	for (size_t i = 0; i < HY_LEN(warn_days); i++)
		if (n->until && left < warn_days[i])
			mark = warn_days[i];
	if (!mark) {
		n->warned = 0;
		return;
	}
	if (n->warned && mark >= n->warned)
		return;
	n->warned = mark;
	desk_page(a->g->desk, "account",
		  hy_strf(a, "account:%" PRId64 ":ends:%d", a->account->id.v, mark),
		  hy_strf(a, _("Account %s: its token ends in %d days"), a->account->name,
			  (int)left),
		  hy_strf(a, _("it ends at %s and cannot be renewed without a person\n%s"),
			  hy_desk_when(a->g->desk, a, n->until),
			  desk_account_cure(a, a->account)));
}

void desk_found_good(struct asking *a, struct hy_grant *n, const struct hy_platform_token *token)
{
	struct granting *g = a->g;
	hy_time now = hy_desk_now(g->desk);

	n->tested = n->good = now;
	n->failures = 0;
	n->error = NULL;
	desk_page_over(g->desk, hy_strf(a, "account:%" PRId64 ":auth", a->account->id.v));
	desk_page_over(g->desk, hy_strf(a, "account:%" PRId64 ":renew", a->account->id.v));
	if (token) {
		n->until = token->expires;
		n->got = now;
	}
	n->next_at = now + TEST_EVERY - jitter(g, TEST_EVERY / 10);
	if (desk_account_renews(a->account)) {
		n->next_at = n->until - LEAD + jitter(g, LEAD_JITTER);
		if (n->next_at < now + RETRY_FIRST)
			n->next_at = now + RETRY_FIRST;
	} else {
		warn_of_end(a, n, now);
	}
}

/* No answer, or an absurd one: what is in use stays in use. */
static void not_told(struct asking *a, struct hy_grant *n, enum hy_status status,
		     const struct hy_err *err)
{
	struct granting *g = a->g;
	hy_time now = hy_desk_now(g->desk);
	bool renews = desk_account_renews(a->account);

	n->tested = now;
	n->failures++;
	n->error = err->text;
	n->next_at = now + desk_backoff(g, n->failures, renews ? RETRY_RENEWAL_MOST : RETRY_TEST_MOST);
	if (status == HY_EWAIT && err->until > n->next_at)
		n->next_at = err->until;
	if (status == HY_EPERM || status == HY_EREFUSED || n->failures == 3)
		desk_page(g->desk, "account",
			  hy_strf(a, "account:%" PRId64 ":renew", a->account->id.v),
			  renews ? hy_strf(a, _("Account %s: its token cannot be renewed"),
					   a->account->name)
				 : hy_strf(a, _("Account %s: its token cannot be tried"),
					   a->account->name),
			  hy_strf(a, "%s\n%s\n%s", err->text,
				  _("the token in use stays until it ends"),
				  desk_account_cure(a, a->account)));
}

/* HY_EAUTH, HY_EREFUSED: the platform itself says no. A token that it has not called dead is used
 * to its end. */
static void said_no(struct asking *a, struct hy_grant *n, enum hy_status status,
		    const struct hy_err *err)
{
	hy_time now = hy_desk_now(a->g->desk);

	if (desk_account_renews(a->account) && a->grant.has_token && now < n->until &&
	    a->grant.next_at != HY_GRANT_FORCE) {
		not_told(a, n, status, err);
		return;
	}
	n->tested = now;
	n->failures++;
	n->error = err->text;
	n->next_at = HY_TIME_NEVER;
	desk_account_stop(a->g->desk, a->account, err->text);
}

static char *forced_key(const void *ctx, struct hy_account_id id)
{
	return hy_strf(ctx, "grant.%" PRId64 ".forced", id.v);
}

/* It is good, and a person or a renewal had it tried: back into use. */
enum hy_status desk_use_again(struct hy_desk *desk, const struct hy_account *now_is,
			      struct hy_err *err)
{
	bool moved = false;
	enum hy_status status = hy_account_move(desk->st, now_is->id, HY_ACCOUNT_NEEDS_REAUTH,
						HY_ACCOUNT_ACTIVE, NULL, &moved, err);

	if (status || !moved)
		return status;
	status = hy_outbox_wake(desk->st, desk->clock, now_is->id, err);
	if (!status)
		hy_log(HY_LOG_NOTICE, "tokens", "the account is used again", "ACCOUNT",
		       now_is->name, NULL);
	return status;
}

bool desk_asking_same(const struct hy_secret *was, const char *is)
{
	size_t n;
	const char *text = hy_secret_text(was, &n);

	return is && n == strlen(is) && hy_equal_ct(text, is, n);
}

/* Somebody gave the account another secret meanwhile, or ended it: the answer is not about it. */
static bool outdated(struct asking *a, struct hy_account **now_is)
{
	struct hy_desk *desk = a->g->desk;
	struct hy_secret *secret = NULL;

	if (hy_account_get(desk->st, a, a->account->id, now_is, NULL) ||
	    (*now_is)->state == HY_ACCOUNT_REVOKED ||
	    hy_account_secret(desk->st, a, a->account->id, &secret, NULL) || !secret)
		return true;
	return !desk_asking_same(a->secret, hy_secret_text(secret, NULL));
}

void desk_asking_settle(struct asking *a, enum hy_status status,
			const struct hy_platform_token *token, const struct hy_err *said)
{
	static const struct hy_err none = {0};
	struct hy_desk *desk = a->g->desk;
	struct hy_grant n = a->grant;
	struct hy_account *now_is = NULL;
	struct hy_secret *fresh = NULL;
	struct hy_err err = {0};
	enum hy_status st;

	a->call = NULL;
	said = said ? said : &none;
	if (a->fresh) {
		desk_fresh_settle(a, status, token, said);
		return;
	}
	if (outdated(a, &now_is)) {
		desk_asking_end(a);
		return;
	}
	st = hy_store_begin(desk->st, &err);
	if (!st) {
		n.fence = a->g->fence;
		if (status == HY_OK)
			desk_found_good(a, &n, token);
		else if (status == HY_EAUTH || status == HY_EREFUSED)
			said_no(a, &n, status, said);
		else
			not_told(a, &n, status, said);
		if (status == HY_OK && token && desk_account_renews(a->account))
			fresh = hy_secret_new(a, token->access, strlen(token->access));
		st = hy_grant_put(desk->st, &n, fresh, &err);
		if (!st && status == HY_OK && a->force)
			st = hy_meta_set(desk->st, forced_key(a, a->account->id),
					 hy_strf(a, "%" PRId64, n.tested), &err);
		if (!st && status == HY_OK)
			st = desk_use_again(desk, now_is, &err);
		st = desk_end(desk, st, &err);
	}
	if (st)
		hy_log_err(HY_LOG_ERR, "tokens", a->account->name, &err);
	else if (status)
		hy_log(HY_LOG_WARNING, "tokens", said->text, "ACCOUNT", a->account->name, NULL);
	desk_asking_end(a);
}

/* ---- ending ---- */

void desk_asking_ended(struct asking *a, enum hy_status status, const struct hy_err *said)
{
	struct hy_desk *desk = a->g->desk;
	struct hy_grant n = a->grant;
	struct hy_err err = {0};
	bool over = !status || status == HY_EAUTH || n.failures + 1 >= REVOKE_TRIES;
	enum hy_status st = hy_store_begin(desk->st, &err);

	if (!st && over) {
		st = hy_grant_end(desk->st, a->account->id, &err);
	} else if (!st) {
		n.fence = a->g->fence;
		n.failures++;
		n.error = said->text;
		n.next_at = hy_desk_now(desk) + desk_backoff(a->g, n.failures, RETRY_TEST_MOST);
		st = hy_grant_put(desk->st, &n, NULL, &err);
	}
	if (!st && over && status && status != HY_EAUTH)
		desk_page(desk, "account",
			  hy_strf(a, "account:%" PRId64 ":revoke", a->account->id.v),
			  hy_strf(a, _("Account %s: its token could not be ended at the platform"),
				  a->account->name),
			  hy_strf(a, "%s\n%s", said->text,
				  _("here it is erased; end it in the platform's own settings")));
	if (!st)
		st = desk_end(desk, HY_OK, &err);
	else
		hy_store_rollback(desk->st);
	if (st)
		hy_log_err(HY_LOG_ERR, "tokens", a->account->name, &err);
	desk_asking_end(a);
}

/* ---- beginning ---- */

/* A token that was had by force is refused, too: then it is not the token. */
static bool forced_lately(struct granting *g, const struct hy_account *a)
{
	char *key = forced_key(NULL, a->id), *text = NULL;
	hy_time now = hy_desk_now(g->desk), last = 0;

	if (!hy_meta_get(g->desk->st, key, key, &text, NULL) && text)
		last = strtoll(text, NULL, 10);
	talloc_free(key);
	return last && now >= last && now < last + FORCE_EVERY;
}

struct asking *desk_asking_new(struct granting *g, struct hy_account *account,
			       struct hy_grant *grant)
{
	struct asking *a = hy_new(g, struct asking);

	a->g = g;
	a->account = talloc_steal(a, account);
	a->grant.account = account->id;
	if (grant) {
		a->grant = *grant;
		talloc_steal(a, grant);
	}
	a->next = g->first;
	g->first = a;
	return a;
}

static void begin(struct granting *g, const struct way *way, struct hy_account *account,
		  struct hy_grant *grant, bool force)
{
	struct asking *a = desk_asking_new(g, account, grant);
	struct hy_err err = {0};

	a->force = force;
	if (hy_account_secret(g->desk->st, a, account->id, &a->secret, &err) || !a->secret) {
		desk_asking_end(a);
		return;
	}
	const struct hy_platform_peer peer = {.url = account->url,
					      .reach = account->reach,
					      .login = desk_client_of(a->g->desk, a, a->account, &a->grant),
					      .secret = a->secret};
	if (account->state == HY_ACCOUNT_REVOKED) {
		a->revoke = true;
		a->call = way->end ? way->end(a, &peer) : NULL;
		if (!a->call) {
			a->grant.failures = REVOKE_TRIES;
			hy_err_set(&err, HY_EREFUSED, "%s",
				   _("the application's key was never given: --app and "
				     "--client-secret-file of account rotate"));
			desk_asking_ended(a, way->end ? HY_EREFUSED : HY_OK, &err);
		}
	} else if (desk_account_renews(account) && !peer.login) {
		hy_err_set(&err, HY_EREFUSED,
			   _("account %s has no AppID: huying account rotate %s --app APPID"),
			   account->name, account->name);
		desk_asking_settle(a, HY_EREFUSED, NULL, &err);
	} else {
		way->ask(a, &peer, force);
	}
}

static bool being_asked(const struct granting *g, struct hy_account_id id)
{
	for (const struct asking *a = g->first; a; a = a->next)
		if (a->account->id.v == id.v)
			return true;
	return false;
}

/* What is due for one account, and when the next thing is. */
static void look_at(struct granting *g, const void *ctx, struct hy_account *account, hy_time now)
{
	const struct way *way = desk_way_of(account);
	struct hy_grant *grant = NULL;
	bool asked, force = false;

	if (!way || being_asked(g, account->id) || desk_fresh_look(g, way, account, now) ||
	    !account->has_secret)
		return;
	if (hy_grant_get(g->desk->st, ctx, account->id, &grant, NULL)) {
		if (!way->always)
			return;
		grant = hy_new(ctx, struct hy_grant);
		grant->account = account->id;
		grant->next_at = now;
	}
	asked = grant->next_at == HY_GRANT_ASKED;
	if (!asked && (account->state == HY_ACCOUNT_FROZEN ||
		       account->state == HY_ACCOUNT_NEEDS_REAUTH))
		return; /* a person has it in hand */
	if (account->state == HY_ACCOUNT_ACTIVE && grant->next_at == HY_GRANT_FORCE) {
		if (forced_lately(g, account)) {
			desk_account_stop(g->desk, account,
					  _("a token that was renewed is refused, too"));
			return;
		}
		force = true;
	}
	if (!asked && !force && !way->always && account->state != HY_ACCOUNT_REVOKED)
		return;
	if (!force && grant->next_at > now) {
		if (grant->next_at < g->next)
			g->next = grant->next_at;
		return;
	}
	begin(g, way, account, grant, force);
}

/* ---- the role ---- */

static enum hy_status start(struct hy_desk *desk, struct hy_loop *loop, int64_t fence, void **state,
			    struct hy_err *err)
{
	struct granting *g = hy_new(desk, struct granting);
	const struct hy_net_options options = desk_net_options(desk, g);
	enum hy_status status = hy_net_new(&g->net, g, loop, &options, err);

	g->desk = desk;
	g->loop = loop;
	g->fence = fence;
	g->looked = -LOOK_EVERY;
	if (status)
		talloc_free(g);
	else
		*state = g;
	return status;
}

static enum hy_status turn(void *state, hy_time now, hy_time *next, struct hy_err *err)
{
	struct granting *g = state;
	struct hy_account *list = NULL;
	hy_time mono = hy_monotonic();
	size_t n = 0;
	void *ctx;
	enum hy_status status;

	if (mono < g->looked + LOOK_EVERY && now < g->next) {
		*next = now + LOOK_EVERY < g->next ? now + LOOK_EVERY : g->next;
		return HY_OK;
	}
	ctx = talloc_new(g);
	g->looked = mono;
	g->next = HY_TIME_NEVER;
	status = hy_account_list(g->desk->st, ctx, &list, &n, err);
	for (size_t i = 0; i < n && !status; i++) {
		struct hy_account *one = NULL;

		if (!desk_way_of(&list[i]))
			continue;
		status = hy_account_get(g->desk->st, ctx, list[i].id, &one, err);
		if (!status)
			look_at(g, ctx, one, now);
	}
	talloc_free(ctx);
	*next = g->next;
	return status;
}

static bool busy(void *state)
{
	return ((struct granting *)state)->first != NULL;
}

static void stop(void *state)
{
	struct granting *g = state;

	for (struct asking *a = g->first; a; a = a->next)
		desk_way_cancel(a);
	talloc_free(g);
}

const struct desk_role role_tokens = {
	.name = "tokens", .start = start, .turn = turn, .busy = busy, .stop = stop};
