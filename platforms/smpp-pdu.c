/*
 * SMPP 3.4 on paper: PDUs to fields and back, texts to parts and back, receipts to words. Pure.
 * Every length is checked against the PDU before a byte is read.
 */
#include "platforms/internal.h"

#include <stdlib.h>
#include <string.h>

#define TAG_SAR_REF 0x020C
#define TAG_SAR_TOTAL 0x020E
#define TAG_SAR_AT 0x020F
#define TAG_MESSAGE_PAYLOAD 0x0424
#define TAG_RECEIPTED_ID 0x001E
#define TAG_MESSAGE_STATE 0x0427
#define PART_SEPTETS 153 /* of GSM 7, and 160 in one */
#define PART_UNITS 67	 /* of UCS-2, and 70 in one */

/* ---- writing ---- */

static void put32(struct hy_buf *b, uint32_t v)
{
	const uint8_t bytes[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
				  (uint8_t)v};

	hy_buf_add(b, bytes, 4);
}

static void put8(struct hy_buf *b, unsigned v)
{
	hy_buf_chr(b, (char)v);
}

/* A C-octet string of at most max - 1 bytes. */
static void put_cstr(struct hy_buf *b, const char *s, size_t max)
{
	size_t n = s != NULL ? strlen(s) : 0;

	hy_buf_add(b, s != NULL ? s : "", n < max ? n : max - 1);
	put8(b, 0);
}

static void begin(struct hy_buf *b, const void *ctx, uint32_t id, uint32_t status, uint32_t seq)
{
	hy_buf_init(b, ctx, HY_SMPP_PDU_MAX);
	put32(b, 0);
	put32(b, id);
	put32(b, status);
	put32(b, seq);
}

static char *end(struct hy_buf *b, size_t *n_out)
{
	uint32_t n = (uint32_t)b->len;

	b->data[0] = (char)(n >> 24);
	b->data[1] = (char)(n >> 16);
	b->data[2] = (char)(n >> 8);
	b->data[3] = (char)n;
	return hy_buf_take(b, n_out);
}

char *hy_smpp_plain(const void *ctx, uint32_t id, uint32_t status, uint32_t seq, size_t *n_out)
{
	struct hy_buf b;

	begin(&b, ctx, id, status, seq);
	if (id == (HY_SMPP_DELIVER | HY_SMPP_RESP) || id == (HY_SMPP_DATA | HY_SMPP_RESP))
		put8(&b, 0); /* message_id, unused */
	return end(&b, n_out);
}

char *hy_smpp_bind(const void *ctx, uint32_t as, const struct hy_smpp_login *login, uint32_t seq,
		   size_t *n_out)
{
	struct hy_buf b;

	begin(&b, ctx, as, 0, seq);
	put_cstr(&b, login->system_id, 16);
	put_cstr(&b, login->password != NULL ? hy_secret_text(login->password, NULL) : "", 9);
	put_cstr(&b, login->system_type, 13);
	put8(&b, 0x34);
	put8(&b, 0);
	put8(&b, 0);
	put_cstr(&b, "", 41);
	return end(&b, n_out);
}

char *hy_smpp_submit(const void *ctx, const struct hy_smpp_message *m,
		     const struct hy_smpp_part *part, uint32_t seq, size_t *n_out)
{
	struct hy_buf b;

	begin(&b, ctx, HY_SMPP_SUBMIT, 0, seq);
	put_cstr(&b, "", 6);
	put8(&b, m->source_ton);
	put8(&b, m->source_npi);
	put_cstr(&b, m->source, 21);
	put8(&b, m->dest_ton);
	put8(&b, m->dest_npi);
	put_cstr(&b, m->dest, 21);
	put8(&b, part->udh ? 0x40 : 0);
	put8(&b, 0);
	put8(&b, 0);
	put_cstr(&b, "", 17);
	put_cstr(&b, "", 17);
	put8(&b, m->want_receipt ? 1 : 0);
	put8(&b, 0);
	put8(&b, part->coding);
	put8(&b, 0);
	put8(&b, (unsigned)part->n);
	hy_buf_add(&b, part->bytes, part->n);
	return end(&b, n_out);
}

/* ---- texts ---- */

/* GSM 03.38, the default alphabet; index = septet. 27 is the escape. */
static const uint16_t gsm[128] = {
	0x40,  0xA3, 0x24, 0xA5,  0xE8, 0xE9,  0xF9,  0xEC,  0xF2,  0xC7,  0x0A,  0xD8,	 0xF8,
	0x0D,  0xC5, 0xE5, 0x394, 0x5F, 0x3A6, 0x393, 0x39B, 0x3A9, 0x3A0, 0x3A8, 0x3A3, 0x398,
	0x39E, 0xA0, 0xC6, 0xE6,  0xDF, 0xC9,  0x20,  0x21,  0x22,  0x23,  0xA4,  0x25,	 0x26,
	0x27,  0x28, 0x29, 0x2A,  0x2B, 0x2C,  0x2D,  0x2E,  0x2F,  0x30,  0x31,  0x32,	 0x33,
	0x34,  0x35, 0x36, 0x37,  0x38, 0x39,  0x3A,  0x3B,  0x3C,  0x3D,  0x3E,  0x3F,	 0xA1,
	0x41,  0x42, 0x43, 0x44,  0x45, 0x46,  0x47,  0x48,  0x49,  0x4A,  0x4B,  0x4C,	 0x4D,
	0x4E,  0x4F, 0x50, 0x51,  0x52, 0x53,  0x54,  0x55,  0x56,  0x57,  0x58,  0x59,	 0x5A,
	0xC4,  0xD6, 0xD1, 0xDC,  0xA7, 0xBF,  0x61,  0x62,  0x63,  0x64,  0x65,  0x66,	 0x67,
	0x68,  0x69, 0x6A, 0x6B,  0x6C, 0x6D,  0x6E,  0x6F,  0x70,  0x71,  0x72,  0x73,	 0x74,
	0x75,  0x76, 0x77, 0x78,  0x79, 0x7A,  0xE4,  0xF6,  0xF1,  0xFC,  0xE0};
static const struct {
	uint8_t septet;
	uint16_t cp;
} gsm_more[] = {{0x0A, 0x0C}, {0x14, 0x5E}, {0x28, 0x7B}, {0x29, 0x7D}, {0x2F, 0x5C},
		{0x3C, 0x5B}, {0x3D, 0x7E}, {0x3E, 0x5D}, {0x40, 0x7C}, {0x65, 0x20AC}};

/* Septets of one character: into out[2], their number; 0 when the alphabet has it not. */
static size_t gsm_encode(uint32_t cp, uint8_t out[2])
{
	for (size_t i = 0; i < HY_LEN(gsm); i++)
		if (gsm[i] == cp && i != 27) {
			out[0] = (uint8_t)i;
			return 1;
		}
	for (size_t i = 0; i < HY_LEN(gsm_more); i++)
		if (gsm_more[i].cp == cp) {
			out[0] = 27;
			out[1] = gsm_more[i].septet;
			return 2;
		}
	return 0;
}

static bool all_gsm(const char *s, size_t n)
{
	uint8_t out[2];

	for (const char *p = s, *end_s = s + n; p < end_s;) {
		size_t len;

		if (gsm_encode(hy_utf8_decode(p, end_s, &len), out) == 0)
			return false;
		p += len;
	}
	return true;
}

/* UTF-16BE units of one character; bytes into out[4], their number. */
static size_t ucs2_encode(uint32_t cp, uint8_t out[4])
{
	if (cp < 0x10000) {
		out[0] = (uint8_t)(cp >> 8);
		out[1] = (uint8_t)cp;
		return 2;
	}
	cp -= 0x10000;
	uint32_t hi = 0xD800 + (cp >> 10), lo = 0xDC00 + (cp & 0x3FF);

	out[0] = (uint8_t)(hi >> 8);
	out[1] = (uint8_t)hi;
	out[2] = (uint8_t)(lo >> 8);
	out[3] = (uint8_t)lo;
	return 4;
}

/* Units (septets, or pairs of bytes) that this character takes. */
static size_t encode(bool seven, uint32_t cp, uint8_t out[4], size_t *n_bytes)
{
	*n_bytes = seven ? gsm_encode(cp, out) : ucs2_encode(cp, out);
	return seven ? *n_bytes : *n_bytes / 2;
}

static size_t units_of(bool seven, const char *s, size_t n)
{
	size_t units = 0;
	uint8_t out[4];

	for (const char *p = s, *end_s = s + n; p < end_s;) {
		size_t len, bytes;

		units += encode(seven, hy_utf8_decode(p, end_s, &len), out, &bytes);
		p += len;
	}
	return units;
}

static void part_head(struct hy_smpp_part *part, uint8_t ref, unsigned total, unsigned at)
{
	const uint8_t head[] = {5, 0, 3, ref, (uint8_t)total, (uint8_t)at};

	memcpy(part->bytes, head, sizeof(head));
	part->n = sizeof(head);
	part->udh = true;
}

/* Fills parts (or only counts, parts NULL): no character is torn over two. */
static size_t split(bool seven, const char *s, size_t n, size_t room, struct hy_smpp_part *parts)
{
	size_t at = 0, used = 0;

	for (const char *p = s, *end_s = s + n; p < end_s;) {
		uint8_t out[4];
		size_t len, bytes,
			units = encode(seven, hy_utf8_decode(p, end_s, &len), out, &bytes);

		if (used + units > room) {
			at++;
			used = 0;
		}
		if (parts != NULL) {
			memcpy(parts[at].bytes + parts[at].n, out, bytes);
			parts[at].n += bytes;
		}
		used += units;
		p += len;
	}
	return at + 1;
}

enum hy_status hy_smpp_split(const void *ctx, const char *text, uint8_t ref,
			     struct hy_smpp_part **out, size_t *n_out, struct hy_err *err)
{
	size_t n = strlen(text), total = 1;
	struct hy_smpp_part *parts;

	if (n == 0 || !hy_utf8_valid(text, n))
		return hy_err_set(err, HY_EINPUT, _("the text of a message is empty or not UTF-8"));
	bool seven = all_gsm(text, n);
	size_t one = seven ? 160 : 70, each = seven ? PART_SEPTETS : PART_UNITS;
	size_t units = n > 100000 ? SIZE_MAX : units_of(seven, text, n);
	bool long_one = units > one;

	if (units <= one * HY_SMPP_PARTS_MAX && long_one)
		total = split(seven, text, n, each, NULL);
	if (units > one * HY_SMPP_PARTS_MAX || total > HY_SMPP_PARTS_MAX)
		return hy_err_set(err, HY_EINPUT, _("the text is too long: more than %d messages"),
				  HY_SMPP_PARTS_MAX);
	parts = hy_new_array(ctx, struct hy_smpp_part, total);
	for (size_t i = 0; i < total; i++) {
		parts[i].coding = seven ? 0 : 8;
		if (long_one)
			part_head(&parts[i], ref, (unsigned)total, (unsigned)i + 1);
	}
	(void)split(seven, text, n, long_one ? each : one, parts);
	*out = parts;
	*n_out = total;
	return HY_OK;
}

static void add_cp(struct hy_buf *b, uint32_t cp)
{
	char bytes[4];

	/* half a pair, and U+0000, is no character */
	hy_buf_add(b, bytes,
		   hy_utf8_encode(cp == 0 || (cp >= 0xD800 && cp < 0xE000) ? 0xFFFD : cp, bytes));
}

static void gsm_decode(struct hy_buf *b, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t cp = p[i] < 128 ? gsm[p[i]] : 0xFFFD;

		if (p[i] == 27 && i + 1 < n) {
			i++;
			cp = 0xFFFD;
			for (size_t k = 0; k < HY_LEN(gsm_more); k++)
				if (gsm_more[k].septet == p[i])
					cp = gsm_more[k].cp;
		}
		add_cp(b, cp);
	}
}

static void ucs2_decode(struct hy_buf *b, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 1 < n; i += 2) {
		uint32_t cp = (uint32_t)p[i] << 8 | p[i + 1];

		if (cp >= 0xD800 && cp < 0xDC00 && i + 3 < n) {
			uint32_t lo = (uint32_t)p[i + 2] << 8 | p[i + 3];

			if (lo >= 0xDC00 && lo < 0xE000) {
				cp = 0x10000 + ((cp - 0xD800) << 10) + (lo - 0xDC00);
				i += 2;
			}
		}
		add_cp(b, cp);
	}
}

/* ---- reading ---- */

struct reader {
	const uint8_t *p, *end;
	bool bad;
};

static unsigned get8(struct reader *r)
{
	if (r->p >= r->end) {
		r->bad = true;
		return 0;
	}
	return *r->p++;
}

static unsigned get16(struct reader *r)
{
	unsigned hi = get8(r);

	return hi << 8 | get8(r);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Visible ASCII of a C-octet string; what is none becomes '?'. "" when it is missing. */
static char *get_cstr(const void *ctx, struct reader *r, size_t max)
{
	const uint8_t *start = r->p;
	size_t left = (size_t)(r->end - r->p);
	const uint8_t *nul = left > 0 ? memchr(start, 0, left < max ? left : max) : NULL;

	if (nul == NULL) {
		r->bad = true;
		return hy_strdup(ctx, "");
	}
	r->p = nul + 1;
	char *s = hy_strndup(ctx, (const char *)start, (size_t)(nul - start));

	for (char *c = s; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	return s;
}

enum hy_smpp_frame hy_smpp_frame(const char *bytes, size_t n, size_t *len)
{
	if (n < 4)
		return HY_SMPP_MORE;
	uint32_t size = be32((const uint8_t *)bytes);

	if (size < 16 || size > HY_SMPP_PDU_MAX)
		return HY_SMPP_BROKEN;
	*len = size;
	return n >= size ? HY_SMPP_WHOLE : HY_SMPP_MORE;
}

/* Part `at` of `total`, where that can be. */
static void part_is(struct hy_smpp_pdu *out, unsigned ref, unsigned total, unsigned at)
{
	if (at == 0 || at > total)
		return;
	out->part_ref = ref;
	out->part_total = total;
	out->part_at = at;
}

static void tlvs(const void *ctx, struct reader *r, struct hy_smpp_pdu *out, const uint8_t **body,
		 size_t *n_body)
{
	struct {
		unsigned ref, total, at;
	} sar = {0};

	while ((size_t)(r->end - r->p) >= 4) {
		unsigned tag = get16(r), n = get16(r);
		const uint8_t *v = r->p;

		if (n > (size_t)(r->end - r->p)) {
			r->bad = true;
			return;
		}
		r->p += n;
		if (tag == TAG_RECEIPTED_ID && n > 0 && out->receipt.id == NULL) {
			struct reader in = {v, r->p, false};
			char *copy = hy_strndup(ctx, (const char *)v, n);

			out->receipt.id = memchr(v, 0, n) ? get_cstr(ctx, &in, n) : copy;
		} else if (tag == TAG_MESSAGE_STATE && n == 1) {
			out->receipt.state = v[0];
		} else if (tag == TAG_MESSAGE_PAYLOAD && *n_body == 0) {
			*body = v;
			*n_body = n;
		} else if (tag == TAG_SAR_REF && n == 2) {
			sar.ref = (unsigned)v[0] << 8 | v[1];
		} else if (tag == TAG_SAR_TOTAL && n == 1) {
			sar.total = v[0];
		} else if (tag == TAG_SAR_AT && n == 1) {
			sar.at = v[0];
		}
	}
	part_is(out, sar.ref, sar.total, sar.at);
	if (r->p != r->end)
		r->bad = true;
}

/* "stat:DELIVRD" and its kin in a receipt's text. */
static char *word_after(const void *ctx, const char *text, const char *name)
{
	const char *p = strcasestr(text, name);
	size_t n;

	if (p == NULL)
		return NULL;
	p += strlen(name);
	n = strcspn(p, " ");
	return n > 0 && n <= 65 ? hy_strndup(ctx, p, n) : NULL;
}

static unsigned state_of(const char *word)
{
	static const char *const names[] = {"",	       "ENROUTE", "DELIVRD", "EXPIRED", "DELETED",
					    "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD"};

	for (unsigned i = 1; word != NULL && i < HY_LEN(names); i++)
		if (strcasecmp(word, names[i]) == 0)
			return i;
	return 0;
}

/* The receipt's TLVs come first, the words of its text fill what they leave out. */
static void receipt(const void *ctx, struct hy_smpp_pdu *out)
{
	if (out->receipt.id == NULL)
		out->receipt.id = word_after(ctx, out->text, "id:");
	if (out->receipt.state == 0)
		out->receipt.state = state_of(word_after(ctx, out->text, "stat:"));
	out->receipt.error = word_after(ctx, out->text, "err:");
	for (char *c = (char *)(uintptr_t)out->receipt.id; c != NULL && *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
}

/* Carriers cut between the two halves of a sign beyond the first plane: the halves at the edges of a
 * part are kept apart, for who joins them. */
static void torn_halves(struct hy_smpp_pdu *out, const uint8_t **body, size_t *n)
{
	unsigned first = *n >= 2 ? (unsigned)(*body)[0] << 8 | (*body)[1] : 0, last;

	if (first >= 0xDC00 && first < 0xE000) {
		out->half_first = first;
		*body += 2;
		*n -= 2;
	}
	last = *n >= 2 ? (unsigned)(*body)[*n - 2] << 8 | (*body)[*n - 1] : 0;
	if (last >= 0xD800 && last < 0xDC00) {
		out->half_last = last;
		*n -= 2;
	}
}

static void words(const void *ctx, struct hy_smpp_pdu *out, const uint8_t *body, size_t n)
{
	struct hy_buf b;

	if (out->esm_class & 0x40 && n > 0) { /* a header of its own before the text */
		size_t head = (size_t)body[0] + 1;

		if (head > n)
			return;
		for (size_t i = 1; i + 1 < head && i + 2 + body[i + 1] <= head;
		     i += 2 + (size_t)body[i + 1])
			if (body[i] == 0 && body[i + 1] == 3)
				part_is(out, body[i + 2], body[i + 3], body[i + 4]);
			else if (body[i] == 8 && body[i + 1] == 4) /* its reference has 16 bits */
				part_is(out, (unsigned)body[i + 2] << 8 | body[i + 3], body[i + 4],
					body[i + 5]);
		body += head;
		n -= head;
	}
	hy_buf_init(&b, ctx, 3 * (n + 4));
	if (out->data_coding == 8 && out->part_total > 1)
		torn_halves(out, &body, &n);
	if (out->data_coding == 8)
		ucs2_decode(&b, body, n);
	else if (out->data_coding == 3)
		for (size_t i = 0; i < n; i++)
			add_cp(&b, body[i]);
	else if (out->data_coding == 0 || out->data_coding == 1)
		gsm_decode(&b, body, n);
	out->text = hy_buf_take(&b, NULL);
}

static void deliver(const void *ctx, struct reader *r, struct hy_smpp_pdu *out)
{
	const uint8_t *body = NULL;
	size_t n = 0;

	(void)get_cstr(ctx, r, 6);
	out->source_ton = get8(r);
	(void)get8(r);
	out->source = get_cstr(ctx, r, 66);
	(void)get16(r);
	out->dest = get_cstr(ctx, r, 66);
	out->esm_class = get8(r);
	if (out->id == HY_SMPP_DATA) {
		(void)get8(r);
		out->data_coding = get8(r);
	} else {
		(void)get16(r); /* protocol_id, priority_flag */
		(void)get_cstr(ctx, r, 17);
		(void)get_cstr(ctx, r, 17);
		(void)get16(r); /* registered_delivery, replace_if_present */
		out->data_coding = get8(r);
		(void)get8(r);
		n = get8(r);
		if (n > (size_t)(r->end - r->p)) {
			r->bad = true;
			return;
		}
		body = r->p;
		r->p += n;
	}
	tlvs(ctx, r, out, &body, &n);
	if (body != NULL && !r->bad)
		words(ctx, out, body, n);
	out->is_receipt = (out->esm_class & 0x3C) == 0x04;
	if (out->is_receipt)
		receipt(ctx, out);
}

enum hy_status hy_smpp_read_head(const char *bytes, size_t n, struct hy_smpp_pdu *out)
{
	const uint8_t *p = (const uint8_t *)bytes;

	if (n < 16)
		return HY_EINPUT;
	*out = (struct hy_smpp_pdu){.id = be32(p + 4),
				    .status = be32(p + 8),
				    .seq = be32(p + 12),
				    .text = "",
				    .source = "",
				    .dest = "",
				    .message_id = ""};
	return HY_OK;
}

enum hy_status hy_smpp_read(const void *ctx, const char *bytes, size_t n, struct hy_smpp_pdu *out,
			    struct hy_err *err)
{
	const uint8_t *p = (const uint8_t *)bytes;
	struct hy_smpp_pdu pdu = {.text = "", .source = "", .dest = "", .message_id = ""};
	struct reader r;
	size_t len = 0;

	if (hy_smpp_frame(bytes, n, &len) != HY_SMPP_WHOLE || len != n)
		return hy_err_set(err, HY_EINPUT, _("SMPP: a PDU of a wrong length"));
	pdu.id = be32(p + 4);
	pdu.status = be32(p + 8);
	pdu.seq = be32(p + 12);
	r = (struct reader){p + 16, p + n, false};
	if (pdu.id == HY_SMPP_DELIVER || pdu.id == HY_SMPP_DATA)
		deliver(ctx, &r, &pdu);
	else if (pdu.id == (HY_SMPP_SUBMIT | HY_SMPP_RESP) && r.p < r.end)
		pdu.message_id = get_cstr(ctx, &r, 66);
	if (r.bad)
		return hy_err_set(err, HY_EINPUT, _("SMPP: a PDU of a wrong length"));
	*out = pdu;
	return HY_OK;
}

void hy_smpp_join_halves(unsigned first, unsigned second, char out[HY_SMPP_HALVES_MAX])
{
	size_t n = 0;

	if (first != 0 && second != 0)
		n = hy_utf8_encode(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00), out);
	else if (first != 0 || second != 0)
		n = hy_utf8_encode(0xFFFD, out);
	out[n] = '\0';
}

bool hy_smpp_same_id(const char *a, const char *b)
{
	char *end_a, *end_b;
	bool same = strcasecmp(a, b) == 0;

	/* a receipt may say in decimal what the answer said in hex, and the other way round */
	if (!same && strlen(a) <= 16 && strlen(b) <= 20) {
		uint64_t x = strtoull(a, &end_a, 16), y = strtoull(b, &end_b, 10);

		same = *a != '\0' && *b != '\0' && *end_a == '\0' && *end_b == '\0' && x == y;
	}
	return same;
}
