/*
 * WeChat's official account as a channel. A statement becomes an article: cover, draft, then either
 * the account's page (nobody is notified) or a mass send to all followers. Both are accepted first
 * and decided later, so that a delivery is in doubt until the platform has told. What it gave us on
 * the way is kept under the delivery before the next step: a page is looked for by its job or among
 * the account's articles and never asked for twice; a mass send may be, by its key, within a day.
 */
#include "publisher/internal.h"

#include <string.h>

#include "render/render.h"

#define HTML_MAX (1u << 20)
#define KEY_KEPT (23 * HY_HOUR) /* a day, and no argument about its end */

enum step { NOTHING, DRAFT, PAGE, MASS };
static const char *const step_names[] = {"", "draft ", "page ", "mass "};

struct wx {
	struct hy_form form;
	char *writer, *cover_id, *media_id;
	struct hy_platform_file cover;
	enum step step;
	char *step_id;	 /* of what the step gave */
	bool cover_kept; /* cover_id is of an earlier upload */
};

/* ---- the form: an article ---- */

static bool in_list(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = list; at != NULL && *at != '\0'; at += *at == ',') {
		size_t k = strcspn(at, ",");

		if (k == n && strncmp(at, word, n) == 0)
			return true;
		at += k;
	}
	return false;
}

static char *article_html(const void *ctx, const struct hy_statement *s,
			  const struct hy_form_parts *p)
{
	struct hy_buf b;

	hy_buf_init(&b, ctx, 4 * HTML_MAX);
	hy_buf_str(&b, p->html);
	if (p->note != NULL) {
		hy_html_raw(&b, "<p>");
		hy_html_text(&b, p->note);
		hy_html_raw(&b, "</p>");
	}
	hy_html_raw(&b, "<p>");
	hy_html_text(&b, p->office);
	hy_html_raw(&b, "<br><small>SHA-256 ");
	hy_html_text(&b, hy_hex(ctx, s->digest, HY_SHA256_LEN));
	hy_html_raw(&b, "<br>");
	hy_html_text(&b, s->marker);
	hy_html_raw(&b, "</small></p>");
	return b.over ? NULL : hy_buf_take(&b, NULL);
}

/* At most 16 characters of the office's name: the platform shows the account's own, too. */
static char *writer_of(const void *ctx, const char *office)
{
	const char *end = office + strlen(office), *at = office;
	size_t n;

	for (int i = 0; i < 16 && at < end; i++, at += n)
		(void)hy_utf8_decode(at, end, &n);
	return office[0] != '\0' && at == end ? hy_strdup(ctx, office) : NULL;
}

static enum hy_status form(struct hy_store *st, const void *ctx, const struct hy_statement *s,
			   const struct hy_account *a, struct hy_form *out, struct hy_err *err)
{
	struct hy_form_parts p;
	char *followers = NULL, *cover = NULL;
	enum hy_status status = hy_form_parts(st, ctx, s, &p, err);

	(void)a;
	if (status == HY_OK)
		status = hy_meta_get(st, ctx, HY_META_FOLLOWERS, &followers, err);
	if (status == HY_OK)
		status = hy_meta_get(st, ctx, HY_META_COVER, &cover, err);
	if (status == HY_OK && cover != NULL && cover[0] == '!')
		status = hy_err_set(err, HY_EINPUT, "%s", cover + 1);
	if (status != HY_OK)
		return status;
	struct hy_form f = {
		.title = p.title,
		.text = article_html(ctx, s, &p),
		.html = true,
		.way = in_list(followers, hy_statement_kind_name(s->kind)) ? N_("followers")
									   : N_("page"),
		.link = p.link,
		.cover = cover != NULL && cover[0] != '\0' ? hy_strndup(ctx, cover, 64) : NULL,
	};
	const struct hy_wechat_article article = {
		.title = f.title, .html = f.text, .source = f.link, .thumb = "cover"};
	status = hy_wechat_article_check(&article, err);
	if (status == HY_OK)
		*out = f;
	return status;
}

/* ---- what is kept on the way ---- */

static char *step_key(const void *ctx, const struct hy_channel_job *job)
{
	return hy_strf(ctx, "wechat.delivery.%" PRId64, job->delivery->id.v);
}

static char *cover_key(const void *ctx, const struct hy_channel_job *job)
{
	return hy_strf(ctx, "wechat.cover.%" PRId64, job->account->id.v);
}

static enum hy_status step_save(struct hy_channel_job *job, enum step step, const char *id,
				struct hy_err *err)
{
	struct wx *w = job->state;

	w->step = step;
	w->step_id = hy_strdup(w, id);
	return hy_meta_set(hy_outbox_store(job->outbox), step_key(job, job),
			   hy_strf(job, "%s%s", step_names[step], id), err);
}

static enum hy_status step_load(struct hy_channel_job *job, struct hy_err *err)
{
	struct wx *w = job->state;
	char *kept = NULL;
	enum hy_status status =
		hy_meta_get(hy_outbox_store(job->outbox), job, step_key(job, job), &kept, err);

	for (int i = DRAFT; status == HY_OK && kept != NULL && i <= MASS; i++) {
		size_t n = strlen(step_names[i]);

		if (strncmp(kept, step_names[i], n) != 0 || kept[n] == '\0')
			continue;
		w->step = (enum step)i;
		w->step_id = kept + n;
	}
	return status;
}

/* ---- ends ---- */

/* Nothing is public yet: whatever is in doubt so far may be done again. */
static void fail_before(struct hy_channel_job *job, enum hy_status status, const struct hy_err *err)
{
	struct hy_err again = {0};

	if (status == HY_EUNSURE) {
		again = *err;
		again.status = HY_ETEMP;
		hy_channel_fail(job, HY_ETEMP, &again);
	} else {
		hy_channel_fail(job, status, err);
	}
}

/* It is the platform's now; what becomes of it is asked later. */
static void accepted(struct hy_channel_job *job, bool looking)
{
	struct hy_err err = {0};

	hy_err_set(&err, HY_EUNSURE, "%s", _("WeChat has taken it and is at work on it"));
	hy_channel_done(job, &(struct hy_channel_result){
				     .status = HY_EUNSURE, .err = &err, .running = looking});
}

static enum hy_status begin(struct hy_channel_job *job, struct hy_err *err)
{
	struct hy_store *st = hy_outbox_store(job->outbox);
	struct wx *w = hy_new(job, struct wx);
	char *office = NULL;
	enum hy_status status =
		hy_publish_form(st, job, job->statement, job->account, &w->form, err);

	job->state = w;
	if (status == HY_OK)
		status = hy_meta_get(st, job, "office.name", &office, err);
	if (status == HY_OK)
		status = step_load(job, err);
	w->writer = writer_of(w, office != NULL ? office : "");
	return status;
}

/* ---- cover, draft, out ---- */

static void on_submitted(void *user, enum hy_status status, const struct hy_platform_post *post,
			 const struct hy_err *err)
{
	struct hy_channel_job *job = user;
	struct wx *w = job->state;
	bool mass = strcmp(w->form.way, "followers") == 0;

	job->call = NULL;
	if (status != HY_OK) {
		hy_channel_fail(job, status, err);
		return;
	}
	/* not kept: then it is looked for among the articles, or asked again by its key */
	(void)step_save(job, mass ? MASS : PAGE, post->id, NULL);
	accepted(job, job->delivery->state == HY_DELIVERY_UNKNOWN);
}

static void submit(struct hy_channel_job *job, const char *media_id)
{
	const struct hy_platform_peer peer = hy_channel_peer(job);
	struct hy_net *net = hy_outbox_net(job->outbox);
	const struct wx *w = job->state;
	const struct hy_wechat_mass mass = {
		.media_id = media_id, .key = job->delivery->key, .reprint = true};

	if (strcmp(w->form.way, "followers") == 0)
		job->call = hy_wechat_mass(net, &peer, &mass, on_submitted, job);
	else
		job->call = hy_wechat_publish(net, &peer, media_id, on_submitted, job);
}

static void put_cover(struct hy_channel_job *job);

static void on_draft(void *user, enum hy_status status, const struct hy_platform_post *post,
		     const struct hy_err *err)
{
	struct hy_channel_job *job = user;
	struct wx *w = job->state;
	struct hy_err why = {0};

	job->call = NULL;
	if (status == HY_EPERM && w->cover_kept) { /* deleted at the platform, perhaps */
		w->cover_kept = false;
		put_cover(job);
		return;
	}
	if (status != HY_OK) {
		fail_before(job, status, err);
		return;
	}
	status = step_save(job, DRAFT, post->id, &why);
	if (status == HY_OK)
		submit(job, w->step_id);
	else
		hy_channel_fail(job, HY_ETEMP, &why);
}

static void put_draft(struct hy_channel_job *job)
{
	const struct hy_platform_peer peer = hy_channel_peer(job);
	const struct wx *w = job->state;
	const struct hy_wechat_article article = {.title = w->form.title,
						  .writer = w->writer,
						  .html = w->form.text,
						  .source = w->form.link,
						  .thumb = w->cover_id};

	job->call = hy_wechat_draft(hy_outbox_net(job->outbox), &peer, &article, on_draft, job);
}

static void on_cover(void *user, enum hy_status status, const struct hy_platform_post *post,
		     const struct hy_err *err)
{
	struct hy_channel_job *job = user;
	struct wx *w = job->state;

	job->call = NULL;
	if (status != HY_OK) {
		fail_before(job, status, err);
		return;
	}
	w->cover_id = hy_strdup(w, post->id);
	/* not kept: uploaded once more the next time */
	(void)hy_meta_set(hy_outbox_store(job->outbox), cover_key(job, job),
			  hy_strf(job, "%.64s %s", w->form.cover != NULL ? w->form.cover : "plain",
				  w->cover_id),
			  NULL);
	put_draft(job);
}

static void put_cover(struct hy_channel_job *job)
{
	const struct hy_platform_peer peer = hy_channel_peer(job);
	struct wx *w = job->state;

	job->call = hy_wechat_upload(hy_outbox_net(job->outbox), &peer, HY_WECHAT_PERMANENT,
				     &w->cover, on_cover, job);
}

/* The picture that was approved, and the media id of its last upload, if there was one. */
static enum hy_status load_cover(struct hy_channel_job *job, struct hy_err *err)
{
	struct hy_store *st = hy_outbox_store(job->outbox);
	struct wx *w = job->state;
	const char *want = w->form.cover != NULL ? w->form.cover : "plain";
	char *told = NULL, *sha256 = NULL, *kept = NULL;
	enum hy_status status = hy_meta_get(st, job, HY_META_COVER, &told, err);

	if (status == HY_OK)
		status = hy_cover_load(w, hy_outbox_dir(job->outbox),
				       told != NULL && strlen(told) > 65 ? told + 65 : NULL,
				       &w->cover, &sha256, err);
	if (status == HY_OK && w->form.cover != NULL && strcmp(sha256, w->form.cover) != 0)
		status = hy_err_set(err, HY_EINPUT, "%s",
				    _("the cover is not the picture that was approved"));
	if (status == HY_OK)
		status = hy_meta_get(st, job, cover_key(job, job), &kept, err);
	size_t n = strlen(want);
	if (status == HY_OK && kept != NULL && strncmp(kept, want, n) == 0 && kept[n] == ' ') {
		w->cover_id = kept + n + 1;
		w->cover_kept = true;
	}
	return status;
}

static void on_cleared(void *user, enum hy_status status, const struct hy_platform_post *post,
		       const struct hy_err *err)
{
	struct hy_channel_job *job = user;
	const struct wx *w = job->state;

	(void)status, (void)post, (void)err; /* a draft that stays is not public */
	job->call = NULL;
	if (w->cover_id != NULL)
		put_draft(job);
	else
		put_cover(job);
}

static void send_it(struct hy_channel_job *job)
{
	const struct hy_platform_peer peer = hy_channel_peer(job);
	struct hy_err err = {0};
	enum hy_status status = begin(job, &err);
	struct wx *w = job->state;

	if (status == HY_OK)
		status = load_cover(job, &err);
	if (status != HY_OK) { /* nothing was sent */
		hy_channel_fail(job, status == HY_EINPUT ? HY_EPERM : HY_ETEMP, &err);
		return;
	}
	/* an earlier try that was refused has left a draft: nobody shall publish that by hand */
	if (w->step == DRAFT)
		job->call = hy_wechat_draft_delete(hy_outbox_net(job->outbox), &peer, w->step_id,
						   on_cleared, job);
	else
		on_cleared(job, HY_OK, NULL, NULL);
}

/* ---- looking ---- */

static void on_state(void *user, enum hy_status status, const struct hy_platform_post *post,
		     const struct hy_err *err)
{
	struct hy_channel_job *job = user;
	struct hy_channel_result r = {.status = status, .err = err};

	job->call = NULL;
	if (status == HY_OK) {
		r.receipt = post->id;
		r.receipt_url = post->url;
	}
	r.running = status == HY_ETEMP;
	r.refused = status == HY_EPERM || status == HY_ENOTFOUND;
	hy_channel_done(job, &r);
}

static void on_articles(void *user, enum hy_status status, const struct hy_platform_page *page,
			const struct hy_err *err)
{
	struct hy_channel_job *job = user;
	struct hy_err none = {0};

	job->call = NULL;
	if (status != HY_OK) {
		hy_channel_fail(job, status == HY_ENOTFOUND ? HY_ETEMP : status, err);
		return;
	}
	for (size_t i = 0; i < page->n; i++) {
		const struct hy_platform_entry *e = &page->entries[i];

		if (e->removed || strstr(e->text, job->statement->marker) == NULL)
			continue;
		hy_channel_done(job, &(struct hy_channel_result){.status = HY_OK,
								 .receipt = e->id,
								 .receipt_url = e->url});
		return;
	}
	hy_err_set(&none, HY_ENOTFOUND, "%s", _("WeChat: it is not among the account's articles"));
	hy_channel_fail(job, HY_ENOTFOUND, &none);
}

static void look_up(struct hy_channel_job *job)
{
	const struct hy_platform_peer peer = hy_channel_peer(job);
	struct hy_net *net = hy_outbox_net(job->outbox);
	struct hy_err err = {0};
	enum hy_status status = begin(job, &err);
	const struct wx *w = job->state;
	bool mass = strcmp(w->form.way != NULL ? w->form.way : "", "followers") == 0;

	if (status != HY_OK)
		hy_channel_fail(job, HY_ETEMP, &err);
	else if (w->step == PAGE)
		job->call = hy_wechat_published(net, &peer, w->step_id, on_state, job);
	else if (w->step == MASS)
		job->call = hy_wechat_mass_state(net, &peer, w->step_id, on_state, job);
	else if (mass && w->step == DRAFT && hy_net_now(net) < hy_channel_since(job) + KEY_KEPT)
		submit(job, w->step_id); /* the same key: sent before, or now, never both */
	else
		job->call = hy_wechat_articles(net, &peer, NULL, on_articles, job);
}

const struct hy_channel hy_channel_wechat = {
	.name = "wechat",
	.needs = HY_NEEDS_SECRET,
	.paced = true,
	.form = form,
	.send = send_it,
	.lookup = look_up,
};
