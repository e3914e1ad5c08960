/* Forms, cookies, origins, slow-down: the small parts that let somebody in or keep them out. */
#include "tests/unit/web-stub.h"

#include "web/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void fields_are_read(void **state)
{
	void *ctx = hy_new(NULL, char);
	struct web_fields f = {0};

	(void)state;
	assert_int_equal(web_fields_parse(ctx, "q=%E6%B0%B4+b&a=&c", 18, &f, NULL), HY_OK);
	assert_int_equal(f.n, 3);
	assert_string_equal(web_field(&f, "q"), "水 b");
	assert_string_equal(web_field(&f, "a"), "");
	assert_string_equal(web_field(&f, "c"), "");
	assert_null(web_field(&f, "d"));
	assert_int_equal(web_fields_parse(ctx, "&&", 2, &f, NULL), HY_OK);
	assert_int_equal(f.n, 0);
	talloc_free(ctx);
}

static void bad_fields_are_refused(void **state)
{
	static const char *const bad[] = {"a=%", "a=%4", "a=%zz", "a=%00", "a=%c3", "%ff=1"};
	void *ctx = hy_new(NULL, char);
	struct web_fields f;

	(void)state;
	for (size_t i = 0; i < HY_LEN(bad); i++)
		assert_int_equal(web_fields_parse(ctx, bad[i], strlen(bad[i]), &f, NULL),
				 HY_EINPUT);
	talloc_free(ctx);
}

static void fields_are_counted(void **state)
{
	void *ctx = hy_new(NULL, char);
	struct web_fields f;
	char text[2 * (WEB_FIELDS_MAX + 1)];

	(void)state;
	for (int i = 0; i <= WEB_FIELDS_MAX; i++)
		memcpy(text + 2 * i, "a&", 2);
	assert_int_equal(web_fields_parse(ctx, text, 2 * (size_t)WEB_FIELDS_MAX, &f, NULL), HY_OK);
	assert_int_equal(f.n, WEB_FIELDS_MAX);
	assert_int_equal(web_fields_parse(ctx, text, sizeof(text), &f, NULL), HY_EINPUT);
	talloc_free(ctx);
}

static void escape_is_undone(void **state)
{
	void *ctx = hy_new(NULL, char);
	const char *s = "城东 水&=?#'\"<%+";
	char *e = web_escape_query(ctx, s);

	(void)state;
	assert_null(strpbrk(e, "&=?#'\"<+ "));
	assert_string_equal(web_unescape(ctx, e, strlen(e), true), s);
	talloc_free(ctx);
}

static void cookies_are_found(void **state)
{
	void *ctx = hy_new(NULL, char);

	(void)state;
	assert_string_equal(web_cookie(ctx, "a=1; huying=xyz; b=2", "huying"), "xyz");
	assert_string_equal(web_cookie(ctx, "huying=xyz", "huying"), "xyz");
	assert_null(web_cookie(ctx, "xhuying=xyz", "huying"));
	assert_null(web_cookie(ctx, "huying2=xyz", "huying"));
	assert_null(web_cookie(ctx, "huying=", "huying"));
	assert_null(web_cookie(ctx, NULL, "huying"));
	/* one of the two was planted: neither counts */
	assert_null(web_cookie(ctx, "huying=a; huying=b", "huying"));
	talloc_free(ctx);
}

static void hosts_and_origins(void **state)
{
	struct hy_web w = {.port = 8620};
	struct web_req req = {.web = &w, .host = "127.0.0.1:8620"};

	(void)state;
	assert_true(web_host_ours(&w, "127.0.0.1:8620"));
	assert_true(web_host_ours(&w, "localhost:8620"));
	assert_true(web_host_ours(&w, "[::1]:8620"));
	assert_false(web_host_ours(&w, "127.0.0.1"));
	assert_false(web_host_ours(&w, "127.0.0.1:80"));
	assert_false(web_host_ours(&w, "127.0.0.1.evil.example:8620"));
	assert_false(web_host_ours(&w, "evil.example"));
	assert_true(web_origin_ours(&req, "http://127.0.0.1:8620"));
	assert_false(web_origin_ours(&req, "http://localhost:8620"));
	assert_false(web_origin_ours(&req, "https://127.0.0.1:8620"));
	assert_false(web_origin_ours(&req, "null"));
	w = (struct hy_web){.port = 8620,
			    .https = true,
			    .origin = "https://huying.example",
			    .host = "huying.example"};
	req.host = "huying.example";
	assert_true(web_host_ours(&w, "huying.example"));
	assert_true(web_origin_ours(&req, "https://huying.example"));
	assert_false(web_origin_ours(&req, "http://huying.example"));
}

static void guessing_slows_down(void **state)
{
	struct hy_web *w = hy_new(NULL, struct hy_web);
	int64_t now = 1000000, last = 0;

	(void)state;
	pthread_mutex_init(&w->slow_lock, NULL);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(web_slow_wait(w, 77, now), 0);
		web_slow_failed(w, 77, now);
	}
	for (int i = 0; i < 10; i++) {
		int64_t wait = web_slow_wait(w, 77, now);
		assert_true(wait > 0 && wait >= last && wait <= 60000);
		assert_int_equal(web_slow_wait(w, 78, now), 0);
		last = wait;
		now += wait;
		assert_int_equal(web_slow_wait(w, 77, now), 0);
		web_slow_failed(w, 77, now);
	}
	assert_int_equal(last, 60000);
	web_slow_passed(w, 77);
	assert_int_equal(web_slow_wait(w, 77, now), 0);
	/* forgotten after a quarter of an hour */
	for (int i = 0; i < 4; i++)
		web_slow_failed(w, 79, now);
	assert_true(web_slow_wait(w, 79, now) > 0);
	assert_int_equal(web_slow_wait(w, 79, now + 16 * HY_MINUTE), 0);
	pthread_mutex_destroy(&w->slow_lock);
	talloc_free(w);
}

static void ten_a_minute(void **state)
{
	struct hy_web *w = hy_new(NULL, struct hy_web);
	int64_t now = 1000000;

	(void)state;
	pthread_mutex_init(&w->slow_lock, NULL);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(web_minute_wait(w, 5, 10, now + i), 0);
		web_minute_failed(w, 5, now + i);
	}
	assert_int_equal(web_minute_wait(w, 5, 10, now + 100), HY_MINUTE - 100);
	assert_int_equal(web_minute_wait(w, 6, 10, now + 100), 0);
	assert_int_equal(web_minute_wait(w, 5, 10, now + HY_MINUTE), 0);
	web_minute_failed(w, 5, now + HY_MINUTE);
	assert_int_equal(web_minute_wait(w, 5, 10, now + HY_MINUTE), 0);
	/* one number from everywhere: ten, then slower and slower */
	for (int i = 0; i < 10; i++) {
		assert_int_equal(web_slow_wait_after(w, 7, 10, now), 0);
		web_slow_failed(w, 7, now);
	}
	assert_true(web_slow_wait_after(w, 7, 10, now) > 0);
	pthread_mutex_destroy(&w->slow_lock);
	talloc_free(w);
}

static void parameters_take_their_type(void **state)
{
	static const struct {
		enum hy_param_type type;
		const char *value, *json;
	} cases[] = {
		{HY_PARAM_INT, "12", "{\"p\":12}"},
		{HY_PARAM_INT, "-1", "{\"p\":-1}"},
		{HY_PARAM_INT, "1x", NULL},
		{HY_PARAM_INT, "", NULL},
		{HY_PARAM_INT, " 1", NULL},
		{HY_PARAM_INT, "99999999999999999999", NULL},
		{HY_PARAM_BOOL, "true", "{\"p\":true}"},
		{HY_PARAM_BOOL, "0", "{\"p\":false}"},
		{HY_PARAM_BOOL, "yes", NULL},
		{HY_PARAM_STR, "12", "{\"p\":\"12\"}"},
		{HY_PARAM_LIST, "a,b", "{\"p\":[\"a\",\"b\"]}"},
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(cases); i++) {
		struct hy_json_writer *w = hy_json_writer_new(NULL, false);
		struct hy_param p = {"p", cases[i].type, false, ""};

		hy_jw_object(w);
		assert_int_equal(web_param_write(w, &p, cases[i].value), !!cases[i].json);
		if (cases[i].json) {
			hy_jw_end_object(w);
			assert_string_equal(hy_jw_text(w, NULL), cases[i].json);
		}
		talloc_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_read),
		cmocka_unit_test(bad_fields_are_refused),
		cmocka_unit_test(fields_are_counted),
		cmocka_unit_test(escape_is_undone),
		cmocka_unit_test(cookies_are_found),
		cmocka_unit_test(hosts_and_origins),
		cmocka_unit_test(guessing_slows_down),
		cmocka_unit_test(ten_a_minute),
		cmocka_unit_test(parameters_take_their_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
