/*
 * Guarded XML and HTML (T-XML-1, trust 2.3): bombs, outside entities, depth, caps, entities of
 * HTML, and the tag soup of real pages. Events are written as a compact trace and compared.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

struct trace {
	struct hy_buf b;
	int stop_after; /* events; 0 = never */
};

static bool count(struct trace *t)
{
	return t->stop_after == 0 || --t->stop_after > 0;
}

static bool on_start(void *user, const char *ns, const char *prefix, const char *name,
		     const struct hy_xml_attr *attrs, size_t n_attrs)
{
	struct trace *t = user;

	hy_buf_fmt(&t->b, "<%s%s%s", prefix ? prefix : "", prefix ? ":" : "", name);
	if (ns)
		hy_buf_fmt(&t->b, "{%s}", ns);
	for (size_t i = 0; i < n_attrs; i++)
		hy_buf_fmt(&t->b, " %s=[%s]", attrs[i].name, attrs[i].value);
	hy_buf_str(&t->b, ">");
	return count(t);
}

static bool on_end(void *user, const char *ns, const char *prefix, const char *name)
{
	struct trace *t = user;

	(void)ns;
	(void)prefix;
	hy_buf_fmt(&t->b, "</%s>", name);
	return count(t);
}

static bool on_text(void *user, const char *s, size_t n, bool cdata)
{
	struct trace *t = user;

	(void)cdata;
	hy_buf_add(&t->b, s, n);
	return count(t);
}

static const struct hy_xml_handlers handlers = {on_start, on_end, on_text, NULL};

/* The trace of a document (child of ctx), or NULL when refused; then err is filled. */
static char *trace_n(const void *ctx, const char *xml, size_t n, bool lenient, bool *good,
		     struct hy_err *err)
{
	struct trace t = {.stop_after = 0};

	hy_buf_init(&t.b, ctx, 16u << 20);
	if (hy_xml_parse(xml, n, lenient, &handlers, &t, good, err) != HY_OK)
		return NULL;
	return hy_buf_take(&t.b, NULL);
}

static void check(const char *xml, bool lenient, const char *want, bool want_good)
{
	void *ctx = talloc_new(NULL);
	struct hy_err err = {0};
	bool good = !want_good;
	char *got = trace_n(ctx, xml, strlen(xml), lenient, &good, &err);

	if (got == NULL)
		fail_msg("%s: %s", xml, err.text);
	assert_string_equal(got, want);
	assert_int_equal(good, want_good);
	talloc_free(ctx);
}

static void test_plain(void **state)
{
	(void)state;
	check("<?xml version='1.0' encoding='GBK'?><a x='1&amp;2'><b>中 &lt;&#x4E2D;</b></a>",
	      false, "<a x=[1&2]><b>中 <中</b></a>", true);
	check("<r xmlns='urn:d' xmlns:p='urn:p'><p:a p:b='c'/></r>", false,
	      "<r{urn:d}><p:a{urn:p} b=[c]></a></r>", true);
	check("<!-- a --><a>1<!-- <b> -->2<?p <!-- ?>3</a><!-- e -->", false, "<a>123</a>", true);
	check("<a><![CDATA[1<!-- 2 --><![CDATA[]]>3<!--->4--></a>", false,
	      "<a>1<!-- 2 --><![CDATA[3</a>", true);
	check("<a>1<!-- 2 -- 3 -->4</a>", false, "<a>14</a>", false);
	check("<a>1</a><!-- cut", false, "<a>1</a>", false);
	check("<a><![CDATA[x<y&nbsp;]]></a>", false, "<a>x<y&nbsp;</a>", true);
	check("\xEF\xBB\xBF<a/>", false, "<a></a>", true);
	check("\n <?xml version='1.0'?><a/>", false, "<a></a>", false);
}

static void test_html_names(void **state)
{
	(void)state;
	check("<a t='x&nbsp;&eacute;y'>1&nbsp;2&copy;</a>", false, "<a t=[x\u00A0éy]>1\u00A02©</a>",
	      false);
	check("<a>&bogus;x</a>", true, "<a>x</a>", false);
}

static void test_lenient(void **state)
{
	(void)state;
	check("<a><b>x</a>", true, "<a><b>x</b></a>", false);
	check("<a>x & y</a>", true, "<a>x  y</a>", false);
	check("<a><media:c u='1'/></a>", true, "<a><media:c u=[1]></c></a>", true);
	check("<a>cut", true, "<a>cut</a>", false);
}

static void test_not_xml(void **state)
{
	static const char *const inputs[] = {"", "  ", "hello", "{\"a\":1}", "<!-- only -->"};
	struct hy_err err = {0};
	void *ctx = talloc_new(NULL);
	bool good;

	(void)state;
	for (size_t i = 0; i < HY_LEN(inputs); i++)
		assert_null(trace_n(ctx, inputs[i], strlen(inputs[i]), true, &good, &err));
	assert_null(trace_n(ctx, "<a>\0</a>", 8, true, &good, &err));
	assert_null(trace_n(ctx, "<a>\xFF</a>", 8, true, &good, &err));
	assert_int_equal(err.status, HY_EINPUT);
	talloc_free(ctx);
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void test_bombs(void **state)
{
	void *ctx = talloc_new(NULL);
	double begin = seconds();
	struct hy_buf b;
	bool good;
	char *got;

	(void)state;
	/* ten entities, each ten times the one before */
	hy_buf_init(&b, ctx, 1 << 20);
	hy_buf_str(&b, "<!DOCTYPE a [<!ENTITY e0 'lol'>");
	for (int i = 1; i < 10; i++) {
		hy_buf_fmt(&b, "<!ENTITY e%d '", i);
		for (int k = 0; k < 10; k++)
			hy_buf_fmt(&b, "&e%d;", i - 1);
		hy_buf_str(&b, "'>");
	}
	hy_buf_str(&b, "]><a t='&e9;'>&e9;<b>rest</b></a>");
	got = trace_n(ctx, b.data, b.len, true, &good, NULL);
	assert_true(got == NULL || (strlen(got) < 200 && strstr(got, "lol") == NULL));
	if (got)
		assert_non_null(strstr(got, "<b>rest</b>"));
	/* one long entity many times */
	hy_buf_reset(&b);
	hy_buf_str(&b, "<!DOCTYPE a [<!ENTITY e '");
	for (int i = 0; i < 50000; i++)
		hy_buf_chr(&b, 'x');
	hy_buf_str(&b, "'>]><a>");
	for (int i = 0; i < 50000; i++)
		hy_buf_str(&b, "&e;");
	hy_buf_str(&b, "</a>");
	got = trace_n(ctx, b.data, b.len, true, &good, NULL);
	assert_true(got == NULL || strlen(got) < 200);
	/* parameter entities that call each other */
	got = trace_n(ctx, "<!DOCTYPE a [<!ENTITY % x '&#37;y;'><!ENTITY % y '&#37;x;'>%x;]><a/>",
		      65, true, &good, NULL);
	assert_true(got == NULL || strlen(got) < 20);
	assert_true(seconds() - begin < 10); /* a hang guard; each takes milliseconds */
	talloc_free(ctx);
}

/* What makes libxml2 quadratic: attributes of one tag, declarations, hyphens in a comment. */
static void test_slow_forms(void **state)
{
	static const struct {
		const char *head, *each, *tail;
		bool html;
	} forms[] = {
		{"<a", " a%x='1'", "/>", false},
		{"<a", " xmlns:a%x='u'", "/>", false},
		{"<!DOCTYPE a [<!ATTLIST a", " a%x CDATA 'x'", ">]><a/>", false},
		{"<a><!--", "--%x", "--></a>", false},
		{"<a", " a%x", ">", true},
		{"<a", " a%x='>'", ">", true},
		{"<!--", "--%x \" ", "", true},
	};
	double begin = seconds();

	(void)state;
	for (size_t i = 0; i < HY_LEN(forms); i++) {
		void *ctx = talloc_new(NULL);
		struct trace t = {.stop_after = 0};
		struct hy_buf b;
		bool good;

		hy_buf_init(&b, ctx, HY_XML_INPUT_MAX);
		hy_buf_init(&t.b, ctx, 16u << 20);
		hy_buf_str(&b, forms[i].head);
		for (unsigned k = 0; b.len < (3u << 20); k++) {
			const char *x = strchr(forms[i].each, '%');

			hy_buf_add(&b, forms[i].each, (size_t)(x - forms[i].each));
			hy_buf_fmt(&b, "%x", k);
			hy_buf_str(&b, x + 2);
		}
		hy_buf_str(&b, forms[i].tail);
		if (forms[i].html)
			(void)hy_html_parse(b.data, b.len, &handlers, &t, NULL);
		else
			(void)hy_xml_parse(b.data, b.len, true, &handlers, &t, &good, NULL);
		talloc_free(ctx);
	}
	assert_true(seconds() - begin < 30); /* minutes each, unguarded */
}

static void test_outside(void **state)
{
	static const char *const forms[] = {
		"<!DOCTYPE a [<!ENTITY x SYSTEM 'file://%s'>]><a t='&x;'>&x;</a>",
		"<!DOCTYPE a [<!ENTITY %% x SYSTEM 'file://%s'>%%x;]><a>&c;</a>",
		"<!DOCTYPE a SYSTEM 'file://%s'><a>&c;</a>",
		("<a xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include parse='text' "
		 "href='file://%s'/></a>"),
		"<!DOCTYPE a PUBLIC 'x' 'http://127.0.0.1:9/%s'><a>&c;</a>",
	};
	char path[] = "/tmp/hy-test-xml-XXXXXX";
	int fd = mkstemp(path);
	bool good;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "<!ENTITY c 'CANARY'>CANARY", 26), 26);
	close(fd);
	for (size_t i = 0; i < HY_LEN(forms); i++) {
		for (int lenient = 0; lenient < 2; lenient++) {
			void *ctx = talloc_new(NULL);
			const char *part = strstr(forms[i], "%s");
			struct hy_buf b;
			char *got;

			hy_buf_init(&b, ctx, 4096);
			for (const char *p = forms[i]; *p; p++) {
				if (p == part) {
					hy_buf_str(&b, path);
					p++;
				} else if (p[0] == '%' && p[1] == '%') {
					hy_buf_chr(&b, '%');
					p++;
				} else {
					hy_buf_chr(&b, *p);
				}
			}
			got = trace_n(ctx, b.data, b.len, lenient != 0, &good, NULL);
			assert_true(got == NULL || strstr(got, "CANARY") == NULL);
			talloc_free(ctx);
		}
	}
	unlink(path);
}

static enum hy_status depth(int levels, struct hy_err *err)
{
	void *ctx = talloc_new(NULL);
	struct hy_buf b;
	enum hy_status st;
	struct trace t = {.stop_after = 0};
	bool good;

	hy_buf_init(&b, ctx, 1 << 20);
	hy_buf_init(&t.b, ctx, 1 << 20);
	for (int i = 0; i < levels; i++)
		hy_buf_str(&b, "<d>");
	for (int i = 0; i < levels; i++)
		hy_buf_str(&b, "</d>");
	st = hy_xml_parse(b.data, b.len, true, &handlers, &t, &good, err);
	talloc_free(ctx);
	return st;
}

static enum hy_status text_of(size_t n, bool attribute)
{
	char *xml = hy_new_array(NULL, char, n + 32);
	struct trace t = {.stop_after = 0};
	enum hy_status st;
	bool good;

	memcpy(xml, attribute ? "<a b='" : "<a  >", attribute ? 6 : 5);
	memset(xml + strlen(xml), 'x', n);
	memcpy(xml + strlen(xml), attribute ? "'/>" : "</a>", attribute ? 3 : 4);
	hy_buf_init(&t.b, xml, 4u << 20);
	st = hy_xml_parse(xml, strlen(xml), true, &handlers, &t, &good, NULL);
	talloc_free(xml);
	return st;
}

static void test_caps(void **state)
{
	struct hy_err err = {0};
	char *big = hy_new_array(NULL, char, HY_XML_INPUT_MAX + 2);
	bool good;

	(void)state;
	assert_int_equal(depth(HY_XML_DEPTH_MAX, NULL), HY_OK);
	assert_int_equal(depth(HY_XML_DEPTH_MAX + 1, &err), HY_EINPUT);
	assert_non_null(strstr(err.text, "deep"));
	assert_int_equal(depth(100000, NULL), HY_EINPUT);
	assert_int_equal(text_of(HY_XML_TEXT_MAX, false), HY_OK);
	assert_int_equal(text_of(HY_XML_TEXT_MAX + 1, false), HY_EINPUT);
	assert_int_equal(text_of(HY_XML_TEXT_MAX, true), HY_OK);
	assert_int_equal(text_of(HY_XML_TEXT_MAX + 1, true), HY_EINPUT);
	memset(big, ' ', HY_XML_INPUT_MAX + 1);
	memcpy(big, "<a/>", 4);
	assert_non_null(trace_n(big, big, HY_XML_INPUT_MAX, true, &good, NULL));
	assert_null(trace_n(big, big, HY_XML_INPUT_MAX + 1, true, &good, NULL));
	talloc_free(big);
}

static void test_stop(void **state)
{
	struct trace t = {.stop_after = 2};
	bool good;

	(void)state;
	hy_buf_init(&t.b, NULL, 4096);
	assert_int_equal(hy_xml_parse("<a><b/><c/></a>", 15, false, &handlers, &t, &good, NULL),
			 HY_OK);
	assert_string_equal(t.b.data, "<a><b>");
	talloc_free(t.b.data);
}

static void check_html(const char *html, const char *want)
{
	struct trace t = {.stop_after = 0};

	hy_buf_init(&t.b, NULL, 1 << 20);
	assert_int_equal(hy_html_parse(html, strlen(html), &handlers, &t, NULL), HY_OK);
	assert_string_equal(t.b.data, want);
	talloc_free(t.b.data);
}

static void test_html(void **state)
{
	(void)state;
	check_html("hello <b>中文</b>", "hello <b>中文</b>");
	check_html("<P CLASS=x>a<p>b", "<p class=[x]>a</p><p>b</p>");
	check_html("a &amp; b &nbsp;&lt; &bogus; &#20013;", "a & b \u00A0< &bogus; 中");
	check_html("<a href='?a=1&amp;b=2&c=3'>x</a>", "<a href=[?a=1&b=2&c=3]>x</a>");
	check_html("<script>if (a<b) '</p>'</script>x", "<script>if (a<b) '</p>'</script>x");
	check_html("<b><i>x</b>y</i>", "<b><i>x</i></b>y");
	check_html("", "");
	check_html("<meta charset=gbk>中", "<meta charset=[gbk]></meta>中");
	check_html("<!DOCTYPE html><html><head><title>t</title></head><body>x</body></html>",
		   "<html><head><title>t</title></head><body>x</body></html>");
	check_html("x</body></html>y", "x<p>y</p>");
}

static void test_html_deep(void **state)
{
	double begin = seconds();
	struct trace t = {.stop_after = 0};
	struct hy_buf b;

	(void)state;
	hy_buf_init(&b, NULL, 4u << 20);
	hy_buf_init(&t.b, NULL, 4u << 20);
	for (int i = 0; i < 100000; i++)
		hy_buf_str(&b, "<div>");
	for (int i = 0; i < 100000; i++)
		hy_buf_str(&b, "</x>");
	assert_int_equal(hy_html_parse(b.data, b.len, &handlers, &t, NULL), HY_OK);
	assert_true(t.b.len < 2000);
	assert_true(seconds() - begin < 10);
	talloc_free(b.data);
	talloc_free(t.b.data);
}

static void test_entity(void **state)
{
	char out[16];

	(void)state;
	assert_true(hy_html_entity("hellip", 6, out));
	assert_string_equal(out, "…");
	assert_false(hy_html_entity("hellipx", 7, out));
	assert_false(hy_html_entity("", 0, out));
	assert_false(hy_html_entity("averyveryverylongname", 21, out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	   cmocka_unit_test(test_html_names),
		cmocka_unit_test(test_lenient),	   cmocka_unit_test(test_not_xml),
		cmocka_unit_test(test_bombs),	   cmocka_unit_test(test_outside),
		cmocka_unit_test(test_caps),	   cmocka_unit_test(test_stop),
		cmocka_unit_test(test_slow_forms), cmocka_unit_test(test_html),
		cmocka_unit_test(test_html_deep),  cmocka_unit_test(test_entity),
	};

	hy_xml_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
