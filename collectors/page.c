/*
 * What platforms tell, as a feed: so one door (take.c) serves every source. Runs in the parse
 * child.
 */
#include "collectors/collect.h"

#include <string.h>

/* Names within a collector's hint: "key=value" lines. NULL when absent. child of ctx. */
char *hy_hint_get(const void *ctx, const char *hint, const char *key)
{
	size_t n = strlen(key);

	for (const char *p = hint; p != NULL && *p != '\0';) {
		size_t len = strcspn(p, "\n");

		if (len > n && strncmp(p, key, n) == 0 && p[n] == '=')
			return hy_strndup(ctx, p + n + 1, len - n - 1);
		p += len + (p[len] == '\n');
	}
	return NULL;
}

struct hy_feed *hy_page_feed_new(const void *ctx, const char *version)
{
	struct hy_feed *f = hy_new(ctx, struct hy_feed);

	f->well_formed = f->complete = f->strict = true;
	f->version = version;
	f->encoding = "utf-8";
	f->ttl_minutes = -1;
	return f;
}

/* Only what everybody may see, and what is still there; the others are counted by the caller. */
static bool entry_of(const void *ctx, const struct hy_platform_entry *e, struct hy_feed_entry *out)
{
	if (e->not_public)
		return false;
	*out = (struct hy_feed_entry){
		.id = hy_strdup(ctx, e->id),
		.link = e->url != NULL && hy_is_http(e->url) ? hy_strdup(ctx, e->url) : NULL,
		.author = hy_strdup(ctx, e->author != NULL ? e->author : e->author_name),
		.author_name = hy_strdup(ctx, e->author_name),
		.published = e->posted,
		.published_q = e->posted ? HY_DATE_EXACT : HY_DATE_NONE,
		.comment = e->kind == HY_ENTRY_COMMENT,
		.removed = e->removed,
		.cut = e->cut,
	};
	if (e->title != NULL)
		out->title = hy_markup_plain(ctx, e->title);
	if (e->is_html)
		out->content = hy_markup_clean(ctx, e->text, e->url);
	else
		out->content = hy_strdup(ctx, e->text);
	out->content_plain = !e->is_html;
	return true;
}

void hy_page_entries(struct hy_feed *f, const struct hy_platform_page *page)
{
	struct hy_feed_entry *list = hy_new_array(f, struct hy_feed_entry, page->n + 1);

	f->n_skipped = (size_t)page->skipped;
	for (size_t i = 0; i < page->n && f->n_entries < HY_FEED_ENTRIES_MAX; i++) {
		if (entry_of(f, &page->entries[i], &list[f->n_entries]))
			f->n_entries++;
		else
			f->n_skipped++;
	}
	f->entries = list;
}
