/* Role publish: turns the outbox under the role's fence, and calls a person where only a person can
 * settle. */
#include "desk/answering.h"

#include <string.h>

struct publishing {
	struct hy_desk *desk;
	struct hy_outbox *outbox;
	struct hy_answers *answers; /* on the outbox: freed before it */
	int64_t fence;
	struct hy_lease lease; /* as last renewed */
	hy_time renew_at;      /* monotonic */
	struct desk_asked *asked; /* servers, for what they take */
};

static void moved(void *user, const struct hy_delivery *d, enum hy_delivery_state from, bool paged,
		  const char *why)
{
	struct publishing *p = user;
	char id[24];

	snprintf(id, sizeof(id), "%" PRId64, d->id.v);
	hy_log(paged ? HY_LOG_WARNING : HY_LOG_INFO, "publish", why && *why ? why : "moved",
	       "DELIVERY", id, "FROM", hy_delivery_state_name(from), "TO",
	       hy_delivery_state_name(d->state), NULL);
	if (!paged)
		return;
	struct hy_account *a = NULL;
	(void)hy_account_get(p->desk->st, d, d->account, &a, NULL);
	const char *cure = desk_delivery_cure(d, d, a);
	desk_page(p->desk, "delivery", hy_strf(d, "delivery:%s", id),
		  hy_strf(d, _("Delivery %s waits for a person"), id),
		  cure ? hy_strf(d, "%s\n%s", why ? why : "", cure) : why);
}

static void answer_moved(void *user, const struct hy_answer *a, enum hy_delivery_state from,
			 bool paged, const char *why)
{
	struct publishing *p = user;
	char id[24];

	snprintf(id, sizeof(id), "%" PRId64, a->id.v);
	hy_log(paged ? HY_LOG_WARNING : HY_LOG_INFO, "publish", why && *why ? why : "moved",
	       "ANSWER", id, "FROM", hy_delivery_state_name(from), "TO",
	       hy_delivery_state_name(a->state), NULL);
	if (paged)
		desk_answer_page(p->desk, a, why);
}

static void answer_undelivered(void *user, const struct hy_answer *a)
{
	const struct publishing *p = user;

	desk_answer_undelivered(p->desk, a);
}

static bool answer_sms(void *user, const void *ctx, const struct hy_account *a,
		       struct hy_answer_sms *out)
{
	const struct publishing *p = user;

	(void)ctx;
	return desk_answer_sms(p->desk, a, out);
}

/* Writes only what changed: most calls change nothing. */
static enum hy_status tell(struct hy_desk *desk, const char *key, const char *value,
			   struct hy_err *err)
{
	char *was = NULL;
	enum hy_status status = hy_meta_get(desk->st, NULL, key, &was, err);

	if (!status && (!was || strcmp(was, value)))
		status = hy_meta_set(desk->st, key, value, err);
	talloc_free(was);
	return status;
}

static enum hy_status tell_wechat(struct hy_desk *desk, struct hy_err *err)
{
	void *work = talloc_new(desk);
	size_t n = 0;
	const char *const *kinds =
		hy_conf_list(desk->conf, "publish", NULL, "wechat_followers", &n);
	char *all = hy_strdup(work, ""), *cover = NULL;
	enum hy_status status =
		hy_publish_cover(work, desk->dir,
				 hy_conf_str(desk->conf, "publish", NULL, "wechat_cover"), &cover,
				 err);

	if (status) { /* a picture that cannot be read stops articles, and nothing else */
		cover = hy_strf(work, "!%s", err ? err->text : hy_status_name(status));
		status = HY_OK;
	}
	for (size_t i = 0; i < n; i++)
		all = hy_strf(work, "%s%s%s", all, i ? "," : "", kinds[i]);
	if (!status)
		status = tell(desk, HY_META_COVER, cover, err);
	if (!status)
		status = tell(desk, HY_META_FOLLOWERS, all, err);
	talloc_free(work);
	return status;
}

enum hy_status desk_tell_site(struct hy_desk *desk, struct hy_err *err)
{
	const char *url = hy_conf_str(desk->conf, "web", NULL, "public_url");
	const char *name = hy_conf_str(desk->conf, "office", NULL, "name");
	size_t n = strlen(url);
	char *base = *url ? hy_strf(NULL, "%.*s/public/", (int)(url[n - 1] == '/' ? n - 1 : n), url)
			  : hy_strdup(NULL, "");
	enum hy_status status = tell(desk, "site.base", base, err);

	if (!status)
		status = tell(desk, HY_META_LOOKUP,
			      *url ? hy_strf(base, "%.*s/lookup",
					     (int)(url[n - 1] == '/' ? n - 1 : n), url)
				   : "",
			      err);
	if (!status && *name)
		status = tell(desk, "office.name", name, err);
	if (!status)
		status = tell(desk, "office.language",
			      hy_conf_str(desk->conf, "office", NULL, "language"), err);
	if (!status)
		status = tell(desk, HY_META_ADDRESS,
			      hy_conf_str(desk->conf, "publish", NULL, "address"), err);
	if (!status)
		status = tell_wechat(desk, err);
	talloc_free(base);
	return status;
}

/* What an account is used with. One that is not in use sends nothing, and its delivery waits: the
 * outbox sees to that. */
static enum hy_status secret(void *user, const void *ctx, const struct hy_account *a,
			     struct hy_secret **out, struct hy_err *err)
{
	const struct publishing *p = user;

	return a->state == HY_ACCOUNT_ACTIVE
		       ? desk_account_bearer(p->desk, ctx, a, out, err)
		       : hy_account_secret(p->desk->st, ctx, a->id, out, err);
}

static void refused(void *user, const struct hy_account *a, const char *why)
{
	const struct publishing *p = user;

	desk_account_refused(p->desk, a, why);
}

static enum hy_status start(struct hy_desk *desk, struct hy_loop *loop, int64_t fence, void **state,
			    struct hy_err *err)
{
	struct publishing *p = hy_new(desk, struct publishing);
	struct hy_net_options net = desk_net_options(desk, p);
	hy_dur gap = hy_conf_dur(desk->conf, "publish", NULL, "gap");
	struct hy_outbox_options options = {
		.dir = desk->dir,
		.clock = desk->clock,
		.gap = gap ? gap : -1,
		.late = hy_conf_dur(desk->conf, "publish", NULL, "not_after"),
		.lookups = (int)hy_conf_int(desk->conf, "publish", NULL, "lookups"),
		.net = &net,
		.secret = secret,
		.refused = refused,
		.moved = moved,
		.user = p,
	};
	const struct hy_answers_options answers = {
		.sms = answer_sms,
		.moved = answer_moved,
		.undelivered = answer_undelivered,
		.user = p};
	int64_t n = 0, m = 0;
	enum hy_status status = HY_OK;

	p->desk = desk;
	p->fence = fence;
	net.timeout = hy_conf_dur(desk->conf, "publish", NULL, "timeout");
	status = desk_tell_site(desk, err);
	if (!status)
		status = hy_outbox_new(&p->outbox, p, loop, desk->st, &options, err);
	if (!status)
		status = hy_outbox_recover(p->outbox, fence, &n, err);
	if (!status) {
		p->answers = hy_answers_new(p, p->outbox, &answers);
		status = hy_answers_recover(p->answers, fence, &m, err);
	}
	if (!status && n + m)
		hy_log(HY_LOG_WARNING, "publish",
		       "what was being sent when we stopped is in doubt: it is looked up, or a "
		       "person is called",
		       NULL);
	if (status) {
		talloc_free(p->answers);
		talloc_free(p);
	} else {
		*state = p;
	}
	return status;
}

/* The service renews the lease, too; here it is renewed so that no send begins on a stale one, also
 * when the clock jumped: under the same fence nobody else had it in between. */
static enum hy_status renew(struct publishing *p, struct hy_err *err)
{
	enum hy_status status = HY_OK;

	if (hy_monotonic() < p->renew_at &&
	    hy_desk_now(p->desk) + 5 * HY_SECOND < p->lease.until)
		return HY_OK;
	status = hy_lease_take(p->desk->st, "publish", p->desk->owner, 15 * HY_SECOND, &p->lease,
			       err);
	if (!status && p->lease.fence != p->fence)
		status = hy_err_set(err, HY_EBUSY,
				    _("the publish lease was lost and taken again: starting anew"));
	if (!status)
		p->renew_at = hy_monotonic() + 5 * HY_SECOND;
	return status;
}

static enum hy_status turn(void *state, hy_time now, hy_time *next, struct hy_err *err)
{
	struct publishing *p = state;
	hy_time answers = HY_TIME_NEVER;
	int started = 0;
	enum hy_status status = renew(p, err);

	(void)now;
	if (!status)
		status = desk_learn_limits(p->desk, p, &p->asked, hy_outbox_net(p->outbox), err);
	if (!status)
		status = hy_outbox_turn(p->outbox, &p->lease, &started, err);
	if (!status)
		status = hy_answers_turn(p->answers, &p->lease, &started, err);
	if (!status)
		status = hy_outbox_next(p->outbox, next, err);
	if (!status)
		status = hy_answers_next(p->answers, &answers, err);
	if (!status && answers < *next)
		*next = answers;
	return status;
}

static bool busy(void *state)
{
	const struct publishing *p = state;

	return hy_outbox_busy(p->outbox) + hy_answers_busy(p->answers) > 0;
}

static void stop(void *state)
{
	talloc_free(((struct publishing *)state)->answers);
	talloc_free(state);
}

const struct desk_role role_publish = {
	.name = "publish", .start = start, .turn = turn, .busy = busy, .stop = stop};
