/*
 * NodeBB as a guest: the page's path with /api before it. Since it federates, ids of posts may be
 * numbers or addresses: they are text here.
 */
#include "platforms/internal.h"

#include <string.h>

#define POSTS_MAX 500

char *hy_nodebb_url(const void *ctx, const char *base, enum hy_forum_look look, const char *id,
		    int page)
{
	size_t n = strcspn(base, "?#");

	while (n > 0 && base[n - 1] == '/')
		n--;
	if (id != NULL && !hy_platform_plain(id, HY_DIGITS))
		return NULL;
	if (look == HY_FORUM_RSS)
		return id == NULL
			       ? hy_strf(ctx, "%.*s/recentposts.rss", (int)n, base)
			       : hy_strf(ctx, "%.*s/category/%s/recentposts.rss", (int)n, base, id);
	if (look == HY_FORUM_THREAD)
		return id == NULL
			       ? NULL
			       : hy_strf(ctx, "%.*s/api/topic/%s?page=%d", (int)n, base, id, page);
	return id == NULL ? hy_strf(ctx, "%.*s/api/recent?page=%d", (int)n, base, page)
			  : hy_strf(ctx, "%.*s/api/category/%s?page=%d&sort=recently_replied",
				    (int)n, base, id, page);
}

static hy_time millis(const struct hy_json *node, const char *name)
{
	int64_t v = hy_platform_number(node, name, 0);

	return v > 0 && v < INT64_C(4102444800000) ? v : 0;
}

static bool is_set(const struct hy_json *node, const char *name)
{
	return hy_platform_number(node, name, 0) != 0 || hy_json_bool(node, name, false);
}

static void threads_read(const void *ctx, const struct hy_json *list, struct hy_forum_page *out)
{
	struct hy_forum_thread *t = hy_new_array(ctx, struct hy_forum_thread, list->n + 1);

	for (size_t i = 0; i < list->n && out->n_threads < POSTS_MAX; i++) {
		const struct hy_json *one = list->at[i];
		const char *tid = hy_platform_id(one, "tid");

		if (tid == NULL || strspn(tid, HY_DIGITS) != strlen(tid) ||
		    is_set(one, "deleted") || is_set(one, "scheduled")) {
			out->page.skipped++;
			continue;
		}
		t[out->n_threads++] = (struct hy_forum_thread){
			.id = tid,
			.last = millis(one, "lastposttime"),
			.posts = hy_platform_number(one, "postcount", 1),
		};
	}
	out->threads = t;
}

/* "post-12" of this forum; of another server its address as it is. */
static const char *post_id(const void *ctx, const struct hy_json *p)
{
	const struct hy_json *v = hy_json_get(p, "pid");

	if (v == NULL || (v->type != HY_JSON_STRING && v->type != HY_JSON_INT) ||
	    *v->text == '\0' || strlen(v->text) > HY_NET_URL_MAX)
		return NULL;
	return strspn(v->text, HY_DIGITS) == strlen(v->text) ? hy_strf(ctx, "post-%s", v->text)
							     : v->text;
}

static void post_read(const void *ctx, const struct hy_json *topic, const struct hy_json *p,
		      const char *base, struct hy_platform_entry *e)
{
	const struct hy_json *user = hy_json_get(p, "user"), *uid = hy_json_get(p, "uid");
	const char *tid = hy_platform_id(topic, "tid"), *title = hy_json_str(topic, "titleRaw");
	int64_t index = hy_platform_number(p, "index", 0);
	size_t n = strcspn(base, "?#");

	while (n > 0 && base[n - 1] == '/')
		n--;
	*e = (struct hy_platform_entry){.id = post_id(ctx, p), .is_html = true};
	e->kind = index > 0 ? HY_ENTRY_COMMENT : HY_ENTRY_POST;
	e->on = index > 0 ? hy_strf(ctx, "topic-%s", tid) : NULL;
	e->title = index > 0 ? NULL : title;
	e->removed = is_set(p, "deleted");
	e->text = e->removed ? NULL : hy_json_str(p, "content");
	if (e->text == NULL)
		e->text = "";
	if (uid != NULL && uid->text != NULL && strcmp(uid->text, "0") != 0)
		e->author = uid->text;
	e->author_name = hy_json_str(user, "username");
	e->posted = millis(p, "timestamp");
	e->url = hy_strf(ctx, "%.*s/topic/%s/-/%" PRId64, (int)n, base, tid, index + 1);
}

static enum hy_status topic_read(const void *ctx, const struct hy_json *root, const char *base,
				 struct hy_forum_page *out, struct hy_err *err)
{
	const struct hy_json *list = hy_json_get(root, "posts"),
			     *paging = hy_json_get(root, "pagination");
	const char *tid = hy_platform_id(root, "tid");
	int64_t at = hy_platform_number(paging, "currentPage", 1),
		last = hy_platform_number(paging, "pageCount", 1);
	struct hy_platform_entry *e;

	if (tid == NULL || strspn(tid, HY_DIGITS) != strlen(tid))
		return hy_err_set(err, HY_ETEMP, "NodeBB: %s", _("the answer names no thread"));
	e = hy_new_array(ctx, struct hy_platform_entry,
			 (list->n < POSTS_MAX ? list->n : POSTS_MAX) + 1);
	for (size_t i = 0; i < list->n && out->page.n < POSTS_MAX; i++) {
		post_read(ctx, root, list->at[i], base, &e[out->page.n]);
		if (e[out->page.n].id != NULL)
			out->page.n++;
		else
			out->page.skipped++;
	}
	out->page.entries = e;
	if (at >= 1 && at < last)
		out->page.next = hy_strf(ctx, "%" PRId64, at + 1);
	return HY_OK;
}

enum hy_status hy_nodebb_page_read(const void *ctx, const char *bytes, size_t n, const char *base,
				   struct hy_forum_page *out, struct hy_err *err)
{
	struct hy_forum_page got = {.page = {.left = -1}};
	struct hy_json *root = NULL;
	enum hy_status status = hy_json_parse(ctx, bytes, n, HY_JSON_BOM, &root, err);

	if (status != HY_OK)
		return hy_err_wrap(err, "NodeBB");
	const struct hy_json *posts = hy_json_get(root, "posts"),
			     *topics = hy_json_get(root, "topics");

	if (posts != NULL && posts->type == HY_JSON_ARRAY)
		status = topic_read(ctx, root, base, &got, err);
	else if (topics != NULL && topics->type == HY_JSON_ARRAY)
		threads_read(ctx, topics, &got);
	else
		status = hy_err_set(err, HY_ETEMP, "NodeBB: %s", _("the answer is no list"));
	if (status == HY_OK)
		*out = got;
	return status;
}
