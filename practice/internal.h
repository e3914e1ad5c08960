/* practice, inside: what the files of the site share. */
#ifndef HY_PRACTICE_INTERNAL_H
#define HY_PRACTICE_INTERNAL_H

#include "practice/practice.h"

#define BODY_MAX ((size_t)12 << 20) /* bytes of a request's body, and of each answer */
#define POSTS_MAX 10000
#define NOTES_MAX 100000
#define HEADS_MAX 8

/* A post of the WordPress-like target; kept in memory as long as the site runs. */
struct post {
	int id;
	const char *slug, *status, *title, *html;
	hy_time made, changed;
};

/* ---- what the social platforms keep (world.c) ---- */

/* An account: one of the office's own, or an invented stranger's. */
struct member {
	int64_t id;
	enum hy_practice_platform platform;
	const char *login, *name;
	bool ours;
	hy_time spoke; /* WeChat and Weibo: when they last wrote to us; opens the reply window */
	int left;      /* messages that may still answer it */
	bool gone;     /* no longer follows */
};
struct token {
	enum hy_practice_platform platform;
	const char *text;
	struct member *of;
	hy_time made, ends; /* ends 0 = never */
	bool revoked;
};

enum note_kind { NOTE_POST, NOTE_COMMENT, NOTE_MESSAGE, NOTE_FILE };

/* One thing said on a platform. */
struct note {
	int64_t id;
	enum hy_practice_platform platform;
	enum note_kind kind;
	struct member *by, *to;	     /* to: messages only */
	struct note *about, *parent; /* the post commented on; the comment answered */
	const char *title, *text;    /* title "" where the platform has none */
	const char *type, *extra;    /* platform's own: visibility, message type, board ... */
	const char *key;	     /* Idempotency-Key, clientmsgid; NULL = none */
	hy_time made, edited, shown; /* shown: from when timelines hold it */
	bool deleted, by_api;	     /* by_api: written by a client, not by the story */
};

/* ---- faults (fault.c) ---- */

struct fault {
	struct hy_practice_fault_rule rule;
	int left; /* -1 = until cleared */
};

/* ---- quotas (quota.c) ---- */

struct quota {
	const char *name; /* "weibo/user-day", also the name to set it by */
	const char *key;  /* of whom */
	int limit, used;
	hy_dur window;
	hy_time from; /* start of the window that `used` counts */
};

/* ---- one request ---- */

enum method { M_OTHER, M_GET, M_POST, M_PUT, M_DELETE };

struct field {
	const char *name, *value, *filename;
	size_t n;
};

/* One request, whole; and what is answered. Everything is a child of it. */
struct ask {
	struct hy_practice *site;
	struct ask *prev, *next; /* among the suspended */
	enum method method;
	const char *verb; /* as written */
	const char *path; /* decoded, without query */
	const char *authorization, *if_none_match, *practice;
	struct hy_buf body;
	const char *(*arg)(struct ask *ask, const char *name); /* a query argument or NULL */
	const char *(*head)(struct ask *ask, const char *name); /* a header or NULL */
	void *conn;
	struct field *fields; /* of the body, once read */
	size_t n_fields;
	struct hy_json *json; /* the body, where it is JSON */
	bool fields_read;
	struct hy_practice_fault_rule fault; /* that this request meets; kind NONE = none */
	/* the answer */
	int status;
	const char *type, *etag, *location, *retry_after, *total;
	struct {
		const char *name, *value;
	} heads[HEADS_MAX];
	int n_heads;
	struct hy_buf out;
	bool drop; /* the line is cut instead */
	int hang_secs, drip_ms;
	struct hy_timer *timer;
	bool started, waits, ready;
};

struct push;
struct hook;
struct wire;

struct hy_practice {
	struct hy_loop *loop;
	const struct hy_story *story;
	struct hy_clock *clock;
	hy_dur shift; /* the movable part of the clock */
	hy_time start;
	const char *password;
	const char *base; /* "http://127.0.0.1:PORT" */
	int port, listen_fd;
	void *mhd;
	struct hy_watch_io *io;
	struct hy_timer *timer;
	struct ask *suspended;
	struct post **posts;
	int n_posts;
	int64_t polls, unchanged, writes, denied;
	struct hy_rand rand;
	bool cuts_lists, cuts_all; /* Weibo: long text not in lists; nowhere */
	bool whole_links; /* Weibo keeps addresses as written */
	const char *token_answer; /* what answers about tokens hold: see token_absurd(); NULL = the truth */
	/* world */
	struct member **members;
	size_t n_members;
	struct token **tokens;
	size_t n_tokens;
	struct note **notes;
	size_t n_notes;
	int64_t next_id[HY_PRACTICE_PLATFORMS];
	int64_t calls[HY_PRACTICE_PLATFORMS], refused[HY_PRACTICE_PLATFORMS];
	struct fault **faults;
	size_t n_faults;
	struct quota **quotas;
	size_t n_quotas;
	/* pushes to the office's receiver (push.c) */
	struct hy_net *net;
	struct hook *hooks[HY_PRACTICE_PLATFORMS];
	struct push **pushes;
	size_t n_pushes;
	struct hy_timer *push_timer;
	struct wire *wires; /* SMPP, SMTP, IMAP listeners */
	struct hy_timer *tick;
	bool *played; /* of the story's events */
	void *wechat;		    /* drafts and jobs (wechat.c) */
	void *smpp;		    /* receipts to come (smpp.c) */
	const char *discuz_charset; /* "gbk" or "utf-8" */
	int discuz_ttl;		    /* minutes that the cache of its RSS stands */
	hy_time discuz_built;
	size_t discuz_holds; /* so many of the notes does the cache know */
	bool mail_id;	  /* the mailbox opens to who names its program (ID) only */
	int uid_validity; /* of the mailbox; another one makes every UID void */
};

/* ---- time and story as seen now (feeds.c) ---- */
hy_time site_now(const struct hy_practice *site);
int64_t story_secs(const struct hy_practice *site); /* without what clock lines jumped */
hy_time story_when(const struct hy_practice *site, int64_t at_secs);
bool story_seen(const struct hy_practice *site, const struct hy_story_item *item);
hy_time story_time(const struct hy_practice *site, const struct hy_story_item *item);

/* Escaped for XML and HTML, text or attribute; C0 controls are dropped. */
void put_escaped(struct hy_buf *b, const char *s);

void answer_rss(struct ask *ask);
void answer_atom(struct ask *ask);
/* ---- pages.c ---- */
void answer_home(struct ask *ask);
void answer_forum(struct ask *ask, int number); /* 0 = the list */
void answer_gov(struct ask *ask, int number);
void answer_wp(struct ask *ask);
void answer_post(struct ask *ask, int id);
void answer_missing(struct ask *ask);
/* ---- rest.c ---- */
void answer_rest(struct ask *ask, const char *route); /* route: "/", "/wp/v2/posts" ... */
void rest_refuse(struct ask *ask, int http, int code);
/* The post of this id, or NULL. */
struct post *post_find(struct hy_practice *site, int id);
/* ---- route.c ---- */
void route(struct ask *ask);

/* ---- fields.c: what a request says, in its query or its body (form, multipart, JSON) ---- */
const char *ask_field(struct ask *ask, const char *name); /* NULL when absent */
const struct field *ask_file(struct ask *ask, const char *name); /* a part with a file name */
int64_t ask_int(struct ask *ask, const char *name, int64_t fallback);
bool ask_bool(struct ask *ask, const char *name);
/* The body as JSON; NULL when it is none. */
const struct hy_json *ask_json(struct ask *ask);
void answer_json(struct ask *ask, int status, struct hy_json_writer *w);
void answer_text(struct ask *ask, int status, const char *text);
void answer_head(struct ask *ask, const char *name, const char *value);

/* ---- world.c ---- */
extern const char *const platform_names[HY_PRACTICE_PLATFORMS];
bool platform_parse(const char *name, enum hy_practice_platform *out);
/* The office's accounts and their tokens, as every run has them. */
void world_begin(struct hy_practice *site);
struct member *member_find(struct hy_practice *site, enum hy_practice_platform p,
			   const char *login_or_name);
struct member *member_by_id(struct hy_practice *site, enum hy_practice_platform p, int64_t id);
/* The stranger of this name, made at need. */
struct member *member_make(struct hy_practice *site, enum hy_practice_platform p,
			   const char *name, bool ours);
struct token *token_add(struct hy_practice *site, struct member *of, const char *text,
			hy_time ends);
struct token *token_find(struct hy_practice *site, enum hy_practice_platform p, const char *text);
bool token_ended(const struct hy_practice *site, const struct token *t);
/* What an answer tells of a token, made absurd where the site was set to that. */
void token_absurd(struct ask *ask, const char **text, int64_t *left);
/* A note of this kind, with an id and the time; strings are copied. NULL when the site is full. */
struct note *note_add(struct hy_practice *site, enum hy_practice_platform p, enum note_kind kind,
		      struct member *by, const char *text);
struct note *note_find(struct hy_practice *site, enum hy_practice_platform p, int64_t id);
bool note_shown(const struct hy_practice *site, const struct note *n);
/* True when the text holds "@name" of this member. */
bool note_mentions(const struct note *n, const struct member *m);
int64_t world_id(struct hy_practice *site, enum hy_practice_platform p);

/* ---- fault.c ---- */
/* Takes the fault that this request meets, into ask->fault. */
void fault_take(struct ask *ask, enum hy_practice_platform p, bool writes);
/* The fault that the next push meets. */
enum hy_practice_fault fault_take_push(struct hy_practice *site, enum hy_practice_platform p);
/* The fault that a command over a socket meets (op "submit", "bind", "append" ...). */
struct hy_practice_fault_rule fault_take_wire(struct hy_practice *site,
					      enum hy_practice_platform p, const char *op);

/* ---- quota.c ---- */
/* Counts one of `name` for `key`: false when none was left. limit and window are the defaults. */
bool quota_take(struct hy_practice *site, const char *name, const char *key, int limit,
		hy_dur window);
/* From now on every key of this name has this limit. */
void quota_set(struct hy_practice *site, const char *name, int limit);
/* The same, looked at only. */
const struct quota *quota_look(struct hy_practice *site, const char *name, const char *key,
			       int limit, hy_dur window);
int quota_left(const struct quota *q);
hy_time quota_reset(const struct quota *q);

/* ---- platforms: answer, and their words for a refusal (code 0 = by the HTTP status) ---- */
void answer_weibo(struct ask *ask);
void weibo_refuse(struct ask *ask, int http, int code);
void answer_mastodon(struct ask *ask);
void mastodon_refuse(struct ask *ask, int http, int code);

/* ---- push.c: callbacks to the office's own receiver ---- */
/* A stranger said this: it is pushed where the platform pushes. */
void note_said(struct hy_practice *site, struct note *n);
/* platform, url, and what the platform signs with */
void do_hook(struct ask *ask);
void put_pushes(struct hy_practice *site, struct hy_json_writer *w, enum hy_practice_platform p);
void answer_wechat(struct ask *ask);
void answer_wechat_page(struct ask *ask);
void wechat_refuse(struct ask *ask, int http, int code);
void wechat_put_jobs(struct hy_practice *site, struct hy_json_writer *w);
void wechat_push_message(struct hy_practice *site, struct note *n);
void wechat_tick(struct hy_practice *site);
void answer_discuz(struct ask *ask);
void discuz_refuse(struct ask *ask, int http, int code);
void mail_said(struct note *n); /* a stranger's mail, put into its form */
void imap_tick(struct hy_practice *site);
void play_due(struct hy_practice *site); /* play.c: the story's events */
/* What the clock has made due: receipts, publications, mailboxes that wait. */
void site_tick(struct hy_practice *site);

/* ---- control.c, state.c ---- */
void answer_control(struct ask *ask, const char *what);
void answer_state(struct ask *ask);

#endif
