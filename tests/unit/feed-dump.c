/* Prints what the parser makes of a feed: feed-dump FILE|- [CONTENT-TYPE [BASE-URL]]. For the
 * second opinion (tests/integration/feed-second-opinion.py) and for timing: feed-dump --time N
 * FILE. */
#include "collectors/collectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int time_it(int rounds, const struct hy_feed_in *in)
{
	hy_time start = hy_monotonic(), took;

	for (int i = 0; i < rounds; i++) {
		struct hy_feed *f;

		if (hy_feed_parse(NULL, in, &f, NULL) != HY_OK)
			return 1;
		talloc_free(f);
	}
	took = hy_monotonic() - start;
	printf("%.1f MB/s\n", (double)in->n * rounds / 1000.0 / (double)(took ? took : 1));
	return 0;
}

int main(int argc, char **argv)
{
	struct hy_err err = {0};
	struct hy_feed_in in = {0};
	struct hy_feed *f;
	struct hy_json_writer *w;
	void *ctx = talloc_new(NULL);
	char *bytes;
	int rounds = 0, rc = 0;
	size_t n;

	if (argc > 3 && strcmp(argv[1], "--time") == 0) {
		rounds = (int)strtol(argv[2], NULL, 10);
		argv += 2;
		argc -= 2;
	}
	if (argc < 2)
		return 2;
	hy_xml_init();
	if (hy_file_read(ctx, argv[1], HY_FEED_INPUT_MAX, &bytes, &n, &err) != HY_OK) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	in.bytes = bytes;
	in.n = n;
	in.content_type = argc > 2 && *argv[2] ? argv[2] : NULL;
	in.base_url = argc > 3 && *argv[3] ? argv[3] : NULL;
	if (rounds) {
		rc = time_it(rounds, &in);
	} else if (hy_feed_parse(ctx, &in, &f, &err) != HY_OK) {
		fprintf(stderr, "%s\n", err.text);
		rc = 1;
	} else {
		w = hy_json_writer_new(ctx, true);
		hy_feed_write_json(w, f);
		puts(hy_jw_text(w, NULL));
	}
	talloc_free(ctx);
	return rc;
}
