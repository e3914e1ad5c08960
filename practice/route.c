/* Which platform a path belongs to; and what a scripted fault does to the line, the same for all. */
#include "config.h"
#include "practice/internal.h"

#include <stdlib.h>
#include <string.h>

#define BIG_BYTES ((size_t)10 << 20)

/* A platform's door: the paths under a prefix, who answers there, and its words for a refusal. */
struct door {
	const char *prefix;
	enum hy_practice_platform platform;
	void (*answer)(struct ask *ask);
	void (*refuse)(struct ask *ask, int http, int code);
};

/* ---- the WordPress-like target ---- */

static void answer_wordpress(struct ask *ask)
{
	const char *rest = ask->arg(ask, "rest_route");

	answer_rest(ask, rest && *rest ? rest : ask->path[8] ? ask->path + 8 : "/");
}

/* ---- pages ---- */

/* "/forum/t/12" after "/forum/t/"; 0 for none. */
static int number_after(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);
	const char *s = path + n;

	if (strncmp(path, prefix, n) || !*s || strlen(s) > 4 || s[strspn(s, "0123456789")])
		return 0;
	return (int)strtol(s, NULL, 10);
}

static void answer_page(struct ask *ask)
{
	const char *p = ask->path;
	int forum = number_after(p, "/forum/t/"), gov = number_after(p, "/gov/t/");

	if (ask->method != M_GET)
		answer_text(ask, 405, "GET only\n");
	else if (!strcmp(p, "/") && ask->arg(ask, "p"))
		answer_post(ask, (int)ask_int(ask, "p", 0));
	else if (!strcmp(p, "/"))
		answer_home(ask);
	else if (!strcmp(p, "/forum/feed.xml"))
		answer_rss(ask);
	else if (!strcmp(p, "/gov/feed.atom"))
		answer_atom(ask);
	else if (!strcmp(p, "/forum/") || forum)
		answer_forum(ask, forum);
	else if (!strcmp(p, "/gov/") || gov)
		answer_gov(ask, gov);
	else if (!strcmp(p, "/wp/"))
		answer_wp(ask);
	else
		answer_missing(ask);
}

static void page_refuse(struct ask *ask, int http, int code)
{
	(void)code;
	answer_text(ask, http, "practice: refused by script\n");
}

/* ---- faults on the line ---- */

/* True when the fault answers instead of the platform. */
static bool refused_first(struct ask *ask, const struct door *d)
{
	const struct hy_practice_fault_rule *f = &ask->fault;

	switch (f->kind) {
	case HY_FAULT_DOWN:
		ask->drop = true;
		return true;
	case HY_FAULT_HANG:
		ask->hang_secs = f->secs > 0 ? f->secs : 60;
		ask->drop = true;
		return true;
	case HY_FAULT_BUSY:
	case HY_FAULT_AWAY:
		d->refuse(ask, f->kind == HY_FAULT_BUSY ? 429 : 503, 0);
		ask->retry_after = *f->after ? f->after : NULL;
		return true;
	case HY_FAULT_DENY:
		d->refuse(ask, 401, 0);
		return true;
	case HY_FAULT_ERROR:
		if (d->platform == HY_PRACTICE_WEIBO && f->code == 20032)
			return false; /* says "later", and has it */
		d->refuse(ask, 400, f->code);
		return true;
	default:
		return false;
	}
}

static void put_big(struct ask *ask)
{
	char *blanks = hy_new_array(ask, char, BIG_BYTES);

	memset(blanks, ' ', BIG_BYTES);
	answer_text(ask, 200, "{");
	ask->type = "application/json";
	hy_buf_add(&ask->out, blanks, BIG_BYTES);
	hy_buf_chr(&ask->out, '}');
	talloc_free(blanks);
}

static void spoil(struct ask *ask, const struct door *d)
{
	switch (ask->fault.kind) {
	case HY_FAULT_DROP:
		ask->drop = true;
		break;
	case HY_FAULT_BROKEN:
		d->refuse(ask, 500, 0);
		break;
	case HY_FAULT_GARBAGE:
		answer_text(ask, 200, "<html><body>502 Bad Gateway</body></html>\n");
		ask->type = "text/html";
		break;
	case HY_FAULT_BIG:
		put_big(ask);
		break;
	case HY_FAULT_DRIP:
		ask->drip_ms = ask->fault.ms > 0 ? ask->fault.ms : 1000;
		break;
	default:
		break;
	}
}

/* ---- doors ---- */

static const struct door doors[] = {
	{"/wp-json", HY_PRACTICE_SITE, answer_wordpress, rest_refuse},
	{"/cgi-bin/", HY_PRACTICE_WECHAT, answer_wechat, wechat_refuse},
	{"/wx/s/", HY_PRACTICE_WECHAT, answer_wechat_page, wechat_refuse},
	{"/forum.php", HY_PRACTICE_DISCUZ, answer_discuz, discuz_refuse},
	{"/api/mobile/", HY_PRACTICE_DISCUZ, answer_discuz, discuz_refuse},
	{"/2/", HY_PRACTICE_WEIBO, answer_weibo, weibo_refuse},
	{"/oauth2/", HY_PRACTICE_WEIBO, answer_weibo, weibo_refuse},
	{"/api/v1/", HY_PRACTICE_MASTODON, answer_mastodon, mastodon_refuse},
	{"/api/v2/", HY_PRACTICE_MASTODON, answer_mastodon, mastodon_refuse},
	{"/oauth/", HY_PRACTICE_MASTODON, answer_mastodon, mastodon_refuse},
	{"/.well-known/", HY_PRACTICE_MASTODON, answer_mastodon, mastodon_refuse},
	{"", HY_PRACTICE_SITE, answer_page, page_refuse},
};

static const struct door *door_of(struct ask *ask)
{
	const char *rest = ask->arg(ask, "rest_route");
	const struct door *d = doors;

	if (rest && *rest)
		return d;
	while (strncmp(ask->path, d->prefix, strlen(d->prefix)) != 0)
		d++;
	return d;
}

void route(struct ask *ask)
{
	const struct door *d = door_of(ask);

	ask->status = 200;
	site_tick(ask->site);
	if (!strcmp(ask->path, "/practice/state")) {
		answer_state(ask);
		return;
	}
	if (!strncmp(ask->path, "/practice/", 10)) {
		answer_control(ask, ask->path + 10);
		return;
	}
	ask->site->calls[d->platform]++;
	fault_take(ask, d->platform, ask->method != M_GET);
	if (refused_first(ask, d))
		ask->site->refused[d->platform]++;
	else
		d->answer(ask);
	spoil(ask, d);
}
