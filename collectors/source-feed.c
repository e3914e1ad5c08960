/* Feeds as a source: any of the formats of feed.c at one address, asked for conditionally. */
#include "collectors/collect.h"

#include <string.h>
#include <strings.h>

#define ACCEPT                                                                                     \
	"application/atom+xml, application/rss+xml, application/feed+json, "                       \
	"application/xml;q=0.9, "                                                                  \
	"*/*;q=0.1"

const char *const *hy_conditional_headers(const void *ctx, const struct hy_source *source,
					  const char *accept)
{
	const char **out = hy_new_array(ctx, const char *, 4);
	struct hy_json *cur = NULL;
	const char *v;
	size_t n = 0;

	out[n++] = hy_strf(out, "Accept: %s", accept);
	if (!source->cursor ||
	    hy_json_parse(out, source->cursor, strlen(source->cursor), 0, &cur, NULL) != HY_OK)
		return out;
	v = hy_json_str(cur, "etag");
	if (v && !strpbrk(v, "\r\n"))
		out[n++] = hy_strf(out, "If-None-Match: %s", v);
	v = hy_json_str(cur, "modified");
	if (v && !strpbrk(v, "\r\n"))
		out[n++] = hy_strf(out, "If-Modified-Since: %s", v);
	return out;
}

static enum hy_status ask(const void *ctx, const struct hy_source *source,
			  struct hy_collector_ask *out, struct hy_err *err)
{
	(void)err;
	*out = (struct hy_collector_ask){
		.url = source->url,
		.headers = hy_conditional_headers(ctx, source, ACCEPT),
	};
	return HY_OK;
}

const struct hy_collector hy_collector_feed = {
	.name = "feed",
	.summary = N_("a feed: RSS, Atom, JSON Feed"),
	.options = "",
	.walk = HY_WALK_FEED,
	.item = HY_ITEM_ARTICLE,
	.ask = ask,
	.read = hy_feed_parse,
};

int hy_feed_offset(const struct hy_source *source)
{
	void *mem = talloc_new(NULL);
	struct hy_json *o = NULL;
	const char *zone = NULL, *host = source->url ? strstr(source->url, "://") : NULL;
	hy_time t = 0;
	char *iso;
	int minutes = 0;
	size_t n;

	if (source->options &&
	    hy_json_parse(mem, source->options, strlen(source->options), 0, &o, NULL) == HY_OK)
		zone = hy_json_str(o, "zone");
	if (zone && (*zone == '+' || *zone == '-')) {
		iso = hy_strf(mem, "2000-01-02T00:00:00%s", zone);
		if (hy_feed_date_parse(iso, 0, &t) == HY_DATE_EXACT)
			minutes = (int)((INT64_C(946771200000) - t) / HY_MINUTE);
	} else if (zone) {
		minutes = strcmp(zone, "UTC") == 0 || strcmp(zone, "GMT") == 0 ? 0 : 480;
	} else if (host) {
		host += 3;
		n = strcspn(host, "/:?#");
		if (n > 3 && strncasecmp(host + n - 3, ".cn", 3) == 0)
			minutes = 480;
	}
	talloc_free(mem);
	return minutes;
}
