/* The language of stories, and that the site plays them by its clock. */
#include "tests/unit/practice-live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct hy_story *parsed(void *ctx, const char *text)
{
	struct hy_story *s = NULL;
	struct hy_err err = {0};

	if (hy_story_parse(ctx, text, strlen(text), &s, &err))
		fail_msg("%s", err.text);
	return s;
}

static void test_reads(void **state)
{
	void *ctx = talloc_new(NULL);
	struct hy_story *s = parsed(ctx, "# note\n\ntitle: 一天\n开始：2026-11-20T17:40:00+08:00\n"
					 "-1h30m gov 公告 | 水质达标\r\n  10m 论坛 水黄了 | 正文 | 甲\n"
					 "90 微博 提及 水黄了吗 | 甲\n2m discuz post 标题 | 正文\n"
					 "3m fault weibo 429 times=-1 after=soon on=all op=share of=shuiwu\n"
					 "3m token weibo t1 到期\n4m clock +2h\n5m desk stop\n"
					 "6m do bianji! claim sign {claim} | 一\\n二\n"
					 "7m expect published 2 site 核查 通报 within 10m\n8m 期望 无预警 内 1h\n");
	const struct hy_story_event *e = s->events;

	(void)state;
	assert_string_equal(s->title, "一天");
	assert_int_equal(s->start, INT64_C(1795167600000));
	assert_int_equal(s->n, 2);
	assert_int_equal(s->items[0].at_secs, -5400);
	assert_int_equal(s->items[1].place, HY_STORY_FORUM);
	assert_string_equal(s->items[1].author, "甲");
	assert_int_equal(s->first_secs, -5400);
	assert_int_equal(s->last_secs, 600);
	assert_int_equal(s->n_events, 9);
	assert_int_equal(e[0].verb, HY_STORY_MENTION);
	assert_int_equal(e[0].at_secs, 90);
	assert_int_equal(e[0].line, 7);
	assert_string_equal(e[1].title, "标题");
	assert_string_equal(e[1].text, "正文");
	assert_int_equal(e[2].fault.kind, HY_FAULT_BUSY);
	assert_int_equal(e[2].fault.times, -1);
	assert_string_equal(e[2].fault.after, "soon");
	assert_true(e[2].fault.reads && e[2].fault.writes);
	assert_int_equal(e[3].what, HY_STORY_TOKEN_EXPIRE);
	assert_int_equal(e[4].secs, 7200);
	assert_int_equal(e[5].what, HY_STORY_DESK_STOP);
	assert_string_equal(e[6].name, "bianji");
	assert_int_equal(e[6].what, 1);
	assert_string_equal(e[6].text, "claim sign {claim}");
	assert_string_equal(e[6].title, "一\\n二");
	assert_int_equal(e[7].number, 2);
	assert_int_equal(e[7].secs, 600);
	assert_string_equal(e[7].text, "核查 通报");
	assert_int_equal(e[8].what, HY_EXPECT_QUIET);
	assert_int_equal(e[8].secs, 3600);
	talloc_free(ctx);
}

static void test_refuses(void **state)
{
	static const struct {
		const char *line, *why;
	} v[] = {
		{"forum a | b", "no offset"},
		{"10q forum a | b", "no offset"},
		{"1", "after the offset"},
		{"1 facebook post x", "after the offset"},
		{"1 weibo", "after the platform"},
		{"1 weibo like x", "after the platform"},
		{"1 weibo post", "TEXT | NAME"},
		{"1 weibo post a | b | c", "TEXT | NAME"},
		{"1 mail message a", "TITLE | TEXT | NAME"},
		{"1 site post a", "forum and gov"},
		{"1 fault weibo flood", "no such fault"},
		{"1 fault nowhere drop", "platform"},
		{"1 fault weibo drop times=x", "settings"},
		{"1 fault weibo drop colour=red", "settings"},
		{"1 token weibo t", "expire"},
		{"1 token weibo t explode", "expire"},
		{"1 clock 2 hours", "clock +DURATION"},
		{"1 desk dance", "desk stop|start"},
		{"1 do bianji", "do LOGIN"},
		{"1 expect joy", "what can be expected"},
		{"1 expect items", "number"},
		{"1 expect items -1", "number"},
		{"1 expect published 1 nowhere x", "published N"},
		{"1 expect published 1 site", "text"},
		{"1 expect alert x within soon", "how long"},
		{"1 期望 预警 供水 内", "how long"},
		{"1 期望 预警 供水 10m", "how long"},
		{"1 期望 预警 供水 内 10m 左右", "how long"},
		{"1 expect alert within 10m please", "how long"},
		{"1 expect cases 1 please", "nothing more"},
		{"1 expect balance please", "nothing more"},
		{"1 expect replied", "number"},
		{"1 fault sms late code=NOSUCH", "settings"},
		{"1 fault sms late code=9", "settings"},
		{"1 fault wechat late code=UNDELIV", "settings"},
		{"1 fault weibo drop code=20014", "settings"},
		{"start: yesterday", "start is a time"},
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(v); i++) {
		struct hy_story *s = NULL;
		struct hy_err err = {0};
		char *text = hy_strf(NULL, "# one\n1 gov a | b\n%s\n", v[i].line);

		assert_int_equal(hy_story_parse(NULL, text, strlen(text), &s, &err), HY_EINPUT);
		assert_null(s);
		if (!strstr(err.text, "line 3") || !strstr(err.text, v[i].why))
			fail_msg("%s: %s", v[i].line, err.text);
		talloc_free(text);
	}
}

/* How long, in whatever order it is said. */
static void test_within(void **state)
{
	static const struct {
		const char *line, *text;
		int64_t secs;
	} v[] = {
		{"期望 预警 供水 10m 内", "供水", 600}, {"期望 预警 供水 10m内", "供水", 600},
		{"期望 预警 供水 内 10m", "供水", 600}, {"expect alert 供水 within 10m", "供水", 600},
		{"期望 预警 1h30m 内", "", 5400},	  {"期望 预警 供水 异常", "供水 异常", 0},
		{"期望 检出 1 小区内", "小区内", 0},	  {"期望 已答 2 已受理 5m 内 | 注", "已受理", 300},
		{"期望 平账 1m 内", "", 60},		  {"expect replied 1", "", 0},
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(v); i++) {
		void *ctx = talloc_new(NULL);
		struct hy_story *s = parsed(ctx, hy_strf(ctx, "1 %s\n", v[i].line));

		if (strcmp(s->events[0].text, v[i].text) || s->events[0].secs != v[i].secs)
			fail_msg("%s: \"%s\" %" PRId64, v[i].line, s->events[0].text,
				 s->events[0].secs);
		talloc_free(ctx);
	}
	struct hy_story *s = parsed(NULL, "1 fault sms late secs=5 code=UNDELIV\n");

	assert_int_equal(s->events[0].fault.code, 5);
	talloc_free(s);
}

static void test_ships_five(void **state)
{
	void *ctx = talloc_new(NULL);
	int examined = 0;

	(void)state;
	for (size_t i = 0; hy_stories[i].name; i++) {
		struct hy_story *s = parsed(ctx, hy_stories[i].text);

		for (size_t k = 0; k < s->n_events; k++)
			if (s->events[k].kind == HY_STORY_EXPECT) {
				examined++;
				assert_true(*s->title && s->start);
				k = s->n_events - 1;
			}
		for (size_t k = 0; k < s->n; k++) /* nobody may take it for news */
			assert_non_null(strstr(s->items[k].text, "样例"));
	}
	assert_int_equal(examined, 5);
	talloc_free(ctx);
}

/* ---- played ---- */

static const struct hy_json *notes(const char *platform)
{
	return hy_json_get(live_state(platform), "notes");
}

static void test_plays(void **state)
{
	const struct hy_json *list;

	(void)state;
	live_begin("-60 weibo post 早 | 甲\n60 weibo mention 水黄了 | 甲\n60 weibo comment 我家也是 | 乙\n"
		   "2m fault weibo error code=20021 on=all\n3m token weibo practice-weibo-1 expire\n"
		   "4m mail message 供暖 | 几号 | c@example.org\n");
	list = notes("weibo");
	assert_int_equal(list->n, 1);
	assert_string_equal(hy_json_str(list->at[0], "made"), "2026-11-22T09:39:00Z");
	hy_clock_set(live.clk, LIVE_START + 59999);
	assert_int_equal(notes("weibo")->n, 1);
	hy_clock_set(live.clk, LIVE_START + 60000);
	list = notes("weibo");
	assert_int_equal(list->n, 3);
	assert_string_equal(hy_json_str(list->at[1], "text"), "@临江发布 水黄了");
	assert_string_equal(hy_json_str(list->at[2], "about"), hy_json_str(list->at[1], "id"));
	hy_clock_set(live.clk, LIVE_START + 4 * HY_MINUTE);
	assert_int_equal(notes("mail")->n, 1);
	assert_int_equal(live_ask(&(struct live_ask){.path = "/2/account/get_uid.json",
						     .authorization = "OAuth2 practice-weibo-2"})
				 ->http,
			 400);
	assert_int_equal(hy_json_int(live_json(live_ask(&(struct live_ask){
					     .path = "/2/account/get_uid.json",
					     .authorization = "OAuth2 practice-weibo-1"})),
				     "error_code", 0),
			 21327);
	assert_int_equal(notes("weibo")->n, 3); /* each once */
	live_teardown(NULL);
}

/* What is told for after a jump of the clock does not come with it. */
static void test_jump(void **state)
{
	const struct hy_json *list;

	(void)state;
	live_begin("60 weibo mention 前 | 甲\n2m clock +2h\n3m weibo mention 后 | 乙\n");
	hy_clock_set(live.clk, LIVE_START + 2 * HY_MINUTE);
	assert_int_equal(notes("weibo")->n, 1);
	hy_clock_set(live.clk, LIVE_START + 2 * HY_MINUTE + 2 * HY_HOUR);
	assert_int_equal(notes("weibo")->n, 1);
	hy_clock_set(live.clk, LIVE_START + 4 * HY_MINUTE + 2 * HY_HOUR);
	list = notes("weibo");
	assert_int_equal(list->n, 2);
	assert_string_equal(hy_json_str(list->at[1], "made"), "2026-11-22T11:43:00Z");
	live_teardown(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_within),
		cmocka_unit_test(test_ships_five),
		cmocka_unit_test(test_plays), cmocka_unit_test(test_jump),
	};

	hy_xml_init();
	if (hy_crypt_init(NULL))
		return 1;
	return cmocka_run_group_tests_name("practice-story", tests, NULL, NULL);
}
