/*
 * What platforms answer, any bytes: the first byte chooses the reader. Whatever is read has no
 * empty ids and no text that is not UTF-8; PDUs that were made of a text give the text back.
 */
#include "platforms/platforms.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void utf8(const char *s)
{
	if (s != NULL && !hy_utf8_valid(s, strlen(s)))
		abort();
}

static void check_page(const struct hy_platform_page *page)
{
	for (size_t i = 0; i < page->n; i++) {
		const struct hy_platform_entry *e = &page->entries[i];

		if (e->id == NULL || *e->id == '\0' || e->text == NULL)
			abort();
		utf8(e->id);
		utf8(e->text);
		utf8(e->title);
		utf8(e->url);
	}
}

static void check_forum(const struct hy_forum_page *p)
{
	check_page(&p->page);
	for (size_t i = 0; i < p->n_threads; i++)
		if (strspn(p->threads[i].id, "0123456789") != strlen(p->threads[i].id))
			abort();
}

static void limits(void *ctx, const char *bytes, size_t n)
{
	struct hy_mastodon_limits l;

	if (hy_mastodon_limits_read(ctx, bytes, n, &l, NULL) == HY_OK &&
	    (l.characters < 1 || l.characters > HY_MASTODON_CHARACTERS_MAX || l.per_url < 1 ||
	     l.per_url > l.characters))
		abort();
}

static void mail(void *ctx, const char *bytes, size_t n)
{
	struct hy_mail m;

	if (hy_mail_read(ctx, bytes, n, &m, NULL) != HY_OK)
		return;
	utf8(m.subject);
	utf8(m.text);
	utf8(m.html);
	if (m.subject != NULL && strpbrk(m.subject, "\r\n") != NULL)
		abort();
	if (m.sender != NULL && strpbrk(m.sender, " \r\n<>") != NULL)
		abort();
}

static void smpp(void *ctx, const char *bytes, size_t n)
{
	struct hy_smpp_pdu pdu;
	struct hy_smpp_part *parts;
	size_t len = 0, n_parts;

	if (hy_smpp_frame(bytes, n, &len) == HY_SMPP_WHOLE &&
	    hy_smpp_read(ctx, bytes, len, &pdu, NULL) == HY_OK) {
		utf8(pdu.text);
		utf8(pdu.source);
		utf8(pdu.message_id);
	}
	if (hy_utf8_valid(bytes, n) &&
	    hy_smpp_split(ctx, hy_strndup(ctx, bytes, n), 1, &parts, &n_parts, NULL) == HY_OK)
		for (size_t i = 0; i < n_parts; i++)
			if (parts[i].n > 160)
				abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	struct hy_platform_page page;
	struct hy_forum_page forum;
	const char *bytes = (const char *)data + 1;
	size_t n = size - 1;
	void *ctx;

	if (size < 1)
		return 0;
	if (!begun)
		hy_mail_init();
	begun = true;
	ctx = talloc_new(NULL);
	switch (data[0] % 6) {
	case 0:
		if (hy_mastodon_page_read(ctx, bytes, n, &page, NULL) == HY_OK)
			check_page(&page);
		limits(ctx, bytes, n);
		break;
	case 1:
		if (hy_discuz_page_read(ctx, bytes, n, "https://b.example/", 1, &forum, NULL) ==
		    HY_OK)
			check_forum(&forum);
		break;
	case 2:
		if (hy_nodebb_page_read(ctx, bytes, n, "https://n.example", &forum, NULL) == HY_OK)
			check_forum(&forum);
		break;
	case 3:
		if (hy_discourse_page_read(ctx, bytes, n, "https://d.example", NULL, &forum,
					   NULL) == HY_OK)
			check_forum(&forum);
		break;
	case 4:
		smpp(ctx, bytes, n);
		break;
	default:
		mail(ctx, bytes, n);
		break;
	}
	talloc_free(ctx);
	return 0;
}
