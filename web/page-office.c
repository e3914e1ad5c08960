/* Sources and accounts with their health, the report of kept promises, and the audit. */
#include "web/pages.h"

#include <string.h>

static void one_button(struct web_call *c, const char *id, const char *verb, const char *words)
{
	if (!may_act(c, hy_strf(c->req, "source.%s", verb)))
		return;
	form_open(c, "/sources/%s/%s", id, verb);
	form_close(c, words, "quiet");
}

/* What is pushed to us, or brought as a file, is not looked at. */
static bool looked_at(const struct hy_json *s)
{
	return strcmp(str(s, "kind"), "callback") != 0 && strcmp(str(s, "kind"), "import") != 0;
}

static void put_source(struct web_call *c, const struct hy_json *s)
{
	const char *id = str(s, "id"), *state = str(s, "state");
	bool failing = num(s, "failures") > 0 && !strcmp(state, "active");

	hf(c,
	   "<tr data-row id=\"s%s\"><td data-label=\"%s\"><b>%s</b><br><small>%s %s</small></td>",
	   id, _("Source"), str(s, "name"), hy_desk_word(str(s, "kind")), str(s, "place"));
	hf(c, "<td data-label=\"%s\">", _("State"));
	if (failing)
		badge(c, "warn", hy_strf(c->req, _("failed %d times"), (int)num(s, "failures")));
	else
		state_badge(c, state);
	if (*str(s, "last_error") && (failing || strcmp(state, "active") != 0))
		hf(c, "<br><small>%s</small>", str(s, "last_error"));
	hf(c,
	   "</td><td data-label=\"%s\"><time>%s</time></td><td data-label=\"%s\"><time>%s</time>"
	   "</td>",
	   _("Last good look"), when_ts(c, s, "last_ok_ts"), _("Next look"),
	   !strcmp(state, "active") ? when_ts(c, s, "next_ts") : "—");
	hf(c, "<td data-label=\"%s\" class=\"n\">%ld</td><td class=\"act\">", _("Items taken"),
	   (long)num(s, "new"));
	if (!strcmp(str(s, "kind"), "callback")) {
		; /* its account is what can be stopped */
	} else if (!strcmp(state, "active")) {
		if (looked_at(s))
			one_button(c, id, "due", _("Look now"));
		one_button(c, id, "pause", _("Pause"));
	} else {
		one_button(c, id, "resume", _("Resume"));
	}
	h(c, "</td></tr>");
}

static void put_add(struct web_call *c)
{
	if (!may_act(c, "source.add"))
		return;
	more_open(c, _("Add a source"));
	form_open(c, "/sources");
	hf(c,
	   "<input type=\"hidden\" name=\"kind\" value=\"feed\"><label>%s<input name=\"name\" "
	   "required></label><label>%s<input name=\"url\" type=\"url\" required "
	   "placeholder=\"https://…/feed.xml\"></label><label>%s<input name=\"place\"></label>"
	   "<label class=\"check\"><input type=\"checkbox\" name=\"official\" value=\"1\">%s"
	   "</label><label class=\"check\"><input type=\"checkbox\" name=\"own\" value=\"1\">%s"
	   "</label>",
	   _("Its name here"), _("Address of the feed"), _("Place"),
	   _("It belongs to a government body"), _("It carries our own posts"));
	form_close(c, _("Add the source"), "main");
	h(c, "</details>");
}

/* How long its token holds, where one was tried. */
static void put_token(struct web_call *c, const struct hy_json *a)
{
	bool ends = hy_json_get(a, "days_left") != NULL;

	if (!num(a, "tested_ts"))
		return;
	if (*str(a, "token_error"))
		badge(c, "bad", _("the token was not found good"));
	else if (ends && num(a, "days_left") < 14)
		badge(c, "warn", hy_strf(c->req, _("token: %d days left"), (int)num(a, "days_left")));
	else if (ends)
		hf(c, "%s", hy_strf(c->req, _("token: %d days left"), (int)num(a, "days_left")));
	else
		badge(c, "good", _("token good"));
	if (*str(a, "token_error"))
		hf(c, " %s", str(a, "token_error"));
}

static void put_accounts(struct web_call *c)
{
	const struct hy_json *items = web_act(c, "account.list", NULL) ? NULL : items_of(c->result);

	hf(c, "<h2>%s</h2>", _("Our accounts"));
	if (!items || !items->n) {
		empty_state(c, _("No account is registered."),
			    _("An administrator registers one on the command line."),
			    "huying account add --name NAME --platform wordpress --url URL");
		return;
	}
	h(c, "<ul class=\"rows card\">");
	for (size_t i = 0; i < items->n; i++) {
		h(c, "<li data-row>");
		state_badge(c, str(items->at[i], "state"));
		hf(c, "<b>%s</b><small>%s %s ", str(items->at[i], "name"),
		   hy_desk_word(str(items->at[i], "platform")), str(items->at[i], "unit"));
		put_token(c, items->at[i]);
		h(c, "</small></li>");
	}
	h(c, "</ul>");
}

void page_sources(struct web_call *c)
{
	const struct hy_json *items;

	if (web_act(c, "source.list", NULL)) {
		web_fail(c);
		return;
	}
	items = items_of(c->result);
	page_open(c, _("Sources"), "/sources");
	hf(c, "<p><a href=\"/balance\">%s</a></p>", _("Balance sheet: what came and what became of it"));
	put_add(c);
	if (!items || !items->n) {
		empty_state(c, _("No source yet."), _("Add the address of a feed."),
			    "huying source add --kind feed --name NAME URL");
	} else {
		hf(c,
		   "<table class=\"cards\"><thead><tr><th scope=\"col\">%s</th><th "
		   "scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th "
		   "scope=\"col\" class=\"n\">%s</th><th></th></tr></thead><tbody>",
		   _("Source"), _("State"), _("Last good look"), _("Next look"), _("Items taken"));
		for (size_t i = 0; i < items->n; i++)
			put_source(c, items->at[i]);
		h(c, "</tbody></table>");
	}
	put_accounts(c);
	cli_twin(c, "huying source list");
	page_close(c);
}

/* ---- promises kept ---- */

static enum hy_status ask_report(struct web_call *c, const char *format)
{
	const char *month = web_field(&c->query, "month");
	struct hy_json_writer *p = web_params(c);

	if (month && *month)
		hy_jw_kstr(p, "month", month);
	hy_jw_kstr(p, "format", format);
	hy_jw_kstr(p, "lang", c->lang == HY_LANG_ZH ? "zh" : "en");
	return web_act(c, "report.sla", p);
}

#define CELLS_MAX 32

/* One line of RFC 4180 into cells, children of the request; returns where the next begins. */
static const char *csv_line(struct web_call *c, const char *s, char **cells, size_t *n)
{
	struct hy_buf b;
	bool quoted = false;

	*n = 0;
	hy_buf_init(&b, c->req, 1u << 20);
	for (;; s++) {
		if (*s == '"' && quoted && s[1] == '"') {
			hy_buf_chr(&b, *++s);
		} else if (*s == '"') {
			quoted = !quoted;
		} else if (!*s || (!quoted && strchr(",\r\n", *s))) {
			if (*n < CELLS_MAX)
				cells[(*n)++] = hy_strdup(c->req, b.data);
			hy_buf_reset(&b);
			if (*s != ',')
				break;
		} else {
			hy_buf_chr(&b, *s);
		}
	}
	talloc_free(b.data);
	return s + strspn(s, "\r\n");
}

/* "2026-11-01T00:00:00+08:00" is office time: people read "2026-11-01 00:00". */
static const char *plain_time(struct web_call *c, const char *cell)
{
	static const char form[] = "0000-00-00T00:00:00";

	for (size_t i = 0; form[i]; i++)
		if (form[i] == '0' ? cell[i] < '0' || cell[i] > '9' : cell[i] != form[i])
			return cell;
	return hy_strf(c->req, "%.10s %.5s", cell, cell + 11);
}

static void put_cells(struct web_call *c, char **cells, size_t n, const char *tag)
{
	h(c, "<tr>");
	for (size_t i = 0; i < n; i++)
		hf(c, "<%s>%s</%s>", tag, cells[i], tag);
	h(c, "</tr>");
}

/* The table, then what stands below it with fewer cells: period, calendar, formula. */
static void put_csv(struct web_call *c, const char *s)
{
	char *cells[CELLS_MAX];
	size_t width = 0, n = 0;
	bool below = false;

	if (!strncmp(s, "\xEF\xBB\xBF", 3))
		s += 3;
	h(c, "<div class=\"scroll\"><table class=\"report\"><thead>");
	s = csv_line(c, s, cells, &width);
	put_cells(c, cells, width, "th");
	h(c, "</thead><tbody>");
	while (*s) {
		s = csv_line(c, s, cells, &n);
		if (n != width && !below) {
			h(c, "</tbody></table></div><dl class=\"facts\">");
			below = true;
		}
		if (!below) {
			put_cells(c, cells, n, "td");
			continue;
		}
		hf(c, "<dt>%s</dt><dd>", cells[0]);
		for (size_t i = 1; i < n; i++)
			hf(c, "%s%s", i > 1 ? " – " : "", plain_time(c, cells[i]));
		h(c, "</dd>");
	}
	h(c, below ? "</dl>" : "</tbody></table></div>");
}

void page_report(struct web_call *c)
{
	const char *month = web_field(&c->query, "month");
	const char *csv = NULL, *query;

	if (!ask_report(c, "csv"))
		csv = hy_strdup(c->req, str(c->result, "text"));
	else if (c->err.status != HY_EINPUT && c->err.status != HY_ENOTFOUND) {
		web_fail(c);
		return;
	}
	query = month && *month ? hy_strf(c->req, "?month=%s", web_escape_query(c->req, month))
				: "";
	page_open(c, _("Promises kept"), "/report");
	hf(c,
	   "<form class=\"search\" action=\"/report\"><label>%s <input name=\"month\" "
	   "value=\"%s\" placeholder=\"2026-11\" pattern=\"[0-9]{4}-[0-9]{2}\"></label>"
	   "<button>%s</button></form>",
	   _("Month"), month ? month : "", _("Show"));
	if (!csv) {
		hf(c, "<p class=\"note bad\" role=\"alert\"><b>✗</b> %s</p>", c->err.text);
	} else {
		put_csv(c, csv);
		hf(c, "<p><a class=\"button\" href=\"/report.csv%s\" download>CSV</a></p>", query);
		if (!ask_report(c, "text"))
			hf(c,
			   "<details class=\"more\"><summary>%s</summary><pre>%s</pre></details>",
			   _("As text, with the formula"), str(c->result, "text"));
	}
	hf(c, "<p class=\"hint\">%s</p>",
	   _("Open overdue cases count as missed. Units are named, never citizens or clerks."));
	cli_twin(c, month && *month ? hy_strf(c->req, "huying report sla --month %s",
					      shell_quoted(c, month))
				    : "huying report sla");
	page_close(c);
}

void page_report_csv(struct web_call *c)
{
	struct web_answer *a = &c->req->answer;

	if (ask_report(c, "csv")) {
		web_fail(c);
		return;
	}
	a->type = "text/csv; charset=utf-8";
	a->body = str(c->result, "text");
	a->n = strlen(a->body);
	web_answer_header(a, "Content-Disposition", "attachment; filename=\"sla.csv\"");
}

/* ---- audit ---- */

void page_audit(struct web_call *c)
{
	struct hy_json_writer *p = web_params(c);
	const struct hy_json *items;

	hy_jw_kint(p, "limit", 100);
	put_before(c, p);
	if (web_act(c, "audit.list", p)) {
		web_fail(c);
		return;
	}
	items = items_of(c->result);
	page_open(c, _("Audit"), NULL);
	hf(c,
	   "<table class=\"cards\"><thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th>"
	   "<th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead><tbody>",
	   _("Time"), _("Who"), _("Did"), _("To what"));
	for (size_t i = 0; items && i < items->n; i++) {
		const struct hy_json *r = items->at[i];

		hf(c,
		   "<tr data-row><td data-label=\"%s\"><time>%s</time></td><td data-label=\"%s\">%s"
		   "</td><td data-label=\"%s\"><code>%s</code></td><td data-label=\"%s\">%s</td>"
		   "</tr>",
		   _("Time"), *str(r, "when") ? str(r, "when") : when_ts(c, r, "at_ts"), _("Who"),
		   str(r, "actor"), _("Did"), str(r, "action"), _("To what"), str(r, "object"));
	}
	h(c, "</tbody></table>");
	older(c, "/audit", c->result);
	cli_twin(c, "huying audit list");
	page_close(c);
}
