/*
 * The query parser: any bytes give a tree or a refusal with its place; a tree is written, read
 * again and means the same; search's predicate and the standing matcher say the same of a text made
 * of the same bytes.
 */
#include "index/index.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool no_source(void *user, const char *name, struct hy_source_id *out)
{
	(void)user;
	out->v = (int64_t)strlen(name);
	return name[0] != 'x';
}

static bool some_unit(void *user, const void *ctx, const char *name, struct hy_unit_id *id,
		      struct hy_source_id **sources, size_t *n)
{
	(void)user;
	if (name != NULL)
		id->v = (int64_t)strlen(name);
	*n = (size_t)(id->v & 3);
	*sources = *n > 0 ? hy_new_array(ctx, struct hy_source_id, *n) : NULL;
	for (size_t i = 0; i < *n; i++)
		(*sources)[i].v = (int64_t)(2 * i);
	return name == NULL || name[0] != 'x';
}

static const struct hy_query_env env = {
	.now = 1795241100000, .zone_minutes = 480, .source = no_source, .unit = some_unit};

/* A text of which the query may hold: its own bytes, turned about. */
static struct hy_facts facts_of(const void *ctx, const char *text)
{
	struct hy_facts f = {0};
	size_t half = hy_utf8_cut(text, strlen(text) / 2);
	struct hy_item it = {.title = hy_strndup(ctx, text, half),
			     .text = hy_strf(ctx, "%s 路灯 ab %s", text + half, text),
			     .place = "",
			     .source = {2},
			     .posted = 1795241000000};
	if (hy_facts_of_item(&f, ctx, &it, NULL) != HY_OK)
		abort();
	return f;
}

static void same_standing(const void *ctx, const struct hy_query *q, const struct hy_facts *f)
{
	struct hy_watchset *set = NULL;
	const uint32_t *hits;
	size_t n = 0;
	if (hy_watchset_new(&set, ctx, &q, 1, 0, NULL) != HY_OK ||
	    hy_watchset_match(set, f, &hits, &n, NULL) != HY_OK)
		abort();
	if ((n == 1) != hy_query_matches(q, f))
		abort();
}

static void look(const void *ctx, const struct hy_query *q, const char *text)
{
	struct hy_query *again = NULL;
	struct hy_range *r = NULL;
	size_t n = 0;
	struct hy_facts f = facts_of(ctx, text);
	char *line = hy_query_explain(ctx, q);
	same_standing(ctx, q, &f);
	if (strlen(line) <= HY_QUERY_MAX_BYTES &&
	    hy_query_parse(&again, ctx, line, &env, NULL) == HY_OK) {
		if (strcmp(hy_query_explain(ctx, again), line) != 0 ||
		    hy_query_matches(again, &f) != hy_query_matches(q, &f))
			abort();
	}
	(void)hy_query_highlight(ctx, q, text, HY_FIELD_ANY, &r, &n, NULL);
	(void)hy_query_snippet(ctx, q, text, HY_FIELD_TEXT, 20, &r, &n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = talloc_new(NULL);
	char *text = hy_strndup(ctx, (const char *)data, size);
	struct hy_query *q = NULL;
	struct hy_err err = {0};
	if (hy_query_parse(&q, ctx, text, &env, &err) == HY_OK)
		look(ctx, q, text);
	else if (strstr(err.text, "character ") == NULL || strchr(err.text, '\n') != NULL)
		abort();
	talloc_free(ctx);
	return 0;
}
