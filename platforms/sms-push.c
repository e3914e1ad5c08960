/*
 * Callbacks of the two SMS gateways: replies of citizens and reports of delivery. Neither signs:
 * the secret path, and a list of addresses, are all that protects them.
 */
#include "platforms/callback.h"

#include <stdlib.h>
#include <string.h>

#define BEIJING (8 * 60) /* minutes; both gateways write its time without a zone */

static enum hy_status verify(const void *ctx, const struct hy_callback *cb,
			     const struct hy_callback_keys *keys, struct hy_callback_seen *out,
			     struct hy_err *err)
{
	(void)ctx, (void)keys;
	if (!cb->post)
		return hy_err_set(err, HY_EINPUT, _("callback: it must be a POST"));
	*out = (struct hy_callback_seen){.clear = cb->body, .n_clear = cb->n_body, .key = -1};
	return HY_OK;
}

static hy_time local_time(const struct hy_json *node, const char *name)
{
	const char *text = hy_json_str(node, name);
	hy_time t = 0;

	if (text != NULL)
		(void)hy_time_parse_iso(text, BEIJING, &t, NULL); /* 0 when unreadable */
	return t;
}

static const char *or_empty(const char *s)
{
	return s != NULL ? s : "";
}

/* A phone number: digits, with a plus in front at most. */
static const char *phone(const struct hy_json *node, const char *name)
{
	const char *id = hy_platform_id(node, name);

	return id != NULL && strlen(id) <= 20 &&
			       strspn(id + (id[0] == '+'), HY_DIGITS) == strlen(id) - (id[0] == '+')
		       ? id
		       : NULL;
}

static bool aliyun_one(const void *ctx, const struct hy_json *node, struct hy_push *p)
{
	const char *text = hy_json_str(node, "content"),
		   *sequence = hy_platform_id(node, "sequence_id");
	const char *biz = hy_platform_id(node, "biz_id"), *code = hy_json_str(node, "err_code");

	p->sender = phone(node, "phone_number");
	if (p->sender == NULL)
		return false;
	if (text != NULL && biz == NULL) {
		p->kind = HY_PUSH_MESSAGE;
		p->type = "text";
		p->text = text;
		p->created = local_time(node, "send_time");
		p->id = hy_push_id(ctx, "u", p->sender, hy_json_str(node, "send_time"),
				   hy_strf(ctx, "%s\n%s", or_empty(sequence), text));
		return true;
	}
	if (biz == NULL)
		return false;
	p->kind = HY_PUSH_REPORT;
	p->type = "report";
	p->ref = biz;
	p->own = hy_json_str(node, "out_id");
	p->delivered = hy_json_bool(node, "success", false);
	p->code = or_empty(code);
	p->created = local_time(node, "report_time");
	p->id = hy_push_id(ctx, "r", p->sender, biz, p->code);
	return true;
}

static bool tencent_one(const void *ctx, const struct hy_json *node, struct hy_push *p)
{
	const char *text = hy_json_str(node, "text"), *sid = hy_platform_id(node, "sid");
	const char *said = hy_json_str(node, "report_status");

	p->sender = phone(node, "mobile");
	if (p->sender == NULL)
		return false;
	if (text != NULL && sid == NULL) {
		const char *time = hy_platform_id(node, "time");

		p->kind = HY_PUSH_MESSAGE;
		p->type = "text";
		p->text = text;
		p->created = hy_platform_number(node, "time", 0) * HY_SECOND;
		if (p->created < 0 || p->created > INT64_C(1) << 50)
			p->created = 0;
		p->id = hy_push_id(
			ctx, "u", p->sender, time,
			hy_strf(ctx, "%s\n%s", or_empty(hy_platform_id(node, "extend")), text));
		return true;
	}
	if (sid == NULL || said == NULL)
		return false;
	p->kind = HY_PUSH_REPORT;
	p->type = "report";
	p->ref = sid;
	p->delivered = strcmp(said, "SUCCESS") == 0;
	p->code = or_empty(hy_json_str(node, "errmsg"));
	p->created = local_time(node, "user_receive_time");
	p->id = hy_push_id(ctx, "r", p->sender, sid, hy_strf(ctx, "%s\n%s", said, p->code));
	return true;
}

/* An array of them, or one alone. */
static enum hy_status read_all(const void *ctx, const char *clear, size_t n,
			       bool (*one)(const void *, const struct hy_json *, struct hy_push *),
			       struct hy_push **out, size_t *n_out, struct hy_err *err)
{
	struct hy_json *node, *single[1];
	enum hy_status status = hy_json_parse(ctx, clear, n, 0, &node, err);

	if (status != HY_OK)
		return status;
	struct hy_json **at = node->at;
	size_t count = node->n;
	if (node->type == HY_JSON_OBJECT) {
		single[0] = node;
		at = single;
		count = 1;
	} else if (node->type != HY_JSON_ARRAY) {
		return hy_err_set(err, HY_EINPUT, _("callback: the message is no list"));
	}
	if (count > HY_CALLBACK_ITEMS_MAX)
		return hy_err_set(err, HY_EINPUT, _("callback: more than %d in one body"),
				  HY_CALLBACK_ITEMS_MAX);
	struct hy_push *pushes = hy_new_array(ctx, struct hy_push, count + 1);
	for (size_t i = 0; i < count; i++)
		if (at[i]->type != HY_JSON_OBJECT || !one(ctx, at[i], &pushes[i]))
			return hy_err_set(err, HY_EINPUT,
					  _("callback: number %zu is no reply and no report"),
					  i + 1);
	*out = pushes;
	*n_out = count;
	return HY_OK;
}

static enum hy_status read_aliyun(const void *ctx, const char *clear, size_t n,
				  struct hy_push **out, size_t *n_out, struct hy_err *err)
{
	return read_all(ctx, clear, n, aliyun_one, out, n_out, err);
}

static enum hy_status read_tencent(const void *ctx, const char *clear, size_t n,
				   struct hy_push **out, size_t *n_out, struct hy_err *err)
{
	return read_all(ctx, clear, n, tencent_one, out, n_out, err);
}

const struct hy_receiver hy_receiver_aliyun = {
	.name = "aliyun",
	.verifies = false,
	.ok = "{\"code\":0,\"msg\":\"OK\"}",
	.ok_type = "application/json; charset=utf-8",
	.verify = verify,
	.read = read_aliyun,
	.reply = hy_callback_no_reply,
};
const struct hy_receiver hy_receiver_tencent = {
	.name = "tencent",
	.verifies = false,
	.ok = "{\"result\":0,\"errmsg\":\"OK\"}",
	.ok_type = "application/json; charset=utf-8",
	.verify = verify,
	.read = read_tencent,
	.reply = hy_callback_no_reply,
};
