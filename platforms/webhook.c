/*
 * Standard Webhooks: HMAC-SHA-256 over "id.timestamp.body". The body is a small JSON of our own
 * making (docs/webhook.md), so that any office's system can hand things to the desk.
 */
#include "platforms/callback.h"

#include <stdlib.h>
#include <string.h>

#define SECRET_PREFIX "whsec_"
#define SECRET_MIN 24
#define SECRET_MAX 64
#define SIGNATURES_MAX 16 /* of one header */
#define ID_MAX 256

static enum hy_status key_read(const void *ctx, const struct hy_secret *secret, uint8_t **out,
			       size_t *n_out, struct hy_err *err)
{
	const char *text = hy_callback_secret(secret);
	void *key = NULL;
	size_t n = 0;

	if (strncmp(text, SECRET_PREFIX, strlen(SECRET_PREFIX)) == 0 &&
	    hy_unbase64(ctx, text + strlen(SECRET_PREFIX), false, &key, &n, NULL) == HY_OK &&
	    n >= SECRET_MIN && n <= SECRET_MAX) {
		*out = key;
		*n_out = n;
		return HY_OK;
	}
	return hy_err_set(err, HY_EINPUT,
			  _("webhook: a secret is \"whsec_\" and %d to %d bytes in base64"),
			  SECRET_MIN, SECRET_MAX);
}

enum hy_status hy_webhook_sign(const void *ctx, const struct hy_secret *secret, const char *id,
			       int64_t seconds, const void *body, size_t n, char **out,
			       struct hy_err *err)
{
	void *work = talloc_new(NULL);
	uint8_t *key, mac[64];
	struct hy_buf b;
	size_t n_key, n_mac;
	enum hy_status status = key_read(work, secret, &key, &n_key, err);

	if (status == HY_OK) {
		hy_buf_init(&b, work, n + strlen(id) + 64);
		hy_buf_fmt(&b, "%s.%" PRId64 ".", id, seconds);
		hy_buf_add(&b, body, n);
		n_mac = hy_hmac("sha256", key, n_key, b.data, b.len, mac);
		*out = hy_strf(ctx, "v1,%s", hy_base64(work, mac, n_mac, false));
	}
	talloc_free(work);
	return status;
}

/* header: signatures apart by blanks; any one that is right will do. All are compared. */
static bool listed(const char *header, const char *want)
{
	size_t n_want = strlen(want);
	bool good = false;

	for (int i = 0; i < SIGNATURES_MAX && *header != '\0'; i++) {
		size_t n = strcspn(header, " ");

		if (n == n_want && hy_equal_ct(header, want, n))
			good = true;
		header += n + (header[n] == ' ');
	}
	return good;
}

static enum hy_status verify(const void *ctx, const struct hy_callback *cb,
			     const struct hy_callback_keys *keys, struct hy_callback_seen *out,
			     struct hy_err *err)
{
	const struct hy_secret *secrets[] = {keys->secret, keys->previous};
	const char *id = NULL, *timestamp = NULL, *signature = NULL;
	enum hy_status status;
	bool good = false;
	char *want;

	if (!cb->post)
		return hy_err_set(err, HY_EINPUT, _("callback: it must be a POST"));
	if ((status = hy_callback_header(cb, "webhook-id", &id, err)) != HY_OK ||
	    (status = hy_callback_header(cb, "webhook-timestamp", &timestamp, err)) != HY_OK ||
	    (status = hy_callback_header(cb, "webhook-signature", &signature, err)) != HY_OK)
		return status;
	if (id == NULL || id[0] == '\0' || strlen(id) > ID_MAX || timestamp == NULL ||
	    signature == NULL || !hy_platform_plain(timestamp, HY_DIGITS) || strlen(timestamp) > 11)
		return hy_err_set(err, HY_EAUTH, _("callback: it is not signed"));
	for (size_t i = 0; i < HY_LEN(secrets); i++) {
		if (secrets[i] == NULL)
			continue;
		status = hy_webhook_sign(ctx, secrets[i], id, strtoll(timestamp, NULL, 10),
					 cb->body, cb->n_body, &want, err);
		if (status != HY_OK)
			return HY_EAUTH;
		if (listed(signature, want))
			good = true;
	}
	if (!good)
		return hy_err_set(err, HY_EAUTH, _("callback: the signature is wrong"));
	status = hy_callback_fresh(cb, keys, timestamp, err);
	if (status == HY_OK)
		*out = (struct hy_callback_seen){.stamp = hy_strdup(ctx, id),
						 .clear = cb->body,
						 .n_clear = cb->n_body,
						 .key = -1};
	return status;
}

/* ---- what it says ---- */

static hy_time time_of(const struct hy_json *node, const char *name)
{
	const char *text = hy_json_str(node, name);
	hy_time t = 0;

	if (text != NULL)
		(void)hy_time_parse_iso(text, 0, &t, NULL); /* 0 when unreadable */
	return t;
}

static enum hy_status read_one(const void *ctx, const struct hy_json *node, struct hy_push *p,
			       struct hy_err *err)
{
	static const struct {
		const char *type;
		enum hy_push_kind kind;
	} types[] = {{"message.created", HY_PUSH_MESSAGE},
		     {"message.edited", HY_PUSH_EDIT},
		     {"message.deleted", HY_PUSH_DELETE}};
	const struct hy_json *data = hy_json_get(node, "data");
	const char *type = hy_json_str(node, "type"), *id = hy_platform_id(data, "id");
	size_t i = 0;

	while (i < HY_LEN(types) && (type == NULL || strcmp(type, types[i].type) != 0))
		i++;
	if (type == NULL || (i < HY_LEN(types) && id == NULL))
		return hy_err_set(err, HY_EINPUT,
				  _("webhook: \"type\" and \"data\" with an \"id\" are needed"));
	p->type = type;
	p->created = time_of(node, "timestamp");
	if (i == HY_LEN(types)) { /* other systems' events are theirs */
		p->kind = HY_PUSH_EVENT;
		p->id = hy_push_id(ctx, "e", NULL, hy_json_str(node, "timestamp"),
				   hy_strf(ctx, "%s\n%s", type, id != NULL ? id : ""));
		return HY_OK;
	}
	p->kind = types[i].kind;
	p->sender = hy_platform_id(data, "sender");
	p->title = hy_json_str(data, "title");
	p->text = hy_json_str(data, "text");
	p->url = hy_json_str(data, "url");
	p->open = hy_json_bool(data, "public", false);
	if (p->created == 0)
		return hy_err_set(
			err, HY_EINPUT,
			_("webhook: \"timestamp\" must be a time like 2026-11-29T08:00:00Z"));
	if (p->kind != HY_PUSH_DELETE && p->text == NULL)
		return hy_err_set(err, HY_EINPUT, _("webhook: \"data\" needs a \"text\""));
	if (p->kind == HY_PUSH_MESSAGE) {
		p->id = hy_strf(ctx, "m:%s", id);
		return HY_OK;
	}
	p->ref = hy_strf(ctx, "m:%s", id);
	p->id = hy_strf(ctx, "%s:%s:%" PRId64, p->kind == HY_PUSH_EDIT ? "c" : "d", id, p->created);
	return HY_OK;
}

static enum hy_status read(const void *ctx, const char *clear, size_t n, struct hy_push **out,
			   size_t *n_out, struct hy_err *err)
{
	struct hy_push *p = hy_new(ctx, struct hy_push);
	struct hy_json *node;
	enum hy_status status = hy_json_parse(ctx, clear, n, HY_JSON_UNIQUE, &node, err);

	if (status == HY_OK && node->type != HY_JSON_OBJECT)
		status = hy_err_set(err, HY_EINPUT, _("callback: the message is no object"));
	if (status == HY_OK)
		status = read_one(ctx, node, p, err);
	if (status != HY_OK)
		return status;
	*out = p;
	*n_out = 1;
	return HY_OK;
}

static const char *reply(const void *ctx, const struct hy_callback *cb,
			 const struct hy_callback_keys *keys, const struct hy_callback_seen *seen,
			 const char *text, const char **type_out)
{
	(void)ctx, (void)cb, (void)keys, (void)seen, (void)text, (void)type_out;
	return NULL;
}

const struct hy_receiver hy_receiver_webhook = {
	.name = "webhook",
	.verifies = true,
	.ok = "{}",
	.ok_type = "application/json; charset=utf-8",
	.verify = verify,
	.read = read,
	.reply = reply,
};
