/* The query parser: any bytes give a tree or a refusal; a tree is written, read again and means the
 * same; the watch set's compiler takes it. */
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hy_query_env env = {
		.now = 1795241100000, .zone_minutes = 480, .source = no_source};
	void *ctx = talloc_new(NULL);
	char *text = hy_strndup(ctx, (const char *)data, size);
	struct hy_query *q = NULL, *again = NULL;
	struct hy_err err = {0};
	if (hy_query_parse(&q, ctx, text, &env, &err) == HY_OK) {
		struct hy_range *r = NULL;
		size_t n = 0;
		struct hy_facts f = {.title = "路灯 ab",
				     .text = "hello",
				     .place = "",
				     .title_n = strlen("路灯 ab"),
				     .text_n = 5};
		char *line = hy_query_explain(ctx, q);
		bool yes = hy_query_matches(q, &f);
		if (strlen(line) <= HY_QUERY_MAX_BYTES &&
		    hy_query_parse(&again, ctx, line, &env, NULL) == HY_OK) {
			if (strcmp(hy_query_explain(ctx, again), line) != 0 ||
			    hy_query_matches(again, &f) != yes)
				abort();
		}
		(void)hy_query_highlight(ctx, q, text, HY_FIELD_ANY, &r, &n, NULL);
		(void)hy_query_snippet(ctx, q, text, HY_FIELD_TEXT, 20, &r, &n);
	} else if (err.text[0] == '\0' || strchr(err.text, '\n') != NULL) {
		abort();
	}
	talloc_free(ctx);
	return 0;
}
