/*
 * What becomes of a row. A message to the office is a case: its words sealed, the original number in
 * its history, the way to answer sealed beside it, due from the time that the sheet gives. A public
 * post is an item like any other, masked at the door.
 */
#include "desk/import.h"

#include "desk/balance.h"

#include <string.h>

#define CATEGORY_MAX 20 /* code points that the title of a case may say */

/* ---- what is known ---- */

struct seen { /* keys of this file, open addressing */
	const struct desk_row **at;
	size_t room;
};

static void seen_init(struct seen *s, const void *ctx, size_t n)
{
	s->room = 64;
	while (s->room < 2 * n)
		s->room *= 2;
	s->at = hy_new_array(ctx, const struct desk_row *, s->room);
}

/* The earlier row of this key, or NULL: then it is this one from now on. */
static const struct desk_row *seen_before(struct seen *s, const struct desk_row *row)
{
	uint64_t h;

	memcpy(&h, row->key, sizeof(h));
	for (;; h++) {
		const struct desk_row **slot = &s->at[h & (s->room - 1)];

		if (!*slot)
			return *slot = row, NULL;
		if (!memcmp((*slot)->key, row->key, HY_HASH_LEN))
			return *slot;
	}
}

/* Knows the record this row? A case that a clerk typed in under the same number is it, too. */
static enum hy_status look_up(struct desk_import *im, const void *ctx, struct desk_row *row,
			      struct hy_err *err)
{
	struct hy_push_row *known = NULL;
	const char *reference = row->cell[HY_MEANS_REFERENCE];
	enum hy_status status = HY_ENOTFOUND;

	if (im->source)
		status = hy_push_find(im->desk->st, ctx, im->source->id, row->key, &known, err);
	if (!status) {
		row->said = DESK_SAID_REPEAT;
		row->other = known->changed != row->words;
		row->cs = known->cs;
		row->item = known->item;
		return HY_OK;
	}
	if (status != HY_ENOTFOUND || im->posts || !*reference)
		return status == HY_ENOTFOUND ? HY_OK : status;
	status = desk_reference_typed(im->desk, ctx, im->channel, reference, &row->cs, err);
	if (!status)
		row->said = DESK_SAID_REPEAT;
	return status == HY_ENOTFOUND ? HY_OK : status;
}

enum hy_status desk_import_judge(struct desk_import *im, struct hy_err *err)
{
	void *work = talloc_new(NULL);
	struct seen seen;
	enum hy_status status = HY_OK;

	seen_init(&seen, work, im->n_rows);
	for (size_t i = 0; i < im->n_rows && !status; i++) {
		struct desk_row *row = &im->rows[i];
		const struct desk_row *first;

		if (row->said == DESK_SAID_REFUSED)
			continue;
		first = seen_before(&seen, row);
		if (first) {
			row->said = DESK_SAID_REPEAT;
			row->other = first->words != row->words;
		} else {
			status = look_up(im, work, row, err);
		}
	}
	for (size_t i = 0; i < im->n_rows; i++) {
		im->counts[im->rows[i].said]++;
		im->others += im->rows[i].other;
	}
	talloc_free(work);
	return status;
}

/* ---- a case ---- */

static enum hy_case_type type_of(const char *category)
{
	static const struct {
		const char *word;
		enum hy_case_type type;
	} all[] = {{"咨询", HY_CASE_CONSULT},	{"投诉", HY_CASE_COMPLAINT},
		   {"建议", HY_CASE_SUGGEST},	{"举报", HY_CASE_REPORT},
		   {"complaint", HY_CASE_COMPLAINT}, {"suggestion", HY_CASE_SUGGEST},
		   {"question", HY_CASE_CONSULT}};

	for (size_t i = 0; i < HY_LEN(all); i++)
		if (strcasestr(category, all[i].word))
			return all[i].type;
	return HY_CASE_REQUEST;
}

static void line(struct hy_buf *b, const char *label, const char *value)
{
	if (*value)
		hy_buf_fmt(b, "\n%s%s", label, value);
}

/* The words as they are sealed: what was said, then what the sheet says of it. child of ctx. */
static char *words_of(struct desk_import *im, const void *ctx, const struct desk_row *row)
{
	enum hy_lang lang = hy_desk_lang(im->desk);
	const char *title = row->cell[HY_MEANS_TITLE], *text = row->cell[HY_MEANS_TEXT];
	struct hy_buf b;

	hy_buf_init(&b, ctx, (HY_TABLE_CELL_MAX + 64) * HY_MEANINGS);
	hy_buf_fmt(&b, "%s%s%s", title, *title && *text ? "\n" : "", text);
	line(&b, hy_tr(lang, "Category: "), row->cell[HY_MEANS_CATEGORY]);
	line(&b, hy_tr(lang, "Place: "), row->cell[HY_MEANS_PLACE]);
	line(&b, hy_tr(lang, "Unit in the sheet: "), row->cell[HY_MEANS_UNIT]);
	line(&b, hy_tr(lang, "Name: "), row->cell[HY_MEANS_PERSON]);
	line(&b, hy_tr(lang, "Phone: "), row->cell[HY_MEANS_PHONE]);
	line(&b, hy_tr(lang, "E-mail: "), row->cell[HY_MEANS_MAIL]);
	line(&b, "", row->cell[HY_MEANS_URL]);
	line(&b, hy_tr(lang, "State in the sheet: "), row->cell[HY_MEANS_STATUS]);
	return hy_buf_take(&b, NULL);
}

/* As of every message: how it came, and of the sheet's words a short category alone. */
static char *title_of(struct desk_import *im, const void *ctx, const struct desk_row *row)
{
	const char *category = row->cell[HY_MEANS_CATEGORY];
	enum hy_lang lang = hy_desk_lang(im->desk);

	if (!*category || strchr(category, '\n') ||
	    hy_utf8_count(category, strlen(category)) > CATEGORY_MAX)
		return hy_strf(ctx, hy_tr(lang, "Message over %s"), im->source_name);
	return hy_strf(ctx, hy_tr(lang, "Message over %s: %s"), im->source_name,
		       hy_mask_text(ctx, category, NULL));
}

static enum hy_status store_row(struct desk_import *im, const void *ctx, const uint8_t *voice_key,
			       struct desk_row *row, struct hy_err *err)
{
	const struct hy_source *s = im->source;
	struct hy_item it = {.source = s->id,
			     .kind = im->posts ? HY_ITEM_POST : HY_ITEM_MESSAGE,
			     .posted = row->time ? row->time : im->now,
			     .taken = im->now,
			     .title = "",
			     .text = "",
			     .lang = "",
			     .place = s->place,
			     .flags = im->posts ? (row->time ? 0 : HY_ITEM_DATE_GUESSED)
						: HY_ITEM_ADDRESSED};
	enum hy_put what;
	char *words;
	enum hy_status status = HY_OK;

	memcpy(it.native, row->key, HY_HASH_LEN);
	if (im->posts) {
		it.title = hy_mask_text(ctx, row->cell[HY_MEANS_TITLE], NULL);
		it.text = hy_mask_text(ctx, row->cell[HY_MEANS_TEXT], NULL);
		if (voice_key)
			hy_voice_of(voice_key, DESK_IMPORT, row->cell[HY_MEANS_PERSON], it.voice);
		if (*row->cell[HY_MEANS_URL])
			status = hy_item_seal_url(ctx, im->desk->master, it.native,
						  row->cell[HY_MEANS_URL], &it.url_sealed,
						  &it.url_sealed_n, err);
	}
	words = hy_strf(ctx, "%s\n%s", it.title, it.text);
	desk_keyed(im->desk, "content", 0, words, strlen(words), it.content);
	if (!status)
		status = hy_item_put(im->desk->st, &it, &what, err);
	if (!status)
		row->item = it.id;
	return status;
}

static hy_time opened_of(const struct desk_import *im, const struct desk_row *row)
{
	return row->time ? row->time : im->now;
}

/* The unit that the sheet names gets it from us now, where there is one of that name. */
static enum hy_status hand_over(struct desk_import *im, const void *ctx,
				const struct hy_case_rules *rules, const struct desk_row *row,
				struct hy_err *err)
{
	struct hy_unit *unit = NULL;
	const char *name = row->cell[HY_MEANS_UNIT];
	struct hy_case_step step = {.act = HY_CASE_DO_ASSIGN,
				    .at = row->state == HY_TABLE_CLOSED ? opened_of(im, row)
									: hy_desk_now(im->desk)};

	if (!*name || !name[strspn(name, "0123456789")] ||
	    hy_unit_find(im->desk->st, ctx, name, &unit, NULL))
		return HY_OK;
	step.unit = unit->id;
	return hy_cases_step(im->desk->st, ctx, rules, row->cs, &step, NULL, err);
}

/* What was settled elsewhere: it was that unit's until then, and no clock of ours ever ran. */
static enum hy_status settle(struct desk_import *im, const void *ctx,
			     const struct hy_case_rules *rules, const struct desk_row *row,
			     struct hy_err *err)
{
	const struct hy_case_step step = {
		.act = HY_CASE_DO_CLOSE,
		.text = hy_strf(ctx,
				hy_tr(hy_desk_lang(im->desk),
				      "Settled before it was imported; state in the sheet: %s"),
				row->cell[HY_MEANS_STATUS]),
		.at = row->closed};
	enum hy_status status = hand_over(im, ctx, rules, row, err);

	return status ? status : hy_cases_step(im->desk->st, ctx, rules, row->cs, &step, NULL, err);
}

static enum hy_status open_case(struct desk_import *im, const void *ctx,
				const struct hy_case_rules *promises, struct desk_row *row,
				struct hy_err *err)
{
	const struct hy_case_rules none = {.cal = promises->cal};
	bool settled = row->state == HY_TABLE_CLOSED;
	const struct hy_case_rules *rules = settled ? &none : promises;
	const char *phone = row->cell[HY_MEANS_PHONE], *mail = row->cell[HY_MEANS_MAIL];
	struct hy_case c = {.type = type_of(row->cell[HY_MEANS_CATEGORY]),
			    .title = title_of(im, ctx, row),
			    .text = words_of(im, ctx, row),
			    .channel = im->channel,
			    .opened = opened_of(im, row)};
	enum hy_status status = store_row(im, ctx, NULL, row, err);

	c.item = row->item;
	if (!status)
		status = hy_cases_open(im->desk->st, ctx, rules, &c, im->now,
				       (struct hy_person_id){0}, &row->cs, err);
	if (!status && settled)
		status = settle(im, ctx, rules, row, err);
	if (!status && *row->cell[HY_MEANS_REFERENCE])
		status = desk_reference_note(im->desk, ctx, row->cell[HY_MEANS_REFERENCE], row->cs,
					     err);
	if (!status && (*phone || *mail))
		status = desk_contact_keep(im->desk, *phone ? phone : mail, row->cs, c.opened, err);
	return status || settled ? status : hand_over(im, ctx, rules, row, err);
}

/* ---- the whole ---- */

static enum hy_status make_source(struct desk_import *im, const void *ctx, struct hy_err *err)
{
	struct hy_source_id id = {0};
	const struct hy_source s = {
		.name = im->source_name,
		.kind = DESK_IMPORT,
		.url = "",
		.place = "",
		.options = im->options,
		.state = HY_SOURCE_ACTIVE,
		.cursor = "{}",
		.next_at = HY_TIME_NEVER,
	};
	enum hy_status status = hy_source_add(im->desk->st, &s, &id, err);

	if (!status)
		status = hy_source_get(im->desk->st, ctx, id, &im->source, err);
	for (size_t i = 0; i < im->n_rows && !status; i++)
		desk_import_key(im, &im->rows[i]); /* it is the source's now */
	return status;
}

static enum hy_status number_of(struct desk_import *im, const void *ctx, struct hy_case_id cs,
				struct hy_err *err)
{
	struct hy_case *c = NULL;
	enum hy_status status = hy_case_get(im->desk->st, ctx, cs, &c, err);

	if (status)
		return status;
	im->last = c->number;
	im->first = im->first ? im->first : c->number;
	return HY_OK;
}

static enum hy_status take_one(struct desk_import *im, const struct hy_case_rules *rules,
			       const uint8_t *voice_key, struct desk_row *row, struct hy_err *err)
{
	void *work = talloc_new(NULL);
	struct hy_push_row known = {.at = im->now, .changed = row->words};
	enum hy_status status = im->posts ? store_row(im, work, voice_key, row, err)
					  : open_case(im, work, rules, row, err);

	known.cs = row->cs;
	known.item = row->item;
	if (!status)
		status = hy_push_put(im->desk->st, im->source->id, row->key, &known, err);
	talloc_free(work);
	return status ? hy_err_wrap(err, _("line %" PRId64), row->line) : HY_OK;
}

/* What became of the rows of one batch; the totals of the whole go on. */
static enum hy_status count(struct desk_import *im, size_t from, size_t to, struct hy_err *err)
{
	static const char *const whys[] = {"no-text", "time", "future", "old", "reference", "digits",
					 "formula"};
	int64_t said[3] = {0};
	struct desk_count counts[3 + HY_LEN(whys)] = {{"received", "", (int64_t)(to - from)}};
	struct hy_source *s = im->source;
	struct hy_received got;
	int day = 0;
	enum hy_status status = desk_today(im->desk, &day, err);

	for (size_t w = 0; w < HY_LEN(whys); w++)
		counts[3 + w] = (struct desk_count){"refused", whys[w], 0};
	for (size_t i = from; i < to; i++) {
		said[im->rows[i].said]++;
		im->others += im->rows[i].other;
		for (size_t w = 0; w < HY_LEN(whys); w++)
			counts[3 + w].n += !strcmp(im->rows[i].why, whys[w]);
	}
	counts[1] = (struct desk_count){"new", "", said[DESK_SAID_NEW]};
	counts[2] = (struct desk_count){"repeat", "", said[DESK_SAID_REPEAT]};
	got = (struct hy_received){.fresh = said[DESK_SAID_NEW],
				   .repeat = said[DESK_SAID_REPEAT],
				   .refused = said[DESK_SAID_REFUSED]};
	for (size_t i = 0; i < HY_LEN(said); i++)
		im->counts[i] += said[i];
	if (!status)
		status = desk_counts_add(im->desk, s->id, day, counts, HY_LEN(counts), err);
	if (!status)
		status = hy_source_received(im->desk->st, s->id, &got, err);
	s->last_try = s->last_ok = im->now;
	if (got.fresh)
		s->last_new = im->now;
	return status ? status : hy_source_tried(im->desk->st, s, err);
}

static enum hy_status find_or_make_source(struct desk_import *im, const void *ctx,
					  struct hy_err *err)
{
	enum hy_status status;

	if (!im->source)
		return make_source(im, ctx, err);
	status = hy_source_set_options(im->desk->st, im->source->id, im->options, err);
	if (!status && im->source->state == HY_SOURCE_REMOVED)
		status = hy_source_set_state(im->desk->st, im->source->id, HY_SOURCE_ACTIVE, err);
	if (!status)
		im->source->state = HY_SOURCE_ACTIVE;
	return status;
}

/* A row that stands above in the same file is known by now, too. */
static enum hy_status take_or_know(struct desk_import *im, const void *ctx,
				   const struct hy_case_rules *rules, const uint8_t *voice_key,
				   struct desk_row *row, struct hy_err *err)
{
	enum hy_status status = HY_OK;

	if (row->said != DESK_SAID_REFUSED)
		status = look_up(im, ctx, row, err);
	if (status || row->said != DESK_SAID_NEW)
		return status;
	status = take_one(im, rules, voice_key, row, err);
	return !status && row->cs.v ? number_of(im, ctx, row->cs, err) : status;
}

enum hy_status desk_import_take(struct desk_import *im, const void *ctx, size_t from, size_t to,
				struct hy_err *err)
{
	struct desk_intake in = {0};
	struct desk_voice voice = {0};
	enum hy_status status = desk_intake_begin(im->desk, ctx, &in, err);
	bool voiced = im->posts && !desk_voice_key(im->desk, &voice, im->now, NULL);

	if (!status)
		status = find_or_make_source(im, ctx, err);
	if (!status && from == 0)
		status = desk_import_mark(im, err);
	for (size_t i = from; i < to && !status; i++)
		status = take_or_know(im, ctx, &in.rules, voiced ? voice.key : NULL, &im->rows[i],
				      err);
	explicit_bzero(&voice, sizeof(voice));
	if (!status)
		status = count(im, from, to, err);
	return status ? status : desk_import_log(im, ctx, from, to, err);
}
