/* WeChat against scripted answers: HTTP 200 for everything, errcode decides; what a key protects,
 * and what it does not. */
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

/* ---- tokens ---- */

static void start_token(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
			const void *arg)
{
	hy_wechat_token(net, peer, arg != NULL, on_token, g);
}

static void test_token(void **state)
{
	static const struct {
		const char *head, *body;
		enum hy_status want;
	} rows[] = {
		{"200 OK", "{\"access_token\":\"0123456789abcdef\",\"expires_in\":7200}", HY_OK},
		{"200 OK", "{\"access_token\":\"\",\"expires_in\":7200}", HY_EPERM},
		{"200 OK", "{\"access_token\":\"0123456789abcdef\",\"expires_in\":0}", HY_EPERM},
		{"200 OK", "{}", HY_EPERM},
		{"200 OK", "<html>", HY_ETEMP},
		{"200 OK", "{\"errcode\":40125,\"errmsg\":\"invalid appsecret rid: 6\"}", HY_EREFUSED},
		{"200 OK", "{\"errcode\":40164,\"errmsg\":\"invalid ip 203.0.113.9\"}", HY_EREFUSED},
		{"200 OK", "{\"errcode\":-1,\"errmsg\":\"system error\"}", HY_ETEMP},
		{"200 OK", "{\"errcode\":45009,\"errmsg\":\"reach max\"}", HY_EWAIT},
		{"500 Oops", "", HY_ETEMP},
		{NULL, NULL, HY_ETEMP}, /* asking again is harmless */
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(rows); i++) {
		struct got g = run_call(ctx, start_token, NULL, rows[i].head, rows[i].body);

		if (g.status != rows[i].want)
			fail_msg("row %zu: %s", i, hy_status_name(g.status));
	}
	struct got g = run_call(ctx, start_token, "force", "200 OK", rows[0].body);
	assert_int_equal(g.token.expires, TEST_NOW + 7200 * HY_SECOND);
	assert_string_equal(g.token.app, "app-1");
	/* the secret is in the body, not in the URL */
	assert_non_null(strstr(g.request, "POST /cgi-bin/stable_token HTTP/1.1\r\n"));
	assert_non_null(strstr(g.request, "{\"grant_type\":\"client_credential\",\"appid\":\"app-1\","
					  "\"secret\":\"" TEST_SECRET "\",\"force_refresh\":true}"));
}

/* ---- messages ---- */

static void start_message(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
			  const void *arg)
{
	hy_wechat_message(net, peer, arg, "您的诉求\n已受理 \"A\"", on_post, g);
}

static void test_message(void **state)
{
	static const struct {
		const char *head, *body;
		enum hy_status want;
	} rows[] = {
		{"200 OK", "{\"errcode\":0,\"errmsg\":\"ok\"}", HY_OK},
		{"200 OK", "{}", HY_EUNSURE}, /* nothing says that it was sent */
		{"200 OK", "[]", HY_EUNSURE},
		{"200 OK", "", HY_EUNSURE},
		{"200 OK", "{\"errcode\":45015,\"errmsg\":\"out of time\"}", HY_EPERM},
		{"200 OK", "{\"errcode\":45047}", HY_EPERM},
		{"200 OK", "{\"errcode\":-1}", HY_EUNSURE},
		{"502 Bad Gateway", "", HY_EUNSURE},
		{NULL, NULL, HY_EUNSURE},
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(rows); i++) {
		struct got g = run_call(ctx, start_message, "oABC-_1", rows[i].head, rows[i].body);

		if (g.status != rows[i].want)
			fail_msg("row %zu: %s", i, hy_status_name(g.status));
		/* raw UTF-8: the platform would show \u escapes */
		assert_non_null(strstr(g.request,
				       "{\"touser\":\"oABC-_1\",\"msgtype\":\"text\",\"text\":"
				       "{\"content\":\"您的诉求\\n已受理 \\\"A\\\"\"}}"));
		assert_non_null(strstr(g.request, "POST /cgi-bin/message/custom/send?access_token="));
	}
	assert_int_equal(run_call(ctx, start_message, "", "200 OK", "{}").status, HY_EINPUT);
	assert_int_equal(run_unreachable(ctx, start_message, "o1").status, HY_ETEMP);
}

/* ---- articles ---- */

static struct hy_wechat_article article(void)
{
	return (struct hy_wechat_article){.title = "停水通知",
					  .writer = "临江发布",
					  .html = "<p>正文</p>",
					  .source = "https://office.example/1",
					  .thumb = "thumb-1"};
}

static void start_draft(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
			const void *arg)
{
	hy_wechat_draft(net, peer, arg, on_post, g);
}

static char *repeat(const char *s, int n)
{
	char *out = hy_new_array(ctx, char, strlen(s) * (size_t)n + 1), *p = out;

	for (int i = 0; i < n; i++) {
		memcpy(p, s, strlen(s));
		p += strlen(s);
	}
	*p = '\0';
	return out;
}

static void test_draft(void **state)
{
	struct hy_wechat_article a = article();
	struct got g = run_call(ctx, start_draft, &a, "200 OK", "{\"media_id\":\"m-1\"}");

	(void)state;
	assert_int_equal(g.status, HY_OK);
	assert_string_equal(g.post.id, "m-1");
	assert_non_null(strstr(g.request, "\"title\":\"停水通知\",\"author\":\"临江发布\""));
	assert_non_null(strstr(g.request, "\"thumb_media_id\":\"thumb-1\""));
	assert_int_equal(run_call(ctx, start_draft, &a, "200 OK", "{}").status, HY_EUNSURE);
	/* each limit, and one past it */
	a.title = repeat("字", 32);
	assert_int_equal(hy_wechat_article_check(&a, NULL), HY_OK);
	a.title = repeat("字", 33);
	assert_int_equal(hy_wechat_article_check(&a, NULL), HY_EINPUT);
	assert_int_equal(run_call(ctx, start_draft, &a, "200 OK", "{}").status, HY_EINPUT);
	a = article();
	a.writer = repeat("字", 17);
	assert_int_equal(hy_wechat_article_check(&a, NULL), HY_EINPUT);
	a = article();
	a.digest = repeat("字", 128);
	assert_int_equal(hy_wechat_article_check(&a, NULL), HY_OK);
	a.digest = repeat("字", 129);
	assert_int_equal(hy_wechat_article_check(&a, NULL), HY_EINPUT);
	a = article();
	a.html = repeat("字", 19999);
	assert_int_equal(hy_wechat_article_check(&a, NULL), HY_OK);
	a.html = repeat("字", 20000);
	assert_int_equal(hy_wechat_article_check(&a, NULL), HY_EINPUT);
	a = article();
	a.source = repeat("a", 1025);
	assert_int_equal(hy_wechat_article_check(&a, NULL), HY_EINPUT);
	a = article();
	a.thumb = NULL;
	assert_int_equal(hy_wechat_article_check(&a, NULL), HY_EINPUT);
}

static void start_publish(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
			  const void *arg)
{
	hy_wechat_publish(net, peer, arg, on_post, g);
}

static void start_published(struct hy_net *net, const struct hy_platform_peer *peer,
			    struct got *g, const void *arg)
{
	hy_wechat_published(net, peer, arg, on_post, g);
}

static void start_delete(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
			 const void *arg)
{
	hy_wechat_draft_delete(net, peer, arg, on_post, g);
}

static void test_publish(void **state)
{
	static const struct {
		const char *body;
		enum hy_status want;
	} rows[] = {
		{"{\"errcode\":0,\"publish_id\":\"1\",\"publish_status\":0,\"article_id\":\"a-1\","
		 "\"article_detail\":{\"count\":1,\"item\":[{\"idx\":1,\"article_url\":\"http://w/1\"}]}}",
		 HY_OK},
		{"{\"publish_status\":1}", HY_ETEMP},
		{"{\"publish_status\":2}", HY_EPERM},
		{"{\"publish_status\":3}", HY_EPERM},
		{"{\"publish_status\":4}", HY_EPERM},
		{"{\"publish_status\":5}", HY_ENOTFOUND},
		{"{\"publish_status\":6}", HY_EPERM},
		{"{\"publish_status\":7}", HY_ETEMP},
		{"{\"publish_status\":0}", HY_ETEMP}, /* public, but where? */
		{"{}", HY_ETEMP},
	};

	(void)state;
	/* an id past 2^53, as a number and as a string */
	struct got g = run_call(ctx, start_publish, "m-1", "200 OK",
				"{\"errcode\":0,\"publish_id\":9007199254740993,\"msg_data_id\":2}");
	assert_int_equal(g.status, HY_OK);
	assert_string_equal(g.post.id, "9007199254740993");
	g = run_call(ctx, start_publish, "m-1", "200 OK",
		     "{\"errcode\":0,\"publish_id\":\"100000001\"}");
	assert_string_equal(g.post.id, "100000001");
	assert_int_equal(run_call(ctx, start_publish, "m-1", "200 OK", "{\"errcode\":0}").status,
			 HY_EUNSURE);
	assert_int_equal(run_call(ctx, start_publish, "m-1", "200 OK", "{\"errcode\":48001}").status,
			 HY_EAUTH);
	for (size_t i = 0; i < HY_LEN(rows); i++) {
		g = run_call(ctx, start_published, "100000001", "200 OK", rows[i].body);
		if (g.status != rows[i].want)
			fail_msg("row %zu: %s", i, hy_status_name(g.status));
		if (g.status == HY_OK)
			assert_string_equal(g.post.url, "http://w/1");
	}
	assert_int_equal(run_call(ctx, start_delete, "m-1", "200 OK", "{\"errcode\":0}").status,
			 HY_OK);
	assert_int_equal(run_call(ctx, start_delete, "m 1", "200 OK", "{\"errcode\":0}").status,
			 HY_EINPUT);
}

static void start_articles(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
			   const void *arg)
{
	hy_wechat_articles(net, peer, arg, on_page, g);
}

static void test_articles(void **state)
{
	struct got g = run_call(
		ctx, start_articles, NULL, "200 OK",
		"{\"total_count\":3,\"item_count\":2,\"item\":[{\"article_id\":\"a-2\",\"content\":"
		"{\"news_item\":[{\"title\":\"停水\",\"content\":\"<p>x</p>\",\"url\":\"http://w/2\","
		"\"is_deleted\":false}]},\"update_time\":1795241100},{\"content\":{}}]}");

	(void)state;
	assert_int_equal(g.status, HY_OK);
	assert_int_equal(g.page.n, 1);
	assert_int_equal(g.page.skipped, 1);
	assert_string_equal(g.page.entries[0].title, "停水");
	assert_int_equal(g.page.entries[0].posted, TEST_NOW);
	assert_string_equal(g.page.next, "2");
	assert_non_null(strstr(g.request, "{\"offset\":0,\"count\":20,\"no_content\":0}"));
	g = run_call(ctx, start_articles, "2", "200 OK", "{\"total_count\":3,\"item\":[{}]}");
	assert_int_equal(g.status, HY_OK);
	assert_null(g.page.next);
	assert_int_equal(run_call(ctx, start_articles, "x", "200 OK", "{}").status, HY_EINPUT);
	assert_int_equal(run_call(ctx, start_articles, NULL, "200 OK", "{}").status, HY_ETEMP);
}

/* ---- mass sends ---- */

static void start_mass(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
		       const void *arg)
{
	hy_wechat_mass(net, peer, arg, on_post, g);
}

static void start_state(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
			const void *arg)
{
	hy_wechat_mass_state(net, peer, arg, on_post, g);
}

static void test_mass(void **state)
{
	struct hy_wechat_mass m = {.media_id = "m-1", .key = "hy-42"};
	static const struct hy_wechat_mass bad[] = {
		{.media_id = "m", .text = "t", .key = "k"},
		{.key = "k"},
		{.text = "t"},
		{.text = "t", .key = "k k"},
		{.text = "t", .key = "k", .tag = "all"},
	};

	(void)state;
	struct got g = run_call(ctx, start_mass, &m, "200 OK",
				"{\"errcode\":0,\"errmsg\":\"send job submission success\","
				"\"msg_id\":9007199254740993,\"msg_data_id\":206227730}");
	assert_int_equal(g.status, HY_OK);
	assert_string_equal(g.post.id, "9007199254740993");
	assert_non_null(strstr(g.request, "{\"filter\":{\"is_to_all\":true},\"mpnews\":{\"media_id\":"
					  "\"m-1\"},\"msgtype\":\"mpnews\",\"send_ignore_reprint\":0,"
					  "\"clientmsgid\":\"hy-42\"}"));
	/* the key was used: the first one's id is told, and it is done */
	g = run_call(ctx, start_mass, &m, "200 OK",
		     "{\"errcode\":45065,\"errmsg\":\"clientmsgid exist\",\"msg_id\":777}");
	assert_int_equal(g.status, HY_OK);
	assert_string_equal(g.post.id, "777");
	assert_int_equal(run_call(ctx, start_mass, &m, "200 OK", "{\"errcode\":45065}").status,
			 HY_EUNSURE);
	g = run_call(ctx, start_mass, &m, "200 OK", "{\"errcode\":45066}");
	assert_int_equal(g.status, HY_EWAIT);
	assert_int_equal(g.err.until, TEST_NOW + HY_MINUTE);
	assert_int_equal(run_call(ctx, start_mass, &m, NULL, NULL).status, HY_EUNSURE);
	m = (struct hy_wechat_mass){.text = "通报", .tag = "2", .key = "k"};
	g = run_call(ctx, start_mass, &m, "200 OK", "{\"errcode\":0,\"msg_id\":1}");
	assert_non_null(strstr(g.request, "{\"is_to_all\":false,\"tag_id\":2},\"text\":{\"content\":"));
	for (size_t i = 0; i < HY_LEN(bad); i++)
		assert_int_equal(run_call(ctx, start_mass, &bad[i], "200 OK", "{}").status,
				 HY_EINPUT);
	static const struct {
		const char *word;
		enum hy_status want;
	} states[] = {{"SEND_SUCCESS", HY_OK},	 {"SEND SUCCESS", HY_OK},   {"SENDING", HY_ETEMP},
		      {"SEND_FAIL", HY_EPERM},	 {"SEND FAIL", HY_EPERM},   {"DELETE", HY_ENOTFOUND},
		      {"SEND_SUCCESSX", HY_ETEMP}, {"", HY_ETEMP}};
	for (size_t i = 0; i < HY_LEN(states); i++) {
		g = run_call(ctx, start_state, "777", "200 OK",
			     hy_strf(ctx, "{\"msg_id\":201053012,\"msg_status\":\"%s\"}",
				     states[i].word));
		if (g.status != states[i].want)
			fail_msg("%s: %s", states[i].word, hy_status_name(g.status));
	}
}

/* ---- media ---- */

struct upload {
	enum hy_wechat_medium medium;
	struct hy_platform_file file;
};
static void start_upload(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
			 const void *arg)
{
	const struct upload *u = arg;

	hy_wechat_upload(net, peer, u->medium, &u->file, on_post, g);
}

static void start_media(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
			const void *arg)
{
	hy_wechat_media(net, peer, arg, on_raw, g);
}

static void test_media(void **state)
{
	struct upload u = {HY_WECHAT_PERMANENT, {"cover.jpg", "image/jpeg", "bytes", 5}};
	struct got g = run_call(ctx, start_upload, &u, "200 OK",
				"{\"media_id\":\"m-9\",\"url\":\"http://w/p\"}");

	(void)state;
	assert_int_equal(g.status, HY_OK);
	assert_string_equal(g.post.id, "m-9");
	assert_non_null(strstr(g.request, "POST /cgi-bin/material/add_material?access_token=" TEST_SECRET
					  "&type=image HTTP/1.1"));
	assert_non_null(strstr(g.request, "name=\"media\"; filename=\"cover.jpg\"\r\n"));
	u.medium = HY_WECHAT_INLINE;
	g = run_call(ctx, start_upload, &u, "200 OK", "{\"url\":\"http://w/p\"}");
	assert_string_equal(g.post.id, "http://w/p");
	u.file.bytes = repeat("x", (1 << 20) + 1);
	u.file.n = (1 << 20) + 1;
	assert_int_equal(run_call(ctx, start_upload, &u, "200 OK", "{}").status, HY_EINPUT);
	u = (struct upload){HY_WECHAT_IMAGE, {"noext", "image/jpeg", "bytes", 5}};
	assert_int_equal(run_call(ctx, start_upload, &u, "200 OK", "{}").status, HY_EINPUT);
	u.file.name = "a\"\r\n.jpg";
	assert_int_equal(run_call(ctx, start_upload, &u, "200 OK", "{}").status, HY_EINPUT);
	g = run_call(ctx, start_media, "m-9", "200 OK\r\nContent-Type: image/jpeg", "JFIF");
	assert_int_equal(g.status, HY_OK);
	assert_int_equal(g.n, 4);
	char *large = hy_new_array(ctx, char, (1 << 20) + 1); /* larger than an answer is */

	memset(large, 'x', 1 << 20);
	g = run_call(ctx, start_media, "m-9", "200 OK\r\nContent-Type: image/jpeg", large);
	assert_int_equal(g.status, HY_OK);
	assert_int_equal(g.n, 1 << 20);
	assert_int_equal(run_call(ctx, start_media, "m-9", "200 OK", "{\"errcode\":40007}").status,
			 HY_EPERM);
	assert_int_equal(run_call(ctx, start_media, "m-9", "200 OK", "{\"video_url\":\"x\"}").status,
			 HY_EPERM);
	assert_int_equal(run_call(ctx, start_media, "m&9", "200 OK", "").status, HY_EINPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_token, setup, teardown),
		cmocka_unit_test_setup_teardown(test_message, setup, teardown),
		cmocka_unit_test_setup_teardown(test_draft, setup, teardown),
		cmocka_unit_test_setup_teardown(test_publish, setup, teardown),
		cmocka_unit_test_setup_teardown(test_articles, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mass, setup, teardown),
		cmocka_unit_test_setup_teardown(test_media, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
