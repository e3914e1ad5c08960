/*
 * A mailbox over IMAP4rev1: libcurl connects, secures and logs in (net/link.c); from there on these
 * few commands. Mail is read with BODY.PEEK from an EXAMINEd mailbox, so that nothing changes
 * there; only `remove_up_to` opens it for writing.
 */
#include "config.h"
#include "platforms/internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES ((size_t)64 << 10)
#define UIDS_MAX 100000 /* of one SEARCH */
#define CHATTER_MAX ((size_t)4 << 20) /* bytes of all lines of a look, mails not counted */

enum step {
	STEP_LOGIN,
	STEP_CAPABILITY,
	STEP_ID,
	STEP_SELECT,
	STEP_STORE,
	STEP_EXPUNGE,
	STEP_SEARCH,
	STEP_FETCH,
	STEP_END
};

struct hy_imap_look {
	struct hy_imap_ask q; /* own copies */
	char *remove; /* the set of UIDs, or NULL */
	hy_imap_mail_fn *mail;
	hy_imap_done_fn *done;
	void *user;
	struct hy_net_link *link;
	struct hy_timer *deadline;
	enum step step;
	int tag;
	struct hy_buf in;
	size_t literal; /* bytes of a literal that are still to come */
	bool keep;	/* that literal is the mail */
	size_t chatter; /* bytes of lines so far */
	struct hy_buf line, body;
	bool has_body;	/* body is filled: by the line that is being read, ... */
	bool body_ours; /* ... or by one that named our UID */
	uint32_t *uids;
	size_t n_uids, at;
	bool uidplus, names; /* names: it wants to know who we are (RFC 2971) */
	struct hy_imap_result r;
	bool dead;
};

/* Modified UTF-7 (RFC 3501 5.1.3), quoted for a command. */
char *hy_imap_mailbox(const void *ctx, const char *name)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
	struct hy_buf b;
	const char *p = name, *end = name + strlen(name);

	hy_buf_init(&b, ctx, 4096);
	hy_buf_chr(&b, '"');
	while (p < end) {
		unsigned char c = (unsigned char)*p;

		if (c < 0x80) {
			if (c == '"' || c == '\\')
				hy_buf_chr(&b, '\\');
			hy_buf_chr(&b, *p++);
			if (c == '&')
				hy_buf_chr(&b, '-');
			continue;
		}
		uint32_t bits = 0;
		int n = 0;

		hy_buf_chr(&b, '&');
		while (p < end && (unsigned char)*p >= 0x80) {
			size_t len, units = 1;
			uint32_t cp = hy_utf8_decode(p, end, &len);
			uint16_t u[2] = {(uint16_t)cp, 0};

			p += len;
			if (cp > 0xFFFF) {
				u[0] = (uint16_t)(0xD800 + ((cp - 0x10000) >> 10));
				u[1] = (uint16_t)(0xDC00 + ((cp - 0x10000) & 0x3FF));
				units = 2;
			}
			for (size_t i = 0; i < units; i++) {
				bits = bits << 16 | u[i];
				for (n += 16; n >= 6; n -= 6)
					hy_buf_chr(&b, digits[bits >> (n - 6) & 63]);
			}
		}
		if (n > 0)
			hy_buf_chr(&b, digits[bits << (6 - n) & 63]);
		hy_buf_chr(&b, '-');
	}
	hy_buf_chr(&b, '"');
	return hy_buf_take(&b, NULL);
}

static void send_command(struct hy_imap_look *k, enum step step, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void finish(struct hy_imap_look *k, enum hy_status status, const struct hy_err *err)
{
	if (k->dead)
		return;
	k->dead = true;
	hy_net_link_close(k->link);
	k->link = NULL;
	k->done(k->user, status, &k->r, status == HY_OK ? NULL : err);
	hy_timer_arm(k->deadline, 0); /* freed there: we may be inside of an event of ours */
}

static void broken(struct hy_imap_look *k, enum hy_status status, const char *why)
{
	struct hy_err err = {0};

	hy_err_set(&err, status, "IMAP: %s", why);
	finish(k, status, &err);
}

static void send_command(struct hy_imap_look *k, enum step step, const char *fmt, ...)
{
	va_list ap;
	void *ctx = talloc_new(NULL);

	va_start(ap, fmt);
	char *text = hy_vstrf(ctx, fmt, ap);
	va_end(ap);
	k->step = step;
	char *line = hy_strf(ctx, "h%d %s\r\n", ++k->tag, text);

	if (!hy_net_link_send(k->link, line, strlen(line)))
		broken(k, HY_ETEMP, _("the connection broke off"));
	talloc_free(ctx);
}

/* ---- steps ---- */

static void drop_body(struct hy_imap_look *k)
{
	k->has_body = k->body_ours = false;
	hy_buf_reset(&k->body);
	k->body.over = false;
}

static void fetch_next(struct hy_imap_look *k)
{
	if (k->at >= k->n_uids || k->at >= (size_t)k->q.max_mails) {
		k->r.more = k->at < k->n_uids;
		send_command(k, STEP_END, "LOGOUT");
		return;
	}
	drop_body(k);
	send_command(k, STEP_FETCH, "UID FETCH %" PRIu32 " (UID RFC822.SIZE BODY.PEEK[]<0.%zu>)",
		     k->uids[k->at], k->q.max_bytes);
}

static void search(struct hy_imap_look *k)
{
	if (k->r.uidvalidity != k->q.uidvalidity)
		k->q.after = 0; /* another mailbox by the same name: its ids mean nothing to us */
	send_command(k, STEP_SEARCH, "UID SEARCH UID %" PRIu32 ":*", k->q.after + 1);
}

static void selected(struct hy_imap_look *k)
{
	if (k->q.only_open)
		send_command(k, STEP_END, "LOGOUT");
	else if (k->remove != NULL && k->r.uidvalidity == k->q.uidvalidity && k->uidplus)
		/* without UIDPLUS others' deleted mail would go, too */
		send_command(k, STEP_STORE, "UID STORE %s +FLAGS.SILENT (\\Deleted)", k->remove);
	else
		search(k);
}

static void select_box(struct hy_imap_look *k)
{
	bool write = k->remove != NULL && !k->q.only_open;

	send_command(k, STEP_SELECT, "%s %s", write ? "SELECT" : "EXAMINE",
		     hy_imap_mailbox(k, k->q.mailbox));
}

static void step_on(struct hy_imap_look *k)
{
	switch (k->step) {
	case STEP_CAPABILITY:
		if (k->names) /* some open no mailbox to who does not say it ("Unsafe Login") */
			send_command(k, STEP_ID,
				     "ID (\"name\" \"huying\" \"version\" \"%s\")",
				     PACKAGE_VERSION);
		else
			select_box(k);
		break;
	case STEP_ID:
		select_box(k);
		break;
	case STEP_SELECT:
		if (k->r.uidvalidity == 0)
			broken(k, HY_EPERM, _("the server names no UIDVALIDITY for this mailbox"));
		else
			selected(k);
		break;
	case STEP_STORE:
		send_command(k, STEP_EXPUNGE, "UID EXPUNGE %s", k->remove);
		break;
	case STEP_EXPUNGE:
		k->r.removed = true;
		search(k);
		break;
	case STEP_SEARCH:
		fetch_next(k);
		break;
	case STEP_FETCH:
		if (k->body_ours && !k->body.over)
			k->mail(k->user, k->uids[k->at], k->body.data, k->body.len,
				k->r.size > k->body.len);
		k->r.last_uid = k->uids[k->at]; /* without a body: it was removed meanwhile */
		k->at++;
		fetch_next(k);
		break;
	case STEP_END:
		finish(k, HY_OK, NULL);
		break;
	case STEP_LOGIN:
		break;
	}
}

/* ---- lines ---- */

/* A word between blanks. */
static bool has_word(const char *line, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = line; (p = strcasestr(p, word)) != NULL; p += n)
		if (p > line && p[-1] == ' ' && (p[n] == '\0' || p[n] == ' '))
			return true;
	return false;
}

static uint32_t number_after(const char *line, const char *name)
{
	const char *p = strcasestr(line, name);

	return p != NULL ? (uint32_t)strtoul(p + strlen(name), NULL, 10) : 0;
}

static int by_uid(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void search_line(struct hy_imap_look *k, const char *p)
{
	size_t n = 0;

	while (k->n_uids < UIDS_MAX) {
		char *end;
		unsigned long v;

		p += strspn(p, " ");
		if (!isdigit((unsigned char)*p))
			break;
		v = strtoul(p, &end, 10);
		p = end;
		if (v <= k->q.after || v > UINT32_MAX)
			continue; /* n:* names the last one even where it is below n */
		k->uids = hy_grow(k, k->uids, uint32_t, k->n_uids + 1);
		k->uids[k->n_uids++] = (uint32_t)v;
	}
	if (k->n_uids < 2)
		return;
	qsort(k->uids, k->n_uids, sizeof(*k->uids), by_uid);
	for (size_t i = 1; i < k->n_uids; i++) /* one that is said twice is one */
		if (k->uids[i] != k->uids[n])
			k->uids[++n] = k->uids[i];
	k->n_uids = n + 1;
}

/* A server may tell of other mails as well, at any time: what it says of them is not ours. */
static void fetch_line(struct hy_imap_look *k, const char *line)
{
	uint32_t uid = number_after(line, "UID "); /* 0: the only one that was asked for */

	if (uid != 0 && uid != k->uids[k->at]) {
		if (!k->body_ours)
			drop_body(k);
		return;
	}
	if (strcasestr(line, "RFC822.SIZE ") != NULL)
		k->r.size = number_after(line, "RFC822.SIZE ");
	k->body_ours = k->has_body;
}

/* Whether the literal that open ("{n}") begins is the whole mail or its beginning: BODY[] or BODY[]<0>.
 * Of each mail one is taken; any other literal is a part, or says the same again. */
static bool begins_mail(const struct hy_imap_look *k, const char *open)
{
	static const char *const names[] = {" BODY[] ", "(BODY[] ", " BODY[]<0> ", "(BODY[]<0> "};
	size_t n = (size_t)(open - k->line.data);

	for (size_t i = 0; i < HY_LEN(names) && k->step == STEP_FETCH && !k->has_body; i++) {
		size_t m = strlen(names[i]);

		if (n >= m && strncasecmp(open - m, names[i], m) == 0)
			return true;
	}
	return false;
}

static void untagged(struct hy_imap_look *k, const char *line)
{
	if (strncasecmp(line, "* SEARCH", 8) == 0 && k->step == STEP_SEARCH)
		search_line(k, line + 8);
	else if (strncasecmp(line, "* OK [UIDVALIDITY ", 18) == 0)
		k->r.uidvalidity = number_after(line, "UIDVALIDITY ");
	else if (strncasecmp(line, "* CAPABILITY ", 13) == 0) {
		k->uidplus = has_word(line, "UIDPLUS");
		k->names = has_word(line, "ID");
	} else if (strncasecmp(line, "* BYE", 5) == 0 && k->step != STEP_END)
		broken(k, HY_ETEMP, _("the server ended the session"));
	else if (strcasestr(line, " FETCH (") != NULL && k->step == STEP_FETCH)
		fetch_line(k, line);
}

static void tagged(struct hy_imap_look *k, const char *line)
{
	const char *p = strchr(line, ' ');

	if (p == NULL || strtol(line + 1, NULL, 10) != k->tag)
		return;
	p++;
	/* what it can do, and who we are, is not needed to read */
	if (strncasecmp(p, "OK", 2) == 0 || k->step == STEP_CAPABILITY || k->step == STEP_ID) {
		step_on(k);
		return;
	}
	struct hy_err err = {0};

	hy_err_set(&err, k->step == STEP_SELECT ? HY_ENOTFOUND : HY_ETEMP, "IMAP: %s: %.200s",
		   k->step == STEP_SELECT ? _("the mailbox cannot be opened")
					  : _("the server refuses a command"),
		   p);
	finish(k, err.status, &err);
}

/* A line that ends with "{n}" goes on after n bytes: those of BODY[] are the mail. */
static void on_line(struct hy_imap_look *k, char *line)
{
	size_t n = strlen(line);
	char *open = n > 2 && line[n - 1] == '}' ? strrchr(line, '{') : NULL;

	hy_buf_str(&k->line, line);
	if (k->line.over) {
		broken(k, HY_EPERM, _("the server sends a line that is too long"));
		return;
	}
	if (open != NULL && open[1 + strspn(open + 1, HY_DIGITS)] == '}' && open[1] != '}') {
		k->literal = strtoul(open + 1, NULL, 10);
		k->keep = begins_mail(k, k->line.data + k->line.len - strlen(open));
		k->has_body = k->has_body || k->keep;
		if (k->literal > k->q.max_bytes)
			broken(k, HY_EPERM, _("the server sends more than was asked for"));
		return;
	}
	if (k->line.data[0] == '*')
		untagged(k, k->line.data);
	else if (k->line.data[0] == 'h')
		tagged(k, k->line.data);
	hy_buf_reset(&k->line);
	k->line.over = false;
}

static void got(void *user, const char *bytes, size_t n)
{
	struct hy_imap_look *k = user;

	while (n > 0 && !k->dead) {
		if (k->literal > 0) {
			size_t m = n < k->literal ? n : k->literal;

			if (k->keep)
				hy_buf_add(&k->body, bytes, m);
			k->literal -= m;
			bytes += m;
			n -= m;
			continue;
		}
		const char *nl = memchr(bytes, '\n', n);
		size_t m = nl != NULL ? (size_t)(nl - bytes) + 1 : n;

		hy_buf_add(&k->in, bytes, m);
		bytes += m;
		n -= m;
		k->chatter += m;
		if (k->chatter > CHATTER_MAX) {
			broken(k, HY_EPERM, _("the server sends more than was asked for"));
			return;
		}
		if (k->in.over || (nl == NULL && k->in.len >= LINE_MAX_BYTES)) {
			broken(k, HY_EPERM, _("the server sends a line that is too long"));
			return;
		}
		if (nl == NULL)
			return;
		size_t len = k->in.len;

		while (len > 0 && strchr("\r\n", k->in.data[len - 1]) != NULL)
			len--;
		char *line = hy_strndup(k, k->in.data, len);

		hy_buf_reset(&k->in);
		on_line(k, line);
		talloc_free(line);
	}
}

/* "1:4,6:9": all up to remove_up_to but for what is kept; NULL where nothing is left. */
static char *remove_set(const void *ctx, const struct hy_imap_ask *q)
{
	char *set = NULL;
	uint32_t from = 1;

	for (size_t i = 0; i <= q->n_keep && from > 0 && from <= q->remove_up_to; i++) {
		bool last = i == q->n_keep || q->keep[i] > q->remove_up_to;
		uint32_t to = last ? q->remove_up_to : q->keep[i] - 1;

		if (from <= to)
			set = hy_strf(ctx, "%s%s%" PRIu32 ":%" PRIu32, set != NULL ? set : "",
				      set != NULL ? "," : "", from, to);
		if (last)
			break;
		from = q->keep[i] + 1;
	}
	return set;
}

static void opened(void *user, struct hy_net_link *link)
{
	struct hy_imap_look *k = user;

	k->link = link;
	send_command(k, STEP_CAPABILITY, "CAPABILITY");
}

static void ended(void *user, const struct hy_err *why)
{
	struct hy_imap_look *k = user;

	k->link = NULL;
	if (k->step == STEP_END)
		finish(k, HY_OK, NULL);
	else
		finish(k, why->status, why);
}

static void on_deadline(void *user)
{
	struct hy_imap_look *k = user;

	if (k->dead) {
		talloc_free(k);
		return;
	}
	broken(k, HY_ETEMP, _("the server takes too long"));
}

static int on_free(struct hy_imap_look *k)
{
	hy_net_link_close(k->link);
	hy_timer_free(k->deadline);
	return 0;
}

void hy_imap_cancel(struct hy_imap_look *look)
{
	if (look == NULL)
		return;
	look->dead = true;
	hy_net_link_close(look->link);
	look->link = NULL;
	hy_timer_arm(look->deadline, 0);
}

enum hy_status hy_imap_look(struct hy_net *net, struct hy_loop *loop, const struct hy_imap_ask *ask,
			    hy_imap_mail_fn *mail, hy_imap_done_fn *done, void *user,
			    struct hy_imap_look **out, struct hy_err *err)
{
	struct hy_imap_look *k = hy_new(net, struct hy_imap_look);
	const char *mailbox = ask->mailbox != NULL ? ask->mailbox : "INBOX";
	const struct hy_net_link_ask link = {
		.how = ask->tls ? HY_NET_LINK_IMAPS : HY_NET_LINK_IMAP,
		.host = ask->host,
		.port = ask->port,
		.reach = ask->reach,
		.login = ask->login,
		.password = ask->password,
		.ctx = k,
	};
	const struct hy_net_link_events events = {
		.user = k, .opened = opened, .got = got, .ended = ended};
	enum hy_status status = HY_OK;

	if (!hy_utf8_valid(mailbox, strlen(mailbox)) || strlen(mailbox) > 200 ||
	    strpbrk(mailbox, "\r\n") != NULL)
		status = hy_err_set(err, HY_EINPUT, _("this is no name of a mailbox"));
	k->q = *ask;
	k->remove = remove_set(k, ask);
	k->q.mailbox = hy_strdup(k, mailbox);
	k->q.max_mails = ask->max_mails > 0 && ask->max_mails < 1000 ? ask->max_mails : 50;
	if (k->q.max_bytes == 0 || k->q.max_bytes > HY_MAIL_MAX)
		k->q.max_bytes = HY_MAIL_MAX;
	k->mail = mail;
	k->done = done;
	k->user = user;
	hy_buf_init(&k->in, k, 2 * LINE_MAX_BYTES);
	hy_buf_init(&k->line, k, 2 * LINE_MAX_BYTES);
	hy_buf_init(&k->body, k, k->q.max_bytes);
	k->deadline = hy_loop_timer(loop, on_deadline, k);
	talloc_set_destructor(k, on_free);
	if (status == HY_OK)
		status = hy_net_link_open(net, &link, &events, &k->link, err);
	if (status != HY_OK) {
		talloc_free(k);
		return status;
	}
	hy_timer_arm(k->deadline, ask->timeout > 0 && ask->timeout < HY_IMAP_TIMEOUT
					  ? ask->timeout
					  : HY_IMAP_TIMEOUT);
	if (out != NULL)
		*out = k;
	return HY_OK;
}
