/*
 * Guarded reading of XML and HTML by libxml2: SAX with our own handlers; no entities but the
 * predefined and HTML names, no DTD, no network, no files; depth and text capped (trust 2.3). Pure
 * functions of the bytes; also run inside the parse child.
 */
#ifndef HY_BASE_XML_H
#define HY_BASE_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define HY_XML_DEPTH_MAX 128
#define HY_XML_TEXT_MAX (1u << 20) /* one run of text, bytes */
#define HY_XML_INPUT_MAX (8u << 20)
#define HY_XML_LARGE_MAX (32u << 20) /* for hy_xml_parse_large() */

struct hy_xml_attr {
	const char *ns;	    /* namespace URI or NULL */
	const char *prefix; /* as written, or NULL */
	const char *name;   /* local name */
	const char *value;  /* NUL-terminated UTF-8 */
};
struct hy_xml_handlers {
	/* Strings live for the call only. Return false to stop (hy_xml_parse then returns HY_OK
	 * with *well_formed as far as seen). */
	bool (*start)(void *user, const char *ns, const char *prefix, const char *name,
		      const struct hy_xml_attr *attrs, size_t n_attrs);
	bool (*end)(void *user, const char *ns, const char *prefix, const char *name);
	bool (*text)(void *user, const char *s, size_t n, bool cdata); /* may come in pieces */
	bool (*instruction)(void *user, const char *target, const char *data); /* may be NULL */
};
/* Call once in main(): denies every external entity load of the process, silences libxml2's stderr.
 */
void hy_xml_init(void);
/*
 * bytes are UTF-8 already (see hy_charset_to_utf8), n <= HY_XML_INPUT_MAX. lenient = libxml2's
 * recover mode. start and end events are balanced unless a handler stops. *well_formed tells
 * whether the document was complete and well-formed. HY_EINPUT: not XML at all (no root element),
 * or a cap was passed; the text names it and the line.
 */
enum hy_status hy_xml_parse(const char *bytes, size_t n, bool lenient,
			    const struct hy_xml_handlers *h, void *user, bool *well_formed,
			    struct hy_err *err);
/* The same, strict and up to HY_XML_LARGE_MAX bytes: for what an office program wrote. */
enum hy_status hy_xml_parse_large(const char *bytes, size_t n, const struct hy_xml_handlers *h,
				  void *user, bool *well_formed, struct hy_err *err);
/* HTML tag soup as the same events (ns NULL; names lower-case; entities decoded; script and style
 * content come as text). Never fails on content. */
enum hy_status hy_html_parse(const char *bytes, size_t n, const struct hy_xml_handlers *h,
			     void *user, struct hy_err *err);
/* The code point(s) of an HTML entity name without & and ;, as UTF-8 into out[16]; false when
 * unknown. */
bool hy_html_entity(const char *name, size_t n, char out[16]);

/*
 * Charset to UTF-8: label as found in HTTP, declaration or by guess; gb2312, gbk, x-gbk, cp936 ...
 * are read as GB18030, big5 as BIG5-HKSCS (feeds 7). Ill-formed bytes become U+FFFD and are
 * counted. HY_EINPUT for an unknown label. child of ctx.
 */
enum hy_status hy_charset_to_utf8(const void *ctx, const char *label, const char *bytes, size_t n,
				  char **out, size_t *n_out, size_t *bad, struct hy_err *err);
/* The other way: n bytes of UTF-8 into the label's charset (gbk and gb2312 are written as GB18030); a
 * character that it lacks becomes its own replacement. HY_EINPUT for an unknown label. child of ctx,
 * NUL after it. */
enum hy_status hy_charset_from_utf8(const void *ctx, const char *label, const char *text, size_t n,
				    char **out, size_t *n_out, struct hy_err *err);
/* Our canonical name of a label ("gb2312" -> "gb18030"), or NULL when unknown. */
const char *hy_charset_canonical(const char *label);

#endif
