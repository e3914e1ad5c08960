/* The event loop: sd-event, one a thread. Timers follow CLOCK_MONOTONIC (accuracy 1 ms: 0 would
 * mean 250, ecosystem box B1). */
#ifndef HY_BASE_LOOP_H
#define HY_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/time.h"

struct hy_loop;
struct hy_watch_io;
struct hy_timer;

/* Makes this thread's loop. talloc child of ctx; freeing it frees its sources. */
enum hy_status hy_loop_new(struct hy_loop **out, const void *ctx, struct hy_err *err);
/* Runs until hy_loop_stop(); returns HY_OK or HY_ESYSTEM. */
enum hy_status hy_loop_run(struct hy_loop *loop, struct hy_err *err);
/* One turn: waits at most timeout_ms (-1: for ever) for something and handles what is ready. */
enum hy_status hy_loop_once(struct hy_loop *loop, int timeout_ms, struct hy_err *err);
void hy_loop_stop(struct hy_loop *loop); /* from the loop's own thread */
bool hy_loop_stopping(const struct hy_loop *loop);

/* fd readiness: events is EPOLLIN | EPOLLOUT. The callback may free its own watch. */
typedef void hy_io_fn(void *user, int fd, uint32_t events);
struct hy_watch_io *hy_loop_io(struct hy_loop *loop, int fd, uint32_t events, hy_io_fn *fn,
			       void *user);
void hy_watch_io_set(struct hy_watch_io *w, uint32_t events);
void hy_watch_io_free(struct hy_watch_io *w); /* NULL is fine; does not close fd */

/* One-shot timers, armed with a delay in ms; re-arm in the callback for a period. */
typedef void hy_timer_fn(void *user);
struct hy_timer *hy_loop_timer(struct hy_loop *loop, hy_timer_fn *fn, void *user); /* disarmed */
void hy_timer_arm(struct hy_timer *t, int64_t delay_ms);
void hy_timer_disarm(struct hy_timer *t);
void hy_timer_free(struct hy_timer *t);

/* Signals (blocked in all threads by the caller before): calls fn(user) in the loop. */
typedef void hy_signal_fn(void *user, int signo);
enum hy_status hy_loop_signal(struct hy_loop *loop, int signo, hy_signal_fn *fn, void *user,
			      struct hy_err *err);

/* sd_notify watchdog handling for the main loop: arms WATCHDOG_USEC pings when the service manager
 * asks for them. */
enum hy_status hy_loop_watchdog(struct hy_loop *loop, struct hy_err *err);
/* "READY=1", "STOPPING=1", "STATUS=..." to the service manager; nothing when there is none. */
void hy_notify_manager(const char *state);
/* The first listening socket that the service manager passed (sd_listen_fds), 0 when none. */
int hy_manager_socket(void);

/* A bell: an eventfd that any thread may ring and one loop hears. "The record moved." */
struct hy_bell;
struct hy_bell *hy_bell_new(const void *ctx);
void hy_bell_ring(struct hy_bell *bell); /* thread-safe, async-signal-safe */
void hy_bell_hear(struct hy_bell *bell, struct hy_loop *loop, hy_timer_fn *fn, void *user);

#endif
