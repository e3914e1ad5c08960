/* Privacy at the door: the masking table, and voices that cannot be linked across weeks. */
#include "collectors/collectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static void test_mask(void **state)
{
	static const char *const t[][2] = {
		/* mentions */
		{"@张三 路灯坏了", "@ 路灯坏了"},
		{"转发//@李四_01:说得对", "转发//@:说得对"},
		{"回复＠王五，你好", "回复@，你好"},
		{"@zhang-san_7 hi", "@ hi"},
		{"谢谢@user@mastodon.example！", "谢谢@！"},
		{"@张三@李四", "@@"},
		{"价格@ 5元", "价格@ 5元"},
		/* mail */
		{"写信到 zhang.san+x@mail.linjiang.example。", "写信到 [邮箱]。"},
		{"邮箱a@b.cn和c@d.org", "邮箱[邮箱]和[邮箱]"},
		/* links */
		{"看 https://weibo.com/u/1234567890 吧", "看 [链接] 吧"},
		{"https://weibo.com/n/临江小王 说", "[链接] 说"},
		{"weibo.com/1234567890/AbCdEf", "[链接]"},
		{"https://m.weibo.cn/status/498", "[链接]"},
		{"https://x.com/someone/status/1", "[链接]"},
		{"https://social.example/@lin/1093", "[链接]"},
		{"https://social.example/users/lin", "[链接]"},
		{"https://tieba.baidu.com/home/main?id=tb.1.x", "[链接]"},
		{"www.zhihu.com/people/lin-jiang", "[链接]"},
		{"https://www.douyin.com/user/MS4wLjAB", "[链接]"},
		{"http://www.linjiang.example/art/2026/11/20/art_15.html",
		 "http://www.linjiang.example/art/2026/11/20/art_15.html"},
		/* phones */
		{"电话13800138000", "电话[号码]"},
		{"请拨138-0013-8000或139 0013 9000", "请拨[号码]或[号码]"},
		{"＋86 １３８００１３８０００", "＋[号码]"},
		{"+86-13800138000", "[号码]"},
		{"0086 13800138000", "[号码]"},
		{"座机0971-6123456转", "座机[号码]转"},
		{"(0971)6123456", "([号码]"},
		{"010-62345678-801", "[号码]"},
		{"02062345678", "[号码]"},
		{"联系电话：6123456", "联系电话：[号码]"},
		{"QQ:12345678", "QQ:[号码]"},
		{"微信 13800138000", "微信 [号码]"},
		{"+1 415 555 2671 call", "[号码] call"},
		/* identity and cards */
		{"身份证11010519491231002X。", "身份证[号码]。"},
		{"110105194912310021", "[号码]"},
		{"110105 19491231 002x", "[号码]"},
		{"１１０１０５１９４９１２３１００２Ｘ", "[号码]"},
		{"110105491231002", "[号码]"},
		{"卡号6222 0212 3456 7894", "卡号[号码]"},
		{"4111111111111111", "[号码]"},
		/* what must stay */
		{"拨打12345热线", "拨打12345热线"},
		{"2026-11-20 08:00 停电至 18:30", "2026-11-20 08:00 停电至 18:30"},
		{"共3800人，投资1380万元，增长13.8%", "共3800人，投资1380万元，增长13.8%"},
		{"案号20261120-0001", "案号20261120-0001"},
		{"2026年11月20日", "2026年11月20日"},
		{"第1234567890123期", "第1234567890123期"},
		{"3.14159265358979", "3.14159265358979"},
		{"见http://l.example/n/\xE3\x80\x80 13", "见http://l.example/n/\xE3\x80\x80 13"},
		{"", ""},
		{"2026-11-20 13800138000", "2026-11-20 [号码]"},
	};
	void *ctx = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < HY_LEN(t); i++) {
		char *once = hy_mask_text(ctx, t[i][0], NULL),
		     *twice = hy_mask_text(ctx, once, NULL);

		if (strcmp(once, t[i][1]) != 0)
			fail_msg("%s -> %s, not %s", t[i][0], once, t[i][1]);
		assert_string_equal(once, twice);
	}
	talloc_free(ctx);
}

static char dir[64];

static void fresh_dir(void)
{
	strncpy(dir, "/tmp/hy-voice-XXXXXX", sizeof(dir) - 1);
	assert_non_null(mkdtemp(dir));
}

static bool there(const char *name)
{
	char *path = hy_strf(NULL, "%s/%s", dir, name);
	bool yes = access(path, F_OK) == 0;

	talloc_free(path);
	return yes;
}

static void remove_file(const char *name)
{
	char *path = hy_strf(NULL, "%s/%s", dir, name);

	assert_int_equal(unlink(path), 0);
	talloc_free(path);
}

static void test_voice(void **state)
{
	uint8_t k1[HY_KEY_LEN], k2[HY_KEY_LEN], again[HY_KEY_LEN], a[16], b[16], c[16],
		zero[16] = {0};
	enum hy_voice_key_state s;
	struct stat sb;
	char *path;
	int n;

	(void)state;
	fresh_dir();
	assert_int_equal(hy_voice_key(dir, "2026W47", 1000, 10, k1, &s, NULL), HY_OK);
	assert_int_equal(s, HY_VOICE_KEY_MADE);
	path = hy_strf(NULL, "%s/voice-2026W47", dir);
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	assert_int_equal(sb.st_size, 32);
	talloc_free(path);
	assert_int_equal(hy_voice_key(dir, "2026W47", 1000, 20, again, &s, NULL), HY_OK);
	assert_int_equal(s, HY_VOICE_KEY_FOUND);
	assert_memory_equal(k1, again, HY_KEY_LEN);
	/* over: neither made nor given */
	assert_int_equal(hy_voice_key(dir, "2026W47", 1000, 1000, again, &s, NULL), HY_ECONFLICT);
	assert_int_equal(hy_voice_key(dir, "../x", 1000, 1, again, &s, NULL), HY_EINPUT);
	assert_int_equal(hy_voice_key(dir, "2026W48", 2000, 1001, k2, &s, NULL), HY_OK);
	hy_voice_of(k1, "weibo", "1001", a);
	hy_voice_of(k2, "weibo", "1001", b);
	hy_voice_of(k1, "wechat", "1001", c);
	assert_memory_not_equal(a, b, 16); /* weeks do not link */
	assert_memory_not_equal(a, c, 16); /* nor platforms */
	hy_voice_of(k1, "weibo", "1001", c);
	assert_memory_equal(a, c, 16);
	hy_voice_of(k1, "weibo", "", c);
	assert_memory_equal(c, zero, 16);
	/* the week's end: the old key is nowhere */
	assert_int_equal(hy_voice_keys_sweep(dir, "2026W48", &n, NULL), HY_OK);
	assert_int_equal(n, 1);
	assert_false(there("voice-2026W47"));
	assert_false(there("voice-2026W47.made"));
	assert_true(there("voice-2026W48"));
	/* lost: a new period, and it says so */
	remove_file("voice-2026W48");
	assert_int_equal(hy_voice_key(dir, "2026W48", 2000, 1002, again, &s, NULL), HY_OK);
	assert_int_equal(s, HY_VOICE_KEY_LOST);
	assert_memory_not_equal(k2, again, HY_KEY_LEN);
	assert_int_equal(hy_voice_keys_sweep(dir, "2026W49", &n, NULL), HY_OK);
	assert_int_equal(rmdir(dir), 0);
}

static void test_damaged_key(void **state)
{
	uint8_t k[HY_KEY_LEN];
	enum hy_voice_key_state s;
	char *path;
	int n;

	(void)state;
	fresh_dir();
	path = hy_strf(NULL, "%s/voice-2026W47", dir);
	assert_int_equal(hy_file_write(path, "short", 5, 0600, NULL), HY_OK);
	assert_int_equal(hy_voice_key(dir, "2026W47", 1000, 10, k, &s, NULL), HY_ECORRUPT);
	assert_int_equal(hy_voice_keys_sweep(dir, "2026W48", &n, NULL), HY_OK);
	talloc_free(path);
	assert_int_equal(rmdir(dir), 0);
}

static void test_seal(void **state)
{
	uint8_t key[HY_KEY_LEN] = {1}, native[16] = {0xAB};
	const void *sealed;
	uint8_t *plain;
	size_t n, m;
	void *ctx = talloc_new(NULL);

	(void)state;
	assert_int_equal(
		hy_item_seal_url(ctx, key, native, "http://l.example/u/7", &sealed, &n, NULL),
		HY_OK);
	assert_null(memmem(sealed, n, "example", 7));
	assert_int_equal(hy_unseal(ctx, key, "item|ab000000000000000000000000000000|url", sealed, n,
				   &plain, &m, NULL),
			 HY_OK);
	assert_string_equal((char *)plain, "http://l.example/u/7");
	native[0] = 0;
	assert_int_equal(hy_unseal(ctx, key, "item|00000000000000000000000000000000|url", sealed, n,
				   &plain, &m, NULL),
			 HY_ECORRUPT);
	assert_int_equal(hy_item_seal_url(ctx, key, native, NULL, &sealed, &n, NULL), HY_OK);
	assert_null(sealed);
	talloc_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mask),
		cmocka_unit_test(test_voice),
		cmocka_unit_test(test_damaged_key),
		cmocka_unit_test(test_seal),
	};

	if (hy_crypt_init(NULL) != HY_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
