/*
 * What can answer a citizen, and with which words: the list of ways (adding one takes a const
 * struct and a line here), what they ask of an account alike, and what a person may settle.
 */
#include "publisher/internal.h"

#include <string.h>

static const struct hy_answer_way *const ways[] = {&hy_answer_wechat, &hy_answer_weibo,
						   &hy_answer_aliyun, &hy_answer_tencent,
						   &hy_answer_smpp};

const struct hy_answer_way *hy_answer_way_find(const char *platform)
{
	for (size_t i = 0; platform != NULL && i < HY_LEN(ways); i++)
		if (strcmp(ways[i]->platform, platform) == 0)
			return ways[i];
	return NULL;
}

struct hy_platform_peer hy_answer_peer(const struct hy_answer_job *job)
{
	return (struct hy_platform_peer){.url = job->account->url,
					 .reach = job->account->reach,
					 .login = job->account->login,
					 .secret = job->secret};
}

enum hy_status hy_answer_can(const struct hy_account *a, const struct hy_answer_sms *sms,
			     struct hy_err *err)
{
	static const struct hy_answer_words words = {
		.number = "", .code = "", .text = "", .office = "", .url = ""};
	const struct hy_answer_way *way = hy_answer_way_find(a->platform);
	struct hy_answer_form form;
	enum hy_status status;

	if (way == NULL)
		return hy_err_set(err, HY_EREFUSED, _("nothing is sent over %s (%s)"), a->name,
				  a->platform);
	if (a->state == HY_ACCOUNT_REVOKED)
		return hy_err_set(err, HY_EREFUSED, _("account %s was ended for good"), a->name);
	if ((way->needs & HY_NEEDS_LOGIN) && a->login == NULL)
		return hy_err_set(err, HY_EREFUSED,
				  _("account %s has no --login (the access key's id)"), a->name);
	if ((way->needs & HY_NEEDS_SECRET) && !a->has_secret)
		return hy_err_set(err, HY_EREFUSED,
				  _("account %s has no secret to send with: huying account rotate "
				    "%s --secret-file FILE"),
				  a->name, a->name);
	if (!way->templates)
		return HY_OK;
	if (sms == NULL)
		return hy_err_set(err, HY_EREFUSED,
				  _("%s takes approved templates only: write sms \"%s\" { sign = "
				    "..., template = ..., values = {...} } into huying.conf"),
				  a->name, a->name);
	void *work = talloc_new(NULL);
	status = way->form(work, &words, sms, &form, err);
	talloc_free(work);
	if (status == HY_EINPUT && err != NULL) {
		hy_err_wrap(err, "huying.conf: sms \"%s\"", a->name);
		err->status = HY_EREFUSED;
	}
	return status == HY_EINPUT ? HY_EREFUSED : status;
}

enum hy_status hy_answer_words(struct hy_store *st, const void *ctx, struct hy_case_id cs,
			       const char *text, struct hy_answer_words *out, struct hy_err *err)
{
	struct hy_case *c = NULL;
	char *office = NULL, *lang = NULL, *url = NULL;
	enum hy_status status = hy_case_get(st, ctx, cs, &c, err);

	if (status == HY_OK)
		status = hy_meta_get(st, ctx, "office.name", &office, err);
	if (status == HY_OK)
		status = hy_meta_get(st, ctx, "office.language", &lang, err);
	if (status == HY_OK)
		status = hy_meta_get(st, ctx, HY_META_LOOKUP, &url, err);
	if (status == HY_OK && (text == NULL || c->code == NULL))
		status = hy_err_set(err, HY_EAUTH, _("the master key is not loaded"));
	if (status != HY_OK)
		return status;
	*out = (struct hy_answer_words){
		.lang = lang != NULL && strcmp(lang, "en") == 0 ? HY_LANG_EN : HY_LANG_ZH,
		.number = c->number,
		.code = c->code,
		.text = text,
		.office = office != NULL ? office : "",
		.url = url != NULL ? url : ""};
	return HY_OK;
}

enum hy_status hy_answer_resolve(struct hy_store *st, struct hy_clock *clock,
				 struct hy_answer_id id, const char *as, const char *receipt,
				 struct hy_err *err)
{
	enum hy_delivery_state to = HY_DELIVERY_SENT, from;
	void *tmp = talloc_new(NULL);
	struct hy_answer *a = NULL;
	enum hy_status status = hy_answer_get(st, tmp, id, &a, err);

	if (status == HY_OK)
		status = hy_settle_word(as, a->state, &to, err);
	if (status == HY_EREFUSED)
		status = hy_err_set(err, HY_EREFUSED,
				    _("answer %" PRId64 " is %s: \"%s\" cannot be said of it"),
				    id.v, _(hy_delivery_state_name(a->state)), as);
	if (status == HY_OK) {
		from = a->state;
		a->state = to;
		a->error = NULL;
		a->wait_until = 0;
		if (to == HY_DELIVERY_SENT)
			a->receipt = receipt != NULL && receipt[0] != '\0' ? receipt : a->receipt;
		if (to == HY_DELIVERY_PLANNED) {
			a->lookups = 0;
			a->not_after = hy_now(clock) + HY_ANSWER_LATE;
		}
		status = hy_answer_move(st, a, from, a->fence, err);
	}
	talloc_free(tmp);
	return status;
}
