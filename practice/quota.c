/* Quotas: how many calls a platform allows, counted in windows of civil time in Beijing, as the
 * platforms count. */
#include "config.h"
#include "practice/internal.h"

#include <string.h>

#define BEIJING (8 * HY_HOUR)

static hy_time window_start(hy_time now, hy_dur window)
{
	hy_time local = now + BEIJING;

	return local - local % window - BEIJING;
}

/* A limit set for all keys of a name stands under the key "". */
static struct quota *find(struct hy_practice *site, const char *name, const char *key)
{
	for (size_t i = 0; i < site->n_quotas; i++)
		if (!strcmp(site->quotas[i]->name, name) && !strcmp(site->quotas[i]->key, key))
			return site->quotas[i];
	return NULL;
}

static struct quota *make(struct hy_practice *site, const char *name, const char *key, int limit,
			  hy_dur window)
{
	struct quota *q = hy_new(site, struct quota);

	q->name = hy_strdup(q, name);
	q->key = hy_strdup(q, key);
	q->limit = limit;
	q->window = window;
	site->quotas = hy_grow(site, site->quotas, struct quota *, site->n_quotas + 1);
	site->quotas[site->n_quotas++] = q;
	return q;
}

static struct quota *current(struct hy_practice *site, const char *name, const char *key, int limit,
			     hy_dur window)
{
	const struct quota *set = find(site, name, "");
	struct quota *q = find(site, name, key);
	hy_time from = window_start(site_now(site), window);

	if (!q)
		q = make(site, name, key, limit, window);
	q->limit = set ? set->limit : limit;
	q->window = window;
	if (q->from != from) {
		q->from = from;
		q->used = 0;
	}
	return q;
}

bool quota_take(struct hy_practice *site, const char *name, const char *key, int limit,
		hy_dur window)
{
	struct quota *q = current(site, name, key, limit, window);

	if (q->used >= q->limit)
		return false;
	q->used++;
	return true;
}

const struct quota *quota_look(struct hy_practice *site, const char *name, const char *key,
			       int limit, hy_dur window)
{
	return current(site, name, key, limit, window);
}

void quota_set(struct hy_practice *site, const char *name, int limit)
{
	struct quota *q = find(site, name, "");

	if (!q)
		q = make(site, name, "", limit, 0);
	q->limit = limit;
}

int quota_left(const struct quota *q)
{
	return q->limit > q->used ? q->limit - q->used : 0;
}

hy_time quota_reset(const struct quota *q)
{
	return q->from + q->window;
}
