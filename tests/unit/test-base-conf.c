/* The configuration: good files, and each kind of mistake with its code, line and cure. */
#include "base/base.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static enum hy_status check_even(const char *value, struct hy_err *err)
{
	return strlen(value) % 2 == 0 ? HY_OK
				      : hy_err_set(err, HY_EINPUT, "an even length is wanted");
}

static const struct hy_conf_key office_keys[] = {
	{"name", HY_CONF_STR, "", 0, 30, "Name of the office", NULL},
	{"lang", HY_CONF_STR, "zh", 0, 0, "Language", check_even},
	{"seats", HY_CONF_INT, "3", 1, 100, "Seats", NULL},
	{"strict", HY_CONF_BOOL, "true", 0, 0, "Strict", NULL},
	{0},
};
static const struct hy_conf_key source_keys[] = {
	{"url", HY_CONF_STR, "", 0, 0, "Address", NULL},
	{"interval", HY_CONF_DUR, "15m", 60000, 86400000, "Between looks", NULL},
	{"places", HY_CONF_LIST, "city,county", 0, 0, "Places", NULL},
	{0},
};
static const struct hy_conf_section schema[] = {
	{"office", false, office_keys, "The office"},
	{"source", true, source_keys, "Sources"},
	{0},
};

static char dir[] = "/tmp/hy-test-conf-XXXXXX";
static char path[64];

struct read {
	void *ctx;
	struct hy_conf *conf;
	struct hy_conf_finding *found;
	size_t n;
	struct hy_err err;
	enum hy_status st;
};

static void read_text(struct read *r, const char *text)
{
	*r = (struct read){.ctx = talloc_new(NULL)};
	assert_int_equal(hy_file_write(path, text, strlen(text), 0600, NULL), HY_OK);
	r->st = hy_conf_read(&r->conf, r->ctx, path, false, schema, &r->found, &r->n, &r->err);
}

static void test_good(void **state)
{
	struct read r;
	size_t n;

	(void)state;
	read_text(&r, "# 注释：全角“引号”在此无妨\n"
		      "office {\n  name = \"水务局：值班室\"\n  seats = 7\n  strict = no\n}\n"
		      "source \"镇政府 网站\" {\n  url = \"http://a.example/feed?x=1\"\n"
		      "  interval = 2h\n  places = {\"城关\", 东乡}\n}\n"
		      "/* block\n comment */ source b { }\n");
	assert_int_equal(r.st, HY_OK);
	assert_int_equal(r.n, 0);
	assert_string_equal(hy_conf_str(r.conf, "office", NULL, "name"), "水务局：值班室");
	assert_int_equal(hy_conf_int(r.conf, "office", NULL, "seats"), 7);
	assert_false(hy_conf_bool(r.conf, "office", NULL, "strict"));
	assert_string_equal(hy_conf_str(r.conf, "office", NULL, "lang"), "zh");
	assert_int_equal(hy_conf_line(r.conf, "office", NULL, "seats"), 4);
	assert_int_equal(hy_conf_line(r.conf, "office", NULL, "lang"), 0);
	assert_string_equal(hy_conf_titles(r.conf, "source", &n)[0], "镇政府 网站");
	assert_int_equal(n, 2);
	assert_int_equal(hy_conf_dur(r.conf, "source", "镇政府 网站", "interval"), 2 * HY_HOUR);
	assert_int_equal(hy_conf_dur(r.conf, "source", "b", "interval"), 15 * HY_MINUTE);
	assert_string_equal(hy_conf_list(r.conf, "source", "镇政府 网站", "places", &n)[1], "东乡");
	assert_int_equal(n, 2);
	assert_string_equal(hy_conf_list(r.conf, "source", "b", "places", &n)[1], "county");
	assert_int_equal(n, 2);
	talloc_free(r.ctx);
}

static void test_missing(void **state)
{
	struct hy_conf *c;
	struct hy_err err = {0};
	size_t n;

	(void)state;
	unlink(path);
	assert_int_equal(hy_conf_read(&c, NULL, path, false, schema, NULL, NULL, &err),
			 HY_ENOTFOUND);
	assert_int_equal(hy_conf_read(&c, NULL, path, true, schema, NULL, NULL, &err), HY_OK);
	assert_int_equal(hy_conf_int(c, "office", NULL, "seats"), 3);
	assert_int_equal((hy_conf_titles(c, "source", &n), n), 0);
	talloc_free(c);
}

static const struct {
	const char *text, *code, *part;
	int line;
} mistakes[] = {
	{"office {\n name = “水务局”\n}\n", "HY-CFG-010", "“", 2},
	{"office {\n name＝\"x\"\n}\n", "HY-CFG-010", "＝", 2},
	{"office ｛\n}\n", "HY-CFG-010", "｛", 1},
	{"office {\n name = \"水务局”\n}\n", "HY-CFG-010", "full-width quote", 2},
	{"source \"a\" {\n places = {a，b}\n}\n", "HY-CFG-010", "，", 2},
	{"office {\n name = a\n", "HY-CFG-011", "never closed", 1},
	{"\nsource \"a\" {\n url = x\n\noffice {\n name = b\n}\n", "HY-CFG-011", "never closed", 2},
	{"source \"a\" {\n places = {x, y\n}\n", "HY-CFG-011", "never closed", 1},
	{"office {\n}\n}\n", "HY-CFG-012", "closes nothing", 3},
	{"office {\n name = \"abc\n}\n", "HY-CFG-013", "not closed on its line", 2},
	{"office {\n name\n}\n", "HY-CFG-014", "= is missing", 2},
	{"office {\n name =\n}\n", "HY-CFG-014", "no value", 2},
	{"source \"a\" {\n intervall = 2h\n}\n", "HY-CFG-020", "did you mean interval?", 2},
	{"office {\n zzzzzz = 2h\n}\n", "HY-CFG-020", "huying.conf(5)", 2},
	{"ofice {\n}\n", "HY-CFG-021", "did you mean office?", 1},
	{"source \"a\" { }\nsource \"b\" { }\nsource \"a\" { }\n", "HY-CFG-022", "first on line 1",
	 3},
	{"office {\n seats = 2\n seats = 3\n}\n", "HY-CFG-023", "first on line 2", 3},
	{"source {\n}\n", "HY-CFG-024", "needs a title", 1},
	{"office \"x\" {\n}\n", "HY-CFG-024", "takes no title", 1},
	{"office {\n\n seats = many\n}\n", "HY-CFG-030", "a whole number", 3},
	{"office {\n strict = maybe\n}\n", "HY-CFG-030", "true or false", 2},
	{"source \"a\" {\n interval = soon\n}\n", "HY-CFG-030", "15m", 2},
	{"office {\n seats = 0\n}\n", "HY-CFG-031", "from 1 to 100", 2},
	{"office {\n seats = 101\n}\n", "HY-CFG-031", "from 1 to 100", 2},
	{"source \"a\" {\n interval = 59s\n}\n", "HY-CFG-031", "from 60s to 86400s", 2},
	{"office {\n name = 0123456789012345678901234567890\n}\n", "HY-CFG-031", "at most 30", 2},
	{"office {\n lang = abc\n}\n", "HY-CFG-032", "even length", 2},
	{"office {\n name = \"\xFF\"\n}\n", "HY-CFG-002", "UTF-8", 0},
};

static void test_mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < HY_LEN(mistakes); i++) {
		struct read r;

		read_text(&r, mistakes[i].text);
		if (r.st != HY_EINPUT || r.n == 0)
			fail_msg("accepted: %s", mistakes[i].text);
		if (strcmp(r.found[0].code, mistakes[i].code) != 0 ||
		    r.found[0].line != mistakes[i].line ||
		    strstr(r.found[0].text, mistakes[i].part) == NULL)
			fail_msg("%s line %d, %s: for %s", r.found[0].code, r.found[0].line,
				 r.found[0].text, mistakes[i].text);
		assert_non_null(strstr(r.err.text, mistakes[i].code));
		assert_non_null(strstr(r.err.text, path));
		talloc_free(r.ctx);
	}
}

static void test_edges_of_range(void **state)
{
	struct read r;

	(void)state;
	read_text(&r, "office { seats = 100 name = 012345678901234567890123456789 }\n"
		      "source \"a\" { interval = 60s }\nsource \"b\" { interval = 24h }\n");
	assert_int_equal(r.st, HY_OK);
	talloc_free(r.ctx);
}

static void test_all_findings(void **state)
{
	struct read r;

	(void)state;
	read_text(&r, "office {\n nam = a\n seats ＝ 3\n}\nsorce \"x\" { q = 1 }\n");
	assert_int_equal(r.st, HY_EINPUT);
	assert_int_equal(r.n, 3);
	assert_string_equal(r.found[0].code, "HY-CFG-020");
	assert_string_equal(r.found[1].code, "HY-CFG-010");
	assert_string_equal(r.found[2].code, "HY-CFG-021");
	assert_int_equal(r.found[2].line, 5);
	talloc_free(r.ctx);
}

static void test_too_large(void **state)
{
	char *big = hy_new_array(NULL, char, (1 << 20) + 8);
	struct read r;

	(void)state;
	memset(big, '\n', (1 << 20) + 1);
	read_text(&r, big);
	assert_int_equal(r.st, HY_EINPUT);
	talloc_free(r.ctx);
	big[1 << 20] = '\0';
	read_text(&r, big);
	assert_int_equal(r.st, HY_OK);
	talloc_free(r.ctx);
	talloc_free(big);
}

/* The roles of the daemon all read it as they start: libconfuse's scanner is one for the process. */
static void *read_often(void *user)
{
	for (int i = 0; i < 400; i++) {
		struct hy_conf *conf = NULL;

		if (hy_conf_read(&conf, NULL, path, false, schema, NULL, NULL, NULL) ||
		    strcmp(hy_conf_str(conf, "office", NULL, "name"), "two words") != 0)
			return user;
		talloc_free(conf);
	}
	return NULL;
}

static void test_threads(void **state)
{
	static const char text[] = "office {\n name = \"two words\"\n}\nsource b { }\n";
	pthread_t threads[8];
	void *bad = NULL;

	(void)state;
	assert_int_equal(hy_file_write(path, text, strlen(text), 0600, NULL), HY_OK);
	for (size_t i = 0; i < HY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_often, path), 0);
	for (size_t i = 0; i < HY_LEN(threads); i++) {
		void *one = NULL;

		assert_int_equal(pthread_join(threads[i], &one), 0);
		bad = one ? one : bad;
	}
	assert_null(bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	     cmocka_unit_test(test_missing),
		cmocka_unit_test(test_mistakes),     cmocka_unit_test(test_edges_of_range),
		cmocka_unit_test(test_all_findings), cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_threads),
	};
	int failed;

	if (mkdtemp(dir) == NULL)
		return 99;
	(void)snprintf(path, sizeof(path), "%s/huying.conf", dir);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	rmdir(dir);
	return failed;
}
