/*
 * Callbacks of Weibo's fan service: JSON, or WeChat's XML where the account asked for it. The
 * signature covers secret, time and nonce, not the body: the desk holds one body to one stamp.
 */
#include "platforms/callback.h"
#include "platforms/weibo.h"

#include <stdlib.h>
#include <string.h>

static enum hy_status verify(const void *ctx, const struct hy_callback *cb,
			     const struct hy_callback_keys *keys, struct hy_callback_seen *out,
			     struct hy_err *err)
{
	struct hy_callback_seen seen = {.key = -1};
	enum hy_status status = hy_callback_sorted(ctx, cb, keys, &seen, err);

	if (status != HY_OK)
		return status;
	seen.clear = cb->body;
	seen.n_clear = cb->n_body;
	*out = seen;
	return HY_OK;
}

static const char *text_of(const void *ctx, const struct hy_json *node, const char *type)
{
	const struct hy_json *data = hy_json_get(node, "data");
	const char *text = hy_json_str(node, "text");

	if (strcmp(type, "text") == 0)
		return text != NULL ? text : "";
	if (strcmp(type, "position") == 0) {
		const char *x = hy_json_str(data, "longitude"), *y = hy_json_str(data, "latitude");

		return hy_strf(ctx, "%s %s (%s, %s)", hy_push_word(type), text != NULL ? text : "",
			       y != NULL ? y : "", x != NULL ? x : "");
	}
	if (text != NULL && text[0] != '\0')
		return hy_strf(ctx, "%s %s", hy_push_word(type), text);
	return hy_push_word(type);
}

static enum hy_status read_json(const void *ctx, const struct hy_json *node, struct hy_push *out,
				struct hy_err *err)
{
	const struct hy_json *data = hy_json_get(node, "data");
	const char *type = hy_json_str(node, "type"), *time = hy_json_str(node, "created_at");
	const char *subtype = hy_json_str(data, "subtype"), *key = hy_platform_id(data, "key");
	struct hy_push p = {.sender = hy_platform_id(node, "sender_id")};

	if (type == NULL || type[0] == '\0' || p.sender == NULL)
		return hy_err_set(err, HY_EINPUT,
				  _("callback: the message has no kind or no sender"));
	if (!hy_weibo_time(time, &p.created))
		return hy_err_set(err, HY_EINPUT, _("callback: the message has no time"));
	p.type = type;
	if (strcmp(type, "event") == 0 || strcmp(type, "mention") == 0) {
		p.kind = type[0] == 'm' && key != NULL ? HY_PUSH_MENTION : HY_PUSH_EVENT;
		p.ref = p.kind == HY_PUSH_MENTION ? key : NULL;
		p.type = subtype != NULL ? subtype : type;
		p.id = hy_push_id(ctx, type[0] == 'm' ? "n" : "e", p.sender, time,
				  hy_strf(ctx, "%s\n%s", p.type, key != NULL ? key : ""));
	} else {
		p.kind = HY_PUSH_MESSAGE;
		p.text = text_of(ctx, node, type);
		p.media = hy_platform_id(data, "tovfid");
		p.id = hy_push_id(
			ctx, "t", p.sender, time,
			hy_strf(ctx, "%s\n%s\n%s", type, p.text, p.media != NULL ? p.media : ""));
	}
	*out = p;
	return HY_OK;
}

static enum hy_status read(const void *ctx, const char *clear, size_t n, struct hy_push **out,
			   size_t *n_out, struct hy_err *err)
{
	struct hy_push *p = hy_new(ctx, struct hy_push);
	struct hy_json *node = NULL;
	struct hy_fields *f = NULL;
	enum hy_status status;

	if (n > 0 && clear[0] == '<') {
		status = hy_fields_read(ctx, clear, n, &f, err);
		if (status == HY_OK)
			status = hy_wechat_read_fields(ctx, f, p, err);
	} else {
		status = hy_json_parse(ctx, clear, n, 0, &node, err);
		if (status == HY_OK && node->type != HY_JSON_OBJECT)
			status =
				hy_err_set(err, HY_EINPUT, _("callback: the message is no object"));
		if (status == HY_OK)
			status = read_json(ctx, node, p, err);
	}
	if (status != HY_OK)
		return status;
	*out = p;
	*n_out = 1;
	return HY_OK;
}

static int64_t number_of(const char *id)
{
	return id != NULL && hy_platform_plain(id, HY_DIGITS) && strlen(id) <= 18
		       ? strtoll(id, NULL, 10)
		       : 0;
}

static const char *reply(const void *ctx, const struct hy_callback *cb,
			 const struct hy_callback_keys *keys, const struct hy_callback_seen *seen,
			 const char *text, const char **type_out)
{
	struct hy_json_writer *w;
	struct hy_json *node;
	size_t n;

	(void)cb, (void)keys;
	if (hy_json_parse(ctx, seen->clear, seen->n_clear, 0, &node, NULL) != HY_OK)
		return NULL; /* the XML form has no documented answer */
	int64_t to = number_of(hy_platform_id(node, "sender_id"));
	int64_t ours = number_of(hy_platform_id(node, "receiver_id"));
	if (to == 0 || ours == 0)
		return NULL;
	char *data = hy_weibo_text_data(ctx, text);
	w = hy_json_writer_new(ctx, false);
	hy_jw_object(w);
	hy_jw_kbool(w, "result", true);
	hy_jw_kint(w, "receiver_id", to);
	hy_jw_kint(w, "sender_id", ours);
	hy_jw_kstr(w, "type", "text");
	hy_jw_kstr(w, "data", hy_platform_escape(ctx, data, strlen(data)));
	hy_jw_end_object(w);
	*type_out = "application/json; charset=utf-8";
	return hy_strdup(ctx, hy_jw_text(w, &n));
}

const struct hy_receiver hy_receiver_weibo = {
	.name = "weibo",
	.verifies = true,
	.ok = "", /* an empty 200: not to be sent again */
	.ok_type = "text/plain; charset=utf-8",
	.verify = verify,
	.read = read,
	.reply = reply,
};
