/*
 * Answers by a message centre: one session bound as transmitter for each account, made when
 * something is to be sent and ended when nothing was for a while. SMPP has no key against doubling:
 * what left and was not answered is a person's. Receipts come over the line of the role receive.
 */
#include "publisher/internal.h"

#include <string.h>

#define IDLE_MS 30000

struct line {
	struct line *prev, *next;
	struct lines *all;
	struct hy_smpp *session;
	struct sending *first;
	struct hy_timer *timer; /* its end: idle, or failed */
	int64_t account;
	char *like; /* address, names */
	struct hy_secret *secret;
	bool failed; /* it takes nothing more */
};

/* Of one struct hy_answers. */
struct lines {
	struct line *first;
};

/* One answer in a session. The job may go first. */
struct sending {
	struct sending *prev, *next;
	struct line *line;
	struct hy_answer_job *job; /* NULL: nobody waits any more */
};
struct guard {
	struct sending *sending;
};

/* ---- words ---- */

static bool fits(const char *text)
{
	void *ctx = talloc_new(NULL);
	struct hy_smpp_part *parts;
	size_t n;
	bool good = hy_smpp_split(ctx, *text != '\0' ? text : " ", 0, &parts, &n, NULL) == HY_OK;

	talloc_free(ctx);
	return good;
}

static enum hy_status form(const void *ctx, const struct hy_answer_words *w,
			   const struct hy_answer_sms *sms, struct hy_answer_form *out,
			   struct hy_err *err)
{
	(void)sms, (void)err;
	return hy_answer_plain(ctx, w, fits, out);
}

/* ---- ends ---- */

static int guard_destroy(struct guard *g)
{
	if (g->sending != NULL)
		g->sending->job = NULL;
	return 0;
}

static void drop_sending(struct sending *s)
{
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		s->line->first = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	talloc_free(s);
}

static void tell(struct sending *s, const struct hy_answer_result *result)
{
	struct hy_answer_job *job = s->job;

	if (job != NULL)
		((struct guard *)job->state)->sending = NULL;
	drop_sending(s);
	if (job != NULL)
		hy_answer_done(job, result);
}

static void on_sent(void *user, enum hy_status status, const char *const *ids, size_t n,
		    const struct hy_err *err)
{
	struct sending *s = user;
	struct line *l = s->line;
	char *receipt = hy_strdup(NULL, n > 0 ? ids[0] : "");

	for (size_t i = 1; i < n; i++) { /* a receipt comes for each part */
		char *longer = hy_strf(NULL, "%s %s", receipt, ids[i]);

		talloc_free(receipt);
		receipt = longer;
	}
	tell(s, &(struct hy_answer_result){.status = status, .receipt = receipt, .err = err});
	talloc_free(receipt);
	if (l->first == NULL && !l->failed)
		hy_timer_arm(l->timer, IDLE_MS);
}

/* Minutes may lie between the engine's leave and the room in the window. */
static bool may_leave(void *user, struct hy_err *why)
{
	struct sending *s = user;

	if (s->job != NULL)
		return hy_answer_may_leave(s->job, why);
	hy_err_set(why, HY_ETEMP, _("nobody waits for it any more"));
	return false;
}

/* Nothing of what still waits has left; the session is freed by the timer, not from within. */
static void on_down(void *user, const struct hy_err *why)
{
	struct line *l = user;
	struct hy_err err = *why;

	if (why->status != HY_EAUTH && why->status != HY_EWAIT && why->status != HY_EREFUSED)
		err.status = why->status == HY_EINPUT ? HY_EPERM : HY_ETEMP;
	l->failed = true;
	hy_timer_arm(l->timer, 0);
	while (l->first != NULL)
		tell(l->first,
		     &(struct hy_answer_result){.status = err.status, .err = &err});
}

static int line_destroy(struct line *l)
{
	if (l->prev != NULL)
		l->prev->next = l->next;
	else
		l->all->first = l->next;
	if (l->next != NULL)
		l->next->prev = l->prev;
	talloc_free(l->session);
	hy_timer_free(l->timer);
	return 0;
}

static void on_timer(void *user)
{
	struct line *l = user;

	if (l->failed || l->first == NULL)
		talloc_free(l);
}

/* ---- beginnings ---- */

static struct lines *lines_of(struct hy_answers *an)
{
	void **kept = hy_answers_kept(an);

	if (*kept == NULL)
		*kept = hy_new(an, struct lines);
	return *kept;
}

static bool same(const struct line *l, const struct hy_answer_job *job, const char *like)
{
	size_t n, m;
	const char *was = hy_secret_text(l->secret, &n), *is = hy_secret_text(job->secret, &m);

	return !l->failed && l->account == job->account->id.v && strcmp(l->like, like) == 0 &&
	       n == m && hy_equal_ct(was, is, n);
}

static enum hy_status open_line(struct lines *all, struct hy_answer_job *job, char *like,
				struct line **out, struct hy_err *err)
{
	const struct hy_account *a = job->account;
	struct hy_loop *loop = hy_answers_loop(job->answers);
	struct line *l = hy_new(all, struct line);
	struct hy_net_server server = {0};
	const struct hy_smpp_events events = {.user = l, .down = on_down, .may_leave = may_leave};
	size_t n;
	const char *password = hy_secret_text(job->secret, &n);

	l->all = all;
	l->account = a->id.v;
	l->like = talloc_steal(l, like);
	l->secret = hy_secret_new(l, password, n);
	l->timer = hy_loop_timer(loop, on_timer, l);
	l->next = all->first;
	if (l->next != NULL)
		l->next->prev = l;
	all->first = l;
	talloc_set_destructor(l, line_destroy);
	enum hy_status status = hy_net_server_read(l, a->url != NULL ? a->url : "", "smpp", 2775,
						   3550, &server, err);
	const struct hy_smpp_options o = {
		.as = HY_SMPP_BIND_TRANSMITTER,
		.host = server.host,
		.port = server.port,
		.reach = a->reach,
		.tls = server.tls,
		.login = {.system_id = a->login, .password = l->secret},
	};
	if (status == HY_OK)
		status = hy_smpp_new(hy_answers_net(job->answers), loop, &o, &events, &l->session,
				     err);
	if (status != HY_OK)
		talloc_free(l);
	else
		*out = l;
	return status;
}

static enum hy_status line_for(struct hy_answer_job *job, struct line **out, struct hy_err *err)
{
	struct lines *all = lines_of(job->answers);
	char *like = hy_strf(NULL, "%s\n%s\n%s", job->account->url ? job->account->url : "",
			     job->account->reach ? job->account->reach : "",
			     job->account->login ? job->account->login : "");

	for (struct line *l = all->first; l != NULL; l = l->next)
		if (same(l, job, like)) {
			talloc_free(like);
			*out = l;
			return HY_OK;
		}
	return open_line(all, job, like, out, err);
}

static void send_smpp(struct hy_answer_job *job)
{
	const char *own = job->sms != NULL && job->sms->extend != NULL ? job->sms->extend : "";
	bool abroad = job->to[0] == '+';
	const struct hy_smpp_message m = {.source = own,
					  .dest = job->to + abroad,
					  .dest_ton = abroad,
					  .dest_npi = 1,
					  .source_npi = *own != '\0',
					  .want_receipt = true};
	struct hy_err err = {0};
	struct line *l = NULL;
	struct sending *s;
	enum hy_status status = line_for(job, &l, &err);

	if (status == HY_OK) {
		s = hy_new(l, struct sending);
		status = hy_smpp_submit_text(l->session, &m, job->form->text, on_sent, s, &err);
	}
	if (status != HY_OK) { /* nothing has left */
		if (l != NULL)
			hy_timer_arm(l->timer, IDLE_MS);
		hy_answer_done(job, &(struct hy_answer_result){.status = status, .err = &err});
		return;
	}
	struct guard *g = hy_new(job, struct guard);

	hy_timer_disarm(l->timer);
	g->sending = s;
	talloc_set_destructor(g, guard_destroy);
	job->state = g;
	s->job = job;
	s->line = l;
	s->next = l->first;
	if (s->next != NULL)
		s->next->prev = s;
	l->first = s;
}

const struct hy_answer_way hy_answer_smpp = {.platform = "smpp",
					     .needs = HY_NEEDS_URL | HY_NEEDS_LOGIN |
						      HY_NEEDS_SECRET,
					     .form = form,
					     .send = send_smpp};
