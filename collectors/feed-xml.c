/*
 * A feed out of XML events. Each element maps by namespace and name to an action in one table;
 * prefixes never matter. Where several elements name the same thing the rules are those readers of
 * feeds have settled on: the first title wins, of the others the last at the least depth.
 */
#include "collectors/feed-names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum kind { K_PLAIN, K_HTML, K_XHTML, K_OTHER };

/* An open element. */
struct el {
	enum act act;
	bool captures;	  /* text goes to buf */
	const char *base; /* in force inside */
	const char *lang;
	struct hy_buf buf;
	char *tag; /* A_INLINE: the end tag to write, or NULL */
};
/* Which depth each field of the entry at work came from (0 = not yet). */
enum field { F_ID, F_SUMMARY, F_SUBTITLE, F_PUBLISHED, F_UPDATED, F_COMMENTS, F_N };

struct builder {
	const void *ctx; /* the feed's */
	void *mem;	 /* the parse's own */
	struct hy_feed *f;
	struct hy_feed_entry *entries, *at; /* at: the entry at work, or NULL */
	size_t room, n_deleted_room, n_enclosure_room;
	struct el stack[HY_XML_DEPTH_MAX + 1];
	size_t depth;
	int field_depth[F_N];
	int title_depth;
	size_t content; /* depth of the element whose content is being read, 0 = none */
	enum kind kind;
	bool base64;
	bool as_content; /* a second description or summary is the content */
	bool has_content, in_feed, guid_is_link, xml_base_seen, unbound;
	int n_image, n_textinput, n_source, n_author, n_other_person;
	char *author_uri;
	int sy_frequency;
	hy_dur sy_period;
	bool over; /* a limit was passed */
};

/* An attribute without a prefix, or of the XML or RDF namespace when space says so. */
static const char *attr(const struct hy_xml_attr *at, size_t n, enum space space, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcasecmp(at[i].name, name) != 0)
			continue;
		if (space == S_CORE
			    ? !at[i].prefix
			    : at[i].prefix && hy_feed_space_of(at[i].ns, at[i].prefix) == space)
			return at[i].value;
	}
	return NULL;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && strcasecmp(s + n - k, end) == 0;
}

/* ---- the place where a value goes ---- */

static bool elsewhere(const struct builder *b)
{
	return b->n_source || b->n_image || b->n_textinput;
}

/* May a value found at this depth replace what field has? Deeper ones never do. */
static bool claim(struct builder *b, enum field field)
{
	int depth = (int)b->depth;

	if (b->field_depth[field] && depth > b->field_depth[field])
		return false;
	b->field_depth[field] = depth;
	return true;
}

static void add_entry(struct builder *b)
{
	struct hy_feed *f = b->f;

	if (f->n_entries == b->room) {
		if (b->room >= HY_FEED_ENTRIES_MAX) {
			b->over = true;
			return;
		}
		b->room = b->room ? b->room * 2 : 32;
		if (b->room > HY_FEED_ENTRIES_MAX)
			b->room = HY_FEED_ENTRIES_MAX;
		b->entries = hy_grow(b->ctx, b->entries, struct hy_feed_entry, b->room);
	}
	b->at = &b->entries[f->n_entries++];
	*b->at = (struct hy_feed_entry){0};
	f->entries = b->entries;
	memset(b->field_depth, 0, sizeof(b->field_depth));
	b->title_depth = -1;
	b->has_content = b->guid_is_link = false;
	b->n_enclosure_room = 0;
	b->author_uri = NULL;
}

static void add_enclosure(struct builder *b, const char *url, const char *type, const char *length)
{
	struct hy_feed_enclosure *list = (struct hy_feed_enclosure *)(uintptr_t)b->at->enclosures;
	size_t n = b->at->n_enclosures;
	char *end = NULL;

	if (!url || !*url || n >= 100)
		return;
	if (n == b->n_enclosure_room) {
		b->n_enclosure_room = n ? n * 2 : 2;
		list = hy_grow(b->ctx, list, struct hy_feed_enclosure, b->n_enclosure_room);
		b->at->enclosures = list;
	}
	list[n] = (struct hy_feed_enclosure){
		.url = hy_link_resolve(b->ctx, b->stack[b->depth].base, url),
		.type = type && *type ? hy_strdup(b->ctx, type) : NULL,
		.length =
			length && isdigit((unsigned char)*length) ? strtoll(length, &end, 10) : -1};
	b->at->n_enclosures++;
}

/* ---- start of an element ---- */

static void open_content(struct builder *b, const char *type, const char *mode, enum kind fallback)
{
	b->content = b->depth;
	b->base64 = false;
	b->kind = fallback;
	if (!type || !*type)
		;
	else if (!strcasecmp(type, "text") || !strcasecmp(type, "plain") ||
		 !strcasecmp(type, "text/plain"))
		b->kind = K_PLAIN;
	else if (!strcasecmp(type, "html") || !strcasecmp(type, "text/html"))
		b->kind = K_HTML;
	else if (!strcasecmp(type, "xhtml") || !strcasecmp(type, "application/xhtml+xml"))
		b->kind = K_XHTML;
	else {
		b->kind = K_OTHER;
		b->base64 = strncasecmp(type, "text/", 5) != 0 && !ends_with(type, "+xml") &&
			    !ends_with(type, "/xml");
	}
	if (mode && strcasecmp(mode, "base64") == 0)
		b->base64 = true;
	b->stack[b->depth].captures = true;
}

static void open_link(struct builder *b, const struct hy_xml_attr *at, size_t n)
{
	const char *rel = attr(at, n, S_CORE, "rel"), *type = attr(at, n, S_CORE, "type");
	const char *href = attr(at, n, S_CORE, "href");
	struct hy_feed *f = b->f;
	char *url;

	if (!href)
		href = attr(at, n, S_CORE, "url");
	if (!href)
		href = attr(at, n, S_CORE, "uri");
	if (!href) {
		b->stack[b->depth].captures = true;
		return;
	}
	url = hy_link_resolve(b->ctx, b->stack[b->depth].base, href);
	if (elsewhere(b))
		return;
	if (!rel || strcasecmp(rel, "alternate") == 0) {
		if (type && *type && strcasecmp(type, "text/html") && strcasecmp(type, "html") &&
		    strcasecmp(type, "xhtml") && strcasecmp(type, "application/xhtml+xml"))
			return;
		if (b->at)
			b->at->link = url;
		else
			f->link = url;
	} else if (b->at) {
		if (strcasecmp(rel, "enclosure") == 0)
			add_enclosure(b, url, type, attr(at, n, S_CORE, "length"));
		else if (strcasecmp(rel, "replies") == 0 && !b->at->comments)
			b->at->comments = url;
	} else if (strcasecmp(rel, "self") == 0) {
		f->self_url = url;
	} else if (strcasecmp(rel, "hub") == 0 && !f->hub_url) {
		f->hub_url = url;
	} else if (strcasecmp(rel, "next") == 0) {
		f->next_url = url;
	}
}

static void open_root(struct builder *b, enum act act, const struct hy_xml_attr *at, size_t n,
		      const char *ns)
{
	const char *v = attr(at, n, S_CORE, "version");
	struct hy_feed *f = b->f;
	static const char *const rss[][2] = {
		{"0.91", "rss091u"}, {"0.92", "rss092"}, {"0.93", "rss093"}, {"0.94", "rss094"}};
	static const char *const atom[][2] = {
		{"0.1", "atom01"}, {"0.2", "atom02"}, {"0.3", "atom03"}};

	if (*f->version)
		return;
	if (act == A_RSS) {
		f->version = v && strncmp(v, "2.", 2) == 0 ? "rss20" : "rss";
		for (size_t i = 0; v && i < HY_LEN(rss); i++)
			if (strcmp(v, rss[i][0]) == 0)
				f->version = rss[i][1];
	} else {
		b->in_feed = true;
		f->version = ns && strcasecmp(ns, "http://www.w3.org/2005/Atom") == 0 ? "atom10"
										      : "atom";
		for (size_t i = 0; v && i < HY_LEN(atom); i++)
			if (strcmp(v, atom[i][0]) == 0 && strcmp(f->version, "atom10") != 0)
				f->version = atom[i][1];
	}
}

/* Text that is read as HTML, XHTML or plain: what type it is by default. */
static void open_text(struct builder *b, enum act act, const struct hy_xml_attr *at, size_t n)
{
	const char *type = attr(at, n, S_CORE, "type"), *mode = attr(at, n, S_CORE, "mode");
	bool again = (act == A_DESCRIPTION || act == A_SUMMARY) && b->at && b->at->summary &&
		     !b->has_content;

	b->as_content = again || act == A_CONTENT || act == A_ENCODED || act == A_BODY;
	if (again || act == A_CONTENT || act == A_ENCODED)
		b->has_content = true;
	open_content(b, type, mode,
		     act == A_BODY					    ? K_XHTML
		     : act == A_ENCODED || (act == A_DESCRIPTION && !again) ? K_HTML
									    : K_PLAIN);
}

/* The version is known by a namespace seen before, or on, any root. */
static void note_space(struct builder *b, const char *ns)
{
	if (*b->f->version || !ns)
		return;
	if (strcasecmp(ns, "http://my.netscape.com/rdf/simple/0.9/") == 0)
		b->f->version = "rss090";
	else if (strcasecmp(ns, "http://purl.org/rss/1.0/") == 0)
		b->f->version = "rss10";
	else if (b->depth == 1 && b->stack[1].act == A_ITEM &&
		 strcasecmp(ns, "http://www.w3.org/2005/Atom") == 0)
		b->f->version = "atom10";
}

static void open_picture(struct builder *b, const char *href)
{
	struct el *el = &b->stack[b->depth];

	if (!href)
		el->captures = true;
	else if (b->at)
		b->at->image = hy_link_resolve(b->ctx, el->base, href);
	else
		b->f->image = hy_link_resolve(b->ctx, el->base, href);
}

static void open_tombstone(struct builder *b, const char *ref)
{
	const char **list = (const char **)(uintptr_t)b->f->deleted;

	if (!ref || !*ref || b->f->n_deleted >= HY_FEED_ENTRIES_MAX)
		return;
	if (b->f->n_deleted == b->n_deleted_room) {
		b->n_deleted_room = b->n_deleted_room ? b->n_deleted_room * 2 : 8;
		list = hy_grow(b->ctx, list, const char *, b->n_deleted_room);
		b->f->deleted = list;
	}
	list[b->f->n_deleted++] = hy_strdup(b->ctx, ref);
}

static void open_element(struct builder *b, enum act act, const char *ns,
			 const struct hy_xml_attr *at, size_t n)
{
	struct el *el = &b->stack[b->depth];
	const char *v;

	switch (act) {
	case A_RSS:
	case A_FEED:
		open_root(b, act, at, n, ns);
		break;
	case A_CHANNEL:
		b->in_feed = true;
		break;
	case A_ITEM:
		add_entry(b); /* an item that was never closed ends here */
		if (b->over)
			break;
		v = b->at ? attr(at, n, S_RDF, "about") : NULL;
		if (v && *v) {
			b->at->id = hy_strdup(b->ctx, v);
			b->field_depth[F_ID] = (int)b->depth + 1;
		}
		break;
	case A_IMAGE:
		b->n_image++;
		break;
	case A_TEXTINPUT:
		b->n_textinput++;
		break;
	case A_SOURCE:
		b->n_source++;
		break;
	case A_AUTHOR:
		b->n_author++;
		el->captures = true;
		break;
	case A_CONTRIBUTOR:
	case A_PUBLISHER:
		b->n_other_person++;
		break;
	case A_LINK:
		open_link(b, at, n);
		break;
	case A_ID:
		v = attr(at, n, S_CORE, "ispermalink");
		b->guid_is_link = !v || strcmp(v, "true") == 0;
		el->captures = true;
		break;
	case A_ENCLOSURE:
	case A_MEDIA_CONTENT:
		if (b->at && !elsewhere(b)) {
			v = attr(at, n, S_CORE, act == A_ENCLOSURE ? "length" : "filesize");
			add_enclosure(b, attr(at, n, S_CORE, "url"), attr(at, n, S_CORE, "type"),
				      v);
		}
		break;
	case A_PICTURE:
		open_picture(b, attr(at, n, S_CORE, "href"));
		break;
	case A_DELETED:
		open_tombstone(b, attr(at, n, S_CORE, "ref"));
		break;
	case A_HTML:
		if (b->depth == 1)
			b->f->is_html = true;
		break;
	case A_TITLE:
	case A_MEDIA_TITLE:
	case A_DESCRIPTION:
	case A_ABSTRACT:
	case A_SUMMARY:
	case A_SUBTITLE:
	case A_CONTENT:
	case A_ENCODED:
	case A_BODY:
	case A_RIGHTS:
	case A_INFO:
		if (!b->f->is_html)
			open_text(b, act, at, n);
		break;
	case A_NAME:
	case A_EMAIL:
	case A_URI:
	case A_GENERATOR:
	case A_PUBLISHED:
	case A_UPDATED:
	case A_LANGUAGE:
	case A_COMMENTS:
	case A_TTL:
	case A_HOUR:
	case A_DAY:
	case A_PERIOD:
	case A_FREQUENCY:
		el->captures = true;
		break;
	default:
		break;
	}
}

static void escape_into(struct hy_buf *b, const char *s, size_t n, bool quotes)
{
	size_t from = 0;

	for (size_t i = 0; i < n; i++) {
		const char *e = s[i] == '&'		? "&amp;"
				: s[i] == '<'		? "&lt;"
				: s[i] == '>'		? "&gt;"
				: s[i] == '"' && quotes ? "&quot;"
							: NULL;

		if (!e)
			continue;
		hy_buf_add(b, s + from, i - from);
		hy_buf_str(b, e);
		from = i + 1;
	}
	hy_buf_add(b, s + from, n - from);
}

static bool is_void(const char *name)
{
	static const char *const names[] = {"area", "br",    "col",    "embed", "hr",
					    "img",  "input", "source", "track", "wbr"};

	for (size_t i = 0; i < HY_LEN(names); i++)
		if (strcasecmp(names[i], name) == 0)
			return true;
	return false;
}

/* An element inside content: written out as it is; markup turns plain text into XHTML. */
static void open_inline(struct builder *b, const char *name, const struct hy_xml_attr *at, size_t n)
{
	struct el *el = &b->stack[b->depth];
	struct hy_buf *out = &b->stack[b->content].buf;

	if (b->kind == K_PLAIN || b->kind == K_HTML) {
		if (strcasecmp(name, "div") == 0)
			return;
		b->kind = K_XHTML;
	}
	hy_buf_fmt(out, "<%s", name);
	for (size_t i = 0; i < n; i++) {
		if (at[i].prefix && strcmp(at[i].prefix, "xml") == 0)
			continue;
		hy_buf_fmt(out, " %s%s%s=\"", at[i].prefix ? at[i].prefix : "",
			   at[i].prefix ? ":" : "", at[i].name);
		escape_into(out, at[i].value, strlen(at[i].value), true);
		hy_buf_chr(out, '"');
	}
	if (is_void(name)) {
		hy_buf_str(out, " />");
		return;
	}
	hy_buf_chr(out, '>');
	el->tag = hy_strdup(b->mem, name);
}

static void inherit(struct builder *b, const struct hy_xml_attr *at, size_t n, enum act act)
{
	struct el *el = &b->stack[b->depth], *up = &b->stack[b->depth - 1];
	const char *base = attr(at, n, S_XML, "base"), *lang = attr(at, n, S_XML, "lang");

	el->base = up->base;
	el->lang = up->lang;
	if (base) {
		char *url = hy_link_resolve(b->mem, up->base, base);

		if (hy_is_http(url) || !up->base) {
			el->base = url;
			b->xml_base_seen = true;
		}
	}
	if (!lang)
		return;
	el->lang = *lang ? hy_strdup(b->mem, lang) : NULL;
	if (*lang && (act == A_FEED || act == A_RSS || act == A_RDF)) {
		char *l = hy_strdup(b->ctx, lang);

		for (char *p = l; *p; p++)
			if (*p == '_')
				*p = '-';
		b->f->language = l;
	}
}

static bool on_start(void *user, const char *ns, const char *prefix, const char *name,
		     const struct hy_xml_attr *at, size_t n)
{
	struct builder *b = user;
	enum act act = b->content ? A_INLINE : hy_feed_act_of(hy_feed_space_of(ns, prefix), name);
	struct el *el = &b->stack[++b->depth];

	*el = (struct el){.act = act};
	if (prefix && !ns && strcmp(prefix, "xml") != 0)
		b->unbound = true;
	inherit(b, at, n, act);
	if (act == A_INLINE) {
		open_inline(b, name, at, n);
		return true;
	}
	note_space(b, ns);
	open_element(b, act, ns, at, n);
	if (el->captures)
		hy_buf_init(&el->buf, b->mem, HY_FEED_FIELD_MAX);
	return !b->over;
}

static bool on_text(void *user, const char *s, size_t n, bool cdata)
{
	struct builder *b = user;
	struct hy_buf *buf;

	(void)cdata;
	if (b->content) {
		buf = &b->stack[b->content].buf;
		if (b->kind == K_XHTML)
			escape_into(buf, s, n, false);
		else
			hy_buf_add(buf, s, n);
		b->over = b->over || buf->over;
	} else if (b->stack[b->depth].captures) {
		buf = &b->stack[b->depth].buf;
		hy_buf_add(buf, s, n);
		b->over = b->over || buf->over;
	}
	return !b->over;
}

/* ---- end of an element ---- */

/* The text of the content that ends now, cleaned according to its kind. */
static char *close_content(struct builder *b, enum act act)
{
	struct el *el = &b->stack[b->content];
	char *s = hy_trim(b->mem, el->buf.data, el->buf.len);

	b->content = 0;
	if (b->base64) {
		void *raw;
		size_t n;
		char *packed = hy_strdup(b->mem, s), *o = packed;

		for (const char *p = s; *p; p++)
			if (!isspace((unsigned char)*p))
				*o++ = *p;
		*o = '\0';
		if (hy_unbase64(b->mem, packed, false, &raw, &n, NULL) == HY_OK &&
		    hy_utf8_valid(raw, n))
			s = hy_strndup(b->mem, raw, n);
	}
	if (b->kind == K_XHTML && strcmp(b->f->version, "atom10") == 0)
		s = hy_feed_unwrap_div(b->mem, s);
	if (b->kind == K_PLAIN && strncmp(b->f->version, "atom", 4) != 0 && hy_markup_looks_html(s))
		b->kind = K_HTML;
	if (b->kind == K_HTML && (act == A_DESCRIPTION || act == A_ENCODED))
		s = hy_feed_unescape_again(b->mem, s);
	return hy_feed_mend(b->mem, s);
}

static bool html_kind(const struct builder *b)
{
	return b->kind == K_HTML || b->kind == K_XHTML;
}

static void close_title(struct builder *b, char *s, bool media)
{
	char *html = NULL, *plain = s;

	if (b->title_depth >= 0 && b->title_depth <= (int)b->depth)
		return;
	if (elsewhere(b) || (!b->at && !b->in_feed))
		return;
	if (html_kind(b)) {
		html = hy_markup_clean(b->ctx, s, b->stack[b->depth].base);
		plain = hy_markup_plain(b->mem, html);
	}
	if (b->at) {
		b->at->title = hy_strdup(b->ctx, plain);
		b->at->title_html = html;
	} else {
		b->f->title = hy_strdup(b->ctx, plain);
		b->f->title_html = html;
	}
	if (*s && !media)
		b->title_depth = (int)b->depth;
}

static void close_text(struct builder *b, enum act act, char *s)
{
	bool html = html_kind(b), plain = !html;
	struct hy_feed *f = b->f;
	char *v;

	if (elsewhere(b) || (!b->at && !b->in_feed))
		return;
	v = html ? hy_markup_clean(b->ctx, s, b->stack[b->depth].base) : hy_strdup(b->ctx, s);
	if (b->as_content) {
		if (!b->at)
			return;
		if (!b->at->content) {
			b->at->content = v;
			b->at->content_plain = plain;
		}
		if (!b->at->summary && b->kind != K_OTHER) {
			b->at->summary = v;
			b->at->summary_plain = plain;
		}
		return;
	}
	switch (act) {
	case A_DESCRIPTION:
	case A_ABSTRACT:
	case A_SUMMARY:
		if (b->at) {
			if (claim(b, F_SUMMARY)) {
				b->at->summary = v;
				b->at->summary_plain = plain;
			}
			break;
		}
		if (act == A_SUMMARY && f->subtitle)
			break;
		/* fall through */
	case A_SUBTITLE:
		if (!b->at) {
			f->subtitle = v;
			f->subtitle_plain = plain;
		}
		break;
	case A_RIGHTS:
		if (!b->at)
			f->rights = hy_markup_plain(b->ctx, v);
		break;
	default:
		break;
	}
}

static void close_link(struct builder *b, char *s)
{
	const char *url =
		*s ? hy_link_resolve(b->ctx, b->stack[b->depth].base, s) : hy_strdup(b->ctx, "");

	if (elsewhere(b))
		return;
	if (b->at) {
		b->at->link = url;
	} else if (b->in_feed) {
		b->f->link = url;
		if (!b->xml_base_seen && hy_is_http(url) && strncmp(b->f->version, "rss", 3) == 0 &&
		    b->depth > 1 && b->stack[b->depth - 1].act == A_CHANNEL)
			for (size_t i = 0; i < b->depth; i++) /* RSS: the site is the base */
				b->stack[i].base = url;
	}
}

static void close_id(struct builder *b, char *s)
{
	const char *id = b->guid_is_link && *s ? hy_link_resolve(b->ctx, b->stack[b->depth].base, s)
					       : hy_strdup(b->ctx, s);

	if (elsewhere(b))
		return;
	if (b->at) {
		if (claim(b, F_ID))
			b->at->id = id;
		b->at->id_is_link = b->guid_is_link && !b->at->link;
		if (b->guid_is_link && !b->at->link)
			b->at->link = id;
	} else if (b->in_feed) {
		b->f->id = id;
		if (!b->f->link)
			b->f->link = id;
	}
}

static void close_date(struct builder *b, enum act act, char *s, int offset)
{
	hy_time t = 0;
	enum hy_date_quality q;

	if (elsewhere(b))
		return;
	q = hy_feed_date_parse(s, offset, &t);
	if (!b->at) {
		if (act == A_PUBLISHED) {
			b->f->published = t;
		} else {
			b->f->updated = t;
			b->f->updated_raw = hy_strdup(b->ctx, s);
		}
	} else if (act == A_PUBLISHED) {
		b->at->published = t;
		b->at->published_q = q;
		b->at->published_raw = hy_strdup(b->ctx, s);
	} else {
		b->at->updated = t;
		b->at->updated_q = q;
		b->at->updated_raw = hy_strdup(b->ctx, s);
	}
}

/* Someone's name inside <author>, or the element's own text. The address, where there is one, tells
 * people apart better than a name. */
static void close_author(struct builder *b, enum act act, char *s)
{
	if (!b->at || elsewhere(b) || !*s || (act != A_AUTHOR && !b->n_author))
		return;
	if (act != A_URI && act != A_EMAIL && !b->at->author_name)
		b->at->author_name = hy_strdup(b->ctx, hy_feed_shown_name(b->ctx, s));
	if (act == A_URI) {
		b->author_uri = hy_strdup(b->ctx, s);
		b->at->author = b->author_uri;
	} else if (!b->author_uri && (act != A_EMAIL || !b->at->author)) {
		b->at->author = hy_strdup(b->ctx, s);
	}
}

static void close_hint(struct builder *b, enum act act, char *s)
{
	static const char *const days[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
	struct hy_feed *f = b->f;
	long v = strtol(s, NULL, 10);

	if (act == A_TTL && v > 0 && v < 1000000)
		f->ttl_minutes = (int)v;
	if (act == A_HOUR && isdigit((unsigned char)*s) && v >= 0 && v <= 24)
		f->skip_hours |= 1u << (v % 24);
	for (unsigned i = 0; act == A_DAY && i < 7; i++)
		if (strncasecmp(s, days[i], 3) == 0)
			f->skip_days |= 1u << i;
	if (act == A_FREQUENCY && v > 0 && v < 10000)
		b->sy_frequency = (int)v;
	if (act == A_PERIOD)
		b->sy_period = !strcasecmp(s, "hourly")	   ? HY_HOUR
			       : !strcasecmp(s, "daily")   ? HY_DAY
			       : !strcasecmp(s, "weekly")  ? 7 * HY_DAY
			       : !strcasecmp(s, "monthly") ? 30 * HY_DAY
			       : !strcasecmp(s, "yearly")  ? 365 * HY_DAY
							   : 0;
}

struct xml_run {
	struct builder b; /* first: the handlers' user */
	int offset;
};

static void close_element(struct builder *b, struct el *el, char *s)
{
	const struct xml_run *run = (const struct xml_run *)b;
	bool text = el->captures;

	switch (el->act) {
	case A_ITEM:
		b->at = NULL;
		b->has_content = false;
		break;
	case A_CHANNEL:
	case A_FEED:
		b->in_feed = false;
		break;
	case A_IMAGE:
		b->n_image--;
		break;
	case A_TEXTINPUT:
		b->n_textinput--;
		break;
	case A_SOURCE:
		b->n_source--;
		break;
	case A_AUTHOR:
		close_author(b, A_AUTHOR, s);
		b->n_author--;
		break;
	case A_NAME:
	case A_EMAIL:
		close_author(b, el->act, s);
		break;
	case A_URI:
		if (b->n_image && !b->at)
			b->f->image = hy_link_resolve(b->ctx, el->base, s);
		else
			close_author(b, el->act, s);
		break;
	case A_CONTRIBUTOR:
	case A_PUBLISHER:
		b->n_other_person--;
		break;
	case A_LINK:
		if (text)
			close_link(b, s);
		break;
	case A_ID:
		close_id(b, s);
		break;
	case A_PUBLISHED:
	case A_UPDATED:
		close_date(b, el->act, s, run->offset);
		break;
	case A_LANGUAGE:
		if (b->at && !elsewhere(b))
			b->at->lang = hy_strdup(b->ctx, s);
		else if (!elsewhere(b))
			b->f->language = hy_strdup(b->ctx, s);
		break;
	case A_COMMENTS:
		if (b->at && *s)
			b->at->comments = hy_link_resolve(b->ctx, el->base, s);
		break;
	case A_GENERATOR:
		b->f->generator = hy_strdup(b->ctx, s);
		break;
	case A_PICTURE:
		if (text && !b->at && *s && !b->f->image)
			b->f->image = hy_link_resolve(b->ctx, el->base, s);
		break;
	case A_TTL:
	case A_HOUR:
	case A_DAY:
	case A_PERIOD:
	case A_FREQUENCY:
		close_hint(b, el->act, s);
		break;
	default:
		break;
	}
}

static bool on_end(void *user, const char *ns, const char *prefix, const char *name)
{
	struct builder *b = user;
	struct el *el = &b->stack[b->depth];
	enum act act = el->act;

	(void)ns;
	(void)prefix;
	(void)name;
	if (!b->depth)
		return true;
	if (act == A_INLINE) {
		if (el->tag)
			hy_buf_fmt(&b->stack[b->content].buf, "</%s>", el->tag);
		b->over = b->over || b->stack[b->content].buf.over;
	} else if (b->content == b->depth) {
		char *s = close_content(b, act);

		if (act == A_TITLE || act == A_MEDIA_TITLE)
			close_title(b, s, act == A_MEDIA_TITLE);
		else
			close_text(b, act, s);
	} else {
		char none[1] = "";

		close_element(b, el,
			      el->captures ? hy_feed_mend(b->mem, hy_trim(b->mem, el->buf.data,
									  el->buf.len))
					   : none);
	}
	if (el->captures)
		talloc_free(el->buf.data);
	b->depth--;
	return !b->over;
}

static const struct hy_xml_handlers handlers = {.start = on_start, .end = on_end, .text = on_text};

static const char *first_base(const void *ctx, const struct hy_feed_in *in)
{
	if (in->content_location && *in->content_location) {
		char *url = hy_link_resolve(ctx, in->base_url, in->content_location);

		if (hy_is_http(url))
			return url;
	}
	return in->base_url && *in->base_url ? in->base_url : NULL;
}

static void begin(struct xml_run *run, const void *ctx, void *mem, const struct hy_feed_in *in)
{
	memset(run, 0, sizeof(*run));
	run->offset = in->offset_minutes;
	run->b.ctx = ctx;
	run->b.mem = mem;
	run->b.title_depth = -1;
	run->b.f = hy_new(ctx, struct hy_feed);
	run->b.f->version = "";
	run->b.f->ttl_minutes = -1;
	run->b.stack[0].base = first_base(mem, in);
	run->b.sy_frequency = 1;
}

enum hy_status hy_feed_parse_xml(const void *ctx, const char *text, size_t n,
				 const struct hy_feed_in *in, bool lenient, struct hy_feed **out,
				 bool *well_formed, struct hy_err *err)
{
	struct xml_run *run = hy_new(NULL, struct xml_run);
	enum hy_status st;

	begin(run, ctx, run, in);
	*well_formed = false;
	st = lenient ? hy_soup_parse(text, n, &handlers, run, err)
		     : hy_xml_parse(text, n, false, &handlers, run, well_formed, err);
	if (st == HY_OK && run->b.over)
		st = hy_err_set(err, HY_EINPUT,
				_("the feed has more than %d entries or a text over %u bytes"),
				HY_FEED_ENTRIES_MAX, HY_FEED_FIELD_MAX);
	if (run->b.unbound)
		*well_formed = false;
	run->b.f->update_every = run->b.sy_period / run->b.sy_frequency;
	*out = run->b.f;
	talloc_free(run);
	return st;
}
