/* Pictures and voice that citizens send: fetched while the platform keeps them, kept sealed, seen
 * by who may see the case. Over the practice platforms. */
#include "desk/answering.h"
#include "desk/receive.h"

#include "tests/unit/desk-office.h"

#define PICTURE "\x89PNG\r\n\x1a\npractice" /* what the practice platform gives */

/* ---- accounts and citizens ---- */

static void account(struct office *o, const char *name, const char *platform, const char *more)
{
	(void)act(o, "account.add",
		  hy_strf(o, "{\"name\":\"%s\",\"platform\":\"%s\"%s}", name, platform, more));
}

static void live_account(struct office *o, const char *name, const char *platform,
			 const char *secret, const char *login)
{
	account(o, name, platform,
		hy_strf(o,
			",\"url\":\"http://"
			"x.example\",\"reach\":\"127.0.0.1:%d\",\"secret\":\"%s\","
			"\"login\":\"%s\"",
			hy_practice_port(live.site), secret, login));
}

static struct desk_box box_of(struct office *o, const char *name)
{
	struct hy_account *a = NULL;
	struct hy_source_id source = {0};

	assert_int_equal(hy_account_find(o->desk->st, o, name, &a, NULL), HY_OK);
	const struct hy_source s = {.name = hy_strf(o, "callback:%s", name),
				    .kind = "callback",
				    .url = "",
				    .place = "",
				    .options = "{}",
				    .cursor = "{}",
				    .next_at = HY_TIME_NEVER};
	(void)hy_source_add(o->desk->st, &s, &source, NULL); /* the second time it is there */
	if (!source.v) {
		struct hy_source *there = NULL;

		assert_int_equal(hy_source_find(o->desk->st, o, s.name, &there, NULL), HY_OK);
		source = there->id;
	}
	return (struct desk_box){.account = a->id,
				 .source = source,
				 .name = a->name,
				 .receiver = hy_receiver_find(a->platform)};
}

static struct desk_taken take(struct office *o, const char *name, const struct hy_push *p)
{
	struct desk_box box = box_of(o, name);
	struct desk_intake in = {0};
	struct desk_taken taken = {0};
	struct hy_err err = {0};

	assert_int_equal(desk_intake_begin(o->desk, o, &in, &err), HY_OK);
	assert_int_equal(hy_store_begin(o->desk->st, &err), HY_OK);
	if (desk_take_in(&in, o, &box, p, &taken, &err))
		fail_msg("%s", err.text);
	assert_int_equal(hy_store_commit(o->desk->st, &err), HY_OK);
	return taken;
}

static int n_sent;

/* WeChat's XML of a picture; the number of its case. */
static char *picture(struct office *o, const char *from)
{
	struct hy_push *pushes = NULL;
	struct hy_case *c = NULL;
	struct hy_err err = {0};
	size_t n = 0;
	char *xml = hy_strf(o,
			    "<xml><ToUserName>gh</ToUserName><FromUserName>%s</FromUserName>"
			    "<CreateTime>%" PRId64 "</CreateTime><MsgType>image</MsgType>"
			    "<PicUrl>http://p</PicUrl><MediaId>practice-media</MediaId>"
			    "<MsgId>%d</MsgId></xml>",
			    from, hy_now(live.clk) / HY_SECOND, ++n_sent);

	if (hy_receiver_find("wechat")->read(o, xml, strlen(xml), &pushes, &n, &err))
		fail_msg("%s", err.text);
	assert_int_equal(n, 1);
	struct desk_taken t = take(o, "微信", pushes);
	assert_int_equal(hy_case_get(o->desk->st, o, t.cs, &c, NULL), HY_OK);
	(void)take(o, "微信", pushes); /* and the platform says it again */
	return hy_strdup(o, c->number);
}

/* One life of a role: what is due now, to its end. */
static void life(struct office *o, const struct desk_role *role)
{
	struct hy_lease lease;
	void *r = NULL;
	hy_time next = 0;
	struct hy_err err = {0};

	assert_int_equal(desk_lease_take(o->desk, role->name, HY_MINUTE, &lease, &err), HY_OK);
	assert_int_equal(role->start(o->desk, live.loop, lease.fence, &r, &err), HY_OK);
	for (int turns = 0; turns < 2; turns++) {
		if (role->turn(r, hy_desk_now(o->desk), &next, &err))
			fail_msg("%s", err.text);
		for (int i = 0; role->busy(r); i++) {
			assert_true(i < 10000);
			assert_int_equal(hy_loop_once(live.loop, 1000, NULL), HY_OK);
		}
	}
	role->stop(r);
	desk_lease_release(o->desk, role->name);
}

static void wechat(struct office *o, bool token)
{
	live_account(o, "微信", "wechat", "practice-wechat-secret", "wx0123456789abcdef");
	if (token)
		life(o, &role_tokens);
}

static const struct hy_json *show(struct office *o, const char *number)
{
	return clerk(o, "case.show", hy_strf(o, "{\"id\":\"%s\"}", number));
}

/* The one that the case has. */
static const struct hy_json *medium(struct office *o, const char *number)
{
	const struct hy_json *list = hy_json_get(show(o, number), "media");

	assert_non_null(list);
	assert_int_equal(list->n, 1);
	return list->at[0];
}

static void is(struct office *o, const char *number, const char *state)
{
	assert_string_equal(hy_json_str(medium(o, number), "state"), state);
}

static int attempts(struct office *o, const char *number)
{
	struct hy_media *list = NULL;
	struct hy_case *c = NULL;
	size_t n = 0;

	assert_int_equal(hy_case_find(o->desk->st, o, number, &c, NULL), HY_OK);
	assert_int_equal(hy_media_list(o->desk->st, o, c->id, &list, &n, NULL), HY_OK);
	assert_int_equal(n, 1);
	return list[0].attempt;
}

static const struct hy_json *file_of(struct office *o, const char *number)
{
	return clerk(o, "case.media",
		     hy_strf(o, "{\"id\":\"%s\",\"attachment\":\"%" PRId64 "\"}", number,
			     hy_json_int(medium(o, number), "id", 0)));
}

static void is_the_picture(struct office *o, const char *number)
{
	const struct hy_json *r = file_of(o, number);
	void *bytes = NULL;
	size_t n = 0;

	assert_string_equal(hy_json_str(r, "type"), "image/png");
	assert_int_equal(hy_unbase64(o, hy_json_str(r, "file"), false, &bytes, &n, NULL), HY_OK);
	assert_int_equal(n, sizeof(PICTURE) - 1);
	assert_memory_equal(bytes, PICTURE, n);
}

static bool on_disk(struct office *o, const char *bytes)
{
	static const char *const files[] = {"huying.db", "huying.db-wal"};
	bool found = false;

	for (size_t i = 0; i < HY_LEN(files); i++) {
		char *text = NULL;
		size_t n = 0;

		if (!hy_file_read(o, hy_strf(o, "%s/%s", o->dir, files[i]), 64u << 20, &text, &n,
				  NULL))
			found = found || memmem(text, n, bytes, strlen(bytes));
	}
	return found;
}

static size_t notes_of(struct office *o, const char *number)
{
	const struct hy_json *events = hy_json_get(show(o, number), "events");
	size_t n = 0;

	for (size_t i = 0; i < events->n; i++)
		n += !strcmp(hy_json_str(events->at[i], "kind"), "note");
	return n;
}

static void later(hy_dur d)
{
	hy_clock_set(live.clk, hy_now(live.clk) + d);
}

/* ---- tests ---- */

static void test_the_whole_way(void **state)
{
	struct office *o = *state;

	wechat(o, true);
	char *number = picture(o, "citizen-1");
	assert_null(strstr(hy_json_str(show(o, number), "text"), "practice-media"));
	is(o, number, "expected");
	assert_null(hy_json_str(file_of(o, number), "file"));
	life(o, &role_receive);
	is(o, number, "collected");
	is_the_picture(o, number);
	later(HY_DAY);
	life(o, &role_receive); /* and no second time */
	assert_int_equal(attempts(o, number), 1);
	assert_int_equal(notes_of(o, number), 0);
	assert_false(on_disk(o, PICTURE));
	assert_false(on_disk(o, "practice-media"));
	/* they send another: it joins the case */
	assert_string_equal(picture(o, "citizen-1"), number);
	assert_int_equal(hy_json_get(show(o, number), "media")->n, 2);
	life(o, &role_tokens);
	life(o, &role_receive);
	assert_int_equal(hy_json_int(hy_json_get(show(o, number), "media")->at[1], "bytes", 0),
			 sizeof(PICTURE) - 1);
}

/* As the case: who does not handle it says why, and it leaves a trace. */
static void test_rights(void **state)
{
	struct office *o = *state;
	const struct hy_json *rows;
	size_t views = 0;

	wechat(o, true);
	char *number = picture(o, "citizen-1");
	life(o, &role_receive);
	(void)act(o, "user.add",
		  "{\"login\":\"wang\",\"name\":\"王五\",\"duties\":\"supervisor\"}");
	const char *asked = hy_strf(o, "{\"id\":\"%s\",\"attachment\":\"1\"", number);
	(void)act_is(o, "wang", "case.media", hy_strf(o, "%s}", asked), HY_EREFUSED);
	(void)act_is(o, "wang", "case.media", hy_strf(o, "%s,\"why\":\"抽查\"}", asked), HY_OK);
	(void)act_is(o, "zhang", "case.media",
		     hy_strf(o, "{\"id\":\"%s\",\"attachment\":\"2\"}", number), HY_ENOTFOUND);
	rows = hy_json_get(act(o, "audit.list", "{}"), "items");
	for (size_t i = 0; i < rows->n; i++)
		views += !strcmp(hy_json_str(rows->at[i], "action"), "case.view");
	assert_int_equal(views, 2);
}

/* Nothing is lost to a token that is not there, a platform that is away, or its own limits. */
static void test_waits(void **state)
{
	static const char *const faults[] = {"kind=503",
					     "kind=429",
					     "kind=down",
					     "kind=garbage",
					     "kind=error&code=40001",
					     "kind=error&code=-1",
					     "kind=error&code=45009"};
	struct office *o = *state;

	wechat(o, false);
	char *number = picture(o, "citizen-1");
	life(o, &role_receive);
	is(o, number, "expected"); /* no token yet */
	assert_int_equal(attempts(o, number), 0);
	life(o, &role_tokens);
	for (size_t i = 0; i < HY_LEN(faults); i++) {
		later(HY_HOUR);
		life(o, &role_tokens);
		live_control(
			hy_strf(o, "fault?platform=wechat&op=media/get&on=reads&%s", faults[i]));
		life(o, &role_receive);
		is(o, number, "expected");
		assert_int_equal(attempts(o, number), (int)i + 1);
	}
	later(HY_DAY);
	life(o, &role_tokens);
	life(o, &role_receive);
	is(o, number, "collected");
	is_the_picture(o, number);
}

/* After three days the platform has it no more: the case says so. What it refuses is not asked for
 * again. */
static void test_lost(void **state)
{
	struct office *o = *state;

	wechat(o, false);
	char *late = picture(o, "citizen-1");
	later(3 * HY_DAY - HY_MINUTE);
	life(o, &role_receive);
	is(o, late, "expected");
	later(HY_HOUR);
	life(o, &role_receive);
	is(o, late, "gone");
	assert_int_equal(notes_of(o, late), 1);
	assert_false(on_disk(o, "practice-media"));
	life(o, &role_tokens);
	char *refused = picture(o, "citizen-2");
	live_control("fault?platform=wechat&op=media/get&on=reads&kind=error&code=40007");
	life(o, &role_receive);
	is(o, refused, "failed");
	assert_int_equal(notes_of(o, refused), 1);
	later(HY_HOUR);
	life(o, &role_receive);
	is(o, refused, "failed");
}

/* The role ends between question and answer: the record knows nothing of it, and it comes once. */
static void test_killed(void **state)
{
	struct office *o = *state;
	struct hy_lease lease;
	void *r = NULL;
	hy_time next = 0;
	struct hy_err err = {0};

	wechat(o, true);
	char *number = picture(o, "citizen-1");
	assert_int_equal(desk_lease_take(o->desk, "receive", HY_MINUTE, &lease, &err), HY_OK);
	assert_int_equal(role_receive.start(o->desk, live.loop, lease.fence, &r, &err), HY_OK);
	assert_int_equal(role_receive.turn(r, hy_desk_now(o->desk), &next, &err), HY_OK);
	assert_true(role_receive.busy(r));
	role_receive.stop(r);
	desk_lease_release(o->desk, "receive");
	is(o, number, "expected");
	life(o, &role_receive);
	is(o, number, "collected");
	assert_int_equal(attempts(o, number), 1);
	is_the_picture(o, number);
}

/* With the case that can no longer be opened its pictures go, too. */
static void test_erased(void **state)
{
	struct office *o = *state;
	int64_t gone = 0;

	wechat(o, true);
	char *number = picture(o, "citizen-1");
	life(o, &role_receive);
	(void)clerk(o, "case.close", hy_strf(o, "{\"id\":\"%s\",\"text\":\"好了\"}", number));
	assert_int_equal(hy_contact_erase(o->desk->st, hy_now(live.clk) - HY_DAY, &gone, NULL),
			 HY_OK);
	is(o, number, "collected");
	later(HY_DAY);
	assert_int_equal(hy_contact_erase(o->desk->st, hy_now(live.clk), &gone, NULL), HY_OK);
	is(o, number, "erased");
	assert_null(hy_json_str(file_of(o, number), "file"));
}

/* By its bytes alone: a name or a label of the sender's says nothing. */
static void test_types(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *type;
	} known[] = {
		{"\x89PNG\r\n\x1a\n", 8, "image/png"},
		{"\x89PNG\r\n\x1a", 7, "application/octet-stream"},
		{"\xff\xd8\xff\xe0", 4, "image/jpeg"},
		{"GIF89a", 6, "image/gif"},
		{"RIFF\1\2\3\4WEBPVP8", 15, "image/webp"},
		{"JUNK\1\2\3\4WEBPVP8", 15, "application/octet-stream"},
		{"#!AMR\n", 6, "audio/amr"},
		{"ID3\3", 4, "audio/mpeg"},
		{"\0\0\0\x18"
		 "ftypisom",
		 12, "video/mp4"},
		{"<html><script>", 14, "application/octet-stream"},
		{"<svg xmlns=", 11, "application/octet-stream"},
		{"", 0, "application/octet-stream"},
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(known); i++)
		assert_string_equal(desk_media_type(known[i].bytes, known[i].n), known[i].type);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, make_office, drop_office)
	const struct CMUnitTest tests[] = {T(test_the_whole_way),
					   T(test_rights),
					   T(test_waits),
					   T(test_lost),
					   T(test_killed),
					   T(test_erased),
					   cmocka_unit_test(test_types)};

	setenv("HUYING_TEST_FAST_HASH", "1", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
