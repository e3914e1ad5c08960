/*
 * Tables: what the readers of CSV and XLSX share. Every limit stands here; a row is what holds
 * something, and keeps the line where a person finds it again.
 */
#include "collectors/collect.h"
#include "render/render.h"

#include <string.h>

struct hy_table_maker *hy_table_maker_new(const void *ctx, const char *format, struct hy_err *err)
{
	struct hy_table_maker *m = hy_new(ctx, struct hy_table_maker);

	m->t = hy_new(m, struct hy_table);
	m->t->format = format;
	m->t->encoding = "";
	m->err = err;
	return m;
}

/* Blanks of any script, and the byte-order mark that some programs put before each cell. */
static bool blank(const char *s, const char *end, size_t *len)
{
	uint32_t cp = hy_utf8_decode(s, end, len);

	return cp <= ' ' || cp == 0xFEFF || cp == 0x200B || hy_is_blank(cp);
}

static void trim(const char **s, size_t *n)
{
	const char *p = *s, *end = p + *n, *last = p;
	size_t len;

	while (p < end && blank(p, end, &len))
		p += len;
	*s = last = p;
	for (; p < end; p += len)
		if (!blank(p, end, &len))
			last = p + len;
	*n = (size_t)(last - *s);
}

/* The ' before a formula that was made harmless, and before digits that are to stay text. */
static bool marked(const void *ctx, const char *s, size_t n)
{
	char *cell = hy_strndup(ctx, s, n);
	size_t digits = n > 1 ? strspn(cell + 1, "0123456789 -()./:") : 0;
	bool yes = *cell == '\'' &&
		   (hy_csv_guarded(cell) || (digits && digits == n - 1 && cell[1] != ' '));

	talloc_free(cell);
	return yes;
}

/* Line ends as one kind; other controls are gone. */
static char *cleaned(const void *ctx, const char *s, size_t n)
{
	char *out = hy_strndup(ctx, s, n), *to = out;

	for (const char *p = out; *p; p++) {
		if (*p == '\r')
			*to++ = '\n', p += p[1] == '\n';
		else if ((unsigned char)*p >= ' ' || *p == '\t' || *p == '\n')
			*to++ = *p;
	}
	*to = '\0';
	return out;
}

static enum hy_status too_wide(struct hy_table_maker *m, int64_t line)
{
	return hy_err_set(m->err, HY_EINPUT, _("line %" PRId64 ": at most %d columns are read"), line,
			  HY_TABLE_COLUMNS_MAX);
}

enum hy_status hy_table_unsolved(struct hy_table_maker *m, size_t column, int64_t line)
{
	if (column >= HY_TABLE_COLUMNS_MAX)
		return too_wide(m, line);
	m->cells[column] = HY_TABLE_UNSOLVED;
	if (column >= m->n)
		m->n = column + 1;
	return HY_OK;
}

enum hy_status hy_table_cell(struct hy_table_maker *m, size_t column, const char *s, size_t n,
			     int64_t line)
{
	trim(&s, &n);
	if (n == 0)
		return HY_OK;
	if (column >= HY_TABLE_COLUMNS_MAX)
		return too_wide(m, line);
	if (n > HY_TABLE_CELL_MAX)
		return hy_err_set(m->err, HY_EINPUT,
				  _("line %" PRId64 ", column %zu: %zu bytes in one cell; at most %u"),
				  line, column + 1, n, HY_TABLE_CELL_MAX);
	if (*s == '\'' && marked(m, s, n)) {
		s++;
		n--;
		trim(&s, &n);
	}
	m->bytes += n;
	if (m->bytes > HY_TABLE_TEXT_MAX)
		return hy_err_set(m->err, HY_EINPUT,
				  _("line %" PRId64 ": more than %u MiB of text in one file; split it"),
				  line, HY_TABLE_TEXT_MAX >> 20);
	m->cells[column] = cleaned(m->t, s, n);
	if (column >= m->n)
		m->n = column + 1;
	return HY_OK;
}

enum hy_status hy_table_row_end(struct hy_table_maker *m, int64_t line)
{
	const char **cells;

	if (m->n == 0)
		return HY_OK;
	if (m->n_rows == HY_TABLE_ROWS_MAX)
		return hy_err_set(m->err, HY_EINPUT,
				  _("line %" PRId64 ": at most %d rows in one file; split it"), line,
				  HY_TABLE_ROWS_MAX);
	cells = hy_new_array(m->t, const char *, m->n);
	for (size_t i = 0; i < m->n; i++) {
		cells[i] = m->cells[i] ? m->cells[i] : "";
		m->cells[i] = NULL;
	}
	if (m->n_rows == m->room) {
		m->room = m->room ? 2 * m->room : 64;
		m->rows = hy_grow(m->t, m->rows, struct hy_table_row, m->room);
	}
	m->rows[m->n_rows++] = (struct hy_table_row){.line = line, .n = m->n, .cells = cells};
	if (m->n > m->t->n_columns)
		m->t->n_columns = m->n;
	m->n = 0;
	return HY_OK;
}

struct hy_table *hy_table_made(struct hy_table_maker *m)
{
	m->t->rows = m->rows;
	m->t->n_rows = m->n_rows;
	return m->t;
}

enum hy_status hy_table_read(const void *ctx, const struct hy_table_in *in, struct hy_table **out,
			     struct hy_err *err)
{
	static const char ole[] = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", pdf[] = "%PDF-";

	if (in->n > HY_TABLE_INPUT_MAX)
		return hy_err_set(err, HY_EINPUT, _("the file has %zu bytes: at most %u are read"),
				  in->n, HY_TABLE_INPUT_MAX);
	if (in->n >= 8 && !memcmp(in->bytes, ole, 8))
		return hy_err_set(err, HY_EINPUT, "%s",
				  _("an old .xls, or a file with a password: save it as .xlsx without "
				    "a password, or as CSV"));
	if (in->n >= 5 && !memcmp(in->bytes, pdf, 5))
		return hy_err_set(err, HY_EINPUT, "%s",
				  _("a PDF is no table: export the rows as .xlsx or CSV"));
	if (in->n >= 4 && !memcmp(in->bytes, "PK\3\4", 4))
		return hy_xlsx_read(ctx, in, out, err);
	return hy_csv_read(ctx, in, out, err);
}
