/* Private to collectors/: pieces shared between its files. Nothing outside includes this. */
#ifndef HY_COLLECT_H
#define HY_COLLECT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem, strcasestr, pipe2 */
#endif

#include "collectors/collectors.h"
#include "platforms/platforms.h"

/* ---- charset.c ---- */
struct hy_decoded {
	char *text; /* UTF-8, NUL after it */
	size_t n;
	const char *encoding; /* lower case, as named by whoever was believed */
	bool clean;	      /* read as labelled; false = overridden or repaired */
	bool repaired;	      /* some bytes became U+FFFD */
	const char *problem;  /* why not clean, or NULL */
};
/* The ladder of feeds 7. Never fails: the last rung repairs. child of ctx. */
void hy_feed_decode(const void *ctx, const struct hy_feed_in *in, struct hy_decoded *out);
/* Lower-case media type without parameters into out; "" when none. */
void hy_media_type(const char *content_type, char *out, size_t room);

/* ---- soup.c ---- */
/* XML by a forgiving scanner: end tags close what they name, a lone & or < is text, attributes need
 * no quotes. Same events as hy_xml_parse; caps as there. */
enum hy_status hy_soup_parse(const char *bytes, size_t n, const struct hy_xml_handlers *h,
			     void *user, struct hy_err *err);

/* ---- markup.c ---- */
/* Allowed HTML only, addresses resolved against base. child of ctx. */
char *hy_markup_clean(const void *ctx, const char *html, const char *base);
/* The words of HTML. child of ctx. */
char *hy_markup_plain(const void *ctx, const char *html);
/* Without counters ("阅读 12") and "3 minutes ago": they change with every build of a page, and are no
 * change of content. child of ctx. */
char *hy_without_volatile(const void *ctx, const char *s);
/* Plain text that is really HTML: a known end tag or character reference, and nothing unknown. */
bool hy_markup_looks_html(const char *s);

/* ---- feed-text.c: results are s or children of mem ---- */
/* Without the one <div> that wraps all of an Atom XHTML text. */
char *hy_feed_unwrap_div(const void *mem, char *s);
/* UTF-8 that was taken for Latin-1 and encoded again; the C1 range read as windows-1252. */
char *hy_feed_mend(const void *mem, char *s);
/* One more unescape for HTML that was escaped twice. */
char *hy_feed_unescape_again(const void *mem, char *s);
/* The name of RSS's "mail@example.org (Name)". */
char *hy_feed_shown_name(const void *mem, char *s);

/* ---- feed-xml.c ---- */
/* One pass over UTF-8 text. *out is a child of ctx also on failure. */
enum hy_status hy_feed_parse_xml(const void *ctx, const char *text, size_t n,
				 const struct hy_feed_in *in, bool lenient, struct hy_feed **out,
				 bool *well_formed, struct hy_err *err);

/* ---- feed-json.c ---- */
enum hy_status hy_feed_parse_json(const void *ctx, const struct hy_decoded *text,
				  const struct hy_feed_in *in, struct hy_feed **out,
				  struct hy_err *err);

/* ---- feed-wire.c: a feed over the pipe, authors included ---- */
bool hy_feed_pack(struct hy_buf *out, const struct hy_feed *feed);
enum hy_status hy_feed_unpack(const void *ctx, const char *bytes, size_t n, struct hy_feed **out,
			      struct hy_err *err);

/* ---- table.c: what the readers of tables share ---- */
/* Gathers cells into rows under the limits of collectors.h. */
struct hy_table_maker {
	struct hy_table *t;
	struct hy_table_row *rows;
	size_t n_rows, room;
	const char *cells[HY_TABLE_COLUMNS_MAX];
	size_t n;     /* cells of the row at work, up to the last that holds something */
	size_t bytes; /* of all cells */
	struct hy_err *err;
};
struct hy_table_maker *hy_table_maker_new(const void *ctx, const char *format, struct hy_err *err);
/* A cell of the row at work, blanks at its ends cut. line: for the error. */
enum hy_status hy_table_cell(struct hy_table_maker *m, size_t column, const char *s, size_t n,
			     int64_t line);
/* Ends the row at work; an empty one is left out. */
/* A cell with a formula and no value: HY_TABLE_UNSOLVED. */
enum hy_status hy_table_unsolved(struct hy_table_maker *m, size_t column, int64_t line);
enum hy_status hy_table_row_end(struct hy_table_maker *m, int64_t line);
struct hy_table *hy_table_made(struct hy_table_maker *m);

/* ---- table-csv.c, table-xlsx.c ---- */
enum hy_status hy_csv_read(const void *ctx, const struct hy_table_in *in, struct hy_table **out,
			   struct hy_err *err);
enum hy_status hy_xlsx_read(const void *ctx, const struct hy_table_in *in, struct hy_table **out,
			    struct hy_err *err);
/* ---- table-number.c ---- */
/* True when a number format of Excel shows a date or a time. */
bool hy_format_is_date(const char *code);
bool hy_format_id_is_date(int id); /* of the built-in ones */
/* A serial number as "2026-11-03", "2026-11-03 08:05:00" or "08:05:00"; NULL when it is no date.
 * child of ctx. */
char *hy_serial_date(const void *ctx, double serial, bool from_1904);
/* A number as a person would write it: 1.3800138E10 -> 13800138000. child of ctx. */
char *hy_number_text(const void *ctx, const char *s);

/* ---- table-wire.c: a table over the pipe ---- */
bool hy_table_pack(struct hy_buf *out, const struct hy_table *t);
enum hy_status hy_table_unpack(const void *ctx, const char *bytes, size_t n, struct hy_table **out,
			       struct hy_err *err);

/* ---- page.c: what platforms tell, as a feed ---- */
/* A value of a hint, "key=value" lines; NULL when absent. child of ctx. */
char *hy_hint_get(const void *ctx, const char *hint, const char *key);
/* An empty, well-formed, complete feed. */
struct hy_feed *hy_page_feed_new(const void *ctx, const char *version);
/* The page's entries into f; what not everybody may see is left out and counted in n_skipped. */
void hy_page_entries(struct hy_feed *f, const struct hy_platform_page *page);

/* ---- near.c ---- */
/* Sorted hashes of the text's shingles without repeats; *n = 0 and NULL for a text too short. */
uint64_t *hy_shingles(const void *ctx, const char *s, size_t *n);
/* Nine tenths of both together are in common. */
bool hy_shingles_near(const uint64_t *a, size_t na, const uint64_t *b, size_t nb);

/* ---- source-feed.c ---- */
/* Accept, and If-None-Match and If-Modified-Since from the cursor. child of ctx. */
const char *const *hy_conditional_headers(const void *ctx, const struct hy_source *source,
					  const char *accept);

/* ---- walk.c: where a list has been read to ---- */
struct hy_walk_state {
	/* HY_WALK_DOWN: all ids up to `at` were read; `back` is what `at` was a look earlier: from
	 * there is asked anew, for posts that become visible late. `top` and `down`: a walk under
	 * way, its newest id and where its next page begins. MAILBOX: at = "validity uid". */
	const char *at, *back, *top, *down;
	bool begun; /* something was read before */
	/* HY_WALK_THREADS */
	struct hy_walk_thread *read; /* what was read of each, newest first */
	size_t n_read;
	const char **queue; /* "tid page", in order */
	size_t n_queue;
	bool gap; /* not kept: this page leaves room for what was not seen */
};
struct hy_walk_thread {
	const char *id;
	hy_time last;
	int64_t posts;
	int page; /* the last one read */
};
/* How this source is followed: by its collector, and its option "what". */
enum hy_walk hy_walk_how(const struct hy_collector *c, const struct hy_json *options);
/* The walk in a cursor (an object, or NULL). child of ctx. */
void hy_walk_read(const void *ctx, const struct hy_json *cursor, struct hy_walk_state *out);
void hy_walk_write(struct hy_json_writer *w, const struct hy_walk_state *s);
/* The front of the queue: thread and page; false when it is empty. */
bool hy_walk_thread_next(const void *ctx, const struct hy_walk_state *s, const char **id,
			 int *page);
/* After a page was read. since: entries older than this are not wanted by a first walk (0 = none
 * are: one page). True: another page is to be read. */
bool hy_walk_page(const void *ctx, enum hy_walk how, struct hy_walk_state *s,
		  const struct hy_feed *feed, hy_time since);
/* The thread at the front of the queue is gone. */
void hy_walk_drop(struct hy_walk_state *s);
/* A list walked down, at its end: the post that is asked for by itself, as the list cut it; NULL when
 * none waits. */
const char *hy_walk_whole(const void *ctx, enum hy_walk how, const struct hy_walk_state *s);
/* It is to be asked for; of a few the rest stay cut. */
void hy_walk_want(const void *ctx, struct hy_walk_state *s, const char *id);
/* The page that is asked for next can never be read: on without it. A walk down ends there, and what
 * lies below is a gap. False: it is the first page, and there is no other way. */
bool hy_walk_give_up(enum hy_walk how, struct hy_walk_state *s);
/* The walk of a source's cursor, and its options parsed; children of ctx. */
void hy_walk_of(const void *ctx, const struct hy_source *source, struct hy_walk_state *state,
		const struct hy_json **options);

/* ---- the collectors, one file each: see registry.c ---- */
extern const struct hy_collector hy_collector_feed, hy_collector_mastodon, hy_collector_weibo,
	hy_collector_discuz, hy_collector_nodebb, hy_collector_discourse, hy_collector_mail;

/* ---- poll.c ---- */
/* Trims blanks at both ends. child of ctx. */
char *hy_trim(const void *ctx, const char *s, size_t n);
bool hy_is_http(const char *url);

#endif
