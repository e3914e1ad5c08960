/*
 * The peers that are named in the goals, each behind a few calls: groonga in process, PostgreSQL as
 * a cluster of its own in a temporary folder. Where the library was not there at build time, or the
 * program is not there now, _open says false and the line goes out without a peer.
 */
#ifndef HY_BENCH_PEERS_H
#define HY_BENCH_PEERS_H

#include "base/base.h"

/* ---- groonga: one table, TokenBigram, NormalizerAuto, positions, indexed as rows come ---- */
struct bench_grn;
/* Makes a database in dir (which must be there). talloc child of ctx. */
bool bench_grn_open(struct bench_grn **out, const void *ctx, const char *dir);
/* Row ids rise from 1. */
void bench_grn_add(struct bench_grn *g, const char *text, size_t n, hy_time posted);
void bench_grn_flush(struct bench_grn *g);
enum bench_find { BENCH_TERM, BENCH_AND, BENCH_PHRASE, BENCH_DAY, BENCH_FINDS };
struct bench_ask {
	enum bench_find kind;
	const char *a, *b;   /* folded Han; b: AND alone */
	hy_time from, until; /* DAY */
};
/* The newest 20: their row ids, falling, to rows; the number of rows given back. */
size_t bench_grn_find(struct bench_grn *g, const struct bench_ask *ask, int64_t rows[20]);

/* ---- PostgreSQL ---- */
struct bench_pg;
/* initdb and a server in dir, on a socket there alone; as nobody when we are root. Freeing ends the
 * server by its pid and waits for it. */
bool bench_pg_open(struct bench_pg **out, const void *ctx, const char *dir);
/* Rows (source, native, text, posted) by COPY into an unlogged table and INSERT ON CONFLICT DO
 * NOTHING from there: its fastest upsert. native: 16 bytes. One transaction. */
struct bench_row {
	int64_t source, posted;
	const uint8_t *native;
	const char *text;
};
void bench_pg_upsert(struct bench_pg *p, const struct bench_row *rows, size_t n);
/* CPU seconds of its backend so far. */
double bench_pg_cpu(const struct bench_pg *p);
int64_t bench_pg_count(struct bench_pg *p);

/* ---- SQLite: the same table, WAL, synchronous FULL, INSERT OR IGNORE ---- */
struct bench_lite;
bool bench_lite_open(struct bench_lite **out, const void *ctx, const char *dir);
void bench_lite_insert(struct bench_lite *l, const struct bench_row *rows, size_t n);

/* ---- OpenCC t2s by phrase, yajl's parser with empty callbacks ---- */
size_t bench_opencc(const char *s, size_t n); /* bytes out; 0 = not to be had */
bool bench_yajl(const char *s, size_t n);

#endif
