/*
 * alerts: detectors over the log. Thin for now: standing queries (watches) run against each new
 * item, and what they find is written as alerts, once each, whatever is killed.
 */
#ifndef HY_ALERTS_H
#define HY_ALERTS_H

#include "base/base.h"
#include "index/index.h"
#include "store/records.h"
#include "store/store.h"

/* The name of the cursor of hy_alerts_detect() in the record. */
#define HY_ALERTS_CURSOR "detect"

struct hy_rules; /* the enabled watches, compiled; one thread; talloc child */

/*
 * Compiles the enabled ones of n watches (copied). A watch whose query no longer parses (a source
 * was removed) is left out and named, one line each, in *problems (child of ctx, "" when none; may
 * be NULL): the others go on. flags as hy_watchset_new(). env: now and standing are set here.
 */
enum hy_status hy_rules_new(struct hy_rules **out, const void *ctx, const struct hy_watch *watches,
			    size_t n, const struct hy_query_env *env, unsigned flags,
			    char **problems, struct hy_err *err);
size_t hy_rules_count(const struct hy_rules *r);
/* Changes with every change of a watch (id, version, query, enabled, level, name): to see whether a
 * set made from this list would be the same. */
uint64_t hy_watches_stamp(const struct hy_watch *watches, size_t n);

/* One watch that rang for one item. */
struct hy_match {
	const struct hy_watch *watch; /* lives as long as the rules */
	const char *why;	      /* one line: which words, in title or text */
	const char *snippet;	      /* of the masked text as stored, around the first word */
	struct hy_range *ranges;      /* of the snippet */
	size_t n_ranges;
};
/* Runs the rules on one item: matches as a talloc array, child of ctx, in the order of the watches.
 * NULL and 0 when none. */
enum hy_status hy_rules_match(struct hy_rules *r, const void *ctx, const struct hy_item *it,
			      struct hy_match **out, size_t *n, struct hy_err *err);

/* The alert that a match opens or joins (child of ctx): kind "watch", the watch's level, title,
 * why; key "watch:ID:vVERSION": one open alert a watch and version. first = last = now. */
struct hy_alert *hy_match_alert(const void *ctx, const struct hy_match *m, hy_time now);
/* Key alone. Child of ctx. */
char *hy_match_key(const void *ctx, const struct hy_watch *w);

struct hy_detected {
	int64_t seen;	 /* items looked at */
	int64_t matches; /* pairs of watch and item */
	int64_t opened;	 /* alerts newly opened */
	int64_t cursor;	 /* after the batch */
	bool more;	 /* the batch was full: call again at once */
};
/*
 * Runs the rules over at most `limit` items of the log after the cursor and writes matches and
 * cursor in ONE transaction: after a kill a pass is either whole or did not happen, and a second
 * run changes nothing. Items superseded before they were looked at are passed over (their newer
 * revision comes later in the log); withdrawn ones and our own posts too. A rule made today does
 * not look back: hy_alerts_preview() does. Must be called outside a transaction. HY_EINPUT on limit
 * < 1, else as the store's verbs.
 */
enum hy_status hy_alerts_detect(struct hy_store *st, struct hy_rules *r, hy_time now, int limit,
				struct hy_detected *out, struct hy_err *err);
/* How many items of the last `limit` a query would have rung for: "would have rung N times", and
 * the seqs of the newest of them (talloc array, child of ctx). For a rule's preview. */
enum hy_status hy_alerts_preview(struct hy_store *st, const void *ctx, const struct hy_query *q,
				 int limit, int64_t **seqs, size_t *n, struct hy_err *err);

#endif
