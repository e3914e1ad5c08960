/*
 * From an item to being found: the record alone, then record, log and index on one thread and as
 * the daemon does it (a thread that takes, a thread that indexes), then search over what was made.
 * usage: bench-road [FILE.tsv|-]
 */
#include "bench/bench.h"
#include "index/index.h"
#include "store/store.h"

#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH 1000
#define SEARCHED 200000
#define QUERIES 300
#define START 1793800000000 /* 2026-11-04 */
#define DAYS 16

static const struct bench_texts *texts;
static size_t total;
static uint8_t master[HY_KEY_LEN] = {7};

/* ---- folders ---- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static char *new_dir(const void *ctx)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = hy_strf(ctx, "%s/huying-bench-XXXXXX", tmp ? tmp : "/tmp");

	if (!mkdtemp(dir)) {
		perror(dir);
		exit(1);
	}
	return dir;
}

static void drop_dir(const char *dir)
{
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct hy_store *open_store(const void *ctx, const char *dir)
{
	struct hy_store *st = NULL;
	struct hy_err err = {0};

	bench_ok(hy_store_open(&st, ctx, dir, HY_STORE_CREATE, master, hy_clock_real(), &err),
		 &err);
	return st;
}

static struct hy_source_id add_source(struct hy_store *st)
{
	const struct hy_source s = {.name = "bench",
				    .kind = "feed",
				    .url = "http://127.0.0.1/",
				    .place = "",
				    .options = "{}"};
	struct hy_source_id id = {0};
	struct hy_err err = {0};

	bench_ok(hy_source_add(st, &s, &id, &err), &err);
	return id;
}

/* ---- taking ---- */

static void hash_of(uint64_t a, const char *s, uint8_t out[HY_HASH_LEN])
{
	uint64_t h[2] = {hy_xxh64(s, strlen(s)) ^ a * 0x9E3779B97F4A7C15u, 0};

	h[1] = hy_xxh64((const char *)h, sizeof(h[0]));
	memcpy(out, h, HY_HASH_LEN);
}

/* The items [from, from + n) in one transaction, as the collector's thread puts them. */
static void put_batch(struct hy_store *st, struct hy_source_id source, size_t from, size_t n)
{
	struct hy_err err = {0};
	enum hy_put what;

	bench_ok(hy_store_begin(st, &err), &err);
	for (size_t i = from; i < from + n; i++) {
		const char *text = texts->at[i % texts->n];
		struct hy_item it = {.source = source,
				     .kind = HY_ITEM_POST,
				     .posted = START + (hy_time)((double)i / (double)total * DAYS *
								 (double)HY_DAY),
				     .taken = START + (hy_time)((double)i / (double)total * DAYS *
								(double)HY_DAY),
				     .title = "",
				     .text = text,
				     .lang = "zh",
				     .place = ""};

		hash_of(i, "native", it.native);
		hash_of(0, text, it.content);
		bench_ok(hy_item_put(st, &it, &what, &err), &err);
	}
	bench_ok(hy_store_commit(st, &err), &err);
}

static size_t batch_at(size_t from)
{
	return total - from < BATCH ? total - from : BATCH;
}

static double store_once(double *cpu)
{
	void *ctx = talloc_new(NULL);
	char *dir = new_dir(ctx);
	struct hy_store *st = open_store(ctx, dir);
	struct hy_source_id source = add_source(st);
	double t0 = bench_wall(), c0 = bench_cpu(), took;

	for (size_t i = 0; i < total; i += BATCH)
		put_batch(st, source, i, batch_at(i));
	took = bench_wall() - t0;
	*cpu = (double)total / (bench_cpu() - c0);
	talloc_free(st);
	drop_dir(dir);
	talloc_free(ctx);
	return (double)total / took;
}

/* ---- indexing what the log holds ---- */

static struct hy_index_writer *open_writer(const void *ctx, const char *dir)
{
	struct hy_index_writer *w = NULL;
	struct hy_index_options o = {.flags = HY_INDEX_CREATE, .zone_minutes = 480};
	struct hy_err err = {0};

	bench_ok(hy_index_writer_open(&w, ctx, dir, &o, &err), &err);
	return w;
}

/* As the role index does: a batch of the log, a commit each second or at the end. */
static size_t follow(struct hy_store *st, struct hy_index_writer *w, int64_t *after, double *last,
		     bool *open)
{
	void *work = talloc_new(NULL);
	struct hy_item *items = NULL;
	struct hy_err err = {0};
	size_t n = 0;

	bench_ok(hy_item_log(st, work, *after, BATCH, &items, &n, &err), &err);
	if (n) {
		bench_ok(hy_index_writer_add(w, items, n, &err), &err);
		*after = items[n - 1].seq;
		*open = true;
	}
	talloc_free(work);
	if (*open && (n < BATCH || bench_wall() - *last >= 1)) {
		bench_ok(hy_index_writer_commit(w, *after, &err), &err);
		*last = bench_wall();
		*open = false;
	}
	return n;
}

/* Taking and indexing in turn, on one core. Leaves the folder for the search. */
static double road_once(const char *dir)
{
	void *ctx = talloc_new(NULL);
	struct hy_store *st = open_store(ctx, dir);
	struct hy_source_id source = add_source(st);
	struct hy_index_writer *w = open_writer(ctx, dir);
	struct hy_err err = {0};
	double t0 = bench_cpu(), last = bench_wall(), took;
	int64_t after = 0;

	for (size_t i = 0; i < total; i += BATCH) {
		void *work = talloc_new(NULL);
		struct hy_item *items = NULL;
		size_t n = 0;

		put_batch(st, source, i, batch_at(i));
		bench_ok(hy_item_log(st, work, after, BATCH, &items, &n, &err), &err);
		bench_ok(hy_index_writer_add(w, items, n, &err), &err);
		after = items[n - 1].seq;
		talloc_free(work);
		if (bench_wall() - last >= 1) {
			bench_ok(hy_index_writer_commit(w, after, &err), &err);
			last = bench_wall();
		}
	}
	bench_ok(hy_index_writer_commit(w, after, &err), &err);
	took = bench_cpu() - t0;
	talloc_free(ctx);
	return (double)total / took;
}

/* ---- as the daemon: two threads over one record ---- */

struct taker {
	const char *dir;
	pthread_mutex_t lock;
	pthread_cond_t bell;
	size_t put;
};

static void *take(void *user)
{
	struct taker *t = user;
	void *ctx = talloc_new(NULL);
	struct hy_store *st = open_store(ctx, t->dir);
	struct hy_source_id source = add_source(st);

	for (size_t i = 0; i < total; i += BATCH) {
		put_batch(st, source, i, batch_at(i));
		pthread_mutex_lock(&t->lock);
		t->put = i + batch_at(i);
		pthread_cond_signal(&t->bell);
		pthread_mutex_unlock(&t->lock);
	}
	talloc_free(ctx);
	return NULL;
}

static double daemon_once(double *cpu)
{
	void *ctx = talloc_new(NULL);
	char *dir = new_dir(ctx);
	struct taker t = {.dir = dir};
	struct hy_store *st = open_store(ctx, dir);
	struct hy_index_writer *w = open_writer(ctx, dir);
	pthread_t thread;
	double t0 = bench_wall(), c0 = bench_cpu(), last = t0;
	int64_t after = 0;
	bool open = false;
	size_t done = 0;

	pthread_mutex_init(&t.lock, NULL);
	pthread_cond_init(&t.bell, NULL);
	if (pthread_create(&thread, NULL, take, &t))
		exit(1);
	while (done < total || open) {
		pthread_mutex_lock(&t.lock);
		while (t.put == done && !open)
			pthread_cond_wait(&t.bell, &t.lock);
		pthread_mutex_unlock(&t.lock);
		done += follow(st, w, &after, &last, &open);
	}
	double took = bench_wall() - t0;
	*cpu = bench_cpu() - c0;
	(void)pthread_join(thread, NULL);
	pthread_cond_destroy(&t.bell);
	pthread_mutex_destroy(&t.lock);
	talloc_free(w);
	talloc_free(st);
	drop_dir(dir);
	talloc_free(ctx);
	return (double)total / took;
}

/* ---- search ---- */

static char *piece(const void *ctx, struct hy_rand *r, size_t chars)
{
	for (;;) {
		const char *s = texts->at[hy_rand_below(r, texts->n)], *p = s, *q;
		size_t n = hy_utf8_count(s, strlen(s)), len;
		const char *end = s + strlen(s);
		struct hy_query *parsed = NULL;
		char *text;

		if (n < chars)
			continue;
		for (size_t skip = hy_rand_below(r, n - chars + 1); skip; skip--, p += len)
			(void)hy_utf8_decode(p, end, &len);
		q = p;
		for (size_t k = chars; k; k--, q += len)
			(void)hy_utf8_decode(q, end, &len);
		text = hy_strndup(ctx, p, (size_t)(q - p));
		if (!strpbrk(text, " \t\"") &&
		    hy_query_parse(&parsed, ctx, hy_query_quote(ctx, text), NULL, NULL) == HY_OK)
			return hy_query_quote(ctx, text);
	}
}

enum kind { TERM, AND, PHRASE, DAYS_OF };

static void search(struct hy_index *ix, const char *name, enum kind kind)
{
	static double took[QUERIES * BENCH_ROUNDS_MAX], wall[QUERIES * BENCH_ROUNDS_MAX];
	struct hy_err err = {0};
	struct hy_rand r;
	const struct hy_query_env env = {.zone_minutes = 480};
	int rounds = bench_rounds();
	size_t n = 0, hits = 0;

	hy_rand_init(&r, (uint64_t)kind + 1);
	for (int i = 0; i < QUERIES; i++) {
		void *ctx = talloc_new(NULL);
		char *a = piece(ctx, &r, kind == PHRASE ? 4 : 2);
		struct hy_query *q = NULL;
		struct hy_search s = {.limit = 20};

		if (kind == AND)
			a = hy_strf(ctx, "%s %s", a, piece(ctx, &r, 2));
		if (kind == DAYS_OF)
			a = hy_strf(ctx, "%s time:2026-11-%02d", a,
				    4 + (int)hy_rand_below(&r, DAYS));
		bench_ok(hy_query_parse(&q, ctx, a, &env, &err), &err);
		s.query = q;
		for (int k = 0; k < rounds; k++) { /* the first is the warming of the pages */
			struct hy_found *f = NULL;
			double w0 = bench_wall(), t0 = bench_cpu();

			bench_ok(hy_index_search(ix, ctx, &s, &f, &err), &err);
			if (k) {
				took[n] = (bench_cpu() - t0) * 1e3;
				wall[n++] = (bench_wall() - w0) * 1e3;
			}
			hits += f->n_hits;
		}
		talloc_free(ctx);
	}
	double p50 = bench_part(took, n, 0.5), p99 = bench_part(took, n, 0.99);
	bench_say(&(struct bench_line){.bench = hy_strf(ix, "search.%s.p50", name),
				       .value = p50,
				       .unit = "cpu-ms",
				       .met = -1,
				       .n = n});
	bench_say(&(struct bench_line){
		.bench = hy_strf(ix, "search.%s.p99", name),
		.value = p99,
		.unit = "cpu-ms",
		.goal = "<= 0.5 ms",
		.met = p99 <= 0.5,
		.n = n,
		.note = hy_strf(ix,
				"newest 20 of %zu %s items, %d days, warm; wall p50 %.3f p99 %.3f; "
				"%.1f hits",
				total, texts->real ? "real" : "invented", DAYS,
				bench_part(wall, n, 0.5), bench_part(wall, n, 0.99),
				(double)hits / QUERIES / rounds)});
}

/* ---- all of it ---- */

static void bench_store(void)
{
	double v[BENCH_ROUNDS_MAX], c[BENCH_ROUNDS_MAX];
	int rounds = bench_rounds();

	for (int r = 0; r < rounds; r++)
		v[r] = store_once(&c[r]);
	double m = bench_median(c, (size_t)rounds), w = bench_median(v, (size_t)rounds);
	bench_say(&(struct bench_line){
		.bench = "store.put",
		.value = m,
		.unit = "items/cpu-s",
		.peer = "PostgreSQL upsert (performance.md, not run here)",
		.peer_value = 88000,
		.ratio = m / 88000,
		.goal = ">= 3 times it",
		.met = m >= 3 * 88000,
		.n = total,
		.note = hy_strf(NULL,
				"batches of 1000, synchronous FULL, log, heads and keys; wall %.0f",
				w)});
}

static void bench_daemon(void)
{
	double v[BENCH_ROUNDS_MAX], c[BENCH_ROUNDS_MAX];
	int rounds = 3;

	for (int r = 0; r < rounds; r++) {
		v[r] = daemon_once(&c[r]);
		c[r] = (double)total / c[r];
	}
	bench_say(&(struct bench_line){.bench = "searchable.daemon",
				       .value = bench_median(v, (size_t)rounds),
				       .unit = "items/s wall",
				       .met = -1,
				       .n = total,
				       .note = hy_strf(NULL,
						       "a thread takes, a thread indexes; %.0f "
						       "items/cpu-s",
						       bench_median(c, (size_t)rounds))});
}

int main(int argc, char **argv)
{
	void *ctx = talloc_new(NULL);
	struct bench_texts t;
	struct hy_index *ix = NULL;
	struct hy_err err = {0};
	double v[BENCH_ROUNDS_MAX];
	char *dir = NULL;
	int rounds = 3;

	t = bench_texts(ctx, argc > 1 ? argv[1] : NULL, SEARCHED);
	texts = &t;
	total = bench_quick() ? SEARCHED / 4 : SEARCHED;
	bench_store();
	for (int r = 0; r < rounds; r++) {
		if (dir)
			drop_dir(dir);
		dir = new_dir(ctx);
		v[r] = road_once(dir);
	}
	double goal = t.real ? 20000 : 5000, m = bench_median(v, (size_t)rounds);
	bench_say(&(struct bench_line){
		.bench = "searchable.one-core",
		.value = m,
		.unit = "items/cpu-s",
		.goal = t.real ? ">= 20000 real" : ">= 5000 invented",
		.met = m >= goal,
		.n = total,
		.note = "put, commit, log, fold, index, commit; without rules"});
	bench_daemon();
	if (total < SEARCHED) {
		drop_dir(dir);
		dir = new_dir(ctx);
		total = SEARCHED;
		(void)road_once(dir);
	}
	bench_ok(hy_index_open(&ix, ctx, dir, &err), &err);
	search(ix, "term", TERM);
	search(ix, "and", AND);
	search(ix, "phrase4", PHRASE);
	search(ix, "days", DAYS_OF);
	talloc_free(ix);
	drop_dir(dir);
	talloc_free(ctx);
	return 0;
}
