/*
 * Cases: the one transition table, the promise clock on the record's cases, the custody ledger and
 * the report of units. Everything about a case's time is worked out from its events, so it can be
 * worked out again.
 *
 * Writing verbs want to be called between hy_store_begin() and hy_store_commit() (the caller adds
 * the audit row there); after a failure only hy_store_rollback(). Common failures are the store's.
 */
#ifndef HY_CASES_H
#define HY_CASES_H

#include "calendar/calendar.h"
#include "store/store.h"

/* The promises of the office; the caller's, read only. The members may be NULL: no such promise. */
struct hy_case_rules {
	const struct hy_calendar *cal;
	const struct hy_promise *reply;	  /* to the first reply by a person of ours */
	const struct hy_promise *resolve; /* to the close */
	const struct hy_promise *wait;	  /* cap of one pause; NULL = "15 workdays" */
};

/* ---- states: the one table (cases/state.c) ---- */

enum hy_case_act {
	HY_CASE_DO_ASSIGN, /* to a unit, or from one unit to another */
	HY_CASE_DO_RETURN, /* the unit hands it back to the desk */
	HY_CASE_DO_CHECK,  /* goes to the checker; the state stays */
	HY_CASE_DO_REPLY,
	HY_CASE_DO_NOTE, /* nothing changes: an automatic acknowledgement is a note, too */
	HY_CASE_DO_WAIT,
	HY_CASE_DO_RESUME, /* the citizen answered, or the cap ran out */
	HY_CASE_DO_CLOSE,
	HY_CASE_DO_REOPEN,
};
#define HY_CASE_ACTS 9
const char *hy_case_act_name(enum hy_case_act act); /* "assign" ... */
/* True and *to when the table allows act in state from. */
bool hy_case_may(enum hy_case_state from, enum hy_case_act act, enum hy_case_state *to);

/* ---- verbs ---- */

/*
 * Takes a case in: computes due times from c->opened (0 = at), sets state, round, calendar and the
 * names of the promises, and adds it with its "opened" event. c is the caller's and is filled in
 * (due_*, calendar ...; strings then point into rules or into children of ctx); id, number and code
 * are the store's: read the case back.
 */
enum hy_status hy_cases_open(struct hy_store *st, const void *ctx,
			     const struct hy_case_rules *rules, struct hy_case *c, hy_time at,
			     struct hy_person_id who, struct hy_case_id *out, struct hy_err *err);

struct hy_case_step {
	enum hy_case_act act;
	struct hy_unit_id unit;		  /* ASSIGN: to whom */
	const char *text;		  /* REPLY, WAIT, CLOSE, RETURN, REOPEN: must be given */
	struct hy_statement_id statement; /* the reply as published, 0 = none */
	struct hy_person_id who;	  /* 0 = the clock */
	hy_time at;
};
/*
 * Does one step. Loads the case and its events, asks the table, computes what follows (due times
 * after a pause, met or missed) and writes. HY_ECONFLICT: the table forbids it (says from which
 * states it may be done), or somebody was faster; HY_EINPUT: text or unit missing, at before the
 * last event; HY_ENOTFOUND. *out (may be NULL; child of ctx) is the case as it stands after.
 */
enum hy_status hy_cases_step(struct hy_store *st, const void *ctx,
			     const struct hy_case_rules *rules, struct hy_case_id id,
			     const struct hy_case_step *step, struct hy_case **out,
			     struct hy_err *err);
/* The same without writing: what the case would be (its new due times are shown before the act). */
enum hy_status hy_cases_preview(struct hy_store *st, const void *ctx,
				const struct hy_case_rules *rules, struct hy_case_id id,
				const struct hy_case_step *step, struct hy_case **out,
				struct hy_err *err);
/* What a step makes of a case: the case as it stands after (strings shared with the one before) and
 * the events to write, in order. */
struct hy_case_change {
	struct hy_case c;
	struct hy_case_event ev[2];
	size_t n;
};
/* Pure: what the two above share. Children of ctx. */
enum hy_status hy_case_apply(const void *ctx, const struct hy_case_rules *rules,
			     const struct hy_case *c, const struct hy_case_event *ev, size_t n,
			     const struct hy_case_step *step, struct hy_case_change *out,
			     struct hy_err *err);
/* Resumes each waiting case whose cap has run out at or before now, at that instant. *n resumed. */
enum hy_status hy_cases_tick(struct hy_store *st, const struct hy_case_rules *rules, hy_time now,
			     size_t *n, struct hy_err *err);

/* True when a promise of the open case is broken at now: not while waiting for the citizen unless
 * it was broken before the pause began. */
bool hy_case_overdue(const struct hy_case *c, hy_time now);

/* ---- why due ---- */

enum hy_case_promise { HY_CASE_REPLY, HY_CASE_RESOLVE };
/* Explains a due time of the current round; HY_ENOTFOUND when there is no such promise. */
enum hy_status hy_cases_why(struct hy_store *st, const void *ctx, const struct hy_case_rules *rules,
			    struct hy_case_id id, enum hy_case_promise which,
			    struct hy_explanation **out, struct hy_err *err);

/* ---- recompute ---- */

struct hy_case_moved {
	struct hy_case_id id;
	const char *number;
	hy_time old_reply, new_reply, old_resolve, new_resolve;
	const char *old_calendar;
};
/*
 * After the calendar changed: computes the due times of every open case anew, writes those that
 * moved (event "due-changed" with the old and new times; met or missed promises stay as they were)
 * and lists them, children of ctx, by id. dry: lists only.
 */
enum hy_status hy_cases_recompute(struct hy_store *st, const void *ctx,
				  const struct hy_case_rules *rules, hy_time now,
				  struct hy_person_id who, bool dry, struct hy_case_moved **out,
				  size_t *n, struct hy_err *err);

/* ---- custody: who held it ---- */

enum hy_holder { HY_HOLDER_DESK, HY_HOLDER_UNIT, HY_HOLDER_CITIZEN, HY_HOLDER_CHECKER };
const char *hy_holder_name(enum hy_holder h); /* "desk" ... */
/* One stretch of custody; the stretches of a case touch and never overlap. */
struct hy_custody {
	enum hy_holder holder;
	struct hy_unit_id unit;	   /* with HY_HOLDER_UNIT */
	hy_time since, until;	   /* whole seconds, half-open */
	int64_t total, work, rest; /* seconds; total == work + rest == until - since */
};
/* From the "opened" event to now; a closed case is held by nobody from its close to its reopening.
 * Sums exactly. child of ctx. */
size_t hy_custody_ledger(const struct hy_calendar *cal, const struct hy_case_event *ev, size_t n,
			 hy_time now, const void *ctx, struct hy_custody **out);
/* The pauses (waiting for the citizen) since the current round began. Each ends with its resume or
 * close, at the latest with its cap; an open one is taken to last until its cap. child of ctx. */
size_t hy_case_pauses(const struct hy_case_rules *rules, const struct hy_case_event *ev, size_t n,
		      const void *ctx, struct hy_span **out);
/* When the clock of the current round began: c->opened, or the last reopening. */
hy_time hy_case_round_start(const struct hy_case *c, const struct hy_case_event *ev, size_t n);

/* ---- replies that did not arrive ---- */

/*
 * A reply is given when it is written: the promise is never counted earlier or later for how it
 * travels. But one whose answer is failed, missed, cancelled or told as undelivered did not reach
 * the citizen. True: of the replies in [since, until) there is such a one, and none after it went out
 * or was given by hand (has no answer). Answers are taken as they are, but for those that came to
 * their state at until or later.
 */
bool hy_case_reply_unsent(const struct hy_case_event *ev, size_t n_ev, const struct hy_answer *answers,
			  size_t n_answers, hy_time since, hy_time until);

/* ---- report sla ---- */

/* A case with its events, its unit's name and its answers: the input of the report. */
struct hy_sla_case {
	struct hy_case c;
	const struct hy_case_event *ev;
	size_t n_ev;
	const struct hy_answer *answers;
	size_t n_answers;
};
struct hy_sla_input {
	const struct hy_calendar *cal;
	const struct hy_sla_case *cases;
	size_t n_cases;
	const struct hy_unit *units;
	size_t n_units;
	hy_time since, until; /* rounds begun in [since, until) */
	hy_time now;	      /* as of: later events are not looked at */
	int min_cases;	      /* units under it are listed unranked; 0 = 5 */
};
/* Ids behind a number; the count is the number. */
struct hy_sla_ids {
	struct hy_case_id *id;
	size_t n;
};
/*
 * One unit. A round of a case (it begins with arrival or with a reopening) counts for the unit that
 * held it longest before it was answered, or until now: passing it on at the last minute hides
 * nothing. With no unit yet it counts for the desk. Closing without a reply is no answer.
 */
struct hy_sla_row {
	struct hy_unit_id unit; /* 0 = the desk */
	const char *name;
	int rank;			 /* 0 = under the minimum, or no cases */
	struct hy_sla_ids cases;	 /* all rounds: in_time + late + pending */
	struct hy_sla_ids in_time, late; /* settled: answered in time; late or open and overdue */
	struct hy_sla_ids pending;	 /* not yet due, or nothing was promised: in no rate */
	struct hy_sla_ids unsent;	 /* replied, and not sent: hy_case_reply_unsent(); in no rate */
	double rate, low, high;	       /* in_time / (in_time + late); Wilson 95 %; NaN = no cases */
	int64_t median_work, p90_work; /* first reply in office seconds; -1 = none */
	int64_t median_any, p90_any;   /* and by the wall clock */
	int64_t held_work, held_any;   /* custody of the unit within the period */
};
struct hy_sla_report {
	const char *calendar;
	hy_time since, until, now;
	int min_cases;
	struct hy_sla_row *rows; /* ranked first by low bound; then unranked; then no cases */
	size_t n;
	struct hy_sla_row total;
};
/* Pure: the same input gives the same bytes. child of ctx. */
void hy_sla_make(const struct hy_sla_input *in, const void *ctx, struct hy_sla_report **out);
/* Loads the input from the record and makes it. */
enum hy_status hy_sla_load(struct hy_store *st, const void *ctx, const struct hy_case_rules *rules,
			   hy_time since, hy_time until, hy_time now, int min_cases,
			   struct hy_sla_report **out, struct hy_err *err);
/* A table for a terminal (aligned by hy_text_width), CSV safe against formulas, JSON. children of
 * ctx. The formula and the calendar version stand in each. */
char *hy_sla_text(const struct hy_sla_report *r, const struct hy_calendar *cal, const void *ctx,
		  enum hy_lang lang);
char *hy_sla_csv(const struct hy_sla_report *r, const struct hy_calendar *cal, const void *ctx,
		 enum hy_lang lang);
void hy_sla_json(const struct hy_sla_report *r, const struct hy_calendar *cal,
		 struct hy_json_writer *w);
/* Wilson's score interval at 95 % for k of n; NaN both when n is 0. */
void hy_wilson(int64_t k, int64_t n, double *low, double *high);

#endif
