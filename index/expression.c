/*
 * Rules that are a regular expression: what a person writes becomes a query of one node. The
 * expression sees folded text, so its own characters are folded one by one; marks of the language
 * and ranges of Han are left as they are. A blank of the expression goes where the fold drops one of
 * the text, by the fold's own word on the two characters beside it; where one side is not a single
 * character (a group, brackets, a dot), it may be there or not.
 */
#include "config.h"

#include "index/regex.h"
#include "index/tree.h"

#include "base/base.h"

#include <string.h>

struct folding {
	const char *start, *p, *end;
	struct hy_buf out;
	bool in_class, first; /* first: at the first place of a class, where ] is a character */
	uint32_t left;	      /* the character that must stand before this place, 0 = not known */
	struct hy_err *err;
};

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static enum hy_status refuse(struct folding *f, const char *why)
{
	return hy_err_set(f->err, HY_EINPUT, _("expression, at character %zu: %s"),
			  hy_utf8_count(f->start, (size_t)(f->p - f->start)) + 1, why);
}

/* The bytes of {...} at s, 0 when there are none. */
static size_t braces(const char *s, const char *end)
{
	const char *close = s < end && *s == '{' ? memchr(s, '}', (size_t)(end - s)) : NULL;

	return close != NULL ? (size_t)(close + 1 - s) : 0;
}

/* The bytes of the repetition at s (*, +, ?, {1,3} and a ? behind it), 0 when there is none. */
static size_t repetition(const char *s, const char *end, bool *none_too)
{
	size_t n = s < end && strchr("*+?", *s) != NULL ? 1 : 0;

	*none_too = n != 0 && *s != '+';
	if (n == 0 && end - s > 2 && s[1] >= '0' && s[1] <= '9') {
		n = braces(s, end);
		*none_too = n != 0 && s[1] == '0';
	}
	return n != 0 && s + n < end && s[n] == '?' ? n + 1 : n;
}

/* \d, \., \p{Han}: as written. What would look at bytes, or quotes on, is refused. */
static enum hy_status take_escape(struct folding *f)
{
	const char *c = f->p + 1;
	size_t n = 0;

	if (c < f->end && (*c == 'C' || *c == 'Q'))
		return refuse(f, _("\\C and \\Q are not taken"));
	hy_buf_chr(&f->out, '\\');
	f->left = 0;
	f->p++;
	if (f->p < f->end && (unsigned char)*f->p < 0x80) {
		if (strchr("dw", *f->p) != NULL || !letter(*f->p))
			f->left = (uint32_t)*f->p;
		hy_buf_chr(&f->out, *f->p++);
	}
	if (c < f->end && strchr("pPx", *c) != NULL && (n = braces(f->p, f->end)) != 0) {
		hy_buf_add(&f->out, f->p, n);
		f->p += n;
	}
	f->first = false;
	return HY_OK;
}

/* [:alpha:] within a class */
static bool take_named(struct folding *f)
{
	const char *end = NULL;

	if (!f->in_class || f->p[0] != '[' || f->end - f->p < 4 || f->p[1] != ':')
		return false;
	end = memmem(f->p + 2, (size_t)(f->end - f->p - 2), ":]", 2);
	if (end == NULL)
		return false;
	hy_buf_add(&f->out, f->p, (size_t)(end + 2 - f->p));
	f->p = end + 2;
	f->first = false;
	return true;
}

/* (?i) (?: (?P<name>: what stands behind the parenthesis is no text. */
static void take_flags(struct folding *f)
{
	size_t n = f->p < f->end && *f->p == '?' ? strcspn(f->p, ":)>") : 0;

	if (n != 0 && f->p + n < f->end) {
		hy_buf_add(&f->out, f->p, n + 1);
		f->p += n + 1;
	}
}

static void take_ascii(struct folding *f)
{
	bool none_too = false;
	size_t n = f->in_class ? 0 : repetition(f->p, f->end, &none_too);
	char c = *f->p++;

	hy_buf_chr(&f->out, c);
	if (n != 0) {
		hy_buf_add(&f->out, f->p, n - 1);
		f->p += n - 1;
		f->left = none_too ? 0 : f->left;
		return;
	}
	f->left = f->in_class || strchr("()[|.^$", c) != NULL ? 0 : (uint32_t)c;
	if (!f->in_class && c == '(')
		take_flags(f);
	if (!f->in_class && c == '[') {
		f->in_class = f->first = true;
		if (f->p < f->end && *f->p == '^')
			hy_buf_chr(&f->out, *f->p++);
		return;
	}
	if (f->in_class && c == ']' && !f->first)
		f->in_class = false;
	f->first = false;
}

static void literal(struct hy_buf *b, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool word = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9') ||
			    s[i] == ' ' || (unsigned char)s[i] >= 0x80;
		if (!word)
			hy_buf_chr(b, '\\');
		hy_buf_chr(b, s[i]);
	}
}

/* [一-龥]: the ends of a range of Han stay, or the range would no longer be one. */
static bool in_range(const struct folding *f, const char *after)
{
	return f->in_class &&
	       ((after < f->end && *after == '-' && after + 1 < f->end && after[1] != ']') ||
		(f->p > f->start && f->p[-1] == '-'));
}

static enum hy_status take_wide(struct folding *f, const void *ctx)
{
	size_t len = 0, count = 0;
	uint32_t cp = hy_utf8_decode(f->p, f->end, &len);
	struct hy_folded folded = {0};

	if (hy_is_han(cp) && in_range(f, f->p + len)) {
		hy_buf_add(&f->out, f->p, len);
	} else {
		enum hy_status st = hy_fold(ctx, f->p, len, 0, &folded, f->err);
		if (st != HY_OK)
			return st;
		count = hy_utf8_count(folded.s, folded.n);
		if (count > 1 && f->in_class)
			return refuse(f, _("this character stands for several: write it outside "
					   "of the brackets"));
		if (count == 0 && hy_is_blank(cp))
			hy_buf_chr(&f->out, ' ');
		if (count > 1)
			hy_buf_str(&f->out, "(?:");
		literal(&f->out, folded.s, folded.n);
		if (count > 1)
			hy_buf_chr(&f->out, ')');
	}
	f->p += len;
	f->first = false;
	f->left = f->in_class || count == 0 ? 0 : cp;
	return HY_OK;
}

/* ---- blanks ---- */

/* The bytes of the blank at s outside of brackets, written as itself or as \s, \n, \t, 0 when
 * there is none. */
static size_t blank_at(const char *s, const char *end)
{
	size_t len = 0;

	if (s >= end)
		return 0;
	if (*s == '\\')
		return end - s > 1 && strchr("snrtfv ", s[1]) != NULL ? 2 : 0;
	return hy_is_blank(hy_utf8_decode(s, end, &len)) || strchr("\n\r\t\f\v", *s) != NULL ? len
											      : 0;
}

/* The character that must stand first in what follows, 0 = not known. */
static uint32_t right_of(const char *s, const char *end)
{
	size_t len = 0;
	bool none_too = false;
	uint32_t cp = 0;

	if (s >= end || strchr("()[|.^$", *s) != NULL)
		return 0;
	if (*s == '\\') {
		s++;
		if (s >= end || (strchr("dw", *s) == NULL && letter(*s)))
			return 0;
	}
	cp = hy_utf8_decode(s, end, &len);
	(void)repetition(s + len, end, &none_too);
	return none_too ? 0 : cp;
}

/* Does the fold keep a blank between the two? */
static enum hy_status keeps_blank(const struct folding *f, const void *ctx, uint32_t right, bool *out)
{
	char both[16], *at = both;
	struct hy_folded folded = {0};

	at += f->left != 0 ? hy_utf8_encode(f->left, at) : hy_utf8_encode(0x6c34, at);
	*at++ = ' ';
	at += right != 0 ? hy_utf8_encode(right, at) : hy_utf8_encode(0x6c34, at);
	enum hy_status st = hy_fold(ctx, both, (size_t)(at - both), 0, &folded, f->err);
	if (st == HY_OK)
		*out = memchr(folded.s, ' ', folded.n) != NULL;
	return st;
}

/* A run of blanks, each perhaps repeated: of the text the fold leaves one, or none. */
static enum hy_status take_blanks(struct folding *f, const void *ctx)
{
	const char *p = f->p;
	bool may_lack = true, none_too = false, keep = false;

	for (size_t n; (n = blank_at(p, f->end)) != 0;) {
		p += n;
		p += repetition(p, f->end, &none_too);
		may_lack = may_lack && none_too;
	}
	uint32_t right = right_of(p, f->end);
	enum hy_status st = keeps_blank(f, ctx, right, &keep);
	if (st != HY_OK)
		return st;
	if (keep || f->left == 0 || right == 0)
		hy_buf_str(&f->out, keep && !may_lack ? " " : " ?");
	f->left = keep && !may_lack ? ' ' : 0;
	f->p = p;
	return HY_OK;
}

static enum hy_status fold_pattern(const void *ctx, const char *pattern, size_t n, char **out,
				   struct hy_err *err)
{
	struct folding f = {.start = pattern, .p = pattern, .end = pattern + n, .err = err};
	enum hy_status st = HY_OK;

	hy_buf_init(&f.out, ctx, 64 * HY_REGEX_MAX_BYTES);
	while (f.p < f.end && st == HY_OK) {
		if (!f.in_class && blank_at(f.p, f.end) != 0)
			st = take_blanks(&f, ctx);
		else if (*f.p == '\\')
			st = take_escape(&f);
		else if ((unsigned char)*f.p >= 0x80)
			st = take_wide(&f, ctx);
		else if (!take_named(&f))
			take_ascii(&f);
	}
	if (st == HY_OK)
		*out = hy_buf_take(&f.out, NULL);
	return st;
}

/* The atoms stand as terms of the query: the watch set looks for them with everybody else's. */
static void name_atoms(struct hy_query *q, struct hy_node *t)
{
	size_t n = 0;
	const char *const *atoms = hy_regex_atoms(t->re, &n);

	if (n > HY_QUERY_MAX_TERMS)
		return; /* tried on every item */
	for (size_t i = 0; i < n; i++) {
		struct hy_node *atom = hy_new(q, struct hy_node);
		atom->op = HY_OP_TERM;
		atom->field = HY_FIELD_ANY;
		atom->s = atoms[i];
		atom->n = strlen(atoms[i]);
		atom->term = (int)i;
		q->terms[i] = atom;
	}
	q->n_terms = (int)n;
	t->n_atoms = (int)n;
}

static enum hy_status check(const struct hy_regex *re, struct hy_err *err)
{
	if (hy_regex_size(re) > HY_REGEX_MAX_SIZE)
		return hy_err_set(err, HY_EINPUT,
				  _("expression: too large (%d steps of at most %d): fewer or "
				    "smaller repetitions"),
				  hy_regex_size(re), HY_REGEX_MAX_SIZE);
	if (hy_regex_holds(re, "", 0))
		return hy_err_set(err, HY_EINPUT,
				  _("expression: it matches the empty text, so it would ring for "
				    "every item"));
	return HY_OK;
}

enum hy_status hy_query_regex(struct hy_query **out, const void *ctx, const char *pattern,
			      struct hy_err *err)
{
	size_t n = strnlen(pattern, HY_REGEX_MAX_BYTES + 1);
	char *folded = NULL;

	if (n > HY_REGEX_MAX_BYTES)
		return hy_err_set(err, HY_EINPUT, _("expression: longer than %d bytes"),
				  HY_REGEX_MAX_BYTES);
	if (!hy_utf8_valid(pattern, n))
		return hy_err_set(err, HY_EINPUT, _("expression: not UTF-8"));
	struct hy_query *q = hy_new(ctx, struct hy_query);
	struct hy_node *t = hy_new(q, struct hy_node);
	struct hy_regex *re = NULL;
	enum hy_status st = fold_pattern(q, pattern, n, &folded, err);
	if (st == HY_OK && (st = hy_regex_new(&re, q, folded, err)) != HY_OK)
		(void)hy_err_wrap(err, _("expression"));
	if (st == HY_OK)
		st = check(re, err);
	if (st != HY_OK) {
		talloc_free(q);
		return st;
	}
	t->op = HY_OP_REGEX;
	t->s = hy_strndup(q, pattern, n);
	t->n = n;
	t->re = re;
	q->root = t;
	q->n_leaves = 1;
	name_atoms(q, t);
	*out = q;
	return HY_OK;
}
