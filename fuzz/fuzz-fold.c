/* The fold: any bytes, repaired first as at every door; idempotent, with a true offset map. */
#include "base/base.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = talloc_new(NULL);
	char *s = hy_utf8_repair(ctx, (const char *)data, size, NULL), *into;
	size_t n = strlen(s);
	struct hy_folded once, twice;

	if (!hy_utf8_valid(s, n))
		HY_BUG("repaired text is not UTF-8");
	if (hy_fold(ctx, s, n, HY_FOLD_MAP, &once, NULL) == HY_OK) {
		if (!hy_utf8_valid(once.s, once.n) || once.map[once.n] != n)
			HY_BUG("fold put out bad bytes");
		for (size_t i = 0; i < once.n; i++)
			if (once.map[i] >= n || (i > 0 && once.map[i] < once.map[i - 1]))
				HY_BUG("offset map runs back at %zu", i);
		if (hy_fold(ctx, once.s, once.n, 0, &twice, NULL) != HY_OK || once.n != twice.n ||
		    memcmp(once.s, twice.s, once.n) != 0)
			HY_BUG("fold of the fold differs");
		into = hy_new_array(ctx, char, once.n + 4);
		if (hy_fold_into(s, n, into, once.n + 4) != once.n)
			HY_BUG("fold into a buffer differs");
		for (size_t room = 0; room < once.n && room < 64; room++)
			if (hy_fold_into(s, n, hy_new_array(ctx, char, room + 1), room) <= room &&
			    room < once.n)
				HY_BUG("fold fits where it cannot");
	}
	/* A caller that breaks the contract (text not UTF-8) gets nonsense, never a bad read. */
	into = hy_new_array(ctx, char, size * 12 + 64);
	(void)hy_fold_into((const char *)data, size, into, size * 12 + 64);
	talloc_free(ctx);
	return 0;
}
