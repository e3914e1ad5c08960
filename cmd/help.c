/* Help, completion, version: all read the table. */
#include "cmd/cmd.h"

#include "config.h"

#include <stdio.h>
#include <string.h>

static bool shown(const struct hy_command *c)
{
	return !(c->flags & HY_CMD_HIDDEN);
}

static char *full_name(const void *ctx, const struct hy_command *c)
{
	return hy_strf(ctx, "%s%s%s", c->noun, c->verb ? " " : "", c->verb ? c->verb : "");
}

static char *dashed(const void *ctx, const char *name)
{
	char *s = hy_strdup(ctx, name);

	for (char *c = s; *c; c++)
		if (*c == '_')
			*c = '-';
	return s;
}

static const char *value_word(enum hy_param_type type)
{
	static const char *const words[] = {
		[HY_PARAM_STR] = "TEXT", [HY_PARAM_INT] = "N",	   [HY_PARAM_BOOL] = "",
		[HY_PARAM_LIST] = "A,B", [HY_PARAM_TIME] = "TIME",
	};
	return words[type];
}

static bool is_positional(const struct hy_command *c, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = c->positional; at && (at = strstr(at, name)); at += n)
		if ((at == c->positional || at[-1] == ' ') &&
		    (!at[n] || at[n] == ' ' || at[n] == '.'))
			return true;
	return false;
}

/* How the command line says a parameter; imports have ways of their own. */
static const char *said_as(const void *ctx, const struct hy_command *c, const struct hy_param *p,
			   const char **help)
{
	static const struct {
		const char *name, *said, *help;
	} imports[] = {
		{"source", "--as-source NAME", NULL},
		{"file", "FILE", N_("the sheet")},
		{"map", "--map FILE|FIELD=COLUMN,...", NULL},
		{"refused", "--refused FILE", N_("where the refused rows go, as CSV")},
	};

	for (size_t i = 0; !strcmp(c->noun, "import") && i < HY_LEN(imports); i++)
		if (!strcmp(imports[i].name, p->name)) {
			*help = imports[i].help ? _(imports[i].help) : *help;
			return imports[i].said;
		}
	if (is_positional(c, p->name))
		return p->name;
	if (cmd_secret_param(hy_desk_action(c->action), p->name))
		return hy_strf(ctx, "--%s-file FILE|-", dashed(ctx, p->name));
	return hy_strf(ctx, "--%s %s", dashed(ctx, p->name), value_word(p->type));
}

/* A command's own options, that no action knows; they stand in its usage line. */
static const struct {
	const char *noun, *verb, *said, *help;
} own_options[] = {
	{"drill", "run", "STORY", N_("a name of huying drill list, or a file of your own")},
	{"drill", "run", "--speed N",
	 N_("so many seconds of the story pass in one: 1 is as in life, 60 a minute a second; without "
	    "it nothing waits")},
	{"drill", "run", "--step", N_("wait for Enter before each step")},
	{"drill", "run", "--keep DIR",
	 N_("leave the folder there, to look at: the office, its logs, the tokens of its people; it "
	    "must not be there yet")},
	{"account", "rotate", "--no-wait", N_("do not wait until it was tried")},
	{"account", "authorise", "--no-wait", N_("do not wait until the code was exchanged")},
	{"account", "test", "--no-wait", N_("do not wait for the answer: huying account list has it")},
	{"account", "revoke", "--yes", N_("yes, for good: where no terminal can ask for its name")},
};

static bool is_own(size_t i, const struct hy_command *c)
{
	return !strcmp(own_options[i].noun, c->noun) && c->verb &&
	       !strcmp(own_options[i].verb, c->verb);
}

static void print_params(const void *ctx, const struct hy_command *c)
{
	const struct hy_action *a = c->action ? hy_desk_action(c->action) : NULL;
	bool any = a && a->params->name;

	for (size_t i = 0; i < HY_LEN(own_options); i++)
		any = any || is_own(i, c);
	if (any)
		printf("\n%s\n", _("Options:"));
	for (const struct hy_param *p = a ? a->params : NULL; p && p->name; p++) {
		const char *help = _(p->help), *name = said_as(ctx, c, p, &help);

		printf("  %-28s %s%s\n", name, help, p->required ? _(" (needed)") : "");
		if (!strcmp(p->name, "text"))
			printf("  %-28s %s\n", "--file FILE|-", _("the text from a file"));
	}
	for (size_t i = 0; i < HY_LEN(own_options); i++)
		if (is_own(i, c))
			printf("  %-28s %s\n", own_options[i].said, _(own_options[i].help));
}

static void print_one(const void *ctx, const struct hy_command *c)
{
	char *name = full_name(ctx, c);

	printf("%shuying %s", _("Usage: "), name);
	for (const char *at = c->positional; at && *at;) {
		size_t n = strcspn(at, " ");
		printf(" <%.*s>", (int)n, at);
		at += n + (at[n] == ' ');
	}
	if (c->options)
		printf(" %s", c->options);
	else if (c->action && hy_desk_action(c->action)->params->name)
		printf(" [%s]", _("options"));
	printf("\n\n%s\n\n%s\n  %s\n", _(c->summary), _("Example:"), c->example);
	print_params(ctx, c);
	printf("\n%s\n  --dir DIR  --json  --as NAME  --token-file FILE|-  --drill\n",
	       _("For every command:"));
}

static void print_exit_codes(void)
{
	static const struct {
		int code;
		const char *text;
	} codes[] = {
		{0, N_("success")},
		{1, N_("failed")},
		{2, N_("wrong usage or input")},
		{3, N_("not found")},
		{4, N_("refused by a rule")},
		{5, N_("partly done")},
		{6, N_("the other side or the network")},
		{7, N_("who you are, or your duty")},
		{8, N_("busy or changed meanwhile")},
		{9, N_("a check found problems")},
		{71, N_("out of memory or another fault of the system")},
		{75, N_("nothing was done; try again")},
	};

	for (size_t i = 0; i < HY_LEN(codes); i++)
		printf("%3d  %s\n", codes[i].code, _(codes[i].text));
}

static void print_all(const void *ctx)
{
	printf("%s\n\n", _("Huying, the desk of a public office's communications team"));
	printf("%shuying <%s> [<%s>] [%s]\n", _("Usage: "), _("noun"), _("verb"), _("options"));
	for (const struct hy_command *c = hy_commands; c->noun; c++)
		if (shown(c))
			printf("  %-22s %s\n", full_name(ctx, c), _(c->summary));
	printf("\n%s\n",
	       _("huying help NOUN VERB tells more; huying help exit-codes lists the exit codes"));
}

int cmd_help(struct hy_cmd *cmd)
{
	const char *noun = cmd->argc ? cmd->argv[0] : NULL,
		   *verb = cmd->argc > 1 ? cmd->argv[1] : NULL;
	int found = 0;

	if (!cmd->argv && cmd->as && cmd->command) {
		print_one(cmd->ctx, cmd->command);
		return 0;
	}
	if (!noun) {
		print_all(cmd->ctx);
		return 0;
	}
	if (!strcmp(noun, "exit-codes")) {
		print_exit_codes();
		return 0;
	}
	for (const struct hy_command *c = hy_commands; c->noun; c++) {
		if (!shown(c) || strcmp(c->noun, noun) ||
		    (verb && (!c->verb || strcmp(c->verb, verb))))
			continue;
		if (found++)
			printf("\n");
		print_one(cmd->ctx, c);
	}
	if (!found) {
		struct hy_err err = {0};
		hy_err_set(&err, HY_ENOTFOUND, _("no help on %s"), noun);
		return cmd_fail(&err);
	}
	return 0;
}

int cmd_version(struct hy_cmd *cmd)
{
	if (cmd->json)
		printf("{\"version\":\"%s\",\"schema\":%d}\n", PACKAGE_VERSION,
		       hy_store_schema_version());
	else
		printf("huying %s\n%s\n", PACKAGE_VERSION,
		       _("Sources: GPL-2.0-or-later; this binary: GPL-3.0 or later. There is no "
			 "warranty."));
	return 0;
}

/* ---- completion ---- */

static char *words_of(const void *ctx, const char *noun)
{
	char *words = hy_strdup(ctx, "");
	const char *last = "";

	for (const struct hy_command *c = hy_commands; c->noun; c++) {
		const char *word = noun ? c->verb : c->noun;
		if (!shown(c) || (noun && strcmp(c->noun, noun)) || !word || !strcmp(word, last))
			continue;
		words = hy_strf(ctx, "%s%s%s", words, *words ? " " : "", word);
		last = word;
	}
	return words;
}

static void bash_completion(const void *ctx)
{
	const char *last = "";

	printf("_huying() {\n  local cur=${COMP_WORDS[COMP_CWORD]} words=\n  if [ \"$COMP_CWORD\" "
	       "= 1 ]; then words='%s'\n  elif [ \"$COMP_CWORD\" = 2 ]; then case ${COMP_WORDS[1]} "
	       "in\n",
	       words_of(ctx, NULL));
	for (const struct hy_command *c = hy_commands; c->noun; c++)
		if (shown(c) && c->verb && strcmp(c->noun, last))
			printf("  %s) words='%s';;\n", last = c->noun, words_of(ctx, c->noun));
	printf("  esac; fi\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\ncomplete -o "
	       "default -F _huying huying\n");
}

int cmd_completion(struct hy_cmd *cmd)
{
	const char *shell = cmd->argc ? cmd->argv[0] : "";
	struct hy_err err = {0};

	if (!strcmp(shell, "bash") || !strcmp(shell, "zsh")) {
		if (!strcmp(shell, "zsh"))
			printf("#compdef huying\nautoload -U +X bashcompinit && bashcompinit\n");
		bash_completion(cmd->ctx);
		return 0;
	}
	if (!strcmp(shell, "fish")) {
		for (const struct hy_command *c = hy_commands; c->noun; c++)
			if (shown(c))
				printf("complete -c huying -n '%s%s' -f -a '%s' -d '%s'\n",
				       c->verb ? "__fish_seen_subcommand_from "
					       : "__fish_use_subcommand",
				       c->verb ? c->noun : "", c->verb ? c->verb : c->noun,
				       _(c->summary));
		return 0;
	}
	hy_err_set(&err, HY_EINPUT, "%s", _("say which shell: bash, zsh or fish"));
	return cmd_usage(cmd, &err);
}
