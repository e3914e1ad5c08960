/* Prints what the reader makes of a CSV or XLSX as JSON: table-dump FILE [SHEET]. For the round
 * trips of tests/integration/tables.sh. */
#include "collectors/collectors.h"

#include <stdio.h>
#include <stdlib.h>

static void put_row(struct hy_json_writer *w, const struct hy_table_row *row)
{
	hy_jw_array(w);
	hy_jw_int(w, row->line);
	for (size_t k = 0; k < row->n; k++)
		hy_jw_str(w, row->cells[k]);
	hy_jw_end_array(w);
}

static void put_map(struct hy_json_writer *w, const struct hy_table *t)
{
	struct hy_table_map map;

	hy_table_guess(t, 0, &map);
	hy_jw_kint(w, "header", map.header);
	hy_jw_kstr(w, "channel", hy_table_channel(t, &map));
	hy_jw_key(w, "map");
	hy_jw_object(w);
	for (size_t f = 0; f < HY_MEANINGS; f++)
		hy_jw_kint(w, hy_meaning_name((enum hy_meaning)f), map.column[f]);
	hy_jw_end_object(w);
}

int main(int argc, char **argv)
{
	void *ctx = talloc_new(NULL);
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);
	struct hy_table_in in = {.sheet = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0};
	struct hy_table *t = NULL;
	struct hy_err err = {0};
	char *bytes = NULL;

	hy_xml_init();
	if (argc < 2 || hy_file_read(ctx, argv[1], 64u << 20, &bytes, &in.n, &err))
		return 2;
	in.bytes = bytes;
	if (hy_table_read(ctx, &in, &t, &err)) {
		hy_jw_object(w);
		hy_jw_kstr(w, "error", err.text);
		hy_jw_end_object(w);
		puts(hy_jw_text(w, NULL));
		talloc_free(ctx);
		return 1;
	}
	hy_jw_object(w);
	hy_jw_kstr(w, "format", t->format);
	hy_jw_kstr(w, "encoding", t->encoding);
	hy_jw_kstr(w, "separator", t->separator ? (char[]){t->separator, 0} : NULL);
	hy_jw_kint(w, "sheet", t->sheet);
	hy_jw_kint(w, "columns", (int64_t)t->n_columns);
	put_map(w, t);
	hy_jw_key(w, "rows");
	hy_jw_array(w);
	for (size_t i = 0; i < t->n_rows; i++)
		put_row(w, &t->rows[i]);
	hy_jw_end_array(w);
	hy_jw_end_object(w);
	puts(hy_jw_text(w, NULL));
	talloc_free(ctx);
	return 0;
}
