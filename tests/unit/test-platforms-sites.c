/* Mastodon and the forums: lists read purely, statuses written against a scripted server. */
#include "platforms/platforms.h"
#include "tests/unit/origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

/* ---- Mastodon, lists ---- */

static void test_mastodon_urls(void **state)
{
	(void)state;
	assert_string_equal(hy_mastodon_list_url(ctx, "https://m.example/", HY_MASTODON_MENTIONS,
						 NULL, "9007199254740993", "9007199254740999"),
			    "https://m.example/api/v1/notifications?types[]=mention&limit=40"
			    "&since_id=9007199254740993&max_id=9007199254740999");
	assert_string_equal(hy_mastodon_list_url(ctx, "https://m.example?x", HY_MASTODON_TAG,
						 "临江/水", "", ""),
			    "https://m.example/api/v1/timelines/tag/"
			    "%E4%B8%B4%E6%B1%9F%2F%E6%B0%B4?limit=40");
	assert_string_equal(
		hy_mastodon_list_url(ctx, "https://m.example", HY_MASTODON_ACCOUNT, "a&b", NULL,
				     NULL),
		"https://m.example/api/v1/accounts/a%26b/statuses?exclude_reblogs=true&limit=40");
}

#define STATUS(id, more)                                                                           \
	"{\"id\":\"" id "\",\"created_at\":\"2026-11-21T06:05:00.123Z\",\"visibility\":"           \
	"\"public\",\"content\":\"<p>停水</p>\",\"url\":\"https://m.example/@a/" id                \
	"\",\"account\":{\"acct\":\"a\",\"url\":\"https://m.example/@a\"}" more "}"

static void read_page(const char *json, struct hy_platform_page *page)
{
	struct hy_err err = {0};

	if (hy_mastodon_page_read(ctx, json, strlen(json), page, &err) != HY_OK)
		fail_msg("%s", err.text);
}

static void test_mastodon_list(void **state)
{
	struct hy_platform_page page;

	(void)state;
	/* ids past 2^53, one longer than the other: the longer is the newer */
	read_page("[" STATUS("99007199254740993", "") "," STATUS("109007199254740993",
								 ",\"in_reply_to_id\":\"5\"") "]",
		  &page);
	assert_int_equal(page.n, 2);
	assert_string_equal(page.entries[0].id, "99007199254740993");
	assert_string_equal(page.newest, "109007199254740993");
	assert_string_equal(page.next, "99007199254740993");
	assert_int_equal(page.entries[0].posted, INT64_C(1795241100123));
	assert_int_equal(page.entries[0].kind, HY_ENTRY_POST);
	assert_int_equal(page.entries[1].kind, HY_ENTRY_COMMENT);
	assert_string_equal(page.entries[1].on, "5");
	assert_string_equal(page.entries[0].author, "https://m.example/@a");
	assert_true(page.entries[0].is_html);
	assert_string_equal(page.entries[0].text, "<p>停水</p>");
	assert_int_equal(page.left, -1);
	read_page("[]", &page);
	assert_int_equal(page.n, 0);
	assert_null(page.next);
	assert_null(page.newest);
}

static void test_mastodon_odd(void **state)
{
	struct hy_platform_page page;
	struct hy_err err = {0};

	(void)state;
	read_page(
		"[{\"id\":\"7\",\"type\":\"mention\",\"status\":" STATUS(
			"31", "") "},"
				  "{\"id\":\"9\",\"type\":\"favourite\",\"status\":" STATUS(
					  "32", "") "},"
						    "{\"id\":\"8\",\"type\":\"collection_update\"},"
						    "{\"id\":\"6\",\"type\":\"mention\",\"status\":"
						    "{\"id\":\"30\",\"visibility\":"
						    "\"direct\",\"content\":\"x\",\"url\":null,"
						    "\"uri\":\"https://o.example/30\"}},"
						    "{\"type\":\"mention\"}, 5]",
		&page);
	assert_int_equal(page.n, 2);
	assert_int_equal(page.skipped, 4);
	assert_string_equal(page.newest, "9"); /* of the notifications, skipped ones too */
	assert_string_equal(page.next, "6");
	assert_string_equal(page.entries[0].id, "31");
	assert_true(page.entries[1].not_public);
	assert_string_equal(page.entries[1].url, "https://o.example/30"); /* url may be null */
	assert_null(page.entries[1].author);
	/* a boost is what it boosts; unlisted is public; numbers for ids are taken as written */
	read_page("[{\"id\":\"50\",\"content\":\"\",\"reblog\":" STATUS(
			  "41", "") "},"
				    "{\"id\":9007199254740993,\"visibility\":\"unlisted\","
				    "\"content\":null}]",
		  &page);
	assert_int_equal(page.n, 2);
	assert_string_equal(page.entries[0].id, "41");
	assert_string_equal(page.entries[1].id, "9007199254740993");
	assert_false(page.entries[1].not_public);
	assert_string_equal(page.entries[1].text, "");
	assert_int_equal(hy_mastodon_page_read(ctx, "{\"error\":\"no\"}", 14, &page, &err),
			 HY_ETEMP);
	assert_int_equal(hy_mastodon_page_read(ctx, "[{]", 3, &page, &err), HY_EINPUT);
}

/* ---- Mastodon, calls ---- */

struct got {
	struct hy_loop *loop;
	enum hy_status status;
	char id[64], url[128], state[32];
	bool marked;
	struct hy_err err;
	int calls;
};

static void on_done(void *user, enum hy_status status, const struct hy_platform_post *post,
		    const struct hy_err *err)
{
	struct got *g = user;

	g->status = status;
	g->calls++;
	if (post != NULL) {
		snprintf(g->id, sizeof(g->id), "%s", post->id);
		snprintf(g->url, sizeof(g->url), "%s", post->url != NULL ? post->url : "");
		snprintf(g->state, sizeof(g->state), "%s", post->state != NULL ? post->state : "");
		g->marked = post->marker != NULL;
	}
	if (err != NULL)
		g->err = *err;
	hy_loop_stop(g->loop);
}

/* id and url: of the newest; marked: there is an older one. */
static void on_own(void *user, enum hy_status status, const struct hy_platform_page *page,
		   const struct hy_err *err)
{
	struct hy_platform_post post = {0};

	if (page != NULL && page->n > 0) {
		post.id = page->entries[0].id;
		post.url = page->entries[0].url;
		post.marker = page->n > 1 ? "more" : NULL;
	}
	on_done(user, status, post.id != NULL ? &post : NULL, err);
}

static void on_limits(void *user, enum hy_status status, const struct hy_mastodon_limits *limits,
		      const struct hy_err *err)
{
	struct got *g = user;

	on_done(user, status, NULL, err);
	if (limits != NULL)
		snprintf(g->id, sizeof(g->id), "%d %d", (int)limits->characters,
			 (int)limits->per_url);
}

struct script {
	const char *head, *body;
	const char *me; /* for verify_credentials, when not NULL */
};

static void serve(struct origin *o, int fd, int nth, const char *request)
{
	const struct script *s = o->user;

	(void)nth;
	if (s->me != NULL && strstr(request, "verify_credentials") != NULL)
		origin_answer(fd, "200 OK", s->me);
	else if (s->head != NULL)
		origin_answer(fd, s->head, s->body);
}

static void on_revoked(void *user, enum hy_status status, const struct hy_platform_file *file,
		       const struct hy_err *err)
{
	(void)file;
	on_done(user, status, NULL, err);
}

enum ask { CREATE, UPDATE, READ, OWN, LIMITS, ME, REVOKE };

static struct got run(const struct script *s, enum ask what, const char *arg, char *request)
{
	struct origin o;
	struct got g = {0};
	struct hy_net *net;

	origin_start(&o, serve, (void *)(uintptr_t)s);
	const struct hy_platform_peer peer = {.url = "http://m.example/",
					      .reach = o.reach,
					      .secret = hy_secret_new(ctx, "tok-en", 6)};
	const struct hy_platform_peer app = {
		.url = peer.url, .reach = peer.reach, .login = "app", .secret = peer.secret};
	const struct hy_mastodon_status status = {
		.text = "供水正常 \"ok\"", .key = arg, .lang = "zh", .reply_to = "77"};

	assert_int_equal(hy_loop_new(&g.loop, ctx, NULL), HY_OK);
	assert_int_equal(hy_net_new(&net, ctx, g.loop, NULL, NULL), HY_OK);
	if (what == CREATE)
		hy_mastodon_create(net, &peer, &status, on_done, &g);
	else if (what == READ)
		hy_mastodon_read(net, &peer, arg, "hy-1", on_done, &g);
	else if (what == UPDATE)
		hy_mastodon_update(net, &peer, arg, &status, on_done, &g);
	else if (what == OWN)
		hy_mastodon_own(net, &peer, on_own, &g);
	else if (what == LIMITS)
		hy_mastodon_limits(net, &peer, on_limits, &g);
	else if (what == REVOKE)
		hy_mastodon_revoke(net, &app, hy_secret_new(ctx, "app secret", 10), on_revoked, &g);
	else
		hy_mastodon_me(net, &peer, on_done, &g);
	assert_int_equal(g.calls, 0);
	assert_int_equal(hy_loop_run(g.loop, NULL), HY_OK);
	assert_int_equal(g.calls, 1);
	talloc_free(net);
	if (request != NULL)
		origin_last(&o, request, 8192);
	origin_stop(&o);
	return g;
}

/* Only a plain "{}" says that the token has ended. */
static void test_mastodon_revoke(void **state)
{
	static const struct {
		const char *head, *body;
		enum hy_status status;
	} rows[] = {
		{"200 OK", "{}", HY_OK},
		{"200 OK", "{\"error\":\"x\"}", HY_EUNSURE},
		{"200 OK", "<html>", HY_EUNSURE},
		{"500 No", "{}", HY_EUNSURE},
		{"403 No", "{\"error\":\"unauthorized_client\"}", HY_EAUTH},
	};
	char request[8192];

	(void)state;
	for (size_t i = 0; i < HY_LEN(rows); i++) {
		struct script s = {rows[i].head, rows[i].body, NULL};
		struct got g = run(&s, REVOKE, NULL, request);

		assert_int_equal(g.status, rows[i].status);
		assert_non_null(strstr(request, "POST /oauth/revoke "));
		assert_non_null(strstr(request, "client_id=app&client_secret=app%20secret&token=tok-en"));
		assert_null(strstr(g.err.text, "tok-en"));
	}
}

static void test_mastodon_create(void **state)
{
	struct script s = {"200 OK", STATUS("110", ""), NULL};
	char request[8192];

	(void)state;
	struct got g = run(&s, CREATE, "hy-3f9a0c", request);
	assert_int_equal(g.status, HY_OK);
	assert_string_equal(g.id, "110");
	assert_string_equal(g.state, "public");
	assert_non_null(strstr(request, "POST /api/v1/statuses HTTP/1.1\r\n"));
	assert_non_null(strstr(request, "Idempotency-Key: hy-3f9a0c\r\n"));
	assert_non_null(strstr(request, "Authorization: Bearer tok-en\r\n"));
	assert_non_null(strstr(request,
			       "{\"status\":\"供水正常 \\\"ok\\\"\",\"visibility\":"
			       "\"public\",\"language\":\"zh\",\"in_reply_to_id\":\"77\"}"));
	g = run(&s, CREATE, "bad marker\r\n", NULL);
	assert_int_equal(g.status, HY_EINPUT);
}

/* R11: after the first byte nobody knows, but where the server says that it took nothing. */
static void test_mastodon_doubt(void **state)
{
	static const struct {
		const char *head, *body;
		enum hy_status write, read;
	} rows[] = {
		{NULL, NULL, HY_EUNSURE, HY_ETEMP},
		{"500 Oops", "", HY_EUNSURE, HY_ETEMP},
		{"503 Starting", "{\"error\":\"x\"}", HY_EUNSURE, HY_ETEMP},
		{"503 Starting\r\nRetry-After: 5", "{}", HY_EWAIT, HY_EWAIT},
		{"200 OK", "<html>", HY_EUNSURE, HY_ETEMP},
		{"200 OK", "{\"ok\":1}", HY_EUNSURE, HY_ETEMP},
		{"302 Found\r\nLocation: /x", "{}", HY_EUNSURE, HY_ETEMP},
		{"401 No", "{\"error\":\"The access token is invalid\"}", HY_EAUTH, HY_EAUTH},
		{"403 No", "{}", HY_EAUTH, HY_EAUTH},
		{"404 No", "{\"error\":\"Record not found\"}", HY_ENOTFOUND, HY_ENOTFOUND},
		{"410 Gone", "{}", HY_ENOTFOUND, HY_ENOTFOUND},
		{"422 No", "{\"error\":\"Validation failed: Text\"}", HY_EPERM, HY_EPERM},
		{"429 No\r\nRetry-After: 7", "{\"error\":\"Too many requests\"}", HY_EWAIT,
		 HY_EWAIT},
		{"429 No", "{}", HY_EWAIT, HY_EWAIT},
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(rows); i++) {
		struct script s = {rows[i].head, rows[i].body, NULL};
		struct got g = run(&s, CREATE, "hy-1", NULL);

		if (g.status != rows[i].write)
			fail_msg("write %zu: %s: %s", i, hy_status_name(g.status), g.err.text);
		g = run(&s, READ, "110", NULL);
		if (g.status != rows[i].read)
			fail_msg("read %zu: %s: %s", i, hy_status_name(g.status), g.err.text);
	}
	struct script words = {"422 No", "{\"error\":\"Validation failed: Text\"}", NULL};
	struct got g = run(&words, CREATE, "hy-1", NULL);
	assert_non_null(strstr(g.err.text, "Validation failed: Text"));
	struct script late = {"429 No\r\nRetry-After: 7", "{}", NULL};
	g = run(&late, CREATE, "hy-1", NULL);
	assert_true(g.err.until > 0);
}

static void test_mastodon_own(void **state)
{
	struct script s = {
		"200 OK", "[" STATUS("2", "") "," STATUS("1", "") "]",
		"{\"id\":\"42\",\"acct\":\"office\",\"url\":\"https://m.example/@o\"}"};
	char request[8192];

	(void)state;
	struct got g = run(&s, OWN, NULL, request);
	assert_int_equal(g.status, HY_OK);
	assert_string_equal(g.id, "2");
	assert_true(g.marked);
	assert_non_null(strstr(request, "GET /api/v1/accounts/42/statuses?"));
	s.head = "404 No";
	g = run(&s, OWN, NULL, NULL);
	assert_int_equal(g.status, HY_ETEMP); /* not "not found": nobody looked */
	s.head = "200 OK";
	s.body = "<html>";
	g = run(&s, OWN, NULL, NULL);
	assert_int_equal(g.status, HY_ETEMP);
	s.me = "{}";
	g = run(&s, OWN, NULL, NULL);
	assert_int_equal(g.status, HY_ETEMP);
	s.me = "{\"id\":\"42\",\"acct\":\"office\",\"url\":\"https://m.example/@o\"}";
	g = run(&s, ME, NULL, NULL);
	assert_int_equal(g.status, HY_OK);
	assert_string_equal(g.id, "42");
}

static void test_mastodon_update(void **state)
{
	struct script s = {"200 OK", STATUS("110", ""), NULL};
	char request[8192];

	(void)state;
	struct got g = run(&s, UPDATE, "110", request);
	assert_int_equal(g.status, HY_OK);
	assert_non_null(strstr(request, "PUT /api/v1/statuses/110 HTTP/1.1\r\n"));
	assert_non_null(strstr(request, "{\"status\":\"供水正常 \\\"ok\\\"\",\"language\":\"zh\"}"));
	s.head = "500 Oops";
	g = run(&s, UPDATE, "110", NULL);
	assert_int_equal(g.status, HY_EUNSURE);
	g = run(&s, UPDATE, "", NULL);
	assert_int_equal(g.status, HY_EINPUT);
}

#define LIMITS_OF(max, url) \
	"{\"configuration\":{\"statuses\":{\"max_characters\":" max \
	",\"characters_reserved_per_url\":" url "}}}"

static void test_mastodon_limits(void **state)
{
	static const struct {
		const char *body, *got;
	} rows[] = {
		{LIMITS_OF("500", "23"), "500 23"},	{LIMITS_OF("5000", "\"30\""), "5000 30"},
		{"{\"configuration\":{\"statuses\":{\"max_characters\":700}}}", "700 23"},
		{LIMITS_OF("0", "23"), NULL},		{LIMITS_OF("1000001", "23"), NULL},
		{LIMITS_OF("1000000", "23"), "1000000 23"}, {LIMITS_OF("20", "23"), NULL},
		{"{}", NULL},				{"[]", NULL},
		{"<html>", NULL},
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(rows); i++) {
		struct script s = {"200 OK", rows[i].body, NULL};
		struct got g = run(&s, LIMITS, NULL, NULL);

		assert_int_equal(g.status, rows[i].got != NULL ? HY_OK : HY_ETEMP);
		if (rows[i].got != NULL)
			assert_string_equal(g.id, rows[i].got);
	}
	struct script away = {"503 Starting\r\nRetry-After: 5", "{}", NULL};
	assert_int_equal(run(&away, LIMITS, NULL, NULL).status, HY_EWAIT);
}

/* ---- forums ---- */

static void test_forum_urls(void **state)
{
	(void)state;
	assert_string_equal(hy_discuz_url(ctx, "https://b.example/", HY_FORUM_RSS, NULL, 1),
			    "https://b.example/forum.php?mod=rss");
	assert_string_equal(hy_discuz_url(ctx, "https://b.example/", HY_FORUM_RSS, "12", 1),
			    "https://b.example/forum.php?mod=rss&fid=12");
	assert_string_equal(hy_discuz_url(ctx, "https://b.example", HY_FORUM_THREAD, "7", 3),
			    "https://b.example/api/mobile/index.php?version=4&module=viewthread"
			    "&tid=7&page=3");
	assert_null(hy_discuz_url(ctx, "https://b.example", HY_FORUM_BOARD, NULL, 1));
	assert_null(hy_discuz_url(ctx, "https://b.example", HY_FORUM_BOARD, "1&x=2", 1));
	assert_string_equal(hy_nodebb_url(ctx, "https://n.example", HY_FORUM_RSS, "4", 1),
			    "https://n.example/category/4/recentposts.rss");
	assert_string_equal(hy_nodebb_url(ctx, "https://n.example", HY_FORUM_BOARD, NULL, 2),
			    "https://n.example/api/recent?page=2");
	assert_null(hy_nodebb_url(ctx, "https://n.example", HY_FORUM_THREAD, "../x", 1));
	assert_string_equal(hy_discourse_url(ctx, "https://d.example/", HY_FORUM_BOARD, "3", "900"),
			    "https://d.example/posts.json?before=900");
	assert_null(hy_discourse_url(ctx, "https://d.example", HY_FORUM_BOARD, NULL, "9 9"));
	assert_string_equal(hy_discuz_thread_of(ctx, "https://b.example/thread-123-1-1.html"),
			    "thread-123");
	assert_string_equal(
		hy_discuz_thread_of(ctx, "https://b.example/forum.php?mod=viewthread&tid=9"),
		"thread-9");
	assert_null(hy_discuz_thread_of(ctx, "https://b.example/home.php"));
}

static struct hy_forum_page discuz(const char *json, int page)
{
	struct hy_forum_page out = {0};
	struct hy_err err = {0};

	if (hy_discuz_page_read(ctx, json, strlen(json), "https://b.example/", page, &out, &err))
		fail_msg("%s", err.text);
	return out;
}

static void test_discuz(void **state)
{
	struct hy_forum_page p;

	(void)state;
	p = discuz("{\"Version\":\"4\",\"Charset\":\"GBK\",\"Variables\":{\"auth\":\"s3cret\","
		   "\"forum_threadlist\":[{\"tid\":\"12\",\"subject\":\"停水\",\"replies\":\"30\","
		   "\"dblastpost\":\"1795241100\"},{\"subject\":\"x\"},{\"tid\":\"1&a\"}]}}",
		   1);
	assert_int_equal(p.n_threads, 1);
	assert_string_equal(p.threads[0].id, "12");
	assert_int_equal(p.threads[0].posts, 31);
	assert_int_equal(p.threads[0].last, INT64_C(1795241100000));
	assert_int_equal(p.page.skipped, 2);
	p = discuz("{\"Variables\":{\"thread\":{\"tid\":\"12\",\"subject\":\"停水 &amp; 通知\","
		   "\"replies\":\"30\"},\"ppp\":\"10\",\"postlist\":["
		   "{\"pid\":\"90071992547409931\",\"first\":\"1\",\"author\":\"甲\",\"authorid\":"
		   "\"5\",\"dbdateline\":\"1795241100\",\"dateline\":\"<span title=x>半小时前"
		   "</span>\",\"message\":\"水<br />没了\"},"
		   "{\"pid\":\"8\",\"first\":\"0\",\"author\":\"\",\"authorid\":\"0\",\"message\":"
		   "\"真的\",\"dbdateline\":\"0\"},{\"message\":\"no pid\"}]}}",
		   1);
	assert_int_equal(p.page.n, 2);
	assert_int_equal(p.page.skipped, 1);
	assert_string_equal(p.page.entries[0].id, "thread-12");
	assert_string_equal(p.page.entries[0].title, "停水 &amp; 通知");
	assert_int_equal(p.page.entries[0].posted, INT64_C(1795241100000));
	assert_string_equal(p.page.entries[0].author, "5");
	assert_string_equal(p.page.entries[1].id, "post-8");
	assert_string_equal(p.page.entries[1].on, "thread-12");
	assert_null(p.page.entries[1].author); /* anonymous */
	assert_int_equal(p.page.entries[1].posted, 0);
	assert_string_equal(p.page.entries[1].url,
			    "https://b.example/forum.php?mod=viewthread&tid=12&pid=8");
	assert_string_equal(p.page.next, "2"); /* 31 posts, 10 a page */
	/* the last page; PHP's empty array where an object is expected */
	p = discuz("{\"Variables\":{\"thread\":{\"tid\":\"12\",\"replies\":\"30\"},\"ppp\":\"10\","
		   "\"postlist\":[{\"pid\":\"9\",\"message\":\"a\"}],\"comments\":[]}}",
		   4);
	assert_null(p.page.next);
	p = discuz("{\"Variables\":{\"data\":[]}}", 1);
	assert_int_equal(p.n_threads, 0);
}

static void test_discuz_refusals(void **state)
{
	static const struct {
		const char *json;
		enum hy_status status;
	} rows[] = {
		{"{\"error\":\"module_not_exists\"}", HY_EPERM},
		{"{\"Variables\":{\"postlist\":[]},\"Message\":{\"messageval\":\"to_login//1\","
		 "\"messagestr\":\"请登录\"}}",
		 HY_EAUTH},
		{"{\"Variables\":{},\"Message\":{\"messageval\":\"thread_nonexistence\"}}",
		 HY_ENOTFOUND},
		{"{\"Variables\":{},\"Message\":{\"messageval\":\"viewperm_login_nopermission//"
		 "1\"}}",
		 HY_EAUTH},
		{"{\"Variables\":{\"Message\":1}}", HY_ETEMP},
		{"[]", HY_ETEMP},
		{"", HY_EINPUT},
		{"<html>", HY_EINPUT},
	};
	struct hy_forum_page out;
	struct hy_err err;

	(void)state;
	for (size_t i = 0; i < HY_LEN(rows); i++)
		if (hy_discuz_page_read(ctx, rows[i].json, strlen(rows[i].json),
					"https://b.example", 1, &out, &err) != rows[i].status)
			fail_msg("%s: %s", rows[i].json, err.text);
	assert_int_equal(hy_discuz_rss_check("RSS Disabled", 12, &err), HY_EPERM);
	assert_int_equal(hy_discuz_rss_check("Access Denied", 13, &err), HY_EAUTH);
	assert_int_equal(hy_discuz_rss_check("<rss/>", 6, &err), HY_OK);
}

static void test_nodebb(void **state)
{
	static const char list[] =
		"{\"topics\":[{\"tid\":5,\"title\":\"a &lt;b&gt;\",\"lastposttime\":1795241100123,"
		"\"postcount\":21,\"deleted\":0},{\"tid\":6,\"deleted\":1},{\"tid\":7,"
		"\"scheduled\":"
		"true}]}";
	static const char topic[] =
		"{\"tid\":5,\"titleRaw\":\"a <b>\",\"title\":\"a "
		"&lt;b&gt;\",\"posts\":[{\"pid\":11,"
		"\"uid\":3,\"index\":0,\"content\":\"<p>水</p>\",\"timestamp\":1795241100000,"
		"\"user\":{\"username\":\"a\"}},{\"pid\":\"https://far.example/p/1\",\"uid\":"
		"\"https://far.example/u/a\",\"index\":1,\"content\":\"y\",\"timestamp\":"
		"\"1795241100000\"},{\"pid\":12,\"index\":2,\"deleted\":1,\"content\":\"gone\"},"
		"{\"pid\":null}],\"pagination\":{\"currentPage\":1,\"pageCount\":2}}";
	struct hy_forum_page p = {0};

	(void)state;
	assert_int_equal(
		hy_nodebb_page_read(ctx, list, sizeof(list) - 1, "https://n.example", &p, NULL),
		HY_OK);
	assert_int_equal(p.n_threads, 1);
	assert_string_equal(p.threads[0].id, "5");
	assert_int_equal(p.threads[0].last, INT64_C(1795241100123));
	assert_int_equal(
		hy_nodebb_page_read(ctx, topic, sizeof(topic) - 1, "https://n.example", &p, NULL),
		HY_OK);
	assert_int_equal(p.page.n, 3);
	assert_int_equal(p.page.skipped, 1);
	assert_string_equal(p.page.entries[0].id, "post-11");
	assert_string_equal(p.page.entries[0].title, "a <b>");
	assert_string_equal(p.page.entries[0].url, "https://n.example/topic/5/-/1");
	assert_string_equal(p.page.entries[1].id, "https://far.example/p/1");
	assert_string_equal(p.page.entries[1].author, "https://far.example/u/a");
	assert_int_equal(p.page.entries[1].posted, INT64_C(1795241100000));
	assert_true(p.page.entries[2].removed);
	assert_string_equal(p.page.entries[2].text, ""); /* the placeholder is no post */
	assert_string_equal(p.page.next, "2");
	assert_int_equal(hy_nodebb_page_read(ctx, "{}", 2, "https://n.example", &p, NULL),
			 HY_ETEMP);
}

static void test_discourse(void **state)
{
	static const char list[] =
		"{\"latest_posts\":[{\"id\":905,\"username\":\"a\",\"created_at\":"
		"\"2026-11-21T06:05:00.000Z\",\"cooked\":\"<p>水</"
		"p>\",\"topic_id\":44,\"topic_title\":"
		"\"停水\",\"post_number\":1,\"category_id\":3},{\"id\":904,\"topic_id\":44,"
		"\"post_number\":2,\"cooked\":\"y\",\"category_id\":4},{\"id\":903,\"topic_id\":45,"
		"\"post_number\":3,\"cooked\":\"hidden\",\"hidden\":true,\"category_id\":3},"
		"{\"topic_id\":1,\"category_id\":3}]}";
	struct hy_forum_page p = {0};
	struct hy_err err;

	(void)state;
	assert_int_equal(hy_discourse_page_read(ctx, list, sizeof(list) - 1, "https://d.example/",
						"3", &p, NULL),
			 HY_OK);
	assert_int_equal(p.page.n, 2);
	assert_int_equal(p.page.skipped, 1);
	assert_string_equal(p.page.entries[0].id, "post-905");
	assert_string_equal(p.page.entries[0].title, "停水");
	assert_string_equal(p.page.entries[0].url, "https://d.example/t/44/1");
	assert_true(p.page.entries[1].removed);
	assert_string_equal(p.page.entries[1].text, "");
	assert_string_equal(p.page.next, "903"); /* the oldest, whatever board it is of */
	assert_int_equal(hy_discourse_page_read(ctx, list, sizeof(list) - 1, "https://d.example/",
						NULL, &p, NULL),
			 HY_OK);
	assert_int_equal(p.page.n, 3);
	static const char limit[] = "{\"errors\":[\"Slow down\"],\"error_type\":\"rate_limit\"}";
	assert_int_equal(hy_discourse_page_read(ctx, limit, sizeof(limit) - 1, "https://d.example",
						NULL, &p, &err),
			 HY_EWAIT);
	assert_non_null(strstr(err.text, "Slow down"));
	static const char nothing[] = "{\"errors\":5,\"error_type\":\"not_found\"}";
	assert_int_equal(hy_discourse_page_read(ctx, nothing, sizeof(nothing) - 1,
						"https://d.example", NULL, &p, &err),
			 HY_ENOTFOUND);
}

/* T-JSON-1: a million nested brackets are refused by every reader, not followed. */
static void test_deep(void **state)
{
	size_t n = 1000000;
	char *deep = hy_new_array(ctx, char, n + 1);
	struct hy_platform_page page;
	struct hy_forum_page p;

	(void)state;
	memset(deep, '[', n);
	assert_int_equal(hy_mastodon_page_read(ctx, deep, n, &page, NULL), HY_EINPUT);
	assert_int_equal(hy_discuz_page_read(ctx, deep, n, "https://b.example", 1, &p, NULL),
			 HY_EINPUT);
	assert_int_equal(hy_nodebb_page_read(ctx, deep, n, "https://b.example", &p, NULL),
			 HY_EINPUT);
	assert_int_equal(hy_discourse_page_read(ctx, deep, n, "https://b.example", NULL, &p, NULL),
			 HY_EINPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mastodon_urls),	cmocka_unit_test(test_mastodon_list),
		cmocka_unit_test(test_mastodon_revoke),
		cmocka_unit_test(test_mastodon_odd),	cmocka_unit_test(test_mastodon_create),
		cmocka_unit_test(test_mastodon_doubt),	cmocka_unit_test(test_mastodon_own),
		cmocka_unit_test(test_mastodon_update), cmocka_unit_test(test_mastodon_limits),
		cmocka_unit_test(test_forum_urls),	cmocka_unit_test(test_discuz),
		cmocka_unit_test(test_discuz_refusals), cmocka_unit_test(test_nodebb),
		cmocka_unit_test(test_discourse),	cmocka_unit_test(test_deep),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
