/*
 * What the benchmarks share: clocks, medians, the texts they run on, and one JSON line a figure.
 * Texts are real ones (a file of tab-separated lines, the last column) or invented by a seed.
 */
#ifndef HY_BENCH_H
#define HY_BENCH_H

#include "base/base.h"

#define BENCH_ROUNDS_MAX 15

struct bench_texts {
	char **at;
	size_t n, bytes;
	bool real;
};
/* FILE of lines, "-" for stdin, NULL for n invented ones of 60 to 140 characters; at most n. */
struct bench_texts bench_texts(const void *ctx, const char *file, size_t n);

double bench_cpu(void);	 /* seconds of CPU of this process */
double bench_wall(void); /* seconds */
double bench_median(double *v, size_t n);
/* The q-th part (0..1) of n values; sorts them. */
double bench_part(double *v, size_t n, double q);
/* Ends the program with its line unless status is HY_OK. */
void bench_ok(enum hy_status status, const struct hy_err *err);
/* At least three; fewer seconds with QUICK. */
int bench_rounds(void);
bool bench_quick(void);

struct bench_line {
	const char *bench, *unit, *peer, *goal, *note; /* peer, goal and note may be NULL */
	double value, peer_value, ratio;	       /* 0 = none */
	int met;				       /* 1, 0, -1 = no goal */
	size_t n;
};
/* One line: rules of three terms each over the texts, beside raw Vectorscan on the same literals.
 */
void bench_rules(const struct bench_texts *texts, size_t n_terms);
void bench_say(const struct bench_line *l);

#endif
