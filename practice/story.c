/*
 * Stories: lines of a text file become items with an offset. A story never changes once read; what
 * can be seen of it is a question of the clock alone.
 */
#include "config.h"
#include "practice/practice.h"

#include <stdlib.h>
#include <string.h>

#define OFFSET_MAX (366 * 86400L) /* seconds, both ways */

static enum hy_status bad(struct hy_err *err, int line, const char *what)
{
	return hy_err_set(err, HY_EINPUT,
			  "story, line %d: %s; a line is OFFSET forum|gov TITLE | TEXT | AUTHOR",
			  line, what);
}

/* Cuts s at the first bar; returns what follows, or NULL when there is none. Both are trimmed. */
static char *cut_at_bar(char *s)
{
	char *bar = strchr(s, '|'), *end;

	if (bar)
		*bar = '\0';
	for (end = s + strlen(s); end > s && strchr(" \t\r", end[-1]); end--)
		end[-1] = '\0';
	return bar ? bar + 1 + strspn(bar + 1, " \t") : NULL;
}

static bool read_offset(char **p, int64_t *out)
{
	char *end;
	long v = strtol(*p, &end, 10);

	if (end == *p || !strchr(" \t", *end) || !*end || v < -OFFSET_MAX || v > OFFSET_MAX)
		return false;
	*p = end + strspn(end, " \t");
	*out = v;
	return true;
}

static bool read_place(char **p, enum hy_story_place *out)
{
	size_t n = strcspn(*p, " \t");

	if (n == 5 && !memcmp(*p, "forum", n))
		*out = HY_STORY_FORUM;
	else if (n == 3 && !memcmp(*p, "gov", n))
		*out = HY_STORY_GOV;
	else
		return false;
	*p += n;
	*p += strspn(*p, " \t");
	return true;
}

static enum hy_status read_line(char *s, int line, struct hy_story_item *out, struct hy_err *err)
{
	struct hy_story_item item = {.author = ""};
	char *text, *author;

	if (!read_offset(&s, &item.at_secs))
		return bad(err, line, "no offset in seconds (a year at most)");
	if (!read_place(&s, &item.place))
		return bad(err, line, "the source is neither forum nor gov");
	item.title = s;
	text = cut_at_bar(s);
	if (!text || !*item.title)
		return bad(err, line, "title and text are not parted by a bar");
	author = cut_at_bar(text);
	item.text = text;
	if (!*text)
		return bad(err, line, "the text is empty");
	if (author && cut_at_bar(author))
		return bad(err, line, "more than two bars");
	if (author)
		item.author = author;
	*out = item;
	return HY_OK;
}

static void take_item(struct hy_story *story, struct hy_story_item *item)
{
	if (!story->n || item->at_secs < story->first_secs)
		story->first_secs = item->at_secs;
	if (!story->n || item->at_secs > story->last_secs)
		story->last_secs = item->at_secs;
	item->number = (int)story->n + 1;
	story->items = hy_grow(story, story->items, struct hy_story_item, story->n + 1);
	story->items[story->n++] = *item;
}

enum hy_status hy_story_parse(const void *ctx, const char *text, size_t n, struct hy_story **out,
			      struct hy_err *err)
{
	struct hy_story *story;
	struct hy_story_item item;
	enum hy_status status = HY_OK;
	char *copy, *next;
	int line = 0;

	if (n > HY_STORY_FILE_MAX)
		return hy_err_set(err, HY_EINPUT, "story: longer than %u bytes", HY_STORY_FILE_MAX);
	if (!hy_utf8_valid(text, n))
		return hy_err_set(err, HY_EINPUT, "story: the text is not UTF-8");
	story = hy_new(ctx, struct hy_story);
	story->items = hy_new_array(story, struct hy_story_item, 1);
	copy = hy_strndup(story, text, n);
	for (char *s = copy; s && !status; s = next) {
		next = strchr(s, '\n');
		if (next)
			*next++ = '\0';
		line++;
		if (strlen(s) > HY_STORY_LINE_MAX)
			status = bad(err, line, "longer than 8192 bytes");
		else if (!s[strspn(s, " \t\r")] || *s == '#')
			continue;
		else if (story->n == HY_STORY_ITEMS_MAX)
			status = bad(err, line, "more than 1000 items");
		else
			status = read_line(s, line, &item, err);
		if (!status)
			take_item(story, &item);
	}
	if (status)
		talloc_free(story);
	else
		*out = story;
	return status;
}
