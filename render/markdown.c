/* Markdown of our own people by cmark in its safe mode, then through the same whitelist as HTML
 * from outside: one gate for all markup. */
#include "render/render.h"

#include "base/base.h"

#include <cmark.h>
#include <stdlib.h>
#include <string.h>

#define MARKDOWN_MAX (1u << 20)

static enum hy_status to_html(const char *markdown, char **out, struct hy_err *err)
{
	size_t n = strlen(markdown);

	if (n > MARKDOWN_MAX)
		return hy_err_set(err, HY_EINPUT, _("text of %zu bytes: at most %u"), n,
				  MARKDOWN_MAX);
	*out = cmark_markdown_to_html(markdown, n, CMARK_OPT_DEFAULT | CMARK_OPT_VALIDATE_UTF8);
	if (*out == NULL)
		hy_mem_die();
	return HY_OK;
}

enum hy_status hy_markdown_to_html(const void *ctx, const char *markdown, char **out,
				   struct hy_err *err)
{
	char *html = NULL;
	enum hy_status st = to_html(markdown, &html, err);

	if (st == HY_OK)
		st = hy_html_sanitise(ctx, html, strlen(html), NULL, NULL, out, err);
	free(html);
	return st;
}

enum hy_status hy_markdown_to_text(const void *ctx, const char *markdown, char **out,
				   struct hy_err *err)
{
	char *html = NULL;
	enum hy_status st = to_html(markdown, &html, err);

	if (st == HY_OK)
		st = hy_html_to_text(ctx, html, strlen(html), out, err);
	free(html);
	return st;
}

char *hy_markdown_warning(const void *ctx, const char *markdown, enum hy_lang lang)
{
	size_t n = strlen(markdown);
	cmark_node *doc;
	cmark_iter *it;
	cmark_event_type ev;
	char *out = NULL;

	if (n > MARKDOWN_MAX)
		return NULL;
	doc = cmark_parse_document(markdown, n, CMARK_OPT_DEFAULT);
	it = cmark_iter_new(doc);
	while (out == NULL && (ev = cmark_iter_next(it)) != CMARK_EVENT_DONE) {
		cmark_node *node = cmark_iter_get_node(it);
		cmark_node_type type = cmark_node_get_type(node);

		if (ev != CMARK_EVENT_ENTER)
			continue;
		if (type == CMARK_NODE_HTML_BLOCK || type == CMARK_NODE_HTML_INLINE)
			out = hy_strf(ctx,
				      hy_tr(lang, N_("line %d: an HTML tag will not be shown; "
						     "write &lt; for a plain <")),
				      cmark_node_get_start_line(node));
	}
	cmark_iter_free(it);
	cmark_node_free(doc);
	return out;
}
