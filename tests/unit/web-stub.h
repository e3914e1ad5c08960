/* A desk of invented answers behind the web: no record, no files. */
#ifndef HY_TESTS_WEB_STUB_H
#define HY_TESTS_WEB_STUB_H

#include "web/web.h"

extern const struct hy_web_desk web_stub;
/* What it was last asked to do, "" for nothing yet; and with which parameters. */
extern char web_stub_action[64];
extern char web_stub_params[1024];
extern int web_stub_acts;   /* writing actions done */
extern int web_stub_refuse; /* an enum hy_status: writing actions fail with it */
extern int web_stub_delay_ms;
/* While the gate of an action is closed, whoever asks for it stays inside. Opening it sets nothing
 * back but closing sets the counts to 0. */
void web_stub_gate(const char *action, bool closed);
/* Returns when n have come in since it was closed. */
void web_stub_gate_wait(int n);
int web_stub_gate_count(void); /* came in since it was closed */
int web_stub_gate_most(void);  /* were inside at the same time, at most */
extern int64_t web_stub_version;
/* Duties of whoever logs in as this name: "zhang" has all but administrator, "li" views, "wang"
 * approves, "admin" administers. Password: "correct horse". Token and link: the login itself. */
#define WEB_STUB_PASSWORD "correct horse"

#endif
