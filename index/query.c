/*
 * The parser of the query language: text to one tree, by recursive descent.
 * Its one idea: everything that is not clearly an operator or a known field is text to look for, so
 * that pasted text works; what cannot be meant is refused with the place.
 */
#include "index/tree.h"

#include "base/base.h"

#include <string.h>

enum token { T_END, T_OPEN, T_CLOSE, T_AND, T_OR, T_NOT, T_PHRASE, T_WORD, T_FIELD, T_BAD };

enum fname {
	F_TITLE,
	F_TEXT,
	F_SOURCE,
	F_PLACE,
	F_KIND,
	F_OFFICIAL,
	F_OWN,
	F_TIME,
	F_SINCE,
	F_UNTIL,
};

static const struct {
	const char *name;
	enum fname field;
} fields[] = {
	{"title", F_TITLE},	  {"标题", F_TITLE},	{"text", F_TEXT},   {"正文", F_TEXT},
	{"source", F_SOURCE},	  {"信源", F_SOURCE},	{"来源", F_SOURCE}, {"place", F_PLACE},
	{"地区", F_PLACE},	  {"地点", F_PLACE},	{"kind", F_KIND},   {"类型", F_KIND},
	{"official", F_OFFICIAL}, {"官方", F_OFFICIAL}, {"own", F_OWN},	    {"本办", F_OWN},
	{"time", F_TIME},	  {"时间", F_TIME},	{"since", F_SINCE}, {"起", F_SINCE},
	{"until", F_UNTIL},	  {"止", F_UNTIL},
};

static const struct {
	const char *word;
	enum token token;
} operators[] = {
	{"AND", T_AND}, {"并且", T_AND}, {"且", T_AND},	 {"与", T_AND}, {"OR", T_OR},
	{"或", T_OR},	{"或者", T_OR},	 {"NOT", T_NOT}, {"非", T_NOT},
};

struct parser {
	const char *start, *p, *end;
	const struct hy_query_env *env;
	struct hy_query *q;
	struct hy_err *err;
	/* the token at hand */
	enum token token;
	const char *at; /* where it begins */
	char *s;	/* PHRASE, WORD: its text */
	enum fname field;
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

/* The ASCII character that a full-width one stands for; others as they are. */
static uint32_t narrow(uint32_t cp)
{
	if (cp >= 0xff01 && cp <= 0xff5e)
		return cp - 0xff01 + '!';
	return cp;
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
	return hy_is_blank(cp) || cp < 0x20 || cp == 0x7f || narrow(cp) == '(' ||
	       narrow(cp) == ')' || closing_quote(cp) != 0;
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
		if (cp == close || (close == '"' && narrow(cp) == '"')) {
			ps->p += len;
			break;
		}
		hy_buf_add(&b, ps->p, len);
		ps->p += len;
	}
	ps->s = hy_buf_take(&b, NULL);
	ps->token = T_PHRASE;
}

/* A keyword's spelling: full-width letters made narrow; case kept when keep_case. */
static void spell(const char *s, size_t n, bool keep_case, char out[32])
{
	size_t k = 0;
	const char *p = s, *end = s + n;
	while (p < end) {
		size_t len;
		uint32_t cp = narrow(hy_utf8_decode(p, end, &len));
		if (!keep_case && cp >= 'A' && cp <= 'Z')
			cp += 'a' - 'A';
		if (k + 4 >= 32) {
			out[0] = '\0';
			return;
		}
		k += hy_utf8_encode(cp, out + k);
		p += len;
	}
	out[k] = '\0';
}

/* Is the word [s, s+n) up to a colon the name of a field? A near miss is an error. */
static bool read_field(struct parser *ps, const char *s, size_t n)
{
	char name[32];
	spell(s, n, false, name);
	if (name[0] == '\0')
		return false;
	for (size_t i = 0; i < HY_LEN(fields); i++) {
		if (strcmp(fields[i].name, name) == 0) {
			ps->field = fields[i].field;
			ps->token = T_FIELD;
			return true;
		}
	}
	for (size_t i = 0; i < HY_LEN(fields) && strlen(name) >= 4; i++) {
		if (fields[i].name[0] >= 'a' && fields[i].name[0] <= 'z' &&
		    strlen(fields[i].name) >= 4 && hy_text_distance(fields[i].name, name) == 1) {
			char *what = hy_strf(ps->q,
					     _("no field is called \"%s\": did you mean %s: ? (to "
					       "look for the text, put it in quotes)"),
					     name, fields[i].name);
			fail(ps, s, what);
			return true;
		}
	}
	return false;
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
		if (narrow(cp) == ':' && !whole && p > s && read_field(ps, s, (size_t)(p - s))) {
			ps->p = p + len;
			return;
		}
		p += len;
	}
	ps->p = p;
	ps->token = T_WORD;
	char word[32];
	spell(s, (size_t)(p - s), true, word);
	for (size_t i = 0; i < HY_LEN(operators) && !whole; i++) {
		if (strcmp(operators[i].word, word) == 0) {
			ps->token = operators[i].token;
			return;
		}
	}
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
	} else if (narrow(cp) == '(' || narrow(cp) == ')') {
		ps->token = narrow(cp) == '(' ? T_OPEN : T_CLOSE;
		ps->p += len;
	} else if (closing_quote(cp)) {
		read_phrase(ps);
	} else if (narrow(cp) == '-') {
		size_t after;
		uint32_t then = peek(ps, ps->p + len, &after);
		if (after > 0 && (!ends_word(then) || closing_quote(then) || narrow(then) == '(')) {
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

static bool set_kind(const char *s, struct hy_node *t)
{
	static const struct {
		const char *name;
		enum hy_item_kind kind;
	} kinds[] = {
		{"article", HY_ITEM_ARTICLE}, {"文章", HY_ITEM_ARTICLE},
		{"post", HY_ITEM_POST},	      {"帖子", HY_ITEM_POST},
		{"comment", HY_ITEM_COMMENT}, {"评论", HY_ITEM_COMMENT},
		{"message", HY_ITEM_MESSAGE}, {"留言", HY_ITEM_MESSAGE},
	};
	for (size_t i = 0; i < HY_LEN(kinds); i++) {
		if (strcmp(kinds[i].name, s) == 0) {
			t->v = (int64_t)kinds[i].kind;
			return true;
		}
	}
	return false;
}

static bool set_flag(const char *s, struct hy_node *t)
{
	static const char *const yes[] = {"yes", "true", "1", "是"};
	static const char *const no[] = {"no", "false", "0", "否"};
	for (size_t i = 0; i < HY_LEN(yes); i++) {
		if (strcmp(s, yes[i]) == 0 || strcmp(s, no[i]) == 0) {
			t->yes = strcmp(s, yes[i]) == 0;
			return true;
		}
	}
	return false;
}

static bool set_source(struct parser *ps, const char *at, struct hy_node *t)
{
	int64_t v = 0;
	if (ps->s[0] == '#' && ps->s[1] != '\0' && strlen(ps->s) <= 18) {
		const char *p = ps->s + 1;
		while (*p >= '0' && *p <= '9')
			v = v * 10 + (*p++ - '0');
		if (*p == '\0') {
			t->v = v;
			return true;
		}
	}
	struct hy_source_id id = {0};
	if (ps->env->source != NULL && ps->env->source(ps->env->user, ps->s, &id)) {
		t->v = id.v;
		return true;
	}
	fail(ps, at,
	     hy_strf(ps->q, _("no source is called \"%s\" (see: huying source list)"), ps->s));
	return false;
}

static bool set_time(struct parser *ps, const char *at, enum fname field, struct hy_node *t)
{
	const char *why = NULL;
	hy_time from, until;
	if (!hy_query_time(ps->s, ps->env, &from, &until, &why)) {
		if (why == NULL)
			why = N_("this is not a time (2h, 7d, today, 2026-11-01, "
				 "2026-11-01..2026-11-20)");
		fail(ps, at, hy_tr(hy_lang_default(), why));
		return false;
	}
	t->from = field == F_UNTIL ? INT64_MIN : from;
	t->until = field == F_SINCE ? HY_TIME_NEVER : until;
	/* until:2h is "up to two hours ago": the open end of "the last two hours" is now */
	if (field == F_UNTIL && until == HY_TIME_NEVER)
		t->until = from;
	return true;
}

static enum hy_op op_of_field(enum fname field)
{
	switch (field) {
	case F_SOURCE:
		return HY_OP_SOURCE;
	case F_PLACE:
		return HY_OP_PLACE;
	case F_KIND:
		return HY_OP_KIND;
	case F_OFFICIAL:
	case F_OWN:
		return HY_OP_FLAG;
	default:
		return HY_OP_TIME;
	}
}

/* The value of a condition is at hand as PHRASE or WORD, its text in ps->s. */
static const struct hy_node *make_condition(struct parser *ps, enum fname field)
{
	const char *at = ps->at;
	struct hy_node *t = new_leaf(ps, op_of_field(field), at);
	if (t == NULL)
		return NULL;
	bool good = true;
	switch (field) {
	case F_SOURCE:
		good = set_source(ps, at, t);
		break;
	case F_PLACE:
		good = fold_value(ps, at, ps->s, t);
		break;
	case F_KIND:
		good = set_kind(ps->s, t);
		if (!good)
			fail(ps, at, _("a kind is article, post, comment or message"));
		break;
	case F_OFFICIAL:
	case F_OWN:
		t->v = field == F_OWN ? HY_ITEM_OWN : HY_ITEM_OFFICIAL;
		good = set_flag(ps->s, t);
		if (!good)
			fail(ps, at, _("this is answered by yes or no"));
		break;
	default:
		good = set_time(ps, at, field, t);
		break;
	}
	if (!good)
		return NULL;
	next(ps);
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
	enum fname field = ps->field;
	const char *name_at = ps->at;
	skip_blanks(ps);
	ps->at = ps->p;
	size_t len;
	uint32_t cp = peek(ps, ps->p, &len);
	bool text = field == F_TITLE || field == F_TEXT;
	if (len == 0 || narrow(cp) == ')' || (narrow(cp) == '(' && !text)) {
		fail(ps, name_at, _("a value is missing after the colon"));
		return NULL;
	}
	enum hy_field where = field == F_TITLE ? HY_FIELD_TITLE : HY_FIELD_TEXT;
	if (narrow(cp) == '(') {
		ps->p += len;
		return parse_group(ps, where);
	}
	if (closing_quote(cp))
		read_phrase(ps);
	else
		read_word(ps, true);
	if (ps->token == T_BAD)
		return NULL;
	return text ? make_term(ps, where) : make_condition(ps, field);
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
		return make_term(ps, field);
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
	case T_END:
		fail(ps, ps->at, _("something to look for is missing at the end"));
		return NULL;
	default:
		return NULL;
	}
}

static const struct hy_node *join(struct parser *ps, enum hy_op op, const struct hy_node *l,
				  const struct hy_node *r)
{
	struct hy_node *t = new_node(ps, op);
	t->l = l;
	t->r = r;
	return t;
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

enum hy_status hy_query_parse(struct hy_query **out, const void *ctx, const char *text,
			      const struct hy_query_env *env, struct hy_err *err)
{
	static const struct hy_query_env nothing;
	struct hy_err own = {0};
	size_t n = strnlen(text, HY_QUERY_MAX_BYTES + 1);
	if (n > HY_QUERY_MAX_BYTES)
		return hy_err_set(err, HY_EINPUT, _("query: longer than %d bytes"),
				  HY_QUERY_MAX_BYTES);
	if (!hy_utf8_valid(text, n))
		return hy_err_set(err, HY_EINPUT, _("query: not UTF-8"));
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

static const char *const kind_names[] = {"article", "post", "comment", "message"};

static void quote_into(struct hy_buf *b, const char *s)
{
	hy_buf_chr(b, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			hy_buf_chr(b, '\\');
		/* a full-width quotation mark would close the phrase */
		if (strncmp(s, "\xef\xbc\x82", 3) == 0) {
			hy_buf_str(b, "\\\"");
			s += 2;
			continue;
		}
		hy_buf_chr(b, *s);
	}
	hy_buf_chr(b, '"');
}

char *hy_query_quote(const void *ctx, const char *text)
{
	struct hy_buf b;
	hy_buf_init(&b, ctx, 2 * strlen(text) + 16);
	quote_into(&b, text);
	return hy_buf_take(&b, NULL);
}

static void explain_time(struct hy_buf *b, const struct hy_node *t)
{
	char at[HY_TIME_ISO_MAX];
	hy_buf_str(b, "time:");
	if (t->from != INT64_MIN)
		hy_buf_str(b, hy_time_iso(t->from, at));
	hy_buf_str(b, "..");
	if (t->until != HY_TIME_NEVER)
		hy_buf_str(b, hy_time_iso(t->until, at));
}

static void explain_leaf(struct hy_buf *b, const struct hy_node *t)
{
	switch (t->op) {
	case HY_OP_TERM:
		if (t->field != HY_FIELD_ANY)
			hy_buf_str(b, t->field == HY_FIELD_TITLE ? "title:" : "text:");
		quote_into(b, t->s);
		break;
	case HY_OP_PLACE:
		hy_buf_str(b, "place:");
		quote_into(b, t->s);
		break;
	case HY_OP_SOURCE:
		hy_buf_fmt(b, "source:#%" PRId64, t->v);
		break;
	case HY_OP_KIND:
		hy_buf_fmt(b, "kind:%s", kind_names[t->v]);
		break;
	case HY_OP_FLAG:
		hy_buf_fmt(b, "%s:%s", t->v == HY_ITEM_OWN ? "own" : "official",
			   t->yes ? "yes" : "no");
		break;
	case HY_OP_TIME:
		explain_time(b, t);
		break;
	default:
		break;
	}
}

/* A chain of one operator leans left and is shown flat: above is the operator around. */
static void explain(struct hy_buf *b, const struct hy_node *t, enum hy_op above)
{
	switch (t->op) {
	case HY_OP_AND:
	case HY_OP_OR:
		if (t->op != above)
			hy_buf_chr(b, '(');
		explain(b, t->l, t->op);
		hy_buf_str(b, t->op == HY_OP_AND ? " AND " : " OR ");
		explain(b, t->r, HY_OP_ALL);
		if (t->op != above)
			hy_buf_chr(b, ')');
		break;
	case HY_OP_NOT:
		hy_buf_str(b, "NOT ");
		explain(b, t->l, HY_OP_ALL);
		break;
	default:
		explain_leaf(b, t);
	}
}

char *hy_query_explain(const void *ctx, const struct hy_query *q)
{
	struct hy_buf b;
	hy_buf_init(&b, ctx, 64u << 10);
	explain(&b, q->root, HY_OP_ALL);
	return hy_buf_take(&b, NULL);
}
