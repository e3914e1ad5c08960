/* Dates, addresses, Link headers and masks of any text. A date that is read lies within years
 * 1-9999 and a day; resolving and canonical forms are stable. */
#include "collectors/collectors.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = talloc_new(NULL);
	char *s = hy_utf8_repair(ctx, (const char *)data, size, NULL), *a, *b;
	hy_time t = 0;

	if (hy_feed_date_parse(s, 480, &t) != HY_DATE_NONE &&
	    (t < INT64_C(-62135769600000) - HY_DAY * 2 ||
	     t > INT64_C(253402300799999) + HY_DAY * 2))
		abort();
	(void)hy_retry_after(s, 1000);
	(void)hy_cache_max_age(s);
	(void)hy_link_header(ctx, s, "hub", "http://l.example/");
	(void)hy_link_resolve(ctx, s, "../x?y");
	a = hy_link_canonical(ctx, hy_link_resolve(ctx, "http://l.example/a/b", s));
	b = a ? hy_link_canonical(ctx, a) : NULL;
	if (a && (!b || strcmp(a, b) != 0))
		abort();
	a = hy_mask_text(ctx, s, NULL);
	b = hy_mask_text(ctx, a, NULL);
	if (strcmp(a, b) != 0)
		abort();
	talloc_free(ctx);
	return 0;
}
