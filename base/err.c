/*
 * Errors: one table says what each status means outside (name, exit code, HTTP). A status passed
 * with err == NULL is remembered for this thread, so that hy_err_wrap(NULL, ...) can still return
 * it.
 */
#include "base/err.h"
#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	int exit_code;
	int http;
} statuses[] = {
	[HY_OK] = {"ok", 0, 200},
	[HY_EINPUT] = {"input", 2, 400},
	[HY_ENOTFOUND] = {"notfound", 3, 404},
	[HY_EEXISTS] = {"exists", 8, 409},
	[HY_ECONFLICT] = {"conflict", 8, 409},
	[HY_EREFUSED] = {"refused", 4, 403},
	[HY_EAUTH] = {"auth", 7, 401},
	[HY_ETEMP] = {"temp", 75, 503},
	[HY_EWAIT] = {"wait", 75, 429},
	[HY_EPERM] = {"perm", 6, 502},
	[HY_EUNSURE] = {"unsure", 6, 502},
	[HY_ENOSPACE] = {"nospace", 75, 503},
	[HY_ECORRUPT] = {"corrupt", 1, 500},
	[HY_EBUSY] = {"busy", 8, 503},
	[HY_EPARTIAL] = {"partial", 5, 207},
	[HY_ESYSTEM] = {"system", 1, 500},
};

static _Thread_local enum hy_status last_without_err;

/* Bytes of the UTF-8 sequence a lead byte promises. */
static size_t lead_len(unsigned char c)
{
	return c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
}

/* The greatest cut <= n that leaves no half character at the end. */
static size_t cut_at_border(const char *s, size_t n)
{
	size_t lead = n;

	while (lead > 0 && n - lead < 4 && ((unsigned char)s[lead - 1] & 0xC0) == 0x80)
		lead--;
	if (lead == 0)
		return n;
	lead--;
	if ((unsigned char)s[lead] >= 0xC0 && lead + lead_len((unsigned char)s[lead]) > n)
		return lead;
	return n;
}

/* One line for terminals and logs: C0, DEL and C1 become '?'. */
static void make_one_line(char *s)
{
	for (unsigned char *p = (unsigned char *)s; *p; p++) {
		if (*p < 0x20 || *p == 0x7F) {
			*p = '?';
		} else if (*p == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0) {
			p[0] = '?';
			p[1] = '?';
		}
	}
}

/* Joins prefix (may be "") and text into err->text. */
static void put_text(struct hy_err *err, const char *prefix, const char *text)
{
	char line[HY_ERR_TEXT_MAX];
	int n = snprintf(line, sizeof(line), "%s%s%s", prefix, *prefix ? ": " : "", text);

	if (n < 0)
		line[0] = '\0';
	else if ((size_t)n >= sizeof(line))
		line[cut_at_border(line, sizeof(line) - 1)] = '\0';
	make_one_line(line);
	memcpy(err->text, line, sizeof(line));
}

__attribute__((format(printf, 4, 0))) static enum hy_status
set(struct hy_err *err, enum hy_status status, int64_t until, const char *fmt, va_list ap)
{
	char text[2 * HY_ERR_TEXT_MAX]; /* arguments may point into err->text */

	if (!err) {
		last_without_err = status;
		return status;
	}
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	err->status = status;
	err->until = until;
	put_text(err, "", text);
	return status;
}

enum hy_status hy_err_set(struct hy_err *err, enum hy_status status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(err, status, 0, fmt, ap);
	va_end(ap);
	return status;
}

enum hy_status hy_err_wait(struct hy_err *err, int64_t until, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(err, HY_EWAIT, until, fmt, ap);
	va_end(ap);
	return HY_EWAIT;
}

enum hy_status hy_err_wrap(struct hy_err *err, const char *fmt, ...)
{
	char context[HY_ERR_TEXT_MAX];
	char text[HY_ERR_TEXT_MAX];
	va_list ap;

	if (!err)
		return last_without_err ? last_without_err : HY_ESYSTEM;
	memcpy(text, err->text, sizeof(text));
	va_start(ap, fmt);
	if (vsnprintf(context, sizeof(context), fmt, ap) < 0)
		context[0] = '\0';
	va_end(ap);
	put_text(err, context, text);
	if (err->status == HY_OK)
		err->status = HY_ESYSTEM;
	return err->status;
}

const char *hy_status_name(enum hy_status status)
{
	return (size_t)status < HY_LEN(statuses) ? statuses[status].name : "system";
}

int hy_status_exit_code(enum hy_status status)
{
	return (size_t)status < HY_LEN(statuses) ? statuses[status].exit_code : 1;
}

int hy_status_http(enum hy_status status)
{
	return (size_t)status < HY_LEN(statuses) ? statuses[status].http : 500;
}

_Noreturn void hy_bug(const char *file, int line, const char *fmt, ...)
{
	char text[HY_ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	make_one_line(text);
	(void)fprintf(stderr, "huying: BUG at %s:%d: %s\n", file, line, text); /* dying anyway */
	abort();
}
