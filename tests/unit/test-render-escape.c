/*
 * What a writer puts out stays what it was (T-OUT-1 CSV, T-OUT-2 HTML, attributes, JSON in HTML,
 * XML), checked by readers that share no code with the writers: a strict scanner of markup and a
 * CSV reader stand in this file, libxml2 is the second opinion.
 */
#include "render/render.h"

#include "base/base.h"
#include "tests/unit/naughty.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

/* ---- CSV ---- */

/* One cell by RFC 4180 from *p, which is left after its separator. child of ctx. */
static char *csv_cell(const void *ctx, const char **p, char *separator)
{
	struct hy_buf b;
	bool quoted = **p == '"';

	hy_buf_init(&b, ctx, 1 << 16);
	*p += quoted;
	for (;; ++*p) {
		if (quoted && **p == '"' && (*p)[1] == '"')
			++*p;
		else if (quoted && **p == '"')
			break;
		else if (**p == '\0' || (!quoted && strchr(",\r\n", **p)))
			break;
		else if (!quoted)
			assert_int_not_equal(**p, '"');
		hy_buf_chr(&b, **p);
	}
	*p += quoted;
	*separator = **p;
	if (**p == '\r') {
		assert_int_equal((*p)[1], '\n');
		++*p;
	}
	*p += **p != '\0';
	return hy_buf_take(&b, NULL);
}

static bool begins_with_formula(const char *s)
{
	static const char *const bad[] = {"=",	"+",  "-",  "@",  "\t", "\r",
					  "\n", "＝", "＋", "－", "＠"};

	for (size_t i = 0; i < HY_LEN(bad); i++)
		if (strncmp(s, bad[i], strlen(bad[i])) == 0)
			return true;
	return false;
}

static void test_csv(void **state)
{
	void *ctx = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < HY_LEN(naughty); i++) {
		const char *row[3] = {"a", naughty[i], "z"}, *p;
		struct hy_buf b;
		char sep, *cell;

		hy_buf_init(&b, ctx, 1 << 16);
		hy_csv_row(&b, row, 3);
		p = b.data;
		assert_string_equal(csv_cell(ctx, &p, &sep), "a");
		assert_int_equal(sep, ',');
		cell = csv_cell(ctx, &p, &sep);
		assert_int_equal(sep, ',');
		assert_false(begins_with_formula(cell));
		assert_string_equal(cell[0] == '\'' && naughty[i][0] != '\'' ? cell + 1 : cell,
				    naughty[i]);
		if (begins_with_formula(naughty[i]))
			assert_int_equal(cell[0], '\'');
		assert_string_equal(csv_cell(ctx, &p, &sep), "z");
		assert_int_equal(sep, '\r');
		assert_int_equal(*p, '\0');
	}
	talloc_free(ctx);
}

static void test_csv_bytes(void **state)
{
	static const char *const row[] = {"a b", "1,5", "say \"x\"", NULL, ""};
	struct hy_buf b;

	(void)state;
	hy_buf_init(&b, NULL, 4096);
	hy_csv_bom(&b);
	hy_csv_row(&b, row, 5);
	hy_csv_int(&b, -3);
	assert_string_equal(b.data, "\xEF\xBB\xBF"
				    "a b,\"1,5\",\"say \"\"x\"\"\",,\r\n-3");
	talloc_free(b.data);
}

/* ---- markup ---- */

/*
 * A scanner stricter than any browser: tags are <name a="v" ...> or </name>, text has neither < nor
 * >, values have no quote and no < or >, each & begins a reference. Counts elements and attributes.
 */
struct counts {
	size_t elements, attributes;
};

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == ':';
}

static const char *reference(const char *p)
{
	size_t n = strspn(p + 1, "#abcdefghijklmnopqrstuvwxyz0123456789");

	if (n == 0 || p[1 + n] != ';')
		fail_msg("bare ampersand: %.40s", p);
	return p + n + 2;
}

static struct counts scan(const char *p)
{
	struct counts c = {0, 0};

	while (*p) {
		if (*p == '&') {
			p = reference(p);
			continue;
		}
		if (*p == '>')
			fail_msg("stray >: %.40s", p);
		if (*p != '<') {
			p++;
			continue;
		}
		p++;
		if (*p == '/') {
			for (p++; name_char(*p); p++)
				continue;
			assert_int_equal(*p++, '>');
			continue;
		}
		c.elements++;
		assert_true(name_char(*p));
		while (name_char(*p))
			p++;
		while (*p == ' ') {
			c.attributes++;
			for (p++; name_char(*p); p++)
				continue;
			assert_memory_equal(p, "=\"", 2);
			for (p += 2; *p != '"';) {
				if (*p == '\0' || *p == '<' || *p == '>')
					fail_msg("value not closed: %.40s", p);
				p = *p == '&' ? reference(p) : p + 1;
			}
			p++;
		}
		assert_int_equal(*p++, '>');
	}
	return c;
}

static void test_html(void **state)
{
	void *ctx = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < HY_LEN(naughty); i++) {
		struct hy_buf b;
		struct counts c;

		hy_buf_init(&b, ctx, 1 << 16);
		hy_html_raw(&b, "<p");
		hy_html_attr(&b, "title", naughty[i]);
		hy_html_raw(&b, ">");
		hy_html_text(&b, naughty[i]);
		hy_html_raw(&b, "</p>");
		c = scan(b.data);
		assert_int_equal(c.elements, 1);
		assert_int_equal(c.attributes, 1);
		for (const char *p = b.data; *p; p++)
			assert_true((unsigned char)*p >= 0x20 || *p == '\n' || *p == '\t');
	}
	talloc_free(ctx);
}

static void test_html_bytes(void **state)
{
	struct hy_buf b;

	(void)state;
	hy_buf_init(&b, NULL, 4096);
	hy_html_text(&b, "a<b>&\"'\x01\xC2\x85\r\n中");
	assert_string_equal(b.data, "a&lt;b&gt;&amp;&quot;&#39;\uFFFD\uFFFD\n中");
	hy_buf_reset(&b);
	hy_html_lines(&b, "a\nb<");
	assert_string_equal(b.data, "a<br>\nb&lt;");
	hy_buf_reset(&b);
	hy_html_text(&b, NULL);
	hy_html_attr(&b, "x", NULL);
	assert_int_equal(b.len, 0);
	assert_false(hy_html_url(&b, "href", "javascript:alert(1)"));
	assert_int_equal(b.len, 0);
	assert_true(hy_html_url(&b, "href", "/a?b=1&c=2"));
	assert_string_equal(b.data, " href=\"/a?b=1&amp;c=2\"");
	talloc_free(b.data);
}

static void test_json_in_html(void **state)
{
	void *ctx = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < HY_LEN(naughty); i++) {
		struct hy_json_writer *w = hy_json_writer_new(ctx, false);
		struct hy_json *back;
		struct hy_buf b;

		hy_jw_object(w);
		hy_jw_kstr(w, "x", naughty[i]);
		hy_jw_end_object(w);
		hy_buf_init(&b, ctx, 1 << 16);
		hy_html_json(&b, hy_jw_text(w, NULL));
		assert_null(strpbrk(b.data, "<>&"));
		assert_null(strstr(b.data, "\xE2\x80\xA8"));
		assert_null(strstr(b.data, "\xE2\x80\xA9"));
		assert_int_equal(hy_json_parse(ctx, b.data, b.len, 0, &back, NULL), HY_OK);
		assert_string_equal(hy_json_str(back, "x"), naughty[i]);
	}
	talloc_free(ctx);
}

/* ---- XML, read back by libxml2 ---- */

struct read {
	struct hy_buf text, attr;
	size_t elements;
};

static bool on_start(void *user, const char *ns, const char *prefix, const char *name,
		     const struct hy_xml_attr *attrs, size_t n)
{
	struct read *r = user;

	(void)ns;
	(void)prefix;
	(void)name;
	r->elements++;
	for (size_t i = 0; i < n; i++)
		hy_buf_str(&r->attr, attrs[i].value);
	return true;
}

static bool on_text(void *user, const char *s, size_t n, bool cdata)
{
	struct read *r = user;

	(void)cdata;
	hy_buf_add(&r->text, s, n);
	return true;
}

/* What XML cannot hold is a replacement character. child of ctx. */
static char *xml_form(const void *ctx, const char *s)
{
	struct hy_buf b;

	hy_buf_init(&b, ctx, 1 << 16);
	for (; *s; s++) {
		bool odd = (unsigned char)*s < 0x20 && strchr("\t\n\r", *s) == NULL;

		if (odd || strncmp(s, "\xEF\xBF\xBE", 3) == 0 ||
		    strncmp(s, "\xEF\xBF\xBF", 3) == 0) {
			hy_buf_str(&b, "\uFFFD");
			s += odd ? 0 : 2;
		} else {
			hy_buf_chr(&b, *s);
		}
	}
	return hy_buf_take(&b, NULL);
}

static void test_xml(void **state)
{
	static const struct hy_xml_handlers handlers = {on_start, NULL, on_text, NULL};
	void *ctx = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < HY_LEN(naughty); i++) {
		struct read r = {.elements = 0};
		struct hy_buf b;
		bool good = false;

		hy_buf_init(&b, ctx, 1 << 16);
		hy_buf_init(&r.text, ctx, 1 << 16);
		hy_buf_init(&r.attr, ctx, 1 << 16);
		hy_buf_str(&b, "<a");
		hy_xml_attr(&b, "t", naughty[i]);
		hy_buf_str(&b, ">");
		hy_xml_element(&b, "b", naughty[i]);
		hy_buf_str(&b, "</a>");
		assert_int_equal(hy_xml_parse(b.data, b.len, false, &handlers, &r, &good, NULL),
				 HY_OK);
		assert_true(good);
		assert_int_equal(r.elements, 2);
		assert_string_equal(r.text.data, xml_form(ctx, naughty[i]));
		assert_string_equal(r.attr.data, xml_form(ctx, naughty[i]));
	}
	talloc_free(ctx);
}

static void test_urls(void **state)
{
	static const char *const good[] = {
		"http://a.example/",
		"https://a.example",
		"HTTPS://A.example/x?y#z",
		"/a",
		"a/b",
		"?q=1",
		"#top",
		"../x",
		"mailto:a@b.example",
		"/新闻/1",
		"a?x=http://b:1",
	};
	static const char *const bad[] = {
		"",
		"javascript:1",
		"JAVASCRIPT:1",
		"data:text/html,x",
		"vbscript:1",
		"file:///etc",
		"//a.example",
		"http:",
		"http://",
		"http:///x",
		"http://?x",
		"http:a",
		"mailto:",
		" http://a.example",
		"http://a.example/ x",
		"java\tscript:1",
		"\x01javascript:1",
		"http://a.example/\"x",
		"http://a.example/<x",
		"\\\\a",
		"/\\a",
		"x:y",
		":x",
		"http://a.example/\xC2\xA0",
		"feed:x",
		"blob:x",
		"ftp://a.example/",
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(good); i++)
		if (!hy_url_is_safe(good[i]))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < HY_LEN(bad); i++)
		if (hy_url_is_safe(bad[i]))
			fail_msg("let through: %s", bad[i]);
	assert_false(hy_url_is_safe(NULL));
	assert_true(hy_url_is_http("https://a.example"));
	assert_false(hy_url_is_http("/a") || hy_url_is_http("mailto:a@b") || hy_url_is_http(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv),	     cmocka_unit_test(test_csv_bytes),
		cmocka_unit_test(test_html),	     cmocka_unit_test(test_html_bytes),
		cmocka_unit_test(test_json_in_html), cmocka_unit_test(test_xml),
		cmocka_unit_test(test_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
