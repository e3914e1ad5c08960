/* Feeds of any bytes: parse, pack, unpack; what comes back is the same feed; masks are idempotent.
 * The first byte chooses a Content-Type. */
#include "collectors/collect.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const types[] = {NULL, "text/xml", "application/xml; charset=gbk",
				    "text/html; charset=big5", "application/feed+json"};

static void same(const char *a, const char *b)
{
	if ((a == NULL) != (b == NULL) || (a && strcmp(a, b) != 0))
		abort();
}

static void check_entry(void *ctx, const struct hy_feed_entry *a, const struct hy_feed_entry *b)
{
	char *once, *twice;

	same(a->title, b->title);
	same(a->content, b->content);
	same(a->author, b->author);
	if (a->published != b->published || a->n_enclosures != b->n_enclosures)
		abort();
	if (!a->title)
		return;
	once = hy_mask_text(ctx, a->title, NULL);
	twice = hy_mask_text(ctx, once, NULL);
	same(once, twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx;
	struct hy_feed *f, *back;
	struct hy_buf pack;
	struct hy_feed_in in = {.base_url = "http://linjiang.example/f/"};

	if (size < 1)
		return 0;
	ctx = talloc_new(NULL);
	hy_xml_init();
	in.content_type = types[data[0] % HY_LEN(types)];
	in.bytes = (const char *)data + 1;
	in.n = size - 1;
	if (hy_feed_parse(ctx, &in, &f, NULL) == HY_OK) {
		hy_buf_init(&pack, ctx, 64u << 20);
		if (!hy_feed_pack(&pack, f) ||
		    hy_feed_unpack(ctx, pack.data, pack.len, &back, NULL) != HY_OK ||
		    back->n_entries != f->n_entries)
			abort();
		same(f->title, back->title);
		for (size_t i = 0; i < f->n_entries; i++)
			check_entry(ctx, &f->entries[i], &back->entries[i]);
	}
	(void)hy_feed_unpack(ctx, (const char *)data, size, &back, NULL);
	talloc_free(ctx);
	return 0;
}
