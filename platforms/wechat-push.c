/*
 * Callbacks of WeChat: plain, compatible and safe mode, XML or JSON. In safe mode the signature
 * over the encrypted text is checked before anything in it is read.
 */
#include "platforms/callback.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- who sent it ---- */

static enum hy_status opened(const void *ctx, const struct hy_callback_keys *keys,
			     const char *encrypted, struct hy_callback_seen *out,
			     struct hy_err *err)
{
	const struct hy_secret *aes[] = {keys->aes, keys->aes_previous};
	const char *app = keys->app != NULL ? keys->app : "";
	enum hy_status status = HY_EAUTH;
	char *clear;

	hy_err_set(err, status, _("callback: encrypted, but the account has no EncodingAESKey"));
	for (int i = 0; i < 2 && status != HY_OK; i++) {
		if (aes[i] == NULL)
			continue;
		status = hy_wechat_decrypt(ctx, aes[i], app, encrypted, &clear, &out->n_clear, err);
		out->clear = clear;
		out->key = i;
	}
	return status;
}

/* The signature of safe mode; both secrets are tried. */
static enum hy_status sealed_signed(const void *ctx, const struct hy_callback *cb,
				    const struct hy_callback_keys *keys, const char *encrypted,
				    struct hy_callback_seen *out, struct hy_err *err)
{
	const struct hy_secret *secrets[] = {keys->secret, keys->previous};
	char *signature = NULL, *timestamp = NULL, *nonce = NULL;
	enum hy_status status;
	bool good = false;

	if ((status = hy_callback_param(ctx, cb, "msg_signature", &signature, err)) != HY_OK ||
	    (status = hy_callback_param(ctx, cb, "timestamp", &timestamp, err)) != HY_OK ||
	    (status = hy_callback_param(ctx, cb, "nonce", &nonce, err)) != HY_OK)
		return status;
	if (signature == NULL || timestamp == NULL || nonce == NULL)
		return hy_err_set(err, HY_EAUTH, _("callback: it is not signed"));
	for (size_t i = 0; i < HY_LEN(secrets); i++) {
		const char *parts[] = {hy_callback_secret(secrets[i]), timestamp, nonce, encrypted};

		if (parts[0][0] != '\0' && hy_callback_signed(parts, HY_LEN(parts), signature))
			good = true;
	}
	if (!good)
		return hy_err_set(err, HY_EAUTH, _("callback: the signature is wrong"));
	out->stamp = hy_strf(ctx, "%s:%s", timestamp, nonce);
	return hy_callback_fresh(cb, keys, timestamp, err);
}

static enum hy_status verify(const void *ctx, const struct hy_callback *cb,
			     const struct hy_callback_keys *keys, struct hy_callback_seen *out,
			     struct hy_err *err)
{
	struct hy_callback_seen seen = {.key = -1};
	const char *encrypted = NULL;
	struct hy_fields *f = NULL;
	enum hy_status status;
	char *mode = NULL;

	status = hy_callback_param(ctx, cb, "encrypt_type", &mode, err);
	if (status != HY_OK)
		return status;
	if (cb->post && ((mode != NULL && strcasecmp(mode, "aes") == 0) || keys->aes_only)) {
		status = hy_fields_read(ctx, cb->body, cb->n_body, &f, err);
		if (status != HY_OK)
			return status;
		encrypted = hy_fields_get(f, "Encrypt");
		if (encrypted == NULL)
			return hy_err_set(err, HY_EAUTH, _("callback: it is not encrypted"));
		status = sealed_signed(ctx, cb, keys, encrypted, &seen, err);
		if (status == HY_OK)
			status = opened(ctx, keys, encrypted, &seen, err);
	} else {
		status = hy_callback_sorted(ctx, cb, keys, &seen, err);
		seen.clear = cb->body;
		seen.n_clear = cb->n_body;
	}
	if (status == HY_OK)
		*out = seen;
	return status;
}

/* ---- what it says ---- */

const char *hy_push_word(const char *type)
{
	static const struct {
		const char *type, *word;
	} words[] = {
		{"image", N_("[picture]")},  {"voice", N_("[voice message]")},
		{"video", N_("[video]")},    {"shortvideo", N_("[video]")},
		{"location", N_("[place]")}, {"position", N_("[place]")},
		{"link", N_("[link]")},
	};

	for (size_t i = 0; i < HY_LEN(words); i++)
		if (strcmp(words[i].type, type) == 0)
			return _(words[i].word);
	return _("[message of a kind not known]");
}

char *hy_push_id(const void *ctx, const char *kind, const char *sender, const char *time,
		 const char *hashed)
{
	uint8_t digest[16];

	hy_xxh128(hashed != NULL ? hashed : "", hashed != NULL ? strlen(hashed) : 0, digest);
	return hy_strf(ctx, "%s:%s:%s:%s", kind, sender != NULL ? sender : "",
		       time != NULL ? time : "", hy_hex(ctx, digest, sizeof(digest)));
}

static char *lower(const void *ctx, const char *s)
{
	char *out = hy_strdup(ctx, s);

	for (char *p = out; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p | 0x20);
	return out;
}

static const char *or_empty(const char *s)
{
	return s != NULL ? s : "";
}

static const char *text_of(const void *ctx, const struct hy_fields *f, const char *type)
{
	const char *content = hy_fields_get(f, "Content");
	const char *heard = hy_fields_get(f, "Recognition");

	if (strcmp(type, "text") == 0)
		return or_empty(content);
	if (strcmp(type, "voice") == 0 && heard != NULL && heard[0] != '\0')
		return hy_strf(ctx, "%s %s", hy_push_word(type), heard);
	if (strcmp(type, "location") == 0)
		return hy_strf(ctx, "%s %s (%s, %s)", hy_push_word(type),
			       or_empty(hy_fields_get(f, "Label")),
			       or_empty(hy_fields_get(f, "Location_X")),
			       or_empty(hy_fields_get(f, "Location_Y")));
	if (strcmp(type, "link") == 0)
		return hy_strf(ctx, "%s %s\n%s", hy_push_word(type),
			       or_empty(hy_fields_get(f, "Title")),
			       or_empty(hy_fields_get(f, "Description")));
	return hy_push_word(type);
}

/* Events that tell what became of something of ours. */
static bool report_read(const void *ctx, const struct hy_fields *f, const char *event,
			struct hy_push *p)
{
	const char *status;

	if (strcmp(event, "masssendjobfinish") == 0 ||
	    strcmp(event, "templatesendjobfinish") == 0) {
		status = or_empty(hy_fields_get(f, "Status"));
		p->ref = hy_fields_get(f, "MsgID");
		p->delivered = strcmp(status, "success") == 0 ||
			       strcmp(status, "send success") == 0 ||
			       strcmp(status, "sendsuccess") == 0;
		p->code = status;
		p->url = hy_fields_get(f, "ArticleUrlResult/ResultList/item/ArticleUrl");
	} else if (strcmp(event, "publishjobfinish") == 0) {
		status = or_empty(hy_fields_get(f, "PublishEventInfo/publish_status"));
		p->ref = hy_fields_get(f, "PublishEventInfo/publish_id");
		p->delivered = strcmp(status, "0") == 0;
		p->code = hy_strf(ctx, "publish_status %s", status);
		p->url = hy_fields_get(f, "PublishEventInfo/article_detail/item/article_url");
	} else {
		return false;
	}
	p->kind = HY_PUSH_REPORT;
	return p->ref != NULL && p->ref[0] != '\0';
}

static void event_read(const void *ctx, const struct hy_fields *f, struct hy_push *p,
		       const char *time)
{
	const char *event = or_empty(hy_fields_get(f, "Event"));
	const char *key = or_empty(hy_fields_get(f, "EventKey"));

	p->type = lower(ctx, event); /* the platform itself is not of one mind about case */
	p->kind = HY_PUSH_EVENT;
	if (!report_read(ctx, f, p->type, p) && p->kind == HY_PUSH_REPORT)
		p->kind = HY_PUSH_EVENT; /* about nothing that we could know */
	p->id = hy_push_id(ctx, "e", p->sender, time,
			   hy_strf(ctx, "%s\n%s\n%s", p->type, key, or_empty(p->ref)));
}

enum hy_status hy_wechat_read_fields(const void *ctx, const struct hy_fields *f,
				     struct hy_push *out, struct hy_err *err)
{
	const char *type = hy_fields_get(f, "MsgType"), *time = hy_fields_get(f, "CreateTime");
	const char *id = hy_fields_get(f, "MsgId");
	struct hy_push p = {.sender = hy_fields_get(f, "FromUserName")};

	if (type == NULL || type[0] == '\0' || p.sender == NULL || p.sender[0] == '\0')
		return hy_err_set(err, HY_EINPUT,
				  _("callback: the message has no kind or no sender"));
	if (time == NULL || !hy_platform_plain(time, HY_DIGITS) || strlen(time) > 12)
		return hy_err_set(err, HY_EINPUT, _("callback: the message has no time"));
	p.created = strtoll(time, NULL, 10) * HY_SECOND;
	p.type = lower(ctx, type);
	if (strcmp(p.type, "event") == 0) {
		event_read(ctx, f, &p, time);
	} else {
		p.kind = HY_PUSH_MESSAGE;
		p.text = text_of(ctx, f, p.type);
		p.media = hy_fields_get(f, "MediaId");
		p.url = strcmp(p.type, "link") == 0 ? hy_fields_get(f, "Url") : NULL;
		p.id = id != NULL && id[0] != '\0' ? hy_strf(ctx, "m:%.64s", id)
						   : hy_push_id(ctx, "t", p.sender, time, p.text);
	}
	*out = p;
	return HY_OK;
}

static enum hy_status read(const void *ctx, const char *clear, size_t n, struct hy_push **out,
			   size_t *n_out, struct hy_err *err)
{
	struct hy_push *p = hy_new(ctx, struct hy_push);
	struct hy_fields *f;
	enum hy_status status = hy_fields_read(ctx, clear, n, &f, err);

	if (status == HY_OK)
		status = hy_wechat_read_fields(ctx, f, p, err);
	if (status != HY_OK)
		return status;
	*out = p;
	*n_out = 1;
	return HY_OK;
}

/* ---- the answer ---- */

static void cdata(struct hy_buf *b, const char *name, const char *text)
{
	const char *end;

	hy_buf_fmt(b, "<%s><![CDATA[", name);
	while ((end = strstr(text, "]]>")) != NULL) { /* cut in two, so that it ends nothing */
		hy_buf_add(b, text, (size_t)(end + 2 - text));
		hy_buf_str(b, "]]><![CDATA[");
		text = end + 2;
	}
	hy_buf_fmt(b, "%s]]></%s>", text, name);
}

static char *reply_xml(const void *ctx, const char *to, const char *sender, hy_time now,
		       const char *text)
{
	struct hy_buf b;

	hy_buf_init(&b, ctx, 65536);
	hy_buf_str(&b, "<xml>");
	cdata(&b, "ToUserName", to);
	cdata(&b, "FromUserName", sender);
	hy_buf_fmt(&b, "<CreateTime>%" PRId64 "</CreateTime>", now / HY_SECOND);
	cdata(&b, "MsgType", "text");
	cdata(&b, "Content", text);
	hy_buf_str(&b, "</xml>");
	return b.over ? NULL : hy_buf_take(&b, NULL);
}

static char *reply_json(const void *ctx, const char *to, const char *sender, hy_time now,
			const char *text)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);
	size_t n;

	hy_jw_object(w);
	hy_jw_kstr(w, "ToUserName", to);
	hy_jw_kstr(w, "FromUserName", sender);
	hy_jw_kint(w, "CreateTime", now / HY_SECOND);
	hy_jw_kstr(w, "MsgType", "text");
	hy_jw_kstr(w, "Content", text);
	hy_jw_end_object(w);
	return hy_strdup(ctx, hy_jw_text(w, &n));
}

/* Seals an answer with the key that opened the question. */
static char *reply_sealed(const void *ctx, const struct hy_callback *cb,
			  const struct hy_callback_keys *keys, int key, const char *answer,
			  bool json)
{
	const struct hy_secret *aes = key == 1 ? keys->aes_previous : keys->aes;
	const char *app = keys->app != NULL ? keys->app : "";
	char *encrypted, signature[41];
	uint8_t random[8];
	struct hy_buf b;

	if (hy_wechat_encrypt(ctx, aes, app, NULL, answer, strlen(answer), &encrypted, NULL))
		return NULL;
	hy_random_bytes(random, sizeof(random));
	char *nonce = hy_hex(ctx, random, sizeof(random));
	char *timestamp = hy_strf(ctx, "%" PRId64, cb->now / HY_SECOND);
	const char *parts[] = {hy_callback_secret(keys->secret), timestamp, nonce, encrypted};
	hy_callback_sha1(parts, HY_LEN(parts), signature);
	hy_buf_init(&b, ctx, HY_CALLBACK_BODY_MAX);
	if (json) {
		hy_buf_fmt(&b,
			   "{\"Encrypt\":\"%s\",\"MsgSignature\":\"%s\",\"TimeStamp\":%s,"
			   "\"Nonce\":\"%s\"}",
			   encrypted, signature, timestamp, nonce);
	} else {
		hy_buf_str(&b, "<xml>");
		cdata(&b, "Encrypt", encrypted);
		cdata(&b, "MsgSignature", signature);
		hy_buf_fmt(&b, "<TimeStamp>%s</TimeStamp>", timestamp);
		cdata(&b, "Nonce", nonce);
		hy_buf_str(&b, "</xml>");
	}
	return b.over ? NULL : hy_buf_take(&b, NULL);
}

static const char *reply(const void *ctx, const struct hy_callback *cb,
			 const struct hy_callback_keys *keys, const struct hy_callback_seen *seen,
			 const char *text, const char **type_out)
{
	bool json = seen->n_clear > 0 && seen->clear[0] == '{';
	struct hy_fields *f;
	char *answer;

	if (hy_fields_read(ctx, seen->clear, seen->n_clear, &f, NULL) != HY_OK)
		return NULL;
	const char *to = hy_fields_get(f, "FromUserName"), *sender = hy_fields_get(f, "ToUserName");
	if (to == NULL || sender == NULL)
		return NULL;
	answer = json ? reply_json(ctx, to, sender, cb->now, text)
		      : reply_xml(ctx, to, sender, cb->now, text);
	if (answer != NULL && seen->key >= 0)
		answer = reply_sealed(ctx, cb, keys, seen->key, answer, json);
	*type_out = json ? "application/json; charset=utf-8" : "text/xml; charset=utf-8";
	return answer;
}

const struct hy_receiver hy_receiver_wechat = {
	.name = "wechat",
	.verifies = true,
	.ok = "success",
	.ok_type = "text/plain; charset=utf-8",
	.verify = verify,
	.read = read,
	.reply = reply,
};
