/* Sources as the office follows them, against the practice platforms and by a clock that is moved: what
 * is asked when, what comes of it, and what is refused. */
#include "desk/collect.h"
#include "tests/unit/practice-live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct office {
	char dir[64];
	struct hy_desk *desk;
	hy_time now, next;
	void *role;
};

static enum hy_status act_as(struct office *o, const char *action, const char *params, char **result,
			     struct hy_err *err)
{
	struct hy_person *p = NULL;
	struct hy_json *node = NULL;

	assert_int_equal(hy_person_find(o->desk->st, o, "admin", &p, NULL), HY_OK);
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

static int make_office(void **state)
{
	struct office *o;
	struct hy_setup s = {.office = "临江县", .demo = true};
	struct hy_err err = {0};
	char *phrase, *link;

	live_begin(NULL);
	o = hy_new(NULL, struct office);
	snprintf(o->dir, sizeof(o->dir), "/tmp/hy-sources.XXXXXX");
	assert_non_null(mkdtemp(o->dir));
	s.dir = o->dir;
	hy_xml_init();
	hy_mail_init();
	assert_int_equal(hy_crypt_init(&err), HY_OK);
	if (hy_desk_setup(o, &s, &phrase, &link, &err) ||
	    hy_desk_open(&o->desk, o, o->dir, 0, &err))
		fail_msg("%s", err.text);
	o->desk->local = true;
	o->desk->clock = live.clk;
	o->now = LIVE_START;
	if (role_collect.start(o->desk, live.loop, 1, &o->role, &err))
		fail_msg("%s", err.text);
	*state = o;
	return 0;
}

static int drop_office(void **state)
{
	struct office *o = *state;
	char *cmd = hy_strf(NULL, "rm -rf %s", o->dir);

	role_collect.stop(o->role);
	talloc_free(o);
	assert_int_equal(system(cmd), 0);
	talloc_free(cmd);
	return live_teardown(state);
}

/* All looks that are due at this moment; o->next is when the next one is. */
static void look(struct office *o)
{
	struct hy_err err = {0};

	for (int i = 0; i < 100; i++) {
		o->next = HY_TIME_NEVER;
		if (role_collect.turn(o->role, o->now, &o->next, &err))
			fail_msg("%s", err.text);
		if (!role_collect.busy(o->role))
			return;
		while (role_collect.busy(o->role))
			assert_int_equal(hy_loop_once(live.loop, 1000, NULL), HY_OK);
	}
	fail_msg("there is always another look");
}

static void later(struct office *o, hy_dur d)
{
	o->now += d;
	hy_clock_set(live.clk, o->now);
}

/* Lives through so much time: every look in its turn. How many moments had one. */
static int pass(struct office *o, hy_dur d)
{
	hy_time end = o->now + d;
	int n = 0;

	for (look(o); o->next <= end; n++) {
		later(o, o->next - o->now);
		look(o);
	}
	later(o, end - o->now);
	return n;
}

static struct hy_source *the(struct office *o, const char *name)
{
	struct hy_source *s = NULL;

	assert_int_equal(hy_source_find(o->desk->st, o, name, &s, NULL), HY_OK);
	return s;
}

static void add(struct office *o, const char *kind, const char *url, const char *more)
{
	act(o, "source.add",
	    hy_strf(o,
		    "{\"name\":\"s\",\"kind\":\"%s\",\"url\":\"%s\",\"reach\":\"127.0.0.1:%d\"%s}",
		    kind, url, hy_practice_port(live.site), more));
}

static size_t alerts(struct office *o, const char *part)
{
	const struct hy_json *list = hy_json_get(act(o, "alert.list", "{}"), "items");
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += strstr(hy_json_str(list->at[i], "title"), part) != NULL;
	return n;
}

/* ---- a cache that is rebuilt while it is read ---- */

static void test_discuz_stale(void **state)
{
	struct office *o = *state;
	struct hy_source *s;

	live_control(hy_strf(o, "say?platform=discuz&kind=post&name=jia&title=%s&text=%s",
			     live_enc("城东停水"), live_enc("今天停水了")));
	add(o, "discuz", "http://forum.example/", ",\"interval\":\"40m\"");
	look(o); /* finds the cache stale: nothing in it */
	s = the(o, "s");
	assert_int_equal(s->got_new, 0);
	assert_int_equal(s->failures, 0);
	assert_in_range(s->next_at, o->now + HY_MINUTE, o->now + 90 * HY_SECOND);
	pass(o, 2 * HY_MINUTE);
	assert_int_equal(the(o, "s")->got_new, 1);
	/* the cache lives shorter than the interval: each look would find it stale */
	for (int i = 0; i < 5; i++) {
		live_control(hy_strf(o, "say?platform=discuz&kind=post&name=jia&title=%d&text=%d",
				     i, i));
		pass(o, 50 * HY_MINUTE);
		assert_int_equal(the(o, "s")->got_new, 2 + i);
	}
}

/* A board without any thread is not asked every minute, and somebody is told in the end. */
static void test_never_anything(void **state)
{
	struct office *o = *state;
	int looks;

	add(o, "discuz", "http://forum.example/", ",\"board\":\"36\"");
	looks = pass(o, HY_DAY);
	assert_in_range(looks, 96, 320);
	assert_int_equal(alerts(o, "has never brought anything"), 0);
	pass(o, 3 * HY_DAY);
	assert_int_equal(alerts(o, "has never brought anything"), 1);
	pass(o, HY_DAY);
	assert_int_equal(alerts(o, "has never brought anything"), 1);
}

/* ---- what a list of Weibo cuts ---- */

static void weibo(struct office *o)
{
	act(o, "account.add",
	    hy_strf(o,
		    "{\"name\":\"wb\",\"platform\":\"weibo\",\"url\":\"http://api.weibo.com\","
		    "\"reach\":\"127.0.0.1:%d\",\"secret\":\"practice-weibo-1\"}",
		    hy_practice_port(live.site)));
	add(o, "weibo", "http://api.weibo.com", ",\"what\":\"mentions\",\"account\":\"wb\"");
}

/* 156 characters, and its last word. */
static void say_long(struct office *o, const char *last)
{
	struct hy_buf b;

	hy_buf_init(&b, o, 4096);
	hy_buf_str(&b, "@临江发布 ");
	for (int i = 0; i < 75; i++)
		hy_buf_str(&b, "停水");
	hy_buf_str(&b, last);
	live_control(hy_strf(o, "say?platform=weibo&kind=post&name=jia&text=%s",
			     live_enc(hy_buf_take(&b, NULL))));
}

/* All revisions of what source s brought: how many there are, how many of them are cut. */
static int held(struct office *o, const char *ends, int *cut, int *revisions)
{
	struct hy_item *list = NULL;
	size_t n = 0;
	int whole = 0;

	*cut = *revisions = 0;
	assert_int_equal(hy_item_log(o->desk->st, o, 0, 1000, &list, &n, NULL), HY_OK);
	for (size_t i = 0; i < n; i++) {
		if (list[i].source.v != the(o, "s")->id.v)
			continue;
		(*revisions)++;
		*cut += (list[i].flags & HY_ITEM_CUT) != 0;
		whole += strstr(list[i].text, ends) != NULL;
	}
	return whole;
}

static void test_weibo_long(void **state)
{
	struct office *o = *state;
	int cut, revisions;

	weibo(o);
	say_long(o, "甲尾");
	pass(o, HY_HOUR);
	assert_int_equal(held(o, "甲尾", &cut, &revisions), 1);
	assert_int_equal(cut, 0);
	assert_int_equal(revisions, 1);
}

/* The list says no more: each is asked for by itself, and becomes what it is; nothing comes twice. */
static void test_weibo_single(void **state)
{
	struct office *o = *state;
	int cut, revisions;

	live_control("set?name=long-text&value=single");
	weibo(o);
	say_long(o, "甲尾");
	say_long(o, "乙尾");
	live_control(hy_strf(o, "say?platform=weibo&kind=post&name=jia&text=%s",
			     live_enc("@临江发布 短的")));
	look(o);
	assert_int_equal(held(o, "尾", &cut, &revisions), 0);
	assert_int_equal(cut, 2); /* taken at once, and marked */
	pass(o, HY_HOUR);
	assert_int_equal(held(o, "尾", &cut, &revisions), 2);
	assert_int_equal(the(o, "s")->got_new, 3);
	assert_int_equal(the(o, "s")->got_edit, 2);
	/* seen again in the list as it cuts it, they stay whole */
	pass(o, 6 * HY_HOUR);
	assert_int_equal(held(o, "尾", &cut, &revisions), 2);
	assert_int_equal(revisions, 5);
	/* the list goes on, whatever becomes of one post */
	say_long(o, "丙尾");
	look(o);
	live_control("fault?platform=weibo&op=statuses/show&on=reads&kind=500&times=1000");
	pass(o, 2 * HY_HOUR);
	live_control(hy_strf(o, "say?platform=weibo&kind=post&name=jia&text=%s",
			     live_enc("@临江发布 后来的")));
	pass(o, 3 * HY_HOUR);
	assert_int_equal(held(o, "后来的", &cut, &revisions), 1);
	assert_int_equal(the(o, "s")->failures, 0);
}

static void test_weibo_never(void **state)
{
	struct office *o = *state;
	int cut, revisions;

	live_control("set?name=long-text&value=never");
	weibo(o);
	say_long(o, "甲尾");
	pass(o, 6 * HY_HOUR);
	assert_int_equal(held(o, "甲尾", &cut, &revisions), 0);
	assert_int_equal(cut, 1);
	assert_int_equal(revisions, 1);
	assert_true(hy_share_used(the(o, "s")->cursor, (o->now + 8 * HY_HOUR) / HY_DAY) < 40);
}

/* ---- by hand ---- */

static int64_t used(struct office *o)
{
	return hy_share_used(the(o, "s")->cursor, (o->now + 8 * HY_HOUR) / HY_DAY);
}

/* However often somebody asks, what is kept for publishing stays; by itself it goes on tomorrow. */
static void test_budget_by_hand(void **state)
{
	struct office *o = *state;
	struct hy_err err = {0};
	char *result = NULL;
	int64_t most = 0;

	weibo(o);
	for (int i = 0; i < 150; i++) {
		act(o, "source.due", "{}");
		look(o);
		later(o, HY_SECOND);
	}
	assert_int_equal(used(o), 90);
	assert_string_equal(hy_json_str(hy_json_get(act(o, "source.due", "{}"), "held")->at[0], "name"),
			    "s");
	assert_int_equal(act_as(o, "source.due", "{\"id\":\"s\"}", &result, &err), HY_EWAIT);
	assert_non_null(strstr(err.text, "source s: its part of today's calls is used"));
	/* pausing and resuming is no way around it */
	act(o, "source.pause", "{\"id\":\"s\"}");
	act(o, "source.resume", "{\"id\":\"s\"}");
	look(o);
	assert_int_equal(used(o), 90);
	/* without a hand on it the day is enough for all its looks */
	for (int i = 0; i < 48; i++) {
		pass(o, HY_HOUR);
		most = used(o) > most ? used(o) : most;
	}
	assert_in_range(most, 60, 92);
}

/* ---- editing ---- */

static void test_edit(void **state)
{
	struct office *o = *state;
	struct hy_source *s;
	struct hy_err err = {0};
	char *result = NULL;
	const char *cursor;

	live_control("say?platform=discuz&kind=post&name=jia&title=a&text=a");
	add(o, "discuz", "http://forum.example/", ",\"zone\":\"Asia/Shanghai\"");
	pass(o, 5 * HY_MINUTE);
	assert_int_equal(the(o, "s")->got_new, 1);
	cursor = the(o, "s")->cursor;
	/* what changes no list keeps its place */
	act(o, "source.set", "{\"id\":\"s\",\"interval\":\"5m\",\"place\":\"\u57ce\u4e1c\"}");
	s = the(o, "s");
	assert_string_equal(s->options, "{\"interval\":300,\"zone\":\"Asia/Shanghai\"}");
	assert_string_equal(s->place, "城东");
	assert_string_equal(s->cursor, cursor);
	assert_true(s->next_at <= o->now + 5 * HY_MINUTE);
	assert_true(s->reach != NULL);
	/* the checks of adding */
	assert_int_equal(act_as(o, "source.set", "{\"id\":\"s\",\"interval\":\"99d\"}", &result, &err),
			 HY_EINPUT);
	assert_int_equal(act_as(o, "source.set", "{\"id\":\"s\",\"tag\":\"x\"}", &result, &err),
			 HY_EINPUT);
	assert_int_equal(act_as(o, "source.set", "{\"id\":\"s\",\"board\":\"x\"}", &result, &err),
			 HY_EINPUT);
	assert_int_equal(act_as(o, "source.set", "{\"id\":\"s\"}", &result, &err), HY_EINPUT);
	o->desk->local = false;
	assert_int_equal(act_as(o, "source.set", "{\"id\":\"s\",\"reach\":\"127.0.0.1:1\"}", &result,
				&err),
			 HY_EREFUSED);
	act(o, "source.set", "{\"id\":\"s\",\"zone\":\"-\"}"); /* its peer stays */
	o->desk->local = true;
	assert_string_equal(the(o, "s")->options, "{\"interval\":300}");
	assert_string_equal(the(o, "s")->cursor, cursor);
	assert_true(the(o, "s")->reach != NULL);
	/* another board is another list */
	assert_non_null(hy_json_str(act(o, "source.set", "{\"id\":\"s\",\"board\":\"2\"}"), "note"));
	assert_string_equal(the(o, "s")->cursor, "{}");
	assert_int_equal(the(o, "s")->next_at, o->now);
	pass(o, 5 * HY_MINUTE);
	assert_int_equal(the(o, "s")->got_new, 1); /* what was there is not taken twice */
	assert_int_equal(the(o, "s")->failures, 0);
}

/* Calls that were made count, whatever is read next. */
static void test_edit_budget(void **state)
{
	struct office *o = *state;
	int64_t before;

	weibo(o);
	pass(o, 3 * HY_HOUR);
	before = used(o);
	assert_true(before > 3);
	act(o, "source.set", "{\"id\":\"s\",\"what\":\"comments\"}");
	assert_int_equal(used(o), before);
	act(o, "source.set", "{\"id\":\"s\",\"budget\":50}");
	assert_int_equal(used(o), before);
}

/* ---- what cannot be stopped here ---- */

static void test_callback_source(void **state)
{
	static const char *const verbs[] = {"source.pause", "source.resume", "source.remove"};
	struct office *o = *state;
	struct hy_source s = {.name = "cb", .kind = "callback", .url = "", .place = "",
			      .options = "{}", .cursor = "{}", .next_at = HY_TIME_NEVER};
	struct hy_source_id id = {0};
	char *result = NULL;

	assert_int_equal(hy_store_begin(o->desk->st, NULL), HY_OK);
	assert_int_equal(hy_source_add(o->desk->st, &s, &id, NULL), HY_OK);
	assert_int_equal(hy_store_commit(o->desk->st, NULL), HY_OK);
	for (size_t i = 0; i < HY_LEN(verbs); i++) {
		struct hy_err err = {0};

		assert_int_equal(act_as(o, verbs[i], "{\"id\":\"cb\"}", &result, &err), HY_EREFUSED);
		assert_non_null(strstr(err.text, "huying account freeze | revoke | callback --new-path"));
		assert_int_equal(the(o, "cb")->state, HY_SOURCE_ACTIVE);
	}
}

/* ---- the balance sheet ---- */

static const struct hy_json *sheet_row(struct office *o)
{
	const struct hy_json *list = hy_json_get(act(o, "source.balance", "{}"), "items");

	return list->n ? list->at[0] : NULL;
}

static void test_balance_of_nothing(void **state)
{
	struct office *o = *state;

	add(o, "discuz", "http://forum.example/", ",\"board\":\"36\"");
	assert_null(sheet_row(o)); /* not looked at yet */
	look(o);
	assert_string_equal(hy_json_str(sheet_row(o), "source"), "s");
	assert_int_equal(hy_json_int(sheet_row(o), "received", -1), 0);
	assert_int_equal(hy_json_int(sheet_row(o), "looks", 0), 1);
	assert_int_equal(hy_json_int(sheet_row(o), "looks_failed", -1), 0);
	assert_true(hy_json_bool(sheet_row(o), "balanced", false));
	live_control("fault?platform=discuz&on=reads&kind=500&times=1");
	pass(o, 2 * HY_MINUTE);
	assert_int_equal(hy_json_int(sheet_row(o), "looks", 0), 2);
	assert_int_equal(hy_json_int(sheet_row(o), "looks_failed", -1), 1);
}

/* ---- a mailbox that asks who we are ---- */

static void no_mail(void *user, uint32_t uid, const char *bytes, size_t n, bool cut)
{
	(void)user, (void)uid, (void)bytes, (void)n, (void)cut;
}

static void mail_done(void *user, enum hy_status status, const struct hy_imap_result *r,
		      const struct hy_err *err)
{
	(void)r, (void)err;
	*(int *)user = (int)status;
}

static int mailbox(void)
{
	struct hy_secret *password = hy_secret_new(live.ctx, "practice", 8);
	const struct hy_imap_ask ask = {
		.host = "mail.example",
		.port = 143,
		.reach = hy_strf(live.ctx, "127.0.0.1:%d", hy_practice_wire_port(live.site, "imap")),
		.login = "desk@linjiang.example",
		.password = password,
	};
	int status = -1;

	assert_int_equal(hy_imap_look(live.net, live.loop, &ask, no_mail, mail_done, &status, NULL,
				      NULL),
			 HY_OK);
	while (status < 0)
		assert_int_equal(hy_loop_once(live.loop, 1000, NULL), HY_OK);
	return status;
}

static void test_imap_id(void **state)
{
	(void)state;
	assert_int_equal(mailbox(), HY_OK);
	live_control("set?name=imap-id&value=1");
	assert_int_equal(mailbox(), HY_OK);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_discuz_stale, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_never_anything, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_weibo_long, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_weibo_single, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_weibo_never, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_budget_by_hand, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_edit, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_edit_budget, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_callback_source, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_balance_of_nothing, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_imap_id, live_setup, live_teardown),
	};

	if (argc > 1 && strcmp(argv[1], "__parse") == 0)
		return hy_parse_child_main(0, 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
