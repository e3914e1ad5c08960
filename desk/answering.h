/* Answers to citizens, private to desk/: which way one goes, what the record says of it, and who is
 * called. */
#ifndef HY_DESK_ANSWERING_H
#define HY_DESK_ANSWERING_H

#include "desk/internal.h"
#include "platforms/platforms.h"
#include "publisher/publisher.h"

/* ---- the way ---- */

/* How the writer of a case is answered. Children of the context given. */
struct desk_answer_way {
	struct hy_account *account;	 /* NULL: the case came by none */
	const char *contact;		 /* where a person answers by hand: phone, mail; or NULL */
	hy_time until;			 /* the platform takes an answer until then; 0 = no end */
	struct hy_answer_sms sms;	 /* of a gateway */
	const struct hy_answer_way *way; /* NULL with why */
	const char *why;		 /* nothing can be sent: one line; NULL = it can */
};
enum hy_status desk_answer_way(struct hy_desk *desk, const void *ctx, struct hy_case_id cs,
			       struct desk_answer_way *out, struct hy_err *err);
/* sms "NAME" of huying.conf; strings are the configuration's. */
bool desk_answer_sms(struct hy_desk *desk, const struct hy_account *a, struct hy_answer_sms *out);

/* ---- the reply ---- */

/* What becomes of a reply. */
struct desk_answer_plan {
	struct desk_answer_way way;
	struct hy_answer_id id; /* 0 = by hand */
	bool whole;		/* the words themselves; else a notice that they can be looked up */
	bool by_hand;		/* as the person said */
};
/* In the transaction of the step: plans the answer with these words, where it can be sent. */
enum hy_status desk_answer_plan(struct hy_desk *desk, const void *ctx, struct hy_case_id cs,
				struct hy_person_id actor, const char *text,
				struct desk_answer_plan *plan, struct hy_err *err);
/* answer, answer_id, account, answer_whole; or answer, answer_why */
void desk_put_plan(struct hy_json_writer *w, const struct desk_answer_plan *plan);
/* case.show: answers[], and how the next one would go. */
enum hy_status desk_put_answers(struct hy_desk *desk, struct hy_json_writer *w,
				const struct hy_case *c, struct hy_err *err);

/* The trace of a look at what a citizen wrote. HY_EREFUSED: not theirs to handle, and no reason. */
enum hy_status desk_case_viewed(struct hy_desk *desk, struct hy_person_id actor,
				const struct hy_case *c, const char *why, struct hy_err *err);

/* ---- what became of it ---- */

/* The record comes out of a backup: what was on its way then may have gone out since, and is a
 * person's. */
enum hy_status desk_answers_restored(struct hy_desk *desk, struct hy_err *err);
/* Calls a person to an answer that only a person can settle. */
void desk_answer_page(struct hy_desk *desk, const struct hy_answer *a, const char *why);
/* The carrier says, being asked, that it could not deliver this one. */
void desk_answer_undelivered(struct hy_desk *desk, const struct hy_answer *a);
/* A carrier's report: notes it with the answer that it is about. *out: that answer as it was, child
 * of ctx; NULL when there is none. In the open transaction. */
enum hy_status desk_answer_told(struct hy_desk *desk, const void *ctx,
				const struct hy_account_id account, const char *platform,
				const struct hy_push *p, struct hy_answer **out,
				struct hy_err *err);

#endif
