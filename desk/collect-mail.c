/*
 * Mailboxes: the look by IMAP, its mails gathered into one batch for the parse child, and what
 * people wrote taken in as cases, in the transaction that moves the mark. A mail is removed from
 * the server only a look after it stood in the record, and only where the office asked for that.
 * One that cannot be read is counted, told, and kept sealed for a version that can.
 */
#include "desk/collect.h"

#include "desk/balance.h"
#include "desk/receive.h"
#include "platforms/platforms.h"

#include <string.h>
#include <strings.h>

#define MAILS_A_LOOK 50
#define TEXT_MAX_BYTES 60000 /* of a case; the mail itself stays in the mailbox */
#define LISTED_MAX 10	     /* attachments of one mail that are named */
#define UNREAD_MAX 100	     /* mails of one source that wait to be understood */
#define KEPT_MAX 200	     /* mails of one mailbox that were never read: then none is removed */

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

/* ---- what stays on the server ---- */

static char *kept_key(const void *ctx, struct hy_source_id id)
{
	return hy_strf(ctx, "source.%" PRId64 ".kept", id.v);
}

enum hy_status desk_mail_kept(struct hy_desk *desk, const void *ctx, struct hy_source_id id,
			      uint32_t **out, size_t *n, struct hy_err *err)
{
	char *text = NULL, *end;
	enum hy_status status = hy_meta_get(desk->st, ctx, kept_key(ctx, id), &text, err);

	*out = hy_new_array(ctx, uint32_t, KEPT_MAX);
	*n = 0;
	while (!status && text && *text && *n < KEPT_MAX) {
		(*out)[(*n)++] = (uint32_t)strtoul(text, &end, 10);
		text = *end == ' ' ? end + 1 : NULL;
	}
	return status;
}

/* Nobody read it here: the server has the only copy, however long ours is kept. Numbers of a mailbox
 * that was made anew stay in the list: at worst a mail is left there. */
static enum hy_status keep_there(struct hy_desk *desk, const void *ctx, struct hy_source_id id,
				 uint32_t uid, struct hy_err *err)
{
	uint32_t *kept = NULL;
	size_t n = 0, at = 0;
	char *text = NULL;
	enum hy_status status = desk_mail_kept(desk, ctx, id, &kept, &n, err);

	while (at < n && kept[at] < uid)
		at++;
	if (status || n == KEPT_MAX || (at < n && kept[at] == uid))
		return status;
	memmove(kept + at + 1, kept + at, (n - at) * sizeof(*kept));
	kept[at] = uid;
	for (size_t i = 0; i <= n; i++)
		text = hy_strf(ctx, "%s%s%" PRIu32, text ? text : "", text ? " " : "", kept[i]);
	return hy_meta_set(desk->st, kept_key(ctx, id), text, err);
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
	int64_t waiting = 0;
	uint32_t *kept = NULL;
	size_t n_kept = 0;
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
	if (!status) /* what was not understood is not removed meanwhile */
		status = hy_callback_unread_count(desk->st, s->id, &waiting, err);
	if (!status)
		status = desk_mail_kept(desk, m, s->id, &kept, &n_kept, err);
	if (!status) {
		bool remove = hy_json_bool(options, "remove", false) && !waiting &&
			      n_kept < KEPT_MAX;
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
			.remove_up_to = remove ? m->after : 0,
			.keep = kept,
			.n_keep = n_kept,
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

static const char *sort_of(const char *type)
{
	static const struct {
		const char *begin, *word;
	} sorts[] = {{"image/", N_("picture")},
		     {"audio/", N_("sound")},
		     {"video/", N_("video")},
		     {"message/", N_("forwarded mail")}};

	for (size_t i = 0; i < HY_LEN(sorts); i++)
		if (!strncasecmp(type, sorts[i].begin, strlen(sorts[i].begin)))
			return _(sorts[i].word);
	return _("file");
}

static const char *size_of(const void *ctx, int64_t n)
{
	return n < 0		 ? _("size not known")
	       : n < 1024	 ? hy_strf(ctx, "%" PRId64 " B", n)
	       : n < 1024 * 1024 ? hy_strf(ctx, "%" PRId64 " KB", (n + 512) / 1024)
				 : hy_strf(ctx, "%.1f MB", (double)n / (1024 * 1024));
}

/* The words, and that something was attached: whoever reads them knows where the rest is. */
static const char *with_attachments(const void *ctx, const struct hy_feed_entry *e)
{
	const char *text = within(ctx, e->content, TEXT_MAX_BYTES), *list = "";
	size_t n = e->n_enclosures;

	for (size_t i = 0; i < n && i < LISTED_MAX; i++) {
		const struct hy_feed_enclosure *x = &e->enclosures[i];
		const char *name =
			x->url && *x->url ? hy_mask_text(ctx, x->url, NULL) : _("without a name");

		list = hy_strf(ctx, _("%s%s%s (%s, %s%s)"), list, i ? _(", ") : "", name,
			       sort_of(x->type ? x->type : ""), size_of(ctx, x->length),
			       x->bytes ? "" : _(", in the mailbox only"));
	}
	if (!n)
		return text;
	return hy_strf(ctx, _("%s%s[%zu attached: %s%s]"), text, *text ? "\n" : "", n, list,
		       n > LISTED_MAX ? _(", and others, in the mailbox only") : "");
}

/* Those that came along, of the ones that are named. */
static void add_files(const void *ctx, const struct hy_feed_entry *e, struct hy_push *p)
{
	struct hy_push_file *files = hy_new_array(ctx, struct hy_push_file, LISTED_MAX);

	for (size_t i = 0; i < e->n_enclosures && i < LISTED_MAX; i++) {
		const struct hy_feed_enclosure *x = &e->enclosures[i];

		if (x->bytes)
			files[p->n_files++] = (struct hy_push_file){
				.name = x->url && *x->url ? hy_strdup(ctx, x->url) : NULL,
				.bytes = hy_memdup(ctx, x->bytes, (size_t)x->length),
				.n = (size_t)x->length};
	}
	p->files = files;
}

void desk_mails_add(struct desk_mails *m, const struct hy_feed *feed)
{
	m->pushes = hy_grow(m, m->pushes, struct hy_push, m->n + feed->n_entries + 1);
	for (size_t i = 0; i < feed->n_entries; i++) {
		const struct hy_feed_entry *e = &feed->entries[i];

		if (e->automatic ||
		    (!*e->content && !e->n_enclosures && (!e->title || !*e->title))) {
			m->refused++; /* no person waits for an answer to it */
			continue;
		}
		struct hy_push *p = &m->pushes[m->n++];
		*p = (struct hy_push){
			.kind = HY_PUSH_MESSAGE,
			.id = hy_strdup(m, e->id),
			.sender = hy_strdup(m, e->author),
			.type = "mail",
			.title = e->title ? within(m, e->title, 600) : NULL,
			.text = with_attachments(m, e),
			.created = e->published,
		};
		add_files(m, e, p);
	}
}

/* A box as of an account that is written to: what is shared with the callbacks needs one. */
static enum hy_status box_of(struct hy_desk *desk, const void *ctx, const struct hy_source *s,
			     struct desk_box *out, struct hy_err *err)
{
	static const struct hy_receiver receiver = {.name = "mail"};
	struct hy_account *account = NULL;
	enum hy_status status = desk_source_account(desk, ctx, s, &account, NULL, err);

	if (!status)
		*out = (struct desk_box){.source = s->id,
					 .receiver = &receiver,
					 .account = account->id,
					 .name = account->name};
	return status;
}

static enum hy_status take_pushes(struct desk_intake *in, const void *ctx,
				  const struct desk_box *box, const struct desk_mails *mails,
				  struct hy_received *got, struct hy_err *err)
{
	enum hy_status status = HY_OK;
	struct desk_taken taken;

	for (size_t i = 0; i < mails->refused && !status; i++)
		status = desk_count_refused(in, box, "automatic", err);
	got->refused += (int64_t)mails->refused;
	for (size_t i = 0; i < mails->n && !status; i++) {
		status = desk_take_in(in, ctx, box, &mails->pushes[i], &taken, err);
		got->fresh += !status && taken.said == DESK_SAID_NEW;
		got->repeat += !status && taken.said == DESK_SAID_REPEAT;
		got->refused += !status && taken.said == DESK_SAID_REFUSED;
	}
	return status;
}

/* ---- what cannot be read ---- */

/* Somebody wrote and nobody would see it: a person is told. */
static enum hy_status ring(struct desk_intake *in, const void *ctx, const struct hy_source *s,
			   const struct desk_box *box, struct hy_err *err)
{
	hy_time now = hy_desk_now(in->desk);
	struct hy_alert_id id = {0};
	bool fresh = false;
	const struct hy_alert a = {
		.kind = "unparsed",
		.level = "medium",
		.title = hy_strf(ctx, _("A mail to %s cannot be read"), s->name),
		.why = hy_strf(ctx,
			       _("look at it with a mail program; its bytes are kept sealed for %d"
				 " days for a later version: huying account replay %s"),
			       (int)(RAW_KEPT / HY_DAY), box->name),
		.key = hy_strf(ctx, "unparsed:%" PRId64, s->id.v),
		.first = now,
		.last = now};

	return hy_alert_match(in->desk->st, &a, 0, now, &id, &fresh, err);
}

/* The bytes of a mail go into the journal as they came, once. */
static enum hy_status keep_unread(struct desk_intake *in, const struct desk_box *box,
				  const struct desk_unread *u, bool *fresh, struct hy_err *err)
{
	struct hy_callback_row row = {.source = box->source,
				      .at = hy_desk_now(in->desk),
				      .stamped = true,
				      .unread = true};
	uint8_t before[HY_HASH_LEN];
	int64_t waiting = 0;
	enum hy_status status;

	desk_keyed(in->desk, "mail", box->source.v, u->bytes, u->n, row.stamp);
	memcpy(row.body, row.stamp, HY_HASH_LEN);
	status = hy_callback_find(in->desk->st, box->source, row.stamp, before, err);
	*fresh = status == HY_ENOTFOUND;
	if (status != HY_ENOTFOUND)
		return status;
	status = hy_callback_unread_count(in->desk->st, box->source, &waiting, err);
	if (status || waiting >= UNREAD_MAX)
		return status;
	return hy_callback_add(in->desk->st, &row, u->bytes, u->n, err);
}

static enum hy_status take_unread(struct desk_intake *in, const void *ctx,
				  const struct hy_source *s, const struct desk_box *box,
				  const struct desk_mails *mails, struct hy_received *got,
				  struct hy_err *err)
{
	enum hy_status status = HY_OK;
	bool fresh = false, some = false;

	for (size_t i = 0; i < mails->n_unread && !status; i++) {
		status = keep_unread(in, box, &mails->unread[i], &fresh, err);
		some = some || fresh;
		if (!status)
			status = keep_there(in->desk, ctx, s->id, mails->unread[i].uid, err);
		if (!status && fresh)
			status = desk_count_refused(in, box, "unparsed", err);
		else if (!status)
			status =
				hy_source_count(in->desk->st, s->id, in->day, "repeat", "", 1, err);
		got->refused += fresh;
		got->repeat += !fresh;
	}
	return !status && some ? ring(in, ctx, s, box, err) : status;
}

enum hy_status desk_mails_take_in(struct hy_desk *desk, const struct hy_source *s,
				  const struct desk_mails *mails, struct hy_err *err)
{
	void *ctx = talloc_new(NULL);
	struct desk_box box = {0};
	struct hy_received got = {0};
	struct desk_intake in = {0};
	const struct desk_count came[] = {
		{"received", "", (int64_t)(mails->n + mails->refused + mails->n_unread)}};
	enum hy_status status = desk_intake_begin(desk, ctx, &in, err);

	if (!status)
		status = box_of(desk, ctx, s, &box, err);
	if (!status)
		status = desk_counts_add(desk, s->id, in.day, came, HY_LEN(came), err);
	if (!status)
		status = take_pushes(&in, ctx, &box, mails, &got, err);
	if (!status)
		status = take_unread(&in, ctx, s, &box, mails, &got, err);
	if (!status)
		status = hy_source_received(desk->st, s->id, &got, err);
	talloc_free(ctx);
	return status;
}

/* ---- read again, by a version that knows better ---- */

/* One mail of the journal; *read when it was understood now. */
static enum hy_status replay_one(struct hy_desk *desk, const char *exe, const struct hy_source *s,
				 const struct hy_callback_row *row, bool *read, struct hy_err *err)
{
	void *ctx = talloc_new(NULL);
	struct desk_mails *mails = hy_new(ctx, struct desk_mails);
	struct hy_received got = {.refused = -1};
	struct hy_feed *feed = NULL;
	struct desk_intake in = {0};
	struct desk_box box = {0};
	struct hy_buf batch;
	enum hy_status status = HY_OK;

	*read = false;
	hy_buf_init(&batch, ctx, HY_FEED_INPUT_MAX);
	if (!hy_mail_batch_add(&batch, 0, (const char *)row->raw, row->n_raw, false))
		goto out;
	const struct hy_feed_in ask = {.bytes = batch.data,
				       .n = batch.len,
				       .kind = "mail",
				       .hint = hy_strf(ctx, "validity=journal %" PRId64, row->id)};

	if (hy_parse_apart(ctx, exe, &ask, &feed, NULL))
		goto out; /* still not */
	desk_mails_add(mails, feed);
	status = desk_intake_begin(desk, ctx, &in, err);
	if (!status)
		status = box_of(desk, ctx, s, &box, err);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		goto out;
	in.day = hy_calendar_date(in.rules.cal, row->at);
	const struct desk_count then[] = {{"refused", "unparsed", -1}};

	status = hy_callback_read(desk->st, row->id, err);
	if (!status)
		status = desk_counts_add(desk, s->id, in.day, then, HY_LEN(then), err);
	if (!status)
		status = take_pushes(&in, ctx, &box, mails, &got, err);
	if (!status)
		status = hy_source_received(desk->st, s->id, &got, err);
	status = desk_end(desk, status, err);
	*read = !status;
out:
	talloc_free(ctx);
	return status;
}

static enum hy_status replay_source(struct hy_desk *desk, const char *exe,
				    const struct hy_source *s, int64_t *done, int64_t *left,
				    struct hy_err *err)
{
	struct hy_callback_row *row = NULL;
	int64_t after = 0, waiting = 0;
	size_t n = 1;
	bool read;
	enum hy_status status = HY_OK;

	while (!status && n) { /* one at a time: a mail has megabytes */
		void *ctx = talloc_new(NULL);

		status = hy_callback_unread(desk->st, ctx, s->id, after, 1, &row, &n, err);
		if (!status && n) {
			after = row->id;
			status = replay_one(desk, exe, s, row, &read, err);
			*done += !status && read;
		}
		talloc_free(ctx);
	}
	if (!status)
		status = hy_callback_unread_count(desk->st, s->id, &waiting, err);
	*left += waiting;
	return status;
}

enum hy_status desk_mails_replay(struct hy_desk *desk, const void *ctx,
				 const struct hy_account *account, int64_t *done, int64_t *left,
				 struct hy_err *err)
{
	struct hy_source *list = NULL;
	char *exe = NULL;
	size_t n = 0;
	enum hy_status status = desk_own_program(ctx, &exe, err);

	if (!status)
		status = hy_source_list(desk->st, ctx, false, &list, &n, err);
	for (size_t i = 0; i < n && !status; i++) {
		struct hy_account *its = NULL;

		if (strcmp(list[i].kind, "mail") == 0 &&
		    desk_source_account(desk, ctx, &list[i], &its, NULL, NULL) == HY_OK &&
		    its->id.v == account->id.v)
			status = replay_source(desk, exe, &list[i], done, left, err);
	}
	return status;
}
