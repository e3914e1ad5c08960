/*
 * Mastodon and the servers that speak its client API. A list is read downwards,
 * page by page, to what is known: nothing is lost between pages. A status is posted under an
 * Idempotency-Key, so that the same call within the hour makes no second one. Ids are text: a
 * number only by accident.
 */
#include "platforms/internal.h"

#include <string.h>

#define LIST_MAX 40
#define STATUSES_MAX 200 /* of one answer */
#define URL_CHARACTERS 23

enum what {
	MASTODON_CREATE,
	MASTODON_UPDATE,
	MASTODON_READ,
	MASTODON_ME,
	MASTODON_OWN_ME,
	MASTODON_OWN,
	MASTODON_LIMITS
};

/* ---- lists, pure ---- */

char *hy_mastodon_list_url(const void *ctx, const char *base, enum hy_mastodon_list list,
			   const char *name, const char *since, const char *below)
{
	size_t n = strcspn(base, "?#");
	char *path, *from = hy_strdup(ctx, "");

	while (n > 0 && base[n - 1] == '/')
		n--;
	if (name != NULL)
		from = hy_platform_escape(ctx, name, strlen(name));
	if (list == HY_MASTODON_MENTIONS)
		path = hy_strf(ctx, "notifications?types[]=mention&limit=%d", LIST_MAX);
	else if (list == HY_MASTODON_TAG)
		path = hy_strf(ctx, "timelines/tag/%s?limit=%d", from, LIST_MAX);
	else
		path = hy_strf(ctx, "accounts/%s/statuses?exclude_reblogs=true&limit=%d", from,
			       LIST_MAX);
	if (since != NULL && *since != '\0')
		path = hy_strf(ctx, "%s&since_id=%s", path,
			       hy_platform_escape(ctx, since, strlen(since)));
	if (below != NULL && *below != '\0')
		path = hy_strf(ctx, "%s&max_id=%s", path,
			       hy_platform_escape(ctx, below, strlen(below)));
	return hy_strf(ctx, "%.*s/api/v1/%s", (int)n, base, path);
}

static hy_time iso(const struct hy_json *node, const char *name)
{
	const char *s = hy_json_str(node, name);
	hy_time t = 0;

	if (s != NULL)
		(void)hy_time_parse_iso(s, 0, &t, NULL); /* 0 when it cannot be read */
	return t;
}

/* False when the status names no id. */
static bool status_read(const struct hy_json *s, struct hy_platform_entry *e)
{
	const struct hy_json *account = hy_json_get(s, "account");
	const char *visibility = hy_json_str(s, "visibility"), *acct = hy_json_str(account, "acct");
	const char *url = hy_json_str(s, "url"), *title = hy_json_str(s, "spoiler_text");

	*e = (struct hy_platform_entry){.id = hy_platform_id(s, "id"), .is_html = true};
	if (e->id == NULL)
		return false;
	e->parent = hy_platform_id(s, "in_reply_to_id");
	e->on = e->parent;
	e->kind = e->on != NULL ? HY_ENTRY_COMMENT : HY_ENTRY_POST;
	e->text = hy_json_str(s, "content");
	if (e->text == NULL)
		e->text = "";
	e->title = title != NULL && *title != '\0' ? title : NULL;
	e->url = url != NULL ? url : hy_json_str(s, "uri");
	e->author = hy_json_str(account, "url");
	if (e->author == NULL)
		e->author = acct;
	e->author_name = acct;
	e->posted = iso(s, "created_at");
	e->not_public = visibility != NULL && strcmp(visibility, "public") != 0 &&
			strcmp(visibility, "unlisted") != 0;
	return true;
}

enum hy_status hy_mastodon_page_read(const void *ctx, const char *bytes, size_t n,
				     struct hy_platform_page *out, struct hy_err *err)
{
	struct hy_platform_page page = {.left = -1};
	struct hy_platform_entry *list;
	struct hy_json *node = NULL;
	enum hy_status status = hy_json_parse(ctx, bytes, n, HY_JSON_BOM, &node, err);

	if (status != HY_OK)
		return hy_err_wrap(err, "Mastodon");
	if (node->type != HY_JSON_ARRAY)
		return hy_err_set(err, HY_ETEMP, "Mastodon: %s: %.200s", _("the answer is no list"),
				  hy_json_str(node, "error") ? hy_json_str(node, "error") : "");
	list = hy_new_array(ctx, struct hy_platform_entry,
			    (node->n < STATUSES_MAX ? node->n : STATUSES_MAX) + 1);
	for (size_t i = 0; i < node->n && i < STATUSES_MAX; i++) {
		const struct hy_json *one = node->at[i], *s = one;
		const char *type = hy_json_str(one, "type"), *id = hy_platform_id(one, "id");

		if (id != NULL && hy_platform_id_order(id, page.newest) > 0)
			page.newest = id;
		if (id != NULL && (page.next == NULL || hy_platform_id_order(id, page.next) < 0))
			page.next = id;
		if (type != NULL) /* a notification: of mentions only the status counts */
			s = strcmp(type, "mention") == 0 ? hy_json_get(one, "status") : NULL;
		if (s != NULL && hy_json_get(s, "reblog") != NULL &&
		    hy_json_get(s, "reblog")->type == HY_JSON_OBJECT)
			s = hy_json_get(s, "reblog");
		if (s != NULL && status_read(s, &list[page.n]))
			page.n++;
		else
			page.skipped++;
	}
	page.entries = list;
	*out = page;
	return HY_OK;
}

/* ---- calls ---- */

static bool post_read(const struct hy_platform_call *c, const struct hy_json *s,
		      struct hy_platform_post *out)
{
	struct hy_platform_entry e;

	if (!status_read(s, &e))
		return false;
	*out = (struct hy_platform_post){
		.id = e.id,
		.url = e.url,
		.html = e.text,
		.title = e.title,
		.state = hy_json_str(s, "visibility"),
		.posted = e.posted,
		.marker = c->marker != NULL && strstr(e.text, c->marker) != NULL ? c->marker : NULL,
	};
	return true;
}

/* Refusals: the status of the table where the code has a row, else that of the wire. */
static enum hy_status refused(const struct hy_platform_call *c, const void *ctx,
			      const struct hy_net_response *r, struct hy_err *err)
{
	struct hy_json *node = NULL;
	char *code = hy_strf(ctx, "%d", r->http);

	if (r->status != HY_OK || hy_platform_error_find("mastodon", code) == NULL)
		return hy_net_outcome(r, c->writes, err);
	(void)hy_json_parse(ctx, r->body, r->n_body, HY_JSON_BOM, &node, NULL);
	enum hy_status status =
		hy_platform_error_set(err, "mastodon", code, c->writes, hy_json_str(node, "error"));
	if (r->http == 503 && r->retry_after != 0)
		status = HY_EWAIT;
	if (status == HY_EWAIT && err != NULL) {
		err->status = HY_EWAIT;
		err->until = r->retry_after;
	}
	return status;
}

static enum hy_status not_ours(const struct hy_platform_call *c, struct hy_err *err,
			       const char *why)
{
	return hy_err_set(err, c->writes ? HY_EUNSURE : HY_ETEMP, "Mastodon: %s", why);
}

/* The answer's JSON, or what its HTTP code says. */
static enum hy_status answer(const struct hy_platform_call *c, const void *ctx,
			     const struct hy_net_response *r, struct hy_json **out,
			     struct hy_err *err)
{
	enum hy_status status = HY_OK;

	if (r->status != HY_OK || r->http >= 400)
		status = refused(c, ctx, r, err);
	else if (r->http < 200 || r->http > 299)
		status = not_ours(c, err, _("it redirects: correct the account's address"));
	if (status == HY_OK && hy_json_parse(ctx, r->body, r->n_body, HY_JSON_BOM, out, NULL))
		status = not_ours(c, err, _("the answer is no JSON"));
	return status;
}

static bool answered(struct hy_platform_call *c, const void *ctx, struct hy_net_response *r)
{
	struct hy_platform_post post = {0};
	struct hy_json *node = NULL;
	struct hy_err err = {0};
	enum hy_status status = answer(c, ctx, r, &node, &err);

	if (status == HY_OK && c->what == MASTODON_ME) {
		post.id = hy_platform_id(node, "id");
		post.title = hy_json_str(node, "acct");
		post.url = hy_json_str(node, "url");
	} else if (status == HY_OK) {
		(void)post_read(c, node, &post);
	}
	if (status == HY_OK && post.id == NULL)
		status = not_ours(c, &err, _("the answer names no id"));
	hy_platform_tell_post(c, status, &post, &err);
	return false;
}

static void get(struct hy_platform_call *c, const void *ctx, const char *path)
{
	static const struct hy_net_header headers[] = {{"Accept", "application/json"}};
	struct hy_net_request q = {.url = hy_strf(ctx, "%s/api/%s", c->url, path),
				   .headers = headers,
				   .n_headers = 1};
	size_t n;

	(void)hy_secret_text(c->secret, &n);
	q.bearer = n > 0 ? c->secret : NULL;
	hy_platform_ask(c, &q);
}

static void own_of(struct hy_platform_call *c, const void *ctx, const char *id)
{
	c->what = MASTODON_OWN;
	c->list = true;
	get(c, ctx,
	    hy_strf(ctx, "v1/accounts/%s/statuses?exclude_reblogs=true&limit=%d",
		    hy_platform_escape(ctx, id, strlen(id)), LIST_MAX));
}

/* Whose token it is, then what that account posted: two answers. */
static bool own_answered(struct hy_platform_call *c, const void *ctx, struct hy_net_response *r)
{
	struct hy_platform_page page = {.left = -1};
	struct hy_json *node = NULL;
	struct hy_err err = {0};
	enum hy_status status = answer(c, ctx, r, &node, &err);
	const char *id = status == HY_OK ? hy_platform_id(node, "id") : NULL;

	if (status == HY_ENOTFOUND)
		status = err.status = HY_ETEMP; /* no list: that never means "no such status" */
	if (id != NULL && c->what == MASTODON_OWN_ME) {
		own_of(c, ctx, id);
		return true;
	}
	if (status == HY_OK && c->what == MASTODON_OWN_ME)
		status = not_ours(c, &err, _("the answer names no id"));
	else if (status == HY_OK)
		status = hy_mastodon_page_read(ctx, r->body, r->n_body, &page, &err);
	if (status == HY_EINPUT)
		status = err.status = HY_ETEMP;
	c->fn.page(c->user, status, status == HY_OK ? &page : NULL, status == HY_OK ? NULL : &err);
	return false;
}

enum hy_status hy_mastodon_limits_read(const void *ctx, const char *bytes, size_t n,
				       struct hy_mastodon_limits *out, struct hy_err *err)
{
	struct hy_json *node = NULL;
	enum hy_status status = hy_json_parse(ctx, bytes, n, HY_JSON_BOM, &node, err);
	const struct hy_json *of =
		hy_json_get(hy_json_get(node, "configuration"), "statuses");

	if (status != HY_OK)
		return hy_err_wrap(err, "Mastodon");
	const struct hy_mastodon_limits l = {
		hy_platform_number(of, "max_characters", 0),
		hy_platform_number(of, "characters_reserved_per_url", URL_CHARACTERS)};
	if (l.characters < 1 || l.characters > HY_MASTODON_CHARACTERS_MAX || l.per_url < 1 ||
	    l.per_url > l.characters)
		return hy_err_set(err, HY_ETEMP, "Mastodon: %s", _("the answer names no limit"));
	*out = l;
	return HY_OK;
}

static bool limits_answered(struct hy_platform_call *c, const void *ctx, struct hy_net_response *r)
{
	struct hy_mastodon_limits limits = {0};
	struct hy_json *node = NULL;
	struct hy_err err = {0};
	enum hy_status status = answer(c, ctx, r, &node, &err);

	if (status == HY_OK)
		status = hy_mastodon_limits_read(ctx, r->body, r->n_body, &limits, &err);
	c->fn.limits(c->user, status, status == HY_OK ? &limits : NULL,
		     status == HY_OK ? NULL : &err);
	return false;
}

static struct hy_platform_call *call_new(struct hy_net *net, const struct hy_platform_peer *peer,
					 enum what what, const char *marker, hy_platform_fn *fn,
					 void *user)
{
	struct hy_platform_call *c = hy_platform_call_new(net, peer, "", user);

	c->what = what;
	c->writes = what == MASTODON_CREATE || what == MASTODON_UPDATE;
	c->marker = hy_strdup(c, marker);
	c->fn.post = fn;
	c->answered = answered;
	return c;
}

/* The fields of a status as JSON; an edit takes neither visibility nor what it replies to. */
static const char *status_json(struct hy_platform_call *c, const struct hy_mastodon_status *s,
			       size_t *n)
{
	struct hy_json_writer *w = hy_json_writer_new(c, false);

	hy_jw_object(w);
	hy_jw_kstr(w, "status", s->text);
	if (c->what == MASTODON_CREATE)
		hy_jw_kstr(w, "visibility", "public");
	if (s->lang != NULL)
		hy_jw_kstr(w, "language", s->lang);
	if (s->reply_to != NULL && c->what == MASTODON_CREATE)
		hy_jw_kstr(w, "in_reply_to_id", s->reply_to);
	hy_jw_end_object(w);
	return hy_jw_text(w, n);
}

struct hy_platform_call *hy_mastodon_create(struct hy_net *net, const struct hy_platform_peer *peer,
					    const struct hy_mastodon_status *s, hy_platform_fn *fn,
					    void *user)
{
	struct hy_platform_call *c = call_new(net, peer, MASTODON_CREATE, NULL, fn, user);
	const struct hy_net_header headers[] = {{"Accept", "application/json"},
						{"Content-Type", "application/json"},
						{"Idempotency-Key", s->key}};
	struct hy_net_request q = {.method = "POST",
				   .url = hy_strf(c, "%s/api/v1/statuses", c->url),
				   .headers = headers,
				   .n_headers = 3,
				   .bearer = c->secret};

	if (!hy_platform_plain(s->key, HY_DIGITS "abcdefghijklmnopqrstuvwxyz-")) {
		hy_platform_ask_nothing(c);
		return c;
	}
	q.body = status_json(c, s, &q.n_body);
	hy_platform_ask(c, &q);
	return c;
}

struct hy_platform_call *hy_mastodon_update(struct hy_net *net, const struct hy_platform_peer *peer,
					    const char *id, const struct hy_mastodon_status *s,
					    hy_platform_fn *fn, void *user)
{
	struct hy_platform_call *c = call_new(net, peer, MASTODON_UPDATE, NULL, fn, user);
	const struct hy_net_header headers[] = {{"Accept", "application/json"},
						{"Content-Type", "application/json"}};
	struct hy_net_request q = {
		.method = "PUT", .headers = headers, .n_headers = 2, .bearer = c->secret};

	if (id == NULL || *id == '\0' || strlen(id) > 64) {
		hy_platform_ask_nothing(c);
		return c;
	}
	q.url = hy_strf(c, "%s/api/v1/statuses/%s", c->url, hy_platform_escape(c, id, strlen(id)));
	q.body = status_json(c, s, &q.n_body);
	hy_platform_ask(c, &q);
	return c;
}

struct hy_platform_call *hy_mastodon_read(struct hy_net *net, const struct hy_platform_peer *peer,
					  const char *id, const char *marker, hy_platform_fn *fn,
					  void *user)
{
	struct hy_platform_call *c = call_new(net, peer, MASTODON_READ, marker, fn, user);

	if (id == NULL || *id == '\0' || strlen(id) > 64)
		hy_platform_ask_nothing(c);
	else
		get(c, c, hy_strf(c, "v1/statuses/%s", hy_platform_escape(c, id, strlen(id))));
	return c;
}

struct hy_platform_call *hy_mastodon_own(struct hy_net *net, const struct hy_platform_peer *peer,
					 hy_platform_page_fn *fn, void *user)
{
	struct hy_platform_call *c = call_new(net, peer, MASTODON_OWN_ME, NULL, NULL, user);

	c->answered = own_answered;
	c->fn.page = fn;
	get(c, c, "v1/accounts/verify_credentials");
	return c;
}

struct hy_platform_call *hy_mastodon_limits(struct hy_net *net, const struct hy_platform_peer *peer,
					    hy_mastodon_limits_fn *fn, void *user)
{
	struct hy_platform_call *c = call_new(net, peer, MASTODON_LIMITS, NULL, NULL, user);

	c->answered = limits_answered;
	c->fn.limits = fn;
	get(c, c, "v2/instance");
	return c;
}

struct hy_platform_call *hy_mastodon_me(struct hy_net *net, const struct hy_platform_peer *peer,
					hy_platform_fn *fn, void *user)
{
	struct hy_platform_call *c = call_new(net, peer, MASTODON_ME, NULL, fn, user);

	get(c, c, "v1/accounts/verify_credentials");
	return c;
}
