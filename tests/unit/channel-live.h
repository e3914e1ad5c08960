/* The outbox against the practice platforms, on one loop and one clock: what the tests of channels
 * share. */
#ifndef HY_TESTS_CHANNEL_LIVE_H
#define HY_TESTS_CHANNEL_LIVE_H

#include "tests/unit/test-store.h"

#include "publisher/publisher.h"
#include "tests/unit/practice-live.h"

#define BASE "https://www.linjiang.example/public/"

struct world {
	struct fix *f;
	enum hy_practice_platform platform;
	const char *name; /* of the platform */
	struct hy_person_id li, wang;
	struct hy_account_id site, a[3]; /* a[i]: the i-th account of the practice platform */
	struct hy_outbox *ob;
	struct hy_lease lease;
	int paged;
	char why[HY_ERR_TEXT_MAX]; /* of the last page */
};

/* secrets[i] of a[i]; NULL ends. */
struct world *world_begin_at(enum hy_practice_platform platform, const char *name,
			     const char *login, const char *const *secrets);
void world_end(struct world *w);

/* A draft; approved as it is, or with its finding. */
struct hy_statement_id draft(struct world *w, const struct hy_statement *s);
void approve(struct world *w, struct hy_statement_id id);
/* A notice for the site and the first n accounts, approved. */
struct hy_statement_id notice(struct world *w, const char *title, const char *text, size_t n);
/* The code of the first blocking finding, or NULL; its text in *why when not NULL. */
const char *blocked(struct world *w, struct hy_statement_id id, const char **why);
/* What the i-th account's platform is given. */
struct hy_form form_of(struct world *w, struct hy_statement_id id, int i);

void run(struct world *w);
void later(struct world *w, hy_dur d); /* both clocks */
/* later and run, until the delivery is in this state; fails after n times. */
void until_state(struct world *w, struct hy_statement_id id, int i, enum hy_delivery_state state,
		 hy_dur d, int n);
/* Of the i-th account. */
struct hy_delivery *delivery_of(struct world *w, struct hy_statement_id id, int i);

/* The next `times` writes (reads) to a path with op in it go wrong. */
void fault(struct world *w, enum hy_practice_fault kind, const char *op, int times);
void fault_rule(struct world *w, struct hy_practice_fault_rule rule);
/* What clients wrote to the platform and what stands there still: how many, and the k-th. */
size_t notes(struct world *w, const struct hy_json **out, size_t k);

/* What stands there is what was approved, byte for byte, with its receipt; account i, k-th note. */
void same_bytes(struct world *w, struct hy_statement_id id, int i, size_t k);
char *repeated(struct world *w, const char *piece, int n);
/* An erratum of a statement, for the site and the first account, approved. */
struct hy_statement_id erratum(struct world *w, struct hy_statement_id of);
/* Every code of the platform's table, by script on writes to op of the account `of`: the delivery is
 * in the state that the table's status means, and the other account's is sent. How many. */
int every_code(struct world *w, const char *op, const char *of);

/* A case of somebody who wrote over the account, last at this time; and what is replied to it. */
struct hy_case_id a_case(struct world *w, struct hy_account_id account, const char *handle,
			 hy_time last);
struct hy_answer_id reply(struct world *w, struct hy_case_id cs, struct hy_account_id to,
			  const char *text);

#endif
