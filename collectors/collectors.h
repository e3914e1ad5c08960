/*
 * collectors: from the bytes a source sent to items ready for the record. Reading is pure and runs
 * in the parse child (hy_feed_parse); taking runs in the office's process and is the door at which
 * privacy happens: behind hy_collector.take there are no authors, no handles and no open URLs.
 */
#ifndef HY_COLLECTORS_H
#define HY_COLLECTORS_H

#include "base/base.h"
#include "net/net.h"
#include "store/records.h"

/* ---- limits of everything in this folder ---- */
#define HY_FEED_ENTRIES_MAX 10000
#define HY_FEED_FIELD_MAX (1u << 20) /* bytes of one title, summary, content */
#define HY_FEED_INPUT_MAX (8u << 20)
#define HY_OPML_OUTLINES_MAX 10000

/* ---- addresses (RFC 3986) ---- */

/* ref resolved against base (may be NULL or ""): strict of RFC 3986 5.2, blanks at both ends cut,
 * non-ASCII kept. A ref without base stays as it is. child of ctx. */
char *hy_link_resolve(const void *ctx, const char *base, const char *ref);
/* The one form under which the same page is known: scheme and host in lower case, default port,
 * fragment, utm_* and other tracking parameters dropped, empty path "/". NULL unless an
 * absolute http(s) URL. child of ctx. feeds 8. */
char *hy_link_canonical(const void *ctx, const char *url);

/* ---- dates ---- */
enum hy_date_quality {
	HY_DATE_NONE,	 /* nothing usable */
	HY_DATE_DAY,	 /* a day, month or year only */
	HY_DATE_NO_ZONE, /* local time without a zone: the default was taken */
	HY_DATE_EXACT,
};
/*
 * Reads every form of feeds 8: RFC 822 (all zone names; a wrong or missing weekday, 2-digit years,
 * missing seconds), RFC 3339 and W3CDTF with partial dates, ISO week and ordinal days, asctime,
 * "2024年1月5日 08:00", Korean, Greek and Hungarian month names, "2004-07-08 23:56:58.0",
 * Perforce, Unix seconds or milliseconds. default_offset_minutes east of UTC holds where no zone is
 * written. The exact epoch comes out as 1 ms, since 0 means not set. HY_DATE_NONE leaves out
 * untouched.
 */
enum hy_date_quality hy_feed_date_parse(const char *s, int default_offset_minutes, hy_time *out);

/* ---- feeds ---- */
struct hy_feed_enclosure {
	const char *url, *type; /* type may be NULL; of a mail: url is the name of the file, or "" */
	int64_t length;		/* bytes, -1 unknown */
	const void *bytes;	/* of a mail: the file itself, `length` of it; or NULL */
};
/* NULL = the feed does not say; "" = it says nothing. URLs are absolute where a base is known. */
struct hy_feed_entry {
	const char *id;		/* guid, atom:id, rdf:about, JSON id; NULL = none */
	bool id_is_link;	/* the guid is a permanent link */
	const char *title;	/* plain text */
	const char *title_html; /* sanitised, when the feed's title has markup; else NULL */
	const char *link;	/* alternate */
	const char *summary;	/* sanitised HTML, or plain text when summary_plain */
	const char *content;	/* the same; first of the feed's contents */
	bool summary_plain, content_plain;
	hy_time published, updated; /* 0 = not set */
	enum hy_date_quality published_q, updated_q;
	const char *published_raw, *updated_raw;
	const char *author; /* raw; input of the voice, never printed, stored or logged */
	const char *author_name; /* as shown, so that it can be taken out of the title; the same */
	const char *comments;
	const char *lang;
	const char *image;
	const struct hy_feed_enclosure *enclosures;
	size_t n_enclosures;
	bool comment;	/* platforms: it answers a post */
	bool removed;	/* platforms: it says that the entry is gone */
	bool cut;	/* platforms: there is more of it than the list shows */
	bool automatic; /* mail: no person wrote it (a list, a bounce, an auto-reply) */
};
/* A thread of a forum that a page names: whether it is to be read is seen by what was read of it.
 */
struct hy_feed_thread {
	const char *id;
	hy_time last;
	int64_t posts;
};
struct hy_feed {
	bool well_formed; /* as a strict reader would say: also false for a media type that is not
			     XML and for a charset that had to be guessed against its label */
	bool complete;	  /* the document ended as it should: false for a cut body. What is missing
			     from an incomplete feed means nothing, its last entry is not to be taken
			   */
	bool strict;	  /* the XML or JSON itself held no fault */
	const char *version;  /* rss090 rss091n rss091u rss092 rss093 rss094 rss10 rss20 rss atom01
				 atom02 atom03 atom10 atom json1 json11 cdf, "" */
	const char *encoding; /* what it was read as, lower case; "" unknown */
	const char *problem;  /* NULL or one line: why well_formed is false */
	const char *title, *link, *id, *subtitle, *language, *rights, *generator;
	const char *title_html; /* as in an entry; title itself is plain text */
	bool subtitle_plain;
	hy_time updated, published; /* 0 = not set */
	const char *updated_raw;
	const char *image;     /* url */
	const char *self_url;  /* rel=self, feed_url */
	const char *next_url;  /* rel=next (RFC 5005), next_url */
	const char *hub_url;   /* rel=hub, hubs[0] */
	const char *page_feed; /* an HTML page instead of a feed: the feed it names, or NULL */
	bool is_html;	       /* it was an HTML page */
	bool expired;	       /* JSON Feed expired: true */
	int ttl_minutes;       /* -1 = none */
	hy_dur update_every;   /* sy:updatePeriod / updateFrequency; 0 = none */
	uint32_t skip_hours;   /* bit h = hour h GMT */
	unsigned skip_days;    /* bit 0 = Sunday */
	const struct hy_feed_entry *entries;
	size_t n_entries;
	/* Atom tombstones (RFC 6721): ids said to be withdrawn */
	const char *const *deleted;
	size_t n_deleted;
	/* Platforms' lists: the greatest place of this page, "" or NULL when it has none; where the
	 * following page begins, NULL when this was the last; threads it names. */
	const char *at, *next;
	const struct hy_feed_thread *threads;
	size_t n_threads;
	size_t n_skipped; /* entries that were no posts, or not public */
};
struct hy_feed_in {
	const char *bytes;
	size_t n;
	const char *content_type;     /* header value, NULL = none sent */
	const char *content_location; /* header value or NULL */
	const char *base_url;	      /* final URL of the fetch, or NULL */
	const char *charset;	      /* set by the office for this source, or NULL */
	int offset_minutes;	      /* zone where a date has none, minutes east of UTC */
	bool cut;		      /* the transfer ended early */
	const char *kind;	      /* the collector whose reader reads it; NULL = a feed */
	const char *hint;	      /* what that collector tells its reader, or NULL */
};
/*
 * Reads RSS 0.90-2.0, RDF, Atom 0.3 and 1.0, JSON Feed 1.0 and 1.1. Strict first, lenient second
 * (well_formed false then). *out is a child of ctx. HY_EINPUT: not a feed at all, over a limit; an
 * HTML page gives HY_OK with is_html and no entries. Pure; never blocks. Source: feeds 1-8.
 */
enum hy_status hy_feed_parse(const void *ctx, const struct hy_feed_in *in, struct hy_feed **out,
			     struct hy_err *err);
/* The members of `huying source test --json` (docs/formats.md) as one JSON object: dates as whole
 * Unix seconds, null where the feed does not say. No author. */
void hy_feed_write_json(struct hy_json_writer *w, const struct hy_feed *feed);

/* ---- OPML ---- */
struct hy_opml_entry {
	const char *title;    /* text, else title; "" if none */
	const char *xml_url;  /* never NULL */
	const char *html_url; /* or NULL */
	const char *type;     /* "rss" ..., or NULL */
	const char *folder;   /* "Towns/North", "" at the top */
	const char *category; /* comma list as written, or NULL */
};
/* Reads OPML 1.0, 1.1, 2.0; attribute names in any case; a lone & is text; comments
 * (isComment) and included files are skipped. *skipped: outlines with an address that is not
 * http(s). HY_EINPUT. *out child of ctx. */
enum hy_status hy_opml_parse(const void *ctx, const char *bytes, size_t n,
			     struct hy_opml_entry **out, size_t *n_out, size_t *skipped,
			     struct hy_err *err);
/* Writes OPML 2.0, folders nested, in the order given. child of ctx. */
char *hy_opml_write(const void *ctx, const char *title, hy_time created,
		    const struct hy_opml_entry *entries, size_t n);

/* ---- tables: sheets that somebody exported (imports) ---- */

#define HY_TABLE_INPUT_MAX HY_FEED_INPUT_MAX
#define HY_TABLE_ROWS_MAX 20000
#define HY_TABLE_COLUMNS_MAX 256
#define HY_TABLE_CELL_MAX (64u << 10)	/* bytes of one cell */
#define HY_TABLE_TEXT_MAX (32u << 20)	/* bytes of all cells, and of each part of an XLSX */
#define HY_TABLE_PARTS_MAX 2000		/* of an XLSX */
#define HY_TABLE_SHEETS_MAX 256

struct hy_table_in {
	const char *bytes;
	size_t n;
	const char *charset; /* of a CSV, said by a person; NULL: found out */
	int sheet;	     /* of an XLSX, from 1; 0 = the first that is not hidden */
};
struct hy_table_sheet {
	const char *name;
	bool hidden;
};
/* The whole of a cell whose formula has no value in the file; no other cell holds this byte. */
#define HY_TABLE_UNSOLVED "\x1a"
/* Rows that hold something, in order. Cells are UTF-8 without blanks at their ends, "" when empty;
 * n is up to the last that holds something. Dates of an XLSX are "2026-11-03 08:05:00". */
struct hy_table_row {
	int64_t line; /* of the file (CSV: where the row begins) or row of the sheet, from 1 */
	size_t n;
	const char *const *cells;
};
struct hy_table {
	const char *format;   /* "csv" or "xlsx" */
	const char *encoding; /* "utf-8", "gb18030" ...; "" for xlsx */
	char separator;	      /* of a CSV, else 0 */
	int sheet;	      /* the one that was read, from 1; 0 for a CSV */
	const struct hy_table_sheet *sheets;
	size_t n_sheets;
	const struct hy_table_row *rows;
	size_t n_rows, n_columns;
};
/*
 * Reads CSV (RFC 4180; comma, semicolon, tab or bar; UTF-8, UTF-16 or GB18030; ="00123") or XLSX,
 * told by its first bytes. *out is a child of ctx. HY_EINPUT with the line: a limit passed, a quote
 * not closed, an old .xls, a file with a password, a sheet that is not there, XML that declares a
 * document type, a part outside of the file. Pure; runs in the parse child.
 */
enum hy_status hy_table_read(const void *ctx, const struct hy_table_in *in, struct hy_table **out,
			     struct hy_err *err);
/* The same in a parse child of its own (exe as hy_parse_child_new), which ends with it. HY_ETEMP:
 * the child died or took too long. Blocks, at most some seconds. */
enum hy_status hy_table_read_apart(const void *ctx, const char *exe, const struct hy_table_in *in,
				   struct hy_table **out, struct hy_err *err);

/* What a column of an exported sheet can be. */
enum hy_meaning {
	HY_MEANS_REFERENCE, /* the original number */
	HY_MEANS_TIME,	    /* of arrival */
	HY_MEANS_TITLE,
	HY_MEANS_TEXT,
	HY_MEANS_CATEGORY,
	HY_MEANS_PLACE,
	HY_MEANS_UNIT,
	HY_MEANS_PHONE,
	HY_MEANS_MAIL,
	HY_MEANS_PERSON, /* who wrote: sealed with the words, never by itself */
	HY_MEANS_URL,
	HY_MEANS_STATUS, /* "已办结", "处理中": see hy_table_state() */
	HY_MEANS_CLOSED, /* time of closing */
};
#define HY_MEANINGS 13
/* "reference", "time" ...; NULL past the last. */
const char *hy_meaning_name(enum hy_meaning f);
/* Such a name, or a word that is understood as a heading ("编号", "content"). */
bool hy_meaning_parse(const char *name, enum hy_meaning *out);
/* Which column is what: indexes of cells from 0, -1 = none. */
struct hy_table_map {
	int header; /* index into rows; what stands before it are headlines; -1 = none found */
	int column[HY_MEANINGS];
};
/* By the headings, Chinese or English. header_line: the line of the headings, 0 = found out. */
void hy_table_guess(const struct hy_table *t, int64_t header_line, struct hy_table_map *out);
/* The column of this heading (as written, blanks and widths aside), or of "#3" the third; -1. */
int hy_table_column(const struct hy_table *t, const struct hy_table_map *map, const char *heading);
/* "hotline", "board", "mailbox" by the headings' words, else "import". */
const char *hy_table_channel(const struct hy_table *t, const struct hy_table_map *map);
/* Digits as office programs spoil them: "1.3912340003E10" is 13912340003, written into *out (s
 * itself where nothing is spoilt; child of ctx). False: digits are lost ("1.39123E+10"). */
bool hy_table_digits(const void *ctx, const char *s, const char **out);
enum hy_table_state { HY_TABLE_OPEN /* or empty */, HY_TABLE_CLOSED, HY_TABLE_STATE_UNKNOWN };
/* A state as sheets of hotlines and boards write it, Chinese or English. What is withdrawn or was
 * not accepted is closed, too: nobody waits for it. */
enum hy_table_state hy_table_state(const char *word);
/* A line of totals below the rows ("合计", "total"). */
bool hy_table_is_total(const struct hy_table_row *row);
/* A date as people and office programs write it: 2026/11/3 8:05, 2026年11月3日 下午3点, 20261103,
 * ISO with or without zone, a serial number of Excel (1900); without a zone it is offset_minutes
 * east of UTC. False when it is none, or can be read in two ways (3/11/2026). *day: it says no time
 * of the day, and *out is 00:00. */
bool hy_table_time(const char *s, int offset_minutes, hy_time *out, bool *day);

/* ---- privacy at the door (G2, G4) ---- */

/* Masks in plain text: @mentions -> "@", profile links -> "[链接]", e-mail -> "[邮箱]", phone, ID
 * and bank card numbers -> "[号码]". Idempotent. text is UTF-8. child of ctx. *n_masked may be
 * NULL. */
char *hy_mask_text(const void *ctx, const char *text, size_t *n_masked);
/* A name of two or more characters -> "@" wherever it stands as a whole, or, with end_only, at the
 * end. text is UTF-8; name may be NULL. child of ctx. */
char *hy_mask_name(const void *ctx, const char *text, const char *name, bool end_only);

#define HY_VOICE_LEN HY_HASH_LEN
enum hy_voice_key_state {
	HY_VOICE_KEY_FOUND,
	HY_VOICE_KEY_MADE, /* first need of this week */
	HY_VOICE_KEY_LOST, /* it was made before and is gone: a new period starts, say so */
};
/*
 * The key of a week ("2026W47", ISO week in office time) in keys_dir/voice-<week>: 32 random bytes,
 * mode 0600, made at first need. ends is the instant the week ends: HY_ECONFLICT when now >= ends
 * (a key is never made for a week that is over). HY_ESYSTEM, HY_ECORRUPT. Blocks on the disk.
 */
enum hy_status hy_voice_key(const char *keys_dir, const char *week, hy_time ends, hy_time now,
			    uint8_t key[HY_KEY_LEN], enum hy_voice_key_state *state,
			    struct hy_err *err);
/* Overwrites and unlinks every voice key whose week is not current_week. *n destroyed, may be
 * NULL. */
enum hy_status hy_voice_keys_sweep(const char *keys_dir, const char *current_week, int *n,
				   struct hy_err *err);
/* HMAC-SHA-256(key, platform|id), first 16 bytes; zeroes when id is NULL or empty. */
void hy_voice_of(const uint8_t key[HY_KEY_LEN], const char *platform, const char *id,
		 uint8_t out[HY_VOICE_LEN]);
/* The sealed form of an item's address: hy_seal with AAD item|<native hex>|url. NULL url: *out
 * NULL. */
enum hy_status hy_item_seal_url(const void *ctx, const uint8_t master[HY_KEY_LEN],
				const uint8_t native[HY_HASH_LEN], const char *url,
				const void **out, size_t *n_out, struct hy_err *err);

/* ---- the collector ---- */

/* What one HTTP exchange gave. Strings as received, NULL when absent. */
struct hy_fetch {
	int status;		   /* 0 = none: the network failed */
	const char *url;	   /* final URL */
	const char *permanent_url; /* every hop so far was 301 or 308: where they led; else NULL */
	const char *content_type, *content_location, *etag, *last_modified, *cache_control,
		*retry_after, *link;
	int64_t calls_left;  /* of the account's budget as the answer tells; -1 = not told */
	hy_time calls_reset; /* when they are whole again; 0 = not told */
	const char *body;
	size_t n;
	bool cut; /* fewer bytes than announced, or the stream broke off */
};
/* What a source may spend of the calls of its account; see hy_share_of(). */
struct hy_share {
	int per_day;	  /* calls of the account in a day */
	int used;	  /* by all its sources today, this look not counted */
	int weight, all;  /* of this source, of all the account's sources */
	hy_time day_ends; /* when the count begins anew */
};
/* The weight of a source in sharing its account's calls: 4 when something new came within the last
 * hour, 2 within a day, else 1. */
int hy_share_weight(hy_time last_new, hy_time now);
/* Calls this source's cursor counts for the day (days since 1970) of its account; 0 = none. */
int hy_share_used(const char *cursor, int64_t day);
/* Calls that are left today for all sources of the account, less the tenth that is kept for publishing
 * and look-ups; may be negative. */
int hy_share_left(const struct hy_share *share);
/* This source's part of a whole day's calls, at least one. */
int hy_share_part(const struct hy_share *share);
/* What the share allows between two looks: what is left of the day, less a tenth kept for
 * publishing and look-ups, by weight. At least a minute; until the day ends when nothing is left.
 */
hy_dur hy_share_interval(const struct hy_share *share, hy_time now);

/* How the caller answers the ladder's questions about the record (latest revisions of this source).
 * Each may be NULL: then the step is left out. */
struct hy_known {
	void *user;
	/* The item with this link hash; false = none. (hy_item_find_link) */
	bool (*by_link)(void *user, const uint8_t link[HY_HASH_LEN], struct hy_item_id *id,
			uint8_t native[HY_HASH_LEN]);
	/* Items posted within [since, until), newest first; returns how many. Live until the take
	 * ends. (hy_item_recent) */
	size_t (*recent)(void *user, hy_time since, hy_time until, const struct hy_item **items);
};
struct hy_take_in {
	const struct hy_source *source; /* cursor is the last one, NULL or "{}" at first */
	const struct hy_fetch *fetch;
	const struct hy_feed *feed;  /* of the body, by the parse child; NULL if none */
	enum hy_status parse_status; /* of hy_feed_parse; HY_OK when there was nothing to parse */
	const char *parse_error;     /* its line, or NULL */
	hy_time now;
	const uint8_t *voice_key;     /* HY_KEY_LEN bytes */
	const uint8_t *master_key;    /* HY_KEY_LEN bytes */
	struct hy_rand *rand;	      /* jitter */
	const struct hy_known *known; /* or NULL */
	const struct hy_share *share; /* of its account's calls; NULL = no budget */
};
/* One item to put, and what the ladder found. */
struct hy_taken {
	struct hy_item item;	    /* ready for hy_item_put() */
	struct hy_item_id alias_of; /* not 0: call hy_item_alias(alias_of, source, item.native)
				       before the put */
};
enum hy_take_stop { HY_TAKE_GO_ON, HY_TAKE_STOP_GONE /* 410 */, HY_TAKE_STOP_AUTH /* 401, 403 */ };
struct hy_take_out {
	struct hy_taken *items; /* oldest first */
	size_t n_items;
	size_t n_received;  /* all that the feed held: n_items + n_refused + n_known */
	size_t n_refused;   /* entries without any text, or one of the next two */
	size_t n_cut;	    /* of these: the last of a cut feed */
	size_t n_skipped;   /* of these: no posts, or not public */
	size_t n_known;	    /* entries left out: nothing changed since the last poll */
	bool overlaps;	    /* one of them was in the last poll, too */
	const char *cursor; /* new cursor JSON; on failure the old one with its counters */
	hy_time next_at;    /* when to poll again */
	int failures;	    /* in a row, for hy_source.failures */
	enum hy_take_stop stop;
	const char *move_to;   /* the URL moved for good (seen 3 times over a day): store it */
	bool not_modified;     /* 304 */
	bool possible_gap;     /* nothing overlaps with the last poll; a list could not be walked to its end */
	bool ids_regenerated;  /* more than half of the ids changed, matched by link */
	const char *next_page; /* RFC 5005 / next_url to read now because of the gap, or NULL */
	const char *hub_url;
	const char *note; /* NULL or one line for the source's last_error: warnings, too */
	bool more;	  /* a walk is not at its end: next_at is soon */
};
/* What a look asks for. Children of the context given. */
struct hy_collector_ask {
	const char *url; /* never NULL */
	/* "Name: value" lines ended by NULL: Accept, If-None-Match and If-Modified-Since verbatim
	 * from the cursor. */
	const char *const *headers;
	/* The account's secret is sent in the header secret_name, behind secret_prefix ("Bearer ");
	 * NULL: no secret is sent. login_name: a header that takes the account's login, or NULL. */
	const char *secret_name, *secret_prefix, *login_name;
	const char *hint; /* for the reader, or NULL */
};
/* How a list is followed over pages; one page a look, so that everybody has a turn between. */
enum hy_walk {
	HY_WALK_FEED,	 /* one document that shows the latest; a gap is read by its next pages */
	HY_WALK_DOWN,	 /* newest first, page by page down to what is known */
	HY_WALK_THREADS, /* a list of threads, then the pages of those that moved */
	HY_WALK_MAILBOX, /* upwards by UID; not HTTP: desk asks by hy_imap_look() */
};
struct hy_collector {
	const char *name;    /* hy_source.kind */
	const char *summary; /* msgid, one line */
	const char *options; /* options it takes beside the common ones: "what tag account" */
	enum hy_walk walk;
	bool rss;		/* with "what" absent or "rss" it is HY_WALK_FEED */
	enum hy_item_kind item; /* what its entries are, unless they say or the source says */
	const char *platform;	/* voices of one platform are one: "weibo"; NULL = the host */
	const char *account;	/* platform of the account whose secret it needs, NULL = none */
	bool account_may_lack;	/* it reads without one, too */
	hy_dur every;		/* between two looks, where the source says nothing; 0 = 15 min */
	hy_dur gap;		/* between two pages of one walk */
	int budget;    /* calls a day of one account, where the source says nothing; 0 = any */
	bool refusals; /* the body of a refusal is read: it says why */
	bool whole;    /* what its lists cut is asked for by itself */
	bool cached;   /* its RSS comes out of a cache that is rebuilt while it is read: then it is
			  empty, and asked again soon; its ttl is the cache's, not the reader's */
	/* Checks a source before it is stored: its URL and options (parsed). HY_EINPUT with the
	 * cure. NULL: an http(s) URL. */
	enum hy_status (*check)(const struct hy_source *source, const struct hy_json *options,
				struct hy_err *err);
	/* The next request of this source by its cursor. HY_EINPUT when the source was never good.
	 * NULL for HY_WALK_MAILBOX. Pure. */
	enum hy_status (*ask)(const void *ctx, const struct hy_source *source,
			      struct hy_collector_ask *out, struct hy_err *err);
	/* Bytes to entries; runs in the parse child. The status of a platform's own refusal comes
	 * back as it is: HY_EAUTH, HY_EWAIT, HY_EPERM, HY_ENOTFOUND, HY_ETEMP; HY_EINPUT: not an
	 * answer of this platform. Pure. */
	enum hy_status (*read)(const void *ctx, const struct hy_feed_in *in, struct hy_feed **out,
			       struct hy_err *err);
};
/* Where a mailbox is: "imaps://host:993", "imap://host" (STARTTLS), as hy_net_server_read(). */
enum hy_status hy_mail_server(const void *ctx, const char *url, struct hy_net_server *out,
			      struct hy_err *err);
/* Adds a mail to the batch that the mail collector reads; false when it has no room: then the look
 * ends before this one. The hint beside the batch: "validity=", "last=" and "more=" lines. */
bool hy_mail_batch_add(struct hy_buf *batch, uint32_t uid, const char *bytes, size_t n, bool cut);
/* The mail at *at of such a batch, which ends at end; moves *at past it. False: there is none. The
 * reader refuses a batch (HY_EINPUT) for one mail that it cannot read: halve it to find that one. */
bool hy_mail_batch_next(const char **at, const char *end, uint32_t *uid, const char **bytes,
			size_t *n);

/* The collector of a source's kind, NULL when there is none. */
const struct hy_collector *hy_collector_find(const char *kind);
/* All of them, for help and completion. */
const struct hy_collector *const *hy_collectors(size_t *n_out);
/* in by the reader of in->kind (NULL: a feed). As hy_collector.read. */
enum hy_status hy_source_read(const void *ctx, const struct hy_feed_in *in, struct hy_feed **out,
			      struct hy_err *err);
/*
 * From an exchange and its parsed feed to items, cursor and next look, for every kind. Pure but for
 * the look-ups of in->known. Results are children of ctx. HY_OK also for 304. Otherwise nothing is
 * to be stored but out->cursor, next_at and failures, which are always filled in: HY_ETEMP
 * (network, 5xx, cut without an entry, malformed), HY_EWAIT (429, 503 with Retry-After, the
 * platform says so), HY_EPERM (410; refused for good), HY_EAUTH (401, 403), HY_EINPUT (not what was
 * expected). Never blocks.
 */
enum hy_status hy_source_take(const void *ctx, const struct hy_take_in *in, struct hy_take_out *out,
			      struct hy_err *err);
/* hy_feed_in.offset_minutes for a source: option "zone" ("+08:00", "Asia/Shanghai", "UTC"), else
 * UTC+8 for hosts under .cn, else 0. */
int hy_feed_offset(const struct hy_source *source);

/* What the next poll depends on; zero-initialise, then set. Durations in ms. */
struct hy_poll_hints {
	hy_dur own;	     /* the office's interval for this source; 0 = 15 min */
	int ttl_minutes;     /* -1 none */
	hy_dur max_age;	     /* 0 none */
	hy_dur update_every; /* sy:, 0 none */
	uint32_t skip_hours;
	unsigned skip_days;
};
/* max(own, ttl, max-age, sy:) capped at 24 h, jitter of 10 % either way, then out of skipHours and
 * skipDays. feeds 6. */
hy_time hy_poll_next(const struct hy_poll_hints *h, hy_time now, struct hy_rand *rand);
/* Exponential back-off with jitter from own (at least 1 min), at most 24 h; failures >= 1. */
hy_time hy_poll_backoff(hy_dur own, int failures, hy_time now, struct hy_rand *rand);
/* Retry-After: seconds or an HTTP date -> instant in (now, now + 24 h]; 0 when it is nonsense. */
hy_time hy_retry_after(const char *value, hy_time now);
/* max-age of a Cache-Control value in ms; 0 when absent, no-cache or no-store. */
hy_dur hy_cache_max_age(const char *value);
/* The URL of the first link with relation rel in an HTTP Link header (RFC 8288), resolved against
 * base; NULL when none. child of ctx. */
char *hy_link_header(const void *ctx, const char *value, const char *rel, const char *base);

/* ---- the parse child ---- */

/* The whole life of `huying __parse`: shuts itself in (seccomp: read, write, memory, exit;
 * RLIMIT_AS 256 MiB unless under a sanitizer; no files), then answers requests until in_fd ends.
 * Returns the exit code. */
int hy_parse_child_main(int in_fd, int out_fd);
struct hy_parse_child;
/* exe: path of the program to start with the argument "__parse", usually /proc/self/exe read by the
 * caller. The child is started at the first question and kept. talloc child of ctx: freeing it ends
 * the child. Callbacks still waiting are then not called. */
struct hy_parse_child *hy_parse_child_new(const void *ctx, struct hy_loop *loop, const char *exe);
/* feed lives for the call; NULL unless status is HY_OK. HY_EINPUT: not a feed. HY_ETEMP: the child
 * died or took over 5 s on it; it was restarted and this body should not be tried at once again. */
typedef void hy_parse_fn(void *user, enum hy_status status, const struct hy_feed *feed,
			 const struct hy_err *err);
/* Asks; questions queue up, answers come in order by fn from the loop. in is copied, but for its
 * bytes: they live until fn is called, or pc is freed. */
enum hy_status hy_parse_child_ask(struct hy_parse_child *pc, const struct hy_feed_in *in,
				  hy_parse_fn *fn, void *user, struct hy_err *err);
/* Asks a child of its own (exe as above), which ends with it. *out is a child of ctx. Blocks, at
 * most some seconds. As hy_parse_fn. */
enum hy_status hy_parse_apart(const void *ctx, const char *exe, const struct hy_feed_in *in,
			      struct hy_feed **out, struct hy_err *err);
/* Process id of the running child, 0 = none (for tests and doctor). */
int hy_parse_child_pid(const struct hy_parse_child *pc);

#endif
