/*
 * The parser of the query language: text to one tree, by recursive descent.
 * Its one idea: everything that is not clearly an operator or a known field is text to look for, so
 * that pasted text works; what cannot be meant is refused with the place.
 */
#include "index/tree.h"

#include "base/base.h"

#include <string.h>

enum token { T_END, T_OPEN, T_CLOSE, T_AND, T_OR, T_NOT, T_NEAR, T_PHRASE, T_WORD, T_FIELD, T_BAD };

struct parser {
	const char *start, *p, *end;
	const struct hy_query_env *env;
	struct hy_query *q;
	struct hy_err *err;
	/* the token at hand */
	enum token token;
	const char *at; /* where it begins */
	char *s;	/* PHRASE, WORD: its text */
	enum hy_fname field;
	int near; /* NEAR: characters between */
	int depth;
};

static const struct hy_node *parse_or(struct parser *ps, enum hy_field field);

static size_t place_of(const struct parser *ps, const char *at)
{
	return hy_utf8_count(ps->start, (size_t)(at - ps->start)) + 1;
}

static enum hy_status fail(struct parser *ps, const char *at, const char *what)
{
	ps->token = T_BAD;
	return hy_err_set(ps->err, HY_EINPUT, _("query, at character %zu: %s"), place_of(ps, at),
			  what);
}

static uint32_t peek(const struct parser *ps, const char *p, size_t *len)
{
	if (p >= ps->end) {
		*len = 0;
		return 0;
	}
	return hy_utf8_decode(p, ps->end, len);
}

/* The closing mark of an opening quote, 0 when cp opens none. */
static uint32_t closing_quote(uint32_t cp)
{
	switch (cp) {
	case '"':
	case 0xff02:
		return '"';
	case 0x201c: /* “ */
	case 0x201d: /* ” typed at both ends */
		return 0x201d;
	case 0x300c: /* 「 */
		return 0x300d;
	}
	return 0;
}

static bool ends_word(uint32_t cp)
{
	return hy_is_blank(cp) || cp < 0x20 || cp == 0x7f || hy_narrow(cp) == '(' ||
	       hy_narrow(cp) == ')' || closing_quote(cp) != 0;
}

/* Reads a phrase whose opening mark stands at ps->p. \" and \\ stand for themselves. */
static void read_phrase(struct parser *ps)
{
	size_t len;
	uint32_t close = closing_quote(peek(ps, ps->p, &len));
	struct hy_buf b;
	hy_buf_init(&b, ps->q, HY_QUERY_MAX_BYTES);
	ps->p += len;
	for (;;) {
		uint32_t cp = peek(ps, ps->p, &len);
		if (len == 0) {
			fail(ps, ps->at, _("this quotation mark is never closed"));
			return;
		}
		if (cp == '\\' && ps->p + 1 < ps->end && (ps->p[1] == '"' || ps->p[1] == '\\')) {
			hy_buf_chr(&b, ps->p[1]);
			ps->p += 2;
			continue;
		}
		if (cp == close || (close == '"' && hy_narrow(cp) == '"')) {
			ps->p += len;
			break;
		}
		hy_buf_add(&b, ps->p, len);
		ps->p += len;
	}
	ps->s = hy_buf_take(&b, NULL);
	ps->token = T_PHRASE;
}

/* Is the word [s, s + n) up to a colon the name of a field? A near miss is an error. */
static bool read_field(struct parser *ps, const char *s, size_t n)
{
	const char *like = NULL;
	if (hy_fname_find(s, n, &ps->field, &like)) {
		ps->token = T_FIELD;
		return true;
	}
	if (like == NULL)
		return false;
	fail(ps, s,
	     hy_strf(ps->q,
		     _("no field is called \"%s\": did you mean %s: ? (to look for the text, put "
		       "it "
		       "in quotes)"),
		     hy_strndup(ps->q, s, n), like));
	return true;
}

static bool read_keyword(struct parser *ps, const char *s, size_t n)
{
	static const enum token tokens[] = {
		[HY_KW_AND] = T_AND, [HY_KW_OR] = T_OR, [HY_KW_NOT] = T_NOT, [HY_KW_NEAR] = T_NEAR};
	enum hy_keyword k = hy_keyword_of(s, n, &ps->near);
	if (k == HY_KW_BAD_NEAR)
		fail(ps, s,
		     _("NEAR takes a number of characters from 0 to 100: NEAR/5 (to look for the "
		       "word, put it in quotes)"));
	else if (k != HY_KW_NONE)
		ps->token = tokens[k];
	return k != HY_KW_NONE;
}

/* Reads a word; whole: a field's value, in which colons and the leading sign mean nothing. */
static void read_word(struct parser *ps, bool whole)
{
	const char *s = ps->p, *p = s;
	size_t len;
	for (;;) {
		uint32_t cp = peek(ps, p, &len);
		if (len == 0 || ends_word(cp))
			break;
		if (hy_narrow(cp) == ':' && !whole && p > s && read_field(ps, s, (size_t)(p - s))) {
			ps->p = p + len;
			return;
		}
		p += len;
	}
	ps->p = p;
	ps->token = T_WORD;
	if (!whole && read_keyword(ps, s, (size_t)(p - s)))
		return;
	ps->s = hy_strndup(ps->q, s, (size_t)(p - s));
}

static void skip_blanks(struct parser *ps)
{
	size_t len;
	for (;;) {
		uint32_t cp = peek(ps, ps->p, &len);
		if (len == 0 || !(hy_is_blank(cp) || cp < 0x20 || cp == 0x7f))
			return;
		ps->p += len;
	}
}

static void next(struct parser *ps)
{
	if (ps->token == T_BAD)
		return;
	skip_blanks(ps);
	ps->at = ps->p;
	size_t len;
	uint32_t cp = peek(ps, ps->p, &len);
	if (len == 0) {
		ps->token = T_END;
	} else if (hy_narrow(cp) == '(' || hy_narrow(cp) == ')') {
		ps->token = hy_narrow(cp) == '(' ? T_OPEN : T_CLOSE;
		ps->p += len;
	} else if (closing_quote(cp)) {
		read_phrase(ps);
	} else if (hy_narrow(cp) == '-') {
		size_t after;
		uint32_t then = peek(ps, ps->p + len, &after);
		if (after > 0 &&
		    (!ends_word(then) || closing_quote(then) || hy_narrow(then) == '(')) {
			ps->token = T_NOT;
			ps->p += len;
		} else {
			read_word(ps, false);
		}
	} else {
		read_word(ps, false);
	}
}

static struct hy_node *new_node(struct parser *ps, enum hy_op op)
{
	struct hy_node *t = hy_new(ps->q, struct hy_node);
	t->op = op;
	return t;
}

static struct hy_node *new_leaf(struct parser *ps, enum hy_op op, const char *at)
{
	if (ps->q->n_leaves >= HY_QUERY_MAX_TERMS) {
		fail(ps, at, _("more than 32 words and conditions"));
		return NULL;
	}
	ps->q->n_leaves++;
	return new_node(ps, op);
}

static bool fold_value(struct parser *ps, const char *at, const char *s, struct hy_node *t)
{
	struct hy_folded f = {0};
	if (hy_fold(ps->q, s, strlen(s), 0, &f, ps->err) != HY_OK) {
		ps->token = T_BAD;
		return false;
	}
	if (f.n == 0) {
		fail(ps, at, _("there is nothing to look for here"));
		return false;
	}
	t->s = f.s;
	t->n = f.n;
	return true;
}

static const struct hy_node *make_term(struct parser *ps, enum hy_field field)
{
	struct hy_node *t = new_leaf(ps, HY_OP_TERM, ps->at);
	if (t == NULL || !fold_value(ps, ps->at, ps->s, t))
		return NULL;
	t->field = field;
	t->term = ps->q->n_terms;
	ps->q->terms[ps->q->n_terms++] = t;
	next(ps);
	return t;
}

static enum hy_op op_of_field(enum hy_fname field)
{
	switch (field) {
	case HY_F_SOURCE:
		return HY_OP_SOURCE;
	case HY_F_UNIT:
		return HY_OP_UNIT;
	case HY_F_PLACE:
		return HY_OP_PLACE;
	case HY_F_KIND:
		return HY_OP_KIND;
	case HY_F_OFFICIAL:
	case HY_F_OWN:
		return HY_OP_FLAG;
	default:
		return HY_OP_TIME;
	}
}

/* The value of a condition is at hand as PHRASE or WORD, its text in ps->s. */
static const struct hy_node *make_condition(struct parser *ps, enum hy_fname field)
{
	const char *at = ps->at, *why = NULL;
	struct hy_node *t = new_leaf(ps, op_of_field(field), at);
	if (t == NULL)
		return NULL;
	if (field == HY_F_PLACE) {
		if (!fold_value(ps, at, ps->s, t))
			return NULL;
	} else if (!hy_condition_set(t, ps->q, field, ps->s, ps->env, &why)) {
		fail(ps, at, why);
		return NULL;
	}
	next(ps);
	return t;
}

static const struct hy_node *join(struct parser *ps, enum hy_op op, const struct hy_node *l,
				  const struct hy_node *r)
{
	struct hy_node *t = new_node(ps, op);
	t->l = l;
	t->r = r;
	return t;
}

static const char near_needs[] =
	N_("NEAR needs a word or a phrase on both sides (to look for the word, put it in quotes)");

/* The value behind a text field's colon: a phrase or a word. */
static void read_value(struct parser *ps)
{
	size_t len;
	skip_blanks(ps);
	ps->at = ps->p;
	if (closing_quote(peek(ps, ps->p, &len)))
		read_phrase(ps);
	else
		read_word(ps, true);
}

/* The right side of NEAR, at hand: a term, in `field` or one of its own. */
static const struct hy_node *near_side(struct parser *ps, enum hy_field field)
{
	if (ps->token == T_FIELD && (ps->field == HY_F_TITLE || ps->field == HY_F_TEXT)) {
		field = ps->field == HY_F_TITLE ? HY_FIELD_TITLE : HY_FIELD_TEXT;
		read_value(ps);
	}
	if (ps->token != T_PHRASE && ps->token != T_WORD) {
		fail(ps, ps->at, _(near_needs));
		return NULL;
	}
	return make_term(ps, field);
}

static const struct hy_node *make_near(struct parser *ps, const char *at, int near,
				       const struct hy_node *l, const struct hy_node *r)
{
	struct hy_node *t = new_node(ps, HY_OP_NEAR);
	if (l->field != r->field && l->field != HY_FIELD_ANY && r->field != HY_FIELD_ANY) {
		fail(ps, at, _("both sides of NEAR must be looked for in the same field"));
		return NULL;
	}
	t->field = l->field != HY_FIELD_ANY ? l->field : r->field;
	t->v = near;
	t->l = l;
	t->r = r;
	return t;
}

/* A term (at hand), or a chain of NEAR: each two neighbours of it are near each other. */
static const struct hy_node *parse_near(struct parser *ps, enum hy_field field)
{
	const struct hy_node *l = make_term(ps, field), *t = l;
	while (t != NULL && ps->token == T_NEAR) {
		const char *at = ps->at;
		int near = ps->near;
		next(ps);
		const struct hy_node *r = near_side(ps, l->field); /* it stays in a field */
		const struct hy_node *pair = r != NULL ? make_near(ps, at, near, l, r) : NULL;
		if (pair == NULL)
			return NULL;
		t = t == l ? pair : join(ps, HY_OP_AND, t, pair);
		l = r;
	}
	return t;
}

static const struct hy_node *parse_group(struct parser *ps, enum hy_field field)
{
	const char *open = ps->at;
	if (++ps->depth > HY_QUERY_MAX_DEPTH) {
		fail(ps, open, _("nested more than 16 deep"));
		return NULL;
	}
	next(ps);
	const struct hy_node *t = parse_or(ps, field);
	if (t == NULL)
		return NULL;
	if (ps->token != T_CLOSE) {
		if (ps->token != T_BAD)
			fail(ps, open, _("this parenthesis is never closed"));
		return NULL;
	}
	ps->depth--;
	next(ps);
	return t;
}

/* After "field:": a value must stand directly behind the colon, or after blanks. */
static const struct hy_node *parse_field(struct parser *ps)
{
	enum hy_fname field = ps->field;
	const char *name_at = ps->at;
	skip_blanks(ps);
	ps->at = ps->p;
	size_t len;
	uint32_t cp = peek(ps, ps->p, &len);
	bool text = field == HY_F_TITLE || field == HY_F_TEXT;
	if (len == 0 || hy_narrow(cp) == ')' || (hy_narrow(cp) == '(' && !text)) {
		fail(ps, name_at, _("a value is missing after the colon"));
		return NULL;
	}
	enum hy_field where = field == HY_F_TITLE ? HY_FIELD_TITLE : HY_FIELD_TEXT;
	if (hy_narrow(cp) == '(') {
		ps->p += len;
		return parse_group(ps, where);
	}
	if (closing_quote(cp))
		read_phrase(ps);
	else
		read_word(ps, true);
	if (ps->token == T_BAD)
		return NULL;
	return text ? parse_near(ps, where) : make_condition(ps, field);
}

static const struct hy_node *parse_unary(struct parser *ps, enum hy_field field)
{
	switch (ps->token) {
	case T_NOT: {
		const char *at = ps->at;
		if (++ps->depth > HY_QUERY_MAX_DEPTH) {
			fail(ps, at, _("nested more than 16 deep"));
			return NULL;
		}
		next(ps);
		const struct hy_node *l = parse_unary(ps, field);
		if (l == NULL)
			return NULL;
		ps->depth--;
		struct hy_node *t = new_node(ps, HY_OP_NOT);
		t->l = l;
		return t;
	}
	case T_OPEN:
		return parse_group(ps, field);
	case T_FIELD:
		return parse_field(ps);
	case T_PHRASE:
	case T_WORD:
		return parse_near(ps, field);
	case T_CLOSE:
		/* the one open may be that which a search puts around the words: none is named */
		fail(ps, ps->at,
		     ps->depth > 0 ? _("something to look for is missing here")
				   : _("this parenthesis was never opened"));
		return NULL;
	case T_AND:
	case T_OR:
		fail(ps, ps->at,
		     _("AND and OR need something on both sides (to look for the word, put it in "
		       "quotes)"));
		return NULL;
	case T_NEAR:
		fail(ps, ps->at, _(near_needs));
		return NULL;
	case T_END:
		fail(ps, ps->at, _("something to look for is missing at the end"));
		return NULL;
	default:
		return NULL;
	}
}

static const struct hy_node *parse_and(struct parser *ps, enum hy_field field)
{
	const struct hy_node *t = parse_unary(ps, field);
	while (t != NULL) {
		if (ps->token == T_AND)
			next(ps);
		else if (ps->token == T_END || ps->token == T_CLOSE || ps->token == T_OR)
			return t;
		const struct hy_node *r = parse_unary(ps, field);
		if (r == NULL)
			return NULL;
		t = join(ps, HY_OP_AND, t, r);
	}
	return NULL;
}

static const struct hy_node *parse_or(struct parser *ps, enum hy_field field)
{
	const struct hy_node *t = parse_and(ps, field);
	while (t != NULL && ps->token == T_OR) {
		next(ps);
		const struct hy_node *r = parse_and(ps, field);
		if (r == NULL)
			return NULL;
		t = join(ps, HY_OP_OR, t, r);
	}
	return t;
}

static const struct hy_node *parse_all(struct parser *ps)
{
	next(ps);
	if (ps->token == T_END)
		return new_node(ps, HY_OP_ALL);
	const struct hy_node *t = parse_or(ps, HY_FIELD_ANY);
	if (t != NULL && ps->token == T_CLOSE) {
		fail(ps, ps->at, _("this parenthesis was never opened"));
		return NULL;
	}
	return ps->token == T_BAD ? NULL : t;
}

/* Whole well-formed code points among the first n bytes. */
static size_t characters(const char *text, size_t n)
{
	size_t k = 0, at = 0;
	for (size_t len = 1; at + len <= n; len++) {
		if (hy_utf8_valid(text + at, len)) {
			at += len;
			len = 0;
			k++;
		} else if (len == 4) {
			break;
		}
	}
	return k;
}

enum hy_status hy_query_parse(struct hy_query **out, const void *ctx, const char *text,
			      const struct hy_query_env *env, struct hy_err *err)
{
	static const struct hy_query_env nothing;
	struct hy_err own = {0};
	size_t n = strnlen(text, HY_QUERY_MAX_BYTES + 1);
	if (n > HY_QUERY_MAX_BYTES)
		return hy_err_set(err, HY_EINPUT,
				  _("query, at character %zu: longer than %d bytes"),
				  characters(text, HY_QUERY_MAX_BYTES) + 1, HY_QUERY_MAX_BYTES);
	if (!hy_utf8_valid(text, n))
		return hy_err_set(err, HY_EINPUT, _("query, at character %zu: not UTF-8"),
				  characters(text, n) + 1);
	struct hy_query *q = hy_new(ctx, struct hy_query);
	struct parser ps = {.start = text,
			    .p = text,
			    .end = text + n,
			    .env = env != NULL ? env : &nothing,
			    .q = q,
			    .err = err != NULL ? err : &own,
			    .token = T_END};
	q->root = parse_all(&ps);
	if (q->root == NULL) {
		talloc_free(q);
		return HY_EINPUT;
	}
	*out = q;
	return HY_OK;
}

bool hy_query_is_empty(const struct hy_query *q)
{
	return q->root->op == HY_OP_ALL;
}
