/* Inside of net/: a call, its queue, and the small machines that watch one answer come in. */
#ifndef HY_NET_INTERNAL_H
#define HY_NET_INTERNAL_H

#include <curl/curl.h>

#include "net/net.h"

/* Streaming gzip reader: bytes in, decoded bytes into a hy_buf, and whether the end was seen. */
struct hy_gunzip;
struct hy_gunzip *hy_gunzip_new(const void *ctx);
enum hy_gunzip_result { HY_GUNZIP_MORE, HY_GUNZIP_END, HY_GUNZIP_BAD, HY_GUNZIP_BIG };
/* BIG: out's ceiling, or HY_NET_RATIO_MAX past the first 64 KiB. */
enum hy_gunzip_result hy_gunzip_feed(struct hy_gunzip *g, const void *bytes, size_t n,
				     struct hy_buf *out);
bool hy_gunzip_ended(const struct hy_gunzip *g);

/* One host and port being asked; lives while a call names it or its gap runs. */
struct net_host {
	struct net_host *next;
	char *name;
	int in_flight, waiting;
	hy_time free_at; /* monotonic: not before this */
};

enum net_call_state { NET_WAITING, NET_RUNNING, NET_FAILED, NET_CALLING };

struct hy_net_call {
	struct hy_net *net;
	struct hy_net_call *prev, *next;
	enum net_call_state state;
	struct net_host *host;
	struct hy_net_request q; /* own copies */
	bool read_only;		 /* GET or HEAD */
	bool head;
	hy_net_done_fn *done;
	void *user;
	hy_time deadline; /* monotonic; set when the first hop starts */
	/* where the current hop goes */
	char *url, *origin, *first_origin;
	bool to_reach;
	struct sockaddr_storage reach_addr;
	socklen_t reach_len;
	/* the current hop */
	CURL *easy;
	struct curl_slist *send_headers, *connect_to;
	char why[CURL_ERROR_SIZE];
	bool guarded; /* an address was refused */
	bool sending; /* the first byte of the request may have left */
	bool body_begun, chunked, has_length, close_delimited;
	bool header_bad;
	size_t header_bytes;
	const char *limit; /* the cap that was passed */
	struct hy_gunzip *gunzip;
	struct hy_buf buf;
	struct hy_net_response *r;
	bool all_permanent;
};

struct hy_net {
	struct hy_loop *loop;
	struct hy_clock *clock;
	CURLM *multi;
	struct hy_timer *timer; /* curl's */
	struct hy_timer *kick;	/* starts what waits, hands over what failed */
	struct hy_net_call *first, *last;
	struct net_host *hosts;
	struct hy_net_options o;
	char *agent;
	struct hy_buf authorities; /* PEM; empty: libcurl's own */
	int running;
	size_t calls;
	struct sockaddr_storage *deny;
	size_t n_deny;
	bool closing;
	struct hy_net_link *links;
};

/* fetch.c */
/* Whom this handle trusts. */
void hy_net_trust(const struct hy_net *net, CURL *easy);

/* outcome.c */
/* What libcurl said of a certificate, and the cure where there is one; child of ctx. */
const char *hy_net_distrust(const void *ctx, CURL *easy, const char *said);

/* link.c */
struct hy_net_link *hy_net_link_of(struct hy_net *net, const CURL *easy);
void hy_net_link_detach(struct hy_net_link *link);
void hy_net_link_done(struct hy_net_link *link, CURLcode code);
/* A drill: no other address than this machine's own may be connected to. */
bool hy_net_loopback_is_all(void);
bool hy_net_is_loopback(const struct sockaddr *sa);

/* guard.c */
/* Public, and none of our own. */
bool hy_net_address_allowed(const struct hy_net *net, const struct sockaddr *sa, socklen_t n);
bool hy_net_same_address(const struct sockaddr *a, const struct sockaddr *b, bool port_too);
/* One URL taken apart and checked; strings are children of ctx. */
struct net_url {
	char *text;   /* as curl will be given it, without fragment */
	char *origin; /* "https://host:443" */
	char *host;
	bool https;
	bool to_reach;
};
struct net_url_rules {
	bool allow_http, any_port;
	const char *reach;	  /* or NULL */
	const char *reach_origin; /* reach holds for this origin only; NULL = for any */
};
enum hy_status hy_net_url_read(const void *ctx, const char *base, const char *url,
			       const struct net_url_rules *rules, struct net_url *out,
			       struct hy_err *err);

/* request.c */
enum hy_status hy_net_request_copy(struct hy_net_call *c, const struct hy_net_request *q,
				   struct hy_err *err);

/* easy.c: prepares c->easy for the current hop, HY_ESYSTEM. */
enum hy_status hy_net_easy_make(struct hy_net_call *c, struct hy_err *err);
void hy_net_easy_free(struct hy_net_call *c);
/* Fills c->r from what the hop brought. */
void hy_net_easy_result(struct hy_net_call *c, CURLcode code);

#endif
