/* Reading parameters and writing the members that many results share, so that an item or a time
 * looks the same everywhere. */
#include "desk/internal.h"

#include "collectors/collectors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *param_text(const struct hy_json *p, const char *name)
{
	const char *s = hy_json_str(p, name);
	return s ? s : "";
}

enum hy_status param_id(const struct hy_json *p, const char *name, int64_t *out, struct hy_err *err)
{
	const struct hy_json *v = hy_json_get(p, name);
	char *end = NULL;
	long long id = 0;

	if (!v || v->type == HY_JSON_NULL)
		return *out = 0, HY_OK;
	if (v->type == HY_JSON_INT) {
		id = v->integer;
	} else if (v->type == HY_JSON_STRING) {
		errno = 0;
		id = strtoll(v->text, &end, 10);
		if (errno || end == v->text || *end)
			return hy_err_set(err, HY_EINPUT, _("%s: \"%s\" is not a number"), name,
					  v->text);
	}
	if (id <= 0)
		return hy_err_set(err, HY_EINPUT, _("%s: %lld is not a number of the record"), name,
				  id);
	*out = id;
	return HY_OK;
}

/* 今天, yesterday ...: the beginning of that day in office time. */
static bool named_day(struct hy_desk *desk, const char *text, hy_time now, hy_time *out)
{
	static const struct {
		const char *word;
		int days;
	} names[] = {
		{"今天", 0},  {"today", 0}, {"昨天", -1},    {"yesterday", -1},
		{"前天", -2}, {"明天", 1},  {"tomorrow", 1}, {"后天", 2},
	};
	struct hy_calendar *cal = NULL;

	for (size_t i = 0; i < HY_LEN(names); i++)
		if (!strcmp(names[i].word, text) && !desk_calendar(desk, &cal, NULL)) {
			int date = hy_date_add(hy_calendar_date(cal, now), names[i].days);
			*out = hy_calendar_day_start(cal, date);
			return true;
		}
	return false;
}

enum hy_status param_time(struct hy_desk *desk, const struct hy_json *p, const char *name,
			  hy_time *out, struct hy_err *err)
{
	const struct hy_json *v = hy_json_get(p, name);
	hy_dur ago = 0;
	hy_time now = hy_desk_now(desk);
	enum hy_status status = HY_OK;

	if (!v || v->type == HY_JSON_NULL)
		return *out = 0, HY_OK;
	if (v->type == HY_JSON_INT) {
		if (v->integer < 0 || v->integer > INT64_C(253402300799))
			return hy_err_set(err, HY_EINPUT,
					  _("%s: %" PRId64 " is not a time in Unix seconds"), name,
					  v->integer);
		return *out = v->integer * HY_SECOND, HY_OK;
	}
	if (!hy_dur_parse(v->text, &ago, NULL))
		return *out = now - ago, HY_OK;
	if (named_day(desk, v->text, now, out))
		return HY_OK;
	/* the forms in which people and sites write dates: 2026/11/20, 2026年11月20日 8:30 ... */
	if (hy_feed_date_parse(v->text, desk_offset_minutes(desk, now), out) != HY_DATE_NONE)
		return HY_OK;
	status = hy_time_parse_iso(v->text, desk_offset_minutes(desk, now), out, err);
	return status ? hy_err_wrap(err, "%s", name) : HY_OK;
}

enum hy_status param_limit(const struct hy_json *p, int fallback, int most, int *out,
			   struct hy_err *err)
{
	int64_t n = hy_json_int(p, "limit", fallback);

	if (n < 1 || n > most)
		return hy_err_set(err, HY_EINPUT, _("limit: from 1 to %d, not %" PRId64), most, n);
	*out = (int)n;
	return HY_OK;
}

void put_ts(struct hy_json_writer *w, const char *name, hy_time t)
{
	hy_jw_kint(w, name, t == HY_TIME_NEVER ? 0 : t / HY_SECOND);
}

void put_when(struct hy_desk *desk, struct hy_json_writer *w, const char *name, hy_time t)
{
	char *text = hy_desk_when(desk, NULL, t);
	hy_jw_kstr(w, name, text);
	talloc_free(text);
}

void put_item(struct hy_desk *desk, struct hy_json_writer *w, const struct hy_item *it)
{
	struct hy_source *source = NULL;

	hy_jw_kint(w, "id", it->id.v);
	hy_jw_kint(w, "seq", it->seq);
	hy_jw_kstr(w, "title", it->title);
	hy_jw_kstr(w, "text", it->text);
	hy_jw_kstr(w, "url", it->url_public);
	if (it->source.v && !hy_source_get(desk->st, w, it->source, &source, NULL))
		hy_jw_kstr(w, "source", source->name);
	hy_jw_kint(w, "source_id", it->source.v);
	hy_jw_kstr(w, "place", it->place);
	hy_jw_kstr(w, "kind", hy_item_kind_name(it->kind));
	put_ts(w, "published_ts", it->posted);
	put_ts(w, "taken_ts", it->taken);
	put_when(desk, w, "when", it->posted);
	hy_jw_kbool(w, "official", it->flags & HY_ITEM_OFFICIAL);
	hy_jw_kbool(w, "own", it->flags & HY_ITEM_OWN);
	hy_jw_kbool(w, "cut", it->flags & HY_ITEM_CUT);
	hy_jw_kint(w, "revision", it->revision);
	talloc_free(source);
}

void put_person_name(struct hy_desk *desk, struct hy_json_writer *w, const char *name,
		     struct hy_person_id id)
{
	struct hy_person *person = NULL;

	if (!id.v || hy_person_get(desk->st, w, id, &person, NULL))
		hy_jw_kstr(w, name, NULL);
	else
		hy_jw_kstr(w, name, person->name);
	talloc_free(person);
}

void put_delivery(struct hy_desk *desk, struct hy_json_writer *w, const struct hy_delivery *d)
{
	struct hy_account *account = NULL;

	hy_jw_object(w);
	hy_jw_kint(w, "id", d->id.v);
	hy_jw_kint(w, "statement", d->statement.v);
	hy_jw_kint(w, "revision", d->revision);
	if (!hy_account_get(desk->st, w, d->account, &account, NULL)) {
		hy_jw_kstr(w, "account", account->name);
		hy_jw_kstr(w, "platform", account->platform);
	}
	hy_jw_kstr(w, "state", hy_delivery_state_name(d->state));
	hy_jw_kint(w, "attempt", d->attempt);
	hy_jw_kint(w, "lookups", d->lookups);
	hy_jw_kstr(w, "receipt", d->receipt);
	hy_jw_kstr(w, "url", d->receipt_url);
	hy_jw_kstr(w, "error", d->error);
	hy_jw_kstr(w, "cure", desk_delivery_cure(w, d, account));
	put_ts(w, "not_before_ts", d->not_before);
	put_ts(w, "not_after_ts", d->not_after);
	put_ts(w, "wait_until_ts", d->wait_until);
	put_ts(w, "changed_ts", d->changed);
	put_when(desk, w, "when", d->changed);
	hy_jw_end_object(w);
	talloc_free(account);
}

enum hy_status desk_end(struct hy_desk *desk, enum hy_status status, struct hy_err *err)
{
	if (!status)
		status = hy_store_commit(desk->st, err);
	if (status)
		hy_store_rollback(desk->st);
	return status;
}

static enum hy_status add_row(struct hy_desk *desk, struct hy_person_id actor, const char *action,
			      const char *detail, const char *object_fmt, va_list ap,
			      struct hy_err *err) __attribute__((format(printf, 5, 0)));

static enum hy_status add_row(struct hy_desk *desk, struct hy_person_id actor, const char *action,
			      const char *detail, const char *object_fmt, va_list ap,
			      struct hy_err *err)
{
	char *object = hy_vstrf(NULL, object_fmt, ap);
	enum hy_status status =
		hy_audit_add(desk->st, actor, action, object, detail ? detail : "{}", err);

	talloc_free(object);
	return status;
}

enum hy_status desk_audit(struct hy_desk *desk, struct hy_person_id actor, const char *action,
			  struct hy_err *err, const char *detail, const char *object_fmt, ...)
{
	va_list ap;
	enum hy_status status = HY_OK;

	va_start(ap, object_fmt);
	status = add_row(desk, actor, action, detail, object_fmt, ap, err);
	va_end(ap);
	return status;
}

enum hy_status desk_done(struct hy_desk *desk, enum hy_status status, struct hy_person_id actor,
			 const char *action, struct hy_err *err, const char *object_fmt, ...)
{
	va_list ap;

	va_start(ap, object_fmt);
	if (!status)
		status = add_row(desk, actor, action, NULL, object_fmt, ap, err);
	va_end(ap);
	return desk_end(desk, status, err);
}
