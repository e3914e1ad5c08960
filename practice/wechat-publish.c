/*
 * WeChat: drafts, publishing, mass sends. Both are accepted at once and decided a little later by the
 * site's clock; the end is told by an event. The fault "late" sets how much later (secs) and how it
 * ends (code).
 */
#include "config.h"
#include "practice/wechat.h"

#include <stdlib.h>
#include <string.h>

#define DECIDED_SECS 10
#define ARTICLES_MAX 8
#define MASS_DAY 1 /* a subscription account's successes a day */

/* ---- articles ---- */

static size_t chars(const char *s)
{
	return s ? hy_utf8_count(s, strlen(s)) : 0;
}

static int article_fault(struct ask *ask, const struct hy_json *a)
{
	const char *title = hy_json_str(a, "title"), *text = hy_json_str(a, "content");
	const char *thumb = hy_json_str(a, "thumb_media_id"), *type = hy_json_str(a, "article_type");
	const char *url = hy_json_str(a, "content_source_url");
	bool news = !type || !strcmp(type, "news");

	if (!title || !*title || chars(title) > 32)
		return 45003;
	if (chars(hy_json_str(a, "author")) > 16 || chars(hy_json_str(a, "digest")) > 128)
		return 45004;
	if (url && strlen(url) > 1024)
		return 45005;
	if (!text || !*text)
		return 44004;
	if (chars(text) >= 20000 || strlen(text) >= (size_t)1 << 20)
		return 45002;
	if (news && (!thumb || !wechat_media(ask->site, thumb, true)))
		return 40007;
	return 0;
}

static bool articles_fit(struct ask *ask, const struct hy_json *list)
{
	if (!list || list->type != HY_JSON_ARRAY || !list->n || list->n > ARTICLES_MAX) {
		wechat_error(ask, list && list->n > ARTICLES_MAX ? 45008 : 44003);
		return false;
	}
	for (size_t i = 0; i < list->n; i++) {
		int code = article_fault(ask, list->at[i]);

		if (code) {
			wechat_error(ask, code);
			return false;
		}
	}
	return true;
}

/* Scripts are stripped; pictures of other hosts than our own upload lose their address. */
static char *cleaned(const void *ctx, const char *base, const char *html)
{
	char *ours = hy_strf(ctx, "%s/wx/img/", base);
	struct hy_buf b;

	hy_buf_init(&b, ctx, BODY_MAX);
	while (*html) {
		const char *end = strcasestr(html, "</script>");

		if (!strncasecmp(html, "<script", 7)) {
			html = end ? end + 9 : html + strlen(html);
		} else if (!strncasecmp(html, "src=\"", 5) &&
			   strncmp(html + 5, ours, strlen(ours)) != 0) {
			html += 5 + strcspn(html + 5, "\"");
			html += *html == '"';
		} else {
			hy_buf_chr(&b, *html++);
		}
	}
	return hy_buf_take(&b, NULL);
}

static void put_article(struct ask *ask, struct hy_json_writer *w, const struct hy_json *a)
{
	hy_jw_object(w);
	for (size_t i = 0; i < a->n; i++) {
		hy_jw_key(w, a->key[i]);
		if (!strcmp(a->key[i], "content") && a->at[i]->type == HY_JSON_STRING)
			hy_jw_str(w, cleaned(ask, ask->site->base, a->at[i]->text));
		else
			hy_jw_node(w, a->at[i]);
	}
	hy_jw_kstr(w, "url", hy_strf(ask, "%s/wx/s/draft", ask->site->base));
	hy_jw_end_object(w);
}

static void put_articles(struct ask *ask, struct hy_json_writer *w, const struct hy_json *list)
{
	hy_jw_key(w, "news_item");
	hy_jw_array(w);
	for (size_t i = 0; i < list->n; i++)
		put_article(ask, w, list->at[i]);
	hy_jw_end_array(w);
}

/* A tree that outlives the request: written and read again. */
static const struct hy_json *kept(const void *ctx, const struct hy_json *node)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);
	struct hy_json *out = NULL;
	const char *text;
	size_t n;

	hy_jw_node(w, node);
	text = hy_jw_text(w, &n);
	if (hy_json_parse(ctx, text, n, 0, &out, NULL))
		HY_BUG("a JSON text of our own does not parse");
	talloc_free(w);
	return out;
}

/* ---- drafts ---- */

static struct draft *draft_asked(struct ask *ask)
{
	const char *id = hy_json_str(ask_json(ask), "media_id");
	struct wechat *wx = wechat_of(ask->site);

	for (size_t i = 0; id && i < wx->n_drafts; i++)
		if (!wx->drafts[i]->gone && !strcmp(wx->drafts[i]->media_id, id))
			return wx->drafts[i];
	wechat_error(ask, id ? 40007 : 41006);
	return NULL;
}

void wx_draft_add(struct ask *ask)
{
	const struct hy_json *list = hy_json_get(ask_json(ask), "articles");
	struct wechat *wx = wechat_of(ask->site);
	struct hy_json_writer *w;
	struct draft *d;

	if (!articles_fit(ask, list))
		return;
	d = hy_new(wx, struct draft);
	d->media_id = hy_strf(d, "draft-%016" PRIx64, hy_rand_next(&ask->site->rand));
	d->articles = kept(d, list);
	d->changed = site_now(ask->site);
	wx->drafts = hy_grow(wx, wx->drafts, struct draft *, wx->n_drafts + 1);
	wx->drafts[wx->n_drafts++] = d;
	w = wechat_begin(ask);
	hy_jw_kstr(w, "media_id", d->media_id);
	wechat_end(ask, w);
}

void wx_draft_update(struct ask *ask)
{
	const struct hy_json *a = hy_json_get(ask_json(ask), "articles");
	int64_t index = hy_json_int(ask_json(ask), "index", 0);
	struct draft *d = draft_asked(ask);
	int code;

	if (!d)
		return;
	if (!a || a->type != HY_JSON_OBJECT || index < 0 || index >= (int64_t)d->articles->n) {
		wechat_error(ask, 40035);
		return;
	}
	code = article_fault(ask, a);
	if (!code) {
		d->articles->at[index] = (struct hy_json *)(uintptr_t)kept(d, a);
		d->changed = site_now(ask->site);
	}
	wechat_error(ask, code);
}

void wx_draft_get(struct ask *ask)
{
	struct draft *d = draft_asked(ask);
	struct hy_json_writer *w;

	if (!d)
		return;
	w = wechat_begin(ask);
	put_articles(ask, w, d->articles);
	wechat_end(ask, w);
}

void wx_draft_delete(struct ask *ask)
{
	struct draft *d = draft_asked(ask);

	if (!d)
		return;
	d->gone = true;
	wechat_error(ask, 0);
}

void wx_draft_count(struct ask *ask)
{
	struct wechat *wx = wechat_of(ask->site);
	struct hy_json_writer *w = wechat_begin(ask);
	int64_t n = 0;

	for (size_t i = 0; i < wx->n_drafts; i++)
		n += !wx->drafts[i]->gone;
	hy_jw_kint(w, "total_count", n);
	wechat_end(ask, w);
}

void wx_draft_list(struct ask *ask)
{
	struct wechat *wx = wechat_of(ask->site);
	int64_t from = hy_json_int(ask_json(ask), "offset", 0);
	int64_t count = hy_json_int(ask_json(ask), "count", 20), at = 0, given = 0;
	bool bare = hy_json_int(ask_json(ask), "no_content", 0);
	struct hy_json_writer *w;

	if (count < 1 || count > 20 || from < 0) {
		wechat_error(ask, 40035);
		return;
	}
	w = wechat_begin(ask);
	hy_jw_key(w, "item");
	hy_jw_array(w);
	for (size_t i = wx->n_drafts; i-- > 0;) {
		const struct draft *d = wx->drafts[i];

		if (d->gone || at++ < from || given >= count)
			continue;
		given++;
		hy_jw_object(w);
		hy_jw_kstr(w, "media_id", d->media_id);
		hy_jw_key(w, "content");
		hy_jw_object(w);
		if (!bare)
			put_articles(ask, w, d->articles);
		hy_jw_end_object(w);
		hy_jw_kint(w, "update_time", d->changed / HY_SECOND);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	hy_jw_kint(w, "total_count", at);
	hy_jw_kint(w, "item_count", given);
	wechat_end(ask, w);
}

/* ---- jobs ---- */

static struct job *job_add(struct ask *ask, bool mass)
{
	struct wechat *wx = wechat_of(ask->site);
	struct job *j = hy_new(wx, struct job);
	bool late = ask->fault.kind == HY_FAULT_LATE;

	j->id = world_id(ask->site, HY_PRACTICE_WECHAT);
	j->data_id = world_id(ask->site, HY_PRACTICE_WECHAT);
	j->mass = mass;
	j->made = site_now(ask->site);
	j->ends = j->made + (late ? ask->fault.secs : DECIDED_SECS) * HY_SECOND;
	j->result = late ? ask->fault.code : 0;
	j->article_id = hy_strf(j, "article-%016" PRIx64, hy_rand_next(&ask->site->rand));
	wx->jobs = hy_grow(wx, wx->jobs, struct job *, wx->n_jobs + 1);
	wx->jobs[wx->n_jobs++] = j;
	return j;
}

static bool done(const struct ask *ask, const struct job *j)
{
	return j->ends <= site_now(ask->site);
}

/* publish_id and msg_id come as numbers or as text. */
static struct job *job_asked(struct ask *ask, const char *name, bool mass)
{
	struct wechat *wx = wechat_of(ask->site);
	const char *text = hy_json_str(ask_json(ask), name);
	int64_t id = text ? strtoll(text, NULL, 10) : hy_json_int(ask_json(ask), name, 0);

	for (size_t i = 0; i < wx->n_jobs; i++)
		if (wx->jobs[i]->id == id && wx->jobs[i]->mass == mass)
			return wx->jobs[i];
	wechat_error(ask, mass ? 40059 : 40035);
	return NULL;
}

static char *article_url(const void *ctx, const struct hy_practice *site, const struct job *j,
			 size_t i)
{
	return hy_strf(ctx, "%s/wx/s/%s?idx=%zu", site->base, j->article_id, i + 1);
}

void wx_publish(struct ask *ask)
{
	struct draft *d = draft_asked(ask);
	struct hy_json_writer *w;
	struct job *j;

	if (!d)
		return;
	j = job_add(ask, false);
	j->articles = kept(j, d->articles);
	d->gone = true;
	w = wechat_begin(ask);
	hy_jw_kint(w, "errcode", 0);
	hy_jw_kstr(w, "errmsg", "ok");
	hy_jw_kstr(w, "publish_id", hy_strf(ask, "%" PRId64, j->id));
	hy_jw_kint(w, "msg_data_id", j->data_id);
	wechat_end(ask, w);
}

void wx_publish_get(struct ask *ask)
{
	struct job *j = job_asked(ask, "publish_id", false);
	struct hy_json_writer *w;
	int state;

	if (!j)
		return;
	state = !done(ask, j) ? 1 : j->deleted ? 5 : j->result;
	w = wechat_begin(ask);
	hy_jw_kstr(w, "publish_id", hy_strf(ask, "%" PRId64, j->id));
	hy_jw_kint(w, "publish_status", state);
	if (!state) {
		hy_jw_kstr(w, "article_id", j->article_id);
		hy_jw_key(w, "article_detail");
		hy_jw_object(w);
		hy_jw_kint(w, "count", (int64_t)j->articles->n);
		hy_jw_key(w, "item");
		hy_jw_array(w);
		for (size_t i = 0; i < j->articles->n; i++) {
			hy_jw_object(w);
			hy_jw_kint(w, "idx", (int64_t)i + 1);
			hy_jw_kstr(w, "article_url", article_url(ask, ask->site, j, i));
			hy_jw_end_object(w);
		}
		hy_jw_end_array(w);
		hy_jw_end_object(w);
	}
	hy_jw_key(w, "fail_idx");
	hy_jw_array(w);
	if (state == 2 || state == 4)
		hy_jw_int(w, 1);
	hy_jw_end_array(w);
	wechat_end(ask, w);
}

static struct job *article_job(struct ask *ask, const char *id)
{
	struct wechat *wx = wechat_of(ask->site);

	for (size_t i = 0; id && i < wx->n_jobs; i++)
		if (!strcmp(wx->jobs[i]->article_id, id) && done(ask, wx->jobs[i]) &&
		    !wx->jobs[i]->result && !wx->jobs[i]->deleted && wx->jobs[i]->articles)
			return wx->jobs[i];
	return NULL;
}

void wx_publish_delete(struct ask *ask)
{
	struct job *j = article_job(ask, hy_json_str(ask_json(ask), "article_id"));

	if (j)
		j->deleted = true;
	wechat_error(ask, j ? 0 : 53600);
}

void wx_article(struct ask *ask)
{
	struct job *j = article_job(ask, hy_json_str(ask_json(ask), "article_id"));
	struct hy_json_writer *w;

	if (!j) {
		wechat_error(ask, 53600);
		return;
	}
	w = wechat_begin(ask);
	put_articles(ask, w, j->articles);
	wechat_end(ask, w);
}

void wx_article_list(struct ask *ask)
{
	struct wechat *wx = wechat_of(ask->site);
	struct hy_json_writer *w = wechat_begin(ask);
	int64_t n = 0;

	hy_jw_key(w, "item");
	hy_jw_array(w);
	for (size_t i = wx->n_jobs; i-- > 0 && n < 20;) {
		struct job *j = article_job(ask, wx->jobs[i]->article_id);

		if (!j || j->mass)
			continue;
		n++;
		hy_jw_object(w);
		hy_jw_kstr(w, "article_id", j->article_id);
		hy_jw_key(w, "content");
		hy_jw_object(w);
		put_articles(ask, w, j->articles);
		hy_jw_end_object(w);
		hy_jw_kint(w, "update_time", j->ends / HY_SECOND);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	hy_jw_kint(w, "total_count", n);
	hy_jw_kint(w, "item_count", n);
	wechat_end(ask, w);
}

/* The page of a published article, as everybody reads it. */
void answer_wechat_page(struct ask *ask)
{
	struct job *j = article_job(ask, ask->path + 6);
	int64_t idx = ask_int(ask, "idx", 1);

	if (!j || idx < 1 || idx > (int64_t)j->articles->n) {
		answer_missing(ask);
		return;
	}
	ask->type = "text/html; charset=utf-8";
	hy_buf_str(&ask->out, "<!doctype html><meta charset=\"utf-8\"><p>样例 practice</p><h1>");
	put_escaped(&ask->out, hy_json_str(j->articles->at[idx - 1], "title"));
	hy_buf_fmt(&ask->out, "</h1>%s\n",
		   cleaned(ask, ask->site->base, hy_json_str(j->articles->at[idx - 1], "content")));
}

/* ---- mass sends ---- */

/* What goes out: articles of a draft, or a text. False with the refusal answered. */
static bool mass_body(struct ask *ask, const struct hy_json **articles, const char **text,
		      struct draft **draft)
{
	const char *type = hy_json_str(ask_json(ask), "msgtype");
	const struct hy_json *part = type ? hy_json_get(ask_json(ask), type) : NULL;
	const char *id = hy_json_str(part, "media_id");
	struct wechat *wx = wechat_of(ask->site);

	if (!part) {
		wechat_error(ask, 40008);
		return false;
	}
	*text = hy_json_str(part, "content");
	if (!strcmp(type, "text")) {
		if (!*text || !**text)
			wechat_error(ask, 44004);
		return *text && **text;
	}
	for (size_t i = 0; !strcmp(type, "mpnews") && id && i < wx->n_drafts; i++) {
		if (wx->drafts[i]->gone || strcmp(wx->drafts[i]->media_id, id) != 0)
			continue;
		*draft = wx->drafts[i];
		*articles = wx->drafts[i]->articles;
		return true;
	}
	*text = id;
	if (strcmp(type, "mpnews") != 0 && id && wechat_media(ask->site, id, false))
		return true;
	wechat_error(ask, 40007);
	return false;
}

/* Ours to choose, else a hash of what goes to whom. */
static char *client_id(struct ask *ask, const char *audience)
{
	const char *said = hy_json_str(ask_json(ask), "clientmsgid");
	uint8_t hash[HY_SHA256_LEN];
	char *all;

	if (said && *said)
		return hy_strdup(ask, said);
	all = hy_strf(ask, "%s\n%s", audience, ask->body.data);
	hy_sha256(all, strlen(all), hash);
	return hy_hex(ask, hash, 16);
}

/* True when this one was sent within the day: the answer then carries the earlier msg_id. */
static bool sent_before(struct ask *ask, const char *id)
{
	struct wechat *wx = wechat_of(ask->site);

	for (size_t i = 0; i < wx->n_jobs; i++) {
		const struct job *j = wx->jobs[i];
		hy_dur age = site_now(ask->site) - j->made;
		struct hy_json_writer *w;

		if (!j->mass || strcmp(j->client_id, id) != 0 || age >= HY_DAY)
			continue;
		if (age < HY_MINUTE) {
			wechat_error(ask, 45066);
			return true;
		}
		w = wechat_begin(ask);
		hy_jw_kint(w, "errcode", 45065);
		hy_jw_kstr(w, "errmsg", "clientmsgid exist rid: practice");
		hy_jw_kint(w, "msg_id", j->id);
		wechat_end(ask, w);
		return true;
	}
	return false;
}

static void mass(struct ask *ask, const char *audience)
{
	const struct hy_json *articles = NULL;
	char *id = client_id(ask, audience);
	struct hy_json_writer *w;
	struct draft *draft = NULL;
	const char *text = NULL;
	struct job *j;

	if (strlen(id) > 64) {
		wechat_error(ask, 45067);
		return;
	}
	if (sent_before(ask, id) || !mass_body(ask, &articles, &text, &draft))
		return;
	if (!quota_take(ask->site, "wechat/mass-minute", WECHAT_APPID, 60, HY_MINUTE)) {
		wechat_error(ask, 45011);
		return;
	}
	if (!quota_take(ask->site, "wechat/mass-day", WECHAT_APPID, MASS_DAY, HY_DAY)) {
		wechat_error(ask, 45028);
		return;
	}
	j = job_add(ask, true);
	j->client_id = hy_strdup(j, id);
	j->audience = hy_strdup(j, audience);
	j->articles = articles ? kept(j, articles) : NULL;
	j->text = hy_strdup(j, text);
	if (draft)
		draft->gone = true;
	w = wechat_begin(ask);
	hy_jw_kint(w, "errcode", 0);
	hy_jw_kstr(w, "errmsg", "send job submission success");
	hy_jw_kint(w, "msg_id", j->id);
	if (articles)
		hy_jw_kint(w, "msg_data_id", j->data_id);
	wechat_end(ask, w);
}

void wx_mass_all(struct ask *ask)
{
	const struct hy_json *f = hy_json_get(ask_json(ask), "filter");

	if (!f) {
		wechat_error(ask, 40035);
		return;
	}
	mass(ask, hy_json_bool(f, "is_to_all", false)
			  ? "all"
			  : hy_strf(ask, "tag %" PRId64, hy_json_int(f, "tag_id", 0)));
}

void wx_mass_some(struct ask *ask)
{
	const struct hy_json *list = hy_json_get(ask_json(ask), "touser");

	if (!list || list->type != HY_JSON_ARRAY || list->n < 2 || list->n > 10000)
		wechat_error(ask, list && list->type == HY_JSON_ARRAY ? 40032 : 40031);
	else
		mass(ask, hy_strf(ask, "%zu openids", list->n));
}

void wx_mass_preview(struct ask *ask)
{
	const struct hy_json *articles = NULL;
	const char *text = NULL;
	struct draft *draft = NULL;
	struct hy_json_writer *w;

	if (!mass_body(ask, &articles, &text, &draft))
		return;
	w = wechat_begin(ask);
	hy_jw_kint(w, "errcode", 0);
	hy_jw_kstr(w, "errmsg", "preview success");
	hy_jw_kint(w, "msg_id", world_id(ask->site, HY_PRACTICE_WECHAT));
	wechat_end(ask, w);
}

void wx_mass_get(struct ask *ask)
{
	struct job *j = job_asked(ask, "msg_id", true);
	struct hy_json_writer *w;

	if (!j)
		return;
	w = wechat_begin(ask);
	hy_jw_kint(w, "msg_id", j->id);
	hy_jw_kstr(w, "msg_status",
		   !done(ask, j) ? "SENDING"
		   : j->deleted	 ? "DELETE"
		   : j->result	 ? "SEND_FAIL"
				 : "SEND_SUCCESS");
	wechat_end(ask, w);
}

void wx_mass_delete(struct ask *ask)
{
	struct job *j = job_asked(ask, "msg_id", true);

	if (!j)
		return;
	j->deleted = true;
	wechat_error(ask, 0);
}

/* ---- the end is told ---- */

static void tell_mass(struct hy_practice *site, const void *ctx, const struct job *j)
{
	int64_t fans = 0;

	for (size_t i = 0; i < site->n_members; i++)
		fans += site->members[i]->platform == HY_PRACTICE_WECHAT &&
			!site->members[i]->ours && !site->members[i]->gone;
	wechat_push_event(
		site, "MASSSENDJOBFINISH",
		hy_strf(ctx,
			"<MsgID>%" PRId64 "</MsgID><Status><![CDATA[%s]]></Status><TotalCount>%" PRId64
			"</TotalCount><FilterCount>%" PRId64 "</FilterCount><SentCount>%" PRId64
			"</SentCount><ErrorCount>%" PRId64 "</ErrorCount>",
			j->id, j->result ? hy_strf(ctx, "err(%d)", j->result) : "send success", fans,
			fans, j->result ? 0 : fans, j->result ? fans : (int64_t)0));
}

static void tell_publish(struct hy_practice *site, const void *ctx, const struct job *j)
{
	struct hy_buf b;

	hy_buf_init(&b, ctx, BODY_MAX);
	hy_buf_fmt(&b,
		   "<PublishEventInfo><publish_id>%" PRId64
		   "</publish_id><publish_status>%d</publish_status>",
		   j->id, j->result);
	if (!j->result) {
		hy_buf_fmt(&b,
			   "<article_id><![CDATA[%s]]></article_id><article_detail><count>%zu</count>",
			   j->article_id, j->articles->n);
		for (size_t i = 0; i < j->articles->n; i++)
			hy_buf_fmt(&b,
				   "<item><idx>%zu</idx><article_url><![CDATA[%s]]></article_url>"
				   "</item>",
				   i + 1, article_url(ctx, site, j, i));
		hy_buf_str(&b, "</article_detail>");
	}
	hy_buf_str(&b, "</PublishEventInfo>");
	wechat_push_event(site, "PUBLISHJOBFINISH", b.data);
}

void wechat_tick(struct hy_practice *site)
{
	struct wechat *wx = wechat_of(site);
	void *ctx = talloc_new(NULL);

	for (size_t i = 0; i < wx->n_jobs; i++) {
		struct job *j = wx->jobs[i];

		if (j->told || j->ends > site_now(site))
			continue;
		j->told = true;
		if (j->mass)
			tell_mass(site, ctx, j);
		else
			tell_publish(site, ctx, j);
	}
	talloc_free(ctx);
}

void wechat_put_jobs(struct hy_practice *site, struct hy_json_writer *w)
{
	struct wechat *wx = wechat_of(site);

	hy_jw_key(w, "jobs");
	hy_jw_array(w);
	for (size_t i = 0; i < wx->n_jobs; i++) {
		const struct job *j = wx->jobs[i];

		hy_jw_object(w);
		hy_jw_kstr(w, "id", hy_strf(w, "%" PRId64, j->id));
		hy_jw_kbool(w, "mass", j->mass);
		hy_jw_kint(w, "result", j->result);
		hy_jw_kbool(w, "done", j->ends <= site_now(site));
		hy_jw_kbool(w, "deleted", j->deleted);
		if (j->audience)
			hy_jw_kstr(w, "audience", j->audience);
		if (j->client_id)
			hy_jw_kstr(w, "clientmsgid", j->client_id);
		if (j->text)
			hy_jw_kstr(w, "text", j->text);
		if (j->articles) {
			hy_jw_key(w, "articles");
			hy_jw_node(w, j->articles);
		}
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
}
