/*
 * WeChat's official account interface: always HTTP 200, failure is errcode. Here are the door, the
 * two kinds of token, the daily quotas and the table of errors.
 */
#include "config.h"
#include "practice/wechat.h"

#include <string.h>

#define TOKEN_SECS 7200
#define OVERLAP (5 * HY_MINUTE)
#define STABLE_LEAST (300 * HY_SECOND)

/* ---- refusals ---- */

static const struct {
	int code;
	const char *text;
} errors[] = {
	{-1, "system error"},
	{-1000, "system error"},
	{40001, "invalid credential, access_token is invalid or not latest"},
	{40002, "invalid grant_type"},
	{40003, "invalid openid"},
	{40004, "invalid media type"},
	{40005, "invalid file type"},
	{40006, "invalid media size"},
	{40007, "invalid media_id"},
	{40008, "invalid message type"},
	{40009, "invalid image size"},
	{40010, "invalid voice size"},
	{40011, "invalid video size"},
	{40012, "invalid thumb size"},
	{40013, "invalid appid"},
	{40014, "invalid access_token"},
	{40031, "invalid openid list"},
	{40032, "invalid openid list size"},
	{40033, "invalid charset. please check your request, if include \\uxxxx will create fail!"},
	{40035, "invalid argument"},
	{40037, "invalid template_id"},
	{40059, "invalid msg id"},
	{40125, "invalid appsecret"},
	{40164, "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist"},
	{40243, "AppSecret has been frozen"},
	{41001, "access_token missing"},
	{41002, "appid missing"},
	{41003, "refresh_token missing"},
	{41004, "appsecret missing"},
	{41005, "media data missing"},
	{41006, "media_id missing"},
	{41007, "sub menu data missing"},
	{41008, "missing code"},
	{41009, "missing openid"},
	{41030, "page missing"},
	{42001, "access_token expired"},
	{43001, "require GET method"},
	{43002, "require POST method"},
	{43003, "require https"},
	{43004, "require subscribe"},
	{43019, "require remove blacklist"},
	{43101, "user refuse to accept the msg"},
	{43116, "template is banned"},
	{43117, "the frequency of messages to the user is too high"},
	{44001, "empty media data"},
	{44002, "empty post data"},
	{44003, "empty news data"},
	{44004, "empty content"},
	{45001, "media size out of limit"},
	{45002, "content size out of limit"},
	{45003, "title size out of limit"},
	{45004, "description size out of limit"},
	{45005, "url size out of limit"},
	{45006, "picurl size out of limit"},
	{45007, "playtime out of limit"},
	{45008, "article size out of limit"},
	{45009, "reach max api daily quota limit"},
	{45011, "api minute-quota reach limit, must slower retry next minute"},
	{45015, "response out of time limit or subscription is canceled"},
	{45028, "has no masssend quota"},
	{45047, "out of response count limit"},
	{45056, "too many tag now, no need to add new"},
	{45057, "can't modify the tag with over 100k fans"},
	{45058, "can't modify sys tag"},
	{45059, "can not tagging over 20 tags for one fan"},
	{45065, "clientmsgid exist"},
	{45066, "same clientmsgid retry too fast"},
	{45067, "clientmsgid size out of limit"},
	{45072, "invalid kf typing status"},
	{45157, "invalid tag name"},
	{45158, "tag name too long"},
	{45166, "invalid content"},
	{46003, "menu no exist"},
	{46004, "user no exist"},
	{47001, "data format error"},
	{47003, "argument invalid! data.value is empty"},
	{48001, "api unauthorized"},
	{48002, "user block receive message"},
	{48004, "api forbidden for irregularities, view detail on mp.weixin.qq.com"},
	{48006, "forbid to clear quota because of reaching the limit"},
	{50001, "user not authorized to use this api"},
	{50002, "user limited"},
	{53404, "the account has been restricted from the ability of comment"},
	{53405, "the account has been restricted"},
	{53503, "the draft is not publishable"},
	{53504, "the draft needs to be handled at the console"},
	{53505, "the draft needs to be saved by hand at the console"},
	{61004, "access clientip is not registered"},
	{61007, "api is unauthorized to component"},
};

static const char *words(int code)
{
	for (size_t i = 0; i < HY_LEN(errors); i++)
		if (errors[i].code == code)
			return errors[i].text;
	return "practice: error by script";
}

void wechat_error(struct ask *ask, int code)
{
	struct hy_json_writer *w = hy_json_writer_new(ask, false);

	hy_jw_object(w);
	hy_jw_kint(w, "errcode", code);
	hy_jw_kstr(w, "errmsg",
		   hy_strf(ask, "%s rid: %08" PRIx64 "-%08" PRIx64 "-practice", words(code),
			   (uint64_t)(site_now(ask->site) / HY_SECOND),
			   (uint64_t)ask->site->calls[HY_PRACTICE_WECHAT]));
	hy_jw_end_object(w);
	answer_json(ask, 200, w);
	ask->site->refused[HY_PRACTICE_WECHAT]++;
}

void wechat_refuse(struct ask *ask, int http, int code)
{
	if (!code && http != 401 && http != 429) {
		answer_text(ask, http, "<html><body>practice</body></html>");
		ask->type = "text/html";
		return;
	}
	wechat_error(ask, code ? code : http == 401 ? 40001 : 45011);
	if (http == 429)
		ask->status = http;
}

struct hy_json_writer *wechat_begin(struct ask *ask)
{
	struct hy_json_writer *w = hy_json_writer_new(ask, false);

	hy_jw_object(w);
	return w;
}

void wechat_end(struct ask *ask, struct hy_json_writer *w)
{
	hy_jw_end_object(w);
	answer_json(ask, 200, w);
}

/* ---- what there is ---- */

struct wechat *wechat_of(struct hy_practice *site)
{
	struct wechat *wx = site->wechat;
	void *key = NULL;
	size_t n = 0;

	if (wx)
		return wx;
	wx = site->wechat = hy_new(site, struct wechat);
	wx->drafts = hy_new_array(wx, struct draft *, 1);
	wx->jobs = hy_new_array(wx, struct job *, 1);
	/* 43 characters and "=": the last one's low bits belong to no byte and are cleared. */
	if (hy_unbase64(wx, "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFE=", false, &key, &n, NULL) ||
	    n != HY_KEY_LEN)
		HY_BUG("the practice AES key does not decode");
	memcpy(wx->key, key, HY_KEY_LEN);
	return wx;
}

struct member *wechat_office(struct hy_practice *site)
{
	return member_find(site, HY_PRACTICE_WECHAT, WECHAT_ORIGINAL);
}

/* ---- tokens ---- */

static bool app_fits(struct ask *ask, const char *appid, const char *secret)
{
	if (!appid || !*appid)
		wechat_error(ask, 41002);
	else if (!secret || !*secret)
		wechat_error(ask, 41004);
	else if (strcmp(appid, WECHAT_APPID) != 0)
		wechat_error(ask, 40013);
	else if (strcmp(secret, WECHAT_SECRET) != 0)
		wechat_error(ask, 40125);
	else
		return true;
	return false;
}

static struct token *new_token(struct ask *ask, const char *kind)
{
	uint8_t bytes[48];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)hy_rand_below(&ask->site->rand, 256);
	return token_add(ask->site, wechat_office(ask->site),
			 hy_strf(ask, "%s_%s", kind, hy_base64(ask, bytes, sizeof(bytes), true)),
			 site_now(ask->site) + TOKEN_SECS * HY_SECOND);
}

static void answer_token(struct ask *ask, const struct token *t)
{
	struct hy_json_writer *w = wechat_begin(ask);
	const char *text = t->text;
	int64_t left = (t->ends - site_now(ask->site)) / HY_SECOND;

	token_absurd(ask, &text, &left);
	hy_jw_kstr(w, "access_token", text);
	hy_jw_kint(w, "expires_in", left);
	wechat_end(ask, w);
}

/* The newest of a kind that still holds. */
static struct token *newest(struct ask *ask, const char *kind)
{
	struct hy_practice *site = ask->site;

	for (size_t i = site->n_tokens; i-- > 0;) {
		struct token *t = site->tokens[i];

		if (t->platform == HY_PRACTICE_WECHAT && !strncmp(t->text, kind, strlen(kind)) &&
		    !token_ended(site, t))
			return t;
	}
	return NULL;
}

/* A new one makes the old one end, five minutes later. */
static void wx_token(struct ask *ask)
{
	const char *grant = ask_field(ask, "grant_type");
	struct token *old;

	if (!grant || strcmp(grant, "client_credential") != 0) {
		wechat_error(ask, 40002);
		return;
	}
	if (!app_fits(ask, ask_field(ask, "appid"), ask_field(ask, "secret")))
		return;
	if (!quota_take(ask->site, "wechat/token", WECHAT_APPID, 2000, HY_DAY)) {
		wechat_error(ask, 45009);
		return;
	}
	while ((old = newest(ask, "plain")) && old->ends > site_now(ask->site) + OVERLAP)
		old->ends = site_now(ask->site) + OVERLAP;
	answer_token(ask, new_token(ask, "plain"));
}

static void wx_stable_token(struct ask *ask)
{
	const char *grant = ask_field(ask, "grant_type");
	struct wechat *wx = wechat_of(ask->site);
	hy_time now = site_now(ask->site);
	struct token *t;

	if (!grant || strcmp(grant, "client_credential") != 0) {
		wechat_error(ask, 40002);
		return;
	}
	if (!app_fits(ask, ask_field(ask, "appid"), ask_field(ask, "secret")))
		return;
	t = newest(ask, "stable");
	if (ask_bool(ask, "force_refresh")) {
		if (wx->forced && now - wx->forced < 30 * HY_SECOND) {
			wechat_error(ask, 45011);
			return;
		}
		if (!quota_take(ask->site, "wechat/force", WECHAT_APPID, 20, HY_DAY)) {
			wechat_error(ask, 45009);
			return;
		}
		wx->forced = now;
		while ((t = newest(ask, "stable")))
			t->revoked = true;
	}
	/* Both are good while it rolls over. */
	if (!t || t->ends - now < STABLE_LEAST)
		t = new_token(ask, "stable");
	answer_token(ask, t);
}

/* ---- quotas ---- */

static void wx_ips(struct ask *ask)
{
	struct hy_json_writer *w = wechat_begin(ask);

	hy_jw_key(w, "ip_list");
	hy_jw_array(w);
	hy_jw_str(w, "127.0.0.1");
	hy_jw_end_array(w);
	wechat_end(ask, w);
}

static void wx_quota_get(struct ask *ask);

static void wx_clear_quota(struct ask *ask)
{
	struct hy_practice *site = ask->site;
	const char *appid = ask_field(ask, "appid");

	if (!appid || strcmp(appid, WECHAT_APPID) != 0) {
		wechat_error(ask, 40013);
		return;
	}
	if (!quota_take(site, "wechat/clear", WECHAT_APPID, 10, 30 * HY_DAY)) {
		wechat_error(ask, 48006);
		return;
	}
	for (size_t i = 0; i < site->n_quotas; i++)
		if (!strncmp(site->quotas[i]->name, "wechat/cgi-bin", 14))
			site->quotas[i]->used = 0;
	wechat_error(ask, 0);
}

/* ---- doors ---- */

static const struct {
	const char *path;
	bool post, open; /* open: needs no access_token */
	int daily;	 /* 0 = not counted */
	void (*run)(struct ask *ask);
} endpoints[] = {
	{"token", false, true, 0, wx_token},
	{"stable_token", true, true, 0, wx_stable_token},
	{"get_api_domain_ip", false, false, 0, wx_ips},
	{"getcallbackip", false, false, 0, wx_ips},
	{"openapi/quota/get", true, false, 0, wx_quota_get},
	{"clear_quota", true, false, 0, wx_clear_quota},
	{"message/custom/send", true, false, 500000, wx_custom_send},
	{"message/custom/typing", true, false, 500000, wx_typing},
	{"message/template/send", true, false, 100000, wx_template_send},
	{"message/mass/sendall", true, false, 100, wx_mass_all},
	{"message/mass/send", true, false, 100, wx_mass_some},
	{"message/mass/preview", true, false, 100, wx_mass_preview},
	{"message/mass/get", true, false, 100, wx_mass_get},
	{"message/mass/delete", true, false, 10, wx_mass_delete},
	{"draft/add", true, false, 1000, wx_draft_add},
	{"draft/update", true, false, 1000, wx_draft_update},
	{"draft/get", true, false, 500, wx_draft_get},
	{"draft/delete", true, false, 1000, wx_draft_delete},
	{"draft/count", false, false, 1000, wx_draft_count},
	{"draft/batchget", true, false, 1000, wx_draft_list},
	{"freepublish/submit", true, false, 100, wx_publish},
	{"freepublish/get", true, false, 100, wx_publish_get},
	{"freepublish/delete", true, false, 10, wx_publish_delete},
	{"freepublish/getarticle", true, false, 100, wx_article},
	{"freepublish/batchget", true, false, 100, wx_article_list},
	{"media/upload", true, false, 100000, wx_media_upload},
	{"media/get", false, false, 200000, wx_media_get},
	{"media/uploadimg", true, false, 0, wx_image_upload},
	{"material/add_material", true, false, 1000, wx_material_add},
	{"material/del_material", true, false, 1000, wx_material_delete},
	{"material/get_materialcount", false, false, 1000, wx_material_count},
	{"user/get", false, false, 500, wx_user_list},
	{"user/info", false, false, 5000000, wx_user_info},
};

static int daily_of(const char *path)
{
	for (size_t i = 0; i < HY_LEN(endpoints); i++)
		if (!strcmp(endpoints[i].path, path))
			return endpoints[i].daily;
	return -1;
}

static const char *quota_name(struct ask *ask, const char *path)
{
	return hy_strf(ask, "wechat/cgi-bin/%s", path);
}

static void wx_quota_get(struct ask *ask)
{
	const char *path = ask_field(ask, "cgi_path");
	const struct quota *q;
	struct hy_json_writer *w;
	int daily;

	if (!path || strncmp(path, "/cgi-bin/", 9) || (daily = daily_of(path + 9)) < 0) {
		wechat_error(ask, 40035);
		return;
	}
	q = quota_look(ask->site, quota_name(ask, path + 9), WECHAT_APPID, daily, HY_DAY);
	w = wechat_begin(ask);
	hy_jw_kint(w, "errcode", 0);
	hy_jw_kstr(w, "errmsg", "ok");
	hy_jw_key(w, "quota");
	hy_jw_object(w);
	hy_jw_kint(w, "daily_limit", q->limit);
	hy_jw_kint(w, "used", q->used);
	hy_jw_kint(w, "remain", quota_left(q));
	hy_jw_end_object(w);
	wechat_end(ask, w);
}

static bool may_call(struct ask *ask)
{
	const char *text = ask->arg(ask, "access_token");
	struct token *t = token_find(ask->site, HY_PRACTICE_WECHAT, text);

	if (!text || !*text)
		wechat_error(ask, 41001);
	else if (!t || t->revoked)
		wechat_error(ask, 40001);
	else if (token_ended(ask->site, t))
		wechat_error(ask, 42001);
	else
		return true;
	return false;
}

/* JSON must be UTF-8 as it is: an escape would be shown to people as it stands. */
static bool body_fits(struct ask *ask)
{
	const char *type = ask->head(ask, "Content-Type");

	if (type && !strncmp(type, "multipart/", 10))
		return true;
	if (!ask->body.len)
		wechat_error(ask, 44002);
	else if (strstr(ask->body.data, "\\u"))
		wechat_error(ask, 40033);
	else if (!ask_json(ask) || ask_json(ask)->type != HY_JSON_OBJECT)
		wechat_error(ask, 47001);
	else
		return true;
	return false;
}

void answer_wechat(struct ask *ask)
{
	const char *path = ask->path + 9; /* after /cgi-bin/ */
	size_t i = 0;

	wechat_tick(ask->site);
	while (i < HY_LEN(endpoints) && strcmp(endpoints[i].path, path) != 0)
		i++;
	if (i == HY_LEN(endpoints)) {
		answer_text(ask, 404, "404 page not found\n");
		return;
	}
	if (endpoints[i].post != (ask->method == M_POST)) {
		wechat_error(ask, endpoints[i].post ? 43002 : 43001);
		return;
	}
	if (!endpoints[i].open && !may_call(ask))
		return;
	if (endpoints[i].post && !body_fits(ask))
		return;
	if (endpoints[i].daily && !quota_take(ask->site, quota_name(ask, path), WECHAT_APPID,
					      endpoints[i].daily, HY_DAY)) {
		wechat_error(ask, 45009);
		return;
	}
	endpoints[i].run(ask);
}
