/* Escaping for HTML, XML and JSON in HTML, and which URLs may become links. */
#include "render/render.h"

#include "base/base.h"

#include <string.h>
#include <strings.h>

#define REPLACEMENT "\xEF\xBF\xBD"

/* What stands for the character at s in the given form; NULL = itself. *n is its length. */
typedef const char *(*reference_fn)(const unsigned char *s, size_t left, size_t *n);

static const char *html_reference(const unsigned char *s, size_t left, size_t *n)
{
	*n = 1;
	switch (s[0]) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	case '\r':
		return "";
	case '\t':
	case '\n':
		return NULL;
	default:
		break;
	}
	if (s[0] < 0x20 || s[0] == 0x7F)
		return REPLACEMENT;
	if (s[0] == 0xC2 && left > 1 && s[1] >= 0x80 && s[1] < 0xA0) {
		*n = 2;
		return REPLACEMENT;
	}
	return NULL;
}

static const char *xml_text_reference(const unsigned char *s, size_t left, size_t *n)
{
	*n = 1;
	switch (s[0]) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '\r':
		return "&#13;";
	case '\t':
	case '\n':
		return NULL;
	default:
		break;
	}
	if (s[0] < 0x20)
		return REPLACEMENT;
	if (s[0] == 0xEF && left > 2 && s[1] == 0xBF && s[2] >= 0xBE) { /* U+FFFE, U+FFFF */
		*n = 3;
		return REPLACEMENT;
	}
	return NULL;
}

static const char *xml_attr_reference(const unsigned char *s, size_t left, size_t *n)
{
	*n = 1;
	switch (s[0]) {
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	case '\t':
		return "&#9;";
	case '\n':
		return "&#10;";
	default:
		return xml_text_reference(s, left, n);
	}
}

static const char *json_reference(const unsigned char *s, size_t left, size_t *n)
{
	*n = 1;
	if (s[0] == '<')
		return "\\u003c";
	if (s[0] == '>')
		return "\\u003e";
	if (s[0] == '&')
		return "\\u0026";
	if (s[0] == 0xE2 && left > 2 && s[1] == 0x80 && (s[2] & 0xFE) == 0xA8) {
		*n = 3;
		return s[2] == 0xA8 ? "\\u2028" : "\\u2029";
	}
	return NULL;
}

static void escape(struct hy_buf *b, const char *s, size_t n, reference_fn reference)
{
	size_t run = 0, i = 0, len;

	while (i < n) {
		const char *ref = reference((const unsigned char *)s + i, n - i, &len);

		if (ref) {
			hy_buf_add(b, s + run, i - run);
			hy_buf_str(b, ref);
			run = i + len;
		}
		i += len;
	}
	hy_buf_add(b, s + run, n - run);
}

void hy_html_textn(struct hy_buf *b, const char *s, size_t n)
{
	escape(b, s, n, html_reference);
}

void hy_html_text(struct hy_buf *b, const char *s)
{
	if (s)
		escape(b, s, strlen(s), html_reference);
}

void hy_html_lines(struct hy_buf *b, const char *s)
{
	while (s && *s) {
		size_t n = strcspn(s, "\n");

		hy_html_textn(b, s, n);
		s += n;
		if (*s == '\n') {
			hy_html_raw(b, "<br>\n");
			s++;
		}
	}
}

void hy_html_attr(struct hy_buf *b, const char *name, const char *value)
{
	if (value == NULL)
		return;
	hy_buf_chr(b, ' ');
	hy_buf_str(b, name);
	hy_buf_str(b, "=\"");
	hy_html_text(b, value);
	hy_buf_chr(b, '"');
}

bool hy_html_url(struct hy_buf *b, const char *name, const char *url)
{
	if (!hy_url_is_safe(url))
		return false;
	hy_html_attr(b, name, url);
	return true;
}

void hy_html_int(struct hy_buf *b, int64_t v)
{
	hy_buf_fmt(b, "%" PRId64, v);
}

void hy_html_json(struct hy_buf *b, const char *json)
{
	escape(b, json, strlen(json), json_reference);
}

void hy_xml_text(struct hy_buf *b, const char *s)
{
	if (s)
		escape(b, s, strlen(s), xml_text_reference);
}

void hy_xml_attr(struct hy_buf *b, const char *name, const char *value)
{
	if (value == NULL)
		return;
	hy_buf_chr(b, ' ');
	hy_buf_str(b, name);
	hy_buf_str(b, "=\"");
	escape(b, value, strlen(value), xml_attr_reference);
	hy_buf_chr(b, '"');
}

void hy_xml_element(struct hy_buf *b, const char *name, const char *text)
{
	if (text == NULL)
		return;
	hy_buf_fmt(b, "<%s>", name);
	hy_xml_text(b, text);
	hy_buf_fmt(b, "</%s>", name);
}

static bool has_odd_bytes(const char *url)
{
	for (const unsigned char *p = (const unsigned char *)url; *p; p++) {
		if (*p <= 0x20 || *p == 0x7F || strchr("\"'<>\\`", *p) != NULL)
			return true;
		if (*p == 0xC2 && p[1] >= 0x80 && p[1] <= 0xA0)
			return true;
	}
	return false;
}

bool hy_url_is_http(const char *url)
{
	size_t n;

	if (url == NULL || has_odd_bytes(url))
		return false;
	n = strncasecmp(url, "http://", 7) == 0 ? 7 : strncasecmp(url, "https://", 8) == 0 ? 8 : 0;
	return n > 0 && url[n] != '\0' && strchr("/?#:@", url[n]) == NULL;
}

bool hy_url_is_safe(const char *url)
{
	size_t n;

	if (url == NULL || url[0] == '\0' || has_odd_bytes(url))
		return false;
	n = strcspn(url, ":/?#");
	if (url[n] == ':')
		return hy_url_is_http(url) ||
		       (strncasecmp(url, "mailto:", 7) == 0 && url[7] != '\0');
	return strncmp(url, "//", 2) != 0;
}
