/*
 * Aliyun SMS: SendSms and QuerySendDetails, signed by ACS3-HMAC-SHA256. The older V1 signs nothing here:
 * it is kept for its published vector, which proves the canonical form that both share. Not
 * idempotent: what is in doubt is looked up by our own OutId.
 */
#include "platforms/internal.h"

#include <stdlib.h>
#include <string.h>

#define HOST "https://dysmsapi.aliyuncs.com"
#define API_VERSION "2017-05-25"
#define PAIRS_MAX 24

enum what { ALIYUN_SEND, ALIYUN_FIND };

static char *enc(const void *ctx, const char *s)
{
	return hy_platform_escape(ctx, s, strlen(s));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "a=1&b=2", sorted by name, both sides encoded. */
static char *canonical(const void *ctx, const char *const pairs[][2])
{
	const char *sorted[PAIRS_MAX][2];
	struct hy_buf b;
	size_t n = 0;

	for (; pairs[n][0] != NULL && n < PAIRS_MAX; n++) {
		sorted[n][0] = pairs[n][0];
		sorted[n][1] = pairs[n][1];
	}
	qsort(sorted, n, sizeof(sorted[0]), by_name);
	hy_buf_init(&b, ctx, 64u << 10);
	for (size_t i = 0; i < n; i++)
		hy_buf_fmt(&b, "%s%s=%s", i > 0 ? "&" : "", enc(ctx, sorted[i][0]),
			   enc(ctx, sorted[i][1]));
	return hy_buf_take(&b, NULL);
}

char *hy_aliyun_sign_v1(const void *ctx, const char *method, const char *const pairs[][2],
			const char *secret)
{
	char *text = hy_strf(ctx, "%s&%%2F&%s", method, enc(ctx, canonical(ctx, pairs)));
	char *key = hy_strf(ctx, "%s&", secret);
	uint8_t mac[64];
	size_t n = hy_hmac("sha1", key, strlen(key), text, strlen(text), mac);

	explicit_bzero(key, strlen(key));
	return hy_base64(ctx, mac, n, false);
}

static char *hex_sha256(const void *ctx, const char *s)
{
	uint8_t sum[HY_SHA256_LEN];

	hy_sha256(s, strlen(s), sum);
	return hy_hex(ctx, sum, sizeof(sum));
}

/* The names of the headers, joined; and "name:value\n" of each. They come sorted. */
char *hy_aliyun_sign_v3(const void *ctx, const char *canonical_query,
			const char *const headers[][2], const char *body, const char *secret)
{
	struct hy_buf names, lines;
	uint8_t mac[64];
	size_t n;

	hy_buf_init(&names, ctx, 4096);
	hy_buf_init(&lines, ctx, 16384);
	for (size_t i = 0; headers[i][0] != NULL; i++) {
		hy_buf_fmt(&names, "%s%s", i > 0 ? ";" : "", headers[i][0]);
		hy_buf_fmt(&lines, "%s:%s\n", headers[i][0], headers[i][1]);
	}
	char *request = hy_strf(ctx, "POST\n/\n%s\n%s\n%s\n%s", canonical_query, lines.data,
				names.data, hex_sha256(ctx, body));
	char *text = hy_strf(ctx, "ACS3-HMAC-SHA256\n%s", hex_sha256(ctx, request));

	n = hy_hmac("sha256", secret, strlen(secret), text, strlen(text), mac);
	return hy_hex(ctx, mac, n);
}

/* ---- answers ---- */

/* Of isv.BUSINESS_LIMIT_CONTROL the words alone tell which limit: "触发小时级流控Permits:5". */
static hy_time limit_end(const char *code, const char *said, hy_time now)
{
	static const struct {
		const char *words;
		hy_dur wait;
	} limits[] = {{"分钟级", HY_MINUTE}, {"小时级", HY_HOUR}, {"天级", HY_DAY}};
	const struct hy_platform_error *row = hy_platform_error_find("aliyun", code);

	for (size_t i = 0; said != NULL && i < HY_LEN(limits); i++)
		if (strstr(said, limits[i].words) != NULL)
			return now + limits[i].wait;
	return row != NULL ? hy_platform_wait_end(row, now) : 0;
}

static enum hy_status refused(const struct hy_platform_call *c, const struct hy_json *node,
			      const struct hy_net_response *r, struct hy_err *err)
{
	const char *code = hy_json_str(node, "Code");

	if (code == NULL)
		return hy_err_set(err, c->writes ? HY_EUNSURE : HY_ETEMP, "Aliyun: %s",
				  _("the answer is no JSON"));
	enum hy_status status =
		hy_platform_error_set(err, "aliyun", code, c->writes, hy_json_str(node, "Message"));

	if (hy_platform_error_find("aliyun", code) == NULL && strncmp(code, "isv.", 4) == 0)
		status = HY_EPERM; /* a business refusal that is new to us: nothing was sent */
	if (status == HY_EWAIT && err != NULL)
		err->until = r->retry_after != 0
				     ? r->retry_after
				     : limit_end(code, hy_json_str(node, "Message"),
						 hy_net_now(c->net));
	if (err != NULL)
		err->status = status;
	return status;
}

/* Our own reference among the day's messages. */
static enum hy_status found(const struct hy_platform_call *c, const void *ctx,
			    const struct hy_json *node, struct hy_platform_post *out,
			    struct hy_err *err)
{
	static const char *const states[] = {"", "waiting", "failed", "delivered"};
	const struct hy_json *list =
		hy_json_get(hy_json_get(node, "SmsSendDetailDTOs"), "SmsSendDetailDTO");

	for (size_t i = 0; list != NULL && list->type == HY_JSON_ARRAY && i < list->n; i++) {
		const char *ref = hy_json_str(list->at[i], "OutId");
		int64_t state = hy_platform_number(list->at[i], "SendStatus", 0);

		if (ref == NULL || strcmp(ref, c->marker) != 0)
			continue;
		*out = (struct hy_platform_post){
			.id = hy_strdup(ctx, ref),
			.marker = ref,
			.state = states[state >= 1 && state <= 3 ? state : 0],
		};
		return HY_OK;
	}
	return hy_err_set(err, HY_ENOTFOUND, _("the provider has no message %s"), c->marker);
}

static bool answered(struct hy_platform_call *c, const void *ctx, struct hy_net_response *r)
{
	struct hy_platform_post post = {0};
	struct hy_json *node = NULL;
	struct hy_err err = {0};
	enum hy_status status = HY_OK;

	if (r->status == HY_OK)
		(void)hy_json_parse(ctx, r->body, r->n_body, HY_JSON_BOM, &node, NULL);
	const char *code = hy_json_str(node, "Code");

	if (r->status != HY_OK || (code == NULL && r->http != 200))
		status = hy_net_outcome(r, c->writes, &err);
	else if (code == NULL || strcmp(code, "OK") != 0)
		status = refused(c, node, r, &err);
	else if (c->what == ALIYUN_FIND)
		status = found(c, ctx, node, &post, &err);
	else
		post = (struct hy_platform_post){.id = hy_platform_id(node, "BizId"),
						 .marker = c->marker};
	if (status == HY_OK && post.id == NULL)
		status = hy_err_set(&err, HY_EUNSURE, "Aliyun: %s", _("the answer names no id"));
	hy_platform_tell_post(c, status, &post, &err);
	return false;
}

/* ---- asking ---- */

static bool sms_good(const struct hy_sms *s)
{
	return s->dest != NULL && strlen(s->dest) <= 20 && *s->dest != '\0' &&
	       strspn(s->dest, "+" HY_DIGITS) == strlen(s->dest) &&
	       hy_platform_plain(s->ref, HY_DIGITS "abcdefghijklmnopqrstuvwxyz-") &&
	       s->n_values <= HY_SMS_VALUES_MAX;
}

static char *values_json(const void *ctx, const struct hy_sms *s)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);

	hy_jw_object(w);
	for (size_t i = 0; i < s->n_values; i++)
		hy_jw_kstr(w, s->names[i], s->values[i]);
	hy_jw_end_object(w);
	return hy_strdup(ctx, hy_jw_text(w, NULL));
}

static void ask(struct hy_platform_call *c, const struct hy_sms *s, const char *action,
		const char *const pairs[][2])
{
	char iso[HY_TIME_ISO_MAX];
	uint8_t random[16];
	const char *host = strstr(c->url, "://");
	char *query = canonical(c, pairs);

	host = host != NULL ? host + 3 : c->url;
	hy_random_bytes(random, sizeof(random));
	const char *const signed_headers[][2] = {
		{"host", hy_strndup(c, host, strcspn(host, "/?#"))},
		{"x-acs-action", action},
		{"x-acs-content-sha256", hex_sha256(c, "")},
		{"x-acs-date", hy_strdup(c, hy_time_iso(s->now, iso))},
		{"x-acs-signature-nonce", hy_hex(c, random, sizeof(random))},
		{"x-acs-version", API_VERSION},
		{NULL, NULL}};
	char *signature =
		hy_aliyun_sign_v3(c, query, signed_headers, "", hy_secret_text(c->secret, NULL));
	struct hy_net_header headers[8];
	size_t n = 0;

	for (size_t i = 1; signed_headers[i][0] != NULL; i++) /* host is libcurl's own */
		headers[n++] = (struct hy_net_header){signed_headers[i][0], signed_headers[i][1]};
	headers[n++] = (struct hy_net_header){"Accept", "application/json"};
	headers[n++] = (struct hy_net_header){
		"Authorization",
		hy_strf(c,
			"ACS3-HMAC-SHA256 Credential=%s,SignedHeaders=host;x-acs-action;"
			"x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
			"Signature=%s",
			c->login, signature)};
	struct hy_net_request q = {.method = "POST",
				   .url = hy_strf(c, "%s/?%s", c->url, query),
				   .headers = headers,
				   .n_headers = n};

	hy_platform_ask(c, &q);
}

static struct hy_platform_call *call_new(struct hy_net *net, const struct hy_platform_peer *peer,
					 enum what what, const struct hy_sms *s, hy_platform_fn *fn,
					 void *user)
{
	struct hy_platform_call *c = hy_platform_call_new(net, peer, HOST, user);

	c->what = what;
	c->writes = what == ALIYUN_SEND;
	c->marker = hy_strdup(c, s->ref);
	c->fn.post = fn;
	c->answered = answered;
	return c;
}

struct hy_platform_call *hy_aliyun_send(struct hy_net *net, const struct hy_platform_peer *peer,
					const struct hy_sms *s, hy_platform_fn *fn, void *user)
{
	struct hy_platform_call *c = call_new(net, peer, ALIYUN_SEND, s, fn, user);

	if (!sms_good(s) || s->sign == NULL || s->template == NULL) {
		hy_platform_ask_nothing(c);
		return c;
	}
	const char *const pairs[][2] = {{"PhoneNumbers", s->dest},
					{"SignName", s->sign},
					{"TemplateCode", s->template},
					{"TemplateParam", values_json(c, s)},
					{"OutId", s->ref},
					{s->extend != NULL ? "SmsUpExtendCode" : NULL, s->extend},
					{NULL, NULL}};

	ask(c, s, "SendSms", pairs);
	return c;
}

struct hy_platform_call *hy_aliyun_find(struct hy_net *net, const struct hy_platform_peer *peer,
					const struct hy_sms *s, hy_platform_fn *fn, void *user)
{
	struct hy_platform_call *c = call_new(net, peer, ALIYUN_FIND, s, fn, user);
	int year, month, day;

	if (!sms_good(s)) {
		hy_platform_ask_nothing(c);
		return c;
	}
	hy_civil_from_days(((s->sent != 0 ? s->sent : s->now) + 8 * HY_HOUR) / HY_DAY, &year, &month, &day);
	const char *const pairs[][2] = {{"PhoneNumber", s->dest},
					{"SendDate", hy_strf(c, "%04d%02d%02d", year, month, day)},
					{"PageSize", "50"},
					{"CurrentPage", "1"},
					{NULL, NULL}};

	ask(c, s, "QuerySendDetails", pairs);
	return c;
}
