/*
 * A feed from bytes: decode, sniff, read strictly, and only when that fails, read leniently. A feed
 * counts as complete only when its root element (or JSON value) was closed; everything that depends
 * on absence asks that flag, never the length.
 */
#include "collectors/collect.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define ENTITIES_MAX 64
#define ENTITY_BYTES_MAX 512
#define EXPANDED_MAX (HY_FEED_INPUT_MAX + (1u << 20))

/* ---- plain entities of a DTD: <!ENTITY name "text"> without references to others ---- */

struct entity {
	const char *name, *value;
	size_t n_name, n_value;
};

static bool plain_value(const char *s, size_t n)
{
	if (n > ENTITY_BYTES_MAX)
		return false;
	if (n > 3 && s[0] == '&' && s[1] == '#' && memchr(s, ';', n) == s + n - 1)
		return !memchr(s + 1, '&', n - 1);
	return !memchr(s, '&', n) && !memchr(s, '<', n) && !memchr(s, '%', n);
}

static size_t declared_entities(const char *s, const char *end, struct entity *list)
{
	size_t n = 0;

	while (n < ENTITIES_MAX && (s = memmem(s, (size_t)(end - s), "<!ENTITY", 8))) {
		struct entity e;
		const char *close;

		s += 8;
		while (s < end && isspace((unsigned char)*s))
			s++;
		e.name = s;
		while (s < end && (isalnum((unsigned char)*s) || strchr("_.-", *s)))
			s++;
		e.n_name = (size_t)(s - e.name);
		while (s < end && isspace((unsigned char)*s))
			s++;
		if (!e.n_name || s >= end || (*s != '"' && *s != '\''))
			continue;
		close = memchr(s + 1, *s, (size_t)(end - s - 1));
		if (!close)
			break;
		e.value = s + 1;
		e.n_value = (size_t)(close - s - 1);
		s = close;
		if (plain_value(e.value, e.n_value))
			list[n++] = e;
	}
	return n;
}

/* Replaces the references to what the head declares plainly; the declarations stay and are ignored
 * by the reader. NULL when there is nothing to do. */
static char *expand_entities(const void *ctx, const char *s, size_t n, size_t *n_out)
{
	struct entity list[ENTITIES_MAX];
	const char *end = s + n, *body = s, *p;
	size_t count;
	struct hy_buf out;

	for (p = s; (p = memchr(p, '<', (size_t)(end - p))); p++)
		if (p + 1 < end && (isalpha((unsigned char)p[1]) || p[1] == '_'))
			break;
	if (!p)
		return NULL;
	body = p;
	count = declared_entities(s, body, list);
	if (!count)
		return NULL;
	hy_buf_init(&out, ctx, EXPANDED_MAX);
	hy_buf_add(&out, s, (size_t)(body - s));
	for (p = body; p < end;) {
		const char *amp = memchr(p, '&', (size_t)(end - p));
		size_t i;

		if (!amp)
			amp = end;
		hy_buf_add(&out, p, (size_t)(amp - p));
		p = amp;
		if (p == end)
			break;
		for (i = 0; i < count; i++) {
			size_t k = list[i].n_name;

			if ((size_t)(end - p) > k + 1 && memcmp(p + 1, list[i].name, k) == 0 &&
			    p[k + 1] == ';')
				break;
		}
		if (i < count) {
			hy_buf_add(&out, list[i].value, list[i].n_value);
			p += list[i].n_name + 2;
		} else {
			hy_buf_chr(&out, *p++);
		}
	}
	if (out.over)
		return NULL;
	return hy_buf_take(&out, n_out);
}

/* ---- how it begins and ends ---- */

/* True when a <!DOCTYPE ... netscape ...> comes before the root element. */
static bool netscape_doctype(const char *s, size_t n)
{
	const char *d = memmem(s, n < 4096 ? n : 4096, "<!DOCTYPE", 9), *e;

	if (!d)
		return false;
	e = memchr(d, '>', (size_t)(s + n - d));
	for (; e && d < e; d++)
		if (strncasecmp(d, "netscape", 8) == 0)
			return true;
	return false;
}

/* The name of the root element as written; n_out 0 when there is none. */
static const char *root_name(const char *s, size_t n, size_t *n_out)
{
	const char *end = s + n, *p = s;

	*n_out = 0;
	while ((p = memchr(p, '<', (size_t)(end - p)))) {
		if (end - p > 4 && memcmp(p, "<!--", 4) == 0) {
			p = memmem(p, (size_t)(end - p), "-->", 3);
			if (!p)
				return NULL;
			continue;
		}
		p++;
		if (p < end && (isalpha((unsigned char)*p) || *p == '_')) {
			while (p + *n_out < end && !isspace((unsigned char)p[*n_out]) &&
			       p[*n_out] != '>' && p[*n_out] != '/')
				++*n_out;
			return p;
		}
	}
	return NULL;
}

/* True when the last end tag is the root's and nothing but its '>' is missing. */
static bool root_closed(const char *s, size_t n)
{
	size_t k;
	const char *root = root_name(s, n, &k), *p;

	if (!root)
		return false;
	for (p = s + n; p > s + 1; p--)
		if (p[-1] == '/' && p[-2] == '<')
			break;
	if (p <= s + 1)
		return false;
	if ((size_t)(s + n - p) <= k || strncasecmp(p, root, k) != 0)
		return false;
	p += k;
	while (p < s + n && isspace((unsigned char)*p))
		p++;
	return p < s + n && *p == '>';
}

static bool looks_json(const char *s, size_t n)
{
	while (n && isspace((unsigned char)*s)) {
		s++;
		n--;
	}
	return n && *s == '{';
}

/* ---- an HTML page: does it name a feed? ---- */

struct page {
	const void *ctx;
	const char *base;
	const char *feed;
	char *title;
};

static const char *value_of(const struct hy_xml_attr *at, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(at[i].name, name) == 0)
			return at[i].value;
	return NULL;
}

static bool page_start(void *user, const char *ns, const char *prefix, const char *name,
		       const struct hy_xml_attr *at, size_t n)
{
	struct page *pg = user;
	const char *rel, *type, *href;

	(void)ns;
	(void)prefix;
	if (strcasecmp(name, "base") == 0 && value_of(at, n, "href"))
		pg->base = hy_link_resolve(pg->ctx, pg->base, value_of(at, n, "href"));
	if (strcasecmp(name, "link") != 0)
		return true;
	rel = value_of(at, n, "rel");
	type = value_of(at, n, "type");
	href = value_of(at, n, "href");
	if (!rel || !type || !href || !strcasestr(rel, "alternate"))
		return true;
	if (strcasecmp(type, "application/rss+xml") && strcasecmp(type, "application/atom+xml") &&
	    strcasecmp(type, "application/feed+json"))
		return true;
	pg->feed = hy_link_resolve(pg->ctx, pg->base, href);
	return false; /* the first one is the page's own choice */
}

static bool page_end(void *user, const char *ns, const char *prefix, const char *name)
{
	(void)user;
	(void)ns;
	(void)prefix;
	return strcasecmp(name, "head") != 0;
}

static bool page_text(void *user, const char *s, size_t n, bool cdata)
{
	(void)user;
	(void)s;
	(void)n;
	(void)cdata;
	return true;
}

static struct hy_feed *read_page(const void *ctx, const struct hy_decoded *d,
				 const struct hy_feed_in *in)
{
	static const struct hy_xml_handlers h = {
		.start = page_start, .end = page_end, .text = page_text};
	struct page pg = {.ctx = ctx, .base = in->base_url};
	struct hy_feed *f = hy_new(ctx, struct hy_feed);

	(void)hy_soup_parse(d->text, d->n, &h, &pg, NULL); /* no feed found is an answer too */
	f->is_html = true;
	f->version = "";
	f->ttl_minutes = -1;
	f->page_feed = pg.feed;
	return f;
}

static bool is_page(const char *s, size_t n)
{
	size_t k;
	const char *root = root_name(s, n, &k);

	return root && ((k == 4 && strncasecmp(root, "html", 4) == 0) ||
			(k == 4 && strncasecmp(root, "head", 4) == 0) ||
			(k == 4 && strncasecmp(root, "body", 4) == 0));
}

/* ---- the parse ---- */

/* A media type that carries XML (or JSON for a JSON feed), or none given. */
static bool fitting_type(const char *content_type, bool json)
{
	char type[80];
	size_t n;

	if (!content_type)
		return true;
	hy_media_type(content_type, type, sizeof(type));
	n = strlen(type);
	if (json)
		return strstr(type, "json") != NULL;
	return strcmp(type, "text/xml") == 0 || strcmp(type, "application/xml") == 0 ||
	       strcmp(type, "application/xml-dtd") == 0 ||
	       strcmp(type, "text/xml-external-parsed-entity") == 0 ||
	       strcmp(type, "application/xml-external-parsed-entity") == 0 ||
	       (n > 4 && strcmp(type + n - 4, "+xml") == 0 &&
		(strncmp(type, "application/", 12) == 0 || strncmp(type, "text/", 5) == 0));
}

/* Cuts what stands before the first tag; true when that was anything but blanks. */
static bool skip_junk(const char **s, size_t *n)
{
	const char *lt = memchr(*s, '<', *n);
	bool junk = false;

	if (!lt)
		return false;
	for (const char *p = *s; p < lt; p++)
		junk = junk || !isspace((unsigned char)*p);
	junk = junk || (lt > *s && (size_t)(*s + *n - lt) > 5 && memcmp(lt, "<?xml", 5) == 0);
	*n -= (size_t)(lt - *s);
	*s = lt;
	return junk;
}

static enum hy_status read_xml(const void *ctx, const struct hy_decoded *d,
			       const struct hy_feed_in *in, struct hy_feed **out,
			       struct hy_err *err)
{
	const char *s = d->text;
	size_t n = d->n, n_more;
	bool junk = skip_junk(&s, &n), good = false;
	char *more = expand_entities(ctx, s, n, &n_more);
	struct hy_err strict_err = {0};
	struct hy_feed *f = NULL;
	enum hy_status st;

	if (more) {
		s = more;
		n = n_more;
	}
	st = hy_feed_parse_xml(ctx, s, n, in, false, &f, &good, &strict_err);
	if (st != HY_OK || !good) {
		bool dummy;

		talloc_free(f);
		good = false;
		st = hy_feed_parse_xml(ctx, s, n, in, true, &f, &dummy, err);
		if (st != HY_OK)
			return st;
		f->problem = *strict_err.text ? hy_strdup(ctx, strict_err.text)
					      : "the XML is not well-formed";
	}
	if (junk)
		f->problem = "something stands before the XML";
	f->strict = f->well_formed = good && !junk;
	f->complete = good || root_closed(s, n);
	if (netscape_doctype(s, n))
		f->version = "rss091n";
	*out = f;
	return HY_OK;
}

static bool is_empty(const struct hy_feed *f)
{
	return !*f->version && !f->n_entries && !f->title && !f->link && !f->id && !f->subtitle;
}

enum hy_status hy_feed_parse(const void *ctx, const struct hy_feed_in *in, struct hy_feed **out,
			     struct hy_err *err)
{
	void *mem;
	struct hy_decoded d;
	struct hy_feed *f = NULL;
	enum hy_status st = HY_OK;
	bool json;

	if (in->n > HY_FEED_INPUT_MAX)
		return hy_err_set(err, HY_EINPUT, _("the feed has %zu bytes: at most %u are read"),
				  in->n, HY_FEED_INPUT_MAX);
	mem = talloc_new(ctx);
	hy_feed_decode(mem, in, &d);
	json = looks_json(d.text, d.n);
	if (json)
		st = hy_feed_parse_json(mem, &d, in, &f, err);
	else if (is_page(d.text, d.n))
		f = read_page(mem, &d, in);
	else if (memchr(d.text, '<', d.n))
		st = read_xml(mem, &d, in, &f, err);
	else
		st = hy_err_set(err, HY_EINPUT, _("neither XML nor JSON (%zu bytes): not a feed"),
				in->n);
	if (st == HY_OK && !json && !f->is_html && is_empty(f))
		st = hy_err_set(err, HY_EINPUT,
				_("no feed in it: the root element is none of rss, rdf:RDF, feed"));
	if (st != HY_OK) {
		talloc_free(mem);
		return st;
	}
	f->encoding = d.encoding;
	if (!d.clean) {
		f->well_formed = false;
		f->problem = d.problem;
	}
	if (!fitting_type(in->content_type, json)) {
		f->well_formed = false;
		if (!f->problem)
			f->problem = hy_strf(mem, "served as %s", in->content_type);
	}
	if (in->cut)
		f->complete = f->well_formed = f->strict = false;
	*out = talloc_steal(ctx, f);
	talloc_steal(f, mem); /* all texts hang off mem */
	return HY_OK;
}
