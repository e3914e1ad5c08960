/*
 * Receiving, private to desk/: the boxes (one an account: path, keys, source), what one thing said
 * becomes (intake.c), and the group commit (receive.c).
 */
#ifndef HY_DESK_RECEIVE_H
#define HY_DESK_RECEIVE_H

#include "desk/internal.h"
#include "platforms/platforms.h"

/* ---- desk/box.c ---- */

#define BOX_PATH_LEN 32 /* hex digits of a path's secret part */

/* Where one account is written to. Strings and secrets are children of it. */
struct desk_box {
	struct hy_account_id account;
	struct hy_source_id source;
	const char *name;	 /* of the account */
	const char *url, *reach; /* where the platform can be asked for what was missed, or NULL */
	const struct hy_receiver *receiver;
	char path[BOX_PATH_LEN + 1]; /* "" where it comes over a line */
	struct hy_callback_keys keys;
	/* Lines: since when this one is bound, and when something came over the one before; or 0. */
	hy_time bound_at, heard_before;
};
/* All boxes of accounts that are not revoked; children of ctx. */
enum hy_status desk_boxes(struct hy_desk *desk, const void *ctx, struct desk_box **out, size_t *n,
			  struct hy_err *err);
/* The account's box; HY_ENOTFOUND when it has none. */
enum hy_status desk_box_of(struct hy_desk *desk, const void *ctx, const struct hy_account *account,
			   struct desk_box *out, struct hy_err *err);
/* The source that the items of this account hang on, made at first need (known: 0). */
enum hy_status desk_box_source(struct hy_desk *desk, const void *ctx,
			       const struct hy_account *account, int64_t known,
			       struct hy_source_id *out, struct hy_err *err);
/* HMAC-SHA-256 under the contact key over "what|source or account|text", 16 bytes. The key is made
 * from the master key and stands nowhere. */
void desk_keyed(const struct hy_desk *desk, const char *what, int64_t of, const void *bytes,
		size_t n, uint8_t out[HY_HASH_LEN]);

/* ---- desk/intake.c ---- */

struct desk_intake {
	struct hy_desk *desk;
	struct hy_case_rules rules;
	int day;		  /* of the office: of the counts */
	hy_dur join;		  /* a further message joins the open case for so long */
	const uint8_t *voice_key; /* of this week, or NULL */
	const char *sweep;	  /* "sweep" while catching up, else "" */
};
enum desk_said { DESK_SAID_NEW, DESK_SAID_REPEAT, DESK_SAID_REFUSED };
/* What became of one thing said. */
struct desk_taken {
	enum desk_said said;
	const char *why;	/* of a refusal */
	struct hy_case_id cs;	/* the case it belongs to, or 0 */
	bool opened;		/* it opened the case, now or when it came first */
	struct hy_item_id item; /* the item it made, when it opened a case */
};
/* Takes in one thing, in the open transaction, and counts it. Strings of out are constants. */
enum hy_status desk_take_in(struct desk_intake *in, const void *ctx, const struct desk_box *box,
			    const struct hy_push *p, struct desk_taken *out, struct hy_err *err);
/* Whether it was said before: HY_OK with what became of it; HY_ENOTFOUND. key: under which that stands
 * or shall stand. p gets a name when it has none. */
enum hy_status desk_said_before(struct desk_intake *in, const void *ctx, const struct desk_box *box,
				struct hy_push *p, uint8_t key[HY_HASH_LEN],
				struct hy_push_row **out, struct hy_err *err);
/* What came, before anybody looks at it: whole callbacks that are refused, else things said. */
enum hy_status desk_count_received(struct desk_intake *in, const struct desk_box *box, int64_t n,
				   struct hy_err *err);
enum hy_status desk_count_refused(struct desk_intake *in, const struct desk_box *box,
				  const char *why, struct hy_err *err);

/* ---- desk/receive.c ---- */

#define RAW_KEPT (7 * HY_DAY) /* what came as it came, sealed */

/* Reads again what was not understood when it came: *done of *n. In transactions of its own. */
enum hy_status desk_replay(struct hy_desk *desk, const struct desk_box *box, int64_t *done,
			   int64_t *left, struct hy_err *err);
/* Fills in what intake needs; children of ctx. */
enum hy_status desk_intake_begin(struct hy_desk *desk, const void *ctx, struct desk_intake *in,
				 struct hy_err *err);

/* One PDU over a line, as hy_receive_add(). The box lives until done was called. */
void desk_receive_pdu(struct hy_receive *r, const struct desk_box *box, const char *bytes, size_t n,
		      hy_receive_fn *done, void *user);
/* Takes note of it in the journal: the bytes as they came, for a parser that knows better. */
enum hy_status desk_journal(struct desk_intake *in, const void *ctx, const struct desk_box *box,
			    struct hy_callback_row *row, const char *query, const char *clear,
			    size_t n_clear, struct hy_err *err);
/* The bytes of a row of the journal; NULL when it is damaged. */
const char *desk_journal_clear(const struct hy_callback_row *row, size_t *n);

/* ---- desk/parts.c: messages that come in parts ---- */

/* Keeps one part, and takes in the whole when it was the last that was missing. raw: as it came.
 * *got counts what became of it. In the open transaction. */
enum hy_status desk_take_part(struct desk_intake *in, const void *ctx, const struct desk_box *box,
			      const struct hy_push *part, const char *raw, size_t n_raw,
			      struct hy_received *got, struct hy_err *err);
/* Takes in, with a mark where something is missing, what waits for its rest since before: at most
 * limit messages. In the open transaction. */
enum hy_status desk_parts_late(struct desk_intake *in, const void *ctx, const struct desk_box *box,
			       hy_time before, int limit, struct hy_received *got,
			       struct hy_err *err);

/* ---- desk/media.c: what is sent beside words ---- */

/* Plans to fetch what p carries, for its case; nothing when it carries nothing that can be fetched.
 * said: when it was sent. In the open transaction. */
enum hy_status desk_media_plan(struct desk_intake *in, const struct desk_box *box,
			       const struct hy_push *p, const char *id, hy_time said,
			       struct hy_case_id cs, struct hy_err *err);
/* Fetches it. talloc child of ctx. */
struct desk_media;
enum hy_status desk_media_new(struct desk_media **out, const void *ctx, struct hy_desk *desk,
			      struct hy_loop *loop, struct hy_err *err);
/* Starts what is due; *next is lowered to when more is. What comes is written from the loop. */
enum hy_status desk_media_turn(struct desk_media *d, hy_time now, hy_time *next,
			       struct hy_err *err);
bool desk_media_busy(const struct desk_media *d);
/* By the bytes alone: one of ten that are known, else application/octet-stream. */
const char *desk_media_type(const void *bytes, size_t n);
/* case.show: media[], where there are any. */
enum hy_status desk_put_media(struct hy_desk *desk, struct hy_json_writer *w, struct hy_case_id cs,
			      struct hy_err *err);

/* ---- desk/line.c: lines to message centres ---- */

/* Keeps a line bound for each account of a platform that has lines. talloc child of ctx, and to be
 * freed before r. */
struct desk_lines;
enum hy_status desk_lines_new(struct desk_lines **out, const void *ctx, struct hy_receive *r,
			      struct hy_desk *desk, struct hy_loop *loop, struct hy_err *err);
/* Opens, renews and ends them as the accounts say; *next is lowered to when more is to do. */
enum hy_status desk_lines_turn(struct desk_lines *lines, hy_time now, hy_time *next,
			       struct hy_err *err);
/* Meta key of how the line of an account is: "bound" or "down", since when (ms), why. child of ctx. */
char *desk_line_key(const void *ctx, struct hy_account_id id);
/* That, for who lists the accounts, and in words, a child of ctx; NULL for accounts of other
 * platforms. */
char *desk_put_line(struct hy_desk *desk, const void *ctx, struct hy_json_writer *w,
		    const struct hy_account *a);
/* Its box, as desk_box_of(); HY_ENOTFOUND when it was never connected. */
enum hy_status desk_line_box(struct hy_desk *desk, const void *ctx,
			     const struct hy_account *account, struct desk_box *out,
			     struct hy_err *err);
/* Can this be such an account? HY_EINPUT with the cure. */
enum hy_status desk_line_check(const struct hy_account *a, const char *secret, struct hy_err *err);

/* ---- desk/sweep.c ---- */

/* Asks the systems that can be asked for what was missed. talloc child of ctx. */
struct desk_sweeper;
enum hy_status desk_sweeper_new(struct desk_sweeper **out, const void *ctx, struct hy_desk *desk,
				struct hy_loop *loop, struct hy_err *err);
/* Starts what is due; *next is lowered to when more is. Answers come by the loop. */
enum hy_status desk_sweep(struct desk_sweeper *s, hy_time now, hy_time *next, struct hy_err *err);
bool desk_sweeper_busy(const struct desk_sweeper *s);

#endif
