/*
 * web: the dashboard, the public pages, the JSON API and live change, over libmicrohttpd inside one
 * hy_loop. The loop's thread only moves bytes; everything that opens the record runs on worker
 * threads, each with a desk of its own, while its connection is suspended. The web reads and acts
 * through struct hy_web_desk alone, so that a test can stand a stub behind it.
 */
#ifndef HY_WEB_H
#define HY_WEB_H

#include "base/base.h"
#include "store/records.h"

/*
 * What the web needs from the desk. open() is called once in each worker thread; what it returns is
 * handed to the others in that thread only and freed with talloc_free(). Any of them may block
 * (worker threads only). hy_web_desk_real does all this with desk/desk.h and store/store.h.
 */
struct hy_web_desk {
	/* A handle for this thread, child of ctx. Any status; the request is answered 503 then. */
	enum hy_status (*open)(void **out, const void *ctx, const void *user, struct hy_err *err);
	/* hy_desk_act(): does `action` as actor with params (an object) and gives JSON text, child
	 * of ctx. Duties are checked here as well as by the route table. */
	enum hy_status (*act)(void *desk, const void *ctx, struct hy_person_id actor,
			      const char *action, const struct hy_json *params, char **result_json,
			      struct hy_err *err);
	/* Password: takes as long for an unknown login. HY_EAUTH. */
	enum hy_status (*login)(void *desk, const void *ctx, const char *login,
				const char *password, struct hy_person **out, struct hy_err *err);
	/* The one-time link's key: works once. HY_EAUTH. */
	enum hy_status (*login_link)(void *desk, const void *ctx, const char *key,
				     struct hy_person **out, struct hy_err *err);
	/* A bearer token of the API. HY_EAUTH. */
	enum hy_status (*token)(void *desk, const void *ctx, const char *token,
				struct hy_person **out, struct hy_err *err);
	/* The key of the feed of a saved search: hy_desk_feed_key(). HY_EAUTH. */
	enum hy_status (*feed_key)(void *desk, const void *ctx, int64_t saved, const char *key,
				   struct hy_person **out, struct hy_err *err);
	/* Sessions, by the SHA-256 of the cookie; the person is read anew each time, so that a
	 * change of duties or a disabled person takes effect at once (HY_EAUTH). */
	enum hy_status (*session_add)(void *desk, const uint8_t sha256[HY_SHA256_LEN],
				      const struct hy_session *s, struct hy_err *err);
	enum hy_status (*session_get)(void *desk, const void *ctx,
				      const uint8_t sha256[HY_SHA256_LEN], struct hy_session *out,
				      struct hy_person **person, struct hy_err *err);
	enum hy_status (*session_touch)(void *desk, const uint8_t sha256[HY_SHA256_LEN],
					hy_time seen, struct hy_err *err);
	enum hy_status (*session_remove)(void *desk, const uint8_t sha256[HY_SHA256_LEN],
					 struct hy_err *err);
	/* hy_desk_when(): "2026-11-21 14:05" in office time; child of ctx, "" for 0. */
	char *(*when)(void *desk, const void *ctx, hy_time t);
	/* A number that changes whenever the record has moved. Cheap. */
	enum hy_status (*version)(void *desk, int64_t *out, struct hy_err *err);
};
extern const struct hy_web_desk hy_web_desk_real;

struct hy_web_conf {
	const char *dir;    /* the folder of huying; site/ in it is served under /public/ */
	const char *listen; /* "127.0.0.1:8620", "[::1]:8620"; port 0 takes any */
	int listen_fd;	    /* > 0: a listening socket from the service manager, instead */
	const char *origin; /* "https://huying.example" when a TLS proxy stands in front; NULL =
			       plain http on loopback. Without https only loopback is taken. */
	const uint8_t
		*master; /* HY_KEY_LEN bytes for the sealed columns, or NULL; must outlive us */
	struct hy_clock *clock;		/* NULL = the real one */
	const char *version;		/* shown by /metrics and the footer; NULL = "dev" */
	const struct hy_web_desk *desk; /* &hy_web_desk_real */
	const void *desk_user;		/* for desk->open; NULL = this struct */
	bool drill;		 /* every page and answer says so */
	int workers;		 /* 0 = 3: one of them takes no search and no report; at most 16 */
	int connections;	 /* 0 = 512 */
	int connections_per_ip;	 /* 0 = 16; on loopback no other limit than connections */
	hy_dur request_deadline; /* 0 = 20 s: a request not wholly here by then is cut off */
};

struct hy_web;
/*
 * Starts to listen and hangs the server into the loop; requests are answered while the loop runs.
 * conf is copied, the strings too. talloc child of ctx. HY_EINPUT (listen, or not loopback without
 * https), HY_EBUSY (address in use), HY_ESYSTEM.
 */
enum hy_status hy_web_new(struct hy_web **out, const void *ctx, struct hy_loop *loop,
			  const struct hy_web_conf *conf, struct hy_err *err);
/* The port that was taken. */
int hy_web_port(const struct hy_web *web);
/* "The record moved": live streams get what changed. From the loop's thread (a bell's ear);
 * without it the change is noticed within 2 s all the same. */
void hy_web_moved(struct hy_web *web);
/* Ends streams, workers (waits for requests being served, at most as long as they block) and the
 * server. Call before the loop is freed. NULL is fine. */
void hy_web_free(struct hy_web *web);

/* The socket of role receive ([receive] listen): callbacks of platforms go to desk's hy_receive.
 * Writes its port to run/receive.port. For hy_receive_set_door(). */
struct hy_receive_door;
extern const struct hy_receive_door hy_web_receive_door;

/*
 * The route table, for tests and for the authorisation matrix. duties: bits of enum hy_duty any one
 * of which opens the route; 0 = everybody (log-in, public pages, health).
 */
struct hy_web_route;
struct hy_web_route_info {
	const char *method; /* "GET", "POST" */
	const char *path;   /* "/cases/{id}" */
	const char *action; /* of the desk, or NULL */
	unsigned duties;
	bool api;
};
/* The n-th route, or false past the end. */
bool hy_web_route_at(size_t n, struct hy_web_route_info *out);

#endif
