/*
 * index: items made searchable, and the one question that search and standing queries share.
 *
 * A query is parsed once into one tree. A term means "this string stands in the folded text" (of
 * title or text, each folded by hy_fold); hy_query_matches() decides it by memmem and nothing else
 * does. The index only proposes candidates (Xapian, bigrams of neighbouring code points, newest
 * first) and asks the same function, so a search and a watch can never disagree.
 *
 * The index is a cache of the record: it carries its cursor (a seq of the log) in its own commits,
 * may be deleted at any time and is rebuilt from the log.
 */
#ifndef HY_INDEX_H
#define HY_INDEX_H

#include "base/base.h"
#include "index/copies.h"
#include "store/records.h"

/* Changes whenever the way text becomes terms changes; stamped with HY_FOLD_VERSION in every
 * database and compared at open. */
#define HY_INDEX_VERSION 3

/* ---- the query language ----
 *
 *   路灯 维修             both strings (a blank, AND, 并且, 且, 与)
 *   路灯 OR 街灯          either (OR, 或, 或者)          -广告  NOT 广告  非 广告   without it
 *   (…) （…）             grouping                      "AB CD" “AB CD”           the string
 *   路灯 NEAR/5 坏        both, beside each other in the same field, in either order, with at most
 * 5 characters between (近/5; NEAR alone: 10) title:路灯 标题:路灯  in the title; text: 正文: in
 * the text; also title:(a OR b) source:NAME 信源:     of this source (name, or #number); place:
 * 地区: the place's name holds it unit:NAME 单位:       of a source of this unit or of one below it
 * (name, or #number) kind: 类型:           article 文章, post 帖子, comment 评论, message 留言
 *   official: own:        yes 是 / no 否 (官方: 本办:)
 *   time: 时间:           2h, 7d, 2小时前 (the last), today 今天, yesterday 昨天, 本月, 11月20日,
 *                         2026-11-01, 2026-11, 2026年11月1日, 2026-11-01..2026-11-20 (whole days,
 *                         both in)
 *   since: 起:  until: 止:  from the start of / up to the end of such a value
 *
 * Full-width punctuation, colons and letters and traditional characters in keywords are accepted.
 * NEAR binds tighter than AND, AND than OR. Keywords in Latin letters are upper case: AND OR NOT
 * NEAR; in lower case they are words.
 */
#define HY_QUERY_MAX_BYTES 2048
#define HY_QUERY_MAX_TERMS 32 /* terms and conditions together */
#define HY_QUERY_MAX_DEPTH 16 /* of parentheses and negations */
#define HY_QUERY_MAX_NEAR 100 /* characters between the sides of NEAR */
#define HY_QUERY_NEAR 10      /* of NEAR without a number */

struct hy_query; /* immutable once parsed; may be shared by threads */

/* What the parser must be told. Zero-initialise what is unknown. */
struct hy_query_env {
	hy_time now;	  /* for 2h, today ... */
	int zone_minutes; /* east of UTC: what a day is (China: 480) */
	/* Gives the id of a source's name; false when there is none. NULL: only source:#number. */
	bool (*source)(void *user, const char *name, struct hy_source_id *out);
	/* Is there a source of this number? NULL: every number is taken. */
	bool (*source_known)(void *user, struct hy_source_id id);
	/*
	 * Gives the sources of a unit and of those below it, in rising order: a talloc array of *n,
	 * child of ctx (NULL when *n is 0). The unit is called by its name, or, name being NULL, by
	 * *id; its number goes to *id. False when there is none. NULL: no unit is known.
	 */
	bool (*unit)(void *user, const void *ctx, const char *name, struct hy_unit_id *id,
		     struct hy_source_id **sources, size_t *n);
	void *user;
	/* For a watch: times relative to now are refused, as they would stand still. */
	bool standing;
};

/*
 * Parses text (UTF-8, at most HY_QUERY_MAX_BYTES). An empty or blank text matches everything. *out
 * is a child of ctx (talloc_free). HY_EINPUT with one line that names the place ("at character 7");
 * nothing else. No blocking but in env->source.
 */
enum hy_status hy_query_parse(struct hy_query **out, const void *ctx, const char *text,
			      const struct hy_query_env *env, struct hy_err *err);
/* Writes the tree back as a query with every binding shown by parentheses: two texts that mean the
 * same tree give the same line. For `--explain` and tests. Child of ctx. */
char *hy_query_explain(const void *ctx, const struct hy_query *q);
/*
 * For a query that found nothing: the operator (a constant, as it would be written) that a word of
 * it looks like, or, near/7, ||, &&: such are words to look for. *said is that word (child of ctx).
 * NULL when there is none.
 */
const char *hy_query_meant(const void *ctx, const char *text, char **said);
/* True when the query has neither terms nor conditions. */
bool hy_query_is_empty(const struct hy_query *q);
/*
 * A regular expression (RE2's language) as a query: it looks for a match in the folded title or
 * text, so it is written as one would write the text: its characters are folded like any other, and
 * a blank of it goes where the fold drops one of the text (between two Han); beside what is not one
 * character, a group or brackets, it may be there or not.
 * HY_EINPUT: longer than HY_REGEX_MAX_BYTES, no expression, a program of more than
 * HY_REGEX_MAX_SIZE steps, or one that matches the empty text. Runs in time linear in the text.
 */
#define HY_REGEX_MAX_BYTES 500
#define HY_REGEX_MAX_SIZE 2000
#define HY_REGEX_MAX_RULES 500 /* enabled at a time; desk/ refuses more */
enum hy_status hy_query_regex(struct hy_query **out, const void *ctx, const char *pattern,
			      struct hy_err *err);
/* The text in double quotes, escaped so that the parser reads exactly it as one phrase. */
char *hy_query_quote(const void *ctx, const char *text);

/* What a query may ask of an item. Title and text are folded; the strings belong to the maker. */
struct hy_facts {
	const char *title, *text, *place; /* folded, not NULL */
	size_t title_n, text_n, place_n;  /* bytes */
	struct hy_source_id source;
	enum hy_item_kind kind;
	unsigned flags; /* HY_ITEM_* */
	hy_time posted;
};
/*
 * Folds the item's title, text and place into facts (children of ctx). Of each the first
 * HY_FACTS_MAX_BYTES are seen, by search and rules alike; ill-formed bytes count as U+FFFD. Fails
 * only as hy_fold does, which these cannot cause.
 */
#define HY_FACTS_MAX_BYTES (1u << 20)
enum hy_status hy_facts_of_item(struct hy_facts *out, const void *ctx, const struct hy_item *it,
				struct hy_err *err);
/*
 * The predicate. Pure. A term costs one memmem a field. `a NEAR/n b` holds when in one field a and
 * b stand without overlapping, in either order, with at most n code points of the folded text
 * between the end of the one and the beginning of the other; where both stand but never so near, it
 * costs a further look around each b.
 */
bool hy_query_matches(const struct hy_query *q, const struct hy_facts *f);

/* ---- highlights ---- */
enum hy_field { HY_FIELD_ANY, HY_FIELD_TITLE, HY_FIELD_TEXT };
struct hy_range {
	size_t start, end; /* bytes of the original, at character borders; half-open */
};
/*
 * Where the positive terms of q stand in `original` (unfolded UTF-8 of that field; HY_FIELD_ANY
 * takes terms of every field): sorted, merged where they touch or overlap, at most 1,000. *out is a
 * child of ctx, NULL with *n = 0 when none. HY_EINPUT as hy_fold.
 */
enum hy_status hy_query_highlight(const void *ctx, const struct hy_query *q, const char *original,
				  enum hy_field field, struct hy_range **out, size_t *n,
				  struct hy_err *err);
/*
 * A piece of original of at most `chars` code points around the first highlight (the beginning when
 * there is none), "…" where it was cut, blanks and line ends shown as one blank. The ranges of the
 * piece, in bytes of the piece, go to *out and *n (both may be NULL). Child of ctx.
 */
char *hy_query_snippet(const void *ctx, const struct hy_query *q, const char *original,
		       enum hy_field field, size_t chars, struct hy_range **out, size_t *n);
/* The positive terms of q as folded strings, in order, without repeats; talloc array of *n, child
 * of ctx. For "why". */
const char **hy_query_terms(const void *ctx, const struct hy_query *q, size_t *n);

/* The strings of which at least one must stand in an item for q to hold; *n = 0: q is tried on every
 * item. talloc array of *n, child of ctx. */
const char **hy_query_needs(const void *ctx, const struct hy_query *q, size_t *n);

/* ---- standing queries ---- */
struct hy_watchset; /* compiled; one thread at a time (holds scratch); talloc child */
#define HY_WATCHSET_MAX 100000
#define HY_WATCHSET_PLAIN 1u /* evaluate every tree, without Vectorscan: tests, valgrind */
/*
 * Compiles n queries (which must outlive the set). The literals of all queries stand in one
 * Vectorscan database, a query's tree is evaluated only when one of the literals that it cannot
 * match without was hit. Where Vectorscan cannot run, every tree is evaluated; the answers are the
 * same. May take a second for 10,000 queries: compile aside, then swap. HY_EINPUT past the limit.
 */
enum hy_status hy_watchset_new(struct hy_watchset **out, const void *ctx,
			       const struct hy_query *const *queries, size_t n, unsigned flags,
			       struct hy_err *err);
/* Indices (rising) of the queries that match; valid until the next call. Exactly those for which
 * hy_query_matches() is true. */
enum hy_status hy_watchset_match(struct hy_watchset *set, const struct hy_facts *f,
				 const uint32_t **out, size_t *n, struct hy_err *err);
/* True when Vectorscan does the work. */
bool hy_watchset_is_fast(const struct hy_watchset *set);

/* ---- reading the index ---- */
struct hy_index; /* read handle: one thread each; talloc child, freeing closes */
/*
 * Opens DIR/index for reading (dir is the office's folder). HY_ENOTFOUND: no index yet ("huying
 * index rebuild"); HY_ECORRUPT: damaged, or made by another version of fold or analyser: rebuild.
 * Blocks for the disk.
 */
enum hy_status hy_index_open(struct hy_index **out, const void *ctx, const char *dir,
			     struct hy_err *err);

#define HY_SEARCH_TOTAL 1u  /* count past the page */
#define HY_SEARCH_FACETS 2u /* facets and histogram over everything counted (implies TOTAL) */
#define HY_SEARCH_TEXT 4u   /* give the folded title and text with each hit */
#define HY_SEARCH_PAGES 8u  /* by pages: order, fold and cursor are looked at (implies TOTAL) */
#define HY_SEARCH_MAX_LIMIT 1000
#define HY_SEARCH_MAX_BARS 1000
/*
 * By relevance is BM25 (k1 1.2, b 0.75) over the terms that help an item to match: how often each
 * stands in the text (twice for the title), how rare it is, how long the text; counted in the texts
 * that matched, as no positions or lengths are kept. Equal scores: newest first.
 */
enum hy_order { HY_ORDER_NEWEST, HY_ORDER_RELEVANCE };
/*
 * Pages (HY_SEARCH_PAGES). A first page fixes what is looked at: everything up to the newest item
 * of that moment, back to where the budget ends, with "now" and the weights of its words. Its
 * `more` leads through exactly that, in one order, so pages neither repeat nor skip an item while
 * others arrive, in either order, folded or not; what arrived since is on a new first page. (An
 * item that was edited meanwhile has arrived anew; one that was withdrawn is gone.) When that
 * stretch is at its end, `more` leads to the next older one. Totals speak of all stretches so far.
 *
 * Folded, near-copies (copies.h) are one row: the first in the page's order of those that are alike
 * to the newest of them; hy_hit.copies counts the others. Across stretches they are not seen as
 * one.
 */
struct hy_search {
	const struct hy_query *query; /* NULL = everything */
	int64_t before; /* only seq below it: `next` of the page before; 0 = newest; without PAGES
			 */
	enum hy_order order; /* these four with PAGES */
	bool fold;
	const char *page; /* `more` of the page before; NULL or "" = the first */
	hy_time now;	  /* as the query was parsed; goes into `more`, see hy_search_now() */
	int limit;	  /* 0..HY_SEARCH_MAX_LIMIT */
	unsigned flags;	  /* HY_SEARCH_* */
	/* histogram: bars of `slot` ms (an hour, a day) aligned to the zone; 0 = none */
	hy_dur slot;
	int zone_minutes;
	/*
	 * Work allowed, in candidates looked at (long texts and many terms count as more); 0 = the
	 * default of 200,000. When it ends before the page is full the page is short, or empty, and
	 * `next` says where to go on.
	 */
	int64_t budget;
};
struct hy_hit {
	int64_t seq; /* read the item with hy_item_seq() */
	struct hy_item_id id;
	int revision;
	struct hy_source_id source;
	enum hy_item_kind kind;
	unsigned flags;
	hy_time posted, taken;
	int64_t copies;		  /* other items in this row; 0 when not folded */
	int64_t score;		  /* by relevance; 0 otherwise */
	const char *place;	  /* folded, "" */
	const char *title, *text; /* folded; NULL unless HY_SEARCH_TEXT */
};
struct hy_facet {
	const char *name; /* place, folded; NULL in the others */
	int64_t key;	  /* source id, or kind */
	int64_t count;
};
struct hy_bar {
	hy_time start; /* posted in [start, start + slot) */
	int64_t count;
};
struct hy_found {
	struct hy_hit *hits; /* newest arrival first (falling seq) */
	size_t n_hits;
	int64_t next;	  /* for .before of the next page; 0 = there is no more. Items that arrive
			     meanwhile do not move it */
	const char *more; /* with PAGES: for .page of the next page; NULL = there is no more */
	int64_t rows;	  /* with PAGES: rows of this stretch; total when not folded */
	int64_t total;
	bool total_exact; /* false: at least so many (the budget ended, or no TOTAL asked for) */
	struct hy_facet *sources, *kinds, *places; /* falling count */
	size_t n_sources, n_kinds, n_places;
	struct hy_bar *bars, *days; /* rising start, without empty ones; days: the same by day of
				       the zone, when a day is a whole number of slots */
	size_t n_bars, n_days;
	int64_t cursor;	    /* the log was indexed up to here */
	int64_t candidates; /* looked at, for `--explain` */
};
/*
 * Searches. *out is a child of ctx. Sees what was committed when it began; picks up new commits and
 * databases by itself. A writer that overtakes it costs a silent retry. HY_EINPUT on limits,
 * HY_ECORRUPT (rebuild), HY_ETEMP (overtaken five times), HY_ESYSTEM. Blocks for the disk; never
 * longer than the budget allows.
 */
enum hy_status hy_index_search(struct hy_index *ix, const void *ctx, const struct hy_search *s,
			       struct hy_found **out, struct hy_err *err);

/* What "now" was on the first page of these pages: parse the query with it, so that "2h" does not
 * move. HY_EINPUT when page is no such text. */
enum hy_status hy_search_now(const char *page, hy_time *out, struct hy_err *err);

/* ---- similar items ---- */
struct hy_like {
	int64_t seq; /* read the item with hy_item_seq() */
	struct hy_item_id id;
	int likeness; /* in 100: pairs of characters in common, of all of both */
	bool copy;    /* a near-copy, see copies.h */
};
struct hy_likes {
	struct hy_like *v; /* likest first; of equally like ones the newest */
	size_t n;
	int64_t total, copies; /* found, also past the limit */
	bool whole;	       /* false: only the newest 10,000 candidates were looked at */
};
/*
 * Items like the one with these facts, without it: copies, and those that share at least 15 in 100
 * of the pairs of characters of both. limit: 1 to HY_SEARCH_MAX_LIMIT. *out is a child of ctx.
 * Statuses and blocking as hy_index_search().
 */
enum hy_status hy_index_similar(struct hy_index *ix, const void *ctx, const struct hy_facts *f,
				struct hy_item_id self, int limit, struct hy_likes **out,
				struct hy_err *err);

struct hy_index_stats {
	int64_t cursor;		 /* seq up to which the log is indexed */
	int64_t documents, live; /* live: without tombstones */
	int64_t databases, bytes;
	int fold_version, version;
	hy_time posted_min, posted_max; /* 0 when empty */
	int generation;			/* rises with each rebuild */
};
enum hy_status hy_index_stats(struct hy_index *ix, struct hy_index_stats *out, struct hy_err *err);

/* ---- writing the index (the role `index` alone) ---- */
struct hy_index_writer;	    /* one a folder (lock), one thread gives the orders; talloc child,
			       freeing closes without committing */
#define HY_INDEX_CREATE 1u  /* make DIR/index when it is not there */
#define HY_INDEX_REBUILD 2u /* write a new generation beside the live one */
struct hy_index_options {
	unsigned flags;	     /* HY_INDEX_* */
	int zone_minutes;    /* the day of arrival is counted in office time */
	int writers;	     /* threads, each with its half of the items; 1 or 2, 0 = 2 */
	int64_t group_items; /* a busy day goes on in other databases after so many; 0 = 250,000 */
};
/*
 * Opens DIR/index for writing. HY_EBUSY: another process writes (the text says which, and the
 * cure); HY_ECORRUPT: rebuild; HY_ENOTFOUND without HY_INDEX_CREATE; HY_ENOSPACE, HY_ESYSTEM.
 */
enum hy_status hy_index_writer_open(struct hy_index_writer **out, const void *ctx, const char *dir,
				    const struct hy_index_options *o, struct hy_err *err);
/* The seq up to which everything is committed: feed hy_item_log() from here. 0 = nothing yet. */
int64_t hy_index_writer_cursor(const struct hy_index_writer *w);
/*
 * Adds revisions in rising seq (those at or below the cursor are skipped, so a replay is harmless).
 * Superseded ones and withdrawn ones are not indexed; a later revision hides the earlier ones, in
 * the same commit. Searchable after the commit. After a failure close the writer and open it anew.
 * A day that begins commits the day before. Blocks until they are taken in.
 */
enum hy_status hy_index_writer_add(struct hy_index_writer *w, const struct hy_item *items, size_t n,
				   struct hy_err *err);
/*
 * As hy_index_writer_add() without waiting: items, and facts (of each, or NULL: they are made here)
 * belong to `batch`, a talloc object that now belongs to the writer. A failure may be told by a
 * later call. Blocks while eight batches wait.
 */
enum hy_status hy_index_writer_post(struct hy_index_writer *w, void *batch,
				    const struct hy_item *items, const struct hy_facts *facts,
				    size_t n, struct hy_err *err);
/* Hides the revisions of an item up to and with seq `upto` (withdrawn, erased); with the next
 * commit. */
enum hy_status hy_index_writer_hide(struct hy_index_writer *w, struct hy_item_id id, int64_t upto,
				    struct hy_err *err);
/* Commits; the log now counts as indexed up to cursor (at least the last seq added). fsyncs. */
enum hy_status hy_index_writer_commit(struct hy_index_writer *w, int64_t cursor,
				      struct hy_err *err);
/* HY_INDEX_REBUILD only: commits and puts the new generation in the place of the old by one
 * rename, then removes the old. The live writer must be closed first (HY_EBUSY). Closes w. */
enum hy_status hy_index_writer_swap(struct hy_index_writer *w, struct hy_err *err);

/* Gives the next items of the log after `after`, at most a batch: a talloc array, child of ctx; n =
 * 0 at the end. hy_item_log() in the shape that index/ may know. */
typedef enum hy_status hy_index_feed_fn(void *user, const void *ctx, int64_t after,
					struct hy_item **out, size_t *n, struct hy_err *err);
/*
 * Feeds a writer from where it stands until the log ends; what it took is committed by
 * hy_index_writer_commit() or _swap(). *done (may be NULL) grows with each batch. A failure of feed
 * ends it; the writer goes on from there the next time.
 */
enum hy_status hy_index_refill(struct hy_index_writer *w, hy_index_feed_fn *feed, void *user,
			       int64_t *done, struct hy_err *err);
/*
 * Rebuilds from the log beside the live index and swaps. Searches go on with the old one meanwhile.
 * The live writer must be closed (HY_EBUSY); to rebuild while it writes, open a second writer with
 * HY_INDEX_REBUILD, refill it in a thread of its own, and swap. *done (may be NULL) counts items. A
 * kill leaves the old index.
 */
enum hy_status hy_index_rebuild(const char *dir, const struct hy_index_options *o,
				hy_index_feed_fn *feed, void *user, int64_t *done,
				struct hy_err *err);

/* ---- upkeep: packing, joining, erasing, dropping ---- */
/* Which seqs of [min, max] the record still has: rising, talloc array of *n, child of ctx. */
typedef enum hy_status hy_index_left_fn(void *user, const void *ctx, int64_t min, int64_t max,
					int64_t **out, size_t *n, struct hy_err *err);
struct hy_index_upkeep {
	int64_t today; /* days since 1970 in office time: days before it are over and are packed */
	/* Databases with days of arrival before it lose the documents that `left` does not name,
	 * and go whole when none stays; but the newest, which holds the cursor. INT64_MIN: none do.
	 * left NULL: those go of which all days are before it. */
	int64_t keep_from;
	hy_index_left_fn *left;
	void *user;
	bool erase;  /* what is hidden leaves the disk: its database is written anew */
	bool months; /* months that are over become one database each; before that days go together by
		      * fours, and these again; else by fours alone */
	bool all;    /* also what could wait: parts of today, the last day written */
};
/*
 * Beside a writer, called by its thread: starts the next task, if there is one and none is under
 * way, in a thread of its own; *busy tells whether one is under way now. May close what is being
 * written, so that hidden text can be erased from it. Searches see no difference.
 */
enum hy_status hy_index_care_start(struct hy_index_writer *w, const struct hy_index_upkeep *u,
				   bool *busy, struct hy_err *err);
/* Puts a task that has ended in its place by one rename and removes the old files; wait: blocks for
 * it. *busy: it is still under way. A failure of the task changed nothing; call start again. */
enum hy_status hy_index_care_poll(struct hy_index_writer *w, bool wait, bool *busy,
				  struct hy_err *err);
/* Whether the task under way has ended and waits for the poll; true without one. */
bool hy_index_care_ended(const struct hy_index_writer *w);
/* Documents of the task under way; 0 of 0 without one. */
void hy_index_care_progress(const struct hy_index_writer *w, int64_t *done, int64_t *total);
/* All tasks that there are, one after the other, with no writer running (HY_EBUSY). *tasks (may be
 * NULL): how many. */
enum hy_status hy_index_upkeep(const char *dir, const struct hy_index_upkeep *u, int64_t *tasks,
			       struct hy_err *err);
/* As hy_index_upkeep() with everything that can be done: packed, joined to months, erased. */
enum hy_status hy_index_compact(const char *dir, int64_t today, int64_t *tasks, struct hy_err *err);

#define HY_INDEX_CHECK_DEEP 1u	 /* read every document and posting of every database */
#define HY_INDEX_CHECK_COUNTS 2u /* compare counts and cursor alone: reads no file */
struct hy_index_expect {
	int64_t live;	/* latest revisions not withdrawn with seq <= cursor; -1 = not known */
	int64_t cursor; /* the index must not be ahead of it (the last seq of the log); -1 */
	/* Called now and then with bytes done and of all; false ends the check with HY_EBUSY. NULL:
	 * not called. */
	bool (*progress)(void *user, int64_t done, int64_t total);
	void *user;
};
/*
 * Looks for damage: files against their recorded sizes and hashes (packed databases), counts, and
 * sums over documents and postings (those being written always, all with DEEP). HY_OK and
 * "" in *report (child of ctx), or HY_ECORRUPT with one line a problem and err naming the cure. May
 * run beside a writer and its upkeep, but then without expectations of counts; HY_ETEMP when the
 * writer was faster each time. Blocks as long as reading the files takes.
 */
enum hy_status hy_index_check(const char *dir, const void *ctx, const struct hy_index_expect *e,
			      unsigned flags, char **report, struct hy_err *err);

#endif
