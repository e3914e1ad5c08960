/*
 * One database being written: documents in, sums kept, a stamp with each commit. A day stands in
 * two of them, by the parity of the seq, so that two threads write it. Seen only inside index/.
 */
#ifndef HY_INDEX_HALF_H
#define HY_INDEX_HALF_H

#include "index/layout.h"

struct hy_half {
	struct hy_xdb *db; /* NULL: none open */
	struct hy_stamp stamp;
	/* scratch */
	struct hy_terms *terms;
	struct hy_buf rec;
	uint64_t none; /* hash of the empty term */
};

/* Without a database. talloc child of ctx; freeing closes and drops what is not committed. */
struct hy_half *hy_half_new(const void *ctx);
/* Makes the database DIR/index/NAME and commits its first stamp. As hy_xdb_open_write(). */
enum hy_status hy_half_make(struct hy_half *h, const char *dir, const char *name, int64_t base,
			    int64_t cursor, struct hy_err *err);
/* Opens it to go on. HY_EBUSY (another process, with the cure), HY_ECORRUPT. */
enum hy_status hy_half_open(struct hy_half *h, const char *dir, const char *name,
			    struct hy_err *err);
void hy_half_close(struct hy_half *h);
/* Adds one record. HY_ECORRUPT: its seq is out of reach of the numbers. */
enum hy_status hy_half_add(struct hy_half *h, const struct hy_rec *r, struct hy_err *err);
/* Adds an item of the log, or what it says of earlier revisions; one at or below the stamp's cursor
 * is skipped. facts NULL: they are made here. */
enum hy_status hy_half_take(struct hy_half *h, const struct hy_item *it,
			    const struct hy_facts *facts, struct hy_err *err);
/* Hides revisions of an item below seq `live`. */
enum hy_status hy_half_hide(struct hy_half *h, int64_t id, int64_t live, struct hy_err *err);
enum hy_status hy_half_commit(struct hy_half *h, int64_t cursor, struct hy_err *err);

#endif
