/* Near-copies: sketches against the true likeness, and the table against looking at everything. */
/* the file itself, for the loops of each kind of processor */
#include "index/copies.c"

#include "tests/unit/index-fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

/* n characters out of 3,000, so that two texts share hardly a shingle. */
static uint32_t *some_chars(const void *ctx, struct hy_rand *r, size_t n)
{
	uint32_t *c = hy_new_array(ctx, uint32_t, n + 64);
	for (size_t i = 0; i < n; i++)
		c[i] = 0x4e00 + (uint32_t)hy_rand_below(r, 3000);
	return c;
}

static char *text_of(const void *ctx, const uint32_t *c, size_t n)
{
	struct hy_buf b;
	char one[4];
	hy_buf_init(&b, ctx, 1 << 20);
	for (size_t i = 0; i < n; i++)
		hy_buf_add(&b, one, hy_utf8_encode(c[i], one));
	return hy_buf_take(&b, NULL);
}

static struct hy_sketch sketch_of(const char *title, const char *text)
{
	struct hy_sketch s;
	struct hy_facts f = {.title = title,
			     .title_n = strlen(title),
			     .text = text,
			     .text_n = strlen(text),
			     .place = ""};
	(void)hy_sketch_of(&s, &f);
	return s;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static size_t shingles(const void *ctx, const uint32_t *c, size_t n, uint64_t **out)
{
	uint64_t *v = hy_new_array(ctx, uint64_t, n);
	size_t k = 0, kept = 0;
	for (size_t i = 0; i + 2 < n; i++)
		v[k++] = (uint64_t)c[i] << 42 | (uint64_t)c[i + 1] << 21 | c[i + 2];
	qsort(v, k, sizeof(*v), by_value);
	for (size_t i = 0; i < k; i++)
		if (kept == 0 || v[kept - 1] != v[i])
			v[kept++] = v[i];
	*out = v;
	return kept;
}

/* The true likeness in 100. */
static double likeness(const void *ctx, const uint32_t *a, size_t an, const uint32_t *b, size_t bn)
{
	uint64_t *x, *y;
	size_t xn = shingles(ctx, a, an, &x), yn = shingles(ctx, b, bn, &y), both = 0;
	for (size_t i = 0, j = 0; i < xn && j < yn;) {
		if (x[i] == y[j]) {
			both++;
			i++;
			j++;
		} else if (x[i] < y[j]) {
			i++;
		} else {
			j++;
		}
	}
	return 100.0 * (double)both / (double)(xn + yn - both);
}

/* A copy with some characters put out for others. */
static uint32_t *altered(const void *ctx, struct hy_rand *r, const uint32_t *c, size_t n,
			 size_t times)
{
	uint32_t *d = hy_new_array(ctx, uint32_t, n + 64);
	memcpy(d, c, n * sizeof(*c));
	for (size_t i = 0; i < times; i++)
		d[hy_rand_below(r, n)] = 0x6000 + (uint32_t)hy_rand_below(r, 3000);
	return d;
}

static void test_estimate(void **state)
{
	(void)state;
	struct hy_rand r;
	double sum = 0, sum_abs = 0;
	int n = 0, wrong = 0;
	hy_rand_init(&r, 7);
	for (int round = 0; round < 1500; round++) {
		void *ctx = talloc_new(NULL);
		size_t len = 20 + hy_rand_below(&r, 200);
		uint32_t *a = some_chars(ctx, &r, len);
		uint32_t *b = altered(ctx, &r, a, len, hy_rand_below(&r, len / 8 + 1));
		struct hy_sketch x = sketch_of("", text_of(ctx, a, len)),
				 y = sketch_of("", text_of(ctx, b, len));
		double true_one = likeness(ctx, a, len, b, len);
		double off = hy_sketch_likeness(&x, &y) - true_one;
		assert_int_equal(hy_sketch_likeness(&x, &y), hy_sketch_likeness(&y, &x));
		assert_int_equal(hy_sketch_likeness(&x, &x), 100);
		sum += off;
		sum_abs += off < 0 ? -off : off;
		wrong += off > 20 || off < -20;
		n++;
		talloc_free(ctx);
	}
	/* unbiased, and as sharp as 128 lanes of two bits can be */
	assert_true(sum / n > -1.5 && sum / n < 1.5);
	assert_true(sum_abs / n < 5.5);
	assert_true(wrong <= 3);
}

static void test_what_is_a_copy(void **state)
{
	(void)state;
	static const char base[] =
		"城东自来水又发黄了大家不要直接饮用请各位邻居互相转告明天上午恢复供水";
	struct hy_sketch s = sketch_of("", base), t;
	/* punctuation, blanks and what the fold makes one are no difference */
	t = sketch_of(
		"", "城东自来水又发黄了，大家不要直接饮用！请各位邻居互相转告。 明天上午恢复供水…");
	assert_int_equal(hy_sketch_likeness(&s, &t), 100);
	t = sketch_of("城东自来水又发黄了", "大家不要直接饮用请各位邻居互相转告明天上午恢复供水");
	assert_int_equal(hy_sketch_likeness(&s, &t), 100);
	t = sketch_of("", "【转】城东自来水又发黄了，大家不要直接饮用，请各位邻居互相转告，明天上午"
			  "恢复供水。");
	assert_true(hy_sketch_likeness(&s, &t) >= HY_COPY_LIKENESS);
	t = sketch_of("", "城西路灯坏了三天没有人来修请有关部门尽快派人处理谢谢大家的关心和支持");
	assert_true(hy_sketch_likeness(&s, &t) < 20);
	/* a short text is copied by its equal alone */
	s = sketch_of("", "水黄了");
	t = sketch_of("", "水黄了！！");
	assert_int_equal(hy_sketch_likeness(&s, &t), 100);
	t = sketch_of("", "水黄吗");
	assert_true(hy_sketch_likeness(&s, &t) < HY_COPY_LIKENESS);
	/* a text without a character is like nothing, not even its like */
	s = sketch_of("", "……");
	assert_int_equal(hy_sketch_likeness(&s, &s), 0);
	/* what stands in an index must be the same tomorrow and on every machine */
	s = sketch_of("", base);
	assert_int_equal(s.w[0], UINT64_C(0xeb4b5d3918ffb47f));
	assert_int_equal(s.w[3], UINT64_C(0x7964e51e680fe991));
	s = sketch_of("", "水黄了");
	assert_int_equal(s.w[1], UINT64_C(0x3d9983228d46b301));
}

static void test_limits(void **state)
{
	(void)state;
	struct hy_rand r;
	hy_rand_init(&r, 8);
	void *ctx = talloc_new(NULL);
	size_t n = HY_SKETCH_MAX_CHARS;
	uint32_t *c = some_chars(ctx, &r, n + 60);
	struct hy_sketch a = sketch_of("", text_of(ctx, c, n)),
			 b = sketch_of("", text_of(ctx, c, n + 1));
	assert_memory_equal(&a, &b, sizeof(a));
	b = sketch_of("", text_of(ctx, c, n - 1));
	assert_true(hy_sketch_likeness(&a, &b) >= 97);
	struct hy_facts f = {.title = "", .place = ""};
	for (size_t k = 1; k <= HY_SKETCH_SHORT; k++) {
		f.text = text_of(ctx, c, k);
		f.text_n = strlen(f.text);
		assert_int_equal(hy_sketch_of(&a, &f), k >= HY_SKETCH_SHORT);
	}
	talloc_free(ctx);
}

/* Finds what looking at everything finds, in nearly all cases, and never anything else. */
static void test_table(void **state)
{
	(void)state;
	enum { N = 4000, WINDOW = 1500 };
	struct hy_rand r;
	hy_rand_init(&r, 9);
	void *ctx = talloc_new(NULL);
	struct hy_sketch *all = hy_new_array(ctx, struct hy_sketch, N);
	uint32_t **texts = hy_new_array(ctx, uint32_t *, N);
	struct hy_copies *c = hy_copies_new(ctx, WINDOW);
	int there = 0, found = 0, near = 0, near_found = 0;
	for (int i = 0; i < N; i++) {
		texts[i] = i > 0 && hy_rand_below(&r, 3) == 0
				   ? altered(ctx, &r,
					     texts[i - 1 -
						   (int)hy_rand_below(&r,
								      i < 900 ? (uint64_t)i : 900)],
					     80, hy_rand_below(&r, 8))
				   : some_chars(ctx, &r, 80);
		all[i] = sketch_of("", text_of(ctx, texts[i], 80));
		int best = 0, like = 0, at = -1;
		int64_t key = -1;
		for (int j = i > WINDOW ? i - WINDOW : 0; j < i; j++)
			if ((like = hy_sketch_likeness(&all[i], &all[j])) > best) {
				best = like;
				at = j;
			}
		like = 0;
		bool hit = hy_copies_find(c, &all[i], HY_COPY_LIKENESS, &key, &like);
		if (hit) {
			assert_true(key < i && key >= i - WINDOW);
			assert_int_equal(like, hy_sketch_likeness(&all[i], &all[key]));
			assert_true(like >= HY_COPY_LIKENESS && like <= best);
		}
		there += best >= HY_COPY_LIKENESS;
		found += best >= HY_COPY_LIKENESS && hit;
		near += best >= 85;
		near_found += best >= 85 && hit && key == at;
		hy_copies_add(c, &all[i], i);
	}
	assert_true(there > 800 && found > there * 88 / 100);
	assert_true(near > 300 && near_found > near * 97 / 100);
	/* what has left the window is not found; what is in it, by itself, is */
	int64_t key = 0;
	assert_true(hy_copies_find(c, &all[N - WINDOW], 100, &key, NULL));
	for (int i = 0; i < N - WINDOW; i++)
		assert_false(hy_copies_find(c, &all[i], 100, &key, NULL) && key == i);
	talloc_free(ctx);
}

/* Every kind of processor makes the same sketch. */
static void test_processors(void **state)
{
	(void)state;
	struct hy_rand r;
	hy_rand_init(&r, 10);
	uint32_t v[300];
	int32_t plain[LANES], other[LANES];
	pthread_once(&made, make);
	for (size_t n = 1; n < HY_LEN(v); n += 7) {
		for (size_t i = 0; i < n; i++)
			v[i] = (uint32_t)hy_rand_next(&r);
		least_plain(v, n, plain);
		least(v, n, other);
		assert_memory_equal(plain, other, sizeof(plain));
#ifdef __x86_64__
		if (!__builtin_cpu_supports("avx2"))
			continue;
		least_avx2(v, n, other);
		assert_memory_equal(plain, other, sizeof(plain));
#endif
	}
}

/* The numbers of entries wrap: nothing is lost and nothing is found that is not there. */
static void test_wrap(void **state)
{
	(void)state;
	struct hy_rand r;
	hy_rand_init(&r, 11);
	struct hy_copies *c = hy_copies_new(NULL, 100);
	struct hy_sketch all[400];
	int64_t key = 0;
	for (int i = 0; i < 400; i++) {
		void *ctx = talloc_new(NULL);
		all[i] = sketch_of("", text_of(ctx, some_chars(ctx, &r, 40), 40));
		talloc_free(ctx);
		if (i == 150) { /* as after four thousand million entries */
			renumber(c);
			c->next = UINT32_MAX - 60 - (UINT32_MAX - 60) % 100;
			uint32_t at = c->next;
			memset(c->heads, 0, HY_SKETCH_BANDS * c->per_band * sizeof(*c->heads));
			for (uint32_t k = 0; k < 100; k++)
				chain(c, at - 100 + k);
		}
		hy_copies_add(c, &all[i], i);
		for (int j = i; j >= 0 && j > i - 100; j -= 9)
			assert_true(hy_copies_find(c, &all[j], 100, &key, NULL) && key == j);
		if (i >= 100)
			assert_false(hy_copies_find(c, &all[i - 100], 100, &key, NULL));
	}
	assert_true(c->next < 1000);
	talloc_free(c);
}

/* A flood of one text stays one chain of 64; of equals the first is told. */
static void test_flood(void **state)
{
	(void)state;
	struct hy_sketch s = sketch_of("", "转发微博"), other = sketch_of("", "转发"), none = {{0}};
	struct hy_copies *c = hy_copies_new(NULL, 100);
	int64_t key = -1;
	int like = 0;
	assert_false(hy_copies_find(c, &s, 1, &key, NULL));
	hy_copies_add(c, &none, 5);
	assert_false(hy_copies_find(c, &none, 1, &key, NULL));
	hy_copies_add(c, &other, 6);
	for (int i = 0; i < 50; i++)
		hy_copies_add(c, &s, 10 + i);
	assert_true(hy_copies_find(c, &s, HY_COPY_LIKENESS, &key, &like));
	assert_int_equal(key, 10);
	assert_int_equal(like, 100);
	for (int i = 50; i < 5000; i++)
		hy_copies_add(c, &s, 10 + i);
	assert_true(hy_copies_find(c, &s, HY_COPY_LIKENESS, &key, NULL));
	assert_true(key >= 5010 - 64);
	assert_false(hy_copies_find(c, &other, HY_COPY_LIKENESS, &key, NULL));
	talloc_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_estimate), cmocka_unit_test(test_what_is_a_copy),
		cmocka_unit_test(test_limits),	 cmocka_unit_test(test_table),
		cmocka_unit_test(test_flood),	 cmocka_unit_test(test_processors),
		cmocka_unit_test(test_wrap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
