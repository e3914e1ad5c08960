/*
 * Role collect: looks at the sources that are due, all at once on one loop. A body is read by the
 * parse child, its items go into the record in turns with those of the others, and the source's new
 * cursor with the last of them, under the role's lease.
 */
#include "desk/balance.h"
#include "desk/collect.h"
#include "desk/storing.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGES_MAX 5		   /* further pages read at once after a gap */
#define DUE_LISTED 1000		   /* due sources looked through in one turn */
#define FAILING_SHARE 4		   /* sources that failed last get one in so many of the looks */
#define SLOW_AFTER (5 * HY_SECOND) /* a look that takes longer leaves its place to another */
#define SLOW_TIMES 3		   /* so many times in_flight may be slow beside the others */
#define SILENCE_EVERY (10 * HY_MINUTE)

struct collect {
	struct hy_desk *desk;
	struct hy_loop *loop;
	struct hy_net *net;
	struct hy_parse_child *child, *mail_child; /* a mail that hangs keeps no feed waiting */
	struct desk_storing *storing;
	struct hy_timer *timer; /* of the next transaction */
	struct look *looks;	/* in flight */
	int in_flight;
	int to_store; /* of these, those whose items wait */
	hy_time silence_at;
	struct desk_voice voice;
	struct hy_err broken; /* the record takes nothing: told by the next turn */
};

/* One look at one source: from the request to the commit. */
struct look {
	struct collect *co;
	struct look *next;
	struct hy_source *source;
	const struct hy_collector *collector;
	hy_time begun; /* monotonic */
	struct desk_ask *ask;
	bool secret; /* an account's secret was sent along */
	struct desk_mails *mails;
	struct hy_net_response *response;
	struct hy_fetch fetch;
	int page;		  /* 0 = the feed itself */
	const char *cursor_after; /* pages: the cursor as the feed itself left it */
	bool edited;		  /* somebody made another source of it meanwhile */
	int gap_day;		  /* of an open gap that further pages may close, or 0 */
	/* what it gave, once taken */
	struct hy_take_out out;
	struct hy_source after; /* the source's row after this look */
	struct desk_take take;
	enum hy_status taken;
	struct hy_err why;
};

static void look_end(struct look *look)
{
	struct look **at = &look->co->looks;

	while (*at && *at != look)
		at = &(*at)->next;
	if (*at)
		*at = look->next;
	look->co->in_flight--;
	talloc_free(look);
}

/* ---- what the ladder asks of the record ---- */

struct asking {
	struct look *look;
	void *work;
};

static bool known_link(void *user, const uint8_t link[HY_HASH_LEN], struct hy_item_id *id,
		       uint8_t native[HY_HASH_LEN])
{
	struct asking *a = user;
	struct hy_item *it = NULL;

	if (hy_item_find_link(a->look->co->desk->st, a->work, a->look->source->id, link, &it, NULL))
		return false;
	*id = it->id;
	memcpy(native, it->native, HY_HASH_LEN);
	return true;
}

static size_t known_recent(void *user, hy_time since, hy_time until, const struct hy_item **items)
{
	struct asking *a = user;
	struct hy_item *list = NULL;
	size_t n = 0;

	if (hy_item_recent(a->look->co->desk->st, a->work, a->look->source->id, since, until, 500,
			   &list, &n, NULL))
		return 0;
	*items = list;
	return n;
}

/* ---- storing ---- */

static void source_after(struct look *look, const struct hy_take_out *out, enum hy_status taken,
			 const struct hy_err *why, struct hy_source *s)
{
	hy_time now = hy_desk_now(look->co->desk);

	s->cursor = out->cursor ? out->cursor : s->cursor;
	s->next_at = out->next_at;
	s->failures = out->failures;
	s->last_status = look->fetch.status;
	s->last_try = now;
	if (!taken)
		s->last_ok = now;
	s->last_error = taken ? why->text : out->note;
	if (look->page) { /* the cursor stays that of the first page */
		s->cursor = look->cursor_after;
		s->next_at = look->source->next_at;
	}
}

static void remember(struct look *look, const struct hy_source *s)
{
	struct hy_source *known = look->source;

	known->last_try = s->last_try;
	known->last_ok = s->last_ok;
	known->last_new = s->last_new;
	known->last_status = s->last_status;
	known->failures = s->failures;
	known->next_at = s->next_at;
	known->last_error = hy_strdup(known, s->last_error);
	if (!look->page)
		look->cursor_after = hy_strdup(known, s->cursor);
}

/* A gap is counted when it is met; when a further page leads back to the last look, it is one that
 * was read. */
static enum hy_status count_gap(struct look *look, struct hy_err *err)
{
	struct hy_desk *desk = look->co->desk;
	const struct hy_take_out *out = &look->out;
	const struct desk_count met[] = {{"gap", "", 1}};
	const struct desk_count closed[] = {{"gap", "", -1}, {"gap", "read", 1}};
	int day = look->gap_day;

	if (look->page && day && out->overlaps) {
		look->gap_day = 0;
		return desk_counts_add(desk, look->source->id, day, closed, HY_LEN(closed), err);
	}
	if (look->page || !out->possible_gap)
		return HY_OK;
	enum hy_status status = desk_today(desk, &look->gap_day, err);
	return status ? status
		      : desk_counts_add(desk, look->source->id, look->gap_day, met, HY_LEN(met),
					err);
}

/* A row of the balance sheet even for a source that gave nothing: it was looked at. */
static enum hy_status count_look(struct look *look, struct hy_err *err)
{
	const struct desk_count one = {"look", look->taken ? "failed" : "", 1};
	int day = 0;
	enum hy_status status = desk_today(look->co->desk, &day, err);

	if (!status)
		status = desk_counts_add(look->co->desk, look->source->id, day, &one, 1, err);
	return status;
}

/* Somebody asked for a look while this one was under way (huying collect run): it is due still, or
 * who asked would wait for one that began before. */
static void keep_asked(struct look *look, struct hy_source *s)
{
	struct hy_source *row = NULL;

	if (hy_source_get(look->co->desk->st, look, s->id, &row, NULL))
		return; /* what cannot be read is not written either */
	look->edited = strcmp(row->url, look->source->url) != 0 ||
		       strcmp(row->options, look->source->options) != 0;
	if (look->edited) { /* where the old list was read to is not the new one's place */
		s->cursor = hy_strdup(look, row->cursor);
		s->next_at = row->next_at;
	} else if (row->next_at != look->source->next_at && row->next_at < s->next_at)
		s->next_at = row->next_at;
	talloc_free(row);
}

/* Cursor and health, in the transaction of the last items. */
static enum hy_status store_end(struct desk_take *take, struct hy_err *err)
{
	struct look *look = take->user;
	struct hy_store *st = look->co->desk->st;
	struct hy_source *s = &look->after;
	const struct hy_take_out *out = &look->out;
	enum hy_status status = HY_OK;

	s->last_new = take->got.fresh ? s->last_try : look->source->last_new;
	keep_asked(look, s);
	status = hy_source_tried(st, s, err);
	if (!status && !look->page)
		status = count_look(look, err);
	if (!status && !look->taken)
		status = count_gap(look, err);
	if (!status && look->mails)
		status = desk_mails_take_in(look->co->desk, s, look->mails, err);
	if (!status && out->stop == HY_TAKE_STOP_AUTH && look->secret)
		desk_source_refused(look->co->desk, s, look->why.text);
	else if (!status && out->stop != HY_TAKE_GO_ON)
		status = hy_source_set_state(st, s->id, HY_SOURCE_STOPPED, err);
	if (!status && out->move_to && !look->page && !look->edited)
		status = hy_source_set_url(st, s->id, out->move_to, err);
	return status;
}

static bool ask_page(struct look *look, const char *url, const struct hy_take_out *first);

static void say(struct look *look, const struct hy_take_out *out, enum hy_status taken,
		const struct hy_err *why)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", out->n_items);
	if (taken)
		hy_log(HY_LOG_WARNING, "collect", why->text, "SOURCE", look->source->name, NULL);
	else
		hy_log(HY_LOG_DEBUG, "collect", "looked", "SOURCE", look->source->name, "ITEMS",
		       text, NULL);
	if (out->possible_gap)
		hy_log(HY_LOG_WARNING, "collect",
		       "nothing overlaps with the last look: items may have been missed", "SOURCE",
		       look->source->name, NULL);
}

/* The collector knows only that no answer came; the wire knows why. */
static void say_cause(struct look *look, struct hy_take_out *out, struct hy_err *why)
{
	static const char *const places[] = {
		[HY_NET_AT_REQUEST] = N_("the address cannot be asked for"),
		[HY_NET_AT_GUARD] = N_("the address is refused"),
		[HY_NET_AT_RESOLVE] = N_("the name was not found"),
		[HY_NET_AT_CONNECT] = N_("no connection"),
		[HY_NET_AT_TLS] = N_("no trusted connection (TLS)"),
		[HY_NET_AT_ANSWER] = N_("the connection broke off"),
		[HY_NET_AT_LIMIT] = N_("a limit was passed"),
	};
	const struct hy_net_response *r = look->response;

	if (!r || !r->status || look->fetch.status || r->where >= HY_LEN(places))
		return;
	hy_err_set(why, why->status, _("source %s: %s: %s"), look->source->name,
		   _(places[r->where]), r->err.text);
	out->note = hy_strdup(look, why->text);
}

/* The end of a look, or the next page after a gap. */
static void go_on(struct look *look, enum hy_status status)
{
	if (status || !look->out.next_page || look->page >= PAGES_MAX ||
	    !ask_page(look, look->out.next_page, &look->out))
		look_end(look);
}

/* Not one source's fault but the record's: to look again at once would change nothing. */
static bool of_the_record(enum hy_status status)
{
	return status == HY_ENOSPACE || status == HY_ESYSTEM || status == HY_EBUSY ||
	       status == HY_ECORRUPT || status == HY_ETEMP;
}

static void stored(struct desk_take *take, enum hy_status status, const struct hy_err *err)
{
	struct look *look = take->user;

	look->co->to_store--;
	if (status) {
		hy_log_err(HY_LOG_ERR, "collect", look->source->name, err);
		if (of_the_record(status))
			look->co->broken = *err;
	} else { /* what a further page starts from; the old cursor still tells it what overlaps */
		remember(look, &look->after);
		say(look, &look->out, look->taken, &look->why);
	}
	go_on(look, status);
}

/* Nobody else is on the way: no company to wait for. */
static void arm(struct collect *co)
{
	int64_t due = desk_storing_due(co->storing);

	if (due > 0 && due <= 50 && co->to_store == co->in_flight)
		due = 0;
	if (due >= 0)
		hy_timer_arm(co->timer, due);
}

static void on_timer(void *user)
{
	struct collect *co = user;

	desk_storing_run(co->storing);
	arm(co);
}

static void to_store(struct look *look)
{
	struct collect *co = look->co;

	look->after = *look->source;
	source_after(look, &look->out, look->taken, &look->why, &look->after);
	look->take = (struct desk_take){.source = look->source->id,
					.items = look->out.items,
					.n = look->out.n_items,
					.n_received = look->out.n_received,
					.n_refused = look->out.n_refused,
					.n_cut = look->out.n_cut,
					.n_skipped = look->out.n_skipped,
					.follows = look->source->last_ok != 0,
					.n_known = look->out.n_known,
					.last = store_end,
					.stored = stored,
					.user = look};
	co->to_store++;
	desk_storing_add(co->storing, &look->take);
	arm(co);
}

/* The feed (or why there is none) is in hand: take it, and into the queue. */
static void conclude(struct look *look, enum hy_status parse_status, const struct hy_feed *feed,
		     const struct hy_err *parse_err)
{
	struct collect *co = look->co;
	struct hy_err err = {0};
	struct hy_share share;
	struct asking asking = {.look = look, .work = look};
	const struct hy_known known = {
		.user = &asking, .by_link = known_link, .recent = known_recent};
	struct hy_take_in in = {
		.source = look->source,
		.fetch = &look->fetch,
		.feed = feed,
		.parse_status = parse_status,
		.parse_error = parse_status && parse_err ? parse_err->text : NULL,
		.now = hy_desk_now(co->desk),
		.voice_key = co->voice.key,
		.master_key = co->desk->master,
		.rand = &co->desk->rand,
		.known = &known,
		.share = desk_share(co->desk, look->source, &share) ? &share : NULL,
	};

	if (desk_voice_key(co->desk, &co->voice, in.now, &err)) {
		hy_log_err(HY_LOG_ERR, "collect", "voice key", &err);
		look_end(look);
		return;
	}
	look->taken = hy_source_take(look, &in, &look->out, &look->why);
	if (look->taken)
		say_cause(look, &look->out, &look->why);
	if (look->page && look->taken) { /* the feed itself was read: this one is only told */
		say(look, &look->out, look->taken, &look->why);
		go_on(look, HY_OK);
		return;
	}
	to_store(look);
}

/* ---- asking ---- */

static void parsed(void *user, enum hy_status status, const struct hy_feed *feed,
		   const struct hy_err *err)
{
	struct look *look = user;

	talloc_free((void *)(uintptr_t)look->response->body); /* megabytes, while others store */
	look->response->body = NULL;
	look->fetch.body = NULL;
	conclude(look, status, feed, err);
}

/* A header of digits; -1 when absent or anything else. */
static int64_t header_number(const struct hy_net_response *r, const char *name)
{
	const char *v = hy_net_response_header(r, name);

	if (!v || !*v || strlen(v) > 15 || strspn(v, "0123456789") != strlen(v))
		return -1;
	return strtoll(v, NULL, 10);
}

static void fetch_of(struct look *look)
{
	struct hy_net_response *r = look->response;
	struct hy_fetch *f = &look->fetch;

	*f = (struct hy_fetch){
		.status = r->http,
		.url = r->final_url ? r->final_url : look->source->url,
		.permanent_url = r->moved ? r->final_url : NULL,
		.content_type = r->content_type,
		.content_location = hy_net_response_header(r, "content-location"),
		.etag = r->etag,
		.last_modified = r->last_modified,
		.cache_control = hy_net_response_header(r, "cache-control"),
		.retry_after = hy_net_response_header(r, "retry-after"),
		.link = hy_net_response_header(r, "link"),
		.calls_left = header_number(r, "x-ratelimit-remaining"),
		.body = r->body,
		.n = r->n_body,
		.cut = r->status != HY_OK,
	};
}

/* Where a date of this source names no zone: the source's own, else the office's; minutes east. */
static int zone_minutes(struct look *look, const struct hy_json *options)
{
	struct hy_desk *desk = look->co->desk;
	const struct hy_calendar_conf conf = {.zone = hy_json_str(options, "zone")};
	struct hy_calendar *cal = NULL;

	if (!conf.zone || hy_calendar_new(&cal, look, &conf, NULL))
		return desk_offset_minutes(desk, hy_desk_now(desk));
	return hy_calendar_offset(cal, hy_desk_now(desk)) / 60;
}

static void fetched(void *user, struct hy_net_response *response)
{
	struct look *look = user;
	const struct hy_json *options = NULL;
	struct hy_json *node = NULL;
	struct hy_err err = {0};

	look->response = talloc_steal(look, response);
	fetch_of(look);
	if ((look->fetch.status != 200 && !look->collector->refusals) || !look->fetch.n) {
		if (response->status && !look->fetch.status)
			conclude(look, response->status, NULL, &response->err);
		else
			conclude(look, HY_OK, NULL, NULL);
		return;
	}
	if (!hy_json_parse(look, look->source->options, strlen(look->source->options), 0, &node,
			   NULL))
		options = node;
	const struct hy_feed_in in = {
		.bytes = look->fetch.body,
		.n = look->fetch.n,
		.content_type = look->fetch.content_type,
		.content_location = look->fetch.content_location,
		.base_url = look->fetch.url,
		.charset = hy_json_str(options, "charset"),
		.offset_minutes = zone_minutes(look, options),
		.cut = look->fetch.cut,
		.kind = look->collector->name,
		.hint = look->ask->ask.hint,
	};
	if (hy_parse_child_ask(look->co->child, &in, parsed, look, &err))
		conclude(look, HY_ETEMP, NULL, &err);
}

static void mails_parsed(void *user, enum hy_status status, const struct hy_feed *feed,
			 struct desk_mails *mails, const struct hy_err *err)
{
	struct look *look = user;

	look->mails = status ? NULL : mails;
	conclude(look, status, feed, err);
}

/* A mailbox was looked at. */
static void mailed(void *user, enum hy_status status, const struct hy_buf *batch, const char *hint,
		   const struct hy_err *err)
{
	struct look *look = user;

	look->fetch = (struct hy_fetch){.status = status == HY_OK	   ? 200
						  : status == HY_EAUTH	   ? 401
						  : status == HY_ENOTFOUND ? 404
									   : 0,
					.url = look->source->url,
					.calls_left = -1};
	if (status)
		conclude(look, status, NULL, err);
	else
		desk_mails_read(look, look->co->mail_child, batch, hint, mails_parsed, look);
}

/* page: a further page of a feed, or NULL. */
static void request(struct look *look, const char *page)
{
	struct collect *co = look->co;
	struct hy_err err = {0};

	if (look->collector->walk == HY_WALK_MAILBOX) {
		look->secret = true;
		if (desk_mail_look(co->desk, look, co->net, co->loop, look->source, mailed, look,
				   &err))
			conclude(look, err.status, NULL, &err);
	} else if (desk_ask_new(co->desk, look, look->source, page, &look->ask, &err))
		conclude(look, err.status, NULL, &err);
	else { /* every failure arrives by the callback */
		look->secret = look->ask->secret;
		(void)hy_net_fetch(co->net, &look->ask->rq, fetched, look);
	}
}

static bool ask_page(struct look *look, const char *url, const struct hy_take_out *first)
{
	struct look *more = hy_new(look->co, struct look);

	more->co = look->co;
	more->begun = hy_monotonic();
	more->collector = look->collector;
	more->source = hy_new(more, struct hy_source);
	*more->source = *look->source;
	talloc_steal(more->source, look->source); /* its strings live on, from page to page */
	more->source->next_at = first->next_at;
	more->page = look->page + 1;
	more->cursor_after = look->cursor_after;
	more->gap_day = look->gap_day;
	more->next = look->co->looks;
	look->co->looks = more;
	look->co->in_flight++;
	request(more, hy_strdup(more, url));
	look_end(look);
	return true;
}

/* Where a source's requests go: one at a time to each place, so that no busy or hanging site holds
 * more than one of the looks in flight. */
static const char *place_of(const struct hy_source *s, size_t *n)
{
	const char *at = s->reach ? NULL : strstr(s->url, "://");

	if (!at) { /* a named peer; or an account's own address, which its kind stands for */
		at = s->reach ? s->reach : s->kind;
		*n = strlen(at);
		return at;
	}
	at += 3;
	*n = strcspn(at, "/?#");
	return at;
}

static bool same_place(const struct hy_source *a, const struct hy_source *b)
{
	size_t n, m;
	const char *p = place_of(a, &n), *q = place_of(b, &m);

	return n == m && !strncasecmp(p, q, n);
}

static int at_once(const struct collect *co)
{
	return (int)hy_conf_int(co->desk->conf, "collect", NULL, "in_flight");
}

/* Not now: it is being looked at, its place is, or those that failed last have their share of the
 * looks already. */
static bool must_wait(const struct collect *co, const struct hy_source *s)
{
	int failing = 0, most = at_once(co) / FAILING_SHARE;

	for (const struct look *l = co->looks; l; l = l->next) {
		if (l->source->id.v == s->id.v || same_place(l->source, s))
			return true;
		failing += l->source->failures > 0;
	}
	return s->failures > 0 && failing >= (most > 1 ? most : 1);
}

static void look_at(struct collect *co, struct hy_source *source)
{
	struct look *look = hy_new(co, struct look);

	look->co = co;
	look->begun = hy_monotonic();
	look->source = talloc_steal(look, source);
	look->collector = hy_collector_find(source->kind);
	look->next = co->looks;
	co->looks = look;
	co->in_flight++;
	request(look, NULL);
}

/* How many more may begin. Who hangs or drips holds a place for a while only: past it the look goes
 * on beside the others, so that a tenth of all sources hanging keeps none of the rest waiting.
 * *soon: how long until the next one in flight counts as slow; 0 = none will. */
static int places(const struct collect *co, hy_dur *soon)
{
	int slow = 0, most = SLOW_TIMES * at_once(co);

	*soon = 0;
	for (const struct look *l = co->looks; l; l = l->next) {
		hy_dur age = hy_monotonic() - l->begun;

		slow += age >= SLOW_AFTER;
		if (age < SLOW_AFTER && (!*soon || SLOW_AFTER - age < *soon))
			*soon = SLOW_AFTER - age;
	}
	if (slow > most)
		slow = most;
	return at_once(co) - (co->in_flight - slow);
}

/* ---- the role ---- */

static enum hy_status start(struct hy_desk *desk, struct hy_loop *loop, int64_t fence, void **state,
			    struct hy_err *err)
{
	struct collect *co = hy_new(desk, struct collect);
	const struct hy_net_options options = desk_net_options(desk, co);
	char *exe = NULL;
	enum hy_status status = desk_own_program(co, &exe, err);

	(void)fence;
	co->desk = desk;
	co->loop = loop;
	if (!status)
		status = hy_net_new(&co->net, co, loop, &options, err);
	if (!status) {
		co->child = hy_parse_child_new(co, loop, exe);
		co->mail_child = hy_parse_child_new(co, loop, exe);
	}
	co->storing = desk_storing_new(co, desk, "collect");
	co->timer = hy_loop_timer(loop, on_timer, co);
	if (status)
		talloc_free(co);
	else
		*state = co;
	return status;
}

static enum hy_status turn(void *state, hy_time now, hy_time *next, struct hy_err *err)
{
	struct collect *co = state;
	hy_dur soon = 0;
	int room = places(co, &soon);
	struct hy_source *due = NULL;
	size_t n = 0, started = 0;

	if (co->broken.status) {
		*err = co->broken;
		co->broken = (struct hy_err){0};
		return err->status;
	}
	/* of those due some must wait for others: more are listed than there is room for */
	enum hy_status status =
		room > 0 ? hy_source_due(co->desk->st, co, now, DUE_LISTED, &due, &n, err) : HY_OK;

	for (size_t i = 0; i < n && !status && (int)started < room; i++) {
		struct hy_source *one = NULL;
		if (!hy_collector_find(due[i].kind) || must_wait(co, &due[i]))
			continue;
		status = hy_source_get(co->desk->st, co, due[i].id, &one, err);
		if (!status) {
			look_at(co, one);
			started++;
		}
	}
	talloc_free(due);
	if (!status && now >= co->silence_at) {
		desk_watch_silence(co->desk);
		co->silence_at = now + SILENCE_EVERY;
	}
	if (!status)
		status = hy_source_next(co->desk->st, co->in_flight ? now : 0, next, err);
	/* those that are due and wait: each end of a look is a commit, and a commit rings; or a
	 * look becomes a slow one */
	if (soon && now + soon < *next)
		*next = now + soon;
	return status;
}

static bool busy(void *state)
{
	return ((struct collect *)state)->in_flight > 0;
}

static void stop(void *state)
{
	struct collect *co = state;

	explicit_bzero(&co->voice, sizeof(co->voice));
	hy_timer_free(co->timer);
	talloc_free(co);
}

const struct desk_role role_collect = {
	.name = "collect", .start = start, .turn = turn, .busy = busy, .stop = stop};
