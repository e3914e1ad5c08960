/* The role index as its two files share it: following the log (indexing.c) and upkeep (upkeep.c).
 */
#ifndef HY_DESK_INDEXING_H
#define HY_DESK_INDEXING_H

#include "desk/internal.h"

struct indexing {
	struct hy_desk *desk;
	struct hy_index_writer *writer; /* NULL while a damaged index is made anew */
	struct aside *remake;		/* a new index, being filled beside the live one */
	struct aside *check;		/* a look for damage under way */
	hy_time checked, cared, erased; /* when last begun */
	bool caring;			/* a task of upkeep is under way */
	bool by_hand;			/* huying index compact waits for it */
	bool asked_remake;		/* huying index rebuild waits for it */
	bool owed;			/* a turn, once what is under way has ended */
	int64_t added;			/* the last place given to the writer */
	int64_t committed_at;		/* monotonic ms */
	hy_time noted;			/* progress, monotonic */
};

/* Options of the writer: zone and the configuration's figures. */
struct hy_index_options indexing_options(struct hy_desk *desk);
/* Opens the writer. Where the index is damaged, of another version or ahead of the record, begins
 * to make it anew instead and leaves in->writer NULL. */
enum hy_status indexing_open(struct indexing *in, struct hy_err *err);
void indexing_close(struct indexing *in);
/* Damage was met: nothing more is written into it, a new one is begun. */
enum hy_status indexing_damaged(struct indexing *in, struct hy_err *err);
/* What upkeep there is: moves on what is under way, begins what is due. Does not block for long. */
enum hy_status indexing_upkeep(struct indexing *in, hy_time now, struct hy_err *err);
/* True while a thread of upkeep works; and once more when all have ended, for the turn owed to them. */
bool indexing_busy(struct indexing *in);
/* What upkeep is for at this hour; by_hand: everything that can be done. */
enum hy_status desk_index_plan(struct hy_desk *desk, hy_time now, bool by_hand,
			       struct hy_index_upkeep *u, struct hy_err *err);
/* "job", "job_done", "job_total" of what is under way by a person's wish. */
enum hy_status desk_index_job(struct hy_desk *desk, struct hy_json_writer *w, struct hy_err *err);
/*
 * A reader met damage (status of a search, its err): the role index is called, which looks for it
 * and makes the index anew. Returns what the reader is to be told: HY_ETEMP where the role runs, else
 * HY_ECORRUPT with the cure. Any other status is passed on.
 */
enum hy_status desk_index_met(struct hy_desk *desk, enum hy_status status, struct hy_err *err);
/* Ends the threads. */
void indexing_end(struct indexing *in);

#endif
