/*
 * Addresses: RFC 3986 reference resolution, the canonical form under which a page is known, and the
 * HTTP Link header. Feeds carry IRIs and spaces, so nothing is refused, only cut apart.
 */
#include "collectors/collect.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define LINK_BYTES_MAX 8192

/* A reference cut into its parts; a NULL start means the part is absent. */
struct part {
	const char *s;
	size_t n;
};
struct ref {
	struct part scheme, authority, path, query, fragment;
};

static struct ref cut(const char *s)
{
	struct ref r = {0};
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || (n && (s[n] == '+' || s[n] == '-' || s[n] == '.')))
		n++;
	if (n && s[n] == ':' && isalpha((unsigned char)*s)) {
		r.scheme = (struct part){s, n};
		s += n + 1;
	}
	if (s[0] == '/' && s[1] == '/') {
		s += 2;
		n = strcspn(s, "/?#");
		r.authority = (struct part){s, n};
		s += n;
	}
	n = strcspn(s, "?#");
	r.path = (struct part){s, n};
	s += n;
	if (*s == '?') {
		n = strcspn(++s, "#");
		r.query = (struct part){s, n};
		s += n;
	}
	if (*s == '#')
		r.fragment = (struct part){s + 1, strlen(s + 1)};
	return r;
}

/* RFC 3986 5.2.4, in place. */
static void remove_dots(char *path)
{
	char *in = path, *out = path;

	while (*in) {
		if (strncmp(in, "/./", 3) == 0) {
			in += 2;
		} else if (strcmp(in, "/.") == 0) {
			*++in = '\0';
			*out++ = '/';
		} else if (strncmp(in, "/../", 4) == 0 || strcmp(in, "/..") == 0) {
			bool last = in[3] == '\0';

			in += 3;
			while (out > path && *--out != '/')
				;
			if (last)
				*out++ = '/';
		} else {
			*out++ = *in++;
			while (*in && *in != '/')
				*out++ = *in++;
		}
	}
	*out = '\0';
}

/* The base path up to its last slash, then ref's. */
static char *merge(const void *ctx, const struct ref *base, const struct ref *ref)
{
	size_t n = base->path.n;

	if (base->authority.s && !n)
		return hy_strf(ctx, "/%.*s", (int)ref->path.n, ref->path.s);
	while (n && base->path.s[n - 1] != '/')
		n--;
	return hy_strf(ctx, "%.*s%.*s", (int)n, base->path.s, (int)ref->path.n, ref->path.s);
}

char *hy_trim(const void *ctx, const char *s, size_t n)
{
	while (n && isspace((unsigned char)*s)) {
		s++;
		n--;
	}
	while (n && isspace((unsigned char)s[n - 1]))
		n--;
	return hy_strndup(ctx, s, n);
}

bool hy_is_http(const char *url)
{
	return url && (strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0);
}

static char *put_together(const void *ctx, const struct ref *r, const char *path)
{
	return hy_strf(ctx, "%.*s%s%s%.*s%s%s%.*s%s%.*s", (int)r->scheme.n,
		       r->scheme.s ? r->scheme.s : "", r->scheme.s ? ":" : "",
		       r->authority.s ? "//" : "", (int)r->authority.n,
		       r->authority.s ? r->authority.s : "", path, r->query.s ? "?" : "",
		       (int)r->query.n, r->query.s ? r->query.s : "", r->fragment.s ? "#" : "",
		       (int)r->fragment.n, r->fragment.s ? r->fragment.s : "");
}

char *hy_link_resolve(const void *ctx, const char *base, const char *ref)
{
	char *trimmed = hy_trim(ctx, ref, strnlen(ref, LINK_BYTES_MAX)), *path, *out;
	struct ref r = cut(trimmed), b;

	if (!base || !*base || strnlen(base, LINK_BYTES_MAX) == LINK_BYTES_MAX)
		return trimmed;
	b = cut(base);
	if (r.scheme.s &&
	    !(r.scheme.n == b.scheme.n && !r.authority.s && r.path.n && b.authority.s &&
	      *r.path.s != '/' && strncasecmp(r.scheme.s, b.scheme.s, b.scheme.n) == 0))
		return trimmed;
	r.scheme = b.scheme;
	if (r.authority.s) {
		path = hy_strndup(trimmed, r.path.s, r.path.n);
	} else {
		r.authority = b.authority;
		if (!r.path.n) {
			path = hy_strndup(trimmed, b.path.s, b.path.n);
			if (!r.query.s)
				r.query = b.query;
		} else if (*r.path.s == '/') {
			path = hy_strndup(trimmed, r.path.s, r.path.n);
			remove_dots(path);
		} else {
			path = merge(trimmed, &b, &r);
			remove_dots(path);
		}
	}
	out = put_together(ctx, &r, path);
	talloc_free(trimmed);
	return out;
}

/* Query parameters that say how one came, not where one is. */
static bool is_tracking(const char *s, size_t n)
{
	static const char *const names[] = {"spm",   "share_token",	"share_source",
					    "gclid", "fbclid",		"isappinstalled",
					    "wfr",   "timestamp_share", "nsukey"};
	size_t name = 0;

	while (name < n && s[name] != '=')
		name++;
	if (name >= 4 && strncasecmp(s, "utm_", 4) == 0)
		return true;
	for (size_t i = 0; i < HY_LEN(names); i++)
		if (strlen(names[i]) == name && strncasecmp(s, names[i], name) == 0)
			return true;
	return false;
}

static void add_query(struct hy_buf *b, struct part q)
{
	char sep = '?';
	size_t i = 0;

	while (i < q.n) {
		size_t n = 0;

		while (i + n < q.n && q.s[i + n] != '&')
			n++;
		if (n && !is_tracking(q.s + i, n)) {
			hy_buf_chr(b, sep);
			hy_buf_add(b, q.s + i, n);
			sep = '&';
		}
		i += n + 1;
	}
}

/* Blanks and controls inside an address as %xx, so that no later trim changes it. Takes s. */
static char *escape_blanks(const void *ctx, char *s)
{
	struct hy_buf b;

	if (!s[strcspn(s, "\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0B\x0C\r\x0E\x0F ")])
		return s;
	hy_buf_init(&b, ctx, 4 * LINK_BYTES_MAX);
	for (const char *p = s; *p; p++) {
		if ((unsigned char)*p <= 0x20)
			hy_buf_fmt(&b, "%%%02x", (unsigned)(unsigned char)*p);
		else
			hy_buf_chr(&b, *p);
	}
	talloc_free(s);
	return hy_buf_take(&b, NULL);
}

char *hy_link_canonical(const void *ctx, const char *url)
{
	char *s;
	struct ref r;
	struct hy_buf b;
	size_t host;
	bool tls;

	if (!url)
		return NULL;
	s = hy_trim(ctx, url, strnlen(url, LINK_BYTES_MAX));
	r = cut(s);
	if (!hy_is_http(s) || !r.authority.n) {
		talloc_free(s);
		return NULL;
	}
	tls = r.scheme.n == 5;
	for (size_t i = 0; i < r.authority.n; i++) /* user:password@ is no part of the page */
		if (r.authority.s[i] == '@') {
			r.authority.n -= i + 1;
			r.authority.s += i + 1;
			i = (size_t)-1;
		}
	host = r.authority.n;
	if (tls && host > 4 && memcmp(r.authority.s + host - 4, ":443", 4) == 0)
		host -= 4;
	else if (!tls && host > 3 && memcmp(r.authority.s + host - 3, ":80", 3) == 0)
		host -= 3;
	if (!host || *r.authority.s == ':') {
		talloc_free(s);
		return NULL;
	}
	hy_buf_init(&b, ctx, LINK_BYTES_MAX + 16);
	hy_buf_str(&b, tls ? "https://" : "http://");
	for (size_t i = 0; i < host; i++)
		hy_buf_chr(&b, (char)tolower((unsigned char)r.authority.s[i]));
	if (r.path.n) {
		char *path = hy_strndup(s, r.path.s, r.path.n);

		remove_dots(path);
		hy_buf_str(&b, path);
	} else {
		hy_buf_chr(&b, '/');
	}
	if (r.query.s)
		add_query(&b, r.query);
	talloc_free(s);
	return escape_blanks(ctx, hy_buf_take(&b, NULL));
}

/* ---- the Link header (RFC 8288) ---- */

/* True when the blank-separated list of n bytes has the word rel. */
static bool has_rel(const char *list, size_t n, const char *rel)
{
	size_t want = strlen(rel);

	for (size_t i = 0; i < n;) {
		size_t k = 0;

		while (i + k < n && list[i + k] != ' ' && list[i + k] != '\t')
			k++;
		if (k == want && strncasecmp(list + i, rel, k) == 0)
			return true;
		i += k + 1;
	}
	return false;
}

/* Reads ;name=value at *p; false at the end of this link. A quoted value may hold anything. */
static bool next_param(const char **p, struct part *name, struct part *value)
{
	const char *s = *p + strspn(*p, " \t");

	if (*s != ';')
		return *p = s, false;
	s++;
	s += strspn(s, " \t");
	*name = (struct part){s, strcspn(s, "=;, \t")};
	s += name->n;
	s += strspn(s, " \t");
	*value = (struct part){s, 0};
	if (*s == '=') {
		s++;
		s += strspn(s, " \t");
		if (*s == '"') {
			*value = (struct part){++s, 0};
			while (*s && *s != '"')
				s += s[0] == '\\' && s[1] ? 2 : 1;
			value->n = (size_t)(s - value->s);
			if (*s)
				s++;
		} else {
			*value = (struct part){s, strcspn(s, ";, \t")};
			s += value->n;
		}
	}
	*p = s;
	return true;
}

char *hy_link_header(const void *ctx, const char *value, const char *rel, const char *base)
{
	const char *p = value;

	while (p && (p = strchr(p, '<'))) {
		const char *end = strchr(p, '>');
		struct part url, name, v;
		bool found = false, seen = false;

		if (!end)
			return NULL;
		url = (struct part){p + 1, (size_t)(end - p - 1)};
		p = end + 1;
		while (next_param(&p, &name, &v)) {
			if (name.n != 3 || strncasecmp(name.s, "rel", 3) != 0 || seen)
				continue;
			seen = true; /* only the first rel counts (8288 3.3) */
			found = has_rel(v.s, v.n, rel);
		}
		if (found) {
			char *u = hy_strndup(ctx, url.s, url.n);
			char *out = hy_link_resolve(ctx, base, u);

			talloc_free(u);
			return out;
		}
	}
	return NULL;
}
