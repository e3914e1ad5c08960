/*
 * A Discuz! X forum as a guest reads it: RSS from a cache that is rebuilt while it is read, in the
 * site's own charset and without guid; and the mobile JSON, UTF-8 whatever the site has, every number
 * a text.
 */
#include "config.h"
#include "practice/internal.h"

#include <stdlib.h>
#include <string.h>

#define RSS_ITEMS 20
#define TOPICS_PAGE 20
#define POSTS_PAGE 10

static const struct {
	const char *fid, *name;
} boards[] = {{"2", "城东生活"}, {"36", "建言献策"}};

/* ---- refusals ---- */

/* Code 1 to 3: Discuz's own words, HTTP 200; a code of HTTP: what stands before the site. */
void discuz_refuse(struct ask *ask, int http, int code)
{
	static const char *const words[] = {"", "RSS Disabled", "Specified forum not found",
					    "Access Denied"};

	if (code > 0 && code < (int)HY_LEN(words)) {
		answer_text(ask, 200, words[code]);
		return;
	}
	answer_text(ask, code >= 400 && code <= 599 ? code : http,
		    "<html><head><title>practice</title></head><body>WAF</body></html>");
	ask->type = "text/html";
}

/* ---- threads ---- */

static const char *board_of(const struct note *n)
{
	return *n->extra ? n->extra : boards[0].fid;
}

static const char *board_name(const char *fid)
{
	for (size_t i = 0; i < HY_LEN(boards); i++)
		if (!strcmp(boards[i].fid, fid))
			return boards[i].name;
	return NULL;
}

static const char *subject_of(const struct note *n)
{
	return *n->title ? n->title : n->text;
}

static bool is_thread(const struct hy_practice *site, const struct note *n, const char *fid)
{
	return n->platform == HY_PRACTICE_DISCUZ && n->kind == NOTE_POST && note_shown(site, n) &&
	       (!fid || !strcmp(board_of(n), fid));
}

static int64_t replies_of(const struct hy_practice *site, const struct note *thread)
{
	int64_t n = 0;

	for (size_t i = 0; i < site->n_notes; i++)
		n += site->notes[i]->kind == NOTE_COMMENT && site->notes[i]->about == thread &&
		     note_shown(site, site->notes[i]);
	return n;
}

static char *escaped(const void *ctx, const char *s)
{
	struct hy_buf b;

	hy_buf_init(&b, ctx, BODY_MAX);
	put_escaped(&b, s);
	return hy_buf_take(&b, NULL);
}

/* ---- RSS ---- */

static void rss_item(struct ask *ask, const struct note *n)
{
	struct hy_buf *b = &ask->out;
	size_t cut = hy_utf8_cut(n->text, strlen(n->text) > 750 ? 750 : strlen(n->text));
	char date[32];

	hy_time_http(n->made, date);
	hy_buf_fmt(b, "    <item>\n      <title>%s</title>\n", escaped(ask, subject_of(n)));
	hy_buf_fmt(b, "      <link>%s/forum.php?mod=viewthread&amp;tid=%" PRId64 "</link>\n",
		   ask->site->base, n->id);
	/* Escaped, and then in CDATA: to be unescaped twice. */
	hy_buf_fmt(b, "      <description><![CDATA[%s]]></description>\n",
		   escaped(ask, hy_strndup(ask, n->text, cut)));
	hy_buf_fmt(b, "      <category>%s</category>\n      <author>%s</author>\n",
		   escaped(ask, board_name(board_of(n)) ? board_name(board_of(n)) : ""),
		   escaped(ask, n->by->name));
	hy_buf_fmt(b, "      <pubDate>%.25s +0000</pubDate>\n    </item>\n", date);
}

static void rss_head(struct ask *ask)
{
	char date[32];

	hy_time_http(site_now(ask->site), date);
	hy_buf_fmt(&ask->out,
		   "<?xml version=\"1.0\" encoding=\"%s\"?>\n<rss version=\"2.0\">\n  <channel>\n"
		   "    <title>临江论坛（样例）</title>\n    <link>%s/forum.php</link>\n"
		   "    <description>Latest threads of all forums 样例 practice</description>\n"
		   "    <copyright>Copyright(C) practice</copyright>\n"
		   "    <generator>Discuz! Board by Comsenz Inc.</generator>\n"
		   "    <lastBuildDate>%.25s +0000</lastBuildDate>\n    <ttl>%d</ttl>\n",
		   ask->site->discuz_charset, ask->site->base, date, ask->site->discuz_ttl);
}

/* The cache holds what was there when it was built last. */
static void rss_items(struct ask *ask, const char *fid)
{
	struct hy_practice *site = ask->site;
	hy_time now = site_now(site);
	int n = 0;

	if (!site->discuz_built || now - site->discuz_built > site->discuz_ttl * HY_MINUTE) {
		site->discuz_built = now; /* and this reader goes away empty */
		site->discuz_holds = site->n_notes;
		return;
	}
	for (size_t i = site->discuz_holds; i-- > 0 && n < RSS_ITEMS;) {
		const struct note *t = site->notes[i];

		if (!is_thread(site, t, fid))
			continue;
		rss_item(ask, t);
		n++;
	}
}

static void answer_forum_rss(struct ask *ask)
{
	const char *fid = ask->arg(ask, "fid");
	char *bytes = NULL;
	size_t n = 0;

	if (fid && !board_name(fid)) {
		answer_text(ask, 200, "Specified forum not found");
		return;
	}
	rss_head(ask);
	if (ask->fault.kind != HY_FAULT_EMPTY)
		rss_items(ask, fid);
	hy_buf_str(&ask->out, "  </channel>\n</rss>");
	ask->type = "application/xml"; /* says no charset: the declaration does */
	if (!strcmp(ask->site->discuz_charset, "utf-8") ||
	    hy_charset_from_utf8(ask, ask->site->discuz_charset, ask->out.data, ask->out.len, &bytes,
				 &n, NULL))
		return;
	hy_buf_reset(&ask->out);
	hy_buf_add(&ask->out, bytes, n);
}

/* ---- mobile JSON ---- */

static void kint(struct ask *ask, struct hy_json_writer *w, const char *name, int64_t v)
{
	hy_jw_kstr(w, name, hy_strf(ask, "%" PRId64, v));
}

static void put_session(struct ask *ask, struct hy_json_writer *w)
{
	hy_jw_kstr(w, "cookiepre", "prac_2132_");
	hy_jw_key(w, "auth");
	hy_jw_null(w);
	hy_jw_kstr(w, "saltkey", "practice");
	kint(ask, w, "member_uid", 0);
	hy_jw_kstr(w, "member_username", "");
	kint(ask, w, "groupid", 7);
	hy_jw_kstr(w, "formhash", "0a1b2c3d");
	hy_jw_key(w, "ismoderator");
	hy_jw_null(w);
	kint(ask, w, "readaccess", 1);
}

/* "half an hour ago" in markup, as the templates make it: of no use as a time. */
static void put_dates(struct ask *ask, struct hy_json_writer *w, const char *name, hy_time t)
{
	char iso[HY_TIME_ISO_OFFSET_MAX];

	hy_time_iso_offset(t, 480, iso);
	hy_jw_kstr(w, name,
		   hy_strf(ask, "<span title=\"%.10s %.5s\">刚刚&nbsp;</span>", iso, iso + 11));
	kint(ask, w, hy_strf(ask, "db%s", name), t / HY_SECOND);
}

static void put_thread(struct ask *ask, struct hy_json_writer *w, const struct note *n)
{
	hy_jw_object(w);
	kint(ask, w, "tid", n->id);
	hy_jw_kstr(w, "fid", board_of(n));
	hy_jw_kstr(w, "author", n->by->name);
	kint(ask, w, "authorid", n->by->id);
	hy_jw_kstr(w, "subject", escaped(ask, subject_of(n)));
	put_dates(ask, w, "dateline", n->made);
	put_dates(ask, w, "lastpost", n->made);
	kint(ask, w, "replies", replies_of(ask->site, n));
	kint(ask, w, "views", 1);
	kint(ask, w, "displayorder", 0);
	kint(ask, w, "readperm", 0);
	kint(ask, w, "attachment", 0);
	hy_jw_end_object(w);
}

static void put_post(struct ask *ask, struct hy_json_writer *w, const struct note *n, int64_t floor)
{
	hy_jw_object(w);
	kint(ask, w, "pid", n->id * 10);
	kint(ask, w, "tid", n->kind == NOTE_POST ? n->id : n->about->id);
	kint(ask, w, "first", n->kind == NOTE_POST);
	hy_jw_kstr(w, "author", n->by->name);
	kint(ask, w, "authorid", n->by->id);
	put_dates(ask, w, "dateline", n->made);
	hy_jw_kstr(w, "message", hy_strf(ask, "%s<br />\r\n", escaped(ask, n->text)));
	kint(ask, w, "anonymous", 0);
	kint(ask, w, "number", floor);
	kint(ask, w, "position", floor);
	hy_jw_end_object(w);
}

static int64_t page_of(struct ask *ask, int64_t n, int64_t size)
{
	int64_t page = ask_int(ask, "page", 1), last = (n + size - 1) / size;

	return page < 1 ? 1 : page > last && last ? last : page; /* too large: the last one */
}

static void message(struct ask *ask, struct hy_json_writer *w, const char *code, const char *text)
{
	hy_jw_end_object(w); /* Variables */
	hy_jw_key(w, "Message");
	hy_jw_object(w);
	hy_jw_kstr(w, "messageval", code);
	hy_jw_kstr(w, "messagestr", text);
	hy_jw_end_object(w);
	(void)ask;
}

static void put_threads(struct ask *ask, struct hy_json_writer *w, const char *name,
			const char *fid, int64_t size)
{
	struct hy_practice *site = ask->site;
	int64_t n = 0, at = 0, page;

	for (size_t i = 0; i < site->n_notes; i++)
		n += is_thread(site, site->notes[i], fid);
	page = page_of(ask, n, size);
	hy_jw_key(w, name);
	hy_jw_array(w);
	for (size_t i = site->n_notes; i-- > 0;) {
		if (!is_thread(site, site->notes[i], fid) || ask->fault.kind == HY_FAULT_EMPTY)
			continue;
		at++;
		if (at > (page - 1) * size && at <= page * size)
			put_thread(ask, w, site->notes[i]);
	}
	hy_jw_end_array(w);
}

static void forumindex(struct ask *ask, struct hy_json_writer *w)
{
	hy_jw_key(w, "forumlist");
	hy_jw_array(w);
	for (size_t i = 0; i < HY_LEN(boards); i++) {
		int64_t n = 0;

		for (size_t k = 0; k < ask->site->n_notes; k++)
			n += is_thread(ask->site, ask->site->notes[k], boards[i].fid);
		hy_jw_object(w);
		hy_jw_kstr(w, "fid", boards[i].fid);
		hy_jw_kstr(w, "name", boards[i].name);
		kint(ask, w, "threads", n);
		kint(ask, w, "todayposts", n);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	hy_jw_end_object(w);
}

static void forumdisplay(struct ask *ask, struct hy_json_writer *w)
{
	const char *fid = ask->arg(ask, "fid");
	int64_t size = ask_int(ask, "tpp", TOPICS_PAGE);

	if (!fid || !board_name(fid)) {
		message(ask, w, "forum_nonexistence", "抱歉，指定的版块不存在");
		return;
	}
	hy_jw_key(w, "forum");
	hy_jw_object(w);
	hy_jw_kstr(w, "fid", fid);
	hy_jw_kstr(w, "name", board_name(fid));
	hy_jw_kstr(w, "password", "0");
	hy_jw_end_object(w);
	put_threads(ask, w, "forum_threadlist", fid, size > 0 ? size : TOPICS_PAGE);
	kint(ask, w, "tpp", size);
	kint(ask, w, "page", ask_int(ask, "page", 1));
	hy_jw_end_object(w);
}

static void viewthread(struct ask *ask, struct hy_json_writer *w)
{
	struct hy_practice *site = ask->site;
	struct note *t = note_find(site, HY_PRACTICE_DISCUZ, ask_int(ask, "tid", 0));
	int64_t size = ask_int(ask, "ppp", POSTS_PAGE), page, floor = 1;

	if (!t || !is_thread(site, t, NULL)) {
		message(ask, w, "thread_nonexistence", "抱歉，指定的主题不存在或已被删除或正在被审核");
		return;
	}
	size = size > 0 ? size : POSTS_PAGE;
	page = page_of(ask, replies_of(site, t) + 1, size);
	hy_jw_key(w, "thread");
	put_thread(ask, w, t);
	hy_jw_kstr(w, "fid", board_of(t));
	hy_jw_key(w, "postlist");
	hy_jw_array(w);
	if (page == 1)
		put_post(ask, w, t, 1);
	for (size_t i = 0; i < site->n_notes; i++) {
		const struct note *n = site->notes[i];

		if (n->kind != NOTE_COMMENT || n->about != t || !note_shown(site, n))
			continue;
		floor++;
		if (floor > (page - 1) * size && floor <= page * size)
			put_post(ask, w, n, floor);
	}
	hy_jw_end_array(w);
	hy_jw_key(w, "comments");
	hy_jw_array(w); /* an empty array where an object is meant, as PHP prints it */
	hy_jw_end_array(w);
	kint(ask, w, "ppp", size);
	hy_jw_end_object(w);
}

static void newthreads(struct ask *ask, struct hy_json_writer *w)
{
	int64_t size = ask_int(ask, "limit", TOPICS_PAGE);

	put_threads(ask, w, "data", ask->arg(ask, "fids"), size > 0 ? size : TOPICS_PAGE);
	hy_jw_end_object(w);
}

/* Everything beyond ASCII as \uXXXX. */
static void put_ascii(struct hy_buf *out, const char *s)
{
	const char *end = s + strlen(s);

	while (*s) {
		size_t n;
		uint32_t cp = hy_utf8_decode(s, end, &n);

		if (cp < 0x80)
			hy_buf_chr(out, *s);
		else if (cp < 0x10000)
			hy_buf_fmt(out, "\\u%04x", cp);
		else
			hy_buf_fmt(out, "\\u%04x\\u%04x", 0xD800 + ((cp - 0x10000) >> 10),
				   0xDC00 + ((cp - 0x10000) & 0x3FF));
		s += n;
	}
}

static const struct {
	const char *name;
	void (*run)(struct ask *ask, struct hy_json_writer *w);
} modules[] = {
	{"forumindex", forumindex}, {"forumdisplay", forumdisplay}, {"viewthread", viewthread},
	{"newthreads", newthreads}, {"hotthread", newthreads},
};

static void answer_mobile(struct ask *ask)
{
	const char *module = ask->arg(ask, "module"), *version = ask->arg(ask, "version");
	struct hy_json_writer *w = hy_json_writer_new(ask, false);
	size_t i = 0;

	ask->type = "application/json";
	if (ask->arg(ask, "check")) {
		hy_buf_str(&ask->out, "{\"discuzversion\":\"X3.5\",\"charset\":\"gbk\","
				      "\"version\":\"4\",\"pluginversion\":\"1.4.8\"}");
		return;
	}
	while (module && i < HY_LEN(modules) && strcmp(modules[i].name, module) != 0)
		i++;
	if (!module || i == HY_LEN(modules)) {
		hy_buf_str(&ask->out, module ? "{\"error\":\"module_not_exists\"}"
					     : "{\"error\":\"param_error\"}");
		return;
	}
	hy_jw_object(w);
	hy_jw_kstr(w, "Version", version && strlen(version) == 1 && *version > 48 && *version < 52 ? version : "4");
	hy_jw_kstr(w, "Charset", strcmp(ask->site->discuz_charset, "gbk") ? "UTF-8" : "GBK");
	hy_jw_key(w, "Variables");
	hy_jw_object(w);
	put_session(ask, w);
	modules[i].run(ask, w); /* ends Variables */
	hy_jw_end_object(w);
	put_ascii(&ask->out, hy_jw_text(w, NULL));
}

void answer_discuz(struct ask *ask)
{
	const char *mod = ask->arg(ask, "mod");

	if (!strncmp(ask->path, "/api/mobile/", 12))
		answer_mobile(ask);
	else if (mod && !strcmp(mod, "rss"))
		answer_forum_rss(ask);
	else
		answer_missing(ask);
}
