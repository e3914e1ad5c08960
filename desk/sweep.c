/*
 * Catching up: a source system that speaks our webhook can be asked for what it sent, and Tencent's
 * SMS gateway, where the office has that opened, for what waits there; so what was lost on the way
 * is found. Each page goes through the same intake as the callbacks do: what is known already is a
 * repeat. WeChat, the fan service, Aliyun and message centres cannot be asked.
 */
#include "desk/receive.h"

#include "desk/answering.h"

#include <stdlib.h>
#include <string.h>

#define OVERLAP HY_HOUR /* asked for again, for clocks that differ and writes that came late */
#define PAGES_MAX 1000	/* of one sweep */
#define NEXT_MAX 256
#define WRITE_AGAIN HY_SECOND

/* One account being asked. */
struct asking {
	struct desk_sweeper *sweeper;
	struct asking *next;
	struct desk_box box; /* its own copy of the names; keys live as long as this */
	struct hy_net_call *call;
	struct hy_sms sms; /* Tencent: application and region */
	struct hy_platform_call *pull;
	bool reports; /* Tencent: of what we sent; first come the replies */
	char *page;   /* Tencent: pulled, so nowhere else, and not in the record yet */
	size_t n_page;
	hy_time write_at; /* the next try of that */
	hy_time begun, since;
	int pages;
	int64_t found;
};
struct desk_sweeper {
	struct hy_desk *desk;
	struct hy_net *net;
	struct asking *first;
	hy_time again_at; /* after a failure */
};

static char *swept_key(const void *ctx, struct hy_account_id id)
{
	return hy_strf(ctx, "callback.%" PRId64 ".swept", id.v);
}

static void asking_end(struct asking *a)
{
	struct asking **at = &a->sweeper->first;

	while (*at && *at != a)
		at = &(*at)->next;
	if (*at)
		*at = a->next;
	talloc_free(a);
}

static enum hy_status note_swept(struct asking *a, const void *ctx, struct hy_err *err)
{
	return hy_meta_set(a->sweeper->desk->st, swept_key(ctx, a->box.account),
			   hy_strf(ctx, "%" PRId64, a->begun), err);
}

/* It is over, well or not. */
static void ended(struct asking *a, enum hy_status status, const struct hy_err *err)
{
	char count[24];

	if (status) {
		hy_log(HY_LOG_WARNING, "receive", err->text, "ACCOUNT", a->box.name, NULL);
		a->sweeper->again_at = hy_desk_now(a->sweeper->desk) + HY_MINUTE;
	}
	snprintf(count, sizeof(count), "%" PRId64, a->found);
	if (!status && a->found)
		hy_log(HY_LOG_NOTICE, "receive", "the sweep found what had been missed", "ACCOUNT",
		       a->box.name, "FOUND", count, NULL);
	asking_end(a);
}

/* ---- an answer ---- */

/* Given once: the bytes of what we cannot read wait in the journal. */
static enum hy_status keep_unread(struct desk_intake *in, const void *ctx, struct asking *a,
				  const char *text, size_t n, struct hy_err *err)
{
	struct hy_callback_row row = {.at = hy_desk_now(in->desk), .unread = true};
	const char *one = hy_strf(ctx, "[%.*s]", (int)n, text);
	enum hy_status status = desk_count_refused(in, &a->box, "unread", err);

	desk_keyed(in->desk, "body", a->box.source.v, one, strlen(one), row.body);
	return status ? status
		      : desk_journal(in, ctx, &a->box, &row, "", one, strlen(one), err);
}

/* One of a list: what is wrong with it is not with the others. */
static enum hy_status take_event(struct desk_intake *in, const void *ctx, struct asking *a,
				 const struct hy_json *event, struct hy_err *err)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);
	struct hy_push *pushes = NULL;
	struct desk_taken t;
	size_t n = 0, bytes;
	const char *text;

	hy_jw_node(w, event);
	text = hy_jw_text(w, &bytes);
	const char *body = a->sms.app ? hy_strf(ctx, "[%s]", text) : text;
	bool read = !a->box.receiver->read(ctx, body, strlen(body), &pushes, &n, NULL);
	enum hy_status status = desk_count_received(in, &a->box, read ? (int64_t)n : 1, err);

	if (!read && !status && a->sms.app)
		return keep_unread(in, ctx, a, text, bytes, err);
	if (!read)
		return status ? status : desk_count_refused(in, &a->box, "malformed", err);
	for (size_t i = 0; i < n && !status; i++) {
		status = desk_take_in(in, ctx, &a->box, &pushes[i], &t, err);
		a->found += !status && t.said == DESK_SAID_NEW;
	}
	return status;
}

/* One page and, with the last one, how far we are, in one transaction. */
static enum hy_status take_page(struct asking *a, const void *ctx, const struct hy_json *events,
				bool last, struct hy_err *err)
{
	struct hy_desk *desk = a->sweeper->desk;
	struct desk_intake in = {0};
	enum hy_status status = desk_intake_begin(desk, ctx, &in, err);

	in.sweep = "sweep";
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	for (size_t i = 0; i < events->n && !status; i++)
		status = take_event(&in, ctx, a, events->at[i], err);
	if (!status && last)
		status = note_swept(a, ctx, err);
	return desk_end(desk, status, err);
}

static void ask(struct asking *a, const char *next);

static enum hy_status page_of(struct asking *a, const void *ctx, const struct hy_net_response *r,
			      const char **next, struct hy_err *err)
{
	struct hy_json *node = NULL;
	const struct hy_json *events;
	enum hy_status status = hy_net_outcome(r, false, err);

	if (!status)
		status = hy_json_parse(ctx, r->body, r->n_body, 0, &node, err);
	events = hy_json_get(node, "events");
	*next = hy_json_str(node, "next");
	if (!status &&
	    (!events || events->type != HY_JSON_ARRAY || (*next && strlen(*next) > NEXT_MAX)))
		status = hy_err_set(err, HY_EINPUT, _("the answer has no list of events"));
	if (!status && *next && **next == '\0')
		*next = NULL;
	return status ? status : take_page(a, ctx, events, !*next, err);
}

static void on_answer(void *user, struct hy_net_response *r)
{
	struct asking *a = user;
	void *ctx = talloc_new(NULL);
	struct hy_err err = {0};
	const char *next = NULL;
	enum hy_status status;

	a->call = NULL;
	status = page_of(a, ctx, r, &next, &err);
	if (!status && next && ++a->pages < PAGES_MAX)
		ask(a, next);
	else
		ended(a, status, &err);
	talloc_free(ctx);
}

/* ---- a question ---- */

/* Signed as the callbacks are, over an empty body: so the system knows that it is us. */
static void ask(struct asking *a, const char *next)
{
	void *ctx = talloc_new(NULL);
	struct hy_net_header headers[3] = {{"Accept", "application/json"}, {NULL, NULL}};
	int64_t now = hy_desk_now(a->sweeper->desk) / HY_SECOND;
	uint8_t random[12];
	char *id, *signature = NULL;
	struct hy_net_request q = {.headers = headers, .n_headers = 1, .reach = a->box.reach};

	hy_random_bytes(random, sizeof(random));
	id = hy_strf(ctx, "%" PRId64 ".%s", now, hy_hex(ctx, random, sizeof(random)));
	if (!hy_webhook_sign(ctx, a->box.keys.secret, id, now, "", 0, &signature, NULL)) {
		headers[1] = (struct hy_net_header){"webhook-id", id};
		headers[2] = (struct hy_net_header){"webhook-signature", signature};
		q.n_headers = 3;
	}
	q.url = hy_strf(ctx, "%s%csince=%" PRId64 "%s%s", a->box.url,
			strchr(a->box.url, '?') ? '&' : '?', a->since / HY_SECOND,
			next ? "&after=" : "", next ? hy_platform_query_escape(ctx, next) : "");
	a->call = hy_net_fetch(a->sweeper->net, &q, on_answer, a);
	talloc_free(ctx);
}

/* ---- Tencent ---- */

static void pull(struct asking *a);

/* The page in hand goes into the record, whole, and then the next one is asked for; while the record
 * does not take it nothing is asked for: it would not be given a second time. */
static void take_pulled(struct asking *a)
{
	void *ctx = talloc_new(NULL);
	struct hy_json *node = NULL;
	struct hy_err err = {0};
	enum hy_status status = hy_json_parse(ctx, a->page, a->n_page, 0, &node, &err);
	bool more = !status && node->n >= HY_SMS_PULL_MAX;

	if (!status)
		status = take_page(a, ctx, node, a->reports && !more, &err);
	if (status) {
		if (!a->write_at)
			hy_log(HY_LOG_ERR, "receive", err.text, "ACCOUNT", a->box.name, NULL);
		a->write_at = hy_desk_now(a->sweeper->desk) + WRITE_AGAIN;
		talloc_free(ctx);
		return;
	}
	talloc_free(a->page);
	a->page = NULL;
	a->write_at = 0;
	if (more && ++a->pages >= PAGES_MAX)
		ended(a, HY_OK, &err);
	else if (more || !a->reports) {
		a->reports = a->reports || !more;
		pull(a);
	} else {
		ended(a, HY_OK, &err);
	}
	talloc_free(ctx);
}

static void on_pulled(void *user, enum hy_status status, const struct hy_platform_file *file,
		      const struct hy_err *said)
{
	struct asking *a = user;
	struct hy_err err = said ? *said : (struct hy_err){0};

	a->pull = NULL;
	if (!status) {
		a->n_page = file->n;
		a->page = hy_strndup(a, file->bytes, file->n);
		take_pulled(a);
		return;
	}
	/* refused: it will be at the next sweep, too, and not sooner */
	if (status == HY_EAUTH || status == HY_EPERM || status == HY_EREFUSED)
		(void)note_swept(a, a, NULL);
	ended(a, status, &err);
}

static void pull(struct asking *a)
{
	struct desk_sweeper *s = a->sweeper;
	struct hy_secret *secret = NULL;
	struct hy_account *account = NULL;
	struct hy_err err = {0};
	enum hy_status status = hy_account_get(s->desk->st, a, a->box.account, &account, &err);

	if (!status && account->state == HY_ACCOUNT_REVOKED) /* between two pages */
		status = hy_err_set(&err, HY_EREFUSED, _("account %s was ended for good"),
				    account->name);
	if (!status)
		status = hy_account_secret(s->desk->st, a, a->box.account, &secret, &err);
	if (status) {
		ended(a, status, &err);
		return;
	}
	const struct hy_platform_peer peer = {.url = account->url,
					      .reach = account->reach,
					      .login = account->login,
					      .secret = secret};
	a->sms.now = hy_desk_now(s->desk);
	a->pull = hy_tencent_pull(s->net, &peer, &a->sms, a->reports, on_pulled, a);
}

/* Can this account be asked at all? sms: filled in for Tencent. */
static bool can_be_asked(struct hy_desk *desk, const struct hy_account *a, struct hy_sms *sms)
{
	struct hy_answer_sms s;

	if (a->state == HY_ACCOUNT_REVOKED)
		return false;
	if (!strcmp(a->platform, "webhook"))
		return a->url != NULL;
	if (strcmp(a->platform, "tencent") != 0 || !a->login || !a->has_secret ||
	    !desk_answer_sms(desk, a, &s) || !*s.app ||
	    !hy_conf_bool(desk->conf, "sms", a->name, "sweep"))
		return false;
	*sms = (struct hy_sms){.app = s.app, .region = *s.region ? s.region : NULL};
	return true;
}

static bool being_asked(const struct desk_sweeper *s, struct hy_account_id id)
{
	for (const struct asking *a = s->first; a; a = a->next)
		if (a->box.account.v == id.v)
			return true;
	return false;
}

/* When an account was swept last; 0 = never. */
static enum hy_status swept_at(struct desk_sweeper *s, const void *ctx, struct hy_account_id id,
			       hy_time *out, struct hy_err *err)
{
	char *text = NULL;
	enum hy_status status = hy_meta_get(s->desk->st, ctx, swept_key(ctx, id), &text, err);

	*out = !status && text ? strtoll(text, NULL, 10) : 0;
	return status;
}

static enum hy_status begin(struct desk_sweeper *s, const struct hy_account *account,
			    const struct hy_sms *sms, hy_time last, struct hy_err *err)
{
	struct asking *a = hy_new(s, struct asking);
	enum hy_status status = desk_box_of(s->desk, a, account, &a->box, err);

	if (status) {
		talloc_free(a);
		return status == HY_ENOTFOUND ? HY_OK : status;
	}
	a->sweeper = s;
	a->begun = hy_desk_now(s->desk);
	a->since = last > OVERLAP ? last - OVERLAP : 0;
	a->next = s->first;
	s->first = a;
	a->sms = *sms;
	if (sms->app)
		pull(a);
	else
		ask(a, NULL);
	return HY_OK;
}

/* What was pulled and the record did not take. */
static void write_pages(struct desk_sweeper *s, hy_time now, hy_time *next)
{
	struct asking *after;

	for (struct asking *a = s->first; a; a = after) {
		after = a->next;
		if (a->page && (now >= a->write_at || a->write_at > now + WRITE_AGAIN))
			take_pulled(a); /* a may be gone */
	}
	for (const struct asking *a = s->first; a; a = a->next)
		if (a->page && now + WRITE_AGAIN < *next)
			*next = now + WRITE_AGAIN;
}

enum hy_status desk_sweep(struct desk_sweeper *s, hy_time now, hy_time *next, struct hy_err *err)
{
	hy_dur every = hy_conf_dur(s->desk->conf, "receive", NULL, "sweep");
	void *ctx = talloc_new(s);
	struct hy_account *list = NULL;
	size_t n = 0;
	hy_time last = 0;
	enum hy_status status = HY_OK;

	write_pages(s, now, next);
	if (every && now >= s->again_at)
		status = hy_account_list(s->desk->st, ctx, &list, &n, err);
	else if (every && s->again_at < *next)
		*next = s->again_at;
	for (size_t i = 0; i < n && !status; i++) {
		struct hy_sms sms = {0};

		if (!can_be_asked(s->desk, &list[i], &sms) || being_asked(s, list[i].id))
			continue;
		status = swept_at(s, ctx, list[i].id, &last, err);
		if (status)
			break;
		if (last && now < last + every) {
			if (last + every < *next)
				*next = last + every;
			continue;
		}
		/* the first one looks back as far as the overlap: what came before is not ours */
		status = begin(s, &list[i], &sms, last ? last : now, err);
	}
	talloc_free(ctx);
	return status;
}

bool desk_sweeper_busy(const struct desk_sweeper *s)
{
	return s->first != NULL;
}

enum hy_status desk_sweeper_new(struct desk_sweeper **out, const void *ctx, struct hy_desk *desk,
				struct hy_loop *loop, struct hy_err *err)
{
	struct desk_sweeper *s = hy_new(ctx, struct desk_sweeper);
	const struct hy_net_options options = desk_net_options(desk, s);
	enum hy_status status;

	s->desk = desk;
	status = hy_net_new(&s->net, s, loop, &options, err);
	if (status)
		talloc_free(s);
	else
		*out = s;
	return status;
}

enum hy_status act_account_sweep(struct hy_desk *desk, struct hy_person_id actor,
				 const struct hy_json *params, struct hy_json_writer *w,
				 struct hy_err *err)
{
	struct hy_account *account = NULL;
	struct hy_sms sms;
	enum hy_status status =
		hy_account_find(desk->st, w, param_text(params, "id"), &account, err);

	if (!status && !can_be_asked(desk, account, &sms))
		status = hy_err_set(err, HY_EINPUT, _("%s cannot be asked for what was missed"),
				    account->name);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	/* one millisecond past the epoch: due at once, and from the beginning */
	status = hy_meta_set(desk->st, swept_key(w, account->id), "1", err);
	status = desk_done(desk, status, actor, "account.sweep", err, "account %" PRId64,
			   account->id.v);
	if (!status)
		hy_jw_kint(w, "id", account->id.v);
	return status;
}
