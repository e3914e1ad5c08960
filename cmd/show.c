/* One alert, claim or piece of evidence in full: what an officer needs to judge from a terminal. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void cmd_say_indented(const char *text)
{
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");
		cmd_say("    %.*s\n", (int)n, line);
		line += n + (line[n] == '\n');
	}
}

void cmd_print_part(const struct hy_json *list, const char *heading,
		    const struct hy_cmd_field *fields)
{
	if (!list || !list->n)
		return;
	cmd_say("\n%s\n", heading);
	cmd_print_list(list, fields);
}

void cmd_print_evidence(const struct hy_json *list)
{
	if (!list || !list->n)
		return;
	cmd_say("\n%s\n", _("Evidence"));
	for (size_t i = 0; i < list->n; i++) {
		const struct hy_json *e = list->at[i];
		const char *title = hy_json_str(e, "title"), *url = hy_json_str(e, "url"),
			   *when = hy_json_str(e, "when"), *media = hy_json_str(e, "media");
		cmd_say("%" PRId64 "  %s  %s\n", hy_json_int(e, "id", 0), when ? when : "",
			title ? title : "");
		if (url && *url)
			cmd_say("    %s\n", url);
		cmd_say("    SHA-256 %s%s\n", hy_json_str(e, "sha256"),
			media && *media ? "" : _(" (of the address; no copy is kept)"));
	}
}

/* Runs the command's action and prints its fields: true when there is more to print for people. */
static bool shown(struct hy_cmd *cmd, struct hy_json **node, int *code)
{
	const struct hy_action *action = hy_desk_action(cmd->command->action);
	struct hy_err err = {0};
	struct hy_json *params = NULL;
	char *text = NULL;

	if (cmd_params(cmd, action, &params, &err)) {
		*code = cmd_usage(cmd, &err);
		return false;
	}
	if (cmd_act(cmd, action->name, params, node, &text, code))
		return false;
	cmd_print(cmd, text);
	return !cmd->json;
}

int cmd_alert_show(struct hy_cmd *cmd)
{
	struct hy_json *node = NULL;
	const struct hy_json *list = NULL;
	int code = 0;

	if (!shown(cmd, &node, &code))
		return code;
	list = hy_json_get(node, "matched");
	if (list && list->n)
		cmd_say("\n%s\n", _("What matched"));
	for (size_t i = 0; list && i < list->n; i++) {
		const struct hy_json *it = list->at[i];
		const char *when = hy_json_str(it, "when"), *source = hy_json_str(it, "source"),
			   *title = hy_json_str(it, "title"), *text = hy_json_str(it, "text");
		cmd_say("#%" PRId64 "  %s  %s  %s\n", hy_json_int(it, "id", 0), when ? when : "",
			source ? source : "", title ? title : "");
		cmd_say_indented(text ? text : "");
	}
	return 0;
}

int cmd_rule_show(struct hy_cmd *cmd)
{
	static const struct hy_cmd_field versions[] = {
		{"version", N_("Version")}, {"when", N_("Time")},	{"begin_seq", N_("Begins after")},
		{"until_seq", N_("Ends with")}, {"query", N_("Query")}, {NULL, NULL},
	};
	struct hy_json *node = NULL;
	int code = 0;

	if (!shown(cmd, &node, &code))
		return code;
	cmd_print_part(hy_json_get(node, "versions"), _("Versions"), versions);
	return 0;
}

int cmd_claim_show(struct hy_cmd *cmd)
{
	static const struct hy_cmd_field sightings[] = {
		{"when", N_("Time")},	{"source", N_("Source")}, {"channel", N_("Channel")},
		{"place", N_("Place")}, {"item", N_("Item")},	  {"note", N_("Note")},
		{NULL, NULL},
	};
	static const struct hy_cmd_field statements[] = {
		{"id", N_("No.")},
		{"state", N_("State")},
		{"title", N_("Title")},
		{NULL, NULL},
	};
	struct hy_json *node = NULL;
	int code = 0;

	if (!shown(cmd, &node, &code))
		return code;
	cmd_print_part(hy_json_get(node, "sightings_list"), _("Sightings"), sightings);
	cmd_print_evidence(hy_json_get(node, "evidence_list"));
	cmd_print_part(hy_json_get(node, "statements"), _("Statements"), statements);
	return 0;
}

/* ---- evidence get ---- */

const char *cmd_output(struct hy_cmd *cmd)
{
	for (int i = 0; i + 1 < cmd->argc; i++) {
		const char *path = cmd->argv[i + 1];
		if (strcmp(cmd->argv[i], "-o"))
			continue;
		memmove(cmd->argv + i, cmd->argv + i + 2,
			(size_t)(cmd->argc - i - 2) * sizeof(char *));
		cmd->argc -= 2;
		return path;
	}
	return NULL;
}

/* The kept copy is what was added: its bytes still have the hash that the record holds. */
static enum hy_status copy_of(struct hy_cmd *cmd, const struct hy_json *node, void **bytes,
			      size_t *n, struct hy_err *err)
{
	uint8_t sha256[HY_SHA256_LEN];
	const char *wanted = hy_json_str(node, "sha256");
	enum hy_status status =
		hy_unbase64(cmd->ctx, hy_json_str(node, "file"), false, bytes, n, err);

	if (status)
		return status;
	hy_sha256(*bytes, *n, sha256);
	if (!wanted || strcmp(hy_hex(cmd->ctx, sha256, HY_SHA256_LEN), wanted))
		return hy_err_set(err, HY_ECORRUPT,
				  _("evidence %" PRId64
				    ": the kept copy is not what was added (its SHA-256 differs): "
				    "restore media/ from a backup"),
				  hy_json_int(node, "id", 0));
	return HY_OK;
}

int cmd_evidence_get(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	const char *path = cmd_output(cmd);
	struct hy_json *params = NULL, *node = NULL;
	char *text = NULL;
	void *bytes = NULL;
	size_t n = 0;
	int code = 0;

	if (cmd_params(cmd, hy_desk_action("evidence.get"), &params, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, "evidence.get", params, &node, &text, &code))
		return code;
	if (cmd->json && !path) {
		cmd_json(text);
		return 0;
	}
	if (!hy_json_str(node, "file")) { /* an address alone */
		cmd_print(cmd, text);
		return 0;
	}
	if (copy_of(cmd, node, &bytes, &n, &err))
		return cmd_fail(&err);
	if (path && hy_file_write(path, bytes, n, 0600, &err))
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
