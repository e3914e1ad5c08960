/* `huying __practice`: the built-in practice site, for the demonstration and for tests; prints its
 * address and serves until it is told to stop. */
#include "cmd/cmd.h"

#include "practice/practice.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_stop(void *user, int signo)
{
	(void)signo;
	hy_loop_stop(user);
}

static enum hy_status read_story(struct hy_cmd *cmd, const char *path, struct hy_story **out,
				 struct hy_err *err)
{
	char *text = NULL;
	size_t n = 0;
	enum hy_status status = HY_OK;

	if (!path)
		return hy_story_parse(cmd->ctx, hy_stories[0].text, strlen(hy_stories[0].text),
				      out, err);
	status = hy_file_read(cmd->ctx, path, HY_STORY_FILE_MAX, &text, &n, err);
	if (!status)
		status = hy_story_parse(cmd->ctx, text, n, out, err);
	return status ? hy_err_wrap(err, "%s", path) : HY_OK;
}

static enum hy_status read_fault(const char *text, struct hy_practice *site, struct hy_err *err)
{
	enum hy_practice_fault fault = HY_FAULT_NONE;

	if (text && !hy_practice_fault_parse(text, &fault))
		return hy_err_set(err, HY_EINPUT,
				  _("--fault is none, drop, 429, 500 or 401, not \"%s\""), text);
	if (text)
		hy_practice_fault(site, fault, 1, 1);
	return HY_OK;
}

static enum hy_status read_port(const char *text, int *out, struct hy_err *err)
{
	if (text && (!*text || strlen(text) > 5 || text[strspn(text, "0123456789")]))
		return hy_err_set(err, HY_EINPUT, _("--port is a number from 0 to 65535"));
	*out = text ? (int)strtol(text, NULL, 10) : 0;
	return HY_OK;
}

static enum hy_status serve(struct hy_loop *loop, struct hy_practice *site, struct hy_err *err)
{
	static const char *const wires[] = {"smpp", "smtp", "imap"};
	enum hy_status status = hy_loop_signal(loop, SIGTERM, on_stop, loop, err);

	if (!status)
		status = hy_loop_signal(loop, SIGINT, on_stop, loop, err);
	if (status)
		return status;
	for (size_t i = 0; i < HY_LEN(wires); i++)
		printf("%s 127.0.0.1:%d\n", wires[i], hy_practice_wire_port(site, wires[i]));
	/* The last line: who has read it has all. */
	printf("listening 127.0.0.1:%d\n", hy_practice_port(site));
	if (fflush(stdout))
		return hy_err_set(err, HY_ESYSTEM, _("stdout cannot be written"));
	return hy_loop_run(loop, err);
}

/* [--port N] [--story FILE] [--start ISO-TIME] [--fault KIND] [--password-file FILE] */
int cmd_practice(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	const char *port = cmd_option(cmd, "port", &err), *path = cmd_option(cmd, "story", &err);
	const char *start = cmd_option(cmd, "start", &err), *fault = cmd_option(cmd, "fault", &err);
	const char *password = cmd_option(cmd, "password-file", &err);
	struct hy_practice_conf conf = {.clock = hy_clock_from_env(cmd->ctx)};
	struct hy_practice *site = NULL;
	struct hy_secret *secret = NULL;
	struct hy_story *story = NULL;
	struct hy_loop *loop = NULL;
	sigset_t set;
	enum hy_status status = cmd_rest(cmd, 0, 0, &err);

	if (!status)
		status = read_port(port, &conf.port, &err);
	if (!status && start)
		status = hy_time_parse_iso(start, 480, &conf.start, &err);
	if (status)
		return cmd_usage(cmd, &err);
	if (password)
		status = hy_secret_read(cmd->ctx, password, &secret, &err);
	if (!status)
		status = read_story(cmd, path, &story, &err);
	if (secret)
		conf.password = hy_secret_text(secret, NULL);
	conf.story = story;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (!status)
		status = hy_loop_new(&loop, cmd->ctx, &err);
	if (!status)
		status = hy_practice_new(&site, cmd->ctx, loop, &conf, &err);
	if (!status)
		status = read_fault(fault, site, &err);
	if (!status)
		status = serve(loop, site, &err);
	talloc_free(site);
	return status ? cmd_fail(&err) : 0;
}
