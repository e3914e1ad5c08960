/* Every error code that the fact sheets name is in the table, and a call that meets it does what
 * the row says. */
#include "tests/unit/test-platforms.h"

static void *ctx;

static int setup(void **state)
{
	(void)state;
	ctx = talloc_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	talloc_free(ctx);
	return 0;
}

/* The codes as the sheets list them, with what they say is to be done. */
struct listed {
	const char *platform, *codes;
	const char *nexts; /* allowed, by letter: see letter_of */
};
static const struct listed sheets[] = {
	{"weibo", "10001 10002 10003 10009 10010 10011 21331", "R"},
	{"weibo", "10004 10005 10012 10013 10014 20015 20022 21321 21324 21326 21337 20031", "S"},
	{"weibo", "10006 10007 10008 10016 10017 10018 10020 10021 21322 21323 21328 21329", "F"},
	{"weibo", "10022 10023 10024 20016", "W"},
	{"weibo", "20001 20002 20003 20004 20005 20006 20007 20008 20009", "F"},
	{"weibo", "20012 20013 20017 20018 20020 20021 20049 21602", "C"},
	{"weibo", "20014", "O"},
	{"weibo", "20019 20032", "L"},
	{"weibo", "20101 20102 20103 20104 20109 20201 20202 20203 20204 20301 20508", "G"},
	{"weibo", "20111 20306", "L"},
	{"weibo", "21301 21314 21315 21316 21317 21319 21325 21327 21330 21332", "A"},
	{"wechat", "-1 -1000", "R"},
	{"wechat", "40001 40014 42001", "N"},
	{"wechat",
	 "40002 40013 40125 40243 40164 48001 48004 48006 50001 50002 53404 53405 61004 61007",
	 "S"},
	{"wechat", "40003 40031 40032 43004 43019 43101 43117 45015 45047 48002", "G"},
	{"wechat", "40004 40005 40006 40007 40008 40009 40010 40011 40012 40033 40035 40037 40059",
	 "F"},
	{"wechat", "41001 41002 41003 41004 41005 41006 41010 41016 41029 41030 43002 43003", "F"},
	{"wechat",
	 "44001 44002 44003 44004 45001 45005 45006 45007 45008 45067 46003 46004 47001 47003",
	 "F"},
	{"wechat", "45056 45057 45058 45059 45157 45158", "F"},
	{"wechat", "45002 45003 45004 45166 53503", "C"},
	{"wechat", "43116 53504 53505", "S"},
	{"wechat", "45009 45011 45028 45066", "W"},
	{"wechat", "45065 45072", "L"},
};

static char letter_of(enum hy_platform_next next)
{
	static const char letters[] = {
		[HY_NEXT_LOOK] = 'L', [HY_NEXT_RETRY] = 'R', [HY_NEXT_AGAIN] = 'O',
		[HY_NEXT_WAIT] = 'W', [HY_NEXT_RENEW] = 'N', [HY_NEXT_AUTHORISE] = 'A',
		[HY_NEXT_STOP] = 'S', [HY_NEXT_FIX] = 'F',   [HY_NEXT_CHANGE] = 'C',
		[HY_NEXT_GONE] = 'G',
	};

	return letters[next];
}

static void start_write(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
			const void *arg)
{
	if (strcmp(arg, "weibo") == 0)
		hy_weibo_send(net, peer, &(struct hy_weibo_draft){.text = "通报"}, on_post, g);
	else
		hy_wechat_message(net, peer, "o-1", "已受理", on_post, g);
}

static void start_read(struct hy_net *net, const struct hy_platform_peer *peer, struct got *g,
		       const void *arg)
{
	if (strcmp(arg, "weibo") == 0)
		hy_weibo_show(net, peer, "1", on_page, g);
	else
		hy_wechat_articles(net, peer, NULL, on_page, g);
}

static enum hy_status met(const char *platform, const char *code, bool writes, struct hy_err *err)
{
	bool weibo = strcmp(platform, "weibo") == 0;
	char *body = hy_strf(ctx,
			     weibo ? "{\"request\":\"/x\",\"error_code\":%s,\"error\":\"words\"}"
				   : "{\"errcode\":%s,\"errmsg\":\"words rid: 1\"}",
			     code);
	struct got g = run_call(ctx, writes ? start_write : start_read, platform,
				weibo ? "400 Bad Request" : "200 OK", body);

	*err = g.err;
	return g.status;
}

/* What each letter is for reads and for writes, said here once more. */
static enum hy_status wanted(char letter, bool writes)
{
	switch (letter) {
	case 'L':
		return writes ? HY_EUNSURE : HY_EPERM;
	case 'R':
		return writes ? HY_EUNSURE : HY_ETEMP;
	case 'O':
		return HY_ETEMP;
	case 'W':
		return HY_EWAIT;
	case 'N':
	case 'A':
	case 'S':
		return HY_EAUTH;
	case 'F':
	case 'C':
		return HY_EPERM;
	case 'G':
		return writes ? HY_EPERM : HY_ENOTFOUND;
	default:
		return HY_OK;
	}
}

static void check_one(const char *platform, const char *code, char letter)
{
	const struct hy_platform_error *row = hy_platform_error_find(platform, code);

	if (row == NULL)
		fail_msg("%s %s is not in the table", platform, code);
	if (letter_of(row->next) != letter)
		fail_msg("%s %s: next is %c, the sheet says %c", platform, code,
			 letter_of(row->next), letter);
	for (int writes = 0; writes < 2; writes++) {
		struct hy_err err;
		enum hy_status status = met(platform, code, writes != 0, &err);

		if (status != wanted(letter, writes != 0))
			fail_msg("%s %s, %s: %s", platform, code, writes ? "write" : "read",
				 hy_status_name(status));
		if (letter == 'W' && (err.until <= TEST_NOW || err.until > TEST_NOW + HY_DAY))
			fail_msg("%s %s: waits until %" PRId64, platform, code, err.until);
		if (strstr(err.text, code) == NULL || strstr(err.text, "words") == NULL)
			fail_msg("%s %s: the text is \"%s\"", platform, code, err.text);
	}
}

static void test_sheets(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < HY_LEN(sheets); i++) {
		char *codes = hy_strdup(ctx, sheets[i].codes), *save = NULL;

		for (char *code = strtok_r(codes, " ", &save); code != NULL;
		     code = strtok_r(NULL, " ", &save), n++)
			check_one(sheets[i].platform, code, sheets[i].nexts[0]);
	}
	assert_true(n > 140);
}

static void test_find(void **state)
{
	(void)state;
	assert_null(hy_platform_error_find("weibo", "1"));
	assert_null(hy_platform_error_find("wechat", "41000"));
	assert_non_null(hy_platform_error_find("wechat", "41001"));
	assert_non_null(hy_platform_error_find("wechat", "41030"));
	assert_null(hy_platform_error_find("wechat", "41031"));
	assert_null(hy_platform_error_find("wechat", "41001x"));
	assert_null(hy_platform_error_find("nobody", "-1"));
	assert_null(hy_platform_error_find("weibo", ""));
}

static void test_unknown(void **state)
{
	struct hy_err err;

	(void)state;
	assert_int_equal(met("weibo", "99999", true, &err), HY_EUNSURE);
	assert_int_equal(met("weibo", "99999", false, &err), HY_ETEMP);
	assert_int_equal(met("wechat", "88000", true, &err), HY_EUNSURE);
	/* as a string, as the wiki's sample has it */
	assert_int_equal(met("weibo", "\"10006\"", true, &err), HY_EPERM);
	assert_int_equal(met("wechat", "\"40001\"", true, &err), HY_EAUTH);
}

static void test_wait(void **state)
{
	const struct hy_platform_error *day = hy_platform_error_find("wechat", "45009");
	hy_time t;

	(void)state;
	/* 00:00 in Beijing is 16:00 UTC */
	assert_int_equal(hy_time_parse_iso("2026-11-29T15:59:59Z", 0, &t, NULL), HY_OK);
	assert_int_equal(hy_platform_wait_end(day, t), t + HY_SECOND);
	assert_int_equal(hy_platform_wait_end(day, t + HY_SECOND), t + HY_SECOND + HY_DAY);
	assert_int_equal(hy_platform_wait_end(hy_platform_error_find("wechat", "45011"), t),
			 t + HY_MINUTE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sheets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_find, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wait, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
