/*
 * HTML from outside through a whitelist. The reader's events are written anew by our own escaping,
 * never its tree, and no element whose content HTML reads raw is ever put out: so no text of the
 * input can turn into markup in a second parse.
 */
#include "render/render.h"

#include "base/base.h"
#include "render/html-names.h"

#include <string.h>
#include <strings.h>

#define STACK_MAX HY_XML_DEPTH_MAX
#define VALUE_MAX 4096u /* bytes of one attribute */

struct writer {
	struct hy_buf b;
	const void *ctx;
	hy_url_resolve_fn resolve;
	void *user;
	const char *open[STACK_MAX]; /* of the whitelist: constants */
	size_t n_open;
	int dropping; /* depth inside an element that goes with its content */
};

static const char *const allowed[] = {
	"a",	  "abbr",     "acronym",    "address", "article", "aside",   "b",     "bdi",
	"bdo",	  "big",      "blockquote", "br",      "caption", "center",  "cite",  "code",
	"col",	  "colgroup", "dd",	    "del",     "details", "dfn",     "div",   "dl",
	"dt",	  "em",	      "figcaption", "figure",  "footer",  "h1",	     "h2",    "h3",
	"h4",	  "h5",	      "h6",	    "header",  "hr",	  "i",	     "img",   "ins",
	"kbd",	  "li",	      "mark",	    "nav",     "ol",	  "p",	     "pre",   "q",
	"rp",	  "rt",	      "ruby",	    "s",       "samp",	  "section", "small", "span",
	"strike", "strong",   "sub",	    "summary", "sup",	  "table",   "tbody", "td",
	"tfoot",  "th",	      "thead",	    "time",    "tr",	  "tt",	     "u",     "ul",
	"var",	  "wbr",
};

enum kind { K_TEXT, K_URL, K_NUMBER, K_WORD };
static const struct attribute {
	const char *element; /* NULL = all */
	const char *name;
	enum kind kind;
} attributes[] = {
	{NULL, "title", K_TEXT},      {NULL, "lang", K_WORD},	   {NULL, "dir", K_WORD},
	{"a", "href", K_URL},	      {"img", "src", K_URL},	   {"img", "alt", K_TEXT},
	{"img", "width", K_NUMBER},   {"img", "height", K_NUMBER}, {"blockquote", "cite", K_URL},
	{"q", "cite", K_URL},	      {"del", "cite", K_URL},	   {"ins", "cite", K_URL},
	{"del", "datetime", K_TEXT},  {"ins", "datetime", K_TEXT}, {"time", "datetime", K_TEXT},
	{"td", "colspan", K_NUMBER},  {"td", "rowspan", K_NUMBER}, {"th", "colspan", K_NUMBER},
	{"th", "rowspan", K_NUMBER},  {"th", "scope", K_WORD},	   {"td", "align", K_WORD},
	{"th", "align", K_WORD},      {"td", "valign", K_WORD},	   {"th", "valign", K_WORD},
	{"table", "summary", K_TEXT}, {"col", "span", K_NUMBER},   {"colgroup", "span", K_NUMBER},
	{"ol", "start", K_NUMBER},    {"ol", "type", K_WORD},	   {"ul", "type", K_WORD},
	{"li", "value", K_NUMBER},
};

static const char *whitelisted(const char *name)
{
	for (size_t i = 0; i < HY_LEN(allowed); i++)
		if (strcasecmp(allowed[i], name) == 0)
			return allowed[i];
	return NULL;
}

static const struct attribute *known_attribute(const char *element, const char *name)
{
	for (size_t i = 0; i < HY_LEN(attributes); i++)
		if (strcasecmp(attributes[i].name, name) == 0 &&
		    (attributes[i].element == NULL || strcmp(attributes[i].element, element) == 0))
			return &attributes[i];
	return NULL;
}

static bool all_of(const char *s, const char *set)
{
	return s[0] != '\0' && strlen(s) <= 32 && strspn(s, set) == strlen(s);
}

/* As a browser reads a URL: blanks at both ends go, TAB and line ends anywhere. child of ctx. */
static char *clean_url(const void *ctx, const char *value)
{
	char *out = hy_new_array(ctx, char, strlen(value) + 1), *o = out;

	while (*value == ' ' || ((unsigned char)*value < 0x20 && *value != '\0'))
		value++;
	for (; *value; value++)
		if (strchr("\t\r\n", *value) == NULL)
			*o++ = *value;
	while (o > out && (unsigned char)o[-1] <= 0x20)
		o--;
	*o = '\0';
	return out;
}

static bool write_url(struct writer *w, const char *name, const char *value)
{
	void *ctx = talloc_new(w->ctx);
	const char *url = clean_url(ctx, value);
	bool written;

	if (w->resolve && url[0] != '#')
		url = w->resolve(ctx, url, w->user);
	written = hy_html_url(&w->b, name, url);
	talloc_free(ctx);
	return written;
}

/* One attribute; true when it is a link that was written. */
static bool write_attribute(struct writer *w, const char *element, const struct hy_xml_attr *at)
{
	static const char digits[] = "0123456789";
	static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789-";
	const struct attribute *known = known_attribute(element, at->name);

	if (known == NULL || strlen(at->value) > VALUE_MAX)
		return false;
	switch (known->kind) {
	case K_URL:
		return write_url(w, known->name, at->value) && strcmp(known->name, "href") == 0;
	case K_NUMBER:
		if (all_of(at->value, digits))
			hy_html_attr(&w->b, known->name, at->value);
		break;
	case K_WORD:
		if (all_of(at->value, word))
			hy_html_attr(&w->b, known->name, at->value);
		break;
	case K_TEXT:
		hy_html_attr(&w->b, known->name, at->value);
		break;
	}
	return false;
}

static bool repeated(const struct hy_xml_attr *attrs, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcasecmp(attrs[k].name, attrs[i].name) == 0)
			return true;
	return false;
}

static bool on_start(void *user, const char *ns, const char *prefix, const char *name,
		     const struct hy_xml_attr *attrs, size_t n_attrs)
{
	struct writer *w = user;
	const char *element = whitelisted(name);
	bool link = false;

	(void)ns;
	(void)prefix;
	if (hy_html_is_dropped(name)) {
		w->dropping++;
		return true;
	}
	if (w->dropping || element == NULL || w->n_open == STACK_MAX)
		return true;
	hy_buf_chr(&w->b, '<');
	hy_buf_str(&w->b, element);
	for (size_t i = 0; i < n_attrs; i++)
		if (!repeated(attrs, i) && write_attribute(w, element, &attrs[i]))
			link = true;
	if (link)
		hy_html_raw(&w->b, " rel=\"nofollow noopener noreferrer\"");
	if (strcmp(element, "img") == 0)
		hy_html_raw(&w->b, " referrerpolicy=\"no-referrer\" loading=\"lazy\"");
	hy_buf_chr(&w->b, '>');
	if (!hy_html_is_void(element))
		w->open[w->n_open++] = element;
	return !w->b.over;
}

static void close_one(struct writer *w)
{
	hy_buf_str(&w->b, "</");
	hy_buf_str(&w->b, w->open[--w->n_open]);
	hy_buf_chr(&w->b, '>');
}

static bool on_end(void *user, const char *ns, const char *prefix, const char *name)
{
	struct writer *w = user;
	size_t k = w->n_open;

	(void)ns;
	(void)prefix;
	if (hy_html_is_dropped(name)) {
		w->dropping -= w->dropping > 0;
		return true;
	}
	if (w->dropping)
		return true;
	while (k > 0 && strcasecmp(w->open[k - 1], name) != 0)
		k--;
	while (k > 0 && w->n_open >= k)
		close_one(w);
	return !w->b.over;
}

static bool on_text(void *user, const char *s, size_t n, bool cdata)
{
	struct writer *w = user;

	(void)cdata;
	if (!w->dropping)
		hy_html_textn(&w->b, s, n);
	return !w->b.over;
}

enum hy_status hy_html_sanitise(const void *ctx, const char *html, size_t n,
				hy_url_resolve_fn resolve, void *user, char **out,
				struct hy_err *err)
{
	static const struct hy_xml_handlers handlers = {on_start, on_end, on_text, NULL};
	struct writer *w = hy_new(ctx, struct writer);
	enum hy_status st;

	w->ctx = w;
	w->resolve = resolve;
	w->user = user;
	hy_buf_init(&w->b, ctx, HY_SANITISE_MAX);
	st = hy_html_parse(html, n, &handlers, w, err);
	while (w->n_open > 0)
		close_one(w);
	if (st == HY_OK && w->b.over)
		st = hy_err_set(err, HY_EINPUT, "HTML grows past %u bytes", HY_SANITISE_MAX);
	if (st == HY_OK)
		*out = hy_buf_take(&w->b, NULL);
	talloc_free(w->b.data);
	talloc_free(w);
	return st;
}
