/*
 * render: all that leaves for eyes. Escaping writers (HTML, XML, CSV), the sanitiser, Markdown, and
 * the documents of the office: statement page, index page, Atom, JSON Feed, ClaimReview, tables.
 * No function here reads the record, the clock or the network; the caller fills plain structs.
 * Every string is UTF-8 and NUL-terminated; none is trusted. Writers append to a hy_buf and never
 * fail but by its ceiling (b->over). None blocks.
 */
#ifndef HY_RENDER_RENDER_H
#define HY_RENDER_RENDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base.h"
#include "store/records.h"

/* ---- HTML ---- */

/* s as text: & < > " ' are written as references, control characters but TAB, LF and CR as U+FFFD,
 * CR is dropped. NULL writes nothing. */
void hy_html_text(struct hy_buf *b, const char *s);
/* As hy_html_text for the n bytes at s. */
void hy_html_textn(struct hy_buf *b, const char *s, size_t n);
/* As hy_html_text, each LF as <br>. */
void hy_html_lines(struct hy_buf *b, const char *s);
/* ` name="value"` with value escaped, a blank before it; name is trusted ASCII. NULL value writes
 * nothing. Never for URLs (see hy_html_url) nor for on..., style. */
void hy_html_attr(struct hy_buf *b, const char *name, const char *value);
/* As hy_html_attr for href, src, action: writes nothing and returns false unless
 * hy_url_is_safe(url). */
bool hy_html_url(struct hy_buf *b, const char *name, const char *url);
/* A number as text or attribute. */
void hy_html_int(struct hy_buf *b, int64_t v);
/* Trusted markup of our own code, as it is. A literal only: never a variable from outside. */
#define hy_html_raw(b, literal) ((void)hy_buf_str((b), "" literal))
/* JSON into <script type="application/json"> or ld+json: '<', '>', '&', U+2028 and U+2029 are
 * written as \uXXXX, so no tag can end the script. json is a valid JSON text. */
void hy_html_json(struct hy_buf *b, const char *json);

/* True for http:, https: and mailto: URLs and for relative ones, without control characters,
 * blanks, quotes, < > or backslashes; false for javascript:, data:, vbscript: and all others, also
 * when the scheme is broken by blanks or escapes; NULL and "" are false. "//host/x" is false: our
 * pages name their hosts in full. */
bool hy_url_is_safe(const char *url);
/* True for absolute http: and https: URLs that are also hy_url_is_safe(). */
bool hy_url_is_http(const char *url);

/* ---- XML ---- */

/* s as XML 1.0 text; characters XML does not have become U+FFFD. NULL writes nothing. */
void hy_xml_text(struct hy_buf *b, const char *s);
/* ` name="value"`; TAB, LF and CR of the value as references. NULL value writes nothing. */
void hy_xml_attr(struct hy_buf *b, const char *name, const char *value);
/* <name>text</name>; NULL text writes nothing. */
void hy_xml_element(struct hy_buf *b, const char *name, const char *text);

/* ---- CSV (RFC 4180) ---- */

/* One cell: quoted where needed; a cell that begins with = + - @ TAB CR LF or a full-width ＝ ＋ －
 * ＠ (also after blanks or invisible characters) gets a leading ' (documented in formats). NULL is
 * the empty cell. */
void hy_csv_cell(struct hy_buf *b, const char *s);
/* Begins s with the ' that hy_csv_cell gives to what would be read as a formula? */
bool hy_csv_guarded(const char *s);
/* One row of n cells with CRLF. */
void hy_csv_row(struct hy_buf *b, const char *const *cells, size_t n);
/* The byte-order mark that a spreadsheet needs to read UTF-8; once at the start, for people only.
 */
void hy_csv_bom(struct hy_buf *b);
/* A number as a cell is hy_strf("%" PRId64) without the ' that hy_csv_cell would add to -1. */
void hy_csv_int(struct hy_buf *b, int64_t v);

/* ---- HTML from outside ---- */

#define HY_SANITISE_MAX (2u << 20) /* bytes put out at most */
/*
 * Resolves url, found in an attribute of the document, against its base; returns the absolute URL
 * (child of ctx) or NULL to drop the attribute. The result is checked again by hy_url_is_safe().
 */
typedef char *(*hy_url_resolve_fn)(const void *ctx, const char *url, void *user);
/*
 * Re-emits the n bytes of HTML through a whitelist of elements and attributes: no script, style,
 * frame, form, event handler, inline style, id or class; script, style, iframe and their like go
 * with their content, other unknown elements leave their content; links only http, https, mailto or
 * relative and carry rel="nofollow noopener noreferrer"; the output is balanced. resolve may be
 * NULL (URLs stay as they are). HY_EINPUT when the input is larger than HY_XML_INPUT_MAX or the
 * output than HY_SANITISE_MAX. *out is a child of ctx.
 */
enum hy_status hy_html_sanitise(const void *ctx, const char *html, size_t n,
				hy_url_resolve_fn resolve, void *user, char **out,
				struct hy_err *err);
/*
 * Plain text of HTML: block elements and <br> make line breaks, table cells a TAB, list items "- ",
 * blanks collapse to one, pictures give their alt text; script and style go. No line is empty and
 * none begins or ends in a blank. Same limits and ownership.
 */
enum hy_status hy_html_to_text(const void *ctx, const char *html, size_t n, char **out,
			       struct hy_err *err);

/* ---- Markdown (CommonMark by cmark, raw HTML refused, then the same whitelist) ---- */

/* child of ctx; HY_EINPUT past 1 MiB. */
enum hy_status hy_markdown_to_html(const void *ctx, const char *markdown, char **out,
				   struct hy_err *err);
/* The same as plain text, for channels without markup and for summaries. */
enum hy_status hy_markdown_to_text(const void *ctx, const char *markdown, char **out,
				   struct hy_err *err);
/* Warnings for the author: a line that begins with a raw tag disappears. One line or NULL when
 * there is nothing to say; child of ctx, in lang. */
char *hy_markdown_warning(const void *ctx, const char *markdown, enum hy_lang lang);
/* The first max_chars code points of a text, cut at a sentence or character, with … when cut; one
 * line. child of ctx. */
char *hy_text_summary(const void *ctx, const char *text, size_t max_chars);

/* ---- feeds of the office ---- */

/* One entry. Times are UTC ms. */
struct hy_feed_out_entry {
	const char *id;		    /* permanent URI: the page's URL or tag: URI */
	const char *url;	    /* page; NULL or unsafe = left out */
	const char *title;	    /* plain text */
	const char *html;	    /* content, already sanitised; NULL = none */
	const char *text;	    /* plain text; used as summary, or as content without html */
	const char *category;	    /* machine name, e.g. "correction"; NULL = none */
	const char *category_label; /* shown name; NULL = category */
	const char *source; /* its author's name when that is not the office; NULL */
	hy_time published, updated; /* updated 0 = published */
	const char *digest_hex;	   /* SHA-256 of the approved bytes; NULL = the entry is unsigned */
	const char *signature_b64; /* Ed25519 of the office over it; both or none */
};
/* What the signed entries' own elements belong to. */
#define HY_FEED_NAMESPACE "urn:huying:feed:1"
/* The whole feed. Its author is the office. */
struct hy_feed_out {
	const char *id;	      /* permanent URI */
	const char *title;    /* e.g. "某县发布：辟谣与通报" */
	const char *subtitle; /* or NULL */
	const char *self_url; /* where this document is served; NULL = left out */
	const char *home_url; /* the page it mirrors; NULL = left out */
	const char *office;   /* author name */
	const char *lang;     /* "zh-CN", "en" */
	hy_time updated;      /* 0 = that of the newest entry, or 1970 without entries */
	const char *key_hex;  /* the office's public key, or NULL */
	const char *key_url;  /* where it stands, or NULL */
	const struct hy_feed_out_entry *entries; /* newest first */
	size_t n;
};
/* Atom 1.0 (RFC 4287), Content-Type application/atom+xml; charset=utf-8. A signed entry carries
 * digest, signature and key in HY_FEED_NAMESPACE, and as the last lines of its content. */
void hy_feed_atom(struct hy_buf *b, const struct hy_feed_out *feed);
/* JSON Feed 1.1, Content-Type application/feed+json; charset=utf-8. A signed item carries
 * "_huying": {"digest", "signature", "key", "key_url"}. child of ctx. */
char *hy_feed_json(const void *ctx, const struct hy_feed_out *feed);

/* ---- ClaimReview ---- */

/* A verdict of ours about an assertion. No claimant, no place where it was seen: never a person. */
struct hy_claim_review {
	const char *claim;		  /* the assertion in one sentence (claimReviewed) */
	enum hy_verdict verdict;	  /* HY_VERDICT_NONE and _NOT_CHECKABLE write nothing */
	const char *finding;		  /* one sentence (reviewBody); NULL = left out */
	const char *url;		  /* the page that shows claim, verdict and evidence */
	const char *office, *office_url;  /* author: an Organization; office_url may be NULL */
	hy_time claim_date;		  /* first seen in public talk; 0 = left out */
	hy_time published, modified;	  /* modified 0 = left out */
	const char *lang;		  /* "zh-CN" */
	const char *const *evidence_urls; /* isBasedOn; only http and https are written */
	size_t n_evidence;
};
/* JSON-LD as JSON (child of ctx), or NULL when the verdict cannot be published. Put it into a page
 * by hy_html_json(). */
char *hy_claim_review_json(const void *ctx, const struct hy_claim_review *r);
/* The verdict as shown to people: "不实", "部分属实"... / "False"... in lang: the words of the
 * interface. Never "rumour": that is a claim not yet checked (design 5). A constant. */
const char *hy_verdict_label(enum hy_verdict v, enum hy_lang lang);
/* The kind of statement as shown: "辟谣", "通报"... */
const char *hy_statement_kind_label(enum hy_statement_kind k, enum hy_lang lang);

/* ---- pages of the public ---- */

struct hy_page_evidence {
	const char *title;
	const char *url;    /* NULL or unsafe = title alone */
	const char *sha256; /* hex, or NULL */
	hy_time captured;   /* 0 = not shown */
};
struct hy_page_link {
	const char *url, *title;
	hy_time at; /* 0 = not shown */
};
/* A statement as published. Times UTC ms; shown at offset_minutes east of UTC. */
struct hy_statement_page {
	enum hy_lang lang;
	const char *office;
	const char *home_url; /* "/" or absolute; NULL = no link */
	const char *css_url;  /* the one style sheet; hy_page_css() gives its text; NULL = none */
	const char *atom_url; /* <link rel=alternate>; NULL = none */
	const char *self_url; /* canonical, absolute; NULL = none */
	enum hy_statement_kind kind;
	const char *title;
	const char *markdown; /* the approved text */
	hy_time published, updated;
	int offset_minutes;		      /* 480 for China */
	const char *unit;		      /* who answers for it; NULL = office */
	const struct hy_claim_review *review; /* corrections: claim, verdict, evidence; or NULL */
	const struct hy_page_evidence *evidence;
	size_t n_evidence;
	const struct hy_page_link *corrected_by; /* errata of this statement: shown on top */
	size_t n_corrected_by;
	const struct hy_page_link *corrects; /* the statement that this one puts right, or NULL */
	const char *digest_hex;		     /* SHA-256 of the approved bytes, or NULL */
	const char *signature_b64;	     /* Ed25519 of the office over it, or NULL */
	const char *key_url;		     /* where the public key stands, or NULL */
	const char *marker; /* unguessable mark by which the page is found again, or NULL */
};
/* A whole HTML5 document without script of ours and without inline style, so that it stands under
 * default-src 'none'; style-src 'self'. The headline leads with the fact, the claim comes below.
 * HY_EINPUT when the Markdown is too long; b then holds half a page. */
enum hy_status hy_page_statement(struct hy_buf *b, const struct hy_statement_page *page,
				 struct hy_err *err);

struct hy_index_page {
	enum hy_lang lang;
	const char *office, *title;
	const char *css_url, *atom_url, *json_feed_url; /* each may be NULL */
	int offset_minutes;
	const struct hy_index_entry {
		const char *url, *title, *summary;
		enum hy_statement_kind kind;
		hy_time published;
	} * entries; /* newest first */
	size_t n;
};
/* The list of statements, as hy_page_statement. */
void hy_page_index(struct hy_buf *b, const struct hy_index_page *page);
/* The style sheet of both: a constant, text/css. */
const char *hy_page_css(void);

/* ---- time for eyes ---- */

#define HY_TIME_LOCAL_MAX 40
/* "2026-11-21 14:05" at offset_minutes east of UTC into out; returns out. t = 0 gives "—". */
char *hy_time_local(hy_time t, int offset_minutes, char out[HY_TIME_LOCAL_MAX]);
/* "3 d 4 h", "2 h 5 min", "40 s" / "3天4小时" in lang; negative with a leading "-". child of ctx.
 */
char *hy_dur_text(const void *ctx, hy_dur d, enum hy_lang lang);

/* ---- charts ---- */

/* One bar: its place from 0, its height, what is said of it, and where it leads (NULL: nowhere). */
struct hy_svg_bar {
	int64_t at, count;
	const char *title, *href;
};
struct hy_svg_bars {
	const char *label; /* what the whole chart shows */
	int64_t places;	   /* at least 1; places without a bar stay empty */
	const struct hy_svg_bar *bars;
	size_t n;
};
/* An <svg> of bars for a page of ours: classes bar, top (the highest) and axis, no style, no script. */
void hy_svg_bars(struct hy_buf *b, const struct hy_svg_bars *chart);

/* ---- tables for terminals ---- */

enum hy_align { HY_LEFT, HY_RIGHT };
struct hy_column {
	const char *head;
	enum hy_align align;
	size_t max; /* columns of the terminal, 0 = no limit; longer cells are cut with … */
};
/*
 * A table in plain text: cells is n_rows * n_cols, row by row (NULL = ""); columns are aligned by
 * hy_text_width (a Han character is two wide), two blanks apart, no blanks at line ends; each cell
 * goes through hy_text_printable and stands on one line. Heads are left out when all are NULL.
 */
void hy_table_text(struct hy_buf *b, const struct hy_column *cols, size_t n_cols,
		   const char *const *cells, size_t n_rows);
/* The same rows as CSV (with heads) and as an HTML table (heads as <th scope=col>). */
void hy_table_csv(struct hy_buf *b, const struct hy_column *cols, size_t n_cols,
		  const char *const *cells, size_t n_rows);
void hy_table_html(struct hy_buf *b, const struct hy_column *cols, size_t n_cols,
		   const char *const *cells, size_t n_rows);

#endif
