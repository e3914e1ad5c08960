/*
 * The two feeds. They grow as the story's clock goes and never change otherwise, so that the ETag
 * is the number of items seen.
 */
#include "config.h"
#include "practice/internal.h"

#include <string.h>

#define FEED_ITEMS 50

hy_time site_now(const struct hy_practice *site)
{
	return hy_now(site->clock) + site->shift;
}

/* By how much the clock lines before this offset have moved the clock; same: those before e at its own. */
static int64_t jumped(const struct hy_practice *site, int64_t at, const struct hy_story_event *e)
{
	const struct hy_story *s = site->story;
	int64_t sum = 0;

	for (size_t i = 0; s && i < s->n_events; i++)
		if (s->events[i].kind == HY_STORY_CLOCK &&
		    (s->events[i].at_secs < at || (e && s->events[i].at_secs == at && &s->events[i] < e)))
			sum += s->events[i].secs;
	return sum;
}

/* While the clock jumps the story stands still: what is told for later does not come early. */
int64_t story_secs(const struct hy_practice *site)
{
	hy_dur d = site_now(site) - site->start;
	int64_t t = d >= 0 ? d / HY_SECOND : -((-d + HY_SECOND - 1) / HY_SECOND), sum = 0;
	const struct hy_story *s = site->story;

	for (size_t i = 0; s && i < s->n_events; i++) {
		const struct hy_story_event *e = &s->events[i];
		int64_t from = e->at_secs + jumped(site, e->at_secs, e);

		if (e->kind != HY_STORY_CLOCK || t < from)
			continue;
		if (t < from + e->secs)
			return e->at_secs;
		sum += e->secs;
	}
	return t - sum;
}

hy_time story_when(const struct hy_practice *site, int64_t at_secs)
{
	return site->start + (at_secs + jumped(site, at_secs, NULL)) * HY_SECOND;
}

bool story_seen(const struct hy_practice *site, const struct hy_story_item *item)
{
	return item->at_secs <= story_secs(site);
}

hy_time story_time(const struct hy_practice *site, const struct hy_story_item *item)
{
	return story_when(site, item->at_secs);
}

void put_escaped(struct hy_buf *b, const char *s)
{
	for (; *s; s++) {
		if (*s == '<')
			hy_buf_str(b, "&lt;");
		else if (*s == '>')
			hy_buf_str(b, "&gt;");
		else if (*s == '&')
			hy_buf_str(b, "&amp;");
		else if (*s == '"')
			hy_buf_str(b, "&quot;");
		else if ((unsigned char)*s >= 0x20 || *s == '\n' || *s == '\t')
			hy_buf_chr(b, *s);
	}
}

static void put_element(struct hy_buf *b, const char *name, const char *text)
{
	hy_buf_fmt(b, "<%s>", name);
	put_escaped(b, text);
	hy_buf_fmt(b, "</%s>\n", name);
}

/* The items of a place that can be seen, newest first; returns how many, at most room. */
static size_t seen(const struct hy_practice *site, enum hy_story_place place,
		   const struct hy_story_item **out, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; site->story && i < site->story->n; i++) {
		const struct hy_story_item *item = &site->story->items[i];
		size_t at = n;

		if (item->place != place || !story_seen(site, item))
			continue;
		while (at && out[at - 1]->at_secs < item->at_secs)
			at--;
		if (at == room)
			continue;
		if (n == room)
			n--;
		memmove(out + at + 1, out + at, (n - at) * sizeof(*out));
		out[at] = item;
		n++;
	}
	return n;
}

/* True when the reader has it already: answered with 304. */
static bool unchanged(struct ask *ask, const struct hy_story_item *const *list, size_t n)
{
	struct hy_practice *site = ask->site;

	site->polls++;
	ask->etag = hy_strf(ask, "\"%zu-%d-%" PRId64 "\"", n, n ? list[0]->number : 0,
			    site->start / HY_SECOND);
	if (!ask->if_none_match || !strstr(ask->if_none_match, ask->etag))
		return false;
	site->unchanged++;
	ask->status = 304;
	return true;
}

static void rss_item(struct ask *ask, const struct hy_story_item *item)
{
	struct hy_buf *b = &ask->out;
	char date[32];

	hy_buf_str(b, "<item>\n");
	put_element(b, "title", item->title);
	hy_buf_fmt(b, "<link>%s/forum/t/%d</link>\n", ask->site->base, item->number);
	hy_buf_fmt(b, "<guid isPermaLink=\"false\">forum-%" PRId64 "-%d</guid>\n",
		   ask->site->start / HY_SECOND, item->number);
	hy_buf_fmt(b, "<pubDate>%s</pubDate>\n", hy_time_http(story_time(ask->site, item), date));
	if (*item->author)
		put_element(b, "dc:creator", item->author);
	put_element(b, "description", item->text);
	hy_buf_str(b, "</item>\n");
}

void answer_rss(struct ask *ask)
{
	const struct hy_story_item *list[FEED_ITEMS];
	size_t n = seen(ask->site, HY_STORY_FORUM, list, FEED_ITEMS);
	struct hy_buf *b = &ask->out;

	ask->type = "application/rss+xml; charset=utf-8";
	if (unchanged(ask, list, n))
		return;
	hy_buf_fmt(b,
		   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" "
		   "xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel>\n"
		   "<title>临江论坛（样例）</title>\n<link>%s/forum/</link>\n"
		   "<description>样例 practice：虚构的临江县城市论坛</description>\n",
		   ask->site->base);
	for (size_t i = 0; i < n; i++)
		rss_item(ask, list[i]);
	hy_buf_str(b, "</channel></rss>\n");
}

static void atom_entry(struct ask *ask, const struct hy_story_item *item)
{
	struct hy_buf *b = &ask->out;
	char date[HY_TIME_ISO_MAX];

	hy_time_iso(story_time(ask->site, item), date);
	hy_buf_str(b, "<entry>\n");
	put_element(b, "title", item->title);
	hy_buf_fmt(b, "<id>tag:linjiang.example,2026:gov-%" PRId64 "-%d</id>\n",
		   ask->site->start / HY_SECOND, item->number);
	hy_buf_fmt(b, "<link href=\"%s/gov/t/%d\"/>\n", ask->site->base, item->number);
	hy_buf_fmt(b, "<published>%s</published>\n<updated>%s</updated>\n", date, date);
	put_element(b, "content", item->text);
	hy_buf_str(b, "</entry>\n");
}

void answer_atom(struct ask *ask)
{
	const struct hy_story_item *list[FEED_ITEMS];
	size_t n = seen(ask->site, HY_STORY_GOV, list, FEED_ITEMS);
	hy_time updated = n ? story_time(ask->site, list[0]) : ask->site->start;
	struct hy_buf *b = &ask->out;
	char date[HY_TIME_ISO_MAX];

	ask->type = "application/atom+xml; charset=utf-8";
	if (unchanged(ask, list, n))
		return;
	hy_buf_fmt(b,
		   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		   "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"zh-CN\">\n"
		   "<title>临江县政府网（样例）</title>\n<id>tag:linjiang.example,2026:gov</id>\n"
		   "<link href=\"%s/gov/\"/>\n"
		   "<link rel=\"self\" href=\"%s/gov/feed.atom\"/>\n"
		   "<updated>%s</updated>\n<author><name>临江县（样例）</name></author>\n",
		   ask->site->base, ask->site->base, hy_time_iso(updated, date));
	for (size_t i = 0; i < n; i++)
		atom_entry(ask, list[i]);
	hy_buf_str(b, "</feed>\n");
}
