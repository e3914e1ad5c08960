#include "tests/unit/practice-live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct live live;

void live_begin(const char *text)
{
	struct hy_practice_conf conf = {.start = LIVE_START, .password = "abcd efgh"};
	struct hy_story *story = NULL;

	live.ctx = talloc_new(NULL);
	live.clk = hy_clock_fixed(live.ctx, LIVE_START);
	conf.clock = live.clk;
	if (text)
		assert_int_equal(hy_story_parse(live.ctx, text, strlen(text), &story, NULL), HY_OK);
	conf.story = story;
	assert_int_equal(hy_loop_new(&live.loop, live.ctx, NULL), HY_OK);
	assert_int_equal(hy_net_new(&live.net, live.loop, live.loop, NULL, NULL), HY_OK);
	assert_int_equal(hy_practice_new(&live.site, live.loop, live.loop, &conf, NULL), HY_OK);
	assert_true(hy_practice_port(live.site) > 0);
}

int live_setup(void **state)
{
	(void)state;
	live_begin(NULL);
	return 0;
}

int live_teardown(void **state)
{
	(void)state;
	talloc_free(live.site);
	talloc_free(live.net);
	talloc_free(live.ctx);
	return 0;
}

static void on_answer(void *user, struct hy_net_response *r)
{
	struct hy_net_response **out = user;

	*out = talloc_steal(live.ctx, r);
	hy_loop_stop(live.loop);
}

struct hy_net_response *live_ask(const struct live_ask *a)
{
	struct hy_net_header heads[4];
	struct hy_net_response *r = NULL;
	struct hy_net_request q = {
		.method = a->method ? a->method : a->body ? "POST" : "GET",
		.url = hy_strf(live.ctx, "http://127.0.0.1%s", a->path),
		.reach = hy_strf(live.ctx, "127.0.0.1:%d", hy_practice_port(live.site)),
		.body = a->body,
		.n_body = a->body ? strlen(a->body) : 0,
		.headers = heads,
		.login = a->login,
		.etag = a->etag,
	};

	heads[q.n_headers++] =
		(struct hy_net_header){"Content-Type", a->type ? a->type : "application/json"};
	if (a->control)
		heads[q.n_headers++] = (struct hy_net_header){"X-Practice", "1"};
	if (a->authorization)
		heads[q.n_headers++] = (struct hy_net_header){"Authorization", a->authorization};
	if (a->key)
		heads[q.n_headers++] = (struct hy_net_header){"Idempotency-Key", a->key};
	if (a->login)
		q.password = hy_secret_new(live.ctx, a->password, strlen(a->password));
	hy_net_fetch(live.net, &q, on_answer, &r);
	for (int i = 0; !r && i < 10000; i++)
		assert_int_equal(hy_loop_once(live.loop, 1000, NULL), HY_OK);
	assert_non_null(r);
	return r;
}

const char *live_control(const char *what)
{
	struct hy_net_response *r = live_ask(&(struct live_ask){
		.path = hy_strf(live.ctx, "/practice/%s", what), .body = "", .method = "POST", .control = true});

	if (r->http != 200)
		fail_msg("%s: %d %s", what, r->http, r->body);
	return r->body;
}

const struct hy_json *live_json(const struct hy_net_response *r)
{
	struct hy_json *node = NULL;

	if (hy_json_parse(live.ctx, r->body, r->n_body, 0, &node, NULL))
		fail_msg("no JSON: %d %s %s", r->http, r->err.text, r->body);
	return node;
}

const struct hy_json *live_state(const char *platform)
{
	return live_json(live_ask(&(struct live_ask){
		.path = hy_strf(live.ctx, "/practice/state?platform=%s", platform)}));
}

char *live_enc(const char *text)
{
	struct hy_buf b;

	hy_buf_init(&b, live.ctx, 1 << 20);
	for (; *text; text++)
		hy_buf_fmt(&b, "%%%02X", (unsigned char)*text);
	return hy_buf_take(&b, NULL);
}

void live_until(bool (*fn)(void *user), void *user)
{
	for (int i = 0; !fn(user) && i < 3000; i++)
		assert_int_equal(hy_loop_once(live.loop, 100, NULL), HY_OK);
	assert_true(fn(user));
}
