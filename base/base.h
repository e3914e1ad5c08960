/*
 * base: what every room stands on. Knows nothing of posts or cases. Include this one; it brings the
 * rest.
 */
#ifndef HY_BASE_H
#define HY_BASE_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "base/crypt.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/time.h"
#include "base/xml.h"

/* Number of elements of an array. */
#define HY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Whole file into memory (child of ctx, NUL after it); HY_EINPUT past max_bytes, HY_ENOTFOUND,
 * HY_ESYSTEM. "-" is stdin. */
enum hy_status hy_file_read(const void *ctx, const char *path, size_t max_bytes, char **out,
			    size_t *n_out, struct hy_err *err);
/* Writes beside, fsyncs, renames over, fsyncs the folder: either the old bytes or the new. mode as
 * for open(2). HY_ENOSPACE, HY_ESYSTEM. */
enum hy_status hy_file_write(const char *path, const void *bytes, size_t n, unsigned mode,
			     struct hy_err *err);

#endif
