/*
 * Damage: Xapian opens and counts happily with a table deleted, and its blocks have no checksums.
 * So we keep our own: of each file of a past day (manifest), of each record, and for the database
 * being written a sum over all records and all postings, stamped in each commit.
 */
#include "config.h"

#include "index/layout.h"

#include "base/base.h"

#include <string.h>

#define REPORT_MAX (256u << 10)
#define TRIES 5

struct check {
	const struct hy_index_expect *e;
	struct hy_buf *report;
	int64_t live;
	bool counted;	     /* live was counted document by document */
	int64_t done, total; /* bytes */
};

/* Tells how far we are. */
static enum hy_status tell(struct check *ck, int64_t more, struct hy_err *err)
{
	ck->done += more;
	if (ck->e == NULL || ck->e->progress == NULL ||
	    ck->e->progress(ck->e->user, ck->done, ck->total))
		return HY_OK;
	return hy_err_set(err, HY_EBUSY, _("stopped"));
}

static enum hy_status say(struct check *ck, const char *name, enum hy_status st,
			  const struct hy_err *e)
{
	if (st != HY_ECORRUPT)
		return st; /* not damage: the check itself could not be made */
	hy_buf_fmt(ck->report, "%s: %s\n", name, e->text);
	return HY_OK;
}

/* Every document, through the list of all: counts, sums, checksums. */
static enum hy_status read_docs(struct check *ck, const struct hy_dbset *set, struct hy_db *db,
				struct hy_err *err)
{
	struct hy_plan all = {.op = HY_PLAN_ALL};
	struct hy_xcand *c = NULL;
	uint32_t at = 0;
	int64_t docs = 0, live = 0;
	uint64_t sum = 0;
	enum hy_status st = hy_xcand_new(&c, db->x, &all, true, err);
	while (st == HY_OK && (st = hy_xcand_next(c, at + 1, &at, err)) == HY_OK && at != 0) {
		struct hy_rec r;
		const void *data;
		size_t n;
		st = hy_xdb_data(db->x, at, &data, &n, err);
		if (st == HY_OK)
			st = hy_rec_decode(&r, data, n, err);
		if (st != HY_OK)
			break;
		docs++;
		sum += hy_rec_sum(data, n);
		live += !hy_dbset_hidden(set, r.id.v, r.seq);
		if (hy_docid_of(r.seq, db->stamp.base) != at) {
			st = hy_err_set(err, HY_ECORRUPT,
					_("a document stands in another's place"));
			break;
		}
	}
	talloc_free(c);
	ck->live += live;
	if (st == HY_OK && (docs != db->stamp.docs || sum != db->stamp.sum_docs))
		st = hy_err_set(err, HY_ECORRUPT,
				_("%" PRId64 " documents read, %" PRId64 " were written, or they "
				  "differ"),
				docs, db->stamp.docs);
	return st;
}

static enum hy_status read_postings(const struct hy_db *db, struct hy_err *err)
{
	uint64_t sum = 0;
	enum hy_status st = hy_xdb_sum_postings(db->x, &sum, err);
	if (st == HY_OK && sum != db->stamp.sum_postings)
		st = hy_err_set(err, HY_ECORRUPT, _("its terms are not those that were written"));
	return st;
}

/* Reads the whole database; a commit that overtakes us begins it anew. */
static enum hy_status read_whole(struct check *ck, struct hy_dbset *set, size_t i,
				 struct hy_err *err)
{
	enum hy_status st = HY_ETEMP;
	int64_t live = ck->live;
	for (int tries = 0; tries < 3 && st == HY_ETEMP; tries++) {
		struct hy_db *db = set->dbs[i];
		ck->live = live;
		st = read_docs(ck, set, db, err);
		if (st == HY_OK)
			st = read_postings(db, err);
		if (st == HY_ETEMP) {
			enum hy_status moved = hy_dbset_refresh(set, err);
			if (moved != HY_OK || i >= set->n)
				return moved;
		}
	}
	return st;
}

static enum hy_status check_db(struct check *ck, struct hy_dbset *set, const char *dir, size_t i,
			       unsigned flags, struct hy_err *err)
{
	struct hy_err e = {0};
	const struct hy_mdb *mdb = &set->m->dbs[i];
	enum hy_status st = tell(ck, i > 0 ? hy_index_bytes(dir, mdb[-1].name) : 0, err);
	int64_t count = 0;
	size_t before = ck->report->len;
	if (st != HY_OK)
		return st;
	if (flags & HY_INDEX_CHECK_COUNTS) {
		ck->counted = false;
		return HY_OK;
	}
	bool summed = mdb->n_files > 0;
	if (summed)
		st = hy_manifest_compare(mdb, dir, ck->report, err);
	if (st != HY_OK || ck->report->len > before)
		return st; /* known to be damaged: nothing more to learn */
	if (summed && !(flags & HY_INDEX_CHECK_DEEP)) {
		ck->counted = false;
		return HY_OK;
	}
	st = say(ck, mdb->name, hy_xdb_count(set->dbs[i]->x, &count, &e), &e);
	if (st == HY_OK && ck->report->len == before)
		st = say(ck, mdb->name, read_whole(ck, set, i, &e), &e);
	if (st != HY_OK)
		hy_err_set(err, st, "%s: %s", mdb->name, e.text);
	return st;
}

/* Damage that keeps a database from opening: name it by its files. */
static enum hy_status check_unopened(struct check *ck, const char *dir, const struct hy_err *why,
				     struct hy_err *err)
{
	struct hy_manifest *m = NULL;
	hy_buf_fmt(ck->report, "%s\n", why->text);
	enum hy_status st = hy_manifest_read(&m, NULL, dir, NULL);
	if (st != HY_OK)
		return HY_OK; /* why says so already */
	for (size_t i = 0; i < m->n && st == HY_OK; i++)
		if (m->dbs[i].n_files > 0)
			st = hy_manifest_compare(&m->dbs[i], dir, ck->report, err);
	talloc_free(m);
	return st;
}

static enum hy_status compare(struct check *ck, struct hy_dbset *set,
			      const struct hy_index_expect *e, struct hy_err *err)
{
	enum hy_status st = HY_OK;
	if (e == NULL)
		return HY_OK;
	if (e->cursor >= 0 && set->cursor > e->cursor)
		hy_buf_fmt(ck->report,
			   _("the index is ahead of the record: %" PRId64 ", the log ends at "
			     "%" PRId64 "\n"),
			   set->cursor, e->cursor);
	if (e->live < 0)
		return HY_OK;
	if (!ck->counted) {
		int64_t docs = 0, hidden = 0;
		for (size_t i = 0; i < set->n; i++)
			docs += set->dbs[i]->stamp.docs;
		st = hy_dbset_count_hidden(set, &hidden, err);
		ck->live = docs - hidden;
	}
	if (st == HY_OK && ck->live != e->live)
		hy_buf_fmt(ck->report,
			   _("%" PRId64 " items can be found, the record has %" PRId64 "\n"),
			   ck->live, e->live);
	return st;
}

static enum hy_status check_set(struct check *ck, struct hy_dbset *set, const char *dir,
				unsigned flags, struct hy_err *err)
{
	enum hy_status st = HY_OK;
	for (size_t i = 0; i < set->n; i++)
		ck->total += hy_index_bytes(dir, set->dbs[i]->name);
	for (size_t i = 0; i < set->n && st == HY_OK; i++)
		st = check_db(ck, set, dir, i, flags, err);
	if (st == HY_OK && ck->report->len == 0)
		st = compare(ck, set, ck->e, err);
	return st;
}

/* Upkeep may take databases away while we read them: then what we found says nothing. */
static enum hy_status check_once(struct check *ck, const char *dir, unsigned flags, bool *moved,
				 struct hy_err *err)
{
	struct hy_dbset *set = NULL;
	struct hy_err own = {0};
	int64_t before[3], after[3];
	hy_dbset_signature(dir, before);
	enum hy_status st = hy_dbset_open(&set, NULL, dir, &own);
	if (st == HY_ECORRUPT)
		st = check_unopened(ck, dir, &own, err);
	else if (st != HY_OK)
		hy_err_set(err, st, "%s", own.text);
	else
		st = check_set(ck, set, dir, flags, err);
	talloc_free(set);
	hy_dbset_signature(dir, after);
	*moved = memcmp(before, after, sizeof(after)) != 0;
	return st;
}

enum hy_status hy_index_check(const char *dir, const void *ctx, const struct hy_index_expect *e,
			      unsigned flags, char **report, struct hy_err *err)
{
	struct hy_buf b;
	bool moved = true;
	enum hy_status st = HY_OK;
	hy_buf_init(&b, ctx, REPORT_MAX);
	for (int tries = 0; tries < TRIES && moved; tries++) {
		struct check ck = {.e = e, .report = &b, .counted = true};
		hy_buf_reset(&b);
		st = check_once(&ck, dir, flags, &moved, err);
		if (st == HY_EBUSY || (st == HY_OK && b.len == 0))
			break;
	}
	if (st == HY_OK && b.len > 0 && moved)
		st = hy_err_set(err, HY_ETEMP, _("the index moved on while it was read"));
	if (st != HY_OK) {
		talloc_free(b.data);
		return st;
	}
	bool sound = b.len == 0;
	*report = b.data;
	if (sound)
		return HY_OK;
	size_t line = strcspn(*report, "\n");
	return hy_err_set(err, HY_ECORRUPT, _("the index is damaged: %.*s; %s"),
			  (int)(line > 200 ? 200 : line), *report, HY_INDEX_CURE);
}
