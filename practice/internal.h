/* practice, inside: what the files of the site share. */
#ifndef HY_PRACTICE_INTERNAL_H
#define HY_PRACTICE_INTERNAL_H

#include "practice/practice.h"

#define BODY_MAX ((size_t)1 << 20) /* bytes of a request's body, and of each answer */
#define POSTS_MAX 10000

/* A post of the WordPress-like target; kept in memory as long as the site runs. */
struct post {
	int id;
	const char *slug, *status, *title, *html;
	hy_time made, changed;
};

enum method { M_OTHER, M_GET, M_POST };

/* One request, whole; and what is answered. Everything is a child of it. */
struct ask {
	struct hy_practice *site;
	enum method method;
	const char *path; /* decoded, without query */
	const char *authorization, *if_none_match, *practice;
	struct hy_buf body;
	const char *(*arg)(struct ask *ask, const char *name); /* a query argument or NULL */
	void *conn;
	/* the answer */
	int status;
	const char *type, *etag, *location, *retry_after, *total;
	struct hy_buf out;
	bool drop; /* the line is cut instead */
	bool started;
};

struct hy_practice {
	struct hy_loop *loop;
	const struct hy_story *story;
	struct hy_clock *clock;
	hy_time start;
	const char *password;
	const char *base; /* "http://127.0.0.1:PORT" */
	int port, listen_fd;
	void *mhd;
	struct hy_watch_io *io;
	struct hy_timer *timer;
	struct post **posts;
	int n_posts;
	enum hy_practice_fault fault;
	int fault_times, retry_after;
	int64_t polls, unchanged, writes, denied;
};

/* ---- story as seen now (feeds.c) ---- */
int64_t story_secs(const struct hy_practice *site);
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
/* The post of this id, or NULL. */
struct post *post_find(struct hy_practice *site, int id);

#endif
