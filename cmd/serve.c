/* `huying serve`: one process, its roles in threads, the dashboard and the control socket;
 * Type=notify, watchdog, clean stop. */
#include "cmd/cmd.h"

#include "web/web.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "config.h"

#define LARGE_PIECE (256 << 10)

struct serving {
	struct hy_cmd *cmd;
	struct hy_desk *desk;
	struct hy_loop *loop;
	struct hy_service *service;
	struct hy_ctl *ctl;
	struct hy_web *web;
	struct hy_bell *moved;
};

static void on_stop(void *user, int signo)
{
	struct serving *s = user;

	hy_notify_manager("STOPPING=1");
	hy_log(HY_LOG_NOTICE, "serve", "stopping", "SIGNAL", signo == SIGTERM ? "TERM" : "INT",
	       NULL);
	hy_loop_stop(s->loop);
}

static void on_moved(void *user)
{
	struct serving *s = user;

	if (s->web)
		hy_web_moved(s->web);
}

static bool has_role(const char *roles, const char *name)
{
	const char *at = roles ? strstr(roles, name) : NULL;
	return !roles || !strcmp(roles, "all") || at;
}

static enum hy_status check_roles(const char *roles, struct hy_err *err)
{
	static const char *const known[] = {"all",     "collect", "index", "detect",
					    "publish", "clock",	  "receive", "tokens",
					    "web"};

	for (const char *at = roles; at && *at;) {
		size_t n = strcspn(at, ","), i = 0;
		while (i < HY_LEN(known) && (strlen(known[i]) != n || strncmp(known[i], at, n)))
			i++;
		if (i == HY_LEN(known))
			return hy_err_set(err, HY_EINPUT,
					  _("no role \"%.*s\"; there are: collect, index, detect, "
					    "publish, clock, receive, tokens, web"),
					  (int)n, at);
		at += n + (at[n] == ',');
	}
	return HY_OK;
}

static enum hy_status start_web(struct serving *s, const char *listen, struct hy_err *err)
{
	const struct hy_conf *conf = hy_desk_conf(s->desk);
	const char *origin = hy_conf_str(conf, "web", NULL, "public_url");
	const struct hy_web_conf web = {
		.dir = s->cmd->dir,
		.listen = listen ? listen : hy_conf_str(conf, "web", NULL, "listen"),
		.listen_fd = hy_manager_socket(),
		.origin = *origin ? origin : NULL,
		.clock = hy_desk_clock(s->desk),
		.version = PACKAGE_VERSION,
		.desk = &hy_web_desk_real,
		.drill = hy_desk_is_drill(s->desk),
	};
	char line[64];
	char *path = NULL;
	enum hy_status status = hy_web_new(&s->web, s->desk, s->loop, &web, err);

	if (status)
		return status;
	snprintf(line, sizeof(line), "%d\n", hy_web_port(s->web));
	path = hy_strf(s->cmd->ctx, "%s/run/web.port", s->cmd->dir);
	status = hy_file_write(path, line, strlen(line), 0644, err);
	snprintf(line, sizeof(line), "%d", hy_web_port(s->web));
	hy_log(HY_LOG_NOTICE, "serve", "listening", "PORT", line, NULL);
	return status;
}

static enum hy_status start(struct serving *s, const char *roles, const char *listen,
			    struct hy_err *err)
{
	enum hy_status status = hy_loop_new(&s->loop, s->cmd->ctx, err);

	if (!status)
		status = hy_loop_signal(s->loop, SIGTERM, on_stop, s, err);
	if (!status)
		status = hy_loop_signal(s->loop, SIGINT, on_stop, s, err);
	if (!status)
		status = hy_ctl_serve(&s->ctl, NULL, s->desk, s->loop, err);
	hy_receive_set_door(&hy_web_receive_door);
	if (!status)
		status = hy_service_start(&s->service, s->cmd->ctx, s->cmd->dir, roles, s->loop,
					  err);
	if (status)
		return status;
	hy_store_on_commit(hy_desk_store(s->desk), (void (*)(void *))hy_service_ring, s->service);
	s->moved = hy_bell_new(s->cmd->ctx);
	hy_bell_hear(s->moved, s->loop, on_moved, s);
	hy_service_subscribe(s->service, s->moved);
	if (has_role(roles, "web"))
		status = start_web(s, listen, err);
	return status ? status : hy_loop_watchdog(s->loop, err);
}

static void block_signals(void)
{
	sigset_t set;
	const struct rlimit none = {0, 0};

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	(void)setrlimit(RLIMIT_CORE, &none); /* a core would hold secrets */
}

static void start_log(struct hy_desk *desk)
{
	static const struct {
		const char *name;
		enum hy_log_level level;
	} levels[] = {{"error", HY_LOG_ERR},
		      {"warning", HY_LOG_WARNING},
		      {"notice", HY_LOG_NOTICE},
		      {"info", HY_LOG_INFO},
		      {"debug", HY_LOG_DEBUG}};
	const char *format = hy_conf_str(hy_desk_conf(desk), "log", NULL, "format");
	const char *level = hy_conf_str(hy_desk_conf(desk), "log", NULL, "level");
	enum hy_log_level least = HY_LOG_INFO;

	for (size_t i = 0; i < HY_LEN(levels); i++)
		if (!strcmp(levels[i].name, level))
			least = levels[i].level;
	hy_log_init_auto(strcmp(format, "auto") ? format : NULL, least);
}

/* What sites and mailboxes send comes in pieces of megabytes. Left alone, glibc takes the first that
 * is freed as a reason to keep all later ones on its heap, where they leave holes of that size. */
static void large_pieces_apart(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, LARGE_PIECE);
	(void)mallopt(M_TRIM_THRESHOLD, LARGE_PIECE);
}

int cmd_serve(struct hy_cmd *cmd)
{
	struct serving s = {.cmd = cmd};
	struct hy_err err = {0};
	const char *roles = cmd_option(cmd, "roles", &err),
		   *listen = cmd_option(cmd, "listen", &err);
	enum hy_status status = cmd_rest(cmd, 0, 0, &err);

	if (!status)
		status = check_roles(roles, &err);
	if (status)
		return cmd_usage(cmd, &err);
	large_pieces_apart();
	block_signals();
	status = hy_desk_open(&s.desk, cmd->ctx, cmd->dir, HY_DESK_MIGRATE, &err);
	if (!status) {
		start_log(s.desk);
		hy_lang_use(hy_desk_lang(s.desk));
		status = start(&s, roles, listen, &err);
	}
	if (!status) {
		hy_notify_manager("READY=1");
		hy_log(HY_LOG_NOTICE, "serve", "ready", "DIR", cmd->dir, NULL);
		status = hy_loop_run(s.loop, &err);
	}
	hy_web_free(s.web);
	hy_service_stop(s.service);
	talloc_free(s.ctl);
	if (status)
		return cmd_fail(&err);
	hy_log(HY_LOG_NOTICE, "serve", "stopped", NULL);
	return 0;
}
