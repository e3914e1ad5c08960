/*
 * The mail host's front door: an SMTP server that keeps everything and delivers nothing. Each
 * recipient of a message is one note, so that a test can count who got what.
 */
#include "config.h"
#include "practice/wire.h"

#include <string.h>
#include <strings.h>

#define SIZE_MAX_BYTES ((size_t)10 << 20)
#define RECIPIENTS_MAX 100

struct letter {
	char *sender;
	char *to[RECIPIENTS_MAX];
	size_t n;
	bool data, greeted;
	char *auth; /* waiting for the rest of AUTH */
};

static void clear(struct line *l)
{
	struct letter *m = l->own;

	talloc_free(m->sender);
	for (size_t i = 0; i < m->n; i++)
		talloc_free(m->to[i]);
	m->sender = NULL;
	m->n = 0;
	m->data = false;
}

/* True when the fault has answered. */
static bool met(struct line *l, const char *op, struct hy_practice_fault_rule *out)
{
	struct hy_practice_fault_rule f = fault_take_wire(l->site, HY_PRACTICE_MAIL, op);

	*out = f;
	switch (f.kind) {
	case HY_FAULT_DOWN:
		wire_cut(l);
		return true;
	case HY_FAULT_HANG:
		return true;
	case HY_FAULT_BUSY:
		wire_say(l, "421 4.7.0 practice: too many, try again later\r\n");
		wire_close(l);
		return true;
	case HY_FAULT_DENY:
		wire_say(l, "535 5.7.8 practice: authentication refused\r\n");
		return true;
	case HY_FAULT_ERROR:
		wire_say(l, "%d %d.0.0 practice: refused by script\r\n", f.code, f.code / 100);
		if (f.code == 421)
			wire_close(l);
		return true;
	default:
		return false;
	}
}

/* "<a@b>" after the colon of a command; NULL when there is none. */
static char *address(struct line *l, const char *s)
{
	const char *from = strchr(s, '<'), *to = from ? strchr(from, '>') : NULL;

	return to ? hy_strndup(l, from + 1, (size_t)(to - from - 1)) : NULL;
}

static void rcpt(struct line *l, const char *text)
{
	struct letter *m = l->own;
	char *to = address(l, text);

	if (!m->sender) {
		wire_say(l, "503 5.5.1 MAIL first\r\n");
	} else if (!to || !strchr(to, '@')) {
		wire_say(l, "501 5.1.3 bad address\r\n");
	} else if (m->n == RECIPIENTS_MAX) {
		wire_say(l, "452 4.5.3 too many recipients\r\n");
	} else if (!strncmp(to, "nobody@", 7)) {
		wire_say(l, "550 5.1.1 no such mailbox\r\n");
	} else {
		m->to[m->n++] = to;
		wire_say(l, "250 2.1.5 ok\r\n");
	}
}

/* Raw bytes as a note's text: NUL cannot stand in it, and is kept as U+FFFD. */
static void keep(struct line *l, const char *raw, size_t n, const struct hy_practice_fault_rule *f)
{
	struct letter *m = l->own;
	struct hy_practice *site = l->site;
	char *text = hy_utf8_repair(l, raw, n, NULL);

	for (size_t i = 0; i < m->n; i++) {
		struct note *note = note_add(site, HY_PRACTICE_MAIL, NOTE_MESSAGE,
					     member_make(site, HY_PRACTICE_MAIL, m->sender, false), text);

		if (!note)
			continue;
		note->by_api = true;
		note->to = member_make(site, HY_PRACTICE_MAIL, m->to[i], false);
		note->type = "smtp";
		if (f->kind == HY_FAULT_LATE)
			note->shown = note->made + f->secs * HY_SECOND;
	}
	talloc_free(text);
}

/* Where the message's end stands in the input ("\r\n.\r\n"), or NULL. */
static const char *end_of(const struct line *l)
{
	if (l->in.len >= 3 && !memcmp(l->in.data, ".\r\n", 3))
		return l->in.data;
	const char *at = memmem(l->in.data, l->in.len, "\r\n.\r\n", 5);

	return at ? at + 2 : NULL;
}

static void dot(struct line *l, const char *end)
{
	struct hy_practice_fault_rule f = fault_take_wire(l->site, HY_PRACTICE_MAIL, "dot");
	size_t n = (size_t)(end - l->in.data), k = 0;
	char *raw = hy_new_array(l, char, n + 1);
	bool accepted = f.kind != HY_FAULT_ERROR && f.kind != HY_FAULT_BUSY && f.kind != HY_FAULT_DOWN;

	/* Dots that the sender doubled are taken away again. */
	for (size_t i = 0; i < n; i++) {
		if (l->in.data[i] == '.' && (!i || l->in.data[i - 1] == '\n') && i + 1 < n)
			continue;
		raw[k++] = l->in.data[i];
	}
	wire_eat(l, n + 3);
	if (accepted && k <= SIZE_MAX_BYTES)
		keep(l, raw, k, &f);
	talloc_free(raw);
	clear(l);
	if (f.kind == HY_FAULT_DROP || f.kind == HY_FAULT_DOWN)
		wire_cut(l);
	else if (f.kind == HY_FAULT_ERROR)
		wire_say(l, "%d %d.0.0 practice: refused by script\r\n", f.code, f.code / 100);
	else if (f.kind == HY_FAULT_BROKEN || f.kind == HY_FAULT_BUSY)
		wire_say(l, "451 4.3.0 practice: local error\r\n"); /* 500: has it, and denies it */
	else if (k > SIZE_MAX_BYTES)
		wire_say(l, "552 5.3.4 too large\r\n");
	else if (f.kind != HY_FAULT_HANG)
		wire_say(l, "250 2.0.0 ok: kept\r\n");
}

static void auth(struct line *l, const char *text)
{
	struct letter *m = l->own;
	const char *blob = strchr(text, ' ');
	void *bytes = NULL;
	size_t n = 0;

	if (!strncasecmp(text, "PLAIN", 5) && !blob) {
		m->auth = hy_strdup(l, "PLAIN ");
		wire_say(l, "334 \r\n");
		return;
	}
	if (strncasecmp(text, "PLAIN", 5) != 0) {
		wire_say(l, "504 5.5.4 PLAIN only\r\n");
		return;
	}
	if (hy_unbase64(l, blob + 1, false, &bytes, &n, NULL) || n < 3 ||
	    memcmp((char *)bytes + n - 9 * (n >= 9), "\0practice", n >= 9 ? 9 : 0) != 0 || n < 9)
		wire_say(l, "535 5.7.8 authentication refused\r\n");
	else
		wire_say(l, "235 2.7.0 ok\r\n");
}

static void greet(struct line *l, bool extended)
{
	struct letter *m = l->own;

	m->greeted = true;
	clear(l);
	if (extended)
		wire_say(l, "250-mail.linjiang.example 样例 practice\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
			    "250-SMTPUTF8\r\n250-AUTH PLAIN\r\n250 SIZE 10485760\r\n");
	else
		wire_say(l, "250 mail.linjiang.example\r\n");
}

static void mail(struct line *l, const char *text)
{
	struct letter *m = l->own;

	if (!m->greeted) {
		wire_say(l, "503 5.5.1 EHLO first\r\n");
		return;
	}
	clear(l);
	m->sender = address(l, text);
	wire_say(l, m->sender ? "250 2.1.0 ok\r\n" : "501 5.1.7 bad address\r\n");
}

static void command(struct line *l, const char *text)
{
	static const char *const ops[] = {"EHLO", "HELO", "MAIL", "RCPT", "DATA",
					  "AUTH", "RSET", "NOOP", "QUIT"};
	struct hy_practice_fault_rule f;
	struct letter *m = l->own;
	char op[5] = "";
	size_t i = 0;

	while (i < HY_LEN(ops) && strncasecmp(text, ops[i], 4) != 0)
		i++;
	for (size_t k = 0; i < HY_LEN(ops) && k < 4; k++)
		op[k] = (char)(ops[i][k] | 32);
	l->site->calls[HY_PRACTICE_MAIL]++;
	if (met(l, op, &f))
		return;
	if (i < 2)
		greet(l, i == 0);
	else if (i == 2)
		mail(l, text + 4);
	else if (i == 3)
		rcpt(l, text + 4);
	else if (i == 4 && m->n)
		m->data = true, wire_say(l, "354 end with a dot\r\n");
	else if (i == 4)
		wire_say(l, "503 5.5.1 RCPT first\r\n");
	else if (i == 5)
		auth(l, text + 5);
	else if (i == 6)
		clear(l), wire_say(l, "250 2.0.0 ok\r\n");
	else if (i == 7)
		wire_say(l, "250 2.0.0 ok\r\n");
	else if (i == 8)
		wire_say(l, "221 2.0.0 bye\r\n"), wire_close(l);
	else
		wire_say(l, "500 5.5.2 unknown\r\n");
}

static void smtp_heard(struct line *l)
{
	struct letter *m = l->own;
	const char *end;
	char *text;

	while (l->fd >= 0 && !l->closing) {
		if (m->data) {
			end = end_of(l);
			if (!end)
				return;
			dot(l, end);
			continue;
		}
		text = wire_line(l);
		if (!text)
			return;
		if (m->auth) {
			auth(l, hy_strf(l, "%s%s", m->auth, text));
			m->auth = NULL;
		} else {
			command(l, text);
		}
	}
}

static void smtp_opened(struct line *l)
{
	struct hy_practice_fault_rule f;

	l->own = hy_new(l, struct letter);
	if (!met(l, "connect", &f))
		wire_say(l, "220 mail.linjiang.example ESMTP practice\r\n");
}

const struct speech speech_smtp = {"smtp", smtp_opened, smtp_heard};
