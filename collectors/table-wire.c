/* A table over the pipe of the parse child: counts of 32 bits, and strings as length and bytes. */
#include "collectors/collect.h"

#include <string.h>

struct wire {
	const void *ctx;
	const char *at, *end;
	bool bad;
};

static void put_int(struct hy_buf *b, size_t v)
{
	uint32_t n = (uint32_t)v;

	hy_buf_add(b, &n, sizeof(n));
}

static void put_str(struct hy_buf *b, const char *s)
{
	size_t n = strlen(s);

	put_int(b, n);
	hy_buf_add(b, s, n);
}

bool hy_table_pack(struct hy_buf *b, const struct hy_table *t)
{
	put_str(b, t->format);
	put_str(b, t->encoding);
	put_int(b, (unsigned char)t->separator);
	put_int(b, (size_t)t->sheet);
	put_int(b, t->n_sheets);
	for (size_t i = 0; i < t->n_sheets; i++) {
		put_str(b, t->sheets[i].name);
		put_int(b, t->sheets[i].hidden);
	}
	put_int(b, t->n_columns);
	put_int(b, t->n_rows);
	for (size_t i = 0; i < t->n_rows; i++) {
		put_int(b, (size_t)t->rows[i].line);
		put_int(b, t->rows[i].n);
		for (size_t k = 0; k < t->rows[i].n; k++)
			put_str(b, t->rows[i].cells[k]);
	}
	return !b->over;
}

static size_t get_int(struct wire *w, size_t most)
{
	uint32_t n = 0;

	if ((size_t)(w->end - w->at) < sizeof(n)) {
		w->bad = true;
		return 0;
	}
	memcpy(&n, w->at, sizeof(n));
	w->at += sizeof(n);
	if (n > most) {
		w->bad = true;
		return 0;
	}
	return n;
}

static const char *get_str(struct wire *w)
{
	size_t n = get_int(w, HY_TABLE_CELL_MAX + 64);
	const char *s = w->at;

	if (w->bad || n > (size_t)(w->end - w->at) || !hy_utf8_valid(s, n) || memchr(s, '\0', n)) {
		w->bad = true;
		return "";
	}
	w->at += n;
	return n ? hy_strndup(w->ctx, s, n) : "";
}

static void get_rows(struct wire *w, struct hy_table *t)
{
	struct hy_table_row *rows = hy_new_array(t, struct hy_table_row, t->n_rows + 1);

	for (size_t i = 0; i < t->n_rows && !w->bad; i++) {
		const char **cells;

		rows[i].line = (int64_t)get_int(w, UINT32_MAX);
		rows[i].n = get_int(w, t->n_columns);
		rows[i].cells = cells = hy_new_array(t, const char *, rows[i].n + 1);
		for (size_t k = 0; k < rows[i].n; k++)
			cells[k] = get_str(w);
	}
	t->rows = rows;
}

enum hy_status hy_table_unpack(const void *ctx, const char *bytes, size_t n, struct hy_table **out,
			       struct hy_err *err)
{
	struct hy_table *t = hy_new(ctx, struct hy_table);
	struct wire w = {.ctx = t, .at = bytes, .end = bytes + n};
	struct hy_table_sheet *sheets;

	t->format = get_str(&w);
	t->encoding = get_str(&w);
	t->separator = (char)get_int(&w, 127);
	t->sheet = (int)get_int(&w, HY_TABLE_SHEETS_MAX);
	t->n_sheets = get_int(&w, HY_TABLE_SHEETS_MAX);
	sheets = hy_new_array(t, struct hy_table_sheet, t->n_sheets + 1);
	for (size_t i = 0; i < t->n_sheets; i++) {
		sheets[i].name = get_str(&w);
		sheets[i].hidden = get_int(&w, 1) != 0;
	}
	t->sheets = sheets;
	t->n_columns = get_int(&w, HY_TABLE_COLUMNS_MAX);
	t->n_rows = get_int(&w, HY_TABLE_ROWS_MAX);
	get_rows(&w, t);
	if (w.bad || w.at != w.end) {
		talloc_free(t);
		return hy_err_set(err, HY_ETEMP, "%s", _("the parse child broke the protocol"));
	}
	*out = t;
	return HY_OK;
}
