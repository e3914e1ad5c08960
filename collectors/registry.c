/* All collectors, one row each, and the one place where a kind of source is looked up. */
#include "collectors/collect.h"

#include <string.h>

static const struct hy_collector *const registry[] = {
	&hy_collector_feed,   &hy_collector_mastodon,  &hy_collector_weibo, &hy_collector_discuz,
	&hy_collector_nodebb, &hy_collector_discourse, &hy_collector_mail,
};

const struct hy_collector *hy_collector_find(const char *kind)
{
	for (size_t i = 0; kind && i < HY_LEN(registry); i++)
		if (strcmp(registry[i]->name, kind) == 0)
			return registry[i];
	return NULL;
}

const struct hy_collector *const *hy_collectors(size_t *n_out)
{
	*n_out = HY_LEN(registry);
	return registry;
}

enum hy_status hy_source_read(const void *ctx, const struct hy_feed_in *in, struct hy_feed **out,
			      struct hy_err *err)
{
	const struct hy_collector *c = hy_collector_find(in->kind);

	return c != NULL ? c->read(ctx, in, out, err) : hy_feed_parse(ctx, in, out, err);
}
