/*
 * Tencent Cloud SMS: SendSms signed by TC3-HMAC-SHA256. HTTP 200 says nothing: each number has a
 * code of its own. What their callbacks lost can be pulled, in the callbacks' own form.
 */
#include "platforms/internal.h"

#include <string.h>

#define HOST "https://sms.tencentcloudapi.com"
#define API_VERSION "2021-01-11"
#define TYPE "application/json"
#define BEIJING (8 * 60) /* minutes */

static char *hex_sha256(const void *ctx, const char *s)
{
	uint8_t sum[HY_SHA256_LEN];

	hy_sha256(s, strlen(s), sum);
	return hy_hex(ctx, sum, sizeof(sum));
}

static void day_of(int64_t secs, char out[16])
{
	char iso[HY_TIME_ISO_MAX];

	hy_time_iso(secs * HY_SECOND, iso);
	memcpy(out, iso, 10);
	out[10] = '\0';
}

char *hy_tencent_sign(const void *ctx, const char *type, const char *host, const char *body,
		      int64_t secs, const char *secret)
{
	uint8_t key[64], next[64];
	char day[16];
	size_t n;

	day_of(secs, day);
	char *request = hy_strf(ctx, "POST\n/\n\ncontent-type:%s\nhost:%s\n\ncontent-type;host\n%s",
				type, host, hex_sha256(ctx, body));
	char *text = hy_strf(ctx, "TC3-HMAC-SHA256\n%" PRId64 "\n%s/sms/tc3_request\n%s", secs, day,
			     hex_sha256(ctx, request));
	char *first = hy_strf(ctx, "TC3%s", secret);

	n = hy_hmac("sha256", first, strlen(first), day, strlen(day), key);
	explicit_bzero(first, strlen(first));
	n = hy_hmac("sha256", key, n, "sms", 3, next);
	n = hy_hmac("sha256", next, n, "tc3_request", 11, key);
	n = hy_hmac("sha256", key, n, text, strlen(text), next);
	char *hex = hy_hex(ctx, next, n);

	explicit_bzero(key, sizeof(key));
	explicit_bzero(next, sizeof(next));
	return hex;
}

static enum hy_status refused(const struct hy_platform_call *c, const struct hy_json *part,
			      const struct hy_net_response *r, struct hy_err *err)
{
	const char *code = hy_json_str(part, "Code");
	enum hy_status status = hy_platform_error_set(err, "tencent", code, true,
						      hy_json_str(part, "Message"));

	if (status == HY_EWAIT && err != NULL)
		err->until = r->retry_after != 0
				     ? r->retry_after
				     : hy_platform_wait_end(hy_platform_error_find("tencent", code),
							    hy_net_now(c->net));
	return status;
}

static bool answered(struct hy_platform_call *c, const void *ctx, struct hy_net_response *r)
{
	struct hy_platform_post post = {0};
	struct hy_json *node = NULL;
	struct hy_err err = {0};
	enum hy_status status = hy_net_outcome(r, true, &err);

	if (status == HY_OK && r->http != 200)
		status = hy_err_set(&err, HY_EUNSURE, "Tencent: %s",
				    _("the answer is none of the API"));
	if (status == HY_OK && hy_json_parse(ctx, r->body, r->n_body, HY_JSON_BOM, &node, NULL))
		status = hy_err_set(&err, HY_EUNSURE, "Tencent: %s", _("the answer is no JSON"));
	if (status == HY_OK) {
		const struct hy_json *response = hy_json_get(node, "Response"),
				     *whole = hy_json_get(response, "Error"),
				     *set = hy_json_get(response, "SendStatusSet");
		const struct hy_json *one = set != NULL && set->type == HY_JSON_ARRAY && set->n == 1
						    ? set->at[0]
						    : NULL;
		const char *code = hy_json_str(one, "Code");

		if (whole != NULL)
			status = refused(c, whole, r, &err);
		else if (code == NULL)
			status = hy_err_set(&err, HY_EUNSURE, "Tencent: %s",
					    _("the answer names no id"));
		else if (strcmp(code, "Ok") != 0)
			status = refused(c, one, r, &err);
		else
			post = (struct hy_platform_post){.id = hy_platform_id(one, "SerialNo"),
							 .marker = c->marker};
	}
	if (status == HY_OK && post.id == NULL)
		status = hy_err_set(&err, HY_EUNSURE, "Tencent: %s", _("the answer names no id"));
	hy_platform_tell_post(c, status, &post, &err);
	return false;
}

static char *body_json(const void *ctx, const struct hy_sms *s)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);

	hy_jw_object(w);
	hy_jw_key(w, "PhoneNumberSet");
	hy_jw_array(w);
	hy_jw_str(w, s->dest[0] == '+' ? s->dest : hy_strf(ctx, "+86%s", s->dest));
	hy_jw_end_array(w);
	hy_jw_kstr(w, "SmsSdkAppId", s->app);
	hy_jw_kstr(w, "TemplateId", s->template);
	hy_jw_kstr(w, "SignName", s->sign);
	hy_jw_key(w, "TemplateParamSet");
	hy_jw_array(w);
	for (size_t i = 0; i < s->n_values; i++)
		hy_jw_str(w, s->values[i]);
	hy_jw_end_array(w);
	hy_jw_kstr(w, "SessionContext", s->ref);
	if (s->extend != NULL)
		hy_jw_kstr(w, "ExtendCode", s->extend);
	hy_jw_end_object(w);
	return hy_strdup(ctx, hy_jw_text(w, NULL));
}

/* The API's host, as it is signed. */
static const char *host_of(const struct hy_platform_call *c)
{
	const char *host = strstr(c->url, "://");

	host = host != NULL ? host + 3 : c->url;
	return hy_strndup(c, host, strcspn(host, "/?#"));
}

static void ask(struct hy_platform_call *c, const char *action, const char *region, hy_time now,
		const char *body)
{
	int64_t secs = now / HY_SECOND;
	char day[16];

	day_of(secs, day);
	char *signature =
		hy_tencent_sign(c, TYPE, host_of(c), body, secs, hy_secret_text(c->secret, NULL));
	const struct hy_net_header headers[] = {
		{"Content-Type", TYPE}, /* byte for byte what was signed */
		{"Accept", TYPE},
		{"X-TC-Action", action},
		{"X-TC-Version", API_VERSION},
		{"X-TC-Region", region != NULL ? region : "ap-guangzhou"},
		{"X-TC-Timestamp", hy_strf(c, "%" PRId64, secs)},
		{"Authorization", hy_strf(c,
					  "TC3-HMAC-SHA256 Credential=%s/%s/sms/tc3_request, "
					  "SignedHeaders=content-type;host, Signature=%s",
					  c->login, day, signature)},
	};
	struct hy_net_request q = {.method = "POST",
				   .url = hy_strf(c, "%s/", c->url),
				   .headers = headers,
				   .n_headers = HY_LEN(headers),
				   .body = body,
				   .n_body = strlen(body)};

	hy_platform_ask(c, &q);
}

struct hy_platform_call *hy_tencent_send(struct hy_net *net, const struct hy_platform_peer *peer,
					 const struct hy_sms *s, hy_platform_fn *fn, void *user)
{
	struct hy_platform_call *c = hy_platform_call_new(net, peer, HOST, user);

	c->writes = true;
	c->marker = hy_strdup(c, s->ref);
	c->fn.post = fn;
	c->answered = answered;
	if (s->dest == NULL || *s->dest == '\0' || strlen(s->dest) > 20 ||
	    strspn(s->dest, "+" HY_DIGITS) != strlen(s->dest) ||
	    !hy_platform_plain(s->ref, HY_DIGITS "abcdefghijklmnopqrstuvwxyz-") || s->app == NULL ||
	    s->sign == NULL || s->template == NULL || s->n_values > HY_SMS_VALUES_MAX) {
		hy_platform_ask_nothing(c);
		return c;
	}
	ask(c, "SendSms", s->region, s->now, body_json(c, s));
	return c;
}

/* ---- what their callbacks may have lost ---- */

static void put_reply(struct hy_json_writer *w, const struct hy_json *one)
{
	hy_jw_kstr(w, "extend", hy_json_str(one, "ExtendCode"));
	hy_jw_kstr(w, "nationcode", hy_json_str(one, "CountryCode"));
	hy_jw_kstr(w, "mobile", hy_json_str(one, "SubscriberNumber"));
	hy_jw_kstr(w, "sign", hy_json_str(one, "SignName"));
	hy_jw_kstr(w, "text", hy_json_str(one, "ReplyContent"));
	hy_jw_kint(w, "time", hy_json_int(one, "ReplyTime", 0));
}

static void put_report(struct hy_json_writer *w, const struct hy_json *one)
{
	int64_t secs = hy_json_int(one, "UserReceiveTime", 0);
	char iso[HY_TIME_ISO_OFFSET_MAX];

	hy_time_iso_offset(secs * HY_SECOND, BEIJING, iso);
	hy_jw_kstr(w, "user_receive_time", hy_strf(w, "%.10s %.8s", iso, iso + 11));
	hy_jw_kstr(w, "nationcode", hy_json_str(one, "CountryCode"));
	hy_jw_kstr(w, "mobile", hy_json_str(one, "SubscriberNumber"));
	hy_jw_kstr(w, "report_status", hy_json_str(one, "ReportStatus"));
	hy_jw_kstr(w, "errmsg", hy_json_str(one, "Description"));
	hy_jw_kstr(w, "description", hy_json_str(one, "Description"));
	hy_jw_kstr(w, "sid", hy_json_str(one, "SerialNo"));
}

/* A list of either kind, as their callbacks would have said it. */
static enum hy_status as_callbacks(struct hy_json_writer *w, const struct hy_json *response,
				   struct hy_err *err)
{
	const struct hy_json *replies = hy_json_get(response, "PullSmsReplyStatusSet"),
			     *list = replies ? replies
					     : hy_json_get(response, "PullSmsSendStatusSet");

	if (list != NULL && list->type != HY_JSON_ARRAY && list->type != HY_JSON_NULL)
		return hy_err_set(err, HY_ETEMP, "Tencent: %s", _("the answer is none of the API"));
	hy_jw_array(w);
	for (size_t i = 0; list != NULL && list->type == HY_JSON_ARRAY && i < list->n; i++) {
		hy_jw_object(w);
		if (replies != NULL)
			put_reply(w, list->at[i]);
		else
			put_report(w, list->at[i]);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	return HY_OK;
}

static bool pulled(struct hy_platform_call *c, const void *ctx, struct hy_net_response *r)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);
	struct hy_platform_file file = {.type = TYPE};
	struct hy_json *node = NULL;
	struct hy_err err = {0};
	enum hy_status status = hy_platform_outcome(c, r, &err);

	if (status == HY_OK && hy_json_parse(ctx, r->body, r->n_body, HY_JSON_BOM, &node, NULL))
		status = hy_err_set(&err, HY_ETEMP, "Tencent: %s", _("the answer is no JSON"));
	if (status == HY_OK) {
		const struct hy_json *response = hy_json_get(node, "Response"),
				     *whole = hy_json_get(response, "Error");

		if (whole != NULL)
			status = hy_platform_error_set(&err, "tencent", hy_json_str(whole, "Code"),
						       false, hy_json_str(whole, "Message"));
		else if (response == NULL)
			status = hy_err_set(&err, HY_ETEMP, "Tencent: %s",
					    _("the answer is none of the API"));
		else
			status = as_callbacks(w, response, &err);
	}
	if (status == HY_OK)
		file.bytes = hy_jw_text(w, &file.n);
	c->fn.raw(c->user, status, status == HY_OK ? &file : NULL, status == HY_OK ? NULL : &err);
	return false;
}

struct hy_platform_call *hy_tencent_pull(struct hy_net *net, const struct hy_platform_peer *peer,
					 const struct hy_sms *s, bool reports,
					 hy_platform_raw_fn *fn, void *user)
{
	struct hy_platform_call *c = hy_platform_call_new(net, peer, HOST, user);

	c->fn.raw = fn;
	c->answered = pulled;
	if (!hy_platform_plain(s->app, HY_DIGITS)) {
		hy_platform_ask_nothing(c);
		return c;
	}
	ask(c, reports ? "PullSmsSendStatus" : "PullSmsReplyStatus", s->region, s->now,
	    hy_strf(c, "{\"Limit\":%d,\"SmsSdkAppId\":\"%s\"}", HY_SMS_PULL_MAX, s->app));
	return c;
}
