/* Leases with fences: a new holder gets a greater number, so that what an old one still sends late
 * is told apart. */
#include "store/db.h"

#include <stdio.h>

static enum hy_status row_lease(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err)
{
	struct hy_lease *l = rec;
	char *name = hy_q_text(q, ctx);

	(void)err;
	/* A name of our own code: cut never happens. */
	(void)snprintf(l->name, sizeof l->name, "%s", name);
	talloc_free(name);
	l->fence = hy_q_int(q);
	l->until = hy_q_int(q);
	return HY_OK;
}
static const struct hy_kind kind_lease = {sizeof(struct hy_lease), row_lease, N_("lease")};

enum hy_status hy_lease_take(struct hy_store *st, const char *name, const char *owner, hy_dur ttl,
			     struct hy_lease *out, struct hy_err *err)
{
	struct hy_verb v;
	struct hy_lease *l = NULL;
	hy_time now = hy_now(st->clock);
	int64_t changed = 0;
	enum hy_status status = hy_verb_enter(&v, st, err);

	if (status != HY_OK)
		return status;
	status = hy_db_run(st, &changed, err,
			   "INSERT INTO lease (name, owner, fence, until) VALUES (?1, ?2, 1, ?3)"
			   " ON CONFLICT (name) DO UPDATE SET owner = ?2, until = ?3,"
			   " fence = fence + (CASE WHEN lease.owner = ?2 THEN 0 ELSE 1 END)"
			   " WHERE lease.owner = ?2 OR lease.until <= ?4",
			   A_TEXT(name), A_TEXT(owner), A_INT(now + ttl), A_INT(now));
	if (status == HY_OK && changed == 0)
		status = hy_err_set(err, HY_EBUSY, _("another process holds the lease %s"), name);
	if (status == HY_OK)
		status = hy_db_one(st, NULL, &kind_lease, &l, err,
				   "SELECT name, fence, until FROM lease WHERE name = ?",
				   A_TEXT(name));
	if (v.own) /* a renewal is no news: it rings nobody's bell */
		st->wrote_mark = sqlite3_total_changes64(st->db);
	status = hy_verb_leave(&v, st, status, err);
	if (status == HY_OK && out)
		*out = *l;
	talloc_free(l);
	return status;
}

enum hy_status hy_lease_release(struct hy_store *st, const char *name, const char *owner,
				struct hy_err *err)
{
	return hy_verb_run(st, NULL, err,
			   "UPDATE lease SET owner = '', until = 0 WHERE name = ? AND owner = ?",
			   A_TEXT(name), A_TEXT(owner));
}

enum hy_status hy_lease_break(struct hy_store *st, const char *name, struct hy_err *err)
{
	return hy_verb_run(st, NULL, err, "UPDATE lease SET until = 0 WHERE name = ? AND until > 0",
			   A_TEXT(name));
}

enum hy_status hy_lease_list(struct hy_store *st, const void *ctx, struct hy_lease **out, size_t *n,
			     struct hy_err *err)
{
	return hy_db_list(st, ctx, &kind_lease, out, n, err,
			  "SELECT name, fence, until FROM lease WHERE until > ? ORDER BY name",
			  A_INT(hy_now(st->clock)));
}
