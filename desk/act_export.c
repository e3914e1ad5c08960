/*
 * What was found, taken out of the desk: a table for spreadsheets or one JSON object a line. An
 * export leaves an audit row with the hash of its query; of a private person's post it holds
 * neither address nor counts.
 */
#include "desk/internal.h"

#include "render/render.h"

#include <string.h>

#define PAGE_ITEMS 500
#define EXPORT_MAX 10000
#define EXPORT_BYTES (24u << 20) /* below what the control socket carries */

struct export
{
	struct hy_desk *desk;
	struct hy_buf out;
	bool csv;
	int64_t n;
};

static const char *const columns[] = {N_("No."),    N_("Posted"),   N_("Taken"),    N_("Source"),
				      N_("Place"),  N_("Kind"),	    N_("Official"), N_("Ours"),
				      N_("Copies"), N_("Revision"), N_("Title"),    N_("Text"),
				      N_("Address")};

static void put_heads(struct export *x)
{
	const char *heads[HY_LEN(columns)];

	for (size_t i = 0; i < HY_LEN(columns); i++)
		heads[i] = _(columns[i]);
	hy_csv_bom(&x->out);
	hy_csv_row(&x->out, heads, HY_LEN(heads));
}

static void put_csv(struct export *x, const void *ctx, const struct hy_item *it, const char *source,
		    int64_t copies)
{
	const char *yes = _("yes"), *no = _("no");
	const char *cells[] = {
		hy_strf(ctx, "%" PRId64, it->id.v),
		hy_desk_when(x->desk, ctx, it->posted),
		hy_desk_when(x->desk, ctx, it->taken),
		source,
		it->place,
		hy_item_kind_name(it->kind),
		it->flags & HY_ITEM_OFFICIAL ? yes : no,
		it->flags & HY_ITEM_OWN ? yes : no,
		hy_strf(ctx, "%" PRId64, copies),
		hy_strf(ctx, "%d", it->revision),
		it->title,
		it->text,
		it->url_public,
	};
	hy_csv_row(&x->out, cells, HY_LEN(cells));
}

static void put_json(struct export *x, const void *ctx, const struct hy_item *it, int64_t copies)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);

	hy_jw_object(w);
	put_item(x->desk, w, it);
	hy_jw_kint(w, "copies", copies);
	hy_jw_end_object(w);
	hy_buf_str(&x->out, hy_jw_text(w, NULL));
	hy_buf_chr(&x->out, '\n');
	talloc_free(w);
}

static enum hy_status put_hit(struct export *x, const struct hy_hit *hit, struct hy_err *err)
{
	void *work = hy_new(x->desk, char);
	struct hy_item *it = NULL;
	struct hy_source *source = NULL;
	enum hy_status status = hy_item_seq(x->desk->st, work, hit->seq, &it, err);

	if (!status) {
		if (x->csv && hy_source_get(x->desk->st, work, it->source, &source, NULL))
			source = NULL; /* removed: no name then */
		if (x->csv)
			put_csv(x, work, it, source ? source->name : "", hit->copies);
		else
			put_json(x, work, it, hit->copies);
		x->n++;
		if (x->out.over)
			status = hy_err_set(err, HY_EINPUT,
					    _("the export is larger than %u MiB: narrow the query, "
					      "or give --limit"),
					    EXPORT_BYTES >> 20);
	}
	talloc_free(work);
	return status == HY_ENOTFOUND ? HY_OK : status; /* purged since it was indexed */
}

/* Page by page of one search, so that the table is of one moment. */
static enum hy_status put_all(struct export *x, const struct hy_json *params, int64_t limit,
			      bool *more, struct hy_err *err)
{
	char *page = hy_strdup(x->desk, "");
	enum hy_status status = HY_OK;

	*more = true;
	while (!status && *more && limit > 0) {
		void *work = hy_new(x->desk, char);
		struct hy_search s = {.limit = limit < PAGE_ITEMS ? (int)limit : PAGE_ITEMS,
				      .page = page};
		struct hy_query *q = NULL;
		struct hy_found *found = NULL;

		status = desk_search(x->desk, work, params, &s, &q, &found, err);
		for (size_t i = 0; !status && i < found->n_hits; i++)
			status = put_hit(x, &found->hits[i], err);
		if (!status) {
			limit -= (int64_t)found->n_hits;
			*more = found->more != NULL;
			talloc_free(page);
			page = hy_strdup(x->desk, *more ? found->more : "");
		}
		talloc_free(work);
	}
	talloc_free(page);
	return status;
}

static enum hy_status leave_trace(struct hy_desk *desk, struct hy_person_id actor,
				  const struct hy_json *params, const struct export *x,
				  struct hy_err *err)
{
	struct hy_json_writer *w = hy_json_writer_new(desk, false);
	const char *query = param_text(params, "query");
	uint8_t hash[HY_SHA256_LEN];
	enum hy_status status = hy_store_begin(desk->st, err);

	hy_sha256(query, strlen(query), hash);
	hy_jw_object(w);
	hy_jw_kstr(w, "query_sha256", hy_hex(w, hash, sizeof(hash)));
	hy_jw_kstr(w, "format", x->csv ? "csv" : "jsonl");
	hy_jw_kint(w, "items", x->n);
	hy_jw_end_object(w);
	if (!status)
		status = desk_end(desk,
				  desk_audit(desk, actor, "search.export", err, hy_jw_text(w, NULL),
					     "search"),
				  err);
	talloc_free(w);
	return status;
}

enum hy_status act_search_export(struct hy_desk *desk, struct hy_person_id actor,
				 const struct hy_json *params, struct hy_json_writer *w,
				 struct hy_err *err)
{
	const char *format = *param_text(params, "format") ? param_text(params, "format") : "csv";
	struct export x = {.desk = desk, .csv = !strcmp(format, "csv")};
	bool more = false;
	int limit = 0;
	enum hy_status status;

	if (!x.csv && strcmp(format, "jsonl"))
		return hy_err_set(err, HY_EINPUT, _("format: csv or jsonl, not \"%s\""), format);
	hy_buf_init(&x.out, w, EXPORT_BYTES);
	if (x.csv)
		put_heads(&x);
	status = param_limit(params, EXPORT_MAX, EXPORT_MAX, &limit, err);
	if (status)
		return status;
	status = put_all(&x, params, limit, &more, err);
	if (!status)
		status = leave_trace(desk, actor, params, &x, err);
	if (status)
		return status;
	hy_jw_kstr(w, "format", format);
	hy_jw_kint(w, "count", x.n);
	hy_jw_kbool(w, "more", more);
	hy_jw_kstr(w, "text", x.out.len ? x.out.data : "");
	return HY_OK;
}
