/*
 * Role tokens, private to desk/: shared by granting.c (what is due and what an answer means) and
 * ways.c (by which call each platform tells whether a secret is good).
 */
#ifndef HY_DESK_GRANTING_H
#define HY_DESK_GRANTING_H

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

/* A secret that is not in use yet: only what comes of it is told. */
struct trial {
	struct hy_loop *loop;
	enum hy_status status;
	struct hy_err err;
	bool done;
};

/* One account being asked about. */
struct asking {
	struct granting *g;
	struct asking *next;
	struct hy_account *account; /* as it was at the beginning */
	struct hy_secret *secret;
	struct hy_grant grant;
	struct hy_platform_call *call;
	bool revoke, force;
	struct trial *trial; /* NULL: for use */
};

struct way {
	const char *platform;
	bool always; /* asked by itself, not only when a person wants to know */
	/* Its answer comes to desk_asking_settle(). */
	struct hy_platform_call *(*ask)(struct asking *a, const struct hy_platform_peer *peer,
					bool force);
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

/* ---- ways.c ---- */
/* NULL: there is no call by which this account's platform tells. */
const struct way *desk_way_of(const struct hy_account *a);
/* Whom the secret was given to: see ways.c; NULL: not known. child of ctx. */
const char *desk_client_of(struct hy_desk *desk, const void *ctx, const struct hy_account *account,
			   const struct hy_grant *grant);

#endif
