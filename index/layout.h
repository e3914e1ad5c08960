/*
 * How an item lies in the index: its record (the document's data), its terms, its docid; and how a
 * database is stamped. Seen only inside index/.
 *
 * The items that arrived on one day of the office are written to two databases by the parity of
 * their seq: a group. Past days are packed into one, these joined by fours, past months joined.
 * docid = HY_DOCID_TOP - (seq - base) in all of them, so rising docid is falling seq: newest first. Days never run back: an
 * item whose clock says an earlier day joins the current one, so each group covers a range of seqs
 * of its own; the lesser cursor of a group's commits speaks for everything before it.
 */
#ifndef HY_INDEX_LAYOUT_H
#define HY_INDEX_LAYOUT_H

#include "index/index.h"
#include "index/tree.h"
#include "index/xapian.h"

#define HY_DOCID_TOP 0xf0000000u

/* ---- records ---- */
struct hy_rec {
	int64_t seq;
	struct hy_item_id id;
	int revision;
	hy_time taken;
	struct hy_facts facts; /* with posted, source, kind, flags, folded texts */
	bool sketched;	       /* the sketch stands in the record: see copies.h */
	struct hy_sketch sketch;
};
/* Bytes of a record: a checksum, numbers as varints, texts. Child of b's context. */
bool hy_rec_encode(struct hy_buf *b, const struct hy_rec *r);
/* The texts point into data. HY_ECORRUPT. */
enum hy_status hy_rec_decode(struct hy_rec *r, const void *data, size_t n, struct hy_err *err);
uint64_t hy_rec_sum(const void *data, size_t n);

/* ---- terms ----
 * A bigram: two neighbouring code points of title or text, blanks skipped, as UTF-8; the last one
 * of each is followed by HY_END_MARK. Folded text holds no ASCII capital and no control character,
 * so these cannot be bigrams: S<id> source   K<n> kind   FO official   FW own   P<place> folded,
 * cut at HY_XTERM_MAX H<n>  posted in the n-th eight hours since 1970 (UTC)    I<id> item, of second
 * and later revisions
 */
#define HY_END_MARK 0x01u
struct hy_terms {
	struct hy_span *v;
	size_t n;
	/* scratch, reused */
	uint64_t *grams;
	size_t n_grams, cap_grams, cap_v;
	char *pool;
	size_t pool_n, pool_cap;
};
/* The terms of a record, without repeats; valid until the next call. t is a talloc object. */
void hy_terms_of(struct hy_terms *t, const struct hy_rec *r);

/* The walk over the documents that may hold a string (folded, not empty). Child of ctx. */
const struct hy_plan *hy_plan_term(const void *ctx, const char *s, size_t n);
/* The walk that holds every match of q among items posted in [min, max]. Children of ctx. */
const struct hy_plan *hy_plan_of(const void *ctx, const struct hy_query *q, hy_time min,
				 hy_time max);

/* ---- stamps: what each commit says of its database ---- */
struct hy_stamp {
	int version, fold;
	int64_t base;
	int64_t cursor;
	int64_t docs;
	int64_t seq_min, seq_max;	/* 0 when empty */
	hy_time posted_min, posted_max; /* 0 when empty */
	uint64_t sum_docs, sum_postings;
};
char *hy_stamp_text(const void *ctx, const struct hy_stamp *s);
/* HY_ECORRUPT: absent, or of another version. where: for the text. */
enum hy_status hy_stamp_read(struct hy_stamp *s, struct hy_xdb *db, const char *where,
			     struct hy_err *err);
uint32_t hy_docid_of(int64_t seq, int64_t base); /* 0 when out of reach */

/* ---- the manifest: DIR/index/manifest, replaced by rename ---- */
struct hy_file_sum {
	char name[64];
	int64_t size;
	uint64_t sum;
};
enum { HY_PART_WHOLE = -1 }; /* else 0 or 1: the parity of its seqs */
struct hy_mdb {
	char name[32];
	int part;		   /* the two halves of a group stand side by side, 0 first */
	bool closed;		   /* no more writes */
	int64_t first, last;	   /* days of arrival */
	int64_t docs;		   /* closed: as stamped */
	struct hy_file_sum *files; /* packed: sums stand */
	size_t n_files;
};
struct hy_manifest {
	int generation;
	int serial; /* of the last name given */
	int64_t base;
	struct hy_mdb *dbs; /* oldest first */
	size_t n;
};
/* HY_ENOTFOUND: no index at all; HY_ECORRUPT: databases without manifest, or damaged. Child of ctx.
 */
enum hy_status hy_manifest_read(struct hy_manifest **out, const void *ctx, const char *dir,
				struct hy_err *err);
enum hy_status hy_manifest_write(const struct hy_manifest *m, const char *dir, struct hy_err *err);
/* Appends an open database for the days [first, last]; names it after day, generation and a serial
 * number: no name is given twice. */
struct hy_mdb *hy_manifest_add(struct hy_manifest *m, int64_t first, int64_t last, int part);
/* The same without appending. */
void hy_manifest_name(struct hy_manifest *m, struct hy_mdb *db, int64_t first, int64_t last,
		      int part);
/* How many entries the group that begins at i has: 1 or 2. */
size_t hy_manifest_group(const struct hy_manifest *m, size_t i);
/* Sizes and hashes of the files of DIR/index/NAME into db (children of m). */
enum hy_status hy_manifest_seal(struct hy_manifest *m, struct hy_mdb *db, const char *dir,
				struct hy_err *err);
/* Lists what of the recorded files is not as recorded, one line each, into report. */
enum hy_status hy_manifest_compare(const struct hy_mdb *db, const char *dir, struct hy_buf *report,
				   struct hy_err *err);
/* "DIR/index", "DIR/index/NAME". Child of ctx. */
char *hy_index_path(const void *ctx, const char *dir, const char *name);
/* Bytes of the files of DIR/index/NAME. */
int64_t hy_index_bytes(const char *dir, const char *name);
/* Removes folders of DIR/index which the manifest does not name. keep_rebuild: leave those of the
 * next generation. keep: and what begins with this name; NULL. */
enum hy_status hy_manifest_sweep(const struct hy_manifest *m, const char *dir, bool keep_rebuild,
				 const char *keep, struct hy_err *err);
/* Removes DIR/index/NAME. */
void hy_manifest_remove(const char *dir, const char *name);

/* ---- all databases of the index, open for reading ---- */
/* Revisions of the item with seq < live are hidden: a newer one stands at live, or it was
 * withdrawn. Kept as values "d<id>" of the database whose commit brought the news. */
struct hy_tomb {
	int64_t id, live;
};
struct hy_db {
	char name[32];
	int part;
	bool closed;
	bool stale; /* moved on, but stamp and tombs could not be read yet */
	struct hy_xdb *x;
	struct hy_stamp stamp;
	struct hy_tomb *tombs; /* of this database's commits */
	size_t n_tombs;
};
struct hy_dbset {
	char *dir;
	struct hy_manifest *m;
	int64_t sig[3];	    /* of the manifest file: inode, mtime, size */
	struct hy_db **dbs; /* oldest first */
	size_t n;
	struct hy_tomb *tombs; /* of all, by id */
	size_t n_tombs;
	int64_t cursor;
};
/* Of the manifest's file: another one after each replacement. */
void hy_dbset_signature(const char *dir, int64_t sig[3]);
/* True when the manifest is another one than at the last refresh: what a database says since then may
 * only mean that it is gone. */
bool hy_dbset_moved(const struct hy_dbset *set);
/* As hy_index_open(). talloc child of ctx. */
enum hy_status hy_dbset_open(struct hy_dbset **out, const void *ctx, const char *dir,
			     struct hy_err *err);
/* Moves to what is committed now. force: also when nothing seems to have changed. */
enum hy_status hy_dbset_refresh(struct hy_dbset *set, struct hy_err *err);
/* How many databases the group that begins at i has: 1 or 2. */
size_t hy_dbset_group(const struct hy_dbset *set, size_t i);
bool hy_dbset_hidden(const struct hy_dbset *set, int64_t id, int64_t seq);
/* Adds to *n the hidden ones among second and later revisions of one database: its terms I<id> lead
 * to them. */
enum hy_status hy_dbset_count_later(const struct hy_dbset *set, const struct hy_db *db, int64_t *n,
				    struct hy_err *err);
/* Documents that are hidden, counted. */
enum hy_status hy_dbset_count_hidden(struct hy_dbset *set, int64_t *out, struct hy_err *err);

/* ---- the lock: DIR/index/NAME.lock, flock; a stale file locks nothing ---- */
struct hy_index_lock;
/* HY_EBUSY names the process and the cure. talloc child of ctx; freeing unlocks. */
enum hy_status hy_index_lock_take(struct hy_index_lock **out, const void *ctx, const char *dir,
				  const char *name, struct hy_err *err);

#define HY_INDEX_CURE _("cure: huying index rebuild")

#endif
