/*
 * Discuz! X as a guest: its RSS and its mobile JSON. Every answer comes with HTTP 200, so its words
 * decide; every number in the JSON is a string; auth, saltkey and formhash are left unread.
 */
#include "platforms/internal.h"

#include <string.h>

#define POSTS_MAX 500 /* of one answer */

char *hy_discuz_url(const void *ctx, const char *base, enum hy_forum_look look, const char *id,
		    int page)
{
	size_t n = strcspn(base, "?#");

	while (n > 0 && base[n - 1] == '/')
		n--;
	if (id != NULL && !hy_platform_plain(id, HY_DIGITS))
		return NULL;
	if (look == HY_FORUM_RSS)
		return hy_strf(ctx, "%.*s/forum.php?mod=rss%s%s", (int)n, base,
			       id != NULL ? "&fid=" : "", id != NULL ? id : "");
	if (id == NULL)
		return NULL;
	if (look == HY_FORUM_THREAD)
		return hy_strf(
			ctx, "%.*s/api/mobile/index.php?version=4&module=viewthread&tid=%s&page=%d",
			(int)n, base, id, page);
	return hy_strf(ctx,
		       "%.*s/api/mobile/index.php?version=4&module=forumdisplay&fid=%s&page=%d"
		       "&orderby=lastpost",
		       (int)n, base, id, page);
}

char *hy_discuz_thread_of(const void *ctx, const char *link)
{
	const char *p = strstr(link, "tid=");
	size_t n;

	if (p != NULL) {
		p += 4;
	} else if ((p = strstr(link, "thread-")) != NULL) {
		p += 7;
	} else {
		return NULL;
	}
	n = strspn(p, HY_DIGITS);
	return n > 0 && n < 20 ? hy_strf(ctx, "thread-%.*s", (int)n, p) : NULL;
}

/* Codes carry "//1" and the like behind them. */
static enum hy_status said(const void *ctx, const struct hy_json *root, struct hy_err *err)
{
	const struct hy_json *m = hy_json_get(root, "Message");
	const char *code = hy_json_str(root, "error"), *words = NULL;

	if (code == NULL) {
		code = hy_json_str(m, "messageval");
		words = hy_json_str(m, "messagestr");
	}
	if (code == NULL || *code == '\0')
		return HY_OK;
	const char *tail = strstr(code, "//");

	if (tail != NULL)
		code = hy_strndup(ctx, code, (size_t)(tail - code));
	return hy_platform_error_set(err, "discuz", code, false, words);
}

enum hy_status hy_discuz_rss_check(const char *bytes, size_t n, struct hy_err *err)
{
	static const char *const words[] = {"RSS Disabled", "Specified forum not found",
					    "Access Denied"};

	for (size_t i = 0; i < HY_LEN(words); i++)
		if (n < 200 && memmem(bytes, n, words[i], strlen(words[i])) != NULL)
			return hy_platform_error_set(err, "discuz", words[i], false, NULL);
	return HY_OK;
}

static hy_time seconds(const struct hy_json *node, const char *name)
{
	int64_t v = hy_platform_number(node, name, 0);

	return v > 0 && v < INT64_C(4102444800) ? v * HY_SECOND : 0;
}

static char *thread_url(const void *ctx, const char *base, const char *tid)
{
	size_t n = strcspn(base, "?#");

	while (n > 0 && base[n - 1] == '/')
		n--;
	return hy_strf(ctx, "%.*s/forum.php?mod=viewthread&tid=%s", (int)n, base, tid);
}

static void threads_read(const void *ctx, const struct hy_json *list, struct hy_forum_page *out)
{
	struct hy_forum_thread *t = hy_new_array(ctx, struct hy_forum_thread, list->n + 1);

	for (size_t i = 0; i < list->n && out->n_threads < POSTS_MAX; i++) {
		const struct hy_json *one = list->at[i];
		const char *tid = hy_platform_id(one, "tid");

		if (tid == NULL || strspn(tid, HY_DIGITS) != strlen(tid)) {
			out->page.skipped++;
			continue;
		}
		t[out->n_threads++] = (struct hy_forum_thread){
			.id = tid,
			.last = seconds(one, "dblastpost"),
			.posts = hy_platform_number(one, "replies", 0) + 1,
		};
	}
	out->threads = t;
}

static void post_read(const void *ctx, const struct hy_json *p, const char *tid, const char *base,
		      const char *subject, struct hy_platform_entry *e)
{
	const char *first = hy_json_str(p, "first"), *pid = hy_platform_id(p, "pid");
	const char *who = hy_platform_id(p, "authorid"), *name = hy_json_str(p, "author");
	bool opening = first != NULL && strcmp(first, "1") == 0;

	*e = (struct hy_platform_entry){.is_html = true};
	if (pid == NULL)
		return;
	e->id = opening ? hy_strf(ctx, "thread-%s", tid) : hy_strf(ctx, "post-%s", pid);
	e->kind = opening ? HY_ENTRY_POST : HY_ENTRY_COMMENT;
	e->on = opening ? NULL : hy_strf(ctx, "thread-%s", tid);
	e->title = opening ? subject : NULL;
	e->text = hy_json_str(p, "message");
	if (e->text == NULL)
		e->text = "";
	/* an anonymous post has authorid 0: nobody's voice */
	e->author = who != NULL && strcmp(who, "0") != 0 ? who : NULL;
	e->author_name = e->author != NULL ? name : NULL;
	e->posted = seconds(p, "dbdateline");
	e->url = opening ? thread_url(ctx, base, tid)
			 : hy_strf(ctx, "%s&pid=%s", thread_url(ctx, base, tid), pid);
}

static enum hy_status thread_read(const void *ctx, const struct hy_json *v, const char *base,
				  int page, struct hy_forum_page *out, struct hy_err *err)
{
	const struct hy_json *thread = hy_json_get(v, "thread"), *list = hy_json_get(v, "postlist");
	const char *tid = hy_platform_id(thread, "tid");
	struct hy_platform_entry *e;
	int64_t replies = hy_platform_number(thread, "replies", 0);
	int64_t ppp = hy_platform_number(v, "ppp", 0);

	if (tid == NULL || strspn(tid, HY_DIGITS) != strlen(tid))
		return hy_err_set(err, HY_ETEMP, "Discuz: %s", _("the answer names no thread"));
	e = hy_new_array(ctx, struct hy_platform_entry,
			 (list->n < POSTS_MAX ? list->n : POSTS_MAX) + 1);
	for (size_t i = 0; i < list->n && out->page.n < POSTS_MAX; i++) {
		post_read(ctx, list->at[i], tid, base, hy_json_str(thread, "subject"),
			  &e[out->page.n]);
		if (e[out->page.n].id != NULL)
			out->page.n++;
		else
			out->page.skipped++;
	}
	out->page.entries = e;
	if (ppp > 0 && page > 0 && (int64_t)page * ppp < replies + 1)
		out->page.next = hy_strf(ctx, "%d", page + 1);
	return HY_OK;
}

enum hy_status hy_discuz_page_read(const void *ctx, const char *bytes, size_t n, const char *base,
				   int page, struct hy_forum_page *out, struct hy_err *err)
{
	struct hy_forum_page got = {.page = {.left = -1}};
	struct hy_json *root = NULL;
	enum hy_status status = hy_json_parse(ctx, bytes, n, HY_JSON_BOM, &root, err);

	if (status != HY_OK)
		return hy_err_wrap(err, "Discuz");
	status = said(ctx, root, err);
	if (status != HY_OK)
		return status;
	const struct hy_json *v = hy_json_get(root, "Variables");
	const struct hy_json *list = hy_json_get(v, "forum_threadlist");

	if (list == NULL)
		list = hy_json_get(v, "data");
	if (hy_json_get(v, "postlist") != NULL && hy_json_get(v, "postlist")->type == HY_JSON_ARRAY)
		status = thread_read(ctx, v, base, page, &got, err);
	else if (list != NULL && list->type == HY_JSON_ARRAY)
		threads_read(ctx, list, &got);
	else
		return hy_err_set(err, HY_ETEMP, "Discuz: %s", _("the answer is no list"));
	if (status == HY_OK)
		*out = got;
	return status;
}
