/*
 * Rules that are a regular expression: what a person writes becomes a query of one node. The
 * expression sees folded text, so its own characters are folded one by one; marks of the language
 * and ranges of Han are left as they are.
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
	struct hy_err *err;
};

static enum hy_status refuse(struct folding *f, const char *why)
{
	return hy_err_set(f->err, HY_EINPUT, _("expression, at character %zu: %s"),
			  hy_utf8_count(f->start, (size_t)(f->p - f->start)) + 1, why);
}

/* \d, \., \p{Han}: as written. What would look at bytes, or quotes on, is refused. */
static enum hy_status take_escape(struct folding *f)
{
	const char *c = f->p + 1;

	if (c < f->end && (*c == 'C' || *c == 'Q'))
		return refuse(f, _("\\C and \\Q are not taken"));
	hy_buf_chr(&f->out, '\\');
	f->p++;
	if (f->p < f->end && (unsigned char)*f->p < 0x80)
		hy_buf_chr(&f->out, *f->p++);
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

static void take_ascii(struct folding *f)
{
	char c = *f->p++;

	hy_buf_chr(&f->out, c);
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
	return HY_OK;
}

static enum hy_status fold_pattern(const void *ctx, const char *pattern, size_t n, char **out,
				   struct hy_err *err)
{
	struct folding f = {.start = pattern, .p = pattern, .end = pattern + n, .err = err};
	enum hy_status st = HY_OK;

	hy_buf_init(&f.out, ctx, 64 * HY_REGEX_MAX_BYTES);
	while (f.p < f.end && st == HY_OK) {
		if (*f.p == '\\')
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
