/*
 * From a parsed feed to items. Identity is a ladder: the feed's own id, the canonical address, and
 * for an entry with neither a near copy; a step down is taken only for an entry whose supposed
 * former self is gone from the feed. The date is no part of it. Absence of an entry never means
 * anything.
 */
#include "collectors/collect.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SEEN_MAX 2000	  /* entries remembered from the last poll */
#define SEEN_WALK_MAX 600 /* of the last pages of a walk */
#define TEXT_STORED_MAX (256u << 10)
#define TITLE_STORED_MAX 2000 /* bytes */
#define NEAR_WINDOW (48 * HY_HOUR)
#define NEAR_CANDIDATES 200
#define MOVES_NEEDED 3
#define UNREAD_LOOKS 3 /* at a page that cannot be read */
#define EMPTY_LOOKS 2  /* soon after one that found a cache being rebuilt */

/* An entry of the last poll: first 8 bytes of its native and content hashes. */
struct seen {
	uint64_t native, content;
};
struct cursor {
	const struct hy_json *json;
	struct seen *seen; /* sorted by native */
	size_t n_seen;
	struct seen *as_written; /* newest first */
	size_t n_as_written;
};
struct draft {
	const struct hy_feed_entry *e;
	const char *canonical;
	char *title, *text; /* masked */
	uint8_t native[HY_HASH_LEN], content[HY_HASH_LEN], link[HY_HASH_LEN];
	bool has_link, unnamed, wanted; /* wanted: the whole of what is cut */
	hy_time posted;
	bool guessed;
};
struct take {
	const struct hy_take_in *in;
	const struct hy_collector *collector;
	enum hy_walk how;
	struct hy_walk_state walk;
	struct hy_take_out *out;
	const void *ctx;
	void *mem;
	struct cursor cur;
	const struct hy_json *options;
	struct draft *drafts;
	size_t n;
	size_t n_whole; /* entries that were not cut */
	int64_t empty;	/* looks in a row that found a cache being rebuilt */
};

static uint64_t head64(const uint8_t hash[HY_HASH_LEN])
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | hash[i];
	return v;
}

static void put_head64(uint8_t hash[HY_HASH_LEN], uint64_t v)
{
	for (int i = 0; i < 8; i++)
		hash[i] = (uint8_t)(v >> (56 - 8 * i));
}

static void hash16(const char *s, uint8_t out[HY_HASH_LEN])
{
	uint8_t full[HY_SHA256_LEN];

	hy_sha256(s, strlen(s), full);
	memcpy(out, full, HY_HASH_LEN);
}

/* ---- the cursor ---- */

static int by_native(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	return x->native < y->native ? -1 : x->native > y->native;
}

static void read_cursor(struct take *t)
{
	const char *s = t->in->source->cursor, *v;
	struct hy_json *root = NULL;
	const struct hy_json *list;

	if (!s || hy_json_parse(t->mem, s, strlen(s), 0, &root, NULL) != HY_OK)
		return; /* a damaged cursor costs one full poll */
	t->cur.json = root;
	list = hy_json_get(root, "seen");
	if (!list || list->type != HY_JSON_ARRAY)
		return;
	t->cur.seen = hy_new_array(t->mem, struct seen, list->n + 1);
	for (size_t i = 0; i < list->n && i < SEEN_MAX; i++) {
		char *end;

		v = list->at[i]->type == HY_JSON_STRING ? list->at[i]->text : "";
		if (strlen(v) != 33 || v[16] != ':')
			continue;
		t->cur.seen[t->cur.n_seen].native = strtoull(v, &end, 16);
		t->cur.seen[t->cur.n_seen++].content = strtoull(v + 17, &end, 16);
	}
	t->cur.as_written = hy_memdup(t->mem, t->cur.seen, t->cur.n_seen * sizeof(struct seen) + 1);
	t->cur.n_as_written = t->cur.n_seen;
	qsort(t->cur.seen, t->cur.n_seen, sizeof(struct seen), by_native);
}

static const struct seen *find_seen(const struct take *t, const uint8_t native[HY_HASH_LEN])
{
	struct seen key = {.native = head64(native)};

	return t->cur.n_seen ? bsearch(&key, t->cur.seen, t->cur.n_seen, sizeof(key), by_native)
			     : NULL;
}

static bool drafted(const struct take *t, uint64_t native)
{
	for (size_t i = 0; i < t->n; i++)
		if (head64(t->drafts[i].native) == native)
			return true;
	return false;
}

/* Everything of the old cursor but the members we write ourselves. */
static void keep_seen(struct take *t, struct hy_json_writer *w)
{
	const struct hy_json *old = hy_json_get(t->cur.json, "seen");

	hy_jw_key(w, "seen");
	if (old)
		hy_jw_node(w, old);
	else {
		hy_jw_array(w);
		hy_jw_end_array(w);
	}
}

/* How often the same permanent redirect was met; when it is time, out->move_to. */
static void write_move(struct take *t, struct hy_json_writer *w)
{
	const char *to = t->in->fetch->permanent_url;
	const struct hy_json *m = hy_json_get(t->cur.json, "moved");
	const char *before = hy_json_str(m, "url");
	int64_t times = 1, first = t->in->now;

	if (!to || !hy_is_http(to) || strcmp(to, t->in->source->url) == 0)
		return;
	if (before && strcmp(before, to) == 0) {
		times = hy_json_int(m, "times", 0) + 1;
		first = hy_json_int(m, "first", first);
	}
	if (times >= MOVES_NEEDED && t->in->now - first >= HY_DAY) {
		t->out->move_to = hy_strdup(t->ctx, to);
		return;
	}
	hy_jw_key(w, "moved");
	hy_jw_object(w);
	hy_jw_kstr(w, "url", to);
	hy_jw_kint(w, "times", times);
	hy_jw_kint(w, "first", first);
	hy_jw_end_object(w);
}

static void write_validators(struct take *t, struct hy_json_writer *w, bool fresh)
{
	const struct hy_fetch *f = t->in->fetch;
	const char *etag = hy_json_str(t->cur.json, "etag"),
		   *lm = hy_json_str(t->cur.json, "modified");

	if (fresh || f->status == 304) {
		if (fresh || f->etag)
			etag = f->etag;
		if (fresh || f->last_modified)
			lm = f->last_modified;
	}
	if (etag)
		hy_jw_kstr(w, "etag", etag);
	if (lm)
		hy_jw_kstr(w, "modified", lm);
}

/* The entries of this document; of a walk also those of its pages before. */
static void write_seen(struct take *t, struct hy_json_writer *w)
{
	bool walks = t->how != HY_WALK_FEED;
	size_t max = walks ? SEEN_WALK_MAX : SEEN_MAX, n = 0;

	hy_jw_key(w, "seen");
	hy_jw_array(w);
	for (; n < t->n && n < max; n++)
		hy_jw_str(w, hy_strf(t->mem, "%016" PRIx64 ":%016" PRIx64,
				     head64(t->drafts[n].native), head64(t->drafts[n].content)));
	for (size_t i = 0; walks && i < t->cur.n_as_written && n < max; i++)
		if (!drafted(t, t->cur.as_written[i].native)) {
			hy_jw_str(w, hy_strf(t->mem, "%016" PRIx64 ":%016" PRIx64,
					     t->cur.as_written[i].native,
					     t->cur.as_written[i].content));
			n++;
		}
	hy_jw_end_array(w);
}

/* How many calls of its account this source made today: only where there is a budget. */
static void write_calls(struct take *t, struct hy_json_writer *w)
{
	int64_t day = t->in->share ? (t->in->share->day_ends - 1) / HY_DAY : 0;

	if (!t->in->share)
		return;
	hy_jw_key(w, "calls");
	hy_jw_object(w);
	hy_jw_kint(w, "day", day);
	hy_jw_kint(w, "n", hy_share_used(t->in->source->cursor, day) + 1);
	if (t->in->fetch->calls_left >= 0 && t->in->fetch->status != 0) {
		hy_jw_kint(w, "left", t->in->fetch->calls_left);
		hy_jw_kint(w, "reset", t->in->fetch->calls_reset / HY_SECOND);
	}
	hy_jw_end_object(w);
}

/* How long this source is quiet between two looks with something new: a mean that forgets, and how
 * many gaps it is made of. What is quiet far longer has fallen silent (hy_source_silent). */
static void write_rhythm(struct take *t, struct hy_json_writer *w)
{
	const struct hy_json *old = hy_json_get(t->cur.json, "rhythm");
	int64_t mean = hy_json_int(old, "mean", 0), n = hy_json_int(old, "n", 0);
	hy_time last = hy_json_int(old, "last", 0), newest = 0;

	hy_time since = hy_json_int(old, "since", t->in->now); /* followed since then */

	for (size_t i = 0; i < t->out->n_items; i++)
		if (!(t->out->items[i].item.flags & HY_ITEM_WITHDRAWN))
			newest = t->in->now;
	if (newest) {
		int64_t gap = last ? (newest - last) / HY_SECOND : 0;

		if (last) {
			mean = n ? mean + (gap - mean) / (n < 20 ? n + 1 : 20) : gap;
			n++;
		}
		last = newest;
	}
	hy_jw_key(w, "rhythm");
	hy_jw_object(w);
	hy_jw_kint(w, "since", since);
	hy_jw_kint(w, "mean", mean);
	hy_jw_kint(w, "n", n);
	hy_jw_kint(w, "last", last);
	hy_jw_end_object(w);
}

/* fresh: new validators may be believed; drafts: the seen list is the one of this feed. */
static void write_cursor(struct take *t, bool fresh, bool drafts)
{
	struct hy_json_writer *w = hy_json_writer_new(t->mem, false);

	hy_jw_object(w);
	write_validators(t, w, fresh);
	write_move(t, w);
	if (drafts)
		write_seen(t, w);
	else
		keep_seen(t, w);
	if (t->how != HY_WALK_FEED)
		hy_walk_write(w, &t->walk);
	write_calls(t, w);
	if (t->empty > 0)
		hy_jw_kint(w, "empty", t->empty);
	write_rhythm(t, w);
	hy_jw_end_object(w);
	t->out->cursor = hy_strdup(t->ctx, hy_jw_text(w, NULL));
}

/* ---- entries to drafts ---- */

static char *stored(const void *ctx, const char *s, bool plain, size_t max)
{
	char *text = plain ? hy_trim(ctx, s, strlen(s)) : hy_markup_plain(ctx, s), *masked;

	masked = hy_mask_text(ctx, text, NULL);
	masked[hy_utf8_cut(masked, strlen(masked) < max ? strlen(masked) : max)] = '\0';
	return masked;
}

static void date_of(const struct take *t, struct draft *d)
{
	hy_time at = d->e->published ? d->e->published : d->e->updated;

	d->guessed = !at;
	d->posted = at && at < t->in->now ? at : t->in->now;
}

/* The first rung: what the feed calls the entry; without a name its address, then its words. */
static void name_it(struct take *t, struct draft *d)
{
	const char *id = d->e->id;

	if (id && *id)
		hash16(id, d->native);
	else if (d->canonical)
		hash16(d->canonical, d->native);
	else
		hash16(hy_strf(t->mem, "%s\n%s", d->title, d->text), d->native);
}

/* "Comment on X by NAME", before an answer "In reply to NAME.", before a change "NAME: why": sites
 * name people in words. An office's own name in its own texts is no person's. */
static void unname(struct take *t, struct draft *d)
{
	static const char *const heads[] = {"In reply to ", "回复给"};
	const char *end;
	bool office = t->in->source->own || t->in->source->official;
	const char *name = d->e->author_name;
	size_t n_name = name ? strlen(name) : 0;

	if (!office && n_name && !strncmp(d->text, name, n_name) &&
	    (d->text[n_name] == ':' || !strncmp(d->text + n_name, "：", 3)))
		d->text = hy_strf(t->mem, "@%s", d->text + n_name);
	end = d->text + strcspn(d->text, "\n");
	d->title = hy_mask_name(t->mem, d->title, name, office);
	for (size_t i = 0; i < HY_LEN(heads); i++) {
		size_t n = strlen(heads[i]);

		if (strncmp(d->text, heads[i], n) == 0 && end > d->text + n &&
		    (end[-1] == '.' || (end - d->text > 3 && !strncmp(end - 3, "。", 3)))) {
			d->text = hy_strf(t->mem, "%s@%s", heads[i], end);
			break;
		}
	}
}

static bool make_draft(struct take *t, const struct hy_feed_entry *e, struct draft *d)
{
	const char *body = e->content && *e->content ? e->content : e->summary;
	bool plain = body == e->content ? e->content_plain : e->summary_plain;
	char *sum;

	*d = (struct draft){.e = e};
	d->title = stored(t->mem, e->title ? e->title : "", true, TITLE_STORED_MAX);
	d->text = stored(t->mem, body ? body : "", plain, TEXT_STORED_MAX);
	if (!*d->title && !*d->text)
		return false;
	unname(t, d);
	d->canonical = hy_link_canonical(t->mem, e->link);
	d->has_link = d->canonical != NULL;
	d->unnamed = !d->has_link && !(e->id && *e->id);
	if (d->has_link)
		hash16(d->canonical, d->link);
	name_it(t, d);
	sum = hy_without_volatile(t->mem, hy_strf(t->mem, "%s\n%s", d->title, d->text));
	hash16(sum, d->content);
	date_of(t, d);
	return true;
}

/* An id used twice in one feed for different pages names neither. */
static bool settle_twin(struct take *t, struct draft *d)
{
	for (size_t i = 0; i < t->n; i++) {
		if (memcmp(t->drafts[i].native, d->native, HY_HASH_LEN) != 0)
			continue;
		if (!d->canonical || memcmp(t->drafts[i].link, d->link, HY_HASH_LEN) == 0)
			return false;
		hash16(hy_strf(t->mem, "%s\n%s", d->e->id ? d->e->id : "", d->canonical),
		       d->native);
		return settle_twin(t, d);
	}
	return true;
}

static void make_drafts(struct take *t)
{
	const struct hy_feed *f = t->in->feed;
	size_t n = f->n_entries;

	t->out->n_received = f->n_entries + f->n_skipped + f->n_deleted;
	t->out->n_skipped = f->n_skipped;
	t->out->n_refused += f->n_skipped;
	if ((!f->complete || t->in->fetch->cut) && n) {
		n--; /* it may be cut in the middle of a word */
		t->out->n_refused++;
		t->out->n_cut++;
	}
	t->n_whole = n;
	t->drafts = hy_new_array(t->mem, struct draft, n + 1);
	for (size_t i = 0; i < n; i++) {
		struct draft *d = &t->drafts[t->n];

		if (f->entries[i].removed || !make_draft(t, &f->entries[i], d)) {
			t->out->n_refused += !f->entries[i].removed;
			continue;
		}
		if (settle_twin(t, d))
			t->n++;
		else
			t->out->n_known++;
	}
}

/* ---- the ladder ---- */

static bool still_here(const struct take *t, const uint8_t native[HY_HASH_LEN])
{
	for (size_t i = 0; i < t->n; i++)
		if (memcmp(t->drafts[i].native, native, HY_HASH_LEN) == 0)
			return true;
	return false;
}

/* A link that other entries or the feed itself share says nothing about identity. */
static bool own_link(const struct take *t, const struct draft *d)
{
	char *home = hy_link_canonical(t->mem, t->in->feed->link);
	int same = 0;

	if (home && strcmp(home, d->canonical) == 0)
		return false;
	for (size_t i = 0; i < t->n; i++)
		same += t->drafts[i].has_link &&
			memcmp(t->drafts[i].link, d->link, HY_HASH_LEN) == 0;
	return same == 1;
}

static struct hy_item_id near_copy(const struct take *t, const struct draft *d)
{
	const struct hy_known *known = t->in->known;
	const struct hy_item *items = NULL;
	struct hy_item_id none = {0};
	void *mem = talloc_new(t->mem);
	size_t n, na, nb;
	uint64_t *a, *b;

	n = known->recent(known->user, d->posted - NEAR_WINDOW, d->posted + NEAR_WINDOW, &items);
	a = n ? hy_shingles(mem, hy_strf(mem, "%s %s", d->title, d->text), &na) : NULL;
	for (size_t i = 0; a && i < n && i < NEAR_CANDIDATES; i++) {
		if (still_here(t, items[i].native))
			continue;
		b = hy_shingles(mem, hy_strf(mem, "%s %s", items[i].title, items[i].text), &nb);
		if (b && hy_shingles_near(a, na, b, nb)) {
			none = items[i].id;
			break;
		}
	}
	talloc_free(mem);
	return none;
}

static struct hy_item_id climb(const struct take *t, const struct draft *d)
{
	const struct hy_known *known = t->in->known;
	struct hy_item_id id = {0};
	uint8_t native[HY_HASH_LEN];

	if (!known)
		return id;
	if (d->has_link && known->by_link && own_link(t, d) &&
	    known->by_link(known->user, d->link, &id, native)) {
		if (memcmp(native, d->native, HY_HASH_LEN) != 0 && !still_here(t, native))
			return id;
		return (struct hy_item_id){0};
	}
	/* two people saying the same are two: only what has no other name is known by its words */
	return d->unnamed && known->recent ? near_copy(t, d) : (struct hy_item_id){0};
}

/* ---- drafts to items ---- */

/* "zh-cn", "zh_TW" -> "zh". */
static const char *language(const struct take *t, const struct hy_feed_entry *e)
{
	const char *l = e->lang && *e->lang ? e->lang : t->in->feed->language;
	size_t n = l ? strcspn(l, "-_") : 0;
	char *out;

	if (n < 2 || n > 3)
		return "";
	out = hy_strndup(t->ctx, l, n);
	for (char *p = out; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return out;
}

static const char *platform(const struct take *t)
{
	const char *p = hy_json_str(t->options, "platform"), *host;

	if (p && *p)
		return p;
	if (t->collector->platform)
		return t->collector->platform;
	host = strstr(t->in->source->url ? t->in->source->url : "", "://");
	return host ? hy_strndup(t->mem, host + 3, strcspn(host + 3, "/?#")) : "feed";
}

static enum hy_item_kind kind_of(const struct take *t, const struct hy_feed_entry *e)
{
	const char *k = hy_json_str(t->options, "kind");

	if (k && strcmp(k, "post") == 0)
		return HY_ITEM_POST;
	if (k && strcmp(k, "comment") == 0)
		return HY_ITEM_COMMENT;
	return e && e->comment ? HY_ITEM_COMMENT : t->collector->item;
}

static enum hy_status make_item(struct take *t, const struct draft *d, struct hy_taken *out,
				struct hy_err *err)
{
	const struct hy_source *s = t->in->source;
	struct hy_item *it = &out->item;

	*out = (struct hy_taken){0};
	it->source = s->id;
	it->kind = kind_of(t, d->e);
	memcpy(it->native, d->native, HY_HASH_LEN);
	memcpy(it->content, d->content, HY_HASH_LEN);
	if (d->has_link)
		memcpy(it->link, d->link, HY_HASH_LEN);
	it->posted = d->posted;
	it->taken = t->in->now;
	it->title = hy_strdup(t->ctx, d->title);
	it->text = hy_strdup(t->ctx, d->text);
	it->lang = language(t, d->e);
	it->place = hy_strdup(t->ctx, s->place ? s->place : "");
	it->flags = (s->own ? HY_ITEM_OWN : 0) | (s->official ? HY_ITEM_OFFICIAL : 0) |
		    (d->guessed ? HY_ITEM_DATE_GUESSED : 0) | (d->unnamed ? HY_ITEM_UNNAMED : 0) |
		    (d->e->cut ? HY_ITEM_CUT : 0);
	if (t->in->voice_key)
		hy_voice_of(t->in->voice_key, platform(t), d->e->author, it->voice);
	if (s->own || s->official)
		it->url_public = hy_is_http(d->e->link) ? hy_strdup(t->ctx, d->e->link) : NULL;
	if (!t->in->master_key || !hy_is_http(d->e->link))
		return HY_OK;
	return hy_item_seal_url(t->ctx, t->in->master_key, it->native, d->e->link, &it->url_sealed,
				&it->url_sealed_n, err);
}

/* What was never seen, or is still there, is not gone: that changes nothing. */
static void withdraw(struct take *t, const char *ref)
{
	struct hy_taken *x = &t->out->items[t->out->n_items];
	uint8_t native[HY_HASH_LEN];

	hash16(ref, native);
	if (!find_seen(t, native) || still_here(t, native)) {
		t->out->n_known++;
		return;
	}
	*x = (struct hy_taken){.item = {.source = t->in->source->id,
					.kind = kind_of(t, NULL),
					.posted = t->in->now,
					.taken = t->in->now,
					.title = "",
					.text = "",
					.lang = "",
					.place = "",
					.flags = HY_ITEM_WITHDRAWN}};
	memcpy(x->item.native, native, HY_HASH_LEN);
	hash16("withdrawn", x->item.content);
	t->out->n_items++;
}

static int oldest_first(const void *a, const void *b)
{
	const struct hy_taken *x = a, *y = b;

	return x->item.posted < y->item.posted ? -1 : x->item.posted > y->item.posted;
}

static enum hy_status make_items(struct take *t, struct hy_err *err)
{
	const struct hy_feed *f = t->in->feed;
	size_t met = 0, aliased = 0;
	enum hy_status st;

	t->out->items =
		hy_new_array(t->ctx, struct hy_taken, t->n + f->n_entries + f->n_deleted + 1);
	for (size_t i = 0; i < t->n; i++) {
		struct draft *d = &t->drafts[i];
		const struct seen *was = find_seen(t, d->native);
		struct hy_taken *x = &t->out->items[t->out->n_items];

		met += was != NULL;
		if (was && d->e->cut) /* what is there may be the whole */
			put_head64(d->content, was->content);
		if (was && was->content == head64(d->content)) {
			t->out->n_known++;
			continue;
		}
		d->wanted = d->e->cut && d->e->id;
		st = make_item(t, d, x, err);
		if (st != HY_OK)
			return st;
		if (!was)
			x->alias_of = climb(t, d);
		aliased += x->alias_of.v != 0;
		t->out->n_items++;
	}
	for (size_t i = 0; i < f->n_deleted; i++)
		withdraw(t, f->deleted[i]);
	for (size_t i = 0; i < t->n_whole; i++)
		if (f->entries[i].removed)
			withdraw(t, f->entries[i].id ? f->entries[i].id : "");
	qsort(t->out->items, t->out->n_items, sizeof(struct hy_taken), oldest_first);
	t->out->overlaps = met || aliased;
	t->out->ids_regenerated = aliased * 2 > t->n && t->n > 1;
	if (t->how == HY_WALK_FEED && t->cur.n_seen && t->n && !met && !aliased) {
		t->out->possible_gap = true;
		t->out->next_page =
			f->next_url && (!f->self_url || strcmp(f->next_url, f->self_url))
				? hy_strdup(t->ctx, f->next_url)
				: NULL;
	}
	return HY_OK;
}

/* ---- the answer as a whole ---- */

static hy_dur interval(const struct take *t)
{
	int64_t secs = hy_json_int(t->options, "interval", 0);

	return secs > 0 && secs <= 7 * 86400 ? secs * HY_SECOND : t->collector->every;
}

static enum hy_status failed(struct take *t, enum hy_status st, struct hy_err *err, const char *why)
{
	const struct hy_fetch *f = t->in->fetch;
	hy_time until = f->status == 429 || f->status == 503
				? hy_retry_after(f->retry_after, t->in->now)
				: 0;

	/* one post by itself keeps no list waiting */
	if (st != HY_EAUTH && st != HY_EWAIT && hy_walk_whole(t->mem, t->how, &t->walk) &&
	    (st != HY_ETEMP || t->in->source->failures > 0))
		hy_walk_drop(&t->walk);
	t->out->failures = t->in->source->failures + 1;
	t->out->next_at = hy_poll_backoff(interval(t), t->out->failures, t->in->now, t->in->rand);
	if (until > t->out->next_at || (until && f->status == 429))
		t->out->next_at = until;
	write_cursor(t, false, false);
	t->out->items = NULL;
	t->out->n_items = t->out->n_known = 0;
	t->out->n_received = t->out->n_refused;
	t->out->note = hy_strdup(t->ctx, why);
	if (st == HY_EWAIT)
		return hy_err_wait(err, t->out->next_at, "%s", why);
	return hy_err_set(err, st, "%s", why);
}

static enum hy_status refuse_status(struct take *t, struct hy_err *err)
{
	int s = t->in->fetch->status;

	switch (s) {
	case 0: /* not asked at all, for want of a secret; or no answer */
		if (t->in->parse_status == HY_EAUTH || t->in->parse_status == HY_EINPUT)
			return failed(t, t->in->parse_status, err,
				      t->in->parse_error ? t->in->parse_error : "not asked");
		return failed(t, HY_ETEMP, err,
			      t->how == HY_WALK_MAILBOX && t->in->parse_error ? t->in->parse_error
									      : "no answer");
	case 410:
		t->out->stop = HY_TAKE_STOP_GONE;
		return failed(t, HY_EPERM, err, "gone for good (410): polling stops");
	case 401:
	case 403:
	case 407:
		t->out->stop = HY_TAKE_STOP_AUTH;
		return failed(
			t, HY_EAUTH, err,
			hy_strf(t->mem, "refused (%d): polling stops until somebody looks", s));
	case 429:
		return failed(t, HY_EWAIT, err, "asked too often (429)");
	case 503:
		if (hy_retry_after(t->in->fetch->retry_after, t->in->now))
			return failed(t, HY_EWAIT, err, "unavailable for a while (503)");
		return failed(t, HY_ETEMP, err, "unavailable (503)");
	default:
		return failed(t, HY_ETEMP, err, hy_strf(t->mem, "HTTP status %d", s));
	}
}

static void plan(struct take *t)
{
	const struct hy_feed *f = t->in->feed;
	struct hy_poll_hints h = {.own = interval(t),
				  .ttl_minutes = -1,
				  .max_age = hy_cache_max_age(t->in->fetch->cache_control)};

	if (f) {
		h.ttl_minutes = t->collector->cached ? -1 : f->ttl_minutes;
		h.update_every = f->update_every;
		h.skip_hours = f->skip_hours;
		h.skip_days = f->skip_days;
	}
	if (t->in->share) {
		hy_dur least = hy_share_interval(t->in->share, t->in->now);

		h.own = h.own > least ? h.own : least;
	}
	t->out->next_at = hy_poll_next(&h, t->in->now, t->in->rand);
	t->out->failures = 0;
}

/* An empty feed out of a cache says only that this look found it stale. */
static void ask_again(struct take *t)
{
	if (!t->collector->cached || t->how != HY_WALK_FEED || t->in->feed->n_entries > 0)
		return;
	t->empty = hy_json_int(t->cur.json, "empty", 0) + 1;
	if (t->empty > EMPTY_LOOKS) {
		t->empty = 0; /* there may be nothing in it: as ever, and then anew */
		return;
	}
	t->out->next_at = t->in->now + HY_MINUTE;
	if (t->in->rand)
		t->out->next_at += (hy_time)hy_rand_below(t->in->rand, 30 * HY_SECOND);
}

/* A walk that is not at its end goes on before the next look is due. */
static void walk_soon(struct take *t)
{
	const struct hy_share *share = t->in->share;
	hy_dur gap = t->collector->gap, every = share ? hy_share_interval(share, t->in->now) : 0;

	t->out->more = t->out->more || t->walk.n_queue > 0;
	if (share && hy_share_left(share) <= 1) /* this look counts, too */
		gap = every;
	else if (every > gap)
		gap = every / 4; /* a walk is worth more */
	if (t->out->more)
		t->out->next_at = t->in->now + gap;
}

/* The page was read: where the walk stands, and when it goes on. */
static void walk_on(struct take *t)
{
	const struct hy_feed *f = t->in->feed;
	int64_t days = hy_json_int(t->options, "backfill", 0);
	hy_time since = days > 0 ? t->in->now - days * HY_SECOND : 0;

	if (t->how == HY_WALK_FEED)
		return;
	t->out->more = hy_walk_page(t->mem, t->how, &t->walk, f, since);
	t->out->possible_gap = t->walk.gap;
	for (size_t i = 0; i < t->n; i++)
		if (t->drafts[i].wanted && t->collector->whole)
			hy_walk_want(t->mem, &t->walk, t->drafts[i].e->id);
	walk_soon(t);
}

static enum hy_status take_feed(struct take *t, struct hy_err *err)
{
	const struct hy_feed *f = t->in->feed;
	enum hy_status st;
	bool whole;

	if (f->is_html)
		return failed(t, HY_EINPUT, err,
			      f->page_feed
				      ? hy_strf(t->mem, "an HTML page, not a feed; its feed is %s",
						f->page_feed)
				      : "an HTML page, not a feed");
	whole = f->complete && !t->in->fetch->cut;
	make_drafts(t);
	if (!whole && !t->n)
		return failed(t, HY_ETEMP, err, "the feed was cut before its second entry");
	st = make_items(t, err);
	if (st != HY_OK)
		return failed(t, st, err, err ? err->text : "an item could not be sealed");
	plan(t);
	if (whole) {
		ask_again(t);
		walk_on(t);
	}
	/* An empty or cut list says nothing: what was seen before stays. */
	write_cursor(t, whole && f->strict, t->n > 0 && whole);
	t->out->hub_url = hy_strdup(t->ctx, f->hub_url);
	if (!t->out->hub_url && t->in->fetch->link)
		t->out->hub_url =
			hy_link_header(t->ctx, t->in->fetch->link, "hub", t->in->fetch->url);
	if (!whole)
		t->out->note = "the feed was cut: its last entry was left out";
	else if (f->expired)
		t->out->note = "the feed says it will not be continued";
	else if (t->out->possible_gap && t->how != HY_WALK_FEED)
		t->out->note = "possible gap: the list did not lead back to the last look";
	else if (t->out->possible_gap)
		t->out->note = "possible gap: no entry of the last poll is in the feed any more";
	else if (t->out->ids_regenerated)
		t->out->note = "most ids changed at once: entries were matched by address";
	else if (f->problem)
		t->out->note = hy_strdup(t->ctx, f->problem);
	return HY_OK;
}

/* What the platform itself said: more than its HTTP status. */
static enum hy_status refused(struct take *t, struct hy_err *err)
{
	const char *why = t->in->parse_error ? t->in->parse_error : "refused";

	if (t->in->parse_status == HY_EAUTH)
		t->out->stop = HY_TAKE_STOP_AUTH;
	if (t->in->parse_status == HY_ENOTFOUND && t->walk.n_queue > 0) {
		hy_walk_drop(&t->walk); /* the thread is gone: on to the next */
		plan(t);
		walk_soon(t);
		write_cursor(t, false, false);
		t->out->note = hy_strdup(t->ctx, why);
		return HY_OK;
	}
	return failed(t, t->in->parse_status, err, why);
}

/* One page of a walk that came whole and cannot be read, however often, would stand before all that
 * come after it: the walk goes on without it. */
static bool pass_by(struct take *t)
{
	const struct hy_fetch *f = t->in->fetch;
	enum hy_status s = t->in->parse_status;

	if ((s != HY_ETEMP && s != HY_EINPUT) || f->cut ||
	    t->in->source->failures < UNREAD_LOOKS - 1 || !hy_walk_give_up(t->how, &t->walk))
		return false;
	plan(t);
	t->out->possible_gap = t->walk.gap;
	walk_soon(t);
	write_cursor(t, false, false);
	t->out->note = hy_strf(t->ctx, "a page could not be read %d times and is left out: %s",
			       UNREAD_LOOKS, t->in->parse_error ? t->in->parse_error : "");
	return true;
}

/* The reader answered with what the platform refuses by, not with what it could not read. */
static bool told(const struct take *t)
{
	enum hy_status s = t->in->parse_status;

	return t->collector->refusals && t->in->fetch->status != 0 &&
	       (s == HY_EAUTH || s == HY_EWAIT || s == HY_EPERM || s == HY_ENOTFOUND);
}

enum hy_status hy_source_take(const void *ctx, const struct hy_take_in *in, struct hy_take_out *out,
			      struct hy_err *err)
{
	struct take t = {.in = in, .out = out, .ctx = ctx, .mem = talloc_new(ctx)};
	struct hy_json *options = NULL;
	const char *o = in->source->options;
	enum hy_status st;

	*out = (struct hy_take_out){0};
	if (o && hy_json_parse(t.mem, o, strlen(o), 0, &options, NULL) == HY_OK)
		t.options = options;
	t.collector = hy_collector_find(in->source->kind);
	if (!t.collector)
		t.collector = &hy_collector_feed;
	t.how = hy_walk_how(t.collector, t.options);
	read_cursor(&t);
	hy_walk_read(t.mem, t.cur.json, &t.walk);
	if (told(&t)) {
		st = refused(&t, err);
	} else if (in->fetch->status == 304) {
		out->not_modified = true;
		plan(&t);
		write_cursor(&t, false, false);
		st = HY_OK;
	} else if (in->fetch->status < 200 || in->fetch->status > 299) {
		st = refuse_status(&t, err);
	} else if (pass_by(&t)) {
		st = HY_OK;
	} else if (in->parse_status != HY_OK || !in->feed) {
		st = failed(&t,
			    in->parse_status == HY_EINPUT && !in->fetch->cut ? HY_EINPUT : HY_ETEMP,
			    err, in->parse_error ? in->parse_error : "the body could not be read");
	} else {
		st = take_feed(&t, err);
	}
	talloc_free(t.mem);
	return st;
}
