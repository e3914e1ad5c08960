/*
 * The door of role receive: a socket of its own, in the role's thread. Each round of libmicrohttpd
 * reads what is there; all whole requests of a round are written down in one transaction and then
 * answered. While the disk syncs, the next round's requests gather in the kernel.
 */
#include "web/internal.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS 512
#define DEADLINE (20 * HY_SECOND) /* a request not wholly here by then is cut off */
#define SWEEP_EVERY 500
#define BODY_MAX ((size_t)256 << 10)
#define HEADERS_MAX 8
#define ROUNDS_MAX 8 /* flushes before the loop's other work has its turn */

struct door {
	struct hy_loop *loop;
	struct hy_receive *receive;
	struct MHD_Daemon *mhd;
	struct hy_watch_io *io;
	struct hy_timer *timer, *sweeper;
	struct web_conn *conns;
	int listen_fd, port;
	bool running; /* within door_run() */
};
struct letter { /* one request; the web's own parts of it are the guard's */
	struct web_req req;
	struct door *door;
	struct hy_receive_header headers[HEADERS_MAX];
	size_t n_headers;
	bool whole, answered, suspended;
};

/* ---- answers ---- */

static enum MHD_Result send_answer(struct letter *l)
{
	struct web_answer *a = &l->req.answer;
	struct MHD_Response *r = MHD_create_response_from_buffer(
		a->n, (void *)(uintptr_t)(a->body ? a->body : ""), MHD_RESPMEM_MUST_COPY);
	enum MHD_Result done;

	if (!r)
		return MHD_NO;
	(void)MHD_add_response_header(r, "Content-Type", a->type ? a->type : "text/plain");
	(void)MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	(void)MHD_add_response_header(r, "Cache-Control", "no-store");
	if (a->status == 503)
		(void)MHD_add_response_header(r, "Retry-After", "5");
	if (l->req.refuse) /* never guess where the next request would start */
		(void)MHD_add_response_header(r, "Connection", "close");
	if (l->req.conn)
		l->req.conn->reading = false;
	done = MHD_queue_response(l->req.mhd, (unsigned)a->status, r);
	MHD_destroy_response(r);
	return done;
}

static enum MHD_Result send_refusal(struct letter *l)
{
	l->req.answer.status = l->req.refuse;
	l->req.answer.body = l->req.refuse_why;
	l->req.answer.n = strlen(l->req.refuse_why);
	return send_answer(l);
}

static void on_taken(void *user, const struct hy_receive_out *out)
{
	struct letter *l = user;
	struct web_answer *a = &l->req.answer;

	a->status = out->http;
	a->type = hy_strdup(l, out->type);
	a->body = hy_strndup(l, out->body, out->n);
	a->n = out->n;
	l->answered = true;
	if (l->suspended)
		MHD_resume_connection(l->req.mhd);
	l->suspended = false;
}

/* ---- a request ---- */

static enum MHD_Result keep_header(void *user, enum MHD_ValueKind kind, const char *name,
				   const char *value)
{
	struct letter *l = user;

	(void)kind;
	if (strncasecmp(name, "webhook-", 8) != 0)
		return MHD_YES;
	if (l->n_headers == HEADERS_MAX) {
		l->req.refuse = 400;
		l->req.refuse_why = "too many webhook headers";
		return MHD_NO;
	}
	l->headers[l->n_headers++] =
		(struct hy_receive_header){hy_strdup(l, name), hy_strdup(l, value ? value : "")};
	return MHD_YES;
}

static void look_at_head(struct letter *l, const char *version)
{
	struct web_req *req = &l->req;
	bool post = !strcmp(req->method, "POST");

	if (!web_guard_framing(req, version))
		return;
	if (!post && strcmp(req->method, "GET")) {
		req->refuse = 405;
		req->refuse_why = "GET and POST only";
		return;
	}
	req->body_max = post ? BODY_MAX : 0;
	MHD_get_connection_values(req->mhd, MHD_HEADER_KIND, keep_header, l);
	if (req->refuse)
		return;
	web_guard_length(req);
	if (req->refuse)
		hy_receive_large(l->door->receive, req->path);
}

static enum MHD_Result hand_over(struct letter *l)
{
	const struct hy_receive_in in = {
		.post = !strcmp(l->req.method, "POST"),
		.path = l->req.path,
		.query = l->req.query,
		.headers = l->headers,
		.n_headers = l->n_headers,
		.body = l->req.body.data,
		.n_body = l->req.body.len,
	};

	l->whole = true;
	if (l->req.conn)
		l->req.conn->reading = false;
	hy_receive_add(l->door->receive, &in, on_taken, l);
	if (l->answered)
		return send_answer(l);
	l->suspended = true;
	MHD_suspend_connection(l->req.mhd);
	return MHD_YES;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *mhd, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_n, void **slot)
{
	struct letter *l = *slot;

	(void)user, (void)mhd, (void)url;
	if (!l)
		return MHD_NO;
	if (l->whole)
		return send_answer(l);
	if (!l->req.method) {
		l->req.method = hy_strdup(l, method);
		look_at_head(l, version ? version : "");
		if (l->req.refuse)
			return send_refusal(l);
		hy_buf_init(&l->req.body, l, l->req.body_max);
		return MHD_YES;
	}
	if (*upload_n) {
		if (!hy_buf_add(&l->req.body, upload, *upload_n)) {
			hy_receive_large(l->door->receive, l->req.path);
			return MHD_NO; /* past the limit no answer can be queued any more */
		}
		*upload_n = 0;
		return MHD_YES;
	}
	return hand_over(l);
}

static void *on_uri(void *user, const char *uri, struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct letter *l = hy_new(info ? info->socket_context : NULL, struct letter);
	size_t n = strcspn(uri, "?");

	l->door = user;
	l->req.mhd = mhd;
	l->req.conn = info ? info->socket_context : NULL;
	l->req.path = hy_strndup(l, uri, n);
	l->req.query = hy_strdup(l, uri[n] ? uri + n + 1 : "");
	if (strlen(uri) > WEB_URI_MAX) {
		l->req.refuse = 414;
		l->req.refuse_why = "the address is too long";
	}
	return l;
}

static void on_done(void *user, struct MHD_Connection *mhd, void **slot,
		    enum MHD_RequestTerminationCode how)
{
	struct letter *l = *slot;

	(void)user, (void)mhd, (void)how;
	if (!l)
		return;
	hy_receive_forget(l->door->receive, l);
	if (l->req.conn) {
		l->req.conn->since = hy_monotonic();
		l->req.conn->reading = true;
	}
	*slot = NULL;
	talloc_free(l);
}

static void on_connection(void *user, struct MHD_Connection *mhd, void **slot,
			  enum MHD_ConnectionNotificationCode code)
{
	struct door *d = user;
	struct web_conn *c = *slot;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info =
			MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

		c = hy_new(NULL, struct web_conn);
		c->fd = info ? info->connect_fd : -1;
		c->since = hy_monotonic();
		c->reading = true;
		c->next = d->conns;
		if (d->conns)
			d->conns->prev = c;
		d->conns = c;
		*slot = c;
	} else if (c) {
		if (c->prev)
			c->prev->next = c->next;
		else
			d->conns = c->next;
		if (c->next)
			c->next->prev = c->prev;
		talloc_free(c);
		*slot = NULL;
	}
}

/* ---- the loop ---- */

static void door_run(struct door *d)
{
	MHD_UNSIGNED_LONG_LONG ms = 0;

	if (!d->mhd || d->running)
		return;
	d->running = true;
	MHD_run(d->mhd);
	for (int i = 0; i < ROUNDS_MAX && hy_receive_waiting(d->receive); i++) {
		hy_receive_flush(d->receive);
		MHD_run(d->mhd);
	}
	if (MHD_get_timeout(d->mhd, &ms) != MHD_YES || ms > 60000)
		ms = 60000;
	hy_timer_arm(d->timer, hy_receive_waiting(d->receive) ? 0 : (int64_t)ms);
	d->running = false;
}

static void on_io(void *user, int fd, uint32_t events)
{
	(void)fd, (void)events;
	door_run(user);
}

static void on_timer(void *user)
{
	door_run(user);
}

/* MHD's own timeout is for silence; a client that drips is cut off here. */
static void on_sweep(void *user)
{
	struct door *d = user;
	int64_t now = hy_monotonic();

	for (struct web_conn *c = d->conns; c; c = c->next)
		if (c->reading && !c->cut && now - c->since >= DEADLINE) {
			c->cut = true;
			shutdown(c->fd, SHUT_RDWR);
		}
	door_run(d);
	hy_timer_arm(d->sweeper, SWEEP_EVERY);
}

/* ---- opening ---- */

static enum hy_status write_port(struct door *d, struct hy_desk *desk, struct hy_err *err)
{
	char line[16];
	char *path = hy_strf(d, "%s/run/receive.port", hy_desk_path(desk));

	snprintf(line, sizeof(line), "%d\n", d->port);
	return hy_file_write(path, line, strlen(line), 0644, err);
}

static enum hy_status start_mhd(struct door *d, struct hy_err *err)
{
	const union MHD_DaemonInfo *info;

	d->mhd = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, d,
		MHD_OPTION_LISTEN_SOCKET, d->listen_fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)32768,
		MHD_OPTION_CONNECTION_TIMEOUT, 15u, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, d, MHD_OPTION_NOTIFY_COMPLETED,
		on_done, d, MHD_OPTION_URI_LOG_CALLBACK, on_uri, d, MHD_OPTION_END);
	if (!d->mhd)
		return hy_err_set(err, HY_ESYSTEM, "libmicrohttpd does not start");
	info = MHD_get_daemon_info(d->mhd, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return hy_err_set(err, HY_ESYSTEM, "libmicrohttpd has no epoll descriptor");
	d->io = hy_loop_io(d->loop, info->epoll_fd, EPOLLIN, on_io, d);
	return HY_OK;
}

static int door_end(struct door *d)
{
	if (d->mhd) {
		hy_receive_flush(d->receive); /* nobody stays suspended, or MHD waits for them */
		MHD_run(d->mhd);
		hy_watch_io_free(d->io);
		MHD_stop_daemon(d->mhd); /* closes the listening socket, too */
		d->mhd = NULL;
	} else if (d->listen_fd > 0) {
		close(d->listen_fd);
	}
	hy_timer_free(d->timer);
	hy_timer_free(d->sweeper);
	return 0;
}

static enum hy_status door_open(void **out, const void *ctx, struct hy_loop *loop,
				struct hy_desk *desk, struct hy_receive *r, struct hy_err *err)
{
	const struct hy_conf *conf = hy_desk_conf(desk);
	const char *listen_at = hy_conf_str(conf, "receive", NULL, "listen");
	const char *url = hy_conf_str(conf, "receive", NULL, "public_url");
	struct door *d;
	enum hy_status status;

	*out = NULL;
	if (!*listen_at)
		return HY_OK; /* this office receives nothing */
	d = hy_new(ctx, struct door);
	d->loop = loop;
	d->receive = r;
	talloc_set_destructor(d, door_end);
	status = web_listen(listen_at, !strncmp(url, "https://", 8), &d->listen_fd, &d->port, err);
	if (!status)
		status = start_mhd(d, err);
	if (!status)
		status = write_port(d, desk, err);
	if (status) {
		talloc_free(d);
		return status;
	}
	d->timer = hy_loop_timer(loop, on_timer, d);
	d->sweeper = hy_loop_timer(loop, on_sweep, d);
	hy_timer_arm(d->sweeper, SWEEP_EVERY);
	door_run(d);
	*out = d;
	return HY_OK;
}

static void door_close(void *door)
{
	talloc_free(door);
}

const struct hy_receive_door hy_web_receive_door = {.open = door_open, .close = door_close};
