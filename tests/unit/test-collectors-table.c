/* Tables: the CSV that office programs write, its limits, dates, headings, and the child. */
#include "collectors/collect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char exe[4096];

static struct hy_table *read_n(void *ctx, const char *bytes, size_t n, struct hy_err *err)
{
	const struct hy_table_in in = {.bytes = bytes, .n = n};
	struct hy_table *t = NULL;

	return hy_table_read(ctx, &in, &t, err) ? NULL : t;
}

static struct hy_table *read_text(void *ctx, const char *text)
{
	struct hy_table *t = read_n(ctx, text, strlen(text), NULL);

	assert_non_null(t);
	return t;
}

static void refused(const char *text, const char *why)
{
	void *ctx = talloc_new(NULL);
	struct hy_err err = {0};

	assert_null(read_n(ctx, text, strlen(text), &err));
	assert_int_equal(err.status, HY_EINPUT);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
	talloc_free(ctx);
}

static void test_csv(void **state)
{
	void *ctx = talloc_new(NULL);
	struct hy_table *t;

	(void)state;
	t = read_text(ctx, "\xEF\xBB\xBF编号,内容\r\n=\"00123\",\"两行\n\"\"引号\"\",逗号\"\r\n\r\n"
			   "12345678901234567890,\t13800138000\n,,\n最后, 没有行尾 ");
	assert_int_equal(t->n_rows, 4);
	assert_string_equal(t->rows[1].cells[0], "00123");
	assert_string_equal(t->rows[1].cells[1], "两行\n\"引号\",逗号");
	assert_int_equal(t->rows[2].line, 5);
	assert_string_equal(t->rows[2].cells[0], "12345678901234567890");
	assert_string_equal(t->rows[2].cells[1], "13800138000");
	assert_int_equal(t->rows[3].line, 7);
	assert_string_equal(t->rows[3].cells[1], "没有行尾");
	assert_string_equal(t->encoding, "utf-8");
	assert_int_equal(t->separator, ',');
	t = read_text(ctx, "a;b\n\"x,y\";2,5\n3;4\n");
	assert_int_equal(t->separator, ';');
	assert_string_equal(t->rows[1].cells[0], "x,y");
	t = read_text(ctx, "a\tb\r1\t\r\"2\"\t3\r"); /* an old Mac's line ends */
	assert_int_equal(t->separator, '\t');
	assert_int_equal(t->n_rows, 3);
	assert_int_equal(t->rows[1].n, 1);
	t = read_text(ctx, "sep=|\na|b,c\n");
	assert_int_equal(t->separator, '|');
	assert_string_equal(t->rows[0].cells[1], "b,c");
	assert_int_equal(t->rows[0].line, 2);
	t = read_text(ctx, "a,b\n\"=\"\"007\"\"\",x\n"); /* the same, quoted once more */
	assert_string_equal(t->rows[1].cells[0], "007");
	t = read_text(ctx, "sep=反映人;\n\"x;y\";3,5\n"); /* no such line: it is text */
	assert_string_equal(t->rows[0].cells[0], "sep=反映人");
	/* a quote within a cell is a character */
	t = read_text(ctx, "a,5\" pipe\nb,\"c\"d\n");
	assert_string_equal(t->rows[0].cells[1], "5\" pipe");
	assert_string_equal(t->rows[1].cells[1], "cd");
	refused("a,b\nc,\"d\ne,f\n", "line 2");
	refused("", "no row");
	refused("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1xxxx", ".xls");
	refused("%PDF-1.7", "PDF");
	refused("PK\3\4", "cut or damaged");
	talloc_free(ctx);
}

static void test_charsets(void **state)
{
	void *ctx = talloc_new(NULL);
	static const char *const labels[] = {"gb18030", "utf-16le", "utf-16be"};
	static const char text[] = "编号,诉求内容\n1,城东自来水发黄，𠮷野家旁\n";
	struct hy_table *t;

	(void)state;
	for (size_t i = 0; i < HY_LEN(labels); i++) {
		char *bytes = NULL;
		size_t n = 0;

		assert_int_equal(hy_charset_from_utf8(ctx, labels[i], text, strlen(text), &bytes,
						      &n, NULL),
				 HY_OK);
		t = read_n(ctx, bytes, n, NULL);
		assert_non_null(t);
		assert_string_equal(t->encoding, labels[i]);
		assert_string_equal(t->rows[1].cells[1], "城东自来水发黄，𠮷野家旁");
	}
	refused("a,\xFF\xFF\xFF\xC0\n", "characters are not");
	talloc_free(ctx);
}

static void test_limits(void **state)
{
	void *ctx = talloc_new(NULL);
	struct hy_buf b;
	struct hy_err err = {0};
	struct hy_table *t;

	(void)state;
	hy_buf_init(&b, ctx, HY_TABLE_INPUT_MAX + 64);
	for (int i = 0; i < HY_TABLE_ROWS_MAX; i++)
		hy_buf_str(&b, "a,b\n");
	t = read_n(ctx, b.data, b.len, &err);
	assert_non_null(t);
	assert_int_equal(t->n_rows, HY_TABLE_ROWS_MAX);
	hy_buf_str(&b, "a,b\n");
	assert_null(read_n(ctx, b.data, b.len, &err));
	assert_non_null(strstr(err.text, "line 20001: at most 20000 rows"));
	hy_buf_reset(&b);
	for (int i = 0; i < HY_TABLE_COLUMNS_MAX; i++)
		hy_buf_str(&b, i ? ",x" : "x");
	assert_non_null(read_n(ctx, b.data, b.len, &err));
	hy_buf_str(&b, ","); /* an empty one does not count */
	assert_non_null(read_n(ctx, b.data, b.len, &err));
	hy_buf_str(&b, "x");
	assert_null(read_n(ctx, b.data, b.len, &err));
	assert_non_null(strstr(err.text, "256 columns"));
	hy_buf_reset(&b);
	for (unsigned i = 0; i < HY_TABLE_CELL_MAX; i++)
		hy_buf_chr(&b, 'x');
	assert_non_null(read_n(ctx, b.data, b.len, &err));
	hy_buf_chr(&b, 'x');
	assert_null(read_n(ctx, b.data, b.len, &err));
	assert_non_null(strstr(err.text, "in one cell"));
	assert_null(read_n(ctx, "a", HY_TABLE_INPUT_MAX + 1, &err));
	talloc_free(ctx);
}

static void is_time(const char *s, const char *iso)
{
	char out[HY_TIME_ISO_OFFSET_MAX] = "none";
	hy_time t = 0;
	bool day = false;

	if (hy_table_time(s, 480, &t, &day))
		(void)hy_time_iso_offset(t, 480, out);
	if (strcmp(out, iso) != 0)
		fail_msg("%s: %s, wanted %s", s, out, iso);
	if (strcmp(iso, "none") != 0 && day != (strstr(out, "T00:00:00+") && !strstr(s, "00:00") && !strstr(s, "00点")))
		fail_msg("%s: a day alone? %d", s, day);
}

static void test_times(void **state)
{
	(void)state;
	is_time("2026/11/3 8:05", "2026-11-03T08:05:00+08:00");
	is_time("2026年11月3日", "2026-11-03T00:00:00+08:00");
	is_time("2026年11月3日 下午3点", "2026-11-03T15:00:00+08:00");
	is_time("2026年11月3日8时5分30秒", "2026-11-03T08:05:30+08:00");
	is_time("2026-11-03 08:05:59", "2026-11-03T08:05:59+08:00");
	is_time("2026-11-03T08:05:00Z", "2026-11-03T16:05:00+08:00");
	is_time("2026.11.3", "2026-11-03T00:00:00+08:00");
	is_time("20261103", "2026-11-03T00:00:00+08:00");
	is_time("20261103080500", "2026-11-03T08:05:00+08:00");
	is_time("46329", "2026-11-03T00:00:00+08:00");
	is_time("46329.3368055556", "2026-11-03T08:05:00+08:00");
	is_time("11/13/2026 8:05 PM", "2026-11-13T20:05:00+08:00");
	is_time("13/11/2026", "2026-11-13T00:00:00+08:00");
	is_time("3/11/2026", "none"); /* March or November */
	is_time("2026-02-30", "none");
	is_time("12", "none");
	is_time("暂无", "none");
	is_time("", "none");
}

static void test_numbers(void **state)
{
	void *ctx = talloc_new(NULL);

	(void)state;
	assert_true(hy_format_is_date("yyyy\"年\"m\"月\"d\"日\""));
	assert_true(hy_format_is_date("[h]:mm"));
	assert_true(hy_format_is_date("[$-804]yyyy/m/d h:mm;@"));
	assert_false(hy_format_is_date("General"));
	assert_false(hy_format_is_date("#,##0.00_);[Red]\\(#,##0.00\\)"));
	assert_false(hy_format_is_date("0\"days\""));
	assert_string_equal(hy_serial_date(ctx, 46329, false), "2026-11-03");
	assert_string_equal(hy_serial_date(ctx, 46329.3368055556, false), "2026-11-03 08:05:00");
	assert_string_equal(hy_serial_date(ctx, 44867, true), "2026-11-03");
	assert_string_equal(hy_serial_date(ctx, 59, false), "1900-02-28");
	assert_string_equal(hy_serial_date(ctx, 61, false), "1900-03-01");
	assert_string_equal(hy_serial_date(ctx, 0.5, false), "12:00:00");
	assert_null(hy_serial_date(ctx, -1, false));
	assert_null(hy_serial_date(ctx, 1e12, false));
	assert_string_equal(hy_number_text(ctx, "1.3800138E10"), "13800138000");
	assert_string_equal(hy_number_text(ctx, "12345678901234567890"), "12345678901234567890");
	assert_string_equal(hy_number_text(ctx, "1.1000000000000001"), "1.1");
	assert_string_equal(hy_number_text(ctx, "nan"), "nan");
	talloc_free(ctx);
}

static int column(const struct hy_table_map *m, enum hy_meaning f)
{
	return m->column[f];
}

static void test_headings(void **state)
{
	void *ctx = talloc_new(NULL);
	struct hy_table_map m;
	struct hy_table *t;
	enum hy_meaning f;

	(void)state;
	t = read_text(ctx, "2026年11月12345热线工单汇总,,,,,,,\n制表：办公室,,,,,,,\n"
			   "序号,工单编号,来电人,联系电话*,诉求内容（必填）,受理时间,办结时间,承办单位\n"
			   "1,GD001,张三,13800138000,水黄,2026/11/3 8:05,,水务局\n合计,1,,,,,,\n");
	hy_table_guess(t, 0, &m);
	assert_int_equal(m.header, 2);
	assert_int_equal(column(&m, HY_MEANS_REFERENCE), 1);
	assert_int_equal(column(&m, HY_MEANS_PERSON), 2);
	assert_int_equal(column(&m, HY_MEANS_PHONE), 3);
	assert_int_equal(column(&m, HY_MEANS_TEXT), 4);
	assert_int_equal(column(&m, HY_MEANS_TIME), 5);
	assert_int_equal(column(&m, HY_MEANS_UNIT), 7);
	assert_int_equal(column(&m, HY_MEANS_TITLE), -1);
	assert_string_equal(hy_table_channel(t, &m), "hotline");
	assert_true(hy_table_is_total(&t->rows[4]));
	assert_false(hy_table_is_total(&t->rows[3]));
	assert_int_equal(hy_table_column(t, &m, "承办单位"), 7);
	assert_int_equal(hy_table_column(t, &m, "#2"), 1);
	assert_int_equal(hy_table_column(t, &m, "#99"), -1);
	assert_int_equal(hy_table_column(t, &m, "没有"), -1);
	assert_true(hy_meaning_parse("person", &f) && f == HY_MEANS_PERSON);
	assert_true(hy_meaning_parse("姓名", &f) && f == HY_MEANS_PERSON);
	assert_true(hy_meaning_parse("Content", &f) && f == HY_MEANS_TEXT);
	assert_false(hy_meaning_parse("words", &f));
	t = read_text(ctx, "Ticket ID,Subject,Message,Created At,E-mail,Paid,Status\n1,a,b,c,d,e,f\n");
	hy_table_guess(t, 0, &m);
	assert_int_equal(m.header, 0);
	assert_int_equal(column(&m, HY_MEANS_REFERENCE), 0);
	assert_int_equal(column(&m, HY_MEANS_TITLE), 1);
	assert_int_equal(column(&m, HY_MEANS_TEXT), 2);
	assert_int_equal(column(&m, HY_MEANS_TIME), 3);
	assert_int_equal(column(&m, HY_MEANS_MAIL), 4);
	t = read_text(ctx, "留言编号,留言标题,留言内容,留言时间,网友,答复内容\n1,a,b,c,d,e\n");
	hy_table_guess(t, 0, &m);
	assert_int_equal(column(&m, HY_MEANS_TEXT), 2);
	assert_int_equal(column(&m, HY_MEANS_TITLE), 1);
	assert_string_equal(hy_table_channel(t, &m), "board");
	t = read_text(ctx, "甲,乙\n1,2\n");
	hy_table_guess(t, 0, &m);
	assert_int_equal(m.header, 0);
	hy_table_guess(t, 2, &m);
	assert_int_equal(m.header, 1);
	talloc_free(ctx);
}

/* The same through the child, and its refusals word for word. */
static void test_apart(void **state)
{
	void *ctx = talloc_new(NULL);
	static const char good[] = "编号,内容\n1,\"a\nb\"\n", bad[] = "a\n\"b\n";
	struct hy_table_in in = {.bytes = good, .n = sizeof(good) - 1};
	struct hy_table *t = NULL;
	struct hy_err err = {0};

	(void)state;
	assert_int_equal(hy_table_read_apart(ctx, exe, &in, &t, &err), HY_OK);
	assert_string_equal(t->rows[1].cells[1], "a\nb");
	assert_string_equal(t->format, "csv");
	assert_int_equal(t->n_columns, 2);
	in = (struct hy_table_in){.bytes = bad, .n = sizeof(bad) - 1};
	assert_int_equal(hy_table_read_apart(ctx, exe, &in, &t, &err), HY_EINPUT);
	assert_non_null(strstr(err.text, "line 2"));
	in.n = HY_TABLE_INPUT_MAX + 1;
	assert_int_equal(hy_table_read_apart(ctx, exe, &in, &t, &err), HY_EINPUT);
	talloc_free(ctx);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv),	cmocka_unit_test(test_charsets),
		cmocka_unit_test(test_limits),	cmocka_unit_test(test_times),
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_headings),
		cmocka_unit_test(test_apart),
	};
	ssize_t n;

	if (argc > 1 && strcmp(argv[1], "__parse") == 0)
		return hy_parse_child_main(0, 1);
	hy_lang_use(HY_LANG_EN);
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (n < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
