/*
 * A drill says so on every page: a banner behind <body> and a mark before the title, put into what is
 * about to be sent, whoever made it; so that no page can forget it. The banner stays in sight and its
 * colours are used nowhere else.
 */
#include "web/internal.h"

#include <string.h>
#include <strings.h>

static const char BANNER[] =
	"<div class=\"drill\" role=\"alert\"><b>演练 DRILL</b> <span>这不是真实值班台，"
	"任何内容都不会发出</span> <span lang=\"en\">not the live desk: nothing leaves this "
	"machine</span></div>";
static const char MARK[] = "【演练 DRILL】";

/* Where the next piece after a tag begins; NULL when there is none. */
static const char *behind(const char *html, const char *tag)
{
	const char *at = strcasestr(html, tag);

	at = at ? strchr(at, '>') : NULL;
	return at ? at + 1 : NULL;
}

void web_drill_mark(struct web_req *req)
{
	struct web_answer *a = &req->answer;
	const char *title, *body, *at = a->body;
	struct hy_buf b;

	if (!a->type || strncmp(a->type, "text/html", 9) || !a->body || !a->n ||
	    strlen(a->body) != a->n)
		return;
	title = behind(a->body, "<title");
	body = behind(a->body, "<body");
	hy_buf_init(&b, req, a->n + 4096);
	if (title && (!body || title < body)) {
		hy_buf_add(&b, at, (size_t)(title - at));
		hy_buf_str(&b, MARK);
		at = title;
	}
	if (body)
		hy_buf_add(&b, at, (size_t)(body - at));
	hy_buf_str(&b, BANNER);
	hy_buf_str(&b, body ? body : at);
	a->body = hy_buf_take(&b, &a->n);
}
