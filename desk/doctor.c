/* `huying doctor`: what is wrong and what cures it; the same checks stand behind /readyz. */
#include "desk/answering.h"
#include "desk/fresh.h"

#include <string.h>
#include <sys/statvfs.h>

struct list {
	const void *ctx;
	struct hy_finding *at;
	size_t n;
};

static void add(struct list *l, const char *check, int level, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void add(struct list *l, const char *check, int level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	l->at = hy_grow(l->ctx, l->at, struct hy_finding, l->n + 1);
	l->at[l->n++] = (struct hy_finding){
		.check = check, .level = level, .text = hy_vstrf(l->ctx, fmt, ap)};
	va_end(ap);
}

static void check_record(struct hy_desk *desk, struct list *l, bool deep)
{
	char *report = NULL;
	struct hy_err err = {0};
	int64_t bad = 0, count = 0;
	uint8_t head[HY_SHA256_LEN];
	enum hy_status status = deep ? hy_store_check(desk->st, l->ctx, &report, &err) : HY_OK;

	if (status)
		add(l, "record", 2, _("%s: restore a backup"),
		    report && *report ? report : err.text);
	else
		add(l, "record", 0, _("schema %d, opened"), hy_store_schema_version());
	if (hy_audit_verify(desk->st, &bad, &count, head, &err))
		add(l, "audit", 2, "%s", err.text);
	else if (bad)
		add(l, "audit", 2,
		    _("row %" PRId64 " is not what was written: keep this folder as it is and call "
		      "whoever audits you"),
		    bad);
	else
		add(l, "audit", 0, _("%" PRId64 " rows, chain whole"), count);
}

static void check_index(struct hy_desk *desk, struct list *l, bool deep)
{
	struct hy_json_writer *w = hy_json_writer_new(l->ctx, false);
	struct hy_err err = {0};
	bool sound = false;
	struct hy_index *ix = NULL;
	struct hy_index_stats stats = {0};
	int64_t last = 0;
	enum hy_status status = HY_OK;

	(void)hy_item_last_seq(desk->st, &last, NULL, NULL); /* 0 then */
	status = desk_index(desk, &ix, &err);
	if (status == HY_ENOTFOUND && !last) {
		add(l, "index", 0, "%s", _("nothing to index yet"));
	} else if (status || hy_index_stats(ix, &stats, &err)) {
		add(l, "index", 2, _("%s: run huying index rebuild"), err.text);
	} else {
		hy_jw_object(w);
		if (deep && (hy_desk_index_check(desk, true, w, &sound, NULL, NULL, &err) || !sound))
			add(l, "index", 2, "%s", _("damaged: run huying index rebuild"));
		else
			add(l, "index", stats.cursor < last,
			    _("%" PRId64 " of %" PRId64 " entries of the log"), stats.cursor, last);
		hy_jw_end_object(w);
	}
	talloc_free(w);
}

static void check_peers(struct hy_desk *desk, struct list *l)
{
	struct hy_source *sources = NULL;
	struct hy_account *accounts = NULL;
	size_t n = 0, failing = 0;
	char *fresh;
	size_t titles_n = 0;
	const char *const *titles = hy_conf_titles(desk->conf, "reach", &titles_n);

	for (size_t i = 0; i < titles_n; i++)
		add(l, "reach", 1, _("%s is reached at %s only, as huying.conf says"), titles[i],
		    hy_conf_str(desk->conf, "reach", titles[i], "peer"));
	if (!hy_source_list(desk->st, l->ctx, false, &sources, &n, NULL)) {
		for (size_t i = 0; i < n; i++) {
			if (sources[i].reach)
				add(l, "reach", 1, _("source %s is reached at %s only"),
				    sources[i].name, sources[i].reach);
			if (sources[i].state == HY_SOURCE_STOPPED || sources[i].failures >= 3) {
				failing++;
				add(l, "sources", 1,
				    _("%s: %s; try huying source test, then resume"),
				    sources[i].name,
				    sources[i].last_error ? sources[i].last_error : _("stopped"));
			}
		}
		if (!failing)
			add(l, "sources", 0, _("%zu, all answering"), n);
	}
	if (!hy_account_list(desk->st, l->ctx, &accounts, &n, NULL))
		for (size_t i = 0; i < n; i++) {
			if (accounts[i].reach)
				add(l, "reach", 1, _("account %s is reached at %s only"),
				    accounts[i].name, accounts[i].reach);
			if ((fresh = desk_fresh_text(desk, l->ctx, accounts[i].id)))
				add(l, "accounts", 1, "%s: %s", accounts[i].name, fresh);
			if (accounts[i].state == HY_ACCOUNT_NEEDS_REAUTH)
				add(l, "accounts", 2, _("%s is %s: %s; %s"), accounts[i].name,
				    _(hy_account_state_name(accounts[i].state)),
				    accounts[i].state_why ? accounts[i].state_why : "",
				    desk_account_cure(l->ctx, &accounts[i]));
			else if (accounts[i].state == HY_ACCOUNT_FROZEN)
				add(l, "accounts", 1,
				    _("%s is %s: huying account unfreeze %s once it is cured"),
				    accounts[i].name, _(hy_account_state_name(accounts[i].state)),
				    accounts[i].name);
		}
}

/* Settings that would let no answer go out are said before a citizen waits for one. */
static void check_sms(struct hy_desk *desk, struct list *l)
{
	size_t n = 0;
	const char *const *titles = hy_conf_titles(desk->conf, "sms", &n);

	for (size_t i = 0; i < n; i++) {
		struct hy_account *a = NULL;
		struct hy_answer_sms sms;
		struct hy_err why = {0};

		if (hy_account_find(desk->st, l->ctx, titles[i], &a, NULL))
			add(l, "sms", 1, _("huying.conf: sms \"%s\": there is no such account"),
			    titles[i]);
		else if (desk_answer_sms(desk, a, &sms) && hy_answer_can(a, &sms, &why))
			add(l, "sms", 1, "%s", why.text);
	}
}

/* Readers elsewhere cannot follow a link that names no host. */
static void check_site(struct hy_desk *desk, struct list *l)
{
	struct hy_account *accounts = NULL;
	struct hy_statement *shown = NULL;
	size_t n = 0, count = 0;

	if (*hy_conf_str(desk->conf, "web", NULL, "public_url") ||
	    hy_account_list(desk->st, l->ctx, &accounts, &n, NULL))
		return;
	for (size_t i = 0; i < n && !count; i++)
		if (!strcmp(accounts[i].platform, "site"))
			(void)hy_statement_on_account(desk->st, l->ctx, accounts[i].id, 1, &shown,
						      &count, NULL);
	if (count)
		add(l, "site", 1, "%s",
		    _("statements are published, yet their links in Atom, JSON Feed and "
		      "ClaimReview name no host: set public_url in [web] of huying.conf and "
		      "restart"));
}

static void check_rest(struct hy_desk *desk, struct list *l)
{
	struct hy_calendar *cal = NULL;
	struct hy_err err = {0};
	struct hy_counts counts = {0};
	struct statvfs vfs;
	char **lines = NULL, *frozen = NULL;
	size_t n = 0;
	hy_time now = hy_desk_now(desk);

	if (desk_calendar(desk, &cal, &err))
		add(l, "calendar", 2, "%s", err.text);
	else if (!(n = hy_calendar_check(cal, l->ctx, now, hy_lang_default(), &lines)))
		add(l, "calendar", 0, "%s", hy_calendar_version(cal));
	for (size_t i = 0; i < n; i++)
		add(l, "calendar", 1, "%s", lines[i]);
	if (!hy_counts(desk->st, hy_desk_day_start(desk, now), &counts, NULL) &&
	    counts.deliveries_unknown)
		add(l, "deliveries", 1,
		    _("%" PRId64 " in doubt: see huying post status, look on the platform, then "
		      "huying post resolve"),
		    counts.deliveries_unknown);
	if (counts.answers_unsettled)
		add(l, "answers", 1,
		    _("%" PRId64 " to citizens in doubt or not sent: the alerts name the cases; huying "
		      "case show says what to do"),
		    counts.answers_unsettled);
	if (!hy_meta_get(desk->st, l->ctx, "publish.frozen", &frozen, NULL) && frozen && *frozen)
		add(l, "deliveries", 2,
		    _("publishing is frozen (%s): when all is clear run huying doctor --unfreeze"),
		    frozen);
	if (!statvfs(desk->dir, &vfs) && vfs.f_bavail * vfs.f_frsize < (200ul << 20))
		add(l, "disk", 2, _("under 200 MiB are free in %s"), desk->dir);
}

enum hy_status hy_desk_doctor(struct hy_desk *desk, const void *ctx, bool deep,
			      struct hy_finding **out, size_t *n, struct hy_err *err)
{
	struct list l = {.ctx = ctx, .at = hy_new_array(ctx, struct hy_finding, 1)};

	(void)err;
	check_record(desk, &l, deep);
	check_index(desk, &l, deep);
	check_peers(desk, &l);
	check_sms(desk, &l);
	check_site(desk, &l);
	check_rest(desk, &l);
	*out = l.at;
	*n = l.n;
	return HY_OK;
}
