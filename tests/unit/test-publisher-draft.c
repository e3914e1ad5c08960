/* Digest, personal data, the rules of a draft, approval, and the table of deliveries. */
#include "tests/unit/test-store.h"

#include "publisher/publisher.h"

/* ---- digest ---- */

static struct hy_account two[2];
static struct hy_account_id two_ids[2];

static struct hy_statement sample(void)
{
	two[0] = (struct hy_account){.id = {3}, .platform = "site", .name = "site"};
	two[1] = (struct hy_account){
		.id = {9}, .platform = "wordpress", .name = "wp", .url = "https://a.example/"};
	two_ids[0].v = 3;
	two_ids[1].v = 9;
	return (struct hy_statement){.kind = HY_STATEMENT_CORRECTION,
				     .title = "停水不实",
				     .text = "供水正常",
				     .targets = two_ids,
				     .n_targets = 2,
				     .not_before = 1000,
				     .not_after = 2000,
				     .claim = {5}};
}

/* The layout of publisher.h by hand. */
static void test_digest_bytes(void **state)
{
	static const uint8_t want[] = "huying statement 1\n"
				      "\0\0\0\012correction"
				      "\0\0\0\014\xe5\x81\x9c\xe6\xb0\xb4\xe4\xb8\x8d\xe5\xae\x9e"
				      "\0\0\0\014\xe4\xbe\x9b\xe6\xb0\xb4\xe6\xad\xa3\xe5\xb8\xb8"
				      "\0\0\0\0"
				      "\0\0\0\2"
				      "\0\0\0\0\0\0\0\3"
				      "\0\0\0\4site"
				      "\0\0\0\4site"
				      "\0\0\0\0"
				      "\0\0\0\0\0\0\0\11"
				      "\0\0\0\11wordpress"
				      "\0\0\0\2wp"
				      "\0\0\0\022https://a.example/"
				      "\0\0\0\0\0\0\3\xe8"
				      "\0\0\0\0\0\0\7\xd0"
				      "\0\0\0\0\0\0\0\5"
				      "\0\0\0\0\0\0\0\0"
				      "\0\0\0\0\0\0\0\0";
	uint8_t a[HY_SHA256_LEN], b[HY_SHA256_LEN];
	struct hy_statement s = sample();

	(void)state;
	hy_statement_digest(&s, two, a);
	hy_sha256(want, sizeof(want) - 1, b);
	assert_memory_equal(a, b, sizeof(a));
	/* the order of accounts does not matter */
	struct hy_account swapped[2] = {two[1], two[0]};
	struct hy_account_id ids[2] = {{9}, {3}};
	s.targets = ids;
	hy_statement_digest(&s, swapped, b);
	assert_memory_equal(a, b, sizeof(a));
}

static void test_digest_fields(void **state)
{
	uint8_t base[HY_SHA256_LEN], d[HY_SHA256_LEN];
	struct hy_statement s = sample();

	(void)state;
	hy_statement_digest(&s, two, base);
	for (int i = 0; i < 14; i++) {
		s = sample();
		switch (i) {
		case 0:
			s.kind = HY_STATEMENT_NOTICE;
			break;
		case 1:
			s.title = "停水不宝";
			break;
		case 2:
			s.text = "供水正常 ";
			break;
		case 3:
			s.title = "停水不实供", s.text = "水正常";
			break;
		case 4:
			s.n_targets = 1;
			break;
		case 5:
			two[0].id.v = 4;
			break;
		case 6:
			two[1].name = "wq";
			break;
		case 7:
			two[1].platform = "site";
			break;
		case 8:
			two[1].url = "https://b.example/";
			break;
		case 9:
			s.not_before++;
			break;
		case 10:
			s.not_after++;
			break;
		case 11:
			s.claim.v = 6;
			break;
		case 12:
			s.cs.v = 1;
			break;
		case 13:
			s.corrects.v = 1;
			break;
		}
		hy_statement_digest(&s, two, d);
		if (memcmp(d, base, sizeof(d)) == 0)
			fail_msg("change %d leaves the digest as it was", i);
	}
}

/* ---- T-PII-1 ---- */

static void test_pii(void **state)
{
	static const struct {
		const char *text, *codes;
	} rows[] = {
		{"身份证11010519491231002X。", "id"},
		{"身份证11010519491231002x", "id"},
		{"440524188001010014", "id"},
		{"11010519491231002Ｘ。", "id"},
		{"４４０５２４１８８００１０１００１４", "id"},
		{"440524188001010015", ""}, /* checksum; Luhn does not hold either */
		{"11010519491331002X", ""}, /* month 13 */
		{"电话13812345678联系", "mobile"},
		{"电话138 1234 5678", "mobile"},
		{"138-1234-5678", "mobile"},
		{"+8613812345678", "mobile"},
		{"+86 138 1234 5678", "mobile"},
		{"１３８１２３４５６７８", "mobile"},
		{"12812345678", ""},
		{"138123456789", ""}, /* twelve digits */
		{"热线12345, 电话0951-6012345", ""},
		{"卡号6222021234567890128", "?"},
		{"4111111111111111", "card"},
		{"4111 1111 1111 1111", "card"},
		{"4111-1111-1111-1111", "card"},
		{"4111111111111112", ""},
		{"案件20261121-0042", ""},
		{"2026年11月21日14时05分", ""},
		{"li.si+a@example.gov.cn", "mail"},
		{"写信到 office＠example.cn。", "mail"},
		{"@某人 请看 a@b 与 x@", ""},
		{"13812345678,13987654321;a@b.cn", "mobile mobile mail"},
		{"13812345678 13987654321", "mobile mobile"},
		{"abc13812345678", ""},
		{"", ""},
	};
	void *ctx = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < HY_LEN(rows); i++) {
		struct hy_draft_finding *list = NULL;
		char *codes = talloc_strdup(ctx, "");
		size_t n = 0;

		hy_pii_find(ctx, "text", rows[i].text, &list, &n);
		for (size_t k = 0; k < n; k++) {
			codes = talloc_asprintf_append(codes, "%s%s", k ? " " : "",
						       list[k].code + 4);
			assert_true(list[k].confirm);
			assert_true(list[k].at + list[k].n <= strlen(rows[i].text));
			assert_null(strstr(list[k].text, "1234567")); /* masked */
		}
		if (rows[i].codes[0] != '?' && strcmp(codes, rows[i].codes) != 0)
			fail_msg("\"%s\": found \"%s\", want \"%s\"", rows[i].text, codes,
				 rows[i].codes);
	}
	talloc_free(ctx);
}

/* ---- the table ---- */

static void test_table(void **state)
{
	/* every pair of states and every hand, written out */
	static const struct {
		enum hy_delivery_state from, to;
		unsigned hands;
	} want[] = {
		{HY_DELIVERY_PLANNED, HY_DELIVERY_SENDING, 1},
		{HY_DELIVERY_PLANNED, HY_DELIVERY_WAIT, 1},
		{HY_DELIVERY_PLANNED, HY_DELIVERY_FAILED, 1},
		{HY_DELIVERY_PLANNED, HY_DELIVERY_MISSED, 1},
		{HY_DELIVERY_PLANNED, HY_DELIVERY_CANCELLED, 2},
		{HY_DELIVERY_SENDING, HY_DELIVERY_SENT, 1},
		{HY_DELIVERY_SENDING, HY_DELIVERY_WAIT, 1},
		{HY_DELIVERY_SENDING, HY_DELIVERY_FAILED, 1},
		{HY_DELIVERY_SENDING, HY_DELIVERY_UNKNOWN, 1 | 4},
		{HY_DELIVERY_WAIT, HY_DELIVERY_SENDING, 1},
		{HY_DELIVERY_WAIT, HY_DELIVERY_WAIT, 1},
		{HY_DELIVERY_WAIT, HY_DELIVERY_FAILED, 1},
		{HY_DELIVERY_WAIT, HY_DELIVERY_MISSED, 1},
		{HY_DELIVERY_WAIT, HY_DELIVERY_PLANNED, 2},
		{HY_DELIVERY_WAIT, HY_DELIVERY_CANCELLED, 2},
		{HY_DELIVERY_UNKNOWN, HY_DELIVERY_FAILED, 1}, /* the platform itself said so */
		{HY_DELIVERY_UNKNOWN, HY_DELIVERY_UNKNOWN, 1},
		{HY_DELIVERY_UNKNOWN, HY_DELIVERY_SENT, 1 | 2},
		{HY_DELIVERY_UNKNOWN, HY_DELIVERY_PLANNED, 2 | 8},
		{HY_DELIVERY_UNKNOWN, HY_DELIVERY_CANCELLED, 2},
		{HY_DELIVERY_MISSED, HY_DELIVERY_PLANNED, 2},
		{HY_DELIVERY_MISSED, HY_DELIVERY_CANCELLED, 2},
		{HY_DELIVERY_FAILED, HY_DELIVERY_PLANNED, 2},
		{HY_DELIVERY_FAILED, HY_DELIVERY_CANCELLED, 2},
	};

	(void)state;
	for (int from = -1; from <= 8; from++)
		for (int to = -1; to <= 8; to++)
			for (unsigned hand = 1; hand <= 8; hand *= 2) {
				bool may = false;

				for (size_t i = 0; i < HY_LEN(want); i++)
					if ((int)want[i].from == from && (int)want[i].to == to)
						may = (want[i].hands & hand) != 0;
				if (hy_outbox_may((enum hy_delivery_state)from,
						  (enum hy_delivery_state)to,
						  (enum hy_outbox_hand)hand) != may)
					fail_msg("%d to %d by %u should be %d", from, to, hand,
						 may);
			}
}

/* ---- the rules ---- */

struct office {
	struct hy_person_id li, wang, zhao;
	struct hy_account_id site, wp;
	struct hy_claim_id claim;
};

static struct office make_office(struct fix *f)
{
	struct office o = {.li = add_person(f, "li")};
	uint8_t pub[HY_ED25519_LEN];

	o.wang = add_person(f, "wang");
	o.zhao = add_person(f, "zhao");
	OK(hy_account_add(f->st, &(struct hy_account){.name = "site", .platform = "site"}, NULL,
			  &o.site, &f->err));
	OK(hy_account_add(f->st,
			  &(struct hy_account){.name = "wp",
					       .platform = "wordpress",
					       .url = "https://a.example/",
					       .login = "desk"},
			  hy_secret_new(f, "s", 1), &o.wp, &f->err));
	OK(hy_claim_add(f->st, &(struct hy_claim){.text = "停水三天"}, &o.claim, &f->err));
	OK(hy_office_key(f->st, pub, &f->err));
	return o;
}

static struct hy_statement_id write_draft(struct fix *f, struct office *o,
					  enum hy_statement_kind kind, const char *text)
{
	struct hy_account_id to[] = {o->wp, o->site, o->wp};
	struct hy_statement s = {.kind = kind,
				 .title = "关于供水",
				 .text = text,
				 .targets = to,
				 .n_targets = 3,
				 .author = o->li};
	struct hy_statement_id id = {0};

	if (kind == HY_STATEMENT_CORRECTION)
		s.claim = o->claim;
	OK(hy_publish_draft(f->st, &s, &id, &f->err));
	return id;
}

static bool has_code(struct fix *f, const struct hy_statement *s, const char *code, bool *blocking)
{
	struct hy_draft_finding *list = NULL;
	size_t n = 0;

	OK(hy_draft_check(f->st, f, s, &list, &n, &f->err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].code, code) == 0) {
			*blocking = list[i].blocking || list[i].confirm;
			return true;
		}
	return false;
}

static void test_findings(void **state)
{
	struct fix *f = *state;
	struct office o = make_office(f);
	char *long_title = talloc_zero_size(f, HY_TITLE_MAX + 2);
	char *long_text = talloc_zero_size(f, HY_TEXT_MAX + 2);
	struct hy_account_id to[] = {o.wp};
	const struct hy_statement good = {.kind = HY_STATEMENT_NOTICE,
					  .title = "a",
					  .text = "b",
					  .targets = to,
					  .n_targets = 1};
	struct hy_statement s;
	bool blocking;

	memset(long_title, 't', HY_TITLE_MAX);
	memset(long_text, 't', HY_TEXT_MAX);
#define FINDS(change, code)                                                                        \
	do {                                                                                       \
		s = good;                                                                          \
		change;                                                                            \
		blocking = false;                                                                  \
		assert_true(has_code(f, &s, code, &blocking));                                     \
		assert_true(blocking);                                                             \
	} while (0)
	s = good;
	struct hy_draft_finding *list = NULL;
	size_t n = 9;
	OK(hy_draft_check(f->st, f, &s, &list, &n, &f->err));
	assert_int_equal(n, 0);
	FINDS(s.title = " 　", "title-empty");
	FINDS(s.title = "a\nb", "title-lines");
	FINDS(s.text = "", "text-empty");
	FINDS(s.text = NULL, "text-empty");
	FINDS(s.n_targets = 0, "no-target");
	FINDS((s.not_before = 5, s.not_after = 5), "times");
	FINDS(s.kind = HY_STATEMENT_REPLY, "no-case");
	FINDS(s.kind = HY_STATEMENT_ERRATUM, "no-corrects");
	FINDS(s.kind = HY_STATEMENT_CORRECTION, "no-claim");
	FINDS(s.title = "13812345678", "pii-mobile");
	s = good;
	s.title = long_title;
	s.text = long_text;
	assert_false(has_code(f, &s, "title-long", &blocking));
	assert_false(has_code(f, &s, "text-long", &blocking));
	long_title[HY_TITLE_MAX] = long_text[HY_TEXT_MAX] = 't';
	assert_true(has_code(f, &s, "title-long", &blocking));
	assert_true(has_code(f, &s, "text-long", &blocking));
	/* a frozen account is a warning only */
	OK(hy_account_set_state(f->st, o.wp, HY_ACCOUNT_FROZEN, "x", &f->err));
	s = good;
	assert_true(has_code(f, &s, "account-frozen", &blocking));
	assert_false(blocking);
	OK(hy_account_set_state(f->st, o.wp, HY_ACCOUNT_REVOKED, "x", &f->err));
	assert_true(has_code(f, &s, "account-revoked", &blocking));
	assert_true(blocking);
}

/* G8: every verdict with every kind. */
static void test_verdicts(void **state)
{
	struct fix *f = *state;
	struct office o = make_office(f);
	struct hy_evidence e = {.claim = o.claim, .title = "公告", .added_by = o.li};

	OK(hy_evidence_add(f->st, &e, &(struct hy_evidence_id){0}, &f->err));
	for (int v = HY_VERDICT_NONE; v <= HY_VERDICT_NOT_CHECKABLE; v++) {
		struct hy_claim_id c = {0};

		OK(hy_claim_add(f->st, &(struct hy_claim){.text = "说法"}, &c, &f->err));
		e.claim = c;
		OK(hy_evidence_add(f->st, &e, &(struct hy_evidence_id){0}, &f->err));
		if (v != HY_VERDICT_NONE) {
			OK(hy_claim_judge(f->st, c, (enum hy_verdict)v, "x", o.li, &f->err));
			OK(hy_claim_sign(f->st, c, o.wang, &f->err));
		}
		for (int k = HY_STATEMENT_NOTICE; k <= HY_STATEMENT_REPLY; k++) {
			struct hy_account_id to[] = {o.site};
			struct hy_statement s = {.kind = (enum hy_statement_kind)k,
						 .claim = c,
						 .title = "a",
						 .text = "b",
						 .targets = to,
						 .n_targets = 1,
						 .author = o.li};
			struct hy_statement_id id = {0};
			bool may = k != HY_STATEMENT_CORRECTION || v == HY_VERDICT_FALSE ||
				   v == HY_VERDICT_PARTLY || v == HY_VERDICT_CONTEXT;

			assert_int_equal(
				hy_verdict_allows((enum hy_verdict)v, (enum hy_statement_kind)k),
				may);
			if (k == HY_STATEMENT_REPLY)
				continue; /* needs a case */
			OK(hy_publish_draft(f->st, &s, &id, &f->err));
			FAILS(hy_publish_submit(f->st, id, 1, o.li, NULL, 0, &f->err),
			      may ? HY_OK : HY_EREFUSED);
		}
	}
}

static void test_claim_gates(void **state)
{
	struct fix *f = *state;
	struct office o = make_office(f);
	struct hy_statement_id id = write_draft(f, &o, HY_STATEMENT_CORRECTION, "正常");
	struct hy_evidence e = {.claim = o.claim, .title = "公告", .added_by = o.li};

	OK(hy_claim_judge(f->st, o.claim, HY_VERDICT_FALSE, "不实", o.li, &f->err));
	FAILS(hy_publish_submit(f->st, id, 1, o.li, NULL, 0, &f->err), HY_EREFUSED);
	OK(hy_claim_sign(f->st, o.claim, o.wang, &f->err));
	FAILS(hy_publish_submit(f->st, id, 1, o.li, NULL, 0, &f->err), HY_EREFUSED); /* G7 */
	OK(hy_evidence_add(f->st, &e, &(struct hy_evidence_id){0}, &f->err));
	OK(hy_publish_submit(f->st, id, 1, o.li, NULL, 0, &f->err));
	/* judged anew before it was approved: the signature is gone, so is the way out */
	struct hy_statement *s = NULL;
	OK(hy_statement_get(f->st, f, id, &s, &f->err));
	OK(hy_claim_judge(f->st, o.claim, HY_VERDICT_TRUE, "属实", o.li, &f->err));
	FAILS(hy_publish_approve(f->st, id, 1, s->digest, o.wang, NULL, 0, &f->err), HY_EREFUSED);
}

static void test_approval(void **state)
{
	struct fix *f = *state;
	struct office o = make_office(f);
	static const char *const confirm[] = {"pii-mobile"};
	struct hy_statement_id id = write_draft(f, &o, HY_STATEMENT_NOTICE, "咨询13812345678");
	struct hy_statement *s = NULL;
	struct hy_delivery *list = NULL;
	uint8_t other[HY_SHA256_LEN];
	size_t n = 0;
	bool good = false;

	OK(hy_statement_get(f->st, f, id, &s, &f->err));
	assert_int_equal(s->n_targets, 2); /* sorted, no repeats */
	assert_true(strncmp(s->marker, "hy-", 3) == 0);
	FAILS(hy_publish_submit(f->st, id, 1, o.li, NULL, 0, &f->err), HY_EREFUSED);
	OK(hy_publish_submit(f->st, id, 1, o.li, confirm, 1, &f->err));
	/* own text; nobody; other bytes; other revision; unconfirmed */
	FAILS(hy_publish_approve(f->st, id, 1, s->digest, o.li, confirm, 1, &f->err), HY_EREFUSED);
	FAILS(hy_publish_approve(f->st, id, 1, s->digest, (struct hy_person_id){0}, confirm, 1,
				 &f->err),
	      HY_EREFUSED);
	memcpy(other, s->digest, sizeof(other));
	other[31] ^= 1;
	FAILS(hy_publish_approve(f->st, id, 1, other, o.wang, confirm, 1, &f->err), HY_ECONFLICT);
	FAILS(hy_publish_approve(f->st, id, 2, s->digest, o.wang, confirm, 1, &f->err),
	      HY_ECONFLICT);
	FAILS(hy_publish_approve(f->st, id, 1, s->digest, o.wang, NULL, 0, &f->err), HY_EREFUSED);
	/* edited in between: the approval seen is void */
	struct hy_statement edit = *s;
	edit.text = "咨询热线12345";
	edit.author = o.zhao;
	OK(hy_publish_edit(f->st, &edit, &f->err));
	FAILS(hy_publish_approve(f->st, id, 1, s->digest, o.wang, confirm, 1, &f->err),
	      HY_ECONFLICT);
	OK(hy_publish_submit(f->st, id, 2, o.zhao, NULL, 0, &f->err));
	FAILS(hy_publish_approve(f->st, id, 2, s->digest, o.wang, NULL, 0, &f->err), HY_ECONFLICT);
	OK(hy_statement_get(f->st, f, id, &s, &f->err));
	/* who wrote the first revision does not approve the second */
	FAILS(hy_publish_approve(f->st, id, 2, s->digest, o.li, NULL, 0, &f->err), HY_EREFUSED);
	OK(hy_publish_approve(f->st, id, 2, s->digest, o.wang, NULL, 0, &f->err));
	/* a replay */
	FAILS(hy_publish_approve(f->st, id, 2, s->digest, o.wang, NULL, 0, &f->err), HY_ECONFLICT);
	OK(hy_delivery_list(f->st, f, id, &list, &n, &f->err));
	assert_int_equal(n, 2);
	OK(hy_statement_get(f->st, f, id, &s, &f->err));
	OK(hy_publish_verify(f->st, s, &good, &f->err));
	assert_true(good);
	/* an account that ends gives its name away: what was signed for it stays signed */
	struct hy_account *ended = NULL;
	OK(hy_account_get(f->st, f, o.wp, &ended, &f->err));
	OK(hy_account_end(f->st, ended, "wp (ended)", &f->err));
	OK(hy_account_add(f->st, &(struct hy_account){.name = "wp", .platform = "wordpress"}, NULL, NULL,
			  &f->err));
	OK(hy_account_get(f->st, f, o.wp, &ended, &f->err));
	assert_string_equal(ended->name, "wp (ended)");
	assert_int_equal(ended->state, HY_ACCOUNT_REVOKED);
	FAILS(hy_account_end(f->st, ended, "wp", &f->err), HY_EEXISTS);
	OK(hy_publish_verify(f->st, s, &good, &f->err));
	assert_true(good);
	s->text = "咨询热线12346";
	OK(hy_publish_verify(f->st, s, &good, &f->err));
	assert_false(good);
}

static void test_key(void **state)
{
	struct fix *f = *state;
	uint8_t a[HY_ED25519_LEN], b[HY_ED25519_LEN];

	OK(hy_office_key(f->st, a, &f->err));
	OK(hy_office_key(f->st, b, &f->err));
	assert_memory_equal(a, b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digest_bytes),
		cmocka_unit_test(test_digest_fields),
		cmocka_unit_test(test_pii),
		cmocka_unit_test(test_table),
		cmocka_unit_test_setup_teardown(test_findings, fix_setup, fix_teardown),
		cmocka_unit_test_setup_teardown(test_verdicts, fix_setup, fix_teardown),
		cmocka_unit_test_setup_teardown(test_claim_gates, fix_setup, fix_teardown),
		cmocka_unit_test_setup_teardown(test_approval, fix_setup, fix_teardown),
		cmocka_unit_test_setup_teardown(test_key, fix_setup, fix_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
