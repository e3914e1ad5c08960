/* Near copies: the share of runs of characters that two texts have in common. */
#include "collectors/collect.h"

#include <stdlib.h>
#include <string.h>

#define NEAR_SHINGLE 4	  /* characters */
#define NEAR_CHARS_MIN 20 /* shorter texts are never near copies */
#define NEAR_CHARS_MAX 4000

static int by_u64(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Sorted hashes of the text's shingles without repeats; *n = 0 for a text too short. */
uint64_t *hy_shingles(const void *ctx, const char *s, size_t *n)
{
	struct hy_folded f;
	const char *at[NEAR_SHINGLE + 1], *p, *end;
	size_t count = 0, chars = 0, k = 0;
	uint64_t *out;

	*n = 0;
	if (hy_fold(ctx, s, strlen(s), 0, &f, NULL) != HY_OK)
		return NULL;
	end = f.s + f.n;
	chars = hy_utf8_count(f.s, f.n);
	if (chars < NEAR_CHARS_MIN)
		return NULL;
	if (chars > NEAR_CHARS_MAX)
		chars = NEAR_CHARS_MAX;
	out = hy_new_array(ctx, uint64_t, chars);
	for (p = f.s; p < end && count < chars;) {
		size_t len;

		(void)hy_utf8_decode(p, end, &len);
		memmove(at, at + 1, sizeof(at[0]) * NEAR_SHINGLE);
		at[NEAR_SHINGLE] = p;
		p += len;
		if (++k >= NEAR_SHINGLE)
			out[count++] = hy_xxh64(at[1], (size_t)(p - at[1]));
	}
	qsort(out, count, sizeof(*out), by_u64);
	for (size_t i = 0; i < count; i++)
		if (!i || out[i] != out[i - 1])
			out[(*n)++] = out[i];
	return out;
}

bool hy_shingles_near(const uint64_t *a, size_t na, const uint64_t *b, size_t nb)
{
	size_t i = 0, j = 0, both = 0;

	while (i < na && j < nb) {
		if (a[i] == b[j]) {
			both++;
			i++;
			j++;
		} else if (a[i] < b[j]) {
			i++;
		} else {
			j++;
		}
	}
	return both * 10 >= (na + nb - both) * 9;
}
