/*
 * Forgetting. Deleting rows leaves their bytes in the write-ahead log until it is emptied, so the
 * purge ends with a checkpoint that truncates it; secure_delete zeroes the pages themselves.
 */
#include "store/db.h"

/* Revisions to erase: public, old, and no claim's sighting. Messages stay with their cases. */
#define DOOMED                                                                                     \
	"taken < ?1 AND kind <> 3 AND NOT EXISTS (SELECT 1 FROM sighting s WHERE s.item = "        \
	"item.id)"

/* The rows around the items whose latest revision goes. */
static const char *const around[] = {
	"DELETE FROM alert_item WHERE seq IN (SELECT seq FROM item WHERE " DOOMED ")",
	"DELETE FROM item_key WHERE (source, native) IN (SELECT source, native FROM item"
	" WHERE " DOOMED " AND id IN (SELECT h.id FROM item_head h JOIN item l"
	" ON l.seq = h.latest WHERE l.taken < ?1))",
	"DELETE FROM item_key WHERE (source, native) IN (SELECT a.source, a.native"
	" FROM item_alias a JOIN item_head h ON h.id = a.item JOIN item ON item.seq = h.latest"
	" WHERE " DOOMED ")",
	"DELETE FROM item_alias WHERE item IN (SELECT h.id FROM item_head h JOIN item"
	" ON item.seq = h.latest WHERE " DOOMED ")",
	"DELETE FROM item_head WHERE latest IN (SELECT seq FROM item WHERE " DOOMED ")",
};

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
	for (size_t i = 0; status == HY_OK && i < HY_LEN(around); i++)
		status = hy_db_run(st, NULL, err, around[i], A_INT(before));
	if (status == HY_OK)
		status = hy_db_run(st, gone, err, "DELETE FROM item WHERE " DOOMED, A_INT(before));
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
