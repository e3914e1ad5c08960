/* UTF-8 checks and repair, width, escaping, distance, hex and base64. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void test_valid(void **state)
{
	static const char *const bad[] = {
		"\x80",
		"\xC0\x80",
		"\xC1\xBF",
		"\xE0\x80\x80",
		"\xE0\x9F\xBF",
		"\xED\xA0\x80",
		"\xED\xBF\xBF",
		"\xF0\x80\x80\x80",
		"\xF4\x90\x80\x80",
		"\xF5\x80\x80\x80",
		"\xE4\xB8",
		"a\xFF",
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(bad); i++)
		assert_false(hy_utf8_valid(bad[i], strlen(bad[i])));
	assert_false(hy_utf8_valid("a\0b", 3));
	assert_true(hy_utf8_valid("", 0));
	assert_true(hy_utf8_valid("aé中𠮷\xF4\x8F\xBF\xBF", 14));
}

static void test_repair(void **state)
{
	size_t bad;
	char *s;

	(void)state;
	/* The example of Unicode's table 3-8: one mark for each maximal subpart. */
	s = hy_utf8_repair(NULL,
			   "a\xF1\x80\x80\xE1\x80\xC2"
			   "b\x80"
			   "c\x80\xBF"
			   "d",
			   13, &bad);
	assert_string_equal(s, "a\uFFFD\uFFFD\uFFFDb\uFFFDc\uFFFD\uFFFDd");
	assert_int_equal(bad, 6);
	talloc_free(s);
	s = hy_utf8_repair(NULL, "x\0y", 3, &bad);
	assert_string_equal(s, "x\uFFFDy");
	talloc_free(s);
	s = hy_utf8_repair(NULL, "中\xE4\xB8", 5, NULL);
	assert_string_equal(s, "中\uFFFD");
	talloc_free(s);
}

static void test_code_points(void **state)
{
	char out[4];
	size_t len;

	(void)state;
	for (uint32_t cp = 1; cp <= 0x10FFFF; cp++) {
		size_t n;

		if (cp == 0xD800)
			cp = 0xE000;
		n = hy_utf8_encode(cp, out);
		assert_int_equal(hy_utf8_decode(out, out + n, &len), cp);
		assert_int_equal(len, n);
		assert_true(hy_utf8_valid(out, n));
	}
	assert_int_equal(hy_utf8_count("a中𠮷", 8), 3);
}

static void test_cut(void **state)
{
	const char *s = "a中𠮷b";
	static const size_t want[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 9};

	(void)state;
	for (size_t n = 0; n <= 9; n++)
		assert_int_equal(hy_utf8_cut(s, n), want[n]);
}

static void test_width(void **state)
{
	(void)state;
	assert_int_equal(hy_text_width("abc"), 3);
	assert_int_equal(hy_text_width("水务局"), 6);
	assert_int_equal(hy_text_width("ＡＢ"), 4);
	assert_int_equal(hy_text_width("e\xCC\x81"), 1);
	assert_int_equal(hy_text_width("\x1B\t\xE2\x80\x8B"), 0);
	assert_int_equal(hy_text_width("，。"), 4);
}

static void test_printable(void **state)
{
	char *s = hy_text_printable(NULL, "a\x1B]52;c\x07\r\n中\xC2\x9B\xE2\x80\xAEz\x7F\xFF");

	(void)state;
	assert_string_equal(s, "a\\x1B]52;c\\x07\\x0D\\x0A中\\u{009B}\\u{202E}z\\x7F\\xFF");
	talloc_free(s);
}

static void test_distance(void **state)
{
	char longer[80];

	(void)state;
	assert_int_equal(hy_text_distance("interval", "intervall"), 1);
	assert_int_equal(hy_text_distance("kitten", "sitting"), 3);
	assert_int_equal(hy_text_distance("水务局", "水利局"), 1);
	assert_int_equal(hy_text_distance("", "abc"), 3);
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(hy_text_distance("a", longer), SIZE_MAX);
}

static void test_encodings(void **state)
{
	/* RFC 4648 section 10 */
	static const char *const pairs[][2] = {{"", ""},
					       {"f", "Zg=="},
					       {"fo", "Zm8="},
					       {"foo", "Zm9v"},
					       {"foob", "Zm9vYg=="},
					       {"fooba", "Zm9vYmE="},
					       {"foobar", "Zm9vYmFy"}};
	static const char *const bad[] = {"Zg=", "Zg", "Z===", "Zh==", "Zm9v\n", "Zm 9v", "Zm9-"};
	void *ctx = talloc_new(NULL), *out = NULL;
	size_t n;

	(void)state;
	for (size_t i = 0; i < HY_LEN(pairs); i++) {
		assert_string_equal(hy_base64(ctx, pairs[i][0], strlen(pairs[i][0]), false),
				    pairs[i][1]);
		assert_int_equal(hy_unbase64(ctx, pairs[i][1], false, &out, &n, NULL), HY_OK);
		assert_int_equal(n, strlen(pairs[i][0]));
		assert_memory_equal(out, pairs[i][0], n);
	}
	for (size_t i = 0; i < HY_LEN(bad); i++)
		assert_int_equal(hy_unbase64(ctx, bad[i], false, &out, &n, NULL), HY_EINPUT);
	assert_string_equal(hy_base64(ctx, "\xFB\xFF\xFE", 3, true), "-__-");
	assert_string_equal(hy_base64(ctx, "\xFB", 1, true), "-w");
	assert_int_equal(hy_unbase64(ctx, "-w", true, &out, &n, NULL), HY_OK);
	assert_int_equal(hy_unbase64(ctx, "-w==", true, &out, &n, NULL), HY_EINPUT);
	assert_string_equal(hy_hex(ctx, "\x00\xAB\xFF", 3), "00abff");
	assert_int_equal(hy_unhex(ctx, "00ABff", &out, &n, NULL), HY_OK);
	assert_memory_equal(out, "\x00\xAB\xFF", 3);
	assert_int_equal(hy_unhex(ctx, "0", &out, &n, NULL), HY_EINPUT);
	assert_int_equal(hy_unhex(ctx, "0g", &out, &n, NULL), HY_EINPUT);
	talloc_free(ctx);
}

/* Every lead byte with every second byte: what the quick way takes is what the rules take. */
static void test_three_bytes(void **state)
{
	(void)state;
	for (unsigned a = 0xE0; a <= 0xEF; a++) {
		for (unsigned b = 0; b <= 0xFF; b++) {
			for (unsigned c = 0x7F; c <= 0xC0; c++) {
				const char s[] = {'x', (char)a, (char)b, (char)c, 'y'};
				unsigned lo = a == 0xE0 ? 0xA0 : 0x80, hi = a == 0xED ? 0x9F : 0xBF;
				bool good = b >= lo && b <= hi && c >= 0x80 && c <= 0xBF;
				size_t bad = 0;

				assert_int_equal(hy_utf8_valid(s, sizeof(s)), good);
				assert_false(hy_utf8_valid(s, 3)); /* cut */
				talloc_free(hy_utf8_repair(NULL, s, sizeof(s), &bad));
				assert_int_equal(bad == 0, good);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_bytes),
		cmocka_unit_test(test_valid),	    cmocka_unit_test(test_repair),
		cmocka_unit_test(test_code_points), cmocka_unit_test(test_cut),
		cmocka_unit_test(test_width),	    cmocka_unit_test(test_printable),
		cmocka_unit_test(test_distance),    cmocka_unit_test(test_encodings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
