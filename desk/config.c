/* The schema of huying.conf: one table, read by the parser, `huying config`, huying.conf(5) and its
 * test. */
#include "desk/internal.h"

#include "publisher/publisher.h"

#include <string.h>

static enum hy_status check_zone(const char *value, struct hy_err *err)
{
	const struct hy_calendar_conf conf = {.zone = value};
	struct hy_calendar *cal = NULL;
	enum hy_status status = hy_calendar_new(&cal, NULL, &conf, err);

	talloc_free(cal);
	return status;
}

static enum hy_status check_hours(const char *value, struct hy_err *err)
{
	struct hy_hours hours;
	return hy_hours_parse(value, &hours, err);
}

static enum hy_status check_lang(const char *value, struct hy_err *err)
{
	if (!strcmp(value, "zh") || !strcmp(value, "en"))
		return HY_OK;
	return hy_err_set(err, HY_EINPUT, _("language is \"zh\" or \"en\", not \"%s\""), value);
}

static enum hy_status check_listen(const char *value, struct hy_err *err)
{
	const char *colon = strrchr(value, ':');
	if (colon && colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1) &&
	    strlen(colon + 1) <= 5)
		return HY_OK;
	return hy_err_set(err, HY_EINPUT,
			  _("listen is ADDRESS:PORT, for example 127.0.0.1:8620, not \"%s\""),
			  value);
}

static enum hy_status check_meters(const char *value, struct hy_err *err)
{
	struct hy_meter meter;
	return hy_meter_parse(value, &meter, err);
}

static const struct hy_conf_key office_keys[] = {
	{"name", HY_CONF_STR, "", 0, 200, N_("name of the office, as it signs"), NULL},
	{"language", HY_CONF_STR, "zh", 0, 8, N_("language of pages and messages: zh or en"),
	 check_lang},
	{"timezone", HY_CONF_STR, "Asia/Shanghai", 0, 64, N_("civil time of the office"),
	 check_zone},
	{"calendar", HY_CONF_STR, "cn", 0, 32, N_("calendar of work days: cn"), NULL},
	{"hours", HY_CONF_STR, "08:30-12:00,14:00-18:00", 0, 200, N_("office hours of a work day"),
	 check_hours},
	{"place", HY_CONF_STR, "", 0, 64, N_("place code or name of the office"), NULL},
	{NULL, 0, NULL, 0, 0, NULL, NULL},
};
static const struct hy_conf_key web_keys[] = {
	{"listen", HY_CONF_STR, "127.0.0.1:8620", 0, 100,
	 N_("address and port of the dashboard; port 0 lets the system choose"), check_listen},
	{"public_url", HY_CONF_STR, "", 0, 500,
	 N_("address under which the public page is reached"), NULL},
	{NULL, 0, NULL, 0, 0, NULL, NULL},
};
static const struct hy_conf_key collect_keys[] = {
	{"interval", HY_CONF_DUR, "15m", HY_SECOND, HY_DAY,
	 N_("time between two looks at a source that names none"), NULL},
	{"in_flight", HY_CONF_INT, "32", 1, 256,
	 N_("requests at the same time over all sources; what takes longer than 5 s goes on beside "
	    "them, three times as many at most"),
	 NULL},
	{"silence", HY_CONF_DUR, "6h", 0, 30 * HY_DAY,
	 N_("a source this long (and eight times longer than its habit) without anything new raises "
	    "an alert, and one that never brought anything after twelve times as long; 0s: never"),
	 NULL},
	{"timeout", HY_CONF_DUR, "60s", HY_SECOND, HY_NET_TIMEOUT,
	 N_("longest time for one request"), NULL},
	{"contact", HY_CONF_STR, "", 0, 200, N_("address shown in our User-Agent"), NULL},
	{NULL, 0, NULL, 0, 0, NULL, NULL},
};
static enum hy_status check_receive(const char *value, struct hy_err *err)
{
	return *value ? check_listen(value, err) : HY_OK;
}

static const struct hy_conf_key receive_keys[] = {
	{"listen", HY_CONF_STR, "", 0, 100,
	 N_("address and port for the callbacks of platforms; empty: no callbacks are taken"),
	 check_receive},
	{"public_url", HY_CONF_STR, "", 0, 500,
	 N_("https address of the proxy before it, as the platforms are told"), NULL},
	{"acknowledge", HY_CONF_STR, "", 0, 600,
	 N_("answer at once to who opened a case, where the platform takes one; {number} and {code} "
	    "stand for the case's; empty: none"),
	 NULL},
	{"sweep", HY_CONF_DUR, "10m", 0, HY_DAY,
	 N_("how often systems that can be asked are asked for what was missed; 0 = never"), NULL},
	{"join", HY_CONF_DUR, "24h", 0, 30 * HY_DAY,
	 N_("a further message of the same writer joins the open case for so long"), NULL},
	{NULL, 0, NULL, 0, 0, NULL, NULL},
};
static enum hy_status check_address(const char *value, struct hy_err *err)
{
	if (!value[strspn(value, "0123456789abcdefABCDEF.:")] &&
	    (!*value || strpbrk(value, ".:")))
		return HY_OK;
	return hy_err_set(err, HY_EINPUT,
			  _("address is an IP address, for example 203.0.113.7, not \"%s\""), value);
}

static enum hy_status check_kind(const char *value, struct hy_err *err)
{
	enum hy_statement_kind kind;

	return hy_statement_kind_parse(value, &kind, err);
}

static const struct hy_conf_key publish_keys[] = {
	{"not_after", HY_CONF_DUR, "60m", HY_MINUTE, 7 * HY_DAY,
	 N_("later than this after its time, a delivery is missed and waits for a person"), NULL},
	{"gap", HY_CONF_DUR, "5m", 0, HY_DAY,
	 N_("least time between two late deliveries to one account"), NULL},
	{"lookups", HY_CONF_INT, "5", 1, 100,
	 N_("look-ups of a delivery in doubt before a person is called"), NULL},
	{"timeout", HY_CONF_DUR, "60s", HY_SECOND, HY_NET_TIMEOUT,
	 N_("longest time for one request"), NULL},
	{"address", HY_CONF_STR, "", 0, 64,
	 N_("public IP address of this server: Weibo wants it with every post"), check_address},
	{"wechat_cover", HY_CONF_STR, "", 0, 500,
	 N_("picture (PNG or JPEG, 900x383) on WeChat articles, in the office's folder; empty: a "
	    "plain one"),
	 NULL},
	{"wechat_followers", HY_CONF_LIST, "", 0, 0,
	 N_("kinds of statements that are sent to all followers of WeChat accounts (correction, "
	    "erratum, notice, progress); others stand on the account's page, nobody is notified"),
	 check_kind},
	{NULL, 0, NULL, 0, 0, NULL, NULL},
};
static const struct hy_conf_key keep_keys[] = {
	{"items", HY_CONF_DUR, "30d", HY_DAY, 3650 * HY_DAY, N_("how long public items are kept"),
	 NULL},
	{"evidence", HY_CONF_DUR, "180d", HY_DAY, 3650 * HY_DAY,
	 N_("how long items seen in a claim are kept"), NULL},
	{"cases", HY_CONF_DUR, "730d", HY_DAY, 3650 * HY_DAY,
	 N_("how long a case is kept after it was closed"), NULL},
	{"reopen", HY_CONF_DUR, "30d", HY_DAY, 3650 * HY_DAY,
	 N_("how long after it was closed a case can be opened again; then the way to answer its "
	    "writer is erased"),
	 NULL},
	{NULL, 0, NULL, 0, 0, NULL, NULL},
};
static const struct hy_conf_key promise_keys[] = {
	{"within", HY_CONF_LIST, "", 0, 0,
	 N_("meters, each a budget in one kind of time: \"1h work\", \"8h rest\", \"3 workdays\", "
	    "\"5h any\""),
	 check_meters},
	{NULL, 0, NULL, 0, 0, NULL, NULL},
};
static const struct hy_conf_key report_keys[] = {
	{"minimum_cases", HY_CONF_INT, "5", 1, 1000,
	 N_("units with fewer cases are listed but not ranked"), NULL},
	{NULL, 0, NULL, 0, 0, NULL, NULL},
};
static const struct hy_conf_key reach_keys[] = {
	{"peer", HY_CONF_STR, "", 0, 100,
	 N_("exact ADDRESS:PORT of the source or account of this name; plain http is allowed to it "
	    "alone"),
	 check_listen},
	{NULL, 0, NULL, 0, 0, NULL, NULL},
};
static const struct hy_conf_key net_keys[] = {
	{"ca_file", HY_CONF_STR, "", 0, 500,
	 N_("PEM file of certificate authorities that are trusted beside the system's, such as the "
	    "office's own; in the office's folder, or by its whole path"),
	 NULL},
	{NULL, 0, NULL, 0, 0, NULL, NULL},
};
static enum hy_status check_values(const char *value, struct hy_err *err)
{
	return hy_answer_value_check(value, false, err);
}

static enum hy_status check_text_values(const char *value, struct hy_err *err)
{
	return hy_answer_value_check(value, true, err);
}

static enum hy_status check_digits(const char *value, struct hy_err *err)
{
	if (!value[strspn(value, "0123456789")])
		return HY_OK;
	return hy_err_set(err, HY_EINPUT, _("\"%s\": digits only"), value);
}

static const struct hy_conf_key sms_keys[] = {
	{"sign", HY_CONF_STR, "", 0, 60, N_("the approved signature, without brackets"), NULL},
	{"template", HY_CONF_STR, "", 0, 60,
	 N_("approved template that tells that an answer is there, to be looked up"), NULL},
	{"values", HY_CONF_LIST, "", 0, 0,
	 N_("what its variables take, Aliyun: \"name={number}\", Tencent: \"{number}\" in order; "
	    "{number}, {code}, {office} and {url} stand for the case's"),
	 check_values},
	{"text_template", HY_CONF_STR, "", 0, 60,
	 N_("approved template that takes a short answer whole; empty: none"), NULL},
	{"text_values", HY_CONF_LIST, "", 0, 0, N_("as values; {text} is the answer"),
	 check_text_values},
	{"text_max", HY_CONF_INT, "35", 1, 500,
	 N_("characters that {text} may have; a longer answer is looked up"), NULL},
	{"app", HY_CONF_STR, "", 0, 20, N_("Tencent's SmsSdkAppId"), check_digits},
	{"region", HY_CONF_STR, "", 0, 40, N_("Tencent's region; empty: ap-guangzhou"), NULL},
	{"sweep", HY_CONF_BOOL, "false", 0, 0,
	 N_("Tencent: ask for replies and reports that wait there (receive.sweep); it must have "
	    "opened that for the application"),
	 NULL},
	{"extend", HY_CONF_STR, "", 0, 20, N_("extension number, so that replies come back"),
	 check_digits},
	{NULL, 0, NULL, 0, 0, NULL, NULL},
};
static const struct hy_conf_key log_keys[] = {
	{"format", HY_CONF_STR, "auto", 0, 16, N_("auto, text, json or journal"), NULL},
	{"level", HY_CONF_STR, "info", 0, 16, N_("error, warning, notice, info or debug"), NULL},
	{NULL, 0, NULL, 0, 0, NULL, NULL},
};

const struct hy_conf_section hy_desk_schema[] = {
	{"office", false, office_keys, N_("The office itself")},
	{"web", false, web_keys, N_("Dashboard, API and public page")},
	{"collect", false, collect_keys, N_("Looking at sources")},
	{"receive", false, receive_keys, N_("Callbacks of platforms")},
	{"publish", false, publish_keys, N_("The outbox")},
	{"keep", false, keep_keys, N_("How long things are kept")},
	{"promise", true, promise_keys,
	 N_("A promise of time: \"reply\" and \"resolve\" are used by cases")},
	{"reach", true, reach_keys,
	 N_("A peer named exactly, by the name of its source or account")},
	{"net", false, net_keys, N_("The way out")},
	{"sms", true, sms_keys,
	 N_("How citizens are answered by SMS, by the name of an account of Aliyun or Tencent")},
	{"report", false, report_keys, N_("Reports")},
	{"log", false, log_keys, N_("The log")},
	{NULL, false, NULL, NULL},
};
