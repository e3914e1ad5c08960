/*
 * Readers beside a writer, its two halves, its upkeep and a rebuild with its swap, each in a thread
 * of its own: every search answers, and with everything that its cursor promises (R23). Made to be
 * run under ThreadSanitizer and valgrind as well; HUYING_TEST_ROUNDS makes it longer.
 */
#include "index/index.h"

#include "base/base.h"

#include "tests/unit/index-fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <cmocka.h>

#define READERS 2
#define STEP 20

struct world {
	char *dir;
	struct hy_item *items;
	size_t n;
	atomic_llong handed, searches[READERS], failures;
	atomic_bool over;
	char said[READERS][HY_ERR_TEXT_MAX + 64]; /* of a reader, read once it has ended */
};

struct reader {
	struct world *wo;
	int number;
};

static enum hy_status open_reader(struct hy_index **ix, const void *ctx, const char *dir,
				  struct hy_err *err)
{
	*ix = NULL;
	return hy_index_open(ix, ctx, dir, err);
}

/* Item i says 双 when i is even: of the seqs up to the cursor none may be missing. */
static bool look(struct world *wo, struct hy_index *ix, const struct hy_query *q, char *said,
		 size_t said_n)
{
	struct hy_err err = {0};
	struct hy_found *f = NULL;
	struct hy_search s = {.query = q, .limit = HY_SEARCH_MAX_LIMIT, .flags = HY_SEARCH_TEXT};
	enum hy_status st = hy_index_search(ix, NULL, &s, &f, &err);
	if (st != HY_OK) {
		(void)snprintf(said, said_n, "search: %s: %s", hy_status_name(st), err.text);
		return false;
	}
	int64_t handed = atomic_load(&wo->handed), want = f->cursor - f->cursor % 2;
	bool good = true;
	for (size_t i = 0; i < f->n_hits && good; i++) {
		int64_t seq = f->hits[i].seq;
		good = seq % 2 == 0 && seq <= handed && strstr(f->hits[i].text, "双") != NULL;
		if (seq > want)
			continue; /* one half was ahead */
		good = good && seq == want;
		want -= 2;
	}
	good = good && (want == 0 || f->next != 0);
	if (!good)
		(void)snprintf(said, said_n, "cursor %lld: item %lld is missing or wrong",
			       (long long)f->cursor, (long long)want);
	talloc_free(f);
	return good;
}

static void *read_on(void *user)
{
	struct reader *r = user;
	struct world *wo = r->wo;
	void *ctx = talloc_new(NULL);
	struct hy_err err = {0};
	struct hy_query *q = NULL;
	struct hy_index *ix = NULL;
	char *said = wo->said[r->number];
	bool good = hy_query_parse(&q, ctx, "双", NULL, &err) == HY_OK &&
		    open_reader(&ix, ctx, wo->dir, &err) == HY_OK;
	if (!good)
		(void)snprintf(said, sizeof(wo->said[0]), "%s", err.text);
	while (good && !atomic_load(&wo->over)) {
		good = look(wo, ix, q, said, sizeof(wo->said[0]));
		atomic_fetch_add(&wo->searches[r->number], 1);
		/* now and then as a new process would */
		if (good && atomic_load(&wo->searches[r->number]) % 50 == 0) {
			talloc_free(ix);
			good = open_reader(&ix, ctx, wo->dir, &err) == HY_OK;
			if (!good)
				(void)snprintf(said, sizeof(wo->said[0]), "%s", err.text);
		}
	}
	talloc_free(ctx);
	if (!good)
		atomic_fetch_add(&wo->failures, 1);
	return NULL;
}

static enum hy_status feed(void *user, const void *ctx, int64_t after, struct hy_item **out,
			   size_t *n, struct hy_err *err)
{
	struct world *wo = user;
	size_t end = (size_t)atomic_load(&wo->handed), left = end - (size_t)after;
	(void)err;
	*n = left < STEP ? left : STEP;
	*out = hy_memdup(ctx, wo->items + after, *n * sizeof(struct hy_item));
	return HY_OK;
}

struct remake {
	struct world *wo;
	struct hy_index_writer *w;
	enum hy_status st;
	struct hy_err err;
};

static void *refill(void *user)
{
	struct remake *r = user;
	const struct hy_index_options o = {
		.flags = HY_INDEX_REBUILD, .zone_minutes = ZONE, .group_items = 100};
	r->st = hy_index_writer_open(&r->w, NULL, r->wo->dir, &o, &r->err);
	if (r->st == HY_OK)
		r->st = hy_index_refill(r->w, feed, r->wo, NULL, &r->err);
	return NULL;
}

#define OK(x) ok((x), &err, #x)
static void ok(enum hy_status st, const struct hy_err *err, const char *what)
{
	if (st != HY_OK)
		fail_msg("%s: %s: %s", what, hy_status_name(st), err->text);
}

static const struct hy_index_options create = {
	.flags = HY_INDEX_CREATE, .zone_minutes = ZONE, .group_items = 100};

/* Some steps of the log, each committed, with upkeep meanwhile. */
static int64_t write_some(struct world *wo, struct hy_index_writer *w, int steps, int64_t *tasks)
{
	struct hy_err err = {0};
	int64_t at = hy_index_writer_cursor(w);
	for (int i = 0; i < steps && at < (int64_t)wo->n; i++) {
		void *batch = talloc_new(NULL);
		struct hy_item *items =
			hy_memdup(batch, wo->items + at, STEP * sizeof(struct hy_item));
		struct hy_index_upkeep u = {.today = INT32_MAX, .keep_from = INT64_MIN};
		bool busy = false;
		at += STEP;
		atomic_store(&wo->handed, at);
		OK(hy_index_writer_post(w, batch, items, NULL, STEP, &err));
		OK(hy_index_writer_commit(w, at, &err));
		OK(hy_index_care_poll(w, false, &busy, &err));
		*tasks += !busy;
		OK(hy_index_care_start(w, &u, &busy, &err));
	}
	return at;
}

static void test_all_at_once(void **state)
{
	(void)state;
	struct world *wo = hy_new(NULL, struct world);
	struct hy_err err = {0};
	const char *more = getenv("HUYING_TEST_ROUNDS");
	int rounds = more != NULL ? (int)strtol(more, NULL, 10) : 6;
	wo->dir = temp_dir(wo);
	wo->n = (size_t)rounds * 15 * STEP;
	if (wo->n > 1800) /* one page of a search holds what it is asked for */
		wo->n = 1800;
	wo->items = hy_new_array(wo, struct hy_item, wo->n);
	for (size_t i = 0; i < wo->n; i++)
		wo->items[i] =
			(struct hy_item){.seq = (int64_t)i + 1,
					 .id = {(int64_t)i + 1},
					 .revision = 1,
					 .title = "",
					 .place = "",
					 .text = hy_strf(wo, "%s %zu", i % 2 ? "双" : "单", i),
					 .taken = DAY0 + (hy_time)i * 10 * HY_MINUTE,
					 .posted = DAY0 + (hy_time)i * 10 * HY_MINUTE};
	struct hy_index_writer *w = NULL;
	OK(hy_index_writer_open(&w, wo, wo->dir, &create, &err));
	pthread_t readers[READERS];
	struct reader who[READERS];
	for (int i = 0; i < READERS; i++) {
		who[i] = (struct reader){wo, i};
		assert_int_equal(pthread_create(&readers[i], NULL, read_on, &who[i]), 0);
	}
	int64_t at = 0, tasks = 0;
	for (int k = 0; at < (int64_t)wo->n; k++) {
		at = write_some(wo, w, 10, &tasks);
		struct remake r = {.wo = wo};
		pthread_t maker;
		assert_int_equal(pthread_create(&maker, NULL, refill, &r), 0);
		at = write_some(wo, w, 5, &tasks); /* while the new one is filled */
		assert_int_equal(pthread_join(maker, NULL), 0);
		err = r.err;
		OK(r.st);
		talloc_free(w);
		OK(hy_index_refill(r.w, feed, wo, NULL, &err));
		OK(hy_index_writer_swap(r.w, &err));
		OK(hy_index_writer_open(&w, wo, wo->dir, &create, &err));
		assert_int_equal(hy_index_writer_cursor(w), at);
		if (atomic_load(&wo->failures) > 0)
			break;
	}
	for (bool busy = true; busy;) /* upkeep to its end, readers still there */
		OK(hy_index_care_poll(w, true, &busy, &err));
	atomic_store(&wo->over, true);
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_join(readers[i], NULL), 0);
	for (int i = 0; i < READERS; i++)
		if (wo->said[i][0] != '\0')
			fail_msg("reader %d: %s", i, wo->said[i]);
	assert_true(tasks > 0);
	assert_true(atomic_load(&wo->searches[0]) > 0 && atomic_load(&wo->searches[1]) > 0);
	talloc_free(w);
	char *report = NULL;
	struct hy_index_expect e = {.live = at, .cursor = at};
	OK(hy_index_check(wo->dir, wo, &e, HY_INDEX_CHECK_DEEP, &report, &err));
	remove_tree(wo->dir);
	talloc_free(wo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_at_once),
	};
	return cmocka_run_group_tests_name("index-threads", tests, NULL, NULL);
}
