/*
 * Charset to UTF-8 by ICU. Labels go through our own table, because what Chinese sites call gb2312
 * holds GBK and GB18030 characters, and big5 holds those of Hong Kong.
 */
#include "base/base.h"

#include <string.h>
#include <unicode/ucnv.h>
#include <unicode/ustring.h>
#include <unicode/ucnv_cb.h>

/* A text of this size at most; the output may be three times as long. */
#define CHARSET_INPUT_MAX (8u << 20)

static const struct {
	const char *label, *name;
} labels[] = {
	{"utf-8", "utf-8"},
	{"utf8", "utf-8"},
	{"unicode-1-1-utf-8", "utf-8"},
	{"utf-8-sig", "utf-8"},
	{"gb18030", "gb18030"},
	{"gbk", "gb18030"},
	{"x-gbk", "gb18030"},
	{"cp936", "gb18030"},
	{"ms936", "gb18030"},
	{"windows-936", "gb18030"},
	{"936", "gb18030"},
	{"gb2312", "gb18030"},
	{"gb_2312", "gb18030"},
	{"gb_2312-80", "gb18030"},
	{"gb2312-80", "gb18030"},
	{"csgb2312", "gb18030"},
	{"chinese", "gb18030"},
	{"iso-ir-58", "gb18030"},
	{"csiso58gb231280", "gb18030"},
	{"euc-cn", "gb18030"},
	{"euccn", "gb18030"},
	{"x-euc-cn", "gb18030"},
	{"gb", "gb18030"},
	{"zh-cn", "gb18030"},
	{"hz-gb-2312", "hz-gb-2312"},
	{"hz", "hz-gb-2312"},
	{"big5", "big5-hkscs"},
	{"big5-hkscs", "big5-hkscs"},
	{"big-5", "big5-hkscs"},
	{"cn-big5", "big5-hkscs"},
	{"x-x-big5", "big5-hkscs"},
	{"csbig5", "big5-hkscs"},
	{"cp950", "big5-hkscs"},
	{"ms950", "big5-hkscs"},
	{"windows-950", "big5-hkscs"},
	{"windows-1252", "windows-1252"},
	{"cp1252", "windows-1252"},
	{"x-cp1252", "windows-1252"},
	{"iso-8859-1", "windows-1252"},
	{"iso8859-1", "windows-1252"},
	{"iso_8859-1", "windows-1252"},
	{"latin1", "windows-1252"},
	{"latin-1", "windows-1252"},
	{"l1", "windows-1252"},
	{"ascii", "windows-1252"},
	{"us-ascii", "windows-1252"},
	{"ansi_x3.4-1968", "windows-1252"},
	{"utf-16", "utf-16"},
	{"utf16", "utf-16"},
	{"utf-16le", "utf-16le"},
	{"utf-16be", "utf-16be"},
	{"ucs-2", "utf-16"},
	{"unicode", "utf-16"},
	{"utf-32", "utf-32"},
	{"shift_jis", "shift_jis"},
	{"shift-jis", "shift_jis"},
	{"sjis", "shift_jis"},
	{"x-sjis", "shift_jis"},
	{"ms_kanji", "shift_jis"},
	{"windows-31j", "shift_jis"},
	{"euc-jp", "euc-jp"},
	{"iso-2022-jp", "iso-2022-jp"},
	{"euc-kr", "euc-kr"},
	{"ks_c_5601-1987", "euc-kr"},
	{"cp949", "euc-kr"},
	{"iso-8859-2", "iso-8859-2"},
	{"iso-8859-5", "iso-8859-5"},
	{"iso-8859-7", "iso-8859-7"},
	{"iso-8859-15", "iso-8859-15"},
	{"windows-1250", "windows-1250"},
	{"windows-1251", "windows-1251"},
	{"koi8-r", "koi8-r"},
	{"windows-1254", "windows-1254"},
	{"iso-8859-9", "windows-1254"},
	{"windows-874", "windows-874"},
	{"windows-1258", "windows-1258"},
};

/*
 * Old code pages by any name ICU has for them (cp437, ibm850, ebcdic-cp-us, macintosh): one- and
 * two-byte sets only, none that switches by escapes or is made to hide text.
 */
static const char *code_page(const char *clean)
{
	UErrorCode status = U_ZERO_ERROR;
	const char *name = ucnv_getAlias(clean, 0, &status);

	if (U_FAILURE(status) || name == NULL)
		return NULL;
	if (strncmp(name, "ibm-", 4) != 0 && strncmp(name, "windows-", 8) != 0 &&
	    strncmp(name, "macos-", 6) != 0 && strncmp(name, "ISO-8859", 8) != 0)
		return NULL;
	return strchr(name, ',') == NULL ? name : NULL;
}

const char *hy_charset_canonical(const char *label)
{
	char clean[32];
	size_t n = 0;

	while (*label == ' ' || *label == '\t' || *label == '"' || *label == '\'')
		label++;
	for (; label[n] != '\0' && n < sizeof(clean) - 1; n++) {
		char c = label[n];

		clean[n] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	while (n > 0 && strchr(" \t\r\n\"';", clean[n - 1]) != NULL)
		n--;
	clean[n] = '\0';
	for (size_t i = 0; i < HY_LEN(labels); i++)
		if (strcmp(labels[i].label, clean) == 0)
			return labels[i].name;
	return code_page(clean);
}

/* Called by ICU for each ill-formed or unassigned sequence: U+FFFD, counted. */
static void count_bad(const void *context, UConverterToUnicodeArgs *args, const char *units,
		      int32_t length, UConverterCallbackReason reason, UErrorCode *status)
{
	size_t *bad = (size_t *)(uintptr_t)context;

	(void)units;
	(void)length;
	if (reason > UCNV_IRREGULAR)
		return; /* reset, close, clone */
	*status = U_ZERO_ERROR;
	++*bad;
	ucnv_cbToUWriteSub(args, 0, status);
}

/*
 * ICU reads 24 pairs of GB18030 as private characters, as the standard of 2000 did. They are these,
 * as glibc's iconv and fonts have them: else no search would find what stands in such bytes.
 */
static uint32_t no_longer_private(uint32_t cp)
{
	static const struct {
		uint16_t from;
		uint32_t to;
	} moved[] = {
		{0xE78D, 0xFE10},  {0xE78E, 0xFE12},  {0xE78F, 0xFE11},	 {0xE790, 0xFE13},
		{0xE791, 0xFE14},  {0xE792, 0xFE15},  {0xE793, 0xFE16},	 {0xE794, 0xFE17},
		{0xE795, 0xFE18},  {0xE796, 0xFE19},  {0xE816, 0x20087}, {0xE817, 0x20089},
		{0xE818, 0x200CC}, {0xE81E, 0x9FB4},  {0xE826, 0x9FB5},	 {0xE82B, 0x9FB6},
		{0xE82C, 0x9FB7},  {0xE831, 0x215D7}, {0xE832, 0x9FB8},	 {0xE83B, 0x2298F},
		{0xE843, 0x9FB9},  {0xE854, 0x9FBA},  {0xE855, 0x241FE}, {0xE864, 0x9FBB},
	};

	for (size_t i = 0; i < HY_LEN(moved); i++)
		if (moved[i].from == cp)
			return moved[i].to;
	return cp;
}

/* UTF-16 of ICU to UTF-8; a lone surrogate or NUL is U+FFFD. */
static bool append_utf16(struct hy_buf *b, const UChar *u, size_t n, UChar *half, size_t *bad)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t cp = u[i];
		char bytes[4];

		if (*half && U16_IS_TRAIL(cp)) {
			cp = (uint32_t)U16_GET_SUPPLEMENTARY(*half, cp);
			*half = 0;
		} else if (U16_IS_LEAD(cp)) {
			*half = (UChar)cp;
			continue;
		}
		if (cp == 0 || U_IS_SURROGATE(cp)) {
			++*bad;
			cp = 0xFFFD;
		}
		if (cp >= 0xE78D && cp <= 0xE864)
			cp = no_longer_private(cp);
		if (!hy_buf_add(b, bytes, hy_utf8_encode(cp, bytes)))
			return false;
	}
	return true;
}

static enum hy_status convert(UConverter *cnv, const char *bytes, size_t n, struct hy_buf *b,
			      size_t *bad, struct hy_err *err)
{
	const char *in = bytes, *end = bytes + n;
	UChar chunk[2048], half = 0;
	UErrorCode status;

	do {
		UChar *to = chunk;

		status = U_ZERO_ERROR;
		ucnv_toUnicode(cnv, &to, chunk + HY_LEN(chunk), &in, end, NULL, true, &status);
		if (U_FAILURE(status) && status != U_BUFFER_OVERFLOW_ERROR)
			return hy_err_set(err, HY_ESYSTEM, "charset: %s", u_errorName(status));
		if (!append_utf16(b, chunk, (size_t)(to - chunk), &half, bad))
			return hy_err_set(err, HY_EINPUT, "charset: text too long");
	} while (status == U_BUFFER_OVERFLOW_ERROR);
	return HY_OK;
}

enum hy_status hy_charset_to_utf8(const void *ctx, const char *label, const char *bytes, size_t n,
				  char **out, size_t *n_out, size_t *bad, struct hy_err *err)
{
	const char *name = hy_charset_canonical(label);
	UErrorCode status = U_ZERO_ERROR;
	enum hy_status st;
	UConverter *cnv;
	struct hy_buf b;
	size_t wrong = 0;

	if (name == NULL)
		return hy_err_set(err, HY_EINPUT, "charset \"%.40s\": not known", label);
	if (n > CHARSET_INPUT_MAX)
		return hy_err_set(err, HY_EINPUT, "text of %zu bytes: at most %u", n,
				  CHARSET_INPUT_MAX);
	if (n >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) { /* the mark beats the label */
		name = "utf-8";
		bytes += 3;
		n -= 3;
	}
	if (strcmp(name, "utf-8") == 0) {
		*out = hy_utf8_repair(ctx, bytes, n, &wrong);
		*n_out = strlen(*out);
		if (bad)
			*bad = wrong;
		return HY_OK;
	}
	cnv = ucnv_open(name, &status);
	if (U_FAILURE(status))
		return hy_err_set(err, HY_ESYSTEM, "charset %s: %s", name, u_errorName(status));
	ucnv_setToUCallBack(cnv, count_bad, &wrong, NULL, NULL, &status);
	hy_buf_init(&b, ctx, 3 * (size_t)CHARSET_INPUT_MAX + 16);
	st = convert(cnv, bytes, n, &b, &wrong, err);
	ucnv_close(cnv);
	if (st != HY_OK) {
		talloc_free(b.data);
		return st;
	}
	*out = hy_buf_take(&b, n_out);
	talloc_free(b.data); /* the new empty one */
	if (bad)
		*bad = wrong;
	return HY_OK;
}

enum hy_status hy_charset_from_utf8(const void *ctx, const char *label, const char *text, size_t n,
				    char **out, size_t *n_out, struct hy_err *err)
{
	const char *name = hy_charset_canonical(label);
	UErrorCode status = U_ZERO_ERROR;
	int32_t n_wide = 0, room, len;
	UConverter *cnv;
	UChar *wide;

	if (name == NULL)
		return hy_err_set(err, HY_EINPUT, "charset \"%.40s\": not known", label);
	if (n > CHARSET_INPUT_MAX)
		return hy_err_set(err, HY_EINPUT, "text of %zu bytes: at most %u", n,
				  CHARSET_INPUT_MAX);
	wide = hy_new_array(ctx, UChar, n + 1);
	u_strFromUTF8WithSub(wide, (int32_t)n + 1, &n_wide, text, (int32_t)n, 0xFFFD, NULL,
			     &status);
	cnv = ucnv_open(name, &status);
	if (U_FAILURE(status)) {
		talloc_free(wide);
		return hy_err_set(err, HY_ESYSTEM, "charset %s: %s", name, u_errorName(status));
	}
	room = UCNV_GET_MAX_BYTES_FOR_STRING(n_wide, ucnv_getMaxCharSize(cnv));
	*out = hy_new_array(ctx, char, (size_t)room + 1);
	len = ucnv_fromUChars(cnv, *out, room, wide, n_wide, &status);
	ucnv_close(cnv);
	talloc_free(wide);
	if (U_FAILURE(status)) {
		talloc_free(*out);
		return hy_err_set(err, HY_ESYSTEM, "charset %s: %s", name, u_errorName(status));
	}
	*n_out = (size_t)len;
	return HY_OK;
}
