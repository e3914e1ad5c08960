/*
 * practice: the built-in site of the invented county 临江县. One HTTP server on loopback is a city
 * forum, the county's site and a WordPress-like publishing target, fed by a story whose items
 * appear as its clock goes. It shares no code with platforms/ and render/, so that one mistake
 * cannot cancel another. It holds no real data and says 样例 (practice) on every page.
 */
#ifndef HY_PRACTICE_H
#define HY_PRACTICE_H

#include "base/base.h"

/* ---- platforms and faults ---- */

/* The platforms of the site, as faults, tokens and the control interface name them. */
enum hy_practice_platform {
	HY_PRACTICE_SITE, /* "site": feeds, pages, the WordPress-like target */
	HY_PRACTICE_WEIBO,
	HY_PRACTICE_WECHAT,
	HY_PRACTICE_MASTODON,
	HY_PRACTICE_DISCUZ,
	HY_PRACTICE_SMS,
	HY_PRACTICE_MAIL,
	HY_PRACTICE_PLATFORMS
};

/* What goes wrong. "Accepted" means that the platform has it, whatever it answers. */
enum hy_practice_fault {
	HY_FAULT_NONE,
	HY_FAULT_DROP,	  /* accepted, then the line is cut without an answer */
	HY_FAULT_BUSY,	  /* 429 with Retry-After, nothing accepted */
	HY_FAULT_BROKEN,  /* accepted, the answer is 500 */
	HY_FAULT_DENY,	  /* 401: the password or token was withdrawn */
	HY_FAULT_AWAY,	  /* 503 with Retry-After, nothing accepted */
	HY_FAULT_DOWN,	  /* the line is cut before anything is read */
	HY_FAULT_HANG,	  /* nothing accepted, nothing answered for `secs`; then the line is cut */
	HY_FAULT_DRIP,	  /* accepted, the answer comes byte by byte, `ms` apart */
	HY_FAULT_GARBAGE, /* accepted, the answer is 200 with HTML where JSON should be */
	HY_FAULT_BIG,	  /* accepted, the answer is ten megabytes of JSON blanks */
	HY_FAULT_ERROR,	  /* the platform's own error `code`, nothing accepted */
	HY_FAULT_EMPTY,	  /* lists are empty, as for the black-listed */
	HY_FAULT_LATE,	  /* accepted, seen in lists after `secs` of the site's clock */
	/* of pushes to the office's receiver */
	HY_FAULT_LOST,	  /* never sent */
	HY_FAULT_DOUBLE,  /* sent twice */
	HY_FAULT_SHUFFLE, /* the next ones are held back and sent in another order */
};
/* By name: "none", "drop", "429", "500", "401", "503", "down", "hang", "drip", "garbage", "big",
 * "error", "empty", "late", "lost", "double", "shuffle"; false when unknown. */
bool hy_practice_fault_parse(const char *name, enum hy_practice_fault *out);

/* Which requests a fault meets, and its figures. */
struct hy_practice_fault_rule {
	enum hy_practice_fault kind;
	enum hy_practice_platform platform;
	bool reads, writes;  /* both false = writes */
	const char *op;	     /* part of the path ("statuses/share"); NULL = any */
	const char *of;	     /* login, name or token of the account; NULL = any */
	int times;	     /* 0 = once; -1 = until cleared */
	int code;	     /* HY_FAULT_ERROR; HY_FAULT_LATE: how it ends */
	int secs, ms;	     /* HY_FAULT_HANG, HY_FAULT_LATE; HY_FAULT_DRIP */
	const char *after;   /* Retry-After exactly so ("7", "-5", an HTTP-date, "soon"); NULL = "1", ""
				= without the header */
};

/* ---- stories ---- */

#define HY_STORY_FILE_MAX (1u << 20) /* bytes */
#define HY_STORY_LINE_MAX 8192u	     /* bytes */
#define HY_STORY_ITEMS_MAX 1000u

enum hy_story_place { HY_STORY_FORUM, HY_STORY_GOV };

/* One item that appears at an offset; negative offsets were there before the story began. */
struct hy_story_item {
	int number; /* 1, 2 ... in the order of the file; never changes */
	int64_t at_secs;
	enum hy_story_place place;
	const char *title, *text, *author; /* author "" when the line names none */
};

/* What else happens. The site plays SAY, FAULT and TOKEN; CLOCK, DO, DESK and EXPECT are for who plays
 * the drill (cmd/drill.c). */
enum hy_story_kind {
	HY_STORY_SAY,
	HY_STORY_FAULT,
	HY_STORY_TOKEN,
	HY_STORY_CLOCK,
	HY_STORY_DO,
	HY_STORY_DESK,
	HY_STORY_EXPECT
};
enum hy_story_verb {
	HY_STORY_POST,
	HY_STORY_MENTION,
	HY_STORY_COMMENT,
	HY_STORY_MESSAGE,
	HY_STORY_EVENT
};
enum hy_story_token { HY_STORY_TOKEN_EXPIRE, HY_STORY_TOKEN_REVOKE, HY_STORY_TOKEN_RENEW };
enum hy_story_desk { HY_STORY_DESK_STOP, HY_STORY_DESK_START };
enum hy_story_expect {
	HY_EXPECT_ALERT, /* one fires; text: the rule's name, "" = any */
	HY_EXPECT_QUIET, /* none has fired until then */
	HY_EXPECT_ITEMS, /* at least number: */
	HY_EXPECT_CASES,
	HY_EXPECT_CLAIMS,
	HY_EXPECT_FOUND,     /* of a search for text */
	HY_EXPECT_SENT,	     /* exactly number: deliveries in this state */
	HY_EXPECT_UNKNOWN,
	HY_EXPECT_FAILED,
	HY_EXPECT_PUBLISHED, /* what was written to the platform with text in it */
	HY_EXPECT_REPLIED,   /* exactly number: answers that stand in citizens' chats, with text in
				it ("" = any), on all platforms */
	HY_EXPECT_BALANCE,   /* received = new + repeat + refused, on every row of the sheet */
};
struct hy_story_event {
	int line;
	int64_t at_secs;
	enum hy_story_kind kind;
	enum hy_practice_platform platform;
	enum hy_story_verb verb;
	int what;	/* enum hy_story_token, _desk or _expect; DO: 1 = must be refused */
	int64_t number; /* EXPECT */
	int64_t secs;	/* CLOCK: the jump; EXPECT: within so many, 0 = at once */
	const char *title; /* "" = none; DO: standard input */
	const char *text;  /* DO: the command line */
	const char *name;  /* of the stranger, "" = any; DO: the login */
	const char *said;  /* EXPECT: as written */
	struct hy_practice_fault_rule fault;
};
struct hy_story {
	const char *title; /* "" = none */
	hy_time start;	   /* 0 = none said */
	struct hy_story_item *items;
	size_t n;
	struct hy_story_event *events;
	size_t n_events;
	int64_t first_secs, last_secs; /* least and greatest offset; 0 when nothing happens */
};
/*
 * Reads a story (docs/drills.md has the language). Blank lines and lines that begin with # are
 * skipped. HY_EINPUT with the line's number for what is none of it, for text that is not UTF-8, and
 * past the limits above (HY_STORY_ITEMS_MAX lines that say something). *out is a child of ctx.
 */
enum hy_status hy_story_parse(const void *ctx, const char *text, size_t n, struct hy_story **out,
			      struct hy_err *err);
/* The stories that the binary carries (testdata/stories/); the last has name NULL. The first is that of
 * the demonstration. */
struct hy_story_file {
	const char *name, *text;
};
extern const struct hy_story_file hy_stories[];

/* ---- the site ---- */

struct hy_practice_conf {
	int port;		      /* on 127.0.0.1; 0 = any free one */
	const struct hy_story *story; /* must outlive the site; NULL = none */
	struct hy_clock *clock;	      /* NULL = the real one; must outlive the site */
	hy_time start;		      /* when the story began; 0 = now */
	const char *password; /* application password of login "huying"; NULL = "practice" */
};

struct hy_practice;
/*
 * Starts listening; serves on the loop, never blocks, writes no file. HY_EBUSY: the port is taken.
 * talloc child of ctx; freeing it closes everything. docs/drills.md describes accounts, tokens,
 * faults and the control interface.
 *
 *  /                       what is here          /forum/ /gov/ /wp/ ?p=ID   pages
 *  /forum/feed.xml         RSS 2.0               /gov/feed.atom             Atom; both with ETag
 *  /wp-json/ ?rest_route=  REST as WordPress's: index, wp/v2/posts, wp/v2/posts/ID,
 *                          wp/v2/users/me; Basic with an application password. Login "reader" (same
 *                          password) may read and not write: 403.
 *  /2/ /oauth2/            Weibo: REST v2 and OAuth2
 *  /api/v1/ /api/v2/ /oauth/   Mastodon
 *  /cgi-bin/ /wx/s/        WeChat: its interface; the pages of published articles
 *  /forum.php /api/mobile/ Discuz: RSS and mobile JSON
 *  /practice/state         JSON: figures; ?platform=NAME: all that it holds
 *  /practice/WHAT          POST (header X-Practice needed): fault, clock, say, change, token, quota,
 *                          set, hook
 *
 * Beside it, each on a port of its own: an SMSC (SMPP 3.4) and a mail host (SMTP, IMAP).
 */
enum hy_status hy_practice_new(struct hy_practice **out, const void *ctx, struct hy_loop *loop,
			       const struct hy_practice_conf *conf, struct hy_err *err);
int hy_practice_port(const struct hy_practice *site); /* 1..65535 */
/* The port of "smpp", "smtp" or "imap" on 127.0.0.1; 0 for another name. */
int hy_practice_wire_port(const struct hy_practice *site, const char *name);
/* The next `times` writes to the WordPress-like target go wrong, and no other fault of it stands;
 * retry_after in seconds, for HY_FAULT_BUSY. */
void hy_practice_fault(struct hy_practice *site, enum hy_practice_fault fault, int times,
		       int retry_after);
/* One fault more; the rule is copied. Kind NONE clears those of the rule's platform. */
void hy_practice_fault_add(struct hy_practice *site, const struct hy_practice_fault_rule *rule);

#endif
