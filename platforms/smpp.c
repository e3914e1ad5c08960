/*
 * A bound SMPP session: one connection that is kept, bound, asked after and made anew; a queue of
 * messages cut into parts, at most `window` of them unanswered. What was unanswered when the line
 * broke may have been taken: HY_EUNSURE, never sent again from here.
 */
#include "platforms/internal.h"

#include <string.h>

#define QUEUE_MAX 10000 /* messages waiting */
#define THROTTLED_MAX 5 /* times a part is sent again after "slow down" */
#define WINDOW_MAX 64
#define OWED_MAX 50 /* deliveries that wait for our answer: nothing more is read */

enum part_state { PART_WAITING, PART_SENT, PART_DONE };

struct sending {
	struct sending *next;
	struct hy_smpp_message m; /* strings are children */
	struct hy_smpp_part *parts;
	enum part_state *state;
	uint32_t *seq;
	hy_time *sent_at;
	char **ids;
	size_t n, done;
	int throttled;
	hy_smpp_sent_fn *fn;
	void *user;
};

struct hy_smpp {
	struct hy_net *net;
	struct hy_loop *loop;
	struct hy_smpp_options o;
	struct hy_smpp_events ev;
	struct hy_net_link *link;
	struct hy_timer *timer; /* the next thing to do: connect, ask, give up */
	struct hy_rand rand;
	struct hy_buf in;
	struct sending *first, **last;
	size_t queued, unanswered, owed;
	uint32_t seq, enquired; /* enquired: the seq that is unanswered, 0 = none */
	uint8_t ref;
	bool bound, stopped;
	unsigned line; /* which connection this is */
	int failures;
	hy_time since, heard, asked, connect_at, resume_at; /* monotonic; since: this connection began */
};

static void pump(struct hy_smpp *s);
static void schedule(struct hy_smpp *s);

static uint32_t next_seq(struct hy_smpp *s)
{
	s->seq = s->seq >= 0x7fffffff ? 1 : s->seq + 1;
	return s->seq;
}

static bool send_pdu(struct hy_smpp *s, char *pdu, size_t n)
{
	bool good = s->link != NULL && hy_net_link_send(s->link, pdu, n);

	talloc_free(pdu);
	return good;
}

/* ---- the end of a message ---- */

static void unlink_sending(struct hy_smpp *s, struct sending *m)
{
	struct sending **at = &s->first;

	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	if (s->last == &m->next)
		s->last = at;
	s->queued--;
	for (size_t i = 0; i < m->n; i++)
		s->unanswered -= m->state[i] == PART_SENT;
}

/* Tells the caller; m is gone. err NULL = every part was taken. */
static void finish(struct hy_smpp *s, struct sending *m, const struct hy_err *err)
{
	unlink_sending(s, m);
	talloc_steal(NULL, m);
	m->fn(m->user, err != NULL ? err->status : HY_OK, (const char *const *)m->ids,
	      err != NULL ? 0 : m->n, err);
	talloc_free(m);
}

/* A failure of one part: with others taken or on their way nobody knows what the citizen got. */
static void fail_message(struct hy_smpp *s, struct sending *m, struct hy_err *err, size_t which)
{
	for (size_t i = 0; i < m->n; i++)
		if (i != which && m->state[i] != PART_WAITING && err->status != HY_EUNSURE) {
			char text[HY_ERR_TEXT_MAX];

			memcpy(text, err->text, sizeof(text));
			hy_err_set(err, HY_EUNSURE, _("parts of the message were taken: %.300s"),
				   text);
		}
	finish(s, m, err);
}

/* ---- the end of the connection ---- */

static void line_down(struct hy_smpp *s, const struct hy_err *why)
{
	hy_net_link_close(s->link);
	s->link = NULL;
	s->bound = false;
	s->enquired = 0;
	s->owed = 0;
	hy_buf_reset(&s->in);
	s->failures++;
	/* not by our own address guard: a name may lead astray for a while */
	s->stopped = why->status == HY_EAUTH || why->status == HY_EINPUT;
	s->connect_at = hy_monotonic() +
			hy_net_backoff(&s->rand, s->failures, s->o.retry_min, s->o.retry_max);
	/* What left and was not answered may have arrived. */
	for (struct sending *m = s->first, *next; m != NULL; m = next) {
		bool left = false;
		struct hy_err err = {0};

		next = m->next;
		for (size_t i = 0; i < m->n; i++)
			left = left || m->state[i] != PART_WAITING;
		if (!left)
			continue;
		hy_err_set(&err, HY_EUNSURE,
			   _("the connection broke before the message centre answered: %.300s"),
			   why->text);
		finish(s, m, &err);
	}
	if (s->ev.down != NULL)
		s->ev.down(s->ev.user, why);
	schedule(s);
}

/* ---- PDUs ---- */

static struct sending *by_seq(struct hy_smpp *s, uint32_t seq, size_t *which)
{
	for (struct sending *m = s->first; m != NULL; m = m->next)
		for (size_t i = 0; i < m->n; i++)
			if (m->state[i] == PART_SENT && m->seq[i] == seq) {
				*which = i;
				return m;
			}
	return NULL;
}

static char *code_of(const void *ctx, uint32_t status)
{
	return hy_strf(ctx, "0x%" PRIX32, status);
}

static void submit_answered(struct hy_smpp *s, const struct hy_smpp_pdu *pdu)
{
	size_t i = 0;
	struct sending *m = by_seq(s, pdu->seq, &i);
	struct hy_err err = {0};

	if (m == NULL)
		return; /* too late: it was given up */
	s->unanswered--;
	if (pdu->status == 0) {
		m->state[i] = PART_DONE;
		m->ids[i] = hy_strdup(m->ids, pdu->message_id);
		m->done++;
		if (m->done == m->n)
			finish(s, m, NULL);
		return;
	}
	char *code = code_of(m, pdu->status);
	enum hy_status status = hy_platform_error_set(&err, "smpp", code, true, NULL);

	m->state[i] = PART_WAITING;
	if (status == HY_EWAIT && ++m->throttled <= THROTTLED_MAX) {
		/* it said that it took nothing: this part again, a little later, and all others */
		s->resume_at = hy_monotonic() +
			       hy_net_backoff(&s->rand, m->throttled, s->o.pause, 60 * HY_SECOND);
		return;
	}
	fail_message(s, m, &err, i);
}

static void answer_plain(struct hy_smpp *s, uint32_t id, uint32_t status, uint32_t seq)
{
	size_t n;
	char *pdu = hy_smpp_plain(s, id, status, seq, &n);

	(void)send_pdu(s, pdu, n);
}

static void delivered(struct hy_smpp *s, const struct hy_smpp_pdu *pdu, const char *bytes, size_t n)
{
	enum hy_smpp_take take = s->ev.received != NULL
					 ? s->ev.received(s->ev.user, pdu, bytes, n)
					 : HY_SMPP_REFUSED;

	if (take == HY_SMPP_LATER)
		s->owed++;
	else
		answer_plain(s, pdu->id | HY_SMPP_RESP, take == HY_SMPP_TAKEN ? 0 : 8, pdu->seq);
}

static void bind_answered(struct hy_smpp *s, const struct hy_smpp_pdu *pdu)
{
	struct hy_err err = {0};
	char *code = code_of(s, pdu->status);

	if (pdu->status != 0) {
		(void)hy_platform_error_set(&err, "smpp", code, false, NULL);
		line_down(s, &err);
	} else {
		s->bound = true;
		s->failures = 0;
		if (s->ev.bound != NULL)
			s->ev.bound(s->ev.user);
	}
	talloc_free(code);
}

static void on_pdu(struct hy_smpp *s, const struct hy_smpp_pdu *pdu, const char *bytes, size_t n)
{
	struct hy_err err = {0};

	switch (pdu->id) {
	case HY_SMPP_BIND_TRANSCEIVER | HY_SMPP_RESP:
	case HY_SMPP_BIND_RECEIVER | HY_SMPP_RESP:
	case HY_SMPP_BIND_TRANSMITTER | HY_SMPP_RESP:
		if (!s->bound)
			bind_answered(s, pdu);
		break;
	case HY_SMPP_SUBMIT | HY_SMPP_RESP:
		submit_answered(s, pdu);
		break;
	case HY_SMPP_DELIVER:
	case HY_SMPP_DATA:
		if (s->bound)
			delivered(s, pdu, bytes, n);
		else
			answer_plain(s, pdu->id | HY_SMPP_RESP, 4, pdu->seq);
		break;
	case HY_SMPP_ENQUIRE | HY_SMPP_RESP:
		s->enquired = 0;
		break;
	case HY_SMPP_ENQUIRE:
		answer_plain(s, HY_SMPP_ENQUIRE | HY_SMPP_RESP, 0, pdu->seq);
		break;
	case HY_SMPP_UNBIND:
		answer_plain(s, HY_SMPP_UNBIND | HY_SMPP_RESP, 0, pdu->seq);
		hy_err_set(&err, HY_ETEMP, _("SMPP: the message centre ended the session"));
		line_down(s, &err);
		break;
	case HY_SMPP_NACK: { /* it did not understand one of ours */
		size_t i = 0;
		struct sending *m = by_seq(s, pdu->seq, &i);

		char *code = code_of(s, pdu->status);

		(void)hy_platform_error_set(&err, "smpp", code, true, NULL);
		talloc_free(code);
		if (m != NULL)
			fail_message(s, m, &err, i);
		break;
	}
	default:
		if (!(pdu->id & HY_SMPP_RESP))
			answer_plain(s, HY_SMPP_NACK, 3, pdu->seq);
		break;
	}
}

/* A delivery that cannot be read is told of as far as its head goes: it is kept, and answered, or it
 * would come first over each new line. */
static enum hy_status read_pdu(const void *ctx, const char *bytes, size_t n,
			       struct hy_smpp_pdu *out, struct hy_err *err)
{
	struct hy_smpp_pdu head;
	enum hy_status status = hy_smpp_read(ctx, bytes, n, out, err);

	if (status == HY_OK || hy_smpp_read_head(bytes, n, &head) != HY_OK ||
	    (head.id != HY_SMPP_DELIVER && head.id != HY_SMPP_DATA))
		return status;
	*out = head;
	return HY_OK;
}

/* One PDU off the front of what came; false when there is none whole, or the line is down. */
static bool take_pdu(struct hy_smpp *s, size_t *at)
{
	struct hy_err err = {0};
	struct hy_smpp_pdu pdu;
	size_t len = 0;
	void *ctx = talloc_new(NULL);
	enum hy_smpp_frame f = hy_smpp_frame(s->in.data + *at, s->in.len - *at, &len);

	if (f == HY_SMPP_WHOLE && read_pdu(ctx, s->in.data + *at, len, &pdu, &err) == HY_OK) {
		const char *bytes = s->in.data + *at;

		*at += len;
		pdu.line = s->line;
		on_pdu(s, &pdu, bytes, len);
	} else if (f != HY_SMPP_MORE || s->in.over) {
		hy_err_set(&err, HY_ETEMP,
			   _("SMPP: the message centre sent bytes that are no PDU"));
		line_down(s, &err);
	}
	talloc_free(ctx);
	return f == HY_SMPP_WHOLE && s->link != NULL && s->owed < OWED_MAX;
}

/* All that came; no more of it, and nothing more is read, while too many wait for our answer. */
static void take_pdus(struct hy_smpp *s)
{
	size_t at = 0;

	while (take_pdu(s, &at))
		;
	if (s->link == NULL)
		return;
	hy_net_link_pause(s->link, s->owed >= OWED_MAX);
	if (at > 0) {
		s->in.len -= at;
		memmove(s->in.data, s->in.data + at, s->in.len + 1);
	}
}

static void got(void *user, const char *bytes, size_t n)
{
	struct hy_smpp *s = user;

	s->heard = hy_monotonic();
	hy_buf_add(&s->in, bytes, n);
	if (s->owed < OWED_MAX)
		take_pdus(s);
	pump(s);
	schedule(s);
}

static void opened(void *user, struct hy_net_link *link)
{
	struct hy_smpp *s = user;
	size_t n;

	s->link = link;
	s->line++;
	s->since = s->heard = hy_monotonic();
	char *pdu = hy_smpp_bind(s, s->o.as, &s->o.login, next_seq(s), &n);

	(void)send_pdu(s, pdu, n);
	schedule(s);
}

static void ended(void *user, const struct hy_err *why)
{
	struct hy_smpp *s = user;

	s->link = NULL;
	line_down(s, why);
}

/* ---- what is next ---- */

static void connect_now(struct hy_smpp *s)
{
	const struct hy_net_link_ask ask = {
		.how = s->o.tls ? HY_NET_LINK_TLS : HY_NET_LINK_PLAIN,
		.host = s->o.host,
		.port = s->o.port,
		.reach = s->o.reach,
		.timeout = 20 * HY_SECOND,
		.ctx = s,
	};
	const struct hy_net_link_events events = {
		.user = s, .opened = opened, .got = got, .ended = ended};
	struct hy_err err = {0};

	s->since = s->heard = hy_monotonic();
	if (hy_net_link_open(s->net, &ask, &events, &s->link, &err) != HY_OK)
		line_down(s, &err);
}

/* What waited for room is asked about before its first part; false: it is over. */
static bool may_leave(struct hy_smpp *s, struct sending *m)
{
	struct hy_err why = {0};

	for (size_t i = 0; i < m->n; i++)
		if (m->state[i] != PART_WAITING)
			return true;
	if (s->ev.may_leave == NULL || s->ev.may_leave(m->user, &why))
		return true;
	finish(s, m, &why);
	return false;
}

/* Sends what the window has room for. */
static void pump(struct hy_smpp *s)
{
	hy_time mono = hy_monotonic();

	if (!s->bound || s->resume_at > mono)
		return;
	for (struct sending *m = s->first, *next; m != NULL; m = next) {
		next = m->next;
		if (s->unanswered >= (size_t)s->o.window || !may_leave(s, m))
			continue;
		for (size_t i = 0; i < m->n && s->unanswered < (size_t)s->o.window; i++) {
			size_t n;

			if (m->state[i] != PART_WAITING)
				continue;
			m->seq[i] = next_seq(s);
			char *pdu = hy_smpp_submit(s, &m->m, &m->parts[i], m->seq[i], &n);

			if (!send_pdu(s, pdu, n))
				return; /* the line is going down: it is told by `ended` */
			m->state[i] = PART_SENT;
			m->sent_at[i] = mono;
			s->unanswered++;
		}
	}
}

/* The oldest unanswered submit, monotonic; HY_TIME_NEVER when there is none. */
static hy_time oldest(const struct hy_smpp *s)
{
	hy_time t = HY_TIME_NEVER;

	for (const struct sending *m = s->first; m != NULL; m = m->next)
		for (size_t i = 0; i < m->n; i++)
			if (m->state[i] == PART_SENT && m->sent_at[i] < t)
				t = m->sent_at[i];
	return t;
}

static void on_timer(void *user)
{
	struct hy_smpp *s = user;
	struct hy_err err = {0};
	hy_time mono = hy_monotonic();

	if (s->link != NULL && s->owed < OWED_MAX)
		take_pdus(s);

	if (s->link == NULL && !s->stopped && s->connect_at <= mono) {
		connect_now(s);
	} else if (s->link != NULL &&
		   ((s->enquired != 0 && mono - s->asked >= s->o.answer_timeout) ||
		    (!s->bound && mono - s->since >= s->o.answer_timeout) ||
		    (oldest(s) != HY_TIME_NEVER && mono - oldest(s) >= s->o.answer_timeout))) {
		hy_err_set(&err, HY_ETEMP, _("SMPP: the message centre does not answer"));
		line_down(s, &err);
	} else if (s->bound && s->enquired == 0 && mono - s->heard >= s->o.enquire_every) {
		s->enquired = next_seq(s);
		s->asked = mono;
		answer_plain(s, HY_SMPP_ENQUIRE, 0, s->enquired);
	}
	pump(s);
	schedule(s);
}

static hy_time sooner(hy_time a, hy_time b)
{
	return a < b ? a : b;
}

static void schedule(struct hy_smpp *s)
{
	hy_time mono = hy_monotonic(), at = HY_TIME_NEVER;

	if (s->link == NULL) {
		at = s->stopped ? HY_TIME_NEVER : s->connect_at;
	} else {
		at = s->enquired != 0 ? s->asked + s->o.answer_timeout
		     : s->bound	      ? s->heard + s->o.enquire_every
				      : s->since + s->o.answer_timeout;
		if (oldest(s) != HY_TIME_NEVER)
			at = sooner(at, oldest(s) + s->o.answer_timeout);
		if (s->resume_at > mono)
			at = sooner(at, s->resume_at);
	}
	if (at == HY_TIME_NEVER)
		hy_timer_disarm(s->timer);
	else
		hy_timer_arm(s->timer, at > mono ? at - mono : 1);
}

/* ---- public ---- */

static int on_free(struct hy_smpp *s)
{
	hy_net_link_close(s->link);
	hy_timer_free(s->timer);
	return 0;
}

static hy_dur or_default(hy_dur v, hy_dur fallback)
{
	return v > 0 ? v : fallback;
}

enum hy_status hy_smpp_new(struct hy_net *net, struct hy_loop *loop,
			   const struct hy_smpp_options *o, const struct hy_smpp_events *events,
			   struct hy_smpp **out, struct hy_err *err)
{
	struct hy_smpp *s;
	const char *password = "";
	size_t n = 0;

	if (o->login.password != NULL)
		password = hy_secret_text(o->login.password, &n);
	if (o->login.system_id == NULL || strlen(o->login.system_id) > 15 || n > 8)
		return hy_err_set(err, HY_EINPUT,
				  _("SMPP: the system id has 1 to 15 characters, the password at "
				    "most 8"));
	if (!o->tls && o->reach == NULL)
		return hy_err_set(
			err, HY_EREFUSED,
			_("SMPP: the password would go in the clear: use TLS, or name the "
			  "exact peer by reach (a line of one's own)"));
	s = hy_new(net, struct hy_smpp);
	s->net = net;
	s->loop = loop;
	s->ev = *events;
	s->o = *o;
	s->o.as = o->as != 0 ? o->as : HY_SMPP_BIND_TRANSCEIVER;
	s->o.host = hy_strdup(s, o->host);
	s->o.reach = hy_strdup(s, o->reach);
	s->o.login.system_id = hy_strdup(s, o->login.system_id);
	s->o.login.system_type = hy_strdup(s, o->login.system_type ? o->login.system_type : "");
	s->o.login.password = hy_secret_new(s, password, n);
	s->o.window = o->window > 0 && o->window <= WINDOW_MAX ? o->window : 10;
	s->o.enquire_every = or_default(o->enquire_every, 30 * HY_SECOND);
	s->o.answer_timeout = or_default(o->answer_timeout, 60 * HY_SECOND);
	s->o.retry_min = or_default(o->retry_min, HY_SECOND);
	s->o.retry_max = or_default(o->retry_max, 5 * HY_MINUTE);
	s->o.pause = or_default(o->pause, HY_SECOND);
	hy_rand_init_default(&s->rand);
	s->ref = (uint8_t)hy_rand_below(&s->rand, 256);
	s->last = &s->first;
	hy_buf_init(&s->in, s, 4 * HY_SMPP_PDU_MAX);
	s->timer = hy_loop_timer(loop, on_timer, s);
	talloc_set_destructor(s, on_free);
	hy_timer_arm(s->timer, 0);
	*out = s;
	return HY_OK;
}

enum hy_status hy_smpp_submit_text(struct hy_smpp *s, const struct hy_smpp_message *m,
				   const char *text, hy_smpp_sent_fn *fn, void *user,
				   struct hy_err *err)
{
	struct sending *x;
	enum hy_status status;

	if (m->dest == NULL || *m->dest == '\0' || strlen(m->dest) > 20 ||
	    strspn(m->dest, "+" HY_DIGITS) != strlen(m->dest))
		return hy_err_set(err, HY_EINPUT, _("this is no mobile number"));
	if (s->queued >= QUEUE_MAX)
		return hy_err_wait(err, 0, _("SMPP: %d messages wait already"), QUEUE_MAX);
	x = hy_new(s, struct sending);
	status = hy_smpp_split(x, text, s->ref, &x->parts, &x->n, err);
	if (status != HY_OK) {
		talloc_free(x);
		return status;
	}
	s->ref++;
	x->m = *m;
	x->m.source = hy_strdup(x, m->source != NULL ? m->source : "");
	x->m.dest = hy_strdup(x, m->dest);
	x->state = hy_new_array(x, enum part_state, x->n);
	x->seq = hy_new_array(x, uint32_t, x->n);
	x->sent_at = hy_new_array(x, hy_time, x->n);
	x->ids = hy_new_array(x, char *, x->n);
	x->fn = fn;
	x->user = user;
	*s->last = x;
	s->last = &x->next;
	s->queued++;
	hy_timer_arm(s->timer, 0);
	return HY_OK;
}

bool hy_smpp_bound(const struct hy_smpp *s)
{
	return s->bound;
}

void hy_smpp_answer(struct hy_smpp *s, uint32_t id, uint32_t seq, unsigned line, bool kept)
{
	bool full = s->owed >= OWED_MAX;

	if (s->link == NULL || s->line != line)
		return;
	s->owed--;
	answer_plain(s, id | HY_SMPP_RESP, kept ? 0 : 8, seq);
	if (full) /* on with what came meanwhile, from the loop */
		hy_timer_arm(s->timer, 0);
}
