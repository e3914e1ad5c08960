/*
 * net: the outgoing wire. HTTP by curl multi on the loop, with the limits of trust 2.2 that no
 * caller can turn off: addresses are checked when a socket is opened, bytes are counted as they
 * are decoded, and redirects are followed by our own loop, each hop checked anew.
 */
#ifndef HY_NET_H
#define HY_NET_H

#include <sys/socket.h>

#include "base/base.h"

#define HY_NET_BODY_MAX ((size_t)8 << 20)     /* bytes after decoding */
#define HY_NET_HEADERS_MAX ((size_t)64 << 10) /* bytes of one answer's header lines */
#define HY_NET_RATIO_MAX 100		      /* decoded : received, past the first 64 KiB */
#define HY_NET_HOPS_MAX 5		      /* redirects followed */
#define HY_NET_URL_MAX 2048		      /* bytes of a URL */
#define HY_NET_TIMEOUT (60 * HY_SECOND)	      /* whole call: all hops, body included */
#define HY_NET_CONNECT_TIMEOUT (5 * HY_SECOND)
#define HY_NET_STALL (15 * HY_SECOND) /* under 200 bytes a second for this long: given up */
#define HY_NET_RETRY_CAP_POLL (24 * HY_HOUR)
#define HY_NET_RETRY_CAP_WRITE (1 * HY_HOUR)

struct hy_net;
struct hy_net_call;

struct hy_net_options {
	const char *contact;	/* URL or mail put into "huying/VERSION (+contact)"; NULL = none */
	struct hy_clock *clock; /* for Retry-After; NULL = the real one */
	int per_host;		/* calls in flight to one host and port; 0 = 1 */
	hy_dur host_gap;	/* least time between two starts to one host; 0 = none */
	int total;		/* calls in flight in all; 0 = 64 */
	hy_dur timeout;		/* of calls that name none; 0 = HY_NET_TIMEOUT, the most */
	/* Own public addresses (text forms), refused beside the built-in deny list. */
	const char *const *deny;
	size_t n_deny;
	const char *ca_file; /* PEM of certificate authorities beside the system's; NULL = none */
	/* Tests of the address guard only: ports other than 80 and 443 may be asked for. The
	 * address check itself cannot be turned off. */
	bool any_port;
};

/* A wire on this thread's loop; talloc child of ctx. Freeing it drops the calls in flight without
 * calling back. HY_ESYSTEM. */
enum hy_status hy_net_new(struct hy_net **out, const void *ctx, struct hy_loop *loop,
			  const struct hy_net_options *options /* NULL = defaults */,
			  struct hy_err *err);

struct hy_net_header {
	const char *name, *value;
};

/* What to ask. Everything is copied by hy_net_fetch(); zero is the default of every field. */
struct hy_net_request {
	const char *method; /* "GET" (NULL), "HEAD", "POST", "PUT", "PATCH", "DELETE" */
	const char *url;    /* https; http only with allow_http or reach. Credentials in it are
			       refused; ports 80 and 443 only, but with reach */
	const struct hy_net_header *headers; /* CR, LF, NUL in any: HY_EINPUT, nothing is sent */
	size_t n_headers;
	const void *body;
	size_t n_body;
	/*
	 * "127.0.0.1:18200" or "[::1]:18200": this exact peer is connected to, whatever the URL's
	 * host resolves to; plain http is allowed for it alone. Redirects to the same scheme, host
	 * and port still go there; to any other they are guarded as usual.
	 */
	const char *reach;
	bool allow_http; /* the source opted into plain http */
	bool follow; /* GET and HEAD: follow up to HY_NET_HOPS_MAX redirects; never from https to
			http; never together with a secret (HY_EINPUT) */
	const char *login;		  /* with password: HTTP Basic */
	const struct hy_secret *password; /* an answer that redirects is then an answer like any */
	const struct hy_secret *bearer;	  /* Authorization: Bearer */
	const char *etag,
		*last_modified; /* validators exactly as received, for a conditional GET */
	hy_dur timeout, connect_timeout, stall; /* 0 = HY_NET_*; longer ones are cut to these */
	size_t max_bytes;			/* 0 = HY_NET_BODY_MAX; more is cut to it */
	hy_dur retry_cap; /* greatest Retry-After believed; 0 = 24 h for GET and HEAD, else 1 h */
};

/* How far a call came. */
enum hy_net_where {
	HY_NET_AT_REQUEST, /* refused as asked: URL, header, redirect rule */
	HY_NET_AT_GUARD,   /* the address is not public */
	HY_NET_AT_RESOLVE,
	HY_NET_AT_CONNECT,
	HY_NET_AT_TLS,
	HY_NET_AT_ANSWER, /* after the first byte of the request may have left */
	HY_NET_AT_LIMIT,  /* a cap was passed: bytes, ratio, headers, hops, deadline */
	HY_NET_AT_END,	  /* an answer came, whole as far as its framing tells */
};

/*
 * What came of it. Strings and bytes are children of the response, NULL where absent.
 *
 * status is HY_OK when a whole HTTP answer came, whatever its code: see hy_net_outcome(). Else
 *   HY_EINPUT   the request is malformed;  HY_EREFUSED  a guard forbids the address or hop
 *   HY_ETEMP    nothing was sent, or the method was GET or HEAD
 *   HY_EPERM    GET or HEAD and a size cap was passed
 *   HY_EUNSURE  another method, and the first byte of the request may have left
 */
struct hy_net_response {
	enum hy_status status;
	struct hy_err err; /* one line; "" when HY_OK */
	enum hy_net_where where;
	bool nothing_sent; /* no byte of the (last hop's) request left this machine */
	int http;	   /* status code; 0 = no answer line came */
	/* Framing tells that the body is whole: Content-Length, last chunk, or no body at all, and
	 * the gzip trailer where it was gzip. False for a close-delimited body: then only a
	 * well-formed end of the document shows completeness. */
	bool complete;
	/* Decoded; NUL after it; "" when none. A GET that broke off (HY_ETEMP at HY_NET_AT_ANSWER)
	 * leaves here what came of it, complete = false. */
	char *body;
	size_t n_body;
	struct hy_net_header *headers; /* of the last answer, in order; names lower-case */
	size_t n_headers;
	const char *final_url;
	int hops;
	bool moved; /* hops > 0 and every one was 301 or 308 */
	const char *etag, *last_modified, *content_type;
	hy_time retry_after; /* instant, [now + 1 s, now + cap]; 0 = header absent or nonsense */
};

/* The first header of this name (any case), or NULL. */
const char *hy_net_response_header(const struct hy_net_response *r, const char *name);

/*
 * What an answer means for the caller: the transport's status if not HY_OK; 2xx and 304 HY_OK;
 * 401, 403 HY_EAUTH; 404, 410 HY_ENOTFOUND; 429, and 503 with Retry-After, HY_EWAIT (err->until = 0
 * when the server named no time: back off); other 4xx and unfollowed 3xx HY_EPERM; 408, 425 and 5xx
 * HY_ETEMP for reads and HY_EUNSURE for writes. The text names the code.
 */
enum hy_status hy_net_outcome(const struct hy_net_response *r, bool writes, struct hy_err *err);

/* Called once, from the loop, never from within hy_net_fetch(). The response is the callback's
 * while it runs; talloc_steal() keeps it. It may start other calls. */
typedef void hy_net_done_fn(void *user, struct hy_net_response *response);

/*
 * Starts a call; never blocks (names are resolved in a thread of curl's). Every failure arrives by
 * the callback. Calls to one host wait for each other (options.per_host, host_gap); the deadline
 * runs from the start of the transfer. The handle is good until the callback, or for one
 * hy_net_cancel().
 */
struct hy_net_call *hy_net_fetch(struct hy_net *net, const struct hy_net_request *request,
				 hy_net_done_fn *done, void *user);
/* Drops a call without calling back; bytes may have left. NULL is fine. */
void hy_net_cancel(struct hy_net_call *call);
/* The time by the wire's clock. */
hy_time hy_net_now(const struct hy_net *net);
/* Calls waiting or in flight. */
size_t hy_net_busy(const struct hy_net *net);

/* The same on a loop of its own; blocks until done (60 s at most by the deadline). For one-shot
 * commands. *out is a child of ctx; returns (*out)->status and copies its err. *out is set on
 * failure too, so that `where` and `nothing_sent` can be read. */
enum hy_status hy_net_fetch_wait(const void *ctx, const struct hy_net_options *options,
				 const struct hy_net_request *request, struct hy_net_response **out,
				 struct hy_err *err);

/* Delay before try number failures + 1: doubles from min to cap, then a jitter of [1/2, 1] of it
 * from rand. failures >= 1; result in [min / 2, cap]. */
hy_dur hy_net_backoff(struct hy_rand *rand, int failures, hy_dur min, hy_dur cap);

/* Retry-After: delta seconds or one of RFC 9110's three date forms. The instant, clamped to
 * [now + 1 s, now + cap]; 0 for NULL or nonsense. A date gone by or a negative number is now + 1 s.
 */
hy_time hy_net_retry_after(const char *value, hy_time now, hy_dur cap);
/* An HTTP-date (IMF-fixdate, RFC 850, asctime) to UTC ms; false when none of these. */
bool hy_net_date(const char *s, hy_time *out);

/* From now on, and for the whole process, only 127.0.0.1 and ::1 are connected to, whatever else is
 * allowed: drills. Cannot be taken back. */
void hy_net_loopback_only(void);
/* True when the address is public unicast: outside the deny list of trust 2.2. */
bool hy_net_address_public(const struct sockaddr *sa, socklen_t n);

/* Reads "ADDR:PORT" or "[ADDR6]:PORT" (numeric address, port 1-65535). HY_EINPUT with the cure. */
enum hy_status hy_net_reach_parse(const char *s, struct sockaddr_storage *out, socklen_t *n_out,
				  struct hy_err *err);

/* Checks a URL as a source or account would be checked before it is stored: scheme, host present,
 * no credentials, port, length. The same parser as fetching (curl's). *host_out (child of ctx, may
 * be NULL) is the host as connected to. HY_EINPUT with the cure. */
enum hy_status hy_net_url_check(const void *ctx, const char *url, bool allow_http,
				const char *reach, char **host_out, struct hy_err *err);
/* Where a server of another protocol is: "SCHEMEs://HOST:PORT" (TLS) or "SCHEME://HOST:PORT", whose
 * ports may be left out. host is a child of ctx (NULL: only checked). HY_EINPUT with the cure. */
struct hy_net_server {
	const char *host;
	int port;
	bool tls;
};
enum hy_status hy_net_server_read(const void *ctx, const char *url, const char *scheme, int port,
				  int tls_port, struct hy_net_server *out, struct hy_err *err);
/* Resolves a reference against a base URL (RFC 3986); child of ctx. HY_EINPUT. */
enum hy_status hy_net_url_join(const void *ctx, const char *base, const char *ref, char **out,
			       struct hy_err *err);

/* ---- streams: one peer, bytes both ways, for what is not HTTP (link.c) ---- */

struct hy_net_link;
enum hy_net_link_how {
	HY_NET_LINK_PLAIN, /* TCP, nothing more */
	HY_NET_LINK_TLS,
	HY_NET_LINK_IMAP,  /* greeting, STARTTLS (a named peer may do without), log-in: by libcurl */
	HY_NET_LINK_IMAPS, /* the same over TLS from the start */
};
struct hy_net_link_ask {
	enum hy_net_link_how how;
	const char *host; /* a name or IPv4 address */
	int port;
	const char *reach; /* exact peer, as for HTTP, or NULL: then the address guard holds */
	const char *login; /* IMAP only */
	const struct hy_secret *password;
	hy_dur timeout;	 /* until it is open; 0 = HY_NET_TIMEOUT, the most */
	const void *ctx; /* whose child the link is; NULL = the net's */
};
/* From the loop. */
struct hy_net_link_events {
	void *user;
	void (*opened)(void *user, struct hy_net_link *link);
	void (*got)(void *user, const char *bytes, size_t n);
	/* The end, once; link is gone. HY_EREFUSED: the guard; HY_EAUTH: the log-in; HY_ETEMP. */
	void (*ended)(void *user, const struct hy_err *err);
};
/* Starts connecting; never blocks. When the net is freed first, the link is only dead, not gone.
 * HY_EINPUT, HY_ESYSTEM. */
enum hy_status hy_net_link_open(struct hy_net *net, const struct hy_net_link_ask *ask,
				const struct hy_net_link_events *events, struct hy_net_link **out,
				struct hy_err *err);
/* Queues bytes; false when it is not open, or 1 MiB waits already. */
bool hy_net_link_send(struct hy_net_link *link, const void *bytes, size_t n);
/* While paused nothing is read: the peer feels it in its window. */
void hy_net_link_pause(struct hy_net_link *link, bool paused);
/* Ends it without a call. NULL is fine; allowed from its own events. */
void hy_net_link_close(struct hy_net_link *link);

#endif
