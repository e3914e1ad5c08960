/*
 * Weibo as a channel. It has no key for repeating a post: one in doubt is looked for by its text
 * among the account's own, some of which show only after minutes, and is never sent again by
 * itself. Posts cannot be edited: an erratum is a post of its own that names the old one.
 */
#include "publisher/internal.h"

#include <string.h>

#define CLOCKS_APART (10 * HY_MINUTE)

/* ---- the form: 【title】text link ---- */

static bool fits(void *user, const char *text)
{
	return hy_weibo_check(text, 0, "", user) == HY_OK;
}

static enum hy_status address_of(struct hy_store *st, const void *ctx, char **out,
				 struct hy_err *err)
{
	char *address = NULL;
	enum hy_status status = hy_meta_get(st, ctx, HY_META_ADDRESS, &address, err);

	if (status == HY_OK && (address == NULL || address[0] == '\0'))
		status = hy_err_set(err, HY_EINPUT, "%s",
				    _("Weibo wants our public address with every post: set "
				      "publish.address in huying.conf"));
	if (status == HY_OK)
		*out = address;
	return status;
}

static enum hy_status form(struct hy_store *st, const void *ctx, const struct hy_statement *s,
			   const struct hy_account *a, struct hy_form *out, struct hy_err *err)
{
	static const struct hy_micro how = {.open = "【", .shut = "】", .gap = " "};
	struct hy_err why = {0};
	struct hy_form_parts p;
	char *address;
	enum hy_status status = address_of(st, ctx, &address, err);

	(void)a;
	if (status == HY_OK)
		status = hy_form_parts(st, ctx, s, &p, err);
	if (status != HY_OK)
		return status;
	if (p.link == NULL)
		return hy_err_set(err, HY_EINPUT, "%s",
				  _("Weibo takes a post only with an address of the office's own "
				    "site: set web.public_url and name the account of the site, "
				    "too"));
	out->text = hy_form_micro(ctx, &p, &how, fits, &why);
	if (out->text == NULL)
		return hy_err_set(err, HY_EINPUT, "%s", why.text);
	return HY_OK;
}

/* ---- sending ---- */

static void end(struct hy_channel_job *job, enum hy_status status,
		const struct hy_platform_post *post, const struct hy_err *err)
{
	struct hy_channel_result r = {.status = status, .err = err};

	if (status == HY_OK) {
		r.receipt = post->id;
		r.receipt_url = post->url;
	}
	hy_channel_done(job, &r);
}

static void on_sent(void *user, enum hy_status status, const struct hy_platform_post *post,
		    const struct hy_err *err)
{
	struct hy_channel_job *job = user;

	job->call = NULL;
	end(job, status, post, err);
}

static void send_it(struct hy_channel_job *job)
{
	struct hy_store *st = hy_outbox_store(job->outbox);
	const struct hy_platform_peer peer = hy_channel_peer(job);
	struct hy_form f = {0};
	struct hy_err err = {0};
	char *address = NULL;
	enum hy_status status = hy_publish_form(st, job, job->statement, job->account, &f, &err);

	if (status == HY_OK)
		status = address_of(st, job, &address, &err);
	if (status != HY_OK) { /* nothing was sent */
		end(job, status == HY_EINPUT ? HY_EPERM : HY_ETEMP, NULL, &err);
		return;
	}
	const struct hy_weibo_draft d = {.text = f.text, .ip = address};
	job->call = hy_weibo_send(hy_outbox_net(job->outbox), &peer, &d, on_sent, job);
}

/* ---- looking ---- */

static void on_found(void *user, enum hy_status status, const struct hy_platform_post *post,
		     const struct hy_err *err)
{
	struct hy_channel_job *job = user;
	struct hy_err other = {0};

	job->call = NULL;
	if (status == HY_OK && hy_channel_receipt_taken(job, post->id))
		end(job,
		    hy_err_set(&other, HY_ENOTFOUND,
			       _("Weibo: the newest post with this text is another delivery's")),
		    NULL, &other);
	else
		end(job, status, post, err);
}

static void look_up(struct hy_channel_job *job)
{
	const struct hy_platform_peer peer = hy_channel_peer(job);
	struct hy_form f = {0};
	struct hy_err err = {0};
	enum hy_status status = hy_publish_form(hy_outbox_store(job->outbox), job, job->statement,
						job->account, &f, &err);

	if (status == HY_OK)
		job->call = hy_weibo_find(hy_outbox_net(job->outbox), &peer, false, f.text,
					  hy_channel_since(job) - CLOCKS_APART, on_found, job);
	else
		end(job, HY_ETEMP, NULL, &err);
}

const struct hy_channel hy_channel_weibo = {
	.name = "weibo",
	.needs = HY_NEEDS_SECRET,
	.paced = true,
	.form = form,
	.send = send_it,
	.lookup = look_up,
};
