/*
 * From a file to rows that are ready to be taken in: read in a child, the columns understood by
 * their headings, by what the source remembers, and by what a person says, in this order.
 */
#include "desk/import.h"

#include <string.h>

#define REST_MAX 30  /* days without one of work */
#define SKEW HY_HOUR /* clocks of others go wrong by so much */

const char *desk_import_why(const char *why)
{
	static const struct {
		const char *why, *words;
	} all[] = {
		{"no-text", N_("there is no text in the row")},
		{"time", N_("the time cannot be read, or can be read in two ways")},
		{"future", N_("the time of arrival is in the future")},
		{"old", N_("older than this office keeps such things")},
		{"reference", N_("the original number is too long")},
		{"formula", N_("a formula without its value: open the file in a spreadsheet and save it "
			       "again")},
		{"digits", N_("digits of the phone or original number are lost (1.39E+10): export that "
			      "column as text")},
	};

	for (size_t i = 0; i < HY_LEN(all); i++)
		if (!strcmp(all[i].why, why))
			return _(all[i].words);
	return why;
}

/* ---- the file ---- */

static enum hy_status read_file(struct desk_import *im, const void *ctx,
				const struct hy_json *params, struct hy_err *err)
{
	struct hy_table_in in = {.charset = param_str(params, "charset"),
				 .sheet = (int)hy_json_int(params, "sheet", 0)};
	void *bytes = NULL;
	char *exe = NULL;
	enum hy_status status =
		hy_unbase64(ctx, param_text(params, "file"), false, &bytes, &in.n, err);

	if (status)
		return hy_err_wrap(err, "file");
	in.bytes = bytes;
	hy_sha256(bytes, in.n, im->sha256);
	status = desk_own_program(ctx, &exe, err);
	if (!status)
		status = hy_table_read_apart(ctx, exe, &in, &im->table, err);
	talloc_free(bytes);
	return status;
}

/* ---- the source ---- */

/* A source of this name that was removed: its rows are still known, so it is the one meant. */
static enum hy_status find_removed(struct desk_import *im, const void *ctx, const char *name,
				   struct hy_err *err)
{
	struct hy_source *list = NULL;
	size_t n = 0;
	enum hy_status status = hy_source_list(im->desk->st, ctx, true, &list, &n, err);

	for (size_t i = 0; i < n && !status; i++)
		if (list[i].state == HY_SOURCE_REMOVED && !strcmp(list[i].kind, DESK_IMPORT) &&
		    !strcmp(list[i].name, name))
			return hy_source_get(im->desk->st, ctx, list[i].id, &im->source, err);
	return status ? status : HY_ENOTFOUND;
}

static enum hy_status find_source(struct desk_import *im, const void *ctx,
				  const struct hy_json *params, struct hy_json **options,
				  struct hy_err *err)
{
	const char *name = param_text(params, "source");
	enum hy_status status;

	if (!*name)
		return HY_OK;
	if (strlen(name) > 100 || strchr(name, '\n'))
		return hy_err_set(err, HY_EINPUT, _("name: one line of at most 100 bytes"));
	im->source_name = name;
	status = hy_source_find(im->desk->st, ctx, name, &im->source, NULL);
	if (status == HY_ENOTFOUND && !name[strspn(name, "0123456789")])
		return hy_err_set(err, HY_EINPUT,
				  _("source: \"%s\" is a number and no source; give it a name"), name);
	if (status == HY_ENOTFOUND)
		status = find_removed(im, ctx, name, NULL);
	if (status == HY_ENOTFOUND)
		return HY_OK;
	if (status)
		return hy_err_set(err, status, _("source %s cannot be read"), name);
	if (strcmp(im->source->kind, DESK_IMPORT) != 0)
		return hy_err_set(err, HY_EINPUT,
				  _("source %s is looked at (%s): a sheet needs a source of its own"),
				  name, im->source->kind);
	im->source_name = im->source->name;
	return hy_json_parse(ctx, im->source->options, strlen(im->source->options), 0, options, err);
}

/* Was this very file taken in by the source? */
static bool took_file(const struct desk_import *im, const void *ctx, struct hy_source_id id,
		      uint8_t key[HY_HASH_LEN])
{
	struct hy_push_row *row = NULL;
	bool took;

	desk_keyed(im->desk, "file", id.v, im->sha256, sizeof(im->sha256), key);
	took = !hy_push_find(im->desk->st, ctx, id, key, &row, NULL);
	talloc_free(row);
	return took;
}

enum hy_status desk_import_mark(struct desk_import *im, struct hy_err *err)
{
	const struct hy_push_row row = {.at = im->now};
	uint8_t key[HY_HASH_LEN];

	if (took_file(im, im->table, im->source->id, key))
		return HY_OK;
	return hy_push_put(im->desk->st, im->source->id, key, &row, err);
}

/* A name with a slip in it is another source, to which every row is new: is the file known? */
static enum hy_status find_known(struct desk_import *im, const void *ctx, struct hy_err *err)
{
	struct hy_source *list = NULL;
	uint8_t key[HY_HASH_LEN];
	size_t n = 0;
	enum hy_status status;

	if (im->posts || (im->source && took_file(im, ctx, im->source->id, key)))
		return HY_OK;
	status = hy_source_list(im->desk->st, ctx, true, &list, &n, err);
	for (size_t i = 0; i < n && !status && !im->known_as; i++)
		if (!strcmp(list[i].kind, DESK_IMPORT) && took_file(im, ctx, list[i].id, key))
			im->known_as = list[i].name;
	return status;
}

/* ---- the mapping ---- */

/* The other sheets of a workbook, since the first is often a cover. child of ctx. */
static char *other_sheets(const struct desk_import *im, const void *ctx)
{
	const struct hy_table *t = im->table;
	char *list = hy_strdup(ctx, "");

	for (size_t i = 0; i < t->n_sheets && strlen(list) < 120; i++)
		if ((int)i + 1 != t->sheet)
			list = hy_strf(ctx, "%s%s%zu %.60s", list, *list ? ", " : "", i + 1,
				       t->sheets[i].name);
	return *list ? hy_strf(ctx, _("; this was sheet %d, there are others (--sheet N): %s"), t->sheet,
			       list)
		     : list;
}

static enum hy_status no_such_column(const struct desk_import *im, const char *heading,
				     struct hy_err *err)
{
	char names[300] = "";
	size_t at = 0;
	const struct hy_table_row *row =
		im->map.header >= 0 ? &im->table->rows[im->map.header] : NULL;

	for (size_t i = 0; row && i < row->n; i++) {
		size_t n = strlen(row->cells[i]);

		if (!n || at + n + 3 > sizeof(names))
			continue;
		memcpy(names + at, at ? ", " : "", at ? 2 : 0);
		at += at ? 2 : 0;
		memcpy(names + at, row->cells[i], n + 1);
		at += n;
	}
	if (!heading) {
		void *work = talloc_new(NULL);

		(void)hy_err_set(err, HY_EINPUT,
				 _("no column is understood as the text: say which (text=COLUMN); there "
				   "are: %s%s"),
				 names, other_sheets(im, work));
		talloc_free(work);
		return HY_EINPUT;
	}
	return hy_err_set(err, HY_EINPUT, _("there is no column \"%.60s\"; there are: %s"), heading,
			  names);
}

/* "text=诉求内容"; "unit=-" or "unit=": none. */
static enum hy_status map_one(struct desk_import *im, const char *said, struct hy_err *err)
{
	const char *eq = strchr(said, '=');
	char *name = eq ? hy_strndup(NULL, said, (size_t)(eq - said)) : NULL;
	enum hy_meaning f;
	bool known = name && hy_meaning_parse(name, &f);
	int column = -1;

	talloc_free(name);
	if (!known)
		return hy_err_set(err, HY_EINPUT,
				  _("map: \"%.60s\" is not FIELD=COLUMN; fields are reference, time, "
				    "title, text, category, place, unit, phone, mail, person, url, status, "
				    "closed"),
				  said);
	if (eq[1] && strcmp(eq + 1, "-") != 0) {
		column = hy_table_column(im->table, &im->map, eq + 1);
		if (column < 0)
			return no_such_column(im, eq + 1, err);
	}
	for (size_t i = 0; i < HY_MEANINGS && column >= 0; i++)
		if (im->map.column[i] == column) /* a guess gives way */
			im->map.column[i] = -1;
	im->map.column[f] = column;
	return HY_OK;
}

static enum hy_status map_all(struct desk_import *im, const struct hy_json *list,
			      struct hy_err *err)
{
	enum hy_status status = HY_OK;

	for (size_t i = 0; list && list->type == HY_JSON_ARRAY && i < list->n && !status; i++)
		if (list->at[i]->type == HY_JSON_STRING)
			status = map_one(im, list->at[i]->text, err);
	return status;
}

/* What the source remembers: kind, channel and the headings in use. child of ctx. */
static const char *to_remember(const struct desk_import *im, const void *ctx,
			       const struct hy_json *old)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);
	const struct hy_table_row *head =
		im->map.header >= 0 ? &im->table->rows[im->map.header] : NULL;
	const struct hy_json *kept = hy_json_get(old, "map");

	hy_jw_object(w);
	hy_jw_kstr(w, "kind", im->posts ? "posts" : "cases");
	hy_jw_kstr(w, "channel", im->channel);
	if (im->save) {
		hy_jw_key(w, "map");
		hy_jw_array(w);
		for (size_t i = 0; i < HY_MEANINGS; i++) {
			int k = im->map.column[i];
			const char *heading = k < 0 ? "-" : head && (size_t)k < head->n ? head->cells[k] : "";

			hy_jw_str(w, *heading ? hy_strf(w, "%s=%s", hy_meaning_name((enum hy_meaning)i),
							heading)
					      : hy_strf(w, "%s=#%d", hy_meaning_name((enum hy_meaning)i),
							k + 1));
		}
		hy_jw_end_array(w);
	} else if (kept) {
		hy_jw_key(w, "map");
		hy_jw_node(w, kept);
	}
	hy_jw_end_object(w);
	return hy_jw_text(w, NULL);
}

static enum hy_status understand(struct desk_import *im, const void *ctx,
				 const struct hy_json *params, const struct hy_json *options,
				 struct hy_err *err)
{
	const char *kind = param_str(params, "kind"), *channel = param_str(params, "channel");
	int64_t header = hy_json_int(params, "header", 0);
	enum hy_status status;

	hy_table_guess(im->table, header, &im->map);
	if (im->map.header < 0)
		return hy_err_set(err, HY_EINPUT,
				  _("no line of headings is found: say which (header)%s"),
				  other_sheets(im, ctx));
	status = map_all(im, hy_json_get(options, "map"), err);
	if (!status)
		status = map_all(im, hy_json_get(params, "map"), err);
	if (status)
		return status;
	kind = kind && *kind ? kind : hy_json_str(options, "kind");
	channel = channel && *channel ? channel : hy_json_str(options, "channel");
	if (kind && strcmp(kind, "cases") != 0 && strcmp(kind, "posts") != 0)
		return hy_err_set(err, HY_EINPUT, _("kind is cases or posts, not \"%.20s\""), kind);
	im->posts = kind && !strcmp(kind, "posts");
	im->channel = channel ? desk_channel(channel) : hy_table_channel(im->table, &im->map);
	if (strlen(im->channel) > 40)
		return hy_err_set(err, HY_EINPUT, _("channel: at most 40 bytes"));
	if (im->map.column[HY_MEANS_TEXT] < 0 && im->map.column[HY_MEANS_TITLE] < 0)
		return no_such_column(im, NULL, err);
	im->save = hy_json_bool(params, "save", false);
	im->options = to_remember(im, ctx, options);
	return HY_OK;
}

/* ---- rows ---- */

/* Where the row's words stand for it: every field with its name. child of ctx. */
static char *all_words(const struct desk_row *row, const void *ctx, size_t *n)
{
	struct hy_buf b;

	hy_buf_init(&b, ctx, (HY_TABLE_CELL_MAX + 64) * HY_MEANINGS);
	for (size_t i = 0; i < HY_MEANINGS; i++)
		if (i == HY_MEANS_STATUS || i == HY_MEANS_CLOSED)
			continue; /* the same thing, further on its way */
		else if (i == HY_MEANS_TIME && row->told)
			hy_buf_fmt(&b, "time=%" PRId64 "\x1f", row->told);
		else if (*row->cell[i])
			hy_buf_fmt(&b, "%s=%s\x1f", hy_meaning_name((enum hy_meaning)i),
				   row->cell[i]);
	return hy_buf_take(&b, n);
}

void desk_import_key(struct desk_import *im, struct desk_row *row)
{
	void *work = talloc_new(NULL);
	const char *reference = row->cell[HY_MEANS_REFERENCE];
	uint8_t hash[HY_HASH_LEN];
	size_t n = 0;
	const char *words = all_words(row, work, &n);

	desk_keyed(im->desk, "words", 0, words, n, hash);
	memcpy(&row->words, hash, sizeof(row->words));
	row->words &= INT64_MAX;
	if (*reference) {
		words = hy_strf(work, "ref|%s", reference);
		n = strlen(words);
	}
	desk_keyed(im->desk, "row", im->source ? im->source->id.v : 0, words, n, row->key);
	talloc_free(work);
}

/* The office opens on that day; on a day of rest, when it opens on the next one it works. */
static hy_time opening(const struct hy_calendar *cal, hy_time day)
{
	int date = hy_calendar_date(cal, day), look = date;
	struct hy_calendar_day d;

	for (int i = 0; i < REST_MAX; i++, look = hy_date_add(look, 1)) {
		if (hy_calendar_day(cal, look, &d, NULL))
			break;
		if (d.work && d.hours.n)
			return hy_calendar_day_start(cal, date) +
			       d.hours.range[0].since * HY_SECOND;
	}
	return day;
}

/* A day alone counts from the opening of the office on it: a letter that came in hours is never
 * promised a later answer than its true time would give, and no clock runs before there was anybody
 * to read it. On the day of the import itself never later than now. */
static const char *time_of(const struct desk_import *im, struct desk_row *row)
{
	const char *said = row->cell[HY_MEANS_TIME];
	hy_time t = 0;

	if (!*said)
		return "";
	if (!hy_table_time(said, desk_offset_minutes(im->desk, im->now), &t, &row->day))
		return "time";
	/* the zone's offset then, not now */
	(void)hy_table_time(said, desk_offset_minutes(im->desk, t), &t, &row->day);
	if (t > im->now + SKEW)
		return "future";
	if (t < im->oldest)
		return "old";
	row->told = t > im->now ? im->now : t;
	if (row->day && !im->posts && im->cal)
		t = opening(im->cal, t);
	row->time = t > im->now ? im->now : t;
	return "";
}

/* Settled elsewhere before it came to us, and when. */
static void state_of(const struct desk_import *im, struct desk_row *row)
{
	const char *said = row->cell[HY_MEANS_CLOSED];
	hy_time opened = row->time ? row->time : im->now, t = 0;
	bool day = false;

	row->state = hy_table_state(row->cell[HY_MEANS_STATUS]);
	row->closed = opened;
	if (row->state != HY_TABLE_CLOSED || !*said)
		return;
	if (!hy_table_time(said, desk_offset_minutes(im->desk, opened), &t, &day) ||
	    t > im->now + SKEW)
		row->closed_unclear = true;
	else if (t > opened)
		row->closed = t > im->now ? im->now : t;
}

static void prepare(struct desk_import *im, const struct hy_table_row *from, struct desk_row *row)
{
	bool unsolved = false;

	row->line = from->line;
	for (size_t i = 0; i < HY_MEANINGS; i++) {
		int k = im->map.column[i];

		row->cell[i] = k >= 0 && (size_t)k < from->n ? from->cells[k] : "";
		if (!strcmp(row->cell[i], HY_TABLE_UNSOLVED)) {
			row->cell[i] = "";
			unsolved = true;
		}
	}
	row->why = time_of(im, row);
	state_of(im, row);
	if (!hy_table_digits(im->rows, row->cell[HY_MEANS_REFERENCE], &row->cell[HY_MEANS_REFERENCE]) ||
	    !hy_table_digits(im->rows, row->cell[HY_MEANS_PHONE], &row->cell[HY_MEANS_PHONE]))
		row->why = "digits";
	if (strlen(row->cell[HY_MEANS_REFERENCE]) > DESK_REFERENCE_MAX)
		row->why = "reference";
	if (!*row->cell[HY_MEANS_TEXT] && !*row->cell[HY_MEANS_TITLE])
		row->why = "no-text";
	if (unsolved)
		row->why = "formula";
	row->said = *row->why ? DESK_SAID_REFUSED : DESK_SAID_NEW;
	desk_import_key(im, row);
}

enum hy_status desk_import_read(struct hy_desk *desk, const void *ctx, const struct hy_json *params,
				struct desk_import *im, struct hy_err *err)
{
	struct hy_json *options = NULL;
	enum hy_status status;

	*im = (struct desk_import){.desk = desk, .source_name = "", .now = hy_desk_now(desk)};
	status = find_source(im, ctx, params, &options, err);
	if (!status)
		status = read_file(im, ctx, params, err);
	if (!status)
		status = understand(im, ctx, params, options, err);
	if (!status)
		status = find_known(im, ctx, err);
	if (status)
		return status;
	status = desk_calendar(desk, &im->cal, err);
	if (status)
		return status;
	im->oldest = im->now -
		     hy_conf_dur(desk->conf, "keep", NULL, im->posts ? "items" : "cases");
	im->rows = hy_new_array(ctx, struct desk_row, im->table->n_rows + 1);
	for (size_t i = (size_t)im->map.header + 1; i < im->table->n_rows; i++) {
		if (hy_table_is_total(&im->table->rows[i]))
			im->skipped++;
		else
			prepare(im, &im->table->rows[i], &im->rows[im->n_rows++]);
	}
	return HY_OK;
}
