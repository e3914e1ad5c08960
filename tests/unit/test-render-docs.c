/*
 * The documents of the office: feeds read back by our own readers, ClaimReview without any person,
 * pages that keep their shape whatever the texts are, tables in columns of the terminal.
 */
#include "render/render.h"

#include "base/base.h"
#include "tests/unit/naughty.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define T0 INT64_C(1795240800000) /* 2026-11-21T06:00:00Z */

struct shape {
	size_t elements, attributes;
};

static bool on_start(void *user, const char *ns, const char *prefix, const char *name,
		     const struct hy_xml_attr *attrs, size_t n)
{
	struct shape *s = user;

	(void)ns;
	(void)prefix;
	(void)attrs;
	assert_string_not_equal(name, "b");
	s->elements++;
	s->attributes += n;
	return true;
}

static const struct hy_xml_handlers shape_handlers = {on_start, NULL, NULL, NULL};

static struct hy_feed_out_entry entry(const char *s)
{
	return (struct hy_feed_out_entry){.id = "tag:a.example,2026:1",
					  .url = "https://a.example/1",
					  .title = s,
					  .html = s,
					  .text = s,
					  .category = "correction",
					  .category_label = s,
					  .published = T0};
}

static struct hy_feed_out feed(const char *s, const struct hy_feed_out_entry *e)
{
	return (struct hy_feed_out){.id = "tag:a.example,2026:feed",
				    .title = s,
				    .subtitle = s,
				    .self_url = "https://a.example/atom.xml",
				    .home_url = "https://a.example/",
				    .office = s,
				    .lang = "zh-CN",
				    .entries = e,
				    .n = 1};
}

static void test_atom(void **state)
{
	void *ctx = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < HY_LEN(naughty); i++) {
		struct hy_feed_out_entry e = entry(naughty[i]);
		struct hy_feed_out f = feed(naughty[i], &e);
		struct shape s = {0, 0};
		struct hy_buf b;
		bool good = false;

		hy_buf_init(&b, ctx, 1 << 16);
		hy_feed_atom(&b, &f);
		assert_int_equal(
			hy_xml_parse(b.data, b.len, false, &shape_handlers, &s, &good, NULL),
			HY_OK);
		assert_true(good);
		assert_int_equal(s.elements, 19);
		assert_int_equal(s.attributes, 14);
	}
	talloc_free(ctx);
}

static void test_atom_bytes(void **state)
{
	struct hy_feed_out_entry e = {.id = "u:1",
				      .title = "自来水",
				      .text = "合格",
				      .published = T0,
				      .updated = T0 + HY_HOUR};
	struct hy_feed_out f = {
		.id = "u:0", .title = "发布", .office = "县", .entries = &e, .n = 1};
	struct hy_buf b;

	(void)state;
	hy_buf_init(&b, NULL, 1 << 16);
	hy_feed_atom(&b, &f);
	assert_string_equal(
		b.data, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
			"<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
			"<id>u:0</id><title>发布</title>\n"
			"<updated>2026-11-21T07:00:00Z</updated><author><name>县</name></author>\n"
			"<generator>Huying</generator>\n"
			"<entry>\n<id>u:1</id><title>自来水</title>\n"
			"<updated>2026-11-21T07:00:00Z</updated>"
			"<published>2026-11-21T06:00:00Z</published>\n"
			"<content type=\"text\">合格</content>\n</entry>\n</feed>\n");
	talloc_free(b.data);
}

/* A signed entry: elements of our own after the content, and its last lines for people. */
static void test_signed_bytes(void **state)
{
	struct hy_feed_out_entry e = {.id = "u:1",
				      .title = "自来水",
				      .text = "合格",
				      .published = T0,
				      .digest_hex = "ab",
				      .signature_b64 = "c2ln"};
	struct hy_feed_out f = {.id = "u:0",
				.title = "发布",
				.office = "县",
				.lang = "en",
				.key_hex = "cd",
				.key_url = "key.json",
				.entries = &e,
				.n = 1};
	struct hy_buf b;
	char *json;

	(void)state;
	hy_buf_init(&b, NULL, 1 << 16);
	hy_feed_atom(&b, &f);
	assert_non_null(strstr(b.data, "<feed xmlns=\"http://www.w3.org/2005/Atom\""
				       " xmlns:huying=\"urn:huying:feed:1\""));
	assert_non_null(strstr(b.data, "<content type=\"text\">合格\nSHA-256 ab\n"
				       "Signature of the office (Ed25519): c2ln</content>\n"
				       "<huying:digest>ab</huying:digest>"
				       "<huying:signature>c2ln</huying:signature>"
				       "<huying:key>cd</huying:key>\n</entry>"));
	json = hy_feed_json(NULL, &f);
	assert_non_null(strstr(json, "\"_huying\":{\"digest\":\"ab\",\"signature\":\"c2ln\","
				     "\"key\":\"cd\",\"key_url\":\"key.json\"}"));
	talloc_free(json);
	e.html = "<p>合格</p>";
	hy_buf_reset(&b);
	hy_feed_atom(&b, &f);
	assert_non_null(strstr(b.data, "c2ln&lt;/code&gt;&lt;/p&gt;\n</content>"));
	assert_non_null(strstr(b.data, "<summary type=\"text\">合格</summary>"));
	e.signature_b64 = NULL; /* half a signature is none */
	hy_buf_reset(&b);
	hy_feed_atom(&b, &f);
	assert_null(strstr(b.data, "huying:"));
	talloc_free(b.data);
}

static void test_json_feed(void **state)
{
	void *ctx = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < HY_LEN(naughty); i++) {
		struct hy_feed_out_entry e = entry(naughty[i]);
		struct hy_feed_out f = feed(naughty[i], &e);
		char *text = hy_feed_json(ctx, &f);
		struct hy_json *j;
		const struct hy_json *item;

		assert_int_equal(hy_json_parse(ctx, text, strlen(text), HY_JSON_UNIQUE, &j, NULL),
				 HY_OK);
		assert_string_equal(hy_json_str(j, "version"), "https://jsonfeed.org/version/1.1");
		assert_string_equal(hy_json_str(j, "title"), naughty[i]);
		item = hy_json_get(j, "items")->at[0];
		assert_string_equal(hy_json_str(item, "id"), "tag:a.example,2026:1");
		assert_string_equal(hy_json_str(item, "content_html"), naughty[i]);
		assert_string_equal(hy_json_str(item, "date_published"), "2026-11-21T06:00:00Z");
	}
	talloc_free(ctx);
}

static struct hy_claim_review review(const char *s)
{
	static const char *const urls[] = {"https://a.example/e", "javascript:alert(1)"};

	return (struct hy_claim_review){.claim = s,
					.verdict = HY_VERDICT_FALSE,
					.finding = s,
					.url = "https://a.example/1",
					.office = s,
					.claim_date = T0 - HY_DAY,
					.published = T0,
					.lang = "en",
					.evidence_urls = urls,
					.n_evidence = 2};
}

static void test_claim_review(void **state)
{
	void *ctx = talloc_new(NULL);
	struct hy_claim_review r = review("tap water is poisoned");
	char *text = hy_claim_review_json(ctx, &r);
	const struct hy_json *rating, *claim;
	struct hy_json *j;

	(void)state;
	assert_int_equal(hy_json_parse(ctx, text, strlen(text), HY_JSON_UNIQUE, &j, NULL), HY_OK);
	assert_string_equal(hy_json_str(j, "@context"), "https://schema.org");
	assert_string_equal(hy_json_str(j, "@type"), "ClaimReview");
	assert_string_equal(hy_json_str(j, "claimReviewed"), "tap water is poisoned");
	assert_string_equal(hy_json_str(j, "datePublished"), "2026-11-21T06:00:00Z");
	rating = hy_json_get(j, "reviewRating");
	assert_string_equal(hy_json_str(rating, "alternateName"), "False");
	assert_int_equal(hy_json_int(rating, "ratingValue", 0), 1);
	assert_string_equal(hy_json_str(hy_json_get(j, "author"), "@type"), "Organization");
	claim = hy_json_get(j, "itemReviewed");
	assert_string_equal(hy_json_str(claim, "@type"), "Claim");
	assert_int_equal(claim->n, 2); /* type and date: no author, no appearance */
	assert_int_equal(hy_json_get(j, "isBasedOn")->n, 1);
	assert_null(strstr(text, "Person"));
	assert_null(strstr(text, "ppearance"));
	assert_null(strstr(text, "javascript"));
	r.verdict = HY_VERDICT_UNVERIFIED;
	text = hy_claim_review_json(ctx, &r);
	assert_null(strstr(text, "ratingValue"));
	assert_non_null(strstr(text, "Not verified"));
	r.verdict = HY_VERDICT_NONE;
	assert_null(hy_claim_review_json(ctx, &r));
	r.verdict = HY_VERDICT_NOT_CHECKABLE;
	assert_null(hy_claim_review_json(ctx, &r));
	talloc_free(ctx);
}

/* A page full of s. Its Markdown stays the same, so the shape must. */
static char *page(const void *ctx, const char *s, struct shape *shape)
{
	struct hy_page_evidence e[] = {{s, "https://a.example/e", "00ff", T0}, {s, s, s, 0}};
	struct hy_page_link by = {"https://a.example/2", s, T0};
	struct hy_claim_review r = review(s);
	struct hy_statement_page p = {
		.lang = HY_LANG_EN,
		.office = s,
		.home_url = "/",
		.css_url = "/p.css",
		.atom_url = "/atom.xml",
		.self_url = "https://a.example/1",
		.kind = HY_STATEMENT_CORRECTION,
		.title = s,
		.markdown = "fact *stands*",
		.published = T0,
		.updated = T0 + 1,
		.offset_minutes = 480,
		.unit = s,
		.review = &r,
		.evidence = e,
		.n_evidence = 2,
		.corrected_by = &by,
		.n_corrected_by = 1,
		.corrects = &by,
		.digest_hex = s,
		.signature_b64 = s,
		.key_url = "/key",
		.marker = s,
	};
	struct hy_buf b;

	hy_buf_init(&b, ctx, 1 << 20);
	assert_int_equal(hy_page_statement(&b, &p, NULL), HY_OK);
	assert_int_equal(hy_html_parse(b.data, b.len, &shape_handlers, shape, NULL), HY_OK);
	return b.data;
}

static void test_page_keeps_its_shape(void **state)
{
	struct shape plain = {0, 0};
	void *ctx = talloc_new(NULL);

	(void)state;
	page(ctx, "javascript:x", &plain);
	assert_true(plain.elements > 40);
	for (size_t i = 0; i < HY_LEN(naughty); i++) {
		struct shape s = {0, 0};
		char *html;

		if (hy_url_is_safe(naughty[i]) || naughty[i][0] == '\0')
			continue; /* becomes one more link, as it should */
		html = page(ctx, naughty[i], &s);
		assert_int_equal(s.elements, plain.elements);
		assert_int_equal(s.attributes, plain.attributes);
		assert_null(strstr(html, "<script>"));
		assert_null(strstr(html, " style=\""));
	}
	talloc_free(ctx);
}

static void test_page_says_what_it_must(void **state)
{
	void *ctx = talloc_new(NULL);
	struct shape s = {0, 0};
	char *html = page(ctx, "Water office", &s);
	const char *h1 = strstr(html, "<h1>"), *claim = strstr(html, "class=\"claim\"");

	(void)state;
	assert_non_null(h1);
	assert_true(claim > h1); /* the fact leads */
	assert_true(strstr(html, "class=\"erratum\"") < h1);
	assert_non_null(strstr(html, "<p>fact <em>stands</em></p>"));
	assert_non_null(strstr(html, "2026-11-21 14:00"));
	assert_non_null(strstr(html, "application/ld+json"));
	assert_memory_equal(html, "<!DOCTYPE html>\n<html lang=\"en\">", 32);
	talloc_free(ctx);
}

static void test_index_page(void **state)
{
	struct hy_index_entry e = {"/1", "<b>", "s & t", HY_STATEMENT_NOTICE, T0};
	struct hy_index_page p = {.lang = HY_LANG_EN,
				  .office = "县",
				  .title = "发布",
				  .css_url = "/p.css",
				  .atom_url = "/a",
				  .json_feed_url = "/j",
				  .offset_minutes = 480,
				  .entries = &e,
				  .n = 1};
	struct shape s = {0, 0};
	struct hy_buf b;

	(void)state;
	hy_buf_init(&b, NULL, 1 << 16);
	hy_page_index(&b, &p);
	assert_int_equal(hy_html_parse(b.data, b.len, &shape_handlers, &s, NULL), HY_OK);
	assert_non_null(strstr(b.data, "<a href=\"/1\">&lt;b&gt;</a>"));
	hy_buf_reset(&b);
	p.n = 0;
	hy_page_index(&b, &p);
	assert_non_null(strstr(b.data, "Nothing has been published yet."));
	talloc_free(b.data);
}

static void test_tables(void **state)
{
	static const struct hy_column cols[] = {
		{"单位", HY_LEFT, 8}, {"n", HY_RIGHT, 0}, {"rate", HY_LEFT, 0}};
	static const char *const cells[] = {"水务局", "12",	  "98%", "abcdefghij", "7",
					    NULL,     "a\x1B\nb", "-1",	 "x"};
	struct hy_buf b;

	(void)state;
	hy_buf_init(&b, NULL, 4096);
	hy_table_text(&b, cols, 3, cells, 3);
	assert_string_equal(b.data, "单位       n  rate\n"
				    "水务局    12  98%\n"
				    "abcdefg…   7\n"
				    "a\\x1B\\x…  -1  x\n");
	hy_buf_reset(&b);
	hy_table_csv(&b, cols, 3, cells, 2);
	assert_string_equal(b.data, "单位,n,rate\r\n水务局,12,98%\r\nabcdefghij,7,\r\n");
	hy_buf_reset(&b);
	hy_table_html(&b, cols, 3, cells, 1);
	assert_string_equal(
		b.data, "<table>\n<thead><tr><th scope=\"col\">单位</th><th scope=\"col\">n</th>"
			"<th scope=\"col\">rate</th></tr></thead>\n<tbody>\n"
			"<tr><td>水务局</td><td class=\"n\">12</td><td>98%</td></tr>\n"
			"</tbody></table>\n");
	talloc_free(b.data);
}

static void check_dur(hy_dur d, const char *want)
{
	char *got = hy_dur_text(NULL, d, HY_LANG_EN);

	assert_string_equal(got, want);
	talloc_free(got);
}

static void test_words(void **state)
{
	char out[HY_TIME_LOCAL_MAX], *s;

	(void)state;
	assert_string_equal(hy_time_local(T0, 480, out), "2026-11-21 14:00");
	assert_string_equal(hy_time_local(0, 480, out), "—");
	check_dur(0, "0 s");
	check_dur(40 * HY_SECOND, "40 s");
	check_dur(5 * HY_MINUTE + 59 * HY_SECOND, "5 min");
	check_dur(2 * HY_HOUR + 5 * HY_MINUTE, "2 h 5 min");
	check_dur(3 * HY_DAY + 4 * HY_HOUR, "3 d 4 h");
	check_dur(-90 * HY_MINUTE, "-1 h 30 min");
	s = hy_text_summary(NULL, "第一句。第二句很长很长很长很长", 8);
	assert_string_equal(s, "第一句。");
	talloc_free(s);
	s = hy_text_summary(NULL, "  没有\n句号的  一段文字", 6);
	assert_string_equal(s, "没有 句号…");
	talloc_free(s);
	s = hy_text_summary(NULL, "短", 6);
	assert_string_equal(s, "短");
	talloc_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_atom),
		cmocka_unit_test(test_atom_bytes),
		cmocka_unit_test(test_signed_bytes),
		cmocka_unit_test(test_json_feed),
		cmocka_unit_test(test_claim_review),
		cmocka_unit_test(test_page_keeps_its_shape),
		cmocka_unit_test(test_page_says_what_it_must),
		cmocka_unit_test(test_index_page),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_words),
	};

	hy_xml_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
