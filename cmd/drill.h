/* cmd: a drill being played: shared by drill.c (the play), drill-connect.c (its accounts and sources)
 * and drill-check.c (the milestones). */
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

char *drill_path(struct drill *d, const char *name); /* of a file in its folder */
char *drill_contents(struct drill *d, const char *name); /* of such a file; "" when there is none */
/* Runs a command of this binary as admin to its end; its answer lies in command.out. */
enum hy_status drill_admin(struct drill *d, const char *const *words, struct hy_err *err);
#define DRILL_ADMIN(d, err, ...) drill_admin(d, (const char *const[]){__VA_ARGS__, NULL}, err)
/* Every practice platform: quotas that are no part of the lesson, accounts, sources, callbacks. */
enum hy_status drill_connect(struct drill *d, struct hy_err *err);
/* Tells the platforms where the desk listens now; nothing before drill_connect(). */
enum hy_status drill_hook(struct drill *d, struct hy_err *err);
/* A reading action by the person admin; NULL when it fails. */
struct hy_json *drill_ask(struct drill *d, const char *action, const char *params);
/* Looks whether open milestones are met now. last: no later look will come for those that end here. */
void drill_check(struct drill *d, bool last);
/* What was published once may not have been published again since. */
void drill_check_end(struct drill *d);
bool drill_due(const struct drill *d, const struct milestone *m); /* its time is up */
/* GET http://site/practice/PATH as JSON; NULL when it does not answer. */
struct hy_json *drill_site(struct drill *d, const char *path);

#endif
