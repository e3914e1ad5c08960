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

/*
 * libxml2 compares each attribute of a tag with all before it. So the text is served in small
 * pieces, and when this many words went by without an event (they can only be attributes), it ends.
 */
#define PIECE 512u
#define WORDS_MAX 2048u

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
	/* the text still to be served */
	const char *at, *end;
	size_t events, events_then, words;
	bool in_word;
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

	r->events++;
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

	r->events++;
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

	r->events++;
	if (!r->stopped && len > 0 && r->h->text &&
	    !r->h->text(r->user, (const char *)s, (size_t)len, false))
		stop(r);
}

static void on_cdata(void *user, const xmlChar *s, int len)
{
	struct reader *r = user;

	r->events++;
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

/* Called by libxml2 when it wants more; what it asks for is cut to PIECE bytes. */
static int serve(void *user, char *buffer, int len)
{
	struct reader *r = user;
	size_t n = (size_t)(r->end - r->at);

	if (len <= 0 || r->stopped)
		return 0;
	if (n > PIECE)
		n = PIECE;
	if (n > (size_t)len)
		n = (size_t)len;
	if (r->events != r->events_then) {
		r->events_then = r->events;
		r->words = 0;
	}
	for (size_t i = 0; i < n; i++) {
		bool gap = strchr(" \t\r\n\f\"'", r->at[i]) != NULL;

		r->words += !gap && !r->in_word;
		r->in_word = !gap;
	}
	if (r->words > WORDS_MAX) {
		r->stopped = true;
		return 0;
	}
	memcpy(buffer, r->at, n);
	r->at += n;
	return (int)n;
}

static int close_nothing(void *user)
{
	(void)user;
	return 0;
}

/* Takes closed comments out in place: they make no events and may be long. */
static void strip_comments(char *s)
{
	char *o = s, *begin, *end;

	while ((begin = strstr(s, "<!--")) != NULL && (end = strstr(begin + 4, "-->")) != NULL) {
		memmove(o, s, (size_t)(begin - s));
		o += begin - s;
		s = end + 3;
	}
	memmove(o, s, strlen(s) + 1);
}

static void read_text(struct reader *r, const char *text)
{
	xmlParserInputBufferPtr input;
	xmlParserInputPtr stream;

	r->at = text;
	r->end = text + strlen(text);
	r->ctxt = htmlNewParserCtxt();
	input = xmlParserInputBufferCreateIO(serve, close_nothing, r, XML_CHAR_ENCODING_UTF8);
	if (r->ctxt == NULL || input == NULL)
		hy_mem_die();
	(void)htmlCtxtUseOptions(r->ctxt, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR |
						  HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
						  HTML_PARSE_IGNORE_ENC);
	*r->ctxt->sax = sax_handlers;
	r->ctxt->userData = r;
	r->ctxt->charset = XML_CHAR_ENCODING_UTF8;
	stream = xmlNewIOInputStream(r->ctxt, input, XML_CHAR_ENCODING_UTF8);
	if (stream == NULL)
		hy_mem_die();
	stream->encoding = xmlStrdup((const xmlChar *)"UTF-8");
	(void)inputPush(r->ctxt, stream);
	(void)htmlParseDocument(r->ctxt);
	xmlFreeDoc(r->ctxt->myDoc);
	htmlFreeParserCtxt(r->ctxt);
}

enum hy_status hy_html_parse(const char *bytes, size_t n, const struct hy_xml_handlers *h,
			     void *user, struct hy_err *err)
{
	struct reader r = {.h = h, .user = user};
	void *ctx;
	char *text;

	if (n > HY_XML_INPUT_MAX)
		return hy_err_set(err, HY_EINPUT, "HTML of %zu bytes: at most %u", n,
				  HY_XML_INPUT_MAX);
	ctx = talloc_new(NULL);
	r.mem = talloc_new(ctx);
	text = hy_utf8_repair(ctx, bytes, n, NULL);
	strip_comments(text);
	r.fragment = !is_document(text);
	if (r.fragment)
		text = hy_strf(ctx, "<html><body>%s", text);
	read_text(&r, text);
	talloc_free(ctx);
	return HY_OK;
}
