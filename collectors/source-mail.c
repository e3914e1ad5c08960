/*
 * A mailbox as a source. desk asks by IMAP and hands the mails of a look over as one batch; here
 * they become entries. What people write to the office is no public item: desk takes it in as
 * cases.
 */
#include "collectors/collect.h"

#include <stdlib.h>
#include <string.h>

#define HEAD 9 /* uid 4, cut 1, length 4; big-endian */

bool hy_mail_batch_add(struct hy_buf *batch, uint32_t uid, const char *bytes, size_t n, bool cut)
{
	const uint8_t head[HEAD] = {
		(uint8_t)(uid >> 24), (uint8_t)(uid >> 16), (uint8_t)(uid >> 8), (uint8_t)uid, cut,
		(uint8_t)(n >> 24),   (uint8_t)(n >> 16),   (uint8_t)(n >> 8),	 (uint8_t)n};

	if (n > HY_MAIL_MAX || batch->len + HEAD + n > HY_FEED_INPUT_MAX)
		return false;
	return hy_buf_add(batch, head, HEAD) && hy_buf_add(batch, bytes, n);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

bool hy_mail_batch_next(const char **at, const char *end, uint32_t *uid, const char **bytes,
			size_t *n)
{
	const uint8_t *p = (const uint8_t *)*at;

	if (end - *at < HEAD || be32(p + 5) > (size_t)(end - *at - HEAD))
		return false;
	*uid = be32(p);
	*n = be32(p + 5);
	*bytes = *at + HEAD;
	*at = *bytes + *n;
	return true;
}

static enum hy_status check(const struct hy_source *source, const struct hy_json *options,
			    struct hy_err *err)
{
	const char *mailbox = hy_json_str(options, "mailbox");
	struct hy_net_server server;

	if (hy_json_str(options, "account") == NULL)
		return hy_err_set(err, HY_EINPUT,
				  _("account: a mailbox is read with an account's log-in"));
	if (mailbox != NULL &&
	    (strlen(mailbox) > 200 || *mailbox == '\0' || strpbrk(mailbox, "\r\n") != NULL))
		return hy_err_set(err, HY_EINPUT, _("this is no name of a mailbox"));
	return hy_mail_server(NULL, source->url, &server, err);
}

enum hy_status hy_mail_server(const void *ctx, const char *url, struct hy_net_server *out,
			      struct hy_err *err)
{
	return hy_net_server_read(ctx, url, "imap", 143, 993, out, err);
}

/* Lines end as everywhere else here; the last one needs no end. */
static const char *plain_lines(const void *ctx, const char *text)
{
	char *out = hy_strdup(ctx, text), *to = out;

	for (const char *p = out; *p != '\0'; p++)
		if (p[0] != '\r' || p[1] != '\n')
			*to++ = *p;
	while (to > out && strchr("\r\n \t", to[-1]) != NULL)
		to--;
	*to = '\0';
	return out;
}

/* What was attached: its name stands as the address. */
static void name_attachments(struct hy_feed *f, const struct hy_mail *m, bool cut,
			     struct hy_feed_entry *e)
{
	struct hy_feed_enclosure *list =
		hy_new_array(f, struct hy_feed_enclosure, m->n_attachments + 1);

	for (size_t i = 0; i < m->n_attachments; i++) {
		bool whole = !cut || i + 1 < m->n_attachments;

		list[i] = (struct hy_feed_enclosure){
			.url = m->attachments[i].name != NULL ? m->attachments[i].name : "",
			.type = m->attachments[i].type,
			.length = whole ? m->attachments[i].size : -1,
			.bytes = whole ? m->attachments[i].bytes : NULL};
	}
	e->enclosures = list;
	e->n_enclosures = m->n_attachments;
}

static enum hy_status one_mail(struct hy_feed *f, const char *bytes, size_t n, bool cut,
			       struct hy_feed_entry *e, struct hy_err *err)
{
	struct hy_mail m;
	enum hy_status status = hy_mail_read(f, bytes, n, &m, err);

	if (status != HY_OK)
		return status;
	*e = (struct hy_feed_entry){
		.id = m.message_id,
		.title = m.subject,
		.author = m.reply_to != NULL ? m.reply_to : m.sender,
		.published = m.date,
		.published_q = m.date ? HY_DATE_EXACT : HY_DATE_NONE,
		.comments = m.in_reply_to,
		.content_plain = true,
		.automatic = m.automatic,
		.content = m.text != NULL   ? plain_lines(f, m.text)
			   : m.html != NULL ? hy_markup_plain(f, m.html)
					    : "",
	};
	name_attachments(f, &m, cut, e);
	return HY_OK;
}

static enum hy_status read_batch(const void *ctx, const struct hy_feed_in *in, struct hy_feed **out,
				 struct hy_err *err)
{
	const char *p = in->bytes, *end = p + in->n, *bytes;
	struct hy_feed *f = hy_page_feed_new(ctx, "mail");
	struct hy_feed_entry *list = hy_new_array(f, struct hy_feed_entry, in->n / HEAD + 1);
	char *validity = hy_hint_get(f, in->hint, "validity"),
	     *last = hy_hint_get(f, in->hint, "last");
	char *more = hy_hint_get(f, in->hint, "more");
	uint32_t uid;
	size_t n;

	while (hy_mail_batch_next(&p, end, &uid, &bytes, &n)) {
		struct hy_feed_entry *e = &list[f->n_entries];

		if (f->n_entries == HY_FEED_ENTRIES_MAX)
			return hy_err_set(err, HY_EINPUT, "the batch has too many mails");
		if (one_mail(f, bytes, n, bytes[4 - HEAD] != 0, e, err) != HY_OK)
			return HY_EINPUT; /* the others are read without it */
		if (e->id == NULL)	  /* nameless: its place is its name */
			e->id = hy_strf(f, "uid %s %" PRIu32, validity != NULL ? validity : "",
					uid);
		f->n_entries++;
	}
	if (p != end)
		return hy_err_set(err, HY_EINPUT, "the batch of mails is damaged");
	f->entries = list;
	if (validity != NULL && last != NULL)
		f->at = hy_strf(f, "%s %s", validity, last);
	f->next = more != NULL && strcmp(more, "1") == 0 ? "1" : NULL;
	*out = f;
	return HY_OK;
}

const struct hy_collector hy_collector_mail = {
	.name = "mail",
	.summary = N_("a mailbox by IMAP: what people write to the office"),
	.options = "account mailbox remove",
	.walk = HY_WALK_MAILBOX,
	.item = HY_ITEM_MESSAGE,
	.account = "mail",
	.every = 2 * HY_MINUTE,
	.refusals = true,
	.check = check,
	.read = read_batch,
};
