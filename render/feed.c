/*
 * The office's statements as Atom 1.0 (RFC 4287) and JSON Feed 1.1. A signed entry says so twice:
 * to programs in elements of our own, and to people as the last lines of its content.
 */
#include "render/render.h"

#include "base/base.h"

#include <string.h>

static hy_time entry_updated(const struct hy_feed_out_entry *e)
{
	return e->updated > 0 ? e->updated : e->published;
}

static hy_time feed_updated(const struct hy_feed_out *feed)
{
	hy_time newest = feed->updated;

	for (size_t i = 0; feed->updated == 0 && i < feed->n; i++)
		if (entry_updated(&feed->entries[i]) > newest)
			newest = entry_updated(&feed->entries[i]);
	return newest;
}

static void time_element(struct hy_buf *b, const char *name, hy_time t)
{
	char iso[HY_TIME_ISO_MAX];

	hy_xml_element(b, name, hy_time_iso(t, iso));
}

static void link_element(struct hy_buf *b, const char *rel, const char *type, const char *url)
{
	if (!hy_url_is_safe(url))
		return;
	hy_buf_str(b, "<link");
	hy_xml_attr(b, "rel", rel);
	hy_xml_attr(b, "type", type);
	hy_xml_attr(b, "href", url);
	hy_buf_str(b, "/>\n");
}

/* ---- the signature of an entry ---- */

static bool is_signed(const struct hy_feed_out_entry *e)
{
	return e->digest_hex && e->signature_b64;
}

static enum hy_lang feed_lang(const struct hy_feed_out *feed)
{
	return feed->lang && strncmp(feed->lang, "en", 2) == 0 ? HY_LANG_EN : HY_LANG_ZH;
}

/* The last paragraph of an HTML content, for people. */
static char *html_signed(const void *ctx, const struct hy_feed_out *feed,
			 const struct hy_feed_out_entry *e)
{
	struct hy_buf b;

	hy_buf_init(&b, ctx, SIZE_MAX);
	hy_buf_str(&b, e->html); /* from the sanitiser */
	if (is_signed(e)) {
		hy_html_raw(&b, "\n<p>SHA-256 <code>");
		hy_html_text(&b, e->digest_hex);
		hy_html_raw(&b, "</code><br>");
		hy_html_text(&b, hy_tr(feed_lang(feed), N_("Signature of the office (Ed25519): ")));
		hy_html_raw(&b, "<code>");
		hy_html_text(&b, e->signature_b64);
		hy_html_raw(&b, "</code></p>\n");
	}
	char *out = hy_buf_take(&b, NULL);
	talloc_free(b.data); /* the new empty one */
	return out;
}

/* The last lines of a plain content, for people. */
static char *text_signed(const void *ctx, const struct hy_feed_out *feed,
			 const struct hy_feed_out_entry *e)
{
	const char *text = e->text ? e->text : "";

	if (!is_signed(e))
		return hy_strdup(ctx, text);
	return hy_strf(ctx, "%s\nSHA-256 %s\n%s%s", text, e->digest_hex,
		       hy_tr(feed_lang(feed), N_("Signature of the office (Ed25519): ")),
		       e->signature_b64);
}

/* For programs. */
static void atom_signature(struct hy_buf *b, const struct hy_feed_out *feed,
			   const struct hy_feed_out_entry *e)
{
	if (!is_signed(e))
		return;
	hy_xml_element(b, "huying:digest", e->digest_hex);
	hy_xml_element(b, "huying:signature", e->signature_b64);
	hy_xml_element(b, "huying:key", feed->key_hex);
	hy_buf_chr(b, '\n');
}

static void atom_body(struct hy_buf *b, const struct hy_feed_out *feed,
		      const struct hy_feed_out_entry *e)
{
	char *content = NULL;

	if (e->html)
		content = html_signed(NULL, feed, e);
	else if (e->text || is_signed(e))
		content = text_signed(NULL, feed, e);
	if (content) {
		hy_buf_str(b, e->html ? "<content type=\"html\">" : "<content type=\"text\">");
		hy_xml_text(b, content);
		hy_buf_str(b, "</content>\n");
	}
	if (e->html && e->text) {
		hy_buf_str(b, "<summary type=\"text\">");
		hy_xml_text(b, e->text);
		hy_buf_str(b, "</summary>\n");
	}
	/* RFC 4287 4.1.2: an entry without content needs an alternate link. */
	if (!content && !hy_url_is_safe(e->url))
		hy_buf_str(b, "<content type=\"text\"></content>\n");
	talloc_free(content);
}

static void atom_entry(struct hy_buf *b, const struct hy_feed_out *feed,
		       const struct hy_feed_out_entry *e)
{
	hy_buf_str(b, "<entry>\n");
	hy_xml_element(b, "id", e->id);
	hy_xml_element(b, "title", e->title ? e->title : "");
	hy_buf_chr(b, '\n');
	time_element(b, "updated", entry_updated(e));
	if (e->published > 0)
		time_element(b, "published", e->published);
	hy_buf_chr(b, '\n');
	link_element(b, "alternate", "text/html", e->url);
	if (e->source) {
		hy_buf_str(b, "<author>");
		hy_xml_element(b, "name", e->source);
		hy_buf_str(b, "</author>\n");
	}
	if (e->category) {
		hy_buf_str(b, "<category");
		hy_xml_attr(b, "term", e->category);
		hy_xml_attr(b, "label", e->category_label);
		hy_buf_str(b, "/>\n");
	}
	atom_body(b, feed, e);
	atom_signature(b, feed, e);
	hy_buf_str(b, "</entry>\n");
}

static bool any_signed(const struct hy_feed_out *feed)
{
	for (size_t i = 0; i < feed->n; i++)
		if (is_signed(&feed->entries[i]))
			return true;
	return false;
}

void hy_feed_atom(struct hy_buf *b, const struct hy_feed_out *feed)
{
	hy_buf_str(b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
		      "<feed xmlns=\"http://www.w3.org/2005/Atom\"");
	if (any_signed(feed))
		hy_xml_attr(b, "xmlns:huying", HY_FEED_NAMESPACE);
	hy_xml_attr(b, "xml:lang", feed->lang);
	hy_buf_str(b, ">\n");
	hy_xml_element(b, "id", feed->id);
	hy_xml_element(b, "title", feed->title);
	hy_xml_element(b, "subtitle", feed->subtitle);
	hy_buf_chr(b, '\n');
	time_element(b, "updated", feed_updated(feed));
	hy_buf_str(b, "<author>");
	hy_xml_element(b, "name", feed->office ? feed->office : "");
	hy_buf_str(b, "</author>\n<generator>Huying</generator>\n");
	link_element(b, "self", "application/atom+xml", feed->self_url);
	link_element(b, "alternate", "text/html", feed->home_url);
	for (size_t i = 0; i < feed->n; i++)
		atom_entry(b, feed, &feed->entries[i]);
	hy_buf_str(b, "</feed>\n");
}

static void json_time(struct hy_json_writer *w, const char *name, hy_time t)
{
	char iso[HY_TIME_ISO_MAX];

	if (t > 0)
		hy_jw_kstr(w, name, hy_time_iso(t, iso));
}

static void json_opt(struct hy_json_writer *w, const char *name, const char *value)
{
	if (value)
		hy_jw_kstr(w, name, value);
}

/* An extension of JSON Feed: a name that begins with "_", an object. */
static void json_signature(struct hy_json_writer *w, const struct hy_feed_out *feed,
			   const struct hy_feed_out_entry *e)
{
	if (!is_signed(e))
		return;
	hy_jw_key(w, "_huying");
	hy_jw_object(w);
	hy_jw_kstr(w, "digest", e->digest_hex);
	hy_jw_kstr(w, "signature", e->signature_b64);
	json_opt(w, "key", feed->key_hex);
	json_opt(w, "key_url", feed->key_url);
	hy_jw_end_object(w);
}

static void json_content(struct hy_json_writer *w, const struct hy_feed_out *feed,
			 const struct hy_feed_out_entry *e)
{
	char *content = e->html ? html_signed(NULL, feed, e) : text_signed(NULL, feed, e);

	hy_jw_kstr(w, e->html ? "content_html" : "content_text", content);
	if (e->html)
		json_opt(w, "summary", e->text);
	talloc_free(content);
}

static void json_item(struct hy_json_writer *w, const struct hy_feed_out *feed,
		      const struct hy_feed_out_entry *e)
{
	hy_jw_object(w);
	hy_jw_kstr(w, "id", e->id);
	if (hy_url_is_safe(e->url))
		hy_jw_kstr(w, "url", e->url);
	json_opt(w, "title", e->title);
	json_content(w, feed, e);
	json_time(w, "date_published", e->published);
	json_time(w, "date_modified", entry_updated(e));
	if (e->category) {
		hy_jw_key(w, "tags");
		hy_jw_array(w);
		hy_jw_str(w, e->category_label ? e->category_label : e->category);
		hy_jw_end_array(w);
	}
	json_signature(w, feed, e);
	hy_jw_end_object(w);
}

char *hy_feed_json(const void *ctx, const struct hy_feed_out *feed)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);
	char *out;

	hy_jw_object(w);
	hy_jw_kstr(w, "version", "https://jsonfeed.org/version/1.1");
	hy_jw_kstr(w, "title", feed->title);
	json_opt(w, "description", feed->subtitle);
	if (hy_url_is_safe(feed->home_url))
		hy_jw_kstr(w, "home_page_url", feed->home_url);
	if (hy_url_is_safe(feed->self_url))
		hy_jw_kstr(w, "feed_url", feed->self_url);
	json_opt(w, "language", feed->lang);
	hy_jw_key(w, "authors");
	hy_jw_array(w);
	hy_jw_object(w);
	hy_jw_kstr(w, "name", feed->office ? feed->office : "");
	hy_jw_end_object(w);
	hy_jw_end_array(w);
	hy_jw_key(w, "items");
	hy_jw_array(w);
	for (size_t i = 0; i < feed->n; i++)
		json_item(w, feed, &feed->entries[i]);
	hy_jw_end_array(w);
	hy_jw_end_object(w);
	out = hy_strdup(ctx, hy_jw_text(w, NULL));
	talloc_free(w);
	return out;
}
