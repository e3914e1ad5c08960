/* The pages for people. Each says first that all of it is invented. */
#include "config.h"
#include "practice/internal.h"

#include <string.h>

static const char STYLE[] =
	"body{font:16px/1.7 sans-serif;max-width:46rem;margin:0 auto;padding:0 1rem}"
	".practice{background:#8a1f11;color:#fff;padding:.4rem 1rem;border-radius:.3rem}"
	"article{border-top:1px solid #999;margin-top:1rem}time,.by{color:#595959}";

static void begin(struct ask *ask, const char *title)
{
	struct hy_buf *b = &ask->out;

	ask->type = "text/html; charset=utf-8";
	hy_buf_str(b, "<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">"
		      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
		      "<meta name=\"robots\" content=\"noindex\"><title>");
	put_escaped(b, title);
	hy_buf_fmt(
		b,
		"（样例）</title><style>%s</style></head><body>\n"
		"<p class=\"practice\">样例 practice：临江县是虚构的，本页没有任何真实信息。</p>\n"
		"<nav><a href=\"/\">首页</a> <a href=\"/forum/\">论坛</a> "
		"<a href=\"/gov/\">县政府网</a> <a href=\"/wp/\">发布</a></nav>\n<h1>",
		STYLE);
	put_escaped(b, title);
	hy_buf_str(b, "</h1>\n");
}

static void end(struct ask *ask)
{
	hy_buf_str(&ask->out, "</body></html>\n");
}

static void put_time(struct hy_buf *b, hy_time t)
{
	char date[HY_TIME_ISO_OFFSET_MAX];

	hy_time_iso_offset(t, 480, date);
	hy_buf_fmt(b, "<time datetime=\"%s\">%.10s %.8s</time>\n", date, date, date + 11);
}

void answer_home(struct ask *ask)
{
	begin(ask, "临江县演示站");
	hy_buf_str(&ask->out,
		   "<ul><li><a href=\"/forum/\">临江论坛</a>：<a href=\"/forum/feed.xml\">RSS</a>"
		   "<li><a href=\"/gov/\">临江县政府网</a>：<a href=\"/gov/feed.atom\">Atom</a>"
		   "<li><a href=\"/wp/\">临江发布</a>：通过 REST 接口发布的文章</ul>\n");
	end(ask);
}

static void put_item(struct ask *ask, const struct hy_story_item *item, const char *folder)
{
	struct hy_buf *b = &ask->out;

	hy_buf_fmt(b, "<article><h2><a href=\"/%s/t/%d\">", folder, item->number);
	put_escaped(b, item->title);
	hy_buf_str(b, "</a></h2>\n");
	put_time(b, story_time(ask->site, item));
	hy_buf_str(b, "<span class=\"by\">");
	put_escaped(b, item->author);
	hy_buf_str(b, "</span><p>");
	put_escaped(b, item->text);
	hy_buf_str(b, "</p></article>\n");
}

static void answer_items(struct ask *ask, enum hy_story_place place, int number)
{
	const struct hy_story *story = ask->site->story;
	const char *folder = place == HY_STORY_GOV ? "gov" : "forum";
	bool any = false;

	begin(ask, place == HY_STORY_GOV ? "临江县政府网" : "临江论坛");
	for (size_t i = story ? story->n : 0; i-- > 0;) {
		const struct hy_story_item *item = &story->items[i];

		if (item->place != place || !story_seen(ask->site, item) ||
		    (number && item->number != number))
			continue;
		put_item(ask, item, folder);
		any = true;
	}
	end(ask);
	if (number && !any)
		answer_missing(ask);
}

void answer_forum(struct ask *ask, int number)
{
	answer_items(ask, HY_STORY_FORUM, number);
}

void answer_gov(struct ask *ask, int number)
{
	answer_items(ask, HY_STORY_GOV, number);
}

static void put_post(struct ask *ask, const struct post *p)
{
	struct hy_buf *b = &ask->out;

	hy_buf_fmt(b, "<article id=\"post-%d\"><h2><a href=\"/?p=%d\">", p->id, p->id);
	put_escaped(b, p->title);
	hy_buf_str(b, "</a></h2>\n");
	put_time(b, p->made);
	hy_buf_fmt(b, "<div class=\"entry-content\">%s</div></article>\n", p->html);
}

void answer_wp(struct ask *ask)
{
	begin(ask, "临江发布");
	for (int i = ask->site->n_posts; i-- > 0;)
		if (!strcmp(ask->site->posts[i]->status, "publish"))
			put_post(ask, ask->site->posts[i]);
	if (!ask->site->n_posts)
		hy_buf_str(&ask->out, "<p>还没有文章。</p>\n");
	end(ask);
}

void answer_post(struct ask *ask, int id)
{
	const struct post *p = post_find(ask->site, id);

	if (!p || strcmp(p->status, "publish") != 0) {
		answer_missing(ask);
		return;
	}
	begin(ask, "临江发布");
	put_post(ask, p);
	end(ask);
}

void answer_missing(struct ask *ask)
{
	hy_buf_reset(&ask->out);
	ask->status = 404;
	begin(ask, "没有这一页");
	end(ask);
}
