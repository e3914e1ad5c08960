/*
 * CSV (RFC 4180) for people who open it in a spreadsheet: what would be read as a formula gets a
 * leading apostrophe.
 */
#include "render/render.h"

#include "base/base.h"

#include <string.h>

/* Spreadsheets trim these before they look for a formula. */
static bool is_invisible(uint32_t cp)
{
	return cp == ' ' || cp == 0xA0 || cp == 0x3000 || cp == 0xFEFF || cp == 0xAD ||
	       (cp >= 0x2000 && cp <= 0x200F) || (cp >= 0x2028 && cp <= 0x202F) ||
	       (cp >= 0x205F && cp <= 0x2069);
}

static bool is_formula(const char *s)
{
	const char *end = s + strlen(s);
	size_t len;

	for (; s < end; s += len) {
		uint32_t cp = hy_utf8_decode(s, end, &len);

		if (cp < 0x20 || (cp < 0x80 && strchr("=+-@", (int)cp)))
			return true;
		if (cp == 0xFF1D || cp == 0xFF0B || cp == 0xFF0D || cp == 0xFF20 || cp == 0x2212)
			return true;
		if (!is_invisible(cp))
			return false;
	}
	return false;
}

bool hy_csv_guarded(const char *s)
{
	return *s == '\'' && is_formula(s + 1);
}

void hy_csv_cell(struct hy_buf *b, const char *s)
{
	bool quote;

	if (s == NULL)
		return;
	quote = strpbrk(s, "\",\r\n") != NULL || s[0] == ' ' ||
		(s[0] != '\0' && s[strlen(s) - 1] == ' ');
	if (quote)
		hy_buf_chr(b, '"');
	if (is_formula(s))
		hy_buf_chr(b, '\'');
	for (; *s; s++) {
		if (*s == '"')
			hy_buf_chr(b, '"');
		hy_buf_chr(b, *s);
	}
	if (quote)
		hy_buf_chr(b, '"');
}

void hy_csv_row(struct hy_buf *b, const char *const *cells, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			hy_buf_chr(b, ',');
		hy_csv_cell(b, cells[i]);
	}
	hy_buf_str(b, "\r\n");
}

void hy_csv_bom(struct hy_buf *b)
{
	hy_buf_str(b, "\xEF\xBB\xBF");
}

void hy_csv_int(struct hy_buf *b, int64_t v)
{
	hy_buf_fmt(b, "%" PRId64, v);
}
