/* Inside of platforms/: one call in hand, and what every platform's file does the same way. */
#ifndef HY_PLATFORMS_INTERNAL_H
#define HY_PLATFORMS_INTERNAL_H

#include "platforms/platforms.h"

/* One call; child of its net. A platform's file sets what it needs and leaves the rest zero. */
struct hy_platform_call {
	struct hy_net *net;
	struct hy_net_call *call; /* in flight, or NULL */
	/* As of the peer: url without a slash at its end. */
	char *url, *reach, *login;
	struct hy_secret *secret;
	bool writes;	    /* a failure after the first byte is HY_EUNSURE */
	int what;	    /* the file's own enum: which call this is */
	char *marker;	    /* what is looked for or expected, or NULL */
	hy_time not_before; /* look-ups: what is older is not it */
	bool list;	    /* posts come, not one answer: up to 2 MiB are read, else 256 KiB */
	bool token_call;    /* a code that stops the account is HY_EREFUSED */
	/* Reads the answer and calls the caller's fn, unless it asked again (returns true: the call
	 * lives on). ctx lives for this call only. */
	bool (*answered)(struct hy_platform_call *c, const void *ctx, struct hy_net_response *r);
	union {
		hy_platform_fn *post;
		hy_platform_page_fn *page;
		hy_platform_token_fn *token;
		hy_platform_raw_fn *raw;
		hy_mastodon_limits_fn *limits;
	} fn;
	void *user;
};

/* A call to peer (copied). host: the platform's own base URL, used where peer has none. */
struct hy_platform_call *hy_platform_call_new(struct hy_net *net,
					      const struct hy_platform_peer *peer, const char *host,
					      void *user);
/* Sends q (its reach is filled in from the peer); answered() is called from the loop. */
void hy_platform_ask(struct hy_platform_call *c, struct hy_net_request *q);
/* As hy_platform_ask() of a request that is refused as malformed: HY_EINPUT from the loop. */
void hy_platform_ask_nothing(struct hy_platform_call *c);
/* A request with a body: POST of type. extra: one more header, or NULL. */
void hy_platform_post(struct hy_platform_call *c, const char *url, const char *type,
		      const char *body, size_t n, const struct hy_net_header *extra);

/* Tells the caller: what was read on HY_OK, err otherwise. */
void hy_platform_tell_token(struct hy_platform_call *c, enum hy_status status,
			    const struct hy_platform_token *token, const struct hy_err *err);
void hy_platform_tell_post(struct hy_platform_call *c, enum hy_status status,
			   const struct hy_platform_post *post, const struct hy_err *err);

/* hy_net_outcome() of an answer; a POST that only reads is HY_ETEMP where net says HY_EUNSURE. */
enum hy_status hy_platform_outcome(const struct hy_platform_call *c,
				   const struct hy_net_response *r, struct hy_err *err);
/* The status of a platform's own error code, by the table; said: the platform's words. A code that
 * is not there is HY_EUNSURE for writes, HY_ETEMP for reads. */
enum hy_status hy_platform_refused(const struct hy_platform_call *c, const char *platform,
				   const char *code, const char *said, struct hy_err *err);
/* The next 00:00 in Beijing. */
hy_time hy_platform_midnight(hy_time now);
/* Is this a token to keep? Sets expires from the seconds left (INT64_MIN: not told). HY_EPERM. */
enum hy_status hy_platform_token_check(struct hy_platform_token *t, int64_t seconds, hy_time now,
				       struct hy_err *err);

/* An error code out of an answer, number or string, as text; NULL when absent. */
const char *hy_platform_code(const void *ctx, const struct hy_json *node, const char *name);
/* An id out of an answer: a string of at most 64 visible ASCII characters, or a whole number as
 * written, so that no digit past 2^53 is lost. NULL when absent or neither. */
const char *hy_platform_id(const struct hy_json *node, const char *name);
/* A whole number that some platforms write as a string. */
int64_t hy_platform_number(const struct hy_json *node, const char *name, int64_t fallback);
/* True when s is 1 to 64 of the characters allowed: it may stand in a URL as it is. */
bool hy_platform_plain(const char *s, const char *allowed);
#define HY_DIGITS "0123456789"

/* RFC 3986 percent-encoding of everything but letters, digits and "-._~". */
char *hy_platform_escape(const void *ctx, const char *s, size_t n);
/* "name=value&name=value" of pairs ended by a NULL name; a NULL value leaves its pair out. */
char *hy_platform_form(const void *ctx, const char *const pairs[][2]);
/* A body of multipart/form-data: fields (as pairs above), then one file. The type, with its
 * boundary, is in *type_out. */
char *hy_platform_multipart(const void *ctx, const char *const pairs[][2], const char *name,
			    const struct hy_platform_file *file, char **type_out, size_t *n_out);


/* A parameter of a MIME header, not yet read as text; charset: that it names, else NULL. NULL when it
 * has none. child of ctx. */
char *hy_mail_param(const void *ctx, const char *raw, const char *name, const char **charset);
/* A mark of Unicode stands here (3 bytes) that turns the direction of the text around it. */
bool hy_mail_turns(const char *p);

#endif
