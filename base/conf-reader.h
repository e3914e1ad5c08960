/*
 * Inside the configuration reader: what the scanner (conf-scan.c) and the values (conf.c) share.
 */
#ifndef HY_BASE_CONF_READER_H
#define HY_BASE_CONF_READER_H

#include "base/conf.h"

/* Where a section or key stands in the file. */
struct hy_conf_mark {
	const struct hy_conf_section *section;
	const char *title;
	const struct hy_conf_key *key; /* NULL: the section itself */
	int line;
};
struct hy_conf_reader {
	const struct hy_conf_section *schema;
	void *ctx; /* of what lives as long as the configuration */
	const char *file;
	struct hy_conf_finding *found;
	size_t n_found;
	void *found_ctx;
	struct hy_conf_mark *marks;
	size_t n_marks;
	/* scanner */
	const char *p, *end;
	int line;
};

/* Adds a finding; past 100 none. One line, with the cure. */
void hy_conf_find(struct hy_conf_reader *r, int line, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Where the same section (title, key) was seen before, or NULL. */
const struct hy_conf_mark *hy_conf_marked(const struct hy_conf_reader *r,
					  const struct hy_conf_mark *m);
/* Walks the statements of the n bytes: findings, and a mark for each section and key. */
void hy_conf_scan(struct hy_conf_reader *r, const char *bytes, size_t n);

#endif
