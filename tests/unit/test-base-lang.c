/*
 * The languages, in processes of their own (gettext keeps state): which one is chosen, where the
 * catalogue is looked for, and Chinese without any installed locale.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static const char *const names[] = {"LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};

/* Runs test in a child with these values of the four variables; the child exits 0 when it held. */
static void in_child(const char *const values[4], const char *localedir, bool (*test)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		for (size_t i = 0; i < HY_LEN(names); i++) {
			if (values[i])
				setenv(names[i], values[i], 1);
			else
				unsetenv(names[i]);
		}
		if (localedir)
			setenv("HUYING_LOCALEDIR", localedir, 1);
		else
			unsetenv("HUYING_LOCALEDIR");
		hy_lang_init();
		_exit(test() ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static bool is_chinese(void)
{
	return hy_lang_default() == HY_LANG_ZH && strcmp(_("Evidence"), "依据") == 0 &&
	       strcmp(hy_tr(HY_LANG_EN, "Evidence"), "Evidence") == 0;
}

static bool is_english(void)
{
	return hy_lang_default() == HY_LANG_EN && strcmp(_("Evidence"), "Evidence") == 0 &&
	       strcmp(hy_tr(HY_LANG_ZH, "Evidence"), "依据") == 0;
}

static bool has_no_catalogue(void)
{
	return strcmp(hy_tr(HY_LANG_ZH, "Evidence"), "Evidence") == 0;
}

static bool is_harmless(void)
{
	return strcmp(hy_tr(HY_LANG_ZH, ""), "") == 0 &&
	       strcmp(hy_tr(HY_LANG_ZH, "no such message at all"), "no such message at all") == 0;
}

/* In one process, whatever catalogues the system has. */
static bool knows_the_system(void)
{
	hy_lang_use(HY_LANG_EN);
	bool english = strcmp(hy_strerror(ENOENT), "No such file or directory") == 0 &&
		       strcmp(strerror(ENOENT), "No such file or directory") == 0;
	hy_lang_use(HY_LANG_ZH);
	return english && strcmp(hy_strerror(ENOENT), "没有那个文件或目录") == 0 &&
	       strcmp(hy_strerror(99999), "系统的未知错误") == 0;
}

static void test_choice(void **state)
{
	static const struct {
		const char *values[4];
		bool chinese;
	} table[] = {
		{{"zh_CN", NULL, NULL, NULL}, true},
		{{"zh_CN:en", "C.UTF-8", NULL, NULL}, true},
		{{NULL, "zh_CN.UTF-8", NULL, NULL}, true},
		{{NULL, NULL, "zh_CN", "en_US.UTF-8"}, true},
		{{NULL, NULL, NULL, "zh_CN.UTF-8"}, true},
		{{"", "C.UTF-8", NULL, "zh_CN.UTF-8"}, true},
		{{"en", "zh_CN.UTF-8", NULL, NULL}, false},
		{{NULL, "C", NULL, NULL}, false},
		{{NULL, "POSIX", NULL, NULL}, false},
		{{NULL, NULL, NULL, NULL}, false},
		{{NULL, NULL, NULL, "en_US.UTF-8"}, false},
	};
	char *dir =
		hy_strf(NULL, "%s/locale", getenv("top_builddir") ? getenv("top_builddir") : ".");

	(void)state;
	for (size_t i = 0; i < HY_LEN(table); i++)
		in_child(table[i].values, dir, table[i].chinese ? is_chinese : is_english);
	talloc_free(dir);
}

/* The test program stands in the build folder, beside locale/. */
static void test_beside_the_binary(void **state)
{
	static const char *const zh[4] = {"zh_CN", "C", NULL, NULL};

	(void)state;
	in_child(zh, NULL, is_chinese);
	in_child(zh, NULL, knows_the_system);
}

static void test_no_catalogue(void **state)
{
	static const char *const zh[4] = {"zh_CN", NULL, NULL, NULL};

	(void)state;
	in_child(zh, "/nonexistent", has_no_catalogue);
	in_child(zh, NULL, is_harmless);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_beside_the_binary),
		cmocka_unit_test(test_no_catalogue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
