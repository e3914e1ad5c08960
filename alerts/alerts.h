/*
 * alerts: detectors over the log. Standing queries (watches) run against each new item, and what
 * they find is written as alerts, once each, whatever is killed.
 */
#ifndef HY_ALERTS_H
#define HY_ALERTS_H

#include "base/base.h"
#include "index/index.h"
#include "store/records.h"
#include "store/store.h"

/* The name of the cursor of hy_alerts_detect() in the record. */
#define HY_ALERTS_CURSOR "detect"

#define HY_RULES_MAX 50000 /* enabled at a time; desk/ refuses more */

struct hy_rules; /* versions of watches, compiled; one thread at a time */

/*
 * A rule's text as a query: kind "query" (the language of search) or "regex". HY_EINPUT: it does not
 * parse, is empty, or holds a time that would stand still. env->standing is set here.
 */
enum hy_status hy_rule_parse(struct hy_query **out, const void *ctx, const char *kind,
			     const char *text, const struct hy_query_env *env, struct hy_err *err);
/*
 * Parses n stretches (copied), as hy_watch_spans() gave them with `change` for what stands after the
 * place `since`. One whose query no longer parses (a source was removed) is left out and named, a
 * line each, in problems (may be NULL): the others go on. The result belongs to nobody
 * (talloc_steal, talloc_free), so that hy_rules_compile() may run in another thread.
 */
struct hy_rules *hy_rules_new(const struct hy_watch_span *spans, size_t n, int64_t change,
			      int64_t since, const struct hy_query_env *env,
			      struct hy_buf *problems);
/* Makes it ready to match; flags and failures as hy_watchset_new(). Touches nothing but r. Takes a
 * second for tens of thousands of rules. */
enum hy_status hy_rules_compile(struct hy_rules *r, unsigned flags, struct hy_err *err);
size_t hy_rules_count(const struct hy_rules *r);
int64_t hy_rules_change(const struct hy_rules *r);
int64_t hy_rules_since(const struct hy_rules *r);

/* One version of a watch that rang for one item. */
struct hy_match {
	const struct hy_watch_span *rule; /* lives as long as the rules */
	const char *why;		  /* one line: which words, in title or text */
	const char *snippet;		  /* of the masked text as stored, around the first word */
	struct hy_range *ranges;	  /* of the snippet */
	size_t n_ranges;
};
#define HY_RULES_EVERYWHERE 1u /* whatever the stretch: for the archive */
/* Runs the rules on one item, whose facts f are: matches as a talloc array, child of ctx, in the
 * order of the stretches. NULL and 0 when none. */
enum hy_status hy_rules_match(struct hy_rules *r, const void *ctx, const struct hy_item *it,
			      const struct hy_facts *f, unsigned flags, struct hy_match **out,
			      size_t *n, struct hy_err *err);

/* The alert that a match opens or joins (child of ctx): kind "watch", the watch's level, title,
 * why; key "watch:ID:vVERSION": one open alert a watch and version. first = last = now. */
struct hy_alert *hy_match_alert(const void *ctx, const struct hy_match *m, hy_time now);
/* Key alone. Child of ctx. */
char *hy_match_key(const void *ctx, struct hy_watch_id id, int version);

struct hy_detected {
	int64_t seen;	 /* items looked at */
	int64_t matches; /* pairs of version and item */
	int64_t opened;	 /* alerts newly opened */
	int64_t cursor;	 /* after the batch */
	bool more;	 /* the batch was full: call again at once */
	bool stale;	 /* rules were changed since r was read: compile them anew */
	bool blocked;	 /* items wait that only the new rules may look at */
};
/*
 * Runs the rules over items of the log after the cursor (rising seq, without gaps but the purge's;
 * facts[i] of items[i]) and writes matches and cursor, all in the caller's transaction: after a
 * kill a batch is either whole or did not happen. Items superseded before they were looked at are
 * passed over (their newer revision comes later in the log); withdrawn ones and our own posts too.
 * Where rules were changed since r was read, only the items up to the place of the first change are
 * looked at: so every item meets every version in force at its place, once, and no other.
 */
enum hy_status hy_alerts_batch(struct hy_store *st, struct hy_rules *r, const struct hy_item *items,
			       const struct hy_facts *facts, size_t n, hy_time now,
			       struct hy_detected *out, struct hy_err *err);
/* hy_alerts_batch() over at most `limit` items, read and folded here, in a transaction of its own.
 * HY_EINPUT on limit < 1, else as the store's verbs. */
enum hy_status hy_alerts_detect(struct hy_store *st, struct hy_rules *r, hy_time now, int limit,
				struct hy_detected *out, struct hy_err *err);
/* A piece of a run over the archive: at most `limit` items, matches and progress in one transaction.
 * r: of hy_watch_run_rules(). A pair that rang before rings no second time. *run is brought up to
 * date. HY_ECONFLICT: it was stopped. */
enum hy_status hy_alerts_rerun(struct hy_store *st, struct hy_rules *r, struct hy_watch_run *run,
			       hy_time now, int limit, struct hy_err *err);

/* What a rule would have done. */
struct hy_trial {
	const struct hy_query *query;
	hy_time since;	  /* items taken at or after it */
	int64_t most;	  /* items looked at, at most; the newest */
	size_t examples;  /* seqs wanted */
	int zone_minutes; /* what a day is */
};
struct hy_trial_day {
	hy_time start; /* taken in [start, start + 1 day) */
	int64_t count;
};
struct hy_tried {
	int64_t seen, total;
	bool whole;		   /* false: older ones were left out (most) */
	hy_time since;		   /* as asked, or of the first item looked at where none is older */
	struct hy_trial_day *days; /* rising, those with a match */
	size_t n_days;
	int64_t *seqs; /* the newest, falling */
	size_t n_seqs;
	/* Of the matches, those in alerts that people have closed: as noise or known, or with a case,
	 * a claim or done. */
	int64_t noise, useful;
};
/* Looks through the log. Children of ctx. Blocks: a million items take a few seconds. */
enum hy_status hy_alerts_try(struct hy_store *st, const void *ctx, const struct hy_trial *t,
			     struct hy_tried *out, struct hy_err *err);

#endif
