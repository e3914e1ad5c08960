/*
 * From bytes to UTF-8 by the ladder of feeds 7: byte-order mark, HTTP charset, XML declaration,
 * then statistics. Whoever is believed must decode without a single bad byte; only when nobody does
 * are bytes repaired. gb2312 and gbk are read as GB18030.
 */
#include "collectors/collect.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define LABEL_MAX 64
#define DECLARATION_MAX 1024 /* bytes looked at for <?xml ... encoding="..."?> */
#define SAMPLE_MAX 65536     /* bytes the statistics look at */

void hy_media_type(const char *ct, char *out, size_t room)
{
	size_t n = 0;

	while (ct && (*ct == ' ' || *ct == '\t'))
		ct++;
	for (; ct && ct[n] && ct[n] != ';' && ct[n] != ' ' && n < room - 1; n++)
		out[n] = (char)tolower((unsigned char)ct[n]);
	out[n] = '\0';
}

/* A label holds visible ASCII only; anything else is no label at all. */
static void lower_into(char *out, const char *s, size_t n)
{
	size_t k = 0;

	for (; k < n && k < LABEL_MAX - 1; k++) {
		unsigned char c = (unsigned char)s[k];

		if (c <= 0x20 || c >= 0x7F) {
			k = 0;
			break;
		}
		out[k] = (char)tolower(c);
	}
	out[k] = '\0';
}

/* charset=... of a Content-Type value. */
static void http_label(const char *ct, char out[LABEL_MAX])
{
	out[0] = '\0';
	for (const char *p = ct; p && (p = strchr(p, ';'));) {
		size_t n;

		p++;
		p += strspn(p, " \t");
		if (strncasecmp(p, "charset", 7) != 0)
			continue;
		p += 7;
		p += strspn(p, " \t");
		if (*p != '=')
			continue;
		p++;
		p += strspn(p, " \t\"'");
		n = strcspn(p, " \t\"';");
		lower_into(out, p, n);
		return;
	}
}

/* encoding="..." of an XML declaration that starts the text. */
static void declared_label(const char *s, size_t n, char out[LABEL_MAX])
{
	const char *end, *p;
	size_t k;

	out[0] = '\0';
	while (n && isspace((unsigned char)*s)) {
		s++;
		n--;
	}
	if (n > DECLARATION_MAX)
		n = DECLARATION_MAX;
	if (n < 5 || memcmp(s, "<?", 2) != 0)
		return;
	end = memchr(s, '>', n);
	if (!end)
		return;
	p = memmem(s, (size_t)(end - s), "encoding", 8);
	if (!p)
		return;
	p += 8;
	while (p < end && isspace((unsigned char)*p))
		p++;
	if (p >= end || *p++ != '=')
		return;
	while (p < end && isspace((unsigned char)*p))
		p++;
	if (p >= end || (*p != '"' && *p != '\''))
		return;
	for (k = 1; p + k < end && p[k] != *p; k++)
		;
	lower_into(out, p + 1, k - 1);
}

/* A byte-order mark or the first four bytes of "<?xml"; *skip = bytes of the mark. */
static const char *mark(const unsigned char *b, size_t n, size_t *skip)
{
	*skip = 0;
	if (n >= 4 && memcmp(b, "\0\0\xFE\xFF", 4) == 0)
		return *skip = 4, "utf-32be";
	if (n >= 4 && memcmp(b, "\xFF\xFE\0\0", 4) == 0)
		return *skip = 4, "utf-32le";
	if (n >= 2 && memcmp(b, "\xFE\xFF", 2) == 0)
		return *skip = 2, "utf-16be";
	if (n >= 2 && memcmp(b, "\xFF\xFE", 2) == 0)
		return *skip = 2, "utf-16le";
	if (n >= 3 && memcmp(b, "\xEF\xBB\xBF", 3) == 0)
		return *skip = 3, "utf-8";
	if (n >= 4 && memcmp(b, "\0<\0?", 4) == 0)
		return "utf-16be";
	if (n >= 4 && memcmp(b, "<\0?\0", 4) == 0)
		return "utf-16le";
	if (n >= 4 && memcmp(b, "\x4C\x6F\xA7\x94", 4) == 0)
		return "cp037"; /* "<?xm" in EBCDIC */
	if (n >= 4 && memcmp(b, "\0\0\0<", 4) == 0)
		return "utf-32be";
	if (n >= 4 && memcmp(b, "<\0\0\0", 4) == 0)
		return "utf-32le";
	return NULL;
}

static bool is_ascii(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] >= 0x80)
			return false;
	return true;
}

/* Decodes as label; false when one byte does not fit or the label is unknown. */
static bool try_label(const void *ctx, const char *label, const char *s, size_t n, char **text,
		      size_t *n_out)
{
	size_t bad = 0;
	const char *use = label;

	if (strcmp(label, "us-ascii") == 0 || strcmp(label, "ascii") == 0) {
		if (!is_ascii(s, n))
			return false;
		use = "utf-8";
	} else if (strcmp(label, "iso-8859-1") == 0 || strcmp(label, "latin1") == 0) {
		use = "windows-1252";
	}
	if (hy_charset_to_utf8(ctx, use, s, n, text, n_out, &bad, NULL) != HY_OK)
		return false;
	if (!bad)
		return true;
	talloc_free(*text);
	*text = NULL;
	if (use == label)
		return false;
	return hy_charset_to_utf8(ctx, label, s, n, text, n_out, &bad, NULL) == HY_OK && !bad;
}

/* Shares of two-byte characters that are common ones, in per mille: GB2312 level 1 and Big5 level
 * 1 lie in different lead and trail bytes. */
static int common_gb(const unsigned char *s, size_t n)
{
	size_t pairs = 0, common = 0;

	for (size_t i = 0; i + 1 < n; i++) {
		if (s[i] < 0x81)
			continue;
		pairs++;
		if (s[i + 1] >= 0xA1 &&
		    ((s[i] >= 0xB0 && s[i] <= 0xD7) || s[i] == 0xA1 || s[i] == 0xA3))
			common++;
		i++;
	}
	return pairs ? (int)(common * 1000 / pairs) : 0;
}

static int common_big5(const unsigned char *s, size_t n)
{
	size_t pairs = 0, common = 0;

	for (size_t i = 0; i + 1 < n; i++) {
		bool trail;

		if (s[i] < 0x81)
			continue;
		trail = (s[i + 1] >= 0x40 && s[i + 1] <= 0x7E) || s[i + 1] >= 0xA1;
		pairs++;
		if (trail && ((s[i] >= 0xA4 && s[i] <= 0xC6) || s[i] == 0xA1))
			common++;
		i++;
	}
	return pairs ? (int)(common * 1000 / pairs) : 0;
}

/* The guess when nobody's label holds: the likelier of the two Chinese sets, or none. */
static const char *guess(const char *s, size_t n)
{
	const unsigned char *b = (const unsigned char *)s;
	int gb, big5;

	if (n > SAMPLE_MAX)
		n = SAMPLE_MAX;
	gb = common_gb(b, n);
	big5 = common_big5(b, n);
	if (gb < 600 && big5 < 600)
		return NULL;
	return gb >= big5 ? "gb18030" : "big5";
}

static bool is_wide_label(const char *label)
{
	static const char *const names[] = {
		"utf-16",	   "utf16",	      "utf_16",	   "u16",   "utf-32",
		"utf32",	   "utf_32",	      "u32",	   "ucs-2", "ucs-4",
		"iso-10646-ucs-2", "iso-10646-ucs-4", "csunicode", "csucs4"};

	for (size_t i = 0; i < HY_LEN(names); i++)
		if (strcmp(names[i], label) == 0)
			return true;
	return false;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && strcmp(s + n - k, end) == 0;
}

/* What the exchange says the text is in (RFC 3023 and 7303): the label that ought to hold. */
static const char *expected(const struct hy_feed_in *in, const char *http, const char *xml,
			    bool ascii)
{
	char type[80];

	if (in->charset && *in->charset)
		return in->charset;
	hy_media_type(in->content_type, type, sizeof(type));
	if (strncmp(type, "text/", 5) == 0) {
		if (*http)
			return http;
		return ascii ? "us-ascii" : *xml ? xml : "utf-8";
	}
	if (strcmp(type, "application/xml") == 0 || strcmp(type, "application/xml-dtd") == 0 ||
	    strcmp(type, "application/xml-external-parsed-entity") == 0 || strstr(type, "json") ||
	    (strncmp(type, "application/", 12) == 0 && ends_with(type, "+xml")))
		return *http ? http : *xml ? xml : "utf-8";
	return *xml ? xml : "utf-8";
}

static const char *shown(const void *ctx, const char *label)
{
	return hy_strdup(ctx, strcmp(label, "gb2312") == 0 ? "gb18030" : label);
}

/* Text in label but for a few bad bytes: a fault of the sender, not another charset. */
static bool mostly(const void *ctx, const char *label, const char *s, size_t n,
		   struct hy_decoded *out)
{
	size_t bad = 0, wide = 0;

	if (!label || strcmp(label, "windows-1252") == 0 || strncmp(label, "iso-8859", 8) == 0 ||
	    hy_charset_to_utf8(ctx, label, s, n, &out->text, &out->n, &bad, NULL) != HY_OK)
		return false;
	for (size_t i = 0; i < out->n; i++)
		wide += (unsigned char)out->text[i] >= 0xC0;
	if (wide >= 8 * bad)
		return true;
	talloc_free(out->text);
	return false;
}

static void take_repaired(const void *ctx, const char *label, struct hy_decoded *out)
{
	out->encoding = shown(ctx, label);
	out->clean = false;
	out->repaired = true;
	out->problem = hy_strf(ctx, "some bytes are not %s", label);
}

void hy_feed_decode(const void *ctx, const struct hy_feed_in *in, struct hy_decoded *out)
{
	char http[LABEL_MAX], xml[LABEL_MAX], want_low[LABEL_MAX], type[80];
	size_t skip, bad = 0;
	const char *bom = mark((const unsigned char *)in->bytes, in->n, &skip);
	const char *s = in->bytes + skip, *want, *rung[6];
	size_t n = in->n - skip;
	bool ascii = is_ascii(s, n), text_type;

	*out = (struct hy_decoded){.clean = true};
	http_label(in->content_type, http);
	hy_media_type(in->content_type, type, sizeof(type));
	text_type = strncmp(type, "text/", 5) == 0 && !*http && !in->charset;
	declared_label(s, n, xml);
	if (bom && strcmp(bom, "utf-8") != 0) {
		char *head;
		size_t n_head;

		if (hy_charset_to_utf8(ctx, bom, s, (n < 2048 ? n : 2048) & ~(size_t)3, &head,
				       &n_head, &bad, NULL) == HY_OK) {
			declared_label(head, n_head, xml);
			talloc_free(head);
		}
		if (is_wide_label(xml))
			lower_into(xml, bom, strlen(bom));
		ascii = false;
	}
	want = bom && (!*http || skip) && (!*xml || strcmp(bom, "utf-8") != 0)
		       ? bom
		       : expected(in, http, xml, ascii);
	lower_into(want_low, want, strlen(want));
	rung[0] = want_low;
	rung[1] = bom ? bom : "utf-8";
	rung[2] = *xml ? xml : NULL;
	rung[3] = "utf-8";
	rung[4] = guess(s, n);
	rung[5] = "windows-1252";
	if (*xml && !bom)
		rung[1] = xml;
	for (size_t i = 0; i < HY_LEN(rung); i++) {
		if (i == 4 && mostly(ctx, want_low, s, n, out)) {
			take_repaired(ctx, want_low, out);
			return;
		}
		if (i == 4 && mostly(ctx, "utf-8", s, n, out)) {
			take_repaired(ctx, "utf-8", out);
			return;
		}
		if (!rung[i] || !try_label(ctx, rung[i], s, n, &out->text, &out->n))
			continue;
		out->encoding = shown(ctx, rung[i]);
		out->clean = i == 0 || strcmp(rung[i], want_low) == 0;
		if (!out->clean)
			out->problem =
				hy_strf(ctx, "declared as %s, but read as %s", want_low, rung[i]);
		else if (text_type && !ascii && !bom) {
			out->clean = false;
			out->problem = hy_strf(ctx, "%s without a charset, but not ASCII", type);
		}
		return;
	}
	want = hy_charset_canonical(want_low) ? want_low : rung[4] ? rung[4] : "utf-8";
	if (hy_charset_to_utf8(ctx, want, s, n, &out->text, &out->n, &bad, NULL) != HY_OK) {
		out->text = hy_utf8_repair(ctx, s, n, &bad);
		out->n = strlen(out->text);
	}
	take_repaired(ctx, want, out);
}
