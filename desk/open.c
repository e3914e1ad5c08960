/*
 * Opening the folder: configuration, master key, record, calendar, index. Each desk is one thread's
 * own; nothing is shared but the files, so that a role can be killed alone.
 */
#include "desk/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *hy_desk_dir(const void *ctx, const char *dir)
{
	const char *base = NULL;

	if (dir && *dir)
		return hy_strdup(ctx, dir);
	if ((base = getenv("HUYING_DIR")) && *base)
		return hy_strdup(ctx, base);
	if ((base = getenv("XDG_STATE_HOME")) && *base)
		return hy_strf(ctx, "%s/huying", base);
	if ((base = getenv("HOME")) && *base)
		return hy_strf(ctx, "%s/.local/state/huying", base);
	return hy_strdup(ctx, "/var/lib/huying");
}

char *desk_file(struct hy_desk *desk, const void *ctx, const char *name)
{
	return hy_strf(ctx, "%s/%s", desk->dir, name);
}

static int wipe_desk(struct hy_desk *desk)
{
	explicit_bzero(desk->master, sizeof(desk->master));
	for (size_t i = 0; i < HY_LEN(desk->locks); i++)
		if (desk->locks[i].name && desk->locks[i].fd >= 0)
			close(desk->locks[i].fd);
	return 0;
}

/* The service manager's credential first, then keys/master.key: 32 bytes. */
static enum hy_status read_master(struct hy_desk *desk, struct hy_err *err)
{
	/* The service manager's credential is the live desk's. */
	const char *creds = hy_desk_drill_wanted() ? NULL : getenv("CREDENTIALS_DIRECTORY");
	char *path = creds ? hy_strf(desk, "%s/huying-master", creds) : NULL;
	char *bytes = NULL;
	size_t n = 0;
	enum hy_status status = HY_OK;

	if (!path || access(path, R_OK))
		path = desk_file(desk, desk, "keys/master.key");
	status = hy_file_read(desk, path, 4096, &bytes, &n, err);
	if (status)
		return hy_err_wrap(err, _("master key"));
	if (n != HY_KEY_LEN)
		return hy_err_set(
			err, HY_ECORRUPT,
			_("%s: %zu bytes where 32 were written at setup: put the key back "
			  "from a backup"),
			path, n);
	memcpy(desk->master, bytes, HY_KEY_LEN);
	explicit_bzero(bytes, n);
	talloc_free(bytes);
	return HY_OK;
}

static enum hy_status open_store(struct hy_desk *desk, struct hy_err *err)
{
	unsigned flags = desk->flags & HY_DESK_READ_ONLY ? HY_STORE_READ_ONLY : 0;

	if (desk->flags & HY_DESK_MIGRATE)
		flags |= HY_STORE_MIGRATE;
	return hy_store_open(&desk->st, desk, desk->dir, flags, desk->master, desk->clock, err);
}

struct hy_net_options desk_net_options(struct hy_desk *desk, const void *ctx)
{
	const char *contact = hy_conf_str(desk->conf, "collect", NULL, "contact");
	const char *authorities = hy_conf_str(desk->conf, "net", NULL, "ca_file");

	return (struct hy_net_options){
		.contact = *contact ? hy_strdup(ctx, contact) : NULL,
		.clock = desk->clock,
		.ca_file = *authorities == '/' ? hy_strdup(ctx, authorities)
			   : *authorities      ? desk_file(desk, ctx, authorities)
					       : NULL,
	};
}

enum hy_status desk_own_program(const void *ctx, char **out, struct hy_err *err)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n <= 0)
		return hy_err_set(
			err, HY_ESYSTEM,
			_("/proc/self/exe cannot be read: the parse child has no program"));
	*out = hy_strndup(ctx, exe, (size_t)n);
	return HY_OK;
}

enum hy_status hy_desk_open(struct hy_desk **out, const void *ctx, const char *dir, unsigned flags,
			    struct hy_err *err)
{
	struct hy_desk *desk = hy_new(ctx, struct hy_desk);
	uint8_t name[12];
	char *path = NULL;
	enum hy_status status = HY_OK;

	talloc_set_destructor(desk, wipe_desk);
	desk->dir = hy_desk_dir(desk, dir);
	desk->flags = flags;
	desk->clock = hy_clock_from_env(desk);
	hy_rand_init_default(&desk->rand);
	hy_random_bytes(name, sizeof(name));
	desk->owner = hy_hex(desk, name, sizeof(name));
	path = desk_file(desk, desk, "huying.db");
	if (access(path, F_OK)) {
		status = hy_err_set(err, HY_ENOTFOUND,
				    _("no record in %s: run huying setup --office NAME --dir %s"),
				    desk->dir, desk->dir);
		goto out;
	}
	status = hy_desk_drill_gate(desk->dir, err);
	if (status)
		goto out;
	path = desk_file(desk, desk, "huying.conf");
	status = hy_conf_read(&desk->conf, desk, path, true, hy_desk_schema, NULL, NULL, err);
	if (!status)
		status = read_master(desk, err);
	if (!status)
		status = open_store(desk, err);
	if (!status)
		status = desk_drill_open(desk, err);
out:
	if (status)
		talloc_free(desk);
	else
		*out = desk;
	return status;
}

struct hy_store *hy_desk_store(struct hy_desk *desk)
{
	return desk->st;
}

struct hy_clock *hy_desk_clock(struct hy_desk *desk)
{
	return desk->clock;
}

const struct hy_conf *hy_desk_conf(struct hy_desk *desk)
{
	return desk->conf;
}

const char *hy_desk_path(struct hy_desk *desk)
{
	return desk->dir;
}

hy_time hy_desk_now(struct hy_desk *desk)
{
	return desk->asked ? desk->asked : hy_now(desk->clock);
}

enum hy_lang hy_desk_lang(struct hy_desk *desk)
{
	return strcmp(hy_conf_str(desk->conf, "office", NULL, "language"), "en") ? HY_LANG_ZH
										 : HY_LANG_EN;
}

/* ---- the calendar ---- */

static enum hy_status read_overrides(struct hy_desk *desk, const void *ctx, const char *days,
				     struct hy_calendar_override **out, size_t *n_out,
				     struct hy_err *err)
{
	struct hy_day_override *rows = NULL;
	struct hy_calendar_override *list = NULL;
	size_t n = 0;
	enum hy_status status = hy_calendar_days(desk->st, ctx, days, &rows, &n, err);

	if (status)
		return status;
	list = hy_new_array(ctx, struct hy_calendar_override, n + 1);
	for (size_t i = 0; i < n && !status; i++) {
		list[i].work = rows[i].work;
		list[i].name = rows[i].name;
		status = hy_date_parse(rows[i].date, &list[i].date, err);
	}
	*out = list;
	*n_out = n;
	return status;
}

enum hy_status desk_calendar_reload(struct hy_desk *desk, struct hy_err *err)
{
	void *work = talloc_new(desk);
	struct hy_calendar_override *overrides = NULL;
	struct hy_calendar *cal = NULL;
	size_t n = 0;
	const char *days = hy_conf_str(desk->conf, "office", NULL, "calendar");
	enum hy_status status = read_overrides(desk, work, days, &overrides, &n, err);

	if (!status) {
		const struct hy_calendar_conf conf = {
			.days = days,
			.zone = hy_conf_str(desk->conf, "office", NULL, "timezone"),
			.hours = hy_conf_str(desk->conf, "office", NULL, "hours"),
			.overrides = overrides,
			.n_overrides = n,
		};
		status = hy_calendar_new(&cal, desk, &conf, err);
	}
	if (!status) {
		talloc_free(desk->cal);
		desk->cal = cal;
	}
	talloc_free(work);
	return status;
}

enum hy_status desk_calendar(struct hy_desk *desk, struct hy_calendar **out, struct hy_err *err)
{
	enum hy_status status = desk->cal ? HY_OK : desk_calendar_reload(desk, err);

	if (!status)
		*out = desk->cal;
	return status;
}

char *hy_desk_when(struct hy_desk *desk, const void *ctx, hy_time t)
{
	struct hy_calendar *cal = NULL;
	char text[17];

	if (!t || t == HY_TIME_NEVER || desk_calendar(desk, &cal, NULL))
		return hy_strdup(ctx, "");
	return hy_strdup(ctx, hy_calendar_short(cal, t, text));
}

hy_time hy_desk_day_start(struct hy_desk *desk, hy_time t)
{
	struct hy_calendar *cal = NULL;

	if (desk_calendar(desk, &cal, NULL))
		return t - t % HY_DAY;
	return hy_calendar_day_start(cal, hy_calendar_date(cal, t));
}

int desk_offset_minutes(struct hy_desk *desk, hy_time t)
{
	struct hy_calendar *cal = NULL;

	return desk_calendar(desk, &cal, NULL) ? 0 : hy_calendar_offset(cal, t) / 60;
}

static enum hy_status read_promise(struct hy_desk *desk, const void *ctx, const char *name,
				   const struct hy_promise **out, struct hy_err *err)
{
	size_t n_titles = 0, n = 0;
	const char *const *titles = hy_conf_titles(desk->conf, "promise", &n_titles);
	struct hy_promise *promise = NULL;
	enum hy_status status = HY_OK;

	for (size_t i = 0; i < n_titles; i++) {
		if (strcmp(titles[i], name))
			continue;
		const char *const *within = hy_conf_list(desk->conf, "promise", name, "within", &n);
		promise = hy_new(ctx, struct hy_promise);
		status = hy_promise_parse(titles[i], within, n, promise, err);
		if (!status)
			*out = promise;
		return status;
	}
	return HY_OK;
}

enum hy_status desk_promises(struct hy_desk *desk, const void *ctx, struct hy_case_rules *out,
			     struct hy_err *err)
{
	struct hy_calendar *cal = NULL;
	enum hy_status status = desk_calendar(desk, &cal, err);

	*out = (struct hy_case_rules){.cal = cal};
	if (!status)
		status = read_promise(desk, ctx, "reply", &out->reply, err);
	if (!status)
		status = read_promise(desk, ctx, "resolve", &out->resolve, err);
	if (!status)
		status = read_promise(desk, ctx, "wait", &out->wait, err);
	return status;
}

enum hy_status desk_index(struct hy_desk *desk, struct hy_index **out, struct hy_err *err)
{
	enum hy_status status = HY_OK;

	if (!desk->index)
		status = hy_index_open(&desk->index, desk, desk->dir, err);
	if (!status)
		*out = desk->index;
	return status;
}
