/* WordPress against a scripted server: every way an answer can go wrong after a post was taken. */
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

struct got {
	struct hy_loop *loop;
	enum hy_status status;
	struct hy_platform_post post;
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
		g->post.id = hy_strdup(ctx, post->id);
		g->post.url = hy_strdup(ctx, post->url);
		g->post.marker = hy_strdup(ctx, post->marker);
		g->post.title = hy_strdup(ctx, post->title);
		g->post.posted = post->posted;
	}
	if (err != NULL)
		g->err = *err;
	hy_loop_stop(g->loop);
}

#define MARK "hy-3f9a0c"
enum ask { CREATE, READ, FIND, UPDATE, ME };

static struct got run_at(const char *reach, enum ask what, const char *arg)
{
	const struct hy_platform_draft draft = {"停水不实", "<p>供水正常</p>", arg};
	const struct hy_platform_peer peer = {.url = "http://office.example/blog?x=1",
					      .reach = reach,
					      .login = "desk",
					      .secret = hy_secret_new(ctx, "abcd efgh", 9)};
	struct got g = {0};
	struct hy_net *net;

	assert_int_equal(hy_loop_new(&g.loop, ctx, NULL), HY_OK);
	assert_int_equal(hy_net_new(&net, ctx, g.loop, NULL, NULL), HY_OK);
	if (what == CREATE)
		hy_wordpress_create(net, &peer, &draft, on_done, &g);
	else if (what == READ)
		hy_wordpress_read(net, &peer, arg, on_done, &g);
	else if (what == FIND)
		hy_wordpress_find(net, &peer, arg, on_done, &g);
	else if (what == UPDATE)
		hy_wordpress_update(net, &peer, "12", &draft, on_done, &g);
	else
		hy_wordpress_me(net, &peer, on_done, &g);
	assert_int_equal(g.calls, 0); /* never from within */
	assert_int_equal(hy_loop_run(g.loop, NULL), HY_OK);
	assert_int_equal(g.calls, 1);
	talloc_free(net);
	return g;
}

/* One answer for all, or by route. */
struct script {
	const char *head, *body;
	const char *text_body; /* for ?search= */
};

static void serve(struct origin *o, int fd, int nth, const char *request)
{
	const struct script *s = o->user;

	(void)nth;
	if (s->head == NULL)
		return; /* taken, then dropped */
	if (s->text_body != NULL && strstr(request, "search=") != NULL)
		origin_answer(fd, s->head, s->text_body);
	else
		origin_answer(fd, s->head, s->body);
}

static struct got run(const struct script *s, enum ask what, const char *arg, char *request)
{
	struct origin o;

	origin_start(&o, serve, (void *)(uintptr_t)s);
	struct got g = run_at(o.reach, what, arg);
	if (request != NULL)
		origin_last(&o, request, 4096);
	origin_stop(&o);
	return g;
}

#define POST_JSON(slug, status)                                                                    \
	"{\"id\":12,\"slug\":\"" slug "\",\"status\":\"" status                                    \
	"\",\"link\":\"http://office.example/?p=12\",\"date_gmt\":\"2026-11-21T06:05:00\","        \
	"\"title\":{\"raw\":\"停水不实\"},\"content\":{\"raw\":\"x\"}}"

static void test_create(void **state)
{
	struct script s = {"201 Created", POST_JSON(MARK, "publish"), NULL};
	char request[4096];

	(void)state;
	struct got g = run(&s, CREATE, MARK, request);
	assert_int_equal(g.status, HY_OK);
	assert_string_equal(g.post.id, "12");
	assert_string_equal(g.post.url, "http://office.example/?p=12");
	assert_string_equal(g.post.marker, MARK);
	assert_int_equal(g.post.posted, INT64_C(1795241100000));
	assert_non_null(strstr(request, "POST /blog/?rest_route=/wp/v2/posts&"));
	assert_non_null(strstr(request, "Authorization: Basic ZGVzazphYmNkIGVmZ2g=\r\n"));
	assert_non_null(strstr(request, "\"slug\":\"" MARK "\""));
	assert_non_null(strstr(request, "<!-- huying " MARK " -->"));
	/* the slug was taken: still ours */
	s.body = POST_JSON(MARK "-2", "publish");
	assert_string_equal(run(&s, CREATE, MARK, NULL).post.marker, MARK);
}

static void test_create_failures(void **state)
{
	static char big[10 << 20];
	const struct {
		struct script s;
		enum hy_status want;
	} rows[] = {
		{{NULL, NULL, NULL}, HY_EUNSURE},
		{{"500 Oops", "{}", NULL}, HY_EUNSURE},
		{{"502 Bad Gateway", "<html>", NULL}, HY_EUNSURE},
		{{"408 Timeout", "", NULL}, HY_EUNSURE},
		{{"200 OK", "<html>login</html>", NULL}, HY_EUNSURE},
		{{"200 OK", "", NULL}, HY_EUNSURE},
		{{"200 OK", "{}", NULL}, HY_EUNSURE},
		{{"200 OK", "{\"id\":\"12\"}", NULL}, HY_EUNSURE},
		{{"200 OK", "[]", NULL}, HY_EUNSURE},
		{{"201 Created", big, NULL}, HY_EUNSURE},
		{{"204 No Content", "", NULL}, HY_EUNSURE},
		{{"201 Created", POST_JSON(MARK, "pending"), NULL}, HY_EUNSURE},
		{{"302 Found\r\nLocation: http://127.0.0.1/", "", NULL}, HY_EUNSURE},
		{{"401 Unauthorized", "{\"message\":\"no\"}", NULL}, HY_EAUTH},
		{{"403 Forbidden", "{}", NULL}, HY_EAUTH},
		{{"400 Bad", "{\"message\":\"Invalid parameter\"}", NULL}, HY_EPERM},
		{{"404 Not Found", "<html>", NULL}, HY_EPERM},
		{{"413 Too Large", "", NULL}, HY_EPERM},
		{{"429 Slow\r\nRetry-After: 7", "{}", NULL}, HY_EWAIT},
		{{"429 Slow", "", NULL}, HY_EWAIT},
		{{"503 Later\r\nRetry-After: 7", "", NULL}, HY_EWAIT},
		{{"503 Later", "", NULL}, HY_EUNSURE},
	};

	(void)state;
	memset(big, ' ', sizeof(big) - 1);
	for (size_t i = 0; i < HY_LEN(rows); i++) {
		struct got g = run(&rows[i].s, CREATE, MARK, NULL);

		if (g.status != rows[i].want)
			fail_msg("row %zu (%s): %s, want %s", i,
				 rows[i].s.head ? rows[i].s.head : "drop", hy_status_name(g.status),
				 hy_status_name(rows[i].want));
		assert_null(g.post.id);
		assert_true(g.err.text[0] != '\0');
	}
	/* nobody listens: nothing was sent */
	struct script s = {0};
	struct origin o;
	origin_start(&o, serve, &s);
	char reach[32];
	memcpy(reach, o.reach, sizeof(reach));
	origin_stop(&o);
	assert_int_equal(run_at(reach, CREATE, MARK).status, HY_ETEMP);
}

static void test_find(void **state)
{
	struct script s = {"200 OK", "[" POST_JSON(MARK, "publish") "]", NULL};
	char request[4096];

	(void)state;
	struct got g = run(&s, FIND, MARK, request);
	assert_int_equal(g.status, HY_OK);
	assert_string_equal(g.post.id, "12");
	assert_non_null(strstr(request, "slug=" MARK));
	/* someone else's post with a like slug is not ours */
	s.body = "[" POST_JSON(MARK "x", "publish") "]";
	s.text_body = "[]";
	assert_int_equal(run(&s, FIND, MARK, request).status, HY_ENOTFOUND);
	assert_non_null(strstr(request, "search=" MARK)); /* the text was searched too */
	/* a plugin changed the slug: found by the comment in the body */
	s.body = "[]";
	s.text_body = "[{\"id\":9,\"slug\":\"else\",\"status\":\"publish\",\"content\":"
		      "{\"raw\":\"a <!-- huying " MARK " -->\"}}]";
	assert_string_equal(run(&s, FIND, MARK, NULL).post.id, "9");
	/* there, but not public: neither found nor absent */
	s.body = "[" POST_JSON(MARK, "draft") "]";
	assert_int_equal(run(&s, FIND, MARK, NULL).status, HY_ETEMP);
	/* a wrong secret makes WordPress 6.1 refuse to list drafts */
	static const struct script stranger = {"400 Bad", "{\"code\":\"rest_invalid_param\"}",
					       NULL};
	assert_int_equal(run(&stranger, FIND, MARK, NULL).status, HY_EAUTH);
	/* a failing look-up never says absent */
	static const struct script bad[] = {
		{NULL, NULL, NULL},	     {"500 Oops", "[]", NULL},
		{"200 OK", "{}", NULL},	     {"200 OK", "<html>", NULL},
		{"404 Not Found", "", NULL}, {"401 No", "{}", NULL},
		{"429 Slow", "", NULL},	     {"302 F\r\nLocation: /", "", NULL},
	};
	for (size_t i = 0; i < HY_LEN(bad); i++) {
		enum hy_status got = run(&bad[i], FIND, MARK, NULL).status;

		if (got == HY_OK || got == HY_ENOTFOUND)
			fail_msg("bad look-up %zu gave %s", i, hy_status_name(got));
	}
}

static void test_read_update_me(void **state)
{
	struct script s = {"200 OK", POST_JSON("s", "publish"), NULL};
	char request[4096];

	(void)state;
	struct got g = run(&s, READ, "12", request);
	assert_int_equal(g.status, HY_OK);
	assert_string_equal(g.post.title, "停水不实");
	assert_non_null(strstr(request, "GET /blog/?rest_route=/wp/v2/posts/12&context=edit"));
	assert_int_equal(run(&s, READ, "12&x=1", NULL).status, HY_EINPUT);
	assert_int_equal(run(&s, READ, "", NULL).status, HY_EINPUT);
	assert_int_equal(run(&s, CREATE, "No Good", NULL).status, HY_EINPUT);
	g = run(&s, UPDATE, MARK, request);
	assert_int_equal(g.status, HY_OK);
	assert_non_null(strstr(request, "POST /blog/?rest_route=/wp/v2/posts/12&"));
	assert_null(strstr(request, "\"slug\""));
	s.head = "404 Not Found";
	s.body = "{\"code\":\"rest_post_invalid_id\"}";
	assert_int_equal(run(&s, READ, "12", NULL).status, HY_ENOTFOUND);
	assert_int_equal(run(&s, UPDATE, MARK, NULL).status, HY_ENOTFOUND);
	assert_int_equal(run(&s, ME, NULL, NULL).status, HY_EPERM);
	s.body = "<html>";
	assert_int_equal(run(&s, READ, "12", NULL).status, HY_EPERM);
	s.head = "200 OK";
	s.body = "{\"id\":3,\"name\":\"desk\"}";
	g = run(&s, ME, NULL, NULL);
	assert_int_equal(g.status, HY_OK);
	assert_string_equal(g.post.title, "desk");
}

static void test_slug(void **state)
{
	(void)state;
	assert_true(hy_wordpress_slug_matches("ab-c", "ab-c"));
	assert_true(hy_wordpress_slug_matches("ab-c-2", "ab-c"));
	assert_true(hy_wordpress_slug_matches("ab-c-13", "ab-c"));
	assert_false(hy_wordpress_slug_matches("ab-cd", "ab-c"));
	assert_false(hy_wordpress_slug_matches("ab-c-", "ab-c"));
	assert_false(hy_wordpress_slug_matches("ab-c-2x", "ab-c"));
	assert_false(hy_wordpress_slug_matches("ab", "ab-c"));
	assert_false(hy_wordpress_slug_matches(NULL, "ab-c"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_create, setup, teardown),
		cmocka_unit_test_setup_teardown(test_create_failures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_find, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_update_me, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slug, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
