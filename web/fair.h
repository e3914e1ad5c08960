/*
 * Whose turn it is. Cheap requests are served in the order in which they came. Dear ones (searches,
 * reports) wait in a lane for each session; lanes take turns, one session has one dear request
 * served at a time, and one worker never takes any: so eight dear searches of one session make
 * nobody wait but their sender. Pure bookkeeping: no thread, no clock; the caller holds the lock.
 */
#ifndef HY_WEB_FAIR_H
#define HY_WEB_FAIR_H

#include <stdbool.h>
#include <stdint.h>

#define WEB_WAITING_MAX 128 /* requests that wait, of all sessions: more are answered 503 */
#define WEB_DEAR_MAX 8	    /* dear ones that wait, of one session: more are answered 429 */
#define WEB_LANES_MAX (WEB_WAITING_MAX + 16)

/* A request as this file sees it; the caller's own struct holds it. */
struct web_turn {
	struct web_turn *next;
	uint64_t whose; /* session, token or address */
	bool dear;
};
struct web_lane {
	uint64_t whose;
	struct web_turn *first, *last;
	int waiting;
	bool running;
};
struct web_fair {
	struct web_turn *first, *last;	      /* cheap ones */
	struct web_lane lanes[WEB_LANES_MAX]; /* whose turn comes first stands first */
	int n_lanes;
	int waiting; /* of both kinds */
	int dear_most, dear_running;
};
/* workers: 1 to 16. A single worker takes dear requests, too. */
void web_fair_init(struct web_fair *f, int workers);
enum web_put { WEB_PUT, WEB_PUT_FULL, WEB_PUT_TOO_MANY };
/* Takes the request into the queue, or says why not (it then belongs to the caller as before). */
enum web_put web_fair_put(struct web_fair *f, struct web_turn *t);
/* The next one to serve; NULL when none waits that may be served now. */
struct web_turn *web_fair_take(struct web_fair *f);
/* One that was taken has been served. Another may be served now. */
void web_fair_done(struct web_fair *f, const struct web_turn *t);
/* Takes out all that wait, linked by next; what runs is not waited for. */
struct web_turn *web_fair_drain(struct web_fair *f);

#endif
