/*
 * The log of items. `item` grows at its end only; `item_latest` names the latest revision of those
 * that have more than one; store/name.c finds an item by its native id or link; `item_tally`
 * counts.
 */
#include "store/db.h"

#include <string.h>

static enum hy_status row_item(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_item *it = rec;

	(void)err;
	it->seq = hy_q_int(q);
	it->id.v = hy_q_int(q);
	it->revision = (int)hy_q_int(q);
	it->superseded_by = hy_q_int(q);
	it->source.v = hy_q_int(q);
	it->kind = (enum hy_item_kind)hy_q_int(q);
	hy_q_bytes(q, it->native, HY_HASH_LEN);
	hy_q_bytes(q, it->content, HY_HASH_LEN);
	hy_q_bytes(q, it->link, HY_HASH_LEN);
	it->posted = hy_q_int(q);
	it->taken = hy_q_int(q);
	it->title = hy_q_text(q, ctx);
	it->text = hy_q_text(q, ctx);
	it->lang = hy_q_text(q, ctx);
	it->place = hy_q_text(q, ctx);
	it->flags = (unsigned)hy_q_int(q);
	hy_q_bytes(q, it->voice, HY_HASH_LEN);
	it->url_sealed = hy_q_blob(q, ctx, &it->url_sealed_n);
	it->url_public = hy_q_text(q, ctx);
	return HY_OK;
}
const struct hy_kind hy_kind_item = {sizeof(struct hy_item), row_item, N_("item")};

/* A hash, or NULL for zeroes. */
static const void *hash_or_null(const uint8_t h[HY_HASH_LEN])
{
	static const uint8_t zero[HY_HASH_LEN];

	return memcmp(h, zero, HY_HASH_LEN) == 0 ? NULL : h;
}

/* What is known of an item: its latest revision. */
struct head {
	const uint8_t *native; /* asked for */
	struct hy_source_id source;
	int64_t id, latest, revision;
	uint8_t content[HY_HASH_LEN], link[HY_HASH_LEN];
	bool found;
};

static enum hy_status read_head(struct hy_store *st, struct head *h, int64_t id, bool *named,
				struct hy_err *err)
{
	struct hy_q q;
	uint8_t native[HY_HASH_LEN];
	enum hy_status status = hy_q_open(
		&q, st,
		"SELECT seq, revision, content, link, native FROM item WHERE seq ="
		" coalesce((SELECT latest FROM item_latest WHERE id = ?1), ?1) AND source = ?2",
		A_LIST(A_INT(id), A_INT(h->source.v)), 2, err);

	h->found = *named = false;
	if (status == HY_OK)
		status = hy_q_step(&q, &h->found, err);
	if (status == HY_OK && h->found) {
		h->id = id;
		h->latest = hy_q_int(&q);
		h->revision = hy_q_int(&q);
		hy_q_bytes(&q, h->content, HY_HASH_LEN);
		hy_q_bytes(&q, h->link, HY_HASH_LEN);
		hy_q_bytes(&q, native, HY_HASH_LEN);
		*named = memcmp(native, h->native, HY_HASH_LEN) == 0;
	}
	hy_q_close(&q);
	return status;
}

/* The latest revision bears the name, the first one does, or it is one of the further names. */
static enum hy_status bears_native(struct hy_store *st, void *user, struct hy_item_id id,
				   bool *done, struct hy_err *err)
{
	struct head *h = user;
	int64_t yes = 0;
	enum hy_status status = read_head(st, h, id.v, done, err);

	if (status != HY_OK || *done || !h->found)
		return status;
	status = hy_db_int(st, &yes, err,
			   "SELECT EXISTS (SELECT 1 FROM item WHERE seq = ?1 AND source = ?2"
			   " AND native = ?3) OR EXISTS (SELECT 1 FROM item_alias"
			   " WHERE item = ?1 AND source = ?2 AND native = ?3)",
			   A_INT(id.v), A_INT(h->source.v), A_BLOB(h->native, HY_HASH_LEN));
	h->found = *done = yes != 0;
	return status;
}

static enum hy_status find_head(struct hy_store *st, struct hy_source_id source,
				const uint8_t native[HY_HASH_LEN], struct head *h,
				struct hy_err *err)
{
	*h = (struct head){.native = native, .source = source};
	return hy_name_find(st, HY_NAME_NATIVE, source, native,
			    &(struct hy_name_asked){bears_native, h}, err);
}

/* The next place in the log: past every one ever given, purged ones too. */
static enum hy_status next_seq(struct hy_store *st, int64_t *out, struct hy_err *err)
{
	enum hy_status status = HY_OK;

	if (st->next_seq == 0)
		status = hy_db_int(st, &st->next_seq, err,
				   "SELECT 1 + max(coalesce((SELECT max(seq) FROM item), 0),"
				   " coalesce((SELECT CAST(value AS INTEGER) FROM meta"
				   " WHERE key = 'item.floor'), 0))");
	if (status == HY_OK)
		*out = st->next_seq;
	return status;
}

static enum hy_status insert_item(struct hy_store *st, const struct hy_item *it, struct hy_err *err)
{
	return hy_db_run(
		st, NULL, err,
		"INSERT INTO item (seq, id, revision, source, kind, native, content, link,"
		" posted, taken, title, text, lang, place, flags, voice, url_sealed, url_public)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		A_INT(it->seq), A_INT(it->id.v), A_INT(it->revision), A_INT(it->source.v),
		A_INT(it->kind), A_BLOB(it->native, HY_HASH_LEN), A_BLOB(it->content, HY_HASH_LEN),
		A_BLOB(hash_or_null(it->link), HY_HASH_LEN), A_INT(it->posted), A_INT(it->taken),
		A_STR(it->title), A_STR(it->text), A_STR(it->lang), A_STR(it->place),
		A_INT(it->flags), A_BLOB(hash_or_null(it->voice), HY_HASH_LEN),
		A_BLOB(it->url_sealed, it->url_sealed_n), A_TEXT(it->url_public));
}

static enum hy_status write_names(struct hy_store *st, const struct hy_item *it,
				  const struct head *was, struct hy_err *err)
{
	const struct hy_name_at at = {it->id.v, it->seq};
	enum hy_status status = HY_OK;

	if (was->found)
		status = hy_db_run(st, NULL, err,
				   "INSERT INTO item_latest (id, latest) VALUES (?, ?)"
				   " ON CONFLICT (id) DO UPDATE SET latest = excluded.latest",
				   A_INT(it->id.v), A_INT(it->seq));
	else
		status = hy_name_add(st, HY_NAME_NATIVE, it->source, it->native, at, err);
	if (status == HY_OK && hash_or_null(it->link) &&
	    (!was->found || memcmp(it->link, was->link, HY_HASH_LEN) != 0))
		status = hy_name_add(st, HY_NAME_LINK, it->source, it->link, at, err);
	return status;
}

/* In a transaction; it gets seq, id and revision. */
static enum hy_status put(struct hy_store *st, struct hy_item *it, enum hy_put *what,
			  struct hy_err *err)
{
	struct head h;
	struct hy_item row = *it;
	enum hy_status status = find_head(st, it->source, it->native, &h, err);

	if (status != HY_OK)
		return status;
	if (h.found && memcmp(h.content, it->content, HY_HASH_LEN) == 0) {
		row.seq = h.latest;
		row.id.v = h.id;
		row.revision = (int)h.revision;
		*what = HY_PUT_REPEAT;
	} else {
		status = next_seq(st, &row.seq, err);
		row.id.v = h.found ? h.id : row.seq;
		row.revision = h.found ? (int)h.revision + 1 : 1;
		if (status == HY_OK)
			status = insert_item(st, &row, err);
		if (status == HY_OK)
			status = write_names(st, &row, &h, err);
		if (status != HY_OK)
			return status;
		st->next_seq++;
		st->items_more += !h.found;
		*what = h.found ? HY_PUT_EDIT : HY_PUT_NEW;
	}
	it->seq = row.seq;
	it->id = row.id;
	it->revision = row.revision;
	it->superseded_by = 0;
	return HY_OK;
}

enum hy_status hy_item_put(struct hy_store *st, struct hy_item *it, enum hy_put *what,
			   struct hy_err *err)
{
	struct hy_verb v;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	return hy_verb_leave(&v, st, put(st, it, what, err), err);
}

/* The newest of the items that have the link now. */
struct linked {
	const uint8_t *link;
	struct hy_source_id source;
	int64_t latest;
};

static enum hy_status bears_link(struct hy_store *st, void *user, struct hy_item_id id, bool *done,
				 struct hy_err *err)
{
	struct linked *l = user;
	int64_t latest = 0;
	enum hy_status status = hy_db_int(
		st, &latest, err,
		"SELECT coalesce((SELECT seq FROM item WHERE seq ="
		" coalesce((SELECT latest FROM item_latest WHERE id = ?1), ?1) AND source = ?2"
		" AND link = ?3), 0)",
		A_INT(id.v), A_INT(l->source.v), A_BLOB(l->link, HY_HASH_LEN));

	(void)done; /* all of them are looked at */
	if (latest > l->latest)
		l->latest = latest;
	return status;
}

enum hy_status hy_item_find_link(struct hy_store *st, const void *ctx, struct hy_source_id source,
				 const uint8_t link[HY_HASH_LEN], struct hy_item **out,
				 struct hy_err *err)
{
	struct linked l = {.link = link, .source = source};
	enum hy_status status = hy_name_find(st, HY_NAME_LINK, source, link,
					     &(struct hy_name_asked){bears_link, &l}, err);

	if (status == HY_OK && l.latest == 0)
		return hy_db_no_such(hy_kind_item.what, err);
	return status == HY_OK ? hy_item_seq(st, ctx, l.latest, out, err) : status;
}

enum hy_status hy_item_recent(struct hy_store *st, const void *ctx, struct hy_source_id source,
			      hy_time since, hy_time until, int limit, struct hy_item **out,
			      size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &hy_kind_item, out, n, err,
			  "SELECT " HY_ITEM_COLS HY_ITEM_FROM
			  "WHERE i.source = ? AND i.posted >= ? AND i.posted < ?"
			  " AND (i.flags & 32) <> 0 AND (h.latest IS NULL OR h.latest = i.seq)"
			  " ORDER BY i.posted DESC, i.seq DESC LIMIT ?",
			  A_INT(source.v), A_INT(since), A_INT(until), A_INT(limit));
}

static enum hy_status add_alias(struct hy_store *st, struct hy_item_id id,
				struct hy_source_id source, const uint8_t native[HY_HASH_LEN],
				struct hy_err *err)
{
	struct head h;
	int64_t there = 0, seq = 0;
	enum hy_status status =
		hy_db_int(st, &there, err,
			  "SELECT count(*) FROM item WHERE seq = ?1 AND id = ?1"
			  " OR seq = (SELECT latest FROM item_latest WHERE id = ?1)",
			  A_INT(id.v));

	if (status == HY_OK && there == 0)
		status = hy_db_no_such(hy_kind_item.what, err);
	if (status == HY_OK)
		status = find_head(st, source, native, &h, err);
	if (status != HY_OK)
		return status;
	if (h.found)
		return h.id == id.v ? HY_OK
				    : hy_err_set(err, HY_EEXISTS,
						 _("this native id names item %" PRId64 " already"),
						 h.id);
	status = next_seq(st, &seq, err);
	if (status == HY_OK)
		status = hy_name_add(st, HY_NAME_NATIVE, source, native,
				     (struct hy_name_at){id.v, seq}, err);
	if (status == HY_OK)
		status = hy_db_run(st, NULL, err,
				   "INSERT INTO item_alias (item, source, native) VALUES (?, ?, ?)"
				   " ON CONFLICT DO NOTHING",
				   A_INT(id.v), A_INT(source.v), A_BLOB(native, HY_HASH_LEN));
	return status;
}

enum hy_status hy_item_alias(struct hy_store *st, struct hy_item_id id, struct hy_source_id source,
			     const uint8_t native[HY_HASH_LEN], struct hy_err *err)
{
	struct hy_verb v;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	return hy_verb_leave(&v, st, add_alias(st, id, source, native, err), err);
}

enum hy_status hy_item_log(struct hy_store *st, const void *ctx, int64_t after, int limit,
			   struct hy_item **out, size_t *n, struct hy_err *err)
{
	return hy_db_list(st, ctx, &hy_kind_item, out, n, err,
			  "SELECT " HY_ITEM_COLS HY_ITEM_FROM
			  "WHERE i.seq > ? ORDER BY i.seq LIMIT ?",
			  A_INT(after), A_INT(limit));
}

enum hy_status hy_item_log_part(struct hy_store *st, const void *ctx, const struct hy_part *part,
				struct hy_item **out, size_t *n, bool *more, struct hy_err *err)
{
	struct hy_item *list = hy_new_array(ctx, struct hy_item, (size_t)part->limit);
	size_t len = 0, bytes = 0;
	struct hy_q q;
	bool row = true;
	enum hy_status status = hy_q_open(&q, st,
					  "SELECT " HY_ITEM_COLS HY_ITEM_FROM
					  "WHERE i.seq > ? ORDER BY i.seq LIMIT ?",
					  A_LIST(A_INT(part->after), A_INT(part->limit)), 2, err);

	while (status == HY_OK && bytes <= part->max_bytes) {
		status = hy_q_step(&q, &row, err);
		if (status != HY_OK || !row)
			break;
		status = row_item(&q, ctx, &list[len], err);
		bytes += strlen(list[len].title) + strlen(list[len].text);
		len++;
	}
	hy_q_close(&q);
	if (status != HY_OK)
		return status;
	*out = list;
	*n = len;
	*more = row || len == (size_t)part->limit;
	return HY_OK;
}

enum hy_status hy_item_seq(struct hy_store *st, const void *ctx, int64_t seq, struct hy_item **out,
			   struct hy_err *err)
{
	return hy_db_one(st, ctx, &hy_kind_item, out, err,
			 "SELECT " HY_ITEM_COLS HY_ITEM_FROM "WHERE i.seq = ?", A_INT(seq));
}

enum hy_status hy_item_get(struct hy_store *st, const void *ctx, struct hy_item_id id,
			   struct hy_item **out, struct hy_err *err)
{
	return hy_db_one(st, ctx, &hy_kind_item, out, err,
			 "SELECT " HY_ITEM_COLS HY_ITEM_FROM "WHERE i.seq ="
			 " coalesce((SELECT latest FROM item_latest WHERE id = ?1), ?1)"
			 " AND i.id = ?1",
			 A_INT(id.v));
}

/* Revision 1 has seq = id; the others are in a small index of their own. */
enum hy_status hy_item_revisions(struct hy_store *st, const void *ctx, struct hy_item_id id,
				 struct hy_item **out, size_t *n, struct hy_err *err)
{
	enum hy_status status =
		hy_db_list(st, ctx, &hy_kind_item, out, n, err,
			   "SELECT " HY_ITEM_COLS HY_ITEM_FROM
			   "WHERE i.seq IN (SELECT ?1 UNION ALL SELECT seq FROM item WHERE id = ?1"
			   " AND revision > 1) AND i.id = ?1 ORDER BY i.seq",
			   A_INT(id.v));

	if (status == HY_OK && *n == 0) {
		talloc_free(*out);
		*out = NULL;
		return hy_db_no_such(hy_kind_item.what, err);
	}
	return status;
}

enum hy_status hy_item_last_seq(struct hy_store *st, int64_t *seq, int64_t *live,
				struct hy_err *err)
{
	int64_t last = 0, n = 0;
	enum hy_status status = hy_db_int(st, &last, err, "SELECT coalesce(max(seq), 0) FROM item");

	if (status == HY_OK && live)
		status = hy_db_int(st, &n, err, "SELECT items FROM item_tally");
	if (status != HY_OK)
		return status;
	*seq = last;
	if (live)
		*live = n;
	return HY_OK;
}

enum hy_status hy_item_taken_seq(struct hy_store *st, hy_time t, int64_t *seq, struct hy_err *err)
{
	return hy_db_int(st, seq, err,
			 "SELECT coalesce((SELECT seq - 1 FROM item WHERE taken >= ?1"
			 " ORDER BY taken, seq LIMIT 1),"
			 " (SELECT max(seq) FROM item), 0)",
			 A_INT(t));
}

enum hy_status hy_item_waiting(struct hy_store *st, int64_t after, hy_time *taken,
			       struct hy_err *err)
{
	return hy_db_int(st, taken, err,
			 "SELECT coalesce((SELECT taken FROM item WHERE seq > ?"
			 " ORDER BY seq LIMIT 1), 0)",
			 A_INT(after));
}

static enum hy_status unseal_url(struct hy_store *st, const void *ctx, const struct hy_item *it,
				 char **out, struct hy_err *err)
{
	uint8_t *plain = NULL;
	size_t n = 0;

	if (!it->url_sealed) {
		*out = NULL;
		return HY_OK;
	}
	if (!st->has_master)
		return hy_err_set(err, HY_EAUTH, _("the master key is not loaded"));
	char *hex = hy_hex(it, it->native, HY_HASH_LEN);
	char *aad = hy_strf(it, "item|%s|url", hex);
	enum hy_status status =
		hy_unseal(ctx, st->master, aad, it->url_sealed, it->url_sealed_n, &plain, &n, err);
	if (status == HY_OK)
		*out = (char *)plain;
	return status;
}

enum hy_status hy_item_open_url(struct hy_store *st, const void *ctx, struct hy_person_id actor,
				struct hy_item_id id, char **out, struct hy_err *err)
{
	struct hy_verb v;
	struct hy_item *it = NULL;
	char *url = NULL;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_item_get(st, NULL, id, &it, err);
	if (status == HY_OK)
		status = unseal_url(st, ctx, it, &url, err);
	if (status == HY_OK) {
		char *object = hy_strf(it, "item %" PRId64, id.v);

		status = hy_audit_add(st, actor, "item.open-url", object, NULL, err);
	}
	status = hy_verb_leave(&v, st, status, err);
	if (status == HY_OK)
		*out = url;
	else
		talloc_free(url);
	talloc_free(it);
	return status;
}
