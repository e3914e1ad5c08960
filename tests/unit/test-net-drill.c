/* A drill's process connects to this machine only, whatever it is told. A program of its own: it cannot
 * be taken back. */
#include "net/net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct hy_net_response *asked(void *ctx, const char *url, const char *reach)
{
	struct hy_net_request q = {.url = url, .reach = reach, .timeout = 2 * HY_SECOND};
	struct hy_net_response *r = NULL;

	(void)hy_net_fetch_wait(ctx, NULL, &q, &r, NULL);
	assert_non_null(r);
	return r;
}

static void test_no_way_out(void **state)
{
	/* Addresses for documentation, and an own one that only a peer named exactly would reach. */
	static const char *const reach[] = {"192.0.2.1:80", "198.51.100.7:8080", "10.1.2.3:80",
					    "[2001:db8::1]:80"};
	void *ctx = talloc_new(NULL);

	(void)state;
	hy_net_loopback_only();
	for (size_t i = 0; i < HY_LEN(reach); i++) {
		struct hy_net_response *r = asked(ctx, "http://example.org/", reach[i]);

		assert_int_equal(r->status, HY_EREFUSED);
		assert_int_equal(r->where, HY_NET_AT_GUARD);
	}
	/* This machine is tried: nobody listens on port 1. */
	assert_int_equal(asked(ctx, "http://example.org/", "127.0.0.1:1")->where, HY_NET_AT_CONNECT);
	talloc_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_way_out)};

	return hy_crypt_init(NULL) ? 1 : cmocka_run_group_tests_name("net-drill", tests, NULL, NULL);
}
