/*
 * The cursor of a page: any bytes are refused or read; what is read is written as it stood, and
 * what was written is read as it was.
 */
#include "index/walk.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A cursor of these bytes, within what a page gives out. */
static void make(struct hy_cursor *c, const uint8_t *data, size_t size)
{
	int64_t *const v[] = {&c->at,  &c->top,	    &c->floor, &c->score,
			      &c->seq, &c->counted, &c->mean};

	*c = (struct hy_cursor){.of = hy_xxh64(data, size)};
	for (size_t i = 0; i < HY_LEN(v) && 8 * (i + 1) <= size; i++) {
		memcpy(v[i], data + 8 * i, 8);
		*v[i] &= INT64_MAX;
	}
	c->n_weights = size % (HY_QUERY_MAX_TERMS + 1);
	for (size_t i = 0; i < c->n_weights; i++)
		c->weight[i] = (size > 0 ? data[i % size] : 0) * 392;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = talloc_new(NULL);
	char *text = hy_strndup(ctx, (const char *)data, size);
	struct hy_cursor a = {0}, b = {0};

	if (hy_cursor_parse(&a, text, NULL) == HY_OK && strcmp(hy_cursor_text(ctx, &a), text) != 0)
		abort();
	make(&a, data, size);
	if (hy_cursor_parse(&b, hy_cursor_text(ctx, &a), NULL) != HY_OK ||
	    memcmp(&a, &b, sizeof(a)) != 0)
		abort();
	talloc_free(ctx);
	return 0;
}
