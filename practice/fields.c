/* What a request says: its query, and its body as form, multipart or JSON, read once at need. */
#include "config.h"
#include "practice/internal.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FIELDS_MAX 256

static void add_field(struct ask *ask, const char *name, const char *filename, const void *bytes,
		      size_t n)
{
	struct field *f;

	if (ask->n_fields == FIELDS_MAX)
		return;
	ask->fields = hy_grow(ask, ask->fields, struct field, ask->n_fields + 1);
	f = &ask->fields[ask->n_fields++];
	f->name = hy_strdup(ask, name);
	f->filename = hy_strdup(ask, filename);
	f->value = hy_strndup(ask, bytes, n);
	f->n = n;
}

/* libmicrohttpd hands a value in pieces; off is where this one belongs. */
static enum MHD_Result on_piece(void *user, enum MHD_ValueKind kind, const char *name,
				const char *filename, const char *type, const char *encoding,
				const char *data, uint64_t off, size_t n)
{
	struct ask *ask = user;
	struct field *last = ask->n_fields ? &ask->fields[ask->n_fields - 1] : NULL;
	char *more;

	(void)kind;
	(void)type;
	(void)encoding;
	if (!off || !last || off != last->n) {
		add_field(ask, name ? name : "", filename, data ? data : "", n);
		return MHD_YES;
	}
	more = hy_new_array(ask, char, last->n + n + 1);
	memcpy(more, last->value, last->n);
	memcpy(more + last->n, data, n);
	last->value = more;
	last->n += n;
	return MHD_YES;
}

static void read_form(struct ask *ask)
{
	struct MHD_PostProcessor *pp = MHD_create_post_processor(ask->conn, 4096, on_piece, ask);

	if (!pp)
		return;
	/* A body that breaks off leaves the fields before the break. */
	(void)MHD_post_process(pp, ask->body.data, ask->body.len);
	MHD_destroy_post_processor(pp);
}

static void add_json(struct ask *ask, const char *name, const struct hy_json *v)
{
	if (v->type == HY_JSON_STRING)
		add_field(ask, name, NULL, v->text, v->n);
	else if (v->type == HY_JSON_INT || v->type == HY_JSON_REAL)
		add_field(ask, name, NULL, v->text, strlen(v->text));
	else if (v->type == HY_JSON_BOOL)
		add_field(ask, name, NULL, v->boolean ? "1" : "0", 1);
	else if (v->type == HY_JSON_ARRAY)
		for (size_t i = 0; i < v->n; i++)
			add_json(ask, hy_strf(ask, "%s[]", name), v->at[i]);
}

static void read_json(struct ask *ask)
{
	if (hy_json_parse(ask, ask->body.data, ask->body.len, 0, &ask->json, NULL))
		ask->json = NULL;
	if (!ask->json || ask->json->type != HY_JSON_OBJECT)
		return;
	for (size_t i = 0; i < ask->json->n; i++)
		add_json(ask, ask->json->key[i], ask->json->at[i]);
}

static void read_fields(struct ask *ask)
{
	const char *type = ask->head(ask, "Content-Type");
	const char *s = ask->body.data;

	if (ask->fields_read)
		return;
	ask->fields_read = true;
	ask->fields = hy_new_array(ask, struct field, 1);
	if (!ask->body.len)
		return;
	if (type && (!strncasecmp(type, "application/x-www-form-urlencoded", 33) ||
		     !strncasecmp(type, "multipart/form-data", 19)))
		read_form(ask);
	else if (s[strspn(s, " \t\r\n")] == '{' || s[strspn(s, " \t\r\n")] == '[')
		read_json(ask);
}

const char *ask_field(struct ask *ask, const char *name)
{
	const char *v = ask->arg(ask, name);

	if (v)
		return v;
	read_fields(ask);
	for (size_t i = 0; i < ask->n_fields; i++)
		if (!strcmp(ask->fields[i].name, name))
			return ask->fields[i].value;
	return NULL;
}

const struct field *ask_file(struct ask *ask, const char *name)
{
	read_fields(ask);
	for (size_t i = 0; i < ask->n_fields; i++)
		if (!strcmp(ask->fields[i].name, name) && ask->fields[i].filename)
			return &ask->fields[i];
	return NULL;
}

int64_t ask_int(struct ask *ask, const char *name, int64_t fallback)
{
	const char *s = ask_field(ask, name);
	char *end;
	long long v;

	if (!s || !*s)
		return fallback;
	v = strtoll(s, &end, 10);
	return *end ? fallback : v;
}

bool ask_bool(struct ask *ask, const char *name)
{
	const char *s = ask_field(ask, name);

	return s && (!strcmp(s, "1") || !strcasecmp(s, "true") || !strcasecmp(s, "on"));
}

const struct hy_json *ask_json(struct ask *ask)
{
	read_fields(ask);
	return ask->json;
}

/* ---- answers ---- */

void answer_json(struct ask *ask, int status, struct hy_json_writer *w)
{
	size_t n;
	const char *text = hy_jw_text(w, &n);

	ask->status = status;
	ask->type = "application/json; charset=UTF-8";
	hy_buf_reset(&ask->out);
	hy_buf_add(&ask->out, text, n);
}

void answer_text(struct ask *ask, int status, const char *text)
{
	ask->status = status;
	ask->type = "text/plain; charset=utf-8";
	hy_buf_reset(&ask->out);
	hy_buf_str(&ask->out, text);
}

void answer_head(struct ask *ask, const char *name, const char *value)
{
	if (ask->n_heads == HEADS_MAX)
		return;
	ask->heads[ask->n_heads].name = name;
	ask->heads[ask->n_heads++].value = value;
}
