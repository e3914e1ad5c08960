/*
 * desk: the only place where domains meet. One table of actions is everything that a person can do
 * or ask; the command line, the API and the pages call it by name, so that they cannot differ. One
 * file per path of the flow, one per role's loop.
 */
#ifndef HY_DESK_H
#define HY_DESK_H

#include "store/store.h"

/* ---- opening ---- */

struct hy_desk; /* one a thread: its own store handle, index reader, configuration copy */

#define HY_DESK_READ_ONLY 1u /* reading actions only; opens record and index read-only */
#define HY_DESK_MIGRATE 2u   /* may bring an older record up (serve, setup) */
/*
 * Opens the folder: huying.conf, keys/master.key (or the credential "huying-master" of the service
 * manager), huying.db. dir NULL: $HUYING_DIR, else $XDG_STATE_HOME/huying, else
 * ~/.local/state/huying. HY_ENOTFOUND "no record in DIR: run huying setup"; HY_EINPUT with the
 * first finding for a wrong huying.conf; HY_ENOSPACE, HY_ECORRUPT as hy_store_open. talloc child of
 * ctx.
 */
enum hy_status hy_desk_open(struct hy_desk **out, const void *ctx, const char *dir, unsigned flags,
			    struct hy_err *err);
/* What people read for the name of a platform, a kind of source or a way by which something came
 * ("weibo", "feed", "hotline"); the name itself in English, and where it is a word of the office's own.
 * static, or the name. */
const char *hy_desk_word(const char *name);
/* DIR that hy_desk_open(NULL) would use; child of ctx. */
char *hy_desk_dir(const void *ctx, const char *dir);

/*
 * Drills (T-WF-2). hy_desk_drill_want(): this process means a drill; for good, and nothing but this
 * machine is connected to. A drill folder opens only then, a live desk only otherwise (HY_EREFUSED
 * from hy_desk_open and hy_ctl_call). hy_desk_drill_gate(): the same look at the folder's file alone;
 * HY_OK where there is no record.
 */
void hy_desk_drill_want(void);
bool hy_desk_drill_wanted(void);
enum hy_status hy_desk_drill_gate(const char *dir, struct hy_err *err);
bool hy_desk_is_drill(struct hy_desk *desk);

struct hy_store *hy_desk_store(struct hy_desk *desk);
struct hy_clock *hy_desk_clock(struct hy_desk *desk);
const struct hy_conf *hy_desk_conf(struct hy_desk *desk);
const char *hy_desk_path(struct hy_desk *desk); /* the folder */
hy_time hy_desk_now(struct hy_desk *desk);
enum hy_lang hy_desk_lang(struct hy_desk *desk); /* of the office */
/* An instant as people of the office read it: "2026-11-21 14:05" in office time; child of ctx. 0
 * gives "". */
char *hy_desk_when(struct hy_desk *desk, const void *ctx, hy_time t);
hy_time hy_desk_day_start(struct hy_desk *desk,
			  hy_time t); /* start of t's civil day in office time */
/* The configuration's schema: for `config check`, huying.conf(5) and its test. */
extern const struct hy_conf_section hy_desk_schema[];

/* ---- actions ---- */

/* What an action needs of its parameters. */
enum hy_param_type {
	HY_PARAM_STR,
	HY_PARAM_INT,
	HY_PARAM_BOOL,
	HY_PARAM_LIST /* array of strings */,
	HY_PARAM_TIME /* ISO text or Unix s */
};
struct hy_param {
	const char *name; /* the last has NULL */
	enum hy_param_type type;
	bool required;
	const char *help; /* English msgid */
};
struct hy_action {
	const char *name; /* "case.open" */
	unsigned duties;  /* any of these suffices (administrator does not include the others) */
	bool writes;
	bool anonymous; /* may run without a person on the machine itself (setup, backup, index,
			   doctor, status) */
	const struct hy_param *params;
	const char *help; /* English msgid */
	enum hy_status (*run)(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err);
};
extern const struct hy_action hy_desk_actions[];	  /* the last has name NULL */
const struct hy_action *hy_desk_action(const char *name); /* NULL when unknown */

/*
 * Runs one action. actor: 0 = nobody (anonymous actions only). params: an object; a name that is
 * not in the action's list is HY_EINPUT (G3), so is a missing required one. HY_EAUTH without the
 * duty. Writing actions leave an audit row in their transaction. *result_json: one JSON object,
 * child of ctx. Blocks for the disk; "search" and "report.sla" may take tens of ms; nothing here
 * waits for the network.
 */
enum hy_status hy_desk_act(struct hy_desk *desk, const void *ctx, struct hy_person_id actor,
			   const char *action, const struct hy_json *params, char **result_json,
			   struct hy_err *err);

/*
 * The actions and the members of their results (times are *_ts, whole Unix seconds, absent or 0
 * when unset; ids are numbers; "when" members are office-time text for people). Lists:
 * {"items":[...],"next":cursor-or-0}, taken with {"before":cursor,"limit":N}.
 *
 *  status            {} -> office, now_ts,
 * counts{items,items_today,sources,sources_failing,alerts_firing,alerts_acked,cases_open,cases_overdue,claims_open,
 *                     statements_waiting,deliveries_open,deliveries_sending,deliveries_unknown,deliveries_sent,deliveries_failed,
 *                     answers_open,answers_unsettled (to citizens)},
 * deliveries_next_ts (when the publisher has something to do; 0 for never), last_seq, index_seq, detect_seq, lag (items), index_lag_ms, detect_lag_ms (for how long the first
 * that was not seen has waited), roles[{name,fence,until_ts}]
 *  search            {query, limit?, cursor?, since?, until?, source?, unit?, place?, kind?, order?,
 * all?, facets?} -> query,total,exact,rows,ms,items[{id,seq,title,text,snippet,marks[[from,to]...] (byte ranges in
 * snippet),url (only of own and official
 * sources),source,source_id,place,kind,published_ts,taken_ts,when,official,own,revision,copies}],facets{source[{value,count}],place,kind},
 *                     histogram[{from_ts,when,count}],days (as it),next (text or null)
 *  search.export     {query?, since?, until?, source?, unit?, place?, kind?, order?, all?, limit?,
 * format?} -> format,count,more,text (csv or jsonl; leaves an audit row)
 *  saved.add         {name,query?,since?,until?,source?,unit?,place?,kind?,order?,all?} -> id
 *  saved.list {} -> items[{id,name,query,keys,made_ts,when, and the filters}]  saved.show {id}
 *  saved.run         {id,limit?,cursor?,facets?} -> as search    saved.remove|unfeed {id} -> id
 *  saved.feed        {id} -> id,key,path    saved.atom {id,address} -> text (of one's own key)
 *  item.similar      {id,limit?} -> id,total,copies,exact,items[{item of search, likeness,copy}]
 *  item.show         {id} -> as an item of search, with revisions[]
 *  item.open-url     {id, why} -> url (writes an audit row; clerks and editors)
 *  volume            {since?, until?, slot?} -> slots[{from_ts,count}]
 *  source.add        {kind,name,url,reach? (command line
 * only),place?,own?,official?,interval?,zone?,charset?} -> id source.list       {} ->
 * items[{id,name,kind,url,reach,place,own,official,state,last_try_ts,last_ok_ts,last_new_ts,next_ts,failures,last_error,last_status,new,edit,repeat,refused}]
 *  source.show       {id} (a number or a name) -> as above, and cursor
 *  source.pause|resume|remove|due {id} -> id,state
 *  index.rebuild|compact {} -> ticket (see hy_desk_index_asked)
 *  rule.add {name,query,kind? ("query"|"regex"),level?} -> id     rule.edit {id,query?,name?,level?}
 *  rule.list {words?,before?,limit?} -> items[{id,name,kind,query,level,version,enabled}]
 *  rule.show {id} -> as above, alerts,open,matches,noise,useful (matches in closed alerts),
 * versions[{version,kind,query,begin_seq,until_seq (0: runs on),made_ts,when}]
 *  rule.enable|disable|remove {id}     rule.explain {id?,query?,kind?} -> understood,every_item,needs[]
 *  rule.test {id?,query?,kind?,on?,limit?} -> since_ts,seen,total,whole,days[{day,from_ts,count}],
 * alert_days,alerts_a_week,noise,useful,false_a_week (null: nobody judged),false_low,false_high,
 * items[item of search]
 *  rule.rerun {id?} -> run     rule.stop {run}     rule.runs {before?,limit?} ->
 * items[{id,state,rule,percent,from_seq,at_seq,upto_seq,seen,matches,opened,made_by,made_ts,
 * finished_ts}]
 *  rule.import {text,dry_run?} -> added,changed,same     rule.export {} ->
 * items[{name,kind,query,level,enabled}]
 *  alert.list {closed?,before?,limit?} ->
 * items[{id,kind,level,title,why,state,disposition,items,first_ts,last_ts,when,rule,case,claim}]
 *  alert.show        {id} -> as above, and matched[item of search]
 *  alert.ack {id}    alert.close {id,disposition}
 *  claim.open        {text,alert?,item?} -> id     claim.list {before?,limit?} ->
 * items[{id,text,state,verdict,finding,signed,opened_ts,when,sightings,evidence,judged_by,signed_by}]
 *  claim.show        {id} -> as above,
 * sightings_list[{item,channel,source,place,seen_ts,when,note}],
 * evidence_list[{id,title,url,media,sha256,captured_ts,when}], statements[{id,title,state}]
 *  claim.sight       {id,item?,channel?,place?,note?}     claim.evidence {id,title,url?,file?
 * (base64)} -> id,sha256 claim.judge       {id,verdict,finding}                 claim.sign {id}
 *  import.list       {} -> items[{source,source_id,sha256,when,begun_ts,received (rows of the file),
 * done (rows that stand),line (of the last one),new,repeat,refused,state (complete, running,
 * interrupted),cure}]
 *  import.preview    {file (base64),source?,map?[FIELD=COLUMN],sheet?,header?,charset?,kind?
 * (cases|posts),channel?,refused?} -> source,source_id (0: it would be made),known_as (another
 * source, which took in the same file, or null),format,encoding,separator,
 * sheet,sheets[{number,name,hidden}],header_line,kind,channel,columns[{number,name,field (null: not
 * used),sample}],received,new,repeat,refused,skipped (totals),other_words,days_only,states{open,
 * closed,unknown,closing_unclear,words} (of the new rows; null without such a column),rows[{line,said,why,other,
 * reference,when,day_only,state?,closed_when?,title,text,unit,case}] (the first), refusals[as rows], others[as rows: known, with
 * other words],refused_csv import.run {source,file,...,save?,again?} -> as above, first_case,
 * last_case
 *  case.open         {title,text?,type?,channel?,unit?,alert?,item?,claim?,at?,reference?,contact?} ->
 * id,number,code,due_reply_ts,due_resolve_ts,due_reply_when case.list
 * {closed?,unit?,overdue?,reference?,before?,limit?} ->
 * items[{id,number,type,state,title,unit,unit_id,opened_ts,when,due_reply_ts,due_resolve_ts,due_ts
 * (the next that matters), due_when,left_s (negative = overdue),overdue,first_reply_ts,round}]
 *  case.show         {id} (a number of the record or YYYYMMDD-NNNN) -> as above, text, code, reference?, contact?
 * (where a person answers by hand), answer_account, answer_until_ts or answer_why (how a reply would go),
 * answers[{id,account,state,attempt,made_ts,changed_ts,when,not_after_ts,receipt,report,report_ts,error,cure,actor}],
 * media[{id,name,type (by the bytes),bytes,state,error,made_ts,when}] where something was sent beside words,
 * events[{at_ts,when,kind,holder,unit,text,actor}], custody[{holder,unit,seconds}], alert, claim,
 * item case.why-due      {id} -> text (lines),
 * promises[{name,due_ts,ranges[{from_ts,to_ts,regime,seconds}],calendar,rule}] case.assign
 * {id,unit}  case.return {id,why}  case.reply {id,text,record_only?} -> as case.list,
 * answer ("planned" with answer_id, account, answer_whole; or "by-hand" with contact?), answer_why?
 *  case.settle {id,as ("sent"|"absent"|"retry"|"cancel"),answer?,receipt?} -> id,number,answers[]
 *  case.media {id,attachment,why?} -> number,id,name,type,bytes,state,error,made_ts,when,file (base64, once it is
 * collected)
 *  case.note {id,text}  case.wait {id,text?}
 * case.resume {id}  case.close {id,text?}  case.reopen {id,why} case.lookup       {number,code} ->
 * number,state,due_when,events without text (anonymous: the citizen's look-up) post.draft
 * {kind,title,text,to[],claim?,case?,corrects?,not_before?,not_after?} ->
 * id,revision,digest,checks[{code,text,blocking}] post.edit
 * {id,revision,title?,text?,to?,not_before?,not_after?} -> id,revision,digest post.submit
 * {id,revision?,allow? (codes of blocking checks confirmed)} -> id,revision,digest,state
 *  post.correct      {claim,to[],title?,text} -> draft and submit in one
 *  post.approve      {id,revision?,digest?} -> id,revision,digest,deliveries[...]   (with digest:
 * exactly those bytes, else HY_ECONFLICT) post.reject {id,revision?,why}   post.cancel {id}
 *  post.list         {state?,before?,limit?} ->
 * items[{id,kind,state,title,revision,author,approver,claim,made_ts,when}] post.show         {id}
 * -> as above, text, html, digest, targets[{id,name,platform}], author_id, evidence_list,
 * forms[{account,title?,text or html,way?}] (to the byte), deliveries, checks, signature, not_before_ts, not_after_ts post.status       {id?} ->
 * deliveries[{id,statement,account,platform,state,attempt,receipt,url,error,not_before_ts,not_after_ts,changed_ts,when}]
 *  post.resolve      {delivery,as ("sent"|"absent"),receipt?}   post.retry {delivery}
 *  account.add {name,platform,url?,login?,unit?,secret? (command line only),reach?}  account.list
 * {}  account.freeze|unfreeze {id} unit.add {name,kind?,place?}  unit.list {}     user.add
 * {login,name,duties,unit?,unix?,password?} -> id,token   user.list {}  user.token {login} -> token
 *  user.passwd {login,password}  user.link {login} -> key (one-time log-in link, 10 minutes)
 * user.lock {login} report.sla        {month? "2026-11" | since?,until?, as_of?, format?
 * (text|csv|json), lang?} -> format,text (the report itself; for json: an object in "report")
 *  calendar.set      {date,kind,name,why}          audit.list {before?,limit?}   audit.verify {} ->
 * whole,bad,count,head sla.recompute {} -> moved[{number,from_ts,to_ts}]
 *
 * /api/v1/<noun>/<verb> maps to the same names.
 */

/* ---- who is there ---- */

/* By password; HY_EAUTH, taking the same time whether the login exists or not. Blocks ~0.2 s. */
enum hy_status hy_desk_login(struct hy_desk *desk, const char *login, const char *password,
			     struct hy_person_id *out, struct hy_err *err);
/* By one-time link key (used up). */
enum hy_status hy_desk_login_link(struct hy_desk *desk, const char *key, struct hy_person_id *out,
				  struct hy_err *err);
/* By token of the command line or API. */
enum hy_status hy_desk_token(struct hy_desk *desk, const char *token, struct hy_person_id *out,
			     struct hy_err *err);

/* By the key of a saved search's feed: the person whose key it is, while they are not locked. HY_EAUTH. */
enum hy_status hy_desk_feed_key(struct hy_desk *desk, int64_t saved, const char *key,
				struct hy_person_id *out, struct hy_err *err);

/* ---- setting up, backup, doctor: on the machine itself ---- */

struct hy_setup {
	const char *office;   /* name; required */
	const char *dir;      /* as hy_desk_open */
	const char *language; /* "zh" (default) or "en" */
	const char *place;    /* or NULL */
	const char *listen;   /* "127.0.0.1:8620" */
	bool drill; /* a drill folder, for good; needs hy_desk_drill_want() */
	bool demo; /* the invented county with people, units, accounts, rules; sources are added by
		      the caller */
};
/* Makes the folder, keys, huying.conf, the record, the site account and the first administrator
 * (login "admin", the invoking unix user). Safe to run again: HY_EEXISTS when it is an office
 * already. *phrase: the recovery phrase, shown once; *link: key of a one-time log-in link. Children
 * of ctx. */
enum hy_status hy_desk_setup(const void *ctx, const struct hy_setup *s, char **phrase, char **link,
			     struct hy_err *err);

/* One file: record, media, configuration and the master key under the recovery phrase. Voice keys
 * and the index are left out. May run beside the daemon. */
enum hy_status hy_desk_backup(struct hy_desk *desk, const char *path, struct hy_err *err);
/* Into an empty dir; freezes the outbox until `post` deliveries are reconciled. HY_ECORRUPT for a
 * cut or altered file, HY_EAUTH for a wrong phrase. */
enum hy_status hy_desk_restore(const char *path, const char *dir, const struct hy_secret *phrase,
			       struct hy_err *err);
/* Reads a backup through and counts: the list in *report (child of ctx). */
enum hy_status hy_desk_backup_verify(const void *ctx, const char *path,
				     const struct hy_secret *phrase, char **report,
				     struct hy_err *err);

struct hy_finding {
	const char *check; /* "record", "index", "keys", "clock", "calendar", "sources",
			      "deliveries", "reach" */
	int level;	   /* 0 fine, 1 warning, 2 problem */
	const char *text;  /* one line with the cure */
};
enum hy_status hy_desk_doctor(struct hy_desk *desk, const void *ctx, bool deep,
			      struct hy_finding **out, size_t *n, struct hy_err *err);

/* ---- index upkeep (index role's lease is taken) ---- */
enum hy_status hy_desk_index_stats(struct hy_desk *desk, struct hy_json_writer *w,
				   struct hy_err *err);
/* How far something is: done of total, in a unit of its own. */
typedef void hy_progress_fn(void *user, int64_t done, int64_t total);
/* "sound", "report". progress may be NULL. Beside a daemon the counts of the record are not compared
 * (they move): the daemon does that itself once an hour. */
enum hy_status hy_desk_index_check(struct hy_desk *desk, bool deep, struct hy_json_writer *w,
				   bool *sound, hy_progress_fn *progress, void *user,
				   struct hy_err *err);
/* "rebuild" or "compact" in this process, with no daemon running (HY_EBUSY). progress may be NULL. */
enum hy_status hy_desk_index_run(struct hy_desk *desk, const char *what, hy_progress_fn *progress,
				 void *user, struct hy_err *err);
/* What became of a wish told to the daemon by the action index.rebuild or index.compact, by its
 * ticket: *done, else how far it is (of total 0: not begun). The status of the whole once done. */
enum hy_status hy_desk_index_asked(struct hy_desk *desk, int64_t ticket, bool *done, int64_t *at,
				   int64_t *total, struct hy_err *err);

/* ---- roles ---- */

/* Runs what is due of the roles named ("collect,index,detect,publish,clock"), once, in this thread;
 * takes and gives back their leases. HY_EBUSY when a daemon has them. */
enum hy_status hy_desk_run_once(struct hy_desk *desk, const char *roles, struct hy_err *err);
/* True while a process of this machine lives that has taken the lease of a role in the folder dir,
 * whatever the clock says of the lease's end. Does not block. */
bool hy_desk_role_held(const char *dir, const char *role);

/* The daemon's threads: one per role. */
struct hy_service;
enum hy_status hy_service_start(struct hy_service **out, const void *ctx, const char *dir,
				const char *roles, struct hy_loop *main_loop, struct hy_err *err);
/* Rung after every commit of any thread of this process, and every second when another process
 * committed: the web's event stream hears it. */
void hy_service_subscribe(struct hy_service *sv, struct hy_bell *bell);
void hy_service_ring(struct hy_service *sv);
/* What the roles say of themselves: state of each ("running", "waiting for lease", "failed: ..."),
 * last turn, lag. For /readyz and status. */
void hy_service_report(struct hy_service *sv, struct hy_json_writer *w);
bool hy_service_ready(struct hy_service *sv);
/* Stops all, joins. Deliveries that are being sent are finished or become unknown. */
void hy_service_stop(struct hy_service *sv);

/* ---- the road under load ---- */

struct hy_pipeline {
	int64_t rate;	 /* items a second; 0 = as fast as it goes */
	int64_t seconds; /* of the steady stream */
	int64_t most;	 /* items of it at most; 0 = no limit */
	int64_t burst;	 /* items at once after it, on top of the stream */
	int sources;	 /* at least 1 */
	const char *(*text)(void *user,
			    int64_t n); /* of the n-th item; lives until the next call */
	void *user;
};
struct hy_pipeline_figures {
	int64_t items, wall_ms, cpu_ms; /* of the stream; CPU of the process without `making` */
	int64_t making_ms;		/* CPU spent on making the bodies */
	/* of cpu_ms, what went into JSON, into the door (identity, masks, voice) and into the
	 * record; the rest is folding, rules, copies and index */
	int64_t parsing_ms, taking_ms, storing_ms;
	int64_t all;				    /* items, burst included */
	int64_t lag_p50_ms, lag_p99_ms, lag_max_ms; /* of the stream, durable to searchable */
	int64_t burst_ms;     /* until the burst stood and the lag was at most 1 s again */
	int64_t burst_lag_ms; /* the longest meanwhile */
	int64_t batches_read,
		batches_shared; /* of the log: folded, and taken from another follower */
	bool in_order;		/* each source's items stand as it gave them */
	int64_t lost, doubled;
};
/*
 * Feeds statuses as JSON bodies of 50 through parser, collector and record of the office in dir,
 * while the roles of sv follow, and looks afterwards whether each stands once, in order, and is
 * indexed. For a folder of its own. Blocks for the whole run; any status.
 */
enum hy_status hy_desk_pipeline(struct hy_service *sv, const char *dir,
				const struct hy_pipeline *plan, struct hy_pipeline_figures *out,
				struct hy_err *err);

/* ---- receiving callbacks (role receive) ---- */

/*
 * The path of a callback is /callback/<account>/<32 hex digits>: the digits are the account's
 * secret part. What comes is verified at once, and written down together with everything else that
 * came meanwhile: one transaction, synced; only then is the platform told "taken".
 */
struct hy_receive;
struct hy_receive_header {
	const char *name, *value;
};
struct hy_receive_in {
	bool post;
	const char *path, *query;
	const struct hy_receive_header *headers; /* those that begin with "webhook-" */
	size_t n_headers;
	const char *body;
	size_t n_body;
};
struct hy_receive_out {
	int http;
	const char *type, *body; /* live during the call */
	size_t n;
};
typedef void hy_receive_fn(void *user, const struct hy_receive_out *out);
/* A callback to this path had more bytes than are read, and was answered 413: it is counted with the
 * next hy_receive_flush(). */
void hy_receive_large(struct hy_receive *r, const char *path);
/* in is copied. done is called once: from within for what needs no disk, else by
 * hy_receive_flush(). */
void hy_receive_add(struct hy_receive *r, const struct hy_receive_in *in, hy_receive_fn *done,
		    void *user);
/* Forgets one that waits: its connection is gone. What was sent may still be taken. */
void hy_receive_forget(struct hy_receive *r, void *user);
size_t hy_receive_waiting(const struct hy_receive *r);
/* Writes down all that wait, in one transaction, and answers them; on a failure all are told 503
 * and nothing was taken. Blocks for the disk. */
void hy_receive_flush(struct hy_receive *r);

/* The HTTP side, which the desk does not know: web/ has it, cmd/ hands it over before the service
 * starts. open and close are called in the role's thread. */
struct hy_receive_door {
	enum hy_status (*open)(void **out, const void *ctx, struct hy_loop *loop,
			       struct hy_desk *desk, struct hy_receive *r, struct hy_err *err);
	void (*close)(void *door);
};
void hy_receive_set_door(const struct hy_receive_door *door);
/* A receiver outside of the role, for tests and benches. talloc child of ctx. */
enum hy_status hy_receive_new(struct hy_receive **out, const void *ctx, struct hy_desk *desk,
			      struct hy_err *err);

/* ---- the control socket run/ctl.sock ---- */

/* Serves writing commands on the loop: the actor is SO_PEERCRED's person, or the token's. */
struct hy_ctl;
enum hy_status hy_ctl_serve(struct hy_ctl **out, struct hy_service *sv, struct hy_desk *desk,
			    struct hy_loop *loop, struct hy_err *err);
/*
 * What a command does: over the socket when a daemon listens, else in this process (the actor found
 * by the same rules). as: login or NULL; token: that person's, or NULL.
 */
enum hy_status hy_ctl_call(const void *ctx, const char *dir, const char *as,
			   const struct hy_secret *token, const char *action,
			   const struct hy_json *params, char **result_json, bool *by_daemon,
			   struct hy_err *err);
bool hy_ctl_daemon_runs(const char *dir);

#endif
