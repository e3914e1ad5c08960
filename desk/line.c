/*
 * Lines to message centres: for each account of a platform that has lines one bound session is kept.
 * What comes over it goes the way of all callbacks, and is acknowledged when it stands in the
 * record. It binds as receiver: what we send goes over a line of the role publish.
 */
#include "desk/receive.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY HY_SECOND /* at the accounts, while the record moves */
#define DOWN_ALARM (10 * HY_MINUTE)
#define PARTS_EVERY (5 * HY_MINUTE)
#define PARTS_WAIT HY_HOUR
#define PARTS_TURN 50	      /* messages that are late, in one transaction */
#define DOWNS_ALARM 6	      /* without a quiet time between them */
#define QUIET (10 * HY_MINUTE) /* bound for so long: it holds */
#define PASSWORD_MAX 8 /* SMPP 3.4, with its NUL 9 */
#define LOGIN_MAX 15

struct line {
	struct line *next;
	struct desk_lines *all;
	struct hy_account *account; /* as it was when the line was opened */
	struct desk_box box;
	struct hy_smpp *session;
	uint8_t like[HY_HASH_LEN]; /* of all that it was opened with */
	hy_time down_since;	   /* 0 = it is bound */
	int downs;		   /* since it was bound for long */
	bool noted, told, seen;	   /* that it is down: in the record; to a person */
	char *refused;		   /* the session rests: what the centre said */
};

struct desk_lines {
	struct hy_receive *receive;
	struct hy_desk *desk;
	struct hy_loop *loop;
	struct hy_net *net;
	struct hy_timer *flush;
	struct line *first;
	hy_time looked;	  /* monotonic */
	hy_time parts_at; /* by the clock */
};

/* One PDU that waits for the disk. */
struct waiting {
	struct line *line;
	uint32_t id, seq;
	unsigned at;
};

enum hy_status desk_line_check(const struct hy_account *a, const char *secret, struct hy_err *err)
{
	struct hy_net_server server;
	enum hy_status status =
		hy_net_server_read(NULL, a->url ? a->url : "", "smpp", 2775, 3550, &server, err);

	if (!status && (!a->login || !*a->login || strlen(a->login) > LOGIN_MAX))
		status = hy_err_set(err, HY_EINPUT, _("login: the system id, 1 to %d characters"),
				    LOGIN_MAX);
	if (!status && (!secret || !*secret || strlen(secret) > PASSWORD_MAX))
		status = hy_err_set(err, HY_EINPUT,
				    _("secret: SMPP takes a password of 1 to %d characters"),
				    PASSWORD_MAX);
	if (!status && !server.tls && !a->reach)
		status = hy_err_set(err, HY_EINPUT,
				    _("url: smpp:// sends the password in the clear: use smpps://, or "
				      "name the exact peer by --reach (a line of one's own)"));
	return status;
}

/* ---- how it is ---- */

char *desk_line_key(const void *ctx, struct hy_account_id id)
{
	return hy_strf(ctx, "line.%" PRId64, id.v);
}

char *desk_put_line(struct hy_desk *desk, const void *ctx, struct hy_json_writer *w,
		    const struct hy_account *a)
{
	const struct hy_receiver *receiver = hy_receiver_find(a->platform);
	char *text = NULL, *end = NULL;
	const char *since;
	bool bound;

	if (!receiver || !receiver->line || hy_meta_get(desk->st, w, desk_line_key(w, a->id), &text, NULL) ||
	    !text || !strchr(text, ' '))
		return NULL;
	bound = strncmp(text, "bound", 5) == 0;
	since = hy_desk_when(desk, w, strtoll(strchr(text, ' '), &end, 10));
	hy_jw_kstr(w, "line", bound ? "bound" : "down");
	return bound ? hy_strf(ctx, _("connected since %s"), since)
		     : hy_strf(ctx, _("not connected since %s:%s"), since, end);
}

/* ---- what comes ---- */

static void on_taken(void *user, const struct hy_receive_out *out)
{
	struct waiting *w = user;

	hy_smpp_answer(w->line->session, w->id, w->seq, w->at, out->http == 200);
	talloc_free(w);
}

static enum hy_smpp_take on_received(void *user, const struct hy_smpp_pdu *pdu, const char *bytes,
				     size_t n)
{
	struct line *l = user;
	struct waiting *w = hy_new(l, struct waiting);

	*w = (struct waiting){.line = l, .id = pdu->id, .seq = pdu->seq, .at = pdu->line};
	desk_receive_pdu(l->all->receive, &l->box, bytes, n, on_taken, w);
	hy_timer_arm(l->all->flush, 0); /* with all that came in the same read */
	return HY_SMPP_LATER;
}

static void on_flush(void *user)
{
	struct desk_lines *all = user;

	hy_receive_flush(all->receive);
}

static char *alarm_key(const void *ctx, const struct line *l)
{
	return hy_strf(ctx, "account:%" PRId64 ":line", l->account->id.v);
}

/* "bound" or "down", since when, why: for who lists the accounts. */
static void note_state(struct line *l, const char *why)
{
	void *ctx = talloc_new(NULL);
	struct hy_desk *desk = l->all->desk;
	struct hy_err err = {0};

	if (hy_meta_set(desk->st, desk_line_key(ctx, l->account->id),
			hy_strf(ctx, "%s %" PRId64 " %s", l->down_since ? "down" : "bound",
				l->down_since ? l->down_since : l->box.bound_at, why),
			&err))
		hy_log_err(HY_LOG_WARNING, "receive", l->account->name, &err);
	talloc_free(ctx);
}

static void on_bound(void *user)
{
	struct line *l = user;
	void *ctx = talloc_new(NULL);

	l->down_since = 0;
	l->noted = false;
	l->box.bound_at = hy_desk_now(l->all->desk);
	note_state(l, "");
	hy_log(HY_LOG_NOTICE, "receive", "the message centre is connected", "ACCOUNT",
	       l->account->name, NULL);
	talloc_free(ctx);
}

/* When something came over it last, or 0. */
static hy_time last_heard(struct line *l)
{
	struct hy_source *s = NULL;
	hy_time at = 0;

	if (!hy_source_get(l->all->desk->st, NULL, l->box.source, &s, NULL))
		at = s->last_ok;
	talloc_free(s);
	return at;
}

static void on_down(void *user, const struct hy_err *err)
{
	struct line *l = user;
	struct hy_desk *desk = l->all->desk;

	if (!l->down_since) {
		l->downs++;
		l->down_since = hy_desk_now(desk);
		l->box.heard_before = last_heard(l);
	}
	if (!l->noted) {
		l->noted = true;
		note_state(l, err->text);
		hy_log(HY_LOG_WARNING, "receive", err->text, "ACCOUNT", l->account->name, NULL);
	}
	/* HY_EREFUSED of a session is the address guard: passing, and told of with the other faults */
	if (err->status == HY_EAUTH || err->status == HY_EINPUT ||
	    (err->status == HY_EREFUSED && !l->session)) {
		l->refused = hy_strdup(l, err->text);
		desk_account_stop(desk, l->account, err->text);
	}
}

/* ---- opening and ending ---- */

static void end_line(struct line *l)
{
	struct line **at = &l->all->first;

	hy_receive_flush(l->all->receive); /* what waits points here */
	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	talloc_free(l->session);
	talloc_free(l);
}

static char *source_key(const void *ctx, struct hy_account_id id)
{
	return hy_strf(ctx, "line.%" PRId64 ".source", id.v);
}

enum hy_status desk_line_box(struct hy_desk *desk, const void *ctx,
			     const struct hy_account *account, struct desk_box *out,
			     struct hy_err *err)
{
	char *text = NULL;
	enum hy_status status =
		hy_meta_get(desk->st, ctx, source_key(ctx, account->id), &text, err);

	if (!status && !text)
		return hy_err_set(err, HY_ENOTFOUND, _("account %s was never connected"),
				  account->name);
	if (!status)
		*out = (struct desk_box){.account = account->id,
					 .source = {strtoll(text, NULL, 10)},
					 .name = hy_strdup(ctx, account->name),
					 .receiver = hy_receiver_find(account->platform)};
	return status;
}

static enum hy_status source_of(struct line *l, struct hy_err *err)
{
	struct hy_desk *desk = l->all->desk;
	char *key = source_key(l, l->account->id), *text = NULL;
	enum hy_status status = hy_meta_get(desk->st, l, key, &text, err);

	if (!status && text) {
		l->box.source.v = strtoll(text, NULL, 10);
		return HY_OK;
	}
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = desk_box_source(desk, l, l->account, 0, &l->box.source, err);
	if (!status)
		status = hy_meta_set(desk->st, key, hy_strf(l, "%" PRId64, l->box.source.v), err);
	return desk_end(desk, status, err);
}

static enum hy_status connect_line(struct line *l, const struct hy_secret *secret,
				   struct hy_err *err)
{
	const struct hy_account *a = l->account;
	struct hy_net_server server = {0};
	const struct hy_smpp_events events = {
		.user = l, .bound = on_bound, .down = on_down, .received = on_received};
	enum hy_status status =
		hy_net_server_read(l, a->url ? a->url : "", "smpp", 2775, 3550, &server, err);
	const struct hy_smpp_options o = {
		.as = HY_SMPP_BIND_RECEIVER,
		.host = server.host,
		.port = server.port,
		.reach = a->reach,
		.tls = server.tls,
		.login = {.system_id = a->login, .password = secret},
		.retry_max = HY_MINUTE,
	};

	if (!status)
		status = source_of(l, err);
	if (!status)
		status = hy_smpp_new(l->all->net, l->all->loop, &o, &events, &l->session, err);
	return status;
}

static void open_line(struct desk_lines *all, struct hy_account *a, const struct hy_secret *secret,
		      const uint8_t like[HY_HASH_LEN])
{
	struct line *l = hy_new(all, struct line);
	struct hy_err err = {0};

	l->all = all;
	l->account = talloc_steal(l, a);
	l->box = (struct desk_box){
		.account = a->id, .name = a->name, .receiver = hy_receiver_find(a->platform)};
	memcpy(l->like, like, HY_HASH_LEN);
	l->seen = true;
	l->next = all->first;
	all->first = l;
	l->down_since = hy_desk_now(all->desk);
	if (connect_line(l, secret, &err))
		on_down(l, &err);
	else
		l->box.heard_before = last_heard(l);
}

/* Another password, address or name is another line. */
static void likeness(struct desk_lines *all, const struct hy_account *a,
		     const struct hy_secret *secret, uint8_t out[HY_HASH_LEN])
{
	char *text = hy_strf(NULL, "%s\n%s\n%s\n%s\n%s", a->name, a->url ? a->url : "",
			     a->reach ? a->reach : "", a->login ? a->login : "",
			     hy_secret_text(secret, NULL));

	desk_keyed(all->desk, "line", a->id.v, text, strlen(text), out);
	explicit_bzero(text, strlen(text));
	talloc_free(text);
}

static enum hy_status look_at(struct desk_lines *all, const void *ctx, struct hy_account_id id,
			      struct hy_err *err)
{
	struct hy_account *a = NULL;
	struct hy_secret *secret = NULL;
	struct line *l = all->first;
	uint8_t like[HY_HASH_LEN];
	enum hy_status status = hy_account_get(all->desk->st, ctx, id, &a, err);

	if (!status)
		status = hy_account_secret(all->desk->st, ctx, id, &secret, err);
	if (status || !secret)
		return status;
	likeness(all, a, secret, like);
	while (l && l->account->id.v != id.v)
		l = l->next;
	if (l && (l->session || l->refused) && memcmp(l->like, like, HY_HASH_LEN) == 0) {
		l->seen = true;
		if (l->refused) /* while it was frozen, or the record did not take it then */
			desk_account_stop(all->desk, a, l->refused);
		return HY_OK;
	}
	if (l)
		end_line(l);
	open_line(all, a, secret, like);
	return HY_OK;
}

/* A frozen account publishes nothing; people go on writing to it. */
static bool wanted(const struct hy_account *a)
{
	const struct hy_receiver *receiver = hy_receiver_find(a->platform);

	return receiver && receiver->line && a->has_secret &&
	       (a->state == HY_ACCOUNT_ACTIVE || a->state == HY_ACCOUNT_FROZEN);
}

static enum hy_status look(struct desk_lines *all, struct hy_err *err)
{
	void *ctx = talloc_new(all);
	struct hy_account *list = NULL;
	struct line *next;
	size_t n = 0;
	enum hy_status status = hy_account_list(all->desk->st, ctx, &list, &n, err);

	for (struct line *l = all->first; l; l = l->next)
		l->seen = false;
	for (size_t i = 0; i < n && !status; i++)
		if (wanted(&list[i]))
			status = look_at(all, ctx, list[i].id, err);
	for (struct line *l = status ? NULL : all->first; l; l = next) {
		next = l->next;
		if (!l->seen)
			end_line(l);
	}
	talloc_free(ctx);
	return status;
}

/* ---- the turn ---- */

/* A line that is down for long, or that does not stay up. */
static void call_person(struct line *l, hy_time now)
{
	struct hy_desk *desk = l->all->desk;
	bool down = l->down_since && now >= l->down_since + DOWN_ALARM;
	void *ctx;

	if (!l->down_since && now >= l->box.bound_at + QUIET && (l->downs || l->told)) {
		ctx = talloc_new(NULL);
		desk_page_over(desk, alarm_key(ctx, l));
		talloc_free(ctx);
		l->downs = 0;
		l->told = false;
	}
	if (l->told || (!down && l->downs < DOWNS_ALARM))
		return;
	ctx = talloc_new(NULL);
	desk_page(desk, "account", alarm_key(ctx, l),
		  hy_strf(ctx, _("Account %s: no connection to the message centre"),
			  l->account->name),
		  down ? hy_strf(ctx, _("since %s; messages wait there: look at address and line"),
				 hy_desk_when(desk, ctx, l->down_since))
		       : hy_strf(ctx, _("it broke off %d times and does not hold: look at the line"),
				 l->downs));
	l->told = true;
	talloc_free(ctx);
}

/* Of an account whose line may be ended for good, too: what waits here was acknowledged. */
static enum hy_status late_parts(struct desk_lines *all, const void *ctx,
				 const struct hy_account *a, hy_time now, bool *more,
				 struct hy_err *err)
{
	struct hy_desk *desk = all->desk;
	struct desk_intake in = {0};
	struct hy_received got = {0};
	struct desk_box box = {0};
	enum hy_status status = desk_line_box(desk, ctx, a, &box, NULL);

	if (status)
		return status == HY_ENOTFOUND ? HY_OK : status;
	status = desk_intake_begin(desk, ctx, &in, err);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = desk_parts_late(&in, ctx, &box, now - PARTS_WAIT, PARTS_TURN, &got, err);
	if (!status)
		status = hy_source_heard(desk->st, box.source, now, false, &got, err);
	*more = *more || got.fresh + got.repeat + got.refused >= PARTS_TURN;
	return desk_end(desk, status, err);
}

/* What goes wrong with one account keeps nothing else from being received. */
static void all_late_parts(struct desk_lines *all, hy_time now, bool *more)
{
	void *ctx = talloc_new(all);
	struct hy_account *list = NULL;
	struct hy_err err = {0};
	size_t n = 0;
	enum hy_status status = hy_account_list(all->desk->st, ctx, &list, &n, &err);

	for (size_t i = 0; i < n && !status; i++) {
		const struct hy_receiver *receiver = hy_receiver_find(list[i].platform);

		if (receiver && receiver->line)
			status = late_parts(all, ctx, &list[i], now, more, &err);
	}
	if (status)
		hy_log_err(HY_LOG_WARNING, "receive", "late parts", &err);
	talloc_free(ctx);
}

enum hy_status desk_lines_turn(struct desk_lines *all, hy_time now, hy_time *next,
			       struct hy_err *err)
{
	hy_time mono = hy_monotonic();
	enum hy_status status = HY_OK;

	if (mono >= all->looked + LOOK_EVERY) {
		all->looked = mono;
		status = look(all, err);
	} else if (now + LOOK_EVERY < *next) {
		*next = now + LOOK_EVERY;
	}
	if (all->first && now + HY_MINUTE < *next)
		*next = now + HY_MINUTE;
	for (struct line *l = all->first; l; l = l->next)
		call_person(l, now);
	if (now < all->parts_at || now >= all->parts_at + PARTS_EVERY) {
		bool more = false;

		all_late_parts(all, now, &more);
		all->parts_at = more ? now - PARTS_EVERY + HY_SECOND : now;
	}
	if (all->parts_at + PARTS_EVERY < *next)
		*next = all->parts_at + PARTS_EVERY;
	return status;
}

/* ---- beginning and end ---- */

static int lines_destroy(struct desk_lines *all)
{
	while (all->first)
		end_line(all->first);
	hy_timer_free(all->flush);
	return 0;
}

enum hy_status desk_lines_new(struct desk_lines **out, const void *ctx, struct hy_receive *r,
			      struct hy_desk *desk, struct hy_loop *loop, struct hy_err *err)
{
	struct desk_lines *all = hy_new(ctx, struct desk_lines);
	const struct hy_net_options options = desk_net_options(desk, all);
	enum hy_status status = hy_net_new(&all->net, all, loop, &options, err);

	if (status) {
		talloc_free(all);
		return status;
	}
	all->receive = r;
	all->desk = desk;
	all->loop = loop;
	all->looked = -LOOK_EVERY;
	all->flush = hy_loop_timer(loop, on_flush, all);
	talloc_set_destructor(all, lines_destroy);
	*out = all;
	return HY_OK;
}
