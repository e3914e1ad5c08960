/* Alerts and claims: from "something rings" to a signed verdict with its evidence. */
#include "desk/internal.h"

#include <string.h>

/* ---- alerts ---- */

static void put_alert(struct hy_desk *desk, struct hy_json_writer *w, const struct hy_alert *a)
{
	struct hy_watch *rule = NULL;
	char id[24];

	hy_jw_kint(w, "id", a->id.v);
	hy_jw_kstr(w, "kind", a->kind);
	hy_jw_kstr(w, "level", a->level);
	hy_jw_kstr(w, "title", a->title);
	hy_jw_kstr(w, "why", a->why);
	hy_jw_kstr(w, "state", hy_alert_state_name(a->state));
	hy_jw_kstr(w, "disposition", a->disposition);
	hy_jw_kint(w, "items", a->items);
	put_ts(w, "first_ts", a->first);
	put_ts(w, "last_ts", a->last);
	put_when(desk, w, "when", a->last);
	snprintf(id, sizeof(id), "%" PRId64, a->watch.v);
	if (a->watch.v && !hy_watch_find(desk->st, w, id, &rule, NULL))
		hy_jw_kstr(w, "rule", rule->name);
	hy_jw_kint(w, "case", a->cs.v);
	hy_jw_kint(w, "claim", a->claim.v);
	put_person_name(desk, w, "acked_by", a->acked_by);
	put_ts(w, "acked_ts", a->acked);
	put_ts(w, "closed_ts", a->closed);
	talloc_free(rule);
}

enum hy_status act_alert_list(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	struct hy_alert *list = NULL;
	size_t n = 0;
	int limit = 0;
	int64_t before = hy_json_int(params, "before", 0);
	enum hy_status status = param_limit(params, 50, 500, &limit, err);

	(void)actor;
	if (!status)
		status = hy_alert_list(desk->st, w, hy_json_bool(params, "closed", false), before,
				       limit, &list, &n, err);
	if (status)
		return status;
	hy_jw_key(w, "items");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		hy_jw_object(w);
		put_alert(desk, w, &list[i]);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	hy_jw_kint(w, "next", n == (size_t)limit ? list[n - 1].id.v : 0);
	return HY_OK;
}

enum hy_status act_alert_show(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	struct hy_alert_id id = {0};
	struct hy_alert *a = NULL;
	struct hy_item *items = NULL;
	size_t n = 0;
	enum hy_status status = param_id(params, "id", &id.v, err);

	(void)actor;
	if (!status)
		status = hy_alert_get(desk->st, w, id, &a, err);
	if (!status)
		status = hy_alert_items(desk->st, w, id, 100, &items, &n, err);
	if (status)
		return status;
	put_alert(desk, w, a);
	hy_jw_key(w, "matched");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		hy_jw_object(w);
		put_item(desk, w, &items[i]);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	return HY_OK;
}

enum hy_status act_alert_ack(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, struct hy_json_writer *w,
			     struct hy_err *err)
{
	struct hy_alert_id id = {0};
	enum hy_status status = param_id(params, "id", &id.v, err);

	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_alert_ack(desk->st, id, actor, err);
	status = desk_done(desk, status, actor, "alert.ack", err, "alert %" PRId64, id.v);
	if (!status) {
		hy_jw_kint(w, "id", id.v);
		hy_jw_kstr(w, "state", "acked");
	}
	return status;
}

enum hy_status act_alert_close(struct hy_desk *desk, struct hy_person_id actor,
			       const struct hy_json *params, struct hy_json_writer *w,
			       struct hy_err *err)
{
	static const char *const allowed[] = {"case", "claim", "noise", "known", "done"};
	const char *how = param_text(params, "disposition");
	struct hy_alert_id id = {0};
	bool fine = false;
	enum hy_status status = param_id(params, "id", &id.v, err);

	for (size_t i = 0; i < HY_LEN(allowed); i++)
		fine = fine || !strcmp(allowed[i], how);
	if (!status && !fine)
		status = hy_err_set(
			err, HY_EINPUT,
			_("disposition is case, claim, noise, known or done, not \"%s\""), how);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_alert_close(desk->st, id, how, err);
	status = desk_done(desk, status, actor, "alert.close", err, "alert %" PRId64 " %s", id.v,
			   how);
	if (!status) {
		hy_jw_kint(w, "id", id.v);
		hy_jw_kstr(w, "state", "closed");
	}
	return status;
}

enum hy_status desk_alert_used(struct hy_desk *desk, struct hy_alert_id alert, struct hy_case_id cs,
			       struct hy_claim_id claim, struct hy_err *err)
{
	return alert.v ? hy_alert_link(desk->st, alert, cs, claim, err) : HY_OK;
}

/* ---- claims ---- */

static void put_claim(struct hy_desk *desk, struct hy_json_writer *w, const struct hy_claim *c)
{
	hy_jw_kint(w, "id", c->id.v);
	hy_jw_kstr(w, "text", c->text);
	hy_jw_kstr(w, "state", hy_claim_state_name(c->state));
	hy_jw_kstr(w, "verdict", hy_verdict_name(c->verdict));
	hy_jw_kstr(w, "finding", c->finding);
	hy_jw_kbool(w, "signed", c->signed_by.v != 0);
	put_ts(w, "opened_ts", c->opened);
	put_when(desk, w, "when", c->opened);
	hy_jw_kint(w, "sightings", c->sightings);
	hy_jw_kint(w, "evidence", c->evidence);
	put_person_name(desk, w, "judged_by", c->judged_by);
	put_person_name(desk, w, "signed_by", c->signed_by);
	hy_jw_kint(w, "alert", c->alert.v);
}

enum hy_status act_claim_list(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	struct hy_claim *list = NULL;
	size_t n = 0;
	int limit = 0;
	enum hy_status status = param_limit(params, 50, 500, &limit, err);

	(void)actor;
	if (!status)
		status = hy_claim_list(desk->st, w, hy_json_int(params, "before", 0), limit, &list,
				       &n, err);
	if (status)
		return status;
	hy_jw_key(w, "items");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		hy_jw_object(w);
		put_claim(desk, w, &list[i]);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	hy_jw_kint(w, "next", n == (size_t)limit ? list[n - 1].id.v : 0);
	return HY_OK;
}

static enum hy_status put_sightings(struct hy_desk *desk, struct hy_json_writer *w,
				    struct hy_claim_id id, struct hy_err *err)
{
	struct hy_sighting *list = NULL;
	size_t n = 0;
	enum hy_status status = hy_sighting_list(desk->st, w, id, &list, &n, err);

	if (status)
		return status;
	hy_jw_key(w, "sightings_list");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		struct hy_source *source = NULL;
		hy_jw_object(w);
		hy_jw_kint(w, "item", list[i].item.v);
		hy_jw_kstr(w, "channel", list[i].channel);
		if (list[i].source.v && !hy_source_get(desk->st, w, list[i].source, &source, NULL))
			hy_jw_kstr(w, "source", source->name);
		hy_jw_kstr(w, "place", list[i].place);
		put_ts(w, "seen_ts", list[i].seen);
		put_when(desk, w, "when", list[i].seen);
		hy_jw_kstr(w, "note", list[i].note);
		hy_jw_end_object(w);
		talloc_free(source);
	}
	hy_jw_end_array(w);
	return HY_OK;
}

enum hy_status desk_put_evidence(struct hy_desk *desk, struct hy_json_writer *w,
				 struct hy_claim_id id, struct hy_err *err)
{
	struct hy_evidence *list = NULL;
	size_t n = 0;
	enum hy_status status = hy_evidence_list(desk->st, w, id, &list, &n, err);

	if (status)
		return status;
	hy_jw_key(w, "evidence_list");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		char *hex = hy_hex(w, list[i].sha256, HY_SHA256_LEN);
		hy_jw_object(w);
		hy_jw_kint(w, "id", list[i].id.v);
		hy_jw_kstr(w, "title", list[i].title);
		hy_jw_kstr(w, "url", list[i].url);
		hy_jw_kstr(w, "media", list[i].media);
		hy_jw_kstr(w, "sha256", hex);
		put_ts(w, "captured_ts", list[i].captured);
		put_when(desk, w, "when", list[i].captured);
		hy_jw_end_object(w);
		talloc_free(hex);
	}
	hy_jw_end_array(w);
	return HY_OK;
}

static enum hy_status put_claim_statements(struct hy_desk *desk, struct hy_json_writer *w,
					   struct hy_claim_id id, struct hy_err *err)
{
	struct hy_statement *list = NULL;
	size_t n = 0;
	enum hy_status status = hy_statement_list(desk->st, w, -1, 0, 500, &list, &n, err);

	if (status)
		return status;
	hy_jw_key(w, "statements");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		if (list[i].claim.v != id.v)
			continue;
		hy_jw_object(w);
		hy_jw_kint(w, "id", list[i].id.v);
		hy_jw_kstr(w, "title", list[i].title);
		hy_jw_kstr(w, "state", hy_statement_state_name(list[i].state));
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	return HY_OK;
}

enum hy_status act_claim_show(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	struct hy_claim_id id = {0};
	struct hy_claim *c = NULL;
	enum hy_status status = param_id(params, "id", &id.v, err);

	(void)actor;
	if (!status)
		status = hy_claim_get(desk->st, w, id, &c, err);
	if (status)
		return status;
	put_claim(desk, w, c);
	status = put_sightings(desk, w, id, err);
	if (!status)
		status = desk_put_evidence(desk, w, id, err);
	return status ? status : put_claim_statements(desk, w, id, err);
}

/* An item seen in a claim, with the place and channel it came by. */
static enum hy_status sight_item(struct hy_desk *desk, const void *ctx, struct hy_claim_id claim,
				 struct hy_item_id id, const char *note, struct hy_err *err)
{
	struct hy_item *it = NULL;
	struct hy_source *source = NULL;
	enum hy_status status = hy_item_get(desk->st, ctx, id, &it, err);

	if (!status)
		status = hy_source_get(desk->st, ctx, it->source, &source, err);
	if (!status) {
		const struct hy_sighting s = {
			.claim = claim,
			.item = id,
			.source = it->source,
			.channel = source->kind,
			.place = *it->place ? it->place : source->place,
			.seen = it->posted,
			.note = note,
		};
		status = hy_sighting_add(desk->st, &s, err);
	}
	return status;
}

/* Each item that rang is a first sighting. */
static enum hy_status sight_alert(struct hy_desk *desk, const void *ctx, struct hy_claim_id claim,
				  struct hy_alert_id alert, struct hy_err *err)
{
	struct hy_item *items = NULL;
	size_t n = 0;
	enum hy_status status =
		alert.v ? hy_alert_items(desk->st, ctx, alert, 500, &items, &n, err) : HY_OK;

	for (size_t i = 0; i < n && !status; i++)
		status = sight_item(desk, ctx, claim, items[i].id, NULL, err);
	return status;
}

enum hy_status act_claim_open(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	struct hy_claim c = {
		.text = param_str(params, "text"), .opened = hy_desk_now(desk), .opened_by = actor};
	struct hy_item_id item = {0};
	struct hy_claim_id id = {0};
	enum hy_status status = param_id(params, "alert", &c.alert.v, err);

	if (!status)
		status = param_id(params, "item", &item.v, err);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_claim_add(desk->st, &c, &id, err);
	if (!status)
		status = sight_alert(desk, w, id, c.alert, err);
	if (!status && item.v)
		status = sight_item(desk, w, id, item, NULL, err);
	if (!status)
		status = desk_alert_used(desk, c.alert, (struct hy_case_id){0}, id, err);
	status = desk_done(desk, status, actor, "claim.open", err, "claim %" PRId64, id.v);
	if (!status)
		hy_jw_kint(w, "id", id.v);
	return status;
}

enum hy_status act_claim_sight(struct hy_desk *desk, struct hy_person_id actor,
			       const struct hy_json *params, struct hy_json_writer *w,
			       struct hy_err *err)
{
	struct hy_claim_id id = {0};
	struct hy_item_id item = {0};
	struct hy_claim *c = NULL;
	enum hy_status status = param_id(params, "id", &id.v, err);

	if (!status)
		status = param_id(params, "item", &item.v, err);
	if (!status)
		status = hy_claim_get(desk->st, w, id, &c, err);
	if (!status && !item.v && !*param_text(params, "channel"))
		status = hy_err_set(
			err, HY_EINPUT,
			_("claim.sight needs an item, or the channel where it was seen"));
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	if (item.v) {
		status = sight_item(desk, w, id, item, param_str(params, "note"), err);
	} else {
		const struct hy_sighting s = {
			.claim = id,
			.channel = param_str(params, "channel"),
			.place = param_text(params, "place"),
			.seen = hy_desk_now(desk),
			.note = param_str(params, "note"),
		};
		status = hy_sighting_add(desk->st, &s, err);
	}
	status = desk_done(desk, status, actor, "claim.sight", err, "claim %" PRId64, id.v);
	if (!status)
		hy_jw_kint(w, "id", id.v);
	return status;
}

/* Keeps the bytes in media/ under their own hash, before the row that names them. */
static enum hy_status keep_media(struct hy_desk *desk, const void *ctx, const char *base64,
				 struct hy_evidence *e, struct hy_err *err)
{
	void *bytes = NULL;
	size_t n = 0;
	char *path = NULL;
	enum hy_status status = hy_unbase64(ctx, base64, false, &bytes, &n, err);

	if (status)
		return hy_err_wrap(err, _("file"));
	if (!n)
		return hy_err_set(err, HY_EINPUT, _("file: it is empty"));
	hy_sha256(bytes, n, e->sha256);
	e->media = hy_hex(ctx, e->sha256, HY_SHA256_LEN);
	path = hy_strf(ctx, "%s/media/%s", desk->dir, e->media);
	return hy_file_write(path, bytes, n, 0600, err);
}

enum hy_status act_claim_evidence(struct hy_desk *desk, struct hy_person_id actor,
				  const struct hy_json *params, struct hy_json_writer *w,
				  struct hy_err *err)
{
	struct hy_evidence e = {
		.title = param_str(params, "title"),
		.url = param_str(params, "url"),
		.captured = hy_desk_now(desk),
		.added_by = actor,
	};
	const char *file = param_str(params, "file");
	struct hy_evidence_id id = {0};
	struct hy_claim *c = NULL;
	enum hy_status status = param_id(params, "id", &e.claim.v, err);

	if (!status)
		status = hy_claim_get(desk->st, w, e.claim, &c, err);
	if (!status && !file && !e.url)
		status = hy_err_set(err, HY_EINPUT,
				    _("claim.evidence needs a file, or at least an address"));
	if (!status && e.url && strncmp(e.url, "https://", 8) && strncmp(e.url, "http://", 7))
		status = hy_err_set(err, HY_EINPUT,
				    _("url: an http or https address, not \"%.80s\""), e.url);
	if (!status && file)
		status = keep_media(desk, w, file, &e, err);
	else if (!status)
		hy_sha256(e.url, strlen(e.url), e.sha256);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_evidence_add(desk->st, &e, &id, err);
	status = desk_done(desk, status, actor, "claim.evidence", err,
			   "claim %" PRId64 " evidence %" PRId64, e.claim.v, id.v);
	if (!status) {
		hy_jw_kint(w, "id", id.v);
		hy_jw_kstr(w, "sha256", hy_hex(w, e.sha256, HY_SHA256_LEN));
	}
	return status;
}

enum hy_status act_claim_judge(struct hy_desk *desk, struct hy_person_id actor,
			       const struct hy_json *params, struct hy_json_writer *w,
			       struct hy_err *err)
{
	struct hy_claim_id id = {0};
	enum hy_verdict verdict = HY_VERDICT_NONE;
	enum hy_status status = param_id(params, "id", &id.v, err);

	if (!status)
		status = hy_verdict_parse(param_text(params, "verdict"), &verdict, err);
	if (!status && verdict == HY_VERDICT_NONE)
		status = hy_err_set(err, HY_EINPUT, _("verdict: \"none\" is no verdict"));
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_claim_judge(desk->st, id, verdict, param_text(params, "finding"), actor, err);
	status = desk_done(desk, status, actor, "claim.judge", err, "claim %" PRId64 " %s", id.v,
			   hy_verdict_name(verdict));
	if (!status) {
		hy_jw_kint(w, "id", id.v);
		hy_jw_kstr(w, "verdict", hy_verdict_name(verdict));
	}
	return status;
}

enum hy_status act_claim_sign(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	struct hy_claim_id id = {0};
	enum hy_status status = param_id(params, "id", &id.v, err);

	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_claim_sign(desk->st, id, actor, err);
	status = desk_done(desk, status, actor, "claim.sign", err, "claim %" PRId64, id.v);
	if (!status) {
		hy_jw_kint(w, "id", id.v);
		hy_jw_kbool(w, "signed", true);
	}
	return status;
}

enum hy_status act_evidence_get(struct hy_desk *desk, struct hy_person_id actor,
				const struct hy_json *params, struct hy_json_writer *w,
				struct hy_err *err)
{
	struct hy_evidence_id id = {0};
	struct hy_evidence *e = NULL;
	char *bytes = NULL;
	size_t n = 0;
	enum hy_status status = param_id(params, "id", &id.v, err);

	(void)actor;
	if (!status)
		status = hy_evidence_get(desk->st, w, id, &e, err);
	if (!status && e->media)
		status = hy_file_read(w, hy_strf(w, "%s/media/%s", desk->dir, e->media), 32u << 20,
				      &bytes, &n, err);
	if (status)
		return status;
	hy_jw_kint(w, "id", e->id.v);
	hy_jw_kint(w, "claim", e->claim.v);
	hy_jw_kstr(w, "title", e->title);
	hy_jw_kstr(w, "url", e->url);
	hy_jw_kstr(w, "media", e->media);
	hy_jw_kstr(w, "sha256", hy_hex(w, e->sha256, HY_SHA256_LEN));
	put_ts(w, "captured_ts", e->captured);
	if (bytes)
		hy_jw_kstr(w, "file", hy_base64(w, bytes, n, false));
	return HY_OK;
}
