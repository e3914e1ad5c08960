/*
 * RE2 behind C, seen only inside index/ (regex.cc is the one file that knows it). An expression runs
 * in time linear in the text, whatever it says. Its atoms are strings without which it cannot match:
 * they go into the literal database of the watch set. Vectorscan's own expressions are not used:
 * version 5.4.9 misses matches of them on processors with AVX-512.
 */
#ifndef HY_INDEX_REGEX_H
#define HY_INDEX_REGEX_H

#include "base/base.h"

struct hy_regex; /* immutable, may be shared by threads; talloc child */
/* pattern: folded already. HY_EINPUT with RE2's words. */
enum hy_status hy_regex_new(struct hy_regex **out, const void *ctx, const char *pattern,
			    struct hy_err *err);
int hy_regex_size(const struct hy_regex *re); /* instructions of its program */
bool hy_regex_holds(const struct hy_regex *re, const char *s, size_t n);
/* The leftmost match at or after `at`: [*from, *until). */
bool hy_regex_find(const struct hy_regex *re, const char *s, size_t n, size_t at, size_t *from,
		   size_t *until);
/* n = 0: it may match without any of them. The strings live as long as re. */
const char *const *hy_regex_atoms(const struct hy_regex *re, size_t *n);
/* False: with just these atoms in the text it cannot match. */
bool hy_regex_may(const struct hy_regex *re, const bool *hit);

#endif
