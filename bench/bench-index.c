/*
 * The index by the numbers: items a second into the index, search for the newest 20, rules a
 * second. usage: bench-index FILE.tsv [TIMES [build]]  (last column = text; the file is read TIMES times
 * over) Prints one line a figure: name, value, unit. CPU time of this process unless "wall" is
 * said.
 */
#include "index/index.h"

#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BATCH 1000
#define QUERIES 300

static double cpu(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double wall(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void ok(enum hy_status st, const struct hy_err *err)
{
	if (st == HY_OK)
		return;
	fprintf(stderr, "bench-index: %s\n", err->text);
	exit(1);
}

struct corpus {
	char **texts;
	size_t n;
};

static struct corpus read_texts(const void *ctx, const char *path)
{
	struct corpus c = {hy_new_array(ctx, char *, 1u << 21), 0};
	static char line[1 << 16];
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	if (f == NULL) {
		perror(path);
		exit(1);
	}
	while (c.n < 1u << 21 && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		char *tab = strrchr(line, '\t');
		const char *text = tab != NULL ? tab + 1 : line;
		if (hy_utf8_valid(text, strlen(text)))
			c.texts[c.n++] = hy_strdup(c.texts, text);
	}
	return c;
}

static void build(const char *dir, const struct corpus *c, int times)
{
	struct hy_err err = {0};
	struct hy_index_writer *w = NULL;
	struct hy_index_options o = {.flags = HY_INDEX_CREATE, .zone_minutes = 480};
	struct hy_item items[BATCH];
	int64_t seq = 0;
	double c0 = cpu(), w0 = wall();
	ok(hy_index_writer_open(&w, NULL, dir, &o, &err), &err);
	for (int t = 0; t < times; t++) {
		for (size_t i = 0; i < c->n; i += BATCH) {
			size_t k = c->n - i < BATCH ? c->n - i : BATCH;
			for (size_t j = 0; j < k; j++) {
				seq++;
				items[j] = (struct hy_item){.seq = seq,
							    .id = {seq},
							    .revision = 1,
							    .title = "",
							    .text = c->texts[i + j],
							    .place = "",
							    .source = {seq % 50},
							    .taken = 1795190400000 + seq * 1000,
							    .posted = 1795190400000 + seq * 1000};
			}
			ok(hy_index_writer_add(w, items, k, &err), &err);
			if (seq % 10000 < BATCH)
				ok(hy_index_writer_commit(w, seq, &err), &err);
		}
	}
	ok(hy_index_writer_commit(w, seq, &err), &err);
	double c1 = cpu(), w1 = wall();
	talloc_free(w);
	printf("items %" PRId64 " items\n", seq);
	printf("index.build %.0f items/cpu-s\n", (double)seq / (c1 - c0));
	printf("index.build.wall %.0f items/s\n", (double)seq / (w1 - w0));
}

static int by_time(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static char *piece(const void *ctx, struct hy_rand *r, const struct corpus *c, size_t chars)
{
	for (;;) {
		const char *s = c->texts[hy_rand_below(r, c->n)];
		size_t n = hy_utf8_count(s, strlen(s));
		if (n < chars)
			continue;
		size_t skip = hy_rand_below(r, n - chars + 1), len;
		const char *p = s, *end = s + strlen(s);
		for (; skip > 0; skip--, p += len)
			(void)hy_utf8_decode(p, end, &len);
		const char *q = p;
		for (size_t k = chars; k > 0; k--, q += len)
			(void)hy_utf8_decode(q, end, &len);
		char *text = hy_strndup(ctx, p, (size_t)(q - p));
		struct hy_query *parsed = NULL;
		if (strchr(text, ' ') == NULL &&
		    hy_query_parse(&parsed, ctx, hy_query_quote(ctx, text), NULL, NULL) == HY_OK)
			return hy_query_quote(ctx, text);
	}
}

static void search(struct hy_index *ix, const struct corpus *c, const char *name, int kind,
		   unsigned flags)
{
	static double took[QUERIES];
	struct hy_err err = {0};
	struct hy_rand r;
	int64_t hits = 0, looked = 0;
	hy_rand_init(&r, (uint64_t)kind + 1);
	struct hy_query_env env = {.zone_minutes = 480};
	for (int i = 0; i < QUERIES; i++) {
		void *ctx = talloc_new(NULL);
		const char *a = piece(ctx, &r, c, kind == 2 ? 4 : kind == 3 ? 1 : 2);
		if (kind == 1)
			a = hy_strf(ctx, "%s %s", a, piece(ctx, &r, c, 2));
		if (kind == 4)
			a = hy_strf(ctx, "%s time:2026-11-22", a);
		struct hy_query *q = NULL;
		struct hy_found *f = NULL;
		struct hy_search s = {.limit = 20, .flags = flags};
		ok(hy_query_parse(&q, ctx, a, &env, &err), &err);
		s.query = q;
		double t0 = cpu();
		ok(hy_index_search(ix, ctx, &s, &f, &err), &err);
		took[i] = (cpu() - t0) * 1e3;
		hits += (int64_t)f->n_hits;
		looked += f->candidates;
		talloc_free(ctx);
	}
	qsort(took, QUERIES, sizeof(double), by_time);
	printf("search.%s p50 %.3f p99 %.3f cpu-ms; hits %" PRId64 " candidates %" PRId64 "\n",
	       name, took[QUERIES / 2], took[QUERIES * 99 / 100], hits, looked);
}

/* Queries made to hurt: the budget must end each within a second of CPU. */
static void hostile(struct hy_index *ix)
{
	static const char *const unit[] = {"-的 ",
					   "的 OR ",
					   "-(的 -是) ",
					   "text:a ",
					   "-龘龘龘 ",
					   "-time:2020..2021 ",
					   "-\"ab ab ab ab ab ab ab ab\" "};
	struct hy_err err = {0};
	double worst = 0;
	for (size_t i = 0; i < HY_LEN(unit); i++) {
		void *ctx = talloc_new(NULL);
		struct hy_query *q = NULL;
		struct hy_found *f = NULL;
		char *text = hy_strdup(ctx, "");
		for (int k = 0; k < (i == 2 ? 15 : 31); k++)
			text = hy_strf(ctx, "%s%s", text, unit[i]);
		text = hy_strf(ctx, "%s是", text);
		ok(hy_query_parse(&q, ctx, text, NULL, &err), &err);
		struct hy_search s = {
			.query = q, .limit = 20, .flags = HY_SEARCH_FACETS, .slot = HY_HOUR};
		double t0 = cpu();
		ok(hy_index_search(ix, ctx, &s, &f, &err), &err);
		double took = cpu() - t0;
		worst = took > worst ? took : worst;
		talloc_free(ctx);
	}
	printf("search.hostile worst %.3f cpu-s\n", worst);
}

static void rules(const struct corpus *c, size_t n)
{
	struct hy_err err = {0};
	struct hy_rand r;
	void *ctx = talloc_new(NULL);
	const struct hy_query **qs = hy_new_array(ctx, const struct hy_query *, n);
	struct hy_watchset *set = NULL;
	hy_rand_init(&r, 99);
	for (size_t i = 0; i < n; i++) {
		struct hy_query *q = NULL;
		char *text = hy_strf(ctx, "(%s OR %s) -%s", piece(ctx, &r, c, 4),
				     piece(ctx, &r, c, 5), piece(ctx, &r, c, 3));
		ok(hy_query_parse(&q, ctx, text, NULL, &err), &err);
		qs[i] = q;
	}
	double t0 = cpu();
	ok(hy_watchset_new(&set, ctx, qs, n, 0, &err), &err);
	double t1 = cpu();
	size_t docs = c->n < 50000 ? c->n : 50000, bytes = 0, fired = 0;
	struct hy_facts *f = hy_new_array(ctx, struct hy_facts, docs);
	for (size_t i = 0; i < docs; i++) {
		struct hy_item it = {.title = "", .text = c->texts[i], .place = ""};
		ok(hy_facts_of_item(&f[i], ctx, &it, &err), &err);
		bytes += f[i].text_n;
	}
	double t2 = cpu();
	for (size_t i = 0; i < docs; i++) {
		const uint32_t *hit = NULL;
		size_t k = 0;
		ok(hy_watchset_match(set, &f[i], &hit, &k, &err), &err);
		fired += k;
	}
	double t3 = cpu();
	printf("rules.%zu %s compile %.2f s; %.0f items/cpu-s, %.0f MB/cpu-s; fired %zu\n", n,
	       hy_watchset_is_fast(set) ? "vectorscan" : "plain", t1 - t0, (double)docs / (t3 - t2),
	       (double)bytes / (t3 - t2) / 1e6, fired);
	talloc_free(ctx);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: bench-index FILE.tsv|- [TIMES [build]]\n");
		return 2;
	}
	void *ctx = talloc_new(NULL);
	struct hy_err err = {0};
	struct corpus c = read_texts(ctx, argv[1]);
	char dir[] = "/tmp/huying-bench-XXXXXX";
	if (c.n == 0 || mkdtemp(dir) == NULL)
		return 1;
	build(dir, &c, argc > 2 ? (int)strtol(argv[2], NULL, 10) : 1);
	if (argc > 3) { /* the build alone, for a profiler */
		printf("folder %s (remove it)\n", dir);
		return 0;
	}
	struct hy_index *ix = NULL;
	struct hy_index_stats st;
	ok(hy_index_open(&ix, ctx, dir, &err), &err);
	ok(hy_index_stats(ix, &st, &err), &err);
	printf("index.size %.1f MB in %d databases\n", (double)st.bytes / 1e6, (int)st.databases);
	search(ix, &c, "term", 0, 0);
	search(ix, &c, "and", 1, 0);
	search(ix, &c, "phrase", 2, 0);
	search(ix, &c, "char", 3, 0);
	search(ix, &c, "days", 4, 0);
	search(ix, &c, "and.facets", 1, HY_SEARCH_FACETS);
	search(ix, &c, "char.facets", 3, HY_SEARCH_FACETS);
	hostile(ix);
	rules(&c, 1000);
	rules(&c, 10000);
	double t0 = wall();
	char *report = NULL;
	ok(hy_index_check(dir, ctx, NULL, HY_INDEX_CHECK_DEEP, &report, &err), &err);
	printf("index.check.deep %.2f s wall\n", wall() - t0);
	talloc_free(ix);
	t0 = wall();
	int64_t merged = 0;
	ok(hy_index_compact(dir, hy_days_from_civil(2027, 6, 1), &merged, &err), &err);
	printf("index.compact %.2f s wall\n", wall() - t0);
	ok(hy_index_open(&ix, ctx, dir, &err), &err);
	ok(hy_index_stats(ix, &st, &err), &err);
	printf("index.size.compact %.1f MB\n", (double)st.bytes / 1e6);
	search(ix, &c, "and.compact", 1, 0);
	printf("folder %s (remove it)\n", dir);
	talloc_free(ctx);
	return 0;
}
