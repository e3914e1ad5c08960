/*
 * Role clock: what happens because time passed. Waiting cases resume at their cap, cases near or
 * past their due time are called out once, voice keys of past weeks are destroyed, and whole days
 * past their time are erased.
 */
#include "desk/internal.h"

#include "collectors/collectors.h"

#include <stdlib.h>
#include <string.h>

#define PERIOD (30 * HY_SECOND)
#define JUMP (120 * HY_SECOND)
#define WARN_BEFORE (15 * HY_MINUTE)
#define LATE (60 * HY_SECOND) /* of a follower of the log; for as long, then a person is called */

struct clocking {
	struct hy_desk *desk;
	hy_time last_wall, last_mono;
	hy_time due;	    /* of the next turn that does anything */
	hy_time late_since; /* monotonic: a follower has been late since; 0 = none is */
	int purged_date;
};

void desk_page_case(struct hy_desk *desk, const char *kind, const char *key, const char *title,
		    const char *why, struct hy_case_id cs)
{
	hy_time now = hy_desk_now(desk);
	const struct hy_alert a = {
		.kind = kind,
		.level = "high",
		.title = title,
		.why = why ? why : "",
		.key = key,
		.first = now,
		.last = now,
	};
	struct hy_alert_id id = {0};
	bool fresh = false;
	struct hy_err err = {0};
	enum hy_status status = hy_alert_match(desk->st, &a, 0, now, &id, &fresh, &err);

	if (!status && cs.v)
		status = hy_alert_link(desk->st, id, cs, (struct hy_claim_id){0}, &err);
	if (status)
		hy_log_err(HY_LOG_ERR, "clock", "a page could not be written down", &err);
}

void desk_page(struct hy_desk *desk, const char *kind, const char *key, const char *title,
	       const char *why)
{
	desk_page_case(desk, kind, key, title, why, (struct hy_case_id){0});
}

void desk_page_over(struct hy_desk *desk, const char *key)
{
	void *ctx = talloc_new(NULL);
	struct hy_alert *list = NULL;
	struct hy_err err = {0};
	size_t n = 0;
	enum hy_status status = hy_alert_list(desk->st, ctx, false, 0, 1000, &list, &n, &err);

	for (size_t i = 0; i < n && !status; i++) {
		if (!list[i].key || strcmp(list[i].key, key) != 0)
			continue;
		if (list[i].state == HY_ALERT_FIRING)
			status = hy_alert_ack(desk->st, list[i].id, (struct hy_person_id){0}, &err);
		if (!status)
			status = hy_alert_close(desk->st, list[i].id, "done", &err);
	}
	if (status)
		hy_log_err(HY_LOG_ERR, "clock", "a page could not be closed", &err);
	talloc_free(ctx);
}

/* A clock that jumps makes every due time doubtful: publishing waits for a person (R06). Replaced
 * clocks jump on purpose. */
static void watch_jump(struct clocking *c, hy_time now)
{
	hy_time mono = hy_monotonic();
	hy_dur off = (now - c->last_wall) - (mono - c->last_mono);

	if (c->last_wall && !getenv("HUYING_CLOCK") && (off > JUMP || off < -JUMP)) {
		hy_log(HY_LOG_ERR, "clock",
		       "the system clock jumped: publishing is frozen until a person looks", NULL);
		(void)hy_meta_set(c->desk->st, "publish.frozen", "clock",
				  NULL); /* tried again at the next jump; the page stands */
		desk_page(c->desk, "clock", "clock:jump", _("The system clock jumped"),
			  _("Publishing is frozen: check the time, then run huying doctor"));
	}
	c->last_wall = now;
	c->last_mono = mono;
}

/* Search or rules that stay behind the record: what is said now is found, or rings, too late. Two
 * clocks, as that of the office may be moved. */
static enum hy_status watch_lag(struct clocking *c, struct hy_err *err)
{
	struct desk_lag lag;
	hy_time mono = hy_monotonic();
	enum hy_status status = desk_lag(c->desk, &lag, err);

	if (status)
		return status;
	if (lag.index < LATE && lag.detect < LATE) {
		c->late_since = 0;
		return HY_OK;
	}
	if (!c->late_since)
		c->late_since = mono;
	if (mono - c->late_since >= LATE)
		desk_page(c->desk, "lag", lag.index >= LATE ? "lag:index" : "lag:detect",
			  lag.index >= LATE ? _("Search is behind the record")
					    : _("The rules are behind the record"),
			  _("See huying status and huying doctor: is the disk slow, or a role "
			    "stopped?"));
	return HY_OK;
}

/* Only where one waits: nobody who writes is kept waiting by a look at all the others. */
static enum hy_status resume_cases(struct clocking *c, const void *work, hy_time now,
				   struct hy_err *err)
{
	const struct hy_case_filter f = {.waiting = true, .limit = 1};
	struct hy_case_rules rules;
	struct hy_case *one = NULL;
	size_t n = 0;
	enum hy_status status = hy_case_list(c->desk->st, work, &f, &one, &n, err);

	if (!status && n)
		status = desk_promises(c->desk, work, &rules, err);
	if (!status && n)
		status = hy_store_begin(c->desk->st, err);
	if (status || !n)
		return status;
	return desk_end(c->desk, hy_cases_tick(c->desk->st, &rules, now, &n, err), err);
}

/* One alert for a case that is nearly due, another once it is late; the keys carry the round and
 * the due time, so each rings once. */
static enum hy_status warn_cases(struct clocking *c, hy_time now, struct hy_err *err)
{
	void *work = talloc_new(c);
	struct hy_case *list = NULL;
	size_t n = 0;
	const struct hy_case_filter f = {.due_before = now + WARN_BEFORE, .limit = 500};
	enum hy_status status = hy_case_list(c->desk->st, work, &f, &list, &n, err);

	for (size_t i = 0; i < n && !status; i++) {
		bool late = hy_case_overdue(&list[i], now);
		hy_time due = list[i].first_reply ? list[i].due_resolve : list[i].due_reply;
		char *mark = hy_strf(work, "sla:%" PRId64 ":%d:%" PRId64 ":%s", list[i].id.v,
				     list[i].round, due, late ? "late" : "soon");
		char *seen = NULL;
		if (list[i].state == HY_CASE_WAITING || !due)
			continue;
		status = hy_meta_get(c->desk->st, work, mark, &seen, err);
		if (status || seen)
			continue;
		desk_page(c->desk, "sla", hy_strf(work, "sla:%" PRId64, list[i].id.v),
			  hy_strf(work, late ? _("Case %s is late") : _("Case %s is nearly due"),
				  list[i].number),
			  hy_strf(work, _("due %s"), hy_desk_when(c->desk, work, due)));
		status = hy_meta_set(c->desk->st, mark, "1", err);
	}
	talloc_free(work);
	return status;
}

static enum hy_status sweep(struct clocking *c, hy_time now, struct hy_err *err)
{
	struct hy_calendar *cal = NULL;
	char week[9], name[9];
	int destroyed = 0, today = 0;
	int64_t gone = 0, contacts = 0;
	char *keys = desk_file(c->desk, c, "keys");
	enum hy_status status = desk_calendar(c->desk, &cal, err);

	if (!status) {
		hy_calendar_week(cal, now, week, NULL);
		snprintf(name, sizeof(name), "%.4s%.3s", week, week + 5);
		status = hy_voice_keys_sweep(keys, name, &destroyed, err);
	}
	today = status ? 0 : hy_calendar_date(cal, now);
	if (!status && today != c->purged_date) {
		hy_time before = hy_calendar_day_start(cal, today) -
				 hy_conf_dur(c->desk->conf, "keep", NULL, "items");
		/* first: the purge's checkpoint takes their bytes along */
		status = hy_contact_erase(c->desk->st,
					  now - hy_conf_dur(c->desk->conf, "keep", NULL, "reopen"),
					  &contacts, err);
		if (!status)
			status = hy_item_purge(c->desk->st, before, &gone, err);
		c->purged_date = today;
	}
	talloc_free(keys);
	return status;
}

static enum hy_status start(struct hy_desk *desk, struct hy_loop *loop, int64_t fence, void **state,
			    struct hy_err *err)
{
	struct clocking *c = hy_new(desk, struct clocking);

	(void)loop;
	(void)fence;
	(void)err;
	c->desk = desk;
	*state = c;
	return HY_OK;
}

static enum hy_status turn(void *state, hy_time now, hy_time *next, struct hy_err *err)
{
	struct clocking *c = state;
	void *work = NULL;
	enum hy_status status = HY_OK;

	*next = c->due;
	if (now < c->due && now > c->due - 2 * PERIOD)
		return HY_OK; /* a bell, not the time */
	work = talloc_new(c);
	watch_jump(c, now);
	status = desk_calendar_reload(c->desk, err);
	if (!status)
		status = resume_cases(c, work, now, err);
	if (!status)
		status = warn_cases(c, now, err);
	if (!status)
		status = watch_lag(c, err);
	if (!status)
		status = sweep(c, now, err);
	talloc_free(work);
	*next = c->due = now + PERIOD;
	return status;
}

static void stop(void *state)
{
	talloc_free(state);
}

const struct desk_role role_clock = {.name = "clock", .start = start, .turn = turn, .stop = stop};
