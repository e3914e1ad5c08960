/* The office at a glance, search, and single items: reading actions over the record and the index.
 */
#include "desk/indexing.h"

#include "collectors/collectors.h"

#include <string.h>

static void put_counts(struct hy_json_writer *w, const struct hy_counts *c)
{
	hy_jw_key(w, "counts");
	hy_jw_object(w);
	hy_jw_kint(w, "items", c->items);
	hy_jw_kint(w, "items_today", c->items_today);
	hy_jw_kint(w, "sources", c->sources);
	hy_jw_kint(w, "sources_failing", c->sources_failing);
	hy_jw_kint(w, "alerts_firing", c->alerts_firing);
	hy_jw_kint(w, "alerts_acked", c->alerts_acked);
	hy_jw_kint(w, "cases_open", c->cases_open);
	hy_jw_kint(w, "cases_overdue", c->cases_overdue);
	hy_jw_kint(w, "claims_open", c->claims_open);
	hy_jw_kint(w, "statements_waiting", c->statements_waiting);
	hy_jw_kint(w, "deliveries_open", c->deliveries_open);
	hy_jw_kint(w, "deliveries_sending", c->deliveries_sending);
	hy_jw_kint(w, "deliveries_unknown", c->deliveries_unknown);
	hy_jw_kint(w, "deliveries_sent", c->deliveries_sent);
	hy_jw_kint(w, "deliveries_failed", c->deliveries_failed);
	hy_jw_kint(w, "answers_open", c->answers_open);
	hy_jw_kint(w, "answers_unsettled", c->answers_unsettled);
	hy_jw_end_object(w);
}

static enum hy_status put_roles(struct hy_desk *desk, struct hy_json_writer *w, hy_time now,
				struct hy_err *err)
{
	struct hy_lease *leases = NULL;
	size_t n = 0;
	enum hy_status status = hy_lease_list(desk->st, w, &leases, &n, err);

	if (status)
		return status;
	hy_jw_key(w, "roles");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		if (leases[i].until <= now)
			continue;
		hy_jw_object(w);
		hy_jw_kstr(w, "name", leases[i].name);
		hy_jw_kint(w, "fence", leases[i].fence);
		put_ts(w, "until_ts", leases[i].until);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	return HY_OK;
}

/* While the index is being rebuilt, answers may miss what the old one had lost. */
static void put_rebuilding(struct hy_desk *desk, struct hy_json_writer *w)
{
	char *mark = NULL;

	(void)hy_meta_get(desk->st, w, "index.rebuilding", &mark, NULL); /* unknown shows as no */
	hy_jw_kbool(w, "rebuilding", mark && *mark == '1');
	talloc_free(mark);
}

enum hy_status act_status(struct hy_desk *desk, struct hy_person_id actor,
			  const struct hy_json *params, struct hy_json_writer *w,
			  struct hy_err *err)
{
	hy_time now = hy_desk_now(desk);
	struct hy_counts counts = {0};
	struct desk_lag lag;
	hy_time send_at = HY_TIME_NEVER, answer_at = HY_TIME_NEVER;
	enum hy_status status = hy_counts(desk->st, hy_desk_day_start(desk, now), &counts, err);

	(void)actor;
	(void)params;
	if (!status)
		status = desk_lag(desk, &lag, err);
	if (!status)
		status = hy_delivery_next(desk->st, &send_at, err);
	if (!status)
		status = hy_answer_next(desk->st, &answer_at, err);
	if (status)
		return status;
	if (answer_at < send_at)
		send_at = answer_at;
	hy_jw_kstr(w, "office", hy_conf_str(desk->conf, "office", NULL, "name"));
	put_ts(w, "now_ts", now);
	put_when(desk, w, "now", now);
	put_counts(w, &counts);
	/* "at once" has no time of its own, and is past */
	put_ts(w, "deliveries_next_ts", send_at ? send_at : now - HY_SECOND);
	hy_jw_kint(w, "last_seq", lag.last);
	hy_jw_kint(w, "index_seq", lag.indexed);
	hy_jw_kint(w, "detect_seq", lag.detected);
	hy_jw_kint(w, "lag", lag.last - lag.indexed);
	hy_jw_kint(w, "index_lag_ms", lag.index);
	hy_jw_kint(w, "detect_lag_ms", lag.detect);
	put_rebuilding(desk, w);
	return put_roles(desk, w, now, err);
}

enum hy_status act_volume(struct hy_desk *desk, struct hy_person_id actor,
			  const struct hy_json *params, struct hy_json_writer *w,
			  struct hy_err *err)
{
	hy_time since = 0, until = 0, now = hy_desk_now(desk);
	hy_dur slot = HY_HOUR;
	int64_t *counts = NULL;
	size_t n = 0;
	const char *width = param_str(params, "slot");
	enum hy_status status = param_time(desk, params, "since", &since, err);

	(void)actor;
	if (!status)
		status = param_time(desk, params, "until", &until, err);
	if (!status && width)
		status = hy_dur_parse(width, &slot, err);
	if (status)
		return status;
	if (slot < HY_MINUTE)
		return hy_err_set(err, HY_EINPUT, _("slot: at least 1m"));
	until = until ? until : now - now % slot + slot;
	since = since ? since - since % slot : until - 48 * slot;
	if (since >= until || (until - since) / slot > 2000)
		return hy_err_set(err, HY_EINPUT,
				  _("volume: from since to until must be 1 to 2000 slots"));
	until = since + (until - since) / slot * slot;
	status = hy_item_histogram(desk->st, w, since, until, slot, &counts, &n, err);
	if (status)
		return status;
	hy_jw_key(w, "slots");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		hy_jw_object(w);
		put_ts(w, "from_ts", since + (hy_time)i * slot);
		hy_jw_kint(w, "count", counts[i]);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	return HY_OK;
}

/* ---- search ---- */

static const char *behind_colon(const char *text)
{
	const char *narrow = strstr(text, ": "), *wide = strstr(text, "：");

	if (wide && (!narrow || wide < narrow))
		return wide + strlen("：");
	return narrow ? narrow + 2 : text;
}

/* A filter as a condition of the query language, tried alone so that a fault is the filter's. */
static enum hy_status filter(struct hy_desk *desk, const void *ctx, const char *name,
			     const char *value, char **more, struct hy_err *err)
{
	char *one = hy_strf(ctx, " %s:%s", name, hy_query_quote(ctx, value));
	struct hy_err own = {0};
	struct hy_query *q = NULL;
	enum hy_status status = desk_parse_query(desk, ctx, one, false, &q, &own);

	if (status) /* "query, at character 3: " is a place in a text that nobody typed */
		return hy_err_set(err, status, "%s: %s", name, behind_colon(own.text));
	*more = hy_strf(ctx, "%s%s", *more, one);
	return HY_OK;
}

/* since or until: what the query language takes means the same here; other forms of dates that
 * people write are a moment, or a day, whose end until: means. */
static enum hy_status time_filter(struct hy_desk *desk, const void *ctx,
				  const struct hy_json *params, const char *name, char **more,
				  struct hy_err *err)
{
	const struct hy_json *v = hy_json_get(params, name);
	char iso[HY_TIME_ISO_MAX];
	struct hy_err said = {0};
	hy_time at = 0;
	hy_dur ago = 0;
	bool day = false;
	enum hy_status status = HY_OK;

	if (!v || v->type == HY_JSON_NULL)
		return HY_OK;
	if (v->type == HY_JSON_STRING) {
		status = filter(desk, ctx, name, v->text, more, &said);
		if (!status)
			return HY_OK;
		if (!hy_dur_parse(v->text, &ago, NULL) || param_time(desk, params, name, &at, NULL))
			return hy_err_set(err, said.status, "%s", said.text);
		day = hy_feed_date_parse(v->text, 0, &at) == HY_DATE_DAY ||
		      !strpbrk(v->text, "0123456789"); /* 明天 */
	}
	status = param_time(desk, params, name, &at, err);
	if (status || !at)
		return status;
	if (day && !strcmp(name, "until"))
		at += HY_DAY;
	*more = hy_strf(ctx, "%s %s:%s", *more, name, hy_time_iso(at, iso));
	return HY_OK;
}

/* The filters of the parameters as conditions of the query language, so that there is one
 * predicate. */
static enum hy_status full_query(struct hy_desk *desk, const void *ctx,
				 const struct hy_json *params, char **out, struct hy_err *err)
{
	const char *query = param_text(params, "query"), *source = param_str(params, "source");
	const char *unit = param_str(params, "unit"), *place = param_str(params, "place");
	const char *kind = param_str(params, "kind");
	struct hy_query *said = NULL; /* parsed alone, so that a fault is named at its own place */
	char *more = hy_strdup(ctx, "");
	enum hy_status status = desk_parse_query(desk, ctx, query, false, &said, err);

	if (!status)
		status = time_filter(desk, ctx, params, "since", &more, err);
	if (!status)
		status = time_filter(desk, ctx, params, "until", &more, err);
	if (status)
		return status;
	if (source) { /* a name or a number, as everywhere on the command line */
		struct hy_source *found = NULL;
		status = hy_source_find(desk->st, ctx, source, &found, err);
		if (status)
			return hy_err_wrap(err, _("source %s"), source);
		more = hy_strf(ctx, "%s source:#%" PRId64, more, found->id.v);
	}
	if (unit) {
		struct hy_unit *found = NULL;
		status = hy_unit_find(desk->st, ctx, unit, &found, err);
		if (status)
			return hy_err_wrap(err, _("unit %s"), unit);
		more = hy_strf(ctx, "%s unit:#%" PRId64, more, found->id.v);
	}
	if (place)
		status = filter(desk, ctx, "place", place, &more, err);
	if (kind && !status)
		status = filter(desk, ctx, "kind", kind, &more, err);
	if (status)
		return status;
	*out = !*more			 ? hy_strdup(ctx, query)
	       : hy_query_is_empty(said) ? more
					 : hy_strf(ctx, "(%s)%s", query, more);
	return HY_OK;
}

void put_marks(struct hy_json_writer *w, const struct hy_query *q, const struct hy_item *it)
{
	struct hy_range *ranges = NULL;
	size_t n = 0;
	char *snippet = hy_query_snippet(w, q, it->text, HY_FIELD_TEXT, 120, &ranges, &n);

	hy_jw_kstr(w, "snippet", snippet);
	hy_jw_key(w, "marks");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		hy_jw_array(w);
		hy_jw_int(w, (int64_t)ranges[i].start);
		hy_jw_int(w, (int64_t)ranges[i].end);
		hy_jw_end_array(w);
	}
	hy_jw_end_array(w);
	n = 0;
	(void)hy_query_highlight(w, q, it->title, HY_FIELD_TITLE, &ranges, &n,
				 NULL); /* no marks then */
	hy_jw_key(w, "title_marks");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		hy_jw_array(w);
		hy_jw_int(w, (int64_t)ranges[i].start);
		hy_jw_int(w, (int64_t)ranges[i].end);
		hy_jw_end_array(w);
	}
	hy_jw_end_array(w);
	talloc_free(snippet);
}

static enum hy_status put_hits(struct hy_desk *desk, struct hy_json_writer *w,
			       const struct hy_query *q, const struct hy_found *found,
			       struct hy_err *err)
{
	hy_jw_key(w, "items");
	hy_jw_array(w);
	for (size_t i = 0; i < found->n_hits; i++) {
		struct hy_item *it = NULL;
		enum hy_status status = hy_item_seq(desk->st, w, found->hits[i].seq, &it, NULL);
		if (status == HY_ENOTFOUND)
			continue; /* purged since it was indexed */
		if (status)
			return hy_item_seq(desk->st, w, found->hits[i].seq, &it, err);
		hy_jw_object(w);
		put_item(desk, w, it);
		put_marks(w, q, it);
		hy_jw_kint(w, "copies", found->hits[i].copies);
		hy_jw_end_object(w);
		talloc_free(it);
	}
	hy_jw_end_array(w);
	return HY_OK;
}

static void put_facet(struct hy_json_writer *w, const char *name, struct hy_desk *desk,
		      const struct hy_facet *f, size_t n, int what)
{
	hy_jw_key(w, name);
	hy_jw_array(w);
	for (size_t i = 0; i < n && i < 50; i++) {
		struct hy_source *source = NULL;
		hy_jw_object(w);
		if (what == 0 &&
		    !hy_source_get(desk->st, w, (struct hy_source_id){f[i].key}, &source, NULL))
			hy_jw_kstr(w, "value", source->name);
		else if (what == 1)
			hy_jw_kstr(w, "value", hy_item_kind_name((enum hy_item_kind)f[i].key));
		else
			hy_jw_kstr(w, "value", f[i].name ? f[i].name : "");
		hy_jw_kint(w, "count", f[i].count);
		hy_jw_end_object(w);
		talloc_free(source);
	}
	hy_jw_end_array(w);
}

static void put_bars(struct hy_desk *desk, struct hy_json_writer *w, const char *name, const struct hy_bar *bars,
		     size_t n)
{
	hy_jw_key(w, name);
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		hy_jw_object(w);
		put_ts(w, "from_ts", bars[i].start);
		put_when(desk, w, "when", bars[i].start);
		hy_jw_kint(w, "count", bars[i].count);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
}

static void put_facets(struct hy_desk *desk, struct hy_json_writer *w, const struct hy_found *found)
{
	hy_jw_key(w, "facets");
	hy_jw_object(w);
	put_facet(w, "source", desk, found->sources, found->n_sources, 0);
	put_facet(w, "kind", desk, found->kinds, found->n_kinds, 1);
	put_facet(w, "place", desk, found->places, found->n_places, 2);
	hy_jw_end_object(w);
	put_bars(desk, w, "histogram", found->bars, found->n_bars);
	put_bars(desk, w, "days", found->days, found->n_days);
}

/* A new office has no index because it has no items: that is no fault. */
static bool nothing_yet(struct hy_desk *desk)
{
	int64_t last = 0;
	return !hy_item_last_seq(desk->st, &last, NULL, NULL) && !last;
}

static enum hy_status param_order(const struct hy_json *params, enum hy_order *out,
				  struct hy_err *err)
{
	static const struct {
		const char *word;
		enum hy_order order;
	} words[] = {
		{"", HY_ORDER_NEWEST},	      {"newest", HY_ORDER_NEWEST},
		{"最新", HY_ORDER_NEWEST},    {"relevance", HY_ORDER_RELEVANCE},
		{"相关", HY_ORDER_RELEVANCE},
	};
	const char *said = param_text(params, "order");

	for (size_t i = 0; i < HY_LEN(words); i++)
		if (!strcmp(words[i].word, said))
			return *out = words[i].order, HY_OK;
	return hy_err_set(err, HY_EINPUT, _("order: newest or relevance, not \"%s\""), said);
}

static enum hy_status run(struct hy_desk *desk, const void *ctx, struct hy_search *s,
			  const char *text, struct hy_query **q, struct hy_found **found,
			  struct hy_err *err)
{
	struct hy_index *ix = NULL;
	enum hy_status status = desk_parse_query(desk, ctx, text, false, q, err);

	if (!status)
		status = desk_index(desk, &ix, err);
	s->query = *q;
	s->now = hy_desk_now(desk);
	s->zone_minutes = desk_offset_minutes(desk, s->now);
	if (!status)
		status = hy_index_search(ix, ctx, s, found, err);
	status = desk_index_met(desk, status, err);
	if (status == HY_ENOTFOUND && nothing_yet(desk)) {
		*found = hy_new(ctx, struct hy_found);
		(*found)->total_exact = true;
		status = HY_OK;
	}
	return status;
}

enum hy_status desk_search(struct hy_desk *desk, const void *ctx, const struct hy_json *params,
			   struct hy_search *s, struct hy_query **q, struct hy_found **found,
			   struct hy_err *err)
{
	char *text = NULL;
	hy_time now = 0;
	enum hy_status status = HY_OK;

	s->flags |= HY_SEARCH_PAGES;
	s->fold = !hy_json_bool(params, "all", false);
	if (!s->page)
		s->page = param_text(params, "cursor");
	if (*s->page)
		status = hy_search_now(s->page, &now, err);
	if (!status)
		status = param_order(params, &s->order, err);
	if (status)
		return status;
	desk->asked = now; /* "2h" of a later page is that of the first */
	status = full_query(desk, ctx, params, &text, err);
	if (!status)
		status = run(desk, ctx, s, text, q, found, err);
	desk->asked = 0;
	return status;
}

static enum hy_status put_found(struct hy_desk *desk, const struct hy_json *params,
				struct hy_json_writer *w, const struct hy_query *q,
				const struct hy_found *found, struct hy_err *err)
{
	enum hy_status status;

	put_rebuilding(desk, w);
	hy_jw_kstr(w, "query", param_text(params, "query"));
	hy_jw_kint(w, "total", found->total);
	hy_jw_kbool(w, "exact", found->total_exact);
	hy_jw_kint(w, "rows", found->rows);
	status = put_hits(desk, w, q, found, err);
	if (status)
		return status;
	if (hy_json_bool(params, "facets", false))
		put_facets(desk, w, found);
	hy_jw_kstr(w, "next", found->more);
	hy_jw_kint(w, "index_seq", found->cursor);
	return HY_OK;
}

enum hy_status desk_search_answer(struct hy_desk *desk, const struct hy_json *params,
				  struct hy_json_writer *w, struct hy_err *err)
{
	struct hy_query *q = NULL;
	struct hy_found *found = NULL;
	hy_time t0 = hy_monotonic();
	bool facets = hy_json_bool(params, "facets", false);
	struct hy_search s = {
		.flags = facets ? HY_SEARCH_FACETS : 0,
		.slot = facets ? HY_HOUR : 0,
	};
	enum hy_status status =
		param_limit(params, 20, HY_SEARCH_MAX_LIMIT, &s.limit, err);

	if (!status)
		status = desk_search(desk, w, params, &s, &q, &found, err);
	if (status)
		return status;
	hy_jw_kint(w, "ms", hy_monotonic() - t0);
	return put_found(desk, params, w, q, found, err);
}

enum hy_status act_search(struct hy_desk *desk, struct hy_person_id actor,
			  const struct hy_json *params, struct hy_json_writer *w,
			  struct hy_err *err)
{
	(void)actor;
	return desk_search_answer(desk, params, w, err);
}

/* ---- items ---- */

enum hy_status act_item_show(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, struct hy_json_writer *w,
			     struct hy_err *err)
{
	struct hy_item_id id = {0};
	struct hy_item *it = NULL, *revisions = NULL;
	size_t n = 0;
	enum hy_status status = param_id(params, "id", &id.v, err);

	(void)actor;
	if (!status)
		status = hy_item_get(desk->st, w, id, &it, err);
	if (!status)
		status = hy_item_revisions(desk->st, w, id, &revisions, &n, err);
	if (status)
		return status;
	put_item(desk, w, it);
	hy_jw_key(w, "revisions");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		hy_jw_object(w);
		hy_jw_kint(w, "revision", revisions[i].revision);
		put_ts(w, "taken_ts", revisions[i].taken);
		put_when(desk, w, "when", revisions[i].taken);
		hy_jw_kstr(w, "title", revisions[i].title);
		hy_jw_kstr(w, "text", revisions[i].text);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	return HY_OK;
}

static enum hy_status put_like(struct hy_desk *desk, struct hy_json_writer *w,
			       const struct hy_like *like, struct hy_err *err)
{
	struct hy_item *it = NULL;
	enum hy_status status = hy_item_seq(desk->st, w, like->seq, &it, err);

	if (status)
		return status == HY_ENOTFOUND ? HY_OK : status; /* purged since */
	hy_jw_object(w);
	put_item(desk, w, it);
	hy_jw_kint(w, "likeness", like->likeness);
	hy_jw_kbool(w, "copy", like->copy);
	hy_jw_end_object(w);
	talloc_free(it);
	return HY_OK;
}

enum hy_status act_item_similar(struct hy_desk *desk, struct hy_person_id actor,
				const struct hy_json *params, struct hy_json_writer *w,
				struct hy_err *err)
{
	struct hy_item_id id = {0};
	struct hy_item *it = NULL;
	struct hy_facts facts;
	struct hy_index *ix = NULL;
	struct hy_likes *likes = NULL;
	int limit = 0;
	enum hy_status status = param_id(params, "id", &id.v, err);

	(void)actor;
	if (!status)
		status = param_limit(params, 20, 200, &limit, err);
	if (!status)
		status = hy_item_get(desk->st, w, id, &it, err);
	if (!status)
		status = hy_facts_of_item(&facts, w, it, err);
	if (!status)
		status = desk_index(desk, &ix, err);
	if (!status)
		status = hy_index_similar(ix, w, &facts, id, limit, &likes, err);
	status = desk_index_met(desk, status, err);
	if (status)
		return status;
	hy_jw_kint(w, "id", id.v);
	hy_jw_kint(w, "total", likes->total);
	hy_jw_kint(w, "copies", likes->copies);
	hy_jw_kbool(w, "exact", likes->whole);
	hy_jw_key(w, "items");
	hy_jw_array(w);
	for (size_t i = 0; !status && i < likes->n; i++)
		status = put_like(desk, w, &likes->v[i], err);
	hy_jw_end_array(w);
	return status;
}

enum hy_status act_item_open_url(struct hy_desk *desk, struct hy_person_id actor,
				 const struct hy_json *params, struct hy_json_writer *w,
				 struct hy_err *err)
{
	struct hy_item_id id = {0};
	char *url = NULL;
	enum hy_status status = param_id(params, "id", &id.v, err);

	if (!status)
		status = hy_item_open_url(desk->st, w, actor, id, &url, err);
	if (!status)
		hy_jw_kstr(w, "url", url);
	return status;
}
