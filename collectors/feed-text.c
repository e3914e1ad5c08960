/* Mending the texts of feeds: wrappers, double encoding, double escaping. Each returns s itself
 * when there is nothing to mend. */
#include "collectors/collect.h"

#include <string.h>

/* One <div> around everything is the wrapper Atom asks for, not part of the text. */
char *hy_feed_unwrap_div(const void *mem, char *s)
{
	size_t n = strlen(s);
	int depth = 0;
	char *p;

	if (strncmp(s, "<div", 4) != 0 || (s[4] != '>' && s[4] != ' ') || n < 11 ||
	    strcmp(s + n - 6, "</div>") != 0)
		return s;
	for (p = s; (p = strchr(p, '<')) && p < s + n - 6; p++) {
		const char *gt = strchr(p, '>');

		if (p[1] == '/')
			depth--;
		else if (gt && gt[-1] != '/')
			depth++;
		if (depth == 0)
			return s;
	}
	p = strchr(s, '>') + 1;
	return hy_strndup(mem, p, (size_t)(s + n - 6 - p));
}

/* Text that was UTF-8, taken for Latin-1 and encoded again; also the C1 range as windows-1252. */
char *hy_feed_mend(const void *mem, char *s)
{
	static const uint16_t c1[32] = {0x20AC, 0x81,	0x201A, 0x192,	0x201E, 0x2026, 0x2020,
					0x2021, 0x2C6,	0x2030, 0x160,	0x2039, 0x152,	0x8D,
					0x17D,	0x8F,	0x90,	0x2018, 0x2019, 0x201C, 0x201D,
					0x2022, 0x2013, 0x2014, 0x2DC,	0x2122, 0x161,	0x203A,
					0x153,	0x9D,	0x17E,	0x178};
	const char *end = s + strlen(s), *p = s;
	struct hy_buf out;
	char u[4];

	for (; p < end &&
	       ((unsigned char)*p < 0x80 || (unsigned char)*p == 0xC2 || (unsigned char)*p == 0xC3);
	     p++)
		if ((unsigned char)*p >= 0x80)
			p++;
	hy_buf_init(&out, mem, HY_FEED_FIELD_MAX + 16);
	if (p >= end) {
		for (p = s; p < end;) {
			size_t k;
			uint32_t cp = hy_utf8_decode(p, end, &k);

			hy_buf_chr(&out, (char)cp);
			p += k;
		}
		if (out.len != (size_t)(end - s) && hy_utf8_valid(out.data, out.len))
			return hy_buf_take(&out, NULL);
		hy_buf_reset(&out);
	}
	if (!strstr(s, "\xC2"))
		return s;
	for (p = s; p < end;) {
		size_t k;
		uint32_t cp = hy_utf8_decode(p, end, &k);

		if (cp >= 0x80 && cp < 0xA0)
			hy_buf_add(&out, u, hy_utf8_encode(c1[cp - 0x80], u));
		else
			hy_buf_add(&out, p, k);
		p += k;
	}
	return hy_buf_take(&out, NULL);
}

/* Escaped twice: no tag, but what looks like escaped tags. */
char *hy_feed_unescape_again(const void *mem, char *s)
{
	char *plain;

	if (strchr(s, '<') || !strstr(s, "&lt;") || !strstr(s, "&gt;"))
		return s;
	plain = hy_markup_plain(mem, s);
	return strstr(plain, "</") && hy_markup_looks_html(plain) ? plain : s;
}

char *hy_feed_shown_name(const void *mem, char *s)
{
	const char *open = strchr(s, '('), *close = open ? strrchr(open, ')') : NULL;

	return open && close && strchr(s, '@')
		       ? hy_strndup(mem, open + 1, (size_t)(close - open) - 1)
		       : s;
}
