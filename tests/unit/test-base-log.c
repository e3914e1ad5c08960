/* The log: whatever a value holds, one record is one line (T-OUT-3), and JSON reads back. */
#include "config.h"
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ESC, OSC 8, OSC 52, C1 CSI, BEL, CR, LF, bidi override and isolate, ill-formed bytes. */
static const char evil[] = "\x1b[2J\x1b]8;;http://x\x07 \x1b]52;c;eA==\x07 \xC2\x9B"
			   "31m\r\noverwritten\x7f \xE2\x80\xAE"
			   "abc\xE2\x81\xA6 \xFF\xC0 \"q\"";

static char path[] = "/tmp/hy-log-XXXXXX";
static int saved = -1, file = -1;

static void capture(void)
{
	file = mkstemp(path);
	assert_true(file >= 0);
	saved = dup(STDERR_FILENO);
	assert_int_equal(dup2(file, STDERR_FILENO), STDERR_FILENO);
}

static char *captured(void)
{
	static const char fresh[] = "/tmp/hy-log-XXXXXX";
	char *out = NULL;

	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	close(saved);
	close(file);
	assert_int_equal(hy_file_read(NULL, path, 1 << 22, &out, NULL, NULL), HY_OK);
	assert_int_equal(unlink(path), 0);
	memcpy(path, fresh, sizeof(fresh));
	return out;
}

static int lines(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += *s == '\n';
	return n;
}

static void assert_clean(const char *s)
{
	assert_true(hy_utf8_valid(s, strlen(s)));
	for (const char *p = s; *p; p++)
		assert_true((unsigned char)*p >= 0x20 ? *p != 0x7F : *p == '\n');
	assert_null(strstr(s, "\xC2\x9B"));
	assert_null(strstr(s, "\xE2\x80\xAE"));
	assert_null(strstr(s, "\xE2\x81\xA6"));
}

static void test_text(void **state)
{
	char *out;

	(void)state;
	hy_log_init(HY_LOG_TEXT, HY_LOG_INFO);
	capture();
	hy_log(HY_LOG_WARNING, "collect", "slow", "source", "wb", "note", "two words",
	       (char *)NULL);
	hy_log(HY_LOG_DEBUG, "collect", "not shown", (char *)NULL);
	hy_log(HY_LOG_ERR, "collect", evil, "v", evil, "null", (char *)NULL, (char *)NULL);
	out = captured();
	assert_int_equal(lines(out), 2);
	assert_non_null(strstr(out, "Z warning collect: slow source=wb note=\"two words\"\n"));
	assert_non_null(strstr(out, "error collect: "));
	assert_non_null(strstr(out, "null=\"\"\n"));
	assert_clean(out);
	talloc_free(out);
}

static void test_json(void **state)
{
	struct hy_err err = {0};
	struct hy_json *j = NULL;
	char *out, *end;

	(void)state;
	hy_log_init(HY_LOG_JSON, HY_LOG_DEBUG);
	capture();
	hy_log(HY_LOG_DEBUG, "web", evil, "v", evil, (char *)NULL);
	hy_err_set(&err, HY_EBUSY, "held by another");
	hy_log_err(HY_LOG_NOTICE, "web", "no lease", &err);
	out = captured();
	assert_int_equal(lines(out), 2);
	assert_clean(out);
	end = strchr(out, '\n');
	assert_int_equal(hy_json_parse(NULL, out, (size_t)(end - out), HY_JSON_UNIQUE, &j, NULL),
			 HY_OK);
	assert_string_equal(hy_json_str(j, "level"), "debug");
	assert_string_equal(hy_json_str(j, "area"), "web");
	assert_clean(hy_json_str(j, "v"));
	assert_null(strchr(hy_json_str(j, "v"), '\n'));
	talloc_free(j);
	assert_int_equal(hy_json_parse(NULL, end + 1, strlen(end + 1), HY_JSON_UNIQUE, &j, NULL),
			 HY_OK);
	assert_string_equal(hy_json_str(j, "error"), "held by another");
	assert_string_equal(hy_json_str(j, "status"), "busy");
	talloc_free(j);
	talloc_free(out);
}

static void *log_many(void *user)
{
	for (int i = 0; i < 200; i++)
		hy_log(HY_LOG_INFO, "thread", "0123456789012345678901234567890123456789", "who",
		       (const char *)user, (char *)NULL);
	return NULL;
}

static void test_threads(void **state)
{
	char *out, *line, *rest;
	pthread_t a, b;
	int n = 0;

	(void)state;
	hy_log_init(HY_LOG_TEXT, HY_LOG_INFO);
	capture();
	assert_int_equal(fcntl(file, F_SETFL, O_APPEND), 0);
	assert_int_equal(pthread_create(&a, NULL, log_many, (void *)(uintptr_t) "alpha"), 0);
	assert_int_equal(pthread_create(&b, NULL, log_many, (void *)(uintptr_t) "omega"), 0);
	assert_int_equal(pthread_join(a, NULL), 0);
	assert_int_equal(pthread_join(b, NULL), 0);
	out = captured();
	for (rest = out; (line = strsep(&rest, "\n")) && *line; n++) {
		assert_int_equal(line[4], '-');
		assert_int_equal(strlen(line), 20 + strlen(" info thread: ") + 40 + 10);
	}
	assert_int_equal(n, 400);
	talloc_free(out);
}

static void test_auto(void **state)
{
	char stream[64];
	struct stat st;
	char *out;

	(void)state;
	capture();
	hy_log_init_auto("json", HY_LOG_INFO);
	hy_log(HY_LOG_INFO, "a", "m", (char *)NULL);
	assert_int_equal(setenv("JOURNAL_STREAM", "1:1", 1), 0);
	hy_log_init_auto(NULL, HY_LOG_INFO); /* not that stream: text */
	hy_log(HY_LOG_INFO, "a", "m", (char *)NULL);
	assert_int_equal(fstat(file, &st), 0);
	(void)snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		       (unsigned long long)st.st_ino);
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
	hy_log_init_auto(NULL, HY_LOG_NOTICE); /* the journal: nothing on stderr */
	hy_log(HY_LOG_INFO, "a", "m", (char *)NULL);
	out = captured();
	assert_int_equal(lines(out), 2);
	assert_int_equal(out[0], '{');
	assert_non_null(strstr(out, "Z info a: m\n"));
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
	talloc_free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_auto),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
