/* What the files of the role collect share. Not for others. */
#ifndef HY_DESK_COLLECT_H
#define HY_DESK_COLLECT_H

#include "collectors/collectors.h"
#include "desk/internal.h"
#include "net/net.h"
#include "platforms/platforms.h"

/* ---- collect-ask.c ---- */
/* A request ready to go; its strings are children of it. */
struct desk_ask {
	struct hy_collector_ask ask;
	struct hy_net_request rq;
	struct hy_net_header *headers;
	bool secret; /* it carries an account's secret */
};
/* What this source asks next, with its account's secret. page: a further page of a feed, or NULL.
 * HY_EAUTH: the account has no secret, or is not in use; HY_EINPUT. child of ctx. */
enum hy_status desk_ask_new(struct hy_desk *desk, const void *ctx, const struct hy_source *s,
			    const char *page, struct desk_ask **out, struct hy_err *err);
/* The account a source names, in use, and its secret (may be NULL: not wanted); children of ctx.
 * HY_EAUTH: none, not in use, without a secret. */
enum hy_status desk_source_account(struct hy_desk *desk, const void *ctx, const struct hy_source *s,
				   struct hy_account **out, struct hy_secret **secret,
				   struct hy_err *err);
/* It reads with this account, or holds what its callbacks bring. */
bool desk_source_is_of(struct hy_desk *desk, const struct hy_source *s, struct hy_account_id account);
/* HY_EREFUSED when the account that it names was ended, and no other has its name: then no look can
 * succeed. */
enum hy_status desk_source_may_resume(struct hy_desk *desk, const struct hy_source *s,
				      struct hy_err *err);
/* The platform refuses the token of the source's account: see desk_account_refused(). */
void desk_source_refused(struct hy_desk *desk, const struct hy_source *s, const char *why);
/* What this source may spend of its account's calls; false: it has no budget. */
bool desk_share(struct hy_desk *desk, const struct hy_source *s, struct hy_share *out);
/* It has used its part of today's calls: a look by hand would take from the other sources, or from what
 * is kept for publishing. */
bool desk_share_spent(struct hy_desk *desk, const struct hy_source *s);
/* Rings for sources that are far quieter than they were, or not to be read for hours. */
void desk_watch_silence(struct hy_desk *desk);

/* ---- collect-mail.c ---- */
/* The mails of one look, as the collector "mail" reads them, with the hint beside; status as
 * hy_imap_done_fn. */
typedef void desk_mail_fn(void *user, enum hy_status status, const struct hy_buf *batch,
			  const char *hint, const struct hy_err *err);
/* One look at a mailbox; done is called from the loop. */
enum hy_status desk_mail_look(struct hy_desk *desk, const void *ctx, struct hy_net *net,
			      struct hy_loop *loop, const struct hy_source *s, desk_mail_fn *done,
			      void *user, struct hy_err *err);
/* The numbers of the mails that were never read here and so are never removed there; ascending. */
enum hy_status desk_mail_kept(struct hy_desk *desk, const void *ctx, struct hy_source_id id,
			      uint32_t **out, size_t *n, struct hy_err *err);
/* A mail that cannot be read: its bytes are the batch's. */
struct desk_unread {
	uint32_t uid;
	const char *bytes;
	size_t n;
};
struct desk_mails {
	struct hy_push *pushes;
	size_t n, refused;
	struct desk_unread *unread;
	size_t n_unread;
};
/* Adds what people wrote, out of the entries read; copies, children of m. */
void desk_mails_add(struct desk_mails *m, const struct hy_feed *feed);
/* Makes cases of them, in the open transaction, and counts; what cannot be read goes into the
 * journal, sealed, and rings. */
enum hy_status desk_mails_take_in(struct hy_desk *desk, const struct hy_source *s,
				  const struct desk_mails *mails, struct hy_err *err);
/* Reads again what could not be read when it came to this account's mailboxes. In transactions of
 * its own; blocks for some seconds for each mail that still ends its reader. Adds to *done, *left.
 */
enum hy_status desk_mails_replay(struct hy_desk *desk, const void *ctx,
				 const struct hy_account *account, int64_t *done, int64_t *left,
				 struct hy_err *err);

/* ---- collect-mail-read.c ---- */
/* mails: child of the ctx given. feed, without entries: where the look came to; NULL unless HY_OK.
 * HY_ESYSTEM: there is no child; HY_ETEMP, HY_EINPUT: it fails without any mail, too. */
typedef void desk_mails_fn(void *user, enum hy_status status, const struct hy_feed *feed,
			   struct desk_mails *mails, const struct hy_err *err);
/* Reads a batch in the parse child; a mail that ends it, or that cannot be read, keeps no other one
 * out. batch and hint live until done is called, from the loop or at once when there is no child. */
void desk_mails_read(const void *ctx, struct hy_parse_child *child, const struct hy_buf *batch,
		     const char *hint, desk_mails_fn *done, void *user);

#endif
