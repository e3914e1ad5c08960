/* The JSON reader and writer: what is read and written must read as the same; flags by first byte.
 */
#include "base/base.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *written(const void *ctx, const struct hy_json *node, size_t *n)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);
	const char *text;

	hy_jw_node(w, node);
	text = hy_jw_text(w, n);
	return hy_memdup(ctx, text, *n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hy_json *node = NULL, *again = NULL;
	struct hy_err err = {0};
	size_t n = 0, n_again = 0;
	char *text, *twice;
	unsigned flags;
	void *ctx;

	if (size == 0)
		return 0;
	flags = data[0] & (HY_JSON_UNIQUE | HY_JSON_BOM);
	ctx = talloc_new(NULL);
	if (hy_json_parse(ctx, (const char *)data + 1, size - 1, flags, &node, &err) == HY_OK) {
		text = written(ctx, node, &n);
		if (hy_json_parse(ctx, text, n, flags, &again, &err) != HY_OK)
			HY_BUG("does not read back: %s", err.text);
		twice = written(ctx, again, &n_again);
		if (n != n_again || memcmp(text, twice, n) != 0)
			HY_BUG("reads back as another");
	} else if (node || err.status != HY_EINPUT || err.text[0] == '\0') {
		HY_BUG("a refusal without words");
	}
	talloc_free(ctx);
	return 0;
}
