/*
 * The plain records of Huying and their typed ids. No SQL, no behaviour. Strings are NUL-terminated
 * UTF-8, children of the record, NULL where unset unless said. Every id is the record's int64,
 * printed as a number; 0 = none.
 */
#ifndef HY_STORE_RECORDS_H
#define HY_STORE_RECORDS_H

#include "base/base.h"

struct hy_unit_id {
	int64_t v;
};
struct hy_person_id {
	int64_t v;
};
struct hy_account_id {
	int64_t v;
};
struct hy_source_id {
	int64_t v;
};
struct hy_item_id {
	int64_t v;
}; /* the seq of the item's first revision */
struct hy_saved_id {
	int64_t v;
};
struct hy_watch_id {
	int64_t v;
};
struct hy_alert_id {
	int64_t v;
};
struct hy_claim_id {
	int64_t v;
};
struct hy_evidence_id {
	int64_t v;
};
struct hy_statement_id {
	int64_t v;
};
struct hy_delivery_id {
	int64_t v;
};
struct hy_case_id {
	int64_t v;
};
struct hy_answer_id {
	int64_t v;
};
struct hy_media_id {
	int64_t v;
};

/* ---- the office ---- */

/* A department, township or village committee. */
struct hy_unit {
	struct hy_unit_id id;
	const char *name;  /* unique */
	const char *kind;  /* "department", "township", "village", "office" */
	const char *place; /* region code or name, "" if none */
	struct hy_unit_id parent;
	bool active;
};

/* Duties: what a person may do. A set of bits. */
enum hy_duty {
	HY_DUTY_VIEWER = 1,
	HY_DUTY_HANDLER = 2,
	HY_DUTY_CLERK = 4,
	HY_DUTY_EDITOR = 8,
	HY_DUTY_APPROVER = 16,
	HY_DUTY_SUPERVISOR = 32,
	HY_DUTY_ADMIN = 64,
};

/* Somebody who works at the desk (never a citizen, never an author of posts). */
struct hy_person {
	struct hy_person_id id;
	const char *login;     /* unique, ASCII or Chinese, no blanks */
	const char *name;      /* as shown */
	const char *unix_name; /* SO_PEERCRED's user, or NULL */
	struct hy_unit_id unit;
	unsigned duties;	   /* enum hy_duty bits */
	const char *password_hash; /* argon2id string, NULL = cannot log in by password */
	bool active;
};

/* An official account of a unit on a platform. */
enum hy_account_state {
	HY_ACCOUNT_ACTIVE,
	HY_ACCOUNT_FROZEN,
	HY_ACCOUNT_NEEDS_REAUTH,
	HY_ACCOUNT_REVOKED
};
struct hy_account {
	struct hy_account_id id;
	const char *name;     /* unique; what --to takes: "wordpress", "site" */
	const char *platform; /* a channel of publisher/: "wordpress", "site" */
	const char *url;      /* base URL, NULL for the built-in site */
	const char *login;    /* the account's own user name on the platform, NULL if none */
	const char *reach;    /* "127.0.0.1:18200" or NULL */
	struct hy_unit_id unit;
	enum hy_account_state state;
	const char *state_why; /* NULL or one line */
	bool has_secret;       /* a sealed secret is stored */
	hy_time last_post;
	const char *signed_as; /* what approvals name it by, where that is no more its name; else NULL */
};

/* ---- what comes in ---- */

enum hy_source_state {
	HY_SOURCE_ACTIVE,
	HY_SOURCE_PAUSED,
	HY_SOURCE_STOPPED /* 410, 401, 403: waits for a person */,
	HY_SOURCE_REMOVED
};
struct hy_source {
	struct hy_source_id id;
	const char *name; /* unique among those not removed */
	const char *kind; /* a collector: "feed" */
	const char *url;
	const char *reach;	/* or NULL */
	const char *place;	/* "" if none */
	struct hy_unit_id unit; /* whose it is, 0 = nobody's */
	const char *options;	/* JSON object, "{}" by default:
				   {"zone":"Asia/Shanghai","interval":900,"charset":...} */
	bool own;		/* it carries our own posts */
	bool official;		/* it belongs to a government body */
	enum hy_source_state state;
	/* the cursor and the health, written by collect alone */
	const char *cursor; /* JSON object of the collector: etag, last_modified, seen ids... */
	hy_time last_try, last_ok, last_new, next_at;
	int failures;		/* in a row */
	const char *last_error; /* NULL or one line */
	int last_status;	/* HTTP status of the last try, 0 = none */
	int64_t got_new, got_repeat, got_edit,
		got_refused; /* totals: received = new + edit + repeat + refused */
};

/* What became of what a source gave: received = fresh + edit + repeat + refused. */
struct hy_received {
	int64_t fresh;	 /* new items */
	int64_t edit;	 /* new revisions of known ones */
	int64_t repeat;	 /* known, unchanged */
	int64_t refused; /* not taken: without a text, cut, malformed */
};

#define HY_HASH_LEN 16
/* kind of an item */
enum hy_item_kind { HY_ITEM_ARTICLE, HY_ITEM_POST, HY_ITEM_COMMENT, HY_ITEM_MESSAGE };
#define HY_ITEM_OWN 1u
#define HY_ITEM_OFFICIAL 2u
#define HY_ITEM_ADDRESSED 4u
#define HY_ITEM_WITHDRAWN 8u
#define HY_ITEM_DATE_GUESSED 16u /* posted was missing or unusable: it is the time taken */
#define HY_ITEM_UNNAMED 32u	 /* neither id nor link: it is known by its words alone */

#define HY_ITEM_CUT 64u		 /* there is more of it than its source gave */

/* One post, article, comment or message as taken: one row per revision, append-only, seq strictly
 * rising. */
struct hy_item {
	int64_t seq;	       /* place in the log */
	struct hy_item_id id;  /* seq of revision 1 */
	int revision;	       /* from 1 */
	int64_t superseded_by; /* seq of a later revision, 0 = this is the latest (filled on
				  reading) */
	struct hy_source_id source;
	enum hy_item_kind kind;
	uint8_t native[HY_HASH_LEN];  /* hash of the native id within the source */
	uint8_t content[HY_HASH_LEN]; /* hash of title and text as stored: change detection */
	uint8_t link[HY_HASH_LEN];    /* hash of the canonical URL, zeroes = none: identity across
					 sources */
	hy_time posted, taken;
	const char *title, *text; /* masked plain text; "" when none */
	const char *lang;	  /* "zh", "en", "" */
	const char *place;	  /* "" */
	unsigned flags;
	uint8_t voice[HY_HASH_LEN]; /* weekly keyed hash of the author; zeroes = none */
	const void *url_sealed;
	size_t url_sealed_n;	/* AES-GCM, AAD item|<native hex>|url */
	const char *url_public; /* set only for sources marked own or official: may be shown; else
				   NULL */
};

/* ---- saved searches ---- */

/* A search that the office keeps; nobody owns it. */
struct hy_saved {
	struct hy_saved_id id;
	const char *name; /* unique */
	const char *query;
	const char *filters; /* a JSON object of the search's other parameters */
	hy_time made;
	int keys; /* of its feed, filled on reading */
};
/* A person's key of a feed, without the key. */
struct hy_feed_key {
	struct hy_saved_id saved;
	struct hy_person_id person;
	hy_time told; /* the day whose reading stands in the audit */
};

/* ---- warnings ---- */

/* A saved query run against each new item. A change of the query is a new version. */
struct hy_watch {
	struct hy_watch_id id;
	const char *name; /* unique */
	const char *kind; /* "query" (the language of search) or "regex"; NULL when written: query */
	const char *query;
	const char *level; /* "high", "medium", "low" */
	int version;
	bool enabled;
	struct hy_person_id made_by;
	hy_time made;
};
/* A stretch of the log over which one version of a watch runs: items with begin < seq <= until.
 * Stretches of a watch never overlap. */
struct hy_watch_span {
	int64_t id;
	struct hy_watch_id watch; /* may be removed by now */
	int version;
	const char *name, *kind, *query, *level;
	int64_t begin, until; /* until INT64_MAX: it runs on */
	hy_time made;
};
/* A run of rules over the archive: the watches as they were when it was asked for. */
enum hy_run_state { HY_RUN_OPEN, HY_RUN_DONE, HY_RUN_STOPPED };
struct hy_watch_run {
	int64_t id;
	struct hy_watch_id watch; /* 0 = all that were enabled */
	int64_t change;		  /* of the rules, see hy_watch_changed() */
	int64_t from, at, upto;	  /* places of the log: done is (from, at] of (from, upto] */
	int64_t seen, matches, opened;
	enum hy_run_state state;
	struct hy_person_id made_by;
	hy_time made, finished;
};
enum hy_alert_state { HY_ALERT_FIRING, HY_ALERT_ACKED, HY_ALERT_CLOSED };
struct hy_alert {
	struct hy_alert_id id;
	const char *kind; /* "watch" (surge, claim, silence ... later) */
	struct hy_watch_id watch;
	int watch_version;
	const char *level;
	const char *title;
	const char *why; /* why it rang, one or more lines */
	const char *key; /* de-duplication: one open alert a key */
	enum hy_alert_state state;
	const char *disposition; /* named end: "case", "claim", "noise", "known"; NULL while open */
	int64_t items;		 /* matched so far */
	hy_time first, last;	 /* time of the first and last match */
	struct hy_person_id acked_by;
	hy_time acked, closed;
	struct hy_case_id cs; /* opened from it, or 0 */
	struct hy_claim_id claim;
};

/* ---- claims ---- */

enum hy_verdict {
	HY_VERDICT_NONE,
	HY_VERDICT_TRUE,
	HY_VERDICT_PARTLY,
	HY_VERDICT_FALSE,
	HY_VERDICT_CONTEXT,
	HY_VERDICT_UNVERIFIED,
	HY_VERDICT_NOT_CHECKABLE
};
enum hy_claim_state { HY_CLAIM_OPEN, HY_CLAIM_CHECKING, HY_CLAIM_JUDGED, HY_CLAIM_CLOSED };
struct hy_claim {
	struct hy_claim_id id;
	const char *text; /* the assertion in one sentence */
	enum hy_claim_state state;
	enum hy_verdict verdict;		  /* stands once signed by a second */
	const char *finding;			  /* one sentence, what was found */
	struct hy_person_id judged_by, signed_by; /* two different people */
	hy_time opened, judged, signed_at;
	struct hy_person_id opened_by;
	struct hy_alert_id alert;
	int64_t sightings, evidence; /* counts */
};
struct hy_sighting {
	int64_t id;
	struct hy_claim_id claim;
	struct hy_item_id item; /* 0 for a report by hand */
	struct hy_source_id source;
	const char *channel; /* "feed", "weibo" ... */
	const char *place;
	hy_time seen;
	const char *note;
};
struct hy_evidence {
	struct hy_evidence_id id;
	struct hy_claim_id claim;
	const char *title;
	const char *url;   /* or NULL */
	const char *media; /* file name in media/, = hex of its SHA-256, or NULL */
	uint8_t sha256[HY_SHA256_LEN];
	hy_time captured;
	struct hy_person_id added_by;
};

/* ---- publishing ---- */

enum hy_statement_kind {
	HY_STATEMENT_NOTICE,
	HY_STATEMENT_PROGRESS,
	HY_STATEMENT_CORRECTION,
	HY_STATEMENT_REPLY,
	HY_STATEMENT_ERRATUM
};
enum hy_statement_state {
	HY_STATEMENT_DRAFT,
	HY_STATEMENT_SUBMITTED,
	HY_STATEMENT_APPROVED,
	HY_STATEMENT_REJECTED,
	HY_STATEMENT_CANCELLED
};
/* A text of the office: the current revision is joined in. */
struct hy_statement {
	struct hy_statement_id id;
	enum hy_statement_kind kind;
	enum hy_statement_state state;
	struct hy_claim_id claim;	 /* corrections */
	struct hy_case_id cs;		 /* replies */
	struct hy_statement_id corrects; /* errata: the statement put right */
	/* current revision */
	int revision;
	const char *title, *text; /* Markdown */
	struct hy_account_id *targets;
	size_t n_targets;	       /* sorted by id, no repeats */
	hy_time not_before, not_after; /* 0 = at once / default not-after */
	uint8_t digest[HY_SHA256_LEN]; /* over text, media, accounts and time: hy_statement_digest()
					  of publisher */
	struct hy_person_id author;    /* of this revision */
	hy_time made, submitted, decided;
	struct hy_person_id approver; /* 0 until approved */
	const char *reject_why;
	uint8_t signature[HY_ED25519_SIG_LEN]; /* of the office, over the digest; zero until
						  approved */
	const char *marker; /* unguessable, stable: by which it is found again on a platform */
};
enum hy_delivery_state {
	HY_DELIVERY_PLANNED,
	HY_DELIVERY_SENDING,
	HY_DELIVERY_SENT,
	HY_DELIVERY_WAIT,
	HY_DELIVERY_FAILED,
	HY_DELIVERY_UNKNOWN,
	HY_DELIVERY_MISSED,
	HY_DELIVERY_CANCELLED,
};
/* One statement to one account. */
struct hy_delivery {
	struct hy_delivery_id id;
	struct hy_statement_id statement;
	int revision;
	struct hy_account_id account;
	enum hy_delivery_state state;
	int attempt;   /* sends tried */
	int64_t fence; /* token of the lease under which it was last moved */
	hy_time not_before, not_after, wait_until, changed;
	const char *key;	 /* idempotency key, fixed before attempt 1 */
	const char *receipt;	 /* the platform's own id, read back */
	const char *receipt_url; /* public address of the post, or NULL */
	const char *error;	 /* last, one line */
	int lookups;		 /* times an unknown was looked for */
};

/* ---- cases ---- */

enum hy_case_state {
	HY_CASE_NEW,
	HY_CASE_ASSIGNED,
	HY_CASE_ANSWERED,
	HY_CASE_WAITING /* for the citizen */,
	HY_CASE_CLOSED
};
enum hy_case_type {
	HY_CASE_CONSULT,
	HY_CASE_REQUEST,
	HY_CASE_COMPLAINT,
	HY_CASE_SUGGEST,
	HY_CASE_REPORT
};
struct hy_case {
	struct hy_case_id id;
	const char *number; /* YYYYMMDD-NNNN in office time, unique */
	const char *code;   /* 8 random digits for look-up; sealed at rest, filled by the store */
	enum hy_case_type type;
	enum hy_case_state state;
	const char *title;
	const char *text;    /* sealed at rest */
	const char *channel; /* "web", "feed", "phone" ... */
	struct hy_item_id item;
	struct hy_alert_id alert;
	struct hy_claim_id claim;
	struct hy_unit_id unit; /* who is to answer; 0 = the desk */
	hy_time opened;		/* arrival of the message: the clock starts here */
	hy_time first_reply, resolved, closed;
	hy_time due_reply, due_resolve; /* 0 = no such promise */
	const char *promise_reply,
		*promise_resolve;    /* names of the promises in the configuration */
	const char *calendar;	     /* "cn@2026.1": version the due times were computed with */
	int round;		     /* from 1; a re-open starts another */
	bool reply_met, resolve_met; /* meaningful once first_reply / resolved is set */
};
/* Custody and history of a case: append-only. Custody runs from an event with a holder to the next.
 */
struct hy_case_event {
	int64_t id;
	struct hy_case_id cs;
	hy_time at;
	const char *kind;	/* "opened", "assigned", "returned", "replied", "note", "waiting",
				   "resumed", "closed", "reopened", "due-changed" */
	const char *holder;	/* "desk", "unit", "citizen", "checker"; NULL = unchanged */
	struct hy_unit_id unit; /* with holder "unit" */
	const char *text;	/* sealed at rest */
	struct hy_person_id actor; /* 0 = the clock */
	struct hy_statement_id statement;
};

/* What a carrier told of an answer after it was sent. */
enum hy_answer_report { HY_ANSWER_UNREPORTED, HY_ANSWER_DELIVERED, HY_ANSWER_UNDELIVERED };
/* A reply to the citizen of a case, on its way over the account that they wrote by. Its words are the
 * event's, its recipient the case's contact: both stay sealed there. */
struct hy_answer {
	struct hy_answer_id id;
	struct hy_case_id cs;
	int64_t event; /* the case's "replied" event */
	struct hy_account_id account;
	enum hy_delivery_state state;
	int attempt;   /* sends tried */
	int64_t fence; /* token of the lease under which it was last moved */
	hy_time made, tried /* the last attempt began */, changed, wait_until;
	hy_time not_after;   /* not sent after this: a person decides */
	const char *key;     /* ours, unguessable: by which a platform knows it again */
	const char *receipt; /* the platform's own id; of some only "sent" */
	const char *error;   /* last, one line; names neither handle nor number */
	int lookups;	     /* times an unknown was looked for */
	enum hy_answer_report reported;
	hy_time reported_at;
	struct hy_person_id who;
};

/* What a citizen sent beside their words. ERASED: with the contact of its case. */
enum hy_media_state {
	HY_MEDIA_PLANNED,
	HY_MEDIA_GOT,
	HY_MEDIA_FAILED,
	HY_MEDIA_GONE, /* the platform keeps it no more */
	HY_MEDIA_ERASED,
};
struct hy_media {
	struct hy_media_id id;
	struct hy_case_id cs;
	struct hy_account_id account;
	const char *remote; /* the platform's name of it; of due ones alone */
	const char *name;   /* what its sender called it, or NULL */
	const char *type;   /* by its bytes; NULL until it came */
	int64_t n;	    /* bytes */
	enum hy_media_state state;
	int attempt;
	hy_time wait_until, not_after /* the platform keeps it until then */, made, at;
	const char *error; /* last, one line */
	const void *bytes; /* hy_media_open() alone */
};

/* ---- running ---- */

struct hy_lease {
	char name[32];
	int64_t fence; /* strictly rising per name */
	hy_time until;
};
struct hy_audit_row {
	int64_t id;
	hy_time at;
	struct hy_person_id actor; /* 0 = the system */
	const char *actor_login;   /* as of then, or "system" */
	const char *action;	   /* "statement.approve" */
	const char *object;	   /* "statement 12 r2" */
	const char *detail;	   /* JSON of ids and hashes; never text of people */
	uint8_t hash[HY_SHA256_LEN];
};
struct hy_session {
	struct hy_person_id person;
	hy_time made, seen, until;
	char csrf[44]; /* base64url of 32 bytes */
};

/* ---- names of enums: stable ASCII for JSON and the command line; "?" never happens ---- */
const char *hy_item_kind_name(enum hy_item_kind v);
const char *hy_source_state_name(enum hy_source_state v);
const char *hy_account_state_name(enum hy_account_state v);
const char *hy_alert_state_name(enum hy_alert_state v);
const char *hy_claim_state_name(enum hy_claim_state v);
const char *hy_verdict_name(enum hy_verdict v); /* "none", "true", "partly", "false", "context",
						   "unverified", "not-checkable" */
const char *hy_statement_kind_name(enum hy_statement_kind v);
const char *hy_statement_state_name(enum hy_statement_state v);
const char *hy_delivery_state_name(enum hy_delivery_state v);
const char *hy_case_state_name(enum hy_case_state v);
const char *hy_answer_report_name(enum hy_answer_report v); /* "", "delivered", "undelivered" */
const char *hy_case_type_name(enum hy_case_type v);
/* Back from a name; HY_EINPUT lists what is allowed. */
enum hy_status hy_verdict_parse(const char *s, enum hy_verdict *out, struct hy_err *err);
enum hy_status hy_statement_kind_parse(const char *s, enum hy_statement_kind *out,
				       struct hy_err *err);
enum hy_status hy_case_type_parse(const char *s, enum hy_case_type *out, struct hy_err *err);
enum hy_status hy_case_state_parse(const char *s, enum hy_case_state *out, struct hy_err *err);
enum hy_status hy_statement_state_parse(const char *s, enum hy_statement_state *out,
					struct hy_err *err);
/* "viewer,clerk" to bits and back. */
enum hy_status hy_duties_parse(const char *s, unsigned *out, struct hy_err *err);
char *hy_duties_text(const void *ctx, unsigned duties);

#endif
