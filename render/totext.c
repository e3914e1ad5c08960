/* Plain text of HTML: lines where blocks begin or end, single blanks elsewhere. */
#include "render/render.h"

#include "base/base.h"
#include "render/html-names.h"

#include <string.h>
#include <strings.h>

struct writer {
	struct hy_buf b;
	int dropping, preformatted;
	bool blank;   /* a blank waits */
	bool newline; /* a line break waits */
	bool tab;     /* a cell ended: a TAB waits */
	bool item;    /* a list item began: "- " waits */
};

static bool in_set(const char *const *set, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(set[i], name) == 0)
			return true;
	return false;
}

bool hy_html_is_dropped(const char *name)
{
	static const char *const set[] = {
		"script",   "style",  "iframe",	  "frame",  "frameset", "noframes",  "noembed",
		"noscript", "object", "embed",	  "applet", "template", "svg",	     "math",
		"textarea", "select", "option",	  "title",  "xmp",	"plaintext", "canvas",
		"audio",    "video",  "datalist", "portal",
	};

	return in_set(set, HY_LEN(set), name);
}

bool hy_html_is_void(const char *name)
{
	static const char *const set[] = {"area", "base", "br",	   "col",    "hr",    "img",
					  "link", "meta", "param", "source", "track", "wbr"};

	return in_set(set, HY_LEN(set), name);
}

bool hy_html_is_block(const char *name)
{
	static const char *const set[] = {
		"address", "article",  "aside",	     "blockquote", "body",    "br",    "caption",
		"center",  "dd",       "details",    "dialog",	   "dir",     "div",   "dl",
		"dt",	   "fieldset", "figcaption", "figure",	   "footer",  "form",  "h1",
		"h2",	   "h3",       "h4",	     "h5",	   "h6",      "head",  "header",
		"hr",	   "html",     "legend",     "li",	   "main",    "menu",  "nav",
		"ol",	   "p",	       "pre",	     "section",	   "summary", "table", "tbody",
		"tfoot",   "thead",    "tr",	     "ul",
	};

	return in_set(set, HY_LEN(set), name);
}

/* What waits is written before the next visible character. */
static void settle(struct writer *w)
{
	if (w->b.len > 0 && w->newline)
		hy_buf_chr(&w->b, '\n');
	else if (w->b.len > 0 && w->tab)
		hy_buf_chr(&w->b, '\t');
	else if (w->b.len > 0 && w->blank && !w->item)
		hy_buf_chr(&w->b, ' ');
	if (w->item)
		hy_buf_str(&w->b, "- ");
	w->newline = w->tab = w->blank = w->item = false;
}

static void put_text(struct writer *w, const char *s, size_t n)
{
	const char *end = s + n;
	size_t len;

	for (; s < end; s += len) {
		uint32_t cp = hy_utf8_decode(s, end, &len);

		if (cp == '\n' && w->preformatted) {
			w->newline = true;
		} else if (hy_is_blank(cp)) {
			w->blank = true;
		} else {
			settle(w);
			hy_buf_add(&w->b, s, len);
		}
	}
}

static bool on_start(void *user, const char *ns, const char *prefix, const char *name,
		     const struct hy_xml_attr *attrs, size_t n_attrs)
{
	struct writer *w = user;

	(void)ns;
	(void)prefix;
	if (hy_html_is_dropped(name)) {
		w->dropping++;
		return true;
	}
	if (w->dropping)
		return true;
	if (hy_html_is_block(name))
		w->newline = true;
	if (strcasecmp(name, "li") == 0)
		w->item = true;
	if (strcasecmp(name, "pre") == 0)
		w->preformatted++;
	for (size_t i = 0; strcasecmp(name, "img") == 0 && i < n_attrs; i++)
		if (strcasecmp(attrs[i].name, "alt") == 0)
			put_text(w, attrs[i].value, strlen(attrs[i].value));
	return !w->b.over;
}

static bool on_end(void *user, const char *ns, const char *prefix, const char *name)
{
	struct writer *w = user;

	(void)ns;
	(void)prefix;
	if (hy_html_is_dropped(name)) {
		w->dropping -= w->dropping > 0;
		return true;
	}
	if (w->dropping)
		return true;
	if (hy_html_is_block(name))
		w->newline = true;
	if (strcasecmp(name, "li") == 0)
		w->item = false;
	if (strcasecmp(name, "td") == 0 || strcasecmp(name, "th") == 0)
		w->tab = true;
	if (strcasecmp(name, "pre") == 0)
		w->preformatted -= w->preformatted > 0;
	return true;
}

static bool on_text(void *user, const char *s, size_t n, bool cdata)
{
	struct writer *w = user;

	(void)cdata;
	if (!w->dropping)
		put_text(w, s, n);
	return !w->b.over;
}

enum hy_status hy_html_to_text(const void *ctx, const char *html, size_t n, char **out,
			       struct hy_err *err)
{
	static const struct hy_xml_handlers handlers = {on_start, on_end, on_text, NULL};
	struct writer w = {.dropping = 0};
	enum hy_status st;

	hy_buf_init(&w.b, ctx, HY_SANITISE_MAX);
	st = hy_html_parse(html, n, &handlers, &w, err);
	if (st == HY_OK && w.b.over)
		st = hy_err_set(err, HY_EINPUT, "text grows past %u bytes", HY_SANITISE_MAX);
	if (st == HY_OK)
		*out = hy_buf_take(&w.b, NULL);
	talloc_free(w.b.data);
	return st;
}
