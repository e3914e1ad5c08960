/* Meta, cursors, leases, the audit chain, people, tokens, sessions, accounts. */
#include "tests/unit/test-store.h"

static void meta(void **state)
{
	struct fix *f = *state;
	char *v = (char *)"x";
	uint8_t *b = NULL;
	size_t n = 0;

	OK(hy_meta_get(f->st, f, "none", &v, &f->err));
	assert_null(v);
	OK(hy_meta_set_sealed(f->st, "key", "SECRET-MARK", 11, &f->err));
	OK(hy_meta_get_sealed(f->st, f, "key", &b, &n, &f->err));
	assert_int_equal(n, 11);
	assert_memory_equal(b, "SECRET-MARK", 11);
	assert_false(raw_grep(f, "SECRET-MARK"));
	/* Moved to another row it does not open. */
	assert_int_equal(raw_sql(f, "INSERT INTO meta (key, sealed) SELECT 'other', sealed"
				    " FROM meta WHERE key = 'key'"),
			 SQLITE_OK);
	FAILS(hy_meta_get_sealed(f->st, f, "other", &b, &n, &f->err), HY_ECORRUPT);
	OK(hy_meta_get_sealed(f->st, f, "none", &b, &n, &f->err));
	assert_null(b);
}

static void without_master_key(void **state)
{
	struct fix *f = *state;
	struct hy_store *st = NULL;
	uint8_t *b = NULL;
	size_t n = 1;

	OK(hy_meta_set_sealed(f->st, "key", "S", 1, &f->err));
	OK(hy_store_open(&st, f, f->dir, 0, NULL, f->clock, &f->err));
	OK(hy_meta_get_sealed(st, f, "key", &b, &n, &f->err));
	assert_null(b);
	assert_int_equal(n, 0);
	FAILS(hy_meta_set_sealed(st, "key", "T", 1, &f->err), HY_EAUTH);
	talloc_free(st);
}

static void cursors(void **state)
{
	struct fix *f = *state;
	int64_t seq = -1;

	OK(hy_cursor_get(f->st, "detect", &seq, &f->err));
	assert_int_equal(seq, 0);
	OK(hy_cursor_set(f->st, "detect", 7, &f->err));
	OK(hy_cursor_set(f->st, "detect", 7, &f->err));
	FAILS(hy_cursor_set(f->st, "detect", 6, &f->err), HY_ECONFLICT);
	OK(hy_cursor_set(f->st, "detect", 0, &f->err));
	OK(hy_cursor_get(f->st, "detect", &seq, &f->err));
	assert_int_equal(seq, 0);
}

static void leases(void **state)
{
	struct fix *f = *state;
	struct hy_store *b = NULL;
	struct hy_lease l = {0}, *list = NULL;
	size_t n = 0;

	OK(hy_store_open(&b, f, f->dir, 0, NULL, f->clock, &f->err));
	OK(hy_lease_take(f->st, "publish", "one", HY_MINUTE, &l, &f->err));
	assert_int_equal(l.fence, 1);
	assert_string_equal(l.name, "publish");
	assert_int_equal(l.until, NOW + HY_MINUTE);
	OK(hy_lease_take(f->st, "publish", "one", HY_MINUTE, &l, &f->err));
	assert_int_equal(l.fence, 1);
	FAILS(hy_lease_take(b, "publish", "two", HY_MINUTE, &l, &f->err), HY_EBUSY);
	hy_clock_set(f->clock, NOW + HY_MINUTE);
	OK(hy_lease_take(b, "publish", "two", HY_MINUTE, &l, &f->err));
	assert_int_equal(l.fence, 2);
	OK(hy_lease_release(f->st, "publish", "one", &f->err)); /* not its own any more */
	FAILS(hy_lease_take(f->st, "publish", "one", HY_MINUTE, &l, &f->err), HY_EBUSY);
	OK(hy_lease_list(f->st, f, &list, &n, &f->err));
	assert_int_equal(n, 1);
	OK(hy_lease_release(b, "publish", "two", &f->err));
	OK(hy_lease_list(f->st, f, &list, &n, &f->err));
	assert_int_equal(n, 0);
	OK(hy_lease_take(f->st, "publish", "one", HY_MINUTE, &l, &f->err));
	assert_int_equal(l.fence, 3);
	talloc_free(b);
}

static void add_rows(struct fix *f, int n)
{
	struct hy_person_id who = add_person(f, "wang");

	for (int i = 0; i < n; i++) {
		OK(hy_store_begin(f->st, &f->err));
		OK(hy_audit_add(f->st, i % 2 ? who : (struct hy_person_id){0}, "test.step",
				"thing \"1\"", "{\"n\":1}", &f->err));
		OK(hy_store_commit(f->st, &f->err));
	}
}

static int64_t verify(struct fix *f, int64_t *count)
{
	uint8_t head[HY_SHA256_LEN];
	int64_t bad = -1;

	OK(hy_audit_verify(f->st, &bad, count, head, &f->err));
	return bad;
}

static void audit_chain(void **state)
{
	struct fix *f = *state;
	struct hy_audit_row *rows = NULL;
	int64_t count = -1;
	size_t n = 0;

	assert_int_equal(verify(f, &count), 0);
	assert_int_equal(count, 0);
	add_rows(f, 6);
	assert_int_equal(verify(f, &count), 0);
	assert_int_equal(count, 6);
	OK(hy_audit_list(f->st, f, 4, 2, &rows, &n, &f->err));
	assert_int_equal(n, 2);
	assert_int_equal(rows[0].id, 3);
	assert_string_equal(rows[0].actor_login, "system");
	assert_string_equal(rows[1].actor_login, "wang");
	/* Rolled back with its deed. */
	OK(hy_store_begin(f->st, &f->err));
	OK(hy_audit_add(f->st, (struct hy_person_id){0}, "x", NULL, NULL, &f->err));
	hy_store_rollback(f->st);
	assert_int_equal(verify(f, &count), 0);
	assert_int_equal(count, 6);
}

#define UNLOCK "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete;"

static void audit_rows_are_fixed(void **state)
{
	struct fix *f = *state;

	add_rows(f, 2);
	assert_int_equal(raw_sql(f, "UPDATE audit SET action = 'y'"), SQLITE_CONSTRAINT);
	assert_int_equal(raw_sql(f, "DELETE FROM audit"), SQLITE_CONSTRAINT);
}

/* Each kind of tampering names the first bad row. */
static void audit_tampering(void **state)
{
	static const struct {
		const char *sql;
		int64_t bad;
	} cases[] = {
		{UNLOCK "UPDATE audit SET action = 'y' WHERE id = 3", 3},
		{UNLOCK "UPDATE audit SET detail = detail || ' ' WHERE id = 1", 1},
		{UNLOCK "UPDATE audit SET hash = zeroblob(32) WHERE id = 5", 5},
		{UNLOCK "DELETE FROM audit WHERE id = 4", 4},
		{UNLOCK "DELETE FROM audit WHERE id = 1", 1},
		{UNLOCK "DELETE FROM audit WHERE id >= 5", 5},
		{UNLOCK "UPDATE audit SET at = at + 1 WHERE id = 6", 6},
		{UNLOCK "UPDATE audit SET id = 10 WHERE id = 2; UPDATE audit SET id = 2 WHERE id ="
			" 3; UPDATE audit SET id = 3 WHERE id = 10",
		 2},
		{UNLOCK "UPDATE audit SET actor_login = 'wu' WHERE id = 2", 2},
	};

	for (size_t i = 0; i < HY_LEN(cases); i++) {
		void *inner = NULL;
		int64_t count = 0;

		assert_int_equal(fix_setup(&inner), 0);
		add_rows(inner, 6);
		assert_int_equal(raw_sql(inner, cases[i].sql), SQLITE_OK);
		int64_t bad = verify(inner, &count);
		if (bad != cases[i].bad)
			print_message("# %s\n", cases[i].sql);
		assert_int_equal(bad, cases[i].bad);
		assert_int_equal(fix_teardown(&inner), 0);
	}
	(void)state;
}

static void units(void **state)
{
	struct fix *f = *state;
	struct hy_unit u = {.name = "水务局", .kind = "department", .active = true}, *got = NULL;
	struct hy_unit_id id = {0}, sub = {0};
	size_t n = 0;

	OK(hy_unit_add(f->st, &u, &id, &f->err));
	FAILS(hy_unit_add(f->st, &u, &sub, &f->err), HY_EEXISTS);
	u.name = "青山镇";
	u.kind = "township";
	u.place = "330100";
	u.parent = id;
	OK(hy_unit_add(f->st, &u, &sub, &f->err));
	OK(hy_unit_get(f->st, f, sub, &got, &f->err));
	assert_int_equal(got->parent.v, id.v);
	assert_string_equal(got->place, "330100");
	OK(hy_unit_find(f->st, f, "水务局", &got, &f->err));
	assert_int_equal(got->parent.v, 0);
	OK(hy_unit_find(f->st, f, "2", &got, &f->err));
	assert_string_equal(got->name, "青山镇");
	OK(hy_unit_list(f->st, f, &got, &n, &f->err));
	assert_int_equal(n, 2);
	u.name = "孤儿";
	u.parent.v = 77;
	FAILS(hy_unit_add(f->st, &u, &sub, &f->err), HY_ENOTFOUND);
	FAILS(hy_unit_get(f->st, f, (struct hy_unit_id){9}, &got, &f->err), HY_ENOTFOUND);
}

static struct hy_source_id source_of(struct fix *f, const char *name, struct hy_unit_id unit)
{
	struct hy_source s = {
		.name = name, .kind = "feed", .url = "http://a.example/", .unit = unit};
	struct hy_source_id id = {0};

	OK(hy_source_add(f->st, &s, &id, &f->err));
	return id;
}

/* A unit's sources are its own and those of all units below it; the stamp moves when they do. */
static void sources_of_units(void **state)
{
	struct fix *f = *state;
	struct hy_unit u = {.name = "市", .active = true};
	struct hy_unit_id top = {0}, mid = {0}, low = {0}, none = {0};
	struct hy_source_id a, b, c, *got = NULL;
	struct hy_source *s = NULL;
	int64_t was = 0, is = 0;
	size_t n = 9;

	OK(hy_unit_stamp(f->st, &was, &f->err));
	OK(hy_unit_add(f->st, &u, &top, &f->err));
	u.name = "区";
	u.parent = top;
	OK(hy_unit_add(f->st, &u, &mid, &f->err));
	u.name = "镇";
	u.parent = mid;
	OK(hy_unit_add(f->st, &u, &low, &f->err));
	OK(hy_unit_sources(f->st, f, top, &got, &n, &f->err));
	assert_int_equal(n, 0);
	a = source_of(f, "a", low);
	b = source_of(f, "b", none);
	c = source_of(f, "c", top);
	OK(hy_unit_stamp(f->st, &is, &f->err));
	assert_true(is != was);
	OK(hy_unit_sources(f->st, f, top, &got, &n, &f->err));
	assert_int_equal(n, 2);
	assert_int_equal(got[0].v, a.v);
	assert_int_equal(got[1].v, c.v);
	was = is;
	OK(hy_source_set_unit(f->st, b, mid, &f->err));
	OK(hy_unit_stamp(f->st, &is, &f->err));
	assert_true(is != was);
	OK(hy_source_get(f->st, f, b, &s, &f->err));
	assert_int_equal(s->unit.v, mid.v);
	OK(hy_source_set_state(f->st, a, HY_SOURCE_REMOVED, &f->err));
	OK(hy_unit_sources(f->st, f, mid, &got, &n, &f->err));
	assert_int_equal(n, 2); /* its items are still there */
	assert_int_equal(got[1].v, b.v);
	OK(hy_source_set_unit(f->st, b, none, &f->err));
	OK(hy_unit_sources(f->st, f, mid, &got, &n, &f->err));
	assert_int_equal(n, 1);
	FAILS(hy_source_set_unit(f->st, b, (struct hy_unit_id){77}, &f->err), HY_ENOTFOUND);
	FAILS(hy_source_set_unit(f->st, (struct hy_source_id){77}, mid, &f->err), HY_ENOTFOUND);
}

static void people(void **state)
{
	struct fix *f = *state;
	struct hy_person_id li = add_person(f, "li"), wang = add_person(f, "王");
	struct hy_person *p = NULL;
	size_t n = 0;

	OK(hy_person_get(f->st, f, li, &p, &f->err));
	p->unix_name = "li";
	p->password_hash = "$argon2id$x";
	p->duties = HY_DUTY_EDITOR;
	OK(hy_person_update(f->st, p, &f->err));
	p->password_hash = NULL;
	p->name = "李";
	OK(hy_person_update(f->st, p, &f->err));
	OK(hy_person_find_unix(f->st, f, "li", &p, &f->err));
	assert_string_equal(p->password_hash, "$argon2id$x");
	assert_string_equal(p->name, "李");
	assert_int_equal(p->duties, HY_DUTY_EDITOR);
	OK(hy_person_find(f->st, f, "王", &p, &f->err));
	assert_int_equal(p->id.v, wang.v);
	p->login = "li";
	FAILS(hy_person_update(f->st, p, &f->err), HY_EEXISTS);
	p->id.v = 99;
	p->login = "nobody";
	FAILS(hy_person_update(f->st, p, &f->err), HY_ENOTFOUND);
	OK(hy_person_list(f->st, f, &p, &n, &f->err));
	assert_int_equal(n, 2);
	assert_int_equal(raw_sql(f, "DELETE FROM person"), SQLITE_CONSTRAINT);
}

static void tokens(void **state)
{
	struct fix *f = *state;
	struct hy_person_id li = add_person(f, "li");
	struct hy_person *p = NULL;
	const uint8_t a[32] = {1}, b[32] = {2}, c[32] = {3};

	OK(hy_token_add(f->st, li, "cli", a, 0, &f->err));
	OK(hy_token_add(f->st, li, "login-link", b, NOW + HY_MINUTE, &f->err));
	OK(hy_token_find(f->st, f, "cli", a, &p, &f->err));
	assert_int_equal(p->id.v, li.v);
	FAILS(hy_token_find(f->st, f, "login-link", a, &p, &f->err), HY_EAUTH);
	FAILS(hy_token_find(f->st, f, "cli", c, &p, &f->err), HY_EAUTH);
	OK(hy_token_use(f->st, f, "login-link", b, &p, &f->err));
	FAILS(hy_token_use(f->st, f, "login-link", b, &p, &f->err), HY_EAUTH);
	OK(hy_token_add(f->st, li, "login-link", b, NOW + HY_MINUTE, &f->err));
	hy_clock_set(f->clock, NOW + HY_MINUTE);
	FAILS(hy_token_use(f->st, f, "login-link", b, &p, &f->err), HY_EAUTH);
	OK(hy_person_get(f->st, f, li, &p, &f->err));
	p->active = false;
	OK(hy_person_update(f->st, p, &f->err));
	FAILS(hy_token_find(f->st, f, "cli", a, &p, &f->err), HY_EAUTH);
	p->active = true;
	OK(hy_person_update(f->st, p, &f->err));
	OK(hy_token_remove_all(f->st, li, "cli", &f->err));
	FAILS(hy_token_find(f->st, f, "cli", a, &p, &f->err), HY_EAUTH);
}

static void sessions(void **state)
{
	struct fix *f = *state;
	struct hy_session s = {.person = add_person(f, "li"),
			       .made = NOW,
			       .seen = NOW,
			       .until = NOW + HY_DAY,
			       .csrf = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"},
			  got = {.made = 0};
	const uint8_t a[32] = {1}, b[32] = {2};

	OK(hy_session_add(f->st, a, &s, &f->err));
	OK(hy_session_add(f->st, b, &s, &f->err));
	OK(hy_session_touch(f->st, a, NOW + 5, &f->err));
	OK(hy_session_get(f->st, a, &got, &f->err));
	assert_int_equal(got.seen, NOW + 5);
	assert_int_equal(got.until, NOW + HY_DAY);
	assert_string_equal(got.csrf, s.csrf);
	OK(hy_session_remove(f->st, a, &f->err));
	FAILS(hy_session_get(f->st, a, &got, &f->err), HY_ENOTFOUND);
	FAILS(hy_session_touch(f->st, a, NOW, &f->err), HY_ENOTFOUND);
	OK(hy_session_remove_person(f->st, s.person, &f->err));
	FAILS(hy_session_get(f->st, b, &got, &f->err), HY_ENOTFOUND);
}

static void accounts(void **state)
{
	bool moved = true;
	struct fix *f = *state;
	struct hy_account a = {.name = "wp", .platform = "wordpress", .url = "http://wp.example"},
			  *got = NULL;
	struct hy_account_id id = {0}, site = {0};
	struct hy_secret *s = hy_secret_new(f, "PASS-MARK", 9), *out = NULL;
	size_t n = 0;

	OK(hy_account_add(f->st, &a, s, &id, &f->err));
	FAILS(hy_account_add(f->st, &a, s, &site, &f->err), HY_EEXISTS);
	a.name = a.platform = "site";
	OK(hy_account_add(f->st, &a, NULL, &site, &f->err));
	OK(hy_account_find(f->st, f, "wp", &got, &f->err));
	assert_true(got->has_secret);
	OK(hy_account_secret(f->st, f, id, &out, &f->err));
	assert_string_equal(hy_secret_text(out, &n), "PASS-MARK");
	assert_false(raw_grep(f, "PASS-MARK"));
	OK(hy_account_secret(f->st, f, site, &out, &f->err));
	assert_null(out);
	FAILS(hy_account_set_secret(f->st, id, hy_secret_new(f, "", 0), &f->err), HY_EINPUT);
	FAILS(hy_account_set_secret(f->st, (struct hy_account_id){9}, s, &f->err), HY_ENOTFOUND);
	OK(hy_account_set_secret(f->st, site, hy_secret_new(f, "t", 1), &f->err));
	OK(hy_account_secret(f->st, f, site, &out, &f->err));
	assert_string_equal(hy_secret_text(out, &n), "t");
	OK(hy_account_set_state(f->st, id, HY_ACCOUNT_NEEDS_REAUTH, "401", &f->err));
	OK(hy_account_get(f->st, f, id, &got, &f->err));
	assert_int_equal(got->state, HY_ACCOUNT_NEEDS_REAUTH);
	assert_string_equal(got->state_why, "401");
	OK(hy_account_move(f->st, id, HY_ACCOUNT_ACTIVE, HY_ACCOUNT_FROZEN, "x", &moved, &f->err));
	assert_false(moved);
	OK(hy_account_get(f->st, f, id, &got, &f->err));
	assert_string_equal(got->state_why, "401");
	OK(hy_account_move(f->st, id, HY_ACCOUNT_NEEDS_REAUTH, HY_ACCOUNT_ACTIVE, NULL, &moved,
			   &f->err));
	assert_true(moved);
	OK(hy_account_get(f->st, f, id, &got, &f->err));
	assert_int_equal(got->state, HY_ACCOUNT_ACTIVE);
	assert_null(got->state_why);
	OK(hy_account_list(f->st, f, &got, &n, &f->err));
	assert_int_equal(n, 2);
	/* The secret of another row does not open here. */
	assert_int_equal(raw_sql(f, "UPDATE account SET secret = (SELECT secret FROM account"
				    " WHERE name = 'site') WHERE name = 'wp'"),
			 SQLITE_OK);
	FAILS(hy_account_secret(f->st, f, id, &out, &f->err), HY_ECORRUPT);
}

static void grants(void **state)
{
	struct fix *f = *state;
	struct hy_account a = {.name = "wx", .platform = "wechat"};
	struct hy_secret *s = hy_secret_new(f, "APP-SECRET", 10),
			 *token = hy_secret_new(f, "TOKEN-MARK", 10), *out = NULL;
	struct hy_account_id id, other;
	struct hy_grant *got = NULL, g = {.until = 900, .next_at = 800, .good = 7, .fence = 3};
	struct hy_account *acc = NULL;

	OK(hy_account_add(f->st, &a, s, &id, &f->err));
	a.name = "wx2";
	OK(hy_account_add(f->st, &a, s, &other, &f->err));
	FAILS(hy_grant_get(f->st, f, id, &got, &f->err), HY_ENOTFOUND);
	OK(hy_grant_token(f->st, f, id, &out, &f->err));
	assert_null(out);
	g.account = id;
	OK(hy_grant_put(f->st, &g, token, &f->err));
	OK(hy_grant_get(f->st, f, id, &got, &f->err));
	assert_true(got->has_token && got->until == 900 && got->next_at == 800 && got->fence == 3);
	/* without another one the token stays; an empty one replaces nothing */
	g.until = 950;
	OK(hy_grant_put(f->st, &g, NULL, &f->err));
	FAILS(hy_grant_put(f->st, &g, hy_secret_new(f, "", 0), &f->err), HY_EINPUT);
	OK(hy_grant_token(f->st, f, id, &out, &f->err));
	assert_string_equal(hy_secret_text(out, NULL), "TOKEN-MARK");
	assert_false(raw_grep(f, "TOKEN-MARK"));
	/* an owner who is late */
	g.fence = 2;
	g.until = 1;
	FAILS(hy_grant_put(f->st, &g, hy_secret_new(f, "LATE-TOKEN", 10), &f->err), HY_ECONFLICT);
	OK(hy_grant_token(f->st, f, id, &out, &f->err));
	assert_string_equal(hy_secret_text(out, NULL), "TOKEN-MARK");
	/* a person asks; gives another secret; the token in use stays */
	OK(hy_grant_due(f->st, id, HY_GRANT_ASKED, false, &f->err));
	OK(hy_grant_get(f->st, f, id, &got, &f->err));
	assert_true(got->next_at == HY_GRANT_ASKED && got->until == 950);
	OK(hy_grant_due(f->st, id, 5, true, &f->err));
	OK(hy_grant_get(f->st, f, id, &got, &f->err));
	assert_true(got->next_at == 5 && got->until == 0 && got->has_token);
	/* that of another account does not open here */
	g = (struct hy_grant){.account = other, .fence = 3};
	OK(hy_grant_put(f->st, &g, token, &f->err));
	assert_int_equal(raw_sql(f, "UPDATE account_grant SET token = (SELECT token FROM"
				    " account_grant WHERE account = 1) WHERE account = 2"),
			 SQLITE_OK);
	FAILS(hy_grant_token(f->st, f, other, &out, &f->err), HY_ECORRUPT);
	/* the application it was given to */
	OK(hy_grant_set_client(f->st, id, "client", hy_secret_new(f, "CLIENT-MARK", 11), &f->err));
	OK(hy_grant_client_secret(f->st, f, id, &out, &f->err));
	assert_string_equal(hy_secret_text(out, NULL), "CLIENT-MARK");
	assert_false(raw_grep(f, "CLIENT-MARK"));
	/* ended: nothing is left */
	OK(hy_grant_end(f->st, id, &f->err));
	FAILS(hy_grant_get(f->st, f, id, &got, &f->err), HY_ENOTFOUND);
	OK(hy_account_get(f->st, f, id, &acc, &f->err));
	assert_false(acc->has_secret);
}

static void names(void **state)
{
	struct fix *f = *state;
	enum hy_verdict v;
	enum hy_statement_kind k;
	enum hy_statement_state s;
	enum hy_case_type t;
	enum hy_case_state c;
	unsigned d = 0;

	OK(hy_verdict_parse("not-checkable", &v, &f->err));
	assert_string_equal(hy_verdict_name(v), "not-checkable");
	FAILS(hy_verdict_parse("maybe", &v, &f->err), HY_EINPUT);
	assert_non_null(strstr(f->err.text, "unverified"));
	FAILS(hy_verdict_parse(NULL, &v, &f->err), HY_EINPUT);
	OK(hy_statement_kind_parse("erratum", &k, &f->err));
	assert_int_equal(k, HY_STATEMENT_ERRATUM);
	OK(hy_statement_state_parse("cancelled", &s, &f->err));
	assert_int_equal(s, HY_STATEMENT_CANCELLED);
	OK(hy_case_type_parse("report", &t, &f->err));
	assert_int_equal(t, HY_CASE_REPORT);
	OK(hy_case_state_parse("closed", &c, &f->err));
	assert_int_equal(c, HY_CASE_CLOSED);
	OK(hy_duties_parse("viewer,approver,admin", &d, &f->err));
	assert_int_equal(d, HY_DUTY_VIEWER | HY_DUTY_APPROVER | HY_DUTY_ADMIN);
	assert_string_equal(hy_duties_text(f, d), "viewer,approver,admin");
	FAILS(hy_duties_parse("viewer,king", &d, &f->err), HY_EINPUT);
	FAILS(hy_duties_parse("", &d, &f->err), HY_EINPUT);
	assert_string_equal(hy_delivery_state_name(HY_DELIVERY_CANCELLED), "cancelled");
	assert_string_equal(hy_item_kind_name(HY_ITEM_MESSAGE), "message");
	assert_string_equal(hy_source_state_name(HY_SOURCE_REMOVED), "removed");
	assert_string_equal(hy_account_state_name(HY_ACCOUNT_REVOKED), "revoked");
	assert_string_equal(hy_alert_state_name(HY_ALERT_CLOSED), "closed");
	assert_string_equal(hy_claim_state_name(HY_CLAIM_CLOSED), "closed");
	assert_string_equal(hy_statement_kind_name(HY_STATEMENT_NOTICE), "notice");
	assert_string_equal(hy_statement_state_name(HY_STATEMENT_DRAFT), "draft");
	assert_string_equal(hy_case_state_name(HY_CASE_NEW), "new");
	assert_string_equal(hy_case_type_name(HY_CASE_CONSULT), "consult");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, fix_setup, fix_teardown)
	const struct CMUnitTest tests[] = {
		T(meta),
		T(without_master_key),
		T(cursors),
		T(leases),
		T(audit_chain),
		T(audit_rows_are_fixed),
		T(units),
		T(sources_of_units),
		T(audit_tampering),
		T(people),
		T(tokens),
		T(sessions),
		T(accounts),
		T(grants),
		T(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
