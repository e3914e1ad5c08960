/*
 * Mastodon as a channel. The server remembers our key for an hour: within it the same call makes no
 * second status, so that one in doubt is looked for first and then asked for again under its key;
 * later it is only looked for among our own statuses, by the mark in its link or by its text. An
 * erratum replies to the status that it puts right, and sets its own address on top of that one.
 */
#include "publisher/internal.h"

#include <stdlib.h>
#include <string.h>

#include "render/render.h"

#define CHARACTERS 500 /* until the server has told its own */
#define PER_URL 23
#define KEY_KEPT (55 * HY_MINUTE) /* an hour, and no argument about its end */
#define CLOCKS_APART (10 * HY_MINUTE)
#define TEXT_MAX (4u << 20)

struct masto {
	struct hy_form form;
	const char *lang;
	char *old_id; /* of an erratum: the status put right */
	bool alone;   /* that one is gone: no reply */
	char *receipt, *receipt_url;
};

/* ---- the form ---- */

struct limits {
	int64_t characters, per_url;
};

char *hy_form_limit_key(const void *ctx, struct hy_account_id account)
{
	return hy_strf(ctx, "account.limit.%" PRId64, account.v);
}

static enum hy_status limits_of(struct hy_store *st, const void *ctx, const struct hy_account *a,
				struct limits *out, struct hy_err *err)
{
	char *told = NULL, *rest;
	enum hy_status status = hy_meta_get(st, ctx, hy_form_limit_key(ctx, a->id), &told, err);

	*out = (struct limits){CHARACTERS, PER_URL};
	if (status != HY_OK || told == NULL)
		return status;
	int64_t characters = strtoll(told, &rest, 10), per_url = strtoll(rest, NULL, 10);
	if (characters > 0 && per_url > 0)
		*out = (struct limits){characters, per_url};
	return HY_OK;
}

static size_t address_length(const char *s)
{
	size_t n = strncmp(s, "https://", 8) == 0 ? 8 : strncmp(s, "http://", 7) == 0 ? 7 : 0;

	if (n == 0)
		return 0;
	while (s[n] > ' ' && s[n] < 0x7F && strchr("<>\"", s[n]) == NULL)
		n++;
	return n > 8 ? n : 0;
}

static int64_t characters(const char *s, int64_t per_url)
{
	int64_t count = 0;

	while (*s != '\0') {
		size_t n = address_length(s);

		if (n == 0)
			(void)hy_utf8_decode(s, s + strlen(s), &n), count++;
		else
			count += per_url;
		s += n;
	}
	return count;
}

static bool fits(void *user, const char *text)
{
	const struct limits *l = user;

	return characters(text, l->per_url) <= l->characters;
}

static enum hy_status form(struct hy_store *st, const void *ctx, const struct hy_statement *s,
			   const struct hy_account *a, struct hy_form *out, struct hy_err *err)
{
	struct hy_form_parts p;
	struct limits l;
	const struct hy_micro how = {.open = "",
				     .shut = "",
				     .gap = "\n\n",
				     .mark = s->marker != NULL ? s->marker : "hy"};
	enum hy_status status = hy_form_parts(st, ctx, s, &p, err);

	if (status == HY_OK)
		status = limits_of(st, ctx, a, &l, err);
	if (status != HY_OK)
		return status;
	out->text = hy_form_micro(ctx, &p, &how, fits, &l);
	if (out->text != NULL)
		return HY_OK;
	if (p.link == NULL)
		return hy_err_set(
			err, HY_EINPUT,
			_("the server takes %" PRId64 " characters: shorten the text, or "
			  "set web.public_url and name the account of the site, too: then "
			  "the first paragraph goes out with a link to the whole"),
			l.characters);
	return hy_err_set(err, HY_EINPUT,
			  _("the server takes %" PRId64 " characters, and title, first paragraph "
			    "and link are more: shorten the first paragraph"),
			  l.characters);
}

/* ---- sending ---- */

static void good(struct hy_channel_job *job)
{
	const struct masto *m = job->state;

	hy_channel_done(job, &(struct hy_channel_result){.status = HY_OK,
							 .receipt = m->receipt,
							 .receipt_url = m->receipt_url});
}

static enum hy_status begin(struct hy_channel_job *job, struct hy_err *err)
{
	struct masto *m = hy_new(job, struct masto);
	char *lang = NULL;
	enum hy_status status = hy_publish_form(hy_outbox_store(job->outbox), job, job->statement,
						job->account, &m->form, err);

	/* without a language the server guesses */
	(void)hy_meta_get(hy_outbox_store(job->outbox), job, "office.language", &lang, NULL);
	m->lang = lang;
	m->old_id = hy_channel_old_receipt(job);
	job->state = m;
	return status;
}

static void on_linked(void *user, enum hy_status status, const struct hy_platform_post *post,
		      const struct hy_err *err)
{
	struct hy_channel_job *job = user;

	(void)status, (void)post, (void)err; /* the erratum itself is out: that stands */
	job->call = NULL;
	good(job);
}

/* The status put right says so itself, where there is room: its approved text below our address. */
static void link_old(struct hy_channel_job *job)
{
	struct hy_store *st = hy_outbox_store(job->outbox);
	const struct hy_platform_peer peer = hy_channel_peer(job);
	struct masto *m = job->state;
	struct hy_statement *old = NULL;
	struct hy_form was = {0};
	struct limits l;

	if (m->old_id == NULL || m->alone || !hy_url_is_http(m->receipt_url) ||
	    hy_statement_get(st, job, job->statement->corrects, &old, NULL) != HY_OK ||
	    !hy_form_holds(st, job, old, job->account->id) ||
	    hy_publish_form(st, job, old, job->account, &was, NULL) != HY_OK ||
	    limits_of(st, job, job->account, &l, NULL) != HY_OK) {
		good(job);
		return;
	}
	enum hy_lang lang = m->lang != NULL && strcmp(m->lang, "en") == 0 ? HY_LANG_EN : HY_LANG_ZH;
	const struct hy_mastodon_status s = {.text = hy_strf(job, "%s %s\n\n%s",
							     hy_tr(lang, "Corrected:"),
							     m->receipt_url, was.text),
					     .lang = m->lang};
	if (fits(&l, s.text))
		job->call = hy_mastodon_update(hy_outbox_net(job->outbox), &peer, m->old_id, &s,
					       on_linked, job);
	else
		good(job);
}

static void post(struct hy_channel_job *job);

static void on_posted(void *user, enum hy_status status, const struct hy_platform_post *got,
		      const struct hy_err *err)
{
	struct hy_channel_job *job = user;
	struct masto *m = job->state;

	job->call = NULL;
	if (status == HY_ENOTFOUND && m->old_id != NULL && !m->alone) {
		m->alone = true; /* what it replied to was deleted: nothing was taken */
		post(job);
		return;
	}
	if (status != HY_OK) {
		hy_channel_fail(job, status, err);
		return;
	}
	m->receipt = hy_strdup(m, got->id);
	m->receipt_url = hy_strdup(m, got->url);
	link_old(job);
}

static void post(struct hy_channel_job *job)
{
	const struct hy_platform_peer peer = hy_channel_peer(job);
	const struct masto *m = job->state;
	const struct hy_mastodon_status s = {.text = m->form.text,
					     .key = job->delivery->key,
					     .lang = m->lang,
					     .reply_to = m->alone ? NULL : m->old_id};

	job->call = hy_mastodon_create(hy_outbox_net(job->outbox), &peer, &s, on_posted, job);
}

static void send_it(struct hy_channel_job *job)
{
	struct hy_err err = {0};
	enum hy_status status = begin(job, &err);

	if (status == HY_OK)
		post(job);
	else /* nothing was sent */
		hy_channel_fail(job, status == HY_EINPUT ? HY_EPERM : HY_ETEMP, &err);
}

/* ---- looking ---- */

/* Without any blank: the server's paragraphs are not our line ends. */
static char *squeezed(const void *ctx, const char *s)
{
	const char *end = s + strlen(s);
	struct hy_buf b;
	size_t n;

	hy_buf_init(&b, ctx, TEXT_MAX);
	for (; s < end; s += n)
		if (!hy_is_blank(hy_utf8_decode(s, end, &n)))
			hy_buf_add(&b, s, n);
	return b.over ? hy_strdup(ctx, "") : hy_buf_take(&b, NULL);
}

static bool is_ours(struct hy_channel_job *job, const struct hy_platform_entry *e)
{
	const struct masto *m = job->state;
	char *text = NULL;

	if (e->posted != 0 && e->posted < hy_channel_since(job) - CLOCKS_APART)
		return false;
	if (job->statement->marker != NULL && strstr(e->text, job->statement->marker) != NULL)
		return true;
	if (hy_html_to_text(job, e->text, strlen(e->text), &text, NULL) != HY_OK)
		return false;
	return strcmp(squeezed(job, text), squeezed(job, m->form.text)) == 0 &&
	       !hy_channel_receipt_taken(job, e->id);
}

static void on_own(void *user, enum hy_status status, const struct hy_platform_page *page,
		   const struct hy_err *err)
{
	struct hy_channel_job *job = user;
	struct masto *m = job->state;
	struct hy_err none = {0};

	job->call = NULL;
	if (status != HY_OK) {
		hy_channel_fail(job, status, err);
		return;
	}
	for (size_t i = 0; i < page->n; i++) {
		if (!is_ours(job, &page->entries[i]))
			continue;
		m->receipt = hy_strdup(m, page->entries[i].id);
		m->receipt_url = hy_strdup(m, page->entries[i].url);
		link_old(job);
		return;
	}
	if (job->delivery->lookups > 0 &&
	    hy_net_now(hy_outbox_net(job->outbox)) < hy_channel_since(job) + KEY_KEPT) {
		post(job);
		return;
	}
	hy_channel_fail(
		job,
		hy_err_set(&none, HY_ENOTFOUND, _("Mastodon: it is not among our own statuses")),
		&none);
}

static void look_up(struct hy_channel_job *job)
{
	const struct hy_platform_peer peer = hy_channel_peer(job);
	struct hy_err err = {0};
	enum hy_status status = begin(job, &err);

	if (status == HY_OK)
		job->call = hy_mastodon_own(hy_outbox_net(job->outbox), &peer, on_own, job);
	else
		hy_channel_fail(job, HY_ETEMP, &err);
}

const struct hy_channel hy_channel_mastodon = {
	.name = "mastodon",
	.needs = HY_NEEDS_URL | HY_NEEDS_SECRET,
	.paced = true,
	.form = form,
	.send = send_it,
	.lookup = look_up,
};
