/* Private to collectors/: pieces shared between its files. Nothing outside includes this. */
#ifndef HY_COLLECT_H
#define HY_COLLECT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem, strcasestr, pipe2 */
#endif

#include "collectors/collectors.h"

/* ---- charset.c ---- */
struct hy_decoded {
	char *text; /* UTF-8, NUL after it */
	size_t n;
	const char *encoding; /* lower case, as named by whoever was believed */
	bool clean;	      /* read as labelled; false = overridden or repaired */
	bool repaired;	      /* some bytes became U+FFFD */
	const char *problem;  /* why not clean, or NULL */
};
/* The ladder of feeds 7. Never fails: the last rung repairs. child of ctx. */
void hy_feed_decode(const void *ctx, const struct hy_feed_in *in, struct hy_decoded *out);
/* Lower-case media type without parameters into out; "" when none. */
void hy_media_type(const char *content_type, char *out, size_t room);

/* ---- soup.c ---- */
/* XML by a forgiving scanner: end tags close what they name, a lone & or < is text, attributes need
 * no quotes. Same events as hy_xml_parse; caps as there. */
enum hy_status hy_soup_parse(const char *bytes, size_t n, const struct hy_xml_handlers *h,
			     void *user, struct hy_err *err);

/* ---- markup.c ---- */
/* Allowed HTML only, addresses resolved against base. child of ctx. */
char *hy_markup_clean(const void *ctx, const char *html, const char *base);
/* The words of HTML. child of ctx. */
char *hy_markup_plain(const void *ctx, const char *html);
/* Plain text that is really HTML: a known end tag or character reference, and nothing unknown. */
bool hy_markup_looks_html(const char *s);

/* ---- feed-text.c: results are s or children of mem ---- */
/* Without the one <div> that wraps all of an Atom XHTML text. */
char *hy_feed_unwrap_div(const void *mem, char *s);
/* UTF-8 that was taken for Latin-1 and encoded again; the C1 range read as windows-1252. */
char *hy_feed_mend(const void *mem, char *s);
/* One more unescape for HTML that was escaped twice. */
char *hy_feed_unescape_again(const void *mem, char *s);

/* ---- feed-xml.c ---- */
/* One pass over UTF-8 text. *out is a child of ctx also on failure. */
enum hy_status hy_feed_parse_xml(const void *ctx, const char *text, size_t n,
				 const struct hy_feed_in *in, bool lenient, struct hy_feed **out,
				 bool *well_formed, struct hy_err *err);

/* ---- feed-json.c ---- */
enum hy_status hy_feed_parse_json(const void *ctx, const struct hy_decoded *text,
				  const struct hy_feed_in *in, struct hy_feed **out,
				  struct hy_err *err);

/* ---- feed-wire.c: a feed over the pipe, authors included ---- */
bool hy_feed_pack(struct hy_buf *out, const struct hy_feed *feed);
enum hy_status hy_feed_unpack(const void *ctx, const char *bytes, size_t n, struct hy_feed **out,
			      struct hy_err *err);

/* ---- poll.c ---- */
/* Trims blanks at both ends. child of ctx. */
char *hy_trim(const void *ctx, const char *s, size_t n);
bool hy_is_http(const char *url);

#endif
