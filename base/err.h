/* Errors: a status that says what happens next, and one line of text that says what, where and the
 * cure. */
#ifndef HY_BASE_ERR_H
#define HY_BASE_ERR_H

#include <stdint.h>

/*
 * What a function returns. The name tells the caller what to do, never the text.
 * The exit code of `huying` for each is hy_status_exit_code().
 */
enum hy_status {
	HY_OK = 0,
	HY_EINPUT,    /* the user's fault: a bad argument, file or query; say what, where, cure */
	HY_ENOTFOUND, /* no such thing */
	HY_EEXISTS,   /* it is there already */
	HY_ECONFLICT, /* somebody else changed it first, or it is in the wrong state */
	HY_EREFUSED,  /* a rule forbids it: approval missing, one's own draft, frozen account */
	HY_EAUTH,     /* who you are is unknown, or you may not */
	HY_ETEMP,     /* nothing happened; try again with backoff */
	HY_EWAIT,     /* nothing happened; not before err->until (rate limit) */
	HY_EPERM,     /* it will never work as it is; do not retry */
	HY_EUNSURE,   /* it may have happened: look before you repeat */
	HY_ENOSPACE,  /* disk full or read-only: nothing was changed */
	HY_ECORRUPT,  /* stored data is damaged or of a newer version */
	HY_EBUSY,     /* another process holds the lease or lock */
	HY_EPARTIAL,  /* some parts were done, others not; the text names them */
	HY_ESYSTEM,   /* the operating system or a library failed */
};

#define HY_ERR_TEXT_MAX 512

/* Fixed size, no allocation. Zero-initialise: struct hy_err err = { 0 }; */
struct hy_err {
	enum hy_status status;
	int64_t until; /* HY_EWAIT only: UTC milliseconds before which not to try */
	char text[HY_ERR_TEXT_MAX];
};

/*
 * Fills err (may be NULL) with a status and one line: no full stop, no newline (control characters
 * are replaced by '?', an over-long line is cut at a character border). Returns status, so that one
 * can write `return hy_err_set(err, HY_EINPUT, ...)`.
 */
enum hy_status hy_err_set(struct hy_err *err, enum hy_status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As hy_err_set(HY_EWAIT), with the time (UTC ms) before which a new try is pointless. */
enum hy_status hy_err_wait(struct hy_err *err, int64_t until, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "context: " before the text already in err; keeps and returns its status. Once per layer. With
 * err NULL: the status this thread last gave to hy_err_set(NULL, ...). */
enum hy_status hy_err_wrap(struct hy_err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The stable ASCII name of a status: "ok", "input", "notfound" ... never NULL. */
const char *hy_status_name(enum hy_status status);

/* The exit code of ecosystem conventions: 0 ok, 1 failed, 2 usage, 3 not found, 4 refused, 5
 * partly, 6 remote, 7 auth, 8 busy, 75 again. */
int hy_status_exit_code(enum hy_status status);

/* The HTTP status of the same: 200, 400, 404, 409, 403, 401, 503 ... */
int hy_status_http(enum hy_status status);

/* A broken invariant of our own code: prints one line and aborts. Bad input is never a BUG. */
_Noreturn void hy_bug(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
#define HY_BUG(...) hy_bug(__FILE__, __LINE__, __VA_ARGS__)

#endif
