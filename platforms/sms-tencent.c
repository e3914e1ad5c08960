/*
 * Tencent Cloud SMS: SendSms signed by TC3-HMAC-SHA256. HTTP
 * 200 says nothing: each number has a code of its own.
 */
#include "platforms/internal.h"

#include <string.h>

#define HOST "https://sms.tencentcloudapi.com"
#define API_VERSION "2021-01-11"
#define TYPE "application/json"

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

static enum hy_status refused(const struct hy_json *part, const struct hy_net_response *r,
			      struct hy_err *err)
{
	enum hy_status status = hy_platform_error_set(err, "tencent", hy_json_str(part, "Code"),
						      true, hy_json_str(part, "Message"));

	if (status == HY_EWAIT && err != NULL)
		err->until = r->retry_after;
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
			status = refused(whole, r, &err);
		else if (code == NULL)
			status = hy_err_set(&err, HY_EUNSURE, "Tencent: %s",
					    _("the answer names no id"));
		else if (strcmp(code, "Ok") != 0)
			status = refused(one, r, &err);
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

struct hy_platform_call *hy_tencent_send(struct hy_net *net, const struct hy_platform_peer *peer,
					 const struct hy_sms *s, hy_platform_fn *fn, void *user)
{
	struct hy_platform_call *c = hy_platform_call_new(net, peer, HOST, user);
	const char *host = strstr(c->url, "://");
	int64_t secs = s->now / HY_SECOND;
	char day[16];

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
	host = host != NULL ? host + 3 : c->url;
	host = hy_strndup(c, host, strcspn(host, "/?#"));
	day_of(secs, day);
	char *body = body_json(c, s);
	char *signature =
		hy_tencent_sign(c, TYPE, host, body, secs, hy_secret_text(c->secret, NULL));
	const struct hy_net_header headers[] = {
		{"Content-Type", TYPE}, /* byte for byte what was signed */
		{"Accept", TYPE},
		{"X-TC-Action", "SendSms"},
		{"X-TC-Version", API_VERSION},
		{"X-TC-Region", s->region != NULL ? s->region : "ap-guangzhou"},
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
	return c;
}
