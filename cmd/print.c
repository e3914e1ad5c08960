/* Answers for people: stdout is data, stderr is for people. Whatever a text holds, no control
 * character reaches the terminal. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int cmd_fail(const struct hy_err *err)
{
	char *text = hy_text_printable(NULL, err->text);

	fprintf(stderr, "huying: %s\n", text);
	talloc_free(text);
	return hy_status_exit_code(err->status);
}

int cmd_usage(struct hy_cmd *cmd, const struct hy_err *err)
{
	(void)cmd_fail(err);
	fprintf(stderr, _("example: %s\n"), cmd->command->example);
	return 2;
}

void cmd_say(const char *fmt, ...)
{
	va_list ap;
	char *text = NULL;

	va_start(ap, fmt);
	text = hy_vstrf(NULL, fmt, ap);
	va_end(ap);
	for (char *line = text; *line;) {
		size_t n = strcspn(line, "\n");
		char *piece = hy_strndup(text, line, n), *clean = hy_text_printable(text, piece);
		fputs(clean, stdout);
		if (line[n])
			putchar('\n');
		line += n + (line[n] == '\n');
	}
	talloc_free(text);
}

/* Controls above ASCII and those that turn the direction of text stand raw in JSON by its grammar;
 * they occur in strings alone, where \\u means the same. */
void cmd_json(const char *json)
{
	const char *end = json + strlen(json);
	size_t n = 0;

	for (const char *c = json; c < end; c += n) {
		uint32_t cp = hy_utf8_decode(c, end, &n);
		if ((cp >= 0x7f && cp < 0xa0) || (cp >= 0x202a && cp <= 0x202e) ||
		    (cp >= 0x2066 && cp <= 0x2069))
			printf("\\u%04x", (unsigned)cp);
		else
			fwrite(c, 1, n, stdout);
	}
	putchar('\n');
}

void cmd_hint(struct hy_cmd *cmd, const char *fmt, ...)
{
	va_list ap;

	if (cmd->quiet || !isatty(2))
		return;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

char *cmd_pad(const void *ctx, const char *text, size_t columns)
{
	size_t own = hy_text_width(text);

	return hy_strf(ctx, "%s%*s", text, own < columns ? (int)(columns - own) : 0, "");
}

/* ---- values ---- */

const char *cmd_word(const char *name)
{
	static const struct {
		const char *name, *words;
	} known[] = {
		{"case", N_("became a case")},
		{"claim", N_("became a claim")},
		{"known", N_("known already")},
		{"returned", N_("given back to the desk")},
		{"replied", N_("answered the citizen")},
		{"reopened", N_("opened again")},
		{"due-changed", N_("due time changed")},
		{"origin", N_("original number")},
		{"desk", N_("the desk")},
		{"citizen", N_("the citizen")},
		{"department", N_("department")},
		{"township", N_("township")},
		{"village", N_("village")},
		{"office", N_("office")},
		{"work", N_("working day")},
		{"holiday", N_("public holiday")},
		{"makeup", N_("make-up working day")},
		{"office-work", N_("the office works")},
		{"office-closed", N_("the office is closed")},
		{"regex", N_("regular expression")},
		{"newest", N_("newest first")},
		{"relevance", N_("best match first")},
	};
	const char *word;

	if (hy_lang_default() != HY_LANG_ZH || !*name)
		return name;
	for (size_t i = 0; i < HY_LEN(known); i++)
		if (!strcmp(known[i].name, name))
			return _(known[i].words);
	word = hy_desk_word(name);
	return word != name ? word : _(name);
}

/* What became of a row of a sheet: "new" is another word than that of a case. */
static const char *said_word(const char *name)
{
	static const char *const words[][2] = {{"new", N_("a new one")},
					       {"repeat", N_("known already")},
					       {"refused", N_("refused")}};

	for (size_t i = 0; i < HY_LEN(words) && hy_lang_default() == HY_LANG_ZH; i++)
		if (!strcmp(words[i][0], name))
			return _(words[i][1]);
	return name;
}

/* Members that hold a name out of a short list, not somebody's text. */
static bool holds_name(const char *key)
{
	static const char *const keys[] = {"state",   "level",	     "kind",  "type",
					   "verdict", "disposition", "holder", "answer",
					   "report",  "order"};

	for (size_t i = 0; i < HY_LEN(keys); i++)
		if (!strcmp(keys[i], key))
			return true;
	return false;
}

/* "clerk,editor" */
static char *words_of_list(const void *ctx, const char *names)
{
	char *text = hy_strdup(ctx, "");

	for (const char *at = names; *at;) {
		size_t n = strcspn(at, ",");
		text = hy_strf(ctx, "%s%s%s", text, *text ? "," : "",
			       cmd_word(hy_strndup(ctx, at, n)));
		at += n + (at[n] == ',');
	}
	return text;
}

/* Those that may as well hold a word of the office's own. */
static bool may_hold_name(const char *key)
{
	return !strcmp(key, "platform") || !strcmp(key, "channel");
}

static char *value_text(const void *ctx, const struct hy_json *v, const char *key)
{
	if (!v || v->type == HY_JSON_NULL)
		return hy_strdup(ctx, "");
	switch (v->type) {
	case HY_JSON_BOOL:
		return hy_strdup(ctx, v->boolean ? _("yes") : _("no"));
	case HY_JSON_INT:
	case HY_JSON_REAL:
		return hy_strdup(ctx, v->text);
	case HY_JSON_STRING:
		return !strcmp(key, "duties") ? words_of_list(ctx, v->text)
		       : holds_name(key)      ? hy_strdup(ctx, cmd_word(v->text))
		       : may_hold_name(key)   ? hy_strdup(ctx, hy_desk_word(v->text))
		       : !strcmp(key, "said") ? hy_strdup(ctx, said_word(v->text))
					      : hy_strdup(ctx, v->text);
	case HY_JSON_NULL:
	case HY_JSON_ARRAY:
	case HY_JSON_OBJECT:
		break;
	}
	return hy_strdup(ctx, "");
}

void cmd_print_fields(const struct hy_json *node, const struct hy_cmd_field *fields)
{
	void *work = talloc_new(NULL);
	size_t widest = 0;

	for (const struct hy_cmd_field *f = fields; f->key; f++)
		if (hy_text_width(_(f->label)) > widest)
			widest = hy_text_width(_(f->label));
	for (const struct hy_cmd_field *f = fields; f->key; f++) {
		char *text = value_text(work, hy_json_get(node, f->key), f->key);
		const char *label = _(f->label);
		if (!*text)
			continue;
		cmd_say("%s%*s  %s\n", label, (int)(widest - hy_text_width(label)), "", text);
	}
	talloc_free(work);
}

/* To be read or typed as it is: the reasons of a balance sheet, and whatever names a command. */
static bool stays_whole(const char *key, const char *text)
{
	return !strcmp(key, "refused_why") || strstr(text, "huying ") != NULL;
}

/* One line of a cell: no line ends, and on a terminal at most 60 columns. Nothing is cut for a pipe,
 * where another program reads it. */
static char *cell_text(const void *ctx, const struct hy_json *v, const char *key)
{
	char *text = value_text(ctx, v, key), *clean = NULL;
	size_t n = 0;

	for (char *c = text; *c; c++)
		if (*c == '\n' || *c == '\t' || *c == '\r')
			*c = ' ';
	clean = hy_text_printable(ctx, text);
	n = strlen(clean);
	if (hy_text_width(clean) <= 60 || !isatty(1) || stays_whole(key, text))
		return clean;
	do {
		n = hy_utf8_cut(clean, n - 1);
		clean[n] = '\0';
	} while (hy_text_width(clean) > 58);
	return hy_strf(ctx, "%s…", clean);
}

void cmd_print_list(const struct hy_json *list, const struct hy_cmd_field *fields)
{
	void *work = talloc_new(NULL);
	size_t columns = 0, rows = list ? list->n : 0;
	char **cells = NULL;

	while (fields[columns].key)
		columns++;
	cells = hy_new_array(work, char *, (rows + 1) * columns);
	for (size_t c = 0; c < columns; c++) {
		cells[c] = hy_strdup(work, _(fields[c].label));
		for (size_t r = 0; r < rows; r++)
			cells[(r + 1) * columns + c] = cell_text(
				work, hy_json_get(list->at[r], fields[c].key), fields[c].key);
	}
	for (size_t r = 0; r <= rows; r++) {
		for (size_t c = 0; c < columns; c++) {
			size_t widest = 0, own = hy_text_width(cells[r * columns + c]);
			for (size_t k = 0; k <= rows; k++)
				if (hy_text_width(cells[k * columns + c]) > widest)
					widest = hy_text_width(cells[k * columns + c]);
			fputs(cells[r * columns + c], stdout);
			if (c + 1 < columns)
				printf("%*s", (int)(widest - own + 2), "");
		}
		putchar('\n');
	}
	talloc_free(work);
}

void cmd_print(struct hy_cmd *cmd, const char *json)
{
	struct hy_json *node = NULL;

	if (cmd->json || hy_json_parse(cmd->ctx, json, strlen(json), 0, &node, NULL)) {
		cmd_json(json);
		return;
	}
	if (!cmd->command->fields)
		return;
	if (cmd->command->flags & HY_CMD_LIST)
		cmd_print_list(hy_json_get(node, "items"), cmd->command->fields);
	else
		cmd_print_fields(node, cmd->command->fields);
}
