/* What a person does with the secret of an account: give it another, have it tried, end it. */
#include "desk/balance.h"
#include "desk/collect.h"
#include "desk/fresh.h"
#include "desk/granting.h"
#include "desk/receive.h"

#include "publisher/publisher.h"

#include <string.h>

#define SECRET_MIN 8
#define TOKEN_MIN 16
#define SECRET_MAX 2048

/* A secret that cannot be one is refused before it replaces anything. */
enum hy_status desk_secret_check(const char *text, bool token, struct hy_err *err)
{
	size_t n = strlen(text), least = token ? TOKEN_MIN : SECRET_MIN;

	if (n < least || n > SECRET_MAX)
		return hy_err_set(err, HY_EINPUT,
				  _("secret: from %zu to %d characters; this has %zu, and the old "
				    "one stays"),
				  least, SECRET_MAX, n);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7F ||
		    (token && (text[i] == ' ' || (unsigned char)text[i] > '~')))
			return hy_err_set(err, HY_EINPUT, "%s",
					  _("secret: it holds a character that no secret has, and "
					    "the old one stays"));
	return HY_OK;
}

/* It is tried first: the one in use stays until then. App: the application that the secret belongs to,
 * where it takes part in that. */
static enum hy_status lay_by(struct hy_desk *desk, const struct hy_account *a,
			     const struct hy_json *params, const void *ctx, struct hy_err *err)
{
	struct hy_secret *now = NULL;
	struct desk_fresh f = {.secret = param_str(params, "secret"),
			       .asked = hy_desk_now(desk)};
	enum hy_status status = HY_OK;

	if (desk_account_renews(a))
		f.app = param_str(params, "app");
	if (!f.secret) /* the same with another application */
		status = hy_account_secret(desk->st, ctx, a->id, &now, err);
	if (now)
		f.secret = hy_secret_text(now, NULL);
	return status ? status : desk_fresh_put(desk, a->id, &f, err);
}

/* At once, whatever it is worth. */
static enum hy_status replace(struct hy_desk *desk, const struct hy_account *a,
			      const struct hy_json *params, const void *ctx, struct hy_err *err)
{
	const char *secret = param_str(params, "secret");
	enum hy_status status = hy_account_set_secret(
		desk->st, a->id, hy_secret_new(ctx, secret, strlen(secret)), err);

	if (!status)
		status = desk_fresh_drop(desk, a->id, err);
	if (!status && desk_account_testable(a))
		status = hy_grant_due(desk->st, a->id, HY_GRANT_ASKED, !desk_account_renews(a), err);
	return status ? status : desk_use_again(desk, a, err);
}

/* True when what is given takes part in speaking to the platform, and can be tried before. */
static bool tried_first(const struct hy_account *a, const struct hy_json *params)
{
	if (!desk_account_testable(a) || hy_json_bool(params, "untried", false))
		return false;
	return param_str(params, "secret") ||
	       (desk_account_renews(a) && a->has_secret && param_str(params, "app"));
}

static enum hy_status write_secret(struct hy_desk *desk, const struct hy_account *a,
				   const struct hy_json *params, const void *ctx, struct hy_err *err)
{
	const char *app = param_str(params, "app"), *client = param_str(params, "client_secret");
	bool first = tried_first(a, params);
	enum hy_status status = HY_OK;

	if (first)
		status = lay_by(desk, a, params, ctx, err);
	else if (param_str(params, "secret"))
		status = replace(desk, a, params, ctx, err);
	if (first && desk_account_renews(a))
		app = NULL; /* it waits with the secret */
	if (!status && (app || client))
		status = hy_grant_set_client(
			desk->st, a->id, app,
			client ? hy_secret_new(ctx, client, strlen(client)) : NULL, err);
	if (!status && !first && !param_str(params, "secret") && a->has_secret &&
	    desk_account_testable(a))
		status = hy_grant_due(desk->st, a->id, HY_GRANT_ASKED, false, err);
	return status;
}

void desk_put_asked(struct hy_desk *desk, struct hy_json_writer *w, struct hy_account_id id,
		    hy_time asked)
{
	struct hy_account *a = NULL;
	struct desk_fresh *f = NULL;
	bool waits = !desk_fresh_get(desk, w, id, &f, NULL) && desk_fresh_waits(f);

	hy_jw_kint(w, "id", id.v);
	if (!hy_account_get(desk->st, w, id, &a, NULL)) {
		hy_jw_kstr(w, "name", a->name);
		hy_jw_kstr(w, "state", hy_account_state_name(a->state));
		hy_jw_kbool(w, "testable", desk_account_testable(a) && (a->has_secret || waits));
		desk_put_fresh(desk, w, id);
	}
	hy_jw_kint(w, "asked_ms", asked);
}

static enum hy_status check_rotate(struct hy_desk *desk, const void *ctx, const struct hy_account *a,
				   const struct hy_json *params, struct hy_err *err)
{
	const char *secret = param_str(params, "secret"), *app = param_str(params, "app"),
		   *client = param_str(params, "client_secret");
	struct hy_grant none = {0}, *grant = &none;
	enum hy_status status = HY_OK;

	if (!desk->local)
		return hy_err_set(err, HY_EREFUSED, "%s",
				  _("reach and secrets are given on the command line only"));
	if (a->state == HY_ACCOUNT_REVOKED)
		return hy_err_set(err, HY_EREFUSED,
				  _("account %s was ended for good: add another"), a->name);
	if (!secret && !app && !client)
		return hy_err_set(err, HY_EINPUT, "%s",
				  _("nothing to change: --secret-file FILE, or - for stdin"));
	if (secret)
		status = hy_receiver_find(a->platform) && hy_receiver_find(a->platform)->line
				 ? desk_line_check(a, secret, err)
				 : desk_secret_check(secret, desk_account_watched(a), err);
	if (!status && client)
		status = desk_secret_check(client, false, err);
	if (status)
		return status;
	if (hy_grant_get(desk->st, ctx, a->id, &grant, NULL))
		grant = &none;
	if (tried_first(a, params) && desk_account_renews(a) && !app &&
	    !desk_client_of(desk, ctx, a, grant))
		return hy_err_set(err, HY_EINPUT,
				  _("account %s has no AppID: give --app APPID as well"), a->name);
	if (secret && a->has_secret && !desk_account_testable(a) &&
	    !hy_json_bool(params, "untried", false))
		return hy_err_set(err, HY_EREFUSED,
				  _("account %s: there is no call by which %s tells whether a secret "
				    "is good; with --untried it replaces the one in use, which is "
				    "erased"),
				  a->name, a->platform);
	return HY_OK;
}

enum hy_status act_account_rotate(struct hy_desk *desk, struct hy_person_id actor,
				  const struct hy_json *params, struct hy_json_writer *w,
				  struct hy_err *err)
{
	struct hy_account *a = NULL;
	hy_time now = hy_desk_now(desk);
	bool untried = hy_json_bool(params, "untried", false);
	enum hy_status status = hy_account_find(desk->st, w, param_text(params, "id"), &a, err);

	if (!status)
		status = desk_drill_secret(desk, a->name, a->reach, err);
	if (!status)
		status = check_rotate(desk, w, a, params, err);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = write_secret(desk, a, params, w, err);
	if (!status)
		status = desk_audit(desk, actor, "account.rotate", err,
				    untried ? "{\"untried\":true}" : NULL, "account %" PRId64, a->id.v);
	status = desk_end(desk, status, err);
	if (!status)
		desk_put_asked(desk, w, a->id, now);
	return status;
}

enum hy_status act_account_test(struct hy_desk *desk, struct hy_person_id actor,
				const struct hy_json *params, struct hy_json_writer *w,
				struct hy_err *err)
{
	struct hy_account *a = NULL;
	struct desk_fresh *f = NULL;
	hy_time now = hy_desk_now(desk);
	enum hy_status status = hy_account_find(desk->st, w, param_text(params, "id"), &a, err);

	if (!status && !desk_account_testable(a))
		status = hy_err_set(err, HY_EINPUT,
				    _("%s: there is no call by which %s tells whether a secret is "
				      "good"),
				    a->name, a->platform);
	if (!status && (!a->has_secret || a->state == HY_ACCOUNT_REVOKED))
		status = hy_err_set(err, HY_EREFUSED, _("account %s has no secret"), a->name);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_grant_due(desk->st, a->id, HY_GRANT_ASKED, false, err);
	if (!status && !desk_fresh_get(desk, w, a->id, &f, NULL) && desk_fresh_waits(f)) {
		f->next_at = 0; /* the new one, too */
		status = desk_fresh_put(desk, a->id, f, err);
	}
	status = desk_done(desk, status, actor, "account.test", err, "account %" PRId64, a->id.v);
	if (!status)
		desk_put_asked(desk, w, a->id, now);
	return status;
}

/* ---- ending ---- */

enum hy_status desk_account_end(struct hy_desk *desk, const void *ctx, const struct hy_account *a,
				struct hy_err *err)
{
	struct hy_account *other = NULL;
	char date[11], *name;
	int day = 0;
	enum hy_status status = desk_today(desk, &day, err);

	if (status)
		return status;
	name = hy_strf(ctx, _("%s (ended %s)"), a->name, hy_date_text(day, date));
	if (!hy_account_find(desk->st, ctx, name, &other, NULL)) /* the second of this day */
		name = hy_strf(ctx, "%s #%" PRId64, name, a->id.v);
	return hy_account_end(desk->st, a, name, err);
}

/* What reads with the account could only fail from now on. Their names go into the answer. */
static enum hy_status pause_sources(struct hy_desk *desk, struct hy_json_writer *w,
				    const struct hy_account *a, struct hy_err *err)
{
	struct hy_source *list = NULL;
	size_t n = 0;
	enum hy_status status = hy_source_list(desk->st, w, false, &list, &n, err);

	hy_jw_key(w, "sources");
	hy_jw_array(w);
	for (size_t i = 0; i < n && !status; i++) {
		if (list[i].state == HY_SOURCE_PAUSED || !desk_source_is_of(desk, &list[i], a->id))
			continue;
		status = hy_source_pause(desk->st, list[i].id,
					 hy_strf(w, _("its account %s was ended"), a->name), err);
		hy_jw_str(w, list[i].name);
	}
	hy_jw_end_array(w);
	return status;
}

/* Nothing goes over it from here on; the role tokens ends the token at the platform and erases. */
enum hy_status act_account_revoke(struct hy_desk *desk, struct hy_person_id actor,
				  const struct hy_json *params, struct hy_json_writer *w,
				  struct hy_err *err)
{
	struct hy_account *a = NULL;
	enum hy_status status = hy_account_find(desk->st, w, param_text(params, "id"), &a, err);

	if (!status && !strcmp(a->platform, "site"))
		status = hy_err_set(err, HY_EREFUSED, "%s", _("the office's own site stays"));
	if (!status && a->state == HY_ACCOUNT_REVOKED)
		status = hy_err_set(err, HY_ECONFLICT, _("account %s is ended already"), a->name);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = pause_sources(desk, w, a, err);
	if (!status)
		status = desk_account_end(desk, w, a, err);
	if (!status)
		status = desk_fresh_drop(desk, a->id, err);
	if (!status && (!a->has_secret || !desk_account_testable(a)))
		status = hy_grant_end(desk->st, a->id, err);
	else if (!status)
		status = hy_grant_due(desk->st, a->id, HY_GRANT_ASKED, true, err);
	status = desk_done(desk, status, actor, "account.revoke", err, "account %" PRId64, a->id.v);
	if (!status)
		desk_put_asked(desk, w, a->id, hy_desk_now(desk));
	return status;
}
