/* The channels there are, and what they ask of the record alike. Adding one takes a file
 * channel-NAME.c, a line here, docs and a test. */
#include "publisher/internal.h"

#include <string.h>

const struct hy_channel *const hy_channels[] = {&hy_channel_site, &hy_channel_wordpress,
						     &hy_channel_mastodon, &hy_channel_weibo,
						     &hy_channel_wechat, NULL};

const struct hy_channel *hy_channel_find(const char *name)
{
	for (size_t i = 0; name != NULL && hy_channels[i] != NULL; i++)
		if (strcmp(hy_channels[i]->name, name) == 0)
			return hy_channels[i];
	return NULL;
}

struct hy_platform_peer hy_channel_peer(const struct hy_channel_job *job)
{
	return (struct hy_platform_peer){.url = job->account->url,
					 .reach = job->account->reach,
					 .login = job->account->login,
					 .secret = job->secret};
}

void hy_channel_fail(struct hy_channel_job *job, enum hy_status status, const struct hy_err *err)
{
	hy_channel_done(job, &(struct hy_channel_result){.status = status, .err = err});
}

char *hy_channel_old_receipt(struct hy_channel_job *job)
{
	struct hy_delivery *list = NULL;
	size_t n = 0;

	if (job->statement->corrects.v == 0 ||
	    hy_delivery_list(hy_outbox_store(job->outbox), job, job->statement->corrects, &list, &n,
			     NULL) != HY_OK)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (list[i].account.v == job->account->id.v && list[i].state == HY_DELIVERY_SENT &&
		    list[i].receipt != NULL)
			return hy_strdup(job, list[i].receipt);
	return NULL;
}

hy_time hy_channel_since(const struct hy_channel_job *job)
{
	hy_time decided = job->statement->decided, first = job->delivery->not_before;

	return decided > first ? decided : first;
}

bool hy_channel_receipt_taken(const struct hy_channel_job *job, const char *receipt)
{
	bool taken = true; /* who cannot be asked is not believed */

	(void)hy_delivery_has_receipt(hy_outbox_store(job->outbox), job->account->id, receipt,
				      job->delivery->id, &taken, NULL);
	return taken;
}
