/* What the files of desk/ share. Not for other folders. */
#ifndef HY_DESK_INTERNAL_H
#define HY_DESK_INTERNAL_H

#include "calendar/calendar.h"
#include "cases/cases.h"
#include "desk/desk.h"
#include "index/index.h"
#include "net/net.h"

struct desk_lock {
	const char *name; /* NULL: free */
	int fd;
};

struct hy_desk {
	char *dir;
	unsigned flags;
	struct hy_conf *conf;
	struct hy_clock *clock;
	struct hy_rand rand;
	struct hy_store *st;
	uint8_t master[HY_KEY_LEN];
	struct hy_calendar *cal; /* of the office, overrides in; remade when they change */
	struct hy_index *index;	 /* opened at first search */
	bool drill;		 /* a drill folder: see desk/drill.c */
	bool local;		 /* the caller sits at this machine: --reach and secrets allowed */
	struct desk_lock locks[8];  /* of the leases in hand */
	char *owner;		    /* our name on leases */
	hy_time asked;		    /* while a later page is searched: "now" of its first */
	struct desk_stream *stream; /* the log as the followers of this process read it; or NULL */
};

struct desk_stream;

typedef enum hy_status hy_action_fn(struct hy_desk *desk, struct hy_person_id actor,
				    const struct hy_json *params, struct hy_json_writer *w,
				    struct hy_err *err);

/* ---- desk/open.c ---- */
char *desk_file(struct hy_desk *desk, const void *ctx, const char *name);
/* How this office goes out: its name, its clock, whom it trusts. Strings are children of ctx. */
struct hy_net_options desk_net_options(struct hy_desk *desk, const void *ctx);
/* The path of the program that runs, which is its own parse child; child of ctx. HY_ESYSTEM. */
enum hy_status desk_own_program(const void *ctx, char **out, struct hy_err *err);
/* The office's calendar with its overrides; HY_OK or why it cannot be loaded. */
enum hy_status desk_calendar(struct hy_desk *desk, struct hy_calendar **out, struct hy_err *err);
enum hy_status desk_calendar_reload(struct hy_desk *desk, struct hy_err *err);
/* The index for reading, opened at first use. HY_ENOTFOUND before the first item was indexed. */
enum hy_status desk_index(struct hy_desk *desk, struct hy_index **out, struct hy_err *err);
/* Arrival days of the index are office days: minutes east of UTC at t. */
int desk_offset_minutes(struct hy_desk *desk, hy_time t);

/* ---- desk/lag.c ---- */
/* How far those who read the log have come, and for how long what they have not seen has waited. */
struct desk_lag {
	int64_t last, indexed, detected; /* places of the log */
	hy_dur index, detect;		 /* ms */
};
enum hy_status desk_lag(struct hy_desk *desk, struct desk_lag *out, struct hy_err *err);

/* ---- desk/voice.c ---- */
/* The voice key in hand; zero-initialise, wipe when done. */
struct desk_voice {
	char week[9]; /* "" at first */
	uint8_t key[HY_KEY_LEN];
};
/* Brings it to the week of now. A lost key is logged: a new counting period begins. */
enum hy_status desk_voice_key(struct hy_desk *desk, struct desk_voice *v, hy_time now,
			      struct hy_err *err);
/* ---- desk/drill.c ---- */
/* After the record is open: is the folder what the process means? HY_EREFUSED. */
enum hy_status desk_drill_open(struct hy_desk *desk, struct hy_err *err);
/* The file's half of the mark; the record's is meta "mode". */
enum hy_status desk_drill_file(const char *dir, struct hy_err *err);
/* In a drill: HY_EREFUSED unless what has a URL is reached on this machine. */
enum hy_status desk_drill_reach(struct hy_desk *desk, const char *what, const char *url,
				const char *reach, struct hy_err *err);
/* The same for who is given a secret, whether it has a URL or not. */
enum hy_status desk_drill_secret(struct hy_desk *desk, const char *what, const char *reach,
				 struct hy_err *err);
/* What the public site and the forms of statements take from huying.conf, into the record: before a
 * statement is checked, approved or sent. */
enum hy_status desk_tell_site(struct hy_desk *desk, struct hy_err *err);
struct desk_asked;
struct hy_net;
/* Asks the servers of accounts what they take, each once a day; *list, children of ctx, remembers
 * when. Answers go into the record as net's loop runs; ctx lives as long as net. */
enum hy_status desk_learn_limits(struct hy_desk *desk, const void *ctx, struct desk_asked **list,
				 struct hy_net *net, struct hy_err *err);
/* The words typed before something is published: they differ, and in a drill they must be there. */
enum hy_status desk_drill_confirm(struct hy_desk *desk, const void *ctx, const char *said,
				  int64_t id, struct hy_err *err);

/* ---- desk/grant.c: the tokens of accounts ---- */
/*
 * What an account speaks to its platform with now: the token that the owner of tokens had for it
 * (WeChat), else its secret. HY_EAUTH: not in use, or no secret, with the cure; HY_ETEMP: the token
 * is on its way. Never waits for the network. child of ctx.
 */
enum hy_status desk_account_bearer(struct hy_desk *desk, const void *ctx, const struct hy_account *a,
				   struct hy_secret **out, struct hy_err *err);
/* The platform refused it (HY_EAUTH): where a token can be had anew without a person, that is asked
 * for; else this account alone stops and a person is called, with the cure. In an open transaction
 * or outside of one. */
void desk_account_refused(struct hy_desk *desk, const struct hy_account *a, const char *why);
/* Stops it if it is in use, and calls a person: why, and the cure. */
void desk_account_stop(struct hy_desk *desk, const struct hy_account *a, const char *why);
/* What a person does about a refused token, with the command; child of ctx. */
char *desk_account_cure(const void *ctx, const struct hy_account *a);

/* Something that was to go out over an account, and the commands that settle it. */
struct desk_send {
	const struct hy_account *account; /* or NULL */
	enum hy_delivery_state state;
	const char *error; /* as kept; or NULL */
	const char *retry, *cancel, *change; /* change: of statements */
	bool citizen; /* an answer to one */
};
/* What a person does about it, by what the platform's code means; `otherwise` (may be NULL) where it
 * means nothing of its own. Child of ctx. */
char *desk_send_cure(const void *ctx, const struct desk_send *s, const char *otherwise);
/* The same of a delivery; NULL: nobody need do anything. */
char *desk_delivery_cure(const void *ctx, const struct hy_delivery *d, const struct hy_account *a);
/* Its token can be had by its secret, without a person. */
bool desk_account_renews(const struct hy_account *a);
/* Its token is watched by the role tokens, without being asked. */
bool desk_account_watched(const struct hy_account *a);
/* Whom its secret was given to: the application's id; NULL: not known. child of ctx. */
const char *desk_client_of(struct hy_desk *desk, const void *ctx, const struct hy_account *account,
			   const struct hy_grant *grant);
/* There is a call by which its secret can be tried. */
bool desk_account_testable(const struct hy_account *a);
/* Gives the name of an ended account away: it goes on under another one, which says when it ended.
 * In an open transaction. */
enum hy_status desk_account_end(struct hy_desk *desk, const void *ctx, const struct hy_account *a,
				struct hy_err *err);
/* The answer of an action that has a secret tried: which account, and since when to wait for the
 * outcome in account.list. */
void desk_put_asked(struct hy_desk *desk, struct hy_json_writer *w, struct hy_account_id id,
		    hy_time asked);
/* Members of account.list: how long the token holds. */
void desk_put_grant(struct hy_desk *desk, struct hy_json_writer *w, const struct hy_account *a);

/* ---- desk/lease.c ---- */
/* hy_lease_take(), and at once where the last holder of this machine is dead. */
enum hy_status desk_lease_take(struct hy_desk *desk, const char *name, hy_dur ttl,
			       struct hy_lease *out, struct hy_err *err);
void desk_lease_release(struct hy_desk *desk, const char *name);
void desk_unlock(struct hy_desk *desk, const char *name);

/* ---- parameters ---- */
static inline const char *param_str(const struct hy_json *p, const char *name)
{
	return hy_json_str(p, name);
}
/* A string parameter or "" */
const char *param_text(const struct hy_json *p, const char *name);
/* An id given as a number or as digits. 0 when absent. HY_EINPUT when it is neither. */
enum hy_status param_id(const struct hy_json *p, const char *name, int64_t *out,
			struct hy_err *err);
/* Unix seconds, or ISO text in office time, or a duration ago ("2h", "昨天" is the query
 * language's). 0 when absent. */
enum hy_status param_time(struct hy_desk *desk, const struct hy_json *p, const char *name,
			  hy_time *out, struct hy_err *err);
/* "limit", fallback when absent; HY_EINPUT outside of 1 to most. */
enum hy_status param_limit(const struct hy_json *p, int fallback, int most, int *out,
			   struct hy_err *err);

/* ---- writing results ---- */
void put_ts(struct hy_json_writer *w, const char *name, hy_time t);
void put_when(struct hy_desk *desk, struct hy_json_writer *w, const char *name, hy_time t);
void put_item(struct hy_desk *desk, struct hy_json_writer *w, const struct hy_item *it);
/* Snippet and marks of an item that q found. */
void put_marks(struct hy_json_writer *w, const struct hy_query *q, const struct hy_item *it);
void put_delivery(struct hy_desk *desk, struct hy_json_writer *w, const struct hy_delivery *d);
void put_person_name(struct hy_desk *desk, struct hy_json_writer *w, const char *name,
		     struct hy_person_id id);

enum hy_status desk_put_evidence(struct hy_desk *desk, struct hy_json_writer *w,
				 struct hy_claim_id id, struct hy_err *err);
/* What the parser of queries must be told of this office. standing: for a rule. */
struct hy_query_env desk_query_env(struct hy_desk *desk, hy_time now, bool standing);
/* Parses a query with this office's sources, units, clock and zone. standing: for a rule. */
enum hy_status desk_parse_query(struct hy_desk *desk, const void *ctx, const char *text,
				bool standing, struct hy_query **out, struct hy_err *err);

/* A rule's text as a query; HY_EINPUT as hy_rule_parse(). */
enum hy_status desk_parse_rule(struct hy_desk *desk, const void *ctx, const char *kind,
			       const char *text, struct hy_query **out, struct hy_err *err);
/* The rule that the parameters id, query and kind speak of: a saved one, or one that is tried. */
enum hy_status desk_rule_said(struct hy_desk *desk, const struct hy_json *params,
			      struct hy_json_writer *w, struct hy_watch *out, struct hy_err *err);
/*
 * Searches as the parameters ask for it: query, since, until, source, place, kind, order, all,
 * cursor (s->page instead where that is set). s has limit, flags and slot; the rest is filled in.
 * *q and *found are children of ctx. An office without items finds nothing.
 */
enum hy_status desk_search(struct hy_desk *desk, const void *ctx, const struct hy_json *params,
			   struct hy_search *s, struct hy_query **q, struct hy_found **found,
			   struct hy_err *err);
/* The same with limit and facets, as the members of a result. */
enum hy_status desk_search_answer(struct hy_desk *desk, const struct hy_json *params,
				  struct hy_json_writer *w, struct hy_err *err);

/* ---- transactions with their audit row ---- */
/* Commits when status is HY_OK, rolls back otherwise; returns the status that stands. */
enum hy_status desk_end(struct hy_desk *desk, enum hy_status status, struct hy_err *err);
/* One audit row of the open transaction: object is printed, detail is JSON or NULL. */
enum hy_status desk_audit(struct hy_desk *desk, struct hy_person_id actor, const char *action,
			  struct hy_err *err, const char *detail, const char *object_fmt, ...)
	__attribute__((format(printf, 6, 7)));

/* The end of a writing action: its audit row when all went well, then commit or roll back. */
enum hy_status desk_done(struct hy_desk *desk, enum hy_status status, struct hy_person_id actor,
			 const char *action, struct hy_err *err, const char *object_fmt, ...)
	__attribute__((format(printf, 6, 7)));

/* ---- the actions, by file ---- */
hy_action_fn act_status, act_volume, act_search, act_item_show, act_item_open_url;
hy_action_fn act_search_export, act_item_similar, act_saved_add, act_saved_list, act_saved_show,
	act_saved_run, act_saved_remove, act_saved_feed, act_saved_unfeed, act_saved_atom;
hy_action_fn act_source_add, act_source_list, act_source_show, act_source_set, act_source_pause,
	act_source_resume, act_source_remove, act_source_due;
hy_action_fn act_rule_add, act_rule_list, act_rule_show, act_rule_edit, act_rule_enable,
	act_rule_disable, act_rule_remove, act_rule_explain, act_rule_test, act_rule_rerun,
	act_rule_runs, act_rule_stop, act_rule_import, act_rule_export;
hy_action_fn act_index_rebuild, act_index_compact;
hy_action_fn act_alert_list, act_alert_show, act_alert_ack, act_alert_close;
hy_action_fn act_claim_open, act_claim_list, act_claim_show, act_claim_sight, act_claim_evidence,
	act_claim_judge, act_claim_sign, act_evidence_get;
hy_action_fn act_case_open, act_case_list, act_case_show, act_case_why_due, act_case_assign,
	act_case_return, act_case_reply, act_case_note, act_case_wait, act_case_resume,
	act_case_close, act_case_reopen, act_case_lookup, act_case_settle, act_case_media,
	act_sla_recompute;
hy_action_fn act_post_draft, act_post_edit, act_post_submit, act_post_correct, act_post_approve,
	act_post_reject, act_post_cancel, act_post_list, act_post_show, act_post_status,
	act_post_resolve, act_post_retry;
hy_action_fn act_account_callback, act_account_replay, act_account_sweep, act_source_balance,
	act_account_rotate, act_account_test, act_account_revoke, act_account_authorise;
hy_action_fn act_import_list, act_import_preview, act_import_run;
hy_action_fn act_account_add, act_account_list, act_account_freeze, act_account_unfreeze,
	act_unit_add, act_unit_list, act_user_add, act_user_list, act_user_token, act_user_passwd,
	act_user_link, act_user_lock, act_calendar_set, act_audit_list, act_audit_verify,
	act_report_sla, act_publish_unfreeze;

/* The case that the parameter id names, by number or id. */
enum hy_status desk_case_find(struct hy_desk *desk, const void *ctx, const struct hy_json *params,
			      struct hy_case **out, struct hy_err *err);
/* May this person act on it: the desk on all, a handler on what the own unit holds. HY_EREFUSED. */
enum hy_status desk_case_may(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_case *c, struct hy_err *err);
/* Opening a claim or a case from an alert also links and, at the end, closes it: shared by both. */
enum hy_status desk_alert_used(struct hy_desk *desk, struct hy_alert_id alert, struct hy_case_id cs,
			       struct hy_claim_id claim, struct hy_err *err);
/* Promises of the configuration as cases/ wants them; children of ctx. */
enum hy_status desk_promises(struct hy_desk *desk, const void *ctx, struct hy_case_rules *out,
			     struct hy_err *err);
/* Secrets of tokens: 32 random bytes, base64url; only the SHA-256 is kept. */
enum hy_status desk_make_token(struct hy_desk *desk, const void *ctx, struct hy_person_id person,
			       const char *purpose, hy_time until, char **out, struct hy_err *err);

/* Calls a person: an alert of our own, one open a key. A failure is logged. */
void desk_page(struct hy_desk *desk, const char *kind, const char *key, const char *title,
	       const char *why);
/* The same, about a case: the alert leads to it. */
void desk_page_case(struct hy_desk *desk, const char *kind, const char *key, const char *title,
		    const char *why, struct hy_case_id cs);

/* Whether this can be a secret at all (token: of a platform, as ASCII). */
enum hy_status desk_secret_check(const char *text, bool token, struct hy_err *err);
/* What the page with this key called for is over: it is closed as done. A failure is logged. */
void desk_page_over(struct hy_desk *desk, const char *key);

/* A desk of another thread of the service's process: shares its batches, rings its bells. */
void desk_service_join(struct hy_service *sv, struct hy_desk *desk);

/* ---- roles ---- */
struct desk_role {
	const char *name;
	/* Called in the role's own thread with the lease held. start may set *state. */
	enum hy_status (*start)(struct hy_desk *desk, struct hy_loop *loop, int64_t fence,
				void **state, struct hy_err *err);
	/* Does what is due; *next = when to be called again at the latest (HY_TIME_NEVER: only when
	 * the record moves). Called after each bell and at *next. */
	enum hy_status (*turn)(void *state, hy_time now, hy_time *next, struct hy_err *err);
	/* True while something started by turn is still in flight (requests); run-once waits for
	 * it. NULL: never. */
	bool (*busy)(void *state);
	void (*stop)(void *state);
};
extern const struct desk_role role_collect, role_index, role_detect, role_publish, role_clock,
	role_receive, role_tokens;
extern const struct desk_role *const desk_roles[]; /* in order of the flow; last NULL */

#endif
