/*
 * The workers: threads that open the record. Each has a desk of its own; a request is whole and
 * suspended when it comes here, and its answer goes back by the bell.
 */
#include "web/internal.h"

#include <string.h>

static void push(struct web_queue *q, struct web_req *req)
{
	req->next = NULL;
	*q->last = req;
	q->last = &req->next;
	q->n++;
}

bool web_work_push(struct hy_web *w, struct web_req *req)
{
	bool room;

	pthread_mutex_lock(&w->lock);
	room = !w->stopping && w->queue.n < WEB_QUEUE_MAX;
	if (room) {
		push(&w->queue, req);
		pthread_cond_signal(&w->more);
	}
	pthread_mutex_unlock(&w->lock);
	return room;
}

static struct web_req *wait_for(struct hy_web *w)
{
	struct web_req *req = NULL;

	pthread_mutex_lock(&w->lock);
	while (!w->queue.first && !w->stopping)
		pthread_cond_wait(&w->more, &w->lock);
	if (!w->stopping && (req = w->queue.first)) {
		w->queue.first = req->next;
		w->queue.n--;
		if (!w->queue.first)
			w->queue.last = &w->queue.first;
	}
	pthread_mutex_unlock(&w->lock);
	return req;
}

static void hand_back(struct hy_web *w, struct web_req *req)
{
	pthread_mutex_lock(&w->lock);
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
	struct web_req *req, *next;

	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	req = w->queue.first;
	w->queue = (struct web_queue){.last = &w->queue.first};
	for (; req; req = next) {
		next = req->next;
		req->answer.status = 503;
		push(&w->done, req);
	}
	pthread_cond_broadcast(&w->more);
	pthread_mutex_unlock(&w->lock);
	for (int i = 0; i < w->n_threads; i++)
		pthread_join(w->threads[i], NULL);
	w->n_threads = 0;
}
