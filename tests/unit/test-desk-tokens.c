/* Tokens of accounts against the practice platforms and a movable clock: renewed early by one owner,
 * never replaced by an absurd one, an end that is warned of, a refusal that stops one account. */
#include "desk/fresh.h"

#include "platforms/platforms.h"
#include "tests/unit/practice-live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define APP_SECRET "practice-wechat-secret"
#define WEIBO_TOKEN "practice-weibo-1"
#define MASTO_TOKEN "practice-mastodon-1"

struct office {
	char dir[64];
	struct hy_desk *desk;
	hy_time now;
};

static char *act_as(struct hy_desk *desk, const void *ctx, const char *action, const char *params,
		    enum hy_status wanted)
{
	struct hy_person *p = NULL;
	struct hy_json *node = NULL;
	struct hy_err err = {0};
	char *result = NULL;
	enum hy_status status;

	assert_int_equal(hy_person_find(desk->st, ctx, "admin", &p, NULL), HY_OK);
	assert_int_equal(hy_json_parse(ctx, params, strlen(params), 0, &node, NULL), HY_OK);
	status = hy_desk_act(desk, ctx, p->id, action, node, &result, &err);
	if (status != wanted)
		fail_msg("%s %s: %s %s", action, params, hy_status_name(status), err.text);
	return result;
}

static void act(struct office *o, const char *action, const char *params)
{
	(void)act_as(o->desk, o, action, params, HY_OK);
}

static void account(struct office *o, const char *name, const char *platform, const char *secret,
		    const char *more)
{
	act(o, "account.add",
	    hy_strf(o,
		    "{\"name\":\"%s\",\"platform\":\"%s\",\"secret\":\"%s\",\"url\":"
		    "\"http://%s.example\",\"reach\":\"127.0.0.1:%d\"%s}",
		    name, platform, secret, platform, hy_practice_port(live.site), more));
}

static struct hy_desk *open_desk(struct office *o)
{
	struct hy_desk *desk = NULL;
	struct hy_err err = {0};

	if (hy_desk_open(&desk, o, o->dir, 0, &err))
		fail_msg("%s", err.text);
	desk->local = true;
	desk->clock = live.clk;
	return desk;
}

static int make_office(void **state)
{
	struct office *o;
	struct hy_setup s = {.office = "临江县", .demo = true};
	struct hy_err err = {0};
	char *phrase, *link;

	live_begin(NULL);
	o = hy_new(NULL, struct office);
	snprintf(o->dir, sizeof(o->dir), "/tmp/hy-tokens.XXXXXX");
	assert_non_null(mkdtemp(o->dir));
	s.dir = o->dir;
	assert_int_equal(hy_crypt_init(&err), HY_OK);
	if (hy_desk_setup(o, &s, &phrase, &link, &err))
		fail_msg("%s", err.text);
	o->desk = open_desk(o);
	o->now = LIVE_START;
	*state = o;
	return 0;
}

static int drop_office(void **state)
{
	struct office *o = *state;
	char *cmd = hy_strf(NULL, "rm -rf %s", o->dir);

	talloc_free(o);
	assert_int_equal(system(cmd), 0);
	talloc_free(cmd);
	return live_teardown(state);
}

static void later(struct office *o, hy_dur d)
{
	o->now += d;
	hy_clock_set(live.clk, o->now);
}

/* One life of the role: what is due now, to its end. HY_EBUSY: another has the lease. */
static enum hy_status run_by(struct hy_desk *desk, bool keep)
{
	struct hy_lease lease;
	void *role = NULL;
	hy_time next = 0;
	struct hy_err err = {0};
	enum hy_status status = desk_lease_take(desk, "tokens", HY_MINUTE, &lease, &err);

	if (status)
		return status;
	assert_int_equal(role_tokens.start(desk, live.loop, lease.fence, &role, &err), HY_OK);
	assert_int_equal(role_tokens.turn(role, hy_desk_now(desk), &next, &err), HY_OK);
	for (int i = 0; role_tokens.busy(role); i++) {
		assert_true(i < 10000);
		assert_int_equal(hy_loop_once(live.loop, 1000, NULL), HY_OK);
	}
	role_tokens.stop(role);
	if (!keep)
		desk_lease_release(desk, "tokens");
	return HY_OK;
}

static void run(struct office *o)
{
	assert_int_equal(run_by(o->desk, false), HY_OK);
}

static struct hy_account *the(struct office *o, const char *name)
{
	struct hy_account *a = NULL;

	assert_int_equal(hy_account_find(o->desk->st, o, name, &a, NULL), HY_OK);
	return a;
}

static struct hy_grant *grant(struct office *o, const char *name)
{
	struct hy_grant *g = NULL;

	assert_int_equal(hy_grant_get(o->desk->st, o, the(o, name)->id, &g, NULL), HY_OK);
	return g;
}

static const char *bearer(struct office *o, const char *name)
{
	struct hy_secret *s = NULL;
	struct hy_err err = {0};

	if (desk_account_bearer(o->desk, o, the(o, name), &s, &err))
		return hy_strf(o, "! %s %s", hy_status_name(err.status), err.text);
	return hy_secret_text(s, NULL);
}

static size_t tokens_given(void)
{
	const struct hy_json *list = hy_json_get(live_state("wechat"), "tokens");
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += strncmp(hy_json_str(list->at[i], "token"), "stable_", 7) == 0;
	return n;
}

/* Alerts of accounts that stand open; *why of the newest. */
static size_t alerts(struct office *o, const char **title, const char **why)
{
	struct hy_alert *list = NULL;
	size_t n = 0, found = 0;

	assert_int_equal(hy_alert_list(o->desk->st, o, true, 0, 100, &list, &n, NULL), HY_OK);
	for (size_t i = n; i-- > 0;)
		if (!strcmp(list[i].kind, "account")) {
			found++;
			*title = list[i].title;
			*why = list[i].why;
		}
	return found;
}

static const struct hy_json *listed(struct office *o, const char *name);

/* A member of account.list. */
static const char *said(struct office *o, const char *name, const char *member)
{
	return hy_json_str(listed(o, name), member);
}

/* ---- WeChat: had and renewed by one owner ---- */

static void test_renewed_once(void **state)
{
	struct office *o = *state;
	struct hy_desk *other;
	const char *first, *second;

	account(o, "微信", "wechat", APP_SECRET, ",\"login\":\"wx0123456789abcdef\"");
	assert_int_equal(strncmp(bearer(o, "微信"), "! temp", 6), 0); /* on its way */
	assert_int_equal(run_by(o->desk, true), HY_OK);
	assert_int_equal(tokens_given(), 1);
	first = bearer(o, "微信");
	assert_int_equal(strncmp(first, "stable_", 7), 0);
	/* a second process finds the lease taken, and asks for nothing */
	other = open_desk(o);
	assert_int_equal(run_by(other, false), HY_EBUSY);
	/* two hours less five to four minutes later it is due, and not before */
	later(o, 115 * HY_MINUTE - HY_SECOND);
	assert_int_equal(run_by(o->desk, true), HY_OK);
	assert_int_equal(tokens_given(), 1);
	assert_true(grant(o, "微信")->next_at >= LIVE_START + 115 * HY_MINUTE);
	assert_true(grant(o, "微信")->next_at < LIVE_START + 116 * HY_MINUTE);
	later(o, HY_MINUTE + HY_SECOND);
	assert_int_equal(run_by(other, false), HY_EBUSY);
	assert_int_equal(run_by(o->desk, true), HY_OK);
	assert_int_equal(tokens_given(), 2);
	second = bearer(o, "微信");
	assert_string_not_equal(first, second);
	assert_int_equal(run_by(o->desk, true), HY_OK);
	assert_int_equal(tokens_given(), 2);
	/* another takes over; what the old owner still writes changes nothing */
	desk_lease_release(o->desk, "tokens");
	later(o, 2 * HY_HOUR);
	assert_int_equal(run_by(other, true), HY_OK);
	struct hy_grant late = *grant(o, "微信");
	assert_true(late.fence > 1);
	late.fence = 1;
	late.until = 0;
	assert_int_equal(hy_grant_put(o->desk->st, &late, hy_secret_new(o, "stable_late-answer", 18),
				      NULL),
			 HY_ECONFLICT);
	assert_int_equal(strcmp(bearer(o, "微信"), "stable_late-answer") != 0, 1);
	assert_true(grant(o, "微信")->until > 0);
	talloc_free(other);
}

static void test_absurd(void **state)
{
	static const char *const kinds[] = {"empty", "short", "long", "control", "past", "far"};
	struct office *o = *state;
	const char *token, *title = "", *why = "";

	account(o, "微信", "wechat", APP_SECRET, ",\"login\":\"wx0123456789abcdef\"");
	run(o);
	token = bearer(o, "微信");
	later(o, 117 * HY_MINUTE);
	for (size_t i = 0; i < HY_LEN(kinds); i++) {
		(void)live_control(hy_strf(o, "set?name=token-answer&value=%s", kinds[i]));
		later(o, 2 * HY_SECOND);
		assert_int_equal(hy_grant_due(o->desk->st, the(o, "微信")->id, o->now, false, NULL),
				 HY_OK);
		run(o);
		assert_string_equal(bearer(o, "微信"), token); /* the one in use stays in use */
		assert_non_null(grant(o, "微信")->error);
		assert_int_equal(the(o, "微信")->state, HY_ACCOUNT_ACTIVE);
	}
	/* a page where JSON should be, a platform that is away */
	(void)live_control("set?name=token-answer&value=true");
	(void)live_control("fault?platform=wechat&kind=garbage&reads=1&writes=1&times=1");
	assert_int_equal(hy_grant_due(o->desk->st, the(o, "微信")->id, o->now, false, NULL), HY_OK);
	run(o);
	assert_string_equal(bearer(o, "微信"), token);
	(void)live_control("fault?platform=wechat&kind=503&reads=1&writes=1&times=1");
	assert_int_equal(hy_grant_due(o->desk->st, the(o, "微信")->id, o->now, false, NULL), HY_OK);
	run(o);
	assert_string_equal(bearer(o, "微信"), token);
	/* one alert of all that, with what to do */
	assert_int_equal(alerts(o, &title, &why), 1);
	assert_non_null(strstr(why, "huying account rotate 微信"));
	/* and then it is told well again */
	assert_int_equal(hy_grant_due(o->desk->st, the(o, "微信")->id, o->now, false, NULL), HY_OK);
	run(o);
	assert_string_not_equal(bearer(o, "微信"), token);
	assert_null(grant(o, "微信")->error);
	assert_int_equal(grant(o, "微信")->failures, 0);
}

static void test_refused_token(void **state)
{
	struct office *o = *state;
	const char *token, *again, *title = "", *why = "";

	account(o, "微信", "wechat", APP_SECRET, ",\"login\":\"wx0123456789abcdef\"");
	run(o);
	token = bearer(o, "微信");
	/* who sends tells that it is refused: another is had at once */
	later(o, 10 * HY_MINUTE);
	desk_account_refused(o->desk, the(o, "微信"), "40001");
	run(o);
	again = bearer(o, "微信");
	assert_string_not_equal(again, token);
	assert_int_equal(the(o, "微信")->state, HY_ACCOUNT_ACTIVE);
	assert_int_equal(alerts(o, &title, &why), 0);
	/* the new one is refused, too: then it is not the token */
	desk_account_refused(o->desk, the(o, "微信"), "40001");
	assert_int_equal(the(o, "微信")->state, HY_ACCOUNT_NEEDS_REAUTH);
	assert_int_equal(alerts(o, &title, &why), 1);
	assert_non_null(strstr(why, "AppSecret"));
	assert_int_equal(bearer(o, "微信")[0], '!');
	/* a wrong AppSecret: the platform says so, a person gives the right one */
	act(o, "account.rotate", "{\"id\":\"微信\",\"secret\":\"0123456789abcdef0123456789abcdef\"}");
	run(o);
	assert_int_equal(the(o, "微信")->state, HY_ACCOUNT_NEEDS_REAUTH);
	assert_string_equal(said(o, "微信", "new_secret"), "refused");
	act(o, "account.rotate", "{\"id\":\"微信\",\"secret\":\"" APP_SECRET "\"}");
	run(o);
	assert_null(grant(o, "微信")->error);
	assert_int_equal(the(o, "微信")->state, HY_ACCOUNT_ACTIVE);
}

/* What renews is away while the token in use ends: nothing is sent with it, the account is not
 * stopped for that, and it goes on by itself. */
static void test_away(void **state)
{
	struct office *o = *state;
	const char *token, *title = "", *why = "";

	account(o, "微信", "wechat", APP_SECRET, ",\"login\":\"wx0123456789abcdef\"");
	run(o);
	token = bearer(o, "微信");
	(void)live_control("fault?platform=wechat&kind=503&reads=1&writes=1&times=-1");
	later(o, 116 * HY_MINUTE);
	for (int i = 0; i < 6; i++) {
		run(o);
		later(o, HY_MINUTE);
		assert_string_equal(bearer(o, "微信"), token);
		desk_account_refused(o->desk, the(o, "微信"), "42001");
	}
	later(o, 10 * HY_MINUTE);
	run(o);
	assert_int_equal(strncmp(bearer(o, "微信"), "! temp", 6), 0);
	assert_int_equal(the(o, "微信")->state, HY_ACCOUNT_ACTIVE);
	assert_int_equal(alerts(o, &title, &why), 1);
	(void)live_control("fault?platform=wechat&kind=none");
	later(o, HY_MINUTE);
	run(o);
	assert_int_equal(strncmp(bearer(o, "微信"), "stable_", 7), 0);
	assert_null(grant(o, "微信")->error);
}

/* ---- Weibo and Mastodon: the secret is the token ---- */

static const struct hy_json *listed(struct office *o, const char *name)
{
	char *text = act_as(o->desk, o, "account.list", "{}", HY_OK);
	struct hy_json *node = NULL;
	const struct hy_json *items;

	assert_int_equal(hy_json_parse(o, text, strlen(text), 0, &node, NULL), HY_OK);
	items = hy_json_get(node, "items");
	for (size_t i = 0; i < items->n; i++)
		if (!strcmp(hy_json_str(items->at[i], "name"), name))
			return items->at[i];
	fail_msg("no account %s", name);
	return NULL;
}

static int days_left(struct office *o, const char *name)
{
	return (int)hy_json_int(listed(o, name), "days_left", -1);
}

static void test_days_left(void **state)
{
	struct office *o = *state;
	const char *title = "", *why = "";

	(void)live_control("token?platform=weibo&token=" WEIBO_TOKEN "&ends=1728000"); /* 20 days */
	account(o, "微博", "weibo", WEIBO_TOKEN, "");
	account(o, "象", "mastodon", MASTO_TOKEN, "");
	run(o);
	assert_string_equal(bearer(o, "微博"), WEIBO_TOKEN);
	assert_int_equal(days_left(o, "微博"), 20);
	assert_int_equal(days_left(o, "象"), -1); /* without an end */
	assert_true(grant(o, "象")->good == LIVE_START);
	assert_int_equal(alerts(o, &title, &why), 0);
	later(o, 6 * HY_DAY + HY_HOUR); /* 13 left */
	run(o);
	assert_int_equal(days_left(o, "微博"), 13);
	assert_int_equal(alerts(o, &title, &why), 1);
	assert_non_null(strstr(title, "微博"));
	assert_non_null(strstr(title, "13"));
	assert_non_null(strstr(why, "huying account authorise 微博"));
	later(o, HY_DAY);
	run(o);
	assert_int_equal(alerts(o, &title, &why), 1); /* once a mark */
	later(o, 10 * HY_DAY); /* 2 left */
	run(o);
	assert_int_equal(alerts(o, &title, &why), 2);
	/* it ends: the platform says so, this account stops, the other goes on, one more alert */
	later(o, 3 * HY_DAY);
	run(o);
	assert_int_equal(the(o, "微博")->state, HY_ACCOUNT_NEEDS_REAUTH);
	assert_int_equal(the(o, "象")->state, HY_ACCOUNT_ACTIVE);
	assert_string_equal(bearer(o, "象"), MASTO_TOKEN);
	assert_int_equal(alerts(o, &title, &why), 3);
	later(o, 12 * HY_HOUR);
	run(o);
	run(o);
	assert_int_equal(alerts(o, &title, &why), 3);
	/* a person authorises anew */
	(void)live_control("token?platform=weibo&account=linjiang&token=practice-weibo-new-one");
	(void)live_control("token?platform=weibo&token=practice-weibo-new-one&ends=2592000");
	act(o, "account.rotate", "{\"id\":\"微博\",\"secret\":\"practice-weibo-new-one\"}");
	run(o);
	assert_int_equal(the(o, "微博")->state, HY_ACCOUNT_ACTIVE);
	assert_string_equal(bearer(o, "微博"), "practice-weibo-new-one");
	assert_int_equal(days_left(o, "微博"), 30);
	assert_int_equal(alerts(o, &title, &why), 3);
}

/* The clock is no proof: the platform is asked, and while it is away the token stays. */
static void test_proof(void **state)
{
	struct office *o = *state;
	const char *title = "", *why = "";

	(void)live_control("token?platform=weibo&token=" WEIBO_TOKEN "&ends=1728000");
	account(o, "微博", "weibo", WEIBO_TOKEN, "");
	run(o);
	(void)live_control("fault?platform=weibo&kind=down&reads=1&writes=1&times=-1");
	later(o, 40 * HY_DAY);
	for (int i = 0; i < 3; i++) {
		run(o);
		later(o, HY_HOUR);
	}
	assert_int_equal(the(o, "微博")->state, HY_ACCOUNT_ACTIVE);
	assert_string_equal(bearer(o, "微博"), WEIBO_TOKEN);
	assert_int_equal(alerts(o, &title, &why), 1); /* it cannot be tested */
	(void)live_control("fault?platform=weibo&kind=none");
	later(o, HY_HOUR);
	run(o);
	assert_int_equal(the(o, "微博")->state, HY_ACCOUNT_NEEDS_REAUTH);
}

static void test_person(void **state)
{
	static const char *const bad[] = {"", "short", "has a blank in it", "一二三四五六七八九十"};
	struct office *o = *state;

	account(o, "微博", "weibo", WEIBO_TOKEN, "");
	account(o, "象", "mastodon", MASTO_TOKEN, "");
	run(o);
	for (size_t i = 0; i < HY_LEN(bad); i++)
		(void)act_as(o->desk, o, "account.rotate",
			     hy_strf(o, "{\"id\":\"微博\",\"secret\":\"%s\"}", bad[i]), HY_EINPUT);
	assert_string_equal(bearer(o, "微博"), WEIBO_TOKEN);
	/* frozen: not asked about, but on a person's word */
	act(o, "account.freeze", "{\"id\":\"微博\"}");
	later(o, 7 * HY_HOUR);
	run(o);
	assert_int_equal(grant(o, "微博")->tested, LIVE_START);
	assert_int_equal(grant(o, "象")->tested, o->now);
	act(o, "account.test", "{\"id\":\"微博\"}");
	run(o);
	assert_int_equal(grant(o, "微博")->tested, o->now);
	assert_int_equal(the(o, "微博")->state, HY_ACCOUNT_FROZEN);
	/* ended: at once here, and at the platform */
	const char *id = hy_strf(o, "%" PRId64, the(o, "微博")->id.v);
	act(o, "account.revoke", "{\"id\":\"微博\"}");
	assert_int_equal(bearer(o, id)[0], '!');
	run(o);
	assert_false(the(o, id)->has_secret);
	const struct hy_json *list = hy_json_get(live_state("weibo"), "tokens");
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(hy_json_str(list->at[i], "token"), WEIBO_TOKEN))
			assert_true(hy_json_bool(list->at[i], "ended", false));
	(void)act_as(o->desk, o, "account.unfreeze", hy_strf(o, "{\"id\":\"%s\"}", id), HY_EREFUSED);
	(void)act_as(o->desk, o, "account.rotate",
		     hy_strf(o, "{\"id\":\"%s\",\"secret\":\"practice-weibo-other\"}", id),
		     HY_EREFUSED);
	/* what is still called by it had ended before names were given away */
	account(o, "微博", "weibo", "practice-weibo-third", "");
	assert_int_equal(hy_account_set_state(o->desk->st, the(o, "微博")->id, HY_ACCOUNT_REVOKED, NULL,
					      NULL),
			 HY_OK);
	account(o, "微博", "weibo", "practice-weibo-third", "");
	assert_int_equal(the(o, "微博")->state, HY_ACCOUNT_ACTIVE);
	/* Mastodon's token is ended by the application that it was given to */
	act(o, "account.rotate",
	    "{\"id\":\"象\",\"app\":\"practice-app\",\"client_secret\":\"practice-secret\"}");
	id = hy_strf(o, "%" PRId64, the(o, "象")->id.v);
	act(o, "account.revoke", "{\"id\":\"象\"}");
	run(o);
	assert_false(the(o, id)->has_secret);
	list = hy_json_get(live_state("mastodon"), "tokens");
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(hy_json_str(list->at[i], "token"), MASTO_TOKEN))
			assert_true(hy_json_bool(list->at[i], "ended", false));
}

/* ---- new secrets are tried before they are used ---- */

static size_t open_alerts(struct office *o)
{
	struct hy_alert *list = NULL;
	size_t n = 0, found = 0;

	assert_int_equal(hy_alert_list(o->desk->st, o, false, 0, 100, &list, &n, NULL), HY_OK);
	for (size_t i = 0; i < n; i++)
		found += !strcmp(list[i].kind, "account");
	return found;
}

static void weibo_token(const char *text, bool revoked)
{
	(void)live_control(hy_strf(live.ctx, "token?platform=weibo&account=linjiang&token=%s", text));
	if (revoked)
		(void)live_control(hy_strf(live.ctx, "token?platform=weibo&token=%s&revoked=1", text));
}

static const char *in_use(struct office *o, const char *name)
{
	struct hy_secret *s = NULL;

	assert_int_equal(hy_account_secret(o->desk->st, o, the(o, name)->id, &s, NULL), HY_OK);
	return s ? hy_secret_text(s, NULL) : "";
}

static void test_tried_first(void **state)
{
	struct office *o = *state;
	const char *title = "", *why = "";

	account(o, "微博", "weibo", WEIBO_TOKEN, "");
	run(o);
	/* one that the platform refuses replaces nothing, and is kept nowhere */
	weibo_token("practice-weibo-dead", true);
	act(o, "account.rotate", "{\"id\":\"微博\",\"secret\":\"practice-weibo-dead\"}");
	assert_string_equal(in_use(o, "微博"), WEIBO_TOKEN);
	assert_string_equal(said(o, "微博", "new_secret"), "waiting");
	run(o);
	assert_string_equal(in_use(o, "微博"), WEIBO_TOKEN);
	assert_string_equal(said(o, "微博", "new_secret"), "refused");
	assert_non_null(said(o, "微博", "new_secret_error"));
	assert_non_null(strstr(said(o, "微博", "token"), "this one stays"));
	assert_int_equal(the(o, "微博")->state, HY_ACCOUNT_ACTIVE);
	assert_null(grant(o, "微博")->error);
	assert_int_equal(alerts(o, &title, &why), 0); /* whoever gave it is told where they wait */
	run(o);
	assert_string_equal(said(o, "微博", "new_secret"), "refused");
	/* while the platform is away it waits, and is tried by itself; then a person is called */
	weibo_token("practice-weibo-next", false);
	(void)live_control("fault?platform=weibo&kind=down&reads=1&writes=1&times=-1");
	act(o, "account.rotate", "{\"id\":\"微博\",\"secret\":\"practice-weibo-next\"}");
	for (int i = 0; i < 4; i++) {
		run(o);
		assert_string_equal(in_use(o, "微博"), WEIBO_TOKEN);
		assert_string_equal(said(o, "微博", "new_secret"), "waiting");
		assert_non_null(said(o, "微博", "new_secret_error"));
		later(o, 2 * HY_MINUTE);
	}
	assert_int_equal(alerts(o, &title, &why), 1);
	assert_non_null(strstr(title, "new secret"));
	(void)live_control("fault?platform=weibo&kind=none");
	later(o, 10 * HY_MINUTE);
	run(o);
	assert_string_equal(in_use(o, "微博"), "practice-weibo-next");
	assert_null(said(o, "微博", "new_secret"));
	assert_int_equal(open_alerts(o), 0);
	/* said to be wanted untried: at once, and then told to be dead */
	act(o, "account.rotate",
	    "{\"id\":\"微博\",\"secret\":\"practice-weibo-dead\",\"untried\":true}");
	assert_string_equal(in_use(o, "微博"), "practice-weibo-dead");
	run(o);
	assert_int_equal(the(o, "微博")->state, HY_ACCOUNT_NEEDS_REAUTH);
	/* an account that waited for one goes on with a good one */
	act(o, "account.rotate", "{\"id\":\"微博\",\"secret\":\"practice-weibo-next\"}");
	assert_int_equal(the(o, "微博")->state, HY_ACCOUNT_NEEDS_REAUTH);
	run(o);
	assert_int_equal(the(o, "微博")->state, HY_ACCOUNT_ACTIVE);
	assert_string_equal(bearer(o, "微博"), "practice-weibo-next");
	/* the later one of two counts; an ended account keeps none */
	act(o, "account.rotate", "{\"id\":\"微博\",\"secret\":\"practice-weibo-dead\"}");
	act(o, "account.rotate", "{\"id\":\"微博\",\"secret\":\"" WEIBO_TOKEN "\"}");
	run(o);
	assert_string_equal(in_use(o, "微博"), WEIBO_TOKEN);
	act(o, "account.rotate", "{\"id\":\"微博\",\"secret\":\"practice-weibo-next\"}");
	const char *id = hy_strf(o, "%" PRId64, the(o, "微博")->id.v);
	act(o, "account.revoke", "{\"id\":\"微博\"}");
	run(o);
	assert_string_equal(in_use(o, id), "");
	assert_null(said(o, the(o, id)->name, "new_secret"));
}

static void test_untriable(void **state)
{
	struct office *o = *state;

	account(o, "工单", "webhook", "whsec_MDEyMzQ1Njc4OWFiY2RlZg==", "");
	(void)act_as(o->desk, o, "account.rotate",
		     "{\"id\":\"工单\",\"secret\":\"whsec_QUJDREVGR0hJSktMTU5PUA==\"}", HY_EREFUSED);
	assert_string_equal(in_use(o, "工单"), "whsec_MDEyMzQ1Njc4OWFiY2RlZg==");
	act(o, "account.rotate",
	    "{\"id\":\"工单\",\"secret\":\"whsec_QUJDREVGR0hJSktMTU5PUA==\",\"untried\":true}");
	assert_string_equal(in_use(o, "工单"), "whsec_QUJDREVGR0hJSktMTU5PUA==");
}

/* WeChat's secret belongs to an application: both are tried together, or the one with the other. */
static void test_application(void **state)
{
	struct office *o = *state;

	account(o, "微信", "wechat", APP_SECRET, "");
	(void)act_as(o->desk, o, "account.rotate", "{\"id\":\"微信\",\"secret\":\"" APP_SECRET "\"}",
		     HY_EINPUT);
	act(o, "account.rotate", "{\"id\":\"微信\",\"app\":\"wx0123456789abcdef\"}");
	assert_string_equal(said(o, "微信", "new_secret"), "waiting");
	run(o);
	assert_string_equal(grant(o, "微信")->client, "wx0123456789abcdef");
	assert_int_equal(strncmp(bearer(o, "微信"), "stable_", 7), 0);
	act(o, "account.rotate", "{\"id\":\"微信\",\"app\":\"wxffffffffffffffff\"}");
	run(o);
	assert_string_equal(said(o, "微信", "new_secret"), "refused");
	assert_string_equal(grant(o, "微信")->client, "wx0123456789abcdef");
	assert_string_equal(in_use(o, "微信"), APP_SECRET);
	assert_int_equal(strncmp(bearer(o, "微信"), "stable_", 7), 0);
}

/* Mailboxes and lines to message centres are asked by logging in, over their own protocols. */
static void test_log_in(void **state)
{
	static const struct {
		const char *name, *platform, *wire, *login;
	} kinds[] = {{"信箱", "mail", "imap", "desk@linjiang.example"}, {"短信", "smpp", "smpp", "practice"}};
	struct office *o = *state;

	for (size_t i = 0; i < HY_LEN(kinds); i++) {
		const char *name = kinds[i].name,
			   *id = hy_strf(o, "{\"id\":\"%s\"}", name);

		act(o, "account.add",
		    hy_strf(o,
			    "{\"name\":\"%s\",\"platform\":\"%s\",\"secret\":\"practice\",\"login\":\"%s\","
			    "\"url\":\"%s://wire.example\",\"reach\":\"127.0.0.1:%d\"}",
			    name, kinds[i].platform, kinds[i].login, kinds[i].wire,
			    hy_practice_wire_port(live.site, kinds[i].wire)));
		run(o); /* not by itself */
		assert_null(said(o, name, "tested"));
		act(o, "account.test", id);
		run(o);
		assert_true(grant(o, name)->good == o->now);
		assert_null(grant(o, name)->error);
		/* a wrong password replaces nothing */
		act(o, "account.rotate",
		    hy_strf(o, "{\"id\":\"%s\",\"secret\":\"praktice\"}", name));
		run(o);
		assert_string_equal(said(o, name, "new_secret"), "refused");
		assert_string_equal(in_use(o, name), "practice");
		assert_int_equal(the(o, name)->state, HY_ACCOUNT_ACTIVE);
		act(o, "account.rotate",
		    hy_strf(o, "{\"id\":\"%s\",\"secret\":\"practice\"}", name));
		run(o);
		assert_null(said(o, name, "new_secret"));
		/* one in use that is wrong stops the account, and it alone */
		act(o, "account.rotate",
		    hy_strf(o, "{\"id\":\"%s\",\"secret\":\"praktice\",\"untried\":true}", name));
		run(o);
		assert_int_equal(the(o, name)->state, HY_ACCOUNT_NEEDS_REAUTH);
		assert_non_null(grant(o, name)->error);
		act(o, "account.rotate",
		    hy_strf(o, "{\"id\":\"%s\",\"secret\":\"practice\"}", name));
		run(o);
		assert_int_equal(the(o, name)->state, HY_ACCOUNT_ACTIVE);
	}
	/* nobody there: that says nothing of the password */
	talloc_free(live.site);
	live.site = NULL;
	for (size_t i = 0; i < HY_LEN(kinds); i++) {
		act(o, "account.test", hy_strf(o, "{\"id\":\"%s\"}", kinds[i].name));
		run(o);
		assert_non_null(grant(o, kinds[i].name)->error);
		assert_int_equal(the(o, kinds[i].name)->state, HY_ACCOUNT_ACTIVE);
	}
}

/* The name leads astray: that our guard does not go there is no word about the password. */
static void test_astray(void **state)
{
	struct office *o = *state;

	act(o, "account.add",
	    "{\"name\":\"短信\",\"platform\":\"smpp\",\"secret\":\"practice\",\"login\":\"practice\","
	    "\"url\":\"smpps://127.0.0.1\"}");
	act(o, "account.test", "{\"id\":\"短信\"}");
	run(o);
	assert_non_null(grant(o, "短信")->error);
	assert_int_equal(the(o, "短信")->state, HY_ACCOUNT_ACTIVE);
}

/* ---- Weibo's authorisation in the browser ---- */

/* What a browser would do with the address: the person agrees; where it is sent to then. */
static const char *agree(struct office *o)
{
	char *text = act_as(o->desk, o, "account.authorise",
			    "{\"id\":\"微博\",\"redirect\":\"https://a.example/cb\"}", HY_OK);
	struct hy_json *node = NULL;
	const char *path;

	assert_int_equal(hy_json_parse(o, text, strlen(text), 0, &node, NULL), HY_OK);
	path = strstr(hy_json_str(node, "url"), "/oauth2/authorize");
	assert_non_null(path);
	assert_non_null(strstr(path, "redirect_uri=https%3A%2F%2Fa.example%2Fcb"));
	struct hy_net_response *r = live_ask(&(struct live_ask){.path = path});
	assert_int_equal(r->http, 302);
	const char *to = hy_net_response_header(r, "location");
	assert_non_null(strstr(to, hy_strf(o, "state=%s", hy_json_str(node, "state"))));
	return to;
}

static void give_code(struct office *o, const char *code, enum hy_status wanted)
{
	(void)act_as(o->desk, o, "account.authorise",
		     hy_strf(o, "{\"id\":\"微博\",\"code\":\"%s\"}", code), wanted);
}

static void test_authorise(void **state)
{
	struct office *o = *state;
	const char *first, *to;

	account(o, "象", "mastodon", MASTO_TOKEN, "");
	account(o, "微博", "weibo", WEIBO_TOKEN, "");
	(void)act_as(o->desk, o, "account.authorise", "{\"id\":\"象\",\"redirect\":\"https://a\"}",
		     HY_EINPUT);
	(void)act_as(o->desk, o, "account.authorise",
		     "{\"id\":\"微博\",\"redirect\":\"https://a.example/cb\"}", HY_EREFUSED);
	act(o, "account.rotate",
	    "{\"id\":\"微博\",\"app\":\"practice-app\",\"client_secret\":\"practice-secret\"}");
	give_code(o, "c0123456789", HY_EINPUT); /* nothing was begun */
	(void)live_control("token?platform=weibo&token=" WEIBO_TOKEN "&revoked=1");
	act(o, "account.test", "{\"id\":\"微博\"}");
	run(o);
	assert_int_equal(the(o, "微博")->state, HY_ACCOUNT_NEEDS_REAUTH);
	assert_non_null(strstr(desk_account_cure(o, the(o, "微博")),
			       "huying account authorise 微博 --redirect"));
	/* the whole address, of this authorisation only */
	to = agree(o);
	give_code(o, hy_strf(o, "https://a.example/cb?code=c0123456789&state=%032d", 0), HY_EREFUSED);
	give_code(o, "", HY_EINPUT);
	give_code(o, to, HY_OK);
	assert_string_equal(in_use(o, "微博"), WEIBO_TOKEN);
	run(o);
	first = in_use(o, "微博");
	assert_int_equal(strncmp(first, "2.00", 4), 0);
	assert_string_equal(bearer(o, "微博"), first);
	assert_int_equal(the(o, "微博")->state, HY_ACCOUNT_ACTIVE);
	assert_int_equal(days_left(o, "微博"), 30);
	assert_null(said(o, "微博", "new_secret"));
	/* a code is good once, and by one authorisation */
	give_code(o, to, HY_EINPUT);
	(void)agree(o);
	give_code(o, hy_strf(o, "%.*s", (int)strcspn(strstr(to, "code=") + 5, "&"),
			     strstr(to, "code=") + 5),
		  HY_OK);
	run(o);
	assert_string_equal(said(o, "微博", "new_secret"), "refused");
	assert_string_equal(in_use(o, "微博"), first);
	assert_int_equal(the(o, "微博")->state, HY_ACCOUNT_ACTIVE);
	/* no answer: it may be used up, and is not sent again */
	to = agree(o);
	give_code(o, to, HY_OK);
	(void)live_control("fault?platform=weibo&kind=drop&reads=1&writes=1&times=1");
	run(o);
	assert_string_equal(said(o, "微博", "new_secret"), "refused");
	assert_non_null(strstr(said(o, "微博", "new_secret_error"), "may be used up"));
	assert_string_equal(in_use(o, "微博"), first);
	/* a limit that ends long after the code does */
	give_code(o, agree(o), HY_OK);
	(void)live_control("fault?platform=weibo&kind=429&reads=1&writes=1&times=1");
	run(o);
	assert_string_equal(said(o, "微博", "new_secret"), "refused");
	assert_non_null(strstr(said(o, "微博", "new_secret_error"), "does not last so long"));
	/* nobody there: nothing has left, so it is tried again, while it lasts */
	give_code(o, agree(o), HY_OK);
	talloc_free(live.site);
	live.site = NULL;
	run(o);
	assert_string_equal(said(o, "微博", "new_secret"), "waiting");
	later(o, HY_MINUTE);
	run(o);
	assert_string_equal(said(o, "微博", "new_secret"), "waiting");
	later(o, 10 * HY_MINUTE);
	run(o);
	assert_string_equal(said(o, "微博", "new_secret"), "refused");
	assert_string_equal(in_use(o, "微博"), first);
	assert_int_equal(the(o, "微博")->state, HY_ACCOUNT_ACTIVE);
}

/* The process ended while the code was under way: nobody knows, and it is not sent twice. */
static void test_cut_off(void **state)
{
	struct office *o = *state;
	struct desk_fresh *f = NULL;
	const char *to;

	account(o, "微博", "weibo", WEIBO_TOKEN, ",\"login\":\"practice-app\"");
	act(o, "account.rotate", "{\"id\":\"微博\",\"client_secret\":\"practice-secret\"}");
	to = agree(o);
	give_code(o, to, HY_OK);
	assert_int_equal(desk_fresh_get(o->desk, o, the(o, "微博")->id, &f, NULL), HY_OK);
	f->sent = true;
	assert_int_equal(desk_fresh_put(o->desk, the(o, "微博")->id, f, NULL), HY_OK);
	run(o);
	assert_string_equal(said(o, "微博", "new_secret"), "refused");
	assert_non_null(strstr(said(o, "微博", "new_secret_error"), "cut off"));
	assert_string_equal(in_use(o, "微博"), WEIBO_TOKEN);
}

/* ---- the disk ---- */

static void test_nothing_in_clear(void **state)
{
	struct office *o = *state;
	const char *planted[5] = {APP_SECRET, WEIBO_TOKEN, "practice-client-secret", NULL, NULL};

	account(o, "微信", "wechat", APP_SECRET, ",\"login\":\"wx0123456789abcdef\"");
	account(o, "微博", "weibo", WEIBO_TOKEN, "");
	act(o, "account.rotate",
	    "{\"id\":\"微博\",\"app\":\"practice-app\",\"client_secret\":\"practice-client-secret\"}");
	run(o);
	planted[3] = bearer(o, "微信");
	for (size_t i = 0; planted[i]; i++) {
		char *cmd = hy_strf(o, "grep -raqF -e '%s' %s", planted[i], o->dir);

		if (system(cmd) == 0)
			fail_msg("%s stands on the disk", planted[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_renewed_once, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_absurd, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_refused_token, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_away, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_days_left, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_proof, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_person, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_tried_first, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_untriable, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_application, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_log_in, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_astray, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_authorise, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_cut_off, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_nothing_in_clear, make_office, drop_office),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
