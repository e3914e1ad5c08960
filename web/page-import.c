/*
 * Imports: a file, what its columns are taken for, what would come of it, and then the deed. Nothing
 * is kept between the steps: the second form carries the file with it.
 */
#include "web/pages.h"

#include <string.h>

#define CARRIED_MAX (11u << 19) /* base64 of some 4 MiB, which a page carries on */
#define SHOWN 100		/* rows of a kind */

static const struct {
	const char *name, *words;
} fields[] = {{"text", N_("Text")},	  {"title", N_("Title")},	 {"reference", N_("Original number")},
	      {"time", N_("Arrived")},	  {"category", N_("Category")}, {"place", N_("Place")},
	      {"unit", N_("Unit")},	  {"phone", N_("Phone")},	 {"mail", N_("E-mail")},
	      {"person", N_("Name of the writer")}, {"url", N_("Address")},
	      {"status", N_("State")},	  {"closed", N_("Closed at")}};

static const struct {
	const char *name, *words;
} channels[] = {{"", N_("by the headings")},	{"hotline", N_("Hotline")},
		{"board", N_("Message board")}, {"mailbox", N_("Mailbox")},
		{"counter", N_("At the counter")}, {"letter", N_("Letter")}};

static void option(struct web_call *c, const char *value, bool chosen, const char *words)
{
	hf(c, "<option value=\"%s\"", value);
	h(c, chosen ? " selected" : "");
	hf(c, ">%s</option>", words);
}

static void channel_select(struct web_call *c, const char *now)
{
	bool known = false;

	hf(c, "<label>%s<select name=\"channel\">", _("How they came"));
	for (size_t i = 0; i < HY_LEN(channels); i++) {
		known = known || !strcmp(now, channels[i].name);
		option(c, channels[i].name, !strcmp(now, channels[i].name), _(channels[i].words));
	}
	if (!known)
		option(c, now, true, now);
	h(c, "</select></label>");
}

static void kind_select(struct web_call *c, const char *now)
{
	hf(c, "<label>%s<select name=\"kind\">", _("Rows are"));
	if (!now)
		option(c, "", true, _("as the source remembers, else messages to the office"));
	option(c, "cases", now && !strcmp(now, "cases"), _("messages to the office: cases"));
	option(c, "posts", now && !strcmp(now, "posts"), _("public posts: items"));
	h(c, "</select></label>");
}

/* ---- the first step ---- */

static void put_sources(struct web_call *c)
{
	const struct hy_json *items;

	if (web_act(c, "source.list", web_params(c)))
		return;
	items = items_of(c->result);
	h(c, "<datalist id=\"import-sources\">");
	for (size_t i = 0; items && i < items->n; i++)
		if (!strcmp(str(items->at[i], "kind"), "import"))
			option(c, str(items->at[i], "name"), false, "");
	h(c, "</datalist>");
}

/* What was taken in before: above all, what came to no end. */
static void put_files(struct web_call *c)
{
	const struct hy_json *items;

	if (!may_act(c, "import.list") || web_act(c, "import.list", web_params(c)))
		return;
	items = items_of(c->result);
	if (!items || !items->n)
		return;
	hf(c,
	   "<section class=\"card\"><h2>%s</h2><table class=\"cards\"><thead><tr><th scope=\"col\">%s"
	   "</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th "
	   "scope=\"col\">%s</th></tr></thead><tbody>",
	   _("Files that were taken in"), _("Source"), _("Begun"), _("Rows"), _("State"),
	   _("What to do"));
	for (size_t i = 0; i < items->n && i < SHOWN; i++) {
		const struct hy_json *f = items->at[i];

		hf(c,
		   "<tr data-row><td data-label=\"%s\">%s</td><td data-label=\"%s\">%s</td><td "
		   "data-label=\"%s\">%s / %s</td><td data-label=\"%s\">",
		   _("Source"), str(f, "source"), _("Begun"), str(f, "when"), _("Rows"),
		   str(f, "done"), str(f, "received"), _("State"));
		state_badge(c, str(f, "state"));
		hf(c, "</td><td data-label=\"%s\">%s</td></tr>", _("What to do"), str(f, "cure"));
	}
	h(c, "</tbody></table></section>");
}

void page_imports(struct web_call *c)
{
	page_open(c, _("Import a sheet"), "/cases");
	hf(c, "<section class=\"card\"><p>%s</p>",
	   _("Exports of message boards, mailboxes and hotlines, as .xlsx or CSV. You see first what "
	     "would come of it; nothing is stored before you say so. The same file twice changes "
	     "nothing."));
	if (may_act(c, "import.preview")) {
		form_open_file(c, "/imports/preview");
		hf(c,
		   "<label>%s<input type=\"file\" name=\"file\" accept=\".csv,.txt,.tsv,.xlsx\" "
		   "required></label><label>%s<input name=\"source\" list=\"import-sources\" required "
		   "maxlength=\"100\" placeholder=\"12345热线\"></label><div class=\"fields\">",
		   _("The file"), _("Source (a new name makes a new one)"));
		kind_select(c, NULL);
		channel_select(c, "");
		hf(c, "<label>%s<input name=\"charset\" placeholder=\"GB18030\"></label></div>",
		   _("Charset, where it is not found out"));
		form_close(c, _("Look at it"), "main");
		put_sources(c);
	}
	h(c, "</section>");
	put_files(c);
	cli_twin(c, "huying import preview FILE");
	page_close(c);
}

/* ---- what would come of it ---- */

static void put_counts(struct web_call *c, const struct hy_json *r)
{
	const struct hy_json *states = hy_json_get(r, "states");
	const struct hy_json *words = hy_json_get(states, "words");

	h(c, "<dl class=\"facts\">");
	fact(c, _("Rows"), str(r, "received"));
	fact(c, _("New"), str(r, "new"));
	fact(c, _("Known already"), str(r, "repeat"));
	fact(c, _("Refused"), str(r, "refused"));
	if (num(r, "skipped"))
		fact(c, _("Lines of totals left out"), str(r, "skipped"));
	if (num(r, "other_words"))
		fact(c, _("Known, with other words; they stay as they are"), str(r, "other_words"));
	if (num(r, "days_only"))
		fact(c, _("A day without a time: counted from the office's opening on it"),
		     str(r, "days_only"));
	if (hy_json_get(states, "closed")) {
		fact(c, _("Closed already: no promise starts"), str(states, "closed"));
		fact(c, _("Open"), str(states, "open"));
	}
	if (num(states, "unknown"))
		fact(c, _("State not understood: taken in as open"), str(states, "unknown"));
	for (size_t i = 0; words && i < words->n; i++)
		fact(c, _("A state that is not understood"), words->at[i]->text);
	h(c, "</dl>");
}

static void put_rows(struct web_call *c, const struct hy_json *list, const char *heading)
{
	if (!list || list->type != HY_JSON_ARRAY || !list->n)
		return;
	hf(c,
	   "<section class=\"card\"><h2>%s</h2><table class=\"cards\"><thead><tr><th scope=\"col\">%s"
	   "</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th "
	   "scope=\"col\">%s</th></tr></thead><tbody>",
	   heading, _("Line"), _("Original number"), _("Arrived"), _("Text"), _("What comes of it"));
	for (size_t i = 0; i < list->n && i < SHOWN; i++) {
		const struct hy_json *row = list->at[i];
		const char *said = str(row, "said");

		hf(c,
		   "<tr data-row><td data-label=\"%s\">%s</td><td data-label=\"%s\">%s</td><td "
		   "data-label=\"%s\">%s</td><td data-label=\"%s\">%s %s</td><td data-label=\"%s\">",
		   _("Line"), str(row, "line"), _("Original number"), str(row, "reference"),
		   _("Arrived"), str(row, "when"), _("Text"), str(row, "title"), str(row, "text"),
		   _("What comes of it"));
		if (!strcmp(said, "refused"))
			badge(c, "bad", str(row, "why"));
		else if (*str(row, "case"))
			hf(c, "<a href=\"/cases/%s\"><code>%s</code></a>", str(row, "case"),
			   str(row, "case"));
		else
			badge(c, "calm", !strcmp(said, "new") ? _("new") : _("known already"));
		h(c, "</td></tr>");
	}
	h(c, "</tbody></table>");
	if (list->n > SHOWN)
		hf(c, "<p class=\"hint\">%s</p>",
		   hy_strf(c->req, _("and %zu more"), list->n - SHOWN));
	h(c, "</section>");
}

static void put_map(struct web_call *c, const struct hy_json *r)
{
	const struct hy_json *columns = hy_json_get(r, "columns");

	hf(c, "<h2>%s</h2><div class=\"fields\">", _("What the columns are"));
	for (size_t f = 0; f < HY_LEN(fields); f++) {
		hf(c, "<label>%s<select name=\"map\">", _(fields[f].words));
		option(c, hy_strf(c->req, "%s=-", fields[f].name), false, "—");
		for (size_t i = 0; columns && i < columns->n; i++) {
			const struct hy_json *col = columns->at[i];
			bool now = !strcmp(str(col, "field"), fields[f].name);

			option(c, hy_strf(c->req, "%s=#%s", fields[f].name, str(col, "number")), now,
			       hy_strf(c->req, "%s %s", str(col, "name"), str(col, "sample")));
		}
		h(c, "</select></label>");
	}
	h(c, "</div>");
}

static void put_sheets(struct web_call *c, const struct hy_json *r)
{
	const struct hy_json *sheets = hy_json_get(r, "sheets");

	if (!sheets || sheets->type != HY_JSON_ARRAY || sheets->n < 2)
		return;
	hf(c, "<label>%s<select name=\"sheet\">", _("Sheet"));
	for (size_t i = 0; i < sheets->n; i++)
		option(c, str(sheets->at[i], "number"),
		       num(sheets->at[i], "number") == num(r, "sheet"),
		       hy_strf(c->req, "%s%s", str(sheets->at[i], "name"),
			       hy_json_bool(sheets->at[i], "hidden", false) ? _(" (hidden)") : ""));
	h(c, "</select></label>");
}

static void hidden(struct web_call *c, const char *name, const char *value)
{
	if (value && *value)
		hf(c, "<input type=\"hidden\" name=\"%s\" value=\"%s\">", name, value);
}

/* The form that goes on: it has all that was said, and the file. */
static void put_next(struct web_call *c, const struct hy_json *r)
{
	h(c, "<section class=\"card\">");
	form_open_file(c, "/imports/run");
	hidden(c, "source", web_field(&c->form, "source"));
	hidden(c, "charset", web_field(&c->form, "charset"));
	put_map(c, r);
	h(c, "<div class=\"fields\">");
	put_sheets(c, r);
	hf(c, "<label>%s<input name=\"header\" inputmode=\"numeric\" value=\"%s\"></label>",
	   _("Line of the headings"), str(r, "header_line"));
	kind_select(c, str(r, "kind"));
	channel_select(c, str(r, "channel"));
	hf(c,
	   "</div><label class=\"check\"><input type=\"checkbox\" name=\"save\" value=\"true\" "
	   "checked> %s</label><p><button formaction=\"/imports/preview\">%s</button></p>",
	   _("The source remembers the columns"), _("Look again"));
	if (*str(r, "known_as"))
		hf(c,
		   "<p role=\"alert\">%s</p><label class=\"check\"><input type=\"checkbox\" "
		   "name=\"again\" value=\"true\"> %s</label>",
		   hy_strf(c->req,
			   _("This file was taken in as %s: under another source its rows are new"),
			   str(r, "known_as")),
		   _("Take it in once more"));
	hidden(c, "file", web_field(&c->form, "file"));
	form_close(c,
		   hy_strf(c->req, _("Take in %s rows as %s"), str(r, "new"),
			   !strcmp(str(r, "kind"), "posts") ? _("public items") : _("cases")),
		   "main");
	h(c, "</section>");
}

/* ---- the actions ---- */

static enum hy_status act(struct web_call *c)
{
	static const char *const texts[] = {"source", "kind", "channel", "charset", "file"};
	static const char *const numbers[] = {"sheet", "header"};
	const char *file = web_field(&c->form, "file"), *save = web_field(&c->form, "save"),
		   *again = web_field(&c->form, "again");
	struct hy_json_writer *w = web_params(c);

	if (!file || !*file)
		return hy_err_set(&c->err, HY_EINPUT, "%s", _("choose a file"));
	if (strlen(file) > CARRIED_MAX)
		return hy_err_set(&c->err, HY_EINPUT, "%s",
				  _("at most 4 MiB in the dashboard: use huying import run, or split it"));
	for (size_t i = 0; i < HY_LEN(texts); i++) {
		const char *v = web_field(&c->form, texts[i]);

		if (v && *v)
			hy_jw_kstr(w, texts[i], v);
	}
	for (size_t i = 0; i < HY_LEN(numbers); i++) {
		const char *v = web_field(&c->form, numbers[i]);

		if (v && *v && strlen(v) < 8 && !v[strspn(v, "0123456789")])
			hy_jw_kint(w, numbers[i], strtol(v, NULL, 10));
	}
	hy_jw_key(w, "map");
	hy_jw_array(w);
	for (size_t i = 0; i < c->form.n; i++)
		if (!strcmp(c->form.at[i].name, "map"))
			hy_jw_str(w, c->form.at[i].value);
	hy_jw_end_array(w);
	if (save && !strcmp(c->req->route->action, "import.run"))
		hy_jw_kbool(w, "save", true);
	if (again && !strcmp(c->req->route->action, "import.run"))
		hy_jw_kbool(w, "again", true);
	return web_act(c, c->req->route->action, w);
}

static void put_all(struct web_call *c, const struct hy_json *r, const char *heading)
{
	hf(c, "<section class=\"card\"><h2>%s</h2>", heading);
	put_counts(c, r);
	h(c, "</section>");
	put_rows(c, hy_json_get(r, "refusals"), _("Refused"));
	put_rows(c, hy_json_get(r, "others"), _("Known, with other words"));
	put_rows(c, hy_json_get(r, "rows"), _("The first rows"));
}

void page_import_preview(struct web_call *c)
{
	const struct hy_json *r;

	if (act(c)) {
		web_form_failed(c, "/imports");
		return;
	}
	r = c->result;
	page_open(c, hy_strf(c->req, _("Import: %s"), str(r, "source")), "/cases");
	hf(c, "<p class=\"note\">%s</p>", _("Nothing is stored yet."));
	put_next(c, r);
	put_all(c, r, _("What would come of it"));
	hf(c, "<p><a class=\"button\" href=\"/imports\">%s</a></p>", _("Another file"));
	page_close(c);
}

void page_import_run(struct web_call *c)
{
	const struct hy_json *r;

	if (act(c)) {
		web_form_failed(c, "/imports");
		return;
	}
	r = c->result;
	page_open(c, hy_strf(c->req, _("Imported: %s"), str(r, "source")), "/cases");
	put_all(c, r, _("What came of it"));
	if (*str(r, "first_case"))
		hf(c, "<p>%s</p>",
		   hy_strf(c->req, _("Cases %s to %s"), str(r, "first_case"), str(r, "last_case")));
	hf(c,
	   "<p><a class=\"button main\" href=\"/cases\">%s</a> <a class=\"button\" "
	   "href=\"/imports\">%s</a> <a class=\"button\" href=\"/balance\">%s</a></p>",
	   _("To the cases"), _("Another file"), _("Balance sheet"));
	page_close(c);
}
