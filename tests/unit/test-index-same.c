/*
 * One predicate, held from three sides. Random trees over random items are written as queries in
 * every spelling that the language allows; the search through a real index, the standing matcher
 * (with Vectorscan and without) and an oracle of this file must find the same items. The oracle
 * shares nothing with them but the fold, which is what the language is defined by: it walks arrays
 * of code points, one by one, and builds its own trees.
 */
#include "index/index.h"

#include "base/base.h"

#include "tests/unit/index-fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define N_ITEMS 240
#define OK(x) ok((x), &err, #x)
static void ok(enum hy_status st, const struct hy_err *err, const char *what)
{
	if (st != HY_OK)
		fail_msg("%s: %s: %s", what, hy_status_name(st), err->text);
}

/* ---- the office: three sources, one called by digits, and units ---- */

static const char *const source_names[] = {"县长信箱", "town news", "12", "微博"};
static const struct {
	const char *name;
	int64_t sources[3];
	size_t n;
} units[] = {{"水务局", {1, 3}, 2}, {"Town Office", {2}, 1}, {"空壳", {0}, 0}, {"7", {1, 2, 4}, 3}};

static bool find_source(void *user, const char *name, struct hy_source_id *out)
{
	(void)user;
	for (size_t i = 0; i < HY_LEN(source_names); i++) {
		if (strcmp(source_names[i], name) == 0) {
			out->v = (int64_t)i + 1;
			return true;
		}
	}
	return false;
}

static bool find_unit(void *user, const void *ctx, const char *name, struct hy_unit_id *id,
		      struct hy_source_id **sources, size_t *n)
{
	(void)user;
	for (size_t i = 0; i < HY_LEN(units); i++) {
		if (name != NULL ? strcmp(units[i].name, name) != 0 : id->v != (int64_t)i + 1)
			continue;
		id->v = (int64_t)i + 1;
		*n = units[i].n;
		*sources = *n > 0 ? hy_new_array(ctx, struct hy_source_id, *n) : NULL;
		for (size_t k = 0; k < *n; k++)
			(*sources)[k].v = units[i].sources[k];
		return true;
	}
	return false;
}

/* 14:05 of the fourth day */
#define NOW (DAY0 + 3 * HY_DAY + 845 * HY_MINUTE)
static const struct hy_query_env env = {
	.now = NOW, .zone_minutes = ZONE, .source = find_source, .unit = find_unit};

/* ---- trees of our own ---- */

enum op { STR, NEAR, SOURCE, UNIT, PLACE, KIND, FLAG, TIME, AND, OR, NOT, N_OPS };
struct tree {
	enum op op;
	struct tree *a, *b;
	int field;	 /* STR, NEAR: 0 any, 1 title, 2 text */
	const char *raw; /* STR, PLACE: unfolded */
	uint32_t *s;	 /* the same, folded, code points */
	size_t n;
	int v;	  /* SOURCE, UNIT: index; KIND; FLAG: 0 official, 1 own; NEAR: distance */
	bool yes; /* FLAG */
	hy_time from, until; /* TIME */
	const char *written; /* TIME: its text */
};

struct page {
	uint32_t *s;
	size_t n;
};
struct thing {
	struct page title, text, place;
	const struct hy_item *it;
};

static struct page points(const void *ctx, const char *raw)
{
	char *f = folded(ctx, raw);
	const char *end = f + strlen(f);
	struct page p = {hy_new_array(ctx, uint32_t, strlen(f) + 1), 0};
	for (const char *c = f; c < end;) {
		size_t len;
		p.s[p.n++] = hy_utf8_decode(c, end, &len);
		c += len;
	}
	return p;
}

static bool stands_at(const struct page *p, size_t at, const struct tree *t)
{
	if (at + t->n > p->n)
		return false;
	for (size_t i = 0; i < t->n; i++)
		if (p->s[at + i] != t->s[i])
			return false;
	return true;
}

static bool stands_in(const struct page *p, const struct tree *t)
{
	for (size_t i = 0; i < p->n; i++)
		if (stands_at(p, i, t))
			return true;
	return false;
}

/* Every pair of places, whatever it costs. */
static bool stand_near(const struct page *p, const struct tree *t)
{
	for (size_t i = 0; i < p->n; i++) {
		for (size_t k = 0; k < p->n; k++) {
			if (!stands_at(p, i, t->a) || !stands_at(p, k, t->b))
				continue;
			if (k >= i + t->a->n && k - (i + t->a->n) <= (size_t)t->v)
				return true;
			if (i >= k + t->b->n && i - (k + t->b->n) <= (size_t)t->v)
				return true;
		}
	}
	return false;
}

static bool of_unit(int unit, int64_t source)
{
	for (size_t i = 0; i < units[unit].n; i++)
		if (units[unit].sources[i] == source)
			return true;
	return false;
}

static bool holds(const struct tree *t, const struct thing *x)
{
	switch (t->op) {
	case STR:
		return (t->field != 2 && stands_in(&x->title, t)) ||
		       (t->field != 1 && stands_in(&x->text, t));
	case NEAR:
		return (t->field != 2 && stand_near(&x->title, t)) ||
		       (t->field != 1 && stand_near(&x->text, t));
	case SOURCE:
		return x->it->source.v == t->v + 1;
	case UNIT:
		return of_unit(t->v, x->it->source.v);
	case PLACE:
		return stands_in(&x->place, t);
	case KIND:
		return (int)x->it->kind == t->v;
	case FLAG:
		return ((x->it->flags & (t->v ? HY_ITEM_OWN : HY_ITEM_OFFICIAL)) != 0) == t->yes;
	case TIME:
		return x->it->posted >= t->from && x->it->posted < t->until;
	case AND:
		return holds(t->a, x) && holds(t->b, x);
	case OR:
		return holds(t->a, x) || holds(t->b, x);
	default:
		return !holds(t->a, x);
	}
}

/* ---- making them ---- */

struct world {
	char *dir;
	struct hy_item items[N_ITEMS];
	struct thing things[N_ITEMS];
	struct hy_facts facts[N_ITEMS];
	struct hy_index *ix;
	struct hy_rand r;
	int leaves; /* of the query at work */
	size_t made[N_OPS], held[N_OPS];
};

static size_t pick(struct world *w, size_t n)
{
	return (size_t)hy_rand_below(&w->r, n);
}

/* A piece of an item's own words, unfolded; something must be left of it when folded. */
static const char *piece(struct world *w, const void *ctx, size_t longest)
{
	for (;;) {
		const struct hy_item *it = &w->items[pick(w, N_ITEMS)];
		const char *s = pick(w, 3) == 0 ? it->title : it->text, *p = s;
		size_t n = hy_utf8_count(s, strlen(s)), len = 1 + pick(w, longest), k;
		if (n == 0)
			continue;
		const char *end = s + strlen(s), *stop;
		for (size_t at = pick(w, n); at > 0; at--, p += k)
			(void)hy_utf8_decode(p, end, &k);
		for (stop = p; stop < end && len > 0; len--, stop += k)
			(void)hy_utf8_decode(stop, end, &k);
		char *out = hy_strndup(ctx, p, (size_t)(stop - p));
		if (points(ctx, out).n > 0)
			return out;
	}
}

static struct tree *leaf(struct world *w, const void *ctx, enum op op)
{
	struct tree *t = hy_new(ctx, struct tree);
	t->op = op;
	w->leaves++;
	return t;
}

static struct tree *string(struct world *w, const void *ctx, int field, size_t longest)
{
	struct tree *t = leaf(w, ctx, STR);
	t->field = field;
	t->raw = piece(w, ctx, longest);
	struct page p = points(ctx, t->raw);
	t->s = p.s;
	t->n = p.n;
	return t;
}

static struct tree *near(struct world *w, const void *ctx)
{
	struct tree *t = hy_new(ctx, struct tree);
	t->op = NEAR;
	t->v = pick(w, 4) == 0 ? 10 : (int)pick(w, 6);
	t->a = string(w, ctx, (int)pick(w, 3), 2);
	t->b = string(w, ctx, t->a->field, 2);
	t->field = t->a->field;
	if (pick(w, 3) == 0) { /* the same twice: two of them must be there */
		t->b->raw = t->a->raw;
		t->b->s = t->a->s;
		t->b->n = t->a->n;
	}
	return t;
}

static struct tree *some_time(struct world *w, const void *ctx)
{
	static const struct {
		const char *text;
		hy_time from, until;
	} times[] = {
		{"2026-11-21", DAY0, DAY0 + HY_DAY},
		{"2026/11/22", DAY0 + HY_DAY, DAY0 + 2 * HY_DAY},
		{"2026-11-21..2026-11-23", DAY0, DAY0 + 3 * HY_DAY},
		{"２０２６－１１－２２..", DAY0 + HY_DAY, HY_TIME_NEVER},
		{"..2026-11-21", INT64_MIN, DAY0 + HY_DAY},
		{"昨天", DAY0 + 2 * HY_DAY, DAY0 + 3 * HY_DAY},
		{"yesterday", DAY0 + 2 * HY_DAY, DAY0 + 3 * HY_DAY},
		{"today", DAY0 + 3 * HY_DAY, DAY0 + 4 * HY_DAY},
		{"前天", DAY0 + HY_DAY, DAY0 + 2 * HY_DAY},
		{"30h", NOW - 30 * HY_HOUR, HY_TIME_NEVER},
		{"近30小時", NOW - 30 * HY_HOUR, HY_TIME_NEVER},
		{"2天", NOW - 2 * HY_DAY, HY_TIME_NEVER},
		{"2026-11-22T06:00+08:00", DAY0 + 30 * HY_HOUR, HY_TIME_NEVER},
	};
	struct tree *t = leaf(w, ctx, TIME);
	size_t i = pick(w, HY_LEN(times)), how = pick(w, 6);
	static const char *const at[] = {"time:", "时间:", "時間：", "ＴＩＭＥ："};
	t->from = times[i].from;
	t->until = times[i].until;
	if (how == 0 && t->from != INT64_MIN) {
		t->written = hy_strf(ctx, "%s%s", pick(w, 2) ? "since:" : "起：", times[i].text);
		t->until = HY_TIME_NEVER;
	} else if (how == 1 && t->until != HY_TIME_NEVER) {
		t->written = hy_strf(ctx, "%s%s", pick(w, 2) ? "until:" : "止:", times[i].text);
		t->from = INT64_MIN;
	} else {
		t->written = hy_strf(ctx, "%s%s", at[pick(w, HY_LEN(at))], times[i].text);
	}
	return t;
}

static struct tree *condition(struct world *w, const void *ctx)
{
	static const char *const places[] = {"城", "城關镇", "東", "an", "Ｘ", "无"};
	struct tree *t;
	switch (pick(w, 7)) {
	case 0:
		t = leaf(w, ctx, SOURCE);
		t->v = (int)pick(w, HY_LEN(source_names));
		return t;
	case 1:
	case 2:
		t = leaf(w, ctx, UNIT);
		t->v = (int)pick(w, HY_LEN(units));
		return t;
	case 3:
		t = leaf(w, ctx, PLACE);
		t->raw = places[pick(w, HY_LEN(places))];
		t->s = points(ctx, t->raw).s;
		t->n = points(ctx, t->raw).n;
		return t;
	case 4:
		t = leaf(w, ctx, KIND);
		t->v = (int)pick(w, 4);
		return t;
	case 5:
		t = leaf(w, ctx, FLAG);
		t->v = (int)pick(w, 2);
		t->yes = pick(w, 2);
		return t;
	default:
		return some_time(w, ctx);
	}
}

static struct tree *some_tree(struct world *w, const void *ctx, int depth)
{
	size_t what = depth <= 0 || w->leaves > 24 ? 0 : pick(w, 10);
	struct tree *t;
	if (what < 4) {
		what = pick(w, 10);
		if (what < 2)
			return condition(w, ctx);
		return what < 5 ? near(w, ctx) : string(w, ctx, (int)pick(w, 5) % 3, 4);
	}
	t = hy_new(ctx, struct tree);
	t->op = what < 7 ? AND : what < 9 ? OR : NOT;
	t->a = some_tree(w, ctx, depth - 1);
	if (t->op != NOT)
		t->b = some_tree(w, ctx, depth - 1);
	return t;
}

/* ---- writing them down, in any spelling ---- */

#define ONE_OF(w, ...)                                                                             \
	(((const char *const[]){__VA_ARGS__})[pick(w, sizeof((const char *const[]){__VA_ARGS__}) / \
							      sizeof(const char *))])

/* Bare when nothing in it could be taken for anything else. */
static void write_string(struct world *w, struct hy_buf *b, const void *ctx, const char *raw)
{
	static const char *const words[] = {"且", "与", "或", "非", "與", "近"};
	const char *end = raw + strlen(raw);
	bool plain = pick(w, 2) == 0;
	for (const char *p = raw; p < end && plain;) {
		size_t len;
		uint32_t cp = hy_utf8_decode(p, end, &len);
		plain = hy_is_han(cp) || (cp >= 'a' && cp <= 'z') || (cp >= '0' && cp <= '9');
		p += len;
	}
	for (size_t i = 0; i < HY_LEN(words); i++)
		plain = plain && strcmp(words[i], raw) != 0;
	hy_buf_str(b, plain ? raw : hy_query_quote(ctx, raw));
}

static void write_field(struct world *w, struct hy_buf *b, int field)
{
	if (field == 1)
		hy_buf_str(b, ONE_OF(w, "title:", "标题:", "標題：", "Title:", "ＴＩＴＬＥ："));
	if (field == 2)
		hy_buf_str(b, ONE_OF(w, "text:", "正文:", "正文： ", "TEXT:"));
}

static void write_named(struct world *w, struct hy_buf *b, const void *ctx, const char *field,
			const char *name, int64_t id)
{
	if (pick(w, 2))
		hy_buf_fmt(b, "%s#%" PRId64, field, id);
	else
		hy_buf_fmt(b, "%s%s", field, hy_query_quote(ctx, name));
}

static void write_condition(struct world *w, struct hy_buf *b, const void *ctx,
			    const struct tree *t)
{
	static const char *const kinds[4][4] = {{"article", "文章", "Article", "文章"},
						{"post", "帖子", "POST", "帖子"},
						{"comment", "评论", "評論", "ｃｏｍｍｅｎｔ"},
						{"message", "留言", "Message", "留言"}};
	switch (t->op) {
	case SOURCE:
		write_named(w, b, ctx, ONE_OF(w, "source:", "信源:", "來源：", "来源:"),
			    source_names[t->v], t->v + 1);
		break;
	case UNIT:
		write_named(w, b, ctx, ONE_OF(w, "unit:", "单位:", "單位：", "Unit:"),
			    units[t->v].name, t->v + 1);
		break;
	case PLACE:
		hy_buf_fmt(b, "%s%s", ONE_OF(w, "place:", "地区:", "地區：", "地点:", "地點:"),
			   t->raw);
		break;
	case KIND:
		hy_buf_fmt(b, "%s%s", ONE_OF(w, "kind:", "类型:", "類型："),
			   kinds[t->v][pick(w, 4)]);
		break;
	case FLAG:
		hy_buf_str(b, t->v ? ONE_OF(w, "own:", "本办:", "本辦：")
				   : ONE_OF(w, "official:", "官方:", "Official："));
		hy_buf_str(b, t->yes ? ONE_OF(w, "yes", "是", "1", "ＴＲＵＥ")
				     : ONE_OF(w, "no", "否", "0", "False"));
		break;
	default:
		hy_buf_str(b, t->written);
	}
}

static void write_tree(struct world *w, struct hy_buf *b, const void *ctx, const struct tree *t)
{
	bool paren;
	switch (t->op) {
	case STR:
		write_field(w, b, t->field);
		write_string(w, b, ctx, t->raw);
		break;
	case NEAR:
		write_field(w, b, t->field);
		write_string(w, b, ctx, t->a->raw);
		if (t->v == 10 && pick(w, 2))
			hy_buf_str(b, " NEAR ");
		else
			hy_buf_fmt(b, " %s%d ", ONE_OF(w, "NEAR/", "近/", "近／", "ＮＥＡＲ／"),
				   t->v);
		if (pick(w, 2)) /* else that of the left side holds on */
			write_field(w, b, t->field);
		write_string(w, b, ctx, t->b->raw);
		break;
	case NOT:
		hy_buf_str(b, ONE_OF(w, "NOT ", "-", "非 ", "－", "ＮＯＴ "));
		hy_buf_str(b, ONE_OF(w, "(", "（"));
		write_tree(w, b, ctx, t->a);
		hy_buf_str(b, ONE_OF(w, ")", "）"));
		break;
	case AND:
	case OR:
		/* AND binds tighter: its ORs need parentheses, the rest may have them */
		for (int side = 0; side < 2; side++) {
			const struct tree *k = side ? t->b : t->a;
			if (side)
				hy_buf_str(b,
					   t->op == OR
						   ? ONE_OF(w, " OR ", " 或 ", " 或者 ", " ＯＲ ")
						   : ONE_OF(w, " ", " AND ", " 并且 ", " 並且 ",
							    " 且 ", " 与 ", " 與 ", "　"));
			paren = (t->op == AND && k->op == OR) || pick(w, 4) == 0;
			hy_buf_str(b, paren ? "(" : "");
			write_tree(w, b, ctx, k);
			hy_buf_str(b, paren ? ")" : "");
		}
		break;
	default:
		write_condition(w, b, ctx, t);
	}
}

static void tally(struct world *w, const struct tree *t)
{
	w->made[t->op]++;
	for (size_t i = 0; i < N_ITEMS; i++) {
		if (holds(t, &w->things[i])) {
			w->held[t->op]++;
			break;
		}
	}
	if (t->op >= AND)
		tally(w, t->a);
	if (t->op == AND || t->op == OR)
		tally(w, t->b);
}

/* ---- the world ---- */

static char *rich_text(const void *ctx, struct hy_rand *r, size_t max)
{
	static const char *const rare[] = {
		"\xEF\xB7\xBA",
		"👨‍👩‍👧",
		"𪚥",
		"a\u0327\u0301",
		"\u0301",
		"ﬁ",
		"ｶﾞ",
		"\u200b",
		"각",
		"\u1100\u1161",
		"İ",
		"ǅ",
		"—",
		"…",
		"（",
		"ＮＥＡＲ",
		"臺灣",
		"里裏",
		"\u3000",
		"\t\t",
		"🇨🇳",
		"٣",
		"\u0e33",
		"x\u0338\u0307",
	};
	struct hy_buf b;
	hy_buf_init(&b, ctx, 1 << 16);
	for (size_t n = hy_rand_below(r, max + 1); n > 0; n--)
		hy_buf_str(&b, hy_rand_below(r, 8) ? some_char(r)
						   : rare[hy_rand_below(r, HY_LEN(rare))]);
	return hy_buf_take(&b, NULL);
}

static struct world *new_world(uint64_t seed)
{
	struct world *w = hy_new(NULL, struct world);
	struct hy_err err = {0};
	struct hy_index_writer *iw = NULL;
	const struct hy_index_options o = {.flags = HY_INDEX_CREATE, .zone_minutes = ZONE};
	hy_rand_init(&w->r, seed);
	w->dir = temp_dir(w);
	for (size_t i = 0; i < N_ITEMS; i++) {
		struct hy_item *it = &w->items[i];
		*it = some_item(w, &w->r, (int64_t)i + 1);
		it->title = pick(w, 3) ? rich_text(w, &w->r, 6) : "";
		it->text = rich_text(w, &w->r, 24);
		w->things[i] = (struct thing){points(w, it->title), points(w, it->text),
					      points(w, it->place), it};
		OK(hy_facts_of_item(&w->facts[i], w, it, &err));
	}
	OK(hy_index_writer_open(&iw, w, w->dir, &o, &err));
	OK(hy_index_writer_add(iw, w->items, N_ITEMS, &err));
	OK(hy_index_writer_commit(iw, N_ITEMS, &err));
	talloc_free(iw);
	OK(hy_index_open(&w->ix, w, w->dir, &err));
	return w;
}

static void end_world(struct world *w)
{
	char *dir = hy_strdup(NULL, w->dir);
	talloc_free(w);
	remove_tree(dir);
	talloc_free(dir);
}

static void search(struct world *w, const void *ctx, const struct hy_query *q, bool *found)
{
	struct hy_err err = {0};
	int64_t before = 0, last = INT64_MAX;
	int limit = 1 + (int)pick(w, 100);
	do {
		struct hy_found *f = NULL;
		const struct hy_search s = {.query = q, .before = before, .limit = limit};
		OK(hy_index_search(w->ix, ctx, &s, &f, &err));
		for (size_t i = 0; i < f->n_hits; i++) {
			assert_true(f->hits[i].seq < last && f->hits[i].seq >= 1);
			last = f->hits[i].seq;
			found[last - 1] = true;
		}
		before = f->next;
		talloc_free(f);
	} while (before != 0);
}

static int rounds(int usual)
{
	const char *s = getenv("HUYING_TEST_ROUNDS");
	return s != NULL ? (int)strtol(s, NULL, 10) : usual;
}

struct asked {
	char *text;
	struct tree *t;
	struct hy_query *q;
};

static struct asked ask(struct world *w, const void *ctx)
{
	struct asked a = {0};
	struct hy_buf b;
	struct hy_err err = {0};
	for (;;) {
		hy_buf_init(&b, ctx, 1 << 16);
		w->leaves = 0;
		a.t = some_tree(w, ctx, 4);
		write_tree(w, &b, ctx, a.t);
		a.text = hy_buf_take(&b, NULL);
		if (w->leaves <= HY_QUERY_MAX_TERMS && strlen(a.text) <= HY_QUERY_MAX_BYTES)
			break;
	}
	if (hy_query_parse(&a.q, ctx, a.text, &env, &err) != HY_OK)
		fail_msg("%s: %s", a.text, err.text);
	return a;
}

static void disagree(const struct world *w, const struct asked *a, size_t i, const char *who,
		     bool got)
{
	fail_msg("%s\n  %s says %s of item %d: \"%s\" | \"%s\"", a->text, who, got ? "yes" : "no",
		 (int)i + 1, w->items[i].title, w->items[i].text);
}

static void standing(struct world *w, const struct asked *a, size_t n, unsigned flags)
{
	struct hy_err err = {0};
	struct hy_watchset *set = NULL;
	void *ctx = talloc_new(NULL);
	const struct hy_query **q = hy_new_array(ctx, const struct hy_query *, n);
	for (size_t i = 0; i < n; i++)
		q[i] = a[i].q;
	OK(hy_watchset_new(&set, ctx, q, n, flags, &err));
	for (size_t i = 0; i < N_ITEMS; i++) {
		const uint32_t *hits = NULL;
		size_t k = 0, at = 0;
		OK(hy_watchset_match(set, &w->facts[i], &hits, &k, &err));
		for (size_t j = 0; j < n; j++) {
			bool got = at < k && hits[at] == j;
			at += got;
			if (got != holds(a[j].t, &w->things[i]))
				disagree(w, &a[j], i, flags ? "plain rules" : "rules", got);
		}
		assert_int_equal(at, k);
	}
	talloc_free(ctx);
}

static void test_same(void **state)
{
	static const size_t some = 20;
	struct world *w = new_world(301);
	int n = rounds(4000);
	(void)state;
	for (int done = 0; done < n; done += 200) {
		void *ctx = talloc_new(NULL);
		struct asked *a = hy_new_array(ctx, struct asked, 200);
		for (size_t i = 0; i < 200; i++) {
			bool found[N_ITEMS] = {false};
			a[i] = ask(w, ctx);
			search(w, ctx, a[i].q, found);
			for (size_t k = 0; k < N_ITEMS; k++) {
				if (found[k] != holds(a[i].t, &w->things[k]))
					disagree(w, &a[i], k, "search", found[k]);
				if (hy_query_matches(a[i].q, &w->facts[k]) != found[k])
					disagree(w, &a[i], k, "predicate", !found[k]);
			}
			tally(w, a[i].t);
		}
		standing(w, a, 200, 0);
		standing(w, a, 200, HY_WATCHSET_PLAIN);
		talloc_free(ctx);
	}
	/* the test cannot go hollow: every operator and field was there, and had something to find
	 */
	for (int op = 0; op < N_OPS && n >= 1000; op++)
		if (w->made[op] < some || w->held[op] < some)
			fail_msg("operator %d: %zu made, %zu held", op, w->made[op], w->held[op]);
	end_world(w);
}

/* What explain writes is read as the same tree. */
static void test_explained(void **state)
{
	struct world *w = new_world(302);
	(void)state;
	for (int i = 0; i < rounds(2000); i++) {
		void *ctx = talloc_new(NULL);
		struct hy_query *again = NULL;
		struct asked a = ask(w, ctx);
		char *line = hy_query_explain(ctx, a.q);
		struct hy_err err = {0};
		if (strlen(line) <= HY_QUERY_MAX_BYTES) {
			enum hy_status st = hy_query_parse(&again, ctx, line, &env, &err);
			if (st != HY_OK && strstr(err.text, "16") == NULL)
				fail_msg("%s: %s", line, err.text);
			if (st == HY_OK) {
				assert_string_equal(hy_query_explain(ctx, again), line);
				for (size_t k = 0; k < N_ITEMS; k++)
					if (hy_query_matches(again, &w->facts[k]) !=
					    holds(a.t, &w->things[k]))
						disagree(w, &a, k, line, true);
			}
		}
		talloc_free(ctx);
	}
	end_world(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_explained),
	};
	return cmocka_run_group_tests_name("index-same", tests, NULL, NULL);
}
