/*
 * The outbox's turn. What is about to leave is written down and committed first; what came of it is
 * written after; whatever lies between is `unknown`, and an unknown is only looked for. Results
 * that the record could not take (disk full) are kept and written at the next turn.
 */
#include "publisher/internal.h"

#include <string.h>

#define LATE_DEFAULT HY_HOUR
#define GAP_DEFAULT (5 * HY_MINUTE)
#define RUNNING_RECHECK (15 * HY_SECOND) /* accepted, and the platform still works on it */
#define RUNNING_LONGEST (6 * HY_HOUR)	 /* of that; then a person is called as for any other */
#define PACED "paced: posts of one account keep their distance"

struct job {
	struct hy_channel_job pub; /* first: the channel's pointer is ours */
	struct job *prev, *next;
	const struct hy_channel *channel;
	struct hy_delivery d;
	enum hy_delivery_state from; /* in the record */
	int64_t fence;
	bool lookup, ended; /* ended: d is the result, not yet written */
	bool paged;
	char *late; /* the secret is on its way, says this: no step without it */
};

struct last_post {
	struct last_post *next;
	int64_t account;
	hy_time at;
};

struct hy_outbox {
	struct hy_loop *loop;
	struct hy_store *st;
	struct hy_outbox_options o;
	struct hy_clock *clock;
	struct hy_rand rand;
	struct hy_net *net;
	struct job *jobs;
	size_t busy; /* jobs not ended */
	struct last_post *posts;
};

struct hy_net *hy_outbox_net(struct hy_outbox *ob)
{
	return ob->net;
}

struct hy_store *hy_outbox_store(struct hy_outbox *ob)
{
	return ob->st;
}

const char *hy_outbox_dir(const struct hy_outbox *ob)
{
	return ob->o.dir;
}

size_t hy_outbox_busy(const struct hy_outbox *ob)
{
	return ob->busy;
}

struct hy_clock *hy_outbox_clock(const struct hy_outbox *ob)
{
	return ob->clock;
}

struct hy_loop *hy_outbox_loop(const struct hy_outbox *ob)
{
	return ob->loop;
}

struct hy_rand *hy_outbox_rand(struct hy_outbox *ob)
{
	return &ob->rand;
}

const struct hy_outbox_options *hy_outbox_options_of(const struct hy_outbox *ob)
{
	return &ob->o;
}

/* ---- writing moves ---- */

/* The listener gets a talloc object, so that it may hang texts on it. */
static void tell(struct hy_outbox *ob, const struct hy_delivery *d, enum hy_delivery_state from,
		 bool paged, const char *why)
{
	if (ob->o.moved == NULL)
		return;
	struct hy_delivery *copy = hy_new(ob, struct hy_delivery);

	*copy = *d;
	ob->o.moved(ob->o.user, copy, from, paged, why);
	talloc_free(copy);
}

static enum hy_status move(struct hy_outbox *ob, const struct hy_delivery *d,
			   enum hy_delivery_state from, enum hy_outbox_hand hand, int64_t fence,
			   bool paged, struct hy_err *err)
{
	if (!hy_outbox_may(from, d->state, hand))
		HY_BUG("delivery: %s to %s is no move", hy_delivery_state_name(from),
		       hy_delivery_state_name(d->state));
	enum hy_status status = hy_delivery_move(ob->st, d, from, fence, err);

	if (status == HY_OK)
		tell(ob, d, from, paged, d->error != NULL ? d->error : "");
	return status;
}

/* ---- jobs ---- */

static int job_destroy(struct job *j)
{
	struct hy_outbox *ob = j->pub.outbox;

	hy_platform_cancel(j->pub.call);
	if (j->prev != NULL)
		j->prev->next = j->next;
	else
		ob->jobs = j->next;
	if (j->next != NULL)
		j->next->prev = j->prev;
	if (!j->ended)
		ob->busy--;
	return 0;
}

static struct job *job_new(struct hy_outbox *ob, const struct hy_delivery *d, int64_t fence)
{
	struct job *j = hy_new(ob, struct job);

	j->d = *d;
	j->d.key = hy_strdup(j, d->key);
	j->d.receipt = hy_strdup(j, d->receipt);
	j->d.receipt_url = hy_strdup(j, d->receipt_url);
	j->d.error = hy_strdup(j, d->error);
	j->from = d->state;
	j->fence = fence;
	j->pub.outbox = ob;
	j->pub.delivery = &j->d;
	j->next = ob->jobs;
	if (ob->jobs != NULL)
		ob->jobs->prev = j;
	ob->jobs = j;
	ob->busy++;
	talloc_set_destructor(j, job_destroy);
	return j;
}

static bool in_hand(const struct hy_outbox *ob, struct hy_delivery_id id)
{
	for (const struct job *j = ob->jobs; j != NULL; j = j->next)
		if (j->d.id.v == id.v)
			return true;
	return false;
}

enum hy_status hy_outbox_secret(const struct hy_outbox *ob, const void *ctx,
				const struct hy_account *a, struct hy_secret **out, char **late,
				struct hy_err *err)
{
	struct hy_err why = {0};
	enum hy_status status;

	if (ob->o.secret == NULL)
		return hy_account_secret(ob->st, ctx, a->id, out, err);
	status = ob->o.secret(ob->o.user, ctx, a, out, &why);
	if (status == HY_ETEMP) {
		*late = hy_strdup(ctx, why.text);
		return HY_OK;
	}
	if (status != HY_OK && err != NULL)
		*err = why;
	return status;
}

/* Reads what the job needs; HY_ENOTFOUND when statement or account is gone. */
static enum hy_status job_load(struct job *j, struct hy_err *err)
{
	struct hy_store *st = j->pub.outbox->st;
	struct hy_statement *s;
	struct hy_account *a;
	struct hy_secret *secret = NULL;
	enum hy_status status = hy_statement_get(st, j, j->d.statement, &s, err);

	if (status == HY_OK)
		status = hy_account_get(st, j, j->d.account, &a, err);
	if (status == HY_OK && a->has_secret)
		status = hy_outbox_secret(j->pub.outbox, j, a, &secret, &j->late, err);
	if (status != HY_OK)
		return status;
	j->pub.statement = s;
	j->pub.account = a;
	j->pub.secret = secret;
	j->channel = hy_channel_find(a->platform);
	return HY_OK;
}

/* ---- results ---- */

static void fail_text(struct job *j, const struct hy_err *err, const char *otherwise)
{
	const char *text = err != NULL && err->text[0] != '\0' ? err->text : otherwise;

	j->d.error = hy_strdup(j, text);
}

static void wait_until(struct job *j, hy_time at)
{
	j->d.state = HY_DELIVERY_WAIT;
	j->d.wait_until = at;
}

bool hy_outbox_refused(struct hy_outbox *ob, const struct hy_account *a, const char *why,
		       bool *paged)
{
	void *work;
	struct hy_account *now = NULL;
	bool moved = false;

	if (a->state != HY_ACCOUNT_ACTIVE)
		return true; /* it has been told */
	if (ob->o.refused == NULL) {
		/* If this write fails the next try brings the same answer and writes it again. */
		(void)hy_account_move(ob->st, a->id, HY_ACCOUNT_ACTIVE, HY_ACCOUNT_NEEDS_REAUTH,
				      why, &moved, NULL);
		*paged = moved;
		return true;
	}
	ob->o.refused(ob->o.user, a, why);
	work = talloc_new(NULL);
	*paged = hy_account_get(ob->st, work, a->id, &now, NULL) != HY_OK ||
		 now->state == HY_ACCOUNT_NEEDS_REAUTH;
	moved = *paged || now->state != HY_ACCOUNT_ACTIVE;
	talloc_free(work);
	return moved;
}

static bool refused(struct job *j)
{
	return hy_outbox_refused(j->pub.outbox, j->pub.account, j->d.error, &j->paged);
}

static hy_time retry_time(struct job *j, const struct hy_err *err)
{
	return hy_send_retry_at(j->pub.outbox, j->d.attempt, err);
}

static void became_unknown(struct job *j)
{
	struct hy_outbox *ob = j->pub.outbox;

	j->d.state = HY_DELIVERY_UNKNOWN;
	j->d.lookups = 0;
	j->d.wait_until = hy_now(ob->clock) + ob->o.lookup_first;
}

static void sent(struct job *j, const struct hy_channel_result *r)
{
	j->d.state = HY_DELIVERY_SENT;
	j->d.receipt = hy_strdup(j, r->receipt);
	j->d.receipt_url = hy_strdup(j, r->receipt_url);
	j->d.error = NULL;
	j->d.wait_until = 0;
}

static hy_time late_at(const struct hy_outbox *ob, const struct job *j)
{
	const struct hy_statement *s = j->pub.statement;
	const struct hy_delivery *d = &j->d;
	hy_time base = s->decided > d->not_before ? s->decided : d->not_before;
	hy_time at = d->not_after != 0 ? d->not_after : base + ob->o.late;

	/* planned again by a person: they know how late it is */
	if (d->state == HY_DELIVERY_PLANNED && d->wait_until != 0)
		return d->wait_until + ob->o.late > at ? d->wait_until + ob->o.late : at;
	/* seen in time and held back by our own pacing */
	if (d->state == HY_DELIVERY_WAIT && d->not_after == 0 && d->error != NULL &&
	    strcmp(d->error, PACED) == 0)
		return HY_TIME_NEVER;
	return at;
}

/* Nothing was taken: once more, unless that would be without end. A wait past the time that it has
 * ends with that time, when it is missed. */
static void again_or_never(struct job *j, const struct hy_channel_result *r)
{
	hy_time at = retry_time(j, r->err), late = late_at(j->pub.outbox, j);

	if (hy_send_enough(j->d.attempt, j->d.error)) {
		j->d.state = HY_DELIVERY_FAILED;
		j->paged = true;
		return;
	}
	wait_until(j, late < HY_TIME_NEVER && at > late ? late + 1 : at);
}

static void send_result(struct job *j, const struct hy_channel_result *r)
{
	fail_text(j, r->err, hy_status_name(r->status));
	switch (r->status) {
	case HY_OK:
		if (r->receipt != NULL && r->receipt[0] != '\0') {
			sent(j, r);
		} else {
			j->d.error = hy_strdup(j, _("no receipt came back"));
			became_unknown(j);
		}
		return;
	case HY_EAUTH:
		wait_until(j, hy_now(j->pub.outbox->clock) +
				      (refused(j) ? FROZEN_RECHECK : SECRET_RECHECK));
		return;
	case HY_ETEMP:
	case HY_EWAIT:
		again_or_never(j, r);
		return;
	case HY_EPERM:
	case HY_EREFUSED:
	case HY_EINPUT:
	case HY_ENOTFOUND:
		j->d.state = HY_DELIVERY_FAILED;
		j->paged = true;
		return;
	default:
		if (j->channel->repeatable) {
			wait_until(j, retry_time(j, r->err));
			j->paged = j->d.attempt == 1;
		} else {
			became_unknown(j);
		}
	}
}

/* Half as long as it has taken so far: soon first, and few calls later. */
static hy_dur running_delay(hy_dur so_far)
{
	return so_far / 2 < RUNNING_RECHECK   ? RUNNING_RECHECK
	       : so_far / 2 > LOOKUP_LONGEST ? LOOKUP_LONGEST
					     : so_far / 2;
}

static void lookup_result(struct job *j, const struct hy_channel_result *r)
{
	struct hy_outbox *ob = j->pub.outbox;
	hy_time now = hy_now(ob->clock);

	j->d.state = HY_DELIVERY_UNKNOWN;
	if (r->status == HY_OK && r->receipt != NULL) {
		sent(j, r);
		return;
	}
	fail_text(j, r->err, hy_status_name(r->status));
	if (r->refused) {
		j->d.state = HY_DELIVERY_FAILED;
		j->paged = true;
		return;
	}
	if (r->running && now < hy_channel_since(&j->pub) + RUNNING_LONGEST) {
		j->d.wait_until = now + running_delay(now - hy_channel_since(&j->pub));
		return;
	}
	if (r->status == HY_ENOTFOUND && j->channel->repeatable) {
		j->d.state = HY_DELIVERY_PLANNED;
		j->d.wait_until = now;
		return;
	}
	if (r->status == HY_EAUTH)
		(void)refused(j);
	j->d.lookups++;
	if (j->d.lookups >= ob->o.lookups) {
		j->d.wait_until = HY_TIME_NEVER; /* a person's now: never posted by itself */
		j->paged = true;
		return;
	}
	j->d.wait_until = now + hy_send_lookup_delay(ob, j->d.lookups);
	if (r->status == HY_EWAIT && r->err != NULL && r->err->until > j->d.wait_until)
		j->d.wait_until = r->err->until;
}

/* Writes an ended job's outcome; keeps it for the next turn when the record cannot take it now. */
static void job_write(struct job *j)
{
	struct hy_outbox *ob = j->pub.outbox;
	bool repeat = j->from == HY_DELIVERY_UNKNOWN && j->d.state == HY_DELIVERY_PLANNED;
	enum hy_status status = move(ob, &j->d, j->from, repeat ? HY_HAND_REPEAT : HY_HAND_ROLE,
				     j->fence, j->paged, NULL);

	/* A conflict: a newer publisher or a person has settled it. Ours changes nothing. */
	if (status == HY_OK || status == HY_ECONFLICT || status == HY_ENOTFOUND)
		talloc_free(j);
}

void hy_channel_done(struct hy_channel_job *job, const struct hy_channel_result *result)
{
	struct job *j = (struct job *)job;

	j->pub.call = NULL;
	if (j->lookup)
		lookup_result(j, result);
	else
		send_result(j, result);
	j->ended = true;
	j->pub.outbox->busy--;
	job_write(j);
}

static void write_kept(struct hy_outbox *ob)
{
	struct job *next;

	for (struct job *j = ob->jobs; j != NULL; j = next) {
		next = j->next;
		if (j->ended)
			job_write(j);
	}
}

/* ---- may it leave now? ---- */

static struct last_post *last_post(struct hy_outbox *ob, struct hy_account_id account)
{
	struct last_post *p = ob->posts;

	while (p != NULL && p->account != account.v)
		p = p->next;
	if (p == NULL) {
		p = hy_new(ob, struct last_post);
		p->account = account.v;
		p->next = ob->posts;
		ob->posts = p;
	}
	return p;
}

/* Earliest moment at which this account may post again; 0 = now. */
static hy_time pace(struct hy_outbox *ob, const struct job *j)
{
	enum hy_statement_kind kind = j->pub.statement->kind;
	hy_time last = last_post(ob, j->d.account)->at;

	if (j->pub.account->last_post > last)
		last = j->pub.account->last_post;
	if (!j->channel->paced || ob->o.gap < 0 || last == 0 || kind == HY_STATEMENT_CORRECTION ||
	    kind == HY_STATEMENT_ERRATUM)
		return 0;
	return last + ob->o.gap;
}

/* A reason why it may not be sent at all (failed), or NULL. */
static const char *unfit(struct hy_outbox *ob, const struct job *j)
{
	const struct hy_statement *s = j->pub.statement;
	const struct hy_account *a = j->pub.account;
	bool good = false;

	if (j->channel == NULL)
		return _("there is no channel for this account's platform");
	if (j->pub.account->state == HY_ACCOUNT_REVOKED)
		return _("the account is revoked");
	if (s->revision != j->d.revision || s->state != HY_STATEMENT_APPROVED ||
	    hy_publish_verify(ob->st, s, &good, NULL) != HY_OK || !good)
		return _("text, accounts or times are not those that were approved and signed");
	if (((j->channel->needs & HY_NEEDS_URL) && a->url == NULL) ||
	    ((j->channel->needs & HY_NEEDS_SECRET) && j->pub.secret == NULL && j->late == NULL))
		return _("the account has no address or no secret: give it one, then retry");
	if (!hy_form_holds(ob->st, j, s, a->id))
		return _("what would be sent is not what was approved: was the office's name or "
			 "public address changed? Write a new revision");
	return NULL;
}

/* Decides on a planned or waiting delivery: d gets the state it shall have. SENDING = go. */
static void judge(struct hy_outbox *ob, struct job *j)
{
	hy_time now = hy_now(ob->clock), slot;
	const char *why = unfit(ob, j);

	if (why != NULL) {
		j->d.state = HY_DELIVERY_FAILED;
		j->d.error = hy_strdup(j, why);
		j->paged = true;
		return;
	}
	if (now > late_at(ob, j)) {
		j->d.state = HY_DELIVERY_MISSED;
		j->d.error = j->d.error == NULL
				     ? hy_strdup(j, _("its time was past: a person decides"))
				     : hy_strf(j, _("its time was past: a person decides (%s)"),
					       j->d.error);
		j->paged = true;
		return;
	}
	if (j->pub.account->state != HY_ACCOUNT_ACTIVE) {
		j->d.error = hy_strf(j, _("the account is %s"),
				     _(hy_account_state_name(j->pub.account->state)));
		wait_until(j, now + FROZEN_RECHECK);
		return;
	}
	if (j->late != NULL) {
		j->d.error = j->late;
		wait_until(j, now + SECRET_RECHECK);
		return;
	}
	slot = pace(ob, j);
	if (slot > now) {
		j->d.error = hy_strdup(j, PACED);
		wait_until(j, slot);
		return;
	}
	j->d.state = HY_DELIVERY_SENDING;
	j->d.attempt++;
	j->d.error = NULL;
	j->d.wait_until = 0;
}

static enum hy_status begin_send(struct hy_outbox *ob, struct job *j, const struct hy_lease *lease,
				 int *started, struct hy_err *err)
{
	judge(ob, j);
	enum hy_status status = move(ob, &j->d, j->from, HY_HAND_ROLE, j->fence, j->paged, err);

	if (status != HY_OK || j->d.state != HY_DELIVERY_SENDING) {
		talloc_free(j);
		return status == HY_ECONFLICT ? HY_OK : status;
	}
	j->from = HY_DELIVERY_SENDING;
	if (hy_now(ob->clock) >= lease->until) { /* stopped in between: another may own it now */
		struct hy_err why;

		hy_err_set(&why, HY_ETEMP, _("the lease ended before anything was sent"));
		hy_channel_done(&j->pub,
				&(struct hy_channel_result){.status = HY_ETEMP, .err = &why});
		return hy_err_set(err, HY_EBUSY, "%s", why.text);
	}
	last_post(ob, j->d.account)->at = hy_now(ob->clock);
	++*started;
	j->channel->send(&j->pub); /* j may be gone now */
	return HY_OK;
}

static enum hy_status begin_lookup(struct hy_outbox *ob, struct job *j, int *started,
				   struct hy_err *err)
{
	j->lookup = true;
	if (j->channel == NULL) {
		j->d.error = hy_strdup(j, _("there is no channel for this account's platform"));
		j->d.wait_until = HY_TIME_NEVER;
	} else {
		j->d.wait_until = hy_now(ob->clock) +
				  (j->late != NULL ? SECRET_RECHECK : LOOKUP_HOLD);
	}
	enum hy_status status = move(ob, &j->d, HY_DELIVERY_UNKNOWN, HY_HAND_ROLE, j->fence,
				     j->channel == NULL, err);
	if (status != HY_OK || j->channel == NULL || j->late != NULL) {
		talloc_free(j);
		return status == HY_ECONFLICT ? HY_OK : status;
	}
	++*started;
	j->channel->lookup(&j->pub);
	return HY_OK;
}

/*
 * What it needs cannot be read (a damaged secret, no master key): this delivery waits for a person,
 * the others go on. A record that cannot be read at all ends the turn.
 */
static enum hy_status unreadable(struct hy_outbox *ob, struct job *j, enum hy_status status,
				 struct hy_err *err)
{
	if (status != HY_EAUTH && status != HY_ECORRUPT && status != HY_ENOTFOUND)
		return hy_err_wrap(err, "delivery %" PRId64, j->d.id.v);
	j->d.error = hy_strdup(j, err != NULL ? err->text : hy_status_name(status));
	if (j->from == HY_DELIVERY_UNKNOWN)
		j->d.wait_until = HY_TIME_NEVER;
	else
		j->d.state = HY_DELIVERY_FAILED;
	status = move(ob, &j->d, j->from, HY_HAND_ROLE, j->fence, true, err);
	return status == HY_ECONFLICT ? HY_OK : status;
}

static enum hy_status take(struct hy_outbox *ob, const struct hy_delivery *d,
			   const struct hy_lease *lease, int *started, struct hy_err *err)
{
	struct job *j = job_new(ob, d, lease->fence);
	enum hy_status status = job_load(j, err);

	if (status != HY_OK) {
		status = unreadable(ob, j, status, err);
		talloc_free(j);
		return status;
	}
	if (d->state == HY_DELIVERY_UNKNOWN)
		return begin_lookup(ob, j, started, err);
	return begin_send(ob, j, lease, started, err);
}

enum hy_status hy_outbox_turn(struct hy_outbox *ob, const struct hy_lease *lease, int *started,
			      struct hy_err *err)
{
	void *tmp = talloc_new(NULL);
	struct hy_delivery *due = NULL;
	bool stop = false;
	size_t n = 0;
	int count = 0;
	enum hy_status status = hy_publish_frozen(ob->st, &stop, err);

	write_kept(ob);
	if (status == HY_OK && hy_now(ob->clock) >= lease->until)
		status = hy_err_set(err, HY_EBUSY, _("the publish lease has ended"));
	if (status == HY_OK && !stop)
		status =
			hy_delivery_due(ob->st, tmp, hy_now(ob->clock), ob->o.batch, &due, &n, err);
	for (size_t i = 0; status == HY_OK && i < n; i++)
		if (!in_hand(ob, due[i].id))
			status = take(ob, &due[i], lease, &count, err);
	if (status == HY_OK || count > 0)
		*started = count;
	talloc_free(tmp);
	return status;
}

enum hy_status hy_outbox_next(struct hy_outbox *ob, hy_time *out, struct hy_err *err)
{
	bool stop = false;
	hy_time next = HY_TIME_NEVER;
	enum hy_status status = hy_publish_frozen(ob->st, &stop, err);

	if (status == HY_OK && !stop)
		status = hy_delivery_next(ob->st, &next, err);
	for (const struct job *j = ob->jobs; status == HY_OK && j != NULL; j = j->next)
		if (j->ended && next > hy_now(ob->clock) + KEPT_RETRY)
			next = hy_now(ob->clock) + KEPT_RETRY;
	if (status == HY_OK)
		*out = next;
	return status;
}

enum hy_status hy_outbox_recover(struct hy_outbox *ob, int64_t fence, int64_t *n,
				 struct hy_err *err)
{
	return hy_delivery_recover(ob->st, fence, n, err);
}

enum hy_status hy_outbox_run(struct hy_outbox *ob, const struct hy_lease *lease, struct hy_err *err)
{
	enum hy_status status;
	int started;

	do {
		started = 0;
		status = hy_outbox_turn(ob, lease, &started, err);
		while (ob->busy > 0 && status == HY_OK)
			status = hy_loop_once(ob->loop, 1000, err);
	} while (status == HY_OK && started > 0);
	return status;
}

static int outbox_destroy(struct hy_outbox *ob)
{
	while (ob->jobs != NULL)
		talloc_free(ob->jobs);
	return 0;
}

enum hy_status hy_outbox_new(struct hy_outbox **out, const void *ctx, struct hy_loop *loop,
			     struct hy_store *st, const struct hy_outbox_options *options,
			     struct hy_err *err)
{
	struct hy_outbox *ob = hy_new(ctx, struct hy_outbox);
	enum hy_status status;

	ob->loop = loop;
	ob->st = st;
	ob->o = *options;
	ob->o.dir = hy_strdup(ob, options->dir);
	ob->clock = options->clock != NULL ? options->clock : hy_clock_real();
	if (ob->o.gap == 0)
		ob->o.gap = GAP_DEFAULT;
	if (ob->o.late <= 0)
		ob->o.late = LATE_DEFAULT;
	if (ob->o.lookups <= 0)
		ob->o.lookups = 6;
	if (ob->o.lookup_first <= 0)
		ob->o.lookup_first = 5 * HY_SECOND;
	if (ob->o.batch <= 0)
		ob->o.batch = 50;
	if (options->seed != 0)
		hy_rand_init(&ob->rand, options->seed);
	else
		hy_rand_init_default(&ob->rand);
	status = hy_net_new(&ob->net, ob, loop, options->net, err);
	if (status != HY_OK) {
		talloc_free(ob);
		return status;
	}
	talloc_set_destructor(ob, outbox_destroy);
	*out = ob;
	return HY_OK;
}
