/* SMPP: PDUs and texts on paper, then a session against a scripted message centre. */
#include "platforms/platforms.h"
#include "tests/unit/origin.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

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

/* ---- on paper ---- */

static char *repeat(const char *s, size_t times)
{
	struct hy_buf b;

	hy_buf_init(&b, ctx, 1 << 20);
	while (times-- > 0)
		hy_buf_str(&b, s);
	return hy_buf_take(&b, NULL);
}

/* A part as it would come back to us: the text of a deliver_sm made of it. */
static char *deliver(const char *source, unsigned esm, unsigned coding, const void *body, size_t n,
		     const void *tlv, size_t n_tlv, size_t *len)
{
	struct hy_buf b;

	hy_buf_init(&b, ctx, HY_SMPP_PDU_MAX);
	hy_buf_add(&b, "\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0\x2a", 16);
	hy_buf_add(&b, "\0\1\1", 3);
	hy_buf_add(&b, source, strlen(source) + 1);
	hy_buf_add(&b, "\0\0", 2);
	hy_buf_add(&b, "10690000", 9);
	hy_buf_chr(&b, (char)esm);
	hy_buf_add(&b, "\0\0\0\0\0\0", 6);
	hy_buf_chr(&b, (char)coding);
	hy_buf_chr(&b, 0);
	hy_buf_chr(&b, (char)n);
	hy_buf_add(&b, body, n);
	hy_buf_add(&b, tlv, n_tlv);
	b.data[2] = (char)(b.len >> 8);
	b.data[3] = (char)b.len;
	return hy_buf_take(&b, len);
}

static void check_split(const char *text, size_t parts, unsigned coding)
{
	struct hy_smpp_part *list;
	struct hy_buf back;
	size_t n, len;

	assert_int_equal(hy_smpp_split(ctx, text, 0x7f, &list, &n, NULL), HY_OK);
	assert_int_equal(n, parts);
	hy_buf_init(&back, ctx, 1 << 20);
	for (size_t i = 0; i < n; i++) {
		struct hy_smpp_pdu pdu;
		struct hy_err err;
		char *bytes = deliver("13800000000", list[i].udh ? 0x40 : 0, list[i].coding,
				      list[i].bytes, list[i].n, NULL, 0, &len);

		assert_int_equal(list[i].coding, coding);
		assert_true(list[i].n <= (coding == 8 ? 140 : 160));
		if (hy_smpp_read(ctx, bytes, len, &pdu, &err) != HY_OK)
			fail_msg("%s", err.text);
		assert_int_equal(pdu.part_total, n > 1 ? n : 0);
		assert_int_equal(pdu.part_at, n > 1 ? i + 1 : 0);
		assert_int_equal(pdu.part_ref, n > 1 ? 0x7f : 0);
		hy_buf_str(&back, pdu.text);
	}
	assert_string_equal(back.data, text);
}

static void test_split(void **state)
{
	struct hy_smpp_part *list;
	size_t n;

	(void)state;
	check_split("a", 1, 0);
	check_split(repeat("a", 160), 1, 0);
	check_split(repeat("a", 161), 2, 0);
	check_split(repeat("a", 306), 2, 0);
	check_split(repeat("a", 307), 3, 0);
	check_split(repeat("水", 70), 1, 8);
	check_split(repeat("水", 71), 2, 8);
	check_split(repeat("水", 134), 2, 8);
	check_split(repeat("水", 135), 3, 8);
	check_split(repeat("水", 670), 10, 8);
	/* the extension costs two septets and is never torn; so with pairs of UCS-2 */
	check_split(repeat("€", 80), 1, 0);
	check_split(repeat("€", 81), 2, 0);
	check_split("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ÄÖÑÜ§¿äöñüà"
		    "[]{}^~\\|€",
		    1, 0);
	check_split(hy_strf(ctx, "%s🙂🙂🙂", repeat("水", 66)), 2, 8);
	check_split("`", 1, 8); /* the one ASCII character that GSM lacks */
	assert_int_equal(hy_smpp_split(ctx, repeat("水", 671), 0, &list, &n, NULL), HY_EINPUT);
	assert_int_equal(hy_smpp_split(ctx, repeat("a", 1531), 0, &list, &n, NULL), HY_EINPUT);
	assert_int_equal(hy_smpp_split(ctx, "", 0, &list, &n, NULL), HY_EINPUT);
	assert_int_equal(hy_smpp_split(ctx, "\xff", 0, &list, &n, NULL), HY_EINPUT);
}

static void test_receipt(void **state)
{
	static const char text[] = "id:0000A1 sub:001 dlvrd:001 submit date:2611211400 done "
				   "date:2611211405 stat:DELIVRD err:000 text:x";
	static const char tlv[] = "\x00\x1e\x00\x04"
				  "161\0\x04\x27\x00\x01\x05";
	struct hy_smpp_pdu pdu;
	size_t n;
	char *bytes;

	(void)state;
	bytes = deliver("13800000000", 4, 0, text, sizeof(text) - 1, NULL, 0, &n);
	assert_int_equal(hy_smpp_read(ctx, bytes, n, &pdu, NULL), HY_OK);
	assert_true(pdu.is_receipt);
	assert_string_equal(pdu.receipt.id, "0000A1");
	assert_int_equal(pdu.receipt.state, 2);
	assert_string_equal(pdu.receipt.error, "000");
	bytes = deliver("13800000000", 4, 0, text, sizeof(text) - 1, tlv, sizeof(tlv) - 1, &n);
	assert_int_equal(hy_smpp_read(ctx, bytes, n, &pdu, NULL), HY_OK);
	assert_string_equal(pdu.receipt.id, "161"); /* the TLV is believed first */
	assert_int_equal(pdu.receipt.state, 5);
	assert_true(hy_smpp_same_id("A1", "161"));
	assert_true(hy_smpp_same_id("a1", "A1"));
	assert_true(hy_smpp_same_id("000000a1", "161"));
	assert_false(hy_smpp_same_id("a1", "162"));
	assert_false(hy_smpp_same_id("", ""
					 "0"));
	/* a message in message_payload; a plain one is no receipt */
	bytes = deliver("13800000000", 0, 8, "", 0, "\x04\x24\x00\x02\x6c\x34", 6, &n);
	assert_int_equal(hy_smpp_read(ctx, bytes, n, &pdu, NULL), HY_OK);
	assert_string_equal(pdu.text, "水");
	assert_false(pdu.is_receipt);
	assert_string_equal(pdu.source, "13800000000");
}

/* Every cut of a PDU is refused, whatever its length says. */
static void test_cut(void **state)
{
	struct hy_smpp_pdu pdu;
	size_t n, len;
	char *bytes = deliver("13800000000", 0x40, 8, "\5\0\3\1\2\1\x6c\x34", 8,
			      "\x04\x27\x00\x01\x05", 5, &n);

	(void)state;
	assert_int_equal(hy_smpp_read(ctx, bytes, n, &pdu, NULL), HY_OK);
	assert_int_equal(pdu.part_total, 2);
	for (size_t i = 16; i < n; i++) {
		char *copy = hy_memdup(ctx, bytes, i);

		copy[2] = (char)(i >> 8);
		copy[3] = (char)i;
		if (hy_smpp_read(ctx, copy, i, &pdu, NULL) == HY_OK && i + 5 != n)
			fail_msg("cut at %zu of %zu was read", i, n);
	}
	assert_int_equal(hy_smpp_frame("\0\0\0", 3, &len), HY_SMPP_MORE);
	assert_int_equal(hy_smpp_frame("\0\0\0\x0f", 4, &len), HY_SMPP_BROKEN);
	assert_int_equal(hy_smpp_frame("\0\1\0\1", 4, &len), HY_SMPP_BROKEN);
	assert_int_equal(hy_smpp_frame("\0\1\0\0", 4, &len), HY_SMPP_MORE);
}

/* ---- a message centre ---- */

enum mood {
	KIND,		 /* binds, takes everything, sends a receipt and a citizen's message */
	WRONG,		 /* bad password */
	DROP_UNANSWERED, /* takes a submit and hangs up */
	THROTTLE_TWICE,
	REFUSE, /* 0x45 */
	SECOND_PART_REFUSED,
	SILENT, /* binds, then answers nothing */
	GARBAGE,
	POISON,	 /* first something whole that cannot be read, then a citizen's message */
	EARLY,	 /* a message before the bind is answered */
	NO_BIND, /* never answers the bind, and asks all the time whether we live */
};
struct centre {
	enum mood mood;
	int submits, enquires, binds, acks, refused_acks;
	char bound_as[64], last[512];
	size_t n_last;
};

static bool read_all(struct origin *o, int fd, void *out, size_t n)
{
	char *p = out;

	while (n > 0) {
		struct pollfd f[2] = {{.fd = fd, .events = POLLIN},
				      {.fd = o->stop[0], .events = POLLIN}};
		if (poll(f, 2, -1) < 0 || f[1].revents != 0)
			return false;
		ssize_t k = recv(fd, p, n, 0);

		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

static uint32_t be(const char *p)
{
	const uint8_t *u = (const uint8_t *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static void answer(int fd, uint32_t id, uint32_t status, const char *seq, const char *body)
{
	char pdu[128] = {0};
	size_t n = 16 + (body != NULL ? strlen(body) + 1 : 0);

	pdu[3] = (char)n;
	for (int i = 0; i < 4; i++) {
		pdu[4 + i] = (char)(id >> (24 - 8 * i));
		pdu[8 + i] = (char)(status >> (24 - 8 * i));
	}
	memcpy(pdu + 12, seq, 4);
	if (body != NULL)
		memcpy(pdu + 16, body, strlen(body) + 1);
	origin_send(fd, pdu, n);
}

static uint32_t judged(struct centre *c)
{
	c->submits++;
	if (c->mood == THROTTLE_TWICE && c->submits <= 2)
		return 0x58;
	if (c->mood == REFUSE || (c->mood == SECOND_PART_REFUSED && c->submits == 2))
		return 0x45;
	return 0;
}

static void say_things(int fd)
{
	static const char text[] = "id:161 sub:001 dlvrd:001 submit date:2611211400 done "
				   "date:2611211405 stat:DELIVRD err:000 text:";
	size_t n;
	void *mem = talloc_new(NULL), *keep = ctx;

	ctx = mem; /* this thread's own */
	char *pdu = deliver("13800000000", 4, 0, text, sizeof(text) - 1, NULL, 0, &n);
	origin_send(fd, pdu, n);
	pdu = deliver("13800000000", 0, 8, "\x6c\x34", 2, NULL, 0, &n);
	origin_send(fd, pdu, 20); /* in two pieces */
	origin_send(fd, pdu + 20, n - 20);
	ctx = keep;
	talloc_free(mem);
}

/* A message with three bytes too many, and one that is none before the line is bound. */
static void say_poison(int fd, bool more)
{
	size_t n;
	void *mem = talloc_new(NULL), *keep = ctx;

	ctx = mem;
	char *pdu = deliver("13800000000", 0, 8, "\x6c\x34", 2, NULL, 0, &n);
	char *longer = hy_new_array(mem, char, n + 3);

	memcpy(longer, pdu, n);
	memset(longer + n, 0x7f, 3);
	longer[3] = (char)(n + 3);
	origin_send(fd, more ? longer : pdu, more ? n + 3 : n);
	if (more)
		origin_send(fd, pdu, n);
	ctx = keep;
	talloc_free(mem);
}

static void ask_for_ever(struct origin *o, int fd)
{
	while (!origin_stopping(o, 10)) {
		static const char seq[] = "\0\0\0\1";

		answer(fd, HY_SMPP_ENQUIRE, 0, seq, NULL);
	}
}

static void centre(struct origin *o, int fd, int nth, const char *request)
{
	struct centre *c = o->user;
	char pdu[4096];

	(void)nth, (void)request;
	while (read_all(o, fd, pdu, 16)) {
		uint32_t n = be(pdu), id = be(pdu + 4);

		if (n < 16 || n > sizeof(pdu) || !read_all(o, fd, pdu + 16, n - 16))
			return;
		if (id == HY_SMPP_BIND_TRANSCEIVER) {
			c->binds++;
			snprintf(c->bound_as, sizeof(c->bound_as), "%.15s", pdu + 16);
			if (c->mood == NO_BIND) {
				ask_for_ever(o, fd);
				return;
			}
			if (c->mood == EARLY)
				say_poison(fd, false);
			answer(fd, id | HY_SMPP_RESP, c->mood == WRONG ? 0xE : 0, pdu + 12, "smsc");
		} else if (id == HY_SMPP_SUBMIT) {
			memcpy(c->last, pdu, n < sizeof(c->last) ? n : sizeof(c->last));
			c->n_last = n;
			if (c->mood == DROP_UNANSWERED || c->mood == SILENT) {
				c->submits++;
				if (c->mood == DROP_UNANSWERED)
					return;
				continue;
			}
			if (c->mood == GARBAGE) {
				origin_send(fd, "HTTP/1.1 200 OK\r\n\r\n", 19);
				continue;
			}
			answer(fd, id | HY_SMPP_RESP, judged(c), pdu + 12, "A1");
			if (c->mood == KIND || c->mood == EARLY)
				say_things(fd);
			if (c->mood == POISON)
				say_poison(fd, true);
		} else if (id == HY_SMPP_ENQUIRE) {
			c->enquires++;
			if (c->mood != SILENT)
				answer(fd, id | HY_SMPP_RESP, 0, pdu + 12, NULL);
		} else if (id == (HY_SMPP_DELIVER | HY_SMPP_RESP)) {
			c->refused_acks += be(pdu + 8) != 0;
			__atomic_add_fetch(&c->acks, 1, __ATOMIC_SEQ_CST);
		}
	}
}

struct watcher {
	struct hy_loop *loop;
	int bound, down, sent, receipts, words, unread;
	bool refuse; /* what came cannot be written down */
	bool rebound_is_end;
	enum hy_status status;
	size_t n_ids;
	char text[64];
	struct hy_err down_err, err;
	int want_words, want_sent, want_down, want_acks;
};

static void maybe_stop(struct watcher *w)
{
	if (w->sent >= w->want_sent && w->words >= w->want_words && w->down >= w->want_down &&
	    (!w->rebound_is_end || w->bound >= 2))
		hy_loop_stop(w->loop);
}

static void on_bound(void *user)
{
	struct watcher *w = user;

	w->bound++;
	maybe_stop(w);
}

static void on_down(void *user, const struct hy_err *err)
{
	struct watcher *w = user;

	w->down++;
	w->down_err = *err;
	maybe_stop(w);
}

static enum hy_smpp_take on_received(void *user, const struct hy_smpp_pdu *pdu,
				     const char *bytes, size_t n)
{
	struct watcher *w = user;

	assert_int_equal(n >= 16, true);
	assert_int_equal((unsigned char)bytes[7], pdu->id);
	w->unread += *pdu->source == '\0';
	if (pdu->is_receipt) {
		w->receipts++;
		assert_true(hy_smpp_same_id("A1", pdu->receipt.id));
	} else {
		w->words++;
		snprintf(w->text, sizeof(w->text), "%s", pdu->text);
	}
	maybe_stop(w);
	return w->refuse ? HY_SMPP_REFUSED : HY_SMPP_TAKEN;
}

static void on_sent(void *user, enum hy_status status, const char *const *ids, size_t n,
		    const struct hy_err *err)
{
	struct watcher *w = user;

	w->sent++;
	w->status = status;
	w->n_ids = n;
	if (err != NULL)
		w->err = *err;
	if (n > 0)
		assert_string_equal(ids[0], "A1");
	maybe_stop(w);
}

static void play(struct centre *c, struct watcher *w, const char *text)
{
	struct origin o;
	struct hy_net *net;
	struct hy_smpp *s;
	struct hy_err err = {0};
	const struct hy_smpp_message m = {
		.source = "10690000", .dest = "13800000000", .dest_ton = 1, .want_receipt = true};

	origin_start_raw(&o, centre, c);
	assert_int_equal(hy_loop_new(&w->loop, ctx, NULL), HY_OK);
	assert_int_equal(hy_net_new(&net, ctx, w->loop, NULL, NULL), HY_OK);
	const struct hy_smpp_options options = {
		.host = "smsc.example",
		.port = 2775,
		.reach = o.reach,
		.login = {"office", hy_secret_new(ctx, "passwd", 6), "cp"},
		.window = 2,
		.enquire_every = c->mood == SILENT ? 100 : 30 * HY_SECOND,
		.answer_timeout = c->mood == SILENT || c->mood == NO_BIND ? 500 : 60 * HY_SECOND,
		.retry_min = 5,
		.retry_max = 20,
		.pause = 5,
	};
	const struct hy_smpp_events events = {
		.user = w, .bound = on_bound, .down = on_down, .received = on_received};

	assert_int_equal(hy_smpp_new(net, w->loop, &options, &events, &s, NULL), HY_OK);
	if (text != NULL && hy_smpp_submit_text(s, &m, text, on_sent, w, &err) != HY_OK)
		fail_msg("%s", err.text);
	assert_int_equal(hy_loop_run(w->loop, NULL), HY_OK);
	while (__atomic_load_n(&c->acks, __ATOMIC_SEQ_CST) < w->want_acks)
		assert_int_equal(hy_loop_once(w->loop, 10, NULL), HY_OK);
	talloc_free(net);
	origin_stop(&o);
}

static void test_kind(void **state)
{
	struct centre c = {.mood = KIND};
	struct watcher w = {.want_sent = 1, .want_words = 1};

	(void)state;
	play(&c, &w, "停水");
	assert_int_equal(w.status, HY_OK);
	assert_int_equal(w.n_ids, 1);
	assert_int_equal(w.receipts, 1);
	assert_string_equal(w.text, "水");
	assert_string_equal(c.bound_as, "office");
	/* coding 8, the text in UCS-2, a receipt wanted */
	assert_non_null(memmem(c.last, c.n_last, "\x01\x00\x08\x00\x04\x50\x5c\x6c\x34", 9));
}

static void test_long(void **state)
{
	struct centre c = {.mood = THROTTLE_TWICE};
	struct watcher w = {.want_sent = 1};

	(void)state;
	play(&c, &w, repeat("水", 300)); /* five parts, a window of two, two refused for a while */
	assert_int_equal(w.status, HY_OK);
	assert_int_equal(w.n_ids, 5);
	assert_int_equal(c.submits, 7);
}

static void test_refused(void **state)
{
	struct centre c = {.mood = REFUSE};
	struct watcher w = {.want_sent = 1};

	(void)state;
	play(&c, &w, "停水");
	assert_int_equal(w.status, HY_EPERM); /* it said no: nothing was taken */
	assert_int_equal(c.submits, 1);
	struct centre half = {.mood = SECOND_PART_REFUSED};
	struct watcher w2 = {.want_sent = 1};
	play(&half, &w2, repeat("水", 100));
	assert_int_equal(w2.status, HY_EUNSURE); /* one part is out: the citizen has half of it */
}

/* R11 for SMPP: taken, then the line breaks. Once only, and never again by itself. */
static void test_dropped(void **state)
{
	struct centre c = {.mood = DROP_UNANSWERED};
	struct watcher w = {.want_sent = 1, .want_down = 1, .rebound_is_end = true};

	(void)state;
	play(&c, &w, "停水");
	assert_int_equal(w.status, HY_EUNSURE);
	assert_int_equal(c.submits, 1);
	assert_true(c.binds >= 2); /* bound anew by itself */
}

static void test_silent(void **state)
{
	struct centre c = {.mood = SILENT};
	struct watcher w = {.want_sent = 1, .want_down = 1};

	(void)state;
	play(&c, &w, "停水");
	assert_int_equal(w.status, HY_EUNSURE);
	struct centre idle = {.mood = SILENT};
	struct watcher w2 = {.want_down = 1};
	play(&idle, &w2, NULL);
	assert_true(idle.enquires >= 1); /* asked whether it lives, then given up */
	assert_int_equal(w2.down_err.status, HY_ETEMP);
}

static void test_wrong(void **state)
{
	struct centre c = {.mood = WRONG};
	struct watcher w = {.want_down = 1};

	(void)state;
	play(&c, &w, NULL);
	assert_int_equal(w.down_err.status, HY_EAUTH);
	assert_int_equal(c.binds, 1); /* no hammering with a wrong password */
	struct centre bad = {.mood = GARBAGE};
	struct watcher w2 = {.want_sent = 1, .want_down = 1};
	play(&bad, &w2, "停水");
	assert_int_equal(w2.status, HY_EUNSURE);
}

/* What could not be written down is not acknowledged. */
static void test_not_kept(void **state)
{
	struct centre c = {.mood = KIND};
	struct watcher w = {.want_sent = 1, .want_words = 1, .want_acks = 2, .refuse = true};

	(void)state;
	play(&c, &w, "停水");
	assert_int_equal(c.acks, 2);
	assert_int_equal(c.refused_acks, 2);
}

/* What cannot be read is told of, answered, and stands in nobody's way. */
static void test_poison(void **state)
{
	struct centre c = {.mood = POISON};
	struct watcher w = {.want_sent = 1, .want_words = 2, .want_acks = 2};

	(void)state;
	play(&c, &w, "停水");
	assert_int_equal(w.unread, 1);
	assert_string_equal(w.text, "水");
	assert_int_equal(c.refused_acks, 0);
	assert_int_equal(w.down, 0);
	assert_int_equal(c.binds, 1);
}

static void test_before_bound(void **state)
{
	struct centre c = {.mood = EARLY};
	struct watcher w = {.want_sent = 1, .want_words = 1, .want_acks = 3};

	(void)state;
	play(&c, &w, "停水");
	assert_int_equal(w.words, 1); /* the one after it was bound */
	assert_int_equal(c.refused_acks, 1);
	struct centre never = {.mood = NO_BIND};
	struct watcher w2 = {.want_down = 1};
	play(&never, &w2, NULL); /* bytes are no answer */
	assert_int_equal(w2.down_err.status, HY_ETEMP);
	assert_int_equal(w2.bound, 0);
}

static void test_arguments(void **state)
{
	struct hy_loop *loop;
	struct hy_net *net;
	struct hy_smpp *s;
	const struct hy_smpp_events none = {0};
	struct hy_smpp_options o = {.host = "smsc.example",
				    .port = 2775,
				    .login = {"office", hy_secret_new(ctx, "passwd", 6), NULL}};

	(void)state;
	assert_int_equal(hy_loop_new(&loop, ctx, NULL), HY_OK);
	assert_int_equal(hy_net_new(&net, ctx, loop, NULL, NULL), HY_OK);
	assert_int_equal(hy_smpp_new(net, loop, &o, &none, &s, NULL), HY_EREFUSED);
	o.reach = "127.0.0.1:9";
	o.login.password = hy_secret_new(ctx, "too long!", 9);
	assert_int_equal(hy_smpp_new(net, loop, &o, &none, &s, NULL), HY_EINPUT);
	o.login.password = NULL;
	assert_int_equal(hy_smpp_new(net, loop, &o, &none, &s, NULL), HY_OK);
	const struct hy_smpp_message m = {.dest = "138 0000"};
	assert_int_equal(hy_smpp_submit_text(s, &m, "x", on_sent, NULL, NULL), HY_EINPUT);
	talloc_free(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),	  cmocka_unit_test(test_receipt),
		cmocka_unit_test(test_cut),	  cmocka_unit_test(test_kind),
		cmocka_unit_test(test_long),	  cmocka_unit_test(test_refused),
		cmocka_unit_test(test_dropped),	  cmocka_unit_test(test_silent),
		cmocka_unit_test(test_wrong),	  cmocka_unit_test(test_not_kept),
		cmocka_unit_test(test_poison),
		cmocka_unit_test(test_before_bound),
		cmocka_unit_test(test_arguments),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
