/*
 * The workers: threads that open the record. Each has a desk of its own; a request is whole and
 * suspended when it comes here, and its answer goes back by the bell.
 */
#include "web/internal.h"

#include <stddef.h>
#include <string.h>

static void push(struct web_queue *q, struct web_req *req)
{
	req->next = NULL;
	*q->last = req;
	q->last = &req->next;
	q->n++;
}

/* Whose turn a request counts as: a session's, a token's, or an address's where there is neither.
 */
static uint64_t whose(const struct web_req *req)
{
	char *cookie =
		web_cookie(req, req->cookie, req->web->https ? WEB_COOKIE_HTTPS : WEB_COOKIE_HTTP);
	const char *name = req->bearer ? req->bearer : cookie ? cookie : req->remote;

	return name ? hy_xxh64(name, strlen(name)) : 0;
}

enum web_put web_work_push(struct hy_web *w, struct web_req *req)
{
	enum web_put put = WEB_PUT_FULL;

	req->turn = (struct web_turn){0};
	if (!req->tick) {
		req->turn.dear = web_route_dear(req->route);
		req->turn.whose = whose(req);
	}
	pthread_mutex_lock(&w->lock);
	if (!w->stopping)
		put = web_fair_put(&w->fair, &req->turn);
	if (put == WEB_PUT)
		pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
	return put;
}

static struct web_req *req_of(struct web_turn *t)
{
	return t ? (struct web_req *)((char *)t - offsetof(struct web_req, turn)) : NULL;
}

static struct web_req *wait_for(struct hy_web *w)
{
	struct web_turn *turn = NULL;

	pthread_mutex_lock(&w->lock);
	while (!w->stopping && !(turn = web_fair_take(&w->fair)))
		pthread_cond_wait(&w->more, &w->lock);
	pthread_mutex_unlock(&w->lock);
	return req_of(turn);
}

static void hand_back(struct hy_web *w, struct web_req *req)
{
	pthread_mutex_lock(&w->lock);
	web_fair_done(&w->fair, &req->turn);
	if (req->turn.dear) /* another dear one may have its turn now */
		pthread_cond_signal(&w->more);
	push(&w->done, req);
	pthread_mutex_unlock(&w->lock);
	hy_bell_ring(w->bell);
}

/* A desk that could not be opened is tried again at the next request: the record may be back. */
static void *run(void *user)
{
	struct hy_web *w = user;
	const struct hy_web_desk *vt = w->conf.desk;
	void *ctx = hy_new(NULL, char);
	void *desk = NULL;
	struct web_req *req;

	while ((req = wait_for(w))) {
		struct hy_err err = {0};

		if (!desk && vt->open(&desk, ctx, w->conf.desk_user, &err)) {
			desk = NULL;
			hy_log_err(HY_LOG_ERR, "web", "the record cannot be opened", &err);
		}
		web_serve(w, desk, req);
		hand_back(w, req);
	}
	talloc_free(ctx);
	return NULL;
}

enum hy_status web_work_start(struct hy_web *w, struct hy_err *err)
{
	web_fair_init(&w->fair, w->conf.workers);
	for (int i = 0; i < w->conf.workers; i++) {
		if (pthread_create(&w->threads[i], NULL, run, w))
			return hy_err_set(err, HY_ESYSTEM, "web: no thread for worker %d", i + 1);
		w->n_threads++;
	}
	return HY_OK;
}

/* What is still queued is answered 503 by its owner: handed back unserved. */
void web_work_stop(struct hy_web *w)
{
	struct web_turn *turn, *next;

	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	for (turn = web_fair_drain(&w->fair); turn; turn = next) {
		next = turn->next;
		req_of(turn)->answer.status = 503;
		push(&w->done, req_of(turn));
	}
	pthread_cond_broadcast(&w->more);
	pthread_mutex_unlock(&w->lock);
	for (int i = 0; i < w->n_threads; i++)
		pthread_join(w->threads[i], NULL);
	w->n_threads = 0;
}
