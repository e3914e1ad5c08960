/* Retry-After, HTTP dates, backoff, and the address table: pure functions of net. */
#include "net/net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1795244700000) /* 2026-11-21T07:05:00Z */

/* R13 */
static void test_retry_after(void **state)
{
	static const struct {
		const char *value;
		hy_dur wait; /* 0 = not understood */
	} rows[] = {
		{NULL, 0},
		{"", 0},
		{"soon", 0},
		{"12 minutes", 0},
		{"--5", 0},
		{"0", HY_SECOND},
		{"1", HY_SECOND},
		{"120", 120 * HY_SECOND},
		{" 7 ", 7 * HY_SECOND},
		{"-30", HY_SECOND},
		{"3600", HY_HOUR},
		{"3601", HY_HOUR},
		{"315360000", HY_HOUR}, /* ten years */
		{"99999999999999999999999999", HY_HOUR},
		{"Sat, 21 Nov 2026 07:06:00 GMT", HY_MINUTE},
		{"Saturday, 21-Nov-26 07:06:00 GMT", HY_MINUTE},
		{"Sat Nov 21 07:06:00 2026", HY_MINUTE},
		{"Sat, 21 Nov 2026 07:00:00 GMT", HY_SECOND},
		{"Sat, 21 Nov 2036 07:00:00 GMT", HY_HOUR},
		{"Sat, 31 Nov 2026 07:06:00 GMT", 0},
		{"Sat, 21 Foo 2026 07:06:00 GMT", 0},
		{"Sat, 21 Nov 2026 25:06:00 GMT", 0},
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(rows); i++) {
		hy_time at = hy_net_retry_after(rows[i].value, NOW, HY_HOUR);

		if (at != (rows[i].wait == 0 ? 0 : NOW + rows[i].wait))
			fail_msg("Retry-After \"%s\" gave now%+" PRId64,
				 rows[i].value ? rows[i].value : "(none)", at - NOW);
	}
}

static void test_backoff(void **state)
{
	struct hy_rand r;

	(void)state;
	hy_rand_init(&r, 7);
	for (int failures = 1; failures < 80; failures++) {
		hy_dur full = HY_MINUTE;

		for (int i = 1; i < failures && full < HY_HOUR; i++)
			full *= 2;
		full = full > HY_HOUR ? HY_HOUR : full;
		hy_dur seen = 0;
		for (int k = 0; k < 50; k++) {
			hy_dur d = hy_net_backoff(&r, failures, HY_MINUTE, HY_HOUR);

			assert_true(d >= full / 2 && d <= full);
			seen = k == 0 ? d : (seen != d ? -1 : seen);
		}
		assert_int_equal(seen, -1); /* there is jitter */
	}
}

static bool public_text(const char *s)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, s, &in.sin_addr) == 1)
		return hy_net_address_public((struct sockaddr *)&in, sizeof(in));
	assert_int_equal(inet_pton(AF_INET6, s, &in6.sin6_addr), 1);
	return hy_net_address_public((struct sockaddr *)&in6, sizeof(in6));
}

static void test_addresses(void **state)
{
	static const char *const denied[] = {
		"0.0.0.0",
		"0.255.255.255",
		"10.0.0.0",
		"10.255.255.255",
		"100.64.0.0",
		"100.127.255.255",
		"127.0.0.1",
		"127.255.255.255",
		"169.254.0.0",
		"169.254.255.255",
		"172.16.0.0",
		"172.31.255.255",
		"192.0.0.0",
		"192.0.0.255",
		"192.0.2.0",
		"192.0.2.255",
		"192.168.0.0",
		"192.168.255.255",
		"198.18.0.0",
		"198.19.255.255",
		"198.51.100.0",
		"198.51.100.255",
		"203.0.113.0",
		"203.0.113.255",
		"224.0.0.0",
		"239.255.255.255",
		"240.0.0.0",
		"255.255.255.255",
		"::",
		"::1",
		"::ffff:8.8.8.8",
		"64:ff9b::808:808",
		"fc00::",
		"fdff::1",
		"fe80::1",
		"febf::1",
		"ff00::",
		"ff02::1",
		"2001:db8::1",
		"2002:808:808::",
	};
	static const char *const allowed[] = {
		"1.0.0.0",     "9.255.255.255",	  "11.0.0.0",	  "100.63.255.255",
		"100.128.0.0", "126.255.255.255", "128.0.0.0",	  "169.253.255.255",
		"169.255.0.0", "172.15.255.255",  "172.32.0.0",	  "192.0.1.0",
		"192.0.3.0",   "192.167.255.255", "192.169.0.0",  "198.17.255.255",
		"198.20.0.0",  "198.51.99.255",	  "198.51.101.0", "203.0.112.255",
		"203.0.114.0", "223.255.255.255", "8.8.8.8",	  "2606:4700::1111",
		"240e::1",     "2001:da8::1",	  "2400:3200::1", "2001:db7:ffff::",
		"2003::1",
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(denied); i++)
		if (public_text(denied[i]))
			fail_msg("%s passes", denied[i]);
	for (size_t i = 0; i < HY_LEN(allowed); i++)
		if (!public_text(allowed[i]))
			fail_msg("%s is refused", allowed[i]);
	struct sockaddr other = {.sa_family = AF_UNIX};
	assert_false(hy_net_address_public(&other, sizeof(other)));
}

static void test_join(void **state)
{
	void *ctx = talloc_new(NULL);
	char *out = NULL;

	(void)state;
	assert_int_equal(hy_net_url_join(ctx, "https://a.example/x/y?q#f", "../z", &out, NULL),
			 HY_OK);
	assert_string_equal(out, "https://a.example/z");
	assert_int_equal(hy_net_url_join(ctx, "https://a.example/x", "//b.example/c", &out, NULL),
			 HY_OK);
	assert_string_equal(out, "https://b.example/c");
	assert_int_equal(hy_net_url_join(ctx, "https://a.example/x", "https://u@b/", &out, NULL),
			 HY_EINPUT);
	talloc_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_backoff),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_join),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
