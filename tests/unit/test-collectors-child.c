/* The parse child: answers in order, dies alone, is replaced. This program is its own child. */
#include "collectors/collectors.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

struct answers {
	struct hy_loop *loop;
	int n, want;
	enum hy_status st[8];
	char title[8][32];
	size_t entries[8];
};

static void on_answer(void *user, enum hy_status st, const struct hy_feed *f,
		      const struct hy_err *err)
{
	struct answers *a = user;

	(void)err;
	a->st[a->n] = st;
	if (f) {
		snprintf(a->title[a->n], sizeof(a->title[0]), "%s", f->title ? f->title : "");
		a->entries[a->n] = f->n_entries;
	}
	a->n++;
}

static char exe[4096];

/* Turns the loop until all answers are there; the child's own deadline is the hang guard. */
static void wait_for(struct answers *a)
{
	while (a->n < a->want)
		assert_int_equal(hy_loop_once(a->loop, -1, NULL), HY_OK);
}

static void ask(struct hy_parse_child *pc, const char *s, struct answers *a)
{
	struct hy_feed_in in = {.bytes = s, .n = strlen(s)};

	assert_int_equal(hy_parse_child_ask(pc, &in, on_answer, a, NULL), HY_OK);
}

static void test_answers(void **state)
{
	void *ctx = talloc_new(NULL);
	struct answers a = {.want = 3};
	struct hy_parse_child *pc;
	static const char gbk[] =
		"<?xml version=\"1.0\" encoding=\"gbk\"?><rss version=\"2.0\"><channel>"
		"<title>\xC1\xD9\xBD\xAD</title><item><title>x</title></item></channel></rss>";

	(void)state;
	assert_int_equal(hy_loop_new(&a.loop, ctx, NULL), HY_OK);
	pc = hy_parse_child_new(ctx, a.loop, exe);
	ask(pc, gbk, &a);
	ask(pc, "not a feed", &a);
	ask(pc, "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"t\",\"items\":[]}",
	    &a);
	wait_for(&a);
	assert_int_equal(a.st[0], HY_OK);
	assert_string_equal(a.title[0], "临江");
	assert_int_equal(a.entries[0], 1);
	assert_int_equal(a.st[1], HY_EINPUT);
	assert_int_equal(a.st[2], HY_OK);
	assert_string_equal(a.title[2], "t");
	talloc_free(ctx);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CONFINED 0
#else
#define CONFINED 1
#endif

/* The kernel itself says that the child runs under a filter, without new privileges. */
static void test_confined(void **state)
{
	void *ctx;
	struct answers a = {.want = 1};
	struct hy_parse_child *pc;
	char *status;
	size_t n;

	(void)state;
	if (!CONFINED)
		skip();
	ctx = talloc_new(NULL);
	assert_int_equal(hy_loop_new(&a.loop, ctx, NULL), HY_OK);
	pc = hy_parse_child_new(ctx, a.loop, exe);
	ask(pc, "<rss version=\"2.0\"><channel><title>1</title></channel></rss>", &a);
	wait_for(&a);
	assert_int_equal(hy_file_read(ctx, hy_strf(ctx, "/proc/%d/status", hy_parse_child_pid(pc)),
				      65536, &status, &n, NULL),
			 HY_OK);
	assert_non_null(strstr(status, "Seccomp:\t2"));
	assert_non_null(strstr(status, "NoNewPrivs:\t1"));
	talloc_free(ctx);
}

static void test_death(void **state)
{
	void *ctx = talloc_new(NULL);
	struct answers a = {.want = 1};
	struct hy_parse_child *pc;
	int pid;

	(void)state;
	assert_int_equal(hy_loop_new(&a.loop, ctx, NULL), HY_OK);
	pc = hy_parse_child_new(ctx, a.loop, exe);
	ask(pc, "<rss version=\"2.0\"><channel><title>1</title></channel></rss>", &a);
	wait_for(&a);
	pid = hy_parse_child_pid(pc);
	assert_true(pid > 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	/* the next question may meet the dead child: it costs that question and no more */
	a.want = 3;
	ask(pc, "<rss version=\"2.0\"><channel><title>2</title></channel></rss>", &a);
	ask(pc, "<rss version=\"2.0\"><channel><title>3</title></channel></rss>", &a);
	wait_for(&a);
	assert_true(a.st[1] == HY_ETEMP || a.st[1] == HY_OK);
	assert_int_equal(a.st[2], HY_OK);
	assert_string_equal(a.title[2], "3");
	assert_int_not_equal(hy_parse_child_pid(pc), pid);
	talloc_free(ctx);
}

static void test_big(void **state)
{
	void *ctx = talloc_new(NULL);
	struct answers a = {.want = 1};
	struct hy_parse_child *pc;
	struct hy_feed_in in;
	struct hy_buf b;

	(void)state;
	hy_buf_init(&b, ctx, HY_FEED_INPUT_MAX);
	hy_buf_str(&b, "<rss version=\"2.0\"><channel>");
	for (int i = 0; i < 9000; i++)
		hy_buf_str(&b,
			   "<item><title>临江县东街路灯不亮</"
			   "title><description>&lt;p&gt;请维修，谢谢。"
			   "&lt;/"
			   "p&gt;&lt;p&gt;"
			   "已经报过三次，没有人来，晚上走路很不安全，孩子放学也看不见路，希望有关"
			   "部门重视起来。&lt;/"
			   "p&gt;&lt;p&gt;"
			   "第二段的内容比较长，写了很多没有必要的话，只为让这个条目大一些。&lt;/"
			   "p&gt;&lt;p&gt;"
			   "再写一段同样长的话，使这个条目像真的文章一样有几百个字节那么大，可以量"
			   "出读的快慢。&lt;/p&gt;</description></item>");
	hy_buf_str(&b, "</channel></rss>");
	assert_int_equal(hy_loop_new(&a.loop, ctx, NULL), HY_OK);
	pc = hy_parse_child_new(ctx, a.loop, exe);
	in = (struct hy_feed_in){.bytes = b.data, .n = b.len};
	assert_int_equal(hy_parse_child_ask(pc, &in, on_answer, &a, NULL), HY_OK);
	wait_for(&a);
	assert_int_equal(a.st[0], HY_OK);
	assert_true(a.entries[0] > 5000);
	talloc_free(ctx);
}

static void test_no_program(void **state)
{
	void *ctx = talloc_new(NULL);
	struct answers a = {.want = 1};
	struct hy_parse_child *pc;
	struct hy_feed_in in = {.bytes = "x", .n = 1};

	(void)state;
	assert_int_equal(hy_loop_new(&a.loop, ctx, NULL), HY_OK);
	pc = hy_parse_child_new(ctx, a.loop, "/nonexistent/huying");
	assert_int_equal(hy_parse_child_ask(pc, &in, on_answer, &a, NULL), HY_ESYSTEM);
	talloc_free(ctx);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),	   cmocka_unit_test(test_confined),
		cmocka_unit_test(test_death),	   cmocka_unit_test(test_big),
		cmocka_unit_test(test_no_program),
	};
	ssize_t n;

	if (argc > 1 && strcmp(argv[1], "__parse") == 0)
		return hy_parse_child_main(0, 1);
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (n < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
