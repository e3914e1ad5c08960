/* `huying search`: what was found, for people with the words marked. */
#include "cmd/cmd.h"

#include "index/index.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The snippet with its marks shown as <...>, or in bold on a terminal. */
static char *marked(const void *ctx, const char *text, const struct hy_json *marks)
{
	bool tty = isatty(1);
	struct hy_buf b;
	size_t at = 0, n = strlen(text);

	hy_buf_init(&b, ctx, 1u << 20);
	for (size_t i = 0; marks && i < marks->n; i++) {
		size_t from = (size_t)marks->at[i]->at[0]->integer,
		       to = (size_t)marks->at[i]->at[1]->integer;
		if (from < at || to > n || from > to)
			continue;
		char *before = hy_text_printable(ctx, hy_strndup(ctx, text + at, from - at));
		char *word = hy_text_printable(ctx, hy_strndup(ctx, text + from, to - from));
		hy_buf_fmt(&b, "%s%s%s%s", before, tty ? "\033[1m" : "<", word,
			   tty ? "\033[0m" : ">");
		at = to;
	}
	hy_buf_str(&b, hy_text_printable(ctx, text + at));
	return hy_buf_take(&b, NULL);
}

void cmd_show_item(const void *ctx, const struct hy_json *it)
{
	const char *title = hy_json_str(it, "title"), *source = hy_json_str(it, "source"),
		   *when = hy_json_str(it, "when");

	cmd_say("%s  #%" PRId64 "  %s  ", when ? when : "", hy_json_int(it, "id", 0),
		source ? source : "");
	if (title && *title)
		printf("%s  ", marked(ctx, title, hy_json_get(it, "title_marks")));
	printf("%s", marked(ctx, hy_json_str(it, "snippet") ? hy_json_str(it, "snippet") : "",
			    hy_json_get(it, "marks")));
	if (hy_json_int(it, "copies", 0))
		printf(_("  (+%" PRId64 " near-copies)"), hy_json_int(it, "copies", 0));
	putchar('\n');
}

static void show_facet(const struct hy_json *facets, const char *name, const char *label)
{
	const struct hy_json *list = hy_json_get(facets, name);

	if (!list || !list->n)
		return;
	cmd_say("%s", label);
	for (size_t i = 0; i < list->n && i < 8; i++)
		if (*hy_json_str(list->at[i], "value"))
			cmd_say("  %s %" PRId64,
				!strcmp(name, "kind") ? cmd_word(hy_json_str(list->at[i], "value"))
						      : hy_json_str(list->at[i], "value"),
				hy_json_int(list->at[i], "count", 0));
	putchar('\n');
}

static const char *when_of(const struct hy_json *bar)
{
	return hy_json_str(bar, "when") ? hy_json_str(bar, "when") : "";
}

static void show_histogram(const struct hy_json *bars)
{
	static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	int64_t most = 1;
	size_t first = bars && bars->n > 60 ? bars->n - 60 : 0;

	if (!bars || bars->n < 3) /* no course to see */
		return;
	for (size_t i = first; i < bars->n; i++)
		if (hy_json_int(bars->at[i], "count", 0) > most)
			most = hy_json_int(bars->at[i], "count", 0);
	for (size_t i = first; i < bars->n; i++)
		fputs(blocks[hy_json_int(bars->at[i], "count", 0) * 7 / most], stdout);
	cmd_say(_("  %s to %s, at most %" PRId64 "\n"), when_of(bars->at[first]),
		when_of(bars->at[bars->n - 1]), most);
}

/* Hours while they fit on a line, else days. */
static void show_course(const struct hy_json *node)
{
	const struct hy_json *hours = hy_json_get(node, "histogram"),
			     *days = hy_json_get(node, "days");

	show_histogram(days && days->n > 3 ? days : hours);
}

/* --csv and --jsonl are the export's --format. */
static bool wants_export(struct hy_cmd *cmd)
{
	bool csv = cmd_flag(cmd, "csv"), jsonl = cmd_flag(cmd, "jsonl");
	char **argv = NULL;

	if (!csv && !jsonl)
		return false;
	argv = hy_new_array(cmd->ctx, char *, (size_t)cmd->argc + 3);
	for (int i = 0; i < cmd->argc; i++)
		argv[i + csv + jsonl] = cmd->argv[i];
	if (csv)
		argv[0] = hy_strdup(cmd->ctx, "--format=csv");
	if (jsonl) /* both: refused as given twice */
		argv[csv] = hy_strdup(cmd->ctx, "--format=jsonl");
	cmd->argc += csv + jsonl;
	cmd->argv = argv;
	return true;
}

static int export(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	struct hy_json *params = NULL, *node = NULL;
	const char *path = cmd_output(cmd), *body = NULL;
	char *text = NULL;
	int code = 0;

	if (cmd_params(cmd, hy_desk_action("search.export"), &params, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, "search.export", params, &node, &text, &code))
		return code;
	body = hy_json_str(node, "text");
	if (path && hy_file_write(path, body, strlen(body), 0600, &err))
		return cmd_fail(&err);
	if (!path && isatty(1))
		cmd_say("%s", body); /* a terminal obeys what a file only holds */
	else if (!path)
		fputs(body, stdout);
	if (hy_json_bool(node, "more", false))
		cmd_hint(cmd, _("there is more than the %" PRId64 " items of this export"),
			 hy_json_int(node, "count", 0));
	return 0;
}

/* Nothing was found: perhaps because an operator was taken for a word. */
static void hint_operators(struct hy_cmd *cmd, const char *query)
{
	char *said = NULL;
	const char *meant = query ? hy_query_meant(cmd->ctx, query, &said) : NULL;

	if (meant)
		cmd_hint(cmd, _("operators are in capitals: %s; \"%s\" was looked for"), meant,
			 hy_text_printable(cmd->ctx, said));
}

int cmd_search(struct hy_cmd *cmd)
{
	const struct hy_action *action = hy_desk_action(cmd->command->action);
	struct hy_err err = {0};
	struct hy_json *params = NULL, *node = NULL;
	const struct hy_json *items = NULL;
	char *text = NULL;
	int code = 0;

	if (!strcmp(action->name, "search") && wants_export(cmd))
		return export(cmd);
	if (cmd_params(cmd, action, &params, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, action->name, params, &node, &text, &code))
		return code;
	if (cmd->json) {
		cmd_json(text);
		return 0;
	}
	items = hy_json_get(node, "items");
	cmd_say(hy_json_bool(node, "exact", true)
			? _("found: %" PRId64 ", rows: %" PRId64 ", %" PRId64 " ms\n")
			: _("found: at least %" PRId64 ", rows: %" PRId64 ", %" PRId64 " ms\n"),
		hy_json_int(node, "total", 0), hy_json_int(node, "rows", 0),
		hy_json_int(node, "ms", 0));
	show_course(node);
	show_facet(hy_json_get(node, "facets"), "source", _("source"));
	show_facet(hy_json_get(node, "facets"), "kind", _("kind"));
	show_facet(hy_json_get(node, "facets"), "place", _("place"));
	for (size_t i = 0; i < items->n; i++)
		cmd_show_item(cmd->ctx, items->at[i]);
	if (!items->n)
		hint_operators(cmd, hy_json_str(node, "query"));
	if (hy_json_str(node, "next"))
		cmd_hint(cmd, _("more: --cursor %s"), hy_json_str(node, "next"));
	return 0;
}
