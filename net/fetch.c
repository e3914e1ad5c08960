/*
 * Calls: the queue with its pacing by host, curl multi driven by the loop, and redirects followed
 * by our own hand. Nothing is ever delivered from within hy_net_fetch(): a zero timer does it.
 */
#include "net/internal.h"

#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>

#include "config.h"

#define AUTHORITIES_MAX ((size_t)4 << 20) /* bytes of a file of certificates */

/* ---- hosts ---- */

static struct net_host *host_of(struct hy_net *net, const char *name)
{
	for (struct net_host *h = net->hosts; h != NULL; h = h->next)
		if (strcmp(h->name, name) == 0)
			return h;
	struct net_host *h = hy_new(net, struct net_host);

	h->name = hy_strdup(h, name);
	h->next = net->hosts;
	net->hosts = h;
	return h;
}

/* Forgets hosts that nobody asks and whose gap is over. */
static void hosts_sweep(struct hy_net *net, hy_time mono)
{
	struct net_host **at = &net->hosts;

	while (*at != NULL) {
		struct net_host *h = *at;

		if (h->in_flight == 0 && h->waiting == 0 && h->free_at <= mono) {
			*at = h->next;
			talloc_free(h);
		} else {
			at = &h->next;
		}
	}
}

/* ---- the list of calls ---- */

static void call_link(struct hy_net *net, struct hy_net_call *c)
{
	c->prev = net->last;
	if (net->last != NULL)
		net->last->next = c;
	else
		net->first = c;
	net->last = c;
	net->calls++;
}

static void call_unlink(struct hy_net *net, struct hy_net_call *c)
{
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		net->first = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	else
		net->last = c->prev;
	net->calls--;
}

static void easy_drop(struct hy_net_call *c)
{
	if (c->easy != NULL)
		curl_multi_remove_handle(c->net->multi, c->easy);
	hy_net_easy_free(c);
}

static void slot_free(struct hy_net_call *c)
{
	if (c->state == NET_RUNNING) {
		c->host->in_flight--;
		c->net->running--;
	} else if (c->state == NET_WAITING) {
		c->host->waiting--;
	}
}

/* Hands the response over and frees the call. */
static void call_finish(struct hy_net_call *c)
{
	struct hy_net *net = c->net;
	struct hy_net_response *r = c->r;

	easy_drop(c);
	slot_free(c);
	c->state = NET_CALLING;
	r->body = hy_buf_take(&c->buf, &r->n_body);
	talloc_steal(r, r->body);
	r->final_url = hy_strdup(r, r->final_url);
	call_unlink(net, c);
	talloc_steal(net, r);
	hy_net_done_fn *done = c->done;
	void *user = c->user;
	talloc_free(c);
	hy_timer_arm(net->kick, 0);
	void *home = talloc_new(net); /* r dies with it, unless it was stolen */
	talloc_steal(home, r);
	done(user, r);
	talloc_free(home);
}

static void call_fail(struct hy_net_call *c, enum hy_net_where where, const struct hy_err *err)
{
	c->r->status = err->status;
	c->r->err = *err;
	c->r->where = where;
	c->r->nothing_sent = true;
	c->r->final_url = c->url;
	c->r->complete = false;
}

/* ---- hops ---- */

static bool redirects(int http)
{
	return http == 301 || http == 302 || http == 303 || http == 307 || http == 308;
}

/* Reads Location by the same rules as any URL; HY_EREFUSED for a step down or too many. */
static enum hy_status hop_read(struct hy_net_call *c, const char *location, struct net_url *p,
			       struct hy_err *err)
{
	struct net_url_rules rules = {.allow_http = c->q.allow_http,
				      .any_port = c->net->o.any_port,
				      .reach = c->q.reach,
				      .reach_origin = c->first_origin};

	if (c->r->hops >= HY_NET_HOPS_MAX)
		return hy_err_set(err, HY_EREFUSED, _("%s: more than %d redirects"),
				  c->first_origin, HY_NET_HOPS_MAX);
	enum hy_status status = hy_net_url_read(c, c->url, location, &rules, p, err);
	if (status == HY_OK && strncmp(c->url, "https:", 6) == 0 && !p->https)
		status = hy_err_set(err, HY_EREFUSED,
				    _("the redirect leads from https down to http"));
	if (status == HY_EINPUT && err != NULL)
		err->status = HY_EREFUSED;
	return status == HY_OK ? HY_OK : hy_err_wrap(err, _("redirect of %s"), c->origin);
}

static enum hy_status hop_start(struct hy_net_call *c, struct hy_err *err)
{
	enum hy_status status = hy_net_easy_make(c, err);

	if (status != HY_OK)
		return status;
	CURLMcode rc = curl_multi_add_handle(c->net->multi, c->easy);
	if (rc != CURLM_OK)
		return hy_err_set(err, HY_ESYSTEM, "libcurl: %s", curl_multi_strerror(rc));
	return HY_OK;
}

/* After a hop's answer: true when another hop was begun. */
static bool hop_next(struct hy_net_call *c)
{
	struct hy_err err = {0};
	struct net_url p;
	const char *location = hy_net_response_header(c->r, "location");

	if (!c->q.follow || c->r->status != HY_OK || !redirects(c->r->http) || location == NULL)
		return false;
	if (hop_read(c, location, &p, &err) != HY_OK) {
		err.status = HY_EREFUSED;
		call_fail(c, c->r->hops >= HY_NET_HOPS_MAX ? HY_NET_AT_LIMIT : HY_NET_AT_REQUEST,
			  &err);
		c->r->nothing_sent = false; /* the first hop did send */
		hy_buf_reset(&c->buf);
		return false;
	}
	c->all_permanent = c->all_permanent && (c->r->http == 301 || c->r->http == 308);
	c->r->hops++;
	c->url = p.text;
	c->origin = p.origin;
	c->to_reach = p.to_reach;
	easy_drop(c);
	if (hop_start(c, &err) == HY_OK)
		return true;
	call_fail(c, HY_NET_AT_CONNECT, &err);
	return false;
}

static void hop_done(struct hy_net_call *c, CURLcode code)
{
	hy_net_easy_result(c, code);
	if (hop_next(c))
		return;
	c->r->moved = c->r->hops > 0 && c->all_permanent && c->r->status == HY_OK;
	call_finish(c);
}

/* ---- curl multi on the loop ---- */

static void drain(struct hy_net *net)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(net->multi, &left)) != NULL) {
		struct hy_net_call *c = NULL;
		CURLcode code = m->data.result; /* m is gone once the handle is removed */

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&c);
		if (c != NULL)
			hop_done(c, code);
		else
			hy_net_link_done(hy_net_link_of(net, m->easy_handle), code);
	}
}

static void on_io(void *user, int fd, uint32_t events)
{
	struct hy_net *net = user;
	int bits = 0, running;

	if (events & EPOLLIN)
		bits |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		bits |= CURL_CSELECT_OUT;
	if (events & (EPOLLERR | EPOLLHUP))
		bits |= CURL_CSELECT_ERR;
	(void)curl_multi_socket_action(net->multi, fd, bits, &running); /* fails only if misused */
	drain(net);
}

static void on_timer(void *user)
{
	struct hy_net *net = user;
	int running;

	(void)curl_multi_socket_action(net->multi, CURL_SOCKET_TIMEOUT, 0, &running); /* as above */
	drain(net);
}

static int multi_timer(CURLM *multi, long ms, void *user)
{
	struct hy_net *net = user;

	(void)multi;
	if (ms < 0)
		hy_timer_disarm(net->timer);
	else
		hy_timer_arm(net->timer, ms);
	return 0;
}

static int multi_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *mine)
{
	struct hy_net *net = user;
	struct hy_watch_io *w = mine;
	uint32_t events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		hy_watch_io_free(w);
		curl_multi_assign(net->multi, fd, NULL);
		return 0;
	}
	if (what & CURL_POLL_IN)
		events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		events |= EPOLLOUT;
	if (w != NULL)
		hy_watch_io_set(w, events);
	else
		curl_multi_assign(net->multi, fd, hy_loop_io(net->loop, fd, events, on_io, net));
	return 0;
}

/* ---- starting what waits ---- */

static void call_start(struct hy_net_call *c, hy_time mono)
{
	struct hy_err err = {0};

	c->host->waiting--;
	c->host->in_flight++;
	c->host->free_at = mono + c->net->o.host_gap;
	c->net->running++;
	c->state = NET_RUNNING;
	c->deadline = mono + c->q.timeout;
	if (hop_start(c, &err) != HY_OK) {
		call_fail(c, HY_NET_AT_CONNECT, &err);
		slot_free(c);
		c->state = NET_FAILED;
	}
}

/* A first failed call, to be handed over outside of any walk of the list. */
static struct hy_net_call *first_failed(struct hy_net *net)
{
	for (struct hy_net_call *c = net->first; c != NULL; c = c->next)
		if (c->state == NET_FAILED)
			return c;
	return NULL;
}

static void on_kick(void *user)
{
	struct hy_net *net = user;
	hy_time mono = hy_monotonic(), soonest = HY_TIME_NEVER;
	struct hy_net_call *c;

	while ((c = first_failed(net)) != NULL)
		call_finish(c);
	for (c = net->first; c != NULL && net->running < net->o.total; c = c->next) {
		if (c->state != NET_WAITING || c->host->in_flight >= net->o.per_host)
			continue;
		if (c->host->free_at <= mono)
			call_start(c, mono);
		else if (c->host->free_at < soonest)
			soonest = c->host->free_at;
	}
	hosts_sweep(net, mono);
	if (first_failed(net) != NULL)
		hy_timer_arm(net->kick, 0);
	else if (soonest != HY_TIME_NEVER)
		hy_timer_arm(net->kick, soonest - mono);
}

static int call_destroy(struct hy_net_call *c)
{
	hy_net_easy_free(c); /* already out of the multi */
	return 0;
}

struct hy_net_call *hy_net_fetch(struct hy_net *net, const struct hy_net_request *request,
				 hy_net_done_fn *done, void *user)
{
	struct hy_net_call *c = hy_new(net, struct hy_net_call);
	struct hy_err err = {0};

	talloc_set_destructor(c, call_destroy);
	c->net = net;
	c->done = done;
	c->user = user;
	c->all_permanent = true;
	c->r = hy_new(c, struct hy_net_response);
	c->r->nothing_sent = true;
	call_link(net, c);
	enum hy_status status = hy_net_request_copy(c, request, &err);
	hy_buf_init(&c->buf, c, c->q.max_bytes);
	if (status != HY_OK) {
		c->state = NET_FAILED;
		call_fail(c, HY_NET_AT_REQUEST, &err);
	} else {
		c->host = host_of(net, c->q.reach != NULL ? c->q.reach : c->origin);
		c->host->waiting++;
	}
	hy_timer_arm(net->kick, 0);
	return c;
}

void hy_net_cancel(struct hy_net_call *call)
{
	if (call == NULL)
		return;
	struct hy_net *net = call->net;

	easy_drop(call);
	slot_free(call);
	call_unlink(net, call);
	talloc_free(call);
	hy_timer_arm(net->kick, 0);
}

hy_time hy_net_now(const struct hy_net *net)
{
	return hy_now(net->clock);
}

size_t hy_net_busy(const struct hy_net *net)
{
	return net->calls;
}

/* ---- making and ending ---- */

static void global_init(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		HY_BUG("libcurl does not start");
}

static int net_destroy(struct hy_net *net)
{
	while (net->first != NULL) {
		struct hy_net_call *c = net->first;

		easy_drop(c);
		call_unlink(net, c);
		talloc_free(c);
	}
	while (net->links != NULL)
		hy_net_link_detach(net->links);
	curl_multi_cleanup(net->multi);
	hy_timer_free(net->timer);
	hy_timer_free(net->kick);
	return 0;
}

static enum hy_status read_deny(struct hy_net *net, const struct hy_net_options *o,
				struct hy_err *err)
{
	void *tmp = talloc_new(NULL);
	enum hy_status status = HY_OK;

	net->deny = hy_new_array(net, struct sockaddr_storage, o->n_deny + 1);
	for (size_t i = 0; status == HY_OK && i < o->n_deny; i++) {
		bool v6 = strchr(o->deny[i], ':') != NULL;
		socklen_t n;

		status = hy_net_reach_parse(hy_strf(tmp, v6 ? "[%s]:1" : "%s:1", o->deny[i]),
					    &net->deny[net->n_deny], &n, err);
		net->n_deny++;
	}
	talloc_free(tmp);
	return status;
}

/* One text of the system's authorities and the office's own: libcurl takes one file or one text. */
static enum hy_status read_authorities(struct hy_net *net, const char *file, struct hy_err *err)
{
	const char *system = curl_version_info(CURLVERSION_NOW)->cainfo;
	char *own = NULL, *all = NULL;
	size_t n = 0, n_all = 0;
	enum hy_status status = hy_file_read(net, file, AUTHORITIES_MAX, &own, &n, err);

	if (status != HY_OK)
		return hy_err_wrap(err, "net.ca_file");
	if (memmem(own, n, "-----BEGIN CERTIFICATE-----", 27) == NULL)
		return hy_err_set(err, HY_EINPUT,
				  _("net.ca_file: %s holds no certificate (PEM: BEGIN CERTIFICATE)"),
				  file);
	hy_buf_init(&net->authorities, net, 2 * AUTHORITIES_MAX + 1);
	if (system != NULL &&
	    hy_file_read(net, system, AUTHORITIES_MAX, &all, &n_all, NULL) == HY_OK)
		hy_buf_add(&net->authorities, all, n_all);
	hy_buf_chr(&net->authorities, '\n');
	hy_buf_add(&net->authorities, own, n);
	talloc_free(own);
	talloc_free(all);
	return HY_OK;
}

void hy_net_trust(const struct hy_net *net, CURL *easy)
{
	struct curl_blob pem = {.data = net->authorities.data,
				.len = net->authorities.len,
				.flags = CURL_BLOB_NOCOPY};

	if (pem.len > 0)
		curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &pem);
}

static void copy_options(struct hy_net *net, const struct hy_net_options *o)
{
	net->o.per_host = o->per_host > 0 ? o->per_host : 1;
	net->o.total = o->total > 0 ? o->total : 64;
	net->o.host_gap = o->host_gap;
	net->o.any_port = o->any_port;
	net->o.timeout = o->timeout;
	net->clock = o->clock != NULL ? o->clock : hy_clock_real();
	net->agent = o->contact != NULL && o->contact[0] != '\0'
			     ? hy_strf(net, "huying/%s (+%s)", PACKAGE_VERSION, o->contact)
			     : hy_strf(net, "huying/%s", PACKAGE_VERSION);
	for (char *p = net->agent; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
}

enum hy_status hy_net_new(struct hy_net **out, const void *ctx, struct hy_loop *loop,
			  const struct hy_net_options *options, struct hy_err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	static const struct hy_net_options defaults;
	const struct hy_net_options *o = options != NULL ? options : &defaults;
	struct hy_net *net = hy_new(ctx, struct hy_net);

	pthread_once(&once, global_init);
	net->loop = loop;
	copy_options(net, o);
	enum hy_status status = read_deny(net, o, err);
	if (status == HY_OK && o->ca_file != NULL)
		status = read_authorities(net, o->ca_file, err);
	if (status == HY_OK && (net->multi = curl_multi_init()) == NULL)
		status = hy_err_set(err, HY_ESYSTEM, _("libcurl gives no handle"));
	if (status != HY_OK) {
		talloc_free(net);
		return status;
	}
	net->timer = hy_loop_timer(loop, on_timer, net);
	net->kick = hy_loop_timer(loop, on_kick, net);
	curl_multi_setopt(net->multi, CURLMOPT_SOCKETFUNCTION, multi_socket);
	curl_multi_setopt(net->multi, CURLMOPT_SOCKETDATA, net);
	curl_multi_setopt(net->multi, CURLMOPT_TIMERFUNCTION, multi_timer);
	curl_multi_setopt(net->multi, CURLMOPT_TIMERDATA, net);
	talloc_set_destructor(net, net_destroy);
	*out = net;
	return HY_OK;
}

struct wait {
	const void *ctx;
	struct hy_net_response *r;
	struct hy_loop *loop;
};

static void wait_done(void *user, struct hy_net_response *r)
{
	struct wait *w = user;

	w->r = talloc_steal(w->ctx, r);
	hy_loop_stop(w->loop);
}

enum hy_status hy_net_fetch_wait(const void *ctx, const struct hy_net_options *options,
				 const struct hy_net_request *request, struct hy_net_response **out,
				 struct hy_err *err)
{
	void *tmp = talloc_new(NULL);
	struct wait w = {.ctx = ctx};
	struct hy_net *net = NULL;
	struct hy_err why = {0};
	enum hy_status status = hy_loop_new(&w.loop, tmp, &why);

	if (status == HY_OK)
		status = hy_net_new(&net, tmp, w.loop, options, &why);
	if (status == HY_OK) {
		hy_net_fetch(net, request, wait_done, &w);
		status = hy_loop_run(w.loop, &why);
	}
	if (w.r == NULL) { /* the loop failed */
		w.r = hy_new(ctx, struct hy_net_response);
		w.r->status = status != HY_OK ? status : HY_ESYSTEM;
		w.r->err = why;
		w.r->nothing_sent = net == NULL;
		w.r->body = hy_strdup(w.r, "");
	}
	talloc_free(net); /* before its loop */
	talloc_free(tmp);
	*out = w.r;
	if (err != NULL)
		*err = w.r->err;
	return w.r->status;
}
