/* A scripted server for tests. See origin.h. */
#include "config.h"
#include "tests/unit/origin.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	abort();
}

bool origin_stopping(struct origin *o, int wait_ms)
{
	struct pollfd p = {.fd = o->stop[0], .events = POLLIN};

	return poll(&p, 1, wait_ms) > 0;
}

bool origin_send(int fd, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n > 0) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);

		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

bool origin_text(int fd, const char *text)
{
	return origin_send(fd, text, strlen(text));
}

bool origin_answer(int fd, const char *head, const char *body)
{
	char lines[4096];

	snprintf(lines, sizeof(lines), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n", head,
		 strlen(body));
	return origin_text(fd, lines) && origin_text(fd, body);
}

/* Reads head and the body that Content-Length announces. */
static bool request_read(int fd, char *buf, size_t room)
{
	size_t n = 0, need = 0;

	while (n + 1 < room) {
		ssize_t k = recv(fd, buf + n, room - 1 - n, 0);

		if (k <= 0)
			return false;
		n += (size_t)k;
		buf[n] = '\0';
		char *end = strstr(buf, "\r\n\r\n");
		if (end == NULL)
			continue;
		char *len = strcasestr(buf, "\r\nContent-Length:");
		need = (size_t)(end - buf) + 4;
		if (len != NULL && len < end)
			need += strtoul(len + 17, NULL, 10);
		if (n >= need)
			return true;
	}
	return true;
}

static void *run(void *user)
{
	struct origin *o = user;
	char *buf = calloc(1, sizeof(o->last));

	for (;;) {
		struct pollfd p[2] = {{.fd = o->listener, .events = POLLIN},
				      {.fd = o->stop[0], .events = POLLIN}};

		if (poll(p, 2, -1) < 0)
			die("poll");
		if (p[1].revents != 0)
			break;
		int fd = accept(o->listener, NULL, NULL);
		if (fd < 0)
			continue;
		pthread_mutex_lock(&o->lock);
		int nth = o->connections++;
		pthread_mutex_unlock(&o->lock);
		if (o->raw) {
			o->serve(o, fd, nth, "");
		} else if (o->serve != NULL && request_read(fd, buf, sizeof(o->last))) {
			pthread_mutex_lock(&o->lock);
			memcpy(o->last, buf, sizeof(o->last));
			pthread_mutex_unlock(&o->lock);
			o->serve(o, fd, nth, buf);
		}
		shutdown(fd, SHUT_WR);
		close(fd);
	}
	free(buf);
	return NULL;
}

static void start(struct origin *o, origin_fn *serve, void *user, bool raw)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(in);

	memset(o, 0, sizeof(*o));
	o->serve = serve;
	o->user = user;
	o->raw = raw;
	pthread_mutex_init(&o->lock, NULL);
	o->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (o->listener < 0 || bind(o->listener, (struct sockaddr *)&in, sizeof(in)) < 0 ||
	    listen(o->listener, 64) < 0 ||
	    getsockname(o->listener, (struct sockaddr *)&in, &len) < 0 || pipe(o->stop) < 0)
		die("origin");
	o->port = ntohs(in.sin_port);
	snprintf(o->reach, sizeof(o->reach), "127.0.0.1:%d", o->port);
	if (pthread_create(&o->thread, NULL, run, o) != 0)
		die("thread");
}

void origin_start(struct origin *o, origin_fn *serve, void *user)
{
	start(o, serve, user, false);
}

void origin_start_raw(struct origin *o, origin_fn *serve, void *user)
{
	start(o, serve, user, true);
}

void origin_stop(struct origin *o)
{
	close(o->stop[1]);
	pthread_join(o->thread, NULL);
	close(o->stop[0]);
	close(o->listener);
	pthread_mutex_destroy(&o->lock);
}

int origin_count(struct origin *o)
{
	pthread_mutex_lock(&o->lock);
	int n = o->connections;
	pthread_mutex_unlock(&o->lock);
	return n;
}

void origin_last(struct origin *o, char *out, size_t room)
{
	pthread_mutex_lock(&o->lock);
	snprintf(out, room, "%s", o->last);
	pthread_mutex_unlock(&o->lock);
}
