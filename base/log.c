/*
 * The log. Values are made printable before anything else, and each record leaves by one write:
 * whatever a value holds, one record is one line, and threads never mix lines.
 */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "config.h"
#include "base/log.h"
#include "base/base.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#define PAIRS_MAX 32
#define RECORD_MAX (256u << 10)

struct pair {
	const char *key;
	char *value; /* printable */
};

struct record {
	enum hy_log_level level;
	const char *area;
	char *message;
	struct pair pairs[PAIRS_MAX];
	size_t n_pairs;
};

static _Atomic int log_format = HY_LOG_TEXT;
static _Atomic int log_least = HY_LOG_INFO;

void hy_log_init(enum hy_log_format format, enum hy_log_level least)
{
	atomic_store(&log_format, (int)format);
	atomic_store(&log_least, (int)least);
}

/* True when stderr is the stream that JOURNAL_STREAM names as "device:inode". */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;
	char *end;

	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return false;
	dev = strtoull(stream, &end, 10);
	if (*end != ':')
		return false;
	ino = strtoull(end + 1, &end, 10);
	return *end == '\0' && dev == (unsigned long long)st.st_dev &&
	       ino == (unsigned long long)st.st_ino;
}

void hy_log_init_auto(const char *format, enum hy_log_level least)
{
	enum hy_log_format f = HY_LOG_TEXT;

	if (!format)
		f = stderr_is_journal() ? HY_LOG_JOURNAL : HY_LOG_TEXT;
	else if (strcmp(format, "json") == 0)
		f = HY_LOG_JSON;
	else if (strcmp(format, "journal") == 0)
		f = HY_LOG_JOURNAL;
	hy_log_init(f, least);
}

static const char *level_name(enum hy_log_level level)
{
	switch (level) {
	case HY_LOG_ERR:
		return "error";
	case HY_LOG_WARNING:
		return "warning";
	case HY_LOG_NOTICE:
		return "notice";
	case HY_LOG_INFO:
		return "info";
	case HY_LOG_DEBUG:
		break;
	}
	return "debug";
}

static char *printable(const void *ctx, const char *s)
{
	return hy_text_printable(ctx, hy_utf8_repair(ctx, s ? s : "", s ? strlen(s) : 0, NULL));
}

/* Bare when it is one plain word, else in quotes. */
static void add_text_value(struct hy_buf *b, const char *s)
{
	if (*s && !strpbrk(s, " \"=")) {
		hy_buf_str(b, s);
		return;
	}
	hy_buf_chr(b, '"');
	for (; *s; s++) {
		if (*s == '"')
			hy_buf_chr(b, '\\');
		hy_buf_chr(b, *s);
	}
	hy_buf_chr(b, '"');
}

/* Write errors are not reported: there is nowhere to report them to. */
static void write_line(const char *line, size_t n)
{
	while (n > 0) {
		ssize_t put = write(STDERR_FILENO, line, n);

		if (put <= 0)
			return;
		line += put;
		n -= (size_t)put;
	}
}

static void write_text(const void *ctx, const struct record *r)
{
	char iso[HY_TIME_ISO_MAX];
	struct hy_buf b;

	hy_buf_init(&b, ctx, RECORD_MAX);
	hy_buf_fmt(&b, "%s %s %s: %s", hy_time_iso(hy_now(hy_clock_real()), iso),
		   level_name(r->level), r->area, r->message);
	for (size_t i = 0; i < r->n_pairs; i++) {
		hy_buf_fmt(&b, " %s=", r->pairs[i].key);
		add_text_value(&b, r->pairs[i].value);
	}
	b.max++; /* room for the end of the line always */
	b.over = false;
	hy_buf_chr(&b, '\n');
	write_line(b.data, b.len);
}

static void write_json(const void *ctx, const struct record *r)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);
	char iso[HY_TIME_ISO_MAX];
	const char *text;
	char *line;
	size_t n;

	hy_jw_object(w);
	hy_jw_kstr(w, "time", hy_time_iso(hy_now(hy_clock_real()), iso));
	hy_jw_kstr(w, "level", level_name(r->level));
	hy_jw_kstr(w, "area", r->area);
	hy_jw_kstr(w, "message", r->message);
	for (size_t i = 0; i < r->n_pairs; i++)
		hy_jw_kstr(w, r->pairs[i].key, r->pairs[i].value);
	hy_jw_end_object(w);
	text = hy_jw_text(w, &n);
	line = hy_new_array(ctx, char, n + 1);
	memcpy(line, text, n);
	line[n] = '\n';
	write_line(line, n + 1);
}

/* "case" -> "HUYING_CASE=value"; journal field names are capitals, digits and '_'. */
static struct iovec field(const void *ctx, const char *key, const char *value)
{
	char *s = hy_strf(ctx, "HUYING_%s=%s", key, value);

	for (char *p = s; *p != '='; p++) {
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
		else if (!(*p >= 'A' && *p <= 'Z') && !(*p >= '0' && *p <= '9'))
			*p = '_';
	}
	return (struct iovec){.iov_base = s, .iov_len = strlen(s)};
}

static void write_journal(const void *ctx, const struct record *r)
{
	struct iovec iov[PAIRS_MAX + 4];
	char *message = hy_strf(ctx, "MESSAGE=%s: %s", r->area, r->message);
	char *priority = hy_strf(ctx, "PRIORITY=%d", (int)r->level);
	static char identifier[] = "SYSLOG_IDENTIFIER=huying";
	int n = 0;

	iov[n++] = (struct iovec){.iov_base = message, .iov_len = strlen(message)};
	iov[n++] = (struct iovec){.iov_base = priority, .iov_len = strlen(priority)};
	iov[n++] = (struct iovec){.iov_base = identifier, .iov_len = strlen(identifier)};
	iov[n++] = field(ctx, "area", r->area);
	for (size_t i = 0; i < r->n_pairs; i++)
		iov[n++] = field(ctx, r->pairs[i].key, r->pairs[i].value);
	if (sd_journal_sendv(iov, n) < 0)
		write_text(ctx, r);
}

static void write_record(const void *ctx, const struct record *r)
{
	switch ((enum hy_log_format)atomic_load(&log_format)) {
	case HY_LOG_JSON:
		write_json(ctx, r);
		break;
	case HY_LOG_JOURNAL:
		write_journal(ctx, r);
		break;
	case HY_LOG_TEXT:
		write_text(ctx, r);
		break;
	}
}

void hy_log(enum hy_log_level level, const char *area, const char *message, ...)
{
	struct record r = {.level = level, .area = area};
	const char *key;
	va_list ap;
	void *work;

	if ((int)level > atomic_load(&log_least))
		return;
	work = talloc_new(NULL);
	if (!work)
		hy_mem_die();
	r.message = printable(work, message);
	va_start(ap, message);
	while (r.n_pairs < PAIRS_MAX && (key = va_arg(ap, const char *))) {
		r.pairs[r.n_pairs].key = key;
		r.pairs[r.n_pairs++].value = printable(work, va_arg(ap, const char *));
	}
	va_end(ap);
	write_record(work, &r);
	talloc_free(work);
}

void hy_log_err(enum hy_log_level level, const char *area, const char *message,
		const struct hy_err *err)
{
	hy_log(level, area, message, "error", err->text, "status", hy_status_name(err->status),
	       (char *)NULL);
}
