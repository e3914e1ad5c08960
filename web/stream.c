/*
 * Live change by server-sent events. The first event of a stream is the whole state, so that a page
 * is never empty until something happens; then the state again whenever the record has moved. A
 * stream lives five minutes: coming back, the browser must show a cookie that still holds.
 */
#include "web/internal.h"

#include <microhttpd.h>
#include <string.h>

#define BEAT_EVERY (15 * HY_SECOND)
#define TICK_EVERY 2000
#define STREAM_BUFFER (256u << 10)

struct web_stream {
	struct web_stream *prev, *next;
	struct hy_web *web;
	struct MHD_Connection *mhd;
	struct hy_buf out;
	size_t sent;
	int64_t opened, beat;
	bool asleep; /* its connection is suspended until there is something to say */
	bool ended;
	uint8_t session[HY_SHA256_LEN];
};

static void wake(struct web_stream *s)
{
	if (!s->asleep)
		return;
	s->asleep = false;
	MHD_resume_connection(s->mhd);
}

static ssize_t give(void *user, uint64_t at, char *to, size_t max)
{
	struct web_stream *s = user;
	size_t left = s->out.len - s->sent;

	(void)at;
	if (!left && s->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (!left) {
		hy_buf_reset(&s->out);
		s->sent = 0;
		s->asleep = true;
		MHD_suspend_connection(s->mhd);
		return 0;
	}
	if (left > max)
		left = max;
	memcpy(to, s->out.data + s->sent, left);
	s->sent += left;
	return (ssize_t)left;
}

static void gone(void *user)
{
	struct web_stream *s = user;

	if (s->prev)
		s->prev->next = s->next;
	else
		s->web->streams = s->next;
	if (s->next)
		s->next->prev = s->prev;
	s->web->n_streams--;
	talloc_free(s);
}

static void say(struct web_stream *s, const char *event, const char *data)
{
	if (s->sent == s->out.len) {
		hy_buf_reset(&s->out);
		s->sent = 0;
	}
	hy_buf_fmt(&s->out, "id: %" PRIu64 "\nevent: %s\ndata: %s\n\n", s->web->event_id, event,
		   data);
	if (s->out.over) /* a reader that does not read */
		s->ended = true;
	wake(s);
}

/* ---- has the record moved? ---- */

static void on_tick(void *user)
{
	struct hy_web *w = user;

	if (!w->streams)
		return;
	hy_timer_arm(w->ticker, TICK_EVERY);
	if (w->tick_out)
		return;
	struct web_req *req = hy_new(NULL, struct web_req);
	req->web = w;
	req->tick = true;
	req->version = w->version_seen;
	w->tick_out = web_work_push(w, req) == WEB_PUT;
	if (!w->tick_out)
		talloc_free(req);
	w->tick_last = hy_monotonic();
}

void hy_web_moved(struct hy_web *w)
{
	int64_t since = hy_monotonic() - w->tick_last;

	if (!w->streams || !w->ticker)
		return;
	hy_timer_arm(w->ticker, since >= 1000 ? 0 : 1000 - since);
}

struct MHD_Response *web_stream_open(struct web_req *req)
{
	struct hy_web *w = req->web;
	struct web_stream *s;
	struct MHD_Response *r;

	if (w->n_streams >= WEB_STREAMS_MAX)
		return NULL;
	s = hy_new(w, struct web_stream);
	s->web = w;
	s->mhd = req->mhd;
	s->opened = s->beat = hy_monotonic();
	memcpy(s->session, req->session, sizeof(s->session));
	hy_buf_init(&s->out, s, STREAM_BUFFER);
	r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, give, s, gone);
	if (!r) {
		talloc_free(s);
		return NULL;
	}
	s->next = w->streams;
	if (w->streams)
		w->streams->prev = s;
	w->streams = s;
	w->n_streams++;
	hy_buf_str(&s->out, "retry: 3000\n");
	say(s, "state", req->answer.body);
	if (!w->ticker)
		w->ticker = hy_loop_timer(w->loop, on_tick, w);
	hy_timer_arm(w->ticker, TICK_EVERY);
	return r;
}

void web_stream_send(struct hy_web *w, const char *event, const char *data)
{
	w->event_id++;
	for (struct web_stream *s = w->streams; s; s = s->next)
		if (!s->ended)
			say(s, event, data);
}

static void end(struct web_stream *s)
{
	s->ended = true;
	wake(s);
}

void web_stream_drop_session(struct hy_web *w, const uint8_t session[HY_SHA256_LEN])
{
	for (struct web_stream *s = w->streams; s; s = s->next)
		if (!memcmp(s->session, session, HY_SHA256_LEN))
			end(s);
}

/* A comment now and then finds out who has gone. */
void web_stream_beat(struct hy_web *w, int64_t now)
{
	for (struct web_stream *s = w->streams; s; s = s->next) {
		if (now - s->opened > WEB_STREAM_LIFE) {
			end(s);
		} else if (now - s->beat > BEAT_EVERY && s->asleep) {
			s->beat = now;
			hy_buf_str(&s->out, ": \n\n");
			wake(s);
		}
	}
}

void web_streams_close(struct hy_web *w)
{
	for (struct web_stream *s = w->streams; s; s = s->next)
		end(s);
	if (w->ticker)
		hy_timer_disarm(w->ticker);
}
