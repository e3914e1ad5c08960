/* What the tests of cases/ share: a record in a folder of its own, an office, and steps by the
 * clock. */
#ifndef HY_TEST_CASES_H
#define HY_TEST_CASES_H

#include "cases/cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>

struct office {
	char dir[64];
	struct hy_clock *clock;
	struct hy_store *st;
	struct hy_calendar *cal;
	struct hy_promise reply, resolve, wait;
	struct hy_case_rules rules;
	struct hy_unit_id water, roads;
	struct hy_person_id clerk;
	struct hy_err err;
};

static inline hy_time at(const char *iso)
{
	hy_time t = 0;

	assert_int_equal(hy_time_parse_iso(iso, 480, &t, NULL), HY_OK);
	return t;
}

#define OK(call)                                                                                   \
	do {                                                                                       \
		o->err.text[0] = 0;                                                                \
		enum hy_status s_ = (call);                                                        \
		if (s_ != HY_OK)                                                                   \
			print_message("# %s: %s\n", #call, o->err.text);                           \
		assert_int_equal(s_, HY_OK);                                                       \
	} while (0)

static inline int office_setup(void **state)
{
	static const uint8_t master[HY_KEY_LEN] = "an altogether secret master key";
	static const char *const reply[] = {"1h work", "8h rest"},
				 *const resolve[] = {"3 workdays"}, *const wait[] = {"10 workdays"};
	struct office *o = talloc_zero(NULL, struct office);
	struct hy_calendar_conf conf = {.hours = "08:00-18:00"};
	struct hy_unit water = {.name = "水务局", .kind = "department", .active = true};
	struct hy_unit roads = {.name = "=交通局", .kind = "department", .active = true};
	struct hy_person clerk = {.login = "clerk", .name = "clerk", .duties = 127, .active = true};
	const char *tmp = getenv("TMPDIR");

	OK(hy_crypt_init(&o->err));
	snprintf(o->dir, sizeof o->dir, "%s/hy-cases-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(o->dir));
	o->clock = hy_clock_fixed(o, at("2026-11-16 08:00"));
	OK(hy_store_open(&o->st, o, o->dir, HY_STORE_CREATE, master, o->clock, &o->err));
	OK(hy_calendar_new(&o->cal, o, &conf, &o->err));
	OK(hy_promise_parse("reply", reply, 2, &o->reply, &o->err));
	OK(hy_promise_parse("resolve", resolve, 1, &o->resolve, &o->err));
	OK(hy_promise_parse("wait", wait, 1, &o->wait, &o->err));
	o->rules = (struct hy_case_rules){o->cal, &o->reply, &o->resolve, &o->wait};
	OK(hy_unit_add(o->st, &water, &o->water, &o->err));
	OK(hy_unit_add(o->st, &roads, &o->roads, &o->err));
	OK(hy_person_add(o->st, &clerk, &o->clerk, &o->err));
	*state = o;
	return 0;
}

static inline int office_remove(const char *path, const struct stat *sb, int type, struct FTW *w)
{
	(void)sb, (void)type, (void)w;
	return remove(path);
}

static inline int office_teardown(void **state)
{
	struct office *o = *state;

	talloc_free(o->st);
	(void)nftw(o->dir, office_remove, 8, FTW_DEPTH | FTW_PHYS);
	talloc_free(o);
	return 0;
}

static inline struct hy_case_id open_case(struct office *o, const char *when)
{
	struct hy_case c = {
		.type = HY_CASE_REQUEST, .title = "路灯不亮", .text = "三天了", .channel = "web"};
	struct hy_case_id id = {0};

	hy_clock_set(o->clock, at(when));
	OK(hy_store_begin(o->st, &o->err));
	OK(hy_cases_open(o->st, o, &o->rules, &c, at(when), o->clerk, &id, &o->err));
	OK(hy_store_commit(o->st, &o->err));
	return id;
}

static inline struct hy_case *get(struct office *o, struct hy_case_id id)
{
	struct hy_case *c;

	OK(hy_case_get(o->st, o, id, &c, &o->err));
	return c;
}

static inline enum hy_status try_step(struct office *o, struct hy_case_id id, const char *when,
				      enum hy_case_act act, struct hy_unit_id unit)
{
	struct hy_case_step s = {
		.act = act, .unit = unit, .text = "已处理", .who = o->clerk, .at = at(when)};
	enum hy_status st;

	hy_clock_set(o->clock, at(when));
	OK(hy_store_begin(o->st, &o->err));
	st = hy_cases_step(o->st, o, &o->rules, id, &s, NULL, &o->err);
	if (st)
		hy_store_rollback(o->st);
	else
		OK(hy_store_commit(o->st, &o->err));
	return st;
}

static inline void step(struct office *o, struct hy_case_id id, const char *when,
			enum hy_case_act act, struct hy_unit_id unit)
{
	OK(try_step(o, id, when, act, unit));
}

#define NO_UNIT ((struct hy_unit_id){0})

#endif
