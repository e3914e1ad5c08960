/*
 * What accounts speak to their platforms with. The owner of tokens (granting.c) alone writes them;
 * everybody else asks here, and tells here when a platform refused one.
 */
#include "desk/fresh.h"
#include "desk/receive.h"

#include <string.h>

#define OVERLAP (5 * HY_MINUTE)
#define ASK_ANEW_AFTER HY_MINUTE /* a token younger than this was refused: another would be, too */

bool desk_account_renews(const struct hy_account *a)
{
	return strcmp(a->platform, "wechat") == 0;
}

/* What a person does when the platform takes the token no more. */
static const char *cure_of(const struct hy_account *a)
{
	static const struct {
		const char *platform, *words;
	} cures[] = {
		{"weibo", N_("authorise the application again in the browser: huying account authorise "
			     "%s --redirect URL")},
		{"wechat", N_("look at AppSecret and IP allow-list in the platform's console, then: "
			      "huying account rotate %s --secret-file FILE")},
		{"mastodon", N_("make a new token in the account's settings (Development), then: "
				"huying account rotate %s --secret-file FILE")},
	};

	for (size_t i = 0; i < HY_LEN(cures); i++)
		if (!strcmp(cures[i].platform, a->platform))
			return _(cures[i].words);
	return _("make a new secret on the platform, then: huying account rotate %s --secret-file "
		 "FILE");
}

static char *with_name(const void *ctx, const char *words, const char *name)
{
	const char *at = strstr(words, "%s");

	return at ? hy_strf(ctx, "%.*s%s%s", (int)(at - words), words, name, at + 2)
		  : hy_strdup(ctx, words);
}

char *desk_account_cure(const void *ctx, const struct hy_account *a)
{
	return with_name(ctx, cure_of(a), a->name);
}

/* It could not be renewed in time. The overlap is the platform's. */
static bool ended(struct hy_desk *desk, const void *ctx, const struct hy_account *a)
{
	struct hy_grant *g = NULL;

	return desk_account_renews(a) && !hy_grant_get(desk->st, ctx, a->id, &g, NULL) && g->until &&
	       hy_desk_now(desk) > g->until + OVERLAP;
}

enum hy_status desk_account_bearer(struct hy_desk *desk, const void *ctx, const struct hy_account *a,
				   struct hy_secret **out, struct hy_err *err)
{
	struct hy_secret *token = NULL;
	enum hy_status status = HY_OK;

	if (a->state != HY_ACCOUNT_ACTIVE)
		return hy_err_set(err, HY_EAUTH, _("account %s is %s: huying doctor says what to do"),
				  a->name, _(hy_account_state_name(a->state)));
	if (!a->has_secret)
		return hy_err_set(err, HY_EAUTH, _("account %s has no secret"), a->name);
	if (!desk_account_renews(a))
		status = hy_account_secret(desk->st, ctx, a->id, &token, err);
	else
		status = hy_grant_token(desk->st, ctx, a->id, &token, err);
	if (!status && token && ended(desk, ctx, a))
		token = NULL; /* WeChat's own clock would say so, too */
	if (!status && !token)
		status = hy_err_set(err, HY_ETEMP,
				    _("account %s: its token is not there yet; it comes from huying "
				      "serve, role tokens: huying account test %s"),
				    a->name, a->name);
	if (!status)
		*out = token;
	return status;
}

void desk_account_stop(struct hy_desk *desk, const struct hy_account *a, const char *why)
{
	void *ctx;
	struct hy_err err = {0};
	bool moved = false;

	/* by the record: a may be from before a person froze or ended it */
	if (hy_account_move(desk->st, a->id, HY_ACCOUNT_ACTIVE, HY_ACCOUNT_NEEDS_REAUTH, why, &moved,
			    &err))
		hy_log_err(HY_LOG_ERR, "tokens", a->name, &err);
	if (!moved)
		return;
	ctx = talloc_new(NULL);
	desk_page(desk, "account", hy_strf(ctx, "account:%" PRId64 ":auth", a->id.v),
		  hy_strf(ctx, _("Account %s: the platform refuses its secret"), a->name),
		  hy_strf(ctx, "%s\n%s", why, desk_account_cure(ctx, a)));
	talloc_free(ctx);
}

void desk_account_refused(struct hy_desk *desk, const struct hy_account *a, const char *why)
{
	void *ctx = talloc_new(NULL);
	struct hy_grant *g = NULL;
	struct hy_account *now_is = NULL;
	hy_time now = hy_desk_now(desk);
	struct hy_err err = {0};
	bool renew = desk_account_renews(a) && !hy_grant_get(desk->st, ctx, a->id, &g, NULL) &&
		     g->has_token && now >= g->got + ASK_ANEW_AFTER;

	if (!renew)
		desk_account_stop(desk, a, why);
	/* where renewing fails already, that is told there, and tried again there */
	else if (!hy_account_get(desk->st, ctx, a->id, &now_is, NULL) &&
		 now_is->state == HY_ACCOUNT_ACTIVE && !g->failures &&
		 hy_grant_due(desk->st, a->id, HY_GRANT_FORCE, false, &err))
		hy_log_err(HY_LOG_ERR, "tokens", a->name, &err);
	talloc_free(ctx);
}

/* How long it holds, for people. */
static char *token_text(struct hy_desk *desk, const void *ctx, const struct hy_account *a,
			const struct hy_grant *g)
{
	hy_time now = hy_desk_now(desk);

	if (a->state == HY_ACCOUNT_REVOKED)
		return NULL;
	if (a->state == HY_ACCOUNT_NEEDS_REAUTH)
		return hy_strdup(ctx, _("not accepted any more"));
	if (!g->good)
		return hy_strdup(ctx, _("not tried yet"));
	if (desk_account_renews(a))
		return hy_strf(ctx, _("renewed by itself, now until %s"),
			       hy_desk_when(desk, ctx, g->until));
	if (!g->until)
		return hy_strdup(ctx, _("without an end"));
	return hy_strf(ctx, _("%d days left"),
		       (int)(g->until > now ? (g->until - now) / HY_DAY : 0));
}

void desk_put_grant(struct hy_desk *desk, struct hy_json_writer *w, const struct hy_account *a)
{
	void *ctx = talloc_new(NULL);
	struct hy_grant *g = NULL;
	hy_time now = hy_desk_now(desk);
	char *fresh = desk_fresh_text(desk, ctx, a->id), *token = desk_put_line(desk, ctx, w, a);
	bool there;

	desk_put_fresh(desk, w, a->id);
	there = !hy_grant_get(desk->st, ctx, a->id, &g, NULL);
	if (!token && there) /* of a line it tells more whether it is connected */
		token = token_text(desk, ctx, a, g);
	else if (!token && a->has_secret && desk_account_testable(a))
		token = hy_strdup(ctx, _("not tried yet"));
	if (token || fresh)
		hy_jw_kstr(w, "token",
			   !fresh   ? token
			   : !token ? fresh
				    : hy_strf(ctx, "%s; %s", token, fresh));
	hy_jw_kbool(w, "application", there && desk_client_of(desk, ctx, a, g) != NULL);
	if (!there) {
		talloc_free(ctx);
		return;
	}
	put_ts(w, "tested_ts", g->tested);
	hy_jw_kint(w, "tested_ms", g->tested);
	put_when(desk, w, "tested", g->tested);
	put_ts(w, "good_ts", g->good);
	hy_jw_kstr(w, "token_error", g->error);
	put_ts(w, "token_until_ts", g->until);
	put_when(desk, w, "token_until", g->until);
	hy_jw_kbool(w, "token_renews", desk_account_renews(a));
	/* of one that is refused or ended no day is left, whatever the platform once said */
	if (g->until && !desk_account_renews(a) &&
	    (a->state == HY_ACCOUNT_ACTIVE || a->state == HY_ACCOUNT_FROZEN))
		hy_jw_kint(w, "days_left", g->until > now ? (g->until - now) / HY_DAY : 0);
	talloc_free(ctx);
}
