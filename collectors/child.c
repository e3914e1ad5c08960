/*
 * The parse child, both ends. The child reads bytes and answers feeds, and can do nothing else: no
 * files, no network, little memory, little time. Frames are a length and that many bytes, one
 * answer for one question; a child that breaks the protocol is dead to us.
 */
#include "collectors/collect.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ASK_MAX (HY_FEED_INPUT_MAX + (64u << 10))
#define ANSWER_MAX (64u << 20)
#define ANSWER_KEPT (256u << 10)
#define PARSE_DEADLINE ((SANITIZED ? 50 : 5) * HY_SECOND)
#define CHILD_MEMORY ((rlim_t)256 << 20)
#define CHILD_CPU_SECS (SANITIZED ? 50 : 5)
#define KIND_TABLE "table" /* no collector: see hy_table_read() */
#define HEADER_MAX 4096 /* of a Content-Type or URL sent along */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
	__has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* ---- frames ---- */

static bool read_full(int fd, void *out, size_t n)
{
	char *p = out;

	while (n) {
		ssize_t k = read(fd, p, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

static bool write_full(int fd, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n) {
		ssize_t k = write(fd, p, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

static void put_field(struct hy_buf *b, const char *s, size_t n)
{
	uint32_t len = s ? (uint32_t)n : UINT32_MAX;

	hy_buf_add(b, &len, sizeof(len));
	if (s)
		hy_buf_add(b, s, n);
}

static bool get_field(const void *ctx, const char **p, const char *end, const char **out, size_t *n)
{
	uint32_t len;

	*out = NULL;
	*n = 0;
	if ((size_t)(end - *p) < sizeof(len))
		return false;
	memcpy(&len, *p, sizeof(len));
	*p += sizeof(len);
	if (len == UINT32_MAX)
		return true;
	if (len > (size_t)(end - *p))
		return false;
	*out = hy_strndup(ctx, *p, len);
	*n = len;
	if (len && strnlen(*p, len) != len) /* bodies may hold NUL: keep every byte */
		*out = hy_memdup(ctx, *p, len);
	*p += len;
	return true;
}

static void put_header(struct hy_buf *b, const char *s)
{
	put_field(b, s, s ? strnlen(s, HEADER_MAX) : 0);
}

/* ---- the child ---- */

/* One question: kind, hint, Content-Type, Content-Location, base, charset, zone and cut, body. */
static bool read_question(const void *ctx, const char *p, size_t n, struct hy_feed_in *in)
{
	const char *end = p + n;
	int32_t nums[2];
	size_t len;

	*in = (struct hy_feed_in){0};
	if (!get_field(ctx, &p, end, &in->kind, &len) ||
	    !get_field(ctx, &p, end, &in->hint, &len) ||
	    !get_field(ctx, &p, end, &in->content_type, &len) ||
	    !get_field(ctx, &p, end, &in->content_location, &len) ||
	    !get_field(ctx, &p, end, &in->base_url, &len) ||
	    !get_field(ctx, &p, end, &in->charset, &len) || (size_t)(end - p) < sizeof(nums))
		return false;
	memcpy(nums, p, sizeof(nums));
	p += sizeof(nums);
	in->offset_minutes = nums[0];
	in->cut = nums[1] != 0;
	return get_field(ctx, &p, end, &in->bytes, &in->n) && in->bytes && p == end;
}

/* "sheet=2" and "lang=zh" of the question about a table. */
static enum hy_status answer_table(struct hy_buf *out, const struct hy_feed_in *in,
				   struct hy_err *err)
{
	const char *sheet = hy_hint_get(out->ctx, in->hint, "sheet");
	const char *lang = hy_hint_get(out->ctx, in->hint, "lang");
	const struct hy_table_in ask = {.bytes = in->bytes,
					.n = in->n,
					.charset = in->charset,
					.sheet = sheet ? (int)strtol(sheet, NULL, 10) : 0};
	struct hy_table *t = NULL;
	uint8_t good = HY_OK;
	enum hy_status status;

	hy_lang_use(lang && !strcmp(lang, "zh") ? HY_LANG_ZH : HY_LANG_EN);
	status = hy_table_read(out->ctx, &ask, &t, err);
	if (status)
		return status;
	hy_buf_add(out, &good, 1);
	return hy_table_pack(out, t) ? HY_OK
				     : hy_err_set(err, HY_EINPUT, "%s",
						  _("too much text in one file; split it"));
}

static void refuse_table(struct hy_buf *out, enum hy_status said, const struct hy_err *err)
{
	uint8_t status = (uint8_t)said;

	hy_buf_reset(out);
	out->over = false;
	hy_buf_add(out, &status, 1);
	hy_buf_str(out, err->text);
}

static void answer(struct hy_buf *out, const struct hy_feed_in *in)
{
	struct hy_err err = {0};
	struct hy_feed *f = NULL;
	uint8_t status;

	if (in->kind && !strcmp(in->kind, KIND_TABLE)) {
		enum hy_status said = answer_table(out, in, &err);

		if (said)
			refuse_table(out, said, &err);
		return;
	}
	status = (uint8_t)hy_source_read(out->ctx, in, &f, &err);
	hy_buf_add(out, &status, 1);
	if (status != HY_OK)
		hy_buf_str(out, err.text);
	else if (!hy_feed_pack(out, f) || out->over) {
		hy_buf_reset(out);
		out->over = false;
		status = HY_EINPUT;
		hy_buf_add(out, &status, 1);
		hy_buf_str(out, "the feed's texts are too large together");
	}
}

/* No more than so many CPU seconds for the question at hand. */
static void allow_cpu(void)
{
	struct timespec used;
	struct rlimit lim = {.rlim_max = RLIM_INFINITY};

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0)
		return;
	lim.rlim_cur = (rlim_t)used.tv_sec + CHILD_CPU_SECS + 1;
	(void)setrlimit(RLIMIT_CPU, &lim); /* the parent's deadline stands behind it */
}

static bool shut_in(void)
{
	static const int allowed[] = {
		SCMP_SYS(read),		  SCMP_SYS(write),	   SCMP_SYS(mmap),
		SCMP_SYS(munmap),	  SCMP_SYS(mremap),	   SCMP_SYS(mprotect),
		SCMP_SYS(madvise),	  SCMP_SYS(brk),	   SCMP_SYS(futex),
		SCMP_SYS(exit),		  SCMP_SYS(exit_group),	   SCMP_SYS(rt_sigreturn),
		SCMP_SYS(getpid),	  SCMP_SYS(gettid),	   SCMP_SYS(tgkill),
		SCMP_SYS(rt_sigprocmask), SCMP_SYS(getrandom),	   SCMP_SYS(prlimit64),
		SCMP_SYS(setrlimit),	  SCMP_SYS(clock_gettime), SCMP_SYS(restart_syscall)};
	static const int refused[] = {
		SCMP_SYS(openat), SCMP_SYS(open),	SCMP_SYS(newfstatat), SCMP_SYS(stat),
		SCMP_SYS(lstat),  SCMP_SYS(access),	SCMP_SYS(faccessat),  SCMP_SYS(readlink),
		SCMP_SYS(fstat),  SCMP_SYS(readlinkat), SCMP_SYS(sysinfo),    SCMP_SYS(close)};
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	bool good = f != NULL;

	for (size_t i = 0; good && i < HY_LEN(allowed); i++)
		good = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0) == 0;
	for (size_t i = 0; good && i < HY_LEN(refused); i++)
		good = seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), refused[i], 0) == 0;
	good = good && seccomp_load(f) == 0;
	if (f)
		seccomp_release(f);
	return good;
}

/* Everything a library would look up later is looked up now, before the door closes. */
static void warm_up(void)
{
	static const char xml[] = "<rss version=\"2.0\"><channel><title>a</title></channel></rss>";
	static const char *const labels[] = {"gb18030", "big5", "windows-1252", "utf-16le"};
	struct hy_feed_in in = {.bytes = xml, .n = sizeof(xml) - 1};
	struct hy_feed *f;
	void *ctx = talloc_new(NULL);

	hy_xml_init();
	hy_mail_init();
	(void)hy_tr(HY_LANG_ZH, KIND_TABLE); /* the words of refusals */
	(void)hy_feed_parse(ctx, &in, &f, NULL);
	for (size_t i = 0; i < HY_LEN(labels); i++) {
		char *text;
		size_t n, bad;

		(void)hy_charset_to_utf8(ctx, labels[i], "ab", 2, &text, &n, &bad, NULL);
	}
	talloc_free(ctx);
}

int hy_parse_child_main(int in_fd, int out_fd)
{
	struct rlimit none = {0}, memory = {CHILD_MEMORY, CHILD_MEMORY};
	uint32_t len;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGPIPE, SIG_IGN);
	warm_up();
	(void)setrlimit(RLIMIT_CORE, &none);
	if (!SANITIZED &&
	    (setrlimit(RLIMIT_AS, &memory) != 0 || setrlimit(RLIMIT_NOFILE, &none) != 0 ||
	     prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !shut_in()))
		return 70;
	while (read_full(in_fd, &len, sizeof(len))) {
		void *ctx = talloc_new(NULL);
		struct hy_feed_in in;
		struct hy_buf out;
		char *q;

		if (len > ASK_MAX)
			return 70;
		allow_cpu();
		q = hy_new_array(ctx, char, len + 1);
		if (!read_full(in_fd, q, len) || !read_question(ctx, q, len, &in))
			return 70;
		hy_buf_init(&out, ctx, ANSWER_MAX);
		answer(&out, &in);
		len = (uint32_t)out.len;
		if (!write_full(out_fd, &len, sizeof(len)) ||
		    !write_full(out_fd, out.data, out.len))
			return 70;
		talloc_free(ctx);
	}
	return 0;
}

/* ---- the parent's side ---- */

typedef void table_fn(void *user, enum hy_status status, struct hy_table *t,
		      const struct hy_err *err);
struct job {
	struct job *next;
	struct hy_buf frame; /* all but the body, which stays the asker's */
	const char *body;
	size_t n_body;
	hy_parse_fn *fn;
	table_fn *table_fn; /* instead of fn: the question is about a table */
	void *user;
};
struct hy_parse_child {
	struct hy_loop *loop;
	char *exe;
	pid_t pid;
	int fd;
	struct hy_watch_io *io;
	struct hy_timer *deadline;
	struct job *first, **last; /* first is the one at work when busy */
	bool busy;
	size_t sent;
	struct hy_buf got;
	bool *freed; /* set when freed during a callback */
};

static void pump(struct hy_parse_child *pc);

static void end_child(struct hy_parse_child *pc)
{
	hy_watch_io_free(pc->io);
	pc->io = NULL;
	if (pc->fd >= 0)
		close(pc->fd);
	pc->fd = -1;
	if (pc->pid > 0) {
		(void)kill(pc->pid, SIGKILL);
		while (waitpid(pc->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	pc->pid = 0;
}

static int on_free(struct hy_parse_child *pc)
{
	end_child(pc);
	hy_timer_free(pc->deadline);
	if (pc->freed)
		*pc->freed = true;
	return 0;
}

/* A large answer is an exception: its room is not kept. */
static void forget_answer(struct hy_parse_child *pc)
{
	if (pc->got.len <= ANSWER_KEPT) {
		hy_buf_reset(&pc->got);
		return;
	}
	talloc_free(pc->got.data);
	hy_buf_init(&pc->got, pc, ANSWER_MAX + 8);
}

/* Hands the answer to the one who asked. Nothing of pc may be touched when it returns false. */
static bool finish(struct hy_parse_child *pc, enum hy_status st, const struct hy_feed *feed,
		   struct hy_table *table, const struct hy_err *err)
{
	struct job *j = pc->first;
	bool freed = false;

	hy_timer_disarm(pc->deadline);
	pc->first = j->next;
	if (!pc->first)
		pc->last = &pc->first;
	pc->busy = false;
	forget_answer(pc);
	talloc_steal(NULL, j);
	pc->freed = &freed;
	if (j->table_fn)
		j->table_fn(j->user, st, table, err);
	else
		j->fn(j->user, st, feed, err);
	talloc_free(j);
	if (freed)
		return false;
	pc->freed = NULL;
	return true;
}

static void fail(struct hy_parse_child *pc, const char *why)
{
	struct hy_err err = {0};

	end_child(pc);
	(void)hy_err_set(&err, HY_ETEMP, "%s", why);
	if (pc->busy && finish(pc, HY_ETEMP, NULL, NULL, &err))
		pump(pc);
}

static void on_deadline(void *user)
{
	fail(user, "the parse child took over 5 s for one feed and was ended");
}

static void deliver(struct hy_parse_child *pc)
{
	void *ctx = talloc_new(NULL);
	struct hy_err err = {0};
	struct hy_feed *f = NULL;
	struct hy_table *t = NULL;
	enum hy_status st = (enum hy_status)(uint8_t)pc->got.data[4];
	bool alive;

	if (st == HY_OK && (pc->first->table_fn ? hy_table_unpack(ctx, pc->got.data + 5,
								  pc->got.len - 5, &t, &err)
						: hy_feed_unpack(ctx, pc->got.data + 5,
								 pc->got.len - 5, &f, &err))) {
		talloc_free(ctx);
		fail(pc, "the parse child broke the protocol");
		return;
	}
	if (st)
		(void)hy_err_set(&err, st > HY_ESYSTEM ? HY_ESYSTEM : st, "%.*s", 400,
				 pc->got.data + 5);
	alive = finish(pc, st, f, t, &err);
	talloc_free(ctx);
	if (alive)
		pump(pc);
}

static void on_readable(struct hy_parse_child *pc)
{
	char chunk[65536];
	uint32_t len;

	for (;;) {
		ssize_t k = read(pc->fd, chunk, sizeof(chunk));

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0 && errno == EAGAIN)
			break;
		if (k <= 0 || !pc->busy || !hy_buf_add(&pc->got, chunk, (size_t)k)) {
			fail(pc, "the parse child died on this feed");
			return;
		}
	}
	if (pc->got.len < sizeof(len))
		return;
	memcpy(&len, pc->got.data, sizeof(len));
	if (len < 1 || len > ANSWER_MAX || pc->got.len > sizeof(len) + len)
		fail(pc, "the parse child broke the protocol");
	else if (pc->got.len == sizeof(len) + len)
		deliver(pc);
}

static void on_writable(struct hy_parse_child *pc)
{
	const struct job *j = pc->first;

	while (pc->sent < j->frame.len + j->n_body) {
		bool head = pc->sent < j->frame.len;
		const char *from = head ? j->frame.data + pc->sent
					: j->body + (pc->sent - j->frame.len);
		size_t left = (head ? j->frame.len : j->frame.len + j->n_body) - pc->sent;
		ssize_t k = send(pc->fd, from, left, MSG_NOSIGNAL);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0 && errno == EAGAIN)
			return;
		if (k <= 0) {
			fail(pc, "the parse child died on this feed");
			return;
		}
		pc->sent += (size_t)k;
	}
	hy_watch_io_set(pc->io, EPOLLIN);
}

static void on_io(void *user, int fd, uint32_t events)
{
	struct hy_parse_child *pc = user;

	(void)fd;
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		on_readable(pc);
	else if (pc->busy && (events & EPOLLOUT))
		on_writable(pc);
}

static enum hy_status start_child(struct hy_parse_child *pc, struct hy_err *err)
{
	char word[] = "__parse";
	char *argv[] = {pc->exe, word, NULL};
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	sigset_t none;
	int sv[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) != 0)
		return hy_err_set(err, HY_ESYSTEM, "parse child: socketpair: %s", hy_strerror(errno));
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, sv[1], 0);
	posix_spawn_file_actions_adddup2(&fa, sv[1], 1);
	posix_spawnattr_init(&at);
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&at, &none);
	posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGMASK);
	rc = posix_spawn(&pc->pid, pc->exe, &fa, &at, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&at);
	close(sv[1]);
	if (rc != 0) {
		close(sv[0]);
		pc->pid = 0;
		return hy_err_set(err, HY_ESYSTEM, "cannot start %s __parse: %s", pc->exe,
				  hy_strerror(rc));
	}
	(void)fcntl(sv[0], F_SETFL, O_NONBLOCK);
	pc->fd = sv[0];
	pc->io = hy_loop_io(pc->loop, pc->fd, EPOLLIN, on_io, pc);
	return HY_OK;
}

static void pump(struct hy_parse_child *pc)
{
	struct hy_err err = {0};

	while (!pc->busy && pc->first) {
		if (pc->pid == 0 && start_child(pc, &err) != HY_OK) {
			if (!finish(pc, HY_ESYSTEM, NULL, NULL, &err))
				return;
			continue;
		}
		pc->busy = true;
		pc->sent = 0;
		hy_timer_arm(pc->deadline, PARSE_DEADLINE);
		hy_watch_io_set(pc->io, EPOLLIN | EPOLLOUT);
	}
}

struct hy_parse_child *hy_parse_child_new(const void *ctx, struct hy_loop *loop, const char *exe)
{
	struct hy_parse_child *pc = hy_new(ctx, struct hy_parse_child);

	pc->loop = loop;
	pc->exe = hy_strdup(pc, exe);
	pc->fd = -1;
	pc->last = &pc->first;
	pc->deadline = hy_loop_timer(loop, on_deadline, pc);
	hy_buf_init(&pc->got, pc, ANSWER_MAX + 8);
	talloc_set_destructor(pc, on_free);
	return pc;
}

static enum hy_status ask(struct hy_parse_child *pc, const struct hy_feed_in *in,
			  const struct job *who, struct hy_err *err)
{
	int32_t nums[2] = {in->offset_minutes, in->cut};
	struct job *j;
	uint32_t len = 0, n_body = (uint32_t)in->n;
	enum hy_status st;

	if (in->n > HY_FEED_INPUT_MAX)
		return hy_err_set(err, HY_EINPUT, "the feed has %zu bytes: at most %u are read",
				  in->n, HY_FEED_INPUT_MAX);
	if (pc->pid == 0 && !pc->busy && (st = start_child(pc, err)) != HY_OK)
		return st;
	j = hy_new(pc, struct job);
	*j = *who;
	j->body = in->bytes;
	j->n_body = in->n;
	hy_buf_init(&j->frame, j, ASK_MAX + 64);
	hy_buf_add(&j->frame, &len, sizeof(len));
	put_header(&j->frame, in->kind);
	put_header(&j->frame, in->hint);
	put_header(&j->frame, in->content_type);
	put_header(&j->frame, in->content_location);
	put_header(&j->frame, in->base_url);
	put_header(&j->frame, in->charset);
	hy_buf_add(&j->frame, nums, sizeof(nums));
	hy_buf_add(&j->frame, &n_body, sizeof(n_body)); /* put_field() in two */
	len = (uint32_t)(j->frame.len + j->n_body - sizeof(len));
	memcpy(j->frame.data, &len, sizeof(len));
	*pc->last = j;
	pc->last = &j->next;
	pump(pc);
	return HY_OK;
}

enum hy_status hy_parse_child_ask(struct hy_parse_child *pc, const struct hy_feed_in *in,
				  hy_parse_fn *fn, void *user, struct hy_err *err)
{
	const struct job who = {.fn = fn, .user = user};

	return ask(pc, in, &who, err);
}

/* ---- one question, and its child's whole life ---- */

struct alone {
	const void *ctx;
	struct hy_feed *feed;
	struct hy_table *table;
	enum hy_status status;
	struct hy_err err;
	bool done;
};

static void said_alone(struct alone *o, enum hy_status status, const struct hy_err *err)
{
	o->status = status;
	if (err)
		o->err = *err;
	o->done = true;
}

static void on_table(void *user, enum hy_status status, struct hy_table *t,
		     const struct hy_err *err)
{
	struct alone *o = user;

	o->table = t ? talloc_steal(o->ctx, t) : NULL;
	said_alone(o, status, err);
}

static void on_feed(void *user, enum hy_status status, const struct hy_feed *feed,
		    const struct hy_err *err)
{
	struct alone *o = user;

	o->feed = feed ? talloc_steal(o->ctx, (struct hy_feed *)(uintptr_t)feed) : NULL;
	said_alone(o, status, err);
}

static enum hy_status ask_alone(const char *exe, const struct hy_feed_in *in,
				const struct job *who, struct alone *o, struct hy_err *err)
{
	struct hy_loop *loop = NULL;
	struct hy_parse_child *pc = NULL;
	void *work = talloc_new(NULL);
	enum hy_status status = hy_loop_new(&loop, work, err);

	if (!status) {
		pc = hy_parse_child_new(work, loop, exe);
		status = ask(pc, in, who, err);
	}
	while (!status && !o->done)
		status = hy_loop_once(loop, -1, err);
	if (!status && o->status)
		status = hy_err_set(err, o->status, "%s", o->err.text);
	talloc_free(pc);
	talloc_free(work);
	return status;
}

enum hy_status hy_parse_apart(const void *ctx, const char *exe, const struct hy_feed_in *in,
			      struct hy_feed **out, struct hy_err *err)
{
	struct alone o = {.ctx = ctx};
	const struct job who = {.fn = on_feed, .user = &o};
	enum hy_status status = ask_alone(exe, in, &who, &o, err);

	if (!status)
		*out = o.feed;
	return status;
}

enum hy_status hy_table_read_apart(const void *ctx, const char *exe, const struct hy_table_in *in,
				   struct hy_table **out, struct hy_err *err)
{
	void *work = talloc_new(NULL);
	struct alone o = {.ctx = ctx};
	const struct job who = {.table_fn = on_table, .user = &o};
	const struct hy_feed_in q = {.bytes = in->bytes,
				     .n = in->n,
				     .charset = in->charset,
				     .kind = KIND_TABLE,
				     .hint = hy_strf(
					     work, "sheet=%d\nlang=%s", in->sheet,
					     hy_lang_default() == HY_LANG_ZH ? "zh" : "en")};
	enum hy_status status =
		in->n > HY_TABLE_INPUT_MAX
			? hy_err_set(err, HY_EINPUT,
				     _("the file has %zu bytes: at most %u are read"), in->n,
				     HY_TABLE_INPUT_MAX)
			: ask_alone(exe, &q, &who, &o, err);

	if (!status)
		*out = o.table;
	talloc_free(work);
	return status;
}

int hy_parse_child_pid(const struct hy_parse_child *pc)
{
	return (int)pc->pid;
}
