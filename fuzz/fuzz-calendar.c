/* Zone files, office hours, promises and dates from anywhere: the first byte chooses which. What is
 * read reads back the same. */
#include "calendar/internal.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void zone(const void *ctx, const uint8_t *bytes, size_t n)
{
	struct hy_cal_zone z;

	if (hy_cal_zone_parse(&z, ctx, bytes, n, NULL))
		return;
	for (size_t i = 1; i < z.n; i++)
		if (z.at[i] <= z.at[i - 1])
			HY_BUG("pieces of a zone do not rise");
	(void)hy_cal_zone_offset(&z, 1795190400);
}

static void meter(const void *ctx, const char *s)
{
	struct hy_meter m, back;

	if (hy_meter_parse(s, &m, NULL))
		return;
	if (m.budget < 1 || hy_meter_parse(hy_meter_text(ctx, &m), &back, NULL) ||
	    back.regime != m.regime || back.budget != m.budget)
		HY_BUG("a promise does not read back");
}

static void hours(const char *s)
{
	struct hy_hours h;
	int32_t last = -1;

	if (hy_hours_parse(s, &h, NULL))
		return;
	for (size_t i = 0; i < h.n; i++) {
		if (h.range[i].since <= last || h.range[i].until <= h.range[i].since ||
		    h.range[i].until > 86400)
			HY_BUG("office hours do not rise");
		last = h.range[i].until;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	void *ctx = talloc_new(NULL);
	char *s, text[11];
	int date;

	if (n) {
		s = hy_strndup(ctx, (const char *)data + 1, n - 1);
		if (data[0] == 'z')
			zone(ctx, data + 1, n - 1);
		else if (data[0] == 'm')
			meter(ctx, s);
		else if (data[0] == 'h')
			hours(s);
		else if (!hy_date_parse(s, &date, NULL) && strcmp(hy_date_text(date, text), s) != 0)
			HY_BUG("a date does not read back");
	}
	talloc_free(ctx);
	return 0;
}
