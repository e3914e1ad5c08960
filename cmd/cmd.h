/* cmd: the command line. One table of commands; most of them are one action of the desk with its
 * parameters as options. */
#ifndef HY_CMD_H
#define HY_CMD_H

#include "desk/desk.h"

/* What was said before and after the command's name, and where answers go. */
struct hy_cmd {
	const struct hy_command *command;
	const void *ctx;
	char *dir;
	const char *as;
	struct hy_secret *token;
	bool json, quiet, dry_run;
	bool drill_said; /* the line that says so stands on the screen */
	int argc; /* what follows the name */
	char **argv;
};

/* A column of a list or a line of a single answer: the member's name and its heading (English
 * msgid). */
struct hy_cmd_field {
	const char *key, *label;
};

struct hy_command {
	const char *noun, *verb; /* verb NULL: the noun alone */
	const char *action;	 /* of the desk, NULL for a command of its own */
	/* NULL: run the action and print its answer. */
	int (*run)(struct hy_cmd *cmd);
	const char *positional; /* parameter names, blank-separated; the last with "..." takes the
				   rest */
	const char *summary;	/* English msgid */
	const char *
		options; /* own options for the help, beyond the action's parameters; NULL = none */
	const char *example;		   /* one line that a test runs or parses */
	const struct hy_cmd_field *fields; /* how the answer is shown; the last has NULL */
	int flags;
};
#define HY_CMD_HIDDEN 1
#define HY_CMD_LIST 2  /* the answer is {"items":[...]} */
#define HY_CMD_REACH 4 /* --reach allowed */

extern const struct hy_command hy_commands[]; /* ends with noun NULL */

/* ---- options.c ---- */

/* Options of this command's own, taken out of argv. Each call finds one; values may follow as
 * --name=value. Returns NULL when absent. */
const char *cmd_option(struct hy_cmd *cmd, const char *name, struct hy_err *err);
bool cmd_flag(struct hy_cmd *cmd, const char *name);
/* What is left: HY_EINPUT with a suggestion for a left-over option, or when the count is out of
 * [least, most]. */
enum hy_status cmd_rest(struct hy_cmd *cmd, int least, int most, struct hy_err *err);
/* argv by the action's parameters and the command's positionals into one JSON object. */
enum hy_status cmd_params(struct hy_cmd *cmd, const struct hy_action *action, struct hy_json **out,
			  struct hy_err *err);

/* A parameter that comes by file or stdin only: --NAME-file. */
bool cmd_secret_param(const struct hy_action *action, const char *name);

/* ---- print.c ---- */

/* The error on stderr ("huying: ..."), and the exit code of its status. */
int cmd_fail(const struct hy_err *err);
int cmd_usage(struct hy_cmd *cmd, const struct hy_err *err);
/* The answer as JSON (cmd->json) or for people by the command's fields. */
void cmd_print(struct hy_cmd *cmd, const char *json);
void cmd_print_fields(const struct hy_json *node, const struct hy_cmd_field *fields);
void cmd_print_list(const struct hy_json *list, const struct hy_cmd_field *fields);
/* The text and blanks up to a number of terminal columns. child of ctx. */
char *cmd_pad(const void *ctx, const char *text, size_t columns);
/* The word that people read for a name of the record ("acked", "not-checkable"): English readers
 * the name itself. static, or the name. */
const char *cmd_word(const char *name);
/* printf to stdout of text that may hold anything: controls are shown escaped. */
void cmd_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* JSON text and a line end to stdout, with no raw control in its strings. */
void cmd_json(const char *json);
/* A hint on stderr, only when that is a terminal and not --quiet. */
void cmd_hint(struct hy_cmd *cmd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- show.c ---- */

/* Each line of a text four columns in; controls are shown escaped. */
void cmd_say_indented(const char *text);
/* A heading and a list below an answer; nothing for an empty one. */
void cmd_print_part(const struct hy_json *list, const char *heading,
		    const struct hy_cmd_field *fields);
/* The evidence of a claim: number, time, title, address, hash in full; nothing for none. */
void cmd_print_evidence(const struct hy_json *list);
/* An item that was found, on one line, its words marked. */
void cmd_show_item(const void *ctx, const struct hy_json *it);
/* -o FILE taken out of argv, NULL when absent: it is no parameter of any action. */
const char *cmd_output(struct hy_cmd *cmd);

/* ---- huying.c ---- */

/* From here on a drill is meant: says so, once, as the first line of stderr and in the terminal's title,
 * unless the folder is the live desk, which will refuse. */
void cmd_mean_drill(struct hy_cmd *cmd);

/* Runs an action over the socket or here; on failure the error is printed and *code set. */
enum hy_status cmd_act(struct hy_cmd *cmd, const char *action, const struct hy_json *params,
		       struct hy_json **out, char **text, int *code);
/* Waits with a short timer until done(user) is true; false after limit_ms. For what another process
 * does. */
bool cmd_wait(bool (*done)(void *user), void *user, int64_t limit_ms);
/* The same for what the daemon does: HY_ETEMP when it has ended meanwhile, or with the words `late`
 * after limit_ms. */
enum hy_status cmd_wait_daemon(struct hy_cmd *cmd, bool (*done)(void *user), void *user,
			       int64_t limit_ms, const char *late, struct hy_err *err);
/* An object of one to four string members, NULL-terminated pairs. */
struct hy_json *cmd_object(const void *ctx, ...) __attribute__((sentinel));

/* ---- the commands of their own ---- */
int cmd_setup(struct hy_cmd *cmd);
int cmd_serve(struct hy_cmd *cmd);
int cmd_status(struct hy_cmd *cmd);
int cmd_doctor(struct hy_cmd *cmd);
int cmd_version(struct hy_cmd *cmd);
int cmd_help(struct hy_cmd *cmd);
int cmd_completion(struct hy_cmd *cmd);
int cmd_parse_child(struct hy_cmd *cmd);
int cmd_config_check(struct hy_cmd *cmd);
int cmd_config_show(struct hy_cmd *cmd);
int cmd_config_path(struct hy_cmd *cmd);
int cmd_source_test(struct hy_cmd *cmd);
int cmd_source_balance(struct hy_cmd *cmd);
int cmd_source_import(struct hy_cmd *cmd);
int cmd_source_export(struct hy_cmd *cmd);
int cmd_collect_run(struct hy_cmd *cmd);
int cmd_collect_status(struct hy_cmd *cmd);
int cmd_search(struct hy_cmd *cmd);
int cmd_rule_show(struct hy_cmd *cmd);
int cmd_rule_explain(struct hy_cmd *cmd);
int cmd_rule_test(struct hy_cmd *cmd);
int cmd_rule_rerun(struct hy_cmd *cmd);
int cmd_rule_import(struct hy_cmd *cmd);
int cmd_rule_export(struct hy_cmd *cmd);
int cmd_import_preview(struct hy_cmd *cmd);
int cmd_import_run(struct hy_cmd *cmd);
int cmd_case_why_due(struct hy_cmd *cmd);
int cmd_case_show(struct hy_cmd *cmd);
int cmd_case_settle(struct hy_cmd *cmd);
int cmd_case_media(struct hy_cmd *cmd);
int cmd_practice(struct hy_cmd *cmd);
int cmd_drill_run(struct hy_cmd *cmd);
int cmd_drill_list(struct hy_cmd *cmd);
int cmd_post_approve(struct hy_cmd *cmd);
int cmd_post_show(struct hy_cmd *cmd);
int cmd_post_status(struct hy_cmd *cmd);
int cmd_post_correct(struct hy_cmd *cmd);
int cmd_alert_show(struct hy_cmd *cmd);
int cmd_claim_show(struct hy_cmd *cmd);
int cmd_claim_evidence(struct hy_cmd *cmd);
int cmd_evidence_get(struct hy_cmd *cmd);
int cmd_calendar_due(struct hy_cmd *cmd);
int cmd_calendar_show(struct hy_cmd *cmd);
int cmd_calendar_check(struct hy_cmd *cmd);
int cmd_calendar_explain(struct hy_cmd *cmd);
int cmd_account_test(struct hy_cmd *cmd);
int cmd_account_authorise(struct hy_cmd *cmd);
int cmd_account_revoke(struct hy_cmd *cmd);
int cmd_report_sla(struct hy_cmd *cmd);
int cmd_report_recompute(struct hy_cmd *cmd);
int cmd_index_stats(struct hy_cmd *cmd);
int cmd_index_check(struct hy_cmd *cmd);
int cmd_index_rebuild(struct hy_cmd *cmd);
int cmd_bench_pipeline(struct hy_cmd *cmd);
int cmd_index_compact(struct hy_cmd *cmd);
int cmd_backup_create(struct hy_cmd *cmd);
int cmd_backup_verify(struct hy_cmd *cmd);
int cmd_backup_restore(struct hy_cmd *cmd);

#endif
