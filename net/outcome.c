/*
 * What a hop's end means. libcurl says success for bodies that were cut where the server closes to
 * end them, so completeness is worked out here, from the framing and the gzip trailer.
 */
#include "net/internal.h"

#include <string.h>
#include <strings.h>

const char *hy_net_response_header(const struct hy_net_response *r, const char *name)
{
	for (size_t i = 0; i < r->n_headers; i++)
		if (strcasecmp(r->headers[i].name, name) == 0)
			return r->headers[i].value;
	return NULL;
}

static enum hy_net_where place_of(const struct hy_net_call *c, CURLcode code)
{
	if (c->limit != NULL || code == CURLE_FILESIZE_EXCEEDED)
		return HY_NET_AT_LIMIT;
	if (c->sending)
		return code == CURLE_OPERATION_TIMEDOUT ? HY_NET_AT_LIMIT : HY_NET_AT_ANSWER;
	switch (code) {
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_LOGIN_DENIED:
		return HY_NET_AT_REQUEST;
	case CURLE_COULDNT_RESOLVE_HOST:
		return HY_NET_AT_RESOLVE;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return HY_NET_AT_TLS;
	default:
		return c->guarded ? HY_NET_AT_GUARD : HY_NET_AT_CONNECT;
	}
}

static enum hy_status failed_as(const struct hy_net_call *c, enum hy_net_where where, CURLcode code)
{
	if (where == HY_NET_AT_REQUEST)
		return HY_EINPUT;
	if (where == HY_NET_AT_GUARD)
		return HY_EREFUSED;
	if (!c->sending)
		return HY_ETEMP;
	if (!c->read_only)
		return HY_EUNSURE;
	return where == HY_NET_AT_LIMIT && code != CURLE_OPERATION_TIMEDOUT ? HY_EPERM : HY_ETEMP;
}

static void failed(struct hy_net_call *c, CURLcode code, const char *why)
{
	struct hy_net_response *r = c->r;

	r->where = place_of(c, code);
	r->status = failed_as(c, r->where, code);
	if (r->where == HY_NET_AT_GUARD)
		why = c->to_reach ? _("only the named peer may be connected to")
				  : _("the address is not public: refused");
	hy_err_set(&r->err, r->status, "%s: %s", c->origin, why);
	r->complete = false;
	/* What came of a read that broke off may be of use; of a bomb nothing is kept. */
	if (r->where != HY_NET_AT_ANSWER || !c->read_only)
		hy_buf_reset(&c->buf);
}

/* The body is whole as far as its framing shows. */
static bool framed(const struct hy_net_call *c)
{
	int http = c->r->http;

	if (c->head || http == 204 || http == 304)
		return true;
	if (c->gunzip != NULL)
		return hy_gunzip_ended(c->gunzip);
	return c->has_length || c->chunked;
}

static void named_headers(struct hy_net_call *c)
{
	struct hy_net_response *r = c->r;

	r->etag = hy_net_response_header(r, "etag");
	r->last_modified = hy_net_response_header(r, "last-modified");
	r->content_type = hy_net_response_header(r, "content-type");
	r->retry_after = hy_net_retry_after(hy_net_response_header(r, "retry-after"),
					    hy_now(c->net->clock), c->q.retry_cap);
}

/* OpenSSL's numbers of what is wrong with a certificate. */
const char *hy_net_distrust(const void *ctx, CURL *easy, const char *said)
{
	enum { SELF_SIGNED = 18, SELF_SIGNED_ABOVE = 19, UNKNOWN_ISSUER = 20, UNKNOWN_LEAF = 21 };
	long what = 0;

	curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &what);
	if (what < SELF_SIGNED || what > UNKNOWN_LEAF)
		return hy_strf(ctx, _("its certificate is not trusted: %s"), said);
	return hy_strf(ctx,
		       _("its certificate is not trusted: %s; where the office's own authority "
			 "issued it, name that in net.ca_file"),
		       said);
}

void hy_net_easy_result(struct hy_net_call *c, CURLcode code)
{
	struct hy_net_response *r = c->r;
	long http = 0;

	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &http);
	r->http = (int)http;
	r->nothing_sent = !c->sending;
	r->final_url = c->url;
	named_headers(c);
	if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && c->limit == NULL && framed(c))) {
		const char *why = c->limit != NULL    ? _(c->limit)
				  : c->why[0] != '\0' ? c->why
						      : curl_easy_strerror(code);
		if (code == CURLE_PEER_FAILED_VERIFICATION)
			why = hy_net_distrust(r, c->easy, why);
		failed(c, code, why);
		return;
	}
	r->where = HY_NET_AT_END;
	r->status = HY_OK;
	r->complete = framed(c);
	if (http < 100 || http > 599)
		failed(c, CURLE_WEIRD_SERVER_REPLY, _("the answer has no HTTP status"));
	else if (c->gunzip != NULL && !r->complete)
		failed(c, CURLE_PARTIAL_FILE, _("the gzip body ends too early"));
	else if (c->header_bad && c->buf.len > 0)
		failed(c, CURLE_BAD_CONTENT_ENCODING, _("the body is coded in an unknown way"));
}

enum hy_status hy_net_outcome(const struct hy_net_response *r, bool writes, struct hy_err *err)
{
	int http = r->http;

	if (r->status != HY_OK)
		return hy_err_set(err, r->status, "%s", r->err.text);
	if ((http >= 200 && http <= 299) || http == 304)
		return HY_OK;
	if (http == 401 || http == 403)
		return hy_err_set(err, HY_EAUTH, _("HTTP %d: the server wants other credentials"),
				  http);
	if (http == 404 || http == 410)
		return hy_err_set(err, HY_ENOTFOUND, _("HTTP %d: nothing is there"), http);
	if (http == 429 || (http == 503 && r->retry_after != 0))
		return hy_err_wait(err, r->retry_after, _("HTTP %d: the server asks to wait"),
				   http);
	if (http == 408 || http == 425)
		return hy_err_set(err, writes ? HY_EUNSURE : HY_ETEMP,
				  _("HTTP %d: the server asks to try again"), http);
	if (http >= 500 || http < 200)
		return hy_err_set(err, writes ? HY_EUNSURE : HY_ETEMP,
				  _("HTTP %d: the server failed"), http);
	return hy_err_set(err, HY_EPERM, _("HTTP %d: the server refuses the request"), http);
}
