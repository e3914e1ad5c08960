/* From feeds to items: identity, cut feeds, validators, gaps, statuses, next polls; and OPML. */
#include "collectors/collectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define NOW INT64_C(1795075262000) /* 2026-11-19T08:01:02Z */

static void *ctx;
static uint8_t voice_key[HY_KEY_LEN] = {1}, master_key[HY_KEY_LEN] = {2};

static int setup(void **state)
{
	(void)state;
	hy_xml_init();
	if (hy_crypt_init(NULL) != HY_OK)
		return 1;
	ctx = talloc_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	talloc_free(ctx);
	return 0;
}

/* A source with its memory: each poll moves the cursor. */
struct bench {
	struct hy_source s;
	struct hy_fetch f;
	struct hy_take_out out;
	struct hy_rand rand;
	struct hy_known known;
	bool use_known;
	hy_time now;
};

static struct bench *bench(void)
{
	struct bench *b = hy_new(ctx, struct bench);

	b->s = (struct hy_source){.id = {7},
				  .name = "x",
				  .kind = "feed",
				  .options = "{}",
				  .url = "http://linjiang.example/f.xml",
				  .place = "临江"};
	b->f = (struct hy_fetch){.status = 200, .url = b->s.url};
	hy_rand_init(&b->rand, 1);
	b->now = NOW;
	return b;
}

static enum hy_status poll(struct bench *b, const char *body)
{
	struct hy_feed_in in = {
		.bytes = body, .n = body ? strlen(body) : 0, .base_url = b->s.url, .cut = b->f.cut};
	struct hy_take_in t = {.source = &b->s,
			       .fetch = &b->f,
			       .now = b->now,
			       .voice_key = voice_key,
			       .master_key = master_key,
			       .rand = &b->rand,
			       .known = b->use_known ? &b->known : NULL};
	struct hy_feed *feed = NULL;
	struct hy_err err = {0};
	enum hy_status st;

	if (body && b->f.status == 200)
		t.parse_status = hy_feed_parse(ctx, &in, &feed, &err);
	t.feed = feed;
	t.parse_error = t.parse_status ? err.text : NULL;
	st = hy_source_take(ctx, &t, &b->out, NULL);
	/* nothing gets lost between what came and what became of it */
	assert_int_equal(b->out.n_received,
			 b->out.n_items + b->out.n_known + b->out.n_refused);
	assert_true(b->out.n_cut + b->out.n_skipped <= b->out.n_refused);
	b->s.cursor = b->out.cursor;
	b->s.failures = b->out.failures;
	return st;
}

#define FEED(items) "<rss version=\"2.0\"><channel><title>临江</title>" items "</channel></rss>"
#define ITEM(id, title)                                                                            \
	"<item><guid isPermaLink=\"false\">" id "</guid><title>" title "</title>"                  \
	"<link>http://linjiang.example/" id ".html</link></item>"

static void test_first_poll(void **state)
{
	struct bench *b = bench();
	const struct hy_item *it;

	(void)state;
	assert_int_equal(
		poll(b,
		     FEED("<language>zh-cn</language><item><guid>http://linjiang.example/2</guid>"
			  "<title>路灯 &amp; @张三</title><author>wang@l.example (王五)</author>"
			  "<description>&lt;p&gt;电话 13800138000&lt;/p&gt;</description>"
			  "<pubDate>Thu, 19 Nov 2026 09:00:00 GMT</pubDate></item>"
			  "<item><guid>http://linjiang.example/1</guid><title>一</title>"
			  "<pubDate>Wed, 18 Nov 2026 09:00:00 GMT</pubDate></item>"
			  "<item><guid>e</guid></item>")),
		HY_OK);
	assert_int_equal(b->out.n_items, 2);
	assert_int_equal(b->out.n_refused, 1); /* no words at all */
	it = &b->out.items[1].item;	       /* oldest first */
	assert_string_equal(it->title, "路灯 & @");
	assert_string_equal(it->text, "电话 [号码]");
	assert_int_equal(it->posted, NOW); /* the future is clamped */
	assert_string_equal(it->lang, "zh");
	assert_int_equal(it->source.v, 7);
	assert_null(it->url_public);
	assert_true(it->url_sealed_n > 20);
	assert_int_not_equal(it->voice[0] | it->voice[1] | it->voice[2], 0);
	assert_int_equal(b->out.items[0].item.voice[0] | b->out.items[0].item.voice[15], 0);
	/* the same again: nothing to do */
	assert_int_equal(
		poll(b, FEED("<item><guid>http://linjiang.example/1</guid><title>一</title>"
			     "<pubDate>Thu, 19 Nov 2026 01:00:00 GMT</pubDate></item>")),
		HY_OK);
	assert_int_equal(b->out.n_items, 0); /* another date is no other item and no edit */
	assert_int_equal(b->out.n_known, 1);
	assert_false(b->out.possible_gap);
}

/* Sites that put their writers into words: WordPress's comments, MediaWiki's changes. */
static void test_named(void **state)
{
	static const char feed[] =
		"<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>t</title><id>f</id>"
		"<entry><id>1</id><title>张三 on 停水: by 张三</title>"
		"<author><name>张三</name><uri>http://z.example</uri></author>"
		"<content type=\"html\">&lt;p&gt;In reply to &lt;a "
		"href='#c1'&gt;李四&lt;/a&gt;.&lt;/p&gt;&lt;p&gt;没有&lt;/p&gt;</content></entry>"
		"<entry><id>2</id><title>Anna says: Annabel</title><author><name>Anna</name></author>"
		"<summary>Anna: why</summary></entry>"
		"<entry><id>3</id><title>水一样</title><author><name>水</name></author></entry></feed>";
	struct bench *b = bench();

	(void)state;
	assert_int_equal(poll(b, feed), HY_OK);
	assert_int_equal(b->out.n_items, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct hy_item *it = &b->out.items[i].item;

		if (strstr(it->text, "没有")) {
			assert_string_equal(it->title, "@ on 停水: by @");
			assert_string_equal(it->text, "In reply to @\n没有");
		} else if (strstr(it->text, "why")) {
			assert_string_equal(it->title, "@ says: Annabel");
			assert_string_equal(it->text, "@: why");
		} else { /* one character is a word like any other */
			assert_string_equal(it->title, "水一样");
		}
	}
	b = bench(); /* the office's own: but for the end, where a comment's writer stands */
	b->s.official = true;
	assert_int_equal(poll(b, feed), HY_OK);
	for (size_t i = 0; i < 3; i++)
		if (strstr(b->out.items[i].item.text, "没有"))
			assert_string_equal(b->out.items[i].item.title, "张三 on 停水: by @");
}

static void test_edit_and_gap(void **state)
{
	struct bench *b = bench();
	uint8_t native[16];

	(void)state;
	poll(b, FEED(ITEM("a", "甲") ITEM("b", "乙")));
	memcpy(native, b->out.items[0].item.native, 16);
	poll(b, FEED(ITEM("a", "甲改") ITEM("b", "乙")));
	assert_int_equal(b->out.n_items, 1); /* guid reused with new words: a revision */
	assert_memory_equal(b->out.items[0].item.native, native, 16);
	poll(b, FEED("<atom:link xmlns:atom=\"http://www.w3.org/2005/Atom\" rel=\"next\" "
		     "href=\"?p=2\"/>" ITEM("x", "新") ITEM("y", "新二")));
	assert_true(b->out.possible_gap);
	assert_string_equal(b->out.next_page, "http://linjiang.example/f.xml?p=2");
	/* an empty list never deletes nor forgets */
	poll(b, FEED(""));
	assert_int_equal(b->out.n_items, 0);
	poll(b, FEED(ITEM("x", "新") ITEM("y", "新二")));
	assert_int_equal(b->out.n_known, 2);
}

static void test_volatile(void **state)
{
	struct bench *b = bench();

	(void)state;
	poll(b, FEED("<item><guid>a</guid><title>路灯</title><description>阅读(12) "
		     "3分钟前</description></item>"));
	poll(b, FEED("<item><guid>a</guid><title>路灯</title><description>阅读(99) "
		     "8分钟前</description></item>"));
	assert_int_equal(b->out.n_items, 0);
	poll(b, FEED("<item><guid>a</guid><title>路灯</title><description>阅读(99) "
		     "死亡8人</description></item>"));
	assert_int_equal(b->out.n_items, 1);
	poll(b, FEED("<item><guid>a</guid><title>路灯</title><description>阅读(99) "
		     "死亡9人</description></item>"));
	assert_int_equal(b->out.n_items, 1);
}

static void test_cut(void **state)
{
	struct bench *b = bench();

	(void)state;
	b->f.etag = "\"1\"";
	assert_int_equal(
		poll(b, "<rss version=\"2.0\"><channel>" ITEM("a", "甲") "<item><title>cu"), HY_OK);
	assert_int_equal(b->out.n_items, 1);
	assert_int_equal(b->out.n_refused, 1);
	assert_null(strstr(b->out.cursor, "etag"));
	assert_non_null(b->out.note);
	assert_int_equal(poll(b, "<rss version=\"2.0\"><channel><item><title>cu"), HY_ETEMP);
	assert_int_equal(b->out.n_items, 0);
	/* the transfer says cut although the XML looks whole */
	b->f.cut = true;
	assert_int_equal(poll(b, FEED(ITEM("a", "甲") ITEM("b", "乙"))), HY_OK);
	assert_int_equal(b->out.n_items, 1);
	b->f.cut = false;
	assert_int_equal(
		poll(b,
		     "{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{\"id\":\"1\""),
		HY_EINPUT);
	assert_int_equal(b->out.failures, 1);
	assert_int_equal(poll(b, FEED(ITEM("a", "甲") ITEM("b", "乙"))), HY_OK);
	assert_non_null(strstr(b->out.cursor, "\"etag\":\"\\\"1\\\"\""));
	assert_int_equal(b->out.failures, 0);
	/* malformed but read: its validators are not believed */
	b->f.etag = "\"2\"";
	assert_int_equal(poll(b, FEED(ITEM("a", "甲 & 丙"))), HY_OK);
	assert_int_equal(b->out.n_items, 1);
	assert_null(strstr(b->out.cursor, "\\\"2\\\""));
}

static const char *const *headers(const struct hy_source *s)
{
	struct hy_collector_ask ask;

	assert_int_equal(hy_collector_find("feed")->ask(ctx, s, &ask, NULL), HY_OK);
	assert_string_equal(ask.url, s->url);
	assert_null(ask.secret_name);
	return ask.headers;
}

static void test_headers(void **state)
{
	struct bench *b = bench();
	const char *const *h;

	(void)state;
	h = headers(&b->s);
	assert_non_null(strstr(h[0], "Accept: application/atom+xml"));
	assert_null(h[1]);
	b->f.etag = "W/\"x-gzip\"";
	b->f.last_modified = "Thu, 19 Nov 2026 08:00:00 GMT";
	poll(b, FEED(ITEM("a", "甲")));
	h = headers(&b->s);
	assert_string_equal(h[1], "If-None-Match: W/\"x-gzip\"");
	assert_string_equal(h[2], "If-Modified-Since: Thu, 19 Nov 2026 08:00:00 GMT");
	b->f = (struct hy_fetch){.status = 304, .url = b->s.url};
	assert_int_equal(poll(b, NULL), HY_OK);
	assert_true(b->out.not_modified);
	h = headers(&b->s);
	assert_string_equal(h[1], "If-None-Match: W/\"x-gzip\"");
}

/* ---- the ladder: a record of one item ---- */

struct fake {
	uint8_t link[16], native[16];
	struct hy_item item;
};

static bool fake_link(void *user, const uint8_t link[16], struct hy_item_id *id, uint8_t native[16])
{
	struct fake *k = user;

	if (memcmp(link, k->link, 16) != 0)
		return false;
	*id = (struct hy_item_id){42};
	memcpy(native, k->native, 16);
	return true;
}

static size_t fake_recent(void *user, hy_time since, hy_time until, const struct hy_item **items)
{
	struct fake *k = user;

	assert_true(until - since == 96 * HY_HOUR);
	*items = &k->item;
	return k->item.title ? 1 : 0;
}

#define LONG                                                                                                                                   \
	"东街与北路交叉口的三盏路灯自十一月三日起不亮已经两个多星期晚上行人看不清路请尽快派人维修" \
	"谢谢"

static void test_ladder(void **state)
{
	struct bench *b = bench();
	struct fake k = {0};
	struct hy_item was;

	(void)state;
	b->known = (struct hy_known){.user = &k, .by_link = fake_link, .recent = fake_recent};
	b->use_known = true;
	poll(b, FEED(ITEM("a", "甲") ITEM("b", "乙")));
	was = b->out.items[0].item;
	memcpy(k.link, was.link, 16);
	memcpy(k.native, was.native, 16);
	/* a new guid for the same address: the same item */
	poll(b, FEED("<item><guid "
		     "isPermaLink=\"false\">new</guid><title>甲二</title><link>HTTP://"
		     "LINJIANG.example:80/a.html?utm_source=x#f</link></item>"));
	assert_int_equal(b->out.n_items, 1);
	assert_int_equal(b->out.items[0].alias_of.v, 42);
	assert_false(b->out.possible_gap);
	/* both in the feed at once: two items */
	poll(b, FEED(ITEM("a", "甲") "<item><guid "
				     "isPermaLink=\"false\">other</guid><title>丁</"
				     "title><link>http://linjiang.example/a.html</link></item>"));
	for (size_t i = 0; i < b->out.n_items; i++)
		assert_int_equal(b->out.items[i].alias_of.v, 0);
	/* neither id nor address, but nearly the same words */
	memset(k.link, 0, 16);
	k.item = (struct hy_item){.id = {9}, .title = "路灯", .text = LONG};
	poll(b, FEED("<item><title>路灯</title><description>" LONG "！</description></item>"));
	assert_int_equal(b->out.items[0].alias_of.v, 9);
	assert_true(b->out.items[0].item.flags & HY_ITEM_UNNAMED);
	/* two people saying the same are two: an entry with a name is not known by its words */
	poll(b,
	     FEED("<item><guid isPermaLink=\"false\">g</guid><title>路灯</title><description>" LONG
		  "！！</description></item>"));
	assert_int_equal(b->out.items[0].alias_of.v, 0);
	assert_false(b->out.items[0].item.flags & HY_ITEM_UNNAMED);
	poll(b, FEED("<item><title>停电</"
		     "title><description>"
		     "明天上午九点至十一点北路一带停电检修请居民提前准备照明和饮用水注意安全</"
		     "description></item>"));
	assert_int_equal(b->out.items[0].alias_of.v, 0);
}

static void test_regenerated(void **state)
{
	struct bench *b = bench();
	struct fake k = {0};

	(void)state;
	b->known = (struct hy_known){.user = &k, .by_link = fake_link, .recent = fake_recent};
	poll(b, FEED(ITEM("a", "甲") ITEM("b", "乙") ITEM("c", "丙")));
	memcpy(k.link, b->out.items[0].item.link, 16);
	b->use_known = true;
	poll(b, FEED("<item><guid "
		     "isPermaLink=\"false\">1</guid><title>甲</title><link>http://linjiang.example/"
		     "a.html</link></item>"
		     "<item><guid "
		     "isPermaLink=\"false\">1</guid><title>乙</title><link>http://linjiang.example/"
		     "b.html</link></item>"));
	/* the same guid for two pages names neither */
	assert_int_equal(b->out.n_items, 2);
	assert_memory_not_equal(b->out.items[0].item.native, b->out.items[1].item.native, 16);
}

static void test_tombstone(void **state)
{
	struct bench *b = bench();
	static const char gone[] =
		"<feed "
		"xmlns=\"http://www.w3.org/2005/Atom\"><entry><id>urn:2</id><title>乙</title></"
		"entry>"
		"<at:deleted-entry xmlns:at=\"http://purl.org/atompub/tombstones/1.0\" "
		"ref=\"urn:1\"/>"
		"<at:deleted-entry xmlns:at=\"http://purl.org/atompub/tombstones/1.0\" "
		"ref=\"urn:never\"/></feed>";

	(void)state;
	poll(b,
	     "<feed "
	     "xmlns=\"http://www.w3.org/2005/Atom\"><entry><id>urn:1</id><title>甲</title></entry>"
	     "<entry><id>urn:2</id><title>乙</title></entry></feed>");
	poll(b, gone);
	assert_int_equal(b->out.n_items, 1);
	assert_int_equal(b->out.items[0].item.flags, HY_ITEM_WITHDRAWN);
	assert_string_equal(b->out.items[0].item.text, "");
}

static void test_statuses(void **state)
{
	struct bench *b = bench();

	(void)state;
	poll(b, FEED(ITEM("a", "甲")));
	b->f.status = 404;
	assert_int_equal(poll(b, NULL), HY_ETEMP);
	assert_int_equal(b->out.stop, HY_TAKE_GO_ON);
	assert_non_null(strstr(b->out.cursor, "seen\":[\""));
	b->f.status = 410;
	assert_int_equal(poll(b, NULL), HY_EPERM);
	assert_int_equal(b->out.stop, HY_TAKE_STOP_GONE);
	b->f.status = 403;
	assert_int_equal(poll(b, NULL), HY_EAUTH);
	assert_int_equal(b->out.stop, HY_TAKE_STOP_AUTH);
	b->f.status = 429;
	b->f.retry_after = "120";
	assert_int_equal(poll(b, NULL), HY_EWAIT);
	assert_int_equal(b->out.next_at, NOW + 120000);
	b->f.status = 503;
	b->f.retry_after = "nonsense";
	assert_int_equal(poll(b, NULL), HY_ETEMP);
	assert_true(b->out.next_at > NOW && b->out.next_at <= NOW + HY_DAY);
	b->f.status = 200;
	assert_int_equal(poll(b, "<html><head><title>登录</title></head></html>"), HY_EINPUT);
	b->f = (struct hy_fetch){.status = 0};
	assert_int_equal(poll(b, NULL), HY_ETEMP);
}

static void test_moved(void **state)
{
	struct bench *b = bench();

	(void)state;
	b->f.permanent_url = "http://linjiang.example/new.xml";
	for (int i = 0; i < 5; i++) {
		poll(b, FEED(ITEM("a", "甲")));
		assert_null(b->out.move_to);
		b->now += 5 * HY_HOUR;
	}
	poll(b, FEED(ITEM("a", "甲")));
	assert_string_equal(b->out.move_to, "http://linjiang.example/new.xml");
	b->f.permanent_url = NULL; /* it went away: counting starts anew */
	poll(b, FEED(ITEM("a", "甲")));
	assert_null(strstr(b->out.cursor, "moved"));
}

static void test_schedule(void **state)
{
	struct hy_poll_hints h = {.ttl_minutes = -1};
	struct hy_rand r;
	hy_time t;

	(void)state;
	hy_rand_init(&r, 7);
	for (int i = 0; i < 100; i++) {
		t = hy_poll_next(&h, NOW, &r);
		assert_true(t >= NOW + 13 * HY_MINUTE && t <= NOW + 17 * HY_MINUTE);
	}
	h.ttl_minutes = 60;
	t = hy_poll_next(&h, NOW, &r);
	assert_true(t >= NOW + 54 * HY_MINUTE && t <= NOW + 66 * HY_MINUTE);
	h.max_age = 3 * HY_HOUR;
	assert_true(hy_poll_next(&h, NOW, &r) >= NOW + 162 * HY_MINUTE);
	h.update_every = 30 * HY_DAY;
	assert_true(hy_poll_next(&h, NOW, &r) <= NOW + 27 * HY_HOUR);
	h = (struct hy_poll_hints){.ttl_minutes = -1, .skip_hours = 1u << 8 | 1u << 9};
	t = hy_poll_next(&h, NOW, &r); /* 08:01 -> 10:00 */
	assert_true(t >= NOW + 118 * HY_MINUTE && t <= NOW + 125 * HY_MINUTE);
	h = (struct hy_poll_hints){.ttl_minutes = -1, .skip_hours = 0xFFFFFF, .skip_days = 0x7F};
	assert_true(hy_poll_next(&h, NOW, &r) <= NOW + 17 * HY_MINUTE);
	h = (struct hy_poll_hints){.ttl_minutes = -1, .skip_days = 1u << 4}; /* a Thursday */
	assert_true(hy_poll_next(&h, NOW, &r) >= (NOW / HY_DAY + 1) * HY_DAY);
	assert_true(hy_poll_backoff(0, 50, NOW, &r) <= NOW + HY_DAY);
	assert_true(hy_poll_backoff(0, 3, NOW, &r) >= NOW + 54 * HY_MINUTE);
	assert_int_equal(hy_retry_after("Thu, 19 Nov 2026 08:02:02 GMT", NOW), NOW + 60000);
	assert_int_equal(hy_retry_after("Thu, 19 Nov 2020 08:02:02 GMT", NOW), 0);
	assert_int_equal(hy_retry_after("-1", NOW), 0);
	assert_int_equal(hy_retry_after("9999999", NOW), NOW + HY_DAY);
	assert_int_equal(hy_retry_after(NULL, NOW), 0);
	assert_int_equal(hy_cache_max_age("public, max-age=600"), 600000);
	assert_int_equal(hy_cache_max_age("s-max-age=5, max-age=7"), 7000);
	assert_int_equal(hy_cache_max_age("no-cache, max-age=7"), 0);
	assert_int_equal(hy_cache_max_age(NULL), 0);
	assert_int_equal(hy_feed_offset(&(struct hy_source){.url = "http://www.linjiang.gov.cn/f"}),
			 480);
	assert_int_equal(hy_feed_offset(&(struct hy_source){.url = "http://l.example/f"}), 0);
	assert_int_equal(
		hy_feed_offset(&(struct hy_source){.url = "x", .options = "{\"zone\":\"-03:30\"}"}),
		-210);
}

static void test_opml(void **state)
{
	static const char in[] =
		"<opml version=\"1.1\"><head><title>a & b</title></head><body>"
		"<outline text=\"乡镇\"><outline TEXT=\"东乡\" "
		"XmlUrl=\"http://l.example/e?a=1&b=2\" TYPE=\"rss\"/>"
		"<outline title=\"村\"><outline text=\"北村\" xmlurl=\" http://l.example/n "
		"\"/></outline></outline>"
		"<outline text=\"坏\" xmlUrl=\"ftp://x\"/><outline text=\"注\" isComment=\"true\" "
		"xmlUrl=\"http://l.example/c\"/>"
		"<outline text=\"入\" type=\"include\" url=\"http://l.example/i.opml\"/>"
		"<outline text=\"县\" xmlUrl=\"http://l.example/top\" "
		"htmlUrl=\"http://l.example/\"/></body></opml>";
	struct hy_opml_entry *e, *back;
	size_t n, skipped, m;
	char *out;

	(void)state;
	assert_int_equal(hy_opml_parse(ctx, in, strlen(in), &e, &n, &skipped, NULL), HY_OK);
	assert_int_equal(n, 3);
	assert_int_equal(skipped, 1);
	assert_string_equal(e[0].xml_url, "http://l.example/e?a=1&b=2");
	assert_string_equal(e[0].title, "东乡");
	assert_string_equal(e[0].folder, "乡镇");
	assert_string_equal(e[1].folder, "乡镇/村");
	assert_string_equal(e[1].xml_url, "http://l.example/n");
	assert_string_equal(e[2].folder, "");
	out = hy_opml_write(ctx, "临江 & x", NOW, e, n);
	assert_int_equal(hy_opml_parse(ctx, out, strlen(out), &back, &m, &skipped, NULL), HY_OK);
	assert_int_equal(m, n);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(back[i].xml_url, e[i].xml_url);
		assert_string_equal(back[i].folder, e[i].folder);
		assert_string_equal(back[i].title, e[i].title);
	}
	assert_int_equal(hy_opml_parse(ctx, "<html/>", 7, &e, &n, NULL, NULL), HY_EINPUT);
	assert_int_equal(hy_opml_parse(ctx, "", 0, &e, &n, NULL, NULL), HY_EINPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_poll), cmocka_unit_test(test_named),  cmocka_unit_test(test_edit_and_gap),
		cmocka_unit_test(test_volatile),    cmocka_unit_test(test_cut),
		cmocka_unit_test(test_headers),	    cmocka_unit_test(test_ladder),
		cmocka_unit_test(test_regenerated), cmocka_unit_test(test_tombstone),
		cmocka_unit_test(test_statuses),    cmocka_unit_test(test_moved),
		cmocka_unit_test(test_schedule),    cmocka_unit_test(test_opml),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
