/* The balance sheet: what came from each source on each day, and whether the books balance. */
#include "web/pages.h"

#include <string.h>

/* The last seven days, where nothing is asked for. */
static enum hy_status ask_balance(struct web_call *c, const char *format)
{
	const char *day = web_field(&c->query, "day"), *until = web_field(&c->query, "until");
	bool some = (day && *day) || (until && *until);
	struct hy_json_writer *p = web_params(c);

	if (!some)
		hy_jw_kstr(p, "day", "6d");
	if (day && *day)
		hy_jw_kstr(p, "day", day);
	if (!some)
		hy_jw_kstr(p, "until", "today");
	if (until && *until)
		hy_jw_kstr(p, "until", until);
	if (format)
		hy_jw_kstr(p, "format", format);
	return web_act(c, "source.balance", p);
}

static void put_numbers(struct web_call *c, const struct hy_json *r)
{
	hf(c,
	   "<td class=\"n\" data-label=\"%s\">%ld</td><td class=\"n\" data-label=\"%s\"><span>%ld",
	   _("Received"), (long)num(r, "received"), _("New"), (long)num(r, "new"));
	if (num(r, "edit"))
		hf(c, "<br><small>%s %ld</small>", _("of these edits"), (long)num(r, "edit"));
	if (num(r, "sweep"))
		hf(c, "<br><small>%s %ld</small>", _("by sweep"), (long)num(r, "sweep"));
	hf(c, "</span></td><td class=\"n\" data-label=\"%s\">%ld</td>", _("Repeats"),
	   (long)num(r, "repeat"));
	hf(c, "<td class=\"n\" data-label=\"%s\"><span>%ld", _("Refused"), (long)num(r, "refused"));
	if (*str(r, "refused_why"))
		hf(c, "<br><small>%s</small>", str(r, "refused_why"));
	hf(c, "</span></td><td data-label=\"%s\">%s</td><td data-label=\"%s\"><span>", _("Late by"),
	   str(r, "lag"), _("Gaps"));
	if (num(r, "gaps"))
		badge(c, "warn", hy_strf(c->req, "%d", (int)num(r, "gaps")));
	else
		h(c, "0");
	if (num(r, "gaps_read"))
		hf(c, "<br><small>%s %ld</small>", _("Gaps read"), (long)num(r, "gaps_read"));
	hf(c, "</span></td><td data-label=\"%s\">", _("Balanced"));
	if (hy_json_bool(r, "balanced", false))
		badge(c, "good", _("balanced"));
	else
		badge(c, "bad", hy_strf(c->req, _("%d missing"), (int)num(r, "off")));
	h(c, "</td></tr>");
}

static void put_table(struct web_call *c, const struct hy_json *items)
{
	hf(c,
	   "<table class=\"cards\"><thead><tr><th scope=\"col\">%s</th><th scope=\"col\" "
	   "class=\"n\">%s</th><th scope=\"col\" class=\"n\">%s</th><th scope=\"col\" "
	   "class=\"n\">%s</th><th scope=\"col\" class=\"n\">%s</th><th scope=\"col\">%s</th><th "
	   "scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead><tbody>",
	   _("Source"), _("Received"), _("New"), _("Repeats"), _("Refused"), _("Late by"),
	   _("Gaps"), _("Balanced"));
	for (size_t i = 0; i < items->n; i++) {
		hf(c,
		   "<tr data-row><td data-label=\"%s\"><span><b>%s</b><br><small>%s %s</small>",
		   _("Source"), str(items->at[i], "source"), str(items->at[i], "day"),
		   str(items->at[i], "kind"));
		if (num(items->at[i], "looks"))
			hf(c, "<br><small>%s %ld</small>", _("Looks"),
			   (long)num(items->at[i], "looks"));
		h(c, "</span></td>");
		put_numbers(c, items->at[i]);
	}
	hf(c, "<tr class=\"sum\"><td data-label=\"%s\"><b>%s</b></td>", _("Source"), _("All"));
	put_numbers(c, hy_json_get(c->result, "total"));
	h(c, "</tbody></table>");
}

static void put_verdict(struct web_call *c)
{
	const struct hy_json *t = hy_json_get(c->result, "total");

	h(c, "<p>");
	if (hy_json_bool(c->result, "balanced", false))
		badge(c, "good", _("balanced"));
	else
		badge(c, "bad", _("not balanced"));
	hf(c, " %s</p>",
	   hy_strf(c->req, _("%ld received; %ld new + %ld repeats + %ld refused"),
		   (long)num(t, "received"), (long)num(t, "new"), (long)num(t, "repeat"),
		   (long)num(t, "refused")));
}

void page_balance(struct web_call *c)
{
	const char *query, *day, *until;
	const struct hy_json *items;

	if (ask_balance(c, NULL)) {
		web_fail(c);
		return;
	}
	items = items_of(c->result);
	day = str(c->result, "day");
	until = str(c->result, "until");
	query = hy_strf(c->req, "?day=%s&until=%s", day, until);
	page_open(c, _("Balance sheet"), "/sources");
	hf(c,
	   "<form class=\"search\" action=\"/balance\"><label>%s <input type=\"date\" name=\"day\" "
	   "value=\"%s\"></label><label>%s <input type=\"date\" name=\"until\" value=\"%s\"></label>"
	   "<button>%s</button></form>",
	   _("First day"), day, _("Last day"), until, _("Show"));
	if (!items || !items->n) {
		empty_state(c, _("Nothing came in these days."), _("Look at the sources now."),
			    "huying collect run");
	} else {
		put_verdict(c);
		put_table(c, items);
		hf(c,
		   "<p class=\"hint\">%s</p><p><a class=\"button\" href=\"/balance.csv%s\" "
		   "download>CSV</a></p>",
		   _("Received is counted at the door, the rest where each thing ends: a row that "
		     "does not balance has lost something. Late: from posting to our having it."),
		   query);
	}
	cli_twin(c, hy_strf(c->req, "huying source balance --day %s --until %s", day, until));
	page_close(c);
}

void page_balance_csv(struct web_call *c)
{
	struct web_answer *a = &c->req->answer;

	if (ask_balance(c, "csv")) {
		web_fail(c);
		return;
	}
	a->type = "text/csv; charset=utf-8";
	a->body = str(c->result, "text");
	a->n = strlen(a->body);
	web_answer_header(a, "Content-Disposition", "attachment; filename=\"balance.csv\"");
}
