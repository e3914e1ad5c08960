/*
 * What the columns of a sheet are, by their headings. A heading that is one of the words is taken
 * first, one that holds such a word second; earlier words are better. A running number (序号) is no
 * original number: it is another one in the next export.
 */
#include "collectors/collect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_ROWS 20 /* the headings stand among the first rows */
#define WORDS_MAX 64

static const struct {
	const char *name;
	const char *words[WORDS_MAX]; /* folded: lower case, no blanks */
} fields[HY_MEANINGS] = {
	[HY_MEANS_REFERENCE] = {"reference",
				{"工单编号", "工单号",	   "工单流水号", "信件编号", "来信编号", "留言编号",
				 "留言id",	 "受理编号",   "受理单号",	 "受理号",	 "诉求编号", "诉求单号",
				 "热线编号", "案件编号",   "事项编号",	 "业务编号", "单号",	 "流水号", "流水",
				 "编号",	 "reference",  "referencenumber", "ref", "ticketid", "ticketnumber",
				 "ticketno", "ticket",     "casenumber", "caseid",	 "requestid", "requestnumber",
				 "servicerequestid", "messageid",
				 "referenceno", "caseno", "requestno", "number", "no", "id"}},
	[HY_MEANS_TIME] = {"time",
			   {"来信时间", "来电时间", "留言时间", "写信时间", "诉求时间", "反映时间",
			    "受理时间", "提交时间", "登记时间", "接收时间", "收到时间", "创建时间",
			    "发布时间", "来信日期", "来电日期", "留言日期", "写信日期", "受理日期",
			    "登记日期", "提交日期", "received",	"receivedat", "arrived",   "submitted",
			    "submittedat", "created", "createdat", "requesteddatetime", "posted", "postedat",
			    "opened", "openedat", "datereceived", "receiveddate", "datecreated", "createddate",
			    "createdtime", "submissiondate", "submissiontime", "datesubmitted", "dateopened",
			    "requestdate", "calltime", "calldate",
			    "日期", "时间", "datetime", "date", "time"}},
	[HY_MEANS_TITLE] = {"title",
			    {"来信标题", "信件标题", "留言标题", "工单标题", "诉求标题", "来信主题",
			     "信件主题", "诉求主题", "事项名称", "标题", "主题", "title", "subject",
			     "summary"}},
	[HY_MEANS_TEXT] = {"text",
			   {"诉求内容", "来信内容", "信件内容", "留言内容", "工单内容", "反映内容",
			    "来电内容", "受理内容", "事项内容", "问题内容", "主要内容", "问题描述",
			    "诉求描述", "事项描述", "反映问题", "内容", "正文", "描述", "留言", "诉求",
			    "text", "content", "message", "description", "body", "details",
			    "requestdetails", "requesttext", "messagetext", "complainttext", "complaint",
			    "comments", "comment", "issue", "request"}},
	[HY_MEANS_CATEGORY] = {"category",
			       {"诉求类别", "诉求类型", "诉求分类", "问题类别", "问题类型", "问题分类",
				"信件类别", "信件类型", "来信类型", "留言类型", "留言类别", "事项类别",
				"事项分类", "业务类别", "工单类型", "类别", "类型", "分类", "category",
				"type", "topic", "kind", "servicename", "requesttype", "servicetype",
				"complainttype", "casetype"}},
	[HY_MEANS_PLACE] = {"place",
			    {"事发地址", "事发地点", "发生地址", "发生地点", "诉求地址", "诉求地点",
			     "问题地点", "详细地址", "所属区域", "所属地区", "所在区域", "所属街道", "所属街镇",
			     "地点", "地址", "区域", "区县", "街道", "乡镇", "place", "address",
			     "location", "area", "district", "streetaddress", "incidentaddress"}},
	[HY_MEANS_UNIT] = {"unit",
			   {"承办单位", "主办单位", "责任单位", "办理单位", "处理单位", "转办单位",
			    "承办部门", "责任部门", "办理部门", "处理部门", "受理单位", "受理部门",
			    "单位", "部门", "unit", "department", "agency", "office",
			    "agencyresponsible", "responsibledepartment", "responsibleunit",
			    "assigneddepartment", "dept"}},
	[HY_MEANS_PHONE] = {"phone",
			    {"联系电话", "联系号码", "来电号码", "来电电话", "手机号码", "手机号", "电话号码",
			     "联系手机", "联系方式", "手机", "电话", "phone", "phonenumber", "phoneno", "contactphone", "contactnumber",
			     "mobilenumber", "mobile",
			     "telephone", "tel", "contact"}},
	[HY_MEANS_MAIL] = {"mail",
			   {"电子邮箱", "电子邮件", "邮箱地址", "邮箱", "email", "e-mail",
			    "emailaddress", "mail"}},
	[HY_MEANS_PERSON] = {"person",
			     {"来信人", "写信人", "来电人", "诉求人", "反映人", "留言人", "联系人",
			      "市民姓名", "姓名", "网友", "昵称", "称呼", "name", "fullname",
			      "callername", "citizenname", "contactname", "from",
			      "caller", "sender"}},
	[HY_MEANS_URL] = {"url", {"原文链接", "链接", "网址", "url", "link"}},
	[HY_MEANS_STATUS] = {"status",
			     {"办理状态", "处理状态", "工单状态", "信件状态", "来信状态", "留言状态",
			      "办件状态", "诉求状态", "案件状态", "事项状态", "当前状态", "办结状态",
			      "办理进度", "处理进度", "状态", "status", "state", "casestatus",
			      "ticketstatus", "requeststatus", "currentstatus"}},
	[HY_MEANS_CLOSED] = {"closed",
			     {"办结时间", "办结日期", "结案时间", "结案日期", "完成时间", "完成日期",
			      "办理完成时间", "关闭时间", "closed", "closedat", "closeddate", "dateclosed",
			      "closedtime", "closedate", "resolvedat", "resolveddate", "dateresolved",
			      "completedat", "completiondate", "completeddate"}},
};

/* Words that other headings hold as well: taken only where the heading is such a word itself. */
static bool by_itself(enum hy_meaning f)
{
	return f == HY_MEANS_STATUS || f == HY_MEANS_CLOSED;
}

const char *hy_meaning_name(enum hy_meaning f)
{
	return (size_t)f < HY_MEANINGS ? fields[f].name : NULL;
}

/* A heading as it is compared: one width and case, without blanks, stars, colons and what stands in
 * brackets. child of ctx. */
static char *plain(const void *ctx, const char *heading)
{
	struct hy_folded f = {0};
	char *out, *to;
	int depth = 0;

	if (hy_fold(ctx, heading, strlen(heading), 0, &f, NULL))
		return hy_strdup(ctx, "");
	out = to = hy_strndup(ctx, f.s, f.n);
	for (const char *p = f.s; *p; p++) {
		depth += *p == '(' || *p == '[';
		if (!depth && !strchr(" *:_.#\t\n", *p))
			*to++ = *p;
		depth -= depth && (*p == ')' || *p == ']');
	}
	*to = '\0';
	return out;
}

/* How well a heading fits a field: 0 not; a word itself is better than a word within. */
static int fit(enum hy_meaning f, const char *heading)
{
	int within = 0;

	for (int i = 0; i < WORDS_MAX && fields[f].words[i]; i++) {
		const char *word = fields[f].words[i];

		if (!strcmp(heading, word))
			return 2000 - i;
		/* a word of Latin letters is never looked for within another: "paid" is no "id" */
		if (!within && (unsigned char)*word >= 128 && strlen(word) >= 6 &&
		    strstr(heading, word))
			within = 1000 - i;
	}
	return within;
}

bool hy_meaning_parse(const char *name, enum hy_meaning *out)
{
	void *work = talloc_new(NULL);
	const char *word = plain(work, name);
	int best = 1000; /* a word of the lists itself */

	for (size_t i = 0; i < HY_MEANINGS; i++) {
		int score = strcmp(fields[i].name, name) ? fit((enum hy_meaning)i, word) : 3000;

		if (score > best) {
			best = score;
			*out = (enum hy_meaning)i;
		}
	}
	talloc_free(work);
	return best > 1000;
}

/* What is none of them although it holds their words: other times, other people, other texts. */
static bool misleading(const char *heading)
{
	static const char *const words[] = {"答复", "回复", "办结", "截止", "反馈", "回访", "办理时间",
					    "办理情况", "办理结果", "处理结果", "办理意见", "序号", "满意",
					    "坐席", "话务员", "经办人", "承办人", "状态", "限时", "到期",
					    "派单时间", "更新", "修改", "status", "reply", "answer", "closed"};

	for (size_t i = 0; i < HY_LEN(words); i++)
		if (strstr(heading, words[i]))
			return true;
	return false;
}

/* The columns of a row taken as headings; returns how many fields are known. */
static int guess_row(const struct hy_table_row *row, int column[HY_MEANINGS])
{
	void *work = talloc_new(NULL);
	int best[HY_MEANINGS] = {0}, known = 0;
	bool taken[HY_TABLE_COLUMNS_MAX] = {false};

	for (size_t f = 0; f < HY_MEANINGS; f++)
		column[f] = -1;
	for (int pass = 0; pass < 2; pass++) /* words themselves, then words within */
		for (size_t i = 0; i < row->n && i < HY_TABLE_COLUMNS_MAX; i++) {
			const char *h = plain(work, row->cells[i]);

			if (!*h || taken[i])
				continue;
			for (size_t f = 0; f < HY_MEANINGS; f++) {
				int score = fit((enum hy_meaning)f, h);

				if (by_itself((enum hy_meaning)f) ? score <= 1000 : misleading(h))
					continue;

				if ((score > 1000) == (pass == 0) && score > best[f]) {
					if (column[f] >= 0)
						taken[column[f]] = false;
					best[f] = score;
					column[f] = (int)i;
					taken[i] = true;
					break;
				}
			}
		}
	for (size_t f = 0; f < HY_MEANINGS; f++)
		known += column[f] >= 0;
	talloc_free(work);
	return known;
}

void hy_table_guess(const struct hy_table *t, int64_t header_line, struct hy_table_map *out)
{
	int most = 0;

	out->header = -1;
	for (size_t f = 0; f < HY_MEANINGS; f++)
		out->column[f] = -1;
	for (size_t i = 0; i < t->n_rows && (header_line || i < HEADER_ROWS); i++) {
		int column[HY_MEANINGS], known;

		if (header_line && t->rows[i].line != header_line)
			continue;
		known = guess_row(&t->rows[i], column);
		if (header_line ? true : known > most && (known > 1 || t->rows[i].n > 1)) {
			most = known;
			out->header = (int)i;
			memcpy(out->column, column, sizeof(column));
		}
	}
	if (out->header < 0 && t->n_rows && !header_line) /* no word is known: the first row of width */
		for (size_t i = 0; i < t->n_rows && i < HEADER_ROWS && out->header < 0; i++)
			if (t->rows[i].n * 2 > t->n_columns)
				out->header = (int)i;
}

int hy_table_column(const struct hy_table *t, const struct hy_table_map *map, const char *heading)
{
	void *work = talloc_new(NULL);
	const struct hy_table_row *row = map->header >= 0 ? &t->rows[map->header] : NULL;
	const char *wanted = plain(work, heading);
	int found = -1;
	char *end = NULL;
	long n;

	for (size_t i = 0; row && i < row->n && found < 0; i++)
		if (!strcmp(row->cells[i], heading))
			found = (int)i;
	for (size_t i = 0; row && *wanted && i < row->n && found < 0; i++)
		if (!strcmp(plain(work, row->cells[i]), wanted))
			found = (int)i;
	if (found < 0 && *heading == '#') {
		n = strtol(heading + 1, &end, 10);
		if (!*end && n >= 1 && n <= (long)t->n_columns)
			found = (int)n - 1;
	}
	talloc_free(work);
	return found;
}

const char *hy_table_channel(const struct hy_table *t, const struct hy_table_map *map)
{
	static const struct {
		const char *word, *channel;
	} signs[] = {{"来电", "hotline"}, {"工单", "hotline"},	{"热线", "hotline"}, {"12345", "hotline"},
		     {"留言", "board"},	  {"网友", "board"},	{"来信", "mailbox"}, {"写信", "mailbox"},
		     {"信件", "mailbox"}};

	for (size_t s = 0; s < HY_LEN(signs); s++)
		for (int r = 0; r <= map->header; r++)
			for (size_t i = 0; i < t->rows[r].n; i++)
				if (strstr(t->rows[r].cells[i], signs[s].word))
					return signs[s].channel;
	return "import";
}

enum hy_table_state hy_table_state(const char *said)
{
	static const char *const closed[] = {
		"已办结",   "办结",	"已结案",   "结案",	  "已完成",   "完成",	    "办理完成",
		"已办理",   "已办",	"已答复",   "已回复",	  "已处理",   "已解决",	    "已处置",
		"已关闭",   "关闭",	"已归档",   "归档",	  "已评价",   "办理完毕",   "处理完毕",
		"已反馈",   "按期办结", "逾期办结", "超期办结",  "正常办结", "自动办结", "直接办结",
		"已撤销",   "撤销",	"已撤回",   "已撤诉",	  "作废",     "已作废",	    "无效",
		"不予受理", "不受理",	"已取消",   "closed",	  "resolved", "done",	    "completed",
		"complete", "finished", "answered", "archived",  "solved",   "fixed",	    "settled",
		"cancelled", "canceled", "withdrawn", "rejected", "invalid", "duplicate"};
	static const char *const open[] = {
		"",	    "处理中",	"办理中",   "受理中",	  "处置中",   "审核中",	    "派发中",
		"转办中",   "督办中",	"延期中",   "核实中",	  "进行中",   "待处理",	    "待办",
		"待办理",   "待受理",	"待签收",   "待审核",	  "待派发",   "待派单",	    "待回复",
		"待答复",   "待分派",	"待反馈",   "待回访",	  "未办结",   "未处理",	    "未完成",
		"未回复",   "未答复",	"未受理",   "未办理",	  "已受理",   "已派发",	    "已派单",
		"已转办",   "已签收",	"已接收",   "已登记",	  "已提交",   "已分派",	    "已延期",
		"在办",	    "正在办理", "正在处理", "新建",	  "退回",     "已退回",	    "退单",
		"重办",	    "重新办理", "延期",	    "督办",	  "挂起",     "open",	    "new",
		"pending",  "inprogress", "in-progress", "assigned", "acknowledged", "received",
		"processing", "onhold", "waiting", "reopened", "submitted", "active", "unassigned"};
	void *work = talloc_new(NULL);
	const char *word = plain(work, said);
	enum hy_table_state state = HY_TABLE_STATE_UNKNOWN;

	for (size_t i = 0; i < HY_LEN(closed); i++)
		if (!strcmp(word, closed[i]))
			state = HY_TABLE_CLOSED;
	for (size_t i = 0; i < HY_LEN(open); i++)
		if (!strcmp(word, open[i]))
			state = HY_TABLE_OPEN;
	talloc_free(work);
	return state;
}

bool hy_table_is_total(const struct hy_table_row *row)
{
	static const char *const words[] = {"合计", "总计", "共计", "小计", "总数", "total", "totals",
					    "sum",  "grandtotal"};
	void *work = talloc_new(NULL);
	size_t first = 0;
	bool total = false;

	while (first < row->n && !*row->cells[first])
		first++;
	const char *s = first < row->n ? plain(work, row->cells[first]) : "";
	for (size_t i = 0; i < HY_LEN(words) && !total; i++)
		total = !strcmp(s, words[i]);
	talloc_free(work);
	return total;
}

/* ---- dates ---- */

/* A run of at most `most` digits; -1 when there is none. */
static int number(const char **p, int most)
{
	int v = 0, n = 0;

	for (; n < most && **p >= '0' && **p <= '9'; n++)
		v = v * 10 + *(*p)++ - '0';
	return n ? v : -1;
}

static bool skip(const char **p, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*p, word, n) != 0)
		return false;
	*p += n;
	return true;
}

static void blanks(const char **p)
{
	while (skip(p, " ") || skip(p, "\t") || skip(p, "\n") || skip(p, "\xE3\x80\x80") ||
	       skip(p, "\xC2\xA0"))
		;
}

static bool separator(const char **p, const char *han)
{
	blanks(p);
	bool good = skip(p, "-") || skip(p, "/") || skip(p, ".") || skip(p, han);
	blanks(p);
	return good;
}

static bool half_day(const char **p, int *add)
{
	static const struct {
		const char *word;
		int hours;
	} halves[] = {{"上午", 0}, {"早上", 0},  {"凌晨", 0}, {"中午", 12}, {"下午", 12},
		      {"晚上", 12}, {"AM", 0}, {"PM", 12},  {"am", 0},	  {"pm", 12}};

	blanks(p);
	for (size_t i = 0; i < HY_LEN(halves); i++)
		if (skip(p, halves[i].word)) {
			*add = halves[i].hours;
			blanks(p);
			return true;
		}
	return false;
}

/* [上午] h:m[:s] [PM]; seconds of the day, -1 when it is none. */
static int clock_time(const char **p)
{
	int add = -1, h, m = 0, s = 0;

	(void)half_day(p, &add);
	h = number(p, 2);
	if (h < 0 || !(skip(p, ":") || skip(p, "：") || skip(p, "时") || skip(p, "点")))
		return -1;
	blanks(p);
	if (**p >= '0' && **p <= '9') {
		m = number(p, 2);
		if (skip(p, ":") || skip(p, "：") || (skip(p, "分") && **p >= '0' && **p <= '9'))
			s = number(p, 2);
		(void)(skip(p, "秒") || skip(p, "分"));
		if (skip(p, "."))
			(void)number(p, 9);
	}
	if (add < 0)
		(void)half_day(p, &add);
	if (add == 12 && h < 12)
		h += 12;
	else if (add == 0 && h == 12)
		h = 0;
	return h <= 23 && m >= 0 && m <= 59 && s >= 0 && s <= 59 ? h * 3600 + m * 60 + s : -1;
}

static bool civil(int y, int mo, int d, int secs, int offset, hy_time *out)
{
	int64_t days;
	int y2, mo2, d2;

	if (y < 1900 || y > 9999 || mo < 1 || mo > 12 || d < 1 || d > 31 || secs < 0)
		return false;
	days = hy_days_from_civil(y, mo, d);
	hy_civil_from_days(days, &y2, &mo2, &d2);
	if (mo2 != mo || d2 != d)
		return false;
	*out = days * HY_DAY + secs * HY_SECOND - offset * HY_MINUTE;
	return true;
}

/* 20261103, 202611030805, 20261103080500 */
static bool compact(const char *s, size_t n, int offset, hy_time *out)
{
	int v[6] = {0};
	static const int width[6] = {4, 2, 2, 2, 2, 2};

	if (n != 8 && n != 12 && n != 14)
		return false;
	for (int i = 0; i < 6 && *s; i++)
		v[i] = number(&s, width[i]);
	return v[3] <= 23 && v[4] <= 59 && v[5] <= 59 &&
	       civil(v[0], v[1], v[2], v[3] * 3600 + v[4] * 60 + v[5], offset, out);
}

/* A serial number of Excel between 1954 and 2119: a smaller one is a count, a larger one a date. */
static bool serial(const char *s, int offset, hy_time *out)
{
	char *end = NULL;
	double v = strtod(s, &end);
	int64_t secs;

	if (end == s || *end || !(v >= 20000 && v < 80000))
		return false;
	secs = (int64_t)(v * 86400 + 0.5);
	*out = hy_days_from_civil(1899, 12, 30) * HY_DAY + secs * HY_SECOND - offset * HY_MINUTE;
	return true;
}

bool hy_table_time(const char *s, int offset, hy_time *out, bool *day)
{
	const char *p = s;
	size_t digits = strspn(s, "0123456789");
	int a, b, c, secs = 0;
	enum hy_date_quality quality;

	*day = false;
	if (digits && !s[digits] && digits != 5 && compact(s, digits, offset, out)) {
		*day = digits == 8;
		return true;
	}
	*day = !s[digits];
	if (!s[digits] || (s[digits] == '.' && !s[digits + 1 + strspn(s + digits + 1, "0123456789")]))
		return serial(s, offset, out);
	a = number(&p, 4);
	if (a < 0 || !separator(&p, "年") || (b = number(&p, 2)) < 0 || !separator(&p, "月") ||
	    (c = number(&p, 4)) < 0)
		goto other;
	(void)(skip(&p, "日") || skip(&p, "号"));
	if (skip(&p, "(") || skip(&p, "（") || skip(&p, "星期") || skip(&p, "周"))
		goto other;
	blanks(&p);
	(void)skip(&p, "T");
	*day = !*p;
	if (*p && (secs = clock_time(&p)) < 0)
		goto other;
	blanks(&p);
	if (*p)
		goto other; /* a zone, perhaps */
	if (a > 31)
		return civil(a, b, c, secs, offset, out);
	if (c > 1900 && (a > 12) != (b > 12)) /* 13/11/2026 and 11/13/2026 are clear */
		return civil(c, a > 12 ? b : a, a > 12 ? a : b, secs, offset, out);
	return c > 1900 && a == b && civil(c, a, b, secs, offset, out);
other:
	quality = a > 31 ? hy_feed_date_parse(s, offset, out) : HY_DATE_NONE;
	*day = quality == HY_DATE_DAY;
	return quality != HY_DATE_NONE;
}
