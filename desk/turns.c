/* Fair shares, as a rule without a clock or a record. */
#include "desk/turns.h"

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t desk_turns_share(struct desk_turn *turns, size_t n, size_t first, size_t room, size_t *next)
{
	size_t given = 0, idle = 0;

	for (size_t i = 0; i < n; i++)
		turns[i].take = 0;
	*next = first;
	for (size_t i = first; given < room && idle < n; i++) {
		struct desk_turn *t = &turns[i % n];
		size_t some = least(least(DESK_TURN, t->left - t->take), room - given);

		t->take += some;
		given += some;
		idle = some ? 0 : idle + 1;
		if (some)
			*next = (i + 1) % n;
	}
	return given;
}
