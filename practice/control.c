/*
 * /practice/WHAT: the exercise leader's hand. Only POST with the header X-Practice: a page elsewhere
 * cannot make a browser send it.
 */
#include "config.h"
#include "practice/internal.h"

#include <string.h>

static bool platform_asked(struct ask *ask, enum hy_practice_platform *out)
{
	const char *name = ask_field(ask, "platform");

	*out = HY_PRACTICE_SITE;
	if (!name || platform_parse(name, out))
		return true;
	answer_text(ask, 400,
		    "platform is one of site, weibo, wechat, mastodon, discuz, sms, mail\n");
	return false;
}

static void answer_id(struct ask *ask, int64_t id)
{
	struct hy_json_writer *w = hy_json_writer_new(ask, false);

	hy_jw_object(w);
	hy_jw_kstr(w, "id", hy_strf(ask, "%" PRId64, id));
	hy_jw_end_object(w);
	answer_json(ask, 200, w);
}

/* kind, platform, times, after, code, secs, ms, op, on=reads|writes|all, of */
static void do_fault(struct ask *ask)
{
	const char *kind = ask_field(ask, "kind"), *on = ask_field(ask, "on");
	struct hy_practice_fault_rule rule = {.op = ask_field(ask, "op"),
					      .of = ask_field(ask, "of"),
					      .after = ask_field(ask, "after"),
					      .times = (int)ask_int(ask, "times", 1),
					      .code = (int)ask_int(ask, "code", 0),
					      .secs = (int)ask_int(ask, "secs", 0),
					      .ms = (int)ask_int(ask, "ms", 0)};

	if (!platform_asked(ask, &rule.platform))
		return;
	if (!kind || !hy_practice_fault_parse(kind, &rule.kind)) {
		answer_text(ask, 400,
			    "kind is one of none, drop, 429, 500, 401, 503, down, hang, drip, "
			    "garbage, big, error, empty, late, lost, double, shuffle\n");
		return;
	}
	rule.reads = on && (!strcmp(on, "reads") || !strcmp(on, "all"));
	rule.writes = !on || !strcmp(on, "writes") || !strcmp(on, "all");
	hy_practice_fault_add(ask->site, &rule);
	answer_text(ask, 200, "ok\n");
}

/* at=ISO or add=SECONDS */
static void do_clock(struct ask *ask)
{
	const char *at = ask_field(ask, "at");
	hy_time t = site_now(ask->site) + ask_int(ask, "add", 0) * HY_SECOND;
	struct hy_err err = {0};
	char iso[HY_TIME_ISO_MAX];

	if (at && hy_time_parse_iso(at, 480, &t, &err)) {
		answer_text(ask, 400, hy_strf(ask, "%s\n", err.text));
		return;
	}
	ask->site->shift += t - site_now(ask->site);
	answer_text(ask, 200, hy_strf(ask, "%s\n", hy_time_iso(site_now(ask->site), iso)));
}

static enum note_kind kind_of(const char *s)
{
	return s && !strcmp(s, "comment")   ? NOTE_COMMENT
	       : s && !strcmp(s, "message") ? NOTE_MESSAGE
					    : NOTE_POST;
}

/* platform, kind=post|comment|message, name, text, title, about=ID, to=ACCOUNT, type (WeChat: image,
 * event ...), extra (Discuz: the board's fid) */
static void do_say(struct ask *ask)
{
	const char *name = ask_field(ask, "name"), *text = ask_field(ask, "text");
	const char *to = ask_field(ask, "to"), *title = ask_field(ask, "title");
	enum note_kind kind = kind_of(ask_field(ask, "kind"));
	struct hy_practice *site = ask->site;
	enum hy_practice_platform p;
	struct note *n, *about;

	if (!platform_asked(ask, &p))
		return;
	about = note_find(site, p, ask_int(ask, "about", 0));
	if (!text || (kind == NOTE_COMMENT && !about) ||
	    (kind == NOTE_MESSAGE && to && !member_find(site, p, to))) {
		answer_text(ask, 400, "say needs text; a comment needs about=ID, a message an "
				      "account that is there\n");
		return;
	}
	n = note_add(site, p, kind, member_make(site, p, name ? name : "路人（样例）", false), text);
	if (!n) {
		answer_text(ask, 507, "the site is full\n");
		return;
	}
	n->about = about;
	n->title = hy_strdup(n, title ? title : "");
	n->type = hy_strdup(n, ask_field(ask, "type") ? ask_field(ask, "type") : "");
	n->extra = hy_strdup(n, ask_field(ask, "extra") ? ask_field(ask, "extra") : "");
	if (kind == NOTE_MESSAGE)
		n->to = member_find(site, p, to);
	note_said(site, n);
	answer_id(ask, n->id);
}

/* platform, id, text: edited; without text: deleted */
static void do_change(struct ask *ask)
{
	const char *text = ask_field(ask, "text");
	enum hy_practice_platform p;
	struct note *n;

	if (!platform_asked(ask, &p))
		return;
	n = note_find(ask->site, p, ask_int(ask, "id", 0));
	if (!n) {
		answer_text(ask, 404, "no such id\n");
		return;
	}
	if (text) {
		n->text = hy_strdup(n, text);
		n->edited = site_now(ask->site);
	} else {
		n->deleted = true;
	}
	answer_id(ask, n->id);
}

/* platform, account, token: a new one; token alone: ends=SECONDS from now or revoked=1 */
static void do_token(struct ask *ask)
{
	const char *text = ask_field(ask, "token"), *account = ask_field(ask, "account");
	struct hy_practice *site = ask->site;
	int64_t ends = ask_int(ask, "ends", -1);
	enum hy_practice_platform p;
	struct token *t;

	if (!platform_asked(ask, &p))
		return;
	t = token_find(site, p, text);
	if (!t && text && account)
		t = token_add(site, member_make(site, p, account, true), text, 0);
	if (!t) {
		answer_text(ask, 404, "no such token; with account=NAME a new one is made\n");
		return;
	}
	if (ends >= 0)
		t->ends = site_now(site) + ends * HY_SECOND;
	if (ask_field(ask, "revoked"))
		t->revoked = ask_bool(ask, "revoked");
	answer_text(ask, 200, "ok\n");
}

static void do_quota(struct ask *ask)
{
	const char *name = ask_field(ask, "name");
	int64_t limit = ask_int(ask, "limit", -1);

	if (!name || limit < 0 || limit > INT32_MAX) {
		answer_text(ask, 400, "quota needs name and limit\n");
		return;
	}
	quota_set(ask->site, name, (int)limit);
	answer_text(ask, 200, "ok\n");
}

/* name, value: how a platform behaves from now on */
static void do_set(struct ask *ask)
{
	const char *name = ask_field(ask, "name"), *value = ask_field(ask, "value");
	struct hy_practice *site = ask->site;

	if (!name || !value)
		answer_text(ask, 400, "set needs name and value\n");
	else if (!strcmp(name, "short-links"))
		site->whole_links = !strcmp(value, "0");
	else if (!strcmp(name, "long-text")) {
		site->cuts_all = !strcmp(value, "never");
		site->cuts_lists = site->cuts_all || !strcmp(value, "single");
	} else if (!strcmp(name, "discuz-charset"))
		site->discuz_charset = strcmp(value, "gbk") ? "utf-8" : "gbk";
	else if (!strcmp(name, "discuz-ttl"))
		site->discuz_ttl = (int)ask_int(ask, "value", 30);
	else if (!strcmp(name, "imap-id"))
		site->mail_id = !strcmp(value, "1");
	else if (!strcmp(name, "uid-validity"))
		site->uid_validity = (int)ask_int(ask, "value", 1);
	else if (!strcmp(name, "token-answer"))
		site->token_answer = strcmp(value, "true") ? hy_strdup(site, value) : NULL;
	else
		answer_text(ask, 400,
			    "name is short-links, long-text, discuz-charset, discuz-ttl, imap-id, "
			    "uid-validity or token-answer\n");
	if (ask->status == 200)
		answer_text(ask, 200, "ok\n");
}

static const struct {
	const char *name;
	void (*run)(struct ask *ask);
} verbs[] = {
	{"fault", do_fault}, {"clock", do_clock}, {"say", do_say},     {"change", do_change},
	{"token", do_token}, {"quota", do_quota}, {"hook", do_hook},
	{"set", do_set},
};

void answer_control(struct ask *ask, const char *what)
{
	size_t i = 0;

	while (i < HY_LEN(verbs) && strcmp(verbs[i].name, what) != 0)
		i++;
	if (i == HY_LEN(verbs))
		answer_missing(ask);
	else if (ask->method != M_POST || !ask->practice)
		answer_text(ask, 403, "POST with the header X-Practice is needed\n");
	else
		verbs[i].run(ask);
}
