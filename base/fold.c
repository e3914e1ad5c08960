/*
 * The one fold: a table look-up a character, with two slow turns: lists (expansions, removals,
 * astral characters) and characters that combine, for which the piece of output from the last
 * starter on is decomposed, sorted and composed anew (NFC). A starter keeps at most MARKS_MAX
 * marks.
 */
#include "base/base.h"
#include "base/foldtable.h"

#include <endian.h>
#include <string.h>

#define MARKS_MAX 30

#define HANGUL_S 0xAC00u
#define HANGUL_L 0x1100u
#define HANGUL_V 0x1161u
#define HANGUL_T 0x11A7u

struct fold {
	char *out;
	size_t o, room;
	size_t starter;	     /* where the last character of class 0 begins, SIZE_MAX = none */
	uint32_t *map;	     /* as hy_folded.map, or NULL */
	uint32_t from;	     /* offset in the original of the character at work */
	uint32_t blank_from; /* where the blank that waits began */
	bool pending;	     /* a blank waits */
	bool han;	     /* the last character put out is like Han */
	bool full;
};

bool hy_is_han(uint32_t cp)
{
	return (cp >= 0x4E00 && cp <= 0x9FFF) || (cp >= 0x3400 && cp <= 0x4DBF) || cp == 0x3005 ||
	       cp == 0x3006 || cp == 0x3007 || (cp >= 0x3021 && cp <= 0x3029) ||
	       (cp >= 0x3038 && cp <= 0x303A) || (cp >= 0xF900 && cp <= 0xFAFF) ||
	       (cp >= 0x20000 && cp <= 0x2FA1F) || (cp >= 0x30000 && cp <= 0x323AF);
}

bool hy_is_blank(uint32_t cp)
{
	return cp < 0x10000 && (hy_fold_bmp[cp] & FOLD_BLANK) != 0;
}

static const uint32_t *find_list(const struct hy_fold_entry *e, size_t n, uint32_t cp)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (e[mid].cp < cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && e[lo].cp == cp ? hy_fold_lists + e[lo].list : NULL;
}

/* The combining class when cp combines, else -1. */
static int class_of(uint32_t cp)
{
	size_t lo = 0, hi = hy_fold_n_classes;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (hy_fold_classes[mid].cp < cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < hy_fold_n_classes && hy_fold_classes[lo].cp == cp)
		return hy_fold_classes[lo].ccc;
	return -1;
}

static int ccc(uint32_t cp)
{
	int c = class_of(cp);

	return c < 0 ? 0 : c;
}

static bool is_combining(uint32_t cp)
{
	return cp < 0x10000 ? (hy_fold_bmp[cp] & FOLD_COMBINES) != 0 : class_of(cp) >= 0;
}

static bool is_han_like(uint32_t cp)
{
	return cp < 0x10000 ? (hy_fold_bmp[cp] & FOLD_HAN) != 0 : hy_is_han(cp);
}

static uint32_t compose_hangul(uint32_t a, uint32_t b)
{
	if (a - HANGUL_L < 19 && b - HANGUL_V < 21)
		return HANGUL_S + ((a - HANGUL_L) * 21 + (b - HANGUL_V)) * 28;
	if (a - HANGUL_S < 11172 && (a - HANGUL_S) % 28 == 0 && b - HANGUL_T - 1 < 27)
		return a + (b - HANGUL_T);
	return 0;
}

/* The primary composite of a and b, or 0. */
static uint32_t compose(uint32_t a, uint32_t b)
{
	size_t lo = 0, hi = hy_fold_n_pairs;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct hy_fold_pair *p = &hy_fold_pairs[mid];

		if (p->a < a || (p->a == a && p->b < b))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < hy_fold_n_pairs && hy_fold_pairs[lo].a == a && hy_fold_pairs[lo].b == b)
		return hy_fold_pairs[lo].ab;
	return compose_hangul(a, b);
}

#define PIECE_MAX (MARKS_MAX + 8)

struct piece {
	uint32_t cp[PIECE_MAX];
	size_t n;
};

/* Adds cp in decomposed form, each mark behind those of its class or a lower one. */
static void piece_add(struct piece *p, uint32_t cp)
{
	const uint32_t *list = NULL;
	uint32_t jamo[4] = {0}, s = cp - HANGUL_S;

	if (s < 11172) {
		jamo[0] = s % 28 ? 3 : 2;
		jamo[1] = HANGUL_L + s / 588;
		jamo[2] = HANGUL_V + s % 588 / 28;
		jamo[3] = HANGUL_T + s % 28;
		list = jamo;
	} else {
		list = find_list(hy_fold_decomp, hy_fold_n_decomp, cp);
	}
	if (list == NULL) {
		jamo[0] = 1;
		jamo[1] = cp;
		list = jamo;
	}
	for (uint32_t k = 1; k <= list[0] && p->n < PIECE_MAX; k++) {
		int c = ccc(list[k]);
		size_t at = p->n++;

		while (c > 0 && at > 0 && ccc(p->cp[at - 1]) > c) {
			p->cp[at] = p->cp[at - 1];
			at--;
		}
		p->cp[at] = list[k];
	}
}

/* Canonical composition in place. */
static void piece_compose(struct piece *p)
{
	size_t starter = SIZE_MAX, o = 0;
	int last = -1;

	for (size_t i = 0; i < p->n; i++) {
		uint32_t cp = p->cp[i], ab;
		int c = ccc(cp);

		if (starter != SIZE_MAX && last < c && (ab = compose(p->cp[starter], cp)) != 0) {
			p->cp[starter] = ab;
			continue;
		}
		if (c == 0) {
			starter = o;
			last = -1;
		} else {
			last = c;
		}
		p->cp[o++] = cp;
	}
	p->n = o;
}

/* Bytes of cp at the end of the output, without looking at blanks. */
static void write_cp(struct fold *f, uint32_t cp, uint32_t from)
{
	if (f->room - f->o < 4) {
		f->full = true;
		return;
	}
	size_t n = hy_utf8_encode(cp, f->out + f->o);
	for (size_t k = 0; f->map && k < n; k++)
		f->map[f->o + k] = from;
	f->o += n;
}

static void hold_blank(struct fold *f)
{
	if (!f->pending)
		f->blank_from = f->from;
	f->pending = true;
}

static void blank_before(struct fold *f, bool han)
{
	if (!f->pending)
		return;
	f->pending = false;
	if (f->o == 0 || (f->han && han))
		return;
	f->starter = f->o;
	write_cp(f, ' ', f->blank_from);
}

/* A character that combines: the output from the last starter on is composed again with it. */
static void write_combining(struct fold *f, uint32_t cp)
{
	struct piece p = {.n = 0};
	size_t begin, at, len;
	uint32_t from = f->from;

	blank_before(f, false);
	begin = f->starter != SIZE_MAX ? f->starter : 0;
	if (begin < f->o && f->map)
		from = f->map[begin];
	for (at = begin; at < f->o; at += len)
		piece_add(&p, hy_utf8_decode(f->out + at, f->out + f->o, &len));
	if (p.n > MARKS_MAX)
		return; /* one mark too many on this starter: dropped */
	piece_add(&p, cp);
	piece_compose(&p);
	f->o = begin;
	for (size_t i = 0; i < p.n && !f->full; i++) {
		if (ccc(p.cp[i]) == 0)
			f->starter = f->o;
		write_cp(f, p.cp[i], i == 0 ? from : f->from);
	}
	f->han = false;
}

/* One character of folded text; blanks have been seen to by the caller. */
static void write_folded(struct fold *f, uint32_t cp)
{
	if (cp == ' ') {
		hold_blank(f);
	} else if (is_combining(cp)) {
		write_combining(f, cp);
	} else {
		bool han = is_han_like(cp);

		blank_before(f, han);
		f->starter = f->o;
		f->han = han;
		write_cp(f, cp, f->from);
	}
}

static void fold_slowly(struct fold *f, uint32_t cp)
{
	uint32_t w = cp < 0x10000 ? hy_fold_bmp[cp] : 0;
	const uint32_t *list;

	if (w & FOLD_BLANK) {
		hold_blank(f);
		return;
	}
	if (cp >= 0x10000)
		list = find_list(hy_fold_astral, hy_fold_n_astral, cp);
	else if (w & FOLD_LIST)
		list = hy_fold_lists + (w & 0xFFFFFF);
	else {
		char bytes[4] = {(char)w, (char)(w >> 8), (char)(w >> 16), 0};
		size_t len;

		write_folded(f, hy_utf8_decode(bytes, bytes + 4, &len));
		return;
	}
	if (list == NULL) {
		write_folded(f, cp);
		return;
	}
	for (uint32_t k = 1; k <= list[0] && !f->full; k++)
		write_folded(f, list[k]);
}

/* The code point at p (3 bytes may be read) when it has at most three bytes, else UINT32_MAX. */
static inline uint32_t decode_short(const unsigned char *p, size_t *len)
{
	if (p[0] < 0x80) {
		*len = 1;
		return p[0];
	}
	if (p[0] < 0xE0) {
		*len = 2;
		return (p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu);
	}
	*len = 3;
	return p[0] < 0xF0 ? (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu)
			   : UINT32_MAX;
}

/*
 * The hot path: plain characters and blanks from s[i] on, with all state in locals; stops at the
 * first character with a slow turn, near the end of s or of the room. Returns the new i.
 */
static inline size_t fold_plain(struct fold *f, const char *s, size_t n, size_t i, uint32_t *map)
{
	char *out = f->out;
	size_t o = f->o, starter = f->starter, room = f->room, len;
	bool pending = f->pending, han = f->han;
	uint32_t blank_from = f->blank_from, bytes;

	while (i + 3 <= n && o + 8 <= room) {
		uint32_t cp = decode_short((const unsigned char *)s + i, &len), w;

		if (cp == UINT32_MAX)
			break;
		w = hy_fold_bmp[cp];
		if (w & FOLD_SLOW) {
			if (!(w & FOLD_BLANK))
				break;
			if (!pending)
				blank_from = (uint32_t)i;
			pending = true;
			i += len;
			continue;
		}
		if (pending) {
			pending = false;
			if (o > 0 && !(han && (w & FOLD_HAN))) {
				if (map)
					map[o] = blank_from;
				out[o++] = ' ';
			}
		}
		starter = o;
		bytes = htole32(w);
		memcpy(out + o, &bytes, sizeof(bytes)); /* the fourth is overwritten by the next */
		if (map)
			map[o] = map[o + 1] = map[o + 2] = (uint32_t)i;
		o += FOLD_LEN(w);
		han = (w & FOLD_HAN) != 0;
		i += len;
	}
	f->o = o;
	f->starter = starter;
	f->pending = pending;
	f->han = han;
	f->blank_from = blank_from;
	return i;
}

/* Folds all of s; the bytes written, or SIZE_MAX when room (4 to spare) is too small. */
static size_t fold_all(struct fold *f, const char *s, size_t n)
{
	size_t i = 0, len;

	while (i < n && !f->full) {
		i = f->map ? fold_plain(f, s, n, i, f->map) : fold_plain(f, s, n, i, NULL);
		if (i >= n)
			break;
		f->from = (uint32_t)i;
		fold_slowly(f, hy_utf8_decode(s + i, s + n, &len));
		i += len;
	}
	return f->full ? SIZE_MAX : f->o;
}

size_t hy_fold_into(const char *s, size_t n, char *out, size_t room)
{
	struct fold f = {.out = out, .room = room, .starter = SIZE_MAX};

	return fold_all(&f, s, n);
}

enum hy_status hy_fold(const void *ctx, const char *s, size_t n, unsigned flags,
		       struct hy_folded *out, struct hy_err *err)
{
	/* The longest expansion (U+FDFA) makes 33 bytes of 3; most texts do not grow at all. */
	static const size_t times[] = {1, 3, 12};
	struct fold f = {0};
	size_t got = SIZE_MAX;

	if (n > HY_FOLD_MAX_BYTES)
		return hy_err_set(err, HY_EINPUT, "text of %zu bytes: at most %u can be folded", n,
				  HY_FOLD_MAX_BYTES);
	for (size_t t = 0; t < HY_LEN(times) && got == SIZE_MAX; t++) {
		size_t room = n * times[t] + 64;

		talloc_free(f.out);
		talloc_free(f.map);
		f = (struct fold){.room = room, .starter = SIZE_MAX};
		f.out = hy_grow(ctx, NULL, char, room);
		if (flags & HY_FOLD_MAP)
			f.map = hy_grow(ctx, NULL, uint32_t, room);
		got = fold_all(&f, s, n);
	}
	if (got == SIZE_MAX)
		HY_BUG("a fold grew more than twelvefold");
	f.out[got] = '\0';
	if (f.map)
		f.map[got] = (uint32_t)n;
	*out = (struct hy_folded){.s = f.out, .n = got, .map = f.map};
	return HY_OK;
}
