/*
 * Private to store/: the only place that speaks to SQLite. Statements are prepared once and kept;
 * arguments carry their types, so that an int can never be bound as half of an int64.
 */
#ifndef HY_STORE_DB_H
#define HY_STORE_DB_H

#include "base/base.h"
#include "store/store.h"

#include <sqlite3.h>

enum hy_tx { HY_TX_NONE, HY_TX_WRITE, HY_TX_READ };

#define HY_CACHE_SLOTS 512
struct hy_cached {
	char *sql;
	sqlite3_stmt *stmt;
	bool busy;
};

struct hy_store {
	sqlite3 *db;
	struct hy_clock *clock;
	bool has_master, read_only;
	uint8_t master[HY_KEY_LEN];
	enum hy_tx tx;
	bool poisoned;	    /* a verb failed half-way in the open transaction: only rollback */
	int64_t wrote_mark; /* sqlite3_total_changes64 when the transaction began */
	int64_t commits;
	int64_t next_seq;	   /* of the item log within this transaction; 0 = not known yet */
	int64_t items_more;	   /* items that this transaction adds */
	struct hy_names *names[2]; /* by enum hy_name_kind; NULL = not asked yet */
	void (*on_commit)(void *user);
	void *on_commit_user;
	struct hy_cached cache[HY_CACHE_SLOTS];
	struct hy_cached *by_address[HY_CACHE_SLOTS]; /* where the text at an address was found */
};

/* One argument of a statement: see the makers below. */
struct hy_arg {
	char type;
	int64_t i;
	const void *p;
	size_t n;
};
#define A_INT(v)                                                                                   \
	{                                                                                          \
		.type = 'i', .i = (int64_t)(v)                                                     \
	}
#define A_REF(v)                                                                                   \
	{                                                                                          \
		.type = 'r', .i = (v)                                                              \
	} /* id or time: 0 becomes NULL */
#define A_TEXT(s)                                                                                  \
	{                                                                                          \
		.type = 't', .p = (s)                                                              \
	} /* NULL becomes NULL */
#define A_STR(s)                                                                                   \
	{                                                                                          \
		.type = 's', .p = (s)                                                              \
	} /* NULL becomes "" */
#define A_BLOB(b, len)                                                                             \
	{                                                                                          \
		.type = 'b', .p = (b), .n = (len)                                                  \
	} /* p NULL becomes NULL */
#define A_LIST(...) ((struct hy_arg[]){{.type = 0}, __VA_ARGS__})
#define A_COUNT(...) (sizeof(A_LIST(__VA_ARGS__)) / sizeof(struct hy_arg) - 1)

/* A statement being run: columns are read left to right by the hy_q_* calls. */
struct hy_q {
	struct hy_store *st;
	sqlite3_stmt *stmt;
	struct hy_cached *slot; /* NULL: a one-off, finalized at the end */
	int col;
};

/* Maps the last failure of the handle; what = the words before it, or NULL. */
enum hy_status hy_db_error(struct hy_store *st, int rc, struct hy_err *err);
/* Runs words that are no statement with arguments (pragmas, BEGIN): no cache. */
enum hy_status hy_db_exec(struct hy_store *st, const char *sql, struct hy_err *err);
/* One number of a statement without arguments, not kept: pragmas. */
enum hy_status hy_db_pragma(struct hy_store *st, const char *sql, int64_t *out, struct hy_err *err);
void hy_db_cache_clear(struct hy_store *st);

enum hy_status hy_q_open(struct hy_q *q, struct hy_store *st, const char *sql,
			 const struct hy_arg *args, size_t n, struct hy_err *err);
/* *more = false at the end. */
enum hy_status hy_q_step(struct hy_q *q, bool *more, struct hy_err *err);
void hy_q_close(struct hy_q *q);

int64_t hy_q_int(struct hy_q *q);
/* NULL stays NULL. */
char *hy_q_text(struct hy_q *q, const void *ctx);
/* Copies exactly n bytes; zeroes when NULL or of another length. */
void hy_q_bytes(struct hy_q *q, void *out, size_t n);
void *hy_q_blob(struct hy_q *q, const void *ctx, size_t *n_out);
/* A sealed column: NULL when the store has no master key or the column is NULL. */
enum hy_status hy_q_sealed(struct hy_q *q, const void *ctx, const char *table, const char *row,
			   const char *column, uint8_t **out, size_t *n_out, struct hy_err *err);

/* Runs a writing statement; *changed (may be NULL) = rows. */
enum hy_status hy_db_run_args(struct hy_store *st, int64_t *changed, struct hy_err *err,
			      const char *sql, const struct hy_arg *args, size_t n);
#define hy_db_run(st, changed, err, sql, ...)                                                      \
	hy_db_run_args((st), (changed), (err), (sql), A_LIST(__VA_ARGS__), A_COUNT(__VA_ARGS__))
/* First column of the first row; HY_ENOTFOUND with no text when there is none. */
enum hy_status hy_db_int_args(struct hy_store *st, int64_t *out, struct hy_err *err,
			      const char *sql, const struct hy_arg *args, size_t n);
#define hy_db_int(st, out, err, sql, ...)                                                          \
	hy_db_int_args((st), (out), (err), (sql), A_LIST(__VA_ARGS__), A_COUNT(__VA_ARGS__))

/* Reads the columns of a row into rec; strings are children of ctx. */
typedef enum hy_status (*hy_row_fn)(struct hy_q *q, const void *ctx, void *rec, struct hy_err *err);
struct hy_kind {
	size_t size;
	hy_row_fn row;
	const char *what; /* msgid: "unit" */
};
/* One record, child of ctx; HY_ENOTFOUND "no such <what>". */
enum hy_status hy_db_one_args(struct hy_store *st, const void *ctx, const struct hy_kind *k,
			      void *out_ptr, struct hy_err *err, const char *sql,
			      const struct hy_arg *args, size_t n);
#define hy_db_one(st, ctx, kind, out, err, sql, ...)                                               \
	hy_db_one_args((st), (ctx), (kind), (out), (err), (sql), A_LIST(__VA_ARGS__),              \
		       A_COUNT(__VA_ARGS__))
/* All rows as an array, child of ctx, never NULL. */
enum hy_status hy_db_list_args(struct hy_store *st, const void *ctx, const struct hy_kind *k,
			       void *out_ptr, size_t *n_out, struct hy_err *err, const char *sql,
			       const struct hy_arg *args, size_t n);
#define hy_db_list(st, ctx, kind, out, n_out, err, sql, ...)                                       \
	hy_db_list_args((st), (ctx), (kind), (out), (n_out), (err), (sql), A_LIST(__VA_ARGS__),    \
			A_COUNT(__VA_ARGS__))

/*
 * Frame of each writing verb: enter begins a transaction unless one is open (then it joins); leave
 * commits or rolls back what enter began, and in a joined one marks it for rollback when the verb
 * failed after having changed something. leave returns the status of the whole.
 */
struct hy_verb {
	bool own;
	int64_t mark;
};
enum hy_status hy_verb_enter(struct hy_verb *v, struct hy_store *st, struct hy_err *err);
enum hy_status hy_verb_leave(struct hy_verb *v, struct hy_store *st, enum hy_status status,
			     struct hy_err *err);
/* A whole verb of one statement; no row changed is HY_ENOTFOUND "no such <what>" when what is set.
 */
enum hy_status hy_verb_run_args(struct hy_store *st, const char *what, struct hy_err *err,
				const char *sql, const struct hy_arg *args, size_t n);
#define hy_verb_run(st, what, err, sql, ...)                                                       \
	hy_verb_run_args((st), (what), (err), (sql), A_LIST(__VA_ARGS__), A_COUNT(__VA_ARGS__))
/* As above for an INSERT: *id = the new row. */
enum hy_status hy_verb_insert_args(struct hy_store *st, int64_t *id, struct hy_err *err,
				   const char *sql, const struct hy_arg *args, size_t n);
#define hy_verb_insert(st, id, err, sql, ...)                                                      \
	hy_verb_insert_args((st), (id), (err), (sql), A_LIST(__VA_ARGS__), A_COUNT(__VA_ARGS__))

/* Seals text (NULL stays NULL) for table|row|column; HY_EAUTH without a master key. */
enum hy_status hy_db_seal(struct hy_store *st, const void *ctx, const char *table, const char *row,
			  const char *column, const void *plain, size_t plain_n, uint8_t **out,
			  size_t *n_out, struct hy_err *err);
/* The next id of a table whose rows must know it before they are written (sealing); in a write
 * transaction. sql = "SELECT coalesce(max(id),0)+1 FROM ...". */
enum hy_status hy_db_next_id(struct hy_store *st, const char *sql, int64_t *out,
			     struct hy_err *err);
/* True when s is a number of at most 18 digits. */
bool hy_db_is_id(const char *s, int64_t *out);

enum hy_status hy_db_no_such(const char *what, struct hy_err *err);

/*
 * Names of items (store/name.c): native ids and canonical links, each within its source. They are
 * found by a hash that only proposes: `bears` says of each item proposed whether it is meant; it
 * sets *done to end the asking.
 */
enum hy_name_kind { HY_NAME_NATIVE, HY_NAME_LINK, HY_NAME_KINDS };
struct hy_name_asked {
	enum hy_status (*bears)(struct hy_store *st, void *user, struct hy_item_id id, bool *done,
				struct hy_err *err);
	void *user;
};
enum hy_status hy_name_find(struct hy_store *st, enum hy_name_kind kind, struct hy_source_id source,
			    const uint8_t name[HY_HASH_LEN], const struct hy_name_asked *asked,
			    struct hy_err *err);
/* The item that a name stands for from now on, and the place in the log where this was learnt. */
struct hy_name_at {
	int64_t item, seq;
};
enum hy_status hy_name_add(struct hy_store *st, enum hy_name_kind kind, struct hy_source_id source,
			   const uint8_t name[HY_HASH_LEN], struct hy_name_at at,
			   struct hy_err *err);
struct hy_names *hy_names_of(struct hy_store *st, enum hy_name_kind kind);
/* The least key past the block of names learnt when seq was the end of the log. */
int64_t hy_name_block_end(int64_t seq);
/* Before a commit: counts what was added into item_tally. */
enum hy_status hy_tally_write(struct hy_store *st, struct hy_err *err);
/* After a commit or a rollback. */
void hy_names_settle(struct hy_store *st, bool committed);
/* Keys were erased: what is known in memory is made anew. */
void hy_names_forget(struct hy_store *st);
/* Migration 2: the keys of version 1 as they are written since. */
enum hy_status hy_names_migrate(struct hy_store *st, struct hy_err *err);

/* The rows of another file of this folder. */
extern const struct hy_kind hy_kind_item;
#define HY_ITEM_COLS                                                                               \
	"i.seq, i.id, i.revision, CASE WHEN h.latest = i.seq THEN 0 ELSE coalesce(h.latest, 0) "   \
	"END, i.source, i.kind, i.native, i.content, i.link, i.posted, i.taken, i.title, i.text, " \
	"i.lang, i.place, i.flags, i.voice, i.url_sealed, i.url_public"
#define HY_ITEM_FROM " FROM item i LEFT JOIN item_latest h ON h.id = i.id "

/* Migrations, made from store/migrations by the build: entry i brings the record to version i + 1.
 */
extern const char *const hy_migrations[];
extern const int hy_migrations_n;

#endif
