/* JSON Feed 1.0 and 1.1 into the same struct. Ids may be numbers; author and authors both count. */
#include "collectors/collect.h"

#include <string.h>

static const char *text_of(const void *ctx, const struct hy_json *node, const char *name)
{
	const struct hy_json *v = hy_json_get(node, name);

	if (v && (v->type == HY_JSON_STRING || v->type == HY_JSON_INT || v->type == HY_JSON_REAL))
		return hy_strdup(ctx, v->text);
	return NULL;
}

static const char *url_of(const void *ctx, const struct hy_json *node, const char *name,
			  const char *base)
{
	const char *s = hy_json_str(node, name);

	return s && *s ? hy_link_resolve(ctx, base, s) : NULL;
}

static const char *plain_of(const void *ctx, const struct hy_json *node, const char *name)
{
	const char *s = hy_json_str(node, name);

	return s ? hy_trim(ctx, s, strlen(s)) : NULL;
}

static void read_date(const void *ctx, const struct hy_json *node, const char *name, int offset,
		      hy_time *t, enum hy_date_quality *q, const char **raw)
{
	*raw = text_of(ctx, node, name);
	*q = *raw ? hy_feed_date_parse(*raw, offset, t) : HY_DATE_NONE;
}

static const char *author_of(const void *ctx, const struct hy_json *item, const char **name)
{
	const struct hy_json *list = hy_json_get(item, "authors"),
			     *one = hy_json_get(item, "author");
	const char *s;

	if (list && list->type == HY_JSON_ARRAY && list->n)
		one = list->at[0];
	if (!one || one->type != HY_JSON_OBJECT)
		return NULL;
	*name = hy_strdup(ctx, hy_json_str(one, "name"));
	s = hy_json_str(one, "url");
	return s && *s ? hy_strdup(ctx, s) : *name;
}

static void read_attachments(const void *ctx, const struct hy_json *item, const char *base,
			     struct hy_feed_entry *e)
{
	const struct hy_json *list = hy_json_get(item, "attachments");
	struct hy_feed_enclosure *out;

	if (!list || list->type != HY_JSON_ARRAY || !list->n)
		return;
	out = hy_new_array(ctx, struct hy_feed_enclosure, list->n < 100 ? list->n : 100);
	for (size_t i = 0; i < list->n && e->n_enclosures < 100; i++) {
		const char *url = url_of(ctx, list->at[i], "url", base);

		if (!url)
			continue;
		out[e->n_enclosures++] = (struct hy_feed_enclosure){
			.url = url,
			.type = text_of(ctx, list->at[i], "mime_type"),
			.length = hy_json_int(list->at[i], "size_in_bytes", -1)};
	}
	e->enclosures = out;
}

static void read_item(const void *ctx, const struct hy_json *item, const char *base,
		      const struct hy_feed_in *in, struct hy_feed_entry *e)
{
	const char *html = hy_json_str(item, "content_html");

	e->id = text_of(ctx, item, "id");
	e->link = url_of(ctx, item, "url", base);
	if (!e->link)
		e->link = url_of(ctx, item, "external_url", base);
	e->title = plain_of(ctx, item, "title");
	e->summary = plain_of(ctx, item, "summary");
	e->summary_plain = true;
	if (html) {
		e->content = hy_markup_clean(ctx, html, e->link ? e->link : base);
	} else {
		e->content = plain_of(ctx, item, "content_text");
		e->content_plain = true;
	}
	read_date(ctx, item, "date_published", in->offset_minutes, &e->published, &e->published_q,
		  &e->published_raw);
	read_date(ctx, item, "date_modified", in->offset_minutes, &e->updated, &e->updated_q,
		  &e->updated_raw);
	e->author = author_of(ctx, item, &e->author_name);
	e->lang = plain_of(ctx, item, "language");
	e->image = url_of(ctx, item, "image", base);
	read_attachments(ctx, item, base, e);
}

static void read_top(const void *ctx, const struct hy_json *root, const struct hy_feed_in *in,
		     const char *base, struct hy_feed *f)
{
	const struct hy_json *hubs = hy_json_get(root, "hubs");

	f->title = plain_of(ctx, root, "title");
	f->link = url_of(ctx, root, "home_page_url", base);
	f->subtitle = plain_of(ctx, root, "description");
	f->subtitle_plain = true;
	f->language = plain_of(ctx, root, "language");
	f->image = url_of(ctx, root, "icon", base);
	if (!f->image)
		f->image = url_of(ctx, root, "favicon", base);
	f->self_url = url_of(ctx, root, "feed_url", in->base_url);
	f->id = f->self_url;
	f->next_url = url_of(ctx, root, "next_url", base);
	if (f->next_url && f->self_url && strcmp(f->next_url, f->self_url) == 0)
		f->next_url = NULL;
	f->expired = hy_json_bool(root, "expired", false);
	for (size_t i = 0; hubs && hubs->type == HY_JSON_ARRAY && i < hubs->n && !f->hub_url; i++)
		f->hub_url = url_of(ctx, hubs->at[i], "url", base);
}

static const char *version_of(const char *v)
{
	size_t n;

	if (!v)
		return "";
	if (strncmp(v, "https://", 8) == 0 || strncmp(v, "http://", 7) == 0)
		v = strchr(v, '/') + 2;
	if (strncmp(v, "www.", 4) == 0)
		v += 4;
	if (strncmp(v, "jsonfeed.org/version/1", 22) != 0)
		return "";
	v += 22;
	n = strlen(v);
	return n >= 2 && strncmp(v, ".1", 2) == 0 ? "json11" : "json1";
}

/* Without a version, only an object with members of a feed is taken for one: never the error of
 * some other service. */
static bool has_feed_member(const struct hy_json *root)
{
	static const char *const names[] = {"items",	"title",   "home_page_url", "feed_url",
					    "next_url", "favicon", "icon",	    "hubs"};

	for (size_t i = 0; i < HY_LEN(names); i++)
		if (hy_json_get(root, names[i]))
			return true;
	return hy_json_str(root, "description") && !hy_json_get(root, "error");
}

enum hy_status hy_feed_parse_json(const void *ctx, const struct hy_decoded *text,
				  const struct hy_feed_in *in, struct hy_feed **out,
				  struct hy_err *err)
{
	struct hy_json *root;
	const struct hy_json *items;
	struct hy_feed *f;
	struct hy_feed_entry *entries;
	const char *base;
	enum hy_status st = hy_json_parse(ctx, text->text, text->n, HY_JSON_BOM, &root, err);

	if (st != HY_OK)
		return hy_err_wrap(err, _("JSON feed cut or malformed"));
	items = hy_json_get(root, "items");
	f = hy_new(ctx, struct hy_feed);
	f->version = version_of(hy_json_str(root, "version"));
	f->ttl_minutes = -1;
	if (!*f->version && !has_feed_member(root))
		return hy_err_set(err, HY_EINPUT,
				  _("JSON, but no JSON Feed: version and items are missing"));
	f->strict = f->complete = true;
	f->well_formed = *f->version && items && items->type == HY_JSON_ARRAY;
	if (!f->well_formed)
		f->problem = "version or items is missing";
	base = url_of(ctx, root, "home_page_url", in->base_url);
	if (!base)
		base = url_of(ctx, root, "feed_url", in->base_url);
	if (!base)
		base = in->base_url;
	read_top(ctx, root, in, base, f);
	if (items && items->type == HY_JSON_ARRAY) {
		if (items->n > HY_FEED_ENTRIES_MAX)
			return hy_err_set(err, HY_EINPUT, _("the feed has %zu entries: at most %d"),
					  items->n, HY_FEED_ENTRIES_MAX);
		entries = hy_new_array(ctx, struct hy_feed_entry, items->n + 1);
		for (size_t i = 0; i < items->n; i++)
			if (items->at[i]->type == HY_JSON_OBJECT)
				read_item(ctx, items->at[i], base, in, &entries[f->n_entries++]);
		f->entries = entries;
	}
	*out = f;
	return HY_OK;
}
