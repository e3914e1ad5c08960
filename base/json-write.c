/*
 * The JSON writer over yajl_gen. yajl_gen takes a string where a name is due without a word, so the
 * order of names and values is kept here, and breaking it is a BUG.
 */
#include "config.h"
#include "base/json.h"
#include "base/base.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#define WRITE_DEPTH_MAX 100 /* yajl_gen stops at 128 */

enum due { DUE_VALUE, DUE_NAME, DUE_NOTHING };

struct hy_json_writer {
	yajl_gen gen;
	bool in_object[WRITE_DEPTH_MAX + 1];
	size_t depth;
	enum due due;
};

static void *yajl_get(void *ctx, size_t n)
{
	(void)ctx;
	return hy_new_array(NULL, char, n);
}

static void *yajl_resize(void *ctx, void *p, size_t n)
{
	(void)ctx;
	return hy_grow(NULL, p, char, n);
}

static void yajl_put(void *ctx, void *p)
{
	(void)ctx;
	talloc_free(p);
}

static int destroy_writer(struct hy_json_writer *w)
{
	yajl_gen_free(w->gen);
	return 0;
}

struct hy_json_writer *hy_json_writer_new(const void *ctx, bool pretty)
{
	yajl_alloc_funcs alloc = {.malloc = yajl_get, .realloc = yajl_resize, .free = yajl_put};
	struct hy_json_writer *w = hy_new(ctx, struct hy_json_writer);

	w->gen = yajl_gen_alloc(&alloc);
	if (!w->gen)
		hy_mem_die();
	yajl_gen_config(w->gen, yajl_gen_validate_utf8, 1);
	if (pretty) {
		yajl_gen_config(w->gen, yajl_gen_beautify, 1);
		yajl_gen_config(w->gen, yajl_gen_indent_string, "  ");
	}
	w->due = DUE_VALUE;
	talloc_set_destructor(w, destroy_writer);
	return w;
}

static void must(yajl_gen_status status)
{
	if (status != yajl_gen_status_ok)
		HY_BUG("JSON writer: yajl_gen status %d", (int)status);
}

/* Before each value. */
static void begin_value(struct hy_json_writer *w)
{
	if (w->due != DUE_VALUE)
		HY_BUG("JSON writer: a value %s",
		       w->due == DUE_NAME ? "without a name" : "after the end");
}

/* After each value, and after the end of a container. */
static void end_value(struct hy_json_writer *w)
{
	w->due = w->depth == 0 ? DUE_NOTHING : w->in_object[w->depth] ? DUE_NAME : DUE_VALUE;
}

static void open_container(struct hy_json_writer *w, bool object)
{
	begin_value(w);
	if (w->depth == WRITE_DEPTH_MAX)
		HY_BUG("JSON writer: nested deeper than %d", WRITE_DEPTH_MAX);
	must(object ? yajl_gen_map_open(w->gen) : yajl_gen_array_open(w->gen));
	w->in_object[++w->depth] = object;
	w->due = object ? DUE_NAME : DUE_VALUE;
}

static void close_container(struct hy_json_writer *w, bool object)
{
	if (w->depth == 0 || w->in_object[w->depth] != object || (object && w->due != DUE_NAME))
		HY_BUG("JSON writer: an end that does not fit");
	must(object ? yajl_gen_map_close(w->gen) : yajl_gen_array_close(w->gen));
	w->depth--;
	end_value(w);
}

void hy_jw_object(struct hy_json_writer *w)
{
	open_container(w, true);
}

void hy_jw_end_object(struct hy_json_writer *w)
{
	close_container(w, true);
}

void hy_jw_array(struct hy_json_writer *w)
{
	open_container(w, false);
}

void hy_jw_end_array(struct hy_json_writer *w)
{
	close_container(w, false);
}

static void put_string(struct hy_json_writer *w, const char *s, size_t n)
{
	char *repaired = NULL;

	if (!hy_utf8_valid(s, n)) {
		repaired = hy_utf8_repair(NULL, s, n, NULL);
		s = repaired;
		n = strlen(repaired);
	}
	must(yajl_gen_string(w->gen, (const unsigned char *)s, n));
	talloc_free(repaired);
}

void hy_jw_key(struct hy_json_writer *w, const char *name)
{
	if (w->due != DUE_NAME)
		HY_BUG("JSON writer: name '%s' where none is due", name);
	put_string(w, name, strlen(name));
	w->due = DUE_VALUE;
}

void hy_jw_strn(struct hy_json_writer *w, const char *s, size_t n)
{
	begin_value(w);
	put_string(w, n ? s : "", n);
	end_value(w);
}

void hy_jw_str(struct hy_json_writer *w, const char *s)
{
	if (s)
		hy_jw_strn(w, s, strlen(s));
	else
		hy_jw_null(w);
}

void hy_jw_int(struct hy_json_writer *w, int64_t v)
{
	begin_value(w);
	must(yajl_gen_integer(w->gen, v));
	end_value(w);
}

static locale_t c_locale;

static void make_c_locale(void)
{
	c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!c_locale)
		hy_mem_die();
}

/* The shortest decimal that reads back as v, with a point whatever LC_NUMERIC says. */
static void print_real(double v, char out[40])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	locale_t before;

	pthread_once(&once, make_c_locale);
	before = uselocale(c_locale);
	/* Fifteen digits hold every shorter form, but not so near to zero. */
	for (int digits = fabs(v) < 1e-300 ? 1 : 15; digits <= 17; digits++) {
		(void)snprintf(out, 40, "%.*g", digits, v); /* 24 bytes at most */
		if (strtod(out, NULL) == v)
			break;
	}
	uselocale(before);
}

void hy_jw_real(struct hy_json_writer *w, double v)
{
	char text[40];

	if (!isfinite(v)) {
		hy_jw_null(w);
		return;
	}
	begin_value(w);
	print_real(v, text);
	must(yajl_gen_number(w->gen, text, strlen(text)));
	end_value(w);
}

void hy_jw_bool(struct hy_json_writer *w, bool v)
{
	begin_value(w);
	must(yajl_gen_bool(w->gen, v));
	end_value(w);
}

void hy_jw_null(struct hy_json_writer *w)
{
	begin_value(w);
	must(yajl_gen_null(w->gen));
	end_value(w);
}

static void put_number(struct hy_json_writer *w, const struct hy_json *node)
{
	if (!node->text) { /* a node of our own making */
		if (node->type == HY_JSON_INT)
			hy_jw_int(w, node->integer);
		else
			hy_jw_real(w, node->real);
		return;
	}
	begin_value(w);
	must(yajl_gen_number(w->gen, node->text, strlen(node->text)));
	end_value(w);
}

/* Recursion is bounded: the writer refuses depth past WRITE_DEPTH_MAX, the reader past 64. */
void hy_jw_node(struct hy_json_writer *w, const struct hy_json *node)
{
	switch (node->type) {
	case HY_JSON_NULL:
		hy_jw_null(w);
		break;
	case HY_JSON_BOOL:
		hy_jw_bool(w, node->boolean);
		break;
	case HY_JSON_INT:
	case HY_JSON_REAL:
		put_number(w, node);
		break;
	case HY_JSON_STRING:
		hy_jw_strn(w, node->text, node->n);
		break;
	case HY_JSON_ARRAY:
		hy_jw_array(w);
		for (size_t i = 0; i < node->n; i++)
			hy_jw_node(w, node->at[i]);
		hy_jw_end_array(w);
		break;
	case HY_JSON_OBJECT:
		hy_jw_object(w);
		for (size_t i = 0; i < node->n; i++) {
			hy_jw_key(w, node->key[i]);
			hy_jw_node(w, node->at[i]);
		}
		hy_jw_end_object(w);
		break;
	}
}

void hy_jw_kstr(struct hy_json_writer *w, const char *name, const char *s)
{
	hy_jw_key(w, name);
	hy_jw_str(w, s);
}

void hy_jw_kint(struct hy_json_writer *w, const char *name, int64_t v)
{
	hy_jw_key(w, name);
	hy_jw_int(w, v);
}

void hy_jw_kbool(struct hy_json_writer *w, const char *name, bool v)
{
	hy_jw_key(w, name);
	hy_jw_bool(w, v);
}

void hy_jw_kreal(struct hy_json_writer *w, const char *name, double v)
{
	hy_jw_key(w, name);
	hy_jw_real(w, v);
}

const char *hy_jw_text(struct hy_json_writer *w, size_t *n_out)
{
	const unsigned char *text;
	size_t n;

	must(yajl_gen_get_buf(w->gen, &text, &n));
	if (n_out)
		*n_out = n;
	return (const char *)text;
}

char *hy_json_html_safe(const void *ctx, const char *json)
{
	struct hy_buf b;

	hy_buf_init(&b, ctx, SIZE_MAX / 2);
	for (const char *p = json; *p; p++) {
		bool separator =
			strncmp(p, "\xE2\x80\xA8", 3) == 0 || strncmp(p, "\xE2\x80\xA9", 3) == 0;

		if (*p == '<' || *p == '>' || *p == '&') {
			hy_buf_fmt(&b, "\\u%04x", (unsigned)(unsigned char)*p);
		} else if (separator) {
			hy_buf_str(&b, p[2] == '\xA8' ? "\\u2028" : "\\u2029");
			p += 2;
		} else {
			hy_buf_chr(&b, *p);
		}
	}
	return hy_buf_take(&b, NULL);
}
