/* Secrets that wait to be tried, private to desk/. */
#ifndef HY_DESK_FRESH_H
#define HY_DESK_FRESH_H

#include "desk/internal.h"

/*
 * What a person brought for an account and nobody has tried yet: it lies sealed beside the secret in
 * use, which it replaces once the platform has called it good. The role tokens tries it. Strings are
 * children of the context that it was read into.
 */
struct desk_fresh {
	const char *secret;   /* NULL: a code; or the platform refused it, and it is erased */
	const char *code;     /* of the browser's authorisation: it is exchanged once, for a token */
	const char *redirect; /* the address that the code came to */
	const char *app;      /* the application that goes with it, or NULL */
	hy_time asked;	      /* when it was brought */
	hy_time tried;	      /* last; 0 = not yet */
	hy_time next_at;      /* when it is tried next */
	int failures;
	const char *error; /* of the last try, or NULL */
	bool sent;	   /* the code has left the building */
};
/* True while there is something to try. */
bool desk_fresh_waits(const struct desk_fresh *f);
/* HY_ENOTFOUND: nothing waits and nothing was refused. */
enum hy_status desk_fresh_get(struct hy_desk *desk, const void *ctx, struct hy_account_id id,
			      struct desk_fresh **out, struct hy_err *err);
/* In an open transaction or outside of one; so is drop. */
enum hy_status desk_fresh_put(struct hy_desk *desk, struct hy_account_id id,
			      const struct desk_fresh *f, struct hy_err *err);
enum hy_status desk_fresh_drop(struct hy_desk *desk, struct hy_account_id id, struct hy_err *err);
/* Members of an answer: new_secret ("waiting", "refused"), new_secret_error, new_secret_tried_ms; none
 * when there is nothing. */
void desk_put_fresh(struct hy_desk *desk, struct hy_json_writer *w, struct hy_account_id id);
/* The same for people, in one line; NULL: nothing. child of ctx. */
char *desk_fresh_text(struct hy_desk *desk, const void *ctx, struct hy_account_id id);

#endif
