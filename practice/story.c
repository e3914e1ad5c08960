/*
 * Stories: lines of a text file become what happens, each at an offset; docs/drills.md describes the
 * language. A story never changes once read; what can be seen of it is a question of the clock alone.
 * Every word has an English and a Chinese form.
 */
#include "config.h"
#include "practice/practice.h"

#include <stdlib.h>
#include <string.h>

#define OFFSET_MAX (366 * 86400L) /* seconds, both ways */

/* ---- words ---- */

struct word {
	const char *en, *zh;
	int value;
};

static const struct word platforms[] = {
	{"weibo", "微博", HY_PRACTICE_WEIBO},	   {"wechat", "微信", HY_PRACTICE_WECHAT},
	{"mastodon", "长毛象", HY_PRACTICE_MASTODON}, {"discuz", "社区", HY_PRACTICE_DISCUZ},
	{"sms", "短信", HY_PRACTICE_SMS},	   {"mail", "邮件", HY_PRACTICE_MAIL},
	{"site", "网站", HY_PRACTICE_SITE},
};
static const struct word verbs[] = {
	{"post", "发帖", HY_STORY_POST},       {"mention", "提及", HY_STORY_MENTION},
	{"comment", "评论", HY_STORY_COMMENT}, {"message", "私信", HY_STORY_MESSAGE},
	{"event", "事件", HY_STORY_EVENT},
};
enum special { S_FORUM, S_GOV, S_FAULT, S_TOKEN, S_CLOCK, S_DO, S_EXPECT, S_DESK };
static const struct word specials[] = {
	{"forum", "论坛", S_FORUM}, {"gov", "政府网", S_GOV}, {"fault", "故障", S_FAULT},
	{"token", "令牌", S_TOKEN}, {"clock", "时钟", S_CLOCK}, {"do", "执行", S_DO},
	{"expect", "期望", S_EXPECT}, {"desk", "值班台", S_DESK},
};
static const struct word ends[] = {
	{"expire", "到期", HY_STORY_TOKEN_EXPIRE},
	{"revoke", "撤销", HY_STORY_TOKEN_REVOKE},
	{"renew", "续期", HY_STORY_TOKEN_RENEW},
};
static const struct word desk_words[] = {
	{"stop", "停", HY_STORY_DESK_STOP}, {"start", "启", HY_STORY_DESK_START}};
static const struct word expectations[] = {
	{"alert", "预警", HY_EXPECT_ALERT},	{"quiet", "无预警", HY_EXPECT_QUIET},
	{"items", "条目", HY_EXPECT_ITEMS},	{"cases", "诉求", HY_EXPECT_CASES},
	{"claims", "说法", HY_EXPECT_CLAIMS},	{"sent", "已发", HY_EXPECT_SENT},
	{"unknown", "未定", HY_EXPECT_UNKNOWN}, {"failed", "失败", HY_EXPECT_FAILED},
	{"found", "检出", HY_EXPECT_FOUND},	{"published", "已见", HY_EXPECT_PUBLISHED},
	{"replied", "已答", HY_EXPECT_REPLIED}, {"balance", "平账", HY_EXPECT_BALANCE},
};

static bool same(const char *s, size_t n, const char *word)
{
	return strlen(word) == n && !memcmp(s, word, n);
}

/* The word that *p begins with; *p moves behind it. -1 when it is none of these. */
static int take(const char **p, const struct word *words, size_t count)
{
	size_t n = strcspn(*p, " \t");

	for (size_t i = 0; i < count; i++) {
		if (!same(*p, n, words[i].en) && !same(*p, n, words[i].zh))
			continue;
		*p += n;
		*p += strspn(*p, " \t");
		return words[i].value;
	}
	return -1;
}

/* ---- one line ---- */

struct reading {
	struct hy_story *story;
	const char *at; /* what is left of the line */
	int line;
	int64_t secs;
	struct hy_err *err;
};

static enum hy_status bad(const struct reading *r, const char *what)
{
	return hy_err_set(r->err, HY_EINPUT, _("story, line %d: %s"), r->line, _(what));
}

/* Cuts s at the first bar; returns what follows, or NULL when there is none. Both are trimmed. */
static char *cut_at_bar(char *s)
{
	char *bar = strchr(s, '|'), *end;

	if (bar)
		*bar = '\0';
	for (end = s + strlen(s); end > s && strchr(" \t\r", end[-1]); end--)
		end[-1] = '\0';
	return bar ? bar + 1 + strspn(bar + 1, " \t") : NULL;
}

/* At most n parts; how many there are, 0 when more. */
static int cut_parts(char *s, char **parts, int n)
{
	int k = 0;

	for (; s; k++) {
		if (k == n)
			return 0;
		parts[k] = s;
		s = cut_at_bar(s);
	}
	return k;
}

/* Seconds ("90", "-3600") or a duration ("10m", "-2h", "1h30m"). */
static bool read_offset(const char **p, int64_t *out)
{
	size_t n = strcspn(*p, " \t");
	char word[32], *end;
	bool minus = **p == '-';
	hy_dur d = 0;
	long v;

	if (!n || n >= sizeof(word))
		return false;
	memcpy(word, *p, n);
	word[n] = '\0';
	v = strtol(word, &end, 10);
	if (*end) {
		if (hy_dur_parse(word + minus, &d, NULL))
			return false;
		v = (long)(d / HY_SECOND) * (minus ? -1 : 1);
	}
	if (v < -OFFSET_MAX || v > OFFSET_MAX)
		return false;
	*out = v;
	*p += n;
	*p += strspn(*p, " \t");
	return true;
}

static void seen_at(struct hy_story *story, int64_t secs)
{
	if ((!story->n && !story->n_events) || secs < story->first_secs)
		story->first_secs = secs;
	if ((!story->n && !story->n_events) || secs > story->last_secs)
		story->last_secs = secs;
}

static struct hy_story_event *add_event(struct reading *r, enum hy_story_kind kind)
{
	struct hy_story *story = r->story;
	struct hy_story_event *e;

	seen_at(story, r->secs);
	story->events = hy_grow(story, story->events, struct hy_story_event, story->n_events + 1);
	e = &story->events[story->n_events++];
	*e = (struct hy_story_event){.line = r->line,
				     .at_secs = r->secs,
				     .kind = kind,
				     .title = "",
				     .text = "",
				     .name = ""};
	return e;
}

static enum hy_status read_item(struct reading *r, enum hy_story_place place)
{
	struct hy_story *story = r->story;
	struct hy_story_item item = {.at_secs = r->secs, .place = place, .author = ""};
	char *parts[3];
	int n = cut_parts(hy_strdup(story, r->at), parts, 3);

	if (!n)
		return bad(r, N_("more than two bars: OFFSET forum|gov TITLE | TEXT | NAME"));
	if (n == 1 || !*parts[0])
		return bad(r, N_("title and text are not parted by a bar: OFFSET forum|gov TITLE | "
			      "TEXT | NAME"));
	if (!*parts[1])
		return bad(r, N_("the text is empty"));
	item.title = parts[0];
	item.text = parts[1];
	if (n == 3)
		item.author = parts[2];
	seen_at(story, r->secs);
	item.number = (int)story->n + 1;
	story->items = hy_grow(story, story->items, struct hy_story_item, story->n + 1);
	story->items[story->n++] = item;
	return HY_OK;
}

static enum hy_status read_saying(struct reading *r, enum hy_practice_platform p)
{
	int verb = take(&r->at, verbs, HY_LEN(verbs));
	struct hy_story_event *e;
	bool titled;
	char *parts[3];
	int n;

	if (verb < 0)
		return bad(r, N_("after the platform comes post, mention, comment, message or event "
			      "(发帖 提及 评论 私信 事件)"));
	if (p == HY_PRACTICE_SITE)
		return bad(r, N_("the site is spoken on by forum and gov"));
	titled = (p == HY_PRACTICE_DISCUZ && verb == HY_STORY_POST) || p == HY_PRACTICE_MAIL;
	n = cut_parts(hy_strdup(r->story, r->at), parts, titled ? 3 : 2);
	if (!n || n < (titled ? 2 : 1) || !*parts[0] || (titled && !*parts[1]))
		return bad(r, titled ? N_("wanted: TITLE | TEXT | NAME")
				     : N_("wanted: TEXT | NAME"));
	e = add_event(r, HY_STORY_SAY);
	e->platform = p;
	e->verb = (enum hy_story_verb)verb;
	if (titled)
		e->title = parts[0];
	e->text = parts[titled];
	if (n == 2 + titled)
		e->name = parts[1 + titled];
	return HY_OK;
}

/* How a message ends that was told of late, by the words of a message centre's receipts. */
static const struct {
	const char *name;
	int state; /* SMPP's message_state */
} message_states[] = {{"ENROUTE", 1}, {"DELIVRD", 2}, {"EXPIRED", 3}, {"DELETED", 4},
		      {"UNDELIV", 5}, {"ACCEPTD", 6}, {"UNKNOWN", 7}, {"REJECTD", 8}};

static bool code_word(const char *word, int *out)
{
	for (size_t i = 0; i < HY_LEN(message_states); i++)
		if (!strcmp(word, message_states[i].name)) {
			*out = message_states[i].state;
			return true;
		}
	return false;
}

/* "name=value" behind a fault's kind. */
static bool read_setting(const struct reading *r, char *word, struct hy_practice_fault_rule *f)
{
	bool takes_code = f->kind == HY_FAULT_ERROR || f->kind == HY_FAULT_LATE;
	bool receipt = f->kind == HY_FAULT_LATE && f->platform == HY_PRACTICE_SMS;
	char *value = strchr(word, '='), *end;
	long number;

	if (!value || !value[1])
		return false;
	*value++ = '\0';
	number = strtol(value, &end, 10);
	if (!strcmp(word, "op"))
		f->op = hy_strdup(r->story, value);
	else if (!strcmp(word, "of"))
		f->of = hy_strdup(r->story, value);
	else if (!strcmp(word, "after"))
		f->after = hy_strdup(r->story, value);
	else if (!strcmp(word, "on") && (!strcmp(value, "reads") || !strcmp(value, "all") ||
					 !strcmp(value, "writes")))
		f->reads = *value != 'w', f->writes = *value != 'r';
	else if (!strcmp(word, "code") && receipt && code_word(value, &f->code))
		return true;
	else if (!strcmp(word, "code") && (!takes_code || (receipt && (number < 1 || number > 8))))
		return false; /* nothing would come of it */
	else if (*end || number < -1 || number > 1000000)
		return false;
	else if (!strcmp(word, "times"))
		f->times = (int)number;
	else if (!strcmp(word, "code"))
		f->code = (int)number;
	else if (!strcmp(word, "secs"))
		f->secs = (int)number;
	else if (!strcmp(word, "ms"))
		f->ms = (int)number;
	else
		return false;
	return true;
}

static enum hy_status read_fault(struct reading *r)
{
	int p = take(&r->at, platforms, HY_LEN(platforms));
	struct hy_practice_fault_rule f = {.kind = HY_FAULT_NONE,
					   .platform = (enum hy_practice_platform)p};
	char *rest = hy_strdup(r->story, r->at), *word, *more = rest;
	struct hy_story_event *e;

	if (p < 0)
		return bad(r, N_("after fault comes a platform"));
	word = strsep(&more, " \t\r");
	if (!word || !hy_practice_fault_parse(word, &f.kind))
		return bad(r, N_("no such fault: none drop 429 500 401 503 down hang drip garbage big "
			      "error empty late lost double shuffle"));
	while ((word = strsep(&more, " \t\r")))
		if (*word && !read_setting(r, word, &f))
			return bad(r, N_("a fault's settings are times= code= secs= ms= after= op= of= "
				      "on=reads|writes|all; code= of error and late alone (of sms late: a receipt's "
				      "word, as UNDELIV, or 1 to 8)"));
	e = add_event(r, HY_STORY_FAULT);
	e->platform = f.platform;
	e->fault = f;
	return HY_OK;
}

static enum hy_status read_token(struct reading *r)
{
	int p = take(&r->at, platforms, HY_LEN(platforms)), end;
	size_t n = strcspn(r->at, " \t\r");
	const char *token = hy_strndup(r->story, r->at, n);
	struct hy_story_event *e;

	if (p < 0 || !n)
		return bad(r, N_("wanted: token PLATFORM TOKEN expire|revoke|renew"));
	r->at += n;
	r->at += strspn(r->at, " \t");
	end = take(&r->at, ends, HY_LEN(ends));
	if (end < 0 || *r->at)
		return bad(r, N_("a token ends by expire, revoke or renew (到期 撤销 续期)"));
	e = add_event(r, HY_STORY_TOKEN);
	e->platform = (enum hy_practice_platform)p;
	e->text = token;
	e->what = end;
	return HY_OK;
}

static enum hy_status read_clock(struct reading *r)
{
	struct hy_story_event *e;
	const char *s = r->at + (*r->at == '+');
	hy_dur d = 0;

	if (hy_dur_parse(s, &d, NULL) || d > OFFSET_MAX * HY_SECOND)
		return bad(r, N_("wanted: clock +DURATION, as in +2h"));
	e = add_event(r, HY_STORY_CLOCK);
	e->secs = d / HY_SECOND;
	return HY_OK;
}

/* do LOGIN COMMAND ... | TEXT FOR ITS STANDARD INPUT; LOGIN! = it must be refused. */
static enum hy_status read_do(struct reading *r)
{
	size_t n = strcspn(r->at, " \t");
	char *name = hy_strndup(r->story, r->at, n), *rest, *text;
	struct hy_story_event *e;

	r->at += n;
	r->at += strspn(r->at, " \t");
	rest = hy_strdup(r->story, r->at);
	text = cut_at_bar(rest);
	if (!n || !*rest || !strcmp(name, "!"))
		return bad(r, N_("wanted: do LOGIN COMMAND ... (LOGIN! when it must be refused)"));
	e = add_event(r, HY_STORY_DO);
	e->what = name[n - 1] == '!';
	if (e->what)
		name[n - 1] = '\0';
	e->name = name;
	e->text = rest;
	e->title = text ? text : "";
	return HY_OK;
}

static enum hy_status read_desk(struct reading *r)
{
	int what = take(&r->at, desk_words, HY_LEN(desk_words));

	if (what < 0 || *r->at)
		return bad(r, N_("wanted: desk stop|start"));
	add_event(r, HY_STORY_DESK)->what = what;
	return HY_OK;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Where the last word of [s, end) begins; *end_out: where it ends. */
static char *last_word(char *s, char *end, char **end_out)
{
	while (end > s && blank(end[-1]))
		end--;
	*end_out = end;
	while (end > s && !blank(end[-1]))
		end--;
	return end;
}

static bool is_word(const char *from, const char *to, const char *word)
{
	return (size_t)(to - from) == strlen(word) && !memcmp(from, word, strlen(word));
}

static const char inside[] = "内", within[] = "within";

/* How long: " within 10m", " 内 10m", " 10m 内" or " 10m内" at the end, taken off. False when one of
 * these words stands by itself elsewhere, or without a duration: it is never part of a name. */
static bool take_within(char *s, int64_t *secs)
{
	char *end, *from = last_word(s, s + strlen(s), &end), *to, *word;
	size_t mark = strlen(inside), n = (size_t)(end - from);
	hy_dur d = 0;

	if (is_word(from, end, inside)) /* 10m 内 */
		from = last_word(s, from, &end);
	else if (n > mark && !memcmp(end - mark, inside, mark) && (unsigned char)end[-mark - 1] < 0x80)
		end -= mark; /* 10m内 */
	else
		mark = 0;
	const char *said = hy_strndup(NULL, from, (size_t)(end - from));
	bool timed = hy_dur_parse(said, &d, NULL) == HY_OK;

	talloc_free((void *)(uintptr_t)said);
	word = last_word(s, from, &to);
	if (mark && !timed)
		return false;
	if (!mark && timed && (is_word(word, to, within) || is_word(word, to, inside)))
		from = word, mark = 1;
	if (mark) {
		last_word(s, from, &end);
		*end = '\0';
		*secs = d / HY_SECOND;
	}
	for (from = s + strlen(s); from > s;) {
		from = last_word(s, from, &end);
		if (is_word(from, end, within) || is_word(from, end, inside))
			return false;
	}
	return true;
}

/* A rule is not called "供水 10m": somebody forgot a word. */
static bool ends_in_time(const char *text)
{
	const char *last = strrchr(text, ' ');
	hy_dur d;

	last = last ? last + 1 : text;
	return last[strspn(last, "0123456789")] && !hy_dur_parse(last, &d, NULL);
}

static bool read_number(const char **p, int64_t *out)
{
	char *end;
	long v = strtol(*p, &end, 10);

	if (end == *p || (*end && *end != ' ') || v < 0 || v > 1000000)
		return false;
	*out = v;
	*p = end + strspn(end, " \t");
	return true;
}

static bool takes_no_text(int what)
{
	return what != HY_EXPECT_ALERT && what != HY_EXPECT_FOUND && what != HY_EXPECT_PUBLISHED &&
	       what != HY_EXPECT_REPLIED;
}

static enum hy_status read_expect(struct reading *r)
{
	char *rest = hy_strdup(r->story, r->at);
	const char *at = rest;
	struct hy_story_event e = {.kind = HY_STORY_EXPECT};
	int what, p = -1;

	(void)cut_at_bar(rest); /* trims, and what is behind a bar is a remark */
	if (!take_within(rest, &e.secs))
		return bad(r, N_("how long stands at the end: within 10m (10m 内, 内 10m)"));
	e.said = hy_strdup(r->story, rest);
	what = take(&at, expectations, HY_LEN(expectations));
	if (what < 0)
		return bad(r, N_("what can be expected: alert quiet items cases claims sent unknown "
			      "failed found published replied balance"));
	if (what != HY_EXPECT_ALERT && what != HY_EXPECT_QUIET && what != HY_EXPECT_BALANCE &&
	    !read_number(&at, &e.number))
		return bad(r, N_("a number is expected"));
	if (what == HY_EXPECT_PUBLISHED) {
		p = take(&at, platforms, HY_LEN(platforms));
		if (p < 0)
			return bad(r, N_("wanted: published N PLATFORM TEXT"));
	}
	if ((what == HY_EXPECT_PUBLISHED || what == HY_EXPECT_FOUND) && !*at)
		return bad(r, N_("wanted: the text that is looked for"));
	if (what == HY_EXPECT_ALERT && ends_in_time(at))
		return bad(r, N_("how long stands at the end: within 10m (10m 内, 内 10m)"));
	if (*at && takes_no_text(what))
		return bad(r, N_("nothing more can be said here: what is behind a | is a remark"));
	e.text = at;
	e.what = what;
	struct hy_story_event *kept = add_event(r, HY_STORY_EXPECT);

	kept->secs = e.secs;
	kept->text = e.text;
	kept->said = e.said;
	kept->what = e.what;
	kept->number = e.number;
	if (p >= 0)
		kept->platform = (enum hy_practice_platform)p;
	return HY_OK;
}

static enum hy_status read_special(struct reading *r, int what)
{
	switch (what) {
	case S_FORUM:
		return read_item(r, HY_STORY_FORUM);
	case S_GOV:
		return read_item(r, HY_STORY_GOV);
	case S_FAULT:
		return read_fault(r);
	case S_TOKEN:
		return read_token(r);
	case S_CLOCK:
		return read_clock(r);
	case S_DO:
		return read_do(r);
	case S_EXPECT:
		return read_expect(r);
	default:
		return read_desk(r);
	}
}

/* "title: ..." and "start: ..." stand before the first offset. */
static bool read_head(struct reading *r, const char *const names[2], const char **out)
{
	for (int i = 0; i < 2; i++) {
		size_t n = strlen(names[i]);
		const char *s = r->at + n;

		if (strncmp(r->at, names[i], n))
			continue;
		if (*s == ':')
			s++;
		else if (!strncmp(s, "：", strlen("：")))
			s += strlen("：");
		else
			continue;
		s += strspn(s, " \t");
		*out = hy_strdup(r->story, s);
		return true;
	}
	return false;
}

static enum hy_status read_line(struct reading *r)
{
	static const char *const title[2] = {"title", "标题"}, *const start[2] = {"start", "开始"};
	const char *when = NULL;
	int what;

	if (read_head(r, title, &r->story->title))
		return HY_OK;
	if (read_head(r, start, &when))
		return hy_time_parse_iso(when, 480, &r->story->start, NULL)
			       ? bad(r, N_("start is a time, as in 2026-11-20T17:40:00+08:00"))
			       : HY_OK;
	if (!read_offset(&r->at, &r->secs))
		return bad(r, N_("no offset: seconds or a duration (a year at most), as in 90, 10m, -2h"));
	if (r->story->n + r->story->n_events == HY_STORY_ITEMS_MAX)
		return bad(r, N_("more than 1000 items"));
	what = take(&r->at, specials, HY_LEN(specials));
	if (what >= 0)
		return read_special(r, what);
	what = take(&r->at, platforms, HY_LEN(platforms));
	if (what >= 0)
		return read_saying(r, (enum hy_practice_platform)what);
	return bad(r, N_("after the offset comes forum, gov, a platform, fault, token, clock, desk, do or "
		      "expect"));
}

enum hy_status hy_story_parse(const void *ctx, const char *text, size_t n, struct hy_story **out,
			      struct hy_err *err)
{
	struct hy_story *story;
	struct reading r = {.err = err};
	enum hy_status status = HY_OK;
	char *copy, *next, *end;

	if (n > HY_STORY_FILE_MAX)
		return hy_err_set(err, HY_EINPUT, _("story: longer than %u bytes"),
				  HY_STORY_FILE_MAX);
	if (!hy_utf8_valid(text, n))
		return hy_err_set(err, HY_EINPUT, _("story: the text is not UTF-8"));
	story = hy_new(ctx, struct hy_story);
	story->title = "";
	story->items = hy_new_array(story, struct hy_story_item, 1);
	story->events = hy_new_array(story, struct hy_story_event, 1);
	copy = hy_strndup(story, text, n);
	r.story = story;
	for (char *s = copy; s && !status; s = next) {
		next = strchr(s, '\n');
		if (next)
			*next++ = '\0';
		r.line++;
		if (strlen(s) > HY_STORY_LINE_MAX) {
			status = bad(&r, N_("longer than 8192 bytes"));
			continue;
		}
		for (end = s + strlen(s); end > s && strchr(" \t\r", end[-1]); end--)
			end[-1] = '\0';
		r.at = s + strspn(s, " \t");
		if (*r.at && *r.at != '#')
			status = read_line(&r);
	}
	if (status)
		talloc_free(story);
	else
		*out = story;
	return status;
}
