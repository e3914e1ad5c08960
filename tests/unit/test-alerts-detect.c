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
	struct hy_watch_span *list = NULL;
	struct hy_rules *r = NULL;
	int64_t change = 0, cursor = 0;
	size_t n = 0;
	OK(hy_cursor_get(f->st, HY_ALERTS_CURSOR, &cursor, &f->err));
	OK(hy_watch_spans(f->st, f, cursor, &list, &n, &change, &f->err));
	r = talloc_steal(f, hy_rules_new(list, n, change, cursor, NULL, NULL));
	OK(hy_rules_compile(r, 0, &f->err));
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
}

static int64_t rang(struct fix *f, struct hy_watch_id id, int version, int64_t seq)
{
	char *sql = hy_strf(f,
			    "SELECT count(*) FROM alert_item x JOIN alert a ON a.id = x.alert"
			    " WHERE a.watch = %" PRId64 " AND a.watch_version = %d AND x.seq = %" PRId64,
			    id.v, version, seq);
	return raw_int(f, sql);
}

static void edit(struct fix *f, const char *name, const char *query, bool enabled)
{
	struct hy_watch *w = NULL;
	OK(hy_watch_find(f->st, f, name, &w, &f->err));
	w->query = query;
	w->enabled = enabled;
	OK(hy_watch_set(f->st, w, &f->err));
}

/* However late the role comes by, each item meets the versions that were in force where it stands,
 * and no other: here it sleeps through an edit, a switch off, a switch on and a removal. */
static void versions(void **state)
{
	static const bool want[][5] = {{1, 0, 0, 0, 0}, {0, 1, 1, 0, 0}, {1, 0, 0, 1, 1}};
	struct fix *f = *state;
	struct hy_source_id src = add_source(f, "论坛");
	struct hy_detected d = {0};
	struct hy_watch_id a = add_watch(f, "甲", "停"), b = add_watch(f, "乙", "水");
	struct hy_rules *r = rules(f);
	put(f, src, 1, "停水", 0); /* both */
	edit(f, "甲", "停 或 断", true);
	put(f, src, 2, "断", 0); /* version 2 of the first */
	edit(f, "乙", "水", false);
	put(f, src, 3, "停水", 0); /* the same */
	edit(f, "乙", "水", true);
	OK(hy_watch_remove(f->st, a, &f->err));
	put(f, src, 4, "断水", 0); /* the second again, as the same version */
	put(f, src, 5, "停水", 0);
	for (int i = 0; i < 20; i++) {
		OK(hy_alerts_detect(f->st, r, NOW, 2, &d, &f->err));
		assert_true(d.stale == (hy_rules_change(r) != 6));
		if (i == 0)
			assert_true(d.blocked && d.cursor == 1);
		if (d.blocked)
			r = rules(f);
	}
	assert_true(d.cursor == 5 && !d.blocked && !d.stale);
	for (int64_t seq = 1; seq <= 5; seq++) {
		assert_int_equal(rang(f, a, 1, seq), want[0][seq - 1]);
		assert_int_equal(rang(f, a, 2, seq), want[1][seq - 1]);
		assert_int_equal(rang(f, b, 1, seq), want[2][seq - 1]);
	}
	/* begun again from the start: the versions of long ago come back, and ring nothing twice */
	OK(hy_cursor_set(f->st, HY_ALERTS_CURSOR, 0, &f->err));
	OK(hy_alerts_detect(f->st, r, NOW, 100, &d, &f->err));
	assert_true(d.blocked && d.seen == 0);
	int64_t before = raw_int(f, "SELECT count(*) FROM alert_item");
	OK(hy_alerts_detect(f->st, rules(f), NOW, 100, &d, &f->err));
	assert_true(d.cursor == 5 && d.matches == 6);
	assert_int_equal(raw_int(f, "SELECT count(*) FROM alert_item"), before);
}

/* Another name or level is no new version, and nothing waits for it. */
static void renamed(void **state)
{
	struct fix *f = *state;
	struct hy_source_id src = add_source(f, "论坛");
	struct hy_detected d = {0};
	struct hy_watch_id id = add_watch(f, "乙", "水");
	struct hy_watch *w = NULL;
	struct hy_rules *r = rules(f);
	OK(hy_watch_find(f->st, f, "乙", &w, &f->err));
	w->name = "丙";
	w->level = "low";
	OK(hy_watch_set(f->st, w, &f->err));
	put(f, src, 1, "水", 0);
	OK(hy_alerts_detect(f->st, r, NOW, 2, &d, &f->err));
	assert_true(d.stale && !d.blocked && d.cursor == 1);
	assert_int_equal(rang(f, id, 1, 1), 1);
	put(f, src, 2, "水水", 0);
	OK(hy_alerts_detect(f->st, rules(f), NOW, 2, &d, &f->err));
	assert_true(!d.stale && d.matches == 1);
	OK(hy_watch_find(f->st, f, "丙", &w, &f->err));
	assert_int_equal(w->version, 1);
	/* nothing changed: no change is counted */
	int64_t change = raw_int(f, "SELECT seq FROM cursor WHERE name = 'rules'");
	OK(hy_watch_set(f->st, w, &f->err));
	assert_int_equal(raw_int(f, "SELECT seq FROM cursor WHERE name = 'rules'"), change);
}

static struct hy_rules *run_rules(struct fix *f, const struct hy_watch_run *run)
{
	struct hy_watch_span *list = NULL;
	size_t n = 0;
	OK(hy_watch_run_rules(f->st, f, run, &list, &n, &f->err));
	struct hy_rules *r = talloc_steal(f, hy_rules_new(list, n, 0, 0, NULL, NULL));
	OK(hy_rules_compile(r, 0, &f->err));
	return r;
}

static void killed_half_way(struct fix *f, const struct hy_watch_run *run)
{
	int how = 0;
	talloc_free(f->st);
	f->st = NULL;
	pid_t pid = fork();
	if (pid == 0) {
		open_store(f, 0);
		if (hy_store_begin(f->st, NULL) == HY_OK) {
			struct hy_watch_run half = *run;
			half.at = half.upto;
			(void)hy_watch_run_move(f->st, &half, run->at, NULL);
		}
		(void)kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &how, 0), pid);
	assert_true(WIFSIGNALED(how));
	open_store(f, 0);
}

/* A run over the archive: the rules as they were when it was asked for, each item once, a pair that
 * rang before not again, killed anywhere. */
static void archive(void **state)
{
	struct fix *f = *state;
	struct hy_source_id src = add_source(f, "论坛");
	struct hy_watch_run *run = NULL;
	struct hy_alert *list = NULL;
	int64_t id = 0;
	for (int i = 0; i < 25; i++)
		put(f, src, i + 1, i % 5 == 0 ? "停水" : "路灯", i == 10 ? HY_ITEM_OWN : 0);
	struct hy_watch_id watch = add_watch(f, "停水", "停水");
	add_watch(f, "路灯", "路灯");
	OK(hy_watch_run_add(f->st, watch, (struct hy_person_id){0}, &id, &f->err));
	OK(hy_watch_run_next(f->st, f, &run, &f->err));
	assert_true(run->id == id && run->upto == 25);
	edit(f, "停水", "灯", true); /* too late for this run */
	put(f, src, 90, "停水", 0);
	struct hy_rules *r = run_rules(f, run);
	assert_int_equal(hy_rules_count(r), 1);
	OK(hy_alerts_rerun(f->st, r, run, NOW, 7, &f->err));
	assert_int_equal(run->seen, 7);
	killed_half_way(f, run);
	OK(hy_watch_run_next(f->st, f, &run, &f->err));
	assert_int_equal(run->at, 7);
	r = run_rules(f, run);
	while (run->state == HY_RUN_OPEN)
		OK(hy_alerts_rerun(f->st, r, run, NOW, 6, &f->err));
	assert_true(run->state == HY_RUN_DONE && run->at == 25 && run->seen == 25);
	assert_true(run->matches == 4 && run->opened == 1); /* one was ours */
	assert_int_equal(alerts(f, &list), 1);
	assert_int_equal(list[0].items, 4);
	FAILS(hy_watch_run_next(f->st, f, &run, &f->err), HY_ENOTFOUND);
	run->state = HY_RUN_OPEN;
	FAILS(hy_alerts_rerun(f->st, r, run, NOW, 6, &f->err), HY_ECONFLICT);
	/* all rules, again: what rang rings no second time */
	OK(hy_watch_run_add(f->st, (struct hy_watch_id){0}, (struct hy_person_id){0}, &id, &f->err));
	OK(hy_watch_run_next(f->st, f, &run, &f->err));
	r = run_rules(f, run);
	assert_int_equal(hy_rules_count(r), 2);
	OK(hy_alerts_rerun(f->st, r, run, NOW, 1000, &f->err));
	assert_true(run->state == HY_RUN_DONE && run->seen == 26 && run->matches == 40);
	assert_int_equal(alerts(f, &list), 3);
	/* stopped: nothing more is written */
	OK(hy_watch_run_add(f->st, (struct hy_watch_id){0}, (struct hy_person_id){0}, &id, &f->err));
	OK(hy_watch_run_get(f->st, f, id, &run, &f->err));
	struct hy_watch_run ended = *run;
	ended.state = HY_RUN_STOPPED;
	OK(hy_watch_run_move(f->st, &ended, ended.at, &f->err));
	FAILS(hy_alerts_rerun(f->st, r, run, NOW, 5, &f->err), HY_ECONFLICT);
}

/* People called what it had found so far noise. */
static void judged_noise(struct fix *f)
{
	struct hy_watch_run *run = NULL;
	struct hy_alert *list = NULL;
	add_watch(f, "停水", "停水");
	OK(hy_watch_run_add(f->st, (struct hy_watch_id){0}, (struct hy_person_id){0}, NULL, &f->err));
	OK(hy_watch_run_next(f->st, f, &run, &f->err));
	OK(hy_alerts_rerun(f->st, run_rules(f, run), run, NOW, 100, &f->err));
	assert_int_equal(alerts(f, &list), 1);
	OK(hy_alert_ack(f->st, list[0].id, (struct hy_person_id){0}, &f->err));
	OK(hy_alert_close(f->st, list[0].id, "noise", &f->err));
}

/* What a rule would have done: counted by hand. */
static void trial(void **state)
{
	struct fix *f = *state;
	struct hy_source_id src = add_source(f, "论坛");
	struct hy_trial t = {.most = 1000, .examples = 3, .zone_minutes = 480};
	struct hy_tried o = {0};
	struct hy_query *q = NULL;
	int64_t sum = 0;
	for (int i = 0; i < 40; i++) {
		enum hy_put what;
		struct hy_item it = {.source = src,
				     .kind = HY_ITEM_POST,
				     .posted = NOW,
				     .taken = NOW + i * 6 * HY_HOUR,
				     .title = "",
				     .text = i % 2 ? "停水" : "路灯",
				     .lang = "zh",
				     .place = "",
				     .flags = i == 39 ? HY_ITEM_OWN : 0};
		it.native[0] = it.content[0] = (uint8_t)(i + 1);
		OK(hy_item_put(f->st, &it, &what, &f->err));
		if (i == 9)
			judged_noise(f);
	}
	OK(hy_query_parse(&q, f, "停水", NULL, &f->err));
	t.query = q;
	OK(hy_alerts_try(f->st, f, &t, &o, &f->err));
	assert_true(o.whole && o.seen == 39 && o.total == 19);
	assert_true(o.noise == 5 && o.useful == 0);
	for (size_t i = 0; i < o.n_days; i++) {
		assert_int_equal((o.days[i].start + 8 * HY_HOUR) % (24 * HY_HOUR), 0);
		assert_true(i == 0 || o.days[i].start > o.days[i - 1].start);
		sum += o.days[i].count;
	}
	assert_int_equal(sum, 19);
	assert_true(o.n_seqs == 3 && o.seqs[0] == 38 && o.seqs[1] == 36 && o.seqs[2] == 34);
	t.since = NOW + 30 * 6 * HY_HOUR;
	OK(hy_alerts_try(f->st, f, &t, &o, &f->err));
	assert_true(o.whole && o.seen == 9 && o.total == 4 && o.since == t.since);
	t.since = 0;
	t.most = 10;
	OK(hy_alerts_try(f->st, f, &t, &o, &f->err));
	assert_true(!o.whole && o.seen == 9 && o.total == 4);
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
		cmocka_unit_test_setup_teardown(versions, fix_setup, fix_teardown),
		cmocka_unit_test_setup_teardown(renamed, fix_setup, fix_teardown),
		cmocka_unit_test_setup_teardown(archive, fix_setup, fix_teardown),
		cmocka_unit_test_setup_teardown(trial, fix_setup, fix_teardown),
		cmocka_unit_test_setup_teardown(edits, fix_setup, fix_teardown),
		cmocka_unit_test_setup_teardown(killed, fix_setup, fix_teardown),
	};
	return cmocka_run_group_tests_name("alerts-detect", tests, NULL, NULL);
}
