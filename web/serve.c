/*
 * One request in a worker: who is it, may they, is it really them who posts, then the route's
 * function. Deny by default: what has no route or no duty is refused before any page runs.
 */
#include "web/pages.h"

#include <string.h>

void web_answer_header(struct web_answer *a, const char *name, const char *value)
{
	if (a->n_headers == (int)HY_LEN(a->headers))
		HY_BUG("more than %zu headers", HY_LEN(a->headers));
	a->headers[a->n_headers++] = (struct web_header){name, value};
}

void web_redirect(struct web_call *c, const char *to)
{
	struct web_answer *a = &c->req->answer;

	a->status = 303;
	a->type = NULL;
	a->body = "";
	a->n = 0;
	web_answer_header(a, "Location", hy_strdup(c->req, to));
}

bool web_may(const struct web_call *c, unsigned duties)
{
	return c->who && (c->who->duties & duties);
}

struct hy_json_writer *web_params(struct web_call *c)
{
	struct hy_json_writer *w = hy_json_writer_new(c->req, false);

	hy_jw_object(w);
	return w;
}

enum hy_status web_act(struct web_call *c, const char *action, struct hy_json_writer *params)
{
	struct hy_json *p = NULL;
	char *text = NULL;
	const char *sent = "{}";
	size_t n = 2;
	enum hy_status status;

	c->result = NULL;
	c->err = (struct hy_err){0};
	if (params) {
		hy_jw_end_object(params);
		sent = hy_jw_text(params, &n);
	}
	status = hy_json_parse(c->req, sent, n, HY_JSON_UNIQUE, &p, &c->err);
	if (!status)
		status = c->vt->act(c->desk, c->req, c->who ? c->who->id : (struct hy_person_id){0},
				    action, p, &text, &c->err);
	if (!status)
		status = hy_json_parse(c->req, text, strlen(text), 0, &c->result, &c->err);
	if (status && !c->err.status)
		hy_err_set(&c->err, status, "%s: %s", action, hy_status_name(status));
	return status;
}

void web_problem(struct web_call *c, int status, const char *code, const char *detail)
{
	struct hy_json_writer *w = hy_json_writer_new(c->req, false);
	struct web_answer *a = &c->req->answer;

	hy_jw_object(w);
	hy_jw_kstr(w, "type", "about:blank");
	hy_jw_kint(w, "status", status);
	hy_jw_kstr(w, "code", code);
	hy_jw_kstr(w, "detail", detail);
	hy_jw_end_object(w);
	a->status = status;
	a->type = "application/problem+json";
	a->body = hy_jw_text(w, &a->n);
}

static const char *status_title(const struct web_call *c, int status)
{
	if (c->err.status == HY_EREFUSED)
		return N_("A rule forbids it");
	if (c->err.status == HY_EEXISTS)
		return N_("It is there already");
	switch (status) {
	case 400:
		return N_("That cannot be read");
	case 401:
		return N_("Please log in");
	case 403:
		return N_("Not your duty");
	case 404:
		return N_("Nothing here");
	case 409:
		return N_("Somebody was quicker");
	case 503:
		return N_("Not now");
	}
	return N_("That did not work");
}

void web_error_page(struct web_call *c, int status, const char *what)
{
	c->req->answer.status = status;
	page_open(c, _(status_title(c, status)), NULL);
	hf(c,
	   "<section class=\"card\"><p class=\"note bad\" role=\"alert\"><b>✗ %d</b> %s</p>"
	   "<p><a href=\"/\">%s</a></p></section>",
	   status, what, _("To the overview"));
	page_close(c);
}

int web_status(const struct web_call *c, const struct hy_err *err)
{
	if (err->status == HY_EAUTH && c->who)
		return 403;
	return hy_status_http(err->status);
}

void web_fail(struct web_call *c)
{
	int status = web_status(c, &c->err);

	if (status >= 500)
		hy_log_err(HY_LOG_WARNING, "web", c->req->path, &c->err);
	if (c->req->route->kind == WEB_API || c->req->route->kind == WEB_STREAM)
		web_problem(c, status, hy_status_name(c->err.status), c->err.text);
	else
		web_error_page(c, status, c->err.text);
}

/* ---- before the page ---- */

static bool word_in(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list; p && *p;) {
		size_t k = strcspn(p, " ");
		if (k == n && !memcmp(p, name, n))
			return true;
		p += k + strspn(p + k, " ");
	}
	return false;
}

/* Unknown names are refused, so that nobody can ask by author (G3) and no typing error is lost. */
static const char *stray(const struct hy_web_route *r, const struct web_fields *f, bool form)
{
	for (size_t i = 0; i < f->n; i++) {
		const char *name = f->at[i].name;

		if (form ? !strcmp(name, "csrf") : !strcmp(name, "lang"))
			continue;
		if (!word_in(r->params, name))
			return name;
	}
	return NULL;
}

/* Before the address is read: what is wrong with it is told in this language, too. */
static void keep_language(struct web_call *c)
{
	char *kept = web_cookie(c->req, c->req->cookie, "lang");

	c->lang = kept && !strcmp(kept, "en") ? HY_LANG_EN : HY_LANG_ZH;
	hy_lang_use(c->lang);
}

static void choose_language(struct web_call *c)
{
	const char *asked = web_field(&c->query, "lang");

	if (!asked)
		return;
	c->lang = !strcmp(asked, "en") ? HY_LANG_EN : HY_LANG_ZH;
	hy_lang_use(c->lang);
	web_answer_header(&c->req->answer, "Set-Cookie",
			  hy_strf(c->req, "lang=%s; Path=/; %sSameSite=Strict; Max-Age=31536000",
				  c->lang == HY_LANG_EN ? "en" : "zh",
				  c->web->https ? "Secure; " : ""));
}

static void refuse(struct web_call *c, int status, const char *code, const char *detail)
{
	if (c->req->route->kind == WEB_PAGE)
		web_error_page(c, status, detail);
	else
		web_problem(c, status, code, detail);
}

static void to_login(struct web_call *c)
{
	bool get = !strcmp(c->req->route->method, "GET");

	if (c->req->route->kind == WEB_PAGE)
		web_redirect(c, get ? hy_strf(c->req, "/login?next=%s",
					      web_escape_query(c->req, c->req->path))
				    : "/login");
	else
		web_problem(c, 401, "auth", "log in, or send a bearer token");
}

static bool read_input(struct web_call *c)
{
	const struct web_req *req = c->req;

	if (web_fields_parse(req, req->query, strlen(req->query), &c->query, &c->err))
		return false;
	if (req->route->kind != WEB_PAGE || strcmp(req->route->method, "POST"))
		return true;
	if (web_route_uploads(req->route))
		return !web_multipart_parse(req, req->type, req->body.data, req->body.len, &c->form,
					    &c->err);
	return !web_fields_parse(req, req->body.data, req->body.len, &c->form, &c->err);
}

/* Of an API route the action's own list is looked at there. */
static bool names_known(struct web_call *c)
{
	const struct hy_web_route *r = c->req->route;
	bool form = r->kind == WEB_PAGE && !strcmp(r->method, "POST");
	const char *unknown = NULL;

	if (r->kind != WEB_API)
		unknown = stray(r, form ? &c->form : &c->query, form);
	if (unknown)
		hy_err_set(&c->err, HY_EINPUT, _("%s takes no parameter \"%s\""), r->path,
			   unknown);
	return !unknown;
}

static char *duty_words(struct web_call *c, unsigned duties)
{
	char *out = hy_strdup(c->req, "");

	for (unsigned bit = 1; bit <= duties; bit <<= 1)
		if (duties & bit)
			out = hy_strf(c->req, "%s%s%s", out, *out ? _(", ") : "",
				      _(hy_duties_text(c->req, bit)));
	return out;
}

/* True when whoever asks may go on; otherwise the answer is there. */
static bool let_in(struct web_call *c)
{
	const struct hy_web_route *r = c->req->route;

	if (web_session_find(c))
		web_fail(c);
	else if (r->duties && !c->who)
		to_login(c);
	else if (r->duties && !web_may(c, r->duties))
		refuse(c, 403, "auth",
		       hy_strf(c->req, _("This needs the duty %s."), duty_words(c, r->duties)));
	else
		return true;
	return false;
}

static void serve(struct web_call *c)
{
	const struct hy_web_route *r = c->req->route;
	bool readable = false;

	keep_language(c);
	readable = read_input(c);
	choose_language(c);
	if (r->run == web_healthz_run) { /* says that we live, whatever the record does */
		r->run(c);
	} else if (!c->desk) {
		refuse(c, 503, "temp", _("The record cannot be opened; see the log."));
	} else if (!let_in(c)) {
		return;
	} else if (!readable || !names_known(c)) {
		web_fail(c);
	} else if (strcmp(r->method, "GET") && !web_csrf_ok(c)) {
		refuse(c, 403, "csrf",
		       _("This form is not from here or too old. Reload the page and try again."));
	} else {
		r->run(c);
	}
}

static void tick(struct web_call *c)
{
	int64_t version = 0;

	if (!c->desk || c->vt->version(c->desk, &version, NULL) || version == c->req->version)
		return;
	c->req->version = version;
	c->req->answer.body = web_snapshot(c, c->req);
}

void web_serve(struct hy_web *w, void *desk, struct web_req *req)
{
	struct web_call c = {.req = req,
			     .web = w,
			     .vt = w->conf.desk,
			     .desk = desk,
			     .ctx = req,
			     .lang = HY_LANG_ZH};

	req->answer.status = 200;
	if (req->tick) {
		tick(&c);
		return;
	}
	serve(&c);
	if (c.page && !req->answer.body) {
		if (c.page->over)
			HY_BUG("page %s is larger than %u bytes", req->path, WEB_PAGE_MAX);
		req->answer.type = "text/html; charset=utf-8";
		req->answer.body = hy_buf_take(c.page, &req->answer.n);
	}
}
