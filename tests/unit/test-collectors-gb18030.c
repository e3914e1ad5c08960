/*
 * GB18030 beside a stranger: every two-byte sequence, every four-byte one of the basic plane and
 * every 29th beyond it are read by us and by the C library's iconv, alone and in the page of a
 * forum as a parser of feeds meets it.
 */
#include "base/base.h"
#include "collectors/collectors.h"

#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define BMP 39420u     /* four-byte sequences of the basic plane */
#define BEYOND 189000u /* number of the first one beyond it */
#define PLANES 0x100000u

static char *by_iconv(const char *bytes, size_t n, char out[16])
{
	iconv_t cd = iconv_open("UTF-8", "GB18030");
	char *in = (char *)(uintptr_t)bytes, *to = out;
	size_t room = 15;

	assert_true(cd != (iconv_t)-1);
	if (iconv(cd, &in, &n, &to, &room) == (size_t)-1 || n != 0)
		to = out;
	iconv_close(cd);
	*to = '\0';
	return out;
}

static size_t four(uint32_t number, char out[4])
{
	out[0] = (char)(0x81 + number / 12600);
	out[1] = (char)(0x30 + number / 1260 % 10);
	out[2] = (char)(0x81 + number / 10 % 126);
	out[3] = (char)(0x30 + number % 10);
	return 4;
}

/* What we read of one sequence; "" when it is none. */
static const char *by_us(const void *ctx, const char *bytes, size_t n)
{
	char *out = NULL;
	size_t n_out = 0, bad = 0;

	assert_int_equal(hy_charset_to_utf8(ctx, "gb18030", bytes, n, &out, &n_out, &bad, NULL),
			 HY_OK);
	return bad ? "" : out;
}

static void same(const void *ctx, const char *bytes, size_t n)
{
	char theirs[16];

	by_iconv(bytes, n, theirs);
	if (strcmp(by_us(ctx, bytes, n), theirs) != 0)
		fail_msg("%02x%02x%02x%02x: \"%s\", iconv: \"%s\"", bytes[0] & 0xFF,
			 bytes[1] & 0xFF, n > 2 ? bytes[2] & 0xFF : 0, n > 2 ? bytes[3] & 0xFF : 0,
			 by_us(ctx, bytes, n), theirs);
}

static void test_every_pair(void **state)
{
	void *ctx = talloc_new(NULL);
	size_t pairs = 0;

	(void)state;
	for (int lead = 0x81; lead <= 0xFE; lead++)
		for (int trail = 0x40; trail <= 0xFE; trail++) {
			const char bytes[2] = {(char)lead, (char)trail};

			if (trail == 0x7F)
				continue;
			same(ctx, bytes, 2);
			pairs++;
		}
	assert_int_equal(pairs, 23940);
	talloc_free(ctx);
}

/* iconv knows 18 characters by their pair alone, ICU and we by both forms: what a sender that
 * follows the standard of 2000 writes is the same character. */
static void test_every_four(void **state)
{
	void *ctx = talloc_new(NULL);
	char bytes[4], theirs[16], back[16];
	size_t only_us = 0;

	(void)state;
	for (uint32_t i = 0; i < BMP; i++) {
		four(i, bytes);
		if (*by_iconv(bytes, 4, theirs)) {
			same(ctx, bytes, 4);
			continue;
		}
		const char *ours = by_us(ctx, bytes, 4);
		if (!*ours)
			continue;
		assert_int_equal(strlen(ours), 3);
		memcpy(back, ours, 4);
		assert_true(!memcmp(back, "\xEF\xB8", 2) || !memcmp(back, "\xE9\xBE", 2));
		only_us++;
	}
	assert_int_equal(only_us, 18);
	for (uint32_t i = 0; i < PLANES; i += 29) {
		four(BEYOND + i, bytes);
		same(ctx, bytes, 4);
	}
	talloc_free(ctx);
}

/* Letters of the page stand between "<" and ">": nothing of a pair's trail byte is taken for one.
 */
static void test_page(void **state)
{
	static const char head[] =
		"<?xml version=\"1.0\" encoding=\"gbk\"?>\n<rss version=\"2.0\"><channel>"
		"<title>\xC2\xDB\xCC\xB3</title>";
	void *ctx = talloc_new(NULL);
	struct hy_buf page;
	struct hy_feed *feed = NULL;
	struct hy_err err = {0};
	char *lines[126];
	size_t n_lines = 0;

	(void)state;
	hy_buf_init(&page, ctx, 1 << 20);
	hy_buf_str(&page, head);
	for (int lead = 0x81; lead <= 0xFE; lead++) {
		struct hy_buf want;

		hy_buf_init(&want, ctx, 4096);
		hy_buf_str(&page, "<item><title>");
		for (int trail = 0x40; trail <= 0xFE; trail++) {
			const char bytes[2] = {(char)lead, (char)trail};
			char theirs[16];

			if (trail == 0x7F)
				continue;
			by_iconv(bytes, 2, theirs);
			if (!*theirs || !strcmp(theirs, "\u3000")) /* a blank is folded */
				continue;
			hy_buf_add(&page, bytes, 2);
			hy_buf_str(&want, theirs);
		}
		hy_buf_str(&page, "</title><link>http://f.example/");
		hy_buf_str(&page, hy_strf(ctx, "%d</link></item>\n", lead));
		lines[n_lines++] = hy_strdup(ctx, want.data);
	}
	hy_buf_str(&page, "</channel></rss>");
	const struct hy_feed_in in = {.bytes = page.data,
				      .n = page.len,
				      .content_type = "text/xml",
				      .base_url = "http://f.example/"};
	assert_int_equal(hy_feed_parse(ctx, &in, &feed, &err), HY_OK);
	assert_string_equal(feed->encoding, "gbk");
	assert_int_equal(feed->n_entries, n_lines);
	for (size_t i = 0; i < n_lines; i++)
		assert_string_equal(feed->entries[i].title, lines[i]);
	talloc_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_pair),
		cmocka_unit_test(test_every_four),
		cmocka_unit_test(test_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
