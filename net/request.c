/* A request is copied and checked before anything moves: method, headers, limits, first URL. */
#include "net/internal.h"

#include <string.h>

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};

static bool token_char(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* No CR, LF or other control character but TAB; a NUL cannot be in a C string. */
static bool value_good(const char *s)
{
	for (; *s != '\0'; s++)
		if (((unsigned char)*s < 0x20 && *s != '\t') || *s == 0x7f)
			return false;
	return true;
}

static bool name_good(const char *s)
{
	if (s == NULL || *s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (!token_char((unsigned char)*s))
			return false;
	return true;
}

static enum hy_status header_bad(struct hy_err *err, const char *name)
{
	return hy_err_set(err, HY_EINPUT,
			  _("header \"%s\": line breaks and control characters are refused"),
			  name != NULL ? name : "");
}

static enum hy_status copy_headers(struct hy_net_call *c, const struct hy_net_request *q,
				   struct hy_err *err)
{
	struct hy_net_header *copy = hy_new_array(c, struct hy_net_header, q->n_headers + 1);

	for (size_t i = 0; i < q->n_headers; i++) {
		if (!name_good(q->headers[i].name) || q->headers[i].value == NULL ||
		    !value_good(q->headers[i].value))
			return header_bad(err, q->headers[i].name);
		copy[i].name = hy_strdup(copy, q->headers[i].name);
		copy[i].value = hy_strdup(copy, q->headers[i].value);
	}
	c->q.headers = copy;
	c->q.n_headers = q->n_headers;
	if (q->etag != NULL && !value_good(q->etag))
		return header_bad(err, "If-None-Match");
	if (q->last_modified != NULL && !value_good(q->last_modified))
		return header_bad(err, "If-Modified-Since");
	c->q.etag = hy_strdup(c, q->etag);
	c->q.last_modified = hy_strdup(c, q->last_modified);
	return HY_OK;
}

static enum hy_status copy_secrets(struct hy_net_call *c, const struct hy_net_request *q,
				   struct hy_err *err)
{
	const struct hy_secret *from = q->password != NULL ? q->password : q->bearer;
	size_t n;

	if (from == NULL)
		return HY_OK;
	const char *text = hy_secret_text(from, &n);

	if (strlen(text) != n || !value_good(text) ||
	    (q->login != NULL && (!value_good(q->login) || strchr(q->login, ':') != NULL)))
		return hy_err_set(err, HY_EINPUT,
				  _("the secret or login holds a character that cannot be sent"));
	if (q->password != NULL && q->login == NULL)
		return hy_err_set(err, HY_EINPUT, _("a password needs a login beside it"));
	if (q->follow)
		return hy_err_set(err, HY_EINPUT,
				  _("a request with a secret does not follow redirects"));
	struct hy_secret *copy = hy_secret_new(c, text, n);

	c->q.login = hy_strdup(c, q->login);
	c->q.password = q->password != NULL ? copy : NULL;
	c->q.bearer = q->password != NULL ? NULL : copy;
	return HY_OK;
}

static enum hy_status copy_method(struct hy_net_call *c, const struct hy_net_request *q,
				  struct hy_err *err)
{
	const char *method = q->method != NULL ? q->method : "GET";

	for (size_t i = 0; i < HY_LEN(methods); i++)
		if (strcmp(method, methods[i]) == 0)
			c->q.method = methods[i];
	if (c->q.method == NULL)
		return hy_err_set(err, HY_EINPUT, _("method %s is not known"), method);
	c->head = strcmp(c->q.method, "HEAD") == 0;
	c->read_only = c->head || strcmp(c->q.method, "GET") == 0;
	if (q->n_body > 0 && c->read_only)
		return hy_err_set(err, HY_EINPUT, _("%s takes no body"), c->q.method);
	c->q.follow = q->follow && c->read_only;
	c->q.body = q->n_body > 0 ? hy_memdup(c, q->body, q->n_body) : NULL;
	c->q.n_body = q->n_body;
	return HY_OK;
}

static hy_dur within(hy_dur v, hy_dur most)
{
	return v <= 0 || v > most ? most : v;
}

static void copy_limits(struct hy_net_call *c, const struct hy_net_request *q)
{
	c->q.timeout = within(q->timeout > 0 ? q->timeout : c->net->o.timeout, HY_NET_TIMEOUT);
	c->q.connect_timeout = within(q->connect_timeout, HY_NET_CONNECT_TIMEOUT);
	c->q.stall = within(q->stall, HY_NET_STALL);
	c->q.max_bytes = q->max_bytes == 0 || q->max_bytes > HY_NET_BODY_MAX ? HY_NET_BODY_MAX
									     : q->max_bytes;
	c->q.retry_cap = q->retry_cap > 0
				 ? q->retry_cap
				 : (c->read_only ? HY_NET_RETRY_CAP_POLL : HY_NET_RETRY_CAP_WRITE);
}

static enum hy_status first_url(struct hy_net_call *c, const struct hy_net_request *q,
				struct hy_err *err)
{
	struct net_url_rules rules = {
		.allow_http = q->allow_http, .any_port = c->net->o.any_port, .reach = q->reach};
	struct net_url p;
	enum hy_status status = HY_OK;

	if (q->url == NULL)
		return hy_err_set(err, HY_EINPUT, _("no URL was given"));
	if (q->reach != NULL)
		status = hy_net_reach_parse(q->reach, &c->reach_addr, &c->reach_len, err);
	if (status == HY_OK)
		status = hy_net_url_read(c, NULL, q->url, &rules, &p, err);
	if (status != HY_OK)
		return status;
	if (!p.https && !p.to_reach && (c->q.password != NULL || c->q.bearer != NULL))
		return hy_err_set(err, HY_EREFUSED, _("%s: a secret is never sent by plain http"),
				  p.host);
	c->q.reach = hy_strdup(c, q->reach);
	c->q.allow_http = q->allow_http;
	c->url = p.text;
	c->origin = c->first_origin = p.origin;
	c->to_reach = p.to_reach;
	return HY_OK;
}

enum hy_status hy_net_request_copy(struct hy_net_call *c, const struct hy_net_request *q,
				   struct hy_err *err)
{
	enum hy_status status = copy_method(c, q, err);

	if (status == HY_OK)
		status = copy_headers(c, q, err);
	if (status == HY_OK)
		status = copy_secrets(c, q, err);
	copy_limits(c, q);
	return status == HY_OK ? first_url(c, q, err) : status;
}
