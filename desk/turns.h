/* Whose items are stored next: a few of each in turn, so that one with a million starves nobody.
 * Private to desk/. */
#ifndef HY_DESK_TURNS_H
#define HY_DESK_TURNS_H

#include <stddef.h>

#define DESK_TURN 200 /* items of one at a time */

struct desk_turn {
	size_t left; /* items that wait */
	size_t take; /* out: of these, how many now */
};
/*
 * Shares `room` places among n: each in order, beginning with `first` (taken modulo n), gets
 * DESK_TURN of them or what it has left, round after round, until the room or all are used up.
 * Returns the sum of the takes. *next = who begins the next time: the one after the last that got
 * any.
 */
size_t desk_turns_share(struct desk_turn *turns, size_t n, size_t first, size_t room, size_t *next);

#endif
