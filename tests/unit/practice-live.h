/* The practice site, live on loopback, for the tests of its platforms. */
#ifndef HY_TESTS_PRACTICE_LIVE_H
#define HY_TESTS_PRACTICE_LIVE_H

#include "net/net.h"
#include "practice/practice.h"

#define LIVE_START ((hy_time)1795340400000) /* 2026-11-22T09:40:00Z, a Sunday, 17:40 in Beijing */

struct live {
	void *ctx;
	struct hy_loop *loop;
	struct hy_net *net;
	struct hy_clock *clk;
	struct hy_practice *site;
};
extern struct live live;

/* Plays a story (NULL = none). For cmocka's set-up and tear-down, and by hand. */
void live_begin(const char *story);
int live_setup(void **state);
int live_teardown(void **state);

struct live_ask {
	const char *method, *path, *body, *type, *authorization, *etag, *key; /* key: Idempotency-Key */
	const char *login, *password; /* Basic */
	bool control;		      /* with X-Practice */
};
/* Asks and waits for what comes of it; child of live.ctx. */
struct hy_net_response *live_ask(const struct live_ask *a);
/* POST /practice/WHAT: must answer 200; its body. */
const char *live_control(const char *what);
/* The body as JSON. */
const struct hy_json *live_json(const struct hy_net_response *r);
/* All that the site says of a platform. */
const struct hy_json *live_state(const char *platform);
/* Percent-encoded for a form. */
char *live_enc(const char *text);
/* Turns the loop until fn is true; a hang guard, not a measure. */
void live_until(bool (*fn)(void *user), void *user);

#endif
