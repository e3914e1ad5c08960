/* Character sets as Chinese sites label them (apis/feeds section 7). Fixtures are bytes by hand. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void check(const char *label, const char *bytes, size_t n, const char *want, size_t want_bad)
{
	size_t got_n, bad = 99;
	char *out = NULL;

	assert_int_equal(hy_charset_to_utf8(NULL, label, bytes, n, &out, &got_n, &bad, NULL),
			 HY_OK);
	assert_string_equal(out, want);
	assert_int_equal(got_n, strlen(out));
	assert_int_equal(bad, want_bad);
	assert_true(hy_utf8_valid(out, got_n));
	talloc_free(out);
}

#define CHECK(label, bytes, want, bad) check(label, bytes, sizeof(bytes) - 1, want, bad)

static void test_chinese(void **state)
{
	(void)state;
	CHECK("gb2312", "\xD6\xD0\xCE\xC4", "中文", 0);
	CHECK("GB2312", "\xD6\xEC\xE9\x46", "朱镕", 0); /* 镕 is in GBK alone */
	CHECK("x-gbk", "\xE9\x46", "镕", 0);
	CHECK(" \"GBK\" ", "\xE9\x46", "镕", 0);
	CHECK("cp936", "a\x80", "a\uFFFD", 1);
	CHECK("gb18030", "\x95\x32\x82\x36", "\xF0\xA0\x80\x80", 0); /* U+20000: four bytes */
	CHECK("gb_2312-80", "\xD6\xD0", "中", 0);
	CHECK("hz-gb-2312", "a~{VPND~}b~~", "a中文b~", 0);
	CHECK("big5", "\xA4\xA4\xA4\xE5", "中文", 0);
	CHECK("big5", "\x9D\xEF", "嘅", 0); /* one of Hong Kong's */
	CHECK("cn-big5", "\xA4\xA4", "中", 0);
}

static void test_others(void **state)
{
	(void)state;
	CHECK("windows-1252", "caf\xE9 \x93q\x94", "café “q”", 0);
	CHECK("iso-8859-1", "\x80", "€", 0); /* as browsers read it */
	CHECK("us-ascii", "plain", "plain", 0);
	CHECK("utf-16", "\xFF\xFE\x2D\x4E\x41\x00", "中A", 0);
	CHECK("utf-16", "\xFE\xFF\x4E\x2D\x00\x41", "中A", 0);
	CHECK("utf-16le", "\x2D\x4E\x42\xD8\xB7\xDF", "中𠮷", 0);
	CHECK("utf-16le", "\x42\xD8\x41\x00",
	      "\uFFFD"
	      "A",
	      1);
	CHECK("shift_jis", "\x93\xFA\x96\x7B", "日本", 0);
	CHECK("euc-kr", "\xC7\xD1", "한", 0);
	CHECK("UTF-8", "\xEF\xBB\xBF中", "中", 0);
	CHECK("gb2312", "\xEF\xBB\xBF中", "中", 0); /* the mark beats the label */
}

static void test_invalid_bytes(void **state)
{
	(void)state;
	CHECK("utf-8",
	      "a\xFF"
	      "b\xE4\xB8",
	      "a\uFFFDb\uFFFD", 2);
	CHECK("utf8", "a\0b", "a\uFFFDb", 1);
	CHECK("gbk", "\xD6\xD0\xFF", "中\uFFFD", 1);
	CHECK("gbk", "a\0b", "a\uFFFDb", 1);
	CHECK("gb18030", "\xD6", "\uFFFD", 1);
}

static void test_labels(void **state)
{
	struct hy_err err = {0};
	char *out;
	size_t n;

	(void)state;
	assert_string_equal(hy_charset_canonical("GB2312"), "gb18030");
	assert_string_equal(hy_charset_canonical("Big5"), "big5-hkscs");
	assert_null(hy_charset_canonical("utf-7"));
	assert_null(hy_charset_canonical(""));
	assert_null(hy_charset_canonical("a label that is far too long to be any charset at all"));
	assert_int_equal(hy_charset_to_utf8(NULL, "klingon", "x", 1, &out, &n, NULL, &err),
			 HY_EINPUT);
	assert_non_null(strstr(err.text, "klingon"));
}

/* More than one round of the converter's buffer, with a pair across its border. */
static void test_long(void **state)
{
	size_t n = 40000, got, bad;
	char *in = hy_new_array(NULL, char, 2 * n), *out;

	(void)state;
	for (size_t i = 0; i < n; i += 2)
		memcpy(in + 2 * i, "\x42\xD8\xB7\xDF", 4);
	memcpy(in, "A\0", 2);
	memcpy(in + 2, "B\0", 2);
	assert_int_equal(hy_charset_to_utf8(in, "utf-16le", in, 2 * n, &out, &got, &bad, NULL),
			 HY_OK);
	assert_int_equal(bad, 0);
	assert_int_equal(got, 2 + (n - 2) / 2 * 4);
	talloc_free(in);
}

/* The other way: every kind of character comes back as it was, and iconv reads the same bytes. */
static void test_from_utf8(void **state)
{
	static const char text[] = "水黄了 a&<龘€\xF0\x9F\x92\xA7";
	void *ctx = talloc_new(NULL);
	char *bytes = NULL, *back = NULL;
	size_t n = 0, k = 0, bad = 0;

	(void)state;
	assert_int_equal(hy_charset_from_utf8(ctx, "gbk", text, strlen(text), &bytes, &n, NULL), HY_OK);
	assert_memory_equal(bytes, "\xCB\xAE\xBB\xC6\xC1\xCB a&<\xFD\x93", 12);
	assert_int_equal(hy_charset_to_utf8(ctx, "gb2312", bytes, n, &back, &k, &bad, NULL), HY_OK);
	assert_string_equal(back, text);
	assert_int_equal(bad, 0);
	assert_int_equal(hy_charset_from_utf8(ctx, "gbk", "", 0, &bytes, &n, NULL), HY_OK);
	assert_int_equal(n, 0);
	assert_int_equal(hy_charset_from_utf8(ctx, "klingon", "x", 1, &bytes, &n, NULL), HY_EINPUT);
	talloc_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_utf8),
		cmocka_unit_test(test_chinese),	      cmocka_unit_test(test_others),
		cmocka_unit_test(test_invalid_bytes), cmocka_unit_test(test_labels),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
