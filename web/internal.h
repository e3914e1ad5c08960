/*
 * What the files of web/ share. Not for other folders. Two kinds of thread: the loop's (server.c,
 * guard.c, stream.c, files.c) and the workers (work.c and everything that makes a page). A request
 * belongs to one of them at a time, and so does the talloc context that hangs off it.
 */
#ifndef HY_WEB_INTERNAL_H
#define HY_WEB_INTERNAL_H

#include "web/fair.h"
#include "web/web.h"

#include "desk/desk.h"
#include "render/render.h"

#include <pthread.h>
#include <stdatomic.h>

struct MHD_Connection;
struct MHD_Daemon;
struct MHD_Response;

/* ---- limits of what comes from outside (trust.md 2.3, 2.4) ---- */
#define WEB_URI_MAX 4096
#define WEB_FORM_MAX (64u << 10)
#define WEB_JSON_MAX (1u << 20)
#define WEB_UPLOAD_MAX (6u << 20) /* of a body that carries a file: see web_route_uploads() */
#define WEB_UPLOADS 8		  /* of these at once */
#define WEB_FIELDS_MAX 64
#define WEB_PAGE_MAX (8u << 20) /* of a page that we write */
#define WEB_STREAMS_MAX 64
#define WEB_STREAM_LIFE                                                                            \
	(5 * HY_MINUTE) /* then the browser comes back and shows its cookie anew                   \
			 */
#define WEB_SESSION_IDLE (30 * HY_MINUTE)
#define WEB_SESSION_LIFE (10 * HY_HOUR)
#define WEB_ARGS_MAX 2

/* ---- a name and its value: query, form ---- */
struct web_field {
	const char *name, *value;
};
struct web_fields {
	struct web_field *at;
	size_t n;
};
/* application/x-www-form-urlencoded; HY_EINPUT for more than WEB_FIELDS_MAX, a bad escape, NUL or
 * not UTF-8. */
enum hy_status web_fields_parse(const void *ctx, const char *s, size_t n, struct web_fields *out,
				struct hy_err *err);
/* multipart/form-data with the boundary of type; a file's value is its bytes in base64. HY_EINPUT for
 * more than WEB_FIELDS_MAX, a damaged one, text that is not UTF-8. */
enum hy_status web_multipart_parse(const void *ctx, const char *type, const char *body, size_t n,
				   struct web_fields *out, struct hy_err *err);
/* The first of this name, or NULL. */
const char *web_field(const struct web_fields *f, const char *name);
/* %XX of a path or form; plus = '+' is a blank. NULL when it is not well-formed UTF-8 without NUL.
 */
char *web_unescape(const void *ctx, const char *s, size_t n, bool plus);
/* The value of this name in a Cookie header: child of ctx, NULL if absent or there twice. */
char *web_cookie(const void *ctx, const char *header, const char *name);
/* For a query string. */
char *web_escape_query(const void *ctx, const char *s);

/* ---- routes ---- */
struct web_call;
enum web_kind { WEB_PAGE, WEB_API, WEB_FILE, WEB_STREAM, WEB_PLAIN };
struct hy_web_route {
	const char *method;
	const char *path; /* segments; {x} matches one, {*} the rest */
	enum web_kind kind;
	unsigned duties;    /* any of them; 0 = everybody */
	const char *action; /* of the desk: done by a POST page, or by the API */
	const char *params; /* names it takes in the query or form, blank-separated */
	void (*run)(struct web_call *c);
};
extern const struct hy_web_route web_page_routes[]; /* the last has NULL */
/* Finds the route; *args get what stood for {x} (children of ctx, unescaped). NULL with *status
 * 404, or 405 when another method is there (*allow then). */
const struct hy_web_route *web_route_find(const void *ctx, const char *method, const char *path,
					  const char **args, int *status, const char **allow);
/* Builds the table of API routes from the desk's table of actions. Once, before threads start. */
void web_routes_init(void);
const struct hy_web_route *web_route_nth(size_t n);
/* Whether a file may come with it. */
bool web_route_uploads(const struct hy_web_route *r);
/* Whether it may take tens of milliseconds and more: such a request waits its turn (fair.h). */
bool web_route_dear(const struct hy_web_route *r);

/* ---- a request and its answer ---- */
struct web_header {
	const char *name, *value;
};
struct web_answer {
	int status;
	const char *type;
	const char *body;
	size_t n;
	struct web_header headers[8];
	int n_headers;
	bool cacheable;	     /* static file: no no-store */
	const char *sandbox; /* another Content-Security-Policy, NULL = the usual */
	bool stream;	     /* a live stream starts with body */
	bool ends_session;   /* streams of req->session end */
};
struct web_conn {
	struct web_conn *prev, *next;
	int fd;
	int64_t since; /* monotonic ms: opened, or last answer done */
	bool reading;  /* a request is awaited or being read */
	bool cut;
};
enum web_phase { WEB_READING, WEB_WORKING, WEB_READY, WEB_SENT };
struct web_req { /* a talloc root of its own */
	struct hy_web *web;
	struct MHD_Connection *mhd;
	struct web_conn *conn;
	struct web_req *next; /* in a queue */
	struct web_turn turn; /* while it waits for a worker or is served by one */
	enum web_phase phase;
	const char *method, *path /* as sent, without the query */, *query;
	char *remote;
	const char *cookie, *origin, *host, *type, *bearer, *csrf, *etag, *fetch_site;
	const struct hy_web_route *route;
	const char *args[WEB_ARGS_MAX];
	const char *allow;
	struct hy_buf body;
	size_t body_max;
	int refuse; /* HTTP status found while reading, 0 = none */
	const char *refuse_why;
	struct web_answer answer;
	bool upload; /* counted in hy_web.n_uploads */
	bool tick; /* not a request: look whether the record moved */
	uint8_t session[HY_SHA256_LEN];
	int64_t version;
};

/* ---- the server ---- */
struct web_queue {
	struct web_req *first, **last;
	int n;
};
struct web_stream;
#define WEB_SLOTS 512
struct web_slow { /* log-in failures of one login or address */
	uint64_t key;
	int failures;
	int64_t last;
};
struct hy_web {
	struct hy_web_conf conf;
	struct hy_loop *loop;
	struct MHD_Daemon *mhd;
	int listen_fd, port;
	bool https;
	const char *origin; /* ours, without a slash at the end */
	const char *host;   /* of origin, NULL = any loopback name with our port */
	struct hy_watch_io *io;
	struct hy_timer *timer, *sweeper;
	struct web_conn *conns;
	int n_uploads; /* requests under way whose body may be long */
	int n_conns, n_cut;   /* open; of them cut off and not yet gone */
	struct hy_bell *bell; /* workers ring when an answer is ready */
	pthread_mutex_t lock; /* fair, done, stopping */
	pthread_cond_t more;
	struct web_fair fair; /* what waits for a worker */
	struct web_queue done;
	bool stopping;
	pthread_t threads[16];
	int n_threads;
	struct web_stream *streams;
	int n_streams;
	uint64_t event_id;
	bool tick_out;
	int64_t version_seen, tick_last;
	struct hy_timer *ticker;
	pthread_mutex_t slow_lock, hash_lock;
	struct web_slow slow[WEB_SLOTS];
	_Atomic uint64_t served[6]; /* by hundreds of the status */
	_Atomic uint64_t cut;
	hy_time started;
};
void web_arm(struct hy_web *w);
/* To a worker. What cannot wait there stays the caller's. */
enum web_put web_work_push(struct hy_web *w, struct web_req *req);
enum hy_status web_work_start(struct hy_web *w, struct hy_err *err);
void web_work_stop(struct hy_web *w);

/* listen.c: "127.0.0.1:0", "[::1]:8620" */
struct sockaddr_storage;
enum hy_status web_parse_listen(const char *text, struct sockaddr_storage *out, unsigned *n_out,
				struct hy_err *err);
bool web_is_loopback(const struct sockaddr_storage *a);
/* A socket that listens there. tls: a TLS proxy stands in front, so beyond loopback is fine.
 * HY_EINPUT, HY_EBUSY (address in use), HY_ESYSTEM. */
enum hy_status web_listen(const char *text, bool tls, int *fd_out, int *port_out,
			  struct hy_err *err);
/* guard.c: framing that two parsers could read in two ways sets req->refuse; needs req->mhd and
 * req->method alone. True when it is clean. */
bool web_guard_framing(struct web_req *req, const char *version);
/* A declared length above req->body_max sets req->refuse. */
void web_guard_length(struct web_req *req);
/* guard.c: looks at the head of a request: fills what req needs, or its refuse. */
void web_guard(struct web_req *req, const char *version);
bool web_host_ours(const struct hy_web *w, const char *host);
bool web_origin_ours(const struct web_req *req, const char *origin);

/* stream.c: the live stream, all in the loop's thread */
struct MHD_Response *web_stream_open(struct web_req *req);
void web_stream_send(struct hy_web *w, const char *event, const char *data);
void web_stream_drop_session(struct hy_web *w, const uint8_t session[HY_SHA256_LEN]);
void web_stream_beat(struct hy_web *w, int64_t now);
void web_streams_close(struct hy_web *w);
/* In a worker: the state as JSON, child of ctx. */
char *web_snapshot(struct web_call *c, const void *ctx);

/* files.c */
struct web_static {
	const char *name, *type;
	const unsigned char *bytes;
	size_t n;
};
extern const struct web_static web_statics[]; /* generated; the last has NULL */
extern const size_t web_statics_n;
/* Static files need no worker. */
void web_file_static(struct web_req *req);

/* ---- in a worker ---- */
struct web_call {
	struct web_req *req;
	struct hy_web *web;
	const struct hy_web_desk *vt;
	void *desk;
	const void *ctx;       /* = req */
	struct hy_person *who; /* NULL = nobody */
	bool by_token;
	struct hy_session session; /* csrf[0] = 0: none */
	enum hy_lang lang;
	struct web_fields query, form;
	struct hy_json *result; /* of the last web_act() */
	struct hy_err err;
	const char *notice; /* shown above the page */
	struct hy_buf *page;
	/* A form that failed: why, and the address of the page that shows it again (NULL: none). */
	struct hy_err failed;
	const char *failed_at;
	bool refilled;	/* its form is on the page already */
	size_t more_at; /* where in the page the last <details> of a form begins */
	size_t form_at; /* where the form being written begins; 0: not the failed one */
};
/* Serves one request: fills req->answer. */
void web_serve(struct hy_web *w, void *desk, struct web_req *req);
/* The action, as who is logged in; params may be NULL. Result in c->result, error in c->err. */
enum hy_status web_act(struct web_call *c, const char *action, struct hy_json_writer *params);
/* A writer with an open object for web_act(). */
struct hy_json_writer *web_params(struct web_call *c);
bool web_may(const struct web_call *c, unsigned duties);
/* Answers. */
void web_answer_header(struct web_answer *a, const char *name, const char *value);
void web_redirect(struct web_call *c, const char *to);
void web_problem(struct web_call *c, int status, const char *code, const char *detail);
void web_error_page(struct web_call *c, int status, const char *what);
/* By the status of c->err, as a page or as a problem. */
void web_fail(struct web_call *c);
/* The HTTP status that err gets. */
int web_status(const struct web_call *c, const struct hy_err *err);
/* refill.c: as web_fail(), but shows the page at path again, its form filled as it was sent. */
void web_form_failed(struct web_call *c, const char *path);

/* session.c */
#define WEB_COOKIE_HTTPS "__Host-huying"
#define WEB_COOKIE_HTTP "huying"
/* Who is there: fills who, session, by_token. HY_OK with who NULL for nobody. */
enum hy_status web_session_find(struct web_call *c);
/* A new session for p: sets the cookie. */
enum hy_status web_session_start(struct web_call *c, const struct hy_person *p);
void web_session_end(struct web_call *c);
/* Non-GET with a cookie: the token of the form or header, and Origin. */
bool web_csrf_ok(struct web_call *c);
/* Brute force: milliseconds to wait before this key may try again, 0 = now. */
int64_t web_slow_wait(struct hy_web *w, uint64_t key, int64_t now);
void web_slow_failed(struct hy_web *w, uint64_t key, int64_t now);
void web_slow_passed(struct hy_web *w, uint64_t key);
/* The same with more tries before it slows down. */
int64_t web_slow_wait_after(struct hy_web *w, uint64_t key, int tries, int64_t now);
/* At most `most` failures of this key in a minute: milliseconds until the next try, 0 = now. Keys
 * of this kind count with web_minute_failed() instead of web_slow_failed(). */
int64_t web_minute_wait(struct hy_web *w, uint64_t key, int most, int64_t now);
void web_minute_failed(struct hy_web *w, uint64_t key, int64_t now);
/* A look-up of a case by a citizen, on the page and in the API: milliseconds to wait, 0 = now. */
int64_t web_lookup_wait(struct web_call *c, const char *number);
void web_lookup_failed(struct web_call *c, const char *number);
void web_login_page(struct web_call *c);
void web_login_do(struct web_call *c);
void web_hello_page(struct web_call *c);
void web_hello_do(struct web_call *c);
void web_logout_do(struct web_call *c);

/* api.c */
void web_api_run(struct web_call *c);
void web_events_run(struct web_call *c);
void web_openapi_run(struct web_call *c);
void web_healthz_run(struct web_call *c);
void web_readyz_run(struct web_call *c);
void web_metrics_run(struct web_call *c);
/* Text of a query to a value of the type; false when it is none. */
bool web_param_write(struct hy_json_writer *w, const struct hy_param *p, const char *value);

/* ---- drill.c ---- */
/* Puts the drill's banner into an HTML answer; nothing else is touched. */
void web_drill_mark(struct web_req *req);

#endif
