/*
 * Expressions of rules: any bytes give a query or a refusal of one line; what one looks for in a
 * text, the standing matcher finds as well, and its marks are within the text.
 */
#include "index/index.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same_standing(const void *ctx, const struct hy_query *q, const struct hy_facts *f)
{
	struct hy_watchset *set = NULL;
	const uint32_t *hits;
	size_t n = 0;
	if (hy_watchset_new(&set, ctx, &q, 1, HY_WATCHSET_PLAIN, NULL) != HY_OK ||
	    hy_watchset_match(set, f, &hits, &n, NULL) != HY_OK)
		abort();
	if ((n == 1) != hy_query_matches(q, f))
		abort();
}

static void look(const void *ctx, const struct hy_query *q, const char *text)
{
	struct hy_facts f = {0};
	struct hy_range *r = NULL;
	size_t n = 0;
	struct hy_item it = {.title = "停 水 3小时 ab", .text = text, .place = ""};
	if (hy_facts_of_item(&f, ctx, &it, NULL) != HY_OK)
		abort();
	same_standing(ctx, q, &f);
	if (hy_query_highlight(ctx, q, text, HY_FIELD_TEXT, &r, &n, NULL) != HY_OK)
		return;
	for (size_t i = 0; i < n; i++)
		if (r[i].start >= r[i].end || r[i].end > strlen(text))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = talloc_new(NULL);
	char *text = hy_strndup(ctx, (const char *)data, size);
	struct hy_query *q = NULL;
	struct hy_err err = {0};
	if (hy_query_regex(&q, ctx, text, &err) == HY_OK)
		look(ctx, q, text);
	else if (err.text[0] == '\0' || strchr(err.text, '\n') != NULL)
		abort();
	talloc_free(ctx);
	return 0;
}
