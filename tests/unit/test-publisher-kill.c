/*
 * R01, R02 for publishing: the sender is killed with SIGKILL at each commit of the record and at
 * each step that the platform sees, also while it recovers. Never twice, never lost in silence.
 */
#include "tests/unit/test-store.h"

#include <signal.h>
#include <sys/wait.h>

#include "publisher/publisher.h"
#include "tests/unit/origin.h"

enum { STEPS_EACH = 4 }; /* of one connection: asked, taken, half answered, answered */

struct peer {
	struct origin o;
	pthread_mutex_t lock;
	pid_t victim;
	int step, kill_at; /* 0 = never */
	int posts, tries;
	char slug[80];
};

/* One more step; kills the sender when its number has come. */
static void step(struct peer *p)
{
	if (++p->step == p->kill_at && p->victim > 0)
		(void)kill(p->victim, SIGKILL);
}

static void serve(struct origin *o, int fd, int nth, const char *request)
{
	struct peer *p = o->user;
	const char *slug = strstr(request, "\"slug\":\"");
	char post[400], body[440], head[128];
	bool list = strstr(request, "slug=") != NULL || strstr(request, "search=") != NULL;

	(void)nth;
	pthread_mutex_lock(&p->lock);
	step(p);
	if (strncmp(request, "POST", 4) == 0 && slug != NULL) {
		p->tries++;
		p->posts++;
		snprintf(p->slug, sizeof(p->slug), "%.*s", (int)strcspn(slug + 8, "\""), slug + 8);
	}
	snprintf(post, sizeof(post),
		 "{\"id\":7,\"slug\":\"%s\",\"status\":\"publish\",\"link\":\"http://a.example/7\","
		 "\"title\":{\"raw\":\"t\"},\"content\":{\"raw\":\"c\"}}",
		 p->slug);
	snprintf(body, sizeof(body), list ? "[%s]" : "%s", p->posts > 0 ? post : "");
	step(p);
	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
		 strlen(body));
	(void)(origin_text(fd, head) && origin_send(fd, body, strlen(body) / 2));
	step(p);
	(void)origin_text(fd, body + strlen(body) / 2);
	step(p);
	pthread_mutex_unlock(&p->lock);
}

/* ---- the sender, in a process of its own ---- */

static int commits, kill_commit;

static void on_commit(void *user)
{
	(void)user;
	if (++commits == kill_commit)
		(void)raise(SIGKILL);
}

/* Takes the lease, recovers, sends, looks up: what the role does. */
static enum hy_status role(struct fix *f, const char *owner)
{
	struct hy_net_options net = {.clock = f->clock};
	struct hy_outbox_options o = {
		.dir = f->dir, .clock = f->clock, .seed = 3, .gap = -1, .lookups = 3, .net = &net};
	struct hy_outbox *ob = NULL;
	struct hy_loop *loop = NULL;
	struct hy_lease lease;
	int64_t n = 0;
	enum hy_status s = hy_lease_take(f->st, "publish", owner, HY_MINUTE, &lease, &f->err);

	if (s == HY_OK)
		s = hy_loop_new(&loop, f, &f->err);
	if (s == HY_OK)
		s = hy_outbox_new(&ob, f, loop, f->st, &o, &f->err);
	if (s == HY_OK)
		s = hy_outbox_recover(ob, lease.fence, &n, &f->err);
	if (s == HY_OK)
		s = hy_outbox_run(ob, &lease, &f->err);
	talloc_free(ob);
	talloc_free(loop);
	return s;
}

/* Runs the role in a child that dies at this commit or this step (0 = does not); true = it died. */
static bool run_child(struct fix *f, struct peer *p, int at_commit, int at_step, const char *owner)
{
	int status = 0, gate[2];

	talloc_free(f->st); /* no handle is carried over the fork */
	f->st = NULL;
	assert_int_equal(pipe(gate), 0);
	pid_t pid = fork();
	if (pid == 0) {
		char go;

		close(gate[1]);
		(void)!read(gate[0], &go, 1);
		if (hy_store_open(&f->st, f, f->dir, 0, test_master, f->clock, &f->err) != HY_OK)
			_exit(2);
		commits = 0;
		kill_commit = at_commit;
		hy_store_on_commit(f->st, on_commit, NULL);
		_exit(role(f, owner) == HY_OK ? 0 : 3);
	}
	close(gate[0]);
	pthread_mutex_lock(&p->lock);
	p->victim = pid;
	p->step = 0;
	p->kill_at = at_step;
	pthread_mutex_unlock(&p->lock);
	close(gate[1]); /* go */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	pthread_mutex_lock(&p->lock);
	p->victim = 0;
	p->kill_at = 0;
	pthread_mutex_unlock(&p->lock);
	open_store(f, 0);
	if (WIFSIGNALED(status))
		return true;
	assert_int_equal(WEXITSTATUS(status), 0);
	return false;
}

/* One office, one approved statement, kills as told; then what a calm day makes of it. */
static bool trial(int commit1, int step1, int commit2)
{
	struct fix *f = NULL;
	struct peer p = {.lock = PTHREAD_MUTEX_INITIALIZER};
	struct hy_account_id to = {0};
	struct hy_statement s = {.kind = HY_STATEMENT_NOTICE,
				 .title = "通告",
				 .text = "停水",
				 .targets = &to,
				 .n_targets = 1};
	struct hy_statement_id id = {0};
	struct hy_statement *got = NULL;
	struct hy_delivery *d = NULL;
	uint8_t pub[HY_ED25519_LEN];
	char *report = NULL;
	size_t n = 0;

	assert_int_equal(fix_setup((void **)&f), 0);
	origin_start(&p.o, serve, &p);
	s.author = add_person(f, "li");
	struct hy_person_id wang = add_person(f, "wang");
	OK(hy_office_key(f->st, pub, &f->err));
	OK(hy_account_add(f->st,
			  &(struct hy_account){.name = "wp",
					       .platform = "wordpress",
					       .url = "http://a.example/",
					       .login = "desk",
					       .reach = p.o.reach},
			  hy_secret_new(f, "s", 1), &to, &f->err));
	OK(hy_publish_draft(f->st, &s, &id, &f->err));
	OK(hy_publish_submit(f->st, id, 1, s.author, NULL, 0, &f->err));
	OK(hy_statement_get(f->st, f, id, &got, &f->err));
	OK(hy_publish_approve(f->st, id, 1, got->digest, wang, NULL, 0, &f->err));

	bool died = run_child(f, &p, commit1, step1, "first");
	if (commit2 != 0) {
		hy_clock_set(f->clock, hy_now(f->clock) + 2 * HY_MINUTE);
		(void)run_child(f, &p, commit2, 0, "second");
	}
	for (int i = 0; i < 8; i++) { /* calm: leases run out, look-ups come due */
		hy_clock_set(f->clock, hy_now(f->clock) + 20 * HY_MINUTE);
		OK(role(f, hy_strf(f, "calm %d", i)));
		OK(hy_delivery_list(f->st, f, id, &d, &n, &f->err));
		assert_int_equal(n, 1);
		if (d->state == HY_DELIVERY_SENT)
			break;
	}
	if (p.tries > 1)
		fail_msg("kill %d/%d/%d: posted %d times", commit1, step1, commit2, p.tries);
	if (p.posts == 1 && d->state != HY_DELIVERY_SENT)
		fail_msg("kill %d/%d/%d: posted, but %s", commit1, step1, commit2,
			 hy_delivery_state_name(d->state));
	if (p.posts == 0 && (d->state != HY_DELIVERY_UNKNOWN || d->wait_until != HY_TIME_NEVER) &&
	    d->state != HY_DELIVERY_MISSED)
		fail_msg("kill %d/%d/%d: never posted, and nobody waits for it: %s", commit1, step1,
			 commit2, hy_delivery_state_name(d->state));
	OK(hy_store_check(f->st, f, &report, &f->err));
	origin_stop(&p.o);
	assert_int_equal(fix_teardown((void **)&f), 0);
	return died;
}

static void test_kill_at_each_commit(void **state)
{
	int points = 0;

	(void)state;
	while (trial(points + 1, 0, 0))
		points++;
	print_message("# commits at which it was killed: %d\n", points);
	assert_true(points >= 2); /* `sending`, `sent`; a lease alone rings nobody */
	for (int first = 1; first <= points; first++)
		for (int second = 1; second <= points + 2; second++)
			(void)trial(first, 0, second);
}

static void test_kill_at_each_step(void **state)
{
	int points = 0;

	(void)state;
	/* create and read back: two connections */
	for (int i = 1; i <= 2 * STEPS_EACH; i++)
		points += trial(0, i, 0);
	print_message("# steps at which it was killed: %d\n", points);
	assert_true(points >= 2 * STEPS_EACH - 1); /* after the last it may have ended already */
	for (int i = 1; i <= 2 * STEPS_EACH; i++)
		for (int second = 1; second <= 3; second += 2)
			(void)trial(0, i, second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kill_at_each_commit),
		cmocka_unit_test(test_kill_at_each_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
