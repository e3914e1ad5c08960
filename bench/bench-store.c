/*
 * The record beside PostgreSQL's fastest upsert and a plain SQLite table: the same rows with random
 * native ids, rounds in turn; then, at length, from 1 M rows to 10 M.
 * usage: bench-store [FILE.tsv]
 */
#include "bench/bench.h"
#include "bench/peers.h"
#include "store/store.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH 1000
#define PG_BATCH 10000 /* its best */
#define START ((hy_time)1793462400000)

static struct hy_err err;
static uint8_t master[HY_KEY_LEN] = {7};

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st, (void)kind, (void)ftw;
	return remove(path);
}

static char *new_dir(const void *ctx)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = hy_strf(ctx, "%s/store-XXXXXX", tmp ? tmp : "/tmp");
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

/* 128 random bits of a post's number. */
static void native_of(size_t i, uint8_t out[16])
{
	uint64_t h[2] = {hy_xxh64((const char *)&i, sizeof(i)), 0};
	h[1] = hy_xxh64((const char *)h, sizeof(h));
	memcpy(out, h, 16);
}

struct ours {
	char *dir;
	struct hy_store *st;
	struct hy_source_id source;
};

static struct ours open_ours(const void *ctx)
{
	struct ours o = {.dir = new_dir(ctx)};
	const struct hy_source s = {
		.name = "bench", .kind = "feed", .url = "http://127.0.0.1/", .place = ""};
	bench_ok(hy_store_open(&o.st, ctx, o.dir, HY_STORE_CREATE, master, hy_clock_real(), &err),
		 &err);
	bench_ok(hy_source_add(o.st, &s, &o.source, &err), &err);
	return o;
}

static void close_ours(struct ours *o)
{
	talloc_free(o->st);
	drop_dir(o->dir);
}

/* One batch in one transaction: log, key, tally; the commit waits for the disk. */
static void put(struct ours *o, const struct bench_texts *t, size_t from, size_t n)
{
	enum hy_put what;
	bench_ok(hy_store_begin(o->st, &err), &err);
	for (size_t i = from; i < from + n; i++) {
		const char *text = t->at[i % t->n];
		struct hy_item it = {.source = o->source,
				     .kind = HY_ITEM_POST,
				     .posted = START + (hy_time)i * 200,
				     .taken = START + (hy_time)i * 200,
				     .title = "",
				     .text = text,
				     .lang = "zh",
				     .place = ""};
		native_of(i, it.native);
		native_of(hy_xxh64(text, strlen(text)), it.content);
		bench_ok(hy_item_put(o->st, &it, &what, &err), &err);
	}
	bench_ok(hy_store_commit(o->st, &err), &err);
}

/* Rows a CPU-second of [from, to). */
static double put_all(struct ours *o, const struct bench_texts *t, size_t from, size_t to,
		      double *wall)
{
	double c0 = bench_cpu(), w0 = bench_wall();
	for (size_t i = from; i < to; i += BATCH)
		put(o, t, i, to - i < BATCH ? to - i : BATCH);
	*wall = (double)(to - from) / (bench_wall() - w0);
	return (double)(to - from) / (bench_cpu() - c0);
}

static void rows_of(struct bench_row *rows, uint8_t (*natives)[16], const struct bench_texts *t,
		    size_t from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		native_of(from + i, natives[i]);
		rows[i] = (struct bench_row){1, START + (hy_time)(from + i) * 200, natives[i],
					     t->at[(from + i) % t->n]};
	}
}

static double upsert_all(struct bench_pg *p, const struct bench_texts *t, size_t from, size_t n,
			 double *wall)
{
	static struct bench_row rows[PG_BATCH];
	static uint8_t natives[PG_BATCH][16];
	double c0 = bench_cpu() + bench_pg_cpu(p), w0 = bench_wall();
	for (size_t i = 0; i < n; i += PG_BATCH) {
		size_t k = n - i < PG_BATCH ? n - i : PG_BATCH;
		rows_of(rows, natives, t, from + i, k);
		bench_pg_upsert(p, rows, k);
	}
	*wall = (double)n / (bench_wall() - w0);
	return (double)n / (bench_cpu() + bench_pg_cpu(p) - c0);
}

static double insert_all(struct bench_lite *l, const struct bench_texts *t, size_t from, size_t n)
{
	static struct bench_row rows[BATCH];
	static uint8_t natives[BATCH][16];
	double c0 = bench_cpu();
	for (size_t i = 0; i < n; i += BATCH) {
		size_t k = n - i < BATCH ? n - i : BATCH;
		rows_of(rows, natives, t, from + i, k);
		bench_lite_insert(l, rows, k);
	}
	return (double)n / (bench_cpu() - c0);
}

static void bench_peers(const struct bench_texts *t)
{
	void *ctx = talloc_new(NULL);
	char *pg_dir = new_dir(ctx), *lite_dir = new_dir(ctx);
	struct bench_pg *pg = NULL;
	struct bench_lite *lite = NULL;
	double v[BENCH_ROUNDS_MAX], p[BENCH_ROUNDS_MAX], q[BENCH_ROUNDS_MAX], s[BENCH_ROUNDS_MAX];
	double wall[2][BENCH_ROUNDS_MAX];
	int rounds = 3;
	size_t n = bench_quick() ? 50000 : 200000;
	bool there = bench_pg_open(&pg, ctx, pg_dir);
	(void)bench_lite_open(&lite, ctx, lite_dir);
	for (int r = 0; r < rounds; r++) {
		struct ours o = open_ours(ctx);
		v[r] = put_all(&o, t, 0, n, &wall[0][r]);
		close_ours(&o);
		p[r] = there ? upsert_all(pg, t, (size_t)r * n, n, &wall[1][r]) : 0;
		q[r] = there ? v[r] / p[r] : 0;
		s[r] = insert_all(lite, t, (size_t)r * n, n);
	}
	if (there && bench_pg_count(pg) != (int64_t)(n * (size_t)rounds))
		fprintf(stderr, "bench: postgresql holds %d rows\n", (int)bench_pg_count(pg));
	double ratio = bench_median(q, (size_t)rounds), m = bench_median(v, (size_t)rounds);
	double plain = bench_median(s, (size_t)rounds);
	bench_say(&(struct bench_line){
		.bench = "store.put",
		.value = m,
		.unit = "rows/cpu-s",
		.peer = there ? "PostgreSQL upsert (COPY staged 10,000, ON CONFLICT), client and "
				"backend"
			      : NULL,
		.peer_value = there ? bench_median(p, (size_t)rounds) : 0,
		.ratio = ratio,
		.goal = ">= 3 times it",
		.met = there ? ratio >= 3 : -1,
		.n = n,
		.note = there ? hy_strf(ctx,
					"by the wall %.0f and %.0f rows/s; FULL sync, batches "
					"of 1,000",
					bench_median(wall[0], (size_t)rounds),
					bench_median(wall[1], (size_t)rounds))
			      : NULL});
	bench_say(&(struct bench_line){.bench = "store.put.sqlite",
				       .value = m,
				       .unit = "rows/cpu-s",
				       .peer = "SQLite, one plain table with a unique key",
				       .peer_value = plain,
				       .ratio = m / plain,
				       .met = -1,
				       .n = n,
				       .note = "ours is that and the log's indexes, triggers and "
					       "tally"});
	talloc_free(lite);
	talloc_free(pg);
	drop_dir(pg_dir);
	drop_dir(lite_dir);
	talloc_free(ctx);
}

static void bench_growth(const struct bench_texts *t)
{
	void *ctx = talloc_new(NULL);
	struct ours o = open_ours(ctx);
	size_t big = 10000000, step = 1000000;
	double wall, first = 0, last = 0;
	for (size_t at = 0; at < big; at += step) {
		last = put_all(&o, t, at, at + step, &wall);
		if (at == 0)
			first = last;
	}
	close_ours(&o);
	bench_say(&(struct bench_line){.bench = "store.growth",
				       .value = first / last,
				       .unit = "times slower from 1 M to 10 M rows",
				       .goal = "<= 1.5",
				       .met = first / last <= 1.5,
				       .n = big,
				       .note = hy_strf(ctx,
						       "%.0f rows/cpu-s in the first million, "
						       "%.0f in the tenth; random ids",
						       first, last)});
	talloc_free(ctx);
}

int main(int argc, char **argv)
{
	void *ctx = talloc_new(NULL);
	struct bench_texts t = bench_texts(ctx, argc > 1 ? argv[1] : NULL, 1000000);
	bench_peers(&t);
	if (!bench_quick())
		bench_growth(&t);
	talloc_free(ctx);
	return 0;
}
