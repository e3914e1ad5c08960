/* The practice site by real HTTP: it grows with its clock, answers as WordPress does, and can go
 * wrong on demand. */
#include "net/net.h"
#include "practice/practice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START ((hy_time)1795340400000)
#define STORY                                                                                            \
	"# note\n\n-60 gov 公告 | 水质达标\n0 forum 第一帖 | 正文<b>一</b> & | 甲\"<乙>\n" \
	"30 forum 第二帖 | 正文二\r\n"

static void *ctx;
static struct hy_loop *loop;
static struct hy_net *net;
static struct hy_clock *clk;
static struct hy_practice *site;

static int setup(void **state)
{
	struct hy_practice_conf conf = {.start = START, .password = "abcd efgh"};
	struct hy_story *story = NULL;

	(void)state;
	ctx = talloc_new(NULL);
	clk = hy_clock_fixed(ctx, START);
	conf.clock = clk;
	assert_int_equal(hy_story_parse(ctx, STORY, strlen(STORY), &story, NULL), HY_OK);
	conf.story = story;
	assert_int_equal(hy_loop_new(&loop, ctx, NULL), HY_OK);
	assert_int_equal(hy_net_new(&net, loop, loop, NULL, NULL), HY_OK);
	assert_int_equal(hy_practice_new(&site, loop, loop, &conf, NULL), HY_OK);
	assert_true(hy_practice_port(site) > 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	talloc_free(site);
	talloc_free(net);
	talloc_free(ctx);
	return 0;
}

/* ---- asking ---- */

static void on_answer(void *user, struct hy_net_response *r)
{
	struct hy_net_response **out = user;

	*out = talloc_steal(ctx, r);
	hy_loop_stop(loop);
}

struct asking {
	const char *path, *login, *password, *body, *etag;
	bool control;
};

static struct hy_net_response *ask(const struct asking *a)
{
	const struct hy_net_header headers[] = {{"Content-Type", "application/json"},
						{"X-Practice", "1"}};
	struct hy_net_response *r = NULL;
	struct hy_net_request q = {
		.method = a->body ? "POST" : "GET",
		.url = hy_strf(ctx, "http://127.0.0.1%s", a->path),
		.reach = hy_strf(ctx, "127.0.0.1:%d", hy_practice_port(site)),
		.body = a->body,
		.n_body = a->body ? strlen(a->body) : 0,
		.headers = headers,
		.n_headers = a->control ? 2 : 1,
		.login = a->login,
		.etag = a->etag,
	};

	if (a->login)
		q.password = hy_secret_new(ctx, a->password, strlen(a->password));
	hy_net_fetch(net, &q, on_answer, &r);
	for (int i = 0; !r && i < 10000; i++)
		assert_int_equal(hy_loop_once(loop, 1000, NULL), HY_OK);
	assert_non_null(r);
	return r;
}

static struct hy_net_response *get(const char *path)
{
	return ask(&(struct asking){.path = path});
}

/* As the editor; body NULL = GET. */
static struct hy_net_response *rest(const char *path, const char *body)
{
	return ask(&(struct asking){
		.path = path, .login = "huying", .password = "abcdefgh", .body = body});
}

static struct hy_json *parsed(const struct hy_net_response *r)
{
	struct hy_json *node = NULL;

	assert_int_equal(hy_json_parse(ctx, r->body, r->n_body, 0, &node, NULL), HY_OK);
	return node;
}

static void assert_refused(const struct hy_net_response *r, int http, const char *code)
{
	const struct hy_json *node = parsed(r);

	assert_int_equal(r->http, http);
	assert_string_equal(hy_json_str(node, "code"), code);
	assert_int_equal(hy_json_int(hy_json_get(node, "data"), "status", 0), http);
}

static void assert_has(const struct hy_net_response *r, const char *text)
{
	if (!strstr(r->body, text))
		fail_msg("\"%s\" is not in: %s", text, r->body);
}

static void assert_lacks(const struct hy_net_response *r, const char *text)
{
	if (strstr(r->body, text))
		fail_msg("\"%s\" is in: %s", text, r->body);
}

/* ---- stories ---- */

static void test_story_reads(void **state)
{
	struct hy_story *s = NULL;

	(void)state;
	assert_int_equal(hy_story_parse(ctx, STORY, strlen(STORY), &s, NULL), HY_OK);
	assert_int_equal(s->n, 3);
	assert_int_equal(s->first_secs, -60);
	assert_int_equal(s->last_secs, 30);
	assert_int_equal(s->items[0].place, HY_STORY_GOV);
	assert_string_equal(s->items[0].author, "");
	assert_string_equal(s->items[1].title, "第一帖");
	assert_string_equal(s->items[1].author, "甲\"<乙>");
	assert_string_equal(s->items[2].text, "正文二");
	assert_int_equal(s->items[2].number, 3);
}

static void test_story_refuses(void **state)
{
	static const char *const bad[] = {
		"x forum a | b",	 "1 weibo a | b",    "1 forum a",
		"1 forum | b",		 "1 forum a |",	     "1forum a | b",
		"1 forum a | b | c | d", "1 forum a | \xff", "99999999999 forum a | b"};
	struct hy_story *s = NULL;
	struct hy_err err = {0};

	(void)state;
	for (size_t i = 0; i < HY_LEN(bad); i++)
		assert_int_equal(hy_story_parse(ctx, bad[i], strlen(bad[i]), &s, &err), HY_EINPUT);
	assert_null(s);
	assert_int_equal(hy_story_parse(ctx, "\n\n1 x y | z", 11, &s, &err), HY_EINPUT);
	assert_non_null(strstr(err.text, "line 3"));
}

static enum hy_status line_of(size_t bytes)
{
	char *text = hy_new_array(ctx, char, bytes + 1);
	struct hy_story *s = NULL;

	memset(text, 'a', bytes);
	memcpy(text, "1 forum t | ", 12);
	return hy_story_parse(ctx, text, bytes, &s, NULL);
}

static enum hy_status lines_of(unsigned n)
{
	struct hy_story *s = NULL;
	struct hy_buf b;

	hy_buf_init(&b, ctx, HY_STORY_FILE_MAX);
	for (unsigned i = 0; i < n; i++)
		hy_buf_str(&b, "1 gov a | b\n");
	return hy_story_parse(ctx, b.data, b.len, &s, NULL);
}

static void test_story_limits(void **state)
{
	char *big = hy_new_array(ctx, char, HY_STORY_FILE_MAX + 2);
	struct hy_story *s = NULL;

	(void)state;
	assert_int_equal(line_of(HY_STORY_LINE_MAX), HY_OK);
	assert_int_equal(line_of(HY_STORY_LINE_MAX + 1), HY_EINPUT);
	assert_int_equal(lines_of(HY_STORY_ITEMS_MAX), HY_OK);
	assert_int_equal(lines_of(HY_STORY_ITEMS_MAX + 1), HY_EINPUT);
	memset(big, '\n', HY_STORY_FILE_MAX + 1);
	assert_int_equal(hy_story_parse(ctx, big, HY_STORY_FILE_MAX, &s, NULL), HY_OK);
	assert_int_equal(hy_story_parse(ctx, big, HY_STORY_FILE_MAX + 1, &s, NULL), HY_EINPUT);
}

static void test_story_builtin(void **state)
{
	struct hy_story *s = NULL;

	(void)state;
	assert_string_equal(hy_stories[0].name, "tap-water");
	assert_int_equal(hy_story_parse(ctx, hy_stories[0].text, strlen(hy_stories[0].text), &s, NULL),
			 HY_OK);
	assert_true(s->n >= 15);
	for (size_t i = 0; i < s->n; i++)
		assert_non_null(strstr(s->items[i].text, "样例"));
}

/* ---- feeds and pages ---- */

static void test_feed_grows(void **state)
{
	struct hy_net_response *r = get("/forum/feed.xml");
	const char *etag = r->etag;

	(void)state;
	assert_int_equal(r->http, 200);
	assert_has(r, "<title>第一帖</title>");
	assert_lacks(r, "第二帖");
	assert_lacks(r, "公告");
	assert_non_null(etag);
	r = ask(&(struct asking){.path = "/forum/feed.xml", .etag = etag});
	assert_int_equal(r->http, 304);
	assert_int_equal(r->n_body, 0);
	hy_clock_set(clk, START + 29999);
	assert_int_equal(ask(&(struct asking){.path = "/forum/feed.xml", .etag = etag})->http, 304);
	hy_clock_set(clk, START + 30000);
	r = ask(&(struct asking){.path = "/forum/feed.xml", .etag = etag});
	assert_int_equal(r->http, 200);
	assert_has(r, "第二帖");
	assert_true(strstr(r->body, "第二帖") < strstr(r->body, "第一帖"));
}

static bool no_start(void *user, const char *ns, const char *prefix, const char *name,
		     const struct hy_xml_attr *attrs, size_t n)
{
	int *items = user;

	(void)ns;
	(void)prefix;
	(void)attrs;
	(void)n;
	*items += !strcmp(name, "item") || !strcmp(name, "entry");
	return true;
}

static int count_items(const struct hy_net_response *r)
{
	const struct hy_xml_handlers h = {.start = no_start};
	bool well = false;
	int items = 0;

	assert_int_equal(hy_xml_parse(r->body, r->n_body, false, &h, &items, &well, NULL), HY_OK);
	assert_true(well);
	return items;
}

static void test_feeds_are_xml(void **state)
{
	struct hy_net_response *r = get("/forum/feed.xml");

	(void)state;
	assert_int_equal(count_items(r), 1);
	assert_has(r, "正文&lt;b&gt;一&lt;/b&gt; &amp;");
	assert_has(r, "甲&quot;&lt;乙&gt;");
	r = get("/gov/feed.atom");
	assert_int_equal(count_items(r), 1);
	assert_string_equal(r->content_type, "application/atom+xml; charset=utf-8");
}

static void test_pages_say_practice(void **state)
{
	static const char *const pages[] = {"/",	  "/forum/",	"/gov/", "/wp/",
					    "/forum/t/2", "/forum/t/3", "/?p=9", "/nothing"};

	(void)state;
	for (size_t i = 0; i < HY_LEN(pages); i++) {
		struct hy_net_response *r = get(pages[i]);

		assert_has(r, "样例 practice");
		assert_lacks(r, "<b>一</b>");
		assert_int_equal(r->http, i < 5 ? 200 : 404); /* post 3 has not been written yet */
	}
}

/* ---- REST ---- */

#define POSTS "/?rest_route=/wp/v2/posts"
#define DRAFT                                                                                      \
	"{\"title\":\"辟谣\",\"content\":\"<p>合格</"                                          \
	"p>\",\"slug\":\"hy-1\",\"status\":\"publish\"}"

static void test_rest_creates(void **state)
{
	struct hy_net_response *r = rest(POSTS "&_fields=id,slug,link,status", DRAFT);
	const struct hy_json *node = parsed(r);

	(void)state;
	assert_int_equal(r->http, 201);
	assert_int_equal(node->n, 4);
	assert_int_equal(hy_json_int(node, "id", 0), 1);
	assert_string_equal(hy_json_str(node, "slug"), "hy-1");
	assert_string_equal(hy_json_str(node, "status"), "publish");
	assert_non_null(hy_net_response_header(r, "location"));
	node = parsed(rest(POSTS, DRAFT));
	assert_string_equal(hy_json_str(node, "slug"), "hy-1-2");
	assert_has(get("/?p=1"), "<p>合格</p>");
	node = parsed(get("/wp-json/wp/v2/posts/1"));
	assert_string_equal(hy_json_str(hy_json_get(node, "content"), "rendered"), "<p>合格</p>");
	assert_null(hy_json_str(hy_json_get(node, "content"), "raw"));
	assert_string_equal(hy_json_str(node, "date_gmt"), "2026-11-22T09:40:00");
}

static void test_rest_finds(void **state)
{
	const struct hy_json *list;
	struct hy_net_response *r;

	(void)state;
	rest(POSTS, DRAFT);
	rest(POSTS, "{\"title\":\"草稿\"}");
	list = parsed(get("/wp-json/wp/v2/posts"));
	assert_int_equal(list->n, 1);
	list = parsed(get("/wp-json/wp/v2/posts?slug=hy-9,hy-1"));
	assert_int_equal(list->n, 1);
	assert_int_equal(parsed(get("/wp-json/wp/v2/posts?slug=hy"))->n, 0);
	assert_int_equal(parsed(get("/wp-json/wp/v2/posts?search=%E5%90%88%E6%A0%BC"))->n, 1);
	r = rest(POSTS "&status=publish,draft&context=edit", NULL);
	assert_int_equal(parsed(r)->n, 2);
	assert_string_equal(hy_net_response_header(r, "x-wp-total"), "2");
	assert_int_equal(parsed(rest(POSTS "&status=publish,draft&per_page=1&page=2", NULL))->n, 1);
}

static void test_rest_changes(void **state)
{
	const struct hy_json *node;

	(void)state;
	rest(POSTS, DRAFT);
	node = parsed(rest("/wp-json/wp/v2/posts/1", "{\"title\":{\"raw\":\"更正\"}}"));
	assert_string_equal(hy_json_str(hy_json_get(node, "title"), "raw"), "更正");
	assert_string_equal(hy_json_str(hy_json_get(node, "content"), "raw"), "<p>合格</p>");
	assert_string_equal(hy_json_str(node, "slug"), "hy-1");
}

static void test_rest_refuses(void **state)
{
	struct asking a = {.path = POSTS, .body = DRAFT};

	(void)state;
	assert_refused(ask(&a), 401, "rest_cannot_create");
	a.login = "reader";
	a.password = "abcd efgh";
	assert_refused(ask(&a), 403, "rest_cannot_create");
	a.login = "huying";
	a.password = "wrong";
	assert_refused(ask(&a), 401, "incorrect_password");
	a.path = "/wp-json/wp/v2/users/me";
	a.body = NULL;
	assert_refused(ask(&a), 401, "incorrect_password");
	assert_refused(get("/wp-json/wp/v2/users/me"), 401, "rest_not_logged_in");
	assert_refused(get("/wp-json/wp/v2/posts?context=edit"), 401, "rest_forbidden_context");
	assert_refused(get("/wp-json/wp/v2/posts?status=draft"), 400, "rest_invalid_param");
	assert_refused(get("/wp-json/wp/v2/posts?per_page=101"), 400, "rest_invalid_param");
	assert_refused(get("/wp-json/wp/v2/posts/7"), 404, "rest_post_invalid_id");
	assert_refused(get("/wp-json/wp/v2/nonsense"), 404, "rest_no_route");
	assert_refused(rest(POSTS, "{\"title\":"), 400, "rest_invalid_json");
	assert_refused(rest(POSTS, "{}"), 400, "empty_content");
	assert_refused(rest(POSTS, "{\"title\":\"a\",\"status\":\"loud\"}"), 400,
		       "rest_invalid_param");
	assert_int_equal(parsed(rest(POSTS "&status=publish,draft", NULL))->n, 0);
}

static void test_rest_knows_who(void **state)
{
	const struct hy_json *node = parsed(rest("/wp-json/wp/v2/users/me?_fields=id", NULL));

	(void)state;
	assert_int_equal(node->n, 1);
	assert_int_equal(hy_json_int(node, "id", 0), 1);
	node = parsed(get("/wp-json/"));
	assert_non_null(hy_json_get(hy_json_get(node, "authentication"), "application-passwords"));
}

/* ---- faults ---- */

static int64_t posts_there(void)
{
	return hy_json_int(parsed(get("/practice/state")), "posts", -1);
}

static void test_fault_drop(void **state)
{
	(void)state;
	hy_practice_fault(site, HY_FAULT_DROP, 1, 0);
	assert_int_equal(rest(POSTS, DRAFT)->status, HY_EUNSURE);
	assert_int_equal(posts_there(), 1);
	assert_int_equal(rest(POSTS, DRAFT)->http, 201);
}

static void test_fault_busy(void **state)
{
	struct hy_net_response *r;

	(void)state;
	hy_practice_fault(site, HY_FAULT_BUSY, 2, 7);
	r = rest(POSTS, DRAFT);
	assert_int_equal(r->http, 429);
	assert_string_equal(hy_net_response_header(r, "retry-after"), "7");
	assert_int_equal(rest(POSTS, DRAFT)->http, 429);
	assert_int_equal(posts_there(), 0);
	assert_int_equal(rest(POSTS, DRAFT)->http, 201);
}

static void test_fault_broken(void **state)
{
	(void)state;
	hy_practice_fault(site, HY_FAULT_BROKEN, 1, 0);
	assert_int_equal(rest(POSTS, DRAFT)->http, 500);
	assert_int_equal(posts_there(), 1);
}

static void test_fault_by_control(void **state)
{
	struct asking a = {.path = "/practice/fault?kind=401", .body = "x"};

	(void)state;
	assert_int_equal(ask(&a)->http, 403);
	assert_int_equal(rest(POSTS, DRAFT)->http, 201);
	a.control = true;
	assert_int_equal(ask(&a)->http, 200);
	assert_int_equal(rest(POSTS, DRAFT)->http, 401);
	a.path = "/practice/fault?kind=flood";
	assert_int_equal(ask(&a)->http, 400);
	assert_int_equal(posts_there(), 1);
}

static void test_port_taken(void **state)
{
	const struct hy_practice_conf conf = {.port = hy_practice_port(site)};
	struct hy_practice *other = NULL;

	(void)state;
	assert_int_equal(hy_practice_new(&other, ctx, loop, &conf, NULL), HY_EBUSY);
	assert_null(other);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_story_reads),	    T(test_story_refuses), T(test_story_limits),
		T(test_story_builtin),	    T(test_feed_grows),	   T(test_feeds_are_xml),
		T(test_pages_say_practice), T(test_rest_creates),  T(test_rest_finds),
		T(test_rest_changes),	    T(test_rest_refuses),  T(test_rest_knows_who),
		T(test_fault_drop),	    T(test_fault_busy),	   T(test_fault_broken),
		T(test_fault_by_control),   T(test_port_taken),
	};

	hy_xml_init();
	if (hy_crypt_init(NULL))
		return 1;
	return cmocka_run_group_tests_name("practice", tests, NULL, NULL);
}
