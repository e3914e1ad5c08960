/*
 * publisher: statements of the office from draft to receipt. Approval is bound to exact bytes by
 * the digest; a delivery is written down before it is sent, and one whose outcome is not known is
 * looked for, never repeated by itself (design 7, trust 1.2).
 */
#ifndef HY_PUBLISHER_H
#define HY_PUBLISHER_H

#include "net/net.h"
#include "platforms/platforms.h"
#include "store/store.h"

/* ---- the digest ---- */

/*
 * SHA-256 over this encoding. All integers big-endian; u32/i64 of 4 and 8 bytes; text = u32 number
 * of bytes, then the UTF-8 bytes, no NUL; NULL is the empty text.
 *
 *   19 bytes   "huying statement 1\n"
 *   text       kind by name ("correction")
 *   text       title
 *   text       text (Markdown)
 *   u32        number of media, then 32 bytes SHA-256 of each (0 in this version)
 *   u32        number of accounts, then for each, in ascending order of id:
 *                i64 id, text platform, text name (as it was when approved: an ended account's name
 *                passes to another), text url
 *   i64        not_before   (UTC ms, 0 = at once)
 *   i64        not_after    (UTC ms, 0 = default)
 *   i64        claim id, i64 case id, i64 id of the statement it corrects (0 = none)
 *
 * accounts: one for each s->targets, in the same order. The order of targets does not matter.
 */
#define HY_DIGEST_MAGIC "huying statement 1\n"
void hy_statement_digest(const struct hy_statement *s, const struct hy_account *accounts,
			 uint8_t out[HY_SHA256_LEN]);
/* The same with the accounts read from the record. HY_ENOTFOUND: a target is not registered. */
enum hy_status hy_publish_digest(struct hy_store *st, const struct hy_statement *s,
				 uint8_t out[HY_SHA256_LEN], struct hy_err *err);

/* ---- checks of a draft ---- */

#define HY_TITLE_MAX 120  /* code points */
#define HY_TEXT_MAX 20000 /* code points */
#define HY_TARGETS_MAX 50
struct hy_draft_finding {
	const char *code;  /* "title-empty", "title-long", "text-empty", "text-long", "no-target",
			      "claim-verdict", "claim-unsigned", "claim-evidence", "no-claim",
			      "no-case", "no-corrects", "times", "account-frozen" (a warning),
			      "account-form" (it does not fit the platform, or needs more);
			      "pii-id", "pii-mobile", "pii-card", "pii-mail" */
	const char *text;  /* one line with the cure, translated; personal data masked */
	bool blocking;	   /* cannot be submitted or approved */
	bool confirm;	   /* blocking until its code is in the list of what was confirmed */
	const char *field; /* "title", "text", "" */
	size_t at, n;	   /* byte range in the field */
};
/* All findings, in order of the text. st gives claim, evidence, accounts; HY_OK also when some are
 * blocking; other statuses are those of the record. Children of ctx. */
enum hy_status hy_draft_check(struct hy_store *st, const void *ctx, const struct hy_statement *s,
			      struct hy_draft_finding **out, size_t *n, struct hy_err *err);
/* The search for personal data alone (T-PII-1): 18-digit ID with checksum, 11-digit mobile, bank
 * card (Luhn, 13-19 digits), e-mail; full-width digits too. field names the field in findings. */
void hy_pii_find(const void *ctx, const char *field, const char *text,
		 struct hy_draft_finding **out, size_t *n);
/* G8: which kinds may speak of a claim with this verdict: corrections only of false, partly,
 * context; the others always. */
bool hy_verdict_allows(enum hy_verdict v, enum hy_statement_kind kind);

/* ---- the way of a statement ----
 * None of these opens a transaction: desk/ does, and writes the audit row in it. HY_EREFUSED names
 * the rule. allow: codes of findings with `confirm` that this person confirms (NULL, 0 = none). */

/* Fills in digest and marker, sorts the targets, drops repeats; adds revision 1. kind, title,
 * text, targets, author are needed; claim/cs/corrects by kind. Incomplete drafts are fine. */
enum hy_status hy_publish_draft(struct hy_store *st, const struct hy_statement *s,
				struct hy_statement_id *out, struct hy_err *err);
/* A new revision of s->id on top of s->revision (HY_ECONFLICT if it is not the latest); approval
 * is void. */
enum hy_status hy_publish_edit(struct hy_store *st, const struct hy_statement *s,
			       struct hy_err *err);
/* DRAFT -> SUBMITTED when no finding blocks (HY_EREFUSED with the first). */
enum hy_status hy_publish_submit(struct hy_store *st, struct hy_statement_id id, int revision,
				 struct hy_person_id who, const char *const *allow, size_t n_allow,
				 struct hy_err *err);
/*
 * Second hand: checks again, computes the digest from the record as it is now and compares it with
 * what the approver saw (HY_ECONFLICT), signs it with the office's key, and lets the record make
 * the deliveries. Own text: HY_EREFUSED.
 */
enum hy_status hy_publish_approve(struct hy_store *st, struct hy_statement_id id, int revision,
				  const uint8_t digest[HY_SHA256_LEN], struct hy_person_id who,
				  const char *const *allow, size_t n_allow, struct hy_err *err);
/* reject, cancel: hy_statement_reject(), hy_statement_cancel() of the record. */

/* The office's Ed25519 key: made at first need (setup), seed sealed in meta "office.key", public
 * half in hex in meta "site.key.public". HY_EAUTH without the master key. */
enum hy_status hy_office_key(struct hy_store *st, uint8_t pub[HY_ED25519_LEN], struct hy_err *err);
/*
 * What an account's platform is given of a statement, where that is not title and Markdown as they
 * are: the exact bytes, shown to the approver; approval keeps their hash, and nothing with another
 * hash is sent. Strings are children of ctx.
 */
struct hy_form {
	const char *title; /* NULL where the platform has none */
	const char *text;  /* NULL: the channel has no form of its own */
	bool html;	   /* text is HTML */
	const char *way;   /* how it goes out, where a channel has several: "page", "followers" */
	const char *link;  /* address of the original, beside the text; or NULL */
	const char *cover; /* hex SHA-256 of the picture; NULL = none, or the plain one */
};
/* HY_EINPUT: it does not fit the platform; one line with the cure. Else those of the record. */
enum hy_status hy_publish_form(struct hy_store *st, const void *ctx, const struct hy_statement *s,
			       const struct hy_account *a, struct hy_form *out, struct hy_err *err);
/* Meta key of the address under which this machine goes out, sent to platforms that want it. */
#define HY_META_ADDRESS "publish.address"
/* Meta key: hex SHA-256 of WeChat's cover, a blank, its path; "" = the plain one; "!" and why
 * there is none. */
#define HY_META_COVER "publish.wechat_cover"
/* Meta key: kinds of statements that go to all followers of WeChat accounts: "correction,erratum". */
#define HY_META_FOLLOWERS "publish.wechat_followers"
/* For HY_META_COVER: what stands there for a picture at this path; "" for "". Child of ctx.
 * HY_EINPUT, HY_ENOTFOUND: no picture. */
enum hy_status hy_publish_cover(const void *ctx, const char *dir, const char *path, char **out,
				struct hy_err *err);
/* Meta key of what an account's server takes ("500 23": characters, and of each an address);
 * absent until it has told. child of ctx. */
char *hy_form_limit_key(const void *ctx, struct hy_account_id account);

/* True when digest and signature of an approved statement hold for its bytes and the office's key.
 */
enum hy_status hy_publish_verify(struct hy_store *st, const struct hy_statement *s, bool *good,
				 struct hy_err *err);

/* ---- the outbox ---- */

enum hy_outbox_hand {
	HY_HAND_ROLE = 1,   /* the publish role */
	HY_HAND_PERSON = 2, /* post.resolve, post.retry, post.cancel */
	HY_HAND_START = 4,  /* recovery when the role starts */
	HY_HAND_REPEAT = 8, /* the role, for a channel that may be repeated without harm (site) */
};
/* The one transition table. */
bool hy_outbox_may(enum hy_delivery_state from, enum hy_delivery_state to,
		   enum hy_outbox_hand hand);

struct hy_outbox_options {
	const char *dir;	/* the office's folder: the site is written under DIR/site */
	struct hy_clock *clock; /* NULL = real */
	uint64_t seed;		/* of jitter; 0 = hy_rand_init_default */
	hy_dur gap;		/* between posts of one account; 0 = 5 min, < 0 = none. Corrections,
				   errata and the site do not wait */
	hy_dur late;		/* default not-after, past not-before or decision; 0 = 60 min */
	int lookups;		/* of an unknown before a person is paged; 0 = 6 */
	hy_dur lookup_first;	/* wait before the first look-up; 0 = 5 s, then growing to 15 min */
	int batch;		/* deliveries taken a turn; 0 = 50 */
	const struct hy_net_options *net;
	/* The secret that an account is used with now, child of ctx; HY_ETEMP: it is on its way, and
	 * the delivery waits. NULL: the sealed one. */
	enum hy_status (*secret)(void *user, const void *ctx, const struct hy_account *a,
				 struct hy_secret **out, struct hy_err *err);
	/* The platform refused it: asks for another one, or stops the account and calls a person.
	 * NULL: the account is stopped here. */
	void (*refused)(void *user, const struct hy_account *a, const char *why);
	/* Called after each move, in this thread. paged: a person must look (unknown that was not
	 * found, missed, account needs a new secret); why is one line. d lives for the call. May
	 * be NULL. */
	void (*moved)(void *user, const struct hy_delivery *d, enum hy_delivery_state from,
		      bool paged, const char *why);
	void *user;
};
struct hy_outbox;
/* On this thread's loop and record. talloc child of ctx; freeing it drops sends in flight, whose
 * deliveries stay `sending` and become `unknown` at the next start. */
enum hy_status hy_outbox_new(struct hy_outbox **out, const void *ctx, struct hy_loop *loop,
			     struct hy_store *st, const struct hy_outbox_options *options,
			     struct hy_err *err);
/* On start of the role, once under each new fence: every `sending` becomes `unknown`. */
enum hy_status hy_outbox_recover(struct hy_outbox *ob, int64_t fence, int64_t *n,
				 struct hy_err *err);
/*
 * Takes what is due: writes `sending` (committed) before any byte leaves, then sends, all accounts
 * at once, results arriving as the loop runs. Not to be called inside a transaction. Nothing is
 * sent when meta "publish.frozen" is set, or when lease->until is past. *started counts sends and
 * look-ups begun. Never waits for the network.
 */
enum hy_status hy_outbox_turn(struct hy_outbox *ob, const struct hy_lease *lease, int *started,
			      struct hy_err *err);
/* When a turn has something to do; HY_TIME_NEVER for nothing, and while publishing is frozen (ask
 * again when the record moved). Unlike hy_delivery_next() never a moment that a turn would pass
 * over. */
enum hy_status hy_outbox_next(struct hy_outbox *ob, hy_time *out, struct hy_err *err);
/* Sends and look-ups in flight. */
size_t hy_outbox_busy(const struct hy_outbox *ob);
/* A turn, and the loop until nothing is in flight and nothing more is due now; for run-once and
 * tests. Blocks up to a minute a round. */
enum hy_status hy_outbox_run(struct hy_outbox *ob, const struct hy_lease *lease,
			     struct hy_err *err);

/*
 * A person settles a delivery. "sent" (UNKNOWN; receipt needed) | "absent" (UNKNOWN: planned
 * again) | "retry" (FAILED, MISSED, WAIT: planned again) | "cancel" (all but SENDING, SENT).
 * Planned again = may be sent within `late` from now even past its not-after. HY_EREFUSED for
 * another state. desk/ holds the transaction and writes the audit row.
 */
enum hy_status hy_outbox_resolve(struct hy_store *st, struct hy_clock *clock,
				 struct hy_delivery_id id, const char *as, const char *receipt,
				 const char *receipt_url, struct hy_err *err);
/* Deliveries that wait for this account are due now (after a new secret, or unfreezing). */
enum hy_status hy_outbox_wake(struct hy_store *st, struct hy_clock *clock,
			      struct hy_account_id account, struct hy_err *err);

/* ---- channels ---- */

/* A send or look-up in hand of a channel. All members are the outbox's. */
struct hy_channel_job {
	struct hy_outbox *outbox;
	const struct hy_statement *statement;
	const struct hy_account *account;
	const struct hy_secret *secret; /* NULL when none is stored */
	const struct hy_delivery *delivery;
	struct hy_platform_call *call; /* the channel's: cancelled with the job */
	void *state;		       /* the channel's, child of the job */
};
struct hy_channel_result {
	enum hy_status status; /* as hy_platform_fn */
	const char *receipt, *receipt_url;
	const struct hy_err *err; /* when not HY_OK */
	bool running; /* look-ups: the platform has it and still works on it; asked again */
	bool refused; /* look-ups: the platform had it and says that it will never stand there */
};
enum { HY_NEEDS_URL = 1, HY_NEEDS_LOGIN = 2, HY_NEEDS_SECRET = 4 };
/* A way out, one const struct in publisher/channel-NAME.c and one line in channel.c. */
struct hy_channel {
	const char *name; /* = hy_account.platform */
	unsigned needs;	  /* of an account, before anything can be sent: HY_NEEDS_... */
	bool repeatable;  /* sending twice is the same as once: unknown and absent = planned */
	bool paced;	  /* the gap between posts holds */
	/* Fills in what is sent, out of the record alone; NULL: title and Markdown as they are. */
	enum hy_status (*form)(struct hy_store *st, const void *ctx, const struct hy_statement *s,
			       const struct hy_account *a, struct hy_form *out, struct hy_err *err);
	/* Begins to send; ends with one hy_channel_done(job), now or from the loop. */
	void (*send)(struct hy_channel_job *job);
	/* Looks for what may have been sent: HY_OK with receipt, or HY_ENOTFOUND. Only reads, but
	 * where the platform's own key makes the same call harmless. */
	void (*lookup)(struct hy_channel_job *job);
};
const struct hy_channel *hy_channel_find(const char *name); /* NULL when unknown */
extern const struct hy_channel *const hy_channels[];	    /* the last is NULL */
void hy_channel_done(struct hy_channel_job *job, const struct hy_channel_result *result);
/* For channels. */
struct hy_net *hy_outbox_net(struct hy_outbox *ob);
struct hy_store *hy_outbox_store(struct hy_outbox *ob);
const char *hy_outbox_dir(const struct hy_outbox *ob);
/* The account as the clients of platforms/ take it; its strings are the job's. */
struct hy_platform_peer hy_channel_peer(const struct hy_channel_job *job);
/* Ends the job with nothing to show for it. */
void hy_channel_fail(struct hy_channel_job *job, enum hy_status status, const struct hy_err *err);
/* The receipt on this account of the statement that this one corrects; NULL when there is none. */
char *hy_channel_old_receipt(struct hy_channel_job *job);
/* Before this instant the delivery cannot have been sent. */
hy_time hy_channel_since(const struct hy_channel_job *job);
/* Another delivery to this account has this receipt: a text found again is not ours. */
bool hy_channel_receipt_taken(const struct hy_channel_job *job, const char *receipt);

/* ---- answers to citizens ----
 * What is replied inside a case goes to who wrote it, over the account that they wrote by: the same
 * states, lease and freezing as the outbox's. Words and recipient are opened for the send alone, and
 * stand in no error and no log. */

/* Meta key: address of the page where a case is looked up; "" = none. */
#define HY_META_LOOKUP "publish.lookup"

/* Templates that an SMS gateway has approved; it takes nothing else. Values are "name={number}"
 * (Aliyun) or "{number}"; {number}, {code}, {office}, {url} and, of whole alone, {text} stand for
 * what the case has. */
struct hy_answer_template {
	const char *id; /* NULL or "" = none */
	const char *const *values;
	size_t n_values;
};
struct hy_answer_sms {
	const char *sign;		  /* approved signature, without brackets */
	const char *app, *region, *extend; /* NULL or "" where the gateway has none */
	struct hy_answer_template notice; /* "your answer is ready, look it up" */
	struct hy_answer_template whole;  /* the answer itself, where it fits */
	int whole_max;			  /* characters of {text}; 0 = 35 */
};
/* One value of a template. HY_EINPUT with the cure: it holds another word in braces. */
enum hy_status hy_answer_value_check(const char *value, bool whole, struct hy_err *err);

/* Of what an answer is made. */
struct hy_answer_words {
	enum hy_lang lang; /* of the office */
	const char *number, *code, *text, *office, *url;
};
/* What is sent. Children of the context given. */
struct hy_answer_form {
	const char *text; /* NULL where a template is sent */
	const char *template_id;
	const char *const *names, *const *values;
	size_t n_values;
	bool whole; /* the answer itself; else a notice that it is there to be looked up */
};

struct hy_answers;
struct hy_answer_job; /* a send or look-up in hand of a way */
struct hy_answer_result {
	enum hy_status status; /* as hy_platform_fn */
	const char *receipt;   /* HY_OK; look-ups may have none */
	const struct hy_err *err;
	enum hy_answer_report reported; /* look-ups: what the carrier told */
};
/* How a platform takes an answer: one const struct in publisher/answer-*.c, one line in answer.c. */
struct hy_answer_way {
	const char *platform; /* = hy_account.platform */
	unsigned needs;	      /* of an account: HY_NEEDS_... */
	hy_dur window;	      /* after the person's last words; 0 = none */
	bool templates;	      /* struct hy_answer_sms is needed */
	/* HY_EINPUT with the cure: it cannot be put into the form that the platform takes. sms: NULL
	 * unless templates. */
	enum hy_status (*form)(const void *ctx, const struct hy_answer_words *w,
			       const struct hy_answer_sms *sms, struct hy_answer_form *out,
			       struct hy_err *err);
	/* Begins to send; ends with one hy_answer_done(job), now or from the loop. */
	void (*send)(struct hy_answer_job *job);
	/* Looks for what may have been sent, by job->ref; HY_ENOTFOUND when it is not there. NULL:
	 * nobody can look but a person. */
	void (*lookup)(struct hy_answer_job *job);
	bool reports; /* look-ups tell what the carrier reported, too: asked when no report came */
};
/* All members are the engine's, but for state. */
struct hy_answer_job {
	struct hy_answers *answers;
	const struct hy_account *account;
	const struct hy_secret *secret; /* NULL when none is stored */
	const char *to;			/* the person's handle, as their message told it */
	const struct hy_answer_form *form;
	const struct hy_answer_sms *sms;
	const char *ref; /* ours, of this attempt: [a-z0-9-] */
	hy_time tried;	 /* when this attempt began */
	struct hy_platform_call *call; /* the way's: cancelled with the job */
	void *state;		       /* the way's, child of the job */
};
void hy_answer_done(struct hy_answer_job *job, const struct hy_answer_result *result);
/* For ways that keep a job back: right before it leaves. False: the record no longer lets it go
 * (publishing or account frozen, ended, taken over, too late); end the job with why, HY_ETEMP. */
bool hy_answer_may_leave(struct hy_answer_job *job, struct hy_err *why);
/* For ways. */
struct hy_net *hy_answers_net(struct hy_answers *an);
struct hy_loop *hy_answers_loop(struct hy_answers *an);
struct hy_clock *hy_answers_clock(struct hy_answers *an);
/* What a way keeps between its jobs (connections), child of the answers; one way has such. */
void **hy_answers_kept(struct hy_answers *an);
struct hy_platform_peer hy_answer_peer(const struct hy_answer_job *job);

const struct hy_answer_way *hy_answer_way_find(const char *platform); /* NULL: none */
/* May this account answer at all? HY_EREFUSED with reason and cure: no way, revoked, no secret,
 * settings missing. sms: its settings, or NULL. */
enum hy_status hy_answer_can(const struct hy_account *a, const struct hy_answer_sms *sms,
			     struct hy_err *err);
/* Number, code, office and address of a case, and these words. Children of ctx. */
enum hy_status hy_answer_words(struct hy_store *st, const void *ctx, struct hy_case_id cs,
			       const char *text, struct hy_answer_words *out, struct hy_err *err);

#define HY_ANSWER_LATE HY_DAY /* planned for longer, it is missed: a person decides */
struct hy_answers_options {
	/* The templates of an account; false: there are none. NULL: no account has any. */
	bool (*sms)(void *user, const void *ctx, const struct hy_account *a,
		    struct hy_answer_sms *out);
	/* As hy_outbox_options.moved. */
	void (*moved)(void *user, const struct hy_answer *a, enum hy_delivery_state from,
		      bool paged, const char *why);
	/* The gateway was asked and says that this one, which was sent, was not delivered; noted
	 * already. a lives for the call. May be NULL. */
	void (*undelivered)(void *user, const struct hy_answer *a);
	void *user;
};
/* Hangs on an outbox: its loop, record, clock, net, secrets; talloc child of ctx, freed before it.
 * Freed with sends in flight, those stay `sending` and become `unknown` at the next start. */
struct hy_answers *hy_answers_new(const void *ctx, struct hy_outbox *ob,
				  const struct hy_answers_options *options);
/* As the outbox's, for answers. */
enum hy_status hy_answers_recover(struct hy_answers *an, int64_t fence, int64_t *n,
				  struct hy_err *err);
enum hy_status hy_answers_turn(struct hy_answers *an, const struct hy_lease *lease, int *started,
			       struct hy_err *err);
enum hy_status hy_answers_next(struct hy_answers *an, hy_time *out, struct hy_err *err);
size_t hy_answers_busy(const struct hy_answers *an);
enum hy_status hy_answers_run(struct hy_answers *an, const struct hy_lease *lease,
			      struct hy_err *err);
/* A person settles an answer, by the words of hy_outbox_resolve(). receipt may be NULL. */
enum hy_status hy_answer_resolve(struct hy_store *st, struct hy_clock *clock,
				 struct hy_answer_id id, const char *as, const char *receipt,
				 struct hy_err *err);

/* ---- our own site ---- */

/*
 * Writes DIR/site from the record: statements/<id>.html, feed.atom, feed.json, index.html,
 * key.json, each atomically; the same record gives the same bytes. After a feed its signature,
 * feed.atom.sig and feed.json.sig: base64 and LF of the office's Ed25519 over the file's bytes.
 * Reads meta "office.name", "site.base" (public base URL; "" = relative), "office.language",
 * "instance" (names the feed for good). Evidence and verdicts later than the decision are not
 * shown: nobody approved them. HY_ENOSPACE, HY_ESYSTEM, HY_EAUTH without the master key.
 */
enum hy_status hy_site_build(struct hy_store *st, const char *dir, struct hy_account_id account,
			     struct hy_err *err);

#endif
