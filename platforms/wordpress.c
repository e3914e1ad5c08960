/*
 * WordPress by its REST interface. One POST makes a post; everything else only reads. The slug is
 * our marker, so that a post whose answer was lost is found again and never made twice.
 */
#include "platforms/internal.h"

#include <stdlib.h>
#include <string.h>

#define READ_FIELDS "&context=edit&_fields=id,slug,link,status,date_gmt,title,content"
#define ALL_STATES "&status=publish,future,draft,pending,private"

enum what { WP_CREATE, WP_READ, WP_FIND_SLUG, WP_FIND_TEXT, WP_UPDATE, WP_ME };

bool hy_wordpress_slug_matches(const char *slug, const char *marker)
{
	size_t n = strlen(marker);

	if (slug == NULL || strncmp(slug, marker, n) != 0)
		return false;
	if (slug[n] == '\0')
		return true;
	const char *p = slug + n + 1;
	if (slug[n] != '-' || *p == '\0')
		return false;
	return strspn(p, "0123456789") == strlen(p);
}

/* ---- reading answers ---- */

static const char *rendered(const struct hy_json *post, const char *name)
{
	const struct hy_json *part = hy_json_get(post, name);
	const char *raw = hy_json_str(part, "raw");

	return raw != NULL ? raw : hy_json_str(part, "rendered");
}

static bool post_read(const void *ctx, const struct hy_json *node, const char *marker,
		      struct hy_platform_post *out)
{
	int64_t id = hy_json_int(node, "id", 0);
	const char *slug = hy_json_str(node, "slug"), *date = hy_json_str(node, "date_gmt");
	struct hy_platform_post p = {0};

	if (id <= 0)
		return false;
	p.id = hy_strf(ctx, "%" PRId64, id);
	p.url = hy_json_str(node, "link");
	p.state = hy_json_str(node, "status");
	p.title = rendered(node, "title");
	p.html = rendered(node, "content");
	if (date != NULL)
		(void)hy_time_parse_iso(date, 0, &p.posted, NULL); /* 0 when it cannot be read */
	if (marker != NULL && (hy_wordpress_slug_matches(slug, marker) ||
			       (p.html != NULL && strstr(p.html, marker) != NULL)))
		p.marker = hy_strdup(ctx, marker);
	else if (marker == NULL)
		p.marker = slug;
	*out = p;
	return true;
}

/* What WordPress says of its own error, short; "" when it says nothing. */
static const char *error_message(const struct hy_json *node)
{
	const char *message = hy_json_str(node, "message");

	return message != NULL ? message : "";
}

static enum hy_status not_ours(const struct hy_platform_call *c, struct hy_err *err,
			       const char *why)
{
	return hy_err_set(err, c->writes ? HY_EUNSURE : HY_ETEMP, "WordPress: %s", why);
}

/* Refusals and failures: the status of net, with the platform's own words. */
static enum hy_status refused(const struct hy_platform_call *c, const struct hy_net_response *r,
			      const struct hy_json *node, struct hy_err *err)
{
	enum hy_status status = hy_net_outcome(r, c->writes, err);
	const char *message = error_message(node);

	if (r->http >= 300 && r->http <= 399)
		return not_ours(c, err, _("it redirects: correct the account's address"));
	if (status == HY_ENOTFOUND && hy_json_str(node, "code") == NULL)
		return hy_err_set(err, HY_EPERM,
				  _("WordPress: HTTP %d: no REST interface at this address"),
				  r->http);
	if (status == HY_ENOTFOUND && c->what != WP_READ && c->what != WP_UPDATE)
		status = hy_err_set(err, HY_EPERM, _("HTTP %d: the route is missing"), r->http);
	/* A wrong secret makes us a stranger, who may not ask for drafts. */
	if (r->http == 400 && (c->what == WP_FIND_SLUG || c->what == WP_FIND_TEXT))
		status = hy_err_set(err, HY_EAUTH, _("HTTP %d: the secret is not accepted"),
				    r->http);
	if (message[0] != '\0' && r->status == HY_OK)
		hy_err_wrap(err, "WordPress: %.200s", message);
	return status;
}

/* One post out of an array: ours, public. *absent when the array is empty of ours. */
static enum hy_status found(const struct hy_platform_call *c, const void *ctx,
			    const struct hy_json *list, struct hy_platform_post *out, bool *absent,
			    struct hy_err *err)
{
	struct hy_platform_post p, hidden = {0};

	*absent = false;
	if (list->type != HY_JSON_ARRAY)
		return not_ours(c, err, _("the answer is no list"));
	for (size_t i = 0; i < list->n; i++) {
		if (!post_read(ctx, list->at[i], c->marker, &p) || p.marker == NULL)
			continue;
		if (p.state == NULL || strcmp(p.state, "publish") == 0) {
			*out = p;
			return HY_OK;
		}
		hidden = p;
	}
	if (hidden.id != NULL)
		return hy_err_set(err, HY_ETEMP,
				  _("WordPress: post %s is there, but its state is %s"), hidden.id,
				  hidden.state);
	*absent = true;
	return hy_err_set(err, HY_ENOTFOUND, _("WordPress: no post carries the mark %s"),
			  c->marker);
}

static enum hy_status understood(const struct hy_platform_call *c, const void *ctx,
				 const struct hy_net_response *r, struct hy_platform_post *out,
				 bool *absent, struct hy_err *err)
{
	struct hy_json *node = NULL;

	*absent = false;
	if (r->status == HY_OK)
		(void)hy_json_parse(ctx, r->body, r->n_body, HY_JSON_BOM, &node, NULL);
	if (hy_net_outcome(r, c->writes, NULL) != HY_OK)
		return refused(c, r, node, err);
	if (r->http != 200 && r->http != 201)
		return not_ours(c, err, _("the answer is none of REST"));
	if (node == NULL)
		return not_ours(c, err, _("the answer is no JSON"));
	if (c->what == WP_FIND_SLUG || c->what == WP_FIND_TEXT)
		return found(c, ctx, node, out, absent, err);
	if (c->what == WP_ME && hy_json_int(node, "id", 0) > 0) {
		out->id = hy_strf(ctx, "%" PRId64, hy_json_int(node, "id", 0));
		out->title = hy_json_str(node, "name");
		return HY_OK;
	}
	if (c->what == WP_ME || !post_read(ctx, node, c->marker, out))
		return not_ours(c, err, _("the answer names no id"));
	if (c->writes && out->state != NULL && strcmp(out->state, "publish") != 0)
		return not_ours(c, err, _("the post was taken, but is not public"));
	return HY_OK;
}

/* ---- asking ---- */

static void ask(struct hy_platform_call *c, const char *query, const char *body);

static bool answered(struct hy_platform_call *c, const void *ctx, struct hy_net_response *r)
{
	struct hy_platform_post post = {0};
	struct hy_err err = {0};
	bool absent;

	enum hy_status status = understood(c, ctx, r, &post, &absent, &err);
	if (absent && c->what == WP_FIND_SLUG) {
		c->what = WP_FIND_TEXT;
		ask(c,
		    hy_strf(ctx, "posts&per_page=20&search=%s" ALL_STATES READ_FIELDS, c->marker),
		    NULL);
		return true;
	}
	hy_platform_tell_post(c, status, &post, &err);
	return false;
}

static void ask(struct hy_platform_call *c, const char *query, const char *body)
{
	const struct hy_net_header headers[] = {
		{"Accept", "application/json"},
		{"Content-Type", "application/json; charset=utf-8"},
	};
	struct hy_net_request q = {
		.method = body != NULL ? "POST" : "GET",
		.headers = headers,
		.n_headers = body != NULL ? 2 : 1,
		.body = body,
		.n_body = body != NULL ? strlen(body) : 0,
		.login = c->login,
		.password = c->secret,
	};
	char *url = hy_strf(NULL, "%s/?rest_route=/wp/v2/%s", c->url, query);

	q.url = url;
	c->list = strncmp(query, "posts", 5) == 0;
	hy_platform_ask(c, &q);
	talloc_free(url);
}

static struct hy_platform_call *call_new(struct hy_net *net, const struct hy_platform_peer *peer,
					 enum what what, const char *marker, hy_platform_fn *fn,
					 void *user)
{
	struct hy_platform_call *c = hy_platform_call_new(net, peer, "", user);

	c->answered = answered;
	c->what = (int)what;
	c->writes = what == WP_CREATE || what == WP_UPDATE;
	c->fn.post = fn;
	c->marker = hy_strdup(c, marker);
	return c;
}

static char *draft_json(const void *ctx, const struct hy_platform_draft *draft, bool create)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);
	size_t n;

	hy_jw_object(w);
	hy_jw_kstr(w, "title", draft->title);
	hy_jw_kstr(w, "content", hy_strf(w, "%s\n<!-- huying %s -->", draft->html, draft->marker));
	if (create) {
		hy_jw_kstr(w, "slug", draft->marker);
		hy_jw_kstr(w, "status", "publish");
	}
	hy_jw_end_object(w);
	return hy_strdup(ctx, hy_jw_text(w, &n));
}

/* A marker goes into a URL: only what needs no escaping. */
#define MARKS HY_DIGITS "abcdefghijklmnopqrstuvwxyz-"

/* Sends the call to where it is refused as a request, so that fn is called from the loop. */
static struct hy_platform_call *ask_nothing(struct hy_platform_call *c)
{
	hy_platform_ask_nothing(c);
	return c;
}

struct hy_platform_call *hy_wordpress_create(struct hy_net *net,
					     const struct hy_platform_peer *peer,
					     const struct hy_platform_draft *draft,
					     hy_platform_fn *fn, void *user)
{
	struct hy_platform_call *c = call_new(net, peer, WP_CREATE, draft->marker, fn, user);

	if (!hy_platform_plain(draft->marker, MARKS))
		return ask_nothing(c);
	ask(c, "posts&_fields=id,slug,link,status,date_gmt,title,content",
	    draft_json(c, draft, true));
	return c;
}

struct hy_platform_call *hy_wordpress_read(struct hy_net *net, const struct hy_platform_peer *peer,
					   const char *id, hy_platform_fn *fn, void *user)
{
	struct hy_platform_call *c = call_new(net, peer, WP_READ, NULL, fn, user);

	if (!hy_platform_plain(id, HY_DIGITS))
		return ask_nothing(c);
	ask(c, hy_strf(c, "posts/%s" READ_FIELDS, id), NULL);
	return c;
}

struct hy_platform_call *hy_wordpress_find(struct hy_net *net, const struct hy_platform_peer *peer,
					   const char *marker, hy_platform_fn *fn, void *user)
{
	struct hy_platform_call *c = call_new(net, peer, WP_FIND_SLUG, marker, fn, user);

	if (!hy_platform_plain(marker, MARKS))
		return ask_nothing(c);
	ask(c, hy_strf(c, "posts&slug=%s,%s-2" ALL_STATES READ_FIELDS, marker, marker), NULL);
	return c;
}

struct hy_platform_call *hy_wordpress_update(struct hy_net *net,
					     const struct hy_platform_peer *peer, const char *id,
					     const struct hy_platform_draft *draft,
					     hy_platform_fn *fn, void *user)
{
	struct hy_platform_call *c = call_new(net, peer, WP_UPDATE, draft->marker, fn, user);

	if (!hy_platform_plain(id, HY_DIGITS) || !hy_platform_plain(draft->marker, MARKS))
		return ask_nothing(c);
	ask(c, hy_strf(c, "posts/%s&_fields=id,slug,link,status,date_gmt,title,content", id),
	    draft_json(c, draft, false));
	return c;
}

struct hy_platform_call *hy_wordpress_me(struct hy_net *net, const struct hy_platform_peer *peer,
					 hy_platform_fn *fn, void *user)
{
	struct hy_platform_call *c = call_new(net, peer, WP_ME, NULL, fn, user);

	ask(c, "users/me&context=edit&_fields=id,name", NULL);
	return c;
}
