/*
 * The walk that every kind of search is made of, and what is counted on the way. Seen only inside
 * index/.
 */
#ifndef HY_INDEX_WALK_H
#define HY_INDEX_WALK_H

#include "index/layout.h"

/* Work allowed where nothing is said, in candidates. */
#define HY_WALK_BUDGET 200000

/* Matches of a query in falling seq, through all databases. */
struct hy_walk {
	const struct hy_query *query;
	int64_t before; /* only seq below it; 0 = all */
	int64_t floor;	/* only seq at or above it */
	bool whole;	/* all will be walked, not just the first page */
	int64_t budget;
	/* Called for each match, with a record that is valid during the call; false ends the walk.
	 */
	bool (*each)(void *user, const struct hy_rec *r);
	void *user;
	/* what came of it */
	int64_t candidates; /* looked at */
	int64_t last;	    /* seq last looked at */
	bool spent;	    /* the budget ended it */
	bool ended;	    /* each() did */
	int64_t left;	    /* of the budget */
};
/* set is refreshed by the caller. HY_ETEMP: a writer overtook it; HY_ECORRUPT, HY_ESYSTEM. */
enum hy_status hy_walk_run(struct hy_dbset *set, struct hy_walk *w, struct hy_err *err);

/* ---- counts by source, kind, place and time of posting ---- */
struct hy_tally {
	struct hy_facet *v;
	bool *used;
	size_t n, cap;
};
struct hy_tallies {
	const void *ctx; /* what they hang off: the struct hy_found */
	bool facets;
	hy_dur slot; /* of the bars, 0 = none */
	int zone_minutes;
	struct hy_tally sources, kinds, places, bars;
};
void hy_tallies_add(struct hy_tallies *t, const struct hy_rec *r);
/* Puts them in order into f. */
void hy_tallies_settle(struct hy_tallies *t, struct hy_found *f);

/* The databases of a reader. */
struct hy_dbset *hy_index_set(struct hy_index *ix);

/* What of a record a hit says; texts hang off ctx and are left out without HY_SEARCH_TEXT. */
void hy_hit_fill(struct hy_hit *h, const void *ctx, const struct hy_rec *r, unsigned flags);

/* ---- pages with a cursor: view.c ---- */
enum hy_status hy_view_search(struct hy_dbset *set, const void *ctx, const struct hy_search *s,
			      const struct hy_query *q, struct hy_found **out, struct hy_err *err);

/* ---- rank.c: BM25 by counting words in the texts that matched ---- */
struct hy_rank {
	const struct hy_node *terms[HY_QUERY_MAX_TERMS]; /* positive ones, without repeats */
	size_t n;
	int32_t weight[HY_QUERY_MAX_TERMS]; /* 1,000 times ln of the rarity */
	int64_t mean;			    /* bytes of a text, on the mean; at least 1 */
};
/* The terms of q that help an item to match, and how rare each is among all documents (an upper
 * bound of its number: that of its rarest bigram). mean stays 0. */
enum hy_status hy_rank_init(struct hy_rank *rank, struct hy_dbset *set, const struct hy_query *q,
			    struct hy_err *err);
/* About in how many documents a term stands, not less than in truth. */
enum hy_status hy_rank_documents(struct hy_dbset *set, const struct hy_node *t, double *out,
				 struct hy_err *err);
/* The same terms without a look at the databases: weights stay 0, the caller knows them. */
void hy_rank_terms(struct hy_rank *rank, const struct hy_query *q);
/* How often each term stands in the record, counted up to 255; in the title it counts twice. */
void hy_rank_count(const struct hy_rank *rank, const struct hy_rec *r,
		   uint8_t counts[HY_QUERY_MAX_TERMS]);
/* The score: whole numbers alone, the same everywhere. bytes: of title and text. */
int64_t hy_rank_score(const struct hy_rank *rank, const uint8_t *counts, int64_t bytes);

/* ---- cursor.c: where a page ends, as text ---- */
struct hy_cursor {
	uint64_t of;	    /* hash of query, order and folding: a cursor fits no other search */
	hy_time at;	    /* what "now" was on the first page */
	int64_t top, floor; /* the seqs looked at: floor <= seq <= top */
	int64_t score, seq; /* the last row shown; seq 0 = none of this stretch yet */
	int64_t counted;    /* matches of the stretches before */
	int64_t mean;
	int32_t weight[HY_QUERY_MAX_TERMS];
	size_t n_weights;
};
char *hy_cursor_text(const void *ctx, const struct hy_cursor *c);
/* HY_EINPUT when text is none. */
enum hy_status hy_cursor_parse(struct hy_cursor *out, const char *text, struct hy_err *err);

#endif
