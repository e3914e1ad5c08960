/* Tables of any bytes, CSV and XLSX: what was read is bounded UTF-8, is the same after the pipe, and can be asked what its columns are. */
#include "collectors/collect.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const struct hy_table *a, const struct hy_table *b)
{
	if (a->n_rows != b->n_rows || a->n_sheets != b->n_sheets)
		abort();
	for (size_t i = 0; i < a->n_rows; i++) {
		if (a->rows[i].n != b->rows[i].n || a->rows[i].n > HY_TABLE_COLUMNS_MAX)
			abort();
		for (size_t k = 0; k < a->rows[i].n; k++)
			if (strcmp(a->rows[i].cells[k], b->rows[i].cells[k]) != 0 ||
			    !hy_utf8_valid(a->rows[i].cells[k], strlen(a->rows[i].cells[k])))
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = talloc_new(NULL);
	const struct hy_table_in in = {.bytes = (const char *)data, .n = size};
	struct hy_table *t = NULL, *back = NULL;
	struct hy_table_map map;
	struct hy_buf b;
	hy_time when;
	bool day;

	hy_xml_init();
	if (hy_table_read(ctx, &in, &t, NULL) == HY_OK) {
		hy_buf_init(&b, ctx, 64u << 20);
		if (!hy_table_pack(&b, t) || hy_table_unpack(ctx, b.data, b.len, &back, NULL))
			abort();
		check_same(t, back);
		hy_table_guess(t, 0, &map);
		(void)hy_table_channel(t, &map);
		for (size_t i = 0; i < t->n_rows; i++) {
			const char *digits;

			(void)hy_table_is_total(&t->rows[i]);
			(void)hy_table_state(t->rows[i].cells[0]);
			(void)hy_table_digits(ctx, t->rows[i].cells[0], &digits);
			(void)hy_table_time(t->rows[i].cells[0], 480, &when, &day);
		}
	}
	(void)hy_table_unpack(ctx, (const char *)data, size, &back, NULL);
	talloc_free(ctx);
	return 0;
}
