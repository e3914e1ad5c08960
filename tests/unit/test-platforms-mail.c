/* Mail: messages of any make to text, and a mailbox against a scripted IMAP server. */
#include "platforms/platforms.h"
#include "tests/unit/origin.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include <cmocka.h>

static void *ctx;

static int setup(void **state)
{
	(void)state;
	ctx = talloc_new(NULL);
	hy_mail_init();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	talloc_free(ctx);
	return 0;
}

static struct hy_mail read_mail(const char *text)
{
	struct hy_mail m = {0};
	struct hy_err err = {0};

	if (hy_mail_read(ctx, text, strlen(text), &m, &err) != HY_OK)
		fail_msg("%s", err.text);
	return m;
}

/* ---- reading ---- */

static void test_plain(void **state)
{
	struct hy_mail m = read_mail("Message-ID: <a.1@x.example>\r\nIn-Reply-To: <b@y.example>\r\n"
				     "From: =?gb2312?B?1cU=?= <Zhang@X.Example>\r\n"
				     "Reply-To: other@x.example\r\n"
				     "Date: Sat, 21 Nov 2026 14:05:00 +0800\r\n"
				     "Subject: water\r\n\r\nNo water.\r\nSince noon.\r\n");

	(void)state;
	assert_string_equal(m.message_id, "a.1@x.example");
	assert_string_equal(m.in_reply_to, "b@y.example");
	assert_string_equal(m.sender, "zhang@x.example");
	assert_string_equal(m.reply_to, "other@x.example");
	assert_string_equal(m.subject, "water");
	assert_string_equal(m.text, "No water.\r\nSince noon.\r\n");
	assert_null(m.html);
	assert_int_equal(m.date, INT64_C(1795241100000));
	assert_false(m.automatic);
}

/* What Chinese mailers really send: a character of GBK under the label gb2312, cut in two by the
 * border of two encoded words; raw bytes in a header; quoted-printable. */
static void test_charsets(void **state)
{
	struct hy_mail m;

	(void)state;
	m = read_mail("Subject: =?gb2312?B?6Q==?=\r\n =?GB2312?B?Rtau?= tail\r\n"
		      "Content-Type: text/plain; charset=gb2312\r\n"
		      "Content-Transfer-Encoding: quoted-printable\r\n\r\n=E9F=CB=AE\r\n");
	assert_string_equal(m.subject, "镕之 tail");
	assert_string_equal(m.text, "镕水\r\n");
	m = read_mail("Subject: \xb9\xa9\xcb\xae\r\n\r\n\xb9\xa9\xcb\xae");
	assert_string_equal(m.subject, "供水");
	assert_string_equal(m.text, "供水");
	m = read_mail("Subject: =?utf-8?Q?=E5=81=9C_=E6=B0=B4?= =?utf-8?Q?!?=\n"
		      "Content-Type: text/plain; charset=big5\n"
		      "Content-Transfer-Encoding: base64\n\n"
		      "pPQ=\n");
	assert_string_equal(m.subject, "停 水!");
	assert_string_equal(m.text, "水");
	m = read_mail("Subject: =?x-nonsense?B?5rC0?= =?utf-8?B?!!!?= =?broken\n\nx");
	assert_string_equal(m.subject, "水 =?broken"); /* never lost, never an error */
	m = read_mail("Subject: a\r\n\tb\x01\r\n\r\nx");
	assert_string_equal(m.subject, "a b");
}

static void test_parts(void **state)
{
	static const char alternative[] =
		"Content-Type: multipart/mixed; boundary=\"b 1\"\n\n--b 1\n"
		"Content-Type: multipart/alternative; boundary=b2\n\n--b2\n"
		"Content-Type: text/plain; charset=utf-8\n\n水没了\n--b2\n"
		"Content-Type: text/html; charset=utf-8\n\n<p>水没了</p>\n--b2--\n--b 1\n"
		"Content-Type: image/png; name=a.png\nContent-Disposition: attachment\n"
		"Content-Transfer-Encoding: base64\n\nAAAA\n--b 1\n"
		"Content-Type: text/plain\nContent-Disposition: attachment; filename=x.txt\n\nno\n"
		"--b 1\nContent-Type: message/rfc822\n\nSubject: inner\n\ninner text\n--b 1--\n";
	struct hy_mail m = read_mail(alternative);

	(void)state;
	assert_string_equal(m.text, "水没了");
	assert_null(m.html);
	assert_int_equal(m.n_attachments, 3);
	assert_string_equal(m.attachments[0].name, "a.png");
	assert_string_equal(m.attachments[0].type, "image/png");
	assert_int_equal(m.attachments[0].size, 3);
	assert_string_equal(m.attachments[1].name, "x.txt");
	assert_int_equal(m.attachments[1].size, 2);
	assert_null(m.attachments[2].name);
	assert_string_equal(m.attachments[2].type, "message/rfc822");
	m = read_mail("Content-Type: text/html; charset=gbk\n\n<b>\xcb\xae</b>");
	assert_null(m.text);
	assert_string_equal(m.html, "<b>水</b>");
	/* cut in the middle: what there is of it */
	m = read_mail("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhalf a mess");
	assert_string_equal(m.text, "half a mess");
}

/* The ways in which mailers write the name of a file; none of them leads out of a folder. */
static void test_file_names(void **state)
{
	static const char *const forms[][2] = {
		{"filename=\"=?gb18030?B?x70uanBn?=\"", "墙.jpg"},
		{"filename=\"=?utf-8?Q?=E5=A2=99?=\n =?utf-8?Q?.jpg?=\"", "墙.jpg"},
		{"filename*=gbk''%C7%BD.jpg; filename=x.jpg", "墙.jpg"},
		{"filename*0*=UTF-8'zh'%E5%A2; filename*1*=%99;\n filename*2=\".jpg\"", "墙.jpg"},
		{"filename=\"\xb9\xa9\xcb\xae.jpg\"", "供水.jpg"},
		{"size=3; filename = \"a \\\"b\\\".png\"", "a \"b\".png"},
		{"filename=\"../../etc/pass\"", "pass"},
		{"filename=\"C:\\\\a\\\\b.doc\"", "b.doc"},
		{"filename=\"a\xe2\x80\xaegpj.exe\"", "agpj.exe"},
		{"filename=\"a\tb%0a.png\"", "a b%0a.png"},
		{"filename*=utf-8''a%00%0Ab", "a b"},
		{"filename*30=x; filename*=", NULL},
		{"filename=\"\"; filenames=x", NULL},
		{"filename", NULL},
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(forms); i++) {
		char *text =
			hy_strf(NULL,
				"Content-Type: image/jpeg\nContent-Disposition: attachment; %s\n"
				"\nxyz",
				forms[i][0]);
		struct hy_mail m = read_mail(text);

		assert_int_equal(m.n_attachments, 1);
		if (!forms[i][1])
			assert_null(m.attachments[0].name);
		else
			assert_string_equal(m.attachments[0].name, forms[i][1]);
		assert_int_equal(m.attachments[0].size, 3);
		talloc_free(text);
	}
	assert_string_equal(
		read_mail("Content-Type: image/png; name=\"a.png\"\n\nx").attachments[0].name,
		"a.png");
}

static void test_automatic(void **state)
{
	static const char *const yes[] = {
		"Auto-Submitted: auto-replied\n\nx", "Precedence: bulk\n\nx", "List-Id: <l.x>\n\nx",
		"Return-Path: <>\n\nx",
		"Content-Type: multipart/report; boundary=b\n\n--b\n\nx\n--b--\n"};

	(void)state;
	for (size_t i = 0; i < HY_LEN(yes); i++)
		if (!read_mail(yes[i]).automatic)
			fail_msg("%s", yes[i]);
	assert_false(read_mail("Auto-Submitted: no\nReturn-Path: <a@b.c>\n\nx").automatic);
}

/* Limits: at them, and one past them. */
static void test_limits(void **state)
{
	struct hy_mail m;
	struct hy_buf b;
	char *big;

	(void)state;
	hy_buf_init(&b, ctx, HY_MAIL_MAX + 1);
	hy_buf_str(&b, "Subject: x\n\n");
	while (b.len < HY_MAIL_MAX)
		hy_buf_chr(&b, 'a');
	assert_int_equal(hy_mail_read(ctx, b.data, b.len, &m, NULL), HY_OK);
	assert_true(m.cut);
	assert_true(strlen(m.text) <= HY_MAIL_TEXT_MAX);
	assert_int_equal(hy_mail_read(ctx, b.data, HY_MAIL_MAX + 1, &m, NULL), HY_EINPUT);
	assert_int_equal(hy_mail_read(ctx, "", 0, &m, NULL), HY_EINPUT);
	for (int depth = HY_MAIL_DEPTH_MAX; depth <= HY_MAIL_DEPTH_MAX + 1; depth++) {
		hy_buf_init(&b, ctx, 1 << 20);
		for (int i = 0; i < depth; i++)
			hy_buf_fmt(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i,
				   i);
		hy_buf_str(&b, "Content-Type: text/plain\n\ndeep\n");
		assert_int_equal(hy_mail_read(ctx, b.data, b.len, &m, NULL),
				 depth > HY_MAIL_DEPTH_MAX ? HY_EINPUT : HY_OK);
	}
	/* 100,000 levels are not even begun */
	hy_buf_init(&b, ctx, HY_MAIL_MAX);
	for (int i = 0; i < 60000; i++)
		hy_buf_fmt(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
	assert_int_equal(hy_mail_read(ctx, b.data, b.len, &m, NULL), HY_EINPUT);
	/* nor are 400,000 parts beside each other: each would be an object */
	hy_buf_init(&b, ctx, HY_MAIL_MAX);
	hy_buf_str(&b, "Content-Type: multipart/mixed; boundary=b\n\n");
	for (int i = 0; i < 400000; i++)
		hy_buf_str(&b, "--b\n\nx\n");
	assert_int_equal(hy_mail_read(ctx, b.data, b.len, &m, NULL), HY_EINPUT);
	for (int parts = HY_MAIL_PARTS_MAX - 1; parts <= HY_MAIL_PARTS_MAX; parts++) {
		hy_buf_init(&b, ctx, 1 << 20);
		hy_buf_str(&b, "Content-Type: multipart/mixed; boundary=b\n\n");
		for (int i = 0; i < parts; i++)
			hy_buf_str(&b, "--b\n\nx\n");
		assert_int_equal(hy_mail_read(ctx, b.data, b.len, &m, NULL),
				 parts + 1 > HY_MAIL_PARTS_MAX ? HY_EINPUT : HY_OK);
	}
	for (int lines = 20000; lines <= 20001; lines++) { /* each is an object, too */
		hy_buf_init(&b, ctx, 1 << 20);
		for (int i = 0; i < lines; i++)
			hy_buf_str(&b, "a:\n");
		hy_buf_str(&b, "\nx\n");
		assert_int_equal(hy_mail_read(ctx, b.data, b.len, &m, NULL),
				 lines > 20000 ? HY_EINPUT : HY_OK);
	}
	big = hy_new_array(ctx, char, 100001);
	memset(big, 'a', 100000);
	m = read_mail(
		hy_strf(ctx, "From: %s@x\nMessage-ID: <%s>\nSubject: %s\n\nx", big, big, big));
	assert_null(m.sender);
	assert_null(m.message_id);
	assert_true(strlen(m.subject) <= 2000);
}

static void test_mailbox_names(void **state)
{
	(void)state;
	assert_string_equal(hy_imap_mailbox(ctx, "INBOX"), "\"INBOX\"");
	/* the examples of RFC 3501 5.1.3 */
	assert_string_equal(hy_imap_mailbox(ctx, "~peter/mail/台北/日本語"),
			    "\"~peter/mail/&U,BTFw-/&ZeVnLIqe-\"");
	assert_string_equal(hy_imap_mailbox(ctx, "A&B"), "\"A&-B\"");
	assert_string_equal(hy_imap_mailbox(ctx, "a\"\\b"), "\"a\\\"\\\\b\"");
	assert_string_equal(hy_imap_mailbox(ctx, "🙂"), "\"&2D3eQg-\"");
}

/* ---- a mailbox ---- */

enum mood {
	KIND,
	NO_MAILBOX,
	BYE,
	WRONG,
	LONG_LINE,
	TOO_MUCH,
	NO_VALIDITY,
	UIDPLUS,
	PARTS,
	OTHERS
};
struct server {
	enum mood mood;
	char log[8192];
};

static bool line_read(struct origin *o, int fd, char *out, size_t room)
{
	size_t n = 0;

	while (n + 1 < room) {
		struct pollfd f[2] = {{.fd = fd, .events = POLLIN},
				      {.fd = o->stop[0], .events = POLLIN}};
		if (poll(f, 2, -1) < 0 || f[1].revents != 0 || recv(fd, out + n, 1, 0) <= 0)
			return false;
		if (out[n++] == '\n')
			break;
	}
	out[n] = '\0';
	return true;
}

static void mail_send(int fd, const char *line, int uid, enum mood mood)
{
	char body[256], head[512];
	const char *lt = strstr(line, "<0."), *cut = lt;
	size_t most = cut != NULL ? strtoul(cut + 3, NULL, 10) : 0;

	snprintf(body, sizeof(body), "Subject: m%d\r\n\r\nText {5} of %d\r\n* SEARCH 99\r\n", uid,
		 uid);
	size_t n = strlen(body);
	size_t size = n;

	if (n > most)
		n = most;
	snprintf(head, sizeof(head), "* %d FETCH (UID %d RFC822.SIZE %zu %sBODY[]<0> {%zu}\r\n",
		 uid, uid, size, mood == PARTS ? "BODY[HEADER] {6}\r\nhead\r\n " : "", n);
	if (mood == OTHERS)
		origin_text(fd, "* 7 FETCH (BODY[] {5}\r\nother UID 4 RFC822.SIZE 5)\r\n");
	origin_text(fd, head);
	origin_send(fd, body, n / 2); /* in two pieces */
	origin_send(fd, body + n / 2, n - n / 2);
	if (mood == PARTS) /* and the same under a second name */
		origin_text(fd, " BODY[]<0> {5}\r\nagain BODY[TEXT] {4}\r\ntext");
	origin_text(fd, ")\r\n");
	if (mood == OTHERS)
		origin_text(fd, "* 8 FETCH (UID 44 RFC822.SIZE 5000 BODY[]<0> {5}\r\nother)\r\n");
}

static void imap(struct origin *o, int fd, int nth, const char *request)
{
	struct server *s = o->user;
	char line[2048], tag[32], out[512];

	(void)nth, (void)request;
	origin_text(fd, "* OK ready\r\n");
	while (line_read(o, fd, line, sizeof(line))) {
		sscanf(line, "%31s", tag);
		if (tag[0] == 'h' && strlen(s->log) + strlen(line) < sizeof(s->log))
			memcpy(s->log + strlen(s->log), line + strlen(tag) + 1,
			       strlen(line) - strlen(tag));
		if (strcasestr(line, "CAPABILITY") != NULL)
			origin_text(fd, s->mood == UIDPLUS ? "* CAPABILITY IMAP4rev1 UIDPLUS\r\n"
							   : "* CAPABILITY IMAP4rev1\r\n");
		if (strstr(line, "LOGIN") != NULL && s->mood == WRONG) {
			snprintf(out, sizeof(out), "%s NO wrong\r\n", tag);
			origin_text(fd, out);
			continue;
		}
		if (strstr(line, "EXAMINE") != NULL || strstr(line, "SELECT") != NULL) {
			if (s->mood == NO_MAILBOX) {
				snprintf(out, sizeof(out), "%s NO no such mailbox\r\n", tag);
				origin_text(fd, out);
				continue;
			}
			if (s->mood == BYE) {
				origin_text(fd, "* BYE going down\r\n");
				return;
			}
			if (s->mood == LONG_LINE)
				for (int i = 0; i < 3000; i++)
					origin_text(fd,
						    "* OK aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
						    "aaaaaaaaaaaaaaaaaaaaaaaa");
			if (s->mood != NO_VALIDITY)
				origin_text(fd, "* 3 EXISTS\r\n* OK [UIDVALIDITY 77] ok\r\n");
		}
		if (strstr(line, "SEARCH") != NULL)
			origin_text(fd, "* SEARCH 12 5\r\n* SEARCH 9\r\n");
		if (strstr(line, "FETCH") != NULL && s->mood == TOO_MUCH)
			origin_text(fd, "* 1 FETCH (UID 5 BODY[] {99999999}\r\n");
		else if (strstr(line, "FETCH") != NULL && strstr(line, "FETCH 9") == NULL)
			mail_send(fd, line, (int)strtol(strstr(line, "FETCH") + 6, NULL, 10),
				  s->mood);
		if (strstr(line, "LOGOUT") != NULL)
			origin_text(fd, "* BYE bye\r\n");
		snprintf(out, sizeof(out), "%s OK done\r\n", tag);
		origin_text(fd, out);
	}
}

struct seen {
	struct hy_loop *loop;
	char mails[512], last[512]; /* first lines; all of the last one */
	int cut, done;
	enum hy_status status;
	struct hy_imap_result r;
	struct hy_err err;
};

static void on_mail(void *user, uint32_t uid, const char *bytes, size_t n, bool cut)
{
	struct seen *v = user;
	size_t at = strlen(v->mails);

	snprintf(v->mails + at, sizeof(v->mails) - at, "%u:%.*s;", uid, (int)strcspn(bytes, "\r"),
		 bytes);
	assert_int_equal(bytes[n], 0);
	snprintf(v->last, sizeof(v->last), "%s", bytes);
	v->cut += cut;
}

static void on_done(void *user, enum hy_status status, const struct hy_imap_result *r,
		    const struct hy_err *err)
{
	struct seen *v = user;

	v->status = status;
	v->r = *r;
	v->done++;
	if (err != NULL)
		v->err = *err;
	hy_loop_stop(v->loop);
}

static struct seen look(struct server *s, struct hy_imap_ask ask)
{
	struct origin o;
	struct seen v = {0};
	struct hy_net *net;
	struct hy_err err = {0};

	origin_start_raw(&o, imap, s);
	ask.host = "mail.example";
	ask.port = 143;
	ask.reach = o.reach;
	ask.login = "desk";
	ask.password = hy_secret_new(ctx, "geheim", 6);
	assert_int_equal(hy_loop_new(&v.loop, ctx, NULL), HY_OK);
	assert_int_equal(hy_net_new(&net, ctx, v.loop, NULL, NULL), HY_OK);
	if (hy_imap_look(net, v.loop, &ask, on_mail, on_done, &v, NULL, &err) != HY_OK)
		fail_msg("%s", err.text);
	assert_int_equal(hy_loop_run(v.loop, NULL), HY_OK);
	assert_int_equal(v.done, 1);
	talloc_free(net);
	origin_stop(&o);
	return v;
}

static void test_look(void **state)
{
	struct server s = {.mood = KIND};
	struct seen v = look(&s, (struct hy_imap_ask){.mailbox = "收件"});

	(void)state;
	if (v.status != HY_OK)
		fail_msg("%s", v.err.text);
	/* in order; 9 was removed meanwhile; text that looks like the protocol is text */
	assert_string_equal(v.mails, "5:Subject: m5;12:Subject: m12;");
	assert_int_equal(v.r.uidvalidity, 77);
	assert_int_equal(v.r.last_uid, 12);
	assert_false(v.r.more);
	assert_non_null(strstr(s.log, "EXAMINE \"&ZTZO9g-\"\r\n")); /* nothing is changed there */
	assert_null(strstr(s.log, "SELECT"));
	assert_null(strstr(s.log, "STORE"));
	assert_non_null(strstr(s.log, "UID SEARCH UID 1:*"));
	assert_non_null(strstr(s.log, "BODY.PEEK[]"));
	s.log[0] = '\0';
	v = look(&s, (struct hy_imap_ask){.uidvalidity = 77, .after = 9});
	assert_string_equal(v.mails, "12:Subject: m12;");
	assert_non_null(strstr(s.log, "UID SEARCH UID 10:*"));
	/* another mailbox by the same name begins anew */
	v = look(&s, (struct hy_imap_ask){.uidvalidity = 76, .after = 9});
	assert_int_equal(v.r.uidvalidity, 77);
	assert_non_null(strstr(v.mails, "5:Subject"));
	v = look(&s, (struct hy_imap_ask){.max_mails = 1});
	assert_string_equal(v.mails, "5:Subject: m5;");
	assert_true(v.r.more);
	assert_int_equal(v.r.last_uid, 5);
	v = look(&s, (struct hy_imap_ask){.max_bytes = 12, .after = 10, .uidvalidity = 77});
	assert_string_equal(v.mails, "12:Subject: m12;");
	assert_int_equal(v.cut, 1);
}

/* A mail is the literal of BODY[], once: neither those of other items nor those of other mails. */
static void test_literals(void **state)
{
	static const enum mood moods[] = {KIND, PARTS, OTHERS};

	(void)state;
	for (size_t i = 0; i < HY_LEN(moods); i++) {
		struct server s = {.mood = moods[i]};
		struct seen v = look(&s, (struct hy_imap_ask){0});

		assert_int_equal(v.status, HY_OK);
		assert_string_equal(v.mails, "5:Subject: m5;12:Subject: m12;");
		assert_string_equal(v.last,
				    "Subject: m12\r\n\r\nText {5} of 12\r\n* SEARCH 99\r\n");
		assert_int_equal(v.cut, 0);
	}
}

static void test_remove(void **state)
{
	struct server s = {.mood = UIDPLUS};
	struct seen v =
		look(&s, (struct hy_imap_ask){.uidvalidity = 77, .after = 9, .remove_up_to = 9});

	(void)state;
	assert_int_equal(v.status, HY_OK);
	assert_true(v.r.removed);
	assert_non_null(strstr(s.log, "SELECT \"INBOX\""));
	assert_non_null(strstr(s.log, "UID STORE 1:9 +FLAGS.SILENT (\\Deleted)"));
	assert_non_null(strstr(s.log, "UID EXPUNGE 1:9"));
	/* but for what is kept */
	static const uint32_t kept[] = {1, 4, 5, 9, 12}, all[] = {1, 2};
	s = (struct server){.mood = UIDPLUS};
	v = look(&s, (struct hy_imap_ask){.uidvalidity = 77,
					  .after = 9,
					  .remove_up_to = 9,
					  .keep = kept,
					  .n_keep = HY_LEN(kept)});
	assert_non_null(strstr(s.log, "UID STORE 2:3,6:8 +FLAGS.SILENT (\\Deleted)"));
	assert_non_null(strstr(s.log, "UID EXPUNGE 2:3,6:8\r\n"));
	s = (struct server){.mood = UIDPLUS};
	v = look(&s, (struct hy_imap_ask){
			     .uidvalidity = 77, .after = 9, .remove_up_to = 2, .keep = all, .n_keep = 2});
	assert_false(v.r.removed);
	assert_null(strstr(s.log, "STORE"));
	/* without UIDPLUS, or in another mailbox by that name, nothing is removed */
	s = (struct server){.mood = KIND};
	v = look(&s, (struct hy_imap_ask){.uidvalidity = 77, .after = 9, .remove_up_to = 9});
	assert_false(v.r.removed);
	assert_null(strstr(s.log, "STORE"));
	s = (struct server){.mood = UIDPLUS};
	v = look(&s, (struct hy_imap_ask){.uidvalidity = 76, .after = 9, .remove_up_to = 9});
	assert_null(strstr(s.log, "STORE"));
}

static void test_failures(void **state)
{
	static const struct {
		enum mood mood;
		enum hy_status status;
	} rows[] = {{NO_MAILBOX, HY_ENOTFOUND}, {BYE, HY_ETEMP},      {WRONG, HY_EAUTH},
		    {LONG_LINE, HY_EPERM},	{TOO_MUCH, HY_EPERM}, {NO_VALIDITY, HY_EPERM}};

	(void)state;
	for (size_t i = 0; i < HY_LEN(rows); i++) {
		struct server s = {.mood = rows[i].mood};
		struct seen v = look(&s, (struct hy_imap_ask){.max_bytes = 100000});

		if (v.status != rows[i].status)
			fail_msg("row %zu: %s: %s", i, hy_status_name(v.status), v.err.text);
		assert_string_equal(v.mails, "");
		assert_null(strstr(v.err.text, "geheim"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	      cmocka_unit_test(test_charsets),
		cmocka_unit_test(test_parts),	      cmocka_unit_test(test_file_names),
		cmocka_unit_test(test_automatic),     cmocka_unit_test(test_limits),
		cmocka_unit_test(test_mailbox_names), cmocka_unit_test(test_look),
		cmocka_unit_test(test_remove),	      cmocka_unit_test(test_failures),
		cmocka_unit_test(test_literals),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
