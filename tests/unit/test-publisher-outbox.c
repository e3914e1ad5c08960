/* The outbox against a scripted WordPress: R10 to R14, R16, R26; never twice, never lost. */
#include "tests/unit/test-store.h"

#include "publisher/publisher.h"
#include "tests/unit/origin.h"

#define ACCOUNTS 5

/* ---- a small WordPress ---- */

enum mode { WELL, DROP, ERROR_500, LONG_BODY, NO_JSON, NO_ID, SLOW_DOWN, NO_AUTH, REFUSE, HANG };

struct wp {
	struct origin o;
	pthread_mutex_t lock;
	enum mode mode;	   /* of the next POSTs */
	const char *retry; /* Retry-After of SLOW_DOWN, or NULL */
	bool blind;	   /* look-ups fail */
	bool hidden;	   /* posts are not visible yet */
	int posts, tries;  /* taken, asked */
	char slug[64][80];
	int updated; /* id of the post that was changed */
	char update[4096];
};

static void post_json(struct wp *w, int id, char *out, size_t room)
{
	snprintf(out, room,
		 "{\"id\":%d,\"slug\":\"%s\",\"status\":\"publish\",\"link\":"
		 "\"http://a.example/?p=%d\",\"title\":{\"raw\":\"t\"},\"content\":{\"raw\":"
		 "\"<!-- huying %s -->\"}}",
		 id, w->slug[id], id, w->slug[id]);
}

static void serve_post(struct wp *w, int fd, const char *request)
{
	static char big[10 << 20];
	const char *slug = strstr(request, "\"slug\":\"");
	char json[512], head[128];

	const char *old = strstr(request, "posts/");
	if (old != NULL) { /* an update */
		w->updated = (int)strtol(old + 6, NULL, 10);
		snprintf(w->update, sizeof(w->update), "%s", strstr(request, "\r\n\r\n"));
		post_json(w, w->updated, json, sizeof(json));
		origin_answer(fd, "200 OK", json);
		return;
	}
	w->tries++;
	if (w->mode == SLOW_DOWN) {
		snprintf(head, sizeof(head), "429 Slow%s%s", w->retry ? "\r\nRetry-After: " : "",
			 w->retry ? w->retry : "");
		origin_answer(fd, head, "{}");
		return;
	}
	if (w->mode == NO_AUTH || w->mode == REFUSE) {
		origin_answer(fd, w->mode == REFUSE ? "400 Bad" : "401 No", "{\"message\":\"m\"}");
		return;
	}
	int id = ++w->posts;
	if (slug != NULL && id < 64)
		snprintf(w->slug[id], sizeof(w->slug[id]), "%.*s", (int)strcspn(slug + 8, "\""),
			 slug + 8);
	post_json(w, id, json, sizeof(json));
	if (w->mode == ERROR_500)
		origin_answer(fd, "500 Oops", "{}");
	else if (w->mode == LONG_BODY)
		memset(big, ' ', sizeof(big) - 1), origin_answer(fd, "201 Created", big);
	else if (w->mode == NO_JSON)
		origin_answer(fd, "200 OK", "<html>cached</html>");
	else if (w->mode == NO_ID)
		origin_answer(fd, "200 OK", "{}");
	else if (w->mode == WELL)
		origin_answer(fd, "201 Created", json);
}

static void serve_get(struct wp *w, int fd, const char *request)
{
	const char *slug = strstr(request, "slug="), *search = strstr(request, "search=");
	const char *mark = slug ? slug + 5 : search ? search + 7 : NULL;
	char json[512], list[600];
	int id = 0;

	if (w->blind) {
		origin_answer(fd, "502 Bad Gateway", "");
		return;
	}
	if (mark == NULL) {
		const char *at = strstr(request, "posts/");

		id = at != NULL ? (int)strtol(at + 6, NULL, 10) : 0;
		if (id < 1 || id > w->posts || w->hidden) {
			origin_answer(fd, "404 Not Found", "{\"code\":\"rest_post_invalid_id\"}");
			return;
		}
		post_json(w, id, json, sizeof(json));
		origin_answer(fd, "200 OK", json);
		return;
	}
	for (int i = 1; i <= w->posts && !w->hidden; i++)
		if (w->slug[i][0] != '\0' && strncmp(mark, w->slug[i], strlen(w->slug[i])) == 0)
			id = i;
	if (id != 0)
		post_json(w, id, json, sizeof(json));
	snprintf(list, sizeof(list), "[%s]", id != 0 ? json : "");
	origin_answer(fd, "200 OK", list);
}

static void serve(struct origin *o, int fd, int nth, const char *request)
{
	struct wp *w = o->user;

	(void)nth;
	pthread_mutex_lock(&w->lock);
	bool hang = w->mode == HANG && strncmp(request, "POST", 4) == 0;
	if (strncmp(request, "POST", 4) == 0)
		serve_post(w, fd, request);
	else
		serve_get(w, fd, request);
	pthread_mutex_unlock(&w->lock);
	while (hang && !origin_stopping(o, 1000))
		;
}

static void wp_set(struct wp *w, enum mode mode, bool blind, bool hidden)
{
	pthread_mutex_lock(&w->lock);
	w->mode = mode;
	w->blind = blind;
	w->hidden = hidden;
	pthread_mutex_unlock(&w->lock);
}

static int wp_posts(struct wp *w)
{
	pthread_mutex_lock(&w->lock);
	int n = w->posts;
	pthread_mutex_unlock(&w->lock);
	return n;
}

/* ---- an office ---- */

struct world {
	struct fix *f;
	struct hy_person_id li, wang;
	struct hy_account_id site, wp_account[ACCOUNTS];
	struct wp wp[ACCOUNTS];
	struct hy_loop *loop;
	struct hy_outbox *ob;
	struct hy_lease lease;
	int paged, moves;
};

static void moved(void *user, const struct hy_delivery *d, enum hy_delivery_state from, bool paged,
		  const char *why)
{
	struct world *w = user;

	(void)from;
	w->moves++;
	w->paged += paged;
	assert_non_null(hy_strf(d, "%s", why)); /* d is a talloc object */
}

static struct hy_outbox *outbox(struct world *w, hy_dur gap)
{
	struct fix *f = w->f;
	struct hy_net_options net = {.clock = f->clock, .per_host = 8};
	struct hy_outbox_options o = {.dir = f->dir,
				      .clock = f->clock,
				      .seed = 7,
				      .gap = gap,
				      .lookups = 4,
				      .net = &net,
				      .moved = moved,
				      .user = w};
	struct hy_outbox *ob = NULL;

	OK(hy_outbox_new(&ob, w, w->loop, f->st, &o, &f->err));
	return ob;
}

static int world_setup(void **state)
{
	if (fix_setup(state) != 0)
		return -1;
	struct fix *f = *state;
	struct world *w = talloc_zero(NULL, struct world);
	uint8_t pub[HY_ED25519_LEN];

	w->f = f;
	w->li = add_person(f, "li");
	w->wang = add_person(f, "wang");
	OK(hy_office_key(f->st, pub, &f->err));
	OK(hy_meta_set(f->st, "office.name", "某县发布", &f->err));
	OK(hy_account_add(f->st, &(struct hy_account){.name = "site", .platform = "site"}, NULL,
			  &w->site, &f->err));
	for (int i = 0; i < ACCOUNTS; i++) {
		pthread_mutex_init(&w->wp[i].lock, NULL);
		origin_start(&w->wp[i].o, serve, &w->wp[i]);
		OK(hy_account_add(f->st,
				  &(struct hy_account){.name = hy_strf(w, "wp%d", i),
						       .platform = "wordpress",
						       .url = "http://a.example/",
						       .login = "desk",
						       .reach = w->wp[i].o.reach},
				  hy_secret_new(w, "s", 1), &w->wp_account[i], &f->err));
	}
	OK(hy_loop_new(&w->loop, w, &f->err));
	w->ob = outbox(w, -1);
	w->lease = (struct hy_lease){.name = "publish", .fence = 1, .until = HY_TIME_NEVER};
	*state = w;
	return 0;
}

static int world_teardown(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;

	talloc_free(w->ob);
	for (int i = 0; i < ACCOUNTS; i++) {
		origin_stop(&w->wp[i].o);
		pthread_mutex_destroy(&w->wp[i].lock);
	}
	talloc_free(w);
	*state = f;
	return fix_teardown(state);
}

/* An approved statement for these accounts. */
static struct hy_statement_id approved_at(struct world *w, const struct hy_account_id *to, size_t n,
					  hy_time not_before, hy_time not_after)
{
	struct fix *f = w->f;
	struct hy_statement s = {.kind = HY_STATEMENT_NOTICE,
				 .title = "通告",
				 .text = "明日**停水**",
				 .targets = (struct hy_account_id *)(uintptr_t)to,
				 .n_targets = n,
				 .not_before = not_before,
				 .not_after = not_after,
				 .author = w->li};
	struct hy_statement_id id = {0};
	struct hy_statement *got = NULL;

	OK(hy_publish_draft(f->st, &s, &id, &f->err));
	OK(hy_publish_submit(f->st, id, 1, w->li, NULL, 0, &f->err));
	OK(hy_statement_get(f->st, w, id, &got, &f->err));
	OK(hy_publish_approve(f->st, id, 1, got->digest, w->wang, NULL, 0, &f->err));
	return id;
}

static struct hy_statement_id approved(struct world *w, const struct hy_account_id *to, size_t n)
{
	return approved_at(w, to, n, 0, 0);
}

static struct hy_delivery *delivery(struct world *w, struct hy_statement_id id, size_t k)
{
	struct fix *f = w->f;
	struct hy_delivery *list = NULL;
	size_t n = 0;

	OK(hy_delivery_list(f->st, w, id, &list, &n, &f->err));
	assert_true(k < n);
	return &list[k];
}

static void run(struct world *w)
{
	struct fix *f = w->f;

	OK(hy_outbox_run(w->ob, &w->lease, &f->err));
	assert_int_equal(hy_outbox_busy(w->ob), 0);
}

static void later(struct world *w, hy_dur d)
{
	hy_clock_set(w->f->clock, hy_now(w->f->clock) + d);
}

static char *slurp(struct world *w, const char *name)
{
	char *bytes = NULL;
	size_t n = 0;

	if (hy_file_read(w, hy_strf(w, "%s/site/%s", w->f->dir, name), 1 << 20, &bytes, &n, NULL) !=
	    HY_OK)
		return NULL;
	return bytes;
}

/* ---- tests ---- */

static void test_sent(void **state)
{
	struct world *w = *state;
	struct hy_statement_id id = approved(w, w->wp_account, 2);

	run(w);
	for (size_t i = 0; i < 2; i++) {
		struct hy_delivery *d = delivery(w, id, i);

		assert_int_equal(d->state, HY_DELIVERY_SENT);
		assert_string_equal(d->receipt, "1");
		assert_string_equal(d->receipt_url, "http://a.example/?p=1");
		assert_int_equal(d->attempt, 1);
		assert_int_equal(wp_posts(&w->wp[i]), 1);
	}
	run(w); /* nothing more to do */
	assert_int_equal(wp_posts(&w->wp[0]), 1);
	assert_int_equal(w->paged, 0);
}

/* R10 */
static void test_nobody_there(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_account_id dead = {0};

	OK(hy_account_add(f->st,
			  &(struct hy_account){.name = "dead",
					       .platform = "wordpress",
					       .url = "http://a.example/",
					       .login = "desk",
					       .reach = "127.0.0.1:1"},
			  hy_secret_new(w, "s", 1), &dead, &f->err));
	struct hy_statement_id id = approved(w, &dead, 1);
	for (int i = 1; i <= 4; i++) {
		run(w);
		struct hy_delivery *d = delivery(w, id, 0);
		hy_dur wait = d->wait_until - hy_now(f->clock);

		assert_int_equal(d->state, HY_DELIVERY_WAIT);
		assert_int_equal(d->attempt, i);
		assert_true(wait >= 5 * HY_SECOND * (1 << (i - 1)) &&
			    wait <= 10 * HY_SECOND * (1 << (i - 1)));
		run(w); /* not before its time */
		assert_int_equal(delivery(w, id, 0)->attempt, i);
		later(w, wait);
	}
	later(w, HY_HOUR);
	run(w);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_MISSED);
	assert_true(w->paged > 0);
}

/* R11 */
static void test_taken_but_no_answer(void **state)
{
	static const enum mode modes[] = {DROP, ERROR_500, LONG_BODY, NO_JSON, NO_ID};
	struct world *w = *state;

	for (size_t i = 0; i < HY_LEN(modes); i++) {
		struct hy_statement_id id = approved(w, w->wp_account, 1);

		wp_set(&w->wp[0], modes[i], false, false);
		run(w);
		assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_UNKNOWN);
		assert_int_equal(wp_posts(&w->wp[0]), (int)i + 1);
		wp_set(&w->wp[0], WELL, false, false);
		run(w); /* the look-up has its own time, too */
		assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_UNKNOWN);
		later(w, 6 * HY_SECOND);
		run(w);
		struct hy_delivery *d = delivery(w, id, 0);
		assert_int_equal(d->state, HY_DELIVERY_SENT);
		assert_string_equal(d->receipt, hy_strf(w, "%zu", i + 1));
		assert_int_equal(wp_posts(&w->wp[0]), (int)i + 1);
		assert_int_equal(w->wp[0].tries, (int)i + 1);
	}
	assert_int_equal(w->paged, 0);
}

/* A post whose read-back does not show it is not "sent" (D17). */
static void test_no_read_back(void **state)
{
	struct world *w = *state;
	struct hy_statement_id id = approved(w, w->wp_account, 1);

	wp_set(&w->wp[0], WELL, false, true);
	run(w);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_UNKNOWN);
	wp_set(&w->wp[0], WELL, false, false);
	later(w, HY_MINUTE);
	run(w);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_SENT);
	assert_int_equal(wp_posts(&w->wp[0]), 1);
}

/* R12 */
static void test_lookup_fails_too(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_statement_id id = approved(w, w->wp_account, 1);

	wp_set(&w->wp[0], DROP, true, false);
	run(w);
	for (int i = 1; i <= 10; i++) {
		later(w, 20 * HY_MINUTE);
		run(w);
		struct hy_delivery *d = delivery(w, id, 0);
		assert_int_equal(d->state, HY_DELIVERY_UNKNOWN);
		assert_int_equal(d->lookups, i < 4 ? i : 4);
		assert_int_equal(w->paged, i >= 4 ? 1 : 0);
	}
	assert_int_equal(delivery(w, id, 0)->wait_until, HY_TIME_NEVER);
	assert_int_equal(w->wp[0].tries, 1); /* never posted by itself */
	/* only a person: wrong words are refused, "absent" sends once more */
	struct hy_delivery_id d = delivery(w, id, 0)->id;
	FAILS(hy_outbox_resolve(f->st, f->clock, d, "retry", NULL, NULL, &f->err), HY_EREFUSED);
	FAILS(hy_outbox_resolve(f->st, f->clock, d, "sent", NULL, NULL, &f->err), HY_EINPUT);
	FAILS(hy_outbox_resolve(f->st, f->clock, d, "maybe", NULL, NULL, &f->err), HY_EINPUT);
	OK(hy_outbox_resolve(f->st, f->clock, d, "absent", NULL, NULL, &f->err));
	wp_set(&w->wp[0], WELL, false, false);
	run(w);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_SENT);
	assert_int_equal(w->wp[0].tries, 2);
	FAILS(hy_outbox_resolve(f->st, f->clock, d, "absent", NULL, NULL, &f->err), HY_EREFUSED);
	FAILS(hy_outbox_resolve(f->st, f->clock, d, "cancel", NULL, NULL, &f->err), HY_EREFUSED);
}

static void test_visible_late(void **state)
{
	struct world *w = *state;
	struct hy_statement_id id = approved(w, w->wp_account, 1);

	wp_set(&w->wp[0], DROP, false, true); /* visible after 90 s */
	run(w);
	for (int s = 0; s < 90; s += 5) {
		later(w, 5 * HY_SECOND);
		run(w);
		assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_UNKNOWN);
	}
	assert_int_equal(w->paged, 0);
	wp_set(&w->wp[0], WELL, false, false);
	later(w, HY_HOUR);
	run(w);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_SENT);
	assert_int_equal(w->wp[0].tries, 1);
}

static void test_resolved_sent(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_statement_id id = approved(w, w->wp_account, 1);

	wp_set(&w->wp[0], DROP, true, false);
	run(w);
	OK(hy_outbox_resolve(f->st, f->clock, delivery(w, id, 0)->id, "sent", "77",
			     "http://a.example/?p=77", &f->err));
	struct hy_delivery *d = delivery(w, id, 0);
	assert_int_equal(d->state, HY_DELIVERY_SENT);
	assert_string_equal(d->receipt, "77");
}

/* R13 */
static void test_slow_down(void **state)
{
	static const struct {
		const char *retry;
		hy_dur least, most;
	} rows[] = {
		{"120", 120 * HY_SECOND, 120 * HY_SECOND},
		{"Tue, 24 Nov 2026 06:05:00 GMT", HY_SECOND, HY_HOUR},
		{NULL, 5 * HY_SECOND, 10 * HY_SECOND},
		{"-5", HY_SECOND, HY_SECOND},
		{"315360000", HY_HOUR, HY_HOUR},
	};
	struct world *w = *state;

	for (size_t i = 0; i < HY_LEN(rows); i++) {
		struct hy_statement_id id = approved(w, w->wp_account, 2);

		wp_set(&w->wp[0], SLOW_DOWN, false, false);
		w->wp[0].retry = rows[i].retry;
		run(w);
		struct hy_delivery *d = delivery(w, id, 0);
		hy_dur wait = d->wait_until - hy_now(w->f->clock);
		assert_int_equal(d->state, HY_DELIVERY_WAIT);
		if (wait < rows[i].least || wait > rows[i].most)
			fail_msg("Retry-After %s: waits %" PRId64 " ms",
				 rows[i].retry ? rows[i].retry : "(none)", wait);
		assert_int_equal(delivery(w, id, 1)->state, HY_DELIVERY_SENT);
		wp_set(&w->wp[0], WELL, false, false);
		later(w, wait);
		run(w);
		/* after an hour it is too late by default, else it went out */
		assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_SENT);
	}
}

/* R14 */
static void test_fan_out_with_expired(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_statement_id id = approved(w, w->wp_account, ACCOUNTS);
	struct hy_account *a = NULL;

	wp_set(&w->wp[2], NO_AUTH, false, false);
	run(w);
	for (size_t i = 0; i < ACCOUNTS; i++)
		assert_int_equal(delivery(w, id, i)->state,
				 i == 2 ? HY_DELIVERY_WAIT : HY_DELIVERY_SENT);
	OK(hy_account_get(f->st, w, w->wp_account[2], &a, &f->err));
	assert_int_equal(a->state, HY_ACCOUNT_NEEDS_REAUTH);
	assert_int_equal(w->paged, 1);
	/* it asks no more while the account waits */
	later(w, 15 * HY_MINUTE);
	run(w);
	assert_int_equal(w->wp[2].tries, 1);
	assert_int_equal(delivery(w, id, 2)->state, HY_DELIVERY_WAIT);
	/* a new secret: the missing one alone goes out, at once */
	wp_set(&w->wp[2], WELL, false, false);
	OK(hy_account_set_state(f->st, w->wp_account[2], HY_ACCOUNT_ACTIVE, NULL, &f->err));
	OK(hy_outbox_wake(f->st, f->clock, w->wp_account[2], &f->err));
	run(w);
	assert_int_equal(delivery(w, id, 2)->state, HY_DELIVERY_SENT);
	for (size_t i = 0; i < ACCOUNTS; i++)
		assert_int_equal(wp_posts(&w->wp[i]), 1);
}

static void test_refused_for_good(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_statement_id id = approved(w, w->wp_account, 1);

	wp_set(&w->wp[0], REFUSE, false, false);
	run(w);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_FAILED);
	assert_int_equal(w->paged, 1);
	later(w, HY_DAY);
	run(w);
	assert_int_equal(w->wp[0].tries, 1);
	wp_set(&w->wp[0], WELL, false, false);
	OK(hy_outbox_resolve(f->st, f->clock, delivery(w, id, 0)->id, "retry", NULL, NULL,
			     &f->err));
	run(w);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_SENT);
}

/* R16: down for six hours. */
static void test_after_outage(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_statement_id old[10], fresh[4];

	talloc_free(w->ob);
	w->ob = outbox(w, 5 * HY_MINUTE);
	for (int i = 0; i < 10; i++)
		old[i] = approved_at(w, w->wp_account, 1, NOW + i * 20 * HY_MINUTE, 0);
	for (int i = 0; i < 4; i++)
		fresh[i] = approved_at(w, w->wp_account, 1, NOW + 6 * HY_HOUR - i * HY_MINUTE, 0);
	later(w, 6 * HY_HOUR);
	run(w);
	for (int i = 0; i < 10; i++)
		assert_int_equal(delivery(w, old[i], 0)->state, HY_DELIVERY_MISSED);
	assert_int_equal(w->paged, 10);
	/* one now, the others five minutes apart, none lost to its own waiting */
	for (int k = 1; k <= 4; k++) {
		assert_int_equal(wp_posts(&w->wp[0]), k);
		later(w, 4 * HY_MINUTE);
		run(w);
		assert_int_equal(wp_posts(&w->wp[0]), k);
		later(w, HY_MINUTE);
		run(w);
	}
	for (int i = 0; i < 4; i++)
		assert_int_equal(delivery(w, fresh[i], 0)->state, HY_DELIVERY_SENT);
	/* a person says "retry" to a missed one: it may go although it is late */
	OK(hy_outbox_resolve(f->st, f->clock, delivery(w, old[0], 0)->id, "retry", NULL, NULL,
			     &f->err));
	later(w, 5 * HY_MINUTE);
	run(w);
	assert_int_equal(delivery(w, old[0], 0)->state, HY_DELIVERY_SENT);
	/* an explicit not-after holds against pacing */
	struct hy_statement_id strict =
		approved_at(w, w->wp_account, 1, hy_now(f->clock), hy_now(f->clock) + HY_MINUTE);
	run(w);
	assert_int_equal(delivery(w, strict, 0)->state, HY_DELIVERY_WAIT);
	later(w, 6 * HY_MINUTE);
	run(w);
	assert_int_equal(delivery(w, strict, 0)->state, HY_DELIVERY_MISSED);
}

static void test_not_yet(void **state)
{
	struct world *w = *state;
	struct hy_statement_id id = approved_at(w, w->wp_account, 1, NOW + HY_HOUR, 0);

	run(w);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_PLANNED);
	later(w, HY_HOUR - 1);
	run(w);
	assert_int_equal(wp_posts(&w->wp[0]), 0);
	later(w, 1);
	run(w);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_SENT);
}

/* R26 and the restart: a send in flight, and a newer owner. */
static void test_two_publishers(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_statement_id id = approved(w, w->wp_account, 1);
	struct hy_outbox *late = w->ob;
	int64_t n = 0;
	int started = 0;

	OK(hy_outbox_turn(late, &w->lease, &started, &f->err));
	assert_int_equal(started, 1);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_SENDING); /* written first */
	assert_int_equal(w->wp[0].tries, 0);
	/* another takes over while the first has not even sent */
	w->ob = outbox(w, -1);
	w->lease.fence = 2;
	OK(hy_outbox_recover(w->ob, 2, &n, &f->err));
	assert_int_equal(n, 1);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_UNKNOWN);
	while (hy_outbox_busy(late) > 0)
		OK(hy_loop_once(w->loop, 1000, &f->err));
	struct hy_delivery *d = delivery(w, id, 0);
	assert_int_equal(d->state, HY_DELIVERY_UNKNOWN); /* the late one wrote nothing */
	assert_int_equal(d->fence, 2);
	later(w, HY_MINUTE);
	run(w);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_SENT);
	assert_int_equal(wp_posts(&w->wp[0]), 1);
	talloc_free(late);
}

static void test_stopped_while_sending(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_statement_id id = approved(w, w->wp_account, 1);
	int started = 0;
	int64_t n = 0;

	wp_set(&w->wp[0], HANG, false, false);
	OK(hy_outbox_turn(w->ob, &w->lease, &started, &f->err));
	while (wp_posts(&w->wp[0]) == 0)
		OK(hy_loop_once(w->loop, 20, &f->err));
	talloc_free(w->ob); /* the process ends here */
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_SENDING);
	w->ob = outbox(w, -1);
	w->lease.fence = 2;
	OK(hy_outbox_recover(w->ob, 2, &n, &f->err));
	assert_int_equal(n, 1);
	origin_stop(&w->wp[0].o); /* frees the hanging thread; the same posts behind a new port */
	origin_start(&w->wp[0].o, serve, &w->wp[0]);
	assert_int_equal(
		raw_sql(f, hy_strf(w, "UPDATE account SET reach = '%s' WHERE id = %" PRId64,
				   w->wp[0].o.reach, w->wp_account[0].v)),
		SQLITE_OK);
	run(w);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_SENT);
	assert_int_equal(wp_posts(&w->wp[0]), 1);
}

static void test_gates(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_statement_id id = approved(w, w->wp_account, 1);
	int started = 0;

	/* the lease is over */
	w->lease.until = NOW;
	FAILS(hy_outbox_turn(w->ob, &w->lease, &started, &f->err), HY_EBUSY);
	w->lease.until = HY_TIME_NEVER;
	/* frozen after a restore */
	OK(hy_meta_set(f->st, "publish.frozen", "restored", &f->err));
	run(w);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_PLANNED);
	assert_int_equal(w->wp[0].tries, 0);
	hy_time next = 0;
	OK(hy_outbox_next(w->ob, &next, &f->err));
	assert_int_equal(next, HY_TIME_NEVER); /* nothing to spin on */
	OK(hy_meta_set(f->st, "publish.frozen", "0", &f->err));
	OK(hy_outbox_next(w->ob, &next, &f->err));
	assert_true(next <= NOW);
	/* somebody turned the account elsewhere after the approval */
	assert_int_equal(raw_sql(f, "UPDATE account SET url = 'http://evil.example/' WHERE name = "
				    "'wp0'"),
			 SQLITE_OK);
	run(w);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_FAILED);
	assert_int_equal(w->wp[0].tries, 0);
	assert_int_equal(w->paged, 1);
}

/* One account that hangs keeps no other waiting. */
static void test_slow_account(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_statement_id id = approved(w, w->wp_account, ACCOUNTS);
	int started = 0;

	wp_set(&w->wp[0], HANG, false, false);
	OK(hy_outbox_turn(w->ob, &w->lease, &started, &f->err));
	assert_int_equal(started, ACCOUNTS);
	for (int i = 0; i < 1000 && hy_outbox_busy(w->ob) > 1; i++)
		OK(hy_loop_once(w->loop, 50, &f->err));
	assert_int_equal(hy_outbox_busy(w->ob), 1);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_SENDING);
	for (size_t i = 1; i < ACCOUNTS; i++)
		assert_int_equal(delivery(w, id, i)->state, HY_DELIVERY_SENT);
}

/* A secret that cannot be opened stops its own delivery only. */
static void test_damaged_secret(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_statement_id id = approved(w, w->wp_account, 2);
	hy_time next = 0;

	assert_int_equal(raw_sql(f, "UPDATE account SET secret = zeroblob(40) WHERE name = 'wp0'"),
			 SQLITE_OK);
	run(w);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_FAILED);
	assert_int_equal(delivery(w, id, 1)->state, HY_DELIVERY_SENT);
	assert_int_equal(w->paged, 1);
	OK(hy_outbox_next(w->ob, &next, &f->err));
	assert_int_equal(next, HY_TIME_NEVER);
}

/* An erratum: the post it puts right gets a notice with the link; the site shows it as well. */
static void test_erratum(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_account_id to[] = {w->site, w->wp_account[0]};
	struct hy_statement_id first = approved(w, to, 2), id = {0};
	struct hy_statement s = {.kind = HY_STATEMENT_ERRATUM,
				 .corrects = first,
				 .title = "更正<启事>",
				 .text = "时间应为后日",
				 .targets = to,
				 .n_targets = 2,
				 .author = w->li};
	struct hy_statement *got = NULL;

	run(w);
	OK(hy_publish_draft(f->st, &s, &id, &f->err));
	OK(hy_publish_submit(f->st, id, 1, w->li, NULL, 0, &f->err));
	OK(hy_statement_get(f->st, w, id, &got, &f->err));
	OK(hy_publish_approve(f->st, id, 1, got->digest, w->wang, NULL, 0, &f->err));
	run(w);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_SENT);
	assert_int_equal(delivery(w, id, 1)->state, HY_DELIVERY_SENT);
	assert_int_equal(w->wp[0].posts, 2);
	assert_int_equal(w->wp[0].updated, 1);
	assert_non_null(strstr(w->wp[0].update, "http://a.example/?p=2"));
	assert_non_null(strstr(w->wp[0].update, "更正&lt;启事&gt;"));
	assert_non_null(strstr(slurp(w, "statements/1.html"), "2.html"));
	assert_non_null(strstr(slurp(w, "statements/2.html"), "1.html"));
}

/* A correction's page carries ClaimReview, the evidence and its hash. */
static void test_site_correction(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_claim_id claim = {0};
	struct hy_evidence e = {.title = "水厂运行记录",
				.url = "https://a.example/log",
				.sha256 = {0xab, 0xcd},
				.captured = NOW,
				.added_by = w->li};
	struct hy_statement s = {.kind = HY_STATEMENT_CORRECTION,
				 .title = "供水正常",
				 .text = "水厂**正常**运行",
				 .targets = &w->site,
				 .n_targets = 1,
				 .author = w->li};
	struct hy_statement_id id = {0};
	struct hy_statement *got = NULL;

	OK(hy_claim_add(f->st, &(struct hy_claim){.text = "全县停水三天"}, &claim, &f->err));
	e.claim = s.claim = claim;
	OK(hy_evidence_add(f->st, &e, &(struct hy_evidence_id){0}, &f->err));
	OK(hy_claim_judge(f->st, claim, HY_VERDICT_FALSE, "未停水", w->li, &f->err));
	OK(hy_claim_sign(f->st, claim, w->wang, &f->err));
	OK(hy_publish_draft(f->st, &s, &id, &f->err));
	OK(hy_publish_submit(f->st, id, 1, w->li, NULL, 0, &f->err));
	OK(hy_statement_get(f->st, w, id, &got, &f->err));
	OK(hy_publish_approve(f->st, id, 1, got->digest, w->wang, NULL, 0, &f->err));
	run(w);
	char *page = slurp(w, "statements/1.html");
	assert_non_null(page);
	assert_non_null(strstr(page, "\"ClaimReview\""));
	assert_non_null(strstr(page, "全县停水三天"));
	assert_non_null(strstr(page, "https://a.example/log"));
	assert_non_null(strstr(page, "abcd0000"));
	assert_non_null(strstr(slurp(w, "feed.atom"), "correction"));
}

/* ---- the site ---- */

static void test_site(void **state)
{
	static const char *const files[] = {"index.html", "feed.atom", "feed.json",
					    "key.json",	  "style.css", "statements/1.html"};
	struct world *w = *state;
	struct fix *f = w->f;
	struct hy_statement_id id = approved(w, &w->site, 1);
	struct hy_statement *s = NULL;
	char *before[HY_LEN(files)];

	run(w);
	struct hy_delivery *d = delivery(w, id, 0);
	assert_int_equal(d->state, HY_DELIVERY_SENT);
	assert_string_equal(d->receipt, "statements/1.html");
	OK(hy_statement_get(f->st, w, id, &s, &f->err));
	char *page = slurp(w, "statements/1.html");
	assert_non_null(strstr(page, "<strong>停水</strong>"));
	assert_non_null(strstr(page, hy_hex(w, s->digest, HY_SHA256_LEN)));
	assert_non_null(strstr(page, hy_base64(w, s->signature, HY_ED25519_SIG_LEN, false)));
	/* built again: the same bytes */
	for (size_t i = 0; i < HY_LEN(files); i++) {
		before[i] = slurp(w, files[i]);
		if (before[i] == NULL)
			fail_msg("%s was not written", files[i]);
	}
	later(w, HY_DAY);
	OK(hy_site_build(f->st, f->dir, w->site, &f->err));
	for (size_t i = 0; i < HY_LEN(files); i++)
		assert_string_equal(before[i], slurp(w, files[i]));
	/* stopped before the page was written: it is repeated by itself */
	id = approved(w, &w->site, 1);
	assert_int_equal(raw_sql(f, "UPDATE delivery SET state = 1, attempt = 1, fence = 1"
				    " WHERE state = 0"),
			 SQLITE_OK);
	int64_t n = 0;
	OK(hy_outbox_recover(w->ob, 1, &n, &f->err));
	assert_int_equal(n, 1);
	run(w);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_SENT);
	assert_non_null(slurp(w, "statements/2.html"));
	assert_non_null(strstr(slurp(w, "index.html"), "statements/2.html"));
	/* stopped between the page and the index: the page alone does not make it sent */
	assert_int_equal(remove(hy_strf(w, "%s/site/index.html", f->dir)), 0);
	assert_int_equal(raw_sql(f, "UPDATE delivery SET state = 1 WHERE statement = 2"),
			 SQLITE_OK);
	OK(hy_outbox_recover(w->ob, 1, &n, &f->err));
	run(w);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_SENT);
	assert_non_null(strstr(slurp(w, "index.html"), "statements/2.html"));
}

static void test_site_cannot_write(void **state)
{
	struct world *w = *state;
	struct fix *f = w->f;
	char *site = hy_strf(w, "%s/site", f->dir);
	struct hy_statement_id id = approved(w, &w->site, 1);

	OK(hy_file_write(site, "x", 1, 0600, &f->err)); /* a file is in the way */
	run(w);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_WAIT);
	assert_int_equal(w->paged, 1);
	assert_int_equal(remove(site), 0);
	later(w, HY_MINUTE);
	run(w);
	assert_int_equal(delivery(w, id, 0)->state, HY_DELIVERY_SENT);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(test_sent),
		T(test_nobody_there),
		T(test_taken_but_no_answer),
		T(test_no_read_back),
		T(test_lookup_fails_too),
		T(test_visible_late),
		T(test_resolved_sent),
		T(test_slow_down),
		T(test_fan_out_with_expired),
		T(test_refused_for_good),
		T(test_after_outage),
		T(test_not_yet),
		T(test_two_publishers),
		T(test_stopped_while_sending),
		T(test_gates),
		T(test_slow_account),
		T(test_damaged_secret),
		T(test_erratum),
		T(test_site_correction),
		T(test_site),
		T(test_site_cannot_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
