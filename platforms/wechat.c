/*
 * WeChat Official Account: tokens, messages, drafts, publishing, mass sends, media. Every answer is
 * HTTP 200; errcode decides, and an answer without one is good. Bodies are raw UTF-8: the platform
 * shows \u escapes as they are.
 */
#include "platforms/internal.h"

#include <stdlib.h>
#include <string.h>

#define HOST "https://api.weixin.qq.com"
#define KEY_USED "45065"
#define ARTICLES_PAGE 20
#define UPLOAD_MAX (8u << 20)
#define HTML_CHARS_MAX 20000
#define HTML_BYTES_MAX (1u << 20)
#define KEYS HY_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-"

enum what {
	WX_TOKEN,
	WX_MESSAGE,
	WX_DRAFT,
	WX_DRAFT_DELETE,
	WX_PUBLISH,
	WX_PUBLISHED,
	WX_ARTICLES,
	WX_MASS,
	WX_MASS_STATE,
	WX_UPLOAD,
	WX_INLINE,
	WX_MEDIA
};

/* ---- answers ---- */

/* The answer's JSON, or the status of its errcode. */
static enum hy_status answer(const struct hy_platform_call *c, const void *ctx,
			     const struct hy_net_response *r, const struct hy_json **out,
			     struct hy_err *err)
{
	struct hy_json *node = NULL;
	const char *code;
	enum hy_status status;

	if (r->status == HY_OK)
		(void)hy_json_parse(ctx, r->body, r->n_body, HY_JSON_BOM, &node, NULL);
	code = node != NULL && node->type == HY_JSON_OBJECT ? hy_platform_code(ctx, node, "errcode")
							    : NULL;
	if (code != NULL && strcmp(code, "0") != 0) {
		*out = node;
		if (c->what == WX_MASS && strcmp(code, KEY_USED) == 0 &&
		    hy_platform_id(node, "msg_id") != NULL)
			return HY_OK; /* sent before under this key: that one's id is told */
		return hy_platform_refused(c, "wechat", code, hy_json_str(node, "errmsg"), err);
	}
	status = hy_platform_outcome(c, r, err);
	if (status != HY_OK)
		return hy_err_wrap(err, "WeChat");
	if (node == NULL || node->type != HY_JSON_OBJECT)
		return hy_err_set(err, c->writes ? HY_EUNSURE : HY_ETEMP,
				  _("WeChat: the answer is no JSON"));
	*out = node;
	return HY_OK;
}

static bool token_answered(struct hy_platform_call *c, const void *ctx, struct hy_net_response *r)
{
	struct hy_platform_token t = {0};
	const struct hy_json *node = NULL;
	struct hy_err err = {0};
	enum hy_status status = answer(c, ctx, r, &node, &err);

	if (status == HY_OK) {
		t.access = hy_json_str(node, "access_token");
		t.app = c->login;
		status = hy_platform_token_check(&t,
						 hy_platform_number(node, "expires_in", INT64_MIN),
						 hy_net_now(c->net), &err);
	}
	hy_platform_tell_token(c, status, &t, &err);
	return false;
}

/* Failures of freepublish/get by publish_status. */
static enum hy_status published(const struct hy_json *node, struct hy_platform_post *post,
				struct hy_err *err)
{
	static const char *const why[] = {
		[2] = N_("the platform's check for originals refused it"),
		[3] = N_("it failed"),
		[4] = N_("the platform's review refused it"),
		[5] = N_("the account deleted it"),
		[6] = N_("the platform banned it"),
	};
	int64_t state = hy_platform_number(node, "publish_status", -1);
	const struct hy_json *items = hy_json_get(hy_json_get(node, "article_detail"), "item");

	post->id = hy_platform_id(node, "article_id");
	if (items != NULL && items->type == HY_JSON_ARRAY && items->n > 0)
		post->url = hy_json_str(items->at[0], "article_url");
	post->state = "publish";
	if (state == 0 && post->id != NULL)
		return HY_OK;
	if (state == 1)
		return hy_err_set(err, HY_ETEMP, _("WeChat: it is still being published"));
	if (state >= 2 && state <= 6)
		return hy_err_set(err, state == 5 ? HY_ENOTFOUND : HY_EPERM,
				  _("WeChat: not published: %s"), _(why[state]));
	return hy_err_set(err, HY_ETEMP, _("WeChat: the answer does not say what became of it"));
}

/* "SEND_SUCCESS" and "SEND SUCCESS" are both seen. */
static bool same_word(const char *said, const char *word)
{
	for (; *word != '\0'; said++, word++)
		if (*said != *word && !(*word == '_' && *said == ' '))
			return false;
	return *said == '\0';
}

static enum hy_status mass_state(const struct hy_json *node, struct hy_platform_post *post,
				 struct hy_err *err)
{
	static const struct {
		const char *word;
		enum hy_status status;
	} states[] = {{"SEND_SUCCESS", HY_OK},
		      {"SENDING", HY_ETEMP},
		      {"SEND_FAIL", HY_EPERM},
		      {"DELETE", HY_ENOTFOUND}};
	const char *word = hy_json_str(node, "msg_status");

	post->id = hy_platform_id(node, "msg_id");
	for (size_t i = 0; word != NULL && i < HY_LEN(states); i++) {
		if (!same_word(word, states[i].word))
			continue;
		if (states[i].status != HY_OK)
			return hy_err_set(err, states[i].status, _("WeChat: its state is %s"),
					  states[i].word);
		if (post->id != NULL)
			return HY_OK;
	}
	return hy_err_set(err, HY_ETEMP, _("WeChat: the answer does not say what became of it"));
}

static enum hy_status receipt(const struct hy_json *node, const char *name,
			      struct hy_platform_post *post, struct hy_err *err)
{
	post->id = hy_platform_id(node, name);
	if (post->id == NULL)
		return hy_err_set(err, HY_EUNSURE, _("WeChat: the answer names no id"));
	return HY_OK;
}

static bool post_answered(struct hy_platform_call *c, const void *ctx, struct hy_net_response *r)
{
	struct hy_platform_post post = {0};
	const struct hy_json *node = NULL;
	struct hy_err err = {0};
	enum hy_status status = answer(c, ctx, r, &node, &err);

	/* a refusal of the question says nothing of what was asked about */
	if ((status == HY_EPERM || status == HY_ENOTFOUND) &&
	    (c->what == WX_PUBLISHED || c->what == WX_MASS_STATE))
		status = err.status = HY_ETEMP;
	if (status != HY_OK) {
		hy_platform_tell_post(c, status, NULL, &err);
		return false;
	}
	switch (c->what) {
	case WX_DRAFT:
	case WX_UPLOAD:
		status = receipt(node, "media_id", &post, &err);
		post.url = hy_json_str(node, "url");
		break;
	case WX_INLINE:
		post.id = post.url = hy_json_str(node, "url");
		if (post.id == NULL || post.id[0] == '\0')
			status = hy_err_set(&err, HY_EUNSURE, _("WeChat: the answer names no id"));
		break;
	case WX_PUBLISH:
		status = receipt(node, "publish_id", &post, &err);
		break;
	case WX_MASS:
		status = receipt(node, "msg_id", &post, &err);
		break;
	case WX_PUBLISHED:
		status = published(node, &post, &err);
		break;
	case WX_MASS_STATE:
		status = mass_state(node, &post, &err);
		break;
	default:
		/* these answer nothing but that all is well: it must be said */
		post.id = "sent";
		if (hy_json_get(node, "errcode") == NULL)
			status = hy_err_set(&err, HY_EUNSURE,
					    _("WeChat: the answer does not say that it was done"));
	}
	hy_platform_tell_post(c, status, &post, &err);
	return false;
}

static bool article_read(const void *ctx, const struct hy_json *node, struct hy_platform_entry *out)
{
	const struct hy_json *news = hy_json_get(hy_json_get(node, "content"), "news_item");
	const struct hy_json *first =
		news != NULL && news->type == HY_JSON_ARRAY && news->n > 0 ? news->at[0] : NULL;
	int64_t seconds = hy_platform_number(node, "update_time", 0);
	const char *html = hy_json_str(first, "content");

	(void)ctx;
	*out = (struct hy_platform_entry){
		.kind = HY_ENTRY_POST,
		.id = hy_platform_id(node, "article_id"),
		.title = hy_json_str(first, "title"),
		.text = html != NULL ? html : "",
		.is_html = true,
		.url = hy_json_str(first, "url"),
		.removed = hy_json_bool(first, "is_deleted", false),
		.posted = seconds > 0 && seconds < INT64_C(1) << 40 ? seconds * HY_SECOND : 0,
	};
	return out->id != NULL && first != NULL;
}

static enum hy_status articles_read(const struct hy_platform_call *c, const void *ctx,
				    const struct hy_json *node, struct hy_platform_page *page,
				    struct hy_err *err)
{
	const struct hy_json *list = hy_json_get(node, "item");
	int64_t total = hy_platform_number(node, "total_count", -1);
	int64_t offset = c->marker != NULL ? strtoll(c->marker, NULL, 10) : 0;

	if (total < 0 || (list != NULL && list->type != HY_JSON_ARRAY))
		return hy_err_set(err, HY_ETEMP, _("WeChat: the answer has no list"));
	size_t n = list != NULL ? list->n : 0;
	struct hy_platform_entry *entries = hy_new_array(ctx, struct hy_platform_entry, n);
	for (size_t i = 0; i < n; i++) {
		if (article_read(ctx, list->at[i], &entries[page->n]))
			page->n++;
		else
			page->skipped++;
	}
	page->entries = entries;
	if (n > 0 && offset + (int64_t)n < total)
		page->next = hy_strf(ctx, "%" PRId64, offset + (int64_t)n);
	return HY_OK;
}

static bool page_answered(struct hy_platform_call *c, const void *ctx, struct hy_net_response *r)
{
	struct hy_platform_page page = {.left = -1};
	const struct hy_json *node = NULL;
	struct hy_err err = {0};
	enum hy_status status = answer(c, ctx, r, &node, &err);

	if (status == HY_OK)
		status = articles_read(c, ctx, node, &page, &err);
	c->fn.page(c->user, status, status == HY_OK ? &page : NULL, status == HY_OK ? NULL : &err);
	return false;
}

static bool raw_answered(struct hy_platform_call *c, const void *ctx, struct hy_net_response *r)
{
	struct hy_platform_file file = {.name = "",
					.type = r->content_type != NULL ? r->content_type : "",
					.bytes = r->body,
					.n = r->n_body};
	bool json = r->status == HY_OK && r->n_body > 0 && r->body[0] == '{';
	const struct hy_json *node = NULL;
	struct hy_err err = {0};
	enum hy_status status;

	if (json)
		status = answer(c, ctx, r, &node, &err);
	else
		status = hy_platform_outcome(c, r, &err);
	if (status == HY_OK && c->what == WX_MEDIA && json)
		status = hy_err_set(&err, HY_EPERM,
				    _("WeChat: a video is to be had by its address only"));
	c->fn.raw(c->user, status, status == HY_OK ? &file : NULL, status == HY_OK ? NULL : &err);
	return false;
}

/* ---- asking ---- */

static struct hy_platform_call *call_new(struct hy_net *net, const struct hy_platform_peer *peer,
					 enum what what, bool writes, void *user)
{
	struct hy_platform_call *c = hy_platform_call_new(net, peer, HOST, user);

	c->what = (int)what;
	c->writes = writes;
	return c;
}

static struct hy_platform_call *post_call(struct hy_net *net, const struct hy_platform_peer *peer,
					  enum what what, bool writes, hy_platform_fn *fn,
					  void *user)
{
	struct hy_platform_call *c = call_new(net, peer, what, writes, user);

	c->answered = post_answered;
	c->fn.post = fn;
	return c;
}

/* The token stands in the URL: the platform takes it nowhere else. */
static char *url_of(const void *ctx, const struct hy_platform_call *c, const char *path,
		    const char *more)
{
	size_t n;
	const char *token = hy_secret_text(c->secret, &n);

	return hy_strf(ctx, "%s/cgi-bin/%s?access_token=%s%s", c->url, path,
		       hy_platform_escape(ctx, token, n), more);
}

static void post_json(struct hy_platform_call *c, const char *path, struct hy_json_writer *w)
{
	void *ctx = talloc_new(NULL);
	size_t n;
	const char *body = hy_jw_text(w, &n);

	hy_platform_post(c, url_of(ctx, c, path, ""), "application/json; charset=utf-8", body, n,
			 NULL);
	talloc_free(w);
	talloc_free(ctx);
}

static void get(struct hy_platform_call *c, const char *path, const char *more)
{
	void *ctx = talloc_new(NULL);
	struct hy_net_request q = {.url = url_of(ctx, c, path, more),
				   .max_bytes = c->what == WX_MEDIA ? HY_NET_BODY_MAX : 0};

	hy_platform_ask(c, &q);
	talloc_free(ctx);
}

static struct hy_json_writer *object(const struct hy_platform_call *c)
{
	struct hy_json_writer *w = hy_json_writer_new(c, false);

	hy_jw_object(w);
	return w;
}

/* A call whose body is one member. */
static void post_one(struct hy_platform_call *c, const char *path, const char *name,
		     const char *value)
{
	struct hy_json_writer *w = object(c);

	hy_jw_kstr(w, name, value);
	hy_jw_end_object(w);
	post_json(c, path, w);
}

struct hy_platform_call *hy_wechat_token(struct hy_net *net, const struct hy_platform_peer *peer,
					 bool force, hy_platform_token_fn *fn, void *user)
{
	struct hy_platform_call *c = call_new(net, peer, WX_TOKEN, false, user);
	struct hy_json_writer *w = object(c);
	size_t n;

	c->answered = token_answered;
	c->token_call = true;
	c->fn.token = fn;
	hy_jw_kstr(w, "grant_type", "client_credential");
	hy_jw_kstr(w, "appid", c->login);
	hy_jw_kstr(w, "secret", hy_secret_text(c->secret, NULL));
	hy_jw_kbool(w, "force_refresh", force);
	hy_jw_end_object(w);
	const char *body = hy_jw_text(w, &n);
	hy_platform_post(c, hy_strf(c, "%s/cgi-bin/stable_token", c->url),
			 "application/json; charset=utf-8", body, n, NULL);
	talloc_free(w);
	return c;
}

struct hy_platform_call *hy_wechat_message(struct hy_net *net, const struct hy_platform_peer *peer,
					   const char *to, const char *text, hy_platform_fn *fn,
					   void *user)
{
	struct hy_platform_call *c = post_call(net, peer, WX_MESSAGE, true, fn, user);
	struct hy_json_writer *w;

	if (!hy_platform_plain(to, KEYS) || text == NULL || text[0] == '\0') {
		hy_platform_ask_nothing(c);
		return c;
	}
	w = object(c);
	hy_jw_kstr(w, "touser", to);
	hy_jw_kstr(w, "msgtype", "text");
	hy_jw_key(w, "text");
	hy_jw_object(w);
	hy_jw_kstr(w, "content", text);
	hy_jw_end_object(w);
	hy_jw_end_object(w);
	post_json(c, "message/custom/send", w);
	return c;
}

static bool longer(const char *s, size_t most)
{
	return s != NULL && hy_utf8_count(s, strlen(s)) > most;
}

enum hy_status hy_wechat_article_check(const struct hy_wechat_article *a, struct hy_err *err)
{
	if (a->title == NULL || a->title[0] == '\0' || longer(a->title, 32))
		return hy_err_set(err, HY_EINPUT, _("WeChat: a title has 1 to 32 characters"));
	if (longer(a->writer, 16))
		return hy_err_set(err, HY_EINPUT,
				  _("WeChat: the office's name has at most 16 characters"));
	if (longer(a->digest, 128))
		return hy_err_set(err, HY_EINPUT,
				  _("WeChat: a summary has at most 128 characters"));
	if (a->html == NULL || a->html[0] == '\0')
		return hy_err_set(err, HY_EINPUT, _("WeChat: the article has no text"));
	if (longer(a->html, HTML_CHARS_MAX - 1) || strlen(a->html) >= HTML_BYTES_MAX)
		return hy_err_set(err, HY_EINPUT,
				  _("WeChat: an article has less than 20,000 characters"));
	if (a->source != NULL && strlen(a->source) > 1024)
		return hy_err_set(err, HY_EINPUT,
				  _("WeChat: the original's address has at most 1,024 bytes"));
	if (a->thumb == NULL || a->thumb[0] == '\0')
		return hy_err_set(err, HY_EINPUT,
				  _("WeChat: an article needs a cover: upload a picture first"));
	return HY_OK;
}

struct hy_platform_call *hy_wechat_draft(struct hy_net *net, const struct hy_platform_peer *peer,
					 const struct hy_wechat_article *a, hy_platform_fn *fn,
					 void *user)
{
	struct hy_platform_call *c = post_call(net, peer, WX_DRAFT, true, fn, user);
	struct hy_json_writer *w;

	if (hy_wechat_article_check(a, NULL) != HY_OK) {
		hy_platform_ask_nothing(c);
		return c;
	}
	w = object(c);
	hy_jw_key(w, "articles");
	hy_jw_array(w);
	hy_jw_object(w);
	hy_jw_kstr(w, "article_type", "news");
	hy_jw_kstr(w, "title", a->title);
	if (a->writer != NULL)
		hy_jw_kstr(w, "author", a->writer);
	if (a->digest != NULL)
		hy_jw_kstr(w, "digest", a->digest);
	hy_jw_kstr(w, "content", a->html);
	if (a->source != NULL)
		hy_jw_kstr(w, "content_source_url", a->source);
	hy_jw_kstr(w, "thumb_media_id", a->thumb);
	hy_jw_kint(w, "need_open_comment", a->comments ? 1 : 0);
	hy_jw_end_object(w);
	hy_jw_end_array(w);
	hy_jw_end_object(w);
	post_json(c, "draft/add", w);
	return c;
}

/* A call about one thing named by id, out of KEYS. */
static struct hy_platform_call *about(struct hy_platform_call *c, const char *path,
				      const char *name, const char *id)
{
	if (id == NULL || id[0] == '\0' || strlen(id) > 256 || strspn(id, KEYS) != strlen(id))
		hy_platform_ask_nothing(c);
	else
		post_one(c, path, name, id);
	return c;
}

struct hy_platform_call *hy_wechat_draft_delete(struct hy_net *net,
						const struct hy_platform_peer *peer,
						const char *media_id, hy_platform_fn *fn,
						void *user)
{
	return about(post_call(net, peer, WX_DRAFT_DELETE, true, fn, user), "draft/delete",
		     "media_id", media_id);
}

struct hy_platform_call *hy_wechat_publish(struct hy_net *net, const struct hy_platform_peer *peer,
					   const char *media_id, hy_platform_fn *fn, void *user)
{
	return about(post_call(net, peer, WX_PUBLISH, true, fn, user), "freepublish/submit",
		     "media_id", media_id);
}

struct hy_platform_call *hy_wechat_published(struct hy_net *net,
					     const struct hy_platform_peer *peer,
					     const char *publish_id, hy_platform_fn *fn, void *user)
{
	return about(post_call(net, peer, WX_PUBLISHED, false, fn, user), "freepublish/get",
		     "publish_id", publish_id);
}

struct hy_platform_call *hy_wechat_mass_state(struct hy_net *net,
					      const struct hy_platform_peer *peer,
					      const char *msg_id, hy_platform_fn *fn, void *user)
{
	return about(post_call(net, peer, WX_MASS_STATE, false, fn, user), "message/mass/get",
		     "msg_id", msg_id);
}

struct hy_platform_call *hy_wechat_articles(struct hy_net *net, const struct hy_platform_peer *peer,
					    const char *offset, hy_platform_page_fn *fn, void *user)
{
	struct hy_platform_call *c = call_new(net, peer, WX_ARTICLES, false, user);
	struct hy_json_writer *w;

	c->answered = page_answered;
	c->fn.page = fn;
	if (offset != NULL && (!hy_platform_plain(offset, HY_DIGITS) || strlen(offset) > 9)) {
		hy_platform_ask_nothing(c);
		return c;
	}
	c->marker = hy_strdup(c, offset);
	w = object(c);
	hy_jw_kint(w, "offset", offset != NULL ? strtoll(offset, NULL, 10) : 0);
	hy_jw_kint(w, "count", ARTICLES_PAGE);
	hy_jw_kint(w, "no_content", 0);
	hy_jw_end_object(w);
	post_json(c, "freepublish/batchget", w);
	return c;
}

struct hy_platform_call *hy_wechat_mass(struct hy_net *net, const struct hy_platform_peer *peer,
					const struct hy_wechat_mass *mass, hy_platform_fn *fn,
					void *user)
{
	struct hy_platform_call *c = post_call(net, peer, WX_MASS, true, fn, user);
	struct hy_json_writer *w;
	bool text = mass->text != NULL;

	if (!hy_platform_plain(mass->key, KEYS) || text == (mass->media_id != NULL) ||
	    (mass->tag != NULL && !hy_platform_plain(mass->tag, HY_DIGITS))) {
		hy_platform_ask_nothing(c);
		return c;
	}
	w = object(c);
	hy_jw_key(w, "filter");
	hy_jw_object(w);
	hy_jw_kbool(w, "is_to_all", mass->tag == NULL);
	if (mass->tag != NULL)
		hy_jw_kint(w, "tag_id", strtoll(mass->tag, NULL, 10));
	hy_jw_end_object(w);
	hy_jw_key(w, text ? "text" : "mpnews");
	hy_jw_object(w);
	hy_jw_kstr(w, text ? "content" : "media_id", text ? mass->text : mass->media_id);
	hy_jw_end_object(w);
	hy_jw_kstr(w, "msgtype", text ? "text" : "mpnews");
	hy_jw_kint(w, "send_ignore_reprint", mass->reprint ? 1 : 0);
	hy_jw_kstr(w, "clientmsgid", mass->key);
	hy_jw_end_object(w);
	post_json(c, "message/mass/sendall", w);
	return c;
}

struct hy_platform_call *hy_wechat_upload(struct hy_net *net, const struct hy_platform_peer *peer,
					  enum hy_wechat_medium medium,
					  const struct hy_platform_file *file, hy_platform_fn *fn,
					  void *user)
{
	static const struct {
		const char *path, *more;
		size_t most;
	} ways[] = {
		[HY_WECHAT_IMAGE] = {"media/upload", "&type=image", UPLOAD_MAX},
		[HY_WECHAT_VOICE] = {"media/upload", "&type=voice", 2u << 20},
		[HY_WECHAT_PERMANENT] = {"material/add_material", "&type=image", UPLOAD_MAX},
		[HY_WECHAT_INLINE] = {"media/uploadimg", "", 1u << 20},
	};
	static const char *const none[][2] = {{NULL, NULL}};
	struct hy_platform_call *c = post_call(
		net, peer, medium == HY_WECHAT_INLINE ? WX_INLINE : WX_UPLOAD, true, fn, user);
	void *ctx = talloc_new(NULL);
	char *type, *body;
	size_t n;

	/* without a name and its extension the platform says 41005 */
	if (file->n == 0 || file->n > ways[medium].most || strchr(file->name, '.') == NULL ||
	    strpbrk(file->name, "\"\r\n\\/") != NULL) {
		hy_platform_ask_nothing(c);
	} else {
		body = hy_platform_multipart(ctx, none, "media", file, &type, &n);
		hy_platform_post(c, url_of(ctx, c, ways[medium].path, ways[medium].more), type,
				 body, n, NULL);
	}
	talloc_free(ctx);
	return c;
}

struct hy_platform_call *hy_wechat_media(struct hy_net *net, const struct hy_platform_peer *peer,
					 const char *media_id, hy_platform_raw_fn *fn, void *user)
{
	struct hy_platform_call *c = call_new(net, peer, WX_MEDIA, false, user);

	c->answered = raw_answered;
	c->fn.raw = fn;
	if (media_id == NULL || strlen(media_id) > 256 ||
	    strspn(media_id, KEYS) != strlen(media_id) || media_id[0] == '\0')
		hy_platform_ask_nothing(c);
	else
		get(c, "media/get", hy_strf(c, "&media_id=%s", media_id));
	return c;
}
