/* Whole files: caps, errors by kind, and that a writer leaves the old bytes or the new. */
#include "config.h"
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BIG 300000

static char dir[] = "/tmp/hy-file-XXXXXX";
static char path[64];

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/f", dir);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir); /* fails when something was left beside */
}

static int entries(void)
{
	DIR *d = opendir(dir);
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void test_round(void **state)
{
	struct hy_err err = {0};
	void *ctx = talloc_new(NULL);
	char *out = NULL;
	size_t n = 0;
	struct stat st;

	(void)state;
	assert_int_equal(hy_file_read(ctx, path, 10, &out, &n, &err), HY_ENOTFOUND);
	assert_non_null(strstr(err.text, path));
	assert_int_equal(hy_file_write(path, "a\0b45", 5, 0600, &err), HY_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(hy_file_read(ctx, path, 5, &out, &n, &err), HY_OK); /* the limit */
	assert_int_equal(n, 5);
	assert_memory_equal(out, "a\0b45\0", 6);
	out = NULL;
	assert_int_equal(hy_file_read(ctx, path, 4, &out, &n, &err), HY_EINPUT); /* past it */
	assert_null(out);
	assert_int_equal(hy_file_write(path, "", 0, 0600, &err), HY_OK);
	assert_int_equal(hy_file_read(ctx, path, 0, &out, &n, &err), HY_OK);
	assert_int_equal(n, 0);
	assert_int_equal(hy_file_read(ctx, dir, 10, &out, &n, &err), HY_EINPUT);
	assert_int_equal(hy_file_write("/nonexistent/x", "a", 1, 0600, &err), HY_ENOTFOUND);
	assert_int_equal(entries(), 1);
	talloc_free(ctx);
}

static void test_pipe(void **state)
{
	char *out = NULL;
	size_t n = 0;
	int fds[2], saved = dup(0);

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "from stdin", 10), 10);
	close(fds[1]);
	assert_int_equal(dup2(fds[0], 0), 0);
	assert_int_equal(hy_file_read(NULL, "-", 100, &out, &n, NULL), HY_OK);
	assert_string_equal(out, "from stdin");
	assert_int_equal(dup2(saved, 0), 0);
	close(saved);
	close(fds[0]);
	talloc_free(out);
}

static atomic_bool done;

static void *write_many(void *user)
{
	char *bytes = malloc(BIG);

	(void)user;
	for (int i = 0; i < 50; i++) {
		memset(bytes, 'a' + i % 26, BIG);
		if (hy_file_write(path, bytes, BIG, 0600, NULL) != HY_OK)
			abort();
	}
	free(bytes);
	atomic_store(&done, true);
	return NULL;
}

static void test_whole(void **state)
{
	pthread_t thread;
	size_t n = 0;
	char *out;

	(void)state;
	assert_int_equal(hy_file_write(path, "a", 1, 0600, NULL), HY_OK);
	assert_int_equal(pthread_create(&thread, NULL, write_many, NULL), 0);
	while (!atomic_load(&done)) {
		assert_int_equal(hy_file_read(NULL, path, BIG, &out, &n, NULL), HY_OK);
		assert_true(n == 1 || n == BIG);
		for (size_t i = 1; i < n; i += 997)
			assert_int_equal(out[i], out[0]);
		talloc_free(out);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(entries(), 1);
}

/* A full disk, played by a limit on file size in a child: the old bytes stay, nothing is left. */
static void test_full(void **state)
{
	char *out = NULL;
	size_t n = 0;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(hy_file_write(path, "old", 3, 0600, NULL), HY_OK);
	pid = fork();
	if (pid == 0) {
		struct rlimit limit = {1000, 1000};
		static char bytes[5000];

		(void)signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
			_exit(1);
		_exit(hy_file_write(path, bytes, sizeof(bytes), 0600, NULL) == HY_OK ? 2 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(hy_file_read(NULL, path, 10, &out, &n, NULL), HY_OK);
	assert_string_equal(out, "old");
	assert_int_equal(entries(), 1);
	talloc_free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
