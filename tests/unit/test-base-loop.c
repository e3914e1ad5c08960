/* The loop: order of timers, watches that free themselves, signals, bells rung by other threads. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

struct run {
	struct hy_loop *loop;
	struct hy_timer *timer;
	struct hy_watch_io *watch;
	char trace[32];
	int64_t at;
	int count;
};

static void add(struct run *r, char c)
{
	size_t n = strlen(r->trace);

	assert_true(n + 1 < sizeof(r->trace));
	r->trace[n] = c;
}

static struct run start(void **state)
{
	struct run r = {0};

	(void)state;
	assert_int_equal(hy_loop_new(&r.loop, NULL, NULL), HY_OK);
	return r;
}

static void on_a(void *user)
{
	add(user, 'a');
}

static void on_b(void *user)
{
	add(user, 'b');
}

static void on_stop(void *user)
{
	struct run *r = user;

	add(r, '.');
	r->at = hy_monotonic();
	hy_loop_stop(r->loop);
}

/* Each arms the next: timers that are due together may come in any order, as on a busy machine. */
struct chain {
	struct run *r;
	struct hy_timer *next;
	char mark;
};

static void on_link(void *user)
{
	struct chain *c = user;

	add(c->r, c->mark);
	hy_timer_arm(c->next, 20);
}

static void test_timers(void **state)
{
	struct run r = start(state);
	struct chain first = {.r = &r, .mark = 'a'}, second = {.r = &r, .mark = 'b'};
	struct hy_timer *a = hy_loop_timer(r.loop, on_link, &first);
	struct hy_timer *b = hy_loop_timer(r.loop, on_link, &second);
	struct hy_timer *never = hy_loop_timer(r.loop, on_b, &r);
	struct hy_timer *stop = hy_loop_timer(r.loop, on_stop, &r);
	int64_t begun = hy_monotonic();

	first.next = b;
	second.next = stop;
	hy_timer_arm(a, 20);
	hy_timer_arm(never, 10);
	hy_timer_disarm(never);
	hy_timer_free(never);
	hy_timer_free(NULL);
	assert_false(hy_loop_stopping(r.loop));
	assert_int_equal(hy_loop_run(r.loop, NULL), HY_OK);
	assert_true(hy_loop_stopping(r.loop));
	assert_string_equal(r.trace, "ab.");
	assert_in_range(r.at - begun, 59, 60000);
	talloc_free(r.loop);
}

static void on_again(void *user)
{
	struct run *r = user;

	if (++r->count < 5) {
		hy_timer_arm(r->timer, 0);
	} else {
		hy_timer_free(r->timer); /* its own */
		hy_loop_stop(r->loop);
	}
}

static void test_rearm(void **state)
{
	struct run r = start(state);

	r.timer = hy_loop_timer(r.loop, on_again, &r);
	hy_timer_arm(r.timer, -5);
	assert_int_equal(hy_loop_run(r.loop, NULL), HY_OK);
	assert_int_equal(r.count, 5);
	talloc_free(r.loop);
}

static void on_pipe(void *user, int fd, uint32_t events)
{
	struct run *r = user;
	char c;

	assert_true(events & EPOLLIN);
	assert_int_equal(read(fd, &c, 1), 1);
	add(r, c);
	if (c == 'z') {
		hy_watch_io_free(r->watch);
		r->watch = NULL;
	}
}

static void test_io(void **state)
{
	struct run r = start(state);
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	r.watch = hy_loop_io(r.loop, fds[0], EPOLLIN, on_pipe, &r);
	assert_int_equal(hy_loop_once(r.loop, 0, NULL), HY_OK);
	assert_string_equal(r.trace, "");
	assert_int_equal(write(fds[1], "xz!", 3), 3);
	hy_watch_io_set(r.watch, 0);
	assert_int_equal(hy_loop_once(r.loop, 0, NULL), HY_OK);
	assert_string_equal(r.trace, "");
	hy_watch_io_set(r.watch, EPOLLIN);
	for (int i = 0; i < 5; i++)
		assert_int_equal(hy_loop_once(r.loop, 0, NULL), HY_OK);
	assert_string_equal(r.trace, "xz");
	assert_null(r.watch);
	hy_watch_io_free(NULL);
	close(fds[0]);
	close(fds[1]);
	talloc_free(r.loop);
}

static void on_signal(void *user, int signo)
{
	struct run *r = user;

	add(r, signo == SIGUSR1 ? 'u' : '?');
	hy_loop_stop(r->loop);
}

static void test_signal(void **state)
{
	struct run r = start(state);
	struct hy_err err = {0};
	sigset_t set;

	assert_int_equal(hy_loop_signal(r.loop, SIGUSR1, on_signal, &r, &err), HY_ESYSTEM);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	assert_int_equal(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	assert_int_equal(hy_loop_signal(r.loop, SIGUSR1, on_signal, &r, &err), HY_OK);
	assert_int_equal(raise(SIGUSR1), 0);
	assert_int_equal(hy_loop_run(r.loop, NULL), HY_OK);
	assert_string_equal(r.trace, "u");
	talloc_free(r.loop);
}

static void *ring_much(void *bell)
{
	for (int i = 0; i < 1000; i++)
		hy_bell_ring(bell);
	return NULL;
}

static void test_bell(void **state)
{
	struct run r = start(state);
	struct hy_bell *bell = hy_bell_new(NULL), *second = hy_bell_new(NULL);
	pthread_t thread;

	hy_bell_hear(bell, r.loop, on_stop, &r);
	assert_int_equal(pthread_create(&thread, NULL, ring_much, bell), 0);
	assert_int_equal(hy_loop_run(r.loop, NULL), HY_OK);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_string_equal(r.trace, ".");
	hy_bell_hear(second, r.loop, on_a, &r);
	talloc_free(second); /* before the loop */
	talloc_free(r.loop);
	talloc_free(bell); /* after it */
}

static void test_manager(void **state)
{
	struct run r = start(state);

	assert_int_equal(hy_loop_watchdog(r.loop, NULL), HY_OK); /* no manager: nothing to do */
	hy_notify_manager("READY=1");
	talloc_free(r.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timers), cmocka_unit_test(test_rearm),
		cmocka_unit_test(test_io),     cmocka_unit_test(test_signal),
		cmocka_unit_test(test_bell),   cmocka_unit_test(test_manager),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
