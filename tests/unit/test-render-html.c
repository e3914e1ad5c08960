/* The sanitiser (T-OUT-2), plain text of HTML, Markdown. */
#include "render/render.h"

#include "base/base.h"
#include "tests/unit/naughty.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <cmocka.h>

static char *resolve(const void *ctx, const char *url, void *user)
{
	if (strstr(url, "secret"))
		return NULL;
	if (strchr(url, ':'))
		return hy_strdup(ctx, url);
	return hy_strf(ctx, "%s%s", (const char *)user, url);
}

static char base_url[] = "https://b.example/";

static void check(const char *html, const char *want)
{
	char *out = NULL;

	assert_int_equal(hy_html_sanitise(NULL, html, strlen(html), resolve, base_url, &out, NULL),
			 HY_OK);
	assert_string_equal(out, want);
	talloc_free(out);
}

#define REL " rel=\"nofollow noopener noreferrer\""
#define IMG " referrerpolicy=\"no-referrer\" loading=\"lazy\""

static void test_sanitise(void **state)
{
	(void)state;
	check("plain & <b>bold</b>", "plain &amp; <b>bold</b>");
	check("<p class=a id=b style=c onclick=d title=\"t&quot;\">x</p>",
	      "<p title=\"t&quot;\">x</p>");
	check("<a href='x?a=1&b=2'>y</a>",
	      "<a href=\"https://b.example/x?a=1&amp;b=2\"" REL ">y</a>");
	check("<a href='http://c.example/'>y</a>", "<a href=\"http://c.example/\"" REL ">y</a>");
	check("<a href='secret'>y</a>", "<a>y</a>");
	check("<a href='#n'>y</a>", "<a href=\"#n\"" REL ">y</a>");
	check("<a href=' java\tscript:alert(1)'>y</a>", "<a>y</a>");
	check("<img src=a.png alt='<' width=10 height=1e9>",
	      "<img src=\"https://b.example/a.png\" alt=\"&lt;\" width=\"10\"" IMG ">");
	check("a<script>x</script>b<style>y</style>c<iframe>z</iframe>d", "abcd");
	check("<font color=red>x</font><marquee>y</marquee>", "xy");
	check("<b>open<i>both", "<b>open<i>both</i></b>");
	check("</div></p>x", "x");
	check("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>");
	check("<br/><hr>x<wbr>", "<br><hr>x<wbr>");
	check("<table><tr><td colspan=2 bgcolor=x>1</table>",
	      "<table><tr><td colspan=\"2\">1</td></tr></table>");
	check("<!-- c --><?php x ?>y", "y");
	check("<svg><a href=x>in</a></svg>out", "out");
	check("<a href=a href=b>x</a>", "<a href=\"https://b.example/a\"" REL ">x</a>");
}

/* What a second reading of sanitised HTML may find. */
static bool allowed_only(void *user, const char *ns, const char *prefix, const char *name,
			 const struct hy_xml_attr *attrs, size_t n)
{
	static const char *const banned[] = {
		"script", "style",  "iframe", "object",	  "embed",  "svg",  "math",
		"form",	  "input",  "button", "textarea", "select", "base", "meta",
		"link",	  "applet", "frame",  "noscript", "xmp",    "body", "html",
	};
	(void)user;
	(void)ns;
	(void)prefix;
	for (size_t i = 0; i < HY_LEN(banned); i++)
		assert_string_not_equal(name, banned[i]);
	for (size_t i = 0; i < n; i++) {
		assert_int_not_equal(strncasecmp(attrs[i].name, "on", 2), 0);
		assert_string_not_equal(attrs[i].name, "style");
		assert_string_not_equal(attrs[i].name, "srcdoc");
		if (strcmp(attrs[i].name, "href") == 0 || strcmp(attrs[i].name, "src") == 0)
			assert_true(hy_url_is_safe(attrs[i].value));
	}
	return true;
}

static void test_naughty(void **state)
{
	static const struct hy_xml_handlers second = {allowed_only, NULL, NULL, NULL};

	(void)state;
	for (size_t i = 0; i < HY_LEN(naughty); i++) {
		char *once = NULL, *twice = NULL;

		assert_int_equal(hy_html_sanitise(NULL, naughty[i], strlen(naughty[i]), NULL, NULL,
						  &once, NULL),
				 HY_OK);
		assert_int_equal(hy_html_parse(once, strlen(once), &second, NULL, NULL), HY_OK);
		assert_int_equal(
			hy_html_sanitise(NULL, once, strlen(once), NULL, NULL, &twice, NULL),
			HY_OK);
		assert_string_equal(once, twice);
		talloc_free(once);
		talloc_free(twice);
	}
}

/* Pieces of markup put together at random: the output is stable and holds nothing banned. */
static void test_random_soup(void **state)
{
	static const char *const pieces[] = {
		"<b>",
		"</b>",
		"<p>",
		"</p>",
		"<table>",
		"<tr>",
		"<td>",
		"</table>",
		"<a href=x>",
		"</a>",
		"<script>",
		"</script>",
		"<style>",
		"</style>",
		"<svg>",
		"</svg>",
		"<!--",
		"-->",
		"<img src=x onerror=1>",
		"\"",
		"'",
		"<",
		">",
		"=",
		" ",
		"x",
		"&",
		";",
		"&lt;",
		"<ul>",
		"<li>",
		"</ul>",
		"<div",
		"</div>",
		"<iframe>",
		"</iframe>",
		"<title>",
		"\n",
		"<noscript>",
		"</noscript>",
		"<textarea>",
		"</textarea>",
		"<math>",
		"<pre>",
		"中",
	};
	static const struct hy_xml_handlers second = {allowed_only, NULL, NULL, NULL};
	struct hy_rand r;

	(void)state;
	hy_rand_init(&r, 5);
	for (int round = 0; round < 5000; round++) {
		void *ctx = talloc_new(NULL);
		struct hy_buf b;
		char *out;

		hy_buf_init(&b, ctx, 1 << 16);
		for (size_t k = hy_rand_below(&r, 30); k > 0; k--)
			hy_buf_str(&b, pieces[hy_rand_below(&r, HY_LEN(pieces))]);
		assert_int_equal(hy_html_sanitise(ctx, b.data, b.len, NULL, NULL, &out, NULL),
				 HY_OK);
		assert_int_equal(hy_html_parse(out, strlen(out), &second, NULL, NULL), HY_OK);
		assert_null(strcasestr(out, "<script"));
		assert_null(strcasestr(out, "onerror="));
		assert_null(strcasestr(out, "<!--"));
		talloc_free(ctx);
	}
}

static void test_limits(void **state)
{
	struct hy_err err = {0};
	char *big = hy_new_array(NULL, char, HY_SANITISE_MAX + 2), *out;

	(void)state;
	memset(big, 'x', HY_SANITISE_MAX + 1);
	assert_int_equal(hy_html_sanitise(big, big, HY_SANITISE_MAX, NULL, NULL, &out, &err),
			 HY_OK);
	assert_int_equal(hy_html_sanitise(big, big, HY_SANITISE_MAX + 1, NULL, NULL, &out, &err),
			 HY_EINPUT);
	talloc_free(big);
}

static void check_text(const char *html, const char *want)
{
	char *out = NULL;

	assert_int_equal(hy_html_to_text(NULL, html, strlen(html), &out, NULL), HY_OK);
	assert_string_equal(out, want);
	talloc_free(out);
}

static void test_to_text(void **state)
{
	(void)state;
	check_text("", "");
	check_text("  a \n b ", "a b");
	check_text("<p>a</p><p>b</p>", "a\nb");
	check_text("a<br>b<br><br>c", "a\nb\nc");
	check_text("<div>&nbsp;&nbsp;一　二&lt;&amp;</div>", "一 二<&");
	check_text("a<script>x</script><style>y</style>b", "ab");
	check_text("<ul><li>a</li><li> b</li></ul>c", "- a\n- b\nc");
	check_text("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a\tb\nc");
	check_text("<img src=x alt='图'>后", "图后");
	check_text("<pre>a\n  b\n\nc</pre>", "a\nb\nc");
	check_text("<b>不</b><i>断</i>字", "不断字");
	check_text("<h1>题</h1>文", "题\n文");
}

static void check_markdown(const char *md, const char *want)
{
	char *out = NULL;

	assert_int_equal(hy_markdown_to_html(NULL, md, &out, NULL), HY_OK);
	assert_string_equal(out, want);
	talloc_free(out);
}

static void test_markdown(void **state)
{
	char *out = NULL;

	(void)state;
	check_markdown("# 通报\n\n**水质**合格。[依据](https://a.example/1)",
		       "<h1>通报</h1>\n<p><strong>水质</strong>合格。"
		       "<a href=\"https://a.example/1\"" REL ">依据</a></p>\n");
	check_markdown("[x](javascript:alert(1)) ![y](data:text/html,z)",
		       "<p><a>x</a> <img alt=\"y\"" IMG "></p>\n");
	check_markdown("a <script>b</script> <b onclick=x>c</b>", "<p>a b c</p>\n");
	check_markdown("<script>alert(1)</script>\n\nafter", "\n<p>after</p>\n");
	check_markdown("1. a\n2. b\n", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n");
	assert_int_equal(hy_markdown_to_text(NULL, "# 题\n\n- a\n- *b*\n", &out, NULL), HY_OK);
	assert_string_equal(out, "题\n- a\n- b");
	talloc_free(out);
	out = hy_markdown_warning(NULL, "ok\n\n<div>lost</div>\n", HY_LANG_EN);
	assert_non_null(out);
	assert_non_null(strstr(out, "line 3"));
	talloc_free(out);
	assert_null(hy_markdown_warning(NULL, "a < b\n\n`<div>`\n", HY_LANG_EN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sanitise),    cmocka_unit_test(test_naughty),
		cmocka_unit_test(test_random_soup), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_to_text),	    cmocka_unit_test(test_markdown),
	};

	hy_xml_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
