/* Files: our own, compiled in, and the office's public site from DIR/site, read-only. */
#include "web/pages.h"

#include <string.h>

#define SITE_FILE_MAX (8u << 20)

static const struct web_static *find_static(const char *name)
{
	for (const struct web_static *s = web_statics; s->name; s++)
		if (!strcmp(s->name, name) && strcmp(name, "openapi.yaml"))
			return s;
	return NULL;
}

static void tag(struct web_req *req, const void *bytes, size_t n)
{
	struct web_answer *a = &req->answer;
	char *etag = hy_strf(req, "\"%016" PRIx64 "\"", hy_xxh64(bytes, n));

	a->cacheable = true;
	web_answer_header(a, "ETag", etag);
	web_answer_header(a, "Cache-Control", "no-cache");
	if (req->etag && strstr(req->etag, etag)) {
		a->status = 304;
		a->body = "";
		a->n = 0;
		return;
	}
	a->body = bytes;
	a->n = n;
}

static void not_found(struct web_req *req)
{
	req->answer.status = 404;
	req->answer.type = "text/plain; charset=utf-8";
	req->answer.body = "404\n";
	req->answer.n = 4;
}

void web_file_static(struct web_req *req)
{
	const char *name = req->args[0] ? req->args[0] : strrchr(req->path, '/') + 1;
	const struct web_static *s;

	if (!strcmp(name, "favicon.ico"))
		name = "favicon.svg";
	s = find_static(name);
	req->answer.status = 200;
	if (!s) {
		not_found(req);
		return;
	}
	req->answer.type = s->type;
	tag(req, s->bytes, s->n);
}

static const char *type_of(const char *name)
{
	static const struct {
		const char *end, *type;
	} types[] = {
		{".html", "text/html; charset=utf-8"},
		{".css", "text/css; charset=utf-8"},
		{".xml", "application/atom+xml; charset=utf-8"},
		{".json", "application/feed+json; charset=utf-8"},
		{".txt", "text/plain; charset=utf-8"},
		{".md", "text/plain; charset=utf-8"},
		{".svg", "image/svg+xml"},
		{".png", "image/png"},
		{".jpg", "image/jpeg"},
	};
	size_t n = strlen(name);

	if (n >= 10 && !strcmp(name + n - 10, "/feed.json"))
		return types[3].type;
	for (size_t i = 0; i < HY_LEN(types); i++) {
		size_t k = strlen(types[i].end);
		if (n > k && !strcmp(name + n - k, types[i].end))
			return i == 3 && strcmp(name, "feed.json") ? "application/json"
								   : types[i].type;
	}
	n = strlen(name);
	if (n > 5 && !strcmp(name + n - 5, ".atom"))
		return "application/atom+xml; charset=utf-8";
	return "application/octet-stream";
}

/* No segment that is empty or begins with a dot: neither .. nor hidden files. */
static bool plain_path(const char *path)
{
	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "/");

		if (!n || *p == '.')
			return false;
		p += n;
		if (*p == '/' && p[1])
			p++;
		else if (*p == '/')
			return true;
	}
	return true;
}

void page_public(struct web_call *c)
{
	struct web_req *req = c->req;
	const char *path = req->args[0] ? req->args[0] : "";
	size_t n = strlen(path);
	char *file, *bytes = NULL;
	size_t len = 0;

	if (!strcmp(req->path, "/public")) {
		web_redirect(c, "/public/");
		return;
	}
	if (!plain_path(path)) {
		web_error_page(c, 404, _("There is no such page."));
		return;
	}
	if (!n || path[n - 1] == '/')
		path = hy_strf(req, "%sindex.html", path);
	file = hy_strf(req, "%s/site/%s", c->web->conf.dir, path);
	if (hy_file_read(req, file, SITE_FILE_MAX, &bytes, &len, &c->err)) {
		if (n)
			web_error_page(c, 404, _("There is no such page."));
		else
			page_public_empty(c);
		return;
	}
	req->answer.type = type_of(path);
	req->answer.sandbox = "default-src 'none'; style-src 'self'; img-src 'self'; "
			      "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
	tag(req, bytes, len);
}
