/* The milestones of a drill: each is a question put to the desk, or to the practice platforms. */
#include "cmd/drill.h"

#include <string.h>

struct hy_json *drill_ask(struct drill *d, const char *action, const char *params)
{
	void *work = talloc_new(d->ctx);
	struct hy_secret *token = NULL;
	struct hy_json *p = NULL, *out = NULL;
	char *json = NULL;

	if (!hy_secret_read(work, hy_strf(work, "%s/bianji.token", d->dir), &token, NULL) &&
	    !hy_json_parse(work, params, strlen(params), 0, &p, NULL) &&
	    !hy_ctl_call(work, d->office, "bianji", token, action, p, &json, NULL, NULL))
		(void)hy_json_parse(d->ctx, json, strlen(json), 0, &out, NULL); /* NULL tells */
	talloc_free(work);
	return out;
}

/* ---- questions ---- */

static int64_t alerts(struct drill *d, const char *rule)
{
	const struct hy_json *list =
		hy_json_get(drill_ask(d, "alert.list", "{\"closed\":true,\"limit\":200}"), "items");
	int64_t n = 0;

	for (size_t i = 0; list && i < list->n; i++) {
		const char *name = hy_json_str(list->at[i], "rule");

		n += !*rule || (name && !strcmp(name, rule));
	}
	return n;
}

static int64_t counted(struct drill *d, const char *name)
{
	return hy_json_int(hy_json_get(drill_ask(d, "status", "{}"), "counts"), name, -1);
}

static int64_t found(struct drill *d, const char *query)
{
	struct hy_json_writer *w = hy_json_writer_new(d->ctx, false);

	hy_jw_object(w);
	hy_jw_kstr(w, "query", query);
	hy_jw_end_object(w);
	return hy_json_int(drill_ask(d, "search", hy_jw_text(w, NULL)), "total", 0);
}

static bool holds(const struct hy_json *node, const char *name, const char *text)
{
	const char *s = hy_json_str(node, name);

	return s && strstr(s, text);
}

/* Articles that stand on WeChat's page, or went to followers. */
static int64_t articles(const struct hy_json *jobs, const char *text)
{
	int64_t n = 0;

	for (size_t i = 0; jobs && i < jobs->n; i++) {
		const struct hy_json *list = hy_json_get(jobs->at[i], "articles");

		if (hy_json_int(jobs->at[i], "result", 0) ||
		    hy_json_bool(jobs->at[i], "deleted", false))
			continue;
		for (size_t k = 0; list && k < list->n; k++)
			n += holds(list->at[k], "title", text) || holds(list->at[k], "content", text);
	}
	return n;
}

/* What clients wrote to a platform, with this text in it. */
static int64_t published(struct drill *d, enum hy_practice_platform p, const char *text)
{
	static const char *const names[] = {"site",   "weibo", "wechat", "mastodon",
					    "discuz", "sms",   "mail"};
	const struct hy_json *state =
		drill_site(d, hy_strf(d->ctx, "state?platform=%s", names[p]));
	const struct hy_json *notes = hy_json_get(state, "notes"), *posts = hy_json_get(state, "posts");
	int64_t n = 0;

	for (size_t i = 0; notes && i < notes->n; i++)
		n += hy_json_bool(notes->at[i], "by_api", false) &&
		     !hy_json_bool(notes->at[i], "deleted", false) &&
		     (holds(notes->at[i], "text", text) || holds(notes->at[i], "title", text));
	for (size_t i = 0; posts && i < posts->n; i++)
		n += holds(posts->at[i], "title", text) || holds(posts->at[i], "html", text);
	n += articles(hy_json_get(state, "jobs"), text);
	return state ? n : -1;
}

/* Answers of the office in citizens' own chats. */
static int64_t replied(struct drill *d, const char *text)
{
	static const char *const names[] = {"weibo", "wechat", "sms"};
	int64_t n = 0;

	for (size_t k = 0; k < HY_LEN(names); k++) {
		const struct hy_json *state =
			drill_site(d, hy_strf(d->ctx, "state?platform=%s", names[k]));
		const struct hy_json *notes = hy_json_get(state, "notes");

		if (!state)
			return -1;
		for (size_t i = 0; notes && i < notes->n; i++) {
			const char *kind = hy_json_str(notes->at[i], "kind");

			n += hy_json_bool(notes->at[i], "by_api", false) && kind &&
			     !strcmp(kind, "message") && holds(notes->at[i], "text", text);
		}
	}
	return n;
}

/* 1: every row of the sheet adds up, and there are rows. */
static int64_t balances(struct drill *d)
{
	const struct hy_json *sheet = drill_ask(d, "source.balance", "{}");

	return sheet ? hy_json_bool(sheet, "balanced", false) : -1;
}

static int64_t ask(struct drill *d, const struct hy_story_event *e)
{
	switch ((enum hy_story_expect)e->what) {
	case HY_EXPECT_ALERT:
	case HY_EXPECT_QUIET:
		return alerts(d, e->text);
	case HY_EXPECT_ITEMS:
		return counted(d, "items");
	case HY_EXPECT_CASES:
		return counted(d, "cases_open");
	case HY_EXPECT_CLAIMS:
		return counted(d, "claims_open");
	case HY_EXPECT_SENT:
		return counted(d, "deliveries_sent");
	case HY_EXPECT_UNKNOWN:
		return counted(d, "deliveries_unknown");
	case HY_EXPECT_FAILED:
		return counted(d, "deliveries_failed");
	case HY_EXPECT_FOUND:
		return found(d, e->text);
	case HY_EXPECT_PUBLISHED:
		return published(d, e->platform, e->text);
	case HY_EXPECT_REPLIED:
		return replied(d, e->text);
	case HY_EXPECT_BALANCE:
		return balances(d);
	}
	return -1;
}

static bool exact(const struct hy_story_event *e)
{
	return e->what == HY_EXPECT_SENT || e->what == HY_EXPECT_UNKNOWN ||
	       e->what == HY_EXPECT_FAILED || e->what == HY_EXPECT_PUBLISHED ||
	       e->what == HY_EXPECT_REPLIED;
}

/* ---- judging ---- */

bool drill_due(const struct drill *d, const struct milestone *m)
{
	return d->now >= m->event->at_secs + m->event->secs;
}

static void judge(struct drill *d, struct milestone *m, bool last)
{
	const struct hy_story_event *e = m->event;
	int64_t n = ask(d, e);
	bool quiet = e->what == HY_EXPECT_QUIET;
	bool good = quiet		       ? n == 0
		    : e->what == HY_EXPECT_ALERT || e->what == HY_EXPECT_BALANCE ? n > 0
		    : exact(e)		       ? n == e->number
					       : n >= e->number;
	bool over = drill_due(d, m);

	m->after_secs = d->now - e->at_secs;
	m->saw = hy_strf(d->ctx, "%" PRId64, n);
	if (quiet)
		m->state = !good ? MILESTONE_MISSED : over ? MILESTONE_MET : MILESTONE_OPEN;
	else if (good)
		m->state = MILESTONE_MET;
	else if ((over && last) || (exact(e) && n > e->number && e->what == HY_EXPECT_PUBLISHED))
		m->state = MILESTONE_MISSED;
}

void drill_check(struct drill *d, bool last)
{
	for (size_t i = 0; i < d->n_milestones; i++) {
		struct milestone *m = &d->milestones[i];

		if (m->state == MILESTONE_OPEN && m->event->at_secs <= d->now)
			judge(d, m, last);
	}
}

void drill_check_end(struct drill *d)
{
	for (size_t i = 0; i < d->n_milestones; i++) {
		struct milestone *m = &d->milestones[i];
		const struct hy_story_event *e = m->event;
		int64_t n;

		if (m->state != MILESTONE_MET || e->what != HY_EXPECT_PUBLISHED)
			continue;
		for (size_t k = i + 1; k < d->n_milestones; k++)
			if (d->milestones[k].event->what == HY_EXPECT_PUBLISHED &&
			    d->milestones[k].event->platform == e->platform &&
			    !strcmp(d->milestones[k].event->text, e->text))
				e = NULL, k = d->n_milestones;
		if (!e)
			continue; /* a later line has the last word */
		n = ask(d, e);
		if (n == e->number)
			continue;
		m->state = MILESTONE_MISSED;
		m->saw = hy_strf(d->ctx, "%" PRId64, n);
	}
}
