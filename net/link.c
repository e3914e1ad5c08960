/*
 * Streams: bytes both ways with one peer, for protocols that are not HTTP (SMPP, IMAP). libcurl
 * connects (CONNECT_ONLY), with its TLS and, for IMAP, its log-in; then the socket is watched by
 * the loop and curl_easy_send/recv move bytes. The same address guard and peers as for HTTP.
 */
#include "net/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define SEND_MAX ((size_t)1 << 20) /* bytes waiting to leave: more means that the peer is dead */
#define READ_ONCE 16384

struct hy_net_link {
	struct hy_net *net;
	struct hy_net_link *prev, *next;
	CURL *easy;
	struct curl_slist *connect_to;
	bool to_reach, guarded, in_multi, open, calling, freed, paused;
	struct sockaddr_storage reach;
	char why[CURL_ERROR_SIZE];
	char *origin;
	curl_socket_t fd;
	struct hy_watch_io *io;
	struct hy_timer *soon; /* bytes that TLS holds already: no readiness tells of them */
	struct hy_buf out;
	size_t sent;
	struct hy_net_link_events ev;
};

static curl_socket_t on_socket(void *user, curlsocktype purpose, struct curl_sockaddr *addr)
{
	struct hy_net_link *l = user;
	bool good = purpose == CURLSOCKTYPE_IPCXN;

	if (good && l->to_reach)
		good = hy_net_same_address(&addr->addr, (struct sockaddr *)&l->reach, true);
	else if (good)
		good = hy_net_address_allowed(l->net, &addr->addr, addr->addrlen);
	if (good && hy_net_loopback_is_all() && !hy_net_is_loopback(&addr->addr))
		good = false; /* a drill */
	if (!good) {
		l->guarded = true;
		return CURL_SOCKET_BAD;
	}
	return socket(addr->family, addr->socktype | SOCK_CLOEXEC, addr->protocol);
}

/* Out of the net: its handle is gone, and it is in no list. */
void hy_net_link_detach(struct hy_net_link *l)
{
	if (l->net == NULL)
		return;
	hy_watch_io_free(l->io);
	hy_timer_free(l->soon);
	if (l->in_multi)
		curl_multi_remove_handle(l->net->multi, l->easy);
	if (l->easy != NULL)
		curl_easy_cleanup(l->easy);
	curl_slist_free_all(l->connect_to);
	if (l->prev != NULL)
		l->prev->next = l->next;
	else if (l->net->links == l)
		l->net->links = l->next;
	if (l->next != NULL)
		l->next->prev = l->prev;
	l->net = NULL;
	l->open = false;
}

static int on_free(struct hy_net_link *l)
{
	hy_net_link_detach(l);
	return 0;
}

void hy_net_link_close(struct hy_net_link *link)
{
	if (link == NULL)
		return;
	if (link->calling) {
		link->freed = true; /* from within its own event: after it */
		return;
	}
	talloc_free(link);
}

/* The end, told once; the link is gone afterwards. */
static void ended(struct hy_net_link *l, enum hy_status status, const char *why)
{
	struct hy_err err = {0};

	if (l->freed)
		return;
	hy_err_set(&err, status, "%s: %s", l->origin, why);
	l->calling = true;
	l->ev.ended(l->ev.user, &err);
	l->calling = false;
	l->freed = true;
}

static void reap(struct hy_net_link *l)
{
	if (l->freed && !l->calling)
		talloc_free(l);
}

/* ---- moving bytes ---- */

static void interest(struct hy_net_link *l)
{
	hy_watch_io_set(l->io, (l->paused ? 0 : EPOLLIN) | (l->out.len > 0 ? EPOLLOUT : 0));
}

static void flush(struct hy_net_link *l)
{
	while (l->sent < l->out.len) {
		size_t k = 0;
		CURLcode rc =
			curl_easy_send(l->easy, l->out.data + l->sent, l->out.len - l->sent, &k);

		if (rc == CURLE_AGAIN)
			break;
		if (rc != CURLE_OK) {
			ended(l, HY_ETEMP, _("the connection broke off"));
			return;
		}
		l->sent += k;
	}
	if (l->sent == l->out.len) {
		hy_buf_reset(&l->out);
		l->sent = 0;
	}
	interest(l);
}

static void drink(struct hy_net_link *l)
{
	char chunk[READ_ONCE];
	int rounds = 0;

	while (!l->freed && !l->paused) {
		size_t k = 0;
		CURLcode rc = curl_easy_recv(l->easy, chunk, sizeof(chunk), &k);

		if (rc == CURLE_AGAIN)
			return;
		if (rc != CURLE_OK || k == 0) {
			ended(l, HY_ETEMP, _("the other side closed the connection"));
			return;
		}
		l->calling = true;
		l->ev.got(l->ev.user, chunk, k);
		l->calling = false;
		if (++rounds == 8) { /* let others have a turn */
			hy_timer_arm(l->soon, 0);
			return;
		}
	}
}

static void on_io(void *user, int fd, uint32_t events)
{
	struct hy_net_link *l = user;

	(void)fd;
	if (events & EPOLLOUT)
		flush(l);
	if (!l->freed && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		drink(l);
	reap(l);
}

static void on_soon(void *user)
{
	struct hy_net_link *l = user;

	if (l->open)
		drink(l);
	reap(l);
}

bool hy_net_link_send(struct hy_net_link *l, const void *bytes, size_t n)
{
	if (!l->open || l->freed || !hy_buf_add(&l->out, bytes, n))
		return false;
	interest(l);
	return true;
}

void hy_net_link_pause(struct hy_net_link *l, bool paused)
{
	if (!l->open || l->freed || l->paused == paused)
		return;
	l->paused = paused;
	interest(l);
	if (!paused)
		hy_timer_arm(l->soon, 0);
}

/* ---- connecting ---- */

static enum hy_status status_of(struct hy_net_link *l, CURLcode code, const char **why)
{
	*why = l->why[0] != '\0' ? l->why : curl_easy_strerror(code);
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		*why = hy_net_distrust(l, l->easy, *why);
	if (code == CURLE_USE_SSL_FAILED)
		*why = _("it offers no TLS (STARTTLS): the password is not sent");
	if (l->guarded) {
		*why = l->to_reach ? _("only the named peer may be connected to")
				   : _("the address is not public: refused");
		return HY_EREFUSED;
	}
	if (code == CURLE_LOGIN_DENIED)
		return HY_EAUTH;
	if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
		return HY_EINPUT;
	return HY_ETEMP;
}

void hy_net_link_done(struct hy_net_link *l, CURLcode code)
{
	const char *why = NULL;

	if (code != CURLE_OK) {
		enum hy_status status = status_of(l, code, &why);

		ended(l, status, why);
		reap(l);
		return;
	}
	if (curl_easy_getinfo(l->easy, CURLINFO_ACTIVESOCKET, &l->fd) != CURLE_OK ||
	    l->fd == CURL_SOCKET_BAD) {
		ended(l, HY_ETEMP, _("no connection"));
		reap(l);
		return;
	}
	l->open = true;
	l->io = hy_loop_io(l->net->loop, l->fd, EPOLLIN, on_io, l);
	l->calling = true;
	l->ev.opened(l->ev.user, l);
	l->calling = false;
	if (!l->freed)
		hy_timer_arm(l->soon, 0); /* the log-in may have read on */
	reap(l);
}

static void options(struct hy_net_link *l, const struct hy_net_link_ask *ask)
{
	static const char *const schemes[] = {"http", "https", "imap", "imaps"};
	CURL *e = l->easy;
	hy_dur connect =
		ask->timeout > 0 && ask->timeout < HY_NET_TIMEOUT ? ask->timeout : HY_NET_TIMEOUT;

	curl_easy_setopt(e, CURLOPT_PRIVATE, NULL);
	curl_easy_setopt(e, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, schemes[ask->how]);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, l->why);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)connect);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)connect); /* until it is open */
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, l);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_ENABLE_ALPN, 0L); /* what is spoken is not HTTP */
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	hy_net_trust(l->net, e);
	if (ask->how == HY_NET_LINK_IMAP) /* STARTTLS, or nothing; of a named peer where it offers */
		curl_easy_setopt(e, CURLOPT_USE_SSL,
				 l->to_reach ? (long)CURLUSESSL_TRY : (long)CURLUSESSL_ALL);
	if (ask->password != NULL) {
		curl_easy_setopt(e, CURLOPT_USERNAME, ask->login);
		curl_easy_setopt(e, CURLOPT_PASSWORD, hy_secret_text(ask->password, NULL));
	}
}

static bool host_good(const char *host)
{
	size_t n = host != NULL ? strlen(host) : 0;

	if (n == 0 || n > 255)
		return false;
	for (const char *p = host; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f ||
		    strchr("/?#@\\\"<>[]", *p) != NULL)
			return false;
	return strchr(host, ':') == NULL;
}

enum hy_status hy_net_link_open(struct hy_net *net, const struct hy_net_link_ask *ask,
				const struct hy_net_link_events *events, struct hy_net_link **out,
				struct hy_err *err)
{
	static const char *const schemes[] = {"http", "https", "imap", "imaps"};
	struct hy_net_link *l;
	socklen_t n = 0;
	enum hy_status status = HY_OK;

	if (!host_good(ask->host) || ask->port < 1 || ask->port > 65535)
		return hy_err_set(err, HY_EINPUT, _("\"%s\" is no name of a host"),
				  ask->host != NULL ? ask->host : "");
	if (ask->password != NULL && (ask->how == HY_NET_LINK_PLAIN || ask->how == HY_NET_LINK_TLS))
		return hy_err_set(err, HY_EINPUT, _("this connection has no log-in of its own"));
	l = hy_new(ask->ctx != NULL ? ask->ctx : net, struct hy_net_link);
	l->net = net;
	l->ev = *events;
	l->origin = hy_strf(l, "%s:%d", ask->host, ask->port);
	if (ask->reach != NULL)
		status = hy_net_reach_parse(ask->reach, &l->reach, &n, err);
	if (status == HY_OK && (l->easy = curl_easy_init()) == NULL)
		status = hy_err_set(err, HY_ESYSTEM, _("libcurl gives no handle"));
	talloc_set_destructor(l, on_free);
	if (status != HY_OK) {
		talloc_free(l);
		return status;
	}
	l->to_reach = ask->reach != NULL;
	hy_buf_init(&l->out, l, SEND_MAX);
	l->soon = hy_loop_timer(net->loop, on_soon, l);
	curl_easy_setopt(l->easy, CURLOPT_URL,
			 hy_strf(l, "%s://%s:%d/", schemes[ask->how], ask->host, ask->port));
	options(l, ask);
	if (l->to_reach) {
		l->connect_to = curl_slist_append(NULL, hy_strf(l, "::%s", ask->reach));
		if (l->connect_to == NULL)
			hy_mem_die();
		curl_easy_setopt(l->easy, CURLOPT_CONNECT_TO, l->connect_to);
	}
	l->next = net->links;
	if (net->links != NULL)
		net->links->prev = l;
	net->links = l;
	if (curl_multi_add_handle(net->multi, l->easy) != CURLM_OK) {
		talloc_free(l);
		return hy_err_set(err, HY_ESYSTEM, _("libcurl gives no handle"));
	}
	l->in_multi = true;
	*out = l;
	return HY_OK;
}

struct hy_net_link *hy_net_link_of(struct hy_net *net, const CURL *easy)
{
	for (struct hy_net_link *l = net->links; l != NULL; l = l->next)
		if (l->easy == easy)
			return l;
	return NULL;
}

/* ---- where ---- */

enum hy_status hy_net_server_read(const void *ctx, const char *url, const char *scheme, int port,
				  int tls_port, struct hy_net_server *out, struct hy_err *err)
{
	size_t n = strlen(scheme);
	bool known = url != NULL && strncmp(url, scheme, n) == 0;
	bool tls = known && url[n] == 's';
	const char *rest = known ? url + n + tls : "";
	char *end = NULL;
	long given = tls ? tls_port : port;

	if (strncmp(rest, "://", 3) != 0)
		return hy_err_set(err, HY_EINPUT, _("url: %ss://HOST:PORT (TLS) or %s://HOST:PORT"),
				  scheme, scheme);
	rest += 3;
	n = strcspn(rest, ":/?#@");
	if (n == 0 || n > 255 || rest[n] == '@' || rest[n] == '?' || rest[n] == '#')
		return hy_err_set(err, HY_EINPUT, _("url: %ss://HOST:PORT (TLS) or %s://HOST:PORT"),
				  scheme, scheme);
	if (rest[n] == ':') {
		given = strtol(rest + n + 1, &end, 10);
		if (given < 1 || given > 65535 || (*end != '\0' && strcmp(end, "/") != 0))
			return hy_err_set(err, HY_EINPUT,
					  _("url: the port of %s is not a number from 1 to 65535"),
					  url);
	} else if (rest[n] == '/' && rest[n + 1] != '\0') {
		return hy_err_set(err, HY_EINPUT, _("url: nothing stands after HOST:PORT"));
	}
	if (ctx != NULL)
		out->host = hy_strndup(ctx, rest, n);
	out->port = (int)given;
	out->tls = tls;
	return HY_OK;
}
