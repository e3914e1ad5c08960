/*
 * Role collect: looks at the sources that are due, all at once on one loop. A body is read by the
 * parse child, its items and the source's new cursor go into the record in one transaction, under
 * the role's lease.
 */
#include "desk/internal.h"

#include "collectors/collectors.h"
#include "net/net.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGES_MAX 5 /* further pages read at once after a gap */

struct collect {
	struct hy_desk *desk;
	struct hy_loop *loop;
	struct hy_net *net;
	struct hy_parse_child *child;
	struct look *looks; /* in flight */
	int in_flight;
	struct desk_voice voice;
};

/* One look at one source: from the request to the commit. */
struct look {
	struct collect *co;
	struct look *next;
	struct hy_source *source;
	const struct hy_collector *collector;
	struct hy_net_response *response;
	struct hy_fetch fetch;
	int page;		  /* 0 = the feed itself */
	const char *cursor_after; /* pages: the cursor as the feed itself left it */
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

static enum hy_status put_all(struct hy_desk *desk, struct hy_take_out *out, struct hy_source *s,
			      struct hy_err *err)
{
	enum hy_status status = HY_OK;

	for (size_t i = 0; i < out->n_items && !status; i++) {
		struct hy_taken *t = &out->items[i];
		enum hy_put what = HY_PUT_REPEAT;
		if (t->alias_of.v)
			status = hy_item_alias(desk->st, t->alias_of, t->item.source,
					       t->item.native, err);
		if (!status)
			status = hy_item_put(desk->st, &t->item, &what, err);
		s->got_new += what == HY_PUT_NEW;
		s->got_edit += what == HY_PUT_EDIT;
		s->got_repeat += what == HY_PUT_REPEAT;
	}
	return status;
}

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
	s->got_refused = (int64_t)out->n_refused;
	s->got_repeat = (int64_t)out->n_known;
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

/* Items, cursor and health in one transaction; the lease is renewed in it, so a collector that lost
 * it writes nothing. */
static enum hy_status store(struct look *look, struct hy_take_out *out, enum hy_status taken,
			    const struct hy_err *why, struct hy_err *err)
{
	struct hy_desk *desk = look->co->desk;
	struct hy_source s = *look->source;
	struct hy_lease lease;
	enum hy_status status = HY_OK;

	if (look->page && taken)
		return HY_OK; /* the feed itself was read: a further page that fails is only told */
	s.got_new = s.got_edit = s.got_repeat = s.got_refused = 0;
	source_after(look, out, taken, why, &s);
	status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_lease_take(desk->st, "collect", desk->owner, 15 * HY_SECOND, &lease, err);
	if (!status)
		status = put_all(desk, out, &s, err);
	if (s.got_new)
		s.last_new = s.last_try;
	if (look->page) { /* the cursor stays that of the first page */
		s.cursor = look->cursor_after;
		s.next_at = look->source->next_at;
	}
	if (!status)
		status = hy_source_tried(desk->st, &s, err);
	if (!status && out->stop != HY_TAKE_GO_ON)
		status = hy_source_set_state(desk->st, s.id, HY_SOURCE_STOPPED, err);
	if (!status && out->move_to && !look->page)
		status = hy_source_set_url(desk->st, s.id, out->move_to, err);
	status = desk_end(desk, status, err);
	if (!status) /* what a further page starts from; the old cursor still tells it what overlaps
		      */
		remember(look, &s);
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

/* The feed (or why there is none) is in hand: take, store, and go on to the next page after a gap.
 */
static void conclude(struct look *look, enum hy_status parse_status, const struct hy_feed *feed,
		     const struct hy_err *parse_err)
{
	struct collect *co = look->co;
	struct hy_err why = {0}, err = {0};
	struct hy_take_out out = {0};
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
	};
	enum hy_status taken = desk_voice_key(co->desk, &co->voice, in.now, &err), status = HY_OK;

	if (taken) {
		hy_log_err(HY_LOG_ERR, "collect", "voice key", &err);
		look_end(look);
		return;
	}
	taken = look->collector->take(look, &in, &out, &why);
	if (taken)
		say_cause(look, &out, &why);
	status = store(look, &out, taken, &why, &err);
	if (status)
		hy_log_err(HY_LOG_ERR, "collect", look->source->name, &err);
	else
		say(look, &out, taken, &why);
	if (status || !out.next_page || look->page >= PAGES_MAX ||
	    !ask_page(look, out.next_page, &out))
		look_end(look);
}

/* ---- asking ---- */

static void parsed(void *user, enum hy_status status, const struct hy_feed *feed,
		   const struct hy_err *err)
{
	conclude(user, status, feed, err);
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
	if (look->fetch.status != 200 || !look->fetch.n) {
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
	};
	if (hy_parse_child_ask(look->co->child, &in, parsed, look, &err))
		conclude(look, HY_ETEMP, NULL, &err);
}

static const char *peer_of(struct hy_desk *desk, const char *name, const char *recorded)
{
	size_t n = 0;
	const char *const *titles = hy_conf_titles(desk->conf, "reach", &n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(titles[i], name))
			return hy_conf_str(desk->conf, "reach", name, "peer");
	return recorded;
}

/* A feed names its next page itself: the named peer is for the source's own origin alone. */
static bool same_origin(const char *a, const char *b)
{
	const char *slashes = strstr(b, "://");
	size_t n = slashes ? (size_t)(slashes + 3 - b) + strcspn(slashes + 3, "/?#") : strlen(b);

	return !strncasecmp(a, b, n) && (!a[n] || strchr("/?#", a[n]));
}

static void request(struct look *look, const char *url, bool conditional)
{
	struct collect *co = look->co;
	const char *const *lines = look->collector->headers(look, look->source);
	const char *reach = peer_of(co->desk, look->source->name, look->source->reach);
	struct hy_net_header *headers = hy_new_array(look, struct hy_net_header, 16);
	struct hy_net_request rq = {
		.url = url,
		.headers = headers,
		.reach = same_origin(url, look->source->url) ? reach : NULL,
		.allow_http = !strncmp(look->source->url, "http://", 7),
		.follow = true,
		.timeout = hy_conf_dur(co->desk->conf, "collect", NULL, "timeout"),
	};

	for (size_t i = 0; lines && lines[i] && rq.n_headers < 16; i++) {
		size_t name = strcspn(lines[i], ":");
		if (!conditional && !strncasecmp(lines[i], "if-", 3))
			continue;
		headers[rq.n_headers].name = hy_strndup(look, lines[i], name);
		headers[rq.n_headers++].value = hy_strdup(
			look,
			lines[i] + name + (lines[i][name] ? 1 + (lines[i][name + 1] == ' ') : 0));
	}
	(void)hy_net_fetch(co->net, &rq, fetched, look); /* every failure arrives by the callback */
}

static bool ask_page(struct look *look, const char *url, const struct hy_take_out *first)
{
	struct look *more = hy_new(look->co, struct look);

	more->co = look->co;
	more->collector = look->collector;
	more->source = hy_new(more, struct hy_source);
	*more->source = *look->source;
	talloc_steal(more->source, look->source); /* its strings live on, from page to page */
	more->source->next_at = first->next_at;
	more->page = look->page + 1;
	more->cursor_after = look->cursor_after;
	more->next = look->co->looks;
	look->co->looks = more;
	look->co->in_flight++;
	request(more, hy_strdup(more, url), false);
	look_end(look);
	return true;
}

static bool looking_at(struct collect *co, struct hy_source_id id)
{
	for (struct look *l = co->looks; l; l = l->next)
		if (l->source->id.v == id.v)
			return true;
	return false;
}

static void look_at(struct collect *co, struct hy_source *source)
{
	struct look *look = hy_new(co, struct look);

	look->co = co;
	look->source = talloc_steal(look, source);
	look->collector = hy_collector_find(source->kind);
	look->next = co->looks;
	co->looks = look;
	co->in_flight++;
	request(look, source->url, true);
}

/* ---- the role ---- */

static enum hy_status start(struct hy_desk *desk, struct hy_loop *loop, int64_t fence, void **state,
			    struct hy_err *err)
{
	struct collect *co = hy_new(desk, struct collect);
	const char *contact = hy_conf_str(desk->conf, "collect", NULL, "contact");
	const struct hy_net_options options = {.contact = *contact ? contact : NULL,
					       .clock = desk->clock};
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	enum hy_status status = HY_OK;

	(void)fence;
	co->desk = desk;
	co->loop = loop;
	if (n <= 0)
		return hy_err_set(
			err, HY_ESYSTEM,
			_("/proc/self/exe cannot be read: the parse child has no program"));
	exe[n] = '\0';
	status = hy_net_new(&co->net, co, loop, &options, err);
	co->child = hy_parse_child_new(co, loop, exe);
	if (status)
		talloc_free(co);
	else
		*state = co;
	return status;
}

static enum hy_status turn(void *state, hy_time now, hy_time *next, struct hy_err *err)
{
	struct collect *co = state;
	int room = (int)hy_conf_int(co->desk->conf, "collect", NULL, "in_flight") - co->in_flight;
	struct hy_source *due = NULL;
	size_t n = 0, started = 0;
	/* those in flight are still due in the record: ask for as many more */
	enum hy_status status =
		room > 0 ? hy_source_due(co->desk->st, co, now, room + co->in_flight, &due, &n, err)
			 : HY_OK;

	for (size_t i = 0; i < n && !status && (int)started < room; i++) {
		struct hy_source *one = NULL;
		if (looking_at(co, due[i].id) || !hy_collector_find(due[i].kind))
			continue;
		status = hy_source_get(co->desk->st, co, due[i].id, &one, err);
		if (!status) {
			look_at(co, one);
			started++;
		}
	}
	talloc_free(due);
	if (!status)
		status = hy_source_next(co->desk->st, next, err);
	if (co->in_flight)
		*next = HY_TIME_NEVER; /* each end of a look is a commit, and a commit rings */
	return status;
}

static bool busy(void *state)
{
	return ((struct collect *)state)->in_flight > 0;
}

static void stop(void *state)
{
	struct collect *co = state;

	explicit_bzero(co->voice.key, sizeof(co->voice.key));
	talloc_free(co);
}

const struct desk_role role_collect = {
	.name = "collect", .start = start, .turn = turn, .busy = busy, .stop = stop};
