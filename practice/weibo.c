/*
 * Weibo's REST v2 as apis describe it: one token is one account, every call is counted, ids are
 * larger than a double holds, refusals are told by error_code. Reading is here.
 */
#include "config.h"
#include "practice/weibo.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- refusals ---- */

static const struct {
	int code, http;
	const char *text;
} errors[] = {
	{10001, 503, "system error"},
	{10002, 503, "service unavailable"},
	{10003, 503, "remote service error"},
	{10004, 403, "IP limit"},
	{10005, 403, "permission denied, need a high level appkey"},
	{10006, 400, "source paramter (appkey) is missing"},
	{10007, 400, "unsupport mediatype"},
	{10008, 400, "param error, see doc for more info"},
	{10009, 503, "too many pending tasks, system is busy"},
	{10010, 503, "job expired"},
	{10011, 503, "RPC error"},
	{10012, 400, "illegal request"},
	{10013, 400, "invalid weibo user"},
	{10014, 403, "insufficient app permissions"},
	{10016, 400, "miss required parameter"},
	{10017, 400, "parameter value is not valid"},
	{10018, 413, "request body length over limit"},
	{10020, 404, "request api not found"},
	{10021, 405, "HTTP method is not suported for this request"},
	{10022, 403, "IP requests out of rate limit"},
	{10023, 403, "user requests out of rate limit"},
	{10024, 403, "user requests for this api are out of rate limit"},
	{20001, 400, "IDs is null"},
	{20002, 400, "uid parameter is null"},
	{20003, 400, "user does not exists"},
	{20004, 400, "IDs is too many"},
	{20005, 400, "unsupported image type, only suport JPG, GIF, PNG"},
	{20006, 400, "image size too large"},
	{20007, 400, "does multipart has image"},
	{20008, 400, "content is null"},
	{20009, 400, "IDs is too many"},
	{20012, 400, "text too long, please input text less than 140 characters"},
	{20013, 400, "text too long, please input text less than 300 characters"},
	{20014, 400, "param is error, please try again"},
	{20015, 403, "account or ip or app is illgal, can not continue"},
	{20016, 400, "out of limit"},
	{20017, 400, "repeat content"},
	{20018, 400, "contain illegal website"},
	{20019, 400, "repeat content"},
	{20020, 400, "contain advertising"},
	{20021, 400, "content is illegal"},
	{20022, 403, "your ip's behave in a comic boisterous or unruly manner"},
	{20031, 403, "test and verify"},
	{20032, 400, "update success, while server slow now, please wait 1-2 minutes"},
	{20049, 400, "long text is too long"},
	{20101, 400, "target weibo does not exist"},
	{20102, 400, "not your own weibo"},
	{20103, 400, "can't repost yourself weibo"},
	{20104, 400, "illegal weibo"},
	{20109, 400, "weibo id is null"},
	{20111, 400, "repeated weibo text"},
	{20201, 400, "target weibo comment does not exist"},
	{20202, 400, "illegal comment"},
	{20203, 400, "not your own comment"},
	{20204, 400, "comment id is null"},
	{20301, 400, "can't send direct message to user who is not your follower"},
	{20306, 400, "repeated direct message"},
	{20508, 400, "privacy setting"},
	{21301, 401, "auth faild"},
	{21314, 401, "token used"},
	{21315, 401, "token expired"},
	{21316, 401, "token revoked"},
	{21317, 401, "token rejected"},
	{21319, 401, "accessor was revoked"},
	{21321, 403, "applications over the unaudited use restrictions"},
	{21322, 400, "redirect_uri_mismatch"},
	{21323, 400, "invalid_request"},
	{21324, 400, "invalid_client"},
	{21325, 400, "invalid_grant"},
	{21326, 400, "unauthorized_client"},
	{21327, 401, "expired_token"},
	{21328, 400, "unsupported_grant_type"},
	{21329, 400, "unsupported_response_type"},
	{21330, 401, "access_denied"},
	{21331, 503, "temporarily_unavailable"},
	{21332, 401, "invalid_access_token"},
	{21337, 403, "appkey permission denied"},
	{21602, 400, "contains forbid world"},
};

void weibo_error(struct ask *ask, int code, const char *detail)
{
	struct hy_json_writer *w = hy_json_writer_new(ask, false);
	const char *text = "practice: error by script";
	int http = 400;

	for (size_t i = 0; i < HY_LEN(errors); i++) {
		if (errors[i].code == code) {
			text = errors[i].text;
			http = errors[i].http;
		}
	}
	hy_jw_object(w);
	hy_jw_kstr(w, "request", strncmp(ask->path, "/2/", 3) ? ask->path : ask->path + 2);
	hy_jw_kint(w, "error_code", code);
	hy_jw_kstr(w, "error", detail ? hy_strf(ask, "%s! %s", text, detail) : text);
	if (!strncmp(ask->path, "/oauth2/", 8))
		hy_jw_kstr(w, "error_description", text);
	hy_jw_end_object(w);
	answer_json(ask, http, w);
	ask->site->refused[HY_PRACTICE_WEIBO]++;
}

void weibo_refuse(struct ask *ask, int http, int code)
{
	if (code) {
		weibo_error(ask, code, NULL);
		return;
	}
	if (http == 401)
		weibo_error(ask, 21332, NULL);
	else if (http == 429)
		weibo_error(ask, 10023, NULL);
	else
		weibo_error(ask, http == 503 ? 10002 : 10001, NULL);
	ask->status = http;
}

/* ---- what is shown ---- */

/* "Wed Oct 24 23:49:17 +0800 2012" */
static char *weibo_time(struct ask *ask, hy_time t)
{
	char http[32], iso[HY_TIME_ISO_OFFSET_MAX];

	hy_time_http(t + 8 * HY_HOUR, http); /* "Sat, 21 Nov 2026 06:05:00 GMT" */
	hy_time_iso_offset(t, 480, iso);
	return hy_strf(ask, "%.3s %.3s %.2s %.8s +0800 %.4s", http, http + 8, http + 5, iso + 11,
		       iso);
}

static void kid(struct ask *ask, struct hy_json_writer *w, int64_t id)
{
	const char *text = hy_strf(ask, "%" PRId64, id);

	hy_jw_kint(w, "id", id);
	hy_jw_kstr(w, "idstr", text);
	hy_jw_kstr(w, "mid", text);
}

static void put_user(struct ask *ask, struct hy_json_writer *w, const struct member *m)
{
	hy_jw_key(w, "user");
	if (ask_bool(ask, "trim_user")) {
		hy_jw_int(w, m->id);
		return;
	}
	hy_jw_object(w);
	hy_jw_kint(w, "id", m->id);
	hy_jw_kstr(w, "idstr", hy_strf(ask, "%" PRId64, m->id));
	hy_jw_kstr(w, "screen_name", m->name);
	hy_jw_kstr(w, "name", m->name);
	hy_jw_kstr(w, "location", "临江");
	hy_jw_kstr(w, "description", "样例 practice");
	hy_jw_kstr(w, "gender", "n");
	hy_jw_kint(w, "followers_count", 0);
	hy_jw_kbool(w, "verified", m->ours);
	hy_jw_kint(w, "verified_type", m->ours ? 1 : -1);
	hy_jw_kstr(w, "created_at", weibo_time(ask, ask->site->start));
	hy_jw_end_object(w);
}

static int64_t comments_of(const struct hy_practice *site, const struct note *post)
{
	int64_t n = 0;

	for (size_t i = 0; i < site->n_notes; i++)
		n += site->notes[i]->kind == NOTE_COMMENT && site->notes[i]->about == post &&
		     note_shown(site, site->notes[i]);
	return n;
}

/* More than 140 characters are cut, and the whole is to be asked for. */
static void put_text(struct ask *ask, struct hy_json_writer *w, const struct note *n)
{
	bool longer = weibo_halves(n->text) > 280;
	size_t cut = 0;

	for (int chars = 0; longer && chars < 140; chars++) {
		size_t k;

		(void)hy_utf8_decode(n->text + cut, n->text + strlen(n->text), &k);
		cut += k;
	}
	hy_jw_kstr(w, "text",
		   longer ? hy_strf(ask, "%.*s…全文： http://m.weibo.cn/1/%" PRId64, (int)cut,
				    n->text, n->id)
			  : n->text);
	hy_jw_kbool(w, "isLongText", longer);
	if (longer && ask_bool(ask, "isGetLongText") && !ask->site->cuts_all &&
	    (!ask->site->cuts_lists || strstr(ask->path, "statuses/show"))) {
		hy_jw_key(w, "longText");
		hy_jw_object(w);
		hy_jw_kstr(w, "longTextContent", n->text);
		hy_jw_end_object(w);
	}
}

void put_status(struct ask *ask, struct hy_json_writer *w, const struct note *n)
{
	hy_jw_object(w);
	hy_jw_kstr(w, "created_at", weibo_time(ask, n->made));
	kid(ask, w, n->id);
	put_text(ask, w, n);
	hy_jw_kstr(w, "source",
		   n->by_api ? "<a href=\"http://app.weibo.com/t/feed/practice\" "
			       "rel=\"nofollow\">样例</a>"
			     : "");
	hy_jw_kbool(w, "favorited", false);
	hy_jw_kbool(w, "truncated", false);
	hy_jw_kstr(w, "in_reply_to_status_id", "");
	hy_jw_key(w, "pic_ids");
	hy_jw_array(w);
	if (*n->extra)
		hy_jw_str(w, n->extra);
	hy_jw_end_array(w);
	hy_jw_key(w, "geo");
	hy_jw_null(w);
	put_user(ask, w, n->by);
	hy_jw_kint(w, "reposts_count", 0);
	hy_jw_kint(w, "comments_count", comments_of(ask->site, n));
	hy_jw_kint(w, "attitudes_count", 0);
	hy_jw_key(w, "visible");
	hy_jw_object(w);
	hy_jw_kint(w, "type", 0);
	hy_jw_kint(w, "list_id", 0);
	hy_jw_end_object(w);
	if (n->parent) {
		hy_jw_key(w, "retweeted_status");
		put_status(ask, w, n->parent);
	}
	hy_jw_end_object(w);
}

void put_comment(struct ask *ask, struct hy_json_writer *w, const struct note *n)
{
	hy_jw_object(w);
	hy_jw_kstr(w, "created_at", weibo_time(ask, n->made));
	kid(ask, w, n->id);
	hy_jw_kint(w, "rootid", n->parent ? n->parent->id : n->id);
	hy_jw_kint(w, "floor_number", 1);
	hy_jw_kstr(w, "text", n->text);
	hy_jw_kstr(w, "source", "");
	put_user(ask, w, n->by);
	hy_jw_key(w, "status");
	put_status(ask, w, n->about);
	if (n->parent) {
		hy_jw_key(w, "reply_comment");
		put_comment(ask, w, n->parent);
	}
	hy_jw_end_object(w);
}

/* ---- lists ---- */

typedef bool wanted_fn(const struct note *n, struct ask *ask, const struct member *me);

struct list {
	const char *name;
	wanted_fn *wanted;
	void (*put)(struct ask *ask, struct hy_json_writer *w, const struct note *n);
	int count, most;
};

static bool is_mention(const struct note *n, struct ask *ask, const struct member *me)
{
	if (ask_int(ask, "filter_by_type", 0) == 1 && n->parent)
		return false;
	return n->kind == NOTE_POST && note_mentions(n, me);
}

static bool is_own(const struct note *n, struct ask *ask, const struct member *me)
{
	(void)ask;
	return n->kind == NOTE_POST && n->by == me;
}

static bool is_repost(const struct note *n, struct ask *ask, const struct member *me)
{
	(void)me;
	return n->kind == NOTE_POST && n->parent && n->parent->id == ask_int(ask, "id", 0);
}

static bool is_comment_of(const struct note *n, struct ask *ask, const struct member *me)
{
	(void)me;
	return n->kind == NOTE_COMMENT && n->about->id == ask_int(ask, "id", 0);
}

static bool is_to_me(const struct note *n, struct ask *ask, const struct member *me)
{
	(void)ask;
	return n->kind == NOTE_COMMENT && n->by != me &&
	       (n->about->by == me || (n->parent && n->parent->by == me));
}

static bool is_by_me(const struct note *n, struct ask *ask, const struct member *me)
{
	(void)ask;
	return n->kind == NOTE_COMMENT && n->by == me;
}

static bool is_mine(const struct note *n, struct ask *ask, const struct member *me)
{
	return is_to_me(n, ask, me) || is_by_me(n, ask, me);
}

static bool is_comment_mention(const struct note *n, struct ask *ask, const struct member *me)
{
	(void)ask;
	return n->kind == NOTE_COMMENT && note_mentions(n, me);
}

/* The page's window is cut before the deleted are left out: a short page is not the end. */
static void put_list(struct ask *ask, const struct token *t, const struct list *l, bool ids)
{
	struct hy_practice *site = ask->site;
	struct hy_json_writer *w = hy_json_writer_new(ask, false);
	int64_t since = ask_int(ask, "since_id", 0), most = ask_int(ask, "max_id", 0);
	int64_t count = ask_int(ask, "count", l->count), page = ask_int(ask, "page", 1);
	int64_t total = 0, at = 0;

	count = count < 1 ? l->count : count > l->most ? l->most : count;
	page = page < 1 ? 1 : page;
	hy_jw_object(w);
	hy_jw_key(w, l->name);
	hy_jw_array(w);
	for (size_t i = site->n_notes; i-- > 0;) {
		const struct note *n = site->notes[i];

		if (n->platform != HY_PRACTICE_WEIBO || n->shown > site_now(site) ||
		    !l->wanted(n, ask, t->of))
			continue;
		total++;
		if (n->id <= since || (most && n->id > most))
			continue;
		at++;
		if (ask->fault.kind == HY_FAULT_EMPTY || n->deleted ||
		    at <= (page - 1) * count || at > page * count)
			continue;
		if (ids)
			hy_jw_str(w, hy_strf(ask, "%" PRId64, n->id));
		else
			l->put(ask, w, n);
	}
	hy_jw_end_array(w);
	hy_jw_kbool(w, "hasvisible", false);
	hy_jw_kint(w, "previous_cursor", 0);
	hy_jw_kint(w, "next_cursor", 0);
	hy_jw_kint(w, "total_number", total);
	hy_jw_end_object(w);
	answer_json(ask, 200, w);
}

#define LIST(fn, field, wanted, put, count, most)                                                  \
	static void fn(struct ask *ask, struct token *t)                                           \
	{                                                                                          \
		static const struct list l = {field, wanted, put, count, most};                    \
                                                                                                   \
		put_list(ask, t, &l, false);                                                       \
	}
LIST(get_mentions, "statuses", is_mention, put_status, 20, 200)
LIST(get_own, "statuses", is_own, put_status, 20, 200)
LIST(get_reposts, "reposts", is_repost, put_status, 20, 200)
LIST(get_comments, "comments", is_comment_of, put_comment, 50, 200)
LIST(get_to_me, "comments", is_to_me, put_comment, 50, 200)
LIST(get_by_me, "comments", is_by_me, put_comment, 50, 200)
LIST(get_mine, "comments", is_mine, put_comment, 50, 200)
LIST(get_comment_mentions, "comments", is_comment_mention, put_comment, 50, 200)

static void get_mention_ids(struct ask *ask, struct token *t)
{
	static const struct list l = {"statuses", is_mention, put_status, 20, 200};

	put_list(ask, t, &l, true);
}

/* ---- single things ---- */

static void get_status(struct ask *ask, struct token *t)
{
	struct hy_json_writer *w = hy_json_writer_new(ask, false);
	struct note *n = note_find(ask->site, HY_PRACTICE_WEIBO, ask_int(ask, "id", 0));

	(void)t;
	if (!n || n->kind != NOTE_POST || !note_shown(ask->site, n)) {
		weibo_error(ask, 20101, NULL);
		return;
	}
	put_status(ask, w, n);
	answer_json(ask, 200, w);
}

/* Numbers parted by commas, one after another; 0 at the end. */
static int64_t next_number(const char **s)
{
	char *end;
	long long v;

	if (!*s || !**s)
		return 0;
	v = strtoll(*s, &end, 10);
	*s = *end == ',' ? end + 1 : end + strlen(end);
	return v;
}

static void get_count(struct ask *ask, struct token *t)
{
	const char *ids = ask_field(ask, "ids");
	struct hy_json_writer *w = hy_json_writer_new(ask, false);

	(void)t;
	hy_jw_array(w);
	for (int64_t id; (id = next_number(&ids));) {
		struct note *n = note_find(ask->site, HY_PRACTICE_WEIBO, id);

		if (!n)
			continue;
		hy_jw_object(w);
		hy_jw_kint(w, "id", id);
		hy_jw_kint(w, "comments", comments_of(ask->site, n));
		hy_jw_kint(w, "reposts", 0);
		hy_jw_kint(w, "attitudes", 0);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	answer_json(ask, 200, w);
}

static void get_batch(struct ask *ask, struct token *t)
{
	const char *ids = ask_field(ask, "cids");
	struct hy_json_writer *w = hy_json_writer_new(ask, false);

	(void)t;
	hy_jw_array(w);
	for (int64_t id; (id = next_number(&ids));) {
		struct note *n = note_find(ask->site, HY_PRACTICE_WEIBO, id);

		if (n && n->kind == NOTE_COMMENT && note_shown(ask->site, n))
			put_comment(ask, w, n);
	}
	hy_jw_end_array(w);
	answer_json(ask, 200, w);
}

static void get_uid(struct ask *ask, struct token *t)
{
	struct hy_json_writer *w = hy_json_writer_new(ask, false);

	hy_jw_object(w);
	hy_jw_kint(w, "uid", t->of->id);
	hy_jw_end_object(w);
	answer_json(ask, 200, w);
}

static void get_unread(struct ask *ask, struct token *t)
{
	struct hy_practice *site = ask->site;
	struct hy_json_writer *w = hy_json_writer_new(ask, false);
	int64_t mentions = 0, comments = 0;

	for (size_t i = 0; i < site->n_notes; i++) {
		const struct note *n = site->notes[i];

		if (n->platform != HY_PRACTICE_WEIBO || !note_shown(site, n))
			continue;
		mentions += is_mention(n, ask, t->of);
		comments += is_to_me(n, ask, t->of);
	}
	hy_jw_object(w);
	hy_jw_kint(w, "status", 0);
	hy_jw_kint(w, "follower", 0);
	hy_jw_kint(w, "cmt", comments);
	hy_jw_kint(w, "dm", 0);
	hy_jw_kint(w, "mention_status", mentions);
	hy_jw_kint(w, "mention_cmt", 0);
	hy_jw_end_object(w);
	answer_json(ask, 200, w);
}

/* ---- limits ---- */

#define USER_DAY 100
#define IP_HOUR 15000

static const struct quota *of_user(struct ask *ask, const struct token *t)
{
	return quota_look(ask->site, "weibo/user-day", t->of->login, USER_DAY, HY_DAY);
}

static void get_limits(struct ask *ask, struct token *t)
{
	const struct quota *ip = quota_look(ask->site, "weibo/ip-hour", "127.0.0.1", IP_HOUR,
					    HY_HOUR);
	const struct quota *user = of_user(ask, t);
	struct hy_json_writer *w = hy_json_writer_new(ask, false);
	char iso[HY_TIME_ISO_OFFSET_MAX];

	hy_time_iso_offset(quota_reset(user), 480, iso);
	hy_jw_object(w);
	hy_jw_kint(w, "ip_limit", ip->limit);
	hy_jw_kstr(w, "limit_time_unit", "HOURS");
	hy_jw_kint(w, "remaining_ip_hits", quota_left(ip));
	hy_jw_kint(w, "remaining_user_hits", quota_left(user));
	hy_jw_kstr(w, "reset_time", hy_strf(ask, "%.10s %.8s", iso, iso + 11));
	hy_jw_kint(w, "reset_time_in_seconds",
		   (quota_reset(user) - site_now(ask->site)) / HY_SECOND);
	hy_jw_kint(w, "user_limit", user->limit);
	hy_jw_key(w, "api_rate_limits");
	hy_jw_array(w);
	hy_jw_end_array(w);
	hy_jw_end_object(w);
	answer_json(ask, 200, w);
}

/* Counts the call and tells what is left; false when it is refused. */
static bool counted(struct ask *ask, const struct token *t)
{
	const struct quota *q;
	bool ip = quota_take(ask->site, "weibo/ip-hour", "127.0.0.1", IP_HOUR, HY_HOUR);
	bool user = ip && quota_take(ask->site, "weibo/user-day", t->of->login, USER_DAY, HY_DAY);

	q = of_user(ask, t);
	answer_head(ask, "X-RateLimit-Limit", hy_strf(ask, "%d", q->limit));
	answer_head(ask, "X-RateLimit-Remaining", hy_strf(ask, "%d", quota_left(q)));
	answer_head(ask, "X-RateLimit-Reset",
		    hy_strf(ask, "%" PRId64, (quota_reset(q) - site_now(ask->site)) / HY_SECOND));
	if (!user)
		weibo_error(ask, ip ? 10023 : 10022, NULL);
	return user;
}

/* ---- doors ---- */

static const struct {
	const char *path;
	enum method method;
	void (*run)(struct ask *ask, struct token *t);
	bool free; /* not counted */
} endpoints[] = {
	{"statuses/mentions", M_GET, get_mentions, false},
	{"statuses/mentions/ids", M_GET, get_mention_ids, false},
	{"statuses/user_timeline", M_GET, get_own, false},
	{"statuses/home_timeline", M_GET, get_own, false},
	{"statuses/repost_timeline", M_GET, get_reposts, false},
	{"statuses/show", M_GET, get_status, false},
	{"statuses/count", M_GET, get_count, false},
	{"comments/show", M_GET, get_comments, false},
	{"comments/to_me", M_GET, get_to_me, false},
	{"comments/by_me", M_GET, get_by_me, false},
	{"comments/timeline", M_GET, get_mine, false},
	{"comments/mentions", M_GET, get_comment_mentions, false},
	{"comments/show_batch", M_GET, get_batch, false},
	{"account/get_uid", M_GET, get_uid, false},
	{"account/rate_limit_status", M_GET, get_limits, true},
	{"remind/unread_count", M_GET, get_unread, false},
	{"statuses/share", M_POST, weibo_share, false},
	{"statuses/repost", M_POST, weibo_repost, false},
	{"comments/create", M_POST, weibo_comment_create, false},
	{"comments/reply", M_POST, weibo_comment_reply, false},
	{"comments/destroy", M_POST, weibo_comment_destroy, false},
	{"messages/reply", M_POST, weibo_message_reply, false},
};

static struct token *who(struct ask *ask)
{
	const char *text = ask_field(ask, "access_token"), *head = ask->authorization;
	struct token *t;

	if (head && !strncasecmp(head, "OAuth2 ", 7))
		text = head + 7 + strspn(head + 7, " ");
	if (!text || !*text) {
		weibo_error(ask, 10006, NULL);
		return NULL;
	}
	t = token_find(ask->site, HY_PRACTICE_WEIBO, text);
	if (t && !token_ended(ask->site, t))
		return t;
	weibo_error(ask, !t ? 21332 : t->revoked ? 21316 : 21327, NULL);
	return NULL;
}

void answer_weibo(struct ask *ask)
{
	size_t n = strlen(ask->path), i = 0;
	struct token *t;

	if (!strncmp(ask->path, "/oauth2/", 8)) {
		weibo_oauth(ask, ask->path + 8);
		return;
	}
	if (n < 9 || strcmp(ask->path + n - 5, ".json") != 0) {
		weibo_error(ask, 10020, NULL);
		return;
	}
	while (i < HY_LEN(endpoints) && (strlen(endpoints[i].path) != n - 8 ||
					 strncmp(endpoints[i].path, ask->path + 3, n - 8) != 0))
		i++;
	if (i == HY_LEN(endpoints)) {
		weibo_error(ask, 10020, NULL);
	} else if (ask->method != endpoints[i].method) {
		weibo_error(ask, 10021, NULL);
	} else {
		t = who(ask);
		if (t && (endpoints[i].free || counted(ask, t)))
			endpoints[i].run(ask, t);
	}
}
