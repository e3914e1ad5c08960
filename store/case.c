/*
 * Cases. The text, the look-up code and the words of the history are sealed, each for its own row;
 * so the id is chosen before the row is written, inside the transaction.
 */
#include "store/db.h"

#include <stdio.h>
#include <string.h>

#define CASE_COLS                                                                                  \
	"id, number, code, type, state, title, text, channel, item, alert, claim, unit, opened, "  \
	"first_reply, resolved, closed, due_reply, due_resolve, promise_reply, promise_resolve, "  \
	"calendar, round, reply_met, resolve_met"

static enum hy_status row_case(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_case *c = rec;
	uint8_t *code = NULL, *text = NULL;
	char row[24];

	c->id.v = hy_q_int(q);
	(void)snprintf(row, sizeof row, "%" PRId64, c->id.v); /* 20 digits at most */
	c->number = hy_q_text(q, ctx);
	enum hy_status status = hy_q_sealed(q, ctx, "office_case", row, "code", &code, NULL, err);
	c->code = (char *)code;
	c->type = (enum hy_case_type)hy_q_int(q);
	c->state = (enum hy_case_state)hy_q_int(q);
	c->title = hy_q_text(q, ctx);
	if (status == HY_OK)
		status = hy_q_sealed(q, ctx, "office_case", row, "text", &text, NULL, err);
	if (status != HY_OK)
		return status;
	c->text = (char *)text;
	c->channel = hy_q_text(q, ctx);
	c->item.v = hy_q_int(q);
	c->alert.v = hy_q_int(q);
	c->claim.v = hy_q_int(q);
	c->unit.v = hy_q_int(q);
	c->opened = hy_q_int(q);
	c->first_reply = hy_q_int(q);
	c->resolved = hy_q_int(q);
	c->closed = hy_q_int(q);
	c->due_reply = hy_q_int(q);
	c->due_resolve = hy_q_int(q);
	c->promise_reply = hy_q_text(q, ctx);
	c->promise_resolve = hy_q_text(q, ctx);
	c->calendar = hy_q_text(q, ctx);
	c->round = (int)hy_q_int(q);
	c->reply_met = hy_q_int(q) != 0;
	c->resolve_met = hy_q_int(q) != 0;
	return HY_OK;
}
static const struct hy_kind kind_case = {sizeof(struct hy_case), row_case, N_("case")};

static enum hy_status row_event(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_case_event *e = rec;
	uint8_t *text = NULL;
	char row[24];

	e->id = hy_q_int(q);
	(void)snprintf(row, sizeof row, "%" PRId64, e->id); /* 20 digits at most */
	e->cs.v = hy_q_int(q);
	e->at = hy_q_int(q);
	e->kind = hy_q_text(q, ctx);
	e->holder = hy_q_text(q, ctx);
	e->unit.v = hy_q_int(q);
	enum hy_status status = hy_q_sealed(q, ctx, "case_event", row, "text", &text, NULL, err);
	e->text = (char *)text;
	e->actor.v = hy_q_int(q);
	e->statement.v = hy_q_int(q);
	return status;
}
static const struct hy_kind kind_event = {sizeof(struct hy_case_event), row_event,
					  N_("case event")};

/* Seals a string of a row; *out is a child of ctx. */
static enum hy_status seal_text(struct hy_store *st, const void *ctx, const char *table, int64_t id,
				const char *column, const char *text, struct hy_arg *out,
				struct hy_err *err)
{
	uint8_t *sealed = NULL;
	size_t n = 0;
	char row[24];

	(void)snprintf(row, sizeof row, "%" PRId64, id); /* 20 digits at most */
	enum hy_status status = hy_db_seal(st, ctx, table, row, column, text,
					   text ? strlen(text) : 0, &sealed, &n, err);
	*out = (struct hy_arg)A_BLOB(sealed, n);
	return status;
}

/* Eight digits, each as likely as the others. */
static void make_code(char out[9])
{
	uint32_t r;

	do
		hy_random_bytes(&r, sizeof r);
	while (r >= 4200000000u);
	(void)snprintf(out, 9, "%08u", (unsigned)(r % 100000000u)); /* 8 digits exactly */
}

/* The next number of that day. The transaction is immediate: nobody else counts at the same time.
 */
static enum hy_status next_number(struct hy_store *st, int civil_date, char out[24],
				  struct hy_err *err)
{
	int64_t n = 0;
	enum hy_status status =
		hy_db_run(st, NULL, err,
			  "INSERT INTO case_counter (civil_date, last) VALUES (?, 1)"
			  " ON CONFLICT (civil_date) DO UPDATE SET last = last + 1",
			  A_INT(civil_date));

	if (status == HY_OK)
		status =
			hy_db_int(st, &n, err, "SELECT last FROM case_counter WHERE civil_date = ?",
				  A_INT(civil_date));
	if (status == HY_OK)
		(void)snprintf(out, 24, "%08d-%04" PRId64, civil_date, n); /* fits 10^9 a day */
	return status;
}

static enum hy_status insert_event(struct hy_store *st, const void *work, int64_t cs,
				   const struct hy_case_event *e, struct hy_err *err)
{
	int64_t id = 0;
	struct hy_arg text;
	enum hy_status status =
		hy_db_next_id(st, "SELECT coalesce(max(id), 0) + 1 FROM case_event", &id, err);

	if (status == HY_OK)
		status = seal_text(st, work, "case_event", id, "text", e->text, &text, err);
	if (status != HY_OK)
		return status;
	return hy_db_run(st, NULL, err,
			 "INSERT INTO case_event (id, cs, at, kind, holder, unit, text, actor,"
			 " statement) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			 A_INT(id), A_INT(cs), A_INT(e->at ? e->at : hy_now(st->clock)),
			 A_STR(e->kind), A_TEXT(e->holder), A_REF(e->unit.v), text,
			 A_REF(e->actor.v), A_REF(e->statement.v));
}

static enum hy_status insert_case(struct hy_store *st, const void *work, const struct hy_case *c,
				  int64_t id, const char *number, struct hy_err *err)
{
	char code[9];
	struct hy_arg code_arg, text_arg;

	make_code(code);
	enum hy_status status =
		seal_text(st, work, "office_case", id, "code", code, &code_arg, err);
	if (status == HY_OK)
		status = seal_text(st, work, "office_case", id, "text", c->text, &text_arg, err);
	if (status != HY_OK)
		return status;
	return hy_db_run(
		st, NULL, err,
		"INSERT INTO office_case (" CASE_COLS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
		" ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		A_INT(id), A_TEXT(number), code_arg, A_INT(c->type), A_INT(c->state),
		A_STR(c->title), text_arg, A_STR(c->channel), A_REF(c->item.v), A_REF(c->alert.v),
		A_REF(c->claim.v), A_REF(c->unit.v), A_INT(c->opened), A_INT(c->first_reply),
		A_INT(c->resolved), A_INT(c->closed), A_INT(c->due_reply), A_INT(c->due_resolve),
		A_TEXT(c->promise_reply), A_TEXT(c->promise_resolve), A_TEXT(c->calendar),
		A_INT(c->round ? c->round : 1), A_INT(c->reply_met), A_INT(c->resolve_met));
}

/* In a transaction. */
static enum hy_status add_case(struct hy_store *st, const void *work, const struct hy_case *c,
			       int civil_date, struct hy_person_id who, int64_t *id,
			       struct hy_err *err)
{
	char number[24];
	struct hy_case_event e = {.at = c->opened,
				  .kind = "opened",
				  .holder = c->unit.v ? "unit" : "desk",
				  .unit = c->unit,
				  .actor = who};
	enum hy_status status =
		hy_db_next_id(st, "SELECT coalesce(max(id), 0) + 1 FROM office_case", id, err);

	if (status == HY_OK)
		status = next_number(st, civil_date, number, err);
	if (status == HY_OK)
		status = insert_case(st, work, c, *id, number, err);
	if (status == HY_OK)
		status = insert_event(st, work, *id, &e, err);
	return status;
}

enum hy_status hy_case_add(struct hy_store *st, const struct hy_case *c, int civil_date,
			   struct hy_person_id who, struct hy_case_id *out, struct hy_err *err)
{
	struct hy_verb v;
	int64_t id = 0;

	if (civil_date < 19700101 || civil_date > 99991231)
		return hy_err_set(err, HY_EINPUT, _("a case needs its civil date, not %d"),
				  civil_date);
	enum hy_status status = hy_verb_enter(&v, st, err);
	if (status != HY_OK)
		return status;
	void *work = talloc_new(NULL);
	status = add_case(st, work, c, civil_date, who, &id, err);
	talloc_free(work);
	status = hy_verb_leave(&v, st, status, err);
	if (status == HY_OK && out)
		out->v = id;
	return status;
}

enum hy_status hy_case_get(struct hy_store *st, const void *ctx, struct hy_case_id id,
			   struct hy_case **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_case, out, err,
			 "SELECT " CASE_COLS " FROM office_case WHERE id = ?", A_INT(id.v));
}

enum hy_status hy_case_find(struct hy_store *st, const void *ctx, const char *number_or_id,
			    struct hy_case **out, struct hy_err *err)
{
	int64_t id = 0;

	if (hy_db_is_id(number_or_id, &id))
		return hy_case_get(st, ctx, (struct hy_case_id){id}, out, err);
	return hy_db_one(st, ctx, &kind_case, out, err,
			 "SELECT " CASE_COLS " FROM office_case WHERE number = ?",
			 A_TEXT(number_or_id));
}

enum hy_status hy_case_list(struct hy_store *st, const void *ctx, const struct hy_case_filter *f,
			    struct hy_case **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_case, out, n, err,
			  "SELECT " CASE_COLS " FROM office_case WHERE (state <> 4 OR ?1)"
			  " AND (?2 = 0 OR unit = ?2) AND (?3 = 0 OR opened >= ?3)"
			  " AND (?4 = 0 OR opened < ?4) AND (?5 = 0"
			  " OR (due_reply > 0 AND due_reply < ?5 AND first_reply = 0)"
			  " OR (due_resolve > 0 AND due_resolve < ?5 AND resolved = 0))"
			  " AND (?6 = 0 OR id < ?6) AND (?8 < 0 OR state = ?8)"
			  " ORDER BY id DESC LIMIT ?7",
			  A_INT(f->closed_too), A_INT(f->unit.v), A_INT(f->opened_since),
			  A_INT(f->opened_until), A_INT(f->due_before), A_INT(f->before_id),
			  A_INT(f->limit), A_INT(f->waiting ? HY_CASE_WAITING : -1));
}

static enum hy_status row_channel(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	const char **channel = rec;

	(void)err;
	*channel = hy_q_text(q, ctx);
	return HY_OK;
}
static const struct hy_kind kind_channel = {sizeof(const char *), row_channel, N_("case")};

enum hy_status hy_case_channels(struct hy_store *st, const void *ctx, const char *const **out,
				size_t *n, struct hy_err *err)
{
	const char **list = NULL;
	enum hy_status status = hy_db_list(st, ctx, &kind_channel, &list, n, err,
					   "SELECT DISTINCT channel FROM office_case ORDER BY channel");

	if (status == HY_OK)
		*out = list;
	return status;
}

/* In a transaction. */
static enum hy_status move_case(struct hy_store *st, const void *work, const struct hy_case *c,
				enum hy_case_state from, const struct hy_case_event *e,
				struct hy_err *err)
{
	int64_t changed = 0, state = 0;
	enum hy_status status =
		hy_db_run(st, &changed, err,
			  "UPDATE office_case SET type = ?, state = ?, unit = ?, first_reply = ?,"
			  " resolved = ?, closed = ?, due_reply = ?, due_resolve = ?, calendar = ?,"
			  " round = ?, reply_met = ?, resolve_met = ? WHERE id = ? AND state = ?",
			  A_INT(c->type), A_INT(c->state), A_REF(c->unit.v), A_INT(c->first_reply),
			  A_INT(c->resolved), A_INT(c->closed), A_INT(c->due_reply),
			  A_INT(c->due_resolve), A_TEXT(c->calendar), A_INT(c->round),
			  A_INT(c->reply_met), A_INT(c->resolve_met), A_INT(c->id.v), A_INT(from));

	if (status == HY_OK && changed > 0)
		return e ? insert_event(st, work, c->id.v, e, err) : HY_OK;
	if (status == HY_OK)
		status = hy_db_int(st, &state, err, "SELECT state FROM office_case WHERE id = ?",
				   A_INT(c->id.v));
	if (status == HY_ENOTFOUND)
		return hy_db_no_such(kind_case.what, err);
	if (status != HY_OK)
		return status;
	return hy_err_set(err, HY_ECONFLICT, _("case %" PRId64 " is %s by now, not %s"), c->id.v,
			  _(hy_case_state_name((enum hy_case_state)state)),
			  _(hy_case_state_name(from)));
}

enum hy_status hy_case_move(struct hy_store *st, const struct hy_case *c, enum hy_case_state from,
			    const struct hy_case_event *e, struct hy_err *err)
{
	struct hy_verb v;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	void *work = talloc_new(NULL);
	status = move_case(st, work, c, from, e, err);
	talloc_free(work);
	return hy_verb_leave(&v, st, status, err);
}

enum hy_status hy_case_events(struct hy_store *st, const void *ctx, struct hy_case_id id,
			      struct hy_case_event **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_event, out, n, err,
			  "SELECT id, cs, at, kind, holder, unit, text, actor, statement"
			  " FROM case_event WHERE cs = ? ORDER BY id",
			  A_INT(id.v));
}

enum hy_status hy_case_event_get(struct hy_store *st, const void *ctx, int64_t id,
				 struct hy_case_event **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_event, out, err,
			 "SELECT id, cs, at, kind, holder, unit, text, actor, statement"
			 " FROM case_event WHERE id = ?",
			 A_INT(id));
}
