/* Turns: whoever waits gets some, whatever another has brought; nothing is left idle. */
#include "desk/turns.h"

#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void one_of_a_million(void **state)
{
	struct desk_turn t[4] = {{.left = 1000000}, {.left = 3}, {.left = 0}, {.left = 500}};
	size_t next = 0;

	(void)state;
	assert_int_equal(desk_turns_share(t, 4, 0, 1000, &next), 1000);
	assert_int_equal(t[1].take, 3);
	assert_int_equal(t[2].take, 0);
	assert_int_equal(t[0].take + t[3].take, 997);
	assert_int_equal(t[3].take, 400); /* two turns, before the third of the great one */
	assert_int_equal(next, 1);
}

static void more_than_the_room(void **state)
{
	struct desk_turn t[12];
	size_t seen[12] = {0}, next = 0;

	(void)state;
	for (size_t i = 0; i < 12; i++)
		t[i].left = 10000;
	for (int round = 0; round < 12; round++) {
		assert_int_equal(desk_turns_share(t, 12, next, 1000, &next), 1000);
		for (size_t i = 0; i < 12; i++) {
			seen[i] += t[i].take;
			t[i].left -= t[i].take;
		}
	}
	for (size_t i = 0; i < 12; i++)
		assert_int_equal(seen[i], 1000);
}

static void properties(void **state)
{
	struct hy_rand r;

	(void)state;
	hy_rand_init(&r, 3);
	for (int round = 0; round < 2000; round++) {
		struct desk_turn t[9];
		size_t n = 1 + hy_rand_below(&r, 9), room = hy_rand_below(&r, 2000), sum = 0,
		       wanted = 0, next = 0;

		for (size_t i = 0; i < n; i++) {
			t[i].left = hy_rand_below(&r, 3) ? hy_rand_below(&r, 700) : 0;
			wanted += t[i].left;
		}
		size_t given = desk_turns_share(t, n, hy_rand_below(&r, 9), room, &next);

		for (size_t i = 0; i < n; i++) {
			assert_true(t[i].take <= t[i].left);
			sum += t[i].take;
			for (size_t k = 0; k < n; k++) /* nobody is a turn ahead of one who waits */
				assert_true(t[k].take == t[k].left ||
					    t[i].take <= t[k].take + DESK_TURN);
		}
		assert_int_equal(sum, given);
		assert_int_equal(given, wanted < room ? wanted : room);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_of_a_million),
		cmocka_unit_test(more_than_the_room),
		cmocka_unit_test(properties),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
