/* Memory: never NULL, copies, and buffers that stop at their ceiling. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_copies(void **state)
{
	void *ctx = talloc_new(NULL);
	int *n = hy_new_array(ctx, int, 3);

	(void)state;
	assert_int_equal(n[0] | n[1] | n[2], 0);
	n = hy_grow(ctx, n, int, 100);
	n[99] = 5;
	assert_ptr_equal(talloc_parent(n), ctx);
	assert_null(hy_strdup(ctx, NULL));
	assert_string_equal(hy_strdup(ctx, "abc"), "abc");
	assert_string_equal(hy_strndup(ctx, "abc", 2), "ab");
	assert_string_equal(hy_strndup(ctx, "abc", 9), "abc");
	assert_memory_equal(hy_memdup(ctx, "a\0b", 3), "a\0b", 3);
	assert_non_null(hy_memdup(ctx, NULL, 0));
	assert_string_equal(hy_strf(ctx, "%d-%s", 4, "x"), "4-x");
	assert_non_null(hy_grow(ctx, NULL, int, 0));
	talloc_free(ctx);
}

static void test_buf_ceiling(void **state)
{
	void *ctx = talloc_new(NULL);
	struct hy_buf b;

	(void)state;
	hy_buf_init(&b, ctx, 10);
	assert_string_equal(b.data, "");
	assert_true(hy_buf_str(&b, "12345"));
	assert_true(hy_buf_fmt(&b, "%04d", 6789));
	assert_true(hy_buf_chr(&b, '0')); /* the limit itself */
	assert_int_equal(b.len, 10);
	assert_false(hy_buf_chr(&b, 'x')); /* one more */
	assert_true(b.over);
	assert_string_equal(b.data, "1234567890");
	assert_false(hy_buf_str(&b, "")); /* nothing more until reset */
	hy_buf_reset(&b);
	assert_false(b.over);
	assert_false(hy_buf_fmt(&b, "%s", "12345678901"));
	assert_int_equal(b.len, 0);
	hy_buf_reset(&b);
	assert_false(hy_buf_add(&b, "x", SIZE_MAX));
	talloc_free(ctx);
}

static void test_buf_grows(void **state)
{
	void *ctx = talloc_new(NULL);
	struct hy_buf b;
	size_t n = 0;
	char *data;

	(void)state;
	hy_buf_init(&b, ctx, SIZE_MAX);
	for (int i = 0; i < 10000; i++)
		assert_true(hy_buf_fmt(&b, "%d,", i));
	assert_int_equal(strlen(b.data), b.len);
	data = hy_buf_take(&b, &n);
	assert_int_equal(n, 48890);
	assert_memory_equal(data + n - 5, "9999,", 6);
	assert_ptr_equal(talloc_parent(data), ctx);
	assert_string_equal(b.data, "");
	assert_true(hy_buf_str(&b, "new"));
	assert_memory_equal(data, "0,1,2,", 6);
	talloc_free(ctx);
}

static void test_die(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		(void)!freopen("/dev/null", "w", stderr);
		hy_mem_zero(NULL, SIZE_MAX / 2, 4, "too much");
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 71);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_buf_ceiling),
		cmocka_unit_test(test_buf_grows),
		cmocka_unit_test(test_die),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
