/* WeChat: answers within the 48 hours, templates, media, followers. */
#include "config.h"
#include "practice/wechat.h"

#include <string.h>

#define WINDOW (48 * HY_HOUR)
#define TEXT_BYTES 2048
#define MEDIA_KEPT (3 * HY_DAY)

/* ---- customer-service messages ---- */

static struct member *touser(struct ask *ask)
{
	const char *openid = hy_json_str(ask_json(ask), "touser");
	struct member *m = openid ? member_find(ask->site, HY_PRACTICE_WECHAT, openid) : NULL;

	if (m && !m->ours)
		return m;
	wechat_error(ask, openid ? 40003 : 41009);
	return NULL;
}

static bool window_open(struct ask *ask, struct member *m)
{
	if (m->gone || !m->spoke || m->spoke + WINDOW < site_now(ask->site))
		wechat_error(ask, 45015);
	else if (m->left <= 0)
		wechat_error(ask, 45047);
	else
		return true;
	return false;
}

/* The text to keep of a message of this type; NULL with the refusal answered. */
static const char *message_body(struct ask *ask, const char *type)
{
	static const char *const with_media[] = {"image", "voice", "video", "mpnews"};
	static const char *const other[] = {"text", "news",	     "music", "msgmenu",
					    "wxcard", "mpnewsarticle", "miniprogrampage"};
	const struct hy_json *part = type ? hy_json_get(ask_json(ask), type) : NULL;
	struct hy_json_writer *w;
	bool known = false;

	for (size_t i = 0; part && i < HY_LEN(other); i++)
		known = known || !strcmp(other[i], type);
	for (size_t i = 0; part && i < HY_LEN(with_media); i++) {
		const char *id = hy_json_str(part, "media_id");

		if (strcmp(with_media[i], type) != 0)
			continue;
		if (!id || !wechat_media(ask->site, id, false)) {
			wechat_error(ask, id ? 40007 : 41006);
			return NULL;
		}
		known = true;
	}
	if (!known) {
		wechat_error(ask, 40008);
		return NULL;
	}
	if (!strcmp(type, "text")) {
		const char *text = hy_json_str(part, "content");

		if (text && *text && strlen(text) <= TEXT_BYTES)
			return text;
		wechat_error(ask, text && *text ? 45002 : 44004);
		return NULL;
	}
	w = hy_json_writer_new(ask, false);
	hy_jw_node(w, part);
	return hy_jw_text(w, NULL);
}

void wx_custom_send(struct ask *ask)
{
	const char *type = hy_json_str(ask_json(ask), "msgtype"), *text;
	struct member *m = touser(ask);
	struct note *n;

	if (!m || !window_open(ask, m) || !(text = message_body(ask, type)))
		return;
	n = note_add(ask->site, HY_PRACTICE_WECHAT, NOTE_MESSAGE, wechat_office(ask->site), text);
	if (!n) {
		wechat_error(ask, -1);
		return;
	}
	m->left--;
	n->by_api = true;
	n->to = m;
	n->type = hy_strdup(n, type);
	wechat_error(ask, 0);
}

void wx_typing(struct ask *ask)
{
	struct member *m = touser(ask);

	if (m && window_open(ask, m))
		wechat_error(ask, 0);
}

/* client_msg_id keeps a template message from going out twice within ten minutes. */
void wx_template_send(struct ask *ask)
{
	const struct hy_json *q = ask_json(ask);
	const char *id = hy_json_str(q, "template_id"), *key = hy_json_str(q, "client_msg_id");
	struct member *m = touser(ask);
	struct hy_practice *site = ask->site;
	struct note *n = NULL;
	struct hy_json_writer *w;

	if (!m)
		return;
	if (!id || !*id || !hy_json_get(q, "data") || m->gone) {
		wechat_error(ask, !id || !*id ? 40037 : m->gone ? 43004 : 47003);
		return;
	}
	for (size_t i = 0; key && i < site->n_notes && !n; i++)
		if (site->notes[i]->platform == HY_PRACTICE_WECHAT && site->notes[i]->key &&
		    !strcmp(site->notes[i]->key, key) &&
		    site_now(site) - site->notes[i]->made < 10 * HY_MINUTE)
			n = site->notes[i];
	if (!n) {
		w = hy_json_writer_new(ask, false);
		hy_jw_node(w, hy_json_get(q, "data"));
		n = note_add(site, HY_PRACTICE_WECHAT, NOTE_MESSAGE, wechat_office(site),
			     hy_jw_text(w, NULL));
		if (!n) {
			wechat_error(ask, -1);
			return;
		}
		n->by_api = true;
		n->to = m;
		n->type = hy_strf(n, "template %s", id);
		n->key = hy_strdup(n, key);
		wechat_push_event(site, "TEMPLATESENDJOBFINISH",
				  hy_strf(ask,
					  "<MsgID>%" PRId64 "</MsgID><Status><![CDATA[success]]>"
					  "</Status>",
					  n->id));
	}
	w = wechat_begin(ask);
	hy_jw_kint(w, "errcode", 0);
	hy_jw_kstr(w, "errmsg", "ok");
	hy_jw_kint(w, "msgid", n->id);
	wechat_end(ask, w);
}

/* ---- media ---- */

struct note *wechat_media(struct hy_practice *site, const char *media_id, bool permanent)
{
	for (size_t i = 0; i < site->n_notes; i++) {
		struct note *n = site->notes[i];

		if (n->platform == HY_PRACTICE_WECHAT && n->kind == NOTE_FILE && n->key &&
		    !strcmp(n->key, media_id) && !n->deleted)
			return !strcmp(n->extra, "permanent") ? n
			       : permanent || n->made + MEDIA_KEPT < site_now(site)
				       ? NULL
				       : n;
	}
	return NULL;
}

static bool is_jpg_or_png(const struct field *f)
{
	return f->n > 4 && (!memcmp(f->value, "\xff\xd8", 2) || !memcmp(f->value, "\x89PNG", 4));
}

static bool media_fits(struct ask *ask, const struct field *f, const char *type)
{
	static const struct {
		const char *type;
		size_t most;
		int code;
	} limits[] = {{"image", (size_t)10 << 20, 40009},
		      {"voice", (size_t)2 << 20, 40010},
		      {"video", (size_t)10 << 20, 40011},
		      {"thumb", (size_t)64 << 10, 40012}};
	size_t i = 0;

	while (type && i < HY_LEN(limits) && strcmp(limits[i].type, type) != 0)
		i++;
	if (!type || i == HY_LEN(limits))
		wechat_error(ask, 40004);
	else if (!f || !f->filename || !strchr(f->filename, '.'))
		wechat_error(ask, 41005);
	else if (!f->n)
		wechat_error(ask, 44001);
	else if (f->n > limits[i].most)
		wechat_error(ask, limits[i].code);
	else if (!strcmp(type, "image") && !is_jpg_or_png(f) && memcmp(f->value, "GIF8", 4) != 0)
		wechat_error(ask, 40005);
	else
		return true;
	return false;
}

static struct note *keep_media(struct ask *ask, const struct field *f, const char *type,
			       bool permanent)
{
	struct note *n = note_add(ask->site, HY_PRACTICE_WECHAT, NOTE_FILE,
				  wechat_office(ask->site), f->filename);

	if (!n) {
		wechat_error(ask, -1);
		return NULL;
	}
	n->by_api = true;
	n->type = hy_strdup(n, type);
	n->extra = permanent ? "permanent" : "";
	n->title = hy_strf(n, "%zu bytes", f->n);
	n->key = hy_strf(n, "media-%016" PRIx64, hy_rand_next(&ask->site->rand));
	return n;
}

void wx_media_upload(struct ask *ask)
{
	const struct field *f = ask_file(ask, "media");
	const char *type = ask->arg(ask, "type");
	struct hy_json_writer *w;
	struct note *n;

	if (!media_fits(ask, f, type) || !(n = keep_media(ask, f, type, false)))
		return;
	w = wechat_begin(ask);
	hy_jw_kstr(w, "type", type);
	hy_jw_kstr(w, "media_id", n->key);
	hy_jw_kint(w, "created_at", n->made / HY_SECOND);
	wechat_end(ask, w);
}

void wx_media_get(struct ask *ask)
{
	const char *id = ask->arg(ask, "media_id");

	/* What strangers send has this one id. */
	if (!id || (strcmp(id, "practice-media") != 0 && !wechat_media(ask->site, id, false))) {
		wechat_error(ask, id ? 40007 : 41006);
		return;
	}
	answer_text(ask, 200, "\x89PNG\r\n\x1a\npractice");
	ask->type = "image/png";
}

void wx_image_upload(struct ask *ask)
{
	const struct field *f = ask_file(ask, "media");
	struct hy_json_writer *w;
	struct note *n;

	if (!f || !f->filename || !strchr(f->filename, '.') || !is_jpg_or_png(f) ||
	    f->n >= (size_t)1 << 20) {
		wechat_error(ask, !f || !f->filename ? 41005 : is_jpg_or_png(f) ? 40009 : 40005);
		return;
	}
	n = keep_media(ask, f, "article image", true);
	if (!n)
		return;
	w = wechat_begin(ask);
	hy_jw_kstr(w, "url", hy_strf(ask, "%s/wx/img/%s", ask->site->base, n->key));
	wechat_end(ask, w);
}

void wx_material_add(struct ask *ask)
{
	const struct field *f = ask_file(ask, "media");
	const char *type = ask->arg(ask, "type");
	struct hy_json_writer *w;
	struct note *n;

	if (!media_fits(ask, f, type) || !(n = keep_media(ask, f, type, true)))
		return;
	w = wechat_begin(ask);
	hy_jw_kstr(w, "media_id", n->key);
	if (!strcmp(type, "image"))
		hy_jw_kstr(w, "url", hy_strf(ask, "%s/wx/img/%s", ask->site->base, n->key));
	wechat_end(ask, w);
}

void wx_material_delete(struct ask *ask)
{
	const char *id = hy_json_str(ask_json(ask), "media_id");
	struct note *n = id ? wechat_media(ask->site, id, true) : NULL;

	if (n)
		n->deleted = true;
	wechat_error(ask, n ? 0 : 40007);
}

void wx_material_count(struct ask *ask)
{
	static const char *const types[] = {"image", "voice", "video"};
	struct hy_practice *site = ask->site;
	struct hy_json_writer *w = wechat_begin(ask);

	for (size_t t = 0; t < HY_LEN(types); t++) {
		int64_t count = 0;

		for (size_t i = 0; i < site->n_notes; i++)
			count += site->notes[i]->platform == HY_PRACTICE_WECHAT &&
				 site->notes[i]->kind == NOTE_FILE && !site->notes[i]->deleted &&
				 !strcmp(site->notes[i]->extra, "permanent") &&
				 !strcmp(site->notes[i]->type, types[t]);
		hy_jw_kint(w, hy_strf(ask, "%s_count", types[t]), count);
	}
	hy_jw_kint(w, "news_count", 0);
	wechat_end(ask, w);
}

/* ---- followers ---- */

void wx_user_list(struct ask *ask)
{
	struct hy_practice *site = ask->site;
	struct hy_json_writer *w = wechat_begin(ask);
	int64_t total = 0;

	for (size_t i = 0; i < site->n_members; i++)
		total += site->members[i]->platform == HY_PRACTICE_WECHAT &&
			 !site->members[i]->ours && !site->members[i]->gone;
	hy_jw_kint(w, "total", total);
	hy_jw_kint(w, "count", total);
	if (total) { /* absent when there is nobody */
		hy_jw_key(w, "data");
		hy_jw_object(w);
		hy_jw_key(w, "openid");
		hy_jw_array(w);
		for (size_t i = 0; i < site->n_members; i++)
			if (site->members[i]->platform == HY_PRACTICE_WECHAT &&
			    !site->members[i]->ours && !site->members[i]->gone)
				hy_jw_str(w, site->members[i]->login);
		hy_jw_end_array(w);
		hy_jw_end_object(w);
	}
	hy_jw_kstr(w, "next_openid", "");
	wechat_end(ask, w);
}

void wx_user_info(struct ask *ask)
{
	const char *openid = ask->arg(ask, "openid");
	struct member *m = openid ? member_find(ask->site, HY_PRACTICE_WECHAT, openid) : NULL;
	struct hy_json_writer *w;

	if (!m) {
		wechat_error(ask, 40003);
		return;
	}
	w = wechat_begin(ask);
	hy_jw_kint(w, "subscribe", !m->gone);
	hy_jw_kstr(w, "openid", m->login);
	hy_jw_kstr(w, "language", "zh_CN");
	wechat_end(ask, w);
}
