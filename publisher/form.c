/*
 * What a statement becomes on a platform that has a form of its own: the exact bytes, made of what
 * is approved and of the office's public address. Approval keeps their hash, and what is sent must
 * have the same: a changed address or a longer name sends nothing that nobody saw.
 */
#include "publisher/internal.h"

#include <string.h>

#include "render/render.h"

#define FORM_MAX (4u << 20)

/* ---- the parts ---- */

static enum hy_status meta(struct hy_store *st, const void *ctx, const char *key, char **out,
			   struct hy_err *err)
{
	char *value = NULL;
	enum hy_status status = hy_meta_get(st, ctx, key, &value, err);

	if (status == HY_OK)
		*out = value != NULL ? value : hy_strdup(ctx, "");
	return status;
}

/* The statement's own page stands when it goes to our site, too, and the site has an address. */
static enum hy_status page_link(struct hy_store *st, const void *ctx, const struct hy_statement *s,
				char **out, struct hy_err *err)
{
	char *base = NULL;
	bool page = false;
	enum hy_status status = meta(st, ctx, "site.base", &base, err);

	for (size_t i = 0; status == HY_OK && i < s->n_targets; i++) {
		struct hy_account *a;

		status = hy_account_get(st, ctx, s->targets[i], &a, err);
		page = page || (status == HY_OK && strcmp(a->platform, "site") == 0);
	}
	if (status != HY_OK || !page || !hy_url_is_http(base))
		return status;
	*out = hy_strf(ctx, "%s%sstatements/%" PRId64 ".html", base,
		       base[strlen(base) - 1] == '/' ? "" : "/", s->id.v);
	return HY_OK;
}

static enum hy_status erratum_note(struct hy_store *st, const void *ctx,
				   const struct hy_statement *s, struct hy_form_parts *p,
				   struct hy_err *err)
{
	struct hy_statement *old;
	enum hy_status status;

	if (s->corrects.v == 0)
		return HY_OK;
	status = hy_statement_get(st, ctx, s->corrects, &old, err);
	if (status == HY_OK)
		p->note = hy_strf(ctx, hy_tr(p->lang, N_("(This corrects our statement \"%s\")")),
				  old->title);
	return status;
}

/* A text that begins with its own title does not say it twice. */
static char *without_title(char *text, const char *title)
{
	size_t n = strlen(title);

	if (n == 0 || strncmp(text, title, n) != 0 || (text[n] != '\0' && text[n] != '\n'))
		return text;
	return text + n + (text[n] == '\n');
}

enum hy_status hy_form_parts(struct hy_store *st, const void *ctx, const struct hy_statement *s,
			     struct hy_form_parts *out, struct hy_err *err)
{
	struct hy_form_parts p = {.title = s->title != NULL ? s->title : ""};
	const char *text = s->text != NULL ? s->text : "";
	char *lang = NULL, *end;
	enum hy_status status = meta(st, ctx, "office.language", &lang, err);

	if (status == HY_OK)
		status = meta(st, ctx, "office.name", &p.office, err);
	if (status == HY_OK)
		status = page_link(st, ctx, s, &p.link, err);
	if (status == HY_OK)
		status = hy_markdown_to_html(ctx, text, &p.html, err);
	if (status == HY_OK)
		status = hy_markdown_to_text(ctx, text, &p.body, err);
	if (status != HY_OK)
		return status;
	p.lang = strcmp(lang, "en") == 0 ? HY_LANG_EN : HY_LANG_ZH;
	p.body = without_title(p.body, p.title);
	for (end = p.body + strlen(p.body); end > p.body && end[-1] == '\n'; end--)
		end[-1] = '\0';
	end = strchr(p.body, '\n');
	if (end != NULL)
		p.lead = hy_strndup(ctx, p.body, (size_t)(end - p.body));
	status = erratum_note(st, ctx, s, &p, err);
	if (status == HY_OK && strstr(p.html, "<img") != NULL)
		status = hy_err_set(err, HY_EINPUT, "%s",
				    _("pictures in the text do not go out there: take them out"));
	if (status == HY_OK)
		*out = p;
	return status;
}

static char *join(const void *ctx, const struct hy_form_parts *p, const struct hy_micro *m,
		  const char *body)
{
	const char *parts[] = {body, p->note, p->link};
	struct hy_buf b;
	bool first = true;

	hy_buf_init(&b, ctx, FORM_MAX);
	hy_buf_fmt(&b, "%s%s%s", m->open, p->title, m->shut);
	for (size_t i = 0; i < HY_LEN(parts); i++) {
		if (parts[i] == NULL || parts[i][0] == '\0')
			continue;
		if (!first || m->shut[0] == '\0')
			hy_buf_str(&b, m->gap);
		hy_buf_str(&b, parts[i]);
		if (parts[i] == p->link && m->mark != NULL)
			hy_buf_fmt(&b, "#%s", m->mark);
		first = false;
	}
	return b.over ? NULL : hy_buf_take(&b, NULL);
}

char *hy_form_micro(const void *ctx, const struct hy_form_parts *p, const struct hy_micro *m,
		    bool (*fits)(void *user, const char *text), void *user)
{
	char *text = join(ctx, p, m, p->body);

	if (text != NULL && fits(user, text))
		return text;
	/* the rest of it stands behind the link, or it is not left out */
	text = p->link != NULL && p->lead != NULL ? join(ctx, p, m, p->lead) : NULL;
	return text != NULL && fits(user, text) ? text : NULL;
}

/* ---- what was approved is what is sent ---- */

enum hy_status hy_publish_form(struct hy_store *st, const void *ctx, const struct hy_statement *s,
			       const struct hy_account *a, struct hy_form *out, struct hy_err *err)
{
	const struct hy_channel *ch = hy_channel_find(a->platform);
	struct hy_form form = {0};
	enum hy_status status = HY_OK;

	if (ch != NULL && ch->form != NULL)
		status = ch->form(st, ctx, s, a, &form, err);
	if (status == HY_OK)
		*out = form;
	return status;
}

/* The platform's own half of the approval: hex of SHA-256 over way, link, cover, title, text. */
static enum hy_status form_hash(struct hy_store *st, const void *ctx, const struct hy_statement *s,
				struct hy_account_id account, char **out, struct hy_err *err)
{
	struct hy_form f = {0};
	struct hy_account *a;
	uint8_t hash[HY_SHA256_LEN];
	enum hy_status status = hy_account_get(st, ctx, account, &a, err);

	if (status == HY_OK)
		status = hy_publish_form(st, ctx, s, a, &f, err);
	if (status != HY_OK || f.text == NULL)
		return status;
	char *all = hy_strf(ctx, "%s\n%s\n%s\n%s\n%s", f.way != NULL ? f.way : "",
			    f.link != NULL ? f.link : "", f.cover != NULL ? f.cover : "",
			    f.title != NULL ? f.title : "", f.text);
	hy_sha256(all, strlen(all), hash);
	*out = hy_hex(ctx, hash, sizeof(hash));
	return HY_OK;
}

static char *form_key(const void *ctx, const struct hy_statement *s, struct hy_account_id account)
{
	return hy_strf(ctx, "form.%" PRId64 ".%" PRId64, s->id.v, account.v);
}

enum hy_status hy_form_bind(struct hy_store *st, const void *ctx, const struct hy_statement *s,
			    struct hy_err *err)
{
	enum hy_status status = HY_OK;

	for (size_t i = 0; status == HY_OK && i < s->n_targets; i++) {
		char *hash = NULL;

		status = form_hash(st, ctx, s, s->targets[i], &hash, err);
		if (status == HY_OK && hash != NULL)
			status = hy_meta_set(st, form_key(ctx, s, s->targets[i]), hash, err);
	}
	return status;
}

bool hy_form_holds(struct hy_store *st, const void *ctx, const struct hy_statement *s,
		   struct hy_account_id account)
{
	char *now = NULL, *then = NULL;

	if (form_hash(st, ctx, s, account, &now, NULL) != HY_OK)
		return false;
	if (now == NULL)
		return true;
	return hy_meta_get(st, ctx, form_key(ctx, s, account), &then, NULL) == HY_OK &&
	       then != NULL && strcmp(now, then) == 0;
}
