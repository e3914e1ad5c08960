/* practice: what the two halves of Mastodon share (mastodon.c reads and routes, mastodon-write.c
 * writes and registers apps). */
#ifndef HY_PRACTICE_MASTODON_H
#define HY_PRACTICE_MASTODON_H

#include "practice/internal.h"

#define STATUS_MAX 500 /* characters */
#define URL_CHARS 23
#define MEDIA_MAX ((size_t)10 << 20)

void mastodon_error(struct ask *ask, int http, const char *text);
void masto_ktime(struct hy_json_writer *w, const char *name, hy_time t);
void masto_kid(struct ask *ask, struct hy_json_writer *w, const char *name, int64_t id);
void masto_account(struct ask *ask, struct hy_json_writer *w, const struct member *m);
void masto_status(struct ask *ask, struct hy_json_writer *w, const struct note *n);
void masto_media(struct ask *ask, struct hy_json_writer *w, const struct note *n);
void masto_answer_status(struct ask *ask, const struct note *n);
/* The note of this id that t may see, or NULL with the 404 answered. */
struct note *masto_note(struct ask *ask, const struct token *t, int64_t id);

void masto_post(struct ask *ask, struct token *t);
void masto_edit(struct ask *ask, struct token *t, int64_t id);
void masto_delete(struct ask *ask, struct token *t, int64_t id);
void masto_upload(struct ask *ask, struct token *t);
void masto_scheduled(struct ask *ask, struct token *t, int64_t id); /* id 0: the list */
void masto_apps(struct ask *ask);
void masto_oauth(struct ask *ask, const char *what);

#endif
