/* account test and rotate: the secret is tried by the role tokens, here or in the daemon, and what
 * came of it is told. account revoke: only by whom knows what it ends. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WAIT_MOST (60 * HY_SECOND)
#define EXIT_NOT_REACHED 6

struct trying {
	struct hy_cmd *cmd;
	int64_t id, asked_ms;
	bool fresh; /* a new secret, not the one in use */
};

/* The account as account.list tells it; NULL when it cannot be asked for. */
static const struct hy_json *account_now(struct hy_cmd *cmd, const void *ctx, int64_t id)
{
	struct hy_json *node = NULL;
	const struct hy_json *items;
	char *json = NULL;

	if (hy_ctl_call(ctx, cmd->dir, cmd->as, cmd->token, "account.list", NULL, &json, NULL,
			NULL) ||
	    hy_json_parse(ctx, json, strlen(json), 0, &node, NULL))
		return NULL;
	items = hy_json_get(node, "items");
	for (size_t i = 0; i < items->n; i++)
		if (hy_json_int(items->at[i], "id", 0) == id)
			return items->at[i];
	return NULL;
}

static bool tried(void *user)
{
	struct trying *t = user;
	void *ctx = talloc_new(NULL);
	const struct hy_json *a = account_now(t->cmd, ctx, t->id);
	bool done = a && hy_json_int(a, "tested_ms", 0) >= t->asked_ms;

	if (a && t->fresh)
		done = !hy_json_str(a, "new_secret") ||
		       hy_json_int(a, "new_secret_tried_ms", 0) >= t->asked_ms;
	talloc_free(ctx);
	return done;
}

static enum hy_status try_here(struct hy_cmd *cmd, struct hy_err *err)
{
	struct hy_desk *desk = NULL;
	enum hy_status status = hy_desk_open(&desk, cmd->ctx, cmd->dir, 0, err);

	if (!status)
		status = hy_desk_run_once(desk, "tokens", err);
	talloc_free(desk);
	return status;
}

static int fail_of(struct hy_cmd *cmd, const struct hy_err *err)
{
	int code = cmd->json ? hy_status_exit_code(err->status) : cmd_fail(err);

	return err->status == HY_ETEMP ? EXIT_NOT_REACHED : code;
}

/* Of a new secret that is not in use: 7 it was refused, 6 it could not be tried. */
static int tell_fresh(struct hy_cmd *cmd, const struct hy_json *a, const char *state)
{
	const char *name = hy_json_str(a, "name"), *error = hy_json_str(a, "new_secret_error");
	struct hy_err err = {0};

	if (!strcmp(state, "refused"))
		hy_err_set(&err, HY_EAUTH,
			   _("account %s: the new secret was not taken, and the old one stays: %s"),
			   name, error ? error : "");
	else
		hy_err_set(&err, HY_ETEMP,
			   _("account %s: the new secret could not be tried yet (%s): the old one "
			     "stays in use; huying serve goes on trying, --untried replaces at once"),
			   name, error ? error : _("no answer"));
	return fail_of(cmd, &err);
}

/* 0 good; 7 the platform refuses it; 6 it could not be asked. */
static int tell(struct hy_cmd *cmd, const struct hy_json *a)
{
	const char *error = hy_json_str(a, "token_error"), *state = hy_json_str(a, "state");
	struct hy_err err = {0};

	if (!error || !*error) {
		if (!cmd->json)
			cmd_say(_("%s: good; %s\n"), hy_json_str(a, "name"),
				hy_json_str(a, "token") ? hy_json_str(a, "token") : "");
		return 0;
	}
	hy_err_set(&err, state && !strcmp(state, "needs-reauth") ? HY_EAUTH : HY_ETEMP, "%s: %s",
		   hy_json_str(a, "name"), error);
	return fail_of(cmd, &err);
}

/* Waits for the role tokens, here or in the daemon, and says what came of it. */
static int wait_and_tell(struct hy_cmd *cmd, struct trying *t)
{
	const struct hy_json *a;
	struct hy_err err = {0};
	const char *fresh;

	if (hy_ctl_daemon_runs(cmd->dir) && hy_desk_role_held(cmd->dir, "tokens")) {
		if (cmd_wait_daemon(cmd, tried, t, WAIT_MOST,
				    hy_strf(cmd->ctx,
					    _("the platform has not answered within %d s"),
					    (int)(WAIT_MOST / HY_SECOND)),
				    &err))
			return cmd_fail(&err);
	} else if (try_here(cmd, &err)) {
		return cmd_fail(&err);
	}
	a = account_now(cmd, cmd->ctx, t->id);
	if (!a)
		return 1;
	if (cmd->json) {
		struct hy_json_writer *w = hy_json_writer_new(cmd->ctx, false);

		hy_jw_node(w, a);
		cmd_json(hy_jw_text(w, NULL));
	}
	fresh = t->fresh ? hy_json_str(a, "new_secret") : NULL;
	return fresh ? tell_fresh(cmd, a, fresh) : tell(cmd, a);
}

/* After the action that asked for it. */
static int asked(struct hy_cmd *cmd, const struct hy_json *node, const char *text, bool wait)
{
	struct trying t = {.cmd = cmd,
			   .id = hy_json_int(node, "id", 0),
			   .asked_ms = hy_json_int(node, "asked_ms", 0)};

	const char *fresh = hy_json_str(node, "new_secret"); /* one refused before is listed still */

	t.fresh = fresh && !strcmp(fresh, "waiting") && strcmp(cmd->command->verb, "test") != 0;
	if (wait && hy_json_bool(node, "testable", false))
		return wait_and_tell(cmd, &t);
	if (cmd->json)
		cmd_json(text);
	else if (t.fresh)
		cmd_say("%s\n", _("the new secret waits to be tried, the old one stays until then: huying "
				  "account list tells what came of it"));
	return 0;
}

int cmd_account_test(struct hy_cmd *cmd)
{
	const struct hy_action *action = hy_desk_action(cmd->command->action);
	bool wait = !cmd_flag(cmd, "no-wait");
	struct hy_json *params = NULL, *node = NULL;
	struct hy_err err = {0};
	char *text = NULL;
	int code = 0;

	if (cmd_params(cmd, action, &params, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, action->name, params, &node, &text, &code))
		return code;
	return asked(cmd, node, text, wait);
}

int cmd_account_authorise(struct hy_cmd *cmd)
{
	const struct hy_action *action = hy_desk_action("account.authorise");
	bool wait = !cmd_flag(cmd, "no-wait");
	struct hy_json *params = NULL, *node = NULL;
	struct hy_err err = {0};
	char *text = NULL;
	int code = 0;

	if (cmd_params(cmd, action, &params, &err))
		return cmd_usage(cmd, &err);
	if (cmd_act(cmd, action->name, params, &node, &text, &code))
		return code;
	if (!hy_json_str(node, "url"))
		return asked(cmd, node, text, wait);
	if (cmd->json) {
		cmd_json(text);
		return 0;
	}
	cmd_say("%s\n", hy_json_str(node, "url"));
	cmd_say(_("Open it in a browser that is logged in as this account, and agree. The browser then "
		  "comes to an address with state=%s: write that whole address into a file within 10 "
		  "minutes, then: huying account authorise %s --code-file FILE\n"),
		hy_json_str(node, "state"), hy_json_str(node, "name"));
	return 0;
}

/* ---- revoke ---- */

/* What cannot be undone is asked for by name; where nobody can be asked, --yes says it. */
static enum hy_status sure(const char *name, struct hy_err *err)
{
	char line[256];

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return hy_err_set(err, HY_EINPUT, "%s", _("this cannot be undone: say --yes"));
	fprintf(stderr,
		_("This ends account %s for good, here and at the platform; it cannot be undone. Type "
		  "its name: "),
		name);
	if (!fgets(line, sizeof(line), stdin))
		line[0] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return strcmp(line, name) != 0
		       ? hy_err_set(err, HY_EREFUSED, "%s", _("that is another name: nothing was done"))
		       : HY_OK;
}

/* Mastodon takes a token back from its application alone: said before, not after. */
static void lives_on(struct hy_cmd *cmd, const char *name)
{
	struct hy_json *node = NULL;
	const struct hy_json *items;
	char *json = NULL;

	if (hy_ctl_call(cmd->ctx, cmd->dir, cmd->as, cmd->token, "account.list", NULL, &json, NULL,
			NULL) ||
	    hy_json_parse(cmd->ctx, json, strlen(json), 0, &node, NULL))
		return; /* the step itself will say why */
	items = hy_json_get(node, "items");
	for (size_t i = 0; items && i < items->n; i++) {
		const struct hy_json *a = items->at[i];
		const char *own = hy_json_str(a, "name"), *platform = hy_json_str(a, "platform");

		if (own && !strcmp(own, name) && platform && !strcmp(platform, "mastodon") &&
		    hy_json_bool(a, "has_secret", false) && !hy_json_bool(a, "application", false))
			fprintf(stderr,
				_("Its application is not known here, so the token lives on at the "
				  "platform: first huying account rotate %s --app KEY "
				  "--client-secret-file FILE, or end it there by hand.\n"),
				own);
	}
}

int cmd_account_revoke(struct hy_cmd *cmd)
{
	const struct hy_action *action = hy_desk_action("account.revoke");
	bool yes = cmd_flag(cmd, "yes");
	struct hy_json *params = NULL, *node = NULL;
	const struct hy_json *sources;
	struct hy_err err = {0};
	char *text = NULL;
	int code = 0;

	if (cmd_params(cmd, action, &params, &err))
		return cmd_usage(cmd, &err);
	if (!yes && hy_json_str(params, "id") && isatty(STDERR_FILENO))
		lives_on(cmd, hy_json_str(params, "id"));
	if (!yes && hy_json_str(params, "id") && sure(hy_json_str(params, "id"), &err))
		return err.status == HY_EINPUT ? cmd_usage(cmd, &err) : cmd_fail(&err);
	if (cmd_act(cmd, action->name, params, &node, &text, &code))
		return code;
	if (cmd->json) {
		cmd_json(text);
		return 0;
	}
	cmd_say(_("ended; in lists it is now called: %s\n"), hy_json_str(node, "name"));
	sources = hy_json_get(node, "sources");
	for (size_t i = 0; sources && i < sources->n; i++)
		cmd_say(_("paused, as it read with this account: source %s\n"), sources->at[i]->text);
	return 0;
}
