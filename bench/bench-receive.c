/*
 * Callbacks as a platform sends them, over loopback, to `huying serve` and, in turn, to nginx that
 * returns a constant: as fast as 64 connections go, and at a steady rate. A callback is answered
 * when it is durable, so the rate of answers is that of events received to durable. Latency is
 * counted from the moment at which a request was due, not from when there was room to send it.
 * usage: bench-receive HUYING-PORT PATH SECRET-FILE HUYING-PID NGINX-PORT NGINX-PID
 */
#include "bench/bench.h"
#include "platforms/platforms.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS 64
#define REQUEST_MAX 2048
#define ANSWER_MAX 4096
#define HANG 60000 /* ms without anything: the run has failed */

struct conn {
	int fd;
	bool busy;
	double due;
	char out[REQUEST_MAX];
	size_t n_out, sent;
	char in[ANSWER_MAX + 1];
	size_t n_in;
};

struct peer {
	int port, pid;
	const char *path;
	struct hy_secret *secret;
};

struct run {
	struct peer peer;
	size_t n, next, done;
	double rate, start, *latency; /* rate 0 = as fast as it goes */
	struct conn c[CONNECTIONS];
};

static size_t serial; /* of all events that were ever sent: none is a repeat */

static void die(const char *what)
{
	fprintf(stderr, "bench-receive: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int dial(int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)))
		die("connect");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		die("fcntl");
	return fd;
}

/* CPU seconds of a process so far. */
static double cpu_of(int pid)
{
	void *ctx = talloc_new(NULL);
	char *text = NULL, *at;
	size_t n = 0;
	double ticks = 0;

	if (hy_file_read(ctx, hy_strf(ctx, "/proc/%d/stat", pid), 4096, &text, &n, NULL) == HY_OK &&
	    (at = strrchr(text, ')')))
		for (int field = 2; at && field <= 14; field++) {
			at = strchr(at + 1, ' ');
			if (at && field >= 13)
				ticks += strtod(at, NULL);
		}
	talloc_free(ctx);
	return ticks / (double)sysconf(_SC_CLK_TCK);
}

/* One event of about 200 bytes, signed as every system signs it. */
static void make_request(struct conn *c, const struct peer *p)
{
	void *ctx = talloc_new(NULL);
	size_t i = serial++;
	char body[512], id[32], stamp[64], *signature = NULL;
	time_t now = time(NULL);
	struct tm tm;
	struct hy_err err = {0};

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	snprintf(id, sizeof(id), "b%zu", i);
	int n = snprintf(
		body, sizeof(body),
		"{\"type\":\"message.created\",\"timestamp\":\"%s\",\"data\":{\"id\":\"e%zu\","
		"\"sender\":\"u%zu\",\"title\":\"停水\",\"text\":\"第%"
		"zu件：三单元停水，何时来水？\"}}",
		stamp, i, i, i);
	bench_ok(hy_webhook_sign(ctx, p->secret, id, now, body, (size_t)n, &signature, &err), &err);
	c->n_out = (size_t)snprintf(
		c->out, sizeof(c->out),
		"POST %s HTTP/1.1\r\nHost: h\r\nwebhook-id: %s\r\nwebhook-timestamp: %lld\r\n"
		"webhook-signature: %s\r\nContent-Type: application/json\r\nContent-Length: "
		"%d\r\n\r\n%s",
		p->path, id, (long long)now, signature, n, body);
	c->sent = c->n_in = 0;
	talloc_free(ctx);
}

static void push(struct conn *c)
{
	while (c->sent < c->n_out) {
		ssize_t n = send(c->fd, c->out + c->sent, c->n_out - c->sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0)
			die("send");
		c->sent += (size_t)n;
	}
}

/* A whole answer is there. */
static bool pull(struct conn *c)
{
	ssize_t n = recv(c->fd, c->in + c->n_in, ANSWER_MAX - c->n_in, 0);
	const char *end, *length;

	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0)
		die("the peer closed");
	c->n_in += (size_t)n;
	c->in[c->n_in] = '\0';
	end = strstr(c->in, "\r\n\r\n");
	length = strcasestr(c->in, "content-length:");
	if (!end || !length)
		return false;
	if (strncmp(c->in, "HTTP/1.1 200 ", 13) != 0) {
		fprintf(stderr, "bench-receive: %.60s\n", c->in);
		exit(1);
	}
	return c->n_in >= (size_t)(end + 4 - c->in) + strtoul(length + 15, NULL, 10);
}

/* Gives work to who is idle; ms until the next is due, HANG when all have some. */
static int feed(struct run *r)
{
	double now = bench_wall();

	for (size_t i = 0; i < CONNECTIONS && r->next < r->n; i++) {
		struct conn *c = &r->c[i];
		double due = r->rate > 0 ? r->start + (double)r->next / r->rate : now;

		if (c->busy)
			continue;
		if (due > now)
			return (int)((due - now) * 1000);
		make_request(c, &r->peer);
		c->due = due;
		c->busy = true;
		r->next++;
		push(c);
	}
	return HANG;
}

static double drive(struct run *r)
{
	struct pollfd p[CONNECTIONS];

	for (size_t i = 0; i < CONNECTIONS; i++)
		r->c[i] = (struct conn){.fd = dial(r->peer.port)};
	r->next = r->done = 0;
	r->start = bench_wall();
	while (r->done < r->n) {
		int wait = feed(r), n;

		for (size_t i = 0; i < CONNECTIONS; i++)
			p[i] = (struct pollfd){
				.fd = r->c[i].busy ? r->c[i].fd : -1,
				.events = r->c[i].sent < r->c[i].n_out ? POLLIN | POLLOUT : POLLIN};
		n = poll(p, CONNECTIONS, wait);
		if (n < 0 || (n == 0 && wait == HANG))
			die("no answer");
		for (size_t i = 0; i < CONNECTIONS && n > 0; i++) {
			if (p[i].fd >= 0 && p[i].revents & POLLOUT)
				push(&r->c[i]);
			if (p[i].fd < 0 || !(p[i].revents & ~POLLOUT) || !pull(&r->c[i]))
				continue;
			r->latency[r->done++] = 1000 * (bench_wall() - r->c[i].due);
			r->c[i].busy = false;
		}
	}
	double took = bench_wall() - r->start;
	for (size_t i = 0; i < CONNECTIONS; i++)
		close(r->c[i].fd);
	return took;
}

static void fastest(struct run *ours, struct run *theirs)
{
	int rounds = bench_rounds();
	double a[BENCH_ROUNDS_MAX], b[BENCH_ROUNDS_MAX], cpu_a = 0, cpu_b = 0;
	size_t n = bench_quick() ? 5000 : 30000;
	char note[256];

	for (int i = 0; i < rounds; i++) {
		double before = cpu_of(ours->peer.pid), at = cpu_of(theirs->peer.pid);

		ours->n = theirs->n = n;
		ours->rate = theirs->rate = 0;
		a[i] = (double)n / drive(ours);
		cpu_a += cpu_of(ours->peer.pid) - before;
		b[i] = (double)n / drive(theirs);
		cpu_b += cpu_of(theirs->peer.pid) - at;
	}
	double value = bench_median(a, (size_t)rounds), peer = bench_median(b, (size_t)rounds);
	double all = (double)n * rounds;

	snprintf(note, sizeof(note),
		 "WAL, synchronous=FULL: one fsync for what came while the last one ran, answered "
		 "after "
		 "it; each opens a case; %d connections; events/cpu-s of the server: %.0f, nginx "
		 "%.0f",
		 CONNECTIONS, cpu_a > 0 ? all / cpu_a : 0, cpu_b > 0 ? all / cpu_b : 0);
	bench_say(&(struct bench_line){.bench = "receive.events",
				       .unit = "JSON events/s, received to durable",
				       .peer = "nginx, a constant",
				       .note = note,
				       .value = value,
				       .peer_value = peer,
				       .ratio = value / peer,
				       .met = -1,
				       .n = n});
}

static void steady(struct run *ours, struct run *theirs, double rate)
{
	size_t n = (size_t)(rate * (bench_quick() ? 5 : 60));
	double took[2];
	char name[64], note[128];

	ours->n = theirs->n = n;
	ours->rate = theirs->rate = rate;
	took[0] = drive(ours);
	took[1] = drive(theirs);
	for (int q = 0; q < 2; q++) {
		double a = bench_part(ours->latency, n, q ? 0.99 : 0.5);
		double b = bench_part(theirs->latency, n, q ? 0.99 : 0.5);

		snprintf(name, sizeof(name), "receive.latency.%s", q ? "p99" : "p50");
		snprintf(note, sizeof(note), "%.0f a second for %.1f s; most %.1f ms, nginx %.1f",
			 rate, took[0], bench_part(ours->latency, n, 1),
			 bench_part(theirs->latency, n, 1));
		bench_say(&(struct bench_line){.bench = name,
					       .unit = "ms from due to answered, durable",
					       .peer = "nginx, a constant",
					       .goal = q ? "p99 <= 1000 (WeChat waits 5 s)" : NULL,
					       .note = note,
					       .value = a,
					       .peer_value = b,
					       .ratio = b > 0 ? a / b : 0,
					       .met = q ? a <= 1000 : -1,
					       .n = n});
	}
}

int main(int argc, char **argv)
{
	void *ctx = talloc_new(NULL);
	struct run *ours = hy_new(ctx, struct run), *theirs = hy_new(ctx, struct run);
	struct hy_err err = {0};
	char *secret = NULL;
	size_t n = 0;

	if (argc != 7) {
		fputs("usage: bench-receive PORT PATH SECRET-FILE PID NGINX-PORT NGINX-PID\n",
		      stderr);
		return 2;
	}
	bench_ok(hy_file_read(ctx, argv[3], 4096, &secret, &n, &err), &err);
	n = strcspn(secret, "\r\n");
	ours->peer = (struct peer){.port = (int)strtol(argv[1], NULL, 10),
				   .pid = (int)strtol(argv[4], NULL, 10),
				   .path = argv[2],
				   .secret = hy_secret_new(ctx, secret, n)};
	theirs->peer = ours->peer;
	theirs->peer.port = (int)strtol(argv[5], NULL, 10);
	theirs->peer.pid = (int)strtol(argv[6], NULL, 10);
	ours->latency = hy_new_array(ctx, double, 100000);
	theirs->latency = hy_new_array(ctx, double, 100000);
	fastest(ours, theirs);
	steady(ours, theirs, 1000);
	talloc_free(ctx);
	return 0;
}
