/* Keys and values of the record itself, and the cursors of those who read the log. */
#include "store/db.h"

enum hy_status hy_meta_get(struct hy_store *st, const void *ctx, const char *key, char **out,
			   struct hy_err *err)
{
	struct hy_q q;
	bool more = false;
	enum hy_status status = hy_q_open(&q, st, "SELECT value FROM meta WHERE key = ?",
					  A_LIST(A_TEXT(key)), 1, err);

	if (status == HY_OK)
		status = hy_q_step(&q, &more, err);
	if (status == HY_OK)
		*out = more ? hy_q_text(&q, ctx) : NULL;
	hy_q_close(&q);
	return status;
}

enum hy_status hy_meta_set(struct hy_store *st, const char *key, const char *value,
			   struct hy_err *err)
{
	return hy_verb_run(st, NULL, err,
			   "INSERT INTO meta (key, value) VALUES (?, ?)"
			   " ON CONFLICT (key) DO UPDATE SET value = excluded.value, sealed = NULL",
			   A_TEXT(key), A_TEXT(value));
}

enum hy_status hy_meta_get_sealed(struct hy_store *st, const void *ctx, const char *key,
				  uint8_t **out, size_t *n_out, struct hy_err *err)
{
	struct hy_q q;
	bool more = false;
	uint8_t *bytes = NULL;
	size_t n = 0;
	enum hy_status status = hy_q_open(&q, st, "SELECT sealed FROM meta WHERE key = ?",
					  A_LIST(A_TEXT(key)), 1, err);

	if (status == HY_OK)
		status = hy_q_step(&q, &more, err);
	if (status == HY_OK && more)
		status = hy_q_sealed(&q, ctx, "meta", key, "sealed", &bytes, &n, err);
	hy_q_close(&q);
	if (status == HY_OK) {
		*out = bytes;
		*n_out = n;
	}
	return status;
}

enum hy_status hy_meta_set_sealed(struct hy_store *st, const char *key, const void *bytes, size_t n,
				  struct hy_err *err)
{
	uint8_t *sealed = NULL;
	size_t sealed_n = 0;
	enum hy_status status =
		hy_db_seal(st, NULL, "meta", key, "sealed", bytes, n, &sealed, &sealed_n, err);

	if (status == HY_OK)
		status = hy_verb_run(st, NULL, err,
				     "INSERT INTO meta (key, sealed) VALUES (?, ?)"
				     " ON CONFLICT (key) DO UPDATE"
				     " SET value = NULL, sealed = excluded.sealed",
				     A_TEXT(key), A_BLOB(sealed, sealed_n));
	talloc_free(sealed);
	return status;
}

enum hy_status hy_cursor_get(struct hy_store *st, const char *name, int64_t *seq,
			     struct hy_err *err)
{
	return hy_db_int(st, seq, err,
			 "SELECT coalesce((SELECT seq FROM cursor WHERE name = ?), 0)",
			 A_TEXT(name));
}

enum hy_status hy_cursor_set(struct hy_store *st, const char *name, int64_t seq, struct hy_err *err)
{
	struct hy_verb v;
	int64_t changed = 0;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_db_run(st, &changed, err,
			   "INSERT INTO cursor (name, seq) VALUES (?1, ?2)"
			   " ON CONFLICT (name) DO UPDATE SET seq = excluded.seq"
			   " WHERE excluded.seq >= cursor.seq OR excluded.seq = 0",
			   A_TEXT(name), A_INT(seq));
	if (status == HY_OK && changed == 0)
		status = hy_err_set(err, HY_ECONFLICT, _("the reader %s is further on already"),
				    name);
	return hy_verb_leave(&v, st, status, err);
}
