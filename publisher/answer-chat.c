/*
 * Answers in a chat: WeChat's customer-service messages and those of Weibo's fan service, both for
 * 48 hours after the person's own words. Neither knows a key against doubling, and what was sent
 * cannot be read back: what is in doubt is a person's.
 */
#include "publisher/internal.h"

#include <string.h>

#define WINDOW (48 * HY_HOUR)
#define WECHAT_BYTES 2048
#define WEIBO_LENGTH 300 /* as the platform counts */

static bool fits_wechat(const char *text)
{
	return strlen(text) <= WECHAT_BYTES;
}

static bool fits_weibo(const char *text)
{
	return hy_weibo_length(text) <= WEIBO_LENGTH;
}

enum hy_status hy_answer_plain(const void *ctx, const struct hy_answer_words *w,
			       bool (*fits)(const char *text), struct hy_answer_form *out)
{
	*out = (struct hy_answer_form){.text = w->text, .whole = true};
	if (fits(w->text))
		return HY_OK;
	out->whole = false;
	out->text =
		hy_strf(ctx,
			hy_tr(w->lang, N_("Your request %s has been answered. The answer is too "
					  "long for a message here: look it up by its number and "
					  "the code %s%s%s")),
			w->number, w->code, w->url[0] != '\0' ? " " : "", w->url);
	return HY_OK;
}

static enum hy_status form_wechat(const void *ctx, const struct hy_answer_words *w,
				  const struct hy_answer_sms *sms, struct hy_answer_form *out,
				  struct hy_err *err)
{
	(void)sms, (void)err;
	return hy_answer_plain(ctx, w, fits_wechat, out);
}

static enum hy_status form_weibo(const void *ctx, const struct hy_answer_words *w,
				 const struct hy_answer_sms *sms, struct hy_answer_form *out,
				 struct hy_err *err)
{
	(void)sms, (void)err;
	return hy_answer_plain(ctx, w, fits_weibo, out);
}

static void on_sent(void *user, enum hy_status status, const struct hy_platform_post *post,
		    const struct hy_err *err)
{
	struct hy_answer_job *job = user;

	hy_answer_done(job, &(struct hy_answer_result){.status = status,
						       .receipt = post != NULL ? post->id : NULL,
						       .err = err});
}

static void send_wechat(struct hy_answer_job *job)
{
	const struct hy_platform_peer peer = hy_answer_peer(job);

	job->call = hy_wechat_message(hy_answers_net(job->answers), &peer, job->to, job->form->text,
				      on_sent, job);
}

static void send_weibo(struct hy_answer_job *job)
{
	const struct hy_platform_peer peer = hy_answer_peer(job);

	job->call = hy_weibo_message(hy_answers_net(job->answers), &peer, job->to, job->form->text,
				     on_sent, job);
}

const struct hy_answer_way hy_answer_wechat = {.platform = "wechat",
					       .needs = HY_NEEDS_SECRET,
					       .window = WINDOW,
					       .form = form_wechat,
					       .send = send_wechat};
const struct hy_answer_way hy_answer_weibo = {.platform = "weibo",
					      .needs = HY_NEEDS_SECRET,
					      .window = WINDOW,
					      .form = form_weibo,
					      .send = send_weibo};
