/* HTML of feeds by render's sanitiser, with the addresses of this feed; and a guess at what is
 * HTML. */
#include "collectors/collect.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "render/render.h"

static char *resolve(const void *ctx, const char *url, void *user)
{
	return hy_link_resolve(ctx, user, url);
}

char *hy_markup_clean(const void *ctx, const char *html, const char *base)
{
	char *out;

	if (!strpbrk(html, "<>&\r"))
		return hy_trim(ctx, html, strlen(html));
	if (hy_html_sanitise(ctx, html, strlen(html), base ? resolve : NULL,
			     (void *)(uintptr_t)base, &out, NULL) != HY_OK)
		return hy_strdup(ctx, "");
	return hy_trim(ctx, out, strlen(out));
}

char *hy_markup_plain(const void *ctx, const char *html)
{
	char *out;

	if (!strpbrk(html, "<>&"))
		return hy_trim(ctx, html, strlen(html));
	if (hy_html_to_text(ctx, html, strlen(html), &out, NULL) != HY_OK)
		return hy_strdup(ctx, "");
	return out;
}

static bool known_tag(const char *s, size_t n)
{
	static const char *const names[] = {
		"a",	 "abbr",       "acronym",  "address",	 "article", "aside",  "b",
		"big",	 "blockquote", "br",	   "button",	 "caption", "center", "cite",
		"code",	 "col",	       "dd",	   "del",	 "dfn",	    "div",    "dl",
		"dt",	 "em",	       "fieldset", "figcaption", "figure",  "font",   "footer",
		"h1",	 "h2",	       "h3",	   "h4",	 "h5",	    "h6",     "header",
		"hr",	 "i",	       "img",	   "ins",	 "kbd",	    "label",  "li",
		"map",	 "mark",       "nav",	   "ol",	 "p",	    "pre",    "q",
		"s",	 "samp",       "section",  "small",	 "span",    "strike", "strong",
		"sub",	 "sup",	       "table",	   "tbody",	 "td",	    "tfoot",  "th",
		"thead", "tr",	       "tt",	   "u",		 "ul",	    "var",    "video",
		"audio", "source"};

	for (size_t i = 0; i < HY_LEN(names); i++)
		if (strlen(names[i]) == n && strncasecmp(names[i], s, n) == 0)
			return true;
	return false;
}

bool hy_markup_looks_html(const char *s)
{
	bool sign = false;
	char u[16];

	for (const char *p = s; (p = strpbrk(p, "<&")); p++) {
		const char *q = p + 1;
		size_t n = 0;

		if (*p == '&') {
			if (*q == '#')
				q++;
			while (isalnum((unsigned char)q[n]) || q[n] == '_')
				n++;
			if (!n || q[n] != ';')
				continue;
			if (p[1] != '#' && !hy_html_entity(q, n, u))
				return false;
			sign = true;
			continue;
		}
		if (*q == '/')
			q++;
		while (isalnum((unsigned char)q[n]) || q[n] == '_')
			n++;
		if (!n)
			continue;
		if (!known_tag(q, n))
			return false;
		sign = sign || (p[1] == '/' && q[n] == '>');
	}
	return sign;
}

/* ---- what changes by itself ---- */

/* True when one of the counting words stands right before, with nothing but brackets, colons and
 * blanks between. */
static bool counts_something(const struct hy_buf *b)
{
	static const char *const words[] = {"阅读", "浏览", "点击",  "评论",  "点赞",	 "转发",
					    "收藏", "热度", "views", "Views", "comments"};
	static const char *const between[] = {"(", ":", " ", "[", "（", "：", "数", "量", "次"};
	size_t n = b->len;

	for (size_t i = 0; i < HY_LEN(between); i++) {
		size_t k = strlen(between[i]);

		if (n >= k && memcmp(b->data + n - k, between[i], k) == 0) {
			n -= k;
			i = (size_t)-1;
		}
	}
	for (size_t i = 0; i < HY_LEN(words); i++) {
		size_t k = strlen(words[i]);

		if (n >= k && memcmp(b->data + n - k, words[i], k) == 0)
			return true;
	}
	return false;
}

char *hy_without_volatile(const void *ctx, const char *s)
{
	static const char *const ago[] = {"分钟前", "小时前", "秒前", "天前"};
	struct hy_buf b;

	hy_buf_init(&b, ctx, 4u << 20);
	while (*s) {
		size_t n = strspn(s, "0123456789"), text = strcspn(s, "0123456789");
		bool drop = n && counts_something(&b);

		for (size_t k = 0; n && k < HY_LEN(ago); k++)
			drop = drop || strncmp(s + n, ago[k], strlen(ago[k])) == 0;
		if (!drop)
			hy_buf_add(&b, s, n ? n : text);
		s += n ? n : text;
	}
	return hy_buf_take(&b, NULL);
}
