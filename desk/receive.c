/*
 * Role receive: what platforms push to us. Verified as it comes; written down in one transaction
 * with all that came meanwhile, raw bytes sealed beside what they say; answered only then. So a
 * kill at any instant loses nothing that was acknowledged, and what comes again finds itself known.
 */
#include "desk/receive.h"

#include <string.h>

#define IDENTITIES_KEPT (180 * HY_DAY)
#define ERASE_EVERY HY_HOUR
#define BOXES_EVERY (1 * HY_SECOND) /* a changed key is known within this time */
#define PATH_PREFIX "/callback/"
#define UNREAD_MAX 10000 /* raw callbacks of one source that wait to be understood */
#define REPLAY_PAGE 100

struct pending {
	struct pending *next;
	const struct desk_box *box;
	struct hy_callback cb;
	struct hy_callback_seen seen;
	const char *refused; /* why, as it is counted */
	int http;	     /* of a refusal */
	struct hy_push *pushes;
	size_t n;
	const char *type, *body; /* of the answer, when taken */
	hy_receive_fn *done;	 /* NULL: nobody waits any more */
	void *user;
};

struct hy_receive {
	struct hy_desk *desk;
	void *box_ctx; /* of boxes; the old ones live as long as something waits */
	struct desk_box *boxes;
	size_t n_boxes;
	hy_time boxes_at, erased_at; /* monotonic; by the clock */
	void *batch;		     /* of what waits */
	struct pending *first, **last;
	size_t waiting;
	void *door;
	struct desk_voice voice;
	struct desk_sweeper *sweeper;
	struct desk_media *media;
	struct desk_lines *lines;
};

static const struct hy_receive_door *the_door;

void hy_receive_set_door(const struct hy_receive_door *door)
{
	the_door = door;
}

/* ---- boxes ---- */

static enum hy_status load_boxes(struct hy_receive *r, struct hy_err *err)
{
	void *ctx = talloc_new(r);
	struct desk_box *boxes;
	size_t n = 0;
	enum hy_status status = desk_boxes(r->desk, ctx, &boxes, &n, err);

	if (status) {
		talloc_free(ctx);
		return status;
	}
	talloc_free(r->box_ctx);
	r->box_ctx = ctx;
	r->boxes = boxes;
	r->n_boxes = n;
	r->boxes_at = hy_monotonic();
	return HY_OK;
}

static void renew_boxes(struct hy_receive *r)
{
	struct hy_err err = {0};

	/* what waits points into the boxes it was checked by */
	if (r->waiting || hy_monotonic() - r->boxes_at < BOXES_EVERY)
		return;
	if (load_boxes(r, &err))
		hy_log_err(HY_LOG_WARNING, "receive", "the accounts cannot be read", &err);
}

/* "/callback/<account>/<secret>"; *wrong: such an account, another secret. */
static const struct desk_box *box_at(const struct hy_receive *r, const char *path, bool *wrong)
{
	const char *id = path + strlen(PATH_PREFIX), *secret;
	const struct desk_box *found = NULL;
	char number[24];

	*wrong = false;
	if (strncmp(path, PATH_PREFIX, strlen(PATH_PREFIX)) != 0 || !(secret = strchr(id, '/')))
		return NULL;
	for (size_t i = 0; i < r->n_boxes; i++) {
		size_t n =
			(size_t)snprintf(number, sizeof(number), "%" PRId64, r->boxes[i].account.v);

		if ((size_t)(secret - id) == n && memcmp(id, number, n) == 0)
			found = &r->boxes[i];
	}
	if (!found)
		return NULL;
	*wrong = strlen(secret + 1) != BOX_PATH_LEN ||
		 !hy_equal_ct(secret + 1, found->path, BOX_PATH_LEN);
	return found;
}

/* ---- as it comes ---- */

static void answer(struct pending *p, int http, const char *type, const char *body)
{
	const struct hy_receive_out out = {
		.http = http, .type = type, .body = body, .n = strlen(body)};

	if (p->done)
		p->done(p->user, &out);
	p->done = NULL;
}

static void refuse(struct pending *p, int http, const char *why)
{
	p->http = http;
	p->refused = why;
}

static void copy_in(struct pending *p, const struct hy_receive_in *in, hy_time now)
{
	struct hy_net_header *headers = hy_new_array(p, struct hy_net_header, in->n_headers + 1);
	char *body = hy_new_array(p, char, in->n_body + 1);

	for (size_t i = 0; i < in->n_headers; i++)
		headers[i] = (struct hy_net_header){hy_strdup(p, in->headers[i].name),
						    hy_strdup(p, in->headers[i].value)};
	if (in->n_body)
		memcpy(body, in->body, in->n_body);
	p->cb = (struct hy_callback){.post = in->post,
				     .query = hy_strdup(p, in->query ? in->query : ""),
				     .headers = headers,
				     .n_headers = in->n_headers,
				     .body = body,
				     .n_body = in->n_body,
				     .now = now};
}

/* Who sent it, and what it says. */
static void look_at(struct pending *p)
{
	const struct hy_receiver *how = p->box->receiver;
	struct hy_err err = {0};
	enum hy_status status = how->verify(p, &p->cb, &p->box->keys, &p->seen, &err);

	if (status == HY_EAUTH)
		refuse(p, 403, "forged");
	else if (status == HY_EREFUSED)
		refuse(p, 403, "clock");
	else if (status)
		refuse(p, 400, "malformed");
	else if (p->cb.post &&
		 how->read(p, p->seen.clear, p->seen.n_clear, &p->pushes, &p->n, &err))
		/* signed by the platform itself: then it is our parser's fault */
		refuse(p, how->verifies && strcmp(how->name, "webhook") ? 200 : 400, "unread");
	if (p->refused)
		hy_log(HY_LOG_WARNING, "receive", err.text, "ACCOUNT", p->box->name, NULL);
}

static void wait_for_flush(struct hy_receive *r, struct pending *p)
{
	*r->last = p;
	r->last = &p->next;
	r->waiting++;
}

void hy_receive_large(struct hy_receive *r, const char *path)
{
	struct pending *p;
	bool wrong = false;

	renew_boxes(r);
	p = hy_new(r->batch, struct pending);
	p->box = box_at(r, path, &wrong);
	if (!p->box) {
		talloc_free(p);
		return;
	}
	p->cb = (struct hy_callback){.post = true, .now = hy_desk_now(r->desk)};
	refuse(p, 413, wrong ? "path" : "large");
	wait_for_flush(r, p);
}

void hy_receive_add(struct hy_receive *r, const struct hy_receive_in *in, hy_receive_fn *done,
		    void *user)
{
	struct pending *p;
	bool wrong = false;

	renew_boxes(r);
	p = hy_new(r->batch, struct pending);
	p->done = done;
	p->user = user;
	p->box = box_at(r, in->path, &wrong);
	if (!p->box) {
		answer(p, 404, "text/plain", "");
		talloc_free(p);
		return;
	}
	copy_in(p, in, hy_desk_now(r->desk));
	if (wrong)
		refuse(p, 404, "path"); /* as if nothing were there */
	else
		look_at(p);
	if (!p->cb.post) { /* the check of the address leaves nothing behind */
		answer(p, p->refused ? p->http : 200, "text/plain",
		       p->refused || !p->seen.echo ? "" : p->seen.echo);
		talloc_free(p);
		return;
	}
	wait_for_flush(r, p);
}

void desk_receive_pdu(struct hy_receive *r, const struct desk_box *box, const char *bytes, size_t n,
		      hy_receive_fn *done, void *user)
{
	const struct hy_receive_in in = {.post = true, .body = bytes, .n_body = n};
	struct pending *p = hy_new(r->batch, struct pending);
	struct hy_err err = {0};

	p->done = done;
	p->user = user;
	p->box = box;
	copy_in(p, &in, hy_desk_now(r->desk));
	p->seen = (struct hy_callback_seen){.clear = p->cb.body, .n_clear = n, .key = -1};
	if (box->receiver->read(p, p->cb.body, n, &p->pushes, &p->n, &err)) {
		refuse(p, 200, "unread");
		hy_log(HY_LOG_WARNING, "receive", err.text, "ACCOUNT", box->name, NULL);
	}
	wait_for_flush(r, p);
}

void hy_receive_forget(struct hy_receive *r, void *user)
{
	for (struct pending *p = r->first; p; p = p->next)
		if (p->user == user)
			p->done = NULL;
}

size_t hy_receive_waiting(const struct hy_receive *r)
{
	return r->waiting;
}

/* ---- the group commit ---- */

enum hy_status desk_intake_begin(struct hy_desk *desk, const void *ctx, struct desk_intake *in,
				 struct hy_err *err)
{
	struct hy_calendar *cal = NULL;
	enum hy_status status = desk_promises(desk, ctx, &in->rules, err);

	if (!status)
		status = desk_calendar(desk, &cal, err);
	if (status)
		return status;
	in->desk = desk;
	in->day = hy_calendar_date(cal, hy_desk_now(desk));
	in->join = hy_conf_dur(desk->conf, "receive", NULL, "join");
	in->sweep = "";
	return HY_OK;
}

enum hy_status desk_journal(struct desk_intake *in, const void *ctx, const struct desk_box *box,
			    struct hy_callback_row *row, const char *query, const char *clear,
			    size_t n_clear, struct hy_err *err)
{
	size_t n_query = strlen(query);
	struct hy_buf raw;

	row->source = box->source;
	hy_buf_init(&raw, ctx, n_query + n_clear + 1);
	hy_buf_add(&raw, query, n_query);
	hy_buf_chr(&raw, '\n');
	hy_buf_add(&raw, clear, n_clear); /* opened: keys are changed sooner than erased */
	return hy_callback_add(in->desk->st, row, raw.data, raw.len, err);
}

const char *desk_journal_clear(const struct hy_callback_row *row, size_t *n)
{
	const char *raw = (const char *)row->raw,
		   *line = raw ? memchr(raw, '\n', row->n_raw) : NULL;

	if (!line)
		return NULL;
	*n = row->n_raw - (size_t)(line + 1 - raw);
	return line + 1;
}

static enum hy_status journal(struct desk_intake *in, const struct pending *p,
			      const uint8_t stamp[HY_HASH_LEN], const uint8_t body[HY_HASH_LEN],
			      bool unread, struct hy_err *err)
{
	struct hy_callback_row row = {
		.at = p->cb.now, .stamped = p->seen.stamp != NULL, .unread = unread};

	memcpy(row.stamp, stamp, HY_HASH_LEN);
	memcpy(row.body, body, HY_HASH_LEN);
	return desk_journal(in, p, p->box, &row, p->cb.query, p->seen.clear, p->seen.n_clear, err);
}

/* The acknowledgement, in the office's own words, for who opened a case with this message. */
static enum hy_status acknowledge(struct desk_intake *in, struct pending *p, struct hy_case_id id,
				  struct hy_err *err)
{
	const char *words = hy_conf_str(in->desk->conf, "receive", NULL, "acknowledge");
	struct hy_case *c = NULL;
	const char *body, *type = NULL;
	struct hy_buf b;
	enum hy_status status;

	if (!*words)
		return HY_OK;
	status = hy_case_get(in->desk->st, p, id, &c, err);
	if (status)
		return status;
	hy_buf_init(&b, p, 4096);
	for (const char *at = words; *at;) {
		if (!strncmp(at, "{number}", 8)) {
			hy_buf_str(&b, c->number);
			at += 8;
		} else if (!strncmp(at, "{code}", 6)) {
			hy_buf_str(&b, c->code);
			at += 6;
		} else {
			hy_buf_chr(&b, *at++);
		}
	}
	body = p->box->receiver->reply(p, &p->cb, &p->box->keys, &p->seen, b.data, &type);
	if (body) {
		p->body = body;
		p->type = type;
	}
	return HY_OK;
}

/* The source's own totals and times, beside the counts of the day. */
static enum hy_status heard(struct desk_intake *in, const struct desk_box *box, bool good,
			    const struct hy_received *got, struct hy_err *err)
{
	return hy_source_heard(in->desk->st, box->source, hy_desk_now(in->desk), good, got, err);
}

/* A callback that nothing is taken from. */
static enum hy_status turn_away(struct desk_intake *in, const struct pending *p, struct hy_err *err)
{
	const struct hy_received one = {.refused = 1};
	enum hy_status status = desk_count_received(in, p->box, 1, err);

	if (!status)
		status = desk_count_refused(in, p->box, p->refused, err);
	return status ? status : heard(in, p->box, false, &one, err);
}

static void add_said(struct hy_received *got, enum desk_said said)
{
	got->fresh += said == DESK_SAID_NEW;
	got->repeat += said == DESK_SAID_REPEAT;
	got->refused += said == DESK_SAID_REFUSED;
}

/* A message centre brings one thing at a time, and long ones in parts. */
static enum hy_status take_part(struct desk_intake *in, struct pending *p, struct hy_err *err)
{
	struct hy_received got = {0};
	int64_t waiting = 0;
	enum hy_status status =
		hy_callback_unread_count(in->desk->st, p->box->source, &waiting, err);

	if (!status && waiting >= UNREAD_MAX) {
		refuse(p, 503, "full");
		return turn_away(in, p, err);
	}
	if (!status)
		status = desk_take_part(in, p, p->box, &p->pushes[0], p->seen.clear,
					       p->seen.n_clear, &got, err);

	return status ? status : heard(in, p->box, true, &got, err);
}

static enum hy_status take_pushes(struct desk_intake *in, struct pending *p, bool *fresh,
				  struct hy_err *err)
{
	struct hy_received got = {0};
	enum hy_status status = desk_count_received(in, p->box, (int64_t)p->n, err);

	for (size_t i = 0; i < p->n && !status; i++) {
		struct desk_taken t;

		status = desk_take_in(in, p, p->box, &p->pushes[i], &t, err);
		*fresh = *fresh || t.said != DESK_SAID_REPEAT;
		add_said(&got, t.said);
		if (!status && t.opened && t.cs.v)
			status = acknowledge(in, p, t.cs, err);
	}
	return status ? status : heard(in, p->box, true, &got, err);
}

/* One callback, in the open transaction. */
static enum hy_status take_one(struct desk_intake *in, struct pending *p, struct hy_err *err)
{
	uint8_t stamp[HY_HASH_LEN] = {0}, body[HY_HASH_LEN], before[HY_HASH_LEN];
	enum hy_status known = HY_ENOTFOUND, status = HY_OK;
	bool fresh = false, unread = p->refused && !strcmp(p->refused, "unread");
	int64_t waiting = 0;

	if (p->refused && !unread)
		return turn_away(in, p, err);
	desk_keyed(in->desk, "body", p->box->source.v, p->cb.body, p->cb.n_body, body);
	if (p->seen.stamp) {
		desk_keyed(in->desk, "stamp", p->box->source.v, p->seen.stamp,
			   strlen(p->seen.stamp), stamp);
		known = hy_callback_find(in->desk->st, p->box->source, stamp, before, err);
		if (known && known != HY_ENOTFOUND)
			return known;
		if (!known && memcmp(before, body, HY_HASH_LEN) != 0) {
			refuse(p, 403, "replayed");
			return turn_away(in, p, err);
		}
	}
	if (unread && !known) { /* sent again: it waits already */
		const struct hy_received one = {.repeat = 1};

		status = desk_count_received(in, p->box, 1, err);
		if (!status)
			status = heard(in, p->box, true, &one, err);
		if (status)
			return status;
		return hy_source_count(in->desk->st, p->box->source, in->day, "repeat", "", 1, err);
	}
	if (unread) {
		status = hy_callback_unread_count(in->desk->st, p->box->source, &waiting, err);
		if (!status)
			status = turn_away(in, p, err);
		if (!status && waiting >= UNREAD_MAX && p->box->receiver->line)
			p->http = 503; /* a message centre keeps it for us */
		if (status || waiting >= UNREAD_MAX)
			return status;
		return journal(in, p, stamp, body, true, err);
	}
	p->body = p->box->receiver->ok;
	p->type = p->box->receiver->ok_type;
	if (p->n == 1 && p->pushes[0].part_total)
		return take_part(in, p, err);
	status = take_pushes(in, p, &fresh, err);
	if (!status && known == HY_ENOTFOUND && (fresh || p->seen.stamp))
		status = journal(in, p, stamp, body, false, err);
	return status;
}

static enum hy_status take_range(struct hy_receive *r, struct pending *from, struct pending *end,
				 struct hy_err *err)
{
	struct desk_intake in = {0};
	enum hy_status status = desk_intake_begin(r->desk, r->batch, &in, err);

	if (!status && !desk_voice_key(r->desk, &r->voice, hy_desk_now(r->desk), NULL))
		in.voice_key = r->voice.key;
	if (!status)
		status = hy_store_begin(r->desk->st, err);
	if (status)
		return status;
	for (struct pending *p = from; p != end && !status; p = p->next)
		status = take_one(&in, p, err);
	return desk_end(r->desk, status, err);
}

static void tell(struct pending *p, enum hy_status status)
{
	if (status)
		answer(p, 503, "text/plain", "");
	else if (p->refused && p->http != 200)
		answer(p, p->http, "text/plain", "");
	else if (p->refused) /* not understood, and kept */
		answer(p, 200, p->box->receiver->ok_type, p->box->receiver->ok);
	else
		answer(p, 200, p->type, p->body);
}

/* Full disk and locks concern all; anything else may be one callback's doing: then each alone. */
static bool of_all(enum hy_status status)
{
	return status == HY_ENOSPACE || status == HY_EBUSY || status == HY_ESYSTEM;
}

void hy_receive_flush(struct hy_receive *r)
{
	struct hy_err err = {0};
	enum hy_status status;

	if (!r->first)
		return;
	status = take_range(r, r->first, NULL, &err);
	if (status)
		hy_log_err(HY_LOG_ERR, "receive", "nothing was taken", &err);
	for (struct pending *p = r->first; p; p = p->next) {
		enum hy_status one = status;

		if (status && !of_all(status))
			one = take_range(r, p, p->next, &err);
		tell(p, one);
	}
	talloc_free_children(r->batch);
	r->first = NULL;
	r->last = &r->first;
	r->waiting = 0;
}

/* ---- again, by a parser that knows better ---- */

static enum hy_status replay_one(struct desk_intake *in, const void *ctx,
				 const struct desk_box *box, const struct hy_callback_row *row,
				 bool *read, struct hy_err *err)
{
	struct hy_received got = {.refused = -1};
	struct hy_push *pushes;
	size_t n = 0, n_clear = 0;
	const char *clear = desk_journal_clear(row, &n_clear);
	enum hy_status status = HY_OK;

	*read = false;
	if (!clear || box->receiver->read(ctx, clear, n_clear, &pushes, &n, err) ||
	    (n && pushes[0].part_total))
		return HY_OK; /* still not; or a part, which waits for its rest */
	status = hy_callback_read(in->desk->st, row->id, err);
	if (!status)
		status = hy_source_count(in->desk->st, box->source,
					 hy_calendar_date(in->rules.cal, row->at), "refused",
					 "unread", -1, err);
	in->day = hy_calendar_date(in->rules.cal, row->at);
	if (!status)
		status = desk_count_received(in, box, (int64_t)n - 1, err);
	for (size_t i = 0; i < n && !status; i++) {
		struct desk_taken t;

		status = desk_take_in(in, ctx, box, &pushes[i], &t, err);
		add_said(&got, t.said);
	}
	if (!status)
		status = heard(in, box, false, &got, err);
	*read = !status;
	return status;
}

enum hy_status desk_replay(struct hy_desk *desk, const struct desk_box *box, int64_t *done,
			   int64_t *left, struct hy_err *err)
{
	void *work = talloc_new(desk);
	struct desk_intake in = {0};
	struct hy_callback_row *rows = NULL;
	int64_t after = 0;
	size_t n = REPLAY_PAGE;
	bool read = false;
	enum hy_status status = desk_intake_begin(desk, work, &in, err);

	while (!status && n == REPLAY_PAGE) {
		status = hy_callback_unread(desk->st, work, box->source, after, REPLAY_PAGE, &rows,
					    &n, err);
		for (size_t i = 0; i < n && !status; i++) {
			after = rows[i].id;
			status = hy_store_begin(desk->st, err);
			if (!status)
				status = desk_end(desk,
						  replay_one(&in, work, box, &rows[i], &read, err),
						  err);
			*done += !status && read;
		}
	}
	if (!status)
		status = hy_callback_unread_count(desk->st, box->source, left, err);
	talloc_free(work);
	return status;
}

/* ---- the role ---- */

enum hy_status hy_receive_new(struct hy_receive **out, const void *ctx, struct hy_desk *desk,
			      struct hy_err *err)
{
	struct hy_receive *r = hy_new(ctx, struct hy_receive);
	enum hy_status status;

	r->desk = desk;
	r->batch = talloc_new(r);
	r->last = &r->first;
	status = load_boxes(r, err);
	if (status) {
		talloc_free(r);
		return status;
	}
	*out = r;
	return HY_OK;
}

static enum hy_status start(struct hy_desk *desk, struct hy_loop *loop, int64_t fence, void **state,
			    struct hy_err *err)
{
	struct hy_receive *r = NULL;
	enum hy_status status = hy_receive_new(&r, desk, desk, err);

	(void)fence;
	if (!status)
		status = desk_sweeper_new(&r->sweeper, r, desk, loop, err);
	if (!status)
		status = desk_media_new(&r->media, r, desk, loop, err);
	if (!status)
		status = desk_lines_new(&r->lines, r, r, desk, loop, err);
	if (!status && the_door)
		status = the_door->open(&r->door, r, loop, desk, r, err);
	if (status)
		talloc_free(r);
	else
		*state = r;
	return status;
}

static enum hy_status turn(void *state, hy_time now, hy_time *next, struct hy_err *err)
{
	struct hy_receive *r = state;
	enum hy_status status = HY_OK;

	if (now >= r->erased_at + ERASE_EVERY || now < r->erased_at) {
		status = hy_callback_erase(r->desk->st, now - RAW_KEPT, now - IDENTITIES_KEPT, NULL,
					   err);
		r->erased_at = now;
	}
	*next = r->erased_at + ERASE_EVERY;
	if (!status)
		status = desk_lines_turn(r->lines, now, next, err);
	if (!status)
		status = desk_media_turn(r->media, now, next, err);
	return status ? status : desk_sweep(r->sweeper, now, next, err);
}

static bool busy(void *state)
{
	struct hy_receive *r = state;

	return desk_sweeper_busy(r->sweeper) || desk_media_busy(r->media);
}

static void stop(void *state)
{
	struct hy_receive *r = state;

	if (r->door)
		the_door->close(r->door);
	talloc_free(r->lines);
	talloc_free(r);
}

const struct desk_role role_receive = {
	.name = "receive", .start = start, .turn = turn, .busy = busy, .stop = stop};
