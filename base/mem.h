/* Memory: talloc, with an allocation failure ending the process (exit 71): state is in the record,
 * the supervisor restarts us. */
#ifndef HY_BASE_MEM_H
#define HY_BASE_MEM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <talloc.h>

/* One zeroed object / array of type, child of ctx; never NULL. Free with talloc_free() or with its
 * parent. */
#define hy_new(ctx, type) ((type *)hy_mem_zero((ctx), sizeof(type), 1, #type))
#define hy_new_array(ctx, type, n) ((type *)hy_mem_zero((ctx), sizeof(type), (n), #type "[]"))
/* Grows or shrinks an array made by hy_new_array(); new elements are not zeroed. */
#define hy_grow(ctx, ptr, type, n)                                                                 \
	((type *)hy_mem_resize((ctx), (ptr), sizeof(type), (n), #type "[]"))

void *hy_mem_zero(const void *ctx, size_t size, size_t n, const char *name);
void *hy_mem_resize(const void *ctx, void *ptr, size_t size, size_t n, const char *name);

/* Copies of strings, children of ctx; never NULL for a non-NULL s. hy_strdup(NULL) is NULL. */
char *hy_strdup(const void *ctx, const char *s);
char *hy_strndup(const void *ctx, const char *s, size_t n);
void *hy_memdup(const void *ctx, const void *bytes, size_t n);
char *hy_strf(const void *ctx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *hy_vstrf(const void *ctx, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/* Called by every library whose allocation fails, too: one line on stderr, exit 71. */
_Noreturn void hy_mem_die(void);

/*
 * A growing byte buffer with a ceiling. hy_buf_init sets the ceiling (bytes); an append past it
 * sets `over`, appends nothing more and returns false: an error for the caller, never growth. data
 * is NUL-terminated always.
 */
struct hy_buf {
	char *data; /* talloc child of ctx; "" when empty is also NUL-terminated, never NULL after
		       init */
	size_t len; /* bytes without the NUL */
	size_t cap; /* bytes allocated */
	size_t max; /* ceiling for len */
	bool over;  /* an append was refused */
	const void *ctx;
};
void hy_buf_init(struct hy_buf *b, const void *ctx, size_t max_bytes);
bool hy_buf_add(struct hy_buf *b, const void *bytes, size_t n);
bool hy_buf_str(struct hy_buf *b, const char *s);
bool hy_buf_chr(struct hy_buf *b, char c);
bool hy_buf_fmt(struct hy_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void hy_buf_reset(struct hy_buf *b);		      /* empties, keeps the memory */
char *hy_buf_take(struct hy_buf *b, size_t *len_out); /* ownership of data moves to the caller
							 (child of ctx); b is as after init */

#endif
