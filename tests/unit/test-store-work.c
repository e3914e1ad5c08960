/* Watches, alerts, claims, cases, days and counts. */
#include "tests/unit/test-store.h"

#include <sys/wait.h>

static void watches(void **state)
{
	struct fix *f = *state;
	struct hy_watch w = {.name = "水", .query = "停水", .level = "high", .enabled = true},
			*got = NULL;
	struct hy_watch_id id = {0};
	size_t n = 0;

	OK(hy_watch_add(f->st, &w, &id, &f->err));
	FAILS(hy_watch_add(f->st, &w, NULL, &f->err), HY_EEXISTS);
	OK(hy_watch_find(f->st, f, "水", &got, &f->err));
	assert_int_equal(got->version, 1);
	got->enabled = false;
	OK(hy_watch_set(f->st, got, &f->err));
	got->query = "停水 OR 断水";
	OK(hy_watch_set(f->st, got, &f->err));
	OK(hy_watch_find(f->st, f, "1", &got, &f->err));
	assert_int_equal(got->version, 2);
	assert_false(got->enabled);
	OK(hy_watch_list(f->st, f, &got, &n, &f->err));
	assert_int_equal(n, 1);
	w.name = "bad";
	w.level = "urgent";
	FAILS(hy_watch_add(f->st, &w, NULL, &f->err), HY_EINPUT);
	OK(hy_watch_remove(f->st, id, &f->err));
	FAILS(hy_watch_remove(f->st, id, &f->err), HY_ENOTFOUND);
}

static int64_t put_item(struct fix *f, struct hy_source_id src, int n)
{
	struct hy_item it = {.source = src, .posted = NOW, .taken = NOW, .text = "t"};
	enum hy_put what;

	it.native[0] = (uint8_t)n;
	OK(hy_item_put(f->st, &it, &what, &f->err));
	return it.seq;
}

static void alerts(void **state)
{
	struct fix *f = *state;
	struct hy_source_id src = add_source(f, "a");
	struct hy_person_id li = add_person(f, "li");
	struct hy_alert a = {.kind = "watch",
			     .watch = {1},
			     .watch_version = 1,
			     .level = "high",
			     .title = "停水",
			     .why = "w",
			     .key = "watch:1"},
			*got = NULL;
	struct hy_item *items = NULL;
	struct hy_alert_id id = {0}, again = {0};
	bool fresh = false;
	size_t n = 0;
	int64_t s1 = put_item(f, src, 1), s2 = put_item(f, src, 2);

	OK(hy_alert_match(f->st, &a, s1, NOW, &id, &fresh, &f->err));
	assert_true(fresh);
	OK(hy_alert_match(f->st, &a, s1, NOW + 9, &again, &fresh, &f->err));
	assert_false(fresh);
	assert_int_equal(again.v, id.v);
	OK(hy_alert_match(f->st, &a, s2, NOW + 5, &again, &fresh, &f->err));
	OK(hy_alert_get(f->st, f, id, &got, &f->err));
	assert_int_equal(got->items, 2);
	assert_int_equal(got->last, NOW + 5);
	OK(hy_alert_items(f->st, f, id, 10, &items, &n, &f->err));
	assert_int_equal(n, 2);
	assert_int_equal(items[0].seq, s2);

	FAILS(hy_alert_close(f->st, id, "noise", &f->err), HY_ECONFLICT);
	OK(hy_alert_ack(f->st, id, li, &f->err));
	FAILS(hy_alert_ack(f->st, id, li, &f->err), HY_ECONFLICT);
	FAILS(hy_alert_close(f->st, id, "", &f->err), HY_EINPUT);
	OK(hy_alert_link(f->st, id, (struct hy_case_id){3}, (struct hy_claim_id){0}, &f->err));
	OK(hy_alert_close(f->st, id, "noise", &f->err));
	FAILS(hy_alert_close(f->st, id, "noise", &f->err), HY_ECONFLICT);
	OK(hy_alert_get(f->st, f, id, &got, &f->err));
	assert_int_equal(got->cs.v, 3);
	assert_int_equal(got->claim.v, 0);
	assert_string_equal(got->disposition, "noise");
	assert_int_equal(got->acked_by.v, li.v);

	/* A replay after closing changes nothing; a new item opens another. */
	OK(hy_alert_match(f->st, &a, s2, NOW + 9, &again, &fresh, &f->err));
	assert_false(fresh);
	assert_int_equal(again.v, id.v);
	OK(hy_alert_match(f->st, &a, put_item(f, src, 3), NOW + 9, &again, &fresh, &f->err));
	assert_true(fresh);
	assert_int_not_equal(again.v, id.v);
	OK(hy_alert_list(f->st, f, false, 0, 10, &got, &n, &f->err));
	assert_int_equal(n, 1);
	OK(hy_alert_list(f->st, f, true, again.v, 10, &got, &n, &f->err));
	assert_int_equal(n, 1);
	assert_int_equal(got[0].id.v, id.v);
	FAILS(hy_alert_ack(f->st, (struct hy_alert_id){99}, li, &f->err), HY_ENOTFOUND);
}

static void claims(void **state)
{
	struct fix *f = *state;
	struct hy_person_id li = add_person(f, "li"), wang = add_person(f, "wang");
	struct hy_claim c = {.text = "全镇停水三天", .opened_by = li}, *got = NULL;
	struct hy_claim_id id = {0};
	struct hy_sighting s = {.channel = "weibo", .item = {5}, .seen = NOW}, *seen = NULL;
	struct hy_evidence e = {.title = "通知", .sha256 = {1}, .added_by = li}, *ev = NULL;
	struct hy_evidence_id eid = {0};
	size_t n = 0;

	FAILS(hy_claim_add(f->st, &(struct hy_claim){.text = ""}, &id, &f->err), HY_EINPUT);
	OK(hy_claim_add(f->st, &c, &id, &f->err));
	FAILS(hy_claim_sign(f->st, id, wang, &f->err), HY_ECONFLICT);
	OK(hy_claim_set_state(f->st, id, HY_CLAIM_CHECKING, &f->err));
	OK(hy_claim_judge(f->st, id, HY_VERDICT_FALSE, "只停半天", li, &f->err));
	FAILS(hy_claim_sign(f->st, id, li, &f->err), HY_EREFUSED);
	OK(hy_claim_sign(f->st, id, wang, &f->err));
	FAILS(hy_claim_sign(f->st, id, wang, &f->err), HY_ECONFLICT);
	OK(hy_claim_get(f->st, f, id, &got, &f->err));
	assert_int_equal(got->signed_by.v, wang.v);
	assert_int_equal(got->state, HY_CLAIM_JUDGED);
	OK(hy_claim_judge(f->st, id, HY_VERDICT_PARTLY, "停一天", wang, &f->err));
	OK(hy_claim_get(f->st, f, id, &got, &f->err));
	assert_int_equal(got->signed_by.v, 0);
	assert_int_equal(raw_sql(f, "UPDATE claim SET signed_by = judged_by"), SQLITE_CONSTRAINT);

	s.claim = e.claim = id;
	OK(hy_sighting_add(f->st, &s, &f->err));
	OK(hy_sighting_add(f->st, &s, &f->err));
	s.item.v = 0;
	s.note = "电话";
	OK(hy_sighting_add(f->st, &s, &f->err));
	OK(hy_sighting_add(f->st, &s, &f->err));
	OK(hy_sighting_list(f->st, f, id, &seen, &n, &f->err));
	assert_int_equal(n, 3);
	OK(hy_evidence_add(f->st, &e, &eid, &f->err));
	OK(hy_evidence_list(f->st, f, id, &ev, &n, &f->err));
	assert_int_equal(n, 1);
	assert_memory_equal(ev[0].sha256, e.sha256, HY_SHA256_LEN);
	OK(hy_claim_list(f->st, f, 0, 5, &got, &n, &f->err));
	assert_int_equal(got[0].sightings, 3);
	assert_int_equal(got[0].evidence, 1);
	s.claim.v = 99;
	FAILS(hy_sighting_add(f->st, &s, &f->err), HY_ENOTFOUND);
}

static void cases(void **state)
{
	struct fix *f = *state;
	struct hy_person_id li = add_person(f, "li");
	struct hy_unit_id unit = {0};
	struct hy_case c = {.type = HY_CASE_REQUEST,
			    .title = "路灯",
			    .text = "CASE-TEXT-MARK",
			    .channel = "web",
			    .opened = NOW,
			    .due_reply = NOW + HY_HOUR,
			    .round = 1},
		       *got = NULL;
	struct hy_case_id id = {0}, two = {0};
	struct hy_case_event e = {.kind = "assigned",
				  .holder = "unit",
				  .text = "EVENT-MARK",
				  .actor = li},
			     *events = NULL;
	size_t n = 0;

	OK(hy_unit_add(f->st, &(struct hy_unit){.name = "水务局", .active = true}, &unit, &f->err));
	OK(hy_case_add(f->st, &c, 20261121, li, &id, &f->err));
	OK(hy_case_add(f->st, &c, 20261121, li, &two, &f->err));
	OK(hy_case_find(f->st, f, "20261121-0002", &got, &f->err));
	assert_int_equal(got->id.v, two.v);
	OK(hy_case_find(f->st, f, "1", &got, &f->err));
	assert_string_equal(got->number, "20261121-0001");
	assert_string_equal(got->text, "CASE-TEXT-MARK");
	assert_int_equal(strlen(got->code), 8);
	assert_int_equal(strspn(got->code, "0123456789"), 8);
	FAILS(hy_case_add(f->st, &c, 5, li, &two, &f->err), HY_EINPUT);

	got->state = HY_CASE_ASSIGNED;
	got->unit = e.unit = unit;
	OK(hy_case_move(f->st, got, HY_CASE_NEW, &e, &f->err));
	FAILS(hy_case_move(f->st, got, HY_CASE_NEW, &e, &f->err), HY_ECONFLICT);
	got->id.v = 99;
	FAILS(hy_case_move(f->st, got, HY_CASE_NEW, &e, &f->err), HY_ENOTFOUND);
	OK(hy_case_events(f->st, f, id, &events, &n, &f->err));
	assert_int_equal(n, 2);
	assert_string_equal(events[0].kind, "opened");
	assert_string_equal(events[0].holder, "desk");
	assert_string_equal(events[1].text, "EVENT-MARK");
	assert_int_equal(events[1].unit.v, unit.v);
	assert_false(raw_grep(f, "CASE-TEXT-MARK"));
	assert_false(raw_grep(f, "EVENT-MARK"));
	assert_int_equal(raw_sql(f, "DELETE FROM case_event"), SQLITE_CONSTRAINT);

	struct hy_case_filter all = {.limit = 10}, ours = {.unit = unit, .limit = 10},
			      due = {.due_before = NOW + HY_HOUR + 1, .limit = 10},
			      early = {.due_before = NOW + HY_HOUR, .limit = 10},
			      range = {.opened_since = NOW + 1, .limit = 10};
	OK(hy_case_list(f->st, f, &all, &got, &n, &f->err));
	assert_int_equal(n, 2);
	OK(hy_case_list(f->st, f, &ours, &got, &n, &f->err));
	assert_int_equal(n, 1);
	OK(hy_case_list(f->st, f, &due, &got, &n, &f->err));
	assert_int_equal(n, 2);
	OK(hy_case_list(f->st, f, &early, &got, &n, &f->err));
	assert_int_equal(n, 0);
	OK(hy_case_list(f->st, f, &range, &got, &n, &f->err));
	assert_int_equal(n, 0);
	OK(hy_case_get(f->st, f, id, &got, &f->err));
	got->state = HY_CASE_CLOSED;
	OK(hy_case_move(f->st, got, HY_CASE_ASSIGNED, NULL, &f->err));
	OK(hy_case_list(f->st, f, &all, &got, &n, &f->err));
	assert_int_equal(n, 1);
	/* A text put under another case does not open. */
	assert_int_equal(raw_sql(f, "UPDATE office_case SET text = (SELECT text FROM office_case"
				    " WHERE id = 1) WHERE id = 2"),
			 SQLITE_OK);
	FAILS(hy_case_get(f->st, f, (struct hy_case_id){2}, &got, &f->err), HY_ECORRUPT);
}

static int add_cases(struct fix *f, int n)
{
	struct hy_case c = {.title = "t", .text = "x", .channel = "web", .opened = NOW};

	open_store(f, 0);
	for (int i = 0; i < n; i++)
		if (hy_case_add(f->st, &c, 20261121, (struct hy_person_id){0}, NULL, &f->err) !=
		    HY_OK)
			return 1;
	return 0;
}

/* Three processes at once: every number once, none left out. */
static void case_numbers_under_concurrency(void **state)
{
	struct fix *f = *state;
	pid_t pid[3];
	int status = 0;

	talloc_free(f->st);
	f->st = NULL;
	for (int i = 0; i < 3; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			_exit(add_cases(f, 20));
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	assert_int_equal(raw_int(f, "SELECT count(DISTINCT number) FROM office_case"), 60);
	assert_int_equal(raw_int(f, "SELECT max(number) = '20261121-0060' FROM office_case"), 1);
}

static void days(void **state)
{
	struct fix *f = *state;
	struct hy_day_override d = {.date = "2026-10-01", .work = false, .why = "国庆"},
			       *got = NULL;
	size_t n = 0;

	OK(hy_calendar_set_day(f->st, "cn", &d, &f->err));
	d.work = true;
	OK(hy_calendar_set_day(f->st, "cn", &d, &f->err));
	OK(hy_calendar_days(f->st, f, "cn", &got, &n, &f->err));
	assert_int_equal(n, 1);
	assert_string_equal(got[0].date, "2026-10-01");
	assert_true(got[0].work);
	OK(hy_calendar_days(f->st, f, "xx", &got, &n, &f->err));
	assert_int_equal(n, 0);
	(void)snprintf(d.date, sizeof d.date, "2026-13-01");
	FAILS(hy_calendar_set_day(f->st, "cn", &d, &f->err), HY_EINPUT);
}

static void counts(void **state)
{
	struct fix *f = *state;
	struct hy_source_id src = add_source(f, "a");
	struct hy_counts c = {0};
	struct hy_case cs = {
		.title = "t", .channel = "web", .opened = NOW - 9, .due_reply = NOW - 1};

	put_item(f, src, 1);
	OK(hy_case_add(f->st, &cs, 20261121, (struct hy_person_id){0}, NULL, &f->err));
	OK(hy_alert_match(f->st, &(struct hy_alert){.key = "k"}, 1, NOW, NULL, NULL, &f->err));
	OK(hy_claim_add(f->st, &(struct hy_claim){.text = "x"}, NULL, &f->err));
	OK(hy_source_set_state(f->st, src, HY_SOURCE_STOPPED, &f->err));
	OK(hy_counts(f->st, NOW, &c, &f->err));
	assert_int_equal(c.items, 1);
	assert_int_equal(c.items_today, 1);
	assert_int_equal(c.sources, 1);
	assert_int_equal(c.sources_failing, 1);
	assert_int_equal(c.alerts_firing, 1);
	assert_int_equal(c.alerts_acked, 0);
	assert_int_equal(c.cases_open, 1);
	assert_int_equal(c.cases_overdue, 1);
	assert_int_equal(c.claims_open, 1);
	assert_int_equal(c.deliveries_open + c.deliveries_sent + c.statements_waiting, 0);
	OK(hy_counts(f->st, NOW + 1, &c, &f->err));
	assert_int_equal(c.items_today, 0);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, fix_setup, fix_teardown)
	const struct CMUnitTest tests[] = {
		T(watches),
		T(alerts),
		T(claims),
		T(cases),
		T(days),
		T(counts),
		T(case_numbers_under_concurrency),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
