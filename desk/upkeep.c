/*
 * Upkeep of the index beside collecting and indexing. Looks for damage and the making of a new
 * index run in threads with connections of their own; packing, joining and erasing are index/'s
 * tasks. The role's thread alone opens, swaps and closes. What a person asked for (huying index
 * rebuild, compact) stands in the record until it is done, so a restart goes on with it.
 */
#include "desk/indexing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 1000
#define CHECK_PERIOD HY_HOUR
#define CARE_PERIOD (5 * HY_MINUTE)
#define ERASE_PERIOD (30 * HY_MINUTE) /* hidden text is off the disk within the hour */
#define MONTHS_FROM 62 /* days kept: below it a month would outlive its first days by too much */

/* ---- a thread beside the role ---- */

struct aside {
	char *dir;
	struct hy_index_options o;
	struct hy_store *st; /* of the thread's own desk */
	struct hy_index_writer *writer;
	char *report;
	int64_t total;
	enum hy_lang lang;
	pthread_t id;
	bool started;
	atomic_bool stop, ended;
	atomic_llong done;
	/* of the thread until it has ended */
	enum hy_status status;
	struct hy_err err;
};

static int aside_end(struct aside *a)
{
	atomic_store(&a->stop, true);
	if (a->started)
		pthread_join(a->id, NULL);
	talloc_free(a->writer);
	talloc_free(a->report);
	return 0;
}

static struct aside *aside_new(struct indexing *in)
{
	struct aside *a = hy_new(NULL, struct aside);

	a->dir = hy_strdup(a, in->desk->dir);
	a->o = indexing_options(in->desk);
	a->lang = hy_lang_default();
	talloc_set_destructor(a, aside_end);
	return a;
}

static enum hy_status aside_begin(struct aside **out, struct aside *a, void *(*live)(void *),
				  struct hy_err *err)
{
	a->started = !pthread_create(&a->id, NULL, live, a);
	if (!a->started) {
		talloc_free(a);
		return hy_err_set(err, HY_ESYSTEM, _("no thread for the index"));
	}
	*out = a;
	return HY_OK;
}

/* Joins; what it said goes to err. */
static enum hy_status aside_join(struct aside *a, struct hy_err *err)
{
	pthread_join(a->id, NULL);
	a->started = false;
	if (a->status && err)
		*err = a->err;
	return a->status;
}

/* ---- what was asked for, and how far it is ---- */

/* "KIND TICKET" under index.wanted; the ticket under index.done with its end. */
static bool wanted(struct hy_desk *desk, char kind[16], int64_t *ticket)
{
	char *text = NULL;
	bool found = !hy_meta_get(desk->st, desk, "index.wanted", &text, NULL) && text &&
		     sscanf(text, "%15s %" SCNd64, kind, ticket) == 2;

	talloc_free(text);
	return found;
}

static void note(struct indexing *in, const char *kind, int64_t done, int64_t total)
{
	hy_time now = hy_monotonic();
	char text[64];

	if (now - in->noted < HY_SECOND)
		return;
	in->noted = now;
	(void)snprintf(text, sizeof(text), "%s %" PRId64 " %" PRId64, kind, done, total);
	(void)hy_meta_set(in->desk->st, "index.job", text, NULL); /* only for eyes */
}

static void fulfil(struct indexing *in, const char *kind, enum hy_status status,
		   const struct hy_err *why)
{
	char is[16];
	int64_t ticket = 0;
	char *text = NULL;

	(void)hy_meta_set(in->desk->st, "index.job", "", NULL);
	if (!wanted(in->desk, is, &ticket) || strcmp(is, kind))
		return;
	text = hy_strf(in, "%" PRId64 " %d %s", ticket, (int)status, status ? why->text : "");
	if (!hy_meta_set(in->desk->st, "index.done", text, NULL))
		(void)hy_meta_set(in->desk->st, "index.wanted", "", NULL);
	talloc_free(text);
}

/* ---- opening ---- */

struct hy_index_options indexing_options(struct hy_desk *desk)
{
	return (struct hy_index_options){.flags = HY_INDEX_CREATE,
					 .zone_minutes =
						 desk_offset_minutes(desk, hy_desk_now(desk))};
}

static void mark(struct indexing *in, const char *value)
{
	char *was = NULL;

	if (!hy_meta_get(in->desk->st, in, "index.rebuilding", &was, NULL) &&
	    strcmp(was ? was : "0", value))
		(void)hy_meta_set(in->desk->st, "index.rebuilding", value,
				  NULL); /* only a mark for the pages */
	talloc_free(was);
}

static enum hy_status remake_begin(struct indexing *in, struct hy_err *err);

enum hy_status indexing_open(struct indexing *in, struct hy_err *err)
{
	struct hy_index_options o = indexing_options(in->desk);
	int64_t last = 0;
	enum hy_status status = HY_OK;

	if (in->writer || in->remake)
		return HY_OK;
	status = hy_index_writer_open(&in->writer, in, in->desk->dir, &o, err);
	if (status == HY_ECORRUPT) {
		hy_log_err(HY_LOG_WARNING, "index",
			   "damaged or of another version: rebuilding from the record", err);
		return remake_begin(in, err);
	}
	if (!status)
		status = hy_item_last_seq(in->desk->st, &last, NULL, err);
	/* a restored, older record: an index ahead of it would show what is not there */
	if (!status && hy_index_writer_cursor(in->writer) > last) {
		hy_log(HY_LOG_WARNING, "index", "ahead of the record: rebuilding", NULL);
		indexing_close(in);
		return remake_begin(in, err);
	}
	if (!status)
		mark(in, "0"); /* a kill in the middle left it */
	return status;
}

void indexing_close(struct indexing *in)
{
	talloc_free(in->writer);
	in->writer = NULL;
	in->added = 0;
	in->caring = false;
}

void indexing_end(struct indexing *in)
{
	talloc_free(in->remake);
	talloc_free(in->check);
	in->remake = in->check = NULL;
	indexing_close(in);
}

bool indexing_busy(struct indexing *in)
{
	bool owed = in->owed;

	if ((in->remake && !atomic_load(&in->remake->ended)) ||
	    (in->check && !atomic_load(&in->check->ended)) ||
	    (in->caring && !hy_index_care_ended(in->writer)))
		return true;
	in->owed = false;
	return owed;
}

/* ---- a new index beside the live one ---- */

static enum hy_status remake_feed(void *user, const void *ctx, int64_t after, struct hy_item **out,
				  size_t *n, struct hy_err *err)
{
	struct aside *a = user;

	if (atomic_load(&a->stop))
		return hy_err_set(err, HY_EBUSY, _("stopped"));
	atomic_store(&a->done, after);
	return hy_item_log(a->st, ctx, after, BATCH, out, n, err);
}

static void *remake_live(void *user)
{
	struct aside *a = user;
	struct hy_desk *desk = NULL;
	void *ctx = talloc_new(NULL);

	pthread_setname_np(pthread_self(), "index-rebuild");
	hy_lang_use(a->lang);
	a->status = hy_desk_open(&desk, ctx, a->dir, HY_DESK_READ_ONLY, &a->err);
	if (!a->status)
		a->status = hy_index_writer_open(&a->writer, NULL, a->dir, &a->o, &a->err);
	if (!a->status) {
		a->st = desk->st;
		a->status = hy_index_refill(a->writer, remake_feed, a, NULL, &a->err);
	}
	if (!a->status)
		a->status = hy_index_writer_commit(a->writer, 0, &a->err);
	talloc_free(ctx);
	atomic_store(&a->ended, true);
	return NULL;
}

static enum hy_status remake_begin(struct indexing *in, struct hy_err *err)
{
	struct aside *a = NULL;
	enum hy_status status = HY_OK;

	if (in->remake)
		return HY_OK;
	a = aside_new(in);
	a->o.flags |= HY_INDEX_REBUILD;
	status = hy_item_last_seq(in->desk->st, &a->total, NULL, err);
	if (status) {
		talloc_free(a);
		return status;
	}
	mark(in, "1");
	return aside_begin(&in->remake, a, remake_live, err);
}

enum hy_status indexing_damaged(struct indexing *in, struct hy_err *err)
{
	indexing_close(in);
	return remake_begin(in, err);
}

static enum hy_status feed_log(void *user, const void *ctx, int64_t after, struct hy_item **out,
			       size_t *n, struct hy_err *err)
{
	return hy_item_log(((struct hy_desk *)user)->st, ctx, after, BATCH, out, n, err);
}

/* A search met damage since the last look. */
static bool suspected(struct indexing *in)
{
	char *said = NULL;
	bool found = !hy_meta_get(in->desk->st, in, "index.suspect", &said, NULL) && said && *said;

	talloc_free(said);
	if (found)
		(void)hy_meta_set(in->desk->st, "index.suspect", "", NULL); /* else looked at twice */
	return found;
}

/* It has caught up: the live one stops, the rest of the log goes in, one rename swaps them. */
static enum hy_status remake_finish(struct indexing *in, struct hy_err *err)
{
	struct aside *a = in->remake;
	struct hy_err why = {0};
	enum hy_status status = aside_join(a, &why);

	if (!status) {
		talloc_free(in->check); /* it reads what goes away now */
		in->check = NULL;
		indexing_close(in);
		status = hy_index_refill(a->writer, feed_log, in->desk, NULL, &why);
	}
	if (!status) {
		struct hy_index_writer *w = a->writer;
		a->writer = NULL;
		status = hy_index_writer_swap(w, &why);
	}
	talloc_free(a);
	in->remake = NULL;
	in->asked_remake = false;
	fulfil(in, "rebuild", status, &why);
	if (status) {
		hy_log_err(HY_LOG_ERR, "index", "the new index could not be made", &why);
		if (err)
			*err = why;
		/* with a live index the office goes on as before */
		return in->writer ? HY_OK : status;
	}
	hy_log(HY_LOG_INFO, "index", "made anew from the record", NULL);
	(void)suspected(in); /* that was the old one */
	return indexing_open(in, err);
}

/* ---- damage ---- */

static bool go_on(void *user, int64_t done, int64_t total)
{
	(void)done;
	(void)total;
	return !atomic_load(&((struct aside *)user)->stop);
}

static void *check_live(void *user)
{
	struct aside *a = user;
	const struct hy_index_expect none = {
		.live = -1, .cursor = -1, .progress = go_on, .user = a};

	pthread_setname_np(pthread_self(), "index-check");
	hy_lang_use(a->lang);
	a->status = hy_index_check(a->dir, NULL, &none, 0, &a->report, &a->err);
	atomic_store(&a->ended, true);
	return NULL;
}

/* Counts at once, in the thread that writes: nothing moves meanwhile. Files beside it. */
static enum hy_status check_begin(struct indexing *in, hy_time now, struct hy_err *err)
{
	struct hy_index_expect expect = {.live = -1, .cursor = -1};
	char *report = NULL;
	int64_t last = 0, live = 0;
	enum hy_status status = HY_OK;

	in->checked = now;
	status = hy_item_last_seq(in->desk->st, &last, &live, err);
	if (status)
		return status;
	expect.cursor = last;
	if (hy_index_writer_cursor(in->writer) == last)
		expect.live = live;
	status = hy_index_check(in->desk->dir, in, &expect, HY_INDEX_CHECK_COUNTS, &report, err);
	if (status == HY_ECORRUPT) {
		hy_log(HY_LOG_WARNING, "index", "damage found: rebuilding from the record",
		       "REPORT", report ? report : "", NULL);
		status = indexing_damaged(in, err);
	} else if (!status) {
		status = aside_begin(&in->check, aside_new(in), check_live, err);
	}
	talloc_free(report);
	return status;
}

static enum hy_status check_finish(struct indexing *in, struct hy_err *err)
{
	struct aside *a = in->check;
	enum hy_status status = aside_join(a, NULL);

	if (status == HY_ECORRUPT)
		hy_log(HY_LOG_WARNING, "index", "damage found: rebuilding from the record",
		       "REPORT", a->report ? a->report : a->err.text, NULL);
	else if (status && status != HY_ETEMP)
		hy_log_err(HY_LOG_WARNING, "index", "could not be checked", &a->err);
	talloc_free(a);
	in->check = NULL;
	return status == HY_ECORRUPT ? indexing_damaged(in, err) : HY_OK;
}

/* ---- packing, joining, erasing, dropping ---- */

static enum hy_status left_of_log(void *user, const void *ctx, int64_t min, int64_t max,
				  int64_t **out, size_t *n, struct hy_err *err)
{
	return hy_item_seqs(((struct hy_desk *)user)->st, ctx, min, max, out, n, err);
}

enum hy_status desk_index_plan(struct hy_desk *desk, hy_time now, bool by_hand,
			       struct hy_index_upkeep *u, struct hy_err *err)
{
	struct hy_calendar *cal = NULL;
	int64_t keep = hy_conf_dur(desk->conf, "keep", NULL, "items") / HY_DAY;
	enum hy_status status = desk_calendar(desk, &cal, err);
	int today = 0;

	if (status)
		return status;
	today = hy_calendar_date(cal, now);
	*u = (struct hy_index_upkeep){
		.today = hy_days_from_civil(today / 10000, today / 100 % 100, today % 100),
		.left = left_of_log,
		.user = desk,
		.months = keep > MONTHS_FROM,
		.erase = by_hand,
		.all = by_hand,
	};
	u->keep_from = u->today - keep;
	return HY_OK;
}

static enum hy_status care(struct indexing *in, hy_time now, struct hy_err *err)
{
	struct hy_index_upkeep u;
	struct hy_err why = {0};
	int64_t done = 0, total = 0;
	bool erase = now - in->erased >= ERASE_PERIOD || now < in->erased;
	bool due = in->by_hand || erase || now - in->cared >= CARE_PERIOD || now < in->cared;
	enum hy_status status = hy_index_care_poll(in->writer, false, &in->caring, &why);

	if (in->by_hand) {
		hy_index_care_progress(in->writer, &done, &total);
		note(in, "compact", done, total);
	}
	if (!status && !in->caring && due) {
		status = desk_index_plan(in->desk, now, in->by_hand, &u, &why);
		u.erase |= erase;
		if (!status)
			status = hy_index_care_start(in->writer, &u, &in->caring, &why);
		if (!status && !in->caring) { /* nothing more to do */
			in->cared = now;
			in->erased = u.erase ? now : in->erased;
		}
	}
	if (in->by_hand && (status || !in->caring)) {
		in->by_hand = false;
		fulfil(in, "compact", status, &why);
	}
	if (status == HY_ECORRUPT) {
		hy_log_err(HY_LOG_WARNING, "index", "damage found: rebuilding from the record",
			   &why);
		return indexing_damaged(in, err);
	}
	if (status) {
		in->cared = in->erased = now; /* tried again when it is due */
		hy_log_err(HY_LOG_ERR, "index", "upkeep failed", &why);
	}
	return HY_OK;
}

/* ---- a person's wish ---- */

static enum hy_status runs_here(struct hy_desk *desk, struct hy_err *err)
{
	if (hy_desk_role_held(desk->dir, "index"))
		return HY_OK;
	return hy_err_set(err, HY_EBUSY,
			  _("no role index runs in the daemon: start huying serve with it, or "
			    "stop the daemon and run this again"));
}

static enum hy_status next_ticket(struct hy_desk *desk, const char *what, int64_t *ticket,
				  struct hy_err *err)
{
	char kind[16], *text = NULL;
	enum hy_status status = HY_OK;

	if (wanted(desk, kind, ticket)) {
		if (!strcmp(kind, what))
			return HY_OK; /* the same wish: one answer for both */
		return hy_err_set(err, HY_EBUSY, _("index %s is under way: wait for it"), kind);
	}
	status = hy_meta_get(desk->st, desk, "index.done", &text, err);
	*ticket = (text ? strtoll(text, NULL, 10) : 0) + 1;
	talloc_free(text);
	if (status)
		return status;
	text = hy_strf(desk, "%s %" PRId64, what, *ticket);
	status = hy_meta_set(desk->st, "index.wanted", text, err);
	talloc_free(text);
	return status;
}

enum hy_status desk_index_met(struct hy_desk *desk, enum hy_status status, struct hy_err *err)
{
	struct hy_desk *writes = NULL;
	char *said = NULL;

	if (status != HY_ECORRUPT)
		return status;
	/* Once: every search meets it until there is a new index. A command that only reads has the
	 * record open for reading. What fails here is found by the hourly look. */
	if (!hy_meta_get(desk->st, desk, "index.suspect", &said, NULL) && !(said && *said) &&
	    hy_meta_set(desk->st, "index.suspect", "1", NULL) &&
	    !hy_desk_open(&writes, NULL, desk->dir, 0, NULL))
		(void)hy_meta_set(writes->st, "index.suspect", "1", NULL);
	talloc_free(writes);
	talloc_free(said);
	if (runs_here(desk, NULL))
		return hy_err_set(err, HY_ECORRUPT, _("the index is damaged; %s"),
				  _("cure: huying index rebuild"));
	return hy_err_set(err, HY_ETEMP, "%s",
			  _("the index is damaged and is being made anew from the record: search again "
			    "in a moment"));
}

/* Not audited: the index is a cache, and no word of the record changes. */
static enum hy_status wish(struct hy_desk *desk, const char *what, struct hy_json_writer *w,
			   struct hy_err *err)
{
	int64_t ticket = 0;
	enum hy_status status = runs_here(desk, err);

	if (!status)
		status = next_ticket(desk, what, &ticket, err);
	if (!status)
		hy_jw_kint(w, "ticket", ticket);
	return status;
}

enum hy_status act_index_rebuild(struct hy_desk *desk, struct hy_person_id actor,
				 const struct hy_json *params, struct hy_json_writer *w,
				 struct hy_err *err)
{
	(void)actor;
	(void)params;
	return wish(desk, "rebuild", w, err);
}

enum hy_status act_index_compact(struct hy_desk *desk, struct hy_person_id actor,
				 const struct hy_json *params, struct hy_json_writer *w,
				 struct hy_err *err)
{
	(void)actor;
	(void)params;
	return wish(desk, "compact", w, err);
}

enum hy_status desk_index_job(struct hy_desk *desk, struct hy_json_writer *w, struct hy_err *err)
{
	char kind[16] = "", *text = NULL;
	int64_t done = 0, total = 0;
	enum hy_status status = hy_meta_get(desk->st, desk, "index.job", &text, err);

	if (status || !text || sscanf(text, "%15s %" SCNd64 " %" SCNd64, kind, &done, &total) != 3)
		kind[0] = '\0';
	talloc_free(text);
	hy_jw_kstr(w, "job", kind);
	hy_jw_kint(w, "job_done", done);
	hy_jw_kint(w, "job_total", total);
	return status;
}

enum hy_status hy_desk_index_asked(struct hy_desk *desk, int64_t ticket, bool *done, int64_t *at,
				   int64_t *total, struct hy_err *err)
{
	char *text = NULL, kind[16];
	int64_t last = 0;
	int code = 0, n = 0;
	enum hy_status status = hy_meta_get(desk->st, desk, "index.done", &text, err);

	*at = *total = 0;
	*done = !status && text && sscanf(text, "%" SCNd64 " %d %n", &last, &code, &n) >= 2 &&
		last >= ticket;
	if (*done && last == ticket && code)
		status = hy_err_set(err, (enum hy_status)code, "%s", text + n);
	talloc_free(text);
	text = NULL;
	if (!status && !*done)
		status = hy_meta_get(desk->st, desk, "index.job", &text, err);
	if (text)
		(void)sscanf(text, "%15s %" SCNd64 " %" SCNd64, kind, at, total);
	talloc_free(text);
	return status;
}

/* ---- one turn ---- */

static void hear_wishes(struct indexing *in, struct hy_err *err)
{
	char kind[16];
	int64_t ticket = 0;

	if (in->by_hand || in->asked_remake || !wanted(in->desk, kind, &ticket))
		return;
	if (!strcmp(kind, "rebuild"))
		in->asked_remake = !remake_begin(in, err);
	else
		in->by_hand = !strcmp(kind, "compact");
}

enum hy_status indexing_upkeep(struct indexing *in, hy_time now, struct hy_err *err)
{
	enum hy_status status = HY_OK;
	struct aside *r = NULL;

	hear_wishes(in, NULL);
	r = in->remake;
	if (r && !atomic_load(&r->ended))
		note(in, "rebuild", (int64_t)atomic_load(&r->done), r->total);
	else if (r)
		status = remake_finish(in, err);
	if (!status && in->check && atomic_load(&in->check->ended))
		status = check_finish(in, err);
	if (status || !in->writer)
		return status;
	if (!in->check && !in->remake &&
	    (now - in->checked >= CHECK_PERIOD || now < in->checked || suspected(in)))
		status = check_begin(in, now, err);
	if (!status && in->writer) /* damage that was found just now closed it */
		status = care(in, now, err);
	return status;
}
