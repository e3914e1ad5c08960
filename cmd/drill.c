/*
 * `huying drill run`: plays a story against this very binary, in a temporary folder of its own that is
 * a drill from its first byte. The practice platforms and the daemon are two more processes; their
 * clock is a file that the play moves from step to step.
 */
#include "cmd/drill.h"

#include "net/net.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EXIT_MISSED 9
#define STEPS_MAX 4000
#define LOOKS 8	     /* at an open milestone, evenly over its time */
#define SETTLE_MS 60000	     /* hang guard for what the daemon has to catch up with */
#define GRACE_MS 15000	     /* real time for the last look at a milestone */
#define COMMAND_MS 120000

extern char **environ;

/* ---- processes ---- */

struct child {
	pid_t pid;
	int code;
};

static bool has_ended(void *user)
{
	struct child *c = user;
	int how = 0;
	pid_t got = waitpid(c->pid, &how, WNOHANG);

	if (!got)
		return false;
	c->code = got < 0 ? 127 : WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
	return true;
}

static pid_t start(struct drill *d, const char *const *argv, const char *in, const char *out,
		   const char *err)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	pid_t pid = -1;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, in ? in : "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_addopen(&files, 2, err, O_WRONLY | O_CREAT | O_APPEND, 0600);
	posix_spawnattr_init(&attr);
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&attr, &none);
	/* Out of reach of the terminal's Ctrl-C: the play ends them itself. */
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	if (posix_spawn(&pid, d->program, &files, &attr, (char *const *)(uintptr_t)argv, environ))
		pid = -1;
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return pid;
}

static void stop(pid_t *pid)
{
	struct child c = {.pid = *pid};

	if (*pid <= 0)
		return;
	kill(*pid, SIGTERM);
	if (!cmd_wait(has_ended, &c, 30000)) {
		kill(*pid, SIGKILL);
		(void)waitpid(*pid, NULL, 0); /* it is gone */
	}
	*pid = 0;
}

char *drill_path(struct drill *d, const char *name)
{
	return hy_strf(d->ctx, "%s/%s", d->dir, name);
}

/* Runs one command of this binary to its end; its exit code. Its answer lies in command.out. */
static int command(struct drill *d, const char *const *argv, const char *in)
{
	char *errors = drill_path(d, "command.err");
	struct child c = {.code = 124};

	(void)unlink(errors);
	c.pid = start(d, argv, in, drill_path(d, "command.out"), errors);
	if (c.pid < 0)
		return 127;
	if (!cmd_wait(has_ended, &c, COMMAND_MS))
		stop(&c.pid);
	return c.code;
}

char *drill_contents(struct drill *d, const char *name)
{
	char *text = NULL;
	size_t n = 0;

	if (hy_file_read(d->ctx, drill_path(d, name), 8u << 20, &text, &n, NULL))
		return hy_strdup(d->ctx, "");
	return text;
}

/* Why the last command failed: its last line; the first is the drill's own. */
static const char *why(struct drill *d)
{
	char *text = drill_contents(d, "command.err"), *line, *last = hy_strdup(d->ctx, "");

	while ((line = strsep(&text, "\n")))
		if (*line)
			last = line;
	return last;
}

/* ---- the clock ---- */

static enum hy_status set_clock(struct drill *d, struct hy_err *err)
{
	char *text = hy_strf(d->ctx, "%" PRId64 "\n",
			     d->start + (d->now + d->jumped) * HY_SECOND);

	return hy_file_write(d->clock, text, strlen(text), 0644, err);
}

static char *when(struct drill *d, int64_t secs)
{
	char iso[HY_TIME_ISO_OFFSET_MAX];

	hy_time_iso_offset(d->start + (secs + d->jumped) * HY_SECOND, 480, iso);
	return hy_strf(d->ctx, "%.5s %.8s", iso + 5, iso + 11);
}

static char *span(const void *ctx, int64_t secs)
{
	if (secs % 3600 == 0 && secs)
		return hy_strf(ctx, "%" PRId64 "h", secs / 3600);
	if (secs >= 60)
		return hy_strf(ctx, "%" PRId64 "m%s", secs / 60,
			       secs % 60 ? hy_strf(ctx, "%02" PRId64 "s", secs % 60) : "");
	return hy_strf(ctx, "%" PRId64 "s", secs);
}

/* ---- what is told ---- */

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

struct hy_json *drill_site(struct drill *d, const char *path)
{
	struct hy_net_request q = {.url = hy_strf(d->ctx, "http://%s/practice/%s", d->site, path),
				   .reach = d->site};
	struct hy_net_response *r = NULL;
	struct hy_json *node = NULL;

	if (!hy_net_fetch_wait(d->ctx, NULL, &q, &r, NULL) && r->http == 200)
		(void)hy_json_parse(d->ctx, r->body, r->n_body, 0, &node, NULL); /* NULL tells */
	return node;
}

/* ---- setting the stage ---- */

static enum hy_status failed(struct drill *d, const char *what, struct hy_err *err)
{
	return hy_err_set(err, HY_ETEMP, _("drill: %s: %s (folder %s)"), what, why(d), d->dir);
}

enum hy_status drill_admin(struct drill *d, const char *const *words, struct hy_err *err)
{
	const char *argv[32] = {d->program};
	int n = 1, k = 0;

	while (words[k] && n < 24)
		argv[n++] = words[k++];
	argv[n++] = "--dir";
	argv[n++] = d->office;
	argv[n++] = "--token-file";
	argv[n++] = drill_path(d, "admin.token");
	argv[n++] = "--json";
	return command(d, argv, NULL)
		       ? failed(d, hy_strf(d->ctx, "%s %s", words[0], words[1]), err)
		       : HY_OK;
}

static enum hy_status make_office(struct drill *d, struct hy_err *err)
{
	const char *const setup[] = {d->program, "setup", "--office", "临江县", "--place", "临江",
				     "--demo", "--listen", "127.0.0.1:0", "--dir", d->office,
				     "--admin-token-file", drill_path(d, "admin.token"), "--json", NULL};
	static const char *const people[] = {"bianji", "shenhe", "qianfa", "shuiwu", "jiaotong"};
	enum hy_status status = command(d, setup, NULL) ? failed(d, "setup", err) : HY_OK;

	for (size_t i = 0; i < HY_LEN(people) && !status; i++) {
		struct hy_json *node = NULL;
		const char *token;
		char *text;

		status = DRILL_ADMIN(d, err, "user", "token", people[i]);
		text = status ? NULL : drill_contents(d, "command.out");
		if (status || hy_json_parse(d->ctx, text, strlen(text), 0, &node, NULL) ||
		    !(token = hy_json_str(node, "token")))
			return status ? status : failed(d, "user token", err);
		status = hy_file_write(drill_path(d, hy_strf(d->ctx, "%s.token", people[i])), token,
				       strlen(token), 0600, err);
	}
	return status;
}

static bool site_listens(void *user)
{
	struct drill *d = user;
	char *out = drill_contents(d, "practice.out"), *at = strstr(out, "listening ");

	if (!at || !strchr(at, '\n'))
		return false;
	at += strlen("listening ");
	d->site = hy_strndup(d->ctx, at, strcspn(at, "\n"));
	at = strstr(out, "smpp ");
	d->smpp = at ? hy_strndup(d->ctx, at + 5, strcspn(at + 5, "\n")) : "";
	at = strstr(out, "imap ");
	d->imap = at ? hy_strndup(d->ctx, at + 5, strcspn(at + 5, "\n")) : "";
	return true;
}

static enum hy_status start_site(struct drill *d, const char *story, struct hy_err *err)
{
	char iso[HY_TIME_ISO_MAX];
	const char *const argv[] = {d->program, "__practice", "--port", "0", "--story", story,
				    "--start", hy_time_iso(d->start, iso), NULL};

	d->practice = start(d, argv, NULL, drill_path(d, "practice.out"), drill_path(d, "practice.log"));
	if (d->practice < 0 || !cmd_wait(site_listens, d, SETTLE_MS))
		return hy_err_set(err, HY_ETEMP, _("drill: the practice platforms do not start: %s"),
				  drill_contents(d, "practice.log"));
	return HY_OK;
}

static bool desk_answers(void *user)
{
	struct drill *d = user;

	return hy_ctl_daemon_runs(d->office);
}

static enum hy_status start_desk(struct drill *d, struct hy_err *err)
{
	const char *const argv[] = {d->program, "serve", "--dir", d->office, NULL};

	(void)unlink(hy_strf(d->ctx, "%s/run/receive.port", d->office));
	d->serve = start(d, argv, NULL, drill_path(d, "serve.out"), drill_path(d, "serve.log"));
	if (d->serve < 0 || !cmd_wait(desk_answers, d, SETTLE_MS))
		return hy_err_set(err, HY_ETEMP, _("drill: the desk does not start: see %s"),
				  drill_path(d, "serve.log"));
	return drill_hook(d, err); /* it listens at another port each time */
}

/* Where the office's own page is, and its address to the world: both are invented. Callbacks come to
 * a port of this machine. */
static enum hy_status set_public(struct drill *d, struct hy_err *err)
{
	static const char web[] = "web {\n";
	char *path = hy_strf(d->ctx, "%s/huying.conf", d->office), *text = NULL, *at;
	size_t n = 0;
	enum hy_status status = hy_file_read(d->ctx, path, 1u << 20, &text, &n, err);

	if (status)
		return status;
	at = strstr(text, web);
	if (!at)
		return hy_err_set(err, HY_EINPUT, "%s: %s", path, web);
	at += strlen(web);
	text = hy_strf(d->ctx,
		       "%.*s\tpublic_url = \"http://www.linjiang.example\"\n%s\npublish {\n"
		       "\taddress = \"203.0.113.7\"\n}\nreceive {\n"
		       "\tlisten = \"127.0.0.1:0\"\n}\n",
		       (int)(at - text), text, at);
	return hy_file_write(path, text, strlen(text), 0600, err);
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
	code = command(d, argv, NULL);
	if (code == 5 || code == 6) /* of some sources, of all */
		tell(d, "!", _("a look failed: %s"), why(d));
	else if (code)
		tell(d, "!", _("collecting did not end: %s"), why(d));
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
	code = command(d, argv, in);
	text = drill_contents(d, "command.out");
	if (!code && !hy_json_parse(d->ctx, text, strlen(text), 0, &node, NULL))
		remember(d, argv[1], node);
	if (!code != !e->what) {
		tell(d, "✗", _("%s: huying %s: exit %d: %s (line %d)"), e->name, line, code, why(d),
		     e->line);
		return false;
	}
	tell(d, "·", e->what ? _("%s: huying %s: refused, as it must be: %s") : "%s: huying %s%s",
	     e->name, line, e->what ? why(d) : "");
	return true;
}

static bool run_event(struct drill *d, const struct hy_story_event *e, struct hy_err *err)
{
	switch (e->kind) {
	case HY_STORY_CLOCK:
		d->jumped += e->secs;
		tell(d, "»", _("the clock jumps by %s"), span(d->ctx, e->secs));
		return !set_clock(d, err);
	case HY_STORY_DESK:
		tell(d, "■", "%s",
		     e->what == HY_STORY_DESK_STOP ? _("the desk stops") : _("the desk starts"));
		if (e->what == HY_STORY_DESK_STOP)
			stop(&d->serve);
		else if (d->serve <= 0)
			return !start_desk(d, err);
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
			tell(d, "✓", _("milestone met after %s: %s"), span(d->ctx, m->after_secs),
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

static bool play(struct drill *d, double speed, bool by_hand, struct hy_err *err)
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
		if (set_clock(d, err))
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

/* ---- the end ---- */

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

static void take_away(struct drill *d)
{
	const char *const argv[] = {"rm", "-rf", "--", d->dir, NULL};
	pid_t pid;

	if (!posix_spawn(&pid, "/bin/rm", NULL, NULL, (char *const *)(uintptr_t)argv, environ))
		(void)waitpid(pid, NULL, 0); /* what is left lies in the folder for temporary files */
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

static enum hy_status stage(struct drill *d, const char *text, struct hy_err *err)
{
	char *story = drill_path(d, "story.txt");
	enum hy_status status;

	d->office = drill_path(d, "office");
	d->clock = drill_path(d, "clock");
	status = hy_file_write(story, text, strlen(text), 0600, err);
	if (!status)
		status = set_clock(d, err);
	if (status)
		return status;
	setenv("HUYING_CLOCK", d->clock, 1);
	setenv("HUYING_DRILL", "1", 1);
	unsetenv("HUYING_DIR");
	unsetenv("HUYING_TOKEN_FILE");
	status = make_office(d, err);
	if (!status)
		status = set_public(d, err);
	if (!status)
		status = start_site(d, story, err);
	if (!status)
		status = start_desk(d, err);
	return status ? status : drill_connect(d, err);
}

static enum hy_status make_folder(struct drill *d, const char *keep, struct hy_err *err)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = hy_strf(d->ctx, "%s/huying-drill-XXXXXX", tmp && *tmp ? tmp : "/tmp");

	if (keep && mkdir(keep, 0700))
		return hy_err_set(err, HY_EINPUT, _("--keep %s: %s"), keep, hy_strerror(errno));
	d->dir = keep ? keep : mkdtemp(dir);
	return d->dir ? HY_OK
		      : hy_err_set(err, HY_ESYSTEM, _("no temporary folder: %s"), hy_strerror(errno));
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
	if (make_folder(&d, keep, &err))
		return cmd_fail(&err);
	if (!stage(&d, text, &err))
		good = play(&d, rate, by_hand, &err);
	stop(&d.serve);
	stop(&d.practice);
	code = err.status ? cmd_fail(&err) : sum_up(&d, good);
	if (!keep && !err.status)
		take_away(&d);
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
		hy_jw_kstr(w, "lasts", span(cmd->ctx, s->last_secs));
		hy_jw_kint(w, "milestones", milestones);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	hy_jw_end_object(w);
	cmd_print(cmd, hy_jw_text(w, NULL));
	return 0;
}
