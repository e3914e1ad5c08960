/*
 * Near-copies: sketches and the table to look them up in. The lanes of MinHash are one hash of each
 * shingle times an odd number plus another; the loop over lanes is compiled for three kinds of
 * processor and chosen when it runs, as plain x86-64 has no multiplication of 32-bit lanes.
 */
#include "config.h"

#include "index/index.h"

#include "base/base.h"

#include <pthread.h>
#include <string.h>

#define LANES 128
#define BAND_BITS 20
#define WALK_MAX 64

/* ---- the permutations ---- */

static uint32_t factor[LANES], shift[LANES];
static pthread_once_t made = PTHREAD_ONCE_INIT;

static uint64_t mix(uint64_t h)
{
	h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9u;
	h = (h ^ h >> 27) * 0x94d049bb133111ebu;
	return h ^ h >> 31;
}

static void make(void)
{
	for (int i = 0; i < LANES; i++) {
		uint64_t h = mix(0x9e3779b97f4a7c15u * (uint64_t)(i + 1));
		factor[i] = (uint32_t)h | 1u;
		shift[i] = (uint32_t)(h >> 32);
	}
}

/*
 * The least of each lane over all shingles, by signed order: which order does not matter. ACROSS
 * lanes stay in four registers through a pass over the text. The compiler makes the registers of
 * the inner loop; gcc does so at the level of optimisation that is asked for here.
 */
#ifdef __clang__
#define UNROLLED
#else
#define UNROLLED __attribute__((optimize("O3")))
#endif
#define LEAST_OF(name, across, attribute)                                                          \
	UNROLLED attribute static void name(const uint32_t *restrict shingles, size_t n,           \
					    int32_t *restrict out)                                 \
	{                                                                                          \
		for (int b = 0; b < LANES; b += (across)) {                                        \
			int32_t m[across];                                                         \
			for (int k = 0; k < (across); k++)                                         \
				m[k] = INT32_MAX;                                                  \
			for (size_t i = 0; i < n; i++)                                             \
				for (int k = 0; k < (across); k++) {                               \
					int32_t x = (int32_t)(shingles[i] * factor[b + k] +        \
							      shift[b + k]);                       \
					m[k] = x < m[k] ? x : m[k];                                \
				}                                                                  \
			memcpy(out + b, m, sizeof(m));                                             \
		}                                                                                  \
	}

LEAST_OF(least_plain, 16, )
#ifdef __x86_64__
LEAST_OF(least_avx2, 32, __attribute__((target("avx2"))))
LEAST_OF(least_avx512, 64, __attribute__((target("avx512f"))))
#endif

static void least(const uint32_t *shingles, size_t n, int32_t out[LANES])
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx512f")) {
		least_avx512(shingles, n, out);
		return;
	}
	if (__builtin_cpu_supports("avx2")) {
		least_avx2(shingles, n, out);
		return;
	}
#endif
	least_plain(shingles, n, out);
}

/* ---- characters ---- */

/* Blanks and what people set anew when they copy. */
bool hy_copies_skips(uint32_t c)
{
	if (c < 0x80)
		return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			 (c >= 'A' && c <= 'Z'));
	return hy_is_blank(c) || (c >= 0xa1 && c <= 0xbf) || (c >= 0x2000 && c <= 0x206f) ||
	       (c >= 0x3000 && c <= 0x303f) || (c >= 0xfe10 && c <= 0xfe6f) ||
	       (c >= 0xff00 && c <= 0xff0f) || c == 0xfffd;
}

static size_t chars_of(const char *s, size_t n, uint32_t *out, size_t room)
{
	const char *end = s + n;
	size_t k = 0, len;

	for (; s < end && k < room; s += len) {
		uint32_t c = hy_utf8_decode(s, end, &len);
		if (!hy_copies_skips(c))
			out[k++] = c;
	}
	return k;
}

bool hy_sketch_of(struct hy_sketch *out, const struct hy_facts *f)
{
	uint32_t c[HY_SKETCH_MAX_CHARS];
	int32_t lane[LANES];
	size_t n = chars_of(f->title, f->title_n, c, HY_SKETCH_MAX_CHARS);

	memset(out, 0, sizeof(*out));
	n += chars_of(f->text, f->text_n, c + n, HY_SKETCH_MAX_CHARS - n);
	if (n == 0)
		return false;
	if (n < HY_SKETCH_SHORT) {
		uint64_t h = hy_xxh64(c, n * sizeof(c[0]));
		for (int i = 0; i < HY_SKETCH_WORDS; i++)
			out->w[i] = mix(h + (uint64_t)i * 0x9e3779b97f4a7c15u);
		return false;
	}
	pthread_once(&made, make);
	for (size_t i = 0; i + 2 < n; i++)
		c[i] = (uint32_t)(mix((uint64_t)c[i] << 42 | (uint64_t)c[i + 1] << 21 | c[i + 2]) >>
				  32);
	least(c, n - 2, lane);
	for (size_t i = 0; i < LANES; i++) {
		uint32_t h = (uint32_t)lane[i];
		h = (h ^ h >> 15) * 0x2c1b3c6du;
		out->w[i / 32] |= (uint64_t)(h >> 30) << 2 * (i % 32);
	}
	return true;
}

static bool is_none(const struct hy_sketch *s)
{
	return (s->w[0] | s->w[1] | s->w[2] | s->w[3]) == 0;
}

int hy_sketch_likeness(const struct hy_sketch *a, const struct hy_sketch *b)
{
	int differ = 0;

	if (is_none(a) || is_none(b))
		return 0;
	for (int i = 0; i < HY_SKETCH_WORDS; i++) {
		uint64_t x = a->w[i] ^ b->w[i];
		differ += __builtin_popcountll((x | x >> 1) & 0x5555555555555555u);
	}
	int in_100 = (400 * (LANES - differ) / LANES - 100) / 3;
	return in_100 > 0 ? in_100 : 0;
}

/* ---- the table ---- */

/*
 * Entries stand in a ring. A chain leads from a key to the newest entry with it and on to older
 * ones by their numbers, counted up without end; a number that has left the window ends its chain,
 * so nothing is ever taken out. Each band has a table of its own.
 */
struct entry {
	struct hy_sketch sketch;
	int64_t key;
	uint32_t older[HY_SKETCH_BANDS]; /* number + 1, 0 = none */
};
struct hy_copies {
	size_t window, n; /* n: entries in use */
	uint32_t next;	  /* number of the next one; wraps */
	struct entry *entries;
	size_t cap;	 /* of entries, grows to window */
	uint32_t *heads; /* number + 1, 0 = none */
	size_t per_band; /* heads of a band: a power of two */
};

struct hy_copies *hy_copies_new(const void *ctx, size_t window)
{
	struct hy_copies *c = hy_new(ctx, struct hy_copies);

	if (window < 1 || window > HY_COPIES_MAX)
		HY_BUG("a window of %zu copies", window);
	c->window = window;
	c->per_band = 32;
	c->heads = hy_new_array(c, uint32_t, HY_SKETCH_BANDS * c->per_band);
	return c;
}

/* The BAND_BITS from the band's 16 on: each shares two lanes with the next. */
static size_t head_of(const struct hy_copies *c, const struct hy_sketch *s, unsigned band)
{
	unsigned w = band / 4, bit = 16 * (band % 4);
	uint64_t key = s->w[w] >> bit;

	if (bit + BAND_BITS > 64)
		key |= s->w[(w + 1) % HY_SKETCH_WORDS] << (64 - bit);
	key &= (1u << BAND_BITS) - 1;
	return band * c->per_band +
	       ((size_t)((key * 0x9e3779b97f4a7c15u) >> 40) & (c->per_band - 1));
}

/* How long ago the entry of a link was put in (1 = the last), 0 when it has left the window. */
static uint32_t age_of(const struct hy_copies *c, uint32_t link)
{
	uint32_t age = c->next - (link - 1);
	return link == 0 || age == 0 || age > c->n ? 0 : age;
}

static struct entry *entry_at(const struct hy_copies *c, uint32_t number)
{
	return &c->entries[number % (uint32_t)c->cap];
}

static void chain(struct hy_copies *c, uint32_t number)
{
	struct entry *e = entry_at(c, number);

	for (unsigned b = 0; b < HY_SKETCH_BANDS; b++) {
		uint32_t *head = &c->heads[head_of(c, &e->sketch, b)];
		e->older[b] = *head;
		*head = number + 1;
	}
}

/* Twice the room, chains made anew. Numbers begin at 0 again, so that each stands at its place. */
static void widen(struct hy_copies *c)
{
	size_t cap = c->cap ? 2 * c->cap : 64;

	c->cap = cap < c->window ? cap : c->window;
	c->entries = hy_grow(c, c->entries, struct entry, c->cap);
	while (c->per_band < c->cap && c->per_band < 1u << BAND_BITS)
		c->per_band *= 2;
	talloc_free(c->heads);
	c->heads = hy_new_array(c, uint32_t, HY_SKETCH_BANDS * c->per_band);
	c->next = (uint32_t)c->n;
	for (uint32_t i = 0; i < c->n; i++)
		chain(c, i);
}

/* The ring's places follow from the numbers: where they wrap, the ring must, too. */
static void renumber(struct hy_copies *c)
{
	struct entry *old = c->entries;
	uint32_t first = c->next - (uint32_t)c->n;

	c->entries = hy_new_array(c, struct entry, c->cap);
	for (uint32_t i = 0; i < c->n; i++)
		c->entries[i] = old[(first + i) % c->cap];
	talloc_free(old);
	memset(c->heads, 0, HY_SKETCH_BANDS * c->per_band * sizeof(*c->heads));
	c->next = (uint32_t)c->n;
	for (uint32_t i = 0; i < c->n; i++)
		chain(c, i);
}

void hy_copies_add(struct hy_copies *c, const struct hy_sketch *s, int64_t key)
{
	if (is_none(s))
		return;
	if (c->n == c->cap && c->cap < c->window)
		widen(c);
	if (c->next == UINT32_MAX - 1)
		renumber(c);
	struct entry *e = entry_at(c, c->next);
	e->sketch = *s;
	e->key = key;
	if (c->n < c->cap)
		c->n++;
	chain(c, c->next);
	c->next++;
}

/* The chains' beginnings: sixteen places of memory, asked for together rather than one after the
 * other. */
static void begin_chains(const struct hy_copies *c, const struct hy_sketch *s,
			 uint32_t links[HY_SKETCH_BANDS])
{
	size_t at[HY_SKETCH_BANDS];

	for (unsigned b = 0; b < HY_SKETCH_BANDS; b++) {
		at[b] = head_of(c, s, b);
		__builtin_prefetch(&c->heads[at[b]]);
	}
	for (unsigned b = 0; b < HY_SKETCH_BANDS; b++) {
		uint32_t age = age_of(c, links[b] = c->heads[at[b]]);
		if (age > 0)
			__builtin_prefetch(entry_at(c, c->next - age));
	}
}

bool hy_copies_find(const struct hy_copies *c, const struct hy_sketch *s, int least_in_100,
		    int64_t *key, int *likeness)
{
	const struct entry *found = NULL;
	uint32_t found_age = 0, links[HY_SKETCH_BANDS];
	int best = least_in_100 > 1 ? least_in_100 : 1;

	if (c->n == 0 || is_none(s))
		return false;
	begin_chains(c, s, links);
	for (unsigned b = 0; b < HY_SKETCH_BANDS; b++) {
		uint32_t link = links[b], last = 0, age;

		for (int i = 0; i < WALK_MAX && (age = age_of(c, link)) > last; i++, last = age) {
			const struct entry *e = entry_at(c, c->next - age);
			int like = hy_sketch_likeness(s, &e->sketch);

			link = e->older[b];
			if (like < best || (found != NULL && like == best && age <= found_age))
				continue;
			found = e;
			found_age = age;
			best = like;
		}
		/* the very same stands in every chain: no other band knows an earlier one */
		if (found != NULL && best == 100)
			break;
	}
	if (found == NULL)
		return false;
	*key = found->key;
	if (likeness != NULL)
		*likeness = best;
	return true;
}
