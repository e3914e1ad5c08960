/* Inside of publisher/. */
#ifndef HY_PUBLISHER_INTERNAL_H
#define HY_PUBLISHER_INTERNAL_H

#include "publisher/publisher.h"

/* Signs a digest with the office's key. */
enum hy_status hy_office_sign(struct hy_store *st, const uint8_t digest[HY_SHA256_LEN],
			      uint8_t sig[HY_ED25519_SIG_LEN], struct hy_err *err);
/* Signs the bytes of a file with the office's key. 32 bytes would read as a digest: HY_EINPUT. */
enum hy_status hy_office_sign_file(struct hy_store *st, const void *bytes, size_t n,
				   uint8_t sig[HY_ED25519_SIG_LEN], struct hy_err *err);

/* ---- forms (form.c) ---- */

/* Of what a form is made. Children of ctx. */
struct hy_form_parts {
	enum hy_lang lang; /* of the office */
	const char *title;
	char *office, *html;
	char *body; /* plain, a paragraph a line, without the title */
	char *lead; /* its first paragraph, when there are more; or NULL */
	char *note; /* errata: which statement is put right; or NULL */
	char *link; /* the statement's own page, where it will stand; or NULL */
};
/* HY_EINPUT with the cure for what no form carries: pictures. */
enum hy_status hy_form_parts(struct hy_store *st, const void *ctx, const struct hy_statement *s,
			     struct hy_form_parts *out, struct hy_err *err);
/* How a short post is put together: open, title, shut, then body, note and link, each after gap
 * (the first not, where shut is not empty). mark: a fragment for the link, or NULL. */
struct hy_micro {
	const char *open, *shut, *gap, *mark;
};
/* The whole text where it fits, else its first paragraph, when there is a link to the whole; NULL
 * when neither fits. child of ctx. */
char *hy_form_micro(const void *ctx, const struct hy_form_parts *p, const struct hy_micro *m,
		    bool (*fits)(void *user, const char *text), void *user);
/* The cover of articles: the file of path (in dir where it is relative), NULL or "": the plain one.
 * Its SHA-256 in hex. HY_EINPUT: neither PNG nor JPEG; HY_ENOTFOUND, HY_EINPUT of the file. */
enum hy_status hy_cover_load(const void *ctx, const char *dir, const char *path,
			     struct hy_platform_file *out, char **sha256, struct hy_err *err);
/* Keeps the hash of what each account's platform will be given: at the approval. */
enum hy_status hy_form_bind(struct hy_store *st, const void *ctx, const struct hy_statement *s,
			    struct hy_err *err);
/* What would be sent now is what was approved. */
bool hy_form_holds(struct hy_store *st, const void *ctx, const struct hy_statement *s,
		   struct hy_account_id account);

/* ---- what statements and answers have in common (again.c, outbox.c) ---- */

#define FROZEN_RECHECK (10 * HY_MINUTE)
#define SECRET_RECHECK (10 * HY_SECOND) /* a token that is on its way */
#define LOOKUP_HOLD (2 * HY_MINUTE)	/* an unknown being looked up is not due meanwhile */
#define LOOKUP_LONGEST (15 * HY_MINUTE)
#define KEPT_RETRY (5 * HY_SECOND) /* a result the record did not take */

struct hy_clock *hy_outbox_clock(const struct hy_outbox *ob);
struct hy_loop *hy_outbox_loop(const struct hy_outbox *ob);
struct hy_rand *hy_outbox_rand(struct hy_outbox *ob);
const struct hy_outbox_options *hy_outbox_options_of(const struct hy_outbox *ob); /* filled in */
/* What the account is used with now. *late is set instead when that is on its way, and says so. */
enum hy_status hy_outbox_secret(const struct hy_outbox *ob, const void *ctx,
				const struct hy_account *a, struct hy_secret **out, char **late,
				struct hy_err *err);
/* 401, 403: this account alone stops, and a person is told (*paged); unless its owner has another
 * secret coming. True when it stopped. */
bool hy_outbox_refused(struct hy_outbox *ob, const struct hy_account *a, const char *why,
		       bool *paged);
#define AGAIN_MAX 6 /* attempts at what a platform asks to try "once more" */
/* It was refused with "once more", and that often that a person must look. */
bool hy_send_enough(int attempt, const char *error);
/* When the next attempt may be: after err->until, or with backoff. */
hy_time hy_send_retry_at(struct hy_outbox *ob, int attempt, const struct hy_err *err);
/* How long after so many look-ups the next one comes. */
hy_dur hy_send_lookup_delay(const struct hy_outbox *ob, int lookups);
/* Meta "publish.frozen". */
enum hy_status hy_publish_frozen(struct hy_store *st, bool *out, struct hy_err *err);
/* A person's word ("sent", "absent", "retry", "cancel") said of what is in this state, by the one
 * table. HY_EINPUT: no such word; HY_EREFUSED without a text: it cannot be said of it. */
enum hy_status hy_settle_word(const char *as, enum hy_delivery_state from,
			      enum hy_delivery_state *out, struct hy_err *err);

/* ---- ways to answer a citizen (answer-chat.c, answer-sms.c; the list is in answer.c) ---- */

/* The answer as it is; one that is too long is told of, to be looked up. Never half of it. */
enum hy_status hy_answer_plain(const void *ctx, const struct hy_answer_words *w,
			       bool (*fits)(const char *text), struct hy_answer_form *out);
extern const struct hy_answer_way hy_answer_wechat, hy_answer_weibo, hy_answer_aliyun,
	hy_answer_tencent, hy_answer_smpp;

extern const struct hy_channel hy_channel_site, hy_channel_wordpress, hy_channel_mastodon,
	hy_channel_weibo, hy_channel_wechat;

#endif
