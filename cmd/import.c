/* Sheets of message boards, mailboxes and hotlines: looked at, then taken in. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (8u << 20)
#define MAP_FILE_MAX (64u << 10)

/* "a=b,c=d" or a file of such lines; '#' begins a comment where it begins the line. */
static enum hy_status put_map(struct hy_cmd *cmd, struct hy_json_writer *w, const char *said,
			      struct hy_err *err)
{
	char *text = hy_strdup(cmd->ctx, said), *p, *end;
	bool file = !strchr(said, '=');
	size_t n = 0;
	enum hy_status status =
		file ? hy_file_read(cmd->ctx, said, MAP_FILE_MAX, &text, &n, err) : HY_OK;

	if (!status && file && !hy_utf8_valid(text, n))
		status = hy_err_set(err, HY_EINPUT, _("%s is not UTF-8 text"), said);
	if (status)
		return status;
	hy_jw_key(w, "map");
	hy_jw_array(w);
	for (p = text; p && *p; p = end ? end + 1 : NULL) {
		end = strpbrk(p, file ? "\r\n" : ",\n");
		if (end)
			*end = '\0';
		if (*p && !(file && *p == '#'))
			hy_jw_str(w, p);
	}
	hy_jw_end_array(w);
	return HY_OK;
}

static enum hy_status put_number(struct hy_cmd *cmd, struct hy_json_writer *w, const char *name,
				 struct hy_err *err)
{
	const char *said = cmd_option(cmd, name, err);
	char *end = NULL;
	long n = said ? strtol(said, &end, 10) : 0;

	if (err->status || !said)
		return err->status;
	if (!*said || *end || n < 0 || n > 1048576)
		return hy_err_set(err, HY_EINPUT, _("--%s: a number, not \"%s\""), name, said);
	hy_jw_kint(w, name, n);
	return HY_OK;
}

/* The parameters of both actions; *refused: where the refused rows go, or NULL. */
static enum hy_status params_of(struct hy_cmd *cmd, struct hy_json **out, const char **refused,
				struct hy_err *err)
{
	static const char *const texts[] = {"charset", "kind", "channel"};
	struct hy_json_writer *w = hy_json_writer_new(cmd->ctx, false);
	const char *map, *source, *json;
	char *bytes = NULL;
	size_t n = 0;
	enum hy_status status = HY_OK;

	hy_jw_object(w);
	for (size_t i = 0; i < HY_LEN(texts) && !status; i++) {
		const char *said = cmd_option(cmd, texts[i], err);

		status = err->status;
		if (said)
			hy_jw_kstr(w, texts[i], said);
	}
	if (!status)
		status = put_number(cmd, w, "sheet", err);
	if (!status)
		status = put_number(cmd, w, "header", err);
	source = status ? NULL : cmd_option(cmd, "as-source", err);
	map = status ? NULL : cmd_option(cmd, "map", err);
	*refused = status ? NULL : cmd_option(cmd, "refused", err);
	if (!status)
		status = err->status;
	if (source)
		hy_jw_kstr(w, "source", source);
	else if (!status && !strcmp(cmd->command->verb, "run"))
		status = hy_err_set(err, HY_EINPUT, "%s",
				    _("--as-source NAME is missing: where the rows come from, for "
				      "example 12345热线"));
	if (cmd_flag(cmd, "save"))
		hy_jw_kbool(w, "save", true);
	if (cmd_flag(cmd, "again"))
		hy_jw_kbool(w, "again", true);
	if (*refused)
		hy_jw_kbool(w, "refused", true);
	if (!status && map)
		status = put_map(cmd, w, map, err);
	if (!status)
		status = cmd_rest(cmd, 0, 1, err);
	if (!status && !cmd->argc)
		status = hy_err_set(err, HY_EINPUT, "%s",
				    _("FILE is missing: the sheet, an .xlsx or a CSV"));
	if (!status)
		status = hy_file_read(cmd->ctx, cmd->argv[0], FILE_MAX, &bytes, &n, err);
	if (status)
		return status;
	hy_jw_kstr(w, "file", hy_base64(cmd->ctx, bytes, n, false));
	hy_jw_end_object(w);
	json = hy_jw_text(w, &n);
	return hy_json_parse(cmd->ctx, json, n, 0, out, err);
}

/* ---- for people ---- */

static const char *meaning(const char *field)
{
	static const struct {
		const char *field, *words;
	} all[] = {{"reference", N_("Original number")},
		   {"time", N_("Arrived")},
		   {"title", N_("Title")},
		   {"text", N_("Text")},
		   {"category", N_("Category")},
		   {"place", N_("Place")},
		   {"unit", N_("Unit")},
		   {"phone", N_("Phone")},
		   {"mail", N_("E-mail")},
		   {"person", N_("Name of the writer")},
		   {"url", N_("Address")},
		   {"status", N_("State")},
		   {"closed", N_("Closed at")}};

	for (size_t i = 0; i < HY_LEN(all) && field; i++)
		if (!strcmp(all[i].field, field))
			return _(all[i].words);
	return "—";
}

static void say_columns(struct hy_cmd *cmd, const struct hy_json *node)
{
	const struct hy_json *list = hy_json_get(node, "columns");

	for (size_t i = 0; list && i < list->n; i++) {
		const struct hy_json *c = list->at[i];
		const char *field = hy_json_str(c, "field");

		cmd_say("  #%-3" PRId64 " %s %s %s\n", hy_json_int(c, "number", 0),
			cmd_pad(cmd->ctx, hy_json_str(c, "name"), 20),
			cmd_pad(cmd->ctx,
				hy_strf(cmd->ctx, "%s%s%s%s", meaning(field), field ? " (" : "",
					field ? field : "", field ? ")" : ""),
				28),
			hy_json_str(c, "sample"));
	}
}

static void say_file(const struct hy_json *node)
{
	const char *sep = hy_json_str(node, "separator");

	if (!strcmp(hy_json_str(node, "format"), "csv"))
		cmd_say(_("CSV, %s, separated by %s; headings in line %" PRId64 "\n"),
			hy_json_str(node, "encoding"),
			*sep == '\t' ? _("tabs") : sep, hy_json_int(node, "header_line", 0));
	else
		cmd_say(_("XLSX, sheet %" PRId64 "; headings in line %" PRId64 "\n"),
			hy_json_int(node, "sheet", 0), hy_json_int(node, "header_line", 0));
}

static void say_rows(const struct hy_json *list, const char *heading)
{
	static const struct hy_cmd_field fields[] = {
		{"line", N_("Line")}, {"said", N_("What")},   {"reference", N_("Original number")},
		{"when", N_("Arrived")}, {"title", N_("Title")}, {"text", N_("Text")},
		{"case", N_("Case")},
		{NULL, NULL},
	};

	if (!list || !list->n)
		return;
	cmd_say("\n%s\n", heading);
	cmd_print_list(list, fields);
}

static void say_refusals(const struct hy_json *list)
{
	static const struct hy_cmd_field fields[] = {
		{"line", N_("Line")},
		{"reference", N_("Original number")},
		{"why", N_("Why refused")},
		{NULL, NULL},
	};

	if (!list || !list->n)
		return;
	cmd_say("\n%s\n", _("Refused"));
	cmd_print_list(list, fields);
}

static void say_counts(const struct hy_json *node)
{
	cmd_say(_("%" PRId64 " rows: %" PRId64 " new, %" PRId64 " known already, %" PRId64
		  " refused\n"),
		hy_json_int(node, "received", 0), hy_json_int(node, "new", 0),
		hy_json_int(node, "repeat", 0), hy_json_int(node, "refused", 0));
	if (hy_json_int(node, "skipped", 0))
		cmd_say(_("%" PRId64 " lines of totals left out\n"), hy_json_int(node, "skipped", 0));
	if (hy_json_int(node, "other_words", 0))
		cmd_say(_("%" PRId64 " known ones have other words now; they stay as they are\n"),
			hy_json_int(node, "other_words", 0));
	if (hy_json_int(node, "days_only", 0))
		cmd_say(_("%" PRId64 " new ones say a day without a time: promises count from the "
			  "office's opening on it\n"),
			hy_json_int(node, "days_only", 0));
}

static void say_states(struct hy_cmd *cmd, const struct hy_json *states)
{
	const struct hy_json *words = hy_json_get(states, "words");
	const char *list = "";

	if (!states || states->type != HY_JSON_OBJECT)
		return;
	cmd_say(_("Of the new ones %" PRId64 " are open and %" PRId64
		  " closed already: these start no promise\n"),
		hy_json_int(states, "open", 0) + hy_json_int(states, "unknown", 0),
		hy_json_int(states, "closed", 0));
	for (size_t i = 0; words && i < words->n; i++)
		list = hy_strf(cmd->ctx, "%s%s%s", list, i ? ", " : "", words->at[i]->text);
	if (hy_json_int(states, "unknown", 0))
		cmd_say(_("%" PRId64 " have a state that is not understood and count as open: %s\n"),
			hy_json_int(states, "unknown", 0), list);
	if (hy_json_int(states, "closing_unclear", 0))
		cmd_say(_("%" PRId64 " have a time of closing that is not clear: closed as they arrived\n"),
			hy_json_int(states, "closing_unclear", 0));
}

static int write_refused(struct hy_cmd *cmd, const struct hy_json *node, const char *path)
{
	const char *csv = path ? hy_json_str(node, "refused_csv") : NULL;
	struct hy_err err = {0};

	if (!csv)
		return 0;
	if (hy_file_write(path, csv, strlen(csv), 0600, &err))
		return cmd_fail(&err);
	cmd_hint(cmd, _("the refused rows are in %s\n"), path);
	return 0;
}

static int run(struct hy_cmd *cmd, const char *action, struct hy_json **node, char **text)
{
	struct hy_json *params = NULL;
	const char *refused = NULL;
	struct hy_err err = {0};
	int code = 0;

	if (params_of(cmd, &params, &refused, &err))
		return cmd->argc == 1 ? cmd_fail(&err) : cmd_usage(cmd, &err);
	if (cmd_act(cmd, action, params, node, text, &code))
		return code;
	return write_refused(cmd, *node, refused);
}

int cmd_import_preview(struct hy_cmd *cmd)
{
	struct hy_json *node = NULL;
	char *text = NULL;
	int code = run(cmd, "import.preview", &node, &text);

	if (code || !node)
		return code;
	if (cmd->json) {
		cmd_json(text);
		return 0;
	}
	say_file(node);
	say_columns(cmd, node);
	cmd_say("\n");
	say_counts(node);
	say_states(cmd, hy_json_get(node, "states"));
	cmd_say(!strcmp(hy_json_str(node, "kind"), "posts")
			? _("New rows would become public items\n")
			: _("New rows would become cases, channel %s\n"),
		hy_desk_word(hy_json_str(node, "channel")));
	if (hy_json_str(node, "known_as"))
		cmd_say(_("This file was taken in as %s: under another source its rows are new\n"),
			hy_json_str(node, "known_as"));
	say_rows(hy_json_get(node, "rows"), _("The first rows"));
	say_rows(hy_json_get(node, "others"), _("Known, with other words"));
	say_refusals(hy_json_get(node, "refusals"));
	return 0;
}

int cmd_import_run(struct hy_cmd *cmd)
{
	struct hy_json *node = NULL;
	char *text = NULL;
	int code = run(cmd, "import.run", &node, &text);

	if (code || !node)
		return code;
	if (cmd->json) {
		cmd_json(text);
	} else {
		say_counts(node);
		say_states(cmd, hy_json_get(node, "states"));
		if (hy_json_str(node, "first_case"))
			cmd_say(_("Cases %s to %s\n"), hy_json_str(node, "first_case"),
				hy_json_str(node, "last_case"));
		say_refusals(hy_json_get(node, "refusals"));
	}
	if (!hy_json_int(node, "refused", 0))
		return 0;
	return hy_json_int(node, "new", 0) || hy_json_int(node, "repeat", 0) ? 5 : 1;
}
