/*
 * One database being written. Cursor, tombstones, counts and sums stand in the same Xapian commit
 * as the documents, so after a kill it is exactly that of some earlier cursor, and says of which.
 */
#include "config.h"

#include "index/half.h"

#include "base/base.h"

#include <string.h>

#define MAX_RECORD (32u << 20)

struct hy_half *hy_half_new(const void *ctx)
{
	struct hy_half *h = hy_new(ctx, struct hy_half);
	h->terms = hy_new(h, struct hy_terms);
	h->none = hy_xxh64("", 0);
	hy_buf_init(&h->rec, h, MAX_RECORD);
	return h;
}

void hy_half_close(struct hy_half *h)
{
	talloc_free(h->db);
	h->db = NULL;
}

enum hy_status hy_half_make(struct hy_half *h, const char *dir, const char *name, int64_t base,
			    int64_t cursor, struct hy_err *err)
{
	char *path = hy_index_path(h, dir, name);
	enum hy_status st = hy_xdb_open_write(&h->db, h, path, true, err);
	talloc_free(path);
	if (st != HY_OK)
		return st;
	h->stamp = (struct hy_stamp){
		.version = HY_INDEX_VERSION, .fold = HY_FOLD_VERSION, .base = base};
	return hy_half_commit(h, cursor, err);
}

enum hy_status hy_half_open(struct hy_half *h, const char *dir, const char *name,
			    struct hy_err *err)
{
	char *path = hy_index_path(h, dir, name);
	enum hy_status st = hy_xdb_open_write(&h->db, h, path, false, err);
	if (st == HY_EBUSY)
		hy_err_set(err, HY_EBUSY,
			   _("%s: another process is writing it; stop it (huying serve) or let it "
			     "do the work"),
			   path);
	if (st == HY_OK)
		st = hy_stamp_read(&h->stamp, h->db, name, err);
	if (st == HY_ECORRUPT && err != NULL && strstr(err->text, "rebuild") == NULL)
		hy_err_set(err, st, _("%s is damaged; %s"), path, HY_INDEX_CURE);
	talloc_free(path);
	if (st != HY_OK)
		hy_half_close(h);
	return st;
}

/* ---- documents ---- */

static void note(struct hy_stamp *s, const struct hy_rec *r)
{
	if (s->docs == 0) {
		s->seq_min = s->seq_max = r->seq;
		s->posted_min = s->posted_max = r->facts.posted;
	}
	s->docs++;
	/* rising from the log, falling when an old database is copied */
	if (r->seq < s->seq_min)
		s->seq_min = r->seq;
	if (r->seq > s->seq_max)
		s->seq_max = r->seq;
	if (r->facts.posted < s->posted_min)
		s->posted_min = r->facts.posted;
	if (r->facts.posted > s->posted_max)
		s->posted_max = r->facts.posted;
}

static void sum_up(struct hy_half *h, uint32_t docid)
{
	h->stamp.sum_docs += hy_rec_sum(h->rec.data, h->rec.len);
	h->stamp.sum_postings += hy_posting_sum(h->none, docid);
	for (size_t i = 0; i < h->terms->n; i++)
		h->stamp.sum_postings +=
			hy_posting_sum(hy_xxh64(h->terms->v[i].s, h->terms->v[i].n), docid);
}

enum hy_status hy_half_add(struct hy_half *h, const struct hy_rec *r, struct hy_err *err)
{
	uint32_t docid = hy_docid_of(r->seq, h->stamp.base);
	if (docid == 0)
		return hy_err_set(err, HY_ECORRUPT,
				  _("the index has no number for item %" PRId64 "; %s"), r->seq,
				  HY_INDEX_CURE);
	if (!hy_rec_encode(&h->rec, r))
		return hy_err_set(err, HY_EINPUT, _("item %" PRId64 " is too long for the index"),
				  r->seq);
	hy_terms_of(h->terms, r);
	enum hy_status st =
		hy_xdb_add(h->db, docid, h->terms->v, h->terms->n, h->rec.data, h->rec.len, err);
	if (st == HY_OK) {
		note(&h->stamp, r);
		sum_up(h, docid);
	}
	return st;
}

enum hy_status hy_half_hide(struct hy_half *h, int64_t id, int64_t live, struct hy_err *err)
{
	char key[32], value[32];
	(void)snprintf(key, sizeof(key), "d%020" PRId64, id);
	(void)snprintf(value, sizeof(value), "%" PRId64, live);
	return hy_xdb_set(h->db, key, value, err);
}

enum hy_status hy_half_take(struct hy_half *h, const struct hy_item *it,
			    const struct hy_facts *facts, struct hy_err *err)
{
	bool gone = (it->flags & HY_ITEM_WITHDRAWN) != 0, later = it->revision > 1;
	enum hy_status st = HY_OK;
	if (it->seq <= h->stamp.cursor)
		return HY_OK;
	if (later) /* else what is gone now was gone before we came */
		st = hy_half_hide(h, it->id.v, gone ? it->seq + 1 : it->seq, err);
	if (st != HY_OK || it->superseded_by != 0 || gone)
		return st;
	void *work = talloc_new(NULL);
	struct hy_rec r = {
		.seq = it->seq, .id = it->id, .revision = it->revision, .taken = it->taken};
	if (facts != NULL)
		r.facts = *facts;
	else
		st = hy_facts_of_item(&r.facts, work, it, err);
	if (st == HY_OK) {
		r.sketched = hy_sketch_of(&r.sketch, &r.facts);
		st = hy_half_add(h, &r, err);
	}
	talloc_free(work);
	return st;
}

enum hy_status hy_half_commit(struct hy_half *h, int64_t cursor, struct hy_err *err)
{
	if (cursor > h->stamp.cursor)
		h->stamp.cursor = cursor;
	char *text = hy_stamp_text(h, &h->stamp);
	enum hy_status st = hy_xdb_set(h->db, "stamp", text, err);
	if (st == HY_OK)
		st = hy_xdb_commit(h->db, err);
	talloc_free(text);
	return st;
}
