/* Commands on sources: test (reads, stores nothing), OPML in and out, and looking now. */
#include "cmd/cmd.h"

#include "collectors/collectors.h"
#include "net/net.h"
#include "render/render.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- source test ---- */

struct body {
	char *bytes;
	size_t n;
	const char *type, *location, *url;
	bool cut;
};

static enum hy_status fetch_body(struct hy_cmd *cmd, const char *url, const char *reach,
				 struct body *out, struct hy_err *err)
{
	const struct hy_net_request rq = {.url = url,
					  .reach = reach,
					  .allow_http = !strncmp(url, "http://", 7),
					  .follow = true};
	struct hy_net_response *r = NULL;
	enum hy_status status = hy_net_fetch_wait(cmd->ctx, NULL, &rq, &r, err);

	if (!status)
		status = hy_net_outcome(r, false, err);
	if (status)
		return status;
	*out = (struct body){
		.bytes = r->body,
		.n = r->n_body,
		.type = r->content_type,
		.location = hy_net_response_header(r, "content-location"),
		.url = r->final_url,
	};
	return HY_OK;
}

static void show_feed(const struct hy_feed *feed)
{
	cmd_say(_("%s (%s, %s)%s\n"), feed->title ? feed->title : "", feed->version, feed->encoding,
		feed->well_formed ? "" : _("  not well-formed"));
	if (feed->problem)
		cmd_say("  %s\n", feed->problem);
	if (feed->is_html)
		cmd_say(_("This is a page, not a feed.%s%s\n"),
			feed->page_feed ? _(" It names this feed: ") : "",
			feed->page_feed ? feed->page_feed : "");
	for (size_t i = 0; i < feed->n_entries; i++) {
		const struct hy_feed_entry *e = &feed->entries[i];
		char iso[HY_TIME_ISO_MAX] = "";
		char *title = NULL;
		hy_time t = e->published ? e->published : e->updated;
		if (t)
			hy_time_iso(t, iso);
		if (hy_html_to_text(NULL, e->title ? e->title : "", e->title ? strlen(e->title) : 0,
				    &title, NULL))
			title = hy_strdup(NULL, "");
		cmd_say("%-20s  %s  %s\n", iso, title, e->link ? e->link : "");
		talloc_free(title);
	}
}

int cmd_source_test(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	const char *type = cmd_option(cmd, "content-type", &err),
		   *base = cmd_option(cmd, "base-url", &err);
	const char *charset = cmd_option(cmd, "charset", &err),
		   *reach = cmd_option(cmd, "reach", &err);
	const char *location = cmd_option(cmd, "content-location", &err);
	struct body body = {0};
	struct hy_feed *feed = NULL;
	struct hy_json_writer *w = NULL;
	enum hy_status status = cmd_rest(cmd, 1, 1, &err);

	if (status)
		return cmd_usage(cmd, &err);
	if (!strncmp(cmd->argv[0], "http://", 7) || !strncmp(cmd->argv[0], "https://", 8))
		status = fetch_body(cmd, cmd->argv[0], reach, &body, &err);
	else
		status = hy_file_read(cmd->ctx, cmd->argv[0], HY_FEED_INPUT_MAX, &body.bytes,
				      &body.n, &err);
	if (!status) {
		const struct hy_feed_in in = {
			.bytes = body.bytes,
			.n = body.n,
			.content_type = type ? type : body.type,
			.content_location = location ? location : body.location,
			.base_url = base ? base : body.url,
			.charset = charset,
		};
		status = hy_feed_parse(cmd->ctx, &in, &feed, &err);
	}
	if (status)
		return cmd_fail(&err);
	if (!cmd->json) {
		show_feed(feed);
		return 0;
	}
	w = hy_json_writer_new(cmd->ctx, false);
	hy_feed_write_json(w, feed);
	cmd_json(hy_jw_text(w, NULL));
	return 0;
}

/* ---- the balance sheet ---- */

/* --csv is the action's --format=csv. */
static bool wants_csv(struct hy_cmd *cmd)
{
	char **argv;

	if (!cmd_flag(cmd, "csv"))
		return false;
	argv = hy_new_array(cmd->ctx, char *, (size_t)cmd->argc + 2);
	for (int i = 0; i < cmd->argc; i++)
		argv[i] = cmd->argv[i];
	argv[cmd->argc++] = hy_strdup(cmd->ctx, "--format=csv");
	cmd->argv = argv;
	return true;
}

static void show_balance(const struct hy_json *node)
{
	static const struct hy_cmd_field fields[] = {
		{"source", N_("Source")},	{"day", N_("Day")},
		{"looks", N_("Looks")},		{"looks_failed", N_("Failed looks")},
		{"received", N_("Received")},	{"new", N_("New")},
		{"edit", N_("of these edits")}, {"sweep", N_("by sweep")},
		{"repeat", N_("Repeats")},	{"refused", N_("Refused")},
		{"refused_why", N_("Reasons")}, {"lag", N_("Late by")},
		{"gaps", N_("Gaps")},		{"gaps_read", N_("Gaps read")},
		{"balanced", N_("Balanced")},	{NULL, NULL},
	};
	const struct hy_json *total = hy_json_get(node, "total");

	cmd_print_list(hy_json_get(node, "items"), fields);
	if (hy_json_bool(node, "balanced", false))
		cmd_say(_("✓ balanced: %" PRId64 " received = %" PRId64 " new + %" PRId64
			  " repeats + %" PRId64 " refused\n"),
			hy_json_int(total, "received", 0), hy_json_int(total, "new", 0),
			hy_json_int(total, "repeat", 0), hy_json_int(total, "refused", 0));
	else
		cmd_say(_("✗ not balanced: see the rows; in all %" PRId64 " are missing\n"),
			hy_json_int(total, "off", 0));
}

/* 9 when a row does not balance. */
int cmd_source_balance(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	const char *path = cmd_output(cmd), *body;
	bool csv = wants_csv(cmd);
	struct hy_json *params = NULL, *node = NULL;
	char *text = NULL;
	int code = 0;

	if (cmd_params(cmd, hy_desk_action("source.balance"), &params, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, "source.balance", params, &node, &text, &code))
		return code;
	body = csv ? hy_json_str(node, "text") : NULL;
	if (body && path && hy_file_write(path, body, strlen(body), 0644, &err))
		return cmd_fail(&err);
	if (body && !path && isatty(1))
		cmd_say("%s", body); /* a terminal obeys what a file only holds */
	else if (body && !path)
		fputs(body, stdout);
	else if (cmd->json)
		cmd_json(text);
	else if (!body)
		show_balance(node);
	return hy_json_bool(node, "balanced", false) ? 0 : 9;
}

/* ---- OPML ---- */

static char *unused_name(struct hy_cmd *cmd, const struct hy_opml_entry *e, size_t at)
{
	const char *name = *e->title ? e->title : e->xml_url;
	size_t n = strlen(name) > 90 ? hy_utf8_cut(name, 90) : strlen(name);

	(void)at;
	return hy_strndup(cmd->ctx, name, n);
}

int cmd_source_import(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	const char *reach = cmd_option(cmd, "reach", &err);
	struct hy_opml_entry *list = NULL;
	char *bytes = NULL;
	size_t n = 0, count = 0, skipped = 0, added = 0, there = 0;
	enum hy_status status = cmd_rest(cmd, 1, 1, &err);

	if (status)
		return cmd_usage(cmd, &err);
	status = hy_file_read(cmd->ctx, cmd->argv[0], HY_FEED_INPUT_MAX, &bytes, &n, &err);
	if (!status)
		status = hy_opml_parse(cmd->ctx, bytes, n, &list, &count, &skipped, &err);
	if (status)
		return cmd_fail(&err);
	for (size_t i = 0; i < count; i++) {
		struct hy_json *params =
			cmd_object(cmd->ctx, "kind", "feed", "name", unused_name(cmd, &list[i], i),
				   "url", list[i].xml_url, reach ? "reach" : NULL, reach, NULL);
		char *result = NULL;
		status = hy_ctl_call(cmd->ctx, cmd->dir, cmd->as, cmd->token, "source.add", params,
				     &result, NULL, &err);
		added += status == HY_OK;
		there += status == HY_EEXISTS;
		if (status && status != HY_EEXISTS) {
			(void)cmd_fail(&err);
			skipped++;
		}
		if (status == HY_EAUTH)
			break;
	}
	if (cmd->json)
		printf("{\"added\":%zu,\"there\":%zu,\"skipped\":%zu}\n", added, there, skipped);
	else
		printf(_("%zu added, %zu there already, %zu left out\n"), added, there, skipped);
	return status == HY_EAUTH ? 7 : skipped && !added && !there ? 1 : skipped ? 5 : 0;
}

int cmd_source_export(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	struct hy_json *node = NULL;
	const struct hy_json *items = NULL;
	struct hy_opml_entry *list = NULL;
	int code = 0;

	if (cmd_rest(cmd, 0, 0, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, "source.list", NULL, &node, NULL, &code))
		return code;
	items = hy_json_get(node, "items");
	list = hy_new_array(cmd->ctx, struct hy_opml_entry, items->n + 1);
	for (size_t i = 0; i < items->n; i++)
		list[i] = (struct hy_opml_entry){.title = hy_json_str(items->at[i], "name"),
						 .xml_url = hy_json_str(items->at[i], "url"),
						 .type = "rss"};
	fputs(hy_opml_write(cmd->ctx, _("Sources"), hy_now(hy_clock_from_env(cmd->ctx)), list,
			    items->n),
	      stdout);
	return 0;
}

/* ---- looking now ---- */

struct looking {
	struct hy_cmd *cmd;
	int64_t asked_ms, id;
	const struct hy_json *held; /* not looked at: their calls of today are used */
};

static bool is_held(const struct looking *l, int64_t id)
{
	for (size_t i = 0; l->held && i < l->held->n; i++)
		if (hy_json_int(l->held->at[i], "id", 0) == id)
			return true;
	return false;
}

/* What a run looks at: not where platforms push to us, unless it is named. */
static bool active(const struct hy_json *s, int64_t id)
{
	const char *state = hy_json_str(s, "state"), *kind = hy_json_str(s, "kind");

	if (id)
		return hy_json_int(s, "id", 0) == id;
	return state && !strcmp(state, "active") && kind && hy_collector_find(kind);
}

/* Every source asked for was looked at since, and the index and the rules have followed the log. */
static bool looked(void *user)
{
	struct looking *l = user;
	void *work = talloc_new(NULL);
	char *json = NULL;
	struct hy_json *node = NULL, *status = NULL;
	const struct hy_json *items = NULL;
	bool done = true;

	if (hy_ctl_call(work, l->cmd->dir, l->cmd->as, l->cmd->token, "source.list", NULL, &json,
			NULL, NULL) ||
	    hy_json_parse(work, json, strlen(json), 0, &node, NULL) ||
	    hy_ctl_call(work, l->cmd->dir, l->cmd->as, l->cmd->token, "status", NULL, &json, NULL,
			NULL) ||
	    hy_json_parse(work, json, strlen(json), 0, &status, NULL)) {
		talloc_free(work);
		return false;
	}
	items = hy_json_get(node, "items");
	for (size_t i = 0; i < items->n; i++)
		if (active(items->at[i], l->id) && !is_held(l, hy_json_int(items->at[i], "id", 0)) &&
		    hy_json_int(items->at[i], "last_try_ms", 0) < l->asked_ms)
			done = false;
	if (hy_json_int(status, "index_seq", 0) < hy_json_int(status, "last_seq", 0) ||
	    hy_json_int(status, "detect_seq", 0) < hy_json_int(status, "last_seq", 0))
		done = false;
	talloc_free(work);
	return done;
}

/* What became of the sources that this run looked at: 0 all answered, 5 some failed, 6 all did.
 * Those that failed are named on stderr. */
static int judge(const struct looking *l)
{
	struct hy_json *node = NULL;
	const struct hy_json *items = NULL;
	size_t tried = 0, failed = 0;
	int code = 0;

	if (cmd_act(l->cmd, "source.list", NULL, &node, NULL, &code))
		return code;
	items = hy_json_get(node, "items");
	for (size_t i = 0; i < items->n; i++) {
		const struct hy_json *s = items->at[i];
		const char *name = hy_json_str(s, "name"), *why = hy_json_str(s, "last_error");
		char *whose = hy_strf(l->cmd->ctx, _("source %s: %s"), name, "");
		struct hy_err err = {0};
		if ((l->id && hy_json_int(s, "id", 0) != l->id) ||
		    hy_json_int(s, "last_try_ms", 0) < l->asked_ms)
			continue;
		tried++;
		if (!hy_json_int(s, "failures", 0))
			continue;
		failed++;
		why = why && *why ? why : _("the look failed");
		hy_err_set(&err, HY_ETEMP, "%s%s", strncmp(why, whose, strlen(whose)) ? whose : "",
			   why);
		(void)cmd_fail(&err);
	}
	return !failed ? 0 : failed < tried ? 5 : 6;
}

/* daemon: one runs, without the role collect; the roles that it has follow by themselves. */
static int run_here(struct hy_cmd *cmd, bool daemon)
{
	struct hy_desk *desk = NULL;
	struct hy_err err = {0};
	enum hy_status status = hy_desk_open(&desk, cmd->ctx, cmd->dir, 0, &err);

	if (!status)
		status = hy_desk_run_once(desk, "collect", &err);
	if (!status && !(daemon && hy_desk_role_held(cmd->dir, "index")))
		status = hy_desk_run_once(desk, "index", &err);
	if (!status && !(daemon && hy_desk_role_held(cmd->dir, "detect")))
		status = hy_desk_run_once(desk, "detect", &err);
	talloc_free(desk);
	return status ? cmd_fail(&err) : 0;
}

int cmd_collect_run(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	struct looking l = {.cmd = cmd};
	struct hy_json *node = NULL, *params = NULL;
	bool daemon = hy_ctl_daemon_runs(cmd->dir);
	int code = 0;

	if (cmd_rest(cmd, 0, 1, &err))
		return cmd_usage(cmd, &err);
	params = cmd_object(cmd->ctx, cmd->argc ? "id" : NULL, cmd->argc ? cmd->argv[0] : NULL,
			    NULL);
	if (cmd_act(cmd, "source.due", params, &node, NULL, &code))
		return code;
	l.asked_ms = hy_json_int(node, "asked_ms", 0);
	l.id = hy_json_int(node, "id", 0);
	l.held = hy_json_get(node, "held");
	for (size_t i = 0; l.held && i < l.held->n; i++)
		fprintf(stderr, "huying: %s\n", hy_json_str(l.held->at[i], "why"));
	if (!daemon || !hy_desk_role_held(cmd->dir, "collect"))
		code = run_here(cmd, daemon);
	else if (cmd_wait_daemon(
			 cmd, looked, &l, 90 * HY_SECOND,
			 _("not every source was looked at within 90 s: see huying collect status"),
			 &err))
		return cmd_fail(&err);
	if (code)
		return code;
	code = judge(&l);
	cmd->argc = 0;
	(void)cmd_collect_status(cmd);
	return code;
}

int cmd_collect_status(struct hy_cmd *cmd)
{
	static const struct hy_cmd_field fields[] = {
		{"id", N_("No.")},
		{"name", N_("Name")},
		{"state", N_("State")},
		{"last_ok", N_("Last good look")},
		{"last_status", N_("Last HTTP status")},
		{"new", N_("New")},
		{"edit", N_("Edits")},
		{"repeat", N_("Repeats")},
		{"refused", N_("Refused")},
		{"last_error", N_("Last fault")},
		{NULL, NULL},
	};
	struct hy_err err = {0};
	struct hy_json *node = NULL;
	char *text = NULL;
	int code = 0;

	if (cmd_rest(cmd, 0, 0, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, "source.list", NULL, &node, &text, &code))
		return code;
	if (cmd->json)
		cmd_json(text);
	else
		cmd_print_list(hy_json_get(node, "items"), fields);
	return 0;
}
