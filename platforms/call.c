/*
 * What every platform's calls share: the peer's address, the one answer, ids that stay text, and
 * bodies of forms. A call belongs to its net: both end together.
 */
#include "platforms/internal.h"

#include <string.h>

#define ID_MAX 64
#define ANSWER_MAX ((size_t)256 << 10) /* JSON that is read takes up to seventy times as much */
#define LIST_MAX ((size_t)2 << 20)
#define TOKEN_MIN 16
#define TOKEN_MAX 2048
#define TOKEN_DAYS_MAX (6 * 366)

static void on_answer(void *user, struct hy_net_response *r)
{
	struct hy_platform_call *c = user;
	void *ctx = talloc_new(NULL);

	c->call = NULL;
	bool again = c->answered(c, ctx, r);
	talloc_free(ctx);
	if (!again)
		talloc_free(c);
}

void hy_platform_cancel(struct hy_platform_call *call)
{
	if (call == NULL)
		return;
	hy_net_cancel(call->call);
	talloc_free(call);
}

struct hy_platform_call *hy_platform_call_new(struct hy_net *net,
					      const struct hy_platform_peer *peer, const char *host,
					      void *user)
{
	struct hy_platform_call *c = hy_new(net, struct hy_platform_call);
	const char *url = peer->url != NULL && peer->url[0] != '\0' ? peer->url : host, *text = "";
	size_t n = strcspn(url, "?#"), n_secret = 0;

	while (n > 0 && url[n - 1] == '/')
		n--;
	c->net = net;
	c->user = user;
	c->url = hy_strndup(c, url, n > HY_NET_URL_MAX ? HY_NET_URL_MAX : n);
	c->reach = hy_strdup(c, peer->reach);
	c->login = hy_strdup(c, peer->login != NULL ? peer->login : "");
	if (peer->secret != NULL)
		text = hy_secret_text(peer->secret, &n_secret);
	c->secret = hy_secret_new(c, text, n_secret);
	return c;
}

void hy_platform_ask(struct hy_platform_call *c, struct hy_net_request *q)
{
	q->reach = c->reach;
	if (q->max_bytes == 0)
		q->max_bytes = c->list ? LIST_MAX : ANSWER_MAX;
	c->call = hy_net_fetch(c->net, q, on_answer, c);
}

void hy_platform_ask_nothing(struct hy_platform_call *c)
{
	struct hy_net_request q = {.url = NULL};

	hy_platform_ask(c, &q);
}

void hy_platform_post(struct hy_platform_call *c, const char *url, const char *type,
		      const char *body, size_t n, const struct hy_net_header *extra)
{
	struct hy_net_header headers[] = {
		{"Accept", "application/json"}, {"Content-Type", type}, {NULL, NULL}};
	struct hy_net_request q = {.method = "POST",
				   .url = url,
				   .headers = headers,
				   .n_headers = extra != NULL ? 3 : 2,
				   .body = body,
				   .n_body = n};

	if (extra != NULL)
		headers[2] = *extra;
	hy_platform_ask(c, &q);
}

void hy_platform_tell_post(struct hy_platform_call *c, enum hy_status status,
			   const struct hy_platform_post *post, const struct hy_err *err)
{
	c->fn.post(c->user, status, status == HY_OK ? post : NULL, status == HY_OK ? NULL : err);
}

void hy_platform_tell_token(struct hy_platform_call *c, enum hy_status status,
			    const struct hy_platform_token *token, const struct hy_err *err)
{
	c->fn.token(c->user, status, status == HY_OK ? token : NULL, status == HY_OK ? NULL : err);
}

enum hy_status hy_platform_outcome(const struct hy_platform_call *c,
				   const struct hy_net_response *r, struct hy_err *err)
{
	enum hy_status status = hy_net_outcome(r, c->writes, err);

	if (status != HY_EUNSURE || c->writes)
		return status;
	if (err != NULL)
		err->status = HY_ETEMP;
	return HY_ETEMP;
}

enum hy_status hy_platform_token_check(struct hy_platform_token *t, int64_t seconds, hy_time now,
				       struct hy_err *err)
{
	size_t n = t->access != NULL ? strlen(t->access) : 0;

	if (n < TOKEN_MIN || n > TOKEN_MAX)
		return hy_err_set(err, HY_EPERM, _("the answer has no token in it"));
	for (size_t i = 0; i < n; i++)
		if (t->access[i] <= ' ' || t->access[i] > '~')
			return hy_err_set(err, HY_EPERM, _("the answer has no token in it"));
	if (t->refresh != NULL && t->refresh[0] == '\0')
		t->refresh = NULL; /* an empty one never replaces a good one */
	if (seconds == INT64_MIN)
		return HY_OK;
	if (seconds <= 0 || seconds > TOKEN_DAYS_MAX * 86400)
		return hy_err_set(err, HY_EPERM,
				  _("the token's end is absurd: %" PRId64 " seconds from now"),
				  seconds);
	t->expires = now + seconds * HY_SECOND;
	return HY_OK;
}

const char *hy_platform_code(const void *ctx, const struct hy_json *node, const char *name)
{
	int64_t code = hy_platform_number(node, name, INT64_MIN);

	return code != INT64_MIN ? hy_strf(ctx, "%" PRId64, code) : hy_platform_id(node, name);
}

bool hy_platform_plain(const char *s, const char *allowed)
{
	size_t n = s != NULL ? strlen(s) : 0;

	return n > 0 && n <= ID_MAX && strspn(s, allowed) == n;
}

const char *hy_platform_id(const struct hy_json *node, const char *name)
{
	const struct hy_json *v = hy_json_get(node, name);

	if (v == NULL || v->text == NULL || v->text[0] == '\0' || strlen(v->text) > ID_MAX)
		return NULL;
	if (v->type == HY_JSON_INT || v->type == HY_JSON_REAL)
		return strspn(v->text, HY_DIGITS) == strlen(v->text) ? v->text : NULL;
	for (const char *p = v->text; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return NULL;
	return v->text;
}

int64_t hy_platform_number(const struct hy_json *node, const char *name, int64_t fallback)
{
	const struct hy_json *v = hy_json_get(node, name);
	const char *p;
	int64_t value = 0;

	if (v != NULL && v->type == HY_JSON_INT)
		return v->integer;
	if (v == NULL || v->type != HY_JSON_STRING)
		return fallback;
	p = v->text + (v->text[0] == '-');
	if (*p == '\0' || strlen(p) > 18 || strspn(p, HY_DIGITS) != strlen(p))
		return fallback;
	for (; *p != '\0'; p++)
		value = value * 10 + (*p - '0');
	return v->text[0] == '-' ? -value : value;
}

char *hy_platform_escape(const void *ctx, const char *s, size_t n)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" HY_DIGITS "-._~";
	char *out = hy_new_array(ctx, char, 3 * n + 1), *o = out;

	for (size_t i = 0; i < n; i++) {
		unsigned char b = (unsigned char)s[i];

		if (b != 0 && strchr(plain, b) != NULL) {
			*o++ = s[i];
			continue;
		}
		*o++ = '%';
		*o++ = hex[b >> 4];
		*o++ = hex[b & 15];
	}
	*o = '\0';
	return out;
}

char *hy_platform_query_escape(const void *ctx, const char *s)
{
	return hy_platform_escape(ctx, s, strlen(s));
}

char *hy_platform_form(const void *ctx, const char *const pairs[][2])
{
	char *out = hy_strdup(ctx, "");

	for (size_t i = 0; pairs[i][0] != NULL; i++) {
		const char *value = pairs[i][1];

		if (value == NULL)
			continue;
		out = hy_strf(ctx, "%s%s%s=%s", out, out[0] != '\0' ? "&" : "", pairs[i][0],
			      hy_platform_escape(ctx, value, strlen(value)));
	}
	return out;
}

char *hy_platform_multipart(const void *ctx, const char *const pairs[][2], const char *name,
			    const struct hy_platform_file *file, char **type_out, size_t *n_out)
{
	uint8_t random[16];
	struct hy_buf b;

	/* 128 bits by chance: no byte of the parts needs to be looked at */
	hy_random_bytes(random, sizeof(random));
	char *boundary = hy_strf(ctx, "huying-%s", hy_hex(ctx, random, sizeof(random)));
	hy_buf_init(&b, ctx, file->n + 65536);
	for (size_t i = 0; pairs[i][0] != NULL; i++)
		if (pairs[i][1] != NULL)
			hy_buf_fmt(
				&b,
				"--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n",
				boundary, pairs[i][0], pairs[i][1]);
	hy_buf_fmt(&b,
		   "--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\n"
		   "Content-Type: %s\r\n\r\n",
		   boundary, name, file->name, file->type);
	hy_buf_add(&b, file->bytes, file->n);
	hy_buf_fmt(&b, "\r\n--%s--\r\n", boundary);
	*type_out = hy_strf(ctx, "multipart/form-data; boundary=%s", boundary);
	return hy_buf_take(&b, n_out);
}

int hy_platform_id_order(const char *a, const char *b)
{
	size_t n = a != NULL ? strlen(a) : 0, m = b != NULL ? strlen(b) : 0;

	if (n != m || n == 0)
		return n < m ? -1 : n > m;
	return strcmp(a, b);
}
