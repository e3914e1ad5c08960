/*
 * Our own public site as a channel: sending is writing the pages from the record, and the receipt
 * is the page's path, read back. Doing it twice is doing it once.
 */
#include "publisher/internal.h"

#include <string.h>

#define PAGE_MAX (4u << 20)

static char *page_path(const void *ctx, const struct hy_channel_job *job)
{
	return hy_strf(ctx, "statements/%" PRId64 ".html", job->statement->id.v);
}

/* The page stands and carries the digest that was approved. */
static enum hy_status read_back(struct hy_channel_job *job, struct hy_err *err)
{
	char *file = hy_strf(job, "%s/site/%s", hy_outbox_dir(job->outbox), page_path(job, job));
	char *bytes = NULL;
	size_t n = 0;
	enum hy_status status = hy_file_read(job, file, PAGE_MAX, &bytes, &n, err);

	if (status != HY_OK)
		return status;
	if (strstr(bytes, hy_hex(job, job->statement->digest, HY_SHA256_LEN)) == NULL)
		return hy_err_set(err, HY_ENOTFOUND, _("%s does not carry the approved text"),
				  file);
	return HY_OK;
}

static void done(struct hy_channel_job *job, enum hy_status status, const struct hy_err *err)
{
	struct hy_channel_result r = {.status = status, .err = err};
	char *base = NULL;

	if (status == HY_OK) {
		r.receipt = page_path(job, job);
		/* without a base the address is relative to the site */
		(void)hy_meta_get(hy_outbox_store(job->outbox), job, "site.base", &base, NULL);
		r.receipt_url = hy_strf(job, "%s%s", base != NULL ? base : "", r.receipt);
	}
	hy_channel_done(job, &r);
}

static void send_it(struct hy_channel_job *job)
{
	struct hy_err err = {0};
	enum hy_status status = hy_site_build(hy_outbox_store(job->outbox),
					      hy_outbox_dir(job->outbox), job->account->id, &err);

	if (status == HY_OK)
		status = read_back(job, &err);
	if (status == HY_ENOTFOUND)
		status = HY_ESYSTEM; /* written, yet not there: tried again, and told */
	done(job, status, &err);
}

/* A page that stands says nothing of the feeds and the index written after it: whoever was killed
 * between them left half a site. So what is in doubt is always written again. */
static void look_up(struct hy_channel_job *job)
{
	struct hy_err err = {0};

	done(job, hy_err_set(&err, HY_ENOTFOUND, _("in doubt: the site is written again")), &err);
}

const struct hy_channel hy_channel_site = {
	.name = "site",
	.repeatable = true,
	.send = send_it,
	.lookup = look_up,
};
