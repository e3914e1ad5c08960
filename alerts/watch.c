/*
 * Rules at work: the versions in force compiled into one set, and for each item that matches the
 * reason a person can check: which words, where, in which passage.
 */
#include "alerts/alerts.h"

#include "base/base.h"

#include <string.h>

#define SNIPPET_CHARS 80
#define WHY_WORDS 8

struct hy_rules {
	struct hy_watch_span *spans; /* in order; those that parse */
	struct hy_query **queries;
	size_t n;
	int64_t change, since;
	struct hy_watchset *set;
};

static struct hy_watch_span copy_span(const void *ctx, const struct hy_watch_span *s)
{
	struct hy_watch_span c = *s;
	c.name = hy_strdup(ctx, s->name);
	c.kind = hy_strdup(ctx, s->kind);
	c.query = hy_strdup(ctx, s->query);
	c.level = hy_strdup(ctx, s->level);
	return c;
}

enum hy_status hy_rule_parse(struct hy_query **out, const void *ctx, const char *kind,
			     const char *text, const struct hy_query_env *env, struct hy_err *err)
{
	struct hy_query_env standing = env != NULL ? *env : (struct hy_query_env){0};
	struct hy_query *q = NULL;
	enum hy_status st = HY_OK;

	standing.standing = true;
	if (strcmp(kind, "regex") == 0)
		st = hy_query_regex(&q, ctx, text, err);
	else
		st = hy_query_parse(&q, ctx, text, &standing, err);
	if (st == HY_OK && hy_query_is_empty(q)) {
		talloc_free(q);
		st = hy_err_set(err, HY_EINPUT,
				_("query: an empty one would ring for every item"));
	}
	if (st == HY_OK)
		*out = q;
	return st;
}

struct hy_rules *hy_rules_new(const struct hy_watch_span *spans, size_t n, int64_t change,
			      int64_t since, const struct hy_query_env *env, struct hy_buf *problems)
{
	struct hy_rules *r = hy_new(NULL, struct hy_rules);

	r->change = change;
	r->since = since;
	r->spans = hy_new_array(r, struct hy_watch_span, n > 0 ? n : 1);
	r->queries = hy_new_array(r, struct hy_query *, n > 0 ? n : 1);
	for (size_t i = 0; i < n; i++) {
		struct hy_err e = {0};
		struct hy_query *q = NULL;
		if (hy_rule_parse(&q, r, spans[i].kind, spans[i].query, env, &e) == HY_OK) {
			r->spans[r->n] = copy_span(r->spans, &spans[i]);
			r->queries[r->n++] = q;
		} else if (problems != NULL) {
			hy_buf_fmt(problems, _("rule %s: %s\n"), spans[i].name, e.text);
		}
	}
	return r;
}

enum hy_status hy_rules_compile(struct hy_rules *r, unsigned flags, struct hy_err *err)
{
	return hy_watchset_new(&r->set, r, (const struct hy_query *const *)r->queries, r->n, flags,
			       err);
}

int64_t hy_rules_change(const struct hy_rules *r)
{
	return r->change;
}

int64_t hy_rules_since(const struct hy_rules *r)
{
	return r->since;
}

size_t hy_rules_count(const struct hy_rules *r)
{
	return r->n;
}

/* ---- reasons ---- */

/* The words of q found in a field of the item, as “a, b in the title”. */
static void name_words(struct hy_buf *b, const char **terms, size_t n, const char *hay,
		       const char *where)
{
	size_t k = 0;
	for (size_t i = 0; i < n; i++) {
		if (strstr(hay, terms[i]) == NULL)
			continue;
		if (k == WHY_WORDS) {
			hy_buf_str(b, " …");
			break;
		}
		if (k > 0)
			hy_buf_str(b, ", ");
		else if (b->len > 0)
			hy_buf_str(b, "; ");
		hy_buf_fmt(b, "%s", terms[i]);
		k++;
	}
	if (k > 0)
		hy_buf_fmt(b, " %s", where);
}

static void explain(const void *ctx, const struct hy_query *q, const struct hy_item *it,
		    const struct hy_facts *f, struct hy_match *m)
{
	struct hy_buf b;
	size_t n = 0;
	hy_buf_init(&b, ctx, 8192);
	const char **terms = hy_query_terms(ctx, q, &n);
	name_words(&b, terms, n, f->title, _("in the title"));
	name_words(&b, terms, n, f->text, _("in the text"));
	if (b.len == 0) /* only conditions, or only what must be absent */
		hy_buf_fmt(&b, _("fulfils: %s"), hy_query_explain(ctx, q));
	m->why = hy_buf_take(&b, NULL);
	struct hy_range *r = NULL;
	size_t k = 0;
	enum hy_field field = HY_FIELD_TEXT;
	if (hy_query_highlight(ctx, q, it->text, field, &r, &k, NULL) != HY_OK || k == 0)
		if (hy_query_highlight(ctx, q, it->title, HY_FIELD_TITLE, &r, &k, NULL) == HY_OK &&
		    k > 0)
			field = HY_FIELD_TITLE;
	const char *from = field == HY_FIELD_TITLE || it->text[0] == '\0' ? it->title : it->text;
	m->snippet = hy_query_snippet(ctx, q, from, field, SNIPPET_CHARS, &m->ranges, &m->n_ranges);
}

enum hy_status hy_rules_match(struct hy_rules *r, const void *ctx, const struct hy_item *it,
			      const struct hy_facts *f, unsigned flags, struct hy_match **out,
			      size_t *n, struct hy_err *err)
{
	const uint32_t *hits = NULL;
	struct hy_match *m = NULL;
	size_t k = 0, kept = 0;
	enum hy_status st = hy_watchset_match(r->set, f, &hits, &k, err);

	if (st != HY_OK)
		return st;
	for (size_t i = 0; i < k; i++) {
		const struct hy_watch_span *s = &r->spans[hits[i]];
		if (!(flags & HY_RULES_EVERYWHERE) && (it->seq <= s->begin || it->seq > s->until))
			continue;
		if (m == NULL)
			m = hy_new_array(ctx, struct hy_match, k - i);
		m[kept].rule = s;
		explain(m, r->queries[hits[i]], it, f, &m[kept++]);
	}
	*out = m;
	*n = kept;
	return HY_OK;
}

char *hy_match_key(const void *ctx, struct hy_watch_id id, int version)
{
	return hy_strf(ctx, "watch:%" PRId64 ":v%d", id.v, version);
}

struct hy_alert *hy_match_alert(const void *ctx, const struct hy_match *m, hy_time now)
{
	struct hy_alert *a = hy_new(ctx, struct hy_alert);
	a->kind = "watch";
	a->watch = m->rule->watch;
	a->watch_version = m->rule->version;
	a->level = hy_strdup(a, m->rule->level);
	a->title = hy_strdup(a, m->rule->name);
	a->why = hy_strdup(a, m->why);
	a->key = hy_match_key(a, m->rule->watch, m->rule->version);
	a->state = HY_ALERT_FIRING;
	a->first = a->last = now;
	return a;
}
