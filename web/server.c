/*
 * libmicrohttpd on the loop. Its epoll descriptor hangs in ours; after everything that may have
 * changed what it waits for, web_arm() runs it and sets its timer anew (or it stalls). A request
 * that needs the record is suspended, goes to a worker and comes back by the bell.
 */
#include "web/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEADLINE (20 * HY_SECOND)
#define SWEEP_EVERY 500
#define CROWDED_EVERY 2

static const char CSP[] =
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
	"trusted-types default; require-trusted-types-for 'script'";

/* At its limit MHD takes its ear off the listening socket, and puts it back only when it is run. */
static bool crowded(const struct hy_web *w)
{
	return w->n_conns > w->conf.connections * 3 / 4;
}

void web_arm(struct hy_web *w)
{
	MHD_UNSIGNED_LONG_LONG ms = 0;

	if (!w->mhd)
		return;
	MHD_run(w->mhd);
	if (MHD_get_timeout(w->mhd, &ms) != MHD_YES)
		ms = 60000;
	if (crowded(w) && ms > CROWDED_EVERY)
		ms = CROWDED_EVERY;
	hy_timer_arm(w->timer, ms > 60000 ? 60000 : (int64_t)ms);
}

static void on_io(void *user, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	web_arm(user);
}

static void on_timer(void *user)
{
	web_arm(user);
}

/* ---- connections and their deadline ---- */

static void cut_off(struct hy_web *w, struct web_conn *c)
{
	c->cut = true;
	w->n_cut++;
	atomic_fetch_add(&w->cut, 1);
	shutdown(c->fd, SHUT_RDWR);
}

/* MHD's own timeout is for silence; a client that drips one byte a second is cut off here. */
static void on_sweep(void *user)
{
	struct hy_web *w = user;
	int64_t now = hy_monotonic();

	for (struct web_conn *c = w->conns; c; c = c->next) {
		if (!c->reading || c->cut || now - c->since < w->conf.request_deadline)
			continue;
		cut_off(w, c);
	}
	web_stream_beat(w, now);
	web_arm(w);
	hy_timer_arm(w->sweeper, SWEEP_EVERY);
}

/*
 * Idle connections must not crowd out a client that has something to ask: from three quarters of
 * the limit on, each newcomer displaces the one that has been silent longest, down to a half.
 */
static void make_room(struct hy_web *w)
{
	struct web_conn *oldest = NULL;

	if (!crowded(w) || w->n_conns - w->n_cut <= w->conf.connections / 2)
		return;
	for (struct web_conn *c = w->conns; c; c = c->next)
		if (c->reading && !c->cut && (!oldest || c->since <= oldest->since))
			oldest = c;
	if (oldest)
		cut_off(w, oldest);
}

static void on_connection(void *user, struct MHD_Connection *mhd, void **slot,
			  enum MHD_ConnectionNotificationCode code)
{
	struct hy_web *w = user;
	struct web_conn *c = *slot;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info =
			MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

		make_room(w);
		w->n_conns++;
		c = hy_new(NULL, struct web_conn);
		c->fd = info ? info->connect_fd : -1;
		c->since = hy_monotonic();
		c->reading = true;
		c->next = w->conns;
		if (w->conns)
			w->conns->prev = c;
		w->conns = c;
		*slot = c;
	} else if (c) {
		w->n_conns--;
		w->n_cut -= c->cut;
		if (c->prev)
			c->prev->next = c->next;
		else
			w->conns = c->next;
		if (c->next)
			c->next->prev = c->prev;
		talloc_free(c);
		*slot = NULL;
	}
}

/* ---- a request ---- */

static void *on_uri(void *user, const char *uri, struct MHD_Connection *mhd)
{
	struct hy_web *w = user;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	/* Of the connection: on_done() does not hear of a head that is too big for MHD. */
	struct web_req *req = hy_new(info ? info->socket_context : NULL, struct web_req);
	size_t n = strcspn(uri, "?");

	req->web = w;
	req->mhd = mhd;
	req->conn = info ? info->socket_context : NULL;
	req->path = hy_strndup(req, uri, n);
	req->query = hy_strdup(req, uri[n] ? uri + n + 1 : "");
	if (strlen(uri) > WEB_URI_MAX) {
		req->refuse = 414;
		req->refuse_why = N_("the address is too long");
	}
	return req;
}

static void on_done(void *user, struct MHD_Connection *mhd, void **slot,
		    enum MHD_RequestTerminationCode how)
{
	struct hy_web *w = user;
	struct web_req *req = *slot;

	(void)mhd;
	(void)how;
	if (!req)
		return;
	w->n_uploads -= req->upload;
	if (req->conn) {
		req->conn->since = hy_monotonic();
		req->conn->reading = true;
	}
	*slot = NULL;
	talloc_free(req);
}

static char *remote_text(struct web_req *req)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(req->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	char text[INET6_ADDRSTRLEN] = "";

	if (info && info->client_addr->sa_family == AF_INET)
		inet_ntop(AF_INET,
			  &((const struct sockaddr_in *)(void *)info->client_addr)->sin_addr, text,
			  sizeof(text));
	else if (info && info->client_addr->sa_family == AF_INET6)
		inet_ntop(AF_INET6,
			  &((const struct sockaddr_in6 *)(void *)info->client_addr)->sin6_addr,
			  text, sizeof(text));
	return hy_strdup(req, text);
}

static void add(struct MHD_Response *r, const char *name, const char *value)
{
	(void)MHD_add_response_header(r, name, value); /* fails only for names we never use */
}

static void add_headers(struct MHD_Response *r, const struct web_req *req)
{
	const struct web_answer *a = &req->answer;

	if (a->type)
		add(r, "Content-Type", a->type);
	add(r, "Content-Security-Policy", a->sandbox ? a->sandbox : CSP);
	add(r, "X-Content-Type-Options", "nosniff");
	add(r, "Referrer-Policy", "same-origin");
	add(r, "Cross-Origin-Opener-Policy", "same-origin");
	add(r, "Cross-Origin-Resource-Policy", "same-origin");
	if (req->web->https)
		add(r, "Strict-Transport-Security", "max-age=31536000; includeSubDomains");
	if (!a->cacheable)
		add(r, "Cache-Control", "no-store");
	if (req->web->conf.drill)
		add(r, "X-Huying-Drill", "1");
	for (int i = 0; i < a->n_headers; i++)
		add(r, a->headers[i].name, a->headers[i].value);
}

static enum MHD_Result send_answer(struct web_req *req)
{
	struct web_answer *a = &req->answer;
	struct MHD_Response *r = NULL;
	enum MHD_Result done;

	if (a->stream)
		r = web_stream_open(req);
	if (a->stream && !r) {
		a->stream = false;
		a->status = 503;
		a->body = "";
		a->n = 0;
	}
	if (!r && req->web->conf.drill)
		web_drill_mark(req);
	if (!r)
		r = MHD_create_response_from_buffer(
			a->n, (void *)(uintptr_t)(a->body ? a->body : ""), MHD_RESPMEM_PERSISTENT);
	if (!r)
		return MHD_NO;
	add_headers(r, req);
	if (req->allow)
		add(r, "Allow", req->allow);
	if (req->refuse) /* never guess where the next request would start */
		add(r, "Connection", "close");
	if (a->ends_session)
		web_stream_drop_session(req->web, req->session);
	req->phase = WEB_SENT;
	if (req->conn)
		req->conn->reading = false;
	atomic_fetch_add(&req->web->served[a->status / 100 % 6], 1);
	done = MHD_queue_response(req->mhd, (unsigned)a->status, r);
	MHD_destroy_response(r);
	return done;
}

#define REFUSAL                                                                                    \
	"<!DOCTYPE html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>%d</title>"    \
	"<meta name=\"viewport\" content=\"width=device-width\"><link rel=\"stylesheet\" "         \
	"href=\"/static/app.css\"></head><body><main><h1>%d</h1><p>%s <span lang=\"en\">%s</span>" \
	"</p><p><a href=\"/\">呼应 Huying</a></p></main></body></html>\n"

/* By the names that the desk's own errors have. */
static const char *refusal_code(int status)
{
	switch (status) {
	case 404:
		return "notfound";
	case 503:
		return "temp";
	default:
		return "input";
	}
}

/* Made in the loop's thread without a look at who asks: the same for everybody. */
static enum MHD_Result send_refusal(struct web_req *req)
{
	req->answer.status = req->refuse;
	if (strncmp(req->path, "/api/", 5)) {
		req->answer.type = "text/html; charset=utf-8";
		req->answer.body = hy_strf(
			req, REFUSAL, req->refuse, req->refuse,
			req->refuse == 404 ? "没有这个页面。"
			: req->refuse == 429 ? "本会话等待中的检索已达上限，请待前一个结束后再试。"
			: req->refuse == 503 ? "现在请求过多，请稍后再试。"
					     : hy_strf(req, "这个请求被拒绝：%s。",
						       hy_tr(HY_LANG_ZH, req->refuse_why)),
			req->refuse_why);
		req->answer.n = strlen(req->answer.body);
		return send_answer(req);
	}
	req->answer.type = "application/problem+json";
	req->answer.body = hy_strf(req,
				   "{\"type\":\"about:blank\",\"status\":%d,\"code\":\"%s\","
				   "\"detail\":\"%s\"}\n",
				   req->refuse, refusal_code(req->refuse), req->refuse_why);
	req->answer.n = strlen(req->answer.body);
	return send_answer(req);
}

static enum MHD_Result whole(struct web_req *req)
{
	if (req->conn)
		req->conn->reading = false;
	if (req->refuse)
		return send_refusal(req);
	if (req->route->kind == WEB_FILE) {
		web_file_static(req);
		return send_answer(req);
	}
	req->remote = remote_text(req);
	req->phase = WEB_WORKING;
	MHD_suspend_connection(req->mhd);
	enum web_put put = web_work_push(req->web, req);
	if (put == WEB_PUT)
		return MHD_YES;
	MHD_resume_connection(req->mhd);
	if (put == WEB_PUT_TOO_MANY) {
		req->refuse = 429;
		req->refuse_why = N_("as many searches of this session wait as may; let one end first");
	} else {
		req->refuse = 503;
		req->refuse_why = N_("too much at once; try again in a second");
	}
	web_answer_header(&req->answer, "Retry-After", "1");
	req->phase = WEB_READY;
	return MHD_YES;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *mhd, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_n, void **slot)
{
	struct web_req *req = *slot;

	(void)user;
	(void)mhd;
	(void)url;
	if (!req)
		return MHD_NO;
	if (req->phase == WEB_READY)
		return req->refuse ? send_refusal(req) : send_answer(req);
	if (!req->method) {
		req->method = hy_strdup(req, method);
		web_guard(req, version ? version : "");
		if (req->refuse)
			return send_refusal(req);
		hy_buf_init(&req->body, req, req->body_max);
		return MHD_YES;
	}
	if (*upload_n) {
		/* Chunks past the limit: no answer can be queued now, so the connection ends. */
		if (!hy_buf_add(&req->body, upload, *upload_n))
			return MHD_NO;
		*upload_n = 0;
		return MHD_YES;
	}
	return whole(req);
}

/* Answers that the workers have ready. */
static void on_bell(void *user)
{
	struct hy_web *w = user;
	struct web_req *req, *next;

	pthread_mutex_lock(&w->lock);
	req = w->done.first;
	w->done = (struct web_queue){.last = &w->done.first};
	pthread_mutex_unlock(&w->lock);
	for (; req; req = next) {
		next = req->next;
		req->next = NULL;
		if (req->tick) {
			w->tick_out = false;
			if (req->answer.body) {
				w->version_seen = req->version;
				web_stream_send(w, "state", req->answer.body);
			}
			talloc_free(req);
			continue;
		}
		req->phase = WEB_READY;
		MHD_resume_connection(req->mhd);
	}
	web_arm(w);
}

/* ---- listening ---- */

static enum hy_status take_port(struct hy_web *w, struct hy_err *err)
{
	struct sockaddr_storage a = {0};
	socklen_t n = sizeof(a);

	if (getsockname(w->listen_fd, (struct sockaddr *)&a, &n) < 0)
		return hy_err_set(err, HY_ESYSTEM, "listen: %s", hy_strerror(errno));
	/* Behind a proxy or a tunnel everybody has the same address: no limit by it there. */
	if (w->conf.connections_per_ip <= 0)
		w->conf.connections_per_ip =
			a.ss_family == AF_UNIX || web_is_loopback(&a) ? w->conf.connections : 16;
	if (a.ss_family != AF_UNIX && !web_is_loopback(&a) && !w->https)
		return hy_err_set(
			err, HY_EINPUT,
			"listen: beyond loopback a TLS proxy is needed; set web.origin to "
			"its https address");
	if (a.ss_family == AF_INET)
		w->port = ntohs(((struct sockaddr_in *)(void *)&a)->sin_port);
	else if (a.ss_family == AF_INET6)
		w->port = ntohs(((struct sockaddr_in6 *)(void *)&a)->sin6_port);
	return HY_OK;
}

static enum hy_status start_listening(struct hy_web *w, struct hy_err *err)
{
	struct sockaddr_storage a;
	socklen_t n = 0;
	enum hy_status status;
	int one = 1;

	if (w->conf.listen_fd > 0) {
		w->listen_fd = w->conf.listen_fd;
		return take_port(w, err);
	}
	status = web_parse_listen(w->conf.listen, &a, &n, err);
	if (status)
		return status;
	w->listen_fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (w->listen_fd < 0)
		return hy_err_set(err, HY_ESYSTEM, "socket: %s", hy_strerror(errno));
	(void)setsockopt(w->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(w->listen_fd, (struct sockaddr *)&a, n) < 0)
		return hy_err_set(err, errno == EADDRINUSE ? HY_EBUSY : HY_ESYSTEM,
				  "listen on %s: %s", w->conf.listen, hy_strerror(errno));
	status = take_port(w, err);
	if (!status && listen(w->listen_fd, 511) < 0)
		status = hy_err_set(err, HY_ESYSTEM, "listen: %s", hy_strerror(errno));
	return status;
}

static enum hy_status start_mhd(struct hy_web *w, struct hy_err *err)
{
	const union MHD_DaemonInfo *info;

	w->mhd = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, w,
		MHD_OPTION_LISTEN_SOCKET, w->listen_fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)w->conf.connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		(unsigned)w->conf.connections_per_ip, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)32768, MHD_OPTION_CONNECTION_TIMEOUT, 15u, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, w, MHD_OPTION_NOTIFY_COMPLETED,
		on_done, w, MHD_OPTION_URI_LOG_CALLBACK, on_uri, w, MHD_OPTION_END);
	if (!w->mhd)
		return hy_err_set(err, HY_ESYSTEM, "libmicrohttpd does not start");
	info = MHD_get_daemon_info(w->mhd, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return hy_err_set(err, HY_ESYSTEM, "libmicrohttpd has no epoll descriptor");
	w->io = hy_loop_io(w->loop, info->epoll_fd, EPOLLIN, on_io, w);
	return HY_OK;
}

static void copy_conf(struct hy_web *w, const struct hy_web_conf *conf)
{
	struct hy_web_conf *c = &w->conf;
	const char *slashes;

	*c = *conf;
	c->dir = hy_strdup(w, conf->dir ? conf->dir : ".");
	c->listen = hy_strdup(w, conf->listen ? conf->listen : "127.0.0.1:8620");
	c->version = hy_strdup(w, conf->version ? conf->version : "dev");
	c->clock = conf->clock ? conf->clock : hy_clock_real();
	if (!c->desk_user)
		c->desk_user = c;
	c->workers = conf->workers <= 0 ? 3 : conf->workers > 16 ? 16 : conf->workers;
	c->connections = conf->connections > 0 ? conf->connections : 512;
	c->request_deadline = conf->request_deadline > 0 ? conf->request_deadline : DEADLINE;
	if (conf->origin && *conf->origin) {
		size_t n = strlen(conf->origin);

		while (n && conf->origin[n - 1] == '/')
			n--;
		w->origin = hy_strndup(w, conf->origin, n);
		w->https = !strncmp(w->origin, "https://", 8);
		slashes = strstr(w->origin, "://");
		w->host = slashes ? slashes + 3 : NULL;
	}
	c->origin = w->origin;
}

/* Suspended connections must be resumed before the daemon stops, or it waits for them. */
static int web_end(struct hy_web *w)
{
	web_work_stop(w);
	if (w->mhd) {
		on_bell(w);
		web_streams_close(w);
		web_arm(w);
		hy_watch_io_free(w->io);
		MHD_stop_daemon(w->mhd); /* closes the listening socket, too */
		w->mhd = NULL;
	} else if (w->listen_fd > 0 && w->listen_fd != w->conf.listen_fd) {
		close(w->listen_fd);
	}
	hy_timer_free(w->timer);
	hy_timer_free(w->sweeper);
	pthread_mutex_destroy(&w->lock);
	pthread_mutex_destroy(&w->slow_lock);
	pthread_mutex_destroy(&w->hash_lock);
	pthread_cond_destroy(&w->more);
	return 0;
}

enum hy_status hy_web_new(struct hy_web **out, const void *ctx, struct hy_loop *loop,
			  const struct hy_web_conf *conf, struct hy_err *err)
{
	struct hy_web *w = hy_new(ctx, struct hy_web);
	enum hy_status status;

	if (!conf->desk)
		HY_BUG("the web has no desk");
	w->loop = loop;
	w->version_seen = -1;
	copy_conf(w, conf);
	web_routes_init();
	pthread_mutex_init(&w->lock, NULL);
	pthread_mutex_init(&w->slow_lock, NULL);
	pthread_mutex_init(&w->hash_lock, NULL);
	pthread_cond_init(&w->more, NULL);
	w->done.last = &w->done.first;
	w->started = hy_now(w->conf.clock);
	talloc_set_destructor(w, web_end);
	w->timer = hy_loop_timer(loop, on_timer, w);
	w->sweeper = hy_loop_timer(loop, on_sweep, w);
	w->bell = hy_bell_new(w);
	hy_bell_hear(w->bell, loop, on_bell, w);
	status = start_listening(w, err);
	if (!status)
		status = start_mhd(w, err);
	if (!status)
		status = web_work_start(w, err);
	if (status) {
		talloc_free(w);
		return status;
	}
	hy_timer_arm(w->sweeper, SWEEP_EVERY);
	web_arm(w);
	*out = w;
	return HY_OK;
}

int hy_web_port(const struct hy_web *web)
{
	return web->port;
}

void hy_web_free(struct hy_web *web)
{
	talloc_free(web);
}
