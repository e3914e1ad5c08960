/*
 * Weibo by its REST interface v2: lists, posts, comments. What an answer means is decided by its
 * error_code, not by its HTTP status; ids are read as text, so that none loses a digit.
 */
#include "platforms/weibo.h"

#include <stdlib.h>
#include <string.h>

#define COUNT_DEFAULT 50
#define COUNT_MAX 200
#define FIND_COUNT 100
#define PICTURE_MAX (5u << 20)
#define ADDRESS "https://m.weibo.cn/status/"

enum what { WB_PAGE, WB_SHOW, WB_SEND, WB_FIND, WB_MESSAGE, WB_MEDIA };

/* ---- what all calls share ---- */

struct hy_platform_call *hy_weibo_call(struct hy_net *net, const struct hy_platform_peer *peer,
				       const char *host, void *user)
{
	return hy_platform_call_new(net, peer, host, user);
}

enum hy_status hy_weibo_answer(const struct hy_platform_call *c, const void *ctx,
			       const struct hy_net_response *r, const struct hy_json **out,
			       struct hy_err *err)
{
	struct hy_json *node = NULL;
	const char *code, *said;
	enum hy_status status;

	if (r->status == HY_OK)
		(void)hy_json_parse(ctx, r->body, r->n_body, HY_JSON_BOM, &node, NULL);
	code = hy_platform_code(ctx, node, "error_code");
	if (code == NULL)
		code = hy_platform_code(ctx, node, "errcode"); /* the fan service's spelling */
	if (code != NULL && strcmp(code, "0") != 0) {
		said = hy_json_str(node, "error_description");
		if (said == NULL)
			said = hy_json_str(node, "error");
		if (said == NULL)
			said = hy_json_str(node, "errmsg");
		status = hy_platform_refused(c, "weibo", code, said != NULL ? said : "", err);
		if (status == HY_EWAIT && err != NULL && hy_weibo_reset(r, hy_net_now(c->net)) != 0)
			err->until = hy_weibo_reset(r, hy_net_now(c->net));
		return status;
	}
	status = hy_platform_outcome(c, r, err);
	if (status != HY_OK)
		return hy_err_wrap(err, "Weibo");
	if (node == NULL)
		return hy_err_set(err, c->writes ? HY_EUNSURE : HY_ETEMP,
				  _("Weibo: the answer is no JSON"));
	*out = node;
	return HY_OK;
}

/* A header of digits; -1 when absent or anything else. */
static int64_t header_number(const struct hy_net_response *r, const char *name)
{
	const char *v = hy_net_response_header(r, name);

	if (v == NULL || v[0] == '\0' || strlen(v) > 15 || strspn(v, HY_DIGITS) != strlen(v))
		return -1;
	return strtoll(v, NULL, 10);
}

hy_time hy_weibo_reset(const struct hy_net_response *r, hy_time now)
{
	int64_t v = header_number(r, "x-ratelimit-reset");

	/* seconds until, or an instant: the documents do not say which */
	if (v <= 0)
		return 0;
	if (v <= 7 * 86400)
		return now + v * HY_SECOND;
	return v * HY_SECOND > now && v * HY_SECOND < now + 7 * HY_DAY ? v * HY_SECOND : 0;
}

static struct hy_net_header authorised(const void *ctx, const struct hy_platform_call *c)
{
	return (struct hy_net_header){"Authorization",
				      hy_strf(ctx, "OAuth2 %s", hy_secret_text(c->secret, NULL))};
}

static void get_url(struct hy_platform_call *c, const char *url)
{
	void *ctx = talloc_new(NULL);
	struct hy_net_header headers[] = {{"Accept", "application/json"}, authorised(ctx, c)};
	struct hy_net_request q = {.headers = headers, .n_headers = 2, .url = url};

	if (c->what == WB_MEDIA)
		q.max_bytes = HY_NET_BODY_MAX;
	hy_platform_ask(c, &q);
	talloc_free(ctx);
}

static void get(struct hy_platform_call *c, const char *path, const char *query)
{
	char *url = hy_strf(c, "%s%s%s%s", c->url, path, query[0] != '\0' ? "?" : "", query);

	get_url(c, url);
	talloc_free(url);
}

/* ---- reading posts and comments ---- */

bool hy_weibo_time(const char *s, hy_time *out)
{
	static const char days[] = "MonTueWedThuFriSatSun";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int day, hour, minute, second, zone, year, end = 0;
	char weekday[4], month[4], sign;
	const char *at;

	if (s == NULL ||
	    sscanf(s, "%3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %c%4d %4d%n", weekday, month, &day,
		   &hour, &minute, &second, &sign, &zone, &year, &end) != 9 ||
	    s[end] != '\0' || strlen(weekday) != 3 || strlen(month) != 3)
		return false;
	if (strstr(days, weekday) == NULL || (at = strstr(months, month)) == NULL ||
	    (at - months) % 3 != 0 || (sign != '+' && sign != '-'))
		return false;
	if (day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
	    second < 0 || second > 60 || zone < 0 || zone > 1400 || zone % 100 > 59 || year < 1970)
		return false;
	hy_dur offset = (zone / 100 * 60 + zone % 100) * HY_MINUTE;
	hy_time t = hy_days_from_civil(year, (int)(at - months) / 3 + 1, day) * HY_DAY +
		    hour * HY_HOUR + minute * HY_MINUTE + second * HY_SECOND;
	*out = sign == '+' ? t - offset : t + offset;
	return true;
}

/* idstr where it is given: `id` loses digits in tools of the platform's own. */
static const char *id_of(const struct hy_json *node)
{
	const char *id = hy_platform_id(node, "idstr");

	return id != NULL ? id : hy_platform_id(node, "id");
}

static const char *text_of(const struct hy_json *node, bool *cut)
{
	const char *text = hy_json_str(node, "text");
	const char *full = hy_json_str(hy_json_get(node, "longText"), "longTextContent");

	*cut = full == NULL && hy_json_bool(node, "isLongText", false);
	if (full != NULL && full[0] != '\0')
		return full;
	return text != NULL ? text : "";
}

static bool entry_read(const void *ctx, const struct hy_json *node, enum hy_platform_kind kind,
		       struct hy_platform_entry *out)
{
	const struct hy_json *user = hy_json_get(node, "user");
	const struct hy_json *status = hy_json_get(node, "status");
	struct hy_platform_entry e = {.kind = kind, .id = id_of(node)};

	if (node->type != HY_JSON_OBJECT || !hy_platform_plain(e.id, HY_DIGITS))
		return false;
	e.text = text_of(node, &e.cut);
	e.author = user != NULL && user->type == HY_JSON_OBJECT ? id_of(user)
								: hy_platform_id(node, "user");
	e.author_name = hy_json_str(user, "screen_name");
	(void)hy_weibo_time(hy_json_str(node, "created_at"), &e.posted); /* 0 when unreadable */
	e.removed = hy_platform_number(node, "deleted", 0) == 1;
	e.not_public = hy_platform_number(hy_json_get(node, "visible"), "type", 0) != 0;
	if (kind == HY_ENTRY_COMMENT) {
		e.on = status != NULL ? id_of(status) : NULL;
		e.parent = id_of(hy_json_get(node, "reply_comment"));
	} else {
		e.on = id_of(hy_json_get(node, "retweeted_status"));
		e.url = hy_strf(ctx, ADDRESS "%s", e.id);
	}
	*out = e;
	return true;
}

/* id - 1 as text; NULL when nothing is below. */
static const char *less_one(const void *ctx, const char *id)
{
	unsigned long long v = strlen(id) <= 19 ? strtoull(id, NULL, 10) : 0;

	return v > 1 ? hy_strf(ctx, "%llu", v - 1) : NULL;
}

static enum hy_status page_read(const void *ctx, const struct hy_json *node,
				struct hy_platform_page *out, struct hy_err *err)
{
	const struct hy_json *list = hy_json_get(node, "statuses");
	enum hy_platform_kind kind = HY_ENTRY_POST;
	const char *smallest = NULL;

	if (list == NULL) {
		list = hy_json_get(node, "comments");
		kind = HY_ENTRY_COMMENT;
	}
	/* an account without any has an empty list, or an empty array for the whole answer */
	if (list == NULL && node->type == HY_JSON_ARRAY && node->n == 0)
		return HY_OK;
	if (list == NULL || list->type != HY_JSON_ARRAY)
		return hy_err_set(err, HY_ETEMP, _("Weibo: the answer has no list"));
	struct hy_platform_entry *entries = hy_new_array(
		ctx, struct hy_platform_entry, (list->n < COUNT_MAX ? list->n : COUNT_MAX) + 1);
	for (size_t i = 0; i < list->n && out->n < COUNT_MAX; i++) {
		if (!entry_read(ctx, list->at[i], kind, &entries[out->n])) {
			out->skipped++;
			continue;
		}
		const char *id = entries[out->n++].id;
		if (smallest == NULL || hy_platform_id_order(id, smallest) < 0)
			smallest = id;
		if (hy_platform_id_order(id, out->newest) > 0)
			out->newest = id;
	}
	out->entries = entries;
	out->next = smallest != NULL ? less_one(ctx, smallest) : NULL;
	return HY_OK;
}

static bool page_answered(struct hy_platform_call *c, const void *ctx, struct hy_net_response *r)
{
	struct hy_platform_page page = {.left = header_number(r, "x-ratelimit-remaining"),
					.reset = hy_weibo_reset(r, hy_net_now(c->net))};
	const struct hy_json *node = NULL;
	struct hy_platform_entry one;
	struct hy_err err = {0};
	enum hy_status status = hy_weibo_answer(c, ctx, r, &node, &err);

	if (status == HY_ENOTFOUND && c->what != WB_SHOW)
		status = err.status = HY_EPERM; /* the route, not a post */
	else if (status == HY_OK && c->what == WB_PAGE)
		status = page_read(ctx, node, &page, &err);
	else if (status == HY_OK && entry_read(ctx, node, HY_ENTRY_POST, &one)) {
		page.entries = &one;
		page.n = 1;
	} else if (status == HY_OK)
		status = hy_err_set(&err, HY_ETEMP, _("Weibo: the answer names no id"));
	c->fn.page(c->user, status, status == HY_OK ? &page : NULL, status == HY_OK ? NULL : &err);
	return false;
}

static struct hy_platform_call *page_call(struct hy_net *net, const struct hy_platform_peer *peer,
					  enum what what, hy_platform_page_fn *fn, void *user)
{
	struct hy_platform_call *c = hy_weibo_call(net, peer, HY_WEIBO_HOST, user);

	c->answered = page_answered;
	c->what = (int)what;
	c->fn.page = fn;
	return c;
}

static bool digits_or_null(const char *s)
{
	return s == NULL || hy_platform_plain(s, HY_DIGITS);
}

/* Without slashes at its end, or a query. */
static int base_length(const char *base)
{
	size_t n = strcspn(base, "?#");

	while (n > 0 && base[n - 1] == '/')
		n--;
	return (int)n;
}

char *hy_weibo_page_url(const void *ctx, const char *base, const struct hy_weibo_page_request *what)
{
	static const char *const paths[] = {
		[HY_WEIBO_MENTIONS] = "/2/statuses/mentions.json",
		[HY_WEIBO_OWN] = "/2/statuses/user_timeline.json",
		[HY_WEIBO_COMMENTS_TO_ME] = "/2/comments/to_me.json",
		[HY_WEIBO_COMMENT_MENTIONS] = "/2/comments/mentions.json",
		[HY_WEIBO_COMMENTS_SENT] = "/2/comments/by_me.json",
		[HY_WEIBO_COMMENTS_OF] = "/2/comments/show.json",
	};
	bool of = what->list == HY_WEIBO_COMMENTS_OF;
	bool posts = what->list == HY_WEIBO_MENTIONS || what->list == HY_WEIBO_OWN;
	int count = what->count > 0 ? what->count : COUNT_DEFAULT;

	if (!digits_or_null(what->since) || !digits_or_null(what->up_to) ||
	    (of && !hy_platform_plain(what->post, HY_DIGITS)) || count > COUNT_MAX)
		return NULL;
	const char *const pairs[][2] = {{"id", of ? what->post : NULL},
					{"since_id", what->since},
					{"max_id", what->up_to},
					{"count", hy_strf(ctx, "%d", count)},
					{"isGetLongText", posts ? "1" : NULL},
					{NULL, NULL}};

	return hy_strf(ctx, "%.*s%s?%s", base_length(base), base, paths[what->list],
		       hy_platform_form(ctx, pairs));
}

char *hy_weibo_show_url(const void *ctx, const char *base, const char *id)
{
	if (!hy_platform_plain(id, HY_DIGITS))
		return NULL;
	return hy_strf(ctx, "%.*s/2/statuses/show.json?id=%s&isGetLongText=1", base_length(base),
		       base, id);
}

/* An answer as JSON, unless it is a refusal. */
static enum hy_status answer_read(const void *ctx, const char *bytes, size_t n,
				  struct hy_json **out, struct hy_err *err)
{
	enum hy_status status = hy_json_parse(ctx, bytes, n, HY_JSON_BOM, out, err);
	const char *code;

	if (status != HY_OK)
		return hy_err_wrap(err, "Weibo");
	code = hy_platform_code(ctx, *out, "error_code");
	if (code != NULL && strcmp(code, "0") != 0)
		return hy_platform_error_set(err, "weibo", code, false, hy_json_str(*out, "error"));
	return HY_OK;
}

enum hy_status hy_weibo_page_read(const void *ctx, const char *bytes, size_t n,
				  struct hy_platform_page *out, struct hy_err *err)
{
	struct hy_platform_page page = {.left = -1};
	struct hy_json *node = NULL;
	enum hy_status status = answer_read(ctx, bytes, n, &node, err);

	if (status == HY_OK)
		status = page_read(ctx, node, &page, err);
	if (status == HY_OK)
		*out = page;
	return status;
}

enum hy_status hy_weibo_show_read(const void *ctx, const char *bytes, size_t n,
				  struct hy_platform_page *out, struct hy_err *err)
{
	struct hy_platform_entry *one = hy_new(ctx, struct hy_platform_entry);
	struct hy_json *node = NULL;
	enum hy_status status = answer_read(ctx, bytes, n, &node, err);

	if (status == HY_OK && !entry_read(ctx, node, HY_ENTRY_POST, one))
		status = hy_err_set(err, HY_ETEMP, _("Weibo: the answer names no id"));
	if (status == HY_OK)
		*out = (struct hy_platform_page){.left = -1, .entries = one, .n = 1};
	return status;
}

struct hy_platform_call *hy_weibo_page(struct hy_net *net, const struct hy_platform_peer *peer,
				       const struct hy_weibo_page_request *what,
				       hy_platform_page_fn *fn, void *user)
{
	struct hy_platform_call *c = page_call(net, peer, WB_PAGE, fn, user);
	char *url = hy_weibo_page_url(c, c->url, what);

	if (url == NULL)
		hy_platform_ask_nothing(c);
	else
		get_url(c, url);
	return c;
}

struct hy_platform_call *hy_weibo_show(struct hy_net *net, const struct hy_platform_peer *peer,
				       const char *id, hy_platform_page_fn *fn, void *user)
{
	struct hy_platform_call *c = page_call(net, peer, WB_SHOW, fn, user);

	char *url = hy_weibo_show_url(c, c->url, id);

	if (url == NULL)
		hy_platform_ask_nothing(c);
	else
		get_url(c, url);
	return c;
}

/* ---- writing ---- */

static void post_of(const struct hy_platform_entry *e, struct hy_platform_post *out)
{
	*out = (struct hy_platform_post){.id = e->id,
					 .url = e->url,
					 .html = e->text,
					 .state = "publish",
					 .posted = e->posted};
}

/* The one of the list that is our text. */
static enum hy_status found(const struct hy_platform_call *c, const void *ctx,
			    const struct hy_json *node, struct hy_platform_post *out,
			    struct hy_err *err)
{
	struct hy_platform_page page = {.left = -1};
	enum hy_status status = page_read(ctx, node, &page, err);

	for (size_t i = 0; status == HY_OK && i < page.n; i++) {
		const struct hy_platform_entry *e = &page.entries[i];

		if (e->removed || (e->posted != 0 && e->posted < c->not_before) ||
		    !hy_weibo_same_text(c->marker, e->text, e->cut))
			continue;
		post_of(e, out);
		return HY_OK;
	}
	if (status != HY_OK)
		return status;
	return hy_err_set(err, HY_ENOTFOUND, _("Weibo: no such text among the newest %d"),
			  FIND_COUNT);
}

static bool write_answered(struct hy_platform_call *c, const void *ctx, struct hy_net_response *r)
{
	const struct hy_json *node = NULL;
	struct hy_platform_post post = {0};
	struct hy_platform_entry e;
	struct hy_err err = {0};
	enum hy_status status = hy_weibo_answer(c, ctx, r, &node, &err);

	if (status == HY_ENOTFOUND && c->what == WB_FIND)
		status = err.status = HY_ETEMP; /* no list: that never means "no such text" */
	else if (status == HY_OK && c->what == WB_FIND)
		status = found(c, ctx, node, &post, &err);
	else if (status == HY_OK && c->what == WB_MESSAGE) {
		const struct hy_json *result = hy_json_get(node, "result");

		post.id = "sent";
		if (!hy_json_bool(node, "result", false) &&
		    (result == NULL || result->type != HY_JSON_STRING ||
		     strcmp(result->text, "true") != 0))
			status = hy_err_set(&err, HY_EUNSURE,
					    _("Weibo: the answer does not say that it was sent"));
	} else if (status == HY_OK &&
		   entry_read(ctx, node, c->marker != NULL ? HY_ENTRY_COMMENT : HY_ENTRY_POST, &e))
		post_of(&e, &post);
	else if (status == HY_OK)
		status = hy_err_set(&err, HY_EUNSURE, _("Weibo: the answer names no id"));
	hy_platform_tell_post(c, status, &post, &err);
	return false;
}

static struct hy_platform_call *write_call(struct hy_net *net, const struct hy_platform_peer *peer,
					   const char *host, enum what what, hy_platform_fn *fn,
					   void *user)
{
	struct hy_platform_call *c = hy_weibo_call(net, peer, host, user);

	c->answered = write_answered;
	c->what = (int)what;
	c->writes = what != WB_FIND;
	c->fn.post = fn;
	return c;
}

static void post_form(struct hy_platform_call *c, const char *path, const char *const pairs[][2],
		      const struct hy_platform_file *picture)
{
	void *ctx = talloc_new(NULL);
	struct hy_net_header header = authorised(ctx, c);
	char *type = hy_strdup(ctx, "application/x-www-form-urlencoded"), *body;
	size_t n;

	if (picture != NULL) {
		body = hy_platform_multipart(ctx, pairs, "pic", picture, &type, &n);
	} else {
		body = hy_platform_form(ctx, pairs);
		n = strlen(body);
	}
	hy_platform_post(c, hy_strf(ctx, "%s%s", c->url, path), type, body, n, &header);
	talloc_free(ctx);
}

struct hy_platform_call *hy_weibo_send(struct hy_net *net, const struct hy_platform_peer *peer,
				       const struct hy_weibo_draft *draft, hy_platform_fn *fn,
				       void *user)
{
	struct hy_platform_call *c = write_call(net, peer, HY_WEIBO_HOST, WB_SEND, fn, user);
	bool own = draft->post == NULL;
	const char *const post[][2] = {{"status", draft->text}, {"rip", draft->ip}, {NULL, NULL}};
	const char *const answer[][2] = {{"id", draft->post},
					 {"cid", draft->comment},
					 {"comment", draft->text},
					 {"rip", draft->ip},
					 {NULL, NULL}};

	if (draft->text == NULL || draft->text[0] == '\0' || !digits_or_null(draft->post) ||
	    !digits_or_null(draft->comment) || (own && draft->comment != NULL) ||
	    (draft->picture != NULL && (!own || draft->picture->n > PICTURE_MAX))) {
		hy_platform_ask_nothing(c);
	} else if (own) {
		post_form(c, "/2/statuses/share.json", post, draft->picture);
	} else {
		c->marker = hy_strdup(c, draft->post);
		post_form(c,
			  draft->comment != NULL ? "/2/comments/reply.json"
						 : "/2/comments/create.json",
			  answer, NULL);
	}
	return c;
}

struct hy_platform_call *hy_weibo_find(struct hy_net *net, const struct hy_platform_peer *peer,
				       bool comments, const char *text, hy_time not_before,
				       hy_platform_fn *fn, void *user)
{
	struct hy_platform_call *c = write_call(net, peer, HY_WEIBO_HOST, WB_FIND, fn, user);

	c->marker = hy_strdup(c, text);
	c->not_before = not_before;
	c->list = true;
	get(c, comments ? "/2/comments/by_me.json" : "/2/statuses/user_timeline.json",
	    hy_strf(c, "count=%d", FIND_COUNT));
	return c;
}

struct hy_platform_call *hy_weibo_message(struct hy_net *net, const struct hy_platform_peer *peer,
					  const char *to, const char *text, hy_platform_fn *fn,
					  void *user)
{
	struct hy_platform_call *c =
		write_call(net, peer, HY_WEIBO_MESSAGE_HOST, WB_MESSAGE, fn, user);
	char *data = hy_weibo_text_data(c, text);
	const char *const pairs[][2] = {{"access_token", hy_secret_text(c->secret, NULL)},
					{"type", "text"},
					{"data", data},
					{"receiver_id", to},
					{NULL, NULL}};

	if (!hy_platform_plain(to, HY_DIGITS))
		hy_platform_ask_nothing(c);
	else
		post_form(c, "/2/messages/reply.json", pairs, NULL);
	return c;
}

static bool media_answered(struct hy_platform_call *c, const void *ctx, struct hy_net_response *r)
{
	struct hy_platform_file file = {.name = "",
					.type = r->content_type != NULL ? r->content_type : "",
					.bytes = r->body,
					.n = r->n_body};
	const struct hy_json *node = NULL;
	struct hy_err err = {0};
	enum hy_status status = hy_net_outcome(r, false, &err);
	bool json = r->status == HY_OK && r->n_body > 0 && r->body[0] == '{';

	if (json || status != HY_OK)
		status = hy_weibo_answer(c, ctx, r, &node, &err);
	if (status == HY_OK && json)
		status = hy_err_set(&err, HY_ETEMP, _("Weibo: the answer is no medium"));
	c->fn.raw(c->user, status, status == HY_OK ? &file : NULL, status == HY_OK ? NULL : &err);
	return false;
}

struct hy_platform_call *hy_weibo_media(struct hy_net *net, const struct hy_platform_peer *peer,
					const char *fid, hy_platform_raw_fn *fn, void *user)
{
	struct hy_platform_call *c = hy_weibo_call(net, peer, HY_WEIBO_UPLOAD_HOST, user);

	c->answered = media_answered;
	c->what = WB_MEDIA;
	c->fn.raw = fn;
	if (!hy_platform_plain(fid, HY_DIGITS))
		hy_platform_ask_nothing(c);
	else
		get(c, "/2/mss/msget", hy_strf(c, "fid=%s", fid));
	return c;
}
