/*
 * A feed going out: as JSON for people, and packed for the pipe between the parse child and us. The
 * pack is a fixed order of fields, each a length and bytes; only this file knows it.
 */
#include "collectors/collect.h"

#include <string.h>

#define PACK_NULL UINT32_MAX
#define PACK_STRING_MAX (4u << 20)

/* ---- JSON ---- */

static void put_time(struct hy_json_writer *w, const char *name, hy_time t)
{
	hy_jw_key(w, name);
	if (t)
		hy_jw_int(w, t >= 0 ? t / 1000 : -((-t + 999) / 1000));
	else
		hy_jw_null(w);
}

static void put_kind(struct hy_json_writer *w, const char *name, const char *value, bool plain)
{
	hy_jw_kstr(w, name, !value ? NULL : plain ? "text/plain" : "text/html");
}

static void put_entry(struct hy_json_writer *w, const struct hy_feed_entry *e)
{
	hy_jw_object(w);
	hy_jw_kstr(w, "id", e->id);
	hy_jw_kstr(w, "title", e->title);
	hy_jw_kstr(w, "title_html", e->title_html);
	hy_jw_kstr(w, "link", e->link);
	hy_jw_kstr(w, "summary", e->summary);
	put_kind(w, "summary_type", e->summary, e->summary_plain);
	hy_jw_kstr(w, "content", e->content);
	put_kind(w, "content_type", e->content, e->content_plain);
	put_time(w, "published_ts", e->published);
	put_time(w, "updated_ts", e->updated_raw ? e->updated : e->published);
	hy_jw_kstr(w, "comments", e->comments);
	hy_jw_kstr(w, "image", e->image);
	hy_jw_key(w, "enclosures");
	hy_jw_array(w);
	for (size_t i = 0; i < e->n_enclosures; i++) {
		hy_jw_object(w);
		hy_jw_kstr(w, "url", e->enclosures[i].url);
		hy_jw_kstr(w, "type", e->enclosures[i].type);
		hy_jw_key(w, "length");
		if (e->enclosures[i].length >= 0)
			hy_jw_int(w, e->enclosures[i].length);
		else
			hy_jw_null(w);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	hy_jw_end_object(w);
}

static void put_top(struct hy_json_writer *w, const struct hy_feed *f)
{
	hy_jw_key(w, "feed");
	hy_jw_object(w);
	hy_jw_kstr(w, "title", f->title);
	hy_jw_kstr(w, "title_html", f->title_html);
	hy_jw_kstr(w, "link", f->link);
	hy_jw_kstr(w, "id", f->id);
	hy_jw_kstr(w, "subtitle", f->subtitle);
	put_kind(w, "subtitle_type", f->subtitle, f->subtitle_plain);
	put_time(w, "updated_ts", f->updated_raw ? f->updated : f->published);
	put_time(w, "published_ts", f->published);
	hy_jw_kstr(w, "language", f->language);
	hy_jw_kstr(w, "rights", f->rights);
	hy_jw_kstr(w, "generator", f->generator);
	hy_jw_kstr(w, "image", f->image);
	hy_jw_kstr(w, "self", f->self_url);
	hy_jw_kstr(w, "next", f->next_url);
	hy_jw_kstr(w, "hub", f->hub_url);
	hy_jw_key(w, "ttl_minutes");
	if (f->ttl_minutes >= 0)
		hy_jw_int(w, f->ttl_minutes);
	else
		hy_jw_null(w);
	hy_jw_end_object(w);
}

void hy_feed_write_json(struct hy_json_writer *w, const struct hy_feed *f)
{
	hy_jw_object(w);
	hy_jw_kbool(w, "well_formed", f->well_formed);
	hy_jw_kbool(w, "complete", f->complete);
	hy_jw_kstr(w, "problem", f->problem);
	hy_jw_kstr(w, "version", f->version);
	hy_jw_kstr(w, "encoding", f->encoding);
	if (f->is_html)
		hy_jw_kstr(w, "page_feed", f->page_feed);
	put_top(w, f);
	hy_jw_key(w, "entries");
	hy_jw_array(w);
	for (size_t i = 0; i < f->n_entries; i++)
		put_entry(w, &f->entries[i]);
	hy_jw_end_array(w);
	hy_jw_key(w, "deleted");
	hy_jw_array(w);
	for (size_t i = 0; i < f->n_deleted; i++)
		hy_jw_str(w, f->deleted[i]);
	hy_jw_end_array(w);
	hy_jw_end_object(w);
}

/* ---- the pack: one walk serves both ways, so that they cannot differ ---- */

struct pack {
	struct hy_buf *out; /* writing, else NULL */
	const char *p, *end;
	const void *ctx;
	bool bad;
};

static void walk_u64(struct pack *k, uint64_t *v)
{
	if (k->out) {
		k->bad = !hy_buf_add(k->out, v, sizeof(*v)) || k->bad;
	} else if ((size_t)(k->end - k->p) < sizeof(*v)) {
		k->bad = true;
	} else {
		memcpy(v, k->p, sizeof(*v));
		k->p += sizeof(*v);
	}
}

static void walk_str(struct pack *k, const char **s)
{
	uint32_t n = PACK_NULL;

	if (k->out) {
		if (*s)
			n = (uint32_t)strlen(*s);
		k->bad = !hy_buf_add(k->out, &n, sizeof(n)) || k->bad;
		if (*s)
			k->bad = !hy_buf_add(k->out, *s, n) || k->bad;
		return;
	}
	if (k->bad || (size_t)(k->end - k->p) < sizeof(n)) {
		k->bad = true;
		return;
	}
	memcpy(&n, k->p, sizeof(n));
	k->p += sizeof(n);
	*s = NULL;
	if (n == PACK_NULL)
		return;
	if (n > PACK_STRING_MAX || n > (size_t)(k->end - k->p) || !hy_utf8_valid(k->p, n)) {
		k->bad = true;
		return;
	}
	*s = hy_strndup(k->ctx, k->p, n);
	k->p += n;
}

/* n is known to both sides. */
static void walk_bytes(struct pack *k, const void **bytes, size_t n)
{
	if (k->out) {
		k->bad = !hy_buf_add(k->out, *bytes, n) || k->bad;
	} else if (k->bad || (size_t)(k->end - k->p) < n) {
		k->bad = true;
	} else {
		*bytes = hy_memdup(k->ctx, k->p, n);
		k->p += n;
	}
}

#define WALK_NUM(k, field)                                                                         \
	do {                                                                                       \
		uint64_t v_ = (uint64_t)(field);                                                   \
		walk_u64((k), &v_);                                                                \
		(field) = (__typeof__(field))v_;                                                   \
	} while (0)

static bool count_ok(struct pack *k, size_t n, size_t max)
{
	if (n > max)
		k->bad = true;
	return !k->bad;
}

static void walk_entry(struct pack *k, struct hy_feed_entry *e)
{
	const char **strings[] = {&e->id,      &e->title,    &e->title_html,	&e->link,
				  &e->summary, &e->content,  &e->published_raw, &e->updated_raw,
				  &e->author,  &e->comments, &e->lang,		&e->image,
				  &e->author_name};

	for (size_t i = 0; i < HY_LEN(strings); i++)
		walk_str(k, strings[i]);
	WALK_NUM(k, e->id_is_link);
	WALK_NUM(k, e->summary_plain);
	WALK_NUM(k, e->content_plain);
	WALK_NUM(k, e->published);
	WALK_NUM(k, e->updated);
	WALK_NUM(k, e->published_q);
	WALK_NUM(k, e->updated_q);
	WALK_NUM(k, e->comment);
	WALK_NUM(k, e->removed);
	WALK_NUM(k, e->cut);
	WALK_NUM(k, e->automatic);
	WALK_NUM(k, e->n_enclosures);
	if (!count_ok(k, e->n_enclosures, HY_MAIL_PARTS_MAX))
		return;
	if (!k->out)
		e->enclosures = hy_new_array(k->ctx, struct hy_feed_enclosure, e->n_enclosures + 1);
	for (size_t i = 0; i < e->n_enclosures; i++) {
		struct hy_feed_enclosure *x =
			(struct hy_feed_enclosure *)(uintptr_t)&e->enclosures[i];

		walk_str(k, &x->url);
		walk_str(k, &x->type);
		WALK_NUM(k, x->length);
		bool file = x->bytes != NULL;
		WALK_NUM(k, file);
		if (file && count_ok(k, (size_t)x->length, HY_MAIL_FILE_MAX))
			walk_bytes(k, &x->bytes, (size_t)x->length);
	}
}

static void walk_feed(struct pack *k, struct hy_feed *f)
{
	const char **strings[] = {&f->version,	  &f->encoding, &f->problem,   &f->title,
				  &f->title_html, &f->link,	&f->id,	       &f->subtitle,
				  &f->language,	  &f->rights,	&f->generator, &f->updated_raw,
				  &f->image,	  &f->self_url, &f->next_url,  &f->hub_url,
				  &f->page_feed,  &f->at,	&f->next};

	for (size_t i = 0; i < HY_LEN(strings); i++)
		walk_str(k, strings[i]);
	WALK_NUM(k, f->well_formed);
	WALK_NUM(k, f->complete);
	WALK_NUM(k, f->strict);
	WALK_NUM(k, f->subtitle_plain);
	WALK_NUM(k, f->is_html);
	WALK_NUM(k, f->expired);
	WALK_NUM(k, f->updated);
	WALK_NUM(k, f->published);
	WALK_NUM(k, f->ttl_minutes);
	WALK_NUM(k, f->update_every);
	WALK_NUM(k, f->skip_hours);
	WALK_NUM(k, f->skip_days);
	WALK_NUM(k, f->n_entries);
	WALK_NUM(k, f->n_deleted);
	WALK_NUM(k, f->n_threads);
	WALK_NUM(k, f->n_skipped);
	if (!count_ok(k, f->n_entries, HY_FEED_ENTRIES_MAX) ||
	    !count_ok(k, f->n_threads, HY_FEED_ENTRIES_MAX) ||
	    !count_ok(k, f->n_deleted, HY_FEED_ENTRIES_MAX))
		return;
	if (!k->out) {
		f->entries = hy_new_array(k->ctx, struct hy_feed_entry, f->n_entries + 1);
		f->deleted = hy_new_array(k->ctx, const char *, f->n_deleted + 1);
		f->threads = hy_new_array(k->ctx, struct hy_feed_thread, f->n_threads + 1);
	}
	for (size_t i = 0; i < f->n_entries && !k->bad; i++)
		walk_entry(k, (struct hy_feed_entry *)(uintptr_t)&f->entries[i]);
	for (size_t i = 0; i < f->n_deleted && !k->bad; i++)
		walk_str(k, (const char **)(uintptr_t)&f->deleted[i]);
	for (size_t i = 0; i < f->n_threads && !k->bad; i++) {
		struct hy_feed_thread *t = (struct hy_feed_thread *)(uintptr_t)&f->threads[i];

		walk_str(k, &t->id);
		WALK_NUM(k, t->last);
		WALK_NUM(k, t->posts);
	}
}

bool hy_feed_pack(struct hy_buf *out, const struct hy_feed *feed)
{
	struct pack k = {.out = out};
	struct hy_feed f = *feed;

	walk_feed(&k, &f);
	return !k.bad;
}

enum hy_status hy_feed_unpack(const void *ctx, const char *bytes, size_t n, struct hy_feed **out,
			      struct hy_err *err)
{
	struct hy_feed *f = hy_new(ctx, struct hy_feed);
	struct pack k = {.p = bytes, .end = bytes + n, .ctx = f};

	walk_feed(&k, f);
	if (k.bad || k.p != k.end || !f->version) {
		talloc_free(f);
		return hy_err_set(err, HY_ESYSTEM, "the parse child answered nonsense");
	}
	*out = f;
	return HY_OK;
}
