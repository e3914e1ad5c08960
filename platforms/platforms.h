/*
 * platforms: how to speak to each platform, its errors mapped to ours. One file per platform; the
 * others know nothing of its routes. A write that may have happened is HY_EUNSURE, always.
 */
#ifndef HY_PLATFORMS_H
#define HY_PLATFORMS_H

#include "net/net.h"

/* How to reach an account on a platform. Copied where kept. */
struct hy_platform_peer {
	const char *url;   /* base URL of the site, https (http with reach) */
	const char *reach; /* exact peer "127.0.0.1:18200", or NULL */
	const char *login;
	const struct hy_secret *secret; /* application password */
};

/* A post as the platform tells it back. Children of the callback's context; NULL where absent. */
struct hy_platform_post {
	const char *id;	    /* the platform's own id, never empty on HY_OK */
	const char *url;    /* public address */
	const char *marker; /* ours, as found in it, or NULL */
	const char *title, *html;
	const char *state; /* "publish", "future", "trash" ... */
	hy_time posted;
};

/*
 * Called once from the loop. status:
 *   HY_OK         post is filled, read from the platform's own answer
 *   HY_ENOTFOUND  look-ups: the platform answered well and has no such post
 *   HY_EAUTH      401, 403: the account needs a new secret (nothing was written)
 *   HY_EWAIT      429, 503 with Retry-After: nothing was written; err.until, 0 = not named
 *   HY_ETEMP      nothing was sent (or, for look-ups, any passing failure)
 *   HY_EPERM      4xx: it will never be taken as it is; or the platform lacks what is needed
 *   HY_EUNSURE    writes: the first byte may have left and no good receipt came back (cut, 5xx,
 *                 200 without JSON or without an id, too long, redirected)
 *   HY_EINPUT, HY_EREFUSED  as net: never sent
 */
typedef void hy_platform_fn(void *user, enum hy_status status, const struct hy_platform_post *post,
			    const struct hy_err *err);

struct hy_platform_draft {
	const char *title;  /* escaped as well: WordPress reads it as HTML */
	const char *html;   /* body, already escaped by render */
	const char *marker; /* 8-64 of [a-z0-9-]: the slug, and a comment in the body */
};

/* A call in hand; gone once its fn was called. */
struct hy_platform_call;
/* Drops it without calling back (a write then counts as unsure). NULL is fine. */
void hy_platform_cancel(struct hy_platform_call *call);

/* ---- errors of all platforms (errors.c) ---- */

/* What a platform's own error code means: one row each. */
struct hy_platform_error {
	const char *platform; /* "mastodon", "discuz", "aliyun", "smpp" ... */
	const char *code;     /* as the platform writes it; "*" at its end stands for any rest */
	enum hy_status read;  /* what a read does about it */
	enum hy_status write; /* what a write does: never HY_ETEMP where it may have been taken */
	const char *cure;     /* msgid: what it means and what to do, one line */
};
/* The row of a code: an exact one before the longest with "*". NULL when there is none. */
const struct hy_platform_error *hy_platform_error_find(const char *platform, const char *code);
/* The whole table, for tests and help. */
const struct hy_platform_error *hy_platform_errors(size_t *n_out);
/* Fills err: "platform: code: cure (said)". A code that no row knows is HY_ETEMP for a read and
 * HY_EUNSURE for a write. said: the platform's own words, or NULL. Returns the status. */
enum hy_status hy_platform_error_set(struct hy_err *err, const char *platform, const char *code,
				     bool writes, const char *said);

/*
 * WordPress (>= 5.6) by REST, application password over Basic. The form `?rest_route=` is used: it
 * works with and without permalinks. A write is one POST on a connection of its own; no redirect
 * is followed with the secret. Nothing blocks; the result comes by fn, never from within the call.
 *
 * marker: sent as the slug (WordPress keeps it, or appends "-2" when it is taken) and as a comment
 * in the body, which its HTML filter leaves alone and its search finds.
 */
struct hy_platform_call *hy_wordpress_create(struct hy_net *net,
					     const struct hy_platform_peer *peer,
					     const struct hy_platform_draft *draft,
					     hy_platform_fn *fn, void *user);
/* By the platform's id (digits, else HY_EINPUT). */
struct hy_platform_call *hy_wordpress_read(struct hy_net *net, const struct hy_platform_peer *peer,
					   const char *id, hy_platform_fn *fn, void *user);
/* By our marker: slug first, then the text; only reads. A post that is there but not public is
 * HY_ETEMP with its state. */
struct hy_platform_call *hy_wordpress_find(struct hy_net *net, const struct hy_platform_peer *peer,
					   const char *marker, hy_platform_fn *fn, void *user);
/* Replaces title and body of an existing post (the link to an erratum), keeping its slug; repeating
 * it is harmless, yet it maps to HY_EUNSURE as create does. */
struct hy_platform_call *hy_wordpress_update(struct hy_net *net,
					     const struct hy_platform_peer *peer, const char *id,
					     const struct hy_platform_draft *draft,
					     hy_platform_fn *fn, void *user);
/* Who the secret belongs to: post->id = the user's id, post->title = its name; for checks of an
 * account. */
struct hy_platform_call *hy_wordpress_me(struct hy_net *net, const struct hy_platform_peer *peer,
					 hy_platform_fn *fn, void *user);
/* True when slug is marker, or marker-N. */
bool hy_wordpress_slug_matches(const char *slug, const char *marker);

#endif
