/* Callbacks: the signature vectors of the platforms, what forgers try (T-HOOK-1), and what each
 * message is read as. */
#include "platforms/platforms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void *ctx;

static int setup(void **state)
{
	(void)state;
	hy_xml_init();
	ctx = talloc_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	talloc_free(ctx);
	return 0;
}

static struct hy_secret *secret(const char *s)
{
	return hy_secret_new(ctx, s, strlen(s));
}

static struct hy_callback post(const char *query, const char *body, hy_time now)
{
	return (struct hy_callback){
		.post = true, .query = query, .body = body, .n_body = strlen(body), .now = now};
}

/* ---- vectors ---- */

static void test_sha1_vectors(void **state)
{
	static const struct {
		const char *parts[4];
		size_t n;
		const char *want;
	} rows[] = {
		{{"AAAAA", "1714037059", "486452656"}, 3, "899cf89e464efb63f54ddac96b0a0a235f53aa78"},
		{{"xyz123xyz", "1397022061823", "57155157"}, 3,
		 "90e4c22c90a58f26526c2dd5b6c56c8822edeaa1"},
		{{"demo", "1639017506000", "57155157"}, 3, "233dae8d74f45a1ad1f5671a974c485ccd1ac3c5"},
	};
	char got[41];

	(void)state;
	for (size_t i = 0; i < HY_LEN(rows); i++) {
		hy_callback_sha1(rows[i].parts, rows[i].n, got);
		assert_string_equal(got, rows[i].want);
	}
}

/* The platform's own sample (vector 1), key and AppID as published. */
#define V1_TOKEN "QDG6eK"
#define V1_APP "wx5823bf96d3bd56c7"
#define V1_KEY "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
#define V1_TIME INT64_C(1409659813000)
#define V1_QUERY                                                                                   \
	"msg_signature=477715d11cdb4164915debcba66cb864d751f3e6&timestamp=1409659813&"             \
	"nonce=1372623149&encrypt_type=aes"
#define V1_ENCRYPT                                                                                 \
	"RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdC" \
	"Upj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4X" \
	"gpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+K" \
	"qCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XX" \
	"ZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHB" \
	"ZZIs2pDBS8R07+qN+E7Q=="
#define V1_BODY                                                                                    \
	"<xml><ToUserName><![CDATA[wx5823bf96d3bd56c7]]></ToUserName><Encrypt><![CDATA[" V1_ENCRYPT \
	"]]></Encrypt></xml>"

static struct hy_callback_keys v1_keys(void)
{
	return (struct hy_callback_keys){
		.secret = secret(V1_TOKEN), .aes = secret(V1_KEY), .app = V1_APP};
}

static const struct hy_receiver *receiver(const char *name)
{
	const struct hy_receiver *r = hy_receiver_find(name);

	assert_non_null(r);
	return r;
}

static void test_wechat_vector(void **state)
{
	const struct hy_receiver *r = receiver("wechat");
	struct hy_callback_keys keys = v1_keys();
	struct hy_callback cb = post(V1_QUERY, V1_BODY, V1_TIME + HY_MINUTE);
	struct hy_callback_seen seen = {0};
	struct hy_push *p;
	size_t n;

	(void)state;
	assert_int_equal(r->verify(ctx, &cb, &keys, &seen, NULL), HY_OK);
	assert_int_equal(seen.key, 0);
	assert_string_equal(seen.stamp, "1409659813:1372623149");
	assert_int_equal(r->read(ctx, seen.clear, seen.n_clear, &p, &n, NULL), HY_OK);
	assert_int_equal(n, 1);
	assert_int_equal(p->kind, HY_PUSH_MESSAGE);
	assert_string_equal(p->text, "hello");
	assert_string_equal(p->id, "m:4561255354251345929");
	assert_string_equal(p->sender, "mycreate");
	assert_int_equal(p->created, V1_TIME);
	/* the key was changed meanwhile: the one before it opens, and answers */
	keys.aes_previous = keys.aes;
	keys.aes = secret("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG");
	assert_int_equal(r->verify(ctx, &cb, &keys, &seen, NULL), HY_OK);
	assert_int_equal(seen.key, 1);
	const char *type;
	const char *answer = r->reply(ctx, &cb, &keys, &seen, "收到 ]]> <x>", &type);
	assert_non_null(answer);
	assert_non_null(strstr(type, "xml"));
	/* what we sealed is what we can open, with the previous key and no other */
	const char *at = strstr(answer, "<Encrypt><![CDATA[") + 18;
	char *encrypted = hy_strndup(ctx, at, strcspn(at, "]")), *clear;
	assert_int_equal(hy_wechat_decrypt(ctx, keys.aes, V1_APP, encrypted, &clear, &n, NULL),
			 HY_EAUTH);
	assert_int_equal(
		hy_wechat_decrypt(ctx, keys.aes_previous, V1_APP, encrypted, &clear, &n, NULL),
		HY_OK);
	assert_non_null(strstr(clear, "<ToUserName><![CDATA[mycreate]]></ToUserName>"));
	assert_non_null(strstr(clear, "收到 ]]]]><![CDATA[> <x>"));
	assert_int_equal(r->read(ctx, clear, n, &p, &n, NULL), HY_OK);
	assert_string_equal(p->text, "收到 ]]> <x>");
	assert_int_equal(
		hy_wechat_decrypt(ctx, keys.aes_previous, "wx-other", encrypted, &clear, &n, NULL),
		HY_EAUTH);
}

static void test_wechat_aes(void **state)
{
	/* vector 3: stray low bits in the key, a clear text that needs a whole block of padding */
	static const char want[] =
		"Q3stYC6hdFzMh9T8HCvyDMDF2RXr9TH5YKOAWiIrtSyJ04if3w9v3zabc0iSkCjcljjjyVKnBoqGiWwhp14/"
		"ESHVsfg08MAYNLsq8he6A10XzY52OPQHOAJR7kDY0j9m";
	struct hy_secret *key = secret("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG");
	char *out, *clear;
	size_t n;

	(void)state;
	assert_int_equal(hy_wechat_encrypt(ctx, key, "wx0123456789abcdef",
					   (const uint8_t *)"0123456789abcdef",
					   "AAAAAAAAAAAAAAAAAAAAAAAAAA", 26, &out, NULL),
			 HY_OK);
	assert_string_equal(out, want);
	assert_int_equal(hy_wechat_decrypt(ctx, key, "wx0123456789abcdef", want, &clear, &n, NULL),
			 HY_OK);
	assert_int_equal(n, 26);
	assert_string_equal(clear, "AAAAAAAAAAAAAAAAAAAAAAAAAA");
	/* every length of padding */
	for (size_t len = 0; len < 70; len++) {
		char text[70];

		memset(text, 'x', sizeof(text));
		assert_int_equal(hy_wechat_encrypt(ctx, key, "wx", NULL, text, len, &out, NULL), HY_OK);
		assert_int_equal(hy_wechat_decrypt(ctx, key, "wx", out, &clear, &n, NULL), HY_OK);
		assert_int_equal(n, len);
		assert_memory_equal(clear, text, len);
	}
	/* damaged, cut, not base64, of no length, keys that are none */
	static const char *const bad[] = {"", "AAAA", "!!", "Q3stYC6hdFzMh9T8HCvyDA==",
					  "Q3stYC6hdFzMh9T8HCvyDMDF2RXr9TH5YKOAWiIrtSyJ04if3w9v3w=="};
	for (size_t i = 0; i < HY_LEN(bad); i++)
		assert_int_equal(hy_wechat_decrypt(ctx, key, "wx0123456789abcdef", bad[i], &clear, &n,
						   NULL),
				 HY_EAUTH);
	static const char *const keys[] = {"", "short", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEF!",
					   "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH"};
	for (size_t i = 0; i < HY_LEN(keys); i++)
		assert_int_equal(hy_wechat_encrypt(ctx, secret(keys[i]), "wx", NULL, "x", 1, &out, NULL),
				 HY_EINPUT);
}

#define WEBHOOK_SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
/* The example of the Standard Webhooks specification's own libraries. */
static void test_webhook_vector(void **state)
{
	char *out;

	(void)state;
	assert_int_equal(hy_webhook_sign(ctx, secret(WEBHOOK_SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek",
					 1614265330, "{\"test\": 2432232314}", 20, &out, NULL),
			 HY_OK);
	assert_string_equal(out, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	static const char *const bad[] = {"", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_AAAA",
					  "whsec_!fKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
	for (size_t i = 0; i < HY_LEN(bad); i++)
		assert_int_equal(hy_webhook_sign(ctx, secret(bad[i]), "a", 1, "", 0, &out, NULL),
				 HY_EINPUT);
}

/* ---- T-HOOK-1 ---- */

#define NOW INT64_C(1795241100000)
#define WX_BODY                                                                                    \
	"<xml><ToUserName>gh_1</ToUserName><FromUserName>oA</FromUserName>"                        \
	"<CreateTime>1795241100</CreateTime><MsgType>text</MsgType><Content>停水</Content>"        \
	"<MsgId>9007199254740993</MsgId></xml>"

/* A query signed as WeChat and Weibo do. */
static char *signed_query(const char *token, hy_time t, const char *nonce)
{
	char *timestamp = hy_strf(ctx, "%" PRId64, t / HY_SECOND), signature[41];
	const char *parts[] = {token, timestamp, nonce};

	hy_callback_sha1(parts, 3, signature);
	return hy_strf(ctx, "signature=%s&timestamp=%s&nonce=%s", signature, timestamp, nonce);
}

static enum hy_status verify(const char *name, const char *query, const char *body,
			     const char *key)
{
	struct hy_callback_keys keys = {.secret = key ? secret(key) : NULL};
	struct hy_callback cb = post(query, body, NOW);
	struct hy_callback_seen seen = {.stamp = "untouched"};
	struct hy_err err = {0};
	enum hy_status status = receiver(name)->verify(ctx, &cb, &keys, &seen, &err);

	if (status != HY_OK) {
		assert_string_equal(seen.stamp, "untouched");
		assert_true(err.text[0] != '\0');
		if (key != NULL && key[0] != '\0')
			assert_null(strstr(err.text, key));
	}
	return status;
}

static void test_forged_sorted(void **state)
{
	static const char *const names[] = {"wechat", "weibo"};
	char *good = signed_query("t0ken", NOW, "n1");

	(void)state;
	for (size_t i = 0; i < HY_LEN(names); i++) {
		const char *name = names[i];

		assert_int_equal(verify(name, good, WX_BODY, "t0ken"), HY_OK);
		assert_int_equal(verify(name, good, WX_BODY, "other"), HY_EAUTH); /* other account */
		assert_int_equal(verify(name, good, WX_BODY, ""), HY_EAUTH);
		assert_int_equal(verify(name, good, WX_BODY, NULL), HY_EAUTH);
		assert_int_equal(verify(name, "", WX_BODY, "t0ken"), HY_EAUTH);
		assert_int_equal(verify(name, NULL, WX_BODY, "t0ken"), HY_EAUTH);
		/* signed with nothing, by somebody who hopes that no secret is set */
		assert_int_equal(verify(name, signed_query("", NOW, "n1"), WX_BODY, ""), HY_EAUTH);
		assert_int_equal(verify(name, signed_query("", NOW, "n1"), WX_BODY, NULL), HY_EAUTH);
		/* each bit of the signature */
		for (size_t k = 10; k < 50; k++) {
			char *bad = hy_strdup(ctx, good);

			bad[k] = bad[k] == '0' ? '1' : '0';
			assert_int_equal(verify(name, bad, WX_BODY, "t0ken"), HY_EAUTH);
		}
		/* short, long, upper-case hex, twice, another nonce */
		assert_int_equal(verify(name, hy_strf(ctx, "signature=%.39s%s", good + 10, good + 50),
					WX_BODY, "t0ken"),
				 HY_EAUTH);
		assert_int_equal(verify(name, hy_strf(ctx, "signature=%.40s0%s", good + 10, good + 50),
					WX_BODY, "t0ken"),
				 HY_EAUTH);
		assert_int_equal(verify(name, hy_strf(ctx, "%s&signature=%.40s", good, good + 10),
					WX_BODY, "t0ken"),
				 HY_EINPUT);
		assert_int_equal(verify(name, hy_strf(ctx, "%s2", good), WX_BODY, "t0ken"), HY_EAUTH);
		assert_int_equal(verify(name, hy_strf(ctx, "%s%%0", good), WX_BODY, "t0ken"), HY_EINPUT);
		assert_int_equal(verify(name, hy_strf(ctx, "%s%%00", good), WX_BODY, "t0ken"), HY_EINPUT);
		/* old and future, at the edge and past it */
		assert_int_equal(verify(name, signed_query("t0ken", NOW - 300 * HY_SECOND, "n"), WX_BODY,
					"t0ken"),
				 HY_OK);
		assert_int_equal(verify(name, signed_query("t0ken", NOW - 301 * HY_SECOND, "n"), WX_BODY,
					"t0ken"),
				 HY_EREFUSED);
		assert_int_equal(verify(name, signed_query("t0ken", NOW + 301 * HY_SECOND, "n"), WX_BODY,
					"t0ken"),
				 HY_EREFUSED);
	}
	/* Weibo signs milliseconds */
	const char *parts[] = {"t0ken", "1795241100123", "n1"};
	char signature[41];
	hy_callback_sha1(parts, 3, signature);
	assert_int_equal(verify("weibo",
				hy_strf(ctx, "signature=%s&timestamp=1795241100123&nonce=n1", signature),
				"{}", "t0ken"),
			 HY_OK);
}

static void test_forged_sealed(void **state)
{
	const struct hy_receiver *r = receiver("wechat");
	struct hy_callback_keys keys = v1_keys();
	struct hy_callback_seen seen;
	struct hy_callback cb = post(V1_QUERY, V1_BODY, V1_TIME);

	(void)state;
	assert_int_equal(r->verify(ctx, &cb, &keys, &seen, NULL), HY_OK);
	/* each character of the encrypted text */
	char *body = hy_strdup(ctx, V1_BODY), *at = strstr(body, V1_ENCRYPT);
	for (size_t i = 0; i < strlen(V1_ENCRYPT); i += 7) {
		char was = at[i];

		at[i] = was == 'A' ? 'B' : 'A';
		cb = post(V1_QUERY, body, V1_TIME);
		assert_int_equal(r->verify(ctx, &cb, &keys, &seen, NULL), HY_EAUTH);
		at[i] = was;
	}
	/* a clear message, rightly signed, where only sealed ones are taken */
	keys.aes_only = true;
	cb = post(signed_query(V1_TOKEN, NOW, "n"), WX_BODY, NOW);
	assert_int_equal(r->verify(ctx, &cb, &keys, &seen, NULL), HY_EAUTH);
	keys.aes_only = false;
	assert_int_equal(r->verify(ctx, &cb, &keys, &seen, NULL), HY_OK);
	/* says "aes", but is clear; and sealed for another AppID; and no key at all */
	cb = post(hy_strf(ctx, "%s&encrypt_type=aes", cb.query), WX_BODY, NOW);
	assert_int_equal(r->verify(ctx, &cb, &keys, &seen, NULL), HY_EAUTH);
	cb = post(V1_QUERY, V1_BODY, V1_TIME);
	keys.app = "wx-other";
	assert_int_equal(r->verify(ctx, &cb, &keys, &seen, NULL), HY_EAUTH);
	keys = v1_keys();
	keys.aes = NULL;
	assert_int_equal(r->verify(ctx, &cb, &keys, &seen, NULL), HY_EAUTH);
	/* out of our own journal: any time is good */
	keys = v1_keys();
	cb.now = V1_TIME + HY_DAY;
	assert_int_equal(r->verify(ctx, &cb, &keys, &seen, NULL), HY_EREFUSED);
	cb.now = 0;
	assert_int_equal(r->verify(ctx, &cb, &keys, &seen, NULL), HY_OK);
}

struct webhook {
	struct hy_net_header headers[6];
	size_t n;
	const char *body;
};
static struct webhook hook(const char *id, hy_time t, const char *body, const char *key)
{
	struct webhook w = {.n = 3, .body = body};
	char *signature;

	assert_int_equal(hy_webhook_sign(ctx, secret(key), id, t / HY_SECOND, body, strlen(body),
					 &signature, NULL),
			 HY_OK);
	w.headers[0] = (struct hy_net_header){"Webhook-Id", id};
	w.headers[1] = (struct hy_net_header){"webhook-timestamp",
					      hy_strf(ctx, "%" PRId64, t / HY_SECOND)};
	w.headers[2] = (struct hy_net_header){"WEBHOOK-SIGNATURE", signature};
	return w;
}

static enum hy_status verify_hook(const struct webhook *w, const char *key, const char *previous)
{
	struct hy_callback_keys keys = {.secret = key ? secret(key) : NULL,
					.previous = previous ? secret(previous) : NULL};
	struct hy_callback cb = post("", w->body, NOW);
	struct hy_callback_seen seen = {0};
	struct hy_err err = {0};

	cb.headers = w->headers;
	cb.n_headers = w->n;
	enum hy_status status = receiver("webhook")->verify(ctx, &cb, &keys, &seen, &err);
	if (status == HY_OK)
		assert_string_equal(seen.stamp, w->headers[0].value);
	else
		assert_true(err.text[0] != '\0');
	return status;
}

static void test_forged_webhook(void **state)
{
	static const char other[] = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo0NTY3";
	static const char body[] = "{\"type\":\"message.created\"}";
	struct webhook w = hook("msg_1", NOW, body, WEBHOOK_SECRET);
	const char *right = w.headers[2].value;

	(void)state;
	assert_int_equal(verify_hook(&w, WEBHOOK_SECRET, NULL), HY_OK);
	assert_int_equal(verify_hook(&w, other, NULL), HY_EAUTH);
	assert_int_equal(verify_hook(&w, other, WEBHOOK_SECRET), HY_OK); /* being changed */
	assert_int_equal(verify_hook(&w, NULL, NULL), HY_EAUTH);
	assert_int_equal(verify_hook(&w, "whsec_", NULL), HY_EAUTH);
	/* several signatures: one right one will do; none by another scheme */
	w.headers[2].value = hy_strf(ctx, "v1a,abc v1,AAAA %s", right);
	assert_int_equal(verify_hook(&w, WEBHOOK_SECRET, NULL), HY_OK);
	w.headers[2].value = hy_strf(ctx, "v2%s", right + 2);
	assert_int_equal(verify_hook(&w, WEBHOOK_SECRET, NULL), HY_EAUTH);
	w.headers[2].value = hy_strf(ctx, "%.20s", right);
	assert_int_equal(verify_hook(&w, WEBHOOK_SECRET, NULL), HY_EAUTH);
	w.headers[2].value = "";
	assert_int_equal(verify_hook(&w, WEBHOOK_SECRET, NULL), HY_EAUTH);
	/* each byte of the body, by one bit */
	for (size_t i = 0; i < sizeof(body) - 1; i++) {
		char *changed = hy_strdup(ctx, body);

		changed[i] ^= 1;
		w = hook("msg_1", NOW, body, WEBHOOK_SECRET);
		w.body = changed;
		assert_int_equal(verify_hook(&w, WEBHOOK_SECRET, NULL), HY_EAUTH);
	}
	/* another id, another time, missing and doubled headers */
	w = hook("msg_1", NOW, body, WEBHOOK_SECRET);
	w.headers[0].value = "msg_2";
	assert_int_equal(verify_hook(&w, WEBHOOK_SECRET, NULL), HY_EAUTH);
	w = hook("msg_1", NOW, body, WEBHOOK_SECRET);
	w.headers[1].value = "1795241101";
	assert_int_equal(verify_hook(&w, WEBHOOK_SECRET, NULL), HY_EAUTH);
	w.headers[1].value = "1795241100 ";
	assert_int_equal(verify_hook(&w, WEBHOOK_SECRET, NULL), HY_EAUTH);
	for (size_t i = 0; i < 3; i++) {
		w = hook("msg_1", NOW, body, WEBHOOK_SECRET);
		w.headers[i].name = "x-other";
		assert_int_equal(verify_hook(&w, WEBHOOK_SECRET, NULL), HY_EAUTH);
		w = hook("msg_1", NOW, body, WEBHOOK_SECRET);
		w.headers[3] = w.headers[i];
		w.n = 4;
		assert_int_equal(verify_hook(&w, WEBHOOK_SECRET, NULL), HY_EINPUT);
	}
	w = hook("msg_1", NOW - 300 * HY_SECOND, body, WEBHOOK_SECRET);
	assert_int_equal(verify_hook(&w, WEBHOOK_SECRET, NULL), HY_OK);
	w = hook("msg_1", NOW - 301 * HY_SECOND, body, WEBHOOK_SECRET);
	assert_int_equal(verify_hook(&w, WEBHOOK_SECRET, NULL), HY_EREFUSED);
	w = hook("msg_1", NOW + 301 * HY_SECOND, body, WEBHOOK_SECRET);
	assert_int_equal(verify_hook(&w, WEBHOOK_SECRET, NULL), HY_EREFUSED);
}

static void test_echo(void **state)
{
	struct hy_callback_keys keys = {.secret = secret("AAAAA")};
	struct hy_callback_seen seen = {0};
	struct hy_callback cb = {
		.query = "signature=899cf89e464efb63f54ddac96b0a0a235f53aa78&timestamp=1714037059&"
			 "nonce=486452656&echostr=4375120948345356249%2B",
		.body = "",
		.now = INT64_C(1714037060000)};

	(void)state;
	assert_int_equal(receiver("wechat")->verify(ctx, &cb, &keys, &seen, NULL), HY_OK);
	assert_string_equal(seen.echo, "4375120948345356249+");
	assert_int_equal(receiver("weibo")->verify(ctx, &cb, &keys, &seen, NULL), HY_OK);
	cb.query = "signature=899cf89e464efb63f54ddac96b0a0a235f53aa78&timestamp=1714037059&"
		   "nonce=486452656";
	assert_int_equal(receiver("wechat")->verify(ctx, &cb, &keys, &seen, NULL), HY_EINPUT);
	assert_int_equal(receiver("aliyun")->verify(ctx, &cb, &keys, &seen, NULL), HY_EINPUT);
	assert_int_equal(receiver("webhook")->verify(ctx, &cb, &keys, &seen, NULL), HY_EINPUT);
}

/* ---- what is read ---- */

static struct hy_push *read_all(const char *name, const char *clear, size_t *n)
{
	struct hy_push *p = NULL;
	struct hy_err err = {0};

	if (receiver(name)->read(ctx, clear, strlen(clear), &p, n, &err) != HY_OK)
		fail_msg("%s: %s", name, err.text);
	for (size_t i = 0; i < *n; i++)
		assert_true(p[i].id != NULL && p[i].id[0] != '\0');
	return p;
}

static struct hy_push *read_one(const char *name, const char *clear)
{
	size_t n;
	struct hy_push *p = read_all(name, clear, &n);

	assert_int_equal(n, 1);
	return p;
}

static char *wx(const char *type, const char *more)
{
	return hy_strf(ctx,
		       "<xml><ToUserName>gh_1</ToUserName><FromUserName>oA</FromUserName>"
		       "<CreateTime>1795241100</CreateTime><MsgType>%s</MsgType>%s</xml>",
		       type, more);
}

static void test_wechat_messages(void **state)
{
	static const struct {
		const char *type, *more, *text;
	} rows[] = {
		{"text", "<Content><![CDATA[a<b]]></Content>", "a<b"},
		{"image", "<PicUrl>http://p</PicUrl><MediaId>m1</MediaId>", "[picture]"},
		{"voice", "<MediaId>m1</MediaId><Recognition>停水</Recognition>", "[voice message] 停水"},
		{"voice", "<MediaId>m1</MediaId><Recognition></Recognition>", "[voice message]"},
		{"shortvideo", "<MediaId>m1</MediaId>", "[video]"},
		{"location", "<Location_X>23.1</Location_X><Location_Y>113.2</Location_Y><Label>临江</Label>",
		 "[place] 临江 (23.1, 113.2)"},
		{"link", "<Title>T</Title><Description>D</Description><Url>http://u</Url>", "[link] T\nD"},
		{"hologram", "", "[message of a kind not known]"},
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(rows); i++) {
		struct hy_push *p = read_one(
			"wechat", wx(rows[i].type, hy_strf(ctx, "%s<MsgId>%zu</MsgId>", rows[i].more, i)));

		assert_int_equal(p->kind, HY_PUSH_MESSAGE);
		assert_string_equal(p->text, rows[i].text);
		assert_string_equal(p->id, hy_strf(ctx, "m:%zu", i));
		assert_int_equal(p->created, NOW);
	}
	/* the same as JSON; ids past 2^53 as numbers */
	struct hy_push *p = read_one(
		"wechat", "{\"ToUserName\":\"gh_1\",\"FromUserName\":\"oA\",\"CreateTime\":1795241100,"
			  "\"MsgType\":\"text\",\"Content\":\"停水\",\"MsgId\":9007199254740993}");
	assert_string_equal(p->id, read_one("wechat", WX_BODY)->id);
	assert_string_equal(p->id, "m:9007199254740993");
	/* Weibo can be told to send this form */
	assert_string_equal(read_one("weibo", WX_BODY)->id, p->id);
}

static void test_wechat_events(void **state)
{
	struct hy_push *a = read_one("wechat", wx("event", "<Event>subscribe</Event>"));
	struct hy_push *b = read_one("wechat", wx("event", "<Event>SUBSCRIBE</Event>"));
	struct hy_push *c = read_one("wechat", wx("event", "<Event>CLICK</Event><EventKey>k</EventKey>"));
	struct hy_push *d = read_one("wechat", wx("event", "<Event>CLICK</Event><EventKey>l</EventKey>"));

	(void)state;
	assert_int_equal(a->kind, HY_PUSH_EVENT);
	assert_string_equal(a->type, "subscribe");
	assert_string_equal(a->id, b->id); /* case is not meant */
	assert_string_not_equal(a->id, c->id);
	assert_string_not_equal(c->id, d->id);
	struct hy_push *p = read_one("wechat", wx("event", "<Event>MASSSENDJOBFINISH</Event>"
							   "<MsgID>9007199254740993</MsgID>"
							   "<Status>send success</Status>"));
	assert_int_equal(p->kind, HY_PUSH_REPORT);
	assert_string_equal(p->ref, "9007199254740993");
	assert_true(p->delivered);
	p = read_one("wechat", wx("event", "<Event>MASSSENDJOBFINISH</Event><MsgID>1</MsgID>"
					   "<Status>err(10001)</Status>"));
	assert_false(p->delivered);
	assert_string_equal(p->code, "err(10001)");
	p = read_one("wechat",
		     wx("event", "<Event>PUBLISHJOBFINISH</Event><PublishEventInfo><publish_id>22"
				 "</publish_id><publish_status>0</publish_status><article_detail>"
				 "<count>1</count><item><idx>1</idx><article_url>http://w/1</article_url>"
				 "</item></article_detail></PublishEventInfo>"));
	assert_int_equal(p->kind, HY_PUSH_REPORT);
	assert_true(p->delivered);
	assert_string_equal(p->ref, "22");
	assert_string_equal(p->url, "http://w/1");
	p = read_one("wechat", wx("event", "<Event>TEMPLATESENDJOBFINISH</Event><MsgID>5</MsgID>"
					   "<Status>failed:user block</Status>"));
	assert_false(p->delivered);
	/* a report about nothing is an event */
	p = read_one("wechat", wx("event", "<Event>MASSSENDJOBFINISH</Event>"));
	assert_int_equal(p->kind, HY_PUSH_EVENT);
}

#define WB(type, text, data)                                                                       \
	"{\"type\":\"" type "\",\"receiver_id\":1902538057,\"sender_id\":9007199254740993,"        \
	"\"created_at\":\"Mon Jul 16 18:09:20 +0800 2012\",\"text\":\"" text "\",\"data\":{" data "}}"

static void test_weibo_messages(void **state)
{
	struct hy_push *p = read_one("weibo", WB("text", "私信", ""));

	(void)state;
	assert_int_equal(p->kind, HY_PUSH_MESSAGE);
	assert_string_equal(p->text, "私信");
	assert_string_equal(p->sender, "9007199254740993");
	assert_int_equal(p->created, INT64_C(1342433360000));
	/* the platform names no id: who, when and what are it */
	assert_string_equal(p->id, read_one("weibo", WB("text", "私信", ""))->id);
	assert_string_not_equal(p->id, read_one("weibo", WB("text", "私信2", ""))->id);
	p = read_one("weibo", WB("position", "临江", "\"longitude\":\"344.3\",\"latitude\":\"232.1\""));
	assert_string_equal(p->text, "[place] 临江 (232.1, 344.3)");
	p = read_one("weibo", WB("image", "", "\"vfid\":821804459,\"tovfid\":821804469"));
	assert_string_equal(p->text, "[picture]");
	assert_string_equal(p->media, "821804469");
	p = read_one("weibo", WB("event", "关注", "\"subtype\":\"follow\""));
	assert_int_equal(p->kind, HY_PUSH_EVENT);
	assert_string_equal(p->type, "follow");
	p = read_one("weibo", WB("mention", "", "\"subtype\":\"post\",\"key\":\"3504803600502730\""));
	assert_int_equal(p->kind, HY_PUSH_MENTION);
	assert_string_equal(p->ref, "3504803600502730");
	p = read_one("weibo", WB("newthing", "x", ""));
	assert_int_equal(p->kind, HY_PUSH_MESSAGE);
	/* its answer */
	struct hy_callback cb = post("", WB("text", "x", ""), NOW);
	struct hy_callback_keys keys = {0};
	struct hy_callback_seen seen = {.clear = cb.body, .n_clear = cb.n_body, .key = -1};
	const char *type, *answer;
	answer = receiver("weibo")->reply(ctx, &cb, &keys, &seen, "收到", &type);
	assert_string_equal(answer, "{\"result\":true,\"receiver_id\":9007199254740993,\"sender_id\":"
				    "1902538057,\"type\":\"text\",\"data\":\"%7B%22text%22%3A%22%E6%94%B6"
				    "%E5%88%B0%22%7D\"}");
}

static void test_sms(void **state)
{
	size_t n;
	struct hy_push *p = read_all(
		"aliyun",
		"[{\"phone_number\":\"13900000001\",\"send_time\":\"2026-11-21 14:05:00\","
		"\"report_time\":\"2026-11-21 14:05:02\",\"success\":true,\"err_code\":\"DELIVERED\","
		"\"biz_id\":\"900619746936498440^0\",\"out_id\":\"d-1\"},"
		"{\"phone_number\":\"13900000001\",\"content\":\"几时来水\",\"send_time\":"
		"\"2026-11-21 14:05:00\",\"dest_code\":\"1069\",\"sequence_id\":9007199254740993}]",
		&n);

	(void)state;
	assert_int_equal(n, 2);
	assert_int_equal(p[0].kind, HY_PUSH_REPORT);
	assert_true(p[0].delivered);
	assert_string_equal(p[0].ref, "900619746936498440^0");
	assert_int_equal(p[0].created, INT64_C(1795241102000));
	assert_int_equal(p[1].kind, HY_PUSH_MESSAGE);
	assert_string_equal(p[1].text, "几时来水");
	assert_int_equal(p[1].created, NOW);
	/* sequence_id as string or number is the same message */
	struct hy_push *q = read_one("aliyun", "[{\"phone_number\":\"13900000001\",\"content\":"
					       "\"几时来水\",\"send_time\":\"2026-11-21 14:05:00\","
					       "\"sequence_id\":\"9007199254740993\"}]");
	assert_string_equal(q->id, p[1].id);
	p = read_all("tencent",
		     "[{\"user_receive_time\":\"2026-11-21 14:05:00\",\"nationcode\":\"86\",\"mobile\":"
		     "\"13900000001\",\"report_status\":\"FAIL\",\"errmsg\":\"MK:0001\",\"sid\":\"s-1\"}]",
		     &n);
	assert_int_equal(p->kind, HY_PUSH_REPORT);
	assert_false(p->delivered);
	assert_string_equal(p->code, "MK:0001");
	p = read_one("tencent", "{\"extend\":\"1\",\"mobile\":\"13900000001\",\"nationcode\":\"86\","
				"\"sign\":\"临江\",\"text\":\"好\",\"time\":1795241100}");
	assert_int_equal(p->kind, HY_PUSH_MESSAGE);
	assert_int_equal(p->created, NOW);
	assert_int_equal(read_all("tencent", "[]", &n) != NULL, 1);
	assert_int_equal(n, 0);
}

static void test_webhook_messages(void **state)
{
	struct hy_push *p = read_one(
		"webhook", "{\"type\":\"message.created\",\"timestamp\":\"2026-11-21T06:05:00Z\",\"data\":"
			   "{\"id\":\"a1\",\"text\":\"停水\",\"sender\":\"u-1\",\"public\":true}}");

	(void)state;
	assert_int_equal(p->kind, HY_PUSH_MESSAGE);
	assert_true(p->open);
	assert_string_equal(p->id, "m:a1");
	struct hy_push *e = read_one(
		"webhook", "{\"type\":\"message.edited\",\"timestamp\":\"2026-11-21T06:05:01Z\",\"data\":"
			   "{\"id\":\"a1\",\"text\":\"停水了\"}}");
	assert_int_equal(e->kind, HY_PUSH_EDIT);
	assert_string_equal(e->ref, p->id);
	assert_string_not_equal(e->id, p->id);
	e = read_one("webhook", "{\"type\":\"message.deleted\",\"timestamp\":\"2026-11-21T06:05:02Z\","
				"\"data\":{\"id\":\"a1\"}}");
	assert_int_equal(e->kind, HY_PUSH_DELETE);
	assert_string_equal(e->ref, "m:a1");
	e = read_one("webhook", "{\"type\":\"invoice.paid\",\"timestamp\":\"x\",\"data\":{\"id\":1}}");
	assert_int_equal(e->kind, HY_PUSH_EVENT);
}

static void test_malformed(void **state)
{
	static const char *const all[] = {"", "x", "{", "[", "1", "null", "\"s\"", "{}", "[1]", "[{}]",
					  "<", "<xml>", "<xml/>", "{\"type\":1}", "\xff\xfe",
					  "<!DOCTYPE x [<!ENTITY a \"b\">]><xml><MsgType>&a;</MsgType></xml>",
					  "<xml><MsgType>text</MsgType></xml>",
					  "<xml><a><b><c><d><e><f><g><h>x</h></g></f></e></d></c></b></a></xml>"};
	size_t n;
	struct hy_push *p;

	(void)state;
	for (size_t i = 0; hy_receivers[i] != NULL; i++) {
		for (size_t k = 0; k < HY_LEN(all); k++) {
			struct hy_err err = {0};

			if (hy_receivers[i]->read(ctx, all[k], strlen(all[k]), &p, &n, &err) !=
			    HY_EINPUT)
				fail_msg("%s takes %s", hy_receivers[i]->name, all[k]);
			assert_true(err.text[0] != '\0');
		}
		/* T-JSON-1: a million open brackets */
		char *deep = hy_new_array(ctx, char, 1000001);
		memset(deep, '[', 1000000);
		assert_int_equal(hy_receivers[i]->read(ctx, deep, 1000000, &p, &n, NULL), HY_EINPUT);
		talloc_free(deep);
	}
	/* the number of fields, and one more */
	for (int more = 0; more < 2; more++) {
		char *fields = hy_strdup(ctx, "");

		for (int i = 0; i < 250 + 2 * more; i++) /* with the six of wx() and MsgId */
			fields = hy_strf(ctx, "%s<f>x</f>", fields);
		char *xml = wx("text", hy_strf(ctx, "<MsgId>1</MsgId><Content/>%s", fields));
		assert_int_equal(receiver("wechat")->read(ctx, xml, strlen(xml), &p, &n, NULL),
				 more ? HY_EINPUT : HY_OK);
	}
	/* the number of reports, and one more */
	for (int more = 0; more < 2; more++) {
		struct hy_buf b;

		hy_buf_init(&b, ctx, 1 << 20);
		for (int i = 0; i < HY_CALLBACK_ITEMS_MAX + more; i++)
			hy_buf_fmt(&b, "%c{\"mobile\":\"1\",\"text\":\"x\"}", i ? ',' : '[');
		hy_buf_chr(&b, ']');
		assert_int_equal(receiver("tencent")->read(ctx, b.data, b.len, &p, &n, NULL),
				 more ? HY_EINPUT : HY_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sha1_vectors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wechat_vector, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wechat_aes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_webhook_vector, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forged_sorted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forged_sealed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forged_webhook, setup, teardown),
		cmocka_unit_test_setup_teardown(test_echo, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wechat_messages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wechat_events, setup, teardown),
		cmocka_unit_test_setup_teardown(test_weibo_messages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sms, setup, teardown),
		cmocka_unit_test_setup_teardown(test_webhook_messages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_malformed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
