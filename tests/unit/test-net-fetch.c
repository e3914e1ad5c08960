/* The outgoing wire against a scripted bad origin: framing, limits, redirects, guard, pacing. */
#include "net/net.h"
#include "tests/unit/origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

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

/* One scripted answer: raw bytes, then close. */
struct script {
	const char *bytes;
	size_t n;
	size_t cut; /* send only this many; 0 = all */
};

static void serve_script(struct origin *o, int fd, int nth, const char *request)
{
	const struct script *s = o->user;

	(void)nth, (void)request;
	origin_send(fd, s->bytes, s->cut != 0 ? s->cut : s->n);
}

static struct hy_net_response *fetch(struct origin *o, struct hy_net_request *q)
{
	struct hy_net_response *r;
	struct hy_err err;

	if (q->url == NULL)
		q->url = "http://office.example/feed";
	if (q->reach == NULL)
		q->reach = o->reach;
	(void)hy_net_fetch_wait(ctx, NULL, q, &r, &err);
	assert_non_null(r);
	return r;
}

static struct hy_net_response *fetch_script(const char *bytes, size_t n, size_t cut)
{
	struct script s = {bytes, n, cut};
	struct hy_net_request q = {0};
	struct origin o;

	origin_start(&o, serve_script, &s);
	struct hy_net_response *r = fetch(&o, &q);
	origin_stop(&o);
	return r;
}

static struct hy_net_response *fetch_text(const char *text)
{
	return fetch_script(text, strlen(text), 0);
}

static void test_plain(void **state)
{
	struct hy_net_response *r = fetch_text("HTTP/1.1 200 OK\r\nETag: W/\"a b\"\r\n"
					       "Last-Modified: Sat, 21 Nov 2026 06:05:00 GMT\r\n"
					       "Content-Length: 5\r\n\r\nhello");
	(void)state;
	assert_int_equal(r->status, HY_OK);
	assert_int_equal(r->http, 200);
	assert_true(r->complete);
	assert_false(r->nothing_sent);
	assert_int_equal(r->n_body, 5);
	assert_string_equal(r->body, "hello");
	assert_string_equal(r->etag, "W/\"a b\"");
	assert_string_equal(r->last_modified, "Sat, 21 Nov 2026 06:05:00 GMT");
	assert_string_equal(hy_net_response_header(r, "CONTENT-length"), "5");
	assert_string_equal(r->final_url, "http://office.example/feed");
	assert_null(hy_net_response_header(r, "nothing"));
}

/* R20: cut at every byte offset, by framing. */
static void cut_everywhere(const char *bytes, size_t n, size_t enough)
{
	for (size_t cut = 1; cut <= n; cut++) {
		struct hy_net_response *r = fetch_script(bytes, n, cut);

		if (cut < enough && r->status == HY_OK && r->complete)
			fail_msg("cut at %zu of %zu is taken as complete", cut, n);
		if (cut == n) {
			assert_int_equal(r->status, HY_OK);
			assert_true(r->complete);
		}
		talloc_free(r);
	}
}

static void test_cut_length(void **state)
{
	const char *t = "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n"
			"<rss><channel>aaaa</channel></";

	(void)state;
	cut_everywhere(t, strlen(t), strlen(t));
}

static void test_cut_chunked(void **state)
{
	const char *t = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";

	(void)state;
	cut_everywhere(t, strlen(t), strlen(t) - 1); /* the last LF says nothing */
}

static void test_close_delimited(void **state)
{
	const char *t = "HTTP/1.1 200 OK\r\n\r\n<rss></rss>";
	struct hy_net_response *r = fetch_text(t);

	(void)state;
	assert_int_equal(r->status, HY_OK);
	assert_string_equal(r->body, "<rss></rss>");
	assert_false(r->complete); /* only the document's end can tell */
}

static size_t gzip(const void *in, size_t n, unsigned char *out, size_t room)
{
	z_stream z = {0};

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (unsigned char *)(uintptr_t)in;
	z.avail_in = (unsigned)n;
	z.next_out = out;
	z.avail_out = (unsigned)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	room -= z.avail_out;
	deflateEnd(&z);
	return room;
}

static void test_cut_gzip(void **state)
{
	const char *text = "<rss><channel><title>water</title></channel></rss>";
	char head[128], *all;
	unsigned char z[512];
	size_t n = gzip(text, strlen(text), z, sizeof(z));

	(void)state;
	/* the server's framing is whole, the gzip stream inside is cut */
	for (size_t cut = 1; cut <= n; cut++) {
		int k = snprintf(head, sizeof(head),
				 "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
				 "Content-Length: %zu\r\n\r\n",
				 cut);
		all = hy_memdup(ctx, head, (size_t)k + n);
		memcpy(all + k, z, cut);
		struct hy_net_response *r = fetch_script(all, (size_t)k + cut, 0);
		if (cut < n) {
			assert_int_equal(r->status, HY_ETEMP);
			assert_memory_equal(r->body, text, r->n_body);
			assert_false(r->complete);
		} else {
			assert_int_equal(r->status, HY_OK);
			assert_true(r->complete);
			assert_string_equal(r->body, text);
		}
	}
}

static void test_gzip_close_delimited(void **state)
{
	const char *head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n";
	unsigned char z[512];
	size_t n = gzip("hello", 5, z, sizeof(z)), k = strlen(head);
	char *all = talloc_size(ctx, k + n);

	(void)state;
	memcpy(all, head, k);
	memcpy(all + k, z, n);
	struct hy_net_response *r = fetch_script(all, k + n, 0);
	assert_int_equal(r->status, HY_OK);
	assert_true(r->complete); /* the gzip trailer shows the end */
	assert_string_equal(r->body, "hello");
	all[k + n - 6] ^= 1; /* checksum */
	r = fetch_script(all, k + n, 0);
	assert_int_not_equal(r->status, HY_OK);
}

/* T-NET-2 */
static void test_gzip_bomb(void **state)
{
	size_t big = 64u << 20;
	char *zeros = calloc(1, big);
	unsigned char *z = malloc(1 << 20);
	const char *head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n";
	size_t n = gzip(zeros, big, z, 1 << 20), k = strlen(head);
	char *all = talloc_size(ctx, k + n);

	(void)state;
	memcpy(all, head, k);
	memcpy(all + k, z, n);
	struct hy_net_response *r = fetch_script(all, k + n, 0);
	assert_int_equal(r->status, HY_EPERM);
	assert_int_equal(r->where, HY_NET_AT_LIMIT);
	assert_int_equal(r->n_body, 0);
	free(zeros);
	free(z);
}

static void serve_endless(struct origin *o, int fd, int nth, const char *request)
{
	static char chunk[65536 + 16];
	int k = snprintf(chunk, 16, "10000\r\n");

	(void)nth, (void)request;
	memset(chunk + k, 'x', 65536);
	memcpy(chunk + k + 65536, "\r\n", 2);
	origin_text(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	while (!origin_stopping(o, 0) && origin_send(fd, chunk, (size_t)k + 65538))
		;
}

static void serve_headers(struct origin *o, int fd, int nth, const char *request)
{
	char line[1100];

	(void)nth, (void)request;
	origin_text(fd, "HTTP/1.1 200 OK\r\n");
	memset(line, 'h', sizeof(line));
	memcpy(line, "X: ", 3);
	memcpy(line + 1000, "\r\n", 3);
	for (int i = 0; i < 2000 && !origin_stopping(o, 0); i++)
		if (!origin_text(fd, line))
			return;
}

static void test_caps(void **state)
{
	struct hy_net_request q = {0};
	struct hy_net_response *r;
	struct origin o;

	(void)state;
	origin_start(&o, serve_endless, NULL);
	r = fetch(&o, &q);
	assert_int_equal(r->status, HY_EPERM);
	assert_int_equal(r->where, HY_NET_AT_LIMIT);
	origin_stop(&o);
	memset(&q, 0, sizeof(q));
	origin_start(&o, serve_headers, NULL);
	r = fetch(&o, &q);
	assert_int_not_equal(r->status, HY_OK);
	assert_int_equal(r->where, HY_NET_AT_LIMIT);
	origin_stop(&o);
	r = fetch_text("HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\nx");
	assert_int_equal(r->status, HY_EPERM);
	assert_int_equal(r->where, HY_NET_AT_LIMIT);
}

/* The cap at the limit and at limit + 1. */
static void test_cap_edge(void **state)
{
	struct script s = {"HTTP/1.1 200 OK\r\n\r\n0123456789", 0, 0};
	struct origin o;

	(void)state;
	s.n = strlen(s.bytes);
	origin_start(&o, serve_script, &s);
	struct hy_net_request q = {.max_bytes = 10};
	assert_int_equal(fetch(&o, &q)->status, HY_OK);
	q.max_bytes = 9;
	assert_int_equal(fetch(&o, &q)->status, HY_EPERM);
	origin_stop(&o);
}

static void serve_drip(struct origin *o, int fd, int nth, const char *request)
{
	(void)nth, (void)request;
	origin_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
	while (!origin_stopping(o, 20) && origin_text(fd, "x"))
		;
}

static void serve_silence(struct origin *o, int fd, int nth, const char *request)
{
	(void)nth, (void)request, (void)fd;
	while (!origin_stopping(o, 1000))
		;
}

/* R21 */
static void test_slow(void **state)
{
	struct hy_net_request q = {.timeout = 300};
	struct origin o;

	(void)state;
	origin_start(&o, serve_drip, NULL);
	struct hy_net_response *r = fetch(&o, &q);
	assert_int_equal(r->status, HY_ETEMP);
	assert_int_equal(r->where, HY_NET_AT_LIMIT);
	assert_false(r->nothing_sent);
	origin_stop(&o);
	origin_start(&o, serve_silence, NULL);
	struct hy_net_request post = {.method = "POST", .timeout = 200, .body = "a", .n_body = 1};
	r = fetch(&o, &post);
	assert_int_equal(r->status, HY_EUNSURE);
	assert_false(r->nothing_sent);
	/* what names no time has the net's */
	const struct hy_net_options short_one = {.timeout = 200};
	post.timeout = 0;
	post.url = "http://office.example/";
	post.reach = o.reach;
	assert_int_equal(hy_net_fetch_wait(ctx, &short_one, &post, &r, NULL), HY_EUNSURE);
	assert_int_equal(r->where, HY_NET_AT_LIMIT);
	origin_stop(&o);
}

static void test_nothing_sent(void **state)
{
	struct hy_net_request q = {.method = "POST", .body = "a", .n_body = 1};
	struct origin o;

	(void)state;
	origin_start(&o, NULL, NULL);
	char reach[32];
	memcpy(reach, o.reach, sizeof(reach));
	origin_stop(&o); /* the port is closed now */
	q.url = "http://office.example/";
	q.reach = reach;
	struct hy_net_response *r = fetch(&o, &q);
	assert_int_equal(r->status, HY_ETEMP);
	assert_int_equal(r->where, HY_NET_AT_CONNECT);
	assert_true(r->nothing_sent);
	/* TLS that fails: the peer speaks plain HTTP */
	struct script s = {"HTTP/1.1 400 no\r\n\r\n", 19, 0};
	origin_start(&o, serve_script, &s);
	q.url = "https://office.example/";
	q.reach = o.reach;
	q.connect_timeout = 1000;
	r = fetch(&o, &q);
	assert_int_equal(r->status, HY_ETEMP);
	assert_true(r->nothing_sent);
	origin_stop(&o);
}

static void test_write_cut(void **state)
{
	struct script s = {"", 0, 0};
	struct hy_net_request q = {.method = "POST", .body = "a=1", .n_body = 3};
	struct origin o;

	(void)state;
	origin_start(&o, serve_script, &s); /* takes the request, closes without a word */
	struct hy_net_response *r = fetch(&o, &q);
	assert_int_equal(r->status, HY_EUNSURE);
	assert_false(r->nothing_sent);
	assert_int_equal(origin_count(&o), 1); /* and libcurl did not repeat it */
	origin_stop(&o);
}

static void serve_echo(struct origin *o, int fd, int nth, const char *request)
{
	(void)o, (void)nth;
	if (strstr(request, "If-None-Match: W/\"x y\"-gzip\r\n") != NULL &&
	    strstr(request, "If-Modified-Since: yesterday\r\n") != NULL)
		origin_text(fd, "HTTP/1.1 304 Not Modified\r\nETag: \"new\"\r\n\r\n");
	else
		origin_answer(fd, "200 OK", request);
}

static void test_conditional(void **state)
{
	struct hy_net_request q = {.etag = "W/\"x y\"-gzip", .last_modified = "yesterday"};
	struct origin o;

	(void)state;
	origin_start(&o, serve_echo, NULL);
	struct hy_net_response *r = fetch(&o, &q);
	assert_int_equal(r->status, HY_OK);
	assert_int_equal(r->http, 304);
	assert_true(r->complete);
	assert_string_equal(r->etag, "\"new\"");
	assert_int_equal(hy_net_outcome(r, false, NULL), HY_OK);
	origin_stop(&o);
}

static void test_request_as_sent(void **state)
{
	struct hy_secret *pw = hy_secret_new(ctx, "pass word", 9);
	struct hy_net_header h[] = {{"X-One", "1"}, {"X-Empty", ""}};
	struct hy_net_request q = {.method = "PUT",
				   .headers = h,
				   .n_headers = 2,
				   .login = "desk",
				   .password = pw,
				   .body = "body",
				   .n_body = 4};
	struct origin o;

	(void)state;
	origin_start(&o, serve_echo, NULL);
	struct hy_net_response *r = fetch(&o, &q);
	assert_int_equal(r->http, 200);
	assert_non_null(strstr(r->body, "PUT /feed HTTP/1.1\r\n"));
	assert_non_null(strstr(r->body, "Host: office.example\r\n"));
	assert_non_null(strstr(r->body, "User-Agent: huying/"));
	assert_non_null(strstr(r->body, "Accept-Encoding: gzip\r\n"));
	assert_non_null(strstr(r->body, "Authorization: Basic ZGVzazpwYXNzIHdvcmQ=\r\n"));
	assert_non_null(strstr(r->body, "X-One: 1\r\n"));
	assert_non_null(strstr(r->body, "X-Empty:\r\n"));
	assert_non_null(strstr(r->body, "\r\n\r\nbody"));
	assert_null(strstr(r->body, "Expect"));
	assert_null(strstr(r->body, "Cookie"));
	origin_stop(&o);
}

static void test_header_injection(void **state)
{
	struct hy_net_header bad[] = {{"X", "a\r\nEvil: 1"}, {"X", "a\nb"}, {"X\r\nY", "a"},
				      {"X Y", "a"},	     {"", "a"},	    {"X", "a\x01"}};
	struct origin o;

	(void)state;
	origin_start(&o, serve_echo, NULL);
	for (size_t i = 0; i < HY_LEN(bad); i++) {
		struct hy_net_request q = {.headers = &bad[i], .n_headers = 1};
		struct hy_net_response *r = fetch(&o, &q);

		assert_int_equal(r->status, HY_EINPUT);
		assert_true(r->nothing_sent);
	}
	struct hy_net_request q = {.etag = "\"a\"\r\nEvil: 1"};
	assert_int_equal(fetch(&o, &q)->status, HY_EINPUT);
	struct hy_net_request b = {.bearer = hy_secret_new(ctx, "a\nb", 3)};
	assert_int_equal(fetch(&o, &b)->status, HY_EINPUT);
	assert_int_equal(origin_count(&o), 0);
	origin_stop(&o);
}

/* ---- redirects ---- */

static void serve_redirects(struct origin *o, int fd, int nth, const char *request)
{
	char head[512];
	int n = 0, code = 302;

	(void)nth;
	if (sscanf(request, "GET /r%d-%d ", &n, &code) == 2 && n > 0) {
		snprintf(head, sizeof(head), "%d Moved\r\nLocation: /r%d-%d#frag", code, n - 1,
			 code);
		origin_answer(fd, head, "elsewhere");
	} else if (strncmp(request, "GET /to ", 8) == 0) {
		snprintf(head, sizeof(head), "302 Found\r\nLocation: %s", (const char *)o->user);
		origin_answer(fd, head, "");
	} else {
		origin_answer(fd, "200 OK", "there");
	}
}

static void test_redirects(void **state)
{
	struct hy_net_request q = {.follow = true};
	struct hy_net_response *r;
	struct origin o;

	(void)state;
	origin_start(&o, serve_redirects, NULL);
	q.url = "http://office.example/r5-301";
	r = fetch(&o, &q);
	assert_int_equal(r->status, HY_OK);
	assert_string_equal(r->body, "there");
	assert_int_equal(r->hops, 5);
	assert_true(r->moved);
	assert_string_equal(r->final_url, "http://office.example/r0-301");
	q.url = "http://office.example/r6-301";
	r = fetch(&o, &q);
	assert_int_equal(r->status, HY_EREFUSED);
	assert_int_equal(r->where, HY_NET_AT_LIMIT);
	q.url = "http://office.example/r1-302";
	assert_false(fetch(&o, &q)->moved);
	q.follow = false;
	r = fetch(&o, &q);
	assert_int_equal(r->http, 302);
	assert_int_equal(r->hops, 0);
	assert_int_equal(hy_net_outcome(r, false, NULL), HY_EPERM);
	/* a secret never goes along */
	struct hy_net_request s = {.follow = true, .bearer = hy_secret_new(ctx, "t", 1)};
	assert_int_equal(fetch(&o, &s)->status, HY_EINPUT);
	origin_stop(&o);
}

/* T-NET-1: every spelling of a place that is not public, as host and as redirect target. */
static const char *const inward[] = {
	"127.0.0.1",
	"127.1",
	"2130706433",
	"0177.1",
	"0x7f.1",
	"0x7f000001",
	"017700000001",
	"0.0.0.0",
	"0",
	"localhost",
	"[::1]",
	"[::]",
	"[::ffff:127.0.0.1]",
	"[::ffff:7f00:1]",
	"[::127.0.0.1]",
	"[0:0:0:0:0:0:0:1]",
	"[64:ff9b::7f00:1]",
	"[2002:7f00:1::]",
	"10.0.0.1",
	"172.16.0.1",
	"172.31.255.255",
	"192.168.1.1",
	"169.254.169.254",
	"100.64.0.1",
	"192.0.0.1",
	"192.0.2.1",
	"198.18.0.1",
	"198.51.100.1",
	"203.0.113.1",
	"224.0.0.1",
	"255.255.255.255",
	"[fc00::1]",
	"[fd00::1]",
	"[fe80::1]",
	"[ff02::1]",
	"[2001:db8::1]",
	"127.0.0.1.",
	"LOCALHOST",
};

static void test_guard(void **state)
{
	struct hy_net_options any = {.any_port = true};
	struct hy_net_response *r;
	struct origin canary, o;
	char *target = NULL;

	(void)state;
	origin_start(&canary, serve_redirects, NULL);
	for (size_t i = 0; i < HY_LEN(inward); i++) {
		char *url = hy_strf(ctx, "http://%s:%d/", inward[i], canary.port);
		struct hy_net_request q = {.url = url, .allow_http = true, .timeout = 3000};

		(void)hy_net_fetch_wait(ctx, &any, &q, &r, NULL);
		if (r->status == HY_OK || !r->nothing_sent)
			fail_msg("%s was connected to", url);
		if (r->where != HY_NET_AT_GUARD && r->where != HY_NET_AT_RESOLVE &&
		    r->where != HY_NET_AT_REQUEST)
			fail_msg("%s: stopped at %d: %s", url, (int)r->where, r->err.text);
		/* and as where a redirect leads, from a peer that was allowed by reach */
		target = url;
		origin_start(&o, serve_redirects, target);
		struct hy_net_request f = {.url = "http://office.example/to",
					   .reach = o.reach,
					   .follow = true,
					   .allow_http = true,
					   .timeout = 3000};
		(void)hy_net_fetch_wait(ctx, &any, &f, &r, NULL);
		if (r->status == HY_OK)
			fail_msg("redirect to %s was followed", url);
		origin_stop(&o);
	}
	/* without allow_http the step to another plain host is refused before any name is read */
	origin_start(&o, serve_redirects, target);
	struct hy_net_request f = {
		.url = "http://office.example/to", .reach = o.reach, .follow = true};
	(void)hy_net_fetch_wait(ctx, &any, &f, &r, NULL);
	assert_int_equal(r->status, HY_EREFUSED);
	origin_stop(&o);
	assert_int_equal(origin_count(&canary), 0);
	origin_stop(&canary);
}

static void test_refused_urls(void **state)
{
	static const char *const urls[] = {
		"http://example.org/",
		"ftp://example.org/",
		"file:///etc/hostname",
		"gopher://example.org/",
		"https://u:p@example.org/",
		"https://u@example.org/",
		"https://example.org:8443/",

		"example.org",
		"",
		"https://exa mple.org/",
		"https://example.org/\r\nX: 1",
		"https://example.org:99999/",
	};
	struct hy_net_response *r;

	(void)state;
	for (size_t i = 0; i < HY_LEN(urls); i++) {
		struct hy_net_request q = {.url = urls[i]};
		enum hy_status s = hy_net_fetch_wait(ctx, NULL, &q, &r, NULL);

		if (s != HY_EINPUT && s != HY_EREFUSED)
			fail_msg("%s gave %s", urls[i], hy_status_name(s));
		assert_true(r->nothing_sent);
		assert_int_equal(hy_net_url_check(ctx, urls[i], false, NULL, NULL, NULL),
				 HY_EINPUT);
	}
	/* a secret never by plain http, but to the named peer */
	struct hy_net_request q = {.url = "http://example.org/",
				   .allow_http = true,
				   .bearer = hy_secret_new(ctx, "t", 1)};
	assert_int_equal(hy_net_fetch_wait(ctx, NULL, &q, &r, NULL), HY_EREFUSED);
	/* reach is one exact peer */
	char *host = NULL;
	assert_int_equal(hy_net_url_check(ctx, "http://example.org:99/x", false, "127.0.0.1:99",
					  &host, NULL),
			 HY_OK);
	assert_string_equal(host, "example.org");
	assert_int_equal(hy_net_url_check(ctx, "http://a/", false, "localhost:99", NULL, NULL),
			 HY_EINPUT);
	assert_int_equal(hy_net_url_check(ctx, "http://a/", false, "127.0.0.1", NULL, NULL),
			 HY_EINPUT);
	assert_int_equal(hy_net_url_check(ctx, "http://a/", false, "127.0.0.1:0", NULL, NULL),
			 HY_EINPUT);
	assert_int_equal(hy_net_url_check(ctx, "http://a/", false, "[::1]:80", NULL, NULL), HY_OK);
}

/* ---- Retry-After over the wire ---- */

static void test_wait(void **state)
{
	struct hy_err err = {0};
	struct hy_net_response *r = fetch_text("HTTP/1.1 429 Slow\r\nRetry-After: 120\r\n"
					       "Content-Length: 0\r\n\r\n");
	hy_time now = hy_now(hy_clock_real());

	(void)state;
	assert_int_equal(hy_net_outcome(r, true, &err), HY_EWAIT);
	assert_true(err.until > now + 100 * HY_SECOND && err.until <= now + 120 * HY_SECOND);
	r = fetch_text("HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(hy_net_outcome(r, true, &err), HY_EWAIT);
	assert_int_equal(err.until, 0);
	r = fetch_text("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(hy_net_outcome(r, true, &err), HY_EUNSURE);
	assert_int_equal(hy_net_outcome(r, false, &err), HY_ETEMP);
	r = fetch_text("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(hy_net_outcome(r, true, &err), HY_EAUTH);
	r = fetch_text("HTTP/1.1 422 No\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(hy_net_outcome(r, true, &err), HY_EPERM);
}

static void test_strange_answers(void **state)
{
	static const char *const bytes[] = {
		"hello",
		"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nab",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: 2\r\n\r\nab",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(bytes); i++) {
		struct hy_net_response *r = fetch_text(bytes[i]);

		if (r->status == HY_OK)
			fail_msg("answer %zu was taken as good", i);
	}
}

/* ---- many at once ---- */

struct many {
	struct hy_loop *loop;
	int left, good;
};

static void many_done(void *user, struct hy_net_response *r)
{
	struct many *m = user;

	m->good += r->status == HY_OK;
	if (--m->left == 0)
		hy_loop_stop(m->loop);
}

static void test_pacing(void **state)
{
	struct hy_net_options o = {.host_gap = 40};
	struct many m = {.left = 4};
	struct hy_net *net;
	struct origin a;
	hy_time began = hy_monotonic();

	(void)state;
	origin_start(&a, serve_redirects, NULL);
	assert_int_equal(hy_loop_new(&m.loop, ctx, NULL), HY_OK);
	assert_int_equal(hy_net_new(&net, ctx, m.loop, &o, NULL), HY_OK);
	struct hy_net_request q = {.url = "http://office.example/", .reach = a.reach};
	for (int i = 0; i < 5; i++) {
		struct hy_net_call *c = hy_net_fetch(net, &q, many_done, &m);

		if (i == 2)
			hy_net_cancel(c);
	}
	assert_int_equal(hy_net_busy(net), 4);
	assert_int_equal(hy_loop_run(m.loop, NULL), HY_OK);
	assert_int_equal(m.good, 4);
	assert_true(hy_monotonic() - began >= 3 * 40); /* never earlier; later is no fault */
	assert_int_equal(origin_count(&a), 4);
	assert_int_equal(hy_net_busy(net), 0);
	/* dropped in flight: no call back */
	m.left = 100;
	hy_net_fetch(net, &q, many_done, &m);
	hy_net_fetch(net, &q, many_done, &m);
	assert_int_equal(hy_loop_once(m.loop, 100, NULL), HY_OK);
	talloc_free(net);
	assert_int_equal(m.left, 100);
	origin_stop(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_plain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut_length, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut_chunked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_close_delimited, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut_gzip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gzip_close_delimited, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gzip_bomb, setup, teardown),
		cmocka_unit_test_setup_teardown(test_caps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cap_edge, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_sent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_write_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_conditional, setup, teardown),
		cmocka_unit_test_setup_teardown(test_request_as_sent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_header_injection, setup, teardown),
		cmocka_unit_test_setup_teardown(test_redirects, setup, teardown),
		cmocka_unit_test_setup_teardown(test_guard, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_urls, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(test_strange_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pacing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
