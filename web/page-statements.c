/*
 * Statements: the exact text, rendered and as written, where it goes, and the digest that an
 * approval binds. The button says to how many accounts it publishes.
 */
#include "web/pages.h"

#include <string.h>

static void put_row(struct web_call *c, const struct hy_json *s)
{
	hf(c, "<tr data-row><td data-label=\"%s\">", _("State"));
	state_badge(c, str(s, "state"));
	hf(c,
	   "</td><td data-label=\"%s\"><a href=\"/statements/%s\">%s</a></td><td "
	   "data-label=\"%s\">%s</td><td data-label=\"%s\" class=\"n\">%s</td>",
	   _("Title"), str(s, "id"), *str(s, "title") ? str(s, "title") : _("(no title)"),
	   _("Kind"), word(c, str(s, "kind")), _("Revision"), str(s, "revision"));
	hf(c, "<td data-label=\"%s\">%s</td><td data-label=\"%s\"><time>%s</time></td></tr>",
	   _("Written by"), str(s, "author"), _("Time"), str(s, "when"));
}

void page_statements(struct web_call *c)
{
	static const char *const states[] = {"", "draft", "submitted", "approved", "rejected"};
	const char *state = web_field(&c->query, "state");
	struct hy_json_writer *p = web_params(c);
	const struct hy_json *items;

	if (state && *state)
		hy_jw_kstr(p, "state", state);
	hy_jw_kint(p, "limit", 50);
	put_before(c, p);
	if (web_act(c, "post.list", p)) {
		web_fail(c);
		return;
	}
	items = items_of(c->result);
	page_open(c, _("Statements"), "/statements");
	h(c, "<p class=\"tabs\">");
	for (size_t i = 0; i < HY_LEN(states); i++)
		hf(c, "<a href=\"/statements%s%s\" aria-current=\"%s\">%s</a>",
		   *states[i] ? "?state=" : "", states[i],
		   !strcmp(state ? state : "", states[i]) ? "true" : "false",
		   *states[i] ? word(c, states[i]) : _("All"));
	h(c, "</p>");
	if (may_act(c, "post.draft"))
		hf(c, "<p><a class=\"button\" href=\"/statements/new\">%s</a></p>",
		   _("Draft a statement"));
	if (!items || !items->n) {
		empty_state(c, _("No statement here."),
			    _("Draft one; another person approves it, and that sends it."),
			    "huying post draft --kind notice --to site --file FILE.md");
	} else {
		hf(c,
		   "<table class=\"cards\"><thead><tr><th scope=\"col\">%s</th><th "
		   "scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\" "
		   "class=\"n\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr>"
		   "</thead><tbody>",
		   _("State"), _("Title"), _("Kind"), _("Revision"), _("Written by"), _("Time"));
		for (size_t i = 0; i < items->n; i++)
			put_row(c, items->at[i]);
		h(c, "</tbody></table>");
		older(c,
		      state && *state ? hy_strf(c->req, "/statements?state=%s",
						web_escape_query(c->req, state))
				      : "/statements",
		      c->result);
	}
	cli_twin(c, "huying post list");
	page_close(c);
}

/* ---- writing ---- */

static bool is_target(const struct hy_json *targets, const char *name)
{
	for (size_t i = 0; targets && targets->type == HY_JSON_ARRAY && i < targets->n; i++)
		if (!strcmp(str(targets->at[i], "name"), name))
			return true;
	return false;
}

static void put_targets(struct web_call *c, const struct hy_json *chosen)
{
	struct hy_json *kept = c->result;
	const struct hy_json *items;

	hf(c, "<fieldset><legend>%s</legend>", _("To these accounts"));
	items = web_act(c, "account.list", NULL) ? NULL : items_of(c->result);
	for (size_t i = 0; items && i < items->n; i++) {
		const char *name = str(items->at[i], "name"), *state = str(items->at[i], "state");
		bool on = is_target(chosen, name), able = !*state || !strcmp(state, "active");

		if (!on && !strcmp(state, "revoked"))
			continue; /* nothing goes over it ever again */
		hf(c, "<label class=\"check\"><input type=\"checkbox\" name=\"to\" value=\"%s\"",
		   name);
		h(c, on ? " checked" : "");
		h(c, able ? ">" : " disabled>");
		hf(c, "%s <small>%s</small>", name, hy_desk_word(str(items->at[i], "platform")));
		if (!able)
			state_badge(c, state);
		h(c, "</label>");
	}
	if (!items || !items->n)
		hf(c, "<p class=\"hint\">%s</p>", _("No account is registered."));
	h(c, "</fieldset>");
	c->result = kept;
}

static void put_fields(struct web_call *c, const struct hy_json *s)
{
	hf(c,
	   "<label>%s<input name=\"title\" value=\"%s\" required></label><label>%s<textarea "
	   "name=\"text\" rows=\"12\" required>%s</textarea></label>",
	   _("Title"), str(s, "title"), _("Text (Markdown)"), str(s, "text"));
	put_targets(c, hy_json_get(s, "targets"));
	hf(c,
	   "<label>%s<input name=\"not_before\" value=\"%s\" placeholder=\"2026-11-21 15:30\">"
	   "</label>",
	   _("Not before (empty: at once)"), when_ts(c, s, "not_before_ts"));
}

void page_statement_new(struct web_call *c)
{
	static const char *const kinds[] = {"notice", "progress", "correction", "reply"};
	const struct web_fields *asked = c->failed_at ? &c->form : &c->query;
	const char *kind = web_field(asked, "kind"), *claim = web_field(asked, "claim");
	const char *cs = web_field(asked, "case");

	if (!kind)
		kind = claim ? "correction" : cs ? "reply" : "notice";
	page_open(c, _("Draft a statement"), "/statements");
	h(c, "<section class=\"card\">");
	form_open(c, "/statements");
	if (claim)
		hf(c,
		   "<input type=\"hidden\" name=\"claim\" value=\"%s\"><p class=\"hint\"><a "
		   "href=\"/claims/%s\">%s</a></p>",
		   claim, claim, hy_strf(c->req, _("Claim %s"), claim));
	if (cs)
		hf(c,
		   "<input type=\"hidden\" name=\"case\" value=\"%s\"><p class=\"hint\"><a "
		   "href=\"/cases/%s\">%s</a></p>",
		   cs, cs, _("The case"));
	hf(c, "<label>%s<select name=\"kind\">", _("Kind"));
	for (size_t i = 0; i < HY_LEN(kinds); i++) {
		hf(c, "<option value=\"%s\"", kinds[i]);
		h(c, !strcmp(kind, kinds[i]) ? " selected>" : ">");
		hf(c, "%s</option>", word(c, kinds[i]));
	}
	h(c, "</select></label>");
	put_fields(c, NULL);
	form_close(c, _("Keep the draft"), "main");
	cli_twin(c, "huying post draft --kind notice --to site --file FILE.md");
	h(c, "</section>");
	page_close(c);
}

/* ---- one statement ---- */

static void put_text(struct web_call *c, const struct hy_json *s)
{
	char *html = NULL;

	h(c, "<section class=\"card\"><div class=\"tab-pair\">");
	hf(c, "<h2>%s</h2><div class=\"rendered\"><h3>%s</h3>", _("As the public will read it"),
	   str(s, "title"));
	if (!hy_markdown_to_html(c->req, str(s, "text"), &html, NULL))
		hy_buf_str(c->page, html); /* render/ has put it through its whitelist */
	hf(c,
	   "</div><details class=\"more\"><summary>%s</summary><pre>%s</pre></details></div>"
	   "</section>",
	   _("As written (Markdown)"), str(s, "text"));
}

/* What platforms with a form of their own are given, to the byte. */
static void put_forms(struct web_call *c, const struct hy_json *s)
{
	const struct hy_json *forms = hy_json_get(s, "forms");

	for (size_t i = 0; forms && forms->type == HY_JSON_ARRAY && i < forms->n; i++) {
		const struct hy_json *f = forms->at[i];
		bool html = hy_json_str(f, "html") != NULL;

		hf(c, "<section class=\"card\"><h2>%s</h2>",
		   hy_strf(c->req, _("Exactly as %s is given it"), str(f, "account")));
		if (*str(f, "way"))
			hf(c, "<p class=\"hint\">%s</p>", word(c, str(f, "way")));
		if (*str(f, "title"))
			hf(c, "<h3>%s</h3>", str(f, "title"));
		hf(c, "<pre>%s</pre></section>", str(f, html ? "html" : "text"));
	}
}

static void put_checks(struct web_call *c, const struct hy_json *s)
{
	const struct hy_json *checks = hy_json_get(s, "checks");

	for (size_t i = 0; checks && checks->type == HY_JSON_ARRAY && i < checks->n; i++) {
		bool blocking = hy_json_bool(checks->at[i], "blocking", false);

		hf(c, "<p class=\"note %s\"><b>%s</b> %s</p>", blocking ? "bad" : "warn",
		   blocking ? "■" : "▲", str(checks->at[i], "text"));
	}
}

/* A delivery in doubt is settled by whoever looked at the platform; a missed one is planned again.
 */
static void put_settle(struct web_call *c, const char *id, const struct hy_json *d)
{
	const char *state = str(d, "state");

	if (!strcmp(state, "unknown") && may_act(c, "post.resolve")) {
		more_open(c, _("Settle"));
		form_open(c, "/statements/%s/resolve", id);
		hf(c,
		   "<input type=\"hidden\" name=\"delivery\" value=\"%s\"><label>%s<select "
		   "name=\"as\"><option value=\"sent\">%s</option><option value=\"absent\">%s"
		   "</option></select></label><label>%s<input name=\"receipt\"></label>",
		   str(d, "id"), _("I looked on the platform"), _("it is there"),
		   _("it is not there"), _("The platform's id"));
		form_close(c, _("Settle"), "");
		h(c, "</details>");
	} else if ((!strcmp(state, "missed") || !strcmp(state, "failed")) &&
		   may_act(c, "post.retry")) {
		form_open(c, "/statements/%s/retry", id);
		hf(c, "<input type=\"hidden\" name=\"delivery\" value=\"%s\">", str(d, "id"));
		form_close(c, _("Plan it again"), "");
	}
}

/* What stands on the built-in site is under /public/ here; other receipts link to the platform. */
static void put_receipt(struct web_call *c, const struct hy_json *d)
{
	const char *receipt = str(d, "receipt");

	if (!strcmp(str(d, "platform"), "site") && *receipt && hy_url_is_safe(receipt) &&
	    !hy_url_is_http(receipt))
		hf(c, "<a href=\"/public/%s\">%s</a>", receipt, receipt);
	else
		link_out(c, str(d, "url"), *receipt ? receipt : "—");
}

static bool is_open(const struct hy_json *d)
{
	const char *state = str(d, "state");

	return strcmp(state, "sent") && strcmp(state, "cancelled");
}

static bool any_open(const struct hy_json *s)
{
	const struct hy_json *d = hy_json_get(s, "deliveries");

	for (size_t i = 0; d && d->type == HY_JSON_ARRAY && i < d->n; i++)
		if (is_open(d->at[i]))
			return true;
	return false;
}

static void put_deliveries(struct web_call *c, const struct hy_json *s)
{
	const struct hy_json *d = hy_json_get(s, "deliveries");

	if (!d || d->type != HY_JSON_ARRAY || !d->n)
		return;
	hf(c,
	   "<section class=\"card\"><h2>%s</h2><table class=\"cards\"><thead><tr><th "
	   "scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th "
	   "scope=\"col\">%s</th></tr></thead><tbody>",
	   _("Deliveries"), _("Account"), _("State"), _("Receipt"), _("Time"));
	for (size_t i = 0; i < d->n; i++) {
		const struct hy_json *at = d->at[i];

		hf(c, "<tr data-row><td data-label=\"%s\">%s</td><td data-label=\"%s\">",
		   _("Account"), str(at, "account"), _("State"));
		state_badge(c, str(at, "state"));
		if (*str(at, "error"))
			hf(c, "<br><small>%s</small>", str(at, "error"));
		if (*str(at, "cure"))
			hf(c, "<br><small>%s</small>", str(at, "cure"));
		hf(c, "</td><td data-label=\"%s\">", _("Receipt"));
		put_receipt(c, at);
		hf(c, "</td><td data-label=\"%s\"><time>%s</time>", _("Time"), str(at, "when"));
		put_settle(c, str(s, "id"), at);
		h(c, "</td></tr>");
	}
	h(c, "</tbody></table></section>");
}

static void put_digest(struct web_call *c, const struct hy_json *s)
{
	const struct hy_json *t = hy_json_get(s, "targets");

	h(c, "<dl class=\"facts\">");
	fact(c, _("Kind"), word(c, str(s, "kind")));
	fact(c, _("Revision"), str(s, "revision"));
	fact(c, _("Written by"), str(s, "author"));
	fact(c, _("Approved by"), str(s, "approver"));
	fact(c, _("Not before"), when_ts(c, s, "not_before_ts"));
	fact(c, _("Not after"), when_ts(c, s, "not_after_ts"));
	hf(c, "<dt>%s</dt><dd>", _("Accounts"));
	for (size_t i = 0; t && t->type == HY_JSON_ARRAY && i < t->n; i++)
		hf(c, "%s%s", i ? "、" : "", str(t->at[i], "name"));
	hf(c, "</dd><dt>%s</dt><dd><code class=\"hash\">%s</code></dd></dl>", _("Digest (SHA-256)"),
	   str(s, "digest"));
}

static void hidden_revision(struct web_call *c, const struct hy_json *s)
{
	hf(c, "<input type=\"hidden\" name=\"revision\" value=\"%s\">", str(s, "revision"));
}

static void put_approve(struct web_call *c, const struct hy_json *s)
{
	const struct hy_json *t = hy_json_get(s, "targets");
	bool own = c->who && num(s, "author_id") == c->who->id.v;
	size_t n = t && t->type == HY_JSON_ARRAY ? t->n : 0;

	if (own) {
		hf(c, "<p class=\"note warn\"><b>▲</b> %s</p>",
		   _("You wrote this; another person approves it."));
		return;
	}
	hf(c, "<p>%s</p>",
	   _("Your approval holds for exactly this text, these accounts and this time, and "
	     "sends it."));
	form_open(c, "/statements/%s/approve", str(s, "id"));
	hidden_revision(c, s);
	hf(c, "<input type=\"hidden\" name=\"digest\" value=\"%s\">", str(s, "digest"));
	/* The words differ, so that a hand trained in drills cannot publish by habit, nor the other
	 * way round. */
	hf(c,
	   "<label>%s<input name=\"confirm\" required autocomplete=\"off\" "
	   "placeholder=\"%s %s\"></label>",
	   hy_strf(c->req, c->web->conf.drill ? _("This is a drill: type \"%s %s\"")
					      : _("To publish for real, type \"%s %s\""),
		   c->web->conf.drill ? "演练" : "发布", str(s, "id")),
	   c->web->conf.drill ? "演练" : "发布", str(s, "id"));
	form_close(c, hy_strf(c->req, _("Approve and publish to %d accounts"), (int)n),
		   "main seal-red");
	more_open(c, _("Give it back"));
	form_open(c, "/statements/%s/reject", str(s, "id"));
	hidden_revision(c, s);
	hf(c, "<label>%s<textarea name=\"why\" rows=\"2\" required></textarea></label>",
	   _("The reason"));
	form_close(c, _("Give it back"), "");
	h(c, "</details>");
}

static void put_submit(struct web_call *c, const struct hy_json *s)
{
	const struct hy_json *checks = hy_json_get(s, "checks");

	form_open(c, "/statements/%s/submit", str(s, "id"));
	hidden_revision(c, s);
	for (size_t i = 0; checks && checks->type == HY_JSON_ARRAY && i < checks->n; i++)
		if (hy_json_bool(checks->at[i], "blocking", false))
			hf(c,
			   "<label class=\"check\"><input type=\"checkbox\" name=\"allow\" "
			   "value=\"%s\">%s</label>",
			   str(checks->at[i], "code"),
			   hy_strf(c->req, _("I have looked: %s"), str(checks->at[i], "text")));
	form_close(c, _("Hand to the approver"), "main");
}

static void put_acts(struct web_call *c, const struct hy_json *s)
{
	const char *state = str(s, "state");
	bool draft = !strcmp(state, "draft") || !strcmp(state, "rejected");

	hf(c, "<aside class=\"card side\"><h2>%s</h2>", _("What now"));
	put_digest(c, s);
	if (!strcmp(state, "submitted") && may_act(c, "post.approve"))
		put_approve(c, s);
	else if (!strcmp(state, "submitted"))
		hf(c, "<p class=\"hint\">%s</p>", _("It waits for an approver."));
	if (draft && may_act(c, "post.submit"))
		put_submit(c, s);
	if ((draft || !strcmp(state, "submitted")) && may_act(c, "post.edit")) {
		more_open(c, _("Change it (a new revision)"));
		form_open(c, "/statements/%s/edit", str(s, "id"));
		hidden_revision(c, s);
		put_fields(c, s);
		form_close(c, _("Keep the new revision"), "main");
		h(c, "</details>");
	}
	if (!strcmp(state, "approved") && any_open(s) && may_act(c, "post.cancel")) {
		more_open(c, _("Cancel"));
		form_open(c, "/statements/%s/cancel", str(s, "id"));
		form_close(c, _("Cancel what has not been sent"), "");
		h(c, "</details>");
	}
	cli_twin(c, hy_strf(c->req, "huying post show %s", str(s, "id")));
	h(c, "</aside>");
}

void page_statement(struct web_call *c)
{
	struct hy_json_writer *p = web_params(c);
	const struct hy_json *s, *e;

	hy_jw_kstr(p, "id", c->req->args[0]);
	if (web_act(c, "post.show", p)) {
		web_fail(c);
		return;
	}
	s = c->result;
	e = hy_json_get(s, "evidence_list");
	page_open(c, *str(s, "title") ? str(s, "title") : _("(no title)"), "/statements");
	h(c, "<p class=\"badges\">");
	state_badge(c, str(s, "state"));
	hf(c, "<span>%s</span><time>%s</time></p><div class=\"two\"><div>", word(c, str(s, "kind")),
	   str(s, "when"));
	if (*str(s, "reject_why"))
		hf(c, "<p class=\"note bad\"><b>■</b> %s</p>", str(s, "reject_why"));
	put_checks(c, s);
	put_text(c, s);
	put_forms(c, s);
	if (e && e->type == HY_JSON_ARRAY && e->n) {
		hf(c, "<section class=\"card\"><h2>%s</h2>", _("Evidence"));
		evidence_list(c, e);
		h(c, "</section>");
	}
	if (num(s, "claim"))
		hf(c, "<p><a href=\"/claims/%s\">%s</a></p>", str(s, "claim"), _("The claim"));
	put_deliveries(c, s);
	h(c, "</div>");
	put_acts(c, s);
	h(c, "</div>");
	page_close(c);
}
