/*
 * Role tokens, private to desk/: shared by granting.c (what is due and what an answer means), trying.c
 * (the same of secrets that are not in use yet) and ways.c (by which call each platform tells whether a
 * secret is good).
 */
#ifndef HY_DESK_GRANTING_H
#define HY_DESK_GRANTING_H

#include "desk/fresh.h"
#include "desk/receive.h"

struct granting {
	struct hy_desk *desk;
	struct hy_net *net;
	struct hy_loop *loop;
	int64_t fence;
	struct asking *first;
	hy_time looked; /* monotonic */
	hy_time next;	/* as found then */
};

/* One account being asked about. */
struct asking {
	struct granting *g;
	struct asking *next;
	struct hy_account *account; /* as it was at the beginning */
	struct hy_secret *secret;
	struct hy_grant grant;
	struct hy_platform_call *call; /* the way's own: one of these is under way */
	struct hy_imap_look *mail;
	struct hy_smpp *line;
	struct hy_timer *after; /* tells what the line said, once its own event is over */
	enum hy_status answer;
	struct hy_err said;
	bool revoke, force;
	struct desk_fresh *fresh; /* it is this that is tried; NULL: what is in use */
};

struct way {
	const char *platform;
	bool always; /* asked by itself, not only when a person wants to know */
	/* Its answer comes to desk_asking_settle(), perhaps from within: then a is gone. */
	void (*ask)(struct asking *a, const struct hy_platform_peer *peer, bool force);
	/* Ends the token at the platform; NULL: it has no call for that. Its answer comes to
	 * desk_asking_ended(). */
	struct hy_platform_call *(*end)(struct asking *a, const struct hy_platform_peer *peer);
};

/* ---- granting.c ---- */
/* The answer about the secret of a: it is written down, and a is gone. */
void desk_asking_settle(struct asking *a, enum hy_status status,
			const struct hy_platform_token *token, const struct hy_err *said);
/* The answer about its end. */
void desk_asking_ended(struct asking *a, enum hy_status status, const struct hy_err *said);
/* Asks about one account from now on; account and grant become children of it, NULL: nothing is known
 * of its token. */
struct asking *desk_asking_new(struct granting *g, struct hy_account *account,
			       struct hy_grant *grant);
void desk_asking_end(struct asking *a);
bool desk_asking_same(const struct hy_secret *was, const char *is);
/* What a good answer means for n; token: as the platform told of it, or NULL. */
void desk_found_good(struct asking *a, struct hy_grant *n, const struct hy_platform_token *token);
/* A good secret brings an account back that waited for one. In an open transaction. */
enum hy_status desk_use_again(struct hy_desk *desk, const struct hy_account *now_is,
			      struct hy_err *err);
/* Until the next try after so many failures in a row. */
hy_dur desk_backoff(struct granting *g, int failures, hy_dur most);

/* ---- trying.c ---- */
/* Tries the new secret of this account when that is due; false: nothing of the kind was begun. */
bool desk_fresh_look(struct granting *g, const struct way *way, struct hy_account *account,
		     hy_time now);
void desk_fresh_settle(struct asking *a, enum hy_status status,
		       const struct hy_platform_token *token, const struct hy_err *said);

/* ---- ways.c ---- */
/* Nothing is heard of it any more. */
void desk_way_cancel(struct asking *a);
/* NULL: there is no call by which this account's platform tells. */
const struct way *desk_way_of(const struct hy_account *a);

#endif
