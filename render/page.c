/*
 * The public pages. No script and no inline style of ours, so they stand under a policy of
 * default-src 'none'; style-src 'self'. The headline leads with the fact; the claim stands below
 * it, because a claim in a headline spreads.
 */
#include "render/render.h"

#include "base/base.h"

#include <string.h>

static const char css[] =
	":root{color-scheme:light dark;--ink:#1c1b19;--paper:#fbfaf7;--line:#d9d5cb;--soft:#6b665c;"
	"--mark:#9c2f1f;--link:#1f5f8b}\n"
	"@media(prefers-color-scheme:dark){:root{--ink:#ece8df;--paper:#191816;--line:#3b3832;"
	"--soft:#a49d8f;--mark:#e58a78;--link:#8cc3ea}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;max-width:44rem;padding:1.5rem 1rem 4rem;background:var(--paper);"
	"color:var(--ink);font:1.0625rem/1.8 \"Noto Sans CJK SC\",\"PingFang SC\","
	"\"Microsoft YaHei\",sans-serif;overflow-wrap:anywhere}\n"
	"header,footer{color:var(--soft);font-size:.875rem}\n"
	"header{border-bottom:1px solid var(--line);padding-bottom:.5rem}\n"
	"footer{border-top:1px solid var(--line);margin-top:3rem;padding-top:.75rem}\n"
	"a{color:var(--link)}\n"
	"h1{font-size:1.75rem;line-height:1.35;margin:.5rem 0}\n"
	"h2{font-size:1.125rem;margin:2rem 0 .5rem}\n"
	".kind{color:var(--mark);font-weight:700;margin:1.5rem 0 0}\n"
	".meta{color:var(--soft);font-size:.875rem;margin:0 0 1.5rem}\n"
	".erratum{border-left:.25rem solid var(--mark);padding:.25rem 1rem;margin:1rem 0}\n"
	".claim{border:1px solid var(--line);padding:.25rem 1rem;margin:1.5rem 0}\n"
	".verdict{color:var(--mark);font-weight:700}\n"
	"code{font-size:.8125rem;word-break:break-all}\n"
	"img{max-width:100%;height:auto}\n"
	"table{border-collapse:collapse}td,th{border:1px solid var(--line);padding:.25rem .5rem}"
	".n{text-align:right}\n"
	"ul.list{list-style:none;padding:0}ul.list li{border-bottom:1px solid var(--line);"
	"padding:.75rem 0}\n"
	"@media print{body{max-width:none;color:#000;background:#fff}a{color:inherit}}\n";

const char *hy_page_css(void)
{
	return css;
}

static const char *lang_code(enum hy_lang lang)
{
	return lang == HY_LANG_ZH ? "zh-CN" : "en";
}

static void head_link(struct hy_buf *b, const char *rel, const char *type, const char *url)
{
	if (!hy_url_is_safe(url))
		return;
	hy_html_raw(b, "<link");
	hy_html_attr(b, "rel", rel);
	hy_html_attr(b, "type", type);
	(void)hy_html_url(b, "href", url);
	hy_html_raw(b, ">\n");
}

static void head_begin(struct hy_buf *b, enum hy_lang lang, const char *title, const char *office)
{
	hy_html_raw(b, "<!DOCTYPE html>\n<html");
	hy_html_attr(b, "lang", lang_code(lang));
	hy_html_raw(b, ">\n<head>\n<meta charset=\"utf-8\">\n"
		       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		       "<title>");
	hy_html_text(b, title);
	if (office) {
		hy_html_raw(b, " · ");
		hy_html_text(b, office);
	}
	hy_html_raw(b, "</title>\n");
}

static void put_link(struct hy_buf *b, const char *url, const char *title)
{
	bool link = hy_url_is_safe(url);

	if (link) {
		hy_html_raw(b, "<a");
		(void)hy_html_url(b, "href", url);
		hy_html_raw(b, ">");
	}
	hy_html_text(b, title && title[0] ? title : url);
	if (link)
		hy_html_raw(b, "</a>");
}

static void put_time(struct hy_buf *b, hy_time t, int offset_minutes)
{
	char iso[HY_TIME_ISO_MAX], local[HY_TIME_LOCAL_MAX];

	hy_html_raw(b, "<time");
	hy_html_attr(b, "datetime", hy_time_iso(t, iso));
	hy_html_raw(b, ">");
	hy_html_text(b, hy_time_local(t, offset_minutes, local));
	hy_html_raw(b, "</time>");
}

static void page_head(struct hy_buf *b, const struct hy_statement_page *p)
{
	void *ctx = talloc_new(NULL);
	char *json = p->review ? hy_claim_review_json(ctx, p->review) : NULL;

	head_begin(b, p->lang, p->title, p->office);
	head_link(b, "stylesheet", NULL, p->css_url);
	head_link(b, "canonical", NULL, p->self_url);
	head_link(b, "alternate", "application/atom+xml", p->atom_url);
	if (p->marker) {
		hy_html_raw(b, "<meta name=\"huying-marker\"");
		hy_html_attr(b, "content", p->marker);
		hy_html_raw(b, ">\n");
	}
	if (json) {
		hy_html_raw(b, "<script type=\"application/ld+json\">");
		hy_html_json(b, json);
		hy_html_raw(b, "</script>\n");
	}
	hy_html_raw(b, "</head>\n<body>\n<header>");
	put_link(b, p->home_url, p->office);
	hy_html_raw(b, "</header>\n<main>\n");
	talloc_free(ctx);
}

/* What was put right stands above all, as visible as the text itself. */
static void page_errata(struct hy_buf *b, const struct hy_statement_page *p)
{
	for (size_t i = 0; i < p->n_corrected_by; i++) {
		const struct hy_page_link *l = &p->corrected_by[i];

		hy_html_raw(b, "<p class=\"erratum\">");
		hy_html_text(b, hy_tr(p->lang, N_("This statement has been put right: ")));
		put_link(b, l->url, l->title);
		if (l->at > 0) {
			hy_html_raw(b, " ");
			put_time(b, l->at, p->offset_minutes);
		}
		hy_html_raw(b, "</p>\n");
	}
	if (p->corrects) {
		hy_html_raw(b, "<p class=\"erratum\">");
		hy_html_text(b, hy_tr(p->lang, N_("This puts right: ")));
		put_link(b, p->corrects->url, p->corrects->title);
		hy_html_raw(b, "</p>\n");
	}
}

static void page_title(struct hy_buf *b, const struct hy_statement_page *p)
{
	hy_html_raw(b, "<p class=\"kind\">");
	hy_html_text(b, hy_statement_kind_label(p->kind, p->lang));
	hy_html_raw(b, "</p>\n<h1>");
	hy_html_text(b, p->title);
	hy_html_raw(b, "</h1>\n<p class=\"meta\">");
	hy_html_text(b, p->unit ? p->unit : p->office);
	hy_html_raw(b, " · ");
	put_time(b, p->published, p->offset_minutes);
	if (p->updated > p->published) {
		hy_html_raw(b, " · ");
		hy_html_text(b, hy_tr(p->lang, N_("updated ")));
		put_time(b, p->updated, p->offset_minutes);
	}
	hy_html_raw(b, "</p>\n");
}

static void page_claim(struct hy_buf *b, const struct hy_statement_page *p)
{
	const struct hy_claim_review *r = p->review;

	if (r == NULL)
		return;
	hy_html_raw(b, "<section class=\"claim\">\n<h2>");
	hy_html_text(b, hy_tr(p->lang, N_("What was checked")));
	hy_html_raw(b, "</h2>\n<p>");
	hy_html_text(b, r->claim);
	hy_html_raw(b, "</p>\n<p class=\"verdict\">");
	hy_html_text(b, hy_verdict_label(r->verdict, p->lang));
	hy_html_raw(b, "</p>\n");
	if (r->finding) {
		hy_html_raw(b, "<p>");
		hy_html_text(b, r->finding);
		hy_html_raw(b, "</p>\n");
	}
	hy_html_raw(b, "</section>\n");
}

static void page_evidence(struct hy_buf *b, const struct hy_statement_page *p)
{
	if (p->n_evidence == 0)
		return;
	hy_html_raw(b, "<section>\n<h2>");
	hy_html_text(b, hy_tr(p->lang, N_("Evidence")));
	hy_html_raw(b, "</h2>\n<ul>\n");
	for (size_t i = 0; i < p->n_evidence; i++) {
		const struct hy_page_evidence *e = &p->evidence[i];

		hy_html_raw(b, "<li>");
		put_link(b, e->url, e->title);
		if (e->captured > 0) {
			hy_html_raw(b, " · ");
			put_time(b, e->captured, p->offset_minutes);
		}
		if (e->sha256) {
			hy_html_raw(b, "<br><code>SHA-256 ");
			hy_html_text(b, e->sha256);
			hy_html_raw(b, "</code>");
		}
		hy_html_raw(b, "</li>\n");
	}
	hy_html_raw(b, "</ul>\n</section>\n");
}

static void page_foot(struct hy_buf *b, const struct hy_statement_page *p)
{
	hy_html_raw(b, "</main>\n<footer>\n");
	if (p->digest_hex) {
		hy_html_raw(b, "<p>SHA-256 <code>");
		hy_html_text(b, p->digest_hex);
		hy_html_raw(b, "</code></p>\n");
	}
	if (p->signature_b64) {
		hy_html_raw(b, "<p>");
		hy_html_text(b, hy_tr(p->lang, N_("Signature of the office (Ed25519): ")));
		hy_html_raw(b, "<code>");
		hy_html_text(b, p->signature_b64);
		hy_html_raw(b, "</code>");
		if (hy_url_is_safe(p->key_url)) {
			hy_html_raw(b, " · ");
			put_link(b, p->key_url, hy_tr(p->lang, N_("public key")));
		}
		hy_html_raw(b, "</p>\n");
	}
	hy_html_raw(b, "<p>");
	hy_html_text(b, p->office);
	hy_html_raw(b, "</p>\n</footer>\n</body>\n</html>\n");
}

enum hy_status hy_page_statement(struct hy_buf *b, const struct hy_statement_page *page,
				 struct hy_err *err)
{
	char *html = NULL;
	enum hy_status st;

	page_head(b, page);
	page_errata(b, page);
	page_title(b, page);
	st = hy_markdown_to_html(NULL, page->markdown ? page->markdown : "", &html, err);
	if (st != HY_OK)
		return st;
	hy_html_raw(b, "<article>\n");
	hy_buf_str(b, html); /* from the sanitiser */
	talloc_free(html);
	hy_html_raw(b, "</article>\n");
	page_claim(b, page);
	page_evidence(b, page);
	page_foot(b, page);
	if (b->over)
		return hy_err_set(err, HY_EINPUT, "page grows past %zu bytes", b->max);
	return HY_OK;
}

void hy_page_index(struct hy_buf *b, const struct hy_index_page *page)
{
	head_begin(b, page->lang, page->title, page->office);
	head_link(b, "stylesheet", NULL, page->css_url);
	head_link(b, "alternate", "application/atom+xml", page->atom_url);
	head_link(b, "alternate", "application/feed+json", page->json_feed_url);
	hy_html_raw(b, "</head>\n<body>\n<header>");
	hy_html_text(b, page->office);
	hy_html_raw(b, "</header>\n<main>\n<h1>");
	hy_html_text(b, page->title);
	hy_html_raw(b, "</h1>\n");
	if (page->n == 0) {
		hy_html_raw(b, "<p>");
		hy_html_text(b, hy_tr(page->lang, N_("Nothing has been published yet.")));
		hy_html_raw(b, "</p>\n");
	}
	hy_html_raw(b, "<ul class=\"list\">\n");
	for (size_t i = 0; i < page->n; i++) {
		const struct hy_index_entry *e = &page->entries[i];

		hy_html_raw(b, "<li><span class=\"kind\">");
		hy_html_text(b, hy_statement_kind_label(e->kind, page->lang));
		hy_html_raw(b, "</span> ");
		put_time(b, e->published, page->offset_minutes);
		hy_html_raw(b, "<br>");
		put_link(b, e->url, e->title);
		if (e->summary) {
			hy_html_raw(b, "<br>");
			hy_html_text(b, e->summary);
		}
		hy_html_raw(b, "</li>\n");
	}
	hy_html_raw(b, "</ul>\n</main>\n<footer>\n");
	if (hy_url_is_safe(page->atom_url)) {
		hy_html_raw(b, "<p>");
		put_link(b, page->atom_url, "Atom");
		if (hy_url_is_safe(page->json_feed_url)) {
			hy_html_raw(b, " · ");
			put_link(b, page->json_feed_url, "JSON Feed");
		}
		hy_html_raw(b, "</p>\n");
	}
	hy_html_raw(b, "</footer>\n</body>\n</html>\n");
}
