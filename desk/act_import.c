/* Imports: what a sheet would become, and making it so. Both answer alike; samples of people's own
 * data are shown as dots, since a preview is looked at over shoulders. */
#include "desk/import.h"

#include "render/render.h"

#include <string.h>

#define ROWS_SHOWN 10
#define REFUSALS_SHOWN 1000
#define STATES_SHOWN 20
#define SAMPLE_MAX 40 /* code points */

/* ---- the answer ---- */

static bool personal(enum hy_meaning f)
{
	return f == HY_MEANS_PERSON || f == HY_MEANS_PHONE || f == HY_MEANS_MAIL;
}

/* The beginning of a cell, on one line, masked. child of ctx. */
static char *sample(const void *ctx, const char *s)
{
	char *text = hy_mask_text(ctx, s, NULL);
	size_t n = 0, at = 0, len = strlen(text);

	while (at < len && n < SAMPLE_MAX) {
		size_t k;

		(void)hy_utf8_decode(text + at, text + len, &k);
		if ((unsigned char)text[at] < ' ')
			text[at] = ' ';
		at += k;
		n++;
	}
	return hy_strf(ctx, "%.*s%s", (int)at, text, at < len ? "…" : "");
}

static void put_columns(const struct desk_import *im, struct hy_json_writer *w)
{
	const struct hy_table *t = im->table;
	const struct hy_table_row *head = &t->rows[im->map.header];
	const struct hy_table_row *first =
		(size_t)im->map.header + 1 < t->n_rows ? &t->rows[im->map.header + 1] : NULL;

	hy_jw_key(w, "columns");
	hy_jw_array(w);
	for (size_t i = 0; i < t->n_columns; i++) {
		const char *shown = first && i < first->n ? first->cells[i] : "";
		size_t f = 0;

		while (f < HY_MEANINGS && im->map.column[f] != (int)i)
			f++;
		hy_jw_object(w);
		hy_jw_kint(w, "number", (int64_t)i + 1);
		hy_jw_kstr(w, "name", i < head->n ? head->cells[i] : "");
		hy_jw_kstr(w, "field", f < HY_MEANINGS ? hy_meaning_name((enum hy_meaning)f) : NULL);
		hy_jw_kstr(w, "sample",
			   !*shown ? "" : f < HY_MEANINGS && personal((enum hy_meaning)f)
				   ? "•••"
				   : sample(w, shown));
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
}

static void put_sheets(const struct hy_table *t, struct hy_json_writer *w)
{
	hy_jw_key(w, "sheets");
	hy_jw_array(w);
	for (size_t i = 0; i < t->n_sheets; i++) {
		hy_jw_object(w);
		hy_jw_kint(w, "number", (int64_t)i + 1);
		hy_jw_kstr(w, "name", t->sheets[i].name);
		hy_jw_kbool(w, "hidden", t->sheets[i].hidden);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
}

static const char *number_of(const struct desk_import *im, struct hy_json_writer *w,
			     struct hy_case_id cs)
{
	struct hy_case *c = NULL;

	return cs.v && !hy_case_get(im->desk->st, w, cs, &c, NULL) ? c->number : NULL;
}

static const char *const states[] = {"open", "closed", "unknown"};

/* Of the new rows: how many are in which state, and the words that nobody knows. */
static void put_states(const struct desk_import *im, struct hy_json_writer *w)
{
	const char *words[STATES_SHOWN];
	int64_t n[3] = {0}, unclear = 0;
	size_t n_words = 0;

	hy_jw_key(w, "states");
	if (im->map.column[HY_MEANS_STATUS] < 0 || im->posts) {
		hy_jw_null(w);
		return;
	}
	for (size_t i = 0; i < im->n_rows; i++) {
		const struct desk_row *row = &im->rows[i];
		const char *word = row->cell[HY_MEANS_STATUS];
		size_t k = 0;

		if (row->said != DESK_SAID_NEW)
			continue;
		n[row->state]++;
		unclear += row->closed_unclear;
		while (k < n_words && strcmp(words[k], word) != 0)
			k++;
		if (row->state == HY_TABLE_STATE_UNKNOWN && k == n_words && k < STATES_SHOWN)
			words[n_words++] = word;
	}
	hy_jw_object(w);
	for (size_t i = 0; i < HY_LEN(states); i++)
		hy_jw_kint(w, states[i], n[i]);
	hy_jw_kint(w, "closing_unclear", unclear);
	hy_jw_key(w, "words");
	hy_jw_array(w);
	for (size_t i = 0; i < n_words; i++)
		hy_jw_str(w, sample(w, words[i]));
	hy_jw_end_array(w);
	hy_jw_end_object(w);
}

static void put_row(const struct desk_import *im, struct hy_json_writer *w,
		    const struct desk_row *row)
{
	static const char *const said[] = {"new", "repeat", "refused"};

	hy_jw_object(w);
	hy_jw_kint(w, "line", row->line);
	hy_jw_kstr(w, "said", said[row->said]);
	if (*row->why)
		hy_jw_kstr(w, "why", desk_import_why(row->why));
	hy_jw_kbool(w, "other", row->other);
	hy_jw_kstr(w, "reference", row->cell[HY_MEANS_REFERENCE]);
	put_when(im->desk, w, "when", row->time);
	hy_jw_kbool(w, "day_only", row->day);
	if (im->map.column[HY_MEANS_STATUS] >= 0) {
		hy_jw_kstr(w, "state", states[row->state]);
		put_when(im->desk, w, "closed_when",
			 row->state == HY_TABLE_CLOSED ? row->closed : 0);
	}
	hy_jw_kstr(w, "title", sample(w, row->cell[HY_MEANS_TITLE]));
	hy_jw_kstr(w, "text", sample(w, row->cell[HY_MEANS_TEXT]));
	hy_jw_kstr(w, "unit", row->cell[HY_MEANS_UNIT]);
	hy_jw_kstr(w, "case", number_of(im, w, row->cs));
	hy_jw_end_object(w);
}

static void put_rows(const struct desk_import *im, struct hy_json_writer *w)
{
	size_t shown = 0;

	hy_jw_key(w, "rows");
	hy_jw_array(w);
	for (size_t i = 0; i < im->n_rows && i < ROWS_SHOWN; i++)
		put_row(im, w, &im->rows[i]);
	hy_jw_end_array(w);
	hy_jw_key(w, "refusals");
	hy_jw_array(w);
	for (size_t i = 0; i < im->n_rows && shown < REFUSALS_SHOWN; i++)
		if (im->rows[i].said == DESK_SAID_REFUSED && ++shown)
			put_row(im, w, &im->rows[i]);
	hy_jw_end_array(w);
	shown = 0;
	hy_jw_key(w, "others");
	hy_jw_array(w);
	for (size_t i = 0; i < im->n_rows && shown < REFUSALS_SHOWN; i++)
		if (im->rows[i].other && ++shown)
			put_row(im, w, &im->rows[i]);
	hy_jw_end_array(w);
}

/* The refused rows as they were, with line and reason before them: to be mended and imported. */
static void put_refused_csv(const struct desk_import *im, struct hy_json_writer *w)
{
	const struct hy_table_row *head = &im->table->rows[im->map.header], *from = head;
	const char *cells[HY_TABLE_COLUMNS_MAX + 2] = {_("Line"), _("Why refused")};
	struct hy_buf b;

	hy_buf_init(&b, w, 2 * HY_TABLE_TEXT_MAX);
	hy_csv_bom(&b);
	for (size_t i = 0; i < head->n; i++)
		cells[i + 2] = head->cells[i];
	hy_csv_row(&b, cells, head->n + 2);
	for (size_t i = 0; i < im->n_rows; i++) {
		if (im->rows[i].said != DESK_SAID_REFUSED)
			continue;
		while (from->line != im->rows[i].line)
			from++;
		cells[0] = hy_strf(w, "%" PRId64, from->line);
		cells[1] = desk_import_why(im->rows[i].why);
		for (size_t k = 0; k < from->n; k++)
			cells[k + 2] = strcmp(from->cells[k], HY_TABLE_UNSOLVED) ? from->cells[k] : "";
		hy_csv_row(&b, cells, from->n + 2);
	}
	hy_jw_kstr(w, "refused_csv", b.data);
}

/* New rows whose sheet says a day and no time. */
static int64_t days_only(const struct desk_import *im)
{
	int64_t n = 0;

	for (size_t i = 0; i < im->n_rows; i++)
		n += im->rows[i].said == DESK_SAID_NEW && im->rows[i].day;
	return n;
}

static void put_all(const struct desk_import *im, struct hy_json_writer *w,
		    const struct hy_json *params)
{
	const struct hy_table *t = im->table;

	hy_jw_kstr(w, "source", im->source_name);
	hy_jw_kint(w, "source_id", im->source ? im->source->id.v : 0);
	hy_jw_kstr(w, "known_as", im->known_as);
	hy_jw_kstr(w, "format", t->format);
	hy_jw_kstr(w, "encoding", t->encoding);
	hy_jw_kstr(w, "separator", t->separator ? hy_strf(w, "%c", t->separator) : "");
	hy_jw_kint(w, "sheet", t->sheet);
	put_sheets(t, w);
	hy_jw_kint(w, "header_line", t->rows[im->map.header].line);
	hy_jw_kstr(w, "kind", im->posts ? "posts" : "cases");
	hy_jw_kstr(w, "channel", im->channel);
	put_columns(im, w);
	hy_jw_kint(w, "received", (int64_t)im->n_rows);
	hy_jw_kint(w, "new", im->counts[DESK_SAID_NEW]);
	hy_jw_kint(w, "repeat", im->counts[DESK_SAID_REPEAT]);
	hy_jw_kint(w, "refused", im->counts[DESK_SAID_REFUSED]);
	hy_jw_kint(w, "skipped", (int64_t)im->skipped);
	hy_jw_kint(w, "other_words", (int64_t)im->others);
	hy_jw_kint(w, "days_only", days_only(im));
	put_states(im, w);
	hy_jw_kstr(w, "first_case", im->first);
	hy_jw_kstr(w, "last_case", im->last);
	put_rows(im, w);
	if (hy_json_bool(params, "refused", false))
		put_refused_csv(im, w);
}

/* ---- the actions ---- */

enum hy_status act_import_preview(struct hy_desk *desk, struct hy_person_id actor,
				  const struct hy_json *params, struct hy_json_writer *w,
				  struct hy_err *err)
{
	struct desk_import im;
	enum hy_status status = desk_import_read(desk, w, params, &im, err);

	(void)actor;
	if (!status)
		status = desk_import_judge(&im, err);
	if (!status)
		put_all(&im, w, params);
	return status;
}

/* The trail holds the file's hash and the numbers, no word of it. */
static enum hy_status audit(struct desk_import *im, struct hy_person_id actor,
			    struct hy_json_writer *w, size_t from, size_t to, struct hy_err *err)
{
	int64_t said[3] = {0};
	const char *detail;

	for (size_t i = from; i < to; i++)
		said[im->rows[i].said]++;
	detail = hy_strf(w,
			 "{\"sha256\":\"%s\",\"new\":%" PRId64 ",\"repeat\":%" PRId64
			 ",\"refused\":%" PRId64 "}",
			 hy_hex(w, im->sha256, sizeof(im->sha256)), said[DESK_SAID_NEW],
			 said[DESK_SAID_REPEAT], said[DESK_SAID_REFUSED]);
	return desk_audit(im->desk, actor, "import.run", err, detail, "source %" PRId64,
			  im->source->id.v);
}

static enum hy_status take_batch(struct desk_import *im, struct hy_person_id actor,
				 struct hy_json_writer *w, size_t from, size_t to,
				 struct hy_err *err)
{
	enum hy_status status = hy_store_begin(im->desk->st, err);

	if (status)
		return status;
	status = desk_import_take(im, w, from, to, err);
	if (!status)
		status = audit(im, actor, w, from, to, err);
	return desk_end(im->desk, status, err);
}

enum hy_status act_import_run(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	struct desk_import im;
	size_t at = 0, to;
	enum hy_status status = desk_import_read(desk, w, params, &im, err);

	if (!status && im.known_as && !hy_json_bool(params, "again", false))
		return hy_err_set(err, HY_EEXISTS,
				  _("this file was taken in as %s: say that source, or again to have its "
				    "rows once more"),
				  im.known_as);
	do {
		to = at + DESK_IMPORT_BATCH < im.n_rows ? at + DESK_IMPORT_BATCH : im.n_rows;
		if (!status)
			status = take_batch(&im, actor, w, at, to, err);
		if (status && at)
			return hy_err_wrap(err,
					   _("up to line %" PRId64 " all is taken in; import the file "
					     "again for the rest"),
					   im.rows[at - 1].line);
		at = to;
	} while (!status && at < im.n_rows);
	if (!status)
		put_all(&im, w, params);
	return status;
}
