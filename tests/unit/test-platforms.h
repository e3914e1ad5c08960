/* One call of a platform's client against one scripted answer; shared by the platforms' tests. */
#ifndef TESTS_UNIT_TEST_PLATFORMS_H
#define TESTS_UNIT_TEST_PLATFORMS_H

#include "platforms/platforms.h"
#include "tests/unit/origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct got {
	void *ctx; /* holds the copies */
	struct hy_loop *loop;
	enum hy_status status;
	struct hy_err err;
	int calls;
	struct hy_platform_post post;
	struct hy_platform_page page;
	struct hy_platform_token token;
	char *bytes;
	size_t n;
	char request[16384]; /* the last request as the server saw it */
};

static inline void got_status(struct got *g, enum hy_status status, const struct hy_err *err)
{
	g->status = status;
	g->calls++;
	assert_true((status == HY_OK) == (err == NULL));
	if (err != NULL) {
		g->err = *err;
		assert_int_equal(err->status, status);
		assert_true(err->text[0] != '\0');
	}
	hy_loop_stop(g->loop);
}

static inline void on_post(void *user, enum hy_status status, const struct hy_platform_post *p,
			   const struct hy_err *err)
{
	struct got *g = user;

	got_status(g, status, err);
	assert_true((status == HY_OK) == (p != NULL));
	if (p == NULL)
		return;
	assert_non_null(p->id);
	g->post = *p;
	g->post.id = hy_strdup(g->ctx, p->id);
	g->post.url = hy_strdup(g->ctx, p->url);
	g->post.html = hy_strdup(g->ctx, p->html);
}

static inline void on_page(void *user, enum hy_status status, const struct hy_platform_page *p,
			   const struct hy_err *err)
{
	struct got *g = user;
	struct hy_platform_entry *copy;

	got_status(g, status, err);
	assert_true((status == HY_OK) == (p != NULL));
	if (p == NULL)
		return;
	g->page = *p;
	g->page.next = hy_strdup(g->ctx, p->next);
	copy = hy_new_array(g->ctx, struct hy_platform_entry, p->n + 1);
	for (size_t i = 0; i < p->n; i++) {
		copy[i] = p->entries[i];
		copy[i].id = hy_strdup(copy, p->entries[i].id);
		copy[i].on = hy_strdup(copy, p->entries[i].on);
		copy[i].parent = hy_strdup(copy, p->entries[i].parent);
		copy[i].author = hy_strdup(copy, p->entries[i].author);
		copy[i].author_name = hy_strdup(copy, p->entries[i].author_name);
		copy[i].title = hy_strdup(copy, p->entries[i].title);
		copy[i].text = hy_strdup(copy, p->entries[i].text);
		copy[i].url = hy_strdup(copy, p->entries[i].url);
	}
	g->page.entries = copy;
}

static inline void on_token(void *user, enum hy_status status, const struct hy_platform_token *t,
			    const struct hy_err *err)
{
	struct got *g = user;

	got_status(g, status, err);
	assert_true((status == HY_OK) == (t != NULL));
	if (t == NULL)
		return;
	g->token = *t;
	g->token.access = hy_strdup(g->ctx, t->access);
	g->token.refresh = hy_strdup(g->ctx, t->refresh);
	g->token.uid = hy_strdup(g->ctx, t->uid);
	g->token.app = hy_strdup(g->ctx, t->app);
}

static inline void on_raw(void *user, enum hy_status status, const struct hy_platform_file *f,
			  const struct hy_err *err)
{
	struct got *g = user;

	got_status(g, status, err);
	if (f != NULL) {
		g->bytes = hy_strndup(g->ctx, f->bytes, f->n);
		g->n = f->n;
	}
}

struct script {
	const char *head, *body; /* head NULL: the request is taken, then dropped */
};
static inline void serve_script(struct origin *o, int fd, int nth, const char *request)
{
	const struct script *s = o->user;

	(void)nth, (void)request;
	if (s->head != NULL)
		origin_answer(fd, s->head, s->body);
}

/* Starts a call; the test's own function, by what it is to do. */
typedef void start_fn(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
		      const void *arg);

#define TEST_SECRET "SECRETSECRETSECRET"
#define TEST_NOW INT64_C(1795241100000)
static inline struct got run_call(void *ctx, start_fn *start, const void *arg, const char *head,
				  const char *body)
{
	struct script s = {head, body};
	struct hy_clock *clock = hy_clock_fixed(ctx, TEST_NOW);
	struct hy_net_options options = {.clock = clock};
	struct got g = {.ctx = ctx};
	struct hy_platform_peer peer = {
		.url = "http://platform.example/",
		.login = "app-1",
		.secret = hy_secret_new(ctx, TEST_SECRET, strlen(TEST_SECRET))};
	struct hy_net *net;
	struct origin o;

	origin_start(&o, serve_script, &s);
	peer.reach = o.reach;
	assert_int_equal(hy_loop_new(&g.loop, ctx, NULL), HY_OK);
	assert_int_equal(hy_net_new(&net, ctx, g.loop, &options, NULL), HY_OK);
	start(net, &peer, &g, arg);
	assert_int_equal(g.calls, 0); /* never from within */
	assert_int_equal(hy_loop_run(g.loop, NULL), HY_OK);
	assert_int_equal(g.calls, 1);
	origin_last(&o, g.request, sizeof(g.request));
	origin_stop(&o);
	/* whatever went wrong, the secret is in no message */
	assert_null(strstr(g.err.text, TEST_SECRET));
	talloc_free(net);
	talloc_free(g.loop);
	g.loop = NULL;
	return g;
}

/* Nobody listens there: nothing was sent. */
static inline struct got run_unreachable(void *ctx, start_fn *start, const void *arg)
{
	struct script s = {0};
	struct got g = {.ctx = ctx};
	struct hy_platform_peer peer = {
		.url = "http://platform.example/",
		.login = "app-1",
		.secret = hy_secret_new(ctx, TEST_SECRET, strlen(TEST_SECRET))};
	struct hy_net *net;
	struct origin o;
	char reach[32];

	origin_start(&o, serve_script, &s);
	memcpy(reach, o.reach, sizeof(reach));
	origin_stop(&o);
	peer.reach = reach;
	assert_int_equal(hy_loop_new(&g.loop, ctx, NULL), HY_OK);
	assert_int_equal(hy_net_new(&net, ctx, g.loop, NULL, NULL), HY_OK);
	start(net, &peer, &g, arg);
	assert_int_equal(hy_loop_run(g.loop, NULL), HY_OK);
	talloc_free(net);
	talloc_free(g.loop);
	return g;
}

#endif
