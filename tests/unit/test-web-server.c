/* A live server over a stub desk: framing, deadlines, sessions, duties, live change. */
#include "tests/unit/web-live.h"

#include "desk/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"

static struct live *live;
static void *ctx;

static int setup(void **state)
{
	(void)state;
	ctx = hy_new(NULL, char);
	if (hy_crypt_init(NULL))
		return 1;
	live = live_start((struct hy_web_conf){.request_deadline = 700});
	return live_port(live) > 0 ? 0 : 1;
}

static int teardown(void **state)
{
	(void)state;
	live_stop(live);
	talloc_free(ctx);
	return 0;
}

static void ambiguous_framing_is_refused(void **state)
{
	static const struct {
		const char *head;
		int status;
	} cases[] = {
		{"POST /login HTTP/1.1\nHost: 127.0.0.1:PORT\nContent-Type: " FORM
		 "\nContent-Length: 5\nTransfer-Encoding: chunked\n\n0\n\n",
		 400},
		{"POST /login HTTP/1.1\nHost: 127.0.0.1:PORT\nContent-Type: " FORM
		 "\nContent-Length: 3\nContent-Length: 3\n\na=b",
		 400},
		{"POST /login HTTP/1.1\nHost: 127.0.0.1:PORT\nContent-Type: " FORM
		 "\nContent-Length: 3\nContent-Length: 4\n\na=b",
		 400},
		{"POST /login HTTP/1.1\nHost: 127.0.0.1:PORT\nContent-Type: " FORM
		 "\nTransfer-Encoding: chunked\nTransfer-Encoding: identity\n\n0\n\n",
		 400},
		{"POST /login HTTP/1.1\nHost: 127.0.0.1:PORT\nContent-Type: " FORM
		 "\nTransfer-Encoding: identity\n\n0\n\n",
		 411},
		{"POST /login HTTP/1.1\nHost: 127.0.0.1:PORT\nContent-Type: " FORM
		 "\nTransfer-Encoding: chunked\n\n0\n\nGET /healthz HTTP/1.1\n",
		 411},
		{"POST /login HTTP/1.1\nHost: 127.0.0.1:PORT\nContent-Type: " FORM
		 "\nContent-Length : 3\n\na=b",
		 400},
		{"POST /login HTTP/1.1\nHost: 127.0.0.1:PORT\nContent-Type: " FORM
		 "\nTransfer-Encoding : chunked\nContent-Length: 3\n\na=b",
		 400},
		{"GET /healthz HTTP/1.1\nHost: 127.0.0.1:PORT\n\vX: y\n\n", 400},
		{"GET /healthz HTTP/1.1\nHost: 127.0.0.1:PORT\nX: y\bz\n\n", 400},
		{"POST /api/v1/alert/ack HTTP/1.1\nHost: 127.0.0.1:PORT\nContent-Type: " JSON
		 "x\nContent-Length: 2\n\n{}",
		 415},
		{"GET / HTTP/1.1\n\n", 400},
		{"GET / HTTP/1.1\nHost: 127.0.0.1:PORT\nHost: 127.0.0.1:PORT\n\n", 400},
		{"GET / HTTP/1.1\nHost: evil.example\n\n", 421},
		{"TRACE / HTTP/1.1\nHost: 127.0.0.1:PORT\n\n", 405},
		{"PUT / HTTP/1.1\nHost: 127.0.0.1:PORT\nContent-Length: 0\n\n", 405},
		{"OPTIONS / HTTP/1.1\nHost: 127.0.0.1:PORT\n\n", 405},
		{"BREW / HTTP/1.1\nHost: 127.0.0.1:PORT\n\n", 405},
		{"POST /login HTTP/1.1\nHost: 127.0.0.1:PORT\nContent-Type: " FORM
		 "\nContent-Length: 65537\n\n",
		 413},
		{"POST /api/v1/alert/ack HTTP/1.1\nHost: 127.0.0.1:PORT\nContent-Type: " JSON
		 "\nContent-Length: 1048577\n\n",
		 413},
		{"POST /login HTTP/1.1\nHost: 127.0.0.1:PORT\nContent-Type: text/plain"
		 "\nContent-Length: 3\n\na=b",
		 415},
		{"POST /api/v1/alert/ack HTTP/1.1\nHost: 127.0.0.1:PORT\nContent-Type: " FORM
		 "\nContent-Length: 3\n\na=b",
		 415},
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(cases); i++) {
		char *answer = live_ask(ctx, live, cases[i].head);

		/* One answer: nothing after the refused head was taken for a request. (The
		 * library's own refusal of a head without Host writes its head twice.) */
		if (live_status(answer) != cases[i].status ||
		    (strstr(cases[i].head, "Host") && strstr(answer + 9, "HTTP/1.1 ")))
			fail_msg("case %zu: %s", i, answer);
		assert_string_equal(live_header(ctx, answer, "Connection"), "close");
	}
}

static void bare_line_feeds_are_refused(void **state)
{
	static const char *const heads[] = {
		"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:%d\nConnection: close\r\n\r\n",
		"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\nX: y\r\n\r\n",
		"GET /healthz HTTP/1.1\r\nX: y\nHost: 127.0.0.1:%d\r\n\r\n",
		"GET /healthz HTTP/1.1\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(heads); i++) {
		int fd = live_connect(live);
		struct hy_buf b;
		char *answer;

		hy_buf_init(&b, ctx, 1000);
		for (const char *p = heads[i]; *p; p++)
			if (*p == '%' && p++)
				hy_buf_fmt(&b, "%d", live_port(live));
			else
				hy_buf_chr(&b, *p);
		live_send(fd, b.data, b.len);
		answer = live_read(ctx, fd, 20, NULL);
		close(fd);
		if (live_status(answer) != 400)
			fail_msg("case %zu: %.60s", i, answer);
	}
}

static void big_heads_are_refused(void **state)
{
	char *long_value = hy_strf(ctx, "%060000d", 1);
	char *answer;

	(void)state;
	answer = live_ask(
		ctx, live,
		hy_strf(ctx, "GET / HTTP/1.1\nHost: 127.0.0.1:PORT\nX: %s\n\n", long_value));
	assert_true(live_status(answer) == 431 || live_status(answer) == 413 || !*answer);
	answer = live_get(ctx, live, hy_strf(ctx, "/search?q=%05000d", 1), NULL);
	assert_int_equal(live_status(answer), 414);
	/* Parameters by the hundred: MHD has no room for them and hangs up. (Nothing may leak.) */
	struct hy_buf b;
	hy_buf_init(&b, ctx, 20000);
	hy_buf_str(&b, "GET /search?");
	for (int i = 0; i < 1500; i++)
		hy_buf_str(&b, "a=1&");
	hy_buf_str(&b, " HTTP/1.1\nHost: 127.0.0.1:PORT\n\n");
	assert_int_not_equal(live_status(live_ask(ctx, live, b.data)), 200);
}

static void chunks_past_the_limit_end_it(void **state)
{
	int fd = live_connect(live);
	char *head = hy_strf(ctx,
			     "POST /login HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: " FORM
			     "\r\nTransfer-Encoding: chunked\r\n\r\n",
			     live_port(live));
	char *chunk = hy_strf(ctx, "2000\r\n%08192d\r\n", 0);
	bool ended = false;

	(void)state;
	live_send(fd, head, strlen(head));
	for (int i = 0; i < 12; i++)
		live_send(fd, chunk, strlen(chunk));
	live_read(ctx, fd, 20, &ended);
	close(fd);
	assert_true(ended);
}

/* One byte now and then is not silence, and yet it ends at the deadline (here 0.7 s). */
static void dripping_is_cut_off(void **state)
{
	static const char head[] = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1";
	int fd = live_connect(live);
	int64_t start = hy_monotonic();
	bool ended = false;

	(void)state;
	for (size_t i = 0; !ended && hy_monotonic() - start < 20 * HY_SECOND; i++) {
		live_send(fd, head + i % (sizeof(head) - 1), 1);
		struct timeval wait = {.tv_usec = 50000};
		char byte;

		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
		ended = recv(fd, &byte, 1, 0) == 0;
	}
	close(fd);
	assert_true(ended);
	/* and the healthy are served */
	assert_int_equal(live_status(live_get(ctx, live, "/healthz", NULL)), 200);
}

/* Ten times as many silent connections as there is room for, and one that asks. */
static void the_silent_make_room(void **state)
{
	struct live *kept = live;
	int fds[320];
	int served = 0;

	(void)state;
	live = live_start((struct hy_web_conf){.connections = 32});
	for (size_t i = 0; i < HY_LEN(fds); i++)
		fds[i] = live_connect(live);
	for (int i = 0; i < 5; i++)
		served += live_status(live_get(ctx, live, "/healthz", NULL)) == 200;
	for (size_t i = 0; i < HY_LEN(fds); i++)
		close(fds[i]);
	live_stop(live);
	live = kept;
	assert_int_equal(served, 5);
}

static void answers_carry_their_headers(void **state)
{
	static const char *const paths[] = {"/login", "/healthz", "/nothing", "/static/app.css"};

	(void)state;
	for (size_t i = 0; i < HY_LEN(paths); i++) {
		char *a = live_get(ctx, live, paths[i], NULL);
		const char *csp = live_header(ctx, a, "Content-Security-Policy");

		assert_non_null(csp);
		assert_non_null(strstr(csp, "default-src 'none'; script-src 'self'"));
		assert_non_null(strstr(csp, "require-trusted-types-for 'script'"));
		assert_null(strstr(csp, "unsafe"));
		assert_string_equal(live_header(ctx, a, "X-Content-Type-Options"), "nosniff");
		assert_string_equal(live_header(ctx, a, "Referrer-Policy"), "same-origin");
		assert_string_equal(live_header(ctx, a, "Cache-Control"),
				    i == 3 ? "no-cache" : "no-store");
		/* plain loopback: no promise about https */
		assert_null(live_header(ctx, a, "Strict-Transport-Security"));
	}
}

static void files_are_not_sent_twice(void **state)
{
	char *a = live_get(ctx, live, "/static/app.css", NULL);
	char *etag = live_header(ctx, a, "ETag");

	(void)state;
	assert_non_null(etag);
	a = live_ask(ctx, live,
		     hy_strf(ctx,
			     "GET /static/app.css HTTP/1.1\nHost: 127.0.0.1:PORT\nConnection: "
			     "close\nIf-None-Match: %s\n\n",
			     etag));
	assert_int_equal(live_status(a), 304);
	assert_int_equal(live_status(live_get(ctx, live, "/static/..%2fweb.h", NULL)), 404);
	assert_int_equal(live_status(live_get(ctx, live, "/public/../huying.db", NULL)), 404);
	assert_int_equal(live_status(live_get(ctx, live, "/public/..%2fhuying.db", NULL)), 404);
	assert_int_equal(live_status(live_get(ctx, live, "/public/.keys", NULL)), 404);
}

/* Every page stands, with one h1, without inline script or style, and with no raw text of people.
 */
static void pages_stand(void **state)
{
	static const char *const paths[] = {
		"/",
		"/alerts",
		"/alerts/31",
		"/search",
		"/search?q=%E6%B0%B4",
		"/search?q=&order=relevance&all=true&kind=post&since=2026-11-20T16:00:00Z",
		"/saved",
		"/items/501",
		"/rules",
		"/claims",
		"/claims/7",
		"/cases",
		"/cases/117",
		"/statements",
		"/statements/88",
		"/statements/new",
		"/sources",
		"/report",
		"/audit",
		"/lookup",
		"/public/",
		"/search?q=%27%22%3Cscript%3E",
	};
	char *cookie = live_login(ctx, live, "wang", WEB_STUB_PASSWORD);

	(void)state;
	for (size_t i = 0; i < HY_LEN(paths); i++) {
		char *a = live_get(ctx, live, paths[i], cookie);
		const char *h1 = strstr(a, "<h1>");

		if (live_status(a) != 200 || !h1 || strstr(h1 + 1, "<h1>"))
			fail_msg("%s: %.40s", paths[i], a);
		if (strstr(a, " style=") || strstr(a, "<style") || strstr(a, "onclick") ||
		    strstr(a, "javascript:") || strstr(a, "<script>"))
			fail_msg("%s: inline script or style", paths[i]);
		if (!strstr(a, "</html>"))
			fail_msg("%s: cut", paths[i]);
	}
	assert_int_equal(live_status(live_get(ctx, live, "/cases/404", cookie)), 404);
	assert_int_equal(live_status(live_get(ctx, live, "/cases?author=x", cookie)), 400);
}

/* What is told to us is not looked at: no button offers it. */
static void told_sources_are_not_looked_at(void **state)
{
	char *cookie = live_login(ctx, live, "wang", WEB_STUB_PASSWORD);
	char *a = live_get(ctx, live, "/sources", cookie);

	(void)state;
	assert_non_null(strstr(a, "callback:微信"));
	assert_non_null(strstr(a, "/sources/1/due"));
	assert_null(strstr(a, "/sources/4/due"));
	assert_null(strstr(a, "/sources/5/due"));
	/* nor stopped here: its account is what can be */
	assert_null(strstr(a, "/sources/4/pause"));
	assert_non_null(strstr(a, "/sources/1/pause"));
}

static void approval_binds_the_digest_shown(void **state)
{
	char *wang = live_login(ctx, live, "wang", WEB_STUB_PASSWORD);
	char *zhang = live_login(ctx, live, "zhang", WEB_STUB_PASSWORD);
	char *a = live_get(ctx, live, "/statements/88", wang);

	(void)state;
	assert_non_null(strstr(a, "name=\"digest\" value=\"2c26b46b68ffc68ff99b453c1d304134134"));
	assert_non_null(strstr(a, "action=\"/statements/88/approve\""));
	/* who wrote it, and has not the duty, gets no button */
	assert_null(strstr(live_get(ctx, live, "/statements/88", zhang), "/approve\""));
	live_post(ctx, live, "/statements/88/approve", wang, FORM, NULL,
		  hy_strf(ctx, "csrf=%s&revision=2&digest=2c26", live_csrf(ctx, live, wang)));
	assert_string_equal(web_stub_action, "post.approve");
	assert_string_equal(web_stub_params, "{\"id\":\"88\",\"revision\":2,\"digest\":\"2c26\"}");
}

static void pages_say_no_more_than_they_may(void **state)
{
	char *wang = live_login(ctx, live, "wang", WEB_STUB_PASSWORD);
	char *li = live_login(ctx, live, "li", WEB_STUB_PASSWORD);
	char *list = live_get(ctx, live, "/cases", wang);
	char *one = live_get(ctx, live, "/cases/117", wang);
	char *no = live_get(ctx, live, "/statements/new?lang=en", li);

	(void)state;
	assert_non_null(strstr(list, "href=\"/cases/117\""));
	assert_null(strstr(list, "href=\"/cases/112\""));
	assert_non_null(strstr(list, "<span>—</span>"));
	assert_null(strstr(one, "new_reply"));
	/* answers on their way: what a person may settle, and nothing of what is sent */
	assert_non_null(strstr(one, "the line broke &lt;here&gt;"));
	assert_non_null(strstr(one, "undelivered"));
	assert_null(strstr(one, "name=\"answer\" value=\"7\""));
	assert_non_null(strstr(one, "2026-11-21 14:33"));
	assert_int_equal(live_status(no), 403);
	assert_non_null(strstr(no, "This needs the duty clerk, editor."));
	/* the other language of the same page */
	assert_non_null(strstr(live_get(ctx, live, "/search?q=a+b%26&lang=en", wang),
			       "href=\"/search?q=a%20b%26&amp;lang=zh\""));
}

static void sessions_begin_and_end(void **state)
{
	char *cookie = live_login(ctx, live, "zhang", WEB_STUB_PASSWORD);
	char *again, *answer, *csrf;

	(void)state;
	assert_non_null(cookie);
	assert_int_equal(live_status(live_get(ctx, live, "/", cookie)), 200);
	assert_int_equal(live_status(live_get(ctx, live, "/", NULL)), 303);
	assert_int_equal(live_status(live_get(ctx, live, "/", "huying=AAAA")), 303);
	/* a planted cookie is not taken over: the log-in makes its own */
	answer = live_post(ctx, live, "/login", "huying=planted", FORM, NULL,
			   "login=zhang&password=" WEB_STUB_PASSWORD);
	again = live_header(ctx, answer, "Set-Cookie");
	assert_null(strstr(again, "planted"));
	assert_non_null(strstr(again, "; HttpOnly; SameSite=Strict"));
	assert_non_null(strstr(again, "Path=/;"));
	csrf = live_csrf(ctx, live, cookie);
	answer = live_post(ctx, live, "/logout", cookie, FORM, NULL, hy_strf(ctx, "csrf=%s", csrf));
	assert_int_equal(live_status(answer), 303);
	assert_int_equal(live_status(live_get(ctx, live, "/", cookie)), 303);
}

static void wrong_passwords_slow_down(void **state)
{
	int last = 0;

	(void)state;
	for (int i = 0; i < 4; i++)
		last = live_status(live_post(ctx, live, "/login", NULL, FORM, NULL,
					     "login=li&password=wrong"));
	assert_int_equal(last, 429);
	/* the right one must wait as well, and an unknown login is treated alike */
	assert_null(live_login(ctx, live, "li", WEB_STUB_PASSWORD));
	for (int i = 0; i < 4; i++)
		last = live_status(live_post(ctx, live, "/login", NULL, FORM, NULL,
					     "login=nobody&password=wrong"));
	assert_int_equal(last, 429);
}

static void evidence_is_saved_never_shown(void **state)
{
	char *wang = live_login(ctx, live, "wang", WEB_STUB_PASSWORD);
	char *li = live_login(ctx, live, "li", WEB_STUB_PASSWORD);
	char *a = live_get(ctx, live, "/evidence/1", wang);

	(void)state;
	assert_int_equal(live_status(a), 200);
	assert_string_equal(live_header(ctx, a, "Content-Type"), "application/octet-stream");
	assert_string_equal(live_header(ctx, a, "Content-Disposition"),
			    "attachment; filename=\"evidence-1.pdf\"");
	assert_string_equal(live_header(ctx, a, "X-Content-Type-Options"), "nosniff");
	assert_non_null(strstr(a, "\r\n\r\n%PDF-<html>"));
	assert_non_null(strstr(live_get(ctx, live, "/claims/7", wang), "href=\"/evidence/1\""));
	assert_null(strstr(live_get(ctx, live, "/claims/7", li), "/evidence/"));
	assert_int_equal(live_status(live_get(ctx, live, "/evidence/1", li)), 403);
	assert_int_equal(live_status(live_get(ctx, live, "/evidence/404", wang)), 404);
	assert_int_equal(live_status(live_get(ctx, live, "/evidence/1", NULL)), 303);
}

/* A citizen's picture: a link in the case, a download with the type that its bytes have. */
static void attachments_are_saved_never_shown(void **state)
{
	char *zhang = live_login(ctx, live, "zhang", WEB_STUB_PASSWORD);
	char *page = live_get(ctx, live, "/cases/117", zhang);
	char *a = live_get(ctx, live, "/cases/117/media/9", zhang);

	(void)state;
	assert_non_null(strstr(page, "href=\"/cases/117/media/9\" download>9.png</a>"));
	assert_null(strstr(page, "/cases/117/media/10"));
	assert_non_null(strstr(page, "too &lt;late&gt;"));
	assert_null(strstr(page, "<img"));
	assert_int_equal(live_status(a), 200);
	assert_string_equal(live_header(ctx, a, "Content-Type"), "image/png");
	assert_string_equal(live_header(ctx, a, "Content-Disposition"),
			    "attachment; filename=\"20261121-0007-9.png\"");
	assert_string_equal(live_header(ctx, a, "X-Content-Type-Options"), "nosniff");
	assert_string_equal(live_header(ctx, a, "Content-Security-Policy"),
			    "sandbox; default-src 'none'");
	assert_non_null(strstr(a, "\r\n\r\n<x>!"));
	assert_int_equal(live_status(live_get(ctx, live, "/cases/117/media/9", NULL)), 303);
	assert_int_equal(live_status(live_get(ctx, live, "/cases/404/media/9", zhang)), 404);
}

/* What was typed stands in the form again, with the desk's word above it. */
static void failed_forms_keep_what_was_typed(void **state)
{
	static const struct {
		int refuse, status;
		const char *path, *form, *kept[4];
	} cases[] = {
		{HY_EINPUT,
		 400,
		 "/statements",
		 "kind=progress&title=%E9%A2%98%22%3E&text=%3Cb%3E%0D%0Ax&not_before=tomorrow&"
		 "to=wordpress&claim=7",
		 {"value=\"题&quot;&gt;\">", "&lt;b&gt;\nx</textarea>",
		  "name=\"to\" value=\"wordpress\" checked>",
		  "<option value=\"progress\" selected>"}},
		{HY_ECONFLICT,
		 409,
		 "/cases/117/note",
		 "text=only+this",
		 {"<details class=\"more\" open>", "only this</textarea>"}},
		{HY_EREFUSED,
		 403,
		 "/cases/117/reply",
		 "text=to+the+citizen",
		 {"to the citizen</textarea>"}},
		{HY_EINPUT,
		 400,
		 "/cases",
		 "title=t&text=body&type=complaint&unit=%E6%95%99%E8%82%B2%E5%B1%80",
		 {"name=\"title\" required value=\"t\">", "body</textarea>",
		  "<option value=\"complaint\" selected>", "<option selected>教育局"}},
		{HY_EINPUT, 400, "/claims", "text=words&alert=31&item=", {"words</textarea>"}},
		{HY_EEXISTS,
		 409,
		 "/rules",
		 "name=n&query=q+q&level=low",
		 {"value=\"n\"", "value=\"q q\"", "<option value=\"low\" selected>"}},
		{HY_EINPUT,
		 400,
		 "/claims/7/judge",
		 "verdict=context&finding=found",
		 {"value=\"context\" required checked>", "found</textarea>"}},
		/* the form is no longer there: the words are */
		{HY_ECONFLICT,
		 409,
		 "/cases/117/reopen",
		 "why=lost+words",
		 {"<pre>lost words</pre>"}},
	};
	char *cookie = live_login(ctx, live, "wang", WEB_STUB_PASSWORD);
	char *csrf = live_csrf(ctx, live, cookie);

	(void)state;
	for (size_t i = 0; i < HY_LEN(cases); i++) {
		char *a;

		web_stub_refuse = cases[i].refuse;
		a = live_post(ctx, live, cases[i].path, cookie, FORM, NULL,
			      hy_strf(ctx, "csrf=%s&%s", csrf, cases[i].form));
		web_stub_refuse = 0;
		if (live_status(a) != cases[i].status)
			fail_msg("%s: %d", cases[i].path, live_status(a));
		assert_non_null(strstr(a, "the desk says &lt;no&gt;"));
		assert_non_null(strstr(a, "id=\"typed\""));
		for (size_t k = 0; k < HY_LEN(cases[i].kept) && cases[i].kept[k]; k++)
			if (!strstr(a, cases[i].kept[k]))
				fail_msg("%s: lost %s in %s", cases[i].path, cases[i].kept[k],
					 strstr(a, "id=\"typed\""));
	}
}

static void forged_forms_do_nothing(void **state)
{
	char *cookie = live_login(ctx, live, "zhang", WEB_STUB_PASSWORD);
	char *other = live_login(ctx, live, "wang", WEB_STUB_PASSWORD);
	char *csrf = live_csrf(ctx, live, cookie);
	char *good = hy_strf(ctx, "csrf=%s", csrf);
	const struct {
		const char *headers, *body;
		int status;
	} cases[] = {
		{NULL, "", 403},
		{NULL, "csrf=", 403},
		{NULL, "csrf=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 403},
		{NULL, hy_strf(ctx, "csrf=%s", live_csrf(ctx, live, other)), 403},
		{"Origin: http://evil.example\n", good, 403},
		{"Origin: null\n", good, 403},
		{"Sec-Fetch-Site: cross-site\n", good, 403},
		{"Sec-Fetch-Site: same-site\n", good, 403},
		{NULL, good, 303},
		{"Origin: http://127.0.0.1:PORT\nSec-Fetch-Site: same-origin\n", good, 303},
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(cases); i++) {
		int before = web_stub_acts;
		char *a = live_post(ctx, live, "/alerts/31/ack", cookie, FORM, cases[i].headers,
				    cases[i].body);

		if (live_status(a) != cases[i].status)
			fail_msg("case %zu: %.40s", i, a);
		assert_int_equal(web_stub_acts - before, cases[i].status == 303);
	}
	assert_string_equal(web_stub_params, "{\"id\":\"31\"}");
}

/* T-AUTHZ-1: every route, by nobody and by each of four people. */
static void matrix_of_duties(void **state)
{
	static const struct {
		const char *login;
		unsigned duties;
	} people[] = {
		{NULL, 0},
		{"zhang", HY_DUTY_HANDLER | HY_DUTY_CLERK | HY_DUTY_EDITOR},
		{"admin", HY_DUTY_ADMIN},
		{"wang", HY_DUTY_APPROVER | HY_DUTY_EDITOR | HY_DUTY_CLERK | HY_DUTY_HANDLER |
				 HY_DUTY_SUPERVISOR},
	};
	struct hy_web_route_info r;

	(void)state;
	for (size_t k = 0; k < HY_LEN(people); k++) {
		for (size_t i = 0; hy_web_route_at(i, &r); i++) {
			char *path = hy_strdup(ctx, r.path), *brace = strchr(path, '{');
			const char *token = people[k].login;
			bool may = !r.duties || (r.duties & people[k].duties);
			bool get = !strcmp(r.method, "GET");
			char *a;
			int status;

			if (strstr(path, "/events") || !strcmp(path, "/logout"))
				continue; /* streams have their own test */
			if (brace) {
				char *end = strchr(brace, '}');
				path = hy_strf(ctx, "%.*s7%s", (int)(brace - path), path, end + 1);
			}
			a = live_ask(
				ctx, live,
				hy_strf(ctx,
					"%s %s HTTP/1.1\nHost: 127.0.0.1:PORT\nConnection: "
					"close\n%s%s%s%s%s\n%s",
					r.method, path, token ? "Authorization: Bearer " : "",
					token ? token : "", token ? "\n" : "",
					get	? ""
					: r.api ? "Content-Type: " JSON "\n"
					: !strncmp(path, "/imports/", 9)
						? "Content-Type: multipart/form-data; boundary=x\n"
						: "Content-Type: " FORM "\n",
					get ? "" : "Content-Length: 2\n",
					get	? ""
					: r.api ? "{}"
						: "&&"));
			status = live_status(a);
			if (!token && r.duties)
				may = status == 401 ||
				      (status == 303 && strstr(a, "Location: /login"));
			else
				may = may == (status != 403 && status != 401);
			if (!may && strcmp(path, "/login") && strcmp(path, "/hello"))
				fail_msg("%s %s by %s: %.60s", r.method, path,
					 token ? token : "nobody", a);
		}
	}
}

static void api_speaks_json(void **state)
{
	char *a = live_ask(ctx, live,
			   "GET /api/v1/case/list?limit=2 HTTP/1.1\nHost: 127.0.0.1:PORT\n"
			   "Connection: close\nAuthorization: Bearer zhang\n\n");
	static const struct {
		const char *request;
		int status;
	} cases[] = {
		{"GET /api/v1/case/list?author=x", 400},
		{"GET /api/v1/search?query=a&user=x", 400},
		{"GET /api/v1/search?query=a&from=x", 400},
		{"GET /api/v1/search?query=a&by=x", 400},
		{"GET /api/v1/search?query=a&query=b", 400},
		{"GET /api/v1/case/list?limit=two", 400},
		{"GET /api/v1/case/list?limit=%ff", 400},
		{"GET /api/v1/alert/show?id=404", 404},
		{"GET /api/v1/search?query=a", 200},
	};

	(void)state;
	assert_int_equal(live_status(a), 200);
	assert_string_equal(live_header(ctx, a, "Content-Type"), "application/json");
	for (size_t i = 0; i < HY_LEN(cases); i++) {
		a = live_ask(ctx, live,
			     hy_strf(ctx,
				     "%s HTTP/1.1\nHost: 127.0.0.1:PORT\nConnection: close\n"
				     "Authorization: Bearer zhang\n\n",
				     cases[i].request));
		if (live_status(a) != cases[i].status)
			fail_msg("%s: %.40s", cases[i].request, a);
		if (cases[i].status != 200) {
			assert_string_equal(live_header(ctx, a, "Content-Type"),
					    "application/problem+json");
			assert_non_null(strstr(a, "\"code\":\""));
		}
	}
}

/* A Chinese page names a fault in Chinese, one in English in English. */
static void faults_are_told_in_the_language(void **state)
{
	static const struct {
		const char *path, *more, *says, *never;
	} cases[] = {
		{"/search?q=%ff", "", "第 1 个字段", "field 1"},
		{"/search?q=%ff", "; lang=en", "field 1 is not", "第 1"},
		{"/search?nosuch=1", "", "没有参数", "takes no"},
	};
	char *cookie = live_login(ctx, live, "wang", WEB_STUB_PASSWORD), *a = NULL;

	(void)state;
	hy_lang_init();
	for (size_t i = 0; i < HY_LEN(cases); i++) {
		a = live_get(ctx, live, cases[i].path, hy_strf(ctx, "%s%s", cookie, cases[i].more));
		assert_int_equal(live_status(a), 400);
		if (!strstr(a, cases[i].says) || strstr(a, cases[i].never))
			fail_msg("%s: %s", cases[i].path, a);
	}
	a = live_ask(ctx, live, "GET / HTTP/1.1\nHost: evil.example\nConnection: close\n\n");
	assert_non_null(strstr(a, "请求的 Host 不是本机关的"));
	assert_non_null(strstr(a, "this Host is not ours"));
}

static void api_acts(void **state)
{
	const char *auth = "Authorization: Bearer zhang\n";
	char *cookie = live_login(ctx, live, "zhang", WEB_STUB_PASSWORD);
	int before = web_stub_acts;

	(void)state;
	assert_int_equal(live_status(live_post(ctx, live, "/api/v1/alert/ack", NULL, JSON, auth,
					       "{\"id\":\"31\"}")),
			 200);
	assert_int_equal(web_stub_acts, before + 1);
	assert_int_equal(live_status(live_post(ctx, live, "/api/v1/alert/ack", NULL, JSON, auth,
					       "{\"id\":\"31\",\"id\":\"32\"}")),
			 400);
	assert_int_equal(
		live_status(live_post(ctx, live, "/api/v1/alert/ack", NULL, JSON, auth, "[]")),
		400);
	assert_int_equal(live_status(live_post(ctx, live, "/api/v1/alert/ack", NULL, JSON, auth,
					       "{\"id\":\"31\"} x")),
			 400);
	assert_int_equal(
		live_status(live_post(ctx, live, "/api/v1/alert/ack?id=3", NULL, JSON, auth, "{}")),
		400);
	/* what only the command line may say */
	assert_int_equal(
		live_status(live_post(ctx, live, "/api/v1/source/add", NULL, JSON, auth,
				      "{\"kind\":\"feed\",\"name\":\"a\",\"url\":\"http://a\","
				      "\"reach\":\"127.0.0.1:1\"}")),
		400);
	/* a cookie without the token of its session */
	assert_int_equal(live_status(live_post(ctx, live, "/api/v1/alert/ack", cookie, JSON, NULL,
					       "{\"id\":\"31\"}")),
			 403);
	assert_int_equal(web_stub_acts, before + 1);
	assert_int_equal(live_status(live_post(
				 ctx, live, "/api/v1/alert/ack", cookie, JSON,
				 hy_strf(ctx, "X-CSRF-Token: %s\n", live_csrf(ctx, live, cookie)),
				 "{\"id\":\"31\"}")),
			 200);
}

static void deep_json_is_refused(void **state)
{
	struct hy_buf b;

	(void)state;
	hy_buf_init(&b, ctx, 1u << 20);
	for (int i = 0; i < 1000000; i++)
		hy_buf_chr(&b, '[');
	assert_int_equal(live_status(live_post(ctx, live, "/api/v1/alert/ack", NULL, JSON,
					       "Authorization: Bearer zhang\n", b.data)),
			 400);
}

static void look_up_tells_nothing(void **state)
{
	char *wrong = live_post(ctx, live, "/lookup", NULL, FORM, NULL,
				"number=20261121-0007&code=00000000");
	char *none = live_post(ctx, live, "/lookup", NULL, FORM, NULL,
			       "number=20261121-9999&code=48215073x");

	(void)state;
	assert_int_equal(live_status(wrong), 404);
	assert_int_equal(live_status(none), 404);
	assert_int_equal(live_status(live_post(ctx, live, "/lookup", NULL, FORM, NULL,
					       "number=20261121-0007&code=48215073")),
			 200);
	/* two wrong ones above; ten a minute are forgiven, and then no right one gets through */
	for (int i = 0; i < 8; i++)
		assert_int_equal(live_status(live_post(ctx, live, "/lookup", NULL, FORM, NULL,
						       hy_strf(ctx, "number=%d&code=1", i))),
				 404);
	assert_int_equal(live_status(live_post(ctx, live, "/lookup", NULL, FORM, NULL,
					       "number=20261121-0007&code=48215073")),
			 429);
	assert_int_equal(
		live_status(live_get(
			ctx, live, "/api/v1/case/lookup?number=20261121-0007&code=48215073", NULL)),
		429);
}

static char *read_until(int fd, const char *wanted)
{
	char *all = hy_strdup(ctx, "");
	int64_t end = hy_monotonic() + 20 * HY_SECOND;

	while (!strstr(all, wanted) && hy_monotonic() < end) {
		char part[4096];
		struct timeval wait = {.tv_sec = 1};
		ssize_t n;

		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
		n = recv(fd, part, sizeof(part) - 1, 0);
		if (n == 0)
			break;
		if (n > 0) {
			part[n] = 0;
			all = hy_strf(ctx, "%s%s", all, part);
		}
	}
	return all;
}

static int open_stream(const char *cookie)
{
	int fd = live_connect(live);
	char *head = hy_strf(ctx,
			     "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nCookie: "
			     "%s\r\n\r\n",
			     live_port(live), cookie);

	live_send(fd, head, strlen(head));
	return fd;
}

static void streams_begin_whole_and_follow(void **state)
{
	char *cookie = live_login(ctx, live, "zhang", WEB_STUB_PASSWORD);
	int fd = open_stream(cookie);
	char *first = read_until(fd, "\n\n");

	(void)state;
	assert_non_null(strstr(first, "text/event-stream"));
	assert_non_null(strstr(first, "event: state"));
	assert_non_null(strstr(first, "\"alerts_firing\":2"));
	/* the record moves: the next state comes by itself */
	live_post(ctx, live, "/alerts/31/ack", cookie, FORM, NULL,
		  hy_strf(ctx, "csrf=%s", live_csrf(ctx, live, cookie)));
	assert_non_null(strstr(read_until(fd, "event: state"), "event: state"));
	/* and logging out ends the stream */
	live_post(ctx, live, "/logout", cookie, FORM, NULL,
		  hy_strf(ctx, "csrf=%s", live_csrf(ctx, live, cookie)));
	bool ended = false;
	live_read(ctx, fd, 20, &ended);
	assert_true(ended);
	close(fd);
}

static void stopping_ends_streams(void **state)
{
	struct live *mine = live_start((struct hy_web_conf){.workers = 1});
	struct live *kept = live;
	bool ended = false;
	int fd;

	(void)state;
	live = mine;
	fd = open_stream(live_login(ctx, live, "zhang", WEB_STUB_PASSWORD));
	read_until(fd, "\n\n");
	live_stop(mine);
	live = kept;
	live_read(ctx, fd, 20, &ended);
	close(fd);
	assert_true(ended);
}

static void metrics_are_ascii(void **state)
{
	char *a = live_get(ctx, live, "/metrics", NULL);

	(void)state;
	assert_int_equal(live_status(a), 200);
	assert_non_null(strstr(a, "\nhuying_cases_overdue 1\n"));
	assert_non_null(
		strstr(a, "huying_collector_items_total{source=\"1\",result=\"new\"} 8121"));
	for (const char *p = a; *p; p++)
		assert_true((unsigned char)*p < 0x7f);
}

static void beyond_loopback_needs_https(void **state)
{
	struct hy_loop *loop = NULL;
	struct hy_web *web = NULL;
	struct hy_err err = {0};
	struct hy_web_conf conf = {.dir = "/nonexistent", .desk = &web_stub};
	static const char *const bad[] = {"0.0.0.0:0", "example.org:80",  "127.0.0.1",
					  ":1",	       "127.0.0.1:99999", "127.0.0.1:x"};

	(void)state;
	assert_int_equal(hy_loop_new(&loop, ctx, &err), HY_OK);
	for (size_t i = 0; i < HY_LEN(bad); i++) {
		conf.listen = bad[i];
		assert_int_equal(hy_web_new(&web, ctx, loop, &conf, &err), HY_EINPUT);
	}
	talloc_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ambiguous_framing_is_refused),
		cmocka_unit_test(bare_line_feeds_are_refused),
		cmocka_unit_test(big_heads_are_refused),
		cmocka_unit_test(chunks_past_the_limit_end_it),
		cmocka_unit_test(dripping_is_cut_off),
		cmocka_unit_test(the_silent_make_room),
		cmocka_unit_test(answers_carry_their_headers),
		cmocka_unit_test(files_are_not_sent_twice),
		cmocka_unit_test(pages_stand),
		cmocka_unit_test(told_sources_are_not_looked_at),
		cmocka_unit_test(approval_binds_the_digest_shown),
		cmocka_unit_test(pages_say_no_more_than_they_may),
		cmocka_unit_test(sessions_begin_and_end),
		cmocka_unit_test(evidence_is_saved_never_shown),
		cmocka_unit_test(attachments_are_saved_never_shown),
		cmocka_unit_test(wrong_passwords_slow_down),
		cmocka_unit_test(failed_forms_keep_what_was_typed),
		cmocka_unit_test(forged_forms_do_nothing),
		cmocka_unit_test(matrix_of_duties),
		cmocka_unit_test(api_speaks_json),
		cmocka_unit_test(api_acts),
		cmocka_unit_test(deep_json_is_refused),
		cmocka_unit_test(look_up_tells_nothing),
		cmocka_unit_test(streams_begin_whole_and_follow),
		cmocka_unit_test(stopping_ends_streams),
		cmocka_unit_test(metrics_are_ascii),
		cmocka_unit_test(beyond_loopback_needs_https),
		cmocka_unit_test(faults_are_told_in_the_language), /* last: binds the catalogue */
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
