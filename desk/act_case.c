/* Cases: the domain rules are cases/; here are the doors to them, with the transaction and the
 * audit row. */
#include "desk/answering.h"

#include "desk/import.h"
#include "desk/receive.h"

#include <string.h>

#define CASE_TITLE_MAX 200  /* code points */
#define CASE_TEXT_MAX 20000 /* code points */
#define CONTACT_MAX 200	    /* bytes */
#define CHANNEL_MAX 40

static const char *unit_name(struct hy_desk *desk, const void *ctx, struct hy_unit_id id)
{
	struct hy_unit *unit = NULL;
	return id.v && !hy_unit_get(desk->st, ctx, id, &unit, NULL) ? unit->name : NULL;
}

static hy_time next_due(const struct hy_case *c)
{
	if (c->state == HY_CASE_CLOSED)
		return 0;
	if (c->due_reply && !c->first_reply && (!c->due_resolve || c->due_reply < c->due_resolve))
		return c->due_reply;
	return c->due_resolve;
}

static void put_case_titled(struct hy_desk *desk, struct hy_json_writer *w, const struct hy_case *c,
			    bool titled)
{
	hy_time now = hy_desk_now(desk), due = next_due(c);

	hy_jw_kint(w, "id", c->id.v);
	hy_jw_kstr(w, "number", c->number);
	hy_jw_kstr(w, "type", hy_case_type_name(c->type));
	hy_jw_kstr(w, "state", hy_case_state_name(c->state));
	hy_jw_kstr(w, "title", titled ? c->title : NULL);
	hy_jw_kstr(w, "channel", c->channel);
	hy_jw_kstr(w, "unit", unit_name(desk, w, c->unit));
	hy_jw_kint(w, "unit_id", c->unit.v);
	put_ts(w, "opened_ts", c->opened);
	put_when(desk, w, "when", c->opened);
	put_ts(w, "due_reply_ts", c->due_reply);
	put_when(desk, w, "due_reply_when", c->due_reply);
	put_ts(w, "due_resolve_ts", c->due_resolve);
	put_when(desk, w, "due_resolve_when", c->due_resolve);
	put_ts(w, "due_ts", due);
	put_when(desk, w, "due_when", due);
	if (due)
		hy_jw_kint(w, "left_s", (due - now) / HY_SECOND);
	hy_jw_kbool(w, "overdue", hy_case_overdue(c, now));
	put_ts(w, "first_reply_ts", c->first_reply);
	put_ts(w, "closed_ts", c->closed);
	hy_jw_kint(w, "round", c->round);
	hy_jw_kbool(w, "reply_met", c->first_reply && c->reply_met);
	hy_jw_kstr(w, "calendar", c->calendar);
}

static void put_case(struct hy_desk *desk, struct hy_json_writer *w, const struct hy_case *c)
{
	put_case_titled(desk, w, c, true);
}

/* Whose work it is to know what a case is about: the desk's people, and its own unit's. */
static bool may_know(const struct hy_person *p, const struct hy_case *c)
{
	if (p->duties & (HY_DUTY_CLERK | HY_DUTY_EDITOR | HY_DUTY_APPROVER | HY_DUTY_SUPERVISOR))
		return true;
	return (p->duties & HY_DUTY_HANDLER) && c->unit.v && c->unit.v == p->unit.v;
}

enum hy_status desk_case_find(struct hy_desk *desk, const void *ctx, const struct hy_json *params,
			      struct hy_case **out, struct hy_err *err)
{
	const struct hy_json *id = hy_json_get(params, "id");
	char number[24];

	if (id && id->type == HY_JSON_INT) {
		snprintf(number, sizeof(number), "%" PRId64, id->integer);
		return hy_case_find(desk->st, ctx, number, out, err);
	}
	return hy_case_find(desk->st, ctx, param_text(params, "id"), out, err);
}

static enum hy_status find_unit(struct hy_desk *desk, const void *ctx, const struct hy_json *params,
				struct hy_unit_id *out, struct hy_err *err)
{
	const char *name = param_str(params, "unit");
	struct hy_unit *unit = NULL;
	enum hy_status status = name ? hy_unit_find(desk->st, ctx, name, &unit, err) : HY_OK;

	if (!status)
		*out = unit ? unit->id : (struct hy_unit_id){0};
	return status;
}

/* ---- opening ---- */

/* A title stands open where cases are listed: its numbers are masked, and it stands whole, sealed,
 * before the text. */
static void guard_title(struct hy_case *c, const void *ctx)
{
	char *masked = hy_mask_text(ctx, c->title, NULL);

	if (!strcmp(masked, c->title))
		return;
	c->text = hy_strf(ctx, "%s%s%s", c->title, *c->text ? "\n" : "", c->text);
	c->title = masked;
}

static enum hy_status case_of_params(struct hy_desk *desk, const void *ctx,
				     const struct hy_json *params, struct hy_case *c,
				     struct hy_err *err)
{
	struct hy_item *it = NULL;
	const char *type = param_str(params, "type"), *channel = param_str(params, "channel");
	enum hy_status status = hy_case_type_parse(type ? type : "request", &c->type, err);

	c->title = param_str(params, "title");
	c->text = param_text(params, "text");
	c->channel = channel ? desk_channel(channel) : "desk";
	if (!status && hy_utf8_count(c->title, strlen(c->title)) > CASE_TITLE_MAX)
		status = hy_err_set(err, HY_EINPUT, _("title: at most %d characters"),
				    CASE_TITLE_MAX);
	if (!status && hy_utf8_count(c->text, strlen(c->text)) > CASE_TEXT_MAX)
		status =
			hy_err_set(err, HY_EINPUT, _("text: at most %d characters"), CASE_TEXT_MAX);
	guard_title(c, ctx);
	if (!status)
		status = param_id(params, "alert", &c->alert.v, err);
	if (!status)
		status = param_id(params, "item", &c->item.v, err);
	if (!status)
		status = param_id(params, "claim", &c->claim.v, err);
	if (!status)
		status = param_time(desk, params, "at", &c->opened, err);
	if (!status && c->item.v)
		status = hy_item_get(desk->st, desk, c->item, &it, err);
	talloc_free(it);
	if (!status && c->opened > hy_desk_now(desk))
		status = hy_err_set(err, HY_EINPUT, _("at: a message cannot arrive in the future"));
	return status;
}

/* The same number twice is the same request: the case that exists is named. */
static enum hy_status check_reference(struct hy_desk *desk, const void *ctx,
				      const struct hy_case *c, const char *reference,
				      const char *contact, struct hy_err *err)
{
	struct hy_case_id id = {0};
	struct hy_case *there = NULL;
	enum hy_status status;

	if (strlen(reference) > DESK_REFERENCE_MAX || strchr(reference, '\n'))
		return hy_err_set(err, HY_EINPUT, _("reference: one line of at most %d bytes"),
				  DESK_REFERENCE_MAX);
	if (strlen(contact) > CONTACT_MAX || strchr(contact, '\n'))
		return hy_err_set(err, HY_EINPUT, _("contact: one line of at most %d bytes"),
				  CONTACT_MAX);
	if (strlen(c->channel) > CHANNEL_MAX)
		return hy_err_set(err, HY_EINPUT, _("channel: at most %d bytes"), CHANNEL_MAX);
	if (!*reference)
		return HY_OK;
	status = desk_reference_find(desk, ctx, c->channel, reference, &id, err);
	if (status == HY_ENOTFOUND)
		return HY_OK;
	if (!status)
		status = hy_case_get(desk->st, ctx, id, &there, err);
	if (!status)
		status = hy_err_set(err, HY_EEXISTS,
				    _("%s came already: it is case %s (huying case show %s)"),
				    reference, there->number, there->number);
	return status;
}

static enum hy_status assign(struct hy_desk *desk, const void *ctx,
			     const struct hy_case_rules *rules, struct hy_case_id id,
			     struct hy_unit_id unit, struct hy_person_id actor, struct hy_err *err)
{
	const struct hy_case_step step = {
		.act = HY_CASE_DO_ASSIGN, .unit = unit, .who = actor, .at = hy_desk_now(desk)};
	return hy_cases_step(desk->st, ctx, rules, id, &step, NULL, err);
}

enum hy_status act_case_open(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, struct hy_json_writer *w,
			     struct hy_err *err)
{
	struct hy_case_rules rules;
	struct hy_case c = {0}, *made = NULL;
	struct hy_case_id id = {0};
	struct hy_unit_id unit = {0};
	const char *reference = param_text(params, "reference");
	const char *contact = param_text(params, "contact");
	enum hy_status status = desk_promises(desk, w, &rules, err);

	if (!status)
		status = case_of_params(desk, w, params, &c, err);
	if (!status)
		status = find_unit(desk, w, params, &unit, err);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = check_reference(desk, w, &c, reference, contact, err);
	if (!status)
		status = hy_cases_open(desk->st, w, &rules, &c, hy_desk_now(desk), actor, &id, err);
	if (!status && *reference)
		status = desk_reference_keep(desk, w, c.channel, reference, id, err);
	if (!status && *contact)
		status = desk_contact_keep(desk, contact, id, c.opened, err);
	if (!status && unit.v)
		status = assign(desk, w, &rules, id, unit, actor, err);
	if (!status)
		status = desk_alert_used(desk, c.alert, id, (struct hy_claim_id){0}, err);
	status = desk_done(desk, status, actor, "case.open", err, "case %" PRId64, id.v);
	if (!status)
		status = hy_case_get(desk->st, w, id, &made, err);
	if (!status) {
		put_case(desk, w, made);
		hy_jw_kstr(w, "code", made->code);
	}
	return status;
}

/* ---- reading ---- */

/* Whatever their state: who has a number in hand wants its case. */
static enum hy_status by_reference(struct hy_desk *desk, const void *ctx, const char *reference,
				   struct hy_case **out, size_t *n, struct hy_err *err)
{
	struct hy_case_id *ids = NULL;
	struct hy_case *list;
	enum hy_status status = desk_reference_cases(desk, ctx, reference, &ids, n, err);

	list = hy_new_array(ctx, struct hy_case, *n + 1);
	for (size_t i = 0; i < *n && !status; i++) {
		struct hy_case *c = NULL;

		status = hy_case_get(desk->st, list, ids[i], &c, err);
		if (!status)
			list[i] = *c;
	}
	*out = list;
	return status;
}

enum hy_status act_case_list(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, struct hy_json_writer *w,
			     struct hy_err *err)
{
	bool overdue = hy_json_bool(params, "overdue", false);
	const char *reference = param_text(params, "reference");
	struct hy_case *list = NULL;
	struct hy_person *person = NULL;
	size_t n = 0;
	struct hy_case_filter f = {
		.closed_too = hy_json_bool(params, "closed", false),
		.before_id = hy_json_int(params, "before", 0),
		.due_before = overdue ? hy_desk_now(desk) + 1 : 0,
	};
	enum hy_status status = find_unit(desk, w, params, &f.unit, err);

	if (!status)
		status = param_limit(params, 50, 500, &f.limit, err);
	if (!status)
		status = hy_person_get(desk->st, w, actor, &person, err);
	if (!status && *reference)
		status = by_reference(desk, w, reference, &list, &n, err);
	else if (!status)
		status = hy_case_list(desk->st, w, &f, &list, &n, err);
	if (status)
		return status;
	hy_jw_key(w, "items");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		if (overdue && !hy_case_overdue(&list[i], hy_desk_now(desk)))
			continue;
		hy_jw_object(w);
		put_case_titled(desk, w, &list[i], may_know(person, &list[i]));
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	hy_jw_kint(w, "next", !*reference && n == (size_t)f.limit ? list[n - 1].id.v : 0);
	return HY_OK;
}

/* What was said to the citizen: the rest is between colleagues. */
static bool for_citizen(const struct hy_case_event *e)
{
	return !strcmp(e->kind, "replied") || !strcmp(e->kind, "waiting") ||
	       !strcmp(e->kind, "closed");
}

static void put_events(struct hy_desk *desk, struct hy_json_writer *w,
		       const struct hy_case_event *ev, size_t n, bool inside)
{
	hy_jw_key(w, "events");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		if (!inside && !strcmp(ev[i].kind, DESK_ORIGIN))
			continue;
		hy_jw_object(w);
		put_ts(w, "at_ts", ev[i].at);
		put_when(desk, w, "when", ev[i].at);
		hy_jw_kstr(w, "kind", ev[i].kind);
		hy_jw_kstr(w, "holder", ev[i].holder);
		hy_jw_kstr(w, "unit", unit_name(desk, w, ev[i].unit));
		if (inside || for_citizen(&ev[i]))
			hy_jw_kstr(w, "text", ev[i].text);
		if (inside) {
			put_person_name(desk, w, "actor", ev[i].actor);
		}
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
}

static enum hy_status put_custody(struct hy_desk *desk, struct hy_json_writer *w,
				  const struct hy_case_event *ev, size_t n, struct hy_err *err)
{
	struct hy_calendar *cal = NULL;
	struct hy_custody *ledger = NULL;
	size_t held = 0;
	enum hy_status status = desk_calendar(desk, &cal, err);

	if (status)
		return status;
	held = hy_custody_ledger(cal, ev, n, hy_desk_now(desk), w, &ledger);
	hy_jw_key(w, "custody");
	hy_jw_array(w);
	for (size_t i = 0; i < held; i++) {
		hy_jw_object(w);
		hy_jw_kstr(w, "holder", hy_holder_name(ledger[i].holder));
		hy_jw_kstr(w, "unit", unit_name(desk, w, ledger[i].unit));
		put_ts(w, "since_ts", ledger[i].since);
		put_ts(w, "until_ts", ledger[i].until);
		hy_jw_kint(w, "seconds", ledger[i].total);
		hy_jw_kint(w, "work_seconds", ledger[i].work);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	return HY_OK;
}

/* The desk handles every case, a unit those that it holds. */
static bool handles_case(const struct hy_person *person, const struct hy_case *c)
{
	return (person->duties & (HY_DUTY_CLERK | HY_DUTY_EDITOR)) ||
	       (c->unit.v && person->unit.v == c->unit.v);
}

/* What a citizen wrote is opened by those who handle it; others give a reason; each view leaves an
 * audit row (G21). */
enum hy_status desk_case_viewed(struct hy_desk *desk, struct hy_person_id actor,
				const struct hy_case *c, const char *why, struct hy_err *err)
{
	struct hy_person *person = NULL;
	enum hy_status status = hy_person_get(desk->st, desk, actor, &person, err);
	bool handles = !status && handles_case(person, c);
	char *detail = NULL;

	if (!status && !handles && (!why || !*why))
		status = hy_err_set(
			err, HY_EREFUSED,
			_("case %s is not yours to handle: say why you open it (why=...)"),
			c->number);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		goto out;
	detail = hy_strf(person, "{\"handles\":%s}", handles ? "true" : "false");
	status = desk_audit(desk, actor, "case.view", err, detail, "case %" PRId64, c->id.v);
	status = desk_end(desk, status, err);
out:
	talloc_free(person);
	return status;
}

enum hy_status act_case_show(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, struct hy_json_writer *w,
			     struct hy_err *err)
{
	struct hy_case *c = NULL;
	struct hy_case_event *ev = NULL;
	size_t n = 0;
	enum hy_status status = desk_case_find(desk, w, params, &c, err);

	if (!status)
		status = desk_case_viewed(desk, actor, c, param_str(params, "why"), err);
	if (!status)
		status = hy_case_events(desk->st, w, c->id, &ev, &n, err);
	if (status)
		return status;
	put_case(desk, w, c);
	hy_jw_kstr(w, "text", c->text);
	hy_jw_kstr(w, "code", c->code);
	hy_jw_kint(w, "alert", c->alert.v);
	hy_jw_kint(w, "claim", c->claim.v);
	hy_jw_kint(w, "item", c->item.v);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(ev[i].kind, DESK_ORIGIN))
			hy_jw_kstr(w, "reference", ev[i].text);
	status = desk_put_answers(desk, w, c, err);
	if (!status)
		status = desk_put_media(desk, w, c->id, err);
	if (status)
		return status;
	put_events(desk, w, ev, n, true);
	return put_custody(desk, w, ev, n, err);
}

enum hy_status act_case_lookup(struct hy_desk *desk, struct hy_person_id actor,
			       const struct hy_json *params, struct hy_json_writer *w,
			       struct hy_err *err)
{
	const char *code = param_text(params, "code");
	struct hy_case *c = NULL;
	struct hy_case_event *ev = NULL;
	size_t n = 0;
	enum hy_status status = hy_case_find(desk->st, w, param_text(params, "number"), &c, NULL);

	(void)actor;
	/* a number of the record is no public number; a wrong code looks like a wrong number */
	if (status || strcmp(c->number, param_text(params, "number")) || !c->code ||
	    strlen(code) != strlen(c->code) || !hy_equal_ct(code, c->code, strlen(code)))
		return hy_err_set(err, HY_ENOTFOUND, _("no case with this number and code"));
	status = hy_case_events(desk->st, w, c->id, &ev, &n, err);
	if (status)
		return status;
	hy_jw_kstr(w, "number", c->number);
	hy_jw_kstr(w, "state", hy_case_state_name(c->state));
	hy_jw_kstr(w, "unit", unit_name(desk, w, c->unit));
	put_ts(w, "due_ts", next_due(c));
	put_when(desk, w, "due_when", next_due(c));
	put_events(desk, w, ev, n, false);
	return HY_OK;
}

static enum hy_status put_why(struct hy_desk *desk, struct hy_json_writer *w,
			      const struct hy_case_rules *rules, struct hy_case_id id,
			      enum hy_case_promise which, char **text, struct hy_err *err)
{
	struct hy_explanation *why = NULL;
	enum hy_status status = hy_cases_why(desk->st, w, rules, id, which, &why, err);

	if (status == HY_ENOTFOUND)
		return HY_OK;
	if (status)
		return status;
	hy_explanation_json(rules->cal, why, w);
	*text = hy_strf(w, "%s%s%s", *text, **text ? "\n" : "",
			hy_explanation_text(rules->cal, why, w, hy_desk_lang(desk)));
	return HY_OK;
}

enum hy_status act_case_why_due(struct hy_desk *desk, struct hy_person_id actor,
				const struct hy_json *params, struct hy_json_writer *w,
				struct hy_err *err)
{
	struct hy_case_rules rules;
	struct hy_case *c = NULL;
	char *text = hy_strdup(w, "");
	enum hy_status status = desk_case_find(desk, w, params, &c, err);

	(void)actor;
	if (!status)
		status = desk_promises(desk, w, &rules, err);
	if (status)
		return status;
	hy_jw_kstr(w, "number", c->number);
	hy_jw_key(w, "promises");
	hy_jw_array(w);
	status = put_why(desk, w, &rules, c->id, HY_CASE_REPLY, &text, err);
	if (!status)
		status = put_why(desk, w, &rules, c->id, HY_CASE_RESOLVE, &text, err);
	if (status)
		return status;
	hy_jw_end_array(w);
	hy_jw_kstr(w, "text", text);
	return HY_OK;
}

/* ---- steps ---- */

/* A handler acts on what the own unit holds and on nothing else. */
enum hy_status desk_case_may(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_case *c, struct hy_err *err)
{
	struct hy_person *person = NULL;
	enum hy_status status = hy_person_get(desk->st, desk, actor, &person, err);

	if (!status && !handles_case(person, c) && !(person->duties & HY_DUTY_SUPERVISOR))
		status =
			hy_err_set(err, HY_EREFUSED, _("case %s is not with your unit"), c->number);
	talloc_free(person);
	return status;
}

/* Its writer's handle is erased by then: a new matter is a new case. */
static enum hy_status may_reopen(struct hy_desk *desk, const struct hy_case *c, struct hy_err *err)
{
	hy_dur keep = hy_conf_dur(desk->conf, "keep", NULL, "reopen");

	if (c->state != HY_CASE_CLOSED || hy_desk_now(desk) < c->closed + keep)
		return HY_OK;
	return hy_err_set(err, HY_EREFUSED,
			  _("case %s was closed more than %d days ago: open another"), c->number,
			  (int)(keep / HY_DAY));
}

static enum hy_status step(struct hy_desk *desk, struct hy_person_id actor,
			   const struct hy_json *params, struct hy_json_writer *w,
			   enum hy_case_act act, const char *text, struct hy_err *err)
{
	struct hy_case_rules rules;
	struct hy_case *c = NULL, *after = NULL;
	struct hy_case_step s = {.act = act, .text = text, .who = actor, .at = hy_desk_now(desk)};
	struct desk_answer_plan plan = {.by_hand = hy_json_bool(params, "record_only", false)};
	char action[40];
	enum hy_status status = desk_case_find(desk, w, params, &c, err);

	snprintf(action, sizeof(action), "case.%s", hy_case_act_name(act));
	if (!status)
		status = desk_case_may(desk, actor, c, err);
	if (!status && act == HY_CASE_DO_REOPEN)
		status = may_reopen(desk, c, err);
	if (!status)
		status = find_unit(desk, w, params, &s.unit, err);
	if (!status)
		status = desk_promises(desk, w, &rules, err);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_cases_step(desk->st, w, &rules, c->id, &s, &after, err);
	if (!status && act == HY_CASE_DO_REPLY)
		status = desk_answer_plan(desk, w, c->id, actor, text, &plan, err);
	status = desk_done(desk, status, actor, action, err, "case %" PRId64, c->id.v);
	if (!status)
		put_case(desk, w, after);
	if (!status && act == HY_CASE_DO_REPLY)
		desk_put_plan(w, &plan);
	return status;
}

#define STEP(fn, act, text)                                                                        \
	enum hy_status fn(struct hy_desk *desk, struct hy_person_id actor,                         \
			  const struct hy_json *params, struct hy_json_writer *w,                  \
			  struct hy_err *err)                                                      \
	{                                                                                          \
		return step(desk, actor, params, w, act, text, err);                               \
	}
STEP(act_case_assign, HY_CASE_DO_ASSIGN, NULL)
STEP(act_case_return, HY_CASE_DO_RETURN, param_str(params, "why"))
STEP(act_case_reply, HY_CASE_DO_REPLY, param_str(params, "text"))
STEP(act_case_note, HY_CASE_DO_NOTE, param_str(params, "text"))
STEP(act_case_wait, HY_CASE_DO_WAIT, param_str(params, "text"))
STEP(act_case_resume, HY_CASE_DO_RESUME, NULL)
STEP(act_case_reopen, HY_CASE_DO_REOPEN, param_str(params, "why"))

/* What was answered may be closed without a word; what nobody answered, not. */
enum hy_status act_case_close(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	const char *text = param_str(params, "text");
	struct hy_case *c = NULL;
	enum hy_status status = desk_case_find(desk, w, params, &c, err);

	if (!status && !c->first_reply && (!text || !*text))
		status = hy_err_set(err, HY_EINPUT,
				    _("case %s was never answered: say why it is closed (text)"),
				    c->number);
	if (status)
		return status;
	return step(desk, actor, params, w, HY_CASE_DO_CLOSE, text && *text ? text : _("closed"),
		    err);
}

/* ---- the calendar changed; the report ---- */

enum hy_status act_sla_recompute(struct hy_desk *desk, struct hy_person_id actor,
				 const struct hy_json *params, struct hy_json_writer *w,
				 struct hy_err *err)
{
	struct hy_case_rules rules;
	struct hy_case_moved *moved = NULL;
	size_t n = 0;
	enum hy_status status = desk_promises(desk, w, &rules, err);

	(void)params;
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_cases_recompute(desk->st, w, &rules, hy_desk_now(desk), actor, false, &moved,
				    &n, err);
	status = desk_done(desk, status, actor, "sla.recompute", err, "%zu cases", n);
	if (status)
		return status;
	hy_jw_key(w, "moved");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		hy_jw_object(w);
		hy_jw_kint(w, "id", moved[i].id.v);
		hy_jw_kstr(w, "number", moved[i].number);
		put_ts(w, "from_reply_ts", moved[i].old_reply);
		put_ts(w, "to_reply_ts", moved[i].new_reply);
		put_ts(w, "from_resolve_ts", moved[i].old_resolve);
		put_ts(w, "to_resolve_ts", moved[i].new_resolve);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	return HY_OK;
}

/* "2026-11": the instants at which it begins and ends in office time. */
static enum hy_status month_span(const struct hy_calendar *cal, const char *month, hy_time *since,
				 hy_time *until, struct hy_err *err)
{
	char first[11];
	int date = 0, next = 0;

	snprintf(first, sizeof(first), "%.7s-01", month);
	if (strlen(month) != 7 || hy_date_parse(first, &date, NULL))
		return hy_err_set(err, HY_EINPUT,
				  _("month: YYYY-MM, for example 2026-11, not \"%.20s\""), month);
	next = hy_date_add(date, 31);
	*since = hy_calendar_day_start(cal, date);
	*until = hy_calendar_day_start(cal, next / 100 * 100 + 1);
	return *since && *until
		       ? HY_OK
		       : hy_err_set(err, HY_EINPUT, _("month: %s is outside the calendar"), month);
}

static enum hy_status report_span(struct hy_desk *desk, const struct hy_json *params,
				  const struct hy_calendar *cal, hy_time *since, hy_time *until,
				  struct hy_err *err)
{
	const char *month = param_str(params, "month");
	hy_time now = hy_desk_now(desk);
	enum hy_status status = param_time(desk, params, "since", since, err);

	if (!status)
		status = param_time(desk, params, "until", until, err);
	if (status)
		return status;
	if (month)
		return month_span(cal, month, since, until, err);
	if (!*since) {
		int today = hy_calendar_date(cal, now);
		*since = hy_calendar_day_start(cal, today / 100 * 100 + 1);
	}
	*until = *until ? *until : now + HY_SECOND;
	return *since < *until
		       ? HY_OK
		       : hy_err_set(err, HY_EINPUT, _("report: since must be before until"));
}

enum hy_status act_report_sla(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	struct hy_case_rules rules;
	struct hy_sla_report *report = NULL;
	hy_time since = 0, until = 0, as_of = 0;
	const char *format = param_str(params, "format"), *lang_name = param_str(params, "lang");
	enum hy_lang lang = lang_name ? (strcmp(lang_name, "en") ? HY_LANG_ZH : HY_LANG_EN)
				      : hy_desk_lang(desk);
	int least = (int)hy_conf_int(desk->conf, "report", NULL, "minimum_cases");
	enum hy_status status = desk_promises(desk, w, &rules, err);

	(void)actor;
	format = format ? format : "text";
	if (!status)
		status = report_span(desk, params, rules.cal, &since, &until, err);
	if (!status)
		status = param_time(desk, params, "as_of", &as_of, err);
	/* A period that is over is judged as of its end: run again next year, the same bytes. */
	if (!as_of)
		as_of = until < hy_desk_now(desk) ? until : hy_desk_now(desk);
	if (!status)
		status = hy_sla_load(desk->st, w, &rules, since, until, as_of, least, &report, err);
	if (status)
		return status;
	hy_jw_kstr(w, "format", format);
	if (!strcmp(format, "text"))
		hy_jw_kstr(w, "text", hy_sla_text(report, rules.cal, w, lang));
	else if (!strcmp(format, "csv"))
		hy_jw_kstr(w, "text", hy_sla_csv(report, rules.cal, w, lang));
	else if (strcmp(format, "json"))
		return hy_err_set(err, HY_EINPUT, _("format is text, csv or json, not \"%s\""),
				  format);
	else {
		hy_jw_key(w, "report");
		hy_sla_json(report, rules.cal, w);
	}
	return HY_OK;
}
