/*
 * Names of items: by which a native id, or a canonical link, finds its item again.
 *
 * Native ids come at random. An index over all of them touches a page an item, and at millions of
 * items each such page is read and written for a single row. So a key begins with the block of
 * arrival (2^14 places of the log): what is written stays within the few hundred pages of the
 * newest block, whatever the record holds. In which blocks a name may stand is told by a set in
 * memory, 8 bytes a key, made from the table once it pays; until then each block is asked. The
 * hash of a key only proposes: whether an item bears the name is read from the item.
 */
#include "store/db.h"

#include <string.h>

#define BLOCK_SHIFT 14 /* places of the log in a block */
#define HASH_BITS 39
#define TWIN_BITS 4 /* keys of one hash in one block */
#define KEY_SHIFT (HASH_BITS + TWIN_BITS)
#define TWINS (1 << TWIN_BITS)
#define SET_AFTER 500 /* questions before a set is made */
#define SET_LG_MIN 12
#define IN_USE (UINT64_C(1) << 63)
#define BLOCK_MASK ((UINT64_C(1) << (63 - KEY_SHIFT)) - 1)
#define BLOCKS_AT_ONCE 64

struct hy_names {
	uint64_t *slot; /* IN_USE | hash << 20 | block, open addressing; NULL = not made yet */
	unsigned lg;
	size_t n;
	int64_t written; /* keys ever written that the set knows of; -1 = look again */
	int64_t top;	 /* the newest block it knows of */
	int64_t asked;
	int64_t added; /* within the open transaction */
	bool fresh;    /* looked at since the open transaction began */
};

/* The statements of each table: names are bound, tables cannot be. */
struct table {
	const char *ends, *all, *find, *add, *written;
};
static const struct table tables[] = {
	[HY_NAME_NATIVE] =
		{
			"SELECT coalesce(min(key), 0), coalesce(max(key), -1) FROM item_key",
			"SELECT key FROM item_key WHERE key >= ?",
			"SELECT item FROM item_key WHERE key BETWEEN ? AND ?",
			"INSERT INTO item_key (key, item) VALUES (?, ?)"
			" ON CONFLICT (key) DO NOTHING",
			"SELECT natives FROM item_tally",
		},
	[HY_NAME_LINK] =
		{
			"SELECT coalesce(min(key), 0), coalesce(max(key), -1) FROM item_link",
			"SELECT key FROM item_link WHERE key >= ?",
			"SELECT item FROM item_link WHERE key BETWEEN ? AND ?",
			/* Of items that share a link the newest is the one asked for. */
			"INSERT INTO item_link (key, item) VALUES (?, ?)"
			" ON CONFLICT (key) DO UPDATE SET item = excluded.item",
			"SELECT links FROM item_tally",
		},
};

static uint64_t le64(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

/* Never to be changed: it stands in the record. The bytes are a hash already. */
static uint64_t hash_of(struct hy_source_id source, const uint8_t name[HY_HASH_LEN])
{
	uint64_t h = le64(name) ^ le64(name + 8) * UINT64_C(0x9E3779B97F4A7C15) ^
		     (uint64_t)source.v * UINT64_C(0xC2B2AE3D27D4EB4F);

	h = (h ^ h >> 32) * UINT64_C(0xFF51AFD7ED558CCD);
	h = (h ^ h >> 29) * UINT64_C(0xC4CEB9FE1A85EC53);
	return h >> (64 - HASH_BITS);
}

static int64_t key_of(int64_t block, uint64_t hash)
{
	return (int64_t)((uint64_t)block << KEY_SHIFT | hash << TWIN_BITS);
}

int64_t hy_name_block_end(int64_t seq)
{
	return key_of((seq >> BLOCK_SHIFT) + 1, 0);
}

/* ---- the set ---- */

static void set_add(struct hy_store *st, struct hy_names *ns, uint64_t hash, int64_t block);

static void set_grow(struct hy_store *st, struct hy_names *ns)
{
	struct hy_names old = *ns;

	ns->lg = old.slot ? old.lg + 1 : SET_LG_MIN;
	ns->n = 0;
	ns->slot = hy_new_array(st, uint64_t, (size_t)1 << ns->lg);
	for (size_t i = 0; old.slot && i < (size_t)1 << old.lg; i++)
		if (old.slot[i])
			set_add(st, ns, (old.slot[i] & ~IN_USE) >> (63 - KEY_SHIFT),
				(int64_t)(old.slot[i] & BLOCK_MASK));
	talloc_free(old.slot);
}

static void set_add(struct hy_store *st, struct hy_names *ns, uint64_t hash, int64_t block)
{
	uint64_t want = IN_USE | hash << (63 - KEY_SHIFT) | (uint64_t)block;

	if (!ns->slot || ns->n * 4 >= (size_t)3 << ns->lg)
		set_grow(st, ns);
	size_t mask = ((size_t)1 << ns->lg) - 1, at = hash >> (HASH_BITS - ns->lg);
	while (ns->slot[at] && ns->slot[at] != want)
		at = (at + 1) & mask;
	ns->n += !ns->slot[at];
	ns->slot[at] = want;
	if (block > ns->top)
		ns->top = block;
}

/* The blocks of a hash; the newest BLOCKS_AT_ONCE where there are more. Returns how many. */
static size_t set_blocks(const struct hy_names *ns, uint64_t hash, int64_t out[BLOCKS_AT_ONCE])
{
	size_t mask = ((size_t)1 << ns->lg) - 1, at = hash >> (HASH_BITS - ns->lg), n = 0;

	for (; ns->slot[at]; at = (at + 1) & mask) {
		int64_t block = (int64_t)(ns->slot[at] & BLOCK_MASK);
		size_t oldest = 0;

		if ((ns->slot[at] & ~IN_USE) >> (63 - KEY_SHIFT) != hash)
			continue;
		if (n < BLOCKS_AT_ONCE) {
			out[n++] = block;
			continue;
		}
		for (size_t i = 1; i < n; i++)
			oldest = out[i] < out[oldest] ? i : oldest;
		if (block > out[oldest])
			out[oldest] = block;
	}
	return n;
}

/* Takes into the set what stands in the table from its newest block on: all of it at first. */
static enum hy_status set_read(struct hy_store *st, const struct table *t, struct hy_names *ns,
			       struct hy_err *err)
{
	struct hy_q q;
	bool more = true;
	enum hy_status status = HY_OK;

	if (!ns->slot)
		set_grow(st, ns);
	status = hy_q_open(&q, st, t->all, A_LIST(A_INT(key_of(ns->top, 0))), 1, err);
	while (status == HY_OK) {
		status = hy_q_step(&q, &more, err);
		if (status != HY_OK || !more)
			break;
		uint64_t key = (uint64_t)hy_q_int(&q);
		set_add(st, ns, key >> TWIN_BITS & ((UINT64_C(1) << HASH_BITS) - 1),
			(int64_t)(key >> KEY_SHIFT));
	}
	hy_q_close(&q);
	return status;
}

/* The set is made when it pays, and follows what other connections wrote. */
static enum hy_status set_ready(struct hy_store *st, enum hy_name_kind kind, struct hy_names *ns,
				struct hy_err *err)
{
	int64_t written = 0;
	enum hy_status status = HY_OK;

	if (++ns->asked < SET_AFTER || (st->tx == HY_TX_WRITE && ns->fresh))
		return HY_OK;
	status = hy_db_int(st, &written, err, tables[kind].written);
	if (status == HY_OK && (!ns->slot || written != ns->written))
		status = set_read(st, &tables[kind], ns, err);
	if (status == HY_OK) {
		ns->written = written;
		ns->fresh = true;
	}
	return status;
}

/* ---- looking up ---- */

static enum hy_status ask_block(struct hy_store *st, const struct table *t, int64_t key,
				const struct hy_name_asked *asked, bool *done, struct hy_err *err)
{
	struct hy_q q;
	bool more = true;
	int64_t item[TWINS];
	size_t n = 0;
	enum hy_status status =
		hy_q_open(&q, st, t->find, A_LIST(A_INT(key), A_INT(key + TWINS - 1)), 2, err);

	while (status == HY_OK && n < TWINS) {
		status = hy_q_step(&q, &more, err);
		if (status != HY_OK || !more)
			break;
		item[n++] = hy_q_int(&q);
	}
	hy_q_close(&q);
	for (size_t i = 0; i < n && status == HY_OK && !*done; i++)
		status = asked->bears(st, asked->user, (struct hy_item_id){item[i]}, done, err);
	return status;
}

static enum hy_status ask_each(struct hy_store *st, const struct table *t, uint64_t hash,
			       const struct hy_name_asked *asked, struct hy_err *err)
{
	struct hy_q q;
	bool more = false, done = false;
	int64_t first = 0, last = -1;
	enum hy_status status = hy_q_open(&q, st, t->ends, NULL, 0, err);

	if (status == HY_OK)
		status = hy_q_step(&q, &more, err);
	if (status == HY_OK && more) {
		first = hy_q_int(&q);
		last = hy_q_int(&q);
	}
	hy_q_close(&q);
	if (last < 0)
		return status;
	for (int64_t b = last >> KEY_SHIFT; b >= first >> KEY_SHIFT && status == HY_OK && !done;
	     b--)
		status = ask_block(st, t, key_of(b, hash), asked, &done, err);
	return status;
}

enum hy_status hy_name_find(struct hy_store *st, enum hy_name_kind kind, struct hy_source_id source,
			    const uint8_t name[HY_HASH_LEN], const struct hy_name_asked *asked,
			    struct hy_err *err)
{
	struct hy_names *ns = hy_names_of(st, kind);
	uint64_t hash = hash_of(source, name);
	int64_t block[BLOCKS_AT_ONCE];
	bool done = false;
	enum hy_status status = set_ready(st, kind, ns, err);

	if (status != HY_OK || !ns->slot)
		return status == HY_OK ? ask_each(st, &tables[kind], hash, asked, err) : status;
	size_t n = set_blocks(ns, hash, block);
	for (size_t i = 0; i < n && status == HY_OK && !done; i++)
		status = ask_block(st, &tables[kind], key_of(block[i], hash), asked, &done, err);
	return status;
}

/* ---- writing ---- */

enum hy_status hy_name_add(struct hy_store *st, enum hy_name_kind kind, struct hy_source_id source,
			   const uint8_t name[HY_HASH_LEN], struct hy_name_at at,
			   struct hy_err *err)
{
	struct hy_names *ns = hy_names_of(st, kind);
	uint64_t hash = hash_of(source, name);
	int64_t key = key_of(at.seq >> BLOCK_SHIFT, hash), changed = 0;
	enum hy_status status = HY_OK;

	for (int i = 0; i < TWINS && changed == 0 && status == HY_OK; i++)
		status = hy_db_run(st, &changed, err, tables[kind].add, A_INT(key + i),
				   A_INT(at.item));
	if (status == HY_OK && changed == 0)
		status = hy_err_set(err, HY_ECONFLICT,
				    _("more than %d names of one hash at item %" PRId64), TWINS,
				    at.item);
	if (status != HY_OK)
		return status;
	ns->added++;
	if (ns->slot)
		set_add(st, ns, hash, at.seq >> BLOCK_SHIFT);
	return HY_OK;
}

struct hy_names *hy_names_of(struct hy_store *st, enum hy_name_kind kind)
{
	if (!st->names[kind]) {
		st->names[kind] = hy_new(st, struct hy_names);
		st->names[kind]->written = -1;
	}
	return st->names[kind];
}

enum hy_status hy_tally_write(struct hy_store *st, struct hy_err *err)
{
	int64_t natives = st->names[HY_NAME_NATIVE] ? st->names[HY_NAME_NATIVE]->added : 0;
	int64_t links = st->names[HY_NAME_LINK] ? st->names[HY_NAME_LINK]->added : 0;

	if (!natives && !links && !st->items_more)
		return HY_OK;
	return hy_db_run(st, NULL, err,
			 "UPDATE item_tally SET items = items + ?, natives = natives + ?,"
			 " links = links + ?",
			 A_INT(st->items_more), A_INT(natives), A_INT(links));
}

void hy_names_settle(struct hy_store *st, bool committed)
{
	for (int k = 0; k < HY_NAME_KINDS; k++) {
		struct hy_names *ns = st->names[k];

		if (!ns)
			continue;
		if (!committed && ns->added) /* it holds what was never written: harmless */
			ns->written = -1;
		else if (ns->written >= 0)
			ns->written += ns->added;
		ns->added = 0;
		ns->fresh = false;
	}
	st->items_more = 0;
}

void hy_names_forget(struct hy_store *st)
{
	for (int k = 0; k < HY_NAME_KINDS; k++) {
		talloc_free(st->names[k] ? st->names[k]->slot : NULL);
		talloc_free(st->names[k]);
		st->names[k] = NULL;
	}
}

/* ---- from version 1 ---- */

static enum hy_status migrate_one(struct hy_store *st, enum hy_name_kind kind, const char *sql,
				  struct hy_err *err)
{
	struct hy_q q;
	bool more = true;
	enum hy_status status = hy_q_open(&q, st, sql, NULL, 0, err);

	while (status == HY_OK) {
		uint8_t name[HY_HASH_LEN];
		struct hy_source_id source;
		struct hy_name_at at;

		status = hy_q_step(&q, &more, err);
		if (status != HY_OK || !more)
			break;
		at.item = at.seq = hy_q_int(&q);
		source.v = hy_q_int(&q);
		hy_q_bytes(&q, name, HY_HASH_LEN);
		status = hy_name_add(st, kind, source, name, at, err);
	}
	hy_q_close(&q);
	return status;
}

enum hy_status hy_names_migrate(struct hy_store *st, struct hy_err *err)
{
	enum hy_status status =
		migrate_one(st, HY_NAME_NATIVE,
			    "SELECT item, source, native FROM item_key_1 ORDER BY item", err);

	if (status == HY_OK)
		status = migrate_one(st, HY_NAME_LINK,
				     "SELECT id, source, link FROM item_head"
				     " WHERE link IS NOT NULL ORDER BY id",
				     err);
	if (status == HY_OK)
		status = hy_tally_write(st, err);
	hy_names_settle(st, status == HY_OK);
	hy_names_forget(st);
	hy_db_cache_clear(st); /* what is prepared speaks of the tables that go */
	if (status == HY_OK)
		status = hy_db_exec(st, "DROP TABLE item_key_1; DROP TABLE item_head", err);
	return status;
}
