/* cmd: a drill being played: shared by drill.c (the command), drill-house.c (the folder and its
 * processes), drill-connect.c (accounts and sources), drill-play.c (the steps) and drill-check.c (the
 * milestones). */
#ifndef HY_CMD_DRILL_H
#define HY_CMD_DRILL_H

#include "cmd/cmd.h"

#include "practice/practice.h"

#include <sys/types.h>

enum milestone_state { MILESTONE_OPEN, MILESTONE_MET, MILESTONE_MISSED };

struct milestone {
	const struct hy_story_event *event;
	enum milestone_state state;
	int64_t after_secs; /* since its line, by the story's clock */
	const char *saw;    /* what was there instead */
};

struct drill {
	struct hy_cmd *cmd;
	const void *ctx;
	const struct hy_story *story;
	const char *name;    /* of the story */
	const char *program; /* this very binary */
	const char *dir;     /* temporary: office/, tokens, logs */
	const char *office;
	const char *clock;
	const char *site; /* "127.0.0.1:PORT" of the practice platforms */
	const char *imap; /* of their mailbox */
	const char *smpp; /* of their message centre */
	const char *wechat_path, *weibo_path; /* of the desk's callbacks; NULL before it is connected */
	int receive_port, n_secrets;
	hy_time start;
	int64_t now, jumped; /* the story's seconds; of them skipped by clock lines */
	pid_t practice, serve;
	struct milestone *milestones;
	size_t n_milestones;
	/* what {claim}, {case} and the like stand for */
	const char *var_name[16], *var_value[16];
	int n_vars;
};

/* ---- drill-house.c ---- */
/* The folder: keep, which must not be there yet, or a temporary one. HY_EINPUT, HY_ESYSTEM. */
enum hy_status drill_make_folder(struct drill *d, const char *keep, struct hy_err *err);
/* The office in it, the practice platforms playing this story, and the desk, connected to them. */
enum hy_status drill_stage(struct drill *d, const char *story, struct hy_err *err);
enum hy_status drill_start_desk(struct drill *d, struct hy_err *err);
/* Ends a process of the drill, in the hard way after 30 s; 0 = there is none. */
void drill_stop(pid_t *pid);
void drill_take_away(struct drill *d); /* the folder */
char *drill_path(struct drill *d, const char *name); /* of a file in its folder */
char *drill_contents(struct drill *d, const char *name); /* of such a file; "" when there is none */
/* Runs a command of this binary to its end, in: its standard input or NULL; its exit code. Its answer
 * lies in command.out. */
int drill_command(struct drill *d, const char *const *argv, const char *in);
/* Why the last command failed: its last line. */
const char *drill_why(struct drill *d);
/* The same as admin; HY_ETEMP when it fails. */
enum hy_status drill_admin(struct drill *d, const char *const *words, struct hy_err *err);
#define DRILL_ADMIN(d, err, ...) drill_admin(d, (const char *const[]){__VA_ARGS__, NULL}, err)
/* Now, as the story has it, for all processes of the drill. */
enum hy_status drill_set_clock(struct drill *d, struct hy_err *err);
/* GET http://site/practice/PATH as JSON; NULL when it does not answer. */
struct hy_json *drill_site(struct drill *d, const char *path);

/* ---- drill-play.c ---- */
/* Plays the story to its end: speed as of --speed (0: nothing waits), by_hand: as of --step. False when
 * a step did not come out as the story says. */
bool drill_play(struct drill *d, double speed, bool by_hand, struct hy_err *err);
/* "1h", "25m", "2m05s"; child of ctx. */
char *drill_span(const void *ctx, int64_t secs);

/* ---- drill-connect.c ---- */
/* Every practice platform: quotas that are no part of the lesson, accounts, sources, callbacks. */
enum hy_status drill_connect(struct drill *d, struct hy_err *err);
/* Tells the platforms where the desk listens now; nothing before drill_connect(). */
enum hy_status drill_hook(struct drill *d, struct hy_err *err);

/* ---- drill-check.c ---- */
/* A reading action by the person admin; NULL when it fails. */
struct hy_json *drill_ask(struct drill *d, const char *action, const char *params);
/* Looks whether open milestones are met now. last: no later look will come for those that end here. */
void drill_check(struct drill *d, bool last);
/* What was published once may not have been published again since. */
void drill_check_end(struct drill *d);
bool drill_due(const struct drill *d, const struct milestone *m); /* its time is up */

#endif
