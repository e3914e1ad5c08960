/*
 * Configuration over libconfuse with a schema: each key has a type, a default, a range and a help
 * line, and the parser, `config check`, `config show`, huying.conf(5) and its test read the same
 * table.
 */
#ifndef HY_BASE_CONF_H
#define HY_BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum hy_conf_type { HY_CONF_STR, HY_CONF_INT, HY_CONF_BOOL, HY_CONF_DUR, HY_CONF_LIST };

struct hy_conf_key {
	const char *name; /* ASCII, '_' between words; the last entry has NULL */
	enum hy_conf_type type;
	const char *def;  /* default as it would be written; lists: comma-separated */
	int64_t min, max; /* INT: inclusive; DUR: milliseconds, inclusive; STR: max bytes in max (0
			     = 4096) */
	const char *help; /* one line, English msgid */
	/* Extra check of the text; NULL = none. HY_EINPUT with what and cure. */
	enum hy_status (*check)(const char *value, struct hy_err *err);
};
struct hy_conf_section {
	const char *name; /* the last entry has NULL */
	bool titled;	  /* section "title" { }: any number, titles unique */
	const struct hy_conf_key *keys;
	const char *help;
};

struct hy_conf;
/* One finding of a check: line 0 = the whole file. */
struct hy_conf_finding {
	const char *file;
	int line;
	bool warning;
	const char *code; /* "HY-CFG-012" */
	const char *text; /* one line with the cure, translated by hy_lang_default() */
};

/*
 * Reads path (max 1 MiB) by the schema. Scans first for full-width quotes, equals signs and braces
 * of a Chinese input method and for unclosed braces (libconfuse accepts those at end of file); an
 * unknown key gets a suggestion by edit distance. On any error: HY_EINPUT, err holds the first
 * finding, and *findings (child of ctx; may be NULL) all. A missing file with missing_ok gives the
 * defaults.
 */
enum hy_status hy_conf_read(struct hy_conf **out, const void *ctx, const char *path,
			    bool missing_ok, const struct hy_conf_section *schema,
			    struct hy_conf_finding **findings, size_t *n_findings,
			    struct hy_err *err);
/* Typed reads; section "office", key "name"; title for titled sections (else NULL). An unknown key
 * is HY_BUG. Valid while conf lives. */
const char *hy_conf_str(const struct hy_conf *c, const char *section, const char *title,
			const char *key);
int64_t hy_conf_int(const struct hy_conf *c, const char *section, const char *title,
		    const char *key);
bool hy_conf_bool(const struct hy_conf *c, const char *section, const char *title, const char *key);
int64_t hy_conf_dur(const struct hy_conf *c, const char *section, const char *title,
		    const char *key); /* ms */
const char *const *hy_conf_list(const struct hy_conf *c, const char *section, const char *title,
				const char *key, size_t *n_out);
/* Titles of a titled section, in order of the file. */
const char *const *hy_conf_titles(const struct hy_conf *c, const char *section, size_t *n_out);
/* Where a value came from: line in the file, or 0 for the default. */
int hy_conf_line(const struct hy_conf *c, const char *section, const char *title, const char *key);

#endif
