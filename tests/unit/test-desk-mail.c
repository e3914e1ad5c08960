/* Mails that end the child which reads them, or that nobody can read: the others are taken in,
 * these are kept, told and read again. This program is its own parse child; the reader of mails is
 * wrapped by the linker, so that a mail can be deadly on purpose. */
#include "desk/collect.h"
#include "desk/receive.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLY "X-Test: kill the reader"
#define UNREADABLE "X-Test: no message"
#define WORDS "何时来水"
#define HINT "validity=7\nlast=99\nmore=0"

enum hy_status __real_hy_mail_read(const void *ctx, const char *bytes, size_t n,
				   struct hy_mail *out, struct hy_err *err);
enum hy_status __wrap_hy_mail_read(const void *ctx, const char *bytes, size_t n,
				   struct hy_mail *out, struct hy_err *err);

enum hy_status __wrap_hy_mail_read(const void *ctx, const char *bytes, size_t n,
				   struct hy_mail *out, struct hy_err *err)
{
	if (!getenv("HUYING_TEST_LATER_VERSION")) {
		if (memmem(bytes, n, DEADLY, strlen(DEADLY)))
			(void)raise(SIGKILL);
		if (memmem(bytes, n, UNREADABLE, strlen(UNREADABLE)))
			return hy_err_set(err, HY_EINPUT, "no message");
	}
	return __real_hy_mail_read(ctx, bytes, n, out, err);
}

struct office {
	char dir[64];
	struct hy_desk *desk;
	struct hy_loop *loop;
	struct hy_parse_child *child;
	struct hy_source *source;
	struct hy_account *account;
	/* what was read */
	enum hy_status status;
	struct desk_mails *mails;
	char at[32];
	bool done;
};

static void act(struct office *o, const char *login, const char *action, const char *params,
		struct hy_json **out)
{
	struct hy_person *p = NULL;
	struct hy_json *node = NULL;
	struct hy_err err = {0};
	char *result = NULL;

	assert_int_equal(hy_person_find(o->desk->st, o, login, &p, NULL), HY_OK);
	assert_int_equal(hy_json_parse(o, params, strlen(params), 0, &node, NULL), HY_OK);
	if (hy_desk_act(o->desk, o, p->id, action, node, &result, &err))
		fail_msg("%s: %s", action, err.text);
	assert_int_equal(hy_json_parse(o, result, strlen(result), 0, out, NULL), HY_OK);
}

static int make_office(void **state)
{
	struct office *o = hy_new(NULL, struct office);
	const struct hy_setup s = {.office = "临江县", .dir = o->dir, .demo = true};
	struct hy_err err = {0};
	struct hy_json *out = NULL;
	char *phrase, *link, *exe = NULL;

	snprintf(o->dir, sizeof(o->dir), "/tmp/hy-mail.XXXXXX");
	assert_non_null(mkdtemp(o->dir));
	assert_int_equal(hy_crypt_init(&err), HY_OK);
	if (hy_desk_setup(o, &s, &phrase, &link, &err) ||
	    hy_desk_open(&o->desk, o, o->dir, 0, &err))
		fail_msg("%s", err.text);
	o->desk->local = true;
	assert_int_equal(hy_loop_new(&o->loop, o, &err), HY_OK);
	assert_int_equal(desk_own_program(o, &exe, &err), HY_OK);
	o->child = hy_parse_child_new(o, o->loop, exe);
	act(o, "admin", "account.add",
	    "{\"name\":\"信箱\",\"platform\":\"mail\",\"url\":\"imap://mail.example\","
	    "\"login\":\"desk\",\"secret\":\"x\"}",
	    &out);
	act(o, "admin", "source.add",
	    "{\"kind\":\"mail\",\"name\":\"信\",\"url\":\"imap://mail.example\","
	    "\"account\":\"信箱\"}",
	    &out);
	assert_int_equal(hy_source_find(o->desk->st, o, "信", &o->source, NULL), HY_OK);
	assert_int_equal(hy_account_find(o->desk->st, o, "信箱", &o->account, NULL), HY_OK);
	unsetenv("HUYING_TEST_LATER_VERSION");
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

/* One mail a letter: '.' is sound, 'K' kills, 'U' is unreadable. */
static struct hy_buf *batch_of(struct office *o, const char *mails)
{
	struct hy_buf *b = hy_new(o, struct hy_buf);

	hy_buf_init(b, b, HY_FEED_INPUT_MAX);
	for (uint32_t i = 0; mails[i]; i++) {
		char *m =
			hy_strf(o,
				"From: w%u@mail.example\r\nMessage-ID: <%u@mail.example>\r\n%s\r\n"
				"Content-Type: text/plain; charset=utf-8\r\n\r\n" WORDS " %u\r\n",
				i, i,
				mails[i] == 'K'	  ? DEADLY
				: mails[i] == 'U' ? UNREADABLE
						  : "X-Test: sound",
				i);

		assert_true(hy_mail_batch_add(b, i + 1, m, strlen(m), false));
	}
	return b;
}

static void on_read(void *user, enum hy_status status, const struct hy_feed *feed,
		    struct desk_mails *mails, const struct hy_err *err)
{
	struct office *o = user;

	(void)err;
	assert_false(o->done);
	o->status = status;
	o->mails = mails;
	snprintf(o->at, sizeof(o->at), "%s", feed && feed->at ? feed->at : "");
	assert_true(!feed || !feed->n_entries);
	o->done = true;
}

static void read_batch(struct office *o, const char *mails)
{
	o->done = false;
	desk_mails_read(o, o->child, batch_of(o, mails), HINT, on_read, o);
	while (!o->done)
		assert_int_equal(hy_loop_once(o->loop, -1, NULL), HY_OK);
}

/* Sound ones in order, the others set aside, and the look ends where it came to. */
static void test_halved(void **state)
{
	static const char *const batches[] = {"",
					      ".",
					      "K",
					      "U",
					      ".K.",
					      "K......",
					      "......K",
					      "KK",
					      "U.K.U.K",
					      "........",
					      ".......K.......U........"};
	struct office *o = *state;

	for (size_t b = 0; b < HY_LEN(batches); b++) {
		size_t sound = 0, bad = 0;

		read_batch(o, batches[b]);
		assert_int_equal(o->status, HY_OK);
		assert_string_equal(o->at, "7 99");
		for (uint32_t i = 0; batches[b][i]; i++) {
			if (batches[b][i] != '.') {
				assert_true(bad < o->mails->n_unread);
				assert_int_equal(o->mails->unread[bad++].uid, i + 1);
				continue;
			}
			assert_true(sound < o->mails->n);
			assert_string_equal(o->mails->pushes[sound++].id,
					    hy_strf(o, "%u@mail.example", i));
		}
		assert_int_equal(o->mails->n, sound);
		assert_int_equal(o->mails->n_unread, bad);
	}
}

/* A child that died of something else costs no mail. */
static void test_innocent(void **state)
{
	struct office *o = *state;

	read_batch(o, ".");
	assert_true(hy_parse_child_pid(o->child) > 0);
	assert_int_equal(kill(hy_parse_child_pid(o->child), SIGKILL), 0);
	read_batch(o, ".");
	assert_int_equal(o->status, HY_OK);
	assert_int_equal(o->mails->n, 1);
	assert_int_equal(o->mails->n_unread, 0);
}

static void take_in(struct office *o)
{
	struct hy_err err = {0};

	assert_int_equal(hy_store_begin(o->desk->st, &err), HY_OK);
	if (desk_mails_take_in(o->desk, o->source, o->mails, &err) ||
	    hy_store_commit(o->desk->st, &err))
		fail_msg("%s", err.text);
}

static int64_t cases(struct office *o)
{
	const struct hy_case_filter f = {.closed_too = true, .limit = 1000};
	struct hy_case *list = NULL;
	size_t n = 0;

	assert_int_equal(hy_case_list(o->desk->st, o, &f, &list, &n, NULL), HY_OK);
	return (int64_t)n;
}

static int64_t unread(struct office *o)
{
	int64_t n = -1;

	assert_int_equal(hy_callback_unread_count(o->desk->st, o->source->id, &n, NULL), HY_OK);
	return n;
}

static void balanced(struct office *o, int received, int fresh, int repeat, int refused,
		     int unparsed)
{
	struct hy_json *out = NULL;
	const struct hy_json *total, *reasons;

	act(o, "admin", "source.balance", "{}", &out);
	total = hy_json_get(out, "total");
	assert_true(hy_json_bool(out, "balanced", false));
	assert_int_equal(hy_json_int(total, "received", -1), received);
	assert_int_equal(hy_json_int(total, "new", -1), fresh);
	assert_int_equal(hy_json_int(total, "repeat", -1), repeat);
	assert_int_equal(hy_json_int(total, "refused", -1), refused);
	reasons = hy_json_get(total, "reasons");
	assert_int_equal(reasons->n, 1);
	assert_string_equal(hy_json_str(reasons->at[0], "why"), "unparsed");
	assert_int_equal(hy_json_int(reasons->at[0], "count", -1), unparsed);
}

static bool on_disk(struct office *o, const char *words)
{
	static const char *const files[] = {"huying.db", "huying.db-wal"};
	bool found = false;

	for (size_t i = 0; i < HY_LEN(files); i++) {
		char *bytes = NULL;
		size_t n = 0;

		if (!hy_file_read(o, hy_strf(o, "%s/%s", o->dir, files[i]), 64u << 20, &bytes, &n,
				  NULL))
			found = found || memmem(bytes, n, words, strlen(words));
	}
	return found;
}

/* Kept once, told, never in clear; a later version takes it in. */
static void test_kept(void **state)
{
	struct office *o = *state;
	struct hy_json *out = NULL;
	const struct hy_json *alerts;

	int64_t before = cases(o);

	read_batch(o, ".K.U");
	take_in(o);
	assert_int_equal(cases(o), before + 2);
	assert_int_equal(unread(o), 2);
	balanced(o, 4, 2, 0, 2, 2);
	assert_false(on_disk(o, DEADLY));
	assert_false(on_disk(o, WORDS));
	act(o, "admin", "alert.list", "{}", &out);
	alerts = hy_json_get(out, "items");
	assert_int_equal(alerts->n, 1);
	assert_string_equal(hy_json_str(alerts->at[0], "kind"), "unparsed");

	/* read or not later, they stay on the server */
	uint32_t *kept = NULL;
	size_t n_kept = 0;
	assert_int_equal(desk_mail_kept(o->desk, o, o->source->id, &kept, &n_kept, NULL), HY_OK);
	assert_int_equal(n_kept, 2);
	assert_int_equal(kept[0], 2);
	assert_int_equal(kept[1], 4);

	read_batch(o, ".K.U"); /* the mailbox was made anew: the same letters with other numbers */
	take_in(o);
	assert_int_equal(unread(o), 2);
	balanced(o, 8, 2, 4, 2, 2);

	act(o, "admin", "account.replay", "{\"id\":\"信箱\"}", &out);
	assert_int_equal(hy_json_int(out, "read", -1), 0);
	assert_int_equal(hy_json_int(out, "left", -1), 2);
	setenv("HUYING_TEST_LATER_VERSION", "1", 1);
	act(o, "admin", "account.replay", "{\"id\":\"信箱\"}", &out);
	assert_int_equal(hy_json_int(out, "read", -1), 2);
	assert_int_equal(hy_json_int(out, "left", -1), 0);
	assert_int_equal(cases(o), before + 4);
	balanced(o, 8, 4, 4, 0, 0);
}

/* They wrote three times in one case: two files, two files, one. */
static void files_are(struct office *o, const char *large)
{
	const struct hy_case_filter f = {.limit = 1};
	struct hy_case *c = NULL;
	struct hy_media *list = NULL, *one = NULL;
	size_t n = 0;

	assert_int_equal(hy_case_list(o->desk->st, o, &f, &c, &n, NULL), HY_OK);
	assert_int_equal(n, 1);
	assert_int_equal(hy_media_list(o->desk->st, o, c->id, &list, &n, NULL), HY_OK);
	assert_int_equal(n, 5);
	for (size_t i = 0; i < n; i++) {
		bool picture = i % 2 == 0;

		assert_string_equal(list[i].name, picture ? "墙.jpg" : "13800138000.pdf");
		assert_string_equal(list[i].type,
				    picture ? "image/jpeg" : "application/octet-stream");
		assert_int_equal(hy_media_open(o->desk->st, o, c->id, list[i].id, &one, NULL),
				 HY_OK);
		assert_int_equal(one->n, picture ? 5 : 2900);
		assert_memory_equal(one->bytes, picture ? "\xff\xd8\xff\xe0\0" : large,
				    (size_t)one->n);
	}
}

/* What was attached is told at the end of the words, also where there are none; the name of a file
 * may hold a number. */
static void test_attached(void **state)
{
	static const char mail[] =
		"From: w@mail.example\r\nMessage-ID: <%d@mail.example>\r\n"
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n%s"
		"--b\r\nContent-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n"
		"Content-Disposition: attachment; filename*=utf-8''%%E5%%A2%%99.jpg\r\n\r\n"
		"/9j/4AA=\r\n--b\r\nContent-Type: application/pdf; name=\"13800138000.pdf\"\r\n\r\n"
		"%s\r\n--b--\r\n";
	struct office *o = *state;
	struct hy_buf *b = hy_new(o, struct hy_buf);
	char *large = hy_new_array(o, char, 3000);
	const char *words = "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" WORDS "\r\n";

	memset(large, 'x', 2900);
	hy_buf_init(b, b, HY_FEED_INPUT_MAX);
	char *larger = hy_new_array(o, char, HY_MAIL_FILE_MAX + 2);
	memset(larger, 'x', HY_MAIL_FILE_MAX + 1);
	for (int i = 0; i < 3; i++) {
		char *m = hy_strf(o, mail, i, i ? "" : words, i == 2 ? larger : large);

		assert_true(hy_mail_batch_add(b, (uint32_t)i + 1, m, strlen(m), false));
	}
	o->done = false;
	desk_mails_read(o, o->child, b, HINT, on_read, o);
	while (!o->done)
		assert_int_equal(hy_loop_once(o->loop, -1, NULL), HY_OK);
	assert_int_equal(o->mails->n, 3);
	assert_string_equal(o->mails->pushes[0].text,
			    WORDS "\n[2 attached: 墙.jpg (picture, 5 B), [号码].pdf (file, 3 KB)]");
	assert_true(strncmp(o->mails->pushes[1].text, "[2 attached: ", 13) == 0);
	assert_non_null(strstr(o->mails->pushes[2].text,
			       "[号码].pdf (file, 2.0 MB, in the mailbox only)]"));
	take_in(o);
	take_in(o); /* the mailbox was made anew */
	assert_false(on_disk(o, "墙.jpg"));
	assert_false(on_disk(o, "13800138000.pdf"));
	assert_false(on_disk(o, "xxxxxxxxxxxxxxxx"));
	files_are(o, large);
}

int main(int argc, char **argv)
{
#define T(f) cmocka_unit_test_setup_teardown(f, make_office, drop_office)
	const struct CMUnitTest tests[] = {T(test_halved), T(test_innocent), T(test_kept),
					   T(test_attached)};

	if (argc > 1 && strcmp(argv[1], "__parse") == 0) {
		hy_lang_init();
		return hy_parse_child_main(0, 1);
	}
	setenv("HUYING_TEST_FAST_HASH", "1", 1);
	hy_xml_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
