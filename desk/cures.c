/* What a person does about something that did not go out, by what the platform's own code means
 * (platforms/errors.c): not every failure is cured by sending it again. */
#include "desk/internal.h"

#include "platforms/platforms.h"

/* A token is renewed by itself while something waits for it. */
static bool account_first(const struct hy_account *a, const struct hy_platform_error *row,
			  bool waits)
{
	if (a && (a->state == HY_ACCOUNT_NEEDS_REAUTH || a->state == HY_ACCOUNT_FROZEN))
		return true;
	return a && a->state == HY_ACCOUNT_ACTIVE && row &&
	       (row->next == HY_NEXT_STOP || row->next == HY_NEXT_AUTHORISE ||
		(row->next == HY_NEXT_RENEW && !waits));
}

/* The account's own cure, then it leaves by itself or by `again`. */
static char *by_account(const void *ctx, const struct hy_account *a, const char *again)
{
	char *first = a->state == HY_ACCOUNT_FROZEN
			      ? hy_strf(ctx, "huying account unfreeze %s", a->name)
			      : desk_account_cure(ctx, a);

	return again ? hy_strf(ctx, _("first the account: %s; then: %s"), first, again)
		     : hy_strf(ctx, _("it waits for its account: %s"), first);
}

char *desk_send_cure(const void *ctx, const struct desk_send *s, const char *otherwise)
{
	const struct hy_platform_error *row = hy_platform_error_said(s->error);
	bool ended = s->state == HY_DELIVERY_FAILED || s->state == HY_DELIVERY_MISSED;

	if (s->state == HY_DELIVERY_WAIT && account_first(s->account, row, true))
		return by_account(ctx, s->account, NULL);
	if (!ended)
		return hy_strdup(ctx, otherwise);
	if (account_first(s->account, row, false))
		return by_account(ctx, s->account, s->retry);
	switch (row ? row->next : HY_NEXT_STATUS) {
	case HY_NEXT_GONE:
		return s->citizen ? hy_strf(ctx,
					    _("they cannot be reached there any more: answer by "
					      "another way, then: %s"),
					    s->cancel)
				  : hy_strf(ctx,
					    _("what it refers to is no longer there: %s, and write "
					      "it anew"),
					    s->cancel);
	case HY_NEXT_CHANGE:
		return s->citizen ? hy_strf(ctx, _("not in these words: %s; then reply again in "
						   "other words"),
					    s->cancel)
				  : hy_strf(ctx, _("not in these words: write a new revision, %s"),
					    s->change);
	case HY_NEXT_WAIT:
		if (s->citizen)
			return hy_strf(ctx, _("the platform takes no more within its time: answer by "
					      "another way, or later: %s"),
				       s->retry);
		return hy_strdup(ctx, otherwise);
	default:
		return hy_strdup(ctx, otherwise);
	}
}

/* ---- deliveries of statements ---- */

char *desk_delivery_cure(const void *ctx, const struct hy_delivery *d, const struct hy_account *a)
{
	const char *otherwise = NULL;
	const struct desk_send s = {
		.account = a,
		.state = d->state,
		.error = d->error,
		.retry = hy_strf(ctx, "huying post retry %" PRId64, d->id.v),
		.cancel = hy_strf(ctx, "huying post resolve %" PRId64 " cancel", d->id.v),
		.change = hy_strf(ctx, "huying post edit %" PRId64, d->statement.v)};

	if (d->state == HY_DELIVERY_UNKNOWN)
		otherwise = d->wait_until != HY_TIME_NEVER
				    ? _("the platform is being asked")
				    : hy_strf(ctx,
					      _("look at the account on the platform, then: huying "
						"post resolve %" PRId64 " sent --receipt ID (it is "
						"there), absent (it is not: it goes out now) or "
						"cancel"),
					      d->id.v);
	else if (d->state == HY_DELIVERY_FAILED || d->state == HY_DELIVERY_MISSED)
		otherwise = hy_strf(ctx, _("once the cause is gone: %s; or %s"), s.retry, s.cancel);
	return desk_send_cure(ctx, &s, otherwise);
}
