/* OPML of any bytes; what was read and written again reads the same. */
#include "collectors/collectors.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = talloc_new(NULL);
	struct hy_opml_entry *e, *back;
	size_t n, m, skipped;
	char *out;

	hy_xml_init();
	if (hy_opml_parse(ctx, (const char *)data, size, &e, &n, &skipped, NULL) == HY_OK) {
		out = hy_opml_write(ctx, "x", 1, e, n);
		if (hy_opml_parse(ctx, out, strlen(out), &back, &m, &skipped, NULL) != HY_OK ||
		    m != n)
			abort();
	}
	talloc_free(ctx);
	return 0;
}
