/*
 * The house of a drill: a folder of its own with an office in it, the practice platforms and the daemon
 * as two more processes, and their clock, a file that the play moves from step to step.
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
#include <unistd.h>

#define SETTLE_MS 60000 /* hang guard for what starts */
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

void drill_stop(pid_t *pid)
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
int drill_command(struct drill *d, const char *const *argv, const char *in)
{
	char *errors = drill_path(d, "command.err");
	struct child c = {.code = 124};

	(void)unlink(errors);
	c.pid = start(d, argv, in, drill_path(d, "command.out"), errors);
	if (c.pid < 0)
		return 127;
	if (!cmd_wait(has_ended, &c, COMMAND_MS))
		drill_stop(&c.pid);
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
const char *drill_why(struct drill *d)
{
	char *text = drill_contents(d, "command.err"), *line, *last = hy_strdup(d->ctx, "");

	while ((line = strsep(&text, "\n")))
		if (*line)
			last = line;
	return last;
}

/* ---- the clock ---- */

enum hy_status drill_set_clock(struct drill *d, struct hy_err *err)
{
	char *text = hy_strf(d->ctx, "%" PRId64 "\n",
			     d->start + (d->now + d->jumped) * HY_SECOND);

	return hy_file_write(d->clock, text, strlen(text), 0644, err);
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
	return hy_err_set(err, HY_ETEMP, _("drill: %s: %s (folder %s)"), what, drill_why(d), d->dir);
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
	return drill_command(d, argv, NULL)
		       ? failed(d, hy_strf(d->ctx, "%s %s", words[0], words[1]), err)
		       : HY_OK;
}

static enum hy_status make_office(struct drill *d, struct hy_err *err)
{
	const char *const setup[] = {d->program, "setup", "--office", "临江县", "--place", "临江",
				     "--demo", "--listen", "127.0.0.1:0", "--dir", d->office,
				     "--admin-token-file", drill_path(d, "admin.token"), "--json", NULL};
	static const char *const people[] = {"bianji", "shenhe", "qianfa", "shuiwu", "jiaotong"};
	enum hy_status status = drill_command(d, setup, NULL) ? failed(d, "setup", err) : HY_OK;

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

enum hy_status drill_start_desk(struct drill *d, struct hy_err *err)
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

enum hy_status drill_stage(struct drill *d, const char *text, struct hy_err *err)
{
	char *story = drill_path(d, "story.txt");
	enum hy_status status;

	d->office = drill_path(d, "office");
	d->clock = drill_path(d, "clock");
	status = hy_file_write(story, text, strlen(text), 0600, err);
	if (!status)
		status = drill_set_clock(d, err);
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
		status = drill_start_desk(d, err);
	return status ? status : drill_connect(d, err);
}

enum hy_status drill_make_folder(struct drill *d, const char *keep, struct hy_err *err)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = hy_strf(d->ctx, "%s/huying-drill-XXXXXX", tmp && *tmp ? tmp : "/tmp");

	if (keep && mkdir(keep, 0700))
		return hy_err_set(err, HY_EINPUT, _("--keep %s: %s"), keep, hy_strerror(errno));
	d->dir = keep ? keep : mkdtemp(dir);
	return d->dir ? HY_OK
		      : hy_err_set(err, HY_ESYSTEM, _("no temporary folder: %s"), hy_strerror(errno));
}

/* ---- and away ---- */

void drill_take_away(struct drill *d)
{
	const char *const argv[] = {"rm", "-rf", "--", d->dir, NULL};
	pid_t pid;

	if (!posix_spawn(&pid, "/bin/rm", NULL, NULL, (char *const *)(uintptr_t)argv, environ))
		(void)waitpid(pid, NULL, 0); /* what is left lies in the folder for temporary files */
}
