/* Weibo, writing: what is refused and why, and what becomes of an accepted text (short links). */
#include "config.h"
#include "practice/weibo.h"

#include <string.h>
#include <strings.h>

#define POST_HALVES 280 /* 140 characters */
#define MESSAGE_HALVES 600
#define PICTURE_MAX ((size_t)5 << 20)
#define LINK_HALVES 20
#define SLOW_SECS 90 /* 20032: "shown after 1 to 2 minutes" */

/* ---- text ---- */

static size_t url_length(const char *s)
{
	size_t head = !strncmp(s, "http://", 7) ? 7 : !strncmp(s, "https://", 8) ? 8 : 0;
	size_t n = head;

	if (!head)
		return 0;
	/* Weibo takes Han characters that follow without a blank for part of the address. */
	while (s[n] && !strchr(" \t\r\n\"<>", s[n]))
		n++;
	return n > head ? n : 0;
}

int weibo_halves(const char *text)
{
	const char *end = text + strlen(text);
	int halves = 0;

	while (*text) {
		size_t n = url_length(text);
		uint32_t cp;

		if (n) {
			halves += LINK_HALVES;
			text += n;
			continue;
		}
		cp = hy_utf8_decode(text, end, &n);
		halves += cp < 0x100 ? 1 : cp < 0x10000 ? 2 : 4;
		text += n;
	}
	return halves;
}

/* The office's own domain is registered with the app; another one is none. */
static bool has_safe_url(struct ask *ask, const char *text)
{
	static const char *const safe[] = {"linjiang.example", "127.0.0.1", "localhost"};

	for (; *text; text++) {
		size_t n = url_length(text);
		char *host;

		if (!n)
			continue;
		host = hy_strndup(ask, text, n);
		host = strstr(host, "//") + 2;
		host[strcspn(host, ":/?#")] = '\0';
		for (size_t i = 0; i < HY_LEN(safe); i++) {
			size_t h = strlen(host), k = strlen(safe[i]);

			if (h >= k && !strcmp(host + h - k, safe[i]) &&
			    (h == k || host[h - k - 1] == '.'))
				return true;
		}
	}
	return false;
}

static bool has_topic(const char *text)
{
	const char *at;

	for (at = text; (at = strchr(at, '#')); at++) {
		const char *shut = strchr(at + 1, '#'), *blank = strpbrk(at + 1, " \n/");

		if (shut && shut > at + 1 && (!blank || blank > shut))
			return true;
	}
	return false;
}

/* As Weibo keeps it: every address has become http://t.cn/xxxxxxx. */
static char *shortened(struct ask *ask, const char *text)
{
	struct hy_buf b;

	hy_buf_init(&b, ask, BODY_MAX);
	while (*text) {
		size_t n = url_length(text);

		if (n && !ask->site->whole_links) {
			uint8_t hash[16];

			hy_xxh128(text, n, hash);
			hy_buf_fmt(&b, "http://t.cn/A6%.5s", hy_hex(ask, hash, 3));
			text += n;
		} else {
			hy_buf_chr(&b, *text++);
		}
	}
	return hy_buf_take(&b, NULL);
}

/* ---- checks ---- */

static bool text_fits(struct ask *ask, const char *text, int most, int code)
{
	if (!text || !text[strspn(text, " \t\r\n")]) {
		weibo_error(ask, 20008, NULL);
		return false;
	}
	if (weibo_halves(text) > most) {
		weibo_error(ask, code, NULL);
		return false;
	}
	return true;
}

static bool has_rip(struct ask *ask)
{
	const char *rip = ask_field(ask, "rip");

	if (rip && *rip)
		return true;
	weibo_error(ask, 10016, "rip");
	return false;
}

static bool picture_fits(struct ask *ask)
{
	const struct field *pic = ask_file(ask, "pic");
	const char *type = ask->head(ask, "Content-Type");

	if (!pic && type && !strncasecmp(type, "multipart/", 10)) {
		weibo_error(ask, 20007, NULL);
		return false;
	}
	if (!pic)
		return true;
	if (pic->n >= PICTURE_MAX) {
		weibo_error(ask, 20006, NULL);
		return false;
	}
	if (pic->n < 4 || (memcmp(pic->value, "\xff\xd8", 2) && memcmp(pic->value, "GIF8", 4) &&
			   memcmp(pic->value, "\x89PNG", 4))) {
		weibo_error(ask, 20005, NULL);
		return false;
	}
	return true;
}

static bool said_before(struct ask *ask, const struct member *me, enum note_kind kind,
			const char *text)
{
	struct hy_practice *site = ask->site;

	for (size_t i = 0; i < site->n_notes; i++) {
		const struct note *n = site->notes[i];

		if (n->platform == HY_PRACTICE_WEIBO && n->kind == kind && n->by == me &&
		    !n->deleted && !strcmp(n->text, text))
			return true;
	}
	return false;
}

/* ---- writing ---- */

static struct note *accept(struct ask *ask, struct token *t, enum note_kind kind, const char *text)
{
	char *kept = shortened(ask, text);
	bool slow = ask->fault.kind == HY_FAULT_ERROR && ask->fault.code == 20032;
	struct note *n;

	if (said_before(ask, t->of, kind, kept)) {
		weibo_error(ask, 20019, NULL);
		return NULL;
	}
	n = note_add(ask->site, HY_PRACTICE_WEIBO, kind, t->of, kept);
	if (!n) {
		weibo_error(ask, 10001, NULL);
		return NULL;
	}
	n->by_api = true;
	if (ask->fault.kind == HY_FAULT_LATE || slow)
		n->shown = n->made + (slow ? SLOW_SECS : ask->fault.secs) * HY_SECOND;
	return n;
}

static void answer_note(struct ask *ask, const struct note *n)
{
	struct hy_json_writer *w;

	if (ask->fault.kind == HY_FAULT_ERROR && ask->fault.code == 20032) {
		weibo_error(ask, 20032, NULL);
		return;
	}
	w = hy_json_writer_new(ask, false);
	if (n->kind == NOTE_COMMENT)
		put_comment(ask, w, n);
	else
		put_status(ask, w, n);
	answer_json(ask, 200, w);
}

void weibo_share(struct ask *ask, struct token *t)
{
	const char *text = ask_field(ask, "status");
	struct note *n;

	if (!has_rip(ask) || !text_fits(ask, text, POST_HALVES, 20012) || !picture_fits(ask))
		return;
	if (!has_safe_url(ask, text)) {
		weibo_error(ask, 10017, "text not find domain");
		return;
	}
	if (has_topic(text)) {
		weibo_error(ask, 10017, "text has a topic");
		return;
	}
	if (!quota_take(ask->site, "weibo/posts-hour", t->of->login, 30, HY_HOUR)) {
		weibo_error(ask, 20016, NULL);
		return;
	}
	n = accept(ask, t, NOTE_POST, text);
	if (!n)
		return;
	if (ask_file(ask, "pic"))
		n->extra = hy_strf(n, "pic%" PRId64, n->id);
	answer_note(ask, n);
}

void weibo_repost(struct ask *ask, struct token *t)
{
	struct note *of = note_find(ask->site, HY_PRACTICE_WEIBO, ask_int(ask, "id", 0));
	const char *text = ask_field(ask, "status");
	struct note *n;

	if (!has_rip(ask))
		return;
	if (!of || of->kind != NOTE_POST || !note_shown(ask->site, of)) {
		weibo_error(ask, 20101, NULL);
		return;
	}
	text = text && *text ? text : "转发微博";
	if (!text_fits(ask, text, POST_HALVES, 20012))
		return;
	n = accept(ask, t, NOTE_POST, text);
	if (!n)
		return;
	n->parent = of;
	answer_note(ask, n);
}

static bool comment_counted(struct ask *ask, struct token *t)
{
	if (quota_take(ask->site, "weibo/comments-hour", t->of->login, 60, HY_HOUR))
		return true;
	weibo_error(ask, 10024, NULL);
	return false;
}

static struct note *post_asked(struct ask *ask)
{
	struct note *n = note_find(ask->site, HY_PRACTICE_WEIBO, ask_int(ask, "id", 0));

	if (n && n->kind == NOTE_POST && note_shown(ask->site, n))
		return n;
	weibo_error(ask, ask_field(ask, "id") ? 20101 : 20109, NULL);
	return NULL;
}

void weibo_comment_create(struct ask *ask, struct token *t)
{
	const char *text = ask_field(ask, "comment");
	struct note *on, *n;

	if (!has_rip(ask) || !(on = post_asked(ask)) ||
	    !text_fits(ask, text, POST_HALVES, 20012) || !comment_counted(ask, t))
		return;
	n = accept(ask, t, NOTE_COMMENT, text);
	if (!n)
		return;
	n->about = on;
	answer_note(ask, n);
}

void weibo_comment_reply(struct ask *ask, struct token *t)
{
	struct note *to = note_find(ask->site, HY_PRACTICE_WEIBO, ask_int(ask, "cid", 0));
	const char *text = ask_field(ask, "comment");
	struct note *on, *n;

	if (!has_rip(ask) || !(on = post_asked(ask)))
		return;
	if (!to || to->kind != NOTE_COMMENT || to->about != on || !note_shown(ask->site, to)) {
		weibo_error(ask, ask_field(ask, "cid") ? 20201 : 20204, NULL);
		return;
	}
	if (!text_fits(ask, text, POST_HALVES, 20012) || !comment_counted(ask, t))
		return;
	if (!ask_bool(ask, "without_mention"))
		text = hy_strf(ask, "回复@%s:%s", to->by->name, text);
	n = accept(ask, t, NOTE_COMMENT, text);
	if (!n)
		return;
	n->about = on;
	n->parent = to;
	answer_note(ask, n);
}

void weibo_comment_destroy(struct ask *ask, struct token *t)
{
	struct note *n = note_find(ask->site, HY_PRACTICE_WEIBO, ask_int(ask, "cid", 0));
	struct hy_json_writer *w = hy_json_writer_new(ask, false);

	if (!n || n->kind != NOTE_COMMENT || n->deleted) {
		weibo_error(ask, 20201, NULL);
		return;
	}
	if (n->by != t->of && n->about->by != t->of) {
		weibo_error(ask, 20203, NULL);
		return;
	}
	put_comment(ask, w, n);
	n->deleted = true;
	answer_json(ask, 200, w);
}

/* ---- fan service: answers to private messages ---- */

static const char *message_text(struct ask *ask)
{
	const char *data = ask_field(ask, "data");
	struct hy_json *node = NULL;

	if (!data || hy_json_parse(ask, data, strlen(data), 0, &node, NULL))
		return NULL;
	return hy_json_str(node, "text");
}

void weibo_message_reply(struct ask *ask, struct token *t)
{
	struct hy_practice *site = ask->site;
	struct member *to = member_by_id(site, HY_PRACTICE_WEIBO, ask_int(ask, "receiver_id", 0));
	const char *type = ask_field(ask, "type"), *text = message_text(ask);
	struct hy_json_writer *w = hy_json_writer_new(ask, false);
	struct note *n;

	if (!type || strcmp(type, "text") != 0) {
		weibo_error(ask, 10017, "type");
		return;
	}
	if (!text_fits(ask, text, MESSAGE_HALVES, 20013))
		return;
	if (!to || to->gone || !to->spoke || to->spoke + 48 * HY_HOUR < site_now(site)) {
		weibo_error(ask, to ? 20301 : 20003, NULL);
		return;
	}
	n = note_add(site, HY_PRACTICE_WEIBO, NOTE_MESSAGE, t->of, text);
	if (!n) {
		weibo_error(ask, 10001, NULL);
		return;
	}
	n->by_api = true;
	n->to = to;
	hy_jw_object(w);
	hy_jw_kbool(w, "result", true);
	hy_jw_kint(w, "receiver_id", to->id);
	hy_jw_kint(w, "sender_id", t->of->id);
	hy_jw_kstr(w, "type", "text");
	hy_jw_kstr(w, "data", ask_field(ask, "data"));
	hy_jw_end_object(w);
	answer_json(ask, 200, w);
}
