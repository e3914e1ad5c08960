/* What a person does with the secret of an account: give it another, have it tried, end it. */
#include "desk/balance.h"
#include "desk/collect.h"

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

static enum hy_status write_secret(struct hy_desk *desk, const struct hy_account *a,
				   const struct hy_json *params, const void *ctx, struct hy_err *err)
{
	const char *secret = param_str(params, "secret"), *app = param_str(params, "app"),
		   *client = param_str(params, "client_secret");
	enum hy_status status = HY_OK;

	if (secret)
		status = hy_account_set_secret(desk->st, a->id,
					       hy_secret_new(ctx, secret, strlen(secret)), err);
	if (!status && (app || client))
		status = hy_grant_set_client(
			desk->st, a->id, app,
			client ? hy_secret_new(ctx, client, strlen(client)) : NULL, err);
	if (!status && desk_account_testable(a))
		status = hy_grant_due(desk->st, a->id, HY_GRANT_ASKED,
				      secret && !desk_account_renews(a), err);
	if (!status && a->state == HY_ACCOUNT_NEEDS_REAUTH) {
		status = hy_account_set_state(desk->st, a->id, HY_ACCOUNT_ACTIVE, NULL, err);
		if (!status)
			status = hy_outbox_wake(desk->st, desk->clock, a->id, err);
	}
	return status;
}

static void put_account(struct hy_desk *desk, struct hy_json_writer *w, struct hy_account_id id,
			hy_time asked)
{
	struct hy_account *a = NULL;

	hy_jw_kint(w, "id", id.v);
	if (!hy_account_get(desk->st, w, id, &a, NULL)) {
		hy_jw_kstr(w, "name", a->name);
		hy_jw_kstr(w, "state", hy_account_state_name(a->state));
		hy_jw_kbool(w, "testable", desk_account_testable(a));
	}
	hy_jw_kint(w, "asked_ms", asked);
}

enum hy_status act_account_rotate(struct hy_desk *desk, struct hy_person_id actor,
				  const struct hy_json *params, struct hy_json_writer *w,
				  struct hy_err *err)
{
	const char *secret = param_str(params, "secret");
	struct hy_account *a = NULL;
	hy_time now = hy_desk_now(desk);
	enum hy_status status = hy_account_find(desk->st, w, param_text(params, "id"), &a, err);

	if (!status && !desk->local)
		status = hy_err_set(err, HY_EREFUSED, "%s",
				    _("reach and secrets are given on the command line only"));
	if (!status && a->state == HY_ACCOUNT_REVOKED)
		status = hy_err_set(err, HY_EREFUSED,
				    _("account %s was ended for good: add another"), a->name);
	if (!status && !secret && !param_str(params, "app") && !param_str(params, "client_secret"))
		status = hy_err_set(err, HY_EINPUT, "%s",
				    _("nothing to change: --secret-file FILE, or - for stdin"));
	if (!status && secret)
		status = hy_receiver_find(a->platform) && hy_receiver_find(a->platform)->line
				 ? desk_line_check(a, secret, err)
				 : desk_secret_check(secret, desk_account_watched(a), err);
	if (!status && param_str(params, "client_secret"))
		status = desk_secret_check(param_str(params, "client_secret"), false, err);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = write_secret(desk, a, params, w, err);
	status = desk_done(desk, status, actor, "account.rotate", err, "account %" PRId64, a->id.v);
	if (!status)
		put_account(desk, w, a->id, now);
	return status;
}

enum hy_status act_account_test(struct hy_desk *desk, struct hy_person_id actor,
				const struct hy_json *params, struct hy_json_writer *w,
				struct hy_err *err)
{
	struct hy_account *a = NULL;
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
	status = desk_done(desk, status, actor, "account.test", err, "account %" PRId64, a->id.v);
	if (!status)
		put_account(desk, w, a->id, now);
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
	if (!status && (!a->has_secret || !desk_account_testable(a)))
		status = hy_grant_end(desk->st, a->id, err);
	else if (!status)
		status = hy_grant_due(desk->st, a->id, HY_GRANT_ASKED, true, err);
	status = desk_done(desk, status, actor, "account.revoke", err, "account %" PRId64, a->id.v);
	if (!status)
		put_account(desk, w, a->id, hy_desk_now(desk));
	return status;
}
