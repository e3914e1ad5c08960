/* practice: what the two halves of Weibo share (weibo.c reads and signs in, weibo-write.c writes). */
#ifndef HY_PRACTICE_WEIBO_H
#define HY_PRACTICE_WEIBO_H

#include "practice/internal.h"

#define WEIBO_APP_KEY "practice-app"
#define WEIBO_APP_SECRET "practice-secret"

void weibo_error(struct ask *ask, int code, const char *detail);
void put_status(struct ask *ask, struct hy_json_writer *w, const struct note *n);
void put_comment(struct ask *ask, struct hy_json_writer *w, const struct note *n);
/* Length as Weibo counts it, in half units; a URL counts as a short link. */
int weibo_halves(const char *text);

/* Endpoints; t is whose token the request brought. */
void weibo_share(struct ask *ask, struct token *t);
void weibo_repost(struct ask *ask, struct token *t);
void weibo_comment_create(struct ask *ask, struct token *t);
void weibo_comment_reply(struct ask *ask, struct token *t);
void weibo_comment_destroy(struct ask *ask, struct token *t);
void weibo_message_reply(struct ask *ask, struct token *t);

/* OAuth2 under /oauth2/ (weibo-oauth.c). */
void weibo_oauth(struct ask *ask, const char *what);

#endif
