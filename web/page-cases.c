/* Cases: who has it, how long is left, and why just then. A reply goes to the citizen, a note does
 * not. */
#include "web/pages.h"

#include <string.h>

static void put_left(struct web_call *c, const struct hy_json *cs)
{
	int64_t left = num(cs, "left_s");

	if (!num(cs, "due_ts") || !strcmp(str(cs, "state"), "closed"))
		return;
	badge(c, left < 0 ? "bad" : left < 3600 ? "warn" : "calm", left_words(c, left));
}

/* The desk gives no title to whoever may not open the case. */
void case_link(struct web_call *c, const struct hy_json *cs)
{
	if (*str(cs, "title"))
		hf(c, "<a href=\"/cases/%s\">%s</a>", str(cs, "id"), str(cs, "title"));
	else
		h(c, "<span>—</span>");
}

static void put_row(struct web_call *c, const struct hy_json *cs)
{
	hf(c, "<tr data-row><td data-label=\"%s\"><code>%s</code></td><td data-label=\"%s\">",
	   _("Number"), str(cs, "number"), _("Title"));
	case_link(c, cs);
	hf(c, "</td><td data-label=\"%s\">", _("State"));
	state_badge(c, str(cs, "state"));
	hf(c, "</td><td data-label=\"%s\">%s</td><td data-label=\"%s\">", _("Unit"),
	   *str(cs, "unit") ? str(cs, "unit") : _("the desk"), _("Left"));
	put_left(c, cs);
	hf(c, "</td><td data-label=\"%s\"><time>%s</time></td></tr>", _("Due"),
	   str(cs, "due_when"));
}

static void put_new(struct web_call *c)
{
	static const char *const types[] = {"consult", "request", "complaint", "suggest", "report"};
	static const struct {
		const char *name, *words;
	} channels[] = {{"phone", N_("Phone")},		{"counter", N_("At the counter")},
			{"hotline", N_("Hotline")},	{"letter", N_("Letter")},
			{"mailbox", N_("Mailbox")},	{"board", N_("Message board")},
			{"desk", N_("the desk itself")}};

	if (!may_act(c, "case.open"))
		return;
	more_open(c, _("Open a case"));
	form_open(c, "/cases");
	hf(c,
	   "<label>%s<input name=\"title\" required></label><label>%s<textarea name=\"text\" "
	   "rows=\"4\"></textarea></label><div class=\"fields\"><label>%s<select name=\"type\">",
	   _("Title"), _("What the citizen wrote"), _("Kind"));
	for (size_t i = 0; i < HY_LEN(types); i++)
		hf(c, "<option value=\"%s\">%s</option>", types[i], word(c, types[i]));
	hf(c, "</select></label><label>%s<select name=\"unit\"><option value=\"\">%s</option>",
	   _("Unit"), _("the desk"));
	unit_options(c, NULL);
	h(c, "</select></label></div><div class=\"fields\">");
	hf(c, "<label>%s<select name=\"channel\">", _("How it came"));
	for (size_t i = 0; i < HY_LEN(channels); i++)
		hf(c, "<option value=\"%s\">%s</option>", channels[i].name, _(channels[i].words));
	hf(c,
	   "</select></label><label>%s<input type=\"datetime-local\" "
	   "name=\"at\"></label><label>%s<input "
	   "name=\"reference\" maxlength=\"200\"></label><label>%s<input name=\"contact\" "
	   "maxlength=\"200\" autocomplete=\"off\"></label></div>",
	   _("Arrived (now, where empty)"), _("Original number, if it has one"),
	   _("Reply to: phone or e-mail (sealed)"));
	form_close(c, _("Open the case"), "main");
	h(c, "</details>");
	if (may_act(c, "import.preview"))
		hf(c, "<p><a class=\"button\" href=\"/imports\">%s</a></p>", _("Import a sheet"));
}

static void tab(struct web_call *c, const char *href, bool on, const char *words)
{
	hf(c, "<a href=\"%s\" aria-current=\"%s\">%s</a>", href, on ? "true" : "false", words);
}

static bool asked(struct web_call *c, const char *name)
{
	const char *v = web_field(&c->query, name);

	return v && !strcmp(v, "1");
}

void page_cases(struct web_call *c)
{
	bool closed = asked(c, "closed"), overdue = asked(c, "overdue");
	const char *unit = web_field(&c->query, "unit");
	const char *reference = web_field(&c->query, "reference");
	struct hy_json_writer *p = web_params(c);
	const struct hy_json *items;

	hy_jw_kbool(p, "closed", closed);
	hy_jw_kbool(p, "overdue", overdue);
	hy_jw_kint(p, "limit", 50);
	if (unit && *unit)
		hy_jw_kstr(p, "unit", unit);
	if (reference && *reference)
		hy_jw_kstr(p, "reference", reference);
	put_before(c, p);
	if (web_act(c, "case.list", p)) {
		web_fail(c);
		return;
	}
	items = items_of(c->result);
	page_open(c, _("Cases"), "/cases");
	h(c, "<p class=\"tabs\">");
	tab(c, "/cases", !closed && !overdue, _("Open"));
	tab(c, "/cases?overdue=1", overdue, _("Overdue"));
	tab(c, "/cases?closed=1", closed, _("All"));
	h(c, "</p>");
	hf(c,
	   "<form class=\"search\" action=\"/cases\"><label>%s <input name=\"reference\" "
	   "value=\"%s\" required></label><button>%s</button></form>",
	   _("Original number"), reference ? reference : "", _("Find"));
	put_new(c);
	if (!items || !items->n) {
		empty_state(c, overdue ? _("None overdue.") : _("No open case."),
			    _("Open one from an alert or an item by one button."),
			    "huying case open TITLE");
	} else {
		hf(c,
		   "<table class=\"cards\"><thead><tr><th scope=\"col\">%s</th><th "
		   "scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th "
		   "scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead><tbody>",
		   _("Number"), _("Title"), _("State"), _("Unit"), _("Left"), _("Due"));
		for (size_t i = 0; i < items->n; i++)
			put_row(c, items->at[i]);
		h(c, "</tbody></table>");
		older(c,
		      closed	? "/cases?closed=1"
		      : overdue ? "/cases?overdue=1"
				: "/cases",
		      c->result);
	}
	cli_twin(c, overdue ? "huying case list --overdue" : "huying case list");
	page_close(c);
}

/* ---- one case ---- */

/* What a change of due times leaves behind is JSON: the new times, or the round that ended. */
static void put_new_dues(struct web_call *c, const char *text)
{
	struct hy_json *doc = NULL;
	int64_t reply, resolve;

	if (hy_json_parse(c->req, text, strlen(text), 0, &doc, NULL))
		return;
	reply = num(doc, "new_reply");
	resolve = num(doc, "new_resolve");
	h(c, "<dl class=\"facts\">");
	fact(c, _("Answer due"), c->vt->when(c->desk, c->req, reply));
	fact(c, _("Done by"), c->vt->when(c->desk, c->req, resolve));
	h(c, "</dl>");
}

static void put_events(struct web_call *c, const struct hy_json *cs)
{
	const struct hy_json *events = hy_json_get(cs, "events");

	hf(c, "<section class=\"card\"><h2>%s</h2><ol class=\"events\">", _("What happened"));
	for (size_t i = 0; events && events->type == HY_JSON_ARRAY && i < events->n; i++) {
		const struct hy_json *e = events->at[i];

		hf(c, "<li class=\"%s\"><p class=\"meta\"><time>%s</time><b>%s</b>",
		   !strcmp(str(e, "kind"), "replied") ? "public" : "inner", str(e, "when"),
		   word(c, str(e, "kind")));
		if (*str(e, "unit"))
			hf(c, "<span>→ %s</span>", str(e, "unit"));
		else if (*str(e, "holder"))
			hf(c, "<span>→ %s</span>", word(c, str(e, "holder")));
		if (*str(e, "actor"))
			hf(c, "<span>%s</span>", str(e, "actor"));
		h(c, "</p>");
		if (!strcmp(str(e, "kind"), "due-changed")) {
			put_new_dues(c, str(e, "text"));
		} else if (*str(e, "text")) {
			h(c, "<p>");
			h_lines(c, str(e, "text"));
			h(c, "</p>");
		}
		h(c, "</li>");
	}
	h(c, "</ol></section>");
}

/* One button of a person who looked, or who decides. */
static void settle_button(struct web_call *c, const struct hy_json *cs, const struct hy_json *a,
			  const char *as, const char *words)
{
	form_open(c, "/cases/%s/settle", str(cs, "id"));
	hf(c,
	   "<input type=\"hidden\" name=\"answer\" value=\"%s\"><input type=\"hidden\" name=\"as\" "
	   "value=\"%s\">",
	   str(a, "id"), as);
	form_close(c, words, "");
}

static void put_settle(struct web_call *c, const struct hy_json *cs, const struct hy_json *a)
{
	const char *state = str(a, "state");
	bool unknown = !strcmp(state, "unknown");

	if (!may_act(c, "case.settle") ||
	    (!unknown && strcmp(state, "failed") != 0 && strcmp(state, "missed") != 0))
		return;
	more_open(c, _("Settle"));
	if (unknown) {
		hf(c, "<p>%s</p>", _("I looked on the platform"));
		settle_button(c, cs, a, "sent", _("it is there"));
		settle_button(c, cs, a, "absent", _("it is not there: send it now"));
	} else {
		settle_button(c, cs, a, "retry", _("Send it now"));
	}
	settle_button(c, cs, a, "cancel", _("It is not sent any more"));
	h(c, "</details>");
}

/* What became of the replies that were sent over an account. */
static void put_answers(struct web_call *c, const struct hy_json *cs)
{
	const struct hy_json *list = hy_json_get(cs, "answers");

	if (!list || list->type != HY_JSON_ARRAY || !list->n)
		return;
	hf(c, "<section class=\"card\"><h2>%s</h2>", _("Answers on their way to the citizen"));
	if (hy_json_bool(cs, "reply_unsent", false))
		hf(c, "<p class=\"note warn\"><b>▲</b> %s</p>",
		   _("Reply not sent: the citizen has no answer."));
	h(c, "<ol class=\"events\">");
	for (size_t i = 0; i < list->n; i++) {
		const struct hy_json *a = list->at[i];

		hf(c, "<li class=\"public\"><p class=\"meta\"><time>%s</time><b>%s</b>",
		   str(a, "when"), str(a, "account"));
		state_badge(c, str(a, "state"));
		state_badge(c, str(a, "report"));
		h(c, "</p>");
		if (*str(a, "error"))
			hf(c, "<p>%s</p>", str(a, "error"));
		if (*str(a, "cure"))
			hf(c, "<p class=\"meta\">%s</p>", str(a, "cure"));
		put_settle(c, cs, a);
		h(c, "</li>");
	}
	h(c, "</ol></section>");
}

/* Links, never pictures of their own: opening one is a person's wish, and leaves its own trace. */
static void put_media(struct web_call *c, const struct hy_json *cs)
{
	const struct hy_json *list = hy_json_get(cs, "media");
	const char *why = web_field(&c->query, "why");

	if (!list || list->type != HY_JSON_ARRAY || !list->n)
		return;
	hf(c, "<section class=\"card\"><h2>%s</h2><ol class=\"events\">",
	   _("Sent beside the words"));
	for (size_t i = 0; i < list->n; i++) {
		const struct hy_json *m = list->at[i];

		hf(c, "<li><p class=\"meta\"><time>%s</time>", str(m, "when"));
		state_badge(c, str(m, "state"));
		h(c, "</p><p>");
		if (num(m, "bytes"))
			hf(c, "<a href=\"/cases/%s/media/%s%s%s\" download>%s</a> %s, %s",
			   str(cs, "id"), str(m, "id"), why ? "?why=" : "",
			   why ? web_escape_query(c->req, why) : "", str(m, "name"), str(m, "type"),
			   hy_strf(c->req, _("%" PRId64 " bytes"), num(m, "bytes")));
		else
			hf(c, "%s", str(m, "error"));
		h(c, "</p></li>");
	}
	h(c, "</ol></section>");
}

static void put_custody(struct web_call *c, const struct hy_json *cs)
{
	const struct hy_json *held = hy_json_get(cs, "custody");

	if (!held || held->type != HY_JSON_ARRAY || !held->n)
		return;
	hf(c, "<section class=\"card\"><h2>%s</h2><table class=\"small\"><tbody>",
	   _("Who held it how long"));
	for (size_t i = 0; i < held->n; i++)
		hf(c, "<tr><td>%s</td><td class=\"n\">%s</td></tr>",
		   *str(held->at[i], "unit") ? str(held->at[i], "unit")
					     : word(c, str(held->at[i], "holder")),
		   hy_dur_text(c->req, num(held->at[i], "seconds") * HY_SECOND, c->lang));
	h(c, "</tbody></table></section>");
}

static void put_why(struct web_call *c, const char *id)
{
	struct hy_json_writer *p = web_params(c);
	struct hy_json *kept = c->result;

	hy_jw_kstr(p, "id", id);
	if (!web_act(c, "case.why-due", p)) {
		hf(c, "<details class=\"more\"><summary>%s</summary><p class=\"why-due\">",
		   _("Why due then"));
		h_lines(c, str(c->result, "text"));
		h(c, "</p></details>");
	}
	c->result = kept;
}

static void text_form(struct web_call *c, const char *verb, const char *field, const char *label,
		      const char *button)
{
	const char *action = hy_strf(c->req, "case.%s", verb);

	if (!may_act(c, action))
		return;
	more_open(c, button);
	form_open(c, "/cases/%s/%s", str(c->result, "id"), verb);
	hf(c, "<label>%s<textarea name=\"%s\" rows=\"3\"", label, field);
	h(c, strcmp(verb, "close") && strcmp(verb, "wait") ? " required" : "");
	h(c, "></textarea></label>");
	form_close(c, button, "");
	h(c, "</details>");
}

/* Where a reply goes is said before it is written. */
static void put_reply(struct web_call *c, const struct hy_json *cs)
{
	const char *account = str(cs, "answer_account"), *until = str(cs, "answer_until");

	if (!may_act(c, "case.reply"))
		return;
	hf(c, "<details class=\"more\" open><summary>%s</summary>", _("Answer the citizen"));
	form_open(c, "/cases/%s/reply", str(cs, "id"));
	if (*account && *until)
		hf(c, "<p class=\"note\">%s</p>",
		   hy_strf(c->req, _("It is sent over %s, which takes it until %s."), account,
			   until));
	else if (*account)
		hf(c, "<p class=\"note\">%s</p>",
		   hy_strf(c->req, _("It is sent over %s."), account));
	else
		hf(c, "<p class=\"note warn\"><b>▲</b> %s %s</p>",
		   _("Nothing is sent: answer them by another way, too."), str(cs, "answer_why"));
	hf(c, "<label>%s<textarea name=\"text\" rows=\"3\" required></textarea></label>",
	   _("The answer: the citizen sees it by the look-up number, too"));
	if (*account)
		hf(c,
		   "<label class=\"check\"><input type=\"checkbox\" name=\"record_only\" "
		   "value=\"true\">%s</label>",
		   _("By hand: only record it, nothing is sent"));
	form_close(c, _("Answer the citizen"), "main");
	h(c, "</details>");
}

static void put_assign(struct web_call *c, const struct hy_json *cs)
{
	if (!may_act(c, "case.assign"))
		return;
	more_open(c, _("Hand it to a unit"));
	form_open(c, "/cases/%s/assign", str(cs, "id"));
	hf(c, "<label>%s<select name=\"unit\" required>", _("Unit"));
	unit_options(c, str(cs, "unit"));
	h(c, "</select></label>");
	form_close(c, _("Hand over"), "main");
	h(c, "</details>");
}

static void put_acts(struct web_call *c, const struct hy_json *cs)
{
	const char *state = str(cs, "state");

	hf(c, "<aside class=\"card side\"><h2>%s</h2>", _("What now"));
	if (!strcmp(state, "closed")) {
		text_form(c, "reopen", "why", _("The reason"), _("Open again"));
	} else {
		put_reply(c, cs);
		text_form(c, "note", "text", _("For colleagues only"), _("Write a note"));
		put_assign(c, cs);
		if (!strcmp(state, "assigned"))
			text_form(c, "return", "why", _("The reason"), _("Give it back"));
		if (strcmp(state, "waiting")) {
			text_form(c, "wait", "text", _("What we wait for"),
				  _("Wait for the citizen"));
		} else if (may_act(c, "case.resume")) {
			form_open(c, "/cases/%s/resume", str(cs, "id"));
			form_close(c, _("The citizen came back"), "main");
		}
		text_form(c, "close", "text", _("Closing word"), _("Close the case"));
		if (may_act(c, "post.draft"))
			hf(c,
			   "<p><a class=\"button\" "
			   "href=\"/statements/new?case=%s&amp;kind=reply\">%s</a></p>",
			   str(cs, "id"), _("Draft a public reply"));
	}
	cli_twin(c, hy_strf(c->req, "huying case show %s", str(cs, "number")));
	h(c, "</aside>");
}

static void put_facts(struct web_call *c, const struct hy_json *cs)
{
	h(c, "<dl class=\"facts\">");
	fact(c, _("Unit"), *str(cs, "unit") ? str(cs, "unit") : _("the desk"));
	fact(c, _("Kind"), word(c, str(cs, "type")));
	fact(c, _("Arrived"), str(cs, "when"));
	fact(c, _("How it came"), word(c, str(cs, "channel")));
	fact(c, _("Original number"), str(cs, "reference"));
	fact(c, _("Reply to"), str(cs, "contact"));
	fact(c, _("Answer due"), when_ts(c, cs, "due_reply_ts"));
	fact(c, _("Done by"), when_ts(c, cs, "due_resolve_ts"));
	fact(c, _("First answer"), when_ts(c, cs, "first_reply_ts"));
	if (num(cs, "round") > 1)
		fact(c, _("Round"), str(cs, "round"));
	fact(c, _("Look-up code"), str(cs, "code"));
	h(c, "</dl>");
}

/* Who does not handle a case says why they open it; that stands in the audit. */
static void ask_why(struct web_call *c)
{
	c->req->answer.status = 403;
	page_open(c, hy_strf(c->req, _("Case %s"), c->req->args[0]), "/cases");
	hf(c,
	   "<section class=\"card login\"><p class=\"note warn\"><b>▲</b> %s</p><form><label>%s"
	   "<input name=\"why\" required></label><button class=\"main\">%s</button></form>"
	   "</section>",
	   c->err.text, _("Why it must be opened (kept in the audit)"),
	   _("Open and leave a trace"));
	page_close(c);
}

void page_case(struct web_call *c)
{
	struct hy_json_writer *p = web_params(c);
	const struct hy_json *cs;

	hy_jw_kstr(p, "id", c->req->args[0]);
	if (web_field(&c->query, "why"))
		hy_jw_kstr(p, "why", web_field(&c->query, "why"));
	switch (web_act(c, "case.show", p)) {
	case HY_OK:
		break;
	case HY_EREFUSED:
		ask_why(c);
		return;
	default:
		web_fail(c);
		return;
	}
	cs = c->result;
	page_open(c, str(cs, "title"), "/cases");
	hf(c, "<p class=\"badges\"><code>%s</code>", str(cs, "number"));
	state_badge(c, str(cs, "state"));
	put_left(c, cs);
	h(c, "</p><div class=\"two\"><div><section class=\"card\"><p class=\"whole\">");
	h_lines(c, str(cs, "text"));
	h(c, "</p>");
	put_facts(c, cs);
	put_why(c, c->req->args[0]);
	if (num(cs, "alert"))
		hf(c, "<p><a href=\"/alerts/%s\">%s</a></p>", str(cs, "alert"), _("The alert"));
	if (num(cs, "claim"))
		hf(c, "<p><a href=\"/claims/%s\">%s</a></p>", str(cs, "claim"), _("The claim"));
	if (num(cs, "item"))
		hf(c, "<p><a href=\"/items/%s\">%s</a></p>", str(cs, "item"), _("The item"));
	h(c, "</section>");
	put_events(c, cs);
	put_media(c, cs);
	put_answers(c, cs);
	put_custody(c, cs);
	h(c, "</div>");
	put_acts(c, cs);
	h(c, "</div>");
	page_close(c);
}

/* A name for a header: nothing in it that means something there. */
static char *plain_name(struct web_call *c, const char *name)
{
	char *out = hy_strdup(c->req, name);

	for (char *p = out; *p; p++)
		if (!((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') ||
		      (*p >= 'A' && *p <= 'Z') || *p == '.' || *p == '-'))
			*p = '_';
	return out;
}

/* Only what its bytes show to be a picture, or sound, has a type here; a browser runs none of it.
 */
void page_case_media(struct web_call *c)
{
	struct hy_json_writer *p = web_params(c);
	struct web_answer *a = &c->req->answer;
	const char *file;
	void *bytes = NULL;
	size_t n = 0;

	hy_jw_kstr(p, "id", c->req->args[0]);
	hy_jw_kstr(p, "attachment", c->req->args[1]);
	if (web_field(&c->query, "why"))
		hy_jw_kstr(p, "why", web_field(&c->query, "why"));
	switch (web_act(c, "case.media", p)) {
	case HY_OK:
		break;
	case HY_EREFUSED:
		ask_why(c);
		return;
	default:
		web_fail(c);
		return;
	}
	file = hy_json_str(c->result, "file");
	if (!file) {
		web_error_page(c, 404, _("It is not here: the case says what became of it."));
		return;
	}
	if (hy_unbase64(c->req, file, false, &bytes, &n, &c->err)) {
		web_fail(c);
		return;
	}
	a->type = hy_strdup(c->req, str(c->result, "type"));
	a->sandbox = "sandbox; default-src 'none'";
	a->body = bytes;
	a->n = n;
	web_answer_header(a, "Content-Disposition",
			  hy_strf(c->req, "attachment; filename=\"%s-%s\"",
				  str(c->result, "number"), plain_name(c, str(c->result, "name"))));
}
