/* A reply in a case: over which account it goes, what is said when none can take it, what became of
 * it, and who settles what. The whole way over the practice platforms. */
#include "desk/answering.h"
#include "desk/receive.h"

#include "tests/unit/desk-office.h"

#define WORDS "水质合格，可以放心用"
#define PHONE "13987654321"

/* ---- accounts and citizens ---- */

static void account(struct office *o, const char *name, const char *platform, const char *more)
{
	(void)act(o, "account.add",
		  hy_strf(o, "{\"name\":\"%s\",\"platform\":\"%s\"%s}", name, platform, more));
}

static void live_account(struct office *o, const char *name, const char *platform,
			 const char *secret, const char *login)
{
	account(o, name, platform,
		hy_strf(o,
			",\"url\":\"http://x.example\",\"reach\":\"127.0.0.1:%d\",\"secret\":\"%s\","
			"\"login\":\"%s\"",
			hy_practice_port(live.site), secret, login));
}

static struct desk_box box_of(struct office *o, const char *name)
{
	struct hy_account *a = NULL;
	struct hy_source_id source = {0};

	assert_int_equal(hy_account_find(o->desk->st, o, name, &a, NULL), HY_OK);
	const struct hy_source s = {.name = hy_strf(o, "callback:%s", name),
				    .kind = "callback",
				    .url = "",
				    .place = "",
				    .options = "{}",
				    .cursor = "{}",
				    .next_at = HY_TIME_NEVER};
	(void)hy_source_add(o->desk->st, &s, &source, NULL); /* the second time it is there */
	if (!source.v) {
		struct hy_source *there = NULL;

		assert_int_equal(hy_source_find(o->desk->st, o, s.name, &there, NULL), HY_OK);
		source = there->id;
	}
	return (struct desk_box){.account = a->id,
				 .source = source,
				 .name = a->name,
				 .receiver = hy_receiver_find(a->platform)};
}

static struct desk_taken take(struct office *o, const char *name, const struct hy_push *p)
{
	struct desk_box box = box_of(o, name);
	struct desk_intake in = {0};
	struct desk_taken taken = {0};
	struct hy_err err = {0};

	assert_int_equal(desk_intake_begin(o->desk, o, &in, &err), HY_OK);
	assert_int_equal(hy_store_begin(o->desk->st, &err), HY_OK);
	if (desk_take_in(&in, o, &box, p, &taken, &err))
		fail_msg("%s", err.text);
	assert_int_equal(hy_store_commit(o->desk->st, &err), HY_OK);
	return taken;
}

/* A message as the platform pushes it; the number of its case. */
static char *writes(struct office *o, const char *account, const char *handle, hy_time at)
{
	static int n;
	struct hy_case *c = NULL;
	struct desk_taken t = take(o, account,
				   &(struct hy_push){.kind = HY_PUSH_MESSAGE,
						     .id = hy_strf(o, "m%d", ++n),
						     .sender = handle,
						     .type = "text",
						     .text = "水黄了",
						     .created = at});

	assert_int_equal(hy_case_get(o->desk->st, o, t.cs, &c, NULL), HY_OK);
	return hy_strdup(o, c->number);
}

/* Somebody writes at the practice platform: its name of them. */
static char *stranger(struct office *o, const char *platform, const char *key)
{
	live_control(hy_strf(o, "say?platform=%s&kind=message&name=%s&text=x", platform,
			     live_enc("街坊")));
	const struct hy_json *all = hy_json_get(live_state(platform), "accounts");

	for (size_t i = 0; i < all->n; i++)
		if (!hy_json_bool(all->at[i], "ours", false) &&
		    !strcmp(hy_json_str(all->at[i], "name"), "街坊"))
			return hy_strdup(o, hy_json_str(all->at[i], key));
	fail_msg("nobody");
	return NULL;
}

static const struct hy_json *say(struct office *o, const char *number, const char *text,
				 const char *more)
{
	return clerk(o, "case.reply",
		     hy_strf(o, "{\"id\":\"%s\",\"text\":\"%s\"%s}", number, text, more));
}

static const struct hy_json *reply(struct office *o, const char *number, const char *more)
{
	return say(o, number, WORDS, more);
}

static const struct hy_json *show(struct office *o, const char *number)
{
	return clerk(o, "case.show", hy_strf(o, "{\"id\":\"%s\"}", number));
}

static const struct hy_json *answer_of(struct office *o, const char *number, size_t k)
{
	const struct hy_json *list = hy_json_get(show(o, number), "answers");

	assert_non_null(list);
	assert_true(list->n > k);
	return list->at[k];
}

static void state_is(struct office *o, const char *number, const char *state)
{
	assert_string_equal(hy_json_str(answer_of(o, number, 0), "state"), state);
}

/* One life of a role: what is due now, to its end. */
static void life(struct office *o, const struct desk_role *role)
{
	struct hy_lease lease;
	void *r = NULL;
	hy_time next = 0;
	struct hy_err err = {0};

	assert_int_equal(desk_lease_take(o->desk, role->name, HY_MINUTE, &lease, &err), HY_OK);
	assert_int_equal(role->start(o->desk, live.loop, lease.fence, &r, &err), HY_OK);
	for (int turns = 0; turns < 2; turns++) {
		if (role->turn(r, hy_desk_now(o->desk), &next, &err))
			fail_msg("%s", err.text);
		for (int i = 0; role->busy(r); i++) {
			assert_true(i < 10000);
			assert_int_equal(hy_loop_once(live.loop, 1000, NULL), HY_OK);
		}
	}
	role->stop(r);
	desk_lease_release(o->desk, role->name);
}

static size_t sent_to(const char *platform, const char *text)
{
	const struct hy_json *all = hy_json_get(live_state(platform), "notes");
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		n += hy_json_bool(all->at[i], "by_api", false) &&
		     !strcmp(hy_json_str(all->at[i], "to"), "街坊") &&
		     !strcmp(hy_json_str(all->at[i], "text"), text);
	return n;
}

/* The open alert of this kind with this word in its title, or NULL. */
static const struct hy_alert *page(struct office *o, const char *kind, const char *word)
{
	struct hy_alert *list = NULL;
	size_t n = 0;

	assert_int_equal(hy_alert_list(o->desk->st, o, false, 0, 100, &list, &n, NULL), HY_OK);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].kind, kind) && strstr(list[i].title, word))
			return &list[i];
	return NULL;
}

static void later(hy_dur d)
{
	hy_clock_set(live.clk, hy_now(live.clk) + d);
}

/* ---- tests ---- */

static void test_the_whole_way(void **state)
{
	struct office *o = *state;
	struct hy_person *p = NULL;

	live_account(o, "微信", "wechat", "practice-wechat-secret", "wx0123456789abcdef");
	live_account(o, "微博", "weibo", "practice-weibo-1", "practice-app");
	life(o, &role_tokens);
	char *wx = writes(o, "微信", stranger(o, "wechat", "login"), hy_now(live.clk));
	char *wb = writes(o, "微博", stranger(o, "weibo", "id"), hy_now(live.clk));

	assert_string_equal(hy_json_str(show(o, wx), "answer_account"), "微信");
	assert_int_equal(hy_json_int(show(o, wx), "answer_until_ts", 0),
			 (LIVE_START + 48 * HY_HOUR) / HY_SECOND);
	assert_null(hy_json_str(show(o, wx), "contact")); /* a platform's name of a person */
	const struct hy_json *r = reply(o, wx, "");
	assert_string_equal(hy_json_str(r, "answer"), "planned");
	assert_string_equal(hy_json_str(r, "account"), "微信");
	assert_true(hy_json_bool(r, "answer_whole", false));
	assert_string_equal(hy_json_str(r, "state"), "answered");
	state_is(o, wx, "planned");
	reply(o, wb, "");
	assert_int_equal(hy_json_int(hy_json_get(clerk(o, "status", "{}"), "counts"),
				     "answers_open", 0),
			 2);
	life(o, &role_publish);
	state_is(o, wx, "sent");
	state_is(o, wb, "sent");
	assert_int_equal(sent_to("wechat", WORDS), 1);
	assert_int_equal(sent_to("weibo", WORDS), 1);
	later(HY_HOUR);
	life(o, &role_publish);
	assert_int_equal(sent_to("wechat", WORDS), 1);
	assert_int_equal(sent_to("weibo", WORDS), 1);
	assert_null(page(o, "answer", ""));
	/* the button was pressed twice */
	reply(o, wx, "");
	act_is(o, "zhang", "case.reply",
	       hy_strf(o, "{\"id\":\"%s\",\"text\":\"" WORDS "\"}", wx), HY_EEXISTS);
	life(o, &role_publish);
	assert_int_equal(sent_to("wechat", WORDS), 2);
	/* as they are told: recorded only */
	r = reply(o, wx, ",\"record_only\":true");
	assert_string_equal(hy_json_str(r, "answer"), "by-hand");
	assert_int_equal(hy_json_get(show(o, wx), "answers")->n, 2);
	life(o, &role_publish);
	assert_int_equal(sent_to("wechat", WORDS), 2);
	/* who looks the case up sees every answer, and nothing of the way */
	assert_int_equal(hy_person_find(o->desk->st, o, "zhang", &p, NULL), HY_OK);
	r = show(o, wx);
	r = clerk(o, "case.lookup",
		  hy_strf(o, "{\"number\":\"%s\",\"code\":\"%s\"}", wx, hy_json_str(r, "code")));
	assert_null(hy_json_get(r, "answers"));
	assert_null(hy_json_get(r, "answer_account"));
}

static void test_in_doubt(void **state)
{
	struct office *o = *state;

	live_account(o, "微信", "wechat", "practice-wechat-secret", "wx0123456789abcdef");
	life(o, &role_tokens);
	char *number = writes(o, "微信", stranger(o, "wechat", "login"), hy_now(live.clk));

	reply(o, number, "");
	live_control("fault?platform=wechat&kind=drop&op=custom/send");
	life(o, &role_publish);
	state_is(o, number, "unknown");
	assert_int_equal(sent_to("wechat", WORDS), 1);
	const struct hy_alert *a = page(o, "answer", number);
	assert_non_null(a);
	assert_non_null(strstr(a->why, hy_strf(o, "huying case settle %s", number)));
	assert_int_equal(a->cs.v, hy_json_int(show(o, number), "id", 0)); /* it leads there */
	assert_non_null(strstr(hy_json_str(answer_of(o, number, 0), "cure"), "settle"));
	later(HY_HOUR);
	life(o, &role_publish);
	assert_int_equal(sent_to("wechat", WORDS), 1);
	assert_int_equal(hy_json_int(hy_json_get(clerk(o, "status", "{}"), "counts"),
				     "answers_unsettled", 0),
			 1);
	/* who may not: not this word, not this person, not this answer */
	act_is(o, "zhang", "case.settle",
	       hy_strf(o, "{\"id\":\"%s\",\"as\":\"retry\"}", number), HY_EREFUSED);
	act_is(o, "zhang", "case.settle",
	       hy_strf(o, "{\"id\":\"%s\",\"as\":\"gone\"}", number), HY_EINPUT);
	act_is(o, "zhang", "case.settle",
	       hy_strf(o, "{\"id\":\"%s\",\"as\":\"sent\",\"answer\":99}", number), HY_ENOTFOUND);
	act_is(o, "admin", "case.settle",
	       hy_strf(o, "{\"id\":\"%s\",\"as\":\"sent\"}", number), HY_EAUTH);
	clerk(o, "case.settle", hy_strf(o, "{\"id\":\"%s\",\"as\":\"sent\"}", number));
	state_is(o, number, "sent");
	assert_null(page(o, "answer", number));
	act_is(o, "zhang", "case.settle",
	       hy_strf(o, "{\"id\":\"%s\",\"as\":\"sent\"}", number), HY_ENOTFOUND);
}

/* Nothing can be sent: it is said at once, with how else. */
static void test_by_hand(void **state)
{
	struct office *o = *state;
	const struct hy_json *r;
	hy_time now = hy_now(live.clk);
	char *number;

	/* typed in */
	r = clerk(o, "case.open",
		  "{\"title\":\"来电\",\"text\":\"水黄了\",\"channel\":\"phone\",\"contact\":\"" PHONE
		  "\"}");
	number = hy_strdup(o, hy_json_str(r, "number"));
	r = reply(o, number, "");
	assert_string_equal(hy_json_str(r, "answer"), "by-hand");
	assert_string_equal(hy_json_str(r, "contact"), PHONE);
	assert_string_equal(hy_json_str(show(o, number), "contact"), PHONE);
	/* over a system that takes no answer: its writer can be reached by hand */
	account(o, "邮箱系统", "webhook", "");
	r = reply(o, number = writes(o, "邮箱系统", "u@example.org", now), "");
	assert_string_equal(hy_json_str(r, "answer"), "by-hand");
	assert_non_null(strstr(hy_json_str(r, "answer_why"), "邮箱系统"));
	assert_string_equal(hy_json_str(show(o, number), "contact"), "u@example.org");
	/* it receives only */
	account(o, "只收", "wechat", "");
	r = reply(o, number = writes(o, "只收", "oABC", now), "");
	assert_non_null(strstr(hy_json_str(r, "answer_why"), "huying account rotate 只收"));
	assert_null(hy_json_str(show(o, number), "contact"));
	/* the window is closed */
	live_account(o, "微博", "weibo", "practice-weibo-1", "practice-app");
	number = writes(o, "微博", "123", now);
	later(48 * HY_HOUR);
	r = reply(o, number, "");
	assert_string_equal(hy_json_str(r, "answer"), "by-hand");
	assert_non_null(strstr(hy_json_str(r, "answer_why"), "48"));
	/* ended for good */
	number = writes(o, "微博", "124", hy_now(live.clk));
	act(o, "account.revoke", "{\"id\":\"微博\"}");
	r = reply(o, number, "");
	assert_string_equal(hy_json_str(r, "answer"), "by-hand");
	/* a gateway without its templates */
	live_account(o, "短信", "aliyun", "testsecret", "testid");
	r = reply(o, number = writes(o, "短信", PHONE, hy_now(live.clk)), "");
	assert_non_null(strstr(hy_json_str(r, "answer_why"), "huying.conf"));
	assert_string_equal(hy_json_str(show(o, number), "contact"), PHONE);
	conf(o, "sms \"短信\" {\n sign = \"临江\"\n template = \"SMS_1\"\n values = {\"n={number}\", "
		"\"c={code}\"}\n}");
	r = reply(o, number, "");
	assert_string_equal(hy_json_str(r, "answer"), "planned");
	assert_false(hy_json_bool(r, "answer_whole", true));
	assert_null(hy_json_str(show(o, number), "contact"));
}

/* What a person is told to do follows what the platform's code means, not one sentence for all. */
static void test_cures(void **state)
{
	static const struct {
		int code;
		const char *cure, *not_in_it;
	} of[] = {
		{45002, "reply again in other words", " retry "},
		{40007, " retry ", "other words"},
		{45015, "answer by another way", " retry "},
	};
	struct office *o = *state;

	live_account(o, "微信", "wechat", "practice-wechat-secret", "wx0123456789abcdef");
	life(o, &role_tokens);
	char *who = stranger(o, "wechat", "login");
	char *number = writes(o, "微信", who, hy_now(live.clk));

	for (size_t i = 0; i < HY_LEN(of); i++) {
		live_control(hy_strf(o, "fault?platform=wechat&kind=error&op=custom/send&code=%d",
				     of[i].code));
		say(o, number, hy_strf(o, "答复之%zu", i), "");
		life(o, &role_publish);
		const char *cure = hy_json_str(answer_of(o, number, i), "cure");

		assert_string_equal(hy_json_str(answer_of(o, number, i), "state"), "failed");
		if (!strstr(cure, of[i].cure) || strstr(cure, of[i].not_in_it))
			fail_msg("%d: %s", of[i].code, cure);
		assert_non_null(strstr(page(o, "answer", number)->why, of[i].cure));
	}
	assert_true(hy_json_bool(show(o, number), "reply_unsent", false));
	/* the platform takes nothing more: no hour is offered, whatever our clock says */
	assert_null(hy_json_str(show(o, number), "answer_until"));
	assert_null(hy_json_str(show(o, number), "answer_account"));
	assert_non_null(strstr(hy_json_str(show(o, number), "answer_why"), "48"));
	const struct hy_json *r = say(o, number, "再答", "");
	assert_string_equal(hy_json_str(r, "answer"), "by-hand");
	assert_false(hy_json_bool(show(o, number), "reply_unsent", true)); /* answered by hand */
	/* until they write again */
	later(HY_MINUTE);
	assert_string_equal(writes(o, "微信", who, hy_now(live.clk)), number);
	assert_string_equal(hy_json_str(show(o, number), "answer_account"), "微信");
	/* an account that must be cured first */
	live_control("fault?platform=wechat&kind=error&op=custom/send&code=48001");
	say(o, number, "又答", "");
	life(o, &role_publish);
	r = answer_of(o, number, HY_LEN(of));
	assert_string_equal(hy_json_str(r, "state"), "wait");
	assert_non_null(strstr(hy_json_str(r, "cure"), "huying account rotate 微信"));
}

/* A statement's delivery says what to do as well. */
static void test_delivery_cures(void **state)
{
	struct office *o = *state;
	const struct hy_account a = {.name = "微博", .platform = "weibo"};
	struct hy_delivery d = {.id = {7}, .statement = {3}, .state = HY_DELIVERY_FAILED};

	d.error = "weibo: 20021: the content is not allowed";
	assert_non_null(strstr(desk_delivery_cure(o, &d, &a), "huying post edit 3"));
	d.error = "weibo: 20101: the post does not exist";
	assert_non_null(strstr(desk_delivery_cure(o, &d, &a), "huying post resolve 7 cancel"));
	assert_null(strstr(desk_delivery_cure(o, &d, &a), "retry"));
	d.error = "HTTP 500";
	assert_non_null(strstr(desk_delivery_cure(o, &d, &a), "huying post retry 7"));
	d.state = HY_DELIVERY_MISSED;
	d.error = "its time was past: a person decides (weibo: 21327: the token has expired)";
	assert_non_null(strstr(desk_delivery_cure(o, &d, &a), "huying account authorise 微博"));
	d.state = HY_DELIVERY_SENT;
	assert_null(desk_delivery_cure(o, &d, &a));
}

/* A carrier's report finds its answer. */
static void test_reports(void **state)
{
	struct office *o = *state;
	struct hy_answer *a = NULL;
	struct hy_err err = {0};
	hy_time now = hy_now(live.clk);

	live_account(o, "短信", "aliyun", "testsecret", "testid");
	conf(o, "sms \"短信\" {\n sign = \"临江\"\n template = \"SMS_1\"\n values = {\"n={number}\"}\n}");
	char *number = writes(o, "短信", PHONE, now);
	for (int i = 0; i < 3; i++)
		say(o, number, hy_strf(o, "答复之%d", i), "");
	for (int i = 0; i < 3; i++) { /* as if they had gone out */
		struct hy_answer_id id = {
			hy_json_int(answer_of(o, number, (size_t)i), "id", 0)};

		assert_int_equal(hy_answer_get(o->desk->st, o, id, &a, &err), HY_OK);
		a->state = i < 2 ? HY_DELIVERY_SENT : HY_DELIVERY_UNKNOWN;
		a->receipt = i < 2 ? hy_strf(o, "900%d^0", i) : NULL;
		a->wait_until = i < 2 ? 0 : HY_TIME_NEVER;
		assert_int_equal(hy_answer_move(o->desk->st, a, HY_DELIVERY_PLANNED, 1, &err),
				 HY_OK);
	}
	desk_answer_page(o->desk, a, "");
	assert_non_null(page(o, "answer", number));
	struct hy_push p = {.kind = HY_PUSH_REPORT,
			    .id = "r1",
			    .ref = "9000^0",
			    .delivered = true,
			    .code = "DELIVERED"};
	take(o, "短信", &p);
	assert_string_equal(hy_json_str(answer_of(o, number, 0), "report"), "delivered");
	p = (struct hy_push){.kind = HY_PUSH_REPORT,
			     .id = "r2",
			     .ref = "9001^0",
			     .code = "MK:0001 " PHONE};
	take(o, "短信", &p);
	assert_string_equal(hy_json_str(answer_of(o, number, 1), "report"), "undelivered");
	assert_null(strstr(hy_json_str(answer_of(o, number, 1), "error"), PHONE));
	const struct hy_alert *alert = page(o, "report", number);
	assert_non_null(alert);
	assert_null(strstr(alert->why, PHONE));
	/* by our own name, where no receipt came back: it settles the doubt */
	p = (struct hy_push){.kind = HY_PUSH_REPORT,
			     .id = "r3",
			     .ref = "9002^0",
			     .own = hy_strf(o, "%s-1", a->key),
			     .delivered = true,
			     .code = "DELIVERED"};
	take(o, "短信", &p);
	assert_string_equal(hy_json_str(answer_of(o, number, 2), "state"), "sent");
	assert_null(page(o, "answer", number));
	/* of nothing that we know: an alert as ever */
	p = (struct hy_push){.kind = HY_PUSH_REPORT, .id = "r4", .ref = "1^0", .code = "X"};
	take(o, "短信", &p);
	assert_non_null(page(o, "report", "短信"));
}

/* Out of a backup: what was on its way then may have arrived since. */
static void test_restored(void **state)
{
	struct office *o = *state;
	char *path = hy_strf(o, "%s/b", o->dir), *copy = hy_strf(o, "%s/copy", o->dir);
	struct hy_err err = {0};

	live_account(o, "微博", "weibo", "practice-weibo-1", "practice-app");
	char *number = writes(o, "微博", stranger(o, "weibo", "id"), hy_now(live.clk));
	reply(o, number, "");
	assert_int_equal(hy_desk_backup(o->desk, path, &err), HY_OK);
	life(o, &role_publish);
	assert_int_equal(sent_to("weibo", WORDS), 1);
	if (hy_desk_restore(path, copy, hy_secret_new(o, o->phrase, strlen(o->phrase)), &err))
		fail_msg("%s", err.text);
	talloc_free(o->desk);
	assert_int_equal(hy_desk_open(&o->desk, o, copy, 0, &err), HY_OK);
	o->desk->local = true;
	o->desk->clock = live.clk;
	state_is(o, number, "missed");
	assert_non_null(page(o, "answer", number));
	act(o, "publish.unfreeze", "{}");
	life(o, &role_publish);
	state_is(o, number, "missed");
	assert_int_equal(sent_to("weibo", WORDS), 1);
}

/* An id told in decimal may be another answer's in hex: byte for byte goes first. What is nobody's
 * rings nowhere, and an id of long ago is another message's. */
static void test_receipts_of_a_line(void **state)
{
	static const char *const receipts[] = {"21 22 23", "16", "0000ABCD"};
	static const struct {
		const char *told;
		int answer;
	} cases[] = {{"22", 0}, {"16", 1}, {"21", 0}, {"43981", 2}, {"0000abcd", 2},
		     {"24", -1}, {"2", -1}, {"", -1}};
	struct office *o = *state;
	struct hy_answer *a = NULL;
	struct hy_answer_id ids[3];
	struct hy_account *line = NULL;
	struct hy_err err = {0};

	account(o, "短信", "smpp",
		",\"url\":\"smpps://smsc.example\",\"login\":\"x\",\"secret\":\"y\"");
	char *number = writes(o, "短信", PHONE, hy_now(live.clk));
	for (int i = 0; i < 3; i++)
		say(o, number, hy_strf(o, "答复之%d", i), "");
	for (int i = 0; i < 3; i++) {
		ids[i].v = hy_json_int(answer_of(o, number, (size_t)i), "id", 0);
		assert_int_equal(hy_answer_get(o->desk->st, o, ids[i], &a, &err), HY_OK);
		a->state = HY_DELIVERY_SENT;
		a->tried = hy_now(live.clk);
		a->receipt = receipts[i];
		assert_int_equal(hy_answer_move(o->desk->st, a, HY_DELIVERY_PLANNED, 1, &err),
				 HY_OK);
	}
	assert_int_equal(hy_account_find(o->desk->st, o, "短信", &line, &err), HY_OK);
	for (int late = 0; late < 2; late++) {
		for (size_t i = 0; i < HY_LEN(cases); i++) {
			const struct hy_push p = {.kind = HY_PUSH_REPORT,
						  .ref = cases[i].told,
						  .delivered = true,
						  .code = "DELIVRD"};
			int want = late ? -1 : cases[i].answer;

			a = NULL;
			assert_int_equal(desk_answer_told(o->desk, o, line->id, "smpp", &p, &a, &err),
					 HY_OK);
			assert_int_equal(a ? a->id.v : -1, want < 0 ? -1 : ids[want].v);
		}
		/* past what the record's own clock says */
		hy_clock_set(live.clk, hy_now(live.clk) + 10000 * HY_DAY);
	}
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, make_office, drop_office)
	const struct CMUnitTest tests[] = {
		T(test_the_whole_way),
		T(test_in_doubt),
		T(test_by_hand),
		T(test_cures),
		T(test_delivery_cures),
		T(test_reports),
		T(test_receipts_of_a_line),
		T(test_restored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
