/* Whose turn it is, by counts: no thread, no clock. */
#include "web/fair.h"

#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define N 400
static struct web_turn turns[N];
static int used;

static struct web_turn *turn(uint64_t whose, bool dear)
{
	struct web_turn *t = &turns[used++ % N];
	*t = (struct web_turn){.whose = whose, .dear = dear};
	return t;
}

static void put(struct web_fair *f, uint64_t whose, bool dear)
{
	assert_int_equal(web_fair_put(f, turn(whose, dear)), WEB_PUT);
}

/* Eight dear requests of one session; then others come, dear and cheap: none of them waits for
 * more than what is being served. */
static void test_one_session_cannot_fill(void **state)
{
	(void)state;
	struct web_fair f;
	web_fair_init(&f, 3);
	for (int i = 0; i < 8; i++)
		put(&f, 1, true);
	struct web_turn *a = web_fair_take(&f);
	assert_int_equal(a->whose, 1);
	assert_null(web_fair_take(&f)); /* a second one of theirs is not served beside it */
	put(&f, 2, true);
	struct web_turn *b = web_fair_take(&f);
	assert_int_equal(b->whose, 2); /* at once */
	put(&f, 3, true);
	assert_null(web_fair_take(&f)); /* two dear ones run: the third worker is for the cheap */
	put(&f, 3, false);
	put(&f, 1, false);
	assert_int_equal(web_fair_take(&f)->whose, 3);
	assert_int_equal(web_fair_take(&f)->whose, 1);
	/* when the first ends, it is the turn of who has waited, not of the long lane */
	web_fair_done(&f, a);
	assert_int_equal(web_fair_take(&f)->whose, 3);
	web_fair_done(&f, b);
	assert_int_equal(web_fair_take(&f)->whose, 1);
}

/* Lanes take turns: of three sessions with ten, two and one, none is passed over. */
static void test_turns(void **state)
{
	(void)state;
	static const int want[] = {1, 2, 3, 1, 2, 1, 1, 1, 1, 1, 1};
	struct web_fair f;
	web_fair_init(&f, 1);
	for (int i = 0; i < 8; i++)
		put(&f, 1, true);
	put(&f, 2, true);
	put(&f, 2, true);
	put(&f, 3, true);
	for (size_t i = 0; i < HY_LEN(want); i++) {
		struct web_turn *t = web_fair_take(&f);
		assert_int_equal(t->whose, want[i]);
		assert_null(web_fair_take(&f));
		web_fair_done(&f, t);
	}
	assert_null(web_fair_take(&f));
	assert_int_equal(f.n_lanes, 0);
	assert_int_equal(f.waiting, 0);
}

static void test_limits(void **state)
{
	(void)state;
	struct web_fair f;
	web_fair_init(&f, 3);
	for (int i = 0; i < WEB_DEAR_MAX; i++)
		put(&f, 7, true);
	assert_int_equal(web_fair_put(&f, turn(7, true)), WEB_PUT_TOO_MANY);
	put(&f, 7, false); /* a cheap one of theirs goes on */
	struct web_turn *t = web_fair_take(&f);
	assert_false(t->dear);
	web_fair_done(&f, t);
	t = web_fair_take(&f);
	put(&f, 7, true); /* one is served: there is room for one */
	assert_int_equal(web_fair_put(&f, turn(7, true)), WEB_PUT_TOO_MANY);
	for (int i = WEB_DEAR_MAX; i < WEB_WAITING_MAX; i++)
		put(&f, 100 + (uint64_t)i, i % 2 == 0);
	assert_int_equal(web_fair_put(&f, turn(5, false)), WEB_PUT_FULL);
	assert_int_equal(web_fair_put(&f, turn(5, true)), WEB_PUT_FULL);
	int n = 0;
	for (struct web_turn *d = web_fair_drain(&f); d; d = d->next)
		n++;
	assert_int_equal(n, WEB_WAITING_MAX);
	assert_null(web_fair_take(&f));
	web_fair_done(&f, t);
	put(&f, 7, true);
	assert_int_equal(web_fair_take(&f)->whose, 7);
}

/* At random: each request is served once, no session has two dear ones at a time, and who waits
 * with a dear one is passed at most once by each other session. */
static void test_random(void **state)
{
	(void)state;
	struct hy_rand r;
	struct web_fair f;
	struct web_turn *running[2] = {NULL, NULL};
	int passed[6][6] = {{0}}, in = 0, out = 0, waits[6] = {0};
	hy_rand_init(&r, 12);
	web_fair_init(&f, 3);
	for (int i = 0; i < 20000; i++) {
		uint64_t whose = hy_rand_below(&r, 6);
		size_t k = hy_rand_below(&r, 2);
		if (hy_rand_below(&r, 2)) {
			if (web_fair_put(&f, turn(whose, true)) != WEB_PUT)
				continue;
			in++;
			if (waits[whose]++ == 0)
				for (int j = 0; j < 6; j++)
					passed[whose][j] = 0;
		} else if (running[k]) {
			web_fair_done(&f, running[k]);
			running[k] = NULL;
		} else if ((running[k] = web_fair_take(&f))) {
			uint64_t who = running[k]->whose;
			out++;
			assert_true(!running[!k] || running[!k]->whose != who);
			waits[who]--;
			for (uint64_t j = 0; j < 6; j++) {
				passed[who][j] = 0;
				bool busy = running[!k] && running[!k]->whose == j;
				if (j != who && waits[j] && !busy)
					assert_true(++passed[j][who] <= 1);
			}
		}
	}
	assert_true(in > 2000 && in - out <= WEB_WAITING_MAX && in >= out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_session_cannot_fill),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_random),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
