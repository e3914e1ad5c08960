/* The desk: its table of actions, the door to them, and the office's folder from setup to restore.
 */
#include "desk/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

struct office {
	char dir[64];
	char *phrase, *link;
	struct hy_desk *desk;
};

static int make_office(void **state)
{
	struct office *o = hy_new(NULL, struct office);
	const struct hy_setup s = {.office = "临江县", .dir = o->dir, .demo = true};
	struct hy_err err = {0};

	snprintf(o->dir, sizeof(o->dir), "/tmp/hy-desk.XXXXXX");
	assert_non_null(mkdtemp(o->dir));
	assert_int_equal(hy_crypt_init(&err), HY_OK);
	if (hy_desk_setup(o, &s, &o->phrase, &o->link, &err))
		fail_msg("%s", err.text);
	if (hy_desk_open(&o->desk, o, o->dir, 0, &err))
		fail_msg("%s", err.text);
	*state = o;
	return 0;
}

static int drop_office(void **state)
{
	struct office *o = *state;
	char *cmd = hy_strf(NULL, "rm -rf %s %s.copy %s.backup", o->dir, o->dir, o->dir);

	talloc_free(o);
	assert_int_equal(system(cmd), 0);
	talloc_free(cmd);
	return 0;
}

static struct hy_json *json(const void *ctx, const char *text)
{
	struct hy_json *node = NULL;

	assert_int_equal(hy_json_parse(ctx, text, strlen(text), 0, &node, NULL), HY_OK);
	return node;
}

static struct hy_person_id person(struct office *o, const char *login)
{
	struct hy_person *p = NULL;

	assert_int_equal(hy_person_find(hy_desk_store(o->desk), o, login, &p, NULL), HY_OK);
	return p->id;
}

static enum hy_status act(struct office *o, const char *login, const char *action,
			  const char *params, struct hy_json **out, struct hy_err *err)
{
	struct hy_person_id actor = login ? person(o, login) : (struct hy_person_id){0};
	char *result = NULL;
	enum hy_status status =
		hy_desk_act(o->desk, o, actor, action, json(o, params), &result, err);

	if (!status && out)
		*out = json(o, result);
	return status;
}

/* ---- the table ---- */

/* G3: no action takes the author of a post, by any of its names. */
static void test_no_author_parameter(void **state)
{
	static const char *const banned[] = {"author", "from",	      "by",	"handle", "uid",
					     "nick",   "screen_name", "poster", "sort"};

	(void)state;
	for (const struct hy_action *a = hy_desk_actions; a->name; a++)
		for (const struct hy_param *p = a->params; p->name; p++)
			for (size_t i = 0; i < HY_LEN(banned); i++)
				assert_string_not_equal(p->name, banned[i]);
}

static void test_table_is_whole(void **state)
{
	size_t n = 0;

	(void)state;
	for (const struct hy_action *a = hy_desk_actions; a->name; a++, n++) {
		assert_non_null(a->run);
		assert_non_null(a->help);
		assert_true(a->duties != 0);
		assert_ptr_equal(hy_desk_action(a->name), a);
		for (const struct hy_param *p = a->params; p->name; p++)
			assert_non_null(p->help);
	}
	assert_true(n > 60);
	assert_null(hy_desk_action("person.list"));
}

/* No action publishes, approves or signs without a person: only reading, looking earlier and upkeep of
 * the index are open. */
static void test_anonymous_only_reads(void **state)
{
	static const char *const open[] = {"source.due", "index.rebuild", "index.compact"};

	(void)state;
	for (const struct hy_action *a = hy_desk_actions; a->name; a++) {
		bool listed = false;
		for (size_t i = 0; i < HY_LEN(open); i++)
			listed |= !strcmp(a->name, open[i]);
		if (a->anonymous && a->writes && !listed)
			fail_msg("%s writes without a person", a->name);
	}
}

/* ---- the door ---- */

static void test_unknown_parameter(void **state)
{
	struct hy_err err = {0};

	assert_int_equal(
		act(*state, NULL, "search", "{\"query\":\"水\",\"author\":\"x\"}", NULL, &err),
		HY_EINPUT);
	assert_non_null(strstr(err.text, "author"));
	assert_int_equal(act(*state, NULL, "item.show", "{}", NULL, &err), HY_EINPUT);
	assert_int_equal(act(*state, NULL, "search", "{\"query\":[1]}", NULL, &err), HY_EINPUT);
}

static void test_duties(void **state)
{
	struct hy_err err = {0};

	assert_int_equal(
		act(*state, NULL, "rule.add", "{\"name\":\"a\",\"query\":\"水\"}", NULL, &err),
		HY_EAUTH);
	assert_int_equal(
		act(*state, "shuiwu", "rule.add", "{\"name\":\"a\",\"query\":\"水\"}", NULL, &err),
		HY_EAUTH);
	assert_int_equal(
		act(*state, "bianji", "rule.add", "{\"name\":\"a\",\"query\":\"水\"}", NULL, &err),
		HY_OK);
	assert_int_equal(
		act(*state, "bianji", "rule.add", "{\"name\":\"b\",\"query\":\"(水\"}", NULL, &err),
		HY_EINPUT);
	assert_int_equal(
		act(*state, "bianji", "rule.add", "{\"name\":\"b\",\"query\":\" \"}", NULL, &err),
		HY_EINPUT);
	/* an administrator runs the machine, not the desk */
	assert_int_equal(act(*state, "admin", "claim.open", "{\"text\":\"a\"}", NULL, &err),
			 HY_EAUTH);
}

static void test_locked_person(void **state)
{
	struct hy_err err = {0};

	assert_int_equal(act(*state, "admin", "user.lock", "{\"login\":\"jiaotong\"}", NULL, &err),
			 HY_OK);
	assert_int_equal(act(*state, "jiaotong", "status", "{}", NULL, &err), HY_EAUTH);
	assert_int_equal(act(*state, "admin", "user.lock", "{\"login\":\"admin\"}", NULL, &err),
			 HY_EREFUSED);
}

/* reach opens a way around the address guard: never from the web. */
static void test_reach_is_for_the_machine(void **state)
{
	struct hy_err err = {0};

	assert_int_equal(act(*state, "admin", "source.add",
			     "{\"kind\":\"feed\",\"name\":\"x\",\"url\":\"http://127.0.0.1:1/"
			     "\",\"reach\":\"127.0.0.1:1\"}",
			     NULL, &err),
			 HY_EREFUSED);
	assert_int_equal(act(*state, "admin", "account.add",
			     "{\"name\":\"w\",\"platform\":\"wordpress\",\"secret\":\"s\"}", NULL,
			     &err),
			 HY_EREFUSED);
}

/* ---- cases ---- */

static void test_case_view_leaves_a_trace(void **state)
{
	struct office *o = *state;
	struct hy_err err = {0};
	struct hy_json *node = NULL, *before = NULL, *after = NULL;
	char params[64];

	assert_int_equal(act(o, "bianji", "case.open",
			     "{\"title\":\"路灯不亮\",\"unit\":\"水务局\"}", &node, &err),
			 HY_OK);
	snprintf(params, sizeof(params), "{\"id\":%" PRId64 "}", hy_json_int(node, "id", 0));
	assert_int_equal(act(o, NULL, "audit.verify", "{}", &before, &err), HY_OK);
	assert_int_equal(act(o, "shuiwu", "case.show", params, NULL, &err), HY_OK);
	assert_int_equal(act(o, NULL, "audit.verify", "{}", &after, &err), HY_OK);
	assert_int_equal(hy_json_int(after, "count", 0), hy_json_int(before, "count", 0) + 1);
	assert_int_equal(act(o, "jiaotong", "case.show", params, NULL, &err), HY_EREFUSED);
	assert_int_equal(act(o, "bianji", "case.open",
			     "{\"title\":\"x\",\"unit\":\"水务局\",\"at\":4102444800}", NULL, &err),
			 HY_EINPUT);
}

static void test_case_lengths(void **state)
{
	struct office *o = *state;
	struct hy_err err = {0};
	char title[802];
	char *params = NULL;

	memset(title, 'a', sizeof(title));
	title[200] = '\0';
	params = hy_strf(o, "{\"title\":\"%s\"}", title);
	assert_int_equal(act(o, "bianji", "case.open", params, NULL, &err), HY_OK);
	title[200] = 'a';
	title[201] = '\0';
	params = hy_strf(o, "{\"title\":\"%s\"}", title);
	assert_int_equal(act(o, "bianji", "case.open", params, NULL, &err), HY_EINPUT);
}

static void test_case_lookup(void **state)
{
	struct office *o = *state;
	struct hy_err err = {0};
	struct hy_json *node = NULL, *seen = NULL;
	char *params = NULL;

	assert_int_equal(act(o, "bianji", "case.open",
			     "{\"title\":\"私人信息\",\"text\":\"住址某某\"}", &node, &err),
			 HY_OK);
	params = hy_strf(o, "{\"number\":\"%s\",\"code\":\"%s\"}", hy_json_str(node, "number"),
			 hy_json_str(node, "code"));
	assert_int_equal(act(o, NULL, "case.lookup", params, &seen, &err), HY_OK);
	assert_null(hy_json_get(seen, "text"));
	assert_null(hy_json_get(seen, "title"));
	params = hy_strf(o, "{\"number\":\"%s\",\"code\":\"00000000\"}",
			 hy_json_str(node, "number"));
	assert_int_equal(act(o, NULL, "case.lookup", params, NULL, &err),
			 strcmp(hy_json_str(node, "code"), "00000000") ? HY_ENOTFOUND : HY_OK);
	params = hy_strf(o, "{\"number\":\"%" PRId64 "\",\"code\":\"%s\"}",
			 hy_json_int(node, "id", 0), hy_json_str(node, "code"));
	assert_int_equal(act(o, NULL, "case.lookup", params, NULL, &err), HY_ENOTFOUND);
}

/* ---- the folder ---- */

static void test_setup_twice(void **state)
{
	struct office *o = *state;
	const struct hy_setup s = {.office = "别的县", .dir = o->dir};
	struct hy_err err = {0};
	char *a = NULL, *b = NULL;

	assert_int_equal(hy_desk_setup(o, &s, &a, &b, &err), HY_EEXISTS);
	assert_non_null(strstr(err.text, "临江县"));
}

static void test_login_link_once(void **state)
{
	struct office *o = *state;
	struct hy_person_id who = {0};
	struct hy_err err = {0};

	assert_int_equal(hy_desk_login_link(o->desk, o->link, &who, &err), HY_OK);
	assert_int_equal(who.v, person(o, "admin").v);
	assert_int_equal(hy_desk_login_link(o->desk, o->link, &who, &err), HY_EAUTH);
	assert_int_equal(hy_desk_login(o->desk, "nobody", "x", &who, &err), HY_EAUTH);
}

static void cut_file(const char *path, size_t bytes)
{
	assert_int_equal(truncate(path, (off_t)bytes), 0);
}

static void test_backup_round_trip(void **state)
{
	struct office *o = *state;
	struct hy_err err = {0};
	char *path = hy_strf(o, "%s.backup", o->dir), *copy = hy_strf(o, "%s.copy", o->dir),
	     *report = NULL, *frozen = NULL, *bytes = NULL;
	struct hy_secret *phrase = hy_secret_new(o, o->phrase, strlen(o->phrase)),
			 *wrong = hy_secret_new(o, "aaaa-bbbb", 9);
	struct hy_desk *restored = NULL;
	size_t n = 0;

	if (hy_desk_backup(o->desk, path, &err))
		fail_msg("%s", err.text);
	assert_int_equal(hy_desk_backup_verify(o, path, phrase, &report, &err), HY_OK);
	assert_non_null(strstr(report, "huying.db"));
	assert_int_equal(hy_desk_restore(path, copy, wrong, &err), HY_EAUTH);
	assert_int_not_equal(access(copy, F_OK), 0); /* nothing was written */
	if (hy_desk_restore(path, copy, phrase, &err))
		fail_msg("%s", err.text);
	assert_int_equal(hy_desk_restore(path, copy, phrase, &err), HY_EEXISTS);
	assert_int_equal(hy_desk_open(&restored, o, copy, 0, &err), HY_OK);
	assert_int_equal(hy_meta_get(hy_desk_store(restored), o, "publish.frozen", &frozen, &err),
			 HY_OK);
	assert_string_equal(frozen, "restored");
	/* cut anywhere, it is refused */
	assert_int_equal(hy_file_read(o, path, 64u << 20, &bytes, &n, &err), HY_OK);
	for (size_t keep = n - 1; keep > 64; keep = keep / 2) {
		cut_file(path, keep);
		assert_int_not_equal(hy_desk_backup_verify(o, path, phrase, &report, &err), HY_OK);
	}
	bytes[n / 2] ^= 1;
	assert_int_equal(hy_file_write(path, bytes, n, 0600, &err), HY_OK);
	assert_int_not_equal(hy_desk_backup_verify(o, path, phrase, &report, &err), HY_OK);
}

static void test_doctor(void **state)
{
	struct office *o = *state;
	struct hy_finding *list = NULL;
	size_t n = 0;
	struct hy_err err = {0};

	assert_int_equal(hy_desk_doctor(o->desk, o, true, &list, &n, &err), HY_OK);
	assert_true(n >= 3);
	for (size_t i = 0; i < n; i++)
		if (list[i].level == 2)
			fail_msg("%s: %s", list[i].check, list[i].text);
}

static int knock(struct hy_loop *loop, const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0 && strlen(path) < sizeof(sa.sun_path));
	memcpy(sa.sun_path, path, strlen(path));
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(hy_loop_once(loop, 0, NULL), HY_OK);
	return fd;
}

static bool hung_up(int fd)
{
	char c;

	return recv(fd, &c, 1, 0) == 0;
}

/* Whoever may reach the socket may not use up the daemon's descriptors or memory. */
static void test_control_socket_bounds(void **state)
{
	struct office *o = *state;
	struct hy_loop *loop = NULL;
	struct hy_ctl *ctl = NULL;
	char *path = hy_strf(o->desk, "%s/run/ctl.sock", hy_desk_path(o->desk));
	int fds[80], last = -1;

	assert_int_equal(hy_loop_new(&loop, NULL, NULL), HY_OK);
	assert_int_equal(hy_ctl_serve(&ctl, NULL, o->desk, loop, NULL), HY_OK);
	fds[0] = knock(loop, path);
	assert_int_equal(send(fds[0], "\xff\xff\xff\xff", 4, MSG_NOSIGNAL), 4);
	for (int i = 0; i < 3; i++)
		assert_int_equal(hy_loop_once(loop, 0, NULL), HY_OK);
	assert_true(hung_up(fds[0]));
	close(fds[0]);
	for (size_t i = 0; i < HY_LEN(fds); i++)
		fds[i] = knock(loop, path);
	assert_false(hung_up(fds[0]));
	assert_true(hung_up(fds[HY_LEN(fds) - 1]));
	for (size_t i = 0; i < HY_LEN(fds); i++)
		close(fds[i]);
	for (size_t i = 0; i < 2 * HY_LEN(fds); i++)
		assert_int_equal(hy_loop_once(loop, 0, NULL), HY_OK);
	last = knock(loop, path);
	assert_false(hung_up(last));
	close(last);
	talloc_free(ctl);
	talloc_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_author_parameter),
		cmocka_unit_test(test_table_is_whole),
		cmocka_unit_test(test_anonymous_only_reads),
		cmocka_unit_test_setup_teardown(test_unknown_parameter, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_duties, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_locked_person, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_reach_is_for_the_machine, make_office,
						drop_office),
		cmocka_unit_test_setup_teardown(test_case_view_leaves_a_trace, make_office,
						drop_office),
		cmocka_unit_test_setup_teardown(test_case_lengths, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_case_lookup, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_setup_twice, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_login_link_once, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_backup_round_trip, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_doctor, make_office, drop_office),
		cmocka_unit_test_setup_teardown(test_control_socket_bounds, make_office,
						drop_office),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
