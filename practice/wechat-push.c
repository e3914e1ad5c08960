/*
 * WeChat's callbacks: XML, plain, compatible or encrypted, signed in the query; and the receiver's
 * passive answer read back as the person's telephone would.
 */
#include "config.h"
#include "practice/wechat.h"

#include <string.h>

#define BLOCK 32 /* of the padding */

/* ---- AES ---- */

/* Clear text = 16 random bytes, length in four bytes, the text, the appid; padded to 32. */
static char *seal(struct hy_practice *site, const void *ctx, const char *text)
{
	const struct wechat *wx = wechat_of(site);
	size_t n = strlen(text), k = strlen(WECHAT_APPID), whole = 20 + n + k;
	size_t pad = BLOCK - whole % BLOCK;
	uint8_t *b = hy_new_array(ctx, uint8_t, whole + pad);

	for (size_t i = 0; i < 16; i++)
		b[i] = (uint8_t)('a' + hy_rand_below(&site->rand, 26));
	for (size_t i = 0; i < 4; i++)
		b[16 + i] = (uint8_t)(n >> (24 - 8 * i));
	memcpy(b + 20, text, n);
	memcpy(b + 20 + n, WECHAT_APPID, k);
	memset(b + whole, (int)pad, pad);
	hy_aes256_cbc(true, wx->key, wx->key, b, whole + pad, b);
	return hy_base64(ctx, b, whole + pad, false);
}

/* NULL when it is not ours. */
static char *unseal(struct hy_practice *site, const void *ctx, const char *text)
{
	const struct wechat *wx = wechat_of(site);
	size_t n = 0, len = 0, k = strlen(WECHAT_APPID), pad;
	void *bytes = NULL;
	uint8_t *b;

	if (hy_unbase64(ctx, text, false, &bytes, &n, NULL) || n < BLOCK || n % 16)
		return NULL;
	b = bytes;
	hy_aes256_cbc(false, wx->key, wx->key, b, n, b);
	pad = b[n - 1];
	if (pad < 1 || pad > BLOCK || pad + 20 + k > n)
		return NULL;
	n -= pad;
	for (size_t i = 0; i < 4; i++)
		len = len << 8 | b[16 + i];
	if (len != n - 20 - k || memcmp(b + 20 + len, WECHAT_APPID, k) != 0)
		return NULL;
	return hy_strndup(ctx, (char *)b + 20, len);
}

/* ---- XML ---- */

static void put_cdata(struct hy_buf *b, const char *name, const char *text)
{
	hy_buf_fmt(b, "<%s><![CDATA[", name);
	for (; *text; text++) {
		if (!strncmp(text, "]]>", 3)) {
			hy_buf_str(b, "]]]]><![CDATA[>");
			text += 2;
		} else {
			hy_buf_chr(b, *text);
		}
	}
	hy_buf_fmt(b, "]]></%s>", name);
}

struct finding {
	const char *name;
	struct hy_buf text;
	bool in, found;
};

static bool on_start(void *user, const char *ns, const char *prefix, const char *name,
		     const struct hy_xml_attr *attrs, size_t n)
{
	struct finding *f = user;

	(void)ns;
	(void)prefix;
	(void)attrs;
	(void)n;
	f->in = !f->found && !strcmp(name, f->name);
	f->found = f->found || f->in;
	return true;
}

static bool on_end(void *user, const char *ns, const char *prefix, const char *name)
{
	struct finding *f = user;

	(void)ns;
	(void)prefix;
	(void)name;
	f->in = false;
	return true;
}

static bool on_text(void *user, const char *s, size_t n, bool cdata)
{
	struct finding *f = user;

	(void)cdata;
	if (f->in)
		hy_buf_add(&f->text, s, n);
	return true;
}

/* The text of the first element of this name; NULL when there is none or it is no whole XML. */
static char *element(const void *ctx, const char *xml, const char *name)
{
	const struct hy_xml_handlers h = {.start = on_start, .end = on_end, .text = on_text};
	struct finding f = {.name = name};
	bool whole = false;

	hy_buf_init(&f.text, ctx, BODY_MAX);
	if (hy_xml_parse(xml, strlen(xml), false, &h, &f, &whole, NULL) || !whole || !f.found)
		return NULL;
	return hy_buf_take(&f.text, NULL);
}

/* ---- the receiver's answer ---- */

/* An encrypted answer opened, its signature checked; NULL when the telephone would refuse it. */
static char *opened(struct push *p, const char *answer)
{
	char *sealed = element(p, answer, "Encrypt"), *sign = element(p, answer, "MsgSignature");
	char *stamp = element(p, answer, "TimeStamp"), *nonce = element(p, answer, "Nonce");
	const char *parts[] = {p->site->hooks[HY_PRACTICE_WECHAT]->secret, stamp, nonce, sealed};

	if (!sealed || !sign || !stamp || !nonce || strcmp(sign, sign_sorted(p, parts, 4)) != 0)
		return NULL;
	return unseal(p->site, p, sealed);
}

static void keep_answer(struct push *p, const char *xml)
{
	char *type = element(p, xml, "MsgType"), *text = element(p, xml, "Content");
	char *to = element(p, xml, "ToUserName");
	struct note *n;

	if (!type || !to || !p->note || strcmp(to, p->note->by->login) != 0) {
		p->why = "not an answer to this message: the person reads that the service is away";
		return;
	}
	if (!strcmp(p->note->extra, "answered"))
		return; /* the same push again: the person sees one answer */
	n = note_add(p->site, HY_PRACTICE_WECHAT, NOTE_MESSAGE, wechat_office(p->site),
		     text ? text : xml);
	if (!n)
		return;
	n->by_api = true;
	n->to = p->note->by;
	n->type = hy_strf(n, "passive %s", type);
	p->note->extra = "answered";
}

static void on_answered(struct push *p)
{
	const char *answer = p->answer;
	bool safe = strcmp(p->site->hooks[HY_PRACTICE_WECHAT]->mode, "plain") != 0;

	if (!*answer || !strcmp(answer, "success"))
		return;
	if (strncmp(answer, "<xml>", 5) != 0)
		answer = NULL;
	else if (safe)
		answer = opened(p, answer);
	if (answer)
		keep_answer(p, answer);
	else
		p->why = "malformed answer: the person reads that the service is away";
}

/* ---- pushing ---- */

static void push_xml(struct hy_practice *site, struct note *n, const char *openid, const char *xml)
{
	struct hook *h = site->hooks[HY_PRACTICE_WECHAT];
	struct pushed what = {.note = n, .type = "text/xml"};
	void *ctx = talloc_new(NULL);
	const char *stamp, *nonce;
	char *query = push_query(site, ctx, h->secret, &stamp, &nonce);
	const char *body = xml;

	h->answered = on_answered;
	query = hy_strf(ctx, "%s&openid=%s", query, openid);
	if (strcmp(h->mode, "plain") != 0) {
		char *sealed = seal(site, ctx, xml);
		const char *parts[] = {h->secret, stamp, nonce, sealed};
		size_t cut = strlen(xml) - strlen("</xml>");

		query = hy_strf(ctx, "%s&encrypt_type=aes&msg_signature=%s", query,
				sign_sorted(ctx, parts, 4));
		if (!strcmp(h->mode, "compatible"))
			body = hy_strf(ctx, "%.*s<Encrypt><![CDATA[%s]]></Encrypt></xml>", (int)cut,
				       xml, sealed);
		else
			body = hy_strf(ctx,
				       "<xml><ToUserName><![CDATA[" WECHAT_ORIGINAL
				       "]]></ToUserName><Encrypt><![CDATA[%s]]></Encrypt></xml>",
				       sealed);
	}
	what.url = push_url(ctx, h, query);
	what.body = body;
	what.n_body = strlen(body);
	push_add(site, HY_PRACTICE_WECHAT, &what);
	talloc_free(ctx);
}

static void put_head(struct hy_buf *b, const char *openid, hy_time t)
{
	hy_buf_str(b, "<xml>");
	put_cdata(b, "ToUserName", WECHAT_ORIGINAL);
	put_cdata(b, "FromUserName", openid);
	hy_buf_fmt(b, "<CreateTime>%" PRId64 "</CreateTime>", t / HY_SECOND);
}

static void put_message(struct hy_buf *b, const struct note *n)
{
	const char *type = *n->type ? n->type : "text";

	if (!strncmp(type, "event", 5)) {
		put_cdata(b, "MsgType", "event");
		put_cdata(b, "Event", n->text);
		put_cdata(b, "EventKey", n->extra);
		return; /* events have no MsgId */
	}
	put_cdata(b, "MsgType", type);
	if (!strcmp(type, "image")) {
		put_cdata(b, "PicUrl", n->text);
		put_cdata(b, "MediaId", "practice-media");
	} else if (!strcmp(type, "voice")) {
		put_cdata(b, "MediaId", "practice-media");
		put_cdata(b, "Format", "amr");
		put_cdata(b, "Recognition", "");
	} else if (!strcmp(type, "location")) {
		hy_buf_str(b, "<Location_X>30.66</Location_X><Location_Y>104.06</Location_Y>"
			      "<Scale>16</Scale>");
		put_cdata(b, "Label", n->text);
	} else if (!strcmp(type, "link")) {
		put_cdata(b, "Title", n->title);
		put_cdata(b, "Description", n->text);
		put_cdata(b, "Url", "http://linjiang.example/");
	} else {
		put_cdata(b, "Content", n->text);
	}
	hy_buf_fmt(b, "<MsgId>%" PRId64 "</MsgId>", n->id);
}

void wechat_push_message(struct hy_practice *site, struct note *n)
{
	struct hy_buf b;
	bool event = !strncmp(n->type, "event", 5);

	n->by->left = event ? 3 : 5;
	if (event && !strcmp(n->text, "unsubscribe"))
		n->by->gone = true;
	if (event && !strcmp(n->text, "subscribe"))
		n->by->gone = false;
	if (!site->hooks[HY_PRACTICE_WECHAT])
		return;
	hy_buf_init(&b, n, BODY_MAX);
	put_head(&b, n->by->login, n->made);
	put_message(&b, n);
	hy_buf_str(&b, "</xml>");
	push_xml(site, n, n->by->login, b.data);
}

void wechat_push_event(struct hy_practice *site, const char *event, const char *xml)
{
	struct hy_buf b;

	if (!site->hooks[HY_PRACTICE_WECHAT])
		return;
	hy_buf_init(&b, site, BODY_MAX);
	put_head(&b, "o0000000000000000000000000000", site_now(site));
	put_cdata(&b, "MsgType", "event");
	put_cdata(&b, "Event", event);
	hy_buf_fmt(&b, "%s</xml>", xml);
	push_xml(site, NULL, "o0000000000000000000000000000", b.data);
	talloc_free(b.data);
}
