/* Small TCP servers on the site's loop: accept, read, write, close. The protocols are elsewhere. */
#include "config.h"
#include "practice/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_MAX ((size_t)16 << 20)
#define LINES_MAX 64

/* ---- lines ---- */

static void line_free(struct line *l)
{
	if (l->prev)
		l->prev->next = l->next;
	else
		l->wire->lines = l->next;
	if (l->next)
		l->next->prev = l->prev;
	hy_watch_io_free(l->io);
	if (l->fd >= 0)
		close(l->fd);
	talloc_free(l);
}

static bool flush(struct line *l)
{
	while (l->out.len) {
		ssize_t n = send(l->fd, l->out.data, l->out.len, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		memmove(l->out.data, l->out.data + n, l->out.len - (size_t)n + 1);
		l->out.len -= (size_t)n;
	}
	return true;
}

/* True while the line is to be kept. */
static bool settle(struct line *l)
{
	if (l->fd < 0 || !flush(l) || (l->closing && !l->out.len))
		return false;
	hy_watch_io_set(l->io, EPOLLIN | (l->out.len ? EPOLLOUT : 0));
	return true;
}

static void on_line(void *user, int fd, uint32_t events)
{
	struct line *l = user;
	char piece[16384];
	ssize_t n = 1;

	if (events & ~(uint32_t)EPOLLOUT) {
		n = recv(fd, piece, sizeof(piece), 0);
		if (n > 0 && !l->closing && hy_buf_add(&l->in, piece, (size_t)n))
			l->wire->speech->heard(l);
	}
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) || l->in.over || !settle(l))
		line_free(l);
}

void wire_send(struct line *l, const void *bytes, size_t n)
{
	if (l->fd < 0)
		return;
	hy_buf_add(&l->out, bytes, n);
	/* What cannot go now goes when the line is ready: on_line() looks after every turn, and this
	 * covers what is said between turns. */
	(void)flush(l);
	if (l->out.len)
		hy_watch_io_set(l->io, EPOLLIN | EPOLLOUT);
}

void wire_say(struct line *l, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = hy_vstrf(l, fmt, ap);
	va_end(ap);
	wire_send(l, text, strlen(text));
	talloc_free(text);
}

void wire_eat(struct line *l, size_t n)
{
	memmove(l->in.data, l->in.data + n, l->in.len - n + 1);
	l->in.len -= n;
}

char *wire_line(struct line *l)
{
	char *end = memchr(l->in.data, '\n', l->in.len), *text;
	size_t n;

	if (!end)
		return NULL;
	n = (size_t)(end - l->in.data);
	text = hy_strndup(l, l->in.data, n && end[-1] == '\r' ? n - 1 : n);
	wire_eat(l, n + 1);
	return text;
}

void wire_close(struct line *l)
{
	l->closing = true;
}

void wire_cut(struct line *l)
{
	if (l->fd < 0)
		return;
	hy_watch_io_free(l->io);
	l->io = NULL;
	close(l->fd);
	l->fd = -1; /* on_line() frees it */
}

/* ---- listening ---- */

static void on_accept(void *user, int fd, uint32_t events)
{
	struct wire *w = user;
	int got = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct line *l;
	size_t n = 0;

	(void)events;
	if (got < 0)
		return;
	for (l = w->lines; l; l = l->next)
		n++;
	if (n >= LINES_MAX) {
		close(got);
		return;
	}
	l = hy_new(w, struct line);
	l->wire = w;
	l->site = w->site;
	l->fd = got;
	hy_buf_init(&l->in, l, BUFFER_MAX);
	hy_buf_init(&l->out, l, BUFFER_MAX);
	l->next = w->lines;
	if (l->next)
		l->next->prev = l;
	w->lines = l;
	l->io = hy_loop_io(w->site->loop, got, EPOLLIN, on_line, l);
	if (w->speech->opened)
		w->speech->opened(l);
	if (!settle(l))
		line_free(l);
}

enum hy_status wire_listen(struct hy_practice *site, const struct speech *speech,
			   struct hy_err *err)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct wire *w = hy_new(site, struct wire);
	socklen_t n = sizeof(a);

	w->site = site;
	w->speech = speech;
	w->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	w->next = site->wires;
	site->wires = w;
	if (w->fd < 0 || bind(w->fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(w->fd, 64) < 0 || getsockname(w->fd, (struct sockaddr *)&a, &n) < 0)
		return hy_err_set(err, HY_ESYSTEM, "practice %s: %s", speech->name,
				  hy_strerror(errno));
	w->port = ntohs(a.sin_port);
	w->io = hy_loop_io(site->loop, w->fd, EPOLLIN, on_accept, w);
	return HY_OK;
}

void wire_close_all(struct hy_practice *site)
{
	for (struct wire *w = site->wires; w; w = w->next) {
		while (w->lines)
			line_free(w->lines);
		hy_watch_io_free(w->io);
		if (w->fd >= 0)
			close(w->fd);
	}
	site->wires = NULL;
}
