/* JSON: what must be read, what must be refused (RFC 8259), caps and one past them, the writer. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <string.h>

#define S(s)                                                                                       \
	{                                                                                          \
		s, sizeof(s) - 1                                                                   \
	}
static const struct {
	const char *s;
	size_t n;
} accept[] =
	{
		S("null"),
		S("true"),
		S("false"),
		S("0"),
		S("-0"),
		S("-1"),
		S("1.5"),
		S("1e5"),
		S("1E+5"),
		S("1e-5"),
		S("-0.0"),
		S("123123e100000000000000000000000") /* see below */,
		S("\"\""),
		S("\"a\""),
		S("[]"),
		S("{}"),
		S(" [ 1 , 2 ] "),
		S("\t\r\n 1\n"),
		S("[[]]"),
		S("{\"\":0}"),
		S("{\"a\":{\"b\":[]}}"),
		S("{\"a\":1,\"a\":2}"),
		S("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
		S("\"\\u0041\\u5475\""),
		S("\"\\uD83D\\uDE00\""),
		S("\"\\ud83d\\ude00\""),
		S("\"\x7f\""),
		S("\"\xE5\x91\xBC\""),
		S("\"\xF0\x9F\x98\x80\""),
		S("\"\xEF\xBF\xBF\""),
		S("\"\\uFFFF\""),
		S("\"\xE2\x80\xA8\""),
		S("[1,[2,[3]],{\"k\":null}]"),
		S("\"/*x*/\""),
		S("\"\\\\u0000\""),
		S("1.7976931348623157e308"),
		S("-9223372036854775808"),
		S("1e-400"),
		S("\"\\u0001\""),
		S("[-0,0.1e1,20]"),
},
  refuse[] = {
	  S(""),
	  S(" "),
	  S("nul"),
	  S("True"),
	  S("NaN"),
	  S("Infinity"),
	  S("-Infinity"),
	  S("01"),
	  S("-01"),
	  S("-"),
	  S("+1"),
	  S("1."),
	  S(".5"),
	  S("1e"),
	  S("1e+"),
	  S("0x10"),
	  S("1.e5"),
	  S("--1"),
	  S("1 2"),
	  S("[1"),
	  S("1]"),
	  S("[1,]"),
	  S("[,1]"),
	  S("[1,,2]"),
	  S("[1 2]"),
	  S("{"),
	  S("}"),
	  S("{\"a\"}"),
	  S("{\"a\":}"),
	  S("{\"a\":1,}"),
	  S("{a:1}"),
	  S("{'a':1}"),
	  S("{1:1}"),
	  S("{\"a\" 1}"),
	  S("{\"a\":1 \"b\":2}"),
	  S("{null:1}"),
	  S("[\"a\":1]"),
	  S("\""),
	  S("\"a"),
	  S("'a'"),
	  S("\"\\x41\""),
	  S("\"\\u12\""),
	  S("\"\\u12G4\""),
	  S("\"\\\""),
	  S("\"a\nb\""),
	  S("\"a\tb\""),
	  S("\"a\0b\""),
	  S("\0"),
	  S("1\0"),
	  S("[1]\0"),
	  S("[\f]"),
	  S("\f1"),
	  S("[\v1]"),
	  S("\xEF\xBB\xBF[]"),
	  S("[]x"),
	  S("[][]"),
	  S("[]]"),
	  S("/**/1"),
	  S("1//x"),
	  S("#x\n1"),
	  S("\"\xFF\""),
	  S("\"\xC0\x80\""),
	  S("\"\xC1\xBF\""),
	  S("\"\xE0\x80\x80\""),
	  S("\"\xED\xA0\x80\""),
	  S("\"\xF4\x90\x80\x80\""),
	  S("\"\xF8\x88\x80\x80\x80\""),
	  S("\"\xE5\x91\""),
	  S("\xE5\x91\xBC"),
	  S("\"\\u0000\""),
	  S("{\"\\u0000\":1}"),
	  S("1e400"),
	  S("-1e400"),
	  S("[1e999]"),
	  S("\xA0[]"),
	  S("\xC2\xA0[]"),
	  S("\xE2\x81\xA0[]"),
	  S("[\xEF\xBC\x91]"),
	  S("*"),
	  S(":"),
	  S(","),
	  S("[*]"),
	  S("{\"a\":b}"),
	  S("undefined"),
	  S("[1,\n1\n,1"),
	  S("\"\\a\""),
	  S("\\u005B\\u005D"),
	  S("tru\\u0065"),
	  S("[\"\\uD834\\uDd\"]"),
	  S("[\"\\u00A\"]"),
	  S("<null>"),
	  S("[a\xE5]"),
	  S("2.e3"),
	  S("2.e+3"),
	  S("9.e+"),
	  S("0e"),
	  S("0.3e"),
	  S("1.0e-"),
	  S("-.123"),
	  S("-2."),
	  S("0E+"),
	  S("1eE2"),
	  S("- 1"),
	  S("1 000.0"),
	  S("1+2"),
};

static struct hy_json *parse(void *ctx, const char *s, size_t n, unsigned flags)
{
	struct hy_json *out = NULL;
	struct hy_err err = {0};

	if (hy_json_parse(ctx, s, n, flags, &out, &err) != HY_OK) {
		assert_int_equal(err.status, HY_EINPUT);
		assert_memory_equal(err.text, "JSON", 4);
		assert_null(out);
	}
	return out;
}

static struct hy_json *parse_z(void *ctx, const char *s)
{
	return parse(ctx, s, strlen(s), 0);
}

static void test_accept(void **state)
{
	void *ctx = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < HY_LEN(accept); i++) {
		bool huge = strstr(accept[i].s, "e1000000") != NULL; /* out of range: refused */

		if ((parse(ctx, accept[i].s, accept[i].n, 0) != NULL) == huge)
			fail_msg("%s", accept[i].s);
	}
	talloc_free(ctx);
}

static void test_refuse(void **state)
{
	void *ctx = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < HY_LEN(refuse); i++)
		if (parse(ctx, refuse[i].s, refuse[i].n, 0))
			fail_msg("accepted: %s", refuse[i].s);
	assert_int_equal(talloc_total_blocks(ctx), 1); /* nothing is left of a failure */
	talloc_free(ctx);
}

static void test_values(void **state)
{
	void *ctx = talloc_new(NULL);
	struct hy_json *j = parse_z(ctx, "{\"s\":\"\\u547C\\u5e94 \\uD83D\\uDE00\",\"i\":-42,"
					 "\"r\":2.50,\"b\":true,\"n\":null,\"a\":[1,\"x\",[]]}");
	const struct hy_json *a;

	(void)state;
	assert_ptr_equal(talloc_parent(j), ctx);
	assert_int_equal(j->type, HY_JSON_OBJECT);
	assert_int_equal(j->n, 6);
	assert_string_equal(j->key[5], "a");
	assert_string_equal(hy_json_str(j, "s"), "\xE5\x91\xBC\xE5\xBA\x94 \xF0\x9F\x98\x80");
	assert_int_equal(hy_json_int(j, "i", 7), -42);
	assert_true(hy_json_get(j, "i")->real == -42.0);
	assert_int_equal(hy_json_int(j, "r", 7), 7);
	assert_true(hy_json_get(j, "r")->real == 2.5);
	assert_string_equal(hy_json_get(j, "r")->text, "2.50");
	assert_true(hy_json_bool(j, "b", false));
	assert_true(hy_json_bool(j, "n", true));
	assert_null(hy_json_str(j, "i"));
	assert_null(hy_json_get(j, "none"));
	assert_null(hy_json_get(NULL, "x"));
	a = hy_json_get(j, "a");
	assert_int_equal(a->n, 3);
	assert_int_equal(a->at[0]->integer, 1);
	assert_string_equal(a->at[1]->text, "x");
	assert_int_equal(a->at[2]->n, 0);
	assert_null(hy_json_get(a, "x"));
	talloc_free(ctx);
}

static void test_integers(void **state)
{
	static const struct {
		const char *s;
		enum hy_json_type type;
		int64_t v;
	} v[] = {
		{"9223372036854775807", HY_JSON_INT, INT64_MAX},
		{"-9223372036854775808", HY_JSON_INT, INT64_MIN},
		{"9223372036854775808", HY_JSON_REAL, 0},
		{"-9223372036854775809", HY_JSON_REAL, 0},
		{"123456789012345678901234567890", HY_JSON_REAL, 0},
		{"1.0", HY_JSON_REAL, 0},
		{"1e2", HY_JSON_REAL, 0},
		{"-0", HY_JSON_INT, 0},
	};
	void *ctx = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < HY_LEN(v); i++) {
		struct hy_json *j = parse_z(ctx, v[i].s);

		assert_int_equal(j->type, v[i].type);
		assert_string_equal(j->text, v[i].s);
		assert_true(j->integer == v[i].v);
	}
	talloc_free(ctx);
}

static void test_depth(void **state)
{
	void *ctx = talloc_new(NULL);
	size_t million = 1000000;
	char *s = hy_new_array(ctx, char, million + 1);
	struct hy_err err = {0};
	struct hy_json *out = NULL;
	hy_time begun;

	(void)state;
	for (size_t depth = 64; depth <= 65; depth++) {
		memset(s, '[', depth);
		memset(s + depth, ']', depth);
		assert_true((parse(ctx, s, 2 * depth, 0) != NULL) == (depth == 64));
	}
	memset(s, '[', million);
	begun = hy_monotonic();
	assert_int_equal(hy_json_parse(ctx, s, million, 0, &out, &err), HY_EINPUT);
	assert_non_null(strstr(err.text, "64"));
	assert_true(hy_monotonic() - begun < 5000); /* a hang guard; it takes a millisecond */
	for (size_t i = 0; i < million; i += 5)
		memcpy(s + i, "{\"a\":", 5);
	assert_int_equal(hy_json_parse(ctx, s, million, 0, &out, &err), HY_EINPUT);
	talloc_free(ctx);
}

static void test_many(void **state)
{
	void *ctx = talloc_new(NULL);
	size_t n = (1u << 21) + 2;
	char *s = hy_new_array(ctx, char, 2 * n);

	(void)state;
	/* An array of 2^21 - 1 values, and one of one more. */
	for (size_t i = 0; i < n; i++)
		memcpy(s + 2 * i, ",0", 2);
	s[0] = '[';
	s[2 * ((1u << 21) - 1)] = ']';
	assert_non_null(parse(ctx, s, 2 * ((1u << 21) - 1) + 1, 0));
	s[2 * ((1u << 21) - 1)] = ',';
	s[2 * (1u << 21)] = ']';
	assert_null(parse(ctx, s, 2 * (1u << 21) + 1, 0));
	talloc_free(ctx);
}

static void test_repeated(void **state)
{
	void *ctx = talloc_new(NULL);
	struct hy_json *j = parse_z(ctx, "{\"a\":1,\"b\":2,\"a\":3,\"\\u0061\":4}");
	struct hy_err err = {0};
	struct hy_buf b;

	(void)state;
	assert_int_equal(j->n, 2);
	assert_int_equal(hy_json_int(j, "a", 0), 1);
	assert_int_equal(hy_json_int(j, "b", 0), 2);
	assert_int_equal(
		hy_json_parse(ctx, "{\"x\":{\"a\":1,\n\"a\":1}}", 19, HY_JSON_UNIQUE, &j, &err),
		HY_EINPUT);
	assert_non_null(strstr(err.text, "line 2"));
	assert_non_null(strstr(err.text, ": a"));
	assert_non_null(parse(ctx, "[{\"a\":1},{\"a\":1}]", 17, HY_JSON_UNIQUE));
	/* Many names: the sorted way finds the same. */
	hy_buf_init(&b, ctx, 1 << 20);
	for (int i = 0; i < 5000; i++)
		hy_buf_fmt(&b, "%c\"k%d\":%d", i ? ',' : '{', i * 7919 % 4000, i);
	hy_buf_chr(&b, '}');
	j = parse(ctx, b.data, b.len, 0);
	assert_non_null(j);
	assert_int_equal(j->n, 4000);
	for (int i = 0; i < 4000; i++) {
		assert_int_equal(j->at[i]->integer, i);
		assert_string_equal(j->key[i], hy_strf(ctx, "k%d", i * 7919 % 4000));
	}
	assert_null(parse(ctx, b.data, b.len, HY_JSON_UNIQUE));
	talloc_free(ctx);
}

static void test_surrogates(void **state)
{
	static const struct {
		const char *s, *want;
	} v[] = {
		{"\"\\uD83D\"", "\xEF\xBF\xBD"},
		{"\"\\uDE00\"", "\xEF\xBF\xBD"},
		{"\"\\uDE00\\uD83D\"", "\xEF\xBF\xBD\xEF\xBF\xBD"},
		{"\"\\uD83Dx\"", "\xEF\xBF\xBDx"},
		{"\"\\uD83D\\u0041\"", "\xEF\xBF\xBD"
				       "A"},
		{"\"\\uD83D\\uD83D\\uDE00\"", "\xEF\xBF\xBD\xF0\x9F\x98\x80"},
		{"\"\\\\uD83D\"", "\\uD83D"},
		{"\"\\\\\\uD83D\"", "\\\xEF\xBF\xBD"},
	};
	void *ctx = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < HY_LEN(v); i++) {
		struct hy_json *j = parse_z(ctx, v[i].s);

		assert_non_null(j);
		assert_string_equal(j->text, v[i].want);
		assert_int_equal(j->n, strlen(v[i].want));
		if (i != 6)
			assert_null(parse(ctx, v[i].s, strlen(v[i].s), HY_JSON_UNIQUE));
	}
	assert_non_null(parse(ctx, "\"\\uD83D\\uDE00\"", 14, HY_JSON_UNIQUE));
	assert_non_null(parse(ctx, "\xEF\xBB\xBF{}", 5, HY_JSON_BOM));
	assert_non_null(parse(ctx, "{}", 2, HY_JSON_BOM));
	assert_null(parse(ctx, "\xEF\xBB\xBF\xEF\xBB\xBF{}", 8, HY_JSON_BOM));
	talloc_free(ctx);
}

static void test_write(void **state)
{
	void *ctx = talloc_new(NULL);
	struct hy_json_writer *w = hy_json_writer_new(ctx, false), *p;
	size_t n = 0;

	(void)state;
	hy_jw_object(w);
	hy_jw_kstr(w, "s", "a\"\\\n\x01\xE5\x91\xBC");
	hy_jw_kstr(w, "none", NULL);
	hy_jw_kint(w, "i", INT64_MIN);
	hy_jw_kbool(w, "b", true);
	hy_jw_kreal(w, "r", 0.1);
	hy_jw_key(w, "l");
	hy_jw_array(w);
	hy_jw_strn(w, "x\xFFy", 3);
	hy_jw_strn(w, "a\0b", 3);
	hy_jw_real(w, NAN);
	hy_jw_bool(w, false);
	hy_jw_end_array(w);
	hy_jw_end_object(w);
	assert_string_equal(hy_jw_text(w, &n),
			    "{\"s\":\"a\\\"\\\\\\n\\u0001\xE5\x91\xBC\",\"none\":null,"
			    "\"i\":-9223372036854775808,\"b\":true,\"r\":0.1,"
			    "\"l\":[\"x\xEF\xBF\xBDy\",\"a\xEF\xBF\xBD"
			    "b\",null,false]}");
	assert_int_equal(n, strlen(hy_jw_text(w, NULL)));
	p = hy_json_writer_new(ctx, true);
	hy_jw_node(p, parse_z(ctx, "{\"a\":[1,2.50,1e3]}"));
	assert_string_equal(hy_jw_text(p, NULL),
			    "{\n  \"a\": [\n    1,\n    2.50,\n    1e3\n  ]\n}\n");
	assert_string_equal(hy_json_html_safe(ctx, "\"</a>&\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAA\""),
			    "\"\\u003c/a\\u003e\\u0026\\u2028\\u2029\xE2\x80\xAA\"");
	talloc_free(ctx);
}

static void test_reals(void **state)
{
	static const struct {
		double v;
		const char *want;
	} v[] = {
		{0.1, "0.1"},	    {1.0 / 3, "0.3333333333333333"},	{1e22, "1e+22"},
		{5e-324, "5e-324"}, {0.1 + 0.2, "0.30000000000000004"}, {-2, "-2"},
		{1e-310, "1e-310"}, {123456789.125, "123456789.125"},	{INFINITY, "null"},
	};
	void *ctx = talloc_new(NULL);
	struct hy_rand r;

	(void)state;
	for (size_t i = 0; i < HY_LEN(v); i++) {
		struct hy_json_writer *w = hy_json_writer_new(ctx, false);

		hy_jw_real(w, v[i].v);
		assert_string_equal(hy_jw_text(w, NULL), v[i].want);
	}
	hy_rand_init(&r, 1);
	for (int i = 0; i < 2000; i++) {
		struct hy_json_writer *w = hy_json_writer_new(ctx, false);
		uint64_t bits = hy_rand_next(&r);
		double d;

		memcpy(&d, &bits, sizeof(d));
		if (!isfinite(d))
			continue;
		hy_jw_real(w, d);
		assert_true(parse_z(ctx, hy_jw_text(w, NULL))->real == d);
		talloc_free(w);
	}
	talloc_free(ctx);
}

/* What was read and written reads as the same. */
static void test_round(void **state)
{
	void *ctx = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < HY_LEN(accept); i++) {
		struct hy_json *j = parse(ctx, accept[i].s, accept[i].n, 0);
		struct hy_json_writer *w = hy_json_writer_new(ctx, false), *again;

		if (!j)
			continue;
		hy_jw_node(w, j);
		again = hy_json_writer_new(ctx, false);
		hy_jw_node(again, parse_z(ctx, hy_jw_text(w, NULL)));
		assert_string_equal(hy_jw_text(w, NULL), hy_jw_text(again, NULL));
	}
	talloc_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accept),	 cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_values),	 cmocka_unit_test(test_integers),
		cmocka_unit_test(test_depth),	 cmocka_unit_test(test_many),
		cmocka_unit_test(test_repeated), cmocka_unit_test(test_surrogates),
		cmocka_unit_test(test_write),	 cmocka_unit_test(test_reals),
		cmocka_unit_test(test_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
