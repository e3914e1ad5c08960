/* Words and figures for eyes: verdicts, kinds, local time, durations, summaries. */
#include "render/render.h"

#include "base/base.h"

#include <string.h>

const char *hy_verdict_label(enum hy_verdict v, enum hy_lang lang)
{
	switch (v) {
	case HY_VERDICT_TRUE:
		return hy_tr(lang, N_("True"));
	case HY_VERDICT_PARTLY:
		return hy_tr(lang, N_("Partly true"));
	case HY_VERDICT_FALSE:
		return hy_tr(lang, N_("False"));
	case HY_VERDICT_CONTEXT:
		return hy_tr(lang, N_("Missing context"));
	case HY_VERDICT_UNVERIFIED:
		return hy_tr(lang, N_("Not verified"));
	case HY_VERDICT_NOT_CHECKABLE:
		return hy_tr(lang, N_("Cannot be checked"));
	case HY_VERDICT_NONE:
		break;
	}
	return hy_tr(lang, N_("No verdict yet"));
}

const char *hy_statement_kind_label(enum hy_statement_kind k, enum hy_lang lang)
{
	switch (k) {
	case HY_STATEMENT_NOTICE:
		return hy_tr(lang, N_("Notice"));
	case HY_STATEMENT_PROGRESS:
		return hy_tr(lang, N_("Progress"));
	case HY_STATEMENT_CORRECTION:
		return hy_tr(lang, N_("Correction"));
	case HY_STATEMENT_REPLY:
		return hy_tr(lang, N_("Reply"));
	case HY_STATEMENT_ERRATUM:
		break;
	}
	return hy_tr(lang, N_("Erratum"));
}

char *hy_time_local(hy_time t, int offset_minutes, char out[HY_TIME_LOCAL_MAX])
{
	char iso[HY_TIME_ISO_OFFSET_MAX];

	out[0] = '\0';
	if (t == 0) {
		memcpy(out, "—", sizeof("—"));
		return out;
	}
	hy_time_iso_offset(t, offset_minutes, iso);
	memcpy(out, iso, 16); /* YYYY-MM-DDTHH:MM */
	out[10] = ' ';
	out[16] = '\0';
	return out;
}

char *hy_dur_text(const void *ctx, hy_dur d, enum hy_lang lang)
{
	const char *sign = d < 0 ? "-" : "";
	int64_t s = d < 0 ? -(d + 1) / HY_SECOND + ((-(d + 1)) % HY_SECOND == 999) : d / HY_SECOND;
	int days = (int)(s / 86400 > 999999 ? 999999 : s / 86400);
	int hours = (int)(s % 86400 / 3600), minutes = (int)(s % 3600 / 60);

	if (days > 0)
		return hy_strf(ctx, hy_tr(lang, N_("%s%d d %d h")), sign, days, hours);
	if (hours > 0)
		return hy_strf(ctx, hy_tr(lang, N_("%s%d h %d min")), sign, hours, minutes);
	if (minutes > 0)
		return hy_strf(ctx, hy_tr(lang, N_("%s%d min")), sign, minutes);
	return hy_strf(ctx, hy_tr(lang, N_("%s%d s")), s > 0 ? sign : "", (int)s);
}

static bool ends_sentence(uint32_t cp)
{
	return cp == 0x3002 || cp == 0xFF01 || cp == 0xFF1F || cp == '!' || cp == '?';
}

/* One line: every run of blanks and controls is one blank. child of ctx. */
static char *one_line(const void *ctx, const char *text)
{
	const char *end = text + strlen(text);
	struct hy_buf b;
	size_t len;
	bool blank = false;
	char *out;

	hy_buf_init(&b, ctx, strlen(text) + 1);
	for (; text < end; text += len) {
		uint32_t cp = hy_utf8_decode(text, end, &len);

		if (hy_is_blank(cp)) {
			blank = b.len > 0;
			continue;
		}
		if (blank)
			hy_buf_chr(&b, ' ');
		blank = false;
		hy_buf_add(&b, text, len);
	}
	out = hy_buf_take(&b, NULL);
	talloc_free(b.data); /* the new empty one */
	return out;
}

char *hy_text_summary(const void *ctx, const char *text, size_t max_chars)
{
	char *line = one_line(ctx, text), *end = line + strlen(line), *p = line, *out;
	size_t n = 0, len, cut = 0, sentence = 0, sentence_at = 0;

	for (; p < end && n < max_chars; p += len, n++) {
		uint32_t cp = hy_utf8_decode(p, end, &len);

		if (n + 1 < max_chars)
			cut = (size_t)(p - line) + len;
		if (ends_sentence(cp)) {
			sentence = (size_t)(p - line) + len;
			sentence_at = n + 1;
		}
	}
	if (p >= end)
		return line;
	if (sentence_at * 2 >= max_chars) /* a whole sentence is better than a few more words */
		out = hy_strndup(ctx, line, sentence);
	else
		out = hy_strf(ctx, "%.*s…", (int)cut, line);
	talloc_free(line);
	return out;
}
