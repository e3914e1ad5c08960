/* Commands on cases and their report. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int cmd_case_why_due(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	struct hy_json *params = NULL, *node = NULL;
	char *text = NULL;
	int code = 0;

	if (cmd_params(cmd, hy_desk_action("case.why-due"), &params, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, "case.why-due", params, &node, &text, &code))
		return code;
	if (cmd->json)
		cmd_json(text);
	else
		cmd_say("%s\n", hy_json_str(node, "text"));
	return 0;
}

static const struct hy_cmd_field answers[] = {
	{"id", N_("Answer")},	    {"when", N_("Time")},
	{"account", N_("Account")}, {"state", N_("State")},
	{"report", N_("Carrier")},  {"error", N_("Fault")},
	{"cure", N_("What to do")}, {NULL, NULL},
};

int cmd_case_settle(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	struct hy_json *params = NULL, *node = NULL;
	char *text = NULL;
	int code = 0;

	if (cmd_params(cmd, hy_desk_action("case.settle"), &params, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, "case.settle", params, &node, &text, &code))
		return code;
	if (cmd->json)
		cmd_json(text);
	else
		cmd_print_list(hy_json_get(node, "answers"), answers);
	return 0;
}

int cmd_case_media(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	const char *path = cmd_output(cmd), *file;
	struct hy_json *params = NULL, *node = NULL;
	char *text = NULL;
	void *bytes = NULL;
	size_t n = 0;
	int code = 0;

	if (cmd_params(cmd, hy_desk_action("case.media"), &params, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, "case.media", params, &node, &text, &code))
		return code;
	file = hy_json_str(node, "file");
	if (cmd->json && !path) {
		cmd_json(text);
		return 0;
	}
	if (!file) { /* nothing to save: what became of it */
		hy_err_set(&err, HY_ENOTFOUND, _("attachment %" PRId64 " is not here: %s"),
			   hy_json_int(node, "id", 0), _(hy_json_str(node, "state")));
		return cmd_fail(&err);
	}
	if (hy_unbase64(cmd->ctx, file, false, &bytes, &n, &err) ||
	    (path && hy_file_write(path, bytes, n, 0600, &err)))
		return cmd_fail(&err);
	if (path || isatty(1)) {
		cmd_print(cmd, text);
		if (!path)
			cmd_hint(cmd, "%s", _("the file itself: -o FILE, or into a pipe"));
	} else {
		fwrite(bytes, 1, n, stdout); /* a short write is told at the program's end */
	}
	return 0;
}

int cmd_case_show(struct hy_cmd *cmd)
{
	static const struct hy_cmd_field events[] = {
		{"when", N_("Time")}, {"kind", N_("What")}, {"holder", N_("Holder")},
		{"unit", N_("Unit")}, {"actor", N_("Who")}, {"text", N_("Text")},
		{NULL, NULL},
	};
	static const struct hy_cmd_field custody[] = {
		{"holder", N_("Holder")},
		{"unit", N_("Unit")},
		{"seconds", N_("Seconds held")},
		{"work_seconds", N_("of these in office hours")},
		{NULL, NULL},
	};
	static const struct hy_cmd_field media[] = {
		{"id", N_("Attachment")},
		{"name", N_("File")},
		{"type", N_("Kind")},
		{"bytes", N_("Bytes")},
		{"state", N_("State")},
		{"error", N_("Fault")},
		{NULL, NULL},
	};
	struct hy_err err = {0};
	struct hy_json *params = NULL, *node = NULL;
	char *text = NULL;
	int code = 0;

	if (cmd_params(cmd, hy_desk_action("case.show"), &params, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, "case.show", params, &node, &text, &code))
		return code;
	cmd_print(cmd, text);
	if (cmd->json)
		return 0;
	putchar('\n');
	cmd_print_list(hy_json_get(node, "events"), events);
	putchar('\n');
	cmd_print_list(hy_json_get(node, "custody"), custody);
	if (hy_json_get(node, "answers") && hy_json_get(node, "answers")->n) {
		putchar('\n');
		cmd_print_list(hy_json_get(node, "answers"), answers);
	}
	if (hy_json_get(node, "media")) {
		putchar('\n');
		cmd_print_list(hy_json_get(node, "media"), media);
	}
	return 0;
}

static bool any_overdue(struct hy_cmd *cmd)
{
	struct hy_json *node = NULL;
	int code = 0;

	if (cmd_act(cmd, "status", NULL, &node, NULL, &code))
		return false;
	return hy_json_int(hy_json_get(node, "counts"), "cases_overdue", 0) > 0;
}

int cmd_report_sla(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	bool fail_on_overdue = cmd_flag(cmd, "fail-on-overdue");
	const char *path = cmd_option(cmd, "o", &err);
	struct hy_json *params = NULL, *node = NULL;
	const char *body = NULL;
	char *text = NULL, **argv = NULL;
	int code = 0;

	path = path ? path : cmd_output(cmd);
	if (cmd->json) {
		argv = hy_new_array(cmd->ctx, char *, (size_t)cmd->argc + 2);
		memcpy(argv, cmd->argv, (size_t)cmd->argc * sizeof(char *));
		argv[cmd->argc++] = hy_strdup(cmd->ctx, "--format=json");
		cmd->argv = argv;
	}
	if (err.status || cmd_params(cmd, hy_desk_action("report.sla"), &params, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, "report.sla", params, &node, &text, &code))
		return code;
	body = hy_json_str(node, "text");
	if (!body) {
		struct hy_json_writer *w = hy_json_writer_new(cmd->ctx, false);
		hy_jw_node(w, hy_json_get(node, "report"));
		body = hy_strf(cmd->ctx, "%s\n", hy_jw_text(w, NULL));
	}
	if (path && hy_file_write(path, body, strlen(body), 0644, &err))
		return cmd_fail(&err);
	if (!path && !hy_json_str(node, "text"))
		cmd_json(hy_strndup(cmd->ctx, body, strlen(body) - 1));
	else if (!path)
		fputs(body, stdout); /* the report's writers let no control character through */
	return fail_on_overdue && any_overdue(cmd) ? 9 : 0;
}

/* One promise of one case, in office time: nothing when it did not move. */
static void show_moved(struct hy_desk *desk, const struct hy_json *m, const char *label,
		       const char *const keys[2])
{
	int64_t from = hy_json_int(m, keys[0], 0), to = hy_json_int(m, keys[1], 0);
	char *was = NULL, *is = NULL;

	if (from == to)
		return;
	was = hy_desk_when(desk, NULL, from * HY_SECOND);
	is = hy_desk_when(desk, NULL, to * HY_SECOND);
	cmd_say("%s  %s  %s → %s\n", hy_json_str(m, "number"), label, *was ? was : "-",
		*is ? is : "-");
	talloc_free(was);
	talloc_free(is);
}

int cmd_report_recompute(struct hy_cmd *cmd)
{
	static const char *const reply[] = {"from_reply_ts", "to_reply_ts"};
	static const char *const resolve[] = {"from_resolve_ts", "to_resolve_ts"};
	struct hy_err err = {0};
	struct hy_json *params = NULL, *node = NULL;
	const struct hy_json *moved = NULL;
	struct hy_desk *desk = NULL;
	char *text = NULL;
	int code = 0;

	if (cmd_params(cmd, hy_desk_action("sla.recompute"), &params, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, "sla.recompute", params, &node, &text, &code))
		return code;
	moved = hy_json_get(node, "moved");
	if (cmd->json) {
		cmd_json(text);
		return 0;
	}
	if (!moved || !moved->n) {
		cmd_say("%s\n", _("no due time moved"));
		return 0;
	}
	if (hy_desk_open(&desk, cmd->ctx, cmd->dir, HY_DESK_READ_ONLY, &err))
		return cmd_fail(&err);
	for (size_t i = 0; i < moved->n; i++) {
		show_moved(desk, moved->at[i], _("Reply due"), reply);
		show_moved(desk, moved->at[i], _("Close due"), resolve);
	}
	return 0;
}
