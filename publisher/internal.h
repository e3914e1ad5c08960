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

extern const struct hy_channel hy_channel_site, hy_channel_wordpress, hy_channel_mastodon,
	hy_channel_weibo, hy_channel_wechat;

#endif
