/*
 * OAuth2 of Weibo. Numbers come as numbers or as strings, by the age of the document: both are
 * read; a token that is empty, or whose end is absurd, is refused and never replaces a good one.
 */
#include "platforms/weibo.h"

#include <string.h>

enum what { WO_TOKEN, WO_INFO, WO_REVOKE };

static bool token_answered(struct hy_platform_call *c, const void *ctx, struct hy_net_response *r)
{
	struct hy_platform_token t = {0};
	const struct hy_json *node = NULL;
	struct hy_err err = {0};
	enum hy_status status = hy_weibo_answer(c, ctx, r, &node, &err);
	bool info = c->what == WO_INFO;

	if (status == HY_OK) {
		t.access =
			info ? hy_secret_text(c->secret, NULL) : hy_json_str(node, "access_token");
		t.refresh = hy_json_str(node, "refresh_token");
		t.uid = hy_platform_id(node, "uid");
		t.app = hy_platform_id(node, "appkey");
		t.scope = hy_json_str(node, "scope");
		int64_t left =
			hy_platform_number(node, info ? "expire_in" : "expires_in", INT64_MIN);
		status = hy_platform_token_check(&t, left, hy_net_now(c->net), &err);
	}
	if (status == HY_OK && info && c->login[0] != '\0' && t.app != NULL &&
	    strcmp(t.app, c->login) != 0)
		status = hy_err_set(&err, HY_EAUTH,
				    _("Weibo: the token was given to another application"));
	hy_platform_tell_token(c, status, &t, &err);
	return false;
}

static bool revoke_answered(struct hy_platform_call *c, const void *ctx, struct hy_net_response *r)
{
	const struct hy_platform_file none = {.name = "", .type = "", .bytes = "", .n = 0};
	const struct hy_json *node = NULL;
	struct hy_err err = {0};
	enum hy_status status = hy_weibo_answer(c, ctx, r, &node, &err);
	const char *said = hy_json_str(node, "result");

	if (status == HY_OK && !hy_json_bool(node, "result", false) &&
	    (said == NULL || strcmp(said, "true") != 0))
		status = hy_err_set(&err, HY_EUNSURE, _("Weibo: the token may still be good"));
	c->fn.raw(c->user, status, status == HY_OK ? &none : NULL, status == HY_OK ? NULL : &err);
	return false;
}

static void post(struct hy_platform_call *c, const char *path, const char *const pairs[][2])
{
	char *body = hy_platform_form(c, pairs);

	hy_platform_post(c, hy_strf(c, "%s%s", c->url, path), "application/x-www-form-urlencoded",
			 body, strlen(body), NULL);
}

static struct hy_platform_call *token_call(struct hy_net *net, const struct hy_platform_peer *peer,
					   enum what what, hy_platform_token_fn *fn, void *user)
{
	struct hy_platform_call *c = hy_weibo_call(net, peer, HY_WEIBO_HOST, user);

	c->answered = token_answered;
	c->what = (int)what;
	c->token_call = true;
	c->fn.token = fn;
	return c;
}

char *hy_weibo_authorise_url(const void *ctx, const struct hy_platform_peer *peer,
			     const char *redirect, const char *scope, const char *state)
{
	const char *url = peer->url != NULL && peer->url[0] != '\0' ? peer->url : HY_WEIBO_HOST;
	size_t n = strlen(url);
	const char *const pairs[][2] = {{"client_id", peer->login}, {"redirect_uri", redirect},
					{"response_type", "code"},  {"scope", scope},
					{"state", state},	    {NULL, NULL}};

	while (n > 0 && url[n - 1] == '/')
		n--;
	return hy_strf(ctx, "%.*s/oauth2/authorize?%s", (int)n, url, hy_platform_form(ctx, pairs));
}

struct hy_platform_call *hy_weibo_token(struct hy_net *net, const struct hy_platform_peer *peer,
					const char *code, const char *redirect,
					hy_platform_token_fn *fn, void *user)
{
	struct hy_platform_call *c = token_call(net, peer, WO_TOKEN, fn, user);
	const char *const pairs[][2] = {{"client_id", c->login},
					{"client_secret", hy_secret_text(c->secret, NULL)},
					{"grant_type", "authorization_code"},
					{"code", code},
					{"redirect_uri", redirect},
					{NULL, NULL}};

	c->writes = true; /* a code can be used once: a lost answer cannot be asked for again */
	post(c, "/oauth2/access_token", pairs);
	return c;
}

struct hy_platform_call *hy_weibo_token_info(struct hy_net *net,
					     const struct hy_platform_peer *peer,
					     hy_platform_token_fn *fn, void *user)
{
	struct hy_platform_call *c = token_call(net, peer, WO_INFO, fn, user);
	const char *const pairs[][2] = {{"access_token", hy_secret_text(c->secret, NULL)},
					{NULL, NULL}};

	post(c, "/oauth2/get_token_info", pairs);
	return c;
}

struct hy_platform_call *hy_weibo_revoke(struct hy_net *net, const struct hy_platform_peer *peer,
					 hy_platform_raw_fn *fn, void *user)
{
	struct hy_platform_call *c = hy_weibo_call(net, peer, HY_WEIBO_HOST, user);
	const char *const pairs[][2] = {{"access_token", hy_secret_text(c->secret, NULL)},
					{NULL, NULL}};

	c->answered = revoke_answered;
	c->what = WO_REVOKE;
	c->writes = true;
	c->fn.raw = fn;
	post(c, "/oauth2/revokeoauth2", pairs);
	return c;
}
