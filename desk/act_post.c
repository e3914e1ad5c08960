/* Statements: draft, submit, approve, and the deliveries that follow. The rules are publisher/;
 * each act here is one transaction with its audit row. */
#include "desk/internal.h"

#include "publisher/publisher.h"
#include "render/render.h"

#include <string.h>

static void put_digest(struct hy_json_writer *w, const uint8_t digest[HY_SHA256_LEN])
{
	char *hex = hy_hex(w, digest, HY_SHA256_LEN);
	hy_jw_kstr(w, "digest", hex);
	talloc_free(hex);
}

static void put_statement(struct hy_desk *desk, struct hy_json_writer *w,
			  const struct hy_statement *s)
{
	hy_jw_kint(w, "id", s->id.v);
	hy_jw_kstr(w, "kind", hy_statement_kind_name(s->kind));
	hy_jw_kstr(w, "state", hy_statement_state_name(s->state));
	hy_jw_kstr(w, "title", s->title);
	hy_jw_kint(w, "revision", s->revision);
	put_person_name(desk, w, "author", s->author);
	hy_jw_kint(w, "author_id", s->author.v);
	put_person_name(desk, w, "approver", s->approver);
	hy_jw_kint(w, "claim", s->claim.v);
	hy_jw_kint(w, "case", s->cs.v);
	put_ts(w, "made_ts", s->made);
	put_when(desk, w, "when", s->made);
	put_ts(w, "submitted_ts", s->submitted);
	put_ts(w, "decided_ts", s->decided);
	hy_jw_kstr(w, "reject_why", s->reject_why);
	put_digest(w, s->digest);
}

static enum hy_status put_deliveries(struct hy_desk *desk, struct hy_json_writer *w,
				     struct hy_statement_id id, struct hy_err *err)
{
	struct hy_delivery *list = NULL;
	size_t n = 0;
	enum hy_status status = hy_delivery_list(desk->st, w, id, &list, &n, err);

	if (status)
		return status;
	hy_jw_key(w, "deliveries");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++)
		put_delivery(desk, w, &list[i]);
	hy_jw_end_array(w);
	return HY_OK;
}

static enum hy_status put_checks(struct hy_desk *desk, struct hy_json_writer *w,
				 const struct hy_statement *s, struct hy_err *err)
{
	struct hy_draft_finding *list = NULL;
	size_t n = 0;
	enum hy_status status = hy_draft_check(desk->st, w, s, &list, &n, err);

	if (status)
		return status;
	hy_jw_key(w, "checks");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		hy_jw_object(w);
		hy_jw_kstr(w, "code", list[i].code);
		hy_jw_kstr(w, "text", list[i].text);
		hy_jw_kbool(w, "blocking", list[i].blocking);
		hy_jw_kbool(w, "confirm", list[i].confirm);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	return HY_OK;
}

/* id, revision, state and digest as they now stand: what every writing action answers. */
static enum hy_status put_outcome(struct hy_desk *desk, struct hy_json_writer *w,
				  struct hy_statement_id id, bool checks, struct hy_err *err)
{
	struct hy_statement *s = NULL;
	enum hy_status status = hy_statement_get(desk->st, w, id, &s, err);

	if (status)
		return status;
	hy_jw_kint(w, "id", s->id.v);
	hy_jw_kint(w, "revision", s->revision);
	hy_jw_kstr(w, "state", hy_statement_state_name(s->state));
	put_digest(w, s->digest);
	return checks ? put_checks(desk, w, s, err) : HY_OK;
}

/* ---- parameters ---- */

/* Names or numbers of accounts to their ids. */
static enum hy_status targets_of(struct hy_desk *desk, const void *ctx, const struct hy_json *to,
				 struct hy_statement *s, struct hy_err *err)
{
	enum hy_status status = HY_OK;

	if (!to)
		return HY_OK;
	s->targets = hy_new_array(ctx, struct hy_account_id, to->n + 1);
	s->n_targets = 0;
	for (size_t i = 0; i < to->n && !status; i++) {
		struct hy_account *account = NULL;
		status = hy_account_find(desk->st, ctx, to->at[i]->text, &account, err);
		if (!status && !hy_channel_find(account->platform)) /* it only reads or receives */
			status = hy_err_set(err, HY_EINPUT,
					    _("account %s: there is no channel \"%s\""),
					    account->name, account->platform);
		if (!status)
			s->targets[s->n_targets++] = account->id;
	}
	return status;
}

static enum hy_status statement_of(struct hy_desk *desk, const void *ctx,
				   const struct hy_json *params, struct hy_statement *s,
				   struct hy_err *err)
{
	enum hy_status status = targets_of(desk, ctx, hy_json_get(params, "to"), s, err);

	if (param_str(params, "title"))
		s->title = param_str(params, "title");
	if (param_str(params, "text"))
		s->text = param_str(params, "text");
	if (!status && hy_json_get(params, "not_before"))
		status = param_time(desk, params, "not_before", &s->not_before, err);
	if (!status && hy_json_get(params, "not_after"))
		status = param_time(desk, params, "not_after", &s->not_after, err);
	return status;
}

static const char **allowed(const void *ctx, const struct hy_json *params, size_t *n)
{
	const struct hy_json *list = hy_json_get(params, "allow");
	const char **codes = hy_new_array(ctx, const char *, (list ? list->n : 0) + 1);

	*n = list ? list->n : 0;
	for (size_t i = 0; i < *n; i++)
		codes[i] = list->at[i]->text;
	return codes;
}

/* A correction without a title leads with the fact found: quoting the rumour in a headline spreads
 * it. */
static const char *default_title(const void *ctx, const char *text)
{
	size_t n = 0, line = strcspn(text, "\r\n");

	while (n < line && (text[n] == '#' || text[n] == ' '))
		n++;
	return hy_strndup(ctx, text + n, hy_utf8_cut(text + n, line - n > 240 ? 240 : line - n));
}

/* ---- writing ---- */

static enum hy_status draft(struct hy_desk *desk, struct hy_person_id actor, const void *ctx,
			    struct hy_statement *s, struct hy_statement_id *id, struct hy_err *err)
{
	enum hy_status status = HY_OK;

	s->author = actor;
	s->made = hy_desk_now(desk);
	if (!s->title && s->text)
		s->title = default_title(ctx, s->text);
	status = hy_publish_draft(desk->st, s, id, err);
	if (!status)
		status = desk_audit(desk, actor, "post.draft", err, NULL,
				    "statement %" PRId64 " r1", id->v);
	return status;
}

enum hy_status act_post_draft(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	struct hy_statement s = {0};
	struct hy_statement_id id = {0};
	enum hy_status status = hy_statement_kind_parse(param_text(params, "kind"), &s.kind, err);

	if (!status)
		status = statement_of(desk, w, params, &s, err);
	if (!status)
		status = param_id(params, "claim", &s.claim.v, err);
	if (!status)
		status = param_id(params, "case", &s.cs.v, err);
	if (!status)
		status = param_id(params, "corrects", &s.corrects.v, err);
	if (!status && s.kind == HY_STATEMENT_ERRATUM && !s.corrects.v)
		status = hy_err_set(
			err, HY_EINPUT, "%s",
			_("an erratum names the statement that it puts right: corrects"));
	if (!status)
		status = desk_tell_site(desk, err);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = desk_end(desk, draft(desk, actor, w, &s, &id, err), err);
	return status ? status : put_outcome(desk, w, id, true, err);
}

enum hy_status act_post_edit(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, struct hy_json_writer *w,
			     struct hy_err *err)
{
	struct hy_statement_id id = {0};
	struct hy_statement *s = NULL;
	enum hy_status status = param_id(params, "id", &id.v, err);

	if (!status)
		status = hy_statement_get(desk->st, w, id, &s, err);
	if (!status)
		status = statement_of(desk, w, params, s, err);
	if (!status)
		status = desk_tell_site(desk, err);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	s->revision = (int)hy_json_int(params, "revision", 0);
	s->author = actor;
	s->made = hy_desk_now(desk);
	status = hy_publish_edit(desk->st, s, err);
	status = desk_done(desk, status, actor, "post.edit", err, "statement %" PRId64 " r%d", id.v,
			   s->revision + 1);
	return status ? status : put_outcome(desk, w, id, true, err);
}

static enum hy_status submit(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, const void *ctx,
			     struct hy_statement_id id, int revision, struct hy_err *err)
{
	size_t n = 0;
	const char **codes = allowed(ctx, params, &n);
	enum hy_status status = hy_publish_submit(desk->st, id, revision, actor, codes, n, err);

	if (!status)
		status = desk_audit(desk, actor, "post.submit", err, NULL,
				    "statement %" PRId64 " r%d", id.v, revision);
	return status;
}

/* The revision named, or the latest. */
static enum hy_status revision_of(struct hy_desk *desk, const void *ctx,
				  const struct hy_json *params, struct hy_statement **out,
				  int *revision, struct hy_err *err)
{
	struct hy_statement_id id = {0};
	enum hy_status status = param_id(params, "id", &id.v, err);

	if (!status)
		status = hy_statement_get(desk->st, ctx, id, out, err);
	if (!status)
		*revision = (int)hy_json_int(params, "revision", (*out)->revision);
	return status;
}

enum hy_status act_post_submit(struct hy_desk *desk, struct hy_person_id actor,
			       const struct hy_json *params, struct hy_json_writer *w,
			       struct hy_err *err)
{
	struct hy_statement *s = NULL;
	int revision = 0;
	enum hy_status status = revision_of(desk, w, params, &s, &revision, err);

	if (!status)
		status = desk_tell_site(desk, err);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = desk_end(desk, submit(desk, actor, params, w, s->id, revision, err), err);
	return status ? status : put_outcome(desk, w, s->id, false, err);
}

enum hy_status act_post_correct(struct hy_desk *desk, struct hy_person_id actor,
				const struct hy_json *params, struct hy_json_writer *w,
				struct hy_err *err)
{
	struct hy_statement s = {.kind = HY_STATEMENT_CORRECTION};
	struct hy_statement_id id = {0};
	enum hy_status status = param_id(params, "claim", &s.claim.v, err);

	if (!status)
		status = statement_of(desk, w, params, &s, err);
	if (!status)
		status = desk_tell_site(desk, err);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = draft(desk, actor, w, &s, &id, err);
	if (!status)
		status = submit(desk, actor, params, w, id, 1, err);
	status = desk_end(desk, status, err);
	return status ? status : put_outcome(desk, w, id, true, err);
}

static enum hy_status seen_digest(const void *ctx, const struct hy_json *params,
				  const struct hy_statement *s, uint8_t digest[HY_SHA256_LEN],
				  struct hy_err *err)
{
	const char *hex = param_str(params, "digest");
	void *bytes = NULL;
	size_t n = 0;
	enum hy_status status = hex ? hy_unhex(ctx, hex, &bytes, &n, err) : HY_OK;

	if (!hex)
		memcpy(digest, s->digest, HY_SHA256_LEN);
	else if (!status && n == HY_SHA256_LEN)
		memcpy(digest, bytes, HY_SHA256_LEN);
	else
		status = hy_err_set(err, HY_EINPUT,
				    _("digest: 64 hex digits, as post show prints them"));
	return status;
}

enum hy_status act_post_approve(struct hy_desk *desk, struct hy_person_id actor,
				const struct hy_json *params, struct hy_json_writer *w,
				struct hy_err *err)
{
	struct hy_statement *s = NULL;
	uint8_t digest[HY_SHA256_LEN];
	size_t n = 0;
	const char **codes = allowed(w, params, &n);
	char *detail = NULL;
	int revision = 0;
	enum hy_status status = revision_of(desk, w, params, &s, &revision, err);

	if (!status)
		status = seen_digest(w, params, s, digest, err);
	if (!status)
		status = desk_drill_confirm(desk, w, param_str(params, "confirm"), s->id.v, err);
	if (!status)
		status = desk_tell_site(desk, err);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_publish_approve(desk->st, s->id, revision, digest, actor, codes, n, err);
	detail = hy_strf(w, "{\"sha256\":\"%s\"}", hy_hex(w, digest, HY_SHA256_LEN));
	if (!status)
		status = desk_audit(desk, actor, "post.approve", err, detail,
				    "statement %" PRId64 " r%d", s->id.v, revision);
	status = desk_end(desk, status, err);
	if (!status)
		status = put_outcome(desk, w, s->id, false, err);
	return status ? status : put_deliveries(desk, w, s->id, err);
}

enum hy_status act_post_reject(struct hy_desk *desk, struct hy_person_id actor,
			       const struct hy_json *params, struct hy_json_writer *w,
			       struct hy_err *err)
{
	struct hy_statement *s = NULL;
	int revision = 0;
	enum hy_status status = revision_of(desk, w, params, &s, &revision, err);

	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_statement_reject(desk->st, s->id, revision, actor, param_text(params, "why"),
				     err);
	status = desk_done(desk, status, actor, "post.reject", err, "statement %" PRId64 " r%d",
			   s->id.v, revision);
	return status ? status : put_outcome(desk, w, s->id, false, err);
}

enum hy_status act_post_cancel(struct hy_desk *desk, struct hy_person_id actor,
			       const struct hy_json *params, struct hy_json_writer *w,
			       struct hy_err *err)
{
	struct hy_statement *s = NULL;
	int revision = 0;
	enum hy_status status = revision_of(desk, w, params, &s, &revision, err);

	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_statement_cancel(desk->st, s->id, actor, err);
	status = desk_done(desk, status, actor, "post.cancel", err, "statement %" PRId64, s->id.v);
	return status ? status : put_outcome(desk, w, s->id, false, err);
}

/* ---- reading ---- */

enum hy_status act_post_list(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, struct hy_json_writer *w,
			     struct hy_err *err)
{
	const char *name = param_str(params, "state");
	enum hy_statement_state state = HY_STATEMENT_DRAFT;
	struct hy_statement *list = NULL;
	size_t n = 0;
	int limit = 0;
	enum hy_status status = name ? hy_statement_state_parse(name, &state, err) : HY_OK;

	(void)actor;
	if (!status)
		status = param_limit(params, 50, 500, &limit, err);
	if (!status)
		status = hy_statement_list(desk->st, w, name ? (int)state : -1,
					   hy_json_int(params, "before", 0), limit, &list, &n, err);
	if (status)
		return status;
	hy_jw_key(w, "items");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		hy_jw_object(w);
		put_statement(desk, w, &list[i]);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	hy_jw_kint(w, "next", n == (size_t)limit ? list[n - 1].id.v : 0);
	return HY_OK;
}

static void put_targets(struct hy_desk *desk, struct hy_json_writer *w,
			const struct hy_statement *s)
{
	hy_jw_key(w, "targets");
	hy_jw_array(w);
	for (size_t i = 0; i < s->n_targets; i++) {
		struct hy_account *account = NULL;
		if (hy_account_get(desk->st, w, s->targets[i], &account, NULL))
			continue;
		hy_jw_object(w);
		hy_jw_kint(w, "id", account->id.v);
		hy_jw_kstr(w, "name", account->name);
		hy_jw_kstr(w, "platform", account->platform);
		hy_jw_kstr(w, "state", hy_account_state_name(account->state));
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
}

/* Exactly what each platform is given, where it is not title and Markdown as they are. */
static enum hy_status put_forms(struct hy_desk *desk, struct hy_json_writer *w,
				const struct hy_statement *s, struct hy_err *err)
{
	enum hy_status status = HY_OK;

	hy_jw_key(w, "forms");
	hy_jw_array(w);
	for (size_t i = 0; i < s->n_targets && !status; i++) {
		struct hy_account *account = NULL;
		struct hy_form form = {0};
		status = hy_account_get(desk->st, w, s->targets[i], &account, err);
		if (!status)
			status = hy_publish_form(desk->st, w, s, account, &form, err);
		if (status == HY_EINPUT)
			status = HY_OK; /* among the checks, with its cure */
		if (status || !form.text)
			continue;
		hy_jw_object(w);
		hy_jw_kstr(w, "account", account->name);
		hy_jw_kstr(w, "title", form.title);
		hy_jw_kstr(w, form.html ? "html" : "text", form.text);
		hy_jw_kstr(w, "way", form.way);
		hy_jw_kstr(w, "url", form.link);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	return status;
}

enum hy_status act_post_show(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, struct hy_json_writer *w,
			     struct hy_err *err)
{
	struct hy_statement *s = NULL;
	int revision = 0;
	char *html = NULL;
	enum hy_status status = revision_of(desk, w, params, &s, &revision, err);

	(void)actor;
	if (status)
		return status;
	put_statement(desk, w, s);
	hy_jw_kstr(w, "text", s->text);
	status = hy_markdown_to_html(w, s->text, &html, err);
	if (status)
		return status;
	hy_jw_kstr(w, "html", html);
	put_targets(desk, w, s);
	status = put_forms(desk, w, s, err);
	if (status)
		return status;
	put_ts(w, "not_before_ts", s->not_before);
	put_when(desk, w, "not_before_when", s->not_before);
	put_ts(w, "not_after_ts", s->not_after);
	if (s->state == HY_STATEMENT_APPROVED)
		hy_jw_kstr(w, "signature", hy_hex(w, s->signature, HY_ED25519_SIG_LEN));
	status = s->claim.v ? desk_put_evidence(desk, w, s->claim, err) : HY_OK;
	if (!status)
		status = put_deliveries(desk, w, s->id, err);
	return status ? status : put_checks(desk, w, s, err);
}

enum hy_status act_post_status(struct hy_desk *desk, struct hy_person_id actor,
			       const struct hy_json *params, struct hy_json_writer *w,
			       struct hy_err *err)
{
	struct hy_statement_id id = {0};
	struct hy_statement *s = NULL;
	enum hy_status status = param_id(params, "id", &id.v, err);

	(void)actor;
	if (!status && id.v)
		status = hy_statement_get(desk->st, w, id, &s, err);
	if (status)
		return status;
	if (s) {
		hy_jw_kint(w, "id", s->id.v);
		hy_jw_kstr(w, "state", hy_statement_state_name(s->state));
		hy_jw_kint(w, "revision", s->revision);
	}
	return put_deliveries(desk, w, id, err);
}

/* ---- a person settles a delivery ---- */

static enum hy_status settle(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, struct hy_json_writer *w, const char *as,
			     struct hy_err *err)
{
	struct hy_delivery_id id = {hy_json_int(params, "delivery", 0)};
	struct hy_delivery *d = NULL;
	enum hy_status status = hy_store_begin(desk->st, err);

	if (status)
		return status;
	status = hy_outbox_resolve(desk->st, desk->clock, id, as, param_str(params, "receipt"),
				   NULL, err);
	status = desk_done(desk, status, actor, "post.resolve", err, "delivery %" PRId64 " %s",
			   id.v, as);
	if (!status)
		status = hy_delivery_get(desk->st, w, id, &d, err);
	if (status)
		return status;
	hy_jw_key(w, "deliveries");
	hy_jw_array(w);
	put_delivery(desk, w, d);
	hy_jw_end_array(w);
	return HY_OK;
}

enum hy_status act_post_resolve(struct hy_desk *desk, struct hy_person_id actor,
				const struct hy_json *params, struct hy_json_writer *w,
				struct hy_err *err)
{
	const char *as = param_text(params, "as");

	if (strcmp(as, "sent") && strcmp(as, "absent"))
		return hy_err_set(
			err, HY_EINPUT,
			_("as: \"sent\" or \"absent\", what you saw on the platform, not \"%s\""),
			as);
	return settle(desk, actor, params, w, as, err);
}

enum hy_status act_post_retry(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	return settle(desk, actor, params, w, "retry", err);
}
