/* Imports: the same file twice, in another order, without numbers, other words; what is sealed and
 * masked; references typed by hand; what is remembered; the balance. */
#include "desk/import.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define START INT64_C(1795241100000) /* 2026-11-21 14:05 +08:00 */
#define PHONE "13987654321"
#define PERSON "欧阳植入"
#define HEAD "工单编号,来电人,联系电话,诉求内容,受理时间,诉求类别,承办单位\n"
#define ROW1 "GD1," PERSON "," PHONE ",城东水黄,2026/11/20 8:05,投诉,水务局\n"
#define ROW2 "GD2,李四,,路灯不亮,2026年11月20日,咨询,没有此局\n"

struct office {
	char dir[64];
	struct hy_desk *desk;
	struct hy_person_id clerk;
};

static int make_office(void **state)
{
	struct office *o = hy_new(NULL, struct office);
	const struct hy_setup s = {.office = "临江县", .dir = o->dir, .demo = true};
	struct hy_err err = {0};
	struct hy_person *list = NULL;
	char *phrase, *link;
	size_t n = 0;

	snprintf(o->dir, sizeof(o->dir), "/tmp/hy-import.XXXXXX");
	assert_non_null(mkdtemp(o->dir));
	hy_xml_init();
	hy_lang_use(HY_LANG_EN);
	assert_int_equal(hy_crypt_init(&err), HY_OK);
	if (hy_desk_setup(o, &s, &phrase, &link, &err) ||
	    hy_desk_open(&o->desk, o, o->dir, 0, &err))
		fail_msg("%s", err.text);
	o->desk->clock = hy_clock_fixed(o->desk, START);
	assert_int_equal(hy_person_list(o->desk->st, o, &list, &n, NULL), HY_OK);
	for (size_t i = 0; i < n; i++)
		if (list[i].duties & HY_DUTY_CLERK)
			o->clerk = list[i].id;
	assert_true(o->clerk.v != 0);
	*state = o;
	return 0;
}

static int drop_office(void **state)
{
	struct office *o = *state;
	char *cmd = hy_strf(NULL, "rm -rf %s", o->dir);

	talloc_free(o);
	assert_int_equal(system(cmd), 0);
	talloc_free(cmd);
	return 0;
}

static enum hy_status act(struct office *o, const char *action, const char *params,
			  struct hy_json **out, struct hy_err *err)
{
	struct hy_json *node = NULL;
	char *result = NULL;
	enum hy_status status;

	assert_int_equal(hy_json_parse(o, params, strlen(params), 0, &node, NULL), HY_OK);
	status = hy_desk_act(o->desk, o, o->clerk, action, node, &result, err);
	if (!status)
		assert_int_equal(hy_json_parse(o, result, strlen(result), 0, out, NULL), HY_OK);
	return status;
}

static struct hy_json *import(struct office *o, const char *verb, const char *text,
			      const char *more)
{
	struct hy_err err = {0};
	struct hy_json *out = NULL;
	char *params = hy_strf(o, "{\"source\":\"12345热线\",\"file\":\"%s\"%s}",
			       hy_base64(o, text, strlen(text), false), more);

	if (act(o, hy_strf(o, "import.%s", verb), params, &out, &err))
		fail_msg("%s", err.text);
	return out;
}

static void counted(const struct hy_json *r, int fresh, int repeat, int refused)
{
	assert_int_equal(hy_json_int(r, "new", -1), fresh);
	assert_int_equal(hy_json_int(r, "repeat", -1), repeat);
	assert_int_equal(hy_json_int(r, "refused", -1), refused);
	assert_int_equal(hy_json_int(r, "received", -1), fresh + repeat + refused);
}

static int64_t cases(struct office *o)
{
	const struct hy_case_filter f = {.closed_too = true, .limit = 1000};
	struct hy_case *list = NULL;
	size_t n = 0;

	assert_int_equal(hy_case_list(o->desk->st, o, &f, &list, &n, NULL), HY_OK);
	return (int64_t)n;
}

static void test_twice(void **state)
{
	struct office *o = *state;
	int64_t before = cases(o);
	struct hy_json *r;
	struct hy_source *s = NULL;

	r = import(o, "preview", HEAD ROW1 ROW2, "");
	counted(r, 2, 0, 0);
	assert_int_equal(cases(o), before);
	assert_int_equal(hy_source_find(o->desk->st, o, "12345热线", &s, NULL), HY_ENOTFOUND);
	r = import(o, "run", HEAD ROW1 ROW2 "合计,,,,,,\n", "");
	counted(r, 2, 0, 0);
	assert_int_equal(hy_json_int(r, "skipped", 0), 1);
	assert_int_equal(cases(o), before + 2);
	assert_string_equal(hy_json_str(r, "first_case"), "20261120-0001");
	/* again, in another order, with other columns, and only looked at */
	counted(import(o, "run", HEAD ROW1 ROW2, ""), 0, 2, 0);
	counted(import(o, "preview", HEAD ROW1 ROW2, ""), 0, 2, 0);
	counted(import(o, "run", HEAD ROW2 ROW1, ""), 0, 2, 0);
	counted(import(o, "run", HEAD ROW2 ROW2 ROW1 ROW1, ""), 0, 4, 0);
	r = import(o, "run", "序号,工单编号,诉求内容\n9,GD2,另一段话\n8,GD3,新的\n7,GD3,新的\n", "");
	counted(r, 1, 2, 0);
	assert_int_equal(hy_json_int(r, "other_words", 0), 1);
	assert_int_equal(cases(o), before + 3);
	/* without a number, by content */
	counted(import(o, "run", "诉求内容,受理时间\n甲,2026/11/20\n乙,2026/11/20\n甲,2026/11/19\n", ""), 3,
		0, 0);
	counted(import(o, "run", "受理时间,诉求内容\n2026-11-19,甲\n20261120,乙\n", ""), 0, 2, 0);
}

static void test_case(void **state)
{
	struct office *o = *state;
	struct hy_json *r, *c = NULL, *list = NULL;
	const char *number;

	r = import(o, "run", HEAD ROW1 ROW2, "");
	number = hy_json_str(r, "first_case");
	assert_int_equal(act(o, "case.show", hy_strf(o, "{\"id\":\"%s\"}", number), &c, NULL), HY_OK);
	assert_string_equal(hy_json_str(c, "reference"), "GD1");
	assert_string_equal(hy_json_str(c, "contact"), PHONE);
	assert_string_equal(hy_json_str(c, "channel"), "hotline");
	assert_string_equal(hy_json_str(c, "type"), "complaint");
	assert_string_equal(hy_json_str(c, "state"), "assigned");
	assert_string_equal(hy_json_str(c, "unit"), "水务局");
	assert_non_null(strstr(hy_json_str(c, "text"), "城东水黄"));
	assert_null(strstr(hy_json_str(c, "title"), "城东"));
	assert_int_equal(hy_json_int(c, "opened_ts", 0), 1795133100); /* 11-20 8:05 */
	assert_true(hy_json_int(c, "due_reply_ts", 0) > 1795133100);
	assert_int_equal(act(o, "case.list", "{\"reference\":\"GD2\"}", &list, NULL), HY_OK);
	assert_int_equal(hy_json_get(list, "items")->n, 1);
	assert_string_equal(hy_json_str(hy_json_get(list, "items")->at[0], "state"), "new");
	assert_int_equal(act(o, "case.list", "{\"reference\":\"GD\"}", &list, NULL), HY_OK);
	assert_int_equal(hy_json_get(list, "items")->n, 0);
}

static void test_refused(void **state)
{
	struct office *o = *state;
	struct hy_json *r = import(o, "run",
				   "编号,标题,内容,时间\nA,,,2026/11/20\nB,,有,明天\nC,,有,2027/1/1\n"
				   "D,,有,2020/1/1\nE,好,,2026/11/20\n",
				   ",\"refused\":true");
	const struct hy_json *list = hy_json_get(r, "refusals");

	counted(r, 1, 0, 4);
	assert_int_equal(list->n, 4);
	assert_int_equal(hy_json_int(list->at[0], "line", 0), 2);
	assert_string_equal(hy_json_str(list->at[0], "why"), "there is no text in the row");
	assert_non_null(strstr(hy_json_str(list->at[1], "why"), "cannot be read"));
	assert_non_null(strstr(hy_json_str(list->at[2], "why"), "in the future"));
	assert_non_null(strstr(hy_json_str(list->at[3], "why"), "older than"));
	assert_non_null(strstr(hy_json_str(r, "refused_csv"),
			       "\r\n4,the time of arrival is in the future,C,,有,2027/1/1"));
}

static void fails(struct office *o, const char *text, const char *more, const char *why)
{
	struct hy_err err = {0};
	struct hy_json *out = NULL;
	char *params = hy_strf(o, "{\"file\":\"%s\"%s}", hy_base64(o, text, strlen(text), false), more);

	assert_int_equal(act(o, "import.run", params, &out, &err), HY_EINPUT);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

static void test_mapping(void **state)
{
	struct office *o = *state;
	struct hy_json *r;

	fails(o, "甲,乙\n1,2\n", ",\"source\":\"a\"", "there are: 甲, 乙");
	fails(o, "甲,乙\n1,2\n", ",\"source\":\"a\",\"map\":[\"text=丙\"]", "no column \"丙\"");
	fails(o, "甲,乙\n1,2\n", ",\"source\":\"a\",\"map\":[\"words=甲\"]", "FIELD=COLUMN");
	fails(o, "内容\n1\n", ",\"source\":\"a\",\"kind\":\"x\"", "cases or posts");
	fails(o, "内容\n1\n", "", "needs \"source\"");
	fails(o, "内容\n\"1\n", ",\"source\":\"a\"", "line 2");
	r = import(o, "run", "甲,乙\n1,话一\n", ",\"map\":[\"text=乙\",\"reference=#1\"],\"save\":true");
	counted(r, 1, 0, 0);
	r = import(o, "run", "乙,甲\n话一,1\n话二,2\n", ""); /* it remembers */
	counted(r, 1, 1, 0);
	/* what was said once more goes before what was remembered */
	r = import(o, "preview", "乙,甲,丙\n1,2,话三\n", ",\"map\":[\"text=丙\",\"reference=-\"]");
	assert_string_equal(hy_json_str(hy_json_get(r, "columns")->at[2], "field"), "text");
	assert_null(hy_json_str(hy_json_get(r, "columns")->at[1], "field"));
}

static bool on_disk(struct office *o, const char *word)
{
	char *cmd = hy_strf(o, "grep -rqF -- '%s' %s", word, o->dir);

	return system(cmd) == 0;
}

static void test_privacy(void **state)
{
	struct office *o = *state;
	struct hy_json *r;

	(void)import(o, "run", HEAD ROW1, "");
	assert_false(on_disk(o, PHONE));
	assert_false(on_disk(o, PERSON));
	assert_false(on_disk(o, "城东水黄"));
	assert_false(on_disk(o, "GD1"));
	r = import(o, "preview", HEAD ROW1, "");
	assert_string_equal(hy_json_str(hy_json_get(r, "columns")->at[1], "sample"), "•••");
	/* public posts are items: masked, and their writer nowhere */
	r = import(o, "run",
		   "留言编号,网友,留言内容,留言时间\nL1," PERSON ",请回电 " PHONE " 水又黄了,2026/11/20\nL2,x,y,"
		   "2026/9/1\n",
		   ",\"kind\":\"posts\"");
	counted(r, 1, 0, 1);
	assert_false(on_disk(o, PHONE));
	assert_false(on_disk(o, PERSON));
	assert_true(on_disk(o, "水又黄了"));
}

/* What is typed into a title is as well kept as what is typed into the text. */
static void test_typed_title(void **state)
{
	struct office *o = *state;
	struct hy_err err = {0};
	struct hy_json *out = NULL, *shown = NULL;

	assert_int_equal(act(o, "case.open",
			     "{\"title\":\"王五 " PHONE " 110101199003074514 来电\",\"text\":\"停水三天\"}",
			     &out, &err),
			 HY_OK);
	assert_string_equal(hy_json_str(out, "title"), "王五 [号码] [号码] 来电");
	assert_int_equal(act(o, "case.show",
			     hy_strf(o, "{\"id\":\"%s\"}", hy_json_str(out, "number")), &shown, &err),
			 HY_OK);
	assert_string_equal(hy_json_str(shown, "text"),
			    "王五 " PHONE " 110101199003074514 来电\n停水三天");
	assert_false(on_disk(o, PHONE));
	assert_false(on_disk(o, "110101199003074514"));
	assert_int_equal(act(o, "case.open", "{\"title\":\"来电反映停水\",\"text\":\"x\"}", &out, &err),
			 HY_OK);
	assert_string_equal(hy_json_str(out, "title"), "来电反映停水");
}

/* What was refused, mended and imported is what it would have been at first. */
static void test_mended(void **state)
{
	struct office *o = *state;
	struct hy_json *r, *c = NULL;
	char *csv, *when;

	r = import(o, "run", "编号,联系电话,内容,时间\n=1+1,+8613912340099,@何处 水黄,明天在\n",
		   ",\"refused\":true");
	counted(r, 0, 0, 1);
	csv = hy_strdup(o, hy_json_str(r, "refused_csv"));
	assert_non_null(strstr(csv, "'=1+1,'+8613912340099,'@何处"));
	when = strstr(csv, "明天在");
	memcpy(when, "20261120 ", 9);
	r = import(o, "run", csv, "");
	counted(r, 1, 0, 0);
	assert_int_equal(act(o, "case.show",
			     hy_strf(o, "{\"id\":\"%s\"}", hy_json_str(r, "first_case")), &c, NULL),
			 HY_OK);
	assert_string_equal(hy_json_str(c, "reference"), "=1+1");
	assert_string_equal(hy_json_str(c, "contact"), "+8613912340099");
	assert_int_equal(strncmp(hy_json_str(c, "text"), "@何处", strlen("@何处")), 0);
}

/* Digits that an office program spoilt: written out where all are there, refused where not. */
static void test_digits(void **state)
{
	struct office *o = *state;
	struct hy_json *r, *c = NULL;

	r = import(o, "run",
		   "编号,联系电话,内容\nA,1.39123E+10,水黄\nB,1.3912340003E10,水黄\nC,'13912340005,水黄\n"
		   "2.02611E+14,,水黄\n3E10,,灯灭\n'',,\"'5元'的菜\"\n",
		   "");
	counted(r, 4, 0, 2);
	assert_non_null(strstr(hy_json_str(hy_json_get(r, "refusals")->at[0], "why"), "digits"));
	for (int i = 0; i < 2; i++) {
		struct hy_json *list = NULL;

		assert_int_equal(act(o, "case.list",
				     i ? "{\"reference\":\"C\"}" : "{\"reference\":\"B\"}", &list,
				     NULL),
				 HY_OK);
		assert_int_equal(hy_json_get(list, "items")->n, 1);
		assert_int_equal(act(o, "case.show",
				     hy_strf(o, "{\"id\":%d}",
					     (int)hy_json_int(hy_json_get(list, "items")->at[0], "id", 0)),
				     &c, NULL),
				 HY_OK);
		assert_string_equal(hy_json_str(c, "contact"), i ? "13912340005" : "13912340003");
	}
}

/* The same file under a name with a slip in it. */
static void test_other_name(void **state)
{
	struct office *o = *state;
	struct hy_err err = {0};
	struct hy_json *out = NULL;
	const char *file = hy_base64(o, HEAD ROW1 ROW2, strlen(HEAD ROW1 ROW2), false);
	int64_t before;

	assert_null(hy_json_str(import(o, "preview", HEAD ROW1 ROW2, ""), "known_as"));
	counted(import(o, "run", HEAD ROW1 ROW2, ""), 2, 0, 0);
	before = cases(o);
	assert_null(hy_json_str(import(o, "preview", HEAD ROW1 ROW2, ""), "known_as"));
	assert_int_equal(act(o, "import.preview", hy_strf(o, "{\"file\":\"%s\"}", file), &out, &err),
			 HY_OK);
	assert_string_equal(hy_json_str(out, "known_as"), "12345热线");
	assert_int_equal(act(o, "import.run",
			     hy_strf(o, "{\"source\":\"12354热线\",\"file\":\"%s\"}", file), &out,
			     &err),
			 HY_EEXISTS);
	assert_non_null(strstr(err.text, "12345热线"));
	assert_int_equal(cases(o), before);
	assert_int_equal(act(o, "import.run",
			     hy_strf(o, "{\"source\":\"12354热线\",\"file\":\"%s\",\"again\":true}",
				     file),
			     &out, &err),
			 HY_OK);
	counted(out, 2, 0, 0);
	counted(import(o, "run", HEAD ROW1 ROW2, ""), 0, 2, 0);
}

/* A channel has one name, and a call's number is the hotline's. */
static void test_channels(void **state)
{
	struct office *o = *state;
	struct hy_err err = {0};
	struct hy_json *out = NULL;

	assert_int_equal(act(o, "case.open",
			     "{\"title\":\"甲\",\"channel\":\"phone\",\"reference\":\"GD1\"}", &out,
			     &err),
			 HY_OK);
	assert_int_equal(act(o, "case.open",
			     "{\"title\":\"乙\",\"channel\":\"电话\",\"reference\":\"GD1\"}", &out,
			     &err),
			 HY_EEXISTS);
	assert_int_equal(act(o, "case.list", "{\"reference\":\"GD1\"}", &out, NULL), HY_OK);
	assert_int_equal(hy_json_get(out, "items")->n, 1);
	counted(import(o, "run", HEAD ROW1 ROW2, ""), 1, 1, 0);
	assert_int_equal(act(o, "case.open",
			     "{\"title\":\"丙\",\"channel\":\"电话\",\"reference\":\"GD2\"}", &out,
			     &err),
			 HY_EEXISTS);
}

static void test_typed(void **state)
{
	struct office *o = *state;
	struct hy_err err = {0};
	struct hy_json *out = NULL, *shown = NULL;
	static const char one[] = "{\"title\":\"电话\",\"channel\":\"hotline\",\"reference\":\"GD1\","
				  "\"contact\":\"" PHONE "\",\"at\":\"2026-11-20 09:00\"}";

	assert_int_equal(act(o, "case.open", one, &out, &err), HY_OK);
	assert_int_equal(act(o, "case.open", one, &shown, &err), HY_EEXISTS);
	assert_non_null(strstr(err.text, hy_json_str(out, "number")));
	assert_int_equal(act(o, "case.show",
			     hy_strf(o, "{\"id\":\"%s\"}", hy_json_str(out, "number")), &shown, &err),
			 HY_OK);
	assert_string_equal(hy_json_str(shown, "reference"), "GD1");
	assert_string_equal(hy_json_str(shown, "contact"), PHONE);
	assert_false(on_disk(o, PHONE));
	/* the sheet that comes later knows it; and what the sheet brought is known at the counter */
	counted(import(o, "run", HEAD ROW1 ROW2, ""), 1, 1, 0);
	assert_int_equal(act(o, "case.open",
			     "{\"title\":\"电话\",\"channel\":\"hotline\",\"reference\":\"GD2\"}", &out,
			     &err),
			 HY_EEXISTS);
	assert_int_equal(act(o, "case.open",
			     "{\"title\":\"窗口\",\"channel\":\"counter\",\"reference\":\"GD2\"}", &out,
			     &err),
			 HY_OK);
	assert_int_equal(act(o, "case.list", "{\"reference\":\"GD2\"}", &out, NULL), HY_OK);
	assert_int_equal(hy_json_get(out, "items")->n, 2);
}

/* Identities of callbacks are erased after a while; those of imports stay with their cases. */
static void test_kept(void **state)
{
	struct office *o = *state;

	counted(import(o, "run", HEAD ROW1 ROW2, ""), 2, 0, 0);
	hy_clock_set(o->desk->clock, START + 200 * HY_DAY);
	assert_int_equal(hy_callback_erase(o->desk->st, START + 199 * HY_DAY, START + 199 * HY_DAY,
					   NULL, NULL),
			 HY_OK);
	counted(import(o, "run", HEAD ROW1 ROW2, ""), 0, 2, 0);
}

static void test_balance(void **state)
{
	struct office *o = *state;
	struct hy_json *sheet = NULL;
	struct hy_source *s = NULL;

	(void)import(o, "run", HEAD ROW1 ROW2 "GD9,,,,,,\n", "");
	(void)import(o, "run", HEAD ROW1 ROW2, "");
	assert_int_equal(act(o, "source.balance", "{}", &sheet, NULL), HY_OK);
	assert_string_equal(hy_json_str(hy_json_get(sheet, "total"), "refused_why"), "without words 1");
	assert_true(hy_json_bool(sheet, "balanced", false));
	assert_int_equal(hy_source_find(o->desk->st, o, "12345热线", &s, NULL), HY_OK);
	assert_int_equal(s->got_new, 2);
	assert_int_equal(s->got_repeat, 2);
	assert_int_equal(s->got_refused, 1);
	assert_int_equal(hy_source_make_due(o->desk->st, (struct hy_source_id){0}, START, NULL), HY_OK);
	assert_int_equal(hy_source_get(o->desk->st, o, s->id, &s, NULL), HY_OK);
	assert_true(s->next_at == HY_TIME_NEVER); /* nobody looks there */
}

/* More than one batch; what stands twice in a file, far apart. */
static void test_batches(void **state)
{
	struct office *o = *state;
	struct hy_buf b;

	hy_buf_init(&b, o, 1u << 20);
	hy_buf_str(&b, "编号,内容\n");
	for (int i = 0; i < 2 * DESK_IMPORT_BATCH + 3; i++)
		hy_buf_fmt(&b, "N%d,话%d\n", i % (2 * DESK_IMPORT_BATCH), i);
	struct hy_json *r = import(o, "preview", b.data, "");
	counted(r, 2 * DESK_IMPORT_BATCH, 3, 0);
	assert_int_equal(hy_json_int(r, "other_words", 0), 3);
	r = import(o, "run", b.data, "");
	counted(r, 2 * DESK_IMPORT_BATCH, 3, 0);
	assert_int_equal(hy_json_int(r, "other_words", 0), 3);
	counted(import(o, "run", b.data, ""), 0, 2 * DESK_IMPORT_BATCH + 3, 0);
	assert_int_equal(act(o, "source.balance", "{}", &r, NULL), HY_OK);
	assert_true(hy_json_bool(r, "balanced", false));
	counted(import(o, "run", "编号,内容\n", ""), 0, 0, 0); /* headings alone */
}

/* A day alone: from the opening of the office on it, by its calendar; never later than now; and a
 * letter that came in hours is never promised a later answer than its true time would give. */
static void test_days(void **state)
{
	struct office *o = *state;
	struct hy_json *r = NULL;
	static const struct {
		const char *said, *when;
	} days[] = {
		{"2026/11/20", "2026-11-20 08:30"},	  /* a Friday */
		{"2026/11/15", "2026-11-15 08:30"},	  /* a Sunday: as the office opens else */
		{"2026/11/20 0:00", "2026-11-20 00:00"}, /* somebody did look at a clock */
		{"2026/11/21", "2026-11-21 08:30"},
	};
	struct hy_buf b;
	hy_time due_day = 0;

	hy_buf_init(&b, o, 65536);
	hy_buf_str(&b, "编号,内容,时间\n");
	for (size_t i = 0; i < HY_LEN(days); i++)
		hy_buf_fmt(&b, "D%zu,话,%s\n", i, days[i].said);
	r = import(o, "preview", b.data, "");
	assert_int_equal(hy_json_int(r, "days_only", -1), 3);
	for (size_t i = 0; i < HY_LEN(days); i++)
		assert_string_equal(hy_json_str(hy_json_get(r, "rows")->at[i], "when"),
				    days[i].when);
	counted(import(o, "run", b.data, ""), 4, 0, 0);
	o->desk->clock = hy_clock_fixed(o->desk, START - 6 * HY_HOUR); /* 08:05, before it opens */
	r = import(o, "preview", "编号,内容,时间\nE1,话,2026/11/21\n", "");
	assert_string_equal(hy_json_str(hy_json_get(r, "rows")->at[0], "when"), "2026-11-21 08:05");
	o->desk->clock = hy_clock_fixed(o->desk, START);
	/* an opening at 08:30 gives the earliest due time of all that came in hours */
	for (int m = 8 * 60 + 30; m < 18 * 60; m += 45) {
		struct hy_json *c = NULL;

		(void)import(o, "run",
			     hy_strf(o, "编号,内容,时间\nT%d,话,2026/11/20 %d:%02d\n", m, m / 60,
				     m % 60),
			     "");
		assert_int_equal(act(o, "case.list",
				     hy_strf(o, "{\"reference\":\"T%d\"}", m), &c, NULL),
				 HY_OK);
		if (!due_day)
			due_day = hy_json_int(hy_json_get(c, "items")->at[0], "due_reply_ts", 0);
		assert_true(due_day > 0);
		assert_true(hy_json_int(hy_json_get(c, "items")->at[0], "due_reply_ts", 0) >=
			    due_day);
	}
	assert_int_equal(act(o, "case.list", "{\"reference\":\"D0\"}", &r, NULL), HY_OK);
	assert_int_equal(hy_json_int(hy_json_get(r, "items")->at[0], "due_reply_ts", 0), due_day);
}

/* A sheet without numbers, taken in when a day alone counted from midnight: its rows are still known.
 */
static void test_days_known(void **state)
{
	struct office *o = *state;

	counted(import(o, "run", "内容,时间\n话,2026/11/20\n", ""), 1, 0, 0);
	counted(import(o, "run", "内容,时间\n话,2026/11/20 0:00\n", ""), 0, 1, 0);
}

#define STATES                                                                                     \
	"工单编号,诉求内容,受理时间,承办单位,办理状态,办结时间\n"                                                 \
	"S1,水黄,2026/11/10 9:00,水务局,已办结,2026/11/12 16:20\n"                                          \
	"S2,灯暗,2026/11/20 9:00,,处理中,\n"                                                               \
	"S3,路堵,2026/11/10 9:00,,办结,\n"                                                                 \
	"S4,声吵,2026/11/20 9:00,,某种进展,\n"                                                             \
	"S5,井盖,2026/11/10 9:00,,Closed,明天\n"                                                           \
	"S6,树倒,2026/11/10 9:00,,已办结,2026/11/10\n"

static const struct hy_json *case_of(struct office *o, const char *reference)
{
	struct hy_json *r = NULL;

	assert_int_equal(act(o, "case.list",
			     hy_strf(o, "{\"reference\":\"%s\",\"closed\":true}", reference), &r,
			     NULL),
			 HY_OK);
	assert_int_equal(hy_json_get(r, "items")->n, 1);
	assert_int_equal(act(o, "case.show",
			     hy_strf(o, "{\"id\":\"%s\",\"why\":\"核查\"}",
				     hy_json_str(hy_json_get(r, "items")->at[0], "number")),
			     &r, NULL),
			 HY_OK);
	return r;
}

/* Cases that the report of November counts, and those of them that were late. */
static void reported(struct office *o, size_t *cases, size_t *late)
{
	struct hy_json *r = NULL;
	const struct hy_json *total;

	assert_int_equal(act(o, "report.sla",
			     "{\"since\":\"2026-11-01\",\"until\":\"2026-11-21 14:00\",\"format\":"
			     "\"json\"}",
			     &r, NULL),
			 HY_OK);
	total = hy_json_get(hy_json_get(r, "report"), "total");
	*cases = hy_json_get(total, "cases")->n;
	*late = hy_json_get(total, "late")->n;
}

/* What the sheet calls settled is a closed case: closed when the sheet says so, with the reason, no
 * promise, no measure of the report. What it calls otherwise, or in words that nobody knows, is open. */
static void test_states(void **state)
{
	struct office *o = *state;
	struct hy_json *r = import(o, "preview", STATES, "");
	const struct hy_json *states = hy_json_get(r, "states"), *c, *events, *last = NULL;
	size_t before, after, late_before, late;

	counted(r, 6, 0, 0);
	assert_int_equal(hy_json_int(states, "closed", -1), 4);
	assert_int_equal(hy_json_int(states, "open", -1), 1);
	assert_int_equal(hy_json_int(states, "unknown", -1), 1);
	assert_int_equal(hy_json_int(states, "closing_unclear", -1), 1);
	assert_int_equal(hy_json_get(states, "words")->n, 1);
	assert_string_equal(hy_json_get(states, "words")->at[0]->text, "某种进展");
	reported(o, &before, &late_before);
	counted(import(o, "run", STATES, ""), 6, 0, 0);

	c = case_of(o, "S1");
	assert_string_equal(hy_json_str(c, "state"), "closed");
	assert_int_equal(hy_json_int(c, "due_reply_ts", 0), 0);
	assert_int_equal(hy_json_int(c, "due_resolve_ts", 0), 0);
	assert_false(hy_json_bool(c, "overdue", true));
	assert_string_equal(hy_json_str(c, "unit"), "水务局");
	events = hy_json_get(c, "events");
	for (size_t i = 0; i < events->n; i++)
		if (!strcmp(hy_json_str(events->at[i], "kind"), "closed"))
			last = events->at[i];
	assert_non_null(last);
	assert_string_equal(hy_json_str(last, "when"), "2026-11-12 16:20");
	assert_non_null(strstr(hy_json_str(last, "text"), "已办结"));
	assert_string_equal(hy_json_str(case_of(o, "S3"), "state"), "closed");
	assert_string_equal(hy_json_str(case_of(o, "S5"), "state"), "closed");
	assert_string_equal(hy_json_str(case_of(o, "S6"), "state"), "closed");
	for (const char *open = "24"; *open; open++) {
		c = case_of(o, hy_strf(o, "S%c", *open));
		assert_string_not_equal(hy_json_str(c, "state"), "closed");
		assert_true(hy_json_int(c, "due_reply_ts", 0) > 0);
	}
	reported(o, &after, &late);
	assert_int_equal(after, before + 2);
	assert_true(late <= late_before + 2);
	/* further on its way it is still the same one, and its state here is ours */
	counted(import(o, "run",
		       "工单编号,诉求内容,受理时间,办理状态\nS2,灯暗,2026/11/20 9:00,已办结\n", ""),
		0, 1, 0);
	assert_string_not_equal(hy_json_str(case_of(o, "S2"), "state"), "closed");
	/* the column can be named, and taken back */
	r = import(o, "preview", "编号,内容,进展\nT1,话,已办结\n", ",\"map\":[\"status=进展\"]");
	assert_int_equal(hy_json_int(hy_json_get(r, "states"), "closed", -1), 1);
	r = import(o, "preview", STATES, ",\"map\":[\"status=-\"]");
	assert_true(hy_json_get(r, "states")->type == HY_JSON_NULL);
}

static const struct hy_json *listed(struct office *o, size_t n)
{
	struct hy_json *r = NULL;

	assert_int_equal(act(o, "import.list", "{}", &r, NULL), HY_OK);
	assert_int_equal(hy_json_get(r, "items")->n, n);
	return n ? hy_json_get(r, "items")->at[0] : NULL;
}

/* Cut off between two batches, as by a kill: it is said how far the file came, and the same file
 * finishes it. */
static void test_interrupted(void **state)
{
	struct office *o = *state;
	struct desk_import im;
	struct hy_json *params = NULL;
	const struct hy_json *f;
	struct hy_buf b;
	char *text;

	hy_buf_init(&b, o, 1u << 20);
	hy_buf_str(&b, "编号,内容\n");
	for (int i = 0; i < DESK_IMPORT_BATCH + 20; i++)
		hy_buf_fmt(&b, "N%d,话%d\n", i, i);
	text = hy_strf(o, "{\"source\":\"12345热线\",\"file\":\"%s\"}",
		       hy_base64(o, b.data, b.len, false));
	assert_int_equal(hy_json_parse(o, text, strlen(text), 0, &params, NULL), HY_OK);
	(void)listed(o, 0);
	assert_int_equal(desk_import_read(o->desk, o, params, &im, NULL), HY_OK);
	assert_int_equal(hy_store_begin(o->desk->st, NULL), HY_OK);
	assert_int_equal(desk_import_take(&im, o, 0, DESK_IMPORT_BATCH, NULL), HY_OK);
	assert_int_equal(hy_store_commit(o->desk->st, NULL), HY_OK);
	f = listed(o, 1);
	assert_string_equal(hy_json_str(f, "state"), "running");
	o->desk->clock = hy_clock_fixed(o->desk, START + 2 * HY_MINUTE);
	f = listed(o, 1);
	assert_string_equal(hy_json_str(f, "state"), "interrupted");
	assert_int_equal(hy_json_int(f, "received", 0), DESK_IMPORT_BATCH + 20);
	assert_int_equal(hy_json_int(f, "done", 0), DESK_IMPORT_BATCH);
	assert_int_equal(hy_json_int(f, "line", 0), DESK_IMPORT_BATCH + 1);
	assert_non_null(strstr(hy_json_str(f, "cure"), "--as-source 12345热线"));
	counted(import(o, "run", b.data, ""), 20, DESK_IMPORT_BATCH, 0);
	f = listed(o, 1);
	assert_string_equal(hy_json_str(f, "state"), "complete");
	assert_string_equal(hy_json_str(f, "cure"), "");
	assert_int_equal(hy_json_int(f, "new", 0), 20);
	assert_int_equal(cases(o), DESK_IMPORT_BATCH + 20);
	(void)import(o, "run", HEAD ROW1, "");
	assert_string_equal(hy_json_str(listed(o, 2), "state"), "complete");
}

/* A source that was removed and is named again is the same one. */
static void test_removed(void **state)
{
	struct office *o = *state;
	struct hy_source *s = NULL;

	counted(import(o, "run", HEAD ROW1 ROW2, ""), 2, 0, 0);
	assert_int_equal(hy_source_find(o->desk->st, o, "12345热线", &s, NULL), HY_OK);
	assert_int_equal(hy_source_set_state(o->desk->st, s->id, HY_SOURCE_REMOVED, NULL), HY_OK);
	counted(import(o, "preview", HEAD ROW1 ROW2, ""), 0, 2, 0);
	counted(import(o, "run", HEAD ROW1 ROW2, ""), 0, 2, 0);
	assert_int_equal(hy_source_find(o->desk->st, o, "12345热线", &s, NULL), HY_OK);
	assert_int_equal(s->state, HY_SOURCE_ACTIVE);
}

int main(int argc, char **argv)
{
#define T(f) cmocka_unit_test_setup_teardown(f, make_office, drop_office)
	const struct CMUnitTest tests[] = {
		T(test_twice), T(test_case),  T(test_refused), T(test_mapping),
		T(test_privacy), T(test_typed), T(test_kept),	 T(test_balance),
		T(test_removed), T(test_typed_title), T(test_mended), T(test_digits), T(test_other_name), T(test_channels), T(test_batches),
		T(test_states), T(test_days), T(test_days_known),
		T(test_interrupted),
	};

	if (argc > 1 && strcmp(argv[1], "__parse") == 0) {
		hy_lang_init();
		return hy_parse_child_main(0, 1);
	}
	setenv("HUYING_TEST_FAST_HASH", "1", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
