/* practice: the platforms that speak over plain TCP (SMPP, SMTP, IMAP) share one small server. */
#ifndef HY_PRACTICE_WIRE_H
#define HY_PRACTICE_WIRE_H

#include "practice/internal.h"

struct line;

/* A protocol: what happens on its lines. */
struct speech {
	const char *name; /* "smpp" */
	void (*opened)(struct line *l);
	/* l->in holds what came; wire_eat() takes it away. */
	void (*heard)(struct line *l);
};

struct wire {
	struct wire *next;
	struct hy_practice *site;
	const struct speech *speech;
	int fd, port;
	struct hy_watch_io *io;
	struct line *lines;
};

struct line {
	struct wire *wire;
	struct hy_practice *site;
	struct line *prev, *next;
	int fd;
	struct hy_watch_io *io;
	struct hy_buf in, out;
	bool closing; /* once all is sent */
	void *own;    /* the protocol's, child of the line */
};

/* Listens on 127.0.0.1, any free port. */
enum hy_status wire_listen(struct hy_practice *site, const struct speech *speech,
			   struct hy_err *err);
void wire_close_all(struct hy_practice *site);
void wire_send(struct line *l, const void *bytes, size_t n);
void wire_say(struct line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void wire_eat(struct line *l, size_t n);
/* Closes after what is to be sent; cut: at once, without a word. Both leave l good until the
 * protocol has returned. */
void wire_close(struct line *l);
void wire_cut(struct line *l);
/* The next whole text line (child of l, without its end) taken from l->in; NULL when none is there.
 */
char *wire_line(struct line *l);

extern const struct speech speech_smpp, speech_smtp, speech_imap;

/* A text message or mail said by a stranger reaches the office. */
void smpp_message(struct hy_practice *site, struct note *n);
/* Receipts that are due. */
void smpp_tick(struct hy_practice *site);

#endif
