/*
 * What a look asks, with whose secret, and what it may cost; and which sources have fallen silent.
 * A refused token stops its account, never the source: the source goes on when the account does.
 */
#include "desk/collect.h"

#include <string.h>

#define KEYS_MAX 16
#define BEIJING (8 * HY_HOUR)	    /* days of platforms' budgets */
#define SILENT_GAPS_MIN 8	    /* gaps known before a source can be called silent */
#define SILENT_TIMES 8		    /* times its mean gap */
#define NEVER_TIMES 12		    /* collect.silence: a source that never brought anything */
#define UNREACHED_MIN (2 * HY_HOUR) /* without a good look */

/* ---- accounts ---- */

/* The account a source names; NULL with HY_OK when it names none. */
static enum hy_status account_of(struct hy_desk *desk, const void *ctx, const struct hy_source *s,
				 struct hy_account **out, struct hy_err *err)
{
	struct hy_json *options = NULL;
	const char *name;

	*out = NULL;
	if (s->options && hy_json_parse(ctx, s->options, strlen(s->options), 0, &options, err))
		return hy_err_wrap(err, _("source %s: its options"), s->name);
	name = hy_json_str(options, "account");
	return name && *name ? hy_account_find(desk->st, ctx, name, out, err) : HY_OK;
}

static enum hy_status account_good(const struct hy_account *a, struct hy_err *err)
{
	if (a->state == HY_ACCOUNT_ACTIVE)
		return HY_OK;
	return hy_err_set(err, HY_EAUTH, _("account %s is %s: the source waits for it"), a->name,
			  hy_account_state_name(a->state));
}

enum hy_status desk_source_account(struct hy_desk *desk, const void *ctx, const struct hy_source *s,
				   struct hy_account **out, struct hy_secret **secret,
				   struct hy_err *err)
{
	struct hy_account *a = NULL;
	enum hy_status status = account_of(desk, ctx, s, &a, err);

	if (!status && !a)
		status = hy_err_set(err, HY_EAUTH, _("source %s names no account"), s->name);
	if (!status && secret)
		status = account_good(a, err);
	if (!status && secret)
		status = hy_account_secret(desk->st, ctx, a->id, secret, err);
	if (!status && secret && !*secret)
		status = hy_err_set(err, HY_EAUTH, _("account %s has no secret"), a->name);
	if (!status)
		*out = a;
	return status;
}

bool desk_source_is_of(struct hy_desk *desk, const struct hy_source *s, struct hy_account_id account)
{
	void *ctx = talloc_new(NULL);
	struct hy_json *options = NULL;
	struct hy_account *a = NULL;
	bool is = false;

	if (account_of(desk, ctx, s, &a, NULL) == HY_OK && a)
		is = a->id.v == account.v;
	else if (s->options && !hy_json_parse(ctx, s->options, strlen(s->options), 0, &options, NULL))
		is = hy_json_int(options, "account", 0) == account.v; /* of callbacks: by number */
	talloc_free(ctx);
	return is;
}

enum hy_status desk_source_may_resume(struct hy_desk *desk, const struct hy_source *s,
				      struct hy_err *err)
{
	void *ctx = talloc_new(NULL);
	struct hy_account *a = NULL;
	struct hy_err none = {0};
	enum hy_status status = account_of(desk, ctx, s, &a, &none);

	if (status == HY_ENOTFOUND || (!status && a && a->state == HY_ACCOUNT_REVOKED))
		status = hy_err_set(err, HY_EREFUSED,
				    _("source %s: its account was ended; add one of the same name "
				      "(huying account add), then resume"),
				    s->name);
	else
		status = HY_OK; /* anything else is told by the look itself */
	talloc_free(ctx);
	return status;
}

void desk_source_refused(struct hy_desk *desk, const struct hy_source *s, const char *why)
{
	void *ctx = talloc_new(NULL);
	struct hy_account *a = NULL;

	if (account_of(desk, ctx, s, &a, NULL) == HY_OK && a)
		desk_account_refused(desk, a, why);
	talloc_free(ctx);
}

/* ---- the request ---- */

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

static void header_line(struct desk_ask *a, const char *line)
{
	size_t name = strcspn(line, ":");
	struct hy_net_header *h = &a->headers[a->rq.n_headers++];

	h->name = hy_strndup(a, line, name);
	h->value = hy_strdup(a, line + name + (line[name] ? 1 + (line[name + 1] == ' ') : 0));
}

/* The secret goes by TLS, or to the exact peer that was named, and follows no redirect. */
static enum hy_status add_secret(struct hy_desk *desk, struct desk_ask *a,
				 const struct hy_account *account, struct hy_err *err)
{
	const struct hy_collector_ask *ask = &a->ask;
	struct hy_secret *secret = NULL;
	enum hy_status status = desk_account_bearer(desk, a, account, &secret, err);

	if (status)
		return status;
	a->secret = true;
	a->rq.follow = false;
	a->rq.allow_http = false;
	if (!strcmp(ask->secret_name, "Authorization") && !strcmp(ask->secret_prefix, "Bearer ")) {
		a->rq.bearer = secret;
		return HY_OK;
	}
	a->headers[a->rq.n_headers++] =
		(struct hy_net_header){ask->secret_name, hy_strf(a, "%s%s", ask->secret_prefix,
								 hy_secret_text(secret, NULL))};
	if (ask->login_name && account->login)
		a->headers[a->rq.n_headers++] =
			(struct hy_net_header){ask->login_name, account->login};
	return HY_OK;
}

enum hy_status desk_ask_new(struct hy_desk *desk, const void *ctx, const struct hy_source *s,
			    const char *page, struct desk_ask **out, struct hy_err *err)
{
	const struct hy_collector *c = hy_collector_find(s->kind);
	struct desk_ask *a = hy_new(ctx, struct desk_ask);
	struct hy_account *account = NULL;
	const char *home = s->url, *reach = s->reach;
	enum hy_status status = c->ask(a, s, &a->ask, err);

	if (!status)
		status = account_of(desk, a, s, &account, err);
	if (!status && account && account->reach && !reach) {
		home = account->url;
		reach = account->reach;
	}
	if (status) {
		talloc_free(a);
		return status;
	}
	a->headers = hy_new_array(a, struct hy_net_header, KEYS_MAX + 2);
	a->rq = (struct hy_net_request){
		.url = page ? page : a->ask.url,
		.headers = a->headers,
		.allow_http = !strncmp(s->url, "http://", 7),
		.follow = true,
		.timeout = hy_conf_dur(desk->conf, "collect", NULL, "timeout"),
	};
	reach = peer_of(desk, s->name, reach);
	a->rq.reach = home && *home && same_origin(a->rq.url, home) ? reach : NULL;
	for (size_t i = 0; a->ask.headers && a->ask.headers[i] && i < KEYS_MAX; i++)
		if (!page || strncasecmp(a->ask.headers[i], "if-", 3))
			header_line(a, a->ask.headers[i]);
	if (a->ask.secret_name && account)
		status = add_secret(desk, a, account, err);
	else if (a->ask.secret_name && !c->account_may_lack)
		status = hy_err_set(err, HY_EAUTH, _("source %s names no account"), s->name);
	if (status)
		talloc_free(a);
	else
		*out = a;
	return status;
}

/* ---- the budget ---- */

static int per_day(const struct hy_collector *c, const void *ctx, const struct hy_source *s)
{
	struct hy_json *options = NULL;
	int64_t n = 0;

	if (s->options)
		(void)hy_json_parse(ctx, s->options, strlen(s->options), 0, &options, NULL);
	n = hy_json_int(options, "budget", 0);
	return n > 0 && n <= 1000000 ? (int)n : c->budget;
}

bool desk_share(struct hy_desk *desk, const struct hy_source *s, struct hy_share *out)
{
	const struct hy_collector *c = hy_collector_find(s->kind);
	void *ctx = talloc_new(NULL);
	struct hy_account *mine = NULL, *theirs = NULL;
	struct hy_source *list = NULL;
	hy_time now = hy_desk_now(desk);
	int64_t day = (now + BEIJING) / HY_DAY;
	size_t n = 0;
	bool some = c && (c->budget > 0 || per_day(c, ctx, s) > 0) &&
		    account_of(desk, ctx, s, &mine, NULL) == HY_OK && mine;

	if (some)
		some = hy_source_list(desk->st, ctx, false, &list, &n, NULL) == HY_OK;
	if (some)
		*out = (struct hy_share){.per_day = per_day(c, ctx, s),
					 .day_ends = (day + 1) * HY_DAY - BEIJING,
					 .weight = hy_share_weight(s->last_new, now)};
	for (size_t i = 0; some && i < n; i++) {
		if (strcmp(list[i].kind, s->kind) != 0 ||
		    account_of(desk, ctx, &list[i], &theirs, NULL) != HY_OK || !theirs ||
		    theirs->id.v != mine->id.v)
			continue;
		out->used += hy_share_used(list[i].cursor, (out->day_ends - 1) / HY_DAY);
		if (list[i].state == HY_SOURCE_ACTIVE)
			out->all += hy_share_weight(list[i].last_new, now);
	}
	if (some && out->all < out->weight)
		out->all = out->weight;
	talloc_free(ctx);
	return some;
}

bool desk_share_spent(struct hy_desk *desk, const struct hy_source *s)
{
	struct hy_share share;
	int64_t day;

	if (!desk_share(desk, s, &share))
		return false;
	day = (share.day_ends - 1) / HY_DAY;
	return hy_share_left(&share) <= 0 ||
	       hy_share_used(s->cursor, day) >= hy_share_part(&share);
}

/* ---- silence ---- */

/* One alert an episode: its key holds when the source was last heard. */
static void ring(struct hy_desk *desk, const void *ctx, const struct hy_source *s, hy_time heard,
		 const char *title, const char *why)
{
	hy_time now = hy_desk_now(desk);
	const struct hy_alert a = {
		.kind = "silence",
		.level = "medium",
		.title = title,
		.why = why,
		.key = hy_strf(ctx, "silence:%" PRId64 ":%" PRId64, s->id.v, heard / HY_SECOND),
		.first = now,
		.last = now,
	};
	char *mark = hy_strf(ctx, "rang:%s", a.key), *seen = NULL;
	struct hy_alert_id id = {0};
	struct hy_err err = {0};
	bool fresh = false;

	if (hy_meta_get(desk->st, ctx, mark, &seen, NULL) == HY_OK && seen)
		return; /* rung, and perhaps closed since: it is still the same silence */
	if (hy_alert_match(desk->st, &a, 0, now, &id, &fresh, &err) ||
	    hy_meta_set(desk->st, mark, "1", &err))
		hy_log_err(HY_LOG_ERR, "collect", s->name, &err);
}

/* Read in order, and there was never anything in it: perhaps not what somebody meant to follow. */
static void never_one(struct hy_desk *desk, const void *ctx, const struct hy_source *s,
		      hy_time since, hy_dur least)
{
	const struct hy_collector *c = hy_collector_find(s->kind);
	hy_dur d = hy_desk_now(desk) - since;

	if (!c || c->walk == HY_WALK_MAILBOX || s->last_new || !s->last_ok || d < least)
		return;
	ring(desk, ctx, s, since, hy_strf(ctx, _("Source %s has never brought anything"), s->name),
	     hy_strf(ctx,
		     _("it was looked at for %" PRId64
		       " h and was always empty: check its address, board and list"),
		     d / HY_HOUR));
}

static void silent_one(struct hy_desk *desk, const void *ctx, const struct hy_source *s)
{
	hy_time now = hy_desk_now(desk);
	hy_dur least = hy_conf_dur(desk->conf, "collect", NULL, "silence"), mean;
	struct hy_json *cursor = NULL;
	const struct hy_json *rhythm;
	hy_time last;

	if (s->failures > 0 && s->last_ok && now - s->last_ok >= UNREACHED_MIN) {
		ring(desk, ctx, s, s->last_ok, hy_strf(ctx, _("Source %s cannot be read"), s->name),
		     s->last_error ? s->last_error : "");
		return;
	}
	if (!least || !s->cursor ||
	    hy_json_parse(ctx, s->cursor, strlen(s->cursor), 0, &cursor, NULL))
		return;
	rhythm = hy_json_get(cursor, "rhythm");
	last = hy_json_int(rhythm, "last", 0);
	mean = hy_json_int(rhythm, "mean", 0) * HY_SECOND;
	if (!last) {
		never_one(desk, ctx, s, hy_json_int(rhythm, "since", now), NEVER_TIMES * least);
		return;
	}
	if (hy_json_int(rhythm, "n", 0) < SILENT_GAPS_MIN || !last)
		return;
	least = mean * SILENT_TIMES > least ? mean * SILENT_TIMES : least;
	if (now - last < least)
		return;
	ring(desk, ctx, s, last, hy_strf(ctx, _("Source %s has fallen silent"), s->name),
	     hy_strf(ctx,
		     _("nothing new for %" PRId64 " h; as a rule something came every %" PRId64
		       " min"),
		     (now - last) / HY_HOUR, mean / HY_MINUTE));
}

void desk_watch_silence(struct hy_desk *desk)
{
	void *ctx = talloc_new(NULL);
	struct hy_source *list = NULL;
	struct hy_err err = {0};
	size_t n = 0;

	if (hy_source_list(desk->st, ctx, false, &list, &n, &err))
		hy_log_err(HY_LOG_ERR, "collect", "the sources cannot be listed", &err);
	for (size_t i = 0; i < n; i++)
		if (list[i].state == HY_SOURCE_ACTIVE)
			silent_one(desk, ctx, &list[i]);
	talloc_free(ctx);
}
