/*
 * Saved searches: the query and its filters under a name, for the whole office; and the feed of
 * one, read under a key that is a person's own and tells in the audit, once a day, that it was
 * read.
 */
#include "desk/internal.h"

#include "publisher/publisher.h"
#include "render/render.h"

#include <string.h>

#define FEED_ROWS 50
#define TITLE_CHARS 40
#define TEXT_CHARS 500

static const char *const filters[] = {"since", "until", "source", "unit",
				      "place", "kind",	"order",  "all"};

/* Its number or its name. */
static const char *id_text(const struct hy_json *params)
{
	const struct hy_json *id = hy_json_get(params, "id");

	return id && id->text ? id->text : "";
}

/* The filters among the parameters, as one JSON object. */
static char *filters_text(const void *ctx, const struct hy_json *params)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);

	hy_jw_object(w);
	for (size_t i = 0; i < HY_LEN(filters); i++) {
		const struct hy_json *v = hy_json_get(params, filters[i]);
		if (!v || v->type == HY_JSON_NULL)
			continue;
		hy_jw_key(w, filters[i]);
		hy_jw_node(w, v);
	}
	hy_jw_end_object(w);
	return hy_strdup(ctx, hy_jw_text(w, NULL));
}

/* It is shown on one line of a list. */
static enum hy_status check_name(const char *name, struct hy_err *err)
{
	for (const char *c = name; c && *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return hy_err_set(err, HY_EINPUT, _("name: one line, without control characters"));
	return HY_OK;
}

/* Searches once, so that what cannot be asked is not saved. */
static enum hy_status try_search(struct hy_desk *desk, const void *ctx,
				 const struct hy_json *params, struct hy_err *err)
{
	struct hy_search s = {.limit = 0, .budget = 1};
	struct hy_query *q = NULL;
	struct hy_found *found = NULL;

	return desk_search(desk, ctx, params, &s, &q, &found, err);
}

enum hy_status act_saved_add(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, struct hy_json_writer *w,
			     struct hy_err *err)
{
	const struct hy_saved s = {.name = param_str(params, "name"),
				   .query = param_text(params, "query"),
				   .filters = filters_text(w, params)};
	struct hy_saved_id id = {0};
	enum hy_status status = check_name(s.name, err);

	if (!status)
		status = try_search(desk, w, params, err);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_saved_add(desk->st, &s, &id, err);
	status = desk_done(desk, status, actor, "saved.add", err, "saved %" PRId64, id.v);
	if (!status)
		hy_jw_kint(w, "id", id.v);
	return status;
}

static void put_saved(struct hy_desk *desk, struct hy_json_writer *w, const struct hy_saved *s)
{
	struct hy_json *f = NULL;

	hy_jw_kint(w, "id", s->id.v);
	hy_jw_kstr(w, "name", s->name);
	hy_jw_kstr(w, "query", s->query);
	if (!hy_json_parse(w, s->filters, strlen(s->filters), 0, &f, NULL))
		for (size_t i = 0; i < f->n; i++) {
			hy_jw_key(w, f->key[i]);
			hy_jw_node(w, f->at[i]);
		}
	put_ts(w, "made_ts", s->made);
	put_when(desk, w, "when", s->made);
	hy_jw_kint(w, "keys", s->keys);
}

enum hy_status act_saved_list(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	struct hy_saved *list = NULL;
	size_t n = 0;
	enum hy_status status = hy_saved_list(desk->st, w, &list, &n, err);

	(void)actor;
	(void)params;
	if (status)
		return status;
	hy_jw_key(w, "items");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		hy_jw_object(w);
		put_saved(desk, w, &list[i]);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	return HY_OK;
}

enum hy_status act_saved_show(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	struct hy_saved *s = NULL;
	enum hy_status status = hy_saved_find(desk->st, w, id_text(params), &s, err);

	(void)actor;
	if (!status)
		put_saved(desk, w, s);
	return status;
}

enum hy_status act_saved_remove(struct hy_desk *desk, struct hy_person_id actor,
				const struct hy_json *params, struct hy_json_writer *w,
				struct hy_err *err)
{
	struct hy_saved *s = NULL;
	enum hy_status status = hy_store_begin(desk->st, err);

	if (status)
		return status;
	status = hy_saved_find(desk->st, w, id_text(params), &s, err);
	if (!status)
		status = hy_saved_remove(desk->st, s->id, err);
	status = desk_done(desk, status, actor, "saved.remove", err, "saved %" PRId64,
			   s ? s->id.v : 0);
	if (!status)
		hy_jw_kint(w, "id", s->id.v);
	return status;
}

/* ---- running one ---- */

/* What the saved search asks, with this page's own limit, cursor and facets. */
static enum hy_status params_of(const void *ctx, const struct hy_saved *s,
				const struct hy_json *page, struct hy_json **out,
				struct hy_err *err)
{
	static const char *const own[] = {"limit", "cursor", "facets"};
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);
	struct hy_json *f = NULL;
	const char *text;
	size_t n = 0;
	enum hy_status status = hy_json_parse(ctx, s->filters, strlen(s->filters), 0, &f, err);

	if (status)
		return status;
	hy_jw_object(w);
	hy_jw_kstr(w, "query", s->query);
	for (size_t i = 0; i < f->n; i++) {
		hy_jw_key(w, f->key[i]);
		hy_jw_node(w, f->at[i]);
	}
	for (size_t i = 0; page && i < HY_LEN(own); i++)
		if (hy_json_get(page, own[i])) {
			hy_jw_key(w, own[i]);
			hy_jw_node(w, hy_json_get(page, own[i]));
		}
	hy_jw_end_object(w);
	text = hy_jw_text(w, &n);
	return hy_json_parse(ctx, text, n, 0, out, err);
}

enum hy_status act_saved_run(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, struct hy_json_writer *w,
			     struct hy_err *err)
{
	struct hy_saved *s = NULL;
	struct hy_json *asked = NULL;
	enum hy_status status = hy_saved_find(desk->st, w, id_text(params), &s, err);

	(void)actor;
	if (!status)
		status = params_of(w, s, params, &asked, err);
	if (status)
		return status;
	hy_jw_kint(w, "id", s->id.v);
	hy_jw_kstr(w, "name", s->name);
	return desk_search_answer(desk, asked, w, err);
}

/* ---- its feed ---- */

enum hy_status act_saved_feed(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	uint8_t secret[32], hash[HY_SHA256_LEN];
	struct hy_saved *s = NULL;
	char *key = NULL;
	enum hy_status status = hy_store_begin(desk->st, err);

	if (status)
		return status;
	hy_random_bytes(secret, sizeof(secret));
	key = hy_base64(w, secret, sizeof(secret), true);
	hy_sha256(key, strlen(key), hash);
	explicit_bzero(secret, sizeof(secret));
	status = hy_saved_find(desk->st, w, id_text(params), &s, err);
	if (!status)
		status = hy_feed_key_set(desk->st, s->id, actor, hash, err);
	status = desk_done(desk, status, actor, "saved.feed", err, "saved %" PRId64,
			   s ? s->id.v : 0);
	if (status)
		return status;
	hy_jw_kint(w, "id", s->id.v);
	hy_jw_kstr(w, "key", key);
	hy_jw_kstr(w, "path", hy_strf(w, "/saved/%" PRId64 "/atom?key=%s", s->id.v, key));
	return HY_OK;
}

enum hy_status act_saved_unfeed(struct hy_desk *desk, struct hy_person_id actor,
				const struct hy_json *params, struct hy_json_writer *w,
				struct hy_err *err)
{
	struct hy_saved *s = NULL;
	enum hy_status status = hy_store_begin(desk->st, err);

	if (status)
		return status;
	status = hy_saved_find(desk->st, w, id_text(params), &s, err);
	if (!status)
		status = hy_feed_key_remove(desk->st, s->id, err);
	status = desk_done(desk, status, actor, "saved.unfeed", err, "saved %" PRId64,
			   s ? s->id.v : 0);
	if (!status)
		hy_jw_kint(w, "id", s->id.v);
	return status;
}

enum hy_status hy_desk_feed_key(struct hy_desk *desk, int64_t saved, const char *key,
				struct hy_person_id *out, struct hy_err *err)
{
	uint8_t hash[HY_SHA256_LEN];
	struct hy_feed_key *k = NULL;
	enum hy_status status;

	hy_sha256(key, strlen(key), hash);
	status = hy_feed_key_find(desk->st, desk, hash, &k, err);
	if (!status && k->saved.v != saved)
		status = HY_ENOTFOUND;
	if (!status)
		*out = k->person;
	talloc_free(k);
	return status == HY_ENOTFOUND
		       ? hy_err_set(err, HY_EAUTH, "%s",
				    _("this is no key of the feed, or it has ended: ask for a new "
				      "one"))
		       : status;
}

/* The first reading of a day leaves a row: a reader that asks each quarter of an hour would bury
 * the audit. */
static enum hy_status tell(struct hy_desk *desk, struct hy_person_id actor,
			   const struct hy_saved *s, struct hy_err *err)
{
	hy_time today = hy_desk_day_start(desk, hy_desk_now(desk));
	struct hy_feed_key *k = NULL;
	enum hy_status status = hy_feed_key_of(desk->st, desk, s->id, actor, &k, err);

	if (status == HY_ENOTFOUND)
		return hy_err_set(err, HY_EAUTH, "%s", _("you have no key of this feed: make one"));
	if (!status && k->told < today) {
		k->told = today;
		status = hy_store_begin(desk->st, err);
		if (!status) {
			status = hy_feed_key_told(desk->st, k, err);
			status = desk_done(desk, status, actor, "saved.atom", err, "saved %" PRId64,
					   s->id.v);
		}
	}
	talloc_free(k);
	return status;
}

/* Where a feed's pages are read, and what its things are called for good: a reader that is given
 * another host or port knows each of them again. */
struct place {
	const char *base;
	char *urn;
};

static enum hy_status place_of(struct hy_desk *desk, const void *ctx, const char *base,
			       struct place *out, struct hy_err *err)
{
	uint8_t pub[HY_ED25519_LEN];
	char *instance = NULL, *key = NULL;
	enum hy_status status = hy_office_key(desk->st, pub, err);

	if (status)
		return status;
	if (hy_meta_get(desk->st, ctx, "instance", &instance, NULL)) /* none: the key alone */
		instance = NULL;
	key = hy_hex(ctx, pub, sizeof(pub));
	out->base = base;
	out->urn = hy_strf(ctx, "urn:huying:%.32s:desk", instance && *instance ? instance : key);
	return HY_OK;
}

/* Words of the item and where to read it here; neither the address nor who wrote it. */
static void put_entry(struct hy_desk *desk, const void *ctx, const struct place *at,
		      const struct hy_item *it, struct hy_feed_out_entry *e)
{
	struct hy_source *source = NULL;

	e->id = hy_strf(ctx, "%s:item:%" PRId64, at->urn, it->id.v);
	e->url = hy_strf(ctx, "%s/items/%" PRId64, at->base, it->id.v);
	e->title = *it->title ? it->title : hy_text_summary(ctx, it->text, TITLE_CHARS);
	e->text = hy_text_summary(ctx, it->text, TEXT_CHARS);
	e->category = hy_item_kind_name(it->kind);
	e->published = it->posted;
	e->updated = it->taken;
	if (!hy_source_get(desk->st, ctx, it->source, &source, NULL))
		e->source = source->name;
}

static enum hy_status entries_of(struct hy_desk *desk, const void *ctx, const struct place *at,
				 const struct hy_found *found, struct hy_feed_out_entry *e,
				 size_t *n, struct hy_err *err)
{
	for (size_t i = 0; i < found->n_hits; i++) {
		struct hy_item *it = NULL;
		enum hy_status status = hy_item_seq(desk->st, ctx, found->hits[i].seq, &it, err);
		if (status == HY_ENOTFOUND)
			continue; /* purged since it was indexed */
		if (status)
			return status;
		put_entry(desk, ctx, at, it, &e[(*n)++]);
	}
	return HY_OK;
}

enum hy_status act_saved_atom(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	const char *base = param_text(params, "address"),
		   *office = hy_conf_str(desk->conf, "office", NULL, "name");
	struct hy_feed_out_entry entries[FEED_ROWS] = {{0}};
	struct hy_search s = {.limit = FEED_ROWS};
	struct hy_saved *saved = NULL;
	struct hy_json *asked = NULL;
	struct hy_query *q = NULL;
	struct hy_found *found = NULL;
	struct hy_buf b;
	struct place at = {0};
	size_t n = 0;
	enum hy_status status = hy_saved_find(desk->st, w, id_text(params), &saved, err);

	if (!status)
		status = place_of(desk, w, base, &at, err);
	if (!status)
		status = params_of(w, saved, NULL, &asked, err);
	if (!status)
		status = desk_search(desk, w, asked, &s, &q, &found, err);
	if (!status)
		status = entries_of(desk, w, &at, found, entries, &n, err);
	if (!status)
		status = tell(desk, actor, saved, err);
	if (status)
		return status;
	hy_buf_init(&b, w, 8u << 20);
	hy_feed_atom(&b, &(struct hy_feed_out){
				 .id = hy_strf(w, "%s:saved:%" PRId64, at.urn, saved->id.v),
				 .title = hy_strf(w, "%s · %s", saved->name, office),
				 .subtitle = saved->query,
				 .home_url = hy_strf(w, "%s/saved/%" PRId64, base, saved->id.v),
				 .office = office,
				 .lang = hy_desk_lang(desk) == HY_LANG_EN ? "en" : "zh-CN",
				 .entries = entries,
				 .n = n,
			 });
	hy_jw_kstr(w, "text", b.data);
	return HY_OK;
}
