/*
 * Rules at work: the enabled watches compiled into one set, and for each item that matches the
 * reason a person can check: which words, where, in which passage.
 */
#include "alerts/alerts.h"

#include "base/base.h"

#include <string.h>

#define SNIPPET_CHARS 80
#define WHY_WORDS 8

struct hy_rules {
	struct hy_watch *watches;
	struct hy_query **queries;
	size_t n;
	struct hy_watchset *set;
};

static struct hy_watch copy_watch(const void *ctx, const struct hy_watch *w)
{
	struct hy_watch c = *w;
	c.name = hy_strdup(ctx, w->name);
	c.query = hy_strdup(ctx, w->query);
	c.level = hy_strdup(ctx, w->level);
	return c;
}

static void parse_all(struct hy_rules *r, const struct hy_watch *watches, size_t n,
		      const struct hy_query_env *env, struct hy_buf *problems)
{
	for (size_t i = 0; i < n; i++) {
		struct hy_err e = {0};
		struct hy_query *q = NULL;
		if (!watches[i].enabled)
			continue;
		if (hy_query_parse(&q, r, watches[i].query, env, &e) != HY_OK) {
			hy_buf_fmt(problems, _("rule %s: %s\n"), watches[i].name, e.text);
			continue;
		}
		if (hy_query_is_empty(q)) { /* would ring for everything */
			hy_buf_fmt(problems, _("rule %s: its query is empty\n"), watches[i].name);
			continue;
		}
		r->watches[r->n] = copy_watch(r->watches, &watches[i]);
		r->queries[r->n++] = q;
	}
}

enum hy_status hy_rules_new(struct hy_rules **out, const void *ctx, const struct hy_watch *watches,
			    size_t n, const struct hy_query_env *env, unsigned flags,
			    char **problems, struct hy_err *err)
{
	struct hy_query_env standing = env != NULL ? *env : (struct hy_query_env){0};
	struct hy_rules *r = hy_new(ctx, struct hy_rules);
	struct hy_buf b;
	hy_buf_init(&b, ctx, 1u << 20);
	standing.standing = true;
	r->watches = hy_new_array(r, struct hy_watch, n > 0 ? n : 1);
	r->queries = hy_new_array(r, struct hy_query *, n > 0 ? n : 1);
	parse_all(r, watches, n, &standing, &b);
	enum hy_status st = hy_watchset_new(&r->set, r, (const struct hy_query *const *)r->queries,
					    r->n, flags, err);
	if (st != HY_OK) {
		talloc_free(b.data);
		talloc_free(r);
		return st;
	}
	if (problems != NULL)
		*problems = hy_buf_take(&b, NULL);
	else
		talloc_free(b.data);
	*out = r;
	return HY_OK;
}

size_t hy_rules_count(const struct hy_rules *r)
{
	return r->n;
}

uint64_t hy_watches_stamp(const struct hy_watch *watches, size_t n)
{
	uint64_t stamp = n;
	for (size_t i = 0; i < n; i++) {
		const struct hy_watch *w = &watches[i];
		char *line =
			hy_strf(NULL, "%" PRIx64 " %" PRId64 " %d %d %s\n%s\n%s", stamp, w->id.v,
				w->version, (int)w->enabled, w->name, w->query, w->level);
		stamp = hy_xxh64(line, strlen(line));
		talloc_free(line);
	}
	return stamp;
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
			      struct hy_match **out, size_t *n, struct hy_err *err)
{
	void *work = talloc_new(NULL);
	struct hy_facts f;
	const uint32_t *hits = NULL;
	size_t k = 0;
	enum hy_status st = hy_facts_of_item(&f, work, it, err);
	if (st == HY_OK)
		st = hy_watchset_match(r->set, &f, &hits, &k, err);
	if (st == HY_OK) {
		struct hy_match *m = k > 0 ? hy_new_array(ctx, struct hy_match, k) : NULL;
		for (size_t i = 0; i < k; i++) {
			m[i].watch = &r->watches[hits[i]];
			explain(m, r->queries[hits[i]], it, &f, &m[i]);
		}
		*out = m;
		*n = k;
	}
	talloc_free(work);
	return st;
}

char *hy_match_key(const void *ctx, const struct hy_watch *w)
{
	return hy_strf(ctx, "watch:%" PRId64 ":v%d", w->id.v, w->version);
}

struct hy_alert *hy_match_alert(const void *ctx, const struct hy_match *m, hy_time now)
{
	struct hy_alert *a = hy_new(ctx, struct hy_alert);
	a->kind = "watch";
	a->watch = m->watch->id;
	a->watch_version = m->watch->version;
	a->level = hy_strdup(a, m->watch->level);
	a->title = hy_strdup(a, m->watch->name);
	a->why = hy_strdup(a, m->why);
	a->key = hy_match_key(a, m->watch);
	a->state = HY_ALERT_FIRING;
	a->first = a->last = now;
	return a;
}
