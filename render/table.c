/* Tables: for terminals by display width (a Han character takes two columns), as CSV and as HTML.
 */
#include "render/render.h"

#include "base/base.h"

#include <string.h>

struct grid {
	const struct hy_column *cols;
	size_t n_cols;
	char **text; /* row by row, made printable and cut */
	size_t *wide;
};

/* s within max columns, with … when cut. child of ctx. */
static char *fit(const void *ctx, const char *s, size_t max)
{
	char *clean = hy_text_printable(ctx, s ? s : ""), *end = clean + strlen(clean), *p = clean;
	size_t width = 0, len;
	char one[5];

	if (max == 0 || hy_text_width(clean) <= max)
		return clean;
	for (; p < end; p += len) {
		hy_utf8_decode(p, end, &len);
		memcpy(one, p, len);
		one[len] = '\0';
		if (width + hy_text_width(one) + 1 > max)
			break;
		width += hy_text_width(one);
	}
	return hy_strf(ctx, "%.*s…", (int)(p - clean), clean);
}

static void pad(struct hy_buf *b, size_t n)
{
	while (n-- > 0)
		hy_buf_chr(b, ' ');
}

static void put_row(struct hy_buf *b, const struct grid *g, char *const *row)
{
	size_t owed = 0; /* blanks not yet written: none stay at the line's end */

	for (size_t c = 0; c < g->n_cols; c++) {
		size_t gap = g->wide[c] - hy_text_width(row[c]);

		if (g->cols[c].align == HY_RIGHT)
			owed += gap;
		if (row[c][0] != '\0') {
			pad(b, owed);
			owed = 0;
			hy_buf_str(b, row[c]);
		}
		if (g->cols[c].align == HY_LEFT)
			owed += gap;
		owed += 2;
	}
	hy_buf_chr(b, '\n');
}

static bool has_heads(const struct hy_column *cols, size_t n_cols)
{
	for (size_t c = 0; c < n_cols; c++)
		if (cols[c].head)
			return true;
	return false;
}

void hy_table_text(struct hy_buf *b, const struct hy_column *cols, size_t n_cols,
		   const char *const *cells, size_t n_rows)
{
	void *ctx = talloc_new(NULL);
	size_t heads = has_heads(cols, n_cols) ? 1 : 0, rows = n_rows + heads;
	struct grid g = {cols, n_cols, NULL, NULL};

	g.text = hy_new_array(ctx, char *, rows *n_cols + 1);
	g.wide = hy_new_array(ctx, size_t, n_cols + 1);
	for (size_t i = 0; i < rows * n_cols; i++) {
		size_t c = i % n_cols, width;
		bool head = heads && i < n_cols;

		g.text[i] = fit(ctx, head ? cols[c].head : cells[i - heads * n_cols], cols[c].max);
		width = hy_text_width(g.text[i]);
		if (width > g.wide[c])
			g.wide[c] = width;
	}
	for (size_t r = 0; r < rows; r++)
		put_row(b, &g, g.text + r * n_cols);
	talloc_free(ctx);
}

void hy_table_csv(struct hy_buf *b, const struct hy_column *cols, size_t n_cols,
		  const char *const *cells, size_t n_rows)
{
	for (size_t c = 0; has_heads(cols, n_cols) && c < n_cols; c++) {
		hy_csv_cell(b, cols[c].head);
		hy_buf_str(b, c + 1 < n_cols ? "," : "\r\n");
	}
	for (size_t r = 0; r < n_rows; r++)
		hy_csv_row(b, cells + r * n_cols, n_cols);
}

void hy_table_html(struct hy_buf *b, const struct hy_column *cols, size_t n_cols,
		   const char *const *cells, size_t n_rows)
{
	hy_html_raw(b, "<table>\n");
	if (has_heads(cols, n_cols)) {
		hy_html_raw(b, "<thead><tr>");
		for (size_t c = 0; c < n_cols; c++) {
			hy_html_raw(b, "<th scope=\"col\">");
			hy_html_text(b, cols[c].head);
			hy_html_raw(b, "</th>");
		}
		hy_html_raw(b, "</tr></thead>\n");
	}
	hy_html_raw(b, "<tbody>\n");
	for (size_t r = 0; r < n_rows; r++) {
		hy_html_raw(b, "<tr>");
		for (size_t c = 0; c < n_cols; c++) {
			hy_buf_str(b, cols[c].align == HY_RIGHT ? "<td class=\"n\">" : "<td>");
			hy_html_text(b, cells[r * n_cols + c]);
			hy_html_raw(b, "</td>");
		}
		hy_html_raw(b, "</tr>\n");
	}
	hy_html_raw(b, "</tbody></table>\n");
}
