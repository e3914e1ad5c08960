/*
 * The record: verbs over plain records, and nothing of SQLite. PostgreSQL will be a second driver
 * behind this header.
 *
 * Rules for every verb here:
 *  - Results are children of the ctx given. Lists come as a talloc array and a count. Out
 * parameters are untouched on failure.
 *  - A writing verb called outside hy_store_begin() is a transaction of its own and returns only
 * after COMMIT (synchronous=FULL). Inside, it joins; HY_OK then means "will stand when you commit".
 *  - Common failures: HY_ENOSPACE (full or read-only disk; nothing changed), HY_EBUSY (locked for 5
 * s), HY_ECORRUPT, HY_ESYSTEM.
 *  - One hy_store belongs to one thread. Never carry one over fork.
 *  - Sealed columns are sealed and opened here with the master key given at open.
 */
#ifndef HY_STORE_H
#define HY_STORE_H

#include "store/records.h"

struct hy_store;

#define HY_STORE_READ_ONLY 1u
#define HY_STORE_CREATE 2u /* make the file and run all migrations */
#define HY_STORE_MIGRATE                                                                           \
	4u /* bring an older record up (one transaction each); without it an older record is       \
	      HY_ECORRUPT with the cure */
/*
 * Opens DIR/huying.db with the pragmas of trust 1.2. master: 32 bytes, copied and wiped on close;
 * NULL = sealed columns read as NULL and verbs that seal are HY_EAUTH. A record newer than this
 * program: HY_ECORRUPT "made by a newer huying". No record: HY_ENOTFOUND with "huying setup".
 */
enum hy_status hy_store_open(struct hy_store **out, const void *ctx, const char *dir,
			     unsigned flags, const uint8_t *master, struct hy_clock *clock,
			     struct hy_err *err);
/* Closing is talloc_free(store). */

/* Transactions: BEGIN IMMEDIATE; do not nest. After a failed verb inside, only rollback is allowed.
 */
enum hy_status hy_store_begin(struct hy_store *st, struct hy_err *err);
enum hy_status hy_store_commit(struct hy_store *st, struct hy_err *err);
void hy_store_rollback(
	struct hy_store *st); /* safe when nothing is open, or SQLite rolled back by itself */
/* A read snapshot over several reads (BEGIN DEFERRED). */
enum hy_status hy_store_begin_read(struct hy_store *st, struct hy_err *err);

/* fn is called in this thread after each COMMIT of this handle that wrote ("the record moved"). */
void hy_store_on_commit(struct hy_store *st, void (*fn)(void *user), void *user);
/* Changes whenever any connection, of any process, has committed (PRAGMA data_version and our own
 * count). Cheap. */
enum hy_status hy_store_version(struct hy_store *st, int64_t *out, struct hy_err *err);
/* integrity_check, foreign_key_check and the schema version. HY_OK: *report is "". HY_ECORRUPT: the
 * problems are lines in *report (set in this one case of failure; NULL-initialise it). */
enum hy_status hy_store_check(struct hy_store *st, const void *ctx, char **report,
			      struct hy_err *err);
/* A consistent copy of the record into a new file (SQLite backup API), fsynced; may run beside
 * writers. */
enum hy_status hy_store_backup(struct hy_store *st, const char *path, struct hy_err *err);
int hy_store_schema_version(void);

/* Keys and values of the record itself: "office.name", "instance", "site.key.public",
 * "publish.frozen" ... NULL when absent. Sealed variants for secrets. */
enum hy_status hy_meta_get(struct hy_store *st, const void *ctx, const char *key, char **out,
			   struct hy_err *err);
enum hy_status hy_meta_set(struct hy_store *st, const char *key, const char *value,
			   struct hy_err *err);
enum hy_status hy_meta_get_sealed(struct hy_store *st, const void *ctx, const char *key,
				  uint8_t **out, size_t *n_out, struct hy_err *err);
enum hy_status hy_meta_set_sealed(struct hy_store *st, const char *key, const void *bytes, size_t n,
				  struct hy_err *err);

/* Cursors of readers of the log ("detect" ...): 0 when never set. Only forward (HY_ECONFLICT), but
 * for 0: begin again. */
enum hy_status hy_cursor_get(struct hy_store *st, const char *name, int64_t *seq,
			     struct hy_err *err);
enum hy_status hy_cursor_set(struct hy_store *st, const char *name, int64_t seq,
			     struct hy_err *err);

/* ---- leases ---- */
/* Takes or renews the lease `name` for `owner` (unguessable text of this process) until now + ttl;
 * HY_EBUSY when another holds it. A new holder gets a greater fence. */
enum hy_status hy_lease_take(struct hy_store *st, const char *name, const char *owner, hy_dur ttl,
			     struct hy_lease *out, struct hy_err *err);
enum hy_status hy_lease_release(struct hy_store *st, const char *name, const char *owner,
				struct hy_err *err);
/* Ends the lease whoever holds it: only for one who knows that the holder is dead (it let go of its
 * lock file). The next taker gets a greater fence. */
enum hy_status hy_lease_break(struct hy_store *st, const char *name, struct hy_err *err);
enum hy_status hy_lease_list(struct hy_store *st, const void *ctx, struct hy_lease **out, size_t *n,
			     struct hy_err *err);

/* ---- audit: hash chain h_n = SHA-256(0x01 || h_(n-1) || SHA-256(0x00 || canonical JSON of the
 * row)) ---- */
/* Appends in the open transaction (HY_BUG outside one): every human action writes its row in the
 * same transaction. detail: JSON of ids and hashes. */
enum hy_status hy_audit_add(struct hy_store *st, struct hy_person_id actor, const char *action,
			    const char *object, const char *detail, struct hy_err *err);
enum hy_status hy_audit_list(struct hy_store *st, const void *ctx,
			     int64_t before_id /* 0 = newest */, int limit,
			     struct hy_audit_row **out, size_t *n, struct hy_err *err);
/* Walks the chain; *bad = id of the first wrong row, 0 = whole; *count rows; head of the last. */
enum hy_status hy_audit_verify(struct hy_store *st, int64_t *bad, int64_t *count,
			       uint8_t head[HY_SHA256_LEN], struct hy_err *err);

/* ---- office ---- */
enum hy_status hy_unit_add(struct hy_store *st, const struct hy_unit *u, struct hy_unit_id *out,
			   struct hy_err *err); /* HY_EEXISTS by name */
enum hy_status hy_unit_get(struct hy_store *st, const void *ctx, struct hy_unit_id id,
			   struct hy_unit **out, struct hy_err *err);
enum hy_status hy_unit_find(struct hy_store *st, const void *ctx, const char *name_or_id,
			    struct hy_unit **out, struct hy_err *err);
enum hy_status hy_unit_list(struct hy_store *st, const void *ctx, struct hy_unit **out, size_t *n,
			    struct hy_err *err);
/* The sources of a unit and of all units below it, removed ones too (their items are still there),
 * in rising order: talloc array, child of ctx. */
enum hy_status hy_unit_sources(struct hy_store *st, const void *ctx, struct hy_unit_id id,
			       struct hy_source_id **out, size_t *n, struct hy_err *err);
/* A number that changes when a source changes its unit or a unit its parent: a rule that names a
 * unit is then to be parsed anew. */
enum hy_status hy_unit_stamp(struct hy_store *st, int64_t *out, struct hy_err *err);

enum hy_status hy_person_add(struct hy_store *st, const struct hy_person *p,
			     struct hy_person_id *out, struct hy_err *err);
enum hy_status hy_person_update(struct hy_store *st, const struct hy_person *p,
				struct hy_err *err); /* all but id; password_hash NULL keeps it */
enum hy_status hy_person_get(struct hy_store *st, const void *ctx, struct hy_person_id id,
			     struct hy_person **out, struct hy_err *err);
enum hy_status hy_person_find(struct hy_store *st, const void *ctx, const char *login,
			      struct hy_person **out, struct hy_err *err);
enum hy_status hy_person_find_unix(struct hy_store *st, const void *ctx, const char *unix_name,
				   struct hy_person **out, struct hy_err *err);
enum hy_status hy_person_list(struct hy_store *st, const void *ctx, struct hy_person **out,
			      size_t *n, struct hy_err *err);
/* Tokens of the command line and API: only SHA-256 is stored. purpose: "cli", "login-link" (once,
 * until). */
enum hy_status hy_token_add(struct hy_store *st, struct hy_person_id p, const char *purpose,
			    const uint8_t sha256[32], hy_time until /* 0 = for ever */,
			    struct hy_err *err);
enum hy_status
hy_token_find(struct hy_store *st, const void *ctx, const char *purpose, const uint8_t sha256[32],
	      struct hy_person **out,
	      struct hy_err *err); /* HY_EAUTH when unknown, expired or the person inactive */
enum hy_status hy_token_use(struct hy_store *st, const void *ctx, const char *purpose,
			    const uint8_t sha256[32], struct hy_person **out,
			    struct hy_err *err); /* as find, and removes it: once only */
enum hy_status hy_token_remove_all(struct hy_store *st, struct hy_person_id p, const char *purpose,
				   struct hy_err *err);
/*
 * Saved searches: add (HY_EEXISTS for a name that is there), find by name or number (HY_ENOTFOUND), all by name,
 * remove with the keys of its feed. Children of ctx.
 */
enum hy_status hy_saved_add(struct hy_store *st, const struct hy_saved *s, struct hy_saved_id *out,
			    struct hy_err *err);
enum hy_status hy_saved_find(struct hy_store *st, const void *ctx, const char *name_or_id,
			     struct hy_saved **out, struct hy_err *err);
enum hy_status hy_saved_list(struct hy_store *st, const void *ctx, struct hy_saved **out, size_t *n,
			     struct hy_err *err);
enum hy_status hy_saved_remove(struct hy_store *st, struct hy_saved_id id, struct hy_err *err);
/*
 * Keys of feeds: only SHA-256 is stored. A person has one for a search: set puts it in the place of an older
 * one. find: HY_ENOTFOUND when unknown or the person inactive. told: writes down the day of k.
 */
enum hy_status hy_feed_key_set(struct hy_store *st, struct hy_saved_id saved, struct hy_person_id p,
			       const uint8_t sha256[32], struct hy_err *err);
enum hy_status hy_feed_key_find(struct hy_store *st, const void *ctx, const uint8_t sha256[32],
				struct hy_feed_key **out, struct hy_err *err);
enum hy_status hy_feed_key_of(struct hy_store *st, const void *ctx, struct hy_saved_id saved,
			      struct hy_person_id p, struct hy_feed_key **out, struct hy_err *err);
enum hy_status hy_feed_key_told(struct hy_store *st, const struct hy_feed_key *k,
				struct hy_err *err);
/* Ends all keys of a search, all of a person. */
enum hy_status hy_feed_key_remove(struct hy_store *st, struct hy_saved_id saved,
				  struct hy_err *err);
enum hy_status hy_feed_key_remove_person(struct hy_store *st, struct hy_person_id p,
					 struct hy_err *err);
/* Web sessions: stored by SHA-256 of the cookie; idle and absolute limits are the caller's. */
enum hy_status hy_session_add(struct hy_store *st, const uint8_t sha256[32],
			      const struct hy_session *s, struct hy_err *err);
enum hy_status hy_session_get(struct hy_store *st, const uint8_t sha256[32], struct hy_session *out,
			      struct hy_err *err);
enum hy_status hy_session_touch(struct hy_store *st, const uint8_t sha256[32], hy_time seen,
				struct hy_err *err);
enum hy_status hy_session_remove(struct hy_store *st, const uint8_t sha256[32], struct hy_err *err);
enum hy_status hy_session_remove_person(struct hy_store *st, struct hy_person_id p,
					struct hy_err *err);

enum hy_status hy_account_add(struct hy_store *st, const struct hy_account *a,
			      const struct hy_secret *secret /* or NULL */,
			      struct hy_account_id *out, struct hy_err *err);
enum hy_status hy_account_get(struct hy_store *st, const void *ctx, struct hy_account_id id,
			      struct hy_account **out, struct hy_err *err);
/* By name, else by the number in digits. HY_ENOTFOUND. */
enum hy_status hy_account_find(struct hy_store *st, const void *ctx, const char *name_or_id,
			       struct hy_account **out, struct hy_err *err);
enum hy_status hy_account_list(struct hy_store *st, const void *ctx, struct hy_account **out,
			       size_t *n, struct hy_err *err);
enum hy_status hy_account_secret(struct hy_store *st, const void *ctx, struct hy_account_id id,
				 struct hy_secret **out, struct hy_err *err);
enum hy_status hy_account_set_secret(struct hy_store *st, struct hy_account_id id,
				     const struct hy_secret *secret,
				     struct hy_err *err); /* empty: HY_EINPUT */
enum hy_status hy_account_set_state(struct hy_store *st, struct hy_account_id id,
				    enum hy_account_state state, const char *why,
				    struct hy_err *err);
/* What a platform's answer does to an account: only where it is still `from` in the record, so that
 * a person's freeze or end stays. *moved: it was. */
enum hy_status hy_account_move(struct hy_store *st, struct hy_account_id id,
			       enum hy_account_state from, enum hy_account_state to,
			       const char *why, bool *moved, struct hy_err *err);
/* Revoked for good, under another name: its own is free for another account, while approvals go on
 * to name it as it was (signed_as). HY_EEXISTS: the new name is taken. */
enum hy_status hy_account_end(struct hy_store *st, const struct hy_account *a, const char *rename,
			      struct hy_err *err);

/* ---- grants: tokens of accounts, kept by their one owner ----
 * See desk/granting.c. */
struct hy_grant {
	struct hy_account_id account;
	bool has_token;	    /* had from the platform; else the account's secret is the token */
	const char *client; /* the application it was given to, or NULL */
	hy_time got;	    /* the token or what is known of its end */
	hy_time until;	    /* 0 = the platform names no end */
	hy_time next_at;    /* of the next renewal or test */
	hy_time tested, good; /* last asked; last found good */
	int failures;	      /* in a row */
	const char *error;    /* NULL or one line */
	int warned;	      /* days left at the last warning, 0 = none yet */
	int64_t fence;	      /* of the owner who wrote it */
};
/* next_at: the token in use was refused, another is needed; a person wants to know. */
#define HY_GRANT_FORCE ((hy_time)1)
#define HY_GRANT_ASKED ((hy_time)2)
/* HY_ENOTFOUND: nothing is known yet. */
enum hy_status hy_grant_get(struct hy_store *st, const void *ctx, struct hy_account_id id,
			    struct hy_grant **out, struct hy_err *err);
/* NULL: there is none. HY_EAUTH without the master key. */
enum hy_status hy_grant_token(struct hy_store *st, const void *ctx, struct hy_account_id id,
			      struct hy_secret **out, struct hy_err *err);
enum hy_status hy_grant_client_secret(struct hy_store *st, const void *ctx, struct hy_account_id id,
				      struct hy_secret **out, struct hy_err *err);
/* The owner's: all but has_token and client; token NULL keeps the one that is there, an empty one
 * is HY_EINPUT. HY_ECONFLICT: a newer fence has written. */
enum hy_status hy_grant_put(struct hy_store *st, const struct hy_grant *g,
			    const struct hy_secret *token, struct hy_err *err);
/* A person's: to be tested or renewed at `at`. anew: the secret is another, what was known of its
 * end is forgotten; a token in use stays until it is replaced. */
enum hy_status hy_grant_due(struct hy_store *st, struct hy_account_id id, hy_time at, bool anew,
			    struct hy_err *err);
/* NULL leaves what is there. */
enum hy_status hy_grant_set_client(struct hy_store *st, struct hy_account_id id, const char *client,
				   const struct hy_secret *secret, struct hy_err *err);
/* Erases token, client and the account's own secret. */
enum hy_status hy_grant_end(struct hy_store *st, struct hy_account_id id, struct hy_err *err);

/* ---- sources and items ---- */
enum hy_status hy_source_add(struct hy_store *st, const struct hy_source *s,
			     struct hy_source_id *out, struct hy_err *err);
enum hy_status hy_source_get(struct hy_store *st, const void *ctx, struct hy_source_id id,
			     struct hy_source **out, struct hy_err *err);
enum hy_status hy_source_find(struct hy_store *st, const void *ctx, const char *name_or_id,
			      struct hy_source **out, struct hy_err *err);
enum hy_status hy_source_list(struct hy_store *st, const void *ctx, bool removed_too,
			      struct hy_source **out, size_t *n, struct hy_err *err);
/* Active ones with next_at <= now, longest waiting first. Without cursor (NULL) and options ("{}"). */
enum hy_status hy_source_due(struct hy_store *st, const void *ctx, hy_time now, int limit,
			     struct hy_source **out, size_t *n, struct hy_err *err);
/* Earliest next_at of active sources, of those later than `after` unless that is 0; HY_TIME_NEVER
 * when none. */
enum hy_status hy_source_next(struct hy_store *st, hy_time after, hy_time *out, struct hy_err *err);
enum hy_status hy_source_set_state(struct hy_store *st, struct hy_source_id id,
				   enum hy_source_state state, struct hy_err *err);
/* Not looked at until a person resumes it; why: in last_error, which stays until then. */
enum hy_status hy_source_pause(struct hy_store *st, struct hy_source_id id, const char *why,
			       struct hy_err *err);
/* unit 0: nobody's. HY_ENOTFOUND when there is no such unit or source. */
enum hy_status hy_source_set_unit(struct hy_store *st, struct hy_source_id id,
				  struct hy_unit_id unit, struct hy_err *err);
/* url, reach, place, unit, options, cursor and next_at, as they are in s. */
enum hy_status hy_source_edit(struct hy_store *st, const struct hy_source *s, struct hy_err *err);
/* options: a JSON object. */
enum hy_status hy_source_set_options(struct hy_store *st, struct hy_source_id id,
				     const char *options, struct hy_err *err);
enum hy_status hy_source_set_url(struct hy_store *st, struct hy_source_id id, const char *url,
				 struct hy_err *err);
/* Cursor and health after a try: cursor, last_*, next_at, failures, last_error, last_status. */
enum hy_status hy_source_tried(struct hy_store *st, const struct hy_source *s, struct hy_err *err);
/* Adds to the totals of the source: in the transaction of the items that it counts. */
enum hy_status hy_source_received(struct hy_store *st, struct hy_source_id id,
				  const struct hy_received *r, struct hy_err *err);
/* The same for a source that is told and never looks: the totals, and where good the times of
 * last_try and last_ok, with new things last_new. HY_ENOTFOUND. */
enum hy_status hy_source_heard(struct hy_store *st, struct hy_source_id id, hy_time at, bool good,
			       const struct hy_received *r, struct hy_err *err);
/* Makes all (id 0) or one active source due at `at`; all: but those that are never looked at. */
enum hy_status hy_source_make_due(struct hy_store *st, struct hy_source_id id, hy_time at,
				  struct hy_err *err);

enum hy_put { HY_PUT_NEW, HY_PUT_EDIT /* a new revision */, HY_PUT_REPEAT };
/*
 * Takes one item into the log (fields source .. url_public are read; seq, id, revision are filled
 * in): a known (source, native) with the same content hash is a repeat, with another a new
 * revision. Call within hy_store_begin() together with hy_source_received(), the last ones with
 * hy_source_tried(): rows, counts and cursor move in one transaction.
 */
enum hy_status hy_item_put(struct hy_store *st, struct hy_item *it, enum hy_put *what,
			   struct hy_err *err);
/* Look-ups for the identity ladder: the latest revision with this link hash within the source,
 * HY_ENOTFOUND. */
enum hy_status hy_item_find_link(struct hy_store *st, const void *ctx, struct hy_source_id source,
				 const uint8_t link[HY_HASH_LEN], struct hy_item **out,
				 struct hy_err *err);
/* Items of a source that have neither id nor link (HY_ITEM_UNNAMED), posted within [since, until),
 * latest revisions, newest first: the near-copy step of the ladder. */
enum hy_status hy_item_recent(struct hy_store *st, const void *ctx, struct hy_source_id source,
			      hy_time since, hy_time until, int limit, struct hy_item **out,
			      size_t *n, struct hy_err *err);
/* Another native id now names this item (regenerated ids, same link): later puts under it are
 * revisions of it. */
enum hy_status hy_item_alias(struct hy_store *st, struct hy_item_id id, struct hy_source_id source,
			     const uint8_t native[HY_HASH_LEN], struct hy_err *err);
/* A part of the log. */
struct hy_part {
	int64_t after; /* seq */
	int limit;     /* items */
	size_t max_bytes;
};
/* The log: revisions with seq > after, in order, at most limit. */
enum hy_status hy_item_log(struct hy_store *st, const void *ctx, int64_t after, int limit,
			   struct hy_item **out, size_t *n, struct hy_err *err);
/* As hy_item_log(), but stops after the item with which title and text pass max_bytes. *more: there
 * may be further items. ctx may be a talloc pool: strings are laid into it. */
enum hy_status hy_item_log_part(struct hy_store *st, const void *ctx, const struct hy_part *part,
				struct hy_item **out, size_t *n, bool *more, struct hy_err *err);
/* The seqs of [min, max] that the log still has, rising: a talloc array of *n, child of ctx. */
enum hy_status hy_item_seqs(struct hy_store *st, const void *ctx, int64_t min, int64_t max,
			    int64_t **out, size_t *n, struct hy_err *err);
enum hy_status hy_item_seq(struct hy_store *st, const void *ctx, int64_t seq, struct hy_item **out,
			   struct hy_err *err);
enum hy_status hy_item_get(struct hy_store *st, const void *ctx, struct hy_item_id id,
			   struct hy_item **out, struct hy_err *err); /* latest revision */
enum hy_status hy_item_revisions(struct hy_store *st, const void *ctx, struct hy_item_id id,
				 struct hy_item **out, size_t *n, struct hy_err *err);
/* The place of the log before the first item taken at or after t (the end when there is none). */
enum hy_status hy_item_taken_seq(struct hy_store *st, hy_time t, int64_t *seq, struct hy_err *err);
enum hy_status hy_item_last_seq(struct hy_store *st, int64_t *seq,
				int64_t *live /* latest revisions; may be NULL */,
				struct hy_err *err);
/* When the first item past a place of the log was taken; 0 = there is none: how late a follower is.
 */
enum hy_status hy_item_waiting(struct hy_store *st, int64_t after, hy_time *taken,
			       struct hy_err *err);
/* Opens the sealed URL: writes one audit row (G4). NULL in *out when there is none. */
enum hy_status hy_item_open_url(struct hy_store *st, const void *ctx, struct hy_person_id actor,
				struct hy_item_id id, char **out, struct hy_err *err);
/*
 * Erases whole days: public items (any kind but HY_ITEM_MESSAGE) taken before `before`, the start
 * of a day, that are no claim's sighting; old revisions of a younger item too; then
 * checkpoint(TRUNCATE). *gone revisions; HY_OK with 0 is fine. HY_EBUSY: erased, but a reader keeps
 * the write-ahead log from being emptied: run it again. A seq is never given twice. The native id
 * is forgotten as well: an item that its source still lists would come in as new, so the collector
 * leaves out what was posted before the retention. Not inside a transaction (HY_BUG).
 */
enum hy_status hy_item_purge(struct hy_store *st, hy_time before, int64_t *gone,
			     struct hy_err *err);

/* ---- watches and alerts ---- */
/* A new watch runs from the end of the log on. HY_EEXISTS by name. */
enum hy_status hy_watch_add(struct hy_store *st, const struct hy_watch *w, struct hy_watch_id *out,
			    struct hy_err *err);
/* name, kind (NULL: as before), query, level, enabled. Another query or kind is a new version, which
 * runs from the end of the log as it is in this transaction; so does one that is enabled again. */
enum hy_status hy_watch_set(struct hy_store *st, const struct hy_watch *w, struct hy_err *err);
/* It still runs over what stands in the log now. */
enum hy_status hy_watch_remove(struct hy_store *st, struct hy_watch_id id, struct hy_err *err);
enum hy_status hy_watch_find(struct hy_store *st, const void *ctx, const char *name_or_id,
			     struct hy_watch **out, struct hy_err *err);
enum hy_status hy_watch_list(struct hy_store *st, const void *ctx, struct hy_watch **out, size_t *n,
			     struct hy_err *err);
/* Newest first, those with `words` (NULL or "": all) in name or query. */
enum hy_status hy_watch_page(struct hy_store *st, const void *ctx, const char *words,
			     int64_t before_id, int limit, struct hy_watch **out, size_t *n,
			     struct hy_err *err);
/* Enabled ones of a kind (NULL: all). */
enum hy_status hy_watch_count(struct hy_store *st, const char *kind, int64_t *out,
			      struct hy_err *err);
/* What runs anywhere past the place `after`, and the count of changes until now: read both in one
 * transaction with what else must fit. */
enum hy_status hy_watch_spans(struct hy_store *st, const void *ctx, int64_t after,
			      struct hy_watch_span **out, size_t *n, int64_t *change,
			      struct hy_err *err);
/* All stretches of one watch, oldest first. */
enum hy_status hy_watch_versions(struct hy_store *st, const void *ctx, struct hy_watch_id id,
				 struct hy_watch_span **out, size_t *n, struct hy_err *err);
/* Its alerts, those not closed, matches in all; matches in closed ones called noise or known, and
 * case, claim or done. */
struct hy_watch_sums {
	int64_t alerts, open, matches, noise, useful;
};
enum hy_status hy_watch_sum(struct hy_store *st, struct hy_watch_id id, struct hy_watch_sums *out,
			    struct hy_err *err);
/* The first place of the log where a change after number `change` holds (INT64_MAX: none): what was
 * read then is right for every item up to and with it. */
enum hy_status hy_watch_changed(struct hy_store *st, int64_t change, int64_t *place,
				struct hy_err *err);

/* Runs over the archive: up to the end of the log as it is now. One is worked on at a time. */
enum hy_status hy_watch_run_add(struct hy_store *st, struct hy_watch_id watch /* 0 = all */,
				struct hy_person_id who, int64_t *out, struct hy_err *err);
enum hy_status hy_watch_run_get(struct hy_store *st, const void *ctx, int64_t id,
				struct hy_watch_run **out, struct hy_err *err);
/* The oldest open one; HY_ENOTFOUND. */
enum hy_status hy_watch_run_next(struct hy_store *st, const void *ctx, struct hy_watch_run **out,
				 struct hy_err *err);
enum hy_status hy_watch_run_list(struct hy_store *st, const void *ctx, int64_t before_id, int limit,
				 struct hy_watch_run **out, size_t *n, struct hy_err *err);
/* Writes at, seen, matches, opened, state, finished of a run that stands open at `from_at`;
 * HY_ECONFLICT otherwise. */
enum hy_status hy_watch_run_move(struct hy_store *st, const struct hy_watch_run *r,
				 int64_t from_at, struct hy_err *err);
/* The versions that were in force when it was asked for. */
enum hy_status hy_watch_run_rules(struct hy_store *st, const void *ctx,
				  const struct hy_watch_run *r, struct hy_watch_span **out,
				  size_t *n, struct hy_err *err);

/* One match: joins the open alert with this key or opens one; the pair (alert, seq) is kept once,
 * so that a replay changes nothing. *fresh = newly opened. */
enum hy_status hy_alert_match(struct hy_store *st, const struct hy_alert *a, int64_t seq,
			      hy_time at, struct hy_alert_id *out, bool *fresh, struct hy_err *err);
enum hy_status hy_alert_get(struct hy_store *st, const void *ctx, struct hy_alert_id id,
			    struct hy_alert **out, struct hy_err *err);
/* What people said of the closed alerts of watches that hold this revision: noise or known; case,
 * claim or done. */
enum hy_status hy_alert_judged(struct hy_store *st, int64_t seq, bool *noise, bool *useful,
			       struct hy_err *err);
enum hy_status hy_alert_list(struct hy_store *st, const void *ctx, bool closed_too,
			     int64_t before_id, int limit, struct hy_alert **out, size_t *n,
			     struct hy_err *err);
enum hy_status hy_alert_items(struct hy_store *st, const void *ctx, struct hy_alert_id id,
			      int limit, struct hy_item **out, size_t *n, struct hy_err *err);
/* FIRING -> ACKED -> CLOSED(disposition); HY_ECONFLICT otherwise. */
enum hy_status hy_alert_ack(struct hy_store *st, struct hy_alert_id id, struct hy_person_id who,
			    struct hy_err *err);
enum hy_status hy_alert_close(struct hy_store *st, struct hy_alert_id id, const char *disposition,
			      struct hy_err *err);
enum hy_status hy_alert_link(struct hy_store *st, struct hy_alert_id id, struct hy_case_id cs,
			     struct hy_claim_id claim, struct hy_err *err); /* 0 = leave */

/* ---- claims ---- */
enum hy_status hy_claim_add(struct hy_store *st, const struct hy_claim *c, struct hy_claim_id *out,
			    struct hy_err *err);
enum hy_status hy_claim_get(struct hy_store *st, const void *ctx, struct hy_claim_id id,
			    struct hy_claim **out, struct hy_err *err);
enum hy_status hy_claim_list(struct hy_store *st, const void *ctx, int64_t before_id, int limit,
			     struct hy_claim **out, size_t *n, struct hy_err *err);
/* First hand: verdict and finding. Second hand: sign (another person, else HY_EREFUSED). A new
 * judgement drops the signature. */
enum hy_status hy_claim_judge(struct hy_store *st, struct hy_claim_id id, enum hy_verdict v,
			      const char *finding, struct hy_person_id who, struct hy_err *err);
enum hy_status hy_claim_sign(struct hy_store *st, struct hy_claim_id id, struct hy_person_id who,
			     struct hy_err *err);
enum hy_status hy_claim_set_state(struct hy_store *st, struct hy_claim_id id,
				  enum hy_claim_state state, struct hy_err *err);
enum hy_status
hy_sighting_add(struct hy_store *st, const struct hy_sighting *s,
		struct hy_err *err); /* the same (claim, item) again is HY_OK and no row */
enum hy_status hy_sighting_list(struct hy_store *st, const void *ctx, struct hy_claim_id id,
				struct hy_sighting **out, size_t *n, struct hy_err *err);
enum hy_status hy_evidence_add(struct hy_store *st, const struct hy_evidence *e,
			       struct hy_evidence_id *out, struct hy_err *err);
enum hy_status hy_evidence_get(struct hy_store *st, const void *ctx, struct hy_evidence_id id,
			       struct hy_evidence **out, struct hy_err *err);
enum hy_status hy_evidence_list(struct hy_store *st, const void *ctx, struct hy_claim_id id,
				struct hy_evidence **out, size_t *n, struct hy_err *err);

/* ---- statements, approvals, deliveries ---- */
enum hy_status hy_statement_add(struct hy_store *st, const struct hy_statement *s,
				struct hy_statement_id *out,
				struct hy_err *err); /* revision 1, DRAFT */
/* A new revision: back to DRAFT, approval void. HY_ECONFLICT when approved already (write an
 * erratum) or when revision is not s->revision. */
enum hy_status hy_statement_revise(struct hy_store *st, const struct hy_statement *s,
				   struct hy_err *err);
enum hy_status hy_statement_get(struct hy_store *st, const void *ctx, struct hy_statement_id id,
				struct hy_statement **out, struct hy_err *err);
enum hy_status hy_statement_revision(struct hy_store *st, const void *ctx,
				     struct hy_statement_id id, int revision,
				     struct hy_statement **out, struct hy_err *err);
enum hy_status hy_statement_list(struct hy_store *st, const void *ctx, int state /* -1 = any */,
				 int64_t before_id, int limit, struct hy_statement **out, size_t *n,
				 struct hy_err *err);
/* Approved ones of which the delivery to this account is SENT, or that are being sent to it now;
 * newest decision first: what the site shows. */
enum hy_status hy_statement_on_account(struct hy_store *st, const void *ctx,
				       struct hy_account_id account, int limit,
				       struct hy_statement **out, size_t *n, struct hy_err *err);
enum hy_status hy_statement_submit(struct hy_store *st, struct hy_statement_id id, int revision,
				   struct hy_person_id who, struct hy_err *err);
/*
 * SUBMITTED -> APPROVED for exactly this revision and digest, by a person who wrote none of its
 * revisions (HY_EREFUSED, also by a trigger in the record); keeps the office's signature; makes one
 * PLANNED delivery for each target, in the same transaction. A replay is HY_ECONFLICT.
 */
enum hy_status hy_statement_approve(struct hy_store *st, struct hy_statement_id id, int revision,
				    const uint8_t digest[HY_SHA256_LEN], struct hy_person_id who,
				    const uint8_t signature[HY_ED25519_SIG_LEN],
				    struct hy_err *err);
enum hy_status hy_statement_reject(struct hy_store *st, struct hy_statement_id id, int revision,
				   struct hy_person_id who, const char *why, struct hy_err *err);
enum hy_status hy_statement_cancel(struct hy_store *st, struct hy_statement_id id,
				   struct hy_person_id who,
				   struct hy_err *err); /* before anything was sent */

enum hy_status hy_delivery_get(struct hy_store *st, const void *ctx, struct hy_delivery_id id,
			       struct hy_delivery **out, struct hy_err *err);
enum hy_status hy_delivery_list(struct hy_store *st, const void *ctx,
				struct hy_statement_id s /* 0 = all open ones */,
				struct hy_delivery **out, size_t *n, struct hy_err *err);
/* Does another delivery than `but` to this account have this receipt? */
enum hy_status hy_delivery_has_receipt(struct hy_store *st, struct hy_account_id account,
				       const char *receipt, struct hy_delivery_id but, bool *out,
				       struct hy_err *err);
/* Due: PLANNED with not_before <= now, WAIT with wait_until <= now, UNKNOWN with wait_until <= now
 * (to be looked up); oldest first. */
enum hy_status hy_delivery_due(struct hy_store *st, const void *ctx, hy_time now, int limit,
			       struct hy_delivery **out, size_t *n, struct hy_err *err);
enum hy_status hy_delivery_next(struct hy_store *st, hy_time *out, struct hy_err *err);
/*
 * Moves d from `from` to d->state and writes attempt, wait_until, receipt, receipt_url, error,
 * lookups of d. HY_ECONFLICT when the row is no longer in `from`, or a newer fence has touched it:
 * the late one of two publishers changes nothing. The allowed moves are publisher/'s table.
 */
enum hy_status hy_delivery_move(struct hy_store *st, const struct hy_delivery *d,
				enum hy_delivery_state from, int64_t fence, struct hy_err *err);
/* On start of the publish role: every SENDING becomes UNKNOWN, never PLANNED. *n changed. */
enum hy_status hy_delivery_recover(struct hy_store *st, int64_t fence, int64_t *n,
				   struct hy_err *err);

/* ---- cases ---- */
/* Gives number (YYYYMMDD-NNNN of `civil_date`, e.g. 20261121) and code; writes the "opened" event.
 */
enum hy_status hy_case_add(struct hy_store *st, const struct hy_case *c, int civil_date,
			   struct hy_person_id who, struct hy_case_id *out, struct hy_err *err);
enum hy_status hy_case_get(struct hy_store *st, const void *ctx, struct hy_case_id id,
			   struct hy_case **out, struct hy_err *err);
enum hy_status hy_case_find(struct hy_store *st, const void *ctx, const char *number_or_id,
			    struct hy_case **out, struct hy_err *err);
struct hy_case_filter {
	bool closed_too;
	struct hy_unit_id unit;		    /* 0 = any */
	hy_time opened_since, opened_until; /* 0 = open end; half-open */
	hy_time due_before;		    /* 0 = any */
	bool waiting;			    /* for the citizen, those alone */
	int64_t before_id;
	int limit;
};
enum hy_status hy_case_list(struct hy_store *st, const void *ctx, const struct hy_case_filter *f,
			    struct hy_case **out, size_t *n, struct hy_err *err);
/* Every channel by which a case came, children of ctx. */
enum hy_status hy_case_channels(struct hy_store *st, const void *ctx, const char *const **out,
				size_t *n, struct hy_err *err);
/* Writes the state fields of c (state, unit, first_reply, resolved, closed, due_*, calendar, round,
 * *_met, type) and the event, in one transaction. HY_ECONFLICT when the state is no longer `from`.
 */
enum hy_status hy_case_move(struct hy_store *st, const struct hy_case *c, enum hy_case_state from,
			    const struct hy_case_event *e, struct hy_err *err);
enum hy_status hy_case_events(struct hy_store *st, const void *ctx, struct hy_case_id id,
			      struct hy_case_event **out, size_t *n, struct hy_err *err);

/* One event of a history; HY_ENOTFOUND. */
enum hy_status hy_case_event_get(struct hy_store *st, const void *ctx, int64_t id,
				 struct hy_case_event **out, struct hy_err *err);

/* ---- answers to citizens ---- */
/* PLANNED, for the case's newest "replied" event; cs, account, not_after and who of a are read. One
 * event has one answer: HY_EEXISTS. In the transaction of the reply. */
enum hy_status hy_answer_add(struct hy_store *st, const struct hy_answer *a,
			     struct hy_answer_id *out, struct hy_err *err);
enum hy_status hy_answer_get(struct hy_store *st, const void *ctx, struct hy_answer_id id,
			     struct hy_answer **out, struct hy_err *err);
/* Of a case, oldest first. */
enum hy_status hy_answer_list(struct hy_store *st, const void *ctx, struct hy_case_id cs,
			      struct hy_answer **out, size_t *n, struct hy_err *err);
/* All that are PLANNED, SENDING, WAIT or UNKNOWN. */
enum hy_status hy_answer_open(struct hy_store *st, const void *ctx, struct hy_answer **out,
			      size_t *n, struct hy_err *err);
/* Due: PLANNED, WAIT, UNKNOWN (to be looked up) with wait_until <= now, but for those that an earlier
 * one of the same case is on its way before. */
enum hy_status hy_answer_due(struct hy_store *st, const void *ctx, hy_time now, int limit,
			     struct hy_answer **out, size_t *n, struct hy_err *err);
enum hy_status hy_answer_next(struct hy_store *st, hy_time *out, struct hy_err *err);
/* As hy_delivery_move(): writes state, attempt, tried, wait_until, not_after, receipt, error,
 * lookups. HY_ECONFLICT when it is no longer in `from`, or a newer fence has touched it. */
enum hy_status hy_answer_move(struct hy_store *st, const struct hy_answer *a,
			      enum hy_delivery_state from, int64_t fence, struct hy_err *err);
/* On start of the publish role: every SENDING becomes UNKNOWN, never PLANNED. *n changed. */
enum hy_status hy_answer_recover(struct hy_store *st, int64_t fence, int64_t *n,
				 struct hy_err *err);
/* What waits for this account is due now; an UNKNOWN that is a person's stays theirs. */
enum hy_status hy_answer_wake(struct hy_store *st, struct hy_account_id account, hy_time now,
			      struct hy_err *err);
/* The newest answer over this account with this receipt, or this key (NULL = not asked).
 * HY_ENOTFOUND. */
enum hy_status hy_answer_find(struct hy_store *st, const void *ctx, struct hy_account_id account,
			      const char *receipt, const char *key, struct hy_answer **out,
			      struct hy_err *err);
/* Answers over this account, moved since then, in whose receipt this stands, newest first: the caller
 * compares. */
enum hy_status hy_answer_with(struct hy_store *st, const void *ctx, struct hy_account_id account,
			      const char *part, hy_time since, int limit, struct hy_answer **out,
			      size_t *n, struct hy_err *err);
/* Of the newest 1000: SENT, not reported, and to be asked about (wait_until, set
 * when it was sent; 0 = not) by now. */
enum hy_status hy_answer_unreported(struct hy_store *st, const void *ctx, hy_time now, int limit,
				    struct hy_answer **out, size_t *n, struct hy_err *err);
/* When the next of those is; HY_TIME_NEVER. */
enum hy_status hy_answer_ask_next(struct hy_store *st, hy_time *out, struct hy_err *err);
/* It is asked about: lookups and wait_until (0 = no more) of a. No change once it was reported. */
enum hy_status hy_answer_asked(struct hy_store *st, const struct hy_answer *a, struct hy_err *err);
/* The carrier's word; why (may be NULL) becomes its error. One part of a message that was not
 * delivered outweighs the others. An UNKNOWN is settled by it: SENT, or FAILED; what waits to be
 * sent again and has arrived is SENT. While one is SENDING it is noted, and the result decides. */
enum hy_status hy_answer_reported(struct hy_store *st, struct hy_answer_id id,
				  enum hy_answer_report what, const char *why, struct hy_err *err);

/* ---- what citizens sent beside their words ---- */
/* "expected", "collected", "failed", "gone", "erased" */
const char *hy_media_state_name(enum hy_media_state state);
/* PLANNED (remote, not_after are read), GOT (type, bytes, n) or FAILED (error); cs, account, name. key: keyed hash of the
 * message; what is there already stays as it is. In the transaction of the message. */
enum hy_status hy_media_add(struct hy_store *st, const struct hy_media *m,
			    const uint8_t key[HY_HASH_LEN], struct hy_err *err);
/* PLANNED with wait_until <= now, with the platform's name. */
enum hy_status hy_media_due(struct hy_store *st, const void *ctx, hy_time now, int limit,
			    struct hy_media **out, size_t *n, struct hy_err *err);
enum hy_status hy_media_next(struct hy_store *st, hy_time *out, struct hy_err *err);
/* Of a case, oldest first, without bytes. */
enum hy_status hy_media_list(struct hy_store *st, const void *ctx, struct hy_case_id cs,
			     struct hy_media **out, size_t *n, struct hy_err *err);
enum hy_status hy_media_count(struct hy_store *st, struct hy_case_id cs, int64_t *out,
			      struct hy_err *err);
/* Bytes of all that came since. */
enum hy_status hy_media_bytes_since(struct hy_store *st, hy_time since, int64_t *out,
				    struct hy_err *err);
/* One of this case, with its bytes (NULL unless GOT). The caller writes the audit row.
 * HY_ENOTFOUND. */
enum hy_status hy_media_open(struct hy_store *st, const void *ctx, struct hy_case_id cs,
			     struct hy_media_id id, struct hy_media **out, struct hy_err *err);
/* It came whole; nothing happens unless it is PLANNED. */
enum hy_status hy_media_got(struct hy_store *st, struct hy_media_id id, const char *type,
			    const void *bytes, size_t n, struct hy_err *err);
/* It is tried again then; tried: this counts as an attempt. */
enum hy_status hy_media_wait(struct hy_store *st, struct hy_media_id id, hy_time until,
			     bool tried, const char *error, struct hy_err *err);
/* It will not come: FAILED or GONE. HY_ENOTFOUND unless it is PLANNED. */
enum hy_status hy_media_end(struct hy_store *st, struct hy_media_id id, enum hy_media_state state,
			    const char *error, struct hy_err *err);

/* ---- calendars of the office: overrides to the built-in days ---- */
struct hy_day_override {
	char date[11];
	bool work;
	const char *name, *why;
	struct hy_person_id who;
};
enum hy_status hy_calendar_set_day(struct hy_store *st, const char *calendar,
				   const struct hy_day_override *d, struct hy_err *err);
enum hy_status hy_calendar_days(struct hy_store *st, const void *ctx, const char *calendar,
				struct hy_day_override **out, size_t *n, struct hy_err *err);

/* ---- callbacks ----
 * The journal of raw bytes, sealed; erased after seven days, opened only to replay what a parser
 * did not understand. Hashes are keyed: nothing here names anybody. */
struct hy_callback_row {
	int64_t id;
	struct hy_source_id source;
	hy_time at;
	bool stamped;		     /* the platform signed a stamp beside the bytes */
	uint8_t stamp[HY_HASH_LEN];  /* keyed hash of it, unique within the source */
	uint8_t body[HY_HASH_LEN];   /* keyed hash of the bytes */
	bool unread;		     /* not understood: waits to be replayed */
	const uint8_t *raw;	     /* hy_callback_unread(), _waiting(); NULL when it is damaged */
	size_t n_raw;
};
/* The bytes that came with this stamp before, by their hash. HY_ENOTFOUND without a text. */
enum hy_status hy_callback_find(struct hy_store *st, struct hy_source_id source,
				const uint8_t stamp[HY_HASH_LEN], uint8_t body_out[HY_HASH_LEN],
				struct hy_err *err);
/* HY_EEXISTS: the stamp is there. */
enum hy_status hy_callback_add(struct hy_store *st, const struct hy_callback_row *row,
			       const void *raw, size_t n, struct hy_err *err);
enum hy_status hy_callback_unread(struct hy_store *st, const void *ctx, struct hy_source_id source,
				  int64_t after, int limit, struct hy_callback_row **out, size_t *n,
				  struct hy_err *err);
enum hy_status hy_callback_unread_count(struct hy_store *st, struct hy_source_id source,
					int64_t *out, struct hy_err *err);
/* It is understood now. */
enum hy_status hy_callback_read(struct hy_store *st, int64_t id, struct hy_err *err);
/* Those that wait under stamps from..to, with their bytes, in this order; out NULL: only how many. */
enum hy_status hy_callback_waiting(struct hy_store *st, const void *ctx, struct hy_source_id source,
				   const uint8_t from[HY_HASH_LEN], const uint8_t to[HY_HASH_LEN],
				   struct hy_callback_row **out, size_t *n, struct hy_err *err);
/* It was a part, and its whole is taken in: understood, and its stamp free for another. */
enum hy_status hy_callback_joined(struct hy_store *st, int64_t id, struct hy_err *err);
/* Erases the bytes that came before raw_before and identities older than push_before. */
enum hy_status hy_callback_erase(struct hy_store *st, hy_time raw_before, hy_time push_before,
				 int64_t *gone /* may be NULL */, struct hy_err *err);

/* One thing that a platform said, by a keyed hash of its identity within the source. */
struct hy_push_row {
	hy_time at;	 /* when it first came */
	hy_time changed; /* by the platform's clock: what is older than this changes nothing */
	bool gone;	 /* deleted, perhaps before it came */
	struct hy_item_id item;
	struct hy_case_id cs;
};
enum hy_status hy_push_find(struct hy_store *st, const void *ctx, struct hy_source_id source,
			    const uint8_t key[HY_HASH_LEN], struct hy_push_row **out,
			    struct hy_err *err);
/* New, or changed but for `at`. */
enum hy_status hy_push_put(struct hy_store *st, struct hy_source_id source,
			   const uint8_t key[HY_HASH_LEN], const struct hy_push_row *p,
			   struct hy_err *err);

/* How somebody who wrote to us is answered. contact: HMAC(contact key, account|id). */
enum hy_status hy_contact_add(struct hy_store *st, struct hy_case_id cs,
			      struct hy_account_id account, const uint8_t contact[HY_HASH_LEN],
			      const char *handle, hy_time at, struct hy_err *err);
/* The newest open case of this contact that was written to since; HY_ENOTFOUND without a text. */
enum hy_status hy_contact_find(struct hy_store *st, struct hy_account_id account,
			       const uint8_t contact[HY_HASH_LEN], hy_time since,
			       struct hy_case_id *out, struct hy_err *err);
enum hy_status hy_contact_wrote(struct hy_store *st, struct hy_case_id cs, hy_time at,
				struct hy_err *err);
/* Erases the contacts and attachments of cases that were closed before: they cannot be opened again. Their bytes go
 * with the checkpoint of hy_item_purge(). */
enum hy_status hy_contact_erase(struct hy_store *st, hy_time closed_before, int64_t *gone,
				struct hy_err *err);
/* Opens the handle, to answer over the same account: last = when they last wrote (windows of 48 h
 * run from it). The caller writes the audit row. HY_ENOTFOUND; HY_EAUTH without the master key. */
enum hy_status hy_contact_open(struct hy_store *st, const void *ctx, struct hy_case_id cs,
			       struct hy_account_id *account, char **handle, hy_time *last,
			       struct hy_err *err);

/*
 * The balance sheet: received = new + repeat + refused for each source and day of the office
 * (YYYYMMDD). what: "received", as counted at the door; what became of it: "new" (why "", "edit" or
 * "sweep"), "repeat", "refused" (why: the reason); and beside it "lag" (why: seconds at most, of
 * steps of desk/balance.c) and "gap" (why "": nothing overlapped with the last look, "read": and
 * further pages closed it). Counted in the transaction of what it counts. n may be negative: a
 * refused one was understood later.
 */
struct hy_source_count {
	struct hy_source_id source;
	int day;
	const char *what, *why;
	int64_t n;
};
enum hy_status hy_source_count(struct hy_store *st, struct hy_source_id source, int day,
			       const char *what, const char *why, int64_t n, struct hy_err *err);
enum hy_status hy_source_counts(struct hy_store *st, const void *ctx, int day_since, int day_until,
				struct hy_source_count **out, size_t *n, struct hy_err *err);

/* ---- counts for overview and metrics ---- */
struct hy_counts {
	int64_t items, items_today /* since the given instant */, sources, sources_failing,
		alerts_firing, alerts_acked, cases_open, cases_overdue, claims_open,
		statements_waiting, deliveries_open, deliveries_sending, deliveries_unknown,
		deliveries_sent, deliveries_failed;
	int64_t answers_open;	   /* on their way to citizens */
	int64_t answers_unsettled; /* in doubt, failed or missed: a person's */
};
enum hy_status hy_counts(struct hy_store *st, hy_time day_start, struct hy_counts *out,
			 struct hy_err *err);
/* Items a slot of `slot` ms from since to until (posted), latest revisions; *out has (until -
 * since) / slot entries. */
enum hy_status hy_item_histogram(struct hy_store *st, const void *ctx, hy_time since, hy_time until,
				 hy_dur slot, int64_t **out, size_t *n, struct hy_err *err);

#endif
