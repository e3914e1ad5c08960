/* An office of its own for a test, with an administrator and a clerk, on the clock and the loop of the
 * practice platforms. */
#ifndef HY_TESTS_DESK_OFFICE_H
#define HY_TESTS_DESK_OFFICE_H

#include "desk/internal.h"
#include "tests/unit/practice-live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct office {
	char dir[64];
	char *phrase; /* of its backups */
	struct hy_desk *desk;
};

/* What an action answers, done by this person; it must end with this status. */
const struct hy_json *act_is(struct office *o, const char *who, const char *action,
			     const char *params, enum hy_status wanted);
/* By the administrator; by the clerk; both must succeed. */
const struct hy_json *act(struct office *o, const char *action, const char *params);
const struct hy_json *clerk(struct office *o, const char *action, const char *params);
/* For cmocka's set-up and tear-down. */
int make_office(void **state);
int drop_office(void **state);
/* Lines more in huying.conf; the desk is opened anew. */
void conf(struct office *o, const char *more);

#endif
