/*
 * Records and stamps: the bytes of a document and of a commit. A record carries its own checksum,
 * as Xapian's blocks have none: a flipped bit is found when it is read, not when it is believed.
 */
#include "config.h"

#include "index/layout.h"

#include "base/base.h"

#include <string.h>

static void put_varint(struct hy_buf *b, uint64_t v)
{
	while (v >= 0x80) {
		hy_buf_chr(b, (char)(v | 0x80));
		v >>= 7;
	}
	hy_buf_chr(b, (char)v);
}

static void put_signed(struct hy_buf *b, int64_t v)
{
	put_varint(b, (uint64_t)v << 1 ^ (uint64_t)(v >> 63));
}

static void put_text(struct hy_buf *b, const char *s, size_t n)
{
	put_varint(b, n);
	hy_buf_add(b, s, n);
}

static void put_sketch(struct hy_buf *b, const struct hy_sketch *s)
{
	for (size_t i = 0; i < 8 * HY_SKETCH_WORDS; i++)
		hy_buf_chr(b, (char)(s->w[i / 8] >> 8 * (i % 8)));
}

bool hy_rec_encode(struct hy_buf *b, const struct hy_rec *r)
{
	hy_buf_reset(b);
	hy_buf_add(b, "\0\0\0\0", 4);
	put_signed(b, r->seq);
	put_signed(b, r->seq - r->id.v);
	put_signed(b, r->revision);
	put_signed(b, r->taken);
	put_signed(b, r->taken - r->facts.posted);
	put_signed(b, r->facts.source.v);
	put_varint(b, (uint64_t)r->facts.kind);
	put_varint(b, r->facts.flags);
	put_text(b, r->facts.place, r->facts.place_n);
	put_text(b, r->facts.title, r->facts.title_n);
	put_text(b, r->facts.text, r->facts.text_n);
	if (r->sketched)
		put_sketch(b, &r->sketch);
	if (b->over)
		return false;
	uint32_t sum = (uint32_t)hy_xxh64(b->data + 4, b->len - 4);
	memcpy(b->data, &sum, 4);
	return true;
}

struct reader {
	const unsigned char *p, *end;
	bool bad;
};

static uint64_t get_varint(struct reader *rd)
{
	uint64_t v = 0;
	for (int shift = 0; shift < 64; shift += 7) {
		if (rd->p >= rd->end)
			break;
		unsigned char c = *rd->p++;
		v |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80)
			return v;
	}
	rd->bad = true;
	return 0;
}

static int64_t get_signed(struct reader *rd)
{
	uint64_t v = get_varint(rd);
	return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

static const char *get_text(struct reader *rd, size_t *n)
{
	uint64_t len = get_varint(rd);
	if (rd->bad || len > (uint64_t)(rd->end - rd->p)) {
		rd->bad = true;
		*n = 0;
		return "";
	}
	const char *s = (const char *)rd->p;
	rd->p += len;
	*n = (size_t)len;
	return s;
}

/* The end of a record; one without was short, or written before there were sketches. */
static void get_sketch(struct reader *rd, struct hy_rec *r)
{
	if (rd->bad || rd->p == rd->end)
		return;
	if (rd->end - rd->p != 8 * HY_SKETCH_WORDS) {
		rd->bad = true;
		return;
	}
	for (size_t i = 0; i < 8 * HY_SKETCH_WORDS; i++)
		r->sketch.w[i / 8] |= (uint64_t)*rd->p++ << 8 * (i % 8);
	r->sketched = true;
}

enum hy_status hy_rec_decode(struct hy_rec *r, const void *data, size_t n, struct hy_err *err)
{
	uint32_t sum = 0;
	struct reader rd = {(const unsigned char *)data + 4, (const unsigned char *)data + n,
			    false};
	if (n > 4)
		memcpy(&sum, data, 4);
	if (n <= 4 || (uint32_t)hy_xxh64(rd.p, n - 4) != sum)
		return hy_err_set(err, HY_ECORRUPT, _("the index holds a damaged document; %s"),
				  HY_INDEX_CURE);
	struct hy_rec x = {0};
	x.seq = get_signed(&rd);
	x.id.v = x.seq - get_signed(&rd);
	x.revision = (int)get_signed(&rd);
	x.taken = get_signed(&rd);
	x.facts.posted = x.taken - get_signed(&rd);
	x.facts.source.v = get_signed(&rd);
	x.facts.kind = (enum hy_item_kind)get_varint(&rd);
	x.facts.flags = (unsigned)get_varint(&rd);
	x.facts.place = get_text(&rd, &x.facts.place_n);
	x.facts.title = get_text(&rd, &x.facts.title_n);
	x.facts.text = get_text(&rd, &x.facts.text_n);
	get_sketch(&rd, &x);
	if (rd.bad)
		return hy_err_set(err, HY_ECORRUPT, _("the index holds a damaged document; %s"),
				  HY_INDEX_CURE);
	*r = x;
	return HY_OK;
}

uint64_t hy_rec_sum(const void *data, size_t n)
{
	return hy_xxh64(data, n);
}

uint32_t hy_docid_of(int64_t seq, int64_t base)
{
	if (seq <= base || seq - base >= (int64_t)HY_DOCID_TOP)
		return 0;
	return HY_DOCID_TOP - (uint32_t)(seq - base);
}

/* ---- stamps ---- */

char *hy_stamp_text(const void *ctx, const struct hy_stamp *s)
{
	char *body =
		hy_strf(ctx,
			"%d %d %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64
			" %" PRId64 " %" PRIx64 " %" PRIx64,
			s->version, s->fold, s->base, s->cursor, s->docs, s->seq_min, s->seq_max,
			s->posted_min, s->posted_max, s->sum_docs, s->sum_postings);
	char *text = hy_strf(ctx, "%s %016" PRIx64, body, hy_xxh64(body, strlen(body)));
	talloc_free(body);
	return text;
}

static bool stamp_parse(struct hy_stamp *s, const char *text)
{
	uint64_t sum = 0;
	const char *last = strrchr(text, ' ');
	if (last == NULL || sscanf(last, " %" SCNx64, &sum) != 1 ||
	    sum != hy_xxh64(text, (size_t)(last - text)))
		return false;
	return sscanf(text,
		      "%d %d %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64
		      " %" SCNd64 " %" SCNx64 " %" SCNx64,
		      &s->version, &s->fold, &s->base, &s->cursor, &s->docs, &s->seq_min,
		      &s->seq_max, &s->posted_min, &s->posted_max, &s->sum_docs,
		      &s->sum_postings) == 11;
}

enum hy_status hy_stamp_read(struct hy_stamp *s, struct hy_xdb *db, const char *where,
			     struct hy_err *err)
{
	char *text = NULL;
	struct hy_stamp x = {0};
	enum hy_status st = hy_xdb_get(db, NULL, "stamp", &text, err);
	if (st != HY_OK)
		return st;
	bool good = stamp_parse(&x, text);
	talloc_free(text);
	if (!good)
		return hy_err_set(err, HY_ECORRUPT, _("%s: the stamp of the index is damaged; %s"),
				  where, HY_INDEX_CURE);
	if (x.version != HY_INDEX_VERSION || x.fold != HY_FOLD_VERSION)
		return hy_err_set(err, HY_ECORRUPT,
				  _("%s: the index was made by another version (analyser %d, fold "
				    "%d; this program: %d, %d); %s"),
				  where, x.version, x.fold, HY_INDEX_VERSION, HY_FOLD_VERSION,
				  HY_INDEX_CURE);
	*s = x;
	return HY_OK;
}
