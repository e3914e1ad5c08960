/*
 * A form that failed comes back with what was typed. The page that carries the form is made anew,
 * and when its form is closed the controls in it are given the submitted values: the markup
 * rewritten here is always our own, so one rule serves every form there is.
 */
#include "web/pages.h"

#include <string.h>

#define NEEDED_ANEW "csrf revision digest" /* hidden fields that the new page knows better */

static bool listed(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = strstr(list, name); p; p = strstr(p + 1, name))
		if ((p == list || p[-1] == ' ') && (!p[n] || p[n] == ' '))
			return true;
	return false;
}

/* The value of a quoted attribute of this tag, as it stands in the markup; NULL if absent. */
static char *attribute(const void *ctx, const char *tag, size_t n, const char *name)
{
	char *wanted = hy_strf(ctx, " %s=\"", name);
	const char *at = memmem(tag, n, wanted, strlen(wanted));

	if (!at)
		return NULL;
	at += strlen(wanted);
	return hy_strndup(ctx, at, strcspn(at, "\""));
}

static char *escaped(const void *ctx, const char *text)
{
	struct hy_buf b;

	hy_buf_init(&b, ctx, WEB_PAGE_MAX);
	hy_html_text(&b, text);
	return hy_buf_take(&b, NULL);
}

/* Whether this name was submitted with this value (as it stands in markup). */
static bool chosen(const struct web_call *c, const char *name, const char *value)
{
	for (size_t i = 0; i < c->form.n; i++)
		if (!strcmp(c->form.at[i].name, name) &&
		    !strcmp(escaped(c->req, c->form.at[i].value), value))
			return true;
	return false;
}

/* Up to the > that ends the tag; quotes may hold one. */
static size_t tag_length(const char *s)
{
	bool quoted = false;
	size_t n = 0;

	for (; s[n] && (quoted || s[n] != '>'); n++)
		quoted ^= s[n] == '"';
	return n + (s[n] == '>');
}

/* The tag without these words; word begins with its blank. */
static void put_without(struct hy_buf *out, const char *tag, size_t n, const char *word, size_t len)
{
	const char *at = len ? memmem(tag, n, word, len) : NULL;

	hy_buf_add(out, tag, at ? (size_t)(at - tag) : n - 1);
	if (at)
		hy_buf_add(out, at + len, n - 1 - (size_t)(at - tag) - len);
}

static void put_flagged(struct hy_buf *out, const char *tag, size_t n, const char *flag, bool on)
{
	put_without(out, tag, n, flag, strlen(flag));
	hy_buf_str(out, on ? flag : "");
	hy_buf_chr(out, '>');
}

static void put_input(struct web_call *c, struct hy_buf *out, const char *tag, size_t n)
{
	char *name = attribute(c->req, tag, n, "name"), *type = attribute(c->req, tag, n, "type");
	char *value = attribute(c->req, tag, n, "value");
	const char *typed = name ? web_field(&c->form, name) : NULL;

	if (type && (!strcmp(type, "checkbox") || !strcmp(type, "radio"))) {
		put_flagged(out, tag, n, " checked", chosen(c, name, value ? value : "on"));
	} else if (!typed || (type && (!strcmp(type, "hidden") || !strcmp(type, "file")))) {
		hy_buf_add(out, tag, n);
	} else {
		char *old = value ? hy_strf(c->req, " value=\"%s\"", value) : NULL;

		put_without(out, tag, n, old, old ? strlen(old) : 0);
		hy_buf_str(out, " value=\"");
		hy_html_text(out, typed);
		hy_buf_str(out, "\">");
	}
}

/* Returns how much of s after the tag has been dealt with. */
static size_t put_textarea(struct web_call *c, struct hy_buf *out, const char *tag, size_t n)
{
	char *name = attribute(c->req, tag, n, "name");
	const char *typed = name ? web_field(&c->form, name) : NULL;
	const char *end = strstr(tag, "</textarea>");

	hy_buf_add(out, tag, n);
	if (!typed || !end)
		return n;
	if (*typed == '\n' || *typed == '\r') /* the first newline is not text */
		hy_buf_chr(out, '\n');
	hy_html_text(out, typed);
	return (size_t)(end - tag);
}

static void put_option(struct web_call *c, struct hy_buf *out, const char *tag, size_t n,
		       const char *select)
{
	char *value = attribute(c->req, tag, n, "value");

	if (!select || !web_field(&c->form, select)) {
		hy_buf_add(out, tag, n);
		return;
	}
	if (!value)
		value = hy_strndup(c->req, tag + n, strcspn(tag + n, "<"));
	put_flagged(out, tag, n, " selected", chosen(c, select, value));
}

static bool is_tag(const char *s, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(s + 1, name, n) && (s[n + 1] == ' ' || s[n + 1] == '>');
}

static void rewrite(struct web_call *c, struct hy_buf *out, const char *s)
{
	const char *select = NULL;

	while (*s) {
		size_t n = strcspn(s, "<");

		hy_buf_add(out, s, n);
		s += n;
		if (!*s)
			break;
		n = tag_length(s);
		if (is_tag(s, "input")) {
			put_input(c, out, s, n);
		} else if (is_tag(s, "textarea")) {
			n = put_textarea(c, out, s, n);
		} else if (is_tag(s, "option")) {
			put_option(c, out, s, n, select);
		} else {
			if (is_tag(s, "select"))
				select = attribute(c->req, s, n, "name");
			hy_buf_add(out, s, n);
		}
		s += n;
	}
}

/* Two forms of one address differ in their hidden fields: which delivery, of which item. */
static bool same_thing(struct web_call *c, const char *s)
{
	for (s = strstr(s, "<input type=\"hidden\""); s;
	     s = strstr(s + 1, "<input type=\"hidden\"")) {
		size_t n = tag_length(s);
		char *name = attribute(c->req, s, n, "name");
		char *value = attribute(c->req, s, n, "value");

		if (name && !listed(NEEDED_ANEW, name) && !chosen(c, name, value ? value : ""))
			return false;
	}
	return true;
}

void refill_form(struct web_call *c, size_t form_at)
{
	struct hy_buf *page = c->page;
	size_t from = form_at;
	char *more, *tail;

	if (!c->failed_at || c->refilled || page->over || !same_thing(c, page->data + form_at))
		return;
	c->refilled = true;
	more = c->more_at && !strstr(page->data + c->more_at, "</details>")
		       ? page->data + c->more_at
		       : NULL;
	if (more)
		from = c->more_at;
	tail = hy_strdup(c->req, page->data + from);
	page->len = from;
	page->data[from] = 0;
	if (more && !strncmp(tail, "<details class=\"more\">", 22)) {
		hy_buf_str(page, "<details class=\"more\" open>");
		tail += 22;
	}
	const char *form = strstr(tail, "<form ");

	hy_buf_add(page, tail, (size_t)(form - tail));
	hy_buf_str(page, "<form id=\"typed\"");
	rewrite(c, page, form + 5);
}

void refill_note(struct web_call *c)
{
	if (c->failed_at)
		hf(c,
		   "<p class=\"note bad\" role=\"alert\"><b>✗ %d</b> %s <a "
		   "href=\"#typed\">%s</a></p>",
		   web_status(c, &c->failed), c->failed.text,
		   _("What you typed is kept in the form."));
}

void refill_rest(struct web_call *c)
{
	if (!c->failed_at || c->refilled)
		return;
	c->refilled = true;
	hf(c, "<section class=\"card\" id=\"typed\"><h2>%s</h2>", _("What you typed"));
	for (size_t i = 0; i < c->form.n; i++)
		if (*c->form.at[i].value &&
		    !listed(NEEDED_ANEW " delivery alert item claim case", c->form.at[i].name))
			hf(c, "<pre>%s</pre>", c->form.at[i].value);
	h(c, "</section>");
}

/* ---- which page carried the form ---- */

static const char *page_of_form(struct web_call *c, const char *path)
{
	static const struct {
		const char *field, *page;
	} from[] = {{"alert", "/alerts"}, {"item", "/items"}, {"claim", "/claims"}};

	if (!strcmp(path, "/statements"))
		return "/statements/new";
	if (strcmp(path, "/claims") && strcmp(path, "/cases"))
		return path;
	for (size_t i = 0; i < HY_LEN(from); i++) {
		const char *id = web_field(&c->form, from[i].field);

		if (id && *id)
			return hy_strf(c->req, "%s/%s", from[i].page, web_escape_query(c->req, id));
	}
	return path;
}

void web_form_failed(struct web_call *c, const char *path)
{
	const char *args[WEB_ARGS_MAX] = {NULL}, *allow = NULL;
	const struct hy_web_route *r;
	int status = web_status(c, &c->err), found = 0;

	path = page_of_form(c, path);
	r = web_route_find(c->req, "GET", path, args, &found, &allow);
	if (!r || (r->duties && !web_may(c, r->duties))) {
		web_fail(c);
		return;
	}
	if (status >= 500)
		hy_log_err(HY_LOG_WARNING, "web", c->req->path, &c->err);
	c->failed = c->err;
	c->failed_at = path;
	memcpy(c->req->args, args, sizeof(args));
	r->run(c);
	c->req->answer.status = status;
}
