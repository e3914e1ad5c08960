/*
 * Configuration in two passes. A scanner of our own walks the statements and finds what libconfuse
 * would accept or name badly: full-width punctuation, open braces, unknown names, repeated titles;
 * it also keeps the line of each value. Then libconfuse reads the values and we check type and
 * range.
 */
#include "base/conf-reader.h"

#include "base/base.h"

#include <confuse.h>
#include <errno.h>
#include <stdlib.h>
#include <pthread.h>
#include <string.h>

#define CONF_BYTES_MAX (1u << 20)
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

static void find_range(struct hy_conf_reader *r, int line, const struct hy_conf_key *k,
		       const char *text)
{
	char *shown = hy_text_printable(r->ctx, text);

	if (k->type == HY_CONF_STR || k->type == HY_CONF_LIST)
		hy_conf_find(r, line, "HY-CFG-031", _("%s is too long: at most %" PRId64 " bytes"),
			     k->name, k->max > 0 ? k->max : (int64_t)STR_MAX);
	else if (k->type == HY_CONF_DUR)
		hy_conf_find(r, line, "HY-CFG-031",
			     _("%s = %.40s is out of range: from %" PRId64 "s to %" PRId64 "s"),
			     k->name, shown, k->min / HY_SECOND, k->max / HY_SECOND);
	else
		hy_conf_find(r, line, "HY-CFG-031",
			     _("%s = %.40s is out of range: from %" PRId64 " to %" PRId64), k->name,
			     shown, k->min, k->max);
}

/* One text by type, range and the key's own check. */
static bool take_text(struct hy_conf_reader *r, int line, const struct hy_conf_key *k,
		      const char *text, int64_t *number)
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
		hy_conf_find(r, line, "HY-CFG-030", _("%s = %.40s: %s is wanted"), k->name,
			     hy_text_printable(r->ctx, text), unit_hint(k));
		return false;
	}
	if (out_of_range(k, text, *number)) {
		find_range(r, line, k, text);
		return false;
	}
	if (k->check && k->check(text, &why) != HY_OK) {
		hy_conf_find(r, line, "HY-CFG-032", "%s: %s", k->name, why.text);
		return false;
	}
	return true;
}

static struct value *add_value(struct hy_conf *c, const struct hy_conf_mark *m)
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
static void take_default(struct hy_conf_reader *r, const struct hy_conf_mark *m)
{
	const char *def = m->key->def ? m->key->def : "";
	struct value *v = add_value(r->ctx, m);

	v->text = def;
	if (m->key->type == HY_CONF_LIST) {
		while (*def) {
			size_t n = strcspn(def, ",");

			add_to_list(r->ctx, v, def, n);
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

static void take_list(struct hy_conf_reader *r, const struct hy_conf_mark *m, cfg_t *sec)
{
	unsigned n = cfg_size(sec, m->key->name);
	struct value *v = add_value(r->ctx, m);
	int64_t ignored;

	for (unsigned i = 0; i < n; i++) {
		const char *text = cfg_getnstr(sec, m->key->name, i);

		if (text && take_text(r, m->line, m->key, text, &ignored))
			add_to_list(r->ctx, v, text, strlen(text));
	}
}

/* All keys of one section; sec is NULL when the file does not have it. */
static void take_section(struct hy_conf_reader *r, const struct hy_conf_mark *where, cfg_t *sec)
{
	for (const struct hy_conf_key *k = where->section->keys; k->name; k++) {
		struct hy_conf_mark m = {where->section, where->title, k, 0};
		const struct hy_conf_mark *at = hy_conf_marked(r, &m);
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
		v = add_value(r->ctx, &m);
		v->text = hy_strdup(r->ctx, cfg_getstr(sec, k->name));
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

static void take_all(struct hy_conf_reader *r, cfg_t *cfg)
{
	struct hy_conf *c = r->ctx;
	size_t i = 0;

	for (const struct hy_conf_section *s = c->schema; s->name; s++, i++) {
		unsigned n = cfg ? cfg_size(cfg, s->name) : 0;

		if (!s->titled) {
			struct hy_conf_mark m = {s, NULL, NULL, 0};

			take_section(r, &m, n > 0 ? cfg_getnsec(cfg, s->name, 0) : NULL);
			continue;
		}
		for (unsigned k = 0; k < n; k++) {
			cfg_t *sec = cfg_getnsec(cfg, s->name, k);
			struct hy_conf_mark m = {s, hy_strdup(c, cfg_title(sec)), NULL, 0};

			add_title(c, &c->titles[i], m.title);
			take_section(r, &m, sec);
		}
	}
}

/* ---- libconfuse ---- */

static __thread struct hy_conf_reader
	*at_work; /* libconfuse's error function has no argument of ours */

__attribute__((format(printf, 2, 0))) static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char *text;

	if (at_work == NULL)
		return;
	text = hy_vstrf(at_work->ctx, fmt, ap);
	hy_conf_find(at_work, cfg->line, "HY-CFG-090", "%s",
		     hy_text_printable(at_work->ctx, text));
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

static pthread_mutex_t scanner = PTHREAD_MUTEX_INITIALIZER;

static void read_values(struct hy_conf_reader *r, const char *bytes)
{
	void *ctx = talloc_new(NULL);
	cfg_t *cfg;

	/* libconfuse's scanner, which cfg_free() too takes down, and at_work are the process's. */
	pthread_mutex_lock(&scanner);
	cfg = cfg_init(options(ctx, r->schema), CFGF_NONE);
	if (cfg == NULL)
		hy_mem_die();
	at_work = r;
	(void)cfg_set_error_function(cfg, on_error);
	if (bytes[0] != '\0' && cfg_parse_buf(cfg, bytes) != CFG_SUCCESS && r->n_found == 0)
		hy_conf_find(r, 0, "HY-CFG-090", _("the file cannot be read as a configuration"));
	if (r->n_found == 0)
		take_all(r, cfg);
	at_work = NULL;
	(void)cfg_free(cfg);
	pthread_mutex_unlock(&scanner);
	talloc_free(ctx);
}

static enum hy_status load(struct hy_conf_reader *r, const void *ctx, bool missing_ok, char **bytes,
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
		hy_conf_find(r, 0, "HY-CFG-002",
			     _("the file is not UTF-8: save it in the encoding UTF-8"));
	return HY_OK;
}

enum hy_status hy_conf_read(struct hy_conf **out, const void *ctx, const char *path,
			    bool missing_ok, const struct hy_conf_section *schema,
			    struct hy_conf_finding **findings, size_t *n_findings,
			    struct hy_err *err)
{
	void *work = talloc_new(NULL);
	struct hy_conf_reader r = {.file = path, .found_ctx = ctx ? (void *)(uintptr_t)ctx : NULL};
	struct hy_conf *conf;
	enum hy_status st;
	size_t n = 0, n_sections = 0;
	char *bytes = NULL;

	conf = hy_new(ctx, struct hy_conf);
	conf->schema = schema;
	r.ctx = conf;
	r.schema = schema;
	while (schema[n_sections].name)
		n_sections++;
	conf->titles = hy_new_array(conf, struct titles, n_sections + 1);
	st = load(&r, work, missing_ok, &bytes, &n, err);
	if (st == HY_OK && r.n_found == 0)
		hy_conf_scan(&r, bytes, n);
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
		*out = conf;
	else
		talloc_free(conf);
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
