/*
 * Configuration in two passes. A scanner of our own walks the statements and finds what libconfuse
 * would accept or name badly: full-width punctuation, open braces, unknown names, repeated titles;
 * it also keeps the line of each value. Then libconfuse reads the values and we check type and
 * range.
 */
#include "base/base.h"

#include <confuse.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CONF_BYTES_MAX (1u << 20)
#define FINDINGS_MAX 100u
#define STR_MAX 4096

struct value {
	const struct hy_conf_section *section;
	const char *title; /* NULL for an untitled section */
	const struct hy_conf_key *key;
	int line; /* 0 = the default */
	const char *text;
	int64_t number;
	const char **list;
	size_t n_list;
};
struct titles {
	const char **at;
	size_t n;
};
struct hy_conf {
	const struct hy_conf_section *schema;
	struct value *values;
	size_t n;
	struct titles *titles; /* one for each section of the schema */
};

/* Where a section or key stands in the file. */
struct mark {
	const struct hy_conf_section *section;
	const char *title;
	const struct hy_conf_key *key; /* NULL: the section itself */
	int line;
};
struct reader {
	struct hy_conf *conf;
	const char *file;
	struct hy_conf_finding *found;
	size_t n_found;
	void *found_ctx;
	struct mark *marks;
	size_t n_marks;
	/* scanner */
	const char *p, *end;
	int line;
};

__attribute__((format(printf, 4, 5))) static void find(struct reader *r, int line, const char *code,
						       const char *fmt, ...)
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

static const struct hy_conf_section *section_named(const struct hy_conf *c, const char *name)
{
	for (const struct hy_conf_section *s = c->schema; s->name; s++)
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

/* ", did you mean x?" or the list of what there is. child of r->marks' context. */
static void unknown_key(struct reader *r, int line, const struct hy_conf_section *s,
			const char *name)
{
	struct nearest best = {NULL, 0};

	for (const struct hy_conf_key *k = s->keys; k->name; k++)
		consider(&best, name, k->name);
	if (best.name)
		find(r, line, "HY-CFG-020", _("unknown setting \"%.60s\" in %s: did you mean %s?"),
		     name, s->name, best.name);
	else
		find(r, line, "HY-CFG-020",
		     _("unknown setting \"%.60s\" in %s: see huying.conf(5) for those there are"),
		     name, s->name);
}

static void unknown_section(struct reader *r, int line, const char *name)
{
	struct nearest best = {NULL, 0};

	for (const struct hy_conf_section *s = r->conf->schema; s->name; s++)
		consider(&best, name, s->name);
	if (best.name)
		find(r, line, "HY-CFG-021", _("unknown section \"%.60s\": did you mean %s?"), name,
		     best.name);
	else
		find(r, line, "HY-CFG-021",
		     _("unknown section \"%.60s\": see huying.conf(5) for those there are"), name);
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

static bool wide_here(const struct reader *r, size_t *which)
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

static void skip_line(struct reader *r)
{
	while (r->p < r->end && *r->p != '\n')
		r->p++;
}

static void skip_block_comment(struct reader *r)
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
	find(r, opened, "HY-CFG-014", _("the comment opened here is never closed: add */"));
}

static void skip_blanks(struct reader *r)
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
static enum token quoted(struct reader *r, const void *ctx, char **out)
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
		find(r, r->line, "HY-CFG-010",
		     _("the text ends in a full-width quote: type \" instead"));
	else
		find(r, r->line, "HY-CFG-013", _("the quote is not closed on its line: add %c"),
		     quote);
	return T_BAD;
}

/* The next token; *out is its text (child of ctx). Full-width marks are found on the way. */
static enum token next(struct reader *r, const void *ctx, char **out)
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
			find(r, r->line, "HY-CFG-010", _("full-width %s: type %s instead%s"),
			     wide_marks[which].wide,
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

static void add_mark(struct reader *r, const struct mark *m)
{
	r->marks = hy_grow(r->conf, r->marks, struct mark, r->n_marks + 1);
	r->marks[r->n_marks++] = *m;
}

static const struct mark *marked(const struct reader *r, const struct mark *m)
{
	for (size_t i = 0; i < r->n_marks; i++) {
		const struct mark *x = &r->marks[i];

		if (x->section == m->section && x->key == m->key &&
		    (m->title == NULL || (x->title && strcmp(x->title, m->title) == 0)))
			return x;
	}
	return NULL;
}

/* After '=': a value or { a, b }. */
static void scan_value(struct reader *r, const void *ctx, const char *name)
{
	int line = r->line;
	char *text;
	enum token t = next(r, ctx, &text);

	if (t == T_OPEN) {
		for (t = next(r, ctx, &text); t != T_CLOSE && t != T_END; t = next(r, ctx, &text))
			if (t == T_EQUALS || t == T_OPEN) {
				find(r, line, "HY-CFG-011",
				     _("the list opened here is never closed: add }"));
				skip_line(r);
				return;
			}
		if (t == T_END)
			find(r, line, "HY-CFG-011",
			     _("the list opened here is never closed: add }"));
		return;
	}
	if (t == T_END || t == T_CLOSE || t == T_EQUALS || t == T_COMMA)
		find(r, line, "HY-CFG-014", _("%.60s has no value: write %.60s = value"), name,
		     name);
	if (t == T_CLOSE)
		r->p--;
}

/* Marks where the key is set; finds unknown and repeated ones. No section: nothing is known. */
static void take_name(struct reader *r, struct mark *m, const char *name)
{
	if (m->section == NULL)
		return;
	m->key = key_named(m->section, name);
	if (m->key == NULL)
		unknown_key(r, m->line, m->section, name);
	else if (marked(r, m))
		find(r, m->line, "HY-CFG-023", _("%s is set twice, first on line %d"), name,
		     marked(r, m)->line);
	else
		add_mark(r, m);
}

/* Statements of one section up to its brace; s is NULL inside an unknown section. */
static void scan_section(struct reader *r, const void *ctx, const struct mark *where)
{
	char *name, *text;
	enum token t;

	while ((t = next(r, ctx, &name)) != T_CLOSE) {
		struct mark m = {where->section, where->title, NULL, r->line};

		if (t == T_END) {
			find(r, where->line, "HY-CFG-011",
			     _("the section opened here is never closed: add }"));
			return;
		}
		if (t == T_BAD)
			continue;
		if (t != T_WORD) {
			find(r, r->line, "HY-CFG-014",
			     _("a setting is expected here: name = value"));
			skip_line(r);
			continue;
		}
		t = next(r, ctx, &text);
		if (t == T_OPEN || t == T_QUOTED) { /* sections do not nest: ours was not closed */
			find(r, where->line, "HY-CFG-011",
			     _("the section opened here is never closed: add }"));
			r->p = r->end;
			return;
		}
		take_name(r, &m, name);
		if (t == T_EQUALS || t == T_PLUS) {
			scan_value(r, ctx, name);
		} else if (t != T_BAD) {
			find(r, m.line, "HY-CFG-014", _("after %.60s an = is missing"), name);
			if (t == T_CLOSE)
				return;
			skip_line(r);
		}
	}
}

/* name ["title"] { ... } at the top level; the name is read. */
static void scan_top(struct reader *r, const void *ctx, const char *name)
{
	struct mark m = {section_named(r->conf, name), NULL, NULL, r->line};
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
		find(r, m.line, "HY-CFG-014", _("after %.60s a { is missing"), name);
		skip_line(r);
		return;
	}
	if (m.section && m.section->titled && title == NULL)
		find(r, m.line, "HY-CFG-024", _("section %s needs a title: %s \"name\" {"), name,
		     name);
	if (m.section && !m.section->titled && title)
		find(r, m.line, "HY-CFG-024", _("section %s takes no title"), name);
	if (m.section && m.section->titled == (title != NULL)) {
		m.title = title;
		if (marked(r, &m))
			find(r, m.line, "HY-CFG-022",
			     _("section %s \"%.60s\" stands twice, first on line %d"), name,
			     title ? title : "", marked(r, &m)->line);
		else
			add_mark(r, &m);
	}
	scan_section(r, ctx, &m);
}

static void scan(struct reader *r, const void *ctx, const char *bytes, size_t n)
{
	enum token t;
	char *name;

	r->p = bytes;
	r->end = bytes + n;
	r->line = 1;
	while ((t = next(r, ctx, &name)) != T_END) {
		if (t == T_WORD) {
			scan_top(r, ctx, name);
		} else if (t == T_CLOSE) {
			find(r, r->line, "HY-CFG-012",
			     _("this } closes nothing: remove it, or add the { it belongs to"));
		} else if (t != T_BAD) {
			find(r, r->line, "HY-CFG-014", _("a section is expected here: name { }"));
			skip_line(r);
		}
	}
}

/* ---- values ---- */

static const char *unit_hint(const struct hy_conf_key *k)
{
	switch (k->type) {
	case HY_CONF_INT:
		return _("a whole number");
	case HY_CONF_BOOL:
		return _("true or false");
	case HY_CONF_DUR:
		return _("a time such as 90s, 15m, 2h, 7d");
	case HY_CONF_STR:
	case HY_CONF_LIST:
		break;
	}
	return _("a text");
}

static bool parse_int(const char *s, int64_t *out)
{
	char *end;
	long long v;

	if ((s[0] < '0' || s[0] > '9') && !(s[0] == '-' && s[1] >= '0' && s[1] <= '9'))
		return false;
	errno = 0;
	v = strtoll(s, &end, 10);
	if (errno != 0 || *end != '\0')
		return false;
	*out = v;
	return true;
}

static bool parse_bool(const char *s, int64_t *out)
{
	static const char *const yes[] = {"true", "yes", "on"}, *const no[] = {"false", "no",
									       "off"};

	for (size_t i = 0; i < HY_LEN(yes); i++) {
		if (strcmp(s, yes[i]) == 0 || strcmp(s, no[i]) == 0) {
			*out = strcmp(s, yes[i]) == 0;
			return true;
		}
	}
	return false;
}

static bool out_of_range(const struct hy_conf_key *k, const char *text, int64_t number)
{
	if (k->type == HY_CONF_STR || k->type == HY_CONF_LIST)
		return strlen(text) > (size_t)(k->max > 0 ? k->max : STR_MAX);
	if (k->type == HY_CONF_BOOL || (k->min == 0 && k->max == 0))
		return false;
	return number < k->min || number > k->max;
}

static void find_range(struct reader *r, int line, const struct hy_conf_key *k, const char *text)
{
	char *shown = hy_text_printable(r->conf, text);

	if (k->type == HY_CONF_STR || k->type == HY_CONF_LIST)
		find(r, line, "HY-CFG-031", _("%s is too long: at most %" PRId64 " bytes"), k->name,
		     k->max > 0 ? k->max : (int64_t)STR_MAX);
	else if (k->type == HY_CONF_DUR)
		find(r, line, "HY-CFG-031",
		     _("%s = %.40s is out of range: from %" PRId64 "s to %" PRId64 "s"), k->name,
		     shown, k->min / HY_SECOND, k->max / HY_SECOND);
	else
		find(r, line, "HY-CFG-031",
		     _("%s = %.40s is out of range: from %" PRId64 " to %" PRId64), k->name, shown,
		     k->min, k->max);
}

/* One text by type, range and the key's own check. */
static bool take_text(struct reader *r, int line, const struct hy_conf_key *k, const char *text,
		      int64_t *number)
{
	struct hy_err why = {0};
	bool good = true;
	hy_dur dur = 0;

	*number = 0;
	if (k->type == HY_CONF_INT)
		good = parse_int(text, number);
	else if (k->type == HY_CONF_BOOL)
		good = parse_bool(text, number);
	else if (k->type == HY_CONF_DUR) {
		good = hy_dur_parse(text, &dur, NULL) == HY_OK;
		*number = dur;
	}
	if (!good) {
		find(r, line, "HY-CFG-030", _("%s = %.40s: %s is wanted"), k->name,
		     hy_text_printable(r->conf, text), unit_hint(k));
		return false;
	}
	if (out_of_range(k, text, *number)) {
		find_range(r, line, k, text);
		return false;
	}
	if (k->check && k->check(text, &why) != HY_OK) {
		find(r, line, "HY-CFG-032", "%s: %s", k->name, why.text);
		return false;
	}
	return true;
}

static struct value *add_value(struct hy_conf *c, const struct mark *m)
{
	struct value *v;

	c->values = hy_grow(c, c->values, struct value, c->n + 1);
	v = &c->values[c->n++];
	*v = (struct value){
		.section = m->section, .title = m->title, .key = m->key, .line = m->line};
	return v;
}

static void add_to_list(struct hy_conf *c, struct value *v, const char *text, size_t n)
{
	v->list = hy_grow(c, v->list, const char *, v->n_list + 2);
	v->list[v->n_list++] = hy_strndup(v->list, text, n);
	v->list[v->n_list] = NULL;
}

/* A default: lists as "a,b". */
static void take_default(struct reader *r, const struct mark *m)
{
	const char *def = m->key->def ? m->key->def : "";
	struct value *v = add_value(r->conf, m);

	v->text = def;
	if (m->key->type == HY_CONF_LIST) {
		while (*def) {
			size_t n = strcspn(def, ",");

			add_to_list(r->conf, v, def, n);
			def += n + (def[n] == ',');
		}
		return;
	}
	if (m->key->type == HY_CONF_INT)
		(void)parse_int(def, &v->number);
	else if (m->key->type == HY_CONF_BOOL)
		(void)parse_bool(def, &v->number);
	else if (m->key->type == HY_CONF_DUR)
		(void)hy_dur_parse(def, &v->number, NULL);
}

static void take_list(struct reader *r, const struct mark *m, cfg_t *sec)
{
	unsigned n = cfg_size(sec, m->key->name);
	struct value *v = add_value(r->conf, m);
	int64_t ignored;

	for (unsigned i = 0; i < n; i++) {
		const char *text = cfg_getnstr(sec, m->key->name, i);

		if (text && take_text(r, m->line, m->key, text, &ignored))
			add_to_list(r->conf, v, text, strlen(text));
	}
}

/* All keys of one section; sec is NULL when the file does not have it. */
static void take_section(struct reader *r, const struct mark *where, cfg_t *sec)
{
	for (const struct hy_conf_key *k = where->section->keys; k->name; k++) {
		struct mark m = {where->section, where->title, k, 0};
		const struct mark *at = marked(r, &m);
		struct value *v;

		if (at == NULL || sec == NULL) {
			take_default(r, &m);
			continue;
		}
		m.line = at->line;
		if (k->type == HY_CONF_LIST) {
			take_list(r, &m, sec);
			continue;
		}
		v = add_value(r->conf, &m);
		v->text = hy_strdup(r->conf, cfg_getstr(sec, k->name));
		if (v->text == NULL)
			v->text = "";
		(void)take_text(r, m.line, k, v->text, &v->number);
	}
}

static void add_title(struct hy_conf *c, struct titles *t, const char *title)
{
	t->at = hy_grow(c, t->at, const char *, t->n + 2);
	t->at[t->n++] = title;
	t->at[t->n] = NULL;
}

static void take_all(struct reader *r, cfg_t *cfg)
{
	struct hy_conf *c = r->conf;
	size_t i = 0;

	for (const struct hy_conf_section *s = c->schema; s->name; s++, i++) {
		unsigned n = cfg ? cfg_size(cfg, s->name) : 0;

		if (!s->titled) {
			struct mark m = {s, NULL, NULL, 0};

			take_section(r, &m, n > 0 ? cfg_getnsec(cfg, s->name, 0) : NULL);
			continue;
		}
		for (unsigned k = 0; k < n; k++) {
			cfg_t *sec = cfg_getnsec(cfg, s->name, k);
			struct mark m = {s, hy_strdup(c, cfg_title(sec)), NULL, 0};

			add_title(c, &c->titles[i], m.title);
			take_section(r, &m, sec);
		}
	}
}

/* ---- libconfuse ---- */

static __thread struct reader *at_work; /* libconfuse's error function has no argument of ours */

__attribute__((format(printf, 2, 0))) static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char *text;

	if (at_work == NULL)
		return;
	text = hy_vstrf(at_work->conf, fmt, ap);
	find(at_work, cfg->line, "HY-CFG-090", "%s", hy_text_printable(at_work->conf, text));
}

/* Options for libconfuse: all values as texts, checked by us. */
static cfg_opt_t *options(const void *ctx, const struct hy_conf_section *schema)
{
	size_t n = 0, i = 0;
	cfg_opt_t *top;

	while (schema[n].name)
		n++;
	top = hy_new_array(ctx, cfg_opt_t, n + 1);
	for (const struct hy_conf_section *s = schema; s->name; s++, i++) {
		size_t nk = 0, j = 0;
		cfg_opt_t *keys;

		while (s->keys[nk].name)
			nk++;
		keys = hy_new_array(ctx, cfg_opt_t, nk + 1);
		for (const struct hy_conf_key *k = s->keys; k->name; k++, j++) {
			if (k->type == HY_CONF_LIST)
				keys[j] = (cfg_opt_t)CFG_STR_LIST((char *)(uintptr_t)k->name, NULL,
								  CFGF_NODEFAULT);
			else
				keys[j] = (cfg_opt_t)CFG_STR((char *)(uintptr_t)k->name, NULL,
							     CFGF_NODEFAULT);
		}
		keys[nk] = (cfg_opt_t)CFG_END();
		top[i] = (cfg_opt_t)CFG_SEC(
			(char *)(uintptr_t)s->name, keys,
			s->titled ? CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES : CFGF_NONE);
	}
	top[n] = (cfg_opt_t)CFG_END();
	return top;
}

static void read_values(struct reader *r, const char *bytes)
{
	void *ctx = talloc_new(NULL);
	cfg_t *cfg = cfg_init(options(ctx, r->conf->schema), CFGF_NONE);

	if (cfg == NULL)
		hy_mem_die();
	at_work = r;
	(void)cfg_set_error_function(cfg, on_error);
	if (bytes[0] != '\0' && cfg_parse_buf(cfg, bytes) != CFG_SUCCESS && r->n_found == 0)
		find(r, 0, "HY-CFG-090", _("the file cannot be read as a configuration"));
	if (r->n_found == 0)
		take_all(r, cfg);
	at_work = NULL;
	(void)cfg_free(cfg);
	talloc_free(ctx);
}

static enum hy_status load(struct reader *r, const void *ctx, bool missing_ok, char **bytes,
			   size_t *n, struct hy_err *err)
{
	struct hy_err why = {0};
	enum hy_status st = hy_file_read(ctx, r->file, CONF_BYTES_MAX, bytes, n, &why);

	if (st == HY_ENOTFOUND && missing_ok) {
		*bytes = hy_strdup(ctx, "");
		*n = 0;
		return HY_OK;
	}
	if (st != HY_OK)
		return hy_err_set(err, st, "%s", why.text);
	if (*n >= 3 && memcmp(*bytes, "\xEF\xBB\xBF", 3) == 0) {
		*bytes += 3;
		*n -= 3;
	}
	if (!hy_utf8_valid(*bytes, *n))
		find(r, 0, "HY-CFG-002", _("the file is not UTF-8: save it in the encoding UTF-8"));
	return HY_OK;
}

enum hy_status hy_conf_read(struct hy_conf **out, const void *ctx, const char *path,
			    bool missing_ok, const struct hy_conf_section *schema,
			    struct hy_conf_finding **findings, size_t *n_findings,
			    struct hy_err *err)
{
	void *work = talloc_new(NULL);
	struct reader r = {.file = path, .found_ctx = ctx ? (void *)(uintptr_t)ctx : NULL};
	enum hy_status st;
	size_t n = 0, n_sections = 0;
	char *bytes = NULL;

	r.conf = hy_new(ctx, struct hy_conf);
	r.conf->schema = schema;
	while (schema[n_sections].name)
		n_sections++;
	r.conf->titles = hy_new_array(r.conf, struct titles, n_sections + 1);
	st = load(&r, work, missing_ok, &bytes, &n, err);
	if (st == HY_OK && r.n_found == 0)
		scan(&r, r.conf, bytes, n);
	if (st == HY_OK && r.n_found == 0)
		read_values(&r, bytes);
	if (st == HY_OK && r.n_found > 0) {
		const struct hy_conf_finding *f = &r.found[0];

		st = f->line > 0
			     ? hy_err_set(err, HY_EINPUT, _("%s line %d: %s (%s)"), path, f->line,
					  f->text, f->code)
			     : hy_err_set(err, HY_EINPUT, "%s: %s (%s)", path, f->text, f->code);
	}
	if (findings && n_findings) {
		*findings = r.found;
		*n_findings = r.n_found;
	} else {
		talloc_free(r.found);
	}
	if (st == HY_OK)
		*out = r.conf;
	else
		talloc_free(r.conf);
	talloc_free(work);
	return st;
}

/* ---- reading it ---- */

static const struct value *look_up(const struct hy_conf *c, const char *section, const char *title,
				   const char *key)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct value *v = &c->values[i];

		if (strcmp(v->section->name, section) == 0 && strcmp(v->key->name, key) == 0 &&
		    (title == NULL ? v->title == NULL
				   : v->title != NULL && strcmp(v->title, title) == 0))
			return v;
	}
	HY_BUG("configuration: no %s.%s in the schema (title %s)", section, key,
	       title ? title : "none");
}

static const struct value *typed(const struct value *v, enum hy_conf_type type)
{
	if (v->key->type != type)
		HY_BUG("configuration: %s.%s read as another type", v->section->name, v->key->name);
	return v;
}

const char *hy_conf_str(const struct hy_conf *c, const char *section, const char *title,
			const char *key)
{
	return typed(look_up(c, section, title, key), HY_CONF_STR)->text;
}

int64_t hy_conf_int(const struct hy_conf *c, const char *section, const char *title,
		    const char *key)
{
	return typed(look_up(c, section, title, key), HY_CONF_INT)->number;
}

bool hy_conf_bool(const struct hy_conf *c, const char *section, const char *title, const char *key)
{
	return typed(look_up(c, section, title, key), HY_CONF_BOOL)->number != 0;
}

int64_t hy_conf_dur(const struct hy_conf *c, const char *section, const char *title,
		    const char *key)
{
	return typed(look_up(c, section, title, key), HY_CONF_DUR)->number;
}

const char *const *hy_conf_list(const struct hy_conf *c, const char *section, const char *title,
				const char *key, size_t *n_out)
{
	static const char *const none[1];
	const struct value *v = typed(look_up(c, section, title, key), HY_CONF_LIST);

	*n_out = v->n_list;
	return v->list ? v->list : none;
}

const char *const *hy_conf_titles(const struct hy_conf *c, const char *section, size_t *n_out)
{
	static const char *const none[1];
	size_t i = 0;

	for (const struct hy_conf_section *s = c->schema; s->name; s++, i++) {
		if (strcmp(s->name, section) == 0) {
			*n_out = c->titles[i].n;
			return c->titles[i].at ? c->titles[i].at : none;
		}
	}
	HY_BUG("configuration: no section %s in the schema", section);
}

int hy_conf_line(const struct hy_conf *c, const char *section, const char *title, const char *key)
{
	return look_up(c, section, title, key)->line;
}
