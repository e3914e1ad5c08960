/*
 * Mailboxes: the look by IMAP, its mails gathered into one batch for the parse child, and what
 * people wrote taken in as cases, in the transaction that moves the mark. A mail is removed from
 * the server only a look after it stood in the record, and only where the office asked for that.
 */
#include "desk/collect.h"

#include "desk/balance.h"
#include "desk/receive.h"
#include "platforms/platforms.h"

#include <string.h>

#define MAILS_A_LOOK 50
#define TEXT_MAX_BYTES 60000 /* of a case; the mail itself stays in the mailbox */

struct mail_look {
	struct hy_buf batch;
	uint32_t validity, after, last;
	bool full;
	desk_mail_fn *done;
	void *user;
};

static void on_mail(void *user, uint32_t uid, const char *bytes, size_t n, bool cut)
{
	struct mail_look *m = user;

	if (m->full)
		return;
	m->full = !hy_mail_batch_add(&m->batch, uid, bytes, n, cut);
	if (!m->full)
		m->last = uid;
}

static void on_done(void *user, enum hy_status status, const struct hy_imap_result *r,
		    const struct hy_err *err)
{
	struct mail_look *m = user;
	char *hint = NULL;

	if (status == HY_OK) {
		if (r->uidvalidity != m->validity)
			m->after = 0;
		hint = hy_strf(m, "validity=%" PRIu32 "\nlast=%" PRIu32 "\nmore=%d", r->uidvalidity,
			       m->last ? m->last : m->after, m->full || r->more);
	}
	m->done(m->user, status, &m->batch, hint, err);
}

enum hy_status desk_mail_look(struct hy_desk *desk, const void *ctx, struct hy_net *net,
			      struct hy_loop *loop, const struct hy_source *s, desk_mail_fn *done,
			      void *user, struct hy_err *err)
{
	struct mail_look *m = hy_new(ctx, struct mail_look);
	struct hy_json *options = NULL, *cursor = NULL;
	struct hy_account *account = NULL;
	struct hy_secret *secret = NULL;
	struct hy_net_server server = {0};
	const char *at;
	char *end = NULL;
	enum hy_status status = hy_mail_server(m, s->url, &server, err);

	hy_buf_init(&m->batch, m, HY_FEED_INPUT_MAX);
	m->done = done;
	m->user = user;
	if (!status)
		status = desk_source_account(desk, m, s, &account, &secret, err);
	if (!status)
		status = hy_json_parse(m, s->options, strlen(s->options), 0, &options, err);
	if (!status && s->cursor)
		(void)hy_json_parse(m, s->cursor, strlen(s->cursor), 0, &cursor, NULL);
	at = hy_json_str(hy_json_get(cursor, "walk"), "at");
	if (at) { /* "VALIDITY UID"; a damaged one begins anew */
		m->validity = (uint32_t)strtoul(at, &end, 10);
		m->after = (uint32_t)strtoul(end, NULL, 10);
	}
	if (!status) {
		const struct hy_imap_ask ask = {
			.host = server.host,
			.port = server.port,
			.tls = server.tls,
			.reach = s->reach ? s->reach : account->reach,
			.login = account->login ? account->login : "",
			.password = secret,
			.mailbox = hy_json_str(options, "mailbox"),
			.uidvalidity = m->validity,
			.after = m->after,
			.max_mails = MAILS_A_LOOK,
			.remove_up_to = hy_json_bool(options, "remove", false) ? m->after : 0,
		};
		status = hy_imap_look(net, loop, &ask, on_mail, on_done, m, NULL, err);
	}
	if (status)
		talloc_free(m);
	return status;
}

/* ---- taken in ---- */

static const char *within(const void *ctx, const char *s, size_t max)
{
	size_t n = strlen(s);

	return n <= max ? hy_strdup(ctx, s) : hy_strndup(ctx, s, hy_utf8_cut(s, max));
}

struct desk_mails *desk_mails_of(const void *ctx, const struct hy_feed *feed)
{
	struct desk_mails *m = hy_new(ctx, struct desk_mails);

	m->pushes = hy_new_array(m, struct hy_push, feed->n_entries + 1);
	for (size_t i = 0; i < feed->n_entries; i++) {
		const struct hy_feed_entry *e = &feed->entries[i];

		if (e->automatic || (!*e->content && (!e->title || !*e->title))) {
			m->refused++; /* no person waits for an answer to it */
			continue;
		}
		m->pushes[m->n++] = (struct hy_push){
			.kind = HY_PUSH_MESSAGE,
			.id = hy_strdup(m, e->id),
			.sender = hy_strdup(m, e->author),
			.type = "mail",
			.title = e->title ? within(m, e->title, 600) : NULL,
			.text = within(m, e->content, TEXT_MAX_BYTES),
			.created = e->published,
		};
	}
	return m;
}

enum hy_status desk_mails_take_in(struct hy_desk *desk, const struct hy_source *s,
				  const struct desk_mails *mails, struct hy_err *err)
{
	static const struct hy_receiver receiver = {.name = "mail"};
	void *ctx = talloc_new(NULL);
	struct hy_account *account = NULL;
	struct desk_box box = {.source = s->id, .receiver = &receiver};
	struct hy_received got = {.refused = (int64_t)mails->refused};
	struct desk_taken taken;
	struct desk_intake in = {0};
	enum hy_status status = desk_intake_begin(desk, ctx, &in, err);

	if (!status)
		status = desk_source_account(desk, ctx, s, &account, NULL, err);
	if (!status) {
		box.account = account->id;
		box.name = account->name;
	}
	const struct desk_count came[] = {
		{"received", "", (int64_t)(mails->n + mails->refused)}};
	if (!status)
		status = desk_counts_add(desk, s->id, in.day, came, HY_LEN(came), err);
	for (size_t i = 0; i < mails->refused && !status; i++)
		status = desk_count_refused(&in, &box, "automatic", err);
	for (size_t i = 0; i < mails->n && !status; i++) {
		status = desk_take_in(&in, ctx, &box, &mails->pushes[i], &taken, err);
		got.fresh += !status && taken.said == DESK_SAID_NEW;
		got.repeat += !status && taken.said == DESK_SAID_REPEAT;
		got.refused += !status && taken.said == DESK_SAID_REFUSED;
	}
	if (!status)
		status = hy_source_received(desk->st, s->id, &got, err);
	talloc_free(ctx);
	return status;
}
