/*
 * The main() of fuzz targets in `make check`: feeds every file of testdata/fuzz/<what>/ to the
 * target, then cuts and flips of it by a fixed seed; prints TAP. <what> comes from the program's
 * name, test-fuzz-<what>. Each input is a heap block of its exact size, for the sanitizers.
 * usage: test-fuzz-<what> [FILE...]
 */
#include "config.h"
#include "base/base.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_MAX (16u << 20)
#define MUTANTS 100
#define MUTANT_MAX 20000    /* larger files are replayed as they are */
#define SECONDS_PER_FILE 60 /* a hang guard */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* libFuzzer's optional start hook; a target may have it. */
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static void feed(const void *bytes, size_t n)
{
	uint8_t *exact = malloc(n ? n : 1);

	if (!exact)
		hy_mem_die();
	if (n)
		memcpy(exact, bytes, n);
	(void)LLVMFuzzerTestOneInput(exact, n);
	free(exact);
}

/* A few cuts, flips and doublings of one input, the same ones at each run. */
static void feed_mutants(const char *bytes, size_t n)
{
	char *copy = hy_new_array(NULL, char, 2 * n);
	struct hy_rand r;

	hy_rand_init(&r, hy_xxh64(bytes, n));
	for (int i = 0; i < MUTANTS; i++) {
		size_t len = hy_rand_below(&r, 3) ? n : (size_t)hy_rand_below(&r, n + 1);
		size_t flips = (size_t)hy_rand_below(&r, 4);

		memcpy(copy, bytes, n);
		while (flips-- && len)
			copy[hy_rand_below(&r, len)] = (char)hy_rand_next(&r);
		if (hy_rand_below(&r, 8) == 0) {
			memcpy(copy + len, bytes, n);
			len += n;
		}
		feed(copy, len);
	}
	talloc_free(copy);
}

/* Returns whether the file could be read; a fault in the target ends the process. */
static bool replay(const char *path)
{
	struct hy_err err = {0};
	char *bytes = NULL;
	size_t n = 0;

	if (hy_file_read(NULL, path, INPUT_MAX, &bytes, &n, &err) != HY_OK) {
		printf("# %s\n", err.text);
		return false;
	}
	alarm(SECONDS_PER_FILE);
	feed(bytes, n);
	if (n > 0 && n <= MUTANT_MAX)
		feed_mutants(bytes, n);
	alarm(0);
	talloc_free(bytes);
	return true;
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int report(int number, const char *path, int *failed)
{
	bool ok = replay(path);

	*failed += !ok;
	printf("%s %d - %s\n", ok ? "ok" : "not ok", number, path);
	(void)fflush(stdout); /* before the next input can end the process */
	return number;
}

static int replay_corpus(const char *what)
{
	const char *top = getenv("top_srcdir");
	char *dir = hy_strf(NULL, "%s/testdata/fuzz/%s", top ? top : ".", what);
	struct dirent **names = NULL;
	int failed = 0, n = scandir(dir, &names, visible, alphasort);

	if (n <= 0) {
		printf("Bail out! no corpus in %s\n", dir);
		return 1;
	}
	printf("1..%d\n", n);
	feed("", 0);
	for (int i = 0; i < n; i++) {
		char *path = hy_strf(dir, "%s/%s", dir, names[i]->d_name);

		report(i + 1, path, &failed);
		free(names[i]);
	}
	free(names);
	talloc_free(dir);
	return failed ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const char prefix[] = "test-fuzz-";
	const char *name = strstr(program_invocation_short_name, prefix);
	int failed = 0;

	if (LLVMFuzzerInitialize)
		(void)LLVMFuzzerInitialize(&argc, &argv);
	if (argc > 1) {
		printf("1..%d\n", argc - 1);
		for (int i = 1; i < argc; i++)
			report(i, argv[i], &failed);
		return failed ? 1 : 0;
	}
	if (!name) {
		printf("Bail out! the program's name must be %s<what>\n", prefix);
		return 1;
	}
	return replay_corpus(name + strlen(prefix));
}
