/* Alerts: why each rang, what matched, and the four ways on: in hand, claim, case, closed. And the
 * rules. */
#include "web/pages.h"

#include <string.h>

static void put_row(struct web_call *c, const struct hy_json *a)
{
	h(c, "<tr data-row>");
	hf(c, "<td data-label=\"%s\">", _("Level"));
	level_badge(c, str(a, "level"));
	hf(c, "</td><td data-label=\"%s\"><a href=\"/alerts/%s\">%s</a></td>", _("Alert"),
	   str(a, "id"), str(a, "title"));
	hf(c, "<td data-label=\"%s\">%s</td><td data-label=\"%s\" class=\"n\">%ld</td>",
	   _("Why it rang"), str(a, "why"), _("Items"), (long)num(a, "items"));
	hf(c, "<td data-label=\"%s\"><time>%s</time></td><td data-label=\"%s\">", _("Last"),
	   str(a, "when"), _("State"));
	state_badge(c, str(a, "state"));
	h(c, "</td></tr>");
}

void page_alerts(struct web_call *c)
{
	const char *closed = web_field(&c->query, "closed");
	bool too = closed && !strcmp(closed, "1");
	struct hy_json_writer *p = web_params(c);
	const struct hy_json *items;

	hy_jw_kbool(p, "closed", too);
	hy_jw_kint(p, "limit", 50);
	put_before(c, p);
	if (web_act(c, "alert.list", p)) {
		web_fail(c);
		return;
	}
	items = items_of(c->result);
	page_open(c, _("Alerts"), "/alerts");
	hf(c,
	   "<p class=\"tabs\"><a href=\"/alerts\" aria-current=\"%s\">%s</a><a "
	   "href=\"/alerts?closed=1\" aria-current=\"%s\">%s</a><a href=\"/rules\">%s</a></p>",
	   too ? "false" : "true", _("Open"), too ? "true" : "false", _("All"), _("Rules"));
	if (!items || !items->n) {
		empty_state(
			c, _("No alert."),
			_("A rule rings here when a new item fits it. Save a search as a rule."),
			"huying rule add --name NAME QUERY");
	} else {
		hf(c,
		   "<table class=\"cards\"><thead><tr><th scope=\"col\">%s</th><th "
		   "scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\" class=\"n\">"
		   "%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead><tbody>",
		   _("Level"), _("Alert"), _("Why it rang"), _("Items"), _("Last"), _("State"));
		for (size_t i = 0; i < items->n; i++)
			put_row(c, items->at[i]);
		h(c, "</tbody></table>");
		older(c, too ? "/alerts?closed=1" : "/alerts", c->result);
	}
	cli_twin(c, "huying alert list");
	page_close(c);
}

static void put_acts(struct web_call *c, const struct hy_json *a)
{
	static const char *const ends[] = {"noise", "known", "done"};
	const char *id = str(a, "id"), *state = str(a, "state");

	if (!strcmp(state, "closed"))
		return;
	hf(c, "<aside class=\"card side\"><h2>%s</h2>", _("What now"));
	if (!strcmp(state, "firing") && may_act(c, "alert.ack")) {
		form_open(c, "/alerts/%s/ack", id);
		form_close(c, _("Take it in hand"), "main");
	}
	open_forms(c, id, "", str(a, "title"));
	if (may_act(c, "alert.close")) {
		more_open(c, _("Close the alert"));
		form_open(c, "/alerts/%s/close", id);
		hf(c, "<fieldset><legend>%s</legend>", _("How it ends"));
		for (size_t i = 0; i < HY_LEN(ends); i++)
			hf(c,
			   "<label class=\"check\"><input type=\"radio\" name=\"disposition\" "
			   "value=\"%s\" required>%s</label>",
			   ends[i], word(c, ends[i]));
		h(c, "</fieldset>");
		form_close(c, _("Close the alert"), "");
		h(c, "</details>");
	}
	cli_twin(c, hy_strf(c->req, "huying alert ack %s", id));
	h(c, "</aside>");
}

static void put_links(struct web_call *c, const struct hy_json *a)
{
	if (num(a, "case"))
		hf(c, "<p><a href=\"/cases/%s\">%s</a></p>", str(a, "case"),
		   _("The case"));
	if (num(a, "claim"))
		hf(c, "<p><a href=\"/claims/%s\">%s</a></p>", str(a, "claim"),
		   _("The claim opened from it"));
}

void page_alert(struct web_call *c)
{
	struct hy_json_writer *p = web_params(c);
	const struct hy_json *a, *matched;

	hy_jw_kstr(p, "id", c->req->args[0]);
	if (web_act(c, "alert.show", p)) {
		web_fail(c);
		return;
	}
	a = c->result;
	matched = hy_json_get(a, "matched");
	page_open(c, str(a, "title"), "/alerts");
	h(c, "<p class=\"badges\">");
	level_badge(c, str(a, "level"));
	state_badge(c, str(a, "state"));
	if (*str(a, "disposition"))
		state_badge(c, str(a, "disposition"));
	hf(c,
	   "<time>%s</time></p><div class=\"two first\"><div><section class=\"card "
	   "why\"><h2>%s</h2><p>",
	   str(a, "when"), _("Why it rang"));
	h_lines(c, str(a, "why"));
	h(c, "</p><dl class=\"facts\">");
	fact(c, _("Rule"), str(a, "rule"));
	fact(c, _("First match"), when_ts(c, a, "first_ts"));
	fact(c, _("Last match"), when_ts(c, a, "last_ts"));
	fact(c, _("Items"), str(a, "items"));
	h(c, "</dl>");
	put_links(c, a);
	hf(c, "</section><section><h2>%s</h2><ol class=\"items\">", _("What matched"));
	for (size_t i = 0; matched && matched->type == HY_JSON_ARRAY && i < matched->n; i++)
		item_row(c, matched->at[i]);
	h(c, "</ol></section></div>");
	put_acts(c, a);
	h(c, "</div>");
	page_close(c);
}
