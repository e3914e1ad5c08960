/* Options: a command's own are taken out by name, the rest is read by the action's list of
 * parameters, so that --help, the API and the command line agree. */
#include "cmd/cmd.h"

#include <stdlib.h>
#include <string.h>

/* ---- a command's own options ---- */

static void drop(struct hy_cmd *cmd, int at, int n)
{
	memmove(cmd->argv + at, cmd->argv + at + n, (size_t)(cmd->argc - at - n) * sizeof(char *));
	cmd->argc -= n;
}

static bool is_option(const char *arg, const char *name, const char **value)
{
	size_t n = strlen(name);

	if (strncmp(arg, "--", 2) || strncmp(arg + 2, name, n))
		return false;
	*value = arg[2 + n] == '=' ? arg + 3 + n : NULL;
	return !arg[2 + n] || arg[2 + n] == '=';
}

const char *cmd_option(struct hy_cmd *cmd, const char *name, struct hy_err *err)
{
	const char *value = NULL;

	for (int i = 0; i < cmd->argc && strcmp(cmd->argv[i], "--"); i++) {
		if (!is_option(cmd->argv[i], name, &value))
			continue;
		if (value) {
			drop(cmd, i, 1);
		} else if (i + 1 < cmd->argc) {
			value = cmd->argv[i + 1];
			drop(cmd, i, 2);
		} else if (err) {
			hy_err_set(err, HY_EINPUT, _("--%s needs a value"), name);
		}
		return value;
	}
	return NULL;
}

bool cmd_flag(struct hy_cmd *cmd, const char *name)
{
	const char *value = NULL;

	for (int i = 0; i < cmd->argc && strcmp(cmd->argv[i], "--"); i++)
		if (is_option(cmd->argv[i], name, &value) && !value) {
			drop(cmd, i, 1);
			return true;
		}
	return false;
}

/* The nearest of the options that the command's help names and of those for every command. */
static enum hy_status unknown_own(struct hy_cmd *cmd, const char *said, struct hy_err *err)
{
	static const char everywhere[] = " --dir --json --as --token-file --quiet --drill";
	const char *own = cmd->command->options ? cmd->command->options : "";
	char *names = hy_strf(NULL, "%s%s", own, everywhere), *best = NULL;
	size_t least = 4;

	said += strspn(said, "-");
	said = hy_strndup(names, said, strcspn(said, "="));
	for (char *at = names; (at = strstr(at, "--"));) {
		char *name =
			hy_strndup(names, at + 2, strspn(at + 2, "abcdefghijklmnopqrstuvwxyz-"));
		size_t d = hy_text_distance(said, name);
		if (d < least) {
			least = d;
			best = name;
		}
		at += 2;
	}
	if (best)
		hy_err_set(err, HY_EINPUT, _("unknown option --%s: did you mean --%s?"), said,
			   best);
	else
		hy_err_set(err, HY_EINPUT, _("unknown option --%s: see huying help"), said);
	talloc_free(names);
	return HY_EINPUT;
}

enum hy_status cmd_rest(struct hy_cmd *cmd, int least, int most, struct hy_err *err)
{
	if (err && err->status)
		return err->status;
	for (int i = 0; i < cmd->argc; i++) {
		if (!strcmp(cmd->argv[i], "--")) {
			drop(cmd, i, 1);
			break;
		}
		if (cmd->argv[i][0] == '-' && cmd->argv[i][1])
			return unknown_own(cmd, cmd->argv[i], err);
	}
	if (cmd->argc < least)
		return hy_err_set(err, HY_EINPUT, "%s", _("something is missing"));
	if (cmd->argc > most)
		return hy_err_set(err, HY_EINPUT, _("too many words: %s"), cmd->argv[most]);
	return HY_OK;
}

/* ---- options by an action's parameters ---- */

struct filling {
	struct hy_cmd *cmd;
	const struct hy_action *action;
	struct hy_json_writer *w;
	const char **given; /* names given so far */
	bool by_place;	    /* what is put now is no option but a word in its place */
	size_t n;
};

/* "not-before" is the parameter not_before. */
static bool same_name(const char *option, size_t n, const char *param)
{
	for (size_t i = 0; i < n; i++)
		if (!param[i] || (option[i] == '-' ? '_' : option[i]) != param[i])
			return false;
	return !param[n];
}

static const struct hy_param *find_param(const struct hy_action *a, const char *option, size_t n)
{
	for (const struct hy_param *p = a->params; p->name; p++)
		if (same_name(option, n, p->name))
			return p;
	return NULL;
}

static void unknown(const struct hy_action *a, const char *option, size_t n, struct hy_err *err)
{
	char *name = hy_strndup(NULL, option, n);
	const char *best = NULL;
	size_t least = 4;

	for (const struct hy_param *p = a->params; p->name; p++) {
		size_t d = hy_text_distance(name, p->name);
		if (d < least) {
			least = d;
			best = p->name;
		}
	}
	if (best)
		hy_err_set(err, HY_EINPUT, _("unknown option --%s: did you mean --%s?"), name,
			   best);
	else
		hy_err_set(err, HY_EINPUT, _("unknown option --%s: see huying help"), name);
	talloc_free(name);
}

/* Bytes of the separator of a list here: a comma, or what a Chinese keyboard types for it. */
static size_t separator(const char *s)
{
	static const char *const marks[] = {",", "，", "、"};

	for (size_t i = 0; i < HY_LEN(marks); i++)
		if (!strncmp(s, marks[i], strlen(marks[i])))
			return strlen(marks[i]);
	return 0;
}

static enum hy_status put_list(struct hy_json_writer *w, const void *ctx, const char *value)
{
	hy_jw_array(w);
	while (*value) {
		size_t n = 0;
		while (value[n] && !separator(value + n))
			n++;
		if (n)
			hy_jw_str(w, hy_strndup(ctx, value, n));
		value += n + separator(value + n);
	}
	hy_jw_end_array(w);
	return HY_OK;
}

static enum hy_status put_value(struct filling *f, const struct hy_param *p, const char *value,
				struct hy_err *err)
{
	char *end = NULL;
	long long number = 0;

	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(f->given[i], p->name))
			return hy_err_set(err, HY_EINPUT, _("--%s is given twice"), p->name);
	f->given = hy_grow(f->cmd->ctx, f->given, const char *, f->n + 1);
	f->given[f->n++] = p->name;
	if (!hy_utf8_valid(value, strlen(value)))
		return hy_err_set(err, HY_EINPUT,
				  f->by_place ? _("%s is not UTF-8") : _("--%s is not UTF-8"),
				  p->name);
	hy_jw_key(f->w, p->name);
	switch (p->type) {
	case HY_PARAM_INT:
		number = strtoll(value, &end, 10);
		if (end == value || *end)
			return hy_err_set(err, HY_EINPUT, _("--%s takes a number, not \"%s\""),
					  p->name, value);
		hy_jw_int(f->w, number);
		return HY_OK;
	case HY_PARAM_BOOL:
		if (strcmp(value, "true") && strcmp(value, "false"))
			return hy_err_set(err, HY_EINPUT, _("--%s takes true or false"), p->name);
		hy_jw_bool(f->w, !strcmp(value, "true"));
		return HY_OK;
	case HY_PARAM_LIST:
		return put_list(f->w, f->cmd->ctx, value);
	case HY_PARAM_STR:
	case HY_PARAM_TIME:
		hy_jw_str(f->w, value);
		return HY_OK;
	}
	return HY_OK;
}

/* --file F gives "text", --secret-file F "secret", --password-file F "password": never by argv. */
static enum hy_status from_file(struct filling *f, const char *option, size_t n, const char *path,
				bool *used, struct hy_err *err)
{
	const struct hy_param *p = NULL;
	struct hy_secret *secret = NULL;
	char *text = NULL;
	size_t bytes = 0;
	enum hy_status status = HY_OK;

	*used = true;
	if (n == 4 && !strncmp(option, "file", 4) && (p = find_param(f->action, "text", 4))) {
		status = hy_file_read(f->cmd->ctx, path, 1u << 20, &text, &bytes, err);
		if (!status && !hy_utf8_valid(text, bytes))
			status = hy_err_set(err, HY_EINPUT, _("%s is not UTF-8 text"), path);
	} else if (n > 5 && !strncmp(option + n - 5, "-file", 5) &&
		   (p = find_param(f->action, option, n - 5))) {
		status = hy_secret_read(f->cmd->ctx, path, &secret, err);
		text = secret ? hy_strdup(f->cmd->ctx, hy_secret_text(secret, NULL)) : NULL;
	} else {
		*used = false;
		return HY_OK;
	}
	return status ? status : put_value(f, p, text, err);
}

bool cmd_secret_param(const struct hy_action *action, const char *name)
{
	return !strcmp(name, "secret") || !strcmp(name, "password") || !strcmp(name, "aes") ||
	       !strcmp(name, "client_secret") ||
	       (!strcmp(name, "code") && !strcmp(action->name, "account.authorise"));
}

static enum hy_status option_at(struct filling *f, int *at, struct hy_err *err)
{
	struct hy_cmd *cmd = f->cmd;
	const char *arg = cmd->argv[*at] + 2;
	size_t n = strcspn(arg, "=");
	const char *value = arg[n] ? arg + n + 1 : *at + 1 < cmd->argc ? cmd->argv[*at + 1] : NULL;
	const struct hy_param *p = find_param(f->action, arg, n);
	bool used = false;
	enum hy_status status = HY_OK;

	if (p && p->type == HY_PARAM_BOOL && !arg[n]) {
		*at += 1;
		return put_value(f, p, "true", err);
	}
	if (!value)
		return hy_err_set(err, HY_EINPUT, _("--%.*s needs a value"), (int)n, arg);
	if (p && cmd_secret_param(f->action, p->name))
		return hy_err_set(err, HY_EINPUT,
				  _("a secret never stands on the command line: give --%s-file "
				    "FILE, or - for stdin"),
				  strcmp(p->name, "client_secret") != 0 ? p->name : "client-secret");
	if (p)
		status = put_value(f, p, value, err);
	else
		status = from_file(f, arg, n, value, &used, err);
	if (!status && !p && !used) {
		unknown(f->action, arg, n, err);
		return HY_EINPUT;
	}
	*at += arg[n] ? 1 : 2;
	return status;
}

static enum hy_status positionals(struct filling *f, const char *names, char **words, int n,
				  struct hy_err *err)
{
	enum hy_status status = HY_OK;
	int at = 0;

	f->by_place = true;
	while (*names && !status && at < n) {
		size_t len = strcspn(names, " ");
		bool rest = len > 3 && !strncmp(names + len - 3, "...", 3);
		const struct hy_param *p = find_param(f->action, names, rest ? len - 3 : len);
		if (!p)
			HY_BUG("command table: no parameter %.*s in %s", (int)len, names,
			       f->action->name);
		if (rest) {
			char *all = hy_strdup(f->cmd->ctx, words[at++]);
			while (at < n)
				all = hy_strf(f->cmd->ctx, "%s %s", all, words[at++]);
			status = put_value(f, p, all, err);
		} else {
			status = put_value(f, p, words[at++], err);
		}
		names += len + (names[len] == ' ');
	}
	if (!status && at < n)
		status = hy_err_set(err, HY_EINPUT, _("too many words: %s"), words[at]);
	return status;
}

/* "-停水" is a word of a query, "-o" would be an option of another command. */
static bool of_query(const struct hy_cmd *cmd, const char *word)
{
	bool option = word[1] >= 'A' && word[1] <= 'z' && !word[2];

	return !option && (!strcmp(cmd->command->noun, "search") ||
			   !strcmp(cmd->command->noun, "saved") ||
			   !strcmp(cmd->command->noun, "rule"));
}

enum hy_status cmd_params(struct hy_cmd *cmd, const struct hy_action *action, struct hy_json **out,
			  struct hy_err *err)
{
	struct filling f = {.cmd = cmd, .action = action, .w = hy_json_writer_new(cmd->ctx, false)};
	char **words = hy_new_array(cmd->ctx, char *, (size_t)cmd->argc + 1);
	int n = 0;
	bool options = true;
	size_t bytes = 0;
	const char *text = NULL;
	enum hy_status status = HY_OK;

	hy_jw_object(f.w);
	for (int i = 0; i < cmd->argc && !status;) {
		if (options && !strcmp(cmd->argv[i], "--")) {
			options = false;
			i++;
		} else if (options && !strncmp(cmd->argv[i], "--", 2)) {
			status = option_at(&f, &i, err);
		} else if (options && cmd->argv[i][0] == '-' && cmd->argv[i][1] &&
			   !of_query(cmd, cmd->argv[i])) {
			status = hy_err_set(err, HY_EINPUT,
					    !strcmp(cmd->argv[i], "-o") &&
							    !strcmp(cmd->command->noun, "search")
						    ? _("-o goes with --csv or --jsonl")
						    : _("unknown option %s"),
					    cmd->argv[i]);
		} else {
			words[n++] = cmd->argv[i++];
		}
	}
	if (!status)
		status = positionals(&f, cmd->command->positional, words, n, err);
	if (status)
		return status;
	hy_jw_end_object(f.w);
	text = hy_jw_text(f.w, &bytes);
	return hy_json_parse(cmd->ctx, text, bytes, 0, out, err);
}
