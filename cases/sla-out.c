/* The report of units, as text, CSV and JSON. Percentages are worked out in whole numbers, so that
 * no locale and no rounding mode can change a byte. */
#include "cases/internal.h"

#include "base/base.h"
#include "render/render.h"

#include <string.h>

#define COLS 13
#define OUT_MAX (4u << 20)

static const char *const heads[COLS] = {
	N_("rank"),
	N_("unit"),
	N_("number of cases"),
	N_("in time"),
	N_("late"),
	N_("not yet due"),
	N_("kept"),
	/* xgettext:no-c-format */
	N_("95 % interval"),
	N_("first reply, median (office time)"),
	N_("90 % within"),
	N_("median (calendar)"),
	N_("held (office time)"),
	N_("reply not sent"),
};

static char *per_mille(const void *ctx, double x)
{
	int64_t v = (int64_t)(x * 1000 + 0.5);

	return hy_strf(ctx, "%" PRId64 ".%" PRId64 " %%", v / 10, v % 10);
}

static char *span(const void *ctx, int64_t secs, enum hy_lang lang)
{
	return secs < 0 ? hy_strdup(ctx, "") : hy_dur_text(ctx, secs * HY_SECOND, lang);
}

static void row_cells(const void *ctx, const struct hy_sla_row *r, const char *name,
		      enum hy_lang lang, const char *cell[COLS])
{
	bool rated = r->in_time.n + r->late.n > 0;

	cell[0] = r->rank ? hy_strf(ctx, "%d", r->rank) : "";
	cell[1] = name;
	cell[2] = hy_strf(ctx, "%zu", r->cases.n);
	cell[3] = hy_strf(ctx, "%zu", r->in_time.n);
	cell[4] = hy_strf(ctx, "%zu", r->late.n);
	cell[5] = hy_strf(ctx, "%zu", r->pending.n);
	cell[6] = rated ? per_mille(ctx, r->rate) : hy_tr(lang, "no cases");
	cell[7] = rated ? hy_strf(ctx, "%s – %s", per_mille(ctx, r->low), per_mille(ctx, r->high))
			: "";
	cell[8] = span(ctx, r->median_work, lang);
	cell[9] = span(ctx, r->p90_work, lang);
	cell[10] = span(ctx, r->median_any, lang);
	cell[11] = span(ctx, r->held_work, lang);
	cell[12] = hy_strf(ctx, "%zu", r->unsent.n);
}

static const char **all_cells(const void *ctx, const struct hy_sla_report *r, enum hy_lang lang)
{
	const char **cells = hy_new_array(ctx, const char *, (r->n + 1) * COLS);

	for (size_t i = 0; i < r->n; i++)
		row_cells(cells, &r->rows[i],
			  r->rows[i].unit.v ? r->rows[i].name : hy_tr(lang, "the desk"), lang,
			  cells + i * COLS);
	row_cells(cells, &r->total, hy_tr(lang, "all"), lang, cells + r->n * COLS);
	return cells;
}

static void columns(struct hy_column cols[COLS], enum hy_lang lang)
{
	for (size_t i = 0; i < COLS; i++)
		cols[i] = (struct hy_column){.head = hy_tr(lang, heads[i]),
					     .align = i == 1 ? HY_LEFT : HY_RIGHT};
}

/* How the numbers were made: it stands in every output. */
static char *formula(const void *ctx, const struct hy_sla_report *r, enum hy_lang lang)
{
	return hy_strf(ctx,
		       hy_tr(lang,
			     "kept = in time / (in time + late); late: answered after the due "
			     "time, closed without a reply, or open and overdue. Ranked by the "
			     "lower bound of Wilson's 95 %% interval, from %d cases on. A round "
			     "counts for the unit that held it longest before the answer. Time "
			     "waiting for the citizen is charged to nobody. Median and 90 %%: "
			     "nearest rank. Reply not sent: replied, counted by when it was "
			     "written, but its message failed, was missed or cancelled and none "
			     "after it went out; as the record stands now."),
		       r->min_cases);
}

char *hy_sla_text(const struct hy_sla_report *r, const struct hy_calendar *cal, const void *ctx,
		  enum hy_lang lang)
{
	struct hy_column cols[COLS];
	const char **cells = all_cells(ctx, r, lang);
	char since[17], until[17], now[17];
	struct hy_buf b;

	columns(cols, lang);
	hy_buf_init(&b, ctx, OUT_MAX);
	hy_buf_fmt(&b, hy_tr(lang, "Promises kept, %s to %s, as of %s\n\n"),
		   hy_calendar_short(cal, r->since, since), hy_calendar_short(cal, r->until, until),
		   hy_calendar_short(cal, r->now, now));
	hy_table_text(&b, cols, COLS, cells, r->n + 1);
	hy_buf_fmt(&b, "\n%s\n", formula(cells, r, lang));
	hy_buf_fmt(&b, hy_tr(lang, "Calendar %s\n"), r->calendar);
	talloc_free(cells);
	return hy_buf_take(&b, NULL);
}

char *hy_sla_csv(const struct hy_sla_report *r, const struct hy_calendar *cal, const void *ctx,
		 enum hy_lang lang)
{
	struct hy_column cols[COLS];
	const char **cells = all_cells(ctx, r, lang);
	char since[HY_TIME_ISO_OFFSET_MAX], until[HY_TIME_ISO_OFFSET_MAX],
		now[HY_TIME_ISO_OFFSET_MAX];
	const char *period[] = {hy_tr(lang, "period"), hy_calendar_iso(cal, r->since, since),
				hy_calendar_iso(cal, r->until, until)};
	const char *as_of[] = {hy_tr(lang, "as of"), hy_calendar_iso(cal, r->now, now)};
	const char *version[] = {hy_tr(lang, "calendar"), r->calendar};
	const char *how[] = {hy_tr(lang, "formula"), formula(cells, r, lang)};
	struct hy_buf b;

	columns(cols, lang);
	hy_buf_init(&b, ctx, OUT_MAX);
	hy_table_csv(&b, cols, COLS, cells, r->n + 1);
	hy_csv_row(&b, period, HY_LEN(period));
	hy_csv_row(&b, as_of, HY_LEN(as_of));
	hy_csv_row(&b, version, HY_LEN(version));
	hy_csv_row(&b, how, HY_LEN(how));
	talloc_free(cells);
	return hy_buf_take(&b, NULL);
}

static void ids_json(struct hy_json_writer *w, const char *name, const struct hy_sla_ids *ids)
{
	hy_jw_key(w, name);
	hy_jw_array(w);
	for (size_t i = 0; i < ids->n; i++)
		hy_jw_int(w, ids->id[i].v);
	hy_jw_end_array(w);
}

static void secs_json(struct hy_json_writer *w, const char *name, int64_t v)
{
	if (v >= 0) {
		hy_jw_kint(w, name, v);
		return;
	}
	hy_jw_key(w, name);
	hy_jw_null(w);
}

static void row_json(struct hy_json_writer *w, const struct hy_sla_row *r)
{
	hy_jw_object(w);
	hy_jw_kint(w, "unit", r->unit.v);
	hy_jw_kstr(w, "name", r->name);
	secs_json(w, "rank", r->rank ? r->rank : -1);
	ids_json(w, "cases", &r->cases);
	ids_json(w, "in_time", &r->in_time);
	ids_json(w, "late", &r->late);
	ids_json(w, "pending", &r->pending);
	ids_json(w, "reply_unsent", &r->unsent);
	hy_jw_kreal(w, "rate", r->rate);
	hy_jw_kreal(w, "low", r->low);
	hy_jw_kreal(w, "high", r->high);
	secs_json(w, "first_reply_median_work_secs", r->median_work);
	secs_json(w, "first_reply_p90_work_secs", r->p90_work);
	secs_json(w, "first_reply_median_secs", r->median_any);
	secs_json(w, "first_reply_p90_secs", r->p90_any);
	hy_jw_kint(w, "held_work_secs", r->held_work);
	hy_jw_kint(w, "held_secs", r->held_any);
	hy_jw_end_object(w);
}

void hy_sla_json(const struct hy_sla_report *r, const struct hy_calendar *cal,
		 struct hy_json_writer *w)
{
	char iso[HY_TIME_ISO_OFFSET_MAX], *how = formula(NULL, r, HY_LANG_EN);

	hy_jw_object(w);
	hy_jw_kstr(w, "since", hy_calendar_iso(cal, r->since, iso));
	hy_jw_kstr(w, "until", hy_calendar_iso(cal, r->until, iso));
	hy_jw_kstr(w, "as_of", hy_calendar_iso(cal, r->now, iso));
	hy_jw_kstr(w, "calendar", r->calendar);
	hy_jw_kint(w, "min_cases", r->min_cases);
	hy_jw_kstr(w, "formula", how);
	hy_jw_key(w, "units");
	hy_jw_array(w);
	for (size_t i = 0; i < r->n; i++)
		row_json(w, &r->rows[i]);
	hy_jw_end_array(w);
	hy_jw_key(w, "total");
	row_json(w, &r->total);
	hy_jw_end_object(w);
	talloc_free(how);
}
