/*
 * What the social platforms hold: accounts, tokens, and all that was said. One list for all, in
 * memory; ids are as large as the platforms' own, beyond what a double can hold.
 */
#include "config.h"
#include "practice/internal.h"

#include <string.h>

const char *const platform_names[HY_PRACTICE_PLATFORMS] = {
	"site", "weibo", "wechat", "mastodon", "discuz", "sms", "mail",
};

/* Odd steps past 2^53: a reader that goes by doubles meets another id than the one it was given. */
static const int64_t first_id[HY_PRACTICE_PLATFORMS] = {
	1,	      INT64_C(9200000000000001), INT64_C(23000000000000001),
	INT64_C(115000000000000001), 101,	 INT64_C(1),
	1,
};

bool platform_parse(const char *name, enum hy_practice_platform *out)
{
	for (size_t i = 0; i < HY_LEN(platform_names); i++) {
		if (!strcmp(platform_names[i], name)) {
			*out = (enum hy_practice_platform)i;
			return true;
		}
	}
	return false;
}

int64_t world_id(struct hy_practice *site, enum hy_practice_platform p)
{
	int64_t *next = &site->next_id[p];
	int64_t id;

	if (!*next)
		*next = first_id[p];
	id = *next;
	*next += *next > (INT64_C(1) << 53) ? 2 : 1;
	return id;
}

/* ---- accounts ---- */

struct member *member_find(struct hy_practice *site, enum hy_practice_platform p,
			   const char *login_or_name)
{
	for (size_t i = 0; login_or_name && i < site->n_members; i++) {
		struct member *m = site->members[i];

		if (m->platform == p &&
		    (!strcmp(m->login, login_or_name) || !strcmp(m->name, login_or_name)))
			return m;
	}
	return NULL;
}

struct member *member_by_id(struct hy_practice *site, enum hy_practice_platform p, int64_t id)
{
	for (size_t i = 0; i < site->n_members; i++)
		if (site->members[i]->platform == p && site->members[i]->id == id)
			return site->members[i];
	return NULL;
}

/* WeChat knows people by an opaque openid of 28 characters. */
static char *make_login(struct hy_practice *site, enum hy_practice_platform p, const char *name,
			int64_t id)
{
	uint8_t hash[HY_SHA256_LEN];

	if (p == HY_PRACTICE_WECHAT) {
		char *whole;

		hy_sha256(name, strlen(name), hash);
		whole = hy_base64(site, hash, 21, true);
		return hy_strf(site, "o%.27s", whole);
	}
	if (p == HY_PRACTICE_MASTODON)
		return hy_strf(site, "p%" PRId64, id);
	return hy_strdup(site, name);
}

static struct member *member_new(struct hy_practice *site, enum hy_practice_platform p,
				 const char *login, const char *name)
{
	struct member *m = hy_new(site, struct member);

	m->platform = p;
	m->id = INT64_C(2000000001) + (int64_t)site->n_members;
	m->name = hy_strdup(m, name);
	m->login = login ? hy_strdup(m, login) : make_login(site, p, name, m->id);
	site->members = hy_grow(site, site->members, struct member *, site->n_members + 1);
	site->members[site->n_members++] = m;
	return m;
}

struct member *member_make(struct hy_practice *site, enum hy_practice_platform p,
			   const char *name, bool ours)
{
	struct member *m = member_find(site, p, name);

	if (!m)
		m = member_new(site, p, NULL, name);
	m->ours = m->ours || ours;
	return m;
}

/* ---- tokens ---- */

struct token *token_add(struct hy_practice *site, struct member *of, const char *text, hy_time ends)
{
	struct token *t = hy_new(site, struct token);

	t->platform = of->platform;
	t->text = hy_strdup(t, text);
	t->of = of;
	t->made = site_now(site);
	t->ends = ends;
	site->tokens = hy_grow(site, site->tokens, struct token *, site->n_tokens + 1);
	site->tokens[site->n_tokens++] = t;
	return t;
}

struct token *token_find(struct hy_practice *site, enum hy_practice_platform p, const char *text)
{
	for (size_t i = site->n_tokens; text && i-- > 0;)
		if (site->tokens[i]->platform == p && !strcmp(site->tokens[i]->text, text))
			return site->tokens[i];
	return NULL;
}

bool token_ended(const struct hy_practice *site, const struct token *t)
{
	return t->revoked || (t->ends && t->ends <= site_now(site));
}

void token_absurd(struct ask *ask, const char **text, int64_t *left)
{
	const char *how = ask->site->token_answer;
	char *long_one;

	if (!how)
		return;
	if (!strcmp(how, "empty")) {
		*text = "";
	} else if (!strcmp(how, "short")) {
		*text = "abc";
	} else if (!strcmp(how, "control")) {
		*text = "token-with-a-\x01-inside-of-it";
	} else if (!strcmp(how, "long")) {
		long_one = hy_new_array(ask, char, 4097);
		memset(long_one, 'a', 4096);
		*text = long_one;
	} else if (!strcmp(how, "past")) {
		*left = -1;
	} else if (!strcmp(how, "far")) {
		*left = INT64_C(32) * 365 * 86400;
	}
}

/* ---- what was said ---- */

struct note *note_add(struct hy_practice *site, enum hy_practice_platform p, enum note_kind kind,
		      struct member *by, const char *text)
{
	struct note *n;

	if (site->n_notes >= NOTES_MAX)
		return NULL;
	n = hy_new(site, struct note);
	n->id = world_id(site, p);
	n->platform = p;
	n->kind = kind;
	n->by = by;
	n->title = n->type = n->extra = "";
	n->text = hy_strdup(n, text);
	n->made = n->shown = site_now(site);
	site->notes = hy_grow(site, site->notes, struct note *, site->n_notes + 1);
	site->notes[site->n_notes++] = n;
	return n;
}

struct note *note_find(struct hy_practice *site, enum hy_practice_platform p, int64_t id)
{
	for (size_t i = 0; i < site->n_notes; i++)
		if (site->notes[i]->platform == p && site->notes[i]->id == id)
			return site->notes[i];
	return NULL;
}

bool note_shown(const struct hy_practice *site, const struct note *n)
{
	return !n->deleted && n->shown <= site_now(site);
}

static bool has_handle(const char *text, const char *handle)
{
	size_t n = strlen(handle);

	for (const char *at = text; n && (at = strchr(at, '@')); at++)
		if (!strncmp(at + 1, handle, n))
			return true;
	return false;
}

bool note_mentions(const struct note *n, const struct member *m)
{
	return n->by != m && (has_handle(n->text, m->name) || has_handle(n->text, m->login));
}

/* ---- as every run begins ---- */

static void office_account(struct hy_practice *site, enum hy_practice_platform p, int number,
			   const char *login, const char *name)
{
	struct member *m = member_new(site, p, login, name);

	m->ours = true;
	token_add(site, m, hy_strf(m, "practice-%s-%d", platform_names[p], number),
		  p == HY_PRACTICE_WEIBO ? site_now(site) + 30 * HY_DAY : 0);
}

void world_begin(struct hy_practice *site)
{
	static const char *const names[] = {"临江发布", "临江水务", "临江交通", "临江教育",
					    "城东街道"};
	static const char *const logins[] = {"linjiang", "shuiwu", "jiaotong", "jiaoyu",
					     "chengdong"};

	site->members = hy_new_array(site, struct member *, 1);
	site->tokens = hy_new_array(site, struct token *, 1);
	site->notes = hy_new_array(site, struct note *, 1);
	site->faults = hy_new_array(site, struct fault *, 1);
	site->quotas = hy_new_array(site, struct quota *, 1);
	site->pushes = hy_new_array(site, struct push *, 1);
	for (int i = 0; i < (int)HY_LEN(names); i++) {
		office_account(site, HY_PRACTICE_WEIBO, i + 1, logins[i], names[i]);
		office_account(site, HY_PRACTICE_MASTODON, i + 1, logins[i], names[i]);
	}
	member_new(site, HY_PRACTICE_WECHAT, "gh_linjiang", "临江发布")->ours = true;
	member_new(site, HY_PRACTICE_SMS, "practice", "1069000000")->ours = true;
	member_new(site, HY_PRACTICE_MAIL, "desk@linjiang.example", "desk@linjiang.example")->ours =
		true;
	site->discuz_charset = "gbk";
	site->discuz_ttl = 30;
	site->uid_validity = 1;
}
