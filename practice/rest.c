/*
 * A REST interface that behaves as WordPress's does, as far as a publisher uses it: same routes,
 * same fields, same words when it refuses. Written from WordPress's behaviour, not from our client.
 */
#include "config.h"
#include "practice/internal.h"

#include <stdlib.h>
#include <string.h>

#define PER_PAGE 10
#define PER_PAGE_MAX 100

enum who { WHO_WRONG = -1, WHO_NOBODY, WHO_READER, WHO_EDITOR };

/* ---- answers ---- */

static void answer_error(struct ask *ask, int status, const char *code, const char *message)
{
	struct hy_json_writer *w = hy_json_writer_new(ask, false);

	hy_jw_object(w);
	hy_jw_kstr(w, "code", code);
	hy_jw_kstr(w, "message", message);
	hy_jw_key(w, "data");
	hy_jw_object(w);
	hy_jw_kint(w, "status", status);
	hy_jw_end_object(w);
	hy_jw_end_object(w);
	answer_json(ask, status, w);
}

static void no_route(struct ask *ask)
{
	answer_error(ask, 404, "rest_no_route",
		     "No route was found matching the URL and request method.");
}

/* ---- who asks ---- */

/* Application passwords are compared without their blanks. */
static bool same_password(const char *given, const char *ours)
{
	for (;; given++, ours++) {
		given += strspn(given, " ");
		ours += strspn(ours, " ");
		if (*given != *ours)
			return false;
		if (!*given)
			return true;
	}
}

static enum who who_asks(struct ask *ask)
{
	static const char *const editors[] = {"huying", "shuiwu", "jiaotong", "jiaoyu", "chengdong"};
	const char *head = ask->authorization;
	char *colon;
	void *bytes = NULL;
	size_t n = 0;

	if (!head || strncasecmp(head, "Basic ", 6) != 0)
		return WHO_NOBODY;
	if (hy_unbase64(ask, head + 6 + strspn(head + 6, " "), false, &bytes, &n, NULL))
		return WHO_WRONG;
	char *pair = hy_strndup(ask, bytes, n);
	colon = strchr(pair, ':');
	if (!colon)
		return WHO_WRONG;
	*colon = '\0';
	if (!same_password(colon + 1, ask->site->password))
		return WHO_WRONG;
	/* The sites of several units stand here as one: each has a login of its own. */
	for (size_t i = 0; i < HY_LEN(editors); i++)
		if (!strcmp(pair, editors[i]))
			return WHO_EDITOR;
	return !strcmp(pair, "reader") ? WHO_READER : WHO_WRONG;
}

/* ---- posts ---- */

struct post *post_find(struct hy_practice *site, int id)
{
	return id > 0 && id <= site->n_posts ? site->posts[id - 1] : NULL;
}

static bool in_list(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list; p && *p; p += strcspn(p, ","), p += *p == ',')
		if (!strncmp(p, name, n) && (p[n] == ',' || !p[n]))
			return true;
	return false;
}

static bool wanted(struct ask *ask, const char *field)
{
	const char *fields = ask->arg(ask, "_fields");

	return !fields || in_list(fields, field);
}

static void put_text(struct ask *ask, struct hy_json_writer *w, const char *name, const char *text)
{
	const char *context = ask->arg(ask, "context");
	/* What was just written is answered in the context "edit". */
	bool edit = ask->method == M_POST || (context && !strcmp(context, "edit"));

	if (!wanted(ask, name))
		return;
	hy_jw_key(w, name);
	hy_jw_object(w);
	if (edit)
		hy_jw_kstr(w, "raw", text);
	hy_jw_kstr(w, "rendered", text);
	if (!strcmp(name, "content"))
		hy_jw_kbool(w, "protected", false);
	hy_jw_end_object(w);
}

static void put_date(struct ask *ask, struct hy_json_writer *w, const char *name, hy_time t)
{
	char date[HY_TIME_ISO_MAX];

	if (wanted(ask, name)) /* WordPress writes no zone */
		hy_jw_kstr(w, name, hy_strf(ask, "%.19s", hy_time_iso(t, date)));
}

static void put_post(struct ask *ask, struct hy_json_writer *w, const struct post *p)
{
	hy_jw_object(w);
	if (wanted(ask, "id"))
		hy_jw_kint(w, "id", p->id);
	put_date(ask, w, "date", p->made + 8 * HY_HOUR);
	put_date(ask, w, "date_gmt", p->made);
	put_date(ask, w, "modified_gmt", p->changed);
	if (wanted(ask, "slug"))
		hy_jw_kstr(w, "slug", p->slug);
	if (wanted(ask, "status"))
		hy_jw_kstr(w, "status", p->status);
	if (wanted(ask, "type"))
		hy_jw_kstr(w, "type", "post");
	if (wanted(ask, "link"))
		hy_jw_kstr(w, "link", hy_strf(ask, "%s/?p=%d", ask->site->base, p->id));
	put_text(ask, w, "title", p->title);
	put_text(ask, w, "content", p->html);
	hy_jw_end_object(w);
}

static void answer_with(struct ask *ask, int status, const struct post *p)
{
	struct hy_json_writer *w = hy_json_writer_new(ask, false);

	put_post(ask, w, p);
	answer_json(ask, status, w);
}

static bool slug_taken(const struct hy_practice *site, const char *slug, const struct post *but)
{
	for (int i = 0; i < site->n_posts; i++)
		if (site->posts[i] != but && !strcmp(site->posts[i]->slug, slug))
			return true;
	return false;
}

/* Lower case, runs of all else one dash; made different from every other by -2, -3 ... */
static const char *make_slug(struct hy_practice *site, const char *from, const struct post *but)
{
	struct hy_buf b;
	char *slug, *tried;

	hy_buf_init(&b, site, 200);
	for (; from && *from; from++) {
		char c = *from >= 'A' && *from <= 'Z' ? (char)(*from + 32) : *from;

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')
			hy_buf_chr(&b, c);
		else if (b.len && b.data[b.len - 1] != '-')
			hy_buf_chr(&b, '-');
	}
	while (b.len && b.data[b.len - 1] == '-')
		b.data[--b.len] = '\0';
	slug = b.len ? hy_buf_take(&b, NULL) : hy_strf(site, "post-%d", site->n_posts + 1);
	tried = slug;
	for (int i = 2; slug_taken(site, tried, but); i++)
		tried = hy_strf(site, "%s-%d", slug, i);
	return tried;
}

static const char *member(const struct hy_json *node, const char *name)
{
	const char *plain = hy_json_str(node, name);

	return plain ? plain : hy_json_str(hy_json_get(node, name), "raw");
}

/* Makes (p NULL) or changes a post by what the body says; false when the answer is given. */
static struct post *write_post(struct ask *ask, struct post *p, const struct hy_json *body)
{
	struct hy_practice *site = ask->site;
	const char *title = member(body, "title"), *html = member(body, "content");
	const char *status = hy_json_str(body, "status"), *slug = hy_json_str(body, "slug");

	if (status && !in_list("publish,future,draft,pending,private", status)) {
		answer_error(ask, 400, "rest_invalid_param", "Invalid parameter(s): status");
		return NULL;
	}
	if (!p) {
		if ((!title || !*title) && (!html || !*html)) {
			answer_error(ask, 400, "empty_content",
				     "Content, title, and excerpt are empty.");
			return NULL;
		}
		p = hy_new(site, struct post);
		p->id = site->n_posts + 1;
		p->status = "draft";
		p->title = p->html = "";
		p->made = site_now(site);
		p->slug = make_slug(site, slug ? slug : title, p);
		site->posts = hy_grow(site, site->posts, struct post *, (size_t)site->n_posts + 1);
		site->posts[site->n_posts++] = p;
	} else if (slug && strcmp(slug, p->slug) != 0) {
		p->slug = make_slug(site, slug, p);
	}
	if (title)
		p->title = hy_strdup(p, title);
	if (html)
		p->html = hy_strdup(p, html);
	if (status)
		p->status = hy_strdup(p, status);
	p->changed = site_now(site);
	return p;
}

void rest_refuse(struct ask *ask, int http, int code)
{
	(void)code;
	if (http == 429)
		answer_error(ask, 429, "too_many_requests", "Too many requests.");
	else if (http == 401)
		answer_error(ask, 401, "incorrect_password",
			     "The provided password is an invalid application password.");
	else if (http == 503)
		answer_error(ask, 503, "maintenance", "Briefly unavailable for maintenance.");
	else
		answer_error(ask, http, "internal_server_error",
			     "There has been a critical error on this website.");
}

static void post_posts(struct ask *ask, enum who who, struct post *old)
{
	struct hy_practice *site = ask->site;
	struct hy_json *body = NULL;
	struct post *p;
	bool made = !old;

	if (who != WHO_EDITOR) {
		site->denied++;
		answer_error(ask, who == WHO_NOBODY ? 401 : 403,
			     made ? "rest_cannot_create" : "rest_cannot_edit",
			     made ? "Sorry, you are not allowed to create posts as this user."
				  : "Sorry, you are not allowed to edit this post.");
		return;
	}
	if (hy_json_parse(ask, ask->body.data, ask->body.len, 0, &body, NULL) ||
	    body->type != HY_JSON_OBJECT) {
		answer_error(ask, 400, "rest_invalid_json", "Invalid JSON body passed.");
		return;
	}
	if (made && site->n_posts >= POSTS_MAX) {
		answer_error(ask, 500, "db_insert_error",
			     "Could not insert post into the database.");
		return;
	}
	p = write_post(ask, old, body);
	if (!p)
		return;
	site->writes++;
	answer_with(ask, made ? 201 : 200, p);
	if (made)
		ask->location = hy_strf(ask, "%s/wp-json/wp/v2/posts/%d", site->base, p->id);
}

/* ---- reading ---- */

static bool may_read(struct ask *ask, enum who who, const struct post *p)
{
	const char *context = ask->arg(ask, "context");

	if (context && !strcmp(context, "edit") && who != WHO_EDITOR) {
		answer_error(ask, who == WHO_NOBODY ? 401 : 403, "rest_forbidden_context",
			     p ? "Sorry, you are not allowed to edit this post."
			       : "Sorry, you are not allowed to edit posts in this post type.");
		return false;
	}
	if (p && strcmp(p->status, "publish") != 0 && who != WHO_EDITOR) {
		answer_error(ask, who == WHO_NOBODY ? 401 : 403, "rest_forbidden",
			     "Sorry, you are not allowed to do that.");
		return false;
	}
	return true;
}

static bool matches(struct ask *ask, const struct post *p)
{
	const char *slug = ask->arg(ask, "slug"), *search = ask->arg(ask, "search");
	const char *status = ask->arg(ask, "status");

	if (slug && !in_list(slug, p->slug))
		return false;
	if (search && *search && !strcasestr(p->title, search) && !strcasestr(p->html, search))
		return false;
	return in_list(status && *status ? status : "publish", p->status);
}

static int64_t number_arg(struct ask *ask, const char *name, int64_t fallback)
{
	const char *s = ask->arg(ask, name);

	if (!s || !*s || strlen(s) > 9 || s[strspn(s, "0123456789")])
		return s && *s ? -1 : fallback;
	return strtol(s, NULL, 10);
}

static void get_posts(struct ask *ask, enum who who)
{
	struct hy_practice *site = ask->site;
	const char *status = ask->arg(ask, "status");
	int64_t per_page = number_arg(ask, "per_page", PER_PAGE), page = number_arg(ask, "page", 1);
	int64_t total = 0;
	struct hy_json_writer *w = hy_json_writer_new(ask, false);

	if (!may_read(ask, who, NULL))
		return;
	if (per_page < 1 || per_page > PER_PAGE_MAX || page < 1 || page > POSTS_MAX) {
		answer_error(ask, 400, "rest_invalid_param",
			     per_page < 1 || per_page > PER_PAGE_MAX
				     ? "Invalid parameter(s): per_page"
				     : "Invalid parameter(s): page");
		return;
	}
	if (status && *status && strcmp(status, "publish") != 0 && who != WHO_EDITOR) {
		answer_error(ask, 400, "rest_invalid_param", "Invalid parameter(s): status");
		return;
	}
	hy_jw_array(w);
	for (int i = site->n_posts; i-- > 0;) {
		if (!matches(ask, site->posts[i]))
			continue;
		total++;
		if (total > (page - 1) * per_page && total <= page * per_page)
			put_post(ask, w, site->posts[i]);
	}
	hy_jw_end_array(w);
	ask->total = hy_strf(ask, "%" PRId64, total);
	answer_json(ask, 200, w);
}

static void get_me(struct ask *ask, enum who who)
{
	struct hy_json_writer *w = hy_json_writer_new(ask, false);

	if (who == WHO_NOBODY) {
		answer_error(ask, 401, "rest_not_logged_in", "You are not currently logged in.");
		return;
	}
	hy_jw_object(w);
	if (wanted(ask, "id"))
		hy_jw_kint(w, "id", who == WHO_EDITOR ? 1 : 2);
	if (wanted(ask, "name"))
		hy_jw_kstr(w, "name", who == WHO_EDITOR ? "临江发布（样例）" : "reader");
	if (wanted(ask, "slug"))
		hy_jw_kstr(w, "slug", who == WHO_EDITOR ? "huying" : "reader");
	hy_jw_end_object(w);
	answer_json(ask, 200, w);
}

static void get_index(struct ask *ask)
{
	struct hy_json_writer *w = hy_json_writer_new(ask, false);

	hy_jw_object(w);
	hy_jw_kstr(w, "name", "临江发布（样例）");
	hy_jw_kstr(w, "description", "样例 practice");
	hy_jw_kstr(w, "url", ask->site->base);
	hy_jw_kstr(w, "home", ask->site->base);
	hy_jw_kint(w, "gmt_offset", 8);
	hy_jw_kstr(w, "timezone_string", "Asia/Shanghai");
	hy_jw_key(w, "namespaces");
	hy_jw_array(w);
	hy_jw_str(w, "wp/v2");
	hy_jw_end_array(w);
	hy_jw_key(w, "authentication");
	hy_jw_object(w);
	hy_jw_key(w, "application-passwords");
	hy_jw_object(w);
	hy_jw_end_object(w);
	hy_jw_end_object(w);
	hy_jw_end_object(w);
	answer_json(ask, 200, w);
}

static void one_post(struct ask *ask, enum who who, const char *digits)
{
	bool number = *digits && strlen(digits) <= 9 && !digits[strspn(digits, "0123456789")];
	struct post *p = NULL;

	if (!number) {
		no_route(ask);
		return;
	}
	p = post_find(ask->site, (int)strtol(digits, NULL, 10));
	if (!p)
		answer_error(ask, 404, "rest_post_invalid_id", "Invalid post ID.");
	else if (ask->method == M_POST)
		post_posts(ask, who, p);
	else if (may_read(ask, who, p))
		answer_with(ask, 200, p);
}

void answer_rest(struct ask *ask, const char *route)
{
	enum who who = who_asks(ask);

	if (who == WHO_WRONG) {
		ask->site->denied++;
		answer_error(ask, 401, "incorrect_password",
			     "The provided password is an invalid application password.");
	} else if (ask->method != M_GET && ask->method != M_POST) {
		no_route(ask);
	} else if (!strcmp(route, "/") && ask->method == M_GET) {
		get_index(ask);
	} else if (!strcmp(route, "/wp/v2/posts")) {
		if (ask->method == M_POST)
			post_posts(ask, who, NULL);
		else
			get_posts(ask, who);
	} else if (!strncmp(route, "/wp/v2/posts/", 13)) {
		one_post(ask, who, route + 13);
	} else if (!strcmp(route, "/wp/v2/users/me") && ask->method == M_GET) {
		get_me(ask, who);
	} else {
		no_route(ask);
	}
}
