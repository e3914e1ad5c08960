/* Receiving: R18 (the same again, replayed, out of order, edited or deleted before it came), forged
 * ones that leave no row, the balance sheet, and what may not stand on the disk. */
#include "desk/receive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TOKEN "t0ken-of-the-test"
#define HOOK_SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define START INT64_C(1795241100000)
#define SENDER "oPLANTEDopenid1234567"
#define PHONE "13987654321"

struct office {
	char dir[64];
	struct hy_desk *desk;
	struct hy_receive *receive;
	struct desk_box wechat, hook, sms;
};
struct got {
	int http, calls;
	char *type, *body;
	void *ctx;
};

static void on_taken(void *user, const struct hy_receive_out *out)
{
	struct got *g = user;

	g->calls++;
	g->http = out->http;
	g->type = hy_strdup(g->ctx, out->type);
	g->body = hy_strndup(g->ctx, out->body, out->n);
}

static void act(struct office *o, const char *action, const char *params)
{
	struct hy_person *p = NULL;
	struct hy_json *node = NULL;
	struct hy_err err = {0};
	char *result;

	assert_int_equal(hy_person_find(o->desk->st, o, "admin", &p, NULL), HY_OK);
	assert_int_equal(hy_json_parse(o, params, strlen(params), 0, &node, NULL), HY_OK);
	if (hy_desk_act(o->desk, o, p->id, action, node, &result, &err))
		fail_msg("%s %s: %s", action, params, err.text);
}

static void box(struct office *o, const char *name, const char *platform, const char *keys,
		struct desk_box *out)
{
	struct hy_account *a = NULL;

	act(o, "account.add", hy_strf(o, "{\"name\":\"%s\",\"platform\":\"%s\"}", name, platform));
	act(o, "account.callback", hy_strf(o, "{\"id\":\"%s\"%s}", name, keys));
	assert_int_equal(hy_account_find(o->desk->st, o, name, &a, NULL), HY_OK);
	assert_int_equal(desk_box_of(o->desk, o, a, out, NULL), HY_OK);
}

static int make_office(void **state)
{
	struct office *o = hy_new(NULL, struct office);
	const struct hy_setup s = {.office = "临江县", .dir = o->dir, .demo = true};
	struct hy_err err = {0};
	char *phrase, *link;

	snprintf(o->dir, sizeof(o->dir), "/tmp/hy-receive.XXXXXX");
	assert_non_null(mkdtemp(o->dir));
	hy_xml_init();
	assert_int_equal(hy_crypt_init(&err), HY_OK);
	if (hy_desk_setup(o, &s, &phrase, &link, &err) ||
	    hy_desk_open(&o->desk, o, o->dir, 0, &err))
		fail_msg("%s", err.text);
	char *conf = hy_strf(o, "%s/huying.conf", o->dir), *text;
	size_t n;
	assert_int_equal(hy_file_read(o, conf, 1 << 20, &text, &n, NULL), HY_OK);
	text = hy_strf(o, "%s\nreceive { acknowledge = \"%s\" }\n", text, "收到，编号{number}");
	assert_int_equal(hy_file_write(conf, text, strlen(text), 0600, NULL), HY_OK);
	talloc_free(o->desk);
	if (hy_desk_open(&o->desk, o, o->dir, 0, &err))
		fail_msg("%s", err.text);
	o->desk->local = true;
	o->desk->clock = hy_clock_fixed(o->desk, START);
	box(o, "微信", "wechat", ",\"secret\":\"" TOKEN "\"", &o->wechat);
	box(o, "系统", "webhook", ",\"secret\":\"" HOOK_SECRET "\"", &o->hook);
	box(o, "短信", "tencent", "", &o->sms);
	if (hy_receive_new(&o->receive, o, o->desk, &err))
		fail_msg("%s", err.text);
	*state = o;
	return 0;
}

static int drop_office(void **state)
{
	struct office *o = *state;
	char *cmd = hy_strf(NULL, "rm -rf %s", o->dir);

	talloc_free(o);
	assert_int_equal(system(cmd), 0);
	talloc_free(cmd);
	return 0;
}

/* ---- sending ---- */

static char *path_of(struct office *o, const struct desk_box *b)
{
	return hy_strf(o, "/callback/%" PRId64 "/%s", b->account.v, b->path);
}

static char *signed_query(struct office *o, const char *nonce)
{
	char *timestamp = hy_strf(o, "%" PRId64, hy_desk_now(o->desk) / HY_SECOND), signature[41];
	const char *parts[] = {TOKEN, timestamp, nonce};

	hy_callback_sha1(parts, 3, signature);
	return hy_strf(o, "signature=%s&timestamp=%s&nonce=%s", signature, timestamp, nonce);
}

static char *wx(struct office *o, const char *sender, int64_t id, const char *text)
{
	return hy_strf(o,
		       "<xml><ToUserName>gh_1</ToUserName><FromUserName>%s</FromUserName>"
		       "<CreateTime>%" PRId64 "</CreateTime><MsgType>text</MsgType>"
		       "<Content>%s</Content><MsgId>%" PRId64 "</MsgId></xml>",
		       sender, hy_desk_now(o->desk) / HY_SECOND, text, id);
}

static void add(struct office *o, const char *path, const char *query, const char *body,
		struct got *g)
{
	const struct hy_receive_in in = {
		.post = true, .path = path, .query = query, .body = body, .n_body = strlen(body)};

	*g = (struct got){.ctx = o};
	hy_receive_add(o->receive, &in, on_taken, g);
}

static struct got send_wx(struct office *o, const char *query, const char *body)
{
	struct got g;

	add(o, path_of(o, &o->wechat), query, body, &g);
	assert_int_equal(g.calls, 0); /* nothing is acknowledged before it is written down */
	hy_receive_flush(o->receive);
	assert_int_equal(g.calls, 1);
	return g;
}

static struct got send_hook(struct office *o, const char *id, const char *body)
{
	int64_t seconds = hy_desk_now(o->desk) / HY_SECOND;
	struct hy_receive_header headers[3] = {
		{"webhook-id", id},
		{"webhook-timestamp", hy_strf(o, "%" PRId64, seconds)},
		{NULL, NULL}};
	struct hy_receive_in in = {.post = true,
				   .path = path_of(o, &o->hook),
				   .headers = headers,
				   .n_headers = 3,
				   .body = body,
				   .n_body = strlen(body)};
	struct got g = {.ctx = o};
	char *signature;

	assert_int_equal(hy_webhook_sign(o, o->hook.keys.secret, id, seconds, body, strlen(body),
					 &signature, NULL),
			 HY_OK);
	headers[2] = (struct hy_receive_header){"webhook-signature", signature};
	hy_receive_add(o->receive, &in, on_taken, &g);
	hy_receive_flush(o->receive);
	assert_int_equal(g.calls, 1);
	return g;
}

/* ---- looking ---- */

static int64_t counted(struct office *o, const struct desk_box *b, const char *what,
		       const char *why)
{
	struct hy_source_count *list = NULL;
	int64_t sum = 0;
	size_t n = 0;

	assert_int_equal(hy_source_counts(o->desk->st, o, 0, 99999999, &list, &n, NULL), HY_OK);
	for (size_t i = 0; i < n; i++)
		if (list[i].source.v == b->source.v &&
		    (what ? !strcmp(list[i].what, what)
			  : !strcmp(list[i].what, "new") || !strcmp(list[i].what, "repeat") ||
				    !strcmp(list[i].what, "refused")) &&
		    (!why || !strcmp(list[i].why, why)))
			sum += list[i].n;
	return sum;
}

static size_t cases(struct office *o, struct hy_case **out)
{
	const struct hy_case_filter f = {.closed_too = true, .limit = 500};
	size_t n = 0;

	assert_int_equal(hy_case_list(o->desk->st, o, &f, out, &n, NULL), HY_OK);
	return n;
}

static size_t items_of(struct office *o, const struct desk_box *b, struct hy_item **last)
{
	struct hy_item *list = NULL;
	size_t n = 0, found = 0;

	assert_int_equal(hy_item_log(o->desk->st, o, 0, 10000, &list, &n, NULL), HY_OK);
	for (size_t i = 0; i < n; i++)
		if (list[i].source.v == b->source.v) {
			found++;
			*last = &list[i];
		}
	return found;
}

static size_t events(struct office *o, struct hy_case_id id, struct hy_case_event **out)
{
	size_t n = 0;

	assert_int_equal(hy_case_events(o->desk->st, o, id, out, &n, NULL), HY_OK);
	return n;
}

/* ---- messages to us ---- */

static void test_message(void **state)
{
	struct office *o = *state;
	struct hy_case *list = NULL;
	struct hy_item *it = NULL;
	struct hy_account_id account;
	char *handle = NULL;
	hy_time last;
	struct got g = send_wx(o, signed_query(o, "n1"), wx(o, SENDER, 1, "停水了，电话 " PHONE));

	assert_int_equal(g.http, 200);
	assert_int_equal(cases(o, &list), 1);
	assert_string_equal(list[0].text, "停水了，电话 " PHONE); /* sealed at rest, whole */
	assert_string_equal(list[0].channel, "wechat");
	assert_null(strstr(list[0].title, "停水"));
	assert_true(list[0].due_reply > 0);
	/* the acknowledgement names the case */
	assert_non_null(strstr(g.body, hy_strf(o, "收到，编号%s", list[0].number)));
	assert_non_null(strstr(g.body, "<ToUserName><![CDATA[" SENDER "]]>"));
	/* the item says that something came, and nothing of what */
	assert_int_equal(items_of(o, &o->wechat, &it), 1);
	assert_int_equal(it->kind, HY_ITEM_MESSAGE);
	assert_true(it->flags & HY_ITEM_ADDRESSED);
	assert_string_equal(it->text, "");
	assert_string_equal(it->title, "");
	assert_int_equal(it->id.v, list[0].item.v);
	/* the handle is there for the answer */
	assert_int_equal(
		hy_contact_open(o->desk->st, o, list[0].id, &account, &handle, &last, NULL), HY_OK);
	assert_string_equal(handle, SENDER);
	assert_int_equal(account.v, o->wechat.account.v);
	assert_int_equal(last, START);
	assert_int_equal(counted(o, &o->wechat, "new", ""), 1);
}

static void test_again(void **state)
{
	struct office *o = *state;
	struct hy_case *list = NULL;
	struct hy_item *it = NULL;
	struct got g[100], one;
	char *query = signed_query(o, "n1"), *body = wx(o, SENDER, 1, "停水了");

	/* a hundred at once, in one transaction */
	for (size_t i = 0; i < HY_LEN(g); i++)
		add(o, path_of(o, &o->wechat), query, body, &g[i]);
	assert_int_equal(hy_receive_waiting(o->receive), HY_LEN(g));
	hy_receive_flush(o->receive);
	for (size_t i = 0; i < HY_LEN(g); i++) {
		assert_int_equal(g[i].http, 200);
		/* whoever hears us first hears the number */
		assert_non_null(strstr(g[i].body, "收到，编号"));
	}
	assert_int_equal(cases(o, &list), 1);
	assert_int_equal(items_of(o, &o->wechat, &it), 1);
	assert_int_equal(counted(o, &o->wechat, "new", NULL), 1);
	assert_int_equal(counted(o, &o->wechat, "repeat", NULL), 99);
	/* the platform tries again with a fresh signature */
	one = send_wx(o, signed_query(o, "n2"), body);
	assert_int_equal(one.http, 200);
	assert_non_null(strstr(one.body, list[0].number));
	/* replayed after ten minutes, after a day */
	hy_clock_set(o->desk->clock, START + 10 * HY_MINUTE);
	assert_int_equal(send_wx(o, query, body).http, 403);
	hy_clock_set(o->desk->clock, START + HY_DAY);
	assert_int_equal(send_wx(o, query, body).http, 403);
	/* an office that takes any time has it refused by the identity */
	o->wechat.keys.window = -1;
	act(o, "account.callback", "{\"id\":\"微信\",\"window\":\"0\"}");
	talloc_free(o->receive);
	assert_int_equal(hy_receive_new(&o->receive, o, o->desk, NULL), HY_OK);
	assert_int_equal(send_wx(o, query, body).http, 200);
	assert_int_equal(cases(o, &list), 1);
	assert_int_equal(counted(o, &o->wechat, "repeat", NULL), 101);
	assert_int_equal(counted(o, &o->wechat, "refused", "forged"), 0);
	assert_int_equal(counted(o, &o->wechat, "refused", "clock"), 2);
	assert_int_equal(counted(o, &o->wechat, NULL, NULL), 104); /* all that came */
}

static void test_join(void **state)
{
	struct office *o = *state;
	struct hy_case *list = NULL;
	struct hy_case_event *ev = NULL;

	/* two messages 200 ms apart, and a stranger between them */
	send_wx(o, signed_query(o, "a"), wx(o, "oA", 1, "三单元停水"));
	hy_clock_set(o->desk->clock, START + 100);
	send_wx(o, signed_query(o, "b"), wx(o, "oB", 2, "路灯不亮"));
	hy_clock_set(o->desk->clock, START + 200);
	struct got g = send_wx(o, signed_query(o, "c"), wx(o, "oA", 3, "是五单元"));
	assert_string_equal(g.body, "success"); /* acknowledged once */
	assert_int_equal(cases(o, &list), 2);
	struct hy_case *first = list[0].id.v < list[1].id.v ? &list[0] : &list[1];
	size_t n = events(o, first->id, &ev);
	assert_non_null(strstr(ev[n - 1].text, "是五单元"));
	/* a day later it is another matter */
	hy_clock_set(o->desk->clock, START + 25 * HY_HOUR);
	send_wx(o, signed_query(o, "d"), wx(o, "oA", 4, "又停水"));
	assert_int_equal(cases(o, &list), 3);
	assert_int_equal(counted(o, &o->wechat, "new", ""), 4);
}

/* ---- forged ---- */

static void test_forged(void **state)
{
	struct office *o = *state;
	struct hy_case *list = NULL;
	struct hy_item *it = NULL;
	struct got g;
	char *body = wx(o, SENDER, 1, "假的"), *query = signed_query(o, "n1");

	/* no such account, no such path: at once, and as if nothing were there */
	add(o, "/callback/999/00112233445566778899aabbccddeeff", query, body, &g);
	assert_int_equal(g.http, 404);
	add(o, "/", query, body, &g);
	assert_int_equal(g.http, 404);
	add(o, "/callback/", query, body, &g);
	assert_int_equal(g.http, 404);
	add(o,
	    hy_strf(o, "/callback/%" PRId64 "/00112233445566778899aabbccddeeff",
		    o->wechat.account.v),
	    query, body, &g);
	hy_receive_flush(o->receive);
	assert_int_equal(g.http, 404);
	/* the right signature on another account's path */
	add(o, hy_strf(o, "/callback/%" PRId64 "/%s", o->wechat.account.v, o->hook.path), query,
	    body, &g);
	hy_receive_flush(o->receive);
	assert_int_equal(g.http, 404);
	assert_int_equal(send_wx(o, hy_strf(o, "%s0", query), body).http, 403);
	assert_int_equal(send_wx(o, "", body).http, 403);
	assert_int_equal(send_wx(o, hy_strf(o, "%s&nonce=n1", query), body).http, 400);
	/* a stamp that was used, over other words */
	assert_int_equal(send_wx(o, query, wx(o, "oA", 7, "真的")).http, 200);
	assert_int_equal(send_wx(o, query, body).http, 403);
	assert_int_equal(cases(o, &list), 1);
	assert_int_equal(items_of(o, &o->wechat, &it), 1);
	assert_int_equal(counted(o, &o->wechat, "refused", "path"), 2);
	assert_int_equal(counted(o, &o->wechat, "refused", "forged"), 2);
	assert_int_equal(counted(o, &o->wechat, "refused", "malformed"), 1);
	assert_int_equal(counted(o, &o->wechat, "refused", "replayed"), 1);
	assert_int_equal(counted(o, &o->wechat, NULL, NULL), 7);
}

/* More than is read: counted, where the address is known. */
static void test_large(void **state)
{
	struct office *o = *state;

	hy_receive_large(o->receive, path_of(o, &o->wechat));
	hy_receive_large(o->receive, hy_strf(o, "/callback/%" PRId64 "/%s", o->wechat.account.v,
					     o->hook.path));
	hy_receive_large(o->receive, "/callback/999/00112233445566778899aabbccddeeff");
	hy_receive_large(o->receive, "/");
	hy_receive_flush(o->receive);
	assert_int_equal(counted(o, &o->wechat, "refused", "large"), 1);
	assert_int_equal(counted(o, &o->wechat, "refused", "path"), 1);
	assert_int_equal(counted(o, &o->wechat, NULL, NULL), 2);
}

static void test_check_of_address(void **state)
{
	struct office *o = *state;
	struct got g = {.ctx = o};
	struct hy_receive_in in = {.path = path_of(o, &o->wechat),
				   .query = hy_strf(o, "%s&echostr=42", signed_query(o, "n")),
				   .body = ""};

	hy_receive_add(o->receive, &in, on_taken, &g);
	assert_int_equal(g.calls, 1);
	assert_int_equal(g.http, 200);
	assert_string_equal(g.body, "42");
	in.query = "signature=x&timestamp=1&nonce=2&echostr=42";
	hy_receive_add(o->receive, &in, on_taken, &g);
	assert_int_equal(g.http, 403);
	assert_string_equal(g.body, "");
	assert_int_equal(counted(o, &o->wechat, NULL, NULL), 0);
}

/* ---- disorder ---- */

static char *said(struct office *o, const char *type, const char *id, int second, const char *text,
		  bool open)
{
	return hy_strf(o,
		       "{\"type\":\"message.%s\",\"timestamp\":\"2026-11-21T06:05:%02dZ\",\"data\":"
		       "{\"id\":\"%s\",\"text\":\"%s\",\"sender\":\"u-%s\",\"public\":%s}}",
		       type, second, id, text, id, open ? "true" : "false");
}

static void test_disorder_public(void **state)
{
	struct office *o = *state;
	struct hy_item *it = NULL;
	struct hy_case *list = NULL;

	hy_clock_set(o->desk->clock, START + HY_MINUTE);
	/* the edit comes first: it is the message; the message itself then changes nothing */
	assert_int_equal(send_hook(o, "1", said(o, "edited", "a", 5, "停水了 @某人", true)).http,
			 200);
	assert_int_equal(send_hook(o, "2", said(o, "created", "a", 1, "停水", true)).http, 200);
	assert_int_equal(items_of(o, &o->hook, &it), 1);
	assert_non_null(strstr(it->text, "停水了"));
	assert_null(strstr(it->text, "某人")); /* masked at the door */
	/* an older edit after a younger one */
	send_hook(o, "3", said(o, "edited", "a", 3, "旧的", true));
	assert_int_equal(items_of(o, &o->hook, &it), 1);
	send_hook(o, "4", said(o, "edited", "a", 9, "新的", true));
	assert_int_equal(items_of(o, &o->hook, &it), 2);
	assert_string_equal(it->text, "新的");
	assert_int_equal(it->revision, 2);
	/* deleted before it came: it never comes */
	send_hook(o, "5", said(o, "deleted", "b", 5, "", true));
	send_hook(o, "6", said(o, "created", "b", 1, "幽灵", true));
	send_hook(o, "7", said(o, "edited", "b", 8, "幽灵二", true));
	assert_int_equal(items_of(o, &o->hook, &it), 2);
	assert_int_equal(counted(o, &o->hook, "refused", "deleted"), 2);
	/* deleted after: withdrawn, and stays so */
	send_hook(o, "8", said(o, "deleted", "a", 20, "", true));
	send_hook(o, "9", said(o, "edited", "a", 30, "复活", true));
	assert_int_equal(items_of(o, &o->hook, &it), 3);
	assert_true(it->flags & HY_ITEM_WITHDRAWN);
	assert_string_equal(it->text, "");
	assert_int_equal(cases(o, &list), 0);
	assert_int_equal(counted(o, &o->hook, NULL, NULL), 9);
	/* the same id under the same webhook-id is a repeat, under another one, too */
	assert_int_equal(send_hook(o, "9", said(o, "edited", "a", 30, "复活", true)).http, 200);
	assert_int_equal(send_hook(o, "10", said(o, "edited", "a", 30, "复活", true)).http, 200);
	assert_int_equal(counted(o, &o->hook, "repeat", NULL), 2);
	/* the same webhook-id over other words */
	assert_int_equal(send_hook(o, "9", said(o, "created", "c", 30, "别的", true)).http, 403);
}

static void test_disorder_addressed(void **state)
{
	struct office *o = *state;
	struct hy_case *list = NULL;
	struct hy_case_event *ev = NULL;

	hy_clock_set(o->desk->clock, START + HY_MINUTE);
	send_hook(o, "1", said(o, "edited", "a", 5, "停水了", false));
	send_hook(o, "2", said(o, "created", "a", 1, "停水", false));
	assert_int_equal(cases(o, &list), 1);
	assert_string_equal(list[0].text, "停水了");
	send_hook(o, "3", said(o, "edited", "a", 9, "来水了", false));
	size_t n = events(o, list[0].id, &ev);
	assert_non_null(strstr(ev[n - 1].text, "来水了"));
	send_hook(o, "4", said(o, "deleted", "a", 10, "", false));
	assert_int_equal(events(o, list[0].id, &ev), n + 1);
	send_hook(o, "5", said(o, "deleted", "b", 5, "", false));
	send_hook(o, "6", said(o, "created", "b", 1, "幽灵", false));
	assert_int_equal(cases(o, &list), 1);
}

/* ---- what is not understood ---- */

static void test_unread(void **state)
{
	struct office *o = *state;
	struct hy_case *list = NULL;
	int64_t done = 0, left = 0;
	const char *raw = "q=1\n";

	/* signed by the platform: kept for a parser that knows better, and not sent again */
	struct got g = send_wx(o, signed_query(o, "n1"), "<xml><New>1</New></xml>");
	assert_int_equal(g.http, 200);
	assert_string_equal(g.body, "success");
	send_wx(o, signed_query(o, "n1"), "<xml><New>1</New></xml>");
	assert_int_equal(counted(o, &o->wechat, "refused", "unread"), 1);
	assert_int_equal(counted(o, &o->wechat, "repeat", NULL), 1);
	/* a system of one's own is told that it speaks nonsense */
	assert_int_equal(send_hook(o, "1", "{\"type\":").http, 400);
	assert_int_equal(counted(o, &o->hook, "refused", "unread"), 1);
	assert_int_equal(desk_replay(o->desk, &o->wechat, &done, &left, NULL), HY_OK);
	assert_int_equal(done, 0);
	assert_int_equal(left, 1);
	/* a better parser (here: bytes that ours reads) */
	char *text = hy_strf(o, "%s%s", raw, wx(o, "oA", 5, "停水"));
	const struct hy_callback_row row = {
		.source = o->wechat.source, .at = START, .body = {1}, .unread = true};
	assert_int_equal(hy_callback_add(o->desk->st, &row, text, strlen(text), NULL), HY_OK);
	assert_int_equal(hy_source_count(o->desk->st, o->wechat.source, 20261121, "refused",
					 "unread", 1, NULL),
			 HY_OK);
	assert_int_equal(desk_replay(o->desk, &o->wechat, &done, &left, NULL), HY_OK);
	assert_int_equal(done, 1);
	assert_int_equal(left, 1);
	assert_int_equal(cases(o, &list), 1);
	assert_int_equal(counted(o, &o->wechat, "refused", "unread"), 1);
	assert_int_equal(counted(o, &o->wechat, "new", NULL), 1);
	/* seven days: the bytes are gone, what was said is still known */
	int64_t gone = 0;
	assert_int_equal(hy_callback_erase(o->desk->st, START + 1, START - HY_DAY, &gone, NULL),
			 HY_OK);
	assert_true(gone >= 2);
	assert_int_equal(desk_replay(o->desk, &o->wechat, &done, &left, NULL), HY_OK);
	assert_int_equal(left, 0);
	send_wx(o, signed_query(o, "n9"), wx(o, "oA", 5, "停水"));
	assert_int_equal(cases(o, &list), 1);
}

/* ---- reports, SMS, mentions ---- */

static void test_sms(void **state)
{
	struct office *o = *state;
	struct hy_case *list = NULL;
	struct hy_alert *alerts = NULL;
	size_t n = 0;
	struct got g;

	add(o, path_of(o, &o->sms), "",
	    "{\"extend\":\"1\",\"mobile\":\"" PHONE "\",\"text\":\"几时来水\",\"time\":1795241100}",
	    &g);
	hy_receive_flush(o->receive);
	assert_int_equal(g.http, 200);
	assert_string_equal(g.body, "{\"result\":0,\"errmsg\":\"OK\"}");
	assert_int_equal(cases(o, &list), 1);
	add(o, path_of(o, &o->sms), "",
	    "[{\"user_receive_time\":\"2026-11-21 14:05:00\",\"mobile\":\"" PHONE
	    "\",\"report_status\":"
	    "\"FAIL\",\"errmsg\":\"MK:0001\",\"sid\":\"s-1\"},{\"user_receive_time\":\"2026-11-21 "
	    "14:05:00\","
	    "\"mobile\":\"" PHONE
	    "\",\"report_status\":\"SUCCESS\",\"errmsg\":\"DELIVRD\",\"sid\":\"s-2\"}]",
	    &g);
	hy_receive_flush(o->receive);
	assert_int_equal(g.http, 200);
	assert_int_equal(hy_alert_list(o->desk->st, o, false, 0, 10, &alerts, &n, NULL), HY_OK);
	assert_int_equal(n, 1);
	assert_non_null(strstr(alerts[0].why, "MK:0001"));
	assert_int_equal(counted(o, &o->sms, "new", ""), 3);
	assert_int_equal(cases(o, &list), 1);
}

/* ---- the balance sheet ---- */

/* The sheet's row of a source on the office's day as it is now, and the whole answer. */
static const struct hy_json *sheet(struct office *o, const struct desk_box *b, const char *params,
				   struct hy_json **whole)
{
	struct hy_person *p = NULL;
	struct hy_json *node = NULL;
	const struct hy_json *items;
	struct hy_err err = {0};
	char *text = NULL;

	assert_int_equal(hy_person_find(o->desk->st, o, "admin", &p, NULL), HY_OK);
	assert_int_equal(hy_json_parse(o, params, strlen(params), 0, &node, NULL), HY_OK);
	if (hy_desk_act(o->desk, o, p->id, "source.balance", node, &text, &err))
		fail_msg("%s", err.text);
	assert_int_equal(hy_json_parse(o, text, strlen(text), 0, whole, NULL), HY_OK);
	items = hy_json_get(*whole, "items");
	for (size_t i = 0; i < items->n; i++)
		if (hy_json_int(items->at[i], "source_id", 0) == b->source.v)
			return items->at[i];
	return NULL;
}

static void balance_is(const struct hy_json *row, int received, int fresh, int repeat, int refused)
{
	assert_int_equal(hy_json_int(row, "received", -1), received);
	assert_int_equal(hy_json_int(row, "new", -1), fresh);
	assert_int_equal(hy_json_int(row, "repeat", -1), repeat);
	assert_int_equal(hy_json_int(row, "refused", -1), refused);
	assert_int_equal(received, fresh + repeat + refused);
	assert_true(hy_json_bool(row, "balanced", false));
}

static void test_balance(void **state)
{
	struct office *o = *state;
	struct hy_json *whole = NULL;
	const struct hy_json *row;
	struct hy_source *src = NULL;
	struct got g;
	char *query = signed_query(o, "n1"), *body = wx(o, "oA", 1, "停水");

	/* WeChat: two new, one of them half a minute late; twice a repeat; four refused */
	send_wx(o, query, body);
	send_wx(o, query, body);
	send_wx(o, signed_query(o, "n2"), body);
	char *late = wx(o, "oB", 2, "路灯");
	hy_clock_set(o->desk->clock, START + 25 * HY_SECOND);
	send_wx(o, signed_query(o, "n3"), late);
	send_wx(o, hy_strf(o, "%s0", query), body);
	send_wx(o, "signature=x", body);
	send_wx(o, query, wx(o, "oC", 9, "冒充"));
	send_wx(o, signed_query(o, "n4"), "<xml><New>1</New></xml>");
	/* SMS: one callback that says three things is three; the same again is three repeats */
	for (int i = 0; i < 2; i++) {
		add(o, path_of(o, &o->sms), "",
		    "[{\"user_receive_time\":\"2026-11-21 14:05:00\",\"mobile\":\"" PHONE
		    "\",\"report_status\":\"SUCCESS\",\"errmsg\":\"DELIVRD\",\"sid\":\"s-1\"},"
		    "{\"user_receive_time\":\"2026-11-21 14:05:00\",\"mobile\":\"" PHONE
		    "\",\"report_status\":\"SUCCESS\",\"errmsg\":\"DELIVRD\",\"sid\":\"s-2\"},"
		    "{\"user_receive_time\":\"2026-11-21 14:05:00\",\"mobile\":\"" PHONE
		    "\",\"report_status\":\"SUCCESS\",\"errmsg\":\"DELIVRD\",\"sid\":\"s-3\"}]",
		    &g);
		hy_receive_flush(o->receive);
	}
	row = sheet(o, &o->wechat, "{}", &whole);
	balance_is(row, 8, 2, 2, 4);
	/* the list of sources says the same */
	assert_int_equal(hy_source_get(o->desk->st, o, o->wechat.source, &src, NULL), HY_OK);
	assert_int_equal(src->got_new, 2);
	assert_int_equal(src->got_repeat, 2);
	assert_int_equal(src->got_refused, 4);
	assert_true(src->last_ok == START + 25 * HY_SECOND && src->last_new == src->last_ok);
	assert_string_equal(hy_json_str(row, "day"), "2026-11-21");
	assert_string_equal(hy_json_str(row, "source"), "callback:微信");
	assert_int_equal(hy_json_get(row, "reasons")->n, 3); /* forged 2, replayed, unread */
	assert_int_equal(hy_json_int(row, "lag_p50_s", -1), 10);
	assert_int_equal(hy_json_int(row, "lag_p90_s", -1), 30);
	balance_is(sheet(o, &o->sms, "{}", &whole), 6, 3, 3, 0);
	balance_is(hy_json_get(whole, "total"), 14, 5, 5, 4);
	assert_true(hy_json_bool(whole, "balanced", false));
	/* another day is another row; a range has both */
	hy_clock_set(o->desk->clock, START + HY_DAY);
	send_wx(o, signed_query(o, "m1"), wx(o, "oD", 20, "又停水"));
	balance_is(sheet(o, &o->wechat, "{}", &whole), 1, 1, 0, 0);
	balance_is(sheet(o, &o->wechat, "{\"day\":\"2026-11-21\"}", &whole), 8, 2, 2, 4);
	(void)sheet(o, &o->wechat, "{\"day\":\"2026-11-21\",\"until\":\"2026-11-22\"}", &whole);
	assert_int_equal(hy_json_get(whole, "items")->n, 3);
	balance_is(hy_json_get(whole, "total"), 15, 6, 5, 4);
	/* understood later: it moves from refused to new on the day that it came */
	char *text = hy_strf(o, "q=1\n%s", wx(o, "oE", 30, "停气"));
	const struct hy_callback_row raw = {
		.source = o->wechat.source, .at = START, .body = {1}, .unread = true};
	const int64_t one = 1;
	assert_int_equal(hy_callback_add(o->desk->st, &raw, text, strlen(text), NULL), HY_OK);
	assert_int_equal(hy_source_count(o->desk->st, o->wechat.source, 20261121, "refused",
					 "unread", one, NULL),
			 HY_OK);
	row = sheet(o, &o->wechat, "{\"day\":\"2026-11-21\"}", &whole);
	/* counted where it ended and not at the door: the sheet says so */
	assert_false(hy_json_bool(row, "balanced", true));
	assert_int_equal(hy_json_int(row, "off", 0), -1);
	assert_false(hy_json_bool(whole, "balanced", true));
	assert_int_equal(hy_source_count(o->desk->st, o->wechat.source, 20261121, "received", "",
					 one, NULL),
			 HY_OK);
	int64_t done = 0, left = 0;
	assert_int_equal(desk_replay(o->desk, &o->wechat, &done, &left, NULL), HY_OK);
	balance_is(sheet(o, &o->wechat, "{\"day\":\"2026-11-21\"}", &whole), 9, 3, 2, 4);
	/* the table for a spreadsheet says the same */
	(void)sheet(o, &o->wechat, "{\"day\":\"2026-11-21\",\"format\":\"csv\"}", &whole);
	assert_non_null(
		strstr(hy_json_str(whole, "text"), "callback:微信,2026-11-21,9,3,0,0,2,4,0,0,10,30,0,"));
}

/* ---- the way to answer somebody ---- */

/* Whether these bytes stand in the record or in what waits to go into it. */
static bool on_disk(struct office *o, const uint8_t bytes[HY_HASH_LEN])
{
	static const char *const files[] = {"huying.db", "huying.db-wal"};
	bool found = false;

	for (size_t i = 0; i < HY_LEN(files); i++) {
		char *path = hy_strf(o, "%s/%s", o->dir, files[i]), *text = NULL;
		size_t n = 0;

		if (hy_file_read(o, path, 64u << 20, &text, &n, NULL) == HY_OK)
			found = found || memmem(text, n, bytes, HY_HASH_LEN) != NULL;
		talloc_free(text);
	}
	return found;
}

static void clock_role(struct office *o)
{
	struct hy_err err = {0};

	if (hy_desk_run_once(o->desk, "clock", &err))
		fail_msg("%s", err.text);
}

static void test_contact_erased(void **state)
{
	struct office *o = *state;
	struct hy_case *list = NULL;
	struct hy_account_id account;
	uint8_t closed[HY_HASH_LEN], open[HY_HASH_LEN];
	struct hy_person *p = NULL;
	struct hy_json *node = NULL;
	char *handle = NULL, *result;
	hy_time last;

	send_wx(o, signed_query(o, "n1"), wx(o, SENDER, 1, "停水"));
	send_wx(o, signed_query(o, "n2"), wx(o, "oStillOpen", 2, "路灯"));
	assert_int_equal(cases(o, &list), 2);
	struct hy_case *first = list[0].id.v < list[1].id.v ? &list[0] : &list[1];
	struct hy_case *other = first == &list[0] ? &list[1] : &list[0];
	char *id = hy_strf(o, "{\"id\":\"%s\"", first->number);
	desk_keyed(o->desk, "contact", o->wechat.account.v, SENDER, strlen(SENDER), closed);
	desk_keyed(o->desk, "contact", o->wechat.account.v, "oStillOpen", 10, open);
	act(o, "user.add", "{\"login\":\"shouli\",\"name\":\"受理\",\"duties\":\"clerk,supervisor\"}");
	assert_int_equal(hy_person_find(o->desk->st, o, "shouli", &p, NULL), HY_OK);
	char *params = hy_strf(o, "%s,\"text\":\"已办\"}", id);
	assert_int_equal(hy_json_parse(o, params, strlen(params), 0, &node, NULL), HY_OK);
	assert_int_equal(hy_desk_act(o->desk, o, p->id, "case.close", node, &result, NULL), HY_OK);
	/* closed, and may still be opened again: the handle is there */
	hy_clock_set(o->desk->clock, START + 29 * HY_DAY);
	clock_role(o);
	assert_int_equal(hy_contact_open(o->desk->st, o, first->id, &account, &handle, &last, NULL),
			 HY_OK);
	assert_string_equal(handle, SENDER);
	assert_true(on_disk(o, closed));
	/* it may not any more: nothing of it stands on the disk; that of the open case does */
	hy_clock_set(o->desk->clock, START + 31 * HY_DAY);
	clock_role(o);
	assert_int_equal(hy_contact_open(o->desk->st, o, first->id, &account, &handle, &last, NULL),
			 HY_ENOTFOUND);
	assert_false(on_disk(o, closed));
	assert_int_equal(hy_contact_open(o->desk->st, o, other->id, &account, &handle, &last, NULL),
			 HY_OK);
	assert_string_equal(handle, "oStillOpen");
	assert_true(on_disk(o, open));
	params = hy_strf(o, "%s,\"why\":\"又停\"}", id);
	assert_int_equal(hy_json_parse(o, params, strlen(params), 0, &node, NULL), HY_OK);
	assert_int_equal(hy_desk_act(o->desk, o, p->id, "case.reopen", node, &result, NULL),
			 HY_EREFUSED);
}

/* ---- the disk ---- */

static void test_nothing_in_clear(void **state)
{
	static const char *const planted[] = {SENDER, PHONE,	       "PLANTEDWORDS",
					      TOKEN,  &HOOK_SECRET[6], "u-PLANTEDSENDER"};
	struct office *o = *state;
	struct got g;

	send_wx(o, signed_query(o, "n1"), wx(o, SENDER, 1, "PLANTEDWORDS " PHONE));
	send_wx(o, signed_query(o, "n2"), wx(o, SENDER, 2, "PLANTEDWORDS again"));
	send_wx(o, signed_query(o, "n3"), "<xml><PLANTEDWORDS/></xml>");
	send_hook(o, "1",
		  said(o, "created", "PLANTEDSENDER", 1, "open PLANTED words " PHONE, true));
	add(o, path_of(o, &o->sms), "",
	    "{\"mobile\":\"" PHONE "\",\"text\":\"PLANTEDWORDS\",\"time\":1795241100}", &g);
	hy_receive_flush(o->receive);
	talloc_free(o->receive); /* every byte is on its way to the disk */
	for (size_t i = 0; i < HY_LEN(planted); i++) {
		char *cmd = hy_strf(o, "grep -raqF -e '%s' %s", planted[i], o->dir);

		if (system(cmd) == 0)
			fail_msg("%s stands on the disk", planted[i]);
	}
	/* the grep can find: the public words, masked, do stand there */
	assert_int_equal(system(hy_strf(o, "grep -raqF -e 'open PLANTED words' %s", o->dir)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_message, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_again, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_join, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_forged, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_large, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_check_of_address, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_disorder_public, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_disorder_addressed, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_unread, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_sms, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_balance, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_contact_erased, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_nothing_in_clear, make_office, drop_office),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
