/* Overview: is something the matter, who has it, how much time is left; each number is a link. */
#include "web/pages.h"

#include <stdlib.h>
#include <string.h>

#define LAG_SHOWN (5 * HY_SECOND)

/* ---- the chart ---- */

/* The width of a slot: the least step; slots without items may be missing from the list. */
static int64_t step_of(const struct hy_json *slots)
{
	int64_t least = 0;

	for (size_t i = 1; i < slots->n; i++) {
		int64_t d = num(slots->at[i], "from_ts") - num(slots->at[i - 1], "from_ts");

		if (d > 0 && (!least || d < least))
			least = d;
	}
	return least ? least : 1;
}

static void put_table(struct web_call *c, const struct hy_json *slots)
{
	hf(c,
	   "<details class=\"more\"><summary>%s</summary><table class=\"small\"><thead><tr>"
	   "<th scope=\"col\">%s</th><th scope=\"col\" class=\"n\">%s</th></tr></thead><tbody>",
	   _("As a table"), _("Since"), _("Items"));
	for (size_t i = 0; i < slots->n; i++)
		hf(c, "<tr><td>%s</td><td class=\"n\">%ld</td></tr>",
		   when_ts(c, slots->at[i], "from_ts"), (long)num(slots->at[i], "count"));
	h(c, "</tbody></table></details>");
}

/* Bars of slots: a slot that is missing from the list is an empty place. */
static void put_bars(struct web_call *c, const struct hy_json *slots, const char *title,
		     slot_link link, int64_t *most)
{
	int64_t step = step_of(slots), first = num(slots->at[0], "from_ts");
	struct hy_svg_bar *bars = hy_new_array(c->req, struct hy_svg_bar, slots->n);

	*most = 1;
	for (size_t i = 0; i < slots->n; i++) {
		int64_t start = num(slots->at[i], "from_ts"), count = num(slots->at[i], "count");

		bars[i] = (struct hy_svg_bar){
			.at = (start - first) / step,
			.count = count,
			.title = when_ts(c, slots->at[i], "from_ts"),
			.href = link && count ? link(c, start, start + step) : NULL,
		};
		if (count > *most)
			*most = count;
	}
	hy_svg_bars(c->page, &(struct hy_svg_bars){.label = title,
						   .places = bars[slots->n - 1].at + 1,
						   .bars = bars,
						   .n = slots->n});
}

void bar_chart(struct web_call *c, const struct hy_json *slots, const char *title, slot_link link)
{
	int64_t most = 1;

	if (!slots || slots->type != HY_JSON_ARRAY || !slots->n)
		return;
	h(c, "<figure class=\"chart\">");
	put_bars(c, slots, title, link, &most);
	hf(c, "<div class=\"ticks\"><span>%s</span><span>%s %ld</span><span>%s</span></div>",
	   when_ts(c, slots->at[0], "from_ts"), _("most"), (long)most,
	   when_ts(c, slots->at[slots->n - 1], "from_ts"));
	put_table(c, slots);
	h(c, "</figure>");
}

/* ---- the parts ---- */

static void tile(struct web_call *c, const char *href, const char *name, int64_t n,
		 const char *extra)
{
	hf(c, "<a class=\"tile\" href=\"%s\"><span>%s</span><b>%ld</b><small>%s</small></a>", href,
	   name, (long)n, extra ? extra : "");
}

/* How late search is, once a person could notice; else how much there is. */
static const char *items_note(struct web_call *c, const struct hy_json *n, int64_t lag_ms)
{
	if (lag_ms >= LAG_SHOWN)
		return hy_strf(c->req, _("▲ search is %d s behind"), (int)(lag_ms / HY_SECOND));
	return hy_strf(c->req, _("%d in all"), (int)num(n, "items"));
}

static void put_tiles(struct web_call *c, const struct hy_json *n, int64_t lag_ms)
{
	h(c, "<div class=\"tiles\">");
	tile(c, "/alerts", _("Alerts firing"), num(n, "alerts_firing"),
	     hy_strf(c->req, _("%d in hand"), (int)num(n, "alerts_acked")));
	tile(c, "/cases", _("Open cases"), num(n, "cases_open"),
	     num(n, "cases_overdue")
		     ? hy_strf(c->req, _("■ %d overdue"), (int)num(n, "cases_overdue"))
	     : num(n, "answers_unsettled")
		     ? hy_strf(c->req, _("■ %d answers not sent or in doubt"),
			       (int)num(n, "answers_unsettled"))
		     : _("● none overdue"));
	tile(c, "/search?q=", _("Items today"), num(n, "items_today"), items_note(c, n, lag_ms));
	tile(c, "/statements?state=submitted", _("Waiting for approval"),
	     num(n, "statements_waiting"),
	     num(n, "deliveries_unknown")
		     ? hy_strf(c->req, _("■ %d in doubt"), (int)num(n, "deliveries_unknown"))
		     : hy_strf(c->req, _("%d being sent"), (int)num(n, "deliveries_open")));
	tile(c, "/sources", _("Sources"), num(n, "sources"),
	     num(n, "sources_failing")
		     ? hy_strf(c->req, _("▲ %d failing"), (int)num(n, "sources_failing"))
		     : _("● all answer"));
	h(c, "</div>");
}

static void put_alert(struct web_call *c, const struct hy_json *a)
{
	h(c, "<li data-row>");
	level_badge(c, str(a, "level"));
	hf(c, "<a href=\"/alerts/%s\">%s</a><small>%s · %s</small></li>", str(a, "id"),
	   str(a, "title"), str(a, "when"), hy_strf(c->req, _("%d items"), (int)num(a, "items")));
}

static void put_alerts(struct web_call *c)
{
	static const char *const levels[] = {"high", "medium", "low"};
	struct hy_json_writer *p = web_params(c);
	const struct hy_json *items;
	int shown = 0;

	hy_jw_kint(p, "limit", 50);
	hf(c, "<section class=\"card\"><h2><a href=\"/alerts\">%s</a></h2>", _("Alerts firing"));
	items = web_act(c, "alert.list", p) ? NULL : items_of(c->result);
	h(c, "<ul class=\"rows\">");
	for (size_t k = 0; k < HY_LEN(levels); k++)
		for (size_t i = 0; items && i < items->n && shown < 6; i++)
			if (!strcmp(str(items->at[i], "state"), "firing") &&
			    !strcmp(str(items->at[i], "level"), levels[k])) {
				put_alert(c, items->at[i]);
				shown++;
			}
	h(c, "</ul>");
	if (!shown)
		empty_state(c, _("Quiet."), _("A rule rings here when a new item fits it."),
			    "huying rule add --name NAME QUERY");
	h(c, "</section>");
}

static int by_time_left(const void *a, const void *b)
{
	int64_t x = num(*(struct hy_json *const *)a, "left_s");
	int64_t y = num(*(struct hy_json *const *)b, "left_s");

	return x < y ? -1 : x > y;
}

static void put_case(struct web_call *c, const struct hy_json *cs)
{
	h(c, "<li data-row>");
	if (num(cs, "due_ts"))
		badge(c,
		      num(cs, "left_s") < 0	 ? "bad"
		      : num(cs, "left_s") < 3600 ? "warn"
						 : "calm",
		      left_words(c, num(cs, "left_s")));
	else
		state_badge(c, str(cs, "state"));
	case_link(c, cs);
	hf(c, "<small>%s · %s</small></li>", *str(cs, "unit") ? str(cs, "unit") : _("the desk"),
	   str(cs, "number"));
}

static void put_cases(struct web_call *c)
{
	struct hy_json_writer *p = web_params(c);
	const struct hy_json *items;
	struct hy_json **at = NULL;
	size_t n = 0;

	hy_jw_kint(p, "limit", 100);
	items = web_act(c, "case.list", p) ? NULL : items_of(c->result);
	hf(c, "<section class=\"card\"><h2><a href=\"/cases\">%s</a></h2>", _("Most urgent cases"));
	if (items && items->n) {
		at = hy_memdup(c->req, items->at, items->n * sizeof(struct hy_json *));
		for (size_t i = 0; i < items->n; i++)
			if (num(at[i], "due_ts")) /* those without a promise come last */
				at[n++] = at[i];
		qsort(at, n, sizeof(struct hy_json *), by_time_left);
		h(c, "<ul class=\"rows\">");
		for (size_t i = 0; i < n && i < 6; i++)
			put_case(c, at[i]);
		for (size_t i = 0, k = n; i < items->n && k < 6; i++)
			if (!num(items->at[i], "due_ts") && ++k)
				put_case(c, items->at[i]);
		h(c, "</ul>");
	} else {
		empty_state(c, _("No open case."),
			    _("Open one from an alert or an item by one button."),
			    "huying case open TITLE");
	}
	h(c, "</section>");
}

static void put_claims(struct web_call *c)
{
	struct hy_json_writer *p = web_params(c);
	const struct hy_json *items;

	hy_jw_kint(p, "limit", 5);
	items = web_act(c, "claim.list", p) ? NULL : items_of(c->result);
	hf(c, "<section class=\"card\"><h2><a href=\"/claims\">%s</a></h2>",
	   _("Claims going round"));
	if (items && items->n) {
		h(c, "<ul class=\"rows\">");
		for (size_t i = 0; i < items->n; i++) {
			const struct hy_json *cl = items->at[i];

			h(c, "<li data-row>");
			state_badge(c, strcmp(str(cl, "verdict"), "none") ? str(cl, "verdict")
									  : str(cl, "state"));
			hf(c, "<a href=\"/claims/%s\">%s</a><small>%s</small></li>", str(cl, "id"),
			   str(cl, "text"),
			   hy_strf(c->req, _("seen %d times"), (int)num(cl, "sightings")));
		}
		h(c, "</ul>");
	} else {
		empty_state(c, _("No claim is open."),
			    _("Put an assertion into one sentence and check it."),
			    "huying claim open TEXT");
	}
	h(c, "</section>");
}

static void put_sources(struct web_call *c)
{
	const struct hy_json *items = web_act(c, "source.list", NULL) ? NULL : items_of(c->result);
	int bad = 0;

	hf(c, "<section class=\"card\"><h2><a href=\"/sources\">%s</a></h2>",
	   _("Health of the sources"));
	h(c, "<ul class=\"rows\">");
	for (size_t i = 0; items && i < items->n; i++) {
		const struct hy_json *s = items->at[i];

		if (!num(s, "failures") && strcmp(str(s, "state"), "stopped"))
			continue;
		if (++bad > 5)
			break;
		h(c, "<li data-row>");
		badge(c, strcmp(str(s, "state"), "stopped") ? "warn" : "bad",
		      strcmp(str(s, "state"), "stopped")
			      ? hy_strf(c->req, _("failed %d times"), (int)num(s, "failures"))
			      : _("stopped"));
		hf(c, "<a href=\"/sources#s%s\">%s</a><small>%s</small></li>", str(s, "id"),
		   str(s, "name"), str(s, "last_error"));
	}
	h(c, "</ul>");
	if (items && items->n && !bad)
		hf(c, "<p class=\"calm-line\">● %s</p>",
		   hy_strf(c->req, _("All %d sources answer."), (int)items->n));
	if (!items || !items->n)
		empty_state(c, _("No source yet."), _("Add the address of a feed."),
			    "huying source add --kind feed --name NAME URL");
	h(c, "</section>");
}

static bool all_zero(const struct hy_json *slots)
{
	for (size_t i = 0; slots && slots->type == HY_JSON_ARRAY && i < slots->n; i++)
		if (num(slots->at[i], "count"))
			return false;
	return true;
}

static void put_volume(struct web_call *c, int64_t now)
{
	struct hy_json_writer *p = web_params(c);

	hy_jw_kint(p, "since", now - now % 3600 - 47 * 3600);
	hy_jw_kstr(p, "slot", "1h");
	hf(c, "<section class=\"card wide\"><h2>%s</h2>", _("Volume, 48 hours"));
	if (web_act(c, "volume", p))
		hf(c, "<p class=\"hint\">%s</p>", c->err.text);
	else if (all_zero(hy_json_get(c->result, "slots")))
		empty_state(c, _("Nothing was taken in these 48 hours."),
			    _("Add the address of a feed."),
			    "huying source add --kind feed --name NAME URL");
	else
		bar_chart(c, hy_json_get(c->result, "slots"), _("Items an hour, last 48 hours"),
			  NULL);
	h(c, "</section>");
}

void page_overview(struct web_call *c)
{
	int64_t now;

	if (web_act(c, "status", NULL)) {
		web_fail(c);
		return;
	}
	now = num(c->result, "now_ts");
	page_open(c, *str(c->result, "office") ? str(c->result, "office") : _("Overview"), "/");
	hf(c, "<p class=\"sub\">%s · %s</p>", _("Overview"),
	   c->vt->when(c->desk, c->req, now * HY_SECOND));
	put_tiles(c, hy_json_get(c->result, "counts"), num(c->result, "index_lag_ms"));
	h(c, "<div class=\"grid\">");
	put_volume(c, now);
	put_alerts(c);
	put_cases(c);
	put_claims(c);
	put_sources(c);
	h(c, "</div>");
	cli_twin(c, "huying status");
	page_close(c);
}
