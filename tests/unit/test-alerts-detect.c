/* Detection over a real record: each pair of rule and item once, whatever is run again or killed.
 */
#include "tests/unit/test-store.h"

#include "alerts/alerts.h"

#include <signal.h>
#include <sys/wait.h>

static void put(struct fix *f, struct hy_source_id src, int n, const char *text, unsigned flags)
{
	enum hy_put what;
	struct hy_item it = {.source = src,
			     .kind = HY_ITEM_POST,
			     .posted = NOW,
			     .taken = NOW,
			     .title = "",
			     .text = text,
			     .lang = "zh",
			     .place = "",
			     .flags = flags};
	it.native[0] = (uint8_t)n;
	it.native[1] = (uint8_t)(n >> 8);
	hy_xxh128(text, strlen(text), it.content);
	OK(hy_item_put(f->st, &it, &what, &f->err));
}

static struct hy_rules *rules(struct fix *f)
{
	struct hy_watch *list = NULL;
	struct hy_rules *r = NULL;
	size_t n = 0;
	OK(hy_watch_list(f->st, f, &list, &n, &f->err));
	OK(hy_rules_new(&r, f, list, n, NULL, 0, NULL, &f->err));
	return r;
}

static struct hy_watch_id add_watch(struct fix *f, const char *name, const char *query)
{
	struct hy_watch_id id = {0};
	struct hy_watch w = {.name = name, .query = query, .level = "high", .enabled = true};
	OK(hy_watch_add(f->st, &w, &id, &f->err));
	return id;
}

static size_t alerts(struct fix *f, struct hy_alert **list)
{
	size_t n = 0;
	OK(hy_alert_list(f->st, f, true, 0, 100, list, &n, &f->err));
	return n;
}

static void once(void **state)
{
	struct fix *f = *state;
	struct hy_source_id src = add_source(f, "论坛");
	struct hy_alert *list = NULL;
	struct hy_detected d;
	struct hy_watch_id id = add_watch(f, "停水", "停水 -广告");
	struct hy_rules *r = rules(f);
	OK(hy_alerts_detect(f->st, r, NOW, 100, &d, &f->err));
	assert_int_equal(d.seen, 0);
	put(f, src, 1, "明天停水", 0);
	put(f, src, 2, "停水广告", 0);
	put(f, src, 3, "又停水了", 0);
	put(f, src, 4, "通知：停水", HY_ITEM_OWN);
	OK(hy_alerts_detect(f->st, r, NOW + 1, 2, &d, &f->err));
	assert_true(d.more && d.seen == 2 && d.matches == 1 && d.opened == 1);
	OK(hy_alerts_detect(f->st, r, NOW + 2, 100, &d, &f->err));
	assert_true(!d.more && d.seen == 2 && d.matches == 1 && d.opened == 0);
	OK(hy_alerts_detect(f->st, r, NOW + 3, 100, &d, &f->err));
	assert_int_equal(d.seen, 0);
	assert_int_equal(alerts(f, &list), 1);
	assert_int_equal(list[0].items, 2);
	assert_int_equal(list[0].first, NOW + 1);
	assert_int_equal(list[0].last, NOW + 2);
	assert_string_equal(list[0].title, "停水");
	assert_non_null(strstr(list[0].why, "停水"));
	/* closed: the next match opens another; a new version has a key of its own */
	OK(hy_alert_ack(f->st, list[0].id, (struct hy_person_id){0}, &f->err));
	OK(hy_alert_close(f->st, list[0].id, "noise", &f->err));
	put(f, src, 5, "停水三天", 0);
	OK(hy_alerts_detect(f->st, r, NOW + 4, 100, &d, &f->err));
	assert_int_equal(d.opened, 1);
	struct hy_watch *w = NULL;
	OK(hy_watch_find(f->st, f, "停水", &w, &f->err));
	assert_int_equal(w->id.v, id.v);
	w->query = "停水 或 断水";
	OK(hy_watch_set(f->st, w, &f->err));
	r = rules(f);
	put(f, src, 6, "断水", 0);
	OK(hy_alerts_detect(f->st, r, NOW + 5, 100, &d, &f->err));
	assert_int_equal(d.opened, 1);
	assert_int_equal(alerts(f, &list), 3);
	/* what a new rule would have found */
	struct hy_query *q = NULL;
	int64_t *seqs = NULL;
	size_t n = 0;
	OK(hy_query_parse(&q, f, "停水", NULL, &f->err));
	OK(hy_alerts_preview(f->st, f, q, 100, &seqs, &n, &f->err));
	assert_int_equal(n, 4);
	assert_true(seqs[0] > seqs[3]);
	OK(hy_alerts_preview(f->st, f, q, 2, &seqs, &n, &f->err));
	assert_int_equal(n, 1);
}

/* An edit rings by its new text; what was superseded before we looked rings nothing. */
static void edits(void **state)
{
	struct fix *f = *state;
	struct hy_source_id src = add_source(f, "论坛");
	struct hy_alert *list = NULL;
	struct hy_detected d;
	add_watch(f, "停水", "停水");
	struct hy_rules *r = rules(f);
	put(f, src, 1, "停水", 0);
	put(f, src, 1, "没事了", 0);
	put(f, src, 2, "没事", 0);
	put(f, src, 2, "停水啦", 0);
	OK(hy_alerts_detect(f->st, r, NOW, 100, &d, &f->err));
	assert_int_equal(d.seen, 4);
	assert_int_equal(d.matches, 1);
	assert_int_equal(alerts(f, &list), 1);
}

/* Killed at any moment: the sum is the same. */
static void killed(void **state)
{
	struct fix *f = *state;
	struct hy_source_id src = add_source(f, "论坛");
	struct hy_alert *list = NULL;
	struct hy_detected d = {0};
	add_watch(f, "停水", "停水");
	for (int i = 0; i < 60; i++)
		put(f, src, i + 1, i % 3 == 0 ? "停水" : "路灯", 0);
	talloc_free(f->st);
	f->st = NULL;
	for (int k = 0; k < 6; k++) {
		pid_t pid = fork();
		if (pid == 0) {
			open_store(f, 0);
			struct hy_rules *r = rules(f);
			(void)hy_alerts_detect(f->st, r, NOW, 7, &d, NULL);
			if (hy_store_begin(f->st, NULL) == HY_OK) { /* half of another one */
				struct hy_alert a = {.kind = "watch",
						     .key = "half",
						     .level = "low",
						     .title = "x",
						     .why = "x"};
				struct hy_alert_id id;
				bool fresh;
				(void)hy_alert_match(f->st, &a, 1, NOW, &id, &fresh, NULL);
				(void)hy_cursor_set(f->st, HY_ALERTS_CURSOR, 60, NULL);
			}
			(void)kill(getpid(), SIGKILL);
		}
		int how = 0;
		assert_int_equal(waitpid(pid, &how, 0), pid);
		assert_true(WIFSIGNALED(how));
	}
	open_store(f, 0);
	struct hy_rules *r = rules(f);
	OK(hy_alerts_detect(f->st, r, NOW, 1000, &d, &f->err));
	assert_int_equal(d.seen, 60 - 42);
	assert_int_equal(d.cursor, 60);
	assert_int_equal(alerts(f, &list), 1);
	assert_int_equal(list[0].items, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(once, fix_setup, fix_teardown),
		cmocka_unit_test_setup_teardown(edits, fix_setup, fix_teardown),
		cmocka_unit_test_setup_teardown(killed, fix_setup, fix_teardown),
	};
	return cmocka_run_group_tests_name("alerts-detect", tests, NULL, NULL);
}
