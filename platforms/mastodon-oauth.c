/* Ending a token of Mastodon: the application that it was given to must say so. */
#include "platforms/internal.h"

#include <string.h>

static bool revoked(struct hy_platform_call *c, const void *ctx, struct hy_net_response *r)
{
	const struct hy_platform_file none = {.name = "", .type = "", .bytes = "", .n = 0};
	struct hy_json *node = NULL;
	struct hy_err err = {0};
	enum hy_status status = hy_platform_outcome(c, r, &err);

	if (status == HY_OK && (hy_json_parse(ctx, r->body, r->n_body, HY_JSON_BOM, &node, NULL) ||
				node->type != HY_JSON_OBJECT || hy_json_get(node, "error")))
		status = hy_err_set(&err, HY_EUNSURE, _("Mastodon: the token may still be good"));
	if (status != HY_OK)
		hy_err_wrap(&err, "Mastodon");
	c->fn.raw(c->user, status, status == HY_OK ? &none : NULL, status == HY_OK ? NULL : &err);
	return false;
}

struct hy_platform_call *hy_mastodon_revoke(struct hy_net *net, const struct hy_platform_peer *peer,
					    const struct hy_secret *client_secret,
					    hy_platform_raw_fn *fn, void *user)
{
	struct hy_platform_call *c = hy_platform_call_new(net, peer, "", user);
	const char *const pairs[][2] = {{"client_id", c->login},
					{"client_secret", hy_secret_text(client_secret, NULL)},
					{"token", hy_secret_text(c->secret, NULL)},
					{NULL, NULL}};
	char *body = hy_platform_form(c, pairs);

	c->answered = revoked;
	c->writes = true;
	c->fn.raw = fn;
	hy_platform_post(c, hy_strf(c, "%s/oauth/revoke", c->url),
			 "application/x-www-form-urlencoded", body, strlen(body), NULL);
	return c;
}
