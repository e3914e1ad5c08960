/* The public site: signatures of entries and of whole feeds, names for good, approved evidence. */
#include "tests/unit/test-store.h"

#include "publisher/publisher.h"

struct office {
	struct fix *f;
	struct hy_person_id li, wang;
	struct hy_account_id site;
	struct hy_claim_id claim;
	struct hy_statement *statement;
	uint8_t pub[HY_ED25519_LEN];
};

static char *slurp(struct office *o, const char *name, size_t *n)
{
	struct fix *f = o->f;
	char *bytes = NULL;

	OK(hy_file_read(o, hy_strf(o, "%s/site/%s", f->dir, name), 1 << 20, &bytes, n, &f->err));
	return bytes;
}

static void add_evidence(struct office *o, const char *title, hy_time at)
{
	struct fix *f = o->f;
	struct hy_evidence e = {.claim = o->claim,
				.title = title,
				.url = hy_strf(o, "https://a.example/%s", title),
				.captured = at,
				.added_by = o->li};

	OK(hy_evidence_add(f->st, &e, &(struct hy_evidence_id){0}, &f->err));
}

/* A correction, approved and on its way to the site. */
static void publish(struct office *o)
{
	struct fix *f = o->f;
	struct hy_statement s = {.kind = HY_STATEMENT_CORRECTION,
				 .title = "供水正常",
				 .text = "水厂**正常**运行。\n\n- 三处合格\n- 未停水\n",
				 .targets = &o->site,
				 .n_targets = 1,
				 .author = o->li};
	struct hy_statement_id id = {0};

	OK(hy_claim_add(f->st, &(struct hy_claim){.text = "全县停水三天"}, &o->claim, &f->err));
	s.claim = o->claim;
	add_evidence(o, "before", NOW);
	OK(hy_claim_judge(f->st, o->claim, HY_VERDICT_FALSE, "未停水", o->li, &f->err));
	OK(hy_claim_sign(f->st, o->claim, o->wang, &f->err));
	OK(hy_publish_draft(f->st, &s, &id, &f->err));
	OK(hy_publish_submit(f->st, id, 1, o->li, NULL, 0, &f->err));
	OK(hy_statement_get(f->st, o, id, &o->statement, &f->err));
	OK(hy_publish_approve(f->st, id, 1, o->statement->digest, o->wang, NULL, 0, &f->err));
	OK(hy_statement_get(f->st, o, id, &o->statement, &f->err));
	assert_int_equal(raw_sql(f, "UPDATE delivery SET state = 2"), SQLITE_OK);
}

static int office_setup(void **state)
{
	if (fix_setup(state) != 0)
		return -1;
	struct fix *f = *state;
	struct office *o = talloc_zero(NULL, struct office);

	o->f = f;
	o->li = add_person(f, "li");
	o->wang = add_person(f, "wang");
	OK(hy_office_key(f->st, o->pub, &f->err));
	OK(hy_meta_set(f->st, "office.name", "某县发布", &f->err));
	OK(hy_meta_set(f->st, "instance", "00112233445566778899aabbccddeeff", &f->err));
	OK(hy_account_add(f->st, &(struct hy_account){.name = "site", .platform = "site"}, NULL,
			  &o->site, &f->err));
	publish(o);
	*state = o;
	return 0;
}

static int office_teardown(void **state)
{
	struct office *o = *state;
	struct fix *f = o->f;

	talloc_free(o);
	*state = f;
	return fix_teardown(state);
}

static void build(struct office *o, const char *base)
{
	struct fix *f = o->f;

	OK(hy_meta_set(f->st, "site.base", base, &f->err));
	OK(hy_site_build(f->st, f->dir, o->site, &f->err));
}

static struct hy_json *parse(struct office *o, const char *name)
{
	struct fix *f = o->f;
	size_t n = 0;
	char *text = slurp(o, name, &n);
	struct hy_json *j = NULL;

	OK(hy_json_parse(o, text, n, HY_JSON_UNIQUE, &j, &f->err));
	return j;
}

/* The office's key as a stranger gets it. */
static void public_key(struct office *o, uint8_t pub[HY_ED25519_LEN])
{
	void *bytes = NULL;
	size_t n = 0;

	assert_int_equal(
		hy_unhex(o, hy_json_str(parse(o, "key.json"), "public_key_hex"), &bytes, &n, NULL),
		HY_OK);
	assert_int_equal(n, HY_ED25519_LEN);
	memcpy(pub, bytes, n);
	assert_memory_equal(pub, o->pub, n);
}

/* The detached signature holds for the file, and for no file that differs in a byte. */
static void check_file(struct office *o, const char *name)
{
	uint8_t pub[HY_ED25519_LEN];
	size_t n = 0, line_n = 0, sig_n = 0;
	char *bytes = slurp(o, name, &n), *line = slurp(o, hy_strf(o, "%s.sig", name), &line_n);
	void *sig = NULL;

	public_key(o, pub);
	assert_int_equal(line_n, 89); /* 88 of base64 and LF */
	assert_int_equal(line[88], '\n');
	line[88] = '\0';
	assert_int_equal(hy_unbase64(o, line, false, &sig, &sig_n, NULL), HY_OK);
	assert_int_equal(sig_n, HY_ED25519_SIG_LEN);
	assert_true(hy_ed25519_verify(pub, bytes, n, sig));
	for (size_t at = 0; at < n; at += n / 7 + 1) {
		bytes[at] ^= 1;
		assert_false(hy_ed25519_verify(pub, bytes, n, sig));
		bytes[at] ^= 1;
	}
	assert_false(hy_ed25519_verify(pub, bytes, n - 1, sig));
	assert_true(hy_ed25519_verify(pub, bytes, n, sig));
}

static void test_files_signed(void **state)
{
	struct office *o = *state;

	build(o, "https://a.example/public/");
	check_file(o, "feed.atom");
	check_file(o, "feed.json");
	build(o, ""); /* other bytes: signed anew */
	check_file(o, "feed.atom");
	check_file(o, "feed.json");
}

/* A signature that was lost or belongs to older bytes is made again. */
static void test_signature_again(void **state)
{
	struct office *o = *state;
	struct fix *f = o->f;
	char *path = hy_strf(o, "%s/site/feed.atom.sig", f->dir);

	build(o, "");
	OK(hy_file_write(path, "x", 1, 0644, &f->err));
	build(o, "");
	check_file(o, "feed.atom");
	assert_int_equal(remove(path), 0);
	build(o, "");
	check_file(o, "feed.atom");
}

static void test_entries_signed(void **state)
{
	struct office *o = *state;
	const struct hy_statement *s = o->statement;
	char *digest = hy_hex(o, s->digest, HY_SHA256_LEN);
	char *sig = hy_base64(o, s->signature, HY_ED25519_SIG_LEN, false);
	char *key = hy_hex(o, o->pub, HY_ED25519_LEN);
	size_t n = 0;

	build(o, "https://a.example/public/");
	assert_true(hy_ed25519_verify(o->pub, s->digest, HY_SHA256_LEN, s->signature));
	const struct hy_json *item = hy_json_get(parse(o, "feed.json"), "items")->at[0];
	const struct hy_json *mine = hy_json_get(item, "_huying");
	assert_non_null(mine);
	assert_string_equal(hy_json_str(mine, "digest"), digest);
	assert_string_equal(hy_json_str(mine, "signature"), sig);
	assert_string_equal(hy_json_str(mine, "key"), key);
	assert_string_equal(hy_json_str(mine, "key_url"), "https://a.example/public/key.json");
	assert_non_null(strstr(hy_json_str(item, "content_html"), sig));
	char *atom = slurp(o, "feed.atom", &n);
	assert_non_null(strstr(atom, hy_strf(o, "<huying:digest>%s<", digest)));
	assert_non_null(strstr(atom, hy_strf(o, "<huying:signature>%s<", sig)));
	assert_non_null(strstr(atom, hy_strf(o, "<huying:key>%s<", key)));
	assert_non_null(strstr(atom, hy_strf(o, "&lt;code&gt;%s", sig)));
}

/* The feed's name is the office's, whatever its address. */
static void test_names(void **state)
{
	static const char *const bases[] = {"", "https://a.example/public/", "https://b.example"};
	struct office *o = *state;
	size_t n = 0;

	for (size_t i = 0; i < HY_LEN(bases); i++) {
		build(o, bases[i]);
		char *atom = slurp(o, "feed.atom", &n);
		assert_non_null(
			strstr(atom, "<id>urn:huying:00112233445566778899aabbccddeeff</id>"));
		assert_non_null(strstr(atom, "<id>urn:huying:00112233445566778899aabbccddeeff:"
					     "statement:1</id>"));
	}
	assert_non_null(
		strstr(slurp(o, "feed.atom", &n), "\"https://b.example/statements/1.html\""));
	struct fix *f = o->f;
	OK(hy_meta_set(f->st, "instance", "", &f->err)); /* an older record: the key names it */
	build(o, "");
	assert_non_null(
		strstr(slurp(o, "feed.atom", &n),
		       hy_strf(o, "<id>urn:huying:%.32s</id>", hy_hex(o, o->pub, HY_ED25519_LEN))));
}

/* Where the page stands: absolute with a base, else relative to the page itself. */
static void test_review_url(void **state)
{
	struct office *o = *state;
	size_t n = 0;

	build(o, "https://a.example/public/");
	assert_non_null(strstr(slurp(o, "statements/1.html", &n),
			       "\"url\":\"https://a.example/public/statements/1.html\""));
	build(o, "");
	assert_non_null(strstr(slurp(o, "statements/1.html", &n), "\"url\":\"1.html\""));
}

static void test_late_evidence(void **state)
{
	struct office *o = *state;
	size_t n = 0;

	build(o, "");
	char *before = slurp(o, "statements/1.html", &n);
	assert_non_null(strstr(before, "https://a.example/before"));
	add_evidence(o, "after", o->statement->decided + 1);
	build(o, "");
	assert_string_equal(slurp(o, "statements/1.html", &n), before);
	add_evidence(o, "just", o->statement->decided);
	build(o, "");
	assert_non_null(strstr(slurp(o, "statements/1.html", &n), "https://a.example/just"));
}

/* A verdict changed after the decision does not reach the public by itself. */
static void test_late_verdict(void **state)
{
	struct office *o = *state;
	struct fix *f = o->f;
	size_t n = 0;

	build(o, "");
	assert_non_null(strstr(slurp(o, "statements/1.html", &n), "ClaimReview"));
	hy_clock_set(f->clock, o->statement->decided + HY_MINUTE);
	OK(hy_claim_judge(f->st, o->claim, HY_VERDICT_TRUE, "确已停水", o->li, &f->err));
	for (int i = 0; i < 2; i++) {
		build(o, "");
		char *page = slurp(o, "statements/1.html", &n);
		assert_null(strstr(page, "ClaimReview"));
		assert_null(strstr(page, "确已停水"));
		assert_non_null(strstr(page, "三处合格"));
		if (i == 0) /* nor when a second person has signed it */
			OK(hy_claim_sign(f->st, o->claim, o->wang, &f->err));
	}
}

static void test_words(void **state)
{
	struct office *o = *state;
	size_t n = 0;

	build(o, "");
	assert_non_null(strstr(slurp(o, "index.html", &n), "正常运行。 三处合格 未停水"));
	assert_null(strstr(slurp(o, "index.html", &n), "- "));
	assert_null(strstr(slurp(o, "statements/1.html", &n), "谣言"));
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, office_setup, office_teardown)
	const struct CMUnitTest tests[] = {
		T(test_files_signed), T(test_signature_again), T(test_entries_signed),
		T(test_names),	      T(test_review_url),      T(test_late_evidence),
		T(test_late_verdict), T(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
