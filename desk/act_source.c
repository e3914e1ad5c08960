/* Sources and rules: what is looked at and what rings. */
#include "desk/collect.h"

#include <stdio.h>
#include <string.h>

/* ---- sources ---- */

static void put_source(struct hy_desk *desk, struct hy_json_writer *w, const struct hy_source *s)
{
	struct hy_unit *unit = NULL;

	hy_jw_kint(w, "id", s->id.v);
	hy_jw_kstr(w, "name", s->name);
	hy_jw_kstr(w, "kind", s->kind);
	hy_jw_kstr(w, "url", s->url);
	hy_jw_kstr(w, "reach", s->reach);
	hy_jw_kstr(w, "place", s->place);
	if (s->unit.v && !hy_unit_get(desk->st, w, s->unit, &unit, NULL))
		hy_jw_kstr(w, "unit", unit->name);
	hy_jw_kbool(w, "own", s->own);
	hy_jw_kbool(w, "official", s->official);
	hy_jw_kstr(w, "state", hy_source_state_name(s->state));
	put_ts(w, "last_try_ts", s->last_try);
	hy_jw_kint(w, "last_try_ms", s->last_try);
	put_ts(w, "last_ok_ts", s->last_ok);
	put_when(desk, w, "last_ok", s->last_ok);
	put_ts(w, "last_new_ts", s->last_new);
	put_ts(w, "next_ts", s->next_at);
	hy_jw_kint(w, "failures", s->failures);
	hy_jw_kstr(w, "last_error", s->last_error);
	hy_jw_kint(w, "last_status", s->last_status);
	hy_jw_kint(w, "new", s->got_new);
	hy_jw_kint(w, "edit", s->got_edit);
	hy_jw_kint(w, "repeat", s->got_repeat);
	hy_jw_kint(w, "refused", s->got_refused);
}

/* The collector's settings of a source as its JSON object. */
static enum hy_status source_options(const void *ctx, const struct hy_json *params, char **out,
				     hy_dur *every_out, struct hy_err *err)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);
	const char *interval = param_str(params, "interval"), *zone = param_str(params, "zone");
	/* those of single kinds: see hy_collector.options */
	static const char *const of_kinds[] = {"what",	 "tag",	    "board",
					       "number", "account", "mailbox"};
	const char *charset = param_str(params, "charset"),
		   *backfill = param_str(params, "backfill");
	int64_t budget = hy_json_int(params, "budget", 0);
	hy_dur every = 0, back = 0;
	enum hy_status status = interval ? hy_dur_parse(interval, &every, err) : HY_OK;

	if (status)
		return hy_err_wrap(err, _("interval"));
	if (interval && (every < HY_SECOND || every > HY_DAY))
		return hy_err_set(err, HY_EINPUT, _("interval: from 1s to 24h, not %s"), interval);
	if (zone) {
		const struct hy_calendar_conf conf = {.zone = zone};
		struct hy_calendar *cal = NULL;
		status = hy_calendar_new(&cal, NULL, &conf, err);
		talloc_free(cal);
		if (status)
			return status;
	}
	if (charset && !hy_charset_canonical(charset))
		return hy_err_set(err, HY_EINPUT, _("charset: %s is not known"), charset);
	if (budget < 0 || budget > 1000000)
		return hy_err_set(err, HY_EINPUT, _("budget: from 1 to 1000000 calls a day"));
	if (backfill && (status = hy_dur_parse(backfill, &back, err)))
		return hy_err_wrap(err, _("backfill"));
	if (back > 90 * HY_DAY)
		return hy_err_set(err, HY_EINPUT, _("backfill: at most 90d"));
	hy_jw_object(w);
	for (size_t i = 0; i < HY_LEN(of_kinds); i++)
		if (param_str(params, of_kinds[i]))
			hy_jw_kstr(w, of_kinds[i], param_str(params, of_kinds[i]));
	if (budget)
		hy_jw_kint(w, "budget", budget);
	if (back)
		hy_jw_kint(w, "backfill", back / HY_SECOND);
	if (hy_json_bool(params, "remove", false))
		hy_jw_kbool(w, "remove", true);
	if (every)
		hy_jw_kint(w, "interval", every / HY_SECOND);
	if (zone)
		hy_jw_kstr(w, "zone", zone);
	if (charset)
		hy_jw_kstr(w, "charset", charset);
	if (hy_json_bool(params, "allow_http", false))
		hy_jw_kbool(w, "allow_http", true);
	hy_jw_end_object(w);
	*out = hy_strdup(ctx, hy_jw_text(w, NULL));
	*every_out = every;
	return HY_OK;
}

static enum hy_status no_collector(const char *kind, struct hy_err *err)
{
	const struct hy_collector *const *all;
	char names[256] = "";
	size_t n, at = 0;

	all = hy_collectors(&n);
	for (size_t i = 0; i < n && at < sizeof(names); i++)
		at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s", i ? ", " : "",
				       all[i]->name);
	return hy_err_set(err, HY_EINPUT, _("kind: there is no collector \"%s\"; there are: %s"),
			  kind, names);
}

/* True when the word stands in a list with blanks between. */
static bool listed(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; (p = strstr(p, word)) != NULL; p += n)
		if ((p == list || p[-1] == ' ') && (!p[n] || p[n] == ' '))
			return true;
	return false;
}

/* An option of another kind is an error, not ignored; an account must be of the right platform. */
static enum hy_status check_options(struct hy_desk *desk, const void *ctx,
				    const struct hy_source *s, const struct hy_collector *c,
				    const char **reach, struct hy_err *err)
{
	static const char *const common = "interval zone charset allow_http";
	struct hy_json *options = NULL;
	struct hy_account *account = NULL;
	enum hy_status status =
		hy_json_parse(ctx, s->options, strlen(s->options), 0, &options, err);
	const char *name = hy_json_str(options, "account");

	for (size_t i = 0; i < options->n && !status; i++)
		if (!listed(common, options->key[i]) && !listed(c->options, options->key[i]))
			status = hy_err_set(err, HY_EINPUT, _("%s: a source of kind %s has it not"),
					    options->key[i], c->name);
	if (!status && name)
		status = hy_account_find(desk->st, ctx, name, &account, err);
	if (!status && account && strcmp(account->platform, c->account) != 0)
		status = hy_err_set(err, HY_EINPUT, _("account: %s is one of %s, not of %s"), name,
				    account->platform, c->account);
	if (!status && c->account && !c->account_may_lack && !name)
		status = hy_err_set(
			err, HY_EINPUT,
			_("account: a source of kind %s needs one (huying account add)"), c->name);
	/* an account at a named peer names it for the sources that read with it, too */
	if (!status && account && account->reach && !s->reach && account->url &&
	    !strcmp(account->url, s->url))
		*reach = hy_strdup(ctx, account->reach);
	if (!status && c->check)
		status = c->check(s, options, err);
	return status;
}

static enum hy_status check_source(struct hy_desk *desk, const void *ctx, const struct hy_source *s,
				   bool allow_http, hy_dur every, struct hy_err *err)
{
	const struct hy_collector *collector = hy_collector_find(s->kind);
	const char *reach = s->reach;
	enum hy_status status;

	if (!collector)
		return no_collector(s->kind, err);
	status = check_options(desk, ctx, s, collector, &reach, err);
	if (status)
		return status;
	if (strlen(s->name) > 100 || strchr(s->name, '\n'))
		return hy_err_set(err, HY_EINPUT, _("name: one line of at most 100 bytes"));
	if (collector->walk == HY_WALK_MAILBOX)
		return HY_OK;
	if (!strncmp(s->url, "http://", 7) && !reach && !allow_http)
		return hy_err_set(
			err, HY_EINPUT, "%s",
			_("url: plain http can be altered on the way; for a site that has no https "
			  "say so: --allow-http"));
	if (!reach && every && every < HY_MINUTE)
		return hy_err_set(err, HY_EINPUT, "%s",
				  _("interval: at least 1m for a public site"));
	return hy_net_url_check(NULL, s->url, allow_http, reach, NULL, err);
}

static enum hy_status check_reach(struct hy_desk *desk, const struct hy_json *params,
				  struct hy_err *err)
{
	if (!param_str(params, "reach") || desk->local)
		return HY_OK;
	return hy_err_set(err, HY_EREFUSED,
			  _("reach can be set on the command line and in huying.conf only"));
}

/* The unit of a parameter: by name or number; "-" or absent: nobody's. */
static enum hy_status unit_param(struct hy_desk *desk, const void *ctx,
				 const struct hy_json *params, const char *name,
				 struct hy_unit_id *out, struct hy_err *err)
{
	struct hy_unit *unit = NULL;
	const char *called = param_text(params, name);
	bool some = *called && strcmp(called, "-") != 0;
	enum hy_status status = some ? hy_unit_find(desk->st, ctx, called, &unit, err) : HY_OK;

	if (status)
		return hy_err_wrap(err, "%s", name);
	*out = unit ? unit->id : (struct hy_unit_id){0};
	return HY_OK;
}

enum hy_status act_source_add(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	hy_dur every = 0;
	char *options = NULL;
	struct hy_source s = {
		.name = param_str(params, "name"),
		.kind = param_str(params, "kind"),
		.url = param_str(params, "url"),
		.reach = param_str(params, "reach"),
		.place = param_text(params, "place"),
		.own = hy_json_bool(params, "own", false),
		.official = hy_json_bool(params, "official", false),
		.cursor = "{}",
		.next_at = hy_desk_now(desk),
	};
	struct hy_source_id id = {0};
	enum hy_status status = source_options(w, params, &options, &every, err);

	s.options = options;
	if (!status)
		status = check_reach(desk, params, err);
	if (!status)
		status = unit_param(desk, w, params, "unit", &s.unit, err);
	if (!status)
		status = check_source(desk, w, &s, hy_json_bool(params, "allow_http", false), every,
				      err);
	if (!status)
		status = desk_drill_reach(desk, s.name, s.url, s.reach, err);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_source_add(desk->st, &s, &id, err);
	status = desk_done(desk, status, actor, "source.add", err, "source %" PRId64, id.v);
	if (!status)
		hy_jw_kint(w, "id", id.v);
	return status;
}

enum hy_status act_source_list(struct hy_desk *desk, struct hy_person_id actor,
			       const struct hy_json *params, struct hy_json_writer *w,
			       struct hy_err *err)
{
	struct hy_source *list = NULL;
	size_t n = 0;
	enum hy_status status = hy_source_list(desk->st, w, false, &list, &n, err);

	(void)actor;
	(void)params;
	if (status)
		return status;
	hy_jw_key(w, "items");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		hy_jw_object(w);
		put_source(desk, w, &list[i]);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	return HY_OK;
}

/* What the next look will ask by; of the entries seen only how many: their hashes are nobody's
 * business, as a native id may hold its author's name (G1). */
static void put_cursor(struct hy_json_writer *w, const char *text)
{
	struct hy_json *c = NULL;

	if (!text || hy_json_parse(w, text, strlen(text), 0, &c, NULL) || c->type != HY_JSON_OBJECT)
		return;
	hy_jw_key(w, "cursor");
	hy_jw_object(w);
	for (size_t i = 0; i < c->n; i++) {
		hy_jw_key(w, c->key[i]);
		if (!strcmp(c->key[i], "seen") && c->at[i]->type == HY_JSON_ARRAY)
			hy_jw_int(w, (int64_t)c->at[i]->n);
		else
			hy_jw_node(w, c->at[i]);
	}
	hy_jw_end_object(w);
}

/* What its account's budget of calls allows this source, in words and numbers. */
static void put_share(struct hy_desk *desk, struct hy_json_writer *w, const struct hy_source *s)
{
	struct hy_share share;
	hy_dur every;

	if (!desk_share(desk, s, &share))
		return;
	every = hy_share_interval(&share, hy_desk_now(desk));
	hy_jw_kint(w, "calls_per_day", share.per_day);
	hy_jw_kint(w, "calls_used", share.used);
	hy_jw_kint(w, "calls_share", 100 * share.weight / share.all);
	hy_jw_kint(w, "calls_every", every / HY_SECOND);
	hy_jw_kstr(
		w, "budget",
		hy_strf(w,
			_("%d calls a day for the account, %d used today; %d %% are this source's: "
			  "a look every %" PRId64 " min"),
			share.per_day, share.used, 100 * share.weight / share.all,
			every / HY_MINUTE));
}

enum hy_status act_source_show(struct hy_desk *desk, struct hy_person_id actor,
			       const struct hy_json *params, struct hy_json_writer *w,
			       struct hy_err *err)
{
	struct hy_source *s = NULL;
	enum hy_status status = hy_source_find(desk->st, w, param_text(params, "id"), &s, err);

	(void)actor;
	if (status)
		return status;
	put_source(desk, w, s);
	hy_jw_kstr(w, "options", s->options);
	put_share(desk, w, s);
	put_cursor(w, s->cursor);
	return HY_OK;
}

static enum hy_status set_source(struct hy_desk *desk, struct hy_person_id actor,
				 const struct hy_json *params, struct hy_json_writer *w,
				 enum hy_source_state state, const char *action, struct hy_err *err)
{
	struct hy_source *s = NULL;
	enum hy_status status = hy_source_find(desk->st, w, param_text(params, "id"), &s, err);

	if (!status && !strcmp(s->kind, "callback"))
		status = hy_err_set(err, HY_EREFUSED,
				    _("source %s: its platform sends to us by itself; what stops it: "
				      "huying account freeze | revoke | callback --new-path"),
				    s->name);
	if (!status && state == HY_SOURCE_ACTIVE)
		status = desk_source_may_resume(desk, s, err);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_source_set_state(desk->st, s->id, state, err);
	if (!status && state == HY_SOURCE_ACTIVE && !desk_share_spent(desk, s))
		status = hy_source_make_due(desk->st, s->id, hy_desk_now(desk), err);
	status = desk_done(desk, status, actor, action, err, "source %" PRId64, s->id.v);
	if (status)
		return status;
	hy_jw_kint(w, "id", s->id.v);
	hy_jw_kstr(w, "state", hy_source_state_name(state));
	return HY_OK;
}

/* ---- editing ---- */

static const char *const set_texts[] = {"url",	   "reach",   "place",	 "what",    "tag",  "board",
					"number",  "account", "mailbox", "interval", "zone", "charset",
					"backfill"};
static const char *const set_times[] = {"interval", "backfill"};

/* What a source is now, as source.add was told it. */
static struct hy_json *as_params(const void *ctx, const struct hy_source *s)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);
	struct hy_json *options = NULL, *out = NULL;

	if (hy_json_parse(ctx, s->options, strlen(s->options), 0, &options, NULL))
		options = NULL;
	hy_jw_object(w);
	hy_jw_kstr(w, "url", s->url);
	hy_jw_kstr(w, "reach", s->reach);
	hy_jw_kstr(w, "place", s->place);
	for (size_t i = 0; options && i < options->n; i++) {
		const char *key = options->key[i];

		if (!strcmp(key, set_times[0]) || !strcmp(key, set_times[1])) {
			hy_jw_kstr(w, key, hy_strf(ctx, "%" PRId64 "s", options->at[i]->integer));
		} else {
			hy_jw_key(w, key);
			hy_jw_node(w, options->at[i]);
		}
	}
	hy_jw_end_object(w);
	if (hy_json_parse(ctx, hy_jw_text(w, NULL), strlen(hy_jw_text(w, NULL)), 0, &out, NULL))
		return NULL;
	return out;
}

/* The same with what is to change; "-" takes a text away. */
static struct hy_json *with_changes(const void *ctx, const struct hy_json *now,
				    const struct hy_json *params)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);
	struct hy_json *out = NULL;
	const struct hy_json *budget = hy_json_get(params, "budget");
	bool keep = hy_json_bool(params, "keep", false);

	hy_jw_object(w);
	for (size_t i = 0; i < HY_LEN(set_texts); i++) {
		const char *to = param_str(params, set_texts[i]);
		const char *v = to ? to : hy_json_str(now, set_texts[i]);

		if (v && *v && strcmp(v, "-") != 0)
			hy_jw_kstr(w, set_texts[i], v);
	}
	hy_jw_kint(w, "budget", hy_json_int(budget ? params : now, "budget", 0));
	hy_jw_kbool(w, "remove", !keep && (hy_json_bool(params, "remove", false) ||
					   hy_json_bool(now, "remove", false)));
	hy_jw_kbool(w, "allow_http", hy_json_bool(params, "allow_http", false) ||
					     hy_json_bool(now, "allow_http", false));
	hy_jw_end_object(w);
	if (hy_json_parse(ctx, hy_jw_text(w, NULL), strlen(hy_jw_text(w, NULL)), 0, &out, NULL))
		return NULL;
	return out;
}

/* Another list: where the old one was read to means nothing there. */
static bool another_list(const struct hy_json *was, const struct hy_json *is)
{
	static const char *const names[] = {"url",    "what",	 "tag",	   "board",
					    "number", "account", "mailbox"};

	for (size_t i = 0; i < HY_LEN(names); i++)
		if (strcmp(param_text(was, names[i]), param_text(is, names[i])) != 0)
			return true;
	return false;
}

/* The calls of today are spent, whatever is read next. */
static char *cursor_anew(const void *ctx, const char *cursor)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);
	struct hy_json *old = NULL;
	const struct hy_json *calls = NULL;

	if (cursor && !hy_json_parse(ctx, cursor, strlen(cursor), 0, &old, NULL))
		calls = hy_json_get(old, "calls");
	hy_jw_object(w);
	if (calls) {
		hy_jw_key(w, "calls");
		hy_jw_node(w, calls);
	}
	hy_jw_end_object(w);
	return hy_strdup(ctx, hy_jw_text(w, NULL));
}

/* *s becomes what it is to be; *anew: it is read from its beginning. */
static enum hy_status edit_source(struct hy_desk *desk, const void *ctx,
				  const struct hy_json *params, struct hy_source *s, bool *anew,
				  struct hy_err *err)
{
	struct hy_json *was = as_params(ctx, s), *is = with_changes(ctx, was, params);
	hy_time now = hy_desk_now(desk);
	hy_dur every = 0;
	char *options = NULL;
	enum hy_status status = check_reach(desk, params, err);

	if (!status && !is)
		status = hy_err_set(err, HY_ECORRUPT, _("source %s: its options"), s->name);
	if (!status)
		status = source_options(ctx, is, &options, &every, err);
	if (status)
		return status;
	s->url = param_text(is, "url");
	s->reach = param_str(is, "reach");
	s->place = param_text(is, "place");
	s->options = options;
	status = check_source(desk, ctx, s, hy_json_bool(is, "allow_http", false), every, err);
	if (!status && (param_str(params, "reach") || param_str(params, "url")))
		status = desk_drill_reach(desk, s->name, s->url, s->reach, err);
	*anew = another_list(was, is);
	if (*anew && !desk_share_spent(desk, s))
		s->next_at = now;
	if (*anew)
		s->cursor = cursor_anew(ctx, s->cursor);
	else if (every && s->next_at > now + every && param_str(params, "interval") &&
		 !desk_share_spent(desk, s))
		s->next_at = now + every;
	return status;
}

enum hy_status act_source_set(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	struct hy_source *s = NULL;
	bool more = false, anew = false;
	enum hy_status status = hy_source_find(desk->st, w, param_text(params, "id"), &s, err);

	for (size_t i = 0; params && i < params->n; i++)
		more = more || (strcmp(params->key[i], "id") && strcmp(params->key[i], "unit"));
	if (!status && !more && !param_str(params, "unit"))
		status = hy_err_set(err, HY_EINPUT, _("say what is to change: --interval 30m"));
	if (!status && param_str(params, "unit"))
		status = unit_param(desk, w, params, "unit", &s->unit, err);
	if (!status && more)
		status = edit_source(desk, w, params, s, &anew, err);
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = more ? hy_source_edit(desk->st, s, err)
		      : hy_source_set_unit(desk->st, s->id, s->unit, err);
	status = desk_done(desk, status, actor, "source.set", err, "source %" PRId64, s->id.v);
	if (status)
		return status;
	hy_jw_kint(w, "id", s->id.v);
	if (anew)
		hy_jw_kstr(w, "note",
			   _("another list: it is read anew, from the next look on"));
	return HY_OK;
}

enum hy_status act_source_pause(struct hy_desk *desk, struct hy_person_id actor,
				const struct hy_json *params, struct hy_json_writer *w,
				struct hy_err *err)
{
	return set_source(desk, actor, params, w, HY_SOURCE_PAUSED, "source.pause", err);
}

enum hy_status act_source_resume(struct hy_desk *desk, struct hy_person_id actor,
				 const struct hy_json *params, struct hy_json_writer *w,
				 struct hy_err *err)
{
	return set_source(desk, actor, params, w, HY_SOURCE_ACTIVE, "source.resume", err);
}

enum hy_status act_source_remove(struct hy_desk *desk, struct hy_person_id actor,
				 const struct hy_json *params, struct hy_json_writer *w,
				 struct hy_err *err)
{
	return set_source(desk, actor, params, w, HY_SOURCE_REMOVED, "source.remove", err);
}

static void put_held(struct hy_desk *desk, struct hy_json_writer *w, const struct hy_source *s)
{
	hy_jw_object(w);
	hy_jw_kint(w, "id", s->id.v);
	hy_jw_kstr(w, "name", s->name);
	hy_jw_kstr(w, "why",
		   hy_strf(w,
			   _("source %s: its part of today's calls is used: the next look is at %s"),
			   s->name, hy_desk_when(desk, w, s->next_at)));
	hy_jw_end_object(w);
}

/* All but those that have used their part of their account's calls, which are told. */
static enum hy_status all_due(struct hy_desk *desk, hy_time now, struct hy_json_writer *w,
			      struct hy_err *err)
{
	struct hy_source *list = NULL;
	size_t n = 0, held = 0;
	enum hy_status status = hy_source_list(desk->st, w, false, &list, &n, err);
	bool *spent = hy_new_array(w, bool, n + 1);

	if (status)
		return status;
	hy_jw_key(w, "held");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		spent[i] = list[i].state == HY_SOURCE_ACTIVE && list[i].next_at > now &&
			   desk_share_spent(desk, &list[i]);
		if (spent[i])
			put_held(desk, w, &list[i]);
		held += spent[i];
	}
	hy_jw_end_array(w);
	if (!held)
		return hy_source_make_due(desk->st, (struct hy_source_id){0}, now, err);
	status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	for (size_t i = 0; i < n && !status; i++)
		if (!spent[i] && list[i].state == HY_SOURCE_ACTIVE &&
		    list[i].next_at < HY_TIME_NEVER)
			status = hy_source_make_due(desk->st, list[i].id, now, err);
	return desk_end(desk, status, err);
}

/* Not audited: looking earlier changes nothing but the moment. */
enum hy_status act_source_due(struct hy_desk *desk, struct hy_person_id actor,
			      const struct hy_json *params, struct hy_json_writer *w,
			      struct hy_err *err)
{
	const char *name = param_str(params, "id");
	struct hy_source *s = NULL;
	hy_time now = hy_desk_now(desk);
	enum hy_status status = name ? hy_source_find(desk->st, w, name, &s, err) : HY_OK;

	(void)actor;
	if (!status && !s)
		status = all_due(desk, now, w, err);
	else if (!status && s->next_at > now && desk_share_spent(desk, s))
		status = hy_err_wait(
			err, s->next_at,
			_("source %s: its part of today's calls is used: the next look is at %s"),
			s->name, hy_desk_when(desk, w, s->next_at));
	else if (!status)
		status = hy_source_make_due(desk->st, s->id, now, err);
	if (status)
		return status;
	hy_jw_kint(w, "id", s ? s->id.v : 0);
	hy_jw_kstr(w, "state", s ? hy_source_state_name(s->state) : "active");
	hy_jw_kint(w, "asked_ms", now);
	return HY_OK;
}
