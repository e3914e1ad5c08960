/* Commands on the calendar that need no office: what-if due times, days and their notices. */
#include "cmd/cmd.h"

#include "calendar/calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The office's own calendar where there is an office, else the published one. */
static enum hy_status calendar_of(struct hy_cmd *cmd, const char *days, const char *hours,
				  const char *zone, struct hy_calendar **out, struct hy_err *err)
{
	const struct hy_calendar_conf conf = {.days = days, .hours = hours, .zone = zone};
	return hy_calendar_new(out, cmd->ctx, &conf, err);
}

/* ---- due ---- */

static enum hy_status promise_of(struct hy_cmd *cmd, struct hy_promise *out, struct hy_err *err)
{
	const char *within[HY_METERS_MAX + 1];
	size_t n = 0;
	const char *one = NULL;

	while (n <= HY_METERS_MAX && (one = cmd_option(cmd, "within", err)))
		within[n++] = one;
	if (err->status)
		return err->status;
	if (!n)
		return hy_err_set(err, HY_EINPUT, "%s",
				  _("--within 'BUDGET KIND' is missing, for example --within '1h "
				    "work' --within '8h rest'"));
	return hy_promise_parse("what-if", within, n, out, err);
}

static enum hy_status one_due(struct hy_cmd *cmd, const struct hy_calendar *cal,
			      const struct hy_promise *promise, const char *line, bool explain,
			      struct hy_err *err)
{
	struct hy_run run = {.promise = promise};
	struct hy_explanation *why = NULL;
	struct hy_json_writer *w = NULL;
	char iso[HY_TIME_ISO_OFFSET_MAX];
	hy_time due = 0;
	enum hy_status status = hy_time_parse_iso(line, 480, &run.arrival, err);

	if (!status) /* a time without a zone is office time: read again with the offset then in
			force */
		status = hy_time_parse_iso(line, hy_calendar_offset(cal, run.arrival) / 60,
					   &run.arrival, err);
	if (!status)
		status = hy_calendar_due(cal, &run, &due, err);
	if (!status && explain)
		status = hy_calendar_explain(cal, &run, cmd->ctx, &why, err);
	if (status)
		return status;
	hy_calendar_iso(cal, due, iso);
	if (cmd->json) {
		w = hy_json_writer_new(NULL, false);
		hy_jw_object(w);
		hy_jw_kstr(w, "at", line);
		hy_jw_kstr(w, "due", iso);
		if (why) {
			hy_jw_key(w, "why");
			hy_explanation_json(cal, why, w);
		}
		hy_jw_end_object(w);
		cmd_json(hy_jw_text(w, NULL));
		talloc_free(w);
	} else {
		cmd_say("%s\n", iso);
		if (why)
			cmd_say("%s\n", hy_explanation_text(cal, why, cmd->ctx, hy_lang_default()));
	}
	talloc_free(why);
	return HY_OK;
}

static enum hy_status each_line(struct hy_cmd *cmd, const struct hy_calendar *cal,
				const struct hy_promise *promise, FILE *in, bool explain,
				struct hy_err *err)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n = 0;
	int number = 0;
	enum hy_status status = HY_OK;

	while (!status && (n = getline(&line, &room, in)) >= 0) {
		number++;
		while (n && (line[n - 1] == '\n' || line[n - 1] == '\r' || line[n - 1] == ' '))
			line[--n] = '\0';
		if (!n)
			continue;
		status = one_due(cmd, cal, promise, line, explain, err);
		if (status)
			hy_err_wrap(err, _("line %d"), number);
	}
	free(line);
	return status;
}

int cmd_calendar_due(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	const char *days = cmd_option(cmd, "calendar", &err),
		   *hours = cmd_option(cmd, "hours", &err), *zone = cmd_option(cmd, "zone", &err);
	bool explain = cmd_flag(cmd, "explain");
	struct hy_promise promise;
	struct hy_calendar *cal = NULL;
	FILE *in = stdin;
	enum hy_status status = promise_of(cmd, &promise, &err);

	if (!status)
		status = cmd_rest(cmd, 1, 1, &err);
	if (!status)
		status = calendar_of(cmd, days, hours, zone, &cal, &err);
	if (status)
		return cmd_usage(cmd, &err);
	if (strcmp(cmd->argv[0], "-") && !(in = fopen(cmd->argv[0], "re"))) {
		hy_err_set(&err, HY_ENOTFOUND, _("%s cannot be read"), cmd->argv[0]);
		return cmd_fail(&err);
	}
	status = each_line(cmd, cal, &promise, in, explain, &err);
	if (in != stdin)
		fclose(in);
	return status ? cmd_fail(&err) : 0;
}

/* ---- days ---- */

static enum hy_status office_calendar(struct hy_cmd *cmd, struct hy_calendar **out,
				      struct hy_err *err)
{
	struct hy_desk *desk = NULL;
	struct hy_day_override *rows = NULL;
	struct hy_calendar_override *list = NULL;
	size_t n = 0;
	enum hy_status status = HY_OK;

	if (hy_desk_open(&desk, cmd->ctx, cmd->dir, HY_DESK_READ_ONLY, NULL))
		return calendar_of(cmd, NULL, NULL, NULL, out, err);
	const struct hy_conf *conf = hy_desk_conf(desk);
	struct hy_calendar_conf cc = {
		.days = hy_conf_str(conf, "office", NULL, "calendar"),
		.hours = hy_conf_str(conf, "office", NULL, "hours"),
		.zone = hy_conf_str(conf, "office", NULL, "timezone"),
	};
	status = hy_calendar_days(hy_desk_store(desk), cmd->ctx, cc.days, &rows, &n, err);
	list = hy_new_array(cmd->ctx, struct hy_calendar_override, n + 1);
	for (size_t i = 0; i < n && !status; i++) {
		list[i] = (struct hy_calendar_override){.work = rows[i].work, .name = rows[i].name};
		status = hy_date_parse(rows[i].date, &list[i].date, err);
	}
	cc.overrides = list;
	cc.n_overrides = n;
	return status ? status : hy_calendar_new(out, cmd->ctx, &cc, err);
}

static void show_day(struct hy_cmd *cmd, const struct hy_calendar_day *d, struct hy_json_writer *w)
{
	char date[11];

	hy_date_text(d->date, date);
	if (!cmd->json) {
		cmd_say("%s  %s %s  %s\n", date,
			cmd_pad(cmd->ctx, cmd_word(hy_day_kind_name(d->kind)), 13), d->name,
			d->source);
		return;
	}
	hy_jw_object(w);
	hy_jw_kstr(w, "date", date);
	hy_jw_kstr(w, "kind", hy_day_kind_name(d->kind));
	hy_jw_kbool(w, "work", d->work);
	hy_jw_kbool(w, "known", d->known);
	hy_jw_kstr(w, "name", d->name);
	hy_jw_kstr(w, "source", d->source);
	hy_jw_end_object(w);
}

int cmd_calendar_show(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	struct hy_calendar *cal = NULL;
	struct hy_json_writer *w = hy_json_writer_new(cmd->ctx, false);
	int first = 0, last = 0, year = 0, month = 0;
	enum hy_status status = cmd_rest(cmd, 0, 1, &err);

	if (!status)
		status = office_calendar(cmd, &cal, &err);
	if (!status && cmd->argc && sscanf(cmd->argv[0], "%4d-%2d", &year, &month) < 1)
		status = hy_err_set(&err, HY_EINPUT,
				    _("%s is neither a year nor a month such as 2026-02"),
				    cmd->argv[0]);
	if (status)
		return cmd_usage(cmd, &err);
	if (!year)
		year = hy_calendar_date(cal, hy_now(hy_clock_from_env(cmd->ctx))) / 10000;
	first = year * 10000 + (month ? month : 1) * 100 + 1;
	last = month ? hy_date_add(year * 10000 + month * 100 + 1, 31) / 100 * 100 + 1
		     : (year + 1) * 10000 + 101;
	hy_jw_array(w);
	for (int date = first; date < last; date = hy_date_add(date, 1)) {
		struct hy_calendar_day day;
		if (hy_calendar_day(cal, date, &day, &err))
			return cmd_fail(&err);
		if (month || (day.kind != HY_DAY_WORK && day.kind != HY_DAY_WEEKEND))
			show_day(cmd, &day, w);
	}
	hy_jw_end_array(w);
	if (cmd->json)
		cmd_json(hy_jw_text(w, NULL));
	return 0;
}

int cmd_calendar_explain(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	struct hy_calendar *cal = NULL;
	struct hy_calendar_day day;
	struct hy_json_writer *w = hy_json_writer_new(cmd->ctx, false);
	int date = 0;
	enum hy_status status = cmd_rest(cmd, 1, 1, &err);

	if (!status)
		status = hy_date_parse(cmd->argv[0], &date, &err);
	if (!status)
		status = office_calendar(cmd, &cal, &err);
	if (!status)
		status = hy_calendar_day(cal, date, &day, &err);
	if (status)
		return cmd_usage(cmd, &err);
	show_day(cmd, &day, w);
	if (cmd->json)
		cmd_json(hy_jw_text(w, NULL));
	return 0;
}

int cmd_calendar_check(struct hy_cmd *cmd)
{
	struct hy_err err = {0};
	struct hy_calendar *cal = NULL;
	char **lines = NULL;
	size_t n = 0;
	enum hy_status status = cmd_rest(cmd, 0, 0, &err);

	if (!status)
		status = office_calendar(cmd, &cal, &err);
	if (status)
		return cmd_usage(cmd, &err);
	n = hy_calendar_check(cal, cmd->ctx, hy_now(hy_clock_from_env(cmd->ctx)), hy_lang_default(),
			      &lines);
	for (size_t i = 0; i < n; i++)
		cmd_say("%s\n", lines[i]);
	if (!n)
		cmd_say(_("%s: all notices are in\n"), hy_calendar_version(cal));
	return n ? 9 : 0;
}
