/*
 * What is counted on a walk: sources, kinds, places, and the time of posting. A tally is open
 * addressing by a number; a place counts under the hash of its name.
 */
#include "config.h"

#include "index/walk.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

static size_t slot_of(const struct hy_tally *t, int64_t key)
{
	size_t i = (size_t)(((uint64_t)key * 0x9e3779b97f4a7c15u) >> 20) & (t->cap - 1);
	while (t->used[i] && t->v[i].key != key)
		i = (i + 1) & (t->cap - 1);
	return i;
}

static void widen(struct hy_tally *t, const void *ctx)
{
	struct hy_tally old = *t;
	t->cap = old.cap ? 2 * old.cap : 64;
	t->v = hy_new_array(ctx, struct hy_facet, t->cap);
	t->used = hy_new_array(t->v, bool, t->cap);
	for (size_t i = 0; i < old.cap; i++) {
		if (old.used[i]) {
			size_t at = slot_of(t, old.v[i].key);
			t->v[at] = old.v[i];
			t->used[at] = true;
		}
	}
	talloc_free(old.v);
}

static struct hy_facet *count(struct hy_tally *t, const void *ctx, int64_t key)
{
	if (2 * (t->n + 1) > t->cap)
		widen(t, ctx);
	size_t i = slot_of(t, key);
	if (!t->used[i]) {
		t->used[i] = true;
		t->v[i] = (struct hy_facet){.key = key};
		t->n++;
	}
	t->v[i].count++;
	return &t->v[i];
}

static int by_count(const void *a, const void *b)
{
	const struct hy_facet *x = a, *y = b;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

static int by_key(const void *a, const void *b)
{
	const struct hy_facet *x = a, *y = b;
	return x->key < y->key ? -1 : x->key > y->key;
}

static struct hy_facet *settle(struct hy_tally *t, size_t *n,
			       int (*order)(const void *, const void *))
{
	size_t k = 0;
	for (size_t i = 0; i < t->cap; i++)
		if (t->used[i])
			t->v[k++] = t->v[i];
	if (k > 1)
		qsort(t->v, k, sizeof(*t->v), order);
	*n = k;
	return t->v;
}

void hy_tallies_add(struct hy_tallies *t, const struct hy_rec *r)
{
	if (t->facets) {
		count(&t->sources, t->ctx, r->facts.source.v);
		count(&t->kinds, t->ctx, (int64_t)r->facts.kind);
		if (r->facts.place_n > 0) {
			struct hy_facet *p =
				count(&t->places, t->ctx,
				      (int64_t)hy_xxh64(r->facts.place, r->facts.place_n));
			if (p->name == NULL)
				p->name = hy_strndup(t->ctx, r->facts.place, r->facts.place_n);
		}
	}
	if (t->slot > 0) {
		hy_time local = r->facts.posted + t->zone_minutes * HY_MINUTE;
		count(&t->bars, t->ctx, local / t->slot - (local % t->slot < 0));
	}
}

/* The newest HY_SEARCH_MAX_BARS, as starts in UTC. */
static struct hy_bar *bars_of(const struct hy_tallies *t, const struct hy_facet *v, size_t n,
			      hy_dur slot, size_t *out_n)
{
	size_t skip = n > HY_SEARCH_MAX_BARS ? n - HY_SEARCH_MAX_BARS : 0;
	struct hy_bar *bars = hy_new_array(t->ctx, struct hy_bar, n - skip > 0 ? n - skip : 1);

	for (size_t i = skip; i < n; i++)
		bars[i - skip] =
			(struct hy_bar){v[i].key * slot - t->zone_minutes * HY_MINUTE, v[i].count};
	*out_n = n - skip;
	return bars;
}

/* Slots to days of the zone: they are aligned to it, so a day is a whole number of them. */
static void settle_bars(struct hy_tallies *t, struct hy_found *f)
{
	size_t n = 0, days = 0;
	struct hy_facet *v = settle(&t->bars, &n, by_key);

	f->bars = bars_of(t, v, n, t->slot, &f->n_bars);
	if (t->slot == 0 || HY_DAY % t->slot != 0)
		return;
	for (size_t i = 0; i < n; i++) {
		int64_t per = HY_DAY / t->slot, k = v[i].key / per - (v[i].key % per < 0);
		int64_t count = v[i].count; /* v[days] may be v[i] itself */
		if (days == 0 || v[days - 1].key != k)
			v[days++] = (struct hy_facet){.key = k};
		v[days - 1].count += count;
	}
	f->days = bars_of(t, v, days, HY_DAY, &f->n_days);
}

void hy_tallies_settle(struct hy_tallies *t, struct hy_found *f)
{
	f->sources = settle(&t->sources, &f->n_sources, by_count);
	f->kinds = settle(&t->kinds, &f->n_kinds, by_count);
	f->places = settle(&t->places, &f->n_places, by_count);
	for (size_t i = 0; i < f->n_places; i++)
		f->places[i].key = 0;
	settle_bars(t, f);
}
