/* The one table of what may become of a delivery, and by whose hand (design 7). */
#include "publisher/publisher.h"

#define R HY_HAND_ROLE
#define P HY_HAND_PERSON
#define S HY_HAND_START
#define A HY_HAND_REPEAT
#define STATES (HY_DELIVERY_CANCELLED + 1)

/* clang-format off */
static const unsigned char moves[STATES][STATES] = {
	/* from         to:        planned  sending  sent   wait  failed  unknown  missed  cancelled */
	[HY_DELIVERY_PLANNED]   = { 0,       R,      0,     R,    R,      0,       R,      P },
	[HY_DELIVERY_SENDING]   = { 0,       0,      R,     R,    R,      R | S,   0,      0 },
	[HY_DELIVERY_SENT]      = { 0 },
	[HY_DELIVERY_WAIT]      = { P,       R,      0,     R,    R,      0,       R,      P },
	[HY_DELIVERY_FAILED]    = { P,       0,      0,     0,    0,      0,       0,      P },
	[HY_DELIVERY_UNKNOWN]   = { P | A,   0,      R | P, 0,    R,      R,       0,      P },
	[HY_DELIVERY_MISSED]    = { P,       0,      0,     0,    0,      0,       0,      P },
	[HY_DELIVERY_CANCELLED] = { 0 },
};
/* clang-format on */

bool hy_outbox_may(enum hy_delivery_state from, enum hy_delivery_state to, enum hy_outbox_hand hand)
{
	if ((unsigned)from >= STATES || (unsigned)to >= STATES)
		return false;
	return (moves[from][to] & hand) != 0;
}
