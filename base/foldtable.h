/*
 * The fold's data, generated at build by gen-fold.cc from ICU and OpenCC; read by fold.c alone.
 */
#ifndef HY_BASE_FOLDTABLE_H
#define HY_BASE_FOLDTABLE_H

#include <stddef.h>
#include <stdint.h>

/*
 * One word for each code point of the BMP: the low 24 bits are the UTF-8 bytes of the folded
 * character, first byte lowest; bits 24-25 its length in bytes; then flags.
 */
#define FOLD_LEN(w) ((w) >> 24 & 3u)
#define FOLD_HAN (1u << 26)	 /* a blank beside it may be dropped: Han and CJK punctuation */
#define FOLD_BLANK (1u << 27)	 /* a blank or control character */
#define FOLD_COMBINES (1u << 28) /* may change what stands before it: marks, jamo */
#define FOLD_LIST (1u << 29)	 /* low 24 bits: place in hy_fold_lists of a list of code points */
#define FOLD_SLOW (FOLD_BLANK | FOLD_COMBINES | FOLD_LIST)
extern const uint32_t hy_fold_bmp[65536];

/* Lists of code points, each a count followed by that many. */
extern const uint32_t hy_fold_lists[];

/* Sorted by cp: what an astral character folds to, and what a folded character decomposes to. */
struct hy_fold_entry {
	uint32_t cp, list;
};
extern const struct hy_fold_entry hy_fold_astral[];
extern const size_t hy_fold_n_astral;
extern const struct hy_fold_entry hy_fold_decomp[];
extern const size_t hy_fold_n_decomp;

/* Sorted by cp: characters that combine, with their canonical combining class (0 for some). */
struct hy_fold_class {
	uint32_t cp;
	uint8_t ccc;
};
extern const struct hy_fold_class hy_fold_classes[];
extern const size_t hy_fold_n_classes;

/* Sorted by a, then b: primary composites a + b = ab. */
struct hy_fold_pair {
	uint32_t a, b, ab;
};
extern const struct hy_fold_pair hy_fold_pairs[];
extern const size_t hy_fold_n_pairs;

#endif
