/*
 * Answers by SMS gateways, which take approved templates only. As a rule the template tells that
 * the answer is there, to be looked up by number and code; where the office has a template for the
 * answer itself, a short one goes out whole. Aliyun can be asked afterwards by our own reference.
 */
#include "publisher/internal.h"

#include <string.h>

#define WHOLE_MAX 35 /* characters that a free variable of a template holds, as a rule */

static const char *const words_of[] = {"number", "code", "office", "url", "text"};
#define TEXT 4

/* The word in braces at s, or -1; *n its bytes with the braces. */
static int word_at(const char *s, size_t *n)
{
	for (size_t i = 0; i < HY_LEN(words_of); i++) {
		size_t k = strlen(words_of[i]);

		if (strncmp(s + 1, words_of[i], k) == 0 && s[k + 1] == '}') {
			*n = k + 2;
			return (int)i;
		}
	}
	return -1;
}

enum hy_status hy_answer_value_check(const char *value, bool whole, struct hy_err *err)
{
	size_t n;

	for (const char *at = value; (at = strchr(at, '{')) != NULL; at += n) {
		int word = word_at(at, &n);

		if (word < 0)
			return hy_err_set(err, HY_EINPUT,
					  _("\"%s\": what stands in braces is {number}, {code}, "
					    "{office}, {url} or {text}"),
					  value);
		if (word == TEXT && !whole)
			return hy_err_set(err, HY_EINPUT,
					  _("\"%s\": {text} stands in text_values alone"), value);
	}
	return HY_OK;
}

/* The words of a case in place of the braces; one line, as the gateways want it. */
static char *filled(const void *ctx, const struct hy_answer_words *w, const char *value)
{
	const char *const words[] = {w->number, w->code, w->office, w->url, w->text};
	struct hy_buf b;
	size_t n;

	hy_buf_init(&b, ctx, 1u << 20);
	hy_buf_str(&b, "");
	while (*value != '\0') {
		int word = *value == '{' ? word_at(value, &n) : -1;

		if (word < 0) {
			hy_buf_fmt(&b, "%c", *value++);
			continue;
		}
		for (const char *c = words[word]; *c != '\0'; c++)
			hy_buf_fmt(&b, "%c", *c == '\n' || *c == '\r' || *c == '\t' ? ' ' : *c);
		value += n;
	}
	return hy_buf_take(&b, NULL);
}

static enum hy_status fill(const void *ctx, const struct hy_answer_words *w,
			   const struct hy_answer_template *t, bool named,
			   struct hy_answer_form *out, struct hy_err *err)
{
	const char **names = hy_new_array(ctx, const char *, t->n_values + 1);
	const char **values = hy_new_array(ctx, const char *, t->n_values + 1);

	if (t->n_values > HY_SMS_VALUES_MAX)
		return hy_err_set(err, HY_EINPUT, _("at most %d values"), HY_SMS_VALUES_MAX);
	for (size_t i = 0; i < t->n_values; i++) {
		const char *eq = strchr(t->values[i], '=');

		if (named && (eq == NULL || eq == t->values[i]))
			return hy_err_set(err, HY_EINPUT,
					  _("\"%s\": this gateway's variables have names: "
					    "name={number}"),
					  t->values[i]);
		names[i] = eq != NULL ? hy_strndup(ctx, t->values[i], (size_t)(eq - t->values[i]))
				      : "";
		values[i] = filled(ctx, w, eq != NULL ? eq + 1 : t->values[i]);
	}
	*out = (struct hy_answer_form){
		.template_id = t->id, .names = names, .values = values, .n_values = t->n_values};
	return HY_OK;
}

static bool given(const char *s)
{
	return s != NULL && s[0] != '\0';
}

static enum hy_status form(const void *ctx, const struct hy_answer_words *w,
			   const struct hy_answer_sms *sms, bool aliyun, struct hy_answer_form *out,
			   struct hy_err *err)
{
	struct hy_answer_form notice, whole;
	int most = sms->whole_max > 0 ? sms->whole_max : WHOLE_MAX;
	enum hy_status status;

	if (!given(sms->sign))
		return hy_err_set(err, HY_EINPUT, _("sign is missing: the approved signature"));
	if (!given(sms->notice.id))
		return hy_err_set(err, HY_EINPUT,
				  _("template is missing: the one that says that an answer is "
				    "there"));
	if (!aliyun && !given(sms->app))
		return hy_err_set(err, HY_EINPUT, _("app is missing: Tencent's SmsSdkAppId"));
	status = fill(ctx, w, &sms->notice, aliyun, &notice, err);
	if (status == HY_OK && given(sms->whole.id))
		status = fill(ctx, w, &sms->whole, aliyun, &whole, err);
	if (status != HY_OK)
		return status;
	*out = notice;
	if (given(sms->whole.id) && hy_utf8_count(w->text, strlen(w->text)) <= (size_t)most) {
		*out = whole;
		out->whole = true;
	}
	return HY_OK;
}

static enum hy_status form_aliyun(const void *ctx, const struct hy_answer_words *w,
				  const struct hy_answer_sms *sms, struct hy_answer_form *out,
				  struct hy_err *err)
{
	return form(ctx, w, sms, true, out, err);
}

static enum hy_status form_tencent(const void *ctx, const struct hy_answer_words *w,
				   const struct hy_answer_sms *sms, struct hy_answer_form *out,
				   struct hy_err *err)
{
	return form(ctx, w, sms, false, out, err);
}

/* ---- sending ---- */

static struct hy_sms sms_of(const struct hy_answer_job *job)
{
	const struct hy_answer_sms *s = job->sms;

	return (struct hy_sms){.dest = job->to,
			       .sign = s->sign,
			       .template = job->form->template_id,
			       .names = job->form->names,
			       .values = job->form->values,
			       .n_values = job->form->n_values,
			       .ref = job->ref,
			       .extend = given(s->extend) ? s->extend : NULL,
			       .app = given(s->app) ? s->app : NULL,
			       .region = given(s->region) ? s->region : NULL,
			       .now = hy_now(hy_answers_clock(job->answers)),
			       .sent = job->tried};
}

static void on_sent(void *user, enum hy_status status, const struct hy_platform_post *post,
		    const struct hy_err *err)
{
	struct hy_answer_job *job = user;

	hy_answer_done(job, &(struct hy_answer_result){.status = status,
						       .receipt = post != NULL ? post->id : NULL,
						       .err = err});
}

static void on_found(void *user, enum hy_status status, const struct hy_platform_post *post,
		     const struct hy_err *err)
{
	struct hy_answer_job *job = user;
	const char *state = post != NULL && post->state != NULL ? post->state : "";

	hy_answer_done(job, &(struct hy_answer_result){.status = status,
						       .err = err,
						       .reported =
							       !strcmp(state, "failed")
								       ? HY_ANSWER_UNDELIVERED
							       : !strcmp(state, "delivered")
								       ? HY_ANSWER_DELIVERED
								       : HY_ANSWER_UNREPORTED});
}

static void send_aliyun(struct hy_answer_job *job)
{
	const struct hy_platform_peer peer = hy_answer_peer(job);
	const struct hy_sms sms = sms_of(job);

	job->call = hy_aliyun_send(hy_answers_net(job->answers), &peer, &sms, on_sent, job);
}

static void lookup_aliyun(struct hy_answer_job *job)
{
	const struct hy_platform_peer peer = hy_answer_peer(job);
	const struct hy_sms sms = sms_of(job);

	job->call = hy_aliyun_find(hy_answers_net(job->answers), &peer, &sms, on_found, job);
}

static void send_tencent(struct hy_answer_job *job)
{
	const struct hy_platform_peer peer = hy_answer_peer(job);
	const struct hy_sms sms = sms_of(job);

	job->call = hy_tencent_send(hy_answers_net(job->answers), &peer, &sms, on_sent, job);
}

const struct hy_answer_way hy_answer_aliyun = {.platform = "aliyun",
					       .needs = HY_NEEDS_LOGIN | HY_NEEDS_SECRET,
					       .templates = true,
					       .form = form_aliyun,
					       .send = send_aliyun,
					       .lookup = lookup_aliyun,
					       .reports = true};
const struct hy_answer_way hy_answer_tencent = {.platform = "tencent",
						.needs = HY_NEEDS_LOGIN | HY_NEEDS_SECRET,
						.templates = true,
						.form = form_tencent,
						.send = send_tencent};
