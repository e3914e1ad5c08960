/*
 * The head of a request, before a byte of its body is taken: whatever two parsers could read in two
 * ways is refused (request smuggling), and so is a foreign Host (DNS rebinding).
 */
#include "web/internal.h"

#include <microhttpd.h>
#include <string.h>
#include <strings.h>

struct seen {
	struct web_req *req;
	int lengths, codings, hosts;
	bool bad_length, bare_lf, bad_line;
};

static void keep(const void *ctx, const char **slot, const char *value)
{
	*slot = hy_strdup(ctx, value);
}

static bool all_digits(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n && n < 19 && !s[n];
}

/*
 * MHD 0.9.75 cuts lines by zeroes in its read buffer: two for CR LF, one for a bare LF. Newer ones
 * have MHD_OPTION_CLIENT_DISCIPLINE_LVL, and refuse it themselves.
 */
static bool after_bare_lf(const char *value)
{
#if MHD_VERSION < 0x00097600
	return value && value[strlen(value) + 1] != 0;
#else
	(void)value;
	return false;
#endif
}

/* RFC 9110, 5.1: MHD takes "Content-Length : 5" for a header of another name; a proxy may not. */
static bool is_token(const char *s)
{
	return *s && !s[strspn(s, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ")];
}

static bool has_control(const char *s)
{
	for (; *s; s++)
		if (((unsigned char)*s < 0x20 && *s != '\t') || *s == 0x7f)
			return true;
	return false;
}

static enum MHD_Result each_header(void *user, enum MHD_ValueKind kind, const char *name,
				   const char *value)
{
	struct seen *seen = user;
	struct web_req *req = seen->req;

	(void)kind;
	if (!value)
		value = "";
	if (after_bare_lf(value))
		seen->bare_lf = true;
	if (!is_token(name) || has_control(value))
		seen->bad_line = true;
	if (!strcasecmp(name, "content-length")) {
		seen->lengths++;
		seen->bad_length |= !all_digits(value);
	} else if (!strcasecmp(name, "transfer-encoding")) {
		seen->codings++;
	} else if (!strcasecmp(name, "host")) {
		seen->hosts++;
		keep(req, &req->host, value);
	} else if (!strcasecmp(name, "cookie")) {
		req->cookie = req->cookie ? hy_strf(req, "%s; %s", req->cookie, value)
					  : hy_strdup(req, value);
	} else if (!strcasecmp(name, "origin")) {
		keep(req, &req->origin, value);
	} else if (!strcasecmp(name, "sec-fetch-site")) {
		keep(req, &req->fetch_site, value);
	} else if (!strcasecmp(name, "content-type")) {
		keep(req, &req->type, value);
	} else if (!strcasecmp(name, "x-csrf-token")) {
		keep(req, &req->csrf, value);
	} else if (!strcasecmp(name, "if-none-match")) {
		keep(req, &req->etag, value);
	} else if (!strcasecmp(name, "authorization")) {
		if (!strncasecmp(value, "bearer ", 7))
			keep(req, &req->bearer, value + 7 + strspn(value + 7, " "));
	}
	return MHD_YES;
}

bool web_host_ours(const struct hy_web *w, const char *host)
{
	static const char *const loopback[] = {"127.0.0.1", "localhost", "[::1]"};

	if (!host)
		return false;
	if (w->host && !strcasecmp(host, w->host))
		return true;
	for (size_t i = 0; i < HY_LEN(loopback); i++) {
		size_t n = strlen(loopback[i]);
		char port[16];
		struct hy_buf b;

		if (strncasecmp(host, loopback[i], n))
			continue;
		hy_buf_init(&b, NULL, sizeof(port));
		hy_buf_fmt(&b, ":%d", w->port);
		bool same = !strcmp(host + n, b.data) || (w->port == 80 && !host[n]);
		talloc_free(b.data);
		if (same)
			return true;
	}
	return false;
}

/* With an origin of our own only that one; on loopback the one the request was sent to. */
bool web_origin_ours(const struct web_req *req, const char *origin)
{
	const struct hy_web *w = req->web;

	if (w->origin && !strcasecmp(origin, w->origin))
		return true;
	if (w->https || strncasecmp(origin, "http://", 7))
		return false;
	return req->host && !strcasecmp(origin + 7, req->host);
}

static int refuse(struct web_req *req, int status, const char *why)
{
	req->refuse = status;
	req->refuse_why = why;
	return status;
}

static int check_framing(struct web_req *req, const struct seen *seen)
{
	if (seen->bare_lf)
		return refuse(req, 400, N_("a line of the head ends in a bare line feed"));
	if (seen->bad_line)
		return refuse(req, 400, N_("a header has a wrong name or a control character"));
	if (seen->hosts != 1)
		return refuse(req, 400, N_("one Host header is needed"));
	if (seen->lengths && seen->codings)
		return refuse(req, 400, N_("Content-Length and Transfer-Encoding together"));
	if (seen->lengths > 1 || seen->codings > 1)
		return refuse(req, 400, N_("a framing header is there twice"));
	if (seen->bad_length)
		return refuse(req, 400, N_("Content-Length is not a number"));
	/* MHD waits without end at a coding other than chunked, and reads chunks ended by a bare
	 * LF. */
	if (seen->codings)
		return refuse(req, 411, N_("send Content-Length, not Transfer-Encoding"));
	return 0;
}

static bool is_type(const char *type, const char *wanted)
{
	size_t n = strlen(wanted);

	return type && !strncasecmp(type, wanted, n) && (!type[n] || strchr("; \t", type[n]));
}

static int check_type(struct web_req *req)
{
	bool json = is_type(req->type, "application/json");
	bool upload = web_route_uploads(req->route);
	bool form = is_type(req->type, upload ? "multipart/form-data"
					      : "application/x-www-form-urlencoded");

	if (strcmp(req->method, "POST"))
		return 0;
	req->body_max = upload				? WEB_UPLOAD_MAX
			: req->route->kind == WEB_API ? WEB_JSON_MAX
						      : WEB_FORM_MAX;
	if (req->route->kind == WEB_API ? !json : !form)
		return refuse(req, 415,
			      req->route->kind == WEB_API ? N_("send application/json")
			      : upload			  ? N_("send a multipart form")
							  : N_("send a urlencoded form"));
	/* They are held in memory before anybody knows whose they are. */
	if (upload && req->web->n_uploads >= WEB_UPLOADS)
		return refuse(req, 503, N_("too many files at once; try again in a minute"));
	if (upload) {
		req->upload = true;
		req->web->n_uploads++;
	}
	return 0;
}

/* A declared length that is too long is refused before the body is sent. */
void web_guard_length(struct web_req *req)
{
	const char *length =
		MHD_lookup_connection_value(req->mhd, MHD_HEADER_KIND, "Content-Length");
	unsigned long long n = 0;

	for (const char *p = length; p && *p; p++)
		n = n * 10 + (unsigned)(*p - '0');
	if (n > req->body_max)
		refuse(req, 413, N_("the body is too long"));
}

bool web_guard_framing(struct web_req *req, const char *version)
{
	/* The request's first line ends with its version; HTTP/0.9 has none. */
	struct seen seen = {.req = req, .bare_lf = *version && after_bare_lf(version)};

	if (req->refuse)
		return false;
	MHD_get_connection_values(req->mhd, MHD_HEADER_KIND, each_header, &seen);
	return !check_framing(req, &seen);
}

void web_guard(struct web_req *req, const char *version)
{
	int status = 0;

	if (!web_guard_framing(req, version))
		return;
	if (strcmp(req->method, "GET") && strcmp(req->method, "HEAD") &&
	    strcmp(req->method, "POST")) {
		refuse(req, 405, N_("GET, HEAD and POST only"));
		req->allow = "GET, HEAD, POST";
		return;
	}
	if (!web_host_ours(req->web, req->host)) {
		refuse(req, 421, N_("this Host is not ours"));
		return;
	}
	req->route = web_route_find(req, strcmp(req->method, "HEAD") ? req->method : "GET",
				    req->path, req->args, &status, &req->allow);
	if (!req->route) {
		refuse(req, status, status == 405 ? N_("another method is meant") : N_("no such page"));
		return;
	}
	if (!check_type(req))
		web_guard_length(req);
}
