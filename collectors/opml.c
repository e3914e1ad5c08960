/* Lists of subscriptions: OPML in any of its dialects in, OPML 2.0 out. */
#include "collectors/collect.h"

#include <string.h>
#include <strings.h>

#include "render/render.h"

#define FOLDER_MAX 1024

struct list {
	const void *ctx;
	struct hy_opml_entry *at;
	size_t n, room, skipped;
	const char *folder[HY_XML_DEPTH_MAX + 1]; /* path inside the open outline */
	size_t depth;
	bool is_opml, over;
};

static const char *value_of(const struct hy_xml_attr *at, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(at[i].name, name) == 0 && *at[i].value)
			return at[i].value;
	return NULL;
}

static void add(struct list *l, const struct hy_xml_attr *at, size_t n, const char *url)
{
	const char *text = value_of(at, n, "text"), *v;
	struct hy_opml_entry *e;

	if (!text)
		text = value_of(at, n, "title");
	if (l->n == l->room) {
		l->room = l->room ? l->room * 2 : 32;
		l->at = hy_grow(l->ctx, l->at, struct hy_opml_entry, l->room);
	}
	e = &l->at[l->n++];
	v = value_of(at, n, "htmlUrl");
	*e = (struct hy_opml_entry){.title = hy_strdup(l->ctx, text ? text : ""),
				    .xml_url = url,
				    .html_url = v ? hy_trim(l->ctx, v, strlen(v)) : NULL,
				    .type = hy_strdup(l->ctx, value_of(at, n, "type")),
				    .folder = l->folder[l->depth - 1],
				    .category = hy_strdup(l->ctx, value_of(at, n, "category"))};
}

static bool on_start(void *user, const char *ns, const char *prefix, const char *name,
		     const struct hy_xml_attr *at, size_t n)
{
	struct list *l = user;
	const char *up = l->folder[l->depth], *url, *text, *kind;

	(void)ns;
	(void)prefix;
	l->folder[++l->depth] = up;
	if (strcasecmp(name, "opml") == 0)
		l->is_opml = true;
	if (strcasecmp(name, "outline") != 0)
		return true;
	url = value_of(at, n, "xmlUrl");
	kind = value_of(at, n, "isComment");
	if (kind && strcasecmp(kind, "true") == 0)
		return true;
	if (url) {
		char *u = hy_trim(l->ctx, url, strlen(url));

		if (!hy_is_http(u))
			l->skipped++;
		else if (l->n >= HY_OPML_OUTLINES_MAX)
			l->over = true;
		else
			add(l, at, n, u);
		return !l->over;
	}
	kind = value_of(at, n, "type");
	if (kind && (!strcasecmp(kind, "link") || !strcasecmp(kind, "include")))
		return true;
	text = value_of(at, n, "text");
	if (!text)
		text = value_of(at, n, "title");
	if (text && strlen(up) + strlen(text) < FOLDER_MAX)
		l->folder[l->depth] =
			*up ? hy_strf(l->ctx, "%s/%s", up, text) : hy_strdup(l->ctx, text);
	return true;
}

static bool on_end(void *user, const char *ns, const char *prefix, const char *name)
{
	struct list *l = user;

	(void)ns;
	(void)prefix;
	(void)name;
	if (l->depth)
		l->depth--;
	return true;
}

static bool on_text(void *user, const char *s, size_t n, bool cdata)
{
	(void)user;
	(void)s;
	(void)n;
	(void)cdata;
	return true;
}

static const struct hy_xml_handlers handlers = {.start = on_start, .end = on_end, .text = on_text};

enum hy_status hy_opml_parse(const void *ctx, const char *bytes, size_t n,
			     struct hy_opml_entry **out, size_t *n_out, size_t *skipped,
			     struct hy_err *err)
{
	struct hy_feed_in in = {.bytes = bytes, .n = n};
	struct hy_decoded d;
	struct list *l;
	enum hy_status st;
	bool good = false;

	if (n > HY_FEED_INPUT_MAX)
		return hy_err_set(err, HY_EINPUT, _("OPML of %zu bytes: at most %u"), n,
				  HY_FEED_INPUT_MAX);
	l = hy_new(ctx, struct list);
	hy_feed_decode(l, &in, &d);
	l->ctx = ctx;
	l->folder[0] = "";
	st = hy_xml_parse(d.text, d.n, false, &handlers, l, &good, NULL);
	if (!l->over && (st != HY_OK || !good)) {
		*l = (struct list){.ctx = ctx, .folder[0] = ""};
		st = hy_soup_parse(d.text, d.n, &handlers, l, err);
	}
	if (l->over)
		st = hy_err_set(err, HY_EINPUT, _("OPML with more than %d feeds"),
				HY_OPML_OUTLINES_MAX);
	else if (st == HY_OK && !l->is_opml)
		st = hy_err_set(err, HY_EINPUT, _("not OPML: there is no <opml> element"));
	if (st == HY_OK) {
		*out = l->at;
		*n_out = l->n;
		if (skipped)
			*skipped = l->skipped;
	}
	talloc_free(l);
	return st;
}

/* How many leading folders a and b share, in bytes of whole names. */
static size_t shared(const char *a, const char *b)
{
	size_t i = 0, last = 0;

	while (a[i] && a[i] == b[i]) {
		i++;
		if ((a[i] == '/' || !a[i]) && (b[i] == '/' || !b[i]))
			last = i;
	}
	return last;
}

static size_t levels(const char *path, size_t n)
{
	size_t k = n > 0;

	for (size_t i = 0; i < n; i++)
		k += path[i] == '/';
	return k;
}

/* Closes folders of `from` and opens those of `to`. */
static void change_folder(struct hy_buf *b, const void *mem, const char *from, const char *to)
{
	size_t keep = shared(from, to), close = levels(from, strlen(from)) - levels(from, keep);
	const char *p = to + keep;

	while (close--)
		hy_buf_str(b, "</outline>\n");
	while (*p) {
		size_t n;
		char *name;

		p += *p == '/';
		n = strcspn(p, "/");
		name = hy_strndup(mem, p, n);
		hy_buf_str(b, "<outline");
		hy_xml_attr(b, "text", name);
		hy_buf_str(b, ">\n");
		p += n;
		if (!n)
			break;
	}
}

char *hy_opml_write(const void *ctx, const char *title, hy_time created,
		    const struct hy_opml_entry *entries, size_t n)
{
	void *mem = talloc_new(ctx);
	struct hy_buf b;
	char date[32];
	const char *folder = "";

	hy_buf_init(&b, ctx, 64u << 20);
	hy_buf_str(&b,
		   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n<head>\n");
	hy_xml_element(&b, "title", title);
	hy_xml_element(&b, "dateCreated", hy_time_http(created, date));
	hy_buf_str(&b, "</head>\n<body>\n");
	for (size_t i = 0; i < n; i++) {
		const struct hy_opml_entry *e = &entries[i];
		const char *to = e->folder ? e->folder : "";

		if (strcmp(folder, to) != 0)
			change_folder(&b, mem, folder, to);
		folder = to;
		hy_buf_str(&b, "<outline");
		hy_xml_attr(&b, "type", e->type ? e->type : "rss");
		hy_xml_attr(&b, "text", e->title ? e->title : "");
		hy_xml_attr(&b, "xmlUrl", e->xml_url);
		hy_xml_attr(&b, "htmlUrl", e->html_url);
		hy_xml_attr(&b, "category", e->category);
		hy_buf_str(&b, "/>\n");
	}
	change_folder(&b, mem, folder, "");
	hy_buf_str(&b, "</body>\n</opml>\n");
	talloc_free(mem);
	return hy_buf_take(&b, NULL);
}
