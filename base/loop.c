/*
 * The event loop over sd-event. Sources are talloc children of the loop whose destructors let go of
 * the sd-event source; a callback may free its own source, as nothing touches it afterwards.
 */
#include "config.h"
#include "base/loop.h"
#include "base/base.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#define TIMER_ACCURACY_USEC 1000 /* 0 would mean 250 ms */
#define DELAY_MAX_MS (INT64_C(10) * 366 * 24 * 3600 * 1000)

struct hy_loop {
	sd_event *event;
	bool stopping;
};

struct hy_watch_io {
	sd_event_source *source;
	hy_io_fn *fn;
	void *user;
	struct hy_watch_io **back; /* set to NULL when this is freed; may be NULL */
};

struct hy_timer {
	sd_event_source *source;
	hy_timer_fn *fn;
	void *user;
};

struct signal_source {
	sd_event_source *source;
	hy_signal_fn *fn;
	void *user;
};

struct hy_bell {
	int fd;
	struct hy_watch_io *watch;
	hy_timer_fn *fn;
	void *user;
};

static enum hy_status loop_error(struct hy_err *err, const char *what, int code)
{
	if (code == -ENOMEM)
		hy_mem_die();
	return hy_err_set(err, HY_ESYSTEM, "event loop: %s: %s", what,
			  hy_strerror(-code));
}

/* For calls that can fail only by our own mistake. */
static void must(int rc, const char *what)
{
	if (rc == -ENOMEM)
		hy_mem_die();
	if (rc < 0)
		HY_BUG("event loop: %s: %s", what, strerrordesc_np(-rc));
}

static int destroy_loop(struct hy_loop *loop)
{
	sd_event_unref(loop->event); /* sources, freed after this, hold it as long as they live */
	return 0;
}

enum hy_status hy_loop_new(struct hy_loop **out, const void *ctx, struct hy_err *err)
{
	sd_event *event = NULL;
	int rc = sd_event_new(&event);
	struct hy_loop *loop;

	if (rc < 0)
		return loop_error(err, "cannot start", rc);
	loop = hy_new(ctx, struct hy_loop);
	loop->event = event;
	talloc_set_destructor(loop, destroy_loop);
	*out = loop;
	return HY_OK;
}

enum hy_status hy_loop_once(struct hy_loop *loop, int timeout_ms, struct hy_err *err)
{
	uint64_t usec = timeout_ms < 0 ? UINT64_MAX : (uint64_t)timeout_ms * 1000;
	int rc = sd_event_run(loop->event, usec);

	if (rc < 0 && rc != -EINTR)
		return loop_error(err, "cannot wait", rc);
	return HY_OK;
}

enum hy_status hy_loop_run(struct hy_loop *loop, struct hy_err *err)
{
	enum hy_status status = HY_OK;

	while (!loop->stopping && status == HY_OK)
		status = hy_loop_once(loop, -1, err);
	return status;
}

void hy_loop_stop(struct hy_loop *loop)
{
	loop->stopping = true;
}

bool hy_loop_stopping(const struct hy_loop *loop)
{
	return loop->stopping;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct hy_watch_io *w = user;

	(void)source;
	w->fn(w->user, fd, revents);
	return 0;
}

static int destroy_io(struct hy_watch_io *w)
{
	if (w->back)
		*w->back = NULL;
	sd_event_source_disable_unref(w->source);
	return 0;
}

struct hy_watch_io *hy_loop_io(struct hy_loop *loop, int fd, uint32_t events, hy_io_fn *fn,
			       void *user)
{
	struct hy_watch_io *w = hy_new(loop, struct hy_watch_io);

	w->fn = fn;
	w->user = user;
	must(sd_event_add_io(loop->event, &w->source, fd, events, on_io, w), "watch a descriptor");
	talloc_set_destructor(w, destroy_io);
	return w;
}

void hy_watch_io_set(struct hy_watch_io *w, uint32_t events)
{
	must(sd_event_source_set_io_events(w->source, events), "change a watch");
}

void hy_watch_io_free(struct hy_watch_io *w)
{
	talloc_free(w);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *user)
{
	struct hy_timer *t = user;

	(void)source;
	(void)usec;
	t->fn(t->user); /* sd-event has switched the one-shot source off already */
	return 0;
}

static int destroy_timer(struct hy_timer *t)
{
	sd_event_source_disable_unref(t->source);
	return 0;
}

struct hy_timer *hy_loop_timer(struct hy_loop *loop, hy_timer_fn *fn, void *user)
{
	struct hy_timer *t = hy_new(loop, struct hy_timer);

	t->fn = fn;
	t->user = user;
	must(sd_event_add_time(loop->event, &t->source, CLOCK_MONOTONIC, UINT64_MAX,
			       TIMER_ACCURACY_USEC, on_timer, t),
	     "make a timer");
	must(sd_event_source_set_enabled(t->source, SD_EVENT_OFF), "disarm a timer");
	talloc_set_destructor(t, destroy_timer);
	return t;
}

void hy_timer_arm(struct hy_timer *t, int64_t delay_ms)
{
	struct timespec now;
	uint64_t due;

	delay_ms = delay_ms < 0 ? 0 : delay_ms > DELAY_MAX_MS ? DELAY_MAX_MS : delay_ms;
	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		HY_BUG("clock_gettime: errno %d", errno);
	due = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000 +
	      (uint64_t)delay_ms * 1000;
	must(sd_event_source_set_time(t->source, due), "set a timer");
	must(sd_event_source_set_enabled(t->source, SD_EVENT_ONESHOT), "arm a timer");
}

void hy_timer_disarm(struct hy_timer *t)
{
	must(sd_event_source_set_enabled(t->source, SD_EVENT_OFF), "disarm a timer");
}

void hy_timer_free(struct hy_timer *t)
{
	talloc_free(t);
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *user)
{
	struct signal_source *s = user;

	(void)source;
	s->fn(s->user, (int)info->ssi_signo);
	return 0;
}

static int destroy_signal(struct signal_source *s)
{
	sd_event_source_disable_unref(s->source);
	return 0;
}

enum hy_status hy_loop_signal(struct hy_loop *loop, int signo, hy_signal_fn *fn, void *user,
			      struct hy_err *err)
{
	struct signal_source *s = hy_new(loop, struct signal_source);
	int rc;

	s->fn = fn;
	s->user = user;
	rc = sd_event_add_signal(loop->event, &s->source, signo, on_signal, s);
	if (rc < 0) {
		talloc_free(s);
		return loop_error(err, "cannot take a signal (is it blocked?)", rc);
	}
	talloc_set_destructor(s, destroy_signal);
	return HY_OK;
}

enum hy_status hy_loop_watchdog(struct hy_loop *loop, struct hy_err *err)
{
	int rc = sd_event_set_watchdog(loop->event, 1);

	return rc < 0 ? loop_error(err, "cannot start the watchdog", rc) : HY_OK;
}

void hy_notify_manager(const char *state)
{
	(void)sd_notify(0, state); /* no manager, or one that went away: nothing to do */
}

static int destroy_bell(struct hy_bell *bell)
{
	talloc_free(bell->watch);
	(void)close(bell->fd); /* an eventfd has nothing to lose */
	return 0;
}

struct hy_bell *hy_bell_new(const void *ctx)
{
	struct hy_bell *bell = hy_new(ctx, struct hy_bell);

	bell->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (bell->fd < 0) /* out of descriptors: as fatal as out of memory */
		hy_mem_die();
	talloc_set_destructor(bell, destroy_bell);
	return bell;
}

void hy_bell_ring(struct hy_bell *bell)
{
	uint64_t one = 1;
	int saved = errno;

	/* EAGAIN: it rings already */
	if (write(bell->fd, &one, sizeof(one)) < 0)
		errno = saved;
}

static void on_bell(void *user, int fd, uint32_t events)
{
	struct hy_bell *bell = user;
	uint64_t rings;

	(void)events;
	if (read(fd, &rings, sizeof(rings)) == (ssize_t)sizeof(rings))
		bell->fn(bell->user);
}

void hy_bell_hear(struct hy_bell *bell, struct hy_loop *loop, hy_timer_fn *fn, void *user)
{
	talloc_free(bell->watch);
	bell->fn = fn;
	bell->user = user;
	bell->watch = hy_loop_io(loop, bell->fd, EPOLLIN, on_bell, bell);
	bell->watch->back = &bell->watch;
}

int hy_manager_socket(void)
{
	return sd_listen_fds(0) > 0 ? SD_LISTEN_FDS_START : 0;
}
