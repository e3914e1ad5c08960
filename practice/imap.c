/*
 * The mail host's back door: IMAP4rev1 as far as a reader of mailboxes needs it. INBOX is what has
 * reached the office's own address; a message is a note, its UID the note's id. A literal of
 * BODY[...] is the raw message as it came, or the part of it that was asked for.
 */
#include "config.h"
#include "practice/wire.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LOGIN "desk@linjiang.example"
#define PASSWORD "practice"

struct box {
	bool in, named, selected, readonly, idle;
	char *tag, *auth; /* of a command that waits for a continuation */
	size_t seen;	  /* messages told of */
};

/* ---- the mailbox ---- */

static bool in_box(const struct hy_practice *site, const struct note *n)
{
	return n->platform == HY_PRACTICE_MAIL && n->kind == NOTE_MESSAGE && n->to &&
	       !strcmp(n->to->login, LOGIN) && note_shown(site, n);
}

static size_t count(const struct hy_practice *site)
{
	size_t n = 0;

	for (size_t i = 0; i < site->n_notes; i++)
		n += in_box(site, site->notes[i]);
	return n;
}

/* The message of this sequence number (from 1). */
static struct note *at(const struct hy_practice *site, size_t number)
{
	for (size_t i = 0; i < site->n_notes; i++)
		if (in_box(site, site->notes[i]) && !--number)
			return site->notes[i];
	return NULL;
}

static int64_t next_uid(const struct hy_practice *site)
{
	return site->next_id[HY_PRACTICE_MAIL] ? site->next_id[HY_PRACTICE_MAIL] : 1;
}

/* ---- words ---- */

static const char *word(const char *s, char *out, size_t room)
{
	size_t n = 0;
	bool quoted = *s == '"';

	s += quoted;
	while (*s && (quoted ? *s != '"' : *s != ' ')) {
		if (quoted && *s == '\\' && s[1])
			s++;
		if (n + 1 < room)
			out[n++] = *s;
		s++;
	}
	out[n] = '\0';
	s += quoted && *s == '"';
	return s + strspn(s, " ");
}

/* Whether number is in a set such as "1:3,7,9:*" (top: the greatest there is). */
static bool in_set(const char *set, int64_t number, int64_t top)
{
	while (*set && *set != ' ') {
		char *end;
		int64_t a = *set == '*' ? top : strtoll(set, &end, 10), b;

		set = *set == '*' ? set + 1 : end;
		b = a;
		if (*set == ':') {
			set++;
			b = *set == '*' ? top : strtoll(set, &end, 10);
			set = *set == '*' ? set + 1 : end;
		}
		if ((number >= a && number <= b) || (number >= b && number <= a))
			return true;
		if (*set != ',')
			return false;
		set++;
	}
	return false;
}

/* ---- answers ---- */

static void ok(struct line *l, const char *tag, const char *what)
{
	wire_say(l, "%s OK %s\r\n", tag, what);
}

static char *flags_of(const void *ctx, const struct note *n)
{
	return hy_strf(ctx, "%s%s%s", strstr(n->extra, "\\Seen") ? "\\Seen" : "",
		       strstr(n->extra, "\\Seen") && strstr(n->extra, "\\Deleted") ? " " : "",
		       strstr(n->extra, "\\Deleted") ? "\\Deleted" : "");
}

static void tell_new(struct line *l)
{
	struct box *b = l->own;
	size_t n = count(l->site);

	if (b->selected && n != b->seen)
		wire_say(l, "* %zu EXISTS\r\n", n);
	b->seen = n;
}

static void do_select(struct line *l, const char *tag, const char *args, bool readonly)
{
	struct box *b = l->own;
	char name[64];

	word(args, name, sizeof(name));
	if (l->site->mail_id && !b->named) {
		wire_say(l, "%s NO SELECT Unsafe Login. Please contact kefu@practice.example\r\n",
			 tag);
		return;
	}
	if (strcasecmp(name, "INBOX") != 0) {
		wire_say(l, "%s NO [NONEXISTENT] no such mailbox\r\n", tag);
		return;
	}
	b->selected = true;
	b->readonly = readonly;
	b->seen = count(l->site);
	wire_say(l,
		 "* FLAGS (\\Seen \\Deleted)\r\n* OK [PERMANENTFLAGS (\\Seen \\Deleted)] ok\r\n"
		 "* %zu EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY %d] ok\r\n* OK [UIDNEXT %" PRId64
		 "] ok\r\n%s OK [READ-%s] selected\r\n",
		 b->seen, l->site->uid_validity, next_uid(l->site), tag, readonly ? "ONLY" : "WRITE");
}

static void do_list(struct line *l, const char *tag)
{
	wire_say(l, "* LIST (\\HasNoChildren) \"/\" INBOX\r\n");
	ok(l, tag, "listed");
}

static void do_status(struct line *l, const char *tag)
{
	size_t n = count(l->site), unseen = 0;

	for (size_t i = 1; i <= n; i++)
		unseen += !strstr(at(l->site, i)->extra, "\\Seen");
	wire_say(l,
		 "* STATUS INBOX (MESSAGES %zu RECENT 0 UIDNEXT %" PRId64
		 " UIDVALIDITY %d UNSEEN %zu)\r\n",
		 n, next_uid(l->site), l->site->uid_validity, unseen);
	ok(l, tag, "told");
}

/* ---- searching ---- */

static bool matches(struct line *l, const char *keys, const struct note *n, size_t number, size_t top)
{
	char key[64], value[128];

	while (*keys) {
		keys = word(keys, key, sizeof(key));
		if (!strcasecmp(key, "UNSEEN") && strstr(n->extra, "\\Seen"))
			return false;
		if (!strcasecmp(key, "SEEN") && !strstr(n->extra, "\\Seen"))
			return false;
		if (!strcasecmp(key, "UNDELETED") && strstr(n->extra, "\\Deleted"))
			return false;
		if (!strcasecmp(key, "DELETED") && !strstr(n->extra, "\\Deleted"))
			return false;
		if (!strcasecmp(key, "UID")) {
			keys = word(keys, value, sizeof(value));
			if (!in_set(value, n->id, next_uid(l->site) - 1))
				return false;
		} else if (*key >= '0' && *key <= '9') {
			if (!in_set(key, (int64_t)number, (int64_t)top))
				return false;
		} else if (!strcasecmp(key, "SINCE") || !strcasecmp(key, "CHARSET") ||
			   !strcasecmp(key, "BEFORE") || !strcasecmp(key, "ON")) {
			keys = word(keys, value, sizeof(value)); /* taken as met: a reader looks again */
		} else if (!strcasecmp(key, "SUBJECT") || !strcasecmp(key, "TEXT") ||
			   !strcasecmp(key, "BODY")) {
			keys = word(keys, value, sizeof(value));
			if (!strcasestr(n->text, value))
				return false;
		}
	}
	return true;
}

static void do_search(struct line *l, const char *tag, const char *keys, bool uid)
{
	size_t n = count(l->site);

	wire_say(l, "* SEARCH");
	for (size_t i = 1; i <= n; i++) {
		const struct note *m = at(l->site, i);

		if (matches(l, keys, m, i, n))
			wire_say(l, " %" PRId64, uid ? m->id : (int64_t)i);
	}
	wire_say(l, "\r\n");
	ok(l, tag, "searched");
}

/* ---- fetching ---- */

static char *internal_date(const void *ctx, hy_time t)
{
	char http[32], iso[HY_TIME_ISO_OFFSET_MAX];

	hy_time_http(t + 8 * HY_HOUR, http);
	hy_time_iso_offset(t, 480, iso);
	return hy_strf(ctx, "%.2s-%.3s-%.4s %.8s +0800", http + 5, http + 8, iso, iso + 11);
}

/* The part of the message that a section names. */
static void section(const char *raw, const char *name, const char **from, size_t *n)
{
	const char *body = strstr(raw, "\r\n\r\n");
	size_t head = body ? (size_t)(body + 4 - raw) : strlen(raw);

	*from = raw;
	*n = strlen(raw);
	if (!strncasecmp(name, "HEADER", 6)) {
		*n = head;
	} else if (!strncasecmp(name, "TEXT", 4) || *name == '1') {
		*from = raw + head;
		*n -= head;
	}
}

/* "BODY[...]", with "<FROM.MOST>" behind it when only a part is asked for (RFC 3501 6.4.5). */
static void put_section(struct line *l, const struct note *n, const char *item)
{
	const char *open = strchr(item, '['), *shut = open ? strchr(open, ']') : NULL, *from;
	const char *origin = "";
	char *name = open && shut ? hy_strndup(l, open + 1, (size_t)(shut - open - 1))
				  : hy_strdup(l, !strcasecmp(item, "RFC822.HEADER") ? "HEADER"
						 : !strcasecmp(item, "RFC822.TEXT") ? "TEXT"
										    : "");
	size_t k;

	section(n->text, name, &from, &k);
	if (shut && shut[1] == '<') {
		char *end;
		size_t skip = strtoull(shut + 2, &end, 10);
		size_t most = *end == '.' ? strtoull(end + 1, NULL, 10) : 0;

		origin = hy_strf(l, "<%zu>", skip);
		skip = skip < k ? skip : k;
		from += skip;
		k = k - skip < most ? k - skip : most;
	}
	if (open)
		wire_say(l, "BODY[%s]%s {%zu}\r\n", name, origin, k);
	else
		wire_say(l, "%s {%zu}\r\n", item, k);
	wire_send(l, from, k);
}

static void fetch_one(struct line *l, struct note *n, size_t number, const char *items, bool uid)
{
	struct box *b = l->own;
	char item[128];
	bool peek = b->readonly, told_uid = false, first = true;

	wire_say(l, "* %zu FETCH (", number);
	items += *items == '(';
	while (*items && *items != ')') {
		size_t k = strcspn(items, " )[");

		if (items[k] == '[')
			k += strcspn(items + k, "]");
		if (items[k] == ']')
			k += 1 + strcspn(items + k + 1, " )");
		if (k >= sizeof(item))
			break;
		memcpy(item, items, k);
		item[k] = '\0';
		items += k;
		items += strspn(items, " ");
		if (!first)
			wire_say(l, " ");
		first = false;
		if (!strcasecmp(item, "UID")) {
			wire_say(l, "UID %" PRId64, n->id);
			told_uid = true;
		} else if (!strcasecmp(item, "FLAGS")) {
			wire_say(l, "FLAGS (%s)", flags_of(l, n));
		} else if (!strcasecmp(item, "RFC822.SIZE")) {
			wire_say(l, "RFC822.SIZE %zu", strlen(n->text));
		} else if (!strcasecmp(item, "INTERNALDATE")) {
			wire_say(l, "INTERNALDATE \"%s\"", internal_date(l, n->made));
		} else {
			if (!strncasecmp(item, "BODY.PEEK", 9) || !strcasecmp(item, "RFC822.HEADER"))
				peek = true;
			else if (!peek && !strstr(n->extra, "\\Seen"))
				n->extra = hy_strf(n, "%s \\Seen", n->extra);
			put_section(l, n, item);
		}
	}
	if (uid && !told_uid)
		wire_say(l, "%sUID %" PRId64, first ? "" : " ", n->id);
	wire_say(l, ")\r\n");
}

/* Runs fn for every message of the set that args begin with. */
static void do_fetch(struct line *l, const char *tag, const char *args, bool uid)
{
	const char *items = args + strcspn(args, " ");
	size_t n = count(l->site);

	items += strspn(items, " ");
	for (size_t i = 1; i <= n; i++) {
		struct note *m = at(l->site, i);

		if (in_set(args, uid ? m->id : (int64_t)i,
			   uid ? next_uid(l->site) - 1 : (int64_t)n))
			fetch_one(l, m, i, items, uid);
	}
	ok(l, tag, "fetched");
}

static void do_store(struct line *l, const char *tag, const char *args, bool uid)
{
	const char *what = args + strcspn(args, " ");
	bool seen = strcasestr(what, "\\Seen"), deleted = strcasestr(what, "\\Deleted");
	bool take = strstr(what, "-FLAGS"), quiet = strcasestr(what, ".SILENT");
	struct box *b = l->own;
	size_t n = count(l->site);

	if (b->readonly) {
		wire_say(l, "%s NO read only\r\n", tag);
		return;
	}
	for (size_t i = 1; i <= n; i++) {
		struct note *m = at(l->site, i);
		bool s = strstr(m->extra, "\\Seen"), d = strstr(m->extra, "\\Deleted");

		if (!in_set(args, uid ? m->id : (int64_t)i,
			    uid ? next_uid(l->site) - 1 : (int64_t)n))
			continue;
		s = seen ? !take : s;
		d = deleted ? !take : d;
		m->extra = hy_strf(m, "%s %s", s ? "\\Seen" : "", d ? "\\Deleted" : "");
		if (!quiet)
			wire_say(l, "* %zu FETCH (FLAGS (%s)%s)\r\n", i, flags_of(l, m),
				 uid ? hy_strf(l, " UID %" PRId64, m->id) : "");
	}
	ok(l, tag, "stored");
}

static void do_expunge(struct line *l, const char *tag)
{
	struct box *b = l->own;

	for (size_t i = count(l->site); i >= 1 && !b->readonly; i--) {
		struct note *m = at(l->site, i);

		if (!strstr(m->extra, "\\Deleted"))
			continue;
		m->deleted = true;
		wire_say(l, "* %zu EXPUNGE\r\n", i);
	}
	b->seen = count(l->site);
	ok(l, tag, "expunged");
}

/* ---- logging in ---- */

static void logged(struct line *l, const char *tag, const char *login, const char *password)
{
	struct box *b = l->own;

	b->in = !strcmp(login, LOGIN) && !strcmp(password, PASSWORD);
	if (b->in)
		wire_say(l, "%s OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS] logged in\r\n", tag);
	else
		wire_say(l, "%s NO [AUTHENTICATIONFAILED] refused\r\n", tag);
}

static void do_login(struct line *l, const char *tag, const char *args)
{
	char login[128], password[128];

	args = word(args, login, sizeof(login));
	word(args, password, sizeof(password));
	logged(l, tag, login, password);
}

static void do_plain(struct line *l, const char *tag, const char *blob)
{
	void *bytes = NULL;
	size_t n = 0, k;
	char *s;

	if (hy_unbase64(l, blob, false, &bytes, &n, NULL) || !n) {
		wire_say(l, "%s NO [AUTHENTICATIONFAILED] refused\r\n", tag);
		return;
	}
	s = hy_new_array(l, char, n + 1); /* three strings in a row, NUL after the last */
	memcpy(s, bytes, n);
	k = strlen(s) + 1;
	if (k >= n || k + strlen(s + k) + 1 > n)
		wire_say(l, "%s NO [AUTHENTICATIONFAILED] refused\r\n", tag);
	else
		logged(l, tag, s + k, s + k + strlen(s + k) + 1);
}

/* ---- commands ---- */

static void of_box(struct line *l, const char *tag, const char *op, const char *args)
{
	bool uid = !strcasecmp(op, "UID");
	char verb[32];
	struct box *b = l->own;

	if (uid)
		args = word(args, verb, sizeof(verb));
	op = uid ? verb : op;
	if (!b->selected)
		wire_say(l, "%s BAD select first\r\n", tag);
	else if (!strcasecmp(op, "SEARCH"))
		do_search(l, tag, args, uid);
	else if (!strcasecmp(op, "FETCH"))
		do_fetch(l, tag, args, uid);
	else if (!strcasecmp(op, "STORE"))
		do_store(l, tag, args, uid);
	else if (!strcasecmp(op, "EXPUNGE"))
		do_expunge(l, tag);
	else if (!strcasecmp(op, "CLOSE"))
		b->selected = false, ok(l, tag, "closed");
	else if (!strcasecmp(op, "IDLE"))
		b->idle = true, b->tag = hy_strdup(l, tag), wire_say(l, "+ idling\r\n");
	else
		wire_say(l, "%s BAD unknown command\r\n", tag);
}

static void after_login(struct line *l, const char *tag, const char *op, const char *args)
{
	if (!strcasecmp(op, "SELECT") || !strcasecmp(op, "EXAMINE"))
		do_select(l, tag, args, !strcasecmp(op, "EXAMINE"));
	else if (!strcasecmp(op, "LIST") || !strcasecmp(op, "LSUB"))
		do_list(l, tag);
	else if (!strcasecmp(op, "ID")) {
		((struct box *)l->own)->named = *args == '(';
		wire_say(l, "* ID (\"name\" \"practice\")\r\n");
		ok(l, tag, "met");
	} else if (!strcasecmp(op, "STATUS"))
		do_status(l, tag);
	else
		of_box(l, tag, op, args);
}

static bool met(struct line *l, const char *tag, const char *op)
{
	char *low = hy_strdup(l, op);
	struct hy_practice_fault_rule f;

	for (char *c = low; *c; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
	f = fault_take_wire(l->site, HY_PRACTICE_MAIL, hy_strf(l, "imap-%s", low));
	if (f.kind == HY_FAULT_DOWN || f.kind == HY_FAULT_DROP)
		wire_cut(l);
	else if (f.kind == HY_FAULT_DENY)
		wire_say(l, "%s NO [AUTHENTICATIONFAILED] refused by script\r\n", tag);
	else if (f.kind == HY_FAULT_BUSY || f.kind == HY_FAULT_AWAY)
		wire_say(l, "* BYE [UNAVAILABLE] practice: away\r\n"), wire_close(l);
	else if (f.kind == HY_FAULT_ERROR)
		wire_say(l, "%s NO [SERVERBUG] refused by script\r\n", tag);
	else
		return f.kind == HY_FAULT_HANG;
	return true;
}

static void command(struct line *l, const char *text)
{
	struct box *b = l->own;
	char tag[32], op[32];
	const char *args = word(word(text, tag, sizeof(tag)), op, sizeof(op));

	l->site->calls[HY_PRACTICE_MAIL]++;
	if (met(l, tag, op))
		return;
	if (!strcasecmp(op, "CAPABILITY")) {
		wire_say(l, "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR IDLE UIDPLUS%s\r\n",
			 l->site->mail_id ? " ID" : "");
		ok(l, tag, "told");
	} else if (!strcasecmp(op, "NOOP") || !strcasecmp(op, "CHECK")) {
		tell_new(l);
		ok(l, tag, "done");
	} else if (!strcasecmp(op, "LOGOUT")) {
		wire_say(l, "* BYE practice\r\n");
		ok(l, tag, "bye");
		wire_close(l);
	} else if (!strcasecmp(op, "LOGIN")) {
		do_login(l, tag, args);
	} else if (!strcasecmp(op, "AUTHENTICATE") && !strncasecmp(args, "PLAIN", 5)) {
		if (args[5] == ' ')
			do_plain(l, tag, args + 6);
		else
			b->auth = hy_strdup(l, tag), wire_say(l, "+ \r\n");
	} else if (!b->in) {
		wire_say(l, "%s NO log in first\r\n", tag);
	} else {
		after_login(l, tag, op, args);
	}
}

static void imap_heard(struct line *l)
{
	struct box *b = l->own;
	char *text;

	while (l->fd >= 0 && !l->closing && (text = wire_line(l))) {
		if (b->auth) {
			do_plain(l, b->auth, text);
			b->auth = NULL;
		} else if (b->idle) {
			b->idle = false;
			ok(l, b->tag, "idle ended");
		} else {
			command(l, text);
		}
	}
}

void imap_tick(struct hy_practice *site)
{
	for (struct wire *w = site->wires; w; w = w->next)
		for (struct line *l = w->speech == &speech_imap ? w->lines : NULL; l; l = l->next) {
			const struct box *b = l->own;

			if (b->idle)
				tell_new(l);
		}
}

/* A mail that a stranger wrote, as it arrives. */
void mail_said(struct note *n)
{
	char date[32];

	hy_time_http(n->made, date);
	n->text = hy_strf(n,
			  "Return-Path: <%s>\r\nMessage-ID: <practice-%" PRId64
			  "@mail.linjiang.example>\r\nDate: %.25s +0000\r\nFrom: <%s>\r\nTo: <" LOGIN
			  ">\r\nSubject: =?utf-8?B?%s?=\r\nMIME-Version: 1.0\r\nContent-Type: "
			  "text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n%s\r\n",
			  n->by->login, n->id, date, n->by->login,
			  hy_base64(n, n->title, strlen(n->title), false), n->text);
}

static void imap_opened(struct line *l)
{
	l->own = hy_new(l, struct box);
	if (!met(l, "*", "connect"))
		wire_say(l, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR IDLE UIDPLUS] practice\r\n");
}

const struct speech speech_imap = {"imap", imap_opened, imap_heard};
