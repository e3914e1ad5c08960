/*
 * huying index: stats, check, rebuild, compact. While the daemon runs, it does the work and we
 * watch; else this process takes the role's lease and does it. On a terminal a bar shows how far it
 * is.
 */
#include "cmd/cmd.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#define BAR 24
#define DRAW_EVERY 100 /* ms */

struct showing {
	struct hy_cmd *cmd;
	const char *what; /* translated */
	hy_time began, drawn;
	int64_t done, total;
	bool drew;
};

/* What is left, from what was needed for what is done; -1 = not known yet. */
static int64_t seconds_left(const struct showing *s, hy_time now)
{
	if (s->done <= 0 || s->total <= 0)
		return -1;
	return (int64_t)((double)(now - s->began) * (double)(s->total - s->done) / (double)s->done /
			 HY_SECOND) +
	       1;
}

static void draw(struct showing *s, hy_time now)
{
	char bar[BAR + 1];
	int64_t part = s->total > 0 ? s->done * 100 / s->total : 0;
	int64_t left = seconds_left(s, now);
	void *text = talloc_new(NULL);

	part = part > 100 ? 100 : part;
	for (int i = 0; i < BAR; i++)
		bar[i] = i < part * BAR / 100 ? '#' : '.';
	bar[BAR] = '\0';
	fprintf(stderr, "\r%s [%s] %3d %%  %s\033[K", s->what, bar, (int)part,
		left < 0 ? "" : hy_strf(text, _("%" PRId64 " s left"), left));
	fflush(stderr);
	s->drew = true;
	talloc_free(text);
}

static void progress(void *user, int64_t done, int64_t total)
{
	struct showing *s = user;
	hy_time now = hy_monotonic();

	s->done = done;
	s->total = total;
	if (s->cmd->quiet || !isatty(2) || now - s->drawn < DRAW_EVERY)
		return;
	s->drawn = now;
	draw(s, now);
}

static struct showing show(struct hy_cmd *cmd, const char *what)
{
	return (struct showing){.cmd = cmd, .what = what, .began = hy_monotonic()};
}

/* The bar goes; one line stays, in a log, too. */
static void end_show(const struct showing *s, bool well)
{
	hy_time spent = hy_monotonic() - s->began;

	if (s->drew)
		fputs("\r\033[K", stderr);
	if (well && !s->cmd->quiet)
		fprintf(stderr, _("%s: done in %" PRId64 ".%" PRId64 " s\n"), s->what,
			spent / HY_SECOND, spent % HY_SECOND * 10 / HY_SECOND);
}

static int answer(struct hy_cmd *cmd, struct hy_json_writer *w, const struct hy_cmd_field *fields)
{
	struct hy_json *node = NULL;
	size_t n = 0;
	const char *text = hy_jw_text(w, &n);

	if (cmd->json || hy_json_parse(cmd->ctx, text, n, 0, &node, NULL))
		cmd_json(text);
	else
		cmd_print_fields(node, fields);
	return 0;
}

/* ---- looking ---- */

static int stats(struct hy_cmd *cmd)
{
	static const struct hy_cmd_field fields[] = {
		{"documents", N_("Documents")},
		{"live", N_("Live documents")},
		{"items", N_("Items in the record")},
		{"index_seq", N_("Indexed up to")},
		{"last_seq", N_("Log ends at")},
		{"databases", N_("Databases")},
		{"bytes", N_("Bytes")},
		{"generation", N_("Generation")},
		{"job", N_("Under way")},
		{NULL, NULL},
	};
	struct hy_err err = {0};
	struct hy_desk *desk = NULL;
	struct hy_json_writer *w = hy_json_writer_new(cmd->ctx, false);
	enum hy_status status = hy_desk_open(&desk, cmd->ctx, cmd->dir, HY_DESK_READ_ONLY, &err);

	hy_jw_object(w);
	if (!status)
		status = hy_desk_index_stats(desk, w, &err);
	if (status)
		return cmd_fail(&err);
	hy_jw_end_object(w);
	return answer(cmd, w, fields);
}

int cmd_index_stats(struct hy_cmd *cmd)
{
	struct hy_err err = {0};

	if (cmd_rest(cmd, 0, 0, &err))
		return cmd_usage(cmd, &err);
	return stats(cmd);
}

int cmd_index_check(struct hy_cmd *cmd)
{
	static const struct hy_cmd_field fields[] = {
		{"sound", N_("Sound")}, {"report", N_("Report")}, {NULL, NULL}};
	struct hy_err err = {0};
	bool deep = cmd_flag(cmd, "deep"), sound = false;
	struct hy_desk *desk = NULL;
	struct hy_json_writer *w = hy_json_writer_new(cmd->ctx, false);
	struct showing s = show(cmd, _("Check"));
	enum hy_status status = cmd_rest(cmd, 0, 0, &err);

	if (status)
		return cmd_usage(cmd, &err);
	hy_jw_object(w);
	status = hy_desk_open(&desk, cmd->ctx, cmd->dir, HY_DESK_READ_ONLY, &err);
	if (!status)
		status = hy_desk_index_check(desk, deep, w, &sound, progress, &s, &err);
	end_show(&s, !status);
	if (status)
		return cmd_fail(&err);
	hy_jw_end_object(w);
	(void)answer(cmd, w, fields);
	return sound ? 0 : 9;
}

/* ---- doing ---- */

/* Watches the daemon until it has done what we asked for. */
static enum hy_status watch_daemon(struct showing *s, int64_t ticket, struct hy_err *err)
{
	const struct timespec pause = {.tv_nsec = 100000000};
	struct hy_desk *desk = NULL;
	int64_t at = 0, total = 0;
	bool done = false;
	enum hy_status status =
		hy_desk_open(&desk, s->cmd->ctx, s->cmd->dir, HY_DESK_READ_ONLY, err);

	while (!status) {
		status = hy_desk_index_asked(desk, ticket, &done, &at, &total, err);
		if (status || done)
			break;
		progress(s, at, total);
		if (!hy_ctl_daemon_runs(s->cmd->dir))
			status = hy_err_set(err, HY_ETEMP,
					    _("huying serve ended: it goes on with it when it is "
					      "started again"));
		else
			(void)nanosleep(&pause, NULL);
	}
	talloc_free(desk);
	return status;
}

static int work(struct hy_cmd *cmd, const char *what, const char *said)
{
	struct hy_err err = {0};
	struct hy_desk *desk = NULL;
	struct hy_json *node = NULL;
	struct showing s = show(cmd, said);
	char action[32];
	int code = 0;
	enum hy_status status = cmd_rest(cmd, 0, 0, &err);

	if (status)
		return cmd_usage(cmd, &err);
	(void)snprintf(action, sizeof(action), "index.%s", what);
	if (hy_ctl_daemon_runs(cmd->dir)) {
		if (cmd_act(cmd, action, NULL, &node, NULL, &code))
			return code;
		status = watch_daemon(&s, hy_json_int(node, "ticket", 0), &err);
	} else {
		status = hy_desk_open(&desk, cmd->ctx, cmd->dir, 0, &err);
		if (!status)
			status = hy_desk_index_run(desk, what, progress, &s, &err);
		talloc_free(desk);
	}
	end_show(&s, !status);
	return status ? cmd_fail(&err) : stats(cmd);
}

int cmd_index_rebuild(struct hy_cmd *cmd)
{
	return work(cmd, "rebuild", _("Rebuild"));
}

int cmd_index_compact(struct hy_cmd *cmd)
{
	return work(cmd, "compact", _("Compact"));
}
