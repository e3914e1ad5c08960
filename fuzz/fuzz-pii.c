/* The search for personal data: findings lie within the text, in order, and are masked UTF-8. */
#include "publisher/publisher.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	void *ctx = talloc_new(NULL);
	char *text = hy_utf8_repair(ctx, (const char *)data, n, NULL);
	struct hy_draft_finding *list = NULL;
	size_t found = 0, at = 0;

	hy_pii_find(ctx, "text", text, &list, &found);
	for (size_t i = 0; i < found; i++) {
		if (list[i].at < at || list[i].n == 0 || list[i].at + list[i].n > strlen(text) ||
		    !hy_utf8_valid(list[i].text, strlen(list[i].text)))
			__builtin_trap();
		at = list[i].at;
	}
	talloc_free(ctx);
	return 0;
}
