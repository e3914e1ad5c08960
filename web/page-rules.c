/* Rules: a page of thousands, one with its versions and its past, and runs over the archive. */
#include "web/pages.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_ROWS 50

/* ---- the list ---- */

static void put_row(struct web_call *c, const struct hy_json *r)
{
	bool on = hy_json_bool(r, "enabled", false);

	hf(c,
	   "<tr data-row><td data-label=\"%s\"><a href=\"/rules/%s\"><b>%s</b></a></td><td "
	   "data-label=\"%s\"><code>%s</code></td><td data-label=\"%s\">%s</td><td "
	   "data-label=\"%s\">",
	   _("Rule"), str(r, "id"), str(r, "name"), _("Query"), str(r, "query"), _("Kind"),
	   word(c, str(r, "kind")), _("Level"));
	level_badge(c, str(r, "level"));
	hf(c, "</td><td data-label=\"%s\">", _("State"));
	badge(c, on ? "good" : "calm", on ? _("runs") : _("off"));
	h(c, "</td></tr>");
}

static void level_select(struct web_call *c, const char *chosen)
{
	static const char *const levels[] = {"high", "medium", "low"};

	hf(c, "<label>%s<select name=\"level\">", _("Level"));
	for (size_t i = 0; i < HY_LEN(levels); i++) {
		hf(c, "<option value=\"%s\"", levels[i]);
		h(c, strcmp(levels[i], chosen) ? ">" : " selected>");
		hf(c, "%s</option>", word(c, levels[i]));
	}
	h(c, "</select></label>");
}

static void put_add(struct web_call *c, bool open)
{
	if (!may_act(c, "rule.add"))
		return;
	if (open)
		hf(c, "<details class=\"more\" open><summary>%s</summary>", _("Add a rule"));
	else
		more_open(c, _("Add a rule"));
	form_open(c, "/rules");
	hf(c,
	   "<label>%s<input name=\"name\" required maxlength=\"60\"></label><label>%s<input "
	   "name=\"query\" required></label><label>%s<select name=\"kind\"><option "
	   "value=\"query\" selected>%s</option><option value=\"regex\">%s</option></select></label>",
	   _("Its name"), _("Query, as in the search"), _("Kind"), word(c, "query"),
	   word(c, "regex"));
	level_select(c, "medium");
	form_close(c, _("Add the rule"), "main");
	h(c, "</details>");
}

static void put_find(struct web_call *c, const char *words)
{
	hf(c,
	   "<form class=\"search\" method=\"get\" action=\"/rules\"><input type=\"search\" "
	   "name=\"words\" aria-label=\"%s\" placeholder=\"%s\" value=\"%s\"><button>%s</button>"
	   "</form><p class=\"tabs\"><a href=\"/alerts\">%s</a><a href=\"/rules\" "
	   "aria-current=\"true\">%s</a><a href=\"/runs\">%s</a></p>",
	   _("Words in the name or query"), _("Words in the name or query"), words, _("Search"),
	   _("Alerts"), _("Rules"), _("Runs over the archive"));
}

void page_rules(struct web_call *c)
{
	struct hy_json_writer *p = web_params(c);
	const char *words = web_field(&c->query, "words");
	const struct hy_json *items;
	bool all;

	words = words ? words : "";
	all = !*words && !web_field(&c->query, "before");
	if (*words)
		hy_jw_kstr(p, "words", words);
	hy_jw_kint(p, "limit", PAGE_ROWS);
	put_before(c, p);
	if (web_act(c, "rule.list", p)) {
		web_fail(c);
		return;
	}
	items = items_of(c->result);
	page_open(c, _("Rules"), "/alerts");
	put_find(c, words);
	put_add(c, all && (!items || !items->n));
	if (all && (!items || !items->n)) {
		empty_state(c, _("No rule yet."),
			    _("Search for something, then save it as a rule."),
			    "huying rule add --name NAME QUERY");
	} else if (!items || !items->n) {
		hf(c, "<p class=\"count\">%s</p>", _("No rule has these words."));
	} else {
		hf(c,
		   "<table class=\"cards\"><thead><tr><th scope=\"col\">%s</th><th "
		   "scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th "
		   "scope=\"col\">%s</th></tr></thead><tbody>",
		   _("Rule"), _("Query"), _("Kind"), _("Level"), _("State"));
		for (size_t i = 0; i < items->n; i++)
			put_row(c, items->at[i]);
		h(c, "</tbody></table>");
		older(c,
		      *words ? hy_strf(c->req, "/rules?words=%s", web_escape_query(c->req, words))
			     : "/rules",
		      c->result);
	}
	cli_twin(c, "huying rule list");
	page_close(c);
}

/* ---- one rule ---- */

static void put_versions(struct web_call *c, const struct hy_json *list)
{
	hf(c,
	   "<section class=\"card\"><h2>%s</h2><table class=\"cards\"><thead><tr><th "
	   "scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead>"
	   "<tbody>",
	   _("Versions"), _("Version"), _("Time"), _("Query"));
	for (size_t i = list ? list->n : 0; i-- > 0;)
		hf(c,
		   "<tr><td data-label=\"%s\">%s</td><td data-label=\"%s\">%s</td><td "
		   "data-label=\"%s\"><code>%s</code></td></tr>",
		   _("Version"), str(list->at[i], "version"), _("Time"), str(list->at[i], "when"),
		   _("Query"), str(list->at[i], "query"));
	h(c, "</tbody></table></section>");
}

static void put_estimate(struct web_call *c, const struct hy_json *t)
{
	const char *often = str(t, "false_a_week");
	int64_t noise = num(t, "noise"), judged = noise + num(t, "useful");

	hf(c, "<p>%s</p><p>%s</p>",
	   hy_strf(c->req,
		   hy_json_bool(t, "whole", true)
			   ? _("%s of %s items since %s match.")
			   : _("%s of the last %s items (since %s) match; older ones were not "
			       "looked at."),
		   str(t, "total"), str(t, "seen"), str(t, "since")),
	   hy_strf(c->req, _("It would have rung on %s days: about %s alerts a week."),
		   str(t, "alert_days"), str(t, "alerts_a_week")));
	if (*often)
		hf(c, "<p>%s</p>",
		   hy_strf(c->req,
			   _("Of %d matches that people have judged, %d were noise: about %s "
			     "false alarms a week (%s to %s)."),
			   (int)judged, (int)noise, often, str(t, "false_low"),
			   str(t, "false_high")));
	else
		hf(c, "<p>%s</p>",
		   hy_strf(c->req,
			   _("Nobody has judged a match of it yet: false alarms cannot be told, "
			     "at most %s a week."),
			   str(t, "false_high")));
}

/* The past of a rule, when it was asked for. */
static void put_test(struct web_call *c, const char *on)
{
	struct hy_json_writer *p = web_params(c);
	struct hy_json *kept = c->result;
	const struct hy_json *items;

	hy_jw_kstr(p, "id", c->req->args[0]);
	hy_jw_kstr(p, "on", on);
	hf(c, "<section class=\"card\" id=\"test\"><h2>%s</h2>", _("Tried on the archive"));
	if (web_act(c, "rule.test", p)) {
		hf(c, "<p class=\"error\" role=\"alert\">%s</p></section>", c->err.text);
		c->result = kept;
		return;
	}
	put_estimate(c, c->result);
	bar_chart(c, hy_json_get(c->result, "days"), _("Matches a day"));
	items = items_of(c->result);
	h(c, "<ol class=\"items\">");
	for (size_t i = 0; items && i < items->n; i++)
		item_row(c, items->at[i]);
	h(c, "</ol></section>");
	c->result = kept;
}

static void put_acts(struct web_call *c, const struct hy_json *r)
{
	const char *id = str(r, "id");
	bool on = hy_json_bool(r, "enabled", false);

	hf(c,
	   "<aside class=\"card side\"><h2>%s</h2><form method=\"get\" action=\"/rules/%s#test\">"
	   "<input type=\"hidden\" name=\"on\" value=\"30d\"><button class=\"main\">%s</button>"
	   "</form>",
	   _("What now"), id, _("Try it on the last 30 days"));
	if (may_act(c, "rule.enable")) {
		form_open(c, "/rules/%s/%s", id, on ? "disable" : "enable");
		form_close(c, on ? _("Switch off") : _("Switch on"), "");
	}
	if (on && may_act(c, "rule.rerun")) {
		form_open(c, "/rules/%s/rerun", id);
		form_close(c, _("Run it over the whole archive"), "");
		hf(c, "<p><a href=\"/runs\">%s</a></p>", _("Runs over the archive"));
	}
	if (may_act(c, "rule.edit")) {
		more_open(c, _("Change the rule"));
		form_open(c, "/rules/%s/edit", id);
		hf(c,
		   "<label>%s<input name=\"name\" required maxlength=\"60\" value=\"%s\"></label>"
		   "<label>%s<input name=\"query\" required value=\"%s\"></label>",
		   _("Its name"), str(r, "name"), _("Query"), str(r, "query"));
		level_select(c, str(r, "level"));
		form_close(c, _("Save: another query begins with the next item"), "main");
		h(c, "</details>");
	}
	if (may_act(c, "rule.remove")) {
		more_open(c, _("Remove the rule"));
		form_open(c, "/rules/%s/remove", id);
		form_close(c, _("Remove it for good"), "");
		h(c, "</details>");
	}
	cli_twin(c, hy_strf(c->req, "huying rule test %s --on 30d", id));
	h(c, "</aside>");
}

static void put_explained(struct web_call *c)
{
	struct hy_json_writer *p = web_params(c);
	struct hy_json *kept = c->result;
	const struct hy_json *needs;

	hy_jw_kstr(p, "id", c->req->args[0]);
	if (web_act(c, "rule.explain", p)) { /* its source was removed, say */
		hf(c, "<p class=\"error\" role=\"alert\">%s</p>", c->err.text);
		c->result = kept;
		return;
	}
	h(c, "<dl class=\"facts\">");
	fact(c, _("Understood as"), str(c->result, "understood"));
	needs = hy_json_get(c->result, "needs");
	hf(c, "<dt>%s</dt><dd>", _("Needs one of"));
	for (size_t i = 0; needs && i < needs->n; i++)
		hf(c, "<code>%s</code> ", needs->at[i]->text);
	if (hy_json_bool(c->result, "every_item", false))
		hf(c, "%s", _("nothing: it is tried on every item"));
	h(c, "</dd></dl>");
	c->result = kept;
}

void page_rule(struct web_call *c)
{
	struct hy_json_writer *p = web_params(c);
	const char *on = web_field(&c->query, "on");
	const struct hy_json *r;
	bool runs;

	hy_jw_kstr(p, "id", c->req->args[0]);
	if (web_act(c, "rule.show", p)) {
		web_fail(c);
		return;
	}
	r = c->result;
	runs = hy_json_bool(r, "enabled", false);
	page_open(c, str(r, "name"), "/alerts");
	h(c, "<p class=\"badges\">");
	level_badge(c, str(r, "level"));
	badge(c, runs ? "good" : "calm", runs ? _("runs") : _("off"));
	hf(c,
	   "<time>%s</time></p><div class=\"two first\"><div><section class=\"card\"><h2>%s</h2>"
	   "<p><code>%s</code></p>",
	   str(r, "when"), word(c, str(r, "kind")), str(r, "query"));
	put_explained(c);
	h(c, "<dl class=\"facts\">");
	fact(c, _("Version"), str(r, "version"));
	fact(c, _("Alerts"), str(r, "alerts"));
	fact(c, _("Matches"), str(r, "matches"));
	fact(c, _("Called noise"), str(r, "noise"));
	fact(c, _("Of use"), str(r, "useful"));
	fact(c, _("Made by"), str(r, "made_by"));
	h(c, "</dl></section>");
	if (on && *on)
		put_test(c, on);
	put_versions(c, hy_json_get(r, "versions"));
	h(c, "</div>");
	put_acts(c, r);
	h(c, "</div>");
	page_close(c);
}

/* ---- runs ---- */

static void put_run(struct web_call *c, const struct hy_json *r)
{
	bool going = !strcmp(str(r, "state"), "running");

	hf(c,
	   "<tr data-row><td data-label=\"%s\">%s</td><td data-label=\"%s\">%s</td><td "
	   "data-label=\"%s\">%s <progress max=\"100\" value=\"%s\">%s %%</progress></td><td "
	   "data-label=\"%s\">%s</td><td data-label=\"%s\">%s</td><td data-label=\"%s\">%s</td><td "
	   "class=\"act\">",
	   _("Rule"), *str(r, "rule") ? str(r, "rule") : _("all rules"), _("Time"), str(r, "when"),
	   _("State"), word(c, str(r, "state")), str(r, "percent"), str(r, "percent"), _("Items"),
	   str(r, "seen"), _("Matches"), str(r, "matches"), _("New alerts"), str(r, "opened"));
	if (going && may_act(c, "rule.stop")) {
		form_open(c, "/runs/%s/stop", str(r, "id"));
		hf(c, "<input type=\"hidden\" name=\"run\" value=\"%s\">", str(r, "id"));
		form_close(c, _("Stop"), "quiet");
	}
	h(c, "</td></tr>");
}

void page_runs(struct web_call *c)
{
	struct hy_json_writer *p = web_params(c);
	const struct hy_json *items;

	put_before(c, p);
	if (web_act(c, "rule.runs", p)) {
		web_fail(c);
		return;
	}
	items = items_of(c->result);
	page_open(c, _("Runs over the archive"), "/alerts");
	hf(c,
	   "<p class=\"tabs\"><a href=\"/alerts\">%s</a><a href=\"/rules\">%s</a><a href=\"/runs\" "
	   "aria-current=\"true\">%s</a></p>",
	   _("Alerts"), _("Rules"), _("Runs over the archive"));
	if (may_act(c, "rule.rerun")) {
		more_open(c, _("Run all rules over the whole archive"));
		form_open(c, "/runs");
		form_close(c, _("Run them: what rang before rings no second time"), "main");
		h(c, "</details>");
	}
	if (!items || !items->n) {
		empty_state(c, _("No run yet."),
			    _("A run looks for what a new rule would have found."),
			    "huying rule rerun");
	} else {
		hf(c,
		   "<table class=\"cards\"><thead><tr><th scope=\"col\">%s</th><th "
		   "scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th "
		   "scope=\"col\">%s</th><th scope=\"col\">%s</th><th></th></tr></thead><tbody>",
		   _("Rule"), _("Time"), _("State"), _("Items"), _("Matches"), _("New alerts"));
		for (size_t i = 0; i < items->n; i++)
			put_run(c, items->at[i]);
		h(c, "</tbody></table>");
		older(c, "/runs", c->result);
	}
	cli_twin(c, "huying rule runs");
	page_close(c);
}
