/*
 * A short message centre: SMPP 3.4 as apis describe it. The id that submit gave in hexadecimal
 * comes back in a receipt in decimal, as some centres do.
 */
#include "config.h"
#include "practice/wire.h"

#include <stdlib.h>
#include <string.h>

#define HEAD 16
#define PDU_MAX 65536u
#define LOGIN "practice"
#define PASSWORD "practice"
#define PER_SECOND 100
#define UCS2 8
#define ONE_MAX 140  /* octets of one message */
#define PART_MAX 134 /* beside the header of a part */
#define AGAIN_AFTER (5 * HY_SECOND)

enum {
	BIND_RECEIVER = 1,
	BIND_TRANSMITTER = 2,
	SUBMIT = 4,
	DELIVER = 5,
	UNBIND = 6,
	BIND_BOTH = 9,
	ENQUIRE = 0x15,
	ANSWER = (int)0x80000000
};

struct session {
	unsigned bound;	 /* BIND_*, 0 = not yet */
	uint32_t next;	 /* sequence number of what we ask */
	uint32_t serial; /* of this connection; from 1 */
};

/* A receipt to come. */
struct receipt {
	struct note *note;
	hy_time due;
	int state;
	bool told;
};

/* A deliver_sm that the office has not taken yet: it goes out again over the next connection, and
 * after a while where it was refused. */
struct outgoing {
	struct outgoing *next;
	struct hy_buf body;
	uint32_t serial, sequence; /* how it went out last; serial 0 = it waits */
	hy_time due;
};

struct centre {
	struct receipt **receipts;
	size_t n;
	struct outgoing *first, **last;
	uint32_t serials;
};

static struct centre *centre_of(struct hy_practice *site)
{
	if (!site->smpp) {
		struct centre *c = site->smpp = hy_new(site, struct centre);

		c->receipts = hy_new_array(c, struct receipt *, 1);
		c->last = &c->first;
	}
	return site->smpp;
}

/* ---- bytes ---- */

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(struct hy_buf *b, uint32_t v)
{
	for (int i = 24; i >= 0; i -= 8)
		hy_buf_chr(b, (char)(v >> i));
}

static void send_pdu(struct line *l, uint32_t id, uint32_t status, uint32_t sequence,
		     const struct hy_buf *body)
{
	struct hy_buf b;

	hy_buf_init(&b, l, PDU_MAX + HEAD);
	put32(&b, (uint32_t)(HEAD + (body ? body->len : 0)));
	put32(&b, id);
	put32(&b, status);
	put32(&b, sequence);
	if (body)
		hy_buf_add(&b, body->data, body->len);
	wire_send(l, b.data, b.len);
	talloc_free(b.data);
}

/* A body being read. */
struct cursor {
	const uint8_t *at, *end;
	bool bad;
};

static uint8_t get8(struct cursor *c)
{
	if (c->at >= c->end) {
		c->bad = true;
		return 0;
	}
	return *c->at++;
}

/* A NUL-terminated string; "" and bad when its end is missing. */
static const char *get_text(struct cursor *c)
{
	const uint8_t *s = c->at, *nul = memchr(s, 0, (size_t)(c->end - s));

	if (!nul) {
		c->bad = true;
		return "";
	}
	c->at = nul + 1;
	return (const char *)s;
}

static void put_text(struct hy_buf *b, const char *s)
{
	hy_buf_add(b, s, strlen(s) + 1);
}

/* ---- texts ---- */

static char *from_ucs2(const void *ctx, const uint8_t *s, size_t n)
{
	struct hy_buf b;
	char one[4];

	hy_buf_init(&b, ctx, 4 * PDU_MAX);
	for (size_t i = 0; i + 1 < n; i += 2) {
		uint32_t cp = (uint32_t)s[i] << 8 | s[i + 1];

		if (cp >= 0xD800 && cp < 0xDC00 && i + 3 < n) {
			cp = 0x10000 + ((cp - 0xD800) << 10) +
			     (((uint32_t)s[i + 2] << 8 | s[i + 3]) & 0x3FF);
			i += 2;
		} else if (cp >= 0xD800 && cp < 0xE000) {
			cp = 0xFFFD;
		}
		hy_buf_add(&b, one, hy_utf8_encode(cp ? cp : 0xFFFD, one));
	}
	return hy_buf_take(&b, NULL);
}

/* The default alphabet of GSM 03.38, a septet in each octet; what follows an escape is of its
 * second table. */
static const char *of_gsm(uint8_t septet, bool second)
{
	static const char *const first[32] = {
		"@", "£", "$", "¥", "è", "é", "ù", "ì", "ò", "Ç", "\n", "Ø", "ø", "\r", "Å", "å",
		"Δ", "_", "Φ", "Γ", "Λ", "Ω", "Π", "Ψ", "Σ", "Θ", "Ξ",	"",  "Æ", "æ",	"ß", "É"};
	static const struct {
		uint8_t septet;
		const char *text;
	} others[] = {{0x24, "¤"}, {0x40, "¡"}, {0x5B, "Ä"}, {0x5C, "Ö"}, {0x5D, "Ñ"},
		      {0x5E, "Ü"}, {0x5F, "§"}, {0x60, "¿"}, {0x7B, "ä"}, {0x7C, "ö"},
		      {0x7D, "ñ"}, {0x7E, "ü"}, {0x7F, "à"}},
	  seconds[] = {{0x0A, "\f"}, {0x14, "^"}, {0x28, "{"}, {0x29, "}"}, {0x2F, "\\"},
		       {0x3C, "["},  {0x3D, "~"}, {0x3E, "]"}, {0x40, "|"}, {0x65, "€"}};

	for (size_t i = 0; second && i < HY_LEN(seconds); i++)
		if (seconds[i].septet == septet)
			return seconds[i].text;
	for (size_t i = 0; i < HY_LEN(others); i++)
		if (others[i].septet == septet)
			return others[i].text;
	return septet < 32 ? first[septet] : NULL; /* NULL: as in ASCII */
}

static char *from_gsm(const void *ctx, const uint8_t *s, size_t n)
{
	struct hy_buf b;

	hy_buf_init(&b, ctx, 4 * PDU_MAX);
	for (size_t i = 0; i < n; i++) {
		bool second = s[i] == 0x1B && i + 1 < n;
		uint8_t septet = second ? s[++i] : s[i];
		const char *text = of_gsm(septet, second);

		if (text)
			hy_buf_str(&b, text);
		else if (septet < 128)
			hy_buf_chr(&b, (char)septet);
		else
			hy_buf_str(&b, "\uFFFD");
	}
	return hy_buf_take(&b, NULL);
}

static void put_ucs2(struct hy_buf *b, const char *s)
{
	const char *end = s + strlen(s);

	while (s < end) {
		size_t n;
		uint32_t cp = hy_utf8_decode(s, end, &n);

		if (cp >= 0x10000) {
			uint32_t high = 0xD800 + ((cp - 0x10000) >> 10);

			hy_buf_chr(b, (char)(high >> 8));
			hy_buf_chr(b, (char)high);
			cp = 0xDC00 + ((cp - 0x10000) & 0x3FF);
		}
		hy_buf_chr(b, (char)(cp >> 8));
		hy_buf_chr(b, (char)cp);
		s += n;
	}
}

/* ---- to the office ---- */

/* text: with its header, where esm says so. */
static void queue_one(struct hy_practice *site, const char *from, unsigned esm, unsigned coding,
		      const char *text, size_t n, const struct hy_buf *tlvs)
{
	struct centre *c = centre_of(site);
	struct outgoing *o = hy_new(c, struct outgoing);

	hy_buf_init(&o->body, o, PDU_MAX);
	hy_buf_add(&o->body, "\0\1\1", 3); /* service type; ton and npi of the source */
	put_text(&o->body, from);
	hy_buf_add(&o->body, "\0\1", 2);
	put_text(&o->body, "1069000000");
	hy_buf_chr(&o->body, (char)esm);
	hy_buf_add(&o->body, "\0\0\0\0\0\0", 6);
	hy_buf_chr(&o->body, (char)coding);
	hy_buf_chr(&o->body, 0);
	hy_buf_chr(&o->body, (char)n);
	hy_buf_add(&o->body, text, n);
	if (tlvs)
		hy_buf_add(&o->body, tlvs->data, tlvs->len);
	*c->last = o;
	c->last = &o->next;
}

static void queue(struct hy_practice *site, const char *from, unsigned esm, unsigned coding,
		  const char *text, size_t n, const struct hy_buf *tlvs)
{
	enum hy_practice_fault fault = fault_take_push(site, HY_PRACTICE_SMS);

	if (fault != HY_FAULT_LOST)
		queue_one(site, from, esm, coding, text, n, tlvs);
	if (fault == HY_FAULT_DOUBLE)
		queue_one(site, from, esm, coding, text, n, tlvs);
}

/* A citizen's words: what one message does not hold goes in parts, as carriers do it. */
static void queue_text(struct hy_practice *site, const struct note *n)
{
	void *ctx = talloc_new(NULL);
	struct hy_buf all, one;
	unsigned total = 0, part = 0;

	hy_buf_init(&all, ctx, 4 * PDU_MAX);
	put_ucs2(&all, n->text);
	if (all.len <= ONE_MAX) {
		queue(site, n->by->name, 0, UCS2, all.data, all.len, NULL);
		talloc_free(ctx);
		return;
	}
	total = (unsigned)((all.len + PART_MAX - 1) / PART_MAX);
	for (size_t at = 0, k; at < all.len; at += k) { /* carriers look at no pair */
		k = all.len - at < PART_MAX ? all.len - at : PART_MAX;
		hy_buf_init(&one, ctx, 2 * ONE_MAX);
		hy_buf_add(&one, "\5\0\3", 3);
		hy_buf_chr(&one, (char)n->id);
		hy_buf_chr(&one, (char)total);
		hy_buf_chr(&one, (char)++part);
		hy_buf_add(&one, all.data + at, k);
		queue(site, n->by->name, 0x40, UCS2, one.data, one.len, NULL);
	}
	talloc_free(ctx);
}

static void send_queued(struct line *l)
{
	struct centre *c = centre_of(l->site);
	struct session *s = l->own;

	for (struct outgoing *o = c->first; o; o = o->next) {
		if (o->serial == s->serial || o->due > site_now(l->site))
			continue;
		o->serial = s->serial;
		o->sequence = s->next++;
		send_pdu(l, DELIVER, 0, o->sequence, &o->body);
	}
}

static void delivered(struct line *l, uint32_t sequence, uint32_t status)
{
	struct centre *c = centre_of(l->site);
	const struct session *s = l->own;
	struct outgoing **at = &c->first, *o;

	while ((o = *at) && (o->serial != s->serial || o->sequence != sequence))
		at = &o->next;
	if (!o)
		return;
	if (status) {
		o->serial = 0;
		o->due = site_now(l->site) + AGAIN_AFTER;
		return;
	}
	*at = o->next;
	if (c->last == &o->next)
		c->last = at;
	talloc_free(o);
}

/* The line on which the office listens; NULL when none does. */
static struct line *listener(struct hy_practice *site)
{
	for (struct wire *w = site->wires; w; w = w->next)
		for (struct line *l = w->speech == &speech_smpp ? w->lines : NULL; l; l = l->next) {
			const struct session *s = l->own;

			if (l->fd >= 0 && (s->bound == BIND_BOTH || s->bound == BIND_RECEIVER))
				return l;
		}
	return NULL;
}

static void queue_receipt(struct hy_practice *site, const struct receipt *r)
{
	static const char *const stats[] = {"",	       "ENROUTE", "DELIVRD", "EXPIRED", "DELETED",
					    "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD"};
	void *ctx = talloc_new(NULL);
	const struct note *n = r->note;
	char iso[HY_TIME_ISO_OFFSET_MAX], *date, *text, *id = hy_strf(ctx, "%" PRIx64, n->id);
	struct hy_buf tlvs;

	hy_time_iso_offset(site_now(site), 480, iso);
	date = hy_strf(ctx, "%.2s%.2s%.2s%.2s%.2s", iso + 2, iso + 5, iso + 8, iso + 11, iso + 14);
	text = hy_strf(ctx,
		       "id:%010" PRId64 " sub:001 dlvrd:%s submit date:%s done date:%s stat:%s "
		       "err:%s text:",
		       n->id, r->state == 2 ? "001" : "000", date, date, stats[r->state],
		       r->state == 2 ? "000" : "001");
	hy_buf_init(&tlvs, ctx, 128);
	hy_buf_add(&tlvs, "\x00\x1e\x00", 3);
	hy_buf_chr(&tlvs, (char)(strlen(id) + 1));
	put_text(&tlvs, id);
	hy_buf_add(&tlvs, "\x04\x27\x00\x01", 4);
	hy_buf_chr(&tlvs, (char)r->state);
	queue(site, n->to->name, 4, 0, text, strlen(text), &tlvs);
	talloc_free(ctx);
}

void smpp_tick(struct hy_practice *site)
{
	struct centre *c = centre_of(site);
	struct line *l = listener(site);

	for (size_t i = 0; l && i < c->n; i++) {
		struct receipt *r = c->receipts[i];

		if (r->told || r->due > site_now(site))
			continue;
		r->told = true;
		queue_receipt(site, r);
	}
	if (l)
		send_queued(l);
}

void smpp_message(struct hy_practice *site, struct note *n)
{
	queue_text(site, n);
	smpp_tick(site);
}

/* ---- from the office ---- */

static void answer_bind(struct line *l, uint32_t id, uint32_t sequence, struct cursor *c,
			uint32_t forced)
{
	struct session *s = l->own;
	const char *login = get_text(c), *password = get_text(c);
	uint32_t status = forced		       ? forced
			  : s->bound		       ? 5
			  : strcmp(login, LOGIN)       ? 0xF
			  : strcmp(password, PASSWORD) ? 0xE
						       : 0;
	struct hy_buf b;

	if (c->bad)
		status = 0xD;
	hy_buf_init(&b, l, 64);
	put_text(&b, "practice");
	hy_buf_add(&b, "\x02\x10\x00\x01\x34", 5); /* sc_interface_version */
	if (!status)
		s->bound = id;
	send_pdu(l, id | (uint32_t)ANSWER, status, sequence, status ? NULL : &b);
	if (!status)
		smpp_tick(l->site);
}

struct submitted {
	const char *to;
	uint8_t esm, registered, coding;
	const uint8_t *text;
	size_t n;
};

static bool read_submit(struct cursor *c, struct submitted *out)
{
	uint8_t n;

	get_text(c);
	get8(c), get8(c);
	get_text(c);
	get8(c), get8(c);
	out->to = get_text(c);
	out->esm = get8(c);
	get8(c), get8(c);
	get_text(c), get_text(c);
	out->registered = get8(c);
	get8(c);
	out->coding = get8(c);
	get8(c);
	n = get8(c);
	if (c->bad || n > c->end - c->at)
		return false;
	out->text = c->at;
	out->n = n;
	c->at += n;
	while (c->end - c->at >= 4) { /* TLVs */
		unsigned tag = (unsigned)c->at[0] << 8 | c->at[1];
		size_t k = (size_t)c->at[2] << 8 | c->at[3];

		c->at += 4;
		if (k > (size_t)(c->end - c->at))
			return false;
		if (tag == 0x0424) {
			out->text = c->at;
			out->n = k;
		}
		c->at += k;
	}
	return true;
}

/* The parts of a long message say so in a header of six bytes. */
static char *part_of(struct line *l, struct submitted *m)
{
	char *part = hy_strdup(l, "");

	if (!(m->esm & 0x40) || !m->n || m->text[0] + 1u > m->n)
		return part;
	if (m->text[0] == 5 && m->text[1] == 0)
		part = hy_strf(l, "part %u/%u of %u", m->text[5], m->text[4], m->text[3]);
	m->n -= m->text[0] + 1u;
	m->text += m->text[0] + 1;
	return part;
}

static struct note *take_submit(struct line *l, struct submitted *m)
{
	struct hy_practice *site = l->site;
	char *part = part_of(l, m),
	     *text = m->coding == UCS2 ? from_ucs2(l, m->text, m->n)
		     : m->coding == 0  ? from_gsm(l, m->text, m->n)
				       : hy_utf8_repair(l, (const char *)m->text, m->n, NULL);
	struct note *n = note_add(site, HY_PRACTICE_SMS, NOTE_MESSAGE,
				  member_find(site, HY_PRACTICE_SMS, LOGIN), text);

	if (!n)
		return NULL;
	n->by_api = true;
	n->to = member_make(site, HY_PRACTICE_SMS, m->to, false);
	n->type = hy_strf(n, "coding %u", m->coding);
	n->extra = hy_strdup(n, part);
	return n;
}

static void plan_receipt(struct hy_practice *site, struct note *n,
			 const struct hy_practice_fault_rule *fault)
{
	struct centre *c = centre_of(site);
	struct receipt *r = hy_new(c, struct receipt);
	bool late = fault->kind == HY_FAULT_LATE;

	r->note = n;
	r->due = site_now(site) + (late ? fault->secs : 0) * HY_SECOND;
	r->state = late && fault->code > 0 && fault->code <= 8 ? fault->code : 2;
	c->receipts = hy_grow(c, c->receipts, struct receipt *, c->n + 1);
	c->receipts[c->n++] = r;
}

static bool phone_fits(const char *to)
{
	size_t n = strlen(to + (*to == '+'));

	return n >= 3 && n <= 20 && !to[(*to == '+') + strspn(to + (*to == '+'), "0123456789")];
}

static void answer_submit(struct line *l, uint32_t sequence, struct cursor *c,
			  const struct hy_practice_fault_rule *fault)
{
	struct session *s = l->own;
	struct submitted m = {0};
	uint32_t status = 0;
	struct note *n = NULL;
	struct hy_buf b;

	if (s->bound != BIND_BOTH && s->bound != BIND_TRANSMITTER)
		status = 4;
	else if (fault->kind == HY_FAULT_ERROR)
		status = (uint32_t)fault->code;
	else if (fault->kind == HY_FAULT_BUSY ||
		 !quota_take(l->site, "sms/second", LOGIN, PER_SECOND, HY_SECOND))
		status = 0x58;
	else if (!read_submit(c, &m))
		status = 1;
	else if (!phone_fits(m.to))
		status = 0xB;
	else if (!(n = take_submit(l, &m)))
		status = 0x14;
	if (fault->kind == HY_FAULT_DROP) {
		wire_cut(l);
		return;
	}
	hy_buf_init(&b, l, 64);
	if (n)
		put_text(&b, hy_strf(l, "%" PRIx64, n->id));
	send_pdu(l, SUBMIT | (uint32_t)ANSWER, fault->kind == HY_FAULT_BROKEN ? 8 : status,
		 sequence, status ? NULL : &b);
	if (n && m.registered & 1) {
		plan_receipt(l->site, n, fault);
		smpp_tick(l->site);
	}
}

static const char *op_of(uint32_t id)
{
	return id == SUBMIT    ? "submit"
	       : id == ENQUIRE ? "enquire"
	       : id == UNBIND  ? "unbind"
			       : "bind";
}

static void answer_pdu(struct line *l, uint32_t id, uint32_t sequence, struct cursor *c)
{
	struct hy_practice_fault_rule fault = fault_take_wire(l->site, HY_PRACTICE_SMS, op_of(id));

	l->site->calls[HY_PRACTICE_SMS]++;
	if (fault.kind == HY_FAULT_DOWN) {
		wire_cut(l);
		return;
	}
	if (fault.kind == HY_FAULT_HANG)
		return;
	switch (id) {
	case BIND_RECEIVER:
	case BIND_TRANSMITTER:
	case BIND_BOTH:
		answer_bind(l, id, sequence, c,
			    fault.kind == HY_FAULT_ERROR  ? (uint32_t)fault.code
			    : fault.kind == HY_FAULT_DENY ? 0xE
							  : 0);
		break;
	case SUBMIT:
		answer_submit(l, sequence, c, &fault);
		break;
	case ENQUIRE:
		send_pdu(l, id | (uint32_t)ANSWER, 0, sequence, NULL);
		break;
	case UNBIND:
		send_pdu(l, id | (uint32_t)ANSWER, 0, sequence, NULL);
		wire_close(l);
		break;
	default:
		send_pdu(l, (uint32_t)ANSWER, 3, sequence, NULL); /* generic_nack */
	}
}

static void smpp_heard(struct line *l)
{
	while (l->fd >= 0 && l->in.len >= HEAD) {
		const uint8_t *p = (const uint8_t *)l->in.data;
		uint32_t n = get32(p), id = get32(p + 4), sequence = get32(p + 12);
		struct cursor c = {p + HEAD, p + n, false};

		if (n < HEAD || n > PDU_MAX) {
			wire_cut(l);
			return;
		}
		if (l->in.len < n)
			return;
		if (id == (DELIVER | (uint32_t)ANSWER))
			delivered(l, sequence, get32(p + 8));
		else if (!(id & (uint32_t)ANSWER))
			answer_pdu(l, id, sequence, &c);
		wire_eat(l, n);
	}
}

static void smpp_opened(struct line *l)
{
	struct session *s = hy_new(l, struct session);

	s->next = 1;
	s->serial = ++centre_of(l->site)->serials;
	l->own = s;
}

const struct speech speech_smpp = {"smpp", smpp_opened, smpp_heard};
