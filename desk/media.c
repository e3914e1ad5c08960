/*
 * What citizens send beside their words: planned with the message, fetched from the platform before
 * it forgets, kept sealed with the case. In role receive, which has the net for it. Fetching
 * changes nothing there, so a fetch that a kill cut off is made anew.
 */
#include "desk/receive.h"

#include "desk/answering.h"

#include <string.h>

#define KEPT_THERE (3 * HY_DAY) /* WeChat says so of its own; Weibo says nothing */
#define CASE_MAX 30		/* of one case */
#define DAY_BYTES_MAX (1 << 30) /* of the office: what more comes waits */
#define AT_ONCE 2		/* each may hold HY_NET_BODY_MAX */
#define TOKEN_AFTER (5 * HY_MINUTE)
#define AGAIN_FIRST HY_MINUTE
#define AGAIN_MOST HY_HOUR

struct fetching {
	struct desk_media *of;
	struct fetching *next;
	struct hy_media media;
	struct hy_account *account;
	struct hy_platform_call *call;
};
struct desk_media {
	struct hy_desk *desk;
	struct hy_net *net;
	struct fetching *first;
	size_t n;
	hy_time again_at; /* after what came could not be written */
};

typedef struct hy_platform_call *ask_fn(struct hy_net *net, const struct hy_platform_peer *peer,
					const char *remote, hy_platform_raw_fn *fn, void *user);

static ask_fn *way_of(const char *platform)
{
	return !strcmp(platform, "wechat")  ? hy_wechat_media
	       : !strcmp(platform, "weibo") ? hy_weibo_media
					    : NULL;
}

/* ---- what it is, by its bytes ---- */

static const struct {
	const char *type, *suffix;
	size_t at, n;
	const char *bytes;
} types[] = {
	{"image/png", "png", 0, 8, "\x89PNG\r\n\x1a\n"},
	{"image/jpeg", "jpg", 0, 3, "\xff\xd8\xff"},
	{"image/gif", "gif", 0, 6, "GIF87a"},
	{"image/gif", "gif", 0, 6, "GIF89a"},
	{"image/webp", "webp", 8, 4, "WEBP"}, /* and RIFF before it */
	{"audio/amr", "amr", 0, 5, "#!AMR"},
	{"audio/mpeg", "mp3", 0, 3, "ID3"},
	{"audio/mpeg", "mp3", 0, 2, "\xff\xfb"},
	{"audio/mpeg", "mp3", 0, 2, "\xff\xf3"},
	{"video/mp4", "mp4", 4, 4, "ftyp"},
};

const char *desk_media_type(const void *bytes, size_t n)
{
	const char *b = bytes;

	for (size_t i = 0; i < HY_LEN(types); i++)
		if (n >= types[i].at + types[i].n &&
		    !memcmp(b + types[i].at, types[i].bytes, types[i].n) &&
		    (types[i].at != 8 || !memcmp(b, "RIFF", 4)))
			return types[i].type;
	return "application/octet-stream";
}

static const char *suffix_of(const char *type)
{
	for (size_t i = 0; type && i < HY_LEN(types); i++)
		if (!strcmp(types[i].type, type))
			return types[i].suffix;
	return "bin";
}

/* ---- planned with the message ---- */

/* What came with the message itself (mail). */
static enum hy_status keep_files(struct desk_intake *in, const struct desk_box *box,
				 const struct hy_push *p, const char *id, struct hy_case_id cs,
				 struct hy_err *err)
{
	int64_t n = 0, today = 0;
	uint8_t key[HY_HASH_LEN];
	enum hy_status status = hy_media_count(in->desk->st, cs, &n, err);

	if (!status)
		status = hy_media_bytes_since(in->desk->st, hy_desk_now(in->desk) - HY_DAY, &today,
					      err);
	for (size_t i = 0; i < p->n_files && !status; i++) {
		const struct hy_push_file *f = &p->files[i];
		struct hy_media m = {.cs = cs,
				     .account = box->account,
				     .name = f->name,
				     .type = desk_media_type(f->bytes, f->n),
				     .bytes = f->bytes,
				     .n = (int64_t)f->n,
				     .state = HY_MEDIA_GOT};
		char *named = hy_strf(NULL, "%s|%zu", id, i);

		if (n + (int64_t)i >= CASE_MAX || today >= DAY_BYTES_MAX) {
			m.state = HY_MEDIA_FAILED;
			m.error = _("more than is kept; it is in the mailbox");
		}
		desk_keyed(in->desk, "media", box->source.v, named, strlen(named), key);
		talloc_free(named);
		status = hy_media_add(in->desk->st, &m, key, err);
		today += m.n;
	}
	return status;
}

enum hy_status desk_media_plan(struct desk_intake *in, const struct desk_box *box,
			       const struct hy_push *p, const char *id, hy_time said,
			       struct hy_case_id cs, struct hy_err *err)
{
	struct hy_media m = {.cs = cs, .account = box->account, .remote = p->media};
	uint8_t key[HY_HASH_LEN];
	int64_t n = 0;
	enum hy_status status;

	if (p->n_files)
		return keep_files(in, box, p, id, cs, err);
	if (!p->media || !*p->media || !way_of(box->receiver->name))
		return HY_OK;
	status = hy_media_count(in->desk->st, cs, &n, err);
	if (status)
		return status;
	m.not_after = said + KEPT_THERE;
	if (n >= CASE_MAX) {
		m.state = HY_MEDIA_FAILED;
		m.error = _("more than one case may have");
	}
	desk_keyed(in->desk, "media", box->source.v, id, strlen(id), key);
	return hy_media_add(in->desk->st, &m, key, err);
}

/* ---- fetched ---- */

static void end(struct fetching *f)
{
	struct fetching **at = &f->of->first;

	while (*at && *at != f)
		at = &(*at)->next;
	if (*at) {
		*at = f->next;
		f->of->n--;
	}
	talloc_free(f);
}

/* It will not come: that stands in the case. */
static enum hy_status give_up(struct desk_media *d, const struct hy_media *m,
			      enum hy_media_state state, const char *why, struct hy_err *err)
{
	void *ctx = talloc_new(NULL);
	struct hy_case_rules rules;
	struct hy_case_step step = {.act = HY_CASE_DO_NOTE, .at = hy_desk_now(d->desk)};
	enum hy_status status = desk_promises(d->desk, ctx, &rules, err), noted;

	if (!status)
		status = hy_store_begin(d->desk->st, err);
	if (!status) {
		step.text = hy_strf(ctx,
				    _("Attachment %" PRId64 " was not collected: %s. Look in the "
				      "platform's own console while it is there."),
				    m->id.v, why);
		status = hy_media_end(d->desk->st, m->id, state, why, err);
		noted = status ? status
			       : hy_cases_step(d->desk->st, ctx, &rules, m->cs, &step, NULL, err);
		if (noted != HY_ECONFLICT) /* a closed case takes no note */
			status = noted;
		status = desk_end(d->desk, status, err);
	}
	talloc_free(ctx);
	return status;
}

static hy_time again_at(const struct hy_media *m, hy_time now, const struct hy_err *said)
{
	hy_dur pause = AGAIN_FIRST;

	for (int i = 0; i < m->attempt && pause < AGAIN_MOST; i++)
		pause *= 2;
	pause = pause < AGAIN_MOST ? pause : AGAIN_MOST;
	return said->until > now + pause ? said->until : now + pause;
}

static enum hy_status settle(struct fetching *f, enum hy_status got,
			     const struct hy_platform_file *file, const struct hy_err *said,
			     struct hy_err *err)
{
	struct hy_desk *desk = f->of->desk;
	const struct hy_media *m = &f->media;
	hy_time now = hy_desk_now(desk);

	if (!got && (!file->n || !strncmp(file->type, "text/", 5))) /* a page of some error */
		return hy_media_wait(desk->st, m->id, again_at(m, now, said), true,
				     _("the platform sent no file"), err);
	if (!got)
		return hy_media_got(desk->st, m->id, desk_media_type(file->bytes, file->n),
				    file->bytes, file->n, err);
	if (got == HY_EAUTH) {
		desk_account_refused(desk, f->account, said->text);
		return hy_media_wait(desk->st, m->id, now + TOKEN_AFTER, true, said->text, err);
	}
	if (got == HY_EPERM || got == HY_EINPUT || got == HY_ENOTFOUND || got == HY_EREFUSED)
		return give_up(f->of, m, HY_MEDIA_FAILED, said->text, err);
	return hy_media_wait(desk->st, m->id, again_at(m, now, said), true, said->text, err);
}

static void on_file(void *user, enum hy_status got, const struct hy_platform_file *file,
		    const struct hy_err *why)
{
	struct fetching *f = user;
	struct hy_err said = why ? *why : (struct hy_err){0}, err = {0};

	f->call = NULL;
	if (settle(f, got, file, &said, &err)) {
		hy_log_err(HY_LOG_ERR, "receive", "an attachment could not be written down", &err);
		f->of->again_at = hy_desk_now(f->of->desk) + HY_MINUTE;
	}
	end(f);
}

static enum hy_status begin(struct desk_media *d, const struct hy_media *m, struct hy_err *err)
{
	struct fetching *f = hy_new(d, struct fetching);
	struct hy_secret *secret = NULL;
	struct hy_err why = {0};
	enum hy_status status = hy_account_get(d->desk->st, f, m->account, &f->account, err),
		       bearer;
	ask_fn *ask = status ? NULL : way_of(f->account->platform);

	if (status || !ask) {
		talloc_free(f);
		return status;
	}
	bearer = desk_account_bearer(d->desk, f, f->account, &secret, &why);
	if (bearer) {
		status = hy_media_wait(d->desk->st, m->id, hy_desk_now(d->desk) + TOKEN_AFTER,
				       false, why.text, err);
		talloc_free(f);
		return status;
	}
	f->of = d;
	f->media = *m;
	f->next = d->first;
	d->first = f;
	d->n++;
	const struct hy_platform_peer peer = {.url = f->account->url,
					      .reach = f->account->reach,
					      .login = f->account->login,
					      .secret = secret};
	f->call = ask(d->net, &peer, m->remote ? m->remote : "", on_file, f);
	return HY_OK;
}

static bool under_way(const struct desk_media *d, struct hy_media_id id)
{
	for (const struct fetching *f = d->first; f; f = f->next)
		if (f->media.id.v == id.v)
			return true;
	return false;
}

static enum hy_status start_due(struct desk_media *d, const void *ctx, hy_time now,
				struct hy_err *err)
{
	struct hy_media *list = NULL;
	size_t n = 0;
	enum hy_status status = hy_media_due(d->desk->st, ctx, now, AT_ONCE * 2, &list, &n, err);

	for (size_t i = 0; i < n && !status && d->n < AT_ONCE; i++) {
		if (under_way(d, list[i].id))
			continue;
		status = now >= list[i].not_after
				 ? give_up(d, &list[i], HY_MEDIA_GONE,
					   list[i].error ? list[i].error
							 : _("the platform keeps it no more"),
					   err)
				 : begin(d, &list[i], err);
	}
	return status;
}

enum hy_status desk_media_turn(struct desk_media *d, hy_time now, hy_time *next, struct hy_err *err)
{
	void *ctx = talloc_new(NULL);
	int64_t today = 0;
	hy_time at = d->again_at;
	enum hy_status status = HY_OK;

	if (now >= at) {
		status = hy_media_bytes_since(d->desk->st, now - HY_DAY, &today, err);
		if (!status && today < DAY_BYTES_MAX)
			status = start_due(d, ctx, now, err);
		if (!status)
			status = hy_media_next(d->desk->st, &at, err);
		if (today >= DAY_BYTES_MAX && at <= now)
			at = now + 10 * HY_MINUTE;
	}
	if (!status && !d->n && at < *next) /* the end of one that is under way rings by itself */
		*next = at;
	talloc_free(ctx);
	return status;
}

bool desk_media_busy(const struct desk_media *d)
{
	return d->first != NULL;
}

enum hy_status desk_media_new(struct desk_media **out, const void *ctx, struct hy_desk *desk,
			      struct hy_loop *loop, struct hy_err *err)
{
	struct desk_media *d = hy_new(ctx, struct desk_media);
	const struct hy_net_options options = desk_net_options(desk, d);
	enum hy_status status;

	d->desk = desk;
	status = hy_net_new(&d->net, d, loop, &options, err);
	if (status)
		talloc_free(d);
	else
		*out = d;
	return status;
}

/* ---- shown ---- */

static void put_one(struct hy_desk *desk, struct hy_json_writer *w, const struct hy_media *m)
{
	hy_jw_kint(w, "id", m->id.v);
	hy_jw_kstr(w, "name",
		   m->name ? m->name : hy_strf(w, "%" PRId64 ".%s", m->id.v, suffix_of(m->type)));
	hy_jw_kstr(w, "type", m->type);
	hy_jw_kint(w, "bytes", m->n);
	hy_jw_kstr(w, "state", hy_media_state_name(m->state));
	hy_jw_kstr(w, "error", m->error);
	put_ts(w, "made_ts", m->made);
	put_when(desk, w, "when", m->made);
}

enum hy_status desk_put_media(struct hy_desk *desk, struct hy_json_writer *w, struct hy_case_id cs,
			      struct hy_err *err)
{
	struct hy_media *list = NULL;
	size_t n = 0;
	enum hy_status status = hy_media_list(desk->st, w, cs, &list, &n, err);

	if (status || !n)
		return status;
	hy_jw_key(w, "media");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		hy_jw_object(w);
		put_one(desk, w, &list[i]);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	return HY_OK;
}

enum hy_status act_case_media(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	struct hy_media_id id = {0};
	struct hy_media *m = NULL;
	struct hy_case *c = NULL;
	enum hy_status status = desk_case_find(desk, w, params, &c, err);

	if (!status)
		status = param_id(params, "attachment", &id.v, err);
	if (!status)
		status = desk_case_viewed(desk, actor, c, param_str(params, "why"), err);
	if (!status)
		status = hy_media_open(desk->st, w, c->id, id, &m, err);
	if (status)
		return status;
	hy_jw_kstr(w, "number", c->number);
	put_one(desk, w, m);
	if (m->bytes)
		hy_jw_kstr(w, "file", hy_base64(w, m->bytes, (size_t)m->n, false));
	return HY_OK;
}
