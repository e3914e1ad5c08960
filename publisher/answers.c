/*
 * Answers to citizens on their way. As in the outbox, what is about to leave is written down and
 * committed first, what came of it after, and whatever lies between is `unknown`: looked for where
 * the platform can be asked, else a person's, and never sent again by itself.
 */
#include "publisher/internal.h"

#include <string.h>

#define BATCH 50
#define GUARD_PAGES_AT 3 /* refusals of our own address guard before a person hears of it */
/* No report came: asked after 15 min, 1 h, 4 h and 16 h more, then no more. */
#define REPORT_FIRST (15 * HY_MINUTE)
#define REPORT_ASKS 4

struct job {
	struct hy_answer_job pub; /* first: the way's pointer is ours */
	struct job *prev, *next;
	const struct hy_answer_way *way;
	struct hy_answer a;
	enum hy_delivery_state from; /* in the record */
	int64_t fence;
	bool report;	    /* sent; it is asked what the carrier reported */
	bool lookup, ended; /* ended: a is the result, not yet written */
	bool paged;
	char *late; /* the secret is on its way, says this */
	struct hy_answer_form form;
	struct hy_answer_sms sms;
};

struct hy_answers {
	struct hy_outbox *ob;
	struct hy_answers_options o;
	struct job *jobs;
	size_t busy;
	void *kept; /* a way's */
};

void **hy_answers_kept(struct hy_answers *an)
{
	return &an->kept;
}

struct hy_net *hy_answers_net(struct hy_answers *an)
{
	return hy_outbox_net(an->ob);
}

struct hy_loop *hy_answers_loop(struct hy_answers *an)
{
	return hy_outbox_loop(an->ob);
}

struct hy_clock *hy_answers_clock(struct hy_answers *an)
{
	return hy_outbox_clock(an->ob);
}

size_t hy_answers_busy(const struct hy_answers *an)
{
	return an->busy;
}

static struct hy_store *store_of(struct hy_answers *an)
{
	return hy_outbox_store(an->ob);
}

static hy_time now_of(struct hy_answers *an)
{
	return hy_now(hy_outbox_clock(an->ob));
}

/* ---- writing moves ---- */

static enum hy_status move(struct job *j, struct hy_err *err)
{
	struct hy_answers *an = j->pub.answers;

	if (!hy_outbox_may(j->from, j->a.state, HY_HAND_ROLE))
		HY_BUG("answer: %s to %s is no move", hy_delivery_state_name(j->from),
		       hy_delivery_state_name(j->a.state));
	enum hy_status status = hy_answer_move(store_of(an), &j->a, j->from, j->fence, err);

	if (status == HY_OK && an->o.moved != NULL) {
		/* a talloc object, so that the listener may hang texts on it */
		struct hy_answer *copy = hy_new(an, struct hy_answer);

		*copy = j->a;
		an->o.moved(an->o.user, copy, j->from, j->paged,
			    j->a.error != NULL ? j->a.error : "");
		talloc_free(copy);
	}
	return status;
}

/* ---- jobs ---- */

static int job_destroy(struct job *j)
{
	struct hy_answers *an = j->pub.answers;

	hy_platform_cancel(j->pub.call);
	if (j->prev != NULL)
		j->prev->next = j->next;
	else
		an->jobs = j->next;
	if (j->next != NULL)
		j->next->prev = j->prev;
	if (!j->ended)
		an->busy--;
	return 0;
}

static struct job *job_new(struct hy_answers *an, const struct hy_answer *a, int64_t fence)
{
	struct job *j = hy_new(an, struct job);

	j->a = *a;
	j->a.key = hy_strdup(j, a->key);
	j->a.receipt = hy_strdup(j, a->receipt);
	j->a.error = hy_strdup(j, a->error);
	j->from = a->state;
	j->fence = fence;
	j->pub.answers = an;
	j->next = an->jobs;
	if (an->jobs != NULL)
		an->jobs->prev = j;
	an->jobs = j;
	an->busy++;
	talloc_set_destructor(j, job_destroy);
	return j;
}

static bool in_hand(const struct hy_answers *an, struct hy_answer_id id)
{
	for (const struct job *j = an->jobs; j != NULL; j = j->next)
		if (j->a.id.v == id.v)
			return true;
	return false;
}

static enum hy_status load_account(struct job *j, struct hy_err *err)
{
	struct hy_answers *an = j->pub.answers;
	struct hy_account *a = NULL;
	struct hy_secret *secret = NULL;
	enum hy_status status = hy_account_get(store_of(an), j, j->a.account, &a, err);

	if (status == HY_OK && a->has_secret)
		status = hy_outbox_secret(an->ob, j, a, &secret, &j->late, err);
	if (status != HY_OK)
		return status;
	j->pub.account = a;
	j->pub.secret = secret;
	j->way = hy_answer_way_find(a->platform);
	if (an->o.sms != NULL && an->o.sms(an->o.user, j, a, &j->sms))
		j->pub.sms = &j->sms;
	return HY_OK;
}

/* Opens who is answered, and with which words. *last: when they wrote. */
static enum hy_status load_words(struct job *j, hy_time *last, struct hy_err *err)
{
	struct hy_store *st = store_of(j->pub.answers);
	struct hy_case_event *e = NULL;
	struct hy_account_id account = {0};
	struct hy_answer_words words;
	char *handle = NULL;
	enum hy_status status = hy_contact_open(st, j, j->a.cs, &account, &handle, last, err);

	if (status == HY_OK && (handle == NULL || account.v != j->a.account.v))
		status = hy_err_set(err, HY_ENOTFOUND,
				    _("who wrote is no longer known by this account"));
	if (status == HY_OK)
		status = hy_case_event_get(st, j, j->a.event, &e, err);
	if (status == HY_OK)
		status = hy_answer_words(st, j, j->a.cs, e->text, &words, err);
	if (status == HY_OK)
		status = j->way->form(j, &words, j->pub.sms, &j->form, err);
	j->pub.to = handle;
	j->pub.form = &j->form;
	return status;
}

static void name_attempt(struct job *j)
{
	j->pub.ref = hy_strf(j, "%s-%d", j->a.key, j->a.attempt);
	j->pub.tried = j->a.tried;
}

/* ---- results ---- */

/* A platform's words may name whom it refused: handle and numbers are left out of what is kept. */
static char *scrubbed(const void *ctx, const char *text, const char *handle)
{
	struct hy_draft_finding *found = NULL;
	const char *bare = handle != NULL && handle[0] == '+' ? handle + 1 : handle, *at;
	char *out = hy_strdup(ctx, text);
	size_t n = 0;

	while (bare != NULL && strlen(bare) > 3 && (at = strstr(out, bare)) != NULL)
		out = hy_strf(ctx, "%.*s…%s", (int)(at - out), out, at + strlen(bare));
	hy_pii_find(ctx, "", out, &found, &n);
	while (n-- > 0)
		out = hy_strf(ctx, "%.*s…%s", (int)found[n].at, out,
			      out + found[n].at + found[n].n);
	return out;
}

/* Of a platform's answer only what our own table says of its code: its words, in brackets behind
 * that, may be the citizen's answer itself. */
static void refusal_text(struct job *j, const struct hy_err *err, enum hy_status status)
{
	const char *text = err != NULL && err->text[0] != '\0' ? err->text : hy_status_name(status);
	const char *words = strstr(text, " (");

	j->a.error = scrubbed(
		j, words != NULL ? hy_strndup(j, text, (size_t)(words - text)) : text, j->pub.to);
}

static void fail_text(struct job *j, const struct hy_err *err, enum hy_status status)
{
	const char *text = err != NULL && err->text[0] != '\0' ? err->text : hy_status_name(status);

	j->a.error = scrubbed(j, text, j->pub.to);
}

static void wait_until(struct job *j, hy_time at)
{
	j->a.state = HY_DELIVERY_WAIT;
	j->a.wait_until = at;
}

static void give_up(struct job *j, enum hy_delivery_state state)
{
	j->a.state = state;
	j->a.wait_until = 0;
	j->paged = true;
}

static void became_unknown(struct job *j)
{
	struct hy_answers *an = j->pub.answers;

	j->a.state = HY_DELIVERY_UNKNOWN;
	j->a.lookups = 0;
	if (j->way->lookup != NULL) {
		j->a.wait_until = now_of(an) + hy_outbox_options_of(an->ob)->lookup_first;
		return;
	}
	j->a.wait_until = HY_TIME_NEVER; /* a person's, at once */
	j->paged = true;
}

static void sent(struct job *j, const char *receipt)
{
	j->a.state = HY_DELIVERY_SENT;
	j->a.receipt = hy_strdup(j, receipt);
	j->a.error = NULL;
	j->a.lookups = 0;
	j->a.wait_until = j->way != NULL && j->way->reports
				  ? now_of(j->pub.answers) + REPORT_FIRST
				  : 0;
}

static hy_time after_refusal(struct job *j)
{
	struct hy_answers *an = j->pub.answers;
	bool stopped = hy_outbox_refused(an->ob, j->pub.account, j->a.error, &j->paged);

	j->paged = false; /* the account's own page says it, with the cure */
	return now_of(an) + (stopped ? FROZEN_RECHECK : SECRET_RECHECK);
}

/* Nothing was taken: once more, unless that would be without end, or past the time it has. */
static void again_or_never(struct job *j, const struct hy_answer_result *r)
{
	hy_time at = hy_send_retry_at(j->pub.answers->ob, j->a.attempt, r->err);

	if (hy_send_enough(j->a.attempt, j->a.error) ||
	    (r->status == HY_EWAIT && at > j->a.not_after))
		give_up(j, HY_DELIVERY_FAILED);
	else
		wait_until(j, at);
}

static void send_result(struct job *j, const struct hy_answer_result *r)
{
	if (r->status == HY_OK) {
		sent(j, r->receipt);
		return;
	}
	refusal_text(j, r->err, r->status);
	switch (r->status) {
	case HY_EAUTH:
		wait_until(j, after_refusal(j));
		return;
	case HY_ETEMP:
	case HY_EWAIT:
		again_or_never(j, r);
		return;
	case HY_EREFUSED: /* the address guard: a name that leads astray for now */
		wait_until(j, hy_send_retry_at(j->pub.answers->ob, j->a.attempt, r->err));
		j->paged = j->a.attempt == GUARD_PAGES_AT;
		return;
	case HY_EPERM:
	case HY_EINPUT:
	case HY_ENOTFOUND:
		give_up(j, HY_DELIVERY_FAILED);
		return;
	default:
		became_unknown(j);
	}
}

static void lookup_result(struct job *j, const struct hy_answer_result *r)
{
	struct hy_answers *an = j->pub.answers;

	j->a.state = HY_DELIVERY_UNKNOWN;
	if (r->status == HY_OK && r->reported != HY_ANSWER_UNDELIVERED) {
		sent(j, r->receipt);
		return;
	}
	refusal_text(j, r->err, r->status);
	if (r->status == HY_OK) {
		j->a.error = hy_strdup(j, _("the carrier could not deliver it"));
		give_up(j, HY_DELIVERY_FAILED);
		return;
	}
	if (r->status == HY_EAUTH)
		(void)after_refusal(j);
	j->a.lookups++;
	if (j->a.lookups >= hy_outbox_options_of(an->ob)->lookups) {
		j->a.wait_until = HY_TIME_NEVER; /* a person's now: never sent by itself */
		j->paged = true;
		return;
	}
	j->a.wait_until = now_of(an) + hy_send_lookup_delay(an->ob, j->a.lookups);
	if (r->status == HY_EWAIT && r->err != NULL && r->err->until > j->a.wait_until)
		j->a.wait_until = r->err->until;
}

/* ---- what the carrier reported of what was sent ---- */

static void report_put_off(struct job *j)
{
	hy_dur wait = REPORT_FIRST;

	for (int i = 0; i < j->a.lookups; i++)
		wait *= 4;
	j->a.lookups++;
	j->a.wait_until = j->a.lookups < REPORT_ASKS ? now_of(j->pub.answers) + wait * 4 : 0;
}

static enum hy_status report_write(struct job *j)
{
	struct hy_answers *an = j->pub.answers;
	bool lost = j->a.reported == HY_ANSWER_UNDELIVERED;
	enum hy_status status;

	if (j->a.reported == HY_ANSWER_UNREPORTED)
		return hy_answer_asked(store_of(an), &j->a, NULL);
	status = hy_answer_reported(store_of(an), j->a.id, j->a.reported,
				    lost ? _("the carrier could not deliver it") : NULL, NULL);
	if (status == HY_OK && lost && an->o.undelivered != NULL)
		an->o.undelivered(an->o.user, &j->a);
	return status;
}

/* Writes an ended job's outcome; keeps it for the next turn when the record cannot take it now. */
static void job_write(struct job *j)
{
	enum hy_status status = j->report ? report_write(j) : move(j, NULL);

	/* a conflict: a newer publisher, a report or a person has settled it */
	if (status == HY_OK || status == HY_ECONFLICT || status == HY_ENOTFOUND)
		talloc_free(j);
}

void hy_answer_done(struct hy_answer_job *job, const struct hy_answer_result *result)
{
	struct job *j = (struct job *)job;

	j->pub.call = NULL;
	if (j->report)
		j->a.reported = result->status == HY_OK ? result->reported : HY_ANSWER_UNREPORTED;
	else if (j->lookup)
		lookup_result(j, result);
	else
		send_result(j, result);
	j->ended = true;
	j->pub.answers->busy--;
	job_write(j);
}

static void write_kept(struct hy_answers *an)
{
	struct job *next;

	for (struct job *j = an->jobs; j != NULL; j = next) {
		next = j->next;
		if (j->ended)
			job_write(j);
	}
}

/* ---- may it leave now? ---- */

/* What the account says alone, before anything sealed is opened. True: it does not leave now. */
static bool held_back(struct job *j)
{
	struct hy_answers *an = j->pub.answers;
	const struct hy_account *a = j->pub.account;
	hy_time now = now_of(an);
	struct hy_err why = {0};

	if (hy_answer_can(a, j->pub.sms, &why) != HY_OK) {
		j->a.error = hy_strdup(j, why.text);
		give_up(j, HY_DELIVERY_FAILED);
	} else if (now > j->a.not_after) {
		j->a.error = j->a.error == NULL
				     ? hy_strdup(j, _("it could not leave in time: a person decides"))
				     : hy_strf(j,
					       _("it could not leave in time: a person decides (%s)"),
					       j->a.error);
		give_up(j, HY_DELIVERY_MISSED);
	} else if (a->state != HY_ACCOUNT_ACTIVE) {
		j->a.error = hy_strf(j, _("the account is %s"), _(hy_account_state_name(a->state)));
		wait_until(j, now + FROZEN_RECHECK);
	} else if (j->late != NULL) {
		j->a.error = j->late;
		wait_until(j, now + SECRET_RECHECK);
	} else {
		return false;
	}
	return true;
}

/* It waited in a way's own queue: nothing of it has left. */
bool hy_answer_may_leave(struct hy_answer_job *job, struct hy_err *why)
{
	struct job *j = (struct job *)job;
	struct hy_answers *an = j->pub.answers;
	void *work = talloc_new(NULL);
	struct hy_account *account = NULL;
	struct hy_answer *a = NULL;
	bool stop = false;
	enum hy_status status = hy_publish_frozen(store_of(an), &stop, why);

	if (status == HY_OK)
		status = hy_account_get(store_of(an), work, j->a.account, &account, why);
	if (status == HY_OK)
		status = hy_answer_get(store_of(an), work, j->a.id, &a, why);
	if (status == HY_OK && stop)
		status = hy_err_set(why, HY_ETEMP, _("publishing is frozen"));
	else if (status == HY_OK && account->state != HY_ACCOUNT_ACTIVE)
		status = hy_err_set(why, HY_ETEMP, _("the account is %s"),
				    _(hy_account_state_name(account->state)));
	else if (status == HY_OK && (a->state != HY_DELIVERY_SENDING || a->fence != j->fence))
		status = hy_err_set(why, HY_ETEMP, _("another has it in hand by now"));
	else if (status == HY_OK && now_of(an) > a->not_after)
		status = hy_err_set(why, HY_ETEMP, _("it could not leave in time: a person decides"));
	if (why != NULL)
		why->status = HY_ETEMP;
	talloc_free(work);
	return status == HY_OK;
}

/* HY_OK: a has the state that it shall have; SENDING = go. */
static enum hy_status judge(struct job *j, struct hy_err *err)
{
	struct hy_err why = {0};
	hy_time last = 0, now = now_of(j->pub.answers);
	enum hy_status status;

	if (held_back(j))
		return HY_OK;
	status = load_words(j, &last, &why);
	if (status == HY_ENOTFOUND || status == HY_EINPUT || status == HY_EAUTH ||
	    status == HY_ECORRUPT) {
		fail_text(j, &why, status);
		give_up(j, HY_DELIVERY_FAILED);
		return HY_OK;
	}
	if (status != HY_OK)
		return hy_err_set(err, status, "%s", why.text);
	if (j->way->window != 0 && now >= last + j->way->window) {
		j->a.error = hy_strf(
			j,
			_("%s: %d hours after a person's own message it takes no answer any more"),
			j->pub.account->name, (int)(j->way->window / HY_HOUR));
		give_up(j, HY_DELIVERY_MISSED);
		return HY_OK;
	}
	j->a.state = HY_DELIVERY_SENDING;
	j->a.attempt++;
	j->a.tried = now;
	j->a.error = NULL;
	j->a.wait_until = 0;
	name_attempt(j);
	return HY_OK;
}

static enum hy_status begin_send(struct job *j, const struct hy_lease *lease, int *started,
				 struct hy_err *err)
{
	struct hy_answers *an = j->pub.answers;
	enum hy_status status = judge(j, err);

	if (status == HY_OK)
		status = move(j, err);
	if (status != HY_OK || j->a.state != HY_DELIVERY_SENDING) {
		talloc_free(j);
		return status == HY_ECONFLICT ? HY_OK : status;
	}
	j->from = HY_DELIVERY_SENDING;
	if (now_of(an) >= lease->until) { /* stopped in between: another may own it now */
		struct hy_err why;

		hy_err_set(&why, HY_ETEMP, _("the lease ended before anything was sent"));
		hy_answer_done(&j->pub,
			       &(struct hy_answer_result){.status = HY_ETEMP, .err = &why});
		return hy_err_set(err, HY_EBUSY, "%s", why.text);
	}
	++*started;
	j->way->send(&j->pub); /* j may be gone now */
	return HY_OK;
}

/* Nobody can be asked: it is a person's. */
static enum hy_status give_over(struct job *j, struct hy_err *err)
{
	enum hy_status status;

	if (j->a.error == NULL)
		j->a.error = hy_strdup(j, _("it may have been sent, and nobody can be asked"));
	j->a.wait_until = HY_TIME_NEVER;
	j->paged = true;
	status = move(j, err);
	talloc_free(j);
	return status == HY_ECONFLICT ? HY_OK : status;
}

static enum hy_status begin_lookup(struct job *j, int *started, struct hy_err *err)
{
	struct hy_err why = {0};
	hy_time last = 0;
	enum hy_status status;

	j->lookup = true;
	if (j->way == NULL || j->way->lookup == NULL)
		return give_over(j, err);
	if (j->late == NULL && j->pub.account->state == HY_ACCOUNT_ACTIVE) {
		status = load_words(j, &last, &why);
		if (status != HY_OK) {
			fail_text(j, &why, status);
			return give_over(j, err);
		}
	}
	j->a.wait_until = now_of(j->pub.answers) + (j->late != NULL	? SECRET_RECHECK
						    : j->pub.to == NULL ? FROZEN_RECHECK
									: LOOKUP_HOLD);
	status = move(j, err);
	if (status != HY_OK || j->pub.to == NULL) {
		talloc_free(j);
		return status == HY_ECONFLICT ? HY_OK : status;
	}
	name_attempt(j);
	++*started;
	j->way->lookup(&j->pub);
	return HY_OK;
}

/* A damaged secret, no master key: this one waits for a person, the others go on. */
static enum hy_status unreadable(struct job *j, enum hy_status status, struct hy_err *err)
{
	if (status != HY_EAUTH && status != HY_ECORRUPT && status != HY_ENOTFOUND) {
		talloc_free(j);
		return hy_err_wrap(err, "answer");
	}
	fail_text(j, err, status);
	if (j->from == HY_DELIVERY_UNKNOWN)
		return give_over(j, err);
	give_up(j, HY_DELIVERY_FAILED);
	status = move(j, err);
	talloc_free(j);
	return status == HY_ECONFLICT ? HY_OK : status;
}

static enum hy_status take(struct hy_answers *an, const struct hy_answer *a,
			   const struct hy_lease *lease, int *started, struct hy_err *err)
{
	struct job *j = job_new(an, a, lease->fence);
	enum hy_status status = load_account(j, err);

	if (status != HY_OK)
		return unreadable(j, status, err);
	if (a->state == HY_DELIVERY_UNKNOWN)
		return begin_lookup(j, started, err);
	return begin_send(j, lease, started, err);
}

/* Put off before it is asked, so that a death in between asks no more often than it may. */
static enum hy_status ask_report(struct hy_answers *an, const struct hy_answer *a,
				 const struct hy_lease *lease, int *started, struct hy_err *err)
{
	struct job *j = job_new(an, a, lease->fence);
	hy_time last = 0;
	struct hy_err why = {0};
	enum hy_status status = load_account(j, &why);
	bool asks = status == HY_OK && j->way != NULL && j->way->reports && j->late == NULL &&
		    j->pub.account->state == HY_ACCOUNT_ACTIVE &&
		    hy_answer_can(j->pub.account, j->pub.sms, NULL) == HY_OK &&
		    load_words(j, &last, NULL) == HY_OK;

	j->report = j->lookup = true;
	report_put_off(j);
	status = hy_answer_asked(store_of(an), &j->a, err);
	if (status != HY_OK || !asks) {
		talloc_free(j);
		return status;
	}
	name_attempt(j);
	++*started;
	j->way->lookup(&j->pub);
	return HY_OK;
}

static enum hy_status ask_reports(struct hy_answers *an, const struct hy_lease *lease, int *started,
				  struct hy_err *err)
{
	void *tmp = talloc_new(NULL);
	struct hy_answer *list = NULL;
	size_t n = 0;
	enum hy_status status =
		hy_answer_unreported(store_of(an), tmp, now_of(an), BATCH, &list, &n, err);

	for (size_t i = 0; status == HY_OK && i < n; i++)
		if (!in_hand(an, list[i].id))
			status = ask_report(an, &list[i], lease, started, err);
	talloc_free(tmp);
	return status;
}

enum hy_status hy_answers_turn(struct hy_answers *an, const struct hy_lease *lease, int *started,
			       struct hy_err *err)
{
	void *tmp = talloc_new(NULL);
	struct hy_answer *due = NULL;
	bool stop = false;
	size_t n = 0;
	enum hy_status status = hy_publish_frozen(store_of(an), &stop, err);

	*started = 0;
	write_kept(an);
	if (status == HY_OK && now_of(an) >= lease->until)
		status = hy_err_set(err, HY_EBUSY, _("the publish lease has ended"));
	if (status == HY_OK && !stop)
		status = hy_answer_due(store_of(an), tmp, now_of(an), BATCH, &due, &n, err);
	for (size_t i = 0; status == HY_OK && i < n; i++)
		if (!in_hand(an, due[i].id))
			status = take(an, &due[i], lease, started, err);
	if (status == HY_OK && !stop)
		status = ask_reports(an, lease, started, err);
	talloc_free(tmp);
	return status;
}

enum hy_status hy_answers_next(struct hy_answers *an, hy_time *out, struct hy_err *err)
{
	bool stop = false;
	hy_time next = HY_TIME_NEVER, ask = HY_TIME_NEVER;
	enum hy_status status = hy_publish_frozen(store_of(an), &stop, err);

	if (status == HY_OK && !stop)
		status = hy_answer_next(store_of(an), &next, err);
	if (status == HY_OK && !stop)
		status = hy_answer_ask_next(store_of(an), &ask, err);
	if (ask < next)
		next = ask;
	for (const struct job *j = an->jobs; status == HY_OK && j != NULL; j = j->next)
		if (j->ended && next > now_of(an) + KEPT_RETRY)
			next = now_of(an) + KEPT_RETRY;
	if (status == HY_OK)
		*out = next;
	return status;
}

enum hy_status hy_answers_recover(struct hy_answers *an, int64_t fence, int64_t *n,
				  struct hy_err *err)
{
	return hy_answer_recover(store_of(an), fence, n, err);
}

enum hy_status hy_answers_run(struct hy_answers *an, const struct hy_lease *lease,
			      struct hy_err *err)
{
	enum hy_status status;
	int started;

	do {
		started = 0;
		status = hy_answers_turn(an, lease, &started, err);
		while (an->busy > 0 && status == HY_OK)
			status = hy_loop_once(hy_answers_loop(an), 1000, err);
	} while (status == HY_OK && started > 0);
	return status;
}

static int answers_destroy(struct hy_answers *an)
{
	while (an->jobs != NULL)
		talloc_free(an->jobs);
	return 0;
}

struct hy_answers *hy_answers_new(const void *ctx, struct hy_outbox *ob,
				  const struct hy_answers_options *options)
{
	struct hy_answers *an = hy_new(ctx, struct hy_answers);

	an->ob = ob;
	an->o = *options;
	talloc_set_destructor(an, answers_destroy);
	return an;
}
