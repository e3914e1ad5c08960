/* Claims, where they were seen, and the evidence. A verdict stands once a second person signs. */
#include "store/db.h"

#define CLAIM_COLS                                                                                 \
	"id, text, state, verdict, finding, judged_by, signed_by, opened, judged, signed_at, "     \
	"opened_by, alert, (SELECT count(*) FROM sighting s WHERE s.claim = claim.id), "           \
	"(SELECT count(*) FROM evidence e WHERE e.claim = claim.id)"

static enum hy_status row_claim(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_claim *c = rec;

	(void)err;
	c->id.v = hy_q_int(q);
	c->text = hy_q_text(q, ctx);
	c->state = (enum hy_claim_state)hy_q_int(q);
	c->verdict = (enum hy_verdict)hy_q_int(q);
	c->finding = hy_q_text(q, ctx);
	c->judged_by.v = hy_q_int(q);
	c->signed_by.v = hy_q_int(q);
	c->opened = hy_q_int(q);
	c->judged = hy_q_int(q);
	c->signed_at = hy_q_int(q);
	c->opened_by.v = hy_q_int(q);
	c->alert.v = hy_q_int(q);
	c->sightings = hy_q_int(q);
	c->evidence = hy_q_int(q);
	return HY_OK;
}
static const struct hy_kind kind_claim = {sizeof(struct hy_claim), row_claim, N_("claim")};

enum hy_status hy_claim_add(struct hy_store *st, const struct hy_claim *c, struct hy_claim_id *out,
			    struct hy_err *err)
{
	int64_t id = 0;

	if (!c->text || !*c->text)
		return hy_err_set(err, HY_EINPUT, _("a claim needs its assertion in one sentence"));
	enum hy_status status = hy_verb_insert(
		st, &id, err,
		"INSERT INTO claim (text, state, verdict, opened, judged, signed_at, opened_by,"
		" alert) VALUES (?, 0, 0, ?, 0, 0, ?, ?)",
		A_TEXT(c->text), A_INT(c->opened ? c->opened : hy_now(st->clock)),
		A_REF(c->opened_by.v), A_REF(c->alert.v));
	if (status == HY_OK && out)
		out->v = id;
	return status;
}

enum hy_status hy_claim_get(struct hy_store *st, const void *ctx, struct hy_claim_id id,
			    struct hy_claim **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_claim, out, err,
			 "SELECT " CLAIM_COLS " FROM claim WHERE id = ?", A_INT(id.v));
}

enum hy_status hy_claim_list(struct hy_store *st, const void *ctx, int64_t before_id, int limit,
			     struct hy_claim **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_claim, out, n, err,
			  "SELECT " CLAIM_COLS " FROM claim WHERE (?1 = 0 OR id < ?1)"
			  " ORDER BY id DESC LIMIT ?2",
			  A_INT(before_id), A_INT(limit));
}

enum hy_status hy_claim_judge(struct hy_store *st, struct hy_claim_id id, enum hy_verdict v,
			      const char *finding, struct hy_person_id who, struct hy_err *err)
{
	if (v == HY_VERDICT_NONE)
		return hy_err_set(err, HY_EINPUT, _("a judgement needs a verdict"));
	return hy_verb_run(st, kind_claim.what, err,
			   "UPDATE claim SET verdict = ?, finding = ?, judged_by = ?, judged = ?,"
			   " signed_by = NULL, signed_at = 0, state = 2 WHERE id = ?",
			   A_INT(v), A_STR(finding), A_REF(who.v), A_INT(hy_now(st->clock)),
			   A_INT(id.v));
}

enum hy_status hy_claim_sign(struct hy_store *st, struct hy_claim_id id, struct hy_person_id who,
			     struct hy_err *err)
{
	struct hy_verb v;
	struct hy_claim *c = NULL;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_claim_get(st, NULL, id, &c, err);
	if (status == HY_OK && c->judged_by.v == 0)
		status = hy_err_set(err, HY_ECONFLICT, _("claim %" PRId64 " is not judged yet"),
				    id.v);
	else if (status == HY_OK && c->judged_by.v == who.v)
		status = hy_err_set(
			err, HY_EREFUSED,
			_("who judged claim %" PRId64 " does not sign it: ask a second person"),
			id.v);
	else if (status == HY_OK && c->signed_by.v != 0)
		status = hy_err_set(err, HY_ECONFLICT, _("claim %" PRId64 " is signed already"),
				    id.v);
	if (status == HY_OK)
		status = hy_db_run(st, NULL, err,
				   "UPDATE claim SET signed_by = ?, signed_at = ? WHERE id = ?",
				   A_INT(who.v), A_INT(hy_now(st->clock)), A_INT(id.v));
	talloc_free(c);
	return hy_verb_leave(&v, st, status, err);
}

enum hy_status hy_claim_set_state(struct hy_store *st, struct hy_claim_id id,
				  enum hy_claim_state state, struct hy_err *err)
{
	return hy_verb_run(st, kind_claim.what, err, "UPDATE claim SET state = ? WHERE id = ?",
			   A_INT(state), A_INT(id.v));
}

enum hy_status hy_sighting_add(struct hy_store *st, const struct hy_sighting *s, struct hy_err *err)
{
	return hy_verb_run(st, NULL, err,
			   "INSERT INTO sighting (claim, item, source, channel, place, seen, note)"
			   " VALUES (?, ?, ?, ?, ?, ?, ?)"
			   " ON CONFLICT (claim, item) WHERE item IS NOT NULL DO NOTHING",
			   A_INT(s->claim.v), A_REF(s->item.v), A_REF(s->source.v),
			   A_STR(s->channel), A_STR(s->place),
			   A_INT(s->seen ? s->seen : hy_now(st->clock)), A_TEXT(s->note));
}

static enum hy_status row_sighting(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_sighting *s = rec;

	(void)err;
	s->id = hy_q_int(q);
	s->claim.v = hy_q_int(q);
	s->item.v = hy_q_int(q);
	s->source.v = hy_q_int(q);
	s->channel = hy_q_text(q, ctx);
	s->place = hy_q_text(q, ctx);
	s->seen = hy_q_int(q);
	s->note = hy_q_text(q, ctx);
	return HY_OK;
}
static const struct hy_kind kind_sighting = {sizeof(struct hy_sighting), row_sighting,
					     N_("sighting")};

enum hy_status hy_sighting_list(struct hy_store *st, const void *ctx, struct hy_claim_id id,
				struct hy_sighting **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_sighting, out, n, err,
			  "SELECT id, claim, item, source, channel, place, seen, note"
			  " FROM sighting WHERE claim = ? ORDER BY seen, id",
			  A_INT(id.v));
}

enum hy_status hy_evidence_add(struct hy_store *st, const struct hy_evidence *e,
			       struct hy_evidence_id *out, struct hy_err *err)
{
	int64_t id = 0;
	enum hy_status status = hy_verb_insert(
		st, &id, err,
		"INSERT INTO evidence (claim, title, url, media, sha256, captured, added_by)"
		" VALUES (?, ?, ?, ?, ?, ?, ?)",
		A_INT(e->claim.v), A_STR(e->title), A_TEXT(e->url), A_TEXT(e->media),
		A_BLOB(e->sha256, HY_SHA256_LEN),
		A_INT(e->captured ? e->captured : hy_now(st->clock)), A_REF(e->added_by.v));

	if (status == HY_OK && out)
		out->v = id;
	return status;
}

static enum hy_status row_evidence(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_evidence *e = rec;

	(void)err;
	e->id.v = hy_q_int(q);
	e->claim.v = hy_q_int(q);
	e->title = hy_q_text(q, ctx);
	e->url = hy_q_text(q, ctx);
	e->media = hy_q_text(q, ctx);
	hy_q_bytes(q, e->sha256, HY_SHA256_LEN);
	e->captured = hy_q_int(q);
	e->added_by.v = hy_q_int(q);
	return HY_OK;
}
static const struct hy_kind kind_evidence = {sizeof(struct hy_evidence), row_evidence,
					     N_("evidence")};

enum hy_status hy_evidence_get(struct hy_store *st, const void *ctx, struct hy_evidence_id id,
			       struct hy_evidence **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &kind_evidence, out, err,
			 "SELECT id, claim, title, url, media, sha256, captured, added_by"
			 " FROM evidence WHERE id = ?",
			 A_INT(id.v));
}

enum hy_status hy_evidence_list(struct hy_store *st, const void *ctx, struct hy_claim_id id,
				struct hy_evidence **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_evidence, out, n, err,
			  "SELECT id, claim, title, url, media, sha256, captured, added_by"
			  " FROM evidence WHERE claim = ? ORDER BY id",
			  A_INT(id.v));
}
