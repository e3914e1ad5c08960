/*
 * Where a page ended, as text that a reader hands back: numbers in hexadecimal with dots between,
 * and a check of them all, against mistakes of the hand (it is no secret and opens nothing).
 */
#include "config.h"

#include "index/walk.h"

#include "base/base.h"

#include <string.h>

#define FIXED 8
#define NUMBERS_MAX (FIXED + HY_QUERY_MAX_TERMS)
#define TEXT_MAX 1024

static uint64_t check_of(const uint64_t *v, size_t n)
{
	return hy_xxh64(v, n * sizeof(*v)) & 0xffffffff;
}

char *hy_cursor_text(const void *ctx, const struct hy_cursor *c)
{
	uint64_t v[NUMBERS_MAX] = {c->of,
				   (uint64_t)c->at,
				   (uint64_t)c->top,
				   (uint64_t)c->floor,
				   (uint64_t)c->score,
				   (uint64_t)c->seq,
				   (uint64_t)c->counted,
				   (uint64_t)c->mean};
	size_t n = FIXED;
	struct hy_buf b;

	for (size_t i = 0; i < c->n_weights; i++)
		v[n++] = (uint64_t)c->weight[i];
	hy_buf_init(&b, ctx, TEXT_MAX);
	for (size_t i = 0; i < n; i++)
		hy_buf_fmt(&b, "%" PRIx64 ".", v[i]);
	hy_buf_fmt(&b, "%" PRIx64, check_of(v, n));
	return hy_buf_take(&b, NULL);
}

/* One number in lower-case hexadecimal, at most 16 digits. */
static bool number(const char **text, uint64_t *out)
{
	const char *p = *text;

	for (*out = 0; *p != '\0' && *p != '.'; p++) {
		const char *digits = "0123456789abcdef", *at = strchr(digits, *p);
		if (at == NULL || p - *text == 16)
			return false;
		*out = *out << 4 | (uint64_t)(at - digits);
	}
	if (p == *text)
		return false;
	*text = p;
	return true;
}

static bool parse(const char *text, uint64_t *v, size_t *n)
{
	*n = 0;
	for (;; text++) {
		if (*n == NUMBERS_MAX + 1 || !number(&text, &v[*n]))
			return false;
		++*n;
		if (*text == '\0')
			break;
	}
	return *n > FIXED && v[*n - 1] == check_of(v, *n - 1);
}

enum hy_status hy_cursor_parse(struct hy_cursor *out, const char *text, struct hy_err *err)
{
	uint64_t v[NUMBERS_MAX + 1];
	size_t n = 0;
	struct hy_cursor c = {0};
	bool good = strnlen(text, TEXT_MAX) < TEXT_MAX && parse(text, v, &n);

	for (size_t i = 1; good && i < n - 1; i++)
		good = v[i] <= (i < FIXED ? (uint64_t)INT64_MAX : 100000);
	if (!good)
		return hy_err_set(err, HY_EINPUT,
				  _("the cursor is not one that a page gave out: begin at the "
				    "first page"));
	c.of = v[0];
	c.at = (hy_time)v[1];
	c.top = (int64_t)v[2];
	c.floor = (int64_t)v[3];
	c.score = (int64_t)v[4];
	c.seq = (int64_t)v[5];
	c.counted = (int64_t)v[6];
	c.mean = (int64_t)v[7];
	c.n_weights = n - 1 - FIXED;
	for (size_t i = 0; i < c.n_weights; i++)
		c.weight[i] = (int32_t)v[FIXED + i];
	*out = c;
	return HY_OK;
}

enum hy_status hy_search_now(const char *page, hy_time *out, struct hy_err *err)
{
	struct hy_cursor c;
	enum hy_status st = hy_cursor_parse(&c, page, err);

	if (st == HY_OK)
		*out = c.at;
	return st;
}
