/* The program: options that stand for every command, then the table. Start here, then
 * desk/actions.c. */
#include "cmd/cmd.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- finding the command ---- */

static const struct hy_command *find(int argc, char **argv, int *used)
{
	for (const struct hy_command *c = hy_commands; c->noun && argc; c++) {
		if (strcmp(c->noun, argv[0]))
			continue;
		if (!c->verb)
			return *used = 1, c;
		if (argc > 1 && !strcmp(c->verb, argv[1]))
			return *used = 2, c;
	}
	return NULL;
}

static bool is_noun(const char *word)
{
	for (const struct hy_command *c = hy_commands; c->noun; c++)
		if (!strcmp(c->noun, word) && !(c->flags & HY_CMD_HIDDEN))
			return true;
	return false;
}

/* A noun without a verb, or with one that it has not: its verbs. Asked for help, the help. */
static int noun_alone(int argc, char **argv)
{
	void *ctx = talloc_new(NULL);
	struct hy_cmd cmd = {.ctx = ctx, .argc = 1, .argv = argv};
	bool verb = argc > 1 && argv[1][0] != '-';
	char *verbs = hy_strdup(ctx, ""), *clean = NULL;

	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			int code = cmd_help(&cmd);
			talloc_free(ctx);
			return code;
		}
	for (const struct hy_command *c = hy_commands; c->noun; c++)
		if (!strcmp(c->noun, argv[0]) && c->verb && !(c->flags & HY_CMD_HIDDEN))
			verbs = hy_strf(ctx, "%s%s%s", verbs, *verbs ? ", " : "", c->verb);
	clean = hy_text_printable(ctx, verb ? argv[1] : "");
	if (verb)
		fprintf(stderr, _("huying: %s has no verb \"%s\": %s (see huying help %s)\n"), argv[0],
			clean, verbs, argv[0]);
	else
		fprintf(stderr, _("huying: %s needs a verb: %s (see huying help %s)\n"), argv[0], verbs,
			argv[0]);
	talloc_free(ctx);
	return 2;
}

static int unknown(int argc, char **argv)
{
	const char *best_noun = NULL, *best_verb = NULL;
	size_t least = 4;
	char *said = hy_strf(NULL, "%s%s%s", argv[0], argc > 1 && argv[1][0] != '-' ? " " : "",
			     argc > 1 && argv[1][0] != '-' ? argv[1] : "");

	for (const struct hy_command *c = hy_commands; c->noun; c++) {
		char *name = hy_strf(said, "%s%s%s", c->noun, c->verb ? " " : "",
				     c->verb ? c->verb : "");
		size_t d = c->flags & HY_CMD_HIDDEN ? SIZE_MAX : hy_text_distance(said, name);
		if (d < least) {
			least = d;
			best_noun = c->noun;
			best_verb = c->verb;
		}
	}
	if (is_noun(argv[0]) && (!best_verb || strcmp(best_noun, argv[0]) || !strchr(said, ' '))) {
		talloc_free(said);
		return noun_alone(argc, argv);
	}
	char *clean = hy_text_printable(said, said);
	if (best_noun)
		fprintf(stderr, _("huying: no command \"%s\": did you mean \"%s%s%s\"?\n"), clean,
			best_noun, best_verb ? " " : "", best_verb ? best_verb : "");
	else
		fprintf(stderr, _("huying: no command \"%s\": see huying help\n"), clean);
	talloc_free(said);
	return 2;
}

/* Unknown nouns: huying-NOUN on PATH, as git does. Only returns when there is none. */
static void try_external(char **argv)
{
	char *name = hy_strf(NULL, "huying-%s", argv[0]);

	for (const char *c = argv[0]; *c; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '-'))
			goto out;
	execvp(name, argv);
out:
	talloc_free(name);
}

/* ---- what commands share ---- */

enum hy_status cmd_act(struct hy_cmd *cmd, const char *action, const struct hy_json *params,
		       struct hy_json **out, char **text, int *code)
{
	struct hy_err err = {0};
	char *json = NULL;
	bool by_daemon = false;
	enum hy_status status = hy_ctl_call(cmd->ctx, cmd->dir, cmd->as, cmd->token, action, params,
					    &json, &by_daemon, &err);

	if (!status && out)
		status = hy_json_parse(cmd->ctx, json, strlen(json), 0, out, &err);
	if (status) {
		*code = cmd_fail(&err);
		return status;
	}
	if (text)
		*text = json;
	return HY_OK;
}

struct waiting {
	struct hy_loop *loop;
	struct hy_timer *timer;
	bool (*done)(void *user);
	void *user;
	hy_time until;
	bool was;
};

static void look_again(void *user)
{
	struct waiting *w = user;

	w->was = w->done(w->user);
	if (w->was || hy_monotonic() >= w->until)
		hy_loop_stop(w->loop);
	else
		hy_timer_arm(w->timer, 50);
}

bool cmd_wait(bool (*done)(void *user), void *user, int64_t limit_ms)
{
	void *ctx = talloc_new(NULL);
	struct waiting w = {.done = done, .user = user, .until = hy_monotonic() + limit_ms};

	if (hy_loop_new(&w.loop, ctx, NULL))
		return false;
	w.timer = hy_loop_timer(w.loop, look_again, &w);
	hy_timer_arm(w.timer, 1);
	(void)hy_loop_run(w.loop, NULL);
	talloc_free(ctx);
	return w.was;
}

struct daemon_wait {
	const char *dir;
	bool (*done)(void *user);
	void *user;
	bool met;
};

static bool done_or_gone(void *user)
{
	struct daemon_wait *w = user;
	bool runs = hy_ctl_daemon_runs(w->dir); /* asked first: its last act counts */

	w->met = w->done(w->user);
	return w->met || !runs;
}

enum hy_status cmd_wait_daemon(struct hy_cmd *cmd, bool (*done)(void *user), void *user,
			       int64_t limit_ms, const char *late, struct hy_err *err)
{
	struct daemon_wait w = {.dir = cmd->dir, .done = done, .user = user};
	bool ended = cmd_wait(done_or_gone, &w, limit_ms);

	if (w.met)
		return HY_OK;
	if (!ended)
		return hy_err_set(err, HY_ETEMP, "%s", late);
	return hy_err_set(
		err, HY_ETEMP, "%s",
		_("the daemon has ended meanwhile: what was asked for goes on when it runs "
		  "again (huying serve; huying doctor says what is wrong)"));
}

struct hy_json *cmd_object(const void *ctx, ...)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);
	struct hy_json *node = NULL;
	const char *key = NULL, *text = NULL;
	size_t n = 0;
	va_list ap;

	hy_jw_object(w);
	va_start(ap, ctx);
	while ((key = va_arg(ap, const char *)))
		hy_jw_kstr(w, key, va_arg(ap, const char *));
	va_end(ap);
	hy_jw_end_object(w);
	text = hy_jw_text(w, &n);
	if (hy_json_parse(ctx, text, n, 0, &node, NULL))
		HY_BUG("an object of our own does not parse");
	return node;
}

/* ---- options for every command ---- */

/* The first line of every command in a drill, and the terminal's title: no screen is without it. The
 * live desk is not called a drill before it refuses. */
void cmd_mean_drill(struct hy_cmd *cmd)
{
	hy_desk_drill_want();
	if (cmd->drill_said || hy_desk_drill_gate(cmd->dir, NULL))
		return;
	cmd->drill_said = true;
	if (isatty(STDERR_FILENO))
		fputs("\033]0;演练 DRILL · huying\007", stderr);
	fprintf(stderr,
		_("DRILL 演练: this is not the live desk; nothing leaves this machine (%s)\n"),
		cmd->dir);
}

static enum hy_status common(struct hy_cmd *cmd, struct hy_err *err)
{
	const char *dir = cmd_option(cmd, "dir", err);
	const char *token = cmd_option(cmd, "token-file", err);
	const char *by_env = getenv("HUYING_TOKEN_FILE"), *by_drill = getenv("HUYING_DRILL");

	cmd->dir = hy_desk_dir(cmd->ctx, dir);
	cmd->as = cmd_option(cmd, "as", err);
	cmd->json = cmd_flag(cmd, "json");
	if (cmd_flag(cmd, "drill") || (by_drill && !strcmp(by_drill, "1")))
		cmd_mean_drill(cmd);
	cmd->quiet = cmd_flag(cmd, "quiet");
	if (err->status)
		return err->status;
	if (!token && by_env && *by_env)
		token = by_env;
	return token ? hy_secret_read(cmd->ctx, token, &cmd->token, err) : HY_OK;
}

static bool wants_help(struct hy_cmd *cmd)
{
	for (int i = 0; i < cmd->argc && strcmp(cmd->argv[i], "--"); i++)
		if (!strcmp(cmd->argv[i], "--help") || !strcmp(cmd->argv[i], "-h"))
			return true;
	return false;
}

static int by_action(struct hy_cmd *cmd)
{
	const struct hy_action *action = hy_desk_action(cmd->command->action);
	struct hy_json *params = NULL;
	struct hy_err err = {0};
	char *json = NULL;
	int code = 0;

	if (cmd_params(cmd, action, &params, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, action->name, params, NULL, &json, &code))
		return code;
	cmd_print(cmd, json);
	return 0;
}

/* Global options may stand before the command, too: they are moved behind it. */
static void reorder(int *argc, char **argv)
{
	static const char *const valued[] = {"--dir", "--as", "--token-file"};
	int n = 0;

	while (n < *argc && argv[n][0] == '-') {
		for (size_t i = 0; i < HY_LEN(valued); i++)
			if (!strcmp(argv[n], valued[i]))
				n++;
		n++;
	}
	if (n >= *argc || !n)
		return;
	char **moved = hy_new_array(NULL, char *, (size_t)*argc);
	memcpy(moved, argv + n, (size_t)(*argc - n) * sizeof(char *));
	memcpy(moved + (*argc - n), argv, (size_t)n * sizeof(char *));
	memcpy(argv, moved, (size_t)*argc * sizeof(char *));
	talloc_free(moved);
}

static int run(const void *ctx, int argc, char **argv)
{
	static char version[] = "version", help[] = "help";
	struct hy_cmd cmd = {.ctx = ctx};
	struct hy_err err = {0};
	int used = 0;

	if (!argc) {
		cmd.command = &hy_commands[0];
		(void)cmd_help(&cmd);
		return 2;
	}
	if (!strcmp(argv[0], "--version"))
		argv[0] = version;
	else if (!strcmp(argv[0], "--help") || !strcmp(argv[0], "-h"))
		argv[0] = help;
	reorder(&argc, argv);
	cmd.command = find(argc, argv, &used);
	if (!cmd.command) {
		try_external(argv);
		return unknown(argc, argv);
	}
	cmd.argc = argc - used;
	cmd.argv = argv + used;
	if (wants_help(&cmd)) {
		cmd.argc = 0;
		cmd.argv = NULL;
		cmd.as = cmd.command->noun;
		return cmd_help(&cmd);
	}
	if (common(&cmd, &err))
		return cmd_usage(&cmd, &err);
	return cmd.command->run ? cmd.command->run(&cmd) : by_action(&cmd);
}

int main(int argc, char **argv)
{
	void *ctx = NULL;
	struct hy_err err = {0};
	int code = 0;

	setlocale(LC_CTYPE, "C.UTF-8");
	signal(SIGPIPE, SIG_IGN);
	hy_lang_init();
	hy_xml_init();
	if (hy_crypt_init(&err))
		return cmd_fail(&err);
	ctx = talloc_new(NULL);
	code = run(ctx, argc - 1, argv + 1);
	talloc_free(ctx);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, _("huying: the answer could not be written: %s\n"),
			hy_strerror(errno));
		code = code ? code : 75;
	}
	return code;
}
