/*
 * Clocks: the real one, one that stands still, and one that follows a file, so that a quarter of
 * case work can pass in a second. A file that is missing or half-written keeps the last rule read.
 */
#include "config.h"
#include "base/time.h"
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CLOCK_FILE_MAX 128
#define RATE_MAX 1000000000.0

enum kind { CLOCK_IS_REAL, CLOCK_IS_FIXED, CLOCK_IS_FILE };

/* The time was base when the real clock said real, and runs rate times as fast. */
struct rule {
	hy_time base;
	double rate;
	hy_time real;
};

struct hy_clock {
	enum kind kind;
	_Atomic int64_t fixed;
	const char *path;
	pthread_mutex_t lock; /* guards rule */
	struct rule rule;
};

static struct hy_clock real_clock = {.kind = CLOCK_IS_REAL};

static int64_t read_ms(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts) < 0)
		HY_BUG("clock_gettime(%d): errno %d", (int)id, errno);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

hy_time hy_monotonic(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

struct hy_clock *hy_clock_real(void)
{
	return &real_clock;
}

struct hy_clock *hy_clock_fixed(const void *ctx, hy_time start)
{
	struct hy_clock *clock = hy_new(ctx, struct hy_clock);

	clock->kind = CLOCK_IS_FIXED;
	atomic_init(&clock->fixed, start);
	return clock;
}

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

static bool read_int(const char **p, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(*p, &end, 10);
	if (end == *p || errno)
		return false;
	*p = end;
	return true;
}

/* Digits with one optional point, without strtod: that one reads by the locale. */
static bool read_rate(const char **p, double *out)
{
	double v = 0, scale = 1;
	bool any = false, point = false;

	for (; **p; (*p)++) {
		if (**p == '.' && !point) {
			point = true;
		} else if (**p >= '0' && **p <= '9') {
			v = v * 10 + (**p - '0');
			scale *= point ? 10 : 1;
			any = true;
		} else {
			break;
		}
	}
	*out = v / scale;
	return any && *out <= RATE_MAX;
}

static bool read_rule(const char *text, struct rule *out)
{
	struct rule rule = {.rate = 0};
	const char *p = skip_blanks(text);

	if (!read_int(&p, &rule.base))
		return false;
	p = skip_blanks(p);
	if (*p == 'x') {
		p++;
		if (!read_rate(&p, &rule.rate))
			return false;
		p = skip_blanks(p);
		if (*p++ != '@' || !read_int(&p, &rule.real))
			return false;
		p = skip_blanks(p);
	}
	if (*p)
		return false;
	*out = rule;
	return true;
}

/* True when the file holds a rule. */
static bool read_clock_file(const char *path, struct rule *out)
{
	char text[CLOCK_FILE_MAX];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd); /* read only */
	if (n <= 0)
		return false;
	text[n] = '\0';
	return read_rule(text, out);
}

static int destroy_file_clock(struct hy_clock *clock)
{
	pthread_mutex_destroy(&clock->lock);
	return 0;
}

struct hy_clock *hy_clock_file(const void *ctx, const char *path)
{
	struct hy_clock *clock = hy_new(ctx, struct hy_clock);

	clock->kind = CLOCK_IS_FILE;
	clock->path = hy_strdup(clock, path);
	clock->rule = (struct rule){.base = read_ms(CLOCK_REALTIME)};
	pthread_mutex_init(&clock->lock, NULL);
	talloc_set_destructor(clock, destroy_file_clock);
	return clock;
}

struct hy_clock *hy_clock_from_env(const void *ctx)
{
	const char *path = getenv("HUYING_CLOCK");

	return path && *path ? hy_clock_file(ctx, path) : hy_clock_real();
}

static hy_time now_by_file(struct hy_clock *clock)
{
	struct rule rule;

	pthread_mutex_lock(&clock->lock);
	if (read_clock_file(clock->path, &rule))
		clock->rule = rule;
	else
		rule = clock->rule;
	pthread_mutex_unlock(&clock->lock);
	if (rule.rate <= 0)
		return rule.base;
	return rule.base + (hy_time)((double)(read_ms(CLOCK_REALTIME) - rule.real) * rule.rate);
}

hy_time hy_now(struct hy_clock *clock)
{
	switch (clock->kind) {
	case CLOCK_IS_FIXED:
		return atomic_load(&clock->fixed);
	case CLOCK_IS_FILE:
		return now_by_file(clock);
	case CLOCK_IS_REAL:
		break;
	}
	return read_ms(CLOCK_REALTIME);
}

void hy_clock_set(struct hy_clock *clock, hy_time t)
{
	if (clock->kind != CLOCK_IS_FIXED)
		HY_BUG("hy_clock_set on a clock that is not fixed");
	atomic_store(&clock->fixed, t);
}
