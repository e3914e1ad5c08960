/* Reading feeds: forms of dates, addresses, charsets, versions, precedence, faults, and R20: a feed
 * cut at every byte is never complete. */
#include "collectors/collectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void *ctx;

static int setup(void **state)
{
	(void)state;
	hy_xml_init();
	ctx = talloc_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	talloc_free(ctx);
	return 0;
}

static struct hy_feed *parse_n(const char *s, size_t n, const char *type, const char *base)
{
	struct hy_feed_in in = {.bytes = s, .n = n, .content_type = type, .base_url = base};
	struct hy_feed *f = NULL;

	return hy_feed_parse(ctx, &in, &f, NULL) == HY_OK ? f : NULL;
}

static struct hy_feed *parse(const char *s)
{
	struct hy_feed *f = parse_n(s, strlen(s), NULL, NULL);

	assert_non_null(f);
	return f;
}

#define RSS(item) "<rss version=\"2.0\"><channel><title>临江</title>" item "</channel></rss>"

static void test_dates(void **state)
{
	static const struct {
		const char *s;
		enum hy_date_quality q;
		int64_t secs;
	} t[] = {
		{"Thu, 19 Nov 2026 08:01:02 GMT", HY_DATE_EXACT, 1795075262},
		{"Mon, 19 Nov 2026 08:01:02 GMT", HY_DATE_EXACT, 1795075262}, /* wrong weekday */
		{"19 Nov 2026 08:01 GMT", HY_DATE_EXACT, 1795075260},
		{"Thu, 19 Nov 26 08:01:02 UT", HY_DATE_EXACT, 1795075262},
		{"Thu, 19 Nov 98 08:01:02 GMT", HY_DATE_EXACT, 911462462},
		{"Thu, 19 Nov 2026 08:01:02 CST", HY_DATE_EXACT, 1795096862}, /* US, not China */
		{"Thu, 19 Nov 2026 08:01:02 EDT", HY_DATE_EXACT, 1795089662},
		{"Thu, 19 Nov 2026 16:01:02 +0800", HY_DATE_EXACT, 1795075262},
		{"Thu, 19 Nov 2026 16:01:02 GMT+8", HY_DATE_EXACT, 1795075262},
		{"Thu, 19 Nov 2026 16:01:02 GMT+08:00", HY_DATE_EXACT, 1795075262},
		{"Thu, 19 Nov 2026 16:01:02", HY_DATE_NO_ZONE, 1795075262},
		{"Thu Nov 19 08:01:02 +0000 2026", HY_DATE_EXACT, 1795075262},
		{"2026-11-19T08:01:02Z", HY_DATE_EXACT, 1795075262},
		{"2026-11-19t08:01:02z", HY_DATE_EXACT, 1795075262},
		{"2026-11-19T16:01:02.25+08:00", HY_DATE_EXACT, 1795075262},
		{"2026-11-19 16:01:02+0800", HY_DATE_EXACT, 1795075262},
		{"2026-11-19 16:01:02.0", HY_DATE_NO_ZONE, 1795075262},
		{"2026-11-19 16:01", HY_DATE_NO_ZONE, 1795075260},
		{"2024-1-5", HY_DATE_DAY, 1704384000},
		{"2024年1月5日 08:00", HY_DATE_NO_ZONE, 1704412800},
		{"2024年1月5日", HY_DATE_DAY, 1704384000},
		{"2024年1月5日 下午3点20分", HY_DATE_NO_ZONE, 1704439200},
		{"２０２４年１月５日　０８：００", HY_DATE_NO_ZONE, 1704412800},
		{"2026년 11월 19일  17:01:02", HY_DATE_EXACT, 1795075262},
		{"2026-11-19 오후 05:01:02", HY_DATE_EXACT, 1795075262},
		{"Fri, 2006/09/15 08:19:53 EDT", HY_DATE_EXACT, 1158322793},
		{"Πεμ, 19 Νοέ 2026 08:01:02 GMT", HY_DATE_EXACT, 1795075262},
		{"2004-július-13T9:15-05:00", HY_DATE_EXACT, 1089728100},
		{"1795075262", HY_DATE_EXACT, 1795075262},
		{"1795075262000", HY_DATE_EXACT, 1795075262},
		{"20261119", HY_DATE_DAY, 1795017600},
		{"2026-323", HY_DATE_DAY, 1795017600},
		{"2026-W47-4", HY_DATE_DAY, 1795017600},
		{"2026-11", HY_DATE_DAY, 1793462400},
		{"2026", HY_DATE_DAY, 1767196800},
		{"", HY_DATE_NONE, 0},
		{"昨天", HY_DATE_NONE, 0},
		{"gestern um 5", HY_DATE_NONE, 0},
		{"2026-13-01", HY_DATE_NONE, 0},
		{"2026-02-29", HY_DATE_NONE, 0},
		{"31 Nov 2026 00:00:00 GMT", HY_DATE_NONE, 0},
		{"Thu, 19 Nov 2026 25:00:00 GMT", HY_DATE_NONE, 0},
		{"2026-11-19T08:61:00Z", HY_DATE_NONE, 0},
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(t); i++) {
		hy_time at = -7;
		enum hy_date_quality q = hy_feed_date_parse(t[i].s, 480, &at);

		if (q != t[i].q || (q && at / 1000 != t[i].secs) || (!q && at != -7))
			fail_msg("%s: quality %d, %lld", t[i].s, q, (long long)at / 1000);
	}
}

static void test_links(void **state)
{
	static const char *const rfc3986[][2] = {{"g", "http://a/b/c/g"},
						 {"./g", "http://a/b/c/g"},
						 {"g/", "http://a/b/c/g/"},
						 {"/g", "http://a/g"},
						 {"//g", "http://g"},
						 {"?y", "http://a/b/c/d;p?y"},
						 {"g?y#s", "http://a/b/c/g?y#s"},
						 {"#s", "http://a/b/c/d;p?q#s"},
						 {"", "http://a/b/c/d;p?q"},
						 {".", "http://a/b/c/"},
						 {"..", "http://a/b/"},
						 {"../g", "http://a/b/g"},
						 {"../..", "http://a/"},
						 {"../../../g", "http://a/g"},
						 {"/./g", "http://a/g"},
						 {"g..", "http://a/b/c/g.."},
						 {"./../g", "http://a/b/g"},
						 {"g;x=1/../y", "http://a/b/c/y"},
						 {"mailto:x", "mailto:x"}};
	static const char *const canon[][2] = {
		{"HTTP://Linjiang.Example:80/A?b=1#c", "http://linjiang.example/A?b=1"},
		{"https://l.example:443", "https://l.example/"},
		{"http://l.example/a?utm_source=x&id=2&utm_medium=y", "http://l.example/a?id=2"},
		{"http://l.example/a?utm_source=x", "http://l.example/a"},
		{"http://l.example/a/../b/./c", "http://l.example/b/c"},
		{"https://u:p@l.example:8443/", "https://l.example:8443/"},
		{"http://u@/x", NULL},
		{"http://:80/", NULL},
		{"ftp://l.example/", NULL},
		{"/a", NULL},
		{"", NULL}};

	(void)state;
	for (size_t i = 0; i < HY_LEN(rfc3986); i++)
		assert_string_equal(hy_link_resolve(ctx, "http://a/b/c/d;p?q", rfc3986[i][0]),
				    rfc3986[i][1]);
	assert_string_equal(hy_link_resolve(ctx, NULL, " /x "), "/x");
	for (size_t i = 0; i < HY_LEN(canon); i++) {
		char *c = hy_link_canonical(ctx, canon[i][0]);

		if (canon[i][1])
			assert_string_equal(c, canon[i][1]);
		else
			assert_null(c);
	}
}

static void test_link_header(void **state)
{
	const char *h = "<https://a.example/,x>; title=\"a, b; rel=hub\"; rel=self, "
			"<b>; rel=\"prev hub\"; rel=next, <c>;REL=next";

	(void)state;
	assert_string_equal(hy_link_header(ctx, h, "self", NULL), "https://a.example/,x");
	assert_string_equal(hy_link_header(ctx, h, "hub", "http://h.example/f/"),
			    "http://h.example/f/b");
	assert_string_equal(hy_link_header(ctx, h, "next", "http://h.example/f/"),
			    "http://h.example/f/c");
	assert_null(hy_link_header(ctx, h, "alternate", NULL));
	assert_null(hy_link_header(ctx, "<a", "self", NULL));
	assert_null(hy_link_header(ctx, NULL, "self", NULL));
}

/* 临江县朱镕 in GBK; 镕 is not in GB2312, which made libxml2 lose the element. */
static void test_charset(void **state)
{
	static const char gbk[] = "<?xml version=\"1.0\" encoding=\"gb2312\"?><rss version=\"2.0\">"
				  "<channel><title>\xC1\xD9\xBD\xAD\xCF\xD8\xD6\xEC\xE9\x46</title>"
				  "</channel></rss>";
	static const char bare[] =
		"<rss version=\"2.0\"><channel><title>"
		"\xC1\xD9\xBD\xAD\xCF\xD8\xB5\xC6\xB2\xBB\xC1\xC1</title></channel></rss>";
	static const char bad[] =
		"<rss version=\"2.0\"><channel><title>临江县路灯不亮请修\xE7</title>"
		"</channel></rss>";
	static const char latin[] =
		"<rss version=\"2.0\"><channel><title>caf\xE9</title></channel></rss>";
	struct hy_feed *f;

	(void)state;
	f = parse_n(gbk, sizeof(gbk) - 1, NULL, NULL);
	assert_string_equal(f->title, "临江县朱镕");
	assert_string_equal(f->encoding, "gb18030");
	assert_true(f->well_formed);
	f = parse_n(bare, sizeof(bare) - 1, NULL, NULL);
	assert_string_equal(f->title, "临江县灯不亮");
	assert_false(f->well_formed);
	assert_true(f->complete);
	f = parse_n(bare, sizeof(bare) - 1, "application/xml; charset=GBK", NULL);
	assert_string_equal(f->title, "临江县灯不亮");
	assert_true(f->well_formed);
	f = parse_n(bad, sizeof(bad) - 1, NULL, NULL);
	assert_string_equal(f->title, "临江县路灯不亮请修\xEF\xBF\xBD");
	assert_string_equal(f->encoding, "utf-8");
	f = parse_n(latin, sizeof(latin) - 1, NULL, NULL);
	assert_string_equal(f->title, "café");
	f = parse_n("\xEF\xBB\xBF" RSS(""), strlen(RSS("")) + 3, NULL, NULL);
	assert_true(f->well_formed);
	f = parse_n(RSS(""), strlen(RSS("")), "text/html", NULL);
	assert_false(f->well_formed);
	assert_true(f->complete);
}

static void test_versions(void **state)
{
	static const char *const t[][2] = {
		{"<rss version=\"0.91\"><channel/></rss>", "rss091u"},
		{"<rss version=\"0.92\"><channel/></rss>", "rss092"},
		{"<rss version=\"2.0\"><channel/></rss>", "rss20"},
		{"<rss><channel/></rss>", "rss"},
		{"<feed xmlns=\"http://www.w3.org/2005/Atom\"/>", "atom10"},
		{"<feed version=\"0.3\" xmlns=\"http://purl.org/atom/ns#\"/>", "atom03"},
		{"<r:RDF xmlns:r=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" "
		 "xmlns=\"http://purl.org/rss/1.0/\"><channel/></r:RDF>",
		 "rss10"},
		{"<r:RDF xmlns:r=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" "
		 "xmlns=\"http://my.netscape.com/rdf/simple/0.9/\"><channel/></r:RDF>",
		 "rss090"},
		{"{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[]}", "json1"},
		{"{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[]}", "json11"}};

	(void)state;
	for (size_t i = 0; i < HY_LEN(t); i++) {
		struct hy_feed *f = parse(t[i][0]);

		assert_string_equal(f->version, t[i][1]);
		assert_true(f->well_formed);
	}
	assert_null(parse_n("<x/>", 4, NULL, NULL));
	assert_null(parse_n("hello", 5, NULL, NULL));
	assert_null(parse_n("", 0, NULL, NULL));
	assert_null(parse_n("{\"a\":1}", 7, NULL, NULL));
}

static void test_precedence(void **state)
{
	struct hy_feed *f = parse(
		RSS("<item><title>甲</title><title>乙</title><link>http://l.example/1</link>"
		    "<guid isPermaLink=\"false\">g1</guid><description>摘要</description>"
		    "<content:encoded xmlns:content=\"http://purl.org/rss/1.0/modules/content/\">"
		    "&lt;p onclick=\"x\"&gt;全文&lt;/p&gt;</content:encoded>"
		    "<pubDate>Thu, 19 Nov 2026 08:01:02 GMT</pubDate>"
		    "<enclosure url=\"http://l.example/a.mp3\" length=\"\" type=\"\"/></item>"
		    "<item><guid>http://l.example/2</guid></item><ttl>30</ttl>"
		    "<skipHours><hour>3</hour></skipHours><skipDays><day>Sunday</day></skipDays>"));
	const struct hy_feed_entry *e = f->entries;

	(void)state;
	assert_int_equal(f->n_entries, 2);
	assert_string_equal(e->title, "甲");
	assert_string_equal(e->id, "g1");
	assert_false(e->id_is_link);
	assert_string_equal(e->summary, "摘要");
	assert_string_equal(e->content, "<p>全文</p>");
	assert_int_equal(e->published_q, HY_DATE_EXACT);
	assert_int_equal(e->n_enclosures, 1);
	assert_int_equal(e->enclosures[0].length, -1);
	assert_string_equal(e[1].link, "http://l.example/2");
	assert_true(e[1].id_is_link);
	assert_int_equal(f->ttl_minutes, 30);
	assert_int_equal(f->skip_hours, 8);
	assert_int_equal(f->skip_days, 1);
}

static void test_atom(void **state)
{
	struct hy_feed *f = parse(
		"<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:base=\"http://l.example/b/\" "
		"xmlns:at=\"http://purl.org/atompub/tombstones/1.0\"><title "
		"type=\"html\">&lt;b&gt;临"
		"&lt;/b&gt;江 &amp;amp; x</title><link rel=\"hub\" href=\"h\"/><link rel=\"next\" "
		"href=\"?2\"/>"
		"<entry><id>urn:1</id><title>a &lt; b</title><link "
		"href=\"1\"/><author><name>李四</name>"
		"<uri>http://l.example/u/7</uri></author><content type=\"xhtml\"><div "
		"xmlns=\"http://www.w3.org/1999/xhtml\"><a "
		"href=\"../x\">y</a></div></content></entry>"
		"<at:deleted-entry ref=\"urn:0\" when=\"2026-11-20T00:00:00Z\"/></feed>");

	(void)state;
	assert_string_equal(f->title, "临江 & x");
	assert_string_equal(f->hub_url, "http://l.example/b/h");
	assert_string_equal(f->next_url, "http://l.example/b/?2");
	assert_string_equal(f->entries[0].title, "a < b");
	assert_string_equal(f->entries[0].link, "http://l.example/b/1");
	assert_string_equal(f->entries[0].author, "http://l.example/u/7");
	assert_non_null(strstr(f->entries[0].content, "href=\"http://l.example/x\""));
	assert_int_equal(f->n_deleted, 1);
	assert_string_equal(f->deleted[0], "urn:0");
}

static void test_no_author_printed(void **state)
{
	struct hy_feed *f = parse(
		RSS("<item><title>x</title><author>zhangsan@l.example (张三丰)</author></item>"));
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);

	(void)state;
	assert_non_null(f->entries[0].author);
	hy_feed_write_json(w, f);
	assert_null(strstr(hy_jw_text(w, NULL), "zhangsan"));
	assert_null(strstr(hy_jw_text(w, NULL), "张三丰"));
}

static void test_lenient(void **state)
{
	struct hy_feed *f = parse(RSS(
		"<item><title>AT&T & x</title><description>a<b>c</description>"
		"<dc:date>2026-11-19T08:00:00Z</dc:date></item><item><title>第二</title></item>"));

	(void)state;
	assert_false(f->well_formed);
	assert_true(f->complete);
	assert_int_equal(f->n_entries, 2);
	assert_string_equal(f->entries[0].title, "AT&T & x");
	assert_int_equal(f->entries[0].updated_q, HY_DATE_EXACT);
	assert_string_equal(f->entries[1].title, "第二");
	f = parse("<?xml version=\"1.0\"?><!DOCTYPE rss [<!ENTITY lj \"临江\"><!ENTITY b "
		  "\"&lj;&lj;\">]>" RSS("<item><title>&lj;县</title></item>"));
	assert_string_equal(f->entries[0].title, "临江县");
}

static void test_bombs(void **state)
{
	struct hy_buf b;
	struct hy_feed *f;

	(void)state;
	f = parse("<?xml version=\"1.0\"?><!DOCTYPE rss [<!ENTITY x SYSTEM "
		  "\"file:///etc/passwd\">]>" RSS("<item><title>a&x;b</title></item>"));
	assert_null(strstr(f->entries[0].title, "root"));
	hy_buf_init(&b, ctx, 4u << 20);
	hy_buf_str(&b, "<rss version=\"2.0\"><channel>");
	for (int i = 0; i < 100000; i++)
		hy_buf_str(&b, "<a>");
	assert_null(parse_n(b.data, b.len, NULL, NULL));
	hy_buf_reset(&b);
	hy_buf_str(&b, "<rss version=\"2.0\"><channel>");
	for (int i = 0; i < HY_FEED_ENTRIES_MAX; i++)
		hy_buf_str(&b, "<item/>");
	hy_buf_str(&b, "</channel></rss>");
	f = parse_n(b.data, b.len, NULL, NULL);
	assert_int_equal(f->n_entries, HY_FEED_ENTRIES_MAX);
	b.len -= strlen("</channel></rss>");
	hy_buf_str(&b, "<item/></channel></rss>");
	assert_null(parse_n(b.data, b.len, NULL, NULL));
}

static void test_html_page(void **state)
{
	static const char page[] =
		"<!DOCTYPE html><html><head><link rel=alternate "
		"type=\"application/atom+xml\" href=\"/f.xml\"></head><body>x</html>";
	struct hy_feed *f = parse_n(page, strlen(page), "text/html", "http://l.example/a/b");

	(void)state;
	assert_true(f->is_html);
	assert_string_equal(f->page_feed, "http://l.example/f.xml");
	assert_int_equal(f->n_entries, 0);
}

/* R20: whatever the byte, a cut feed is neither complete nor well-formed. */
static void test_cut_everywhere(void **state)
{
	static const char *const feeds[] = {
		"<?xml version=\"1.0\"?>\n<rss version=\"2.0\"><channel><title>临江</title>"
		"<item><title>一</title><link>http://l.example/1</link></item>"
		"<item><title>第二条</title><description><![CDATA[<p>a</p>]]></description></item>"
		"</channel></rss>",
		"<a:feed xmlns:a=\"http://www.w3.org/2005/Atom\"><a:entry><a:id>1</a:id></a:entry>"
		"<!-- </a:feed --><a:entry><a:id>2</a:id></a:entry></a:feed>",
		"{\"version\":\"https://jsonfeed.org/version/"
		"1.1\",\"title\":\"x\",\"items\":[{\"id\":\"1\"},"
		"{\"id\":\"2\",\"content_text\":\"临江\"}]}"};

	(void)state;
	for (size_t k = 0; k < HY_LEN(feeds); k++) {
		size_t n = strlen(feeds[k]);

		for (size_t i = 0; i < n; i++) {
			struct hy_feed *f = parse_n(feeds[k], i, NULL, NULL);

			if (f && (f->complete || f->well_formed || f->strict))
				fail_msg("feed %zu cut at %zu counts as whole", k, i);
			talloc_free(f);
		}
		assert_true(parse_n(feeds[k], n, NULL, NULL)->complete);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates),	    cmocka_unit_test(test_links),
		cmocka_unit_test(test_link_header), cmocka_unit_test(test_charset),
		cmocka_unit_test(test_versions),    cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_atom),	    cmocka_unit_test(test_no_author_printed),
		cmocka_unit_test(test_lenient),	    cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_html_page),   cmocka_unit_test(test_cut_everywhere),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
