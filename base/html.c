/*
 * HTML tag soup by libxml2's HTML parser as the events of xml.h. Never its tree: what comes out is
 * only ever re-emitted by our own writers. A fragment is parsed as if inside <body>, so that the
 * parser invents no paragraph around it.
 */
#include "base/base.h"

#include <string.h>
#include <strings.h>
#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>

/* Deeper than HY_XML_DEPTH_MAX tags are left out of the events; past this parsing ends, because
 * libxml2's look for an open tag is linear in the depth. */
#define HTML_DEPTH_MAX 1024
#define ATTRS_MAX 256u

struct reader {
	const struct hy_xml_handlers *h;
	void *user;
	htmlParserCtxtPtr ctxt;
	void *mem;
	bool fragment;
	bool stopped;
	int depth; /* as libxml2 sees it */
};

static void stop(struct reader *r)
{
	r->stopped = true;
	xmlStopParser(r->ctxt);
}

static bool is_frame(const struct reader *r, const xmlChar *name)
{
	return r->fragment &&
	       (strcmp((const char *)name, "html") == 0 || strcmp((const char *)name, "body") == 0);
}

static void on_start(void *user, const xmlChar *name, const xmlChar **atts)
{
	struct reader *r = user;
	struct hy_xml_attr *attrs;
	size_t n = 0;

	if (r->stopped)
		return;
	if (++r->depth > HTML_DEPTH_MAX) {
		stop(r);
		return;
	}
	if (is_frame(r, name) || r->depth > HY_XML_DEPTH_MAX)
		return;
	while (atts && n < ATTRS_MAX && atts[2 * n])
		n++;
	attrs = hy_new_array(r->mem, struct hy_xml_attr, n + 1);
	for (size_t i = 0; i < n; i++) {
		attrs[i].name = (const char *)atts[2 * i];
		attrs[i].value = atts[2 * i + 1] ? (const char *)atts[2 * i + 1] : "";
	}
	if (r->h->start && !r->h->start(r->user, NULL, NULL, (const char *)name, attrs, n))
		stop(r);
	talloc_free_children(r->mem);
}

static void on_end(void *user, const xmlChar *name)
{
	struct reader *r = user;

	if (r->stopped)
		return;
	if (r->depth-- > HY_XML_DEPTH_MAX || is_frame(r, name))
		return;
	if (r->h->end && !r->h->end(r->user, NULL, NULL, (const char *)name))
		stop(r);
}

static void on_text(void *user, const xmlChar *s, int len)
{
	struct reader *r = user;

	if (!r->stopped && len > 0 && r->h->text &&
	    !r->h->text(r->user, (const char *)s, (size_t)len, false))
		stop(r);
}

static void on_cdata(void *user, const xmlChar *s, int len)
{
	struct reader *r = user;

	if (!r->stopped && len > 0 && r->h->text &&
	    !r->h->text(r->user, (const char *)s, (size_t)len, true))
		stop(r);
}

static const xmlSAXHandler sax_handlers = {
	.initialized = 1,
	.startElement = on_start,
	.endElement = on_end,
	.characters = on_text,
	.ignorableWhitespace = on_text,
	.cdataBlock = on_cdata,
};

static bool is_document(const char *s)
{
	s += strspn(s, " \t\r\n");
	return strncasecmp(s, "<!doctype", 9) == 0 || strncasecmp(s, "<html", 5) == 0 ||
	       strncasecmp(s, "<head", 5) == 0 || strncasecmp(s, "<body", 5) == 0;
}

enum hy_status hy_html_parse(const char *bytes, size_t n, const struct hy_xml_handlers *h,
			     void *user, struct hy_err *err)
{
	struct reader r = {.h = h, .user = user};
	xmlCharEncodingHandlerPtr utf8 = xmlFindCharEncodingHandler("UTF-8");
	char *text;

	if (n > HY_XML_INPUT_MAX)
		return hy_err_set(err, HY_EINPUT, "HTML of %zu bytes: at most %u", n,
				  HY_XML_INPUT_MAX);
	r.mem = talloc_new(NULL);
	text = hy_utf8_repair(r.mem, bytes, n, NULL);
	r.fragment = !is_document(text);
	if (r.fragment) {
		char *whole = hy_strf(r.mem, "<html><body>%s", text);

		talloc_free(text);
		text = whole;
	}
	r.ctxt = htmlCreateMemoryParserCtxt(text, (int)strlen(text));
	if (r.ctxt == NULL)
		goto out; /* nothing in it */
	(void)htmlCtxtUseOptions(r.ctxt, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR |
						 HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
						 HTML_PARSE_IGNORE_ENC);
	if (utf8)
		(void)xmlSwitchToEncoding(r.ctxt, utf8);
	*r.ctxt->sax = sax_handlers;
	r.ctxt->userData = &r;
	talloc_steal(NULL, text);
	(void)htmlParseDocument(r.ctxt);
	xmlFreeDoc(r.ctxt->myDoc);
	htmlFreeParserCtxt(r.ctxt);
	talloc_free(text);
out:
	talloc_free(r.mem);
	return HY_OK;
}
