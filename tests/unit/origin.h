/* A scripted server for tests: one thread, port 0, a function that answers each connection. */
#ifndef TESTS_UNIT_ORIGIN_H
#define TESTS_UNIT_ORIGIN_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct origin;
/* Answers one connection whose request (head and body) has been read; the fd is closed after. */
typedef void origin_fn(struct origin *o, int fd, int nth, const char *request);
struct origin {
	origin_fn *serve;
	void *user;
	bool raw;
	int listener, stop[2];
	int port;
	char reach[32];
	pthread_t thread;
	int connections;  /* read after origin_stop(), or by origin_count() */
	char last[65536]; /* the last request */
	pthread_mutex_t lock;
};
void origin_start(struct origin *o, origin_fn *serve, void *user);
/* For what is not HTTP: serve reads the connection itself. */
void origin_start_raw(struct origin *o, origin_fn *serve, void *user);
void origin_stop(struct origin *o);
int origin_count(struct origin *o);
/* A copy of the last request into out. */
void origin_last(struct origin *o, char *out, size_t room);
/* For serve functions. False when the peer is gone. */
bool origin_send(int fd, const void *bytes, size_t n);
bool origin_text(int fd, const char *text);
/* A whole answer with Content-Length. head: "200 OK\r\nX: y" */
bool origin_answer(int fd, const char *head, const char *body);
/* True when the stop pipe was closed: for endless answers. */
bool origin_stopping(struct origin *o, int wait_ms);

#endif
