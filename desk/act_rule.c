/* Rules: saved queries and expressions that run on each new item. A changed query is a new version,
 * which begins at the place of the log where the change was made. */
#include "desk/internal.h"

#include "alerts/alerts.h"

#include <string.h>

/* ---- what is allowed ---- */

/* The words that the interface shows are taken, too. */
static const char *level_of(const char *said)
{
	if (!strcmp(said, "高"))
		return "high";
	if (!strcmp(said, "中"))
		return "medium";
	return strcmp(said, "低") ? said : "low";
}

static enum hy_status check_words(const struct hy_watch *r, struct hy_err *err)
{
	if (strcmp(r->kind, "query") && strcmp(r->kind, "regex"))
		return hy_err_set(err, HY_EINPUT, _("kind is query or regex, not \"%s\""), r->kind);
	if (strcmp(r->level, "high") && strcmp(r->level, "medium") && strcmp(r->level, "low"))
		return hy_err_set(err, HY_EINPUT, _("level is high, medium or low, not \"%s\""),
				  r->level);
	if (!*r->name || strlen(r->name) > 200)
		return hy_err_set(err, HY_EINPUT, _("name: of 1 to 200 bytes"));
	return HY_OK;
}

enum hy_status desk_parse_rule(struct hy_desk *desk, const void *ctx, const char *kind,
			       const char *text, struct hy_query **out, struct hy_err *err)
{
	const struct hy_query_env env = desk_query_env(desk, hy_desk_now(desk), true);

	return hy_rule_parse(out, ctx, kind, text, &env, err);
}

static enum hy_status check_rule(struct hy_desk *desk, const void *ctx, struct hy_watch *r,
				 struct hy_err *err)
{
	struct hy_query *q = NULL;
	enum hy_status status = HY_OK;

	r->kind = r->kind ? r->kind : "query";
	r->level = level_of(r->level ? r->level : "medium");
	r->name = r->name ? r->name : "";
	status = check_words(r, err);
	if (!status)
		status = desk_parse_rule(desk, ctx, r->kind, r->query ? r->query : "", &q, err);
	talloc_free(q);
	return status;
}

/* After the change, in its transaction: so many may run at a time. */
static enum hy_status check_room(struct hy_desk *desk, struct hy_err *err)
{
	int64_t all = 0, expressions = 0;
	enum hy_status status = hy_watch_count(desk->st, NULL, &all, err);

	if (!status)
		status = hy_watch_count(desk->st, "regex", &expressions, err);
	if (!status && all > HY_RULES_MAX)
		status = hy_err_set(err, HY_EINPUT, _("at most %d rules run at a time"),
				    HY_RULES_MAX);
	if (!status && expressions > HY_REGEX_MAX_RULES)
		status = hy_err_set(err, HY_EINPUT,
				    _("at most %d regular expressions run at a time"),
				    HY_REGEX_MAX_RULES);
	return status;
}

/* ---- one rule ---- */

static void put_rule(struct hy_json_writer *w, const struct hy_watch *r)
{
	hy_jw_kint(w, "id", r->id.v);
	hy_jw_kstr(w, "name", r->name);
	hy_jw_kstr(w, "kind", r->kind);
	hy_jw_kstr(w, "query", r->query);
	hy_jw_kstr(w, "level", r->level);
	hy_jw_kint(w, "version", r->version);
	hy_jw_kbool(w, "enabled", r->enabled);
}

enum hy_status act_rule_add(struct hy_desk *desk, struct hy_person_id actor,
			    const struct hy_json *params, struct hy_json_writer *w,
			    struct hy_err *err)
{
	struct hy_watch rule = {
		.name = param_str(params, "name"),
		.kind = param_str(params, "kind"),
		.query = param_str(params, "query"),
		.level = param_str(params, "level"),
		.enabled = true,
		.made_by = actor,
		.made = hy_desk_now(desk),
	};
	struct hy_watch_id id = {0};
	enum hy_status status = check_rule(desk, w, &rule, err);

	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_watch_add(desk->st, &rule, &id, err);
	if (!status)
		status = check_room(desk, err);
	status = desk_done(desk, status, actor, "rule.add", err, "rule %" PRId64, id.v);
	if (!status)
		hy_jw_kint(w, "id", id.v);
	return status;
}

enum hy_status act_rule_list(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, struct hy_json_writer *w,
			     struct hy_err *err)
{
	struct hy_watch *list = NULL;
	size_t n = 0;
	int limit = 0;
	enum hy_status status = param_limit(params, 100, 1000, &limit, err);

	(void)actor;
	if (!status)
		status = hy_watch_page(desk->st, w, param_text(params, "words"),
				       hy_json_int(params, "before", 0), limit, &list, &n, err);
	if (status)
		return status;
	hy_jw_key(w, "items");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		hy_jw_object(w);
		put_rule(w, &list[i]);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	hy_jw_kint(w, "next", n == (size_t)limit ? list[n - 1].id.v : 0);
	return HY_OK;
}

/* Where each version ran, and what people said of what it found. */
static enum hy_status put_versions(struct hy_desk *desk, struct hy_json_writer *w,
				   struct hy_watch_id id, struct hy_err *err)
{
	struct hy_watch_span *list = NULL;
	struct hy_watch_sums sums = {0};
	size_t n = 0;
	enum hy_status status = hy_watch_versions(desk->st, w, id, &list, &n, err);

	if (!status)
		status = hy_watch_sum(desk->st, id, &sums, err);
	if (status)
		return status;
	hy_jw_kint(w, "alerts", sums.alerts);
	hy_jw_kint(w, "open", sums.open);
	hy_jw_kint(w, "matches", sums.matches);
	hy_jw_kint(w, "noise", sums.noise);
	hy_jw_kint(w, "useful", sums.useful);
	hy_jw_key(w, "versions");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		hy_jw_object(w);
		hy_jw_kint(w, "version", list[i].version);
		hy_jw_kstr(w, "kind", list[i].kind);
		hy_jw_kstr(w, "query", list[i].query);
		hy_jw_kint(w, "begin_seq", list[i].begin);
		hy_jw_kint(w, "until_seq", list[i].until == INT64_MAX ? 0 : list[i].until);
		put_ts(w, "made_ts", list[i].made);
		put_when(desk, w, "when", list[i].made);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	return HY_OK;
}

enum hy_status act_rule_show(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, struct hy_json_writer *w,
			     struct hy_err *err)
{
	struct hy_watch *rule = NULL;
	enum hy_status status = hy_watch_find(desk->st, w, param_text(params, "id"), &rule, err);

	(void)actor;
	if (status)
		return status;
	put_rule(w, rule);
	put_person_name(desk, w, "made_by", rule->made_by);
	put_ts(w, "made_ts", rule->made);
	put_when(desk, w, "when", rule->made);
	return put_versions(desk, w, rule->id, err);
}

/* Writes a rule that was found and changed. */
static enum hy_status change(struct hy_desk *desk, struct hy_person_id actor, const char *action,
			     struct hy_watch *rule, struct hy_json_writer *w, struct hy_err *err)
{
	enum hy_status status = check_rule(desk, w, rule, err);

	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_watch_set(desk->st, rule, err);
	if (!status)
		status = check_room(desk, err);
	status = desk_done(desk, status, actor, action, err, "rule %" PRId64, rule->id.v);
	if (!status) {
		hy_jw_kint(w, "id", rule->id.v);
		hy_jw_kbool(w, "enabled", rule->enabled);
	}
	return status;
}

enum hy_status act_rule_edit(struct hy_desk *desk, struct hy_person_id actor,
			     const struct hy_json *params, struct hy_json_writer *w,
			     struct hy_err *err)
{
	struct hy_watch *rule = NULL;
	const char *query = param_str(params, "query"), *level = param_str(params, "level"),
		   *name = param_str(params, "name");
	enum hy_status status = hy_watch_find(desk->st, w, param_text(params, "id"), &rule, err);

	if (status)
		return status;
	rule->query = query ? query : rule->query;
	rule->name = name ? name : rule->name;
	rule->level = level ? level : rule->level;
	return change(desk, actor, "rule.edit", rule, w, err);
}

static enum hy_status turn(struct hy_desk *desk, struct hy_person_id actor,
			   const struct hy_json *params, bool on, struct hy_json_writer *w,
			   struct hy_err *err)
{
	struct hy_watch *rule = NULL;
	enum hy_status status = hy_watch_find(desk->st, w, param_text(params, "id"), &rule, err);

	if (status)
		return status;
	rule->enabled = on;
	return change(desk, actor, on ? "rule.enable" : "rule.disable", rule, w, err);
}

enum hy_status act_rule_enable(struct hy_desk *desk, struct hy_person_id actor,
			       const struct hy_json *params, struct hy_json_writer *w,
			       struct hy_err *err)
{
	return turn(desk, actor, params, true, w, err);
}

enum hy_status act_rule_disable(struct hy_desk *desk, struct hy_person_id actor,
				const struct hy_json *params, struct hy_json_writer *w,
				struct hy_err *err)
{
	return turn(desk, actor, params, false, w, err);
}

enum hy_status act_rule_remove(struct hy_desk *desk, struct hy_person_id actor,
			       const struct hy_json *params, struct hy_json_writer *w,
			       struct hy_err *err)
{
	struct hy_watch *rule = NULL;
	enum hy_status status = hy_watch_find(desk->st, w, param_text(params, "id"), &rule, err);

	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = hy_watch_remove(desk->st, rule->id, err);
	status = desk_done(desk, status, actor, "rule.remove", err, "rule %" PRId64, rule->id.v);
	if (!status)
		hy_jw_kint(w, "id", rule->id.v);
	return status;
}

/* ---- how it is understood ---- */

enum hy_status desk_rule_said(struct hy_desk *desk, const struct hy_json *params,
			      struct hy_json_writer *w, struct hy_watch *out, struct hy_err *err)
{
	const char *id = param_str(params, "id"), *kind = param_str(params, "kind");
	struct hy_watch *rule = NULL;
	enum hy_status status = HY_OK;

	*out = (struct hy_watch){.name = "", .query = param_text(params, "query")};
	out->kind = kind ? kind : "query";
	if (id) {
		status = hy_watch_find(desk->st, w, id, &rule, err);
		if (status)
			return status;
		*out = *rule;
		out->kind = kind ? kind : rule->kind;
		if (*param_text(params, "query"))
			out->query = param_str(params, "query");
	} else if (!*out->query) {
		return hy_err_set(err, HY_EINPUT, _("name a rule, or give a query"));
	}
	if (strcmp(out->kind, "query") && strcmp(out->kind, "regex"))
		return hy_err_set(err, HY_EINPUT, _("kind is query or regex, not \"%s\""),
				  out->kind);
	return HY_OK;
}

enum hy_status act_rule_explain(struct hy_desk *desk, struct hy_person_id actor,
				const struct hy_json *params, struct hy_json_writer *w,
				struct hy_err *err)
{
	struct hy_watch rule;
	struct hy_query *q = NULL;
	size_t n = 0;
	enum hy_status status = desk_rule_said(desk, params, w, &rule, err);

	(void)actor;
	if (!status)
		status = desk_parse_rule(desk, w, rule.kind, rule.query, &q, err);
	if (status)
		return status;
	const char **needs = hy_query_needs(w, q, &n);
	hy_jw_kstr(w, "kind", rule.kind);
	hy_jw_kstr(w, "query", rule.query);
	hy_jw_kstr(w, "understood", hy_query_explain(w, q));
	hy_jw_kbool(w, "every_item", n == 0);
	hy_jw_key(w, "needs");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++)
		hy_jw_str(w, needs[i]);
	hy_jw_end_array(w);
	return HY_OK;
}

/* ---- many at once ---- */

struct importing {
	struct hy_desk *desk;
	struct hy_person_id actor;
	struct hy_json_writer *w;
	int64_t added, changed, same;
	size_t line;
	const char **names; /* of the lines so far; line_of: where each stood */
	size_t *line_of, n_names;
};

/* With a slip in a member's name the rule would silently do without it. */
static enum hy_status check_members(const struct hy_json *node, struct hy_err *err)
{
	static const char *const members[] = {"name", "kind", "query", "level", "enabled"};

	for (size_t i = 0; i < node->n; i++) {
		bool known = false;
		for (size_t k = 0; k < HY_LEN(members); k++)
			known = known || !strcmp(node->key[i], members[k]);
		if (!known)
			return hy_err_set(err, HY_EINPUT,
					  _("a rule has no member \"%s\": name, kind, query, level and "
					    "enabled are known"),
					  node->key[i]);
	}
	return HY_OK;
}

static enum hy_status check_once(struct importing *im, const char *name, struct hy_err *err)
{
	for (size_t i = 0; i < im->n_names; i++)
		if (!strcmp(im->names[i], name))
			return hy_err_set(err, HY_EINPUT, _("\"%s\" stands in line %zu already"), name,
					  im->line_of[i]);
	im->names = hy_grow(im->w, im->names, const char *, im->n_names + 1);
	im->line_of = hy_grow(im->w, im->line_of, size_t, im->n_names + 1);
	im->names[im->n_names] = hy_strdup(im->w, name);
	im->line_of[im->n_names++] = im->line;
	return HY_OK;
}

static bool same_rule(const struct hy_watch *a, const struct hy_watch *b)
{
	return !strcmp(a->kind, b->kind) && !strcmp(a->query, b->query) &&
	       !strcmp(a->level, b->level) && a->enabled == b->enabled;
}

static enum hy_status import_rule(struct importing *im, const void *work, struct hy_watch *r,
				  struct hy_err *err)
{
	struct hy_watch *old = NULL;
	struct hy_watch_id id;
	enum hy_status status = check_rule(im->desk, work, r, err);

	if (!status)
		status = hy_watch_find(im->desk->st, work, r->name, &old, err);
	if (!status && strcmp(old->name, r->name))
		status = HY_ENOTFOUND; /* a name of digits alone is no number here */
	if (status == HY_ENOTFOUND) {
		im->added++;
		return hy_watch_add(im->desk->st, r, &id, err);
	}
	if (status)
		return status;
	r->id = old->id;
	if (same_rule(old, r)) {
		im->same++;
		return HY_OK;
	}
	im->changed++;
	return hy_watch_set(im->desk->st, r, err);
}

static enum hy_status import_line(struct importing *im, const char *line, size_t n,
				  struct hy_err *err)
{
	void *work = talloc_new(NULL);
	struct hy_json *node = NULL;
	enum hy_status status = hy_json_parse(work, line, n, HY_JSON_UNIQUE, &node, err);

	if (!status && node->type != HY_JSON_OBJECT)
		status = hy_err_set(err, HY_EINPUT, _("a rule is one JSON object"));
	if (!status)
		status = check_members(node, err);
	if (!status && hy_json_str(node, "name"))
		status = check_once(im, hy_json_str(node, "name"), err);
	if (!status) {
		struct hy_watch r = {
			.name = hy_json_str(node, "name"),
			.kind = hy_json_str(node, "kind"),
			.query = hy_json_str(node, "query"),
			.level = hy_json_str(node, "level"),
			.enabled = hy_json_bool(node, "enabled", true),
			.made_by = im->actor,
			.made = hy_desk_now(im->desk),
		};
		status = import_rule(im, work, &r, err);
	}
	talloc_free(work);
	return status ? hy_err_wrap(err, _("line %zu"), im->line) : HY_OK;
}

static enum hy_status import_all(struct importing *im, const char *text, struct hy_err *err)
{
	enum hy_status status = HY_OK;

	for (const char *p = text; *p && !status;) {
		size_t n = strcspn(p, "\n"), blank = strspn(p, " \t\r");
		im->line++;
		if (blank < n)
			status = import_line(im, p, n, err);
		p += n + (p[n] == '\n');
	}
	return status ? status : check_room(im->desk, err);
}

enum hy_status act_rule_import(struct hy_desk *desk, struct hy_person_id actor,
			       const struct hy_json *params, struct hy_json_writer *w,
			       struct hy_err *err)
{
	struct importing im = {.desk = desk, .actor = actor, .w = w};
	bool dry = hy_json_bool(params, "dry_run", false);
	enum hy_status status = hy_store_begin(desk->st, err);

	if (status)
		return status;
	status = import_all(&im, param_text(params, "text"), err);
	if (dry || status)
		hy_store_rollback(desk->st);
	else
		status = desk_done(desk, status, actor, "rule.import", err,
				   "rules %" PRId64 " added, %" PRId64 " changed", im.added,
				   im.changed);
	if (status)
		return status;
	hy_jw_kint(w, "added", im.added);
	hy_jw_kint(w, "changed", im.changed);
	hy_jw_kint(w, "same", im.same);
	hy_jw_kbool(w, "dry_run", dry);
	return HY_OK;
}

enum hy_status act_rule_export(struct hy_desk *desk, struct hy_person_id actor,
			       const struct hy_json *params, struct hy_json_writer *w,
			       struct hy_err *err)
{
	struct hy_watch *list = NULL;
	size_t n = 0;
	enum hy_status status = hy_watch_list(desk->st, w, &list, &n, err);

	(void)actor;
	(void)params;
	if (status)
		return status;
	hy_jw_key(w, "items");
	hy_jw_array(w);
	for (size_t i = 0; i < n; i++) {
		hy_jw_object(w);
		hy_jw_kstr(w, "name", list[i].name);
		hy_jw_kstr(w, "kind", list[i].kind);
		hy_jw_kstr(w, "query", list[i].query);
		hy_jw_kstr(w, "level", list[i].level);
		hy_jw_kbool(w, "enabled", list[i].enabled);
		hy_jw_end_object(w);
	}
	hy_jw_end_array(w);
	return HY_OK;
}
