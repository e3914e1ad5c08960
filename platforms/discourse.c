/*
 * Discourse: /posts.json tells every new post of the whole forum in one call, newest first, and
 * pages back by `before`; a board is what is kept of it.
 */
#include "platforms/internal.h"

#include <string.h>

#define POSTS_MAX 200

char *hy_discourse_url(const void *ctx, const char *base, enum hy_forum_look look, const char *id,
		       const char *before)
{
	size_t n = strcspn(base, "?#");

	while (n > 0 && base[n - 1] == '/')
		n--;
	if ((id != NULL && !hy_platform_plain(id, HY_DIGITS)) ||
	    (before != NULL && !hy_platform_plain(before, HY_DIGITS)))
		return NULL;
	if (look == HY_FORUM_RSS)
		return id == NULL ? hy_strf(ctx, "%.*s/posts.rss", (int)n, base)
				  : hy_strf(ctx, "%.*s/c/%s.rss", (int)n, base, id);
	if (before == NULL)
		return hy_strf(ctx, "%.*s/posts.json", (int)n, base);
	return hy_strf(ctx, "%.*s/posts.json?before=%s", (int)n, base, before);
}

static enum hy_status refused(const struct hy_json *root, struct hy_err *err)
{
	const char *type = hy_json_str(root, "error_type");
	const struct hy_json *list = hy_json_get(root, "errors");
	const char *words = list != NULL && list->type == HY_JSON_ARRAY && list->n > 0
				    ? list->at[0]->text
				    : NULL;

	if (type == NULL)
		return HY_OK;
	return hy_platform_error_set(err, "discourse", type, false, words);
}

static bool post_read(const void *ctx, const struct hy_json *p, const char *base,
		      struct hy_platform_entry *e)
{
	const char *id = hy_platform_id(p, "id"), *topic = hy_platform_id(p, "topic_id");
	const char *created = hy_json_str(p, "created_at");
	int64_t number = hy_platform_number(p, "post_number", 1);
	size_t n = strcspn(base, "?#");

	while (n > 0 && base[n - 1] == '/')
		n--;
	*e = (struct hy_platform_entry){.is_html = true};
	if (id == NULL || topic == NULL || strspn(topic, HY_DIGITS) != strlen(topic))
		return false;
	e->id = hy_strf(ctx, "post-%s", id);
	e->kind = number > 1 ? HY_ENTRY_COMMENT : HY_ENTRY_POST;
	e->on = number > 1 ? hy_strf(ctx, "topic-%s", topic) : NULL;
	e->title = number > 1 ? NULL : hy_json_str(p, "topic_title");
	e->removed = hy_json_bool(p, "hidden", false) || hy_json_bool(p, "user_deleted", false) ||
		     hy_json_str(p, "deleted_at") != NULL;
	e->text = e->removed ? NULL : hy_json_str(p, "cooked");
	if (e->text == NULL)
		e->text = "";
	e->author = e->author_name = hy_json_str(p, "username");
	if (created != NULL)
		(void)hy_time_parse_iso(created, 0, &e->posted, NULL); /* 0 when unreadable */
	e->url = hy_strf(ctx, "%.*s/t/%s/%" PRId64, (int)n, base, topic, number);
	return true;
}

enum hy_status hy_discourse_page_read(const void *ctx, const char *bytes, size_t n,
				      const char *base, const char *board,
				      struct hy_forum_page *out, struct hy_err *err)
{
	struct hy_forum_page got = {.page = {.left = -1}};
	struct hy_json *root = NULL;
	struct hy_platform_entry *e;
	enum hy_status status = hy_json_parse(ctx, bytes, n, HY_JSON_BOM, &root, err);

	if (status != HY_OK)
		return hy_err_wrap(err, "Discourse");
	status = refused(root, err);
	if (status != HY_OK)
		return status;
	const struct hy_json *list = hy_json_get(root, "latest_posts");

	if (list == NULL || list->type != HY_JSON_ARRAY)
		return hy_err_set(err, HY_ETEMP, "Discourse: %s", _("the answer is no list"));
	e = hy_new_array(ctx, struct hy_platform_entry,
			 (list->n < POSTS_MAX ? list->n : POSTS_MAX) + 1);
	for (size_t i = 0; i < list->n && i < POSTS_MAX; i++) {
		const char *id = hy_platform_id(list->at[i], "id");
		const char *of = hy_platform_id(list->at[i], "category_id");

		if (id != NULL && hy_platform_id_order(id, got.page.newest) > 0)
			got.page.newest = id;
		if (id != NULL &&
		    (got.page.next == NULL || hy_platform_id_order(id, got.page.next) < 0))
			got.page.next = id;
		if (board != NULL && (of == NULL || strcmp(of, board) != 0))
			continue; /* another board's */
		if (post_read(ctx, list->at[i], base, &e[got.page.n]))
			got.page.n++;
		else
			got.page.skipped++;
	}
	got.page.entries = e;
	*out = got;
	return HY_OK;
}
