/* A web over the stub desk on a port of its own, and a client that sends bytes as they stand. */
#ifndef HY_TESTS_WEB_LIVE_H
#define HY_TESTS_WEB_LIVE_H

#include "tests/unit/web-stub.h"

struct live;
/* Starts server and loop in a thread; conf.desk, listen and dir are filled in. */
struct live *live_start(struct hy_web_conf conf);
void live_stop(struct live *l);
int live_port(const struct live *l);
int live_connect(const struct live *l);
void live_send(int fd, const char *bytes, size_t n);
/* Reads until the other end closes, or at most secs; child of ctx. *ended: it closed. */
char *live_read(const void *ctx, int fd, int secs, bool *ended);
/* One exchange: every "\n" of text is sent as CR LF, PORT becomes the port. The whole answer. */
char *live_ask(const void *ctx, const struct live *l, const char *text);
int live_status(const char *answer);
/* The value of a header of the answer, NULL when absent. */
char *live_header(const void *ctx, const char *answer, const char *name);
/* Logs in; the cookie as "huying=..."; NULL when refused. */
char *live_login(const void *ctx, const struct live *l, const char *login, const char *password);
/* GET with a cookie (may be NULL), and POST of a form. */
char *live_get(const void *ctx, const struct live *l, const char *path, const char *cookie);
char *live_post(const void *ctx, const struct live *l, const char *path, const char *cookie,
		const char *type, const char *headers, const char *body);
/* The token in a form of this page. */
char *live_csrf(const void *ctx, const struct live *l, const char *cookie);

#endif
