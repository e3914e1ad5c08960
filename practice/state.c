/* /practice/state: what the site holds, as JSON, so that a test or an exercise leader can count what
 * arrived and what was published. */
#include "config.h"
#include "practice/internal.h"

#include <string.h>

static void kid(struct hy_json_writer *w, struct ask *ask, const char *name, int64_t id)
{
	/* As text: a reader that goes by doubles cannot spoil it. */
	hy_jw_kstr(w, name, hy_strf(ask, "%" PRId64, id));
}

static void ktime(struct hy_json_writer *w, const char *name, hy_time t)
{
	char iso[HY_TIME_ISO_MAX];

	if (t)
		hy_jw_kstr(w, name, hy_time_iso(t, iso));
}

static void put_note(struct ask *ask, struct hy_json_writer *w, const struct note *n)
{
	static const char *const kinds[] = {"post", "comment", "message", "file"};

	hy_jw_object(w);
	kid(w, ask, "id", n->id);
	hy_jw_kstr(w, "kind", kinds[n->kind]);
	hy_jw_kstr(w, "name", n->by ? n->by->name : "");
	hy_jw_kbool(w, "ours", n->by && n->by->ours);
	hy_jw_kbool(w, "by_api", n->by_api);
	if (n->to)
		hy_jw_kstr(w, "to", n->to->name);
	if (n->about)
		kid(w, ask, "about", n->about->id);
	if (n->parent)
		kid(w, ask, "parent", n->parent->id);
	if (*n->title)
		hy_jw_kstr(w, "title", n->title);
	hy_jw_kstr(w, "text", n->text);
	if (*n->type)
		hy_jw_kstr(w, "type", n->type);
	if (*n->extra)
		hy_jw_kstr(w, "extra", n->extra);
	if (n->key)
		hy_jw_kstr(w, "key", n->key);
	ktime(w, "made", n->made);
	ktime(w, "edited", n->edited);
	if (n->shown != n->made)
		ktime(w, "shown", n->shown);
	hy_jw_kbool(w, "deleted", n->deleted);
	hy_jw_end_object(w);
}

static void put_people(struct ask *ask, struct hy_json_writer *w, enum hy_practice_platform p)
{
	struct hy_practice *site = ask->site;

	hy_jw_key(w, "accounts");
	hy_jw_array(w);
	for (size_t i = 0; i < site->n_members; i++) {
		const struct member *m = site->members[i];

		if (m->platform != p)
			continue;
		hy_jw_object(w);
		kid(w, ask, "id", m->id);
		hy_jw_kstr(w, "login", m->login);
		hy_jw_kstr(w, "name", m->name);
		hy_jw_kbool(w, "ours", m->ours);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	hy_jw_key(w, "tokens");
	hy_jw_array(w);
	for (size_t i = 0; i < site->n_tokens; i++) {
		const struct token *t = site->tokens[i];

		if (t->platform != p)
			continue;
		hy_jw_object(w);
		hy_jw_kstr(w, "token", t->text);
		hy_jw_kstr(w, "account", t->of->login);
		ktime(w, "ends", t->ends);
		hy_jw_kbool(w, "ended", token_ended(site, t));
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
}

static void put_quotas(struct ask *ask, struct hy_json_writer *w)
{
	struct hy_practice *site = ask->site;

	hy_jw_key(w, "quotas");
	hy_jw_array(w);
	for (size_t i = 0; i < site->n_quotas; i++) {
		const struct quota *q = site->quotas[i];

		if (!*q->key)
			continue;
		hy_jw_object(w);
		hy_jw_kstr(w, "name", q->name);
		hy_jw_kstr(w, "of", q->key);
		hy_jw_kint(w, "limit", q->limit);
		hy_jw_kint(w, "used", q->used);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
}

/* What was published on the WordPress-like target. */
static void put_posts(struct hy_practice *site, struct hy_json_writer *w)
{
	hy_jw_key(w, "posts");
	hy_jw_array(w);
	for (int i = 0; i < site->n_posts; i++) {
		const struct post *p = site->posts[i];

		hy_jw_object(w);
		hy_jw_kint(w, "id", p->id);
		hy_jw_kstr(w, "slug", p->slug);
		hy_jw_kstr(w, "status", p->status);
		hy_jw_kstr(w, "title", p->title);
		hy_jw_kstr(w, "html", p->html);
		ktime(w, "made", p->made);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
}

static void answer_platform(struct ask *ask, enum hy_practice_platform p)
{
	struct hy_practice *site = ask->site;
	struct hy_json_writer *w = hy_json_writer_new(ask, false);

	hy_jw_object(w);
	hy_jw_kbool(w, "practice", true);
	hy_jw_kstr(w, "platform", platform_names[p]);
	hy_jw_kint(w, "calls", site->calls[p]);
	hy_jw_kint(w, "refused", site->refused[p]);
	put_people(ask, w, p);
	hy_jw_key(w, "notes");
	hy_jw_array(w);
	for (size_t i = 0; i < site->n_notes; i++)
		if (site->notes[i]->platform == p)
			put_note(ask, w, site->notes[i]);
	hy_jw_end_array(w);
	if (p == HY_PRACTICE_SITE)
		put_posts(site, w);
	put_pushes(site, w, p);
	if (p == HY_PRACTICE_WECHAT)
		wechat_put_jobs(site, w);
	put_quotas(ask, w);
	hy_jw_end_object(w);
	answer_json(ask, 200, w);
}

static void answer_figures(struct ask *ask)
{
	struct hy_practice *site = ask->site;
	struct hy_json_writer *w = hy_json_writer_new(ask, false);
	int64_t shown = 0;

	for (size_t i = 0; site->story && i < site->story->n; i++)
		shown += story_seen(site, &site->story->items[i]);
	hy_jw_object(w);
	hy_jw_kbool(w, "practice", true);
	ktime(w, "now", site_now(site));
	hy_jw_kint(w, "at", story_secs(site));
	hy_jw_kint(w, "last", site->story ? site->story->last_secs : 0);
	hy_jw_kint(w, "items", site->story ? (int64_t)site->story->n : 0);
	hy_jw_kint(w, "shown", shown);
	hy_jw_kint(w, "posts", site->n_posts);
	hy_jw_kint(w, "polls", site->polls);
	hy_jw_kint(w, "unchanged", site->unchanged);
	hy_jw_kint(w, "writes", site->writes);
	hy_jw_kint(w, "denied", site->denied);
	hy_jw_key(w, "platforms");
	hy_jw_object(w);
	for (int p = 0; p < HY_PRACTICE_PLATFORMS; p++) {
		hy_jw_key(w, platform_names[p]);
		hy_jw_object(w);
		hy_jw_kint(w, "calls", site->calls[p]);
		hy_jw_kint(w, "refused", site->refused[p]);
		hy_jw_end_object(w);
	}
	hy_jw_end_object(w);
	hy_jw_end_object(w);
	answer_json(ask, 200, w);
}

void answer_state(struct ask *ask)
{
	const char *name = ask->arg(ask, "platform");
	enum hy_practice_platform p = HY_PRACTICE_SITE;

	if (!name)
		answer_figures(ask);
	else if (platform_parse(name, &p))
		answer_platform(ask, p);
	else
		answer_text(ask, 400, "no such platform\n");
}
