/*
 * The balance sheet: per source and day of the office, what came and what became of it. "received"
 * is counted at the door and the rest where each thing ends, so that the sheet can say whether
 * received = new + repeat + refused, and a row that does not balance shows that something got lost.
 */
#include "desk/balance.h"

#include "desk/internal.h"
#include "render/render.h"

#include <stdlib.h>
#include <string.h>

#define DAYS_MAX 366
#define REASONS_MAX 16

/* ---- counting ---- */

enum hy_status desk_today(struct hy_desk *desk, int *out, struct hy_err *err)
{
	struct hy_calendar *cal = NULL;
	enum hy_status status = desk_calendar(desk, &cal, err);

	if (!status)
		*out = hy_calendar_date(cal, hy_desk_now(desk));
	return status;
}

enum hy_status desk_counts_add(struct hy_desk *desk, struct hy_source_id source, int day,
			       const struct desk_count *counts, size_t n, struct hy_err *err)
{
	enum hy_status status = HY_OK;

	for (size_t i = 0; i < n && !status; i++)
		if (counts[i].n)
			status = hy_source_count(desk->st, source, day, counts[i].what,
						 counts[i].why, counts[i].n, err);
	return status;
}

/* Upper ends in seconds; what is later than the last stands under "more". */
static const struct {
	int64_t secs;
	const char *name;
} lag_steps[DESK_LAG_STEPS] = {
	{10, "10"},	  {30, "30"},	    {60, "60"},	      {120, "120"},	{300, "300"},
	{600, "600"},	  {900, "900"},	    {1800, "1800"},   {3600, "3600"},	{7200, "7200"},
	{21600, "21600"}, {43200, "43200"}, {86400, "86400"}, {604800, "604800"}, {-1, "more"},
};

void desk_lags_add(struct desk_lags *lags, hy_dur lag)
{
	size_t i = 0;

	while (i < DESK_LAG_STEPS - 1 && lag > lag_steps[i].secs * HY_SECOND)
		i++;
	lags->n[i]++;
}

enum hy_status desk_lags_count(struct hy_desk *desk, struct hy_source_id source, int day,
			       const struct desk_lags *lags, struct hy_err *err)
{
	struct desk_count counts[DESK_LAG_STEPS];

	for (size_t i = 0; i < DESK_LAG_STEPS; i++)
		counts[i] = (struct desk_count){"lag", lag_steps[i].name, lags->n[i]};
	return desk_counts_add(desk, source, day, counts, DESK_LAG_STEPS, err);
}

/* ---- the sheet ---- */

struct row {
	struct hy_source_id source;
	int day;
	int64_t received, fresh, edit, sweep, repeat, refused, gaps, gaps_read, looks, failed;
	struct {
		const char *why;
		int64_t n;
	} reasons[REASONS_MAX];
	size_t n_reasons;
	struct desk_lags lags;
};
struct sheet {
	struct hy_desk *desk;
	struct row total;
	int since, until; /* the day after the last */
	bool balanced;
	struct hy_buf csv;
};

static int64_t off(const struct row *r)
{
	return r->received - r->fresh - r->repeat - r->refused;
}

static void add_reason(struct row *r, const char *why, int64_t n)
{
	size_t i = 0;

	while (i < r->n_reasons && strcmp(r->reasons[i].why, why))
		i++;
	if (i == REASONS_MAX)
		return; /* its number stands in the sum of the refused */
	if (i == r->n_reasons)
		r->reasons[r->n_reasons++].why = why;
	r->reasons[i].n += n;
}

static void add_lag(struct row *r, const char *name, int64_t n)
{
	for (size_t i = 0; i < DESK_LAG_STEPS; i++)
		if (!strcmp(lag_steps[i].name, name))
			r->lags.n[i] += n;
}

static void add_count(struct row *r, const struct hy_source_count *c)
{
	if (!strcmp(c->what, "received")) {
		r->received += c->n;
	} else if (!strcmp(c->what, "new")) {
		r->fresh += c->n;
		r->edit += !strcmp(c->why, "edit") ? c->n : 0;
		r->sweep += !strcmp(c->why, "sweep") ? c->n : 0;
	} else if (!strcmp(c->what, "repeat")) {
		r->repeat += c->n;
	} else if (!strcmp(c->what, "refused")) {
		r->refused += c->n;
		add_reason(r, c->why, c->n);
	} else if (!strcmp(c->what, "lag")) {
		add_lag(r, c->why, c->n);
	} else if (!strcmp(c->what, "look")) {
		r->looks += c->n;
		r->failed += *c->why ? c->n : 0;
	} else if (!strcmp(c->what, "gap")) {
		r->gaps += *c->why ? 0 : c->n;
		r->gaps_read += *c->why ? c->n : 0;
	}
}

/* The upper end in seconds of the step in which the given share of all stands; -1: more than the
 * last; 0: there are none. */
static int64_t lag_at(const struct desk_lags *lags, int percent)
{
	int64_t all = 0, seen = 0;

	for (size_t i = 0; i < DESK_LAG_STEPS; i++)
		all += lags->n[i];
	for (size_t i = 0; i < DESK_LAG_STEPS && all > 0; i++) {
		seen += lags->n[i];
		if (seen * 100 >= all * percent)
			return lag_steps[i].secs;
	}
	return 0;
}

static char *span_text(const void *ctx, int64_t secs)
{
	if (secs < 0)
		return hy_strdup(ctx, _("more than 7 days"));
	if (secs < 60)
		return hy_strf(ctx, _("%d s"), (int)secs);
	if (secs < 3600)
		return hy_strf(ctx, _("%d min"), (int)(secs / 60));
	return secs <= 86400 ? hy_strf(ctx, _("%d h"), (int)(secs / 3600))
			     : hy_strf(ctx, _("%d days"), (int)(secs / 86400));
}

static char *lag_text(const void *ctx, const struct row *r)
{
	int64_t half = lag_at(&r->lags, 50), most = lag_at(&r->lags, 90);

	if (!half)
		return hy_strdup(ctx, "");
	if (half == most)
		return span_text(ctx, half);
	return hy_strf(ctx, _("half %s, nine of ten %s"), span_text(ctx, half),
		       span_text(ctx, most));
}

/* The reasons of refusals, as people read them. */
static const char *reason_word(const char *why)
{
	static const struct {
		const char *why, *words;
	} known[] = {
		{"automatic", N_("written by no person")},
		{"clock", N_("signed, but its time is too far from ours: check the clocks")},
		{"cut", N_("cut off")},
		{"deleted", N_("deleted by the writer")},
		{"digits", N_("digits lost")},
		{"empty", N_("without words")},
		{"forged", N_("not signed by the platform")},
		{"formula", N_("a formula without its value")},
		{"future", N_("time in the future")},
		{"large", N_("too large")},
		{"malformed", N_("malformed")},
		{"no-text", N_("without words")},
		{"old", N_("older than is kept")},
		{"path", N_("wrong address")},
		{"reference", N_("original number too long")},
		{"replayed", N_("sent again by somebody else")},
		{"skipped", N_("no post, or not public")},
		{"time", N_("time not clear")},
		{"unparsed", N_("a mail that cannot be read")},
		{"unread", N_("not understood")},
	};

	for (size_t i = 0; i < HY_LEN(known); i++)
		if (!strcmp(known[i].why, why))
			return _(known[i].words);
	return why;
}

static char *reasons_text(const void *ctx, const struct row *r)
{
	char *text = hy_strdup(ctx, "");

	for (size_t i = 0; i < r->n_reasons; i++)
		if (r->reasons[i].n)
			text = hy_strf(ctx, "%s%s%s %" PRId64, text, *text ? ", " : "",
				       reason_word(r->reasons[i].why), r->reasons[i].n);
	return text;
}

static void put_row(struct hy_json_writer *w, const struct row *r)
{
	hy_jw_kint(w, "received", r->received);
	hy_jw_kint(w, "new", r->fresh);
	hy_jw_kint(w, "edit", r->edit);
	hy_jw_kint(w, "sweep", r->sweep);
	hy_jw_kint(w, "repeat", r->repeat);
	hy_jw_kint(w, "refused", r->refused);
	hy_jw_key(w, "reasons");
	hy_jw_array(w);
	for (size_t i = 0; i < r->n_reasons; i++) {
		hy_jw_object(w);
		hy_jw_kstr(w, "why", r->reasons[i].why);
		hy_jw_kint(w, "count", r->reasons[i].n);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	hy_jw_kstr(w, "refused_why", reasons_text(w, r));
	hy_jw_kint(w, "lag_p50_s", lag_at(&r->lags, 50));
	hy_jw_kint(w, "lag_p90_s", lag_at(&r->lags, 90));
	hy_jw_kstr(w, "lag", lag_text(w, r));
	hy_jw_kint(w, "gaps", r->gaps);
	hy_jw_kint(w, "gaps_read", r->gaps_read);
	hy_jw_kint(w, "looks", r->looks);
	hy_jw_kint(w, "looks_failed", r->failed);
	hy_jw_kbool(w, "balanced", off(r) == 0);
	hy_jw_kint(w, "off", off(r));
}

static void csv_row(struct sheet *sh, const char *source, const char *day, const struct row *r,
		    const void *ctx)
{
	const int64_t numbers[] = {r->received, r->fresh,	r->edit, r->sweep,
				   r->repeat,	r->refused,	r->gaps, r->gaps_read,
				   lag_at(&r->lags, 50), lag_at(&r->lags, 90), off(r)};

	hy_csv_cell(&sh->csv, source);
	hy_buf_chr(&sh->csv, ',');
	hy_csv_cell(&sh->csv, day);
	for (size_t i = 0; i < HY_LEN(numbers); i++) {
		hy_buf_chr(&sh->csv, ',');
		hy_csv_int(&sh->csv, numbers[i]);
	}
	hy_buf_chr(&sh->csv, ',');
	hy_csv_cell(&sh->csv, reasons_text(ctx, r));
	hy_buf_chr(&sh->csv, ',');
	hy_csv_int(&sh->csv, r->looks);
	hy_buf_chr(&sh->csv, ',');
	hy_csv_int(&sh->csv, r->failed);
	hy_buf_str(&sh->csv, "\r\n");
}

static void csv_head(struct sheet *sh, const void *ctx)
{
	static const char *const heads[] = {
		N_("Source"),	N_("Day"),     N_("Received"),	    N_("New"),
		N_("Edits"),	N_("By sweep"), N_("Repeats"),	    N_("Refused"),
		N_("Gaps"),	N_("Gaps read"), N_("Lag, half, s"), N_("Lag, nine of ten, s"),
		N_("Missing"), N_("Reasons"), N_("Looks"), N_("Failed looks")};
	const char *cells[HY_LEN(heads)];

	hy_buf_init(&sh->csv, ctx, 8u << 20);
	hy_csv_bom(&sh->csv);
	for (size_t i = 0; i < HY_LEN(heads); i++)
		cells[i] = _(heads[i]);
	hy_csv_row(&sh->csv, cells, HY_LEN(heads));
}

/* One source on one day, which ends at counts[n]. */
static void put_one(struct sheet *sh, struct hy_json_writer *w, const struct hy_source_count *counts,
		    size_t n)
{
	void *ctx = talloc_new(w);
	struct hy_source *s = NULL;
	struct row r = {.source = counts->source, .day = counts->day};
	const char *name;
	char day[11];

	for (size_t i = 0; i < n; i++) {
		add_count(&r, &counts[i]);
		add_count(&sh->total, &counts[i]);
	}
	sh->balanced = sh->balanced && off(&r) == 0;
	hy_date_text(r.day, day);
	name = hy_source_get(sh->desk->st, ctx, r.source, &s, NULL) ? "" : s->name;
	hy_jw_object(w);
	hy_jw_kint(w, "source_id", r.source.v);
	hy_jw_kstr(w, "source", name);
	hy_jw_kstr(w, "kind", s ? s->kind : "");
	hy_jw_kstr(w, "day", day);
	put_row(w, &r);
	hy_jw_end_object(w);
	csv_row(sh, name, day, &r, ctx);
	talloc_free(ctx);
}

/* day and until are the first and the last day; today alone without them. */
static enum hy_status sheet_days(struct sheet *sh, const struct hy_json *params, struct hy_err *err)
{
	struct hy_calendar *cal = NULL;
	hy_time from = 0, to = 0;
	int today = 0, last;
	enum hy_status status = desk_calendar(sh->desk, &cal, err);

	if (!status)
		status = param_time(sh->desk, params, "day", &from, err);
	if (!status)
		status = param_time(sh->desk, params, "until", &to, err);
	if (status)
		return status;
	today = hy_calendar_date(cal, hy_desk_now(sh->desk));
	sh->since = from ? hy_calendar_date(cal, from) : to ? hy_calendar_date(cal, to) : today;
	last = to ? hy_calendar_date(cal, to) : sh->since;
	if (last < sh->since)
		return hy_err_set(err, HY_EINPUT, "%s", _("until: the last day is before the first"));
	sh->until = hy_date_add(last, 1);
	if (sh->until > hy_date_add(sh->since, DAYS_MAX))
		return hy_err_set(err, HY_EINPUT, _("until: at most %d days"), DAYS_MAX);
	return HY_OK;
}

enum hy_status act_source_balance(struct hy_desk *desk, struct hy_person_id actor,
				  const struct hy_json *params, struct hy_json_writer *w,
				  struct hy_err *err)
{
	struct sheet sh = {.desk = desk, .balanced = true};
	struct hy_source_count *counts = NULL;
	const char *name = param_str(params, "id");
	struct hy_source *only = NULL;
	size_t n = 0, end = 0;
	char day[11];
	enum hy_status status = sheet_days(&sh, params, err);

	(void)actor;
	if (!status && name)
		status = hy_source_find(desk->st, w, name, &only, err);
	if (!status)
		status = hy_source_counts(desk->st, w, sh.since, sh.until, &counts, &n, err);
	if (status)
		return status;
	csv_head(&sh, w);
	hy_jw_kstr(w, "day", hy_date_text(sh.since, day));
	hy_jw_kstr(w, "until", hy_date_text(hy_date_add(sh.until, -1), day));
	hy_jw_key(w, "items");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i = end) {
		for (end = i; end < n && counts[end].source.v == counts[i].source.v &&
			      counts[end].day == counts[i].day;)
			end++;
		if (!only || only->id.v == counts[i].source.v)
			put_one(&sh, w, &counts[i], end - i);
	}
	hy_jw_end_array(w);
	hy_jw_key(w, "total");
	hy_jw_object(w);
	put_row(w, &sh.total);
	hy_jw_end_object(w);
	hy_jw_kbool(w, "balanced", sh.balanced);
	csv_row(&sh, _("All"), "", &sh.total, w);
	if (!strcmp(param_text(params, "format"), "csv"))
		hy_jw_kstr(w, "text", sh.csv.data);
	return HY_OK;
}
