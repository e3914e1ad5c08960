/* The log: one record a line; journal fields, text, or JSON. Only desk, web and cmd log. */
#ifndef HY_BASE_LOG_H
#define HY_BASE_LOG_H

#include "base/err.h"

enum hy_log_level {
	HY_LOG_ERR = 3,
	HY_LOG_WARNING = 4,
	HY_LOG_NOTICE = 5,
	HY_LOG_INFO = 6,
	HY_LOG_DEBUG = 7
};
enum hy_log_format { HY_LOG_TEXT, HY_LOG_JSON, HY_LOG_JOURNAL };

/* JOURNAL is chosen by hy_log_init_auto() when stderr is connected to the journal (JOURNAL_STREAM).
 * Thread-safe. */
void hy_log_init(enum hy_log_format format, enum hy_log_level least);
void hy_log_init_auto(const char *format /* "text", "json", "journal" or NULL */,
		      enum hy_log_level least);

/*
 * One record. area: the role or folder ("collect"). Then pairs of const char *key (ASCII), const
 * char *value, ended by NULL; keys become journal fields HUYING_KEY. Values are made printable: one
 * record is one line, whatever they hold (T-OUT-3).
 */
void hy_log(enum hy_log_level level, const char *area, const char *message, ...)
	__attribute__((sentinel));
/* The common case: message and an error's text. */
void hy_log_err(enum hy_log_level level, const char *area, const char *message,
		const struct hy_err *err);

#endif
