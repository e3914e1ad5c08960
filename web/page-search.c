/* Search: the query, what it found over time, where, and the items with what matched marked. */
#include "web/pages.h"

#include "index/index.h"

#include <string.h>

/* Text with byte ranges of it in <mark>; ranges that do not fit are left out. */
static void put_marked(struct web_call *c, const char *s, const struct hy_json *marks)
{
	size_t at = 0, n = strlen(s);

	for (size_t i = 0; marks && marks->type == HY_JSON_ARRAY && i < marks->n; i++) {
		const struct hy_json *m = marks->at[i];
		int64_t from, to;

		if (m->type != HY_JSON_ARRAY || m->n != 2)
			continue;
		from = m->at[0]->integer;
		to = m->at[1]->integer;
		if (from < (int64_t)at || to <= from || to > (int64_t)n)
			continue;
		hy_html_textn(c->page, s + at, (size_t)from - at);
		h(c, "<mark>");
		hy_html_textn(c->page, s + from, (size_t)(to - from));
		h(c, "</mark>");
		at = (size_t)to;
	}
	hy_html_textn(c->page, s + at, n - at);
}

void item_row(struct web_call *c, const struct hy_json *item)
{
	hf(c, "<li class=\"item\" data-row><p class=\"meta\"><b>%s</b>", str(item, "source"));
	if (*str(item, "place"))
		hf(c, "<span>%s</span>", str(item, "place"));
	if (*str(item, "kind"))
		hf(c, "<span>%s</span>", word(c, str(item, "kind")));
	if (hy_json_bool(item, "official", false))
		hf(c, "<span class=\"tag\">%s</span>", _("official"));
	if (hy_json_bool(item, "own", false))
		hf(c, "<span class=\"tag\">%s</span>", _("ours"));
	if (hy_json_bool(item, "cut", false))
		hf(c, "<span class=\"tag\">%s</span>", _("cut: the whole text is at its source"));
	hf(c, "<time>%s</time></p>", str(item, "when"));
	hf(c, "<p class=\"title\"><a href=\"/items/%s\">", str(item, "id"));
	if (*str(item, "title"))
		put_marked(c, str(item, "title"), hy_json_get(item, "title_marks"));
	else
		hf(c, "%s", _("(no title)"));
	h(c, "</a></p><p class=\"text\">");
	if (*str(item, "snippet"))
		put_marked(c, str(item, "snippet"), hy_json_get(item, "marks"));
	else
		put_marked(c, str(item, "text"), NULL);
	h(c, "</p>");
	if (num(item, "copies"))
		hf(c, "<p class=\"copies\"><a href=\"/items/%s#similar\">%s</a></p>",
		   str(item, "id"),
		   hy_strf(c->req, _("+ %d near-copies"), (int)num(item, "copies")));
	h(c, "</li>");
}

/* q is the query; the others are the filters and the way of showing. */
static const char *const kept_names[] = {"q",	  "since", "until", "source", "unit",
					 "place", "kind",  "order", "all"};
#define FIRST_PILL 3 /* q and the times have controls of their own */
#define PILLS 4

static const char *kept(struct web_call *c, const char *name)
{
	const char *v = web_field(&c->query, name);

	return v && *v ? v : NULL;
}

static const char *const spans[][2] = {
	{"", N_("any time")}, {"2h", N_("2 hours")},  {"24h", N_("24 hours")},
	{"7d", N_("7 days")}, {"30d", N_("30 days")},
};

/* A time that the form's list does not have: a slot of the chart was followed. */
static bool is_own_time(struct web_call *c)
{
	const char *since = kept(c, "since");
	bool listed = !since;

	for (size_t i = 0; i < HY_LEN(spans) && since; i++)
		listed |= !strcmp(since, spans[i][0]);
	return !listed || kept(c, "until");
}

/* This search with one or two parameters changed (value NULL: taken away). */
static char *search_link2(struct web_call *c, const char *const names[2],
			  const char *const values[2])
{
	struct hy_buf b;

	hy_buf_init(&b, c->req, 8 * WEB_URI_MAX);
	hy_buf_str(&b, "/search?");
	for (size_t i = 0; i < HY_LEN(kept_names); i++) {
		const char *v = kept(c, kept_names[i]);

		for (int k = 0; k < 2; k++)
			if (names[k] && !strcmp(kept_names[i], names[k]))
				v = values[k];
		if (v || !i) /* q stands even when it is empty: everything */
			hy_buf_fmt(&b, "%s=%s&", kept_names[i],
				   web_escape_query(c->req, v ? v : ""));
	}
	if (names[0] && !strcmp(names[0], "cursor"))
		hy_buf_fmt(&b, "cursor=%s&", web_escape_query(c->req, values[0]));
	b.data[--b.len] = 0;
	return hy_buf_take(&b, NULL);
}

static char *search_link(struct web_call *c, const char *name, const char *value)
{
	return search_link2(c, (const char *const[]){name, NULL},
			    (const char *const[]){value, NULL});
}

/* A slot of the chart: this search within it. */
static char *within(struct web_call *c, int64_t start, int64_t end)
{
	char since[HY_TIME_ISO_MAX], until[HY_TIME_ISO_MAX];

	return search_link2(c, (const char *const[]){"since", "until"},
			    (const char *const[]){hy_time_iso(start * HY_SECOND, since),
						  hy_time_iso(end * HY_SECOND, until)});
}

static void put_hidden(struct web_call *c, const char *name, const char *value)
{
	if (value && *value)
		hf(c, "<input type=\"hidden\" name=\"%s\" value=\"%s\">", name, value);
}

static void put_form(struct web_call *c, const char *q)
{
	const char *since = web_field(&c->query, "since");

	hf(c,
	   "<form class=\"search\" role=\"search\" action=\"/search\"><label for=\"q\" "
	   "class=\"away\">%s</label><input id=\"q\" name=\"q\" type=\"search\" value=\"%s\" "
	   "placeholder=\"%s\" enterkeyhint=\"search\" data-search>",
	   _("Query"), q, _("water AND (yellow OR smell) -advert"));
	hf(c, "<label class=\"away\" for=\"since\">%s</label><select id=\"since\" name=\"since\">",
	   _("Time"));
	for (size_t i = 0; i < HY_LEN(spans); i++) {
		bool on = since ? !strcmp(since, spans[i][0]) : !i;

		hf(c, "<option value=\"%s\"", spans[i][0]);
		h(c, on ? " selected>" : ">");
		hf(c, "%s</option>", _(spans[i][1]));
	}
	h(c, "</select>");
	for (size_t i = FIRST_PILL; i < HY_LEN(kept_names); i++)
		put_hidden(c, kept_names[i], web_field(&c->query, kept_names[i]));
	hf(c, "<button class=\"main\">%s</button></form>", _("Search"));
}

/* A time of an address as people read it; as it stands where it is none. */
static const char *time_words(struct web_call *c, const char *name)
{
	const char *v = kept(c, name);
	hy_time t = 0;

	if (!v || hy_time_parse_iso(v, 0, &t, NULL))
		return v ? v : "…";
	return c->vt->when(c->desk, c->req, t);
}

static void put_pill(struct web_call *c, const char *href, const char *words)
{
	hf(c, "<a class=\"pill\" href=\"%s\" aria-label=\"%s %s\">%s <b>×</b></a>", href,
	   _("without"), words, words);
}

static void put_pills(struct web_call *c)
{
	h(c, "<p class=\"pills\">");
	for (size_t i = FIRST_PILL; i < FIRST_PILL + PILLS; i++)
		if (kept(c, kept_names[i]))
			put_pill(c, search_link(c, kept_names[i], NULL),
				 !strcmp(kept_names[i], "kind") ? word(c, kept(c, "kind"))
								: kept(c, kept_names[i]));
	if (is_own_time(c))
		put_pill(
			c,
			search_link2(c, (const char *const[]){"since", "until"},
				     (const char *const[]){NULL, NULL}),
			hy_strf(c->req, "%s – %s", time_words(c, "since"), time_words(c, "until")));
	h(c, "</p>");
}

/* One of two ways of showing: the one in force is no link. */
static void put_choice(struct web_call *c, bool on, const char *href, const char *words)
{
	if (on)
		hf(c, "<b aria-current=\"true\">%s</b>", words);
	else
		hf(c, "<a href=\"%s\">%s</a>", href, words);
}

static void put_views(struct web_call *c)
{
	const char *order = kept(c, "order"), *all = kept(c, "all");
	bool ranked = order && !strcmp(order, "relevance"), single = all && !strcmp(all, "true");

	hf(c, "<p class=\"views\"><span role=\"group\" aria-label=\"%s\">", _("Order"));
	put_choice(c, !ranked, search_link(c, "order", NULL), _("Newest"));
	put_choice(c, ranked, search_link(c, "order", "relevance"), _("By relevance"));
	hf(c, "</span><span role=\"group\" aria-label=\"%s\">", _("Near-copies"));
	put_choice(c, !single, search_link(c, "all", NULL), _("Copies folded"));
	put_choice(c, single, search_link(c, "all", "true"), _("Each by itself"));
	h(c, "</span></p>");
}

static void put_facet(struct web_call *c, const struct hy_json *facets, const char *name,
		      const char *title)
{
	const struct hy_json *f = hy_json_get(facets, name);
	bool is_kind = !strcmp(name, "kind");

	if (!f || f->type != HY_JSON_ARRAY || !f->n)
		return;
	hf(c, "<section><h3>%s</h3><ul>", title);
	for (size_t i = 0; i < f->n && i < 12; i++) {
		const char *value = str(f->at[i], "value");
		const char *shown = !*value ? _("(none)") : is_kind ? word(c, value) : value;

		if (*value)
			hf(c, "<li><a href=\"%s\">%s</a>", search_link(c, name, value), shown);
		else
			hf(c, "<li><span>%s</span>", shown);
		hf(c, "<b>%ld</b></li>", (long)num(f->at[i], "count"));
	}
	h(c, "</ul></section>");
}

static void put_filters(struct web_call *c)
{
	for (size_t i = 1; i < HY_LEN(kept_names); i++)
		put_hidden(c, kept_names[i], web_field(&c->query, kept_names[i]));
}

/* What can be done with this search: keep it, let it ring, take it along. */
static void put_uses(struct web_call *c, const char *q)
{
	h(c, "<div class=\"acts uses\">");
	if (may_act(c, "saved.add") && *q) {
		more_open(c, _("Save this search"));
		form_open(c, "/saved");
		put_hidden(c, "query", q);
		put_filters(c);
		hf(c, "<label>%s<input name=\"name\" required maxlength=\"60\"></label>",
		   _("Name of the search"));
		form_close(c, _("Save the search"), "main");
		h(c, "</details>");
	}
	if (may_act(c, "rule.add") && *q) {
		more_open(c, _("Save as a rule that rings"));
		form_open(c, "/rules");
		hf(c,
		   "<input type=\"hidden\" name=\"query\" value=\"%s\"><label>%s<input "
		   "name=\"name\" "
		   "required maxlength=\"60\"></label><label>%s<select name=\"level\">"
		   "<option value=\"high\">%s</option><option value=\"medium\" selected>%s</option>"
		   "<option value=\"low\">%s</option></select></label>",
		   q, _("Name of the rule"), _("Level"), _("high"), _("medium"), _("low"));
		form_close(c, _("Save the rule"), "main");
		h(c, "</details>");
	}
	if (may_act(c, "search.export") && *q) {
		more_open(c, _("Export"));
		form_open(c, "/search/export");
		put_hidden(c, "query", q);
		put_filters(c);
		hf(c,
		   "<label>%s<select name=\"format\"><option value=\"csv\">%s</option>"
		   "<option value=\"jsonl\">%s</option></select></label><p class=\"hint\">%s</p>",
		   _("Format"), _("table (CSV)"), _("one object a line (JSON lines)"),
		   _("At most 10,000 items. The export stands in the audit."));
		form_close(c, _("Export the items found"), "main");
		h(c, "</details>");
	}
	hf(c, "<p class=\"more\"><a href=\"/saved\">%s</a></p>", _("Saved searches"));
	h(c, "</div>");
}

/* Hours while there are few days, else days. */
static void put_course(struct web_call *c, const struct hy_json *r)
{
	const struct hy_json *days = hy_json_get(r, "days");

	if (days && days->type == HY_JSON_ARRAY && days->n > 3)
		bar_chart(c, days, _("Items a day"), within);
	else
		bar_chart(c, hy_json_get(r, "histogram"), _("Items an hour"), within);
}

static char *count_words(struct web_call *c, const struct hy_json *r)
{
	bool exact = hy_json_bool(r, "exact", true);
	int total = (int)num(r, "total"), rows = (int)num(r, "rows");

	if (rows && rows < total)
		return hy_strf(c->req,
			       exact ? _("%d items in %d rows, %s ms")
				     : _("at least %d items in %d rows, %s ms"),
			       total, rows, str(r, "ms"));
	return hy_strf(c->req, exact ? _("%d items, %s ms") : _("at least %d items, %s ms"), total,
		       str(r, "ms"));
}

static void put_results(struct web_call *c, const char *q)
{
	const struct hy_json *r = c->result, *items = items_of(r);
	const struct hy_json *facets = hy_json_get(r, "facets");
	const char *next = str(r, "next");
	char *said = NULL;

	hf(c, "<p class=\"count\" role=\"status\">%s</p>", count_words(c, r));
	put_pills(c);
	if (!items || !items->n) {
		const char *meant = hy_query_meant(c->req, q, &said);
		empty_state(c, _("Nothing found."),
			    meant ? hy_strf(c->req,
					    _("operators are in capitals: %s; \"%s\" was looked for"),
					    meant, said)
				  : _("Take a word or a filter away, or widen the time."),
			    hy_strf(c->req, "huying search %s --since 30d", shell_quoted(c, q)));
		return;
	}
	put_views(c);
	put_course(c, r);
	put_uses(c, q);
	h(c, "<div class=\"found\"><ol class=\"items\">");
	for (size_t i = 0; i < items->n; i++)
		item_row(c, items->at[i]);
	h(c, "</ol>");
	if (facets) {
		hf(c, "<aside class=\"facets\" aria-label=\"%s\">", _("Where"));
		put_facet(c, facets, "source", _("Source"));
		put_facet(c, facets, "place", _("Place"));
		put_facet(c, facets, "kind", _("Kind"));
		h(c, "</aside>");
	}
	h(c, "</div>");
	if (*next)
		hf(c, "<p class=\"older\"><a href=\"%s\">%s</a></p>",
		   search_link(c, "cursor", next), _("More"));
}

/* The same on the command line, filters and all. */
static char *twin(struct web_call *c, const char *q)
{
	char *line = hy_strf(c->req, "huying search %s --facets", shell_quoted(c, q));

	for (size_t i = 1; i + 1 < HY_LEN(kept_names); i++)
		if (kept(c, kept_names[i]))
			line = hy_strf(c->req, "%s --%s %s", line, kept_names[i],
				       shell_quoted(c, kept(c, kept_names[i])));
	return kept(c, "all") ? hy_strf(c->req, "%s --all", line) : line;
}

void page_search(struct web_call *c)
{
	const char *q = web_field(&c->query, "q");
	struct hy_json_writer *p;

	page_open(c, _("Search"), "/search");
	put_form(c, q ? q : "");
	if (!q) {
		empty_state(c, _("What is being said?"),
			    _("Words side by side must all be there; OR and -word work, and so do "
			      "quotes."),
			    "huying search '自来水 发黄' --since 2h");
		saved_links(c);
		page_close(c);
		return;
	}
	p = web_params(c);
	hy_jw_kstr(p, "query", q);
	hy_jw_kbool(p, "facets", true);
	hy_jw_kint(p, "limit", 20);
	for (size_t i = 1; i < HY_LEN(kept_names); i++)
		if (kept(c, kept_names[i]) && strcmp(kept_names[i], "all"))
			hy_jw_kstr(p, kept_names[i], kept(c, kept_names[i]));
	hy_jw_kbool(p, "all", kept(c, "all") && !strcmp(kept(c, "all"), "true"));
	if (kept(c, "cursor"))
		hy_jw_kstr(p, "cursor", kept(c, "cursor"));
	if (web_act(c, "search", p)) {
		c->req->answer.status = hy_status_http(c->err.status);
		hf(c, "<p class=\"note bad\" role=\"alert\"><b>✗</b> %s</p>", c->err.text);
	} else {
		put_results(c, q);
		cli_twin(c, twin(c, q));
	}
	page_close(c);
}

/* ---- one item ---- */

void open_forms(struct web_call *c, const char *alert, const char *item, const char *title)
{
	if (may_act(c, "claim.open")) {
		more_open(c, _("Open a claim"));
		form_open(c, "/claims");
		hf(c,
		   "<input type=\"hidden\" name=\"alert\" value=\"%s\"><input type=\"hidden\" "
		   "name=\"item\" value=\"%s\"><label>%s<textarea name=\"text\" rows=\"2\" "
		   "required>%s</textarea></label>",
		   alert, item, _("The assertion in one sentence"), title);
		form_close(c, _("Open the claim"), "main");
		h(c, "</details>");
	}
	if (may_act(c, "case.open")) {
		more_open(c, _("Open a case"));
		form_open(c, "/cases");
		hf(c,
		   "<input type=\"hidden\" name=\"alert\" value=\"%s\"><input type=\"hidden\" "
		   "name=\"item\" value=\"%s\"><label>%s<input name=\"title\" required "
		   "value=\"%s\"></label><label>%s<textarea name=\"text\" rows=\"3\"></textarea>"
		   "</label><label>%s<select name=\"unit\"><option value=\"\">%s</option>",
		   alert, item, _("Title"), title, _("What is asked for"), _("Unit"),
		   _("the desk"));
		unit_options(c, NULL);
		h(c, "</select></label>");
		form_close(c, _("Open the case"), "main");
		h(c, "</details>");
	}
}

static void put_revisions(struct web_call *c, const struct hy_json *it)
{
	const struct hy_json *r = hy_json_get(it, "revisions");

	if (!r || r->type != HY_JSON_ARRAY || r->n < 2)
		return;
	hf(c, "<section class=\"card\"><h2>%s</h2><ol class=\"events\">", _("Revisions"));
	for (size_t i = 0; i < r->n; i++) {
		hf(c, "<li><p class=\"meta\"><b>%s</b><time>%s</time></p><p>",
		   hy_strf(c->req, _("revision %d"), (int)num(r->at[i], "revision")),
		   *str(r->at[i], "when") ? str(r->at[i], "when")
					  : when_ts(c, r->at[i], "taken_ts"));
		h_lines(c, str(r->at[i], "text"));
		h(c, "</p></li>");
	}
	h(c, "</ol></section>");
}

static void put_url(struct web_call *c, const struct hy_json *it)
{
	if (*str(it, "url")) {
		h(c, "<p>");
		link_out(c, str(it, "url"), str(it, "url"));
		h(c, "</p>");
		return;
	}
	if (!may_act(c, "item.open-url"))
		return;
	more_open(c, _("Open the sealed address"));
	form_open(c, "/items/%s/open-url", str(it, "id"));
	hf(c, "<label>%s<input name=\"why\" required></label>",
	   _("Why it must be opened (kept in the audit)"));
	form_close(c, _("Open and leave a trace"), "");
	h(c, "</details>");
}

#define SIMILAR_COPIES 4 /* a flood of copies shall not hide what is merely like it */
#define SIMILAR_OTHERS 8

static void put_like(struct web_call *c, const struct hy_json *it)
{
	hf(c,
	   "<li class=\"item\" data-row><p class=\"meta\"><b>%s</b><span>%s</span><time>%s"
	   "</time></p><p class=\"title\"><a href=\"/items/%s\">%s</a></p>",
	   str(it, "source"),
	   hy_json_bool(it, "copy", false)
		   ? _("near-copy")
		   : hy_strf(c->req, _("%d in 100 alike"), (int)num(it, "likeness")),
	   str(it, "when"), str(it, "id"), *str(it, "title") ? str(it, "title") : _("(no title)"));
	hf(c, "<p class=\"text\">%s</p></li>", hy_text_summary(c->req, str(it, "text"), 80));
}

/* What is like it: copies first, as the likeness says. Nothing where there is nothing. */
static void put_similar(struct web_call *c, const char *id)
{
	struct hy_json_writer *p = web_params(c);
	const struct hy_json *items;
	int copies = 0, others = 0;

	hy_jw_kstr(p, "id", id);
	hy_jw_kint(p, "limit", 200);
	if (web_act(c, "item.similar", p) || !(items = items_of(c->result)) || !items->n)
		return;
	hf(c, "<section class=\"card\" id=\"similar\"><h2>%s</h2><p class=\"hint\">%s</p>",
	   _("Similar items"),
	   hy_strf(c->req, _("%d found, %d of them near-copies"), (int)num(c->result, "total"),
		   (int)num(c->result, "copies")));
	h(c, "<ol class=\"items\">");
	for (size_t i = 0; i < items->n; i++) {
		bool copy = hy_json_bool(items->at[i], "copy", false);

		if (copy ? copies++ < SIMILAR_COPIES : others++ < SIMILAR_OTHERS)
			put_like(c, items->at[i]);
	}
	h(c, "</ol>");
	cli_twin(c, hy_strf(c->req, "huying item similar %s", id));
	h(c, "</section>");
}

void page_item(struct web_call *c)
{
	struct hy_json_writer *p = web_params(c);
	const struct hy_json *it;
	const char *title;

	hy_jw_kstr(p, "id", c->req->args[0]);
	if (web_act(c, "item.show", p)) {
		web_fail(c);
		return;
	}
	it = c->result;
	title = *str(it, "title") ? str(it, "title") : _("(no title)");
	page_open(c, title, "/search");
	hf(c,
	   "<article class=\"card\"><p class=\"meta\"><b>%s</b><span>%s</span><span>%s</span>"
	   "<time>%s</time></p><p class=\"whole\">",
	   str(it, "source"), str(it, "place"), word(c, str(it, "kind")), str(it, "when"));
	h_lines(c, str(it, "text"));
	h(c, "</p>");
	put_url(c, it);
	h(c, "</article><div class=\"acts\">");
	open_forms(c, "", str(it, "id"), title);
	h(c, "</div>");
	put_revisions(c, it);
	put_similar(c, c->req->args[0]);
	page_close(c);
}

void page_item_url(struct web_call *c)
{
	struct hy_json_writer *p = web_params(c);
	const char *why = web_field(&c->form, "why");

	hy_jw_kstr(p, "id", c->req->args[0]);
	hy_jw_kstr(p, "why", why ? why : "");
	if (web_act(c, "item.open-url", p)) {
		web_form_failed(c, hy_strf(c->req, "/items/%s", c->req->args[0]));
		return;
	}
	page_open(c, _("The sealed address"), "/search");
	h(c, "<section class=\"card\"><p>");
	link_out(c, str(c->result, "url"), str(c->result, "url"));
	hf(c, "</p><p class=\"hint\">%s</p><p><a href=\"/items/%s\">%s</a></p></section>",
	   _("This opening stands in the audit."), c->req->args[0], _("Back to the item"));
	page_close(c);
}
