/*
 * Memory: talloc with a fixed answer to failure (exit 71). talloc itself refuses single blocks of
 * 256 MiB and more: a size from outside is capped long before.
 */
#include "base/mem.h"
#include "base/base.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BUF_FIRST 64

_Noreturn void hy_mem_die(void)
{
	static const char line[] = "huying: out of memory\n";

	if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
		_exit(71); /* nobody to tell */
	_exit(71);
}

void *hy_mem_zero(const void *ctx, size_t size, size_t n, const char *name)
{
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(size, n, &bytes))
		hy_mem_die();
	p = talloc_zero_size(ctx, bytes);
	if (!p)
		hy_mem_die();
	talloc_set_name_const(p, name);
	return p;
}

void *hy_mem_resize(const void *ctx, void *ptr, size_t size, size_t n, const char *name)
{
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(size, n, &bytes))
		hy_mem_die();
	if (bytes == 0)
		bytes = 1; /* talloc would free it, and we never return NULL */
	p = talloc_realloc_size(ctx, ptr, bytes);
	if (!p)
		hy_mem_die();
	talloc_set_name_const(p, name);
	return p;
}

char *hy_strdup(const void *ctx, const char *s)
{
	return s ? hy_strndup(ctx, s, strlen(s)) : NULL;
}

char *hy_strndup(const void *ctx, const char *s, size_t n)
{
	char *copy;

	if (!s)
		return NULL;
	n = strnlen(s, n);
	if (n == SIZE_MAX)
		hy_mem_die();
	copy = talloc_size(ctx, n + 1);
	if (!copy)
		hy_mem_die();
	memcpy(copy, s, n);
	copy[n] = '\0';
	talloc_set_name_const(copy, "char[]");
	return copy;
}

void *hy_memdup(const void *ctx, const void *bytes, size_t n)
{
	void *copy = talloc_size(ctx, n);

	if (!copy)
		hy_mem_die();
	if (n)
		memcpy(copy, bytes, n);
	return copy;
}

char *hy_vstrf(const void *ctx, const char *fmt, va_list ap)
{
	char *s = talloc_vasprintf(ctx, fmt, ap);

	if (!s)
		hy_mem_die();
	return s;
}

char *hy_strf(const void *ctx, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = hy_vstrf(ctx, fmt, ap);
	va_end(ap);
	return s;
}

void hy_buf_init(struct hy_buf *b, const void *ctx, size_t max_bytes)
{
	*b = (struct hy_buf){.ctx = ctx, .max = max_bytes, .cap = BUF_FIRST};
	b->data = hy_new_array(ctx, char, BUF_FIRST);
}

/* Room for n more bytes and the NUL; false when the ceiling forbids. */
static bool make_room(struct hy_buf *b, size_t n)
{
	size_t need, cap;

	if (b->over || n > b->max - b->len) {
		b->over = true;
		return false;
	}
	if (__builtin_add_overflow(b->len, n, &need) || need == SIZE_MAX)
		hy_mem_die();
	need++;
	if (need <= b->cap)
		return true;
	cap = b->cap;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	b->data = hy_grow(b->ctx, b->data, char, cap);
	b->cap = cap;
	return true;
}

bool hy_buf_add(struct hy_buf *b, const void *bytes, size_t n)
{
	if (!make_room(b, n))
		return false;
	if (n)
		memcpy(b->data + b->len, bytes, n);
	b->len += n;
	b->data[b->len] = '\0';
	return true;
}

bool hy_buf_str(struct hy_buf *b, const char *s)
{
	return hy_buf_add(b, s, strlen(s));
}

bool hy_buf_chr(struct hy_buf *b, char c)
{
	return hy_buf_add(b, &c, 1);
}

bool hy_buf_fmt(struct hy_buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !make_room(b, (size_t)n))
		return false;
	va_start(ap, fmt);
	(void)vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap); /* measured above */
	va_end(ap);
	b->len += (size_t)n;
	return true;
}

void hy_buf_reset(struct hy_buf *b)
{
	b->len = 0;
	b->over = false;
	b->data[0] = '\0';
}

char *hy_buf_take(struct hy_buf *b, size_t *len_out)
{
	char *data = b->data;

	if (len_out)
		*len_out = b->len;
	hy_buf_init(b, b->ctx, b->max);
	return data;
}
