/*
 * A flat look at a small message: XML by the guarded reader, or JSON, as pairs of path and text, so
 * that both forms of a platform are read by the same lines.
 */
#include "platforms/callback.h"

#include <string.h>

#define PATH_MAX_BYTES 256
#define TEXT_MAX HY_CALLBACK_BODY_MAX /* of one field */

struct field {
	char *name;
	struct hy_buf text; /* XML: grows while the element is open */
};
struct hy_fields {
	struct field *at;
	size_t n;
	/* while reading XML */
	char path[PATH_MAX_BYTES];
	size_t ends[HY_FIELDS_DEPTH_MAX + 2];
	size_t depth;
	size_t open; /* index of the field that text goes to, or SIZE_MAX */
	const char *fault;
};

static struct field *add(struct hy_fields *f, const char *name)
{
	if (f->n == HY_FIELDS_MAX) {
		f->fault = N_("it has too many fields");
		return NULL;
	}
	struct field *x = &f->at[f->n++];
	x->name = hy_strdup(f->at, name);
	hy_buf_init(&x->text, f->at, TEXT_MAX);
	return x;
}

/* Appends a name to the path; false when it is too long or too deep. */
static bool step_in(struct hy_fields *f, const char *name)
{
	size_t at = f->depth > 0 ? f->ends[f->depth - 1] : 0, n = strlen(name);

	if (f->depth > HY_FIELDS_DEPTH_MAX || at + n + 2 > sizeof(f->path)) {
		f->fault = N_("it is too deep");
		return false;
	}
	if (f->depth > 1)
		f->path[at++] = '/';
	if (f->depth > 0) { /* the root has no name here */
		memcpy(f->path + at, name, n);
		at += n;
	}
	f->path[at] = '\0';
	f->ends[f->depth++] = at;
	return true;
}

static void step_out(struct hy_fields *f)
{
	f->depth--;
	f->path[f->depth > 0 ? f->ends[f->depth - 1] : 0] = '\0';
}

static bool on_start(void *user, const char *ns, const char *prefix, const char *name,
		     const struct hy_xml_attr *attrs, size_t n_attrs)
{
	struct hy_fields *f = user;

	(void)ns, (void)prefix, (void)attrs, (void)n_attrs;
	if (!step_in(f, name))
		return false;
	f->open = SIZE_MAX;
	if (f->depth > 1) {
		if (add(f, f->path) == NULL)
			return false;
		f->open = f->n - 1;
	}
	return true;
}

static bool on_end(void *user, const char *ns, const char *prefix, const char *name)
{
	struct hy_fields *f = user;

	(void)ns, (void)prefix, (void)name;
	step_out(f);
	f->open = SIZE_MAX;
	return true;
}

static bool on_text(void *user, const char *s, size_t n, bool cdata)
{
	struct hy_fields *f = user;

	(void)cdata;
	if (f->open != SIZE_MAX && !hy_buf_add(&f->at[f->open].text, s, n)) {
		f->fault = N_("a field is too long");
		return false;
	}
	return true;
}

static enum hy_status read_xml(struct hy_fields *f, const char *bytes, size_t n, struct hy_err *err)
{
	static const struct hy_xml_handlers handlers = {on_start, on_end, on_text, NULL};
	bool well_formed = false;
	enum hy_status status;

	if (!hy_utf8_valid(bytes, n))
		return hy_err_set(err, HY_EINPUT, _("callback: the message is not UTF-8"));
	status = hy_xml_parse(bytes, n, false, &handlers, f, &well_formed, err);
	if (status != HY_OK)
		return status;
	if (f->fault == NULL && !well_formed)
		return hy_err_set(err, HY_EINPUT, _("callback: the message is no well-formed XML"));
	return HY_OK;
}

static void walk(struct hy_fields *f, const struct hy_json *node)
{
	static const char *const words[] = {"false", "true"};
	struct field *x;
	const char *text = node->text;

	if (f->fault != NULL)
		return;
	if (node->type == HY_JSON_OBJECT || node->type == HY_JSON_ARRAY) {
		for (size_t i = 0; i < node->n && f->fault == NULL; i++) {
			if (!step_in(f, node->type == HY_JSON_OBJECT ? node->key[i] : "item"))
				return;
			walk(f, node->at[i]);
			step_out(f);
		}
		return;
	}
	if (node->type == HY_JSON_BOOL)
		text = words[node->boolean];
	if (node->type == HY_JSON_NULL || (x = add(f, f->path)) == NULL)
		return;
	if (!hy_buf_str(&x->text, text))
		f->fault = N_("a field is too long");
}

static enum hy_status read_json(struct hy_fields *f, const char *bytes, size_t n,
				struct hy_err *err)
{
	struct hy_json *node;
	enum hy_status status = hy_json_parse(f, bytes, n, 0, &node, err);

	if (status != HY_OK)
		return status;
	if (node->type != HY_JSON_OBJECT)
		return hy_err_set(err, HY_EINPUT, _("callback: the message is no object"));
	f->depth = 1; /* the root */
	f->ends[0] = 0;
	walk(f, node);
	return HY_OK;
}

enum hy_status hy_fields_read(const void *ctx, const char *bytes, size_t n, struct hy_fields **out,
			      struct hy_err *err)
{
	struct hy_fields *f = hy_new(ctx, struct hy_fields);
	enum hy_status status;

	f->at = hy_new_array(f, struct field, HY_FIELDS_MAX);
	f->open = SIZE_MAX;
	status =
		n > 0 && bytes[0] == '<' ? read_xml(f, bytes, n, err) : read_json(f, bytes, n, err);
	if (status == HY_OK && f->fault != NULL)
		status = hy_err_set(err, HY_EINPUT, _("callback: the message: %s"), _(f->fault));
	if (status != HY_OK) {
		talloc_free(f);
		return status;
	}
	*out = f;
	return HY_OK;
}

const char *hy_fields_get(const struct hy_fields *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->at[i].name, name) == 0)
			return f->at[i].text.data;
	return NULL;
}
