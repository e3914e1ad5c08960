/* Saved searches: the list, the address of a feed (shown once), and the feed itself, which is asked
 * for by a reader that has nothing but its key. */
#include "web/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Under which address whoever asks reached us; the guard has seen that it is ours. */
static const char *address(struct web_call *c)
{
	return c->web->origin ? c->web->origin : hy_strf(c->req, "http://%s", c->req->host);
}

/* The search page that shows what this saved search finds. */
static char *run_link(struct web_call *c, const struct hy_json *s)
{
	static const char *const names[] = {"since", "until", "source", "unit",
					    "place", "kind",  "order"};
	char *link = hy_strf(c->req, "/search?q=%s", web_escape_query(c->req, str(s, "query")));

	for (size_t i = 0; i < HY_LEN(names); i++)
		if (*str(s, names[i]))
			link = hy_strf(c->req, "%s&%s=%s", link, names[i],
				       web_escape_query(c->req, str(s, names[i])));
	return hy_json_bool(s, "all", false) ? hy_strf(c->req, "%s&all=true", link) : link;
}

void saved_links(struct web_call *c)
{
	const struct hy_json *items;

	if (web_act(c, "saved.list", NULL) || !(items = items_of(c->result)) || !items->n)
		return;
	hf(c, "<p class=\"pills below\" role=\"group\" aria-label=\"%s\">", _("Saved searches"));
	for (size_t i = 0; i < items->n && i < 20; i++)
		hf(c, "<a class=\"pill\" href=\"%s\">%s</a>", run_link(c, items->at[i]),
		   str(items->at[i], "name"));
	hf(c, "<a href=\"/saved\">%s</a></p>", _("All saved searches"));
}

/* Its filters, as they were said. */
static char *filter_words(struct web_call *c, const struct hy_json *s)
{
	static const struct {
		const char *name, *label;
	} filters[] = {
		{"since", N_("Since")}, {"until", N_("Until")}, {"source", N_("Source")},
		{"unit", N_("Unit")},	{"place", N_("Place")}, {"kind", N_("Kind")},
	};
	const char *order = str(s, "order");
	char *words = hy_strdup(c->req, "");

	for (size_t i = 0; i < HY_LEN(filters); i++) {
		const char *v = str(s, filters[i].name);

		if (*v)
			words = hy_strf(c->req, "%s · %s %s", words, _(filters[i].label),
					!strcmp(filters[i].name, "kind") ? word(c, v) : v);
	}
	if (!strcmp(order, "relevance"))
		words = hy_strf(c->req, "%s · %s", words, _("By relevance"));
	if (hy_json_bool(s, "all", false))
		words = hy_strf(c->req, "%s · %s", words, _("Each by itself"));
	return words;
}

static void put_saved(struct web_call *c, const struct hy_json *s)
{
	hf(c,
	   "<li class=\"item\" data-row><p class=\"meta\"><time>%s</time><span>%s</span></p>"
	   "<p class=\"title\"><a href=\"%s\">%s</a></p><p class=\"text\"><code>%s</code>%s</p>",
	   str(s, "when"),
	   num(s, "keys") ? hy_strf(c->req, _("%d keys of its feed"), (int)num(s, "keys"))
			  : _("no feed"),
	   run_link(c, s), str(s, "name"), str(s, "query"), filter_words(c, s));
	if (may_act(c, "saved.feed")) {
		h(c, "<div class=\"abreast\">");
		form_open(c, "/saved/%s/feed", str(s, "id"));
		form_close(c, _("My key of its feed"), "");
		if (num(s, "keys")) {
			form_open(c, "/saved/%s/unfeed", str(s, "id"));
			form_close(c, _("End all its keys"), "");
		}
		form_open(c, "/saved/%s/remove", str(s, "id"));
		form_close(c, hy_strf(c->req, _("Remove “%s”"), str(s, "name")), "");
		h(c, "</div>");
	}
	h(c, "</li>");
}

void page_saved_list(struct web_call *c)
{
	const struct hy_json *items;

	if (web_act(c, "saved.list", NULL)) {
		web_fail(c);
		return;
	}
	items = items_of(c->result);
	page_open(c, _("Saved searches"), "/search");
	if (!items || !items->n) {
		empty_state(c, _("No search is saved."),
			    _("Search, then save what you will ask again."),
			    "huying saved add 供水 '自来水 (发黄 OR 异味)'");
	} else {
		h(c, "<ol class=\"items\">");
		for (size_t i = 0; i < items->n; i++)
			put_saved(c, items->at[i]);
		h(c, "</ol>");
		cli_twin(c, "huying saved list");
	}
	page_close(c);
}

/* Its name is a link that others may be sent: it leads to the search page. */
void page_saved(struct web_call *c)
{
	struct hy_json_writer *p = web_params(c);

	hy_jw_kstr(p, "id", c->req->args[0]);
	if (web_act(c, "saved.show", p))
		web_fail(c);
	else
		web_redirect(c, run_link(c, c->result));
}

void page_saved_feed(struct web_call *c)
{
	struct hy_json_writer *p = web_params(c);

	hy_jw_kstr(p, "id", c->req->args[0]);
	if (web_act(c, "saved.feed", p)) {
		web_form_failed(c, "/saved");
		return;
	}
	page_open(c, _("Address of the feed"), "/search");
	hf(c,
	   "<section class=\"card\"><p><label>%s<input readonly value=\"%s%s\" "
	   "data-select></label></p>"
	   "<p class=\"hint\">%s</p><p><a href=\"/saved\">%s</a></p></section>",
	   _("For a feed reader"), address(c), str(c->result, "path"),
	   _("It is shown this once. Who has it can read the feed without logging in, until you "
	     "ask "
	     "for another, the keys are ended or you are locked. That it was read stands in the "
	     "audit under your name, once a day."),
	   _("Back to the saved searches"));
	page_close(c);
}

static bool to_id(const char *s, int64_t *out)
{
	char *end = NULL;

	errno = 0;
	*out = strtoll(s, &end, 10);
	return !errno && *s >= '1' && *s <= '9' && !*end;
}

static void no_feed(struct web_call *c, int status, const char *words)
{
	struct web_answer *a = &c->req->answer;

	a->status = status;
	a->type = "text/plain; charset=utf-8";
	a->body = words;
	a->n = strlen(words);
}

/* A wrong key, one that has ended and a search that is not there look the same. */
void web_saved_atom(struct web_call *c)
{
	struct web_answer *a = &c->req->answer;
	const char *key = web_field(&c->query, "key");
	int64_t id = 0;
	struct hy_json_writer *p;
	char *etag;

	if (!key || strlen(key) > 128 || !to_id(c->req->args[0], &id) ||
	    c->vt->feed_key(c->desk, c->req, id, key, &c->who, &c->err)) {
		no_feed(c, 404, "no such feed, or its key has ended\n");
		return;
	}
	p = web_params(c);
	hy_jw_kstr(p, "id", c->req->args[0]);
	hy_jw_kstr(p, "address", address(c));
	if (web_act(c, "saved.atom", p)) {
		hy_log_err(HY_LOG_WARNING, "web", "/saved/{id}/atom", &c->err);
		no_feed(c, web_status(c, &c->err), "the feed cannot be made now\n");
		return;
	}
	a->type = "application/atom+xml; charset=utf-8";
	a->body = str(c->result, "text");
	a->n = strlen(a->body);
	etag = hy_strf(c->req, "\"%016" PRIx64 "\"", hy_xxh64(a->body, a->n));
	web_answer_header(a, "ETag", etag);
	if (c->req->etag && strstr(c->req->etag, etag)) {
		a->status = 304;
		a->body = "";
		a->n = 0;
	}
}

/* ---- what was found, as a file ---- */

void page_export(struct web_call *c)
{
	const struct hy_action *action = hy_desk_action("search.export");
	struct hy_json_writer *p = web_params(c);
	struct web_answer *a = &c->req->answer;
	bool csv;

	for (const struct hy_param *q = action->params; q->name; q++) {
		const char *value = web_field(&c->form, q->name);
		if (value && *value && !web_param_write(p, q, value))
			hy_jw_null(p); /* the desk says that it is missing */
	}
	if (web_act(c, "search.export", p)) {
		web_fail(c);
		return;
	}
	csv = !strcmp(str(c->result, "format"), "csv");
	a->type = csv ? "text/csv; charset=utf-8" : "application/jsonl; charset=utf-8";
	a->body = str(c->result, "text");
	a->n = strlen(a->body);
	web_answer_header(a, "Content-Disposition",
			  csv ? "attachment; filename=\"search.csv\""
			      : "attachment; filename=\"search.jsonl\"");
}
