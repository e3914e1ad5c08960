/*
 * Thousands of rules take a moment to compile; the role's own thread goes on with the old ones
 * meanwhile, renews its lease and hears the bell. Nothing is shared: the rules wander to the thread
 * and back whole.
 */
#include "desk/internal.h"

#include "desk/compile.h"

#include <pthread.h>

struct desk_compile {
	pthread_t id;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	enum hy_lang lang;
	bool runs, done;
	struct hy_rules *rules;
	enum hy_status status;
	struct hy_err err;
};

static void *compile(void *user)
{
	struct desk_compile *c = user;

	pthread_setname_np(pthread_self(), "rules");
	hy_lang_use(c->lang);
	c->status = hy_rules_compile(c->rules, 0, &c->err);
	pthread_mutex_lock(&c->lock);
	c->done = true;
	pthread_cond_signal(&c->ended);
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

static int drop(struct desk_compile *c)
{
	if (c->runs) {
		pthread_join(c->id, NULL);
		talloc_free(c->rules);
	}
	pthread_cond_destroy(&c->ended);
	pthread_mutex_destroy(&c->lock);
	return 0;
}

struct desk_compile *desk_compile_new(const void *ctx)
{
	struct desk_compile *c = hy_new(ctx, struct desk_compile);
	pthread_condattr_t attr;

	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->ended, &attr);
	pthread_condattr_destroy(&attr);
	talloc_set_destructor(c, drop);
	return c;
}

enum hy_status desk_compile_start(struct desk_compile *c, struct hy_rules *rules,
				  struct hy_err *err)
{
	if (c->runs)
		HY_BUG("rules are being compiled already");
	c->rules = rules;
	c->done = false;
	c->lang = hy_lang_default();
	c->err = (struct hy_err){0};
	if (pthread_create(&c->id, NULL, compile, c)) {
		talloc_free(rules);
		return hy_err_set(err, HY_ESYSTEM, _("no thread to compile rules in"));
	}
	c->runs = true;
	return HY_OK;
}

bool desk_compile_runs(const struct desk_compile *c)
{
	return c->runs;
}

enum hy_status desk_compile_take(struct desk_compile *c, const void *ctx, hy_dur wait,
				 struct hy_rules **out, struct hy_err *err)
{
	struct timespec until;
	hy_time end = hy_monotonic() + wait;
	bool done = false;

	*out = NULL;
	if (!c->runs)
		return HY_OK;
	until.tv_sec = (time_t)(end / HY_SECOND);
	until.tv_nsec = (long)(end % HY_SECOND) * 1000000;
	pthread_mutex_lock(&c->lock);
	while (!c->done && hy_monotonic() < end)
		(void)pthread_cond_timedwait(&c->ended, &c->lock, &until); /* looked at again */
	done = c->done;
	pthread_mutex_unlock(&c->lock);
	if (!done)
		return HY_OK;
	pthread_join(c->id, NULL);
	c->runs = false;
	if (c->status) {
		talloc_free(c->rules);
		if (err)
			*err = c->err;
		return c->status;
	}
	*out = talloc_steal(ctx, c->rules);
	return HY_OK;
}
