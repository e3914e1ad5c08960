/*
 * A reply inside a case goes to who wrote it, over the account that they wrote by and no other;
 * there is no other door to it. What cannot be sent is said at once, with how else to answer.
 */
#include "desk/answering.h"

#include "cases/cases.h"
#include "collectors/collectors.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SAME_WORDS (10 * HY_MINUTE) /* a reply given twice is a form sent twice */
#define RECEIPTS_ASKED 50	    /* answers in whose receipts an id stands somewhere */
#define RECEIPT_LATE (7 * HY_DAY)   /* a message centre uses its ids again */

/* ---- the way ---- */

bool desk_answer_sms(struct hy_desk *desk, const struct hy_account *a, struct hy_answer_sms *out)
{
	size_t n = 0;
	const char *const *titles = hy_conf_titles(desk->conf, "sms", &n);

	for (size_t i = 0; i < n; i++) {
		const char *t = titles[i];

		if (strcmp(t, a->name) != 0)
			continue;
		*out = (struct hy_answer_sms){
			.sign = hy_conf_str(desk->conf, "sms", t, "sign"),
			.app = hy_conf_str(desk->conf, "sms", t, "app"),
			.region = hy_conf_str(desk->conf, "sms", t, "region"),
			.extend = hy_conf_str(desk->conf, "sms", t, "extend"),
			.notice.id = hy_conf_str(desk->conf, "sms", t, "template"),
			.whole.id = hy_conf_str(desk->conf, "sms", t, "text_template"),
			.whole_max = (int)hy_conf_int(desk->conf, "sms", t, "text_max"),
		};
		out->notice.values =
			hy_conf_list(desk->conf, "sms", t, "values", &out->notice.n_values);
		out->whole.values =
			hy_conf_list(desk->conf, "sms", t, "text_values", &out->whole.n_values);
		return true;
	}
	return false;
}

/* The platform said of an answer since they last wrote that it takes none any more, whatever our own
 * clock says: with its reason. Their next message opens it again. */
static enum hy_status closed_by_platform(struct hy_desk *desk, const void *ctx,
					 struct hy_case_id cs, hy_time last,
					 struct desk_answer_way *way, struct hy_err *err)
{
	struct hy_answer *list = NULL;
	size_t n = 0;
	enum hy_status status = hy_answer_list(desk->st, ctx, cs, &list, &n, err);

	for (size_t i = 0; i < n && !status; i++) {
		const struct hy_platform_error *row = hy_platform_error_said(list[i].error);

		if (list[i].account.v == way->account->id.v && list[i].tried >= last &&
		    list[i].state != HY_DELIVERY_SENT && row && row->next == HY_NEXT_GONE)
			way->why = hy_strf(ctx, "%s: %s", way->account->name, _(row->cure));
		else if (list[i].state == HY_DELIVERY_SENT && list[i].tried >= last)
			way->why = NULL; /* a later one went out */
	}
	return status;
}

static enum hy_status by_account(struct hy_desk *desk, const void *ctx, struct hy_case_id cs,
				 hy_time last, struct desk_answer_way *way, struct hy_err *err)
{
	const struct hy_account *a = way->account;
	const struct hy_answer_way *how = hy_answer_way_find(a->platform);
	struct hy_err why = {0};
	enum hy_status status =
		hy_answer_can(a, desk_answer_sms(desk, a, &way->sms) ? &way->sms : NULL, &why);

	if (status && status != HY_EREFUSED)
		return hy_err_set(err, status, "%s", why.text);
	if (status) {
		way->why = hy_strdup(ctx, why.text);
		return HY_OK;
	}
	way->way = how;
	way->until = how->window ? last + how->window : 0;
	if (way->until && hy_desk_now(desk) >= way->until)
		way->why = hy_strf(ctx,
				   _("%s: %d hours after a person's own message it takes no answer "
				     "any more"),
				   a->name, (int)(how->window / HY_HOUR));
	return way->why ? HY_OK : closed_by_platform(desk, ctx, cs, last, way, err);
}

/* A phone number or mail address is for who answers by hand; a platform's name of a person is not.
 */
static bool by_hand_at(const struct desk_answer_way *way)
{
	return !way->account || !hy_answer_way_find(way->account->platform) ||
	       (way->why && hy_answer_way_find(way->account->platform)->templates);
}

enum hy_status desk_answer_way(struct hy_desk *desk, const void *ctx, struct hy_case_id cs,
			       struct desk_answer_way *out, struct hy_err *err)
{
	struct hy_account_id account = {0};
	char *handle = NULL;
	hy_time last = 0;
	struct hy_err why = {0};
	enum hy_status status = hy_contact_open(desk->st, ctx, cs, &account, &handle, &last, &why);

	*out = (struct desk_answer_way){0};
	if (status == HY_ENOTFOUND) {
		out->why = _("nobody wrote it over an account of the office");
		return HY_OK;
	}
	if (status)
		return hy_err_set(err, status, "%s", why.text);
	if (account.v)
		status = hy_account_get(desk->st, ctx, account, &out->account, err);
	else
		out->why = _("it came by no account of the office: it was typed in or imported");
	if (!status && out->account)
		status = by_account(desk, ctx, cs, last, out, err);
	if (!status && by_hand_at(out))
		out->contact = handle;
	return status;
}

/* ---- the reply ---- */

/* What would be sent of these words. */
static enum hy_status form_of(struct hy_desk *desk, const void *ctx, struct hy_case_id cs,
			      const char *text, struct desk_answer_plan *plan, struct hy_err *err)
{
	struct hy_answer_words words;
	struct hy_answer_form form = {0};
	struct hy_err why = {0};
	enum hy_status status = hy_answer_words(desk->st, ctx, cs, text, &words, err);

	if (!status)
		status = plan->way.way->form(ctx, &words, &plan->way.sms, &form, &why);
	if (status == HY_EINPUT) {
		plan->way.why = hy_strdup(ctx, why.text);
		return HY_OK;
	}
	plan->whole = form.whole;
	return status;
}

/* A button pressed twice, a command typed again: the citizen gets it once. */
static enum hy_status not_twice(struct hy_desk *desk, const void *ctx, struct hy_case_id cs,
				const char *text, struct hy_err *err)
{
	struct hy_answer *list = NULL;
	struct hy_case_event *e = NULL;
	size_t n = 0;
	enum hy_status status = hy_answer_list(desk->st, ctx, cs, &list, &n, err);

	for (size_t i = 0; i < n && !status; i++) {
		if (list[i].state == HY_DELIVERY_FAILED || list[i].state == HY_DELIVERY_MISSED ||
		    list[i].state == HY_DELIVERY_CANCELLED)
			continue;
		status = hy_case_event_get(desk->st, ctx, list[i].event, &e, err);
		if (!status && e->text && e->at > hy_desk_now(desk) - SAME_WORDS &&
		    !strcmp(e->text, text))
			status = hy_err_set(err, HY_EEXISTS,
					    _("answer %" PRId64
					      " says the same and is %s: nothing was sent again"),
					    list[i].id.v, _(hy_delivery_state_name(list[i].state)));
	}
	return status;
}

enum hy_status desk_answer_plan(struct hy_desk *desk, const void *ctx, struct hy_case_id cs,
				struct hy_person_id actor, const char *text,
				struct desk_answer_plan *plan, struct hy_err *err)
{
	enum hy_status status = desk_answer_way(desk, ctx, cs, &plan->way, err);

	if (status || plan->by_hand || plan->way.why)
		return status;
	status = not_twice(desk, ctx, cs, text, err);
	if (!status)
		status = form_of(desk, ctx, cs, text, plan, err);
	if (status || plan->way.why)
		return status;
	const struct hy_answer a = {.cs = cs,
				    .account = plan->way.account->id,
				    .not_after = hy_desk_now(desk) + HY_ANSWER_LATE,
				    .who = actor};
	return hy_answer_add(desk->st, &a, &plan->id, err);
}

void desk_put_plan(struct hy_json_writer *w, const struct desk_answer_plan *plan)
{
	hy_jw_kstr(w, "answer", plan->id.v ? "planned" : N_("by-hand"));
	if (plan->id.v) {
		hy_jw_kint(w, "answer_id", plan->id.v);
		hy_jw_kstr(w, "account", plan->way.account->name);
		hy_jw_kbool(w, "answer_whole", plan->whole);
		if (!plan->whole)
			hy_jw_kstr(w, "answer_why",
				   _("too long for the platform: they are told to look it up by "
				     "number and code"));
		return;
	}
	hy_jw_kstr(w, "contact", plan->way.contact);
	hy_jw_kstr(w, "answer_why",
		   plan->by_hand ? _("as you said: nothing is sent, they see it by number and code")
				 : hy_strf(w, _("%s; nothing is sent: answer them by another way"),
					   plan->way.why));
}

/* ---- what the record says of answers ---- */

/* What a person does about it, with the command; NULL where nobody need do anything. account: its
 * own, or NULL. */
static char *cure_of(const void *ctx, const struct hy_answer *a, const struct hy_account *account,
		     const char *number)
{
	const char *otherwise = NULL;
	const struct desk_send s = {
		.account = account,
		.state = a->state,
		.error = a->error,
		.retry = hy_strf(ctx, "huying case settle %s retry --answer %" PRId64, number,
				 a->id.v),
		.cancel = hy_strf(ctx, "huying case settle %s cancel --answer %" PRId64, number,
				  a->id.v),
		.citizen = true};

	switch (a->state) {
	case HY_DELIVERY_UNKNOWN:
		otherwise = a->wait_until != HY_TIME_NEVER
				    ? _("the platform is being asked")
				    : hy_strf(ctx,
					      _("look at the account's messages on the platform, "
						"then: huying case settle %s sent (it is there), "
						"absent (it is not: it goes out now) or cancel, "
						"with --answer %" PRId64),
					      number, a->id.v);
		break;
	case HY_DELIVERY_FAILED:
	case HY_DELIVERY_MISSED:
		otherwise = hy_strf(ctx,
				    _("once the cause is gone: huying case settle %s retry --answer "
				      "%" PRId64 "; or answer by another way and settle it as cancel"),
				    number, a->id.v);
		break;
	case HY_DELIVERY_SENT:
		if (a->reported == HY_ANSWER_UNDELIVERED)
			otherwise = _("the carrier could not deliver it: answer by another way");
		break;
	default:
		break;
	}
	return desk_send_cure(ctx, &s, otherwise);
}

static void put_answer(struct hy_desk *desk, struct hy_json_writer *w, const struct hy_answer *a,
		       const char *number)
{
	struct hy_account *account = NULL;

	hy_jw_object(w);
	hy_jw_kint(w, "id", a->id.v);
	if (!hy_account_get(desk->st, w, a->account, &account, NULL))
		hy_jw_kstr(w, "account", account->name);
	hy_jw_kstr(w, "state", hy_delivery_state_name(a->state));
	hy_jw_kint(w, "attempt", a->attempt);
	put_ts(w, "made_ts", a->made);
	put_when(desk, w, "made", a->made);
	put_ts(w, "changed_ts", a->changed);
	put_when(desk, w, "when", a->changed);
	if (a->state == HY_DELIVERY_PLANNED || a->state == HY_DELIVERY_WAIT)
		put_ts(w, "not_after_ts", a->not_after);
	hy_jw_kstr(w, "receipt", a->receipt);
	hy_jw_kstr(w, "report", hy_answer_report_name(a->reported));
	put_ts(w, "report_ts", a->reported_at);
	hy_jw_kstr(w, "error", a->error);
	hy_jw_kstr(w, "cure", cure_of(w, a, account, number));
	put_person_name(desk, w, "actor", a->who);
	hy_jw_end_object(w);
}

static enum hy_status put_list(struct hy_desk *desk, struct hy_json_writer *w,
			       const struct hy_case *c, struct hy_err *err)
{
	struct hy_answer *list = NULL;
	struct hy_case_event *ev = NULL;
	size_t n = 0, n_ev = 0;
	enum hy_status status = hy_answer_list(desk->st, w, c->id, &list, &n, err);

	if (!status)
		status = hy_case_events(desk->st, w, c->id, &ev, &n_ev, err);
	if (status)
		return status;
	hy_jw_kbool(w, "reply_unsent",
		    hy_case_reply_unsent(ev, n_ev, list, n, hy_case_round_start(c, ev, n_ev),
					 HY_TIME_NEVER));
	hy_jw_key(w, "answers");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++)
		put_answer(desk, w, &list[i], c->number);
	hy_jw_end_array(w);
	return HY_OK;
}

enum hy_status desk_put_answers(struct hy_desk *desk, struct hy_json_writer *w,
				const struct hy_case *c, struct hy_err *err)
{
	struct desk_answer_way way;
	enum hy_status status = desk_answer_way(desk, w, c->id, &way, err);

	if (status)
		return status;
	hy_jw_kstr(w, "contact", way.contact);
	hy_jw_kstr(w, "answer_account", way.why ? NULL : way.account->name);
	hy_jw_kstr(w, "answer_why", way.why);
	if (!way.why) {
		put_ts(w, "answer_until_ts", way.until);
		put_when(desk, w, "answer_until", way.until);
	}
	return put_list(desk, w, c, err);
}

/* ---- a person settles one ---- */

static bool unsettled(const struct hy_answer *a)
{
	return a->state == HY_DELIVERY_UNKNOWN || a->state == HY_DELIVERY_FAILED ||
	       a->state == HY_DELIVERY_MISSED;
}

/* The one that is named, else the only one that waits for a person. */
static enum hy_status which(struct hy_desk *desk, const void *ctx, const struct hy_case *c,
			    int64_t named, struct hy_answer_id *out, struct hy_err *err)
{
	struct hy_answer *list = NULL;
	size_t n = 0, found = 0;
	enum hy_status status = hy_answer_list(desk->st, ctx, c->id, &list, &n, err);

	for (size_t i = 0; i < n && !status; i++) {
		if (named ? list[i].id.v != named : !unsettled(&list[i]))
			continue;
		*out = list[i].id;
		found++;
	}
	if (!status && !found && named)
		status = hy_err_set(err, HY_ENOTFOUND, _("case %s has no answer %" PRId64),
				    c->number, named);
	else if (!status && !found)
		status = hy_err_set(err, HY_ENOTFOUND, _("no answer of case %s waits for a person"),
				    c->number);
	else if (!status && found > 1)
		status = hy_err_set(err, HY_EINPUT,
				    _("%zu answers of case %s wait: say which by --answer ID "
				      "(huying case show %s)"),
				    found, c->number, c->number);
	return status;
}

static char *page_key(const void *ctx, struct hy_answer_id id)
{
	return hy_strf(ctx, "answer:%" PRId64, id.v);
}

enum hy_status act_case_settle(struct hy_desk *desk, struct hy_person_id actor,
			       const struct hy_json *params, struct hy_json_writer *w,
			       struct hy_err *err)
{
	const char *as = param_text(params, "as");
	struct hy_case *c = NULL;
	struct hy_answer_id id = {0};
	enum hy_status status = desk_case_find(desk, w, params, &c, err);

	if (!status)
		status = desk_case_may(desk, actor, c, err);
	if (!status)
		status = which(desk, w, c, hy_json_int(params, "answer", 0), &id, err);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status =
		hy_answer_resolve(desk->st, desk->clock, id, as, param_str(params, "receipt"), err);
	status = desk_done(desk, status, actor, "case.settle", err,
			   "case %" PRId64 " answer %" PRId64 " %s", c->id.v, id.v, as);
	if (status)
		return status;
	desk_page_over(desk, page_key(w, id));
	hy_jw_kint(w, "id", c->id.v);
	hy_jw_kstr(w, "number", c->number);
	return put_list(desk, w, c, err);
}

/* ---- who is called ---- */

void desk_answer_page(struct hy_desk *desk, const struct hy_answer *a, const char *why)
{
	struct hy_case *c = NULL;
	void *work = talloc_new(desk);
	const char *number = hy_case_get(desk->st, work, a->cs, &c, NULL) ? "?" : c->number;
	struct hy_account *account = NULL;

	(void)hy_account_get(desk->st, work, a->account, &account, NULL);
	const char *cure = cure_of(work, a, account, number);

	desk_page_case(desk, "answer", page_key(work, a->id),
		       hy_strf(work,
			       a->state == HY_DELIVERY_UNKNOWN
				       ? _("Case %s: it is not known whether the answer went out")
				       : _("Case %s: the answer did not go out"),
			       number),
		       hy_strf(work, "%s%s%s", why ? why : "", cure ? "\n" : "", cure ? cure : ""),
		       a->cs);
	talloc_free(work);
}

void desk_answer_undelivered(struct hy_desk *desk, const struct hy_answer *a)
{
	struct hy_case *c = NULL;
	struct hy_account *account = NULL;
	void *work = talloc_new(desk);

	if (!hy_case_get(desk->st, work, a->cs, &c, NULL) &&
	    !hy_account_get(desk->st, work, a->account, &account, NULL))
		desk_page_case(desk, "report", hy_strf(work, "report:answer:%" PRId64, a->id.v),
			       hy_strf(work, _("%s could not deliver the answer of case %s"),
				       account->name, c->number),
			       hy_strf(work, "%s: huying case show %s", _("answer by another way"),
				       c->number),
			       a->cs);
	talloc_free(work);
}

enum hy_status desk_answers_restored(struct hy_desk *desk, struct hy_err *err)
{
	void *work = talloc_new(desk);
	struct hy_answer *list = NULL;
	size_t n = 0;
	enum hy_status status = hy_answer_open(desk->st, work, &list, &n, err);

	for (size_t i = 0; i < n && !status; i++) {
		struct hy_answer *a = &list[i];
		enum hy_delivery_state from = a->state;
		bool left = from == HY_DELIVERY_SENDING || from == HY_DELIVERY_UNKNOWN;

		a->state = left ? HY_DELIVERY_UNKNOWN : HY_DELIVERY_MISSED;
		a->wait_until = left ? HY_TIME_NEVER : 0;
		a->error = _("restored from a backup: it may have gone out since; look on the "
			     "platform first");
		status = hy_answer_move(desk->st, a, from, a->fence, err);
		if (!status)
			desk_answer_page(desk, a, a->error);
	}
	talloc_free(work);
	return status;
}

/* "hy0123456789abcdef-2" is the second attempt of an answer's key. */
static char *key_of(const void *ctx, const char *own)
{
	const char *dash = own ? strrchr(own, '-') : NULL;

	return dash ? hy_strndup(ctx, own, (size_t)(dash - own)) : NULL;
}

enum same { SAME_BYTES, SAME_HEX, SAME_DECIMAL };

/* One of the ids of a receipt, which holds one for each part of a long message. */
static bool of_part(const void *ctx, const char *receipt, const char *told, enum same how)
{
	while (*receipt) {
		size_t n = strcspn(receipt, " ");
		const char *id = hy_strndup(ctx, receipt, n);

		if (how == SAME_BYTES	? strcasecmp(id, told) == 0
		    : how == SAME_HEX	? hy_smpp_same_id(id, told)
					: hy_smpp_same_id(told, id))
			return true;
		receipt += n + (receipt[n] == ' ');
	}
	return false;
}

/* What stands in the receipt of the answer that is meant: the id told, or the same number written the
 * other way; NULL where it is none. */
static const char *form_of_id(const void *ctx, const char *told, enum same how)
{
	char *end = NULL;
	unsigned long long number;

	if (how == SAME_BYTES || !*told || strlen(told) > 20)
		return how == SAME_BYTES && *told ? told : NULL;
	number = strtoull(told, &end, how == SAME_HEX ? 10 : 16);
	if (*end)
		return NULL;
	return hy_strf(ctx, how == SAME_HEX ? "%llx" : "%llu", number);
}

/* Byte for byte in all of them first: the same number in hex may be another answer's. */
static enum hy_status by_parts(struct hy_desk *desk, const void *ctx, struct hy_account_id account,
			       const char *told, struct hy_answer **out, struct hy_err *err)
{
	hy_time since = hy_desk_now(desk) - RECEIPT_LATE;
	enum hy_status status = HY_OK;

	for (enum same how = SAME_BYTES; how <= SAME_DECIMAL && !status; how++) {
		const char *form = form_of_id(ctx, told, how);
		struct hy_answer *list = NULL;
		size_t n = 0;

		if (form)
			status = hy_answer_with(desk->st, ctx, account, form, since, RECEIPTS_ASKED,
						&list, &n, err);
		for (size_t i = 0; i < n && !status; i++)
			if (of_part(ctx, list[i].receipt, told, how)) {
				*out = &list[i];
				return HY_OK;
			}
	}
	return status ? status : HY_ENOTFOUND;
}

enum hy_status desk_answer_told(struct hy_desk *desk, const void *ctx,
				const struct hy_account_id account, const char *platform,
				const struct hy_push *p, struct hy_answer **out, struct hy_err *err)
{
	struct hy_answer *a = NULL;
	struct hy_err why = {0};
	enum hy_status status =
		!strcmp(platform, "smpp")
			? by_parts(desk, ctx, account, p->ref, &a, &why)
			: hy_answer_find(desk->st, ctx, account, p->ref, key_of(ctx, p->own), &a,
					 &why);

	*out = NULL;
	if (status == HY_ENOTFOUND)
		return HY_OK;
	if (status)
		return hy_err_set(err, status, "%s", why.text);
	status = hy_answer_reported(desk->st, a->id,
				    p->delivered ? HY_ANSWER_DELIVERED : HY_ANSWER_UNDELIVERED,
				    p->delivered ? NULL : hy_mask_text(ctx, p->code, NULL), err);
	if (!status && a->state == HY_DELIVERY_UNKNOWN)
		desk_page_over(desk, page_key(ctx, a->id));
	if (!status)
		*out = a;
	return status;
}
