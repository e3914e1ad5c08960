/* Rules on the command line: tried on the past, explained, run over the archive, carried in and
 * out.
 */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- the rule that is meant ---- */

/* Words that are exactly a rule's name or number mean that rule; others are a query. */
static bool is_rule(struct hy_cmd *cmd, const char *said)
{
	const struct hy_json *params = cmd_object(cmd->ctx, "id", said, NULL);
	char *text = NULL;

	return !hy_ctl_call(cmd->ctx, cmd->dir, cmd->as, cmd->token, "rule.show", params, &text,
			    NULL, NULL);
}

static void name_to_id(struct hy_cmd *cmd, struct hy_json *params)
{
	const char *said = hy_json_str(params, "query");

	if (!said || hy_json_get(params, "id") || !is_rule(cmd, said))
		return;
	for (size_t i = 0; i < params->n; i++)
		if (!strcmp(params->key[i], "query"))
			params->key[i] = "id";
}

/* Runs the command's own action; false when *code was set and all is said. */
static bool ask(struct hy_cmd *cmd, struct hy_json **node, int *code)
{
	const struct hy_action *action = hy_desk_action(cmd->command->action);
	struct hy_json *params = NULL;
	struct hy_err err = {0};
	char *text = NULL;

	if (cmd_params(cmd, action, &params, &err)) {
		*code = cmd_usage(cmd, &err);
		return false;
	}
	name_to_id(cmd, params);
	if (cmd_act(cmd, action->name, params, node, &text, code))
		return false;
	if (cmd->json)
		cmd_json(text);
	return !cmd->json;
}

/* ---- explain ---- */

int cmd_rule_explain(struct hy_cmd *cmd)
{
	static const struct hy_cmd_field fields[] = {
		{"kind", N_("Kind")},
		{"query", N_("Query")},
		{"understood", N_("Understood as")},
		{NULL, NULL},
	};
	struct hy_json *node = NULL;
	const struct hy_json *needs = NULL;
	int code = 0;

	if (!ask(cmd, &node, &code))
		return code;
	cmd_print_fields(node, fields);
	needs = hy_json_get(node, "needs");
	if (hy_json_bool(node, "every_item", false)) {
		cmd_say("%s\n", _("It is tried on every item: no word must stand in one."));
		return 0;
	}
	cmd_say("%s", _("Tried on items that hold one of:"));
	for (size_t i = 0; needs && i < needs->n; i++)
		cmd_say(" “%s”", needs->at[i]->text);
	putchar('\n');
	return 0;
}

/* ---- test ---- */

static double real(const struct hy_json *node, const char *name)
{
	const struct hy_json *v = hy_json_get(node, name);

	return v && (v->type == HY_JSON_REAL || v->type == HY_JSON_INT) ? v->real : 0;
}

static void say_estimate(const struct hy_json *node)
{
	const struct hy_json *often = hy_json_get(node, "false_a_week");
	int64_t noise = hy_json_int(node, "noise", 0), useful = hy_json_int(node, "useful", 0);

	cmd_say(_("Days on which it would have rung: %" PRId64 ", about %.1f alerts a week.\n"),
		hy_json_int(node, "alert_days", 0), real(node, "alerts_a_week"));
	if (often && often->type != HY_JSON_NULL)
		cmd_say(_("Of %" PRId64 " matches that people have judged, %" PRId64
			  " were noise: about %.1f false alarms a week (%.1f to %.1f).\n"),
			noise + useful, noise, real(node, "false_a_week"), real(node, "false_low"),
			real(node, "false_high"));
	else
		cmd_say(_("Nobody has judged a match of it yet: false alarms cannot be told, at "
			  "most %.1f a week.\n"),
			real(node, "false_high"));
}

int cmd_rule_test(struct hy_cmd *cmd)
{
	static const struct hy_cmd_field days[] = {
		{"day", N_("Day")},
		{"count", N_("Matches")},
		{NULL, NULL},
	};
	struct hy_json *node = NULL;
	const struct hy_json *items = NULL;
	int code = 0;

	if (!ask(cmd, &node, &code))
		return code;
	if (*hy_json_str(node, "name"))
		cmd_say(_("rule %s: %s\n"), hy_json_str(node, "name"), hy_json_str(node, "query"));
	cmd_say(hy_json_bool(node, "whole", true)
			? _("%" PRId64 " of %" PRId64 " items since %s match, %" PRId64 " ms\n")
			: _("%" PRId64 " of the last %" PRId64
			    " items (since %s; older ones were not looked at) match, %" PRId64
			    " ms\n"),
		hy_json_int(node, "total", 0), hy_json_int(node, "seen", 0),
		hy_json_str(node, "since"), hy_json_int(node, "ms", 0));
	say_estimate(node);
	cmd_print_part(hy_json_get(node, "days"), _("Day by day"), days);
	items = hy_json_get(node, "items");
	if (items && items->n)
		cmd_say("\n%s\n", _("The newest"));
	for (size_t i = 0; items && i < items->n; i++)
		cmd_show_item(cmd->ctx, items->at[i]);
	return 0;
}

/* ---- rerun ---- */

struct running {
	struct hy_cmd *cmd;
	int64_t run, shown;
	struct hy_json *node; /* as last seen */
	bool bar;
};

static const struct hy_json *find_run(struct running *r)
{
	char *text = NULL;
	const struct hy_json *items = NULL;

	talloc_free(r->node);
	r->node = NULL;
	if (hy_ctl_call(r->cmd->ctx, r->cmd->dir, r->cmd->as, r->cmd->token, "rule.runs", NULL,
			&text, NULL, NULL) ||
	    hy_json_parse(r->cmd->ctx, text, strlen(text), 0, &r->node, NULL))
		return NULL;
	items = hy_json_get(r->node, "items");
	for (size_t i = 0; items && i < items->n; i++)
		if (hy_json_int(items->at[i], "id", 0) == r->run)
			return items->at[i];
	return NULL;
}

static bool ended(void *user)
{
	struct running *r = user;
	const struct hy_json *run = find_run(r);
	const char *state = hy_json_str(run, "state");
	int64_t percent = hy_json_int(run, "percent", 0);

	if (r->bar && percent != r->shown) {
		fprintf(stderr, "\r%3" PRId64 " %%", percent);
		r->shown = percent;
	}
	return state && strcmp(state, "running") != 0;
}

static int run_here(struct hy_cmd *cmd)
{
	struct hy_desk *desk = NULL;
	struct hy_err err = {0};
	enum hy_status status = hy_desk_open(&desk, cmd->ctx, cmd->dir, 0, &err);

	if (!status)
		status = hy_desk_run_once(desk, "detect", &err);
	talloc_free(desk);
	return status ? cmd_fail(&err) : 0;
}

static int say_run(struct running *r)
{
	static const struct hy_cmd_field fields[] = {
		{"id", N_("No.")},	    {"state", N_("State")},
		{"rule", N_("Rule")},	    {"seen", N_("Items")},
		{"matches", N_("Matches")}, {"opened", N_("New alerts")},
		{"percent", N_("Percent")}, {NULL, NULL},
	};
	const struct hy_json *run = find_run(r);
	struct hy_json_writer *w = NULL;
	const char *text = NULL;
	size_t n = 0;

	if (!run)
		return 1;
	if (!r->cmd->json) {
		cmd_print_fields(run, fields);
		return 0;
	}
	w = hy_json_writer_new(r->cmd->ctx, false);
	hy_jw_node(w, run);
	text = hy_jw_text(w, &n);
	cmd_json(hy_strndup(r->cmd->ctx, text, n));
	return 0;
}

int cmd_rule_rerun(struct hy_cmd *cmd)
{
	struct running r = {.cmd = cmd, .shown = -1, .bar = isatty(2) && !cmd->quiet};
	bool wait = !cmd_flag(cmd, "no-wait"), daemon = hy_ctl_daemon_runs(cmd->dir);
	const struct hy_action *action = hy_desk_action("rule.rerun");
	struct hy_json *params = NULL, *node = NULL;
	struct hy_err err = {0};
	int code = 0;

	if (cmd_params(cmd, action, &params, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, "rule.rerun", params, &node, NULL, &code))
		return code;
	r.run = hy_json_int(node, "run", 0);
	if (wait && daemon &&
	    cmd_wait_daemon(cmd, ended, &r, HY_HOUR * 24,
			    _("the run has not ended within a day: see huying rule runs"), &err))
		code = cmd_fail(&err);
	else if (wait && !daemon)
		code = run_here(cmd);
	if (r.bar && r.shown >= 0)
		fputc('\n', stderr);
	return code ? code : say_run(&r);
}

/* ---- in and out ---- */

int cmd_rule_import(struct hy_cmd *cmd)
{
	static const struct hy_cmd_field fields[] = {
		{"added", N_("Added")},
		{"changed", N_("Changed")},
		{"same", N_("As they were")},
		{NULL, NULL},
	};
	struct hy_json_writer *w = hy_json_writer_new(cmd->ctx, false);
	struct hy_json *params = NULL, *node = NULL;
	struct hy_err err = {0};
	bool dry = cmd_flag(cmd, "dry-run");
	const char *json = NULL;
	char *text = NULL, *answer = NULL;
	size_t n = 0;
	int code = 0;

	if (cmd_rest(cmd, 1, 1, &err))
		return cmd_usage(cmd, &err);
	if (hy_file_read(cmd->ctx, cmd->argv[0], 16u << 20, &text, &n, &err))
		return cmd_fail(&err);
	if (!hy_utf8_valid(text, n)) {
		hy_err_set(&err, HY_EINPUT, _("%s is not UTF-8 text"), cmd->argv[0]);
		return cmd_fail(&err);
	}
	hy_jw_object(w);
	hy_jw_kstr(w, "text", text);
	hy_jw_kbool(w, "dry_run", dry);
	hy_jw_end_object(w);
	json = hy_jw_text(w, &n);
	if (hy_json_parse(cmd->ctx, json, n, 0, &params, &err))
		return cmd_fail(&err);
	if (cmd_act(cmd, "rule.import", params, &node, &answer, &code))
		return code;
	if (cmd->json)
		cmd_json(answer);
	else
		cmd_print_fields(node, fields);
	return 0;
}

int cmd_rule_export(struct hy_cmd *cmd)
{
	struct hy_json *node = NULL;
	const struct hy_json *items = NULL;
	struct hy_err err = {0};
	int code = 0;

	if (cmd_rest(cmd, 0, 0, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, "rule.export", NULL, &node, NULL, &code))
		return code;
	items = hy_json_get(node, "items");
	for (size_t i = 0; items && i < items->n; i++) {
		struct hy_json_writer *w = hy_json_writer_new(cmd->ctx, false);
		size_t n = 0;
		hy_jw_node(w, items->at[i]);
		const char *text = hy_jw_text(w, &n);
		cmd_json(hy_strndup(w, text, n));
		talloc_free(w);
	}
	return 0;
}
