/*
 * The site's HTTP: libmicrohttpd by its epoll descriptor on our loop, one thread, no waiting. After
 * everything that may have changed what it waits for, arm() runs it and sets its timer anew.
 */
#include "config.h"
#include "practice/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static const char CSP[] = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
			  "form-action 'none'; frame-ancestors 'none'";

static void arm(struct hy_practice *site)
{
	MHD_UNSIGNED_LONG_LONG ms = 0;

	if (!site->mhd)
		return;
	MHD_run(site->mhd);
	if (MHD_get_timeout(site->mhd, &ms) == MHD_YES)
		hy_timer_arm(site->timer, ms > 60000 ? 60000 : (int64_t)ms);
	else
		hy_timer_disarm(site->timer);
}

static void on_io(void *user, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	arm(user);
}

static void on_timer(void *user)
{
	arm(user);
}

/* ---- libmicrohttpd ---- */

static const char *query_arg(struct ask *ask, const char *name)
{
	return MHD_lookup_connection_value(ask->conn, MHD_GET_ARGUMENT_KIND, name);
}

static const char *header(struct ask *ask, const char *name)
{
	return MHD_lookup_connection_value(ask->conn, MHD_HEADER_KIND, name);
}

static void add(struct MHD_Response *r, const char *name, const char *value)
{
	if (value)
		(void)MHD_add_response_header(r, name, value); /* our own names: cannot fail */
}

/* ---- answers that take their time ---- */

static void remember(struct ask *ask)
{
	struct hy_practice *site = ask->site;

	ask->waits = true;
	ask->next = site->suspended;
	ask->prev = NULL;
	if (ask->next)
		ask->next->prev = ask;
	site->suspended = ask;
}

static void wake(struct ask *ask)
{
	if (!ask->waits)
		return;
	if (ask->prev)
		ask->prev->next = ask->next;
	else
		ask->site->suspended = ask->next;
	if (ask->next)
		ask->next->prev = ask->prev;
	ask->waits = false;
	ask->ready = true;
	MHD_resume_connection(ask->conn);
}

static void on_wake(void *user)
{
	struct ask *ask = user;
	struct hy_practice *site = ask->site;

	wake(ask);
	arm(site);
}

static void sleep_for(struct ask *ask, int64_t ms)
{
	if (!ask->timer)
		ask->timer = hy_loop_timer(ask->site->loop, on_wake, ask);
	remember(ask);
	MHD_suspend_connection(ask->conn);
	hy_timer_arm(ask->timer, ms > 0 ? ms : 1);
}

/* One byte each time the timer has run. */
static ssize_t drip(void *user, uint64_t pos, char *buf, size_t max)
{
	struct ask *ask = user;

	if (!max || ask->waits)
		return 0;
	if (!ask->ready) {
		sleep_for(ask, ask->drip_ms);
		return 0;
	}
	ask->ready = false;
	*buf = ask->out.data[pos];
	return 1;
}

static struct MHD_Response *response(struct ask *ask)
{
	if (ask->drip_ms && ask->out.len)
		return MHD_create_response_from_callback(ask->out.len, 1, drip, ask, NULL);
	return MHD_create_response_from_buffer(ask->out.len, ask->out.data, MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result reply(struct ask *ask)
{
	struct MHD_Response *r;
	enum MHD_Result done;

	if (ask->drop)
		return MHD_NO;
	if (ask->out.over) {
		hy_buf_reset(&ask->out);
		ask->status = 500;
	}
	r = response(ask);
	if (!r)
		return MHD_NO;
	add(r, "Content-Type", ask->type);
	add(r, "ETag", ask->etag);
	add(r, "Location", ask->location);
	add(r, "Retry-After", ask->retry_after);
	add(r, "X-WP-Total", ask->total);
	for (int i = 0; i < ask->n_heads; i++)
		add(r, ask->heads[i].name, ask->heads[i].value);
	add(r, "Content-Security-Policy", CSP);
	add(r, "X-Content-Type-Options", "nosniff");
	add(r, "X-Practice", "1");
	done = MHD_queue_response(ask->conn, (unsigned)ask->status, r);
	MHD_destroy_response(r);
	return done;
}

static struct ask *ask_new(struct hy_practice *site, struct MHD_Connection *conn, const char *url,
			   const char *method)
{
	struct ask *ask = hy_new(site, struct ask);

	ask->site = site;
	ask->conn = conn;
	ask->arg = query_arg;
	ask->head = header;
	ask->path = hy_strdup(ask, url);
	if (!strcmp(method, "GET") || !strcmp(method, "HEAD"))
		ask->method = M_GET;
	else if (!strcmp(method, "POST"))
		ask->method = M_POST;
	else if (!strcmp(method, "PUT"))
		ask->method = M_PUT;
	else if (!strcmp(method, "DELETE"))
		ask->method = M_DELETE;
	ask->verb = hy_strdup(ask, method);
	ask->authorization = MHD_lookup_connection_value(conn, MHD_HEADER_KIND, "Authorization");
	ask->if_none_match = MHD_lookup_connection_value(conn, MHD_HEADER_KIND, "If-None-Match");
	ask->practice = MHD_lookup_connection_value(conn, MHD_HEADER_KIND, "X-Practice");
	hy_buf_init(&ask->body, ask, BODY_MAX);
	hy_buf_init(&ask->out, ask, BODY_MAX);
	return ask;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *conn, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_n, void **slot)
{
	struct ask *ask = *slot;

	(void)version;
	if (!ask) {
		*slot = ask_new(user, conn, url, method);
		return MHD_YES;
	}
	if (*upload_n) {
		if (!hy_buf_add(&ask->body, upload, *upload_n))
			return MHD_NO;
		*upload_n = 0;
		return MHD_YES;
	}
	if (!ask->started) {
		ask->started = true;
		route(ask);
		if (ask->hang_secs) {
			sleep_for(ask, (int64_t)ask->hang_secs * 1000);
			return MHD_YES;
		}
	}
	return ask->waits ? MHD_YES : reply(ask);
}

static void on_done(void *user, struct MHD_Connection *conn, void **slot,
		    enum MHD_RequestTerminationCode how)
{
	struct ask *ask = *slot;

	(void)user;
	(void)conn;
	(void)how;
	if (ask)
		hy_timer_free(ask->timer);
	talloc_free(ask);
	*slot = NULL;
}

/* ---- starting and ending ---- */

static enum hy_status start_listening(struct hy_practice *site, int port, struct hy_err *err)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((uint16_t)port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int one = 1;

	if (port < 0 || port > 65535)
		return hy_err_set(err, HY_EINPUT, "port: from 0 to 65535, not %d", port);
	site->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (site->listen_fd < 0)
		return hy_err_set(err, HY_ESYSTEM, "socket: %s", hy_strerror(errno));
	(void)setsockopt(site->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(site->listen_fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return hy_err_set(err, errno == EADDRINUSE ? HY_EBUSY : HY_ESYSTEM,
				  "practice site on 127.0.0.1:%d: %s", port, hy_strerror(errno));
	if (listen(site->listen_fd, 64) < 0 ||
	    getsockname(site->listen_fd, (struct sockaddr *)&a, &n) < 0)
		return hy_err_set(err, HY_ESYSTEM, "listen: %s", hy_strerror(errno));
	site->port = ntohs(a.sin_port);
	return HY_OK;
}

static enum hy_status start_mhd(struct hy_practice *site, struct hy_err *err)
{
	const union MHD_DaemonInfo *info;

	site->mhd = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, site, MHD_OPTION_LISTEN_SOCKET,
		site->listen_fd, MHD_OPTION_CONNECTION_LIMIT, 256u, MHD_OPTION_CONNECTION_TIMEOUT,
		15u, MHD_OPTION_NOTIFY_COMPLETED, on_done, site, MHD_OPTION_END);
	if (!site->mhd)
		return hy_err_set(err, HY_ESYSTEM, "libmicrohttpd does not start");
	info = MHD_get_daemon_info(site->mhd, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return hy_err_set(err, HY_ESYSTEM, "libmicrohttpd has no epoll descriptor");
	site->io = hy_loop_io(site->loop, info->epoll_fd, EPOLLIN, on_io, site);
	return HY_OK;
}

/* ---- what happens by itself ---- */

#define TICK_MS 250

void site_tick(struct hy_practice *site)
{
	play_due(site);
	wechat_tick(site);
	smpp_tick(site);
	imap_tick(site);
}

static void on_tick(void *user)
{
	struct hy_practice *site = user;

	site_tick(site);
	hy_timer_arm(site->tick, TICK_MS);
}

static int end_site(struct hy_practice *site)
{
	hy_watch_io_free(site->io);
	hy_timer_free(site->timer);
	hy_timer_free(site->tick);
	hy_timer_free(site->push_timer);
	wire_close_all(site);
	/* libmicrohttpd ends the process when it is stopped with suspended connections. */
	while (site->suspended)
		wake(site->suspended);
	if (site->mhd)
		MHD_stop_daemon(site->mhd); /* closes the listening socket, too */
	else if (site->listen_fd >= 0)
		close(site->listen_fd);
	return 0;
}

enum hy_status hy_practice_new(struct hy_practice **out, const void *ctx, struct hy_loop *loop,
			       const struct hy_practice_conf *conf, struct hy_err *err)
{
	struct hy_practice *site = hy_new(ctx, struct hy_practice);
	enum hy_status status;

	site->loop = loop;
	site->story = conf->story;
	site->clock = conf->clock ? conf->clock : hy_clock_real();
	site->start = conf->start ? conf->start : hy_now(site->clock);
	site->password = hy_strdup(site, conf->password ? conf->password : "practice");
	site->posts = hy_new_array(site, struct post *, 1);
	site->listen_fd = -1;
	talloc_set_destructor(site, end_site);
	site->timer = hy_loop_timer(loop, on_timer, site);
	hy_rand_init(&site->rand, 1);
	world_begin(site);
	status = start_listening(site, conf->port, err);
	if (!status)
		status = start_mhd(site, err);
	if (!status)
		status = wire_listen(site, &speech_smpp, err);
	if (!status)
		status = wire_listen(site, &speech_smtp, err);
	if (!status)
		status = wire_listen(site, &speech_imap, err);
	if (status) {
		talloc_free(site);
		return status;
	}
	site->base = hy_strf(site, "http://127.0.0.1:%d", site->port);
	site->tick = hy_loop_timer(loop, on_tick, site);
	hy_timer_arm(site->tick, TICK_MS);
	arm(site);
	*out = site;
	return HY_OK;
}

int hy_practice_port(const struct hy_practice *site)
{
	return site->port;
}

int hy_practice_wire_port(const struct hy_practice *site, const char *name)
{
	for (const struct wire *w = site->wires; w; w = w->next)
		if (!strcmp(w->speech->name, name))
			return w->port;
	return 0;
}
