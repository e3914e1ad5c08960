/*
 * Sources of platforms: what is asked, how answers become items, and that no page, restart, late
 * post or hostile answer leaves a hole, takes a thing twice or lets an author through.
 */
#include "collectors/collect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1795241100000)

static void *ctx;

static int setup(void **state)
{
	(void)state;
	ctx = talloc_new(NULL);
	hy_xml_init();
	hy_mail_init();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	talloc_free(ctx);
	return 0;
}

/* ---- a source that keeps its cursor ---- */

struct bench {
	struct hy_source s;
	struct hy_take_out out;
	struct hy_collector_ask ask;
	struct hy_share share;
	bool budget;
	int http;
	bool cut;
	enum hy_status status;
	uint8_t voice[HY_KEY_LEN], master[HY_KEY_LEN];
	struct hy_rand rand;
	hy_time now;
	/* all that ever came: natives */
	uint64_t got[4000];
	size_t n_got;
};

static struct bench *bench(const char *kind, const char *url, const char *options)
{
	struct bench *b = hy_new(ctx, struct bench);

	b->s = (struct hy_source){.id = {1},
				  .name = "s",
				  .kind = kind,
				  .url = url,
				  .place = "",
				  .options = options,
				  .cursor = "{}"};
	memset(b->voice, 7, sizeof(b->voice));
	memset(b->master, 9, sizeof(b->master));
	hy_rand_init(&b->rand, 1);
	b->now = NOW;
	b->http = 200;
	return b;
}

static const char *asks(struct bench *b)
{
	struct hy_err err = {0};

	if (hy_collector_find(b->s.kind)->ask(ctx, &b->s, &b->ask, &err) != HY_OK)
		fail_msg("%s", err.text);
	return b->ask.url;
}

/* One look: what is asked must have been asked; the answer is read as the child does. */
static enum hy_status answered(struct bench *b, const char *body)
{
	const struct hy_feed_in in = {.bytes = body,
				      .n = strlen(body),
				      .content_type = NULL,
				      .base_url = b->s.url,
				      .kind = b->s.kind,
				      .hint = b->ask.hint};
	const struct hy_fetch fetch = {.status = b->http,
				       .url = b->s.url,
				       .body = body,
				       .n = strlen(body),
				       .cut = b->cut,
				       .calls_left = -1};
	struct hy_err perr = {0};
	struct hy_feed *f = NULL, *back = NULL;
	struct hy_take_in t = {.source = &b->s,
			       .fetch = &fetch,
			       .now = b->now,
			       .voice_key = b->voice,
			       .master_key = b->master,
			       .rand = &b->rand,
			       .share = b->budget ? &b->share : NULL};
	struct hy_buf pack;

	t.parse_status = hy_source_read(ctx, &in, &f, &perr);
	t.parse_error = t.parse_status ? perr.text : NULL;
	if (t.parse_status == HY_OK) { /* as it comes over the pipe */
		hy_buf_init(&pack, ctx, 64u << 20);
		assert_true(hy_feed_pack(&pack, f));
		assert_int_equal(hy_feed_unpack(ctx, pack.data, pack.len, &back, NULL), HY_OK);
		t.feed = back;
	}
	b->status = hy_source_take(ctx, &t, &b->out, NULL);
	b->s.cursor = b->out.cursor;
	b->s.failures = b->out.failures;
	for (size_t i = 0; i < b->out.n_items; i++) {
		uint64_t v = 0;

		for (int k = 0; k < 8; k++)
			v = v << 8 | b->out.items[i].item.native[k];
		b->got[b->n_got++] = v;
	}
	return b->status;
}

static uint64_t native_of(const char *id)
{
	uint8_t full[HY_SHA256_LEN];
	uint64_t v = 0;

	hy_sha256(id, strlen(id), full);
	for (int i = 0; i < 8; i++)
		v = v << 8 | full[i];
	return v;
}

static int times(const struct bench *b, const char *id)
{
	int n = 0;

	for (size_t i = 0; i < b->n_got; i++)
		n += b->got[i] == native_of(id);
	return n;
}

/* ---- a platform of numbered posts, newest first, in pages ---- */

struct site {
	int64_t ids[1000]; /* rising; visible ones are not 0 */
	size_t n;
	bool weibo;
};

static int64_t bound(const char *url, const char *name, int64_t fallback)
{
	const char *p = strstr(url, name);

	return p ? strtoll(p + strlen(name), NULL, 10) : fallback;
}

static char *page(const struct site *s, const char *url, int per_page)
{
	int64_t since = bound(url, "since_id=", 0), most = bound(url, "max_id=", INT64_MAX);
	struct hy_buf b;
	int n = 0;

	if (!s->weibo && most != INT64_MAX)
		most--; /* Mastodon's bound is not in the page, Weibo's is */
	hy_buf_init(&b, ctx, 1 << 20);
	hy_buf_str(&b, s->weibo ? "{\"statuses\":[" : "[");
	for (size_t i = s->n; i-- > 0 && n < per_page;) {
		if (s->ids[i] == 0 || s->ids[i] > most || s->ids[i] <= since)
			continue;
		if (s->weibo)
			hy_buf_fmt(&b,
				   "%s{\"idstr\":\"%" PRId64 "\",\"text\":\"水 %" PRId64
				   "\",\"created_at\":\"Sat Nov 21 14:05:00 +0800 2026\",\"user\":"
				   "{\"idstr\":\"77\",\"screen_name\":\"甲\"}}",
				   n ? "," : "", s->ids[i], s->ids[i]);
		else
			hy_buf_fmt(&b,
				   "%s{\"id\":\"%" PRId64 "\",\"content\":\"<p>水 %" PRId64
				   "</p>\",\"visibility\":\"public\",\"created_at\":"
				   "\"2026-11-21T06:05:00.000Z\",\"url\":\"https://m.example/@a/"
				   "%" PRId64 "\",\"account\":{\"acct\":\"a\"}}",
				   n ? "," : "", s->ids[i], s->ids[i], s->ids[i]);
		n++;
	}
	hy_buf_str(&b, s->weibo ? "]}" : "]");
	return hy_buf_take(&b, NULL);
}

/* Looks until the walk is at its end; at most so many. Returns the looks made. */
static int walk(struct bench *b, const struct site *s, int per_page, int most)
{
	for (int i = 1; i <= most; i++) {
		const char *url = asks(b);

		assert_int_equal(answered(b, page(s, url, per_page)), HY_OK);
		if (!b->out.more)
			return i;
	}
	return most + 1;
}

#define BIG INT64_C(9007199254740993) /* 2^53 + 1 */

static void walks(const char *kind, const char *options, bool weibo)
{
	struct bench *b =
		bench(kind, weibo ? "https://api.weibo.com" : "https://m.example", options);
	struct site s = {.weibo = weibo};

	for (; s.n < 100; s.n++)
		s.ids[s.n] = BIG + 2 * (int64_t)s.n; /* neighbours that a double would confuse */
	/* without backfill the first look is one page */
	assert_int_equal(walk(b, &s, 10, 50), 1);
	assert_int_equal(b->n_got, 10);
	/* nothing new: one call, nothing taken */
	assert_int_equal(walk(b, &s, 10, 50), 1);
	assert_int_equal(b->n_got, 10);
	/* 95 more while we were away: every one, over pages, each once */
	for (; s.n < 195; s.n++)
		s.ids[s.n] = BIG + 2 * (int64_t)s.n;
	assert_true(walk(b, &s, 10, 50) <= 12);
	assert_int_equal(b->n_got, 105);
	for (size_t i = 90; i < 195; i++)
		assert_int_equal(times(b, hy_strf(ctx, "%" PRId64, s.ids[i])), 1);
	/* a walk broken off in the middle, more arriving meanwhile, goes on where it was */
	for (; s.n < 250; s.n++)
		s.ids[s.n] = BIG + 2 * (int64_t)s.n;
	assert_int_equal(walk(b, &s, 10, 3), 4);
	for (; s.n < 270; s.n++)
		s.ids[s.n] = BIG + 2 * (int64_t)s.n;
	(void)walk(b, &s, 10, 50);
	(void)walk(b, &s, 10, 50);
	assert_int_equal(b->n_got, 180);
	for (size_t i = 195; i < 270; i++)
		assert_int_equal(times(b, hy_strf(ctx, "%" PRId64, s.ids[i])), 1);
	/* a post that becomes visible a look late, below the newest, is not missed */
	s.ids[s.n++] = 0;
	s.ids[s.n++] = BIG + 2 * 271;
	(void)walk(b, &s, 10, 50);
	s.ids[270] = BIG + 2 * 270;
	(void)walk(b, &s, 10, 50);
	assert_int_equal(times(b, hy_strf(ctx, "%" PRId64, BIG + 2 * 270)), 1);
	assert_int_equal(b->n_got, 182);
}

static void test_down(void **state)
{
	(void)state;
	walks("mastodon", "{\"what\":\"tag\",\"tag\":\"临江\"}", false);
	walks("weibo", "{\"what\":\"mentions\",\"account\":\"w\"}", true);
}

static void test_backfill(void **state)
{
	struct bench *b = bench("mastodon", "https://m.example",
				"{\"what\":\"tag\",\"tag\":\"x\",\"backfill\":604800}");
	struct site s = {0};

	(void)state;
	for (; s.n < 35; s.n++)
		s.ids[s.n] = 100 + (int64_t)s.n;
	assert_true(walk(b, &s, 10, 50) <= 5); /* all are younger than a week: to the very end */
	assert_int_equal(b->n_got, 35);
	/* with a bound that lies after all of them one page is enough */
	b = bench("mastodon", "https://m.example",
		  "{\"what\":\"tag\",\"tag\":\"x\",\"backfill\":604800}");
	b->now = NOW + 30 * HY_DAY;
	assert_int_equal(walk(b, &s, 10, 50), 1);
	assert_int_equal(b->n_got, 10);
}

/* A server that gives the same page for ever does not hold us for ever. */
static void test_stuck(void **state)
{
	struct bench *b = bench("mastodon", "https://m.example",
				"{\"what\":\"tag\",\"tag\":\"x\",\"backfill\":604800}");
	struct site s = {.ids = {5, 6, 7}, .n = 3};
	char *same = page(&s, "", 10);
	int looks = 0;

	(void)state;
	do {
		(void)asks(b);
		assert_int_equal(answered(b, same), HY_OK);
	} while (b->out.more && ++looks < 10);
	assert_true(looks < 3);
	assert_int_equal(b->n_got, 3);
	assert_true(b->out.possible_gap); /* what lies below was not seen */
}

/* ---- what is asked, and with what ---- */

static void test_asks(void **state)
{
	struct bench *b = bench("weibo", "https://api.weibo.com",
				"{\"what\":\"comments\",\"account\":\"w\"}");

	(void)state;
	assert_string_equal(asks(b), "https://api.weibo.com/2/comments/to_me.json?count=200");
	assert_string_equal(b->ask.secret_prefix, "OAuth2 ");
	b = bench("discourse", "https://d.example/", "{\"what\":\"posts\",\"board\":\"3\"}");
	assert_string_equal(asks(b), "https://d.example/posts.json");
	assert_string_equal(b->ask.secret_name, "Api-Key");
	b = bench("discourse", "https://d.example/", "{}");
	assert_string_equal(asks(b), "https://d.example/posts.rss");
	b = bench("discuz", "https://b.example/", "{\"board\":\"12\"}");
	assert_string_equal(asks(b), "https://b.example/forum.php?mod=rss&fid=12");
	b = bench("mastodon", "https://m.example", "{\"what\":\"mentions\",\"account\":\"m\"}");
	assert_non_null(strstr(asks(b), "/api/v1/notifications?"));
	/* a cursor of another kind is no id: it is not sent */
	b->s.cursor =
		"{\"walk\":{\"at\":5,\"back\":[1],\"down\":\"" /* too long for an id */
		"111111111111111111111111111111111111111111111111111111111111111111111111\"}}";
	assert_null(strstr(asks(b), "min_id"));
	assert_null(strstr(asks(b), "max_id"));
	assert_null(strstr(asks(b), "since_id"));
}

static enum hy_status checks(const char *kind, const char *url, const char *options)
{
	const struct hy_source s = {.name = "s", .kind = kind, .url = url, .options = options};
	struct hy_json *o = NULL;
	struct hy_err err = {0};

	assert_int_equal(hy_json_parse(ctx, options, strlen(options), 0, &o, NULL), HY_OK);
	enum hy_status status = hy_collector_find(kind)->check(&s, o, &err);
	assert_true(status == HY_OK || err.text[0]);
	return status;
}

static void test_checks(void **state)
{
	(void)state;
	assert_int_equal(checks("mastodon", "https://m", "{\"what\":\"tag\",\"tag\":\"a\"}"),
			 HY_OK);
	assert_int_equal(checks("mastodon", "https://m", "{\"what\":\"tag\",\"tag\":\"#a\"}"),
			 HY_EINPUT);
	assert_int_equal(checks("mastodon", "https://m", "{\"what\":\"mentions\"}"), HY_EINPUT);
	assert_int_equal(checks("mastodon", "https://m", "{\"what\":\"home\",\"account\":\"a\"}"),
			 HY_EINPUT);
	assert_int_equal(checks("weibo", "https://w", "{\"what\":\"mentions\",\"account\":\"a\"}"),
			 HY_OK);
	assert_int_equal(checks("weibo", "https://w", "{\"what\":\"mentions\"}"), HY_EINPUT);
	assert_int_equal(checks("weibo", "https://w", "{\"account\":\"a\"}"), HY_EINPUT);
	assert_int_equal(checks("discuz", "https://d", "{}"), HY_OK);
	assert_int_equal(checks("discuz", "https://d", "{\"what\":\"posts\"}"), HY_EINPUT);
	assert_int_equal(checks("discuz", "https://d", "{\"board\":\"1 or 2\"}"), HY_EINPUT);
	assert_int_equal(checks("nodebb", "https://d", "{\"what\":\"posts\"}"), HY_OK);
	assert_int_equal(checks("nodebb", "https://d", "{\"what\":\"users\"}"), HY_EINPUT);
	assert_int_equal(checks("mail", "imaps://m.example", "{\"account\":\"a\"}"), HY_OK);
	assert_int_equal(checks("mail", "imap://m.example:1143/", "{\"account\":\"a\"}"), HY_OK);
	assert_int_equal(checks("mail", "imaps://m.example", "{}"), HY_EINPUT);
	assert_int_equal(checks("mail", "https://m.example", "{\"account\":\"a\"}"), HY_EINPUT);
	assert_int_equal(checks("mail", "imaps://u:p@m.example", "{\"account\":\"a\"}"), HY_EINPUT);
	assert_int_equal(checks("mail", "imaps://m.example/INBOX", "{\"account\":\"a\"}"),
			 HY_EINPUT);
	assert_int_equal(checks("mail", "imaps://m.example:99999", "{\"account\":\"a\"}"),
			 HY_EINPUT);
}

/* ---- forums ---- */

#define TOPIC(tid, posts, last)                                                                    \
	"{\"tid\":" #tid ",\"postcount\":" #posts ",\"lastposttime\":" #last "}"
#define POST(pid, index, text)                                                                     \
	"{\"pid\":" #pid ",\"uid\":9,\"index\":" #index ",\"content\":\"" text                     \
	"\",\"timestamp\":1795241000000}"

static void test_threads(void **state)
{
	struct bench *b = bench("nodebb", "https://n.example",
				"{\"what\":\"posts\",\"board\":\"4\",\"backfill\":86400}");

	(void)state;
	/* the list: two moved within a day, one long ago */
	assert_string_equal(asks(b),
			    "https://n.example/api/category/4?page=1&sort=recently_replied");
	assert_int_equal(
		answered(b, "{\"topics\":[" TOPIC(7, 3, 1795241000000) "," TOPIC(
				    6, 1, 1795240000000) "," TOPIC(5, 50, 1700000000000) "]}"),
		HY_OK);
	assert_true(b->out.more);
	assert_int_equal(b->n_got, 0);
	assert_string_equal(asks(b), "https://n.example/api/topic/6?page=1");
	assert_int_equal(answered(b, "{\"tid\":6,\"titleRaw\":\"t\",\"posts\":[" POST(
					     1, 0, "水") "],\"pagination\":{\"currentPage\":1,"
							 "\"pageCount\":1}}"),
			 HY_OK);
	/* a thread of two pages; then the list again */
	assert_string_equal(asks(b), "https://n.example/api/topic/7?page=1");
	assert_int_equal(answered(b, "{\"tid\":7,\"posts\":[" POST(2, 0, "a") "," POST(
					     3, 1, "b") "],\"pagination\":{\"currentPage\":1,"
							"\"pageCount\":2}}"),
			 HY_OK);
	assert_true(b->out.more);
	assert_string_equal(asks(b), "https://n.example/api/topic/7?page=2");
	assert_int_equal(answered(b, "{\"tid\":7,\"posts\":[" POST(
					     4, 2, "c") "],\"pagination\":{\"currentPage\":2,"
							"\"pageCount\":2}}"),
			 HY_OK);
	assert_false(b->out.more);
	assert_int_equal(b->n_got, 4);
	assert_int_equal(b->out.items[0].item.kind, HY_ITEM_COMMENT);
	assert_non_null(strstr(asks(b), "/api/category/4?"));
	/* a reply to thread 7: its last page is read again; what is known is not taken again */
	assert_int_equal(answered(b, "{\"topics\":[" TOPIC(7, 4, 1795241090000) "," TOPIC(
					     6, 1, 1795240000000) "]}"),
			 HY_OK);
	assert_string_equal(asks(b), "https://n.example/api/topic/7?page=2");
	assert_int_equal(answered(b, "{\"tid\":7,\"posts\":[" POST(4, 2, "c") "," POST(
					     5, 3, "d") "],\"pagination\":{\"currentPage\":2,"
							"\"pageCount\":2}}"),
			 HY_OK);
	assert_int_equal(b->n_got, 5);
	assert_int_equal(times(b, "post-5"), 1);
	assert_int_equal(times(b, "post-4"), 1);
	/* the old thread, remembered unread, is read when somebody answers in it */
	assert_int_equal(answered(b, "{\"topics\":[" TOPIC(5, 51, 1795241095000) "]}"), HY_OK);
	assert_string_equal(asks(b), "https://n.example/api/topic/5?page=1");
	/* it is gone meanwhile: on with the next, no failure */
	b->http = 404;
	assert_true(answered(b, "{}") != HY_OK || !b->out.more);
}

static void test_discuz_gone(void **state)
{
	struct bench *b = bench("discuz", "https://b.example",
				"{\"what\":\"posts\",\"board\":\"2\",\"backfill\":86400}");

	(void)state;
	(void)asks(b);
	assert_int_equal(
		answered(b,
			 "{\"Variables\":{\"forum_threadlist\":[{\"tid\":\"9\",\"replies\":\"0\","
			 "\"dblastpost\":\"1795241000\"},{\"tid\":\"8\",\"replies\":\"0\","
			 "\"dblastpost\":\"1795241001\"}]}}"),
		HY_OK);
	assert_non_null(strstr(asks(b), "tid=8"));
	assert_true(b->out.next_at >= NOW + 10 * HY_SECOND); /* what such forums bear */
	assert_int_equal(answered(b, "{\"Variables\":{},\"Message\":{\"messageval\":"
				     "\"thread_nonexistence\"}}"),
			 HY_OK);
	assert_non_null(strstr(asks(b), "tid=9")); /* the next one, not the same for ever */
	/* a board that is not for guests stops the source: a person looks */
	b = bench("discuz", "https://b.example", "{\"what\":\"posts\",\"board\":\"2\"}");
	(void)asks(b);
	assert_int_equal(answered(b, "{\"Variables\":{},\"Message\":{\"messageval\":"
				     "\"viewperm_login_nopermission//1\"}}"),
			 HY_EAUTH);
	assert_int_equal(b->out.stop, HY_TAKE_STOP_AUTH);
}

/* A page that cannot be read, however often, stands before no other one: of a thread, and of a walk
 * down, which says that there is a gap. What is cut off may come whole the next time. */
static void test_unreadable_page(void **state)
{
	struct bench *b = bench("discuz", "https://b.example",
				"{\"what\":\"posts\",\"board\":\"2\",\"backfill\":86400}");
	struct site site = {0};

	(void)state;
	(void)asks(b);
	assert_int_equal(
		answered(b,
			 "{\"Variables\":{\"forum_threadlist\":[{\"tid\":\"9\",\"replies\":\"0\","
			 "\"dblastpost\":\"1795241000\"},{\"tid\":\"8\",\"replies\":\"0\","
			 "\"dblastpost\":\"1795241001\"}]}}"),
		HY_OK);
	for (int i = 0; i < 2; i++) {
		assert_non_null(strstr(asks(b), "tid=8"));
		assert_int_equal(answered(b, "not JSON"), HY_EINPUT);
	}
	assert_non_null(strstr(asks(b), "tid=8"));
	b->cut = true;
	assert_int_equal(answered(b, "not JS"), HY_ETEMP);
	b->cut = false;
	assert_non_null(strstr(asks(b), "tid=8"));
	assert_int_equal(answered(b, "not JSON"), HY_OK);
	assert_true(b->out.possible_gap);
	assert_int_equal(b->out.failures, 0);
	assert_non_null(strstr(asks(b), "tid=9"));

	b = bench("mastodon", "https://m.example", "{\"what\":\"tag\",\"tag\":\"临江\"}");
	for (; site.n < 20; site.n++)
		site.ids[site.n] = 1000 + (int64_t)site.n;
	(void)walk(b, &site, 10, 1);
	for (; site.n < 100; site.n++)
		site.ids[site.n] = 1000 + (int64_t)site.n;
	assert_int_equal(walk(b, &site, 10, 1), 2); /* more pages are to come */
	for (int i = 0; i < 2; i++)
		assert_int_equal(answered(b, asks(b) ? "not JSON" : ""), HY_EINPUT);
	assert_int_equal(answered(b, asks(b) ? "not JSON" : ""), HY_OK);
	assert_true(b->out.possible_gap);
	site.ids[site.n++] = 2000;
	assert_null(strstr(asks(b), "max_id"));
	(void)walk(b, &site, 10, 50);
	assert_int_equal(times(b, "2000"), 1);
	/* the newest page itself: asked again, as ever */
	for (int i = 0; i < 4; i++)
		assert_int_equal(answered(b, asks(b) ? "not JSON" : ""), HY_EINPUT);
}

/* RSS of Discuz: GB18030 bytes, no guid, text escaped twice, an address that changes its form. */
static void test_discuz_rss(void **state)
{
	static const char rss[] =
		"<?xml version=\"1.0\" encoding=\"gbk\"?><rss version=\"2.0\"><channel><title>x"
		"</title><item><title>\xcd\xa3\xcb\xae\\\"x\\\" &amp;amp; y</title><link>"
		"https://b.example/thread-123-1-1.html</link><description><![CDATA[&lt;b&gt;"
		"\x95\x32\x82\x36&lt;/b&gt; &amp;quot;z&amp;quot;]]></description><author>"
		"\xbc\xd7</author><pubDate>Sat, 21 Nov 2026 06:05:00 +0000</pubDate></item>"
		"</channel></rss>";
	struct bench *b = bench("discuz", "https://b.example", "{}");

	(void)state;
	(void)asks(b);
	assert_int_equal(answered(b, rss), HY_OK);
	assert_int_equal(b->n_got, 1);
	assert_int_equal(times(b, "thread-123"), 1);
	assert_string_equal(b->out.items[0].item.title, "停水\"x\" & y");
	assert_non_null(
		strstr(b->out.items[0].item.text, "\xf0\xa0\x80\x80")); /* four bytes there */
	assert_null(strstr(b->out.items[0].item.text, "&lt;"));
	/* the same thread by its unrewritten address is the same item */
	static const char link[] = "https://b.example/thread-123-1-1.html";
	const char *at = strstr(rss, link);
	char *other = hy_strf(ctx, "%.*s%s%s", (int)(at - rss), rss,
			      "https://b.example/forum.php?mod=viewthread&amp;tid=123",
			      at + sizeof(link) - 1);

	(void)asks(b);
	assert_int_equal(answered(b, other), HY_OK);
	assert_int_equal(b->n_got, 1);
	(void)asks(b);
	assert_int_equal(answered(b, "RSS Disabled"), HY_EPERM);
	assert_int_equal(answered(b, "Access Denied"), HY_EAUTH);
}

/* ---- budget ---- */

static void test_share(void **state)
{
	struct bench *b = bench("weibo", "https://api.weibo.com",
				"{\"what\":\"mentions\",\"account\":\"w\"}");
	struct site s = {.ids = {5}, .n = 1, .weibo = true};
	struct hy_share share = {.per_day = 100, .weight = 1, .all = 1, .day_ends = NOW + HY_DAY};

	(void)state;
	/* 90 of 100 calls over a day: a look each 16 minutes */
	assert_int_equal(hy_share_interval(&share, NOW), HY_DAY / 90);
	share.all = 4; /* three others, or one that moves */
	assert_int_equal(hy_share_interval(&share, NOW), HY_DAY * 4 / 90);
	share.weight = 4;
	share.all = 6;
	assert_int_equal(hy_share_interval(&share, NOW), HY_DAY * 6 / (90 * 4));
	share.used = 90;
	assert_int_equal(hy_share_interval(&share, NOW), HY_DAY); /* all spent: tomorrow */
	share.used = 89;
	share.day_ends = NOW + 10 * HY_SECOND;
	assert_int_equal(hy_share_interval(&share, NOW), HY_MINUTE);
	assert_int_equal(hy_share_weight(0, NOW), 1);
	assert_int_equal(hy_share_weight(NOW - HY_MINUTE, NOW), 4);
	assert_int_equal(hy_share_weight(NOW - 2 * HY_HOUR, NOW), 2);
	assert_int_equal(hy_share_weight(NOW - 2 * HY_DAY, NOW), 1);
	/* calls are counted in the cursor, by the day, whatever became of them */
	b->budget = true;
	b->share = (struct hy_share){
		.per_day = 100, .weight = 1, .all = 1, .day_ends = NOW + 12 * HY_HOUR};
	int64_t day = (b->share.day_ends - 1) / HY_DAY;

	(void)walk(b, &s, 10, 1);
	assert_int_equal(hy_share_used(b->s.cursor, day), 1);
	b->http = 500;
	(void)asks(b);
	(void)answered(b, "oops");
	assert_int_equal(hy_share_used(b->s.cursor, day), 2);
	assert_int_equal(hy_share_used(b->s.cursor, day + 1), 0);
	assert_true(b->out.next_at > NOW);
	/* 100 looks by the plan never pass the budget */
	b->http = 200;
	b->s.cursor = "{}";
	b->now = NOW;
	int looks = 0;
	b->share.day_ends = NOW + HY_DAY;
	day = (b->share.day_ends - 1) / HY_DAY;
	while (b->now < NOW + HY_DAY && looks < 500) {
		b->share.used = hy_share_used(b->s.cursor, day);
		(void)asks(b);
		assert_int_equal(answered(b, page(&s, b->ask.url, 10)), HY_OK);
		looks++;
		b->now = b->out.next_at;
	}
	assert_in_range(looks, 70, 95);
}

/* ---- refusals ---- */

static void test_refusals(void **state)
{
	struct bench *b = bench("weibo", "https://api.weibo.com",
				"{\"what\":\"mentions\",\"account\":\"w\"}");
	struct site s = {.ids = {5, 6}, .n = 2, .weibo = true};

	(void)state;
	(void)walk(b, &s, 10, 1);
	const char *before = hy_strdup(ctx, b->s.cursor);

	b->http = 400;
	(void)asks(b);
	assert_int_equal(answered(b, "{\"error\":\"expired_token\",\"error_code\":21327}"),
			 HY_EAUTH);
	assert_int_equal(b->out.stop, HY_TAKE_STOP_AUTH);
	b->http = 403;
	assert_int_equal(answered(b, "{\"error\":\"User requests out of rate limit!\","
				     "\"error_code\":10023}"),
			 HY_EWAIT);
	assert_int_equal(b->out.stop, HY_TAKE_GO_ON);
	b->http = 502;
	assert_int_equal(answered(b, "<html>"), HY_ETEMP);
	b->http = 200;
	assert_true(answered(b, "[[[[[") != HY_OK);
	/* none of it moved the mark */
	struct hy_walk_state w1, w2;
	struct hy_json *j = NULL;
	hy_json_parse(ctx, before, strlen(before), 0, &j, NULL);
	hy_walk_read(ctx, j, &w1);
	hy_json_parse(ctx, b->s.cursor, strlen(b->s.cursor), 0, &j, NULL);
	hy_walk_read(ctx, j, &w2);
	assert_string_equal(w1.at, w2.at);
	s.ids[s.n++] = 7;
	(void)walk(b, &s, 10, 5);
	assert_int_equal(times(b, "7"), 1);
}

static void test_removed(void **state)
{
	struct bench *b = bench("weibo", "https://api.weibo.com",
				"{\"what\":\"mentions\",\"account\":\"w\"}");

	(void)state;
	(void)asks(b);
	assert_int_equal(answered(b, "{\"statuses\":[{\"idstr\":\"8\",\"text\":\"水\"},{\"idstr\":"
				     "\"9\",\"text\":\"私\",\"visible\":{\"type\":1}}]}"),
			 HY_OK);
	assert_int_equal(b->out.n_items, 1); /* what not everybody may see is not taken */
	assert_int_equal(b->out.n_refused, 1);
	(void)asks(b);
	assert_int_equal(
		answered(b, "{\"statuses\":[{\"idstr\":\"8\",\"deleted\":\"1\",\"text\":\"x\"}]}"),
		HY_OK);
	assert_int_equal(b->out.n_items, 1);
	assert_true(b->out.items[0].item.flags & HY_ITEM_WITHDRAWN);
	assert_string_equal(b->out.items[0].item.text, "");
}

/* ---- privacy at the door: the same answers under other names give the same items ---- */

static char *swapped(const char *s)
{
	static const char *const names[][2] = {
		{"zhangsan", "lisi0000"}, {"31415926", "27182818"}, {"张三丰", "李四光"}};
	char *out = hy_strdup(ctx, s);

	for (size_t i = 0; i < HY_LEN(names); i++)
		for (char *p = out; (p = strstr(p, names[i][0])) != NULL;)
			memcpy(p, names[i][1], strlen(names[i][1]));
	return out;
}

static void same_items(const char *kind, const char *options, const char *body)
{
	struct bench *a = bench(kind, "https://x.example", options),
		     *b = bench(kind, "https://x.example", options);

	if (hy_collector_find(kind)->ask) {
		(void)asks(a);
		(void)asks(b);
	}
	assert_int_equal(answered(a, body), HY_OK);
	assert_int_equal(answered(b, swapped(body)), HY_OK);
	assert_true(a->out.n_items > 0);
	assert_int_equal(a->out.n_items, b->out.n_items);
	for (size_t i = 0; i < a->out.n_items; i++) {
		const struct hy_item *x = &a->out.items[i].item, *y = &b->out.items[i].item;

		assert_string_equal(x->title, y->title);
		assert_string_equal(x->text, y->text);
		assert_memory_equal(x->native, y->native, HY_HASH_LEN);
		assert_memory_not_equal(x->voice, y->voice, HY_HASH_LEN);
		assert_null(strstr(x->text, "zhangsan"));
		assert_null(strstr(x->text, "13812345678"));
		assert_null(strstr(x->text, "张三丰"));
		assert_null(x->url_public);
	}
	assert_string_equal(a->out.cursor, b->out.cursor);
}

static void test_privacy(void **state)
{
	(void)state;
	same_items("mastodon", "{\"what\":\"tag\",\"tag\":\"x\"}",
		   "[{\"id\":\"5\",\"visibility\":\"public\",\"content\":\"<p><span "
		   "class=\\\"h-card\\\"><a href=\\\"https://m.example/@zhangsan\\\" "
		   "class=\\\"u-url mention\\\">@<span>zhangsan</span></a></span> 停水 "
		   "13812345678</p>\",\"account\":{\"acct\":\"zhangsan\",\"url\":"
		   "\"https://m.example/@zhangsan\",\"display_name\":\"张三丰\"}}]");
	same_items(
		"weibo", "{\"what\":\"mentions\",\"account\":\"w\"}",
		"{\"statuses\":[{\"idstr\":\"5\",\"text\":\"@zhangsan 停水 13812345678\",\"user\":"
		"{\"idstr\":\"31415926\",\"screen_name\":\"张三丰\"}}]}");
	same_items("discourse", "{\"what\":\"posts\"}",
		   "{\"latest_posts\":[{\"id\":5,\"topic_id\":1,\"post_number\":2,\"username\":"
		   "\"zhangsan\",\"cooked\":\"<p><a class=\\\"mention\\\" href=\\\"/u/zhangsan\\\">"
		   "@zhangsan</a> 停水 13812345678</p>\"}]}");
}

/* ---- mail ---- */

static void test_mail_batch(void **state)
{
	static const char one[] =
		"Message-ID: <a@x>\r\nFrom: Z <z@x.example>\r\nSubject: =?utf-8?B?"
		"5YGc5rC0?=\r\n\r\n没水\r\n\r\n三天了\r\n";
	static const char two[] = "From: y@x.example\r\nContent-Type: text/html\r\n\r\n<b>热</b>水";
	struct hy_buf batch;
	struct hy_feed *f = NULL;
	struct hy_feed_in in = {.kind = "mail", .hint = "validity=77\nlast=12\nmore=1"};

	(void)state;
	hy_buf_init(&batch, ctx, HY_FEED_INPUT_MAX);
	assert_true(hy_mail_batch_add(&batch, 5, one, sizeof(one) - 1, false));
	assert_true(hy_mail_batch_add(&batch, 12, two, sizeof(two) - 1, true));
	in.bytes = batch.data;
	in.n = batch.len;
	assert_int_equal(hy_source_read(ctx, &in, &f, NULL), HY_OK);
	assert_int_equal(f->n_entries, 2);
	assert_string_equal(f->entries[0].id, "a@x");
	assert_string_equal(f->entries[0].title, "停水");
	assert_string_equal(f->entries[0].content, "没水\n\n三天了");
	assert_string_equal(f->entries[1].id, "uid 77 12");
	assert_string_equal(f->entries[1].content, "热水");
	assert_string_equal(f->at, "77 12");
	assert_string_equal(f->next, "1");
	for (size_t cut = 1; cut < batch.len; cut += 7) {
		in.n = cut;
		enum hy_status status = hy_source_read(ctx, &in, &f, NULL);
		assert_true(status == HY_EINPUT || (status == HY_OK && f->n_entries == 1));
	}
	/* a batch has an end */
	char *big = hy_new_array(ctx, char, HY_MAIL_MAX + 1);
	memset(big, 'a', HY_MAIL_MAX);
	assert_false(hy_mail_batch_add(&batch, 13, big, HY_MAIL_MAX + 1, false));
	assert_true(hy_mail_batch_add(&batch, 13, big, HY_MAIL_MAX / 2, false));
	assert_true(hy_mail_batch_add(&batch, 14, big, HY_MAIL_MAX, false));
	assert_false(hy_mail_batch_add(&batch, 15, big, HY_MAIL_MAX, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_down),	    cmocka_unit_test(test_backfill),
		cmocka_unit_test(test_stuck),	    cmocka_unit_test(test_asks),
		cmocka_unit_test(test_checks),	    cmocka_unit_test(test_threads),
		cmocka_unit_test(test_discuz_gone), cmocka_unit_test(test_unreadable_page),
		cmocka_unit_test(test_discuz_rss),
		cmocka_unit_test(test_share),	    cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_removed),	    cmocka_unit_test(test_privacy),
		cmocka_unit_test(test_mail_batch),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
