/* Claims: one assertion, where it was seen, the evidence, the verdict and its second hand. */
#include "web/pages.h"

#include <string.h>

void page_claims(struct web_call *c)
{
	struct hy_json_writer *p = web_params(c);
	const struct hy_json *items;

	hy_jw_kint(p, "limit", 50);
	put_before(c, p);
	if (web_act(c, "claim.list", p)) {
		web_fail(c);
		return;
	}
	items = items_of(c->result);
	page_open(c, _("Claims"), "/claims");
	hf(c, "<p class=\"sub\">%s</p>", _("Claim → evidence → verdict → correction"));
	if (may_act(c, "claim.open")) {
		more_open(c, _("Open a claim"));
		form_open(c, "/claims");
		hf(c, "<label>%s<textarea name=\"text\" rows=\"2\" required></textarea></label>",
		   _("The assertion in one sentence"));
		form_close(c, _("Open the claim"), "main");
		h(c, "</details>");
	}
	if (!items || !items->n) {
		empty_state(c, _("No claim is open."),
			    _("Put an assertion into one sentence and check it."),
			    "huying claim open TEXT");
	} else {
		h(c, "<ul class=\"claims\">");
		for (size_t i = 0; i < items->n; i++) {
			const struct hy_json *cl = items->at[i];

			h(c, "<li class=\"card\" data-row><p class=\"badges\">");
			state_badge(c, str(cl, "state"));
			state_badge(c, str(cl, "verdict"));
			hf(c,
			   "<time>%s</time></p><p class=\"quote\"><a "
			   "href=\"/claims/%s\">“%s”</a></p>",
			   str(cl, "when"), str(cl, "id"), str(cl, "text"));
			if (*str(cl, "finding"))
				hf(c, "<p>%s</p>", str(cl, "finding"));
			hf(c, "<p class=\"hint\">%s · %s</p></li>",
			   hy_strf(c->req, _("seen %d times"), (int)num(cl, "sightings")),
			   hy_strf(c->req, _("%d pieces of evidence"), (int)num(cl, "evidence")));
		}
		h(c, "</ul>");
		older(c, "/claims", c->result);
	}
	cli_twin(c, "huying claim list");
	page_close(c);
}

static void put_sightings(struct web_call *c, const struct hy_json *cl)
{
	const struct hy_json *s = hy_json_get(cl, "sightings_list");

	hf(c, "<section class=\"card\"><h2>%s</h2>", _("Where it was seen"));
	if (!s || s->type != HY_JSON_ARRAY || !s->n) {
		empty_state(c, _("Not seen anywhere yet."), _("Add where you met it."), NULL);
	} else {
		hf(c,
		   "<table class=\"cards\"><thead><tr><th scope=\"col\">%s</th><th "
		   "scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th>"
		   "</tr></thead><tbody>",
		   _("Channel"), _("Place"), _("Time"), _("Note"));
		for (size_t i = 0; i < s->n; i++) {
			const struct hy_json *at = s->at[i];

			hf(c,
			   "<tr data-row><td data-label=\"%s\">%s %s</td><td "
			   "data-label=\"%s\">%s</td>",
			   _("Channel"), str(at, "channel"), str(at, "source"), _("Place"),
			   str(at, "place"));
			hf(c, "<td data-label=\"%s\"><time>%s</time></td><td data-label=\"%s\">%s ",
			   _("Time"), str(at, "when"), _("Note"), str(at, "note"));
			if (num(at, "item"))
				hf(c, "<a href=\"/items/%s\">%s</a>", str(at, "item"), _("item"));
			h(c, "</td></tr>");
		}
		h(c, "</tbody></table>");
	}
	if (may_act(c, "claim.sight")) {
		more_open(c, _("Seen somewhere else"));
		form_open(c, "/claims/%s/sight", str(cl, "id"));
		hf(c,
		   "<div class=\"fields\"><label>%s<input name=\"channel\" required></label><label>"
		   "%s<input name=\"place\"></label></div><label>%s<input name=\"note\"></label>",
		   _("Channel"), _("Place"), _("Note"));
		form_close(c, _("Add the sighting"), "");
		h(c, "</details>");
	}
	h(c, "</section>");
}

/* By how the file begins; it only helps whoever opens what they saved. */
static const char *suffix_of(const void *bytes, size_t n)
{
	static const struct {
		const char *begins, *suffix;
	} known[] = {
		{"%PDF-", "pdf"}, {"\x89PNG", "png"}, {"\xFF\xD8\xFF", "jpg"}, {"PK\3\4", "zip"}};

	for (size_t i = 0; i < HY_LEN(known); i++) {
		size_t k = strlen(known[i].begins);

		if (n >= k && !memcmp(bytes, known[i].begins, k))
			return known[i].suffix;
	}
	return hy_utf8_valid(bytes, n) ? "txt" : "bin";
}

void evidence_list(struct web_call *c, const struct hy_json *list)
{
	h(c, "<ul class=\"evidence\">");
	for (size_t i = 0; list && list->type == HY_JSON_ARRAY && i < list->n; i++) {
		const struct hy_json *e = list->at[i];

		h(c, "<li><b>");
		link_out(c, str(e, "url"), str(e, "title"));
		hf(c, "</b> <time>%s</time>", str(e, "when"));
		if (*str(e, "sha256"))
			hf(c, "<br><small>SHA-256 <code class=\"hash\">%s</code></small>",
			   str(e, "sha256"));
		if (*str(e, "media") && may_act(c, "evidence.get"))
			hf(c, "<br><a href=\"/evidence/%s\" download>%s</a>", str(e, "id"),
			   _("Open the kept file"));
		h(c, "</li>");
	}
	h(c, "</ul>");
}

/* What somebody sent us is never shown by the browser here: it is saved, whatever it says it is. */
void page_evidence(struct web_call *c)
{
	struct hy_json_writer *p = web_params(c);
	struct web_answer *a = &c->req->answer;
	const struct hy_json *file;
	void *bytes = NULL;
	size_t n = 0;

	hy_jw_kstr(p, "id", c->req->args[0]);
	if (web_act(c, "evidence.get", p)) {
		web_fail(c);
		return;
	}
	file = hy_json_get(c->result, "file");
	if (!file || file->type != HY_JSON_STRING) {
		web_error_page(c, 404, _("No file is kept of this evidence, only its address."));
		return;
	}
	if (hy_unbase64(c->req, file->text, false, &bytes, &n, &c->err)) {
		web_fail(c);
		return;
	}
	a->type = "application/octet-stream";
	a->sandbox = "sandbox; default-src 'none'";
	a->body = bytes;
	a->n = n;
	web_answer_header(a, "Content-Disposition",
			  hy_strf(c->req, "attachment; filename=\"evidence-%s.%s\"",
				  str(c->result, "id"), suffix_of(bytes, n)));
}

static void put_evidence(struct web_call *c, const struct hy_json *cl)
{
	const struct hy_json *e = hy_json_get(cl, "evidence_list");

	hf(c, "<section class=\"card\"><h2>%s</h2>", _("Evidence"));
	if (!e || e->type != HY_JSON_ARRAY || !e->n)
		empty_state(c, _("No evidence yet."),
			    _("A verdict needs something that others can look at."), NULL);
	else
		evidence_list(c, e);
	if (may_act(c, "claim.evidence")) {
		more_open(c, _("Add evidence"));
		form_open(c, "/claims/%s/evidence", str(cl, "id"));
		hf(c,
		   "<label>%s<input name=\"title\" required></label><label>%s<input name=\"url\" "
		   "type=\"url\"></label>",
		   _("What it is"), _("Address"));
		form_close(c, _("Add the evidence"), "");
		hf(c, "<p class=\"hint\">%s</p>",
		   _("A file is added on the command line; it is kept with its SHA-256."));
		cli_twin(c, hy_strf(c->req, "huying claim evidence %s --file REPORT.pdf",
				    str(cl, "id")));
		h(c, "</details>");
	}
	h(c, "</section>");
}

static void put_judge(struct web_call *c, const struct hy_json *cl)
{
	static const char *const verdicts[] = {"true",	  "partly",	"false",
					       "context", "unverified", "not-checkable"};

	form_open(c, "/claims/%s/judge", str(cl, "id"));
	hf(c, "<fieldset><legend>%s</legend>", _("Verdict"));
	for (size_t i = 0; i < HY_LEN(verdicts); i++) {
		hf(c,
		   "<label class=\"check\"><input type=\"radio\" name=\"verdict\" value=\"%s\" "
		   "required",
		   verdicts[i]);
		h(c, !strcmp(str(cl, "verdict"), verdicts[i]) ? " checked>" : ">");
		hf(c, "%s</label>", word(c, verdicts[i]));
	}
	hf(c,
	   "</fieldset><label>%s<textarea name=\"finding\" rows=\"2\" required>%s</textarea>"
	   "</label>",
	   _("What was found, in one sentence"), str(cl, "finding"));
	form_close(c, _("Write the verdict"), "main");
}

static void put_verdict(struct web_call *c, const struct hy_json *cl)
{
	bool judged = strcmp(str(cl, "verdict"), "none") && *str(cl, "verdict");
	bool is_signed = hy_json_bool(cl, "signed", false);

	hf(c, "<aside class=\"card side\"><h2>%s</h2><p class=\"badges\">", _("Verdict"));
	state_badge(c, judged ? str(cl, "verdict") : "none");
	if (judged)
		badge(c, is_signed ? "good" : "warn",
		      is_signed ? _("signed by a second person") : _("waits for a second person"));
	hf(c, "</p><p>%s</p><dl class=\"facts\">", str(cl, "finding"));
	fact(c, _("Judged by"), str(cl, "judged_by"));
	fact(c, _("Signed by"), str(cl, "signed_by"));
	h(c, "</dl>");
	if (judged && !is_signed && may_act(c, "claim.sign")) {
		form_open(c, "/claims/%s/sign", str(cl, "id"));
		form_close(c, _("Sign this verdict"), "main");
	}
	if (may_act(c, "claim.judge")) {
		if (judged)
			more_open(c, _("Judge anew (drops the signature)"));
		else
			hf(c, "<details class=\"more\" open><summary>%s</summary>", _("Judge"));
		put_judge(c, cl);
		h(c, "</details>");
	}
	if (may_act(c, "post.draft"))
		hf(c,
		   "<p><a class=\"button\" href=\"/statements/new?claim=%s&amp;kind=correction\">%s"
		   "</a></p>",
		   str(cl, "id"), _("Draft a correction"));
	cli_twin(c, hy_strf(c->req, "huying post correct --claim %s --to site --file FILE.md",
			    str(cl, "id")));
	h(c, "</aside>");
}

void page_claim(struct web_call *c)
{
	struct hy_json_writer *p = web_params(c);
	const struct hy_json *cl, *s;

	hy_jw_kstr(p, "id", c->req->args[0]);
	if (web_act(c, "claim.show", p)) {
		web_fail(c);
		return;
	}
	cl = c->result;
	s = hy_json_get(cl, "statements");
	page_open(c, hy_strf(c->req, _("Claim %s"), str(cl, "id")), "/claims");
	h(c, "<p class=\"badges\">");
	state_badge(c, str(cl, "state"));
	hf(c, "<time>%s</time></p><p class=\"quote big\">“%s”</p><div class=\"two\"><div>",
	   str(cl, "when"), str(cl, "text"));
	put_sightings(c, cl);
	put_evidence(c, cl);
	hf(c, "<section class=\"card\"><h2>%s</h2>", _("Statements about it"));
	if (s && s->type == HY_JSON_ARRAY && s->n) {
		h(c, "<ul class=\"rows\">");
		for (size_t i = 0; i < s->n; i++) {
			h(c, "<li data-row>");
			state_badge(c, str(s->at[i], "state"));
			hf(c, "<a href=\"/statements/%s\">%s</a></li>", str(s->at[i], "id"),
			   str(s->at[i], "title"));
		}
		h(c, "</ul>");
	} else {
		empty_state(c, _("Nothing published yet."),
			    _("Draft a correction; another person approves it."), NULL);
	}
	h(c, "</section></div>");
	put_verdict(c, cl);
	h(c, "</div>");
	page_close(c);
}
