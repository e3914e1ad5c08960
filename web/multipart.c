/*
 * Forms with a file (RFC 7578): bounded and strict. A file becomes a field whose value is its bytes
 * in base64, which is how the desk takes files; so everything after here is text.
 */
#include "web/internal.h"

#include <string.h>
#include <strings.h>

#define BOUNDARY_MAX 70
#define HEAD_MAX 4096 /* of one part */

struct part {
	char *name;
	bool file;
	const char *from, *end;
};

static enum hy_status damaged(struct hy_err *err)
{
	return hy_err_set(err, HY_EINPUT, "%s", _("the form arrived damaged: send it again"));
}

/* The boundary with "--" before it; NULL when there is none. child of ctx. */
static char *boundary_of(const void *ctx, const char *type)
{
	const char *p = type ? strcasestr(type, "boundary=") : NULL;
	size_t n;

	if (!p)
		return NULL;
	p += strlen("boundary=");
	if (*p == '"')
		n = strcspn(++p, "\"");
	else
		n = strcspn(p, "; \t");
	return n && n <= BOUNDARY_MAX ? hy_strf(ctx, "--%.*s", (int)n, p) : NULL;
}

/* name="value" of a header; NULL when absent. child of ctx. */
static char *quoted(const void *ctx, const char *head, const char *name)
{
	char *wanted = hy_strf(NULL, "; %s=\"", name), *found = NULL;
	const char *p = strcasestr(head, wanted);

	if (p) {
		p += strlen(wanted);
		found = hy_strndup(ctx, p, strcspn(p, "\""));
	}
	talloc_free(wanted);
	return found;
}

static enum hy_status read_head(const void *ctx, const char *head, struct part *out,
				struct hy_err *err)
{
	const char *line = strcasestr(head, "content-disposition:");
	char *own = line ? hy_strndup(ctx, line, strcspn(line, "\r\n")) : NULL;

	if (!own || !strcasestr(own, "form-data"))
		return damaged(err);
	out->name = quoted(ctx, own, "name");
	out->file = quoted(ctx, own, "filename") != NULL;
	if (!out->name || !*out->name || !hy_utf8_valid(out->name, strlen(out->name)))
		return damaged(err);
	return HY_OK;
}

static enum hy_status add(struct web_fields *f, const struct part *p, struct hy_err *err)
{
	size_t n = (size_t)(p->end - p->from);
	struct web_field *at;

	if (f->n == WEB_FIELDS_MAX)
		return hy_err_set(err, HY_EINPUT, _("more than %d fields"), WEB_FIELDS_MAX);
	if (!p->file && (!hy_utf8_valid(p->from, n) || memchr(p->from, '\0', n)))
		return damaged(err);
	at = &f->at[f->n++];
	at->name = p->name;
	at->value = p->file ? hy_base64(f->at, p->from, n, false) : hy_strndup(f->at, p->from, n);
	return HY_OK;
}

enum hy_status web_multipart_parse(const void *ctx, const char *type, const char *body, size_t n,
				   struct web_fields *out, struct hy_err *err)
{
	struct web_fields f = {hy_new_array(ctx, struct web_field, WEB_FIELDS_MAX), 0};
	char *boundary = boundary_of(ctx, type);
	size_t len = boundary ? strlen(boundary) : 0;
	const char *p = body, *end = body + n;
	enum hy_status status = HY_OK;

	if (!boundary || n < len || memcmp(p, boundary, len) != 0)
		return damaged(err);
	p += len;
	while (!status && (size_t)(end - p) >= 2 && !memcmp(p, "\r\n", 2)) {
		const char *from = memmem(p, (size_t)(end - p), "\r\n\r\n", 4), *to;
		struct part part = {0};

		if (!from || from - p > HEAD_MAX || memchr(p, '\0', (size_t)(from - p)))
			return damaged(err);
		status = read_head(f.at, hy_strndup(f.at, p, (size_t)(from - p)), &part, err);
		from += 4;
		for (to = from; to; to++) { /* the line end before a boundary is the boundary's */
			to = memmem(to, (size_t)(end - to), "\r\n", 2);
			if (!to || ((size_t)(end - to) >= len + 2 && !memcmp(to + 2, boundary, len)))
				break;
		}
		if (!status && !to)
			return damaged(err);
		part.from = from;
		part.end = to;
		if (!status)
			status = add(&f, &part, err);
		if (!status)
			p = to + 2 + len;
	}
	if (!status && ((size_t)(end - p) < 2 || memcmp(p, "--", 2) != 0))
		return damaged(err);
	if (!status)
		*out = f;
	return status;
}
