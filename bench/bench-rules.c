/* Standing queries alone. usage: bench-rules [FILE|-] [TERMS ...] (1000 and 10000 unless said). */
#include "bench/bench.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
	void *ctx = talloc_new(NULL);
	struct bench_texts t = bench_texts(ctx, argc > 1 ? argv[1] : NULL,
					   bench_quick() ? 100000 : 900000);

	for (int i = 2; i < argc; i++)
		bench_rules(&t, (size_t)strtoul(argv[i], NULL, 10));
	if (argc < 3) {
		bench_rules(&t, 1000);
		bench_rules(&t, 10000);
	}
	talloc_free(ctx);
	return 0;
}
