/*
 * The JSON reader: yajl finds the tokens, we build the tree. yajl alone would let form feeds,
 * overlong UTF-8 and lone surrogates through, so the bytes are looked over once before; containers
 * are counted on a stack of 64, so neither parsing nor freeing ever recurses.
 */
#include "config.h"
#include "base/json.h"
#include "base/base.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#define BYTES_MAX (64u << 20)
#define NODES_MAX (1u << 21) /* values in one document */
#define CHUNK_BYTES 32768
#define SORT_FROM 16 /* members from which duplicate names are found by sorting */

/* A bump allocator: chunks are talloc children of the document, freed with it. */
struct arena {
	const void *ctx;
	char *at;
	size_t left;
};

struct frame {
	struct hy_json *node;
	size_t first; /* index of its first member in values */
};

struct parser {
	struct arena arena;
	unsigned flags;
	struct hy_json *root; /* the talloc parent of all the rest */
	size_t n_nodes;
	struct frame frames[HY_JSON_DEPTH_MAX];
	size_t depth;
	/* Members of all open containers; a closing one takes its tail. */
	struct hy_json **values;
	const char **names; /* the name of values[i]; for [n_values]: the one read last */
	size_t n_values, cap_values;
	const char *fault; /* set when a callback stops the parser */
	char *fault_name;  /* talloc child of names; the name it is about, or NULL */
};

static void *arena_take(struct arena *a, size_t n)
{
	void *p;

	n = n ? (n + 7) & ~(size_t)7 : 8;
	if (n > CHUNK_BYTES / 4)
		return hy_new_array(a->ctx, char, n);
	if (n > a->left) {
		a->at = hy_new_array(a->ctx, char, CHUNK_BYTES);
		a->left = CHUNK_BYTES;
	}
	p = a->at;
	a->at += n;
	a->left -= n;
	return p;
}

static char *arena_text(struct arena *a, const void *bytes, size_t n)
{
	char *s = arena_take(a, n + 1);

	if (n)
		memcpy(s, bytes, n);
	s[n] = '\0';
	return s;
}

static locale_t c_locale;

static void make_c_locale(void)
{
	c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!c_locale)
		hy_mem_die();
}

/* strtod that reads a point whatever LC_NUMERIC says. */
static double read_real(const char *s)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_c_locale);
	return strtod_l(s, NULL, c_locale);
}

static int stop(struct parser *p, const char *fault)
{
	p->fault = fault;
	return 0;
}

/* A new value, put into the container that is open. NULL when there are too many. */
static struct hy_json *add_value(struct parser *p, enum hy_json_type type)
{
	struct hy_json *node;

	if (p->n_nodes == NODES_MAX) {
		stop(p, "too many values");
		return NULL;
	}
	p->n_nodes++;
	if (p->depth == 0) {
		p->root->type = type;
		return p->root;
	}
	node = arena_take(&p->arena, sizeof(*node));
	memset(node, 0, sizeof(*node));
	node->type = type;
	if (p->n_values + 1 >= p->cap_values) {
		p->cap_values *= 2;
		p->values = hy_grow(NULL, p->values, struct hy_json *, p->cap_values);
		p->names = hy_grow(NULL, p->names, const char *, p->cap_values);
	}
	p->values[p->n_values++] = node;
	p->names[p->n_values] = NULL;
	return node;
}

static int on_null(void *user)
{
	return add_value(user, HY_JSON_NULL) != NULL;
}

static int on_boolean(void *user, int v)
{
	struct hy_json *node = add_value(user, HY_JSON_BOOL);

	if (node)
		node->boolean = v != 0;
	return node != NULL;
}

static int on_number(void *user, const char *s, size_t n)
{
	struct parser *p = user;
	struct hy_json *node = add_value(p, HY_JSON_REAL);
	char *end;

	if (!node)
		return 0;
	node->text = arena_text(&p->arena, s, n);
	node->real = read_real(node->text);
	if (!isfinite(node->real))
		return stop(p, "a number is too large");
	if (!strpbrk(node->text, ".eE")) {
		long long v;

		errno = 0;
		v = strtoll(node->text, &end, 10);
		if (errno == 0 && *end == '\0') {
			node->type = HY_JSON_INT;
			node->integer = v;
		}
	}
	return 1;
}

static int on_string(void *user, const unsigned char *s, size_t n)
{
	struct parser *p = user;
	struct hy_json *node;

	if (memchr(s, '\0', n))
		return stop(p, "a string holds U+0000");
	node = add_value(p, HY_JSON_STRING);
	if (!node)
		return 0;
	node->text = arena_text(&p->arena, s, n);
	node->n = n;
	return 1;
}

static int on_key(void *user, const unsigned char *s, size_t n)
{
	struct parser *p = user;

	if (memchr(s, '\0', n))
		return stop(p, "a name holds U+0000");
	p->names[p->n_values] = arena_text(&p->arena, s, n);
	return 1;
}

static int open_container(struct parser *p, enum hy_json_type type)
{
	struct hy_json *node;

	if (p->depth == HY_JSON_DEPTH_MAX)
		return stop(p, "nested deeper than 64");
	node = add_value(p, type);
	if (!node)
		return 0;
	p->frames[p->depth++] = (struct frame){.node = node, .first = p->n_values};
	return 1;
}

static int on_start_map(void *user)
{
	return open_container(user, HY_JSON_OBJECT);
}

static int on_start_array(void *user)
{
	return open_container(user, HY_JSON_ARRAY);
}

static int by_name(const void *a, const void *b)
{
	const char *const *x = *(const char *const *const *)a;
	const char *const *y = *(const char *const *const *)b;
	int c = strcmp(*x, *y);

	return c ? c : (x > y) - (x < y); /* equal names: in the order of the document */
}

/* Sets names[i] to NULL where an earlier name is the same. Returns one such name, or NULL. */
static const char *strike_repeated(const char **names, size_t n)
{
	const char *repeated = NULL;
	const char ***order;

	if (n < SORT_FROM) {
		for (size_t i = 1; i < n; i++)
			for (size_t k = 0; k < i; k++)
				if (names[k] && strcmp(names[i], names[k]) == 0) {
					repeated = names[i];
					names[i] = NULL;
					break;
				}
		return repeated;
	}
	order = hy_new_array(NULL, const char **, n);
	for (size_t i = 0; i < n; i++)
		order[i] = &names[i];
	qsort(order, n, sizeof(*order), by_name);
	for (size_t i = 1, kept = 0; i < n; i++) {
		if (strcmp(*order[i], *order[kept]) == 0) {
			repeated = *order[i];
			*order[i] = NULL;
		} else {
			kept = i;
		}
	}
	talloc_free(order);
	return repeated;
}

static int on_end_array(void *user)
{
	struct parser *p = user;
	struct frame f = p->frames[--p->depth];
	size_t n = p->n_values - f.first;

	f.node->n = n;
	f.node->at = arena_take(&p->arena, n * sizeof(*f.node->at));
	if (n)
		memcpy(f.node->at, p->values + f.first, n * sizeof(*f.node->at));
	p->n_values = f.first;
	return 1;
}

static int on_end_map(void *user)
{
	struct parser *p = user;
	struct frame f = p->frames[--p->depth];
	size_t n = p->n_values - f.first, kept = 0;
	const char *repeated = strike_repeated(p->names + f.first, n);

	if (repeated && (p->flags & HY_JSON_UNIQUE)) {
		p->fault_name = hy_strdup(p->names, repeated);
		return stop(p, "a name stands twice in one object");
	}
	f.node->at = arena_take(&p->arena, n * sizeof(*f.node->at));
	f.node->key = arena_take(&p->arena, n * sizeof(*f.node->key));
	for (size_t i = 0; i < n; i++) {
		const char *name = p->names[f.first + i];

		if (!name)
			continue;
		f.node->at[kept] = p->values[f.first + i];
		f.node->key[kept++] = name;
	}
	f.node->n = kept;
	p->n_values = f.first;
	return 1;
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_start_map,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end_map,
	.yajl_start_array = on_start_array,
	.yajl_end_array = on_end_array,
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

static size_t line_of(const char *bytes, size_t at)
{
	size_t line = 1;

	for (size_t i = 0; i < at; i++)
		line += bytes[i] == '\n';
	return line;
}

static enum hy_status fault_at(struct hy_err *err, const char *bytes, size_t at, const char *fault,
			       const char *name)
{
	return hy_err_set(err, HY_EINPUT, "JSON line %zu (byte %zu): %s%s%.64s", line_of(bytes, at),
			  at, fault, name ? ": " : "", name ? name : "");
}

/* Value of four hex digits, or -1. */
static int hex4(const char *s)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		char c = s[i];
		int d = c >= '0' && c <= '9'   ? c - '0'
			: c >= 'a' && c <= 'f' ? c - 'a' + 10
			: c >= 'A' && c <= 'F' ? c - 'A' + 10
					       : -1;

		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

/* The next backslash escape at or after p that is half a surrogate pair; NULL when all are whole.
 * Escapes stand in strings only, so that a backslash elsewhere is yajl's to refuse. */
static const char *lone_surrogate(const char *p, const char *end)
{
	while ((p = memchr(p, '\\', (size_t)(end - p)))) {
		int cp = end - p >= 6 && p[1] == 'u' ? hex4(p + 2) : -1;

		if (cp >= 0xD800 && cp <= 0xDBFF) {
			bool low = end - p >= 12 && p[6] == '\\' && p[7] == 'u' &&
				   (hex4(p + 8) & 0xFC00) == 0xDC00 && hex4(p + 8) >= 0;

			if (!low)
				return p;
			p += 12;
		} else if (cp >= 0xDC00 && cp <= 0xDFFF) {
			return p;
		} else {
			p += end - p >= 2 ? 2 : 1;
		}
	}
	return NULL;
}

/*
 * What yajl would wrongly accept. *bytes becomes a patched copy (child of ctx) where lone
 * surrogates were and the caller is lenient: \uD83D and U+FFFD are equally long as escapes.
 */
static enum hy_status look_over(const void *ctx, const char **bytes, size_t n, unsigned flags,
				struct hy_err *err)
{
	const char *s = *bytes, *lone;
	char *copy;

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 && s[i] != '\n' && s[i] != '\t' && s[i] != '\r')
			return fault_at(err, s, i, "a control character", NULL);
	if (!hy_utf8_valid(s, n))
		return hy_err_set(err, HY_EINPUT, "JSON: not UTF-8");
	lone = lone_surrogate(s, s + n);
	if (!lone)
		return HY_OK;
	if (flags & HY_JSON_UNIQUE)
		return fault_at(err, s, (size_t)(lone - s), "half a surrogate pair", NULL);
	copy = hy_memdup(ctx, s, n);
	while (lone) {
		memcpy(copy + (lone - s) + 2, "FFFD", 4);
		lone = lone_surrogate(lone + 6, s + n);
	}
	*bytes = copy;
	return HY_OK;
}

/* yajl's own words, its first line without the "parse error: " before. */
static enum hy_status yajl_fault(yajl_handle y, struct hy_err *err, const char *bytes, size_t n)
{
	size_t at = yajl_get_bytes_consumed(y);
	char *text = (char *)yajl_get_error(y, 0, NULL, 0);
	enum hy_status status;

	text[strcspn(text, "\n")] = '\0';
	status = fault_at(err, bytes, at < n ? at : n, text, NULL);
	yajl_free_error(y, (unsigned char *)text);
	return status;
}

enum hy_status hy_json_parse(const void *ctx, const char *bytes, size_t n, unsigned flags,
			     struct hy_json **out, struct hy_err *err)
{
	yajl_alloc_funcs alloc = {.malloc = yajl_get, .realloc = yajl_resize, .free = yajl_put};
	struct parser p = {.flags = flags, .cap_values = 64};
	enum hy_status status;
	yajl_status ys;
	yajl_handle y;

	if (n > BYTES_MAX)
		return hy_err_set(err, HY_EINPUT, "JSON: larger than %u bytes", BYTES_MAX);
	if ((flags & HY_JSON_BOM) && n >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
		bytes += 3;
		n -= 3;
	}
	p.root = hy_new(ctx, struct hy_json);
	p.arena.ctx = p.root;
	status = look_over(p.root, &bytes, n, flags, err);
	if (status) {
		talloc_free(p.root);
		return status;
	}
	p.values = hy_new_array(NULL, struct hy_json *, p.cap_values);
	p.names = hy_new_array(NULL, const char *, p.cap_values);
	y = yajl_alloc(&callbacks, &alloc, &p);
	ys = yajl_parse(y, (const unsigned char *)bytes, n);
	if (ys == yajl_status_ok)
		ys = yajl_complete_parse(y);
	if (p.fault)
		status = fault_at(err, bytes, yajl_get_bytes_consumed(y), p.fault, p.fault_name);
	else if (ys != yajl_status_ok)
		status = yajl_fault(y, err, bytes, n);
	else
		*out = p.root;
	yajl_free(y);
	talloc_free(p.values);
	talloc_free(p.names);
	if (status)
		talloc_free(p.root);
	return status;
}

const struct hy_json *hy_json_get(const struct hy_json *node, const char *name)
{
	if (!node || node->type != HY_JSON_OBJECT)
		return NULL;
	for (size_t i = 0; i < node->n; i++)
		if (strcmp(node->key[i], name) == 0)
			return node->at[i];
	return NULL;
}

const char *hy_json_str(const struct hy_json *node, const char *name)
{
	const struct hy_json *v = hy_json_get(node, name);

	return v && v->type == HY_JSON_STRING ? v->text : NULL;
}

int64_t hy_json_int(const struct hy_json *node, const char *name, int64_t fallback)
{
	const struct hy_json *v = hy_json_get(node, name);

	return v && v->type == HY_JSON_INT ? v->integer : fallback;
}

bool hy_json_bool(const struct hy_json *node, const char *name, bool fallback)
{
	const struct hy_json *v = hy_json_get(node, name);

	return v && v->type == HY_JSON_BOOL ? v->boolean : fallback;
}
