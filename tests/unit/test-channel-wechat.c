/* Statements to WeChat: the practice platform, faults by script, one clock. Never two, never lost. */
#include "tests/unit/channel-live.h"

static char *token(void)
{
	const struct hy_json *node = live_json(live_ask(&(struct live_ask){
		.path = "/cgi-bin/stable_token",
		.body = "{\"grant_type\":\"client_credential\",\"appid\":\"wx0123456789abcdef\","
			"\"secret\":\"practice-wechat-secret\"}"}));

	return hy_strdup(live.ctx, hy_json_str(node, "access_token"));
}

static int setup(void **state)
{
	static const char *const none[] = {NULL};
	struct world *w = world_begin_at(HY_PRACTICE_WECHAT, "wechat", "wx0123456789abcdef", none);
	struct fix *f = w->f;
	char *reach = hy_strf(w, "127.0.0.1:%d", hy_practice_port(live.site)), *secret = token();

	OK(hy_account_add(f->st,
			  &(struct hy_account){.name = "wechat0",
					       .platform = "wechat",
					       .url = hy_strf(w, "http://%s/", reach),
					       .login = "wx0123456789abcdef",
					       .reach = reach},
			  hy_secret_new(w, secret, strlen(secret)), &w->a[0], &f->err));
	live_control("quota?name=wechat/cgi-bin/freepublish/submit&limit=1000");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	world_end(*state);
	return 0;
}

/* What was published or sent: how many, and the k-th. */
static size_t jobs(const struct hy_json **out, size_t k)
{
	const struct hy_json *all = hy_json_get(live_state("wechat"), "jobs");

	if (out != NULL && k < all->n)
		*out = all->at[k];
	return all->n;
}

static const struct hy_json *article(size_t k)
{
	const struct hy_json *job = NULL;

	assert_true(jobs(&job, k) > k);
	return hy_json_get(job, "articles")->at[0];
}

static void same_article(struct world *w, struct hy_statement_id id, size_t k)
{
	struct hy_form form = form_of(w, id, 0);

	assert_string_equal(hy_json_str(article(k), "title"), form.title);
	assert_string_equal(hy_json_str(article(k), "content"), form.text);
	assert_string_equal(hy_json_str(article(k), "content_source_url"), form.link);
	assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_SENT);
}

static void followers(struct world *w, const char *kinds)
{
	struct fix *f = w->f;

	OK(hy_meta_set(f->st, HY_META_FOLLOWERS, kinds, &f->err));
}

/* Accepted, then decided: in doubt in between, and told by the platform. */
static void test_page(void **state)
{
	struct world *w = *state;
	struct hy_statement_id id = notice(w, "城东停水", "城东**明日**停水。", 1), next;
	struct hy_form form = form_of(w, id, 0);

	assert_true(form.html);
	assert_string_equal(form.way, "page");
	assert_string_equal(form.link, BASE "statements/1.html");
	assert_non_null(strstr(form.text, "<strong>明日</strong>"));
	run(w);
	assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_UNKNOWN);
	until_state(w, id, 0, HY_DELIVERY_SENT, 15 * HY_SECOND, 2);
	same_article(w, id, 0);
	const struct hy_delivery *d = delivery_of(w, id, 0);
	assert_int_equal(strncmp(d->receipt, "article-", 8), 0);
	assert_non_null(strstr(d->receipt_url, "/wx/s/article-"));
	/* the cover is uploaded once, the draft is gone */
	next = notice(w, "城东来水", "已恢复。", 1);
	until_state(w, next, 0, HY_DELIVERY_SENT, 15 * HY_SECOND, 3);
	same_article(w, next, 1);
	const struct hy_json *all = hy_json_get(live_state("wechat"), "notes");
	assert_int_equal(all->n, 1);
	assert_int_equal(jobs(NULL, 0), 2);
	assert_int_equal(w->paged, 0);
}

static void test_limits(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_account_id to[] = {w->a[0]};
	const char *why = NULL;
	struct hy_statement s = {.kind = HY_STATEMENT_NOTICE,
				 .title = repeated(w, "题", 32),
				 .text = "停水",
				 .targets = to,
				 .n_targets = 1};

	assert_null(blocked(w, draft(w, &s), NULL));
	s.title = repeated(w, "题", 33);
	assert_string_equal(blocked(w, draft(w, &s), &why), "account-form");
	assert_non_null(strstr(why, "32"));
	s.title = "通告";
	s.text = repeated(w, "水", 19000);
	assert_null(blocked(w, draft(w, &s), NULL));
	s.text = repeated(w, "水", 19990); /* with our signature past 20,000 */
	assert_string_equal(blocked(w, draft(w, &s), NULL), "account-form");
	s.text = "![图](https://www.linjiang.example/a.png)";
	assert_string_equal(blocked(w, draft(w, &s), NULL), "account-form");
	s.text = "停水";
	OK(hy_meta_set(f->st, HY_META_COVER, "!no such picture", &f->err));
	assert_string_equal(blocked(w, draft(w, &s), &why), "account-form");
	assert_non_null(strstr(why, "no such picture"));
}

/* The office's own picture; another one under its name is not what was approved. */
static void test_cover(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	char *path = hy_strf(w, "%s/cover.jpg", f->dir), *meta = NULL;
	struct hy_statement_id id;

	FAILS(hy_publish_cover(w, f->dir, "cover.jpg", &meta, &f->err), HY_ENOTFOUND);
	OK(hy_file_write(path, "GIF89a..", 8, 0600, &f->err));
	FAILS(hy_publish_cover(w, f->dir, "cover.jpg", &meta, &f->err), HY_EINPUT);
	OK(hy_publish_cover(w, f->dir, "", &meta, &f->err));
	assert_string_equal(meta, "");
	OK(hy_file_write(path, "\xff\xd8\xff\xe0 one", 8, 0600, &f->err));
	OK(hy_publish_cover(w, f->dir, "cover.jpg", &meta, &f->err));
	OK(hy_meta_set(f->st, HY_META_COVER, meta, &f->err));
	id = notice(w, "通告", "停水", 1);
	OK(hy_file_write(path, "\xff\xd8\xff\xe0 two", 8, 0600, &f->err));
	run(w);
	assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_FAILED);
	assert_int_equal(jobs(NULL, 0), 0);
	OK(hy_file_write(path, "\xff\xd8\xff\xe0 one", 8, 0600, &f->err));
	OK(hy_outbox_resolve(f->st, f->clock, delivery_of(w, id, 0)->id, "retry", NULL, NULL,
			     &f->err));
	until_state(w, id, 0, HY_DELIVERY_SENT, 15 * HY_SECOND, 3);
	/* deleted in the platform's console: uploaded again */
	const struct hy_json *files = hy_json_get(live_state("wechat"), "notes");
	assert_int_equal(files->n, 1);
	live_control(hy_strf(w, "change?platform=wechat&id=%s", hy_json_str(files->at[0], "id")));
	id = notice(w, "通告二", "停水", 1);
	until_state(w, id, 0, HY_DELIVERY_SENT, 15 * HY_SECOND, 3);
	assert_int_equal(hy_json_get(live_state("wechat"), "notes")->n, 2);
}

/* R11: a lost answer of each step. Before the last one nothing is public: done again. */
static void test_lost_on_the_way(void **state)
{
	static const enum hy_practice_fault faults[] = {HY_FAULT_DROP, HY_FAULT_BROKEN,
							HY_FAULT_GARBAGE, HY_FAULT_BIG};
	static const char *const ops[] = {"material/add_material", "draft/add",
					  "freepublish/submit"};
	struct world *w = *state;
	size_t n = 0;

	for (size_t k = 0; k < HY_LEN(ops); k++)
		for (size_t i = 0; i < HY_LEN(faults); i++) {
			struct hy_statement_id id =
				notice(w, hy_strf(w, "通告 %zu %zu", k, i), "停水", 1);

			fault(w, faults[i], ops[k], 1);
			run(w);
			assert_int_equal(delivery_of(w, id, 0)->state,
					 k == 2 || (k == 0 && i > 0) ? HY_DELIVERY_UNKNOWN
								     : HY_DELIVERY_WAIT);
			fault(w, HY_FAULT_NONE, NULL, 0);
			until_state(w, id, 0, HY_DELIVERY_SENT, 15 * HY_SECOND, 6);
			same_article(w, id, n);
			assert_int_equal(jobs(NULL, 0), ++n);
		}
	assert_int_equal(w->paged, 0);
}

static void test_slow_drip(void **state)
{
	struct world *w = *state;
	struct hy_statement_id id = notice(w, "通告", "停水", 1);

	fault_rule(w, (struct hy_practice_fault_rule){.kind = HY_FAULT_DRIP, .ms = 1, .times = 3});
	until_state(w, id, 0, HY_DELIVERY_SENT, 15 * HY_SECOND, 3);
	assert_int_equal(jobs(NULL, 0), 1);
}

/* R12: the answer of the last step is lost and the list stays empty: a person's, never twice. */
static void test_not_found(void **state)
{
	struct world *w = *state;
	struct hy_statement_id id = notice(w, "通告", "停水", 1);

	fault(w, HY_FAULT_DOWN, "freepublish/submit", 1);
	run(w);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_UNKNOWN);
		later(w, 20 * HY_MINUTE);
		run(w);
	}
	assert_int_equal(w->paged, 1);
	assert_int_equal(jobs(NULL, 0), 0);
}

/* The platform takes an hour: it is waited for, with few calls, and nobody is called. */
static void test_decided_late(void **state)
{
	struct world *w = *state;
	struct hy_statement_id id = notice(w, "通告", "停水", 1);

	fault_rule(w, (struct hy_practice_fault_rule){
			      .kind = HY_FAULT_LATE, .op = "freepublish/submit", .secs = 3600});
	run(w);
	for (int i = 0; i < 59; i++) {
		later(w, HY_MINUTE);
		run(w);
		assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_UNKNOWN);
	}
	until_state(w, id, 0, HY_DELIVERY_SENT, HY_MINUTE, 20);
	assert_int_equal(w->paged, 0);
	const struct hy_json *quotas = hy_json_get(live_state("wechat"), "quotas");
	for (size_t i = 0; i < quotas->n; i++)
		if (strstr(hy_json_str(quotas->at[i], "name"), "freepublish/get") != NULL)
			assert_true(hy_json_int(quotas->at[i], "used", 0) < 20);
}

/* Refused by the platform's review, by its check for originals ...: told to a person, final. */
static void test_refused(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;

	for (int code = 2; code <= 6; code++) {
		struct hy_statement_id id = notice(w, hy_strf(w, "通告 %d", code), "停水", 1);

		fault_rule(w, (struct hy_practice_fault_rule){.kind = HY_FAULT_LATE,
							      .op = "freepublish/submit",
							      .secs = 10,
							      .code = code});
		until_state(w, id, 0, HY_DELIVERY_FAILED, 15 * HY_SECOND, 3);
		assert_int_equal(w->paged, code - 1);
		assert_non_null(delivery_of(w, id, 0)->error);
		/* a person may have it tried once more: it was never public */
		OK(hy_outbox_resolve(f->st, f->clock, delivery_of(w, id, 0)->id, "cancel", NULL,
				     NULL, &f->err));
	}
}

/* To all followers, by its own key: the same call again within a day makes no second one. */
static void test_followers(void **state)
{
	struct world *w = *state;
	const struct hy_json *job = NULL;
	struct hy_statement_id id;

	followers(w, "correction,notice");
	live_control("quota?name=wechat/mass-day&limit=100");
	id = notice(w, "通告", "停水", 1);
	assert_string_equal(form_of(w, id, 0).way, "followers");
	until_state(w, id, 0, HY_DELIVERY_SENT, 15 * HY_SECOND, 3);
	same_article(w, id, 0);
	(void)jobs(&job, 0);
	assert_true(hy_json_bool(job, "mass", false));
	assert_string_equal(hy_json_str(job, "audience"), "all");
	assert_string_equal(hy_json_str(job, "clientmsgid"), delivery_of(w, id, 0)->key);
	assert_string_equal(delivery_of(w, id, 0)->receipt, hy_json_str(job, "id"));
	/* the answer is lost: 45066 within the minute, then 45065 with the first one's id */
	id = notice(w, "通告二", "停水", 1);
	fault(w, HY_FAULT_DROP, "mass/sendall", 1);
	run(w);
	assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_UNKNOWN);
	until_state(w, id, 0, HY_DELIVERY_SENT, 20 * HY_SECOND, 8);
	assert_int_equal(jobs(NULL, 0), 2);
	same_article(w, id, 1);
	/* never taken: the key makes it safe to ask again */
	id = notice(w, "通告三", "停水", 1);
	fault(w, HY_FAULT_DOWN, "mass/sendall", 1);
	until_state(w, id, 0, HY_DELIVERY_SENT, 20 * HY_SECOND, 8);
	assert_int_equal(jobs(NULL, 0), 3);
	/* the platform refuses it after all */
	id = notice(w, "通告四", "停水", 1);
	fault_rule(w, (struct hy_practice_fault_rule){
			      .kind = HY_FAULT_LATE, .op = "mass/sendall", .secs = 5, .code = 20001});
	until_state(w, id, 0, HY_DELIVERY_FAILED, 15 * HY_SECOND, 3);
	assert_int_equal(jobs(NULL, 0), 4);
}

/* After the day the key means nothing: a person's. */
static void test_key_forgotten(void **state)
{
	struct world *w = *state;
	struct hy_statement_id id;

	followers(w, "notice");
	live_control("quota?name=wechat/mass-day&limit=100");
	live_control(hy_strf(w, "token?platform=wechat&ends=864000&token=%s", live_enc(token())));
	id = notice(w, "通告", "停水", 1);
	fault(w, HY_FAULT_DOWN, "mass/sendall", 1);
	run(w);
	later(w, HY_DAY);
	for (int i = 0; i < 8; i++) {
		run(w);
		assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_UNKNOWN);
		later(w, 20 * HY_MINUTE);
	}
	assert_int_equal(w->paged, 1);
	assert_int_equal(jobs(NULL, 0), 0);
}

/* One mass send a day: the next waits; it is not lost and calls a person when it is too late. */
static void test_quota(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_statement_id id;

	followers(w, "notice");
	id = notice(w, "通告", "停水", 1);
	until_state(w, id, 0, HY_DELIVERY_SENT, 15 * HY_SECOND, 3);
	id = notice(w, "通告二", "停水", 1);
	run(w);
	const struct hy_delivery *d = delivery_of(w, id, 0);
	assert_int_equal(d->state, HY_DELIVERY_WAIT);
	/* the day is longer than what it has: it is missed then */
	assert_int_equal(d->wait_until - hy_now(f->clock), HY_HOUR + 1);
	later(w, HY_HOUR + HY_SECOND);
	run(w);
	assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_MISSED);
	OK(hy_outbox_resolve(f->st, f->clock, d->id, "retry", NULL, NULL, &f->err));
	later(w, HY_DAY);
	OK(hy_account_set_state(f->st, w->a[0], HY_ACCOUNT_ACTIVE, NULL, &f->err));
	assert_int_equal(jobs(NULL, 0), 1);
}

/* Every code at the last step: what it means for a write, and nothing is published. */
static void test_every_code(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	size_t n = 0;
	const struct hy_platform_error *all = hy_platform_errors(&n);
	int seen = 0;

	for (size_t i = 0; i < n; i++) {
		enum hy_delivery_state want = HY_DELIVERY_FAILED;

		if (strcmp(all[i].platform, "wechat") != 0)
			continue;
		struct hy_statement_id id = notice(w, hy_strf(w, "通告 %zu", i), "停水", 1);

		fault_rule(w, (struct hy_practice_fault_rule){
				      .kind = HY_FAULT_ERROR,
				      .op = "freepublish/submit",
				      .code = (int)strtol(all[i].code, NULL, 10)});
		run(w);
		if (all[i].write == HY_EAUTH || all[i].write == HY_EWAIT || all[i].write == HY_ETEMP)
			want = HY_DELIVERY_WAIT;
		else if (all[i].write == HY_EUNSURE)
			want = HY_DELIVERY_UNKNOWN;
		const struct hy_delivery *d = delivery_of(w, id, 0);
		if (d->state != want)
			fail_msg("%s: %s: %s", all[i].code, hy_delivery_state_name(d->state),
				 d->error);
		/* of the platform's words no token */
		assert_null(strstr(d->error, "access_token="));
		OK(hy_account_set_state(f->st, w->a[0], HY_ACCOUNT_ACTIVE, NULL, &f->err));
		OK(hy_outbox_resolve(f->st, f->clock, d->id, "cancel", NULL, NULL, &f->err));
		seen++;
	}
	assert_true(seen > 60);
	assert_int_equal(jobs(NULL, 0), 0);
}

static struct hy_secret *given, *fresh; /* given NULL: not there yet */
static int asked_anew;

static enum hy_status secret_of(void *user, const void *ctx, const struct hy_account *a,
				struct hy_secret **out, struct hy_err *err)
{
	size_t n;
	const char *text = given != NULL ? hy_secret_text(given, &n) : NULL;

	(void)user, (void)a;
	if (text == NULL)
		return hy_err_set(err, HY_ETEMP, "the token is on its way");
	*out = hy_secret_new(ctx, text, n);
	return HY_OK;
}

static void refused(void *user, const struct hy_account *a, const char *why)
{
	(void)user, (void)a;
	assert_non_null(why);
	asked_anew++;
	given = fresh;
}

/* The owner of tokens: not there yet is waited for; a refused one is asked anew, once. */
static void test_tokens(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	const struct hy_net_options net = {.clock = f->clock};
	const struct hy_outbox_options o = {.dir = f->dir,
					    .clock = f->clock,
					    .seed = 7,
					    .gap = -1,
					    .net = &net,
					    .secret = secret_of,
					    .refused = refused};
	struct hy_statement_id id = notice(w, "通告", "停水", 1);
	struct hy_account *a = NULL;

	char *text = token();

	fresh = hy_secret_new(w, text, strlen(text));
	talloc_free(w->ob);
	OK(hy_outbox_new(&w->ob, w, live.loop, f->st, &o, &f->err));
	given = NULL;
	asked_anew = 0;
	run(w);
	assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_WAIT);
	assert_int_equal(delivery_of(w, id, 0)->attempt, 0);
	given = hy_secret_new(live.ctx, "a-token-of-yesterday", 20);
	later(w, 11 * HY_SECOND);
	run(w);
	assert_int_equal(asked_anew, 1);
	assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_WAIT);
	until_state(w, id, 0, HY_DELIVERY_SENT, 15 * HY_SECOND, 4);
	assert_int_equal(asked_anew, 1);
	OK(hy_account_get(f->st, w, w->a[0], &a, &f->err));
	assert_int_equal(a->state, HY_ACCOUNT_ACTIVE);
	assert_int_equal(jobs(NULL, 0), 1);
	given = NULL;
}

/* R14, without an owner of tokens: it stops, alone. */
static void test_token_refused(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_statement_id id = notice(w, "通告", "停水", 1);
	struct hy_account *a = NULL;

	fault_rule(w, (struct hy_practice_fault_rule){.kind = HY_FAULT_ERROR,
						      .op = "material/add_material",
						      .code = 42001});
	run(w);
	assert_int_equal(delivery_of(w, id, 0)->state, HY_DELIVERY_WAIT);
	OK(hy_account_get(f->st, w, w->a[0], &a, &f->err));
	assert_int_equal(a->state, HY_ACCOUNT_NEEDS_REAUTH);
	assert_int_equal(w->paged, 1);
	OK(hy_account_set_state(f->st, w->a[0], HY_ACCOUNT_ACTIVE, NULL, &f->err));
	OK(hy_outbox_wake(f->st, f->clock, w->a[0], &f->err));
	until_state(w, id, 0, HY_DELIVERY_SENT, 15 * HY_SECOND, 3);
}

static void test_erratum(void **state)
{
	struct world *w = *state;
	struct hy_statement_id old = notice(w, "城东停水", "明日停水。", 1), id;

	until_state(w, old, 0, HY_DELIVERY_SENT, 15 * HY_SECOND, 3);
	id = erratum(w, old);
	assert_non_null(strstr(form_of(w, id, 0).text, "城东停水"));
	until_state(w, id, 0, HY_DELIVERY_SENT, 15 * HY_SECOND, 3);
	same_article(w, id, 1);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_page),	       T(test_limits),	    T(test_cover),
		T(test_lost_on_the_way), T(test_slow_drip), T(test_not_found),
		T(test_decided_late),  T(test_refused),	    T(test_followers),
		T(test_key_forgotten), T(test_quota),	    T(test_every_code),
		T(test_tokens),	       T(test_token_refused), T(test_erratum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
