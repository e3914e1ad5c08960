/*
 * Forgetting. Deleting rows leaves their bytes in the write-ahead log until it is emptied, so the
 * purge ends with a checkpoint that truncates it; secure_delete zeroes the pages themselves.
 */
#include "store/db.h"

/* Revisions to erase: public, old, and no claim's sighting. Messages stay with their cases. */
#define DOOMED                                                                                     \
	"taken < ?1 AND kind <> 3 AND NOT EXISTS (SELECT 1 FROM sighting s WHERE s.item = "        \
	"item.id)"

/* The latest revision goes, and the item with it. */
#define LAST                                                                                       \
	" AND NOT EXISTS (SELECT 1 FROM item_latest h WHERE h.id = item.id AND h.latest <> "       \
	"item.seq)"

/* Rows around the revisions that go, while these stand: ?1 as above. */
static const char *const before_them[] = {
	"DELETE FROM alert_item WHERE seq IN (SELECT seq FROM item WHERE " DOOMED ")",
	/* a name that an older revision alone bore is still a name of the item */
	"INSERT INTO item_alias (item, source, native) SELECT id, source, native"
	" FROM item WHERE " DOOMED " AND EXISTS (SELECT 1 FROM item_latest h"
	" WHERE h.id = item.id AND h.latest <> item.seq) ON CONFLICT DO NOTHING",
	"DELETE FROM item_alias WHERE item IN (SELECT id FROM item WHERE " DOOMED LAST ")",
	"UPDATE item_tally SET items = items - (SELECT count(*) FROM item WHERE " DOOMED LAST ")",
};
/* And when they are gone; ?1 = past the last block of names that they stood in. */
static const char *const after_them[] = {
#define NO_ITEM                                                                                    \
	" AND NOT EXISTS (SELECT 1 FROM item WHERE seq = item) AND NOT EXISTS (SELECT 1 FROM "     \
	"item_latest h WHERE h.id = item)"
	"DELETE FROM item_key WHERE key < ?1" NO_ITEM,
	"DELETE FROM item_link WHERE key < ?1" NO_ITEM,
};

static enum hy_status erase_rows(struct hy_store *st, hy_time before, int64_t *gone,
				 struct hy_err *err)
{
	int64_t top = 0;
	enum hy_status status =
		hy_db_int(st, &top, err, "SELECT coalesce(max(seq), 0) FROM item WHERE " DOOMED,
			  A_INT(before));

	for (size_t i = 0; status == HY_OK && i < HY_LEN(before_them); i++)
		status = hy_db_run(st, NULL, err, before_them[i], A_INT(before));
	if (status == HY_OK)
		status = hy_db_run(st, NULL, err,
				   "DELETE FROM item_latest WHERE latest IN (SELECT seq FROM item"
				   " WHERE " DOOMED ")",
				   A_INT(before));
	if (status == HY_OK)
		status = hy_db_run(st, gone, err, "DELETE FROM item WHERE " DOOMED, A_INT(before));
	for (size_t i = 0; status == HY_OK && i < HY_LEN(after_them); i++)
		status = hy_db_run(st, NULL, err, after_them[i], A_INT(hy_name_block_end(top)));
	hy_names_forget(st);
	return status;
}

static enum hy_status erase(struct hy_store *st, hy_time before, int64_t *gone, struct hy_err *err)
{
	/* No place in the log is ever given twice: an index would take the new for the old. */
	enum hy_status status = hy_db_run(
		st, NULL, err,
		"INSERT INTO meta (key, value) SELECT 'item.floor', CAST(max(seq) AS TEXT)"
		" FROM item WHERE true HAVING max(seq) IS NOT NULL"
		" ON CONFLICT (key) DO UPDATE SET value = excluded.value");

	if (status == HY_OK)
		status = hy_db_run(st, NULL, err, "INSERT INTO purge_guard (id) VALUES (1)");
	if (status == HY_OK)
		status = erase_rows(st, before, gone, err);
	if (status == HY_OK)
		status = hy_db_run(st, NULL, err, "DELETE FROM purge_guard");
	return status;
}

enum hy_status hy_item_purge(struct hy_store *st, hy_time before, int64_t *gone, struct hy_err *err)
{
	struct hy_verb v;
	int64_t n = 0, busy = 0;

	if (st->tx != HY_TX_NONE)
		HY_BUG("a purge inside a transaction");
	enum hy_status status = hy_verb_enter(&v, st, err);
	if (status != HY_OK)
		return status;
	status = hy_verb_leave(&v, st, erase(st, before, &n, err), err);
	if (status == HY_OK)
		status = hy_db_pragma(st, "PRAGMA wal_checkpoint(TRUNCATE)", &busy, err);
	if (status == HY_OK && busy)
		status = hy_err_set(err, HY_EBUSY,
				    _("erased, but a reader keeps the log of the record from being "
				      "emptied; run it again"));
	if (status == HY_OK)
		*gone = n;
	return status;
}

static enum hy_status row_seq(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	(void)ctx;
	(void)err;
	*(int64_t *)rec = hy_q_int(q);
	return HY_OK;
}

enum hy_status hy_item_seqs(struct hy_store *st, const void *ctx, int64_t min, int64_t max,
			    int64_t **out, size_t *n, struct hy_err *err)
{
	static const struct hy_kind kind_seq = {sizeof(int64_t), row_seq, N_("item")};

	return hy_db_list(st, ctx, &kind_seq, out, n, err,
			  "SELECT seq FROM item WHERE seq BETWEEN ? AND ? ORDER BY seq",
			  A_INT(min), A_INT(max));
}
