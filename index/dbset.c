/*
 * The databases of the index as a reader sees them: kept open, moved on when the writer commits,
 * exchanged when the manifest is. Tombstones of all of them are held in one sorted table.
 */
#include "config.h"

#include "index/layout.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TRIES 10

void hy_dbset_signature(const char *dir, int64_t sig[3])
{
	struct stat sb;
	char *path = hy_index_path(NULL, dir, "manifest");
	sig[0] = sig[1] = sig[2] = 0;
	if (stat(path, &sb) == 0) {
		sig[0] = (int64_t)sb.st_ino;
		sig[1] = (int64_t)sb.st_mtim.tv_sec * 1000000000 + sb.st_mtim.tv_nsec;
		sig[2] = (int64_t)sb.st_size;
	}
	talloc_free(path);
}

/* ---- tombstones ---- */

static enum hy_status read_tombs(struct hy_db *db, struct hy_err *err)
{
	char **keys = NULL;
	size_t n = 0;
	enum hy_status st = hy_xdb_keys(db->x, db, "d", &keys, &n, err);
	if (st != HY_OK)
		return st;
	struct hy_tomb *tombs = hy_new_array(db, struct hy_tomb, n > 0 ? n : 1);
	for (size_t i = 0; i < n && st == HY_OK; i++) {
		char *value = NULL;
		st = hy_xdb_get(db->x, keys, keys[i], &value, err);
		if (st == HY_OK && (sscanf(keys[i], "d%" SCNd64, &tombs[i].id) != 1 ||
				    sscanf(value, "%" SCNd64, &tombs[i].live) != 1))
			st = hy_err_set(err, HY_ECORRUPT, _("index %s: a tombstone is damaged; %s"),
					db->name, HY_INDEX_CURE);
	}
	talloc_free(keys);
	if (st != HY_OK) {
		talloc_free(tombs);
		return st;
	}
	talloc_free(db->tombs);
	db->tombs = tombs;
	db->n_tombs = n;
	return HY_OK;
}

static int by_id(const void *a, const void *b)
{
	const struct hy_tomb *x = a, *y = b;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->live > y->live ? -1 : x->live < y->live;
}

/* Of two halves one may be ahead: what both have is what counts. */
static int64_t cursor_of(const struct hy_dbset *set)
{
	int64_t cursor = 0;
	for (size_t i = 0; i < set->n; i++) {
		int64_t c = set->dbs[i]->stamp.cursor;
		if (hy_dbset_group(set, i) == 2) {
			int64_t other = set->dbs[++i]->stamp.cursor;
			c = other < c ? other : c;
		}
		cursor = c > cursor ? c : cursor;
	}
	return cursor;
}

size_t hy_dbset_group(const struct hy_dbset *set, size_t i)
{
	return set->dbs[i]->part == 0 && i + 1 < set->n && set->dbs[i + 1]->part == 1 ? 2 : 1;
}

static void merge_tombs(struct hy_dbset *set)
{
	size_t all = 0, k = 0;
	for (size_t i = 0; i < set->n; i++)
		all += set->dbs[i]->n_tombs;
	set->cursor = cursor_of(set);
	talloc_free(set->tombs);
	set->tombs = hy_new_array(set, struct hy_tomb, all > 0 ? all : 1);
	for (size_t i = 0; i < set->n; i++)
		for (size_t j = 0; j < set->dbs[i]->n_tombs; j++)
			set->tombs[k++] = set->dbs[i]->tombs[j];
	if (k > 1)
		qsort(set->tombs, k, sizeof(*set->tombs), by_id);
	set->n_tombs = 0;
	for (size_t i = 0; i < k; i++)
		if (set->n_tombs == 0 || set->tombs[set->n_tombs - 1].id != set->tombs[i].id)
			set->tombs[set->n_tombs++] = set->tombs[i];
}

bool hy_dbset_hidden(const struct hy_dbset *set, int64_t id, int64_t seq)
{
	size_t lo = 0, hi = set->n_tombs;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (set->tombs[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < set->n_tombs && set->tombs[lo].id == id && seq < set->tombs[lo].live;
}

/* ---- databases ---- */

/* A writer that commits twice while we read takes the snapshot from under us: then on to the next
 * one. */
static enum hy_status load_db(struct hy_db *db, struct hy_err *err)
{
	enum hy_status st = HY_ETEMP;
	bool moved;
	for (int tries = 0; tries < TRIES && st == HY_ETEMP; tries++) {
		if (tries > 0 && (st = hy_xdb_reopen(db->x, &moved, err)) != HY_OK)
			continue;
		st = hy_stamp_read(&db->stamp, db->x, db->name, err);
		if (st == HY_OK)
			st = read_tombs(db, err);
	}
	return st;
}

static enum hy_status open_db(struct hy_dbset *set, const struct hy_mdb *mdb, struct hy_db **out,
			      struct hy_err *err)
{
	struct hy_db *db = hy_new(set, struct hy_db);
	enum hy_status st = HY_ETEMP;
	memcpy(db->name, mdb->name, sizeof(db->name));
	db->part = mdb->part;
	char *path = hy_index_path(db, set->dir, db->name);
	for (int tries = 0; tries < TRIES && st == HY_ETEMP; tries++)
		st = hy_xdb_open(&db->x, db, path, err);
	if (st == HY_OK)
		st = load_db(db, err);
	if (st != HY_OK) {
		hy_err_wrap(err, _("index %s"), db->name);
		talloc_free(db);
		return st;
	}
	*out = db;
	return HY_OK;
}

static enum hy_status move_on(struct hy_db *db, bool *changed, struct hy_err *err)
{
	bool moved = false;
	enum hy_status st = HY_ETEMP;
	for (int tries = 0; tries < TRIES && st == HY_ETEMP; tries++)
		st = hy_xdb_reopen(db->x, &moved, err);
	if (st == HY_OK && (moved || db->stale)) {
		*changed = db->stale = true;
		st = load_db(db, err);
		db->stale = st != HY_OK;
	}
	return st;
}

/* The handle that set has for this database, taken out of it; NULL when it has none. */
static struct hy_db *take(struct hy_dbset *set, const char *name)
{
	for (size_t i = 0; i < set->n; i++) {
		struct hy_db *db = set->dbs[i];
		if (db != NULL && strcmp(db->name, name) == 0) {
			set->dbs[i] = NULL;
			return db;
		}
	}
	return NULL;
}

static enum hy_status load_all(struct hy_dbset *set, struct hy_err *err)
{
	struct hy_manifest *m = NULL;
	enum hy_status st = hy_manifest_read(&m, set, set->dir, err);
	if (st != HY_OK)
		return st;
	struct hy_db **dbs = hy_new_array(set, struct hy_db *, m->n > 0 ? m->n : 1);
	size_t n = 0;
	bool unused = false;
	for (; n < m->n && st == HY_OK; n++) {
		struct hy_db *db = take(set, m->dbs[n].name);
		if (db == NULL)
			st = open_db(set, &m->dbs[n], &db, err);
		else if (!db->closed) /* the last commits before it was closed */
			st = move_on(db, &unused, err);
		dbs[n] = db;
		if (db != NULL)
			db->closed = m->dbs[n].closed;
	}
	for (size_t i = 0; i < set->n; i++)
		talloc_free(set->dbs[i]);
	talloc_free(set->dbs);
	set->dbs = dbs;
	set->n = n;
	if (st != HY_OK) {
		for (size_t i = 0; i < n; i++)
			talloc_free(dbs[i]);
		set->n = 0;
		talloc_free(m);
		memset(set->sig, 0, sizeof(set->sig));
		return st;
	}
	talloc_free(set->m);
	set->m = m;
	merge_tombs(set);
	return HY_OK;
}

bool hy_dbset_moved(const struct hy_dbset *set)
{
	int64_t now[3];
	hy_dbset_signature(set->dir, now);
	return memcmp(now, set->sig, sizeof(now)) != 0;
}

enum hy_status hy_dbset_refresh(struct hy_dbset *set, struct hy_err *err)
{
	int64_t sig[3];
	enum hy_status st = HY_OK;
	for (int tries = 0; tries < TRIES; tries++) {
		hy_dbset_signature(set->dir, sig);
		if (set->m != NULL && memcmp(sig, set->sig, sizeof(sig)) == 0) {
			bool changed = false;
			for (size_t i = 0; i < set->n && st == HY_OK; i++)
				if (!set->dbs[i]->closed)
					st = move_on(set->dbs[i], &changed, err);
			if (changed)
				merge_tombs(set);
			/* packed or swapped away between our two looks? Then look again */
			if (st == HY_OK || !hy_dbset_moved(set))
				return st;
			st = HY_OK;
			continue;
		}
		st = load_all(set, err);
		if (st == HY_OK) {
			memcpy(set->sig, sig, sizeof(sig));
			return HY_OK;
		}
		/* merged or rebuilt between our two looks? Then look again */
		int64_t now[3];
		hy_dbset_signature(set->dir, now);
		if (memcmp(sig, now, sizeof(sig)) == 0)
			return st;
	}
	return st;
}

enum hy_status hy_dbset_open(struct hy_dbset **out, const void *ctx, const char *dir,
			     struct hy_err *err)
{
	struct hy_dbset *set = hy_new(ctx, struct hy_dbset);
	set->dir = hy_strdup(set, dir);
	enum hy_status st = hy_dbset_refresh(set, err);
	if (st != HY_OK) {
		talloc_free(set);
		return st;
	}
	*out = set;
	return HY_OK;
}

/* ---- counting ---- */

static enum hy_status count_first(struct hy_dbset *set, int64_t id, int64_t *n, struct hy_err *err)
{
	for (size_t i = 0; i < set->n; i++) {
		struct hy_db *db = set->dbs[i];
		if (id < db->stamp.seq_min || id > db->stamp.seq_max)
			continue;
		const void *data;
		size_t len = 0;
		enum hy_status st =
			hy_xdb_data(db->x, hy_docid_of(id, db->stamp.base), &data, &len, err);
		if (st != HY_OK)
			return st;
		*n += len > 0;
	}
	return HY_OK;
}

enum hy_status hy_dbset_count_later(const struct hy_dbset *set, const struct hy_db *db, int64_t *n,
				    struct hy_err *err)
{
	struct hy_plan plan = {.op = HY_PLAN_HOLDS, .s = {"I", 1}, .s2 = {"", 0}};
	struct hy_xcand *c = NULL;
	uint32_t at = 0;
	enum hy_status st = hy_xcand_new(&c, db->x, &plan, true, err);
	while (st == HY_OK && (st = hy_xcand_next(c, at + 1, &at, err)) == HY_OK && at != 0) {
		struct hy_rec r;
		const void *data;
		size_t len;
		st = hy_xdb_data(db->x, at, &data, &len, err);
		if (st == HY_OK)
			st = hy_rec_decode(&r, data, len, err);
		if (st == HY_OK)
			*n += hy_dbset_hidden(set, r.id.v, r.seq);
	}
	talloc_free(c);
	return st;
}

enum hy_status hy_dbset_count_hidden(struct hy_dbset *set, int64_t *out, struct hy_err *err)
{
	int64_t n = 0;
	enum hy_status st = HY_OK;
	if (set->n_tombs > 0) {
		for (size_t i = 0; i < set->n_tombs && st == HY_OK; i++)
			st = count_first(set, set->tombs[i].id, &n, err);
		for (size_t i = 0; i < set->n && st == HY_OK; i++)
			st = hy_dbset_count_later(set, set->dbs[i], &n, err);
	}
	if (st == HY_OK)
		*out = n;
	return st;
}
