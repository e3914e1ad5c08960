/*
 * WordPress as a channel: create, then read the post back by its own id before calling it sent. An
 * erratum also sets a notice with a link on top of the post it puts right.
 */
#include "publisher/internal.h"

#include <string.h>

#include "render/render.h"

#define HTML_MAX (4u << 20)

/* The way of one send. */
struct wp {
	char *receipt, *receipt_url;
	char *old_id; /* the post that an erratum puts right */
	bool linking;
};

static void good(struct hy_channel_job *job)
{
	const struct wp *w = job->state;

	hy_channel_done(job, &(struct hy_channel_result){.status = HY_OK,
							 .receipt = w->receipt,
							 .receipt_url = w->receipt_url});
}

/* ---- what is sent ---- */

static enum hy_status put_evidence(struct hy_buf *b, struct hy_channel_job *job, struct hy_err *err)
{
	struct hy_evidence *list = NULL;
	size_t n = 0;
	enum hy_status status;

	if (job->statement->claim.v == 0)
		return HY_OK;
	status = hy_evidence_list(hy_outbox_store(job->outbox), job, job->statement->claim, &list,
				  &n, err);
	if (status != HY_OK || n == 0)
		return status;
	hy_html_raw(b, "<h3>");
	hy_html_text(b, _("Evidence"));
	hy_html_raw(b, "</h3><ul>");
	for (size_t i = 0; i < n; i++) {
		hy_html_raw(b, "<li>");
		if (hy_url_is_http(list[i].url)) {
			hy_html_raw(b, "<a");
			hy_html_url(b, "href", list[i].url);
			hy_html_raw(b, ">");
			hy_html_text(b, list[i].title);
			hy_html_raw(b, "</a>");
		} else {
			hy_html_text(b, list[i].title);
		}
		hy_html_raw(b, " <code>SHA-256 ");
		hy_html_text(b, hy_hex(job, list[i].sha256, HY_SHA256_LEN));
		hy_html_raw(b, "</code></li>");
	}
	hy_html_raw(b, "</ul>");
	return HY_OK;
}

/* Office, digest and signature: anyone can check them with the key on the office's own site. */
static void put_signature(struct hy_buf *b, struct hy_channel_job *job)
{
	char *office = NULL;

	/* without a name the signature alone stands */
	(void)hy_meta_get(hy_outbox_store(job->outbox), job, "office.name", &office, NULL);
	hy_html_raw(b, "<p>");
	hy_html_text(b, office);
	hy_html_raw(b, "<br><small>SHA-256 ");
	hy_html_text(b, hy_hex(job, job->statement->digest, HY_SHA256_LEN));
	hy_html_raw(b, "<br>Ed25519 ");
	hy_html_text(b, hy_base64(job, job->statement->signature, HY_ED25519_SIG_LEN, false));
	hy_html_raw(b, "</small></p>");
}

static enum hy_status body(struct hy_channel_job *job, char **out, struct hy_err *err)
{
	struct hy_buf b;
	char *html = NULL;
	enum hy_status status = hy_markdown_to_html(job, job->statement->text, &html, err);

	if (status != HY_OK)
		return status;
	hy_buf_init(&b, job, HTML_MAX);
	hy_buf_str(&b, html);
	status = put_evidence(&b, job, err);
	put_signature(&b, job);
	if (status == HY_OK && b.over)
		status = hy_err_set(err, HY_EPERM, _("the text is too long for this channel"));
	if (status == HY_OK)
		*out = hy_buf_take(&b, NULL);
	return status;
}

/* ---- the link from the post that was wrong ---- */

static void on_linked(void *user, enum hy_status status, const struct hy_platform_post *post,
		      const struct hy_err *err)
{
	struct hy_channel_job *job = user;

	(void)status, (void)post, (void)err; /* the erratum itself is out: that stands */
	job->call = NULL;
	good(job);
}

static void on_old_post(void *user, enum hy_status status, const struct hy_platform_post *post,
			const struct hy_err *err)
{
	struct hy_channel_job *job = user;
	const struct hy_platform_peer peer = hy_channel_peer(job);
	struct wp *w = job->state;
	struct hy_buf b;

	(void)err;
	job->call = NULL;
	if (status != HY_OK || post->html == NULL || post->title == NULL ||
	    !hy_url_is_http(w->receipt_url) || strstr(post->html, w->receipt_url) != NULL) {
		good(job);
		return;
	}
	hy_buf_init(&b, job, HTML_MAX);
	hy_html_raw(&b, "<p><strong>");
	hy_html_text(&b, _("Corrected:"));
	hy_html_raw(&b, " <a");
	hy_html_url(&b, "href", w->receipt_url);
	hy_html_raw(&b, ">");
	hy_html_text(&b, job->statement->title);
	hy_html_raw(&b, "</a></strong></p>\n");
	hy_buf_str(&b, post->html);
	const struct hy_platform_draft draft = {post->title, b.data, job->statement->marker};
	job->call = hy_wordpress_update(hy_outbox_net(job->outbox), &peer, w->old_id, &draft,
					on_linked, job);
}

static void link_or_end(struct hy_channel_job *job)
{
	const struct hy_platform_peer peer = hy_channel_peer(job);
	struct wp *w = job->state;

	w->old_id = hy_channel_old_receipt(job);
	if (w->old_id == NULL)
		good(job);
	else
		job->call = hy_wordpress_read(hy_outbox_net(job->outbox), &peer, w->old_id,
					      on_old_post, job);
}

/* ---- create, read back ---- */

static void keep_receipt(struct hy_channel_job *job, const struct hy_platform_post *post)
{
	struct wp *w = job->state;

	w->receipt = hy_strdup(w, post->id);
	w->receipt_url = hy_strdup(w, post->url);
}

static void on_read_back(void *user, enum hy_status status, const struct hy_platform_post *post,
			 const struct hy_err *err)
{
	struct hy_channel_job *job = user;
	struct hy_err why = {0};

	job->call = NULL;
	if (status == HY_OK && post->state != NULL && strcmp(post->state, "publish") == 0) {
		keep_receipt(job, post);
		link_or_end(job);
		return;
	}
	/* taken, but not to be seen: neither sent nor to be repeated */
	hy_err_set(&why, HY_EUNSURE, _("the post was taken but cannot be read back: %s"),
		   err != NULL ? err->text : _("it is not public"));
	hy_channel_fail(job, HY_EUNSURE, &why);
}

static void on_created(void *user, enum hy_status status, const struct hy_platform_post *post,
		       const struct hy_err *err)
{
	struct hy_channel_job *job = user;
	const struct hy_platform_peer peer = hy_channel_peer(job);

	job->call = NULL;
	if (status != HY_OK) {
		hy_channel_fail(job, status, err);
		return;
	}
	keep_receipt(job, post);
	job->call =
		hy_wordpress_read(hy_outbox_net(job->outbox), &peer, post->id, on_read_back, job);
}

static void send_it(struct hy_channel_job *job)
{
	const struct hy_platform_peer peer = hy_channel_peer(job);
	struct hy_err err = {0};
	char *html = NULL;
	enum hy_status status = body(job, &html, &err);

	job->state = hy_new(job, struct wp);
	if (status != HY_OK) { /* nothing was sent */
		hy_channel_fail(job, status == HY_EINPUT ? HY_EPERM : HY_ETEMP, &err);
		return;
	}
	struct hy_buf title;

	hy_buf_init(&title, job, HTML_MAX);
	hy_html_text(&title, job->statement->title);
	const struct hy_platform_draft draft = {title.data, html, job->statement->marker};
	job->call = hy_wordpress_create(hy_outbox_net(job->outbox), &peer, &draft, on_created, job);
}

static void on_found(void *user, enum hy_status status, const struct hy_platform_post *post,
		     const struct hy_err *err)
{
	struct hy_channel_job *job = user;

	job->call = NULL;
	if (status != HY_OK) {
		hy_channel_fail(job, status, err);
		return;
	}
	keep_receipt(job, post);
	link_or_end(job);
}

static void look_up(struct hy_channel_job *job)
{
	const struct hy_platform_peer peer = hy_channel_peer(job);

	job->state = hy_new(job, struct wp);
	job->call = hy_wordpress_find(hy_outbox_net(job->outbox), &peer, job->statement->marker,
				      on_found, job);
}

const struct hy_channel hy_channel_wordpress = {
	.name = "wordpress",
	.needs = HY_NEEDS_URL | HY_NEEDS_LOGIN | HY_NEEDS_SECRET,
	.paced = true,
	.send = send_it,
	.lookup = look_up,
};
