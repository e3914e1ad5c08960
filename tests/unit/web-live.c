/* A web over the stub desk in a thread of its own, and a client that sends bytes as they stand. */
#include "tests/unit/web-live.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct live {
	struct hy_web_conf conf;
	char dir[32];
	pthread_t thread;
	sem_t up;
	struct hy_loop *loop;
	struct hy_bell *bell;
	int port;
};

static void stop(void *user)
{
	hy_loop_stop(((struct live *)user)->loop);
}

static void *run(void *user)
{
	struct live *l = user;
	struct hy_web *web = NULL;
	struct hy_err err = {0};
	void *ctx = hy_new(NULL, char);

	if (!hy_loop_new(&l->loop, ctx, &err)) {
		l->bell = hy_bell_new(ctx);
		hy_bell_hear(l->bell, l->loop, stop, l);
		if (!hy_web_new(&web, ctx, l->loop, &l->conf, &err))
			l->port = hy_web_port(web);
	}
	sem_post(&l->up);
	if (web)
		(void)hy_loop_run(l->loop, &err);
	hy_web_free(web);
	talloc_free(ctx);
	return NULL;
}

struct live *live_start(struct hy_web_conf conf)
{
	struct live *l = hy_new(NULL, struct live);

	l->conf = conf;
	memcpy(l->dir, "/tmp/hy-test-web-XXXXXX", 24);
	if (!mkdtemp(l->dir))
		abort();
	l->conf.dir = l->dir;
	l->conf.listen = "127.0.0.1:0";
	l->conf.desk = &web_stub;
	sem_init(&l->up, 0, 0);
	if (pthread_create(&l->thread, NULL, run, l))
		abort();
	sem_wait(&l->up);
	return l;
}

void live_stop(struct live *l)
{
	hy_bell_ring(l->bell);
	pthread_join(l->thread, NULL);
	sem_destroy(&l->up);
	(void)rmdir(l->dir); /* a test that left files there has said why */
	talloc_free(l);
}

int live_port(const struct live *l)
{
	return l->port;
}

int live_connect(const struct live *l)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)l->port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		abort();
	return fd;
}

void live_send(int fd, const char *bytes, size_t n)
{
	while (n) {
		ssize_t k = send(fd, bytes, n, MSG_NOSIGNAL);
		if (k <= 0)
			return; /* refused half-way: the answer says why */
		bytes += k;
		n -= (size_t)k;
	}
}

char *live_read(const void *ctx, int fd, int secs, bool *ended)
{
	int64_t end = hy_monotonic() + secs * HY_SECOND;
	struct hy_buf b;
	char part[8192];

	hy_buf_init(&b, ctx, 8u << 20);
	if (ended)
		*ended = false;
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = end - hy_monotonic();
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			break;
		n = recv(fd, part, sizeof(part), 0);
		if (n <= 0) {
			if (ended)
				*ended = true;
			break;
		}
		hy_buf_add(&b, part, (size_t)n);
	}
	return hy_buf_take(&b, NULL);
}

char *live_ask(const void *ctx, const struct live *l, const char *text)
{
	struct hy_buf b;
	char *answer;
	int fd = live_connect(l);

	hy_buf_init(&b, ctx, 8u << 20);
	for (; *text; text++) {
		if (*text == '\n')
			hy_buf_str(&b, "\r\n");
		else if (!strncmp(text, "PORT", 4)) {
			hy_buf_fmt(&b, "%d", l->port);
			text += 3;
		} else {
			hy_buf_chr(&b, *text);
		}
	}
	live_send(fd, b.data, b.len);
	answer = live_read(ctx, fd, 20, NULL);
	close(fd);
	return answer;
}

int live_status(const char *answer)
{
	return strncmp(answer, "HTTP/1.1 ", 9) ? 0 : (int)strtol(answer + 9, NULL, 10);
}

char *live_header(const void *ctx, const char *answer, const char *name)
{
	char *wanted = hy_strf(ctx, "\r\n%s: ", name);
	const char *end = strstr(answer, "\r\n\r\n");
	const char *at = strstr(answer, wanted);

	if (!at || (end && at > end))
		return NULL;
	at += strlen(wanted);
	return hy_strndup(ctx, at, strcspn(at, "\r"));
}

char *live_get(const void *ctx, const struct live *l, const char *path, const char *cookie)
{
	return live_ask(
		ctx, l,
		hy_strf(ctx, "GET %s HTTP/1.1\nHost: 127.0.0.1:PORT\nConnection: close\n%s%s%s\n",
			path, cookie ? "Cookie: " : "", cookie ? cookie : "", cookie ? "\n" : ""));
}

char *live_post(const void *ctx, const struct live *l, const char *path, const char *cookie,
		const char *type, const char *headers, const char *body)
{
	return live_ask(ctx, l,
			hy_strf(ctx,
				"POST %s HTTP/1.1\nHost: 127.0.0.1:PORT\nConnection: close\n"
				"Content-Type: %s\nContent-Length: %zu\n%s%s%s%s\n%s",
				path, type, strlen(body), cookie ? "Cookie: " : "",
				cookie ? cookie : "", cookie ? "\n" : "", headers ? headers : "",
				body));
}

char *live_login(const void *ctx, const struct live *l, const char *login, const char *password)
{
	char *answer = live_post(ctx, l, "/login", NULL, "application/x-www-form-urlencoded", NULL,
				 hy_strf(ctx, "login=%s&password=%s", login, password));
	char *cookie = live_header(ctx, answer, "Set-Cookie");

	if (live_status(answer) != 303 || !cookie)
		return NULL;
	return hy_strndup(ctx, cookie, strcspn(cookie, ";"));
}

char *live_csrf(const void *ctx, const struct live *l, const char *cookie)
{
	char *page = live_get(ctx, l, "/alerts", cookie);
	const char *at = strstr(page, "name=\"csrf\" value=\"");

	if (!at)
		return NULL;
	at += strlen("name=\"csrf\" value=\"");
	return hy_strndup(ctx, at, strcspn(at, "\""));
}
