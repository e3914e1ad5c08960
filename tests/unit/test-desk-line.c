/* The line to a message centre, against the practice one: what citizens send is on the disk before it
 * is acknowledged, long ones are joined, the same again is known, a new password is another line. And
 * a gateway that can be asked for what its callbacks lost. */
#include "desk/receive.h"

#include "tests/unit/origin.h"
#include "tests/unit/practice-live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PHONE "8613987654321"

struct office {
	char dir[64];
	struct hy_desk *desk;
	hy_time now;
	void *role;
	int64_t want; /* what a wait is for */
};

static enum hy_status act_as(struct office *o, const char *action, const char *params, char **result,
			     struct hy_err *err)
{
	struct hy_person *p = NULL;
	struct hy_json *node = NULL;

	assert_int_equal(hy_person_find(o->desk->st, o, strncmp(action, "account", 7) == 0 ? "admin" : "bianji", &p, NULL), HY_OK);
	assert_int_equal(hy_json_parse(o, params, strlen(params), 0, &node, NULL), HY_OK);
	return hy_desk_act(o->desk, o, p->id, action, node, result, err);
}

static struct hy_json *act(struct office *o, const char *action, const char *params)
{
	struct hy_json *node = NULL;
	struct hy_err err = {0};
	char *result = NULL;

	if (act_as(o, action, params, &result, &err))
		fail_msg("%s %s: %s", action, params, err.text);
	assert_int_equal(hy_json_parse(o, result, strlen(result), 0, &node, NULL), HY_OK);
	return node;
}

static char *account_params(struct office *o, const char *name, const char *login,
			    const char *password)
{
	return hy_strf(o,
		       "{\"name\":\"%s\",\"platform\":\"smpp\",\"login\":\"%s\",\"secret\":\"%s\","
		       "\"url\":\"smpp://smsc.example\",\"reach\":\"127.0.0.1:%d\"}",
		       name, login, password, hy_practice_wire_port(live.site, "smpp"));
}

static int make_office(void **state)
{
	struct office *o;
	struct hy_setup s = {.office = "临江县", .demo = true};
	struct hy_err err = {0};
	char *phrase, *link;

	live_begin(NULL);
	o = hy_new(NULL, struct office);
	snprintf(o->dir, sizeof(o->dir), "/tmp/hy-line.XXXXXX");
	assert_non_null(mkdtemp(o->dir));
	s.dir = o->dir;
	hy_xml_init();
	assert_int_equal(hy_crypt_init(&err), HY_OK);
	if (hy_desk_setup(o, &s, &phrase, &link, &err) ||
	    hy_desk_open(&o->desk, o, o->dir, 0, &err))
		fail_msg("%s", err.text);
	o->desk->local = true;
	o->desk->clock = live.clk;
	o->now = LIVE_START;
	*state = o;
	return 0;
}

static void stop(struct office *o)
{
	if (o->role)
		role_receive.stop(o->role);
	o->role = NULL;
}

static int drop_office(void **state)
{
	struct office *o = *state;
	char *cmd = hy_strf(NULL, "rm -rf %s", o->dir);

	stop(o);
	talloc_free(o);
	assert_int_equal(system(cmd), 0);
	talloc_free(cmd);
	return live_teardown(state);
}

/* A life of the role begins: its first turn looks at the accounts. */
static void turn(struct office *o)
{
	hy_time next = HY_TIME_NEVER;
	struct hy_err err = {0};

	if (role_receive.turn(o->role, hy_desk_now(o->desk), &next, &err))
		fail_msg("%s", err.text);
}

static void start(struct office *o)
{
	struct hy_err err = {0};

	if (role_receive.start(o->desk, live.loop, 1, &o->role, &err))
		fail_msg("%s", err.text);
	turn(o);
}

static void later(struct office *o, hy_dur d)
{
	o->now += d;
	hy_clock_set(live.clk, o->now);
}

/* ---- what is there ---- */

static struct hy_account *the(struct office *o, const char *name)
{
	struct hy_account *a = NULL;

	assert_int_equal(hy_account_find(o->desk->st, o, name, &a, NULL), HY_OK);
	return a;
}

static const char *line_state(struct office *o)
{
	const struct hy_json *items = hy_json_get(act(o, "account.list", "{}"), "items");

	for (size_t i = 0; i < items->n; i++)
		if (strcmp(hy_json_str(items->at[i], "platform"), "smpp") == 0)
			return hy_json_str(items->at[i], "line");
	return NULL;
}

/* How the account is told of, as text: each member once. */
static char *account_text(struct office *o)
{
	struct hy_err err = {0};
	char *result = NULL;

	if (act_as(o, "account.list", "{}", &result, &err))
		fail_msg("%s", err.text);
	return strstr(result, "\"smpp\"");
}

static bool is_bound(void *user)
{
	const char *state = line_state(user);

	return state && strcmp(state, "bound") == 0;
}

static bool is_stopped(void *user)
{
	return the(user, "短信")->state == HY_ACCOUNT_NEEDS_REAUTH;
}

static int64_t balance(struct office *o, const char *what)
{
	const struct hy_json *items =
		hy_json_get(act(o, "source.balance", "{}"), "items");

	for (size_t i = 0; items && i < items->n; i++)
		if (strcmp(hy_json_str(items->at[i], "source"), "callback:短信") == 0)
			return hy_json_int(items->at[i], what, 0);
	return 0;
}

static bool received(void *user)
{
	struct office *o = user;

	return balance(o, "received") >= o->want;
}

static void wait_received(struct office *o, int64_t n)
{
	o->want = n;
	live_until(received, o);
	assert_int_equal(balance(o, "received"), n);
	assert_int_equal(balance(o, "received"),
			 balance(o, "new") + balance(o, "repeat") + balance(o, "refused"));
}

static void says(const char *text)
{
	const struct hy_net_response *r = live_ask(&(struct live_ask){
		.path = "/practice/say",
		.body = hy_strf(live.ctx, "platform=sms&kind=message&to=practice&name=" PHONE "&text=%s",
				live_enc(text)),
		.type = "application/x-www-form-urlencoded",
		.control = true});

	assert_int_equal(r->http, 200);
}

static size_t cases(struct office *o)
{
	return hy_json_get(act(o, "case.list", "{\"closed\":true}"), "items")->n;
}

/* Text and notes of the newest case. */
static const char *newest_text(struct office *o)
{
	const struct hy_json *list = hy_json_get(act(o, "case.list", "{\"closed\":true}"), "items");
	const struct hy_json *c, *events;
	char *all;

	assert_true(list->n > 0);
	c = act(o, "case.show",
		hy_strf(o, "{\"id\":%" PRId64 ",\"why\":\"test\"}", hy_json_int(list->at[0], "id", 0)));
	all = hy_strdup(o, hy_json_str(c, "text"));
	events = hy_json_get(c, "events");
	for (size_t i = 0; i < events->n; i++)
		if (hy_json_str(events->at[i], "text"))
			all = hy_strf(o, "%s\n%s", all, hy_json_str(events->at[i], "text"));
	return all;
}

static size_t times(const char *text, const char *piece)
{
	size_t n = 0;

	while ((text = strstr(text, piece)) != NULL) {
		text += strlen(piece);
		n++;
	}
	return n;
}

static void connected(struct office *o)
{
	(void)act(o, "account.add", account_params(o, "短信", "practice", "practice"));
	start(o);
	live_until(is_bound, o);
}

/* ---- tests ---- */

static void test_message(void **state)
{
	struct office *o = *state;

	connected(o);
	says("河西路水管爆了");
	wait_received(o, 1);
	assert_int_equal(cases(o), 1);
	assert_string_equal(newest_text(o), "河西路水管爆了");
	says("已经两个小时了"); /* the same person goes on: the same case */
	wait_received(o, 2);
	assert_int_equal(cases(o), 1);
	assert_non_null(strstr(newest_text(o), "已经两个小时了"));
	assert_int_equal(balance(o, "new"), 2);
}

static void test_long_message(void **state)
{
	struct office *o = *state;
	char *text = hy_strdup(o, "");

	for (int i = 0; i < 40; i++)
		text = hy_strf(o, "%s第%d句：水压不足😀。", text, i);
	text = hy_strf(o, "%s%s", text, "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀"
					"😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀"); /* parts of 67: some are torn */
	connected(o);
	says(text);
	wait_received(o, 1); /* one message, however many parts */
	assert_int_equal(cases(o), 1);
	assert_string_equal(newest_text(o), text);
}

static void test_said_again(void **state)
{
	struct office *o = *state;

	connected(o);
	(void)live_control("fault?platform=sms&kind=double&on=all&times=1");
	says("没水");
	wait_received(o, 2);
	assert_int_equal(balance(o, "repeat"), 1);
	assert_int_equal(times(newest_text(o), "没水"), 1);
	later(o, 20 * HY_MINUTE); /* the same words, meant anew */
	says("没水");
	wait_received(o, 3);
	assert_int_equal(balance(o, "new"), 2);
	assert_int_equal(times(newest_text(o), "没水"), 2);
}

/* The record cannot be written: the centre is told so and brings it again. */
static void test_not_acknowledged(void **state)
{
	struct office *o = *state;
	struct hy_store *other = NULL;
	struct hy_err err = {0};

	connected(o);
	if (hy_store_open(&other, o, o->dir, 0, NULL, live.clk, &err))
		fail_msg("%s", err.text);
	assert_int_equal(hy_store_begin(other, NULL), HY_OK);
	says("门前路灯不亮");
	for (int i = 0; i < 200; i++)
		assert_int_equal(hy_loop_once(live.loop, 1, NULL), HY_OK);
	assert_int_equal(cases(o), 0);
	hy_store_rollback(other);
	talloc_free(other);
	later(o, 10 * HY_SECOND);
	wait_received(o, 1);
	assert_int_equal(cases(o), 1);
	assert_int_equal(balance(o, "repeat"), 0);
}

/* The process dies after it wrote and before it answered; an hour later it comes again. */
static void test_answer_lost(void **state)
{
	struct office *o = *state;
	struct desk_box box = {.account = {0}, .name = "短信"};
	struct desk_intake in = {0};
	struct desk_taken t;
	void *work = talloc_new(o);
	const struct hy_push p = {.kind = HY_PUSH_MESSAGE,
				  .id = "u:x",
				  .sender = "+" PHONE,
				  .type = "text",
				  .text = "楼道积水",
				  .unnamed = true};
	const struct hy_received one = {.fresh = 1};
	struct hy_err err = {0};
	char *key, *source = NULL;

	connected(o);
	box.account = the(o, "短信")->id;
	box.receiver = hy_receiver_find("smpp");
	key = hy_strf(o, "line.%" PRId64 ".source", box.account.v);
	assert_int_equal(hy_meta_get(o->desk->st, o, key, &source, NULL), HY_OK);
	box.source.v = strtoll(source, NULL, 10);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(desk_intake_begin(o->desk, work, &in, &err), HY_OK);
		assert_int_equal(hy_store_begin(o->desk->st, &err), HY_OK);
		assert_int_equal(desk_count_received(&in, &box, 1, &err), HY_OK);
		assert_int_equal(desk_take_in(&in, work, &box, &p, &t, &err), HY_OK);
		assert_int_equal(hy_source_heard(o->desk->st, box.source, o->now, true, &one, &err), HY_OK);
		assert_int_equal(hy_store_commit(o->desk->st, &err), HY_OK);
		assert_int_equal(t.said, i == 1 ? DESK_SAID_REPEAT : DESK_SAID_NEW);
		box.heard_before = o->now;
		later(o, HY_HOUR);
		box.bound_at = i == 0 ? o->now : 0; /* the second one comes over a fresh line */
	}
}

/* A part is missing: after an hour what is there is taken in, with a mark. */
static void test_part_missing(void **state)
{
	struct office *o = *state;
	char *text = hy_strdup(o, "");

	for (int i = 0; i < 10; i++)
		text = hy_strf(o, "%s第%d句：井盖松动。", text, i);
	connected(o);
	(void)live_control("fault?platform=sms&kind=lost&on=all&times=1"); /* the first part */
	says(text);
	for (int i = 0; i < 200; i++)
		assert_int_equal(hy_loop_once(live.loop, 1, NULL), HY_OK);
	assert_int_equal(balance(o, "received"), 0); /* it waits for the rest */
	later(o, HY_HOUR + 6 * HY_MINUTE);
	turn(o);
	wait_received(o, 1);
	assert_int_equal(cases(o), 1);
	assert_non_null(strstr(newest_text(o), "[…]"));
	assert_non_null(strstr(newest_text(o), "第9句：井盖松动。"));
}

/* A part was acknowledged, then the account was ended for good: what is there is taken in all the
 * same. One row that is damaged keeps nothing else back. */
static void test_part_outlives_account(void **state)
{
	struct office *o = *state;
	char *text = hy_strdup(o, "");

	for (int i = 0; i < 10; i++)
		text = hy_strf(o, "%s第%d句：井盖松动。", text, i);
	connected(o);
	(void)live_control("fault?platform=sms&kind=lost&on=all&times=1"); /* the first part */
	says(text);
	for (int i = 0; i < 200; i++)
		assert_int_equal(hy_loop_once(live.loop, 1, NULL), HY_OK);
	(void)act(o, "account.revoke", "{\"id\":\"短信\"}");
	stop(o);
	assert_int_equal(system(hy_strf(o,
					"sqlite3 %s/huying.db \"INSERT INTO callback (id, source, at, body, "
					"raw, unread) SELECT 900, source, at - 1, body, x'0102', 1 FROM "
					"callback WHERE unread = 1 LIMIT 1\"",
					o->dir)),
			 0);
	later(o, HY_HOUR + 6 * HY_MINUTE);
	start(o);
	assert_int_equal(cases(o), 1);
	assert_non_null(strstr(newest_text(o), "第9句：井盖松动。"));
}

/* The same number and reference to another number of ours: two messages. */
static void test_parts_of_two_numbers(void **state)
{
	struct office *o = *state;
	struct desk_box box = {0};
	struct desk_intake in = {0};
	struct hy_received got = {0};
	struct hy_push p = {.kind = HY_PUSH_MESSAGE,
			    .sender = "+" PHONE,
			    .type = "text",
			    .unnamed = true,
			    .part_ref = 7,
			    .part_total = 2};
	void *work = talloc_new(o);
	struct hy_err err = {0};

	connected(o);
	assert_int_equal(desk_box_of(o->desk, work, the(o, "短信"), &box, &err), HY_OK);
	assert_int_equal(desk_intake_begin(o->desk, work, &in, &err), HY_OK);
	assert_int_equal(hy_store_begin(o->desk->st, &err), HY_OK);
	for (unsigned i = 0; i < 2; i++) {
		p.to = i == 0 ? "10690000" : "10691111";
		p.part_at = i + 1;
		p.id = hy_strf(work, "u%u", i);
		p.text = i == 0 ? "甲" : "乙";
		assert_int_equal(desk_take_part(&in, work, &box, &p, "x", 1, &got, &err), HY_OK);
	}
	assert_int_equal(got.fresh, 0); /* both wait for their own rest */
	assert_int_equal(hy_store_commit(o->desk->st, &err), HY_OK);
}

static void test_password(void **state)
{
	struct office *o = *state;
	struct hy_err err = {0};
	char *result = NULL;

	assert_int_equal(act_as(o, "account.add", account_params(o, "短信", "practice", "toolong89"),
				&result, &err),
			 HY_EINPUT);
	(void)act(o, "account.add", account_params(o, "短信", "practice", "wrong"));
	start(o);
	live_until(is_stopped, o); /* and a person is called */
	assert_string_equal(line_state(o), "down");
	stop(o);
	(void)act(o, "account.rotate", "{\"id\":\"短信\",\"secret\":\"practice\",\"untried\":true}");
	start(o);
	live_until(is_bound, o);
	says("收到请回复");
	wait_received(o, 1);
	/* tried by the role tokens, too: what is told of the line stays in sight */
	assert_int_equal(hy_grant_due(o->desk->st, the(o, "短信")->id, HY_GRANT_ASKED, false, NULL),
			 HY_OK);
	assert_int_equal(times(account_text(o), "\"token\":"), 1);
	assert_int_equal(times(account_text(o), "\"line\":\"bound\""), 1);
	assert_int_equal(times(account_text(o), "2026-11-22 17:40"), 1);
}

static bool is_down(void *user)
{
	const char *state = line_state(user);

	return state && strcmp(state, "down") == 0;
}

/* The bind is under way when a person ends the account: that it is refused changes nothing. */
static void test_refused_when_ended(void **state)
{
	struct office *o = *state;
	struct hy_account *a = NULL;
	struct hy_account_id id;

	(void)act(o, "account.add", account_params(o, "短信", "practice", "wrong"));
	id = the(o, "短信")->id;
	start(o);
	(void)act(o, "account.revoke", "{\"id\":\"短信\"}");
	live_until(is_down, o);
	assert_int_equal(hy_account_get(o->desk->st, o, id, &a, NULL), HY_OK);
	assert_int_equal(a->state, HY_ACCOUNT_REVOKED);
	assert_int_equal(hy_json_get(act(o, "alert.list", "{}"), "items")->n, 0);
}

static bool turned_stopped(void *user)
{
	turn(user);
	return is_stopped(user);
}

/* A freeze stays one; when it is over what the centre said meanwhile counts. */
static void test_refused_when_frozen(void **state)
{
	struct office *o = *state;

	(void)act(o, "account.add", account_params(o, "短信", "practice", "wrong"));
	(void)act(o, "account.freeze", "{\"id\":\"短信\"}");
	start(o);
	live_until(is_down, o);
	assert_int_equal(the(o, "短信")->state, HY_ACCOUNT_FROZEN);
	(void)act(o, "account.unfreeze", "{\"id\":\"短信\"}");
	live_until(turned_stopped, o);
}

/* Frozen by a person after the line was opened: the refusal does not undo it. */
static void test_frozen_meanwhile(void **state)
{
	struct office *o = *state;

	(void)act(o, "account.add", account_params(o, "短信", "practice", "wrong"));
	start(o);
	(void)act(o, "account.freeze", "{\"id\":\"短信\"}");
	live_until(is_down, o);
	assert_int_equal(the(o, "短信")->state, HY_ACCOUNT_FROZEN);
}

/* ---- Tencent's gateway ---- */

static void serve_tencent(struct origin *o, int fd, int nth, const char *request)
{
	static const char replies[] =
		"{\"Response\":{\"PullSmsReplyStatusSet\":[{\"CountryCode\":\"86\",\"ReplyContent\":"
		"\"没水\",\"SubscriberNumber\":\"15291990000\",\"ExtendCode\":\"11\",\"ReplyTime\":"
		"1795340000,\"PhoneNumber\":\"+8615291990000\",\"SignName\":\"临江\"}]}}",
			  reports[] = "{\"Response\":{\"PullSmsSendStatusSet\":[{\"UserReceiveTime\":"
				      "1795340000,\"CountryCode\":\"86\",\"SubscriberNumber\":"
				      "\"15291990000\",\"SerialNo\":\"5000:1\",\"ReportStatus\":"
				      "\"FAIL\",\"Description\":\"空号\"}]}}";

	(void)o, (void)nth;
	origin_answer(fd, "200 OK", strstr(request, "PullSmsReplyStatus") ? replies : reports);
}

static void configure(struct office *o, const char *lines)
{
	char *path = hy_strf(o, "%s/huying.conf", o->dir), *text = NULL;
	struct hy_err err = {0};
	size_t n;

	assert_int_equal(hy_file_read(o, path, 1 << 20, &text, &n, NULL), HY_OK);
	text = hy_strf(o, "%s\n%s\n", text, lines);
	assert_int_equal(hy_file_write(path, text, strlen(text), 0600, NULL), HY_OK);
	talloc_free(o->desk);
	if (hy_desk_open(&o->desk, o, o->dir, 0, &err))
		fail_msg("%s", err.text);
	o->desk->local = true;
	o->desk->clock = live.clk;
}

/* What waits there is found once, however often it is given; and nothing is asked unless told to. */
static void test_gateway_asked(void **state)
{
	struct office *o = *state;
	struct origin gateway;
	struct hy_err err = {0};
	char *result = NULL;

	origin_start(&gateway, serve_tencent, NULL);
	(void)act(o, "account.add",
		  hy_strf(o,
			  "{\"name\":\"短信\",\"platform\":\"tencent\",\"login\":\"AKIDtest\","
			  "\"secret\":\"secrettest\",\"url\":\"http://sms.example\",\"reach\":\"%s\"}",
			  gateway.reach));
	(void)act(o, "account.callback", "{\"id\":\"短信\"}");
	assert_int_equal(act_as(o, "account.sweep", "{\"id\":\"短信\"}", &result, &err), HY_EINPUT);
	start(o);
	stop(o);
	assert_int_equal(origin_count(&gateway), 0);
	configure(o, "sms \"短信\" { app = \"1400006666\"\n sweep = true }");
	start(o);
	wait_received(o, 2);
	assert_int_equal(balance(o, "sweep"), 2);
	assert_int_equal(cases(o), 1);
	assert_string_equal(newest_text(o), "没水");
	assert_int_equal(hy_json_get(act(o, "alert.list", "{}"), "items")->n, 1); /* 空号 */
	(void)act(o, "account.sweep", "{\"id\":\"短信\"}");
	turn(o);
	wait_received(o, 4);
	assert_int_equal(balance(o, "repeat"), 2);
	assert_int_equal(cases(o), 1);
	stop(o);
	origin_stop(&gateway);
}

/* A list with a reply that nobody can read, or none more. */
static const char bad_replies[] =
	"{\"Response\":{\"PullSmsReplyStatusSet\":[{\"CountryCode\":\"86\",\"ReplyContent\":"
	"\"没水\",\"SubscriberNumber\":\"15291990000\",\"ExtendCode\":\"11\",\"ReplyTime\":"
	"1795340000},{\"CountryCode\":\"86\",\"ReplyContent\":null,\"SubscriberNumber\":"
	"\"15291990001\",\"ExtendCode\":\"11\",\"ReplyTime\":1795340000}]}}";

static void serve_once(struct origin *o, int fd, int nth, const char *request)
{
	(void)o;
	if (nth == 0)
		origin_answer(fd, "200 OK", bad_replies);
	else
		origin_answer(fd, "200 OK",
			      strstr(request, "PullSmsReplyStatus")
				      ? "{\"Response\":{\"PullSmsReplyStatusSet\":[]}}"
				      : "{\"Response\":{\"PullSmsSendStatusSet\":[]}}");
}

static bool was_asked(void *user)
{
	return origin_count(user) > 0;
}

static bool turned_taken(void *user)
{
	struct office *o = user;

	later(o, HY_SECOND);
	turn(o);
	return balance(o, "received") > 0;
}

/* What the gateway gave it gives no more: one that is malformed costs none of the others, and a
 * record that does not take them now gets them later. */
static void test_given_once(void **state)
{
	struct office *o = *state;
	struct origin gateway;
	struct hy_store *other = NULL;
	struct hy_err err = {0};

	origin_start(&gateway, serve_once, NULL);
	(void)act(o, "account.add",
		  hy_strf(o,
			  "{\"name\":\"短信\",\"platform\":\"tencent\",\"login\":\"AKIDtest\","
			  "\"secret\":\"secrettest\",\"url\":\"http://sms.example\",\"reach\":\"%s\"}",
			  gateway.reach));
	(void)act(o, "account.callback", "{\"id\":\"短信\"}");
	configure(o, "sms \"短信\" { app = \"1400006666\"\n sweep = true }");
	assert_int_equal(hy_store_open(&other, o, o->dir, 0, NULL, live.clk, &err), HY_OK);
	start(o);
	assert_int_equal(hy_store_begin(other, &err), HY_OK);
	live_until(was_asked, &gateway);
	for (int i = 0; i < 20; i++)
		assert_int_equal(hy_loop_once(live.loop, 10, NULL), HY_OK);
	assert_int_equal(balance(o, "received"), 0);
	assert_int_equal(origin_count(&gateway), 1); /* nothing more is asked for meanwhile */
	hy_store_rollback(other);
	live_until(turned_taken, o);
	assert_int_equal(balance(o, "received"), 2);
	assert_int_equal(balance(o, "refused"), 1);
	assert_int_equal(cases(o), 1);
	assert_string_equal(newest_text(o), "没水");
	stop(o);
	talloc_free(other);
	origin_stop(&gateway);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_message, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_long_message, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_said_again, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_not_acknowledged, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_answer_lost, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_part_missing, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_part_outlives_account, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_parts_of_two_numbers, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_password, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_refused_when_ended, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_refused_when_frozen, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_frozen_meanwhile, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_gateway_asked, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_given_once, make_office, drop_office),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
