/*
 * The mails of a look, read by the parse child. One that ends the child, or that nobody can read,
 * must keep no other one out: a batch that fails is halved until that one stands alone. Alone it is
 * tried twice, since a child may also die of something else.
 */
#include "desk/collect.h"

#include <string.h>

/* A piece of the batch: whole mails. */
struct piece {
	const char *from, *to;
	bool tried;
};
struct reading {
	struct hy_parse_child *child;
	const char *hint;
	struct piece *todo; /* the last one is at work; the first mails stand last */
	size_t n_todo;
	bool halved;
	struct desk_mails *mails;
	desk_mails_fn *done;
	void *user;
};

static void ask_on(struct reading *r);

static size_t mails_in(const struct piece *p)
{
	const char *at = p->from, *bytes;
	size_t n = 0, len;
	uint32_t uid;

	while (hy_mail_batch_next(&at, p->to, &uid, &bytes, &len))
		n++;
	return n;
}

static void push(struct reading *r, struct piece p)
{
	r->todo = hy_grow(r, r->todo, struct piece, r->n_todo + 1);
	r->todo[r->n_todo++] = p;
}

/* The first half is read first: what people wrote stays in order. */
static void halve(struct reading *r, const struct piece *p, size_t n)
{
	const char *middle = p->from, *bytes;
	size_t len;
	uint32_t uid;

	for (size_t i = 0; i < n / 2; i++)
		(void)hy_mail_batch_next(&middle, p->to, &uid, &bytes, &len); /* counted before */
	r->halved = true;
	push(r, (struct piece){.from = middle, .to = p->to});
	push(r, (struct piece){.from = p->from, .to = middle});
}

static void set_aside(struct reading *r, const struct piece *p)
{
	struct desk_mails *m = r->mails;
	const char *at = p->from;
	struct desk_unread *u;

	m->unread = hy_grow(m, m->unread, struct desk_unread, m->n_unread + 1);
	u = &m->unread[m->n_unread++];
	(void)hy_mail_batch_next(&at, p->to, &u->uid, &u->bytes, &u->n); /* it is one */
	r->halved = true;
}

static void end(struct reading *r, enum hy_status status, const struct hy_feed *feed,
		const struct hy_err *err)
{
	struct hy_feed shown;

	if (feed) { /* mails are cases, never items */
		shown = *feed;
		shown.n_entries = 0;
	}
	r->done(r->user, status, feed ? &shown : NULL, r->mails, err);
}

/* What the child says of one piece. */
static void on_piece(void *user, enum hy_status status, const struct hy_feed *feed,
		     const struct hy_err *err)
{
	struct reading *r = user;
	struct piece p = r->todo[--r->n_todo];
	size_t n = mails_in(&p);

	if (!status) {
		desk_mails_add(r->mails, feed);
		if (!r->n_todo && (!r->halved || !n)) {
			end(r, HY_OK, feed, NULL);
			return;
		}
	} else if (status == HY_ESYSTEM || !n) { /* not a mail's fault */
		end(r, status, NULL, err);
		return;
	} else if (n > 1) {
		halve(r, &p, n);
	} else if (status == HY_ETEMP && !p.tried) {
		p.tried = true;
		push(r, p);
	} else {
		set_aside(r, &p);
	}
	ask_on(r);
}

static void ask_on(struct reading *r)
{
	struct hy_err err = {0};

	if (!r->n_todo) /* where the look came to, without any mail */
		push(r, (struct piece){.from = "", .to = ""});
	const struct piece *p = &r->todo[r->n_todo - 1];
	const struct hy_feed_in in = {.bytes = p->from,
				      .n = (size_t)(p->to - p->from),
				      .kind = "mail",
				      .hint = r->hint};

	if (hy_parse_child_ask(r->child, &in, on_piece, r, &err))
		end(r, HY_ESYSTEM, NULL, &err);
}

void desk_mails_read(const void *ctx, struct hy_parse_child *child, const struct hy_buf *batch,
		     const char *hint, desk_mails_fn *done, void *user)
{
	struct reading *r = hy_new(ctx, struct reading);

	r->child = child;
	r->hint = hint;
	r->mails = hy_new(ctx, struct desk_mails);
	r->done = done;
	r->user = user;
	if (batch->len)
		push(r, (struct piece){.from = batch->data, .to = batch->data + batch->len});
	ask_on(r);
}
