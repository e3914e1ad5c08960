/*
 * The fold against its two sources, ICU's NFKC_Casefold and OpenCC's t2s by character, on every
 * code point and on random strings; and its own promises: idempotent, true offset map.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <opencc/opencc.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#define CPS_MAX 512

static const UNormalizer2 *nfkc_cf;
static opencc_t t2s;

static uint32_t simplified(uint32_t cp)
{
	char in[8], *out;
	size_t n = hy_utf8_encode(cp, in), len;
	uint32_t back;

	if (!u_hasBinaryProperty((UChar32)cp, UCHAR_IDEOGRAPHIC))
		return cp;
	out = opencc_convert_utf8(t2s, in, n);
	assert_non_null(out);
	back = hy_utf8_decode(out, out + strlen(out), &len);
	if (len != strlen(out))
		back = cp;
	opencc_convert_utf8_free(out);
	return back;
}

static bool like_han(uint32_t cp)
{
	return u_hasBinaryProperty((UChar32)cp, UCHAR_IDEOGRAPHIC) || cp == 0x30FB ||
	       (cp >= 0x3001 && cp <= 0x301F && cp != 0x3004 && u_ispunct((UChar32)cp));
}

static bool like_blank(uint32_t cp)
{
	return u_isUWhiteSpace((UChar32)cp) || u_charType((UChar32)cp) == U_CONTROL_CHAR;
}

/* One round of the rules as text.h words them. */
static size_t reference_once(const uint32_t *in, size_t n, uint32_t *out)
{
	UChar a[2 * CPS_MAX], b[8 * CPS_MAX];
	int32_t na = 0, nb, i = 0;
	UErrorCode status = U_ZERO_ERROR;
	size_t o = 0;
	bool pending = false;

	for (size_t k = 0; k < n; k++)
		U16_APPEND_UNSAFE(a, na, in[k]);
	nb = unorm2_normalize(nfkc_cf, a, na, b, HY_LEN(b), &status);
	assert_true(U_SUCCESS(status));
	while (i < nb) {
		UChar32 cp;

		U16_NEXT(b, i, nb, cp);
		if (like_blank((uint32_t)cp)) {
			pending = true;
			continue;
		}
		cp = (UChar32)simplified((uint32_t)cp);
		if (pending && o > 0 && !(like_han(out[o - 1]) && like_han((uint32_t)cp)))
			out[o++] = ' ';
		pending = false;
		out[o++] = (uint32_t)cp;
		assert_true(o < CPS_MAX - 2);
	}
	return o;
}

static char *reference(const void *ctx, const uint32_t *in, size_t n)
{
	uint32_t x[CPS_MAX], y[CPS_MAX];
	size_t nx = n, ny;
	struct hy_buf b;
	char bytes[4];

	memcpy(x, in, n * sizeof(*in));
	for (int round = 0; round < 6; round++) {
		ny = reference_once(x, nx, y);
		if (ny == nx && memcmp(x, y, nx * sizeof(*x)) == 0)
			break;
		memcpy(x, y, ny * sizeof(*y));
		nx = ny;
	}
	hy_buf_init(&b, ctx, 4 * CPS_MAX);
	for (size_t i = 0; i < nx; i++)
		hy_buf_add(&b, bytes, hy_utf8_encode(x[i], bytes));
	return hy_buf_take(&b, NULL);
}

static char *encode(const void *ctx, const uint32_t *cps, size_t n)
{
	struct hy_buf b;
	char bytes[4];

	hy_buf_init(&b, ctx, 4 * n + 1);
	for (size_t i = 0; i < n; i++)
		hy_buf_add(&b, bytes, hy_utf8_encode(cps[i], bytes));
	return hy_buf_take(&b, NULL);
}

static char *folded(const void *ctx, const char *s)
{
	struct hy_folded f;

	assert_int_equal(hy_fold(ctx, s, strlen(s), 0, &f, NULL), HY_OK);
	assert_int_equal(strlen(f.s), f.n);
	return f.s;
}

static void show(const char *what, const uint32_t *cps, size_t n, const char *got, const char *want)
{
	print_error("%s:", what);
	for (size_t i = 0; i < n; i++)
		print_error(" U+%04X", (unsigned)cps[i]);
	print_error(" gives \"%s\", not \"%s\"\n", got, want);
}

/* "x" + character + "y", so that a removed, blank or combining one shows. */
static void test_every_code_point(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (uint32_t cp = 1; cp <= 0x10FFFF; cp++) {
		uint32_t alone[1] = {cp}, between[3] = {'x', cp, 'y'};
		void *ctx;
		char *got, *want;

		if (cp == 0xD800)
			cp = 0xE000;
		if (cp == 0x30000 + 0x2000)
			cp = 0xDFF00; /* nothing is assigned between */
		if (cp == 0xF0100)
			cp = 0x10FF00;
		alone[0] = between[1] = cp;
		ctx = talloc_new(NULL);
		got = folded(ctx, encode(ctx, alone, 1));
		want = reference(ctx, alone, 1);
		if (strcmp(got, want) != 0 && wrong++ < 10)
			show("alone", alone, 1, got, want);
		got = folded(ctx, encode(ctx, between, 3));
		want = reference(ctx, between, 3);
		if (strcmp(got, want) != 0 && wrong++ < 10)
			show("between", between, 3, got, want);
		talloc_free(ctx);
	}
	assert_int_equal(wrong, 0);
}

static uint32_t pick(struct hy_rand *r)
{
	static const struct {
		uint32_t lo, hi;
	} pools[] = {{0x20, 0x7E},     {0x20, 0x7E},	   {0x4E00, 0x9FFF},   {0x4E00, 0x9FFF},
		     {0x01, 0x20},     {0x2000, 0x206F},   {0x300, 0x36F},     {0xC0, 0x24F},
		     {0x3000, 0x30FF}, {0xFF00, 0xFFEF},   {0x1100, 0x11FF},   {0xAC00, 0xD7A3},
		     {0x900, 0xDFF},   {0x1E00, 0x1FFF},   {0x20000, 0x2A6DF}, {0x5B0, 0x650},
		     {0xF900, 0xFDFF}, {0x11000, 0x11FFF}, {0x1D100, 0x1D7FF}, {0x1F300, 0x1FAFF}};
	size_t k = hy_rand_below(r, HY_LEN(pools));

	return pools[k].lo + (uint32_t)hy_rand_below(r, pools[k].hi - pools[k].lo + 1);
}

static void test_random_strings(void **state)
{
	struct hy_rand r;
	size_t wrong = 0;

	(void)state;
	hy_rand_init(&r, 20261121);
	for (int round = 0; round < 60000; round++) {
		uint32_t cps[24];
		size_t n = 1 + hy_rand_below(&r, HY_LEN(cps));
		void *ctx = talloc_new(NULL);
		char *got, *want;

		for (size_t i = 0; i < n; i++)
			cps[i] = pick(&r);
		got = folded(ctx, encode(ctx, cps, n));
		want = reference(ctx, cps, n);
		if (strcmp(got, want) != 0 && wrong++ < 5)
			show("string", cps, n, got, want);
		talloc_free(ctx);
	}
	assert_int_equal(wrong, 0);
}

static void check_map(const char *s, size_t n, const struct hy_folded *f)
{
	void *ctx = talloc_new(NULL);
	size_t len;

	assert_int_equal(f->map[f->n], n);
	for (size_t i = 0; i < f->n; i += len) {
		uint32_t cp = hy_utf8_decode(f->s + i, f->s + f->n, &len);

		if (i > 0)
			assert_true(f->map[i - 1] <= f->map[i]);
		assert_true(f->map[i] < n);
		assert_int_not_equal((unsigned char)s[f->map[i]] & 0xC0, 0x80);
		for (size_t k = 1; k < len; k++)
			assert_int_equal(f->map[i + k], f->map[i]);
		/* A plain character's place folds to the rest of the text. */
		if ((i == 0 || f->map[i - 1] < f->map[i]) && cp < 0x250 && cp > 0x20 &&
		    (unsigned char)s[f->map[i]] == cp) {
			char *rest = folded(ctx, s + f->map[i]);

			assert_string_equal(rest, f->s + i);
			talloc_free(rest);
		}
	}
	talloc_free(ctx);
}

static void test_map_and_idempotence(void **state)
{
	struct hy_rand r;

	(void)state;
	hy_rand_init(&r, 7);
	for (int round = 0; round < 20000; round++) {
		uint32_t cps[120];
		size_t n = hy_rand_below(&r, HY_LEN(cps)), room;
		bool marks = hy_rand_below(&r, 4) == 0;
		void *ctx = talloc_new(NULL);
		struct hy_folded f, again;
		char *s, *into;

		for (size_t i = 0; i < n; i++)
			cps[i] = marks ? 0x300 + (uint32_t)hy_rand_below(&r, 0x70) : pick(&r);
		s = encode(ctx, cps, n);
		assert_int_equal(hy_fold(ctx, s, strlen(s), HY_FOLD_MAP, &f, NULL), HY_OK);
		check_map(s, strlen(s), &f);
		assert_int_equal(hy_fold(ctx, f.s, f.n, 0, &again, NULL), HY_OK);
		assert_string_equal(f.s, again.s);
		room = f.n + 4;
		into = hy_new_array(ctx, char, room);
		assert_int_equal(hy_fold_into(s, strlen(s), into, room), f.n);
		assert_memory_equal(into, f.s, f.n);
		talloc_free(ctx);
	}
}

static void test_examples(void **state)
{
	static const struct {
		const char *in, *out;
	} table[] = {
		{"", ""},
		{"   \t\n ", ""},
		{"路灯 维修", "路灯维修"},
		{"路灯　\r\n 维修。 好", "路灯维修。好"},
		{"臺灣後裏", "台湾后里"},
		{"ＡＢＣ１２３", "abc123"},
		{"Hello  World 你好 world", "hello world 你好 world"},
		{"  ﬁne ", "fine"},
		{"e\xCC\x81t\xC3\xA9", "été"},
		{"a\xE2\x80\x8B"
		 "b",
		 "ab"},
		{"㈱", "(株)"},
		{"Straße", "strasse"},
		{"𠮷野家", "𠮷野家"},
		{"ｶﾞｷﾞ", "ガギ"},
		{"\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB", "한"},
		{"自来水 PM2.5 超标", "自来水 pm2.5 超标"},
		{"a\x01"
		 "b",
		 "a b"},
	};
	void *ctx = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < HY_LEN(table); i++)
		assert_string_equal(folded(ctx, table[i].in), table[i].out);
	talloc_free(ctx);
}

static void test_limits(void **state)
{
	struct hy_err err = {0};
	struct hy_folded f;
	char *big = hy_new_array(NULL, char, HY_FOLD_MAX_BYTES + 2), out[8];

	(void)state;
	memset(big, 'A', HY_FOLD_MAX_BYTES + 1);
	assert_int_equal(hy_fold(big, big, HY_FOLD_MAX_BYTES, 0, &f, &err), HY_OK);
	assert_int_equal(f.n, HY_FOLD_MAX_BYTES);
	assert_int_equal(hy_fold(big, big, HY_FOLD_MAX_BYTES + 1, 0, &f, &err), HY_EINPUT);
	talloc_free(big);
	assert_int_equal(hy_fold_into("abcdefgh", 8, out, sizeof(out)), SIZE_MAX);
	assert_int_equal(hy_fold_into("abcd", 4, out, sizeof(out)), 4);
	/* The longest expansion: 18 characters, 33 bytes. */
	assert_int_equal(hy_fold(NULL, "\xEF\xB7\xBA", 3, HY_FOLD_MAP, &f, NULL), HY_OK);
	assert_int_equal(hy_utf8_count(f.s, f.n), 18);
	talloc_free(f.s);
	talloc_free(f.map);
}

/*
 * The greatest expansion at every boundary: U+FDFA (3 bytes to 33) behind texts of every length,
 * into every room from none to more than enough. The room is a block of its own, so that a byte
 * before or behind it is seen under ASan. (A caller once took SIZE_MAX for a length.)
 */
static void test_expansion_everywhere(void **state)
{
	static const char *const before[] = {"", "a", "é", "路", "𠮷", "e\xCC\x81", "路 ", "a "};
	(void)state;
	for (size_t b = 0; b < HY_LEN(before); b++) {
		for (size_t times = 0; times <= 24; times++) {
			void *ctx = talloc_new(NULL);
			char *s = hy_strdup(ctx, "");
			struct hy_folded f;
			for (size_t i = 0; i < times; i++)
				s = hy_strf(ctx, "%s%s", s, before[b]);
			s = hy_strf(ctx, "%s\xEF\xB7\xBA%s", s, times % 3 ? "" : "\xEF\xB7\xBA");
			assert_int_equal(hy_fold(ctx, s, strlen(s), HY_FOLD_MAP, &f, NULL), HY_OK);
			check_map(s, strlen(s), &f);
			assert_true(f.n >= 33);
			for (size_t room = 0; room <= f.n + 9; room++) {
				char *into = hy_grow(ctx, NULL, char, room > 0 ? room : 1);
				size_t got = hy_fold_into(s, strlen(s), into, room);
				if (room >= f.n + 4)
					assert_int_equal(got, f.n);
				if (room < f.n)
					assert_int_equal(got, SIZE_MAX);
				if (got != SIZE_MAX)
					assert_memory_equal(into, f.s, f.n);
			}
			talloc_free(ctx);
		}
	}
}

static void test_classes(void **state)
{
	(void)state;
	assert_true(hy_is_han(0x4E2D) && hy_is_han(0x20BB7) && hy_is_han(0x3007));
	assert_false(hy_is_han('a') || hy_is_han(0x3042) || hy_is_han(0x3002));
	assert_true(hy_is_blank(' ') && hy_is_blank(0x3000) && hy_is_blank('\n') &&
		    hy_is_blank(0xA0) && hy_is_blank(0x2028));
	assert_false(hy_is_blank('x') || hy_is_blank(0x200B) || hy_is_blank(0x1F600));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_code_point),
		cmocka_unit_test(test_random_strings),
		cmocka_unit_test(test_map_and_idempotence),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_expansion_everywhere),
		cmocka_unit_test(test_classes),
	};
	UErrorCode status = U_ZERO_ERROR;

	nfkc_cf = unorm2_getNFKCCasefoldInstance(&status);
	t2s = opencc_open("t2s.json");
	if (U_FAILURE(status) || t2s == (opencc_t)-1)
		return 99;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	opencc_close(t2s);
	return failed;
}
