/*
 * A statement from draft to approval. The rules are checked when it is submitted and once more when
 * it is approved, against the record as it is then: a verdict may have been withdrawn in between.
 */
#include "publisher/internal.h"

#include <stdlib.h>
#include <string.h>

bool hy_verdict_allows(enum hy_verdict v, enum hy_statement_kind kind)
{
	if (kind != HY_STATEMENT_CORRECTION)
		return true;
	return v == HY_VERDICT_FALSE || v == HY_VERDICT_PARTLY || v == HY_VERDICT_CONTEXT;
}

struct check {
	const void *ctx;
	struct hy_draft_finding *list;
	size_t n;
};

static void add(struct check *c, const char *code, const char *field, bool blocking,
		const char *text)
{
	c->list = hy_grow(c->ctx, c->list, struct hy_draft_finding, c->n + 1);
	c->list[c->n++] = (struct hy_draft_finding){.code = code,
						    .text = hy_strdup(c->ctx, text),
						    .blocking = blocking,
						    .field = field};
}

static bool blank(const char *s)
{
	while (s != NULL && *s != '\0') {
		size_t len;

		if (!hy_is_blank(hy_utf8_decode(s, s + strlen(s), &len)))
			return false;
		s += len;
	}
	return true;
}

static void check_words(struct check *c, const struct hy_statement *s)
{
	const char *title = s->title != NULL ? s->title : "";
	const char *text = s->text != NULL ? s->text : "";

	if (blank(title))
		add(c, "title-empty", "title", true, _("the title is empty: write one"));
	if (strpbrk(title, "\r\n") != NULL)
		add(c, "title-lines", "title", true,
		    _("the title is one line: take the break out"));
	if (hy_utf8_count(title, strlen(title)) > HY_TITLE_MAX)
		add(c, "title-long", "title", true,
		    hy_strf(c->ctx, _("the title is longer than %d characters"), HY_TITLE_MAX));
	if (blank(text))
		add(c, "text-empty", "text", true, _("the text is empty: write one"));
	if (hy_utf8_count(text, strlen(text)) > HY_TEXT_MAX)
		add(c, "text-long", "text", true,
		    hy_strf(c->ctx, _("the text is longer than %d characters"), HY_TEXT_MAX));
	if (s->not_after != 0 && s->not_after <= s->not_before)
		add(c, "times", "", true, _("\"not after\" lies before \"not before\""));
	if (s->n_targets == 0)
		add(c, "no-target", "", true, _("no account is named: add one with --to"));
	if (s->n_targets > HY_TARGETS_MAX)
		add(c, "targets", "", true,
		    hy_strf(c->ctx, _("more than %d accounts are named"), HY_TARGETS_MAX));
}

static void check_pii(struct check *c, const char *field, const char *text)
{
	struct hy_draft_finding *more = NULL;
	size_t n = 0;

	if (text == NULL)
		return;
	hy_pii_find(c->ctx, field, text, &more, &n);
	c->list = hy_grow(c->ctx, c->list, struct hy_draft_finding, c->n + n + 1);
	for (size_t i = 0; i < n; i++)
		c->list[c->n++] = more[i];
}

/* G7, G8 */
static enum hy_status check_claim(struct check *c, struct hy_store *st,
				  const struct hy_statement *s, struct hy_err *err)
{
	struct hy_claim *claim;
	void *tmp;

	if (s->claim.v == 0) {
		if (s->kind == HY_STATEMENT_CORRECTION)
			add(c, "no-claim", "", true, _("a correction names the claim it corrects"));
		return HY_OK;
	}
	tmp = talloc_new(NULL);
	enum hy_status status = hy_claim_get(st, tmp, s->claim, &claim, err);
	if (status == HY_OK && !hy_verdict_allows(claim->verdict, s->kind))
		add(c, "claim-verdict", "", true,
		    hy_strf(c->ctx,
			    _("a correction needs the verdict false, partly or context: claim "
			      "%" PRId64 " is \"%s\""),
			    s->claim.v, _(hy_verdict_name(claim->verdict))));
	if (status == HY_OK && s->kind == HY_STATEMENT_CORRECTION && claim->signed_by.v == 0)
		add(c, "claim-unsigned", "", true,
		    _("the verdict is not signed by a second person yet"));
	if (status == HY_OK && s->kind == HY_STATEMENT_CORRECTION && claim->evidence < 1)
		add(c, "claim-evidence", "", true,
		    _("a correction shows its evidence: add some to the claim"));
	talloc_free(tmp);
	return status;
}

static void check_kind(struct check *c, const struct hy_statement *s)
{
	if (s->kind == HY_STATEMENT_REPLY && s->cs.v == 0)
		add(c, "no-case", "", true, _("a reply names the case it answers"));
	if (s->kind == HY_STATEMENT_ERRATUM && s->corrects.v == 0)
		add(c, "no-corrects", "", true, _("an erratum names the statement it puts right"));
}

/* It fits the platform as it will go out. */
static enum hy_status check_form(struct check *c, struct hy_store *st, const struct hy_statement *s,
				 const struct hy_account *a, struct hy_err *err)
{
	void *tmp = talloc_new(NULL);
	struct hy_err why = {0};
	struct hy_form form;
	enum hy_status status = hy_publish_form(st, tmp, s, a, &form, &why);

	if (status == HY_EINPUT)
		add(c, "account-form", "text", true,
		    hy_strf(c->ctx, _("account %s: %s"), a->name, why.text));
	else if (status != HY_OK && err != NULL)
		*err = why;
	talloc_free(tmp);
	return status == HY_EINPUT ? HY_OK : status;
}

static enum hy_status check_account(struct check *c, struct hy_store *st,
				    const struct hy_statement *s, const struct hy_account *a,
				    struct hy_err *err)
{
	const struct hy_channel *ch = hy_channel_find(a->platform);

	if (ch == NULL) {
		add(c, "account-channel", "", true,
		    hy_strf(c->ctx, _("account %s: there is no channel \"%s\""), a->name,
			    a->platform));
		return HY_OK;
	}
	if (a->state == HY_ACCOUNT_REVOKED)
		add(c, "account-revoked", "", true,
		    hy_strf(c->ctx, _("account %s is revoked"), a->name));
	else if (a->state != HY_ACCOUNT_ACTIVE || ((ch->needs & HY_NEEDS_SECRET) && !a->has_secret))
		add(c, "account-frozen", "", false,
		    hy_strf(c->ctx, _("account %s cannot post now (%s): the rest goes on"), a->name,
			    a->state != HY_ACCOUNT_ACTIVE ? _(hy_account_state_name(a->state))
							  : _("no secret is stored")));
	return check_form(c, st, s, a, err);
}

enum hy_status hy_draft_check(struct hy_store *st, const void *ctx, const struct hy_statement *s,
			      struct hy_draft_finding **out, size_t *n, struct hy_err *err)
{
	struct check c = {.ctx = ctx};
	void *tmp = talloc_new(NULL);
	enum hy_status status;

	check_words(&c, s);
	check_kind(&c, s);
	status = check_claim(&c, st, s, err);
	for (size_t i = 0; status == HY_OK && i < s->n_targets; i++) {
		struct hy_account *a;

		status = hy_account_get(st, tmp, s->targets[i], &a, err);
		if (status == HY_OK)
			status = check_account(&c, st, s, a, err);
	}
	check_pii(&c, "title", s->title);
	check_pii(&c, "text", s->text);
	talloc_free(tmp);
	if (status == HY_OK) {
		*out = c.list;
		*n = c.n;
	}
	return status;
}

/* The first finding that stands in the way of this person, as HY_EREFUSED. */
static enum hy_status check_passes(struct hy_store *st, const struct hy_statement *s,
				   const char *const *allow, size_t n_allow, struct hy_err *err)
{
	struct hy_draft_finding *list = NULL;
	void *tmp = talloc_new(NULL);
	size_t n = 0;
	enum hy_status status = hy_draft_check(st, tmp, s, &list, &n, err);

	for (size_t i = 0; status == HY_OK && i < n; i++) {
		bool allowed = !list[i].confirm;

		for (size_t k = 0; k < n_allow && !allowed; k++)
			allowed = strcmp(allow[k], list[i].code) == 0;
		if (list[i].blocking || !allowed)
			status = hy_err_set(err, HY_EREFUSED, "%s", list[i].text);
	}
	talloc_free(tmp);
	return status;
}

/* ---- the way ---- */

static int by_id(const void *a, const void *b)
{
	const struct hy_account_id *x = a, *y = b;

	return x->v < y->v ? -1 : x->v > y->v;
}

/* A copy with sorted targets and digest filled in. */
static enum hy_status completed(struct hy_store *st, const void *ctx, const struct hy_statement *s,
				struct hy_statement *out, struct hy_err *err)
{
	size_t kept = 0;

	*out = *s;
	out->title = s->title != NULL ? s->title : "";
	out->text = s->text != NULL ? s->text : "";
	out->targets = hy_new_array(ctx, struct hy_account_id, s->n_targets + 1);
	for (size_t i = 0; i < s->n_targets; i++)
		out->targets[i] = s->targets[i];
	qsort(out->targets, s->n_targets, sizeof(*out->targets), by_id);
	for (size_t i = 0; i < s->n_targets; i++)
		if (kept == 0 || out->targets[kept - 1].v != out->targets[i].v)
			out->targets[kept++] = out->targets[i];
	out->n_targets = kept;
	if (!hy_utf8_valid(out->title, strlen(out->title)) ||
	    !hy_utf8_valid(out->text, strlen(out->text)))
		return hy_err_set(err, HY_EINPUT, _("title and text must be UTF-8"));
	return hy_publish_digest(st, out, out->digest, err);
}

enum hy_status hy_publish_draft(struct hy_store *st, const struct hy_statement *s,
				struct hy_statement_id *out, struct hy_err *err)
{
	void *tmp = talloc_new(NULL);
	struct hy_statement full;
	uint8_t random[10];
	enum hy_status status = completed(st, tmp, s, &full, err);

	hy_random_bytes(random, sizeof(random));
	full.marker = hy_strf(tmp, "hy-%s", hy_hex(tmp, random, sizeof(random)));
	if (status == HY_OK)
		status = hy_statement_add(st, &full, out, err);
	talloc_free(tmp);
	return status;
}

enum hy_status hy_publish_edit(struct hy_store *st, const struct hy_statement *s,
			       struct hy_err *err)
{
	void *tmp = talloc_new(NULL);
	struct hy_statement full;
	enum hy_status status = completed(st, tmp, s, &full, err);

	if (status == HY_OK)
		status = hy_statement_revise(st, &full, err);
	talloc_free(tmp);
	return status;
}

static enum hy_status expect(const struct hy_statement *s, enum hy_statement_state state,
			     int revision, struct hy_err *err)
{
	if (s->revision != revision)
		return hy_err_set(err, HY_ECONFLICT,
				  _("statement %" PRId64 ": revision %d is not the latest (%d): "
				    "read it again"),
				  s->id.v, revision, s->revision);
	if (s->state != state)
		return hy_err_set(err, HY_ECONFLICT, _("statement %" PRId64 " is %s, not %s"),
				  s->id.v, _(hy_statement_state_name(s->state)),
				  _(hy_statement_state_name(state)));
	return HY_OK;
}

enum hy_status hy_publish_submit(struct hy_store *st, struct hy_statement_id id, int revision,
				 struct hy_person_id who, const char *const *allow, size_t n_allow,
				 struct hy_err *err)
{
	void *tmp = talloc_new(NULL);
	struct hy_statement *s;
	enum hy_status status = hy_statement_get(st, tmp, id, &s, err);

	if (status == HY_OK)
		status = expect(s, HY_STATEMENT_DRAFT, revision, err);
	if (status == HY_OK)
		status = check_passes(st, s, allow, n_allow, err);
	if (status == HY_OK)
		status = hy_statement_submit(st, id, revision, who, err);
	talloc_free(tmp);
	return status;
}

/* The bytes now in the record are the ones the approver saw, and the ones that were submitted. */
static enum hy_status same_bytes(struct hy_store *st, const struct hy_statement *s,
				 const uint8_t seen[HY_SHA256_LEN], struct hy_err *err)
{
	uint8_t now[HY_SHA256_LEN];
	enum hy_status status = hy_publish_digest(st, s, now, err);

	if (status != HY_OK)
		return status;
	if (!hy_equal_ct(now, s->digest, sizeof(now)) || !hy_equal_ct(now, seen, sizeof(now)))
		return hy_err_set(err, HY_ECONFLICT,
				  _("statement %" PRId64 ": text, accounts or times are not those "
				    "you saw: read it again"),
				  s->id.v);
	return HY_OK;
}

enum hy_status hy_publish_approve(struct hy_store *st, struct hy_statement_id id, int revision,
				  const uint8_t digest[HY_SHA256_LEN], struct hy_person_id who,
				  const char *const *allow, size_t n_allow, struct hy_err *err)
{
	void *tmp = talloc_new(NULL);
	uint8_t sig[HY_ED25519_SIG_LEN];
	struct hy_statement *s;
	enum hy_status status = hy_statement_get(st, tmp, id, &s, err);

	if (status == HY_OK)
		status = expect(s, HY_STATEMENT_SUBMITTED, revision, err);
	if (status == HY_OK && (who.v == 0 || s->author.v == who.v))
		status = hy_err_set(err, HY_EREFUSED,
				    _("nobody approves their own text: another person must"));
	if (status == HY_OK)
		status = same_bytes(st, s, digest, err);
	if (status == HY_OK)
		status = check_passes(st, s, allow, n_allow, err);
	if (status == HY_OK)
		status = hy_form_bind(st, tmp, s, err);
	if (status == HY_OK)
		status = hy_office_sign(st, digest, sig, err);
	if (status == HY_OK)
		status = hy_statement_approve(st, id, revision, digest, who, sig, err);
	talloc_free(tmp);
	return status;
}
