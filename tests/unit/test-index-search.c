/* Search against the predicate: random queries over random items must find exactly what the
 * evaluator says; every piece of a text must find it; the traps others fell into. */
#include "index/index.h"

#include "base/base.h"

#include "tests/unit/index-fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define OK(x) ok((x), &err, #x)
static void ok(enum hy_status st, const struct hy_err *err, const char *what)
{
	if (st != HY_OK)
		fail_msg("%s: %s: %s", what, hy_status_name(st), err->text);
}

static const struct hy_query_env env = {.now = DAY0 + 3 * HY_DAY, .zone_minutes = ZONE};
static const struct hy_index_options create = {.flags = HY_INDEX_CREATE, .zone_minutes = ZONE};

static struct hy_query *parse(const void *ctx, const char *text)
{
	struct hy_err err = {0};
	struct hy_query *q = NULL;
	if (hy_query_parse(&q, ctx, text, &env, &err) != HY_OK)
		fail_msg("%s: %s", text, err.text);
	return q;
}

/* All hits of a query by pages of `page`, in order, as a talloc array. */
static int64_t *find_all(struct hy_index *ix, const void *ctx, const struct hy_query *q, int page,
			 size_t *n)
{
	struct hy_err err = {0};
	int64_t *out = hy_new_array(ctx, int64_t, 100000), before = 0;
	*n = 0;
	do {
		struct hy_found *f = NULL;
		struct hy_search s = {.query = q, .before = before, .limit = page};
		OK(hy_index_search(ix, ctx, &s, &f, &err));
		for (size_t i = 0; i < f->n_hits; i++) {
			if (*n > 0)
				assert_true(f->hits[i].seq < out[*n - 1]);
			out[(*n)++] = f->hits[i].seq;
		}
		before = f->next;
		talloc_free(f);
	} while (before != 0);
	return out;
}

static bool matches(const void *ctx, const struct hy_query *q, const struct hy_item *it)
{
	struct hy_facts f;
	assert_int_equal(hy_facts_of_item(&f, ctx, it, NULL), HY_OK);
	return hy_query_matches(q, &f);
}

struct world {
	char *dir;
	struct hy_item *log; /* by seq - 1 */
	bool *live;
	size_t n;
	struct hy_index_writer *w;
	struct hy_index *ix;
};

/* A log with later revisions, withdrawals, and a clock that steps back once. */
static void make_log(struct world *wo, struct hy_rand *r, size_t n)
{
	wo->log = hy_new_array(wo, struct hy_item, n);
	wo->live = hy_new_array(wo, bool, n);
	wo->n = n;
	for (size_t i = 0; i < n; i++) {
		wo->log[i] = some_item(wo->log, r, (int64_t)i + 1);
		if (i == n / 2)
			wo->log[i].taken -= 2 * HY_DAY;
		wo->live[i] = true;
		if (i == 0 || hy_rand_below(r, 8) != 0)
			continue;
		size_t old = hy_rand_below(r, i);
		if (!wo->live[old])
			continue;
		wo->log[i].id = wo->log[old].id;
		wo->log[i].revision = wo->log[old].revision + 1;
		wo->live[old] = false;
		if (hy_rand_below(r, 4) == 0) {
			wo->log[i].flags |= HY_ITEM_WITHDRAWN;
			wo->live[i] = false;
		}
	}
}

static void index_log(struct world *wo, struct hy_rand *r)
{
	struct hy_err err = {0};
	OK(hy_index_writer_open(&wo->w, wo, wo->dir, &create, &err));
	for (size_t i = 0; i < wo->n;) {
		size_t k = 1 + hy_rand_below(r, 40);
		if (k > wo->n - i)
			k = wo->n - i;
		OK(hy_index_writer_add(wo->w, wo->log + i, k, &err));
		i += k;
		OK(hy_index_writer_commit(wo->w, (int64_t)i, &err));
		assert_int_equal(hy_index_writer_cursor(wo->w), i);
		if (wo->ix == NULL)
			OK(hy_index_open(&wo->ix, wo, wo->dir, &err));
		/* a kept reader sees each commit */
		struct hy_found *f = NULL;
		struct hy_search s = {.limit = 1};
		OK(hy_index_search(wo->ix, wo, &s, &f, &err));
		assert_int_equal(f->cursor, i);
		talloc_free(f);
	}
}

static struct world *new_world(uint64_t seed, size_t n)
{
	struct world *wo = hy_new(NULL, struct world);
	struct hy_rand r;
	hy_rand_init(&r, seed);
	wo->dir = temp_dir(wo);
	make_log(wo, &r, n);
	index_log(wo, &r);
	return wo;
}

static void end_world(struct world *wo)
{
	char *dir = hy_strdup(NULL, wo->dir);
	talloc_free(wo);
	remove_tree(dir);
	talloc_free(dir);
}

static size_t compare(struct world *wo, const void *ctx, const char *text, int page)
{
	struct hy_query *q = parse(ctx, text);
	size_t n = 0, k = 0;
	int64_t *got = find_all(wo->ix, ctx, q, page, &n);
	for (size_t i = wo->n; i-- > 0;) {
		if (!wo->live[i] || !matches(ctx, q, &wo->log[i]))
			continue;
		if (k >= n || got[k] != wo->log[i].seq)
			fail_msg("%s: item %d (%s|%s) not found", text, (int)wo->log[i].seq,
				 wo->log[i].title, wo->log[i].text);
		k++;
	}
	if (k != n)
		fail_msg("%s: found %d, should be %d", text, (int)n, (int)k);
	return n;
}

static int rounds(int usual)
{
	const char *s = getenv("HUYING_TEST_ROUNDS");
	return s != NULL ? (int)strtol(s, NULL, 10) : usual;
}

static void test_same_predicate(void **state)
{
	(void)state;
	struct world *wo = new_world(11, 400);
	struct hy_rand r;
	size_t found = 0, some = 0;
	hy_rand_init(&r, 12);
	int n = rounds(3000);
	for (int i = 0; i < n; i++) {
		void *ctx = talloc_new(NULL);
		const char *text = some_query(ctx, &r, wo->log, wo->n, 3);
		size_t k = compare(wo, ctx, text, 1 + (int)hy_rand_below(&r, 100));
		found += k;
		some += k > 0;
		talloc_free(ctx);
	}
	/* the test cannot go hollow */
	assert_true(some > (size_t)n / 2 && found > (size_t)n);
	end_world(wo);
}

/* The promise of search: any piece of the folded text, as a phrase, finds it; also after the days
 * were merged. */
static void every_piece(struct world *wo, uint64_t seed)
{
	struct hy_rand r;
	struct hy_err err = {0};
	hy_rand_init(&r, seed);
	for (int i = 0; i < rounds(3000); i++) {
		void *ctx = talloc_new(NULL);
		size_t at = hy_rand_below(&r, wo->n);
		const struct hy_item *it = &wo->log[at];
		bool title = hy_rand_below(&r, 2);
		char *phrase = some_phrase(ctx, &r, folded(ctx, title ? it->title : it->text));
		if (phrase != NULL && wo->live[at]) {
			struct hy_found *f = NULL;
			const char *field[] = {"", "title:", "text:"};
			char *text =
				hy_strf(ctx, "%s%s",
					field[hy_rand_below(&r, 2) ? (title ? 1 : 2) : 0], phrase);
			struct hy_search s = {
				.query = parse(ctx, text), .limit = 1, .before = it->seq + 1};
			OK(hy_index_search(wo->ix, ctx, &s, &f, &err));
			if (f->n_hits != 1 || f->hits[0].seq != it->seq)
				fail_msg("%s does not find item %d: %s|%s", text, (int)it->seq,
					 it->title, it->text);
		}
		talloc_free(ctx);
	}
}

static void test_every_piece(void **state)
{
	(void)state;
	struct hy_err err = {0};
	struct world *wo = new_world(21, 300);
	every_piece(wo, 22);
	talloc_free(wo->w);
	int64_t merged = 0, y = hy_days_from_civil(2026, 12, 5);
	struct hy_index_stats a, b;
	OK(hy_index_stats(wo->ix, &a, &err));
	OK(hy_index_compact(wo->dir, y, &merged, &err));
	OK(hy_index_stats(wo->ix, &b, &err));
	assert_true(merged > 1 && b.databases == 1 && a.databases > 6);
	assert_int_equal(a.live, b.live);
	assert_int_equal(b.live, b.documents); /* what was hidden is gone from the disk */
	assert_int_equal(a.cursor, b.cursor);
	assert_true(a.documents > a.live);
	every_piece(wo, 23);
	char *report = NULL;
	struct hy_index_expect e = {.live = a.live, .cursor = (int64_t)wo->n};
	OK(hy_index_check(wo->dir, wo, &e, HY_INDEX_CHECK_DEEP, &report, &err));
	OK(hy_index_compact(wo->dir, y, &merged, &err));
	assert_int_equal(merged, 0);
	end_world(wo);
}

static const struct {
	const char *title, *text;
} trap_items[] = {
	{"", "路灯 维修"}, {"", "路灯维修"}, {"", "AB CD"}, {"", "CD AB"}, {"", "hello"},
	{"路灯", "无"},	   {"", "路燈維修"}, {"", "一"},    {"x", ""},	   {"维修路", "灯坏"},
};
static const struct {
	const char *query, *seqs;
} traps[] = {
	{"路灯 维修", " 7 2 1"},
	{"路灯维修", " 7 2 1"},
	{"\"路灯 维修\"", " 7 2 1"},
	{"\"AB CD\"", " 3"},
	{"\"CD AB\"", " 4"},
	{"AB CD", " 4 3"},
	{"ell", " 5"},
	{"灯", " 10 7 6 2 1"},
	{"一", " 8"},
	{"x", " 9"},
	{"o", " 5"},
	{"lo", " 5"},
	{"title:路灯", " 6"},
	{"text:路灯", " 7 2 1"},
	{"路灯", " 7 6 2 1"},
	{"路灯坏", ""},
	{"abcd", ""},
	{"修路", " 10"},
	{"標題", ""},
	{"", " 10 9 8 7 6 5 4 3 2 1"},
};

static void test_traps(void **state)
{
	(void)state;
	struct hy_err err = {0};
	struct world *wo = hy_new(NULL, struct world);
	wo->dir = temp_dir(wo);
	OK(hy_index_writer_open(&wo->w, wo, wo->dir, &create, &err));
	for (size_t i = 0; i < HY_LEN(trap_items); i++) {
		struct hy_item it = {.seq = (int64_t)i + 1,
				     .id = {(int64_t)i + 1},
				     .revision = 1,
				     .title = trap_items[i].title,
				     .text = trap_items[i].text,
				     .taken = DAY0 + (hy_time)i * 10 * HY_HOUR,
				     .posted = DAY0};
		OK(hy_index_writer_add(wo->w, &it, 1, &err));
	}
	OK(hy_index_writer_commit(wo->w, 0, &err));
	OK(hy_index_open(&wo->ix, wo, wo->dir, &err));
	for (size_t i = 0; i < HY_LEN(traps); i++) {
		size_t n = 0;
		int64_t *got = find_all(wo->ix, wo, parse(wo, traps[i].query), 3, &n);
		char *seqs = hy_strdup(wo, "");
		for (size_t k = 0; k < n; k++)
			seqs = hy_strf(wo, "%s %d", seqs, (int)got[k]);
		if (strcmp(seqs, traps[i].seqs) != 0)
			fail_msg("%s: got%s, want%s", traps[i].query, seqs, traps[i].seqs);
	}
	end_world(wo);
}

static void test_counts(void **state)
{
	(void)state;
	struct hy_err err = {0};
	struct world *wo = new_world(31, 300);
	void *ctx = talloc_new(NULL);
	struct hy_query *q = parse(ctx, "路 OR a");
	struct hy_search s = {.query = q,
			      .limit = 5,
			      .flags = HY_SEARCH_FACETS | HY_SEARCH_TEXT,
			      .slot = HY_DAY,
			      .zone_minutes = ZONE};
	struct hy_found *f = NULL;
	int64_t total = 0, by_source = 0, by_kind = 0, by_day = 0, place = 0;
	for (size_t i = 0; i < wo->n; i++)
		total += wo->live[i] && matches(ctx, q, &wo->log[i]);
	OK(hy_index_search(wo->ix, ctx, &s, &f, &err));
	assert_true(f->total_exact);
	assert_int_equal(f->total, total);
	assert_int_equal(f->n_hits, 5);
	assert_int_equal(f->next, f->hits[4].seq);
	for (size_t i = 0; i < f->n_sources; i++)
		by_source += f->sources[i].count;
	for (size_t i = 0; i < f->n_kinds; i++)
		by_kind += f->kinds[i].count;
	for (size_t i = 0; i < f->n_places; i++)
		place += f->places[i].count;
	for (size_t i = 0; i < f->n_bars; i++) {
		by_day += f->bars[i].count;
		assert_int_equal((f->bars[i].start - DAY0) % HY_DAY, 0);
		assert_true(i == 0 || f->bars[i].start > f->bars[i - 1].start);
	}
	assert_int_equal(by_source, total);
	assert_int_equal(by_kind, total);
	assert_int_equal(by_day, total);
	assert_int_equal(f->n_sources, 4);
	assert_int_equal(f->n_places, 4);
	assert_true(place < total && f->places[0].name != NULL);
	const struct hy_item *it = &wo->log[f->hits[0].seq - 1];
	assert_string_equal(f->hits[0].text, folded(ctx, it->text));
	assert_int_equal(f->hits[0].posted, it->posted);
	assert_int_equal(f->hits[0].id.v, it->id.v);
	/* a budget that ends: at least so many, and where to go on */
	s.budget = 10;
	OK(hy_index_search(wo->ix, ctx, &s, &f, &err));
	assert_false(f->total_exact);
	assert_true(f->candidates == 10 && f->next != 0 && f->total <= 10);
	struct hy_search none = {.query = parse(ctx, "-路 -a -灯 无此词"), .limit = 3, .budget = 1};
	OK(hy_index_search(wo->ix, ctx, &none, &f, &err));
	assert_int_equal(f->next, 0);
	/* a query of 32 words costs more than one candidate for each */
	char *many = hy_strdup(ctx, "路");
	for (int i = 0; i < 31; i++)
		many = hy_strf(ctx, "%s -无此词", many);
	struct hy_search dear = {.query = parse(ctx, many), .limit = 100, .budget = 50};
	OK(hy_index_search(wo->ix, ctx, &dear, &f, &err));
	assert_true(f->candidates == 6 && f->next != 0);
	none.limit = 1001;
	assert_int_equal(hy_index_search(wo->ix, ctx, &none, &f, NULL), HY_EINPUT);
	talloc_free(ctx);
	end_world(wo);
}

/* Pages stay put while items arrive. */
static void test_stable_pages(void **state)
{
	(void)state;
	struct hy_err err = {0};
	struct world *wo = new_world(41, 60);
	struct hy_rand r;
	hy_rand_init(&r, 42);
	struct hy_search s = {.limit = 10};
	struct hy_found *f = NULL;
	OK(hy_index_search(wo->ix, wo, &s, &f, &err));
	s.before = f->next;
	int64_t last = f->hits[9].seq;
	struct hy_item more = some_item(wo, &r, 61);
	OK(hy_index_writer_add(wo->w, &more, 1, &err));
	OK(hy_index_writer_commit(wo->w, 61, &err));
	OK(hy_index_search(wo->ix, wo, &s, &f, &err));
	assert_true(f->hits[0].seq < last);
	s.before = 0;
	OK(hy_index_search(wo->ix, wo, &s, &f, &err));
	assert_int_equal(f->hits[0].seq, 61);
	/* withdrawn by hand: gone with the commit, not before it */
	OK(hy_index_writer_hide(wo->w, more.id, 61, &err));
	OK(hy_index_search(wo->ix, wo, &s, &f, &err));
	assert_int_equal(f->hits[0].seq, 61);
	OK(hy_index_writer_commit(wo->w, 61, &err));
	OK(hy_index_search(wo->ix, wo, &s, &f, &err));
	assert_true(f->hits[0].seq < 61);
	/* a replay adds nothing */
	talloc_free(wo->w);
	OK(hy_index_writer_open(&wo->w, wo, wo->dir, &create, &err));
	struct hy_index_stats a, b;
	OK(hy_index_stats(wo->ix, &a, &err));
	OK(hy_index_writer_add(wo->w, wo->log, wo->n, &err));
	OK(hy_index_writer_commit(wo->w, 61, &err));
	OK(hy_index_stats(wo->ix, &b, &err));
	assert_int_equal(a.documents, b.documents);
	end_world(wo);
}

/* Lengths around Xapian's limits, and texts that would break terms. */
static void test_long(void **state)
{
	(void)state;
	struct hy_err err = {0};
	struct world *wo = hy_new(NULL, struct world);
	wo->dir = temp_dir(wo);
	struct hy_item it = {.seq = 5, .id = {5}, .revision = 1, .taken = DAY0, .posted = DAY0};
	struct hy_buf b;
	hy_buf_init(&b, wo, 1 << 20);
	for (int i = 0; i < 1000; i++)
		hy_buf_fmt(&b, "%c%d𠮷", 'a' + i % 26, i);
	char *place = hy_strndup(wo, b.data, 300);
	place[hy_utf8_cut(place, 300)] = '\0';
	it.text = b.data;
	it.title = place;
	it.place = place;
	OK(hy_index_writer_open(&wo->w, wo, wo->dir, &create, &err));
	OK(hy_index_writer_add(wo->w, &it, 1, &err));
	OK(hy_index_writer_commit(wo->w, 5, &err));
	OK(hy_index_open(&wo->ix, wo, wo->dir, &err));
	for (size_t from = 0; from < 4000; from += 37) {
		size_t a = hy_utf8_cut(b.data, from), z = hy_utf8_cut(b.data, from + 1900);
		char *text = hy_query_quote(wo, hy_strndup(wo, b.data + a, z - a));
		struct hy_found *f = NULL;
		struct hy_search s = {.query = parse(wo, text), .limit = 1};
		OK(hy_index_search(wo->ix, wo, &s, &f, &err));
		assert_int_equal(f->n_hits, 1);
	}
	size_t n = 0;
	find_all(wo->ix, wo, parse(wo, hy_strf(wo, "place:%s", place + hy_utf8_cut(place, 290))), 3,
		 &n);
	assert_int_equal(n, 1);
	find_all(wo->ix, wo, parse(wo, "place:b1"), 3, &n);
	assert_int_equal(n, 1);
	find_all(wo->ix, wo, parse(wo, "place:nowhere"), 3, &n);
	assert_int_equal(n, 0);
	end_world(wo);
}

/* The promise over texts that people wrote. Needs SHARED_DATA; nothing of it is shown. */
static void test_real_texts(void **state)
{
	(void)state;
	const char *data = getenv("SHARED_DATA");
	if (data == NULL || data[0] == '\0')
		skip();
	char *cmd = hy_strf(NULL, "zstd -dcq '%s/stream_200k.tsv.zst' 2>/dev/null", data);
	FILE *p = popen(cmd, "r");
	talloc_free(cmd);
	assert_non_null(p);
	struct world *wo = hy_new(NULL, struct world);
	struct hy_err err = {0};
	static char line[65536];
	wo->dir = temp_dir(wo);
	wo->log = hy_new_array(wo, struct hy_item, 20000);
	wo->live = hy_new_array(wo, bool, 20000);
	for (int k = 0; wo->n < 20000 && fgets(line, sizeof(line), p) != NULL; k++) {
		char *text = strrchr(line, '\t');
		size_t len = strcspn(line, "\n");
		if (k % 10 != 0 || text == NULL || !hy_utf8_valid(line, len))
			continue;
		line[len] = '\0';
		int64_t seq = (int64_t)wo->n + 1;
		wo->log[wo->n] = (struct hy_item){.seq = seq,
						  .id = {seq},
						  .revision = 1,
						  .title = "",
						  .text = hy_strdup(wo->log, text + 1),
						  .taken = DAY0 + seq * 10 * HY_SECOND,
						  .posted = DAY0 + seq * 10 * HY_SECOND};
		wo->live[wo->n++] = true;
	}
	(void)pclose(p);
	if (wo->n == 0) {
		end_world(wo);
		skip();
	}
	OK(hy_index_writer_open(&wo->w, wo, wo->dir, &create, &err));
	OK(hy_index_writer_add(wo->w, wo->log, wo->n, &err));
	OK(hy_index_writer_commit(wo->w, 0, &err));
	OK(hy_index_open(&wo->ix, wo, wo->dir, &err));
	every_piece(wo, 52);
	struct hy_rand r;
	hy_rand_init(&r, 53);
	for (int i = 0; i < 20; i++) {
		void *ctx = talloc_new(NULL);
		compare(wo, ctx, some_query(ctx, &r, wo->log, wo->n, 2), 1000);
		talloc_free(ctx);
	}
	end_world(wo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_traps),	    cmocka_unit_test(test_long),
		cmocka_unit_test(test_counts),	    cmocka_unit_test(test_stable_pages),
		cmocka_unit_test(test_every_piece), cmocka_unit_test(test_same_predicate),
		cmocka_unit_test(test_real_texts),
	};
	return cmocka_run_group_tests_name("index-search", tests, NULL, NULL);
}
