/*
 * Standing queries beside raw Vectorscan: the same literals over the same folded texts, once by
 * hs_scan with a counter and once by the watch set with its boolean trees on top. Rounds of both
 * alternate, so that a busy machine hits both.
 */
#include "bench/bench.h"

#include "index/index.h"

#include <hs/hs.h>
#include <stdlib.h>
#include <string.h>

struct facts {
	struct hy_facts *at;
	size_t n, bytes;
};

static struct facts fold_all(const void *ctx, const struct bench_texts *t)
{
	struct facts f = {.at = hy_new_array(ctx, struct hy_facts, t->n), .n = t->n};
	struct hy_err err = {0};

	for (size_t i = 0; i < t->n; i++) {
		const struct hy_item it = {.title = "", .text = t->at[i], .place = ""};
		bench_ok(hy_facts_of_item(&f.at[i], f.at, &it, &err), &err);
		f.bytes += f.at[i].text_n;
	}
	return f;
}

/* A piece of 2 to 6 characters of some text, without blanks and quotes; each once. */
static char *some_term(const void *ctx, struct hy_rand *r, const struct facts *f)
{
	for (;;) {
		const struct hy_facts *at = &f->at[hy_rand_below(r, f->n)];
		size_t chars = hy_utf8_count(at->text, at->text_n), len = 2 + hy_rand_below(r, 5);
		size_t k = 0, skip = chars > len ? hy_rand_below(r, chars - len) : 0;
		const char *p = at->text, *end = at->text + at->text_n, *stop;

		if (chars <= len)
			continue;
		for (; skip > 0; skip--, p += k)
			(void)hy_utf8_decode(p, end, &k);
		for (stop = p; len > 0; len--, stop += k)
			(void)hy_utf8_decode(stop, end, &k);
		char *term = hy_strndup(ctx, p, (size_t)(stop - p));
		if (!strpbrk(term, " \"\\"))
			return term;
		talloc_free(term);
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char **some_terms(const void *ctx, struct hy_rand *r, const struct facts *f, size_t n)
{
	char **terms = hy_new_array(ctx, char *, n);
	size_t have = 0;

	while (have < n) {
		size_t kept = 1;
		for (; have < n; have++)
			terms[have] = some_term(terms, r, f);
		qsort(terms, n, sizeof(*terms), by_text);
		for (size_t i = 1; i < n; i++)
			if (strcmp(terms[kept - 1], terms[i]) != 0)
				terms[kept++] = terms[i];
		have = kept;
	}
	for (size_t i = n - 1; i > 0; i--) { /* neighbours are not alike in a rule */
		size_t j = hy_rand_below(r, i + 1);
		char *x = terms[i];
		terms[i] = terms[j];
		terms[j] = x;
	}
	return terms;
}

/* (a OR b) AND c;  a AND NOT b AND c;  a OR b OR c: three terms a rule, each term in one rule. */
static const struct hy_query **rules_of(const void *ctx, char **terms, size_t n, size_t *n_rules)
{
	const struct hy_query **q = hy_new_array(ctx, const struct hy_query *, n / 3);
	struct hy_err err = {0};

	for (size_t i = 0; i + 2 < n; i += 3) {
		struct hy_query *one = NULL;
		char text[HY_QUERY_MAX_BYTES];
		const char *a = terms[i], *b = terms[i + 1], *c = terms[i + 2];
		if (i / 3 % 3 == 0)
			(void)snprintf(text, sizeof(text), "(\"%s\" OR \"%s\") AND \"%s\"", a, b,
				       c);
		else if (i / 3 % 3 == 1)
			(void)snprintf(text, sizeof(text), "\"%s\" AND NOT \"%s\" AND \"%s\"", a, b,
				       c);
		else
			(void)snprintf(text, sizeof(text), "\"%s\" OR \"%s\" OR \"%s\"", a, b, c);
		bench_ok(hy_query_parse(&one, q, text, NULL, &err), &err);
		q[i / 3] = one;
	}
	*n_rules = n / 3;
	return q;
}

struct raw {
	hs_database_t *db;
	hs_scratch_t *scratch;
	size_t hits;
};

static struct raw raw_of(const void *ctx, char **terms, size_t n, unsigned flag)
{
	struct raw r = {0};
	hs_compile_error_t *why = NULL;
	unsigned *flags = hy_new_array(ctx, unsigned, n), *ids = hy_new_array(ctx, unsigned, n);
	size_t *lens = hy_new_array(ctx, size_t, n);

	for (size_t i = 0; i < n; i++) {
		flags[i] = flag;
		ids[i] = (unsigned)i;
		lens[i] = strlen(terms[i]);
	}
	if (hs_compile_lit_multi((const char *const *)terms, flags, ids, lens, (unsigned)n,
				 HS_MODE_BLOCK, NULL, &r.db, &why) != HS_SUCCESS ||
	    hs_alloc_scratch(r.db, &r.scratch) != HS_SUCCESS)
		abort();
	return r;
}

static int on_hit(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		  void *user)
{
	struct raw *r = user;

	(void)id;
	(void)from;
	(void)to;
	(void)flags;
	r->hits++;
	return 0;
}

static double raw_round(struct raw *r, const struct facts *f)
{
	double t0 = bench_cpu();

	r->hits = 0;
	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].text_n > 0 && hs_scan(r->db, f->at[i].text, (unsigned)f->at[i].text_n,
						   0, r->scratch, on_hit, r) != HS_SUCCESS)
			abort();
	return bench_cpu() - t0;
}

static double set_round(struct hy_watchset *set, const struct facts *f, size_t *matches)
{
	struct hy_err err = {0};
	double t0 = bench_cpu();

	*matches = 0;
	for (size_t i = 0; i < f->n; i++) {
		const uint32_t *hits = NULL;
		size_t n = 0;
		bench_ok(hy_watchset_match(set, &f->at[i], &hits, &n, &err), &err);
		*matches += n;
	}
	return bench_cpu() - t0;
}

void bench_rules(const struct bench_texts *texts, size_t n_terms)
{
	void *ctx = talloc_new(NULL);
	struct facts f = fold_all(ctx, texts);
	struct hy_rand r;
	struct hy_err err = {0};
	struct hy_watchset *set = NULL;
	double ours[BENCH_ROUNDS_MAX], all[BENCH_ROUNDS_MAX], once[BENCH_ROUNDS_MAX];
	size_t n_rules = 0, matches = 0, rounds = (size_t)bench_rounds();
	char name[48], note[160];

	hy_rand_init(&r, 20261129);
	char **terms = some_terms(ctx, &r, &f, n_terms);
	const struct hy_query **q = rules_of(ctx, terms, n_terms, &n_rules);
	double t0 = bench_cpu();
	bench_ok(hy_watchset_new(&set, ctx, q, n_rules, 0, &err), &err);
	double compiled = bench_cpu() - t0;
	struct raw every = raw_of(ctx, terms, n_rules * 3, 0),
		   single = raw_of(ctx, terms, n_rules * 3, HS_FLAG_SINGLEMATCH);
	for (size_t i = 0; i < rounds; i++) {
		ours[i] = set_round(set, &f, &matches);
		all[i] = raw_round(&every, &f);
		once[i] = raw_round(&single, &f);
	}
	/* the peer is the faster of both ways to ask Vectorscan */
	double mb = (double)f.bytes / 1e6, us = mb / bench_median(ours, rounds);
	double a = mb / bench_median(all, rounds), b = mb / bench_median(once, rounds);
	double peer = a > b ? a : b;
	(void)snprintf(name, sizeof(name), "rules.%zu", n_rules * 3);
	(void)snprintf(
		note, sizeof(note),
		"%zu rules, %zu matches, %zu literal hits, compiled in %.0f ms; raw %.0f MB/s "
		"every hit, %.0f first hits",
		n_rules, matches, every.hits, compiled * 1000, a, b);
	bench_say(&(struct bench_line){.bench = name,
				       .unit = "MB/cpu-s",
				       .peer = "raw Vectorscan",
				       .goal = ">= 0.75 of it",
				       .note = note,
				       .value = us,
				       .peer_value = peer,
				       .ratio = us / peer,
				       .met = us >= 0.75 * peer,
				       .n = f.n});
	hs_free_scratch(every.scratch);
	hs_free_scratch(single.scratch);
	hs_free_database(every.db);
	hs_free_database(single.db);
	talloc_free(ctx);
}
