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

/* What happens next, where the status alone does not say it. */
enum hy_platform_next {
	HY_NEXT_STATUS = 0, /* what the statuses say */
	HY_NEXT_LOOK,	    /* it may well be there already: look before anything */
	HY_NEXT_RETRY,	    /* passing fault */
	HY_NEXT_AGAIN,	    /* nothing was done; once more */
	HY_NEXT_WAIT,	    /* nothing was done; a limit */
	HY_NEXT_RENEW,	    /* a fresh token, then once more */
	HY_NEXT_AUTHORISE,  /* a person must authorise the account anew */
	HY_NEXT_STOP,	    /* this account stops until a person has looked */
	HY_NEXT_FIX,	    /* our request is wrong */
	HY_NEXT_CHANGE,	    /* the text must change, by a person */
	HY_NEXT_GONE,	    /* this recipient or post is no longer to be had */
};
#define HY_WAIT_DAY ((hy_dur)-1) /* until 00:00 in Beijing */

/* What a platform's own error code means: one row each. */
struct hy_platform_error {
	const char *platform; /* "mastodon", "discuz", "aliyun", "smpp" ... */
	const char *code;     /* as the platform writes it; "*" at its end stands for any rest;
				 "41001-41030": a range of whole numbers */
	enum hy_status read;  /* what a read does about it */
	enum hy_status write; /* what a write does: never HY_ETEMP where it may have been taken */
	enum hy_platform_next next;
	hy_dur wait;	  /* HY_EWAIT: how long, or HY_WAIT_DAY; 0 = as long as the platform says */
	const char *cure; /* msgid: what it means and what to do, one line */
};
/* The row of a code: an exact one before a range, before the longest with "*". NULL when there is
 * none. */
const struct hy_platform_error *hy_platform_error_find(const char *platform, const char *code);
/* The whole table, for tests and help. */
const struct hy_platform_error *hy_platform_errors(size_t *n_out);
/* Fills err: "platform: code: cure (said)". A code that no row knows is HY_ETEMP for a read and
 * HY_EUNSURE for a write. said: the platform's own words, or NULL. Returns the status. */
enum hy_status hy_platform_error_set(struct hy_err *err, const char *platform, const char *code,
				     bool writes, const char *said);
/* The row of an error's text as it was kept: "... platform: code: cure (said)". NULL: it is none of
 * the table's. */
const struct hy_platform_error *hy_platform_error_said(const char *text);
/* Before which instant a row of HY_EWAIT must not be tried; 0 = not named. */
hy_time hy_platform_wait_end(const struct hy_platform_error *row, hy_time now);

/* ---- lists ---- */

enum hy_platform_kind { HY_ENTRY_POST, HY_ENTRY_COMMENT };

/*
 * One post or comment as a platform tells it. Children of the callback's context; NULL where
 * absent. author and author_name are for the weekly voice and for masking, never to be stored.
 */
struct hy_platform_entry {
	enum hy_platform_kind kind;
	const char *id;	    /* the platform's own, never empty; digits stay text */
	const char *on;	    /* comments: the post; reposts: what was passed on */
	const char *parent; /* comments: the comment that is answered */
	const char *author, *author_name;
	const char *title;
	const char *text; /* plain text, or HTML when is_html; never NULL */
	bool is_html;
	bool cut;	 /* there is more of it than the list shows */
	bool removed;	 /* the platform says that it is gone */
	bool not_public; /* the platform says that only some may see it: not to be taken */
	const char *url;
	hy_time posted; /* 0 = not told */
};
/* A page of a list, newest first unless the call says otherwise. */
struct hy_platform_page {
	const struct hy_platform_entry *entries;
	size_t n;
	const char *next;   /* where the following page begins, or NULL: this was the last */
	const char *newest; /* greatest id of a list that is walked by ids, NULL = none */
	int skipped;	    /* entries without an id: counted, not taken */
	int64_t left;  /* calls left in this account's budget as the answer tells; -1 = not told */
	hy_time reset; /* when the budget is whole again; 0 = not told */
};
/* status as for hy_platform_fn's look-ups; page is filled on HY_OK only. */
typedef void hy_platform_page_fn(void *user, enum hy_status status,
				 const struct hy_platform_page *page, const struct hy_err *err);

/* ---- tokens ---- */

struct hy_platform_token {
	const char *access;  /* 16 to 2048 visible ASCII characters; never empty on HY_OK */
	const char *refresh; /* or NULL: the answer named none; an old one stays as it is */
	const char *uid;     /* whose it is, or NULL */
	const char *app;     /* which application it was given to, or NULL */
	const char *scope;
	hy_time expires; /* within [now, now + 6 years]; 0 = not told */
};
/* HY_OK; HY_EAUTH: a person must authorise anew; HY_EREFUSED: the platform forbids the application
 * (wrong secret, address not on its list): stop and call a person; HY_EWAIT, HY_ETEMP: the old
 * token stays in use; HY_EPERM: the answer is absurd (empty token, expiry in the past or decades
 * away): nothing of it may be kept. A code is used once: its exchange can be HY_EUNSURE, too. */
typedef void hy_platform_token_fn(void *user, enum hy_status status,
				  const struct hy_platform_token *token, const struct hy_err *err);

/* Percent-encoding (RFC 3986) of everything but letters, digits and "-._~", for a query. */
char *hy_platform_query_escape(const void *ctx, const char *s);

/* Bytes of a medium, or a plain acknowledgement (n = 0). */
struct hy_platform_file {
	const char *name; /* with extension; ASCII */
	const char *type; /* "image/png" */
	const void *bytes;
	size_t n;
};
typedef void hy_platform_raw_fn(void *user, enum hy_status status,
				const struct hy_platform_file *file, const struct hy_err *err);

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

/* ---- Weibo: REST v2, OAuth2, messages of the fan service ----
 * peer: url NULL = the platform's own hosts; login = application key; secret = the account's token
 * (calls of OAuth2: the application's secret). The token goes in a header or a body, never in a
 * URL. Nothing blocks; results come by fn, never from within the call. Error codes: see
 * hy_platform_errors(). There is no key for repeating a write: what is HY_EUNSURE is looked for by
 * hy_weibo_find(). */

enum hy_weibo_list {
	HY_WEIBO_MENTIONS,	   /* posts that mention the account */
	HY_WEIBO_OWN,		   /* the account's own posts */
	HY_WEIBO_COMMENTS_TO_ME,   /* comments received */
	HY_WEIBO_COMMENT_MENTIONS, /* comments that mention the account */
	HY_WEIBO_COMMENTS_SENT,	   /* the account's own comments */
	HY_WEIBO_COMMENTS_OF,	   /* comments of one post */
};
struct hy_weibo_page_request {
	enum hy_weibo_list list;
	const char *post;  /* HY_WEIBO_COMMENTS_OF: its id */
	const char *since; /* only ids greater than this (digits); NULL = all */
	const char *up_to; /* only ids up to this, itself included; NULL = from the newest */
	int count;	   /* 1-200; 0 = 50 */
};
/* The URL of a list; NULL when an id is none. child of ctx. */
char *hy_weibo_page_url(const void *ctx, const char *base,
			const struct hy_weibo_page_request *what);
/* Reads a list's answer; pure, for the parse child. An error_code is what the table says of it.
 * left and reset come from headers and are not told here. */
enum hy_status hy_weibo_page_read(const void *ctx, const char *bytes, size_t n,
				  struct hy_platform_page *out, struct hy_err *err);
/* The URL of one post, whole, and its answer as a page of one; as the two above. */
char *hy_weibo_show_url(const void *ctx, const char *base, const char *id);
enum hy_status hy_weibo_show_read(const void *ctx, const char *bytes, size_t n,
				  struct hy_platform_page *out, struct hy_err *err);
/* A page, newest first. next: up_to of the following page (smallest id less 1). A short page is not
 * the end, an empty one is; a blocked account gets empty pages and no error. */
struct hy_platform_call *hy_weibo_page(struct hy_net *net, const struct hy_platform_peer *peer,
				       const struct hy_weibo_page_request *what,
				       hy_platform_page_fn *fn, void *user);
/* One post, whole (long text): a page of one. HY_ENOTFOUND when it is gone. */
struct hy_platform_call *hy_weibo_show(struct hy_net *net, const struct hy_platform_peer *peer,
				       const char *id, hy_platform_page_fn *fn, void *user);
struct hy_weibo_draft {
	const char *text;    /* plain; see hy_weibo_check */
	const char *post;    /* answers: the post commented on; NULL = a post of one's own */
	const char *comment; /* answers: the comment replied to, or NULL */
	const char *ip;	     /* our public address, sent as `rip`; NULL = left out */
	const struct hy_platform_file *picture; /* own posts: at most 5 MB, or NULL */
};
/* statuses/share, comments/create or comments/reply. HY_EINPUT when an id is none. */
struct hy_platform_call *hy_weibo_send(struct hy_net *net, const struct hy_platform_peer *peer,
				       const struct hy_weibo_draft *draft, hy_platform_fn *fn,
				       void *user);
/* Looks for a text of ours that may have been sent: own posts (comments: those sent) not older than
 * not_before, compared as folded text without addresses and the platform's "回复@…:". HY_OK with
 * the newest; HY_ENOTFOUND when the newest 100 have none. */
struct hy_platform_call *hy_weibo_find(struct hy_net *net, const struct hy_platform_peer *peer,
				       bool comments, const char *text, hy_time not_before,
				       hy_platform_fn *fn, void *user);
/* A private message of the fan service, within 48 h of the person's own. to: their id. The answer
 * names no id: post->id is "sent". */
struct hy_platform_call *hy_weibo_message(struct hy_net *net, const struct hy_platform_peer *peer,
					  const char *to, const char *text, hy_platform_fn *fn,
					  void *user);
/* A medium of a message by its `tovfid`. At most 8 MiB. */
struct hy_platform_call *hy_weibo_media(struct hy_net *net, const struct hy_platform_peer *peer,
					const char *fid, hy_platform_raw_fn *fn, void *user);
/* Length as the platform counts: ASCII a half, up to U+FFFF one, beyond two; rounded up. */
int hy_weibo_length(const char *text);
/* May this stand as a post (domain not NULL) or as a comment (NULL)? Length at most limit (0 =
 * 140); a post needs an address under the application's safe domain ("" = any), ended by a blank
 * or the text's end, and no #topic#. HY_EINPUT with the cure. */
enum hy_status hy_weibo_check(const char *text, int limit, const char *domain, struct hy_err *err);
/* "Wed Oct 24 23:49:17 +0800 2012"; false when it is not that. */
bool hy_weibo_time(const char *s, hy_time *out);

/* Where a person is sent to authorise; child of ctx. display NULL = left out. */
char *hy_weibo_authorise_url(const void *ctx, const struct hy_platform_peer *peer,
			     const char *redirect, const char *scope, const char *state);
/* code: a code from the redirect, used once. */
struct hy_platform_call *hy_weibo_token(struct hy_net *net, const struct hy_platform_peer *peer,
					const char *code, const char *redirect,
					hy_platform_token_fn *fn, void *user);
/* Health by a real call: whose the token (peer->secret) is and until when. token->access is that
 * token itself. HY_EAUTH when it was given to another application than peer->login. */
struct hy_platform_call *hy_weibo_token_info(struct hy_net *net,
					     const struct hy_platform_peer *peer,
					     hy_platform_token_fn *fn, void *user);
/* Ends the token. */
struct hy_platform_call *hy_weibo_revoke(struct hy_net *net, const struct hy_platform_peer *peer,
					 hy_platform_raw_fn *fn, void *user);

/* ---- WeChat Official Account ----
 * peer: url NULL = https://api.weixin.qq.com; login = AppID; secret = access token (token calls:
 * AppSecret). The platform takes the token in the URL only: it is kept out of errors and logs.
 * HY_EAUTH: renew the token once, then once more; then the account stops. */

/* The stable token: 2 hours, never under 5 minutes left, the old one stays good meanwhile. force:
 * a new one at once, the old one dies; 20 a day. */
struct hy_platform_call *hy_wechat_token(struct hy_net *net, const struct hy_platform_peer *peer,
					 bool force, hy_platform_token_fn *fn, void *user);
/* A customer-service message, within 48 h of the person's own; not protected against doubling, and
 * cannot be looked for. The answer names no id: post->id is "sent". */
struct hy_platform_call *hy_wechat_message(struct hy_net *net, const struct hy_platform_peer *peer,
					   const char *to, const char *text, hy_platform_fn *fn,
					   void *user);

struct hy_wechat_article {
	const char *title;  /* at most 32 characters */
	const char *writer; /* the office's name; at most 16; or NULL */
	const char *digest; /* at most 128; or NULL */
	const char *html;   /* under 20,000 characters and 1 MB; pictures by hy_wechat_upload */
	const char *source; /* address of the original, or NULL */
	const char *thumb;  /* media id of a permanent picture, needed */
	bool comments;
};
/* HY_EINPUT with the cure when a limit above is passed. */
enum hy_status hy_wechat_article_check(const struct hy_wechat_article *a, struct hy_err *err);
/* A draft of one article. post->id: its media id. Harmless when doubled: a draft is not public. */
struct hy_platform_call *hy_wechat_draft(struct hy_net *net, const struct hy_platform_peer *peer,
					 const struct hy_wechat_article *article,
					 hy_platform_fn *fn, void *user);
struct hy_platform_call *hy_wechat_draft_delete(struct hy_net *net,
						const struct hy_platform_peer *peer,
						const char *media_id, hy_platform_fn *fn,
						void *user);
/* Puts a draft on the account's page; followers are not told. post->id: publish id; the end comes
 * by hy_wechat_published() or as a callback. A draft can be published once: HY_EPERM afterwards. */
struct hy_platform_call *hy_wechat_publish(struct hy_net *net, const struct hy_platform_peer *peer,
					   const char *media_id, hy_platform_fn *fn, void *user);
/* What became of it: post->id = article id, url. HY_ETEMP while it runs; HY_EPERM with the reason
 * when it failed; HY_ENOTFOUND when it was deleted. */
struct hy_platform_call *hy_wechat_published(struct hy_net *net,
					     const struct hy_platform_peer *peer,
					     const char *publish_id, hy_platform_fn *fn,
					     void *user);

/* Articles on the account's page, newest first, from offset on (20 a page): our own posts. next:
 * the following offset. */
struct hy_platform_call *hy_wechat_articles(struct hy_net *net, const struct hy_platform_peer *peer,
					    const char *offset, hy_platform_page_fn *fn,
					    void *user);

struct hy_wechat_mass {
	const char *media_id; /* a draft's; or */
	const char *text;     /* plain text */
	const char *tag;      /* id of the followers' tag; NULL = all followers */
	const char *key;      /* clientmsgid: 1-64 of [A-Za-z0-9_-], the same for each try */
	bool reprint;	      /* send although the platform finds it elsewhere */
};
/*
 * A mass send. post->id: msg_id. With the same key it can be repeated within 24 h: the platform
 * answers with the first one's msg_id, which is HY_OK here. So HY_EUNSURE is settled by calling it
 * again; HY_EWAIT when that was under a minute ago.
 */
struct hy_platform_call *hy_wechat_mass(struct hy_net *net, const struct hy_platform_peer *peer,
					const struct hy_wechat_mass *mass, hy_platform_fn *fn,
					void *user);
/* What became of it: HY_OK sent, HY_ETEMP on its way, HY_EPERM failed, HY_ENOTFOUND deleted. */
struct hy_platform_call *hy_wechat_mass_state(struct hy_net *net,
					      const struct hy_platform_peer *peer,
					      const char *msg_id, hy_platform_fn *fn, void *user);

enum hy_wechat_medium {
	HY_WECHAT_IMAGE,     /* 3 days; 10 MB, PNG, JPEG, GIF */
	HY_WECHAT_VOICE,     /* 3 days; 2 MB, AMR, MP3 */
	HY_WECHAT_PERMANENT, /* a permanent picture: covers of articles; 10 MB */
	HY_WECHAT_INLINE,    /* a picture inside an article: 1 MB, JPEG, PNG; gives a URL */
};
/* post->id: media id (HY_WECHAT_INLINE: the URL, in url too). 8 MiB at most whatever the platform
 * takes. */
struct hy_platform_call *hy_wechat_upload(struct hy_net *net, const struct hy_platform_peer *peer,
					  enum hy_wechat_medium medium,
					  const struct hy_platform_file *file, hy_platform_fn *fn,
					  void *user);
/* A medium that somebody sent to us. */
struct hy_platform_call *hy_wechat_media(struct hy_net *net, const struct hy_platform_peer *peer,
					 const char *media_id, hy_platform_raw_fn *fn, void *user);

/* ---- callbacks: what a platform sends to us ----
 * Pure functions of bytes and keys. Each platform: verify (who sent it), open (the clear message),
 * read (what it says), answer. Nothing is read before it is verified, but for the envelope that
 * holds the signed text. */

#define HY_CALLBACK_QUERY_MAX 2048
#define HY_CALLBACK_BODY_MAX ((size_t)256 << 10)
#define HY_CALLBACK_WINDOW (5 * HY_MINUTE) /* how far a signed time may be from ours */
#define HY_CALLBACK_ITEMS_MAX 1000	   /* messages or reports in one body */

struct hy_callback {
	bool post;	   /* POST; else GET: the platform checks the address */
	const char *query; /* as sent, without '?', at most HY_CALLBACK_QUERY_MAX bytes */
	const struct hy_net_header *headers; /* the webhook-* ones; names in any case */
	size_t n_headers;
	const char *body;
	size_t n_body; /* at most HY_CALLBACK_BODY_MAX */
	hy_time now;   /* 0: any time is good (a replay out of our own journal) */
};
/* Secrets of one account. NULL where the platform or the account has none. */
struct hy_callback_keys {
	const struct hy_secret *secret;	  /* Weibo: application secret; WeChat: the token; webhook:
					     "whsec_…" */
	const struct hy_secret *previous; /* the one before it, still good */
	const struct hy_secret *aes;	  /* WeChat: EncodingAESKey, 43 characters */
	const struct hy_secret *aes_previous;
	const char *app; /* WeChat: AppID */
	bool aes_only;	 /* WeChat: plain messages are refused (safe mode) */
	hy_dur window;	 /* 0 = HY_CALLBACK_WINDOW; < 0 = any time is good */
};
/* A callback that is who it says. Children of the context given. */
struct hy_callback_seen {
	const char *stamp; /* what was signed beside the message (time, nonce, id): the same stamp
			      over other bytes is a forgery. NULL: the platform signs nothing */
	const char *clear; /* POST: the message, decrypted; NUL-terminated */
	size_t n_clear;
	const char *echo; /* GET: the answer, verbatim */
	int key;	  /* which key opened it: 0 current, 1 previous; -1 not encrypted */
};

enum hy_push_kind {
	HY_PUSH_MESSAGE, /* somebody wrote to us, or (webhook) something was posted */
	HY_PUSH_EDIT,	 /* webhook: a new text of an earlier one */
	HY_PUSH_DELETE,	 /* webhook: an earlier one is gone */
	HY_PUSH_EVENT,	 /* follows, clicks: counted and forgotten */
	HY_PUSH_MENTION, /* the account was mentioned in `ref`: worth a look */
	HY_PUSH_REPORT,	 /* what became of something we sent */
};
/* A file that came with it. */
struct hy_push_file {
	const char *name; /* or NULL */
	const void *bytes;
	size_t n;
};
/* One thing that a callback says. Strings are children of the context given, NULL where absent. */
struct hy_push {
	enum hy_push_kind kind;
	const char *id;	 /* the same for each repeat, other for anything else; never empty; may hold
			    the sender: keep a keyed hash only */
	const char *ref; /* edit, delete: id of the message; mention: the post; report: receipt of
			    what we sent */
	const char *sender; /* the platform's id of a person: keep a keyed hash only */
	const char *to;	    /* which of our numbers, where there are several; or NULL */
	const char *type;   /* "text", "image", "follow" ... lower-case */
	const char *title, *text, *url, *media;
	const struct hy_push_file *files;
	size_t n_files;
	hy_time created;  /* by the platform; 0 = not told */
	bool open;	  /* webhook: public, not a message to us */
	bool delivered;	  /* report */
	const char *own;  /* report: our own name of what we sent, where the platform keeps it */
	const char *code; /* report: the platform's word for it */
	/* The platform gives what it says no name: id is of the words alone, and the same words after
	 * a while are said anew. */
	bool unnamed;
	unsigned part_ref, part_total, part_at; /* of a message in parts; total 0 = whole */
	unsigned half_first, half_last;		/* of a part: as of struct hy_smpp_pdu */
};

struct hy_receiver {
	const char *name;	  /* "weibo", "wechat", "aliyun", "tencent", "webhook", "smpp" */
	bool verifies;		  /* false: only the secret path protects it */
	bool line;		  /* it comes over a connection that we hold, not by a callback */
	const char *ok, *ok_type; /* body and type of the answer "taken" */
	/* HY_OK; HY_EAUTH: forged, of another account; HY_EREFUSED: rightly signed, but of another time; HY_EINPUT: malformed. Constant time
	 * where secrets are compared. */
	enum hy_status (*verify)(const void *ctx, const struct hy_callback *cb,
				 const struct hy_callback_keys *keys, struct hy_callback_seen *out,
				 struct hy_err *err);
	/* What the clear message says: 0 to HY_CALLBACK_ITEMS_MAX. HY_EINPUT. */
	enum hy_status (*read)(const void *ctx, const char *clear, size_t n, struct hy_push **out,
			       size_t *n_out, struct hy_err *err);
	/* A text for the sender in the answer itself, or NULL where there is none; child of ctx.
	 * push is of this callback. */
	const char *(*reply)(const void *ctx, const struct hy_callback *cb,
			     const struct hy_callback_keys *keys,
			     const struct hy_callback_seen *seen, const char *text,
			     const char **type_out);
};
extern const struct hy_receiver *const hy_receivers[];	      /* the last is NULL */
const struct hy_receiver *hy_receiver_find(const char *name); /* NULL when unknown */

/* Standard Webhooks: the value of webhook-signature for a body ("v1,…"), child of ctx. secret:
 * "whsec_" and base64. HY_EINPUT when it is no such secret (24 to 64 bytes). */
enum hy_status hy_webhook_sign(const void *ctx, const struct hy_secret *secret, const char *id,
			       int64_t seconds, const void *body, size_t n, char **out,
			       struct hy_err *err);
/* Lower-case hex SHA-1 over the parts sorted by bytes: signatures of WeChat and Weibo. */
void hy_callback_sha1(const char *const *parts, size_t n, char out[41]);
/* WeChat's AES. random: 16 bytes, NULL = by chance. HY_EINPUT for a key that is none. */
enum hy_status hy_wechat_encrypt(const void *ctx, const struct hy_secret *aes, const char *app,
				 const uint8_t *random, const char *text, size_t n, char **out,
				 struct hy_err *err);
/* *out with a NUL after it. HY_EAUTH: other key, other AppID, or damaged. */
enum hy_status hy_wechat_decrypt(const void *ctx, const struct hy_secret *aes, const char *app,
				 const char *encrypted, char **out, size_t *n_out,
				 struct hy_err *err);
/* Ids that are numbers without being read as such: by length, then as text. < 0, 0, > 0; NULL is
 * smaller than any. */
int hy_platform_id_order(const char *a, const char *b);

/* ---- Mastodon, and servers that speak its client API (mastodon.c) ---- */

enum hy_mastodon_list {
	HY_MASTODON_MENTIONS, /* of the account whose token it is */
	HY_MASTODON_TAG,      /* name: the tag without '#' */
	HY_MASTODON_ACCOUNT,  /* name: id of an account of ours, for its own timeline */
};
/* The URL of a list: newest first, only ids greater than `since` and smaller than `below` (NULL or
 * "": no such bound). child of ctx. */
char *hy_mastodon_list_url(const void *ctx, const char *base, enum hy_mastodon_list list,
			   const char *name, const char *since, const char *below);
/* Reads a list of statuses or notifications; pure, for the parse child. newest and next are the
 * greatest and the smallest id of the list (of notifications, where it is one), NULL for an empty
 * list; next is the `below` of the following page. Boosts are read as what they boost; other
 * notifications are skipped. HY_EINPUT, HY_ETEMP: no list. All is a child of ctx. */
enum hy_status hy_mastodon_page_read(const void *ctx, const char *bytes, size_t n,
				     struct hy_platform_page *out, struct hy_err *err);

struct hy_mastodon_status {
	const char *text;     /* plain; within the server's limit */
	const char *key;      /* [a-z0-9-]: the Idempotency-Key; the server keeps it for an hour */
	const char *lang;     /* "zh", or NULL */
	const char *reply_to; /* id, or NULL */
};
/* What a server takes; forks take more than Mastodon's own 500 and 23. */
#define HY_MASTODON_CHARACTERS_MAX 1000000
struct hy_mastodon_limits {
	int64_t characters; /* of a status: 1-HY_MASTODON_CHARACTERS_MAX */
	int64_t per_url;    /* what an address counts, however long it is */
};
/* Reads the answer; pure. HY_EINPUT: no JSON; HY_ETEMP: it names no limit, or an absurd one. */
enum hy_status hy_mastodon_limits_read(const void *ctx, const char *bytes, size_t n,
				       struct hy_mastodon_limits *out, struct hy_err *err);
/* limits on HY_OK only, err otherwise: HY_ETEMP, HY_EWAIT, HY_EAUTH, HY_EPERM. */
typedef void hy_mastodon_limits_fn(void *user, enum hy_status status,
				   const struct hy_mastodon_limits *limits,
				   const struct hy_err *err);
/*
 * peer->secret is the access token. create: public; the same key within the hour gives the first
 * status back, so that HY_EUNSURE may be settled by the same call; later by own, which lists our
 * own latest 40, newest first (HY_ENOTFOUND is never told). update: a new text of an own one (key
 * and reply_to are not read). limits: what the server takes. me: post->id and post->title (its
 * name). Statuses as hy_platform_fn.
 */
struct hy_platform_call *hy_mastodon_create(struct hy_net *net, const struct hy_platform_peer *peer,
					    const struct hy_mastodon_status *s, hy_platform_fn *fn,
					    void *user);
struct hy_platform_call *hy_mastodon_update(struct hy_net *net, const struct hy_platform_peer *peer,
					    const char *id, const struct hy_mastodon_status *s,
					    hy_platform_fn *fn, void *user);
struct hy_platform_call *hy_mastodon_own(struct hy_net *net, const struct hy_platform_peer *peer,
					 hy_platform_page_fn *fn, void *user);
struct hy_platform_call *hy_mastodon_limits(struct hy_net *net, const struct hy_platform_peer *peer,
					    hy_mastodon_limits_fn *fn, void *user);
struct hy_platform_call *hy_mastodon_read(struct hy_net *net, const struct hy_platform_peer *peer,
					  const char *id, const char *marker, hy_platform_fn *fn,
					  void *user);
struct hy_platform_call *hy_mastodon_me(struct hy_net *net, const struct hy_platform_peer *peer,
					hy_platform_fn *fn, void *user);

/* Ends the token (peer->secret); peer->login = the application it was given to, with its secret. */
struct hy_platform_call *hy_mastodon_revoke(struct hy_net *net, const struct hy_platform_peer *peer,
					    const struct hy_secret *client_secret,
					    hy_platform_raw_fn *fn, void *user);

/* ---- forums, as a guest reads them (discuz.c, nodebb.c, discourse.c) ---- */

enum hy_forum_look {
	HY_FORUM_RSS,	 /* id: a board, or NULL for all that guests see */
	HY_FORUM_BOARD,	 /* the list of a board's threads, by their last post */
	HY_FORUM_THREAD, /* id: a thread */
};
/* A thread in a list: what tells whether to look into it. */
struct hy_forum_thread {
	const char *id; /* digits */
	hy_time last;	/* of its last post; 0 = not told */
	int64_t posts;	/* the opening one counted */
};
/* What one answer holds: words (page), or threads that hold some. page.next is the number of the
 * next page of a thread, or NULL. */
struct hy_forum_page {
	struct hy_platform_page page;
	const struct hy_forum_thread *threads;
	size_t n_threads;
};

/* URLs; child of ctx; NULL where id is not digits or the look needs one. page from 1. */
char *hy_discuz_url(const void *ctx, const char *base, enum hy_forum_look look, const char *id,
		    int page);
char *hy_nodebb_url(const void *ctx, const char *base, enum hy_forum_look look, const char *id,
		    int page);
/* Posts of the whole forum, older than the post `before` (NULL: the newest 50). */
char *hy_discourse_url(const void *ctx, const char *base, enum hy_forum_look look, const char *id,
		       const char *before);

/*
 * Answers; pure, for the parse child; all children of ctx. entries have the ids thread-N or topic-N
 * (an opening post of Discuz), post-N; base makes their addresses. HY_EINPUT: no JSON; HY_ETEMP:
 * neither posts nor threads; else what the table says of the forum's own code.
 */
enum hy_status hy_discuz_page_read(const void *ctx, const char *bytes, size_t n, const char *base,
				   int page, struct hy_forum_page *out, struct hy_err *err);
enum hy_status hy_nodebb_page_read(const void *ctx, const char *bytes, size_t n, const char *base,
				   struct hy_forum_page *out, struct hy_err *err);
/* board: id of the board that is kept, or NULL for all. page.next: the oldest id, for `before`;
 * page.newest: the greatest. */
enum hy_status hy_discourse_page_read(const void *ctx, const char *bytes, size_t n,
				      const char *base, const char *board,
				      struct hy_forum_page *out, struct hy_err *err);
/* The RSS of Discuz says its refusals in plain words with HTTP 200: HY_OK when it is none. */
enum hy_status hy_discuz_rss_check(const char *bytes, size_t n, struct hy_err *err);
/* "thread-123" of an entry's link (its RSS has no guid); NULL when it names no thread. */
char *hy_discuz_thread_of(const void *ctx, const char *link);

/* ---- SMPP 3.4 (smpp-pdu.c: pure; smpp.c: the session) ---- */

#define HY_SMPP_PDU_MAX 65536
#define HY_SMPP_PARTS_MAX 10

#define HY_SMPP_RESP 0x80000000u
#define HY_SMPP_BIND_RECEIVER 0x1u
#define HY_SMPP_BIND_TRANSMITTER 0x2u
#define HY_SMPP_SUBMIT 0x4u
#define HY_SMPP_DELIVER 0x5u
#define HY_SMPP_UNBIND 0x6u
#define HY_SMPP_BIND_TRANSCEIVER 0x9u
#define HY_SMPP_ENQUIRE 0x15u
#define HY_SMPP_DATA 0x103u
#define HY_SMPP_NACK 0x80000000u

struct hy_smpp_login {
	const char *system_id;		  /* 1 to 15 characters */
	const struct hy_secret *password; /* at most 8 bytes, or NULL */
	const char *system_type;	  /* at most 12, or NULL */
};
struct hy_smpp_message {
	const char *source; /* our number, "" = the message centre's choice */
	const char *dest;   /* digits, "+" before them allowed */
	unsigned source_ton, source_npi, dest_ton, dest_npi;
	bool want_receipt;
};
/* One short message of a text. */
struct hy_smpp_part {
	uint8_t bytes[166]; /* user data; with udh the 6 bytes of the concatenation header first */
	size_t n;
	bool udh;
	unsigned coding; /* 0 the default alphabet, an octet a septet; 8 UCS-2 */
};
/* Cuts a text: GSM 7 where its alphabet has every character (160, or 153 a part), else UCS-2 (70,
 * or 67); no character is torn. ref: the same for all parts, another for the next text. HY_EINPUT:
 * empty, not UTF-8, more than HY_SMPP_PARTS_MAX parts. */
enum hy_status hy_smpp_split(const void *ctx, const char *text, uint8_t ref,
			     struct hy_smpp_part **out, size_t *n_out, struct hy_err *err);

/* PDUs to be sent; children of ctx, *n_out their bytes. */
char *hy_smpp_plain(const void *ctx, uint32_t id, uint32_t status, uint32_t seq, size_t *n_out);
/* as: HY_SMPP_BIND_... */
char *hy_smpp_bind(const void *ctx, uint32_t as, const struct hy_smpp_login *login, uint32_t seq,
		   size_t *n_out);
char *hy_smpp_submit(const void *ctx, const struct hy_smpp_message *m,
		     const struct hy_smpp_part *part, uint32_t seq, size_t *n_out);

enum hy_smpp_frame { HY_SMPP_MORE, HY_SMPP_WHOLE, HY_SMPP_BROKEN };
/* Whether a whole PDU begins the n bytes; *len is its length when it does. */
enum hy_smpp_frame hy_smpp_frame(const char *bytes, size_t n, size_t *len);

/* A PDU as it was read; strings are children of ctx and never NULL, but those of the receipt. */
struct hy_smpp_pdu {
	uint32_t id, status, seq;
	unsigned line; /* of a session: which of its connections it came over */
	const char *message_id; /* submit_sm_resp */
	/* deliver_sm, data_sm */
	const char *source, *dest; /* visible ASCII */
	unsigned source_ton;	   /* 1 = international, without the plus */
	unsigned esm_class, data_coding;
	const char *text;			/* UTF-8; "" for binary codings */
	unsigned part_ref, part_total, part_at; /* of a long message; total 0 = it is no part */
	/* Of a part, the second half of a UTF-16 pair at its beginning and the first at its end, which
	 * stand in no text; 0 = none. */
	unsigned half_first, half_last;
	bool is_receipt;
	struct {
		const char *id;	   /* of the message it is about: compare by hy_smpp_same_id */
		unsigned state;	   /* 1 enroute 2 delivered 3 expired 4 deleted 5 undeliverable 6
				      accepted 7 unknown 8 rejected; 0 = not told */
		const char *error; /* the carrier's own, or NULL */
	} receipt;
};
/* Exactly one PDU. HY_EINPUT when a field or length runs over its end. */
enum hy_status hy_smpp_read(const void *ctx, const char *bytes, size_t n, struct hy_smpp_pdu *out,
			    struct hy_err *err);
#define HY_SMPP_HALVES_MAX 5
/* What half_last of a part and half_first of the next are together, as UTF-8: a sign, U+FFFD where one
 * is missing, "" for none. */
void hy_smpp_join_halves(unsigned last, unsigned first, char out[HY_SMPP_HALVES_MAX]);
/* Only what its first 16 bytes say: id, status, seq. HY_EINPUT. */
enum hy_status hy_smpp_read_head(const char *bytes, size_t n, struct hy_smpp_pdu *out);
/* submitted: as submit_sm_resp gave it; receipted: as the receipt says. The same text in any case,
 * or hex there and decimal here. */
bool hy_smpp_same_id(const char *submitted, const char *receipted);

struct hy_smpp;
struct hy_smpp_options { /* durations: 0 = the default in brackets */
	uint32_t as; /* HY_SMPP_BIND_...; 0 = transceiver */
	const char *host;
	int port; /* 2775 as a rule */
	const char *reach;
	bool tls;
	struct hy_smpp_login login;
	int window;		     /* unanswered parts, 1 to 64 (10) */
	hy_dur enquire_every;	     /* silence after which it is asked whether it lives (30 s) */
	hy_dur answer_timeout;	     /* an unanswered PDU ends the connection (60 s) */
	hy_dur retry_min, retry_max; /* back-off of connecting (1 s, 5 min) */
	hy_dur pause;		     /* first pause after "slow down", then doubled (1 s) */
};
/* Refused: it is answered with "system error" and comes again. */
enum hy_smpp_take { HY_SMPP_TAKEN, HY_SMPP_REFUSED, HY_SMPP_LATER };
/* From the loop; none may free the session. */
struct hy_smpp_events {
	void *user;
	void (*bound)(void *user);
	/* The connection or the bind failed; tried again by itself, but for HY_EAUTH and
	 * HY_EINPUT, after which the session rests for good: a person must look. */
	void (*down)(void *user, const struct hy_err *err);
	/* A citizen's message or a receipt, and its bytes: write it down and say so, now or by
	 * hy_smpp_answer(). One that cannot be read has nothing but id and seq, and its bytes. NULL:
	 * all is refused. */
	enum hy_smpp_take (*received)(void *user, const struct hy_smpp_pdu *pdu, const char *bytes,
				      size_t n);
	/* Right before the first part of a message leaves, with the user of its
	 * hy_smpp_submit_text(): false ends it with why, of which nothing has been sent. NULL:
	 * all leave. */
	bool (*may_leave)(void *message, struct hy_err *why);
};
/* Once a message: HY_OK with the ids of its n parts; HY_EPERM, HY_EAUTH: refused, nothing was
 * taken; HY_EWAIT: "slow down" even after some pauses; HY_EUNSURE: it, or parts of it, may have
 * been taken (the line broke, no answer, the centre failed). */
typedef void hy_smpp_sent_fn(void *user, enum hy_status status, const char *const *ids, size_t n,
			     const struct hy_err *err);
/*
 * A session that connects, binds, and stays so; child of net. Plain TCP only with
 * reach, since the password goes in the clear: HY_EREFUSED; HY_EINPUT. talloc_free() ends it
 * without calling anybody: what was unanswered counts as unsure.
 */
enum hy_status hy_smpp_new(struct hy_net *net, struct hy_loop *loop,
			   const struct hy_smpp_options *o, const struct hy_smpp_events *events,
			   struct hy_smpp **out, struct hy_err *err);
/* Queues a text; fn is called later, from the loop. HY_EINPUT: number or text; HY_EWAIT: the queue
 * is full. While the line is down messages wait; nothing of them has been sent. */
enum hy_status hy_smpp_submit_text(struct hy_smpp *s, const struct hy_smpp_message *m,
				   const char *text, hy_smpp_sent_fn *fn, void *user,
				   struct hy_err *err);
bool hy_smpp_bound(const struct hy_smpp *s);
/* Answers what was to be answered later, by id, seq and line of its PDU; nothing where that line is
 * down: it comes again over the next. */
void hy_smpp_answer(struct hy_smpp *s, uint32_t id, uint32_t seq, unsigned line, bool kept);

/* ---- SMS by HTTP gateways (sms-aliyun.c, sms-tencent.c) ---- */

#define HY_SMS_VALUES_MAX 20
struct hy_sms {
	const char *dest;     /* "+8613800000000"; 11 digits are taken as of China */
	const char *sign;     /* approved signature, without brackets */
	const char *template; /* approved template's id */
	const char *const *names, *const *values; /* the template's values; names: Aliyun only */
	size_t n_values;
	const char *ref;    /* ours, at most 64 of [a-z0-9-]: comes back in reports */
	const char *extend; /* extension number, digits, or NULL */
	const char *app;    /* Tencent: SmsSdkAppId */
	const char *region; /* Tencent: "ap-guangzhou" when NULL */
	hy_time now;	    /* of the signature */
	hy_time sent;	    /* look-ups: when it was sent; 0 = now */
};
/*
 * peer->login is the access key's id, peer->secret its secret; peer->url NULL = the provider's own
 * address. post->id is the provider's id of the message (BizId, SerialNo). A timeout, a 5xx or a
 * system error is HY_EUNSURE: neither gateway knows an idempotency key.
 */
struct hy_platform_call *hy_aliyun_send(struct hy_net *net, const struct hy_platform_peer *peer,
					const struct hy_sms *sms, hy_platform_fn *fn, void *user);
/* By number, day (of sms->sent, Beijing) and ref, the newest 50 of that day: post->state is
 * "waiting", "failed" or "delivered"; HY_ENOTFOUND: the provider never had it. */
struct hy_platform_call *hy_aliyun_find(struct hy_net *net, const struct hy_platform_peer *peer,
					const struct hy_sms *sms, hy_platform_fn *fn, void *user);
struct hy_platform_call *hy_tencent_send(struct hy_net *net, const struct hy_platform_peer *peer,
					 const struct hy_sms *sms, hy_platform_fn *fn, void *user);
/* At most so many replies of citizens (or reports) that wait there, as a body that the receiver
 * "tencent" reads: file->bytes. Of s: app, region, now. Some accounts may not pull; whether what
 * was pulled once is given again is not told, so take it as given once. Reads. */
#define HY_SMS_PULL_MAX 100
struct hy_platform_call *hy_tencent_pull(struct hy_net *net, const struct hy_platform_peer *peer,
					 const struct hy_sms *sms, bool reports,
					 hy_platform_raw_fn *fn, void *user);

/* Signatures, public for tests against the providers' vectors; children of ctx. pairs: name, value, sorted
 * here; ended by a NULL name. V1 is used by nothing: Aliyun publishes a whole vector of it and none of
 * V3, and the two share encoding and order of the pairs, which its vector proves. */
char *hy_aliyun_sign_v1(const void *ctx, const char *method, const char *const pairs[][2],
			const char *secret);
char *hy_aliyun_sign_v3(const void *ctx, const char *canonical_query,
			const char *const headers[][2], const char *body, const char *secret);
char *hy_tencent_sign(const void *ctx, const char *type, const char *host, const char *body,
		      int64_t secs, const char *secret);

/* ---- mail: a mailbox by IMAP (imap.c), a message read (mail.c, gmime) ---- */

#define HY_MAIL_MAX ((size_t)4 << 20) /* bytes of one message that are ever fetched */
#define HY_MAIL_TEXT_MAX ((size_t)256 << 10)
#define HY_MAIL_PARTS_MAX 200
#define HY_MAIL_FILE_MAX ((size_t)2 << 20) /* bytes of one attachment that is taken along */
#define HY_MAIL_DEPTH_MAX 20
#define HY_IMAP_TIMEOUT (5 * HY_MINUTE) /* a whole look */

struct hy_imap_ask {
	const char *host;
	int port;
	const char *reach; /* or NULL */
	bool tls;	   /* TLS from the start; else STARTTLS, which a named peer is spared */
	const char *login;
	const struct hy_secret *password;
	const char *mailbox; /* UTF-8; NULL = INBOX */
	/* Mail above this UID is wanted. When the mailbox's UIDVALIDITY is not this one, all. */
	uint32_t uidvalidity, after;
	int max_mails;	  /* of one look, 1 to 999; 0 = 50 */
	size_t max_bytes; /* of one message; 0 = HY_MAIL_MAX. The rest of a longer one is not
			     fetched */
	/* Removes what lies at or below this UID (stored by us before), where UIDVALIDITY is still
	 * the same and the server can remove by UID (UIDPLUS). 0 = nothing, and the mailbox is
	 * opened read-only. */
	uint32_t remove_up_to;
	const uint32_t *keep; /* but for these, in ascending order; copied */
	size_t n_keep;
	bool only_open; /* log in, open the mailbox read-only, log out: is the password good? */
	hy_dur timeout; /* 0 = HY_IMAP_TIMEOUT, the most */
};
struct hy_imap_result {
	uint32_t uidvalidity, last_uid; /* last_uid: of the last one told; 0 = none was */
	bool more;			/* there are more than max_mails */
	bool removed;
	uint64_t size; /* of the last one, as the server says */
};
/* One message, oldest first; bytes live for the call. cut: it was longer than max_bytes. */
typedef void hy_imap_mail_fn(void *user, uint32_t uid, const char *bytes, size_t n, bool cut);
/* Once, at the end. HY_OK; HY_EAUTH: the log-in; HY_ENOTFOUND: no such mailbox; HY_EREFUSED: the
 * address guard; HY_EPERM: no UIDVALIDITY, or lines past a limit; HY_ETEMP. r holds what was seen
 * so far also on failure: what was told by mail() need not be asked for again. */
typedef void hy_imap_done_fn(void *user, enum hy_status status, const struct hy_imap_result *r,
			     const struct hy_err *err);
struct hy_imap_look;
/* One look at a mailbox; never blocks; child of net. Nothing is marked, moved or removed but by
 * remove_up_to. HY_EINPUT, HY_ESYSTEM. */
enum hy_status hy_imap_look(struct hy_net *net, struct hy_loop *loop, const struct hy_imap_ask *ask,
			    hy_imap_mail_fn *mail, hy_imap_done_fn *done, void *user,
			    struct hy_imap_look **out, struct hy_err *err);
void hy_imap_cancel(struct hy_imap_look *look); /* before done only; NULL is fine */
/* A mailbox's name in a command: modified UTF-7, quoted. child of ctx. */
char *hy_imap_mailbox(const void *ctx, const char *name);

/* A message as text. Children of ctx; NULL where absent. */
struct hy_mail_attachment {
	const char *name; /* one line, no path; NULL = none given */
	const char *type; /* as its sender says: media type */
	int64_t size;	  /* bytes, decoded; -1 = not known */
	const void *bytes; /* NULL: more than HY_MAIL_FILE_MAX, or no file */
};
struct hy_mail {
	const char *message_id, *in_reply_to; /* without < > */
	const char *subject;		      /* decoded, one line */
	const char *sender; /* address of From, lower case: for the voice and the sealed handle */
	const char *reply_to;
	const char *text; /* text/plain parts in order, or NULL when there are none */
	const char *html; /* else the HTML parts, as they are: sanitise */
	hy_time date;	  /* 0 = not told */
	bool automatic;	  /* Auto-Submitted, bulk, list or delivery report: never acknowledged */
	bool cut;	  /* text was longer than HY_MAIL_TEXT_MAX */
	const struct hy_mail_attachment *attachments;
	size_t n_attachments;
};
/* Call once before the first, in the child before the door closes. */
void hy_mail_init(void);
/* Reads any bytes as a message; for the parse child. Charsets by base/charset (gb2312 and its kin
 * are read as GB18030). HY_EINPUT: parts past the limits, or not a message at all. */
enum hy_status hy_mail_read(const void *ctx, const char *bytes, size_t n, struct hy_mail *out,
			    struct hy_err *err);

#endif
