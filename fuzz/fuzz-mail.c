/*
 * Mails as the collector reads them: any bytes as a batch, and as one mail of a batch of two. A
 * batch that is read has entries with identities and texts of UTF-8, and takes the way over the
 * pipe; the mails of a batch are found again one by one.
 */
#include "collectors/collectors.h"
#include "platforms/platforms.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void utf8(const char *s)
{
	if (s != NULL && !hy_utf8_valid(s, strlen(s)))
		abort();
}

static size_t mails_in(const char *at, const char *end)
{
	const char *bytes;
	size_t n = 0, len;
	uint32_t uid;

	while (hy_mail_batch_next(&at, end, &uid, &bytes, &len)) {
		if (bytes + len > end)
			abort();
		n++;
	}
	return n;
}

static void read_batch(const void *ctx, const char *bytes, size_t n)
{
	const struct hy_feed_in in = {
		.bytes = bytes, .n = n, .kind = "mail", .hint = "validity=7\nlast=9\nmore=0"};
	struct hy_feed *f = NULL;
	struct hy_err err = {0};

	if (hy_source_read(ctx, &in, &f, &err) != HY_OK) {
		if (*err.text == '\0')
			abort();
		return;
	}
	if (f->n_entries != mails_in(bytes, bytes + n))
		abort();
	for (size_t i = 0; i < f->n_entries; i++) {
		const struct hy_feed_entry *e = &f->entries[i];

		if (e->id == NULL || *e->id == '\0' || e->content == NULL)
			abort();
		utf8(e->title);
		utf8(e->content);
		utf8(e->author);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	struct hy_buf batch;
	void *ctx = talloc_new(NULL);

	if (!begun)
		hy_mail_init();
	begun = true;
	read_batch(ctx, size > 0 ? (const char *)data : "", size);
	hy_buf_init(&batch, ctx, HY_FEED_INPUT_MAX);
	if (hy_mail_batch_add(&batch, 8, (const char *)data, size, false) &&
	    hy_mail_batch_add(&batch, 9, "Subject: x\r\n\r\ny", 16, true)) {
		if (mails_in(batch.data, batch.data + batch.len) != 2)
			abort();
		read_batch(ctx, batch.data, batch.len);
	}
	talloc_free(ctx);
	return 0;
}
