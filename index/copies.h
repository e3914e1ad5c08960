/*
 * Near-copies: which texts are the same but for a few characters. Included by index/index.h.
 *
 * A text is a set of shingles (three neighbouring characters of the folded text; blanks and
 * punctuation skipped, so that re-set punctuation is no difference). A sketch holds 128 lanes of
 * MinHash, two bits of each: two texts whose sets have the likeness J (shared shingles divided by
 * all of both) agree in (1 + 3 J) / 4 of the lanes, so J is read from 32 bytes with a standard
 * error of 5 in 100. The ten lanes of a band make its key of 20 bits (each shares two with the
 * next); two texts share the key of at least one of sixteen bands in 73 of 100 cases at J = 0.7, in
 * 97 at 0.8, in nearly all from 0.85 on.
 *
 * A text of less than HY_SKETCH_SHORT characters is copied by its equal alone: its sketch is drawn
 * from the hash of the whole.
 *
 * A sketch is a pure function of the folded text, the same on every machine; it stands in the
 * index, so HY_INDEX_VERSION changes whenever it does.
 */
#ifndef HY_INDEX_COPIES_H
#define HY_INDEX_COPIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HY_SKETCH_WORDS 4
#define HY_SKETCH_SHORT 10
#define HY_SKETCH_MAX_CHARS 4096 /* of a longer text the beginning is looked at */
#define HY_SKETCH_BANDS 16
#define HY_COPY_LIKENESS 70 /* in 100: from here on a text is a copy */
#define HY_COPIES_MAX (1u << 24)

/* Whether a folded character is left out of a text that is compared: blanks and punctuation. */
bool hy_copies_skips(uint32_t c);

struct hy_sketch {
	uint64_t w[HY_SKETCH_WORDS]; /* all 0: of a text without a character */
};
struct hy_facts;
/*
 * The sketch of title and text together, as folded. False for a short text, whose sketch costs less
 * to make than to keep. Pure; no blocking. About 2 us for 100 characters.
 */
bool hy_sketch_of(struct hy_sketch *out, const struct hy_facts *f);
/* The likeness in 100, estimated; 0 when either text has no character. */
int hy_sketch_likeness(const struct hy_sketch *a, const struct hy_sketch *b);

/*
 * Sketches to look in: the newest `window` of those that were put in, by their bands. Memory grows
 * with use up to about 170 bytes an entry of the window. One thread at a time. talloc child;
 * freeing is the end of it.
 */
struct hy_copies;
/* window: 1 to HY_COPIES_MAX (anything else is a bug). */
struct hy_copies *hy_copies_new(const void *ctx, size_t window);
/*
 * Puts a sketch in under a key of the caller's; when the window is full the oldest goes. A sketch
 * of no character is not kept.
 */
void hy_copies_add(struct hy_copies *c, const struct hy_sketch *s, int64_t key);
/*
 * Finds the likest one with at least `least` in 100 (of equally like ones that which was put in
 * first): its key to *key, its likeness to *likeness (may be NULL). False when there is none. Of
 * each band the newest 64 entries are looked at, so that a flood of one text costs no more than
 * a few.
 */
bool hy_copies_find(const struct hy_copies *c, const struct hy_sketch *s, int least, int64_t *key,
		    int *likeness);

#endif
