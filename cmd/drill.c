/*
 * `huying drill run`: plays a story against this very binary, in a temporary folder of its own that is
 * a drill from its first byte. drill-house.c sets it up, drill-play.c plays, drill-check.c judges.
 */
#include "cmd/drill.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_MISSED 9

static int sum_up(struct drill *d, bool good)
{
	struct hy_json_writer *w = hy_json_writer_new(d->ctx, false);
	int met = 0, missed = 0;

	hy_jw_object(w);
	hy_jw_kbool(w, "drill", true);
	hy_jw_kstr(w, "story", d->name);
	hy_jw_key(w, "milestones");
	hy_jw_array(w);
	for (size_t i = 0; i < d->n_milestones; i++) {
		const struct milestone *m = &d->milestones[i];

		met += m->state == MILESTONE_MET;
		missed += m->state != MILESTONE_MET;
		hy_jw_object(w);
		hy_jw_kint(w, "line", m->event->line);
		hy_jw_kstr(w, "text", m->event->said);
		hy_jw_kbool(w, "met", m->state == MILESTONE_MET);
		hy_jw_kint(w, "after_s", m->after_secs);
		hy_jw_kstr(w, "found", m->saw);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	hy_jw_kint(w, "met", met);
	hy_jw_kint(w, "missed", missed);
	hy_jw_kbool(w, "steps_held", good);
	hy_jw_end_object(w);
	if (d->cmd->json)
		cmd_json(hy_jw_text(w, NULL));
	else
		cmd_say(_("DRILL %s: %d milestones met, %d missed%s\n"), d->name, met, missed,
			good ? "" : _("; a step did not come out as the story says"));
	return missed || !good ? EXIT_MISSED : 0;
}

static void find_milestones(struct drill *d)
{
	d->milestones = hy_new_array(d->ctx, struct milestone, d->story->n_events + 1);
	for (size_t i = 0; i < d->story->n_events; i++)
		if (d->story->events[i].kind == HY_STORY_EXPECT)
			d->milestones[d->n_milestones++].event = &d->story->events[i];
}

/* A story by its name or by its file; *text is child of ctx. */
static enum hy_status story_text(struct hy_cmd *cmd, const char *name, const char **text,
				 struct hy_err *err)
{
	char *bytes = NULL;
	size_t n = 0;
	enum hy_status status;

	for (size_t i = 0; hy_stories[i].name; i++)
		if (!strcmp(hy_stories[i].name, name)) {
			*text = hy_stories[i].text;
			return HY_OK;
		}
	status = hy_file_read(cmd->ctx, name, HY_STORY_FILE_MAX, &bytes, &n, err);
	if (status == HY_ENOTFOUND)
		return hy_err_set(err, HY_ENOTFOUND,
				  _("no story \"%s\": see huying drill list, or name a file"), name);
	*text = bytes;
	return status;
}

static double speed_of(const char *text, struct hy_err *err)
{
	char *end;
	double v = text ? strtod(text, &end) : 0;

	if (text && (*end || !(v > 0) || v > 1e6))
		hy_err_set(err, HY_EINPUT, "%s",
			   _("--speed is how many seconds of the story pass in one: 1 is as in life"));
	return v;
}

int cmd_drill_run(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	const char *keep = cmd_option(cmd, "keep", &err), *speed = cmd_option(cmd, "speed", &err);
	struct drill d = {.cmd = cmd, .ctx = cmd->ctx};
	bool by_hand = cmd_flag(cmd, "step"), good = false;
	double rate = speed_of(speed, &err);
	struct hy_story *story = NULL;
	const char *text = NULL;
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int code;

	if (err.status || cmd_rest(cmd, 1, 1, &err))
		return cmd_usage(cmd, &err);
	if (!cmd->drill_said) {
		cmd->dir = hy_strdup(cmd->ctx, keep ? keep : _("a folder of its own"));
		cmd_mean_drill(cmd);
	}
	d.name = cmd->argv[0];
	if (story_text(cmd, d.name, &text, &err) ||
	    hy_story_parse(cmd->ctx, text, strlen(text), &story, &err))
		return cmd_fail(&err);
	self[n > 0 ? n : 0] = '\0';
	d.program = self;
	d.story = story;
	d.start = story->start;
	if (!d.start)
		(void)hy_time_parse_iso("2026-11-20T17:40:00+08:00", 480, &d.start, NULL); /* ours */
	find_milestones(&d);
	if (drill_make_folder(&d, keep, &err))
		return cmd_fail(&err);
	if (!drill_stage(&d, text, &err))
		good = drill_play(&d, rate, by_hand, &err);
	drill_stop(&d.serve);
	drill_stop(&d.practice);
	code = err.status ? cmd_fail(&err) : sum_up(&d, good);
	if (!keep && !err.status)
		drill_take_away(&d);
	return code;
}

int cmd_drill_list(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	struct hy_json_writer *w = hy_json_writer_new(cmd->ctx, false);

	if (cmd_rest(cmd, 0, 0, &err))
		return cmd_usage(cmd, &err);
	hy_jw_object(w);
	hy_jw_key(w, "items");
	hy_jw_array(w);
	for (size_t i = 0; hy_stories[i].name; i++) {
		struct hy_story *s = NULL;
		int64_t milestones = 0;

		if (hy_story_parse(cmd->ctx, hy_stories[i].text, strlen(hy_stories[i].text), &s, &err))
			return cmd_fail(&err);
		for (size_t k = 0; k < s->n_events; k++)
			milestones += s->events[k].kind == HY_STORY_EXPECT;
		if (!milestones)
			continue; /* the demonstration's: nobody is examined */
		hy_jw_object(w);
		hy_jw_kstr(w, "name", hy_stories[i].name);
		hy_jw_kstr(w, "title", s->title);
		hy_jw_kstr(w, "lasts", drill_span(cmd->ctx, s->last_secs));
		hy_jw_kint(w, "milestones", milestones);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	hy_jw_end_object(w);
	cmd_print(cmd, hy_jw_text(w, NULL));
	return 0;
}
