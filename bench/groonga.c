/* groonga 13 by its library, in process: the peer of index build and search. */
#include "config.h"

#include "bench/peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_GROONGA
#include <groonga.h>

struct bench_grn {
	grn_ctx ctx;
	grn_obj *db, *table, *text, *posted;
	grn_obj text_value, posted_value;
};

static int end(struct bench_grn *g)
{
	grn_obj_close(&g->ctx, &g->text_value);
	grn_obj_close(&g->ctx, &g->posted_value);
	grn_obj_close(&g->ctx, g->db);
	grn_ctx_fin(&g->ctx);
	return 0;
}

static char *say(struct bench_grn *g, const char *command, unsigned *n)
{
	char *answer = NULL;
	int flags = 0;
	grn_ctx_send(&g->ctx, command, (unsigned)strlen(command), 0);
	grn_ctx_recv(&g->ctx, &answer, n, &flags);
	if (g->ctx.rc != GRN_SUCCESS) {
		fprintf(stderr, "bench: groonga: %s: %s\n", command, g->ctx.errbuf);
		exit(1);
	}
	return answer;
}

bool bench_grn_open(struct bench_grn **out, const void *ctx, const char *dir)
{
	static const char *const schema[] = {
		"table_create Posts TABLE_NO_KEY",
		"column_create Posts text COLUMN_SCALAR Text",
		"column_create Posts posted COLUMN_SCALAR Int64",
		"table_create Terms TABLE_PAT_KEY ShortText --default_tokenizer TokenBigram "
		"--normalizer NormalizerAuto",
		"column_create Terms posts COLUMN_INDEX|WITH_POSITION Posts text",
	};
	static bool begun;
	struct bench_grn *g = hy_new(ctx, struct bench_grn);
	char *path = hy_strf(g, "%s/db", dir);
	unsigned n = 0;

	if (!begun && grn_init() != GRN_SUCCESS)
		return false;
	begun = true;
	grn_ctx_init(&g->ctx, 0);
	g->db = grn_db_create(&g->ctx, path, NULL);
	if (!g->db)
		return false;
	for (size_t i = 0; i < HY_LEN(schema); i++)
		(void)say(g, schema[i], &n);
	g->table = grn_ctx_get(&g->ctx, "Posts", -1);
	g->text = grn_obj_column(&g->ctx, g->table, "text", 4);
	g->posted = grn_obj_column(&g->ctx, g->table, "posted", 6);
	GRN_TEXT_INIT(&g->text_value, 0);
	GRN_INT64_INIT(&g->posted_value, 0);
	talloc_set_destructor(g, end);
	*out = g;
	return true;
}

void bench_grn_add(struct bench_grn *g, const char *text, size_t n, hy_time posted)
{
	int added = 0;
	grn_id id = grn_table_add(&g->ctx, g->table, NULL, 0, &added);

	GRN_TEXT_SET(&g->ctx, &g->text_value, text, n);
	(void)grn_obj_set_value(&g->ctx, g->text, id, &g->text_value, GRN_OBJ_SET);
	GRN_INT64_SET(&g->ctx, &g->posted_value, posted);
	(void)grn_obj_set_value(&g->ctx, g->posted, id, &g->posted_value, GRN_OBJ_SET);
}

void bench_grn_flush(struct bench_grn *g)
{
	(void)grn_obj_flush_recursive(&g->ctx, g->db);
}

size_t bench_grn_find(struct bench_grn *g, const struct bench_ask *ask, int64_t rows[20])
{
	char command[1024];
	unsigned n = 0;
	size_t k = 0;
	const char *p;

	if (ask->kind == BENCH_DAY)
		(void)snprintf(command, sizeof(command),
			       "select Posts --filter 'text @ \"%s\" && posted >= %" PRId64
			       " && posted < %" PRId64
			       "' --sort_keys -_id --limit 20 --output_columns _id --cache no",
			       ask->a, ask->from, ask->until);
	else
		(void)snprintf(command, sizeof(command),
			       "select Posts --match_columns text --query '\"%s\"%s%s%s' "
			       "--sort_keys -_id --limit 20 --output_columns _id --cache no",
			       ask->a, ask->kind == BENCH_AND ? " \"" : "",
			       ask->kind == BENCH_AND ? ask->b : "",
			       ask->kind == BENCH_AND ? "\"" : "");
	const char *said = say(g, command, &n);
	char *answer = hy_strndup(NULL, said, n);
	/* [[[hits],[["_id","UInt32"]],[12],[11],...]] */
	p = strstr(answer, "\"UInt32\"]]");
	p = p ? p + strlen("\"UInt32\"]]") : "";
	while (k < 20 && (p = strstr(p, "[")) != NULL)
		rows[k++] = strtoll(++p, NULL, 10);
	talloc_free(answer);
	return k;
}

#else

bool bench_grn_open(struct bench_grn **out, const void *ctx, const char *dir)
{
	(void)out, (void)ctx, (void)dir;
	return false;
}
void bench_grn_add(struct bench_grn *g, const char *text, size_t n, hy_time posted)
{
	(void)g, (void)text, (void)n, (void)posted;
}
void bench_grn_flush(struct bench_grn *g)
{
	(void)g;
}
size_t bench_grn_find(struct bench_grn *g, const struct bench_ask *ask, int64_t rows[20])
{
	(void)g, (void)ask, (void)rows;
	return 0;
}

#endif
