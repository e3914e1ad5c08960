/* Commands on the folder itself: setup, status, doctor, config, backup. */
#include "cmd/cmd.h"

#include "collectors/collectors.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- setup ---- */

static enum hy_status admin_token(struct hy_cmd *cmd, const char *path, struct hy_err *err)
{
	struct hy_desk *desk = NULL;
	struct hy_person *admin = NULL;
	uint8_t secret[32], hash[HY_SHA256_LEN];
	char *text = NULL;
	enum hy_status status = hy_desk_open(&desk, cmd->ctx, cmd->dir, 0, err);

	if (!status)
		status = hy_person_find(hy_desk_store(desk), desk, "admin", &admin, err);
	if (!status) {
		hy_random_bytes(secret, sizeof(secret));
		text = hy_base64(desk, secret, sizeof(secret), true);
		hy_sha256(text, strlen(text), hash);
		status = hy_token_add(hy_desk_store(desk), admin->id, "cli", hash, 0, err);
	}
	if (!status)
		status = hy_file_write(path, text, strlen(text), 0600, err);
	explicit_bzero(secret, sizeof(secret));
	talloc_free(desk);
	return status;
}

int cmd_setup(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	struct hy_setup s = {
		.office = cmd_option(cmd, "office", &err),
		.language = cmd_option(cmd, "language", &err),
		.place = cmd_option(cmd, "place", &err),
		.listen = cmd_option(cmd, "listen", &err),
		.demo = cmd_flag(cmd, "demo"),
		.drill = hy_desk_drill_wanted(),
		.dir = cmd->dir,
	};
	const char *token_file = cmd_option(cmd, "admin-token-file", &err);
	const char *listen = s.listen ? s.listen : "127.0.0.1:8620";
	char *phrase = NULL, *link = NULL;
	enum hy_status status = cmd_rest(cmd, 0, 0, &err);

	if (!status && s.demo && !s.office)
		s.office = "临江县";
	if (status || !s.office || !*s.office) {
		if (!status)
			hy_err_set(&err, HY_EINPUT, "%s",
				   _("--office NAME is missing: the name under which the office "
				     "signs"));
		return cmd_usage(cmd, &err);
	}
	if (s.language && strcmp(s.language, "zh") && strcmp(s.language, "en")) {
		hy_err_set(&err, HY_EINPUT, _("--language is zh or en, not \"%s\""), s.language);
		return cmd_usage(cmd, &err);
	}
	status = hy_desk_setup(cmd->ctx, &s, &phrase, &link, &err);
	if (!status && token_file)
		status = admin_token(cmd, token_file, &err);
	if (status)
		return cmd_fail(&err);
	if (cmd->json) {
		struct hy_json_writer *w = hy_json_writer_new(cmd->ctx, false);
		hy_jw_object(w);
		hy_jw_kstr(w, "dir", cmd->dir);
		hy_jw_kstr(w, "phrase", phrase);
		hy_jw_kstr(w, "link", hy_strf(cmd->ctx, "http://%s/hello?k=%s", listen, link));
		hy_jw_end_object(w);
		cmd_json(hy_jw_text(w, NULL));
		return 0;
	}
	cmd_say(_("The office is set up in %s\n"), cmd->dir);
	cmd_say(_("Recovery phrase, shown this once; write it down and keep it away from this "
		  "machine:\n  %s\n"),
		phrase);
	cmd_say(_("Log in within 10 minutes, once:  http://%s/hello?k=%s\n"), listen, link);
	cmd_say(_("Next: huying %sserve --dir %s\n"), hy_desk_drill_wanted() ? "--drill " : "", cmd->dir);
	return 0;
}

/* ---- status and doctor ---- */

int cmd_status(struct hy_cmd *cmd)
{
	static const struct hy_cmd_field fields[] = {
		{"items", N_("Items")},
		{"items_today", N_("Items today")},
		{"sources", N_("Sources")},
		{"sources_failing", N_("Sources failing")},
		{"alerts_firing", N_("Alerts firing")},
		{"alerts_acked", N_("Alerts in hand")},
		{"claims_open", N_("Claims open")},
		{"cases_open", N_("Cases open")},
		{"cases_overdue", N_("Cases late")},
		{"statements_waiting", N_("Statements waiting")},
		{"deliveries_open", N_("Deliveries open")},
		{"deliveries_unknown", N_("Deliveries in doubt")},
		{"deliveries_sent", N_("Deliveries sent")},
		{"deliveries_failed", N_("Deliveries failed")},
		{"answers_open", N_("Answers on their way")},
		{"answers_unsettled", N_("Answers that wait for a person")},
		{NULL, NULL},
	};
	struct hy_err err = {0};
	struct hy_json *node = NULL;
	char *text = NULL;
	int code = 0;

	if (cmd_rest(cmd, 0, 0, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, "status", NULL, &node, &text, &code))
		return code;
	if (cmd->json) {
		cmd_json(text);
		return 0;
	}
	cmd_say("%s  %s  %s\n", hy_json_str(node, "office"), hy_json_str(node, "now"),
		hy_ctl_daemon_runs(cmd->dir) ? _("running") : _("not running: huying serve"));
	cmd_print_fields(hy_json_get(node, "counts"), fields);
	cmd_say(_("index: %" PRId64 " of %" PRId64 " entries\n"), hy_json_int(node, "index_seq", 0),
		hy_json_int(node, "last_seq", 0));
	if (hy_json_int(node, "index_lag_ms", 0) || hy_json_int(node, "detect_lag_ms", 0))
		cmd_say(_("behind: search %d s, rules %d s\n"),
			(int)(hy_json_int(node, "index_lag_ms", 0) / 1000),
			(int)(hy_json_int(node, "detect_lag_ms", 0) / 1000));
	return 0;
}

/* The name of a check, as people read it. */
static const char *check_word(const char *check)
{
	static const char *const words[] = {
		N_("record"),	N_("audit"),	N_("index"),	  N_("reach"), N_("sources"),
		N_("accounts"), N_("calendar"), N_("deliveries"), N_("disk"),  N_("site"),
	};

	for (size_t i = 0; i < HY_LEN(words); i++)
		if (!strcmp(words[i], check))
			return _(words[i]);
	return check;
}

int cmd_doctor(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	bool deep = cmd_flag(cmd, "deep"), thaw = cmd_flag(cmd, "unfreeze");
	struct hy_desk *desk = NULL;
	struct hy_finding *list = NULL;
	struct hy_json_writer *w = hy_json_writer_new(cmd->ctx, false);
	size_t n = 0;
	int worst = 0;
	enum hy_status status = cmd_rest(cmd, 0, 0, &err);

	if (status)
		return cmd_usage(cmd, &err);
	if (thaw && cmd_act(cmd, "publish.unfreeze", NULL, NULL, NULL, &worst))
		return worst;
	if (!status)
		status = hy_desk_open(&desk, cmd->ctx, cmd->dir, HY_DESK_READ_ONLY, &err);
	if (!status)
		status = hy_desk_doctor(desk, cmd->ctx, deep, &list, &n, &err);
	if (status)
		return cmd_fail(&err);
	hy_jw_object(w);
	hy_jw_key(w, "findings");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		static const char *const marks[] = {"✓", "▲", "✗"};
		worst = list[i].level > worst ? list[i].level : worst;
		hy_jw_object(w);
		hy_jw_kstr(w, "check", list[i].check);
		hy_jw_kint(w, "level", list[i].level);
		hy_jw_kstr(w, "text", list[i].text);
		hy_jw_end_object(w);
		if (!cmd->json)
			cmd_say("%s %s  %s\n", marks[list[i].level],
				cmd_pad(cmd->ctx, check_word(list[i].check), 10), list[i].text);
	}
	hy_jw_end_array(w);
	hy_jw_end_object(w);
	if (cmd->json)
		cmd_json(hy_jw_text(w, NULL));
	return worst == 2 ? 9 : 0;
}

/* ---- config ---- */

static char *conf_path(struct hy_cmd *cmd)
{
	return hy_strf(cmd->ctx, "%s/huying.conf", cmd->dir);
}

int cmd_config_check(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	struct hy_conf *conf = NULL;
	struct hy_conf_finding *list = NULL;
	size_t n = 0;
	enum hy_status status = cmd_rest(cmd, 0, 1, &err);
	const char *path = cmd->argc ? cmd->argv[0] : conf_path(cmd);

	if (status)
		return cmd_usage(cmd, &err);
	status = hy_conf_read(&conf, cmd->ctx, path, false, hy_desk_schema, &list, &n, &err);
	if (status && !n)
		return cmd_fail(&err);
	for (size_t i = 0; i < n; i++)
		cmd_say("%s:%d: %s %s: %s\n", list[i].file ? list[i].file : path, list[i].line,
			list[i].warning ? _("warning") : _("error"), list[i].code, list[i].text);
	if (!n)
		cmd_say(_("%s: fine\n"), path);
	return n ? 9 : 0;
}

static void put_value(struct hy_json_writer *w, const struct hy_conf *conf, const char *section,
		      const char *title, const struct hy_conf_key *k)
{
	size_t n = 0;
	const char *const *list = NULL;

	hy_jw_key(w, "value");
	switch (k->type) {
	case HY_CONF_STR:
		hy_jw_str(w, hy_conf_str(conf, section, title, k->name));
		break;
	case HY_CONF_INT:
		hy_jw_int(w, hy_conf_int(conf, section, title, k->name));
		break;
	case HY_CONF_BOOL:
		hy_jw_bool(w, hy_conf_bool(conf, section, title, k->name));
		break;
	case HY_CONF_DUR: /* whole seconds */
		hy_jw_int(w, hy_conf_dur(conf, section, title, k->name) / HY_SECOND);
		break;
	case HY_CONF_LIST:
		list = hy_conf_list(conf, section, title, k->name, &n);
		hy_jw_array(w);
		for (size_t i = 0; i < n; i++)
			hy_jw_str(w, list[i]);
		hy_jw_end_array(w);
		break;
	}
}

/* As it would be written in the file: the JSON form with braces for a list and "s" for seconds. */
static void say_value(const struct hy_json *row, const struct hy_conf_key *k)
{
	const struct hy_json *value = hy_json_get(row, "value");
	const char *title = hy_json_str(row, "title");
	int64_t line = hy_json_int(row, "line", 0);
	void *work = talloc_new(NULL);
	char *text = NULL;

	if (value->type == HY_JSON_STRING) {
		text = hy_strf(work, "\"%s\"", value->text);
	} else if (value->type == HY_JSON_BOOL) {
		text = hy_strdup(work, value->boolean ? "true" : "false");
	} else if (value->type == HY_JSON_INT) {
		text = hy_strf(work, "%s%s", value->text, k->type == HY_CONF_DUR ? "s" : "");
	} else {
		text = hy_strdup(work, "{");
		for (size_t i = 0; i < value->n; i++)
			text = hy_strf(work, "%s%s\"%s\"", text, i ? ", " : "", value->at[i]->text);
		text = hy_strf(work, "%s}", text);
	}
	cmd_say("%s%s%s%s.%s = %s  # %s\n", hy_json_str(row, "section"), title ? " \"" : "",
		title ? title : "", title ? "\"" : "", k->name, text,
		line ? hy_strf(work, _("line %d"), (int)line) : _("default"));
	talloc_free(work);
}

static void show_value(struct hy_cmd *cmd, struct hy_json_writer *all, const struct hy_conf *conf,
		       const char *section, const char *title, const struct hy_conf_key *k)
{
	struct hy_json_writer *w = hy_json_writer_new(cmd->ctx, false);
	struct hy_json *row = NULL;
	const char *text = NULL;
	size_t n = 0;

	hy_jw_object(w);
	hy_jw_kstr(w, "section", section);
	hy_jw_kstr(w, "title", title);
	hy_jw_kstr(w, "key", k->name);
	put_value(w, conf, section, title, k);
	hy_jw_kint(w, "line", hy_conf_line(conf, section, title, k->name));
	hy_jw_end_object(w);
	text = hy_jw_text(w, &n);
	if (hy_json_parse(cmd->ctx, text, n, 0, &row, NULL))
		HY_BUG("a setting of our own does not parse");
	if (cmd->json)
		hy_jw_node(all, row);
	else
		say_value(row, k);
}

int cmd_config_show(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	struct hy_conf *conf = NULL;
	struct hy_json_writer *all = hy_json_writer_new(cmd->ctx, false);
	enum hy_status status = cmd_rest(cmd, 0, 0, &err);

	if (status)
		return cmd_usage(cmd, &err);
	status = hy_conf_read(&conf, cmd->ctx, conf_path(cmd), true, hy_desk_schema, NULL, NULL,
			      &err);
	if (status)
		return cmd_fail(&err);
	hy_jw_array(all);
	for (const struct hy_conf_section *s = hy_desk_schema; s->name; s++) {
		size_t n = 0;
		const char *const *titles = s->titled ? hy_conf_titles(conf, s->name, &n) : NULL;
		for (const struct hy_conf_key *k = s->keys; k->name; k++) {
			if (!s->titled)
				show_value(cmd, all, conf, s->name, NULL, k);
			for (size_t i = 0; i < n; i++)
				show_value(cmd, all, conf, s->name, titles[i], k);
		}
	}
	hy_jw_end_array(all);
	if (cmd->json)
		cmd_json(hy_jw_text(all, NULL));
	return 0;
}

int cmd_config_path(struct hy_cmd *cmd)
{
	static const char *const inside[] = {"huying.conf", "huying.db", "index", "media",
					     "keys",	    "run",	 "site"};
	struct hy_err err = {0};

	if (cmd_rest(cmd, 0, 0, &err))
		return cmd_usage(cmd, &err);
	if (cmd->json) {
		struct hy_json_writer *w = hy_json_writer_new(cmd->ctx, false);
		hy_jw_object(w);
		hy_jw_kstr(w, "dir", cmd->dir);
		for (size_t i = 0; i < HY_LEN(inside); i++)
			hy_jw_kstr(w, inside[i], hy_strf(cmd->ctx, "%s/%s", cmd->dir, inside[i]));
		hy_jw_end_object(w);
		cmd_json(hy_jw_text(w, NULL));
		return 0;
	}
	for (size_t i = 0; i < HY_LEN(inside); i++)
		cmd_say("%-12s %s/%s\n", inside[i], cmd->dir, inside[i]);
	return 0;
}

/* ---- backup ---- */

int cmd_backup_create(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	struct hy_desk *desk = NULL;
	enum hy_status status = cmd_rest(cmd, 1, 1, &err);

	if (status)
		return cmd_usage(cmd, &err);
	status = hy_desk_open(&desk, cmd->ctx, cmd->dir, HY_DESK_READ_ONLY, &err);
	if (!status)
		status = hy_desk_backup(desk, cmd->argv[0], &err);
	if (status)
		return cmd_fail(&err);
	cmd_say("%s\n", cmd->argv[0]);
	return 0;
}

static enum hy_status phrase_of(struct hy_cmd *cmd, struct hy_secret **out, struct hy_err *err)
{
	const char *path = cmd_option(cmd, "phrase-file", err);

	if (!path)
		return hy_err_set(
			err, HY_EINPUT, "%s",
			_("--phrase-file FILE is missing: the recovery phrase that setup printed"));
	return hy_secret_read(cmd->ctx, path, out, err);
}

int cmd_backup_verify(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	struct hy_secret *phrase = NULL;
	char *report = NULL;
	enum hy_status status = phrase_of(cmd, &phrase, &err);

	if (!status)
		status = cmd_rest(cmd, 1, 1, &err);
	if (status)
		return cmd_usage(cmd, &err);
	status = hy_desk_backup_verify(cmd->ctx, cmd->argv[0], phrase, &report, &err);
	if (status)
		return cmd_fail(&err);
	cmd_say("%s", report);
	return 0;
}

int cmd_backup_restore(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	struct hy_secret *phrase = NULL;
	enum hy_status status = phrase_of(cmd, &phrase, &err);

	if (!status)
		status = cmd_rest(cmd, 1, 1, &err);
	if (status)
		return cmd_usage(cmd, &err);
	status = hy_desk_restore(cmd->argv[0], cmd->dir, phrase, &err);
	if (status)
		return cmd_fail(&err);
	cmd_say(_("Restored into %s. Publishing is frozen: look at huying post status and on the "
		  "platforms, then run huying doctor --unfreeze\n"),
		cmd->dir);
	return 0;
}

int cmd_parse_child(struct hy_cmd *cmd)
{
	(void)cmd;
	return hy_parse_child_main(0, 1);
}
