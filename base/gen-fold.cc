/*
 * Build-time program: prints the fold's table (foldtable.h) as C. Each code point goes through
 * ICU's NFKC_Casefold and then OpenCC's t2s character by character, until nothing changes.
 */
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <opencc/opencc.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

extern "C" {
#include "base/foldtable.h"
}

typedef std::vector<uint32_t> cps;

static const icu::Normalizer2 *nfkc_cf, *nfc;
static opencc_t t2s;
static std::vector<uint32_t> lists{0}; /* list 0 is empty */
static std::map<cps, uint32_t> list_at{{cps(), 0}};

static cps from_icu(const icu::UnicodeString &s)
{
	cps out;

	for (int32_t i = 0; i < s.length(); i = s.moveIndex32(i, 1))
		out.push_back((uint32_t)s.char32At(i));
	return out;
}

static uint32_t simplified(uint32_t cp)
{
	static std::map<uint32_t, uint32_t> known;
	std::map<uint32_t, uint32_t>::iterator it = known.find(cp);
	std::string in;
	char *converted;

	if (it != known.end())
		return it->second;
	icu::UnicodeString((UChar32)cp).toUTF8String(in);
	converted = opencc_convert_utf8(t2s, in.c_str(), in.size());
	if (converted == nullptr)
		std::abort();
	icu::UnicodeString back = icu::UnicodeString::fromUTF8(converted);
	opencc_convert_utf8_free(converted);
	return known[cp] = back.countChar32() == 1 ? (uint32_t)back.char32At(0) : cp;
}

static bool blank(uint32_t cp)
{
	return u_isUWhiteSpace((UChar32)cp) || u_charType((UChar32)cp) == U_CONTROL_CHAR;
}

static cps fold_once(uint32_t cp)
{
	UErrorCode status = U_ZERO_ERROR;
	cps out = from_icu(nfkc_cf->normalize(icu::UnicodeString((UChar32)cp), status));

	if (U_FAILURE(status))
		std::abort();
	for (uint32_t &c : out)
		c = blank(c) ? 0x20 : simplified(c);
	return out;
}

static cps fold(uint32_t cp)
{
	cps now = fold_once(cp);

	for (int round = 0; round < 8; round++) {
		cps next;

		for (uint32_t c : now) {
			cps part = fold_once(c);
			next.insert(next.end(), part.begin(), part.end());
		}
		if (next == now)
			return now;
		now = next;
	}
	std::fprintf(stderr, "gen-fold: U+%04X does not settle\n", (unsigned)cp);
	std::exit(1);
}

static uint32_t list(const cps &v)
{
	std::map<cps, uint32_t>::iterator it = list_at.find(v);
	uint32_t at = (uint32_t)lists.size();

	if (it != list_at.end())
		return it->second;
	lists.push_back((uint32_t)v.size());
	lists.insert(lists.end(), v.begin(), v.end());
	return list_at[v] = at;
}

static bool han_like(uint32_t cp)
{
	if (u_hasBinaryProperty((UChar32)cp, UCHAR_IDEOGRAPHIC))
		return true;
	return (cp >= 0x3001 && cp <= 0x301F && cp != 0x3004 && u_ispunct((UChar32)cp)) ||
	       cp == 0x30FB;
}

static bool combines(uint32_t cp)
{
	return nfc->getCombiningClass((UChar32)cp) != 0 || !nfc->hasBoundaryBefore((UChar32)cp);
}

static uint32_t word(uint32_t cp, const cps &to)
{
	uint32_t w, c;

	if (to.size() != 1 || to[0] > 0xFFFF)
		return FOLD_LIST | list(to);
	c = to[0];
	if (c < 0x80)
		w = 1u << 24 | c;
	else if (c < 0x800)
		w = 2u << 24 | (0xC0 | c >> 6) | (0x80 | (c & 0x3F)) << 8;
	else
		w = 3u << 24 | (0xE0 | c >> 12) | (0x80 | (c >> 6 & 0x3F)) << 8 |
		    (0x80 | (c & 0x3F)) << 16;
	(void)cp;
	return w | (han_like(c) ? FOLD_HAN : 0) | (blank(c) ? FOLD_BLANK : 0) |
	       (combines(c) ? FOLD_COMBINES : 0);
}

static void print_words(const char *head, const std::vector<uint32_t> &v)
{
	std::printf("%s = {\n", head);
	for (size_t i = 0; i < v.size(); i++)
		std::printf("0x%X,%s", (unsigned)v[i], i % 8 == 7 ? "\n" : "");
	std::printf("\n};\n");
}

static void print_entries(const char *name, const std::map<uint32_t, uint32_t> &m)
{
	std::printf("const struct hy_fold_entry hy_fold_%s[] = {\n", name);
	for (const std::pair<const uint32_t, uint32_t> &e : m)
		std::printf("{0x%X,%u},\n", (unsigned)e.first, (unsigned)e.second);
	std::printf("};\nconst size_t hy_fold_n_%s = %zu;\n", name, m.size());
}

/* What normalisation to composed form needs of characters that a fold can put out. */
static void print_composition(void)
{
	std::map<uint32_t, uint32_t> decomp;
	std::vector<hy_fold_pair> pairs;
	size_t n = 0;

	std::printf("const struct hy_fold_class hy_fold_classes[] = {\n");
	for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
		icu::UnicodeString s, raw;
		bool hangul = cp >= 0xAC00 && cp <= 0xD7A3;

		if (combines(cp) && ++n)
			std::printf("{0x%X,%u},\n", (unsigned)cp,
				    (unsigned)nfc->getCombiningClass((UChar32)cp));
		if (hangul)
			continue;
		if (nfc->getDecomposition((UChar32)cp, s))
			decomp[cp] = list(from_icu(s));
		if (!nfc->getRawDecomposition((UChar32)cp, raw))
			continue;
		cps two = from_icu(raw);
		if (two.size() == 2 &&
		    nfc->composePair((UChar32)two[0], (UChar32)two[1]) == (UChar32)cp)
			pairs.push_back(hy_fold_pair{two[0], two[1], cp});
	}
	std::printf("};\nconst size_t hy_fold_n_classes = %zu;\n", n);
	print_entries("decomp", decomp);
	std::sort(pairs.begin(), pairs.end(), [](const hy_fold_pair &x, const hy_fold_pair &y) {
		return x.a != y.a ? x.a < y.a : x.b < y.b;
	});
	std::printf("const struct hy_fold_pair hy_fold_pairs[] = {\n");
	for (const hy_fold_pair &p : pairs)
		std::printf("{0x%X,0x%X,0x%X},\n", (unsigned)p.a, (unsigned)p.b, (unsigned)p.ab);
	std::printf("};\nconst size_t hy_fold_n_pairs = %zu;\n", pairs.size());
}

int main(void)
{
	UErrorCode status = U_ZERO_ERROR;
	std::vector<uint32_t> bmp(65536);
	std::map<uint32_t, uint32_t> astral;

	nfkc_cf = icu::Normalizer2::getNFKCCasefoldInstance(status);
	nfc = icu::Normalizer2::getNFCInstance(status);
	t2s = opencc_open("t2s.json");
	if (U_FAILURE(status) || t2s == (opencc_t)-1) {
		std::fprintf(stderr, "gen-fold: ICU or OpenCC's t2s.json is missing\n");
		return 1;
	}
	for (uint32_t cp = 0; cp < 0x10000; cp++)
		bmp[cp] = cp >= 0xD800 && cp < 0xE000 ? word(0xFFFD, cps{0xFFFD})
						      : word(cp, fold(cp));
	for (uint32_t cp = 0x10000; cp <= 0x10FFFF; cp++) {
		if (u_charType((UChar32)cp) == U_UNASSIGNED &&
		    !u_hasBinaryProperty((UChar32)cp, UCHAR_DEFAULT_IGNORABLE_CODE_POINT))
			continue;
		if (cp >= 0xF0000)
			break; /* private use: itself */
		cps to = fold(cp);
		if (to != cps{cp})
			astral[cp] = list(to);
	}
	std::printf("/* Generated by gen-fold. */\n#include \"base/foldtable.h\"\n");
	print_words("const uint32_t hy_fold_bmp[65536]", bmp);
	print_entries("astral", astral);
	print_composition();
	print_words("const uint32_t hy_fold_lists[]", lists);
	opencc_close(t2s);
	return 0;
}
