/* A live server: the searches of one session make nobody else wait, and what stands behind a key
 * opens by it alone. Told by counts: a search goes on when the test says so. */
#include "tests/unit/web-live.h"

#include "desk/desk.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define GUARD_SECS 120
#define SENT 10 /* one is served, eight wait, one is too many */

static struct live *live;
static void *ctx;

static int setup(void **state)
{
	(void)state;
	ctx = hy_new(NULL, char);
	if (hy_crypt_init(NULL))
		return 1;
	live = live_start((struct hy_web_conf){0});
	return live_port(live) > 0 ? 0 : 1;
}

static int teardown(void **state)
{
	(void)state;
	live_stop(live);
	talloc_free(ctx);
	return 0;
}

static int ask(const char *who, const char *path)
{
	int fd = live_connect(live);
	char *text = hy_strf(ctx,
			     "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n"
			     "Connection: close\r\n\r\n",
			     path, live_port(live), who);

	live_send(fd, text, strlen(text));
	return fd;
}

static char *answer(int fd)
{
	bool ended = false;
	char *text = live_read(ctx, fd, GUARD_SECS, &ended);

	assert_true(ended);
	close(fd);
	return text;
}

static void searches_take_turns(void **state)
{
	struct pollfd fds[SENT];
	int refused = -1;

	(void)state;
	web_stub_gate("search", true);
	for (int i = 0; i < SENT; i++) {
		fds[i] = (struct pollfd){.fd = ask("zhang", "/api/v1/search?query=a"),
					 .events = POLLIN};
		if (i == 0) /* until a worker has taken it, it waits as the others do */
			web_stub_gate_wait(1);
	}
	/* one of the ten is answered while the nine are not: it is one too many */
	assert_int_equal(poll(fds, SENT, GUARD_SECS * 1000), 1);
	for (int i = 0; i < SENT; i++)
		if (fds[i].revents)
			refused = i;
	char *a = answer(fds[refused].fd);
	assert_int_equal(live_status(a), 429);
	assert_string_equal(live_header(ctx, a, "Retry-After"), "1");
	assert_non_null(strstr(a, "application/problem+json"));
	/* another session's search is begun at once, beside it */
	int other = ask("wang", "/api/v1/search?query=b");
	web_stub_gate_wait(2);
	/* and cheap pages, of anybody, while both workers for searches are taken */
	assert_int_equal(live_status(answer(ask("li", "/cases"))), 200);
	assert_int_equal(live_status(answer(ask("zhang", "/api/v1/alert/list"))), 200);
	assert_int_equal(web_stub_gate_count(), 2);
	web_stub_gate("search", false);
	assert_int_equal(live_status(answer(other)), 200);
	for (int i = 0; i < SENT; i++)
		if (i != refused)
			assert_int_equal(live_status(answer(fds[i].fd)), 200);
	assert_int_equal(web_stub_gate_count(), SENT);
	assert_int_equal(web_stub_gate_most(), 2);
}

/* The stub's key of search 3 is "key-of-bianji". */
static void a_feed_opens_by_its_key(void **state)
{
	char *a = live_get(ctx, live, "/saved/3/atom?key=key-of-bianji", NULL), *etag;
	static const char *const closed[] = {
		"/saved/3/atom",
		"/saved/3/atom?key=",
		"/saved/3/atom?key=another",
		"/saved/4/atom?key=key-of-bianji",
		"/saved/x/atom?key=key-of-bianji",
	};

	(void)state;
	assert_int_equal(live_status(a), 200);
	assert_string_equal(live_header(ctx, a, "Content-Type"),
			    "application/atom+xml; charset=utf-8");
	assert_non_null(strstr(a, "<feed"));
	/* its links lead to where it was asked for */
	assert_non_null(strstr(web_stub_params, hy_strf(ctx, "\"address\":\"http://127.0.0.1:%d\"",
							live_port(live))));
	etag = live_header(ctx, a, "ETag");
	assert_non_null(etag);
	a = live_ask(ctx, live,
		     hy_strf(ctx,
			     "GET /saved/3/atom?key=key-of-bianji HTTP/1.1\nHost: 127.0.0.1:PORT\n"
			     "If-None-Match: %s\nConnection: close\n\n",
			     etag));
	assert_int_equal(live_status(a), 304);
	for (size_t i = 0; i < HY_LEN(closed); i++)
		assert_int_equal(live_status(live_get(ctx, live, closed[i], NULL)), 404);
	/* the key opens nothing else */
	a = live_ask(ctx, live,
		     "GET /api/v1/search?query=a HTTP/1.1\nHost: 127.0.0.1:PORT\n"
		     "Authorization: Bearer key-of-bianji\nConnection: close\n\n");
	assert_int_equal(live_status(a), 401);
}

static void exports_are_files(void **state)
{
	char *cookie = live_login(ctx, live, "zhang", WEB_STUB_PASSWORD);
	char *csrf = live_csrf(ctx, live, cookie);
	char *a =
		live_post(ctx, live, "/search/export", cookie, "application/x-www-form-urlencoded",
			  "", hy_strf(ctx, "csrf=%s&query=a&all=true&format=csv", csrf));

	(void)state;
	assert_int_equal(live_status(a), 200);
	assert_string_equal(live_header(ctx, a, "Content-Type"), "text/csv; charset=utf-8");
	assert_string_equal(live_header(ctx, a, "Content-Disposition"),
			    "attachment; filename=\"search.csv\"");
	assert_non_null(strstr(a, "\"a,b\""));
	assert_non_null(strstr(web_stub_params, "\"all\":true"));
	a = live_post(ctx, live, "/search/export", cookie, "application/x-www-form-urlencoded", "",
		      "query=a&format=csv");
	assert_int_equal(live_status(a), 403);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(searches_take_turns),
		cmocka_unit_test(a_feed_opens_by_its_key),
		cmocka_unit_test(exports_are_files),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
