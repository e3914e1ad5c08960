/*
 * R01, R02 for the channels: the sender is killed with SIGKILL after each commit of its record and
 * as the practice platform meets each of its requests, and once more while it recovers. Never two
 * posts, never one that nobody waits for.
 */
#include "tests/unit/channel-live.h"

#include "practice/internal.h"

#include <signal.h>
#include <sys/wait.h>

#define POINTS_MAX 40

struct way {
	enum hy_practice_platform platform;
	const char *name, *login;
	const char *secret;    /* NULL: WeChat's, asked for */
	const char *followers; /* WeChat: kinds that go to followers */
	bool settles;	       /* a key settles what is in doubt: it stands there in the end */
};
static const struct way ways[] = {
	{HY_PRACTICE_MASTODON, "mastodon", NULL, "practice-mastodon-1", "", true},
	{HY_PRACTICE_WEIBO, "weibo", "practice-app", "practice-weibo-1", "", false},
	{HY_PRACTICE_WECHAT, "wechat", "wx0123456789abcdef", NULL, "", false},
	{HY_PRACTICE_WECHAT, "wechat", "wx0123456789abcdef", NULL, "notice", true},
};

static int commits, kill_commit;

static void on_commit(void *user)
{
	(void)user;
	if (++commits == kill_commit)
		(void)raise(SIGKILL);
}

/* What the role does: takes the lease, recovers, sends, looks up. */
static enum hy_status role(struct fix *f, struct hy_loop *loop, const char *owner)
{
	const struct hy_net_options net = {.clock = f->clock};
	const struct hy_outbox_options o = {
		.dir = f->dir, .clock = f->clock, .seed = 3, .gap = -1, .lookups = 6, .net = &net};
	struct hy_outbox *ob = NULL;
	struct hy_lease lease;
	int64_t n = 0;
	enum hy_status s = hy_lease_take(f->st, "publish", owner, HY_MINUTE, &lease, &f->err);

	if (s == HY_OK)
		s = hy_outbox_new(&ob, f, loop, f->st, &o, &f->err);
	if (s == HY_OK)
		s = hy_outbox_recover(ob, lease.fence, &n, &f->err);
	if (s == HY_OK)
		s = hy_outbox_run(ob, &lease, &f->err);
	talloc_free(ob);
	return s;
}

static void child(struct fix *f, int at_commit, const char *owner)
{
	struct hy_loop *loop = NULL;

	if (hy_store_open(&f->st, f, f->dir, 0, test_master, f->clock, &f->err) != HY_OK ||
	    hy_loop_new(&loop, f, &f->err) != HY_OK)
		_exit(2);
	commits = 0;
	kill_commit = at_commit;
	hy_store_on_commit(f->st, on_commit, NULL);
	_exit(role(f, loop, owner) == HY_OK ? 0 : 3);
}

/* The role in a process of its own, while the platform serves in this one. True = it was killed. */
static bool run_killed(struct world *w, int at_commit, int at_call, const char *owner)
{
	struct fix *f = w->f;
	int status = 0;

	talloc_free(w->ob); /* no handle is carried over the fork */
	w->ob = NULL;
	talloc_free(f->st);
	f->st = NULL;
	int64_t until = live.site->calls[w->platform] + at_call;
	pid_t pid = fork(), got;
	if (pid == 0)
		child(f, at_commit, owner);
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

static struct world *office(const struct way *way)
{
	const char *secrets[] = {way->secret, NULL};
	struct world *w = world_begin_at(way->platform, way->name, way->login, secrets);
	struct fix *f = w->f;

	if (way->secret == NULL) {
		const struct hy_json *node = live_json(live_ask(&(struct live_ask){
			.path = "/cgi-bin/stable_token",
			.body = "{\"grant_type\":\"client_credential\",\"appid\":"
				"\"wx0123456789abcdef\",\"secret\":\"practice-wechat-secret\"}"}));
		const char *token = hy_json_str(node, "access_token");
		char *reach = hy_strf(w, "127.0.0.1:%d", hy_practice_port(live.site));

		OK(hy_account_add(f->st,
				  &(struct hy_account){.name = "wechat0",
						       .platform = "wechat",
						       .url = hy_strf(w, "http://%s/", reach),
						       .login = way->login,
						       .reach = reach},
				  hy_secret_new(w, token, strlen(token)), &w->a[0], &f->err));
		live_control(hy_strf(w, "token?platform=wechat&ends=864000&token=%s",
				     live_enc(token)));
	}
	OK(hy_meta_set(f->st, HY_META_FOLLOWERS, way->followers, &f->err));
	live_control("quota?name=wechat/mass-day&limit=100");
	return w;
}

/* How often it stands there, or is on its way to. */
static size_t standing(const struct world *w)
{
	if (w->platform == HY_PRACTICE_WECHAT)
		return hy_json_get(live_state("wechat"), "jobs")->n;
	return notes((struct world *)(uintptr_t)w, NULL, 0);
}

/* One office, one statement, kills as told; then what a calm day makes of it. */
static bool trial(const struct way *way, int commit1, int call1, int commit2)
{
	struct world *w = office(way);
	struct fix *f = w->f;
	struct hy_statement_id id = notice(w, "通告", "停水", 1);
	const struct hy_delivery *d = NULL;
	bool died = run_killed(w, commit1, call1, "first");

	if (commit2 != 0) {
		later(w, 2 * HY_MINUTE);
		(void)run_killed(w, commit2, 0, "second");
	}
	for (int i = 0; i < 12; i++) { /* calm: leases run out, look-ups come due */
		later(w, i < 6 ? 2 * HY_MINUTE : 20 * HY_MINUTE);
		OK(role(f, live.loop, hy_strf(w, "calm %d", i)));
		d = delivery_of(w, id, 0);
		if (d->state == HY_DELIVERY_SENT)
			break;
	}
	size_t n = standing(w);
	if (n > 1)
		fail_msg("%s, kill %d/%d/%d: %zu times", way->name, commit1, call1, commit2, n);
	if (n == 1 && d->state != HY_DELIVERY_SENT)
		fail_msg("%s, kill %d/%d/%d: it stands there, but %s: %s", way->name, commit1,
			 call1, commit2, hy_delivery_state_name(d->state), d->error);
	if (n == 0 && (d->state != HY_DELIVERY_UNKNOWN || d->wait_until != HY_TIME_NEVER))
		fail_msg("%s, kill %d/%d/%d: nowhere, and nobody waits for it: %s", way->name,
			 commit1, call1, commit2, hy_delivery_state_name(d->state));
	/* where the account has a key, what was begun stands there in the end; WeChat's key needs
	 * the draft, which a kill may forestall */
	if (way->settles && way->platform == HY_PRACTICE_MASTODON)
		assert_int_equal(n, 1);
	world_end(w);
	return died;
}

static void kill_at_each(const struct way *way)
{
	int n_commits = 0, n_calls = 0;

	while (n_commits < POINTS_MAX && trial(way, n_commits + 1, 0, 0))
		n_commits++;
	while (n_calls < POINTS_MAX && trial(way, 0, n_calls + 1, 0))
		n_calls++;
	print_message("# %s%s: killed after %d commits and at %d requests\n", way->name,
		      *way->followers ? " to followers" : "", n_commits, n_calls);
	assert_true(n_commits >= 2 && n_calls >= 1);
	for (int first = 1; first <= n_commits; first++)
		for (int second = 1; second <= 3; second += 2)
			(void)trial(way, first, 0, second);
	for (int first = 1; first <= n_calls; first++)
		(void)trial(way, 0, first, 2);
}

static void test_mastodon(void **state)
{
	(void)state;
	kill_at_each(&ways[0]);
}

static void test_weibo(void **state)
{
	(void)state;
	kill_at_each(&ways[1]);
}

static void test_wechat_page(void **state)
{
	(void)state;
	kill_at_each(&ways[2]);
}

static void test_wechat_followers(void **state)
{
	(void)state;
	kill_at_each(&ways[3]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mastodon),
		cmocka_unit_test(test_weibo),
		cmocka_unit_test(test_wechat_page),
		cmocka_unit_test(test_wechat_followers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
