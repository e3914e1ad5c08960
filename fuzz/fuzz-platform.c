/*
 * What platforms send to us: callbacks of every receiver (verify, read, reply), the envelope of
 * WeChat, and answers to every call of Weibo and WeChat. The first byte chooses which.
 */
#include "platforms/internal.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEY "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
#define NOW INT64_C(1795241100000)

static struct hy_net *net;
static struct hy_platform_peer peer;

static void check_text(const char *s)
{
	if (s != NULL && !hy_utf8_valid(s, strlen(s)))
		HY_BUG("a text is not UTF-8");
}

/* ---- callbacks ---- */

static void read_message(const void *ctx, const struct hy_receiver *r, const char *bytes, size_t n)
{
	struct hy_err err = {0};
	struct hy_push *p;
	size_t n_push = 0;

	if (r->read(ctx, bytes, n, &p, &n_push, &err) != HY_OK) {
		if (err.text[0] == '\0')
			HY_BUG("a refusal without words");
		return;
	}
	if (n_push > HY_CALLBACK_ITEMS_MAX)
		HY_BUG("more than the cap");
	for (size_t i = 0; i < n_push; i++) {
		if (p[i].id == NULL || p[i].id[0] == '\0')
			HY_BUG("no identity");
		if (p[i].kind == HY_PUSH_MESSAGE && p[i].text == NULL)
			HY_BUG("a message without a text");
		check_text(p[i].text);
		check_text(p[i].title);
	}
}

static void verify_message(const void *ctx, const struct hy_receiver *r, const char *bytes,
			   size_t n)
{
	struct hy_callback_keys keys = {.secret = hy_secret_new(ctx, "t0ken", 5),
					.aes = hy_secret_new(ctx, KEY, strlen(KEY)),
					.app = "wx"};
	const char *line = memchr(bytes, '\n', n);
	size_t n_query = line != NULL ? (size_t)(line - bytes) : n;
	struct hy_net_header headers[] = {{"webhook-id", "a"},
					  {"webhook-timestamp", "1795241100"},
					  {"webhook-signature", NULL}};
	struct hy_callback cb = {.post = true, .headers = headers, .n_headers = 3, .now = NOW};
	struct hy_callback_seen seen = {0};
	const char *type;

	cb.query = headers[2].value = hy_strndup(ctx, bytes, n_query);
	cb.body = line != NULL ? line + 1 : "";
	cb.n_body = line != NULL ? n - n_query - 1 : 0;
	for (int get = 0; get < 2; get++, cb.post = false)
		if (r->verify(ctx, &cb, &keys, &seen, NULL) == HY_OK && r->verifies)
			HY_BUG("a forged callback is believed"); /* nobody knows the key */
	/* as if it had been believed */
	seen = (struct hy_callback_seen){.clear = cb.body, .n_clear = cb.n_body, .key = 0};
	check_text(r->reply(ctx, &cb, &keys, &seen, "收到 ]]>", &type));
}

static void open_envelope(const void *ctx, const char *bytes, size_t n)
{
	struct hy_secret *key = hy_secret_new(ctx, KEY, strlen(KEY));
	char *sealed, *clear;
	size_t n_clear;

	(void)hy_wechat_decrypt(ctx, key, "wx", hy_strndup(ctx, bytes, n), &clear, &n_clear, NULL);
	if (n > HY_CALLBACK_BODY_MAX)
		return;
	if (hy_wechat_encrypt(ctx, key, "wx", NULL, bytes, n, &sealed, NULL) != HY_OK ||
	    hy_wechat_decrypt(ctx, key, "wx", sealed, &clear, &n_clear, NULL) != HY_OK ||
	    n_clear != n || memcmp(clear, bytes, n) != 0)
		HY_BUG("the envelope does not open as it was sealed");
}

/* ---- answers ---- */

static void on_post(void *user, enum hy_status status, const struct hy_platform_post *post,
		    const struct hy_err *err)
{
	(void)user;
	if ((status == HY_OK) != (err == NULL) || (status == HY_OK && post->id == NULL))
		HY_BUG("a post without an id");
}

static void on_page(void *user, enum hy_status status, const struct hy_platform_page *page,
		    const struct hy_err *err)
{
	(void)user;
	if ((status == HY_OK) != (err == NULL))
		HY_BUG("no error");
	for (size_t i = 0; status == HY_OK && i < page->n; i++)
		if (page->entries[i].id == NULL || page->entries[i].text == NULL)
			HY_BUG("an entry without id or text");
}

static void on_token(void *user, enum hy_status status, const struct hy_platform_token *token,
		     const struct hy_err *err)
{
	(void)user, (void)err;
	if (status == HY_OK && (token->access == NULL || strlen(token->access) < 16 ||
				(token->expires != 0 && token->expires < NOW)))
		HY_BUG("an absurd token is believed");
}

static void on_raw(void *user, enum hy_status status, const struct hy_platform_file *file,
		   const struct hy_err *err)
{
	(void)user, (void)status, (void)file, (void)err;
}

static void on_limits(void *user, enum hy_status status, const struct hy_mastodon_limits *l,
		      const struct hy_err *err)
{
	(void)user;
	if ((status == HY_OK) != (err == NULL) || (status == HY_OK && l->characters < 1))
		HY_BUG("absurd limits are believed");
}

static struct hy_platform_call *begin(unsigned which)
{
	static const struct hy_weibo_draft post = {.text = "通报"};
	static const struct hy_weibo_draft answer = {.text = "已派人", .post = "1", .comment = "2"};
	static const struct hy_weibo_page_request list = {.list = HY_WEIBO_MENTIONS};
	static const struct hy_wechat_mass mass = {.text = "t", .key = "k"};
	static const struct hy_wechat_article article = {.title = "t", .html = "h", .thumb = "m"};
	static const struct hy_mastodon_status status = {.text = "通报", .key = "k"};
	static const char *const values[] = {"20261129-0001"};
	static const struct hy_sms sms = {.dest = "+8613800000000",
					  .sign = "临江县",
					  .template = "1",
					  .names = values,
					  .values = values,
					  .n_values = 1,
					  .ref = "hy-1",
					  .app = "1400000000",
					  .now = NOW};
	static const struct hy_platform_draft draft = {"t", "h", "hy-3f9a0c"};

	switch (which) {
	case 0:
		return hy_weibo_page(net, &peer, &list, on_page, NULL);
	case 1:
		return hy_weibo_show(net, &peer, "1", on_page, NULL);
	case 2:
		return hy_weibo_show(net, &peer, "2", on_page, NULL);
	case 3:
		return hy_weibo_send(net, &peer, &post, on_post, NULL);
	case 4:
		return hy_weibo_send(net, &peer, &answer, on_post, NULL);
	case 5:
		return hy_weibo_find(net, &peer, false, "通报", 0, on_post, NULL);
	case 6:
		return hy_weibo_message(net, &peer, "1", "t", on_post, NULL);
	case 7:
		return hy_weibo_media(net, &peer, "1", on_raw, NULL);
	case 8:
		return hy_weibo_token(net, &peer, "c", "r", on_token, NULL);
	case 9:
		return hy_weibo_token_info(net, &peer, on_token, NULL);
	case 10:
		return hy_wechat_token(net, &peer, false, on_token, NULL);
	case 11:
		return hy_wechat_articles(net, &peer, NULL, on_page, NULL);
	case 12:
		return hy_wechat_message(net, &peer, "o1", "t", on_post, NULL);
	case 13:
		return hy_wechat_draft(net, &peer, &article, on_post, NULL);
	case 14:
		return hy_wechat_publish(net, &peer, "m", on_post, NULL);
	case 15:
		return hy_wechat_published(net, &peer, "1", on_post, NULL);
	case 16:
		return hy_wechat_articles(net, &peer, NULL, on_page, NULL);
	case 17:
		return hy_wechat_mass(net, &peer, &mass, on_post, NULL);
	case 18:
		return hy_wechat_mass_state(net, &peer, "1", on_post, NULL);
	case 19:
		return hy_wechat_media(net, &peer, "m", on_raw, NULL);
	case 20:
		return hy_wordpress_create(net, &peer, &draft, on_post, NULL);
	case 21:
		return hy_wordpress_find(net, &peer, "hy-3f9a0c", on_post, NULL);
	case 22:
		return hy_aliyun_send(net, &peer, &sms, on_post, NULL);
	case 23:
		return hy_aliyun_find(net, &peer, &sms, on_post, NULL);
	case 24:
		return hy_tencent_send(net, &peer, &sms, on_post, NULL);
	case 25:
		return hy_tencent_pull(net, &peer, &sms, false, on_raw, NULL);
	case 26:
		return hy_tencent_pull(net, &peer, &sms, true, on_raw, NULL);
	case 27:
		return hy_mastodon_create(net, &peer, &status, on_post, NULL);
	case 28:
		return hy_mastodon_own(net, &peer, on_page, NULL);
	case 29:
		return hy_mastodon_limits(net, &peer, on_limits, NULL);
	default:
		return hy_mastodon_me(net, &peer, on_post, NULL);
	}
}

/* The call's own reader, given these bytes as the whole answer. The request itself never starts:
 * it is dropped before the loop would run. */
static void read_answer(const void *ctx, unsigned which, const char *bytes, size_t n)
{
	static const int codes[] = {200, 201, 302, 400, 401, 403, 404, 429, 500, 503};
	struct hy_platform_call *c = begin(which);
	struct hy_net_response r = {.status = HY_OK,
				    .where = HY_NET_AT_END,
				    .http = n > 0 ? codes[(unsigned char)bytes[0] % HY_LEN(codes)]
						  : 200,
				    .complete = true};

	r.body = hy_strndup(ctx, n > 0 ? bytes + 1 : "", n > 0 ? n - 1 : 0);
	r.n_body = strlen(r.body);
	hy_net_cancel(c->call);
	c->call = NULL;
	(void)c->answered(c, ctx, &r);
	hy_platform_cancel(c); /* with what it asked next */
}

static void start_once(void)
{
	struct hy_loop *loop;

	if (net != NULL)
		return;
	hy_xml_init();
	if (hy_crypt_init(NULL) != HY_OK || hy_loop_new(&loop, NULL, NULL) != HY_OK)
		HY_BUG("no loop");
	struct hy_net_options options = {.clock = hy_clock_fixed(NULL, NOW)};
	if (hy_net_new(&net, loop, loop, &options, NULL) != HY_OK)
		HY_BUG("no net");
	peer = (struct hy_platform_peer){.url = "http://platform.example",
					 .reach = "127.0.0.1:1",
					 .login = "app",
					 .secret = hy_secret_new(loop, "0123456789abcdef", 16)};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* what came later stands behind, so that the corpus means what it meant; SMPP: read, verify */
	enum { RECEIVERS = 5, ANSWERS = 22, LATER = 2 * RECEIVERS + 1 + ANSWERS, MORE = 9, SMPP = 5 };
	const char *bytes = (const char *)data + 1;
	void *ctx;
	unsigned which;

	if (size == 0)
		return 0;
	start_once();
	ctx = talloc_new(NULL);
	which = data[0] % (LATER + 2 + MORE);
	if (which < RECEIVERS)
		read_message(ctx, hy_receivers[which], bytes, size - 1);
	else if (which < 2 * RECEIVERS)
		verify_message(ctx, hy_receivers[which - RECEIVERS], bytes, size - 1);
	else if (which == 2 * RECEIVERS)
		open_envelope(ctx, bytes, size - 1);
	else if (which < LATER)
		read_answer(ctx, which - 2 * RECEIVERS - 1, bytes, size - 1);
	else if (which == LATER)
		read_message(ctx, hy_receivers[SMPP], bytes, size - 1);
	else if (which == LATER + 1)
		verify_message(ctx, hy_receivers[SMPP], bytes, size - 1);
	else
		read_answer(ctx, ANSWERS + which - LATER - 2, bytes, size - 1);
	talloc_free(ctx);
	return 0;
}
