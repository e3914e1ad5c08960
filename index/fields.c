/*
 * The words of the query language and what stands behind a colon: names of fields, operators,
 * kinds, yes and no. A name is compared as the fold has it, so full width, capitals and traditional
 * characters need no rows of their own; a Latin operator must be written in capitals.
 */
#include "index/tree.h"

#include "base/base.h"

#include <string.h>

#define SPELL_MAX 64
#define NAME_MAX_BYTES 40 /* longer than any word of the language */

static const struct {
	const char *name;
	enum hy_fname field;
} fields[] = {
	{"title", HY_F_TITLE},	 {"标题", HY_F_TITLE},	  {"text", HY_F_TEXT},
	{"正文", HY_F_TEXT},	 {"source", HY_F_SOURCE}, {"信源", HY_F_SOURCE},
	{"来源", HY_F_SOURCE},	 {"unit", HY_F_UNIT},	  {"单位", HY_F_UNIT},
	{"place", HY_F_PLACE},	 {"地区", HY_F_PLACE},	  {"地点", HY_F_PLACE},
	{"kind", HY_F_KIND},	 {"类型", HY_F_KIND},	  {"official", HY_F_OFFICIAL},
	{"官方", HY_F_OFFICIAL}, {"own", HY_F_OWN},	  {"本办", HY_F_OWN},
	{"time", HY_F_TIME},	 {"时间", HY_F_TIME},	  {"since", HY_F_SINCE},
	{"起", HY_F_SINCE},	 {"until", HY_F_UNTIL},	  {"止", HY_F_UNTIL},
};

/* Folded: a Latin one must have stood in capitals. */
static const struct {
	const char *word;
	enum hy_keyword keyword;
} operators[] = {
	{"and", HY_KW_AND}, {"并且", HY_KW_AND},  {"且", HY_KW_AND},  {"与", HY_KW_AND},
	{"or", HY_KW_OR},   {"或", HY_KW_OR},	  {"或者", HY_KW_OR}, {"not", HY_KW_NOT},
	{"非", HY_KW_NOT},  {"near", HY_KW_NEAR},
};

const char *const hy_kind_words[4] = {"article", "post", "comment", "message"};

uint32_t hy_narrow(uint32_t cp)
{
	if (cp >= 0xff01 && cp <= 0xff5e)
		return cp - 0xff01 + '!';
	return cp;
}

/* The word as the fold has it; "" for one longer than any of ours. The fold says SIZE_MAX where a
 * word grows past the room (U+FDFA does, eleven times its bytes). */
static void spell(const char *s, size_t n, char out[SPELL_MAX])
{
	size_t got = n <= NAME_MAX_BYTES ? hy_fold_into(s, n, out, SPELL_MAX - 1) : SIZE_MAX;
	out[got < SPELL_MAX ? got : 0] = '\0';
}

/* The bytes of s with full-width ASCII made narrow, letters as they are. */
static char *narrow_all(const void *ctx, const char *s)
{
	struct hy_buf b;
	const char *end = s + strlen(s);
	hy_buf_init(&b, ctx, HY_QUERY_MAX_BYTES + 8);
	while (s < end) {
		size_t len;
		char out[4];
		uint32_t cp = hy_narrow(hy_utf8_decode(s, end, &len));
		hy_buf_add(&b, out, hy_utf8_encode(cp, out));
		s += len;
	}
	return hy_buf_take(&b, NULL);
}

bool hy_fname_find(const char *s, size_t n, enum hy_fname *out, const char **like)
{
	char name[SPELL_MAX];
	spell(s, n, name);
	*like = NULL;
	for (size_t i = 0; i < HY_LEN(fields) && name[0] != '\0'; i++) {
		if (strcmp(fields[i].name, name) == 0) {
			*out = fields[i].field;
			return true;
		}
	}
	for (size_t i = 0; i < HY_LEN(fields) && strlen(name) >= 4; i++) {
		const char *f = fields[i].name;
		if (f[0] >= 'a' && f[0] <= 'z' && strlen(f) >= 4 && hy_text_distance(f, name) == 1)
			*like = f;
	}
	return false;
}

/* In what stands before a slash. */
static bool has_small(const char *s, size_t n)
{
	const char *end = s + n;
	while (s < end) {
		size_t len;
		uint32_t cp = hy_narrow(hy_utf8_decode(s, end, &len));
		if (cp == '/')
			return false;
		if (cp >= 'a' && cp <= 'z')
			return true;
		s += len;
	}
	return false;
}

/* What stands behind "near/": a number of characters. */
static enum hy_keyword near_number(const char *digits, int *near)
{
	int v = 0;
	size_t n = strlen(digits);
	if (n == 0 || n > 3 || strspn(digits, "0123456789") != n)
		return HY_KW_BAD_NEAR;
	for (; *digits != '\0'; digits++)
		v = v * 10 + (*digits - '0');
	if (v > HY_QUERY_MAX_NEAR)
		return HY_KW_BAD_NEAR;
	*near = v;
	return HY_KW_NEAR;
}

enum hy_keyword hy_keyword_of(const char *s, size_t n, int *near)
{
	char word[SPELL_MAX];
	spell(s, n, word);
	bool latin = word[0] >= 'a' && word[0] <= 'z';
	if (word[0] == '\0' || (latin && has_small(s, n)))
		return HY_KW_NONE;
	*near = HY_QUERY_NEAR;
	for (size_t i = 0; i < HY_LEN(operators); i++)
		if (strcmp(operators[i].word, word) == 0)
			return operators[i].keyword;
	if (strncmp(word, "near/", 5) == 0)
		return near_number(word + 5, near);
	if (strncmp(word, "近/", strlen("近/")) == 0)
		return near_number(word + strlen("近/"), near);
	return HY_KW_NONE;
}

static const char *small_operator(const char *word, size_t n)
{
	static const char *const small[] = {"or", "and", "not", "near"},
				*const capital[] = {"OR", "AND", "NOT", "NEAR/10"};

	for (size_t i = 0; i < HY_LEN(small); i++)
		if (n == strlen(small[i]) && strncmp(word, small[i], n) == 0)
			return capital[i];
	if (n > 5 && strncmp(word, "near/", 5) == 0)
		return "NEAR/5";
	if (n > 0 && n <= 2 && strspn(word, "|") >= n)
		return "OR";
	return n == 2 && strncmp(word, "&&", 2) == 0 ? "AND" : NULL;
}

const char *hy_query_meant(const void *ctx, const char *text, char **said)
{
	static const char blanks[] = " \t\n()";

	for (const char *at = text + strspn(text, blanks); *at != '\0'; at += strspn(at, blanks)) {
		size_t n = strcspn(at, blanks);
		const char *meant = small_operator(at, n);
		if (meant != NULL) {
			*said = hy_strndup(ctx, at, n);
			return meant;
		}
		at += n;
	}
	return NULL;
}

/* ---- values ---- */

static bool set_kind(const char *s, struct hy_node *t)
{
	static const char *const chinese[4] = {"文章", "帖子", "评论", "留言"};
	char word[SPELL_MAX];
	spell(s, strlen(s), word);
	for (int i = 0; i < 4; i++) {
		if (strcmp(word, hy_kind_words[i]) == 0 || strcmp(word, chinese[i]) == 0) {
			t->v = i;
			return true;
		}
	}
	return false;
}

static bool set_flag(const char *s, struct hy_node *t)
{
	static const char *const yes[] = {"yes", "true", "1", "是"};
	static const char *const no[] = {"no", "false", "0", "否"};
	char word[SPELL_MAX];
	spell(s, strlen(s), word);
	for (size_t i = 0; i < HY_LEN(yes); i++) {
		if (strcmp(word, yes[i]) == 0 || strcmp(word, no[i]) == 0) {
			t->yes = strcmp(word, yes[i]) == 0;
			return true;
		}
	}
	return false;
}

/* "#12" is a number; anything else, "12" too, a name. */
static bool number_of(const char *s, int64_t *out)
{
	int64_t v = 0;
	if (s[0] != '#' || s[1] == '\0' || strlen(s) > 18)
		return false;
	for (s++; *s >= '0' && *s <= '9'; s++)
		v = v * 10 + (*s - '0');
	*out = v;
	return *s == '\0';
}

static bool set_source(struct hy_node *t, const char *s, const struct hy_query_env *env)
{
	struct hy_source_id id = {0};
	if (number_of(s, &t->v))
		return env->source_known == NULL ||
		       env->source_known(env->user, (struct hy_source_id){t->v});
	if (env->source == NULL || !env->source(env->user, s, &id))
		return false;
	t->v = id.v;
	return true;
}

static bool set_unit(struct hy_node *t, const void *ctx, const char *s,
		     const struct hy_query_env *env)
{
	struct hy_unit_id id = {0};
	struct hy_source_id *sources = NULL;
	size_t n = 0;
	bool by_number = number_of(s, &id.v);
	if (env->unit == NULL ||
	    !env->unit(env->user, ctx, by_number ? NULL : s, &id, &sources, &n))
		return false;
	t->v = id.v;
	t->sources = sources;
	t->n_sources = n;
	return true;
}

static bool set_time(struct hy_node *t, const void *ctx, enum hy_fname field, const char *s,
		     const struct hy_query_env *env, const char **why)
{
	const char *reason = NULL;
	hy_time from, until;
	s = narrow_all(ctx, s);
	if (!hy_query_time(s, env, &from, &until, &reason)) {
		if (reason == NULL)
			reason = N_("this is not a time (2h, 7d, today, 2026-11-01, 11月20日, "
				    "2026-11-01..2026-11-20)");
		*why = hy_tr(hy_lang_default(), reason);
		return false;
	}
	/* since: an open beginning, until: an open end of a range */
	bool open = strstr(s, "..") != NULL;
	if ((field == HY_F_SINCE && from == INT64_MIN) ||
	    (field == HY_F_UNTIL && until == HY_TIME_NEVER && open)) {
		*why = _("this range is open at the end that is asked for");
		return false;
	}
	t->from = field == HY_F_UNTIL ? INT64_MIN : from;
	t->until = field == HY_F_SINCE ? HY_TIME_NEVER : until;
	/* until:2h is "up to two hours ago": the open end of "the last two hours" is now */
	if (field == HY_F_UNTIL && until == HY_TIME_NEVER)
		t->until = from;
	return true;
}

bool hy_condition_set(struct hy_node *t, const void *ctx, enum hy_fname field, const char *value,
		      const struct hy_query_env *env, const char **why)
{
	switch (field) {
	case HY_F_SOURCE:
		*why = hy_strf(ctx, _("no source is called \"%s\" (see: huying source list)"),
			       value);
		return set_source(t, value, env);
	case HY_F_UNIT:
		*why = hy_strf(ctx, _("no unit is called \"%s\" (see: huying unit list)"), value);
		return set_unit(t, ctx, value, env);
	case HY_F_KIND:
		*why = _("a kind is article, post, comment or message");
		return set_kind(value, t);
	case HY_F_OFFICIAL:
	case HY_F_OWN:
		t->v = field == HY_F_OWN ? HY_ITEM_OWN : HY_ITEM_OFFICIAL;
		*why = _("this is answered by yes or no");
		return set_flag(value, t);
	default:
		return set_time(t, ctx, field, value, env, why);
	}
}
