/* SMS by HTTP gateways: the providers' own vectors, every answer. */
#include "platforms/platforms.h"
#include "tests/unit/origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

/* ---- signatures ---- */

static void test_aliyun_vectors(void **state)
{
	/* not in order: sorting is the signer's work */
	static const char *const pairs[][2] = {{"Version", "2017-05-25"},
					       {"AccessKeyId", "testid"},
					       {"Action", "SendSms"},
					       {"Format", "JSON"},
					       {"TemplateParam", "{\"code\":\"1\"}"},
					       {"PhoneNumbers", "13800000000"},
					       {"RegionId", "cn-hangzhou"},
					       {"SignName", "测试"},
					       {"SignatureMethod", "HMAC-SHA1"},
					       {"SignatureNonce", "nonce1"},
					       {"SignatureVersion", "1.0"},
					       {"TemplateCode", "SMS_1"},
					       {"Timestamp", "2024-01-01T00:00:00Z"},
					       {NULL, NULL}};
	static const char *const headers[][2] = {
		{"host", "dysmsapi.aliyuncs.com"},
		{"x-acs-action", "SendSms"},
		{"x-acs-content-sha256",
		 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"x-acs-date", "2024-01-01T00:00:00Z"},
		{"x-acs-signature-nonce", "nonce1"},
		{"x-acs-version", "2017-05-25"},
		{NULL, NULL}};

	(void)state;
	assert_string_equal(hy_aliyun_sign_v1(ctx, "GET", pairs, "testsecret"),
			    "iy7r8qfPebmHU4YZ0T3To4JRYpU=");
	assert_string_equal(
		hy_aliyun_sign_v3(ctx,
				  "PhoneNumbers=13800000000&SignName=%E6%B5%8B%E8%AF%95&"
				  "TemplateCode=SMS_1&TemplateParam=%7B%22code%22%3A%221%22%7D",
				  headers, "", "testsecret"),
		"ac6b205c81b7e0ae75e7aad0f7c05ac7ccebf46a1a7f8a4d0100feac1f44fa1c");
}

static void test_tencent_vector(void **state)
{
	(void)state;
	assert_string_equal(
		hy_tencent_sign(ctx, "application/json", "sms.tencentcloudapi.com",
				"{\"PhoneNumberSet\":[\"+8613800000000\"],\"SmsSdkAppId\":"
				"\"1400006666\",\"TemplateId\":\"1110\",\"SignName\":\"腾讯云\","
				"\"TemplateParamSet\":[\"1\"]}",
				1704067200, "secrettest"),
		"c8dade0c0ab170041617e5991146bcc4714c245511d8ab9c44a206c8c46de045");
}

/* ---- sending ---- */

struct got {
	struct hy_loop *loop;
	enum hy_status status;
	char id[64], state[32];
	struct hy_err err;
	int calls;
	struct hy_push first; /* pulled */
	size_t n;
};

static void on_done(void *user, enum hy_status status, const struct hy_platform_post *post,
		    const struct hy_err *err)
{
	struct got *g = user;

	g->status = status;
	g->calls++;
	if (post != NULL) {
		snprintf(g->id, sizeof(g->id), "%s", post->id);
		snprintf(g->state, sizeof(g->state), "%s", post->state != NULL ? post->state : "");
	}
	if (err != NULL)
		g->err = *err;
	hy_loop_stop(g->loop);
}

struct script {
	const char *head, *body;
};

static void serve(struct origin *o, int fd, int nth, const char *request)
{
	const struct script *s = o->user;

	(void)nth, (void)request;
	if (s->head != NULL)
		origin_answer(fd, s->head, s->body);
}

enum ask { ALIYUN, ALIYUN_LOOK, TENCENT, REPLIES, REPORTS };

/* What was pulled is a body that the receiver of callbacks reads: the first thing said. */
static void on_pulled(void *user, enum hy_status status, const struct hy_platform_file *file,
		      const struct hy_err *err)
{
	struct got *g = user;
	struct hy_push *pushes = NULL;

	g->status = status;
	g->calls++;
	if (err != NULL)
		g->err = *err;
	if (status == HY_OK) {
		assert_int_equal(hy_receiver_find("tencent")->read(ctx, file->bytes, file->n, &pushes,
								   &g->n, NULL),
				 HY_OK);
		if (g->n > 0)
			g->first = pushes[0];
	}
	hy_loop_stop(g->loop);
}

static struct got run(const struct script *s, enum ask what, const char *dest, char *request)
{
	static const char *const names[] = {"code"}, *const values[] = {"1\"2"};
	struct origin o;
	struct got g = {0};
	struct hy_net *net;
	const struct hy_sms sms = {.dest = dest,
				   .sign = "临江",
				   .template = "SMS_1",
				   .names = names,
				   .values = values,
				   .n_values = 1,
				   .ref = "hy-7",
				   .app = "1400006666",
				   .now = INT64_C(1704067200000)};

	origin_start(&o, serve, (void *)(uintptr_t)s);
	const struct hy_platform_peer peer = {.url = "http://sms.example/",
					      .reach = o.reach,
					      .login = "testid",
					      .secret = hy_secret_new(ctx, "testsecret", 10)};

	assert_int_equal(hy_loop_new(&g.loop, ctx, NULL), HY_OK);
	assert_int_equal(hy_net_new(&net, ctx, g.loop, NULL, NULL), HY_OK);
	if (what == ALIYUN)
		hy_aliyun_send(net, &peer, &sms, on_done, &g);
	else if (what == ALIYUN_LOOK)
		hy_aliyun_find(net, &peer, &sms, on_done, &g);
	else if (what == TENCENT)
		hy_tencent_send(net, &peer, &sms, on_done, &g);
	else
		hy_tencent_pull(net, &peer, &sms, what == REPORTS, on_pulled, &g);
	assert_int_equal(g.calls, 0);
	assert_int_equal(hy_loop_run(g.loop, NULL), HY_OK);
	assert_int_equal(g.calls, 1);
	talloc_free(net);
	if (request != NULL)
		origin_last(&o, request, 16384);
	origin_stop(&o);
	return g;
}

static void test_aliyun(void **state)
{
	static const struct {
		const char *head, *body;
		enum hy_status status;
	} rows[] = {
		{NULL, NULL, HY_EUNSURE},
		{"200 OK",
		 "{\"Code\":\"isv.BUSINESS_LIMIT_CONTROL\",\"Message\":\"触发分钟级流控\"}",
		 HY_EWAIT},
		{"200 OK", "{\"Code\":\"isv.MOBILE_NUMBER_ILLEGAL\"}", HY_EPERM},
		{"200 OK", "{\"Code\":\"isv.SOMETHING_NEW\"}", HY_EPERM},
		{"200 OK", "{\"Code\":\"SomethingElse\"}", HY_EUNSURE},
		{"200 OK", "{\"Code\":\"OK\"}", HY_EUNSURE}, /* taken, but by which name? */
		{"200 OK", "<html>", HY_EUNSURE},
		{"503 Busy", "{\"Code\":\"ServiceUnavailable\"}", HY_EUNSURE},
		{"400 No", "{\"Code\":\"SignatureNonceUsed\"}", HY_ETEMP},
		{"403 No", "{\"Code\":\"InvalidAccessKeyId.NotFound\"}", HY_EAUTH},
		{"500 No", "oops", HY_EUNSURE},
	};
	struct script good = {"200 OK", "{\"Code\":\"OK\",\"Message\":\"OK\",\"BizId\":"
					"\"900619746936498440^0\",\"RequestId\":\"x\"}"};
	char request[16384];

	(void)state;
	struct got g = run(&good, ALIYUN, "13800000000", request);
	assert_int_equal(g.status, HY_OK);
	assert_string_equal(g.id, "900619746936498440^0");
	assert_non_null(strstr(request, "POST /?OutId=hy-7&PhoneNumbers=13800000000&SignName="
					"%E4%B8%B4%E6%B1%9F&TemplateCode=SMS_1&TemplateParam="
					"%7B%22code%22%3A%221%5C%222%22%7D HTTP/1.1"));
	assert_non_null(strstr(request, "\r\nx-acs-action: SendSms\r\n"));
	assert_non_null(strstr(request, "Authorization: ACS3-HMAC-SHA256 Credential=testid,"));
	assert_non_null(strstr(request, "\r\nHost: sms.example\r\n")); /* as signed */
	assert_null(strstr(request, "testsecret"));
	for (size_t i = 0; i < HY_LEN(rows); i++) {
		struct script s = {rows[i].head, rows[i].body};

		g = run(&s, ALIYUN, "13800000000", NULL);
		if (g.status != rows[i].status)
			fail_msg("row %zu: %s: %s", i, hy_status_name(g.status), g.err.text);
	}
	g = run(&good, ALIYUN, "138&x=1", NULL);
	assert_int_equal(g.status, HY_EINPUT);
}

static void test_aliyun_look(void **state)
{
	struct script s = {"200 OK", "{\"Code\":\"OK\",\"TotalCount\":2,\"SmsSendDetailDTOs\":"
				     "{\"SmsSendDetailDTO\":[{\"OutId\":\"hy-1\",\"SendStatus\":2},"
				     "{\"OutId\":\"hy-7\",\"SendStatus\":3}]}}"};
	char request[16384];

	(void)state;
	struct got g = run(&s, ALIYUN_LOOK, "13800000000", request);
	assert_int_equal(g.status, HY_OK);
	assert_string_equal(g.state, "delivered");
	assert_non_null(strstr(request, "SendDate=20240101"));
	s.body = "{\"Code\":\"OK\",\"TotalCount\":0,\"SmsSendDetailDTOs\":{\"SmsSendDetailDTO\":[]}"
		 "}";
	g = run(&s, ALIYUN_LOOK, "13800000000", NULL);
	assert_int_equal(g.status, HY_ENOTFOUND);
	s.head = "500 x";
	s.body = "";
	g = run(&s, ALIYUN_LOOK, "13800000000", NULL);
	assert_int_equal(g.status, HY_ETEMP); /* nobody looked: still in doubt */
}

#define TC(code)                                                                                   \
	"{\"Response\":{\"SendStatusSet\":[{\"SerialNo\":\"\",\"Code\":\"" code                    \
	"\",\"Message\":\"m\"}],\"RequestId\":\"r\"}}"

static void test_tencent(void **state)
{
	static const struct {
		const char *head, *body;
		enum hy_status status;
	} rows[] = {
		{NULL, NULL, HY_EUNSURE},
		{"200 OK", TC("LimitExceeded.PhoneNumberThirtySecondLimit"), HY_EWAIT},
		{"200 OK", TC("FailedOperation.PhoneNumberInBlacklist"), HY_EPERM},
		{"200 OK", TC("InternalError.Timeout"), HY_EUNSURE},
		{"200 OK", TC("Ok"), HY_EUNSURE}, /* no SerialNo */
		{"200 OK", "{\"Response\":{\"Error\":{\"Code\":\"AuthFailure.SecretIdNotFound\"}}}",
		 HY_EAUTH},
		{"200 OK", "{\"Response\":{\"Error\":{\"Code\":\"AuthFailure.SignatureExpire\"}}}",
		 HY_ETEMP},
		{"200 OK", "{}", HY_EUNSURE},
		{"200 OK", "no", HY_EUNSURE},
		{"502 Bad", "", HY_EUNSURE},
	};
	struct script good = {
		"200 OK", "{\"Response\":{\"SendStatusSet\":[{\"SerialNo\":\"5000:1\",\"Fee\":1,"
			  "\"Code\":\"Ok\"}]}}"};
	char request[16384];

	(void)state;
	struct got g = run(&good, TENCENT, "13800000000", request);
	assert_int_equal(g.status, HY_OK);
	assert_string_equal(g.id, "5000:1");
	assert_non_null(strstr(request, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(request, "\"PhoneNumberSet\":[\"+8613800000000\"]"));
	assert_non_null(strstr(request, "\"SessionContext\":\"hy-7\""));
	assert_non_null(strstr(request,
			       "TC3-HMAC-SHA256 Credential=testid/2024-01-01/sms/"
			       "tc3_request, SignedHeaders=content-type;host, Signature="));
	for (size_t i = 0; i < HY_LEN(rows); i++) {
		struct script s = {rows[i].head, rows[i].body};

		g = run(&s, TENCENT, "+8613800000000", NULL);
		if (g.status != rows[i].status)
			fail_msg("row %zu: %s: %s", i, hy_status_name(g.status), g.err.text);
	}
}

/* What was pulled has the identity of what the callback said: twice is once. */
static void test_tencent_pull(void **state)
{
	static const char callback[] = "{\"extend\":\"11\",\"mobile\":\"15291990000\",\"nationcode\":"
				       "\"86\",\"sign\":\"临江\",\"text\":\"没水\",\"time\":1620734188}";
	struct script s = {"200 OK",
			   "{\"Response\":{\"RequestId\":\"r\",\"PullSmsReplyStatusSet\":[{"
			   "\"CountryCode\":\"86\",\"ReplyContent\":\"没水\",\"SubscriberNumber\":"
			   "\"15291990000\",\"ExtendCode\":\"11\",\"ReplyTime\":1620734188,"
			   "\"PhoneNumber\":\"+8615291990000\",\"SignName\":\"临江\"}]}}"};
	struct hy_push *pushes = NULL;
	char request[16384];
	size_t n;

	(void)state;
	struct got g = run(&s, REPLIES, "1", request);
	assert_int_equal(g.status, HY_OK);
	assert_int_equal(g.n, 1);
	assert_non_null(strstr(request, "\r\nX-TC-Action: PullSmsReplyStatus\r\n"));
	assert_non_null(strstr(request, "{\"Limit\":100,\"SmsSdkAppId\":\"1400006666\"}"));
	assert_int_equal(hy_receiver_find("tencent")->read(ctx, callback, strlen(callback), &pushes,
							   &n, NULL),
			 HY_OK);
	assert_string_equal(g.first.id, pushes[0].id);
	assert_string_equal(g.first.text, "没水");

	s.body = "{\"Response\":{\"PullSmsSendStatusSet\":[{\"UserReceiveTime\":1620734188,"
		 "\"CountryCode\":\"86\",\"SubscriberNumber\":\"15291990000\",\"SerialNo\":\"5000:1\","
		 "\"ReportStatus\":\"FAIL\",\"Description\":\"空号\"}]}}";
	g = run(&s, REPORTS, "1", request);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.first.kind, HY_PUSH_REPORT);
	assert_string_equal(g.first.ref, "5000:1");
	assert_false(g.first.delivered);
	assert_int_equal(g.first.created, INT64_C(1620734188) * HY_SECOND);

	s.body = "{\"Response\":{\"PullSmsReplyStatusSet\":null}}"; /* none */
	g = run(&s, REPLIES, "1", NULL);
	assert_int_equal(g.status, HY_OK);
	assert_int_equal(g.n, 0);
	s.body = "{\"Response\":{\"Error\":{\"Code\":\"AuthFailure.SecretIdNotFound\"}}}";
	assert_int_equal(run(&s, REPLIES, "1", NULL).status, HY_EAUTH);
	s.body = "{\"Response\":{\"PullSmsReplyStatusSet\":{}}}";
	assert_int_equal(run(&s, REPLIES, "1", NULL).status, HY_ETEMP);
	s.body = "no";
	assert_int_equal(run(&s, REPLIES, "1", NULL).status, HY_ETEMP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aliyun_vectors), cmocka_unit_test(test_tencent_vector),
		cmocka_unit_test(test_aliyun),	       cmocka_unit_test(test_aliyun_look),
		cmocka_unit_test(test_tencent),	       cmocka_unit_test(test_tencent_pull),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
