/*
 * Imports, private to desk/: a sheet that somebody exported from a message board, a mailbox or a
 * hotline, and references that a clerk types in. A row is known by its source and its original
 * number, without one by its content; which is why the same file twice changes nothing.
 */
#ifndef HY_DESK_IMPORT_H
#define HY_DESK_IMPORT_H

#include "collectors/collectors.h"
#include "desk/receive.h"

#define DESK_IMPORT "import"	 /* kind of the sources */
#define DESK_REFERENCE_MAX 200 /* bytes of an original number */

/* One row, and what became or would become of it. */
struct desk_row {
	int64_t line;
	const char *cell[HY_MEANINGS]; /* "" when empty */
	hy_time time;		       /* of arrival; 0 = the sheet does not say */
	hy_time told; /* as the sheet has it, 00:00 where it says a day alone: what it is known by */
	bool day;     /* it says a day alone */
	enum hy_table_state state; /* as the sheet has it */
	hy_time closed;		   /* with HY_TABLE_CLOSED: not before its arrival */
	bool closed_unclear;	   /* the time of closing is not to be read: it is that of arrival */
	enum desk_said said;
	const char *why; /* of a refusal: a name, see desk_import_why(); or "" */
	bool other;	 /* a repeat whose words are other ones than those we have */
	struct hy_case_id cs;
	struct hy_item_id item;
	uint8_t key[HY_HASH_LEN];
	hy_time words; /* hash of the content */
};
struct desk_import {
	struct hy_desk *desk;
	const char *source_name;
	struct hy_source *source; /* NULL: it is made by the run */
	const char *options;	  /* what the source is to remember */
	const char *channel;
	bool posts, save;
	struct hy_table *table;
	struct hy_table_map map;
	uint8_t sha256[HY_SHA256_LEN]; /* of the file */
	const char *known_as;	       /* another source, which took in the same file; or NULL */
	hy_time now, oldest;
	struct hy_calendar *cal; /* the office's */
	struct desk_row *rows;
	size_t n_rows, skipped; /* totals */
	int64_t counts[3];	/* by desk_said */
	size_t others;
	const char *first, *last; /* numbers of the cases that were opened */
};
/* Reads the file of the parameters apart, finds source and mapping, and prepares the rows. All are
 * children of ctx. HY_EINPUT. */
enum hy_status desk_import_read(struct hy_desk *desk, const void *ctx, const struct hy_json *params,
				struct desk_import *out, struct hy_err *err);
/* What would become of each row; nothing is written. */
enum hy_status desk_import_judge(struct desk_import *im, struct hy_err *err);
/* Takes the rows [from, to) in, in the open transaction, with their counts. A batch at a time, so that
 * nobody waits long for the record; what was cut off between two is completed by the same file. */
#define DESK_IMPORT_BATCH 500
enum hy_status desk_import_take(struct desk_import *im, const void *ctx, size_t from, size_t to,
				struct hy_err *err);
/* In an open transaction: the source has taken this file in. */
enum hy_status desk_import_mark(struct desk_import *im, struct hy_err *err);
/* How far the file came: in the transaction of the rows [from, to). */
enum hy_status desk_import_log(struct desk_import *im, const void *ctx, size_t from, size_t to,
			       struct hy_err *err);
/* The row's key under the source that it has by now. */
void desk_import_key(struct desk_import *im, struct desk_row *row);
/* A reason as people read it. */
const char *desk_import_why(const char *why);

/* ---- original numbers ---- */

/* The channel's one name: "电话" is phone. Words of the office's own stay as they are. */
const char *desk_channel(const char *said);

/* The case that has this original number: typed in for the channel, or imported by a source of it.
 * HY_ENOTFOUND without a text. */
enum hy_status desk_reference_find(struct hy_desk *desk, const void *ctx, const char *channel,
				   const char *reference, struct hy_case_id *out,
				   struct hy_err *err);
/* The half of it: only what was typed in. */
enum hy_status desk_reference_typed(struct hy_desk *desk, const void *ctx, const char *channel,
				    const char *reference, struct hy_case_id *out,
				    struct hy_err *err);
/* All cases with this number, whatever the channel; children of ctx. */
enum hy_status desk_reference_cases(struct hy_desk *desk, const void *ctx, const char *reference,
				    struct hy_case_id **out, size_t *n, struct hy_err *err);
/* A clerk typed it in with a new case: remembered, and written into the case. In a transaction. */
enum hy_status desk_reference_keep(struct hy_desk *desk, const void *ctx, const char *channel,
				   const char *reference, struct hy_case_id cs, struct hy_err *err);
/* Writes it into the case's history, sealed. In a transaction. */
enum hy_status desk_reference_note(struct hy_desk *desk, const void *ctx, const char *reference,
				   struct hy_case_id cs, struct hy_err *err);
/* How the writer of a case is answered, where no account is between: phone, mail. */
enum hy_status desk_contact_keep(struct hy_desk *desk, const char *handle, struct hy_case_id cs,
				 hy_time at, struct hy_err *err);
#define DESK_ORIGIN "origin" /* kind of the event that holds the number */

#endif
