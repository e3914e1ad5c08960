/* Statements, approvals and deliveries; and the same rules against direct SQL (T-WF-1, G7). */
#include "tests/unit/test-store.h"

struct desk {
	struct hy_person_id li, wang, zhao;
	struct hy_account_id site, wp;
	struct hy_claim_id claim;
};

static const uint8_t digest1[HY_SHA256_LEN] = {1}, digest2[HY_SHA256_LEN] = {2};
static const uint8_t signature[HY_ED25519_SIG_LEN] = {5};

static struct desk make_desk(struct fix *f)
{
	struct desk d = {.li = add_person(f, "li")};

	d.wang = add_person(f, "wang");
	d.zhao = add_person(f, "zhao");
	OK(hy_account_add(f->st, &(struct hy_account){.name = "site", .platform = "site"}, NULL,
			  &d.site, &f->err));
	OK(hy_account_add(f->st, &(struct hy_account){.name = "wp", .platform = "wordpress"}, NULL,
			  &d.wp, &f->err));
	OK(hy_claim_add(f->st, &(struct hy_claim){.text = "x"}, &d.claim, &f->err));
	return d;
}

static struct hy_statement_id draft(struct fix *f, struct desk *d, enum hy_statement_kind kind)
{
	struct hy_account_id to[] = {d->wp, d->site, d->wp};
	struct hy_statement s = {.kind = kind,
				 .claim = kind == HY_STATEMENT_CORRECTION ? d->claim
									  : (struct hy_claim_id){0},
				 .title = "通告",
				 .text = "明天停水",
				 .targets = to,
				 .n_targets = 3,
				 .not_before = NOW,
				 .not_after = NOW + HY_DAY,
				 .author = d->li};
	struct hy_statement_id id = {0};

	memcpy(s.digest, digest1, sizeof s.digest);
	OK(hy_statement_add(f->st, &s, &id, &f->err));
	return id;
}

static struct hy_statement_id approved(struct fix *f, struct desk *d)
{
	struct hy_statement_id id = draft(f, d, HY_STATEMENT_NOTICE);

	OK(hy_statement_submit(f->st, id, 1, d->li, &f->err));
	OK(hy_statement_approve(f->st, id, 1, digest1, d->wang, signature, &f->err));
	return id;
}

static void life_of_a_statement(void **state)
{
	struct fix *f = *state;
	struct desk d = make_desk(f);
	struct hy_statement_id id = draft(f, &d, HY_STATEMENT_NOTICE);
	struct hy_statement *s = NULL, *old = NULL;
	struct hy_delivery *dl = NULL;
	size_t n = 0;

	OK(hy_statement_get(f->st, f, id, &s, &f->err));
	assert_int_equal(s->n_targets, 2);
	assert_int_equal(s->targets[0].v, d.site.v);
	assert_true(strlen(s->marker) >= 16);
	FAILS(hy_statement_approve(f->st, id, 1, digest1, d.wang, signature, &f->err),
	      HY_ECONFLICT);
	OK(hy_statement_submit(f->st, id, 1, d.li, &f->err));
	FAILS(hy_statement_submit(f->st, id, 1, d.li, &f->err), HY_ECONFLICT);

	/* A revision takes it back to a draft; what was shown before is not approved. */
	s->text = "后天停水";
	s->author = d.zhao;
	memcpy(s->digest, digest2, sizeof s->digest);
	OK(hy_statement_revise(f->st, s, &f->err));
	FAILS(hy_statement_revise(f->st, s, &f->err), HY_ECONFLICT);
	FAILS(hy_statement_submit(f->st, id, 1, d.li, &f->err), HY_ECONFLICT);
	OK(hy_statement_submit(f->st, id, 2, d.li, &f->err));
	FAILS(hy_statement_approve(f->st, id, 1, digest1, d.wang, signature, &f->err),
	      HY_ECONFLICT);
	FAILS(hy_statement_approve(f->st, id, 2, digest1, d.wang, signature, &f->err),
	      HY_ECONFLICT);
	/* Neither author, of the first nor of the second revision. */
	FAILS(hy_statement_approve(f->st, id, 2, digest2, d.li, signature, &f->err), HY_EREFUSED);
	FAILS(hy_statement_approve(f->st, id, 2, digest2, d.zhao, signature, &f->err), HY_EREFUSED);
	OK(hy_statement_reject(f->st, id, 2, d.wang, "再改", &f->err));
	OK(hy_statement_get(f->st, f, id, &s, &f->err));
	assert_int_equal(s->state, HY_STATEMENT_REJECTED);
	assert_string_equal(s->reject_why, "再改");
	OK(hy_statement_revise(f->st, s, &f->err));
	OK(hy_statement_submit(f->st, id, 3, d.li, &f->err));
	OK(hy_statement_approve(f->st, id, 3, digest2, d.wang, signature, &f->err));
	FAILS(hy_statement_approve(f->st, id, 3, digest2, d.wang, signature, &f->err),
	      HY_ECONFLICT);
	s->revision = 3;
	FAILS(hy_statement_revise(f->st, s, &f->err), HY_ECONFLICT);
	OK(hy_statement_get(f->st, f, id, &s, &f->err));
	assert_int_equal(s->approver.v, d.wang.v);
	assert_memory_equal(s->signature, signature, sizeof signature);
	assert_null(s->reject_why);
	OK(hy_statement_revision(f->st, f, id, 1, &old, &f->err));
	assert_string_equal(old->text, "明天停水");
	assert_string_equal(s->text, "后天停水");
	FAILS(hy_statement_revision(f->st, f, id, 9, &old, &f->err), HY_ENOTFOUND);
	OK(hy_delivery_list(f->st, f, id, &dl, &n, &f->err));
	assert_int_equal(n, 2);
	assert_int_equal(dl[0].revision, 3);
	assert_string_not_equal(dl[0].key, dl[1].key);
	OK(hy_statement_list(f->st, f, HY_STATEMENT_APPROVED, 0, 9, &s, &n, &f->err));
	assert_int_equal(n, 1);
	OK(hy_statement_list(f->st, f, -1, id.v, 9, &s, &n, &f->err));
	assert_int_equal(n, 0);
}

static void correction_needs_evidence(void **state)
{
	struct fix *f = *state;
	struct desk d = make_desk(f);
	struct hy_statement_id id = draft(f, &d, HY_STATEMENT_CORRECTION);

	OK(hy_statement_submit(f->st, id, 1, d.li, &f->err));
	FAILS(hy_statement_approve(f->st, id, 1, digest1, d.wang, signature, &f->err), HY_EREFUSED);
	assert_int_equal(raw_int(f, "SELECT count(*) FROM delivery"), 0);
	OK(hy_evidence_add(f->st, &(struct hy_evidence){.claim = d.claim, .title = "t"}, NULL,
			   &f->err));
	OK(hy_statement_approve(f->st, id, 1, digest1, d.wang, signature, &f->err));
	assert_int_equal(raw_sql(f, "DELETE FROM evidence"), SQLITE_CONSTRAINT);
}

/* Everything a hand at the database might try; none may publish. */
static void direct_sql_is_refused(void **state)
{
	struct fix *f = *state;
	struct desk d = make_desk(f);
	struct hy_statement_id id = draft(f, &d, HY_STATEMENT_NOTICE);
#define SIGNED "signature = randomblob(64), decided = 1"
#define DIGEST "digest = (SELECT digest FROM statement_revision WHERE statement = 1)"
	static const char *const tries[] = {
		"UPDATE statement SET state = 2",
		"UPDATE statement SET state = 2, approver = 1, " SIGNED ", " DIGEST,
		"UPDATE statement SET state = 2, approver = NULL, " SIGNED ", " DIGEST,
		"UPDATE statement SET state = 2, approver = 99, " SIGNED ", " DIGEST,
		"UPDATE statement SET state = 2, approver = 2, " SIGNED,
		"UPDATE statement SET state = 2, approver = 2, " SIGNED ", digest = randomblob(32)",
		"UPDATE statement SET state = 2, approver = 2, decided = 1, " DIGEST,
		"UPDATE statement SET state = 2, approver = 2, decided = 1, signature ="
		" zeroblob(64), " DIGEST,
		"UPDATE statement SET state = 2, approver = 2, decided = 0, signature ="
		" randomblob(64), " DIGEST,
		"UPDATE statement_revision SET author = 3",
		"UPDATE statement_revision SET text = 'x'",
		"DELETE FROM statement_revision",
		"DELETE FROM statement",
		"INSERT INTO delivery (statement, revision, account, state, attempt, fence,"
		" not_before, not_after, wait_until, changed, key, lookups)"
		" VALUES (1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 'k', 0)",
		"INSERT INTO statement (kind, state, revision, submitted, decided, approver,"
		" digest, signature, marker) VALUES (0, 2, 1, 1, 1, 2, randomblob(32),"
		" randomblob(64), 'abcdefgh')",
		"UPDATE statement_target SET account = 1",
		"INSERT INTO statement_target VALUES (1, 1, 1)",
	};

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < HY_LEN(tries); i++) {
			int rc = raw_sql(f, tries[i]);

			if (rc != SQLITE_CONSTRAINT)
				print_message("# passed: %s\n", tries[i]);
			assert_int_equal(rc, SQLITE_CONSTRAINT);
		}
		if (pass == 0)
			OK(hy_statement_submit(f->st, id, 1, d.li, &f->err));
	}
	/* And the same words with a second person do pass, so the tries above mean something. */
	assert_int_equal(
		raw_sql(f, "UPDATE statement SET state = 2, approver = 2, " SIGNED ", " DIGEST),
		SQLITE_OK);
}

static void approval_is_never_changed(void **state)
{
	struct fix *f = *state;
	struct desk d = make_desk(f);
	static const char *const tries[] = {
		"UPDATE statement SET approver = 3",
		"UPDATE statement SET state = 0",
		"UPDATE statement SET state = 1",
		"UPDATE statement SET revision = 2",
		"UPDATE statement SET signature = randomblob(64)",
		"UPDATE statement SET kind = 1",
		"INSERT INTO statement_revision VALUES (1, 2, 't', '', 0, 0, randomblob(32), 1, 1)",
		"UPDATE delivery SET account = 2 WHERE account = 1",
		"UPDATE delivery SET key = 'other'",
		"UPDATE delivery SET fence = -1",
		"DELETE FROM delivery",
		"INSERT OR REPLACE INTO delivery SELECT * FROM delivery",
		"INSERT OR REPLACE INTO statement_revision SELECT statement, revision, title, 'x',"
		" not_before, not_after, digest, author, made FROM statement_revision",
		"INSERT OR REPLACE INTO statement (id, kind, state, revision, submitted, decided,"
		" marker) SELECT id, kind, 0, revision, 0, 0, marker FROM statement",
		"INSERT OR REPLACE INTO statement (kind, state, revision, submitted, decided,"
		" marker) SELECT kind, 0, revision, 0, 0, marker FROM statement",
		"INSERT OR REPLACE INTO audit SELECT * FROM audit",
	};

	(void)approved(f, &d);
	OK(hy_store_begin(f->st, &f->err));
	OK(hy_audit_add(f->st, d.li, "post.approve", "statement 1", "{}", &f->err));
	OK(hy_store_commit(f->st, &f->err));
	for (size_t i = 0; i < HY_LEN(tries); i++) {
		int rc = raw_sql(f, tries[i]);

		if (rc != SQLITE_CONSTRAINT)
			print_message("# passed: %s\n", tries[i]);
		assert_int_equal(rc, SQLITE_CONSTRAINT);
	}
}

static void inactive_approver(void **state)
{
	struct fix *f = *state;
	struct desk d = make_desk(f);
	struct hy_statement_id id = draft(f, &d, HY_STATEMENT_NOTICE);

	OK(hy_statement_submit(f->st, id, 1, d.li, &f->err));
	assert_int_equal(raw_sql(f, "UPDATE person SET active = 0 WHERE login = 'wang'"),
			 SQLITE_OK);
	FAILS(hy_statement_approve(f->st, id, 1, digest1, d.wang, signature, &f->err), HY_EREFUSED);
}

static void no_targets_no_approval(void **state)
{
	struct fix *f = *state;
	struct desk d = make_desk(f);
	struct hy_statement s = {.title = "t", .text = "t", .author = d.li};
	struct hy_statement_id id = {0};

	memcpy(s.digest, digest1, sizeof s.digest);
	OK(hy_statement_add(f->st, &s, &id, &f->err));
	OK(hy_statement_submit(f->st, id, 1, d.li, &f->err));
	FAILS(hy_statement_approve(f->st, id, 1, digest1, d.wang, signature, &f->err), HY_EREFUSED);
}

static void deliveries_move(void **state)
{
	struct fix *f = *state;
	struct desk d = make_desk(f);
	struct hy_statement_id id = approved(f, &d);
	struct hy_delivery *dl = NULL, *one = NULL;
	struct hy_statement *on = NULL;
	struct hy_account *acc = NULL;
	hy_time next = 0;
	size_t n = 0;

	OK(hy_delivery_next(f->st, &next, &f->err));
	assert_int_equal(next, NOW);
	OK(hy_delivery_due(f->st, f, NOW - 1, 9, &dl, &n, &f->err));
	assert_int_equal(n, 0);
	OK(hy_delivery_due(f->st, f, NOW, 9, &dl, &n, &f->err));
	assert_int_equal(n, 2);
	OK(hy_statement_on_account(f->st, f, d.site, 9, &on, &n, &f->err));
	assert_int_equal(n, 0);

	struct hy_delivery m = dl[0];
	m.state = HY_DELIVERY_SENDING;
	m.attempt = 1;
	OK(hy_delivery_move(f->st, &m, HY_DELIVERY_PLANNED, 7, &f->err));
	/* The other publisher, with the old state or with an old fence. */
	FAILS(hy_delivery_move(f->st, &m, HY_DELIVERY_PLANNED, 7, &f->err), HY_ECONFLICT);
	m.state = HY_DELIVERY_SENT;
	FAILS(hy_delivery_move(f->st, &m, HY_DELIVERY_SENDING, 6, &f->err), HY_ECONFLICT);
	m.receipt = "42";
	m.receipt_url = "http://site.example/42";
	hy_clock_set(f->clock, NOW + 5);
	FAILS(hy_statement_cancel(f->st, id, d.li, &f->err), HY_ECONFLICT);
	OK(hy_statement_on_account(f->st, f, d.site, 9, &on, &n, &f->err));
	assert_int_equal(n, 1); /* being sent */
	OK(hy_delivery_move(f->st, &m, HY_DELIVERY_SENDING, 7, &f->err));
	OK(hy_delivery_get(f->st, f, m.id, &one, &f->err));
	assert_string_equal(one->receipt, "42");
	assert_int_equal(one->fence, 7);
	assert_int_equal(one->changed, NOW + 5);
	OK(hy_account_get(f->st, f, m.account, &acc, &f->err));
	assert_int_equal(acc->last_post, NOW + 5);
	OK(hy_statement_on_account(f->st, f, m.account, 9, &on, &n, &f->err));
	assert_int_equal(n, 1);

	/* Rate limit, then a lost answer, then a restart. */
	m = dl[1];
	m.state = HY_DELIVERY_WAIT;
	m.wait_until = NOW + HY_HOUR;
	OK(hy_delivery_move(f->st, &m, HY_DELIVERY_PLANNED, 7, &f->err));
	OK(hy_delivery_next(f->st, &next, &f->err));
	assert_int_equal(next, NOW + HY_HOUR);
	m.state = HY_DELIVERY_SENDING;
	OK(hy_delivery_move(f->st, &m, HY_DELIVERY_WAIT, 7, &f->err));
	OK(hy_delivery_next(f->st, &next, &f->err));
	assert_true(next == HY_TIME_NEVER);
	int64_t changed = 0;
	OK(hy_delivery_recover(f->st, 6, &changed, &f->err));
	assert_int_equal(changed, 0);
	OK(hy_delivery_recover(f->st, 8, &changed, &f->err));
	assert_int_equal(changed, 1);
	OK(hy_delivery_get(f->st, f, m.id, &one, &f->err));
	assert_int_equal(one->state, HY_DELIVERY_UNKNOWN);
	m.state = HY_DELIVERY_SENT;
	FAILS(hy_delivery_move(f->st, &m, HY_DELIVERY_SENDING, 7, &f->err), HY_ECONFLICT);
	OK(hy_delivery_due(f->st, f, NOW + 5, 9, &dl, &n, &f->err));
	assert_int_equal(n, 1);
	OK(hy_delivery_list(f->st, f, (struct hy_statement_id){0}, &dl, &n, &f->err));
	assert_int_equal(n, 1);
	FAILS(hy_delivery_get(f->st, f, (struct hy_delivery_id){99}, &one, &f->err), HY_ENOTFOUND);
}

static void cancel_before_sending(void **state)
{
	struct fix *f = *state;
	struct desk d = make_desk(f);
	struct hy_statement_id id = approved(f, &d);
	struct hy_delivery *dl = NULL;
	size_t n = 0;

	OK(hy_statement_cancel(f->st, id, d.li, &f->err));
	FAILS(hy_statement_cancel(f->st, id, d.li, &f->err), HY_ECONFLICT);
	OK(hy_delivery_list(f->st, f, id, &dl, &n, &f->err));
	assert_int_equal(dl[0].state, HY_DELIVERY_CANCELLED);
	dl[0].state = HY_DELIVERY_SENDING;
	FAILS(hy_delivery_move(f->st, &dl[0], HY_DELIVERY_CANCELLED, 1, &f->err), HY_EREFUSED);
	assert_int_equal(raw_sql(f, "UPDATE statement SET state = 0"), SQLITE_CONSTRAINT);
}

/* An approval that fails half-way leaves no delivery and no approval. */
static void approval_is_whole_or_not(void **state)
{
	struct fix *f = *state;
	struct desk d = make_desk(f);
	struct hy_statement_id id = draft(f, &d, HY_STATEMENT_NOTICE);
	struct hy_statement *s = NULL;

	OK(hy_statement_submit(f->st, id, 1, d.li, &f->err));
	assert_int_equal(raw_sql(f, "CREATE TRIGGER stop BEFORE INSERT ON delivery"
				    " WHEN NEW.account = 2 BEGIN SELECT RAISE(ABORT, 'x'); END"),
			 SQLITE_OK);
	FAILS(hy_statement_approve(f->st, id, 1, digest1, d.wang, signature, &f->err), HY_EREFUSED);
	OK(hy_statement_get(f->st, f, id, &s, &f->err));
	assert_int_equal(s->state, HY_STATEMENT_SUBMITTED);
	assert_int_equal(raw_int(f, "SELECT count(*) FROM delivery"), 0);
	/* Joined to a transaction of the caller, the half of it cannot be committed. */
	OK(hy_store_begin(f->st, &f->err));
	FAILS(hy_statement_approve(f->st, id, 1, digest1, d.wang, signature, &f->err), HY_EREFUSED);
	FAILS(hy_store_commit(f->st, &f->err), HY_ECONFLICT);
	assert_int_equal(raw_int(f, "SELECT count(*) FROM delivery"), 0);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, fix_setup, fix_teardown)
	const struct CMUnitTest tests[] = {
		T(life_of_a_statement),	     T(correction_needs_evidence),
		T(direct_sql_is_refused),    T(approval_is_never_changed),
		T(inactive_approver),	     T(no_targets_no_approval),
		T(deliveries_move),	     T(cancel_before_sending),
		T(approval_is_whole_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
