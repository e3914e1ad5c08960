/*
 * The play of a drill: from step to step of the story, each with a look of the desk at what the platforms
 * show, the deeds of people and the milestones that end there. What happens is told as it happens.
 */
#include "cmd/drill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STEPS_MAX 4000
#define LOOKS 8		/* at an open milestone, evenly over its time */
#define SETTLE_MS 60000 /* hang guard for what the daemon has to catch up with */
#define GRACE_MS 15000	/* real time for the last look at a milestone */

/* ---- what is told ---- */

char *drill_span(const void *ctx, int64_t secs)
{
	if (secs % 3600 == 0 && secs)
		return hy_strf(ctx, "%" PRId64 "h", secs / 3600);
	if (secs >= 60)
		return hy_strf(ctx, "%" PRId64 "m%s", secs / 60,
			       secs % 60 ? hy_strf(ctx, "%02" PRId64 "s", secs % 60) : "");
	return hy_strf(ctx, "%" PRId64 "s", secs);
}

static char *when(struct drill *d, int64_t secs)
{
	char iso[HY_TIME_ISO_OFFSET_MAX];

	hy_time_iso_offset(d->start + (secs + d->jumped) * HY_SECOND, 480, iso);
	return hy_strf(d->ctx, "%.5s %.8s", iso + 5, iso + 11);
}

static void tell(struct drill *d, const char *mark, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void tell(struct drill *d, const char *mark, const char *fmt, ...)
{
	va_list ap;
	char *text;

	if (d->cmd->json)
		return;
	va_start(ap, fmt);
	text = hy_vstrf(d->ctx, fmt, ap);
	va_end(ap);
	cmd_say("%s %s %s\n", when(d, d->now), mark, text);
	(void)fflush(stdout); /* main looks at the end */
}

/* ---- a step ---- */

static bool caught_up(void *user)
{
	struct drill *d = user;
	const struct hy_json *s = drill_ask(d, "status", "{}");
	int64_t last = hy_json_int(s, "last_seq", -1);

	return s && hy_json_int(s, "index_seq", -2) >= last && hy_json_int(s, "detect_seq", -2) >= last;
}

/* When the publisher has something to do, in the story's seconds; -1 for nothing. */
static int64_t next_delivery(const struct drill *d, const struct hy_json *status)
{
	int64_t at = hy_json_int(status, "deliveries_next_ts", 0);

	if (!at)
		return -1;
	/* told in whole seconds: surely due in the next one */
	return at + 1 - d->start / HY_SECOND - d->jumped;
}

/* What is due has left and was answered, or has been put off. */
static bool delivered(void *user)
{
	struct drill *d = user;
	const struct hy_json *s = drill_ask(d, "status", "{}");
	int64_t next = next_delivery(d, s);

	return s && !hy_json_int(s, "deliveries_sending", 0) && (next < 0 || next > d->now);
}

/* What the platforms show now is taken, indexed and looked at. */
static void look(struct drill *d)
{
	const char *const argv[] = {d->program, "collect", "run", "--dir", d->office, "--json", NULL};
	int code;

	if (d->serve <= 0)
		return;
	(void)drill_site(d, "state"); /* the platforms play what is due */
	code = drill_command(d, argv, NULL);
	if (code == 5 || code == 6) /* of some sources, of all */
		tell(d, "!", _("a look failed: %s"), drill_why(d));
	else if (code)
		tell(d, "!", _("collecting did not end: %s"), drill_why(d));
	if (!cmd_wait(caught_up, d, SETTLE_MS))
		tell(d, "!", "%s", _("the desk has not caught up within a minute"));
	/* An account that is held keeps its deliveries due: no fault of the desk. */
	(void)cmd_wait(delivered, d, GRACE_MS);
}

static const char *value_of(struct drill *d, const char *name, size_t n)
{
	const struct hy_json *list;

	if (n == 5 && !memcmp(name, "alert", 5)) {
		list = hy_json_get(drill_ask(d, "alert.list", "{\"closed\":true}"), "items");
		return list && list->n ? hy_strf(d->ctx, "%" PRId64,
						 hy_json_int(list->at[0], "id", 0))
				       : NULL;
	}
	if (n > 5 && !memcmp(name, "item ", 5)) {
		struct hy_json_writer *w = hy_json_writer_new(d->ctx, false);

		hy_jw_object(w);
		hy_jw_key(w, "query");
		hy_jw_strn(w, name + 5, n - 5);
		hy_jw_end_object(w);
		list = hy_json_get(drill_ask(d, "search", hy_jw_text(w, NULL)), "items");
		return list && list->n ? hy_strf(d->ctx, "%" PRId64,
						 hy_json_int(list->at[0], "id", 0))
				       : NULL;
	}
	for (int i = d->n_vars; i-- > 0;)
		if (strlen(d->var_name[i]) == n && !memcmp(d->var_name[i], name, n))
			return d->var_value[i];
	return NULL;
}

/* {claim}, {alert}, {item WORDS} ... become numbers; "\n" in a text becomes a line end. */
static char *filled(struct drill *d, const char *s)
{
	struct hy_buf b;

	hy_buf_init(&b, d->ctx, 1u << 20);
	while (*s) {
		const char *shut = *s == '{' ? strchr(s, '}') : NULL;
		const char *v = shut ? value_of(d, s + 1, (size_t)(shut - s - 1)) : NULL;

		if (v) {
			hy_buf_str(&b, v);
			s = shut + 1;
		} else if (s[0] == '\\' && s[1] == 'n') {
			hy_buf_chr(&b, '\n');
			s += 2;
		} else {
			hy_buf_chr(&b, *s++);
		}
	}
	return hy_buf_take(&b, NULL);
}

/* Words parted by blanks; 'one word' and "one word" as a shell would have it. At most max. */
static int words_of(struct drill *d, const char *s, const char **out, int max)
{
	int n = 0;

	while (*(s += strspn(s, " \t")) && n < max) {
		char mark = *s == '\'' || *s == '"' ? *s++ : '\0';
		size_t k = mark ? strcspn(s, mark == '"' ? "\"" : "'") : strcspn(s, " \t");

		out[n++] = hy_strndup(d->ctx, s, k);
		s += k + (mark && s[k] == mark);
	}
	return n;
}

static void remember(struct drill *d, const char *name, const struct hy_json *answer)
{
	int64_t id = hy_json_int(answer, "id", 0);
	const char *digest = hy_json_str(answer, "digest"), *number = hy_json_str(answer, "number");

	if (d->n_vars + 3 > (int)HY_LEN(d->var_name)) {
		memmove(d->var_name, d->var_name + 3, (HY_LEN(d->var_name) - 3) * sizeof(char *));
		memmove(d->var_value, d->var_value + 3, (HY_LEN(d->var_value) - 3) * sizeof(char *));
		d->n_vars -= 3;
	}
	if (id) {
		d->var_name[d->n_vars] = name;
		d->var_value[d->n_vars++] = hy_strf(d->ctx, "%" PRId64, id);
	}
	if (digest) {
		d->var_name[d->n_vars] = "digest";
		d->var_value[d->n_vars++] = digest;
	}
	if (number) {
		d->var_name[d->n_vars] = "number";
		d->var_value[d->n_vars++] = number;
	}
}

/* True when it came out as the story says. */
static bool act(struct drill *d, const struct hy_story_event *e)
{
	const char *argv[64] = {d->program}, *in = NULL;
	char *line = filled(d, e->text), *text;
	int n = 1 + words_of(d, line, argv + 1, 50), code;
	struct hy_json *node = NULL;

	if (*e->title) {
		text = filled(d, e->title);
		in = drill_path(d, "command.in");
		if (hy_file_write(in, text, strlen(text), 0600, NULL))
			return false;
	}
	argv[n++] = "--dir";
	argv[n++] = d->office;
	argv[n++] = "--as";
	argv[n++] = e->name;
	argv[n++] = "--token-file";
	argv[n++] = drill_path(d, hy_strf(d->ctx, "%s.token", e->name));
	argv[n++] = "--json";
	code = drill_command(d, argv, in);
	text = drill_contents(d, "command.out");
	if (!code && !hy_json_parse(d->ctx, text, strlen(text), 0, &node, NULL))
		remember(d, argv[1], node);
	if (!code != !e->what) {
		tell(d, "✗", _("%s: huying %s: exit %d: %s (line %d)"), e->name, line, code, drill_why(d),
		     e->line);
		return false;
	}
	tell(d, "·", e->what ? _("%s: huying %s: refused, as it must be: %s") : "%s: huying %s%s",
	     e->name, line, e->what ? drill_why(d) : "");
	return true;
}

static bool run_event(struct drill *d, const struct hy_story_event *e, struct hy_err *err)
{
	switch (e->kind) {
	case HY_STORY_CLOCK:
		d->jumped += e->secs;
		tell(d, "»", _("the clock jumps by %s"), drill_span(d->ctx, e->secs));
		return !drill_set_clock(d, err);
	case HY_STORY_DESK:
		tell(d, "■", "%s",
		     e->what == HY_STORY_DESK_STOP ? _("the desk stops") : _("the desk starts"));
		if (e->what == HY_STORY_DESK_STOP)
			drill_stop(&d->serve);
		else if (d->serve <= 0)
			return !drill_start_desk(d, err);
		return true;
	case HY_STORY_DO:
		return act(d, e);
	default:
		return true;
	}
}

static void tell_said(struct drill *d)
{
	static const char *const names[] = {"site",   "weibo", "wechat", "mastodon",
					    "discuz", "sms",   "mail"};

	for (size_t i = 0; i < d->story->n; i++)
		if (d->story->items[i].at_secs == d->now)
			tell(d, "○", "%s: %s",
			     d->story->items[i].place == HY_STORY_FORUM ? _("forum") : _("county site"),
			     d->story->items[i].title);
	for (size_t i = 0; i < d->story->n_events; i++) {
		const struct hy_story_event *e = &d->story->events[i];

		if (e->at_secs != d->now)
			continue;
		if (e->kind == HY_STORY_SAY)
			tell(d, "○", "%s: %s", hy_desk_word(names[e->platform]),
			     *e->title ? e->title : e->text);
		else if (e->kind == HY_STORY_FAULT)
			tell(d, "⚡", _("%s goes wrong by script (line %d)"),
			     hy_desk_word(names[e->platform]), e->line);
		else if (e->kind == HY_STORY_TOKEN)
			tell(d, "⚡", _("a token of %s changes (line %d)"),
			     hy_desk_word(names[e->platform]), e->line);
	}
}

static void tell_milestones(struct drill *d, const enum milestone_state *before)
{
	for (size_t i = 0; i < d->n_milestones; i++) {
		const struct milestone *m = &d->milestones[i];

		if (m->state == before[i] || m->state == MILESTONE_OPEN)
			continue;
		if (m->state == MILESTONE_MET)
			tell(d, "✓", _("milestone met after %s: %s"), drill_span(d->ctx, m->after_secs),
			     m->event->said);
		else
			tell(d, "✗", _("milestone missed: %s (found: %s; line %d)"), m->event->said,
			     m->saw, m->event->line);
	}
}

static bool none_ends_here(void *user)
{
	struct drill *d = user;

	drill_check(d, false);
	for (size_t i = 0; i < d->n_milestones; i++)
		if (d->milestones[i].state == MILESTONE_OPEN && drill_due(d, &d->milestones[i]))
			return false;
	return true;
}

static void check(struct drill *d)
{
	enum milestone_state *before =
		hy_new_array(d->ctx, enum milestone_state, d->n_milestones + 1);

	for (size_t i = 0; i < d->n_milestones; i++)
		before[i] = d->milestones[i].state;
	/* The story's clock stands while the desk works: what is due gets real time to show. */
	if (!cmd_wait(none_ends_here, d, GRACE_MS))
		drill_check(d, true);
	tell_milestones(d, before);
}

/* ---- the play ---- */

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* The offsets at which something happens or is looked at, in order, each once. */
static size_t steps_of(struct drill *d, int64_t *out)
{
	const struct hy_story *s = d->story;
	size_t n = 0, k = 0;

	out[n++] = 0;
	for (size_t i = 0; i < s->n && n < STEPS_MAX; i++)
		if (s->items[i].at_secs > 0)
			out[n++] = s->items[i].at_secs;
	for (size_t i = 0; i < s->n_events && n < STEPS_MAX; i++) {
		const struct hy_story_event *e = &s->events[i];

		if (e->at_secs > 0)
			out[n++] = e->at_secs;
		for (int look = 1; e->kind == HY_STORY_EXPECT && e->secs && look <= LOOKS && n < STEPS_MAX;
		     look++)
			out[n++] = e->at_secs + (e->secs * look + LOOKS - 1) / LOOKS;
	}
	qsort(out, n, sizeof(*out), by_number);
	for (size_t i = 0; i < n; i++)
		if (!k || out[k - 1] != out[i])
			out[k++] = out[i];
	return k;
}

/* True when nobody waits for this step: then it is passed over. */
static bool idle(struct drill *d, int64_t at)
{
	for (size_t i = 0; i < d->story->n; i++)
		if (d->story->items[i].at_secs == at)
			return false;
	for (size_t i = 0; i < d->story->n_events; i++)
		if (d->story->events[i].at_secs == at)
			return false;
	for (size_t i = 0; i < d->n_milestones; i++)
		if (d->milestones[i].state == MILESTONE_OPEN &&
		    d->milestones[i].event->at_secs <= at)
			return false;
	return at > 0;
}

static bool pace(struct drill *d, int64_t gap, double speed, bool by_hand)
{
	char line[16];

	if (by_hand) {
		fprintf(stderr, _("%s: Enter for the next step "), when(d, d->now));
		return fgets(line, sizeof(line), stdin);
	}
	if (speed > 0 && gap > 0) {
		struct timespec t;
		double wait = (double)gap / speed;

		t.tv_sec = (time_t)wait;
		t.tv_nsec = (long)((wait - (double)t.tv_sec) * 1e9);
		(void)nanosleep(&t, NULL); /* asked for: a drill at the speed of people */
	}
	return true;
}

/* The publisher's own time lies before that of the next step: in life it would not pass unused. */
static int64_t sooner(struct drill *d, int64_t step)
{
	int64_t next = d->serve > 0 ? next_delivery(d, drill_ask(d, "status", "{}")) : -1;

	return next > d->now && next < step ? next : step;
}

bool drill_play(struct drill *d, double speed, bool by_hand, struct hy_err *err)
{
	int64_t *steps = hy_new_array(d->ctx, int64_t, STEPS_MAX + 64), to;
	size_t n = steps_of(d, steps), i = 0, between = 0;
	bool good = true;

	while (i < n && !err->status) {
		if (idle(d, steps[i])) {
			i++;
			continue;
		}
		to = steps[i];
		if (i && between < STEPS_MAX && (to = sooner(d, to)) < steps[i])
			between++;
		else
			i++;
		if (!pace(d, to - d->now, speed, by_hand))
			break;
		d->now = to;
		if (drill_set_clock(d, err))
			break;
		tell_said(d);
		look(d);
		for (size_t k = 0; k < d->story->n_events && !err->status; k++)
			if (d->story->events[k].at_secs == d->now)
				good = run_event(d, &d->story->events[k], err) && good;
		/* what was approved just now leaves before the clock goes on */
		if (d->serve > 0)
			(void)cmd_wait(delivered, d, GRACE_MS);
		check(d);
	}
	drill_check_end(d);
	return good;
}
