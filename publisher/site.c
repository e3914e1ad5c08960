/*
 * The public site as files: each page is a function of the record alone, so that building it again
 * gives the same bytes, and a file that is the same already is not touched.
 */
#include "config.h"
#include "publisher/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "render/render.h"

#define PAGE_MAX (4u << 20)
#define FEED_MAX ((size_t)32 << 20)
#define FEED_ENTRIES 50
#define STATEMENTS_MAX 100000

struct site {
	void *ctx;
	struct hy_store *st;
	char *dir, *base, *office;
	char *key; /* public, hex */
	char *urn; /* of this office, for good: "urn:huying:<instance>" */
	enum hy_lang lang;
	int offset;		   /* minutes east of UTC */
	struct hy_statement *list; /* newest first */
	size_t n;
};

static enum hy_status meta(struct site *s, const char *key, const char *otherwise, char **out,
			   struct hy_err *err)
{
	char *value = NULL;
	enum hy_status status = hy_meta_get(s->st, s->ctx, key, &value, err);

	if (status != HY_OK && status != HY_ENOTFOUND)
		return status;
	*out = value != NULL ? value : hy_strdup(s->ctx, otherwise);
	return HY_OK;
}

/* An office set up before it had a name of its own is named by its key. */
static enum hy_status load_names(struct site *s, struct hy_err *err)
{
	uint8_t pub[HY_ED25519_LEN];
	char *instance;
	enum hy_status status = hy_office_key(s->st, pub, err);

	if (status == HY_OK)
		status = meta(s, "instance", "", &instance, err);
	if (status != HY_OK)
		return status;
	s->key = hy_hex(s->ctx, pub, sizeof(pub));
	s->urn = instance[0] != '\0' ? hy_strf(s->ctx, "urn:huying:%s", instance)
				     : hy_strf(s->ctx, "urn:huying:%.32s", s->key);
	return HY_OK;
}

static enum hy_status site_load(struct site *s, struct hy_account_id account, struct hy_err *err)
{
	char *lang, *offset;
	enum hy_status status = meta(s, "office.name", "", &s->office, err);

	if (status == HY_OK)
		status = meta(s, "site.base", "", &s->base, err);
	if (status == HY_OK)
		status = meta(s, "office.language", "zh", &lang, err);
	if (status == HY_OK)
		status = meta(s, "office.offset", "", &offset, err);
	if (status == HY_OK)
		status = load_names(s, err);
	if (status != HY_OK)
		return status;
	s->lang = strcmp(lang, "en") == 0 ? HY_LANG_EN : HY_LANG_ZH;
	s->offset = strcmp(offset, "0") == 0 ? 0 : 480;
	size_t n = strlen(s->base);
	if (n > 0 && s->base[n - 1] != '/')
		s->base = hy_strf(s->ctx, "%s/", s->base);
	return hy_statement_on_account(s->st, s->ctx, account, STATEMENTS_MAX, &s->list, &s->n,
				       err);
}

/* ---- files ---- */

static enum hy_status make_dir(const char *path, struct hy_err *err)
{
	if (mkdir(path, 0755) == 0 || errno == EEXIST)
		return HY_OK;
	return hy_err_set(err, errno == ENOSPC ? HY_ENOSPACE : HY_ESYSTEM,
			  _("%s: cannot be made: %s"), path, hy_strerror(errno));
}

static enum hy_status put(struct site *s, const char *name, const char *bytes, size_t n,
			  struct hy_err *err)
{
	void *tmp = talloc_new(s->ctx);
	char *path = hy_strf(tmp, "%s/%s", s->dir, name), *old = NULL;
	size_t old_n = 0;
	enum hy_status status = HY_OK;

	if (hy_file_read(tmp, path, FEED_MAX, &old, &old_n, NULL) != HY_OK || old_n != n ||
	    memcmp(old, bytes, n) != 0)
		status = hy_file_write(path, bytes, n, 0644, err);
	talloc_free(tmp);
	return status;
}

static enum hy_status put_buf(struct site *s, const char *name, const struct hy_buf *b,
			      struct hy_err *err)
{
	if (b->over)
		return hy_err_set(err, HY_EINPUT, _("%s would be too long"), name);
	return put(s, name, b->data, b->len, err);
}

/* The signature stands after the file it is of; whoever reads between the two reads again. */
static enum hy_status put_signed(struct site *s, const char *name, const char *bytes, size_t n,
				 struct hy_err *err)
{
	uint8_t sig[HY_ED25519_SIG_LEN];
	enum hy_status status = put(s, name, bytes, n, err);

	if (status == HY_OK)
		status = hy_office_sign_file(s->st, bytes, n, sig, err);
	if (status != HY_OK)
		return status;
	char *line = hy_strf(s->ctx, "%s\n", hy_base64(s->ctx, sig, sizeof(sig), false));
	return put(s, hy_strf(s->ctx, "%s.sig", name), line, strlen(line), err);
}

static char *page_url(struct site *s, int64_t id)
{
	return hy_strf(s->ctx, "%sstatements/%" PRId64 ".html", s->base, id);
}

static hy_time published(const struct hy_statement *st)
{
	return st->decided > st->not_before ? st->decided : st->not_before;
}

/* ---- a statement's page ---- */

/* What the approver could see: later evidence nobody has approved for this text. */
static enum hy_status load_evidence(struct site *s, const void *ctx, const struct hy_statement *st,
				    struct hy_statement_page *page, struct hy_claim_review *review,
				    struct hy_err *err)
{
	struct hy_evidence *list = NULL;
	size_t n = 0;
	enum hy_status status = hy_evidence_list(s->st, ctx, st->claim, &list, &n, err);

	if (status != HY_OK)
		return status;
	struct hy_page_evidence *shown = hy_new_array(ctx, struct hy_page_evidence, n + 1);
	const char **urls = hy_new_array(ctx, const char *, n + 1);

	for (size_t i = 0; i < n; i++) {
		if (list[i].captured > st->decided)
			continue;
		shown[page->n_evidence++] = (struct hy_page_evidence){
			.title = list[i].title,
			.url = list[i].url,
			.sha256 = hy_hex(ctx, list[i].sha256, HY_SHA256_LEN),
			.captured = list[i].captured,
		};
		if (list[i].url != NULL)
			urls[review->n_evidence++] = list[i].url;
	}
	page->evidence = shown;
	review->evidence_urls = urls;
	return HY_OK;
}

static enum hy_status load_claim(struct site *s, const void *ctx, const struct hy_statement *st,
				 struct hy_statement_page *page, struct hy_claim_review *review,
				 struct hy_err *err)
{
	struct hy_claim *claim;
	enum hy_status status;

	if (st->claim.v == 0 || st->kind != HY_STATEMENT_CORRECTION)
		return HY_OK;
	status = hy_claim_get(s->st, ctx, st->claim, &claim, err);
	if (status != HY_OK)
		return status;
	*review = (struct hy_claim_review){
		.claim = claim->text,
		.verdict = claim->verdict,
		.finding = claim->finding,
		/* without a base relative to the page itself */
		.url = s->base[0] != '\0' ? page_url(s, st->id.v)
					  : hy_strf(ctx, "%" PRId64 ".html", st->id.v),
		.office = s->office,
		.office_url = s->base[0] != '\0' ? s->base : NULL,
		.claim_date = claim->opened,
		.published = published(st),
		.lang = s->lang == HY_LANG_EN ? "en" : "zh-CN",
	};
	/* A later judgement is not what was approved: the text stands, the verdict does not. */
	if (claim->signed_by.v != 0 && claim->judged <= st->decided)
		page->review = review;
	return load_evidence(s, ctx, st, page, review, err);
}

/* Errata of this statement, and the one it puts right. */
static void load_links(struct site *s, const void *ctx, const struct hy_statement *st,
		       struct hy_statement_page *page, struct hy_page_link *corrects)
{
	struct hy_page_link *by = hy_new_array(ctx, struct hy_page_link, s->n + 1);

	for (size_t i = 0; i < s->n; i++) {
		const struct hy_statement *other = &s->list[i];
		struct hy_page_link link = {.url = hy_strf(ctx, "%" PRId64 ".html", other->id.v),
					    .title = other->title,
					    .at = published(other)};

		if (other->corrects.v == st->id.v)
			by[page->n_corrected_by++] = link;
		if (st->corrects.v != 0 && other->id.v == st->corrects.v) {
			*corrects = link;
			page->corrects = corrects;
		}
	}
	page->corrected_by = by;
}

static enum hy_status put_statement(struct site *s, const struct hy_statement *st,
				    struct hy_err *err)
{
	void *ctx = talloc_new(s->ctx);
	struct hy_claim_review review = {0};
	struct hy_page_link corrects;
	struct hy_buf b;
	struct hy_statement_page page = {
		.lang = s->lang,
		.office = s->office,
		.home_url = "../index.html",
		.css_url = "../style.css",
		.atom_url = "../feed.atom",
		.self_url = s->base[0] != '\0' ? page_url(s, st->id.v) : NULL,
		.kind = st->kind,
		.title = st->title,
		.markdown = st->text,
		.published = published(st),
		.offset_minutes = s->offset,
		.digest_hex = hy_hex(ctx, st->digest, HY_SHA256_LEN),
		.signature_b64 = hy_base64(ctx, st->signature, HY_ED25519_SIG_LEN, false),
		.key_url = "../key.json",
		.marker = st->marker,
	};
	enum hy_status status = load_claim(s, ctx, st, &page, &review, err);

	load_links(s, ctx, st, &page, &corrects);
	hy_buf_init(&b, ctx, PAGE_MAX);
	if (status == HY_OK)
		status = hy_page_statement(&b, &page, err);
	if (status == HY_OK)
		status = put_buf(s, hy_strf(ctx, "statements/%" PRId64 ".html", st->id.v), &b, err);
	talloc_free(ctx);
	return status == HY_OK ? HY_OK : hy_err_wrap(err, "statement %" PRId64, st->id.v);
}

/* ---- feeds and lists ---- */

static enum hy_status feed_entry(struct site *s, const struct hy_statement *st,
				 struct hy_feed_out_entry *out, struct hy_err *err)
{
	char *html = NULL, *text = NULL;
	enum hy_status status = hy_markdown_to_html(s->ctx, st->text, &html, err);

	if (status == HY_OK)
		status = hy_markdown_to_text(s->ctx, st->text, &text, err);
	if (status != HY_OK)
		return status;
	*out = (struct hy_feed_out_entry){
		.id = hy_strf(s->ctx, "%s:statement:%" PRId64, s->urn, st->id.v),
		.url = page_url(s, st->id.v),
		.title = st->title,
		.html = html,
		.text = text,
		.category = hy_statement_kind_name(st->kind),
		.category_label = hy_statement_kind_label(st->kind, s->lang),
		.published = published(st),
		.digest_hex = hy_hex(s->ctx, st->digest, HY_SHA256_LEN),
		.signature_b64 = hy_base64(s->ctx, st->signature, HY_ED25519_SIG_LEN, false),
	};
	return HY_OK;
}

static enum hy_status put_feeds(struct site *s, struct hy_err *err)
{
	size_t n = s->n < FEED_ENTRIES ? s->n : FEED_ENTRIES;
	struct hy_feed_out_entry *e = hy_new_array(s->ctx, struct hy_feed_out_entry, n + 1);
	struct hy_feed_out feed = {
		.id = s->urn,
		.title = s->office,
		.self_url = s->base[0] != '\0' ? hy_strf(s->ctx, "%sfeed.atom", s->base) : NULL,
		.home_url = s->base[0] != '\0' ? s->base : NULL,
		.office = s->office,
		.lang = s->lang == HY_LANG_EN ? "en" : "zh-CN",
		.key_hex = s->key,
		.key_url = hy_strf(s->ctx, "%skey.json", s->base),
		.entries = e,
		.n = n,
	};
	enum hy_status status = HY_OK;
	struct hy_buf b;

	for (size_t i = 0; status == HY_OK && i < n; i++)
		status = feed_entry(s, &s->list[i], &e[i], err);
	if (status != HY_OK)
		return status;
	hy_buf_init(&b, s->ctx, FEED_MAX);
	hy_feed_atom(&b, &feed);
	if (b.over)
		return hy_err_set(err, HY_EINPUT, _("%s would be too long"), "feed.atom");
	status = put_signed(s, "feed.atom", b.data, b.len, err);
	if (status != HY_OK)
		return status;
	if (s->base[0] != '\0')
		feed.self_url = hy_strf(s->ctx, "%sfeed.json", s->base);
	char *json = hy_feed_json(s->ctx, &feed);
	return put_signed(s, "feed.json", json, strlen(json), err);
}

/* The beginning of a plain text on one line, without the marks of its lists. */
static char *excerpt(struct site *s, const char *text)
{
	struct hy_buf b;

	hy_buf_init(&b, s->ctx, SIZE_MAX);
	for (size_t n; *text != '\0'; text += n + (text[n] != '\0')) {
		while (strncmp(text, "- ", 2) == 0)
			text += 2;
		n = strcspn(text, "\n");
		hy_buf_add(&b, text, n);
		hy_buf_chr(&b, '\n');
	}
	return hy_text_summary(s->ctx, b.data != NULL ? b.data : "", 120);
}

static enum hy_status put_index(struct site *s, struct hy_err *err)
{
	struct hy_index_entry *e = hy_new_array(s->ctx, struct hy_index_entry, s->n + 1);
	struct hy_index_page page = {
		.lang = s->lang,
		.office = s->office,
		.title = s->office,
		.css_url = "style.css",
		.atom_url = "feed.atom",
		.json_feed_url = "feed.json",
		.offset_minutes = s->offset,
		.entries = e,
		.n = s->n,
	};
	struct hy_buf b;
	enum hy_status status = HY_OK;

	for (size_t i = 0; status == HY_OK && i < s->n; i++) {
		const struct hy_statement *st = &s->list[i];
		char *text = NULL;

		status = hy_markdown_to_text(s->ctx, st->text, &text, err);
		if (status == HY_OK)
			e[i] = (struct hy_index_entry){
				.url = hy_strf(s->ctx, "statements/%" PRId64 ".html", st->id.v),
				.title = st->title,
				.summary = excerpt(s, text),
				.kind = st->kind,
				.published = published(st),
			};
	}
	if (status != HY_OK)
		return status;
	hy_buf_init(&b, s->ctx, FEED_MAX);
	hy_page_index(&b, &page);
	return put_buf(s, "index.html", &b, err);
}

static enum hy_status put_key(struct site *s, struct hy_err *err)
{
	struct hy_json_writer *w = hy_json_writer_new(s->ctx, true);
	size_t n;

	hy_jw_object(w);
	hy_jw_kstr(w, "office", s->office);
	hy_jw_kstr(w, "algorithm", "Ed25519");
	hy_jw_kstr(w, "public_key_hex", s->key);
	hy_jw_kstr(w, "signed", "SHA-256 of the statement, 32 bytes: encoding huying statement 1");
	hy_jw_kstr(w, "signed_files",
		   "feed.atom.sig, feed.json.sig: base64 of the Ed25519 signature over all bytes "
		   "of feed.atom, feed.json");
	hy_jw_kstr(w, "id", s->urn);
	hy_jw_end_object(w);
	const char *text = hy_jw_text(w, &n);
	return put(s, "key.json", text, n, err);
}

enum hy_status hy_site_build(struct hy_store *st, const char *dir, struct hy_account_id account,
			     struct hy_err *err)
{
	struct site s = {.ctx = talloc_new(NULL), .st = st};
	const char *css = hy_page_css();
	enum hy_status status;

	s.dir = hy_strf(s.ctx, "%s/site", dir);
	status = make_dir(s.dir, err);
	if (status == HY_OK)
		status = make_dir(hy_strf(s.ctx, "%s/statements", s.dir), err);
	if (status == HY_OK)
		status = site_load(&s, account, err);
	if (status == HY_OK)
		status = put(&s, "style.css", css, strlen(css), err);
	if (status == HY_OK)
		status = put_key(&s, err);
	for (size_t i = 0; status == HY_OK && i < s.n; i++)
		status = put_statement(&s, &s.list[i], err);
	if (status == HY_OK)
		status = put_feeds(&s, err);
	if (status == HY_OK)
		status = put_index(&s, err);
	talloc_free(s.ctx);
	return status == HY_OK ? HY_OK : hy_err_wrap(err, _("public site"));
}
