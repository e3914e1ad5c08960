/*
 * The site's HTTP: libmicrohttpd by its epoll descriptor on our loop, one thread, no waiting. After
 * everything that may have changed what it waits for, arm() runs it and sets its timer anew.
 */
#include "config.h"
#include "practice/internal.h"

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

/* ---- what is set from outside ---- */

static const struct {
	const char *name;
	enum hy_practice_fault fault;
} faults[] = {
	{"none", HY_FAULT_NONE},  {"drop", HY_FAULT_DROP}, {"429", HY_FAULT_BUSY},
	{"500", HY_FAULT_BROKEN}, {"401", HY_FAULT_DENY},
};

bool hy_practice_fault_parse(const char *name, enum hy_practice_fault *out)
{
	for (size_t i = 0; i < HY_LEN(faults); i++) {
		if (!strcmp(faults[i].name, name)) {
			*out = faults[i].fault;
			return true;
		}
	}
	return false;
}

void hy_practice_fault(struct hy_practice *site, enum hy_practice_fault fault, int times,
		       int retry_after)
{
	site->fault = fault;
	site->fault_times = fault == HY_FAULT_NONE ? 0 : times;
	site->retry_after = retry_after > 0 ? retry_after : 1;
}

static int small_number(const char *s, int fallback)
{
	if (!s || !*s || strlen(s) > 4 || s[strspn(s, "0123456789")])
		return fallback;
	return (int)strtol(s, NULL, 10);
}

static void answer_text(struct ask *ask, int status, const char *text)
{
	ask->status = status;
	ask->type = "text/plain; charset=utf-8";
	hy_buf_str(&ask->out, text);
}

static void answer_fault(struct ask *ask)
{
	const char *kind = ask->arg(ask, "kind");
	enum hy_practice_fault fault = HY_FAULT_NONE;

	/* A page elsewhere cannot make a browser send this header. */
	if (ask->method != M_POST || !ask->practice)
		answer_text(ask, 403, "POST with the header X-Practice is needed\n");
	else if (!kind || !hy_practice_fault_parse(kind, &fault))
		answer_text(ask, 400, "kind is one of none, drop, 429, 500, 401\n");
	else {
		hy_practice_fault(ask->site, fault, small_number(ask->arg(ask, "times"), 1),
				  small_number(ask->arg(ask, "after"), 1));
		answer_text(ask, 200, "ok\n");
	}
}

static void answer_state(struct ask *ask)
{
	struct hy_practice *site = ask->site;
	struct hy_json_writer *w = hy_json_writer_new(ask, false);
	int64_t shown = 0;

	for (size_t i = 0; site->story && i < site->story->n; i++)
		shown += story_seen(site, &site->story->items[i]);
	hy_jw_object(w);
	hy_jw_kbool(w, "practice", true);
	hy_jw_kint(w, "at", story_secs(site));
	hy_jw_kint(w, "last", site->story ? site->story->last_secs : 0);
	hy_jw_kint(w, "items", site->story ? (int64_t)site->story->n : 0);
	hy_jw_kint(w, "shown", shown);
	hy_jw_kint(w, "posts", site->n_posts);
	hy_jw_kint(w, "polls", site->polls);
	hy_jw_kint(w, "unchanged", site->unchanged);
	hy_jw_kint(w, "writes", site->writes);
	hy_jw_kint(w, "denied", site->denied);
	hy_jw_end_object(w);
	ask->type = "application/json";
	hy_buf_str(&ask->out, hy_jw_text(w, NULL));
}

/* ---- routes ---- */

/* "/forum/t/12" after "/forum/t/"; 0 for none. */
static int number_after(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);

	return !strncmp(path, prefix, n) ? small_number(path + n, 0) : 0;
}

static void route_page(struct ask *ask)
{
	const char *p = ask->path, *id = ask->arg(ask, "p");
	int forum = number_after(p, "/forum/t/"), gov = number_after(p, "/gov/t/");

	if (!strcmp(p, "/") && id)
		answer_post(ask, small_number(id, 0));
	else if (!strcmp(p, "/"))
		answer_home(ask);
	else if (!strcmp(p, "/forum/feed.xml"))
		answer_rss(ask);
	else if (!strcmp(p, "/gov/feed.atom"))
		answer_atom(ask);
	else if (!strcmp(p, "/forum/") || forum)
		answer_forum(ask, forum);
	else if (!strcmp(p, "/gov/") || gov)
		answer_gov(ask, gov);
	else if (!strcmp(p, "/wp/"))
		answer_wp(ask);
	else if (!strcmp(p, "/practice/state"))
		answer_state(ask);
	else
		answer_missing(ask);
}

static void route(struct ask *ask)
{
	const char *rest = ask->arg(ask, "rest_route");

	ask->status = 200;
	if (rest && *rest)
		answer_rest(ask, rest);
	else if (!strncmp(ask->path, "/wp-json", 8) && (ask->path[8] == '/' || !ask->path[8]))
		answer_rest(ask, ask->path[8] ? ask->path + 8 : "/");
	else if (!strcmp(ask->path, "/practice/fault"))
		answer_fault(ask);
	else if (ask->method != M_GET)
		answer_text(ask, 405, "GET only\n");
	else
		route_page(ask);
}

/* ---- libmicrohttpd ---- */

static const char *query_arg(struct ask *ask, const char *name)
{
	return MHD_lookup_connection_value(ask->conn, MHD_GET_ARGUMENT_KIND, name);
}

static void add(struct MHD_Response *r, const char *name, const char *value)
{
	if (value)
		(void)MHD_add_response_header(r, name, value); /* our own names: cannot fail */
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
	r = MHD_create_response_from_buffer(ask->out.len, ask->out.data, MHD_RESPMEM_MUST_COPY);
	if (!r)
		return MHD_NO;
	add(r, "Content-Type", ask->type);
	add(r, "ETag", ask->etag);
	add(r, "Location", ask->location);
	add(r, "Retry-After", ask->retry_after);
	add(r, "X-WP-Total", ask->total);
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
	ask->path = hy_strdup(ask, url);
	if (!strcmp(method, "GET") || !strcmp(method, "HEAD"))
		ask->method = M_GET;
	else if (!strcmp(method, "POST"))
		ask->method = M_POST;
	ask->authorization = MHD_lookup_connection_value(conn, MHD_HEADER_KIND, "Authorization");
	ask->if_none_match = MHD_lookup_connection_value(conn, MHD_HEADER_KIND, "If-None-Match");
	ask->practice = MHD_lookup_connection_value(conn, MHD_HEADER_KIND, "X-Practice");
	hy_buf_init(&ask->body, ask, BODY_MAX);
	hy_buf_init(&ask->out, ask, 2 * BODY_MAX);
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
	}
	return reply(ask);
}

static void on_done(void *user, struct MHD_Connection *conn, void **slot,
		    enum MHD_RequestTerminationCode how)
{
	(void)user;
	(void)conn;
	(void)how;
	talloc_free(*slot);
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
		return hy_err_set(err, HY_ESYSTEM, "socket: %s", strerror(errno));
	(void)setsockopt(site->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(site->listen_fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return hy_err_set(err, errno == EADDRINUSE ? HY_EBUSY : HY_ESYSTEM,
				  "practice site on 127.0.0.1:%d: %s", port, strerror(errno));
	if (listen(site->listen_fd, 64) < 0 ||
	    getsockname(site->listen_fd, (struct sockaddr *)&a, &n) < 0)
		return hy_err_set(err, HY_ESYSTEM, "listen: %s", strerror(errno));
	site->port = ntohs(a.sin_port);
	return HY_OK;
}

static enum hy_status start_mhd(struct hy_practice *site, struct hy_err *err)
{
	const union MHD_DaemonInfo *info;

	site->mhd = MHD_start_daemon(
		MHD_USE_EPOLL, 0, NULL, NULL, on_request, site, MHD_OPTION_LISTEN_SOCKET,
		site->listen_fd, MHD_OPTION_CONNECTION_LIMIT, 64u, MHD_OPTION_CONNECTION_TIMEOUT,
		15u, MHD_OPTION_NOTIFY_COMPLETED, on_done, site, MHD_OPTION_END);
	if (!site->mhd)
		return hy_err_set(err, HY_ESYSTEM, "libmicrohttpd does not start");
	info = MHD_get_daemon_info(site->mhd, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return hy_err_set(err, HY_ESYSTEM, "libmicrohttpd has no epoll descriptor");
	site->io = hy_loop_io(site->loop, info->epoll_fd, EPOLLIN, on_io, site);
	return HY_OK;
}

static int end_site(struct hy_practice *site)
{
	hy_watch_io_free(site->io);
	hy_timer_free(site->timer);
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
	status = start_listening(site, conf->port, err);
	if (!status)
		status = start_mhd(site, err);
	if (status) {
		talloc_free(site);
		return status;
	}
	site->base = hy_strf(site, "http://127.0.0.1:%d", site->port);
	arm(site);
	*out = site;
	return HY_OK;
}

int hy_practice_port(const struct hy_practice *site)
{
	return site->port;
}
