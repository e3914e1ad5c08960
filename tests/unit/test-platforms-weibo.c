/* Weibo against scripted answers: lists with ids past 2^53, writes whose answer is lost, OAuth2. */
#include "tests/unit/test-platforms.h"

static void *ctx;

static int setup(void **state)
{
	(void)state;
	ctx = talloc_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	talloc_free(ctx);
	return 0;
}

/* ---- lists ---- */

static void start_page(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
		       const void *arg)
{
	hy_weibo_page(net, peer, arg, on_page, g);
}

#define STATUS                                                                                     \
	"{\"created_at\":\"Wed Oct 24 23:49:17 +0800 2012\",\"id\":3504803600502700,"              \
	"\"idstr\":\"3504803600502730\",\"mid\":\"3504803600502730\",\"text\":\"@临江发布 "    \
	"停水了\","                                                                             \
	"\"user\":{\"id\":9007199254740993,\"screen_name\":\"某人\"},\"visible\":{\"type\":0}}"

static void test_mentions(void **state)
{
	const struct hy_weibo_page_request what = {
		.list = HY_WEIBO_MENTIONS, .since = "3504803600502729", .count = 200};
	struct got g = run_call(
		ctx, start_page, &what,
		"200 OK\r\nX-RateLimit-Remaining: 97\r\nX-RateLimit-Reset: 600",
		"{\"statuses\":[" STATUS ",{\"id\":9223372036854775807,\"text\":\"b\","
		"\"deleted\":\"1\"},{\"text\":\"no id\"},"
		"{\"id\":4611686018427387905,\"text\":\"c\",\"visible\":{\"type\":3,\"list_id\":1},"
		"\"retweeted_status\":{\"idstr\":\"9007199254740995\"}}],\"total_number\":3}");

	(void)state;
	assert_int_equal(g.status, HY_OK);
	assert_int_equal(g.page.n, 3);
	assert_int_equal(g.page.skipped, 1);
	assert_string_equal(g.page.entries[0].id, "3504803600502730"); /* idstr, not the number */
	assert_string_equal(g.page.entries[0].author, "9007199254740993"); /* 2^53 + 1 */
	assert_string_equal(g.page.entries[0].text, "@临江发布 停水了");
	assert_int_equal(g.page.entries[0].posted, INT64_C(1351093757000));
	assert_false(g.page.entries[0].not_public);
	assert_string_equal(g.page.entries[1].id, "9223372036854775807");
	assert_true(g.page.entries[1].removed);
	assert_true(g.page.entries[2].not_public);
	assert_string_equal(g.page.entries[2].on, "9007199254740995");
	assert_string_equal(g.page.next, "3504803600502729");
	assert_int_equal(g.page.left, 97);
	assert_int_equal(g.page.reset, TEST_NOW + 600 * HY_SECOND);
	assert_non_null(strstr(g.request, "GET /2/statuses/mentions.json?since_id=3504803600502729&"
					  "count=200&isGetLongText=1 HTTP/1.1\r\n"));
	assert_non_null(strstr(g.request, "Authorization: OAuth2 " TEST_SECRET "\r\n"));
}

static void test_comments(void **state)
{
	struct hy_weibo_page_request what = {.list = HY_WEIBO_COMMENTS_TO_ME,
					     .up_to = "99999999999999999"};
	struct got g = run_call(
		ctx, start_page, &what, "200 OK",
		"{\"comments\":[{\"id\":100000000000000001,\"text\":\"何时来水\",\"created_at\":"
		"\"Mon Jul 16 18:09:20 +0800 "
		"2012\",\"user\":{\"idstr\":\"7\"},\"status\":{\"idstr\":"
		"\"3504803600502730\"},\"reply_comment\":{\"id\":100000000000000000}}],"
		"\"total_number\":1}");

	(void)state;
	assert_int_equal(g.status, HY_OK);
	assert_int_equal(g.page.entries[0].kind, HY_ENTRY_COMMENT);
	assert_string_equal(g.page.entries[0].on, "3504803600502730");
	assert_string_equal(g.page.entries[0].parent, "100000000000000000");
	assert_string_equal(g.page.next, "100000000000000000");
	assert_int_equal(g.page.left, -1);
	assert_non_null(
		strstr(g.request, "/2/comments/to_me.json?max_id=99999999999999999&count=50"));
	what = (struct hy_weibo_page_request){.list = HY_WEIBO_COMMENTS_OF, .post = "12"};
	g = run_call(ctx, start_page, &what, "200 OK", "[]");
	assert_int_equal(g.status, HY_OK);
	assert_int_equal(g.page.n, 0);
	assert_null(g.page.next);
	assert_non_null(strstr(g.request, "/2/comments/show.json?id=12&count=50"));
}

static void test_page_failures(void **state)
{
	static const struct hy_weibo_page_request what = {.list = HY_WEIBO_OWN};
	static const struct hy_weibo_page_request bad[] = {
		{.list = HY_WEIBO_COMMENTS_OF},
		{.list = HY_WEIBO_OWN, .since = "1&x=2"},
		{.list = HY_WEIBO_OWN, .up_to = ""},
		{.list = HY_WEIBO_OWN, .count = 201},
	};
	static const struct {
		const char *head, *body;
		enum hy_status want;
	} rows[] = {
		{NULL, NULL, HY_ETEMP},
		{"200 OK", "<html>", HY_ETEMP},
		{"200 OK", "{}", HY_ETEMP},
		{"200 OK", "{\"statuses\":{}}", HY_ETEMP},
		{"502 Bad Gateway", "<html>", HY_ETEMP},
		{"401 No", "{}", HY_EAUTH},
		{"429 Slow\r\nRetry-After: 7", "", HY_EWAIT},
		{"403 F", "{\"error_code\":\"10023\",\"error\":\"limit\"}", HY_EWAIT},
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(rows); i++)
		assert_int_equal(
			run_call(ctx, start_page, &what, rows[i].head, rows[i].body).status,
			rows[i].want);
	for (size_t i = 0; i < HY_LEN(bad); i++)
		assert_int_equal(run_call(ctx, start_page, &bad[i], "200 OK", "[]").status,
				 HY_EINPUT);
	/* the header says when: better than our guess */
	struct got g = run_call(ctx, start_page, &what, "400 Bad\r\nX-RateLimit-Reset: 120",
				"{\"error_code\":10022}");
	assert_int_equal(g.status, HY_EWAIT);
	assert_int_equal(g.err.until, TEST_NOW + 120 * HY_SECOND);
	assert_int_equal(run_unreachable(ctx, start_page, &what).status, HY_ETEMP);
}

static void start_show(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
		       const void *arg)
{
	hy_weibo_show(net, peer, arg, on_page, g);
}

static void test_show(void **state)
{
	struct got g = run_call(ctx, start_show, "12", "200 OK",
				"{\"idstr\":\"12\",\"text\":\"短…全文\",\"isLongText\":true,"
				"\"longText\":{\"longTextContent\":\"全文如此\"}}");

	(void)state;
	assert_int_equal(g.status, HY_OK);
	assert_string_equal(g.page.entries[0].text, "全文如此");
	assert_false(g.page.entries[0].cut);
	assert_non_null(strstr(g.request, "/2/statuses/show.json?id=12&isGetLongText=1"));
	g = run_call(ctx, start_show, "12", "200 OK",
		     "{\"idstr\":\"12\",\"text\":\"短\",\"isLongText\":true}");
	assert_true(g.page.entries[0].cut);
	assert_int_equal(run_call(ctx, start_show, "12", "400 B", "{\"error_code\":20101}").status,
			 HY_ENOTFOUND);
}

static void test_time(void **state)
{
	static const char *const bad[] = {"",
					  "Wed Oct 24 23:49:17 +0800",
					  "Wed Oct 24 23:49:17 +0800 2012x",
					  "Wed ctO 24 23:49:17 +0800 2012",
					  "Wed Oct 32 23:49:17 +0800 2012",
					  "Wed Oct 24 24:49:17 +0800 2012",
					  "Wed Oct 24 23:49:17 *0800 2012",
					  "2012-10-24T23:49:17+08:00"};
	hy_time t = 5;

	(void)state;
	assert_true(hy_weibo_time("Thu Jan 01 00:00:00 +0000 1970", &t));
	assert_int_equal(t, 0);
	assert_true(hy_weibo_time("Sun Nov 29 12:00:00 -0330 2026", &t));
	assert_int_equal(t, INT64_C(1795966200000));
	for (size_t i = 0; i < HY_LEN(bad); i++)
		assert_false(hy_weibo_time(bad[i], &t));
	assert_false(hy_weibo_time(NULL, &t));
	assert_int_equal(t, INT64_C(1795966200000)); /* untouched */
}

/* ---- writing ---- */

static void start_send(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
		       const void *arg)
{
	hy_weibo_send(net, peer, arg, on_post, g);
}

static void test_send(void **state)
{
	static const char png[] = "\x89PNG\r\n\x1a\n--x\r\n";
	static const struct hy_platform_file picture = {"a.png", "image/png", png, sizeof(png)};
	struct hy_weibo_draft d = {.text = "供水正常 100% http://office.example/1 ",
				   .ip = "203.0.113.9"};
	struct got g = run_call(ctx, start_send, &d, "200 OK", STATUS);

	(void)state;
	assert_int_equal(g.status, HY_OK);
	assert_string_equal(g.post.id, "3504803600502730");
	assert_non_null(strstr(g.request, "POST /2/statuses/share.json HTTP/1.1\r\n"));
	/* encoded once */
	assert_non_null(strstr(g.request,
			       "\r\n\r\nstatus=%E4%BE%9B%E6%B0%B4%E6%AD%A3%E5%B8%B8%20100%25%20"
			       "http%3A%2F%2Foffice.example%2F1%20&rip=203.0.113.9"));
	d.picture = &picture;
	g = run_call(ctx, start_send, &d, "200 OK", STATUS);
	assert_int_equal(g.status, HY_OK);
	assert_non_null(strstr(g.request, "Content-Type: multipart/form-data; boundary=huying-"));
	assert_non_null(
		strstr(g.request, "name=\"pic\"; filename=\"a.png\"\r\nContent-Type: image/png"));
	assert_non_null(strstr(g.request, "name=\"status\"\r\n\r\n供水正常"));
	d = (struct hy_weibo_draft){.text = "已派人", .post = "12", .comment = "34"};
	g = run_call(ctx, start_send, &d, "200 OK", "{\"id\":56,\"text\":\"回复@x:已派人\"}");
	assert_int_equal(g.status, HY_OK);
	assert_string_equal(g.post.id, "56");
	assert_non_null(strstr(g.request, "POST /2/comments/reply.json"));
	assert_non_null(strstr(g.request, "\r\n\r\nid=12&cid=34&comment="));
	d.comment = NULL;
	g = run_call(ctx, start_send, &d, "200 OK", "{\"id\":56,\"text\":\"已派人\"}");
	assert_non_null(strstr(g.request, "POST /2/comments/create.json"));
}

static void test_send_failures(void **state)
{
	static char big[10 << 20];
	static const struct hy_weibo_draft d = {.text = "通报"};
	static const struct hy_weibo_draft bad[] = {
		{.text = ""},
		{.text = NULL},
		{.text = "a", .post = "x"},
		{.text = "a", .comment = "1"},
		{.text = "a", .post = "1", .comment = "2 3"},
	};
	const struct {
		const char *head, *body;
		enum hy_status want;
	} rows[] = {
		{NULL, NULL, HY_EUNSURE},
		{"500 Oops", "{}", HY_EUNSURE},
		{"200 OK", "<html>", HY_EUNSURE},
		{"200 OK", "{}", HY_EUNSURE},
		{"200 OK", "[]", HY_EUNSURE},
		{"200 OK", big, HY_EUNSURE},
		{"302 Found\r\nLocation: /", "", HY_EPERM},
		{"401 No", "{\"error_code\":21332,\"error\":\"x\"}", HY_EAUTH},
		{"400 B", "{\"error_code\":20019,\"error\":\"repeat content\"}", HY_EUNSURE},
		{"400 B", "{\"error_code\":10017,\"error\":\"text not find domain!\"}", HY_EPERM},
		{"429 Slow", "", HY_EWAIT},
	};

	(void)state;
	memset(big, ' ', sizeof(big) - 1);
	for (size_t i = 0; i < HY_LEN(rows); i++) {
		struct got g = run_call(ctx, start_send, &d, rows[i].head, rows[i].body);

		if (g.status != rows[i].want)
			fail_msg("row %zu: %s", i, hy_status_name(g.status));
	}
	for (size_t i = 0; i < HY_LEN(bad); i++)
		assert_int_equal(run_call(ctx, start_send, &bad[i], "200 OK", STATUS).status,
				 HY_EINPUT);
	assert_int_equal(run_unreachable(ctx, start_send, &d).status, HY_ETEMP);
}

struct lookup {
	bool comments;
	const char *text;
	hy_time not_before;
};
static void start_find(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
		       const void *arg)
{
	const struct lookup *l = arg;

	hy_weibo_find(net, peer, l->comments, l->text, l->not_before, on_post, g);
}

#define LIST(text)                                                                                 \
	"{\"statuses\":[{\"idstr\":\"9\",\"text\":\"别的\"},{\"idstr\":\"8\",\"text\":\"" text     \
	"\",\"created_at\":\"Wed Oct 24 23:49:17 +0800 2012\"}]}"

static void test_find(void **state)
{
	struct lookup l = {.text = "供水 正常，详见 https://office.example/p/1 谢谢"};

	(void)state;
	/* the address was shortened, the full width differs, blanks between Han fell away */
	struct got g = run_call(ctx, start_find, &l, "200 OK",
				LIST("供水正常，详见 http://t.cn/A6abc 谢谢"));
	assert_int_equal(g.status, HY_OK);
	assert_string_equal(g.post.id, "8");
	assert_non_null(strstr(g.request, "GET /2/statuses/user_timeline.json?count=100"));
	l.not_before = INT64_C(1351093757001);
	g = run_call(ctx, start_find, &l, "200 OK", LIST("供水正常，详见 http://t.cn/A6abc 谢谢"));
	assert_int_equal(g.status, HY_ENOTFOUND);
	l.not_before = 0;
	g = run_call(ctx, start_find, &l, "200 OK", LIST("供水正常，详见 http://t.cn/A6abc 谢"));
	assert_int_equal(g.status, HY_ENOTFOUND);
	l = (struct lookup){.comments = true, .text = "已派人"};
	g = run_call(ctx, start_find, &l, "200 OK",
		     "{\"comments\":[{\"id\":5,\"text\":\"回复@某人:已派人\"}]}");
	assert_int_equal(g.status, HY_OK);
	assert_string_equal(g.post.id, "5");
	/* a failing look-up never says absent */
	assert_int_equal(run_call(ctx, start_find, &l, "200 OK", "{}").status, HY_ETEMP);
	assert_int_equal(run_call(ctx, start_find, &l, NULL, NULL).status, HY_ETEMP);
	assert_int_equal(run_call(ctx, start_find, &l, "404 N", "").status, HY_ETEMP);
}

static void start_message(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
			  const void *arg)
{
	hy_weibo_message(net, peer, arg, "您好 & 再见", on_post, g);
}

static void start_media(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
			const void *arg)
{
	hy_weibo_media(net, peer, arg, on_raw, g);
}

static void test_message_media(void **state)
{
	struct got g = run_call(ctx, start_message, "2345", "200 OK", "{\"result\":true}");

	(void)state;
	assert_int_equal(g.status, HY_OK);
	assert_non_null(strstr(g.request, "POST /2/messages/reply.json HTTP/1.1\r\n"));
	assert_non_null(strstr(g.request, "&type=text&data=%7B%22text%22%3A%22%E6%82%A8%E5%A5%BD%20"
					  "%26%20%E5%86%8D%E8%A7%81%22%7D&receiver_id=2345"));
	assert_int_equal(
		run_call(ctx, start_message, "2345", "200 OK", "{\"result\":\"true\"}").status,
		HY_OK);
	assert_int_equal(
		run_call(ctx, start_message, "2345", "200 OK", "{\"result\":false}").status,
		HY_EUNSURE);
	assert_int_equal(run_call(ctx, start_message, "2345", "200 OK", "{}").status, HY_EUNSURE);
	assert_int_equal(run_call(ctx, start_message, "x", "200 OK", "{}").status, HY_EINPUT);
	assert_int_equal(run_call(ctx, start_message, "2345", "400 B",
				  "{\"errcode\":20301,\"errmsg\":\"x\"}")
				 .status,
			 HY_EPERM);
	g = run_call(ctx, start_media, "77", "200 OK\r\nContent-Type: image/jpeg", "bytes");
	assert_int_equal(g.status, HY_OK);
	assert_int_equal(g.n, 5);
	char *large =
		hy_new_array(ctx, char, (1 << 20) + 1); /* a picture is larger than an answer */
	memset(large, 'x', 1 << 20);
	g = run_call(ctx, start_media, "77", "200 OK\r\nContent-Type: image/jpeg", large);
	assert_int_equal(g.status, HY_OK);
	assert_int_equal(g.n, 1 << 20);
	assert_null(strstr(strtok(g.request, "\r"), TEST_SECRET)); /* not in the URL */
	assert_int_equal(
		run_call(ctx, start_media, "77", "200 OK", "{\"error_code\":21327}").status,
		HY_EAUTH);
}

/* ---- texts ---- */

static void test_length(void **state)
{
	(void)state;
	assert_int_equal(hy_weibo_length(""), 0);
	assert_int_equal(hy_weibo_length("a"), 1);
	assert_int_equal(hy_weibo_length("ab"), 1);
	assert_int_equal(hy_weibo_length("abc"), 2);
	assert_int_equal(hy_weibo_length("中文"), 2);
	assert_int_equal(hy_weibo_length("中a"), 2);
	assert_int_equal(hy_weibo_length("é"), 1); /* not ASCII: the stricter of two rules */
	assert_int_equal(hy_weibo_length("😀"), 2);
}

static void test_check(void **state)
{
	char *full = hy_strdup(ctx, "");

	(void)state;
	for (int i = 0; i < 140; i++)
		full = hy_strf(ctx, "%s字", full);
	assert_int_equal(hy_weibo_check(full, 0, NULL, NULL), HY_OK);
	assert_int_equal(hy_weibo_check(hy_strf(ctx, "%sx", full), 0, NULL, NULL), HY_EINPUT);
	assert_int_equal(hy_weibo_check(hy_strf(ctx, "%sx", full), 141, NULL, NULL), HY_OK);
	assert_int_equal(hy_weibo_check("", 0, NULL, NULL), HY_EINPUT);
	assert_int_equal(hy_weibo_check("通报", 0, "office.example", NULL), HY_EINPUT);
	assert_int_equal(hy_weibo_check("通报", 0, "", NULL), HY_EINPUT);
	assert_int_equal(
		hy_weibo_check("见 https://www.office.example/1", 0, "office.example", NULL),
		HY_OK);
	assert_int_equal(
		hy_weibo_check("见 https://notoffice.example/1", 0, "office.example", NULL),
		HY_EINPUT);
	assert_int_equal(
		hy_weibo_check("见 https://evil.example/office.example", 0, "office.example", NULL),
		HY_EINPUT);
	assert_int_equal(
		hy_weibo_check("见 https://office.example:8/1 后", 0, "office.example", NULL),
		HY_OK);
	assert_int_equal(hy_weibo_check("见 https://office.example/1后", 0, "office.example", NULL),
			 HY_EINPUT);
	assert_int_equal(hy_weibo_check("#停水# http://office.example/", 0, "", NULL), HY_EINPUT);
	assert_int_equal(hy_weibo_check("1# 楼 http://office.example/#a", 0, "", NULL), HY_OK);
}

/* ---- OAuth2 ---- */

static void start_token(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
			const void *arg)
{
	hy_weibo_token(net, peer, arg, "https://office.example/back", on_token, g);
}

static void start_info(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
		       const void *arg)
{
	(void)arg;
	hy_weibo_token_info(net, peer, on_token, g);
}

static void start_revoke(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
			 const void *arg)
{
	(void)arg;
	hy_weibo_revoke(net, peer, on_raw, g);
}

#define GOOD "\"access_token\":\"2.00abcdefghijklmnop\""

static void test_token(void **state)
{
	static const struct {
		const char *body;
		enum hy_status want;
		int64_t expires;
	} rows[] = {
		{"{" GOOD ",\"expires_in\":\"2626641\",\"uid\":\"1\"}", HY_OK, 2626641},
		{"{" GOOD ",\"expires_in\":157679999,\"remind_in\":\"1\",\"uid\":1}", HY_OK,
		 157679999},
		{"{" GOOD "}", HY_OK, 0},
		{"{" GOOD ",\"expires_in\":0}", HY_EPERM, 0},
		{"{" GOOD ",\"expires_in\":-5}", HY_EPERM, 0},
		{"{" GOOD ",\"expires_in\":999999999999}", HY_EPERM, 0}, /* the year 33658 */
		{"{" GOOD ",\"expires_in\":1010000000}", HY_EPERM, 0},	 /* 2058 */
		{"{\"access_token\":\"\",\"expires_in\":5}", HY_EPERM, 0},
		{"{\"access_token\":\"2.0 0abcdefghijklmnop\",\"expires_in\":5}", HY_EPERM, 0},
		{"{\"expires_in\":5}", HY_EPERM, 0},
		{"{\"error\":\"invalid_grant\",\"error_code\":21325,\"error_description\":\"x\"}",
		 HY_EAUTH, 0},
		{"{\"error\":\"invalid_client\",\"error_code\":\"21324\"}", HY_EREFUSED, 0},
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(rows); i++) {
		struct got g = run_call(ctx, start_token, "c0de", "200 OK", rows[i].body);

		if (g.status != rows[i].want)
			fail_msg("row %zu: %s", i, hy_status_name(g.status));
		assert_int_equal(g.token.expires,
				 rows[i].expires ? TEST_NOW + rows[i].expires * HY_SECOND : 0);
		assert_non_null(strstr(g.request, "POST /oauth2/access_token HTTP/1.1\r\n"));
		assert_non_null(strstr(g.request,
				       "\r\n\r\nclient_id=app-1&client_secret=" TEST_SECRET
				       "&grant_type=authorization_code&code=c0de&"
				       "redirect_uri=https%3A%2F%2Foffice.example%2Fback"));
	}
	assert_int_equal(run_call(ctx, start_token, "c", NULL, NULL).status, HY_EUNSURE);
}

static void test_info_revoke(void **state)
{
	struct got g = run_call(ctx, start_info, NULL, "200 OK",
				"{\"uid\":1073880650,\"appkey\":\"app-1\",\"scope\":null,"
				"\"create_at\":1352267591,\"expire_in\":\"157679471\"}");

	(void)state;
	assert_int_equal(g.status, HY_OK);
	assert_string_equal(g.token.uid, "1073880650");
	assert_int_equal(g.token.expires, TEST_NOW + INT64_C(157679471000));
	assert_string_equal(g.token.access, TEST_SECRET);
	g = run_call(ctx, start_info, NULL, "200 OK",
		     "{\"uid\":1,\"appkey\":\"other\",\"expire_in\":5}");
	assert_int_equal(g.status, HY_EAUTH);
	assert_int_equal(run_call(ctx, start_info, NULL, "400 B", "{\"error_code\":21327}").status,
			 HY_EAUTH);
	assert_int_equal(
		run_call(ctx, start_revoke, NULL, "200 OK", "{\"result\":\"true\"}").status, HY_OK);
	assert_int_equal(run_call(ctx, start_revoke, NULL, "200 OK", "{\"result\":false}").status,
			 HY_EUNSURE);
	const struct hy_platform_peer peer = {.login = "app-1"};
	assert_string_equal(
		hy_weibo_authorise_url(ctx, &peer, "https://o.example/b?a=1", "all", "st"),
		"https://api.weibo.com/oauth2/authorize?client_id=app-1&redirect_uri="
		"https%3A%2F%2Fo.example%2Fb%3Fa%3D1&response_type=code&scope=all&state=st");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_mentions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_comments, setup, teardown),
		cmocka_unit_test_setup_teardown(test_page_failures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_show, setup, teardown),
		cmocka_unit_test_setup_teardown(test_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_send, setup, teardown),
		cmocka_unit_test_setup_teardown(test_send_failures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_find, setup, teardown),
		cmocka_unit_test_setup_teardown(test_message_media, setup, teardown),
		cmocka_unit_test_setup_teardown(test_length, setup, teardown),
		cmocka_unit_test_setup_teardown(test_check, setup, teardown),
		cmocka_unit_test_setup_teardown(test_token, setup, teardown),
		cmocka_unit_test_setup_teardown(test_info_revoke, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
