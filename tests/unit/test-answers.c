/*
 * Answers to citizens: over the practice platforms (WeChat, Weibo) and a scripted SMS gateway, one
 * clock. Never two, never lost, only over the account that they wrote by; words and handle stand
 * nowhere in the clear.
 */
#include "tests/unit/channel-live.h"

#include "practice/internal.h"
#include "tests/unit/origin.h"

#include <signal.h>
#include <sys/wait.h>

#define WORDS "水质合格，可以放心用，街坊甲"
#define PHONE "13987654321"

struct chat {
	struct world *w;
	struct hy_answers *an;
	struct hy_answer_sms sms;
	bool has_sms;
	int paged;
	char why[HY_ERR_TEXT_MAX];
};

static bool sms_of(void *user, const void *ctx, const struct hy_account *a,
		   struct hy_answer_sms *out)
{
	struct chat *c = user;

	(void)ctx, (void)a;
	*out = c->sms;
	return c->has_sms;
}

static int lost;

static void undelivered(void *user, const struct hy_answer *a)
{
	(void)user;
	assert_int_equal(a->state, HY_DELIVERY_SENT);
	lost++;
}

static void moved(void *user, const struct hy_answer *a, enum hy_delivery_state from, bool paged,
		  const char *why)
{
	struct chat *c = user;

	(void)from;
	c->paged += paged;
	if (paged)
		(void)snprintf(c->why, sizeof(c->why), "%s", why);
	assert_non_null(hy_strf(a, "%s", why));
}

static void engine(struct chat *c)
{
	const struct hy_answers_options o = {.sms = sms_of,
					      .moved = moved,
					      .undelivered = undelivered,
					      .user = c};

	c->an = hy_answers_new(c, c->w->ob, &o);
}

static char *wechat_token(struct world *w)
{
	const struct hy_json *node = live_json(live_ask(&(struct live_ask){
		.path = "/cgi-bin/stable_token",
		.body = "{\"grant_type\":\"client_credential\",\"appid\":\"wx0123456789abcdef\","
			"\"secret\":\"practice-wechat-secret\"}"}));

	return hy_strdup(w, hy_json_str(node, "access_token"));
}

static struct chat *begin(enum hy_practice_platform platform)
{
	static const char *const none[] = {NULL}, *const tokens[] = {"practice-weibo-1", NULL};
	bool wechat = platform == HY_PRACTICE_WECHAT;
	struct chat *c = talloc_zero(NULL, struct chat);
	struct world *w = world_begin_at(platform, wechat ? "wechat" : "weibo",
					 wechat ? "wx0123456789abcdef" : "practice-app",
					 wechat ? none : tokens);
	struct fix *f = w->f;

	c->w = w;
	if (wechat) {
		char *reach = hy_strf(w, "127.0.0.1:%d", hy_practice_port(live.site));
		char *secret = wechat_token(w);

		OK(hy_account_add(f->st,
				  &(struct hy_account){.name = "wechat0",
						       .platform = "wechat",
						       .url = hy_strf(w, "http://%s/", reach),
						       .login = "wx0123456789abcdef",
						       .reach = reach},
				  hy_secret_new(w, secret, strlen(secret)), &w->a[0], &f->err));
		live_control(hy_strf(w, "token?platform=wechat&ends=8640000&token=%s",
				     live_enc(secret)));
	}
	engine(c);
	return c;
}

static int setup_wechat(void **state)
{
	*state = begin(HY_PRACTICE_WECHAT);
	return 0;
}

static int setup_weibo(void **state)
{
	*state = begin(HY_PRACTICE_WEIBO);
	return 0;
}

static int teardown(void **state)
{
	struct chat *c = *state;

	talloc_free(c->an);
	world_end(c->w);
	talloc_free(c);
	return 0;
}

/* ---- citizens, cases, answers ---- */

/* What the platform calls somebody who wrote to us. */
static char *handle_of(struct world *w, const char *name)
{
	live_control(hy_strf(w, "say?platform=%s&kind=message&name=%s&text=%s", w->name,
			     live_enc(name), live_enc("水黄了")));
	const struct hy_json *all = hy_json_get(live_state(w->name), "accounts");

	for (size_t i = 0; i < all->n; i++)
		if (!strcmp(hy_json_str(all->at[i], "name"), name))
			return hy_strdup(
				w, hy_json_str(all->at[i],
					       w->platform == HY_PRACTICE_WECHAT ? "login" : "id"));
	fail_msg("nobody is called %s", name);
	return NULL;
}

/* A citizen who wrote just now, and what they are answered. */
static struct hy_answer_id answered(struct chat *c, const char *text)
{
	struct world *w = c->w;
	char *handle = handle_of(w, "街坊甲");

	return reply(w, a_case(w, w->a[0], handle, hy_now(w->f->clock)), w->a[0], text);
}

static struct hy_answer *answer_now(struct chat *c, struct hy_answer_id id)
{
	struct fix *f = c->w->f;
	struct hy_answer *a = NULL;

	OK(hy_answer_get(f->st, c->w, id, &a, &f->err));
	return a;
}

#define STATE_IS(c, id, want)                                                                      \
	do {                                                                                       \
		const struct hy_answer *a_ = answer_now((c), (id));                                \
		if (a_->state != (want))                                                           \
			fail_msg("%s: %s", hy_delivery_state_name(a_->state), a_->error);          \
	} while (0)

static void run_answers(struct chat *c)
{
	struct fix *f = c->w->f;

	OK(hy_answers_run(c->an, &c->w->lease, &f->err));
	assert_int_equal(hy_answers_busy(c->an), 0);
}

/* Days of turns: nothing more leaves. */
static void days_pass(struct chat *c)
{
	for (int i = 0; i < 12; i++) {
		later(c->w, i < 6 ? HY_MINUTE : 4 * HY_HOUR);
		run_answers(c);
	}
}

static const char *op_of(const struct chat *c)
{
	return c->w->platform == HY_PRACTICE_WECHAT ? "custom/send" : "messages/reply";
}

/* ---- chats ---- */

static void test_sent_once(void **state)
{
	struct chat *c = *state;
	struct hy_answer_id id = answered(c, WORDS);
	const struct hy_json *note = NULL;

	run_answers(c);
	STATE_IS(c, id, HY_DELIVERY_SENT);
	assert_int_equal(notes(c->w, &note, 0), 1);
	assert_string_equal(hy_json_str(note, "text"), WORDS);
	assert_string_equal(hy_json_str(note, "to"), "街坊甲");
	days_pass(c);
	assert_int_equal(notes(c->w, NULL, 0), 1);
	assert_int_equal(c->paged, 0);
}

/* What is too long for the platform is told of, never cut. */
static void test_too_long(void **state)
{
	struct chat *c = *state;
	struct fix *f = c->w->f;
	char *text = repeated(c->w, "水", 800);
	struct hy_answer_id id;
	struct hy_case *cs = NULL;
	const struct hy_json *note = NULL;

	OK(hy_meta_set(f->st, HY_META_LOOKUP, "https://www.linjiang.example/lookup", &f->err));
	id = answered(c, text);
	run_answers(c);
	STATE_IS(c, id, HY_DELIVERY_SENT);
	assert_int_equal(notes(c->w, &note, 0), 1);
	OK(hy_case_get(f->st, c->w, answer_now(c, id)->cs, &cs, &f->err));
	assert_non_null(strstr(hy_json_str(note, "text"), cs->number));
	assert_non_null(strstr(hy_json_str(note, "text"), cs->code));
	assert_non_null(strstr(hy_json_str(note, "text"), "https://www.linjiang.example/lookup"));
	assert_null(strstr(hy_json_str(note, "text"), "水水"));
}

/* R11: taken, and no answer. In doubt, a person's at once, never sent again by itself. */
static void test_taken_but_no_answer(void **state)
{
	static const enum hy_practice_fault faults[] = {HY_FAULT_DROP, HY_FAULT_BROKEN,
							HY_FAULT_GARBAGE, HY_FAULT_BIG};
	struct chat *c = *state;
	struct fix *f = c->w->f;
	struct hy_answer_id id = {0};

	for (size_t i = 0; i < HY_LEN(faults); i++) {
		id = answered(c, WORDS);
		fault(c->w, faults[i], op_of(c), 1);
		run_answers(c);
		STATE_IS(c, id, HY_DELIVERY_UNKNOWN);
		assert_int_equal(c->paged, i + 1);
		assert_int_equal(notes(c->w, NULL, 0), i + 1);
	}
	days_pass(c);
	STATE_IS(c, id, HY_DELIVERY_UNKNOWN);
	assert_int_equal(notes(c->w, NULL, 0), HY_LEN(faults));
	assert_int_equal(c->paged, HY_LEN(faults));
	/* waking the account wakes no doubt of a person's */
	OK(hy_outbox_wake(f->st, f->clock, c->w->a[0], &f->err));
	run_answers(c);
	assert_int_equal(c->paged, HY_LEN(faults));
	OK(hy_answer_resolve(f->st, f->clock, id, "sent", NULL, &f->err));
	STATE_IS(c, id, HY_DELIVERY_SENT);
	FAILS(hy_answer_resolve(f->st, f->clock, id, "retry", NULL, &f->err), HY_EREFUSED);
	FAILS(hy_answer_resolve(f->st, f->clock, id, "maybe", NULL, &f->err), HY_EINPUT);
}

/* Never taken: a person says so, and it goes. */
static void test_absent(void **state)
{
	struct chat *c = *state;
	struct fix *f = c->w->f;
	struct hy_answer_id id = answered(c, WORDS);

	fault(c->w, HY_FAULT_DOWN, op_of(c), 1);
	run_answers(c);
	STATE_IS(c, id, HY_DELIVERY_UNKNOWN);
	assert_int_equal(notes(c->w, NULL, 0), 0);
	OK(hy_answer_resolve(f->st, f->clock, id, "absent", NULL, &f->err));
	run_answers(c);
	STATE_IS(c, id, HY_DELIVERY_SENT);
	assert_int_equal(notes(c->w, NULL, 0), 1);
	assert_int_equal(answer_now(c, id)->attempt, 2);
}

/* The platform asks to wait: nothing was taken, it goes later; and no later answer before it. */
static void test_waits_in_order(void **state)
{
	struct chat *c = *state;
	struct world *w = c->w;
	char *handle = handle_of(w, "街坊甲");
	struct hy_case_id cs = a_case(w, w->a[0], handle, hy_now(w->f->clock));
	struct hy_answer_id first = reply(w, cs, w->a[0], "其一"),
			    second = reply(w, cs, w->a[0], "其二");
	const struct hy_json *note = NULL;

	fault(w, HY_FAULT_BUSY, op_of(c), 1);
	run_answers(c);
	STATE_IS(c, first, HY_DELIVERY_WAIT);
	STATE_IS(c, second, HY_DELIVERY_PLANNED);
	assert_int_equal(notes(w, NULL, 0), 0);
	for (int i = 0; i < 3; i++) { /* Weibo's own pause is an hour */
		later(w, 40 * HY_MINUTE);
		run_answers(c);
	}
	STATE_IS(c, second, HY_DELIVERY_SENT);
	assert_int_equal(notes(w, &note, 0), 2);
	assert_string_equal(hy_json_str(note, "text"), "其一");
	assert_int_equal(c->paged, 0);
}

/* "Once more", says the platform, again and again: a person is called, and it ends. */
static void test_once_more_ends(void **state)
{
	struct chat *c = *state;
	struct hy_answer_id id = answered(c, WORDS);

	fault_rule(c->w, (struct hy_practice_fault_rule){.kind = HY_FAULT_ERROR,
							 .op = op_of(c),
							 .code = 20014,
							 .times = -1});
	for (int i = 0; i < 12; i++) {
		run_answers(c);
		later(c->w, HY_HOUR);
	}
	STATE_IS(c, id, HY_DELIVERY_FAILED);
	assert_int_equal(answer_now(c, id)->attempt, 6);
	assert_int_equal(c->paged, 1);
	assert_int_equal(notes(c->w, NULL, 0), 0);
}

/* 48 hours: by our own reckoning nothing is tried; by the platform's it is refused. */
static void test_window(void **state)
{
	struct chat *c = *state;
	struct world *w = c->w;
	struct fix *f = w->f;
	char *handle = handle_of(w, "街坊甲");
	hy_time now = hy_now(f->clock);
	struct hy_case_id old = a_case(w, w->a[0], handle, now - 48 * HY_HOUR),
			  open = a_case(w, w->a[0], handle, now - 48 * HY_HOUR + HY_MINUTE);
	struct hy_answer_id late = reply(w, old, w->a[0], WORDS),
			    just = reply(w, open, w->a[0], WORDS), refused;

	run_answers(c);
	STATE_IS(c, late, HY_DELIVERY_MISSED);
	STATE_IS(c, just, HY_DELIVERY_SENT);
	assert_int_equal(c->paged, 1);
	assert_non_null(strstr(c->why, "48"));
	assert_int_equal(notes(w, NULL, 0), 1);
	/* they write again: a person sends it now */
	OK(hy_contact_wrote(f->st, old, now, &f->err));
	OK(hy_answer_resolve(f->st, f->clock, late, "retry", NULL, &f->err));
	run_answers(c);
	STATE_IS(c, late, HY_DELIVERY_SENT);
	assert_int_equal(notes(w, NULL, 0), 2);
	/* our books say that it is open, the platform knows better */
	refused = reply(w, old, w->a[0], WORDS);
	fault_rule(w, (struct hy_practice_fault_rule){
			      .kind = HY_FAULT_ERROR,
			      .op = op_of(c),
			      .code = w->platform == HY_PRACTICE_WECHAT ? 45015 : 20301});
	run_answers(c);
	if (w->platform == HY_PRACTICE_WECHAT)
		STATE_IS(c, refused, HY_DELIVERY_FAILED);
	assert_true(answer_now(c, refused)->state != HY_DELIVERY_SENT);
	assert_int_equal(c->paged, 2);
	days_pass(c);
	assert_int_equal(notes(w, NULL, 0), 2);
}

/* Planned a day ago and not let out: a person decides. */
static void test_late(void **state)
{
	struct chat *c = *state;
	struct fix *f = c->w->f;
	struct hy_answer_id id = answered(c, WORDS);

	OK(hy_meta_set(f->st, "publish.frozen", "restored", &f->err));
	run_answers(c);
	STATE_IS(c, id, HY_DELIVERY_PLANNED);
	later(c->w, 25 * HY_HOUR);
	OK(hy_meta_set(f->st, "publish.frozen", "0", &f->err));
	run_answers(c);
	STATE_IS(c, id, HY_DELIVERY_MISSED);
	assert_int_equal(c->paged, 1);
	assert_int_equal(notes(c->w, NULL, 0), 0);
	OK(hy_answer_resolve(f->st, f->clock, id, "cancel", NULL, &f->err));
	STATE_IS(c, id, HY_DELIVERY_CANCELLED);
}

/* R14: the token is refused: the answer waits, the account is told of, and then it goes once. */
static void test_token_refused(void **state)
{
	struct chat *c = *state;
	struct world *w = c->w;
	struct fix *f = w->f;
	struct hy_answer_id id = answered(c, WORDS);
	struct hy_account *a = NULL;

	fault(w, HY_FAULT_DENY, op_of(c), 1);
	run_answers(c);
	STATE_IS(c, id, HY_DELIVERY_WAIT);
	OK(hy_account_get(f->st, w, w->a[0], &a, &f->err));
	assert_int_equal(a->state, HY_ACCOUNT_NEEDS_REAUTH);
	later(w, HY_HOUR);
	run_answers(c);
	STATE_IS(c, id, HY_DELIVERY_WAIT);
	assert_int_equal(answer_now(c, id)->attempt, 1);
	OK(hy_account_set_state(f->st, w->a[0], HY_ACCOUNT_ACTIVE, NULL, &f->err));
	OK(hy_outbox_wake(f->st, f->clock, w->a[0], &f->err));
	run_answers(c);
	STATE_IS(c, id, HY_DELIVERY_SENT);
	assert_int_equal(notes(w, NULL, 0), 1);
	/* ended for good, or the contact is erased: failed, and a person hears of it */
	id = answered(c, WORDS);
	OK(hy_account_set_state(f->st, w->a[0], HY_ACCOUNT_REVOKED, NULL, &f->err));
	run_answers(c);
	STATE_IS(c, id, HY_DELIVERY_FAILED);
	assert_int_equal(c->paged, 1);
	assert_int_equal(notes(w, NULL, 0), 1);
}

static bool has_bytes(const char *path, const char *needle)
{
	char *text = NULL;
	size_t n = 0;
	bool found = false;

	if (hy_file_read(NULL, path, 64u << 20, &text, &n, NULL) == HY_OK)
		found = memmem(text, n, needle, strlen(needle)) != NULL;
	talloc_free(text);
	return found;
}

/* On the disk stands neither whom we answered nor what. */
static void test_nothing_in_the_clear(void **state)
{
	static const char *const files[] = {"huying.db", "huying.db-wal"};
	struct chat *c = *state;
	struct world *w = c->w;
	char *handle = handle_of(w, "街坊甲");
	struct hy_case_id cs = a_case(w, w->a[0], handle, hy_now(w->f->clock));
	struct hy_answer_id id = reply(w, cs, w->a[0], WORDS);
	bool any = false;

	fault_rule(w, (struct hy_practice_fault_rule){
			      .kind = HY_FAULT_ERROR, .op = op_of(c), .code = 40003});
	run_answers(c);
	assert_non_null(answer_now(c, id)->error);
	id = reply(w, cs, w->a[0], WORDS);
	run_answers(c);
	for (size_t i = 0; i < HY_LEN(files); i++) {
		char *path = hy_strf(w, "%s/%s", w->f->dir, files[i]);

		any = any || has_bytes(path, answer_now(c, id)->key);
		assert_false(has_bytes(path, handle));
		assert_false(has_bytes(path, WORDS));
	}
	assert_true(any); /* it was looked for where the answer stands */
}

/* ---- killed ---- */

/* Stopped between "sending" and the result. */
static void test_dropped_in_flight(void **state)
{
	struct chat *c = *state;
	struct fix *f = c->w->f;
	struct hy_answer_id id = answered(c, WORDS);
	int started = 0;
	int64_t n = 0;

	OK(hy_answers_turn(c->an, &c->w->lease, &started, &f->err));
	assert_int_equal(started, 1);
	STATE_IS(c, id, HY_DELIVERY_SENDING);
	talloc_free(c->an);
	engine(c);
	c->w->lease.fence = 2;
	OK(hy_answers_recover(c->an, 2, &n, &f->err));
	assert_int_equal(n, 1);
	STATE_IS(c, id, HY_DELIVERY_UNKNOWN);
	days_pass(c);
	STATE_IS(c, id, HY_DELIVERY_UNKNOWN);
	assert_int_equal(c->paged, 1);
	assert_true(notes(c->w, NULL, 0) <= 1);
	/* the one before cannot write any more */
	struct hy_answer *a = answer_now(c, id);
	a->state = HY_DELIVERY_SENT;
	FAILS(hy_answer_move(f->st, a, HY_DELIVERY_UNKNOWN, 1, &f->err), HY_ECONFLICT);
}

static int commits, kill_commit;

static void on_commit(void *user)
{
	(void)user;
	if (++commits == kill_commit)
		(void)raise(SIGKILL);
}

static enum hy_status role(struct fix *f, struct hy_loop *loop, const char *owner)
{
	const struct hy_net_options net = {.clock = f->clock};
	const struct hy_outbox_options o = {
		.dir = f->dir, .clock = f->clock, .seed = 3, .gap = -1, .net = &net};
	const struct hy_answers_options ao = {0};
	struct hy_outbox *ob = NULL;
	struct hy_answers *an = NULL;
	struct hy_lease lease;
	int64_t n = 0;
	enum hy_status s = hy_lease_take(f->st, "publish", owner, HY_MINUTE, &lease, &f->err);

	if (s == HY_OK)
		s = hy_outbox_new(&ob, f, loop, f->st, &o, &f->err);
	if (s == HY_OK) {
		an = hy_answers_new(f, ob, &ao);
		s = hy_answers_recover(an, lease.fence, &n, &f->err);
	}
	if (s == HY_OK)
		s = hy_answers_run(an, &lease, &f->err);
	talloc_free(an);
	talloc_free(ob);
	return s;
}

static void child(struct fix *f, int at_commit)
{
	struct hy_loop *loop = NULL;

	if (hy_store_open(&f->st, f, f->dir, 0, test_master, f->clock, &f->err) != HY_OK ||
	    hy_loop_new(&loop, f, &f->err) != HY_OK)
		_exit(2);
	commits = 0;
	kill_commit = at_commit;
	hy_store_on_commit(f->st, on_commit, NULL);
	_exit(role(f, loop, "first") == HY_OK ? 0 : 3);
}

/* The role in a process of its own, killed at a commit or as the platform meets a call. */
static bool run_killed(struct chat *c, int at_commit, int at_call)
{
	struct world *w = c->w;
	struct fix *f = w->f;
	int status = 0;

	talloc_free(c->an); /* no handle is carried over the fork */
	talloc_free(w->ob);
	talloc_free(f->st);
	c->an = NULL;
	w->ob = NULL;
	int64_t until = live.site->calls[w->platform] + at_call;
	pid_t pid = fork(), got;
	if (pid == 0)
		child(f, at_commit);
	assert_true(pid > 0);
	while ((got = waitpid(pid, &status, WNOHANG)) == 0) {
		assert_int_equal(hy_loop_once(live.loop, 10, NULL), HY_OK);
		if (at_call != 0 && live.site->calls[w->platform] >= until)
			(void)kill(pid, SIGKILL);
	}
	assert_int_equal(got, pid);
	open_store(f, 0);
	if (WIFSIGNALED(status))
		return true;
	assert_int_equal(WEXITSTATUS(status), 0);
	return false;
}

static bool trial(enum hy_practice_platform platform, int commit, int call)
{
	struct chat *c = begin(platform);
	struct hy_answer_id id = answered(c, WORDS);
	bool died = run_killed(c, commit, call);
	void *state = c;

	for (int i = 0; i < 4; i++) {
		later(c->w, 2 * HY_MINUTE);
		assert_int_equal(role(c->w->f, live.loop, hy_strf(c, "calm %d", i)), HY_OK);
	}
	const struct hy_answer *a = answer_now(c, id);
	size_t n = notes(c->w, NULL, 0);

	if (n > 1)
		fail_msg("kill %d/%d: %zu times", commit, call, n);
	if (n == 0 && a->state == HY_DELIVERY_SENT)
		fail_msg("kill %d/%d: told as sent, and nothing was", commit, call);
	if (a->state != HY_DELIVERY_SENT &&
	    !(a->state == HY_DELIVERY_UNKNOWN && a->wait_until == HY_TIME_NEVER))
		fail_msg("kill %d/%d: %s, and nobody waits for it", commit, call,
			 hy_delivery_state_name(a->state));
	(void)teardown(&state);
	return died;
}

static void test_killed(void **state)
{
	static const enum hy_practice_platform of[] = {HY_PRACTICE_WECHAT, HY_PRACTICE_WEIBO};

	(void)state;
	for (size_t i = 0; i < HY_LEN(of); i++) {
		int n_commits = 0, n_calls = 0;

		while (n_commits < 20 && trial(of[i], n_commits + 1, 0))
			n_commits++;
		while (n_calls < 20 && trial(of[i], 0, n_calls + 1))
			n_calls++;
		assert_true(n_commits >= 2 && n_calls >= 1);
	}
}

/* ---- SMS gateways ---- */

static const char *const notice_values[] = {"number={number}", "code={code}"},
			 *const whole_values[] = {"text={text}"};

struct script {
	const char *head[8], *body[8]; /* of the n-th connection; NULL: cut */
};

static void serve(struct origin *o, int fd, int nth, const char *request)
{
	const struct script *s = o->user;

	(void)request;
	if (nth < 8 && s->head[nth] != NULL)
		origin_answer(fd, s->head[nth], s->body[nth]);
}

static struct hy_account_id gateway(struct chat *c, const struct origin *o, const char *platform)
{
	struct fix *f = c->w->f;
	struct hy_account_id id = {0};

	OK(hy_account_add(f->st,
			  &(struct hy_account){.name = "短信",
					       .platform = platform,
					       .url = "http://sms.example/",
					       .login = "testid",
					       .reach = o->reach},
			  hy_secret_new(c, "testsecret", 10), &id, &f->err));
	c->has_sms = true;
	c->sms = (struct hy_answer_sms){.sign = "临江",
					.notice = {"SMS_1", notice_values, 2},
					.whole = {"SMS_2", whole_values, 1},
					.app = "1400006666"};
	return id;
}

#define GOOD "{\"Code\":\"OK\",\"BizId\":\"900^0\"}"
#define NONE "{\"Code\":\"OK\",\"TotalCount\":0,\"SmsSendDetailDTOs\":{\"SmsSendDetailDTO\":[]}}"

static void test_aliyun(void **state)
{
	struct chat *c = *state;
	struct world *w = c->w;
	struct script s = {{"200 OK", "200 OK", "200 OK"},
			   {GOOD, GOOD,
			    "{\"Code\":\"isv.MOBILE_NUMBER_ILLEGAL\",\"Message\":\"" PHONE
			    " is none\"}"}};
	struct origin o;
	struct hy_case *cs = NULL;
	struct fix *f = w->f;
	char request[16384];

	origin_start(&o, serve, &s);
	struct hy_account_id to = gateway(c, &o, "aliyun");
	struct hy_case_id id = a_case(w, to, PHONE, hy_now(f->clock) - 400 * HY_HOUR);
	struct hy_answer_id a = reply(w, id, to, "水质\n合格");

	run_answers(c);
	STATE_IS(c, a, HY_DELIVERY_SENT);
	assert_string_equal(answer_now(c, a)->receipt, "900^0");
	origin_last(&o, request, sizeof(request));
	assert_non_null(strstr(request, hy_strf(w, "OutId=%s-1&", answer_now(c, a)->key)));
	assert_non_null(strstr(request, "TemplateCode=SMS_2&"));
	assert_non_null(
		strstr(request, hy_strf(w, "%s%%20%s", live_enc("水质"), live_enc("合格"))));
	/* too long for the template: number and code */
	a = reply(w, id, to, repeated(w, "水", 36));
	run_answers(c);
	STATE_IS(c, a, HY_DELIVERY_SENT);
	origin_last(&o, request, sizeof(request));
	OK(hy_case_get(f->st, w, id, &cs, &f->err));
	assert_non_null(strstr(request, "TemplateCode=SMS_1&"));
	assert_non_null(strstr(request, cs->number));
	assert_non_null(strstr(request, cs->code));
	assert_null(strstr(request, live_enc("水")));
	/* refused: what is kept names no number */
	a = reply(w, id, to, WORDS);
	run_answers(c);
	STATE_IS(c, a, HY_DELIVERY_FAILED);
	assert_null(strstr(answer_now(c, a)->error, PHONE));
	assert_null(strstr(c->why, PHONE));
	assert_int_equal(c->paged, 1);
	assert_int_equal(origin_count(&o), 3);
	origin_stop(&o);
}

#define LIMIT(words) "{\"Code\":\"isv.BUSINESS_LIMIT_CONTROL\",\"Message\":\"" words "\"}"

/* The carrier's limits: Aliyun's words say which, and what cannot end in time is a person's now. */
static void test_sms_limits(void **state)
{
	struct chat *c = *state;
	struct world *w = c->w;
	struct script s = {
		{"200 OK", "200 OK", "200 OK", "200 OK"},
		{LIMIT("触发分钟级流控Permits:1"), LIMIT("触发小时级流控Permits:5"),
		 LIMIT("触发天级流控Permits:10"),
		 "{\"Code\":\"isv.DAY_LIMIT_CONTROL\",\"Message\":\"over\"}"}};
	struct origin o;

	origin_start(&o, serve, &s);
	struct hy_account_id to = gateway(c, &o, "aliyun");
	hy_time now = hy_now(w->f->clock);
	struct hy_answer_id a = reply(w, a_case(w, to, PHONE, now), to, WORDS);

	run_answers(c);
	STATE_IS(c, a, HY_DELIVERY_WAIT);
	assert_int_equal(answer_now(c, a)->wait_until, now + HY_MINUTE);
	later(w, HY_MINUTE);
	now += HY_MINUTE;
	run_answers(c);
	STATE_IS(c, a, HY_DELIVERY_WAIT);
	assert_int_equal(answer_now(c, a)->wait_until, now + HY_HOUR);
	later(w, HY_HOUR);
	now += HY_HOUR;
	run_answers(c);
	STATE_IS(c, a, HY_DELIVERY_FAILED); /* a day more is past its time */
	assert_int_equal(c->paged, 1);
	a = reply(w, a_case(w, to, PHONE, now), to, WORDS);
	run_answers(c);
	STATE_IS(c, a, HY_DELIVERY_WAIT);
	assert_int_equal(answer_now(c, a)->wait_until % HY_DAY, 16 * HY_HOUR); /* midnight there */
	assert_int_equal(origin_count(&o), 4);
	origin_stop(&o);
}

/* In doubt: asked by our own reference; never sent again by itself. */
static void test_aliyun_looked_up(void **state)
{
	struct chat *c = *state;
	struct world *w = c->w;
	struct fix *f = w->f;
	struct script s = {{NULL, "200 OK", "200 OK", NULL}, {NULL, NONE, NONE, NULL}};
	struct origin o;
	char request[16384];

	origin_start(&o, serve, &s);
	struct hy_account_id to = gateway(c, &o, "aliyun");
	struct hy_case_id id = a_case(w, to, PHONE, hy_now(f->clock));
	struct hy_answer_id a = reply(w, id, to, WORDS);

	run_answers(c);
	STATE_IS(c, a, HY_DELIVERY_UNKNOWN);
	later(w, 6 * HY_SECOND);
	run_answers(c);
	STATE_IS(c, a, HY_DELIVERY_UNKNOWN); /* lists of the gateway may be late */
	pthread_mutex_lock(&o.lock);
	s.body[2] = hy_strf(w,
			    "{\"Code\":\"OK\",\"SmsSendDetailDTOs\":{\"SmsSendDetailDTO\":["
			    "{\"OutId\":\"%s-1\",\"SendStatus\":1}]}}",
			    answer_now(c, a)->key);
	pthread_mutex_unlock(&o.lock);
	later(w, 8 * HY_HOUR); /* the next day, in Beijing */
	run_answers(c);
	STATE_IS(c, a, HY_DELIVERY_SENT);
	origin_last(&o, request, sizeof(request));
	assert_non_null(strstr(request, "QuerySendDetails"));
	assert_non_null(strstr(request, "SendDate=20261122 "));
	assert_int_equal(c->paged, 0);
	assert_int_equal(origin_count(&o), 3);
	/* the next is never found: a person is called, once, and nothing is sent */
	a = reply(w, id, to, WORDS);
	days_pass(c);
	STATE_IS(c, a, HY_DELIVERY_UNKNOWN);
	assert_int_equal(answer_now(c, a)->wait_until, HY_TIME_NEVER);
	assert_int_equal(answer_now(c, a)->attempt, 1);
	assert_int_equal(c->paged, 1);
	/* then the carrier reports: settled */
	OK(hy_answer_reported(f->st, a, HY_ANSWER_DELIVERED, NULL, &f->err));
	STATE_IS(c, a, HY_DELIVERY_SENT);
	origin_stop(&o);
}

/* A gateway that repeats the words of the answer: they do not come to stand in the record. */
static void test_words_repeated(void **state)
{
	struct chat *c = *state;
	struct world *w = c->w;
	struct script s = {{"200 OK", NULL},
			   {"{\"Response\":{\"Error\":{\"Code\":\"FailedOperation."
			    "ContainSensitiveWord\",\"Message\":\"text [水质合格] has a word\"}}}",
			    NULL}};
	struct origin o;

	origin_start(&o, serve, &s);
	struct hy_account_id to = gateway(c, &o, "tencent");
	struct hy_case_id id = a_case(w, to, "+86" PHONE, hy_now(w->f->clock));
	struct hy_answer_id a = reply(w, id, to, "水质合格");

	run_answers(c);
	STATE_IS(c, a, HY_DELIVERY_FAILED);
	assert_non_null(strstr(answer_now(c, a)->error, "ContainSensitiveWord"));
	assert_null(strstr(answer_now(c, a)->error, "水质"));
	origin_stop(&o);
}

#define STATUS(n)                                                                                  \
	"{\"Code\":\"OK\",\"SmsSendDetailDTOs\":{\"SmsSendDetailDTO\":[{\"OutId\":\"%s-1\","            \
	"\"SendStatus\":" #n "}]}}"

/* Sent, and no report comes: the gateway is asked, at most a few times, and its word is the report. */
static void test_aliyun_report_asked(void **state)
{
	struct chat *c = *state;
	struct world *w = c->w;
	struct fix *f = w->f;
	struct script s = {{"200 OK", "200 OK", "200 OK", "200 OK"}, {GOOD, GOOD, NULL, NULL}};
	struct origin o;
	char request[16384];
	hy_time next = 0;

	lost = 0;
	origin_start(&o, serve, &s);
	struct hy_account_id to = gateway(c, &o, "aliyun");
	struct hy_answer_id a = reply(w, a_case(w, to, PHONE, hy_now(f->clock)), to, WORDS),
			    b = reply(w, a_case(w, to, PHONE, hy_now(f->clock)), to, WORDS);

	run_answers(c);
	STATE_IS(c, a, HY_DELIVERY_SENT);
	OK(hy_answers_next(c->an, &next, &f->err));
	assert_int_equal(next, hy_now(f->clock) + 15 * HY_MINUTE);
	OK(hy_answer_reported(f->st, b, HY_ANSWER_DELIVERED, NULL, &f->err)); /* it came */
	pthread_mutex_lock(&o.lock);
	s.body[2] = hy_strf(w, STATUS(1), answer_now(c, a)->key);
	s.body[3] = hy_strf(w, STATUS(2), answer_now(c, a)->key);
	pthread_mutex_unlock(&o.lock);
	later(w, 14 * HY_MINUTE);
	run_answers(c);
	assert_int_equal(origin_count(&o), 2);
	later(w, HY_MINUTE);
	run_answers(c);
	assert_int_equal(origin_count(&o), 3); /* still on its way, it says */
	origin_last(&o, request, sizeof(request));
	assert_non_null(strstr(request, "QuerySendDetails"));
	assert_int_equal(answer_now(c, a)->reported, HY_ANSWER_UNREPORTED);
	later(w, HY_HOUR);
	run_answers(c);
	assert_int_equal(origin_count(&o), 4);
	assert_int_equal(answer_now(c, a)->reported, HY_ANSWER_UNDELIVERED);
	STATE_IS(c, a, HY_DELIVERY_SENT);
	assert_int_equal(lost, 1);
	days_pass(c);
	assert_int_equal(origin_count(&o), 4);
	/* one of which the gateway never says anything: four times, and no more */
	pthread_mutex_lock(&o.lock);
	s.head[4] = "200 OK";
	s.body[4] = GOOD;
	pthread_mutex_unlock(&o.lock);
	a = reply(w, a_case(w, to, PHONE, hy_now(f->clock)), to, WORDS);
	run_answers(c);
	STATE_IS(c, a, HY_DELIVERY_SENT);
	for (int i = 0; i < 60; i++) {
		later(w, HY_HOUR);
		run_answers(c);
	}
	assert_int_equal(origin_count(&o), 5 + 4);
	assert_int_equal(answer_now(c, a)->reported, HY_ANSWER_UNREPORTED);
	assert_int_equal(lost, 1);
	assert_int_equal(c->paged, 0);
	origin_stop(&o);
}

static void test_tencent(void **state)
{
	struct chat *c = *state;
	struct world *w = c->w;
	struct fix *f = w->f;
	struct script s = {{"200 OK", NULL},
			   {"{\"Response\":{\"SendStatusSet\":[{\"SerialNo\":\"2028:f8\",\"Code\":"
			    "\"Ok\"}]}}",
			    NULL}};
	struct origin o;
	char request[16384];
	struct hy_answer *found = NULL;

	origin_start(&o, serve, &s);
	struct hy_account_id to = gateway(c, &o, "tencent");
	struct hy_case_id id = a_case(w, to, "+86" PHONE, hy_now(f->clock));
	struct hy_answer_id a = reply(w, id, to, "水质合格");

	run_answers(c);
	STATE_IS(c, a, HY_DELIVERY_SENT);
	origin_last(&o, request, sizeof(request));
	assert_non_null(strstr(request, "\"TemplateParamSet\":[\"水质合格\"]"));
	assert_non_null(strstr(request, "\"SmsSdkAppId\":\"1400006666\""));
	OK(hy_answer_find(f->st, w, to, "2028:f8", NULL, &found, &f->err));
	assert_int_equal(found->id.v, a.v);
	OK(hy_answer_reported(f->st, a, HY_ANSWER_UNDELIVERED, "UNDELIV", &f->err));
	assert_int_equal(answer_now(c, a)->state, HY_DELIVERY_SENT);
	assert_int_equal(answer_now(c, a)->reported, HY_ANSWER_UNDELIVERED);
	/* no look-up: in doubt is a person's */
	a = reply(w, id, to, WORDS);
	run_answers(c);
	STATE_IS(c, a, HY_DELIVERY_UNKNOWN);
	days_pass(c);
	assert_int_equal(origin_count(&o), 2);
	assert_int_equal(c->paged, 1);
	origin_stop(&o);
}

static void test_settings(void **state)
{
	struct chat *c = *state;
	struct fix *f = c->w->f;
	struct hy_account a = {.name = "短信", .platform = "aliyun", .has_secret = true};
	static const char *const bare[] = {"{number}"};

	FAILS(hy_answer_can(&a, NULL, &f->err), HY_EREFUSED);
	assert_non_null(strstr(f->err.text, "--login"));
	a.login = "id";
	FAILS(hy_answer_can(&a, NULL, &f->err), HY_EREFUSED);
	assert_non_null(strstr(f->err.text, "huying.conf"));
	struct hy_answer_sms sms = {.sign = "临江", .notice = {"SMS_1", bare, 1}};
	FAILS(hy_answer_can(&a, &sms, &f->err), HY_EREFUSED);
	assert_non_null(strstr(f->err.text, "name={number}"));
	sms.notice.values = notice_values;
	OK(hy_answer_can(&a, &sms, &f->err));
	a.platform = "tencent";
	FAILS(hy_answer_can(&a, &sms, &f->err), HY_EREFUSED);
	a.platform = "mail";
	FAILS(hy_answer_can(&a, &sms, &f->err), HY_EREFUSED);
	OK(hy_answer_value_check("n={number}, {code}", false, &f->err));
	FAILS(hy_answer_value_check("n={name}", false, &f->err), HY_EINPUT);
	FAILS(hy_answer_value_check("n={text}", false, &f->err), HY_EINPUT);
	OK(hy_answer_value_check("n={text}", true, &f->err));
	OK(hy_answer_value_check("n={text}", true, &f->err));
	/* in doubt and unsent stay apart in the counts */
	struct hy_counts counts = {0};
	(void)answered(c, WORDS);
	OK(hy_counts(f->st, 0, &counts, &f->err));
	assert_int_equal(counts.answers_open, 1);
	assert_int_equal(counts.answers_unsettled, 0);
}

int main(void)
{
#define WX(fn) cmocka_unit_test_setup_teardown(fn, setup_wechat, teardown)
#define WB(fn) cmocka_unit_test_setup_teardown(fn, setup_weibo, teardown)
#define BOTH(fn) WX(fn), WB(fn)
	const struct CMUnitTest tests[] = {
		BOTH(test_sent_once),
		BOTH(test_too_long),
		BOTH(test_taken_but_no_answer),
		BOTH(test_absent),
		BOTH(test_waits_in_order),
		BOTH(test_window),
		WB(test_once_more_ends),
		BOTH(test_late),
		BOTH(test_token_refused),
		BOTH(test_dropped_in_flight),
		WX(test_nothing_in_the_clear),
		cmocka_unit_test(test_killed),
		WX(test_aliyun),
		WX(test_sms_limits),
		WX(test_aliyun_looked_up),
		WX(test_words_repeated),
		WX(test_aliyun_report_asked),
		WX(test_tencent),
		WX(test_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
