/* Commands on statements and evidence that need more than one action: approving waits for the
 * receipts. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct hy_cmd_field delivery_fields[] = {
	{"id", N_("No.")},	    {"account", N_("Account")}, {"state", N_("State")},
	{"attempt", N_("Attempt")}, {"receipt", N_("Receipt")}, {"url", N_("Address")},
	{"error", N_("Fault")},	    {"cure", N_("What to do")}, {"when", N_("Time")},
	{NULL, NULL},
};

/* ---- waiting for deliveries ---- */

struct sending {
	struct hy_cmd *cmd;
	struct hy_json *params;
	struct hy_json *node; /* the last answer of post.status */
	char *text;
};

static bool settled_state(const char *state)
{
	return strcmp(state, "planned") && strcmp(state, "sending");
}

/* Planned for later counts as settled: nobody waits for tomorrow at a prompt. */
static bool settled(void *user)
{
	struct sending *s = user;
	const struct hy_json *list = NULL;
	struct hy_err err = {0};
	int64_t now = hy_now(hy_clock_from_env(s->cmd->ctx)) / HY_SECOND;

	if (hy_ctl_call(s->cmd->ctx, s->cmd->dir, s->cmd->as, s->cmd->token, "post.status",
			s->params, &s->text, NULL, &err) ||
	    hy_json_parse(s->cmd->ctx, s->text, strlen(s->text), 0, &s->node, &err))
		return false;
	list = hy_json_get(s->node, "deliveries");
	for (size_t i = 0; i < list->n; i++)
		if (!settled_state(hy_json_str(list->at[i], "state")) &&
		    hy_json_int(list->at[i], "not_before_ts", 0) <= now)
			return false;
	return true;
}

/* 0 all sent (or planned for later), 5 partly, 6 in doubt, waiting or failed. */
static int delivery_code(const struct hy_json *list)
{
	size_t sent = 0, later = 0;

	for (size_t i = 0; i < list->n; i++) {
		const char *state = hy_json_str(list->at[i], "state");
		sent += !strcmp(state, "sent");
		later += !strcmp(state, "planned");
	}
	if (sent + later == list->n)
		return 0;
	return sent ? 5 : 6;
}

static int show_deliveries(struct hy_cmd *cmd, struct sending *s, bool judge)
{
	const struct hy_json *list = hy_json_get(s->node, "deliveries");

	if (cmd->json)
		cmd_json(s->text);
	else
		cmd_print_list(list, delivery_fields);
	return judge ? delivery_code(list) : 0;
}

static int send_here(struct hy_cmd *cmd)
{
	struct hy_desk *desk = NULL;
	struct hy_err err = {0};
	enum hy_status status = hy_desk_open(&desk, cmd->ctx, cmd->dir, 0, &err);

	if (!status)
		status = hy_desk_run_once(desk, "publish", &err);
	talloc_free(desk);
	return status ? cmd_fail(&err) : 0;
}

static int wait_for(struct hy_cmd *cmd, int64_t id, bool daemon)
{
	char number[24], *late;
	struct sending s = {.cmd = cmd};
	struct hy_err err = {0};
	int code = 0;

	snprintf(number, sizeof(number), "%" PRId64, id);
	s.params = cmd_object(cmd->ctx, "id", number, NULL);
	if (!daemon)
		code = send_here(cmd);
	if (code)
		return code;
	late = hy_strf(
		cmd->ctx,
		_("statement %s is approved and still being sent: see huying post status %s"),
		number, number);
	if (daemon ? cmd_wait_daemon(cmd, settled, &s, 60 * HY_SECOND, late, &err) != HY_OK
		   : !cmd_wait(settled, &s, 60 * HY_SECOND)) {
		if (!err.status)
			hy_err_set(&err, HY_ETEMP, "%s", late);
		return cmd_fail(&err);
	}
	return show_deliveries(cmd, &s, true);
}

/* ---- the commands ---- */

/* Asks a person at a terminal for the words; the same place for both, and never the same words. */
static void ask_confirm(struct hy_cmd *cmd, struct hy_json **params)
{
	const char *id = hy_json_str(*params, "id");
	struct hy_json_writer *w;
	char line[256];

	if (hy_json_get(*params, "confirm") || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return;
	fprintf(stderr,
		hy_desk_drill_wanted() ? _("This is a DRILL. Type \"演练 %s\": ")
				       : _("This publishes FOR REAL. Type \"发布 %s\": "),
		id ? id : "ID");
	if (!fgets(line, sizeof(line), stdin))
		line[0] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	w = hy_json_writer_new(cmd->ctx, false);
	hy_jw_object(w);
	for (size_t i = 0; i < (*params)->n; i++) {
		hy_jw_key(w, (*params)->key[i]);
		hy_jw_node(w, (*params)->at[i]);
	}
	hy_jw_kstr(w, "confirm", hy_utf8_repair(cmd->ctx, line, strlen(line), NULL));
	hy_jw_end_object(w);
	(void)hy_json_parse(cmd->ctx, hy_jw_text(w, NULL), strlen(hy_jw_text(w, NULL)), 0, params,
			    NULL); /* our own text */
}

int cmd_post_approve(struct hy_cmd *cmd)
{
	const struct hy_action *action = hy_desk_action("post.approve");
	struct hy_err err = {0};
	bool no_wait = cmd_flag(cmd, "no-wait"), daemon = hy_ctl_daemon_runs(cmd->dir);
	struct hy_json *params = NULL, *node = NULL;
	char *text = NULL;
	int code = 0;

	if (cmd_params(cmd, action, &params, &err))
		return cmd_usage(cmd, &err);
	ask_confirm(cmd, &params);
	if (cmd_act(cmd, action->name, params, &node, &text, &code))
		return code;
	if (!no_wait)
		return wait_for(cmd, hy_json_int(node, "id", 0), daemon);
	if (cmd->json)
		cmd_json(text);
	return 0;
}

int cmd_post_correct(struct hy_cmd *cmd)
{
	const struct hy_action *action = hy_desk_action("post.correct");
	struct hy_err err = {0};
	bool wait = cmd_flag(cmd, "wait"), daemon = hy_ctl_daemon_runs(cmd->dir);
	struct hy_json *params = NULL, *node = NULL;
	char *text = NULL;
	int code = 0;

	if (cmd_params(cmd, action, &params, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, action->name, params, &node, &text, &code))
		return code;
	if (wait)
		return wait_for(cmd, hy_json_int(node, "id", 0), daemon);
	cmd_print(cmd, text);
	if (!cmd->json)
		cmd_say(_("Handed to the next person. They run: huying post approve %" PRId64
			  " --as NAME --token-file FILE\n"),
			hy_json_int(node, "id", 0));
	return 0;
}

int cmd_post_status(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	struct sending s = {.cmd = cmd};
	struct hy_json *params = NULL;
	int code = 0;

	if (cmd_params(cmd, hy_desk_action("post.status"), &params, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, "post.status", params, &s.node, &s.text, &code))
		return code;
	return show_deliveries(cmd, &s, false);
}

/* The claim that a statement is about, when the reader may see it. */
static void show_claim(struct hy_cmd *cmd, int64_t id)
{
	static const struct hy_cmd_field fields[] = {
		{"text", N_("Claim")},		{"verdict", N_("Verdict")},
		{"finding", N_("Finding")},	{"judged_by", N_("Judged by")},
		{"signed_by", N_("Signed by")}, {NULL, NULL},
	};
	struct hy_json *params = NULL, *node = NULL;
	char number[24], *text = NULL;

	snprintf(number, sizeof(number), "%" PRId64, id);
	params = cmd_object(cmd->ctx, "id", number, NULL);
	if (!id ||
	    hy_ctl_call(cmd->ctx, cmd->dir, cmd->as, cmd->token, "claim.show", params, &text, NULL,
			NULL) ||
	    hy_json_parse(cmd->ctx, text, strlen(text), 0, &node, NULL))
		return;
	putchar('\n');
	cmd_print_fields(node, fields);
	if (!hy_json_bool(node, "signed", false))
		cmd_say("%s\n", _("The verdict is not signed yet."));
}

/* The last moment at which it may leave, in office time. */
static void show_not_after(struct hy_cmd *cmd, const struct hy_json *node)
{
	int64_t until = hy_json_int(node, "not_after_ts", 0);
	struct hy_desk *desk = NULL;

	if (!until || hy_desk_open(&desk, cmd->ctx, cmd->dir, HY_DESK_READ_ONLY, NULL))
		return;
	cmd_say("%s  %s\n", _("Not after"), hy_desk_when(desk, desk, until * HY_SECOND));
	talloc_free(desk);
}

static void show_signature(const struct hy_json *node)
{
	const char *signature = hy_json_str(node, "signature"),
		   *approver = hy_json_str(node, "approver");

	if (signature)
		cmd_say(_("Signature: signed by %s, Ed25519 %s\n"), approver ? approver : "?",
			signature);
	else
		cmd_say("%s\n", _("Signature: none; approving signs exactly these bytes"));
}

/* What platforms with a form of their own are given, to the byte. */
static void show_forms(const struct hy_json *forms)
{
	for (size_t i = 0; forms && i < forms->n; i++) {
		const struct hy_json *f = forms->at[i];
		const char *title = hy_json_str(f, "title"), *way = hy_json_str(f, "way");
		const char *text = hy_json_str(f, "text");

		cmd_say(_("--- exactly as %s is given it ---\n"), hy_json_str(f, "account"));
		if (way)
			cmd_say("(%s)\n", _(way));
		if (title)
			cmd_say("%s\n", title);
		cmd_say("%s\n\n", text ? text : hy_json_str(f, "html"));
	}
}

int cmd_post_show(struct hy_cmd *cmd)
{
	static const struct hy_cmd_field targets[] = {
		{"id", N_("No.")},
		{"name", N_("Account")},
		{"platform", N_("Platform")},
		{"state", N_("State")},
		{NULL, NULL},
	};
	struct hy_err err = {0};
	struct hy_json *params = NULL, *node = NULL;
	const struct hy_json *checks = NULL;
	char *text = NULL;
	int code = 0;

	if (cmd_params(cmd, hy_desk_action("post.show"), &params, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, "post.show", params, &node, &text, &code))
		return code;
	cmd_print(cmd, text);
	if (cmd->json)
		return 0;
	show_not_after(cmd, node);
	show_signature(node);
	cmd_print_part(hy_json_get(node, "targets"), _("Goes to"), targets);
	show_claim(cmd, hy_json_int(node, "claim", 0));
	cmd_print_evidence(hy_json_get(node, "evidence_list"));
	cmd_say("\n%s\n\n", hy_json_str(node, "text"));
	show_forms(hy_json_get(node, "forms"));
	checks = hy_json_get(node, "checks");
	for (size_t i = 0; checks && i < checks->n; i++)
		cmd_say("%s %s: %s\n", hy_json_bool(checks->at[i], "blocking", false) ? "✗" : "▲",
			hy_json_str(checks->at[i], "code"), hy_json_str(checks->at[i], "text"));
	cmd_print_part(hy_json_get(node, "deliveries"), _("Deliveries"), delivery_fields);
	return 0;
}

int cmd_claim_evidence(struct hy_cmd *cmd)
{
	const struct hy_action *action = hy_desk_action("claim.evidence");
	struct hy_err err = {0};
	const char *path = cmd_option(cmd, "file", &err);
	struct hy_json *params = NULL;
	char *bytes = NULL, *text = NULL, **argv = NULL;
	size_t n = 0;
	int code = 0;

	if (path) {
		if (hy_file_read(cmd->ctx, path, 16u << 20, &bytes, &n, &err))
			return cmd_fail(&err);
		argv = hy_new_array(cmd->ctx, char *, (size_t)cmd->argc + 2);
		memcpy(argv, cmd->argv, (size_t)cmd->argc * sizeof(char *));
		argv[cmd->argc] =
			hy_strf(cmd->ctx, "--file=%s", hy_base64(cmd->ctx, bytes, n, false));
		cmd->argv = argv;
		cmd->argc++;
	}
	if (err.status || cmd_params(cmd, action, &params, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, action->name, params, NULL, &text, &code))
		return code;
	cmd_print(cmd, text);
	return 0;
}
