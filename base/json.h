/*
 * JSON (RFC 8259): a reader that builds a tree of our own by yajl's callbacks with a depth cap
 * (trust 0.5), strict UTF-8, 64-bit integers kept; and a writer into a hy_buf.
 */
#ifndef HY_BASE_JSON_H
#define HY_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

enum hy_json_type {
	HY_JSON_NULL,
	HY_JSON_BOOL,
	HY_JSON_INT,
	HY_JSON_REAL,
	HY_JSON_STRING,
	HY_JSON_ARRAY,
	HY_JSON_OBJECT
};

/* A node; all of a document hangs off one talloc parent. Strings have no NUL inside (an escaped
 * U+0000 is HY_EINPUT). */
struct hy_json {
	enum hy_json_type type;
	bool boolean;
	int64_t integer;     /* INT; a number without fraction or exponent that fits 64 bits */
	double real;	     /* REAL, and INT as double */
	const char *text;    /* STRING: UTF-8; REAL and INT: the number as written */
	size_t n;	     /* STRING: bytes; ARRAY, OBJECT: members */
	struct hy_json **at; /* ARRAY, OBJECT: values */
	const char **key;    /* OBJECT: names, in order; duplicate names keep the first unless
				HY_JSON_UNIQUE */
};

#define HY_JSON_DEPTH_MAX 64
#define HY_JSON_UNIQUE 1u /* flags: a repeated name is HY_EINPUT (our own API) */
#define HY_JSON_BOM 2u	  /* flags: a leading byte-order mark is skipped (feeds) */
/* An escaped half of a surrogate pair is read as U+FFFD, with HY_JSON_UNIQUE it is HY_EINPUT. Caps:
 * 64 MiB, 2^21 values, numbers within a double's range. */
/* HY_EINPUT with line or byte for anything that is not exactly one JSON value in UTF-8. *out is a
 * child of ctx. */
enum hy_status hy_json_parse(const void *ctx, const char *bytes, size_t n, unsigned flags,
			     struct hy_json **out, struct hy_err *err);

/* Look-ups that never fail: NULL / fallback when absent or of another type; node may be NULL. */
const struct hy_json *hy_json_get(const struct hy_json *node, const char *name);
const char *hy_json_str(const struct hy_json *node,
			const char *name); /* NULL when absent or not a string */
int64_t hy_json_int(const struct hy_json *node, const char *name, int64_t fallback);
bool hy_json_bool(const struct hy_json *node, const char *name, bool fallback);

/*
 * The writer, over yajl_gen. Misuse (a value without a key in an object) is HY_BUG. Text that is
 * not UTF-8 is repaired. Compact by default; pretty = two blanks of indent.
 */
struct hy_json_writer;
struct hy_json_writer *hy_json_writer_new(const void *ctx, bool pretty);
void hy_jw_object(struct hy_json_writer *w);
void hy_jw_end_object(struct hy_json_writer *w);
void hy_jw_array(struct hy_json_writer *w);
void hy_jw_end_array(struct hy_json_writer *w);
void hy_jw_key(struct hy_json_writer *w, const char *name);
void hy_jw_str(struct hy_json_writer *w, const char *s); /* NULL writes null */
void hy_jw_strn(struct hy_json_writer *w, const char *s, size_t n);
void hy_jw_int(struct hy_json_writer *w, int64_t v);
void hy_jw_real(struct hy_json_writer *w,
		double v); /* shortest form that reads back; NaN writes null */
void hy_jw_bool(struct hy_json_writer *w, bool v);
void hy_jw_null(struct hy_json_writer *w);
void hy_jw_node(struct hy_json_writer *w, const struct hy_json *node); /* a whole tree */
/* Key and value in one call. */
void hy_jw_kstr(struct hy_json_writer *w, const char *name, const char *s);
void hy_jw_kint(struct hy_json_writer *w, const char *name, int64_t v);
void hy_jw_kbool(struct hy_json_writer *w, const char *name, bool v);
void hy_jw_kreal(struct hy_json_writer *w, const char *name, double v);
/* The text so far; valid until the next call or the writer's end. solidus_safe: call
 * hy_json_html_safe for JSON inside HTML. */
const char *hy_jw_text(struct hy_json_writer *w, size_t *n_out);
/* A copy in which '<', '>', '&', U+2028/9 are \uXXXX: safe inside <script
 * type="application/ld+json">. */
char *hy_json_html_safe(const void *ctx, const char *json);

#endif
