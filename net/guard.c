/*
 * The address guard and the only reading of URLs: curl's parser, so that what is checked is what
 * is connected to. Addresses are judged as the socket is opened, after every trick of spelling and
 * every answer of a name server.
 */
#include "net/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <stdatomic.h>
#include <string.h>

struct range4 {
	uint32_t net;
	int bits;
};
/* trust 2.2 */
static const struct range4 denied4[] =
	{
		{0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},
		{0xa9fe0000, 16}, {0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24},
		{0xc0a80000, 16}, {0xc6120000, 15}, {0xc6336400, 24}, {0xcb007100, 24},
		{0xe0000000, 3}, /* 224/3: multicast, reserved, broadcast */
};

struct range6 {
	uint8_t net[16];
	int bits;
};
static const struct range6 denied6[] = {
	{{0}, 128},				    /* :: */
	{{[15] = 1}, 128},			    /* ::1 */
	{{0}, 96},				    /* ::a.b.c.d, long given up */
	{{[10] = 0xff, [11] = 0xff}, 96},	    /* ::ffff:0:0/96 */
	{{0x00, 0x64, 0xff, 0x9b}, 96},		    /* 64:ff9b::/96 */
	{{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48}, /* 64:ff9b:1::/48 */
	{{0x01, 0x00}, 64},			    /* 100::/64, discard */
	{{0x20, 0x01}, 32},			    /* 2001::/32, Teredo */
	{{0x20, 0x01, 0x0d, 0xb8}, 32},
	{{0x20, 0x02}, 16},
	{{0xfc}, 7},
	{{0xfe, 0x80}, 10},
	{{0xfe, 0xc0}, 10},
	{{0xff}, 8},
};

static bool public4(uint32_t addr)
{
	for (size_t i = 0; i < HY_LEN(denied4); i++) {
		uint32_t mask = UINT32_MAX << (32 - denied4[i].bits);

		if ((addr & mask) == denied4[i].net)
			return false;
	}
	return true;
}

static bool in_range6(const uint8_t addr[16], const struct range6 *r)
{
	int whole = r->bits / 8, rest = r->bits % 8;

	if (memcmp(addr, r->net, (size_t)whole) != 0)
		return false;
	if (rest == 0)
		return true;
	uint8_t mask = (uint8_t)(0xff << (8 - rest));
	return (addr[whole] & mask) == (r->net[whole] & mask);
}

bool hy_net_address_public(const struct sockaddr *sa, socklen_t n)
{
	if (sa->sa_family == AF_INET && n >= (socklen_t)sizeof(struct sockaddr_in)) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		return public4(ntohl(in.sin_addr.s_addr));
	}
	if (sa->sa_family == AF_INET6 && n >= (socklen_t)sizeof(struct sockaddr_in6)) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		for (size_t i = 0; i < HY_LEN(denied6); i++)
			if (in_range6(in6.sin6_addr.s6_addr, &denied6[i]))
				return false;
		return true;
	}
	return false;
}

static atomic_bool loopback_only;

void hy_net_loopback_only(void)
{
	atomic_store(&loopback_only, true);
}

bool hy_net_loopback_is_all(void)
{
	return atomic_load(&loopback_only);
}

bool hy_net_is_loopback(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		return in.sin_addr.s_addr == htonl(INADDR_LOOPBACK);
	}
	if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
	}
	return false;
}

bool hy_net_same_address(const struct sockaddr *a, const struct sockaddr *b, bool port_too)
{
	if (a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET) {
		struct sockaddr_in x, y;

		memcpy(&x, a, sizeof(x));
		memcpy(&y, b, sizeof(y));
		return x.sin_addr.s_addr == y.sin_addr.s_addr &&
		       (!port_too || x.sin_port == y.sin_port);
	}
	if (a->sa_family == AF_INET6) {
		struct sockaddr_in6 x, y;

		memcpy(&x, a, sizeof(x));
		memcpy(&y, b, sizeof(y));
		return memcmp(&x.sin6_addr, &y.sin6_addr, sizeof(x.sin6_addr)) == 0 &&
		       (!port_too || x.sin6_port == y.sin6_port);
	}
	return false;
}

bool hy_net_address_allowed(const struct hy_net *net, const struct sockaddr *sa, socklen_t n)
{
	if (!hy_net_address_public(sa, n))
		return false;
	for (size_t i = 0; i < net->n_deny; i++)
		if (hy_net_same_address(sa, (struct sockaddr *)&net->deny[i], false))
			return false;
	return true;
}

static bool port_read(const char *s, uint16_t *out)
{
	unsigned long v = 0;

	if (*s == '\0' || strlen(s) > 5)
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return false;
		v = v * 10 + (unsigned long)(*s - '0');
	}
	*out = (uint16_t)v;
	return v >= 1 && v <= 65535;
}

static bool address_read(const char *text, size_t n, bool v6, uint16_t port,
			 struct sockaddr_storage *out, socklen_t *n_out)
{
	char host[INET6_ADDRSTRLEN] = "";

	if (n == 0 || n >= sizeof(host))
		return false;
	memcpy(host, text, n);
	memset(out, 0, sizeof(*out));
	if (v6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		*n_out = sizeof(*in6);
		return inet_pton(AF_INET6, host, &in6->sin6_addr) == 1;
	}
	struct sockaddr_in *in = (struct sockaddr_in *)out;

	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	*n_out = sizeof(*in);
	return inet_pton(AF_INET, host, &in->sin_addr) == 1;
}

enum hy_status hy_net_reach_parse(const char *s, struct sockaddr_storage *out, socklen_t *n_out,
				  struct hy_err *err)
{
	struct sockaddr_storage addr;
	const char *colon = strrchr(s, ':');
	socklen_t len = 0;
	uint16_t port = 0;
	bool good = colon != NULL && port_read(colon + 1, &port);

	if (good && s[0] == '[')
		good = colon > s + 1 && colon[-1] == ']' &&
		       address_read(s + 1, (size_t)(colon - s) - 2, true, port, &addr, &len);
	else if (good)
		good = address_read(s, (size_t)(colon - s), false, port, &addr, &len);
	if (!good)
		return hy_err_set(err, HY_EINPUT,
				  _("reach \"%s\": write a numeric address and a port, as "
				    "127.0.0.1:18200 or [::1]:18200"),
				  s);
	*out = addr;
	*n_out = len;
	return HY_OK;
}

/* A part of a URL as talloc text; "" when absent. */
static char *part(const void *ctx, CURLU *u, CURLUPart what, unsigned flags)
{
	char *text = NULL;

	if (curl_url_get(u, what, &text, flags) != CURLUE_OK)
		return hy_strdup(ctx, "");
	char *copy = hy_strdup(ctx, text);
	curl_free(text);
	return copy;
}

static bool has_control(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

static enum hy_status url_parse(CURLU *u, const char *base, const char *url, struct hy_err *err)
{
	const unsigned flags = CURLU_DISALLOW_USER | CURLU_URLENCODE;

	if (strlen(url) > HY_NET_URL_MAX)
		return hy_err_set(err, HY_EINPUT, _("the URL is longer than %d bytes"),
				  (int)HY_NET_URL_MAX);
	if (has_control(url))
		return hy_err_set(err, HY_EINPUT, _("the URL holds a control character"));
	if (base != NULL && curl_url_set(u, CURLUPART_URL, base, flags) != CURLUE_OK)
		return hy_err_set(err, HY_EINPUT, _("the base URL cannot be read"));
	CURLUcode rc = curl_url_set(u, CURLUPART_URL, url, flags);
	if (rc == CURLUE_USER_NOT_ALLOWED)
		return hy_err_set(err, HY_EINPUT,
				  _("the URL holds a user name or password: leave it out"));
	if (rc != CURLUE_OK)
		return hy_err_set(err, HY_EINPUT, _("the URL cannot be read: %s"),
				  curl_url_strerror(rc));
	return curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0) == CURLUE_OK
		       ? HY_OK
		       : hy_err_set(err, HY_EINPUT, _("the URL cannot be read"));
}

static enum hy_status url_rules(const struct net_url *p, const char *scheme, const char *port,
				const struct net_url_rules *rules, struct hy_err *err)
{
	if (!p->https && strcmp(scheme, "http") != 0)
		return hy_err_set(err, HY_EINPUT, _("%s: only https addresses are read"), scheme);
	if (p->host[0] == '\0')
		return hy_err_set(err, HY_EINPUT, _("the URL names no host"));
	if (p->to_reach)
		return HY_OK;
	if (!p->https && !rules->allow_http)
		return hy_err_set(err, HY_EREFUSED,
				  _("%s: plain http is refused: use https, or set allow_http"),
				  p->host);
	if (!rules->any_port && strcmp(port, "80") != 0 && strcmp(port, "443") != 0)
		return hy_err_set(err, HY_EREFUSED,
				  _("%s: port %s is refused: only 80 and 443 are asked"), p->host,
				  port);
	return HY_OK;
}

enum hy_status hy_net_url_read(const void *ctx, const char *base, const char *url,
			       const struct net_url_rules *rules, struct net_url *out,
			       struct hy_err *err)
{
	struct net_url p = {0};
	CURLU *u = curl_url();

	if (u == NULL)
		hy_mem_die();
	enum hy_status status = url_parse(u, base, url, err);
	if (status == HY_OK) {
		char *scheme = part(ctx, u, CURLUPART_SCHEME, 0);
		char *port = part(ctx, u, CURLUPART_PORT, CURLU_DEFAULT_PORT);

		p.text = part(ctx, u, CURLUPART_URL, 0);
		p.host = part(ctx, u, CURLUPART_HOST, 0);
		p.https = strcmp(scheme, "https") == 0;
		p.origin = hy_strf(ctx, "%s://%s:%s", scheme, p.host, port);
		p.to_reach =
			rules->reach != NULL && (rules->reach_origin == NULL ||
						 strcasecmp(rules->reach_origin, p.origin) == 0);
		status = url_rules(&p, scheme, port, rules, err);
	}
	curl_url_cleanup(u);
	if (status == HY_OK)
		*out = p;
	return status;
}

enum hy_status hy_net_url_check(const void *ctx, const char *url, bool allow_http,
				const char *reach, char **host_out, struct hy_err *err)
{
	struct net_url_rules rules = {.allow_http = allow_http, .reach = reach};
	struct sockaddr_storage addr;
	struct net_url p;
	socklen_t n;
	void *tmp = talloc_new(NULL);
	enum hy_status status = HY_OK;

	if (reach != NULL)
		status = hy_net_reach_parse(reach, &addr, &n, err);
	if (status == HY_OK)
		status = hy_net_url_read(tmp, NULL, url, &rules, &p, err);
	if (status == HY_EREFUSED) { /* a word of advice here, not a guard at work */
		status = HY_EINPUT;
		if (err != NULL)
			err->status = HY_EINPUT;
	}
	if (status == HY_OK && host_out != NULL)
		*host_out = hy_strdup(ctx, p.host);
	talloc_free(tmp);
	return status;
}

enum hy_status hy_net_url_join(const void *ctx, const char *base, const char *ref, char **out,
			       struct hy_err *err)
{
	CURLU *u = curl_url();

	if (u == NULL)
		hy_mem_die();
	enum hy_status status = url_parse(u, base, ref, err);
	if (status == HY_OK)
		*out = part(ctx, u, CURLUPART_URL, 0);
	curl_url_cleanup(u);
	return status;
}
