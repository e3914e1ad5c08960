/*
 * UTF-8 and people's text: checks, repair, terminal width, escaping for terminals and logs, edit
 * distance. The fold is in fold.c.
 */
#include "base/base.h"

#include <string.h>
#include <unicode/uchar.h>

#define REPLACEMENT "\xEF\xBF\xBD"
#define DISTANCE_MAX 64

/*
 * Length of the well-formed sequence at s (n > 0 bytes left), or 0; then *bad_len is the length of
 * the maximal subpart of an ill-formed one (Unicode 15, table 3-7).
 */
static size_t sequence(const unsigned char *s, size_t n, size_t *bad_len)
{
	unsigned lo = 0x80, hi = 0xBF;
	size_t need, i;

	*bad_len = 1;
	if (s[0] < 0x80)
		return s[0] != 0;
	if (s[0] < 0xC2 || s[0] > 0xF4)
		return 0;
	need = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
	if (s[0] == 0xE0)
		lo = 0xA0;
	else if (s[0] == 0xED)
		hi = 0x9F;
	else if (s[0] == 0xF0)
		lo = 0x90;
	else if (s[0] == 0xF4)
		hi = 0x8F;
	for (i = 1; i < need; i++, lo = 0x80, hi = 0xBF) {
		if (i >= n || s[i] < lo || s[i] > hi) {
			*bad_len = i;
			return 0;
		}
	}
	return need;
}

/* Bytes at the start that are what nearly all text is: ASCII, and sequences of three bytes whose
 * first leaves the second free (U+1000 to U+CFFF, so nearly all Han). */
static size_t common(const unsigned char *s, size_t n)
{
	size_t i = 0;

	while (i < n) {
		if (s[i] - 1u < 0x7F)
			i++;
		else if (n - i >= 3 && s[i] - 0xE1u < 0x0C && (s[i + 1] & 0xC0) == 0x80 &&
			 (s[i + 2] & 0xC0) == 0x80)
			i += 3;
		else
			break;
	}
	return i;
}

bool hy_utf8_valid(const char *s, size_t n)
{
	size_t i = 0, len, bad;

	while (i < n) {
		i += common((const unsigned char *)s + i, n - i);
		if (i == n)
			break;
		len = sequence((const unsigned char *)s + i, n - i, &bad);
		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

/* Number of ill-formed subparts and NULs. */
static size_t count_bad(const char *s, size_t n)
{
	size_t i = 0, count = 0, len, bad;

	while (i < n) {
		i += common((const unsigned char *)s + i, n - i);
		if (i == n)
			break;
		len = sequence((const unsigned char *)s + i, n - i, &bad);
		count += len == 0;
		i += len > 0 ? len : bad;
	}
	return count;
}

char *hy_utf8_repair(const void *ctx, const char *s, size_t n, size_t *bad)
{
	size_t wrong = count_bad(s, n), i = 0, o = 0, len, skip;
	char *out;

	if (bad)
		*bad = wrong;
	if (wrong == 0)
		return hy_strndup(ctx, s, n);
	out = hy_new_array(ctx, char, n + 2 * wrong + 1);
	while (i < n) {
		len = sequence((const unsigned char *)s + i, n - i, &skip);
		memcpy(out + o, len > 0 ? s + i : REPLACEMENT, len > 0 ? len : 3);
		o += len > 0 ? len : 3;
		i += len > 0 ? len : skip;
	}
	return out;
}

uint32_t hy_utf8_decode(const char *s, const char *end, size_t *len_out)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t left = (size_t)(end - s);

	if (p[0] < 0x80) {
		*len_out = 1;
		return p[0];
	}
	if (p[0] < 0xE0 && left >= 2) {
		*len_out = 2;
		return (p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu);
	}
	if (p[0] < 0xF0 && left >= 3) {
		*len_out = 3;
		return (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
	}
	if (left >= 4) {
		*len_out = 4;
		return (p[0] & 0x07u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 |
		       (p[3] & 0x3Fu);
	}
	*len_out = 1; /* cut short: never by a caller that keeps the contract */
	return 0xFFFD;
}

size_t hy_utf8_encode(uint32_t cp, char out[4])
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xC0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3F));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xE0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
		out[2] = (char)(0x80 | (cp & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
	out[3] = (char)(0x80 | (cp & 0x3F));
	return 4;
}

size_t hy_utf8_count(const char *s, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)s[i] & 0xC0) != 0x80;
	return count;
}

size_t hy_utf8_cut(const char *s, size_t n)
{
	size_t k = n, need;

	while (k > 0 && n - k < 3 && ((unsigned char)s[k - 1] & 0xC0) == 0x80)
		k--;
	if (k == 0)
		return n;
	need = (unsigned char)s[k - 1] >= 0xF0	 ? 4
	       : (unsigned char)s[k - 1] >= 0xE0 ? 3
	       : (unsigned char)s[k - 1] >= 0xC0 ? 2
						 : 1;
	return k - 1 + need <= n ? n : k - 1;
}

static size_t columns(uint32_t cp)
{
	int8_t kind = u_charType((UChar32)cp);
	int east;

	if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0))
		return 0;
	if (kind == U_NON_SPACING_MARK || kind == U_ENCLOSING_MARK || kind == U_FORMAT_CHAR)
		return 0;
	east = u_getIntPropertyValue((UChar32)cp, UCHAR_EAST_ASIAN_WIDTH);
	return east == U_EA_FULLWIDTH || east == U_EA_WIDE ? 2 : 1;
}

size_t hy_text_width(const char *s)
{
	const char *end = s + strlen(s);
	size_t width = 0, len;

	while (s < end) {
		width += columns(hy_utf8_decode(s, end, &len));
		s += len;
	}
	return width;
}

static bool must_escape(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || (cp >= 0x202A && cp <= 0x202E) ||
	       (cp >= 0x2066 && cp <= 0x2069);
}

char *hy_text_printable(const void *ctx, const char *s)
{
	size_t n = strlen(s), len, bad;
	struct hy_buf b;
	char *out;

	hy_buf_init(&b, ctx, n * 8 + 1);
	for (size_t i = 0; i < n; i += len) {
		len = sequence((const unsigned char *)s + i, n - i, &bad);
		if (len == 0) {
			hy_buf_fmt(&b, "\\x%02X", (unsigned char)s[i]);
			len = 1;
			continue;
		}
		uint32_t cp = hy_utf8_decode(s + i, s + n, &len);
		if (!must_escape(cp))
			hy_buf_add(&b, s + i, len);
		else if (cp < 0x80)
			hy_buf_fmt(&b, "\\x%02X", (unsigned)cp);
		else
			hy_buf_fmt(&b, "\\u{%04X}", (unsigned)cp);
	}
	out = hy_buf_take(&b, NULL);
	talloc_free(b.data); /* the new empty one */
	return out;
}

/* Decodes at most DISTANCE_MAX code points; SIZE_MAX when there are as many or more. */
static size_t decode_short(const char *s, uint32_t out[DISTANCE_MAX])
{
	const char *end = s + strlen(s);
	size_t n = 0, len;

	for (; s < end; s += len) {
		if (n == DISTANCE_MAX - 1)
			return SIZE_MAX;
		out[n++] = hy_utf8_decode(s, end, &len);
	}
	return n;
}

size_t hy_text_distance(const char *a, const char *b)
{
	uint32_t x[DISTANCE_MAX], y[DISTANCE_MAX];
	size_t row[DISTANCE_MAX], nx = decode_short(a, x), ny = decode_short(b, y);

	if (nx == SIZE_MAX || ny == SIZE_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= ny; j++)
		row[j] = j;
	for (size_t i = 1; i <= nx; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= ny; j++) {
			size_t best = diagonal + (x[i - 1] != y[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[ny];
}
