/*
 * The daemon's threads, one per role. Each opens a desk of its own, waits for its lease, and then
 * turns: after every bell ("the record moved"), at the time it asked for, and at least once a
 * second to hear of other processes.
 */
#include "desk/internal.h"
#include "desk/stream.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define LEASE_TTL (15 * HY_SECOND)
#define RENEW_EVERY (5 * HY_SECOND)
#define RETRY_EVERY (2 * HY_SECOND)
#define BUSY_LIMIT                                                                                 \
	50 /* hearings of 100 ms: how long a stopping role may finish what is in flight */

const struct desk_role *const desk_roles[] = {&role_receive, &role_collect, &role_index, &role_detect,
					      &role_publish, &role_clock, &role_tokens, NULL};

struct thread {
	struct hy_service *sv;
	const struct desk_role *role;
	pthread_t id;
	bool started;
	struct hy_bell *bell;
	/* of the thread itself */
	struct hy_desk *desk;
	struct hy_loop *loop;
	struct hy_timer *timer;
	void *state;
	int64_t fence, version;
	hy_time renew_at, next;
	/* seen by others, under sv->lock */
	char say[HY_ERR_TEXT_MAX];
	bool up;
	hy_time turned;
};

struct hy_service {
	char *dir;
	struct thread *threads;
	size_t n;
	pthread_mutex_t lock;
	atomic_bool stopping;
	struct hy_bell **ears;
	size_t n_ears;
	struct desk_stream *stream;
};

static void say(struct thread *t, bool up, const char *text)
{
	pthread_mutex_lock(&t->sv->lock);
	t->up = up;
	snprintf(t->say, sizeof(t->say), "%s", text);
	pthread_mutex_unlock(&t->sv->lock);
}

void hy_service_ring(struct hy_service *sv)
{
	for (size_t i = 0; i < sv->n; i++)
		hy_bell_ring(sv->threads[i].bell);
	pthread_mutex_lock(&sv->lock);
	for (size_t i = 0; i < sv->n_ears; i++)
		hy_bell_ring(sv->ears[i]);
	pthread_mutex_unlock(&sv->lock);
}

static void committed(void *user)
{
	hy_service_ring(user);
}

void desk_service_join(struct hy_service *sv, struct hy_desk *desk)
{
	desk->stream = sv->stream;
	hy_store_on_commit(desk->st, committed, sv);
}

void hy_service_subscribe(struct hy_service *sv, struct hy_bell *bell)
{
	pthread_mutex_lock(&sv->lock);
	sv->ears = hy_grow(sv, sv->ears, struct hy_bell *, sv->n_ears + 1);
	sv->ears[sv->n_ears++] = bell;
	pthread_mutex_unlock(&sv->lock);
}

/* ---- one turn of a role ---- */

static void down(struct thread *t, const struct hy_err *err)
{
	if (t->state)
		t->role->stop(t->state);
	t->state = NULL;
	say(t, false, err->text);
	hy_log_err(HY_LOG_ERR, t->role->name, "the role stopped and will be tried again", err);
}

static bool hold_lease(struct thread *t, struct hy_err *err)
{
	struct hy_lease lease;
	hy_time now = hy_monotonic();
	enum hy_status status = HY_OK;

	if (t->state && now < t->renew_at)
		return true;
	status = desk_lease_take(t->desk, t->role->name, LEASE_TTL, &lease, err);
	if (status == HY_EBUSY) {
		if (t->state)
			down(t, err);
		say(t, false, "waiting for the lease");
		return false;
	}
	if (status || (t->state && lease.fence != t->fence)) {
		if (!status)
			hy_err_set(err, HY_EBUSY, _("the lease was lost"));
		down(t, err);
		return false;
	}
	t->fence = lease.fence;
	t->renew_at = now + RENEW_EVERY;
	return true;
}

static bool role_up(struct thread *t, struct hy_err *err)
{
	if (t->state)
		return true;
	if (t->role->start(t->desk, t->loop, t->fence, &t->state, err)) {
		t->state = NULL;
		say(t, false, err->text);
		hy_log_err(HY_LOG_ERR, t->role->name, "cannot start", err);
		return false;
	}
	say(t, true, "running");
	return true;
}

static void arm(struct thread *t, bool up)
{
	hy_time now = hy_desk_now(t->desk);
	hy_dur wait = up ? HY_SECOND : RETRY_EVERY;

	if (up && t->next != HY_TIME_NEVER && t->next - now < wait)
		wait = t->next > now ? t->next - now : 1;
	hy_timer_arm(t->timer, wait);
}

static void take_turn(struct thread *t)
{
	struct hy_err err = {0};
	hy_time now = hy_desk_now(t->desk);
	bool up = hold_lease(t, &err) && role_up(t, &err);

	if (up) {
		enum hy_status status = HY_OK;
		t->next = HY_TIME_NEVER;
		status = t->role->turn(t->state, now, &t->next, &err);
		(void)hy_store_version(t->desk->st, &t->version, NULL);
		if (status) {
			down(t, &err);
			up = false;
		}
	}
	pthread_mutex_lock(&t->sv->lock);
	t->turned = now;
	pthread_mutex_unlock(&t->sv->lock);
	arm(t, up);
}

static void heard(void *user)
{
	struct thread *t = user;

	if (atomic_load(&t->sv->stopping))
		hy_loop_stop(t->loop);
	else
		take_turn(t);
}

/* The second's tick: a turn only when the time has come or somebody else committed. */
static void ticked(void *user)
{
	struct thread *t = user;
	int64_t version = 0;
	hy_time now = hy_desk_now(t->desk);

	if (atomic_load(&t->sv->stopping)) {
		hy_loop_stop(t->loop);
		return;
	}
	if (t->state && now < t->next && hy_monotonic() < t->renew_at &&
	    !hy_store_version(t->desk->st, &version, NULL) && version == t->version)
		arm(t, true);
	else
		take_turn(t);
}

static void finish(struct thread *t)
{
	for (int i = 0; i < BUSY_LIMIT && t->state && t->role->busy && t->role->busy(t->state); i++)
		(void)hy_loop_once(t->loop, 100, NULL); /* stopping: what remains becomes unknown */
	if (t->state)
		t->role->stop(t->state);
	t->state = NULL;
	desk_lease_release(t->desk, t->role->name);
}

static void *thread_main(void *user)
{
	struct thread *t = user;
	void *ctx = talloc_new(NULL);
	struct hy_err err = {0};
	enum hy_status status = hy_desk_open(&t->desk, ctx, t->sv->dir, 0, &err);

	pthread_setname_np(pthread_self(), t->role->name);
	if (!status)
		status = hy_loop_new(&t->loop, ctx, &err);
	if (status) {
		say(t, false, err.text);
		hy_log_err(HY_LOG_ERR, t->role->name, "cannot open the desk", &err);
		talloc_free(ctx);
		return NULL;
	}
	desk_service_join(t->sv, t->desk);
	hy_lang_use(hy_desk_lang(t->desk));
	t->timer = hy_loop_timer(t->loop, ticked, t);
	hy_bell_hear(t->bell, t->loop, heard, t);
	hy_timer_arm(t->timer, 1);
	status = hy_loop_run(t->loop, &err);
	if (status)
		hy_log_err(HY_LOG_ERR, t->role->name, "the loop failed", &err);
	finish(t);
	talloc_free(ctx);
	say(t, false, "stopped");
	return NULL;
}

/* ---- the service ---- */

static bool named(const char *roles, const char *name)
{
	size_t n = strlen(name);

	if (!roles || !strcmp(roles, "all"))
		return true;
	for (const char *at = roles; (at = strstr(at, name)); at += n)
		if ((at == roles || at[-1] == ',') && (!at[n] || at[n] == ','))
			return true;
	return false;
}

enum hy_status hy_service_start(struct hy_service **out, const void *ctx, const char *dir,
				const char *roles, struct hy_loop *main_loop, struct hy_err *err)
{
	struct hy_service *sv = hy_new(ctx, struct hy_service);

	(void)main_loop;
	sv->dir = hy_strdup(sv, dir);
	pthread_mutex_init(&sv->lock, NULL);
	sv->stream = desk_stream_new(sv);
	sv->threads = hy_new_array(sv, struct thread, HY_LEN(desk_roles));
	for (size_t i = 0; desk_roles[i]; i++) {
		if (!named(roles, desk_roles[i]->name))
			continue;
		struct thread *t = &sv->threads[sv->n++];
		t->sv = sv;
		t->role = desk_roles[i];
		t->bell = hy_bell_new(sv);
		snprintf(t->say, sizeof(t->say), "starting");
	}
	for (size_t i = 0; i < sv->n; i++) {
		if (pthread_create(&sv->threads[i].id, NULL, thread_main, &sv->threads[i])) {
			hy_service_stop(sv);
			return hy_err_set(err, HY_ESYSTEM, _("no thread for the role %s"),
					  sv->threads[i].role->name);
		}
		sv->threads[i].started = true;
	}
	*out = sv;
	return HY_OK;
}

void hy_service_report(struct hy_service *sv, struct hy_json_writer *w)
{
	pthread_mutex_lock(&sv->lock);
	for (size_t i = 0; i < sv->n; i++) {
		hy_jw_object(w);
		hy_jw_kstr(w, "role", sv->threads[i].role->name);
		hy_jw_kbool(w, "up", sv->threads[i].up);
		hy_jw_kstr(w, "state", sv->threads[i].say);
		hy_jw_kint(w, "turned_ts", sv->threads[i].turned / HY_SECOND);
		hy_jw_end_object(w);
	}
	pthread_mutex_unlock(&sv->lock);
}

bool hy_service_ready(struct hy_service *sv)
{
	bool ready = true;

	pthread_mutex_lock(&sv->lock);
	for (size_t i = 0; i < sv->n; i++)
		ready = ready && sv->threads[i].up;
	pthread_mutex_unlock(&sv->lock);
	return ready;
}

void hy_service_stop(struct hy_service *sv)
{
	if (!sv)
		return;
	atomic_store(&sv->stopping, true);
	for (size_t i = 0; i < sv->n; i++)
		hy_bell_ring(sv->threads[i].bell);
	for (size_t i = 0; i < sv->n; i++)
		if (sv->threads[i].started)
			pthread_join(sv->threads[i].id, NULL);
	pthread_mutex_destroy(&sv->lock);
	talloc_free(sv);
}

/* ---- once, in this thread ---- */

static enum hy_status once(struct hy_desk *desk, const struct desk_role *role, struct hy_err *err)
{
	struct hy_lease lease;
	struct hy_loop *loop = NULL;
	void *state = NULL;
	hy_time next = HY_TIME_NEVER;
	enum hy_status status = desk_lease_take(desk, role->name, 2 * HY_MINUTE, &lease, err);

	if (status)
		return hy_err_wrap(err, _("role %s"), role->name);
	status = hy_loop_new(&loop, desk, err);
	if (!status)
		status = role->start(desk, loop, lease.fence, &state, err);
	while (!status) {
		next = HY_TIME_NEVER;
		bool waited = false;
		status = role->turn(state, hy_desk_now(desk), &next, err);
		for (; !status && role->busy && role->busy(state); waited = true)
			status = hy_loop_once(loop, 50, err);
		if (!waited && next > hy_desk_now(desk))
			break;
	}
	if (state)
		role->stop(state);
	talloc_free(loop);
	desk_lease_release(desk, role->name);
	return status;
}

enum hy_status hy_desk_run_once(struct hy_desk *desk, const char *roles, struct hy_err *err)
{
	enum hy_status status = HY_OK;

	for (size_t i = 0; desk_roles[i] && !status; i++)
		if (named(roles, desk_roles[i]->name))
			status = once(desk, desk_roles[i], err);
	return status;
}
