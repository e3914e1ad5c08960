/* What a citizen sees without an account: the look-up of a case by number and code. */
#include "web/pages.h"

#include <string.h>

static void put_form(struct web_call *c, const char *number, const char *why)
{
	page_open(c, _("Look up a case"), NULL);
	h(c, "<section class=\"card login\">");
	if (why)
		hf(c, "<p class=\"note bad\" role=\"alert\"><b>✗</b> %s</p>", why);
	hf(c,
	   "<form method=\"post\" action=\"/lookup\"><label>%s<input name=\"number\" required "
	   "value=\"%s\" placeholder=\"20261121-0042\" autocomplete=\"off\"></label><label>%s"
	   "<input name=\"code\" required inputmode=\"numeric\" autocomplete=\"off\" "
	   "maxlength=\"16\"></label><button class=\"main\">%s</button></form>",
	   _("Case number"), number ? number : "", _("Look-up code (8 digits)"), _("Look up"));
	hf(c, "<p class=\"hint\">%s</p></section>", _("Both stand on the receipt you were given."));
	page_close(c);
}

void page_lookup(struct web_call *c)
{
	put_form(c, NULL, NULL);
}

static void put_case(struct web_call *c, const struct hy_json *cs)
{
	const struct hy_json *events = hy_json_get(cs, "events");

	page_open(c, hy_strf(c->req, _("Case %s"), str(cs, "number")), NULL);
	h(c, "<section class=\"card\"><p class=\"badges\">");
	state_badge(c, str(cs, "state"));
	h(c, "</p><dl class=\"facts\">");
	fact(c, _("Unit"), str(cs, "unit"));
	fact(c, _("Due"), str(cs, "due_when"));
	h(c, "</dl><ol class=\"events\">");
	for (size_t i = 0; events && events->type == HY_JSON_ARRAY && i < events->n; i++) {
		hf(c, "<li><p class=\"meta\"><time>%s</time><b>%s</b></p><p>",
		   str(events->at[i], "when"), word(c, str(events->at[i], "kind")));
		if (strcmp(str(events->at[i], "kind"), "due-changed") != 0)
			h_lines(c, str(events->at[i], "text"));
		h(c, "</p></li>");
	}
	hf(c, "</ol></section><p><a href=\"/lookup\">%s</a></p>", _("Look up another"));
	page_close(c);
}

/* The answer is the same for a number that is not there and for a code that is wrong. */
void page_lookup_do(struct web_call *c)
{
	const char *number = web_field(&c->form, "number"), *code = web_field(&c->form, "code");
	struct hy_json_writer *p = web_params(c);
	struct hy_person *who = c->who;
	enum hy_status status;
	int64_t wait;

	if (!number || !code || !*number || !*code || strlen(number) > 40 || strlen(code) > 16) {
		c->req->answer.status = 400;
		put_form(c, number, _("Give number and code."));
		return;
	}
	wait = web_lookup_wait(c, number);
	if (wait) {
		c->req->answer.status = 429;
		web_answer_header(&c->req->answer, "Retry-After",
				  hy_strf(c->req, "%" PRId64, (wait + 999) / 1000));
		put_form(c, number, _("Too many tries. Wait a minute."));
		return;
	}
	hy_jw_kstr(p, "number", number);
	hy_jw_kstr(p, "code", code);
	c->who = NULL; /* a citizen's question, whoever sits here */
	status = web_act(c, "case.lookup", p);
	c->who = who;
	if (!status) {
		put_case(c, c->result);
	} else if (status == HY_ENOTFOUND || status == HY_EAUTH || status == HY_EINPUT) {
		web_lookup_failed(c, number);
		c->req->answer.status = 404;
		put_form(c, number, _("No case has this number and code."));
	} else {
		web_fail(c);
	}
}

void page_public_empty(struct web_call *c)
{
	page_open(c, _("Public statements"), NULL);
	empty_state(c, _("Nothing published yet."),
		    _("Approved statements of the office appear here, each with its signature."),
		    NULL);
	page_close(c);
}
