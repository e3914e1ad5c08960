/* The practice Weibo by real HTTP: what is refused, what is kept, what a script can spoil. */
#include "tests/unit/practice-live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FORM "application/x-www-form-urlencoded"
#define LINK "http://linjiang.example/1"

/* ---- asking ---- */

static struct hy_net_response *as(const char *token, const char *path, const char *form)
{
	return live_ask(&(struct live_ask){
		.path = hy_strf(live.ctx, "/2/%s", path),
		.body = form,
		.type = FORM,
		.authorization = hy_strf(live.ctx, "OAuth2 %s", token)});
}

static struct hy_net_response *weibo(const char *path, const char *form)
{
	return as("practice-weibo-1", path, form);
}

static void assert_error(const struct hy_net_response *r, int http, int code)
{
	const struct hy_json *node = live_json(r);

	if (r->http != http || hy_json_int(node, "error_code", 0) != code)
		fail_msg("wanted %d/%d, got %d: %s", http, code, r->http, r->body);
}

static struct hy_net_response *share(const char *text)
{
	return weibo("statuses/share.json", hy_strf(live.ctx, "rip=127.0.0.1&status=%s", live_enc(text)));
}

static size_t own(void)
{
	return hy_json_get(live_json(weibo("statuses/user_timeline.json", NULL)), "statuses")->n;
}

static const char *say(const char *what)
{
	struct hy_json *node = NULL;
	const char *body = live_control(hy_strf(live.ctx, "say?platform=weibo&%s", what));

	assert_int_equal(hy_json_parse(live.ctx, body, strlen(body), 0, &node, NULL), HY_OK);
	return hy_json_str(node, "id");
}

/* ---- writing ---- */

static void test_share(void **state)
{
	const struct hy_json *node = live_json(share("检测合格 " LINK)), *list;

	(void)state;
	/* Past 2^53, and the same in both forms; addresses have become short ones. */
	assert_true(hy_json_int(node, "id", 0) > (INT64_C(1) << 53));
	assert_string_equal(hy_json_str(node, "idstr"),
			    hy_strf(live.ctx, "%" PRId64, hy_json_int(node, "id", 0)));
	assert_non_null(strstr(hy_json_str(node, "text"), "检测合格 http://t.cn/"));
	assert_string_equal(hy_json_str(node, "created_at"), "Sun Nov 22 17:40:00 +0800 2026");
	list = hy_json_get(live_json(weibo("statuses/user_timeline.json", NULL)), "statuses");
	assert_int_equal(list->n, 1);
	assert_string_equal(hy_json_str(list->at[0], "idstr"), hy_json_str(node, "idstr"));
	/* another account's timeline holds nothing of it */
	list = hy_json_get(live_json(as("practice-weibo-2", "statuses/user_timeline.json", NULL)),
			   "statuses");
	assert_int_equal(list->n, 0);
}

static void test_share_refuses(void **state)
{
	char *longer = hy_new_array(live.ctx, char, 3 * 131 + 1);

	(void)state;
	for (int i = 0; i < 131; i++) /* 130 and a link of ten: the limit; one more is too many */
		memcpy(longer + 3 * i, "水", 3);
	assert_error(share(""), 400, 20008);
	assert_error(share("没有链接"), 400, 10017);
	assert_error(share("别处 http://example.org/"), 400, 10017);
	assert_error(share("#话题# " LINK), 400, 10017);
	assert_error(weibo("statuses/share.json", "status=x"), 400, 10016);
	assert_error(share(hy_strf(live.ctx, "%s" LINK, longer)), 400, 20012);
	longer[3 * 130] = '\0';
	assert_int_equal(share(hy_strf(live.ctx, "%s" LINK, longer))->http, 200);
	assert_error(share(hy_strf(live.ctx, "%s" LINK, longer)), 400, 20019);
	assert_error(weibo("statuses/nonsense.json", NULL), 404, 10020);
	assert_error(weibo("statuses/share", NULL), 404, 10020);
	assert_error(weibo("statuses/share.json", NULL), 405, 10021);
	assert_int_equal(own(), 1);
}

static void test_pictures(void **state)
{
	static const struct {
		const char *bytes;
		int code;
	} v[] = {{"\x89PNGxxxx", 0}, {"GIF89a", 0}, {"<svg/>", 20005}};

	(void)state;
	for (size_t i = 0; i < HY_LEN(v); i++) {
		struct hy_net_response *r = live_ask(&(struct live_ask){
			.path = "/2/statuses/share.json",
			.authorization = "OAuth2 practice-weibo-1",
			.type = "multipart/form-data; boundary=----practice",
			.body = hy_strf(live.ctx,
					"------practice\r\nContent-Disposition: form-data; name=\"status\"\r\n\r\n"
					"%zu " LINK "\r\n------practice\r\nContent-Disposition: form-data; "
					"name=\"rip\"\r\n\r\n1\r\n------practice\r\nContent-Disposition: form-data; "
					"name=\"pic\"; filename=\"a\"\r\nContent-Type: image/png\r\n\r\n"
					"%s\r\n------practice--\r\n",
					i, v[i].bytes)});

		if (v[i].code) {
			assert_error(r, 400, v[i].code);
			continue;
		}
		assert_int_equal(r->http, 200);
		assert_int_equal(hy_json_get(live_json(r), "pic_ids")->n, 1);
	}
}

/* ---- reading ---- */

static void test_mentions_page(void **state)
{
	const struct hy_json *list;
	const char *id[5];

	(void)state;
	for (int i = 0; i < 5; i++)
		id[i] = say(hy_strf(live.ctx, "name=%s&text=%s%d", live_enc("街坊"),
				    live_enc("@临江发布 水黄了 "), i));
	list = hy_json_get(live_json(weibo("statuses/mentions.json?count=2", NULL)), "statuses");
	assert_int_equal(list->n, 2);
	assert_string_equal(hy_json_str(list->at[0], "idstr"), id[4]);
	/* max_id is inclusive, since_id is not */
	list = hy_json_get(live_json(weibo(hy_strf(live.ctx, "statuses/mentions.json?max_id=%s&since_id=%s",
						   id[3], id[0]), NULL)), "statuses");
	assert_int_equal(list->n, 3);
	assert_string_equal(hy_json_str(list->at[0], "idstr"), id[3]);
	assert_string_equal(hy_json_str(list->at[2], "idstr"), id[1]);
	/* the deleted make a page short; the next one goes on */
	live_control(hy_strf(live.ctx, "change?platform=weibo&id=%s", id[3]));
	list = hy_json_get(live_json(weibo("statuses/mentions.json?count=2", NULL)), "statuses");
	assert_int_equal(list->n, 1);
	list = hy_json_get(live_json(weibo("statuses/mentions.json?count=2&page=2", NULL)), "statuses");
	assert_int_equal(list->n, 2);
	assert_error(weibo(hy_strf(live.ctx, "statuses/show.json?id=%s", id[3]), NULL), 400, 20101);
	/* nobody else is meant */
	list = hy_json_get(live_json(as("practice-weibo-2", "statuses/mentions.json", NULL)), "statuses");
	assert_int_equal(list->n, 0);
}

static void test_comments(void **state)
{
	const char *post = hy_json_str(live_json(share("检测合格 " LINK)), "idstr"), *id;
	const struct hy_json *list, *node;

	(void)state;
	id = say(hy_strf(live.ctx, "kind=comment&about=%s&text=%s", post, live_enc("真的吗")));
	list = hy_json_get(live_json(weibo("comments/to_me.json", NULL)), "comments");
	assert_int_equal(list->n, 1);
	assert_string_equal(hy_json_str(hy_json_get(list->at[0], "status"), "idstr"), post);
	node = live_json(weibo("comments/reply.json",
			       hy_strf(live.ctx, "rip=1&id=%s&cid=%s&comment=%s", post, id, live_enc("真的"))));
	assert_non_null(strstr(hy_json_str(node, "text"), "回复@"));
	assert_string_equal(hy_json_str(hy_json_get(node, "reply_comment"), "idstr"), id);
	assert_error(weibo("comments/reply.json", hy_strf(live.ctx, "rip=1&id=%s&cid=7&comment=x", post)),
		     400, 20201);
	assert_error(weibo("comments/create.json", "rip=1&id=7&comment=x"), 400, 20101);
	assert_int_equal(weibo("comments/create.json", hy_strf(live.ctx, "rip=1&id=%s&comment=x", post))->http,
			 200);
	assert_int_equal(hy_json_get(live_json(weibo("comments/by_me.json", NULL)), "comments")->n, 2);
	assert_error(weibo("comments/destroy.json", "cid=7"), 400, 20201);
	assert_error(as("practice-weibo-2", "comments/destroy.json", hy_strf(live.ctx, "cid=%s", id)), 400,
		     20203);
	assert_int_equal(weibo("comments/destroy.json", hy_strf(live.ctx, "cid=%s", id))->http, 200);
	assert_int_equal(hy_json_get(live_json(weibo("comments/to_me.json", NULL)), "comments")->n, 0);
}

/* ---- tokens and quotas ---- */

static void test_tokens(void **state)
{
	(void)state;
	assert_error(live_ask(&(struct live_ask){.path = "/2/account/get_uid.json"}), 400, 10006);
	assert_error(as("nobody", "account/get_uid.json", NULL), 401, 21332);
	assert_int_equal(weibo("account/get_uid.json", NULL)->http, 200);
	live_control("token?platform=weibo&token=practice-weibo-1&ends=60");
	hy_clock_set(live.clk, LIVE_START + 59999);
	assert_int_equal(weibo("account/get_uid.json", NULL)->http, 200);
	hy_clock_set(live.clk, LIVE_START + 60000);
	assert_error(weibo("account/get_uid.json", NULL), 401, 21327);
	live_control("token?platform=weibo&token=practice-weibo-2&revoked=1");
	assert_error(as("practice-weibo-2", "account/get_uid.json", NULL), 401, 21316);
}

static void test_oauth(void **state)
{
	struct hy_net_response *r = live_ask(&(struct live_ask){
		.path = "/oauth2/authorize?client_id=practice-app&redirect_uri=https%3A%2F%2Fa.example%2Fcb"
			"&state=s1&login=shuiwu"});
	const char *to = hy_net_response_header(r, "location"), *code = strstr(to, "code=");
	char *form;
	const struct hy_json *node;

	(void)state;
	assert_int_equal(r->http, 302);
	assert_non_null(strstr(to, "https://a.example/cb?code="));
	assert_non_null(strstr(to, "&state=s1"));
	form = hy_strf(live.ctx, "client_id=practice-app&client_secret=practice-secret&grant_type="
		       "authorization_code&redirect_uri=https%%3A%%2F%%2Fa.example%%2Fcb&%.*s",
		       (int)strcspn(code, "&"), code);
	r = live_ask(&(struct live_ask){.path = "/oauth2/access_token", .type = FORM, .body = form});
	node = live_json(r);
	assert_int_equal(r->http, 200);
	assert_int_equal(as(hy_json_str(node, "access_token"), "account/get_uid.json", NULL)->http, 200);
	/* a code is good once; a wrong secret never is */
	assert_error(live_ask(&(struct live_ask){.path = "/oauth2/access_token", .type = FORM, .body = form}),
		     400, 21325);
	assert_error(live_ask(&(struct live_ask){.path = "/oauth2/access_token", .type = FORM,
			.body = "client_id=practice-app&client_secret=x&grant_type=authorization_code"}),
		     400, 21324);
	r = live_ask(&(struct live_ask){.path = "/oauth2/get_token_info", .type = FORM,
			.body = hy_strf(live.ctx, "access_token=%s", hy_json_str(node, "access_token"))});
	assert_int_equal(hy_json_int(live_json(r), "expire_in", 0), 2626641);
	assert_string_equal(hy_json_str(live_json(r), "appkey"), "practice-app");
}

static void test_day_quota(void **state)
{
	const struct hy_json *node;
	struct hy_net_response *r = NULL;

	(void)state;
	for (int i = 0; i < 100; i++)
		r = weibo("account/get_uid.json", NULL);
	assert_int_equal(r->http, 200);
	assert_string_equal(hy_net_response_header(r, "x-ratelimit-remaining"), "0");
	assert_error(weibo("account/get_uid.json", NULL), 403, 10023);
	/* the look at the limits itself is not counted, and tells when the day ends in Beijing */
	node = live_json(weibo("account/rate_limit_status.json", NULL));
	assert_int_equal(hy_json_int(node, "remaining_user_hits", -1), 0);
	assert_string_equal(hy_json_str(node, "reset_time"), "2026-11-23 00:00:00");
	assert_int_equal(hy_json_int(node, "reset_time_in_seconds", 0), 6 * 3600 + 20 * 60);
	assert_int_equal(as("practice-weibo-2", "account/get_uid.json", NULL)->http, 200);
	live_control("clock?at=2026-11-23T00:00:00%2B08:00");
	assert_int_equal(weibo("account/get_uid.json", NULL)->http, 200);
	live_control("quota?name=weibo/user-day&limit=1");
	assert_error(weibo("account/get_uid.json", NULL), 403, 10023);
}

/* ---- faults ---- */

static void test_faults_on_writes(void **state)
{
	(void)state;
	live_control("fault?platform=weibo&kind=drop&op=statuses/share");
	assert_int_equal(share("一 " LINK)->status, HY_EUNSURE);
	assert_int_equal(own(), 1);
	live_control("fault?platform=weibo&kind=500");
	assert_int_equal(share("二 " LINK)->http, 500);
	assert_int_equal(own(), 2);
	live_control("fault?platform=weibo&kind=garbage");
	assert_non_null(strstr(share("三 " LINK)->body, "<html>"));
	assert_int_equal(own(), 3);
	live_control("fault?platform=weibo&kind=big");
	assert_true(share("四 " LINK)->status != HY_OK); /* past the cap of our client */
	assert_int_equal(own(), 4);
	live_control("fault?platform=weibo&kind=down");
	assert_int_equal(share("五 " LINK)->status, HY_EUNSURE);
	assert_int_equal(own(), 4);
	live_control("fault?platform=weibo&kind=error&code=20021&times=2");
	assert_error(share("六 " LINK), 400, 20021);
	live_control("fault?platform=weibo&kind=none");
	assert_int_equal(share("六 " LINK)->http, 200);
	assert_int_equal(own(), 5);
}

static void test_retry_after(void **state)
{
	static const char *const shapes[] = {"7", "-5", "315360000", "soon",
					     "Sun, 22 Nov 2026 09:45:00 GMT"};
	struct hy_net_response *r;

	(void)state;
	for (size_t i = 0; i < HY_LEN(shapes); i++) {
		live_control(hy_strf(live.ctx, "fault?platform=weibo&kind=429&after=%s",
				     live_enc(shapes[i])));
		r = share("一 " LINK);
		assert_int_equal(r->http, 429);
		assert_string_equal(hy_net_response_header(r, "retry-after"), shapes[i]);
	}
	live_control("fault?platform=weibo&kind=429&after=");
	r = share("一 " LINK);
	assert_int_equal(r->http, 429);
	assert_null(hy_net_response_header(r, "retry-after"));
	live_control("fault?platform=weibo&kind=503");
	assert_int_equal(share("一 " LINK)->http, 503);
	assert_int_equal(own(), 0);
}

static void test_late_and_empty(void **state)
{
	const char *id;

	(void)state;
	live_control("fault?platform=weibo&kind=late&secs=90");
	id = hy_json_str(live_json(share("一 " LINK)), "idstr");
	assert_non_null(id);
	assert_int_equal(own(), 0);
	live_control("clock?add=89");
	assert_int_equal(own(), 0);
	live_control("clock?add=1");
	assert_int_equal(own(), 1);
	/* 20032: has it, shows it later */
	live_control("fault?platform=weibo&kind=error&code=20032");
	assert_error(share("二 " LINK), 400, 20032);
	assert_int_equal(own(), 1);
	live_control("clock?add=90");
	assert_int_equal(own(), 2);
	live_control("fault?platform=weibo&kind=empty&on=reads");
	assert_int_equal(own(), 0);
	assert_int_equal(own(), 2);
}

/* Only the account named is met; reads and writes apart. */
static void test_fault_of_one(void **state)
{
	(void)state;
	live_control("fault?platform=weibo&kind=401&on=all&of=shuiwu&times=-1");
	assert_int_equal(weibo("account/get_uid.json", NULL)->http, 200);
	assert_error(as("practice-weibo-2", "account/get_uid.json", NULL), 401, 21332);
	assert_error(as("practice-weibo-2", "comments/create.json", "rip=1"), 401, 21332);
	live_control("fault?platform=weibo&kind=none");
	assert_int_equal(as("practice-weibo-2", "account/get_uid.json", NULL)->http, 200);
}

static void test_drip(void **state)
{
	struct hy_net_response *r;

	(void)state;
	live_control("fault?platform=weibo&kind=drip&ms=1&on=all");
	r = weibo("account/get_uid.json", NULL);
	assert_int_equal(r->http, 200);
	assert_true(hy_json_int(live_json(r), "uid", 0) > 0);
	/* one that hangs is there when the site is closed: see teardown */
	live_control("fault?platform=weibo&kind=hang&secs=60&on=all");
	hy_net_cancel(hy_net_fetch(live.net, &(struct hy_net_request){
		.url = "http://127.0.0.1/2/account/get_uid.json",
		.reach = hy_strf(live.ctx, "127.0.0.1:%d", hy_practice_port(live.site))}, NULL, NULL));
}

/* ---- the fan service ---- */

static void test_message_window(void **state)
{
	const struct hy_json *list;
	char *form;

	(void)state;
	say(hy_strf(live.ctx, "kind=message&name=%s&text=%s", live_enc("街坊"), live_enc("水黄了怎么办")));
	list = hy_json_get(live_state("weibo"), "accounts");
	form = hy_strf(live.ctx, "type=text&receiver_id=%s&data=%s",
		       hy_json_str(list->at[list->n - 1], "id"), live_enc("{\"text\":\"已派人查看\"}"));
	assert_int_equal(weibo("messages/reply.json", form)->http, 200);
	live_control("clock?add=172801");
	assert_error(weibo("messages/reply.json", form), 400, 20301);
	assert_error(weibo("messages/reply.json", "type=text&receiver_id=1&data=%7B%22text%22%3A%22x%22%7D"),
		     400, 20003);
}

#define T(name) cmocka_unit_test_setup_teardown(name, live_setup, live_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_share),		  T(test_share_refuses),    T(test_pictures),
		T(test_mentions_page),	  T(test_comments),	    T(test_tokens),
		T(test_oauth),		  T(test_day_quota),	    T(test_faults_on_writes),
		T(test_retry_after),	  T(test_late_and_empty),   T(test_fault_of_one),
		T(test_drip),		  T(test_message_window),
	};

	hy_xml_init();
	if (hy_crypt_init(NULL))
		return 1;
	return cmocka_run_group_tests_name("practice-weibo", tests, NULL, NULL);
}
