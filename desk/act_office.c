/* The office itself: units, people, accounts, calendar, audit. */
#include "desk/internal.h"

#include "collectors/collectors.h"
#include "desk/receive.h"
#include "net/net.h"
#include "publisher/publisher.h"

#include <string.h>

/* ---- units ---- */

enum hy_status act_unit_add(struct hy_desk *desk, struct hy_person_id actor,
			    const struct hy_json *params, struct hy_json_writer *w,
			    struct hy_err *err)
{
	const char *kind = param_str(params, "kind"), *above = param_str(params, "parent");
	struct hy_unit *parent = NULL;
	enum hy_status status = above ? hy_unit_find(desk->st, w, above, &parent, err) : HY_OK;

	if (status)
		return hy_err_wrap(err, "parent");
	const struct hy_unit unit = {
		.name = param_str(params, "name"),
		.parent = parent ? parent->id : (struct hy_unit_id){0},
		.kind = kind ? kind : "department",
		.place = param_text(params, "place"),
		.active = true,
	};
	struct hy_unit_id id = {0};
	status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_unit_add(desk->st, &unit, &id, err);
	status = desk_done(desk, status, actor, "unit.add", err, "unit %" PRId64, id.v);
	if (!status)
		hy_jw_kint(w, "id", id.v);
	return status;
}

enum hy_status act_unit_list(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, struct hy_json_writer *w,
			     struct hy_err *err)
{
	struct hy_unit *list = NULL, *parent = NULL;
	size_t n = 0;
	enum hy_status status = hy_unit_list(desk->st, w, &list, &n, err);

	(void)actor;
	(void)params;
	if (status)
		return status;
	hy_jw_key(w, "items");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		hy_jw_object(w);
		hy_jw_kint(w, "id", list[i].id.v);
		hy_jw_kstr(w, "name", list[i].name);
		hy_jw_kstr(w, "kind", list[i].kind);
		hy_jw_kstr(w, "place", list[i].place);
		if (list[i].parent.v && !hy_unit_get(desk->st, w, list[i].parent, &parent, NULL))
			hy_jw_kstr(w, "parent", parent->name);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	return HY_OK;
}

/* ---- people of the office ---- */

enum hy_status desk_make_token(struct hy_desk *desk, const void *ctx, struct hy_person_id person,
			       const char *purpose, hy_time until, char **out, struct hy_err *err)
{
	uint8_t secret[32], hash[HY_SHA256_LEN];
	enum hy_status status = HY_OK;
	char *text = NULL;

	hy_random_bytes(secret, sizeof(secret));
	text = hy_base64(ctx, secret, sizeof(secret), true);
	hy_sha256(text, strlen(text), hash);
	explicit_bzero(secret, sizeof(secret));
	status = hy_token_add(desk->st, person, purpose, hash, until, err);
	if (!status)
		*out = text;
	return status;
}

static enum hy_status person_of(struct hy_desk *desk, const void *ctx, const struct hy_json *params,
				struct hy_person *p, char *hash, struct hy_err *err)
{
	const char *unit_name = param_str(params, "unit"),
		   *password = param_str(params, "password");
	struct hy_unit *unit = NULL;
	enum hy_status status = hy_duties_parse(param_text(params, "duties"), &p->duties, err);

	p->login = param_str(params, "login");
	p->name = param_str(params, "name");
	p->unix_name = param_str(params, "unix");
	p->active = true;
	if (!status && (strlen(p->login) > 64 || strpbrk(p->login, " \t\r\n/")))
		status = hy_err_set(
			err, HY_EINPUT,
			_("login: one word of at most 64 bytes without blanks or slashes"));
	if (!status && p->unix_name && !strcmp(p->unix_name, "root"))
		status = hy_err_set(err, HY_EREFUSED, _("unix: root is not a person"));
	if (!status && unit_name)
		status = hy_unit_find(desk->st, ctx, unit_name, &unit, err);
	if (!status && unit)
		p->unit = unit->id;
	if (!status && password)
		status = hy_password_hash(password, hash, err);
	if (!status && password)
		p->password_hash = hash;
	return status;
}

enum hy_status act_user_add(struct hy_desk *desk, struct hy_person_id actor,
			    const struct hy_json *params, struct hy_json_writer *w,
			    struct hy_err *err)
{
	struct hy_person p = {0};
	struct hy_person_id id = {0};
	char hash[HY_PASSWORD_HASH_MAX], *token = NULL;
	enum hy_status status = person_of(desk, w, params, &p, hash, err);

	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_person_add(desk->st, &p, &id, err);
	if (!status)
		status = desk_make_token(desk, w, id, "cli", 0, &token, err);
	status = desk_done(desk, status, actor, "user.add", err, "person %" PRId64, id.v);
	if (!status) {
		hy_jw_kint(w, "id", id.v);
		hy_jw_kstr(w, "token", token);
	}
	return status;
}

enum hy_status act_user_list(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, struct hy_json_writer *w,
			     struct hy_err *err)
{
	struct hy_person *list = NULL;
	size_t n = 0;
	enum hy_status status = hy_person_list(desk->st, w, &list, &n, err);

	(void)actor;
	(void)params;
	if (status)
		return status;
	hy_jw_key(w, "items");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		struct hy_unit *unit = NULL;
		hy_jw_object(w);
		hy_jw_kint(w, "id", list[i].id.v);
		hy_jw_kstr(w, "login", list[i].login);
		hy_jw_kstr(w, "name", list[i].name);
		hy_jw_kstr(w, "duties", hy_duties_text(w, list[i].duties));
		hy_jw_kbool(w, "active", list[i].active);
		if (list[i].unit.v && !hy_unit_get(desk->st, w, list[i].unit, &unit, NULL))
			hy_jw_kstr(w, "unit", unit->name);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	return HY_OK;
}

enum hy_status act_user_token(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	struct hy_person *p = NULL;
	char *token = NULL;
	enum hy_status status = hy_person_find(desk->st, w, param_text(params, "login"), &p, err);

	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_token_remove_all(desk->st, p->id, "cli", err);
	if (!status)
		status = desk_make_token(desk, w, p->id, "cli", 0, &token, err);
	status = desk_done(desk, status, actor, "user.token", err, "person %" PRId64, p->id.v);
	if (!status)
		hy_jw_kstr(w, "token", token);
	return status;
}

enum hy_status act_user_passwd(struct hy_desk *desk, struct hy_person_id actor,
			       const struct hy_json *params, struct hy_json_writer *w,
			       struct hy_err *err)
{
	const char *password = param_text(params, "password");
	char hash[HY_PASSWORD_HASH_MAX];
	struct hy_person *p = NULL;
	enum hy_status status = hy_person_find(desk->st, w, param_text(params, "login"), &p, err);

	if (!status && hy_utf8_count(password, strlen(password)) < 8)
		status = hy_err_set(err, HY_EINPUT, _("password: at least 8 characters"));
	if (!status)
		status = hy_password_hash(password, hash, err);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	p->password_hash = hash;
	status = hy_person_update(desk->st, p, err);
	if (!status)
		status = hy_session_remove_person(desk->st, p->id, err);
	status = desk_done(desk, status, actor, "user.passwd", err, "person %" PRId64, p->id.v);
	if (!status)
		hy_jw_kint(w, "id", p->id.v);
	return status;
}

enum hy_status act_user_link(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, struct hy_json_writer *w,
			     struct hy_err *err)
{
	struct hy_person *p = NULL;
	char *key = NULL;
	enum hy_status status = hy_person_find(desk->st, w, param_text(params, "login"), &p, err);

	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = desk_make_token(desk, w, p->id, "login-link", hy_desk_now(desk) + 10 * HY_MINUTE,
				 &key, err);
	if (!status)
		status =
			desk_audit(desk, actor, "user.link", err, NULL, "person %" PRId64, p->id.v);
	status = desk_end(desk, status, err);
	if (!status)
		hy_jw_kstr(w, "key", key);
	return status;
}

enum hy_status act_user_lock(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, struct hy_json_writer *w,
			     struct hy_err *err)
{
	struct hy_person *p = NULL;
	enum hy_status status = hy_person_find(desk->st, w, param_text(params, "login"), &p, err);

	if (!status && p->id.v == actor.v)
		status = hy_err_set(err, HY_EREFUSED,
				    _("nobody locks themselves out: ask another administrator"));
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	p->active = false;
	p->password_hash = NULL;
	status = hy_person_update(desk->st, p, err);
	if (!status)
		status = hy_session_remove_person(desk->st, p->id, err);
	if (!status)
		status = hy_token_remove_all(desk->st, p->id, "cli", err);
	if (!status)
		status = hy_feed_key_remove_person(desk->st, p->id, err);
	if (!status)
		status =
			desk_audit(desk, actor, "user.lock", err, NULL, "person %" PRId64, p->id.v);
	status = desk_end(desk, status, err);
	if (!status)
		hy_jw_kint(w, "id", p->id.v);
	return status;
}

/* ---- accounts ---- */

/* Accounts of this platform are read with. */
static bool desk_reads(const char *platform)
{
	size_t n;
	const struct hy_collector *const *all = hy_collectors(&n);

	for (size_t i = 0; i < n; i++)
		if (all[i]->account && !strcmp(all[i]->account, platform))
			return true;
	return false;
}

static enum hy_status check_account(struct hy_desk *desk, const struct hy_account *a,
				    const char *secret, struct hy_err *err)
{
	const struct hy_channel *channel = hy_channel_find(a->platform);
	const struct hy_receiver *receiver = hy_receiver_find(a->platform);
	unsigned needs;

	if ((a->reach || secret) && !desk->local)
		return hy_err_set(err, HY_EREFUSED,
				  _("reach and secrets are given on the command line only"));
	if (!channel && !receiver && !desk_reads(a->platform))
		return hy_err_set(err, HY_EINPUT,
				  _("platform: there is no \"%s\"; there are: wordpress, site, weibo, "
				    "wechat, aliyun, tencent, smpp, webhook, mastodon, discourse, mail"),
				  a->platform);
	if (receiver && receiver->line)
		return desk_line_check(a, secret, err);
	/* who also receives may do only that: then there is nothing to send with */
	needs = receiver ? 0 : channel ? channel->needs : HY_NEEDS_SECRET;
	if (((needs & HY_NEEDS_URL) && !a->url) || ((needs & HY_NEEDS_LOGIN) && !a->login) ||
	    ((needs & HY_NEEDS_SECRET) && !secret))
		return hy_err_set(err, HY_EINPUT, _("%s needs %s"), a->platform,
				  needs == HY_NEEDS_SECRET ? "--secret-file"
				  : needs & HY_NEEDS_LOGIN ? "--url, --login, --secret-file"
							   : "--url, --secret-file");
	if (channel && !channel->needs) /* our own pages: nothing is asked over the net */
		return HY_OK;
	return a->url && strncmp(a->url, "imap", 4) != 0
		       ? hy_net_url_check(NULL, a->url, false, a->reach, NULL, err)
		       : HY_OK;
}

enum hy_status act_account_add(struct hy_desk *desk, struct hy_person_id actor,
			       const struct hy_json *params, struct hy_json_writer *w,
			       struct hy_err *err)
{
	const char *unit_name = param_str(params, "unit"), *secret = param_str(params, "secret");
	struct hy_unit *unit = NULL;
	struct hy_account *named = NULL;
	struct hy_account a = {
		.name = param_str(params, "name"),
		.platform = param_str(params, "platform"),
		.url = param_str(params, "url"),
		.login = param_str(params, "login"),
		.reach = param_str(params, "reach"),
	};
	struct hy_account_id id = {0};
	struct hy_secret *sealed = secret ? hy_secret_new(w, secret, strlen(secret)) : NULL;
	enum hy_status status = check_account(desk, &a, secret, err);

	if (!status)
		status = desk_drill_reach(desk, a.name, a.url, a.reach, err);
	if (!status && secret) /* without a URL it would be the platform's own host */
		status = desk_drill_secret(desk, a.name, a.reach, err);

	if (!status && unit_name)
		status = hy_unit_find(desk->st, w, unit_name, &unit, err);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	a.unit = unit ? unit->id : (struct hy_unit_id){0};
	/* one that was ended before its name was given away */
	if (!hy_account_find(desk->st, w, a.name, &named, NULL) && !strcmp(named->name, a.name) &&
	    named->state == HY_ACCOUNT_REVOKED)
		status = desk_account_end(desk, w, named, err);
	if (!status)
		status = hy_account_add(desk->st, &a, sealed, &id, err);
	if (!status)
		status =
			desk_audit(desk, actor, "account.add", err, NULL, "account %" PRId64, id.v);
	status = desk_end(desk, status, err);
	if (!status)
		hy_jw_kint(w, "id", id.v);
	return status;
}

enum hy_status act_account_list(struct hy_desk *desk, struct hy_person_id actor,
				const struct hy_json *params, struct hy_json_writer *w,
				struct hy_err *err)
{
	struct hy_account *list = NULL;
	size_t n = 0;
	enum hy_status status = hy_account_list(desk->st, w, &list, &n, err);

	(void)actor;
	(void)params;
	if (status)
		return status;
	hy_jw_key(w, "items");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		struct hy_unit *unit = NULL;
		hy_jw_object(w);
		hy_jw_kint(w, "id", list[i].id.v);
		hy_jw_kstr(w, "name", list[i].name);
		hy_jw_kstr(w, "platform", list[i].platform);
		hy_jw_kstr(w, "url", list[i].url);
		hy_jw_kstr(w, "reach", list[i].reach);
		if (list[i].unit.v && !hy_unit_get(desk->st, w, list[i].unit, &unit, NULL))
			hy_jw_kstr(w, "unit", unit->name);
		hy_jw_kstr(w, "state", hy_account_state_name(list[i].state));
		hy_jw_kstr(w, "state_why", list[i].state_why);
		hy_jw_kbool(w, "has_secret", list[i].has_secret);
		desk_put_grant(desk, w, &list[i]);
		put_ts(w, "last_post_ts", list[i].last_post);
		put_when(desk, w, "last_post", list[i].last_post);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	return HY_OK;
}

static enum hy_status set_account(struct hy_desk *desk, struct hy_person_id actor,
				  const struct hy_json *params, struct hy_json_writer *w,
				  enum hy_account_state state, const char *action,
				  struct hy_err *err)
{
	struct hy_account *a = NULL;
	enum hy_status status = hy_store_begin(desk->st, err);

	if (status)
		return status;
	status = hy_account_find(desk->st, w, param_text(params, "id"), &a, err);
	if (!status && a->state == HY_ACCOUNT_REVOKED)
		status = hy_err_set(err, HY_EREFUSED,
				    _("account %s was ended for good: add another"), a->name);
	if (!status)
		status = hy_account_set_state(desk->st, a->id, state, NULL, err);
	if (!status && state == HY_ACCOUNT_ACTIVE)
		status = hy_outbox_wake(desk->st, desk->clock, a->id, err);
	if (!status && state == HY_ACCOUNT_ACTIVE && desk_account_watched(a))
		status = hy_grant_due(desk->st, a->id, HY_GRANT_ASKED, false, err);
	status = desk_done(desk, status, actor, action, err, "account %" PRId64, a ? a->id.v : 0);
	if (!status) {
		hy_jw_kint(w, "id", a->id.v);
		hy_jw_kstr(w, "state", hy_account_state_name(state));
	}
	return status;
}

enum hy_status act_account_freeze(struct hy_desk *desk, struct hy_person_id actor,
				  const struct hy_json *params, struct hy_json_writer *w,
				  struct hy_err *err)
{
	return set_account(desk, actor, params, w, HY_ACCOUNT_FROZEN, "account.freeze", err);
}

enum hy_status act_account_unfreeze(struct hy_desk *desk, struct hy_person_id actor,
				    const struct hy_json *params, struct hy_json_writer *w,
				    struct hy_err *err)
{
	return set_account(desk, actor, params, w, HY_ACCOUNT_ACTIVE, "account.unfreeze", err);
}

/* ---- calendar and audit ---- */

enum hy_status act_calendar_set(struct hy_desk *desk, struct hy_person_id actor,
				const struct hy_json *params, struct hy_json_writer *w,
				struct hy_err *err)
{
	const char *kind = param_text(params, "kind"), *date = param_text(params, "date");
	struct hy_day_override day = {
		.name = param_str(params, "name"), .why = param_str(params, "why"), .who = actor};
	int number = 0;
	bool made;
	enum hy_status status = hy_date_parse(date, &number, err);

	day.work = !strcmp(kind, "work");
	if (!status && !day.work && strcmp(kind, "off"))
		status = hy_err_set(err, HY_EINPUT, _("kind: \"off\" or \"work\", not \"%s\""),
				    kind);
	if (!status)
		hy_date_text(number, day.date);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_calendar_set_day(desk->st, hy_conf_str(desk->conf, "office", NULL, "calendar"),
				     &day, err);
	if (!status)
		status =
			desk_audit(desk, actor, "calendar.set", err, NULL, "%s %s", day.date, kind);
	/* before it is kept: a day that no calendar can be made of would stop every clock */
	if (!status)
		status = desk_calendar_reload(desk, err);
	made = !status;
	status = desk_end(desk, status, err);
	if (status && made)
		(void)desk_calendar_reload(desk, NULL);
	if (!status)
		hy_jw_kstr(w, "calendar", hy_calendar_version(desk->cal));
	return status;
}

enum hy_status act_audit_list(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	struct hy_audit_row *list = NULL;
	size_t n = 0;
	int limit = 0;
	enum hy_status status = param_limit(params, 50, 1000, &limit, err);

	(void)actor;
	if (!status)
		status = hy_audit_list(desk->st, w, hy_json_int(params, "before", 0), limit, &list,
				       &n, err);
	if (status)
		return status;
	hy_jw_key(w, "items");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		hy_jw_object(w);
		hy_jw_kint(w, "id", list[i].id);
		put_ts(w, "at_ts", list[i].at);
		put_when(desk, w, "when", list[i].at);
		hy_jw_kstr(w, "actor", list[i].actor_login);
		hy_jw_kstr(w, "action", list[i].action);
		hy_jw_kstr(w, "object", list[i].object);
		hy_jw_kstr(w, "detail", list[i].detail);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	hy_jw_kint(w, "next", n == (size_t)limit ? list[n - 1].id : 0);
	return HY_OK;
}

enum hy_status act_audit_verify(struct hy_desk *desk, struct hy_person_id actor,
				const struct hy_json *params, struct hy_json_writer *w,
				struct hy_err *err)
{
	int64_t bad = 0, count = 0;
	uint8_t head[HY_SHA256_LEN] = {0};
	enum hy_status status = hy_audit_verify(desk->st, &bad, &count, head, err);

	(void)actor;
	(void)params;
	if (status)
		return status;
	hy_jw_kbool(w, "whole", bad == 0);
	hy_jw_kint(w, "bad", bad);
	hy_jw_kint(w, "count", count);
	hy_jw_kstr(w, "head", hy_hex(w, head, sizeof(head)));
	return HY_OK;
}

/* Who lets statements out again answers for having looked: a person, with an audit row. */
enum hy_status act_publish_unfreeze(struct hy_desk *desk, struct hy_person_id actor,
				    const struct hy_json *params, struct hy_json_writer *w,
				    struct hy_err *err)
{
	char *why = NULL;
	enum hy_status status = hy_meta_get(desk->st, w, "publish.frozen", &why, err);

	(void)params;
	if (!status && (!why || !*why))
		status = hy_err_set(err, HY_ECONFLICT, "%s", _("publishing is not frozen"));
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_meta_set(desk->st, "publish.frozen", "", err);
	status = desk_done(desk, status, actor, "publish.unfreeze", err, "%s", why);
	if (!status)
		hy_jw_kbool(w, "frozen", false);
	return status;
}
