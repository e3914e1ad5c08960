/*
 * Text: UTF-8 checks and the one fold of the project. Search, standing queries, near-copies and
 * claims all see text through hy_fold(), so they can never disagree.
 */
#ifndef HY_BASE_TEXT_H
#define HY_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Changes whenever the table or a rule of the fold changes; stamped in the index and checked when
 * it is opened. */
#define HY_FOLD_VERSION 1

/* True when the n bytes are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing
 * past U+10FFFF) and hold no NUL. */
bool hy_utf8_valid(const char *s, size_t n);
/* A copy in which each ill-formed sequence and NUL is U+FFFD (one per maximal subpart, Unicode 15
 * §3.9). child of ctx; *bad counts them (may be NULL). */
char *hy_utf8_repair(const void *ctx, const char *s, size_t n, size_t *bad);
/* Decodes the code point at s (well-formed, s < end); *len_out = its bytes. */
uint32_t hy_utf8_decode(const char *s, const char *end, size_t *len_out);
/* Encodes cp into out[4]; returns the bytes written (1-4). */
size_t hy_utf8_encode(uint32_t cp, char out[4]);
/* Number of code points in n well-formed bytes. */
size_t hy_utf8_count(const char *s, size_t n);
/* The greatest k <= n at which s can be cut between code points. */
size_t hy_utf8_cut(const char *s, size_t n);

/*
 * Fold: NFKC_Casefold, then traditional to simplified by character (OpenCC's t2s character table),
 * then: control characters and every kind of blank become one U+0020; runs of blanks become one; a
 * blank with a Han character (or CJK punctuation) on both sides is dropped; blanks at both ends are
 * dropped. One table over the BMP generated at build (base/gen-fold.cc), a slow path by
 * ICU-equivalent data for expansions and astral characters. Idempotent: fold(fold(x)) == fold(x).
 */
struct hy_folded {
	char *s;  /* NUL-terminated UTF-8, child of the context given */
	size_t n; /* bytes */
	/* Offset map: map[i] is the byte offset in the original of the character from which folded
	 * byte i came; map[n] is the original length. NULL unless asked for. */
	uint32_t *map;
};
#define HY_FOLD_MAP 1u /* flags: make the offset map */
#define HY_FOLD_MAX_BYTES (4u << 20)
/* s is well-formed UTF-8 of n bytes, n <= HY_FOLD_MAX_BYTES (HY_EINPUT otherwise). No allocation
 * but the result. */
enum hy_status hy_fold(const void *ctx, const char *s, size_t n, unsigned flags,
		       struct hy_folded *out, struct hy_err *err);
/* Into a buffer of the caller: room of 4 * n + 4 bytes always suffices... unless an expansion is
 * longer (U+FDFA: 18 characters); returns the bytes written, or SIZE_MAX when room is too small:
 * look before you write a NUL there. For hot paths. */
size_t hy_fold_into(const char *s, size_t n, char *out, size_t room);
/* True for Han characters (ideographs of all CJK blocks), the ones between which blanks are
 * dropped. */
bool hy_is_han(uint32_t cp);
/* True for blanks as the fold sees them. */
bool hy_is_blank(uint32_t cp);

/* Terminal columns of a UTF-8 string (Han = 2), for tables; control characters count 0. */
size_t hy_text_width(const char *s);
/*
 * For terminals and logs: every byte below 0x20 but none, 0x7F, C1 and bidirectional controls
 * (U+202A-E, U+2066-9) are shown escaped as \xNN or \u{NNNN}. child of ctx. Source: trust T-OUT-3.
 */
char *hy_text_printable(const void *ctx, const char *s);
/* Levenshtein distance of code points, for "did you mean"; both under 64 characters, else SIZE_MAX.
 */
size_t hy_text_distance(const char *a, const char *b);

/* Hex and base64 (RFC 4648, padded; url = the URL alphabet without padding). child of ctx. Decoders
 * return HY_EINPUT on any stray byte. */
char *hy_hex(const void *ctx, const void *bytes, size_t n);
enum hy_status hy_unhex(const void *ctx, const char *s, void **out, size_t *n_out,
			struct hy_err *err);
char *hy_base64(const void *ctx, const void *bytes, size_t n, bool url);
enum hy_status hy_unbase64(const void *ctx, const char *s, bool url, void **out, size_t *n_out,
			   struct hy_err *err);

/*
 * Words of people for translation: the Chinese (or the msgid, English) of a message. hy_lang_init
 * chooses from LANGUAGE, LC_ALL, LC_MESSAGES, LANG (Chinese where one of them says zh; else
 * English), binds the catalogue (HUYING_LOCALEDIR, or locale/ beside the binary, or the installed
 * one).
 */
enum hy_lang { HY_LANG_EN, HY_LANG_ZH };
void hy_lang_init(void);
enum hy_lang hy_lang_default(void); /* of this thread: hy_lang_use, else as chosen by hy_lang_init */
/* From now on this thread speaks lang, whatever the process was started with: a web request, a
 * command that came over the control socket, a role of the daemon. */
void hy_lang_use(enum hy_lang lang);
const char *hy_tr(enum hy_lang lang, const char *msgid)
	__attribute__((format_arg(2))); /* thread-safe */
/* What errno means, in this thread's language; static. Never strerror(): it knows one language for
 * the whole process. */
const char *hy_strerror(int code);
#define _(msgid) hy_tr(hy_lang_default(), (msgid))
#define N_(msgid) (msgid)

#endif
