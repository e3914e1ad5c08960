/* practice: pushes to the office's receiver, shared by the platforms that push. */
#ifndef HY_PRACTICE_PUSH_H
#define HY_PRACTICE_PUSH_H

#include "practice/internal.h"

enum push_state { PUSH_HELD, PUSH_SENT, PUSH_DONE, PUSH_FAILED, PUSH_LOST };

/* One push and what became of it; kept as long as the site runs. */
struct push {
	struct hy_practice *site;
	enum hy_practice_platform platform;
	struct note *note; /* what it tells of; NULL for an event */
	const char *url, *reach, *type, *answer, *why;
	void *body;
	size_t n_body;
	int tries, http;
	enum push_state state;
	hy_time made;
};

/* Where a platform pushes, and with what it signs. */
struct hook {
	const char *url, *reach, *secret, *mode, *echo;
	bool proved; /* the receiver gave back the echo */
	void (*answered)(struct push *p); /* reads a passive answer; NULL = none */
};

struct pushed {
	struct note *note;
	const char *url, *type;
	const void *body;
	size_t n_body;
};

/* Copies what, lets the script spoil it, sends it. */
void push_add(struct hy_practice *site, enum hy_practice_platform platform,
	      const struct pushed *what);
/* hex(SHA1(the parts in order of their bytes, one behind the other)); child of ctx. */
char *sign_sorted(const void *ctx, const char *const *parts, size_t n);
/* "signature=...&timestamp=...&nonce=..." of now. */
char *push_query(struct hy_practice *site, const void *ctx, const char *secret,
		 const char **timestamp, const char **nonce);
char *push_url(const void *ctx, const struct hook *h, const char *query);

#endif
