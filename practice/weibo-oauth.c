/*
 * Weibo's OAuth2. The person at the browser always consents (the fault 401 refuses for them); the
 * account is the one that `login` names, else the first of the office's.
 */
#include "config.h"
#include "practice/weibo.h"

#include <string.h>

#define TOKEN_SECS 2626641 /* about 30 days */
#define CODE_SECS 600

static bool app_fits(struct ask *ask, bool secret)
{
	const char *key = ask_field(ask, "client_id"), *said = ask_field(ask, "client_secret");

	if (!key || (secret && !said))
		weibo_error(ask, 21323, NULL);
	else if (strcmp(key, WEIBO_APP_KEY) || (secret && strcmp(said, WEIBO_APP_SECRET)))
		weibo_error(ask, 21324, NULL);
	else
		return true;
	return false;
}

/* A code stands among the tokens, under a text that is handed to nobody. */
static void authorize(struct ask *ask)
{
	const char *redirect = ask_field(ask, "redirect_uri"), *state = ask_field(ask, "state");
	const char *login = ask_field(ask, "login"), *type = ask_field(ask, "response_type");
	struct member *m = member_find(ask->site, HY_PRACTICE_WEIBO, login ? login : "linjiang");
	char *code;

	if (!app_fits(ask, false))
		return;
	if (type && strcmp(type, "code") != 0) {
		weibo_error(ask, 21329, NULL);
		return;
	}
	if (!redirect || !m || strncmp(redirect, "http", 4) || strpbrk(redirect, "\r\n")) {
		weibo_error(ask, redirect ? 21323 : 21322, NULL);
		return;
	}
	code = hy_strf(ask, "c%016" PRIx64, hy_rand_next(&ask->site->rand));
	(void)token_add(ask->site, m, hy_strf(ask, "code\n%s\n%s", code, redirect),
			site_now(ask->site) + CODE_SECS * HY_SECOND);
	ask->status = 302;
	ask->location = hy_strf(ask, "%s%scode=%s%s%s", redirect, strchr(redirect, '?') ? "&" : "?",
				code, state ? "&state=" : "", state ? state : "");
}

static void access_token(struct ask *ask)
{
	const char *grant = ask_field(ask, "grant_type"), *code = ask_field(ask, "code");
	const char *redirect = ask_field(ask, "redirect_uri");
	struct hy_json_writer *w = hy_json_writer_new(ask, false);
	struct token *c, *t;

	if (ask->method != M_POST) {
		weibo_error(ask, 10021, NULL);
		return;
	}
	if (!app_fits(ask, true))
		return;
	if (!grant || strcmp(grant, "authorization_code") != 0) {
		weibo_error(ask, grant ? 21328 : 21323, NULL);
		return;
	}
	c = token_find(ask->site, HY_PRACTICE_WEIBO,
		       hy_strf(ask, "code\n%s\n%s", code ? code : "", redirect ? redirect : ""));
	if (!c || token_ended(ask->site, c)) {
		weibo_error(ask, 21325, NULL);
		return;
	}
	c->revoked = true; /* good for once */
	t = token_add(ask->site, c->of,
		      hy_strf(ask, "2.00%016" PRIx64, hy_rand_next(&ask->site->rand)),
		      site_now(ask->site) + TOKEN_SECS * HY_SECOND);
	hy_jw_object(w);
	hy_jw_kstr(w, "access_token", t->text);
	hy_jw_kstr(w, "remind_in", hy_strf(ask, "%d", TOKEN_SECS));
	hy_jw_kint(w, "expires_in", TOKEN_SECS);
	hy_jw_kstr(w, "uid", hy_strf(ask, "%" PRId64, t->of->id));
	hy_jw_kstr(w, "isRealName", "true");
	hy_jw_end_object(w);
	answer_json(ask, 200, w);
}

static struct token *token_asked(struct ask *ask)
{
	struct token *t = token_find(ask->site, HY_PRACTICE_WEIBO, ask_field(ask, "access_token"));

	if (t && !token_ended(ask->site, t))
		return t;
	weibo_error(ask, !t ? 21332 : t->revoked ? 21316 : 21327, NULL);
	return NULL;
}

static void token_info(struct ask *ask)
{
	struct token *t = token_asked(ask);
	struct hy_json_writer *w = hy_json_writer_new(ask, false);
	const char *text = "";
	int64_t left;

	if (!t)
		return;
	left = t->ends ? (t->ends - site_now(ask->site)) / HY_SECOND : 157679999;
	token_absurd(ask, &text, &left);
	hy_jw_object(w);
	hy_jw_kint(w, "uid", t->of->id);
	hy_jw_kstr(w, "appkey", WEIBO_APP_KEY);
	hy_jw_key(w, "scope");
	hy_jw_null(w);
	hy_jw_kint(w, "create_at", t->made / HY_SECOND);
	hy_jw_kint(w, "expire_in", left);
	hy_jw_end_object(w);
	answer_json(ask, 200, w);
}

static void revoke(struct ask *ask)
{
	struct token *t = token_asked(ask);

	if (!t)
		return;
	t->revoked = true;
	answer_text(ask, 200, "{\"result\":true}");
	ask->type = "application/json; charset=UTF-8";
}

void weibo_oauth(struct ask *ask, const char *what)
{
	if (!strcmp(what, "authorize"))
		authorize(ask);
	else if (!strcmp(what, "access_token"))
		access_token(ask);
	else if (!strcmp(what, "get_token_info"))
		token_info(ask);
	else if (!strcmp(what, "revokeoauth2"))
		revoke(ask);
	else
		weibo_error(ask, 10020, NULL);
}
