/*
 * CSV as office programs really write it. What separates the cells is found by reading the first
 * rows in each way: the one that gives the most rows of one width is meant.
 */
#include "collectors/collect.h"

#include <string.h>

#define LOOK_ROWS 30 /* from which the separator is found */

struct csv {
	const char *at, *end;
	int64_t line; /* of at, from 1 */
	char separator;
	struct hy_buf cell;
	size_t width;	/* cells of the row at work, empty ones, too */
	size_t strays;	/* quotes where none should be: another separator is meant */
};

/* ---- the charset ---- */

static const char *bom_of(const struct hy_table_in *in, size_t *skip)
{
	const unsigned char *b = (const unsigned char *)in->bytes;

	*skip = 0;
	if (in->n >= 3 && b[0] == 0xEF && b[1] == 0xBB && b[2] == 0xBF)
		return *skip = 3, "utf-8";
	if (in->n >= 2 && b[0] == 0xFF && b[1] == 0xFE)
		return *skip = 2, "utf-16le";
	if (in->n >= 2 && b[0] == 0xFE && b[1] == 0xFF)
		return *skip = 2, "utf-16be";
	return NULL;
}

/* UTF-16 without a mark: the separators and line ends have a zero byte beside them. */
static const char *utf16_of(const struct hy_table_in *in)
{
	size_t zeros[2] = {0, 0}, look = in->n < 4096 ? in->n : 4096;

	for (size_t i = 0; i < look; i++)
		zeros[i & 1] += in->bytes[i] == '\0';
	if (zeros[0] + zeros[1] < look / 64 + 1)
		return NULL;
	return zeros[1] > zeros[0] ? "utf-16le" : "utf-16be";
}

static enum hy_status decode(const void *ctx, const struct hy_table_in *in, const char **encoding,
			     char **text, size_t *n, struct hy_err *err)
{
	size_t skip, bad = 0;
	const char *label = bom_of(in, &skip);
	enum hy_status status;

	if (!label && in->charset && *in->charset)
		label = hy_charset_canonical(in->charset);
	if (!label && in->charset && *in->charset)
		return hy_err_set(err, HY_EINPUT, _("charset: %s is not known"), in->charset);
	if (!label)
		label = utf16_of(in);
	if (!label)
		label = hy_utf8_valid(in->bytes, in->n) ? "utf-8" : "gb18030";
	status = hy_charset_to_utf8(ctx, label, in->bytes + skip, in->n - skip, text, n, &bad, err);
	if (!status && bad)
		return hy_err_set(err, HY_EINPUT,
				  _("%zu characters are not %s: say what the file is written in "
				    "(--charset), or save it as UTF-8"),
				  bad, label);
	if (!status && memchr(*text, '\0', *n))
		return hy_err_set(err, HY_EINPUT, "%s", _("neither a CSV nor an .xlsx"));
	*encoding = label;
	return status;
}

/* ---- cells ---- */

static bool at_line_end(const struct csv *c)
{
	return c->at < c->end && (*c->at == '\n' || *c->at == '\r');
}

static void skip_line_end(struct csv *c)
{
	if (c->at < c->end && *c->at == '\r')
		c->at++;
	if (c->at < c->end && *c->at == '\n')
		c->at++;
	c->line++;
}

/* Behind the opening quote, up to behind the closing one. False when there is none. */
static bool quoted(struct csv *c)
{
	while (c->at < c->end) {
		if (*c->at == '"' && (c->at + 1 == c->end || c->at[1] != '"')) {
			c->at++;
			return true;
		}
		if (*c->at == '"')
			c->at++;
		c->line += *c->at == '\n' || (*c->at == '\r' && c->at + 1 < c->end && c->at[1] != '\n');
		hy_buf_chr(&c->cell, *c->at++);
	}
	return false;
}

/* One cell; c->at stands on what ended it. */
static enum hy_status cell(struct csv *c, struct hy_err *err)
{
	int64_t began = c->line;
	const char *p = c->at;

	hy_buf_reset(&c->cell);
	while (p < c->end && (*p == ' ' || (*p == '\t' && c->separator != '\t')))
		p++;
	if (p + 1 < c->end && *p == '=' && p[1] == '"')
		p++; /* Excel's way to say: these digits are text */
	if (p < c->end && *p == '"') {
		c->at = p + 1;
		if (!quoted(c))
			return hy_err_set(err, HY_EINPUT,
					  _("line %" PRId64 ": a quote is opened and not closed"),
					  began);
	}
	while (c->at < c->end && *c->at != c->separator && !at_line_end(c)) {
		c->strays += *c->at == '"';
		hy_buf_chr(&c->cell, *c->at++);
	}
	if (c->cell.over)
		return hy_err_set(err, HY_EINPUT,
				  _("line %" PRId64 ": more than %u bytes in one cell"), began,
				  HY_TABLE_CELL_MAX);
	return HY_OK;
}

/* Excel's ="00123" where the writer put quotes around it, too: the digits are meant. */
static void unwrap(const char **s, size_t *n)
{
	if (*n >= 3 && !memcmp(*s, "=\"", 2) && (*s)[*n - 1] == '"') {
		*s += 2;
		*n -= 3;
	}
}

static enum hy_status row(struct csv *c, struct hy_table_maker *m)
{
	int64_t line = c->line;
	enum hy_status status = HY_OK;

	c->width = 1;
	for (size_t column = 0; !status; column++) {
		const char *s;
		size_t n;

		status = cell(c, m->err);
		s = c->cell.data;
		n = c->cell.len;
		unwrap(&s, &n);
		if (!status)
			status = hy_table_cell(m, column, s, n, line);
		if (c->at >= c->end || *c->at != c->separator)
			break;
		c->at++;
		c->width = column + 2;
	}
	if (!status && c->at < c->end)
		skip_line_end(c);
	return status ? status : hy_table_row_end(m, line);
}

static enum hy_status rows(struct csv c, struct hy_table_maker *m)
{
	enum hy_status status = HY_OK;

	hy_buf_init(&c.cell, m, HY_TABLE_CELL_MAX + 64);
	while (!status && c.at < c.end)
		status = row(&c, m);
	return status;
}

/* ---- the separator ---- */

/* How many in a thousand of the first rows are of one width, and then that width; 0 for one column.
 * A quote in a wrong place halves it. */
static size_t score(const struct csv *c, char separator)
{
	struct hy_table_maker *m = hy_table_maker_new(NULL, "csv", NULL);
	struct csv look = *c;
	size_t widths[LOOK_ROWS], n = 0, best = 0;
	bool good = true;

	look.separator = separator;
	hy_buf_init(&look.cell, m, HY_TABLE_CELL_MAX + 64);
	while (good && look.at < look.end && n < LOOK_ROWS) {
		size_t before = m->n_rows;

		good = !row(&look, m);
		if (m->n_rows > before)
			widths[n++] = look.width;
	}
	for (size_t i = 0; i < n; i++) {
		size_t same = 0, value;

		for (size_t k = 0; k < n; k++)
			same += widths[k] == widths[i];
		value = same * 1000 / n * 1000 + (widths[i] < 999 ? widths[i] : 999);
		if (widths[i] > 1 && value > best)
			best = value;
	}
	talloc_free(m);
	return look.strays || !good ? best / 2 : best;
}

static char separator_of(struct csv *c)
{
	static const char all[] = ",\t;|";
	char best = ',';
	size_t most = 0;

	if (c->end - c->at >= 6 && !strncasecmp(c->at, "sep=", 4) && /* Excel's own line */
	    (c->at[5] == '\n' || c->at[5] == '\r') && (c->at[4] == '\t' || c->at[4] > ' ') &&
	    (unsigned char)c->at[4] < 127 && c->at[4] != '"') {
		best = c->at[4];
		c->at += 5;
		skip_line_end(c);
		return best;
	}
	for (const char *s = all; *s; s++) {
		size_t n = score(c, *s);

		if (n > most) {
			most = n;
			best = *s;
		}
	}
	return best;
}

enum hy_status hy_csv_read(const void *ctx, const struct hy_table_in *in, struct hy_table **out,
			   struct hy_err *err)
{
	struct hy_table_maker *m = hy_table_maker_new(NULL, "csv", err);
	struct csv c = {.line = 1};
	char *text = NULL;
	size_t n = 0;
	enum hy_status status = decode(m, in, &m->t->encoding, &text, &n, err);

	if (!status) {
		c.at = text;
		c.end = text + n;
		c.separator = separator_of(&c);
		m->t->separator = c.separator;
		status = rows(c, m);
	}
	if (!status && !m->n_rows)
		status = hy_err_set(err, HY_EINPUT, "%s", _("there is no row in the file"));
	if (!status)
		*out = talloc_steal(ctx, hy_table_made(m));
	talloc_free(m);
	return status;
}
