/*
 * The scanner of the configuration: finds what libconfuse would accept or name badly, with the line
 * and the cure, and marks where each value stands. It does not read values.
 */
#include "base/conf-reader.h"

#include "base/base.h"

#include <string.h>

#define CONF_BYTES_MAX (1u << 20)
#define FINDINGS_MAX 100u

void hy_conf_find(struct hy_conf_reader *r, int line, const char *code, const char *fmt, ...)
{
	struct hy_conf_finding *f;
	va_list ap;

	if (r->n_found >= FINDINGS_MAX)
		return;
	r->found = hy_grow(r->found_ctx, r->found, struct hy_conf_finding, r->n_found + 1);
	f = &r->found[r->n_found++];
	*f = (struct hy_conf_finding){.line = line, .code = code};
	f->file = hy_strdup(r->found, r->file);
	va_start(ap, fmt);
	f->text = hy_vstrf(r->found, fmt, ap);
	va_end(ap);
}

/* ---- names and suggestions ---- */

static const struct hy_conf_section *section_named(const struct hy_conf_section *schema,
						   const char *name)
{
	for (const struct hy_conf_section *s = schema; s->name; s++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

static const struct hy_conf_key *key_named(const struct hy_conf_section *s, const char *name)
{
	for (const struct hy_conf_key *k = s->keys; k->name; k++)
		if (strcmp(k->name, name) == 0)
			return k;
	return NULL;
}

struct nearest {
	const char *name;
	size_t distance;
};

static void consider(struct nearest *best, const char *wanted, const char *name)
{
	size_t d = hy_text_distance(wanted, name), limit = strlen(name) / 3 + 1;

	if (d <= limit && (best->name == NULL || d < best->distance))
		*best = (struct nearest){name, d};
}

/* ", did you mean x?" or the list of what there is. . */
static void unknown_key(struct hy_conf_reader *r, int line, const struct hy_conf_section *s,
			const char *name)
{
	struct nearest best = {NULL, 0};

	for (const struct hy_conf_key *k = s->keys; k->name; k++)
		consider(&best, name, k->name);
	if (best.name)
		hy_conf_find(r, line, "HY-CFG-020",
			     _("unknown setting \"%.60s\" in %s: did you mean %s?"), name, s->name,
			     best.name);
	else
		hy_conf_find(r, line, "HY-CFG-020",
			     _("unknown setting \"%.60s\" in %s: see huying.conf(5) for those "
			       "there are"),
			     name, s->name);
}

static void unknown_section(struct hy_conf_reader *r, int line, const char *name)
{
	struct nearest best = {NULL, 0};

	for (const struct hy_conf_section *s = r->schema; s->name; s++)
		consider(&best, name, s->name);
	if (best.name)
		hy_conf_find(r, line, "HY-CFG-021",
			     _("unknown section \"%.60s\": did you mean %s?"), name, best.name);
	else
		hy_conf_find(r, line, "HY-CFG-021",
			     _("unknown section \"%.60s\": see huying.conf(5) for those there are"),
			     name);
}

/* ---- the scanner ---- */

/* What a Chinese input method types in place of syntax. */
static const struct {
	const char *wide, *plain;
} wide_marks[] = {
	{"“", "\""},  {"”", "\""}, {"‘", "'"},	{"’", "'"},  {"＝", "="}, {"｛", "{"},
	{"｝", "}"},  {"，", ","}, {"：", ":"}, {"；", ";"}, {"（", "("}, {"）", ")"},
	{"＂", "\""}, {"＇", "'"}, {"＃", "#"}, {"　", " "}, {"＋", "+"}, {"。", "."},
};

static bool wide_here(const struct hy_conf_reader *r, size_t *which)
{
	for (size_t i = 0; i < HY_LEN(wide_marks); i++) {
		size_t n = strlen(wide_marks[i].wide);

		if ((size_t)(r->end - r->p) >= n && memcmp(r->p, wide_marks[i].wide, n) == 0) {
			*which = i;
			return true;
		}
	}
	return false;
}

enum token { T_END, T_WORD, T_QUOTED, T_OPEN, T_CLOSE, T_EQUALS, T_PLUS, T_COMMA, T_BAD };

static void skip_line(struct hy_conf_reader *r)
{
	while (r->p < r->end && *r->p != '\n')
		r->p++;
}

static void skip_block_comment(struct hy_conf_reader *r)
{
	int opened = r->line;

	for (r->p += 2; r->p < r->end; r->p++) {
		if (*r->p == '\n')
			r->line++;
		if (r->p + 1 < r->end && r->p[0] == '*' && r->p[1] == '/') {
			r->p += 2;
			return;
		}
	}
	hy_conf_find(r, opened, "HY-CFG-014", _("the comment opened here is never closed: add */"));
}

static void skip_blanks(struct hy_conf_reader *r)
{
	while (r->p < r->end) {
		if (*r->p == '\n')
			r->line++;
		if (strchr(" \t\r\n;", *r->p) != NULL)
			r->p++;
		else if (*r->p == '#' || (r->end - r->p >= 2 && r->p[0] == '/' && r->p[1] == '/'))
			skip_line(r);
		else if (r->end - r->p >= 2 && r->p[0] == '/' && r->p[1] == '*')
			skip_block_comment(r);
		else
			return;
	}
}

/* A text in quotes, on one line; *out without them (child of ctx). */
static enum token quoted(struct hy_conf_reader *r, const void *ctx, char **out)
{
	char quote = *r->p++;
	struct hy_buf b;

	hy_buf_init(&b, ctx, CONF_BYTES_MAX);
	for (; r->p < r->end && *r->p != quote && *r->p != '\n'; r->p++) {
		if (*r->p == '\\' && r->p + 1 < r->end && r->p[1] != '\n')
			r->p++;
		hy_buf_chr(&b, *r->p);
	}
	*out = hy_buf_take(&b, NULL);
	if (r->p < r->end && *r->p == quote) {
		r->p++;
		return T_QUOTED;
	}
	if (strstr(*out, "”") || strstr(*out, "“") || strstr(*out, "＂"))
		hy_conf_find(r, r->line, "HY-CFG-010",
			     _("the text ends in a full-width quote: type \" instead"));
	else
		hy_conf_find(r, r->line, "HY-CFG-013",
			     _("the quote is not closed on its line: add %c"), quote);
	return T_BAD;
}

/* The next token; *out is its text (child of ctx). Full-width marks are found on the way. */
static enum token next(struct hy_conf_reader *r, const void *ctx, char **out)
{
	const char *begin;
	size_t which;

	*out = NULL;
	skip_blanks(r);
	if (r->p >= r->end)
		return T_END;
	begin = r->p;
	switch (*r->p) {
	case '{':
		r->p++;
		return T_OPEN;
	case '}':
		r->p++;
		return T_CLOSE;
	case '=':
		r->p++;
		return T_EQUALS;
	case ',':
		r->p++;
		return T_COMMA;
	case '"':
	case '\'':
		return quoted(r, ctx, out);
	case '+':
		if (r->end - r->p >= 2 && r->p[1] == '=') {
			r->p += 2;
			return T_PLUS;
		}
		break;
	default:
		break;
	}
	while (r->p < r->end && strchr(" \t\r\n;{}=,\"'#", *r->p) == NULL) {
		if (wide_here(r, &which)) {
			hy_conf_find(r, r->line, "HY-CFG-010",
				     _("full-width %s: type %s instead%s"), wide_marks[which].wide,
				     wide_marks[which].plain[0] == ' ' ? _("a plain blank")
								       : wide_marks[which].plain,
				     wide_marks[which].plain[0] == ' '
					     ? ""
					     : _(", or put the text in plain quotes"));
			skip_line(r); /* one finding a line is enough */
			return T_BAD;
		}
		r->p++;
	}
	if (r->p == begin)
		r->p++;
	*out = hy_strndup(ctx, begin, (size_t)(r->p - begin));
	return T_WORD;
}

static void add_mark(struct hy_conf_reader *r, const struct hy_conf_mark *m)
{
	r->marks = hy_grow(r->ctx, r->marks, struct hy_conf_mark, r->n_marks + 1);
	r->marks[r->n_marks++] = *m;
}

const struct hy_conf_mark *hy_conf_marked(const struct hy_conf_reader *r,
					  const struct hy_conf_mark *m)
{
	for (size_t i = 0; i < r->n_marks; i++) {
		const struct hy_conf_mark *x = &r->marks[i];

		if (x->section == m->section && x->key == m->key &&
		    (m->title == NULL || (x->title && strcmp(x->title, m->title) == 0)))
			return x;
	}
	return NULL;
}

/* After '=': a value or { a, b }. */
static void scan_value(struct hy_conf_reader *r, const void *ctx, const char *name)
{
	int line = r->line;
	char *text;
	enum token t = next(r, ctx, &text);

	if (t == T_OPEN) {
		for (t = next(r, ctx, &text); t != T_CLOSE && t != T_END; t = next(r, ctx, &text))
			if (t == T_EQUALS || t == T_OPEN) {
				hy_conf_find(r, line, "HY-CFG-011",
					     _("the list opened here is never closed: add }"));
				skip_line(r);
				return;
			}
		if (t == T_END)
			hy_conf_find(r, line, "HY-CFG-011",
				     _("the list opened here is never closed: add }"));
		return;
	}
	if (t == T_END || t == T_CLOSE || t == T_EQUALS || t == T_COMMA)
		hy_conf_find(r, line, "HY-CFG-014", _("%.60s has no value: write %.60s = value"),
			     name, name);
	if (t == T_CLOSE)
		r->p--;
}

/* Marks where the key is set; finds unknown and repeated ones. No section: nothing is known. */
static void take_name(struct hy_conf_reader *r, struct hy_conf_mark *m, const char *name)
{
	if (m->section == NULL)
		return;
	m->key = key_named(m->section, name);
	if (m->key == NULL)
		unknown_key(r, m->line, m->section, name);
	else if (hy_conf_marked(r, m))
		hy_conf_find(r, m->line, "HY-CFG-023", _("%s is set twice, first on line %d"), name,
			     hy_conf_marked(r, m)->line);
	else
		add_mark(r, m);
}

/* Statements of one section up to its brace; s is NULL inside an unknown section. */
static void scan_section(struct hy_conf_reader *r, const void *ctx,
			 const struct hy_conf_mark *where)
{
	char *name, *text;
	enum token t;

	while ((t = next(r, ctx, &name)) != T_CLOSE) {
		struct hy_conf_mark m = {where->section, where->title, NULL, r->line};

		if (t == T_END) {
			hy_conf_find(r, where->line, "HY-CFG-011",
				     _("the section opened here is never closed: add }"));
			return;
		}
		if (t == T_BAD)
			continue;
		if (t != T_WORD) {
			hy_conf_find(r, r->line, "HY-CFG-014",
				     _("a setting is expected here: name = value"));
			skip_line(r);
			continue;
		}
		t = next(r, ctx, &text);
		if (t == T_OPEN || t == T_QUOTED) { /* sections do not nest: ours was not closed */
			hy_conf_find(r, where->line, "HY-CFG-011",
				     _("the section opened here is never closed: add }"));
			r->p = r->end;
			return;
		}
		take_name(r, &m, name);
		if (t == T_EQUALS || t == T_PLUS) {
			scan_value(r, ctx, name);
		} else if (t != T_BAD) {
			hy_conf_find(r, m.line, "HY-CFG-014", _("after %.60s an = is missing"),
				     name);
			if (t == T_CLOSE)
				return;
			skip_line(r);
		}
	}
}

/* name ["title"] { ... } at the top level; the name is read. */
static void scan_top(struct hy_conf_reader *r, const void *ctx, const char *name)
{
	struct hy_conf_mark m = {section_named(r->schema, name), NULL, NULL, r->line};
	char *title = NULL, *text;
	enum token t = next(r, ctx, &text);

	if (t == T_BAD)
		return;
	if (m.section == NULL)
		unknown_section(r, m.line, name);
	if (t == T_QUOTED || t == T_WORD) {
		title = text;
		t = next(r, ctx, &text);
	}
	if (t == T_BAD)
		return;
	if (t != T_OPEN) {
		hy_conf_find(r, m.line, "HY-CFG-014", _("after %.60s a { is missing"), name);
		skip_line(r);
		return;
	}
	if (m.section && m.section->titled && title == NULL)
		hy_conf_find(r, m.line, "HY-CFG-024", _("section %s needs a title: %s \"name\" {"),
			     name, name);
	if (m.section && !m.section->titled && title)
		hy_conf_find(r, m.line, "HY-CFG-024", _("section %s takes no title"), name);
	if (m.section && m.section->titled == (title != NULL)) {
		m.title = title;
		if (hy_conf_marked(r, &m))
			hy_conf_find(r, m.line, "HY-CFG-022",
				     _("section %s \"%.60s\" stands twice, first on line %d"), name,
				     title ? title : "", hy_conf_marked(r, &m)->line);
		else
			add_mark(r, &m);
	}
	scan_section(r, ctx, &m);
}

void hy_conf_scan(struct hy_conf_reader *r, const char *bytes, size_t n)
{
	enum token t;
	char *name;

	r->p = bytes;
	r->end = bytes + n;
	r->line = 1;
	while ((t = next(r, r->ctx, &name)) != T_END) {
		if (t == T_WORD) {
			scan_top(r, r->ctx, name);
		} else if (t == T_CLOSE) {
			hy_conf_find(
				r, r->line, "HY-CFG-012",
				_("this } closes nothing: remove it, or add the { it belongs to"));
		} else if (t != T_BAD) {
			hy_conf_find(r, r->line, "HY-CFG-014",
				     _("a section is expected here: name { }"));
			skip_line(r);
		}
	}
}
