/* Pages of a search: order by relevance against a naive BM25, rows of near-copies, and pages that
 * neither repeat nor skip while a writer commits between them. */
#include "index/index.h"

#include "base/base.h"

#include "tests/unit/index-fixture.h"

#include <math.h>
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

static struct hy_query *parse(const void *ctx, const char *text)
{
	struct hy_err err = {0};
	struct hy_query *q = NULL;
	if (hy_query_parse(&q, ctx, text, &env, &err) != HY_OK)
		fail_msg("%s: %s", text, err.text);
	return q;
}

/* ---- a world of texts and their copies ---- */

#define FAMILY_LEN 60
struct world {
	char *dir;
	struct hy_rand r;
	struct hy_item *log; /* by seq - 1 */
	int *family;	     /* of each; copies share it */
	bool *gone;
	size_t n;
	int families;
	struct hy_index_writer *w;
	struct hy_index *ix;
};

/* A text that no other is like, with words of the query in it now and then. */
static char *fresh_text(struct world *wo)
{
	struct hy_buf b;
	char one[4];
	size_t len = FAMILY_LEN + hy_rand_below(&wo->r, 80);
	hy_buf_init(&b, wo->log, 4096);
	for (size_t i = 0; i < len; i++)
		hy_buf_add(&b, one,
			   hy_utf8_encode(0x4e00 + (uint32_t)hy_rand_below(&wo->r, 5000), one));
	for (uint64_t k = hy_rand_below(&wo->r, 4); k > 0; k--)
		hy_buf_str(&b, hy_rand_below(&wo->r, 3) ? "水黄" : "停电了");
	return hy_buf_take(&b, NULL);
}

/* The same with one character more at its end. */
static char *copy_text(struct world *wo, const char *text)
{
	static const char *const ends[] = {"转", "急", "。", "!!", "看"};
	return hy_strf(wo->log, "%s%s", text, ends[hy_rand_below(&wo->r, HY_LEN(ends))]);
}

static void grow(struct world *wo)
{
	size_t i = wo->n++;
	wo->log = hy_grow(wo, wo->log, struct hy_item, wo->n);
	wo->family = hy_grow(wo, wo->family, int, wo->n);
	wo->gone = hy_grow(wo, wo->gone, bool, wo->n);
	struct hy_item it = {.seq = (int64_t)i + 1, .id = {(int64_t)i + 1}, .revision = 1};
	it.source.v = 1 + (int64_t)hy_rand_below(&wo->r, 4);
	it.kind = (enum hy_item_kind)hy_rand_below(&wo->r, 4);
	it.title = hy_rand_below(&wo->r, 4) ? "" : "水黄";
	it.place = "";
	it.taken = DAY0 + (hy_time)i * 20 * HY_MINUTE;
	it.posted = it.taken - (hy_dur)hy_rand_below(&wo->r, 40) * HY_HOUR;
	wo->gone[i] = false;
	size_t of = i > 0 && hy_rand_below(&wo->r, 2) ? hy_rand_below(&wo->r, i) : i;
	wo->family[i] = of == i ? wo->families++ : wo->family[of];
	size_t first = i;
	for (size_t k = 0; k < i && first == i; k++)
		if (wo->family[k] == wo->family[i])
			first = k;
	it.text = first == i ? fresh_text(wo) : copy_text(wo, wo->log[first].text);
	if (first != i)
		it.title = wo->log[first].title;
	wo->log[i] = it;
}

static void arrive(struct world *wo, size_t n)
{
	struct hy_err err = {0};
	size_t from = wo->n;
	for (size_t i = 0; i < n; i++)
		grow(wo);
	OK(hy_index_writer_add(wo->w, wo->log + from, n, &err));
	OK(hy_index_writer_commit(wo->w, (int64_t)wo->n, &err));
}

static struct world *new_world(uint64_t seed, size_t n)
{
	struct hy_err err = {0};
	struct world *wo = hy_new(NULL, struct world);
	const struct hy_index_options create = {.flags = HY_INDEX_CREATE, .zone_minutes = ZONE};
	hy_rand_init(&wo->r, seed);
	wo->dir = temp_dir(wo);
	OK(hy_index_writer_open(&wo->w, wo, wo->dir, &create, &err));
	arrive(wo, n);
	OK(hy_index_open(&wo->ix, wo, wo->dir, &err));
	return wo;
}

static void end_world(struct world *wo)
{
	char *dir = hy_strdup(NULL, wo->dir);
	talloc_free(wo);
	remove_tree(dir);
	talloc_free(dir);
}

static bool matches(const struct hy_query *q, const struct hy_item *it)
{
	void *ctx = talloc_new(NULL);
	struct hy_facts f;
	assert_int_equal(hy_facts_of_item(&f, ctx, it, NULL), HY_OK);
	bool is = hy_query_matches(q, &f);
	talloc_free(ctx);
	return is;
}

/* ---- BM25, told naively ---- */

static int times(const char *hay, const char *needle)
{
	int n = 0;
	for (; (hay = strstr(hay, needle)) != NULL; hay += strlen(needle))
		n++;
	return n;
}

/* Scores of all that match, with df of how many items hold the word at all. */
static double *naive_scores(const void *ctx, const struct world *wo, const struct hy_query *q,
			    const char *const *words, size_t n_words)
{
	double *score = hy_new_array(ctx, double, wo->n), bytes = 0, mean, df[8] = {0};
	int n = 0;
	for (size_t i = 0; i < wo->n; i++) {
		const struct hy_item *it = &wo->log[i];
		for (size_t k = 0; k < n_words; k++)
			df[k] += strstr(it->text, words[k]) != NULL ||
				 strstr(it->title, words[k]) != NULL;
		if (!matches(q, it))
			continue;
		bytes += (double)(strlen(it->title) + strlen(it->text));
		n++;
	}
	mean = bytes / n;
	for (size_t i = 0; i < wo->n; i++) {
		const struct hy_item *it = &wo->log[i];
		double len = (double)(strlen(it->title) + strlen(it->text));
		score[i] = -1;
		if (!matches(q, it))
			continue;
		score[i] = 0;
		for (size_t k = 0; k < n_words; k++) {
			double tf = times(it->text, words[k]) + 2 * times(it->title, words[k]);
			double all = (double)wo->n;
			score[i] += log(1 + (all - df[k] + 0.5) / (df[k] + 0.5)) * tf * 2.2 /
				    (tf + 1.2 * (0.25 + 0.75 * len / mean));
		}
	}
	return score;
}

static void test_relevance(void **state)
{
	(void)state;
	static const char *const two[] = {"水黄", "电了"}, *const one[] = {"水黄"};
	static const struct {
		const char *query;
		const char *const *words;
		size_t n;
	} cases[] = {{"水黄 OR 电了", two, 2},
		     {"水黄 电了", two, 2},
		     {"水黄 -停电", one, 1},
		     {"水黄 OR 水黄", one, 1}};
	struct hy_err err = {0};
	struct world *wo = new_world(3, 500);
	for (size_t c = 0; c < HY_LEN(cases); c++) {
		void *ctx = talloc_new(NULL);
		struct hy_query *q = parse(ctx, cases[c].query);
		double *score = naive_scores(ctx, wo, q, cases[c].words, cases[c].n);
		struct hy_found *f = NULL;
		struct hy_search s = {.query = q,
				      .limit = 1000,
				      .flags = HY_SEARCH_PAGES,
				      .order = HY_ORDER_RELEVANCE};
		OK(hy_index_search(wo->ix, ctx, &s, &f, &err));
		size_t n = 0;
		for (size_t i = 0; i < wo->n; i++)
			n += score[i] >= 0;
		assert_true(n > 20);
		assert_int_equal(f->n_hits, n);
		assert_int_equal(f->total, n);
		assert_true(f->total_exact && f->more == NULL);
		for (size_t i = 0; i < n; i++) {
			const struct hy_hit *h = &f->hits[i];
			double want = score[h->seq - 1];
			assert_true(want >= 0);
			/* whole numbers and a mean of whole bytes: a little off */
			assert_true(fabs((double)h->score / 1e6 - want) < 0.02 * want + 0.002);
			if (i > 0)
				assert_true(h->score < h[-1].score ||
					    (h->score == h[-1].score && h->seq < h[-1].seq));
		}
		talloc_free(ctx);
	}
	end_world(wo);
}

/* ---- rows ---- */

static void test_fold(void **state)
{
	(void)state;
	struct hy_err err = {0};
	struct world *wo = new_world(4, 400);
	void *ctx = talloc_new(NULL);
	for (int order = HY_ORDER_NEWEST; order <= HY_ORDER_RELEVANCE; order++) {
		struct hy_query *q = parse(ctx, "水黄");
		struct hy_found *f = NULL;
		struct hy_search s = {.query = q,
				      .limit = 1000,
				      .flags = HY_SEARCH_PAGES,
				      .order = (enum hy_order)order,
				      .fold = true};
		int64_t *of = hy_new_array(ctx, int64_t, (size_t)wo->families);
		bool *seen = hy_new_array(ctx, bool, (size_t)wo->families);
		int64_t rows = 0, total = 0, copies = 0;
		OK(hy_index_search(wo->ix, ctx, &s, &f, &err));
		for (size_t i = 0; i < wo->n; i++) {
			if (!matches(q, &wo->log[i]))
				continue;
			total++;
			rows += of[wo->family[i]]++ == 0;
		}
		assert_int_equal(f->total, total);
		assert_int_equal(f->rows, rows);
		assert_int_equal(f->n_hits, rows);
		for (size_t i = 0; i < f->n_hits; i++) {
			const struct hy_hit *h = &f->hits[i];
			int family = wo->family[h->seq - 1];
			assert_false(seen[family]);
			seen[family] = true;
			assert_int_equal(h->copies, of[family] - 1);
			copies += h->copies;
			for (int64_t k = h->seq; order == HY_ORDER_NEWEST && k < (int64_t)wo->n;
			     k++)
				assert_false(wo->family[k] == family && matches(q, &wo->log[k]));
		}
		assert_true(rows > 20 && copies > 20);
		assert_int_equal(rows + copies, total);
	}
	talloc_free(ctx);
	end_world(wo);
}

/* ---- pages while a writer commits ---- */

struct walked {
	int64_t *seqs, *copies;
	size_t n;
	int pages;
};

/* All rows by pages of `limit`; between two pages, `between` is called. */
static struct walked walk(const void *ctx, struct world *wo, struct hy_search s,
			  void (*between)(struct world *wo))
{
	struct hy_err err = {0};
	struct walked all = {hy_new_array(ctx, int64_t, 10000), hy_new_array(ctx, int64_t, 10000),
			     0, 0};
	do {
		struct hy_found *f = NULL;
		OK(hy_index_search(wo->ix, ctx, &s, &f, &err));
		assert_true(f->n_hits <= (size_t)s.limit);
		for (size_t i = 0; i < f->n_hits; i++) {
			all.seqs[all.n] = f->hits[i].seq;
			all.copies[all.n++] = f->hits[i].copies;
		}
		all.pages++;
		s.page = f->more;
		if (between != NULL)
			between(wo);
	} while (s.page != NULL);
	return all;
}

/* New items, among them copies of old ones: at once in front of every order. */
static void more_arrive(struct world *wo)
{
	arrive(wo, 1 + hy_rand_below(&wo->r, 3));
}

static void test_pages(void **state)
{
	(void)state;
	for (int k = 0; k < 12; k++) {
		struct world *wo = new_world(50 + (uint64_t)k, 90);
		void *ctx = talloc_new(NULL);
		struct hy_search s = {
			.query = parse(ctx, k % 3 == 0	 ? ""
					    : k % 3 == 1 ? "水黄 OR 停电"
							 : "水黄"),
			.flags = HY_SEARCH_PAGES,
			.order = (enum hy_order)(k / 3 % 2),
			.fold = k / 6 % 2 != 0,
			.limit = 1000,
		};
		struct walked whole = walk(ctx, wo, s, NULL);
		s.limit = 2 + (int)hy_rand_below(&wo->r, 5);
		struct walked pages = walk(ctx, wo, s, more_arrive);
		assert_true(pages.pages > 1);
		assert_int_equal(pages.n, whole.n);
		assert_memory_equal(pages.seqs, whole.seqs, whole.n * sizeof(int64_t));
		assert_memory_equal(pages.copies, whole.copies, whole.n * sizeof(int64_t));
		talloc_free(ctx);
		end_world(wo);
	}
}

/* A budget that ends cuts the past into stretches: each is gone through in its order, all of them
 * hold everything once. */
static void test_stretches(void **state)
{
	(void)state;
	struct hy_err err = {0};
	struct world *wo = new_world(6, 300);
	for (int k = 0; k < 4; k++) {
		void *ctx = talloc_new(NULL);
		struct hy_query *q = parse(ctx, "水黄 OR 停电");
		struct hy_search s = {.query = q,
				      .flags = HY_SEARCH_PAGES,
				      .order = (enum hy_order)(k % 2),
				      .fold = k >= 2,
				      .limit = 7,
				      .budget = 60};
		bool *seen = hy_new_array(ctx, bool, wo->n);
		size_t n = wo->n, want = 0, got = 0;
		struct hy_found *f = NULL;
		int64_t last_total = 0;
		for (size_t i = 0; i < n; i++)
			want += matches(q, &wo->log[i]);
		do {
			OK(hy_index_search(wo->ix, ctx, &s, &f, &err));
			for (size_t i = 0; i < f->n_hits; i++) {
				assert_false(seen[f->hits[i].seq - 1]);
				seen[f->hits[i].seq - 1] = true;
				got += 1 + (size_t)f->hits[i].copies;
			}
			assert_true(f->total >= last_total);
			assert_true(f->total_exact || f->more != NULL);
			last_total = f->total;
			s.page = f->more;
			more_arrive(wo);
		} while (s.page != NULL);
		assert_int_equal(got, want);
		assert_int_equal(last_total, want);
		assert_true(f->total_exact);
		talloc_free(ctx);
	}
	end_world(wo);
}

/* An edit moves an item to the front, a withdrawal takes it away: no page shows either twice. */
static void test_edits(void **state)
{
	(void)state;
	struct hy_err err = {0};
	struct world *wo = new_world(7, 120);
	void *ctx = talloc_new(NULL);
	struct hy_search s = {.query = parse(ctx, ""),
			      .flags = HY_SEARCH_PAGES,
			      .limit = 10,
			      .fold = true,
			      .order = HY_ORDER_RELEVANCE};
	struct hy_found *f = NULL;
	bool *seen = hy_new_array(ctx, bool, 200);
	OK(hy_index_search(wo->ix, ctx, &s, &f, &err));
	for (int round = 0; f->more != NULL; round++) {
		for (size_t i = 0; i < f->n_hits; i++) {
			assert_false(seen[f->hits[i].id.v]);
			seen[f->hits[i].id.v] = true;
		}
		int64_t shown = f->hits[0].id.v;
		grow(wo); /* a new revision of what was just shown */
		wo->log[wo->n - 1].id.v = shown;
		wo->log[wo->n - 1].revision = 2;
		OK(hy_index_writer_add(wo->w, &wo->log[wo->n - 1], 1, &err));
		OK(hy_index_writer_hide(wo->w, f->hits[f->n_hits - 1].id, (int64_t)wo->n, &err));
		OK(hy_index_writer_commit(wo->w, (int64_t)wo->n, &err));
		s.page = f->more;
		OK(hy_index_search(wo->ix, ctx, &s, &f, &err));
	}
	talloc_free(ctx);
	end_world(wo);
}

static void test_cursor(void **state)
{
	(void)state;
	struct hy_err err = {0};
	struct world *wo = new_world(8, 60);
	void *ctx = talloc_new(NULL);
	struct hy_search s = {.query = parse(ctx, "水黄 OR 停电"),
			      .flags = HY_SEARCH_PAGES,
			      .limit = 3,
			      .order = HY_ORDER_RELEVANCE,
			      .now = DAY0 + 5};
	struct hy_found *f = NULL, *g = NULL;
	hy_time now = 0;
	OK(hy_index_search(wo->ix, ctx, &s, &f, &err));
	s.page = f->more;
	OK(hy_index_search(wo->ix, ctx, &s, &g, &err));
	OK(hy_search_now(f->more, &now, &err));
	assert_int_equal(now, DAY0 + 5);
	/* of another query, order or folding: refused */
	s.query = parse(ctx, "水黄");
	assert_int_equal(hy_index_search(wo->ix, ctx, &s, &g, NULL), HY_EINPUT);
	s.query = parse(ctx, "水黄 OR 停电");
	s.fold = true;
	assert_int_equal(hy_index_search(wo->ix, ctx, &s, &g, NULL), HY_EINPUT);
	s.fold = false;
	s.order = HY_ORDER_NEWEST;
	assert_int_equal(hy_index_search(wo->ix, ctx, &s, &g, NULL), HY_EINPUT);
	s.order = HY_ORDER_RELEVANCE;
	/* each letter altered, each end cut: refused */
	char *bad = hy_strdup(ctx, f->more);
	for (size_t i = 0; bad[i]; i++) {
		char was = bad[i];
		bad[i] = was == '1' ? '2' : '1';
		assert_int_equal(hy_search_now(bad, &now, NULL), HY_EINPUT);
		bad[i] = 0;
		if (i > 0)
			assert_int_equal(hy_search_now(bad, &now, NULL), HY_EINPUT);
		bad[i] = was;
	}
	static const char *const others[] = {
		"0", ".", "1..2", "-1", "1.2.3", "zz", "1.1.1.1.1.1.1.1.1", " ", "FFFF"};
	for (size_t i = 0; i < HY_LEN(others); i++)
		assert_int_equal(hy_search_now(others[i], &now, NULL), HY_EINPUT);
	char *longest = hy_strdup(ctx, "1");
	for (int i = 0; i < 2000; i++)
		longest = hy_strf(ctx, "%s.1", longest);
	assert_int_equal(hy_search_now(longest, &now, NULL), HY_EINPUT);
	talloc_free(ctx);
	end_world(wo);
}

/* Hours and days count the same things, at the borders of the office's days. */
static void test_bars(void **state)
{
	(void)state;
	struct hy_err err = {0};
	struct world *wo = new_world(9, 200);
	void *ctx = talloc_new(NULL);
	struct hy_query *q = parse(ctx, "水黄");
	struct hy_search s = {.query = q,
			      .flags = HY_SEARCH_PAGES | HY_SEARCH_FACETS | HY_SEARCH_TEXT,
			      .limit = 5,
			      .slot = HY_HOUR,
			      .zone_minutes = ZONE,
			      .fold = true};
	struct hy_found *f = NULL;
	OK(hy_index_search(wo->ix, ctx, &s, &f, &err));
	int64_t hours = 0, days = 0, kinds = 0;
	for (size_t i = 0; i < f->n_bars; i++)
		hours += f->bars[i].count;
	for (size_t i = 0; i < f->n_days; i++) {
		int64_t n = 0;
		assert_int_equal((f->days[i].start - DAY0) % HY_DAY, 0);
		assert_true(i == 0 || f->days[i].start > f->days[i - 1].start);
		for (size_t k = 0; k < wo->n; k++)
			n += wo->log[k].posted >= f->days[i].start &&
			     wo->log[k].posted < f->days[i].start + HY_DAY &&
			     matches(q, &wo->log[k]);
		assert_int_equal(f->days[i].count, n);
		days += n;
	}
	for (size_t i = 0; i < f->n_kinds; i++)
		kinds += f->kinds[i].count;
	assert_int_equal(hours, f->total);
	assert_int_equal(days, f->total);
	assert_int_equal(kinds, f->total);
	assert_true(f->n_days > 2 && f->n_bars > f->n_days);
	/* a row is read back whole */
	const struct hy_item *it = &wo->log[f->hits[0].seq - 1];
	assert_string_equal(f->hits[0].text, folded(ctx, it->text));
	assert_int_equal(f->hits[0].posted, it->posted);
	talloc_free(ctx);
	end_world(wo);
}

/* Similar items: all copies of the text, likest first, none of another family, never itself. */
static void test_similar(void **state)
{
	(void)state;
	struct hy_err err = {0};
	struct world *wo = new_world(10, 300);
	for (size_t i = 0; i < wo->n; i += 7) {
		void *ctx = talloc_new(NULL);
		struct hy_facts f;
		struct hy_likes *likes = NULL;
		int64_t family = 0;
		OK(hy_facts_of_item(&f, ctx, &wo->log[i], &err));
		OK(hy_index_similar(wo->ix, ctx, &f, wo->log[i].id, 1000, &likes, &err));
		for (size_t k = 0; k < wo->n; k++)
			family += k != i && wo->family[k] == wo->family[i];
		assert_true(likes->whole);
		assert_int_equal(likes->n, family);
		assert_int_equal(likes->total, family);
		assert_int_equal(likes->copies, family);
		for (size_t k = 0; k < likes->n; k++) {
			const struct hy_like *l = &likes->v[k];
			assert_int_equal(wo->family[l->seq - 1], wo->family[i]);
			assert_true(l->copy && l->likeness > 90 && l->id.v != wo->log[i].id.v);
			assert_true(k == 0 || l->likeness < l[-1].likeness ||
				    (l->likeness == l[-1].likeness && l->seq < l[-1].seq));
		}
		OK(hy_index_similar(wo->ix, ctx, &f, wo->log[i].id, 1, &likes, &err));
		assert_true(likes->n == (family > 0) && likes->total == family);
		assert_int_equal(hy_index_similar(wo->ix, ctx, &f, wo->log[i].id, 0, &likes, NULL),
				 HY_EINPUT);
		talloc_free(ctx);
	}
	/* half of a text is similar, and no copy */
	void *ctx = talloc_new(NULL);
	size_t half = hy_utf8_cut(wo->log[0].text, strlen(wo->log[0].text) / 2);
	struct hy_item it = wo->log[0];
	struct hy_likes *likes = NULL;
	struct hy_facts f;
	it.text = hy_strndup(ctx, wo->log[0].text, half);
	it.title = "";
	OK(hy_facts_of_item(&f, ctx, &it, &err));
	OK(hy_index_similar(wo->ix, ctx, &f, (struct hy_item_id){0}, 5, &likes, &err));
	assert_true(likes->n >= 1 && likes->copies == 0);
	assert_true(likes->v[0].likeness > 30 && likes->v[0].likeness < 70);
	/* nothing to compare */
	it.text = "。";
	OK(hy_facts_of_item(&f, ctx, &it, &err));
	OK(hy_index_similar(wo->ix, ctx, &f, (struct hy_item_id){0}, 5, &likes, &err));
	assert_int_equal(likes->n, 0);
	talloc_free(ctx);
	end_world(wo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_relevance), cmocka_unit_test(test_fold),
		cmocka_unit_test(test_pages),	  cmocka_unit_test(test_stretches),
		cmocka_unit_test(test_edits),	  cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_bars),	  cmocka_unit_test(test_similar),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
