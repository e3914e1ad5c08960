/*
 * XML by libxml2's parser, served in pieces, under our own SAX handlers. Entities: only the
 * predefined and HTML's names are ever answered, so declarations in a document cannot expand, read
 * files or reach hosts.
 */
#include "base/base.h"

#include <string.h>
#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>

/*
 * libxml2 compares each attribute of a tag, and each declaration of a DTD, with all before it. So
 * the bytes are fed in small pieces, and when this many quotes went by without an event, that is
 * refused.
 */
#define CHUNK 1024u
#define QUOTES_MAX 4096u
#define ATTRS_MAX 256u

struct reader {
	const struct hy_xml_handlers *h;
	void *user;
	xmlParserCtxtPtr ctxt;
	void *mem; /* talloc: attribute arrays of the element at work */
	int depth;
	struct {
		const xmlChar *name, *prefix, *uri;
	} open[HY_XML_DEPTH_MAX]; /* strings of libxml2's dictionary */
	size_t run;		  /* bytes of text since the last tag */
	bool root;
	/* the bytes still to be served */
	const char *at, *end;
	size_t events, events_then, quotes;
	bool stopped;	    /* a handler said so */
	bool html_names;    /* an HTML entity was used that no DTD declared */
	const char *capped; /* a limit was passed: its name */
	xmlEntity entity;
	char entity_text[16];
};

static xmlParserInputPtr deny_entity(const char *url, const char *id, xmlParserCtxtPtr ctxt)
{
	(void)url;
	(void)id;
	(void)ctxt;
	return NULL;
}

static void be_silent(void *user, const char *fmt, ...)
{
	(void)user;
	(void)fmt;
}

void hy_xml_init(void)
{
	xmlInitParser();
	xmlSetExternalEntityLoader(deny_entity);
	xmlSetGenericErrorFunc(NULL, be_silent);
}

static void stop(struct reader *r, const char *cap)
{
	if (cap && r->capped == NULL)
		r->capped = cap;
	r->stopped = true;
	xmlStopParser(r->ctxt);
}

/* attributes: five pointers each: local name, prefix, URI, value begin, value end. */
static void on_start(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
		     int n_ns, const xmlChar **ns, int n_attrs, int n_default, const xmlChar **at)
{
	struct reader *r = user;
	struct hy_xml_attr *attrs;
	size_t n = (size_t)n_attrs;

	(void)n_ns;
	(void)ns;
	(void)n_default;
	r->events++;
	if (r->stopped)
		return;
	r->root = true;
	r->run = 0;
	if (++r->depth > HY_XML_DEPTH_MAX) {
		stop(r, "elements nested too deep");
		return;
	}
	if (n > ATTRS_MAX) {
		stop(r, "too many attributes");
		return;
	}
	r->open[r->depth - 1].name = name;
	r->open[r->depth - 1].prefix = prefix;
	r->open[r->depth - 1].uri = uri;
	attrs = hy_new_array(r->mem, struct hy_xml_attr, n + 1);
	for (size_t i = 0; i < n; i++, at += 5) {
		size_t len = (size_t)(at[4] - at[3]);

		if (len > HY_XML_TEXT_MAX) {
			stop(r, "attribute too long");
			return;
		}
		attrs[i].name = (const char *)at[0];
		attrs[i].prefix = (const char *)at[1];
		attrs[i].ns = (const char *)at[2];
		attrs[i].value = hy_strndup(r->mem, (const char *)at[3], len);
	}
	if (r->h->start && !r->h->start(r->user, (const char *)uri, (const char *)prefix,
					(const char *)name, attrs, n))
		stop(r, NULL);
	talloc_free_children(r->mem);
}

static void on_end(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct reader *r = user;

	r->events++;
	if (r->stopped || r->depth == 0)
		return;
	r->depth--;
	r->run = 0;
	if (r->h->end &&
	    !r->h->end(r->user, (const char *)uri, (const char *)prefix, (const char *)name))
		stop(r, NULL);
}

static void give_text(struct reader *r, const xmlChar *s, int len, bool cdata)
{
	r->events++;
	if (r->stopped || len <= 0)
		return;
	r->run += (size_t)len;
	if (r->run > HY_XML_TEXT_MAX)
		stop(r, "text too long");
	else if (r->h->text && !r->h->text(r->user, (const char *)s, (size_t)len, cdata))
		stop(r, NULL);
}

static void on_text(void *user, const xmlChar *s, int len)
{
	give_text(user, s, len, false);
}

static void on_cdata(void *user, const xmlChar *s, int len)
{
	give_text(user, s, len, true);
}

static void on_instruction(void *user, const xmlChar *target, const xmlChar *data)
{
	struct reader *r = user;

	if (!r->stopped && r->h->instruction &&
	    !r->h->instruction(r->user, (const char *)target, data ? (const char *)data : ""))
		stop(r, NULL);
}

/*
 * libxml2 copies a predefined entity byte by byte into attribute values, so there an HTML name
 * poses as a general entity (replaced because of XML_PARSE_NOENT, which with this function as the
 * only source of entities can fetch nothing).
 */
static xmlEntityPtr on_entity(void *user, const xmlChar *name)
{
	struct reader *r = user;
	xmlEntityPtr known = xmlGetPredefinedEntity(name);

	if (known)
		return known;
	if (!hy_html_entity((const char *)name, strlen((const char *)name), r->entity_text))
		return NULL;
	if (!r->ctxt->hasExternalSubset)
		r->html_names = true;
	memset(&r->entity, 0, sizeof(r->entity));
	r->entity.type = XML_ENTITY_DECL;
	r->entity.name = name;
	r->entity.content = (xmlChar *)r->entity_text;
	r->entity.orig = (xmlChar *)r->entity_text;
	r->entity.length = (int)strlen(r->entity_text);
	r->entity.checked = 2;
	r->entity.etype = r->ctxt->instate == XML_PARSER_ATTRIBUTE_VALUE
				  ? XML_INTERNAL_GENERAL_ENTITY
				  : XML_INTERNAL_PREDEFINED_ENTITY;
	return &r->entity;
}

/* Asked of by libxml2 for messages only when set; here so that the DTD's presence is known. */
static void on_external_subset(void *user, const xmlChar *name, const xmlChar *id,
			       const xmlChar *url)
{
	(void)user;
	(void)name;
	(void)id;
	(void)url;
}

static const xmlSAXHandler sax_handlers = {
	.initialized = XML_SAX2_MAGIC,
	.startElementNs = on_start,
	.endElementNs = on_end,
	.characters = on_text,
	.ignorableWhitespace = on_text,
	.cdataBlock = on_cdata,
	.processingInstruction = on_instruction,
	.getEntity = on_entity,
	.externalSubset = on_external_subset,
};

/* Skips a byte-order mark and blanks; true when blanks stood before an XML declaration. */
static bool trim(const char **bytes, size_t *n)
{
	bool blanks = false;

	if (*n >= 3 && memcmp(*bytes, "\xEF\xBB\xBF", 3) == 0) {
		*bytes += 3;
		*n -= 3;
	}
	while (*n > 0 && strchr(" \t\r\n", **bytes) != NULL && **bytes != '\0') {
		blanks = true;
		++*bytes;
		--*n;
	}
	return blanks && *n >= 5 && memcmp(*bytes, "<?xml", 5) == 0;
}

static size_t count_quotes(const char *bytes, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += bytes[i] == '"' || bytes[i] == '\'';
	return count;
}

/* Called by libxml2 when it wants more; what it asks for is cut to CHUNK bytes. */
static int serve(void *user, char *buffer, int len)
{
	struct reader *r = user;
	size_t n = (size_t)(r->end - r->at);

	if (len <= 0 || r->stopped)
		return 0;
	if (n > CHUNK)
		n = CHUNK;
	if (n > (size_t)len)
		n = (size_t)len;
	if (r->events != r->events_then)
		r->quotes = 0;
	r->events_then = r->events;
	r->quotes += count_quotes(r->at, n);
	if (r->quotes > QUOTES_MAX) {
		r->capped = "too many attributes or declarations";
		r->stopped = true; /* an end of input: the parser cannot be stopped in here */
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

/* Where the piece of markup at p ends that begins with open; end when it is not closed. */
static const char *skip_to(const char *p, const char *end, const char *close)
{
	const char *at = memmem(p, (size_t)(end - p), close, strlen(close));

	return at ? at + strlen(close) : end;
}

/*
 * A copy without comments, child of ctx: libxml2 copies all of a comment for each "--" that stands
 * in it. *bad is set for a comment that is not well-formed.
 */
static char *without_comments(const void *ctx, const char *bytes, size_t *n, bool *bad)
{
	const char *p = bytes, *end = bytes + *n, *from = bytes, *next;
	char *out = hy_grow(ctx, NULL, char, *n + 1), *o = out;

	while ((p = memchr(p, '<', (size_t)(end - p))) != NULL) {
		size_t left = (size_t)(end - p);

		if (left >= 9 && memcmp(p, "<![CDATA[", 9) == 0) {
			p = skip_to(p, end, "]]>");
		} else if (left >= 2 && p[1] == '?') {
			p = skip_to(p, end, "?>");
		} else if (left >= 4 && memcmp(p, "<!--", 4) == 0) {
			next = skip_to(p + 4, end, "-->");
			if (next == end && (left < 7 || memcmp(end - 3, "-->", 3) != 0))
				*bad = true;
			else if (skip_to(p + 4, next - 1, "--") != next - 1)
				*bad = true;
			memcpy(o, from, (size_t)(p - from));
			o += p - from;
			from = p = next;
		} else {
			p++;
		}
	}
	memcpy(o, from, (size_t)(end - from));
	o += end - from;
	*o = '\0';
	*n = (size_t)(o - out);
	return out;
}

static enum hy_status parse(const char *bytes, size_t n, bool lenient,
			    const struct hy_xml_handlers *h, void *user, bool *well_formed,
			    struct hy_err *err)
{
	struct reader r = {.h = h, .user = user};
	xmlSAXHandler sax = sax_handlers;
	int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
		      XML_PARSE_IGNORE_ENC | XML_PARSE_NOENT | (lenient ? XML_PARSE_RECOVER : 0);
	bool misplaced, good;
	char *text;
	int line;

	if (!hy_utf8_valid(bytes, n))
		return hy_err_set(err, HY_EINPUT, "XML is not UTF-8");
	misplaced = trim(&bytes, &n);
	text = without_comments(NULL, bytes, &n, &misplaced);
	r.at = text;
	r.end = text + n;
	r.ctxt = xmlCreateIOParserCtxt(&sax, &r, serve, close_nothing, &r, XML_CHAR_ENCODING_UTF8);
	if (r.ctxt == NULL)
		hy_mem_die();
	(void)xmlCtxtUseOptions(r.ctxt, options);
	r.mem = talloc_new(NULL);
	(void)xmlParseDocument(r.ctxt);
	while (r.depth > 0 && !r.stopped) /* what a cut document left open */
		on_end(&r, r.open[r.depth - 1].name, r.open[r.depth - 1].prefix,
		       r.open[r.depth - 1].uri);
	good = r.ctxt->wellFormed && !misplaced && !r.html_names;
	line = xmlSAX2GetLineNumber(r.ctxt);
	xmlFreeDoc(r.ctxt->myDoc);
	xmlFreeParserCtxt(r.ctxt);
	talloc_free(r.mem);
	talloc_free(text);
	if (r.capped)
		return hy_err_set(err, HY_EINPUT, "XML line %d: %s", line, r.capped);
	if (!r.root)
		return hy_err_set(err, HY_EINPUT, "not XML: no root element");
	if (well_formed)
		*well_formed = good;
	return HY_OK;
}

static enum hy_status too_large(size_t n, unsigned most, struct hy_err *err)
{
	return hy_err_set(err, HY_EINPUT, "XML of %zu bytes: at most %u", n, most);
}

enum hy_status hy_xml_parse(const char *bytes, size_t n, bool lenient,
			    const struct hy_xml_handlers *h, void *user, bool *well_formed,
			    struct hy_err *err)
{
	if (n > HY_XML_INPUT_MAX)
		return too_large(n, HY_XML_INPUT_MAX, err);
	return parse(bytes, n, lenient, h, user, well_formed, err);
}

enum hy_status hy_xml_parse_large(const char *bytes, size_t n, const struct hy_xml_handlers *h,
				  void *user, bool *well_formed, struct hy_err *err)
{
	if (n > HY_XML_LARGE_MAX)
		return too_large(n, HY_XML_LARGE_MAX, err);
	return parse(bytes, n, false, h, user, well_formed, err);
}

bool hy_html_entity(const char *name, size_t n, char out[16])
{
	const htmlEntityDesc *e;
	char copy[16];

	if (n == 0 || n >= sizeof(copy))
		return false;
	memcpy(copy, name, n);
	copy[n] = '\0';
	e = htmlEntityLookup((const xmlChar *)copy);
	if (e == NULL)
		return false;
	out[hy_utf8_encode(e->value, out)] = '\0';
	return true;
}
