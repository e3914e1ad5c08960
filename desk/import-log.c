/*
 * How far each file came: one value of the record a source, its latest files, written in the
 * transaction of the rows. A file that is short of its end was interrupted, or is under way.
 */
#include "desk/import.h"

#include <string.h>

#define FILES_KEPT 20
#define UNDER_WAY HY_MINUTE /* a batch takes a second or two */

struct log_file {
	const char *sha256;
	int64_t rows, done, line, fresh, repeat, refused;
	hy_time begun, at;
};

static char *key_of(const void *ctx, struct hy_source_id id)
{
	return hy_strf(ctx, "imports.%" PRId64, id.v);
}

/* Newest first; *n of them, with room for one more. */
static enum hy_status read_log(struct hy_desk *desk, const void *ctx, struct hy_source_id id,
			       struct log_file **out, size_t *n, struct hy_err *err)
{
	char *text = NULL;
	struct hy_json *node = NULL;
	struct log_file *list = hy_new_array(ctx, struct log_file, FILES_KEPT + 1);
	enum hy_status status = hy_meta_get(desk->st, ctx, key_of(ctx, id), &text, err);

	*n = 0;
	if (!status && text)
		status = hy_json_parse(ctx, text, strlen(text), 0, &node, err);
	for (size_t i = 0; !status && node && i < node->n && *n < FILES_KEPT; i++) {
		const struct hy_json *f = node->at[i];
		const char *sha256 = hy_json_str(f, "sha256");

		if (sha256)
			list[(*n)++] = (struct log_file){
				.sha256 = sha256,
				.rows = hy_json_int(f, "rows", 0),
				.done = hy_json_int(f, "done", 0),
				.line = hy_json_int(f, "line", 0),
				.fresh = hy_json_int(f, "new", 0),
				.repeat = hy_json_int(f, "repeat", 0),
				.refused = hy_json_int(f, "refused", 0),
				.begun = hy_json_int(f, "begun", 0),
				.at = hy_json_int(f, "at", 0),
			};
	}
	*out = list;
	return status;
}

static enum hy_status write_log(struct hy_desk *desk, const void *ctx, struct hy_source_id id,
				const struct log_file *list, size_t n, struct hy_err *err)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);

	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		hy_jw_object(w);
		hy_jw_kstr(w, "sha256", list[i].sha256);
		hy_jw_kint(w, "rows", list[i].rows);
		hy_jw_kint(w, "done", list[i].done);
		hy_jw_kint(w, "line", list[i].line);
		hy_jw_kint(w, "new", list[i].fresh);
		hy_jw_kint(w, "repeat", list[i].repeat);
		hy_jw_kint(w, "refused", list[i].refused);
		hy_jw_kint(w, "begun", list[i].begun);
		hy_jw_kint(w, "at", list[i].at);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	return hy_meta_set(desk->st, key_of(ctx, id), hy_jw_text(w, NULL), err);
}

/* The file's place to the front; what was known of it stays. */
static void to_front(struct log_file *list, size_t *n, const char *sha256)
{
	struct log_file f = {.sha256 = sha256};
	size_t i = 0;

	while (i < *n && strcmp(list[i].sha256, sha256) != 0)
		i++;
	if (i < *n)
		f = list[i];
	else
		(*n)++;
	memmove(&list[1], &list[0], i * sizeof(*list));
	list[0] = f;
	if (*n > FILES_KEPT)
		*n = FILES_KEPT;
}

enum hy_status desk_import_log(struct desk_import *im, const void *ctx, size_t from, size_t to,
			       struct hy_err *err)
{
	struct log_file *list, *f;
	int64_t said[3] = {0};
	size_t n;
	enum hy_status status = read_log(im->desk, ctx, im->source->id, &list, &n, err);

	if (status)
		return status;
	to_front(list, &n, hy_hex(ctx, im->sha256, sizeof(im->sha256)));
	f = &list[0];
	for (size_t i = from; i < to; i++)
		said[im->rows[i].said]++;
	if (from == 0) {
		f->begun = im->now;
		f->fresh = f->repeat = f->refused = 0;
	}
	f->rows = (int64_t)im->n_rows;
	if ((int64_t)to > f->done || !f->line) { /* what was taken in before stays so */
		f->done = (int64_t)to;
		f->line = to ? im->rows[to - 1].line : 0;
	}
	f->fresh += said[DESK_SAID_NEW];
	f->repeat += said[DESK_SAID_REPEAT];
	f->refused += said[DESK_SAID_REFUSED];
	f->at = hy_desk_now(im->desk);
	return write_log(im->desk, ctx, im->source->id, list, n, err);
}

static void put_file(struct hy_desk *desk, struct hy_json_writer *w, const struct hy_source *s,
		     const struct log_file *f)
{
	bool whole = f->done >= f->rows;
	bool fresh = hy_desk_now(desk) - f->at < UNDER_WAY;
	const char *cure = "";

	if (!whole && !fresh)
		cure = hy_strf(w,
			       _("up to line %" PRId64 " all is taken in; import the same file again for "
				 "the rest: huying import run FILE --as-source %s"),
			       f->line, s->name);
	hy_jw_object(w);
	hy_jw_kstr(w, "source", s->name);
	hy_jw_kint(w, "source_id", s->id.v);
	hy_jw_kstr(w, "sha256", f->sha256);
	put_when(desk, w, "when", f->begun);
	hy_jw_kint(w, "begun_ts", f->begun / HY_SECOND);
	hy_jw_kint(w, "received", f->rows);
	hy_jw_kint(w, "done", f->done);
	hy_jw_kint(w, "line", f->line);
	hy_jw_kint(w, "new", f->fresh);
	hy_jw_kint(w, "repeat", f->repeat);
	hy_jw_kint(w, "refused", f->refused);
	hy_jw_kstr(w, "state",
		   whole   ? N_("complete")
		   : fresh ? N_("running")
			   : N_("interrupted"));
	hy_jw_kstr(w, "cure", cure);
	hy_jw_end_object(w);
}

enum hy_status act_import_list(struct hy_desk *desk, struct hy_person_id actor,
			       const struct hy_json *params, struct hy_json_writer *w,
			       struct hy_err *err)
{
	struct hy_source *sources = NULL;
	size_t n = 0;
	enum hy_status status = hy_source_list(desk->st, w, false, &sources, &n, err);

	(void)actor, (void)params;
	if (status)
		return status;
	hy_jw_key(w, "items");
	hy_jw_array(w);
	for (size_t i = 0; i < n && !status; i++) {
		struct log_file *list;
		size_t m = 0;

		if (strcmp(sources[i].kind, DESK_IMPORT) != 0)
			continue;
		status = read_log(desk, w, sources[i].id, &list, &m, err);
		for (size_t k = 0; k < m; k++)
			put_file(desk, w, &sources[i], &list[k]);
	}
	hy_jw_end_array(w);
	return status;
}
