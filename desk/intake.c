/*
 * What one thing said becomes. A message to us is a case of its own, or joins the open one of the
 * same contact; its words stand sealed in the case and nowhere else. Something public (webhook) is
 * an item like any other. What was said twice changes nothing; what is older than what we know
 * changes nothing either; what was deleted stays so.
 */
#include "desk/receive.h"

#include "desk/answering.h"

#include "collectors/collectors.h"
#include "desk/balance.h"

#include <stdlib.h>
#include <string.h>

#define CREATED_BACK (7 * HY_DAY) /* how far a platform's time is believed */
#define SAME_FOR (10 * HY_MINUTE)
#define SAME_DOUBT (2 * HY_MINUTE) /* an answer under way when a line breaks */
#define DOUBT_FOR HY_DAY	   /* centres bring it again by a schedule of their own */

static enum hy_status count(struct desk_intake *in, const struct desk_box *box,
			    const struct desk_taken *t, struct hy_err *err)
{
	static const char *const words[] = {"new", "repeat", "refused"};
	const char *why = t->said == DESK_SAID_REFUSED ? t->why
			  : t->said == DESK_SAID_NEW   ? in->sweep
						       : "";
	struct hy_source_id id = box->source;

	return hy_source_count(in->desk->st, id, in->day, words[t->said], why, 1, err);
}

enum hy_status desk_count_received(struct desk_intake *in, const struct desk_box *box, int64_t n,
				   struct hy_err *err)
{
	return n ? hy_source_count(in->desk->st, box->source, in->day, "received", "", n, err)
		 : HY_OK;
}

/* How late it came, by the platform's clock, where that can be true. */
static enum hy_status count_lag(struct desk_intake *in, const struct desk_box *box,
				const struct hy_push *p, struct hy_err *err)
{
	hy_time now = hy_desk_now(in->desk);
	struct desk_lags lags = {0};

	if (p->kind != HY_PUSH_MESSAGE || p->created <= now - CREATED_BACK || p->created > now)
		return HY_OK;
	desk_lags_add(&lags, now - p->created);
	return desk_lags_count(in->desk, box->source, in->day, &lags, err);
}

enum hy_status desk_count_refused(struct desk_intake *in, const struct desk_box *box,
				  const char *why, struct hy_err *err)
{
	const struct desk_taken t = {.said = DESK_SAID_REFUSED, .why = why};

	return count(in, box, &t, err);
}

/* The platform's time of a message, where it can be true. */
static hy_time when(const struct desk_intake *in, const struct hy_push *p)
{
	hy_time now = hy_desk_now(in->desk);

	return p->created > now - CREATED_BACK && p->created <= now ? p->created : now;
}

static void key_of(const struct desk_intake *in, const struct desk_box *box, const char *what,
		   const char *text, uint8_t out[HY_HASH_LEN])
{
	desk_keyed(in->desk, what, box->source.v, text, strlen(text), out);
}

/* ---- items ---- */

/* The item of a message to us says that it came, not what it says. */
static enum hy_status store_item(struct desk_intake *in, const void *ctx,
				 const struct desk_box *box, const struct hy_push *p,
				 const char *id, bool gone, struct hy_item_id *out,
				 struct hy_err *err)
{
	struct hy_item it = {.source = box->source,
			     .kind = p->open ? HY_ITEM_POST : HY_ITEM_MESSAGE,
			     .posted = when(in, p),
			     .taken = hy_desk_now(in->desk),
			     .title = "",
			     .text = "",
			     .lang = "",
			     .place = "",
			     .flags = p->open ? 0 : HY_ITEM_ADDRESSED};
	enum hy_put what;
	char *words;
	enum hy_status status = HY_OK;

	key_of(in, box, "item", id, it.native);
	if (p->open && !gone) {
		it.title = hy_mask_text(ctx, p->title ? p->title : "", NULL);
		it.text = hy_mask_text(ctx, p->text, NULL);
		if (in->voice_key)
			hy_voice_of(in->voice_key, box->receiver->name, p->sender, it.voice);
		status = hy_item_seal_url(ctx, in->desk->master, it.native, p->url, &it.url_sealed,
					  &it.url_sealed_n, err);
	}
	if (gone)
		it.flags |= HY_ITEM_WITHDRAWN;
	words = hy_strf(ctx, "%s\n%s%s", it.title, it.text, gone ? "\nwithdrawn" : "");
	desk_keyed(in->desk, "content", 0, words, strlen(words), it.content);
	if (!status)
		status = hy_item_put(in->desk->st, &it, &what, err);
	if (!status)
		*out = it.id;
	return status;
}

/* ---- cases ---- */

static char *words_of(const void *ctx, const struct hy_push *p)
{
	return hy_strf(ctx, "%s%s%s%s%s", p->title && *p->title ? p->title : "",
		       p->title && *p->title ? "\n" : "", p->text, p->url ? "\n" : "",
		       p->url ? p->url : "");
}

static enum hy_status note(struct desk_intake *in, const void *ctx, struct hy_case_id cs,
			   const char *text, struct hy_err *err)
{
	struct hy_case *c = NULL;
	struct hy_case_step step = {
		.act = HY_CASE_DO_NOTE, .text = text, .at = hy_desk_now(in->desk)};
	enum hy_status status = hy_case_get(in->desk->st, ctx, cs, &c, err);

	if (status)
		return status;
	if (c->state == HY_CASE_WAITING) /* they answered: the pause is over */
		step.act = HY_CASE_DO_RESUME;
	status = hy_cases_step(in->desk->st, ctx, &in->rules, cs, &step, NULL, err);
	if (!status && step.act == HY_CASE_DO_RESUME) {
		step.act = HY_CASE_DO_NOTE;
		status = hy_cases_step(in->desk->st, ctx, &in->rules, cs, &step, NULL, err);
	}
	return status;
}

static enum hy_status open_case(struct desk_intake *in, const void *ctx, const struct desk_box *box,
				const struct hy_push *p, const uint8_t contact[HY_HASH_LEN],
				struct hy_item_id item, struct hy_case_id *out, struct hy_err *err)
{
	struct hy_case c = {.type = HY_CASE_REQUEST,
			    .title = hy_strf(ctx, _("Message over %s"), box->name),
			    .text = words_of(ctx, p),
			    .channel = box->receiver->name,
			    .item = item,
			    .opened = when(in, p)};
	hy_time now = hy_desk_now(in->desk);
	enum hy_status status = hy_cases_open(in->desk->st, ctx, &in->rules, &c, now,
					      (struct hy_person_id){0}, out, err);

	if (!status && p->sender)
		status = hy_contact_add(in->desk->st, *out, box->account, contact, p->sender,
					c.opened, err);
	return status;
}

static enum hy_status addressed(struct desk_intake *in, const void *ctx, const struct desk_box *box,
				const struct hy_push *p, const char *id, struct hy_push_row *row,
				struct desk_taken *out, struct hy_err *err)
{
	uint8_t contact[HY_HASH_LEN] = {0};
	hy_time now = hy_desk_now(in->desk);
	enum hy_status status = HY_ENOTFOUND;

	if (p->sender) {
		desk_keyed(in->desk, "contact", box->account.v, p->sender, strlen(p->sender),
			   contact);
		status = hy_contact_find(in->desk->st, box->account, contact, now - in->join,
					 &row->cs, err);
	}
	if (!status) { /* they go on writing */
		status = note(in, ctx, row->cs,
			      hy_strf(ctx, "%s\n%s", _("The writer adds:"), words_of(ctx, p)), err);
		if (!status)
			status = hy_contact_wrote(in->desk->st, row->cs, when(in, p), err);
		return status ? status
			      : desk_media_plan(in, box, p, id, when(in, p), row->cs, err);
	}
	if (status != HY_ENOTFOUND)
		return status;
	status = store_item(in, ctx, box, p, id, false, &row->item, err);
	if (!status)
		status = open_case(in, ctx, box, p, contact, row->item, &row->cs, err);
	if (!status)
		status = desk_media_plan(in, box, p, id, when(in, p), row->cs, err);
	out->opened = !status;
	out->item = row->item;
	return status;
}

/* ---- messages that can be edited and deleted ---- */

static enum hy_status make(struct desk_intake *in, const void *ctx, const struct desk_box *box,
			   const struct hy_push *p, const char *id, struct hy_push_row *row,
			   struct desk_taken *out, struct hy_err *err)
{
	if (p->open)
		return store_item(in, ctx, box, p, id, false, &row->item, err);
	return addressed(in, ctx, box, p, id, row, out, err);
}

static enum hy_status change(struct desk_intake *in, const void *ctx, const struct desk_box *box,
			     const struct hy_push *p, const char *id, struct hy_push_row *row,
			     struct hy_err *err)
{
	struct hy_push shown = *p;
	bool gone = p->kind == HY_PUSH_DELETE;

	if (row->cs.v && gone)
		return note(in, ctx, row->cs, _("The writer withdrew the message"), err);
	if (row->cs.v)
		return note(in, ctx, row->cs,
			    hy_strf(ctx, "%s\n%s", _("The writer changed the message to:"),
				    words_of(ctx, p)),
			    err);
	shown.open = true; /* it was public when it came */
	return store_item(in, ctx, box, &shown, id, gone, &row->item, err);
}

/* What we know of the message that p is about, and what p makes of it. */
static enum hy_status of_message(struct desk_intake *in, const void *ctx,
				 const struct desk_box *box, const struct hy_push *p,
				 struct desk_taken *out, struct hy_err *err)
{
	const char *id = p->kind == HY_PUSH_MESSAGE ? p->id : p->ref;
	struct hy_push_row *known = NULL, row = {.at = hy_desk_now(in->desk)};
	uint8_t key[HY_HASH_LEN];
	enum hy_status status;

	key_of(in, box, "message", id, key);
	status = hy_push_find(in->desk->st, ctx, box->source, key, &known, err);
	if (status && status != HY_ENOTFOUND)
		return status;
	if (known)
		row = *known;
	out->cs = row.cs;
	if (known && (known->gone || p->created <= known->changed)) {
		if (known->gone) {
			out->said = DESK_SAID_REFUSED;
			out->why = "deleted";
		}
		return HY_OK; /* older than what we know */
	}
	row.changed = p->created;
	row.gone = p->kind == HY_PUSH_DELETE;
	if (!known && row.gone)
		status = HY_OK; /* the deletion was faster than the message */
	else if (!known || p->kind == HY_PUSH_MESSAGE)
		status = make(in, ctx, box, p, id, &row, out, err);
	else
		status = change(in, ctx, box, p, id, &row, err);
	out->cs = row.cs;
	if (!status)
		status = hy_push_put(in->desk->st, box->source, key, &row, err);
	return status;
}

/* ---- the rest ---- */

/* The account was mentioned: its source of mentions is looked at now. */
static enum hy_status wake_mentions(struct desk_intake *in, const void *ctx,
				    const struct desk_box *box, struct hy_err *err)
{
	struct hy_source *list = NULL;
	size_t n = 0;
	enum hy_status status = hy_source_list(in->desk->st, ctx, false, &list, &n, err);

	for (size_t i = 0; i < n && !status; i++) {
		struct hy_json *options = NULL;
		const char *account;

		if (list[i].state != HY_SOURCE_ACTIVE || !strcmp(list[i].kind, "callback") ||
		    hy_json_parse(ctx, list[i].options, strlen(list[i].options), 0, &options, NULL))
			continue;
		account = hy_json_str(options, "account");
		if (hy_json_int(options, "account", 0) == box->account.v ||
		    (account && !strcmp(account, box->name)))
			status = hy_source_make_due(in->desk->st, list[i].id, hy_desk_now(in->desk),
						    err);
	}
	return status;
}

/* Of a message that we did not send: a line may be shared, and each such message has a receipt. It
 * is counted with the events, and logged once an hour. */
static enum hy_status stray(struct desk_intake *in, const void *ctx, const struct desk_box *box,
			    struct hy_err *err)
{
	char *key = hy_strf(ctx, "line.%" PRId64 ".stray", box->account.v), *text = NULL;
	hy_time now = hy_desk_now(in->desk), last = 0;
	enum hy_status status = hy_meta_get(in->desk->st, ctx, key, &text, err);

	if (!status && text)
		last = strtoll(text, NULL, 10);
	if (status || (last && now >= last && now < last + HY_HOUR))
		return status;
	hy_log(HY_LOG_NOTICE, "receive", "receipts came for messages that are no answers of ours",
	       "ACCOUNT", box->name, NULL);
	return hy_meta_set(in->desk->st, key, hy_strf(ctx, "%" PRId64, now), err);
}

/* A platform tells what became of something we sent: it is noted with the answer that it is about,
 * and a person hears of what failed. */
static enum hy_status report(struct desk_intake *in, const void *ctx, const struct desk_box *box,
			     const struct hy_push *p, struct hy_err *err)
{
	hy_time now = hy_desk_now(in->desk);
	struct hy_alert_id id = {0};
	bool fresh = false;
	uint8_t key[HY_HASH_LEN];
	struct hy_answer *answer = NULL;
	struct hy_case *c = NULL;
	enum hy_status status = desk_answer_told(in->desk, ctx, box->account, box->receiver->name,
						 p, &answer, err);

	if (!status && answer)
		status = hy_case_get(in->desk->st, ctx, answer->cs, &c, err);
	if (!status && !answer && !strcmp(box->receiver->name, "smpp"))
		return stray(in, ctx, box, err);
	if (status || p->delivered || (answer && answer->reported == HY_ANSWER_UNDELIVERED))
		return status; /* of another part, or as we were told when we asked */
	key_of(in, box, "report", p->ref, key); /* it may hold a phone number */
	const char *said = hy_strf(ctx, _("the platform says: %s"),
				   hy_mask_text(ctx, p->code, NULL));
	const struct hy_alert a = {
		.kind = "report",
		.level = "medium",
		.title = c ? hy_strf(ctx, _("%s could not deliver the answer of case %s"),
				     box->name, c->number)
			   : hy_strf(ctx, _("%s could not deliver"), box->name),
		.why = c ? hy_strf(ctx, "%s\n%s: huying case show %s", said,
				   _("answer by another way"), c->number)
			 : said,
		.key = hy_strf(ctx, "report:%s", hy_hex(ctx, key, sizeof(key))),
		.first = now,
		.last = now};
	status = hy_alert_match(in->desk->st, &a, 0, now, &id, &fresh, err);
	return status || !c ? status
			    : hy_alert_link(in->desk->st, id, c->id, (struct hy_claim_id){0}, err);
}

static enum hy_status first_time(struct desk_intake *in, const void *ctx,
				 const struct desk_box *box, const struct hy_push *p,
				 struct desk_taken *out, struct hy_err *err)
{
	switch (p->kind) {
	case HY_PUSH_MESSAGE:
	case HY_PUSH_EDIT:
	case HY_PUSH_DELETE:
		return of_message(in, ctx, box, p, out, err);
	case HY_PUSH_MENTION:
		return wake_mentions(in, ctx, box, err);
	case HY_PUSH_REPORT:
		return report(in, ctx, box, p, err);
	case HY_PUSH_EVENT:
		break;
	}
	return HY_OK;
}

/* Words without a name, from when on they are the same that we have: said twice within a short time,
 * or once before a line broke, when the answer "taken" may not have arrived. */
static hy_time same_since(const struct desk_intake *in, const struct desk_box *box)
{
	hy_time now = hy_desk_now(in->desk), since = now - SAME_FOR;

	if (box->bound_at && now < box->bound_at + DOUBT_FOR && box->heard_before &&
	    box->heard_before - SAME_DOUBT < since)
		since = box->heard_before - SAME_DOUBT;
	return since;
}

/* The name of what the platform gives none: its words, and when they were first said. */
static enum hy_status name_it(struct desk_intake *in, const void *ctx, const struct desk_box *box,
			      struct hy_push *p, struct hy_err *err)
{
	hy_time now = hy_desk_now(in->desk);
	struct hy_push_row *known = NULL, row = {.at = now, .changed = now};
	uint8_t key[HY_HASH_LEN];
	enum hy_status status;

	key_of(in, box, "words", p->id, key);
	status = hy_push_find(in->desk->st, ctx, box->source, key, &known, err);
	if (!status && known->changed >= same_since(in, box)) {
		now = known->changed;
	} else if (!status || status == HY_ENOTFOUND) {
		status = hy_push_put(in->desk->st, box->source, key, &row, err);
	}
	p->id = hy_strf(ctx, "%s|%" PRId64, p->id, now);
	p->unnamed = false;
	return status;
}

enum hy_status desk_said_before(struct desk_intake *in, const void *ctx, const struct desk_box *box,
				struct hy_push *p, uint8_t key[HY_HASH_LEN],
				struct hy_push_row **out, struct hy_err *err)
{
	enum hy_status status = p->unnamed ? name_it(in, ctx, box, p, err) : HY_OK;

	key_of(in, box, "said", p->id, key);
	return status ? status
		      : hy_push_find(in->desk->st, ctx, box->source, key, out, err);
}

enum hy_status desk_take_in(struct desk_intake *in, const void *ctx, const struct desk_box *box,
			    const struct hy_push *said, struct desk_taken *out, struct hy_err *err)
{
	struct hy_push_row *known = NULL, row = {.at = hy_desk_now(in->desk)};
	struct hy_push push = *said, *p = &push;
	uint8_t key[HY_HASH_LEN];
	enum hy_status status;

	*out = (struct desk_taken){.said = DESK_SAID_NEW};
	status = desk_said_before(in, ctx, box, p, key, &known, err);
	if (!status) {
		out->said = DESK_SAID_REPEAT;
		out->cs = known->cs;
		out->item = known->item;
		out->opened = known->cs.v && known->item.v;
		return count(in, box, out, err);
	}
	if (status != HY_ENOTFOUND)
		return status;
	status = first_time(in, ctx, box, p, out, err);
	row.cs = out->cs;
	row.item = out->item;
	if (!status)
		status = hy_push_put(in->desk->st, box->source, key, &row, err);
	if (!status)
		status = count(in, box, out, err);
	if (!status && out->said == DESK_SAID_NEW)
		status = count_lag(in, box, p, err);
	return status;
}
