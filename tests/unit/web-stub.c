/* A desk of invented answers: each action has one fixed JSON, so that pages can be seen and tested
 * without a record. */
#include "tests/unit/web-stub.h"

#include "desk/desk.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NOW 1795243500 /* 2026-11-21 14:05 in China */

char web_stub_action[64];
char web_stub_params[1024];
int web_stub_acts;
int web_stub_refuse;
int web_stub_delay_ms;
int64_t web_stub_version = 1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const struct {
	const char *action, *json;
} answers[] = {
	{"status",
	 "{\"office\":\"临江县新闻办\",\"now_ts\":1795243500,\"counts\":{\"items\":184203,"
	 "\"items_today\":1284,\"sources\":12,\"sources_failing\":1,\"alerts_firing\":2,"
	 "\"alerts_acked\":1,\"cases_open\":12,\"cases_overdue\":1,\"claims_open\":3,"
	 "\"statements_waiting\":2,\"deliveries_open\":1,\"deliveries_unknown\":0,"
	 "\"deliveries_sent\":41,\"deliveries_failed\":1},\"last_seq\":184203,"
	 "\"index_seq\":184203,\"detect_seq\":184201,\"lag\":0,\"roles\":[]}"},
	{"alert.list",
	 "{\"items\":[{\"id\":31,\"kind\":\"watch\",\"level\":\"high\",\"title\":\"城东 水 发黄\","
	 "\"why\":\"规则“供水”：5 分钟 37 条，平时 4 条\",\"state\":\"firing\",\"items\":37,"
	 "\"first_ts\":1795243200,\"last_ts\":1795243500,\"when\":\"2026-11-21 14:05\","
	 "\"rule\":\"供水\"},{\"id\":30,\"kind\":\"watch\",\"level\":\"medium\",\"title\":"
	 "\"拖欠工资\","
	 "\"why\":\"规则“欠薪”命中 2 条\",\"state\":\"firing\",\"items\":2,\"when\":\"2026-11-21 "
	 "13:40\",\"rule\":\"欠薪\"},{\"id\":29,\"kind\":\"watch\",\"level\":\"low\",\"title\":"
	 "\"公交改线\","
	 "\"why\":\"规则“交通”命中 9 条\",\"state\":\"acked\",\"items\":9,\"when\":\"2026-11-21 "
	 "11:02\",\"rule\":\"交通\"}],\"next\":0}"},
	{"alert.show",
	 "{\"id\":31,\"kind\":\"watch\",\"level\":\"high\",\"title\":\"城东 水 "
	 "发黄\",\"why\":\"规则“供水”"
	 "（城东 AND 水 AND 发黄）\\n5 分钟 37 条，平时 4 条，9 倍\\n12 个不同的声音，3 个信源\","
	 "\"state\":\"firing\",\"items\":37,\"first_ts\":1795243200,\"last_ts\":1795243500,"
	 "\"when\":\"2026-11-21 14:05\",\"rule\":\"供水\",\"matched\":[{\"id\":501,\"seq\":501,"
	 "\"title\":\"城东自来水又发黄了\",\"text\":"
	 "\"今早城东片区自来水发黄，放了十分钟还是黄的。\","
	 "\"snippet\":\"今早城东片区自来水发黄，放了十分钟还是黄的。\",\"marks\":[[6,12],[24,33]],"
	 "\"source\":\"城东论坛\",\"place\":\"城东\",\"kind\":\"post\",\"when\":\"2026-11-21 "
	 "14:03\"},"
	 "{\"id\":502,\"title\":\"水厂回应\",\"snippet\":\"管道冲洗，预计 16 时恢复\",\"marks\":[],"
	 "\"source\":\"县政府网\",\"place\":\"临江\",\"kind\":\"article\",\"official\":true,"
	 "\"when\":\"2026-11-21 13:58\"}]}"},
	{"case.list",
	 "{\"items\":[{\"id\":117,\"number\":\"20261121-0007\",\"type\":\"complaint\","
	 "\"state\":\"assigned\",\"title\":\"城东自来水发黄\",\"unit\":\"水务局\",\"unit_id\":3,"
	 "\"opened_ts\":1795239180,\"when\":\"2026-11-21 12:53\",\"due_ts\":1795242780,"
	 "\"due_when\":\"2026-11-21 13:53\",\"left_s\":-720,\"overdue\":true,\"round\":1},"
	 "{\"id\":118,\"number\":\"20261121-0008\",\"type\":\"consult\",\"state\":\"new\","
	 "\"title\":"
	 "\"公交 12 路改线后老人就医不便，能否恢复原来的站点\",\"unit\":\"\",\"when\":\"2026-11-21 "
	 "13:10\",\"due_ts\":1795246500,\"due_when\":\"2026-11-21 14:55\",\"left_s\":3000,"
	 "\"overdue\":false,\"round\":1},{\"id\":112,\"number\":\"20261120-0031\",\"type\":"
	 "\"request\","
	 "\"state\":\"answered\",\"title\":null,\"unit\":\"教育局\",\"when\":\"2026-11-"
	 "20 "
	 "09:10\",\"due_ts\":1795500000,\"due_when\":\"2026-11-24 13:20\",\"left_s\":256500,"
	 "\"overdue\":false,\"round\":2}],\"next\":112}"},
	{"case.show",
	 "{\"id\":117,\"number\":\"20261121-0007\",\"code\":\"48215073\",\"type\":\"complaint\","
	 "\"state\":\"assigned\",\"title\":\"城东自来水发黄\",\"text\":\"家里水是黄的，能喝吗？\\n"
	 "已经两天了。\",\"unit\":\"水务局\",\"unit_id\":3,\"opened_ts\":1795239180,\"when\":"
	 "\"2026-11-21 12:53\",\"due_reply_ts\":1795242780,\"due_resolve_ts\":1795800000,"
	 "\"due_ts\":1795242780,\"due_when\":\"2026-11-21 13:53\",\"left_s\":-720,\"round\":1,"
	 "\"alert\":31,\"claim\":7,\"item\":501,\"events\":[{\"at_ts\":1795239180,\"when\":\"2026-"
	 "11-21 "
	 "12:53\",\"kind\":\"opened\",\"holder\":\"desk\",\"actor\":\"编辑甲\"},{\"when\":\"2026-"
	 "11-21 "
	 "12:58\",\"kind\":\"assigned\",\"holder\":\"unit\",\"unit\":\"水务局\",\"actor\":"
	 "\"编辑甲\"},"
	 "{\"when\":\"2026-11-21 13:20\",\"kind\":\"note\",\"text\":\"正在取样，两小时内出结果。\","
	 "\"actor\":\"承办乙\"},{\"when\":\"2026-11-21 13:59\",\"kind\":\"replied\",\"text\":"
	 "\"已安排冲洗管道。\",\"actor\":\"承办乙\"},{\"when\":\"2026-11-21 15:00\",\"kind\":"
	 "\"due-changed\",\"text\":\"{\\\"why\\\":\\\"calendar\\\",\\\"new_reply\\\":"
	 "1795242780000,\\\"new_resolve\\\":0}\"}],\"custody\":[{\"holder\":\"desk\","
	 "\"seconds\":300},"
	 "{\"holder\":\"unit\",\"unit\":\"水务局\",\"seconds\":4020}],\"answer_account\":\"微信\","
	 "\"answer_until\":\"2026-11-23 12:53\",\"answers\":[{\"id\":5,\"account\":\"微信\","
	 "\"state\":\"unknown\",\"when\":\"2026-11-21 13:59\",\"report\":\"\",\"error\":\"the line "
	 "broke <here>\",\"cure\":\"look\"},{\"id\":6,\"account\":\"微信\",\"state\":\"missed\","
	 "\"when\":\"2026-11-21 14:10\",\"report\":\"\"},{\"id\":7,\"account\":\"短信\",\"state\":"
	 "\"sent\",\"when\":\"2026-11-21 14:20\",\"report\":\"undelivered\"}],\"media\":[{"
	 "\"id\":9,\"name\":\"9.png\",\"type\":\"image/png\",\"bytes\":4,\"state\":"
	 "\"collected\",\"when\":\"2026-11-21 12:53\"},{\"id\":10,\"name\":\"10.bin\",\"bytes\":0,"
	 "\"state\":\"gone\",\"error\":\"too <late>\",\"when\":\"2026-11-21 12:54\"}]}"},
	{"case.media", "{\"number\":\"20261121-0007\",\"id\":9,\"name\":\"9.png\",\"type\":"
		       "\"image/png\",\"bytes\":4,\"state\":\"collected\",\"file\":\"PHg+IQ==\"}"},
	{"case.why-due",
	 "{\"text\":\"首次回应：工作时间内 1 小时，其余时间 8 小时，先到者为准\\n12:53–13:53 休息日"
	 "值守，计 60 分钟\\n日历 cn-2026 第 3 版\",\"promises\":[]}"},
	{"case.open", "{\"id\":119,\"number\":\"20261121-0009\",\"code\":\"11112222\"}"},
	{"case.lookup",
	 "{\"number\":\"20261121-0007\",\"state\":\"assigned\",\"due_when\":\"2026-11-21 13:53\","
	 "\"events\":[{\"when\":\"2026-11-21 12:53\",\"kind\":\"opened\"},{\"when\":\"2026-11-21 "
	 "12:58\",\"kind\":\"assigned\"}]}"},
	{"claim.list",
	 "{\"items\":[{\"id\":7,\"text\":\"城东自来水有毒\",\"state\":\"judged\",\"verdict\":"
	 "\"false\","
	 "\"finding\":\"水质达标，发黄因管道冲洗\",\"signed\":false,\"when\":\"2026-11-21 13:41\","
	 "\"sightings\":4,\"evidence\":2},{\"id\":6,\"text\":\"明天全城停水三天\",\"state\":"
	 "\"open\","
	 "\"verdict\":\"none\",\"when\":\"2026-11-21 "
	 "10:20\",\"sightings\":12,\"evidence\":0}],\"next\":0}"},
	{"claim.show",
	 "{\"id\":7,\"text\":\"城东自来水有毒\",\"state\":\"judged\",\"verdict\":\"false\","
	 "\"finding\":"
	 "\"水质达标，发黄因管道冲洗\",\"signed\":false,\"when\":\"2026-11-21 "
	 "13:41\",\"judged_by\":"
	 "\"编辑甲\",\"sightings\":4,\"evidence\":2,\"sightings_list\":[{\"item\":501,\"channel\":"
	 "\"feed\",\"source\":\"城东论坛\",\"place\":\"城东\",\"when\":\"2026-11-21 "
	 "13:41\",\"note\":\"\"},"
	 "{\"item\":0,\"channel\":\"微信群\",\"source\":\"\",\"place\":\"城东 3 "
	 "组\",\"when\":\"2026-11-21 "
	 "13:50\",\"note\":\"群联络员报来\"}],\"evidence_list\":[{\"id\":1,\"title\":"
	 "\"水质检测报告\","
	 "\"url\":\"https://example.org/report.pdf\",\"media\":\"9f86\",\"sha256\":"
	 "\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\",\"when\":\"2026-11-"
	 "21 "
	 "13:30\"}],\"statements\":[{\"id\":88,\"title\":\"城东供水水质达标\",\"state\":"
	 "\"submitted\"}]}"},
	{"evidence.get",
	 "{\"id\":1,\"title\":\"t\",\"media\":\"ab\",\"file\":\"JVBERi08aHRtbD4=\"}"},
	{"claim.open", "{\"id\":8}"},
	{"post.list",
	 "{\"items\":[{\"id\":88,\"kind\":\"correction\",\"state\":\"submitted\",\"title\":"
	 "\"城东供水水质达标"
	 "\",\"revision\":2,\"author\":\"编辑甲\",\"claim\":7,\"when\":\"2026-11-21 "
	 "14:01\"},{\"id\":87,"
	 "\"kind\":\"notice\",\"state\":\"approved\",\"title\":\"周末公交临时改线\",\"revision\":1,"
	 "\"author\":\"编辑甲\",\"approver\":\"签发丙\",\"when\":\"2026-11-20 "
	 "17:30\"}],\"next\":0}"},
	{"post.show",
	 "{\"id\":88,\"kind\":\"correction\",\"state\":\"submitted\",\"title\":"
	 "\"城东供水水质达标\","
	 "\"revision\":2,\"author\":\"编辑甲\",\"author_id\":1,\"claim\":7,\"when\":\"2026-11-21 "
	 "14:01\","
	 "\"text\":\"**水质达标。** 发黄是管道冲洗造成的，预计 16 时恢复。\\n\\n- "
	 "检测时间：13:30\\n- "
	 "检测单位：县疾控中心\\n\\n<script>alert(1)</script>\",\"digest\":"
	 "\"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae\",\"targets\":[{"
	 "\"id\":1,"
	 "\"name\":\"site\",\"platform\":\"site\"},{\"id\":2,\"name\":\"wordpress\",\"platform\":"
	 "\"wordpress\"}],\"evidence_list\":[{\"id\":1,\"title\":\"水质检测报告\",\"url\":"
	 "\"javascript:alert(1)\",\"sha256\":\"9f86d081\",\"when\":\"2026-11-21 13:30\"}],"
	 "\"deliveries\":[{\"id\":5,\"account\":\"site\",\"platform\":\"site\",\"state\":\"sent\","
	 "\"receipt\":\"2026/88\",\"url\":\"http://127.0.0.1:8620/public/88.html\",\"when\":"
	 "\"2026-11-21 14:06\"},{\"id\":6,\"account\":\"wordpress\",\"state\":\"unknown\",\"when\":"
	 "\"2026-11-21 "
	 "14:06\",\"error\":\"连接在发出后断开\"}],\"checks\":[{\"code\":\"HY-POST-031\","
	 "\"text\":\"没有联系电话\",\"blocking\":false}]}"},
	{"post.draft", "{\"id\":89,\"revision\":1,\"digest\":\"00\"}"},
	{"post.status", "{\"deliveries\":[]}"},
	{"saved.list",
	 "{\"items\":[{\"id\":3,\"name\":\"供水\",\"query\":\"自来水 (发黄 OR "
	 "异味)\",\"since\":\"7d\","
	 "\"order\":\"relevance\",\"when\":\"2026-11-20 09:00\",\"keys\":1},{\"id\":4,\"name\":"
	 "\"<b>停电</b>\",\"query\":\"停电\",\"all\":true,\"when\":\"2026-11-20 "
	 "09:10\",\"keys\":0}]}"},
	{"saved.show",
	 "{\"id\":3,\"name\":\"供水\",\"query\":\"自来水 (发黄 OR 异味)\",\"since\":\"7d\"}"},
	{"saved.add", "{\"id\":5}"},
	{"saved.feed", "{\"id\":3,\"key\":\"k\",\"path\":\"/saved/3/atom?key=k\"}"},
	{"saved.atom", "{\"text\":\"<?xml version=\\\"1.0\\\"?><feed "
		       "xmlns=\\\"http://www.w3.org/2005/Atom\\\"/>\"}"},
	{"search.export", "{\"format\":\"csv\",\"count\":1,\"text\":\"1,\\\"a,b\\\"\\r\\n\"}"},
	{"item.similar",
	 "{\"id\":501,\"total\":13,\"copies\":12,\"exact\":true,\"items\":[{\"id\":503,\"title\":"
	 "\"\","
	 "\"text\":\"今早城东片区自来水发黄<script>\",\"source\":\"城东论坛\",\"when\":\"2026-11-"
	 "21 "
	 "14:04\",\"likeness\":96,\"copy\":true},{\"id\":504,\"title\":\"水厂：管道冲洗\","
	 "\"text\":\"发黄因管道冲洗\",\"source\":\"县政府网\",\"when\":\"2026-11-21 "
	 "13:00\",\"likeness\":31,\"copy\":false}]}"},
	{"search",
	 "{\"query\":\"自来水\",\"total\":412,\"exact\":true,\"rows\":301,\"ms\":31,\"items\":[{"
	 "\"copies\":12,"
	 "\"id\":501,\"title\":"
	 "\"城东自来水又发黄了\",\"text\":\"…\",\"snippet\":"
	 "\"今早城东片区自来水发黄，放了十分钟还是黄的。"
	 "<script>alert(1)</script> "
	 "有人知道是怎么回事吗？\",\"marks\":[[18,27],[27,33]],\"source\":"
	 "\"城东论坛\",\"place\":\"城东\",\"kind\":\"post\",\"when\":\"2026-11-21 "
	 "14:03\"},{\"id\":502,"
	 "\"title\":\"县水务局关于城东供水的情况通报\",\"snippet\":"
	 "\"自来水水质检测合格，发黄因管道冲洗。\","
	 "\"marks\":[[0,9]],\"source\":\"县政府网\",\"place\":\"临江\",\"kind\":"
	 "\"article\",\"official\":true,"
	 "\"url\":\"https://example.org/1\",\"when\":\"2026-11-21 "
	 "13:58\"}],\"facets\":{\"source\":[{"
	 "\"value\":\"城东论坛\",\"count\":301},{\"value\":\"县政府网\",\"count\":64}],"
	 "\"place\":[{\"value\":"
	 "\"城东\",\"count\":280},{\"value\":\"\",\"count\":12}],\"kind\":[{\"value\":"
	 "\"post\",\"count\":348}]},"
	 "\"histogram\":[{\"from_ts\":1795200000,\"count\":3},{\"from_ts\":1795203600,"
	 "\"count\":12},{"
	 "\"from_ts\":1795207200,\"count\":40},{\"from_ts\":1795210800,\"count\":22}],"
	 "\"next\":\"abc\"}"},
	{"item.show",
	 "{\"id\":501,\"title\":\"城东自来水又发黄了\",\"text\":"
	 "\"今早城东片区自来水发黄。\\n放了十分钟还是"
	 "黄的。\",\"source\":\"城东论坛\",\"place\":\"城东\",\"kind\":\"post\",\"when\":\"2026-11-"
	 "21 14:03\","
	 "\"revision\":2,\"revisions\":[{\"revision\":1,\"text\":\"水黄\",\"when\":\"2026-11-21 "
	 "14:00\"},{"
	 "\"revision\":2,\"text\":\"今早城东片区自来水发黄。\",\"when\":\"2026-11-21 14:03\"}]}"},
	{"source.list",
	 "{\"items\":[{\"id\":1,\"name\":\"县政府网\",\"kind\":\"feed\",\"url\":\"https://"
	 "example.org/f\","
	 "\"place\":\"临江\",\"own\":false,\"official\":true,\"state\":\"active\",\"last_ok_ts\":"
	 "1795243380,"
	 "\"next_ts\":1795243680,\"failures\":0,\"new\":8121,\"edit\":12,\"repeat\":90000,"
	 "\"refused\":1},{"
	 "\"id\":2,\"name\":\"城东论坛\",\"kind\":\"feed\",\"place\":\"城东\",\"state\":\"active\","
	 "\"last_ok_ts\":1795241640,\"next_ts\":1795245000,\"failures\":3,\"last_error\":"
	 "\"429：对方要求"
	 " 14:30 以后再来\",\"new\":40211},{\"id\":3,\"name\":\"旧站\",\"kind\":\"feed\",\"state\":"
	 "\"stopped\",\"last_ok_ts\":1795000000,\"failures\":1,\"last_error\":"
	 "\"410：地址已不存在\","
	 "\"new\":12},{\"id\":4,\"name\":\"callback:微信\",\"kind\":\"callback\",\"state\":"
	 "\"active\",\"new\":5},{\"id\":5,\"name\":\"12345热线\",\"kind\":\"import\",\"state\":"
	 "\"active\",\"new\":2}]}"},
	{"account.list",
	 "{\"items\":[{\"id\":1,\"name\":\"site\",\"platform\":\"site\",\"state\":\"active\"},{"
	 "\"id\":2,"
	 "\"name\":\"wordpress\",\"platform\":\"wordpress\",\"state\":\"active\",\"unit\":"
	 "\"新闻办\"},{"
	 "\"id\":3,\"name\":\"old\",\"platform\":\"wordpress\",\"state\":\"frozen\"}]}"},
	{"unit.list",
	 "{\"items\":[{\"id\":3,\"name\":\"水务局\"},{\"id\":4,\"name\":\"教育局\"}]}"},
	{"rule.list", "{\"items\":[{\"id\":1,\"name\":\"供水\",\"query\":\"城东 水 "
		      "发黄\",\"level\":\"high\",\"version\":2,"
		      "\"enabled\":true}]}"},
	{"rule.add", "{\"id\":2}"},
	{"report.sla", "{\"format\":\"csv\",\"text\":\"单位,件数,按时首回,中位\\r\\n交通局,7,100%,"
		       "21 分\\r\\n\\\"教育局, "
		       "县\\\",5,60%,75 分\\r\\n\"}"},
	{"audit.list", "{\"items\":[{\"id\":9,\"at_ts\":1795243500,\"actor\":\"admin\",\"action\":"
		       "\"case.assign\",\"object\":\"case 117\"}],\"next\":0}"},
};

static enum hy_status stub_open(void **out, const void *ctx, const void *user, struct hy_err *err)
{
	(void)user;
	(void)err;
	*out = hy_strdup(ctx, "desk");
	return HY_OK;
}

static char *volume(const void *ctx)
{
	char *s = hy_strdup(ctx, "{\"slots\":[");

	for (int i = 0; i < 48; i++)
		s = hy_strf(ctx, "%s%s{\"from_ts\":%d,\"count\":%d}", s, i ? "," : "",
			    NOW - NOW % 3600 - (47 - i) * 3600,
			    (i % 24 < 7 ? 4 : 30 + i * 7 % 23) + (i > 44 ? 90 + i : 0));
	return hy_strf(ctx, "%s]}", s);
}

static void remember(const char *action, const struct hy_json *params, bool writes)
{
	struct hy_json_writer *w = hy_json_writer_new(NULL, false);

	if (params)
		hy_jw_node(w, params);
	pthread_mutex_lock(&lock);
	if (writes) {
		snprintf(web_stub_action, sizeof(web_stub_action), "%s", action);
		snprintf(web_stub_params, sizeof(web_stub_params), "%s", hy_jw_text(w, NULL));
		web_stub_acts++;
		web_stub_version++;
	}
	pthread_mutex_unlock(&lock);
	talloc_free(w);
}

static struct {
	const char *action;
	bool closed;
	int came, inside, most;
	pthread_cond_t moved;
} gate = {.moved = PTHREAD_COND_INITIALIZER};

void web_stub_gate(const char *action, bool closed)
{
	pthread_mutex_lock(&lock);
	gate.action = action;
	gate.closed = closed;
	if (closed)
		gate.came = gate.inside = gate.most = 0;
	pthread_cond_broadcast(&gate.moved);
	pthread_mutex_unlock(&lock);
}

void web_stub_gate_wait(int n)
{
	pthread_mutex_lock(&lock);
	while (gate.came < n)
		pthread_cond_wait(&gate.moved, &lock);
	pthread_mutex_unlock(&lock);
}

int web_stub_gate_count(void)
{
	pthread_mutex_lock(&lock);
	int n = gate.came;
	pthread_mutex_unlock(&lock);
	return n;
}

int web_stub_gate_most(void)
{
	pthread_mutex_lock(&lock);
	int n = gate.most;
	pthread_mutex_unlock(&lock);
	return n;
}

static void pass_gate(const char *action)
{
	pthread_mutex_lock(&lock);
	if (gate.action && !strcmp(gate.action, action)) {
		gate.came++;
		if (++gate.inside > gate.most)
			gate.most = gate.inside;
		pthread_cond_broadcast(&gate.moved);
		while (gate.closed)
			pthread_cond_wait(&gate.moved, &lock);
		gate.inside--;
	}
	pthread_mutex_unlock(&lock);
}

static enum hy_status stub_act(void *desk, const void *ctx, struct hy_person_id actor,
			       const char *action, const struct hy_json *params, char **result_json,
			       struct hy_err *err)
{
	const struct hy_action *a = hy_desk_action(action);

	(void)desk;
	(void)actor;
	if (web_stub_delay_ms)
		nanosleep(&(struct timespec){.tv_nsec = web_stub_delay_ms * 1000000L}, NULL);
	pass_gate(action);
	if (!a)
		return hy_err_set(err, HY_ENOTFOUND, "no action %s", action);
	for (size_t i = 0; params && i < params->n; i++) {
		const struct hy_param *p = a->params;
		while (p->name && strcmp(p->name, params->key[i]))
			p++;
		if (!p->name)
			return hy_err_set(err, HY_EINPUT, "%s takes no parameter \"%s\"", action,
					  params->key[i]);
	}
	if (!strcmp(action, "case.lookup") &&
	    strcmp(hy_json_str(params, "code") ? hy_json_str(params, "code") : "", "48215073"))
		return hy_err_set(err, HY_ENOTFOUND, "no case has this number and code");
	if (hy_json_str(params, "id") && !strcmp(hy_json_str(params, "id"), "404"))
		return hy_err_set(err, HY_ENOTFOUND, "%s: no such thing", action);
	if (a->writes && strcmp(action, "case.show") && strcmp(action, "case.media") &&
	    web_stub_refuse)
		return hy_err_set(err, (enum hy_status)web_stub_refuse, "the desk says <no>");
	remember(action, params, a->writes);
	if (!strcmp(action, "volume")) {
		*result_json = volume(ctx);
		return HY_OK;
	}
	*result_json = hy_strdup(ctx, "{}");
	for (size_t i = 0; i < HY_LEN(answers); i++)
		if (!strcmp(answers[i].action, action))
			*result_json = hy_strdup(ctx, answers[i].json);
	return HY_OK;
}

static const struct hy_person people[] = {
	{.id = {1},
	 .login = "zhang",
	 .name = "编辑甲",
	 .active = true,
	 .duties = HY_DUTY_HANDLER | HY_DUTY_CLERK | HY_DUTY_EDITOR},
	{.id = {2}, .login = "li", .name = "看客乙", .active = true, .duties = HY_DUTY_VIEWER},
	{.id = {3},
	 .login = "wang",
	 .name = "签发丙",
	 .active = true,
	 .duties = HY_DUTY_APPROVER | HY_DUTY_EDITOR | HY_DUTY_CLERK | HY_DUTY_HANDLER |
		   HY_DUTY_SUPERVISOR},
	{.id = {4}, .login = "admin", .name = "管理员", .active = true, .duties = HY_DUTY_ADMIN},
};

static enum hy_status stub_find(void *desk, const void *ctx, const char *login,
				struct hy_person **out, struct hy_err *err)
{
	(void)desk;
	for (size_t i = 0; i < HY_LEN(people); i++)
		if (!strcmp(people[i].login, login)) {
			*out = hy_memdup(ctx, &people[i], sizeof(people[i]));
			return HY_OK;
		}
	return hy_err_set(err, HY_EAUTH, "unknown");
}

static enum hy_status stub_login(void *desk, const void *ctx, const char *login,
				 const char *password, struct hy_person **out, struct hy_err *err)
{
	if (strcmp(password, WEB_STUB_PASSWORD))
		return hy_err_set(err, HY_EAUTH, "wrong");
	return stub_find(desk, ctx, login, out, err);
}

static enum hy_status stub_feed_key(void *desk, const void *ctx, int64_t saved, const char *key,
				    struct hy_person **out, struct hy_err *err)
{
	(void)desk;
	if (saved != 3 || strcmp(key, "key-of-bianji"))
		return hy_err_set(err, HY_EAUTH, "no key");
	*out = hy_memdup(ctx, &people[0], sizeof(people[0]));
	return HY_OK;
}

static struct kept {
	uint8_t id[HY_SHA256_LEN];
	struct hy_session s;
} kept[64];

static enum hy_status stub_session_add(void *desk, const uint8_t id[HY_SHA256_LEN],
				       const struct hy_session *s, struct hy_err *err)
{
	(void)desk;
	(void)err;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < HY_LEN(kept); i++)
		if (!kept[i].s.person.v) {
			memcpy(kept[i].id, id, HY_SHA256_LEN);
			kept[i].s = *s;
			break;
		}
	pthread_mutex_unlock(&lock);
	return HY_OK;
}

static enum hy_status stub_session_get(void *desk, const void *ctx, const uint8_t id[HY_SHA256_LEN],
				       struct hy_session *out, struct hy_person **who,
				       struct hy_err *err)
{
	enum hy_status status = HY_ENOTFOUND;

	(void)desk;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < HY_LEN(kept); i++)
		if (kept[i].s.person.v && !memcmp(kept[i].id, id, HY_SHA256_LEN)) {
			*out = kept[i].s;
			*who = hy_memdup(ctx, &people[out->person.v - 1], sizeof(people[0]));
			status = HY_OK;
		}
	pthread_mutex_unlock(&lock);
	return status ? hy_err_set(err, status, "no session") : HY_OK;
}

static enum hy_status stub_session_touch(void *desk, const uint8_t id[HY_SHA256_LEN], hy_time seen,
					 struct hy_err *err)
{
	(void)desk;
	(void)err;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < HY_LEN(kept); i++)
		if (!memcmp(kept[i].id, id, HY_SHA256_LEN))
			kept[i].s.seen = seen;
	pthread_mutex_unlock(&lock);
	return HY_OK;
}

static enum hy_status stub_session_remove(void *desk, const uint8_t id[HY_SHA256_LEN],
					  struct hy_err *err)
{
	(void)desk;
	(void)err;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < HY_LEN(kept); i++)
		if (!memcmp(kept[i].id, id, HY_SHA256_LEN))
			memset(&kept[i], 0, sizeof(kept[i]));
	pthread_mutex_unlock(&lock);
	return HY_OK;
}

static char *stub_when(void *desk, const void *ctx, hy_time t)
{
	char out[HY_TIME_ISO_OFFSET_MAX];

	(void)desk;
	if (!t)
		return hy_strdup(ctx, "");
	hy_time_iso_offset(t, 480, out);
	out[10] = ' ';
	return hy_strndup(ctx, out, 16);
}

static enum hy_status stub_version(void *desk, int64_t *out, struct hy_err *err)
{
	(void)desk;
	(void)err;
	pthread_mutex_lock(&lock);
	*out = web_stub_version;
	pthread_mutex_unlock(&lock);
	return HY_OK;
}

const struct hy_web_desk web_stub = {
	.open = stub_open,
	.act = stub_act,
	.login = stub_login,
	.login_link = stub_find,
	.token = stub_find,
	.feed_key = stub_feed_key,
	.session_add = stub_session_add,
	.session_get = stub_session_get,
	.session_touch = stub_session_touch,
	.session_remove = stub_session_remove,
	.when = stub_when,
	.version = stub_version,
};
