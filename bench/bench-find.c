/*
 * The index beside groonga: how fast it is built, how much disk it takes, how fast the newest 20
 * are found in four ways, how that grows, and whether a day that is dropped leaves nothing on the
 * disk. usage: bench-find build|search|growth [FILE.tsv] build   long invented and short real
 * posts: both engines alternately, one and two writers search  as many posts as there are (at most
 * 1,000,000), both engines, the same queries growth  1 M, then 10 M posts recombined from the real
 * ones; ours alone; retention
 */
#include "bench/bench.h"
#include "bench/peers.h"
#include "index/index.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BATCH 1000
#define COMMIT 10000 /* posts between two commits */
#define ASKED 300    /* queries of each kind */
#define ZONE 480
#define START ((hy_time)1793462400000) /* 2026-11-01, midnight of the office */
#define FIRST_DAY 20758		       /* the same in days since 1970 */

static struct hy_err err;

/* ---- folders ---- */

static int64_t disk, found;
static const char *needle;

static int add_size(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)path, (void)ftw;
	disk += kind == FTW_F ? (int64_t)st->st_blocks * 512 : 0;
	return 0;
}

static int64_t size_of(const char *dir)
{
	disk = 0;
	(void)nftw(dir, add_size, 16, FTW_PHYS);
	return disk;
}

static int grep(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	size_t n = strlen(needle);
	(void)ftw;
	if (kind != FTW_F || st->st_size == 0)
		return 0;
	char *bytes = hy_new_array(NULL, char, (size_t)st->st_size);
	FILE *f = fopen(path, "r");
	size_t got = f ? fread(bytes, 1, (size_t)st->st_size, f) : 0;
	for (const char *p = bytes; (p = memmem(p, got - (size_t)(p - bytes), needle, n)); p++)
		found++;
	if (f)
		(void)fclose(f);
	talloc_free(bytes);
	return 0;
}

/* How often the bytes stand in any file below dir. */
static int64_t raw_grep(const char *dir, const char *what)
{
	needle = what;
	found = 0;
	(void)nftw(dir, grep, 16, FTW_PHYS);
	return found;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st, (void)kind, (void)ftw;
	return remove(path);
}

static void drop_dir(const char *dir)
{
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static char *new_dir(const void *ctx)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = hy_strf(ctx, "%s/find-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(dir)) {
		perror(dir);
		exit(1);
	}
	return dir;
}

static double memory(const char *what) /* MB */
{
	char line[256];
	long kb = 0;
	FILE *f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, what, strlen(what)) == 0)
			kb = strtol(line + strlen(what) + 1, NULL, 10);
	if (f)
		(void)fclose(f);
	return (double)kb / 1024;
}

/* ---- posts ---- */

/* Post i of an archive of `total` spread over `days`. wide: recombined, the beginning of one text
 * and the end of another, drawn by i alone; so an archive of any length needs no more memory. */
struct archive {
	const struct bench_texts *t;
	size_t total;
	int days;
	bool wide;
};

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 31) * 0x9E3779B97F4A7C15u;
	x = (x ^ x >> 29) * 0xBF58476D1CE4E5B9u;
	return x ^ x >> 32;
}

static const char *text_of(const struct archive *a, size_t i, char *room, size_t n)
{
	if (!a->wide)
		return a->t->at[i % a->t->n];
	uint64_t h = mix(i + 20261129);
	const char *l = a->t->at[h % a->t->n], *r = a->t->at[(h >> 24) % a->t->n];
	size_t left = hy_utf8_cut(l, strlen(l) / 2), right = hy_utf8_cut(r, strlen(r) / 2);
	(void)snprintf(room, n, "%.*s%s", (int)(left < n / 2 ? left : 0), l, r + right);
	room[hy_utf8_cut(room, strlen(room))] = '\0';
	return room;
}

static hy_time posted_of(const struct archive *a, size_t i)
{
	return START + (hy_time)((double)i / (double)a->total * a->days * (double)HY_DAY);
}

static struct hy_item item_of(const struct archive *a, size_t i, const char *text)
{
	int64_t seq = (int64_t)i + 1;
	return (struct hy_item){.seq = seq,
				.id = {seq},
				.revision = 1,
				.title = "",
				.text = text,
				.place = "",
				.source = {1 + seq % 50},
				.taken = posted_of(a, i),
				.posted = posted_of(a, i)};
}

static struct hy_index_writer *open_writer(const char *dir, int writers)
{
	struct hy_index_writer *w = NULL;
	const struct hy_index_options o = {
		.flags = HY_INDEX_CREATE, .zone_minutes = ZONE, .writers = writers};
	bench_ok(hy_index_writer_open(&w, NULL, dir, &o, &err), &err);
	return w;
}

/* Posts [from, to) into the index; only every commit waits for the disk. */
static void write_ours(struct hy_index_writer *w, const struct archive *a, size_t from, size_t to)
{
	static char rooms[BATCH][2048];
	static struct hy_item items[BATCH];
	while (from < to) {
		size_t n = to - from < BATCH ? to - from : BATCH;
		for (size_t i = 0; i < n; i++)
			items[i] = item_of(a, from + i,
					   text_of(a, from + i, rooms[i], sizeof(rooms[i])));
		bench_ok(hy_index_writer_add(w, items, n, &err), &err);
		from += n;
		if (from % COMMIT < BATCH || from >= to)
			bench_ok(hy_index_writer_commit(w, (int64_t)from, &err), &err);
	}
}

/* What the daemon does in the background: days that are over are packed. */
static void settle(const char *dir, int days)
{
	const struct hy_index_upkeep u = {.today = FIRST_DAY + days - 1, .keep_from = INT64_MIN};
	bench_ok(hy_index_upkeep(dir, &u, NULL, &err), &err);
}

/* ---- build ---- */

struct cost {
	double cpu, wall;
	int64_t bytes;
};

static struct cost build_ours(const struct archive *a, size_t n, int writers)
{
	void *ctx = talloc_new(NULL);
	char *dir = new_dir(ctx);
	struct hy_index_writer *w = open_writer(dir, writers);
	double c0 = bench_cpu(), w0 = bench_wall();
	write_ours(w, a, 0, n);
	talloc_free(w);
	struct cost c = {(double)n / (bench_cpu() - c0), (double)n / (bench_wall() - w0), 0};
	if (writers == 2) {
		bench_ok(hy_index_compact(dir, FIRST_DAY + 400, NULL, &err), &err);
		c.bytes = size_of(dir);
	}
	drop_dir(dir);
	talloc_free(ctx);
	return c;
}

static bool build_groonga(const struct archive *a, size_t n, struct cost *out)
{
	void *ctx = talloc_new(NULL);
	char *dir = new_dir(ctx), room[2048];
	struct bench_grn *g = NULL;
	bool there = bench_grn_open(&g, ctx, dir);
	double c0 = bench_cpu(), w0 = bench_wall();
	for (size_t i = 0; there && i < n; i++) {
		const char *text = text_of(a, i, room, sizeof(room));
		bench_grn_add(g, text, strlen(text), posted_of(a, i));
	}
	if (there) {
		bench_grn_flush(g);
		*out = (struct cost){(double)n / (bench_cpu() - c0),
				     (double)n / (bench_wall() - w0), size_of(dir)};
	}
	talloc_free(ctx);
	drop_dir(dir);
	return there;
}

static void say_build(const char *what, const char *kind, const char *unit, double *ours,
		      double *peer, double *ratio, int rounds, double goal, size_t n)
{
	double q = bench_median(ratio, (size_t)rounds);
	bool small = strstr(what, "size") != NULL;
	bench_say(&(struct bench_line){
		.bench = hy_strf(NULL, "index.%s.%s", what, kind),
		.value = bench_median(ours, (size_t)rounds),
		.unit = unit,
		.peer = peer[0] > 0 ? "groonga online, TokenBigram, positions" : NULL,
		.peer_value = peer[0] > 0 ? bench_median(peer, (size_t)rounds) : 0,
		.ratio = peer[0] > 0 ? q : 0,
		.goal = hy_strf(NULL, "%s %.2f of it", small ? "<=" : ">=", goal),
		.met = peer[0] > 0 ? (small ? q <= goal : q >= goal) : -1,
		.n = n});
}

static void bench_build(const struct bench_texts *t, const char *kind, double one, double two)
{
	size_t n = bench_quick() ? (t->real ? 30000 : 10000) : (t->real ? 300000 : 100000);
	const struct archive a = {.t = t, .total = n, .days = 2};
	double v[3][BENCH_ROUNDS_MAX], p[3][BENCH_ROUNDS_MAX], r[3][BENCH_ROUNDS_MAX];
	int rounds = 3;
	for (int i = 0; i < rounds; i++) {
		struct cost x = build_ours(&a, n, 1), g = {0}, y;
		(void)build_groonga(&a, n, &g);
		y = build_ours(&a, n, 2);
		v[0][i] = x.cpu, p[0][i] = g.cpu;
		v[1][i] = y.wall, p[1][i] = g.wall;
		v[2][i] = (double)y.bytes / 1e6, p[2][i] = (double)g.bytes / 1e6;
		for (int k = 0; k < 3; k++)
			r[k][i] = p[k][i] > 0 ? v[k][i] / p[k][i] : 0;
	}
	say_build("build.one-writer", kind, "posts/cpu-s", v[0], p[0], r[0], rounds, one, n);
	say_build("build.two-writers", kind, "posts/s wall", v[1], p[1], r[1], rounds, two, n);
	say_build("size.compacted", kind, "MB", v[2], p[2], r[2], rounds, 0.6, n);
}

/* ---- search ---- */

static const char *const names[] = {"term", "and", "phrase4", "day"};

/* A piece of Han characters of some text, folded: groonga cuts other scripts into words. */
static char *piece(const void *ctx, struct hy_rand *r, const struct archive *a, size_t chars)
{
	char room[2048];
	for (;;) {
		const char *raw =
			text_of(a, (size_t)hy_rand_below(r, a->total), room, sizeof(room));
		struct hy_folded f;
		bench_ok(hy_fold(ctx, raw, strlen(raw), 0, &f, &err), &err);
		size_t n = hy_utf8_count(f.s, f.n), len, k;
		const char *p = f.s, *end = f.s + f.n;
		if (n < chars)
			continue;
		for (size_t skip = hy_rand_below(r, n - chars + 1); skip; skip--, p += len)
			(void)hy_utf8_decode(p, end, &len);
		const char *q = p;
		for (k = 0; k < chars && hy_is_han(hy_utf8_decode(q, end, &len)); k++)
			q += len;
		if (k == chars)
			return hy_strndup(ctx, p, (size_t)(q - p));
	}
}

static struct bench_ask ask_of(const void *ctx, struct hy_rand *r, const struct archive *a,
			       enum bench_find kind)
{
	struct bench_ask q = {.kind = kind, .a = piece(ctx, r, a, kind == BENCH_PHRASE ? 4 : 2)};
	if (kind == BENCH_AND)
		q.b = piece(ctx, r, a, 2);
	if (kind == BENCH_DAY) {
		q.from = START + (hy_time)hy_rand_below(r, (uint64_t)a->days) * HY_DAY;
		q.until = q.from + HY_DAY;
	}
	return q;
}

static struct hy_query *query_of(const void *ctx, const struct bench_ask *q)
{
	const struct hy_query_env env = {.zone_minutes = ZONE};
	struct hy_query *out = NULL;
	char *text = hy_strf(ctx, "\"%s\"", q->a);
	if (q->kind == BENCH_AND)
		text = hy_strf(ctx, "%s \"%s\"", text, q->b);
	if (q->kind == BENCH_DAY)
		text = hy_strf(ctx, "%s time:2026-11-%02d", text,
			       1 + (int)((q->from - START) / HY_DAY));
	bench_ok(hy_query_parse(&out, ctx, text, &env, &err), &err);
	return out;
}

struct times {
	double ours[ASKED], peer[ASKED];
	size_t wrong, hits;
};

/* Each query is asked of both in turn, until warm; the least of three is its time: what a busy
 * neighbour adds is no part of it. */
static void ask_both(struct hy_index *ix, struct bench_grn *g, const struct archive *a,
		     enum bench_find kind, struct times *x)
{
	struct hy_rand r;
	hy_rand_init(&r, 77 + (uint64_t)kind);
	x->wrong = x->hits = 0;
	for (int i = 0; i < ASKED; i++) {
		void *ctx = talloc_new(NULL);
		struct bench_ask q = ask_of(ctx, &r, a, kind);
		struct hy_search s = {.query = query_of(ctx, &q), .limit = 20};
		struct hy_found *f = NULL;
		int64_t rows[20] = {0};
		size_t k = 0;
		x->ours[i] = x->peer[i] = 1e9;
		for (int round = 0; round < 4; round++) {
			double t0 = bench_cpu();
			talloc_free(f);
			bench_ok(hy_index_search(ix, ctx, &s, &f, &err), &err);
			double t1 = bench_cpu();
			if (g)
				k = bench_grn_find(g, &q, rows);
			double t2 = bench_cpu();
			if (round && t1 - t0 < x->ours[i])
				x->ours[i] = t1 - t0;
			if (round && t2 - t1 < x->peer[i])
				x->peer[i] = t2 - t1;
		}
		bool same = !g || k == f->n_hits;
		for (size_t j = 0; same && g && j < k; j++)
			same = rows[j] == f->hits[j].seq;
		x->wrong += !same;
		x->hits += f->n_hits;
		talloc_free(ctx);
	}
}

static void say_search(const struct archive *a, enum bench_find kind, struct times *x, bool peer,
		       const char *where)
{
	double p50 = bench_part(x->ours, ASKED, 0.5) * 1e3;
	double p99 = bench_part(x->ours, ASKED, 0.99) * 1e3;
	double g50 = bench_part(x->peer, ASKED, 0.5) * 1e3;
	double g99 = bench_part(x->peer, ASKED, 0.99) * 1e3;
	char *note = hy_strf(NULL, "%zu %s posts, %d days, newest 20, warm, Han pieces; %.1f hits",
			     a->total, a->t->real ? "real" : "invented", a->days,
			     (double)x->hits / ASKED);
	bench_say(
		&(struct bench_line){.bench = hy_strf(NULL, "search.%s.p50%s", names[kind], where),
				     .value = p50,
				     .unit = "cpu-ms",
				     .peer = peer ? "groonga in process" : NULL,
				     .peer_value = peer ? g50 : 0,
				     .ratio = peer ? g50 / p50 : 0,
				     .met = -1,
				     .n = ASKED,
				     .note = note});
	bench_say(&(struct bench_line){
		.bench = hy_strf(NULL, "search.%s.p99%s", names[kind], where),
		.value = p99,
		.unit = "cpu-ms",
		.peer = peer ? "groonga in process" : NULL,
		.peer_value = peer ? g99 : 0,
		.ratio = peer ? g99 / p99 : 0,
		.goal = peer ? "<= 0.5 ms and >= 20 times as fast at p99" : "<= 0.5 ms",
		.met = p99 <= 0.5 && (!peer || g99 / p99 >= 20),
		.n = ASKED,
		.note = peer ? hy_strf(NULL, "%s; pages unlike the peer's: %zu", note, x->wrong)
			     : note});
}

static void bench_search(const struct bench_texts *t)
{
	static struct times x;
	void *ctx = talloc_new(NULL);
	char *dir = new_dir(ctx), *grn_dir = new_dir(ctx);
	struct archive a = {.t = t, .total = t->n, .days = 16};
	struct bench_grn *g = NULL;
	struct hy_index *ix = NULL;
	if (bench_quick() && a.total > 100000)
		a.total = 100000;
	struct hy_index_writer *w = open_writer(dir, 2);
	write_ours(w, &a, 0, a.total);
	talloc_free(w);
	settle(dir, a.days);
	double alone = memory("VmHWM:");
	bool peer = bench_grn_open(&g, ctx, grn_dir);
	for (size_t i = 0; peer && i < a.total; i++) {
		struct hy_folded f;
		bench_ok(hy_fold(NULL, t->at[i], strlen(t->at[i]), 0, &f, &err), &err);
		bench_grn_add(g, f.s, f.n, posted_of(&a, i)); /* folded: the same language */
		talloc_free(f.s);
	}
	bench_ok(hy_index_open(&ix, ctx, dir, &err), &err);
	for (int kind = 0; kind < BENCH_FINDS; kind++) {
		ask_both(ix, g, &a, (enum bench_find)kind, &x);
		say_search(&a, (enum bench_find)kind, &x, peer, "");
	}
	bench_say(
		&(struct bench_line){.bench = "index.memory",
				     .value = alone,
				     .unit = "MB at most",
				     .met = -1,
				     .n = a.total,
				     .note = "this process with all texts in memory, writing with "
					     "two writers"});
	talloc_free(ctx);
	drop_dir(dir);
	drop_dir(grn_dir);
}

/* ---- growth and retention ---- */

static void say_growth(double small[BENCH_FINDS][2], double big[BENCH_FINDS][2], size_t n)
{
	static const char *const part[] = {"p50", "p99"};
	for (int kind = 0; kind < BENCH_FINDS; kind++) {
		for (int i = 0; i < 2; i++) {
			double q = big[kind][i] / small[kind][i], goal = i ? 6 : 2;
			bench_say(&(struct bench_line){
				.bench = hy_strf(NULL, "growth.%s.%s", names[kind], part[i]),
				.value = q,
				.unit = "times from 1 M to 10 M",
				.goal = i ? "<= 6" : "<= 2",
				.met = q <= goal,
				.n = n,
				.note = hy_strf(NULL, "%.4f and %.4f cpu-ms", small[kind][i],
						big[kind][i])});
		}
	}
}

static void ask_ours(const char *dir, const struct archive *a, double out[BENCH_FINDS][2],
		     const char *where)
{
	static struct times x;
	struct hy_index *ix = NULL;
	bench_ok(hy_index_open(&ix, NULL, dir, &err), &err);
	for (int kind = 0; kind < BENCH_FINDS; kind++) {
		ask_both(ix, NULL, a, (enum bench_find)kind, &x);
		out[kind][0] = bench_part(x.ours, ASKED, 0.5) * 1e3;
		out[kind][1] = bench_part(x.ours, ASKED, 0.99) * 1e3;
		say_search(a, (enum bench_find)kind, &x, false, where);
	}
	talloc_free(ix);
}

/* The record's answer once the first day's items are gone from it. */
static enum hy_status left_after_day_one(void *user, const void *ctx, int64_t min, int64_t max,
					 int64_t **out, size_t *n, struct hy_err *e)
{
	const struct archive *a = user;
	int64_t *seqs = hy_new_array(ctx, int64_t, (size_t)(max - min + 1));
	(void)e;
	*n = 0;
	for (int64_t seq = min; seq <= max; seq++)
		if (posted_of(a, (size_t)(seq - 1)) >= START + HY_DAY)
			seqs[(*n)++] = seq;
	*out = seqs;
	return HY_OK;
}

/* A text that stands in the first day alone: found raw before, not after the day is dropped. */
static void retention(const char *dir, const struct archive *a)
{
	char room[2048];
	struct hy_folded f;
	int64_t dropped = 0, before, after;
	const char *secret = "只在第一天出现的句子甲乙丙丁";
	(void)text_of(a, 0, room, sizeof(room));
	bench_ok(hy_fold(NULL, secret, strlen(secret), 0, &f, &err), &err);
	before = raw_grep(dir, f.s);
	double t0 = bench_wall();
	const struct hy_index_upkeep u = {.today = FIRST_DAY + a->days - 1,
					  .keep_from = FIRST_DAY + 1,
					  .left = left_after_day_one,
					  .user = (void *)(uintptr_t)a};
	bench_ok(hy_index_upkeep(dir, &u, &dropped, &err), &err);
	double took = bench_wall() - t0;
	after = raw_grep(dir, f.s);
	bench_say(&(struct bench_line){
		.bench = "retention.raw-grep",
		.value = (double)after,
		.unit = "times on disk after a day was dropped",
		.goal = "0",
		.met = before > 0 && after == 0,
		.n = a->total,
		.note = hy_strf(NULL, "%d before; dropped in %.2f s wall, %d tasks", (int)before,
				took, (int)dropped)});
	talloc_free(f.s);
}

static void bench_growth(const struct bench_texts *t)
{
	void *ctx = talloc_new(NULL);
	char *dir = new_dir(ctx);
	size_t big = bench_quick() ? 200000 : 10000000, small = big / 10;
	struct archive a = {.t = t, .total = big, .days = 30, .wide = true};
	struct archive first = a;
	double at1[BENCH_FINDS][2], at10[BENCH_FINDS][2];
	struct hy_index_writer *w = open_writer(dir, 2);
	struct hy_item secret = item_of(&a, 0, "只在第一天出现的句子甲乙丙丁");
	double c0 = bench_cpu(), w0 = bench_wall();
	bench_ok(hy_index_writer_add(w, &secret, 1, &err), &err);
	write_ours(w, &a, 1, small);
	first.total = small;
	first.days = 3;
	talloc_free(w);
	double cpu = bench_cpu() - c0, wall = bench_wall() - w0;
	settle(dir, first.days);
	ask_ours(dir, &first, at1, bench_quick() ? ".20k" : ".1M");
	w = open_writer(dir, 2);
	c0 = bench_cpu();
	w0 = bench_wall();
	write_ours(w, &a, small, big);
	talloc_free(w);
	cpu += bench_cpu() - c0;
	wall += bench_wall() - w0;
	int64_t written = size_of(dir);
	settle(dir, a.days);
	struct hy_index *ix = NULL;
	struct hy_index_stats st;
	bench_ok(hy_index_open(&ix, ctx, dir, &err), &err);
	bench_ok(hy_index_stats(ix, &st, &err), &err);
	talloc_free(ix);
	bench_say(&(struct bench_line){
		.bench = "archive.build",
		.value = (double)big / cpu,
		.unit = "posts/cpu-s",
		.met = -1,
		.n = big,
		.note = hy_strf(NULL,
				"two writers, %.0f posts/s wall; %d databases; %.0f MB as written, "
				"%.0f packed; RSS at most %.0f MB",
				(double)big / wall, (int)st.databases, (double)written / 1e6,
				(double)size_of(dir) / 1e6, memory("VmHWM:"))});
	ask_ours(dir, &a, at10, bench_quick() ? ".200k" : ".10M");
	say_growth(at1, at10, big);
	retention(dir, &a);
	drop_dir(dir);
	talloc_free(ctx);
}

int main(int argc, char **argv)
{
	void *ctx = talloc_new(NULL);
	const char *what = argc > 1 ? argv[1] : "", *file = argc > 2 ? argv[2] : NULL;
	if (strcmp(what, "build") == 0) {
		struct bench_texts t = bench_texts(ctx, NULL, 100000);
		bench_build(&t, "long", 0.45, 0.85);
		if (file) {
			t = bench_texts(ctx, file, 300000);
			bench_build(&t, "short", 0.5, 0.85);
		}
	} else if (strcmp(what, "search") == 0 || strcmp(what, "growth") == 0) {
		struct bench_texts t = bench_texts(ctx, file, file ? 1000000 : 200000);
		if (what[0] == 's')
			bench_search(&t);
		else
			bench_growth(&t);
	} else {
		fprintf(stderr, "usage: bench-find build|search|growth [FILE.tsv]\n");
		return 2;
	}
	talloc_free(ctx);
	return 0;
}
