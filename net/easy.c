/*
 * One hop of a call as a libcurl easy handle: every option of trust 2.2 by value, and the four
 * callbacks in which our own guards stand (socket, request about to leave, header line, body).
 */
#include "net/internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* The address guard: called with what the name resolved to, for each try. */
static curl_socket_t on_socket(void *user, curlsocktype purpose, struct curl_sockaddr *addr)
{
	struct hy_net_call *c = user;
	bool good = purpose == CURLSOCKTYPE_IPCXN;

	if (good && c->to_reach) {
		good = hy_net_same_address(&addr->addr, (struct sockaddr *)&c->reach_addr, true);
	} else if (good) {
		good = hy_net_address_allowed(c->net, &addr->addr, addr->addrlen);
	}
	if (good && hy_net_loopback_is_all() && !hy_net_is_loopback(&addr->addr))
		good = false;
	if (!good) {
		c->guarded = true;
		return CURL_SOCKET_BAD;
	}
	return socket(addr->family, addr->socktype | SOCK_CLOEXEC, addr->protocol);
}

/* Connected (and TLS done): from here on a byte may have left. */
static int on_request(void *user, char *peer, char *local, int peer_port, int local_port)
{
	struct hy_net_call *c = user;

	(void)peer, (void)local, (void)peer_port, (void)local_port;
	c->sending = true;
	return CURL_PREREQFUNC_OK;
}

static void answer_begins(struct hy_net_call *c)
{
	talloc_free(c->r->headers);
	c->r->headers = NULL;
	c->r->n_headers = 0;
	c->chunked = c->has_length = c->header_bad = false;
	talloc_free(c->gunzip);
	c->gunzip = NULL;
}

static void on_encoding(struct hy_net_call *c, const char *value)
{
	if (strcasecmp(value, "gzip") == 0 || strcasecmp(value, "x-gzip") == 0)
		c->gunzip = c->gunzip != NULL ? c->gunzip : hy_gunzip_new(c);
	else if (value[0] != '\0' && strcasecmp(value, "identity") != 0)
		c->header_bad = true;
}

static void keep_header(struct hy_net_call *c, const char *line, size_t n)
{
	struct hy_net_response *r = c->r;
	const char *colon = memchr(line, ':', n);

	if (colon == NULL || colon == line)
		return;
	const char *value = colon + 1, *end = line + n;
	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	while (end > value && strchr(" \t\r\n", end[-1]) != NULL)
		end--;
	r->headers = hy_grow(r, r->headers, struct hy_net_header, r->n_headers + 1);
	char *name = hy_strndup(r->headers, line, (size_t)(colon - line));
	for (char *p = name; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	struct hy_net_header *h = &r->headers[r->n_headers++];

	h->name = name;
	h->value = hy_strndup(r->headers, value, (size_t)(end - value));
	if (strcmp(name, "content-encoding") == 0)
		on_encoding(c, h->value);
	else if (strcmp(name, "content-length") == 0)
		c->has_length = true;
	else if (strcmp(name, "transfer-encoding") == 0 && strcasecmp(h->value, "chunked") == 0)
		c->chunked = true;
	else if (strcmp(name, "transfer-encoding") == 0)
		c->header_bad = true;
}

static size_t on_header(char *line, size_t size, size_t count, void *user)
{
	struct hy_net_call *c = user;
	size_t n = size * count;

	c->header_bytes += n;
	if (c->header_bytes > HY_NET_HEADERS_MAX) {
		c->limit = N_("the header lines are too long");
		return 0;
	}
	if (c->body_begun) /* trailers: counted, not kept */
		return n;
	if (n >= 5 && memcmp(line, "HTTP/", 5) == 0)
		answer_begins(c);
	else
		keep_header(c, line, n);
	return n;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *user)
{
	struct hy_net_call *c = user;
	size_t n = size * count;

	c->body_begun = true;
	if (c->header_bad) {
		c->limit = N_("the body is coded in a way that was not asked for");
		return n + 1;
	}
	if (c->gunzip == NULL) {
		if (hy_buf_add(&c->buf, bytes, n))
			return n;
		c->limit = N_("the body is too long");
		return n + 1;
	}
	switch (hy_gunzip_feed(c->gunzip, bytes, n, &c->buf)) {
	case HY_GUNZIP_BAD:
		c->limit = N_("the gzip body is damaged");
		return n + 1;
	case HY_GUNZIP_BIG:
		c->limit = N_("the gzip body grows too much");
		return n + 1;
	case HY_GUNZIP_MORE:
	case HY_GUNZIP_END:
		break;
	}
	return n;
}

static void add_line(struct hy_net_call *c, const char *line)
{
	struct curl_slist *list = curl_slist_append(c->send_headers, line);

	if (list == NULL)
		hy_mem_die();
	c->send_headers = list;
}

static void make_headers(struct hy_net_call *c)
{
	void *tmp = talloc_new(NULL);
	bool typed = false;

	add_line(c, "Accept-Encoding: gzip"); /* decoded by net/gunzip.c */
	add_line(c, "Expect:");
	for (size_t i = 0; i < c->q.n_headers; i++) {
		const struct hy_net_header *h = &c->q.headers[i];

		/* "Name;" is libcurl's way to send an empty value */
		add_line(c, h->value[0] == '\0' ? hy_strf(tmp, "%s;", h->name)
						: hy_strf(tmp, "%s: %s", h->name, h->value));
		typed = typed || strcasecmp(h->name, "Content-Type") == 0;
	}
	if (c->q.etag != NULL)
		add_line(c, hy_strf(tmp, "If-None-Match: %s", c->q.etag));
	if (c->q.last_modified != NULL)
		add_line(c, hy_strf(tmp, "If-Modified-Since: %s", c->q.last_modified));
	if (!typed && !c->read_only)
		add_line(c, "Content-Type: application/octet-stream");
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->send_headers);
	talloc_free(tmp);
}

static void make_body(struct hy_net_call *c)
{
	CURL *e = c->easy;

	if (c->head) {
		curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
	} else if (!c->read_only) {
		curl_easy_setopt(e, CURLOPT_POST, 1L);
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->q.n_body);
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, c->q.body != NULL ? c->q.body : "");
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, c->q.method);
	}
	if (!c->head)
		curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)c->q.max_bytes);
	/* libcurl repeats a request by itself when a kept connection dies under it: never for a
	 * write, which therefore has a connection of its own. */
	if (!c->read_only || c->to_reach) {
		curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
		curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
	}
}

static void make_secrets(struct hy_net_call *c)
{
	CURL *e = c->easy;

	if (c->q.password != NULL) {
		curl_easy_setopt(e, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(e, CURLOPT_USERNAME, c->q.login);
		curl_easy_setopt(e, CURLOPT_PASSWORD, hy_secret_text(c->q.password, NULL));
	} else if (c->q.bearer != NULL) {
		curl_easy_setopt(e, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(e, CURLOPT_XOAUTH2_BEARER, hy_secret_text(c->q.bearer, NULL));
	}
}

static void make_guards(struct hy_net_call *c)
{
	CURL *e = c->easy;
	bool http = c->q.allow_http || c->to_reach;

	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, http ? "http,https" : "https");
	curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, "https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_MAXREDIRS, 0L);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, c);
	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_request);
	curl_easy_setopt(e, CURLOPT_PREREQDATA, c);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_UNRESTRICTED_AUTH, 0L);
	curl_easy_setopt(e, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(e, CURLOPT_HTTP09_ALLOWED, 0L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(e, CURLOPT_SSL_OPTIONS, (long)CURLSSLOPT_NO_PARTIALCHAIN);
	hy_net_trust(c->net, e);
}

static void make_limits(struct hy_net_call *c)
{
	CURL *e = c->easy;
	hy_dur left = c->deadline - hy_monotonic();

	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)(left > 1 ? left : 1));
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)c->q.connect_timeout);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, 200L);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME,
			 (long)((c->q.stall + HY_SECOND - 1) / HY_SECOND));
}

static void make_reach(struct hy_net_call *c)
{
	if (!c->to_reach)
		return;
	void *tmp = talloc_new(NULL);

	c->connect_to = curl_slist_append(NULL, hy_strf(tmp, "::%s", c->q.reach));
	if (c->connect_to == NULL)
		hy_mem_die();
	curl_easy_setopt(c->easy, CURLOPT_CONNECT_TO, c->connect_to);
	talloc_free(tmp);
}

enum hy_status hy_net_easy_make(struct hy_net_call *c, struct hy_err *err)
{
	c->easy = curl_easy_init();
	if (c->easy == NULL)
		return hy_err_set(err, HY_ESYSTEM, _("libcurl gives no handle"));
	c->guarded = c->sending = c->body_begun = false;
	c->header_bytes = 0;
	c->limit = NULL;
	c->why[0] = '\0';
	hy_buf_reset(&c->buf);
	answer_begins(c);
	curl_easy_setopt(c->easy, CURLOPT_URL, c->url);
	curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c);
	curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->why);
	curl_easy_setopt(c->easy, CURLOPT_USERAGENT, c->net->agent);
	curl_easy_setopt(c->easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
	curl_easy_setopt(c->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c->easy, CURLOPT_HEADERDATA, c);
	curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
	make_guards(c);
	make_limits(c);
	make_headers(c);
	make_body(c);
	make_secrets(c);
	make_reach(c);
	return HY_OK;
}

void hy_net_easy_free(struct hy_net_call *c)
{
	if (c->easy != NULL)
		curl_easy_cleanup(c->easy);
	curl_slist_free_all(c->send_headers);
	curl_slist_free_all(c->connect_to);
	c->easy = NULL;
	c->send_headers = c->connect_to = NULL;
}
