/*
 * The second pass over what is not well-formed: a scanner that knows tags, attributes, CDATA and
 * references, and nothing of rules. An end tag closes down to the element it names and is dropped
 * when there is none, so one unclosed <b> cannot swallow the rest of a feed.
 */
#include "collectors/collect.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define SOUP_ATTRS_MAX 64
#define NAME_MAX_BYTES 128
#define SCOPES_MAX 256

/* A namespace declaration in force: prefix ("" = default) -> URI. */
struct scope {
	size_t depth;
	char *prefix, *uri;
};
struct soup {
	const char *p, *end;
	const struct hy_xml_handlers *h;
	void *user;
	void *ctx;
	char *open[HY_XML_DEPTH_MAX];	  /* names as written */
	const char *ns[HY_XML_DEPTH_MAX]; /* of each open element */
	size_t depth;
	struct scope scopes[SCOPES_MAX];
	size_t n_scopes;
	bool stopped;
	struct hy_buf text;
};

static const char *prefix_of(const char *name, char out[NAME_MAX_BYTES], const char **local)
{
	const char *colon = strchr(name, ':');
	size_t n = colon ? (size_t)(colon - name) : 0;

	if (!colon || !n || n >= NAME_MAX_BYTES) {
		*local = name;
		return NULL;
	}
	memcpy(out, name, n);
	out[n] = '\0';
	*local = colon + 1;
	return out;
}

static const char *lookup(const struct soup *sp, const char *prefix)
{
	for (size_t i = sp->n_scopes; i-- > 0;)
		if (strcmp(sp->scopes[i].prefix, prefix ? prefix : "") == 0)
			return *sp->scopes[i].uri ? sp->scopes[i].uri : NULL;
	if (prefix && strcmp(prefix, "xml") == 0)
		return "http://www.w3.org/XML/1998/namespace";
	return NULL;
}

static void flush(struct soup *sp)
{
	if (sp->text.len && !sp->stopped && sp->depth &&
	    !sp->h->text(sp->user, sp->text.data, sp->text.len, false))
		sp->stopped = true;
	hy_buf_reset(&sp->text);
}

static void add_text(struct soup *sp, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= 0x20 || c == '\t' || c == '\n')
			continue;
		hy_buf_add(&sp->text, s, i); /* control characters are no text */
		s += i + 1;
		n -= i + 1;
		i = (size_t)-1;
	}
	hy_buf_add(&sp->text, s, n);
}

/* A reference at s (behind the &): its UTF-8 in out, returns the bytes it takes, 0 = none. */
static size_t reference(const char *s, size_t n, char out[16])
{
	size_t k = 0;

	if (n > 1 && *s == '#') {
		bool hex = s[1] == 'x' || s[1] == 'X';
		uint32_t cp = 0;

		for (k = hex ? 2 : 1; k < n && k < 12 && isxdigit((unsigned char)s[k]); k++) {
			int v = s[k] <= '9' ? s[k] - '0' : (s[k] | 32) - 'a' + 10;

			if (!hex && v > 9)
				break;
			if (cp < 0x200000)
				cp = cp * (hex ? 16 : 10) + (uint32_t)v;
		}
		if (k == (hex ? 2u : 1u))
			return 0;
		if (cp == 0 || cp > 0x10FFFF || (cp >= 0xD800 && cp < 0xE000))
			cp = 0xFFFD;
		out[hy_utf8_encode(cp, out)] = '\0';
		return k < n && s[k] == ';' ? k + 1 : k;
	}
	while (k < n && k < 32 && isalnum((unsigned char)s[k]))
		k++;
	if (!k || k >= n || s[k] != ';' || !hy_html_entity(s, k, out))
		return 0;
	return k + 1;
}

/* Text up to the next '<', references read. */
static void take_text(struct soup *sp, const char *s, size_t n, struct hy_buf *into)
{
	while (n) {
		const char *amp = memchr(s, '&', n);
		size_t k = amp ? (size_t)(amp - s) : n, used;
		char out[16];

		if (into)
			hy_buf_add(into, s, k);
		else
			add_text(sp, s, k);
		s += k;
		n -= k;
		if (!n)
			return;
		used = reference(s + 1, n - 1, out);
		if (!used)
			memcpy(out, "&", 2);
		if (into)
			hy_buf_str(into, out);
		else
			add_text(sp, out, strlen(out));
		s += used + 1;
		n -= used + 1;
	}
}

static bool name_start(unsigned char c)
{
	return isalpha(c) || c == '_' || c >= 0x80;
}

static size_t name_len(const char *s, const char *end)
{
	size_t n = 0;

	while (s + n < end &&
	       (isalnum((unsigned char)s[n]) || strchr("_:-.", s[n]) ||
		(unsigned char)s[n] >= 0x80) &&
	       s[n])
		n++;
	return n;
}

static void close_top(struct soup *sp)
{
	char pre[NAME_MAX_BYTES];
	const char *local, *prefix;

	flush(sp);
	sp->depth--;
	prefix = prefix_of(sp->open[sp->depth], pre, &local);
	if (!sp->stopped && !sp->h->end(sp->user, sp->ns[sp->depth], prefix, local))
		sp->stopped = true;
	talloc_free(sp->open[sp->depth]);
	while (sp->n_scopes && sp->scopes[sp->n_scopes - 1].depth > sp->depth) {
		sp->n_scopes--;
		talloc_free(sp->scopes[sp->n_scopes].prefix);
		talloc_free(sp->scopes[sp->n_scopes].uri);
	}
}

static void end_tag(struct soup *sp, const char *name, size_t n)
{
	for (size_t i = sp->depth; i-- > 0;) {
		if (strlen(sp->open[i]) != n || strncasecmp(sp->open[i], name, n) != 0)
			continue;
		while (sp->depth > i && !sp->stopped)
			close_top(sp);
		return;
	}
}

/* Attributes at sp->p up to '>'; *empty: the tag ended with "/>". */
static size_t attributes(struct soup *sp, void *mem, struct hy_xml_attr *at, bool *empty)
{
	size_t n = 0;

	*empty = false;
	while (sp->p < sp->end && *sp->p != '>' && *sp->p != '<') {
		const char *name = sp->p;
		size_t k = name_len(name, sp->end), v = 0;
		struct hy_buf val;

		if (!k) {
			*empty = *sp->p == '/';
			sp->p++;
			continue;
		}
		*empty = false;
		sp->p += k;
		while (sp->p < sp->end && isspace((unsigned char)*sp->p))
			sp->p++;
		hy_buf_init(&val, mem, HY_XML_TEXT_MAX);
		if (sp->p < sp->end && *sp->p == '=') {
			sp->p++;
			while (sp->p < sp->end && isspace((unsigned char)*sp->p))
				sp->p++;
			if (sp->p < sp->end && (*sp->p == '"' || *sp->p == '\'')) {
				char q = *sp->p++;
				const char *e = memchr(sp->p, q, (size_t)(sp->end - sp->p));

				v = e ? (size_t)(e - sp->p) : (size_t)(sp->end - sp->p);
				take_text(sp, sp->p, v, &val);
				sp->p += e ? v + 1 : v;
			} else {
				while (sp->p + v < sp->end && !isspace((unsigned char)sp->p[v]) &&
				       sp->p[v] != '>')
					v++;
				take_text(sp, sp->p, v, &val);
				sp->p += v;
			}
		}
		if (n < SOUP_ATTRS_MAX && k < NAME_MAX_BYTES)
			at[n++] = (struct hy_xml_attr){.name = hy_strndup(mem, name, k),
						       .value = val.data};
	}
	if (sp->p < sp->end && *sp->p == '>')
		sp->p++;
	return n;
}

/* Takes xmlns declarations out of at, splits prefixes; returns how many remain. */
static size_t declare(struct soup *sp, void *mem, struct hy_xml_attr *at, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		bool def = strcmp(at[i].name, "xmlns") == 0;

		if (!def && strncmp(at[i].name, "xmlns:", 6) != 0) {
			at[k++] = at[i];
			continue;
		}
		if (sp->n_scopes < SCOPES_MAX)
			sp->scopes[sp->n_scopes++] = (struct scope){
				.depth = sp->depth + 1,
				.prefix = hy_strdup(sp->ctx, def ? "" : at[i].name + 6),
				.uri = hy_strdup(sp->ctx, at[i].value)};
	}
	for (size_t i = 0; i < k; i++) {
		char pre[NAME_MAX_BYTES];
		const char *local, *prefix = prefix_of(at[i].name, pre, &local);

		at[i].prefix = hy_strdup(mem, prefix);
		at[i].ns = prefix ? lookup(sp, prefix) : NULL;
		at[i].name = local;
	}
	return k;
}

static bool is_void(const char *name)
{
	return strcasecmp(name, "br") == 0 || strcasecmp(name, "hr") == 0 ||
	       strcasecmp(name, "img") == 0;
}

static enum hy_status start_tag(struct soup *sp, struct hy_err *err)
{
	size_t n = name_len(sp->p, sp->end), k;
	struct hy_xml_attr at[SOUP_ATTRS_MAX];
	char pre[NAME_MAX_BYTES], *name;
	const char *local, *prefix;
	void *mem;
	bool empty;

	if (sp->depth >= HY_XML_DEPTH_MAX)
		return hy_err_set(err, HY_EINPUT, "elements lie more than %d deep",
				  HY_XML_DEPTH_MAX);
	flush(sp);
	mem = talloc_new(sp->ctx);
	name = hy_strndup(sp->ctx, sp->p, n < NAME_MAX_BYTES ? n : NAME_MAX_BYTES - 1);
	sp->p += n;
	k = attributes(sp, mem, at, &empty);
	k = declare(sp, mem, at, k);
	prefix = prefix_of(name, pre, &local);
	sp->open[sp->depth] = name;
	sp->ns[sp->depth] = lookup(sp, prefix);
	if (!sp->h->start(sp->user, sp->ns[sp->depth], prefix, local, at, k))
		sp->stopped = true;
	sp->depth++;
	talloc_free(mem);
	if ((empty || is_void(local)) && !sp->stopped)
		close_top(sp);
	return HY_OK;
}

/* Behind "<!": CDATA is text, comments and declarations are skipped. */
static void declaration(struct soup *sp)
{
	size_t left = (size_t)(sp->end - sp->p);
	const char *e;

	if (left >= 8 && memcmp(sp->p, "![CDATA[", 8) == 0) {
		sp->p += 8;
		left -= 8;
		e = memmem(sp->p, left, "]]>", 3);
		add_text(sp, sp->p, e ? (size_t)(e - sp->p) : left);
		sp->p = e ? e + 3 : sp->end;
		return;
	}
	if (left >= 3 && memcmp(sp->p, "!--", 3) == 0) {
		e = memmem(sp->p + 3, left - 3, "-->", 3);
		sp->p = e ? e + 3 : sp->end;
		return;
	}
	e = memchr(sp->p, '>', left);
	sp->p = e ? e + 1 : sp->end;
}

static enum hy_status scan(struct soup *sp, struct hy_err *err)
{
	while (sp->p < sp->end && !sp->stopped) {
		const char *lt = memchr(sp->p, '<', (size_t)(sp->end - sp->p));
		size_t n = lt ? (size_t)(lt - sp->p) : (size_t)(sp->end - sp->p);
		const char *e;
		enum hy_status st;

		take_text(sp, sp->p, n, NULL);
		sp->p += n + (lt != NULL);
		if (!lt || sp->p >= sp->end)
			break;
		if (*sp->p == '!') {
			declaration(sp);
		} else if (*sp->p == '?') {
			e = memchr(sp->p, '>', (size_t)(sp->end - sp->p));
			sp->p = e ? e + 1 : sp->end;
		} else if (*sp->p == '/' && sp->p + 1 < sp->end &&
			   name_start((unsigned char)sp->p[1])) {
			n = name_len(sp->p + 1, sp->end);
			end_tag(sp, sp->p + 1, n);
			sp->p += n + 1;
			e = memchr(sp->p, '>', (size_t)(sp->end - sp->p));
			sp->p = e ? e + 1 : sp->end;
		} else if (name_start((unsigned char)*sp->p)) {
			st = start_tag(sp, err);
			if (st != HY_OK)
				return st;
		} else {
			add_text(sp, "<", 1);
		}
		if (sp->text.over)
			return hy_err_set(err, HY_EINPUT, "one text is over %u bytes",
					  HY_XML_TEXT_MAX);
	}
	while (sp->depth && !sp->stopped)
		close_top(sp);
	return HY_OK;
}

enum hy_status hy_soup_parse(const char *bytes, size_t n, const struct hy_xml_handlers *h,
			     void *user, struct hy_err *err)
{
	struct soup *sp = hy_new(NULL, struct soup);
	enum hy_status st;

	sp->ctx = sp;
	sp->p = bytes;
	sp->end = bytes + n;
	sp->h = h;
	sp->user = user;
	hy_buf_init(&sp->text, sp, HY_XML_TEXT_MAX);
	st = scan(sp, err);
	talloc_free(sp);
	return st;
}
