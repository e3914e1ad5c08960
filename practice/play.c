/* Plays a story's events on the platforms as the site's clock reaches them. */
#include "config.h"
#include "practice/internal.h"

#include <string.h>

static const char *stranger(const struct hy_story_event *e)
{
	if (*e->name)
		return e->name;
	return e->platform == HY_PRACTICE_SMS	 ? "13800000000"
	       : e->platform == HY_PRACTICE_MAIL ? "citizen@example.org"
						 : "路人（样例）";
}

/* What a comment hangs on: the newest post of the office's own, else the newest of all. */
static struct note *talked_of(struct hy_practice *site, enum hy_practice_platform p)
{
	struct note *any = NULL;

	for (size_t i = site->n_notes; i-- > 0;) {
		struct note *n = site->notes[i];

		if (n->platform != p || n->kind != NOTE_POST || !note_shown(site, n))
			continue;
		if (n->by->ours)
			return n;
		any = any ? any : n;
	}
	return any;
}

static const char *office_name(struct hy_practice *site, enum hy_practice_platform p)
{
	for (size_t i = 0; i < site->n_members; i++)
		if (site->members[i]->platform == p && site->members[i]->ours)
			return p == HY_PRACTICE_MASTODON ? site->members[i]->login
							 : site->members[i]->name;
	return "";
}

static void say(struct hy_practice *site, const struct hy_story_event *e)
{
	enum note_kind kind = e->verb == HY_STORY_COMMENT ? NOTE_COMMENT
			      : e->verb == HY_STORY_POST || e->verb == HY_STORY_MENTION
				      ? NOTE_POST
				      : NOTE_MESSAGE;
	struct note *about = kind == NOTE_COMMENT ? talked_of(site, e->platform) : NULL, *n;
	const char *text = e->text;

	if (e->platform == HY_PRACTICE_SMS || e->platform == HY_PRACTICE_MAIL)
		kind = NOTE_MESSAGE;
	if (kind == NOTE_COMMENT && !about)
		return; /* nothing there to be commented on */
	if (e->verb == HY_STORY_MENTION && !strchr(text, '@'))
		text = hy_strf(site, "@%s %s", office_name(site, e->platform), text);
	n = note_add(site, e->platform, kind,
		     member_make(site, e->platform, stranger(e), false), text);
	if (!n)
		return;
	n->about = about;
	n->title = hy_strdup(n, e->title);
	if (e->verb == HY_STORY_EVENT)
		n->type = "event";
	if (story_when(site, e->at_secs) < n->made)
		n->made = n->shown = story_when(site, e->at_secs);
	note_said(site, n);
}

static void end_token(struct hy_practice *site, const struct hy_story_event *e)
{
	struct token *t = token_find(site, e->platform, e->text);

	if (!t)
		return;
	if (e->what == HY_STORY_TOKEN_EXPIRE)
		t->ends = site_now(site);
	else if (e->what == HY_STORY_TOKEN_REVOKE)
		t->revoked = true;
	else
		t->revoked = false, t->ends = site_now(site) + 30 * HY_DAY;
}

/* The earliest event that is due and was not played; NULL when there is none. */
static const struct hy_story_event *next_due(struct hy_practice *site)
{
	const struct hy_story *story = site->story;
	const struct hy_story_event *best = NULL;

	for (size_t i = 0; i < story->n_events; i++) {
		const struct hy_story_event *e = &story->events[i];

		if (!site->played[i] && e->at_secs <= story_secs(site) &&
		    (!best || e->at_secs < best->at_secs))
			best = e;
	}
	return best;
}

void play_due(struct hy_practice *site)
{
	const struct hy_story_event *e;

	if (!site->story || !site->story->n_events)
		return;
	if (!site->played)
		site->played = hy_new_array(site, bool, site->story->n_events);
	while ((e = next_due(site))) {
		site->played[e - site->story->events] = true;
		if (e->kind == HY_STORY_SAY)
			say(site, e);
		else if (e->kind == HY_STORY_FAULT)
			hy_practice_fault_add(site, &e->fault);
		else if (e->kind == HY_STORY_TOKEN)
			end_token(site, e);
	}
}
