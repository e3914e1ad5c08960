/* The escaping writer of pages, the frame around them and the parts they share. */
#include "web/pages.h"

#include <stdarg.h>
#include <string.h>

void h(struct web_call *c, const char *markup)
{
	hy_buf_str(c->page, markup);
}

void hf(struct web_call *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			hy_buf_chr(c->page, *fmt);
			continue;
		}
		fmt++;
		if (*fmt == 's')
			hy_html_text(c->page, va_arg(ap, const char *));
		else if (*fmt == 'd')
			hy_buf_fmt(c->page, "%d", va_arg(ap, int));
		else if (*fmt == 'l' && fmt[1] == 'd' && fmt++)
			hy_buf_fmt(c->page, "%ld", va_arg(ap, long));
		else if (*fmt == 'z' && fmt[1] == 'u' && fmt++)
			hy_buf_fmt(c->page, "%zu", va_arg(ap, size_t));
		else if (*fmt == '%')
			hy_buf_chr(c->page, '%');
		else
			HY_BUG("hf: no %%%c", *fmt);
	}
	va_end(ap);
}

void h_lines(struct web_call *c, const char *text)
{
	hy_html_lines(c->page, text);
}

/* ---- JSON ---- */

int64_t num(const struct hy_json *o, const char *name)
{
	return hy_json_int(o, name, 0);
}

const char *str(const struct hy_json *o, const char *name)
{
	const struct hy_json *v = hy_json_get(o, name);

	if (!v || !v->text ||
	    (v->type != HY_JSON_STRING && v->type != HY_JSON_INT && v->type != HY_JSON_REAL))
		return "";
	return v->text;
}

const struct hy_json *items_of(const struct hy_json *o)
{
	const struct hy_json *v = hy_json_get(o, "items");

	return v && v->type == HY_JSON_ARRAY ? v : NULL;
}

/* ---- frame ---- */

static const struct menu {
	const char *path, *words, *key;
} menu[] = {
	{"/", N_("Overview"), "o"},
	{"/alerts", N_("Alerts"), "a"},
	{"/search", N_("Search"), "s"},
	{"/claims", N_("Claims"), "c"},
	{"/cases", N_("Cases"), "i"},
	{"/statements", N_("Statements"), "w"},
	{"/report", N_("Promises kept"), "l"},
	{"/sources", N_("Sources"), "h"},
};

static void put_menu(struct web_call *c, const char *here)
{
	hf(c, "<nav aria-label=\"%s\"><ul>", _("Sections"));
	for (size_t i = 0; i < HY_LEN(menu); i++)
		hf(c, "<li><a href=\"%s\" data-key=\"%s\" aria-current=\"%s\">%s</a></li>",
		   menu[i].path, menu[i].key,
		   here && !strcmp(here, menu[i].path) ? "page" : "false", _(menu[i].words));
	h(c, "</ul></nav>");
}

/* The page as it is, with its query, in the other language. A posted form leads to its page. */
static char *same_page(struct web_call *c, const char *lang)
{
	const char *args[WEB_ARGS_MAX] = {NULL}, *allow = NULL, *path = c->req->path;
	bool get = !strcmp(c->req->route->method, "GET");
	int status = 0;
	char *out;

	if (!get && c->failed_at)
		path = c->failed_at;
	else if (!get && !web_route_find(c->req, "GET", path, args, &status, &allow))
		path = "/";
	out = hy_strf(c->req, "%s?", path);
	for (size_t i = 0; get && i < c->query.n; i++)
		if (strcmp(c->query.at[i].name, "lang") != 0)
			out = hy_strf(c->req, "%s%s=%s&", out,
				      web_escape_query(c->req, c->query.at[i].name),
				      web_escape_query(c->req, c->query.at[i].value));
	return hy_strf(c->req, "%slang=%s", out, lang);
}

static void put_person(struct web_call *c)
{
	const char *to = c->lang == HY_LANG_ZH ? "en" : "zh";

	h(c, "<div class=\"me\">");
	if (c->who)
		hf(c, "<span class=\"who\">%s</span>", c->who->name);
	hf(c, "<a class=\"lang\" href=\"%s\" lang=\"%s\">%s</a>", same_page(c, to),
	   c->lang == HY_LANG_ZH ? "en" : "zh-CN", c->lang == HY_LANG_ZH ? "English" : "中文");
	if (c->who && c->session.csrf[0]) {
		form_open(c, "/logout");
		form_close(c, _("Log out"), "quiet");
	}
	h(c, "</div>");
}

void page_open(struct web_call *c, const char *title, const char *here)
{
	c->page = hy_new(c->req, struct hy_buf);
	hy_buf_init(c->page, c->req, WEB_PAGE_MAX);
	hf(c,
	   "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"><title>%s · %s"
	   "</title>",
	   c->lang == HY_LANG_ZH ? "zh-CN" : "en", title, _("Huying"));
	h(c, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
	     "<meta name=\"color-scheme\" content=\"light dark\">"
	     "<link rel=\"icon\" href=\"/static/favicon.svg\" type=\"image/svg+xml\">"
	     "<link rel=\"stylesheet\" href=\"/static/app.css\">");
	if (c->who)
		h(c, "<script src=\"/static/app.js\" defer></script>");
	hf(c,
	   "</head><body><a class=\"skip\" href=\"#main\">%s</a><header class=\"top\"><a "
	   "class=\"seal\" "
	   "href=\"/\" aria-label=\"%s\"><span lang=\"zh-CN\">呼应</span></a>",
	   _("To the content"), _("Huying, to the overview"));
	if (c->who)
		put_menu(c, here);
	put_person(c);
	h(c, "</header>");
	if (c->who)
		hf(c,
		   "<div id=\"live\" class=\"live\" role=\"status\" aria-live=\"polite\" "
		   "data-new=\"%s\" data-none=\"%s\" data-lost=\"%s\" hidden></div>",
		   _("New alert"), _("Quiet: no alert is firing"), _("Live connection lost"));
	hf(c, "<main id=\"main\" tabindex=\"-1\" data-here=\"%s\"><h1>%s</h1>", here ? here : "",
	   title);
	refill_note(c);
	if (c->notice)
		hf(c, "<p class=\"note good\" role=\"status\"><b>✓</b> %s</p>", c->notice);
}

static void put_keys(struct web_call *c)
{
	hf(c, "<dialog id=\"keys\" aria-labelledby=\"keys-h\"><h2 id=\"keys-h\">%s</h2><dl>",
	   _("Keys"));
	hf(c,
	   "<dt><kbd>/</kbd></dt><dd>%s</dd><dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>%s</dd>"
	   "<dt><kbd>Enter</kbd></dt><dd>%s</dd>",
	   _("Search"), _("Next and previous row"), _("Open the row"));
	for (size_t i = 0; i < HY_LEN(menu); i++)
		hf(c, "<dt><kbd>g</kbd> <kbd>%s</kbd></dt><dd>%s</dd>", menu[i].key,
		   _(menu[i].words));
	hf(c,
	   "</dl><form method=\"dialog\"><label class=\"check\"><input type=\"checkbox\" "
	   "id=\"keys-off\">%s</label><button>%s</button></form></dialog>",
	   _("Switch single keys off"), _("Close"));
}

void page_close(struct web_call *c)
{
	refill_rest(c);
	h(c, "</main><footer>");
	hf(c, "<span>%s %s</span>", _("Huying"), c->web->conf.version);
	hf(c, "<a href=\"/public/\">%s</a><a href=\"/lookup\">%s</a>", _("Public statements"),
	   _("Look up a case"));
	if (c->who)
		hf(c, "<a href=\"/rules\">%s</a><span class=\"keyhint\"><kbd>?</kbd> %s</span>",
		   _("Rules"), _("Keys"));
	h(c, "</footer>");
	if (c->who)
		put_keys(c);
	h(c, "</body></html>\n");
}

void cli_twin(struct web_call *c, const char *command)
{
	hf(c, "<p class=\"twin\"><span>%s</span> <code>%s</code></p>", _("On the command line:"),
	   command);
}

void empty_state(struct web_call *c, const char *what, const char *verb, const char *command)
{
	hf(c, "<div class=\"empty\"><p><b>%s</b></p><p>%s</p>", what, verb);
	if (command)
		hf(c, "<p><code>%s</code></p>", command);
	h(c, "</div>");
}

static void open_form(struct web_call *c, const char *action, bool file)
{
	c->form_at = c->failed_at && !strcmp(action, c->req->path) ? c->page->len : 0;
	hf(c, "<form method=\"post\" action=\"%s\"", action);
	h(c, file ? " enctype=\"multipart/form-data\"" : "");
	hf(c, "><input type=\"hidden\" name=\"csrf\" value=\"%s\">", c->session.csrf);
}

void form_open(struct web_call *c, const char *fmt, ...)
{
	va_list ap;
	char *action;

	va_start(ap, fmt);
	action = hy_vstrf(c->req, fmt, ap);
	va_end(ap);
	open_form(c, action, false);
}

void form_open_file(struct web_call *c, const char *action)
{
	open_form(c, action, true);
}

void form_close(struct web_call *c, const char *words, const char *class)
{
	hf(c, "<button class=\"%s\">%s</button></form>", class ? class : "", words);
	if (c->form_at)
		refill_form(c, c->form_at);
	c->form_at = 0;
}

void more_open(struct web_call *c, const char *summary)
{
	c->more_at = c->page->len;
	hf(c, "<details class=\"more\"><summary>%s</summary>", summary);
}

/* ---- words and badges ---- */

void badge(struct web_call *c, const char *kind, const char *words)
{
	const char *shape = !strcmp(kind, "bad")    ? "■"
			    : !strcmp(kind, "warn") ? "▲"
			    : !strcmp(kind, "good") ? "●"
						    : "○";

	hf(c, "<span class=\"badge %s\"><i aria-hidden=\"true\">%s</i>%s</span>", kind, shape,
	   words);
}

static const struct {
	const char *name, *kind, *words;
} known[] = {
	{"high", "bad", N_("high")},
	{"medium", "warn", N_("medium")},
	{"low", "calm", N_("low")},
	{"firing", "bad", N_("firing")},
	{"acked", "warn", N_("in hand")},
	{"closed", "calm", N_("closed")},
	{"open", "warn", N_("open")},
	{"checking", "warn", N_("checking")},
	{"judged", "good", N_("judged")},
	{"none", "calm", N_("no verdict yet")},
	{"true", "good", N_("true")},
	{"partly", "warn", N_("partly true")},
	{"false", "bad", N_("false")},
	{"context", "warn", N_("lacks context")},
	{"unverified", "calm", N_("unverified")},
	{"not-checkable", "calm", N_("cannot be checked")},
	{"new", "warn", N_("new")},
	{"assigned", "calm", N_("assigned")},
	{"answered", "good", N_("answered")},
	{"waiting", "calm", N_("waiting for the citizen")},
	{"consult", "calm", N_("consultation")},
	{"request", "calm", N_("request")},
	{"complaint", "calm", N_("complaint")},
	{"suggest", "calm", N_("suggestion")},
	{"report", "calm", N_("report")},
	{"draft", "calm", N_("draft")},
	{"submitted", "warn", N_("waiting for approval")},
	{"approved", "good", N_("approved")},
	{"rejected", "bad", N_("given back")},
	{"cancelled", "calm", N_("cancelled")},
	{"notice", "calm", N_("notice")},
	{"progress", "calm", N_("progress")},
	{"correction", "calm", N_("correction")},
	{"reply", "calm", N_("reply")},
	{"erratum", "calm", N_("erratum")},
	{"planned", "calm", N_("planned")},
	{"expected", "calm", N_("expected")},
	{"collected", "good", N_("collected")},
	{"gone", "warn", N_("gone")},
	{"erased", "calm", N_("erased")},
	{"sending", "warn", N_("sending")},
	{"sent", "good", N_("sent")},
	{"wait", "warn", N_("waiting to retry")},
	{"failed", "bad", N_("failed")},
	{"delivered", "good", N_("delivered")},
	{"undelivered", "bad", N_("undelivered")},
	{"unknown", "bad", N_("in doubt")},
	{"missed", "bad", N_("missed")},
	{"active", "good", N_("active")},
	{"paused", "calm", N_("paused")},
	{"stopped", "bad", N_("stopped")},
	{"removed", "calm", N_("removed")},
	{"frozen", "bad", N_("frozen")},
	{"needs-reauth", "bad", N_("needs-reauth")},
	{"revoked", "calm", N_("revoked")},
	{"case", "calm", N_("became a case")},
	{"claim", "calm", N_("became a claim")},
	{"noise", "calm", N_("noise")},
	{"known", "calm", N_("known already")},
	{"done", "calm", N_("done")},
	{"opened", "calm", N_("opened")},
	{"returned", "calm", N_("given back to the desk")},
	{"replied", "calm", N_("answered the citizen")},
	{"note", "calm", N_("note")},
	{"origin", "calm", N_("original number")},
	{"phone", "calm", N_("Phone")},
	{"counter", "calm", N_("At the counter")},
	{"hotline", "calm", N_("Hotline")},
	{"letter", "calm", N_("Letter")},
	{"mailbox", "calm", N_("Mailbox")},
	{"board", "calm", N_("Message board")},
	{"resumed", "calm", N_("resumed")},
	{"reopened", "calm", N_("opened again")},
	{"due-changed", "calm", N_("due time changed")},
	{"desk", "calm", N_("the desk")},
	{"unit", "calm", N_("unit")},
	{"citizen", "calm", N_("the citizen")},
	{"checker", "calm", N_("checker")},
	{"article", "calm", N_("article")},
	{"post", "calm", N_("post")},
	{"comment", "calm", N_("comment")},
	{"message", "calm", N_("message")},
	{"query", "calm", N_("query")},
	{"regex", "calm", N_("regular expression")},
	{"running", "warn", N_("running")},
	{"complete", "good", N_("complete")},
	{"interrupted", "bad", N_("interrupted")},
	{"page", "calm", N_("page")},
	{"followers", "warn", N_("followers")},
};

const char *word(struct web_call *c, const char *name)
{
	for (size_t i = 0; i < HY_LEN(known); i++)
		if (!strcmp(known[i].name, name))
			return _(known[i].words);
	return hy_desk_word(name);
}

void state_badge(struct web_call *c, const char *state)
{
	const char *kind = "calm";

	if (!*state)
		return;
	for (size_t i = 0; i < HY_LEN(known); i++)
		if (!strcmp(known[i].name, state))
			kind = known[i].kind;
	badge(c, kind, word(c, state));
}

void level_badge(struct web_call *c, const char *level)
{
	state_badge(c, level);
}

char *left_words(struct web_call *c, int64_t seconds)
{
	int64_t s = seconds < 0 ? -seconds : seconds;
	char *span;

	if (s >= 2 * 86400)
		span = hy_strf(c->req, _("%d d"), (int)(s / 86400));
	else if (s >= 3600)
		span = hy_strf(c->req, _("%d h %d min"), (int)(s / 3600), (int)(s % 3600 / 60));
	else
		span = hy_strf(c->req, _("%d min"), (int)(s / 60));
	return seconds < 0 ? hy_strf(c->req, _("overdue %s"), span)
			   : hy_strf(c->req, _("%s left"), span);
}

char *when_ts(struct web_call *c, const struct hy_json *o, const char *name)
{
	return c->vt->when(c->desk, c->req, num(o, name) * HY_SECOND);
}

void link_out(struct web_call *c, const char *url, const char *words)
{
	if (hy_url_is_http(url))
		hf(c,
		   "<a href=\"%s\" rel=\"noreferrer noopener nofollow\" target=\"_blank\">%s"
		   "</a>",
		   url, words);
	else
		hf(c, "%s", words);
}

void older(struct web_call *c, const char *path, const struct hy_json *result)
{
	const char *next = str(result, "next");

	if (*next && strcmp(next, "0"))
		hf(c, "<p class=\"older\"><a href=\"%s%sbefore=%s\">%s</a></p>", path,
		   strchr(path, '?') ? "&" : "?", web_escape_query(c->req, next), _("Older ones"));
}

void put_before(struct web_call *c, struct hy_json_writer *p)
{
	static const struct hy_param before = {.name = "before", .type = HY_PARAM_INT};
	const char *value = web_field(&c->query, "before");

	if (value && *value && !web_param_write(p, &before, value))
		hy_jw_null(p);
}

void unit_options(struct web_call *c, const char *chosen)
{
	struct hy_json *kept = c->result;
	const struct hy_json *units;

	if (!web_act(c, "unit.list", NULL)) {
		units = items_of(c->result);
		for (size_t i = 0; units && i < units->n; i++) {
			const char *name = str(units->at[i], "name");

			h(c, chosen && !strcmp(chosen, name) ? "<option selected>" : "<option>");
			hf(c, "%s</option>", name);
		}
	}
	c->result = kept;
}

bool may_act(const struct web_call *c, const char *action)
{
	const struct hy_action *a = hy_desk_action(action);

	return a && web_may(c, a->duties);
}

void fact(struct web_call *c, const char *name, const char *value)
{
	if (value && *value)
		hf(c, "<dt>%s</dt><dd>%s</dd>", name, value);
}

char *shell_quoted(struct web_call *c, const char *s)
{
	struct hy_buf b;

	hy_buf_init(&b, c->req, 4 * strlen(s) + 2);
	hy_buf_chr(&b, '\'');
	for (; *s; s++)
		if (*s == '\'')
			hy_buf_str(&b, "'\\''");
		else
			hy_buf_chr(&b, *s);
	hy_buf_chr(&b, '\'');
	return hy_buf_take(&b, NULL);
}
