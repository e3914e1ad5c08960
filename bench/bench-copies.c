/*
 * Near-copies alone: a sketch of each folded text, looked up among the newest million and put in.
 * usage: bench-copies [FILE|-]
 */
#include "bench/bench.h"

#include "index/index.h"

#define WINDOW 1000000

struct round {
	double cpu;
	size_t found;
};

static struct round go(const struct hy_facts *facts, size_t n)
{
	struct hy_copies *c = hy_copies_new(NULL, WINDOW);
	struct round r = {.cpu = bench_cpu()};

	for (size_t i = 0; i < n; i++) {
		struct hy_sketch s;
		int64_t key;

		(void)hy_sketch_of(&s, &facts[i]); /* a short text has its sketch, too */
		r.found += hy_copies_find(c, &s, HY_COPY_LIKENESS, &key, NULL);
		hy_copies_add(c, &s, (int64_t)i + 1);
	}
	r.cpu = bench_cpu() - r.cpu;
	talloc_free(c);
	return r;
}

static void bench_copies(const struct bench_texts *t, const char *which)
{
	void *ctx = talloc_new(NULL);
	struct hy_facts *facts = hy_new_array(ctx, struct hy_facts, t->n);
	struct hy_err err = {0};
	struct round r = {0};
	double took[BENCH_ROUNDS_MAX];
	size_t rounds = (size_t)bench_rounds(), chars = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct hy_item it = {.title = "", .text = t->at[i], .place = ""};
		bench_ok(hy_facts_of_item(&facts[i], facts, &it, &err), &err);
		chars += hy_utf8_count(facts[i].text, facts[i].text_n);
	}
	for (size_t i = 0; i < rounds; i++) {
		r = go(facts, t->n);
		took[i] = r.cpu;
	}
	double value = (double)t->n / bench_median(took, rounds);
	bench_say(&(struct bench_line){.bench = hy_strf(ctx, "copies.%s", which),
				       .value = value,
				       .unit = "posts/cpu-s",
				       .goal = ">= 200000",
				       .met = value >= 200000,
				       .n = t->n,
				       .note = hy_strf(ctx,
						       "sketch, look-up and insert, window %d; "
						       "%.0f characters a post; %zu found a copy",
						       WINDOW, (double)chars / (double)t->n,
						       r.found)});
	talloc_free(ctx);
}

int main(int argc, char **argv)
{
	void *ctx = talloc_new(NULL);
	struct bench_texts t = bench_texts(ctx, NULL, bench_quick() ? 50000 : 500000);

	bench_copies(&t, "invented");
	if (argc > 1) {
		t = bench_texts(ctx, argv[1], bench_quick() ? 100000 : 1000000);
		bench_copies(&t, "real");
	}
	talloc_free(ctx);
	return 0;
}
