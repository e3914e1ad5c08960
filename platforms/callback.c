/*
 * What all callbacks share: the query's parameters, signatures by SHA-1 over sorted parts, the
 * window of time. A parameter that comes twice is malformed: two readers could choose differently.
 */
#include "platforms/callback.h"

#include <stdlib.h>
#include <string.h>

#define PARTS_MAX 8

const struct hy_receiver *const hy_receivers[] = {
	&hy_receiver_weibo,   &hy_receiver_wechat,  &hy_receiver_aliyun,
	&hy_receiver_tencent, &hy_receiver_webhook, &hy_receiver_smpp, NULL,
};

const struct hy_receiver *hy_receiver_find(const char *name)
{
	for (size_t i = 0; hy_receivers[i] != NULL; i++)
		if (strcmp(hy_receivers[i]->name, name) == 0)
			return hy_receivers[i];
	return NULL;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decoding; false for a broken escape or a NUL. */
static bool decoded(const void *ctx, const char *s, size_t n, char **out)
{
	char *text = hy_new_array(ctx, char, n + 1), *o = text;

	for (size_t i = 0; i < n; i++) {
		int c = (unsigned char)s[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			int high = i + 1 < n ? hex_digit(s[i + 1]) : -1;
			int low = i + 2 < n ? hex_digit(s[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = high << 4 | low;
			i += 2;
		}
		if (c == 0)
			return false;
		*o++ = (char)c;
	}
	*o = '\0';
	*out = text;
	return true;
}

enum hy_status hy_callback_param(const void *ctx, const struct hy_callback *cb, const char *name,
				 char **out, struct hy_err *err)
{
	const char *p = cb->query != NULL ? cb->query : "";
	size_t n_name = strlen(name);
	char *found = NULL;

	if (strlen(p) > HY_CALLBACK_QUERY_MAX)
		return hy_err_set(err, HY_EINPUT, _("callback: the query is too long"));
	while (*p != '\0') {
		size_t n = strcspn(p, "&");

		if (n > n_name && strncmp(p, name, n_name) == 0 && p[n_name] == '=') {
			if (found != NULL)
				return hy_err_set(err, HY_EINPUT, _("callback: %s comes twice"),
						  name);
			if (!decoded(ctx, p + n_name + 1, n - n_name - 1, &found))
				return hy_err_set(err, HY_EINPUT, _("callback: %s is malformed"),
						  name);
		}
		p += n + (p[n] == '&');
	}
	*out = found;
	return HY_OK;
}

enum hy_status hy_callback_header(const struct hy_callback *cb, const char *name, const char **out,
				  struct hy_err *err)
{
	const char *found = NULL;

	for (size_t i = 0; i < cb->n_headers; i++) {
		if (strcasecmp(cb->headers[i].name, name) != 0)
			continue;
		if (found != NULL)
			return hy_err_set(err, HY_EINPUT, _("callback: %s comes twice"), name);
		found = cb->headers[i].value;
	}
	*out = found;
	return HY_OK;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void hy_callback_sha1(const char *const *parts, size_t n, char out[41])
{
	const char *sorted[PARTS_MAX];
	void *ctx = talloc_new(NULL);
	uint8_t digest[HY_SHA1_LEN];
	struct hy_buf b;

	if (n > PARTS_MAX)
		HY_BUG("hy_callback_sha1 of %zu parts", n);
	memcpy(sorted, parts, n * sizeof(*parts));
	qsort(sorted, n, sizeof(*sorted), by_bytes);
	hy_buf_init(&b, ctx, HY_CALLBACK_BODY_MAX + 16384);
	for (size_t i = 0; i < n; i++)
		hy_buf_str(&b, sorted[i]);
	hy_sha1(b.data, b.len, digest);
	memcpy(out, hy_hex(ctx, digest, sizeof(digest)), 41);
	talloc_free(ctx);
}

bool hy_callback_signed(const char *const *parts, size_t n, const char *signature)
{
	char want[41];

	hy_callback_sha1(parts, n, want);
	/* the length is no secret */
	return signature != NULL && strlen(signature) == 40 && hy_equal_ct(want, signature, 40);
}

enum hy_status hy_callback_fresh(const struct hy_callback *cb, const struct hy_callback_keys *keys,
				 const char *timestamp, struct hy_err *err)
{
	hy_dur window = keys->window != 0 ? keys->window : HY_CALLBACK_WINDOW;
	hy_time t;

	if (timestamp == NULL || timestamp[0] == '\0' || strlen(timestamp) > 15 ||
	    strspn(timestamp, HY_DIGITS) != strlen(timestamp))
		return hy_err_set(err, HY_EAUTH, _("callback: no time, or none that can be read"));
	t = strtoll(timestamp, NULL, 10);
	if (t < INT64_C(100000000000)) /* seconds; some send milliseconds */
		t *= HY_SECOND;
	if (cb->now == 0 || window < 0 || (t >= cb->now - window && t <= cb->now + window))
		return HY_OK;
	return hy_err_set(err, HY_EREFUSED, _("callback: its time is %" PRId64 " seconds from ours"),
			  (cb->now > t ? cb->now - t : t - cb->now) / HY_SECOND);
}

const char *hy_callback_secret(const struct hy_secret *s)
{
	return s != NULL ? hy_secret_text(s, NULL) : "";
}

enum hy_status hy_callback_sorted(const void *ctx, const struct hy_callback *cb,
				  const struct hy_callback_keys *keys, struct hy_callback_seen *out,
				  struct hy_err *err)
{
	const struct hy_secret *secrets[] = {keys->secret, keys->previous};
	char *signature = NULL, *timestamp = NULL, *nonce = NULL, *echo = NULL;
	enum hy_status status;
	bool good = false;

	if ((status = hy_callback_param(ctx, cb, "signature", &signature, err)) != HY_OK ||
	    (status = hy_callback_param(ctx, cb, "timestamp", &timestamp, err)) != HY_OK ||
	    (status = hy_callback_param(ctx, cb, "nonce", &nonce, err)) != HY_OK ||
	    (status = hy_callback_param(ctx, cb, "echostr", &echo, err)) != HY_OK)
		return status;
	if (signature == NULL || timestamp == NULL || nonce == NULL)
		return hy_err_set(err, HY_EAUTH, _("callback: it is not signed"));
	for (size_t i = 0; i < HY_LEN(secrets); i++) {
		const char *parts[] = {hy_callback_secret(secrets[i]), timestamp, nonce};

		/* an empty secret would sign for everybody */
		if (parts[0][0] != '\0' && hy_callback_signed(parts, HY_LEN(parts), signature))
			good = true;
	}
	if (!good)
		return hy_err_set(err, HY_EAUTH, _("callback: the signature is wrong"));
	status = hy_callback_fresh(cb, keys, timestamp, err);
	if (status != HY_OK)
		return status;
	out->stamp = hy_strf(ctx, "%s:%s", timestamp, nonce);
	out->key = -1;
	if (!cb->post) {
		if (echo == NULL)
			return hy_err_set(err, HY_EINPUT, _("callback: nothing to echo"));
		out->echo = echo;
	}
	return HY_OK;
}

const char *hy_callback_no_reply(const void *ctx, const struct hy_callback *cb,
				 const struct hy_callback_keys *keys,
				 const struct hy_callback_seen *seen, const char *text,
				 const char **type_out)
{
	(void)ctx, (void)cb, (void)keys, (void)seen, (void)text, (void)type_out;
	return NULL;
}
