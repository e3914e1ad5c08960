/* What the files of alerts/ share. */
#ifndef HY_ALERTS_INTERNAL_H
#define HY_ALERTS_INTERNAL_H

#include "alerts/alerts.h"

/* Rules do not look at it: superseded (its newer revision comes later in the log), withdrawn, or
 * our own. */
bool hy_alerts_passed_over(const struct hy_item *it);

#endif
